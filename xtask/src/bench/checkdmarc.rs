//! checkdmarc, which `sekisho check` and `sekisho survey` are measured beside.
//!
//! It knows no port but 53, so the name server has an address of its own on the loopback, which takes root. pip installs it into
//! an environment under `target/bench`; nothing beyond the loopback is looked up or connected to. Its start is not counted.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::python::{self, Package};
use crate::house::{House, Outcome};

/// Where the name server has port 53.
pub(super) const SERVER: &str = "127.53.0.2";

/// One that can be asked.
pub(super) struct Checkdmarc {
    python: PathBuf,
    /// Its version.
    pub(super) version: String,
}

impl Checkdmarc {
    /// Installs it where it is not there; the error says why there is none.
    pub(super) fn find(house: &House) -> Outcome<Self> {
        if std::net::UdpSocket::bind((SERVER, 53)).is_err() {
            return Err(format!("it asks at port 53, and that of {SERVER} is not to be had (root?)"));
        }
        python::with(house, &PACKAGE).map(|(python, version)| Self { python, version })
    }

    /// Seconds for the domains of a file, without the start of python and of its packages, after those of another that warm it.
    /// So many of them have a valid SPF record.
    pub(super) fn seconds(&self, house: &House, few: &Path, names: &Path, valid: u32) -> Outcome<f64> {
        let mut command = house.command(&self.python.to_string_lossy(), &["-c", PROGRAM, SERVER]);
        command.arg(few).arg(names).stderr(Stdio::null());
        let output = command.output().map_err(|error| format!("checkdmarc: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [judged, seconds] if judged == f64::from(valid) => Ok(seconds),
            _ => Err(format!("checkdmarc says {text:?}")),
        }
    }
}

const PACKAGE: Package = Package {
    name: "checkdmarc",
    requirement: "checkdmarc==6.0.4",
    version: "import checkdmarc; print(checkdmarc.__version__)",
};

/// Judges the domains of a file, after those of another; prints how many have a valid SPF record, and seconds.
const PROGRAM: &str = "
import logging, socket, sys, time
def refuse(*arguments, **named): raise socket.gaierror(socket.EAI_NONAME, 'only the loopback is there')
socket.getaddrinfo = refuse
import checkdmarc
logging.disable(logging.CRITICAL)
def names(path): return open(path).read().split()
def check(names): return checkdmarc.check_domains(names, nameservers=[sys.argv[1]], timeout=2.0)
check(names(sys.argv[2]))
start = time.monotonic()
found = check(names(sys.argv[3]))
seconds = time.monotonic() - start
print(sum(1 for one in found if one['spf'].get('valid')), seconds)
";
