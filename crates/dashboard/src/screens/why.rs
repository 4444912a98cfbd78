//! One message: what was decided and why, with the evidence as it was kept when it came.

use std::collections::BTreeSet;

use maud::{Markup, html};
use report::row::Evaluation;
use report::vocabulary::{Action, Direction, Method, MethodResult};
use report::why::{WhyStep, WhyValue};
use report::{Entry, Ledger as _, Row, RowId};
use serde_json::{Value, json};
use words::Argument;

use crate::ask::{Query, View, Visit};
use crate::data::{Cell, Column, Table, grouped};
use crate::page::Page;
use crate::parts::{code, downloads, safe, safe_whole, state, time};
use crate::screen::{SCREENS, Screen, Section};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Scope;

use super::passing::{
    address, direction_label, is_theirs, method_name, recipients, result, row_value, span_text, to_mail, tone,
};

/// The screen.
pub(crate) struct Why;

/// What it shows.
pub(crate) struct Data {
    row: Row,
    steps: Vec<Told>,
    omitted: u64,
    /// Those of its domains of which there are reports.
    reported: Vec<String>,
}

/// A step of the evidence, in the reader's language.
struct Told {
    step: WhyStep,
    sentence: String,
}

impl Screen for Why {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let id = visit.object.and_then(RowId::parse).ok_or(Trouble::NotFound)?;
        let Entry { row, why } = visit.ledger()?.entry(id).await?.ok_or(Trouble::NotFound)?;
        let scope = &visit.who.scope;
        if !is_theirs(&row, scope) {
            return Err(Trouble::Forbidden);
        }
        let steps = why.steps().into_iter().filter(|step| is_shown(step, scope));
        let steps = steps.map(|step| Told { sentence: sentence(&step, &visit.view), step }).collect();
        let mut reported = Vec::new();
        if visit.sources.archive().is_some() {
            let mut names: BTreeSet<_> = row.dmarc.authors.iter().map(|one| one.author.to_string()).collect();
            let published = row.dmarc.authors.iter().filter_map(|one| one.published.as_ref());
            names.extend(published.map(|published| published.domain.to_string()));
            let lines = visit.own_domains().await?;
            reported = lines.iter().map(|line| line.domain.to_string()).filter(|name| names.contains(name)).collect();
        }
        Ok(Data { omitted: why.omitted(), row, steps, reported })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let row = &data.row;
        let tables = Self::tables(data, view);
        let body = html! {
            p .verdict { (state(tone(row.verdict.action), &decided(row, view))) }
            (reasons(data, view))
            h2 { (view.word("page-mail-label-each-method")) }
            @if let Some(table) = tables.first() { (table.markup(&view.word("page-mail-nothing-evaluated"))) }
            h2 { (view.word("page-mail-label-evidence")) }
            (evidence(data, view))
            h2 { (view.word("page-mail-label-connection")) }
            (connection(row, view))
            h2 { (view.word("page-mail-label-alike")) }
            (alike(data, view))
            (downloads(view, &tables))
        };
        let lead = html! {
            (time(row.time_ms(), view)) " · " (view.word(direction_label(row.direction)))
            @if let Some(queue_id) = &row.queue_id { " · " (code(queue_id)) }
        };
        Page::new(view.word("page-mail-label-why"), body).lead(lead)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let mut value = row_value(&data.row, &view.who.scope);
        let steps = data.steps.iter().map(|told| {
            let arguments = told.step.arguments.iter().map(|argument| {
                let value: Value = match &argument.value {
                    WhyValue::Text(text) | WhyValue::Word(text) => text.to_string().into(),
                    WhyValue::Number(number) => (*number).into(),
                };
                json!({ "name": argument.name, "value": value })
            });
            json!({
                "id": told.step.id,
                "rule": told.step.rule.as_ref().map(|(document, section)| json!([document, section])),
                "arguments": arguments.collect::<Vec<_>>(),
                "text": told.sentence,
            })
        });
        value["reasons"] = data.row.verdict.reasons.iter().map(|id| Value::from(id.to_string())).collect();
        value["dmarc"] = data.row.dmarc.authors.iter().map(evaluation_value).collect();
        value["evidence"] = steps.collect();
        value["evidence_omitted"] = data.omitted.into();
        value
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        vec![methods(&data.row, view), told_table(data, view)]
    }
}

/// Whether a step may be shown to somebody: rules for other recipients are the business of others.
fn is_shown(step: &WhyStep, scope: &Scope) -> bool {
    let of_others = |value: &WhyValue| match value {
        WhyValue::Text(text) | WhyValue::Word(text) => !scope.has_name(text),
        WhyValue::Number(_) => false,
    };
    &*step.id != "policy-recipient-rules" || !step.arguments.iter().any(|argument| of_others(&argument.value))
}

fn sentence(step: &WhyStep, view: &View<'_>) -> String {
    let arguments = step.arguments.iter().map(|argument| {
        let value = match &argument.value {
            WhyValue::Text(text) => Argument::Text(text),
            WhyValue::Word(word) => Argument::Word(word),
            WhyValue::Number(number) => Argument::Number(*number),
        };
        (&*argument.name, value)
    });
    view.voice.tell(&step.id, &arguments.collect::<Vec<_>>())
}

/// What was decided, in a sentence.
fn decided(row: &Row, view: &View<'_>) -> String {
    if row.direction == Direction::Out && row.verdict.action == Action::Accept {
        let domains: Vec<_> = row.signed.iter().map(|signed| signed.domain.to_string()).collect();
        return match domains.is_empty() {
            true => view.word("page-mail-was-unsigned"),
            false => view.say("page-mail-was-signed", &[("domains", domains.join(", ").into())]),
        };
    }
    match (row.verdict.action, row.verdict.reply_code) {
        (Action::Accept, _) => view.word("page-mail-was-accepted"),
        (Action::Label, _) => view.word("page-mail-was-labelled"),
        (Action::Quarantine, _) => view.word("page-mail-was-quarantined"),
        (Action::Reject, Some(code)) => view.say("page-mail-was-rejected-with", &[("code", code.into())]),
        (Action::Reject, None) => view.word("page-mail-was-rejected"),
        (Action::TempFail, _) => view.word("page-mail-was-refused-for-now"),
        (Action::Discard, _) => view.word("page-mail-was-discarded"),
    }
}

/// The reasons of the verdict, the policy and what stood against it.
fn reasons(data: &Data, view: &View<'_>) -> Markup {
    let row = &data.row;
    let is_reason = |told: &&Told| row.verdict.reasons.contains(&told.step.id);
    let told: Vec<_> = data.steps.iter().filter(is_reason).collect();
    html! {
        @if !told.is_empty() {
            ul { @for told in told { li { (safe_whole(&told.sentence)) } } }
        } @else if !row.verdict.reasons.is_empty() {
            // Without its arguments a sentence would have holes.
            p { (view.word("page-mail-reasons-by-name")) @for id in &row.verdict.reasons { " " (code(id)) } }
        }
        dl .facts {
            dt { (view.word("page-mail-label-disposition")) } dd { (row.verdict.disposition.as_str()) }
            @for one in &row.verdict.overrides {
                dt { (view.word("page-mail-label-override")) }
                dd { (code(one.kind.as_str())) @if let Some(comment) = &one.comment { " " (safe(comment)) } }
            }
            @for one in &row.dmarc.authors { @if let Some(published) = &one.published {
                dt { (view.word("page-mail-label-policy")) }
                dd {
                    (safe(published.domain.as_str())) ": "
                    code { "p=" (published.policy.as_str()) }
                    @if let Some(policy) = published.subdomain_policy { " " code { "sp=" (policy.as_str()) } }
                    @if let Some(policy) = published.nonexistent_policy { " " code { "np=" (policy.as_str()) } }
                    " → " code { (one.wanted.as_str()) }
                }
            } }
        }
    }
}

/// The evidence: each question to DNS with its answer, each rule that was applied, in their order.
fn evidence(data: &Data, view: &View<'_>) -> Markup {
    if data.steps.is_empty() {
        return html! { p .nothing { (view.word("page-mail-no-evidence")) } };
    }
    let parts = data.steps.chunk_by(|one, other| section(&one.step.id) == section(&other.step.id));
    html! {
        @for part in parts {
            @if let Some(first) = part.first() { h3 { (section_title(&first.step.id, view)) } }
            ol { @for told in part {
                li {
                    (safe_whole(&told.sentence))
                    @if let Some((document, section)) = &told.step.rule {
                        " " small .nowrap { (safe(document)) " §" (safe(section)) }
                    }
                }
            } }
        }
        @if data.omitted > 0 { p { (view.say("page-mail-evidence-omitted", &[("count", data.omitted.into())])) } }
    }
}

/// The first part of a step's id, which names what it belongs to.
fn section(id: &str) -> &str {
    id.split('-').next().unwrap_or_default()
}

fn section_title(id: &str, view: &View<'_>) -> String {
    match section(id) {
        "spf" => "SPF".to_owned(),
        "dkim" => "DKIM".to_owned(),
        "dmarc" => "DMARC".to_owned(),
        "arc" => "ARC".to_owned(),
        "bimi" => "BIMI".to_owned(),
        "iprev" => "iprev".to_owned(),
        "adsp" => "ADSP".to_owned(),
        "atps" => "ATPS".to_owned(),
        "domainkeys" => "DomainKeys".to_owned(),
        "sender" => "Sender ID".to_owned(),
        "null" => "Null MX".to_owned(),
        "smtp" => "SMTP AUTH".to_owned(),
        "dns" => "DNSBL, DNSWL".to_owned(),
        "policy" => view.word("page-mail-label-decision"),
        _ => view.word("page-mail-label-further"),
    }
}

/// The facts of the connection and the message.
fn connection(row: &Row, view: &View<'_>) -> Markup {
    let fact = |id: &str, shown: Markup| html! { dt { (view.word(id)) } dd { (shown) } };
    let text = |text: &Option<Box<str>>| text.as_ref().map_or_else(|| html! { "–" }, |text| safe(text));
    let (seen, beside) = recipients(row, &view.who.scope);
    let kept = |kept: &report::row::Address| address(kept, view);
    html! {
        dl .facts {
            (fact("page-mail-label-from-client", row.client.ip.map_or_else(|| html! { "–" }, |ip| html! {
                a href=(to_mail("client", &ip.to_string())) { (code(&ip.to_string())) }
            })))
            (fact("page-mail-label-host", text(&row.client.name)))
            (fact("page-mail-label-helo", text(&row.client.helo)))
            @if let Some(user) = &row.client.user {
                // Who logged in is not who is named in MAIL FROM: there is nothing to look for.
                (fact("page-mail-label-user", match user {
                    report::row::Address::Text(text) => safe(text),
                    other => code(super::passing::address_text(other).get(..9).unwrap_or("–")),
                }))
            }
            (fact("page-mail-label-from-envelope", row.envelope.mail_from.as_ref().map_or_else(|| html! { "<>" }, kept)))
            @if let Some(domain) = &row.envelope.mail_from_domain {
                (fact("page-mail-label-sender-domain", safe(domain.as_str())))
            }
            (fact("page-mail-label-recipients", html! {
                (grouped(row.envelope.recipient_count))
                @for domain in seen { " · " (safe(domain.as_str())) }
                @if beside > 0 { " · " (view.say("page-mail-label-beside", &[("count", beside.into())])) }
            }))
            (fact("page-mail-label-size", html! { (grouped(row.message.size_bytes)) " B" }))
            (fact("page-mail-label-latency", html! { (span_text(row.latency_us)) }))
            (fact("page-mail-label-id", code(&row.id.to_string())))
        }
    }
}

/// Where messages like this one are, and what is known of its domains.
fn alike(data: &Data, view: &View<'_>) -> Markup {
    let row = &data.row;
    let names: BTreeSet<_> = row.dmarc.authors.iter().map(|one| one.author.to_string()).collect();
    let link = |address: &str, text: String| html! { li { a href=(address) { (text) } } };
    let of = |name: &str| vec![("domain", name.into())];
    let pages = || {
        SCREENS.iter().filter(|entry| {
            matches!(entry.section, Some(Section::Reports | Section::Domains))
                && entry.parameters.iter().any(|parameter| parameter.name == "domain")
                && view.who.role >= entry.needs
        })
    };
    html! {
        ul {
            @for name in &names { (link(&to_mail("author", name), view.say("page-mail-label-of-author", &of(name)))) }
            @if let Some(domain) = &row.envelope.mail_from_domain {
                @let name = domain.to_string();
                (link(&to_mail("sender", &name), view.say("page-mail-label-of-sender", &of(&name))))
            }
            @if let Some(ip) = row.client.ip {
                @let ip = ip.to_string();
                (link(&to_mail("client", &ip), view.say("page-mail-label-of-client", &[("ip", ip.as_str().into())])))
            }
            @for name in &data.reported { @for page in pages() {
                li { a href={ (page.path) (Query::of(&[("domain", name)]).to_text()) } { (safe(name)) ": " (view.word(page.label)) } }
            } }
        }
    }
}

/// What each method said.
fn methods(row: &Row, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("method", label("page-mail-label-method")),
        Column::text("result", label("page-mail-label-result")),
        Column::text("domain", label("page-mail-label-of-whom")),
        Column::text("detail", label("page-mail-label-detail")),
        Column::text("aligned", label("page-mail-label-aligned")),
    ];
    let mut table = Table::new("methods", label("page-mail-label-each-method"), columns);
    let mut add = |method: Method, found: MethodResult, domain: Option<String>, detail: String, aligned: &str| {
        table.rows.push(vec![
            Cell::text(method_name(method)).head(),
            Cell::text(found.as_str()).showing(result(found)),
            Cell::text(domain.unwrap_or_default()),
            Cell::text(detail),
            Cell::text(aligned),
        ]);
    };
    let author = row.dmarc.authors.first();
    for (method, check) in [(Method::Spf, &row.spf.mail_from), (Method::SpfHelo, &row.spf.helo)] {
        let Some(check) = check else { continue };
        let aligned = author.filter(|_| method == Method::Spf).map_or("", |author| author.spf.as_str());
        add(method, check.result, check.domain.as_ref().map(ToString::to_string), String::new(), aligned);
    }
    for (place, signature) in row.dkim.iter().enumerate() {
        let selector = signature.selector.as_ref().map(|selector| format!("s={selector}"));
        let bits = signature.key_bits.map(|bits| format!("{bits} bit"));
        let problem = signature.problem.as_ref().map(ToString::to_string);
        let parts = [selector, Some(signature.algorithm.as_str().to_owned()), bits, problem];
        let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let aligned = author.and_then(|author| author.dkim.get(place)).map_or("", |aligned| aligned.as_str());
        add(Method::Dkim, signature.result, signature.domain.as_ref().map(ToString::to_string), detail, aligned);
    }
    for one in &row.dmarc.authors {
        let record = one.published.as_ref().map(|published| format!("_dmarc.{}", published.domain)).unwrap_or_default();
        add(Method::Dmarc, one.result.into(), Some(one.author.to_string()), record, "");
    }
    if let Some(arc) = &row.arc {
        let sealers: Vec<_> = arc.sealers.iter().map(ToString::to_string).collect();
        add(Method::Arc, arc.result, None, sealers.join(" → "), "");
    }
    for one in &row.others {
        add(one.method, one.result, one.subject.as_ref().map(ToString::to_string), String::new(), "");
    }
    table
}

/// The evidence as a table, for files.
fn told_table(data: &Data, view: &View<'_>) -> Table {
    let columns = vec![
        Column::number("number", String::new()),
        Column::text("id", view.word("page-mail-label-id")),
        Column::text("text", view.word("page-mail-label-evidence")),
        Column::text("rule", String::new()),
    ];
    let mut table = Table::new("evidence", view.word("page-mail-label-evidence"), columns);
    for (place, told) in data.steps.iter().enumerate() {
        let rule = told.step.rule.as_ref().map(|(document, section)| format!("{document} §{section}"));
        table.rows.push(vec![
            Cell::number(place as u64 + 1),
            Cell::text(&*told.step.id),
            Cell::text(&*told.sentence),
            Cell::text(rule.unwrap_or_default()),
        ]);
    }
    table
}

fn evaluation_value(one: &Evaluation) -> Value {
    let published = one.published.as_ref().map(|published| {
        json!({
            "domain": published.domain.to_string(),
            "p": published.policy.as_str(),
            "sp": published.subdomain_policy.map(report::row::Policy::as_str),
            "np": published.nonexistent_policy.map(report::row::Policy::as_str),
            "adkim": published.dkim_mode.as_str(),
            "aspf": published.spf_mode.as_str(),
        })
    });
    json!({
        "author": one.author.to_string(),
        "result": one.result.as_str(),
        "record": published,
        "wanted": one.wanted.as_str(),
        "reason": one.reason,
        "spf_alignment": one.spf.as_str(),
        "dkim_alignment": one.dkim.iter().map(|aligned| aligned.as_str()).collect::<Vec<_>>(),
    })
}
