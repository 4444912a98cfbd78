//! SPF: the records, the tree that they make, and what it authorises (SPF).

use std::collections::BTreeSet;

use futures_util::future::{join, join_all, join3};
use lookup::{Answer, Data, Kind, Question};
use mailtext::Domain;

use spf::tree::{Caps, Node, Party, State, Target};
use spf::{Tree, tree};

use crate::finding::Place;
use crate::limits::{MAIL_HOST_COUNT_MAX, NONSENSE_LABEL, ORGANIZATION_COUNT_MAX};
use crate::operators;
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::World;

mod of_policy;
mod of_text;
mod of_tree;
mod table;

/// The rules.
pub(crate) const RULES: &[Rule] = table::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The TXT records of the domain.
    pub texts: Published,
    /// Records of SPF's own type.
    pub own_type: Published,
    /// The record with all that it leads to.
    pub tree: Tree,
    /// Registered domains that terms name and that do not exist: whoever registers one, sends.
    pub unregistered: BTreeSet<Domain>,
    /// What the hosts of MX say of themselves, for HELO.
    pub hosts: Vec<Published>,
    /// `www` before the domain: its addresses and its texts.
    pub www: Option<(Published, Published)>,
    /// TXT at a name that nobody made.
    pub wildcard: Option<Published>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let caps = Caps::default();
    let own = join3(
        Published::ask(world, domain.clone(), Kind::Txt),
        Published::ask(world, domain.clone(), Kind::Spf),
        tree(world, domain, &caps),
    );
    let beside = join3(hosts(world, domain), www(world, domain), Published::ask_below(world, domain, NONSENSE_LABEL));
    let ((texts, own_type, mut tree), (hosts, www, wildcard)) = join(own, beside).await;
    tree.name_parties(|name| {
        let operator = operators::operator(name).map(str::to_owned);
        Some(Party { organizational: subject.suffixes.organizational_domain(name), operator })
    });
    let unregistered = unregistered(world, &tree, subject).await;
    Seen { texts, own_type, tree, unregistered, hosts, www, wildcard }
}

async fn hosts<W: World>(world: &W, domain: &Domain) -> Vec<Published> {
    let exchanges = world.ask_ref(&Question::new(domain.clone(), Kind::Mx)).await;
    let names = exchanges.data().iter().filter_map(|data| match data {
        Data::Mx(mx) => mx.exchange.clone(),
        _ => None,
    });
    join_all(names.take(MAIL_HOST_COUNT_MAX).map(|name| Published::ask(world, name, Kind::Txt))).await
}

async fn www<W: World>(world: &W, domain: &Domain) -> Option<(Published, Published)> {
    let name = domain.prefixed("www").ok()?;
    Some(join(Published::ask(world, name.clone(), Kind::A), Published::ask(world, name, Kind::Txt)).await)
}

/// Of the names that terms ask for and that do not exist: those whose whole organization does not.
async fn unregistered<W: World>(world: &W, tree: &Tree, subject: &Subject) -> BTreeSet<Domain> {
    let gone = tree.answers.iter().filter(|(_, answer)| matches!(answer, Answer::NxDomain(_)));
    let named: BTreeSet<_> = tree
        .terms()
        .filter_map(|(_, _, term)| match &term.target {
            Target::Name(name) => Some(name),
            _ => None,
        })
        .collect();
    let organizations: BTreeSet<Domain> = gone
        .filter(|(question, _)| named.contains(&question.name))
        .map(|(question, _)| subject.suffixes.organizational_domain(&question.name))
        .collect();
    let asked = organizations.into_iter().take(ORGANIZATION_COUNT_MAX).map(|name| async move {
        let answer = world.ask_ref(&Question::new(name.clone(), Kind::Soa)).await;
        matches!(answer, Answer::NxDomain(_)).then_some(name)
    });
    join_all(asked).await.into_iter().flatten().collect()
}

impl Seen {
    /// The place of a part of a record in the tree.
    pub(crate) fn place(&self, node: &Node, span: mailtext::Span) -> Place {
        Place::part(&Question::txt(node.domain.clone()), node.record().text(), span)
    }

    /// The domain's own record, whole.
    pub(crate) fn record_place(&self) -> Place {
        let root = self.tree.root();
        Place::record(&Question::txt(root.domain.clone()), root.record().text())
    }

    /// Whether there is one sound record.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.tree.root().state == State::Sound
    }
}
