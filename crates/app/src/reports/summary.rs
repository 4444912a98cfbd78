//! `report summary`: how much mail in our name there was, and what became of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use feedback::Archive as _;
use feedback::archive::{Class, CountLine, Division};
use insight::Tally;
use insight::group::{class_label, class_word};
use report::vocabulary::Disposition;
use serde::Serialize;

use super::ask::{Days, Format, Selection, day_text, with};
use super::print;
use super::table::{Column, aligned, csv, grouped, percent};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;

/// `report summary`
#[derive(Args, Debug)]
pub(super) struct SummaryArguments {
    #[command(flatten)]
    selection: Selection,
    /// A line for each day, too
    #[arg(long)]
    by_day: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &SummaryArguments) -> Result<ExitCode, Failure> {
    let days = arguments.selection.days(common)?;
    let query = arguments.selection.query(common)?;
    let by = Division {
        day: arguments.by_day,
        domain: true,
        class: true,
        disposition: true,
        aligned: true,
        reporter: false,
    };
    let by_reporter = Division { domain: true, reporter: true, ..Division::default() };
    let (lines, reporters) = with(common, async |store| {
        Ok((store.counts(query.clone(), by).await?, store.counts(query.clone(), by_reporter).await?))
    })?;
    let summary = Summary::of(&lines, &reporters);
    let text = match arguments.format {
        Format::Text => summary.text(days, common.say()),
        Format::Json => summary.json(days),
        Format::Csv => summary.csv(),
    };
    print(&text)?;
    Ok(ExitCode::Done)
}

/// Counts, by domain and by day.
#[derive(Default)]
struct Summary {
    domains: BTreeMap<Box<str>, Counts>,
    days: BTreeMap<(Box<str>, u32), Counts>,
}

/// Messages, counted in several ways.
#[derive(Default, Clone)]
struct Counts {
    messages: u64,
    passed: u64,
    dkim: u64,
    spf: u64,
    classes: BTreeMap<Class, u64>,
    dispositions: BTreeMap<&'static str, u64>,
    reporters: u64,
}

/// A line of JSON.
#[derive(Serialize)]
struct Object<'a> {
    domain: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    messages: u64,
    pass: u64,
    fail: u64,
    dkim_aligned: u64,
    spf_aligned: u64,
    classes: BTreeMap<&'static str, u64>,
    dispositions: &'a BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reporters: Option<u64>,
}

impl Summary {
    fn of(lines: &[CountLine], reporters: &[CountLine]) -> Self {
        let mut summary = Self::default();
        for line in lines {
            let domain = line.domain.clone().unwrap_or_default();
            summary.domains.entry(domain.clone()).or_default().add(line);
            if let Some(day) = line.day {
                summary.days.entry((domain, day)).or_default().add(line);
            }
        }
        for line in reporters {
            summary.domains.entry(line.domain.clone().unwrap_or_default()).or_default().reporters += 1;
        }
        summary
    }

    fn json(&self, days: Days) -> String {
        let span = (Some(day_text(days.from)), Some(day_text(days.until)));
        let domains = self.domains.iter().map(|(domain, counts)| {
            let object = counts.object(domain);
            Object { from: span.0.clone(), to: span.1.clone(), reporters: Some(counts.reporters), ..object }
        });
        let by_day = self
            .days
            .iter()
            .map(|((domain, day), counts)| Object { day: Some(day_text(*day)), ..counts.object(domain) });
        let lines = domains.chain(by_day).map(|object| serde_json::to_string(&object).unwrap_or_default() + "\n");
        lines.collect()
    }

    fn csv(&self) -> String {
        let mut head = vec!["domain", "day", "messages", "pass", "fail", "dkim_aligned", "spf_aligned"];
        head.extend(Tally::CLASSES.map(class_word));
        head.extend(DISPOSITIONS);
        let line = |domain: &str, day: String, counts: &Counts| {
            let numbers = [counts.messages, counts.passed, counts.failed(), counts.dkim, counts.spf];
            let classes = Tally::CLASSES.map(|class| counts.class(class));
            let dispositions = DISPOSITIONS.map(|word| counts.dispositions.get(word).copied().unwrap_or_default());
            let numbers = numbers.into_iter().chain(classes).chain(dispositions).map(|number| number.to_string());
            csv(&[domain.to_owned(), day].into_iter().chain(numbers).collect::<Vec<_>>())
        };
        let lines: String = if self.days.is_empty() {
            self.domains.iter().map(|(domain, counts)| line(domain, String::new(), counts)).collect()
        } else {
            self.days.iter().map(|((domain, day), counts)| line(domain, day_text(*day), counts)).collect()
        };
        csv(&head) + &lines
    }

    fn text(&self, days: Days, say: &Say) -> String {
        if self.domains.is_empty() {
            return say.word("reports-no-messages") + "\n";
        }
        let mut out = String::new();
        for (place, (domain, counts)) in self.domains.iter().enumerate() {
            if place > 0 {
                out.push('\n');
            }
            let arguments = [
                ("from", day_text(days.from).into()),
                ("to", day_text(days.until.saturating_sub(1)).into()),
                ("reporters", counts.reporters.into()),
                ("messages", counts.messages.into()),
            ];
            let name = if domain.is_empty() { "–" } else { &**domain };
            let _ = writeln!(out, "{name}   {}", say.say("reports-label-summary", &arguments));
            out.push_str(&counts.text(say));
            let of_domain = self.days.range((domain.clone(), 0)..=(domain.clone(), u32::MAX));
            let lines: Vec<Vec<String>> = of_domain.map(|((_, day), counts)| counts.day_line(*day)).collect();
            if !lines.is_empty() {
                let head = ["reports-label-day", "reports-label-messages", "reports-label-pass"].map(|id| say.word(id));
                let classes = Tally::CLASSES.iter().map(|class| say.word(class_label(*class)));
                let head = head.into_iter().chain(classes).collect();
                let form = [&[Column::Left][..], &[Column::Right; 7]].concat();
                out.push('\n');
                out.push_str(&aligned("  ", &form, &[vec![head], lines].concat()));
            }
        }
        out
    }
}

impl Counts {
    fn add(&mut self, line: &CountLine) {
        let (dkim, spf) = (line.dkim_aligned == Some(true), line.spf_aligned == Some(true));
        self.messages += line.count;
        self.dkim += if dkim { line.count } else { 0 };
        self.spf += if spf { line.count } else { 0 };
        self.passed += if dkim || spf { line.count } else { 0 };
        if let Some(class) = line.class {
            *self.classes.entry(class).or_default() += line.count;
        }
        *self.dispositions.entry(line.disposition.map_or("other", Disposition::as_str)).or_default() += line.count;
    }

    fn failed(&self) -> u64 {
        self.messages - self.passed
    }

    fn class(&self, class: Class) -> u64 {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    fn object<'a>(&'a self, domain: &'a str) -> Object<'a> {
        Object {
            domain,
            day: None,
            from: None,
            to: None,
            messages: self.messages,
            pass: self.passed,
            fail: self.failed(),
            dkim_aligned: self.dkim,
            spf_aligned: self.spf,
            classes: Tally::CLASSES.into_iter().map(|class| (class_word(class), self.class(class))).collect(),
            dispositions: &self.dispositions,
            reporters: None,
        }
    }

    fn text(&self, say: &Say) -> String {
        let line = |name: String, count: u64| vec![name, percent(count, self.messages), grouped(count)];
        let mut lines = vec![
            line(say.word("reports-label-pass"), self.passed),
            line(say.word("reports-label-dkim-aligned"), self.dkim),
            line(say.word("reports-label-spf-aligned"), self.spf),
        ];
        let shown = Tally::CLASSES.into_iter().filter(|class| self.class(*class) > 0);
        lines.extend(shown.map(|class| line(say.word(class_label(class)), self.class(class))));
        let shown = DISPOSITIONS.iter().filter_map(|word| Some((*word, *self.dispositions.get(word)?)));
        lines.extend(shown.map(|(word, count)| line(format!("disposition={word}"), count)));
        aligned("  ", &[Column::Left, Column::Right, Column::Right], &lines)
    }

    fn day_line(&self, day: u32) -> Vec<String> {
        let numbers = [grouped(self.messages), percent(self.passed, self.messages)];
        let classes = Tally::CLASSES.map(|class| grouped(self.class(class)));
        [day_text(day)].into_iter().chain(numbers).chain(classes).collect()
    }
}

/// The dispositions, in the order in which they are shown; the last stands for words of reports that nobody knows.
const DISPOSITIONS: [&str; 5] = ["none", "pass", "quarantine", "reject", "other"];
