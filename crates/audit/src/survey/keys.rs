//! DKIM keys of a name: something below `_domainkey`, listed selectors, learnt selectors.

use dkim::key::KeyRecord;
use futures_util::future::{join, join_all};
use lookup::{Answer, Data, Lookup};
use mailtext::Domain;

pub use crate::survey::facts::{Dkim, Selectors};

use crate::limits::SELECTOR_COUNT_MAX;
use crate::published::Published;
use crate::survey::facts::Reply;
use crate::survey::method::Method;

/// Asks.
pub(super) async fn look<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Dkim {
    let nonsense = format!("{}._domainkey", method.label);
    let (folder, nonsense) =
        join(Published::ask_below(lookup, name, "_domainkey"), Published::ask_below(lookup, name, &nonsense)).await;
    let reply =
        |published: &Option<Published>| published.as_ref().map_or(Reply::NotAsked, |one| Reply::of(&one.answer));
    let (folder, denial) = (reply(&folder), reply(&nonsense));
    let wildcard = nonsense.as_ref().map(|nonsense| nonsense.answer.data()).unwrap_or_default();
    // RFC 8020 §2: below a name that does not exist there is nothing. Learnt selectors are asked for all the same: somebody
    // saw them, and some servers deny what has something below it.
    let listed: &[Box<str>] = if folder == Reply::NxDomain { &[] } else { &method.listed };
    let learnt = method.learnt.get(name).map(Vec::as_slice).unwrap_or_default();
    let (listed, learnt) =
        join(selectors(lookup, name, listed, wildcard), selectors(lookup, name, learnt, wildcard)).await;
    Dkim { folder, nonsense: denial, listed, learnt }
}

async fn selectors<L: Lookup + Sync>(lookup: &L, name: &Domain, wanted: &[Box<str>], wildcard: &[Data]) -> Selectors {
    let ask = |selector: &str| {
        let labels = format!("{selector}._domainkey");
        async move { Published::ask_below(lookup, name, &labels).await }
    };
    let wanted = wanted.get(..SELECTOR_COUNT_MAX).unwrap_or(wanted);
    let answers = join_all(wanted.iter().map(|selector| ask(selector))).await;
    let mut selectors = Selectors::default();
    for (selector, published) in wanted.iter().zip(answers) {
        let Some(published) = published else { continue };
        selectors.asked += 1;
        if matches!(published.answer, Answer::Failed(_)) {
            selectors.unanswered += 1;
        } else if published.answer.data() != wildcard && has_key(&published) {
            // What answers as any nonsense does is the wildcard, and no selector that somebody made.
            selectors.found.push(selector.clone());
        }
    }
    selectors
}

fn has_key(published: &Published) -> bool {
    published.texts().any(|text| KeyRecord::parse(text).0.is_ok())
}
