//! What was noticed in reports and by audits, and what digests told: a list, each with the page that explains it.

use audit::history::Change;
use insight::Event;
use insight::watch::Kind;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::source::id_of;
use crate::ask::{Period, Query, View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::documents::moment;
use crate::limits::NOTICED_ROW_COUNT;
use crate::parts::{day, onward, safe};
use crate::screen::Form;
use crate::sources::{Noticed, NoticedPage, NoticedQuery, Sources, What};
use crate::trouble::Trouble;
use crate::who::Scope;

/// What was noticed of the days, of the domains that the person may see, or of the one that is asked for.
pub(super) async fn read<S: Sources>(visit: &Visit<'_, S>, period: Period) -> Result<NoticedPage, Trouble> {
    let places = visit.who.places(visit.query.domain("domain")?.as_ref());
    // One place that is none stands for all domains.
    let domains = if places.contains(&None) { None } else { Some(places.into_iter().flatten().collect()) };
    let asked = NoticedQuery {
        domains,
        from_day: period.from_day,
        until_day: period.until_day,
        before: visit.query.number("before")?,
        count: if visit.view.form == Form::Csv { visit.row_count() } else { NOTICED_ROW_COUNT },
    };
    let mut page = visit.sources.noticed(&asked).await?;
    if visit.who.scope != Scope::All {
        // Reports that could not be read are of no domain: those who see all see them.
        page.lines.retain(|one| one.kind() != Kind::ReportsRefused.as_str());
    }
    Ok(page)
}

/// As a part of a page.
pub(super) fn section(page: &NoticedPage, table: Option<&Table>, view: &View<'_>) -> Markup {
    html! {
        h2 #noticed { (view.word("page-label-noticed")) }
        @if let Some(table) = table { (table.markup(&view.word("page-noticed-none"))) }
        (onward(view, "before", page.next.map(|next| next.to_string()).as_deref()))
    }
}

/// As a table.
pub(super) fn table(page: &NoticedPage, view: &View<'_>) -> Table {
    let columns = vec![
        Column::text("day", view.word("page-label-day")),
        Column::hidden("noticed"),
        Column::text("domain", view.word("page-label-domain")),
        Column::hidden("kind"),
        Column::text("text", view.word("page-label-what-noticed")),
        Column::hidden("page"),
    ];
    let mut table = Table::new("noticed", view.word("page-label-noticed"), columns);
    for one in &page.lines {
        let (address, sentence) = (one.page(), one.sentence(view));
        table.rows.push(vec![
            Cell::text(day_text(one.day)).showing(day(one.day)).head(),
            Cell::text(moment(one.made_s)),
            Cell::text(&*one.domain),
            Cell::text(one.kind()),
            Cell::text(&sentence).showing(html! { a href=(address) { (safe(&sentence)) } }),
            Cell::text(address),
        ]);
    }
    table
}

/// For programs.
pub(super) fn objects(page: &NoticedPage, view: &View<'_>) -> Vec<Value> {
    let object = |one: &Noticed| {
        json!({
            "id": one.id,
            "day": day_text(one.day),
            "noticed": moment(one.made_s),
            "domain": one.domain,
            "kind": one.kind(),
            "text": one.sentence(view),
            "page": one.page(),
        })
    };
    page.lines.iter().map(object).collect()
}

impl Noticed {
    /// The word of its kind, as in `[reports.alerts] kinds`; `more` and `digest` of what is of none of them.
    fn kind(&self) -> &'static str {
        match &self.what {
            What::Reported(alert) => alert.event.kind().map_or("more", Kind::as_str),
            What::Audited(change) => match **change {
                Change::Record { .. } | Change::Unasked { .. } | Change::Answered { .. } => {
                    Kind::RecordChanged.as_str()
                }
                Change::Finding { .. } | Change::Requirement { .. } => Kind::AuditWorse.as_str(),
            },
            What::Told(_) => "digest",
        }
    }

    fn sentence(&self, view: &View<'_>) -> String {
        match &self.what {
            What::Reported(alert) => view.explain(alert),
            What::Audited(change) => view.explain(&**change),
            What::Told(brief) => view.explain(brief),
        }
    }

    /// The page that explains it, with the days in which it is seen.
    fn page(&self) -> String {
        let to = |path: &str, days: u32, more: &[(&str, &str)]| {
            let (from, until) = (day_text(self.day.saturating_sub(days - 1)), day_text(self.day));
            let pairs = [&[("domain", &*self.domain), ("from", from.as_str()), ("to", until.as_str())], more].concat();
            format!("{path}{}", Query::of(&pairs).to_text())
        };
        let escaped = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        match &self.what {
            What::Reported(alert) => match &alert.event {
                Event::NewSource { sender, .. } => to(&format!("/senders/{}", escaped(&id_of(sender))), WEEK, &[]),
                Event::PassFell { .. } => to("/senders", WEEK, &[("class", "misconfigured")]),
                Event::ReporterSilent { reporter, .. } => to("/reporters", MONTH, &[("reporter", reporter)]),
                Event::PolicyChanged { .. } => to("/ladder", WEEK, &[]),
                Event::SelectorGone { selector, .. } => {
                    to("/explore", MONTH, &[("by", "day"), ("by", "selector"), ("selector", selector)])
                }
                // They are of no domain.
                Event::ReportsRefused { .. } => {
                    let of_day = day_text(self.day);
                    let pairs = [("status", "refused"), ("from", of_day.as_str()), ("to", of_day.as_str())];
                    format!("/reports{}", Query::of(&pairs).to_text())
                }
                Event::More { .. } => to("/senders", 1, &[]),
            },
            What::Audited(_) => format!("/domains/{}#history", escaped(&self.domain)),
            What::Told(brief) => to("/ladder", brief.until_day.saturating_sub(brief.from_day).max(1), &[]),
        }
    }
}

/// In days: what is new stands out from what was there before.
const WEEK: u32 = 7;
/// In days: what is missed was there before.
const MONTH: u32 = 28;
