//! Where a domain stands on the way to `reject`, what keeps it from the next rung, what to publish then – and whom any
//! other policy would hit.

use feedback::archive::DomainLine;
use insight::advise::{Rung, Unseen};
use insight::group::class_word;
use insight::whatif::Hit;
use insight::{Gates, Proposal, Tally, WhatIf, advise, what_if};
use mailtext::Domain;
use maud::{Markup, html};
use report::row::{Mode, Policy, Testing};
use serde_json::{Value, json};

use super::overview::ladder;
use super::source::{Told, id_of, of_days, to_source};
use crate::ask::{Period, Query, View, Visit, day_text};
use crate::data::{Cell, Column, Table, grouped};
use crate::judged::Judged;
use crate::limits::{DOWNLOAD_ROW_COUNT_MAX, PAGE_ROW_COUNT};
use crate::page::Page;
use crate::parts::{Tone, class, code, days, downloads, filter, left, notice, record, safe, state};
use crate::screen::{Fresh, Kind, Parameter, Screen};
use crate::sources::{Published, Sources};
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Ladder;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    domains: Vec<OfDomain>,
}

/// A domain.
struct OfDomain {
    name: String,
    verdict: Told,
    rung: Rung,
    gates: Vec<GateShown>,
    tally: Tally,
    /// Messages of sources too small to be told apart.
    left: u64,
    day_count: u32,
    reporter_count: u32,
    now: WhatIf,
    next: WhatIf,
    asked: Option<WhatIf>,
    repairs: Vec<RepairShown>,
    unseen: Vec<Told>,
    publication: (String, String),
    notes: Vec<Told>,
    published: Published,
}

/// Something that is asked for before the next rung.
struct GateShown {
    told: Told,
    has: u64,
    wants: u64,
    is_open: bool,
}

/// Something to repair.
struct RepairShown {
    told: Told,
    id: String,
    name: String,
    count: u64,
}

/// A policy that is asked for: what is not said stays as it is.
#[derive(Clone, Copy, Default)]
struct Wanted {
    p: Option<Policy>,
    sp: Option<Below>,
    np: Option<Below>,
    adkim: Option<Mode>,
    aspf: Option<Mode>,
    t: Option<Testing>,
}

/// A policy for names below.
#[derive(Clone, Copy)]
enum Below {
    /// The same as the one above it.
    Absent,
    /// Its own.
    Is(Policy),
}

impl Screen for Ladder {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let wanted = Wanted::of(&visit.query)?;
        let judged = Judged::of(visit).await?;
        let mut lines: Vec<&DomainLine> = judged.domains.iter().collect();
        lines.sort_by_key(|line| {
            std::cmp::Reverse(judged.lines(line).iter().fold(0_u64, |sum, line| sum.saturating_add(line.count)))
        });
        let mut domains = Vec::new();
        for line in lines.into_iter().take(PAGE_ROW_COUNT) {
            let published = match Domain::parse(&line.domain) {
                Ok(domain) => visit.sources.published(&domain, &judged.below(line)).await,
                Err(_) => Published::default(),
            };
            domains.push(of_domain(&judged, line, published, wanted));
        }
        Ok(Data { period: judged.period, names: judged.names, domains })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let body = html! {
            (filter(view, &data.names, &html! {}))
            @if data.domains.is_empty() { p .nothing { (view.word("page-nothing")) } }
            @if let [domain] = data.domains.as_slice() { (whole(domain, view)) }
            @else { div .cards { @for domain in &data.domains { (card(domain, view)) } } }
            (downloads(view, &Self::tables(data, view)))
        };
        Page::new(view.word("page-label-ladder"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        json!({
            "from": day_text(data.period.from_day),
            "to": day_text(data.period.until_day.saturating_sub(1)),
            "domains": data.domains.iter().map(|domain| domain.json(view)).collect::<Vec<_>>(),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut outcomes = outcome_table(view);
        let mut hits = hit_table(view);
        for domain in &data.domains {
            for (which, what_if) in domain.policies() {
                outcomes.rows.push(outcome_row(domain, which, what_if, view));
                let rows = what_if.hits.iter().map(|hit| hit_row(domain, what_if, hit, view));
                hits.rows.extend(rows.take(DOWNLOAD_ROW_COUNT_MAX - hits.rows.len()));
            }
        }
        vec![outcomes, hits]
    }
}

impl Wanted {
    /// # Errors
    /// A tag says nothing that a record could say.
    fn of(query: &Query) -> Result<Self, Trouble> {
        let policy = |text: &str| Policy::parse(text.as_bytes());
        let below = |text: &str| match text {
            "absent" => Some(Below::Absent),
            _ => policy(text).map(Below::Is),
        };
        let mode = |text: &str| match text {
            "r" => Some(Mode::Relaxed),
            "s" => Some(Mode::Strict),
            _ => None,
        };
        let testing = |text: &str| match text {
            "y" => Some(Testing::On),
            "n" => Some(Testing::Off),
            _ => None,
        };
        Ok(Self {
            p: query.read("p", policy)?,
            sp: query.read("sp", below)?,
            np: query.read("np", below)?,
            adkim: query.read("adkim", mode)?,
            aspf: query.read("aspf", mode)?,
            t: query.read("t", testing)?,
        })
    }

    /// The policy that is asked for, where one is.
    fn proposal(self, now: &Proposal) -> Option<Proposal> {
        let Self { p, sp, np, adkim, aspf, t } = self;
        let is_any = p.is_some() || sp.is_some() || np.is_some() || adkim.is_some() || aspf.is_some() || t.is_some();
        let own = |below: Option<Below>, now: Option<Policy>| match below {
            None => now,
            Some(Below::Absent) => None,
            Some(Below::Is(policy)) => Some(policy),
        };
        let mut proposal = *now;
        proposal.policy = p.unwrap_or(now.policy);
        proposal.subdomain_policy = own(sp, now.subdomain_policy);
        proposal.nonexistent_policy = own(np, now.nonexistent_policy);
        proposal.modes.dkim = adkim.unwrap_or(now.modes.dkim);
        proposal.modes.spf = aspf.unwrap_or(now.modes.spf);
        proposal.testing = t.unwrap_or(now.testing);
        is_any.then_some(proposal)
    }
}

fn of_domain(judged: &Judged, line: &DomainLine, published: Published, wanted: Wanted) -> OfDomain {
    let classifier = &judged.classifier;
    let existence = |name: &str| published.existence(name);
    let situation = judged.situation(line, &published, &existence);
    let advice = advise(&situation, &Gates::default(), classifier);
    let asked = wanted.proposal(&advice.now.proposal);
    let asked =
        asked.map(|proposal| what_if(proposal, situation.lines, &line.policy, &advice.groups, classifier, &existence));
    let gates = advice.gates.iter().map(|state| GateShown {
        told: Told::of(state),
        has: state.has,
        wants: state.wants,
        is_open: state.is_open(),
    });
    let repairs = advice.repairs.iter().map(|repair| RepairShown {
        told: Told::of(repair),
        id: id_of(&repair.sender),
        name: repair.name.to_string(),
        count: repair.count,
    });
    let (gates, repairs) = (gates.collect(), repairs.collect());
    OfDomain {
        name: line.domain.to_string(),
        verdict: Told::of(&advice.verdict),
        rung: advice.rung,
        gates,
        tally: advice.tally,
        left: judged.left(line),
        day_count: situation.day_count,
        reporter_count: situation.reporter_count,
        asked,
        repairs,
        unseen: advice.unseen.iter().map(|sender| Told::of(&Unseen(sender))).collect(),
        notes: advice.publication.notes.iter().map(|note| Told::of(note)).collect(),
        publication: (advice.publication.name, advice.publication.text),
        now: advice.now,
        next: advice.next,
        published,
    }
}

impl OfDomain {
    /// The policies that are compared, each with its name for programs.
    fn policies(&self) -> impl Iterator<Item = (&'static str, &WhatIf)> {
        let asked = self.asked.iter().map(|asked| ("what_if", asked));
        [("now", &self.now), ("next", &self.next)].into_iter().chain(asked)
    }

    fn json(&self, view: &View<'_>) -> Value {
        let told = |all: &[Told]| all.iter().map(|told| told.json(view)).collect::<Vec<_>>();
        let gates = self.gates.iter().map(|gate| {
            json!({ "id": gate.told.id, "text": gate.told.text(view), "has": gate.has, "wants": gate.wants,
                    "open": gate.is_open })
        });
        let repairs = self.repairs.iter().map(|repair| {
            json!({ "source": repair.name, "id": repair.id, "messages": repair.count, "repair": repair.told.id,
                    "text": repair.told.text(view) })
        });
        json!({
            "domain": self.name,
            "verdict": self.verdict.id,
            "text": self.verdict.text(view),
            "rung": self.rung.as_str(),
            "next_rung": self.rung.next().as_str(),
            "days": self.day_count,
            "reporters": self.reporter_count,
            "messages": self.tally.total(),
            "gates": gates.collect::<Vec<_>>(),
            "now": what_if_json(&self.now),
            "next": what_if_json(&self.next),
            "what_if": self.asked.as_ref().map(what_if_json),
            "repairs": repairs.collect::<Vec<_>>(),
            "unseen": told(&self.unseen),
            "record": self.published.record,
            "was_asked": self.published.was_asked,
            "nonexistent": self.published.absent.iter().map(Domain::as_str).collect::<Vec<_>>(),
            "publish": { "name": self.publication.0, "text": self.publication.1, "notes": told(&self.notes) },
        })
    }
}

fn what_if_json(what_if: &WhatIf) -> Value {
    let classes = |tally: &Tally| {
        let pairs = Tally::CLASSES.into_iter().map(|class| (class_word(class).to_owned(), tally.of(class).into()));
        Value::Object(pairs.collect())
    };
    let hits = what_if.hits.iter().take(PAGE_ROW_COUNT).map(|hit| {
        json!({ "source": &*hit.name, "id": id_of(&hit.sender), "quarantined": hit.quarantined.total(),
                "rejected": hit.rejected.total(), "classes": classes(&sum(hit)) })
    });
    json!({
        "policy": policy_text(&what_if.proposal),
        "messages": what_if.total.total(),
        "pass": what_if.passed.total(),
        "untouched": what_if.untouched.total(),
        "quarantined": what_if.quarantined.total(),
        "rejected": what_if.rejected.total(),
        "excused": what_if.excused.total(),
        "classes": classes(&what_if.hit()),
        "sources": hits.collect::<Vec<_>>(),
        "source_count": what_if.hits.len(),
    })
}

/// A domain among others.
fn card(domain: &OfDomain, view: &View<'_>) -> Markup {
    html! {
        section .card {
            h2 { a href=(to_domain(domain, view)) { (safe(&domain.name)) } }
            p .verdict { (domain.verdict.text(view)) }
            (ladder(domain.rung, view))
            (left(domain.left, view))
        }
    }
}

fn to_domain(domain: &OfDomain, view: &View<'_>) -> String {
    format!("/ladder{}", of_days(view, &[("domain", &domain.name)]).to_text())
}

/// A domain with all that is advised.
fn whole(domain: &OfDomain, view: &View<'_>) -> Markup {
    let counted = [
        ("domain", domain.name.as_str().into()),
        ("messages", grouped(domain.tally.total()).into()),
        ("days", u64::from(domain.day_count).into()),
        ("reporters", u64::from(domain.reporter_count).into()),
    ];
    html! {
        p .verdict { (domain.verdict.text(view)) }
        (ladder(domain.rung, view))
        p { (view.say("page-ladder-counted", &counted)) }
        (left(domain.left, view))
        (repairs(domain, view))
        h2 { (view.word("page-reports-label-gates")) }
        ul .plain { @for gate in &domain.gates { li { (gate_state(gate, view)) } } }
        h2 { (view.word("page-reports-label-next-record")) }
        (publication(domain, view))
        h2 #what-if { (view.word("page-reports-label-what-if")) }
        (form(domain, view))
        (outcomes(domain, view).markup(&view.word("page-nothing")))
        (hits(domain, view))
    }
}

fn gate_state(gate: &GateShown, view: &View<'_>) -> Markup {
    let (tone, word) = match gate.is_open {
        true => (Tone::Good, view.word("page-reports-label-gate-met")),
        false => (Tone::Bad, view.word("page-reports-label-gate-not-met")),
    };
    html! { (state(tone, &word)) " · " (gate.told.text(view)) }
}

fn repairs(domain: &OfDomain, view: &View<'_>) -> Markup {
    html! {
        @if !domain.repairs.is_empty() || !domain.unseen.is_empty() {
            h2 { (view.word("page-reports-label-first-repair")) }
            ol { @for repair in &domain.repairs {
                li { a href=(to_source(view, &domain.name, &repair.id)) { (repair.told.text(view)) } }
            } }
            ul { @for unseen in &domain.unseen { li { (unseen.text(view)) } } }
        }
    }
}

fn publication(domain: &OfDomain, view: &View<'_>) -> Markup {
    let (name, text) = &domain.publication;
    html! {
        @match &domain.published.record {
            Some(now) => p { (view.word("page-ladder-record-now")) " " (code(now)) },
            None if domain.published.was_asked => p { (view.word("page-ladder-record-none")) },
            None => p { (view.word("page-ladder-record-unasked")) },
        }
        @if domain.rung.next() == domain.rung { p { (view.word("page-ladder-top")) } }
        @else {
            (record(name, "TXT", text, view))
            @if domain.gates.iter().any(|gate| !gate.is_open) { (notice(Tone::Warning, &html! { (view.word("page-ladder-not-yet")) })) }
            ul { @for note in &domain.notes { li { (note.markup(view)) } } }
        }
        @if !domain.published.absent.is_empty() {
            p { (view.say("page-ladder-absent", &[("count", domain.published.absent.len().into())])) }
        }
    }
}

/// The form that asks what another policy would have done.
fn form(domain: &OfDomain, view: &View<'_>) -> Markup {
    let policies = [Policy::None, Policy::Quarantine, Policy::Reject].map(|policy| (policy.as_str(), policy.as_str()));
    let below: Vec<_> = policies.into_iter().chain([("absent", "–")]).collect();
    let modes = [("r", "relaxed"), ("s", "strict")];
    let testing = [("y", "y"), ("n", "n")];
    let tags: [(&str, &[(&str, &str)]); 6] =
        [("p", &policies), ("sp", &below), ("np", &below), ("adkim", &modes), ("aspf", &modes), ("t", &testing)];
    html! {
        p { (view.say("page-ladder-what-if", &[("policy", policy_text(&domain.now.proposal).into())])) }
        form .fields method="get" action={ (view.path) "#what-if" } {
            @for (name, value) in of_days(view, &[("domain", &domain.name)]).pairs() {
                input type="hidden" name=(name) value=(value);
            }
            @for (tag, options) in tags {
                label { span { (tag) "=" }
                    select name=(tag) {
                        option value="" { (view.word("page-reports-label-as-now")) }
                        @for (value, text) in options {
                            option value=(value) selected[view.query.get(tag) == Some(value)] {
                                @if *value == "absent" { (view.word("page-reports-label-tag-absent")) } @else { (text) }
                            }
                        }
                    }
                }
            }
            button { (view.word("page-label-show")) }
        }
    }
}

fn outcomes(domain: &OfDomain, view: &View<'_>) -> Table {
    let mut table = outcome_table(view);
    table.rows = domain.policies().map(|(which, what_if)| outcome_row(domain, which, what_if, view)).collect();
    table
}

fn outcome_table(view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::hidden("domain"),
        Column::text("which", label("page-reports-label-which-policy")),
        Column::text("policy", label("page-reports-label-policy")),
        Column::number("messages", label("page-label-messages")),
        Column::number("pass", label("page-label-passed")),
        Column::number("untouched", label("page-reports-label-untouched")),
        Column::number("quarantined", label("page-reports-label-quarantined")),
        Column::number("rejected", label("page-reports-label-rejected")),
        Column::number("own_hit", label("page-reports-label-own-hit")),
        Column::number("excused", label("page-reports-label-excused")),
    ];
    Table::new("outcomes", label("page-reports-label-outcomes"), columns)
}

fn outcome_row(domain: &OfDomain, which: &'static str, what_if: &WhatIf, view: &View<'_>) -> Vec<Cell> {
    let sentence = match which {
        "now" => view.word("page-reports-label-policy-now"),
        "next" => view.word("page-reports-label-policy-next"),
        _ => view.word("page-reports-label-policy-asked"),
    };
    let policy = policy_text(&what_if.proposal);
    vec![
        Cell::text(&domain.name),
        Cell::word(which, &sentence).head(),
        Cell::text(&policy).showing(code(&policy)),
        Cell::number(what_if.total.total()),
        Cell::number(what_if.passed.total()),
        Cell::number(what_if.untouched.total()),
        Cell::number(what_if.quarantined.total()),
        Cell::number(what_if.rejected.total()),
        Cell::number(what_if.hit().own()),
        Cell::number(what_if.excused.total()),
    ]
}

/// Whom the policy that is asked for would hit; the next one, where none is.
fn hits(domain: &OfDomain, view: &View<'_>) -> Markup {
    let what_if = domain.asked.as_ref().unwrap_or(&domain.next);
    let mut table = hit_table(view);
    table.caption = view.say("page-reports-label-hits-of", &[("policy", policy_text(&what_if.proposal).into())]);
    table.rows = what_if.hits.iter().take(PAGE_ROW_COUNT).map(|hit| hit_row(domain, what_if, hit, view)).collect();
    let more = what_if.hits.len().saturating_sub(PAGE_ROW_COUNT);
    html! {
        h3 { (view.word("page-reports-label-hits")) }
        ul .plain { @for of in Tally::CLASSES { @if what_if.hit().of(of) > 0 {
            li { (class(of, view)) " " (grouped(what_if.hit().of(of))) }
        } } }
        (table.markup(&view.word("page-ladder-nobody")))
        @if more > 0 { p { (view.say("page-sender-more-circumstances", &[("count", more.into())])) } }
    }
}

fn hit_table(view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let mut columns = vec![
        Column::hidden("domain"),
        Column::hidden("policy"),
        Column::text("source", label("page-reports-label-sender")),
        Column::hidden("id"),
        Column::text("class", label("page-reports-label-class")),
        Column::number("quarantined", label("page-reports-label-quarantined")),
        Column::number("rejected", label("page-reports-label-rejected")),
    ];
    columns.extend(Tally::CLASSES.map(|class| Column::hidden(class_word(class))));
    Table::new("hits", label("page-reports-label-hits"), columns)
}

fn hit_row(domain: &OfDomain, what_if: &WhatIf, hit: &Hit, view: &View<'_>) -> Vec<Cell> {
    let tally = sum(hit);
    let id = id_of(&hit.sender);
    let name = if hit.name.is_empty() { "–" } else { &*hit.name };
    let mut row = vec![
        Cell::text(&domain.name),
        Cell::text(policy_text(&what_if.proposal)),
        Cell::text(name).link(&to_source(view, &domain.name, &id)).head(),
        Cell::text(id),
        Cell::class(tally.main(), view),
        Cell::number(hit.quarantined.total()),
        Cell::number(hit.rejected.total()),
    ];
    row.extend(Tally::CLASSES.map(|class| Cell::number(tally.of(class))));
    row
}

fn sum(hit: &Hit) -> Tally {
    let mut tally = hit.quarantined;
    tally.join(&hit.rejected);
    tally
}

/// A policy as the tags of a record, without those that have their default.
fn policy_text(proposal: &Proposal) -> String {
    let mut tags = vec![format!("p={}", proposal.policy.as_str())];
    let below = [("sp", proposal.subdomain_policy), ("np", proposal.nonexistent_policy)];
    tags.extend(below.into_iter().filter_map(|(tag, policy)| Some(format!("{tag}={}", policy?.as_str()))));
    let modes = [("adkim", proposal.modes.dkim), ("aspf", proposal.modes.spf)];
    tags.extend(modes.into_iter().filter(|(_, mode)| *mode == Mode::Strict).map(|(tag, _)| format!("{tag}=s")));
    if proposal.testing == Testing::On {
        tags.push("t=y".to_owned());
    }
    tags.join("; ")
}
/// What the ladder knows: the tags are those of a policy that is asked for.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::DOMAIN,
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    Parameter { name: "p", kind: Kind::Word(&["none", "quarantine", "reject"]) },
    Parameter { name: "sp", kind: Kind::Word(&["none", "quarantine", "reject", "absent"]) },
    Parameter { name: "np", kind: Kind::Word(&["none", "quarantine", "reject", "absent"]) },
    Parameter { name: "adkim", kind: Kind::Word(&["r", "s"]) },
    Parameter { name: "aspf", kind: Kind::Word(&["r", "s"]) },
    Parameter { name: "t", kind: Kind::Word(&["y", "n"]) },
];
