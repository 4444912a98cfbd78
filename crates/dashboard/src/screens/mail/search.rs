//! Which messages are looked for, and finding them.

use data_encoding::HEXLOWER;
use mailtext::Domain;
use report::query::{DomainFilter, DomainRole, Network, Order, Reach};
use report::row::Address;
use report::vocabulary::{Action, Direction, Disposition, Method, MethodResult};
use report::{Filter, Ledger, Query, Row, RowId};

use crate::ask::Visit;
use crate::limits::{ASKED_DOMAIN_COUNT_MAX, PAGE_ROW_COUNT, ROUND_COUNT_MAX};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Scope;

use super::super::passing::{Span, is_theirs, of_domain};

/// What is looked for.
pub(super) struct Search {
    /// What the ledger is asked, without the domain.
    filter: Filter,
    /// In which domain's messages.
    domain: Option<Domain>,
    /// Other domains that have to stand in a row.
    roles: Vec<DomainFilter>,
    /// A method that has to have a result, whichever it is.
    method: Option<Method>,
    /// A result that one of the methods has to have.
    result: Option<MethodResult>,
    after: Option<RowId>,
    limit: usize,
    /// Whether there is any condition beside the time.
    pub(super) is_narrow: bool,
    /// Whether somebody's address is looked for, and none is kept.
    pub(super) is_withheld: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// The messages, the newest first.
    pub(super) rows: Vec<Row>,
    /// Where to go on.
    pub(super) next: Option<RowId>,
    /// Messages that cannot be read.
    pub(super) damaged: usize,
}

impl Search {
    /// # Errors
    /// A parameter cannot be read, or the domain is one that the person may not see.
    pub(super) fn of<S: Sources>(visit: &Visit<'_, S>, span: Span) -> Result<Self, Trouble> {
        let query = &visit.query;
        let domain = query.domain("domain")?;
        if domain.as_ref().is_some_and(|domain| !visit.who.scope.has(Some(domain))) {
            return Err(Trouble::Forbidden);
        }
        let mut search = Self {
            filter: Filter::between(span.from_ms, span.until_ms),
            domain,
            roles: Vec::new(),
            method: query.read("method", Method::parse)?,
            result: query.read("result", MethodResult::parse)?,
            after: query.read("after", RowId::parse)?,
            limit: query.read("limit", |text| text.parse().ok().filter(is_limit))?.unwrap_or(PAGE_ROW_COUNT),
            is_narrow: NARROWING.iter().any(|name| query.get(name).is_some()),
            is_withheld: false,
        };
        for (name, role) in [("author", DomainRole::Author), ("recipient", DomainRole::Recipient)] {
            search.roles.extend(query.domain(name)?.map(|domain| in_role(domain, role)));
        }
        search.filter.queue_id = query.get("queue").map(|text| text.trim().into());
        search.filter.client = query.read("client", network)?;
        search.filter.disposition = query.read("disposition", Disposition::parse)?;
        search.filter.action = query.read("action", Action::parse)?;
        search.filter.direction = query.read("direction", Direction::parse)?;
        search.filter.result = search.method.zip(search.result);
        search.sender(visit)?;
        Ok(search)
    }

    /// The sender: an address, `#` with the hash of one, or a domain.
    fn sender<S: Sources>(&mut self, visit: &Visit<'_, S>) -> Result<(), Trouble> {
        let Some(text) = visit.query.get("sender").map(str::trim) else { return Ok(()) };
        let wrong = || Trouble::Parameter { name: "sender", value: text.to_owned() };
        if let Some(hash) = text.strip_prefix('#') {
            let hash = HEXLOWER.decode(hash.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            self.filter.mail_from = Some(Address::Hash(hash.ok_or_else(wrong)?));
            return Ok(());
        }
        let Some((_, domain)) = text.rsplit_once('@') else {
            let domain = Domain::parse(text).map_err(|_| wrong())?;
            self.roles.push(in_role(domain, DomainRole::MailFrom));
            return Ok(());
        };
        match visit.sources.kept_address(text.trim_matches(['<', '>'])) {
            Address::Withheld => {
                let domain = Domain::parse(domain.trim_end_matches('>')).map_err(|_| wrong())?;
                self.roles.push(in_role(domain, DomainRole::MailFrom));
                self.is_withheld = true;
            }
            kept => self.filter.mail_from = Some(kept),
        }
        Ok(())
    }

    /// Asks the ledger: once for each domain that the person is limited to, as it knows one at a time.
    ///
    /// # Errors
    /// The ledger cannot answer.
    pub(super) async fn find<L: Ledger>(&self, ledger: &L, scope: &Scope) -> Result<Found, Trouble> {
        let within: Vec<Option<DomainFilter>> = match (&self.domain, scope) {
            (Some(domain), _) => vec![Some(of_domain(domain))],
            (None, Scope::All) => vec![self.roles.first().cloned()],
            // Of more than these it reads all, and what is somebody else's is left out here.
            (None, Scope::Domains(own)) if own.len() > ASKED_DOMAIN_COUNT_MAX => vec![self.roles.first().cloned()],
            (None, Scope::Domains(own)) => own.iter().map(|domain| Some(of_domain(domain))).collect(),
        };
        let mut found = Found::default();
        // Down to here every answer is whole.
        let mut floor = None;
        for domain in within {
            let mut after = self.after;
            let mut count = 0;
            for _ in 0..ROUND_COUNT_MAX {
                let filter = Filter { domain: domain.clone(), ..self.filter.clone() };
                let query = Query { filter, order: Order::NewestFirst, after, limit: self.limit };
                let page = ledger.rows(query).await?;
                found.damaged += page.damaged.len();
                let before = found.rows.len();
                found.rows.extend(page.rows.into_iter().filter(|row| self.admits(row) && is_theirs(row, scope)));
                count += found.rows.len() - before;
                after = page.next;
                if after.is_none() || count >= self.limit {
                    break;
                }
            }
            floor = floor.max(after);
        }
        found.rows.retain(|row| floor.is_none_or(|floor| row.id >= floor));
        found.rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        found.rows.dedup_by_key(|row| row.id);
        if found.rows.len() > self.limit {
            found.rows.truncate(self.limit);
            floor = found.rows.last().map(|row| row.id);
        }
        found.next = floor;
        Ok(found)
    }

    /// What the ledger is not asked about.
    fn admits(&self, row: &Row) -> bool {
        let stands = |wanted: &DomainFilter| {
            let roles = wanted.role.as_ref().map_or(DomainRole::ALL, std::slice::from_ref);
            roles.iter().any(|role| role.domains(row).any(|domain| wanted.covers(domain)))
        };
        self.roles.iter().all(stands)
            && self.method.is_none_or(|method| row.result(method).is_some())
            && self.result.is_none_or(|result| Method::ALL.iter().any(|method| row.result(*method) == Some(result)))
    }
}

fn in_role(domain: Domain, role: DomainRole) -> DomainFilter {
    DomainFilter { domain, reach: Reach::Below, role: Some(role) }
}

/// An address, or a network: 192.0.2.0/24.
fn network(text: &str) -> Option<Network> {
    let text = text.trim();
    let Some((ip, bits)) = text.split_once('/') else { return text.parse().ok().map(Network::one) };
    let ip: std::net::IpAddr = ip.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    Some(Network { ip, bits: bits.parse().ok().filter(|bits| *bits <= most)? })
}

fn is_limit(limit: &usize) -> bool {
    (1..=report::limits::PAGE_ROW_COUNT_MAX).contains(limit)
}

/// The parameters that leave messages out.
const NARROWING: &[&str] = &[
    "domain",
    "queue",
    "sender",
    "author",
    "recipient",
    "client",
    "method",
    "result",
    "disposition",
    "action",
    "direction",
];
