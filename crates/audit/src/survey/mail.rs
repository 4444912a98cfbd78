//! Whether a name takes mail.

use futures_util::future::join;
use lookup::{Answer, Data, Kind, Lookup};
use mailtext::Domain;

pub use crate::survey::facts::{Mail, MailClass};

use crate::published::Published;
use crate::survey::facts::Reply;
use crate::survey::hosting::{self, Servers};
use crate::survey::method::Method;

/// Asks, as far as the answer for MX and what is `known` leave something open.
pub(super) async fn look<L: Lookup + Sync>(
    lookup: &L,
    exchanges: &Published,
    known: Option<MailClass>,
    servers: &Servers,
    method: &Method,
) -> Mail {
    let class = match (known, &exchanges.answer) {
        (Some(known), _) => known,
        (None, Answer::Records(_)) if exchanges.is_null_mx() => MailClass::NullMx,
        (None, Answer::Records(_)) => MailClass::Mx,
        // RFC 5321 §5.1: without MX, an address is a mail host of its own.
        (None, denied @ (Answer::NoData(_) | Answer::NxDomain(_))) => {
            addresses(lookup, &exchanges.question.name, denied).await
        }
        (None, Answer::Failed(_)) => MailClass::Unanswered,
    };
    let first = first(exchanges);
    let parked = first.into_iter().chain(&servers.hosts).find_map(hosting::parker);
    Mail {
        reply: Reply::of(&exchanges.answer),
        class,
        parked: parked.map(Box::from),
        operator: first.map(|host| hosting::operator(host, &method.suffixes)),
    }
}

/// What a name without MX is; `denied` is how it was said that there is none.
async fn addresses<L: Lookup + Sync>(lookup: &L, name: &Domain, denied: &Answer) -> MailClass {
    let (ip4, ip6) =
        join(Published::ask(lookup, name.clone(), Kind::A), Published::ask(lookup, name.clone(), Kind::Aaaa)).await;
    match (ip4.answer, ip6.answer) {
        (Answer::Records(_), _) | (_, Answer::Records(_)) => MailClass::AddressOnly,
        (Answer::Failed(_), _) | (_, Answer::Failed(_)) => MailClass::Unanswered,
        (Answer::NxDomain(_), Answer::NxDomain(_)) if matches!(denied, Answer::NxDomain(_)) => MailClass::NxDomain,
        _ => MailClass::None,
    }
}

/// The mail host that is tried first; of several with the same preference, the first by name.
fn first(exchanges: &Published) -> Option<&Domain> {
    let hosts = exchanges.answer.data().iter().filter_map(|data| match data {
        Data::Mx(mx) => mx.exchange.as_ref().map(|exchange| (mx.preference, exchange)),
        _ => None,
    });
    hosts.min().map(|(_, exchange)| exchange)
}
