//! `deb`: a Debian package, made by dpkg-deb(1) of the built program, the files in `packaging` and the documents.
//!
//! Manual page, completions and the configuration to begin with are what the program prints. Nothing of it depends on the machine or the time but the
//! program itself: files get the time of `$SOURCE_DATE_EPOCH`, or of the last commit.
//!
//! The maintainer is who packages, as elsewhere in Debian: `$DEBFULLNAME` and `$DEBEMAIL`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::house::{House, Outcome, succeed};

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    let program = match options.binary {
        Some(program) => program,
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into()
        }
    };
    let out = options.out.unwrap_or_else(|| house.root.join("target/debian"));
    let package = Package { house, folder: out.join("package"), facts: Facts::find(house)? };
    package.make(&program)?;
    let facts = &package.facts;
    let file = out.join(format!("sekisho_{}_{}.deb", facts.version, facts.architecture));
    // A third of the time of the usual level, for a tenth more bytes.
    let mut build = house.command("dpkg-deb", &["--root-owner-group", "-Zxz", "-z2", "--build"]);
    // dpkg-deb(1): files newer than this get this time.
    build.env("SOURCE_DATE_EPOCH", &facts.epoch_s).arg(&package.folder).arg(&file).stdout(Stdio::null());
    succeed(&mut build)?;
    remove(&package.folder)?;
    println!("{}", file.display());
    Ok(())
}

/// What lies where, beside the program and what it prints, and the documents.
const FILES: &[(&str, &str)] = &[
    ("packaging/debian/lintian-overrides", "usr/share/lintian/overrides/sekisho"),
    ("packaging/debian/copyright", "usr/share/doc/sekisho/copyright"),
    ("packaging/debian/changelog", "usr/share/doc/sekisho/changelog"),
    ("packaging/debian/control", "DEBIAN/control"),
    ("packaging/debian/conffiles", "DEBIAN/conffiles"),
    ("packaging/debian/postinst", "DEBIAN/postinst"),
    ("packaging/debian/prerm", "DEBIAN/prerm"),
    ("packaging/debian/postrm", "DEBIAN/postrm"),
];

/// What the program prints about itself, and where that is looked for.
const PRINTED: &[(&[&str], &str)] = &[
    // Every key, each a comment.
    (&["config", "default", "--lang", "en"], "etc/sekisho/sekisho.toml"),
    (&["man"], "usr/share/man/man1/sekisho.1"),
    (&["completions", "bash"], "usr/share/bash-completion/completions/sekisho"),
    (&["completions", "zsh"], "usr/share/zsh/vendor-completions/_sekisho"),
    (&["completions", "fish"], "usr/share/fish/vendor_completions.d/sekisho.fish"),
];

/// Compressed, as Debian's policy (§12.1, §12.3, §12.7) wants it of these.
const COMPRESSED: &[&str] = &["usr/share/man/man1/sekisho.1", "usr/share/doc/sekisho/changelog"];
const EXECUTABLE: &[&str] = &["DEBIAN/postinst", "DEBIAN/prerm", "DEBIAN/postrm", "usr/bin/sekisho"];
const DOCUMENTS: &str = "usr/share/doc/sekisho";
const UNITS: &str = "usr/lib/systemd/system";

/// A package in the making.
struct Package<'h> {
    house: &'h House,
    /// What it will hold, as it will lie.
    folder: PathBuf,
    facts: Facts,
}

impl Package<'_> {
    fn make(&self, program: &Path) -> Outcome {
        remove(&self.folder)?;
        self.write("usr/bin/sekisho", &read(program)?)?;
        self.strip("usr/bin/sekisho");
        for (arguments, to) in PRINTED {
            let output = self.house.command(&program.to_string_lossy(), arguments).output();
            let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
            if !output.status.success() || output.stdout.is_empty() {
                return Err(format!("{} {}: {}", program.display(), arguments.join(" "), output.status));
            }
            self.write(to, &output.stdout)?;
        }
        self.documents()?;
        for path in self.house.files.iter().filter(|path| is_unit(path)) {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.write(&format!("{UNITS}/{name}"), &read(&self.house.root.join(path))?)?;
        }
        let licence = as_field(&self.house.read("LICENSE-MIT")?);
        let libc = libc_needed(&read(&self.folder.join("usr/bin/sekisho"))?);
        let libc = libc.ok_or("the program names no version of the C library")?;
        // The size is counted when everything else is there.
        let (control, others): (Vec<_>, Vec<_>) = FILES.iter().partition(|(_, to)| *to == "DEBIAN/control");
        for &(from, to) in others.into_iter().chain(control) {
            let size = kibibytes(&self.folder)?.to_string();
            let text =
                self.facts.fill(&self.house.read(from)?, &[("@SIZE@", &size), ("@MIT@", &licence), ("@LIBC@", &libc)]);
            self.write(to, text.as_bytes())?;
            if COMPRESSED.contains(&to) {
                self.compress(to)?;
            }
        }
        self.sums()
    }

    /// The documents, as they lie in the project, so that their links hold.
    fn documents(&self) -> Outcome {
        for path in self.house.files.iter().filter(|path| is_document(path)) {
            self.write(&format!("{DOCUMENTS}/{path}"), &read(&self.house.root.join(path))?)?;
        }
        self.compress(COMPRESSED[0])
    }

    fn write(&self, to: &str, bytes: &[u8]) -> Outcome {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(to);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        for folder in Path::new(to).ancestors().skip(1) {
            let folder = self.folder.join(folder);
            std::fs::create_dir_all(&folder).map_err(failed)?;
            // Whatever the umask of who builds it says.
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
        let mode = if EXECUTABLE.contains(&to) { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).map_err(failed)
    }

    /// Without strip(1), the package is larger and no worse.
    fn strip(&self, path: &str) {
        let mut strip = self.house.command("strip", &["--strip-unneeded", "--remove-section=.comment"]);
        if let Err(reason) = succeed(strip.arg(self.folder.join(path))) {
            eprintln!("not stripped: {reason}");
        }
    }

    fn compress(&self, path: &str) -> Outcome {
        succeed(self.house.command("gzip", &["-9n"]).arg(self.folder.join(path)))
    }

    /// DEBIAN/md5sums, of everything that will be installed.
    fn sums(&self) -> Outcome {
        let mut files = Vec::new();
        walk(&self.folder, &mut |path| files.push(path.to_owned()))?;
        let relative = files.iter().filter_map(|path| path.strip_prefix(&self.folder).ok());
        let mut installed: Vec<&Path> = relative.filter(|path| !path.starts_with("DEBIAN")).collect();
        installed.sort_unstable();
        let mut command = self.house.command("md5sum", &[]);
        let output = command.current_dir(&self.folder).args(installed).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("md5sum: {}", output.status));
        }
        self.write("DEBIAN/md5sums", &output.stdout)
    }
}

/// What differs from package to package.
struct Facts {
    version: String,
    architecture: String,
    maintainer: String,
    epoch_s: String,
    /// The same, as Debian's changelog has it.
    date: String,
}

impl Facts {
    fn find(house: &House) -> Outcome<Self> {
        let packages = house.metadata()?.packages;
        let version = packages.iter().find(|package| package.name.as_str() == "sekisho").map(|p| p.version.to_string());
        let variable = |name: &str, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
        let epoch_s = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(epoch_s) => epoch_s,
            // Without git: the time of the sources is unknown, and any fixed one is as good.
            Err(_) => said(house, "git", &["log", "-1", "--format=%ct"]).unwrap_or_else(|_| "0".to_owned()),
        };
        let date = said(house, "date", &["--utc", "--rfc-email", "--date", &format!("@{epoch_s}")])?;
        let maintainer =
            format!("{} <{}>", variable("DEBFULLNAME", "The Sekisho authors"), variable("DEBEMAIL", "root@localhost"));
        Ok(Self {
            version: version.ok_or("the workspace has no package sekisho")?,
            architecture: said(house, "dpkg", &["--print-architecture"])?,
            maintainer,
            epoch_s,
            date,
        })
    }

    /// The text with everything in its place: what is known before, and what is found while packing.
    fn fill(&self, text: &str, found: &[(&str, &str)]) -> String {
        let known = [
            ("@VERSION@", self.version.as_str()),
            ("@ARCHITECTURE@", &self.architecture),
            ("@MAINTAINER@", &self.maintainer),
            ("@DATE@", &self.date),
        ];
        known.iter().chain(found).fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
    }
}

#[derive(Debug, PartialEq, Eq, Default)]
struct Options {
    binary: Option<PathBuf>,
    out: Option<PathBuf>,
}

impl Options {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut path = || {
                let given = arguments.next().ok_or(format!("{argument} wants a path"))?;
                std::path::absolute(given).map(Some).map_err(|error| error.to_string())
            };
            match argument.as_str() {
                "--binary" => options.binary = path()?,
                "--out" => options.out = path()?,
                unknown => return Err(format!("unknown option: {unknown}")),
            }
        }
        Ok(options)
    }
}

fn is_unit(path: &str) -> bool {
    let kind = Path::new(path).extension().and_then(OsStr::to_str);
    path.starts_with("packaging/") && matches!(kind, Some("service" | "socket"))
}

fn is_document(path: &str) -> bool {
    let document = path.starts_with("docs/") && !path.starts_with("docs/design/");
    document || path == "CHANGELOG.md" || (path.starts_with("README") && path.ends_with(".md"))
}

/// As a field of several lines has it: a space in front of each, and a dot in the place of nothing.
fn as_field(text: &str) -> String {
    let lines = text.trim().lines().map(|line| if line.trim().is_empty() { " ." } else { line });
    let lines = lines.map(|line| if line.starts_with(' ') { line.to_owned() } else { format!(" {line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// The newest version of the C library of which the program wants a symbol: `2.36` for one that wants `GLIBC_2.2.5` and `GLIBC_2.36`.
fn libc_needed(program: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"\0GLIBC_";
    let mut newest: Vec<u32> = Vec::new();
    for (at, _) in program.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK) {
        let rest = program.get(at + MARK.len()..).unwrap_or_default();
        let version = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let version = std::str::from_utf8(version).unwrap_or_default();
        let numbers: Vec<u32> = version.split('.').map_while(|number| number.parse().ok()).collect();
        newest = newest.max(numbers);
    }
    let newest: Vec<String> = newest.iter().map(ToString::to_string).collect();
    (!newest.is_empty()).then(|| newest.join("."))
}

/// What a command prints, in one line.
fn said(house: &House, program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = house.command(program, arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !text.is_empty() { Ok(text) } else { Err(format!("{program}: {}", output.status)) }
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn remove(folder: &Path) -> Outcome {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", folder.display())),
        _ => Ok(()),
    }
}

/// Debian's policy §5.6.20: an estimate, in units of 1,024 bytes.
fn kibibytes(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    walk(folder, &mut |path| sum += path.metadata().map_or(0, |file| file.len().div_ceil(1024)))?;
    Ok(sum)
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) -> Outcome {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, each)?;
        } else {
            each(&path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_that_is_needed() {
        assert_eq!(libc_needed(b"\0GLIBC_2.2.5\0\0GLIBC_2.36\0GLIBC_2.4\0"), Some("2.36".to_owned()));
        assert_eq!(libc_needed(b"\0GLIBC_PRIVATE\0"), None);
        assert_eq!(libc_needed(b""), None);
    }

    #[test]
    fn fields_of_several_lines() {
        assert_eq!(as_field("a\n\n  b\n"), " a\n .\n  b");
    }

    #[test]
    fn what_goes_along() {
        for path in ["docs/postfix.md", "docs/sieve/junk.sieve", "README.ja.md", "CHANGELOG.md"] {
            assert!(is_document(path), "{path}");
        }
        for path in ["docs/design/0001-a.md", "crates/app/README.txt", "STYLE.md"] {
            assert!(!is_document(path), "{path}");
        }
        assert!(is_unit("packaging/sekisho.service") && is_unit("packaging/sekisho.socket"));
        assert!(!is_unit("packaging/Containerfile") && !is_unit("docs/a.service"));
    }

    #[test]
    fn options() {
        let read = |words: &[&str]| Options::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let wanted = Options { binary: Some(PathBuf::from("/a")), out: Some(PathBuf::from("/b")) };
        assert_eq!(read(&["--binary", "/a", "--out", "/b"]), Ok(wanted));
        for wrong in [&["--binary"][..], &["x"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
