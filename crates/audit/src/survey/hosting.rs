//! Who runs name servers and mail hosts: tables of well-known names, `data/hosts.txt` and `data/parking.txt`; where they say
//! nothing, the registered domain of the host.

use dmarc::Suffixes;
use lookup::{Answer, Data, Kind, Lookup};
use mailtext::Domain;

use crate::operators::{self, Names, rows};
use crate::published::Published;
use crate::survey::facts::{NameServers, Reply};
use crate::survey::method::Method;

/// The name servers of a name.
pub(super) struct Servers {
    reply: Reply,
    /// In the order of their names.
    pub(super) hosts: Vec<Domain>,
}

/// Asks at the name, and where it is no zone, at its registered domain.
pub(super) async fn servers<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Servers {
    let own = Published::ask(lookup, name.clone(), Kind::Ns).await;
    let registered = method.suffixes.registrable(name).filter(|registered| registered != name);
    match (&own.answer, registered) {
        (Answer::NoData(_) | Answer::NxDomain(_), Some(registered)) => {
            Servers::of(&Published::ask(lookup, registered, Kind::Ns).await)
        }
        _ => Servers::of(&own),
    }
}

impl Servers {
    fn of(published: &Published) -> Self {
        let hosts = published.answer.data().iter().filter_map(|data| match data {
            Data::Ns(host) => Some(host.clone()),
            _ => None,
        });
        let mut hosts: Vec<_> = hosts.collect();
        hosts.sort();
        Self { reply: Reply::of(&published.answer), hosts }
    }

    pub(super) fn into_facts(self, method: &Method) -> NameServers {
        let operator = self.hosts.first().map(|host| operator(host, &method.suffixes));
        NameServers { reply: self.reply, operator }
    }
}

/// Who runs a host: everybody's word for it, else its registered domain.
#[must_use]
pub fn operator(host: &Domain, suffixes: &Suffixes) -> Box<str> {
    let known =
        HOSTS.of(host).or_else(|| numbered(host)).or_else(|| parker(host)).or_else(|| operators::operator(host));
    known.map_or_else(|| suffixes.organizational_domain(host).as_str().into(), Box::from)
}

/// Who parks the names that this host answers for, where the table knows it as one that does.
#[must_use]
pub fn parker(host: &Domain) -> Option<&'static str> {
    PARKING.of(host)
}

/// `ns-123.awsdns-45.co.uk`: the registered domain has a number.
fn numbered(host: &Domain) -> Option<&'static str> {
    host.labels().any(|label| label.starts_with("awsdns-")).then_some("Amazon Route 53")
}

static HOSTS: Names = Names::new(|| rows(include_str!("../../data/hosts.txt")));
static PARKING: Names = Names::new(|| rows(include_str!("../../data/parking.txt")));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::check;

    #[test]
    fn the_tables_are_in_order_and_can_be_read() {
        check(&HOSTS, include_str!("../../data/hosts.txt"));
        check(&PARKING, include_str!("../../data/parking.txt"));
    }

    #[test]
    fn who_runs_what() {
        let of = |name: &str| operator(&Domain::query(name).unwrap(), &Suffixes::default());
        assert_eq!(&*of("aspmx.l.google.com"), "Google");
        assert_eq!(&*of("example-jp.mail.protection.outlook.com"), "Microsoft 365");
        assert_eq!(&*of("ns-1.awsdns-00.co.uk"), "Amazon Route 53");
        assert_eq!(&*of("mx1.mail.example.co.jp"), "example.co.jp");
        assert_eq!(&*of("notgoogle.com"), "notgoogle.com");
        let parked = |name: &str| parker(&Domain::query(name).unwrap());
        assert_eq!(parked("ns1.sedoparking.com"), Some("Sedo"));
        assert_eq!(parked("sedoparking.com.example"), None);
    }
}
