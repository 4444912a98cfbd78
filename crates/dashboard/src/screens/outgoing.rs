//! Reports that we send about the mail of others: what is due, what became of each, and whom we leave alone for now.

use std::collections::BTreeMap;
use std::io::Read as _;

use feedback::intake;
use feedback::limits::OUTBOX_PAGE_COUNT_MAX;
use feedback::mail::Letter;
use feedback::outbox::{
    Change, Delivery, DeliveryEnd, DeliveryQuery, DeliveryState, Job, JobId, JobKey, JobKind, JobQuery, JobState,
    Outbox, Suppression,
};
use mailtext::Domain;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{View, Visit};
use crate::data::{Cell, Column, Table, grouped};
use crate::documents::{moment, period, period_cell};
use crate::limits::{OUTGOING_JOB_COUNT, PAGE_ROW_COUNT, RAW_SHOWN_BYTES_MAX, SCAN_ROW_COUNT_MAX};
use crate::page::Page;
use crate::parts::{Tone, action, choice, code, downloads, facts, field, figure_of, onward, safe, source, state, time};
use crate::screen::{Done, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::{Role, Scope};

/// The screen.
pub(crate) struct Outgoing;

/// One report.
pub(crate) struct OneOutgoing;

/// What it shows.
pub(crate) struct Data {
    folded_until_s: Option<u64>,
    lines: Vec<Line>,
    counts: [u64; 4],
    destinations: BTreeMap<Box<str>, [u64; 4]>,
    suppressions: Vec<Suppression>,
    next: Option<JobKey>,
    now_s: u64,
}

/// A report on its way to a destination, or one whose destinations are not known.
struct Line {
    job: Job,
    delivery: Option<Delivery>,
}

/// What may be said of one, in the order of [`Data::counts`].
pub(crate) const STANDS: &[&str] = &["due", "sent", "failed", "suppressed"];

impl Line {
    /// Which of [`STANDS`].
    fn stand(&self) -> usize {
        match self.delivery.as_ref().map(Delivery::end) {
            Some(None) => 0,
            Some(Some(DeliveryEnd::Accepted | DeliveryEnd::InDoubt)) => 1,
            Some(Some(DeliveryEnd::Suppressed | DeliveryEnd::Off)) => 3,
            Some(Some(_)) => 2,
            None if matches!(self.job.state, JobState::Done { .. }) => 2,
            None => 0,
        }
    }
}

impl Screen for Outgoing {
    type Data = Data;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let Some(outbox) = visit.sources.outbox() else {
            return Err(Trouble::NotKept { sentence: "page-inbox-no-outbox" });
        };
        let asked = visit.query.domain("domain")?;
        let is_stand = |text: &str| STANDS.iter().position(|stand| *stand == text);
        let wanted = visit.query.read("state", is_stand)?;
        let before = visit.query.read("before", parse_key)?;
        let mut data = Data {
            folded_until_s: outbox.folded_until_s().await?,
            lines: Vec::new(),
            counts: [0; 4],
            destinations: BTreeMap::new(),
            suppressions: Vec::new(),
            next: None,
            now_s: visit.now_ms / 1000,
        };
        let newest = outbox.jobs(JobQuery::Latest(asked.clone()), OUTGOING_JOB_COUNT).await?;
        for job in newest.iter().filter(|job| visit.who.scope.has(Some(&job.domain))) {
            for line in lines_of(outbox, job).await? {
                data.count(&line);
            }
        }
        let batch = match &before {
            Some(key) => outbox.jobs(JobQuery::Before(asked.clone(), key.clone()), OUTGOING_JOB_COUNT).await?,
            None => newest,
        };
        data.list(visit, outbox, (asked, wanted), batch).await?;
        // A mailbox says nothing of the domain that is reported about: who sees some domains sees none.
        if visit.who.scope == Scope::All {
            let after = visit.query.get("after").unwrap_or_default();
            data.suppressions = outbox.suppressions(after, visit.row_count()).await?;
        }
        Ok(data)
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let words: Vec<_> = STANDS.iter().copied().zip(labels().map(|label| view.word(label))).collect();
        let last = data.suppressions.last().filter(|_| data.suppressions.len() >= PAGE_ROW_COUNT);
        let body = html! {
            @if let Some(until_s) = data.folded_until_s {
                p { (view.word("page-inbox-label-made-until")) " " (time(until_s.saturating_mul(1000), view)) }
            }
            div .keys { @for ((stand, label), count) in words.iter().zip(data.counts) {
                (figure_of(count, label, Some(&to_stand(view, stand))))
            } }
            p { (view.say("page-inbox-outgoing-newest", &[("count", OUTGOING_JOB_COUNT.into())])) }
            form .filter method="get" action=(view.path) role="search" aria-label=(view.word("page-label-filter")) {
                (field(view, "domain", &view.word("page-label-domain")))
                (choice(view, "state", &view.word("page-inbox-label-state"), &words))
                button { (view.word("page-label-show")) }
            }
            @if let [lines, destinations, suppressions, ..] = &tables[..] {
                (lines.markup(&view.word("page-inbox-outgoing-none")))
                @if data.next.is_some() && data.lines.is_empty() { p { (view.word("page-inbox-scanned")) } }
                (onward(view, "before", data.next.as_ref().map(key_text).as_deref()))
                (destinations.markup(&view.word("page-inbox-outgoing-none")))
                h2 { (view.word("page-inbox-label-suppressions")) }
                p { (view.word("page-inbox-suppressions-about")) }
                (suppressions.markup(&view.word("page-inbox-suppressions-none")))
                (onward(view, "after", last.map(|last| &*last.mailbox)))
            }
            (downloads(view, &tables))
        };
        Page::new(view.word("page-inbox-label-outgoing"), body)
    }

    fn json(data: &Data, _view: &View<'_>) -> Value {
        let suppressions = data.suppressions.iter().map(|one| {
            json!({
                "mailbox": one.mailbox, "since": moment(one.since_s), "until": moment(one.until_s),
                "strikes": one.strikes, "reply": one.reply,
            })
        });
        json!({
            "made_until": data.folded_until_s.map(moment),
            "counts": STANDS.iter().zip(data.counts).map(|(stand, count)| ((*stand).to_owned(), count.into()))
                .collect::<serde_json::Map<_, _>>(),
            "reports": data.lines.iter().map(object).collect::<Vec<_>>(),
            "suppressions": suppressions.collect::<Vec<_>>(),
            "next": data.next.as_ref().map(key_text),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        vec![lines(&data.lines, view), destinations(data, view), suppressions(data, view)]
    }
}

impl Data {
    /// One of the newest.
    fn count(&mut self, line: &Line) {
        let stand = line.stand();
        let add = |counts: &mut [u64; 4]| counts.iter_mut().skip(stand).take(1).for_each(|count| *count += 1);
        add(&mut self.counts);
        if let Some(delivery) = &line.delivery {
            add(self.destinations.entry(delivery.mailbox.clone()).or_default());
        }
    }

    /// The lines of a page, from these jobs on, and where the next one begins. Where few are meant, so many are looked at
    /// as [`SCAN_ROW_COUNT_MAX`] allows.
    async fn list<S: Sources>(
        &mut self,
        visit: &Visit<'_, S>,
        outbox: &S::Outbox,
        (asked, wanted): (Option<Domain>, Option<usize>),
        mut batch: Vec<Job>,
    ) -> Result<(), Trouble> {
        let mut looked_at = 0;
        while let Some(last) = batch.last().map(Job::key) {
            let is_last = batch.len() < OUTGOING_JOB_COUNT;
            let count = batch.len();
            for (place, job) in batch.into_iter().enumerate() {
                let key = job.key();
                if visit.who.scope.has(Some(&job.domain)) {
                    let lines = lines_of(outbox, &job).await?;
                    self.lines
                        .extend(lines.into_iter().filter(|line| wanted.is_none_or(|wanted| line.stand() == wanted)));
                }
                // A page holds reports whole: it may have some lines more.
                if self.lines.len() >= visit.row_count() {
                    self.next = (!is_last || place + 1 < count).then_some(key);
                    return Ok(());
                }
            }
            looked_at += count;
            if is_last {
                return Ok(());
            }
            if looked_at >= SCAN_ROW_COUNT_MAX {
                self.next = Some(last);
                return Ok(());
            }
            batch = outbox.jobs(JobQuery::Before(asked.clone(), last), OUTGOING_JOB_COUNT).await?;
        }
        Ok(())
    }
}

/// A report with its destinations, a line each; one without any is a line too.
async fn lines_of(outbox: &impl Outbox, job: &Job) -> Result<Vec<Line>, Trouble> {
    let deliveries = outbox.deliveries(DeliveryQuery::OfJob(job.id.clone()), OUTBOX_PAGE_COUNT_MAX).await?;
    if deliveries.is_empty() {
        return Ok(vec![Line { job: job.clone(), delivery: None }]);
    }
    Ok(deliveries.into_iter().map(|delivery| Line { job: job.clone(), delivery: Some(delivery) }).collect())
}

/// Where a page begins, as addresses have it: 1795427999-0a1b.
fn key_text(key: &JobKey) -> String {
    format!("{}-{}", key.made_s, key.id.0)
}

/// Reads [`key_text`].
fn parse_key(text: &str) -> Option<JobKey> {
    let (made_s, id) = text.split_once('-')?;
    Some(JobKey { made_s: made_s.parse().ok()?, id: JobId(id.into()) })
}

/// The first page of those that stand like this, of the domain that is chosen.
fn to_stand(view: &View<'_>, stand: &str) -> String {
    format!("{}{}", view.path, view.query.with("before", None).with("state", Some(stand)).to_text())
}

/// The names of [`STANDS`].
fn labels() -> [&'static str; 4] {
    ["page-inbox-label-due", "page-inbox-label-sent", "page-inbox-label-not-sent", "page-inbox-label-suppressed"]
}

fn tone(stand: usize) -> Tone {
    [Tone::Plain, Tone::Good, Tone::Bad, Tone::Warning].get(stand).copied().unwrap_or(Tone::Plain)
}

fn kind_word(kind: JobKind) -> (&'static str, &'static str) {
    match kind {
        JobKind::Aggregate => ("aggregate", "page-inbox-label-kind-aggregate"),
        JobKind::Failure => ("failure", "page-inbox-label-kind-failure"),
        JobKind::Method => ("method", "page-inbox-label-kind-method"),
    }
}

/// What is to be said of one, as a sentence, with a time that belongs to it.
fn told(line: &Line, view: &View<'_>) -> (String, Option<u64>) {
    match (&line.delivery, line.job.state) {
        (None, JobState::Asking { next_s, .. }) => (view.word("page-inbox-label-asking"), Some(next_s)),
        (None, JobState::Sending) => (view.word("page-inbox-label-under-way"), None),
        (None, JobState::Done { at_s, end }) => (view.explain(&end), Some(at_s)),
        (Some(delivery), _) => match &delivery.state {
            DeliveryState::Waiting { next_s, last: None } => (view.word("page-inbox-label-waiting"), Some(*next_s)),
            DeliveryState::Waiting { next_s, last: Some(reply) } => {
                (view.say("page-inbox-label-deferred", &[("reply", reply.as_ref().into())]), Some(*next_s))
            }
            DeliveryState::Offered { at_s } | DeliveryState::Ending { at_s } => {
                (view.word("page-inbox-label-under-way"), Some(*at_s))
            }
            DeliveryState::Done { at_s, end } => (view.explain(end), Some(*at_s)),
        },
    }
}

fn lines(lines: &[Line], view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("domain", label("page-label-domain")),
        Column::hidden("report_id"),
        Column::text("kind", label("page-inbox-label-kind")),
        Column::text("period", label("page-inbox-label-period")),
        Column::number("messages", label("page-label-messages")),
        Column::text("destination", label("page-inbox-label-destination")),
        Column::text("state", label("page-inbox-label-state")),
        Column::text("told", label("page-inbox-label-told")),
        Column::text("at", label("page-inbox-label-when")),
        Column::number("attempts", label("page-inbox-label-attempts")),
    ];
    let mut table = Table::new("outgoing", label("page-inbox-label-outgoing"), columns);
    for line in lines {
        let job = &line.job;
        let (stand, (sentence, at_s)) = (line.stand(), told(line, view));
        let (kind, kind_label) = kind_word(job.kind);
        let word = STANDS.get(stand).copied().unwrap_or_default();
        let name = labels().get(stand).map(|label| view.word(label)).unwrap_or_default();
        let address = format!("/outgoing/{}", job.id.0);
        let at = at_s
            .map_or_else(Cell::default, |at_s| Cell::text(moment(at_s)).showing(time(at_s.saturating_mul(1000), view)));
        table.rows.push(vec![
            Cell::text(job.domain.as_str()).link(&address).head(),
            Cell::text(&*job.id.0),
            Cell::word(kind, &view.word(kind_label)),
            period_cell(job.period.begin_s(), job.period.end_s()),
            Cell::number(job.message_count).link(&address),
            Cell::text(line.delivery.as_ref().map_or("", |delivery| &delivery.mailbox)),
            Cell::text(word).showing(state(tone(stand), &name)),
            Cell::text(sentence),
            at,
            Cell::number(line.delivery.as_ref().map_or(0, |delivery| delivery.attempts.into())),
        ]);
    }
    table
}

fn destinations(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let mut columns = vec![Column::text("destination", label("page-inbox-label-destination"))];
    columns.extend(STANDS.iter().zip(labels()).map(|(stand, name)| Column::number(stand, label(name))));
    let mut table = Table::new("destinations", label("page-inbox-label-destinations"), columns);
    for (mailbox, counts) in data.destinations.iter().take(view.row_count()) {
        let mut row = vec![Cell::text(&**mailbox).head()];
        row.extend(counts.iter().map(|count| Cell::number(*count)));
        table.rows.push(row);
    }
    table
}

fn suppressions(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let may = view.who.role >= Some(Role::Operator);
    let columns = vec![
        Column::text("mailbox", label("page-inbox-label-destination")),
        Column::text("since", label("page-inbox-label-since")),
        Column::text("until", label("page-inbox-label-until")),
        Column::number("strikes", label("page-inbox-label-strikes")),
        Column::text("reply", label("page-inbox-label-reply")),
        Column::text("deed", if may { label("page-inbox-label-unsuppress") } else { String::new() }),
    ];
    let mut table = Table::new("suppressions", label("page-inbox-label-suppressions"), columns);
    for one in &data.suppressions {
        let at = |at_s: u64| Cell::text(moment(at_s)).showing(time(at_s.saturating_mul(1000), view));
        let until = if one.until_s <= data.now_s {
            Cell::text(moment(one.until_s)).showing(state(Tone::Good, &view.word("page-inbox-label-over")))
        } else {
            at(one.until_s)
        };
        let hidden = [("mailbox", &*one.mailbox)];
        let button =
            action(view, "/outgoing/unsuppress", &hidden, &html! {}, &view.word("page-inbox-label-unsuppress"));
        table.rows.push(vec![
            Cell::text(&*one.mailbox).head(),
            at(one.since_s),
            until,
            Cell::number(one.strikes.into()),
            Cell::text(&*one.reply),
            Cell::default().showing(button),
        ]);
    }
    table
}

fn object(line: &Line) -> Value {
    let (next, ended) = match line.delivery.as_ref().map(|delivery| &delivery.state) {
        Some(DeliveryState::Waiting { next_s, .. }) => (Some(*next_s), None),
        Some(DeliveryState::Done { at_s, .. }) => (None, Some(*at_s)),
        _ => (None, None),
    };
    json!({
        "id": line.job.id.0,
        "kind": kind_word(line.job.kind).0,
        "domain": line.job.domain.as_str(),
        "begin": moment(line.job.period.begin_s()),
        "end": moment(line.job.period.end_s()),
        "messages": line.job.message_count,
        "destination": line.delivery.as_ref().map(|delivery| &delivery.mailbox),
        "state": STANDS.get(line.stand()),
        "next": next.map(moment),
        "ended": ended.map(moment),
        "attempts": line.delivery.as_ref().map(|delivery| delivery.attempts),
    })
}

/// What is shown of one report.
pub(crate) struct OneData {
    lines: Vec<Line>,
    job: Job,
    preview: Option<Preview>,
}

/// The mail, without its addressee.
struct Preview {
    subject: String,
    /// What it says: of an aggregate report the XML, of a failure report the parts as they are sent.
    text: String,
    is_cut: bool,
    /// How many bytes the body has.
    bytes: u64,
}

impl Screen for OneOutgoing {
    type Data = OneData;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<OneData, Trouble> {
        let Some(outbox) = visit.sources.outbox() else {
            return Err(Trouble::NotKept { sentence: "page-inbox-no-outbox" });
        };
        let id = JobId(visit.object.ok_or(Trouble::NotFound)?.into());
        let job =
            outbox.job(&id).await?.filter(|job| visit.who.scope.has(Some(&job.domain))).ok_or(Trouble::NotFound)?;
        let deliveries = outbox.deliveries(DeliveryQuery::OfJob(id.clone()), OUTBOX_PAGE_COUNT_MAX).await?;
        let letter = outbox.letter(&id).await?;
        let mut lines: Vec<Line> =
            deliveries.into_iter().map(|delivery| Line { job: job.clone(), delivery: Some(delivery) }).collect();
        if lines.is_empty() {
            lines.push(Line { job: job.clone(), delivery: None });
        }
        // A failure report shows the header of a message of others: that is for those who may see failure reports.
        let may = job.kind == JobKind::Aggregate
            || visit.who.role >= Some(Role::Operator)
                && visit.who.clone().before(Some(Role::Operator)).scope.has(Some(&job.domain));
        let preview = letter.filter(|_| may).map(|letter| Preview::of(&letter, job.kind));
        Ok(OneData { lines, preview, job })
    }

    fn page(data: &OneData, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let job = &data.job;
        let is_open = !matches!(job.state, JobState::Done { .. });
        let fact = |label: &str, fact: Option<Markup>| (view.word(label), fact);
        let body = html! {
            (facts(&[
                fact("page-inbox-label-kind", Some(html! { (view.word(kind_word(job.kind).1)) })),
                fact("page-label-domain", Some(safe(job.domain.as_str()))),
                fact("page-inbox-label-report-id", Some(code(&job.id.0))),
                fact("page-inbox-label-period", Some(html! { (period(job.period.begin_s(), job.period.end_s())) })),
                fact("page-label-messages", Some(html! { (grouped(job.message_count)) })),
                fact("page-inbox-label-made", Some(time(job.made_s.saturating_mul(1000), view))),
            ]))
            @if is_open && view.who.role >= Some(Role::Operator) {
                (action(view, "/outgoing/send-now", &[("id", &*job.id.0)], &html! {}, &view.word("page-inbox-label-send-now")))
            }
            @for table in &tables { (table.markup(&view.word("page-inbox-outgoing-none"))) }
            (downloads(view, &tables))
            h2 { (view.word("page-inbox-label-preview")) }
            @match &data.preview {
                None => { p .nothing { (view.word("page-inbox-preview-gone")) } }
                Some(preview) => {
                    (facts(&[
                        fact("page-inbox-label-subject", Some(safe(&preview.subject))),
                        fact("page-inbox-label-bytes", Some(html! { (grouped(preview.bytes)) })),
                    ]))
                    @if preview.is_cut { p { (view.word("page-inbox-preview-cut")) } }
                    (source(&view.word("page-inbox-label-preview"), &preview.text))
                }
            }
        };
        Page::new(view.word("page-inbox-label-outgoing-report"), body).lead(html! { (safe(job.domain.as_str())) })
    }

    fn json(data: &OneData, _view: &View<'_>) -> Value {
        json!({
            "id": data.job.id.0,
            "domain": data.job.domain.as_str(),
            "deliveries": data.lines.iter().map(object).collect::<Vec<_>>(),
            "subject": data.preview.as_ref().map(|preview| &preview.subject),
            "report": data.preview.as_ref().map(|preview| &preview.text),
        })
    }

    fn tables(data: &OneData, view: &View<'_>) -> Vec<Table> {
        vec![lines(&data.lines, view)]
    }
}

impl Preview {
    fn of(letter: &Letter, kind: JobKind) -> Self {
        let subject = letter.subject.iter().map(|line| &**line).collect::<Vec<_>>().join(" ");
        let xml = (kind == JobKind::Aggregate).then(|| report_in(letter)).flatten();
        let mut text = xml.unwrap_or_else(|| letter.body.iter().copied().take(RAW_SHOWN_BYTES_MAX + 1).collect());
        let is_cut = text.len() > RAW_SHOWN_BYTES_MAX;
        text.truncate(RAW_SHOWN_BYTES_MAX);
        let text = String::from_utf8_lossy(&text).into_owned();
        Self { subject, text, is_cut, bytes: letter.body.len() as u64 }
    }
}

/// The report that a mail carries, decompressed, or its beginning.
fn report_in(letter: &Letter) -> Option<Vec<u8>> {
    let head = format!("Content-Type: {}\r\nMIME-Version: 1.0\r\n\r\n", letter.content_type);
    let mut packed = Vec::new();
    // Bytes in memory can be read to their end.
    let _ = intake::read(&mut head.as_bytes().chain(&letter.body[..]), &intake::Settings::default(), &mut |item| {
        if packed.is_empty() {
            packed = item.raw;
        }
    });
    let mut text = Vec::new();
    let most = RAW_SHOWN_BYTES_MAX as u64 + 1;
    flate2::read::MultiGzDecoder::new(&packed[..]).take(most).read_to_end(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

/// Sends now what is not done of a report.
///
/// # Errors
/// There is no such report, or nobody sends here.
pub(crate) async fn send_now<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    let Some(outbox) = visit.sources.outbox() else { return Err(Trouble::NotFound) };
    let id = JobId(visit.query.get("id").ok_or(Trouble::NotFound)?.into());
    let job = outbox.job(&id).await?.filter(|job| visit.who.scope.has(Some(&job.domain))).ok_or(Trouble::NotFound)?;
    let is_any = visit.sources.send_now(&job.id, visit.now_ms / 1000).await?;
    let told = if is_any { "page-done-send-now" } else { "page-done-nothing-to-send" };
    Ok(Done { told, object: id.0.into(), value: json!({ "is_due": is_any }), ..Done::default() })
}

/// Lets a mailbox have reports again.
///
/// # Errors
/// Nothing keeps reports from it, or it cannot be noted.
pub(crate) async fn unsuppress<S: Sources>(visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    if visit.who.scope != Scope::All {
        return Err(Trouble::Forbidden);
    }
    let Some(outbox) = visit.sources.outbox() else { return Err(Trouble::NotFound) };
    let mailbox = visit.query.get("mailbox").ok_or(Trouble::NotFound)?.to_ascii_lowercase();
    let one = outbox.suppression(&mailbox).await?.ok_or(Trouble::NotFound)?;
    outbox.commit(vec![Change::DropSuppression(one.mailbox)]).await?;
    Ok(Done { told: "page-done-unsuppress", object: mailbox, ..Done::default() })
}
