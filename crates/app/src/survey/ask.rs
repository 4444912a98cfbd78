//! `survey FILE`: the names of a list examined, many at once – from the first, or from where an earlier run was ended.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit::survey::engine::{Asker, Engine, Heard, OptOut, Order, SendId, Settings, Transport};
use audit::survey::input::{Entry, InputError};
use audit::survey::{Examined, Method, Sample, examine, japan};
use clap::{Args, ValueHint};
use mailtext::Domain;
use net::survey::{Way, Wire, WireConfig, Word};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Duration, Instant};

use super::journal::{self, Head, Journal, JournalError};
use super::keep;
use super::list::{Chosen, List, Next, hash_of};
use super::output::{self, Counting, Groups, Manifest, MethodUsed, RESULTS_FILE, SampleUsed};
use super::progress::{Far, Progress};
use super::{record, selectors};
use crate::common::{Common, resolver_failure, runtime};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{
    SURVEY_CONCURRENCY, SURVEY_CONCURRENCY_MAX, SURVEY_OPT_OUT_BYTES_MAX, SURVEY_REFUSED_TOLD_COUNT_MAX, SURVEY_SYNC_S,
};
use crate::{survey, time};

/// `survey FILE`
#[derive(Args, Debug)]
pub(super) struct AskArguments {
    /// List of names: one a line with # comments, or CSV whose header has a column "domain"; - for standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    file: Option<String>,
    /// Directory for results, tables, charts, and the journal of what is done
    #[arg(long, value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Go on with the survey in that directory; no domain that is done is asked again
    #[arg(long)]
    resume: bool,
    /// Domains that are examined at the same time
    #[arg(long, value_name = "COUNT", default_value_t = SURVEY_CONCURRENCY)]
    concurrency: usize,
    /// Most questions a second [default: as fast as they are answered]
    #[arg(long, value_name = "COUNT")]
    rate: Option<u32>,
    /// Most questions a second about zones whose name servers have the same operator, as far as that is known
    #[arg(long, value_name = "COUNT")]
    rate_per_server: Option<u32>,
    /// Names that are not asked, each with all below it: one a line with # comments
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    opt_out: Option<PathBuf>,
    /// Examine a part of the list alone, the same each time: 1%, 0.05
    #[arg(long, value_name = "SHARE")]
    sample: Option<String>,
    /// Another seed is another sample
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "sample")]
    seed: u64,
    /// Make a table by this column of the list, or by mail, ns-operator, mx-operator, parked, and with --psl jp-type,
    /// jp-prefecture, jp-municipality; several times for several [default: every column of the list]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    group_by: Vec<String>,
    /// Public suffix list, for organizational domains, and for the kinds and places of names under .jp
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    psl: Option<PathBuf>,
    /// Selectors that signatures were seen with: a file – a domain and its selectors a line – or store, for the reports and the
    /// mail of this installation; several times for several
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    selectors_from: Vec<String>,
    /// Keep the counts in the store at the end, for the pages of surveys
    #[arg(long)]
    store: bool,
    /// What surveys that follow one another have in common [default: the name of the list]
    #[arg(long, value_name = "NAME", requires = "store")]
    study: Option<String>,
    /// Tell on standard error how far it is, even if that is no terminal
    #[arg(long)]
    progress: bool,
}

/// What is to be done, as the arguments say.
struct Plan {
    list: List,
    out: PathBuf,
    method: Arc<Method>,
    sample: Option<Sample>,
    opt_out: OptOut,
    settings: Settings,
    wire: WireConfig,
    /// What results depend on, beside the list.
    method_hash: String,
    suffix_list: String,
    begun_s: u64,
}

/// How the asking ended.
enum End {
    /// Every name is examined.
    Whole,
    /// A signal came.
    Stopped,
}

/// What is known of the list when it was read to its end.
#[derive(Default)]
struct Listed {
    columns: Vec<String>,
    names: u64,
    duplicates: u64,
    refused: u64,
    opted_out: u64,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, the list cannot be read, nobody answers, or the directory cannot be written.
pub(super) fn run(common: &Common, arguments: &AskArguments) -> Result<ExitCode, Failure> {
    let plan = plan(common, arguments)?;
    let mut journal = open(&plan, arguments.resume)?;
    let mut progress = Progress::new(common.say(), arguments.progress, journal.done.count());
    let japan = arguments.psl.as_deref().map(output::suffixes).transpose()?;
    let tables = Wanted { by: &arguments.group_by, japan: japan.as_ref() };
    let (end, listed, counted) = runtime()?.block_on(async {
        let mut asking = Asking::begin(common, &plan, &mut journal, tables)?;
        let end = asking.run(&mut progress).await?;
        Ok::<_, Failure>((end, asking.listed(), asking.counted.and_then(InOrder::whole)))
    })?;
    journal.sync().map_err(|error| unwritable(&plan.journal(), &error))?;
    if let End::Stopped = end {
        let failure = Failure::new(ExitCode::Stopped, "survey-stopped");
        return Err(failure.with("directory", plan.out.display().to_string()));
    }
    let code = if listed.refused > 0 { ExitCode::Input } else { ExitCode::Done };
    let (manifest, made) = finish(common, arguments, &plan, (&journal.head, &listed), (tables, counted))?;
    if arguments.store {
        keep::keep(common, &plan.out, &manifest, made.tables, arguments.study.as_deref())?;
    }
    Ok(code)
}

fn plan(common: &Common, arguments: &AskArguments) -> Result<Plan, Failure> {
    let file = arguments.file.as_deref().unwrap_or("-");
    let out = arguments.out.clone().unwrap_or_default();
    let resolver = common.resolver_config()?;
    let at_once = arguments.concurrency.clamp(1, SURVEY_CONCURRENCY_MAX);
    let opt_out_text = arguments.opt_out.as_deref().map(|path| text(path, SURVEY_OPT_OUT_BYTES_MAX)).transpose()?;
    let opt_out = opt_out_of(arguments, opt_out_text.as_deref().unwrap_or_default())?;
    let mut method = Method::default();
    let suffix_text = arguments.psl.as_deref().map(|path| text(path, SUFFIX_LIST_BYTES)).transpose()?;
    if let Some(text) = &suffix_text {
        let (list, _flaws) = dmarc::PublicSuffixList::parse(text);
        method.suffixes = dmarc::Suffixes::Loaded(Arc::new(list));
    }
    let sample = sample(arguments)?;
    let suffix_list = suffix_text.as_deref().map_or_else(|| "built-in".to_owned(), hash_of);
    let opted_out = opt_out_text.as_deref().map(hash_of);
    std::fs::create_dir_all(&out).map_err(|error| unwritable(&out, &error))?;
    method.learnt =
        selectors::of_survey(common, &arguments.selectors_from, &out.join(SELECTORS_FILE), &out.join(JOURNAL_FILE))?;
    let asked = (&method.label, &method.listed, &method.learnt);
    let method_hash = hash_of(&format!("{sample:?} {suffix_list} {opted_out:?} {asked:?}"));
    let list = List::open(file, &out.join(LIST_FILE)).map_err(|error| Failure::unreadable(file, &error))?;
    let settings = Settings {
        rate_per_s: arguments.rate,
        rate_per_operator_per_s: arguments.rate_per_server,
        opt_out: opt_out.clone(),
        // A try, and one that waits twice as long, and something more: about the time for one question.
        try_ms: u64::try_from(resolver.question_timeout.as_millis() / 5).unwrap_or(u64::MAX).max(1),
        ..Settings::new(resolver.servers.len(), at_once)
    };
    let in_flight = settings.in_flight.div_ceil(resolver.servers.len().max(1));
    let wire = WireConfig { servers: resolver.servers, authentic_data: resolver.authentic_data, in_flight };
    let (method, begun_s) = (Arc::new(method), common.now_s());
    Ok(Plan { list, out, method, sample, opt_out, settings, wire, method_hash, suffix_list, begun_s })
}

impl Plan {
    fn journal(&self) -> PathBuf {
        self.out.join(JOURNAL_FILE)
    }
}

/// `--sample`: `1%` and `0.01` are the same.
fn sample(arguments: &AskArguments) -> Result<Option<Sample>, Failure> {
    let Some(text) = &arguments.sample else {
        return Ok(None);
    };
    let (number, whole) = match text.strip_suffix('%') {
        Some(number) => (number, 10_000.0),
        None => (text.as_str(), 1_000_000.0),
    };
    let per_million = number.trim().parse::<f64>().ok().map(|share| (share * whole).round());
    let per_million = per_million.filter(|count| (1.0..=1_000_000.0).contains(count));
    let per_million = per_million.ok_or_else(|| Failure::option("cli-bad-value", "--sample", text))?;
    // Between 1 and a million, as was just seen.
    Ok(Some(Sample { per_million: per_million as u32, seed: arguments.seed }))
}

fn opt_out_of(arguments: &AskArguments, text: &str) -> Result<OptOut, Failure> {
    OptOut::parse(text).map_err(|error| {
        let file = arguments.opt_out.as_deref().unwrap_or(Path::new("")).display().to_string();
        Failure::new(ExitCode::Input, "survey-bad-opt-out").with("file", file).with("line", error.line)
    })
}

/// The journal of this survey: a new one, or with `--resume` the one that is there.
fn open(plan: &Plan, is_resumed: bool) -> Result<Journal, Failure> {
    let path = plan.journal();
    let head = Head { list: plan.list.hash.clone(), method: plan.method_hash.clone(), begun_s: plan.begun_s };
    let refused = |code, id| Failure::new(code, id).with("directory", plan.out.display().to_string());
    if !is_resumed {
        return Journal::create(&path, head).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => refused(ExitCode::Usage, "survey-exists"),
            _ => unwritable(&path, &error),
        });
    }
    Journal::open(&path, &head).map_err(|error| match error {
        JournalError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
            refused(ExitCode::Input, "survey-nothing-to-resume")
        }
        JournalError::Io(error) => unwritable(&path, &error),
        JournalError::NoJournal => refused(ExitCode::Input, "survey-no-journal"),
        JournalError::OtherList => refused(ExitCode::Input, "survey-other-list"),
        JournalError::OtherMethod => refused(ExitCode::Input, "survey-other-method"),
    })
}

/// An examination, boxed: the engine's jobs have a name then.
type Job = Box<dyn Fn(Asker, Domain) -> futures_util::future::BoxFuture<'static, Examined>>;

/// A survey while it asks.
struct Asking<'a, 't> {
    common: &'a Common,
    plan: &'a Plan,
    journal: &'a mut Journal,
    /// What is counted on the way; `None` where a part of the results was there before.
    counted: Option<InOrder<'t>>,
    names: Chosen,
    columns: Vec<Box<str>>,
    engine: Engine<Job, Examined>,
    wire: Wire,
    /// The group values of names that are being examined.
    groups: HashMap<u64, Vec<Box<str>>>,
    /// The next name, when there was no room for it.
    next: Option<(u64, Entry)>,
    is_read: bool,
    refused: u64,
    opted_out: u64,
    count: u64,
    done: u64,
    begun: Instant,
    synced: Instant,
    stop: [Signal; 2],
}

impl<'a, 't> Asking<'a, 't> {
    fn begin(
        common: &'a Common,
        plan: &'a Plan,
        journal: &'a mut Journal,
        tables: Wanted<'t>,
    ) -> Result<Self, Failure> {
        let internal = |error: std::io::Error| {
            Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
        };
        let names = plan.list.names(plan.sample).map_err(|error| unreadable(&error))?;
        let method = Arc::clone(&plan.method);
        let job: Job = Box::new(move |asker, name| {
            let method = Arc::clone(&method);
            Box::pin(async move { examine(&asker, &name, &method).await })
        });
        let columns: Vec<String> = names.columns().iter().map(ToString::to_string).collect();
        // A column that is not there is told now, not when all was asked.
        let counting = Counting::new(Some(&columns), tables.by, tables.japan)?;
        Ok(Self {
            counted: (journal.done.count() == 0).then(|| InOrder::new(counting)),
            columns: names.columns().to_vec(),
            done: journal.done.count(),
            engine: Engine::new(plan.settings.clone(), job),
            wire: Wire::open(plan.wire.clone()).map_err(|error| resolver_failure(&error))?,
            groups: HashMap::new(),
            next: None,
            is_read: false,
            refused: 0,
            opted_out: 0,
            count: 0,
            begun: Instant::now(),
            synced: Instant::now(),
            stop: [
                signal(SignalKind::interrupt()).map_err(internal)?,
                signal(SignalKind::terminate()).map_err(internal)?,
            ],
            common,
            plan,
            journal,
            names,
        })
    }

    /// Asks until all is done, or a signal comes.
    async fn run(&mut self, progress: &mut Progress<'_>) -> Result<End, Failure> {
        let mut heard = Vec::new();
        loop {
            self.begin_more()?;
            let deadline = self.engine.tick(self.now_us());
            self.carry_out();
            let is_new = self.keep()?;
            progress.tell(&self.far());
            if self.is_read && self.next.is_none() && self.engine.running_count() == 0 {
                progress.end(&self.far());
                return Ok(End::Whole);
            }
            if self.engine.is_dead() {
                progress.end(&self.far());
                let failure = Failure::new(ExitCode::Network, "survey-dead");
                return Err(failure.with("directory", self.plan.out.display().to_string()));
            }
            // Where results came there is room for more; what was heard meanwhile is taken on the way.
            let next_look = Instant::now() + Duration::from_millis(LOOK_MS);
            let end = deadline
                .map(|at_us| self.begun + Duration::from_micros(at_us))
                .map_or(next_look, |end| end.min(next_look));
            let end = if is_new && !self.is_read { Instant::now() } else { end };
            let [interrupt, terminate] = &mut self.stop;
            tokio::select! {
                () = self.wire.hear(&mut heard, Some(end)) => {}
                _ = interrupt.recv() => { progress.end(&self.far()); return Ok(End::Stopped) }
                _ = terminate.recv() => { progress.end(&self.far()); return Ok(End::Stopped) }
            }
            for (token, word) in heard.drain(..) {
                self.engine.heard(SendId(token), heard_of(word));
            }
        }
    }

    /// Begins examinations while there is room.
    fn begin_more(&mut self) -> Result<(), Failure> {
        while !self.is_read || self.next.is_some() {
            let Some((index, entry)) = self.take()? else {
                return Ok(());
            };
            if !self.engine.has_room(index) {
                self.next = Some((index, entry));
                return Ok(());
            }
            self.groups.insert(index, entry.groups);
            self.engine.begin(index, entry.name);
        }
        Ok(())
    }

    /// The next name that is not done yet.
    fn take(&mut self) -> Result<Option<(u64, Entry)>, Failure> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        loop {
            match self.names.next().map_err(|error| unreadable(&InputError::Io(error)))? {
                None => {
                    self.is_read = true;
                    return Ok(None);
                }
                Some(Next::Refused(refused)) => {
                    self.refused += 1;
                    if self.refused <= SURVEY_REFUSED_TOLD_COUNT_MAX {
                        Failure::new(ExitCode::Input, "survey-refused-line")
                            .with("line", refused.line)
                            .tell(self.common.say());
                    }
                }
                Some(Next::Name(index, entry)) => {
                    self.count += 1;
                    self.opted_out += u64::from(self.plan.opt_out.covers(&entry.name));
                    if !self.journal.done.has(index) {
                        return Ok(Some((index, entry)));
                    }
                }
            }
        }
    }

    fn carry_out(&mut self) {
        while let Some(order) = self.engine.next_order() {
            match order {
                Order::Send { id, question, server, transport } => {
                    let way = if transport == Transport::Udp { Way::Udp } else { Way::Tcp };
                    self.wire.send(id.0, question, server, way);
                }
                Order::Forget { id } => self.wire.forget(id.0),
            }
        }
    }

    /// Writes the results that came into the journal; whether there were any.
    fn keep(&mut self) -> Result<bool, Failure> {
        let before = self.done;
        while let Some((index, examined)) = self.engine.next_result() {
            let values = self.groups.remove(&index).unwrap_or_default();
            let groups: Groups = self.columns.iter().cloned().zip(values).collect();
            self.journal.add(index, output::line(&examined, &groups).trim_end());
            if let Some(counted) = &mut self.counted {
                counted.add(index, examined, groups);
            }
            self.done += 1;
        }
        let written = if self.synced.elapsed() >= Duration::from_secs(SURVEY_SYNC_S) {
            self.synced = Instant::now();
            self.journal.sync()
        } else {
            self.journal.write()
        };
        written.map_err(|error| unwritable(&self.plan.journal(), &error))?;
        Ok(self.done > before)
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn far(&self) -> Far {
        Far {
            done: self.done,
            read: (self.names.read_bytes(), self.plan.list.bytes),
            counts: self.engine.counts(),
            is_silent: self.engine.is_silent(),
        }
    }

    fn listed(&self) -> Listed {
        Listed {
            columns: self.columns.iter().map(ToString::to_string).collect(),
            names: self.count,
            duplicates: self.names.duplicates(),
            refused: self.refused,
            opted_out: self.opted_out,
        }
    }
}

/// Which tables are made.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    by: &'a [String],
    japan: Option<&'a japan::Suffixes>,
}

/// Counts results in the order of the list, in whatever order they come.
pub(super) struct InOrder<'a> {
    counting: Counting<'a>,
    next: u64,
    /// Those that came before their turn: as many as the engine runs ahead.
    early: BTreeMap<u64, (Examined, Groups)>,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(counting: Counting<'a>) -> Self {
        Self { counting, next: 0, early: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, index: u64, examined: Examined, groups: Groups) {
        if index != self.next {
            self.early.insert(index, (examined, groups));
            return;
        }
        self.counting.add(&examined, &groups);
        self.next += 1;
        while let Some((examined, groups)) = self.early.remove(&self.next) {
            self.counting.add(&examined, &groups);
            self.next += 1;
        }
    }

    /// The counts, unless one is missing between others.
    pub(super) fn whole(self) -> Option<Counting<'a>> {
        self.early.is_empty().then_some(self.counting)
    }
}

/// Writes the results in the order of the list, and all that is made of them.
fn finish(
    common: &Common,
    arguments: &AskArguments,
    plan: &Plan,
    (head, listed): (&Head, &Listed),
    (tables, counted): (Wanted<'_>, Option<Counting<'_>>),
) -> Result<(Manifest, output::Made), Failure> {
    let mut manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        begun: time::rfc3339(head.begun_s),
        ended: time::rfc3339(common.now_s()),
        list: output::List {
            name: arguments.file.clone().unwrap_or_default(),
            sha256: plan.list.hash.clone(),
            names: listed.names,
            duplicates: listed.duplicates,
            duplicates_unsought: 0,
            refused: listed.refused,
            opted_out: listed.opted_out,
        },
        resolvers: plan.wire.servers.iter().map(ToString::to_string).collect(),
        method: MethodUsed {
            label: plan.method.label.to_string(),
            selectors: plan.method.listed.iter().map(ToString::to_string).collect(),
            selectors_learnt: plan.method.learnt.values().map(|selectors| selectors.len() as u64).sum(),
            suffix_list: plan.suffix_list.clone(),
        },
        sample: plan.sample.map(|sample| SampleUsed { per_million: sample.per_million, seed: sample.seed }),
        groups: listed.columns.clone(),
        names: 0,
        names_unanswered: 0,
        questions_unanswered: 0,
    };
    let results = plan.out.join(RESULTS_FILE);
    let is_counted = counted.is_some();
    let mut counting = match counted {
        Some(counted) => counted,
        None => Counting::new(Some(&manifest.groups), tables.by, tables.japan)?,
    };
    let mut write = || -> std::io::Result<()> {
        use std::io::Write as _;
        let mut file = std::io::BufWriter::new(std::fs::File::create(&results)?);
        journal::in_order(&plan.journal(), |result| {
            if !is_counted {
                let (examined, groups) = record::read(result).ok_or(std::io::ErrorKind::InvalidData)?;
                counting.add(&examined, &groups);
            }
            writeln!(file, "{result}")
        })?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    write().map_err(|error| unwritable(&results, &error))?;
    manifest.names = counting.names;
    manifest.names_unanswered = counting.names_unanswered;
    manifest.questions_unanswered = counting.questions_unanswered;
    let made = output::finish(&plan.out, &manifest, counting, common.say())?;
    if let Some(table) = made.tables.first() {
        survey::print(&output::summary(table, &manifest, common.say()))?;
    }
    let files = made.files.iter().chain(std::iter::once(&results));
    survey::print(&files.map(|file| format!("{}\n", file.display())).collect::<String>())?;
    Ok((manifest, made))
}

fn heard_of(word: Word) -> Heard {
    match word {
        Word::Answer(answer) => Heard::Answer(answer),
        Word::Alias { aliases, ttl_s, dnssec } => Heard::Alias { aliases, ttl_s, dnssec },
        Word::Truncated => Heard::Truncated,
        Word::Suspicious => Heard::Suspicious,
        Word::Failed(failure) => Heard::Failed(failure),
        Word::Final(failure) => Heard::Final(failure),
    }
}

/// A file of text, of so many bytes at most.
pub(super) fn text(path: &Path, bytes_max: u64) -> Result<String, Failure> {
    use std::io::Read as _;
    let name = path.display().to_string();
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?.take(bytes_max).read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error: std::io::Error| Failure::unreadable(&name, &error))
}

fn unreadable(error: &InputError) -> Failure {
    Failure::new(ExitCode::Input, "survey-list-unreadable").with("reason", error.to_string())
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let name = path.display().to_string();
    Failure::new(ExitCode::Internal, "survey-unwritable").with("file", name).with("reason", error.to_string())
}

const JOURNAL_FILE: &str = "journal";
/// The list, when it came on standard input.
const LIST_FILE: &str = "list";
/// The selectors that were seen when the survey began.
const SELECTORS_FILE: &str = "selectors";
const SUFFIX_LIST_BYTES: u64 = 8 << 20;
/// How often it is looked how far it is, in milliseconds.
const LOOK_MS: u64 = 500;
