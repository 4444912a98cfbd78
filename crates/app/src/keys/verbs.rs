//! `key new | list | show | rotate | retire | revoke | export | import | publish`.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use dkim::publish::public_text;
use dkim::{KeyKind, PrivateKey};
use mailtext::Domain;
use net::Resolver;
use outgoing::rotation::{Book, Line, LineId, Place, Refusal, Standing};

use super::pass::{Keys, Report};
use super::show::{self, ReportFormat};
use super::signing::Source;
use super::store::{Lock, Store};
use super::world::{Network, Published};
use super::{sealing, store, told};
use crate::common::{Common, resolver_failure};
use crate::config::KeysConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::KEYS_LIST_BYTES_MAX;

/// `key`
#[derive(Args, Debug)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    verb: KeyVerb,
}

/// What is wanted of keys.
#[derive(Subcommand, Debug)]
enum KeyVerb {
    /// Make the first keys of domains, and publish them
    New(NewArguments),
    /// All keys with their stages
    List(ListArguments),
    /// The keys of a domain: their records, what name servers show of them, and why they wait
    Show(ShowArguments),
    /// Begin the next key, and lead on what is due
    Rotate(RotateArguments),
    /// Let a key go in good order, or the whole domain give up signing
    Retire(RetireArguments),
    /// Revoke a key now, whatever mail is on its way
    Revoke(RevokeArguments),
    /// Print or write a private key
    Export(ExportArguments),
    /// Take over a private key that exists
    Import(ImportArguments),
    /// Bring into DNS what should be there, or print it
    Publish(PublishArguments),
}

/// Which algorithms.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithms {
    /// A key of each
    Both,
    /// RSA with 2048 bits
    Rsa,
    /// Ed25519
    Ed25519,
}

#[derive(Args, Debug)]
struct NewArguments {
    /// The domains that sign (d=)
    #[arg(value_name = "DOMAIN")]
    domains: Vec<String>,
    /// A file with more of them, one a line; - for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from: Option<PathBuf>,
    /// Algorithms [default: algorithm under [keys], which is both]
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Option<Algorithms>,
    /// Selector of the first key, with one algorithm [default: by the template under [keys]]
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Publish in the zone of provider_zone, to which the domain leads by CNAME records that never change
    #[arg(long)]
    cname: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Of these domains [default: all]
    #[arg(value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct ShowArguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// This key alone
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: show::ShowFormat,
}

#[derive(Args, Debug)]
struct RotateArguments {
    /// Begin the next key of these domains
    #[arg(value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Begin the next key of every domain
    #[arg(long, conflicts_with = "domains")]
    all: bool,
    /// Begin nothing that is not due: look at name servers and reports, and lead every line on as far as it goes
    #[arg(long, conflicts_with_all = ["domains", "all"])]
    due: bool,
    /// The keys that sign are known to somebody else: revoke them now. Their successors sign as soon as they can be seen;
    /// until then nothing does
    #[arg(long, requires = "domains")]
    compromised: bool,
    /// Of this algorithm alone
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Option<Algorithms>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct RetireArguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// This key: one that waits is taken back, one that signs gives way to its successor [default: the domain gives up
    /// signing]
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct RevokeArguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// The key
    #[arg(long, value_name = "NAME")]
    selector: String,
    /// Somebody else may know it: revoke it though it signs and no other is ready
    #[arg(long)]
    compromised: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct ExportArguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// The key
    #[arg(long, value_name = "NAME")]
    selector: String,
    /// Into this file, which its owner alone can read [default: standard output]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct ImportArguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// The selector under which it is, or will be, published
    #[arg(long, value_name = "NAME")]
    selector: String,
    /// The private key: PEM, or the base64 of an Ed25519 seed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: PathBuf,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

#[derive(Args, Debug)]
struct PublishArguments {
    /// Of these domains [default: all]
    #[arg(value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Print the records instead: as lines of a zone, or as input of nsupdate
    #[arg(long, value_name = "FORM")]
    print: Option<show::RecordForm>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

/// Does what is asked of keys.
///
/// # Errors
/// An option is wrong, the store cannot be used, a command is refused, or a record could not be published.
pub(crate) fn run(common: &Common, arguments: &KeyArguments) -> Result<ExitCode, Failure> {
    let source = Source::of(common);
    match &arguments.verb {
        KeyVerb::New(arguments) => new(common, &source, arguments),
        KeyVerb::List(arguments) => list(&source, arguments),
        KeyVerb::Show(arguments) => show_domain(common, &source, arguments),
        KeyVerb::Rotate(arguments) => rotate(common, &source, arguments),
        KeyVerb::Retire(arguments) => retire(common, &source, arguments),
        KeyVerb::Revoke(arguments) => revoke(common, &source, arguments),
        KeyVerb::Export(arguments) => export(&source, arguments),
        KeyVerb::Import(arguments) => import(common, &source, arguments),
        KeyVerb::Publish(arguments) => publish(common, &source, arguments),
    }
}

fn new(common: &Common, source: &Source, arguments: &NewArguments) -> Result<ExitCode, Failure> {
    let mut wanted = domains(&arguments.domains)?;
    if let Some(file) = &arguments.from {
        wanted.extend(listed(file)?);
    }
    if wanted.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "cli-option-missing").with("option", "DOMAIN"));
    }
    let kinds = arguments.algorithm.map_or_else(|| source.config.algorithms.clone(), Algorithms::kinds);
    let place = if arguments.cname {
        let missing = || Failure::new(ExitCode::Configuration, "keys-no-provider-zone");
        source.config.provider().ok_or_else(missing)?
    } else {
        Place::Own
    };
    let selector = arguments.selector.as_deref().map(|text| name("--selector", text)).transpose()?;
    if selector.is_some() && (kinds.len() > 1 || wanted.len() > 1) {
        let failure = Failure::new(ExitCode::Usage, "cli-option-needs");
        return Err(failure.with("option", "--selector").with("other", "--algorithm"));
    }
    let turn = Turn { common, source, format: arguments.format };
    let mut ids = BTreeSet::new();
    let now_s = common.now_s();
    let store = source.store()?;
    turn.run(&store, |keys, book, lock| {
        for domain in &wanted {
            for kind in &kinds {
                let line = Line::new(domain.clone(), *kind, place.clone());
                let id = book.add(line).map_err(|refusal| about(domain, &refusal))?;
                if let Some(selector) = &selector {
                    keys.make_one(lock, book, &id, selector, now_s)?;
                }
                ids.insert(id);
            }
        }
        Ok(ids.clone())
    })
}

fn list(source: &Source, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let wanted = domains(&arguments.domains)?;
    let book = source.store()?.load()?;
    let is_wanted = |id: &LineId| wanted.is_empty() || wanted.contains(&id.domain);
    print(&show::list(&book, &is_wanted, arguments.format))
}

fn show_domain(common: &Common, source: &Source, arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let domain = name("DOMAIN", &arguments.domain)?;
    let selector = arguments.selector.as_deref().map(|text| name("--selector", text)).transpose()?;
    let store = source.store()?;
    let book = store.load()?;
    if book.of_domain(&domain).next().is_none() {
        return Err(unknown(&domain));
    }
    if let Some(selector) = &selector
        && book.find(&domain, selector).is_none()
    {
        return Err(about(&domain, &Refusal::UnknownSelector));
    }
    let lines = book.of_domain(&domain).map(|(_, line)| line);
    if let Some(form) = arguments.format.records() {
        return print(&show::records(lines, selector.as_ref(), form, source.config.settings.ttl_s));
    }
    let sight = runtime()?.block_on(async {
        let world = network(common, &source.config)?;
        let keys = Keys { store: &store, config: &source.config, world };
        Ok::<_, Failure>(keys.look(&book, &domain, common.now_s()).await)
    })?;
    let shown = show::Shown { source, book: &book, domain: &domain, selector: selector.as_ref(), sight: &sight };
    print(&shown.text(common, arguments.format))
}

fn rotate(common: &Common, source: &Source, arguments: &RotateArguments) -> Result<ExitCode, Failure> {
    let wanted = domains(&arguments.domains)?;
    if wanted.is_empty() && !arguments.all && !arguments.due {
        return Err(Failure::new(ExitCode::Usage, "cli-option-missing").with("option", "DOMAIN, --all, --due"));
    }
    let turn = Turn { common, source, format: arguments.format };
    let (now_s, settings) = (common.now_s(), &source.config.settings);
    let is_kind = |line: &Line| arguments.algorithm.is_none_or(|only| only.kinds().contains(&line.kind));
    turn.run(&source.store()?, |_, book, _| {
        let ids = chosen(book, &wanted)?;
        for id in ids.iter().filter(|_| !arguments.due) {
            let Some(line) = book.line_mut(id).filter(|line| is_kind(line)) else { continue };
            let active = line.active().map(|key| key.selector.clone());
            let asked = match active.filter(|_| arguments.compromised) {
                Some(active) => line.revoke(&active, Standing::Compromised, now_s, settings),
                None => line.rotate(),
            };
            match asked {
                // Of many lines some may be under way.
                Err(Refusal::AlreadySo | Refusal::Ending) => {}
                other => other.map_err(|refusal| about(&id.domain, &refusal))?,
            }
        }
        Ok(ids)
    })
}

fn retire(common: &Common, source: &Source, arguments: &RetireArguments) -> Result<ExitCode, Failure> {
    let domain = name("DOMAIN", &arguments.domain)?;
    let selector = arguments.selector.as_deref().map(|text| name("--selector", text)).transpose()?;
    let turn = Turn { common, source, format: arguments.format };
    let (now_s, settings) = (common.now_s(), &source.config.settings);
    turn.run(&source.store()?, |_, book, _| {
        let ids = chosen(book, std::slice::from_ref(&domain))?;
        match &selector {
            None => {
                for id in &ids {
                    let _ = book.line_mut(id).map(|line| line.end(now_s, settings));
                }
            }
            Some(selector) => {
                with_key(book, &domain, selector, |line| line.retire(selector, now_s, settings))?;
            }
        }
        Ok(ids)
    })
}

fn revoke(common: &Common, source: &Source, arguments: &RevokeArguments) -> Result<ExitCode, Failure> {
    let (domain, selector) = (name("DOMAIN", &arguments.domain)?, name("--selector", &arguments.selector)?);
    let turn = Turn { common, source, format: arguments.format };
    let (now_s, settings) = (common.now_s(), &source.config.settings);
    let standing = if arguments.compromised { Standing::Compromised } else { Standing::Secret };
    turn.run(&source.store()?, |_, book, _| {
        with_key(book, &domain, &selector, |line| line.revoke(&selector, standing, now_s, settings))?;
        chosen(book, std::slice::from_ref(&domain))
    })
}

fn export(source: &Source, arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let (domain, selector) = (name("DOMAIN", &arguments.domain)?, name("--selector", &arguments.selector)?);
    let pem = source.store()?.pem(&domain, &selector)?;
    match &arguments.output {
        Some(file) => store::write_secret(file, pem.as_bytes()).map(|()| ExitCode::Done),
        None => print(&pem),
    }
}

fn import(common: &Common, source: &Source, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let (domain, selector) = (name("DOMAIN", &arguments.domain)?, name("--selector", &arguments.selector)?);
    let file = arguments.key.display().to_string();
    let pem = sealing::secret_text(&arguments.key)?;
    let unusable = |error: dkim::PrivateKeyError| {
        Failure::new(ExitCode::Input, "serve-key-unusable")
            .with("file", file.as_str())
            .with("reason", error.to_string())
    };
    let key = PrivateKey::parse(&pem).map_err(unusable)?;
    let turn = Turn { common, source, format: arguments.format };
    let now_s = common.now_s();
    let store = source.store()?;
    turn.run(&store, |_, book, lock| {
        let id = LineId::new(domain.clone(), key.kind());
        if book.line(&id).is_none() {
            let line = Line::new(domain.clone(), key.kind(), Place::Own);
            book.add(line).map_err(|refusal| about(&domain, &refusal))?;
        }
        if book.find(&domain, &selector).is_some() {
            return Err(about(&domain, &Refusal::SelectorTaken));
        }
        let staged = book.line_mut(&id).map(|line| line.stage(selector.clone(), &public_text(&key), now_s));
        staged.transpose().map_err(|refusal| about(&domain, &refusal))?;
        store.keep(lock, &domain, &selector, &pem)?;
        Ok(BTreeSet::from([id]))
    })
}

fn publish(common: &Common, source: &Source, arguments: &PublishArguments) -> Result<ExitCode, Failure> {
    let wanted = domains(&arguments.domains)?;
    let store = source.store()?;
    if let Some(form) = arguments.print {
        let book = store.load()?;
        let ids = chosen(&book, &wanted)?;
        let lines = ids.iter().filter_map(|id| book.line(id));
        return print(&show::records(lines, None, form, source.config.settings.ttl_s));
    }
    let turn = Turn { common, source, format: arguments.format };
    turn.run(&store, |_, book, _| chosen(book, &wanted))
}

/// A turn that somebody asks for.
struct Turn<'a> {
    common: &'a Common,
    source: &'a Source,
    format: ReportFormat,
}

impl Turn<'_> {
    /// Follows a command, turns the lines that it names, and shows what came of it.
    fn run(
        &self,
        store: &Store,
        command: impl FnOnce(&Keys<'_, Network<'_>>, &mut Book, &Lock) -> Result<BTreeSet<LineId>, Failure>,
    ) -> Result<ExitCode, Failure> {
        let report = runtime()?.block_on(async {
            let world = network(self.common, &self.source.config)?;
            let keys = Keys { store, config: &self.source.config, world };
            keys.pass(self.common.now_s(), |book, lock| command(&keys, book, lock)).await
        })?;
        print(&show::report(&report, self.common, self.source, self.format))?;
        Ok(self.ended(&report))
    }

    /// What could not be done is told on standard error, each thing once.
    fn ended(&self, report: &Report) -> ExitCode {
        let failed = report.published.iter().filter_map(|(_, _, published)| match published {
            Published::Failed(failure) => Some(failure),
            _ => None,
        });
        let mut seen: Vec<&Failure> = Vec::new();
        let mut code = ExitCode::Done;
        for failure in report.failures.iter().chain(failed) {
            if !seen.contains(&failure) {
                seen.push(failure);
                code = failure.tell(self.common.say());
            }
        }
        code
    }
}

impl Algorithms {
    fn kinds(self) -> Vec<KeyKind> {
        match self {
            Self::Both => vec![KeyKind::Rsa, KeyKind::Ed25519],
            Self::Rsa => vec![KeyKind::Rsa],
            Self::Ed25519 => vec![KeyKind::Ed25519],
        }
    }
}

/// The lines of these domains, or all.
fn chosen(book: &Book, domains: &[Domain]) -> Result<BTreeSet<LineId>, Failure> {
    if let Some(domain) = domains.iter().find(|domain| book.of_domain(domain).next().is_none()) {
        return Err(unknown(domain));
    }
    let is_chosen = |id: &&LineId| domains.is_empty() || domains.contains(&id.domain);
    Ok(book.lines().map(|(id, _)| id).filter(is_chosen).cloned().collect())
}

fn with_key(
    book: &mut Book,
    domain: &Domain,
    selector: &Domain,
    command: impl FnOnce(&mut Line) -> Result<(), Refusal>,
) -> Result<(), Failure> {
    let refused = |refusal: Refusal| about(domain, &refusal);
    let id = book.find(domain, selector).map(|(id, _)| id.clone()).ok_or_else(|| refused(Refusal::UnknownSelector))?;
    book.line_mut(&id).map_or(Ok(()), command).map_err(refused)
}

fn network<'a>(common: &Common, config: &'a KeysConfig) -> Result<Network<'a>, Failure> {
    let resolver = Resolver::start(common.resolver_config()?).map_err(|error| resolver_failure(&error))?;
    Ok(Network::new(config, resolver, common.reports_file()))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string()))
}

fn domains(texts: &[String]) -> Result<Vec<Domain>, Failure> {
    texts.iter().map(|text| name("DOMAIN", text)).collect()
}

/// The names of a file, one a line; `#` begins a comment.
fn listed(file: &Path) -> Result<Vec<Domain>, Failure> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(KEYS_LIST_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(KEYS_LIST_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::unreadable(&file.display().to_string(), &error))?;
    let names = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    names.filter(|line| !line.is_empty()).map(|line| name("--from", line)).collect()
}

fn name(option: &'static str, text: &str) -> Result<Domain, Failure> {
    Domain::parse(text).map_err(|_| Failure::option("cli-bad-value", option, text))
}

fn about(domain: &Domain, refusal: &Refusal) -> Failure {
    told(ExitCode::Usage, refusal, &[("domain", domain.as_str().into())])
}

fn unknown(domain: &Domain) -> Failure {
    Failure::new(ExitCode::Input, "keys-unknown-domain").with("domain", domain.as_str())
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}
