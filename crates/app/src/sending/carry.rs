//! The mail itself: it gets a signature, and goes to the server or into a Maildir.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use feedback::limits::OUTBOX_PAGE_COUNT_MAX;
use feedback::outbox::Outbox;
use feedback::outbox::desk::{Outcome as Ended, Parcel};
use mailtext::{Domain, ReversePath};
use net::submission::{
    Delivery as Sent, Notify, OutgoingMessage, Recipient, Returned, Step, Submission, Submitter, Unsendable,
};
use outgoing::{Role, Signing};

use super::{CannotSend, Outcome, Scope, Sending};

/// Where mail goes.
pub(crate) enum Carrier {
    /// To a server.
    Server(Submitter),
    /// Into a Maildir.
    Maildir(PathBuf),
}

/// Says who signs now.
pub(crate) type Roles = Arc<dyn Fn() -> Option<Arc<Role>> + Send + Sync>;

/// Who signs the mail.
pub(crate) struct Signer {
    roles: Roles,
    /// The domain of From, with which a signature must be aligned.
    domain: Domain,
}

/// The way to the server, as long as several mails go one after the other.
pub(crate) enum Way {
    Closed,
    Open(Box<Submission>),
    /// It does not come about: what was said.
    Blocked(String),
}

impl Signer {
    pub(crate) fn new(role: Option<Arc<Role>>, domain: Domain) -> Self {
        Self::following(Arc::new(move || role.clone()), domain)
    }

    /// Signs as it is signed at the time: keys change while the daemon runs.
    pub(crate) fn following(roles: Roles, domain: Domain) -> Self {
        Self { roles, domain }
    }

    /// Whether there is a key whose signature makes our mail pass DMARC.
    // RFC 9990 §3.5.1: the mail that carries a report must pass DMARC, aligned.
    pub(crate) fn is_aligned(&self, from: &str) -> bool {
        let message = format!("From: {from}\r\n\r\n");
        self.sign(message.as_bytes(), from, 0).1
    }

    /// The message with its signatures before it, and whether one of them is aligned.
    pub(crate) fn sign(&self, message: &[u8], mail_from: &str, now_s: u64) -> (Vec<u8>, bool) {
        let Some(role) = (self.roles)() else { return (message.to_vec(), false) };
        // Our own mail comes from this host: rules that are for some clients alone can name it.
        let submission = outgoing::Submission {
            mail_from: ReversePath::parse(format!("<{mail_from}>").as_bytes()).ok(),
            user: None,
            client: Some(Ipv4Addr::LOCALHOST.into()),
        };
        let mut signing = Signing::new(role, submission);
        let end = memchr_header_end(message);
        signing.header(message[..end].to_vec());
        signing.body(&message[end..]);
        let signed = signing.finish(now_s);
        let is_aligned = |domain: &Domain| self.domain.is_within(domain) || domain.is_within(&self.domain);
        let aligned = signed.signatures.iter().any(|signature| is_aligned(&signature.domain));
        let fields = signed.signatures.iter().map(|signature| format!("DKIM-Signature:{}\r\n", signature.value));
        (fields.collect::<String>().into_bytes().into_iter().chain(message.iter().copied()).collect(), aligned)
    }
}

/// Where the header of a message of ours ends, with the empty line.
fn memchr_header_end(message: &[u8]) -> usize {
    message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 4)
}

impl<O: Outbox> Sending<O> {
    /// Carries what is due.
    pub(super) async fn carry_due(
        &self,
        now_s: u64,
        scope: &Scope,
        tell: &mut (dyn FnMut(Outcome) + Send),
    ) -> Result<(), CannotSend> {
        let mut way = Way::Closed;
        loop {
            let mut is_any = false;
            for delivery in self.desk.due(now_s, OUTBOX_PAGE_COUNT_MAX).await? {
                let Some(job) = self.desk.outbox().job(&delivery.job).await? else { continue };
                if scope.domain.as_ref().is_some_and(|domain| *domain != job.domain) {
                    continue;
                }
                is_any = true;
                let id = delivery.id.clone();
                let shown = Parcel { delivery, mail_from: None, bytes: Vec::new() };
                if let Some(parcel) = self.desk.offer(now_s, &id).await? {
                    self.carry(now_s, parcel, &mut way).await?;
                }
                if let Some(outcome) = self.outcome(&job, Some(&shown)).await? {
                    tell(outcome);
                }
            }
            if !is_any {
                break;
            }
        }
        if let Way::Open(submission) = way {
            submission.quit().await;
        }
        Ok(())
    }

    /// Carries one mail, and writes down what came of it.
    async fn carry(&self, now_s: u64, mut parcel: Parcel, way: &mut Way) -> Result<(), CannotSend> {
        let sender = &self.desk.settings().sender.address;
        let mail_from = parcel.mail_from.clone().unwrap_or_else(|| sender.to_string());
        let (bytes, _) = self.signer.sign(&parcel.bytes, &mail_from, now_s);
        let ended = match &self.carrier {
            Carrier::Maildir(directory) => match into_maildir(directory, &parcel.delivery.id.0, now_s, &bytes) {
                Ok(()) => Ended::Accepted,
                Err(error) => Ended::NotNow { reply: error.to_string().into() },
            },
            Carrier::Server(submitter) => match way.open(submitter).await {
                Err(reply) => Ended::NotNow { reply: reply.into() },
                Ok(submission) => {
                    // From here on the server may have taken it, as far as one can know who comes after us.
                    self.desk.ending(now_s, &mut parcel).await?;
                    let mut recipient = Recipient::new(&parcel.delivery.mailbox);
                    recipient.notify = Some(Notify::Failure);
                    let message = OutgoingMessage {
                        sender: &mail_from,
                        recipients: &[recipient],
                        bytes: &bytes,
                        returned: Some(Returned::Header),
                        envelope_id: Some(&parcel.delivery.id.0),
                    };
                    let sent = submission.send(&message).await.pop();
                    sent.map_or(Ended::InDoubt, ended_by)
                }
            },
        };
        Ok(self.desk.ended(now_s, parcel, ended).await?)
    }
}

impl Way {
    /// The connection; made anew when the one before is over, but not when there was none to be had.
    pub(crate) async fn open(&mut self, submitter: &Submitter) -> Result<&mut Submission, String> {
        if let Self::Blocked(reply) = self {
            return Err(reply.clone());
        }
        let is_open = matches!(self, Self::Open(submission) if submission.is_open());
        if !is_open {
            *self = match submitter.connect().await {
                Ok(submission) => Self::Open(Box::new(submission)),
                Err(error) => Self::Blocked(error.to_string()),
            };
        }
        match self {
            Self::Open(submission) => Ok(submission),
            Self::Blocked(reply) => Err(reply.clone()),
            Self::Closed => Err(String::new()),
        }
    }
}

/// What is to be made of what the server said.
pub(crate) fn ended_by(sent: Sent) -> Ended {
    match sent {
        Sent::Accepted(_) => Ended::Accepted,
        Sent::Refused { at: Step::Rcpt, reply } => {
            let text: Box<str> = reply.to_string().into();
            match reply.enhanced {
                // RFC 3463 §3.8: security or policy: it is about who sends, and says nothing of the mailbox.
                Some(code) if code.subject == 7 => Ended::MessageRefused { reply: text },
                _ => Ended::RecipientRefused { reply: text },
            }
        }
        Sent::Refused { at: Step::Data | Step::Message | Step::End, reply } => {
            Ended::MessageRefused { reply: reply.to_string().into() }
        }
        // The server will not have us: that can be repaired, and says nothing of the destination.
        Sent::Refused { reply, .. } | Sent::Deferred { reply, .. } => Ended::NotNow { reply: reply.to_string().into() },
        Sent::Unsendable(Unsendable::BadAddress(flaw)) => {
            Ended::RecipientRefused { reply: Unsendable::BadAddress(flaw).to_string().into() }
        }
        Sent::Unsendable(reason) => Ended::MessageRefused { reply: reason.to_string().into() },
        Sent::Failed { cause, .. } => Ended::NotNow { reply: cause.to_string().into() },
        Sent::InDoubt { .. } => Ended::InDoubt,
    }
}

/// A message in a Maildir: written whole in `tmp`, then moved to `new`. Lines end as they do in files.
fn into_maildir(directory: &Path, id: &str, now_s: u64, message: &[u8]) -> io::Result<()> {
    for name in ["tmp", "new", "cur"] {
        fs::create_dir_all(directory.join(name))?;
    }
    let name = format!("{now_s}.{id}.sekisho");
    let written = directory.join("tmp").join(&name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&written)?;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                file.write_all(line)?;
                file.write_all(b"\n")?;
            }
            None => file.write_all(line)?,
        }
    }
    file.sync_all()?;
    fs::rename(written, directory.join("new").join(name))
}
