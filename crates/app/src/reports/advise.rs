//! `report advise`: where a domain stands on the way to `p=reject`, and what to do next.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;
use dmarc::record::{Mode, Record, Testing};
use feedback::Archive as _;
use feedback::archive::{CountLine, Division, DomainLine, SourceLine};
use insight::group::{class_label, class_word};
use insight::whatif::Hit;
use insight::{Advice, Classifier, Existence, Gates, Proposal, Situation, Tally, WhatIf, advise, what_if};
use mailtext::Explain;
use serde_json::{Value, json};

use super::ask::{Days, Format, Selection, day_text, domain_of, open_existing, wait};
use super::list::shown;
use super::minds::classifier_for;
use super::print;
use super::table::{Column, aligned, grouped, percent};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{Paint, Tone};
use crate::say::Say;

/// `report advise`
#[derive(Args, Debug)]
pub(super) struct AdviseArguments {
    /// The domain [default: every one of which there are reports]
    #[arg(value_name = "DOMAIN")]
    name: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// The record that stands in DNS now, so that the next one keeps what is in it
    #[arg(long, value_name = "TXT")]
    record: Option<String>,
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
    let lines = wait(common, store.sources(query.clone()))?;
    let by = Division { day: true, domain: true, reporter: true, ..Division::default() };
    let counts = wait(common, store.counts(query.clone(), by))?;
    let domains = wait(common, store.domains(selection.tenant()))?;
    let classifier = classifier_for(common, &store, selection.tenant().unwrap_or_default(), &lines)?;
    let mut out = String::new();
    let is_meant = |domain: &&DomainLine| match &query.domain {
        Some((wanted, reach)) => mailtext::Domain::parse(&domain.domain)
            .is_ok_and(|own| own == *wanted || (*reach == report::query::Reach::Below && own.is_within(wanted))),
        None => true,
    };
    for domain in domains.iter().filter(is_meant) {
        let view = View { arguments, days, domain, counts: &counts, classifier: &classifier, proposal };
        if !out.is_empty() && arguments.format == Format::Text {
            out.push('\n');
        }
        out.push_str(&view.told(&lines, common.say()));
    }
    if out.is_empty() {
        out = common.say().word("reports-no-messages") + "\n";
    }
    print(&out)?;
    Ok(ExitCode::Done)
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
    counts: &'a [CountLine],
    classifier: &'a Classifier,
    proposal: Option<Proposal>,
}

impl View<'_> {
    fn told(&self, lines: &[SourceLine], say: &Say) -> String {
        let own: Vec<SourceLine> = lines.iter().filter(|line| line.domain == self.domain.domain).cloned().collect();
        let of_domain = || self.counts.iter().filter(|line| line.domain.as_ref() == Some(&self.domain.domain));
        let reporters: BTreeSet<_> = of_domain().filter_map(|line| line.reporter.as_ref()).collect();
        let seen_days: BTreeSet<_> = of_domain().filter_map(|line| line.day).collect();
        let exists = |_: &str| Existence::Exists;
        let situation = Situation {
            policy: &self.domain.policy,
            record: self.arguments.record.as_deref(),
            lines: &own,
            day_count: u32::try_from(seen_days.len()).unwrap_or(u32::MAX),
            reporter_count: u32::try_from(reporters.len()).unwrap_or(u32::MAX),
            existence: &exists,
        };
        let advice = advise(&situation, &Gates::default(), self.classifier);
        let asked = self
            .proposal
            .map(|proposal| what_if(proposal, &own, &self.domain.policy, &advice.groups, self.classifier, &exists));
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
        out
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
