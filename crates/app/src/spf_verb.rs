//! `sekisho spf`: one check. The first line of the text is the result, for scripts; the rest is for people.

use std::io::Write as _;

use lookup::{Answer, Data, Lookup, Question};
use mailtext::{Domain, Headers, PathFlaw, ReversePath};
use net::Resolver;
use spf::{ExplanationUse, Identity, Limits, MailFrom, Place, Pra, PraFlaw, Request, Verdict, sender_id};

use crate::cli::{Scope, SpfArguments, SpfFormat};
use crate::common::{Common, ip, no_control, resolver_failure, runtime};
use crate::dns::{Dns, Recorded, World};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::Paint;
use crate::say::Say;
use crate::{explain, json};

/// Runs the verb.
///
/// # Errors
/// An option is wrong, there is no DNS, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &SpfArguments) -> Result<ExitCode, Failure> {
    let asked = asked(arguments)?;
    let ip = ip("--ip", &arguments.ip)?;
    let sender = arguments.mail_from.as_deref().map(|text| ReversePath::parse(text.as_bytes()));
    let receiver = common.authserv_id(None);
    let request = Request {
        ip,
        helo: arguments.helo.as_deref().unwrap_or_default(),
        mail_from: sender.as_ref().map_or(MailFrom::Malformed(PathFlaw::MissingAt), MailFrom::from),
        receiver: &receiver,
        now_s: common.now_s(),
        explanation: ExplanationUse::Fetch,
    };
    let overlay = arguments.record.as_deref().map(|text| (checked_domain(&request, asked), text));
    let runtime = runtime()?;
    runtime.block_on(async {
        let resolver = Resolver::start(common.resolver_config()?).map_err(|error| resolver_failure(&error))?;
        let world = World::Net(resolver);
        let lookup = Overlay {
            inner: world.for_message(Recorded::No),
            record: overlay
                .and_then(|(domain, text)| Some((Question::txt(domain?), Answer::of(vec![Data::txt(text)], 0)))),
        };
        let say = common.say();
        let text = match asked {
            Asked::Spf(identity) => {
                let outcome = spf::check_identity(&lookup, &request, identity, &Limits::default()).await;
                spf_output(arguments, &outcome, say)
            }
            Asked::Pra => {
                let pra = pra(arguments);
                let test = sender_id::Request { smtp: &request, test: sender_id::Test::Pra(&pra) };
                let outcome = sender_id::check(&lookup, &test, &Limits::default()).await;
                pra_output(arguments, &outcome, say)
            }
        };
        print(&text)?;
        // What it says was said without DNS; a script must not take it for the domain's word.
        if world.is_silent() {
            return Err(
                Failure::new(ExitCode::Network, "cli-no-dns").with("failure", mailtext::Value::Word("unreachable"))
            );
        }
        Ok(ExitCode::Done)
    })
}

/// DNS, but for one record that is judged before it is published.
struct Overlay {
    inner: Dns,
    record: Option<(Question, Answer)>,
}

impl Lookup for Overlay {
    async fn ask(&self, question: Question) -> Answer {
        match &self.record {
            Some((asked, answer)) if *asked == question => answer.clone(),
            _ => self.inner.ask(question).await,
        }
    }
}

/// Which check.
#[derive(Clone, Copy)]
enum Asked {
    Spf(Identity),
    /// Sender ID's, of the address that is given.
    Pra,
}

fn asked(arguments: &SpfArguments) -> Result<Asked, Failure> {
    no_control("--mail-from", arguments.mail_from.as_deref())?;
    no_control("--helo", arguments.helo.as_deref())?;
    no_control("--record", arguments.record.as_deref())?;
    let missing = |option: &'static str| Failure::new(ExitCode::Usage, "cli-option-missing").with("option", option);
    match arguments.scope {
        Scope::Mfrom | Scope::Pra if arguments.mail_from.is_none() => Err(missing("--mail-from")),
        Scope::Mfrom => Ok(Asked::Spf(Identity::MailFrom)),
        Scope::Helo if arguments.helo.is_none() => Err(missing("--helo")),
        Scope::Helo => Ok(Asked::Spf(Identity::Helo)),
        Scope::Pra => Ok(Asked::Pra),
    }
}

/// The given address, as if it stood in From.
fn pra(arguments: &SpfArguments) -> Result<Pra, PraFlaw> {
    let field = format!("From: {}\r\n\r\n", arguments.mail_from.as_deref().unwrap_or_default());
    Pra::of(&Headers::parse(field.as_bytes()))
}

/// The domain whose record is judged.
fn checked_domain(request: &Request<'_>, asked: Asked) -> Option<Domain> {
    match (&request.mail_from, asked) {
        (MailFrom::Mailbox { domain, .. }, Asked::Spf(Identity::MailFrom) | Asked::Pra) => Some(domain.clone()),
        (MailFrom::Null, Asked::Spf(_)) | (_, Asked::Spf(Identity::Helo)) => Domain::parse(request.helo).ok(),
        _ => None,
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn spf_output(arguments: &SpfArguments, outcome: &spf::Outcome, say: &Say) -> String {
    let checked = &outcome.result;
    if arguments.format == SpfFormat::Json {
        return json::spf_check(checked, say);
    }
    let told = Told {
        verdict: checked.verdict,
        domain: checked.domain(),
        matched: checked.matched(),
        reason: checked.reason.as_ref().map(|reason| say.explain(reason)),
        lookups: checked.lookups,
        void_lookups: checked.void_lookups,
        explanation: checked.explanation.as_deref(),
    };
    let evidence = || explain::spf_evidence(&outcome.evidence, say, Paint::of_standard_output());
    told.text(Vec::new(), say) + &explained(arguments, evidence)
}

fn pra_output(arguments: &SpfArguments, outcome: &sender_id::Outcome, say: &Say) -> String {
    let checked = &outcome.result;
    if arguments.format == SpfFormat::Json {
        return json::sender_id_check(checked, say);
    }
    let told = Told {
        verdict: checked.verdict,
        domain: checked.domain.as_ref(),
        matched: checked.matched(),
        reason: checked.reason.as_ref().map(|reason| say.explain(reason)),
        lookups: checked.lookups,
        void_lookups: checked.void_lookups,
        explanation: checked.explanation.as_deref(),
    };
    let historic = say.say("verify-historic-method", &[("method", "Sender ID".into())]);
    let borrowed = checked.is_for_reporting_only().then(|| say.word("verify-sender-id-borrowed"));
    let evidence = || explain::sender_id_evidence(&outcome.evidence, say, Paint::of_standard_output());
    told.text([Some(historic), borrowed].into_iter().flatten().collect(), say) + &explained(arguments, evidence)
}

/// What is told of one check, by whichever method.
struct Told<'a> {
    verdict: Verdict,
    domain: Option<&'a Domain>,
    matched: Option<Place>,
    reason: Option<String>,
    lookups: u8,
    void_lookups: u8,
    explanation: Option<&'a str>,
}

impl Told<'_> {
    /// The lines of the text; `remarks` stand behind the result.
    fn text(self, remarks: Vec<String>, say: &Say) -> String {
        let mut lines = vec![self.verdict.as_str().to_owned()];
        lines.extend(self.domain.map(|domain| match &self.matched {
            Some(place) => say.say("verify-spf-term", &[("domain", domain.into()), ("term", place.text().into())]),
            None => say.say("verify-spf-domain", &[("domain", domain.into())]),
        }));
        lines.extend(self.reason);
        lines.extend(remarks);
        if let Some(domain) = self.domain {
            let limit = u64::from(Limits::default().lookup_count_max);
            let (lookups, void_lookups) = (u64::from(self.lookups), u64::from(self.void_lookups));
            let counts = [("lookups", lookups.into()), ("limit", limit.into()), ("void_lookups", void_lookups.into())];
            lines.push(say.say("verify-spf-lookups", &counts));
            let explanation = self.explanation.map(|text| [("domain", domain.into()), ("text", text.into())]);
            lines.extend(explanation.map(|arguments| say.say("verify-spf-explanation", &arguments)));
        }
        lines.join("\n") + "\n"
    }
}

fn explained(arguments: &SpfArguments, evidence: impl FnOnce() -> String) -> String {
    if arguments.explain { format!("\n{}", evidence()) } else { String::new() }
}
