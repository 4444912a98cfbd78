//! `bench start`: one message verified by the program, from its start to its end, with a DNS server on this machine.
//!
//! The server is Debian's knot, on a free port of the loopback, with the corpus' zone; it is stopped behind the measurement.
//! What starting any program costs here is measured in turn with it.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::turns::quartiles;
use crate::house::{House, Outcome, shown, succeed};

const KNOT: &str = "/usr/sbin/knotd";
const RUNS: usize = 50;
const WARM_RUNS: usize = 5;

/// Measures; the lines for the reader, or why not.
pub(crate) fn measure(house: &House, corpus: &Path, binary: Option<&Path>) -> Outcome<Vec<String>> {
    let program = match binary {
        Some(path) => path.to_string_lossy().into_owned(),
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_string()
        }
    };
    let server = Knot::start(house, &[(".", &corpus.join("zone/root.zone"))])?;
    let arguments = arguments(corpus, server.port)?;
    // A program that does nothing is quick, too: what is measured must have verified.
    let output = house.command(&program, &[]).args(&arguments).output().map_err(|error| error.to_string())?;
    if !String::from_utf8_lossy(&output.stdout).contains("PASS") {
        return Err(format!("{program} does not verify: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let verify = || {
        let mut command = house.command(&program, &[]);
        command.args(&arguments).stdout(Stdio::null());
        timed(command)
    };
    let nothing = || timed(house.command("true", &[]));
    for _ in 0..WARM_RUNS {
        verify()?;
    }
    let (mut verifying, mut starting) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        verifying.push(verify()?);
        starting.push(nothing()?);
    }
    let line = |name: &str, times: &[f64]| {
        let [low, middle, high] = quartiles(times);
        format!("{name:<16} {middle:>6.1} ms ({low:.1}–{high:.1})")
    };
    Ok(vec![
        format!("one message, from start to end, {RUNS} runs, knot on the loopback"),
        line("sekisho verify", &verifying),
        line("true", &starting),
    ])
}

/// The command line for the first message of the corpus, which passes.
fn arguments(corpus: &Path, port: u16) -> Outcome<Vec<String>> {
    let envelopes = corpus.join("envelopes.csv");
    let envelopes = std::fs::read_to_string(&envelopes).map_err(|error| format!("{}: {error}", envelopes.display()))?;
    let columns: Vec<&str> = envelopes.lines().nth(1).ok_or("envelopes.csv is empty")?.split(',').collect();
    let [file, ip, _, helo, mail_from, ..] = columns.as_slice() else {
        return Err("envelopes.csv has too few columns".to_owned());
    };
    let message = corpus.join(file).to_string_lossy().into_owned();
    let resolver = format!("127.0.0.1:{port}");
    let words = ["verify", &message, "--ip", ip, "--helo", helo, "--mail-from", mail_from, "--resolver", &resolver];
    Ok(words.iter().chain(&["--lang", "en"]).map(|word| (*word).to_owned()).collect())
}

/// Milliseconds until the command has ended well.
fn timed(mut command: Command) -> Outcome<f64> {
    let start = Instant::now();
    succeed(&mut command)?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// A name server that ends with this value.
pub(super) struct Knot {
    child: Child,
    pub(super) port: u16,
}

impl Knot {
    /// Serves these zones; the root is one of them.
    pub(super) fn start(house: &House, zones: &[(&str, &Path)]) -> Outcome<Self> {
        Self::start_at(house, zones, &[])
    }

    /// Serves these zones at port 53 of these addresses, too.
    pub(super) fn start_at(house: &House, zones: &[(&str, &Path)], addresses: &[&str]) -> Outcome<Self> {
        if !Path::new(KNOT).is_file() {
            return Err(format!("{KNOT} is not there (Debian: knot)"));
        }
        let place = house.root.join("target/bench/knot");
        let failed = |error: std::io::Error| format!("{}: {error}", place.display());
        std::fs::create_dir_all(&place).map_err(failed)?;
        // A port that is free now; the socket is closed before the server takes it.
        let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(failed)?.port();
        let configuration = configuration(&place, zones, (port, addresses));
        let path: PathBuf = place.join("knot.conf");
        std::fs::write(&path, configuration).map_err(failed)?;
        let mut command = house.command(KNOT, &["--config"]);
        command.arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{}: {error}", shown(&command)))?;
        let server = Self { child, port };
        server.wait()?;
        Ok(server)
    }

    /// Until it answers: a question for the root's start of authority gets any answer.
    fn wait(&self) -> Outcome {
        const QUESTION: &[u8] = b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01";
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_millis(100))).map_err(|error| error.to_string())?;
        for _ in 0..100 {
            let mut answer = [0; 512];
            let sent = socket.send_to(QUESTION, ("127.0.0.1", self.port));
            // The lower half byte of the fourth is the response code; without its zone the server refuses.
            if sent.is_ok() && socket.recv(&mut answer).is_ok() && answer[3] & 0x0f == 0 {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("knot does not answer".to_owned())
    }
}

impl Drop for Knot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(place: &Path, zones: &[(&str, &Path)], (port, addresses): (u16, &[&str])) -> String {
    let place = place.display();
    let one = |(name, file): &(&str, &Path)| {
        let file = file.display();
        format!(
            "  - domain: {name}\n    file: \"{file}\"\n    zonefile-load: whole\n    zonefile-sync: -1\n    \
             journal-content: none\n"
        )
    };
    let zones: String = zones.iter().map(one).collect();
    let also: String = addresses.iter().map(|address| format!("  listen: {address}@53\n")).collect();
    format!(
        "server:\n  rundir: \"{place}\"\n  listen: 127.0.0.1@{port}\n{also}  udp-workers: 1\n  tcp-workers: 1\n  \
         background-workers: 1\nlog:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: \"{place}\"\nzone:\n{zones}"
    )
}
