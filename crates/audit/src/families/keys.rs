//! DKIM keys and how the domain signs (DKM).

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use lookup::{Answer, Kind, Question};
use mailtext::encode::decode_base64_fws;
use mailtext::{Domain, TagList};

use dkim::key::{KeyError, KeyRecord};

use crate::finding::Place;
use crate::limits::{NONSENSE_LABEL, SELECTOR_COUNT_MAX};
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::{SelectorSource, Subject};
use crate::world::World;

mod of_life;
mod of_messages;
mod of_records;
mod table;

/// The rules.
pub(crate) const RULES: &[Rule] = table::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Each selector that was asked for, in the order of the names.
    pub selectors: Vec<SelectorSeen>,
    /// What a selector answers that nobody made.
    pub wildcard: Option<Published>,
}

/// A selector.
#[derive(Clone, Debug)]
pub struct SelectorSeen {
    /// Its name.
    pub selector: Box<str>,
    /// Who named it.
    pub source: SelectorSource,
    /// What stands there.
    pub published: Published,
    /// The alias there, when it leads to nothing.
    pub dangling: Option<Domain>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    // RFC 8020: below a name that does not exist there is nothing. Most domains without keys are done with here.
    let folder = Published::ask_below(world, &subject.domain, "_domainkey").await;
    let nothing = folder.as_ref().is_some_and(|folder| matches!(folder.answer, Answer::NxDomain(_)));
    let mut named = names(subject);
    named.retain(|_, source| !nothing || *source != SelectorSource::WellKnown);
    let nonsense = format!("{NONSENSE_LABEL}._domainkey");
    let known = folder.as_ref().filter(|_| subject.drafts.is_empty());
    let wildcard = Published::ask_below_known(world, &subject.domain, &nonsense, known);
    let selectors =
        join_all(named.into_iter().map(|(selector, source)| selector_seen(world, subject, selector, source)));
    let (selectors, wildcard) = join(selectors, wildcard).await;
    let mut selectors: Vec<_> = selectors.into_iter().flatten().collect();
    if let Some(everything) = wildcard.as_ref().map(|wildcard| wildcard.answer.data()).filter(|data| !data.is_empty()) {
        // What answers as any nonsense does is the wildcard, and no selector that somebody made.
        selectors.retain(|seen| seen.is_named() || seen.published.answer.data() != everything);
    }
    Seen { selectors, wildcard }
}

/// The selectors to ask for, each with the best of those who named it.
fn names(subject: &Subject) -> BTreeMap<Box<str>, SelectorSource> {
    let mut names: BTreeMap<Box<str>, SelectorSource> = BTreeMap::new();
    let known = WELL_KNOWN.iter().map(|name| (Box::from(*name), SelectorSource::WellKnown));
    for (selector, source) in subject.selectors.iter().cloned().chain(known) {
        if names.len() < SELECTOR_COUNT_MAX || names.contains_key(&selector) {
            let kept = names.entry(selector).or_insert(source);
            *kept = source.min(*kept);
        }
    }
    names
}

async fn selector_seen<W: World>(
    world: &W,
    subject: &Subject,
    selector: Box<str>,
    source: SelectorSource,
) -> Option<SelectorSeen> {
    let published = Published::ask_below(world, &subject.domain, &format!("{selector}._domainkey")).await?;
    let may_dangle = source != SelectorSource::WellKnown || ALIASED.contains(&&*selector);
    let dangling = if published.answer.is_void() && may_dangle {
        let alias = world.ask_ref(&Question::new(published.question.name.clone(), Kind::Cname)).await;
        alias.data().iter().find_map(|data| match data {
            lookup::Data::Cname(target) => Some(target.clone()),
            _ => None,
        })
    } else {
        None
    };
    Some(SelectorSeen { selector, source, published, dangling })
}

impl SelectorSeen {
    /// The texts there, read.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.published.texts().map(|text| Key {
            seen: self,
            text,
            tags: TagList::parse(text).0,
            record: KeyRecord::parse(text).0,
        })
    }

    /// Whether somebody beside the list of well-known names named it.
    pub(crate) fn is_named(&self) -> bool {
        self.source != SelectorSource::WellKnown
    }
}

impl Seen {
    /// Every text at every selector.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.selectors.iter().flat_map(SelectorSeen::keys)
    }

    /// The keys that a verifier would use, with their selectors.
    pub fn usable(&self) -> impl Iterator<Item = (&SelectorSeen, KeyRecord)> {
        self.keys().filter_map(|key| key.record.ok().map(|record| (key.seen, record)))
    }

    /// The selector of this name, where it was asked for.
    #[must_use]
    pub fn selector(&self, name: &str) -> Option<&SelectorSeen> {
        self.selectors.iter().find(|seen| seen.selector.eq_ignore_ascii_case(name))
    }

    /// Whether any answer failed, so that a key may be there and was not seen.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.selectors.iter().any(|seen| matches!(seen.published.answer, Answer::Failed(_)))
    }
}

/// A text at a selector, read.
pub(crate) struct Key<'a> {
    pub(crate) seen: &'a SelectorSeen,
    pub(crate) text: &'a [u8],
    tags: TagList<'a>,
    record: Result<KeyRecord, KeyError>,
}

impl Key<'_> {
    fn place(&self) -> Place {
        self.seen.published.record(self.text)
    }

    /// The value of a tag, as a part of the text.
    fn part(&self, tag: &str) -> Place {
        self.tags.get(tag).map_or_else(|| self.place(), |tag| self.seen.published.part(self.text, tag.span))
    }

    fn name(&self) -> Domain {
        self.seen.published.question.name.clone()
    }

    /// Whether it is meant to be a key: `v=DKIM1`, or `p=`.
    fn is_meant(&self) -> bool {
        self.tags.get("p").is_some() || self.text.to_ascii_lowercase().windows(4).any(|word| word == b"dkim")
    }

    /// The bytes of `p=` of an RSA key.
    fn rsa(&self) -> Option<Vec<u8>> {
        let is_rsa = self.tags.value("k").is_none_or(|kind| kind.eq_ignore_ascii_case(b"rsa"));
        let encoded = self.tags.value("p").filter(|encoded| is_rsa && !encoded.is_empty())?;
        decode_base64_fws(encoded).ok()
    }
}

/// The well-known selectors that are aliases of a service's zone, and stay when the service does not use them.
const ALIASED: &[&str] = &["selector1", "selector2", "s1", "s2", "k1", "k2", "fm1", "fm2", "fm3"];

/// Selectors that services and packages use without asking.
const WELL_KNOWN: &[&str] = &[
    "default",
    "dkim",
    "mail",
    "email",
    "smtp",
    "key1",
    "key2",
    "k1",
    "k2",
    "k3",
    "s1",
    "s2",
    "sel1",
    "sel2",
    "selector1",
    "selector2",
    "google",
    "mandrill",
    "mxvault",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "fm1",
    "fm2",
    "fm3",
    "zoho",
    "zmail",
    "amazonses",
    "sendgrid",
    "mailjet",
    "sib",
    "brevo1",
    "brevo2",
    "hs1",
    "hs2",
    "pm",
    "mte1",
    "mte2",
    "ctct1",
    "ctct2",
    "dk",
    "everlytickey1",
    "everlytickey2",
    "litesrv",
    "scph",
    "sig1",
    "x",
    "m1",
];
