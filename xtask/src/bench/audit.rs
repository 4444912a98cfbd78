//! `bench audit`: what a domain publishes, asked for and judged by `sekisho check`, with a resolver that takes its time.
//!
//! Debian's knot holds the zone, on a free port of the loopback; before it stands a relay that lets each question wait for
//! 20 ms, as a resolver does that is not on this machine. What starting the program costs is measured in turn with it. Then ten
//! thousand domains in one run, beside checkdmarc: `many`.

mod many;

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::load;
use super::start::Knot;
use super::turns::quartiles;
use crate::house::{House, Outcome, shown};

/// Measures `binary`, or what cargo builds; the lines for the reader, or why not.
pub(crate) fn measure(house: &House, rounds: usize, binary: Option<&Path>) -> Outcome<Vec<String>> {
    let program = match binary {
        Some(path) => path.to_path_buf(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_std_path_buf()
        }
    };
    let before = load();
    let mut lines = one_domain(house, &program, rounds)?;
    lines.push(String::new());
    match many::measure(house, &program, rounds.div_ceil(ROUNDS_OF_MANY)) {
        Ok(found) => lines.extend(found),
        Err(reason) => lines.push(format!("skipped: ten thousand domains: {reason}")),
    }
    lines.push(String::new());
    lines.push(format!("load average {before} before, {} after", load()));
    Ok(lines)
}

/// One domain, from the program's start to its end.
fn one_domain(house: &House, program: &Path, rounds: usize) -> Outcome<Vec<String>> {
    let place = house.root.join("target/bench/audit");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let write = |name: &str, text: &str| {
        let file = place.join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display())).map(|()| file)
    };
    let (root, own) = (write("root.zone", ROOT)?, write("bench.zone", ZONE)?);
    let knot = Knot::start(house, &[(".", &root), (DOMAIN, &own)])?;
    let relay = Relay::start(knot.port, LATENCY)?;
    let check = || {
        let mut command = house.command(&program.to_string_lossy(), &["check", DOMAIN, "--lang", "en"]);
        command.args(["--format", "json", "--selector", "s1", "--resolver", &relay.address.to_string()]);
        // The zone's own servers are behind the same relay.
        for name in ["ns1", "ns2"] {
            command.args(["--connect-to", &format!("{name}.{DOMAIN}:53={}", relay.address)]);
        }
        command
    };
    // A program that does nothing is quick, too: what is measured must have judged what is published.
    let output = check().output().map_err(|error| error.to_string())?;
    if !String::from_utf8_lossy(&output.stdout).contains("\"lookups\":8") {
        return Err(format!("{} does not judge: {}", shown(&check()), String::from_utf8_lossy(&output.stderr).trim()));
    }
    let (mut checking, mut starting, mut questions) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let asked = relay.count.load(Ordering::Relaxed);
        checking.push(timed(check())?);
        questions.push(relay.count.load(Ordering::Relaxed) - asked);
        starting.push(timed(house.command(&program.to_string_lossy(), &["--version"]))?);
    }
    let line = |name: &str, times: &[f64]| {
        let [low, middle, high] = quartiles(times);
        format!("{name:<34} {middle:>6.1} ms ({low:.1}–{high:.1})")
    };
    let most = questions.iter().max().copied().unwrap_or_default();
    Ok(vec![
        format!("one domain, {rounds} runs, {most} questions, each answered after {} ms", LATENCY.as_millis()),
        String::new(),
        line("sekisho check", &checking),
        line("sekisho --version, the program alone", &starting),
    ])
}

/// Milliseconds until the command has ended; findings are no failure.
fn timed(mut command: Command) -> Outcome<f64> {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().map_err(|error| format!("{}: {error}", shown(&command)))?;
    let time = start.elapsed().as_secs_f64() * 1000.0;
    if status.success() { Ok(time) } else { Err(format!("{}: {status}", shown(&command))) }
}

/// What stands before a name server on this machine, and lets each question wait. Over UDP alone: the zone's answers fit.
/// Its threads end with the process.
struct Relay {
    address: SocketAddr,
    /// How many questions have come.
    count: Arc<AtomicUsize>,
}

impl Relay {
    fn start(port: u16, latency: Duration) -> Outcome<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = socket.local_addr().map_err(|error| error.to_string())?;
        let (socket, count) = (Arc::new(socket), Arc::new(AtomicUsize::new(0)));
        let relay = Self { address, count: Arc::clone(&count) };
        std::thread::spawn(move || {
            let mut question = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                count.fetch_add(1, Ordering::Relaxed);
                let (socket, question) = (Arc::clone(&socket), question[..length].to_vec());
                // Each waits for itself, so that many wait at once.
                std::thread::spawn(move || {
                    std::thread::sleep(latency);
                    if let Ok(answer) = pass(&question, port) {
                        let _ = socket.send_to(&answer, from);
                    }
                });
            }
        });
        Ok(relay)
    }
}

/// A question there, an answer back.
fn pass(question: &[u8], port: u16) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.send_to(question, ("127.0.0.1", port))?;
    let mut answer = vec![0; 4096];
    let length = socket.recv(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}

/// One round of ten thousand domains for so many of one domain, which takes less than a second.
const ROUNDS_OF_MANY: usize = 10;
const LATENCY: Duration = Duration::from_millis(20);
const DOMAIN: &str = "bench.example";
/// What is elsewhere.
const ROOT: &str = r#"$ORIGIN .
$TTL 3600
@ SOA ns. hostmaster. 1 3600 600 86400 300
@ NS ns.
ns. A 127.0.0.1
1.1.1.11.in-addr.arpa. PTR mx1.bench.example.
1.1.2.11.in-addr.arpa. PTR mx2.bench.example.
_spf.one.example. TXT "v=spf1 include:_a.one.example include:_b.one.example ~all"
_a.one.example. TXT "v=spf1 ip4:12.1.0.0/20 ip4:12.2.0.0/20 ~all"
_b.one.example. TXT "v=spf1 ip4:12.3.0.0/20 ip4:12.4.0.0/20 ~all"
_spf.two.example. TXT "v=spf1 a:out.two.example include:_a.two.example ~all"
out.two.example. A 13.1.1.1
_a.two.example. TXT "v=spf1 ip4:13.2.0.0/20 ~all"
_spf.three.example. TXT "v=spf1 ip4:14.1.0.0/20 ~all"
bench.example._report._dmarc.reports.example. TXT "v=DMARC1;"
reports.example. MX 10 mx.reports.example.
mx.reports.example. A 15.1.1.1
"#;
/// A domain as there are many: several services send for it, and reports go elsewhere. Eight terms of SPF ask.
const ZONE: &str = r#"$ORIGIN bench.example.
$TTL 3600
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
@ NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.1
@ MX 10 mx1
@ MX 20 mx2
mx1 A 11.1.1.1
mx2 A 11.2.1.1
@ TXT "v=spf1 mx include:_spf.one.example include:_spf.two.example include:_spf.three.example -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@reports.example"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"#;
