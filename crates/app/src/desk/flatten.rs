//! SPF records written anew, as `record spf` shows them: what is asked for becomes a plan, what comes of it text or JSON.

use mailtext::{Domain, Explain};
use serde::Serialize;
use spf::Tree;
use spf::minimise::{Flatten, Hosts, Minimised, Obstacle, Plan, Remark, fit, minimise, superfluous};

use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::RECORD_REMARK_COUNT_SHOWN;
use crate::paint::{Paint, Tone};
use crate::say::Say;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// What is done with the names.
    pub(crate) aim: Aim,
    /// Names of which alone that is done; none means all.
    pub(crate) only: Vec<String>,
    /// Names that stay.
    pub(crate) keep: Vec<String>,
    /// Longest record in octets, where another is wished for than ours.
    pub(crate) octets_max: Option<usize>,
}

/// What a record is written anew for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Aim {
    /// `--minimise`: what is superfluous goes, and as much is replaced as the limit of look-ups takes.
    #[default]
    Fit,
    /// `--flatten`: all names are replaced.
    Flat,
}

/// Writes the record of a tree as was asked for.
///
/// # Errors
/// A name is none. What keeps a record from being written is in the other result.
pub(crate) fn rewrite(tree: &Tree, wish: &Wish) -> Result<Result<Minimised, Obstacle>, Failure> {
    let plan = plan(wish)?;
    Ok(match wish.aim {
        Aim::Fit if wish.only.is_empty() && wish.keep.is_empty() => fit(tree, &plan),
        // Where names are chosen, they are chosen; what is superfluous goes all the same.
        Aim::Fit => minimise(tree, &Plan { leave_out: superfluous(tree), ..plan }),
        Aim::Flat => minimise(tree, &plan),
    })
}

fn plan(wish: &Wish) -> Result<Plan, Failure> {
    let (only, keep) = (names("--only", &wish.only)?, names("--keep", &wish.keep)?);
    let flatten = match (wish.aim, &*only, &*keep) {
        (Aim::Fit, [], []) => Flatten::Nothing,
        (Aim::Flat, [], []) => Flatten::All,
        (_, [], _) => Flatten::AllBut(keep),
        // Of those that are named, the ones to be kept are kept.
        _ => Flatten::Only(only.into_iter().filter(|name| !keep.contains(name)).collect()),
    };
    let hosts = if wish.aim == Aim::Flat && wish.only.is_empty() { Hosts::Replace } else { Hosts::Keep };
    let plan = Plan { flatten, hosts, ..Plan::default() };
    Ok(Plan { octets_max: wish.octets_max.unwrap_or(plan.octets_max), ..plan })
}

fn names(option: &'static str, texts: &[String]) -> Result<Vec<Domain>, Failure> {
    let name = |text: &String| {
        let wrong =
            |_| Failure::new(ExitCode::Usage, "cli-bad-value").with("option", option).with("value", text.as_str());
        Domain::parse(text).map_err(wrong)
    };
    texts.iter().map(name).collect()
}

/// The records with what is to be said of them, or why there are none. The lines of the zone are written by whoever
/// writes records of all kinds.
pub(crate) fn render_text(tree: &Tree, written: &Result<Minimised, Obstacle>, say: &Say, paint: Paint) -> String {
    match written {
        Err(obstacle) => {
            let mut out = paint.tone(Tone::Bad, &say.explain(obstacle)) + "\n";
            if *obstacle == Obstacle::Unsound {
                out.push_str(&say.say("record-why-unsound", &[("domain", tree.domain.as_str().into())]));
                out.push('\n');
            }
            out
        }
        Ok(written) => {
            let mut out = String::new();
            for record in &written.records {
                out.push_str(&format!("{}\n    {}\n", record.name, record.text));
            }
            out.push('\n');
            for (tone, told) in told(written, tree, say) {
                out.push_str(&paint.tone(tone, &told));
                out.push('\n');
            }
            out
        }
    }
}

/// What is to be said of a new record, each with its tone. Of one kind there may be as many as there are terms; of very many the first
/// are told, and how many more there are.
pub(crate) fn told(written: &Minimised, tree: &Tree, say: &Say) -> Vec<(Tone, String)> {
    let remarks = written.remarks(tree);
    let mut told = Vec::new();
    for of_one in remarks.chunk_by(|one, next| one.id() == next.id()) {
        for remark in of_one.iter().take(RECORD_REMARK_COUNT_SHOWN) {
            let tone = match remark {
                Remark::Proved(..) => Tone::Good,
                Remark::OverLimit(..) => Tone::Bad,
                _ => Tone::Doubtful,
            };
            told.push((tone, say.explain(remark)));
        }
        if let more @ 1.. = of_one.len().saturating_sub(RECORD_REMARK_COUNT_SHOWN) {
            told.push((Tone::Doubtful, say.say("record-more-remarks", &[("count", more.into())])));
        }
    }
    told
}

#[derive(Serialize)]
struct Object {
    records: Vec<RecordObject>,
    lookups_before: Option<u32>,
    lookups_after: Option<u32>,
    /// Whether old and new were compared, and say the same.
    proved: bool,
    remarks: Vec<RemarkObject>,
}

#[derive(Serialize)]
struct RecordObject {
    name: String,
    text: String,
}

#[derive(Serialize)]
struct RemarkObject {
    code: &'static str,
    message: String,
}

/// The same as JSON.
pub(crate) fn render_json(tree: &Tree, written: &Result<Minimised, Obstacle>, say: &Say) -> serde_json::Value {
    let remark = |what: &dyn Explain| RemarkObject { code: what.id(), message: say.explain(what) };
    let object = match written {
        Err(obstacle) => Object {
            records: Vec::new(),
            lookups_before: None,
            lookups_after: None,
            proved: false,
            remarks: vec![remark(obstacle)],
        },
        Ok(written) => Object {
            records: written
                .records
                .iter()
                .map(|record| RecordObject { name: record.name.to_string(), text: record.text.clone() })
                .collect(),
            lookups_before: Some(written.before.lookups),
            lookups_after: Some(written.after.lookups),
            proved: true,
            remarks: written.remarks(tree).iter().map(|what| remark(what)).collect(),
        },
    };
    serde_json::to_value(object).unwrap_or_default()
}
