//! The check of one message as it comes: everything is asked as soon as it can be, and all at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;

use dkim::Verifier;
use dkim::body::Bodies;
use dmarc::{DmarcResult, FromDefect, MessageEvaluation, Policy, Reason};
use futures_util::future::poll_fn;
use lookup::fetch::{Disabled, Fetch};
use lookup::{Answer, Lookup};
use mailtext::path::{PathFlaw, ReversePath};
use mailtext::{Headers, Outcome};
use spf::MailFrom;

use crate::client::smtp_auth::{self, SmtpAuth};
use crate::fact::{Acceptance, Fact};
use crate::facts::{Facts, OwnedHeaders, header_facts, identifiers};
use crate::from::From;
use crate::indicator::{self, Known};
use crate::methods::Methods;
use crate::pending::Pending;
use crate::underway::{self, Context, End, Underway, asks_for_reports};

/// What may vary in a check.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits of SPF.
    pub spf: spf::Limits,
    /// Whether SPF's explanations are fetched.
    pub spf_explanation: spf::ExplanationUse,
    /// Limits and age of DKIM.
    pub dkim: dkim::Options,
    /// Discovery of DMARC.
    pub dmarc: dmarc::discovery::Settings,
    /// Which weak signatures count for DMARC.
    pub acceptance: Acceptance,
    /// What is evaluated beside these.
    pub methods: Methods,
    /// The name under which results are given (RFC 8601 §2.5), also told to SPF's macros as the receiver.
    pub authserv_id: String,
}

impl Settings {
    /// The usual settings under this name.
    #[must_use]
    pub fn new(authserv_id: impl Into<String>) -> Self {
        Self {
            spf: spf::Limits::default(),
            spf_explanation: spf::ExplanationUse::Skip,
            dkim: dkim::Options::default(),
            dmarc: dmarc::discovery::Settings::default(),
            acceptance: Acceptance::default(),
            methods: Methods::default(),
            authserv_id: authserv_id.into(),
        }
    }
}

/// Whom a message came from, by SMTP.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Envelope {
    /// The client's address; without it SPF is not evaluated.
    pub ip: Option<IpAddr>,
    /// The name in HELO or EHLO, as it came.
    pub helo: Option<String>,
    /// The sender in MAIL FROM; `None` when none is known.
    pub mail_from: Option<Result<ReversePath, PathFlaw>>,
    /// What the MTA says of SMTP AUTH, when it says something.
    pub smtp_auth: Option<Outcome<SmtpAuth, smtp_auth::Step>>,
}

impl Envelope {
    /// Reads the parts as SMTP has them; a mailbox that is none is kept as the flaw it is.
    #[must_use]
    pub fn new(ip: Option<IpAddr>, helo: Option<&str>, mail_from: Option<&[u8]>) -> Self {
        Self { ip, helo: helo.map(str::to_owned), mail_from: mail_from.map(ReversePath::parse), smtp_auth: None }
    }
}

/// One message under check. The order of calls is that of SMTP: [`Check::envelope`], [`Check::header`], [`Check::body`]
/// as often as chunks come, [`Check::finish`]. [`Check::progress`] between them lets what was asked go on.
pub struct Check<L, F = Disabled> {
    lookup: L,
    fetch: F,
    settings: Arc<Settings>,
    now_s: u64,
    envelope: Arc<Envelope>,
    spf: Pending<Option<spf::Both>>,
    keys: Pending<Vec<Answer>>,
    policies: Pending<dmarc::Discovered>,
    headers: Option<OwnedHeaders>,
    bodies: Bodies,
    verifier: Option<Verifier>,
    /// The other methods, when there are any.
    others: Option<Box<Underway>>,
    from: Option<From>,
}

impl<L: Lookup + Clone + Send + Sync + 'static> Check<L> {
    /// A check that nothing came for yet. `now_s` is the time, in seconds since 1970.
    pub fn new(lookup: L, settings: Arc<Settings>, now_s: u64) -> Self {
        Self {
            lookup,
            fetch: Disabled,
            settings,
            now_s,
            envelope: Arc::default(),
            spf: Pending::Nothing,
            keys: Pending::Nothing,
            policies: Pending::Nothing,
            headers: None,
            bodies: Bodies::new(),
            verifier: None,
            others: None,
            from: None,
        }
    }

    /// The same check that fetches BIMI's documents through `fetch`; without it there are none.
    pub fn with_fetch<F>(self, fetch: F) -> Check<L, F> {
        let Self {
            lookup,
            settings,
            now_s,
            envelope,
            spf,
            keys,
            policies,
            headers,
            bodies,
            verifier,
            others,
            from,
            ..
        } = self;
        Check { lookup, fetch, settings, now_s, envelope, spf, keys, policies, headers, bodies, verifier, others, from }
    }
}

impl<L: Lookup + Clone + Send + Sync + 'static, F: Fetch + Sync> Check<L, F> {
    /// Asks through another lookup from here on. A resolver's budget of time is that of an exchange, and a slow client
    /// must not use it up between the envelope, the header and the end.
    pub fn renew_lookup(&mut self, lookup: L) {
        self.lookup = lookup;
    }

    /// Takes the envelope and starts SPF.
    pub fn envelope(&mut self, envelope: impl Into<Arc<Envelope>>) {
        self.envelope = envelope.into();
        let (lookup, envelope) = (self.lookup.clone(), Arc::clone(&self.envelope));
        if !self.settings.methods.is_none() {
            let others = self.others.get_or_insert_with(Box::default);
            others.envelope(&self.lookup, &envelope, &self.settings.methods);
        }
        let (settings, now_s) = (Arc::clone(&self.settings), self.now_s);
        if spf_request(&envelope, &settings, now_s).is_none() {
            return;
        }
        self.spf = Pending::Running(Box::pin(async move {
            let request = spf_request(&envelope, &settings, now_s)?;
            Some(spf::check(&lookup, &request, &settings.spf).await)
        }));
    }

    /// Takes the header block, in wire form with the empty line, and asks for keys and policies.
    pub fn header(&mut self, raw: Vec<u8>) {
        let index = Headers::parse(&raw).into_index();
        self.start(OwnedHeaders { raw, index });
    }

    fn start(&mut self, OwnedHeaders { raw, index }: OwnedHeaders) {
        let headers = Headers::from_index(&raw, index);
        let verifier = Verifier::with_bodies(&headers, self.settings.dkim, self.now_s, &mut self.bodies);
        let from = From::read(&headers);
        if !self.settings.methods.is_none() {
            let (settings, now_s) = (&self.settings, self.now_s);
            let context = Context { envelope: &self.envelope, settings, verifier: &verifier, now_s };
            let others = self.others.get_or_insert_with(Box::default);
            others.header(&self.lookup, &context, &headers, &from, &mut self.bodies);
        }
        let index = headers.into_index();
        if !verifier.questions().is_empty() {
            let questions = verifier.questions().to_vec();
            let lookup = self.lookup.clone();
            self.keys = Pending::Running(Box::pin(async move { lookup::ask_all(&lookup, &questions).await }));
        }
        let (lookup, authors) = (self.lookup.clone(), from.authors.clone());
        let settings = Arc::clone(&self.settings);
        self.policies =
            Pending::Running(Box::pin(async move { dmarc::discover_authors(&lookup, authors, &settings.dmarc).await }));
        self.headers = Some(OwnedHeaders { raw, index });
        self.verifier = Some(verifier);
        self.from = Some(from);
    }

    /// Whether the body makes a difference: without a signature to verify nobody needs it.
    #[must_use]
    pub fn wants_body(&self) -> bool {
        self.verifier.is_none()
            || !self.bodies.is_empty()
            || self.others.as_ref().is_some_and(|others| others.wants_body())
    }

    /// Takes the next bytes of the body, in wire form.
    pub fn body(&mut self, chunk: &[u8]) {
        self.bodies.update(chunk);
        if let Some(others) = &mut self.others {
            others.body(chunk);
        }
    }

    /// Lets what was asked go on; ready when nothing is on its way. May be dropped and called again.
    pub async fn progress(&mut self) {
        poll_fn(|context| {
            let spf = self.spf.poll(context);
            let keys = self.keys.poll(context);
            let policies = self.policies.poll(context);
            let others = self.others.as_mut().is_none_or(|others| others.poll(context));
            if others && spf.is_ready() && keys.is_ready() && policies.is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// What is known when only the envelope is there: SPF, and what the other methods say of the client and of the
    /// reverse-path. Of the author nothing is known yet, and DMARC does not apply. The check goes on as if nobody had asked.
    pub async fn early(&mut self) -> Facts {
        self.progress().await;
        let (envelope, methods) = (Arc::clone(&self.envelope), &self.settings.methods);
        let mut others = Box::new(underway::early(&self.lookup, &envelope, methods).await);
        others.iprev = self.others.as_ref().and_then(|others| others.iprev());
        others.smtp_auth = envelope.smtp_auth.clone();
        others.smtp_identity = methods.smtp_identity;
        let facts = Fact::of_others(&others).collect();
        let spf = self.spf.done().cloned().flatten();
        let dmarc = MessageEvaluation {
            result: DmarcResult::None,
            reason: Reason::From(FromDefect::Absent),
            policy: None,
            disposition: Policy::None,
            decisive: None,
            each: Vec::new(),
        };
        let dmarc = Outcome { result: dmarc, evidence: Vec::new() };
        let from = From::unread();
        Facts { envelope, from, spf, dkim: Vec::new(), dmarc, others, facts, internationalised: false }
    }

    /// The outcome, when the message is whole. What was asked is waited for: as long as the slowest takes, not the sum.
    pub async fn finish(mut self) -> Facts {
        self.conclude().await
    }

    /// [`Self::finish`] where it stands: a check is too large to be carried about for nothing.
    async fn conclude(&mut self) -> Facts {
        if self.headers.is_none() {
            self.header(b"\r\n".to_vec());
        }
        self.progress().await;
        let keys = self.keys.take().unwrap_or_default();
        let OwnedHeaders { raw, index } = self.headers.take().unwrap_or_else(OwnedHeaders::empty);
        let headers = Headers::from_index(&raw, index);
        let from = self.from.take().unwrap_or_else(|| From::read(&headers));
        let bodies = std::mem::take(&mut self.bodies).finish();
        let dkim = match self.verifier.take() {
            Some(verifier) => verifier.finish_with(&headers, &keys, &bodies, self.now_s),
            None => Vec::new(),
        };
        let mut facts = header_facts(&from, headers.flaws());
        let spf = self.spf.done().and_then(Option::as_ref);
        let identifiers = identifiers(&self.envelope, spf, &dkim, &self.settings.acceptance, &mut facts);
        let discovered = match self.policies.take() {
            Some(discovered) => discovered,
            // Boxed, as everything that most messages do not come to: what is not is carried about with every one.
            None => Box::pin(dmarc::discover_authors(&self.lookup, from.authors.clone(), &self.settings.dmarc)).await,
        };
        let dmarc = dmarc::evaluate_authors(&self.lookup, discovered, &identifiers).await;
        let (mut others, answered) = match self.others.take() {
            Some(others) => others.finish(&End { headers: &headers, bodies: &bodies, dkim: &dkim, now_s: self.now_s }),
            None => Default::default(),
        };
        let methods = &self.settings.methods;
        others.smtp_auth = self.envelope.smtp_auth.clone();
        others.smtp_identity = methods.smtp_identity;
        if methods.reporting.is_on() {
            others.reporting = Some(match dkim.iter().any(asks_for_reports) {
                true => Box::pin(dkim::reporting::wishes(&self.lookup, &dkim)).await,
                false => Vec::new(),
            });
        }
        if let Some(settings) = &methods.bimi {
            let known = Known {
                headers: &headers,
                from: &from,
                dkim: &dkim,
                dmarc: &dmarc,
                answered: &answered,
                acceptance: &self.settings.acceptance,
                discovery: &self.settings.dmarc,
                now_s: self.now_s,
            };
            others.bimi = Some(Box::pin(indicator::evaluate(&self.lookup, &self.fetch, &known, settings)).await);
        }
        facts.extend(Fact::of_others(&others));
        let internationalised = !raw.is_ascii();
        let (envelope, spf) = (Arc::clone(&self.envelope), self.spf.take().flatten());
        Facts { envelope, from, spf, dkim, dmarc, others, facts, internationalised }
    }
}

/// Authenticates a message that is in memory as a whole, in wire form.
pub async fn authenticate<L: Lookup + Clone + Send + Sync + 'static>(
    lookup: L,
    settings: Arc<Settings>,
    envelope: impl Into<Arc<Envelope>>,
    message: &[u8],
    now_s: u64,
) -> Facts {
    let mut check = Check::new(lookup, settings, now_s);
    check.envelope(envelope);
    let headers = Headers::parse(message);
    let (header, body) = message.split_at(headers.body_start());
    check.start(OwnedHeaders { raw: header.to_vec(), index: headers.into_index() });
    check.body(body);
    check.conclude().await
}

/// What SPF is asked for this envelope; `None` when it does not say enough.
#[must_use]
pub fn spf_request<'a>(envelope: &'a Envelope, settings: &'a Settings, now_s: u64) -> Option<spf::Request<'a>> {
    if envelope.helo.is_none() && envelope.mail_from.is_none() {
        return None;
    }
    Some(spf::Request {
        ip: envelope.ip?,
        helo: envelope.helo.as_deref().unwrap_or_default(),
        mail_from: mail_from(envelope),
        receiver: &settings.authserv_id,
        now_s,
        explanation: settings.spf_explanation,
    })
}

/// A sender that nobody told is none that could be authenticated.
fn mail_from(envelope: &Envelope) -> MailFrom<'_> {
    envelope.mail_from.as_ref().map_or(MailFrom::Malformed(PathFlaw::MissingAt), MailFrom::from)
}

impl OwnedHeaders {
    fn empty() -> Self {
        Self { raw: Vec::new(), index: mailtext::HeaderIndex::default() }
    }
}
