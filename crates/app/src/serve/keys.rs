//! The private keys of the signing role, from their files. A key that others may read is no secret: it is refused.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dkim::{Algorithm, PrivateKey};
use mailtext::{Domain, Explain as _, Value};
use outgoing::key::KeyConcern;
use outgoing::limits::TABLE_BYTES_MAX;
use outgoing::{Key, KeyDomain, Problem, Role, table};
use service::Outgoing;

use crate::config::{KeyReaders, SigningConfig};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::keys::signing::Managed;
use crate::limits::KEY_FILE_BYTES_MAX;

/// What signs, and what its owner should hear of it.
pub(crate) struct Signing {
    /// Which mail is outgoing, and who signs it; `None` where nothing is.
    pub(crate) outgoing: Option<Outgoing>,
    /// What is told, and stops nobody.
    pub(crate) warnings: Vec<Failure>,
}

/// Reads keys and tables, and makes them ready, with those that are managed here.
///
/// # Errors
/// A file cannot be read, is readable by others, or holds no key; keys and rules do not fit together.
pub(crate) fn read(config: &SigningConfig, managed: Managed) -> Result<Signing, Failure> {
    if config.origins.is_empty() || !(config.has_keys() || managed.is_any()) {
        return Ok(Signing { outgoing: None, warnings: Vec::new() });
    }
    let mut keys = Vec::new();
    for key in &config.keys {
        // The configuration has no key without them.
        let (Some(domain), Some(selector)) = (key.domain.clone(), key.selector.clone()) else { continue };
        let private = private_key(&key.file, config.key_readers)?;
        if let Some(wanted) = key.algorithm.filter(|wanted| *wanted != private.algorithm()) {
            return Err(other_algorithm(&key.file, wanted, private.algorithm()));
        }
        keys.push(Key { name: key.name(), domain, selector, private });
    }
    if let Some(file) = &config.key_table {
        of_table(file, config.key_readers, &mut keys)?;
    }
    let mut rules = config.rules();
    if let Some(file) = &config.rule_table {
        rules.extend(table::rules(&text(file)?, &file.display().to_string()).map_err(|error| problem(&error))?);
    }
    if managed.is_any() {
        managed.join(&mut keys, &mut rules);
    }
    let role = Role::new(keys, &rules, config.manner.clone()).map_err(|error| problem(&error))?;
    let warnings = warnings(&role);
    Ok(Signing { outgoing: Some(Outgoing { origins: config.origins.clone(), role: Arc::new(role) }), warnings })
}

/// A file of a private key, and for whom it signs.
pub(crate) struct KeyFile {
    name: String,
    /// `d=`.
    pub(crate) domain: KeyDomain,
    /// `s=`.
    pub(crate) selector: Domain,
    /// The file.
    pub(crate) file: PathBuf,
}

/// The files of the keys that the configuration and its table name; none of them is read.
///
/// # Errors
/// The table cannot be read or used.
pub(crate) fn files(config: &SigningConfig) -> Result<Vec<KeyFile>, Failure> {
    let named = config.keys.iter().filter_map(|key| {
        let (domain, selector) = (key.domain.clone()?, key.selector.clone()?);
        Some(KeyFile { name: key.name(), domain, selector, file: key.file.clone() })
    });
    let mut files: Vec<_> = named.collect();
    if let Some(table) = &config.key_table {
        files.extend(files_of_table(table)?);
    }
    Ok(files)
}

/// The keys of a table.
fn of_table(file: &Path, readers: KeyReaders, keys: &mut Vec<Key>) -> Result<(), Failure> {
    for KeyFile { name, domain, selector, file } in files_of_table(file)? {
        keys.push(Key { name, domain, selector, private: private_key(&file, readers)? });
    }
    Ok(())
}

/// The files of a table, which lie beside it.
fn files_of_table(file: &Path) -> Result<Vec<KeyFile>, Failure> {
    let name = file.display().to_string();
    let lines = table::keys(&text(file)?, &name).map_err(|error| problem(&error))?;
    let of_line = |line: table::KeyLine| {
        let wrong = || problem(&Problem::KeyLine { file: name.clone(), line: line.line });
        let domain = KeyDomain::parse(&line.domain).ok_or_else(wrong)?;
        let selector = Domain::parse(&line.selector).map_err(|_| wrong())?;
        let place = file.parent().map_or_else(|| line.file.clone().into(), |directory| directory.join(&line.file));
        Ok(KeyFile { name: line.name, domain, selector, file: place })
    };
    lines.into_iter().map(of_line).collect()
}

/// Whether a file of these rights is open to others than may read it.
fn is_exposed(mode: u32, readers: KeyReaders) -> bool {
    let forbidden = match readers {
        KeyReaders::Owner => 0o077,
        // The group may read, and no more.
        KeyReaders::Group => 0o037,
    };
    mode & forbidden != 0
}

/// Whether others than may read a key's file can; a file that cannot be looked at is not open.
pub(crate) fn exposes(file: &Path, readers: KeyReaders) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| is_exposed(metadata.permissions().mode(), readers))
}

/// Reads a key that nobody but its owner – and, if that is wanted, its group – can read.
///
/// # Errors
/// It cannot be read, is readable by others, or is no key.
pub(crate) fn private_key(file: &Path, readers: KeyReaders) -> Result<PrivateKey, Failure> {
    let name = file.display().to_string();
    let unreadable = |error: &io::Error| about(&name, "serve-key-unreadable").with("reason", error.to_string());
    let opened = File::open(file).map_err(|error| unreadable(&error))?;
    let mode = opened.metadata().map_err(|error| unreadable(&error))?.permissions().mode() & 0o777;
    if is_exposed(mode, readers) {
        return Err(about(&name, "serve-key-readable-by-others").with("mode", format!("{mode:04o}")));
    }
    let mut text = String::new();
    opened.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    // RFC 8301 §3.2: fewer than 1024 bits are refused everywhere, and so is such a key here.
    PrivateKey::parse(&text).map_err(|error| about(&name, "serve-key-unusable").with("reason", error.to_string()))
}

fn text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let limit = TABLE_BYTES_MAX as u64 + 1;
    let read = File::open(file).and_then(|opened| opened.take(limit).read_to_string(&mut text));
    let name = file.display().to_string();
    read.map_err(|error| about(&name, "serve-table-unreadable").with("reason", error.to_string()))?;
    Ok(text)
}

fn warnings(role: &Role) -> Vec<Failure> {
    let short = role.keys().iter().filter_map(|key| {
        let KeyConcern::Short(bits) = key.concern()?;
        let warning = Failure::new(ExitCode::Configuration, "serve-key-short").with("name", key.name.as_str());
        Some(warning.with("bits", Value::Number(bits.into())))
    });
    let idle = role.idle_keys().into_iter();
    let idle = idle.map(|key| Failure::new(ExitCode::Configuration, "serve-key-idle").with("name", key.name.as_str()));
    short.chain(idle).collect()
}

fn other_algorithm(file: &Path, wanted: Algorithm, found: Algorithm) -> Failure {
    let failure = about(&file.display().to_string(), "serve-key-algorithm");
    failure.with("wanted", Value::Word(wanted.as_str())).with("algorithm", Value::Word(found.as_str()))
}

fn about(file: &str, id: &'static str) -> Failure {
    Failure::new(ExitCode::Configuration, id).with("file", file)
}

fn problem(problem: &Problem) -> Failure {
    let failure = Failure::new(ExitCode::Configuration, problem.id());
    problem.arguments().into_iter().fold(failure, |failure, (name, value)| failure.with(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::fs::{self, Permissions};

    /// A directory with the keys of the tests, as an operator has them.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sekisho-keys-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/keys");
            for key in ["ed25519.pem", "rsa1024.pem", "rsa2048.pem"] {
                fs::copy(keys.join(key), path.join(key)).unwrap();
                fs::set_permissions(path.join(key), Permissions::from_mode(0o600)).unwrap();
            }
            Self(path)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join(name), text).unwrap();
        }

        fn read(&self, text: &str) -> Result<Signing, Failure> {
            self.write("sekisho.toml", text);
            read(&Config::read(&self.0.join("sekisho.toml")).unwrap().signing, Managed::default())
        }

        fn refused(&self, text: &str) -> &'static str {
            let failure = self.read(text).map(|_| ()).unwrap_err();
            assert_eq!(failure.code(), ExitCode::Configuration);
            failure.id()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const KEY: &str = "[[signing.key]]\ndomain = \"example.jp\"\nselector = \"s1\"\nfile = \"ed25519.pem\"\n";

    #[test]
    fn keys_that_others_can_read_are_refused() {
        let directory = Directory::new("mode");
        for (mode, readers, refused) in [
            (0o600, "owner", false),
            (0o400, "owner", false),
            (0o640, "owner", true),
            (0o604, "owner", true),
            (0o644, "owner", true),
            (0o620, "group", true),
            (0o440, "group", false),
            (0o640, "group", false),
            (0o660, "group", true),
            (0o644, "group", true),
        ] {
            fs::set_permissions(directory.0.join("ed25519.pem"), Permissions::from_mode(mode)).unwrap();
            let text = format!("[signing]\nkey_readers = \"{readers}\"\n{KEY}");
            let read = directory.read(&text).map(|_| ());
            let id = read.as_ref().err().map(mailtext::Explain::id);
            assert_eq!(id, refused.then_some("serve-key-readable-by-others"), "{mode:o} {readers}");
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        let directory = Directory::new("what");
        assert!(directory.read(KEY).unwrap().warnings.is_empty());
        assert_eq!(directory.refused(&KEY.replace("ed25519.pem", "nobody.pem")), "serve-key-unreadable");
        directory.write("text.pem", "hello\n");
        fs::set_permissions(directory.0.join("text.pem"), Permissions::from_mode(0o600)).unwrap();
        assert_eq!(directory.refused(&KEY.replace("ed25519.pem", "text.pem")), "serve-key-unusable");
        assert_eq!(directory.refused(&format!("{KEY}algorithm = \"rsa-sha256\"\n")), "serve-key-algorithm");
        assert!(directory.read(&format!("{KEY}algorithm = \"ed25519-sha256\"\n")).is_ok());
        assert_eq!(directory.refused(&format!("{KEY}{KEY}")), "outgoing-key-repeated");
        assert_eq!(directory.refused(&format!("{KEY}name = \"a\"\n{KEY}")), "outgoing-selector-repeated");
        let rule = "[[signing.rule]]\nfrom = \"example.jp\"\nkeys = \"nobody\"\n";
        assert_eq!(directory.refused(&format!("{KEY}{rule}")), "outgoing-key-unknown");
        assert_eq!(directory.refused(&format!("[signing]\nexcept = [\"From\"]\n{KEY}")), "outgoing-field-name");
    }

    #[test]
    fn what_its_owner_should_hear() {
        let directory = Directory::new("hear");
        let ids = |text: &str| {
            let warnings = directory.read(text).unwrap().warnings;
            warnings.iter().map(mailtext::Explain::id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&KEY.replace("ed25519.pem", "rsa1024.pem")), ["serve-key-short"]);
        assert_eq!(ids(&KEY.replace("ed25519.pem", "rsa2048.pem")), [""; 0]);
        let rule = "[[signing.rule]]\nfrom = \"example.jp\"\nkeys = []\n";
        assert_eq!(ids(&format!("{KEY}{rule}")), ["serve-key-idle"]);
    }

    #[test]
    fn tables_lie_beside_the_configuration_and_keys_beside_their_table() {
        let directory = Directory::new("tables");
        let text = "[signing]\nkey_table = \"keys\"\nrule_table = \"rules\"\n";
        assert_eq!(directory.refused(text), "serve-table-unreadable");
        directory.write("keys", "main example.jp:s1:ed25519.pem\nall %:s2:rsa2048.pem # CNAMEs\n");
        directory.write("rules", "*@example.jp main\n* all\n");
        let signing = directory.read(text).unwrap();
        let outgoing = signing.outgoing.unwrap();
        assert_eq!(outgoing.role.keys().len(), 2);
        assert!(outgoing.role.idle_keys().is_empty() && signing.warnings.is_empty());
        directory.write("keys", "main example.jp:s1:ed25519.pem\nall a..b:s2:rsa2048.pem\n");
        assert_eq!(directory.refused(text), "outgoing-key-line");
        directory.write("keys", "main example.jp:s1:ed25519.pem\nall %:s2:rsa2048.pem\n");
        directory.write("rules", "*@example.jp\n");
        assert_eq!(directory.refused(text), "outgoing-rule-line");
    }

    #[test]
    fn without_a_key_nothing_is_outgoing() {
        let directory = Directory::new("none");
        assert!(directory.read("").unwrap().outgoing.is_none());
        assert!(directory.read("[outgoing]\nauthenticated = true\n").unwrap().outgoing.is_none());
        let none = "[outgoing]\nauthenticated = false\nnetworks = []\n";
        assert!(directory.read(&format!("{none}{KEY}")).unwrap().outgoing.is_none());
        assert!(directory.read(KEY).unwrap().outgoing.is_some());
    }
}
