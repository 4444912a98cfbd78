//! The ledger behind the daemon: whatever happens to the program, no message that was answered is without its row, and
//! none has two.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use milter::mta::{Delivery, Message, Progress, Verdict};
use milter::{Mta, Offer, Stage};
use report::query::Order;
use report::row::{Address, Row};
use report::{Filter, Ledger as _, Query};
use store::Sqlite;

/// A daemon with a state directory and a socket of its own; killed when dropped.
struct Daemon {
    child: Child,
    directory: PathBuf,
}

impl Daemon {
    fn start(directory: &Path, configuration: &str) -> Self {
        std::fs::write(directory.join("sekisho.toml"), configuration).unwrap();
        let socket = directory.join("milter.sock");
        // Left behind by one that was killed.
        let _ = std::fs::remove_file(&socket);
        let child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .arg("serve")
            .args(["--listen".as_ref(), socket.as_os_str()])
            .args(["--state".as_ref(), directory.join("state").as_os_str()])
            .args(["--config".as_ref(), directory.join("sekisho.toml").as_os_str()])
            // Nobody answers there, and that is known at once.
            .args(["--resolver", "127.0.0.1:1", "--dns-timeout", "200ms", "--authserv-id", "mx.example.net"])
            .env_clear()
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(directory.join("log")).unwrap())
            .spawn()
            .unwrap();
        let daemon = Self { child, directory: directory.to_path_buf() };
        let deadline = Instant::now() + Duration::from_secs(30);
        while UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < deadline, "the daemon does not start: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        daemon
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap()
    }

    /// SIGKILL: nothing is told to it.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its end.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
    }

    /// A message over a connection of its own; what the MTA was answered, if it was.
    fn deliver(directory: &Path, queue_id: &str) -> Option<Verdict> {
        let mut stream = UnixStream::connect(directory.join("milter.sock")).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let message = Message {
            hostname: b"out.example.jp",
            helo: b"out.example.jp",
            macros: vec![(Stage::EndOfMessage, b"i", queue_id.as_bytes())],
            sender: b"<a@example.jp>",
            recipients: vec![b"<b@example.net>"],
            headers: vec![(b"From", b" a@example.jp"), (b"Subject", b" hello")],
            body: b"Hello\r\n",
            ..Message::default()
        };
        let mut mta = Mta::new(Offer::postfix());
        let mut delivery = Delivery::first(&message);
        loop {
            match delivery.advance(&mut mta).ok()? {
                Progress::Done(outcome) => return Some(outcome.verdict),
                Progress::Waiting => {}
            }
            stream.write_all(&mta.take_output()).ok()?;
            if mta.is_waiting() {
                let mut bytes = [0; 4096];
                match stream.read(&mut bytes).ok()? {
                    0 => return None,
                    count => mta.feed(&bytes[..count]),
                }
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-{name}"));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// All rows of the file, and how often each queue id is there.
fn rows(directory: &Path) -> (Vec<Row>, BTreeMap<String, usize>) {
    let store = Sqlite::open(&directory.join("state/ledger.sqlite"), store::Settings::default()).unwrap();
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let query = Query { filter: Filter::default(), order: Order::default(), after, limit: 0 };
        let page = testkit::block_on(store.rows(query)).unwrap();
        assert!(page.damaged.is_empty());
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    store.close().unwrap();
    let mut counts = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.queue_id.as_deref().unwrap_or("-").to_owned()).or_default() += 1;
    }
    (rows, counts)
}

/// Mail from several connections until the daemon is gone; the queue ids that were answered.
fn mail_until_killed(directory: &Path, configuration: &str, round: usize, count: usize) -> Vec<String> {
    let daemon = Daemon::start(directory, configuration);
    let (answered, number) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let is_over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (answered, number, is_over) = (Arc::clone(&answered), Arc::clone(&number), Arc::clone(&is_over));
            let directory = directory.to_path_buf();
            std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let queue_id = format!("R{round}N{}", number.fetch_add(1, Ordering::Relaxed));
                    match Daemon::deliver(&directory, &queue_id) {
                        Some(Verdict::Accepted) => answered.lock().unwrap().push(queue_id),
                        Some(other) => panic!("{other:?}"),
                        // Killed under way: nobody was told anything.
                        None => {}
                    }
                }
            })
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(60);
    while answered.lock().unwrap().len() < count {
        assert!(Instant::now() < deadline, "too few messages are answered: {}", daemon.log());
        std::thread::sleep(Duration::from_millis(1));
    }
    daemon.kill();
    is_over.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let answered = answered.lock().unwrap();
    answered.clone()
}

#[test]
fn no_answered_message_is_without_its_row_when_the_program_is_killed() {
    let directory = directory("killed");
    let mut answered = Vec::new();
    for (round, count) in [7, 1, 40, 16].into_iter().enumerate() {
        answered.extend(mail_until_killed(&directory, "", round, count));
        let (rows, counts) = rows(&directory);
        assert!(rows.len() >= answered.len());
        for queue_id in &answered {
            assert_eq!(counts.get(queue_id), Some(&1), "{queue_id} of round {round}");
        }
        // Whose answer was under way may be there too, but not twice.
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert!(rows.windows(2).all(|pair| pair[0].id != pair[1].id));
    }
}

#[test]
fn without_waiting_for_the_disk_nothing_is_doubled_and_an_orderly_end_loses_nothing() {
    let directory = directory("async");
    let configuration = "[ledger]\ndurability = \"async\"\n";
    mail_until_killed(&directory, configuration, 0, 20);
    let (_, counts) = rows(&directory);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let daemon = Daemon::start(&directory, configuration);
    for number in 0..10 {
        assert_eq!(Daemon::deliver(&directory, &format!("LAST{number}")), Some(Verdict::Accepted));
    }
    daemon.stop();
    let (_, counts) = rows(&directory);
    assert_eq!(counts.keys().filter(|queue_id| queue_id.starts_with("LAST")).count(), 10);
}

#[test]
fn as_much_of_addresses_is_kept_as_is_wanted() {
    let directory = directory("addresses");
    for (round, (word, is_kept)) in [("full", "text"), ("hash", "hash"), ("none", "withheld")].into_iter().enumerate() {
        let daemon = Daemon::start(&directory, &format!("[ledger]\naddresses = \"{word}\"\n"));
        assert_eq!(Daemon::deliver(&directory, &format!("Q{round}")), Some(Verdict::Accepted));
        daemon.stop();
        let (rows, _) = rows(&directory);
        let row = rows.iter().find(|row| row.queue_id.as_deref() == Some(&format!("Q{round}"))).unwrap();
        let kept = match row.envelope.mail_from.as_ref().unwrap() {
            Address::Text(text) => {
                assert_eq!(&**text, "a@example.jp");
                "text"
            }
            Address::Hash(_) => "hash",
            Address::Withheld => "withheld",
        };
        assert_eq!(kept, is_kept);
        assert_eq!(row.envelope.recipient_count, 1);
        assert_eq!(row.envelope.mail_from_domain.as_ref().unwrap().as_str(), "example.jp");
    }
}

#[test]
fn mail_is_deferred_when_dns_is_silent_and_the_operator_wants_it() {
    let directory = directory("deferred");
    let daemon = Daemon::start(&directory, "[receiver]\non_failure = \"tempfail\"\n");
    let verdict = Daemon::deliver(&directory, "Q1");
    let Some(Verdict::Code(text)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(text, b"451 4.4.3 DNS does not answer; please try again later");
    let log = daemon.log();
    let told = |line: &str| line.contains(" WARN ") && line.contains("DNS answered no question") && line.contains("Q1");
    assert!(log.lines().any(told), "{log}");
    daemon.stop();
    let (rows, _) = rows(&directory);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].verdict.action.as_str(), "tempfail");
    assert!(rows[0].verdict.reasons.iter().any(|reason| &**reason == "service-dns-unanswered"));
}
