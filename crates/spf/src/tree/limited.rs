//! What comes out for every address with the limits of RFC 7208 §4.6.4: exactly what [`crate::check_identity`] says of a
//! client there, as far as it depends on the client's address alone.
//!
//! How much was spent is not the same for all addresses at a term: some left an included record early. So the addresses
//! that come to a term are kept by what they have spent ([`Standing`]); there are never many different ones.

use std::collections::BTreeMap;

use lookup::Answer;

use super::grow::exchanges;
use super::results::{Results, is_failure, verdict_without_record};
use super::{Host, NodeId, State, Target, Term, TermKind, Tree};
use crate::limits::Limits;
use crate::macros::Letter;
use crate::outcome::Verdict;
use crate::space::{AddressSet, Bits, Ranges};

impl Tree {
    /// What comes out for which address with these limits. [`Tree::results`] is the same without any.
    #[must_use]
    pub fn results_within(&self, limits: &Limits) -> Results {
        if let Some(verdict) = verdict_without_record(self.root().state) {
            return Results::everyone(verdict);
        }
        let mut results = Results::default();
        Limited::<Ip4>::new(self, limits, &mut results).run();
        Limited::<Ip6>::new(self, limits, &mut results).run();
        results
    }
}

/// One family of addresses: each has its own questions.
trait Family {
    type Number: Bits;

    fn of(set: &AddressSet) -> &Ranges<Self::Number>;
    fn of_mut(set: &mut AddressSet) -> &mut Ranges<Self::Number>;
    /// The answer that a client of the family is looked for in, and that of the other family.
    fn answers(host: &Host) -> (Option<&Answer>, Option<&Answer>);
}

struct Ip4;
struct Ip6;

impl Family for Ip4 {
    type Number = u32;

    fn of(set: &AddressSet) -> &Ranges<u32> {
        &set.ip4
    }

    fn of_mut(set: &mut AddressSet) -> &mut Ranges<u32> {
        &mut set.ip4
    }

    fn answers(host: &Host) -> (Option<&Answer>, Option<&Answer>) {
        (Some(&host.ip4), host.ip6.as_ref())
    }
}

impl Family for Ip6 {
    type Number = u128;

    fn of(set: &AddressSet) -> &Ranges<u128> {
        &set.ip6
    }

    fn of_mut(set: &mut AddressSet) -> &mut Ranges<u128> {
        &mut set.ip6
    }

    fn answers(host: &Host) -> (Option<&Answer>, Option<&Answer>) {
        (host.ip6.as_ref(), Some(&host.ip4))
    }
}

/// What was spent so far.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Standing {
    lookups: u32,
    voids: u32,
    /// Void answers that do not count if the host has addresses of the other family, the last one last.
    doubts: Vec<Doubt>,
}

/// What asking for the other family's addresses of a host would give.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    Forgiven,
    Stands,
    Fails,
}

/// Addresses on their way, by what they have spent.
type Flow<T> = BTreeMap<Standing, Ranges<T>>;

/// Addresses whose record has ended, by its result: pass, softfail, neutral, fail.
type Ended<T> = [Flow<T>; 4];

struct Limited<'t, F: Family> {
    tree: &'t Tree,
    limits: &'t Limits,
    results: &'t mut Results,
    family: std::marker::PhantomData<F>,
}

impl<'t, F: Family> Limited<'t, F> {
    fn new(tree: &'t Tree, limits: &'t Limits, results: &'t mut Results) -> Self {
        Self { tree, limits, results, family: std::marker::PhantomData }
    }

    fn run(mut self) {
        let everyone = Flow::from([(Standing::default(), Ranges::full())]);
        let ended = self.record(NodeId(0), everyone);
        for (flow, verdict) in ended.into_iter().zip(ENDS) {
            self.give(&flow, verdict);
        }
    }

    /// Gives all addresses of a flow their result.
    fn give(&mut self, flow: &Flow<F::Number>, verdict: Verdict) {
        let set = F::of_mut(self.results.set(verdict));
        flow.values().for_each(|ranges| set.extend(ranges));
    }

    /// Sends a flow through a record.
    fn record(&mut self, id: NodeId, mut flow: Flow<F::Number>) -> Ended<F::Number> {
        let mut ended = Ended::default();
        let Some(node) = self.tree.node(id) else { return ended };
        match node.state {
            State::Sound => {}
            // It is gone through again, for what is spent on it; the limits end that.
            State::Loop(above) => return self.record(above, flow),
            state => {
                // RFC 7208 §5.2, §6.1: where none would be the result of the target, it is permerror
                let verdict = verdict_without_record(state).filter(|verdict| *verdict != Verdict::None);
                self.give(&flow, verdict.unwrap_or(Verdict::PermError));
                return ended;
            }
        }
        for term in &node.terms {
            if flow.is_empty() {
                return ended;
            }
            if term.kind.asks_dns() {
                flow = self.counted(flow, term);
            }
            if term.kind == TermKind::Redirect {
                let behind = self.redirect(term, flow);
                ended.iter_mut().zip(behind).for_each(|(flow, more)| merge(flow, more));
                return ended;
            }
            let matched = self.directive(term, &mut flow);
            let verdict = term.verdict().unwrap_or(Verdict::Neutral);
            merge(&mut ended[place(verdict)], matched);
        }
        // RFC 7208 §4.7: when nothing matches, just as if "?all" were specified as the last directive
        merge(&mut ended[place(Verdict::Neutral)], flow);
        ended
    }

    fn redirect(&mut self, term: &Term, flow: Flow<F::Number>) -> Ended<F::Number> {
        match (&term.target, term.node) {
            (Target::Varies, _) => {
                self.undecide(&flow);
                let mut ended = Ended::default();
                ended[place(Verdict::Neutral)] = flow;
                ended
            }
            (Target::Malformed(_), _) => {
                self.give(&flow, Verdict::PermError);
                Ended::default()
            }
            (_, Some(node)) => self.record(node, flow),
            (_, None) => {
                self.give(&flow, Verdict::TempError);
                Ended::default()
            }
        }
    }

    /// Counts a term as a look-up; those who cannot afford it have their result.
    fn counted(&mut self, flow: Flow<F::Number>, term: &Term) -> Flow<F::Number> {
        // RFC 7208 §4.6.4: the "p" macro is included in the limit
        let price = 1 + u32::from(term.letters.contains(&Letter::ValidatedName));
        let spend = |mut standing: Standing| {
            standing.lookups += price;
            let is_within = standing.lookups <= u32::from(self.limits.lookup_count_max);
            if is_within { Ok(standing) } else { Err(Verdict::PermError) }
        };
        let (flow, ended) = changed(flow, spend);
        ended.into_iter().for_each(|(verdict, flow)| self.give(&flow, verdict));
        flow
    }

    /// Evaluates a directive: gives those that it matches, and leaves those that go on.
    fn directive(&mut self, term: &Term, flow: &mut Flow<F::Number>) -> Flow<F::Number> {
        match (&term.target, term.kind) {
            (Target::Varies, _) => {
                self.undecide(flow);
                Flow::new()
            }
            (Target::Malformed(_), TermKind::Include) => {
                self.give(&std::mem::take(flow), Verdict::PermError);
                Flow::new()
            }
            (Target::Malformed(_), _) => Flow::new(),
            (_, TermKind::Include) => self.include(term, flow),
            (_, TermKind::A) => self.hosts(term, flow),
            (_, TermKind::Mx) => self.exchanges(term, flow),
            (_, TermKind::Exists) => self.exists(term, flow),
            _ => taken(flow, F::of(&term.opens)),
        }
    }

    fn include(&mut self, term: &Term, flow: &mut Flow<F::Number>) -> Flow<F::Number> {
        let all = std::mem::take(flow);
        let Some(node) = term.node else {
            self.give(&all, Verdict::TempError);
            return Flow::new();
        };
        // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
        let [pass, others @ ..] = self.record(node, all);
        others.into_iter().for_each(|other| merge(flow, other));
        pass
    }

    fn exchanges(&mut self, term: &Term, flow: &mut Flow<F::Number>) -> Flow<F::Number> {
        let Some(answer) = &term.exchanges else { return Flow::new() };
        if is_failure(answer) {
            self.give(&std::mem::take(flow), Verdict::TempError);
        } else if answer.is_void() {
            self.void(flow, None);
        }
        // RFC 7208 §4.6.4: more than 10 address records – the "mx" mechanism MUST produce a "permerror" result
        if exchanges(answer).count() > usize::from(self.limits.mx_host_count_max) {
            self.give(&std::mem::take(flow), Verdict::PermError);
        }
        self.hosts(term, flow)
    }

    fn hosts(&mut self, term: &Term, flow: &mut Flow<F::Number>) -> Flow<F::Number> {
        let mut matched = Flow::new();
        for host in &term.hosts {
            let (Some(own), other) = F::answers(host) else { continue };
            if is_failure(own) {
                self.give(&std::mem::take(flow), Verdict::TempError);
            } else if own.is_void() {
                let doubt = matches!(own, Answer::NoData(_)).then(|| Doubt::of(other));
                self.void(flow, doubt);
            }
            let mut set = AddressSet::new();
            addresses(own).for_each(|address| set.insert_host(address, term.cidr));
            merge(&mut matched, taken(flow, F::of(&set)));
        }
        matched
    }

    fn exists(&mut self, term: &Term, flow: &mut Flow<F::Number>) -> Flow<F::Number> {
        match term.hosts.first().map(|host| &host.ip4) {
            Some(Answer::Records(_)) => return std::mem::take(flow),
            Some(answer) if is_failure(answer) => self.give(&std::mem::take(flow), Verdict::TempError),
            Some(answer) if answer.is_void() => self.void(flow, None),
            _ => {}
        }
        Flow::new()
    }

    // RFC 7208 §4.6.4: implementations SHOULD limit "void lookups" to two; exceeding the limit is "permerror"
    fn void(&mut self, flow: &mut Flow<F::Number>, doubt: Option<Doubt>) {
        let limit = u32::from(self.limits.void_lookup_count_max);
        let (next, ended) = changed(std::mem::take(flow), |standing| standing.after_void(doubt, limit));
        *flow = next;
        ended.into_iter().for_each(|(verdict, flow)| self.give(&flow, verdict));
    }

    fn undecide(&mut self, flow: &Flow<F::Number>) {
        let set = F::of_mut(&mut self.results.undecided);
        flow.values().for_each(|ranges| set.extend(ranges));
    }
}

impl Standing {
    fn after_void(mut self, doubt: Option<Doubt>, limit: u32) -> Result<Self, Verdict> {
        self.doubts.extend(doubt);
        self.voids += 1;
        while self.voids > limit {
            match self.doubts.pop() {
                Some(Doubt::Forgiven) => self.voids -= 1,
                Some(Doubt::Stands) => {}
                Some(Doubt::Fails) => return Err(Verdict::TempError),
                None => return Err(Verdict::PermError),
            }
        }
        Ok(self)
    }
}

impl Doubt {
    fn of(other: Option<&Answer>) -> Self {
        match other {
            Some(Answer::Records(_)) => Self::Forgiven,
            Some(answer) if is_failure(answer) => Self::Fails,
            _ => Self::Stands,
        }
    }
}

/// Takes the addresses of a set out of a flow.
fn taken<T: Bits>(flow: &mut Flow<T>, set: &Ranges<T>) -> Flow<T> {
    let mut taken = Flow::new();
    for (standing, ranges) in flow.iter_mut() {
        let common = ranges.and(set);
        if !common.is_empty() {
            *ranges = ranges.minus(&common);
            taken.insert(standing.clone(), common);
        }
    }
    flow.retain(|_, ranges| !ranges.is_empty());
    taken
}

/// A flow whose standings have changed, and those who have their result by that.
fn changed<T: Bits>(
    flow: Flow<T>,
    change: impl Fn(Standing) -> Result<Standing, Verdict>,
) -> (Flow<T>, Vec<(Verdict, Flow<T>)>) {
    let (mut next, mut ended) = (Flow::new(), Vec::new());
    for (standing, ranges) in flow {
        match change(standing) {
            Ok(standing) => merge(&mut next, Flow::from([(standing, ranges)])),
            Err(verdict) => ended.push((verdict, Flow::from([(Standing::default(), ranges)]))),
        }
    }
    (next, ended)
}

fn merge<T: Bits>(flow: &mut Flow<T>, more: Flow<T>) {
    for (standing, ranges) in more {
        flow.entry(standing).or_default().extend(&ranges);
    }
}

fn addresses(answer: &Answer) -> impl Iterator<Item = std::net::IpAddr> {
    answer.data().iter().filter_map(|data| match data {
        lookup::Data::A(address) => Some((*address).into()),
        lookup::Data::Aaaa(address) => Some((*address).into()),
        _ => None,
    })
}

/// The place of a result among the ends of a record.
fn place(verdict: Verdict) -> usize {
    ENDS.into_iter().position(|end| end == verdict).unwrap_or(2)
}

const ENDS: [Verdict; 4] = [Verdict::Pass, Verdict::SoftFail, Verdict::Neutral, Verdict::Fail];
