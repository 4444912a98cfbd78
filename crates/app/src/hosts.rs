//! What is known of the addresses that reports tell of: names, countries, networks. It is found beside the reading of
//! reports, slowly, and kept in their store; no report waits for it.

use std::net::IpAddr;
use std::time::Duration;

use auth::client::iprev::{self, Verdict};
use feedback::archive::Host;
use feedback::{Archive, ArchiveError};
use futures_util::future::join_all;
use net::Resolver;
use net::places::Places;
use report::sources::Place;

use crate::config::PlacesConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{HOST_BATCH_COUNT, HOST_DNS_S, HOST_FRESH_S, HOST_PARALLEL_COUNT, HOST_RETRY_S};

/// Finds out about addresses.
pub(crate) struct Finder {
    /// Who tells names; nobody where none are looked up.
    resolver: Option<Resolver>,
    places: Places,
}

impl Finder {
    /// With the files of the configuration.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub(crate) fn open(config: &PlacesConfig, resolver: Option<Resolver>) -> Result<Self, Failure> {
        Ok(Self { resolver, places: places(config)? })
    }

    /// Whether there is nothing by which anything could be found.
    pub(crate) fn is_idle(&self) -> bool {
        self.resolver.is_none() && self.places.is_empty()
    }

    /// Finds what is not known, of so many addresses at most; says of how many. After a few of them it waits for `pace`.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn find(
        &self,
        archive: &impl Archive,
        now_s: u64,
        count_max: usize,
        pace: Duration,
    ) -> Result<usize, ArchiveError> {
        let before_s = now_s.saturating_sub(HOST_FRESH_S);
        let mut count = 0;
        while count < count_max {
            // To find out which they are is work for the store: many at a time.
            let addresses = archive.unknown_hosts(before_s, HOST_BATCH_COUNT.min(count_max - count)).await?;
            if addresses.is_empty() {
                break;
            }
            for some in addresses.chunks(HOST_PARALLEL_COUNT) {
                let before = archive.hosts(some.to_vec()).await?;
                let known = |address: &IpAddr| before.iter().find(|host| host.address == *address);
                let found = join_all(some.iter().map(|address| self.host(*address, known(address), now_s))).await;
                archive.keep_hosts(found).await?;
                tokio::time::sleep(pace).await;
            }
            count += addresses.len();
        }
        Ok(count)
    }

    /// What can be found of one address; `before` is what was known.
    async fn host(&self, address: IpAddr, before: Option<&Host>, now_s: u64) -> Host {
        let known = || before.and_then(|host| host.name.clone());
        let (name, at_s) = match &self.resolver {
            None => (known(), now_s),
            Some(resolver) => {
                let lookup = resolver.for_message(Duration::from_secs(HOST_DNS_S));
                let checked = iprev::check(&lookup, address, &iprev::Limits::default()).await.result;
                match checked.verdict {
                    // RFC 8601 §3: only a name that leads back to the address counts.
                    Verdict::Pass => (checked.name.map(|name| name.as_str().into()), now_s),
                    Verdict::Fail | Verdict::PermError => (None, now_s),
                    // It is asked again soon, but not at once: others wait, too.
                    Verdict::TempError => (known(), now_s.saturating_sub(HOST_FRESH_S - HOST_RETRY_S)),
                }
            }
        };
        let mut host = Host { address, name, asn: None, as_name: None, country: None, at_s };
        complete(&mut host, &self.places);
        host
    }
}

/// The files of the configuration.
///
/// # Errors
/// One of them cannot be used.
fn places(config: &PlacesConfig) -> Result<Places, Failure> {
    Places::open(config.country.as_deref(), config.asn.as_deref()).map_err(|(path, error)| {
        let failure = Failure::new(ExitCode::Configuration, "cli-config-unreadable");
        failure.with("file", path.display().to_string()).with("reason", error.to_string())
    })
}

/// Where addresses are, in their order; `None` where there are no files.
///
/// # Errors
/// One of the files cannot be used.
pub(crate) fn find_all(config: &PlacesConfig, addresses: &[IpAddr]) -> Result<Option<Vec<Place>>, Failure> {
    let places = places(config)?;
    let find = |address: &IpAddr| {
        let found = places.find(*address);
        Place { country: found.country.map(Into::into), asn: found.asn, as_name: found.as_name.map(Into::into) }
    };
    Ok((!places.is_empty()).then(|| addresses.iter().map(find).collect()))
}

/// Adds to what is kept of addresses what the files tell today.
///
/// # Errors
/// One of them cannot be used.
pub(crate) fn complete_all(
    config: &PlacesConfig,
    addresses: &[IpAddr],
    mut hosts: Vec<Host>,
) -> Result<Vec<Host>, Failure> {
    let places = places(config)?;
    if places.is_empty() {
        return Ok(hosts);
    }
    hosts.sort_by_key(|host| host.address);
    let missing = addresses.iter().filter(|address| hosts.binary_search_by_key(*address, |host| host.address).is_err());
    let unknown =
        |address: &IpAddr| Host { address: *address, name: None, asn: None, as_name: None, country: None, at_s: 0 };
    let missing: Vec<_> = missing.map(unknown).collect();
    hosts.extend(missing);
    hosts.iter_mut().for_each(|host| complete(host, &places));
    Ok(hosts)
}

fn complete(host: &mut Host, places: &Places) {
    let place = places.find(host.address);
    if let Some(country) = place.country {
        host.country = Some(country.into());
    }
    // The number and the name are of one network.
    if place.asn.is_some() || place.as_name.is_some() {
        (host.asn, host.as_name) = (place.asn, place.as_name.map(Into::into));
    }
}

#[cfg(test)]
mod tests {
    use testkit::mmdb::{Value, mmdb};

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Two files, and the folder that they lie in as long as somebody has it.
    fn config() -> (PlacesConfig, tempfile::TempDir) {
        let country = |code| Value::Map(vec![("country", Value::Map(vec![("iso_code", Value::Text(code))]))]);
        let number = ("autonomous_system_number", Value::Number(64_496));
        let folder = tempfile::Builder::new().prefix("sekisho-hosts-").tempdir().unwrap();
        let (countries, networks) = (folder.path().join("country.mmdb"), folder.path().join("asn.mmdb"));
        std::fs::write(&countries, mmdb("country", &[(ip("192.0.2.0"), 24, country("JP"))])).unwrap();
        std::fs::write(&networks, mmdb("asn", &[(ip("192.0.2.0"), 25, Value::Map(vec![number]))])).unwrap();
        (PlacesConfig { lookup: false, country: Some(countries), asn: Some(networks) }, folder)
    }

    #[test]
    fn what_files_tell_is_added_and_names_stay() {
        let kept = Host {
            address: ip("192.0.2.1"),
            name: Some("mail.example".into()),
            asn: Some(1),
            as_name: Some("Before".into()),
            country: Some("US".into()),
            at_s: 7,
        };
        let addresses = [ip("192.0.2.1"), ip("192.0.2.200"), ip("198.51.100.1")];
        let (config, _folder) = config();
        let hosts = complete_all(&config, &addresses, vec![kept.clone()]).unwrap();
        let told: Vec<_> = hosts
            .iter()
            .map(|host| {
                (host.address, host.name.as_deref(), host.country.as_deref(), host.asn, host.as_name.as_deref())
            })
            .collect();
        assert_eq!(
            told,
            [
                (addresses[0], Some("mail.example"), Some("JP"), Some(64_496), None),
                (addresses[1], None, Some("JP"), None, None),
                (addresses[2], None, None, None, None),
            ]
        );
        let without = PlacesConfig::default();
        assert_eq!(complete_all(&without, &addresses, vec![kept.clone()]).unwrap(), [kept]);
        let wrong = PlacesConfig { country: Some("/nowhere.mmdb".into()), ..without };
        assert!(complete_all(&wrong, &addresses, Vec::new()).is_err());
    }

    #[tokio::test]
    async fn without_names_and_files_nothing_is_looked_for() {
        assert!(Finder::open(&PlacesConfig::default(), None).unwrap().is_idle());
        let (config, _folder) = config();
        let finder = Finder::open(&config, None).unwrap();
        assert!(!finder.is_idle());
        let archive = store::MemoryArchive::new(store::archive::Settings::default());
        assert_eq!(finder.find(&archive, 1_000, 10, Duration::ZERO).await, Ok(0));
        let host = finder.host(ip("192.0.2.1"), None, 1_000).await;
        assert_eq!((host.country.as_deref(), host.asn, host.at_s), (Some("JP"), Some(64_496), 1_000));
    }

    #[tokio::test]
    async fn who_does_not_answer_is_asked_again_soon() {
        let nobody = net::ResolverConfig::with_servers(vec!["127.0.0.1:9".parse().unwrap()]);
        let resolver = Resolver::start(nobody).unwrap();
        let finder = Finder::open(&PlacesConfig::default(), Some(resolver)).unwrap();
        let before = Host {
            address: ip("192.0.2.1"),
            name: Some("mail.example".into()),
            asn: None,
            as_name: None,
            country: None,
            at_s: 0,
        };
        let now_s = 10 * HOST_FRESH_S;
        let host = finder.host(ip("192.0.2.1"), Some(&before), now_s).await;
        assert_eq!(host.name.as_deref(), Some("mail.example"), "what was known stays");
        assert_eq!(host.at_s, now_s - HOST_FRESH_S + HOST_RETRY_S);
    }
}
