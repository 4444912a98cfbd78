//! `stats`: traffic as ministries and carriers publish it, from the counts of the ledger. The fold is that of the page.

mod sources;

use std::fmt::Write as _;

use chart::{Figure, Scale, Series, Shape, Slot, View};
use clap::{Args, ValueEnum};
use mailtext::Domain;
use report::statistics::{self, By, Part, Statistics};
use report::vocabulary::{Method, MethodResult};
use report::{Ledger as _, TallyLine, TallyQuery};
use serde_json::json;

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::reports::table::{csv, grouped, percent};
use crate::say::Say;
use crate::study::{Last, Section, Sheet, Study, locale};
use crate::{ledger, time};

/// `stats`
#[derive(Args, Debug)]
pub(crate) struct StatsArguments {
    /// From this day on: 2026-04-01 [default: 30 days before the end]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this day [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// How time is divided
    #[arg(long, value_name = "PART", default_value = "month")]
    by: Division,
    /// Of the messages of this domain and of all below it (may be given several times)
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// Where mail came from, week by week: countries, networks, addresses
    #[arg(long, conflicts_with = "domain")]
    sources: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Of which method the picture is
    #[arg(long, value_name = "METHOD", default_value = "dmarc")]
    method: Pictured,
}

/// Parts of time.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Division {
    /// Months
    Month,
    /// Weeks, from Monday on
    Week,
    /// Days in UTC
    Day,
}

/// The forms of the output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// For people
    Text,
    /// One JSON object per line, for each part of time
    Json,
    /// Comma-separated values, with a header line
    Csv,
    /// A picture of the shares of one method
    Svg,
    /// The tables as Markdown
    Markdown,
    /// Tables and pictures as one HTML file that can be printed
    Html,
}

/// Methods of which there is a picture.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Pictured {
    /// SPF of the envelope sender
    Spf,
    /// The best DKIM signature
    Dkim,
    /// DMARC
    Dmarc,
    /// ARC
    Arc,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, there is no ledger, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &StatsArguments) -> Result<ExitCode, Failure> {
    let (from_s, until_s) = time::span(common, arguments.from.as_deref(), arguments.to.as_deref())?;
    let day = |seconds: u64| u32::try_from(seconds / DAY_S).unwrap_or(u32::MAX);
    // A day that has begun is one of them.
    let (from_day, until_day) = (day(from_s), day(until_s.saturating_add(DAY_S - 1)));
    if until_day.saturating_sub(from_day) > DAY_COUNT_MAX {
        let from = arguments.from.as_deref().unwrap_or_default();
        return Err(Failure::option("cli-bad-value", "--from", from));
    }
    if arguments.sources {
        return sources::run(common, arguments.format, from_day, until_day);
    }
    let domains = domains(&arguments.domain)?;
    let asked = domains.clone();
    let (lines, whole_from_ms) = ledger::with(common, async |store| {
        let (mut lines, mut whole_from_ms): (Vec<TallyLine>, _) = (Vec::new(), 0);
        for kind in statistics::KINDS {
            let query = statistics::query(kind, from_day, until_day, 0);
            let tally = store.tally(TallyQuery { domains: asked.clone(), ..query }).await?;
            whole_from_ms = tally.whole_from_ms.max(whole_from_ms);
            lines.extend(tally.lines);
        }
        Ok((lines, whole_from_ms))
    })?;
    let counted = statistics::of(arguments.by.by(), from_day, until_day, 0, &lines);
    let say = common.say();
    let of = Of { domains: domains.as_deref(), from_day: whole_from_day(whole_from_ms, from_day) };
    let text = match arguments.format {
        Format::Text => study(&counted, &of, say).text(),
        Format::Markdown => study(&counted, &of, say).markdown(),
        Format::Html => study(&counted, &of, say).html(say),
        Format::Json => objects(&counted, &of, say),
        Format::Csv => table(&counted, &of, say),
        Format::Svg => picture(&counted, arguments.method.method(), say)?,
    };
    print(&text)?;
    Ok(ExitCode::Done)
}

/// Of which messages statistics are.
struct Of<'a> {
    /// Those of these domains; `None`: of the whole house.
    domains: Option<&'a [Domain]>,
    /// From which day on they are counted, where that is later than what is asked about.
    from_day: Option<u32>,
}

impl Of<'_> {
    /// How they are counted; nothing where they are of the whole house.
    fn definition(&self, say: &Say) -> Option<String> {
        let names: Vec<String> = self.domains?.iter().map(ToString::to_string).collect();
        Some(say.say("page-mail-own-defined", &[("domains", names.join(", ").into())]))
    }

    /// The same and from when on, in lines before the tables.
    fn lines(&self, say: &Say) -> Vec<String> {
        let from = self.from_day.map(|day| say.say("page-mail-own-from", &[("day", day_text(day).into())]));
        self.definition(say).into_iter().chain(from).collect()
    }

    /// The definition of shares, with of which messages they are.
    fn defined(&self, say: &Say) -> String {
        let shares = say.word("page-mail-shares-defined");
        self.definition(say).map_or_else(|| shares.clone(), |of| format!("{shares} {of}"))
    }
}

/// The domains that are asked for; `None` when none is.
fn domains(asked: &[String]) -> Result<Option<Box<[Domain]>>, Failure> {
    let read = |text: &String| Domain::parse(text).map_err(|_| Failure::option("cli-bad-value", "--domain", text));
    let domains = asked.iter().map(read).collect::<Result<Box<[_]>, _>>()?;
    Ok((!domains.is_empty()).then_some(domains))
}

/// The first day of which everything is counted, where that is not the first that is asked about.
fn whole_from_day(whole_from_ms: u64, from_day: u32) -> Option<u32> {
    let day = u32::try_from(whole_from_ms.div_ceil(DAY_S * 1000)).unwrap_or(u32::MAX);
    (day > from_day).then_some(day)
}

/// The tables with their definitions, and the shares of each method as figures.
fn study(counted: &Statistics, of: &Of<'_>, say: &Say) -> Study {
    let shares = Section {
        title: say.word("page-mail-label-shares"),
        sheet: Some(shares(counted, say)),
        notes: vec![say.word("page-mail-shares-defined")],
    };
    let kept_away = Section {
        title: say.word("page-mail-label-kept-away-count"),
        sheet: Some(sheet(counted, &KEPT_AWAY, say, |part| Some((part.kept_away(), part.messages)))),
        notes: vec![say.word("page-mail-kept-away-defined")],
    };
    let is_spam_known = counted.parts.iter().any(|part| part.spam_share().is_some());
    let spam = Section {
        title: say.word("page-mail-label-spam-count"),
        sheet: is_spam_known.then(|| sheet(counted, &SPAM, say, Part::spam_share)),
        notes: vec![say.word(if is_spam_known { "page-mail-spam-defined" } else { "page-mail-spam-unknown" })],
    };
    let figures = statistics::METHODS.map(|method| figure(counted, method, say));
    let title = say.word("page-mail-label-statistics");
    let ends = counted.parts.first().zip(counted.parts.last());
    let days = ends.map(|(first, last)| [first.from_day, last.until_day.saturating_sub(1)].map(day_text).join(" – "));
    Study {
        title: days.map_or(title.clone(), |days| format!("{title}: {days}")),
        method: of.lines(say),
        figures: figures.into(),
        sections: vec![shares, kept_away, spam],
    }
}

/// How many messages had which result.
fn shares(counted: &Statistics, say: &Say) -> Sheet {
    let heads = [
        "page-mail-label-part",
        "page-mail-label-method",
        "page-mail-label-result",
        "page-label-messages",
        "page-mail-label-evaluated",
        "page-mail-label-share",
    ];
    let rows = results(counted).map(|(part, method, result, count)| {
        let evaluated = part.evaluated(method);
        vec![
            part_name(counted.by, part),
            method.as_str().to_owned(),
            result.as_str().to_owned(),
            grouped(count),
            grouped(evaluated),
            percent(count, evaluated),
        ]
    });
    Sheet { header: heads.map(|id| say.word(id)).into(), rows: rows.collect(), names: 3, last: Last::Row }
}

/// A share of each part of time, under the headings of the part, of what is shared, of all and of the share. `share` gives how
/// many there are, and of how many.
fn sheet(counted: &Statistics, heads: &[&str; 4], say: &Say, share: fn(&Part) -> Option<(u64, u64)>) -> Sheet {
    let rows = counted.parts.iter().map(|part| {
        let (some, all) = share(part).unwrap_or_default();
        vec![part_name(counted.by, part), grouped(some), grouped(all), percent(some, all)]
    });
    Sheet { header: heads.map(|id| say.word(id)).into(), rows: rows.collect(), names: 1, last: Last::Row }
}

/// An object for each part of time.
fn objects(counted: &Statistics, of: &Of<'_>, say: &Say) -> String {
    let mut out = String::new();
    for part in &counted.parts {
        let of_part = results(counted).filter(|(other, ..)| other.from_day == part.from_day);
        let results = of_part.map(|(part, method, result, count)| {
            json!({ "method": method.as_str(), "result": result.as_str(), "messages": count,
                    "evaluated": part.evaluated(method) })
        });
        let spam = part.spam_share();
        let object = json!({
            "by": counted.by.as_str(),
            "from": day_text(part.from_day),
            "to": day_text(part.until_day.saturating_sub(1)),
            "messages": part.messages,
            "results": results.collect::<Vec<_>>(),
            "kept_away": part.kept_away(),
            "spam": spam.map(|(spam, _)| spam),
            "judged_by_filter": spam.map(|(_, judged)| judged),
            "domains": of.domains.map(|domains| domains.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "whole_from": of.from_day.map(day_text),
            "definition": of.defined(say),
            "kept_away_definition": say.word("page-mail-kept-away-defined"),
            "spam_definition": say.word("page-mail-spam-defined"),
        });
        let _ = writeln!(out, "{object}");
    }
    out
}

/// A line for each part of time, method and result, as the page's file has it.
fn table(counted: &Statistics, of: &Of<'_>, say: &Say) -> String {
    let mut out = csv(&["part", "method", "result", "messages", "evaluated", "percent", "definition"]);
    for (part, method, result, count) in results(counted) {
        let evaluated = part.evaluated(method);
        out.push_str(&csv(&[
            part_name(counted.by, part),
            method.as_str().to_owned(),
            result.as_str().to_owned(),
            count.to_string(),
            evaluated.to_string(),
            percent(count, evaluated).trim_end_matches(" %").to_owned(),
            of.defined(say),
        ]));
    }
    out
}

/// The shares of a method.
fn picture(counted: &Statistics, method: Method, say: &Say) -> Result<String, Failure> {
    let drawn = figure(counted, method, say).svg(&View::file(View::WIDE, locale(say)));
    // Too many parts of time for a picture: what is wrong is how it is divided.
    drawn.map_err(|_| Failure::option("cli-bad-value", "--by", counted.by.as_str()))
}

fn figure(counted: &Statistics, method: Method, say: &Say) -> Figure {
    let named = [("method", method.as_str().to_uppercase().into())];
    let series = (0_u8..).zip(counted.results_of(method)).map(|(place, result)| Series {
        name: result.as_str().to_owned(),
        slot: Slot::Other(place),
        values: counted.parts.iter().map(|part| Some(part.result(method, result))).collect(),
    });
    Figure {
        shape: Shape::Shares,
        title: say.say("page-mail-label-shares-of", &named),
        description: say.say("page-mail-shares-described", &named),
        unit: String::new(),
        absent: say.word("page-label-no-data"),
        category_name: say.word("page-mail-label-part"),
        categories: counted.parts.iter().map(|part| part_name(counted.by, part)).collect(),
        scale: Scale::Count,
        series: series.collect(),
    }
}

/// The results of which shares are published, in order.
fn results(counted: &Statistics) -> impl Iterator<Item = (&Part, Method, MethodResult, u64)> {
    let lines = |part: &'_ Part| part.results.clone().into_iter();
    let with_part = counted.parts.iter().flat_map(move |part| lines(part).map(move |line| (part, line)));
    let flat = with_part.map(|(part, ((method, result), count))| (part, method, result, count));
    flat.filter(|(_, method, ..)| statistics::METHODS.contains(method))
}

/// The name of a part of time: 2026-11, or its first day.
fn part_name(by: By, part: &Part) -> String {
    let length = if by == By::Month { 7 } else { 10 };
    day_text(part.from_day).chars().take(length).collect()
}

fn day_text(day: u32) -> String {
    time::rfc3339(u64::from(day) * DAY_S).chars().take(10).collect()
}

fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

impl Division {
    fn by(self) -> By {
        match self {
            Self::Month => By::Month,
            Self::Week => By::Week,
            Self::Day => By::Day,
        }
    }
}

impl Pictured {
    fn method(self) -> Method {
        match self {
            Self::Spf => Method::Spf,
            Self::Dkim => Method::Dkim,
            Self::Dmarc => Method::Dmarc,
            Self::Arc => Method::Arc,
        }
    }
}

/// The headings of what was kept away, and of what another filter called spam.
const KEPT_AWAY: [&str; 4] =
    ["page-mail-label-part", "page-mail-label-kept-away-count", "page-label-messages", "page-mail-label-share"];
const SPAM: [&str; 4] =
    ["page-mail-label-part", "page-mail-label-spam-count", "page-mail-label-evaluated", "page-mail-label-share"];
/// A day, in seconds.
const DAY_S: u64 = 86_400;
/// Most days that are asked about: ten years.
const DAY_COUNT_MAX: u32 = 3_660;
