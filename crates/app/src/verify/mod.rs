//! `sekisho verify`: all authentication of messages, from files into [`auth::Check`], from there onto the screen.
//!
//! Files are read one after the other, in chunks; a message is checked as it is read. When it is whole it waits, with
//! others, for its last answers from DNS. What is printed keeps the order of the inputs.

mod input;
mod others;
pub(crate) mod tape;
mod text;
mod verdict;

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use auth::client::iprev;
use auth::{Check, Facts, Methods, Settings};
use bimi::BimiResult;
use dkim::arc::ChainStatus;
use dkim::{Age, Status};
use dmarc::discovery::{Method as DiscoveryMethod, Reach};
use futures_util::future::join_all;
use lookup::tape::{Recording, Replay};
use mailtext::Domain;
use mailtext::authres::LineEnd;
use net::Resolver;
use spf::{ExplanationUse, Verdict};

use crate::cli::{Discovery, Method, VerifyArguments, VerifyFormat};
use crate::common::{Common, ip, no_control, resolver_failure, runtime};
use crate::config::Config;
use crate::dns::{Dns, Recorded, Web, World};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::json;
use crate::limits::WAITING_COUNT_MAX;
use crate::paint::Paint;
use crate::rules::Judging;
use crate::say::{Language, Say};
use input::{Asked, Intake};
use text::Page;
pub(crate) use text::{BARE_NEWLINES, heading};
pub(crate) use verdict::{Judgement, decisive};

/// Runs the verb.
///
/// # Errors
/// An option is wrong, the tape cannot be read or written, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: VerifyArguments) -> Result<ExitCode, Failure> {
    run_and_show(common, arguments, Shown::Results)
}

/// Runs `policy test`: the same, and what the operator's rules make of it.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_by_rules(common: &Common, arguments: VerifyArguments, judging: Judging) -> Result<ExitCode, Failure> {
    run_and_show(common, arguments, Shown::Rules(Box::new(judging)))
}

/// Runs `check --message`: the same, and what the rules about messages make of it.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_by_letters<'a>(
    common: &'a Common,
    arguments: VerifyArguments,
    letters: &'a mut dyn Letters,
) -> Result<ExitCode, Failure> {
    run_and_show(common, arguments, Shown::Letters(letters))
}

/// What is shown of each message.
enum Shown<'a> {
    /// What each method said.
    Results,
    /// What the operator's rules make of it.
    Rules(Box<Judging>),
    /// What the rules about messages find; where it goes, too.
    Letters(&'a mut dyn Letters),
}

fn run_and_show<'a>(common: &'a Common, arguments: VerifyArguments, shown: Shown<'a>) -> Result<ExitCode, Failure> {
    check_options(&arguments)?;
    let replay = arguments.replay.as_deref().map(tape::read).transpose()?.map(Arc::new);
    let mut tape_file = arguments.tape.as_deref().map(tape::create).transpose()?;
    let run = tape::restore(common, &arguments, replay.as_deref())?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let mut session = Session::start(common, arguments, shown, run, replay)?;
        session.run().await?;
        if let Some(file) = &mut tape_file {
            session.write_tape(file)?;
        }
        Ok(session.code)
    })
}

/// Who takes messages that have been verified, and tells of them himself.
pub(crate) trait Letters {
    /// Takes one, and says whether what was asked about holds.
    ///
    /// # Errors
    /// It cannot be told.
    fn take(&mut self, judged: &Judged) -> Result<ExitCode, Failure>;

    /// Takes an input that is no message; it has been told on standard error.
    ///
    /// # Errors
    /// It cannot be told.
    fn refuse(&mut self, place: &Place, failure: &Failure) -> Result<(), Failure>;
}

/// What a run judges by, from the command line, the tape, the configuration.
pub(crate) struct Run {
    /// What is known of the envelope.
    pub(crate) asked: Asked,
    /// The time, seconds since 1970.
    pub(crate) now_s: u64,
    /// The name under which results are given.
    pub(crate) authserv_id: String,
    /// Which age of DKIM's rules.
    pub(crate) age: Age,
    /// How DMARC finds its record.
    pub(crate) discovery: Discovery,
}

/// One message that was read, or one input that was not.
enum Waiting {
    Message(Box<Underway>),
    Bad(Place, Failure),
}

/// A message that has been read and waits for answers.
struct Underway {
    place: Place,
    check: Check<Dns, Dns>,
    dns: Dns,
    /// Whether the client's address was taken from a Received field.
    traced: bool,
    bare_newlines: bool,
    bimi_root_count: usize,
    list_id: Option<Domain>,
    header: Box<[u8]>,
}

/// Where a message comes from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file as it was named; `-` for standard input.
    pub(crate) file: String,
    /// Which message of a mailbox, from 1; `None` for a file that is one message.
    pub(crate) number: Option<usize>,
}

/// One message with all that was found out about it.
pub(crate) struct Judged {
    /// Where it comes from.
    pub(crate) place: Place,
    /// What was found.
    pub(crate) facts: Facts,
    /// Whether the client's address was taken from a Received field.
    pub(crate) traced: bool,
    /// Whether the body holds bare CR or LF beside CRLF.
    pub(crate) bare_newlines: bool,
    /// How many roots are trusted for BIMI's evidence documents.
    pub(crate) bimi_root_count: usize,
    /// The mailing list that it says it came through.
    pub(crate) list_id: Option<Domain>,
    /// The header block, in wire form.
    pub(crate) header: Box<[u8]>,
    recording: Option<Recording>,
}

struct Session<'a> {
    common: &'a Common,
    arguments: VerifyArguments,
    shown: Shown<'a>,
    /// Whether each message needs a heading.
    several: bool,
    run: Run,
    settings: Arc<Settings>,
    world: World,
    web: Web,
    header_words: Say,
    page: Page,
    waiting: Vec<Waiting>,
    recordings: Vec<Recording>,
    /// The envelope of the only message, for the tape's head.
    envelope: Option<Arc<auth::Envelope>>,
    message_count: usize,
    input_count: usize,
    bad_count: usize,
    code: ExitCode,
}

impl<'a> Session<'a> {
    fn start(
        common: &'a Common,
        arguments: VerifyArguments,
        shown: Shown<'a>,
        run: Run,
        replay: Option<Arc<Replay>>,
    ) -> Result<Self, Failure> {
        let mut code = ExitCode::Done;
        let world = match replay {
            Some(replay) => World::Replay(replay),
            None => match resolver(common) {
                Ok(resolver) => World::Net(resolver),
                Err(failure) if failure.code() == ExitCode::Network => {
                    // No server: everything that needs none is still told.
                    code.add(failure.tell(common.say()));
                    World::Nobody
                }
                Err(failure) => return Err(failure),
            },
        };
        let settings = Arc::new(settings(&run, common.config())?);
        let web = web(common.config(), &arguments, &world)?;
        let several = arguments.files.len() > 1 || arguments.files.iter().any(|file| file.is_dir());
        let page = Page::new(Paint::of_standard_output(), arguments.explain, several);
        Ok(Self {
            common,
            arguments,
            shown,
            several,
            run,
            settings,
            world,
            web,
            header_words: Say::new(Language::English),
            page,
            waiting: Vec::new(),
            recordings: Vec::new(),
            envelope: None,
            message_count: 0,
            input_count: 0,
            bad_count: 0,
            code,
        })
    }

    async fn run(&mut self) -> Result<(), Failure> {
        let files = std::mem::take(&mut self.arguments.files);
        for file in files {
            for input in input::expand(file) {
                self.read(input).await?;
            }
        }
        self.flush().await?;
        let is_page = matches!(self.shown, Shown::Results) && self.arguments.format == VerifyFormat::Text;
        if is_page && self.message_count > 0 {
            let end = self.page.end(self.common.say());
            print(&end)?;
        }
        if self.world.is_silent() {
            let failure = resolver(self.common).map(|resolver| silence(&resolver));
            self.code.add(failure.unwrap_or_else(|failure| failure).tell(self.common.say()));
        }
        if self.bad_count > 0 && self.input_count > 1 {
            let counts = [("count", self.bad_count.into()), ("total", self.input_count.into())];
            eprintln!("sekisho: {}", self.common.say().say("cli-some-inputs-failed", &counts));
        }
        Ok(())
    }

    /// Reads one input, and checks its messages as they come.
    async fn read(&mut self, input: Result<PathBuf, Failure>) -> Result<(), Failure> {
        let recorded = if self.arguments.tape.is_some() { Recorded::Yes } else { Recorded::No };
        let path = match input {
            Ok(path) => path,
            Err(failure) => {
                let place = Place { file: input::file_of(&failure), number: None };
                self.waiting.push(Waiting::Bad(place, failure));
                return Ok(());
            }
        };
        let mut source = match input::open(&path) {
            Ok(source) => source,
            Err((place, failure)) => {
                self.waiting.push(Waiting::Bad(place, failure));
                return Ok(());
            }
        };
        let mut intake = Intake::new(source.name(), Arc::clone(&self.settings), self.run.asked.clone(), self.run.now_s);
        loop {
            let (world, web) = (&self.world, &self.web);
            let more = source.feed(&mut intake, || world.for_message_with(web, recorded)).await;
            self.waiting.append(&mut intake.take_whole());
            let more = match more {
                Ok(more) => more,
                Err(failure) => {
                    self.waiting.push(Waiting::Bad(Place { file: source.name(), number: None }, failure));
                    break;
                }
            };
            // Who pipes messages in wants each answer as soon as it is there.
            if self.waiting.len() >= WAITING_COUNT_MAX || source.is_standard_input() {
                self.flush().await?;
            }
            if !more {
                break;
            }
            intake.progress().await;
        }
        Ok(())
    }

    /// Waits for everything that waits, and prints it in its order.
    async fn flush(&mut self) -> Result<(), Failure> {
        while !self.waiting.is_empty() {
            let count = self.waiting.len().min(WAITING_COUNT_MAX);
            let batch: Vec<Waiting> = self.waiting.drain(..count).collect();
            for done in join_all(batch.into_iter().map(Waiting::finish)).await {
                self.input_count += 1;
                match done {
                    Ok(judged) => self.show(*judged)?,
                    Err((place, failure)) => {
                        let name = heading(&place, self.common.say());
                        self.show_bad(&place, &failure.about(&name))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, mut judged: Judged) -> Result<(), Failure> {
        self.message_count += 1;
        self.recordings.extend(judged.recording.take());
        self.envelope = Some(Arc::clone(&judged.facts.envelope));
        if self.arguments.fail_on.iter().any(|method| !holds(*method, &judged.facts)) {
            self.code.add(ExitCode::DoesNotHold);
        }
        if let Shown::Letters(letters) = &mut self.shown {
            self.code.add(letters.take(&judged)?);
            return Ok(());
        }
        let say = self.common.say();
        let output = match (self.arguments.format, &self.shown) {
            (VerifyFormat::Text, Shown::Rules(judging)) => {
                let page = judging.text(&judged, self.several, Paint::of_standard_output(), say);
                if self.message_count > 1 { format!("\n{page}") } else { page }
            }
            (VerifyFormat::Json, Shown::Rules(judging)) => judging.json(&judged, say),
            (VerifyFormat::Text, _) => self.page.message(&judged, say),
            (VerifyFormat::Json, _) => json::message(&judged, &self.header(&judged.facts), say),
            (VerifyFormat::Header, _) => self.header(&judged.facts) + "\n",
        };
        print(&output)
    }

    fn show_bad(&mut self, place: &Place, failure: &Failure) -> Result<(), Failure> {
        self.bad_count += 1;
        if let Shown::Letters(letters) = &mut self.shown {
            letters.refuse(place, failure)?;
        } else if self.arguments.format == VerifyFormat::Json {
            print(&json::bad_input(place, failure, self.common.say()))?;
        }
        self.code.add(failure.tell(self.common.say()));
        Ok(())
    }

    /// The Authentication-Results field, in English: header fields are read by programs, everywhere.
    fn header(&self, facts: &Facts) -> String {
        let field = facts.authentication_results(&self.run.authserv_id, &|what| self.header_words.explain(what));
        field.to_field(facts.style(LineEnd::Lf))
    }

    fn write_tape(&self, file: &mut tape::File) -> Result<(), Failure> {
        // The envelope of one message stands for the run; several may differ, and are found again with --trace.
        let only = self.envelope.as_deref().filter(|_| self.message_count == 1);
        let head = tape::head(&self.run, only, &self.arguments.rcpt);
        file.write(&tape::joined(head, &self.recordings))
    }
}

impl Waiting {
    async fn finish(self) -> Result<Box<Judged>, (Place, Failure)> {
        match self {
            Self::Bad(place, failure) => Err((place, failure)),
            Self::Message(message) => {
                let Underway { place, check, dns, traced, bare_newlines, bimi_root_count, list_id, header } = *message;
                let facts = check.finish().await;
                let recording = dns.recording();
                Ok(Box::new(Judged {
                    place,
                    facts,
                    traced,
                    bare_newlines,
                    bimi_root_count,
                    list_id,
                    header,
                    recording,
                }))
            }
        }
    }
}

fn check_options(arguments: &VerifyArguments) -> Result<(), Failure> {
    no_control("--helo", arguments.helo.as_deref())?;
    no_control("--mail-from", arguments.mail_from.as_deref())?;
    no_control("--authserv-id", arguments.authserv_id.as_deref())?;
    arguments.rcpt.iter().try_for_each(|rcpt| no_control("--rcpt", Some(rcpt)))?;
    arguments.ip.as_deref().map_or(Ok(()), |text| ip("--ip", text).map(|_| ()))
}

fn settings(run: &Run, config: &Config) -> Result<Settings, Failure> {
    let mut settings = Settings::new(run.authserv_id.as_str());
    // Whoever verifies by hand wants to see everything; what the daemon evaluates is another matter.
    settings.methods = Methods { dns_lists: config.dns_lists(), bimi: Some(config.bimi_settings()?), ..Methods::all() };
    settings.spf_explanation = ExplanationUse::Fetch;
    settings.dkim.age = run.age;
    (settings.dmarc.method, settings.dmarc.reach) = match run.discovery {
        Discovery::Treewalk => (DiscoveryMethod::TreeWalk, Reach::AsNeeded),
        // The walk's organizational domain is shown beside the list's, so the walk is gone as well.
        Discovery::Psl => (DiscoveryMethod::SuffixList, Reach::Whole),
    };
    Ok(settings)
}

/// Where BIMI's documents come from. Nothing is connected to before a message that passed DMARC names one.
fn web(config: &Config, arguments: &VerifyArguments, world: &World) -> Result<Web, Failure> {
    if arguments.no_fetch || config.bimi_fetch == Some(false) {
        return Ok(Web::Nothing);
    }
    match world {
        World::Net(resolver) => Web::start(resolver),
        World::Replay(replay) => Ok(Web::Replay(Arc::clone(replay))),
        World::Nobody => Ok(Web::Nothing),
    }
}

/// Whom DNS is asked from.
///
/// # Errors
/// There is no server.
pub(crate) fn resolver(common: &Common) -> Result<Resolver, Failure> {
    Resolver::start(common.resolver_config()?).map_err(|error| resolver_failure(&error))
}

/// Not one answer came.
pub(crate) fn silence(resolver: &Resolver) -> Failure {
    let servers: Vec<String> = resolver.config().servers.iter().map(ToString::to_string).collect();
    let failure = Failure::new(ExitCode::Network, "cli-resolver-unusable").with("resolver", servers.join(", "));
    failure.with("reason", mailtext::Value::Word("failure-unreachable"))
}

fn holds(method: Method, facts: &Facts) -> bool {
    match method {
        Method::Spf => facts.spf.as_ref().is_some_and(|both| both.mail_from.result.verdict == Verdict::Pass),
        Method::Dkim => facts.dkim.iter().any(|outcome| outcome.result.status == Status::Pass),
        Method::Dmarc => facts.dmarc.result.result == dmarc::DmarcResult::Pass,
        Method::Arc => facts.others.arc.as_ref().is_some_and(|outcome| outcome.result.result == ChainStatus::Pass),
        Method::Iprev => {
            facts.others.iprev.as_ref().is_some_and(|outcome| outcome.result.verdict == iprev::Verdict::Pass)
        }
        Method::Bimi => facts.others.bimi.as_ref().is_some_and(|outcome| outcome.result.result == BimiResult::Pass),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
