//! Where a source is: the countries and networks of its addresses.

use std::fmt::Write as _;
use std::net::IpAddr;

use feedback::archive::Host;
use insight::{Group, Hosts};
use serde::Serialize;

use crate::reports::list::shown;

/// The countries and networks of a source's addresses, each once, those of the busiest addresses first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Places {
    pub(super) countries: Vec<String>,
    pub(super) networks: Vec<Network>,
}

/// An autonomous system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Network {
    pub(super) asn: Option<u32>,
    pub(super) name: Option<String>,
}

impl Network {
    fn of(host: &Host) -> Option<Self> {
        let network = Self { asn: host.asn, name: host.as_name.as_deref().map(str::to_owned) };
        (network.asn.is_some() || network.name.is_some()).then_some(network)
    }
}

impl Places {
    /// Of a source.
    pub(super) fn of(group: &Group<'_>, hosts: &Hosts) -> Self {
        Self::at(group.addresses.iter().filter_map(|address| address.address), hosts)
    }

    /// Of addresses.
    pub(super) fn at(addresses: impl IntoIterator<Item = IpAddr>, hosts: &Hosts) -> Self {
        let mut places = Self::default();
        for host in addresses.into_iter().filter_map(|address| hosts.get(address)) {
            if let Some(country) = host.country.as_deref()
                && places.countries.len() < PLACE_COUNT_MAX
                && !places.countries.iter().any(|known| known == country)
            {
                places.countries.push(country.to_owned());
            }
            if let Some(network) = Network::of(host)
                && places.networks.len() < PLACE_COUNT_MAX
                && !places.networks.contains(&network)
            {
                places.networks.push(network);
            }
        }
        places
    }

    pub(super) fn is_empty(&self) -> bool {
        self.countries.is_empty() && self.networks.is_empty()
    }

    /// For a line of a table: `JP AS64496 Example Net`, and how many more there are.
    pub(super) fn text(&self) -> String {
        let some = self.countries.iter().take(SHOWN_COUNTRY_COUNT).map(String::as_str).collect::<Vec<_>>().join(",");
        let mut text = some;
        if self.countries.len() > SHOWN_COUNTRY_COUNT {
            let _ = write!(text, "+{}", self.countries.len() - SHOWN_COUNTRY_COUNT);
        }
        if let Some(network) = self.networks.first() {
            let _ = network.asn.map(|asn| write!(text, " AS{asn}"));
            let _ = network.name.as_deref().map(|name| write!(text, " {}", shown(name)));
        }
        if self.networks.len() > 1 {
            let _ = write!(text, " +{}", self.networks.len() - 1);
        }
        text.trim_start().to_owned()
    }
}

/// Most countries and networks that are told of a source.
const PLACE_COUNT_MAX: usize = 16;
/// Countries that a line of a table has room for.
const SHOWN_COUNTRY_COUNT: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn host(last: u8, country: Option<&str>, asn: Option<u32>, name: Option<&str>) -> Host {
        Host {
            address: IpAddr::from([192, 0, 2, last]),
            name: None,
            asn,
            as_name: name.map(Into::into),
            country: country.map(Into::into),
            at_s: 0,
        }
    }

    #[test]
    fn each_once_and_the_busiest_first() {
        let hosts = Hosts::new(vec![
            host(1, Some("JP"), Some(64_496), Some("Example Net")),
            host(2, Some("US"), Some(64_496), Some("Example Net")),
            host(3, Some("JP"), Some(64_497), None),
            host(4, None, None, None),
        ]);
        let at = |lasts: &[u8]| Places::at(lasts.iter().map(|last| IpAddr::from([192, 0, 2, *last])), &hosts);
        assert_eq!(at(&[1, 2, 3, 4, 5]).text(), "JP,US AS64496 Example Net +1");
        assert_eq!(at(&[3, 1]).text(), "JP AS64497 +1");
        assert_eq!(at(&[2]).countries, ["US"]);
        assert!(at(&[4, 5]).is_empty() && at(&[]).text().is_empty());
        let many = Hosts::new(
            (0..30)
                .map(|at| host(at, Some(["AA", "BB", "CC", "DD", "EE"][usize::from(at % 5)]), Some(at.into()), None))
                .collect(),
        );
        let all = Places::at((0..30).map(|last| IpAddr::from([192, 0, 2, last])), &many);
        assert_eq!((all.countries.len(), all.networks.len()), (5, PLACE_COUNT_MAX));
        assert_eq!(all.text(), "AA,BB,CC+2 AS0 +15");
    }
}
