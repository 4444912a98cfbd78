//! How a tree is asked for: level by level, every question once.
//!
//! [`Growth`] is a machine: it says what it wants to know and takes answers, so that the same code makes a tree of DNS and
//! of answers that are there already.

use std::collections::BTreeMap;
use std::sync::Arc;

use lookup::{Answer, Data, Failure, Kind, Lookup, Question, ask_all};
use mailtext::{Domain, DomainError, Span};

use super::{
    Caps, Cost, Cut, Explanation, ExplanationState, Host, Lookalike, Node, NodeId, Results, Source, State, Target,
    Term, TermAt, TermKind, Tree, Worst, measure, results,
};
use crate::evaluate::checkable;
use crate::macros::{Letter, MacroString, Values};
use crate::record::{Directive, DomainSpec, DualCidr, Mechanism, Policy, Selection};
use crate::space::AddressSet;

/// The tree of the record that a domain publishes.
pub async fn tree<L: Lookup + Sync>(lookup: &L, domain: &Domain, caps: &Caps) -> Tree {
    Growth::new(domain, Source::Published, caps).ask(lookup).await
}

/// The tree of a record that is not published yet, as if `domain` published it and nothing else of SPF.
pub async fn tree_of_record<L: Lookup + Sync>(lookup: &L, text: &[u8], domain: &Domain, caps: &Caps) -> Tree {
    let mut growth = Growth::new(domain, Source::Given, caps);
    growth.known.insert(Question::txt(domain.clone()), Answer::of(vec![Data::txt(text)], 0));
    growth.ask(lookup).await
}

/// The tree that these answers make. Nobody is asked; what they do not hold failed as [`Failure::NotOnTape`].
#[must_use]
pub fn tree_of_answers(answers: BTreeMap<Question, Answer>, domain: &Domain, source: Source, caps: &Caps) -> Tree {
    let mut growth = Growth { known: answers, ..Growth::new(domain, source, caps) };
    loop {
        let questions = growth.step();
        if questions.is_empty() {
            return growth.finish();
        }
        let answers = vec![Answer::Failed(Failure::NotOnTape); questions.len()];
        growth.take(questions, answers);
    }
}

struct Growth<'c> {
    domain: Domain,
    source: Source,
    caps: &'c Caps,
    nodes: Vec<Node>,
    known: BTreeMap<Question, Answer>,
    /// Questions that our limits did not let ask, or whose answers they did not let in.
    cuts: BTreeMap<Question, Cut>,
    /// The first limit that was reached.
    cut: Option<Cut>,
    /// Records whose answer is awaited.
    unopened: Vec<NodeId>,
    /// Terms whose mail exchanges are awaited.
    unhosted: Vec<Question>,
    wanted: Vec<Question>,
    asked_count: usize,
    answer_bytes: usize,
    term_count: usize,
}

impl<'c> Growth<'c> {
    fn new(domain: &Domain, source: Source, caps: &'c Caps) -> Self {
        let mut growth = Self {
            domain: domain.clone(),
            source,
            caps,
            nodes: Vec::new(),
            known: BTreeMap::new(),
            cuts: BTreeMap::new(),
            cut: None,
            unopened: Vec::new(),
            unhosted: Vec::new(),
            wanted: Vec::new(),
            asked_count: 0,
            answer_bytes: 0,
            term_count: 0,
        };
        let is_checkable = checkable(domain).is_ok();
        growth.add(domain.clone(), None, 0, if is_checkable { State::NoRecord } else { State::NotCheckable });
        growth
    }

    async fn ask<L: Lookup + Sync>(mut self, lookup: &L) -> Tree {
        loop {
            let questions = self.step();
            if questions.is_empty() {
                return self.finish();
            }
            let answers = ask_all(lookup, &questions).await;
            self.take(questions, answers);
        }
    }

    /// Grows as far as answers are known, and says which are wanted next.
    fn step(&mut self) -> Vec<Question> {
        let mut is_growing = true;
        while is_growing {
            is_growing = false;
            for id in std::mem::take(&mut self.unopened) {
                let question = Question::txt(self.nodes[id.0 as usize].domain.clone());
                match self.known.get(&question).cloned() {
                    Some(answer) => {
                        self.open(id, &question, &answer);
                        is_growing = true;
                    }
                    None => self.unopened.push(id),
                }
            }
            for question in std::mem::take(&mut self.unhosted) {
                match self.known.get(&question).cloned() {
                    Some(answer) => self.want_hosts(&answer),
                    None => self.unhosted.push(question),
                }
            }
        }
        let names: Vec<Domain> = self.unopened.iter().map(|id| self.nodes[id.0 as usize].domain.clone()).collect();
        names.into_iter().for_each(|name| self.want(Question::txt(name)));
        // What was wanted and may not be asked is known to have failed: the tree may grow on by that.
        if self.wanted.is_empty() && !(self.unopened.is_empty() && self.unhosted.is_empty()) {
            return self.step();
        }
        std::mem::take(&mut self.wanted)
    }

    fn take(&mut self, questions: Vec<Question>, answers: Vec<Answer>) {
        for (question, answer) in questions.into_iter().zip(answers) {
            self.answer_bytes = self.answer_bytes.saturating_add(answer.size_bytes());
            if self.answer_bytes > self.caps.answer_bytes_max {
                self.refuse(question, Cut::Bytes);
            } else {
                self.known.insert(question, answer);
            }
        }
    }

    fn want(&mut self, question: Question) {
        if self.known.contains_key(&question) || self.wanted.contains(&question) {
            return;
        }
        if self.asked_count >= self.caps.question_count_max {
            return self.refuse(question, Cut::Questions);
        }
        self.asked_count += 1;
        self.wanted.push(question);
    }

    fn refuse(&mut self, question: Question, cut: Cut) {
        self.cut.get_or_insert(cut);
        self.known.insert(question.clone(), Answer::Failed(Failure::Budget));
        self.cuts.insert(question, cut);
    }

    /// Adds a node; one that has to be opened waits for its answer.
    fn add(&mut self, domain: Domain, parent: Option<TermAt>, depth: u32, state: State) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        if state == State::NoRecord {
            self.unopened.push(id);
        }
        self.nodes.push(Node {
            policy: Arc::new(Policy::select(domain.clone(), &[])),
            domain,
            parent,
            depth,
            state,
            ttl_s: 0,
            lookalikes: Vec::new(),
            terms: Vec::new(),
            explanation: None,
            total: Cost::default(),
            results: Results::default(),
            party: None,
        });
        id
    }

    fn open(&mut self, id: NodeId, question: &Question, answer: &Answer) {
        let node = &mut self.nodes[id.0 as usize];
        node.ttl_s = answer.ttl_s();
        node.lookalikes = Lookalike::among(answer.data());
        node.state = match answer {
            Answer::Records(records) => {
                node.policy = Policy::of(&node.domain, records);
                match node.policy.selection {
                    Selection::Nothing => State::NoRecord,
                    Selection::Several(count) => State::Several(count),
                    Selection::Sound => State::Sound,
                    Selection::Broken(flaw) => State::Broken(flaw),
                }
            }
            Answer::NxDomain(_) => State::NoSuchDomain,
            // RFC 7208 §4.8: a name that cannot be asked is treated as the name of no host
            Answer::NoData(_) | Answer::Failed(Failure::BadName) => State::NoRecord,
            Answer::Failed(failure) => self.cuts.get(question).map_or(State::Failed(*failure), |cut| State::Cut(*cut)),
        };
        let policy = Arc::clone(&node.policy);
        let count = policy.record.directives().len();
        if self.term_count.saturating_add(count) > self.caps.term_count_max {
            node.state = State::Cut(Cut::Terms);
            self.cut.get_or_insert(Cut::Terms);
            return;
        }
        self.term_count += count;
        if matches!(node.state, State::Sound | State::Broken(_)) {
            self.terms(id, &policy);
        }
    }

    /// Takes up the terms of a record that was read.
    fn terms(&mut self, id: NodeId, policy: &Policy) {
        let record = &policy.record;
        let domain = self.nodes[id.0 as usize].domain.clone();
        let mut is_ended = false;
        for directive in record.directives() {
            let (kind, opens) = parts(directive);
            let text = record.term_text(directive.span);
            let mut term = self.term(kind, directive.span, text, directive.mechanism.domain_spec(), &domain);
            term.qualifier = Some(directive.qualifier);
            term.opens = opens;
            if let Mechanism::A(_, cidr) | Mechanism::Mx(_, cidr) = &directive.mechanism {
                term.cidr = *cidr;
            }
            self.push(id, term, is_ended);
            is_ended |= kind == TermKind::All;
        }
        if let Some(redirect) = &record.redirect {
            let text = record.term_text(redirect.span);
            let term = self.term(TermKind::Redirect, redirect.span, text, Some(&redirect.value), &domain);
            // RFC 7208 §5.1: any "redirect" modifier MUST be ignored when there is an "all" mechanism
            self.push(id, term, is_ended);
        }
        if let Some(explanation) = &record.explanation {
            let (target, _) = self.target(Some(&explanation.value), &domain);
            if let Target::Name(name) = &target
                && self.is_in_force(id)
            {
                self.want(Question::txt(name.clone()));
            }
            let state = ExplanationState::Unknown;
            self.nodes[id.0 as usize].explanation = Some(Explanation { span: explanation.span, target, state });
        }
    }

    fn term(&self, kind: TermKind, span: Span, text: String, spec: Option<&DomainSpec>, domain: &Domain) -> Term {
        let (target, letters) = match kind {
            TermKind::All | TermKind::Ip4 | TermKind::Ip6 => (Target::Nothing, Vec::new()),
            // What matters to `ptr` is the client's name.
            TermKind::Ptr => (Target::Varies, self.target(spec, domain).1),
            _ => self.target(spec, domain),
        };
        let target = match target {
            // RFC 7208 §4.3: what is not multi-label is malformed where a record is looked for
            Target::Name(name)
                if matches!(kind, TermKind::Include | TermKind::Redirect) && !name.as_str().contains('.') =>
            {
                Target::Malformed(DomainError::Empty)
            }
            target => target,
        };
        Term {
            kind,
            qualifier: None,
            span,
            text,
            target,
            cidr: DualCidr { ip4_bits: 32, ip6_bits: 128 },
            letters,
            node: None,
            exchanges: None,
            hosts: Vec::new(),
            own: Cost::default(),
            total: Cost::default(),
            opens: AddressSet::new(),
            adds: AddressSet::new(),
            dead: None,
            party: None,
        }
    }

    /// The name that a term asks for, and the macros in it.
    fn target(&self, spec: Option<&DomainSpec>, domain: &Domain) -> (Target, Vec<Letter>) {
        match spec {
            // RFC 7208 §4.8: if the <domain-spec> is not provided, the <domain> is the <target-name>
            None => (Target::Name(domain.clone()), Vec::new()),
            Some(DomainSpec::Fixed(name)) => (Target::Name(name.clone()), Vec::new()),
            Some(DomainSpec::Malformed(_, error)) => (Target::Malformed(*error), Vec::new()),
            Some(DomainSpec::Macros(macros)) => {
                let letters = macros.letters();
                let is_known = |letter: &Letter| matches!(letter, Letter::Domain | Letter::SenderDomain);
                if !letters.iter().all(is_known) {
                    return (Target::Varies, letters);
                }
                let target = match macros.expand_name(&known_values(domain, &self.domain)) {
                    Ok(name) => Target::Name(name),
                    Err(error) => Target::Malformed(error),
                };
                (target, letters)
            }
        }
    }

    /// Adds a term, and asks for what it needs unless no evaluation comes to it.
    fn push(&mut self, id: NodeId, mut term: Term, is_ended: bool) {
        let index = self.nodes[id.0 as usize].terms.len();
        let at = TermAt { node: id, term: u32::try_from(index).unwrap_or(u32::MAX) };
        if let Target::Name(name) = term.target.clone()
            && !is_ended
        {
            match term.kind {
                TermKind::Include | TermKind::Redirect => term.node = self.follow(at, name),
                TermKind::A => [Kind::A, Kind::Aaaa].into_iter().for_each(|kind| self.want_at(&name, kind)),
                TermKind::Exists => self.want_at(&name, Kind::A),
                TermKind::Mx => {
                    self.want_at(&name, Kind::Mx);
                    self.unhosted.push(Question::new(name, Kind::Mx));
                }
                TermKind::All | TermKind::Ptr | TermKind::Ip4 | TermKind::Ip6 => {}
            }
        }
        self.nodes[id.0 as usize].terms.push(term);
    }

    fn want_at(&mut self, name: &Domain, kind: Kind) {
        self.want(Question::new(name.clone(), kind));
    }

    fn want_hosts(&mut self, answer: &Answer) {
        let count = exchanges(answer).count();
        if count > self.caps.host_count_max {
            self.cut.get_or_insert(Cut::Hosts);
        }
        for name in exchanges(answer).take(self.caps.host_count_max) {
            [Kind::A, Kind::Aaaa].into_iter().for_each(|kind| self.want_at(name, kind));
        }
    }

    /// The node of the record that a term leads to; `None` when there are too many already.
    fn follow(&mut self, at: TermAt, name: Domain) -> Option<NodeId> {
        if self.nodes.len() >= self.caps.node_count_max {
            self.cut.get_or_insert(Cut::Nodes);
            return None;
        }
        let mut above = Some(at.node);
        while let Some(id) = above {
            let node = &self.nodes[id.0 as usize];
            if node.domain == name {
                // RFC 7208 §11.1: a record that includes itself is not followed for ever
                return Some(self.add(name, Some(at), self.depth_below(at), State::Loop(id)));
            }
            above = node.parent.map(|at| at.node);
        }
        let depth = self.depth_below(at);
        let state = if depth > self.caps.depth_max {
            self.cut.get_or_insert(Cut::Depth);
            State::Cut(Cut::Depth)
        } else {
            State::NoRecord
        };
        Some(self.add(name, Some(at), depth, state))
    }

    fn depth_below(&self, at: TermAt) -> u32 {
        self.nodes[at.node.0 as usize].depth + 1
    }

    // RFC 7208 §6.2: "exp" of an included record is not used; that of the target of a "redirect" is
    fn is_in_force(&self, id: NodeId) -> bool {
        let mut next = Some(id);
        while let Some(parent) = next.and_then(|id| self.nodes[id.0 as usize].parent) {
            // The term that leads to a node is pushed behind it; only the number of a redirect is past the directives.
            let node = &self.nodes[parent.node.0 as usize];
            if (parent.term as usize) < node.policy.record.directives().len() {
                return false;
            }
            next = Some(parent.node);
        }
        true
    }

    fn finish(mut self) -> Tree {
        for index in 0..self.nodes.len() {
            let mut terms = std::mem::take(&mut self.nodes[index].terms);
            terms.iter_mut().for_each(|term| self.fill(term));
            self.nodes[index].terms = terms;
            self.explain(index);
        }
        let mut tree = Tree {
            domain: self.domain,
            source: self.source,
            nodes: self.nodes,
            answers: self.known,
            results: Results::default(),
            worst: Worst::default(),
            cut: self.cut,
        };
        results::find(&mut tree);
        measure::find(&mut tree);
        tree
    }

    /// Gives a term what was answered to it. Where nobody was asked there is nothing.
    fn fill(&self, term: &mut Term) {
        let Target::Name(name) = &term.target else { return };
        match term.kind {
            TermKind::A => term.hosts.extend(self.host(name, true)),
            TermKind::Exists => term.hosts.extend(self.host(name, false)),
            TermKind::Mx => {
                let Some(answer) = self.known.get(&Question::new(name.clone(), Kind::Mx)) else { return };
                let names = exchanges(answer).take(self.caps.host_count_max);
                term.hosts.extend(names.filter_map(|name| self.host(name, true)));
                term.exchanges = Some(answer.clone());
            }
            _ => {}
        }
    }

    fn host(&self, name: &Domain, with_ip6: bool) -> Option<Host> {
        let known = |kind| self.known.get(&Question::new(name.clone(), kind)).cloned();
        let ip6 = if with_ip6 { Some(known(Kind::Aaaa)?) } else { None };
        Some(Host { name: name.clone(), ip4: known(Kind::A)?, ip6 })
    }

    fn explain(&mut self, index: usize) {
        let Some(explanation) = &mut self.nodes[index].explanation else { return };
        let Target::Name(name) = &explanation.target else { return };
        let Some(answer) = self.known.get(&Question::txt(name.clone())) else { return };
        explanation.state = match answer {
            Answer::Failed(failure) => ExplanationState::Failed(*failure),
            Answer::NoData(_) | Answer::NxDomain(_) => ExplanationState::Missing,
            Answer::Records(records) => match &*records.data {
                // RFC 7208 §6.2: if there is more than one record, or there are syntax errors, as if no "exp" was given
                [Data::Txt(text)] => match MacroString::parse_explanation(text.bytes()) {
                    Ok(_) => ExplanationState::Text(String::from_utf8_lossy(text.bytes()).into_owned()),
                    Err(flaw) => ExplanationState::Broken(flaw),
                },
                several => ExplanationState::Several(several.len()),
            },
        };
    }
}

/// The kind, and the addresses that the directive names itself.
fn parts(directive: &Directive) -> (TermKind, AddressSet) {
    match &directive.mechanism {
        Mechanism::All => (TermKind::All, AddressSet::everyone()),
        Mechanism::Include(_) => (TermKind::Include, AddressSet::new()),
        Mechanism::A(..) => (TermKind::A, AddressSet::new()),
        Mechanism::Mx(..) => (TermKind::Mx, AddressSet::new()),
        Mechanism::Ptr(_) => (TermKind::Ptr, AddressSet::new()),
        Mechanism::Exists(_) => (TermKind::Exists, AddressSet::new()),
        Mechanism::Ip4(address, bits) => (TermKind::Ip4, AddressSet::of_prefix((*address).into(), *bits)),
        Mechanism::Ip6(address, bits) => (TermKind::Ip6, AddressSet::of_prefix((*address).into(), *bits)),
    }
}

/// The hosts that an answer for MX names, in its order.
pub(crate) fn exchanges(answer: &Answer) -> impl Iterator<Item = &Domain> {
    answer.data().iter().filter_map(|data| match data {
        // RFC 7505 §3: the root as exchange says that there is none
        Data::Mx(mx) => mx.exchange.as_ref(),
        _ => None,
    })
}

/// What macros are replaced with when only `d` and `o` are used.
pub(crate) fn known_values<'v>(domain: &'v Domain, sender_domain: &'v Domain) -> Values<'v> {
    Values {
        ip: std::net::Ipv4Addr::UNSPECIFIED.into(),
        local_part: "",
        sender_domain,
        domain,
        helo: "",
        receiver: "",
        now_s: 0,
        validated_name: "",
    }
}
