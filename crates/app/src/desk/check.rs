//! `sekisho check`: one domain or thousands, what each publishes, and what to do about it.

use std::borrow::Cow;
use std::io::{BufRead, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use audit::draft::{Draft, DraftError, DraftKind};
use audit::guideline::{self, Level, Met, Role};
use audit::history::Audit;
use audit::profile::{Profile, Seen};
use audit::{Desk, Known, SelectorSource, Severity, Snapshot, Subject, Usage, rule};
use clap::{Args, ValueEnum, ValueHint};
use futures_util::stream::{self, StreamExt as _};
use mailtext::{Domain, Explain as _};
use net::{Resolver, ResolverConfig};
use store::archive::AuditHistory;
use tokio::sync::mpsc;

use super::history::{self, Keep, Past};
use super::known::{Installation, Warned};
use super::message::{self, MessageArguments, Showing};
use super::profile::{self, Holding};
use super::text::Parts;
use super::world::{Elsewhere, Outside, Patient};
use super::{Checked, html, json, text, watch};
use crate::common::{Common, no_control, resolver_failure, runtime};
use crate::dns::Web;
use crate::duration;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{
    CHECK_AT_ONCE, CHECK_BURST_COUNT, CHECK_DNS_S, CHECK_LIST_BAD_COUNT_SHOWN, CHECK_LIST_BYTES_MAX,
    CHECK_NAME_CHARS_SHOWN,
};
use crate::paint::Paint;

/// `check`
#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    /// Domains; - for a list on standard input, one a line
    #[arg(required_unless_present = "message", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Whose requirements of the guideline are judged; several times for several [default: owner]
    #[arg(long, value_name = "ROLE")]
    role: Vec<RoleName>,
    /// Selector of a DKIM key, several times for several; the well-known ones are asked for in any case
    #[arg(long, value_name = "SELECTOR")]
    selector: Vec<String>,
    /// The domain is meant to send and take no mail
    #[arg(long)]
    parked: bool,
    /// Show the requirements of the guideline, too
    #[arg(long)]
    guideline: bool,
    /// Draw the SPF record with all that it includes, and what each term costs and opens
    #[arg(long)]
    spf_tree: bool,
    /// Ask each authoritative server of the zone by itself, too [default, unless --resolver names whom to ask]
    #[arg(long, overrides_with = "no_servers")]
    servers: bool,
    /// Ask the resolver alone
    #[arg(long)]
    no_servers: bool,
    /// Greet the mail hosts at port 25, as far as STARTTLS; no mail is sent
    #[arg(long)]
    greet: bool,
    /// Where a name server (port 53) or a mail host (port 25) stands, instead of at its addresses in DNS; several times for
    /// several
    #[arg(long, value_name = "HOST:PORT=ADDR:PORT")]
    connect_to: Vec<String>,
    /// Judge a record before it is published: "spf=v=spf1 -all", "dmarc=…", "dkim:SELECTOR=…"
    #[arg(long, value_name = "TYPE=TEXT")]
    record: Vec<String>,
    /// Keep this audit, for --history and for the rules that look back
    #[arg(long, conflicts_with = "record")]
    save: bool,
    /// Show the audits that were kept, and what changed between them; nobody is asked
    #[arg(long, conflicts_with_all = ["save", "watch", "record", "message"])]
    history: bool,
    /// Look again and again, and tell what changed; with --save the audits are kept
    #[arg(long, conflicts_with_all = ["record", "fail_on", "guideline", "spf_tree", "message", "profile"])]
    watch: bool,
    /// Time between two looks
    #[arg(long, value_name = "TIME", default_value = "1h", requires = "watch")]
    every: String,
    /// End with code 1 when there is a finding of this severity, or a requirement of this level that is not met
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    fail_on: Vec<FailOn>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the output here
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Hold against what a provider requires: gmail, yahoo, microsoft, guideline, or a file; several times for several
    #[arg(long, value_name = "NAME|FILE")]
    profile: Vec<String>,
    #[command(flatten)]
    message: MessageArguments,
}

/// The roles.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum RoleName {
    /// Who owns a domain and sends in its name: chapter 2
    Owner,
    /// Who sends for others: chapter 3
    Esp,
    /// Who forwards, or keeps lists: chapter 4
    Relay,
    /// Who receives: chapter 5
    Receiver,
    /// All of them
    All,
}

/// What ends the verb with code 1.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FailOn {
    /// A finding that is an error
    Error,
    /// A finding that is an error or a warning
    Warning,
    /// A Must of the guideline that is not met
    Must,
    /// A Must or a Should that is not met
    Should,
}

/// Forms of the output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// For people
    Text,
    /// One object for each domain
    Json,
    /// One file to print
    Html,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, there is no DNS, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let (names, mut code) = names(common, &arguments.domains)?;
    if arguments.format == Format::Html && (arguments.history || arguments.watch) {
        return Err(Failure::option("cli-bad-value", "--format", "html"));
    }
    let subjects = names.iter().map(|domain| subject(domain, arguments)).collect::<Result<Vec<_>, _>>()?;
    let elsewhere = elsewhere(arguments)?;
    let profiles = profile::read(&arguments.profile)?;
    let mut out: Box<dyn std::io::Write> =
        match &arguments.output {
            Some(path) => Box::new(std::io::BufWriter::new(std::fs::File::create(path).map_err(|error| {
                Failure::new(ExitCode::Input, "cli-output-failed").with("reason", error.to_string())
            })?)),
            None => Box::new(std::io::stdout().lock()),
        };
    let past = Past::open(common, if arguments.save { Keep::Yes } else { Keep::No })?;
    if arguments.history {
        return runtime()?.block_on(told_before(common, arguments, &names, &past, &mut *out)).map(|()| code);
    }
    if arguments.watch {
        let manner = watch_manner(arguments)?;
        return runtime()?.block_on(async {
            let outside = outside(common, arguments, &elsewhere)?;
            watch::run(common, (&outside, &past), &subjects, manner, &mut *out).await
        });
    }
    if arguments.format == Format::Html {
        out.write_all(html::head(common.say(), common.now_s()).as_bytes())?;
    }
    if !arguments.domains.is_empty() {
        code.add(domains((common, arguments), subjects, (&elsewhere, &past), &profiles, &mut *out)?);
    }
    if !arguments.message.message.is_empty() {
        let (format, paint, out) = (arguments.format, paint(arguments), &mut *out);
        let showing = Showing { common, format, fail_on: &arguments.fail_on, profiles: &profiles, paint, out };
        code.add(message::run(&arguments.message, showing)?);
    }
    if arguments.format == Format::Html {
        out.write_all(html::TAIL.as_bytes())?;
    }
    out.flush()?;
    Ok(code)
}

/// What was found out about a domain, and the audits before.
type Taken = (Snapshot, Known, AuditHistory);

/// Asks for the domains, several at a time, and tells of each in the order in which they were named. Asking has a thread of its own:
/// to judge, and to write what is found, takes as long, and whoever reads the output may take his time.
fn domains(
    (common, arguments): (&Common, &CheckArguments),
    subjects: Vec<Subject>,
    (elsewhere, past): (&Elsewhere, &Past),
    profiles: &[Profile],
    out: &mut dyn std::io::Write,
) -> Result<ExitCode, Failure> {
    let (sender, mut receiver) = mpsc::channel(CHECK_AT_ONCE);
    std::thread::scope(|scope| {
        let asking = scope.spawn(move || {
            runtime()?.block_on(async {
                let world = outside(common, arguments, elsewhere)?();
                ask((common, arguments), subjects, (&world, past), sender).await
            })
        });
        let mut code = ExitCode::Done;
        let mut told = Ok(());
        while let (Ok(()), Some(taken)) = (&told, receiver.blocking_recv()) {
            told = settle((common, arguments), taken, (past, profiles), out).map(|one| code.add(one));
        }
        // Where nothing more can be told, nothing more is asked.
        drop(receiver);
        let asked = asking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        told.and(asked).map(|()| code)
    })
}

/// Asks for the domains, and hands on what is found.
async fn ask(
    (common, arguments): (&Common, &CheckArguments),
    subjects: Vec<Subject>,
    (world, past): (&Outside, &Past),
    found: mpsc::Sender<Taken>,
) -> Result<(), Failure> {
    let warned = Warned::on_standard_error();
    let installation = Installation::open(common, &roles(&arguments.role), &warned).await;
    let takes = subjects.into_iter().map(|subject| Box::pin(taken(common, world, (past, &installation), subject)));
    let mut snapshots = stream::iter(takes).buffered(CHECK_AT_ONCE);
    while let Some(taken) = snapshots.next().await {
        if found.send(taken?).await.is_err() {
            return Ok(());
        }
    }
    if world.dns.resolver.counts().bytes_received == 0 {
        return Err(Failure::new(ExitCode::Network, "cli-no-dns").with("failure", mailtext::Value::Word("unreachable")));
    }
    Ok(())
}

/// Judges and tells a domain, and keeps the audit where that was asked for.
fn settle(
    (common, arguments): (&Common, &CheckArguments),
    (snapshot, mut known, history): Taken,
    (past, profiles): (&Past, &[Profile]),
    out: &mut dyn std::io::Write,
) -> Result<ExitCode, Failure> {
    let domain = &snapshot.subject.domain;
    history::fill(&mut known, domain, &history, common.config().audits.every_of(domain));
    let (told, audit) = tell(common, arguments, &Desk { snapshot: &snapshot, known: &known }, profiles, out)?;
    if let Some(audit) = audit {
        runtime()?.block_on(past.keep(common, &audit.settled(history::last(domain, &history).as_ref())))?;
    }
    Ok(told)
}

/// Where answers come from; each call gives one that has asked nobody yet.
fn outside<'a>(
    common: &'a Common,
    arguments: &'a CheckArguments,
    elsewhere: &'a Elsewhere,
) -> Result<impl Fn() -> Outside + 'a, Failure> {
    let config = ResolverConfig { burst_count: CHECK_BURST_COUNT, ..common.resolver_config()? };
    let resolver = Resolver::start(config).map_err(|error| resolver_failure(&error))?;
    let web = Web::start(&resolver)?;
    let dns = Patient { resolver, patience: Duration::from_secs(CHECK_DNS_S) };
    // Whoever names a resolver wants what can be seen through it: its DNS may be another than that of the servers.
    let asks_servers = arguments.servers || elsewhere.names_server() || !common.has_own_resolver();
    Ok(move || Outside {
        authorities: (asks_servers && !arguments.no_servers).then(|| elsewhere.authorities(&dns)),
        greeter: arguments.greet.then(|| elsewhere.greeter(&dns, &common.authserv_id(None))),
        dns: dns.clone(),
        web: web.clone(),
    })
}

/// `--connect-to`.
fn elsewhere(arguments: &CheckArguments) -> Result<Elsewhere, Failure> {
    let mut elsewhere = Elsewhere::default();
    for text in &arguments.connect_to {
        no_control("--connect-to", Some(text))?;
        elsewhere.add(text).ok_or_else(|| Failure::option("check-bad-place", "--connect-to", text))?;
    }
    Ok(elsewhere)
}

/// What a domain publishes, what is known of it here, and the audits before.
async fn taken(
    common: &Common,
    world: &Outside,
    (past, installation): (&Past, &Installation<'_>),
    subject: Subject,
) -> Result<Taken, Failure> {
    let history = past.of(common, &subject.domain).await?;
    let last = history::last(&subject.domain, &history);
    let (snapshot, known) = installation.examine(world, history::with_selectors(subject, last.as_ref())).await;
    Ok((snapshot, known, history))
}

/// `--history`.
async fn told_before(
    common: &Common,
    arguments: &CheckArguments,
    names: &[Domain],
    past: &Past,
    out: &mut dyn std::io::Write,
) -> Result<(), Failure> {
    for domain in names {
        let history = past.of(common, domain).await?;
        let shown = match arguments.format {
            Format::Json => history::line(domain, &history, common.say()),
            Format::Text | Format::Html => history::show(domain, &history, common.say(), paint(arguments)),
        };
        out.write_all(shown.as_bytes())?;
    }
    Ok(out.flush()?)
}

fn paint(arguments: &CheckArguments) -> Paint {
    if arguments.output.is_some() { Paint::Plain } else { Paint::of_standard_output() }
}

/// `--watch`.
fn watch_manner(arguments: &CheckArguments) -> Result<watch::Manner, Failure> {
    let every = duration::parse(&arguments.every).filter(|every| every.as_secs() > 0);
    let every = every.ok_or_else(|| Failure::option("cli-bad-duration", "--every", &arguments.every))?;
    Ok(watch::Manner { every, is_json: arguments.format == Format::Json, paint: paint(arguments) })
}

/// The domains; what is none is told, and the others are checked all the same. A name that comes twice is checked twice, as it was
/// asked for.
fn names(common: &Common, words: &[String]) -> Result<(Vec<Domain>, ExitCode), Failure> {
    let mut code = ExitCode::Done;
    let mut names = Vec::new();
    for word in words {
        if word == "-" {
            code.add(listed(common, std::io::stdin().lock(), &mut names)?);
        } else {
            match name(word) {
                Ok(domain) => names.push(domain),
                Err(failure) => code.add(failure.tell(common.say())),
            }
        }
    }
    Ok((names, code))
}

/// A name, as it was typed or stands in a list.
fn name(word: &str) -> Result<Domain, Failure> {
    let wrong = |id| Failure::new(ExitCode::Input, id).with("value", word);
    if word.parse::<IpAddr>().is_ok() {
        return Err(wrong("check-an-address"));
    }
    // A root that is named is no empty label: "example.jp.".
    let rooted = word.strip_suffix('.').unwrap_or(word);
    let domain = Domain::parse(rooted);
    domain.map_err(|error| wrong("check-not-a-domain").with("error", mailtext::Value::Word(error.id())))
}

/// The names of a list, one a line, with `#` before remarks. A line that is none – or is no text at all – is told with its number, and
/// the others count; of very many such lines the first are told, and how many more there are.
fn listed(common: &Common, input: impl BufRead, names: &mut Vec<Domain>) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::Done;
    let (mut input, mut bad_count, mut number) = (input.take(CHECK_LIST_BYTES_MAX + 1), 0_usize, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line).map_err(|error| Failure::unreadable("-", &error))?;
        if input.limit() == 0 {
            return Err(Failure::new(ExitCode::Input, "check-list-too-long").with("limit_bytes", CHECK_LIST_BYTES_MAX));
        }
        if read == 0 {
            break;
        }
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        match name(&shortened(text)) {
            Ok(domain) => names.push(domain),
            Err(failure) => {
                bad_count += 1;
                code.add(ExitCode::Input);
                if bad_count <= CHECK_LIST_BAD_COUNT_SHOWN {
                    Failure::new(ExitCode::Input, "check-line")
                        .with("number", number)
                        .with("message", common.say().explain(&failure))
                        .tell(common.say());
                }
            }
        }
    }
    if let more @ 1.. = bad_count.saturating_sub(CHECK_LIST_BAD_COUNT_SHOWN) {
        Failure::new(ExitCode::Input, "check-lines-more").with("count", more).tell(common.say());
    }
    Ok(code)
}

/// What is too long for a name in any writing is told by its beginning.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CHECK_NAME_CHARS_SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn subject(domain: &Domain, arguments: &CheckArguments) -> Result<Subject, Failure> {
    let mut subject = Subject::new(domain.clone());
    if arguments.parked {
        subject.usage = Usage::Parked;
    }
    for selector in &arguments.selector {
        no_control("--selector", Some(selector))?;
        subject.selectors.push((selector.to_ascii_lowercase().into(), SelectorSource::Given));
    }
    for record in &arguments.record {
        no_control("--record", Some(record))?;
        let wrong = || Failure::option("check-bad-record", "--record", record);
        let (kind, text) = record.split_once('=').ok_or_else(wrong)?;
        let kind = DraftKind::parse(kind).ok_or_else(wrong)?;
        let draft = Draft::new(domain, kind, text.as_bytes());
        subject.drafts.push(draft.map_err(|error: DraftError| match error {
            DraftError::TooLong => Failure::option("check-record-too-long", "--record", "…"),
            DraftError::Kind | DraftError::Name => wrong(),
        })?);
    }
    Ok(subject)
}

/// Judges a domain, tells it, and says whether what was asked about holds; the audit, where it is to be kept.
fn tell(
    common: &Common,
    arguments: &CheckArguments,
    desk: &Desk<'_>,
    profiles: &[Profile],
    out: &mut dyn std::io::Write,
) -> Result<(ExitCode, Option<Audit>), Failure> {
    let findings = rule::judge_domain(desk);
    let answered = guideline::judge(desk, &findings, &roles(&arguments.role));
    let of_all = if profiles.is_empty() { Vec::new() } else { guideline::judge(desk, &findings, &Role::ALL) };
    let seen = Seen {
        desk: Some(desk),
        letter: None,
        findings: &findings,
        guideline: &of_all,
        spam_rate: arguments.message.spam_rate,
        is_bulk: arguments.message.bulk,
        statements: &desk.known.statements,
    };
    let profiles: Vec<_> =
        profiles.iter().map(|profile| Holding { profile, held: audit::profile::judge(profile, &seen) }).collect();
    let checked = Checked { snapshot: desk.snapshot, findings: &findings, guideline: &answered, profiles: &profiles };
    let say = common.say();
    let shown = match arguments.format {
        Format::Text => {
            let parts = Parts { guideline: arguments.guideline, spf_tree: arguments.spf_tree };
            text::show(&checked, parts, say, paint(arguments))
        }
        Format::Json => json::line(&checked, say),
        Format::Html => html::section(&checked, say),
    };
    out.write_all(shown.as_bytes())?;
    let code = if fails(arguments, &checked) { ExitCode::DoesNotHold } else { ExitCode::Done };
    let audit = arguments.save.then(|| Audit::of(desk.snapshot, &findings, &answered, desk.known.now_s));
    Ok((code, audit))
}

fn fails(arguments: &CheckArguments, checked: &Checked<'_>) -> bool {
    let found = |least: Severity| checked.findings.iter().any(|finding| finding.severity >= least);
    let unmet = |least: Level| {
        let of = |one: &&guideline::Answered<'_>| one.requirement.level >= least;
        checked.guideline.iter().filter(of).any(|one| matches!(one.met, Met::NotMet | Met::Partial))
            || checked.profiles.iter().any(|profile| profile.fails(least))
    };
    arguments.fail_on.iter().any(|what| match what {
        FailOn::Error => found(Severity::Error),
        FailOn::Warning => found(Severity::Warning),
        FailOn::Must => unmet(Level::Must),
        FailOn::Should => unmet(Level::Should),
    })
}

fn roles(names: &[RoleName]) -> Vec<Role> {
    if names.is_empty() {
        return vec![Role::Owner];
    }
    let wanted = |role: &Role| {
        names.iter().any(|name| match name {
            RoleName::All => true,
            RoleName::Owner => *role == Role::Owner,
            RoleName::Esp => *role == Role::Provider,
            RoleName::Relay => *role == Role::Relay,
            RoleName::Receiver => *role == Role::Receiver,
        })
    };
    Role::ALL.into_iter().filter(wanted).collect()
}
