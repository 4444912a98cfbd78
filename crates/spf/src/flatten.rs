//! Makes one piece of a policy and what it includes: [`Flat`], of answers that were had already.
//!
//! It goes through the records as [`crate::evaluate`] does for a client that nothing matches, and writes down where a match
//! would lead. What cannot be told for every client of the family alike is left to an ordinary check.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lookup::{Answer, Data, Kind, Moment, Question};
use mailtext::Domain;

use crate::flat::{Ending, Flat, Held, Matched, Network, Op, To};
use crate::limits::{FLAT_HOST_COUNT_MAX, FLAT_LOOKUP_COUNT_MAX};
use crate::outcome::{RecordAt, Verdict};
use crate::record::{
    Directive, DomainSpec, DualCidr, Mechanism, Policy, Selection, Stage, is_of_sender_id, mask4, mask6,
};

/// The flat policy of `domain` for clients of the family of `ip`; `None` when it would be too large. The first of `known`
/// is the answer that holds the policy.
pub(crate) fn flatten(domain: &Domain, policy: &Arc<Policy>, ip: IpAddr, known: &[Held]) -> Option<Flat> {
    let mut flattening = Flattening {
        known,
        used: vec![false; known.len()],
        is_ip4: ip.is_ipv4(),
        ops: Vec::new(),
        ip4: Vec::new(),
        ip6: Vec::new(),
        ends: Vec::new(),
        records: Vec::new(),
        parents: Vec::new(),
        labels: Vec::new(),
        lookups: 0,
    };
    if let Some(own) = flattening.used.first_mut() {
        *own = true;
    }
    match flattening.record(RecordAt::new(domain, Arc::clone(policy))) {
        Ok(()) => {}
        Err(Stop::At(op)) => flattening.ops.push(op),
        Err(Stop::TooLarge) => return None,
    }
    flattening.finish(domain)
}

struct Flattening<'k> {
    known: &'k [Held],
    /// Which of them were wanted.
    used: Vec<bool>,
    is_ip4: bool,
    ops: Vec<Op>,
    ip4: Vec<Network<u32>>,
    ip6: Vec<Network<u128>>,
    ends: Vec<Ending>,
    records: Vec<RecordAt>,
    /// The includes that lead to the record in hand, outermost first.
    parents: Vec<Parent>,
    /// Where each label lies among the ops, once that is known.
    labels: Vec<Option<u16>>,
    /// Look-ups on the way of a client that nothing matches.
    lookups: u8,
}

/// An include, and the label of what comes behind it.
#[derive(Clone, Copy)]
struct Parent {
    record: u8,
    directive: u16,
    verdict: Verdict,
    behind: u16,
}

/// Why nothing follows.
enum Stop {
    At(Op),
    TooLarge,
}

type Flow = Result<(), Stop>;

impl Flattening<'_> {
    /// Writes a record down, and what follows it but for the records that include it.
    fn record(&mut self, at: RecordAt) -> Flow {
        let record = u8::try_from(self.records.len()).map_err(|_| Stop::TooLarge)?;
        let policy = Arc::clone(&at.policy);
        self.records.push(at);
        let parsed = &policy.record;
        for stage in parsed.stages() {
            match stage {
                Stage::Networks(run) if self.is_ip4 => {
                    let start = self.ip4.len();
                    for (prefix, mask, index) in parsed.networks4(run) {
                        let (to, directive) = self.matched(record, parsed.directives(), index)?;
                        self.ip4.push(Network { prefix, mask, to, directive });
                    }
                    self.networks(start)?;
                }
                Stage::Networks(run) => {
                    let start = self.ip6.len();
                    for (prefix, mask, index) in parsed.networks6(run) {
                        let (to, directive) = self.matched(record, parsed.directives(), index)?;
                        self.ip6.push(Network { prefix, mask, to, directive });
                    }
                    self.networks(start)?;
                }
                Stage::Everyone(index) => {
                    let (to, directive) = self.matched(record, parsed.directives(), *index)?;
                    self.go(to, directive);
                    return Ok(());
                }
                Stage::Directive(index) => {
                    let Some(directive) = parsed.directives().get(*index as usize) else { return Err(RESIDUE) };
                    if !self.directive(record, narrow(*index)?, directive)? {
                        return Ok(());
                    }
                }
            }
        }
        match parsed.redirect.as_ref().map(|modifier| &modifier.value) {
            Some(DomainSpec::Fixed(target)) => {
                self.asked(1, 0, 0)?;
                let at = self.policy_at(target)?;
                self.record(at)
            }
            Some(_) => Err(RESIDUE),
            None => {
                let to = self.ended(record, Matched::Nothing, Verdict::Neutral)?;
                self.go(to, 0);
                Ok(())
            }
        }
    }

    /// Writes down a directive that asks. Gives false when it always matches, so that nothing follows in its record.
    fn directive(&mut self, record: u8, index: u16, directive: &Directive) -> Result<bool, Stop> {
        let verdict = directive.qualifier.verdict();
        match &directive.mechanism {
            Mechanism::Include(DomainSpec::Fixed(target)) => {
                self.asked(1, 0, 0)?;
                let at = self.policy_at(target)?;
                let behind = narrow(self.labels.len())?;
                self.labels.push(None);
                self.parents.push(Parent { record, directive: index, verdict, behind });
                self.record(at)?;
                self.parents.pop();
                self.labels[usize::from(behind)] = Some(self.here()?);
                Ok(true)
            }
            Mechanism::A(spec, cidr) => {
                let name = self.target(record, spec.as_ref())?;
                let answer = self.answer(&Question::new(name, self.address_kind()))?;
                self.asked(1, answer.is_void().into(), 0)?;
                let to = self.ended(record, Matched::InForce, verdict)?;
                self.addresses(&answer, *cidr, (to, index))?;
                Ok(true)
            }
            Mechanism::Mx(spec, cidr) => {
                let name = self.target(record, spec.as_ref())?;
                let answer = self.answer(&Question::new(name, Kind::Mx))?;
                let to = self.ended(record, Matched::InForce, verdict)?;
                self.hosts(&answer, *cidr, (to, index))?;
                Ok(true)
            }
            Mechanism::Exists(DomainSpec::Fixed(name)) => {
                let answer = self.answer(&Question::new(name.clone(), Kind::A))?;
                self.asked(1, answer.is_void().into(), 0)?;
                if answer.is_void() {
                    return Ok(true);
                }
                let to = self.ended(record, Matched::InForce, verdict)?;
                self.go(to, index);
                Ok(false)
            }
            _ => Err(RESIDUE),
        }
    }

    fn hosts(&mut self, answer: &Answer, cidr: DualCidr, to: (To, u16)) -> Flow {
        let exchanges = answer.data().iter().filter_map(|data| match data {
            Data::Mx(mx) => mx.exchange.clone(),
            _ => None,
        });
        let hosts: Vec<Domain> = exchanges.take(usize::from(FLAT_HOST_COUNT_MAX) + 1).collect();
        let Some(count) = u8::try_from(hosts.len()).ok().filter(|count| *count <= FLAT_HOST_COUNT_MAX) else {
            return Err(RESIDUE);
        };
        self.asked(1, answer.is_void().into(), count)?;
        for host in hosts {
            let answer = self.answer(&Question::new(host, self.address_kind()))?;
            if answer.is_void() {
                self.asked(0, 1, 0)?;
            }
            self.addresses(&answer, cidr, to)?;
        }
        Ok(())
    }

    fn addresses(&mut self, answer: &Answer, cidr: DualCidr, (to, directive): (To, u16)) -> Flow {
        let (mask4, mask6) = (mask4(cidr.ip4_bits), mask6(cidr.ip6_bits));
        let start = if self.is_ip4 { self.ip4.len() } else { self.ip6.len() };
        for data in answer.data() {
            match data {
                Data::A(address) if self.is_ip4 => {
                    self.ip4.push(Network { prefix: address.to_bits() & mask4, mask: mask4, to, directive });
                }
                Data::Aaaa(address) if !self.is_ip4 => {
                    self.ip6.push(Network { prefix: address.to_bits() & mask6, mask: mask6, to, directive });
                }
                _ => {}
            }
        }
        self.networks(start)
    }

    /// The networks from `start` on are compared here.
    fn networks(&mut self, start: usize) -> Flow {
        let end = if self.is_ip4 { self.ip4.len() } else { self.ip6.len() };
        if start == end {
            return Ok(());
        }
        let (start, end) = (narrow(start)?, narrow(end)?);
        self.ops.push(Op::Networks { start, end });
        Ok(())
    }

    /// Counts what a question costs. It is written before the answer's consequences, as the evaluation counts before it
    /// goes on.
    fn asked(&mut self, lookups: u8, voids: u8, hosts: u8) -> Flow {
        self.lookups = self.lookups.saturating_add(lookups);
        if self.lookups > FLAT_LOOKUP_COUNT_MAX {
            return Err(RESIDUE);
        }
        self.ops.push(Op::Asked { lookups, voids, hosts });
        Ok(())
    }

    fn go(&mut self, to: To, directive: u16) {
        // What the innermost include goes on with comes next by itself.
        if !self.parents.last().is_some_and(|parent| To::Op(parent.behind) == to) {
            self.ops.push(Op::Go { to, directive });
        }
    }

    fn here(&self) -> Result<u16, Stop> {
        narrow(self.ops.len())
    }

    /// The name that a term has as its target, when that is the same for every message.
    fn target(&self, record: u8, spec: Option<&DomainSpec>) -> Result<Domain, Stop> {
        match spec {
            None => self.records.get(usize::from(record)).map(|at| at.domain().clone()).ok_or(RESIDUE),
            Some(DomainSpec::Fixed(name)) => Ok(name.clone()),
            Some(DomainSpec::Malformed(..) | DomainSpec::Macros(_)) => Err(RESIDUE),
        }
    }

    /// The record of the target of an include or a redirect.
    fn policy_at(&mut self, target: &Domain) -> Result<RecordAt, Stop> {
        let answer = self.answer(&Question::txt(target.clone()))?;
        let Answer::Records(records) = answer else { return Err(RESIDUE) };
        let policy = Policy::of(target, &records);
        if policy.selection == Selection::Sound { Ok(RecordAt::new(target, policy)) } else { Err(RESIDUE) }
    }

    fn answer(&mut self, question: &Question) -> Result<Answer, Stop> {
        let place = self.known.iter().position(|held| held.question == *question).ok_or(Stop::At(Op::Unknown))?;
        self.used[place] = true;
        Ok(self.known[place].answer.clone())
    }

    fn address_kind(&self) -> Kind {
        if self.is_ip4 { Kind::A } else { Kind::Aaaa }
    }

    fn matched(&mut self, record: u8, directives: &[Directive], index: u32) -> Result<(To, u16), Stop> {
        let directive = directives.get(index as usize).ok_or(RESIDUE)?;
        Ok((self.ended(record, Matched::InForce, directive.qualifier.verdict())?, narrow(index)?))
    }

    /// Where it goes on when a record ends like this: what [`crate::evaluate`] does to close it.
    fn ended(&mut self, record: u8, matched: Matched, verdict: Verdict) -> Result<To, Stop> {
        let mut ending = Ending { verdict, in_force: record, matched };
        for parent in self.parents.iter().rev() {
            // RFC 7208 §5.2: pass is a match; fail, softfail and neutral are not
            if ending.verdict != Verdict::Pass {
                return Ok(To::Op(parent.behind));
            }
            // However deep it lies, the term that decided is told.
            let by = parent.directive;
            let matched = Matched::Included { record, by };
            ending = Ending { verdict: parent.verdict, in_force: parent.record, matched };
        }
        let known = self.ends.iter().position(|other| *other == ending);
        if known.is_none() {
            self.ends.push(ending);
        }
        Ok(To::End(narrow(known.unwrap_or(self.ends.len() - 1))?))
    }

    fn finish(mut self, domain: &Domain) -> Option<Flat> {
        // Labels that were not reached lie behind something that ends every way: they lead to it.
        let last = u16::try_from(self.ops.len().checked_sub(1)?).ok()?;
        let labels: Vec<u16> = self.labels.iter().map(|label| label.unwrap_or(last)).collect();
        let place = |to: &mut To| {
            if let To::Op(label) = to {
                *label = labels.get(usize::from(*label)).copied().unwrap_or(last);
            }
        };
        self.ip4.iter_mut().for_each(|network| place(&mut network.to));
        self.ip6.iter_mut().for_each(|network| place(&mut network.to));
        for op in &mut self.ops {
            if let Op::Go { to, .. } = op {
                place(to);
            }
        }
        let used = self.known.iter().zip(&self.used).filter(|(_, used)| **used);
        let answers: Box<[Held]> = used.map(|(held, _)| held.clone()).collect();
        let beside_sender_id = answers.iter().any(|held| held.answer.data().iter().any(is_of_sender_id));
        Some(Flat {
            until: answers.iter().map(|held| held.until).min().unwrap_or(Moment::NEVER),
            name: domain.as_str().bytes().collect(),
            domain: domain.clone(),
            ops: self.ops.into_iter().collect(),
            ip4: self.ip4.into_iter().collect(),
            ip6: self.ip6.into(),
            ends: self.ends.into_iter().collect(),
            records: self.records.into_iter().collect(),
            answers,
            is_used: AtomicBool::new(false),
            beside_sender_id,
        })
    }
}

fn narrow(number: impl TryInto<u16>) -> Result<u16, Stop> {
    number.try_into().map_err(|_| Stop::TooLarge)
}

const RESIDUE: Stop = Stop::At(Op::Residue);
