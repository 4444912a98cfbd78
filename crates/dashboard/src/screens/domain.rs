//! One domain: its records now and what they were, what is wrong with them and what to publish instead.

use audit::guideline::{Role, Score};
use audit::history::{Kept, Record, RecordKind, Slot, Step, changes};
use audit::tree::{Branch, Drawn};
use audit::{Finding, Severity};
use mailtext::{Domain, Explain as _};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{Query, View, Visit};
use crate::data::{Cell, Column, Table, grouped};
use crate::examined::{
    Examined, change, fix, level_name, looking, moment, names, severity, shown, unanswered, underlined,
};
use crate::limits::{CHANGE_COUNT, STEP_COUNT};
use crate::page::Page;
use crate::parts::{Tone, code, downloads, figure_of, notice, onward, safe, safe_whole, share, state, time};
use crate::screen::Screen;
use crate::sources::{Looked, Sources};
use crate::told;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct OfDomain;

/// What it shows.
pub(crate) struct Data {
    domain: Domain,
    kept: Kept,
    examined: Option<Examined>,
    looked: Looked,
    /// What changed since the last audit that is kept.
    since: Vec<audit::history::Change>,
    steps: Vec<Step>,
    next: Option<String>,
}

impl Screen for OfDomain {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let asked = visit.object.and_then(|name| Domain::parse(name).ok()).ok_or(Trouble::NotFound)?;
        // What is not theirs is not there.
        let domain = names(visit).await?.into_iter().find(|domain| *domain == asked).ok_or(Trouble::NotFound)?;
        let before_s = visit.query.number("before")?.unwrap_or(u64::MAX);
        let kept = visit.sources.audits(&domain).await?;
        let (examined, looked) = Examined::of(visit, &domain, &kept).await?;
        let now = examined.as_ref().filter(|examined| examined.is_now);
        let since = now.zip(kept.last()).map(|(now, last)| changes(&last, &now.audit)).unwrap_or_default();
        let steps = kept.steps_before(before_s, STEP_COUNT);
        let oldest = steps.last().filter(|_| steps.len() == STEP_COUNT);
        let next = oldest.map(|step| step.audit.at_s.to_string());
        Ok(Data { domain, kept, examined, looked, since, steps, next })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            (looking(data.examined.as_ref(), &data.looked, view))
            @if let Some(examined) = &data.examined {
                (standing(data, examined, view))
                (unanswered(examined, view))
                h2 #records { (view.word("page-label-records")) }
                @if let Some(records) = tables.first() { (records.markup(&view.word("page-nothing"))) }
                (findings(examined, view))
                (tree(&examined.tree, view))
            }
            (history(data, view))
            (onward(view, "before", data.next.as_deref()))
            (downloads(view, &tables))
        };
        Page::new(data.domain.to_string(), body).lead(lead(data, view))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let list = |changes: &[audit::history::Change]| {
            changes.iter().map(|one| told::change(one, view.voice)).collect::<Vec<_>>()
        };
        let steps = data.steps.iter().map(|step| {
            json!({
                "at": moment(u64::try_from(step.audit.at_s).unwrap_or(0)),
                "errors": step.audit.count(Severity::Error),
                "warnings": step.audit.count(Severity::Warning),
                "changes": list(&step.changes),
            })
        });
        let examined = data.examined.as_ref();
        json!({
            "domain": data.domain.as_str(),
            "at": examined.map(|examined| moment(examined.at_ms() / 1000)),
            "now": examined.is_some_and(|examined| examined.is_now),
            "look": data.looked.as_str(),
            "unanswered": examined.map(unanswered_value),
            "records": records(data).into_iter().map(|(slot, record)| record_value(&data.kept, slot, record)).collect::<Vec<_>>(),
            "findings": examined.map(|examined| findings_value(examined, view)),
            "spf_tree": examined.map(|examined| tree_value(&examined.tree, view)),
            "changed_since": list(&data.since),
            "audits": data.kept.moments.len(),
            "history": steps.collect::<Vec<_>>(),
            "next": data.next,
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        vec![
            record_table(data, view),
            finding_table(data, view),
            change_table(data, view),
            unanswered_table(data, view),
        ]
    }
}

fn lead(data: &Data, view: &View<'_>) -> Markup {
    let guideline = format!("/guideline{}", Query::of(&[("domain", data.domain.as_str())]).to_text());
    html! {
        @if let Some(examined) = &data.examined {
            @if examined.is_now { (view.word("page-label-looked")) } @else { (view.word("page-label-as-kept")) }
            " " (time(examined.at_ms(), view)) " · "
        }
        a href=(guideline) { (view.word("page-label-guideline")) }
        @if !data.kept.moments.is_empty() {
            " · " a href="#history" { (view.say("page-label-audit-count", &[("count", data.kept.moments.len().into())])) }
        }
    }
}

/// How it stands, in numbers.
fn standing(data: &Data, examined: &Examined, view: &View<'_>) -> Markup {
    let count = |severity| examined.audit.count(severity) as u64;
    let guideline =
        format!("/guideline{}", Query::of(&[("domain", data.domain.as_str()), ("role", "owner")]).to_text());
    let of_level = |score: &Score| {
        let label = level_name(score.level);
        html! { a href=(guideline) { (share(score.met as u64, score.applicable() as u64, label)) } }
    };
    html! {
        div .keys {
            (figure_of(count(Severity::Error), &view.word("page-label-errors"), Some("#findings")))
            (figure_of(count(Severity::Warning), &view.word("page-label-warnings"), Some("#findings")))
            @for score in &examined.scores(&[Role::Owner]) { (of_level(score)) }
        }
    }
}

/// The records that are the domain's own: what others include stands in the tree.
fn records(data: &Data) -> Vec<(&Slot, &Record)> {
    let Some(examined) = &data.examined else { return Vec::new() };
    let is_own = |slot: &Slot, record: &Record| match slot.kind {
        RecordKind::Spf => record.path.is_empty(),
        // At most selectors nothing was expected.
        RecordKind::Dkim => record.is_there(),
        _ => true,
    };
    examined.audit.records.iter().filter(|(slot, record)| is_own(slot, record)).collect()
}

fn kind_name(kind: RecordKind, view: &View<'_>) -> String {
    let name = match kind {
        RecordKind::Spf => "SPF",
        RecordKind::Dmarc => "DMARC",
        RecordKind::Dkim => "DKIM",
        RecordKind::Bimi => "BIMI",
        RecordKind::MtaSts => "MTA-STS",
        RecordKind::MtaStsPolicy => return view.word("page-label-sts-policy"),
        RecordKind::TlsRpt => "TLS-RPT",
        RecordKind::Mx => "MX",
        RecordKind::Ns => "NS",
    };
    name.to_owned()
}

fn record_table(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("kind", label("page-label-kind")),
        Column::text("name", label("page-label-name")),
        Column::text("text", label("page-label-record")),
        Column::text("since", label("page-label-unchanged-since")),
    ];
    let mut table = Table::new("records", label("page-label-records"), columns);
    for (slot, record) in records(data) {
        let texts: Vec<String> = record.texts.iter().flatten().map(|text| shown(text)).collect();
        let shown = html! {
            @for text in &texts { div .texts { code { (safe_whole(text)) } } }
            @if let Some(trouble) = &record.trouble {
                (state(Tone::Warning, &view.say("page-no-answer", &[("failure", (&*trouble.failure).into())])))
            } @else if texts.is_empty() { (view.word("page-label-no-record")) }
        };
        let since_s = data.kept.since_s(slot, record);
        let since = since_s.map_or_else(
            || Cell::text("").showing(html! { "–" }),
            |since_s| Cell::text(moment(since_s)).showing(time(since_s.saturating_mul(1000), view)),
        );
        table.rows.push(vec![
            Cell::word(slot.kind.as_str(), &kind_name(slot.kind, view)).head(),
            Cell::text(&*slot.name).showing(code(&slot.name)),
            Cell::text(texts.join(" | ")).showing(shown),
            since,
        ]);
    }
    table
}

fn record_value(kept: &Kept, slot: &Slot, record: &Record) -> Value {
    let texts = record.texts.as_ref();
    let texts =
        texts.map(|texts| texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>());
    json!({
        "type": slot.kind.as_str(), "name": slot.name, "texts": texts,
        "failure": record.trouble.as_ref().map(|trouble| &trouble.failure),
        "since": kept.since_s(slot, record).map(moment),
    })
}

fn findings(examined: &Examined, view: &View<'_>) -> Markup {
    html! {
        h2 #findings { (view.word("page-label-findings")) }
        @if examined.audit.findings.is_empty() { p .nothing { (view.word("page-no-findings")) } }
        @if examined.is_now {
            @for finding in &examined.findings { (card(finding, view)) }
        } @else {
            ul .plain { @for (found, its) in &examined.audit.findings {
                li { (severity(*its, view)) " " (found.rule) " " (code(&found.name)) }
            } }
        }
    }
}

fn card(finding: &Finding, view: &View<'_>) -> Markup {
    html! {
        section .card {
            h3 { (severity(finding.severity, view)) " " (finding.rule.id) }
            p { (view.explain(finding)) }
            @if let Some(place) = &finding.place { p .lead { (code(place.name.as_str())) " " (place.kind.as_str()) } }
            @if let Some(record) = underlined(finding) { (record) }
            @if let Some(its) = &finding.fix { h4 { (view.word("page-label-what-to-do")) } (fix(its, view)) }
            p .lead { (finding.rule.reference.to_string()) }
        }
    }
}

fn finding_table(data: &Data, view: &View<'_>) -> Table {
    let names = ["rule", "severity", "name", "type", "record", "message", "reference", "fix"];
    let columns = names.map(Column::hidden).to_vec();
    let mut table = Table::new("findings", view.word("page-label-findings"), columns);
    let Some(examined) = &data.examined else { return table };
    let row = |finding: &Finding| {
        let place = finding.place.as_ref();
        let text = place.and_then(|place| place.text.as_deref()).map(shown).unwrap_or_default();
        vec![
            Cell::text(finding.rule.id),
            Cell::text(finding.severity.as_str()),
            Cell::text(place.map(|place| place.name.to_string()).unwrap_or_default()),
            Cell::text(place.map(|place| place.kind.as_str()).unwrap_or_default()),
            Cell::text(text),
            Cell::text(view.explain(finding)),
            Cell::text(finding.rule.reference.to_string()),
            Cell::text(finding.fix.as_ref().map(|fix| told::fix(fix, view.voice)).unwrap_or_default()),
        ]
    };
    table.rows.extend(examined.findings.iter().map(row));
    if !examined.is_now {
        table.rows.extend(examined.audit.findings.iter().map(|(found, severity)| {
            let mut row = vec![Cell::text(&*found.rule), Cell::text(severity.as_str()), Cell::text(&*found.name)];
            row.resize(names.len(), Cell::default());
            row
        }));
    }
    table
}

fn unanswered_table(data: &Data, view: &View<'_>) -> Table {
    let columns = ["name", "type", "failure"].map(Column::hidden).to_vec();
    let mut table = Table::new("unanswered", view.word("page-label-unanswered"), columns);
    let all = data.examined.iter().flat_map(|examined| &examined.unanswered);
    table.rows = all.map(|one| [one.name.as_str(), one.kind, one.failure].map(Cell::text).to_vec()).collect();
    table
}

fn unanswered_value(examined: &Examined) -> Value {
    let all = examined.unanswered.iter();
    all.map(|one| json!({ "name": one.name.as_str(), "type": one.kind, "failure": one.failure })).collect()
}

fn findings_value(examined: &Examined, view: &View<'_>) -> Value {
    if examined.is_now {
        return examined.findings.iter().map(|finding| json!(told::finding(finding, view.voice))).collect();
    }
    let kept = examined.audit.findings.iter();
    kept.map(|(found, severity)| json!({ "rule": found.rule, "severity": severity.as_str(), "name": found.name }))
        .collect()
}

/// The SPF record with all that it includes.
fn tree(tree: &Drawn, view: &View<'_>) -> Markup {
    if tree.branches.len() < 2 {
        return html! {};
    }
    let is_over = tree.is_endless || tree.lookups > tree.lookup_limit;
    let tone = if is_over { Tone::Bad } else { Tone::Good };
    html! {
        h2 #spf { (view.word("page-label-spf-tree")) }
        @if let Some(summary) = &tree.summary { (notice(tone, &html! { (view.explain(summary)) })) }
        div .tree { (nested(&tree.branches, &mut 0, view, tree.lookup_limit)) }
    }
}

/// The branches of one level, each with those below it.
fn nested(branches: &[Branch], at: &mut usize, view: &View<'_>, limit: u32) -> Markup {
    let Some(level) = branches.get(*at).map(|branch| branch.level) else { return html! {} };
    let mut items = Vec::new();
    while let Some(branch) = branches.get(*at).filter(|branch| branch.level == level) {
        *at += 1;
        let below = match branches.get(*at) {
            Some(next) if next.level > level => nested(branches, at, view, limit),
            _ => html! {},
        };
        items.push(html! { li { (branch_line(branch, view, limit)) (below) } });
    }
    html! { ul { @for item in items { (item) } } }
}

fn branch_line(branch: &Branch, view: &View<'_>, limit: u32) -> Markup {
    html! {
        code { (safe(&branch.text)) }
        @if let Some(operator) = &branch.operator { " " (safe(operator)) }
        @if branch.lookups > 0 { span .cost { (view.say("page-label-lookups", &[("count", u64::from(branch.lookups).into())])) } }
        @if let Some(spent) = branch.spent {
            span .cost { @if spent > limit { (state(Tone::Bad, &spent_text(spent, limit, view))) }
                @else { (spent_text(spent, limit, view)) } }
        }
        @if let Some((ip4, ip6)) = &branch.adds {
            @if *ip4 > 0 { span .cost { "IPv4 " (grouped(*ip4)) } }
            @if ip6 != "0" { span .cost { "IPv6 " (ip6) } }
        }
        @for remark in &branch.remarks { p { (state(Tone::Warning, &view.explain(remark))) } }
    }
}

fn spent_text(spent: u32, limit: u32, view: &View<'_>) -> String {
    view.say("page-label-spent", &[("count", u64::from(spent).into()), ("limit", u64::from(limit).into())])
}

fn tree_value(tree: &Drawn, view: &View<'_>) -> Value {
    let branches = tree.branches.iter().map(|branch| {
        json!({
            "level": branch.level, "text": branch.text, "operator": branch.operator, "lookups": branch.lookups,
            "spent": branch.spent,
            "adds_ipv4": branch.adds.as_ref().map(|(ip4, _)| ip4), "adds_ipv6": branch.adds.as_ref().map(|(_, ip6)| ip6),
            "remarks": branch.remarks.iter()
                .map(|remark| json!({ "code": remark.id(), "message": view.explain(remark) })).collect::<Vec<_>>(),
        })
    });
    json!({
        "message": tree.summary.as_ref().map(|summary| view.explain(summary)),
        "lookups": tree.lookups, "lookup_limit": tree.lookup_limit, "endless": tree.is_endless,
        "branches": branches.collect::<Vec<_>>(),
    })
}

fn history(data: &Data, view: &View<'_>) -> Markup {
    let list = |changes: &[audit::history::Change]| {
        let more = changes.len().saturating_sub(CHANGE_COUNT);
        html! {
            @for one in changes.iter().take(CHANGE_COUNT) { (change(one, view)) }
            @if more > 0 { p { (view.say("page-label-and-more", &[("count", more.into())])) } }
        }
    };
    html! {
        h2 #history { (view.word("page-label-history")) }
        @if data.steps.is_empty() && data.since.is_empty() {
            p .nothing { (view.word("page-no-audits")) }
            pre tabindex="0" { code { "sekisho check --save " (data.domain.as_str()) } }
        }
        @if !data.since.is_empty() {
            section .card { h3 { (view.word("page-label-since-audit")) } (list(&data.since)) }
        }
        @for step in &data.steps {
            section .card {
                h3 { (time(u64::try_from(step.audit.at_s).unwrap_or(0).saturating_mul(1000), view)) }
                @if step.changes.is_empty() { p { (view.word("page-first-audit")) } }
                (list(&step.changes))
            }
        }
    }
}

fn change_table(data: &Data, view: &View<'_>) -> Table {
    let columns = ["at", "way", "message", "old", "new"].map(Column::hidden).to_vec();
    let mut table = Table::new("history", view.word("page-label-history"), columns);
    let join = |texts: &[Box<[u8]>]| texts.iter().map(|text| shown(text)).collect::<Vec<_>>().join(" | ");
    for step in &data.steps {
        let at = moment(u64::try_from(step.audit.at_s).unwrap_or(0));
        for one in &step.changes {
            let (old, new) = match one {
                audit::history::Change::Record { old, new, .. } => (join(old), join(new)),
                _ => (String::new(), String::new()),
            };
            let texts = [at.clone(), one.way().as_str().to_owned(), view.explain(one), old, new];
            table.rows.push(texts.map(Cell::text).to_vec());
        }
    }
    table
}
