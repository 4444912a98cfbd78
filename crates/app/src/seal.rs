//! `sekisho seal`: validates the message's ARC chain, and writes the message with one set more.

use std::sync::Arc;

use dkim::arc::{Chain, ChainStatus, Options, SealError, SealedFields, Sealer, Validator};
use dkim::body::Bodies;
use dkim::limits::ARC_SET_COUNT_MAX;
use futures_util::future::join_all;
use lookup::tape::Replay;
use lookup::{Answer, Lookup as _, Question};
use mailtext::source::Event;
use mailtext::{Domain, Explain as _, Headers, Value};

use crate::cli::SealArguments;
use crate::common::{Common, no_control, runtime};
use crate::dns::{Recorded, World};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::sign::{canonicalization, field_names, private_key};
use crate::stamp::{self, Stamp};
use crate::verify::{resolver, silence, tape};

/// Runs the verb.
///
/// # Errors
/// An option, the key or the message is wrong, DNS cannot be used, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &SealArguments) -> Result<ExitCode, Failure> {
    no_control("--authserv-id", arguments.authserv_id.as_deref())?;
    let sealer = sealer(common, arguments)?;
    let replay = arguments.replay.as_deref().map(tape::read).transpose()?.map(Arc::new);
    let message =
        Message { common, sealer, replay, header: None, flaw: None, validator: None, bodies: Bodies::new(), body: 0 };
    stamp::run(common, arguments.file.as_deref(), message)
}

fn sealer(common: &Common, arguments: &SealArguments) -> Result<Sealer, Failure> {
    let bad = |option, value: &str| Failure::option("cli-bad-value", option, value);
    let domain = Domain::parse(&arguments.domain).map_err(|_| bad("--domain", &arguments.domain))?;
    let selector = Domain::parse(&arguments.selector).map_err(|_| bad("--selector", &arguments.selector))?;
    let (header, body) = canonicalization(&arguments.canonicalization)
        .ok_or_else(|| bad("--canonicalization", &arguments.canonicalization))?;
    let key = private_key(common, &arguments.key)?;
    let authserv_id = common.authserv_id(arguments.authserv_id.as_deref());
    Ok(Sealer {
        header_canonicalization: header,
        body_canonicalization: body,
        fields: match &arguments.header_fields {
            Some(list) => SealedFields::Named(field_names(list)),
            None => SealedFields::Recommended,
        },
        ..Sealer::new(domain, selector, key, authserv_id)
    })
}

/// The message, as far as sealing needs it.
struct Message<'a> {
    common: &'a Common,
    sealer: Sealer,
    replay: Option<Arc<Replay>>,
    header: Option<Vec<u8>>,
    flaw: Option<&'static str>,
    validator: Option<Validator>,
    /// What the chain and the new set need of the body.
    bodies: Bodies,
    /// Which of these is the new set's.
    body: usize,
}

impl Stamp for Message<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Headers(block) => {
                let headers = Headers::parse(block);
                let now_s = self.common.now_s();
                self.body = self.bodies.register(self.sealer.body_hash_kind());
                let validator = Validator::with_bodies(&headers, Options::default(), now_s, &mut self.bodies);
                (self.validator, self.header) = (Some(validator), Some(block.to_vec()));
            }
            Event::NotAMessage(flaw) => self.flaw = Some(flaw.id()),
            Event::Body(bytes) => self.bodies.update(bytes),
            Event::Start | Event::End { .. } => {}
        }
    }

    fn fields(self, name: &str) -> Result<Vec<String>, Failure> {
        let (Some(header), Some(validator)) = (self.header, self.validator) else {
            return Err(stamp::not_a_message(name, self.flaw));
        };
        let headers = Headers::parse(&header);
        let now_s = self.common.now_s();
        let answers = answers(self.common, self.replay, validator.questions())?;
        let bodies = self.bodies.finish();
        let chain = validator.finish_with(&headers, &answers, &bodies, now_s).result;
        let Some(body) = bodies.get(self.body) else { return Ok(Vec::new()) };
        match self.sealer.seal(&headers, &chain, body, now_s) {
            Ok(set) => {
                if set.chain_status == ChainStatus::Fail {
                    tell_broken(self.common, name, &chain);
                }
                Ok(set.fields().map(str::to_owned).to_vec())
            }
            Err(error) => unsealed(self.common, error, name, &self.sealer),
        }
    }
}

/// Asks for the chain's keys. A message without a chain needs no DNS.
fn answers(common: &Common, replay: Option<Arc<Replay>>, questions: &[Question]) -> Result<Vec<Answer>, Failure> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = runtime()?;
    runtime.block_on(async {
        let world = match replay {
            Some(replay) => World::Replay(replay),
            None => World::Net(resolver(common)?),
        };
        let dns = world.for_message(Recorded::No);
        let answers = join_all(questions.iter().map(|question| dns.ask(question.clone()))).await;
        match &world {
            // RFC 8617 §5.2.1: a key that cannot be had makes the chain fail for good. That nobody answers at all says
            // nothing of the chain, and must not end it.
            World::Net(resolver) if world.is_silent() => Err(silence(resolver)),
            _ => Ok(answers),
        }
    })
}

/// The message is sealed, and its chain is over: whoever did that wants to know why.
fn tell_broken(common: &Common, name: &str, chain: &Chain) {
    let mut arguments = chain.problem.map(|problem| problem.arguments()).unwrap_or_default();
    arguments.push(("file", name.into()));
    arguments.push(("reason", Value::Word(chain.problem.map_or("", |problem| problem.id()))));
    eprintln!("sekisho: {}", common.say().say("cli-seal-chain-fails", &arguments));
}

/// No set: either the message goes on as it is, or something was asked for that cannot be.
fn unsealed(common: &Common, error: SealError, name: &str, sealer: &Sealer) -> Result<Vec<String>, Failure> {
    let as_it_is = |id, arguments: &[(&'static str, Value)]| {
        eprintln!("sekisho: {}", common.say().say(id, arguments));
        Ok(Vec::new())
    };
    match error {
        // RFC 8617 §5.1: when the newest seal says fail, there is no need to proceed.
        SealError::FailedBefore => as_it_is("cli-seal-failed-before", &[("file", name.into())]),
        SealError::Full => {
            as_it_is("cli-seal-full", &[("file", name.into()), ("limit", u64::from(ARC_SET_COUNT_MAX).into())])
        }
        SealError::FieldName | SealError::FieldForbidden | SealError::FromNotNamed => {
            let names = match &sealer.fields {
                SealedFields::Named(names) => names.join(","),
                SealedFields::Recommended => String::new(),
            };
            Err(Failure::option("cli-bad-value", "--header-fields", &names))
        }
        SealError::NameTooLong => Err(Failure::option("cli-bad-value", "--selector", sealer.selector.as_str())),
        SealError::Crypto(error) => {
            Err(Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string()))
        }
    }
}
