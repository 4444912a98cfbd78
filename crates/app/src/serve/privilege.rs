//! The rights of the daemon: it needs root for nothing but its sockets, and gives it up when they are open. Its number in
//! a file, for those who ask for one; its state directory.

use std::ffi::CString;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid, initgroups, setgid, setuid};

use crate::exit::ExitCode;
use crate::failure::Failure;

/// A user of this system, by name or by number.
///
/// # Errors
/// There is none.
pub(crate) fn find_user(name: &str) -> Result<User, Failure> {
    let found = match name.parse() {
        Ok(number) => User::from_uid(Uid::from_raw(number)),
        Err(_) => User::from_name(name),
    };
    // Who cannot be looked up is as good as not there.
    let found = found.ok().flatten();
    found.ok_or_else(|| Failure::new(ExitCode::Configuration, "config-no-user").with("name", name))
}

/// Takes on the user's rights – its groups, then itself – for the whole process, for good. Who is that user already keeps
/// what it has.
///
/// # Errors
/// Only root can, and root itself may be confined.
pub(super) fn become_user(user: &User) -> Result<(), Failure> {
    if geteuid() == user.uid {
        return Ok(());
    }
    let change = || {
        let name = CString::new(user.name.as_str()).map_err(|_| nix::errno::Errno::EINVAL)?;
        initgroups(&name, user.gid)?;
        setgid(user.gid)?;
        setuid(user.uid)
    };
    change().map_err(|error| {
        let failure = Failure::new(ExitCode::Configuration, "serve-cannot-change-user");
        failure.with("name", user.name.as_str()).with("reason", error.desc())
    })
}

/// Whether the process has all rights.
pub(super) fn is_root() -> bool {
    geteuid().is_root()
}

/// Makes the state directory, for its owner and group alone, and gives it to the user whose rights will be taken on.
pub(super) fn make_state_directory(directory: &Path, user: Option<&User>) -> std::io::Result<()> {
    if !directory.is_dir() {
        DirBuilder::new().recursive(true).mode(0o750).create(directory)?;
    }
    match user.filter(|user| is_root() && !user.uid.is_root()) {
        Some(user) => chown(directory, Some(user.uid.as_raw()), Some(user.gid.as_raw())),
        None => Ok(()),
    }
}

/// The file with the number of the process; it goes when the daemon ends.
pub(super) struct PidFile(PathBuf);

impl PidFile {
    /// Writes it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(path: &Path) -> Result<Self, Failure> {
        std::fs::write(path, format!("{}\n", std::process::id())).map_err(|error| {
            let failure = Failure::new(ExitCode::Configuration, "serve-no-pid-file");
            failure.with("file", path.display().to_string()).with("reason", error.to_string())
        })?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Where the user may not remove it, it is overwritten at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailtext::Explain as _;

    #[test]
    fn users_by_name_and_by_number() {
        assert_eq!(find_user("root").unwrap().uid, Uid::from_raw(0));
        assert_eq!(find_user("0").unwrap().name, "root");
        let failure = find_user("nobody-of-this-name").err().unwrap();
        assert_eq!((failure.id(), failure.code()), ("config-no-user", ExitCode::Configuration));
    }

    #[test]
    fn who_one_is_one_remains() {
        let me = User::from_uid(geteuid()).unwrap().unwrap();
        assert!(become_user(&me).is_ok());
    }

    #[test]
    fn the_file_with_the_number_comes_and_goes() {
        let directory = std::env::temp_dir().join(format!("sekisho-pid-{}", std::process::id()));
        make_state_directory(&directory, None).unwrap();
        let path = directory.join("pid");
        let file = PidFile::write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        drop(file);
        assert!(!path.exists());
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(PidFile::write(Path::new("/nonexistent/pid")).is_err());
    }
}
