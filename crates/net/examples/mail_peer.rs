//! The mail clients and the LMTP server of this crate, for end-to-end tests with real servers:
//!
//! - `mail_peer submit KEY=VALUE… FILE…` sends each file over one connection; a line for each recipient says what became
//!   of it.
//! - `mail_peer imap KEY=VALUE…` watches a mailbox until SIGTERM: messages go to `out`, and the first word of a message's
//!   Subject says what is done with it: `seen`, `keyword`, `move` (to `folder`), `delete`; otherwise it is kept. What was
//!   read is remembered in `out`.
//! - `mail_peer lmtp listen=ADDRESS out=FOLDER` takes mail until SIGTERM: messages go to `out`; recipients `never@` are
//!   refused, `nobody@` at once, and `later@` the first time.
//!
//! Keys of the first two: `host`, `port`, `security` (`tls`, `starttls`, `if-offered`, `loopback`), `ca` (a file), `user`,
//! `password`; of submission also `from`, `to` (with commas), `notify` (`never`, `always`), `original`, `id`,
//! `pipelining=never`; of IMAP also `mailbox`, `folder`, `out`, `piece`,
//! `poll_ms`, `skip` (a keyword).

#![allow(clippy::unwrap_used, clippy::panic)] // As the tests, for which it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sekisho_net::imap::{
    After, Content, Flag, ImapAccount, ImapNotice, Mailbox, MailboxMessage, MailboxReader, watch_mailbox,
};
use sekisho_net::lmtp::{LmtpHandler, LmtpMessage, LmtpOptions, LmtpReply, serve_lmtp};
use sekisho_net::mail_server::{Login, MailServer, Secret, Security};
use sekisho_net::submission::{
    Delivery, Notify, OutgoingMessage, Pipelining, Recipient, Returned, SubmissionConfig, Submitter,
};
use sekisho_net::{ListenAddress, Listener, SocketAccess};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let mut words = std::env::args().skip(1);
    let verb = words.next().unwrap_or_default();
    let (mut keys, mut files) = (HashMap::new(), Vec::new());
    for word in words {
        match word.split_once('=') {
            Some((key, value)) => drop(keys.insert(key.to_owned(), value.to_owned())),
            None => files.push(PathBuf::from(word)),
        }
    }
    let keys = Keys(keys);
    let end = match verb.as_str() {
        "submit" => submit(&keys, &files).await,
        "imap" => imap(&keys).await,
        "lmtp" => lmtp(&keys).await,
        _ => panic!("usage: mail_peer submit|imap|lmtp KEY=VALUE…"),
    };
    if let Err(reason) = end {
        println!("error {reason}");
        std::process::exit(1);
    }
}

struct Keys(HashMap<String, String>);

impl Keys {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn must(&self, key: &str) -> &str {
        self.get(key).unwrap_or_else(|| panic!("{key}= is missing"))
    }

    fn server(&self) -> MailServer {
        let security = match self.must("security") {
            "tls" => Security::Tls,
            "starttls" => Security::StartTls,
            "if-offered" => Security::StartTlsIfOffered,
            "loopback" => Security::Loopback,
            other => panic!("{other} is no security"),
        };
        let mut server =
            MailServer::new(self.get("host").unwrap_or("localhost"), self.must("port").parse().unwrap(), security);
        if let Some(ca) = self.get("ca") {
            server.roots.add_pem(&std::fs::read(ca).unwrap()).unwrap();
        }
        server
    }
}

async fn submit(keys: &Keys, files: &[PathBuf]) -> Result<(), String> {
    let mut config = SubmissionConfig::new(keys.server(), "client.example.jp");
    if let Some(user) = keys.get("user") {
        config.login = Some(Login::password(user, Secret::new(keys.must("password"))));
    }
    if keys.get("pipelining") == Some("never") {
        config.pipelining = Pipelining::Never;
    }
    let mut submission = Submitter::new(config).unwrap().connect().await.map_err(|error| error.to_string())?;
    println!("connected tls={} {:?}", submission.is_tls(), submission.offers());
    let recipients: Vec<_> = keys.must("to").split(',').map(|address| recipient(keys, address)).collect();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let message = OutgoingMessage {
            sender: keys.must("from"),
            recipients: &recipients,
            bytes: &bytes,
            returned: Some(Returned::Header),
            envelope_id: keys.get("id"),
        };
        for (recipient, delivery) in recipients.iter().zip(submission.send(&message).await) {
            let text = match delivery {
                Delivery::Accepted(reply) => format!("accepted {reply}"),
                Delivery::Refused { at, reply } => format!("refused {at:?} {reply}"),
                Delivery::Deferred { at, reply } => format!("deferred {at:?} {reply}"),
                Delivery::Unsendable(reason) => format!("unsendable {reason}"),
                Delivery::Failed { at, cause } => format!("failed {at:?} {cause}"),
                Delivery::InDoubt { cause } => format!("in doubt {cause}"),
            };
            println!("{} {} {text}", file.file_name().unwrap().display(), recipient.address);
        }
    }
    submission.quit().await;
    Ok(())
}

fn recipient(keys: &Keys, address: &str) -> Recipient {
    let notify = keys.get("notify").map(|word| if word == "never" { Notify::Never } else { Notify::Always });
    Recipient { notify, original: keys.get("original").map(str::to_owned), ..Recipient::new(address) }
}

struct Reader {
    out: PathBuf,
    folder: String,
    uid_validity: u32,
}

impl Reader {
    /// UIDVALIDITY and UID of what was read last.
    fn read_last(&self) -> Option<(u32, u32)> {
        let text = std::fs::read_to_string(self.out.join("last")).ok()?;
        let (uid_validity, uid) = text.split_once(' ')?;
        Some((uid_validity.parse().ok()?, uid.parse().ok()?))
    }
}

impl MailboxReader for Reader {
    async fn opened(&mut self, mailbox: &Mailbox) -> u32 {
        self.uid_validity = mailbox.uid_validity;
        mailbox.first_after(self.read_last())
    }

    async fn message(&mut self, message: MailboxMessage) -> After {
        let Content::Whole(bytes) = message.content else { return After::Keep };
        println!("message {} {}", message.uid, bytes.len());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        std::fs::write(self.out.join(format!("{}-{}.eml", self.uid_validity, message.uid)), bytes).unwrap();
        std::fs::write(self.out.join("last"), format!("{} {}", self.uid_validity, message.uid)).unwrap();
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
        match subject.split(' ').next().unwrap_or_default() {
            "seen" => After::Flag(Flag::Seen),
            "keyword" => After::Flag(Flag::Keyword("$Sekisho".to_owned())),
            "move" => After::Move(self.folder.clone()),
            "delete" => After::Delete,
            _ => After::Keep,
        }
    }

    fn notice(&mut self, notice: ImapNotice) {
        match notice {
            ImapNotice::Failed { error, .. } => println!("failed {error}"),
            other => println!("{other:?}"),
        }
    }
}

async fn imap(keys: &Keys) -> Result<(), String> {
    let end = terminated();
    let login = Login::password(keys.must("user"), Secret::new(keys.must("password")));
    let mut account = ImapAccount::new(keys.server(), login);
    account.mailbox = keys.get("mailbox").unwrap_or("INBOX").to_owned();
    account.retry_first = std::time::Duration::from_millis(200);
    account.retry_max = std::time::Duration::from_millis(500);
    if let Some(piece) = keys.get("piece") {
        account.piece_bytes = piece.parse().unwrap();
    }
    if let Some(poll_ms) = keys.get("poll_ms") {
        account.poll_interval = std::time::Duration::from_millis(poll_ms.parse().unwrap());
    }
    account.skip_keyword = keys.get("skip").map(str::to_owned);
    let folder = keys.get("folder").unwrap_or("read").to_owned();
    let mut reader = Reader { out: keys.must("out").into(), folder, uid_validity: 0 };
    watch_mailbox(&account, &mut reader, end).await;
    println!("stopped");
    Ok(())
}

struct Taker {
    out: PathBuf,
    count: AtomicUsize,
}

impl LmtpHandler for Taker {
    async fn recipient(&self, _: &str, recipient: &str) -> LmtpReply {
        if recipient.starts_with("nobody@") {
            return LmtpReply::refuse(550, "5.1.1", "there is nobody of this name");
        }
        LmtpReply::Accept
    }

    async fn message(&self, message: LmtpMessage) -> Vec<LmtpReply> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let of = |recipient: &String| {
            println!("message {number} from=<{}> to=<{recipient}> {}", message.sender, message.bytes.len());
            let name = recipient.split('@').next().unwrap();
            match name {
                "never" => return LmtpReply::refuse(554, "5.6.0", "this is no report"),
                "later" if is_first(&self.out) => return LmtpReply::later(451, "4.3.0", "come again"),
                _ => {}
            }
            std::fs::write(self.out.join(format!("{name}.eml")), &message.bytes).unwrap();
            LmtpReply::Accept
        };
        message.recipients.iter().map(of).collect()
    }
}

fn is_first(out: &Path) -> bool {
    std::fs::File::create_new(out.join("later")).is_ok()
}

async fn lmtp(keys: &Keys) -> Result<(), String> {
    let end = terminated();
    let address = ListenAddress::parse(keys.must("listen")).unwrap();
    let access = SocketAccess { mode: Some(0o666), ..SocketAccess::default() };
    let listener = Listener::bind(&address, &access).await.map_err(|error| error.to_string())?;
    println!("listening {}", listener.address().unwrap());
    let taker = Taker { out: keys.must("out").into(), count: AtomicUsize::new(0) };
    let mut options = LmtpOptions::new("reports.example.net");
    options.message_bytes_max = 1 << 20;
    let observe = |notice| println!("{notice:?}");
    serve_lmtp(vec![listener], options, Arc::new(taker), observe, end).await;
    println!("stopped");
    Ok(())
}

/// Heard from the moment on that this is called.
fn terminated() -> impl Future<Output = ()> {
    let mut signals = signal(SignalKind::terminate()).unwrap();
    async move {
        signals.recv().await;
    }
}
