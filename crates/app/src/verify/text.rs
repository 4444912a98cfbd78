//! The page for people: verdict first, one sentence of reason, then what each method found, then what is worth knowing.

use std::fmt::Write as _;

use auth::{Fact, Facts};
use dkim::{Status, Verification};
use dmarc::{Alignment, DmarcResult, Evaluation};
use mailtext::encoded_word::display_safe;
use mailtext::{Domain, Explain as _, Outcome, ReversePath, Rule, Value};
use spf::{Checked, Verdict};

use super::verdict::decisive;
use super::{Judged, Judgement, Place, others};
use crate::explain;
use crate::paint::{Paint, Tone, blanks, columns};
use crate::say::Say;

/// The pages of one run.
pub(super) struct Page {
    paint: Paint,
    explained: bool,
    /// Whether each message needs a heading.
    several: bool,
    count: usize,
}

/// One line of the table of methods.
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) result: &'static str,
    pub(super) detail: String,
    pub(super) rule: Option<Rule>,
}

impl Page {
    pub(super) fn new(paint: Paint, explained: bool, several: bool) -> Self {
        Self { paint, explained, several, count: 0 }
    }

    /// One message.
    pub(super) fn message(&mut self, judged: &Judged, say: &Say) -> String {
        let mut page = String::new();
        if self.count > 0 {
            page.push('\n');
        }
        self.count += 1;
        if self.several || judged.place.number.is_some() {
            let heading = heading(&judged.place, say);
            line(&mut page, &self.paint.tone(Tone::Strong, &heading));
        }
        self.verdict(&mut page, &judged.facts, say);
        page.push('\n');
        let mut table = rows(&judged.facts, say, self.explained);
        table.extend(others::rows(judged, say));
        self.table(&mut page, &table);
        self.historic(&mut page, &others::historic_rows(&judged.facts.others, self.explained, say), say);
        self.worth_knowing(&mut page, judged, say);
        if self.explained {
            page.push('\n');
            line(&mut page, &format!("  {}", self.paint.tone(Tone::Strong, &say.word("verify-evidence"))));
            page.push_str(&explain::evidence(&judged.facts, say, self.paint));
        }
        page
    }

    /// What stands below the last message.
    pub(super) fn end(&self, say: &Say) -> String {
        if self.explained {
            return String::new();
        }
        let hint = format!("{}      {}", say.word("verify-hint-explain"), say.word("verify-hint-language"));
        format!("\n  {}\n", self.paint.tone(Tone::Faint, &hint))
    }

    fn verdict(&self, page: &mut String, facts: &Facts, say: &Say) {
        let judgement = Judgement::of(facts);
        let word = say.word(judgement.word);
        let indent = " ".repeat(columns(&word) + GAP);
        let mut first = self.paint.tone(judgement.tone, &word);
        let _ = write!(first, "{}{} {}", " ".repeat(GAP), say.word("verify-from-label"), author(facts, say));
        if let Some(label) = judgement.label {
            let _ = write!(first, "      {}", self.paint.tone(judgement.tone, &say.word(label)));
        }
        line(page, &first);
        line(page, &format!("{indent}{}", say.say(judgement.sentence, &judgement.arguments)));
    }

    /// What changes nothing stands apart, under a heading that says so.
    fn historic(&self, page: &mut String, rows: &[Row], say: &Say) {
        if !rows.is_empty() {
            line(page, &format!("\n  {}", self.paint.tone(Tone::Strong, &say.word("verify-historic"))));
            self.table(page, rows);
        }
    }

    fn table(&self, page: &mut String, rows: &[Row]) {
        let method_columns = rows.iter().map(|row| row.method.len() + 2).max().unwrap_or(0).max(METHOD_COLUMNS);
        let result_columns = rows.iter().map(|row| row.result.len()).max().unwrap_or(0).max(7) + 2;
        let lead = 2 + method_columns + result_columns;
        let detail_columns = rows.iter().filter(|row| row.rule.is_some()).map(|row| columns(&row.detail)).max();
        let mut method = "";
        for row in rows {
            let shown = if row.method == method { "" } else { row.method };
            method = row.method;
            let result = self.paint.tone(tone(row.result), row.result);
            let mut text = format!("  {shown}{}{result}", blanks(shown, method_columns));
            let _ = write!(text, "{}{}", blanks(row.result, result_columns), row.detail);
            if let Some(rule) = row.rule {
                let width = detail_columns.unwrap_or(0).max(RULE_COLUMN.saturating_sub(lead));
                let _ =
                    write!(text, "{}  {}", blanks(&row.detail, width), self.paint.tone(Tone::Faint, &rule.to_string()));
            }
            line(page, &text);
        }
    }

    fn worth_knowing(&self, page: &mut String, judged: &Judged, say: &Say) {
        let mut notes: Vec<String> = Vec::new();
        if let (true, Some(ip)) = (judged.traced, judged.facts.envelope.ip) {
            notes.push(say.say("verify-client-from-received", &[("ip", ip.to_string().into())]));
        }
        for fact in &judged.facts.facts {
            // That a weakness keeps a signature from counting says all that the weakness says.
            let told_better = |other: &Fact| match (fact, other) {
                (
                    Fact::Signature { domain, weakness },
                    Fact::NotAccepted { domain: other_domain, weakness: other_weakness },
                ) => domain == other_domain && weakness == other_weakness,
                _ => false,
            };
            if !judged.facts.facts.iter().any(told_better) {
                notes.push(say.explain(fact));
            }
        }
        if judged.bare_newlines {
            notes.push(say.word(BARE_NEWLINES));
        }
        notes.dedup();
        if notes.is_empty() {
            return;
        }
        line(page, &format!("\n  {}", self.paint.tone(Tone::Strong, &say.word("verify-worth-knowing"))));
        for note in notes {
            line(page, &format!("  · {note}"));
        }
    }
}

/// The id of the fact that a body mixes line ends.
pub(crate) const BARE_NEWLINES: &str = "verify-bare-newlines";

/// The name of a message: its file, and its number in a mailbox.
pub(crate) fn heading(place: &Place, say: &Say) -> String {
    let file = if place.file == "-" { say.word("cli-standard-input") } else { place.file.clone() };
    match place.number {
        Some(number) => say.say("verify-message-number", &[("number", number.into()), ("file", file.into())]),
        None => display_safe(&file).into_owned(),
    }
}

/// The author as From has it: names and addresses, safe to show.
fn author(facts: &Facts, say: &Say) -> String {
    let mailboxes = facts.from.addresses.mailboxes().take(SHOWN_AUTHOR_COUNT_MAX).map(|mailbox| {
        match mailbox.display_name.as_deref().filter(|name| !name.trim().is_empty()) {
            Some(name) => format!("{name} <{mailbox}>"),
            None => mailbox.to_string(),
        }
    });
    let text = mailboxes.collect::<Vec<_>>().join(", ");
    if text.is_empty() { say.word("verify-no-from") } else { display_safe(&text).into_owned() }
}

fn rows(facts: &Facts, say: &Say, explained: bool) -> Vec<Row> {
    let mut rows = vec![dmarc_row(facts, say)];
    rows.extend(organizational_domains(facts, say));
    rows.extend(spf_rows(facts, say, explained));
    if facts.dkim.is_empty() {
        rows.push(Row { method: "DKIM", result: "none", detail: say.word("verify-dkim-none"), rule: None });
    }
    let mut identifier = 0;
    for outcome in &facts.dkim {
        let alignment = outcome.result.parsed.domain.as_ref().and_then(|_| {
            identifier += 1;
            decisive(facts)?.dkim.get(identifier - 1).copied()
        });
        rows.push(dkim_row(outcome, alignment, facts, say));
    }
    rows
}

fn dmarc_row(facts: &Facts, say: &Say) -> Row {
    let message = &facts.dmarc.result;
    let result = message.result.as_str();
    let told = |detail| Row { method: "DMARC", result, detail, rule: message.reason.rule() };
    let Some(one) = decisive(facts) else { return told(say.explain(&message.reason)) };
    match message.result {
        DmarcResult::TempError | DmarcResult::PermError => told(say.explain(&message.reason)),
        _ => match (one.policy, one.discovery.policy_record()) {
            (Some(applied), Some(found)) => {
                let mut arguments =
                    vec![("policy", Value::Word(applied.policy.as_str())), ("record", record_name(&found.domain))];
                let mut id = "verify-policy";
                if applied.policy != applied.to_apply() {
                    id = "verify-policy-testing";
                    arguments.push(("to_apply", Value::Word(applied.to_apply().as_str())));
                }
                Row { rule: Some(Rule("RFC 9989", "4.10.1")), ..told(say.say(id, &arguments)) }
            }
            _ if message.result == DmarcResult::None && one.discovery.policy_record().is_none() => {
                told(say.say("verify-no-policy", &[("record", record_name(&one.discovery.author_domain))]))
            }
            _ => told(say.explain(&one.reason)),
        },
    }
}

/// Both organizational domains, where the public suffix list decides: by it, and by the walk.
fn organizational_domains(facts: &Facts, say: &Say) -> Option<Row> {
    let one = decisive(facts).filter(|one| one.discovery.method == dmarc::Method::SuffixList)?;
    let list = ("psl_domain", Value::from(&one.discovery.psl_organizational_domain()));
    let walk = one.discovery.walk_organizational_domain().map(|domain| ("walk_domain", Value::from(&domain)));
    let arguments: Vec<_> = [Some(list), walk].into_iter().flatten().collect();
    let detail = say.say("verify-organizational-domains", &arguments);
    Some(Row { method: "DMARC", result: "", detail, rule: Some(Rule("RFC 7489", "3.2")) })
}

fn record_name(domain: &Domain) -> Value {
    Value::Text(format!("_dmarc.{domain}"))
}

fn spf_rows(facts: &Facts, say: &Say, explained: bool) -> Vec<Row> {
    let row = |result, detail| Row { method: "SPF", result, detail, rule: None };
    let Some(both) = &facts.spf else { return vec![row("none", say.word("verify-spf-not-checked"))] };
    let mut rows = Vec::new();
    let is_null = matches!(facts.envelope.mail_from, Some(Ok(ReversePath::Null)));
    if facts.envelope.mail_from.is_some() {
        let checked = &both.mail_from.result;
        let alignment = decisive(facts).and_then(|one| one.spf);
        let mut detail = spf_detail(checked, if is_null { "verify-spf-helo" } else { "verify-spf-domain" }, say);
        if checked.verdict == Verdict::Pass {
            push_alignment(&mut detail, alignment, facts, say);
        }
        rows.push(row(checked.verdict.as_str(), detail));
        if let (Some(text), Some(domain)) = (&checked.explanation, checked.domain()) {
            let arguments = [("domain", domain.into()), ("text", text.as_str().into())];
            rows.push(row("", say.say("verify-spf-explanation", &arguments)));
        }
    }
    if facts.envelope.helo.is_some() && !is_null && (explained || rows.is_empty()) {
        rows.push(row(both.helo.result.verdict.as_str(), spf_detail(&both.helo.result, "verify-spf-helo", say)));
    }
    rows
}

/// For which domain, by which term; or why not.
fn spf_detail(checked: &Checked, plain: &str, say: &Say) -> String {
    let Some(domain) = checked.domain() else {
        return checked.reason.as_ref().map_or_else(|| say.word("verify-spf-no-domain"), |reason| say.explain(reason));
    };
    match (&checked.reason, checked.matched()) {
        (Some(reason), _) => say.explain(reason),
        (None, Some(place)) if plain == "verify-spf-domain" => {
            say.say("verify-spf-term", &[("domain", domain.into()), ("term", place.text().into())])
        }
        _ => say.say(plain, &[("domain", domain.into())]),
    }
}

fn dkim_row(
    outcome: &Outcome<Verification, dkim::Step>,
    alignment: Option<Alignment>,
    facts: &Facts,
    say: &Say,
) -> Row {
    let Verification { status, problem, parsed, key_bits, .. } = &outcome.result;
    let mut detail = match (&parsed.domain, &parsed.selector) {
        (Some(domain), Some(selector)) => {
            say.say("verify-dkim-signature", &[("domain", domain.into()), ("selector", selector.into())])
        }
        (Some(domain), None) => format!("d={domain}"),
        (None, _) => String::new(),
    };
    if let Some(problem) = problem {
        let colon = if detail.is_empty() { "" } else { ": " };
        let _ = write!(detail, "{colon}{}", say.explain(problem));
    } else if let (Some(algorithm), Some(bits)) = (parsed.algorithm, key_bits) {
        let arguments = [("algorithm", Value::Word(algorithm.as_str())), ("bits", u64::from(*bits).into())];
        let _ = write!(detail, ", {}", say.say("verify-dkim-algorithm", &arguments));
    }
    if *status == Status::Pass {
        push_alignment(&mut detail, alignment, facts, say);
    }
    Row { method: "DKIM", result: status.as_str(), detail, rule: None }
}

fn push_alignment(detail: &mut String, alignment: Option<Alignment>, facts: &Facts, say: &Say) {
    let Some(author) = decisive(facts).map(|one: &Evaluation| &one.discovery.author_domain) else { return };
    let id = match alignment {
        Some(Alignment::SameName | Alignment::SameOrganization) => "verify-aligned",
        Some(Alignment::OtherName | Alignment::OtherOrganization) => "verify-not-aligned",
        _ => return,
    };
    let _ = write!(detail, " – {}", say.say(id, &[("domain", author.into())]));
}

fn tone(result: &str) -> Tone {
    match result {
        "pass" => Tone::Good,
        "fail" | "permerror" | "discard" | "nxdomain" => Tone::Bad,
        _ => Tone::Doubtful,
    }
}

/// Adds a line, without blanks at its end.
fn line(page: &mut String, text: &str) {
    page.push_str(text.trim_end());
    page.push('\n');
}

/// Columns between the verdict's word and what follows.
const GAP: usize = 3;
/// Least columns for the name of a method.
const METHOD_COLUMNS: usize = 7;
/// Where the rule stands, when there is room.
const RULE_COLUMN: usize = 80;
/// Most mailboxes of From that are shown.
const SHOWN_AUTHOR_COUNT_MAX: usize = 8;
