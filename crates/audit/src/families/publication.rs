//! The zone and its servers, and what is common to all TXT records (COM).

use futures_util::future::{join, join_all, join4};
use lookup::{Answer, Kind, Question};
use mailtext::Domain;

use crate::limits::NONSENSE_LABEL;
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::{Servers, World};

mod rules;

/// The rules.
pub(crate) const RULES: &[Rule] = rules::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The name servers; none where the domain is no zone of its own.
    pub servers: Published,
    /// The start of authority.
    pub authority: Published,
    /// The parent's word that the zone is signed.
    pub signer: Published,
    /// The alias at the domain itself, where there should be none.
    pub alias: Published,
    /// What the authoritative servers say to the questions that mail depends on.
    pub each: Vec<(Question, Servers)>,
    /// TXT at a name that nobody made.
    pub wildcard: Option<Published>,
    /// Names at which records stand by mistake.
    pub misplaced: Vec<Published>,
    /// Aliases at the names of policies at which no text is found.
    pub aliases: Vec<Published>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let policies = ["_dmarc", "_mta-sts", "_smtp._tls", "default._bimi"];
    let asked: Vec<_> = [Question::txt(domain.clone()), Question::new(domain.clone(), Kind::Mx)]
        .into_iter()
        .chain(domain.prefixed("_dmarc").ok().map(Question::txt))
        .chain(
            subject
                .selectors
                .iter()
                .filter_map(|(selector, _)| domain.prefixed(&format!("{selector}._domainkey")).ok().map(Question::txt)),
        )
        .collect();
    let each = join_all(asked.into_iter().map(|question| async move {
        let servers = world.ask_servers(&question).await;
        (question, servers)
    }));
    let zone = join4(
        Published::ask(world, domain.clone(), Kind::Ns),
        Published::ask(world, domain.clone(), Kind::Soa),
        Published::ask(world, domain.clone(), Kind::Ds),
        Published::ask(world, domain.clone(), Kind::Cname),
    );
    let labels = misplaced_labels(subject);
    let probes = join4(
        Published::ask_below(world, domain, NONSENSE_LABEL),
        join_all(labels.iter().map(|labels| Published::ask_below(world, domain, labels))),
        join_all(
            policies.iter().filter_map(|labels| domain.prefixed(labels).ok()).map(|name| alias_to_nothing(world, name)),
        ),
        each,
    );
    let ((servers, authority, signer, alias), (wildcard, misplaced, aliases, each)) = join(zone, probes).await;
    let misplaced = misplaced.into_iter().flatten().collect();
    let aliases = aliases.into_iter().flatten().collect();
    Seen { servers, authority, signer, alias, each, wildcard, misplaced, aliases }
}

/// The alias at a name at which no text is found. Its text is asked for in any case, and where there is some, an alias leads somewhere;
/// that there is nothing tells a resolver that there is no alias, either, unless one led there.
async fn alias_to_nothing<W: World>(world: &W, name: Domain) -> Option<Published> {
    let text = Published::ask(world, name, Kind::Txt).await;
    match text.answer {
        Answer::Records(_) => None,
        _ => Some(Published::ask(world, text.question.name, Kind::Cname).await),
    }
}

/// Labels before the domain at which records stand when somebody wrote the whole name into a form that appends the
/// domain, or forgot an underscore.
fn misplaced_labels(subject: &Subject) -> Vec<String> {
    let domain = &subject.domain;
    let mut labels = vec![format!("_dmarc.{domain}"), "dmarc".to_owned(), "_domainkey._domainkey".to_owned()];
    let selectors = subject.selectors.iter().take(8);
    labels.extend(selectors.flat_map(|(selector, _)| {
        [format!("{selector}._domainkey.{domain}"), format!("{selector}._domainkey._domainkey")]
    }));
    labels
}
