//! Reports that come to the daemon: over LMTP, from mailboxes, pushed over HTTP. Whatever carries them is told that they
//! are taken when they are on the disk, and not before.
//!
//! The mail that carried a report is authenticated as any other: what it says counts only when its sender is who it
//! claims to be. SPF cannot be judged here, since the client that brought it is not known any more; a signature can.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};

use auth::{Check, Envelope, Facts, Settings};
use dmarc::DmarcResult;
use feedback::archive::{Judge, Parcel, Place, Receipt, Status, Trust};
use feedback::head::Head;
use feedback::{Archive as _, ArchiveError, intake};
use insight::{Classifier, Hosts, Marks};
use mailtext::source::{Event, Format, Splitter};
use net::http::StatusCode;
use net::imap::{After, Content, ImapAccount, ImapNotice, Mailbox, MailboxMessage, MailboxReader, watch_mailbox};
use net::lmtp::{LmtpHandler, LmtpMessage, LmtpOptions, LmtpReply, serve_lmtp};
use net::push::{Push, PushHandler, PushOptions, PushReply, serve_push};
use net::{ListenAddress, Listener, SocketAccess};
use service::World as _;
use store::SqliteArchive;
use tokio::sync::watch;

use super::Tasks;
use super::reload::Live;
use super::reporting::Bounces;
use super::way_in::MilterIntake;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::reports::list::{status_word, trust_word};
use crate::reports::packer::Packer;
use crate::say::Say;

/// Takes reports in. Cheap to clone.
#[derive(Clone)]
pub(super) struct Intake {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    archive: Arc<SqliteArchive>,
    settings: Arc<Settings>,
    /// What is in effect: whose reports are taken, and who is who among senders.
    live: watch::Receiver<Arc<Live>>,
    say: Arc<Say>,
    /// What takes bounces of the reports that we send.
    bounces: OnceLock<Bounces>,
}

/// Why a report cannot be taken now.
enum NotNow {
    /// DNS does not answer, so that nobody knows whose mail it is.
    Unanswered,
    /// The store does not take it.
    Store(ArchiveError),
}

impl Intake {
    pub(super) fn new(
        archive: Arc<SqliteArchive>,
        live: watch::Receiver<Arc<Live>>,
        authserv_id: &str,
        say: Arc<Say>,
    ) -> Self {
        let settings = Arc::new(Settings::new(authserv_id));
        let bounces = OnceLock::new();
        Self { shared: Arc::new(Shared { archive, settings, live, say, bounces }) }
    }

    /// What is in effect now.
    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.shared.live.borrow())
    }

    /// Takes a mail.
    async fn mail(
        &self,
        source: &str,
        path: &str,
        mail: Vec<u8>,
        place: Option<Place>,
        dns: Dns,
    ) -> Result<(), NotNow> {
        let trust = match (self.authenticate(&mail).await, dns) {
            (Some(trust), _) => trust,
            (None, Dns::Required) => return Err(NotNow::Unanswered),
            (None, Dns::AsItIs) => Trust::Unauthenticated,
        };
        self.take(source, path, mail, trust, place).await.map_err(NotNow::Store)
    }

    /// Who vouches for a mail; `None` when DNS does not say for now.
    async fn authenticate(&self, mail: &[u8]) -> Option<Trust> {
        let live = self.live();
        let world = &live.world;
        let mut check = Check::new(world.lookup(), Arc::clone(&self.shared.settings), world.now_s());
        check.envelope(Envelope::new(None, None, None));
        let mut splitter = Splitter::new(Some(Format::Eml));
        let mut sink = |event: Event<'_>| match event {
            Event::Headers(block) => check.header(block.to_vec()),
            Event::Body(bytes) => check.body(bytes),
            Event::Start | Event::End { .. } | Event::NotAMessage(_) => {}
        };
        splitter.feed(mail, &mut sink);
        splitter.finish(&mut sink);
        trust(&check.finish().await)
    }

    /// Who takes reports in as long as somebody else holds on to this.
    pub(super) fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(&self.shared)
    }

    /// The same as long as it is there.
    pub(super) fn upgrade(shared: &Weak<Shared>) -> Option<Self> {
        shared.upgrade().map(|shared| Self { shared })
    }

    pub(super) fn say(&self) -> &Say {
        &self.shared.say
    }

    /// Takes what carries reports.
    pub(super) async fn take(
        &self,
        source: &str,
        path: &str,
        bytes: Vec<u8>,
        trust: Trust,
        place: Option<Place>,
    ) -> Result<(), ArchiveError> {
        let (shared, live) = (&self.shared, self.live());
        let marks = shared.archive.marks("").await?;
        let judge: Judge = Classifier::new(live.plan.senders.clone(), Marks::new(marks), Hosts::default()).into_judge();
        let packer = Packer {
            source: source.into(),
            tenant: "".into(),
            own: live.plan.config.reports.domains.clone(),
            judge,
            received_ms: live.world.now_s().saturating_mul(1000),
        };
        let name: Box<str> = path.into();
        let read = tokio::task::spawn_blocking(move || {
            let mut parcels = Vec::new();
            // Bytes in memory can be read to their end.
            let _ = intake::read(&mut &bytes[..], &intake::Settings::default(), &mut |item| {
                parcels.push(packer.parcel(item, &name, trust.clone()));
            });
            parcels
        });
        let parcels = read.await.map_err(|error| ArchiveError::Failed { what: error.to_string() })?;
        let told: Vec<Told> = parcels.iter().map(Told::of).collect();
        let receipts = shared.archive.import(parcels, place).await?;
        let metrics = live.world.metrics();
        for (told, receipt) in told.into_iter().zip(receipts) {
            metrics.reports.received(told.head.kind, told.status(receipt));
            told.log(source, path, receipt, &shared.say);
        }
        Ok(())
    }
}

/// Who vouches for a mail of which this is known; `None` when DNS does not say for now.
pub(super) fn trust(facts: &Facts) -> Option<Trust> {
    let author = facts.dmarc.result.each.first().map(|one| one.discovery.author_domain.to_string());
    match (facts.dmarc.result.result, author) {
        (DmarcResult::Pass, Some(author)) => Some(Trust::Authenticated(author.into())),
        (DmarcResult::TempError, _) => None,
        // RFC 9990 §3.5.1: the mail must pass; a reporter without a DMARC record cannot, whatever it signs.
        _ => Some(Trust::Unauthenticated),
    }
}

/// Whether DNS must have answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dns {
    /// Whoever brings the mail can bring it again.
    Required,
    /// It was brought often enough.
    AsItIs,
}

/// What is logged of a report.
struct Told {
    status: Status,
    reason: Option<(Box<str>, Box<str>)>,
    head: Head,
    trust: &'static str,
}

impl Told {
    fn of(parcel: &Parcel) -> Self {
        let trust = trust_word(&parcel.origin.trust);
        Self { status: parcel.status, reason: parcel.reason.clone(), head: Head::of(parcel), trust }
    }

    /// What became of it, as a word.
    fn status(&self, receipt: Receipt) -> &'static str {
        match receipt {
            Receipt::Duplicate(_) => "duplicate",
            Receipt::Stored(_) | Receipt::Conflict { .. } => status_word(self.status),
        }
    }

    fn log(&self, source: &str, path: &str, receipt: Receipt, say: &Say) {
        let (Receipt::Duplicate(id) | Receipt::Stored(id) | Receipt::Conflict { id, .. }) = receipt;
        let status = self.status(receipt);
        let reason = self.reason.as_ref().map(|(id, what)| say.say(id, &feedback::reason::arguments(what)));
        let safe = |text: &str| mailtext::encoded_word::display_safe(text).into_owned();
        tracing::info!(
            report = id.0,
            source,
            path = safe(path),
            domain = safe(self.head.domain()),
            reporter = safe(&self.head.organization),
            messages = self.head.message_count,
            trust = self.trust,
            "report {status}{}",
            reason.map(|reason| format!(": {reason}")).unwrap_or_default()
        );
    }
}

impl LmtpHandler for Intake {
    async fn recipient(&self, _sender: &str, recipient: &str) -> LmtpReply {
        let live = self.live();
        let wanted = &live.plan.config.reports.recipients;
        let is_bounce = self.shared.bounces.get().is_some_and(|bounces| bounces.is_for(recipient));
        if wanted.is_empty() || is_bounce || wanted.contains(&recipient.to_lowercase()) {
            return LmtpReply::Accept;
        }
        LmtpReply::refuse(550, "5.1.1", "no reports are taken for this address")
    }

    async fn message(&self, message: LmtpMessage) -> Vec<LmtpReply> {
        if let Some(bounces) = self.shared.bounces.get().filter(|bounces| bounces.are_for(&message.recipients)) {
            let reply = match bounces.take(&message.recipients, &message.bytes).await {
                true => LmtpReply::Accept,
                false => LmtpReply::later(451, "4.3.0", "bounces cannot be stored for now"),
            };
            return vec![reply; message.recipients.len()];
        }
        let path = message_id(&message.bytes).unwrap_or_else(|| format!("<{}>", message.sender));
        let reply = match self.mail("lmtp", &path, message.bytes, None, Dns::Required).await {
            Ok(()) => LmtpReply::Accept,
            Err(why) => {
                self.not_now("lmtp", &why);
                match why {
                    NotNow::Unanswered => LmtpReply::later(451, "4.4.3", "the sender cannot be authenticated for now"),
                    NotNow::Store(ArchiveError::DiskFull) => LmtpReply::later(452, "4.3.1", "no room for reports"),
                    NotNow::Store(_) => LmtpReply::later(451, "4.3.0", "reports cannot be stored for now"),
                }
            }
        };
        vec![reply; message.recipients.len()]
    }
}

impl Intake {
    fn not_now(&self, source: &str, why: &NotNow) {
        let reason = match why {
            NotNow::Unanswered => self.shared.say.word("reports-label-unanswered"),
            NotNow::Store(error) => error.to_string(),
        };
        let arguments = [("source", source.into()), ("reason", reason.into())];
        tracing::warn!("{}", self.shared.say.say("reports-not-now", &arguments));
    }
}

impl PushHandler for Intake {
    async fn push(&self, push: Push) -> PushReply {
        // Who has a token vouches for what is pushed.
        let path = format!("{} (token {})", push.path, push.token + 1);
        match self.take("push", &path, push.body, Trust::Given, None).await {
            Ok(()) => PushReply { status: StatusCode::ACCEPTED, text: "taken\n".to_owned() },
            Err(error) => {
                self.not_now("push", &NotNow::Store(error));
                PushReply { status: StatusCode::SERVICE_UNAVAILABLE, text: "try again later\n".to_owned() }
            }
        }
    }
}

/// Reads one mailbox.
pub(super) struct Postbox {
    intake: Intake,
    /// `imap:` and the account's name.
    source: String,
    after: After,
    validity: u32,
    /// How often the message in hand was put off because DNS did not answer.
    put_off: u32,
}

impl Postbox {
    pub(super) fn new(intake: Intake, name: &str, after: After) -> Self {
        Self { intake, source: format!("imap:{name}"), after, validity: 0, put_off: 0 }
    }

    fn place(&self, uid: u32) -> Place {
        Place { source: self.source.as_str().into(), position: format!("{} {uid}", self.validity).into() }
    }
}

impl MailboxReader for Postbox {
    async fn opened(&mut self, mailbox: &Mailbox) -> u32 {
        self.validity = mailbox.uid_validity;
        let place = self.intake.shared.archive.place(&self.source).await;
        let read = place.ok().flatten().and_then(|place| {
            let (validity, uid) = place.position.split_once(' ')?;
            Some((validity.parse().ok()?, uid.parse().ok()?))
        });
        mailbox.first_after(read)
    }

    async fn message(&mut self, message: MailboxMessage) -> After {
        let Content::Whole(bytes) = message.content else {
            let arguments = [("source", self.source.as_str().into()), ("uid", u64::from(message.uid).into())];
            tracing::warn!("{}", self.intake.shared.say.say("reports-mail-too-large", &arguments));
            return After::Keep;
        };
        let dns = if self.put_off < PUT_OFF_COUNT_MAX { Dns::Required } else { Dns::AsItIs };
        let path = format!("uid {}", message.uid);
        let place = self.place(message.uid);
        match self.intake.mail(&self.source, &path, bytes, Some(place), dns).await {
            Ok(()) => {
                self.put_off = 0;
                self.after.clone()
            }
            Err(why) => {
                if matches!(why, NotNow::Unanswered) {
                    self.put_off += 1;
                }
                self.intake.not_now(&self.source, &why);
                After::Again
            }
        }
    }

    fn notice(&mut self, notice: ImapNotice) {
        let say = &self.intake.shared.say;
        let source = || ("source", self.source.as_str().into());
        match notice {
            ImapNotice::Failed { error, .. } => {
                tracing::warn!(
                    "{}",
                    say.say("reports-mailbox-failed", &[source(), ("reason", error.to_string().into())])
                );
            }
            ImapNotice::NotDisposed { uid, error } => {
                let arguments = [source(), ("uid", u64::from(uid).into()), ("reason", error.to_string().into())];
                tracing::warn!("{}", say.say("reports-mail-not-disposed", &arguments));
            }
            ImapNotice::UidValidityChanged { .. } => {
                tracing::warn!("{}", say.say("reports-mailbox-anew", &[source()]));
            }
            ImapNotice::Opened { .. } => tracing::info!("{}", say.say("reports-mailbox-open", &[source()])),
            _ => {}
        }
    }
}

/// The Message-ID of a mail, as far as it can be shown.
pub(super) fn message_id(mail: &[u8]) -> Option<String> {
    let headers = mailtext::Headers::parse(mail);
    let field = headers.named("message-id").next()?;
    let text = String::from_utf8_lossy(&field.unfolded()).trim().to_owned();
    Some(text.chars().take(MESSAGE_ID_CHARACTERS_MAX).collect())
}

/// How often a mail is put off because DNS does not answer, before it counts as one that nobody vouches for.
const PUT_OFF_COUNT_MAX: u32 = 8;
/// Longest Message-ID that is kept as the way to a report, in characters.
const MESSAGE_ID_CHARACTERS_MAX: usize = 200;

/// What takes reports, when all is open that it needs.
pub(super) struct Opened {
    intake: Intake,
    host_name: String,
    lmtp: Option<Listener>,
    push: Option<(Listener, PushOptions)>,
    mailboxes: Vec<(ImapAccount, Postbox)>,
    /// Where reports are taken, to be shown.
    addresses: Vec<String>,
    file: PathBuf,
}

impl Opened {
    /// Opens the store of reports and the doors that the configuration names; `None` when it names none.
    ///
    /// # Errors
    /// The store, a file or an address cannot be used.
    pub(super) async fn open(
        common: &Common,
        live: watch::Receiver<Arc<Live>>,
        say: &Arc<Say>,
    ) -> Result<Option<Self>, Failure> {
        let config = &common.config().reports;
        let passing = common.config().way_in.addresses();
        if config.lmtp.is_none() && config.push.is_none() && config.mailboxes.is_empty() && passing.is_empty() {
            return Ok(None);
        }
        let file = common.reports_file();
        let archive = SqliteArchive::open(&file, store::archive::Settings::default()).map_err(|error| {
            let failure = Failure::new(ExitCode::Store, "reports-unusable");
            failure.with("file", file.display().to_string()).with("reason", error.to_string())
        })?;
        let host_name = common.authserv_id(None);
        let intake = Intake::new(Arc::new(archive), live, &host_name, Arc::clone(say));
        let mut addresses: Vec<_> = passing.iter().map(|address| format!("milter:{address}")).collect();
        let lmtp = match &config.lmtp {
            Some(address) => Some(listen(address, &mut addresses).await?),
            None => None,
        };
        let push = match &config.push {
            Some(address) => {
                let no_tokens =
                    |reason: String| Failure::new(ExitCode::Configuration, "reports-no-tokens").with("reason", reason);
                let options = PushOptions::new(config.tokens()?).map_err(|error| no_tokens(error.to_string()))?;
                Some((listen(address, &mut addresses).await?, options))
            }
            None => None,
        };
        let mut mailboxes = Vec::new();
        for mailbox in &config.mailboxes {
            let account = mailbox.account()?;
            addresses.push(format!("imap:{}", account.server));
            mailboxes.push((account, Postbox::new(intake.clone(), &mailbox.name(), mailbox.after())));
        }
        Ok(Some(Self { intake, host_name, lmtp, push, mailboxes, addresses, file }))
    }

    /// Bounces of our own reports go there.
    pub(super) fn hear_bounces(&self, bounces: Option<Bounces>) {
        // There is one at most, and this is said once.
        let _ = bounces.map(|bounces| self.intake.shared.bounces.set(bounces));
    }

    /// Where reports are kept.
    pub(super) fn archive(&self) -> Arc<SqliteArchive> {
        Arc::clone(&self.intake.shared.archive)
    }

    /// What takes reports in that pass the milter.
    pub(super) fn milter(&self) -> MilterIntake {
        MilterIntake::new(&self.intake)
    }

    /// What is told at the start.
    pub(super) fn greeting(&self, say: &Say) -> Vec<String> {
        let file = say.say("reports-kept-in", &[("file", self.file.display().to_string().into())]);
        let taken = |address: &String| say.say("reports-taken-at", &[("address", address.as_str().into())]);
        self.addresses.iter().map(taken).chain([file]).collect()
    }

    /// Takes reports until the tasks are to end.
    pub(super) fn spawn(self, tasks: &mut Tasks) {
        let handler = Arc::new(self.intake);
        if let Some(listener) = self.lmtp {
            let (options, handler, end) = (LmtpOptions::new(&self.host_name), Arc::clone(&handler), tasks.end());
            tasks.spawn(async move {
                serve_lmtp(vec![listener], options, handler, |_| {}, end).await;
            });
        }
        if let Some((listener, options)) = self.push {
            let (handler, end) = (Arc::clone(&handler), tasks.end());
            tasks.spawn(async move { serve_push(listener, options, handler, end).await });
        }
        // What passes the milter is taken in to the end, whatever other ways there are.
        let end = tasks.end();
        tasks.spawn(async move {
            end.await;
            drop(handler);
        });
        for (account, mut postbox) in self.mailboxes {
            let end = tasks.end();
            tasks.spawn(async move {
                watch_mailbox(&account, &mut postbox, end).await;
            });
        }
    }
}

async fn listen(address: &ListenAddress, shown: &mut Vec<String>) -> Result<Listener, Failure> {
    let listener = Listener::bind(address, &SocketAccess::default()).await.map_err(|error| {
        let failure = Failure::new(ExitCode::Network, "serve-cannot-listen");
        failure.with("address", address.to_string()).with("reason", error.to_string())
    })?;
    shown.push(listener.address().map_or_else(|| address.to_string(), |address| address.to_string()));
    Ok(listener)
}
