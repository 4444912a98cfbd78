//! A domain as it was examined: what stands in DNS, what rules found in it, what the guideline wants.

use std::borrow::Cow;
use std::collections::BTreeSet;

use audit::guideline::{self, Answered, Evidence, Level, Met, REQUIREMENTS, Role, Score};
use audit::history::{Audit, Change, Kept, Way};
use audit::known::{Reported, Statement};
use audit::snapshot::Unanswered;
use audit::tree::{Drawn, draw};
use audit::{Desk, Finding, Fix, Known, Severity, rule};
use mailtext::Domain;
use maud::{Markup, html};

use crate::ask::{View, Visit, day_text, time_text};
use crate::difference::{Piece, difference};
use crate::limits::RECORD_BYTES_SHOWN_MAX;
use crate::parts::{Tone, code, copied, notice, safe_whole, state};
use crate::sources::{Asking, Look, Looked, Sources};
use crate::told;
use crate::trouble::Trouble;
use crate::who::Scope;

/// A domain, examined just now or when it was audited last.
pub struct Examined {
    /// Whether it was examined just now: nobody answers otherwise, and no more is known than was kept.
    pub is_now: bool,
    /// What is kept of it, or would be.
    pub audit: Audit,
    /// What rules found, the worst first; empty where it is what was kept, which has no more than their ids.
    pub findings: Vec<Finding>,
    /// The requirements of the guideline that were judged.
    pub requirements: Vec<Judged>,
    /// What its SPF record leads to; without branches where it is what was kept.
    pub tree: Drawn,
    /// The questions to which nobody had an answer.
    pub unanswered: Vec<Unanswered>,
}

/// A requirement with what came out.
pub struct Judged {
    /// The requirement.
    pub requirement: &'static guideline::Requirement,
    /// What came out.
    pub met: Met,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub fix: Option<Fix>,
    /// What the operator declared, where nothing else could be told.
    pub declared: Option<Statement>,
}

impl Examined {
    /// Examines a domain, and says what came of looking at it: DNS is asked where the visit asks for it (`now=1`), and what
    /// somebody saw a short while ago is shown again. `None` where nothing was seen, and no audit is kept.
    ///
    /// # Errors
    /// The parameter says something else, or nobody can look here.
    pub async fn of<S: Sources>(
        visit: &Visit<'_, S>,
        domain: &Domain,
        kept: &Kept,
    ) -> Result<(Option<Self>, Looked), Trouble> {
        let asking = match visit.query.read("now", |word| (word == NOW_WORD).then_some(()))? {
            Some(()) => Asking::Now,
            None => Asking::Nobody,
        };
        let looked = visit.sources.look(domain, asking).await?;
        let examined = match &looked {
            Looked::Seen(look) => Some(Self::now(look, kept, &visit.who.scope)),
            _ => kept.last().map(Self::then),
        };
        Ok((examined, looked))
    }

    fn now(look: &Look, kept: &Kept, scope: &Scope) -> Self {
        let known = known_to(scope, &look.known);
        let desk = Desk { snapshot: &look.snapshot, known: &known };
        let mut findings = rule::judge_domain(&desk);
        let answered = guideline::judge(&desk, &findings, &Role::ALL);
        let audit = Audit::of(&look.snapshot, &findings, &answered, look.known.now_s).settled(kept.last().as_ref());
        let requirements = answered.into_iter().map(Judged::from).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let unanswered = look.snapshot.unanswered();
        Self { is_now: true, audit, findings, requirements, tree: draw(&look.snapshot.spf.tree), unanswered }
    }

    fn then(audit: Audit) -> Self {
        let judged = REQUIREMENTS.iter().filter_map(|requirement| {
            let met = *audit.requirements.get(requirement.id)?;
            Some(Judged { requirement, met, evidence: Vec::new(), fix: None, declared: None })
        });
        let requirements = judged.collect();
        let (findings, unanswered) = (Vec::new(), Vec::new());
        Self { is_now: false, audit, findings, requirements, tree: Drawn::default(), unanswered }
    }

    /// When, in milliseconds since 1970.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        u64::try_from(self.audit.at_s).unwrap_or(0).saturating_mul(1000)
    }

    /// The score of each level, Must first, of the requirements of these roles.
    #[must_use]
    pub fn scores(&self, roles: &[Role]) -> [Score; 3] {
        [Level::Must, Level::Should, Level::May].map(|level| {
            let of_level = || {
                self.requirements
                    .iter()
                    .filter(|one| roles.contains(&one.requirement.role) && one.requirement.level == level)
            };
            let count = |met: Met| of_level().filter(|one| one.met == met).count();
            Score {
                level,
                met: count(Met::Met),
                partial: count(Met::Partial),
                not_met: count(Met::NotMet),
                unknown: count(Met::Unknown),
            }
        })
    }
}

impl From<Answered<'_>> for Judged {
    fn from(answered: Answered<'_>) -> Self {
        let Answered { requirement, met, evidence, fix, declared } = answered;
        Self { requirement, met, evidence, fix, declared: declared.cloned() }
    }
}

/// How current what is shown of a domain is: why nothing was seen just now, whether it is what an audit kept, and the button
/// that asks DNS.
#[must_use]
pub fn looking(examined: Option<&Examined>, looked: &Looked, view: &View<'_>) -> Markup {
    let kept = |fields: &[(&str, &str)]| {
        html! {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
        }
    };
    let asked: Vec<(&str, &str)> = view.query.pairs().filter(|(name, _)| ["domain", "role"].contains(name)).collect();
    let is_now = examined.is_some_and(|examined| examined.is_now);
    html! {
        @if let Some(sentence) = looked.sentence() { (notice(Tone::Bad, &html! { (view.word(sentence)) })) }
        @match examined {
            Some(_) if is_now => p { (view.word("page-look-kept")) },
            Some(_) => (notice(Tone::Warning, &html! { (view.word("page-not-now")) })),
            None => p .nothing { (view.word("page-not-looked")) },
        }
        @if !is_now {
            form method="get" action=(view.path) {
                (kept(&asked)) (kept(&[("now", NOW_WORD)]))
                button { (view.word("page-label-look-now")) }
            }
        }
    }
}

/// What nobody had an answer to.
#[must_use]
pub fn unanswered(examined: &Examined, view: &View<'_>) -> Markup {
    let more = examined.unanswered.len().saturating_sub(UNANSWERED_COUNT_SHOWN);
    html! {
        @if !examined.unanswered.is_empty() {
            h2 #unanswered { (view.word("page-label-unanswered")) }
            ul .plain { @for one in examined.unanswered.iter().take(UNANSWERED_COUNT_SHOWN) {
                li { (state(Tone::Warning, &view.say("page-no-answer", &[("failure", one.failure.into())])))
                    " " (code(one.name.as_str())) " " (one.kind) }
            } }
            @if more > 0 { p { (view.say("page-label-and-more", &[("count", more.into())])) } }
        }
    }
}

/// The domains of which audits are kept or of which there are reports, as far as the person may see them.
///
/// # Errors
/// A store cannot answer.
pub async fn names<S: Sources>(visit: &Visit<'_, S>) -> Result<Vec<Domain>, Trouble> {
    let mut names: BTreeSet<Box<str>> = visit.sources.audited().await?.into_iter().collect();
    if visit.sources.archive().is_some() {
        names.extend(visit.own_domains().await?.into_iter().map(|line| line.domain));
    }
    let domains = names.iter().filter_map(|name| Domain::parse(name).ok());
    Ok(domains.filter(|domain| visit.who.scope.has(Some(domain))).collect())
}

/// The name of a level, as the guideline has it.
#[must_use]
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Must => "Must",
        Level::Should => "Should",
        Level::May => "May",
    }
}

/// What is known of a domain, for somebody's eyes: what this house does for others – its mail, its clients, by name – is for who
/// sees all domains, and reports of the domain above are for who sees that one.
fn known_to<'k>(scope: &Scope, known: &'k Known) -> Cow<'k, Known> {
    if *scope == Scope::All {
        return Cow::Borrowed(known);
    }
    let mut known = Known { receiver: None, relay: None, provider: None, ..known.clone() };
    let is_theirs = |reports: &Reported| reports.policy_domain.as_ref().is_none_or(|above| scope.has(Some(above)));
    known.reports = known.reports.filter(is_theirs);
    Cow::Owned(known)
}

/// A severity, with its mark.
#[must_use]
pub fn severity(severity: Severity, view: &View<'_>) -> Markup {
    let (tone, label) = match severity {
        Severity::Error => (Tone::Bad, "check-label-error"),
        Severity::Warning => (Tone::Warning, "check-label-warning"),
        Severity::Info => (Tone::Plain, "check-label-info"),
    };
    state(tone, &view.word(label))
}

/// A result of the guideline, with its mark; what was declared never looks as if it were verified.
#[must_use]
pub fn result(judged: &Judged, view: &View<'_>) -> Markup {
    let tone = match (judged.met, &judged.declared) {
        (Met::Met, None) => Tone::Good,
        (Met::NotMet, _) => Tone::Bad,
        (Met::Partial | Met::Unknown, _) | (Met::Met, Some(_)) => Tone::Warning,
        (Met::NotApplicable, _) => Tone::Plain,
    };
    state(tone, &view.word(judged.met.label(judged.declared.is_some())))
}

/// What the operator declared, as a sentence.
#[must_use]
pub fn declared(statement: &Statement, view: &View<'_>) -> String {
    let arguments =
        [("name", (&*statement.by).into()), ("date", date(statement).into()), ("text", (&*statement.note).into())];
    view.say("check-declared", &arguments).trim_end().to_owned()
}

/// The day of a statement.
#[must_use]
pub fn date(statement: &Statement) -> String {
    let day = u64::try_from(statement.at_s).unwrap_or(0) / 86_400;
    day_text(u32::try_from(day).unwrap_or(u32::MAX))
}

/// What to do: a record to paste, or a sentence.
#[must_use]
pub fn fix(fix: &Fix, view: &View<'_>) -> Markup {
    match fix {
        Fix::Publish(record) => html! { p { (view.word("page-publish")) } (copied(&record.line(), view)) },
        other => html! { p { (told::fix(other, view.voice)) } },
    }
}

/// The record that a finding is about, with the bytes in question underlined.
#[must_use]
pub fn underlined(finding: &Finding) -> Option<Markup> {
    let place = finding.place.as_ref()?;
    let text = place.text.as_deref()?;
    let (start, end) = place.span.map_or((0, 0), |span| (span.start as usize, span.end as usize));
    let (start, end) = (start.min(text.len()), end.clamp(start.min(text.len()), text.len()));
    // Of a very long record, what stands around.
    let (from, to) = if text.len() <= RECORD_BYTES_SHOWN_MAX {
        (0, text.len())
    } else {
        let around = RECORD_BYTES_SHOWN_MAX / 4;
        (start.saturating_sub(around), end.saturating_add(around).min(start + 3 * around).min(text.len()))
    };
    let end = end.min(to);
    let shown = |from: usize, to: usize| String::from_utf8_lossy(text.get(from..to).unwrap_or_default()).into_owned();
    Some(html! {
        pre tabindex="0" { code {
            @if from > 0 { "…" } (safe_whole(&shown(from, start)))
            @if end > start { mark { (safe_whole(&shown(start, end))) } }
            (safe_whole(&shown(end, to))) @if to < text.len() { "…" }
        } }
    })
}

/// A change between two audits: which way it goes, what it does to mail, and what stood and stands there.
#[must_use]
pub fn change(change: &Change, view: &View<'_>) -> Markup {
    let tone = match change.way() {
        Way::Worse => Tone::Bad,
        Way::Better => Tone::Good,
        Way::Other => Tone::Plain,
    };
    html! {
        p { (state(tone, &view.explain(change))) }
        @if let Change::Record { old, new, .. } = change { (diff(old, new)) }
    }
}

fn diff(old: &[Box<[u8]>], new: &[Box<[u8]>]) -> Markup {
    let only = |these: &[Box<[u8]>], others: &[Box<[u8]>]| -> Vec<String> {
        let mut texts: Vec<_> = these.iter().filter(|text| !others.contains(text)).map(|text| shown(text)).collect();
        texts.truncate(TEXT_COUNT_SHOWN_MAX);
        texts
    };
    let (gone, come) = (only(old, new), only(new, old));
    if let ([before], [after]) = (gone.as_slice(), come.as_slice()) {
        return html! {
            pre tabindex="0" { code { @for piece in difference(before, after) { @match piece {
                Piece::Same(text) => (safe_whole(text)),
                Piece::Gone(text) => del { (safe_whole(text)) },
                Piece::New(text) => ins { (safe_whole(text)) },
            } } } }
        };
    }
    html! {
        @if !(gone.is_empty() && come.is_empty()) { pre tabindex="0" { code {
            @for text in &gone { del { (safe_whole(text)) } "\n" }
            @for text in &come { ins { (safe_whole(text)) } "\n" }
        } } }
    }
}

/// A record's text, as far as a page shows it.
#[must_use]
pub fn shown(text: &[u8]) -> String {
    let cut = text.get(..RECORD_BYTES_SHOWN_MAX).map_or(text, |cut| cut);
    let mut shown = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A moment for programs: 2026-11-23T10:00:00Z.
#[must_use]
pub fn moment(at_s: u64) -> String {
    time_text(at_s.saturating_mul(1000), 0).replace(' ', "T") + "Z"
}

/// What `now` says to have DNS asked.
pub const NOW_WORD: &str = "1";
/// Questions without an answer that a page names; a file has them all.
const UNANSWERED_COUNT_SHOWN: usize = 20;
/// Most texts of one name that a page shows.
const TEXT_COUNT_SHOWN_MAX: usize = 32;
