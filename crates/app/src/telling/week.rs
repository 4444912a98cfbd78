//! The digest: every week how each domain does. Those that need somebody come first, and the subject says so.

use std::fmt::Write as _;

use feedback::Archive as _;
use feedback::ArchiveError;
use feedback::archive::{Class, CountQuery, DocumentQuery, DomainLine, SourceLine, Status};
use futures_util::future::join_all;
use insight::digest::{Brief, Line, State, date};
use insight::{Advice, Alert, Classifier, Gates, Situation, Verdict, Week, advise, digest};
use mailtext::{Domain, Explain as _, Value};
use report::query::Reach;
use serde_json::json;
use store::archive::{AlertQuery, NoticeChange, NoticeKind};

use super::letter::{folded, foot};
use super::{DAY_S, Letter, Manner, Telling, noticed};
use crate::limits::{DIGEST_DNS_S, DIGEST_DOMAIN_COUNT_MAX, DIGEST_GATE_DAYS, WAITING_COUNT_MAX};
use crate::published::Published;

/// A domain's part of the letter.
struct Part {
    brief: Brief,
    /// What the advisor says, as its id.
    verdict: &'static str,
    text: String,
}

/// What a week's letter is about.
#[derive(Clone, Copy)]
struct Days {
    from: u32,
    until: u32,
}

impl Telling {
    /// Writes the digest of the week, when its hour has come.
    pub(super) async fn write_week(&self, manner: &Manner, now_s: u64) -> Result<(), ArchiveError> {
        let Some(weekly) = manner.config.digest else { return Ok(()) };
        let due_s = weekly.last_s(now_s, manner.config.clock);
        let done = NoticeChange::SetMoment(DIGEST, due_s);
        match self.archive.moment(DIGEST).await? {
            Some(done_s) if done_s >= due_s => return Ok(()),
            // The first one goes when a week has been seen.
            None => return self.archive.note(vec![done]).await,
            Some(_) => {}
        }
        let until = manner.settled_day(due_s).saturating_add(1);
        let days = Days { from: until.saturating_sub(7), until };
        let refused_count = self.refused(days).await?;
        let mut parts = Vec::new();
        let domains = self.archive.domains(Some("")).await?;
        for some in domains.chunks(WAITING_COUNT_MAX) {
            let some = some.iter().filter_map(|line| Some((line, Domain::query(&line.domain).ok()?)));
            let told = join_all(some.map(|one| self.part(manner, one, days))).await;
            parts.extend(told.into_iter().collect::<Result<Vec<_>, ArchiveError>>()?);
        }
        if parts.is_empty() {
            return self.archive.note(vec![done]).await;
        }
        parts.sort_by_key(|part| (part.brief.state, std::cmp::Reverse(part.brief.messages)));
        let letter = letter(manner, &parts, days, refused_count);
        let lines = parts.iter().map(|part| NoticeChange::AddTold(noticed::week(&part.brief, now_s)));
        let changes = letter.changes(manner, now_s).chain(lines).chain([done]);
        self.archive.note(changes.collect()).await
    }

    async fn part(
        &self,
        manner: &Manner,
        (line, domain): (&DomainLine, Domain),
        days: Days,
    ) -> Result<Part, ArchiveError> {
        let query = |from: u32, until: u32| CountQuery {
            tenant: Some("".into()),
            domain: Some((domain.clone(), Reach::Name)),
            from_day: Some(from),
            until_day: Some(until),
            ..CountQuery::default()
        };
        let lines = self.archive.sources(query(days.from, days.until)).await?;
        let before = self.archive.sources(query(days.from.saturating_sub(7), days.from)).await?;
        // Whether a step may be taken is judged by more than a week.
        let month = query(days.until.saturating_sub(DIGEST_GATE_DAYS), days.until);
        let volumes = self.archive.volumes(month, None).await?;
        let volume = volumes.domains.get(&line.domain).copied().unwrap_or_default();
        let of = Some((Box::default(), line.domain.clone()));
        let query = AlertQuery { of, from_day: days.from, until_day: days.until, is_waiting: false };
        let alerts: Vec<Alert> =
            self.archive.alerts(query).await?.iter().filter_map(|line| Alert::parse(&line.what)).collect();
        let lookup = manner.resolver.for_message(std::time::Duration::from_secs(DIGEST_DNS_S));
        let published = Published::ask(&lookup, &line.domain, &lines).await;
        let classifier = manner.classifier(self, &lines).await?;
        let exists = |name: &str| published.existence(name);
        let situation = Situation::of(line, &lines, volume, published.text(), &exists);
        Ok(told(manner, &situation, &classifier, (&before, &alerts), days))
    }

    /// Reports that could not be taken in the week.
    async fn refused(&self, days: Days) -> Result<u64, ArchiveError> {
        let query = DocumentQuery {
            tenant: Some("".into()),
            status: Some(Status::Refused),
            from_s: Some((u64::from(days.from) * DAY_S).saturating_sub(1)),
            until_s: Some(u64::from(days.until) * DAY_S),
            ..DocumentQuery::default()
        };
        Ok(self.archive.documents(query).await?.lines.len() as u64)
    }
}

fn told(
    manner: &Manner,
    situation: &Situation<'_>,
    classifier: &Classifier,
    (before, alerts): (&[SourceLine], &[Alert]),
    days: Days,
) -> Part {
    let advice = advise(situation, &Gates::default(), classifier);
    let week = Week {
        from_day: days.from,
        until_day: days.until,
        advice: &advice,
        before,
        alerts,
        reporter_count: situation.reporter_count,
        refused_count: 0,
    };
    let lines = digest(&week);
    let sent = advice.tally.of(Class::Legitimate).saturating_add(advice.tally.of(Class::Misconfigured));
    let brief = Brief {
        domain: advice.domain.into(),
        from_day: days.from,
        until_day: days.until,
        state: state(&advice, alerts),
        messages: advice.tally.total(),
        own: sent,
        passed: advice.tally.of(Class::Legitimate),
        suspected: advice.tally.of(Class::Suspected),
        alerts: alerts.len() as u64,
    };
    Part { brief, verdict: advice.verdict.id(), text: text(manner, &lines) }
}

fn state(advice: &Advice<'_>, alerts: &[Alert]) -> State {
    match &advice.verdict {
        Verdict::NoData { .. } if alerts.is_empty() => State::Silent,
        Verdict::NoRecord { .. }
        | Verdict::Repair { .. }
        | Verdict::Decide { .. }
        | Verdict::Raise { .. }
        | Verdict::Hurts { .. } => State::NeedsYou,
        _ if !alerts.is_empty() => State::NeedsYou,
        Verdict::Wait { .. } | Verdict::Top { .. } | Verdict::NoData { .. } => State::Well,
    }
}

/// The sentences, in lines that every reader shows well.
fn text(manner: &Manner, lines: &[Line]) -> String {
    let plain = insight::plain_text(lines, |id, arguments| manner.words.say(id, arguments));
    let mut out = String::new();
    for line in plain.lines() {
        let depth = line.len() - line.trim_start().len();
        match line {
            "" => out.push('\n'),
            _ => out
                .push_str(&folded(line, &" ".repeat(if line.trim_start().starts_with("- ") { depth + 2 } else { 0 }))),
        }
    }
    out
}

fn letter(manner: &Manner, parts: &[Part], days: Days, refused_count: u64) -> Letter {
    let say = &manner.words;
    let mut text = String::new();
    if parts.len() > 1 {
        for part in parts {
            let _ = writeln!(text, "{}", say.explain(&part.brief));
        }
        text.push('\n');
    }
    for (at, part) in parts.iter().take(DIGEST_DOMAIN_COUNT_MAX).enumerate() {
        if at > 0 {
            let _ = writeln!(text, "{}\n", "-".repeat(72));
        }
        text.push_str(&part.text);
        let more = say.say("reports-label-week-more", &[("domain", (&*part.brief.domain).into())]);
        let _ = writeln!(text, "\n{}", folded(&format!("→ {more}"), "  "));
    }
    if refused_count > 0 {
        let refused = say.say("reports-label-week-refused", &[("count", refused_count.into())]);
        let _ = writeln!(text, "{}", folded(&refused, ""));
    }
    text.push_str(&foot(manner));
    let objects = parts.iter().map(|part| {
        json!({
            "domain": part.brief.domain,
            "state": part.brief.state.as_str(),
            "verdict": part.verdict,
            "messages": part.brief.messages,
            "own_messages": part.brief.own,
            "own_pass": part.brief.passed,
            "suspected": part.brief.suspected,
            "alerts": part.brief.alerts,
        })
    });
    let (from, until) = (date(days.from), date(days.until.saturating_sub(1)));
    Letter {
        kind: NoticeKind::Digest,
        parts: vec![days.from.to_string(), days.until.to_string()],
        subject: subject(manner, parts, &until),
        text,
        data: json!({ "from": from, "until": until, "refused": refused_count, "domains": objects.collect::<Vec<_>>() }),
    }
}

fn subject(manner: &Manner, parts: &[Part], until: &str) -> String {
    let say = &manner.words;
    let until = ("until", Value::from(until));
    if let [part] = parts {
        let id = if part.brief.own == 0 { "reports-label-subject-week-bare" } else { "reports-label-subject-week" };
        return say.say(id, &[part.brief.arguments(), vec![until]].concat());
    }
    let needing: Vec<&str> =
        parts.iter().filter(|part| part.brief.state == State::NeedsYou).map(|part| &*part.brief.domain).collect();
    let count = ("count", parts.len().into());
    match needing.as_slice() {
        [] => say.say("reports-label-subject-week-well", &[count, until]),
        [first, rest @ ..] => {
            let arguments = [
                count,
                until,
                ("needing", needing.len().into()),
                ("domain", (*first).into()),
                ("more", rest.len().into()),
            ];
            say.say("reports-label-subject-week-several", &arguments)
        }
    }
}

/// Under which name the moment of the last digest is kept.
const DIGEST: &str = "digest";
