//! `report advise`: where a domain stands on the way to `p=reject`, and what to do next.

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use dmarc::record::{Mode, Record, Testing};
use feedback::Archive as _;
use feedback::archive::{CountQuery, DomainLine, SourceLine, Volumes};
use futures_util::future::join_all;
use insight::group::{class_label, class_word};
use insight::whatif::Hit;
use insight::{Advice, Classifier, Existence, Gates, Proposal, Situation, Tally, WhatIf, advise, what_if};
use mailtext::Explain;
use net::Resolver;
use serde_json::{Value, json};
use store::SqliteArchive;

use super::ask::{Days, Format, Selection, answered, day_text, domain_of, open_existing, settle, wait};
use super::list::shown;
use super::minds::classifier_of;
use super::print;
use super::table::{Column, aligned, grouped, percent};
use crate::common::{Common, resolver_failure};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{MESSAGE_DNS_S, WAITING_COUNT_MAX};
use crate::paint::{Paint, Tone};
use crate::published::{Found, Published};
use crate::say::Say;

/// `report advise`
#[derive(Args, Debug)]
pub(super) struct AdviseArguments {
    /// The domain [default: every one of which there are reports]
    #[arg(value_name = "DOMAIN")]
    name: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// The record that stands in DNS now, so that the next one keeps what is in it [default: what DNS says]
    #[arg(long, value_name = "TXT")]
    record: Option<String>,
    /// Ask DNS neither for the record nor for names below
    #[arg(long)]
    offline: bool,
    /// What would this policy have done: "p=reject; adkim=s"
    #[arg(long, value_name = "TAGS")]
    what_if: Option<String>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &AdviseArguments) -> Result<ExitCode, Failure> {
    let selection = &arguments.selection;
    let name = arguments.name.as_deref().map(|name| domain_of("DOMAIN", name)).transpose()?;
    let proposal = arguments.what_if.as_deref().map(proposal).transpose()?;
    let mut query = selection.query(common)?;
    if let Some(name) = &name {
        query.domain = Some((name.clone(), report::query::Reach::Name));
    }
    let days = selection.days(common)?;
    let store = open_existing(common)?;
    let domains = wait(common, store.domains(selection.tenant()))?;
    let told = settle(common, Told::of(common, &store, &query))?;
    let is_meant = |domain: &&DomainLine| match &query.domain {
        Some((wanted, reach)) => mailtext::Domain::parse(&domain.domain)
            .is_ok_and(|own| own == *wanted || (*reach == report::query::Reach::Below && own.is_within(wanted))),
        None => true,
    };
    let meant: Vec<&DomainLine> = domains.iter().filter(is_meant).collect();
    let published = published(common, arguments, &meant, &told.lines)?;
    let mut out = String::new();
    for (domain, published) in meant.into_iter().zip(published) {
        let view = View { arguments, days, domain, told: &told, proposal, published };
        if !out.is_empty() && arguments.format == Format::Text {
            out.push('\n');
        }
        out.push_str(&view.shown(common.say()));
    }
    if out.is_empty() {
        out = common.say().word("reports-no-messages") + "\n";
    }
    print(&out)?;
    Ok(ExitCode::Done)
}

/// What DNS says of each domain.
///
/// # Errors
/// An option is wrong.
fn published(
    common: &Common,
    arguments: &AdviseArguments,
    domains: &[&DomainLine],
    lines: &[SourceLine],
) -> Result<Vec<Published>, Failure> {
    let not_asked = || domains.iter().map(|domain| Published::not_asked(&domain.domain)).collect();
    // A machine without a resolver is none that could be asked; an option that is wrong is told.
    let config = match common.resolver_config() {
        _ if arguments.offline => return Ok(not_asked()),
        Err(failure) if failure.code() == ExitCode::Network => return Ok(not_asked()),
        config => config?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let resolver = Resolver::start(config).map_err(|error| resolver_failure(&error))?;
        let mut published = Vec::with_capacity(domains.len());
        for some in domains.chunks(WAITING_COUNT_MAX) {
            let asked = some.iter().map(|domain| {
                let own = of_domain(lines, domain);
                let lookup = resolver.for_message(Duration::from_secs(MESSAGE_DNS_S));
                async move { Published::ask(&lookup, &domain.domain, &own).await }
            });
            published.extend(join_all(asked).await);
        }
        Ok(published)
    })
}

fn of_domain(lines: &[SourceLine], domain: &DomainLine) -> Vec<SourceLine> {
    lines.iter().filter(|line| line.domain == domain.domain).cloned().collect()
}

/// What reports tell of a period, and who judges it.
pub(crate) struct Told {
    /// The messages.
    pub(crate) lines: Vec<SourceLine>,
    /// Who judges them.
    pub(crate) classifier: Classifier,
    volumes: Volumes,
}

impl Told {
    /// Asks the store.
    ///
    /// # Errors
    /// It cannot answer.
    pub(super) async fn of(common: &Common, store: &SqliteArchive, query: &CountQuery) -> Result<Self, Failure> {
        let lines = answered(common, store.sources(query.clone())).await?;
        let volumes = answered(common, store.volumes(query.clone(), None)).await?;
        let tenant = query.tenant.as_deref().unwrap_or_default();
        let classifier = classifier_of(common, store, tenant, &lines).await?;
        Ok(Self { lines, classifier, volumes })
    }

    /// The messages of a policy domain.
    pub(crate) fn of_domain(&self, domain: &DomainLine) -> Vec<SourceLine> {
        of_domain(&self.lines, domain)
    }

    /// What the advisor has before it: `own` are the messages of the domain.
    pub(crate) fn situation<'a>(
        &self,
        domain: &'a DomainLine,
        own: &'a [SourceLine],
        record: Option<&'a str>,
        existence: &'a dyn Fn(&str) -> Existence,
    ) -> Situation<'a> {
        let volume = self.volumes.domains.get(&domain.domain).copied().unwrap_or_default();
        Situation::of(domain, own, volume, record, existence)
    }
}

/// A policy, from tags.
fn proposal(text: &str) -> Result<Proposal, Failure> {
    let (record, flaws) = Record::parse(format!("v=DMARC1; {text}").as_bytes());
    match record {
        Some(record) if flaws.is_empty() => Ok(Proposal::of_record(&record)),
        _ => Err(Failure::option("cli-bad-value", "--what-if", text)),
    }
}

/// One domain.
struct View<'a> {
    arguments: &'a AdviseArguments,
    days: Days,
    domain: &'a DomainLine,
    told: &'a Told,
    proposal: Option<Proposal>,
    published: Published,
}

impl View<'_> {
    fn shown(&self, say: &Say) -> String {
        let own = self.told.of_domain(self.domain);
        let exists = |name: &str| self.published.existence(name);
        let record = self.arguments.record.as_deref().or(self.published.text());
        let situation = self.told.situation(self.domain, &own, record, &exists);
        let classifier = &self.told.classifier;
        let advice = advise(&situation, &Gates::default(), classifier);
        let asked = self
            .proposal
            .map(|proposal| what_if(proposal, &own, &self.domain.policy, &advice.groups, classifier, &exists));
        match self.arguments.format {
            Format::Text | Format::Csv => self.text(&situation, &advice, asked.as_ref(), say),
            Format::Json => self.json(&situation, &advice, asked.as_ref(), say),
        }
    }

    fn text(&self, situation: &Situation<'_>, advice: &Advice<'_>, asked: Option<&WhatIf>, say: &Say) -> String {
        let mut out = String::new();
        let paint = Paint::of_standard_output();
        let counted = [
            ("days", u64::from(situation.day_count).into()),
            ("reporters", u64::from(situation.reporter_count).into()),
            ("messages", advice.tally.total().into()),
        ];
        let verdict = paint.tone(Tone::Strong, &say.explain(&advice.verdict));
        let _ = writeln!(out, "{verdict}   {}", say.say("reports-label-counted", &counted));
        let passed = percent(advice.now.passed.total(), advice.now.total.total());
        let _ = writeln!(out, "  {}", say.say("reports-label-passed", &[("share", passed.into())]));
        out.push_str(&hits(asked.unwrap_or(&advice.next), say));
        let _ = writeln!(out, "\n  {}", say.word("reports-label-gates"));
        for state in &advice.gates {
            let (mark, tone) = if state.is_open() { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
            let _ = writeln!(out, "  {} {}", paint.tone(tone, mark), say.explain(state));
        }
        if !advice.repairs.is_empty() {
            let _ = writeln!(out, "\n  {}", say.word("reports-label-repairs"));
            for repair in &advice.repairs {
                let _ = writeln!(out, "  {}  {}", grouped(repair.count), shown(&repair.name));
                let _ = writeln!(out, "     → {}", say.explain(repair));
            }
        }
        if advice.rung.next() != advice.rung {
            let _ = writeln!(out, "\n  {}", say.word("reports-label-next-record"));
            let publication = &advice.publication;
            let _ = writeln!(out, "  {}. IN TXT \"{}\"", publication.name.trim_end_matches('.'), publication.text);
            for note in &publication.notes {
                let _ = writeln!(out, "  · {}", say.explain(note));
            }
        }
        out.push('\n');
        for line in self.evidence(say) {
            let _ = writeln!(out, "  {line}");
        }
        out
    }

    /// What DNS said, or that it was not asked.
    fn evidence(&self, say: &Say) -> Vec<String> {
        let mut lines = Vec::new();
        if self.arguments.record.is_none() {
            lines.push(say.explain(&self.published));
        }
        let absent = self.published.absent();
        if !absent.is_empty() {
            let names = absent.iter().take(HIT_COUNT_SHOWN).copied().collect::<Vec<_>>().join(", ");
            lines.push(say.say("reports-dns-absent", &[("count", absent.len().into()), ("names", names.into())]));
        }
        let unknown = self.published.unknown_count;
        if unknown > 0 {
            lines.push(say.say("reports-dns-unknown", &[("count", unknown.into())]));
        }
        lines
    }

    /// What DNS said, as JSON.
    fn dns(&self) -> Value {
        let (result, record, failure) = match &self.published.record {
            Found::Record(text) => ("record", Some(text.as_str()), None),
            Found::Nothing => ("none", None, None),
            Found::Several(_) => ("several", None, None),
            Found::Failed(failure) => ("failed", None, Some(failure.to_string())),
            Found::NotAsked => ("not_asked", None, None),
        };
        json!({
            "name": self.published.name,
            "result": result,
            "record": record,
            "failure": failure,
            "nonexistent": self.published.absent(),
            "unknown_names": self.published.unknown_count,
        })
    }

    fn json(&self, situation: &Situation<'_>, advice: &Advice<'_>, asked: Option<&WhatIf>, say: &Say) -> String {
        let gates = advice.gates.iter().map(|state| {
            json!({"id": state.id(), "has": state.has, "wants": state.wants, "open": state.is_open(), "text": say.explain(state)})
        });
        let repairs = advice.repairs.iter().map(|repair| {
            json!({"source": repair.name, "messages": repair.count, "id": repair.id(), "text": say.explain(repair)})
        });
        let publication = &advice.publication;
        let object = json!({
            "domain": advice.domain,
            "from": day_text(self.days.from),
            "to": day_text(self.days.until),
            "verdict": advice.verdict.id(),
            "text": say.explain(&advice.verdict),
            "rung": advice.rung.as_str(),
            "next_rung": advice.rung.next().as_str(),
            "days": situation.day_count,
            "reporters": situation.reporter_count,
            "messages": advice.tally.total(),
            "classes": classes(&advice.tally),
            "gates": gates.collect::<Vec<_>>(),
            "now": object(&advice.now),
            "next": object(&advice.next),
            "what_if": asked.map(object),
            "dns": self.dns(),
            "repairs": repairs.collect::<Vec<_>>(),
            "publish": {
                "name": publication.name,
                "text": publication.text,
                "notes": publication.notes.iter().map(|note| say.explain(note)).collect::<Vec<_>>(),
            },
        });
        format!("{object}\n")
    }
}

/// A policy as the tags of a record, without those that have their default.
fn policy_text(proposal: &Proposal) -> String {
    let mut tags = vec![format!("p={}", proposal.policy.as_str())];
    let subdomains = [("sp", proposal.subdomain_policy), ("np", proposal.nonexistent_policy)];
    tags.extend(subdomains.into_iter().filter_map(|(tag, policy)| Some(format!("{tag}={}", policy?.as_str()))));
    let modes = [("adkim", proposal.modes.dkim), ("aspf", proposal.modes.spf)];
    tags.extend(modes.into_iter().filter(|(_, mode)| *mode == Mode::Strict).map(|(tag, _)| format!("{tag}=s")));
    if proposal.testing == Testing::On {
        tags.push("t=y".to_owned());
    }
    tags.join("; ")
}

/// Whom a policy would hit.
fn hits(what_if: &WhatIf, say: &Say) -> String {
    let hit = what_if.hit();
    let policy = policy_text(&what_if.proposal);
    if hit.total() == 0 {
        return format!("  {}\n", say.say("reports-hits-nobody", &[("policy", policy.into())]));
    }
    let arguments = [("policy", policy.into()), ("messages", hit.total().into())];
    let mut out = format!("  {}\n", say.say("reports-label-hits", &arguments));
    let rows: Vec<Vec<String>> = what_if
        .hits
        .iter()
        .take(HIT_COUNT_SHOWN)
        .map(|hit| {
            let tally = sum(hit);
            vec![grouped(tally.total()), say.word(class_label(tally.main())), shown(&hit.name)]
        })
        .collect();
    out.push_str(&aligned("    ", &[Column::Right, Column::Left, Column::Left], &rows));
    let more = what_if.hits.len().saturating_sub(rows.len());
    if more > 0 {
        let _ = writeln!(out, "    {}", say.say("reports-label-more-sources", &[("count", more.into())]));
    }
    out
}

fn sum(hit: &Hit) -> Tally {
    let mut tally = hit.quarantined;
    tally.join(&hit.rejected);
    tally
}

fn object(what_if: &WhatIf) -> Value {
    let hits = what_if.hits.iter().map(|hit| {
        json!({"source": hit.name, "quarantined": hit.quarantined.total(), "rejected": hit.rejected.total(),
               "classes": classes(&sum(hit))})
    });
    json!({
        "policy": policy_text(&what_if.proposal),
        "messages": what_if.total.total(),
        "pass": what_if.passed.total(),
        "untouched": what_if.untouched.total(),
        "quarantined": what_if.quarantined.total(),
        "rejected": what_if.rejected.total(),
        "classes": classes(&what_if.hit()),
        "sources": hits.collect::<Vec<_>>(),
    })
}

fn classes(tally: &Tally) -> Value {
    Tally::CLASSES
        .into_iter()
        .map(|class| (class_word(class).to_owned(), tally.of(class).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Most sources that are named.
const HIT_COUNT_SHOWN: usize = 12;
