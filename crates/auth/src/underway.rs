//! The other methods of one message, from its header to its end: what they ask is asked together, when the header ends.

use std::sync::Arc;

use dkim::body::{Bodies, BodyHash};
use dkim::domainkeys::{self, DomainKeysVerifier};
use dkim::{Status, Verification, adsp, arc, atps};
use futures_util::future::{join, join3};
use lookup::{Answer, Lookup, Question};
use mailtext::{Domain, Headers, Outcome, ReversePath};
use spf::pra::{Pra, PraFlaw};
use spf::sender_id;

use crate::check::{Envelope, Settings, spf_request};
use crate::client::{Named, Role, dns_lists, iprev, null_mx};
use crate::from::From;
use crate::methods::{Methods, Others};
use crate::pending::Pending;

/// The methods that read the header and ask questions known at once.
pub(crate) struct Underway {
    arc: Option<arc::Validator>,
    domainkeys: Option<DomainKeysVerifier>,
    adsp: Option<adsp::Adsp>,
    atps: Option<atps::Atps>,
    answers: Pending<Vec<Answer>>,
    iprev: Pending<Outcome<iprev::Iprev, iprev::Step>>,
    asked: Pending<Asked>,
}

/// What is evaluated by asking on and on.
#[derive(Default)]
struct Asked {
    sender_id: Option<Outcome<sender_id::Checked, sender_id::Step>>,
    null_mx: Option<Vec<Outcome<null_mx::NullMx, null_mx::Step>>>,
    dns_lists: Option<dns_lists::Checked>,
}

/// What the end of the message brings to the other methods.
pub(crate) struct End<'a> {
    pub(crate) headers: &'a Headers<'a>,
    pub(crate) bodies: &'a [BodyHash],
    pub(crate) dkim: &'a [Outcome<Verification, dkim::Step>],
    pub(crate) now_s: u64,
}

impl Underway {
    pub(crate) fn nothing() -> Self {
        Self {
            arc: None,
            domainkeys: None,
            adsp: None,
            atps: None,
            answers: Pending::Nothing,
            iprev: Pending::Nothing,
            asked: Pending::Nothing,
        }
    }

    /// What can be asked when the client is known.
    pub(crate) fn envelope<L: Lookup + Clone + Send + Sync + 'static>(
        &mut self,
        lookup: &L,
        envelope: &Envelope,
        methods: &Methods,
    ) {
        if let (Some(limits), Some(ip)) = (methods.iprev, envelope.ip) {
            let lookup = lookup.clone();
            self.iprev = Pending::Running(Box::pin(async move { iprev::check(&lookup, ip, &limits).await }));
        }
    }

    /// What came of asking for the client's name, when it is there.
    pub(crate) fn iprev(&self) -> Option<Outcome<iprev::Iprev, iprev::Step>> {
        self.iprev.done().cloned()
    }

    /// What can be asked when the header is complete: everything else.
    pub(crate) fn header<L: Lookup + Clone + Send + Sync + 'static>(
        &mut self,
        lookup: &L,
        context: &Context<'_>,
        headers: &Headers<'_>,
        from: &From,
        bodies: &mut Bodies,
    ) {
        let methods = &context.settings.methods;
        self.arc = methods.arc.map(|options| arc::Validator::with_bodies(headers, options, context.now_s, bodies));
        self.domainkeys = methods.domainkeys.map(|options| DomainKeysVerifier::new(headers, options));
        self.adsp = methods.adsp.is_on().then(|| match from.field_count {
            1 => adsp::Adsp::of(from.addresses.mailboxes().map(|mailbox| mailbox.domain_name().cloned())),
            _ => adsp::Adsp::new(headers),
        });
        self.atps = methods.atps.is_on().then(|| atps::Atps::new(headers, context.settings.dkim));
        let mut questions = self.questions();
        // The record is sought when DMARC has passed; by then the resolver knows the answer.
        questions.extend(methods.bimi.as_ref().and_then(|_| crate::indicator::first_question(headers, from)));
        if !questions.is_empty() {
            let lookup = lookup.clone();
            self.answers = Pending::Running(Box::pin(async move { lookup::ask_all(&lookup, &questions).await }));
        }
        self.ask_on(lookup, context, headers, from);
    }

    fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        questions.extend_from_slice(self.arc.as_ref().map_or(&[], arc::Validator::questions));
        questions.extend_from_slice(self.domainkeys.as_ref().map_or(&[], DomainKeysVerifier::questions));
        questions.extend(self.domainkeys.as_ref().and_then(DomainKeysVerifier::policy_question).cloned());
        questions.extend_from_slice(self.adsp.as_ref().map_or(&[], adsp::Adsp::questions));
        questions.extend_from_slice(self.atps.as_ref().map_or(&[], atps::Atps::questions));
        questions
    }

    fn ask_on<L: Lookup + Clone + Send + Sync + 'static>(
        &mut self,
        lookup: &L,
        context: &Context<'_>,
        headers: &Headers<'_>,
        from: &From,
    ) {
        let methods = &context.settings.methods;
        let pra = (methods.sender_id.is_on() && context.envelope.ip.is_some()).then(|| Pra::of(headers));
        let domains = match methods.null_mx.is_on() || !methods.dns_lists.is_empty() {
            true => domains(context.envelope, from),
            false => Vec::new(),
        };
        if pra.is_none() && domains.is_empty() && methods.dns_lists.is_empty() {
            return;
        }
        let (lookup, now_s) = (lookup.clone(), context.now_s);
        let (envelope, settings) = (Arc::clone(context.envelope), Arc::clone(context.settings));
        self.asked = Pending::Running(Box::pin(async move {
            let methods = &settings.methods;
            let sender_id = async {
                match &pra {
                    Some(pra) => sender_id_of(&lookup, &envelope, &settings, pra, now_s).await,
                    None => None,
                }
            };
            let null_mx = async {
                match methods.null_mx.is_on() {
                    true => Some(null_mx::check_all(&lookup, &domains).await),
                    false => None,
                }
            };
            let lists = async {
                if methods.dns_lists.is_empty() {
                    return None;
                }
                let subjects = dns_lists::Subjects { ip: envelope.ip, domains: domains.clone() };
                Some(dns_lists::check(&lookup, &methods.dns_lists, &subjects).await)
            };
            let (sender_id, null_mx, dns_lists) = join3(sender_id, null_mx, lists).await;
            Asked { sender_id, null_mx, dns_lists }
        }));
    }

    /// Whether a method needs the body that [`Bodies`] does not hash.
    pub(crate) fn wants_body(&self) -> bool {
        self.domainkeys.as_ref().is_some_and(|verifier| !verifier.questions().is_empty())
    }

    pub(crate) fn body(&mut self, chunk: &[u8]) {
        if let Some(verifier) = &mut self.domainkeys {
            verifier.body(chunk);
        }
    }

    pub(crate) fn poll(&mut self, context: &mut std::task::Context<'_>) -> bool {
        // Each is polled, whatever the others say.
        let ready = [self.answers.poll(context), self.iprev.poll(context), self.asked.poll(context)];
        ready.iter().all(std::task::Poll::is_ready)
    }

    /// The outcomes, but those of the methods that ask once more: reporting addresses and BIMI.
    pub(crate) fn finish(mut self, end: &End<'_>) -> Box<Others> {
        let answers = self.answers.take().unwrap_or_default();
        let mut answers = &answers[..];
        let mut next = |count: usize| {
            let (these, rest) = answers.split_at(count.min(answers.len()));
            answers = rest;
            these
        };
        let Asked { sender_id, null_mx, dns_lists } = self.asked.take().unwrap_or_default();
        let arc = self.arc.map(|validator| {
            let answers = next(validator.questions().len());
            validator.finish_with(end.headers, answers, end.bodies, end.now_s)
        });
        let domainkeys = self.domainkeys.map(|verifier| {
            let (keys, policy) = (next(verifier.questions().len()), verifier.policy_question().cloned());
            let policy = policy.map(|question| (next(1), question));
            let signatures = verifier.finish(keys);
            let policy =
                policy.and_then(|(answers, question)| Some(domainkeys::policy::conclude(&question, answers.first()?)));
            domainkeys::Checked { signatures, policy }
        });
        let of_adsp = self.adsp.as_ref().map_or(&[][..], |adsp| next(adsp.questions().len()));
        let atps = self.atps.map(|atps| {
            let answers = next(atps.questions().len());
            atps.conclude(answers, end.dkim)
        });
        let adsp = self.adsp.map(|adsp| {
            let verified = verified_domains(end.dkim);
            let delegated = atps.as_deref().map(atps::delegated).unwrap_or_default();
            adsp.conclude(of_adsp, adsp::Signatures { verified: &verified, delegated: &delegated })
        });
        let iprev = self.iprev.take();
        Box::new(Others { arc, sender_id, domainkeys, adsp, atps, iprev, null_mx, dns_lists, ..Others::default() })
    }
}

/// What can be known before the header comes: of the lists, and of the reverse-path's domain. The end of the message
/// asks again, of a cache that knows the answers.
pub(crate) async fn early<L: Lookup + Sync>(lookup: &L, envelope: &Envelope, methods: &Methods) -> Others {
    let domains = domains(envelope, &From::unread());
    let null_mx = async {
        match methods.null_mx.is_on() {
            true => Some(null_mx::check_all(lookup, &domains).await),
            false => None,
        }
    };
    let lists = async {
        if methods.dns_lists.is_empty() {
            return None;
        }
        let subjects = dns_lists::Subjects { ip: envelope.ip, domains: domains.clone() };
        Some(dns_lists::check(lookup, &methods.dns_lists, &subjects).await)
    };
    let (null_mx, dns_lists) = join(null_mx, lists).await;
    Others { null_mx, dns_lists, ..Others::default() }
}

/// What all methods know of the message's circumstances.
pub(crate) struct Context<'a> {
    pub(crate) envelope: &'a Arc<Envelope>,
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) now_s: u64,
}

/// Whether a signature has failed that asks for reports. They are asked for only then: a message whose signatures hold
/// asks nobody (RFC 6651 §3.3).
pub(crate) fn asks_for_reports(outcome: &Outcome<Verification, dkim::Step>) -> bool {
    outcome.result.status != Status::Pass && outcome.result.parsed.extensions.reports_requested
}

async fn sender_id_of<L: Lookup + Sync>(
    lookup: &L,
    envelope: &Envelope,
    settings: &Settings,
    pra: &Result<Pra, PraFlaw>,
    now_s: u64,
) -> Option<Outcome<sender_id::Checked, sender_id::Step>> {
    let smtp = spf_request(envelope, settings, now_s)?;
    let request = sender_id::Request { smtp: &smtp, test: sender_id::Test::Pra(pra) };
    Some(sender_id::check(lookup, &request, &settings.spf).await)
}

/// The domains of the reverse-path and of From, each once in each role.
fn domains(envelope: &Envelope, from: &From) -> Vec<Named> {
    let mut domains: Vec<Named> = Vec::new();
    if let Some(Ok(ReversePath::Mailbox { domain, .. })) = &envelope.mail_from
        && let Some(domain) = domain.name()
    {
        domains.push((Role::MailFrom, domain.clone()));
    }
    let authors = from.addresses.mailboxes().filter_map(|mailbox| mailbox.domain_name());
    for domain in authors.take(dmarc::limits::AUTHOR_DOMAIN_COUNT_MAX) {
        if !domains.contains(&(Role::From, domain.clone())) {
            domains.push((Role::From, domain.clone()));
        }
    }
    domains
}

fn verified_domains(dkim: &[Outcome<Verification, dkim::Step>]) -> Vec<Domain> {
    let passed = dkim.iter().map(|outcome| &outcome.result).filter(|result| result.status == Status::Pass);
    passed.filter_map(|result| result.parsed.domain.clone()).collect()
}
