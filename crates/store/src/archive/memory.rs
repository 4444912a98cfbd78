//! A store of reports in memory: the plain meaning of the trait, for tests and for sites that keep nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::{Future, ready};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use feedback::Archive;
use feedback::aggregate::{Circumstances, Record};
use feedback::archive::*;
use feedback::failure::Failure;
use feedback::limits::{OVERLAP_S_MAX, RAW_BYTES_MAX, REMOVE_COUNT_MAX};
use feedback::summary::{AggregateSum, Spread, Summary};
use mailtext::Domain;

use super::Settings;
use super::answer::{self, Contribution, Pieces, Seen};
use super::cells::{Cell, Cells, cells_of, counted};
use super::head::{self, Head, Side, check, head_of, period};
use super::receive::{Known, Likeness, Shelf, Worth, likeness, receive};
use super::volume::Measured;

/// A store of reports in memory.
pub struct MemoryArchive {
    state: Mutex<State>,
    settings: Settings,
}

#[derive(Default)]
struct State {
    documents: BTreeMap<DocumentId, Kept>,
    /// The highest id, also when its report is gone.
    last: u64,
    places: HashMap<Box<str>, Box<str>>,
    marks: BTreeMap<(Box<str>, Domain, Sender), Mark>,
    hosts: BTreeMap<IpAddr, Host>,
}

/// A domain, and begin, end and id of its newest report.
type Aged = (DomainLine, (u64, u64, DocumentId));

/// A report that is kept.
struct Kept {
    head: Head,
    parcel: Parcel,
    copies: u64,
}

impl Default for MemoryArchive {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl MemoryArchive {
    /// An empty store.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { state: Mutex::default(), settings }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Archive for MemoryArchive {
    fn import(
        &self,
        parcels: Vec<Parcel>,
        place: Option<Place>,
    ) -> impl Future<Output = Result<Vec<Receipt>, ArchiveError>> + Send {
        ready(self.state().import(parcels, place, &self.settings))
    }

    fn place(&self, source: &str) -> impl Future<Output = Result<Option<Place>, ArchiveError>> + Send {
        let position = self.state().places.get(source).cloned();
        ready(Ok(position.map(|position| Place { source: source.into(), position })))
    }

    fn documents(&self, query: DocumentQuery) -> impl Future<Output = Result<DocumentPage, ArchiveError>> + Send {
        ready(Ok(self.state().documents(&query)))
    }

    fn totals(
        &self,
        query: DocumentQuery,
        within: Option<Vec<(Domain, report::query::Reach)>>,
    ) -> impl Future<Output = Result<Totals, ArchiveError>> + Send {
        ready(Ok(self.state().totals(query, within.as_deref())))
    }

    fn document(
        &self,
        id: DocumentId,
    ) -> impl Future<Output = Result<Option<(DocumentLine, Vec<u8>)>, ArchiveError>> + Send {
        let state = self.state();
        let found = state.documents.get(&id);
        ready(Ok(found.map(|kept| (state.line(id, kept), kept.parcel.raw.clone()))))
    }

    fn content(&self, id: DocumentId) -> impl Future<Output = Result<Option<Content>, ArchiveError>> + Send {
        ready(Ok(self.state().documents.get(&id).map(|kept| kept.parcel.content.clone())))
    }

    fn sources(&self, query: CountQuery) -> impl Future<Output = Result<Vec<SourceLine>, ArchiveError>> + Send {
        ready(Ok(self.state().sources(&query, Pieces::NONE).into_iter().map(|(line, _)| line).collect()))
    }

    fn spread(
        &self,
        query: CountQuery,
        piece_days: u32,
    ) -> impl Future<Output = Result<Vec<(SourceLine, Vec<u64>)>, ArchiveError>> + Send {
        ready(Ok(self.state().sources(&query, Pieces::of(&query, piece_days))))
    }

    fn counts(
        &self,
        query: CountQuery,
        by: Division,
    ) -> impl Future<Output = Result<Vec<CountLine>, ArchiveError>> + Send {
        let state = self.state();
        let lines = state.counted(&query).flat_map(|(_, kept)| {
            let cells = kept.cells();
            let lines = cells.iter().map(|(cell, sum)| CountLine {
                count: sum.messages as u64,
                ..answer::count_line(by, kept.day(), kept.head.domain(), &kept.head.organization, cell)
            });
            lines.collect::<Vec<_>>()
        });
        ready(Ok(answer::counts(lines, query.limit)))
    }

    fn volumes(
        &self,
        query: CountQuery,
        domains: Option<BTreeSet<Box<str>>>,
    ) -> impl Future<Output = Result<Volumes, ArchiveError>> + Send {
        ready(Ok(self.state().volumes(&query, domains.as_ref())))
    }

    fn reporters(&self, query: CountQuery) -> impl Future<Output = Result<Vec<ReporterLine>, ArchiveError>> + Send {
        ready(Ok(self.state().reporters(&query)))
    }

    fn domains(&self, tenant: Option<&str>) -> impl Future<Output = Result<Vec<DomainLine>, ArchiveError>> + Send {
        ready(Ok(self.state().domains(tenant)))
    }

    fn summary(&self, query: CountQuery, spread: Spread) -> impl Future<Output = Result<Summary, ArchiveError>> + Send {
        ready(self.state().summary(&query, spread))
    }

    fn tls(&self, query: CountQuery) -> impl Future<Output = Result<Vec<TlsLine>, ArchiveError>> + Send {
        let state = self.state();
        let mut reports: Vec<_> = state.meant(&query).collect();
        reports.sort_by_key(|(id, kept)| std::cmp::Reverse((kept.day(), **id)));
        let lines = reports.into_iter().flat_map(|(_, kept)| match &kept.parcel.content {
            Content::Tls(tls) => answer::tls_lines(tls.clone(), kept.day(), &query).collect(),
            _ => Vec::new(),
        });
        ready(Ok(lines.take(answer::line_count(query.limit)).collect()))
    }

    fn failures(
        &self,
        query: CountQuery,
    ) -> impl Future<Output = Result<Vec<(DocumentLine, Failure)>, ArchiveError>> + Send {
        let state = self.state();
        let reports: Vec<_> = state.meant(&query).collect();
        let lines = reports.into_iter().rev().filter_map(|(id, kept)| match &kept.parcel.content {
            Content::Failure(failure) => Some((state.line(*id, kept), (**failure).clone())),
            _ => None,
        });
        ready(Ok(lines.take(answer::line_count(query.limit)).collect()))
    }

    fn marks(&self, tenant: &str) -> impl Future<Output = Result<Vec<Mark>, ArchiveError>> + Send {
        ready(Ok(self.state().marks.values().filter(|mark| *mark.tenant == *tenant).cloned().collect()))
    }

    fn set_mark(
        &self,
        mark: Mark,
        standing: Option<Standing>,
    ) -> impl Future<Output = Result<(), ArchiveError>> + Send {
        let mut state = self.state();
        let key = (mark.tenant.clone(), mark.domain.clone(), mark.sender.clone());
        match standing {
            Some(standing) => drop(state.marks.insert(key, Mark { standing, ..mark })),
            None => drop(state.marks.remove(&key)),
        }
        ready(Ok(()))
    }

    fn judge_anew(
        &self,
        tenant: &str,
        domain: &Domain,
        judge: Judge,
    ) -> impl Future<Output = Result<u64, ArchiveError>> + Send {
        ready(Ok(self.state().judge_anew(tenant, domain, &judge)))
    }

    fn hosts(&self, addresses: Vec<IpAddr>) -> impl Future<Output = Result<Vec<Host>, ArchiveError>> + Send {
        let state = self.state();
        ready(Ok(addresses.iter().filter_map(|address| state.hosts.get(address).cloned()).collect()))
    }

    fn unknown_hosts(
        &self,
        before_s: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<IpAddr>, ArchiveError>> + Send {
        ready(Ok(self.state().unknown_hosts(before_s, limit)))
    }

    fn keep_hosts(&self, hosts: Vec<Host>) -> impl Future<Output = Result<(), ArchiveError>> + Send {
        self.state().hosts.extend(hosts.into_iter().map(|host| (host.address, host)));
        ready(Ok(()))
    }

    fn remove(&self, what: Removal) -> impl Future<Output = Result<Removed, ArchiveError>> + Send {
        ready(Ok(self.state().remove(&what)))
    }

    fn rebuild(&self) -> impl Future<Output = Result<u64, ArchiveError>> + Send {
        // Counts are made of the reports at each question.
        ready(Ok(0))
    }
}

impl Kept {
    fn new(mut parcel: Parcel) -> Self {
        let count = match &parcel.content {
            Content::Aggregate(report) => report.records.len(),
            _ => 0,
        };
        parcel.classes.resize(count, Class::default());
        parcel.received_ms = parcel.received_ms.min(i64::MAX as u64);
        if parcel.raw.len() > RAW_BYTES_MAX {
            parcel.raw.clear();
        }
        Self { head: head_of(&parcel), parcel, copies: 0 }
    }

    fn side(&self) -> Side {
        Side::of(&self.parcel.origin.trust)
    }

    fn day(&self) -> u32 {
        head::day(&self.head, self.parcel.received_ms)
    }

    fn worth(&self) -> Worth {
        Worth::new(self.parcel.status, self.side())
    }

    /// Its messages.
    fn sum(&self) -> AggregateSum {
        let mut sum = AggregateSum::default();
        for (Cell { class, disposition, dkim_aligned, spf_aligned }, its) in self.cells().iter() {
            sum.add(class, disposition, dkim_aligned, spf_aligned, its.messages as u64);
        }
        sum
    }

    fn cells(&self) -> Cells {
        match &self.parcel.content {
            Content::Aggregate(report) => cells_of(report, &self.parcel.classes),
            _ => Cells::default(),
        }
    }

    /// Whether a question for reports means it, whatever its number is.
    fn is_asked(&self, query: &DocumentQuery) -> bool {
        let Self { head, parcel, .. } = self;
        let is_meant = query.tenant.as_ref().is_none_or(|tenant| *tenant == parcel.tenant)
            && query.kind.is_none_or(|kind| head.kind == Some(kind))
            && query.status.is_none_or(|status| parcel.status == status);
        let (begin_s, end_s) = period(head.begin_s, head.end_s, parcel.received_ms);
        is_meant
            && query.domain.as_ref().is_none_or(|wanted| self.is_about(wanted))
            && answer::admits_reporter(query.reporter.as_deref(), &head.organization, &head.reporter)
            && query.report_id.as_ref().is_none_or(|report_id| *report_id == head.report_id)
            && query.from_s.is_none_or(|from_s| end_s > from_s)
            && query.until_s.is_none_or(|until_s| begin_s < until_s)
    }

    fn is_about(&self, wanted: &(Domain, report::query::Reach)) -> bool {
        self.head.domains.iter().any(|domain| answer::covers(wanted, domain))
    }

    /// What it has its reporter, domain and kind by.
    fn family(&self) -> (&str, Option<Kind>, Box<str>, &str) {
        (&self.parcel.tenant, self.head.kind, head::sender(&self.head), self.head.domain())
    }

    fn name(&self) -> (u64, u64, &str) {
        (self.head.begin_s, self.head.end_s, &self.head.report_id)
    }
}

impl Shelf for State {
    type Item = Kept;

    fn worth(item: &Kept) -> Worth {
        item.worth()
    }

    fn same_bytes(&mut self, item: &Kept) -> Result<Option<Known>, ArchiveError> {
        let mut all = self.documents.iter();
        let found =
            all.find(|(_, kept)| kept.parcel.digest == item.parcel.digest && kept.parcel.tenant == item.parcel.tenant);
        Ok(found.map(|(id, kept)| Known { id: *id, worth: kept.worth() }))
    }

    fn same_name(&mut self, item: &Kept) -> Result<Vec<Known>, ArchiveError> {
        if !head::has_name(&item.head) {
            return Ok(Vec::new());
        }
        let same = self.documents.iter().filter(|(_, kept)| {
            kept.parcel.status != Status::Refused && kept.family() == item.family() && kept.name() == item.name()
        });
        Ok(same.map(|(id, kept)| Known { id: *id, worth: kept.worth() }).collect())
    }

    fn likeness(&mut self, item: &Kept, kept: DocumentId) -> Result<Likeness, ArchiveError> {
        let other = self.documents.get(&kept);
        Ok(other.map_or(Likeness::Differs, |other| likeness(&item.parcel.content, &other.parcel.content)))
    }

    fn put(&mut self, item: Kept) -> Result<DocumentId, ArchiveError> {
        self.last += 1;
        self.documents.insert(DocumentId(self.last), item);
        Ok(DocumentId(self.last))
    }

    fn repeat(&mut self, id: DocumentId) -> Result<(), ArchiveError> {
        if let Some(kept) = self.documents.get_mut(&id) {
            kept.copies += 1;
        }
        Ok(())
    }

    fn contradict(&mut self, _id: DocumentId, _others: &[DocumentId]) -> Result<(), ArchiveError> {
        // It is found at each question.
        Ok(())
    }

    fn take(&mut self, id: DocumentId) -> Result<(), ArchiveError> {
        self.documents.remove(&id);
        Ok(())
    }
}

impl State {
    fn import(
        &mut self,
        parcels: Vec<Parcel>,
        place: Option<Place>,
        settings: &Settings,
    ) -> Result<Vec<Receipt>, ArchiveError> {
        parcels.iter().try_for_each(check)?;
        let receipts = parcels.into_iter().map(|parcel| receive(self, Kept::new(parcel))).collect();
        self.forget_refused(settings);
        if let Some(Place { source, position }) = place {
            self.places.insert(source, position);
        }
        receipts
    }

    fn forget_refused(&mut self, settings: &Settings) {
        let refused = self.documents.iter().filter(|(_, kept)| kept.parcel.status == Status::Refused);
        let refused: Vec<_> = refused.map(|(id, kept)| (*id, kept.parcel.raw.len() as u64)).collect();
        let mut bytes: u64 = refused.iter().map(|(_, bytes)| bytes).sum();
        let mut count = refused.len();
        for (id, its) in refused {
            if count <= settings.refused_count_max && bytes <= settings.refused_bytes_max {
                break;
            }
            self.documents.remove(&id);
            (count, bytes) = (count - 1, bytes - its);
        }
    }

    /// Reports that a question means, in the order of their ids; refused ones too.
    fn asked<'a>(&'a self, query: &'a CountQuery) -> impl DoubleEndedIterator<Item = (&'a DocumentId, &'a Kept)> {
        self.documents.iter().filter(move |(_, kept)| {
            query.tenant.as_ref().is_none_or(|tenant| *tenant == kept.parcel.tenant)
                && query.domain.as_ref().is_none_or(|wanted| kept.is_about(wanted))
                && answer::days(query).contains(&kept.day())
                && answer::admits_reporter(query.reporter.as_deref(), &kept.head.organization, &kept.head.reporter)
                && answer::admits_side(query, kept.side())
        })
    }

    /// Those of them that were not refused.
    fn meant<'a>(&'a self, query: &'a CountQuery) -> impl DoubleEndedIterator<Item = (&'a DocumentId, &'a Kept)> {
        self.asked(query).filter(|(_, kept)| kept.parcel.status != Status::Refused)
    }

    /// Those of them that count messages.
    fn counted<'a>(&'a self, query: &'a CountQuery) -> impl Iterator<Item = (&'a DocumentId, &'a Kept)> {
        self.meant(query).filter(|(_, kept)| kept.head.kind == Some(Kind::Aggregate))
    }

    fn volumes(&self, query: &CountQuery, domains: Option<&BTreeSet<Box<str>>>) -> Volumes {
        let (mut measured, mut numbers) = (Measured::default(), BTreeMap::new());
        let mut number = |name: &str| -> u32 {
            let next = numbers.len() as u32;
            *numbers.entry(name.to_owned()).or_insert(next)
        };
        let is_meant = |name: &str| domains.is_none_or(|domains| domains.contains(name));
        for (_, kept) in self.counted(query).filter(|(_, kept)| is_meant(kept.head.domain())) {
            let sum = kept.sum();
            if sum.message_count > 0 {
                let name = kept.head.domain();
                let reporter = number(&kept.head.organization);
                measured.add(number(name), name, kept.day(), &sum, std::iter::once(reporter));
            }
        }
        measured.end()
    }

    fn summary(&self, query: &CountQuery, spread: Spread) -> Result<Summary, ArchiveError> {
        let mut summary = Summary::new(spread);
        for (_, kept) in self.meant(query) {
            let (domain, organization) = (kept.head.domain(), &kept.head.organization);
            match &kept.parcel.content {
                Content::Aggregate(_) => {
                    let sum = kept.sum();
                    if sum.message_count > 0 {
                        summary.add_aggregate(domain, kept.day(), &sum);
                        summary.add_reporter(Kind::Aggregate, domain, organization);
                    }
                }
                Content::Tls(tls) => answer::add_tls(&mut summary, tls.clone(), kept.day(), query),
                Content::Failure(failure) => {
                    summary.add_failure(domain, kept.day(), failure);
                    summary.add_reporter(Kind::Failure, domain, organization);
                }
                Content::Refused(_) => {}
            }
        }
        answer::whole(summary)
    }

    fn line(&self, id: DocumentId, kept: &Kept) -> DocumentLine {
        let Kept { head, parcel, copies } = kept;
        DocumentLine {
            id,
            tenant: parcel.tenant.clone(),
            kind: head.kind,
            status: parcel.status,
            reason: parcel.reason.clone(),
            origin: parcel.origin.clone(),
            received_ms: parcel.received_ms,
            organization: head.organization.clone(),
            reporter: head.reporter.clone(),
            report_id: head.report_id.clone(),
            domain: head.domain().into(),
            begin_s: head.begin_s,
            end_s: head.end_s,
            record_count: head.record_count,
            message_count: head.message_count,
            deviations: parcel.deviations.clone(),
            errors: head.errors.clone(),
            copies: *copies,
            conflict: self.conflict(id, kept),
            overlap: self.overlap(id, kept),
        }
    }

    fn conflict(&self, id: DocumentId, kept: &Kept) -> Option<DocumentId> {
        self.kin(id, kept).find(|(_, other)| other.name() == kept.name()).map(|(id, _)| *id)
    }

    /// Other reports of the same reporter, kind and domain, as far as they can cast doubt on it.
    fn kin<'a>(&'a self, id: DocumentId, kept: &'a Kept) -> impl Iterator<Item = (&'a DocumentId, &'a Kept)> {
        let family = (kept.parcel.status != Status::Refused && head::has_name(&kept.head)).then(|| kept.family());
        self.documents.iter().filter(move |(other, its)| {
            **other != id
                && its.parcel.status != Status::Refused
                && family.as_ref().is_some_and(|family| its.family() == *family)
                && its.side() >= kept.side()
        })
    }

    fn overlap(&self, id: DocumentId, kept: &Kept) -> Option<DocumentId> {
        let (begin_s, end_s) =
            (kept.head.begin_s, kept.head.end_s.min(kept.head.begin_s.saturating_add(OVERLAP_S_MAX)));
        let overlapping = self.kin(id, kept).filter(|(_, other)| {
            let (its_begin_s, its_end_s) = (other.head.begin_s, other.head.end_s);
            other.name() != kept.name()
                && its_begin_s < its_end_s
                && its_begin_s < end_s
                && its_begin_s.saturating_add(OVERLAP_S_MAX) > begin_s
                && its_end_s > begin_s
        });
        let found = overlapping.max_by_key(|(id, other)| (other.head.begin_s, other.head.end_s, **id));
        found.filter(|_| begin_s < end_s).map(|(id, _)| *id)
    }

    fn documents(&self, query: &DocumentQuery) -> DocumentPage {
        let before = query.before.unwrap_or(DocumentId(u64::MAX));
        let limit = answer::line_count(query.limit);
        let newest_first = self.documents.range(..before).rev().filter(|(_, kept)| kept.is_asked(query));
        let mut lines: Vec<_> = newest_first.take(limit + 1).map(|(id, kept)| self.line(*id, kept)).collect();
        let is_more = lines.len() > limit;
        lines.truncate(limit);
        DocumentPage { next: lines.last().filter(|_| is_more).map(|line| line.id), lines }
    }

    fn totals(&self, query: DocumentQuery, within: Option<&[(Domain, report::query::Reach)]>) -> Totals {
        let query = DocumentQuery { status: None, ..query };
        let is_within = |kept: &Kept| {
            within.is_none_or(|within| within.iter().any(|wanted| answer::covers(wanted, kept.head.domain())))
        };
        let mut totals = Totals::default();
        for (id, kept) in self.documents.iter().filter(|(_, kept)| kept.is_asked(&query) && is_within(kept)) {
            answer::add_total(&mut totals, kept.parcel.status, 1);
            totals.duplicate += u64::from(kept.copies > 0);
            totals.conflicting += u64::from(self.conflict(*id, kept).is_some());
        }
        totals
    }

    fn sources(&self, query: &CountQuery, pieces: Pieces) -> Vec<(SourceLine, Vec<u64>)> {
        type Key<'a> = (&'a str, Option<IpAddr>, &'a Circumstances, Class);
        let mut sums: HashMap<Key<'_>, (Seen, Vec<u64>)> = HashMap::new();
        for (_, kept) in self.counted(query) {
            let Content::Aggregate(report) = &kept.parcel.content else { continue };
            for (record, class) in report.records.iter().zip(&kept.parcel.classes) {
                let Some(circumstances) = report.circumstances_of(record) else { continue };
                let seen = Seen::new(counted(record.count) as u64, kept.day());
                let key = (kept.head.domain(), record.source, circumstances, *class);
                let nothing = Seen { count: 0, ..seen };
                let (sum, its) = sums.entry(key).or_insert_with(|| (nothing, vec![0; pieces.count]));
                sum.add(seen);
                if let Some(piece) = pieces.place(kept.day()).and_then(|place| its.get_mut(place)) {
                    *piece = piece.saturating_add(seen.count);
                }
            }
        }
        let lines = sums.into_iter().map(|((domain, source, circumstances, class), (seen, its))| {
            let line = SourceLine {
                source,
                domain: domain.into(),
                circumstances: circumstances.clone(),
                class,
                count: seen.count,
                first_day: seen.first_day,
                last_day: seen.last_day,
            };
            (line, its)
        });
        answer::sources(lines.collect(), query.limit, |(line, _)| line)
    }

    fn reporters(&self, query: &CountQuery) -> Vec<ReporterLine> {
        let mut lines: HashMap<(&str, &str), ReporterLine> = HashMap::new();
        for (_, Kept { head, parcel, .. }) in self.asked(query) {
            let line = lines
                .entry((&head.organization, &head.reporter))
                .or_insert_with(|| answer::reporter(head.organization.clone(), head.reporter.clone()));
            let report = Contribution {
                kind: head.kind,
                status: parcel.status,
                record_count: head.record_count,
                message_count: head.message_count,
                begin_s: head.begin_s,
                end_s: head.end_s,
                received_ms: parcel.received_ms,
                deviations: &parcel.deviations,
            };
            answer::contribute(line, &report);
        }
        answer::reporters(lines.into_values(), query.limit)
    }

    fn domains(&self, tenant: Option<&str>) -> Vec<DomainLine> {
        let query = CountQuery { tenant: tenant.map(Into::into), ..CountQuery::default() };
        let mut newest: BTreeMap<(&str, &str), Aged> = BTreeMap::new();
        for (id, kept) in self.counted(&query) {
            let Content::Aggregate(report) = &kept.parcel.content else { continue };
            let age = (kept.head.begin_s, kept.head.end_s, *id);
            let (line, newest) = newest.entry((&kept.parcel.tenant, kept.head.domain())).or_insert_with(|| {
                let line = DomainLine {
                    tenant: kept.parcel.tenant.clone(),
                    domain: kept.head.domain().into(),
                    policy: report.policy.clone(),
                    report_count: 0,
                    first_day: u32::MAX,
                    last_day: 0,
                };
                (line, age)
            });
            line.report_count += 1;
            line.first_day = line.first_day.min(kept.day());
            line.last_day = line.last_day.max(kept.day());
            if age > *newest {
                *newest = age;
                line.policy.clone_from(&report.policy);
            }
        }
        newest.into_values().map(|(line, _)| line).collect()
    }

    fn judge_anew(&mut self, tenant: &str, domain: &Domain, judge: &Judge) -> u64 {
        let wanted = (domain.clone(), report::query::Reach::Name);
        let mut changed = 0;
        for kept in self.documents.values_mut() {
            let is_meant = *kept.parcel.tenant == *tenant && answer::covers(&wanted, kept.head.domain());
            let Content::Aggregate(report) = &kept.parcel.content else { continue };
            for (record, class) in report.records.iter().zip(&mut kept.parcel.classes).filter(|_| is_meant) {
                let Some(circumstances) = report.circumstances_of(record) else { continue };
                let Record { source, count, .. } = *record;
                let anew = judge(&Sighting { source, count, circumstances, policy: &report.policy });
                changed += u64::from(anew != *class);
                *class = anew;
            }
        }
        changed
    }

    fn unknown_hosts(&self, before_s: u64, limit: usize) -> Vec<IpAddr> {
        let mut counts: HashMap<IpAddr, u64> = HashMap::new();
        let query = CountQuery::default();
        for (_, kept) in self.counted(&query) {
            let Content::Aggregate(report) = &kept.parcel.content else { continue };
            for record in &report.records {
                let Some(source) = record.source else { continue };
                *counts.entry(source).or_default() += counted(record.count) as u64;
            }
        }
        counts.retain(|address, _| self.hosts.get(address).is_none_or(|host| host.at_s < before_s));
        let mut addresses: Vec<_> = counts.into_iter().collect();
        addresses.sort_by_key(|(address, count)| (std::cmp::Reverse(*count), *address));
        addresses.into_iter().map(|(address, _)| address).take(answer::line_count(limit)).collect()
    }

    fn remove(&mut self, what: &Removal) -> Removed {
        if let Removal::Raw { before_s } = what {
            let old = self.documents.values_mut().map(|kept| &mut kept.parcel);
            let old = old.filter(|parcel| !parcel.raw.is_empty() && parcel.received_ms / 1000 < *before_s);
            return removed(old.take(REMOVE_COUNT_MAX).map(|parcel| parcel.raw.clear()).count());
        }
        let is_meant = |id: DocumentId, kept: &Kept| match what {
            Removal::Domain { domain, reach, tenant } => {
                tenant.as_ref().is_none_or(|tenant| *tenant == kept.parcel.tenant)
                    && kept.is_about(&(domain.clone(), *reach))
            }
            Removal::Reports { before_s, domain } => {
                let (_, end_s) = period(kept.head.begin_s, kept.head.end_s, kept.parcel.received_ms);
                let wanted = domain.clone().map(|domain| (domain, report::query::Reach::Name));
                end_s < *before_s && wanted.is_none_or(|wanted| kept.is_about(&wanted))
            }
            Removal::One(one) => id == *one,
            Removal::Raw { .. } => false,
        };
        let meant = self.documents.iter().filter(|(id, kept)| is_meant(**id, kept)).map(|(id, _)| *id);
        let ids: Vec<_> = meant.take(REMOVE_COUNT_MAX).collect();
        for id in &ids {
            self.documents.remove(id);
        }
        let removed = removed(ids.len());
        if let (Removal::Domain { domain, reach, tenant }, true) = (what, removed.is_done) {
            let wanted = (domain.clone(), *reach);
            self.marks.retain(|_, mark| {
                let is_meant = answer::covers(&wanted, mark.domain.as_str())
                    && tenant.as_ref().is_none_or(|tenant| *tenant == mark.tenant);
                !is_meant
            });
        }
        removed
    }
}

/// So many were found of at most [`REMOVE_COUNT_MAX`].
pub(super) fn removed(count: usize) -> Removed {
    Removed { count: count as u64, is_done: count < REMOVE_COUNT_MAX }
}
