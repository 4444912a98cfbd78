//! The certificate that the pages show: read when the daemon has the rights with which it goes on, and anew whenever its
//! files have changed. One that cannot be shown is told of, and the one before stays.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use net::limits::CHAIN_CERTIFICATE_COUNT_MAX;
use net::{CertificateError, ServerCertificate, ServerTls};

use crate::config::OwnTls;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{CERTIFICATE_FILE_BYTES_MAX, CERTIFICATE_LOOK_S, CERTIFICATE_SOON_S, CERTIFICATE_TOLD_S};
use crate::say::Say;

/// Reads chain and key.
///
/// # Errors
/// They cannot be read, or not be shown.
pub(crate) fn read(files: &OwnTls) -> Result<ServerCertificate, Failure> {
    let (chain, key) = (bytes(&files.certificate)?, bytes(&files.key)?);
    ServerCertificate::parse(&chain, &key).map_err(|error| told(&error, files))
}

/// What whoever set it up should hear of a certificate that can be shown.
pub(crate) fn concerns(
    files: &OwnTls,
    certificate: &ServerCertificate,
    hosts: &[Box<str>],
    now_s: u64,
) -> Vec<Failure> {
    let (validity, now_s) = (certificate.validity(), i64::try_from(now_s).unwrap_or(i64::MAX));
    let mut concerns = Vec::new();
    if validity.ends_s <= now_s {
        concerns.push(about(&files.certificate, "serve-tls-expired").with("until", text_of(validity.ends_s)));
    } else if validity.ends_s - now_s <= CERTIFICATE_SOON_S {
        concerns.push(about(&files.certificate, "serve-tls-ends-soon").with("until", text_of(validity.ends_s)));
    }
    if validity.begins_s > now_s {
        concerns.push(about(&files.certificate, "serve-tls-not-yet").with("from", text_of(validity.begins_s)));
    }
    let others = hosts.iter().filter(|host| !validity.is_for(host));
    concerns
        .extend(others.map(|host| about(&files.certificate, "serve-tls-other-name").with("name", host.to_string())));
    if let Some(mode) = std::fs::metadata(&files.key).ok().map(|metadata| metadata.permissions().mode() & 0o777)
        && mode & BY_EVERYBODY != 0
    {
        let open = about(&files.key, "serve-tls-key-readable-by-everybody");
        concerns.push(open.with("mode", format!("{mode:04o}")));
    }
    concerns
}

/// What looks after the certificate.
pub(super) struct Watch {
    files: OwnTls,
    hosts: Vec<Box<str>>,
    tls: ServerTls,
    say: Arc<Say>,
    /// How the files were when the certificate that is shown was read.
    shown: Option<Marks>,
    /// What was told last of files that cannot be used.
    complained: Option<Failure>,
    /// When it was told last how long the certificate holds.
    told_s: u64,
}

/// By which a file that was changed or replaced is known: device, inode, length, and the times of content and of all else.
type Marks = [(u64, u64, u64, (i64, i64), (i64, i64)); 2];

impl Watch {
    /// Reads the certificate for the first time. Where there is none that can be shown, that is told, and whoever comes
    /// is turned away until there is.
    pub(super) fn start(files: OwnTls, hosts: Vec<Box<str>>, say: &Arc<Say>) -> Self {
        let (tls, say) = (ServerTls::new(), Arc::clone(say));
        let mut watch = Self { files, hosts, tls, say, shown: None, complained: None, told_s: 0 };
        watch.look(net::clock::now_s());
        watch
    }

    /// What shows it.
    pub(super) fn tls(&self) -> ServerTls {
        self.tls.clone()
    }

    /// Looks again and again.
    pub(super) async fn run(mut self) {
        loop {
            tokio::time::sleep(Duration::from_secs(CERTIFICATE_LOOK_S)).await;
            let looked = tokio::task::spawn_blocking(move || {
                self.look(net::clock::now_s());
                self
            });
            match looked.await {
                Ok(watch) => self = watch,
                Err(_) => return,
            }
        }
    }

    fn look(&mut self, now_s: u64) {
        let marks = marks(&self.files).ok();
        let is_due = now_s.saturating_sub(self.told_s) >= CERTIFICATE_TOLD_S;
        if marks.is_some() && marks == self.shown && !is_due {
            return;
        }
        match read(&self.files) {
            Ok(certificate) => self.show(&certificate, marks, now_s),
            Err(failure) => self.complain(failure),
        }
    }

    fn show(&mut self, certificate: &ServerCertificate, marks: Option<Marks>, now_s: u64) {
        if marks.is_none() || marks != self.shown {
            self.tls.show(certificate);
            let arguments = [
                ("file", self.files.certificate.display().to_string().into()),
                ("until", text_of(certificate.validity().ends_s).into()),
            ];
            tracing::info!("{}", self.say.say("serve-tls-shown", &arguments));
        }
        for concern in concerns(&self.files, certificate, &self.hosts, now_s) {
            tracing::warn!("{}", self.say.explain(&concern));
        }
        (self.shown, self.complained, self.told_s) = (marks, None, now_s);
    }

    /// Once for each reason: files are renewed one after the other, and what is wrong stays wrong for a while.
    fn complain(&mut self, failure: Failure) {
        if self.complained.as_ref() == Some(&failure) {
            return;
        }
        let then = if self.tls.is_ready() { "serve-tls-old-stays" } else { "serve-tls-nobody-answered" };
        tracing::warn!("{} {}", self.say.explain(&failure), self.say.word(then));
        self.complained = Some(failure);
    }
}

fn marks(files: &OwnTls) -> io::Result<Marks> {
    let mark = |file: &Path| {
        let found = std::fs::metadata(file)?;
        let (changed, touched) = ((found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec()));
        Ok::<_, io::Error>((found.dev(), found.ino(), found.len(), changed, touched))
    };
    Ok([mark(&files.certificate)?, mark(&files.key)?])
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|opened| opened.take(CERTIFICATE_FILE_BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(|error| about(file, "serve-tls-unreadable").with("reason", error.to_string()))?;
    Ok(bytes)
}

fn told(error: &CertificateError, files: &OwnTls) -> Failure {
    match error {
        CertificateError::NoCertificate => about(&files.certificate, "serve-tls-no-certificate"),
        CertificateError::BadCertificate { number } => {
            about(&files.certificate, "serve-tls-bad-certificate").with("number", *number)
        }
        CertificateError::TooManyCertificates => {
            about(&files.certificate, "serve-tls-long-chain").with("limit", CHAIN_CERTIFICATE_COUNT_MAX)
        }
        CertificateError::NoKey => about(&files.key, "serve-tls-no-key"),
        CertificateError::OtherKey => {
            about(&files.key, "serve-tls-other-key").with("certificate", files.certificate.display().to_string())
        }
        other => about(&files.key, "serve-tls-bad-key").with("reason", other.to_string()),
    }
}

fn about(file: &Path, id: &'static str) -> Failure {
    Failure::new(ExitCode::Configuration, id).with("file", file.display().to_string())
}

/// A time as it is written: 2026-11-23T10:00:00Z.
fn text_of(at_s: i64) -> String {
    jiff::Timestamp::from_second(at_s).map_or_else(|_| at_s.to_string(), |at| at.to_string())
}

/// Rights of those who are neither the owner nor in the group.
const BY_EVERYBODY: u32 = 0o007;
