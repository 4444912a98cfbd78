//! Programs in Python that are measured beside ours: pip installs each, once, into an environment of its own under `target/bench`.

use std::path::PathBuf;
use std::process::Stdio;

use crate::house::{House, Outcome, succeed};

/// A program of pip's.
pub(super) struct Package {
    /// Its name, which its environment has, too.
    pub(super) name: &'static str,
    /// What pip is asked for.
    pub(super) requirement: &'static str,
    /// What prints its version, and thereby shows that it can be loaded.
    pub(super) version: &'static str,
}

/// The python that has the package, and the package's version; the error says why there is none.
pub(super) fn with(house: &House, package: &Package) -> Outcome<(PathBuf, String)> {
    let venv = house.root.join("target/bench").join(package.name);
    let python = venv.join("bin/python");
    if !python.is_file() {
        let made = succeed(house.command("python3", &["-m", "venv"]).arg(&venv));
        made.map_err(|reason| format!("{reason} (Debian: python3-venv)"))?;
    }
    let program = python.to_string_lossy().into_owned();
    let version = || -> Outcome<String> {
        let mut command = house.command(&program, &["-c", package.version]);
        let output = command.stderr(Stdio::null()).output().map_err(|error| error.to_string())?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !version.is_empty() { Ok(version) } else { Err("it cannot be loaded".to_owned()) }
    };
    if let Ok(version) = version() {
        return Ok((python, version));
    }
    eprintln!("installing {}, once", package.name);
    succeed(&mut house.command(&program, &["-m", "pip", "install", "--quiet", package.requirement]))?;
    version().map(|version| (python, version))
}
