//! The requirements of the guideline, one by one: whether each is met, what shows it, what to do. Made to be printed.

use audit::guideline::{Role, Score};
use mailtext::Domain;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{View, Visit};
use crate::data::{Cell, Column, Table};
use crate::examined::{Examined, Judged, date, declared, fix, level_name, looking, moment, names, result};
use crate::page::Page;
use crate::parts::{choice, downloads, share, time};
use crate::screen::Screen;
use crate::sources::{Looked, Sources};
use crate::told;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Guideline;

/// What it shows.
pub(crate) struct Data {
    names: Vec<Domain>,
    domain: Option<Domain>,
    roles: Vec<Role>,
    examined: Option<Examined>,
    /// What came of looking; nothing where there is no domain.
    looked: Option<Looked>,
}

impl Screen for Guideline {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let asked = visit.query.domain("domain")?;
        let role = visit.query.read("role", |word| Role::ALL.into_iter().find(|role| role.as_str() == word))?;
        let names = names(visit).await?;
        let domain = match asked {
            // What is not theirs is not there.
            Some(asked) => Some(names.iter().find(|domain| **domain == asked).ok_or(Trouble::NotFound)?.clone()),
            None => names.first().cloned(),
        };
        let (examined, looked) = match &domain {
            Some(domain) => {
                let (examined, looked) = Examined::of(visit, domain, &visit.sources.audits(domain).await?).await?;
                (examined, Some(looked))
            }
            None => (None, None),
        };
        let roles = role.map_or_else(|| Role::ALL.to_vec(), |role| vec![role]);
        Ok(Data { names, domain, roles, examined, looked })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let title = view.word("page-label-guideline");
        let title = data.domain.as_ref().map_or(title.clone(), |domain| format!("{title}: {domain}"));
        let body = html! {
            (choose(data, view))
            @if data.domain.is_none() { p .nothing { (view.word("page-no-domains")) } }
            @if let Some(looked) = &data.looked { (looking(data.examined.as_ref(), looked, view)) }
            @if let Some(examined) = &data.examined {
                (score(&examined.scores(&data.roles), view))
                @for table in &tables { (table.markup(&view.word("page-nothing"))) }
            }
            (downloads(view, &tables))
        };
        let lead = html! {
            (view.word("page-about-guideline"))
            @if let Some(examined) = &data.examined { " " (time(examined.at_ms(), view)) }
            @if let Some(domain) = &data.domain { " · " a href={ "/domains/" (domain.as_str()) } { (domain.as_str()) } }
        };
        Page::new(title, body).lead(lead)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let examined = data.examined.as_ref();
        let scores = examined.map(|examined| {
            examined.scores(&data.roles).map(|score| {
                json!({
                    "level": score.level.as_str(), "met": score.met, "partial": score.partial, "not_met": score.not_met,
                    "unknown": score.unknown, "total": score.applicable(),
                })
            })
        });
        let requirements: Vec<_> = judged(data).map(|one| value(one, view)).collect();
        json!({
            "domain": data.domain.as_ref().map(Domain::as_str),
            "at": examined.map(|examined| moment(examined.at_ms() / 1000)),
            "now": examined.is_some_and(|examined| examined.is_now),
            "look": data.looked.as_ref().map(Looked::as_str),
            "scores": scores,
            "requirements": requirements,
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let mut columns = vec![
            Column::text("id", label("check-label-id")),
            Column::text("level", label("check-label-level")),
            Column::text("requirement", label("check-label-requirement")),
            Column::text("result", label("check-label-result")),
            Column::text("evidence", label("check-label-evidence")),
        ];
        columns.extend(["role", "declared_by", "declared_on", "declared_note", "fix"].map(Column::hidden));
        let mut table = Table::new("guideline", label("page-label-guideline"), columns);
        table.rows = judged(data).map(|one| cells(one, view)).collect();
        vec![table]
    }
}

/// The requirements of the roles that are asked about.
fn judged(data: &Data) -> impl Iterator<Item = &Judged> {
    let all = data.examined.iter().flat_map(|examined| &examined.requirements);
    all.filter(|one| data.roles.contains(&one.requirement.role))
}

fn choose(data: &Data, view: &View<'_>) -> Markup {
    let roles = [
        ("owner", view.word("page-label-role-owner")),
        ("esp", view.word("page-label-role-esp")),
        ("relay", view.word("page-label-role-relay")),
        ("receiver", view.word("page-label-role-receiver")),
    ];
    html! {
        form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
            label { span { (view.word("page-label-domain")) }
                input name="domain" list="domains" value=(data.domain.as_ref().map_or("", Domain::as_str));
                datalist #domains { @for name in data.names.iter().take(CHOICE_COUNT_MAX) { option value=(name.as_str()) {} } }
            }
            (choice(view, "role", &view.word("page-label-whose"), &roles))
            button { (view.word("page-label-show")) }
        }
    }
}

/// The score of each level, as a share and as a sentence.
fn score(scores: &[Score], view: &View<'_>) -> Markup {
    let sentence = |score: &Score| {
        let arguments = [
            ("level", mailtext::Value::Word(score.level.as_str())),
            ("met", score.met.into()),
            ("total", score.applicable().into()),
            ("partial", score.partial.into()),
            ("not_met", score.not_met.into()),
            ("unknown", score.unknown.into()),
        ];
        view.say("check-score", &arguments)
    };
    html! {
        div .keys { @for score in scores {
            (share(score.met as u64, score.applicable() as u64, level_name(score.level)))
        } }
        ul { @for score in scores { li { (sentence(score)) } } }
    }
}

fn cells(one: &Judged, view: &View<'_>) -> Vec<Cell> {
    let evidence: Vec<String> = one.evidence.iter().map(|evidence| view.explain(evidence)).collect();
    let statement = one.declared.as_ref();
    let shown = html! {
        @for sentence in &evidence { p { (sentence) } }
        @if let Some(statement) = statement { p { em { (declared(statement, view)) } } }
        @if let Some(its) = &one.fix { p { strong { (view.word("page-label-what-to-do")) } } (fix(its, view)) }
    };
    vec![
        Cell::text(one.requirement.id).head(),
        Cell::word(one.requirement.level.as_str(), level_name(one.requirement.level)),
        Cell::text(view.word(one.requirement.sentence)),
        Cell::text(one.met.as_str()).showing(result(one, view)),
        Cell::text(evidence.join(" ")).showing(shown),
        Cell::text(one.requirement.role.as_str()),
        Cell::text(statement.map_or("", |statement| &statement.by)),
        Cell::text(statement.map(date).unwrap_or_default()),
        Cell::text(statement.map_or("", |statement| &statement.note)),
        Cell::text(one.fix.as_ref().map(|fix| told::fix(fix, view.voice)).unwrap_or_default()),
    ]
}

fn value(one: &Judged, view: &View<'_>) -> Value {
    let (evidence, todo, declared) = (&one.evidence, one.fix.as_ref(), one.declared.as_ref());
    json!(told::requirement((one.requirement, one.met), evidence, todo, declared, view.voice))
}

/// Most domains that the field offers by itself; any other can be written into it.
const CHOICE_COUNT_MAX: usize = 200;
