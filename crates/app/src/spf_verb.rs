//! `sekisho spf`: one check. The first line of the text is the result, for scripts; the rest is for people.

use std::io::Write as _;

use lookup::{Answer, Data, Lookup, Question};
use mailtext::{Domain, Outcome, PathFlaw, ReversePath};
use net::Resolver;
use spf::{Checked, ExplanationUse, Identity, Limits, MailFrom, Request, Step};

use crate::cli::{Scope, SpfArguments, SpfFormat};
use crate::common::{Common, ip, no_control, resolver_failure};
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
    let identity = identity(arguments)?;
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
    let overlay = arguments.record.as_deref().map(|text| (checked_domain(&request, identity), text));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string()))?;
    runtime.block_on(async {
        let resolver = Resolver::start(common.resolver_config()?).map_err(|error| resolver_failure(&error))?;
        let world = World::Net(resolver);
        let lookup = Overlay {
            inner: world.for_message(Recorded::No),
            record: overlay
                .and_then(|(domain, text)| Some((Question::txt(domain?), Answer::of(vec![Data::txt(text)], 0)))),
        };
        let outcome = spf::check_identity(&lookup, &request, identity, &Limits::default()).await;
        print(arguments, &outcome, common.say())?;
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

fn identity(arguments: &SpfArguments) -> Result<Identity, Failure> {
    no_control("--mail-from", arguments.mail_from.as_deref())?;
    no_control("--helo", arguments.helo.as_deref())?;
    no_control("--record", arguments.record.as_deref())?;
    let missing = |option: &'static str| Failure::new(ExitCode::Usage, "cli-option-missing").with("option", option);
    match arguments.scope {
        Scope::Mfrom if arguments.mail_from.is_none() => Err(missing("--mail-from")),
        Scope::Mfrom => Ok(Identity::MailFrom),
        Scope::Helo if arguments.helo.is_none() => Err(missing("--helo")),
        Scope::Helo => Ok(Identity::Helo),
        // Sender ID is not there yet, and a result of another scope in its place would be a lie.
        Scope::Pra => Err(Failure::new(ExitCode::Usage, "cli-not-yet").with("option", "--scope pra")),
    }
}

/// The domain whose record is judged.
fn checked_domain(request: &Request<'_>, identity: Identity) -> Option<Domain> {
    match (&request.mail_from, identity) {
        (MailFrom::Mailbox { domain, .. }, Identity::MailFrom) => Some(domain.clone()),
        (MailFrom::Null, _) | (_, Identity::Helo) => Domain::parse(request.helo).ok(),
        _ => None,
    }
}

fn print(arguments: &SpfArguments, outcome: &Outcome<Checked, Step>, say: &Say) -> Result<(), Failure> {
    let text = match arguments.format {
        SpfFormat::Json => json::spf_check(&outcome.result, say),
        SpfFormat::Text => text(outcome, say) + &explained(arguments, outcome, say),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn text(outcome: &Outcome<Checked, Step>, say: &Say) -> String {
    let checked = &outcome.result;
    let mut lines = vec![checked.verdict.as_str().to_owned()];
    if let Some(domain) = checked.domain() {
        lines.push(match checked.matched() {
            Some(place) => say.say("verify-spf-term", &[("domain", domain.into()), ("term", place.text().into())]),
            None => say.say("verify-spf-domain", &[("domain", domain.into())]),
        });
    }
    lines.extend(checked.reason.as_ref().map(|reason| say.explain(reason)));
    if checked.domain().is_some() {
        let limit = u64::from(Limits::default().lookup_count_max);
        let (lookups, void_lookups) = (u64::from(checked.lookups), u64::from(checked.void_lookups));
        let counts = [("lookups", lookups.into()), ("limit", limit.into()), ("void_lookups", void_lookups.into())];
        lines.push(say.say("verify-spf-lookups", &counts));
    }
    if let (Some(text), Some(domain)) = (&checked.explanation, checked.domain()) {
        lines.push(say.say("verify-spf-explanation", &[("domain", domain.into()), ("text", text.as_str().into())]));
    }
    lines.join("\n") + "\n"
}

fn explained(arguments: &SpfArguments, outcome: &Outcome<Checked, Step>, say: &Say) -> String {
    if arguments.explain {
        format!("\n{}", explain::spf_evidence(&outcome.evidence, say, Paint::of_standard_output()))
    } else {
        String::new()
    }
}
