//! What `bench reports` reads: the reports of the generator, bombs, a mailbox of a million records; and parsedmarc.

use std::fmt::Write as _;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::python::{self, Package};
use crate::house::{House, Outcome, shown, succeed};

/// How many reports the generator makes …
pub(super) const REPORTS: f64 = 672.0;
/// … with how many records.
pub(super) const RECORDS: f64 = 38_400.0;

/// Where everything lies.
pub(super) struct Inputs {
    place: PathBuf,
    /// The reports as mails, and nothing else.
    pub(super) mails: PathBuf,
    /// One with a single record.
    pub(super) small: PathBuf,
    /// Files that are measured by their memory, each with a name for the reader.
    pub(super) memory: Vec<(&'static str, PathBuf)>,
    pub(super) bombs: Vec<PathBuf>,
    /// The python that has parsedmarc.
    pub(super) parsedmarc: Option<PathBuf>,
    /// Its version; without it, why it is not there.
    pub(super) parsedmarc_version: String,
}

impl Inputs {
    /// A folder that does not exist yet.
    pub(super) fn scratch(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.place.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
            _ => Ok(path),
        }
    }
}

/// Makes what is not there.
pub(super) fn prepare(house: &House) -> Outcome<Inputs> {
    let place = house.root.join("target/bench/reports");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let made = generated(house, &place)?;
    let mix = made.join("mix");
    let bombs = bombs(house, &place)?;
    let (parsedmarc, parsedmarc_version) = match python::with(house, &PARSEDMARC) {
        Ok((python, version)) => (Some(python), version),
        Err(reason) => (None, reason),
    };
    let memory = vec![
        ("1 record, .eml", mix.join("0000_r1.eml")),
        ("10,000 records, .xml.gz", mix.join("0670_r10000.xml.gz")),
        ("10,000 records, .eml", mix.join("0670_r10000.eml")),
    ];
    let mails = made.join("mails");
    Ok(Inputs { small: mails.join("0000_r1.eml"), mails, place, memory, bombs, parsedmarc, parsedmarc_version })
}

/// What the generator makes, and a folder with the mails alone.
fn generated(house: &House, place: &Path) -> Outcome<PathBuf> {
    let made = place.join("made");
    if made.is_dir() {
        return Ok(made);
    }
    let generator = house.beside("SEKISHO_BENCH", "bench").join("gen_reports.py");
    if !generator.is_file() {
        return Err("gen_reports.py is neither at $SEKISHO_BENCH nor in ../shared/bench".to_owned());
    }
    // Under another name until it is whole, so that an interrupted run leaves no half of it.
    let unfinished = place.join("made.unfinished");
    let failed = |error: std::io::Error| format!("{}: {error}", unfinished.display());
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).map_err(failed)?;
    }
    succeed(house.command("python3", &[]).arg(&generator).arg("--out").arg(&unfinished).stdout(Stdio::null()))?;
    let mails = unfinished.join("mails");
    std::fs::create_dir(&mails).map_err(failed)?;
    for entry in std::fs::read_dir(unfinished.join("mix")).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|end| end == "eml")) {
            std::fs::copy(&path, mails.join(name)).map_err(failed)?;
        }
    }
    std::fs::rename(&unfinished, &made).map_err(failed)?;
    Ok(made)
}

/// A gigabyte of zeros in a zip, one of spaces behind the beginning of a report in a gzip, and that in a mail.
fn bombs(house: &House, place: &Path) -> Outcome<Vec<PathBuf>> {
    let names = ["bomb.zip", "bomb.xml.gz", "bomb.eml"];
    let bombs: Vec<PathBuf> = names.iter().map(|name| place.join(name)).collect();
    if !bombs.iter().all(|path| path.is_file()) {
        succeed(house.command("python3", &["-c", BOMBS]).arg(place))?;
    }
    Ok(bombs)
}

/// Feeds the mailbox of a million records to a command; what it says at the end.
pub(super) fn fed(command: &mut Command) -> Outcome<String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| format!("{}: {error}", shown(command)))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(input), Some(mut output)) = (input, output) else { return Err("no pipe".to_owned()) };
    let writing = std::thread::spawn(move || -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, input);
        let mut random = Random(1);
        for number in 0..MILLION_REPORTS {
            out.write_all(mail(number, &mut random).as_bytes())?;
        }
        out.flush()
    });
    let mut text = String::new();
    output.read_to_string(&mut text).map_err(failed)?;
    let written = writing.join().map_err(|_| "the mailbox could not be written".to_owned())?;
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(format!("{status}: {text}"));
    }
    written.map_err(failed)?;
    Ok(text)
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// One mail of the mailbox: a report of a hundred records, 50 messages each on the average, of a day of 2025.
fn mail(number: u64, random: &mut Random) -> String {
    let (domain, reporter) = (format!("shop{:03}.example", random.below(200)), random.below(30));
    let begin = 1_735_689_600 + 86_400 * random.below(365);
    let mut text = format!(
        "From x Thu Jan  1 00:00:00 1970\nFrom: a@reporter{reporter}.example\nMIME-Version: 1.0\nContent-Type: text/xml\n\n\
         <?xml version=\"1.0\"?><feedback><version>1.0</version><report_metadata><org_name>reporter{reporter}.example\
         </org_name><email>a@reporter{reporter}.example</email><report_id>{number}</report_id><date_range><begin>{begin}\
         </begin><end>{}</end></date_range></report_metadata><policy_published><domain>{domain}</domain><p>none</p>\
         </policy_published>\n",
        begin + 86_399
    );
    for _ in 0..MILLION_RECORDS_EACH {
        let word = |is_pass: bool| if is_pass { "pass" } else { "fail" };
        let (dkim, spf) = (word(random.below(100) < 85), word(random.below(100) < 80));
        let disposition = ["none", "none", "none", "none", "none", "none", "quarantine", "reject"];
        let disposition = disposition[usize::try_from(random.below(8)).unwrap_or_default()];
        let _ = writeln!(
            text,
            "<record><row><source_ip>198.18.{}.{}</source_ip><count>{}</count><policy_evaluated><disposition>{disposition}\
             </disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row><identifiers><header_from>{domain}\
             </header_from></identifiers><auth_results><dkim><domain>{domain}</domain><selector>s{}</selector><result>\
             {dkim}</result></dkim><spf><domain>bounces.{domain}</domain><result>{spf}</result></spf></auth_results>\
             </record>",
            random.below(256),
            random.below(256),
            1 + random.below(99),
            random.below(4),
        );
    }
    text + "</feedback>\n\n"
}

const MILLION_REPORTS: u64 = 10_000;
const MILLION_RECORDS_EACH: u64 = 100;

const PARSEDMARC: Package = Package {
    name: "parsedmarc",
    requirement: "parsedmarc",
    version: "
import importlib.metadata, parsedmarc
print(importlib.metadata.version('parsedmarc'))
",
};

const BOMBS: &str = "
import base64, gzip, os, sys, zipfile
place = sys.argv[1]
start = b'<?xml version=\"1.0\"?><feedback><report_metadata><org_name>'
with zipfile.ZipFile(os.path.join(place, 'bomb.zip'), 'w', zipfile.ZIP_DEFLATED) as file:
    with file.open('a.xml', 'w', force_zip64=True) as member:
        for _ in range(1024): member.write(bytes(1 << 20))
with gzip.open(os.path.join(place, 'bomb.xml.gz'), 'w') as file:
    file.write(start)
    for _ in range(1024): file.write(b' ' * (1 << 20))
with open(os.path.join(place, 'bomb.xml.gz'), 'rb') as file: packed = file.read()
with open(os.path.join(place, 'bomb.eml'), 'wb') as file:
    file.write(b'From: a@example.org\\nMIME-Version: 1.0\\nContent-Type: application/gzip\\nContent-Transfer-Encoding: base64\\n\\n')
    file.write(base64.encodebytes(packed))
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mailbox_is_the_same_each_time() {
        let mails = || (0..3).map(|number| mail(number, &mut Random(number))).collect::<String>();
        assert_eq!(mails(), mails());
        let one = mail(7, &mut Random(1));
        assert_eq!(one.matches("<record>").count(), 100);
        assert!(one.starts_with("From x ") && one.ends_with("</feedback>\n\n"));
    }
}
