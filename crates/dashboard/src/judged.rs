//! What reports tell of some days, judged: the ground on which overview, senders and the ladder stand.

use std::collections::{BTreeMap, BTreeSet};

use feedback::Archive as _;
use feedback::archive::{Class, CountQuery, DomainLine, Sender, SourceLine, Volume, Volumes};
use insight::group::sighting;
use insight::{Classifier, Existence, Situation};
use mailtext::Domain;
use report::query::Reach;

use crate::ask::{Period, Visit};
use crate::limits::SPREAD_COUNT_MAX;
use crate::sources::{Published, Sources};
use crate::trouble::Trouble;

/// The messages of some days, and who judges them.
pub struct Judged {
    /// The days.
    pub period: Period,
    /// The domains that the person may see, and that were asked for.
    pub domains: Vec<DomainLine>,
    /// The names of all domains that the person may see.
    pub names: Vec<String>,
    /// The messages, by policy domain.
    pub lines: BTreeMap<Box<str>, Vec<SourceLine>>,
    /// Who judges.
    pub classifier: Classifier,
    /// How much was sent in the names of `domains`, all of it: of sources there are only the largest.
    pub volumes: Volumes,
    /// The messages of each line in pieces of the period, where they were asked for.
    pieces: BTreeMap<Box<str>, Vec<Vec<u64>>>,
}

/// The messages of each source, day by day; of long periods, by some days together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spread<T> {
    /// The first day of each piece.
    pub days: Vec<u32>,
    /// A sum for each piece, by policy domain and source.
    pub sums: BTreeMap<(Box<str>, Sender), Vec<T>>,
}

impl Judged {
    /// Asks for the days and the domain of the visit.
    ///
    /// # Errors
    /// A parameter is wrong, or a store cannot answer.
    pub async fn of<S: Sources>(visit: &Visit<'_, S>) -> Result<Self, Trouble> {
        Self::of_days(visit, visit.period()?).await
    }

    /// Asks for other days.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn of_days<S: Sources>(visit: &Visit<'_, S>, period: Period) -> Result<Self, Trouble> {
        let found = visit.archive()?.sources(asked(visit, period)?).await?;
        Self::judge(visit, period, found.into_iter().map(|line| (line, Vec::new())).collect()).await
    }

    /// The same as [`Self::of`], and how the messages of each source are spread over the period, in at most
    /// [`SPREAD_COUNT_MAX`] pieces: `add` counts messages of a class. There may be very many sums.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn with_spread<S: Sources, T: Clone + Default>(
        visit: &Visit<'_, S>,
        add: impl Fn(&mut T, Class, u64),
    ) -> Result<(Self, Spread<T>), Trouble> {
        let period = visit.period()?;
        let width = period.day_count().div_ceil(SPREAD_COUNT_MAX).max(1);
        let found = visit.archive()?.spread(asked(visit, period)?, width).await?;
        let mut judged = Self::judge(visit, period, found).await?;
        let pieces = std::mem::take(&mut judged.pieces);
        let spread = judged.spread(width, &pieces, add);
        Ok((judged, spread))
    }

    async fn judge<S: Sources>(
        visit: &Visit<'_, S>,
        period: Period,
        found: Vec<(SourceLine, Vec<u64>)>,
    ) -> Result<Self, Trouble> {
        let asked_domain = visit.query.domain("domain")?;
        let own = visit.own_domains().await?;
        let names = own.iter().map(|line| line.domain.to_string()).collect();
        let is_meant = |line: &DomainLine| asked_domain.as_ref().is_none_or(|asked| *asked.as_str() == *line.domain);
        let domains: Vec<_> = own.into_iter().filter(is_meant).collect();
        let wanted: BTreeSet<Box<str>> = domains.iter().map(|line| line.domain.clone()).collect();
        let volumes = visit.archive()?.volumes(asked(visit, period)?, Some(wanted.clone())).await?;
        let (mut all, mut pieces) = (Vec::new(), Vec::new());
        for (line, its) in found.into_iter().filter(|(line, _)| wanted.contains(&line.domain)) {
            all.push(line);
            pieces.push(its);
        }
        let classifier = visit.sources.classifier("", &all).await?;
        let mut lines: BTreeMap<Box<str>, Vec<SourceLine>> = BTreeMap::new();
        let mut of_lines: BTreeMap<Box<str>, Vec<Vec<u64>>> = BTreeMap::new();
        for (line, its) in all.into_iter().zip(pieces) {
            of_lines.entry(line.domain.clone()).or_default().push(its);
            lines.entry(line.domain.clone()).or_default().push(line);
        }
        Ok(Self { period, domains, names, lines, classifier, volumes, pieces: of_lines })
    }

    /// The messages of a domain.
    #[must_use]
    pub fn lines(&self, domain: &DomainLine) -> &[SourceLine] {
        self.lines.get(&domain.domain).map_or(&[], Vec::as_slice)
    }

    /// How much was sent in the name of a domain.
    #[must_use]
    pub fn volume(&self, domain: &DomainLine) -> Volume {
        self.volumes.domains.get(&domain.domain).copied().unwrap_or_default()
    }

    /// How many messages of a domain are of sources too small to be among its [`Self::lines`].
    #[must_use]
    pub fn left(&self, domain: &DomainLine) -> u64 {
        let told_apart = self.lines(domain).iter().fold(0_u64, |sum, line| sum.saturating_add(line.count));
        self.volume(domain).sum.message_count.saturating_sub(told_apart)
    }

    /// How the messages of each source are spread over the period, in pieces of so many days.
    fn spread<T: Clone + Default>(
        &self,
        width: u32,
        pieces: &BTreeMap<Box<str>, Vec<Vec<u64>>>,
        add: impl Fn(&mut T, Class, u64),
    ) -> Spread<T> {
        let Period { from_day, until_day } = self.period;
        let days: Vec<u32> = (from_day..until_day).step_by(width as usize).collect();
        let mut sums: BTreeMap<(Box<str>, Sender), Vec<T>> = BTreeMap::new();
        for of in &self.domains {
            let pieces = pieces.get(&of.domain).map_or(&[][..], Vec::as_slice);
            for (line, counts) in self.lines(of).iter().zip(pieces) {
                let (sender, _) = insight::group::sender(&self.classifier, &sighting(line, &of.policy), line.class);
                let own = sums.entry((line.domain.clone(), sender)).or_insert_with(|| vec![T::default(); days.len()]);
                own.iter_mut().zip(counts).for_each(|(sum, count)| add(sum, line.class, *count));
            }
        }
        Spread { days, sums }
    }

    /// The names below a domain from which mail was sent: whether they exist decides which policy holds for them.
    #[must_use]
    pub fn below(&self, domain: &DomainLine) -> Vec<Domain> {
        let names: BTreeSet<_> = self.lines(domain).iter().map(|line| &line.circumstances.header_from).collect();
        let names = names.into_iter().filter(|name| **name != domain.domain);
        names.filter_map(|name| Domain::parse(name).ok()).collect()
    }

    /// What the advisor has before it.
    #[must_use]
    pub fn situation<'a>(
        &'a self,
        domain: &'a DomainLine,
        published: &'a Published,
        existence: &'a dyn Fn(&str) -> Existence,
    ) -> Situation<'a> {
        Situation::of(domain, self.lines(domain), self.volume(domain), published.record.as_deref(), existence)
    }
}

/// What is asked for some days of a visit.
fn asked<S: Sources>(visit: &Visit<'_, S>, period: Period) -> Result<CountQuery, Trouble> {
    Ok(CountQuery {
        domain: visit.query.domain("domain")?.map(|asked| (asked, Reach::Name)),
        from_day: Some(period.from_day),
        until_day: Some(period.until_day),
        ..CountQuery::default()
    })
}

impl Published {
    /// Whether a name below exists.
    #[must_use]
    pub fn existence(&self, name: &str) -> Existence {
        let is_absent = self.absent.iter().any(|other| *other.as_str() == *name);
        if is_absent { Existence::Absent } else { Existence::Exists }
    }
}

impl<S: Sources> Visit<'_, S> {
    /// The domains of which there are reports, and that the person may see.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn own_domains(&self) -> Result<Vec<DomainLine>, Trouble> {
        let domains = self.archive()?.domains(None).await?;
        Ok(domains.into_iter().filter(|line| self.who.scope.has_name(&line.domain)).collect())
    }
}
