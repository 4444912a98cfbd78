//! Where the project lies, which files are its own, and how its commands are run.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a task or a part of one ends with; the error is a sentence for the reader.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The project's folder and the files that belong to it.
pub(crate) struct House {
    pub(crate) root: PathBuf,
    /// Tracked files, and new ones that git would not ignore; relative to `root`, with `/`.
    pub(crate) files: BTreeSet<String>,
}

/// Something that does not hold, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) file: String,
    /// Counted from 1; 0 when the whole file is meant.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

impl Complaint {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl House {
    /// The workspace that this program was built from.
    pub(crate) fn find() -> Outcome<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().ok_or("xtask has no parent folder")?.to_owned();
        let files = tracked(&root).unwrap_or_else(|| walked(&root));
        Ok(Self { root, files })
    }

    /// The text of a file of ours.
    pub(crate) fn read(&self, path: &str) -> Outcome<String> {
        std::fs::read_to_string(self.root.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    /// Our files whose path satisfies `wanted`, with their text. A file that is not UTF-8 is left out.
    pub(crate) fn texts(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, String)> {
        let chosen = self.files.iter().filter(|path| wanted(path));
        chosen.filter_map(|path| Some((path.as_str(), self.read(path).ok()?))).collect()
    }

    /// A command in the project's folder that reads nothing.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs cargo, the same one that runs us, and says whether it ended well.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Outcome {
        succeed(&mut self.command(&cargo_program(), arguments))
    }

    /// The workspace's packages as cargo sees them.
    pub(crate) fn metadata(&self) -> Outcome<cargo_metadata::Metadata> {
        let mut command = cargo_metadata::MetadataCommand::new();
        command.manifest_path(self.root.join("Cargo.toml")).no_deps();
        command.exec().map_err(|error| format!("cargo metadata: {error}"))
    }

    /// Material beside the project, such as `suites`: the folder that the variable names, else `../shared/<name>`.
    pub(crate) fn beside(&self, variable: &str, name: &str) -> PathBuf {
        std::env::var_os(variable).map_or_else(|| self.root.join("../shared").join(name), PathBuf::from)
    }
}

pub(crate) fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs the command to its end; the error names it and how it ended.
pub(crate) fn succeed(command: &mut Command) -> Outcome {
    let shown = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn tracked(root: &Path) -> Option<BTreeSet<String>> {
    let mut command = Command::new("git");
    command.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let names = output.stdout.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
    // A file that was removed but not yet committed is still in git's list.
    let present = names.filter(|name| !name.is_empty() && root.join(name).symlink_metadata().is_ok());
    Some(present.map(str::to_owned).collect())
}

/// For a tree without git, such as an unpacked archive: every file except what builds leave behind.
fn walked(root: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && name != "target" && name != ".git" {
                folders.push(path);
            } else if !is_folder && let Ok(relative) = path.strip_prefix(root) {
                files.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files
}
