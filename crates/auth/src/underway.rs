//! The other methods of one message, from its header to its end: what they ask is asked together, when the header ends.

use std::sync::Arc;

use dkim::body::{Bodies, BodyHash};
use dkim::domainkeys::{self, DomainKeysVerifier};
use dkim::{Status, Verification, Verifier, adsp, arc, atps};
use futures_util::future::join;
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
#[derive(Default)]
pub(crate) struct Underway {
    arc: Option<arc::Validator>,
    domainkeys: Option<DomainKeysVerifier>,
    adsp: Option<adsp::Adsp>,
    atps: Option<atps::Atps>,
    /// The domains that are looked at for a null MX; `None` when none is.
    null_mx: Option<Vec<Named>>,
    answers: Pending<Answered>,
    iprev: Pending<Outcome<iprev::Iprev, iprev::Step>>,
    sender_id: Pending<Option<sender_id::Outcome>>,
    dns_lists: Pending<dns_lists::Checked>,
}

/// Questions that all methods share, and their answers.
#[derive(Default)]
pub(crate) struct Answered {
    questions: Vec<Question>,
    answers: Vec<Answer>,
}

impl Answered {
    /// The answer to a question, when it was asked.
    pub(crate) fn answer(&self, question: &Question) -> Option<&Answer> {
        self.answers.get(self.questions.iter().position(|asked| asked == question)?)
    }
}

/// What the end of the message brings to the other methods.
pub(crate) struct End<'a> {
    pub(crate) headers: &'a Headers<'a>,
    pub(crate) bodies: &'a [BodyHash],
    pub(crate) dkim: &'a [Outcome<Verification, dkim::Step>],
    pub(crate) now_s: u64,
}

impl Underway {
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
        let read = (from.field_count == 1).then_some((&from.addresses, &from.flaws[..]));
        self.domainkeys = methods.domainkeys.map(|options| DomainKeysVerifier::with_from(headers, options, read));
        self.adsp = methods.adsp.is_on().then(|| match from.field_count {
            1 => adsp::Adsp::of(from.addresses.mailboxes().map(|mailbox| mailbox.domain_name().cloned())),
            _ => adsp::Adsp::new(headers),
        });
        self.atps = methods.atps.is_on().then(|| match context.verifier.names_third_party() {
            true => atps::Atps::new(headers, context.settings.dkim),
            false => atps::Atps::default(),
        });
        let domains = match methods.null_mx.is_on() || !methods.dns_lists.is_empty() {
            true => domains(context.envelope, from),
            false => Vec::new(),
        };
        let mut questions = self.questions();
        if methods.null_mx.is_on() {
            // ADSP asks for the author's, too.
            for question in domains.iter().map(|(_, domain)| null_mx::question(domain)) {
                if !questions.contains(&question) {
                    questions.push(question);
                }
            }
            self.null_mx = Some(domains.clone());
        }
        // The record is sought when DMARC has passed; by then the answer is there.
        questions.extend(methods.bimi.as_ref().and_then(|_| crate::indicator::first_question(headers, from)));
        if !questions.is_empty() {
            let lookup = lookup.clone();
            self.answers = Pending::Running(Box::pin(async move {
                let answers = lookup::ask_all(&lookup, &questions).await;
                Answered { questions, answers }
            }));
        }
        self.ask_on(lookup, context, || Pra::with_from(headers, read), domains);
    }

    fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::with_capacity(8);
        questions.extend_from_slice(self.arc.as_ref().map_or(&[], arc::Validator::questions));
        questions.extend_from_slice(self.domainkeys.as_ref().map_or(&[], DomainKeysVerifier::questions));
        questions.extend(self.domainkeys.as_ref().and_then(DomainKeysVerifier::policy_question).cloned());
        questions.extend_from_slice(self.adsp.as_ref().map_or(&[], adsp::Adsp::questions));
        questions.extend_from_slice(self.atps.as_ref().map_or(&[], atps::Atps::questions));
        questions
    }

    /// Starts what is evaluated by asking on and on.
    fn ask_on<L: Lookup + Clone + Send + Sync + 'static>(
        &mut self,
        lookup: &L,
        context: &Context<'_>,
        pra: impl FnOnce() -> Result<Pra, PraFlaw>,
        domains: Vec<Named>,
    ) {
        let methods = &context.settings.methods;
        if methods.sender_id.is_on() && context.envelope.ip.is_some() {
            let (lookup, now_s, pra) = (lookup.clone(), context.now_s, pra());
            let (envelope, settings) = (Arc::clone(context.envelope), Arc::clone(context.settings));
            self.sender_id = Pending::Running(Box::pin(async move {
                let smtp = spf_request(&envelope, &settings, now_s)?;
                let request = sender_id::Request { smtp: &smtp, test: sender_id::Test::Pra(&pra) };
                Some(sender_id::check(&lookup, &request, &settings.spf).await)
            }));
        }
        if !methods.dns_lists.is_empty() {
            let (lookup, lists) = (lookup.clone(), Arc::clone(&methods.dns_lists));
            let subjects = dns_lists::Subjects { ip: context.envelope.ip, domains };
            self.dns_lists =
                Pending::Running(Box::pin(async move { dns_lists::check(&lookup, &lists, &subjects).await }));
        }
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
        let ready = [
            self.answers.poll(context),
            self.iprev.poll(context),
            self.sender_id.poll(context),
            self.dns_lists.poll(context),
        ];
        ready.iter().all(std::task::Poll::is_ready)
    }

    /// The outcomes, but those of the methods that ask once more – reporting addresses and BIMI –, and what is known
    /// already of their answers.
    pub(crate) fn finish(mut self: Box<Self>, end: &End<'_>) -> (Box<Others>, Answered) {
        let answered = self.answers.take().unwrap_or_default();
        let mut answers = &answered.answers[..];
        let mut next = |count: usize| {
            let (these, rest) = answers.split_at(count.min(answers.len()));
            answers = rest;
            these
        };
        let mut others = Box::<Others>::default();
        if let Some(validator) = self.arc.take() {
            let answers = next(validator.questions().len());
            others.arc = Some(validator.finish_with(end.headers, answers, end.bodies, end.now_s));
        }
        if let Some(verifier) = self.domainkeys.take() {
            let (keys, policy) = (next(verifier.questions().len()), verifier.policy_question().cloned());
            let policy = policy.map(|question| (next(1), question));
            let signatures = verifier.finish(keys);
            let policy =
                policy.and_then(|(answers, question)| Some(domainkeys::policy::conclude(&question, answers.first()?)));
            others.domainkeys = Some(domainkeys::Checked { signatures, policy });
        }
        let of_adsp = self.adsp.as_ref().map_or(&[][..], |adsp| next(adsp.questions().len()));
        if let Some(atps) = self.atps.take() {
            let answers = next(atps.questions().len());
            others.atps = Some(atps.conclude(answers, end.dkim));
        }
        if let Some(adsp) = self.adsp.take() {
            let verified = verified_domains(end.dkim);
            let delegated = others.atps.as_deref().map(atps::delegated).unwrap_or_default();
            let signatures = adsp::Signatures { verified: &verified, delegated: &delegated };
            others.adsp = Some(adsp.conclude(of_adsp, signatures));
        }
        others.null_mx = self.null_mx.take().map(|domains| {
            let said = domains.into_iter().filter_map(|(role, domain)| {
                let question = null_mx::question(&domain);
                let answer = answered.answer(&question)?.clone();
                Some(null_mx::conclude(role, question, answer))
            });
            said.collect()
        });
        others.iprev = self.iprev.take();
        others.sender_id = self.sender_id.take().flatten();
        others.dns_lists = self.dns_lists.take();
        (others, answered)
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
    pub(crate) verifier: &'a Verifier,
    pub(crate) now_s: u64,
}

/// Whether a signature has failed that asks for reports. They are asked for only then: a message whose signatures hold
/// asks nobody (RFC 6651 §3.3).
pub(crate) fn asks_for_reports(outcome: &Outcome<Verification, dkim::Step>) -> bool {
    outcome.result.status != Status::Pass && outcome.result.parsed.extensions.reports_requested
}

/// The domains of the reverse-path and of From, each once in each role.
fn domains(envelope: &Envelope, from: &From) -> Vec<Named> {
    let mut domains: Vec<Named> = Vec::with_capacity(2);
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
