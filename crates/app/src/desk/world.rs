//! The world of an audit: DNS with a time of its own, documents over HTTPS, the zone's own servers, mail hosts.

use std::net::SocketAddr;
use std::time::Duration;

use audit::World;
use audit::world::{Certificate, Greeting, ServerAnswer, Servers, Way};
use lookup::fetch::{Fetch, Fetched, Request};
use lookup::{Answer, Failure, Lookup, Question};
use mailtext::Domain;
use net::Resolver;
use net::authoritative::{self, AuthorityFailure, Places};
use net::authorities::{Authorities, Telling};
use net::greeting::{GreetConfig, Greeted, Greeter};

use crate::dns::Web;

/// Where an audit's answers come from.
pub(crate) struct Outside<L = Patient> {
    pub(crate) dns: L,
    pub(crate) web: Web,
    /// Who asks the zone's own servers; nobody where they are not to be asked.
    pub(crate) authorities: Option<Authorities<L>>,
    /// Who greets mail hosts; nobody where they are not to be greeted.
    pub(crate) greeter: Option<Greeter<L>>,
}

/// A resolver that gives each question a time of its own: an audit may ask more than a message may.
#[derive(Clone)]
pub(crate) struct Patient {
    pub(crate) resolver: Resolver,
    /// How long one question may take in all, with every try.
    pub(crate) patience: Duration,
}

/// Where hosts stand that are not to be looked for in DNS.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    servers: Places,
    mail_hosts: Places,
}

impl Elsewhere {
    /// Adds one: `HOST:53=ADDRESS:PORT` is a name server, `HOST:25=ADDRESS:PORT` a mail host. `None` where it is neither.
    pub(crate) fn add(&mut self, text: &str) -> Option<()> {
        let (host, place) = text.split_once('=')?;
        let (host, port) = host.split_once(':')?;
        let host = Domain::parse(host.trim_end_matches('.')).ok()?;
        let place: SocketAddr = place.parse().ok()?;
        let places = match port {
            "53" => &mut self.servers,
            "25" => &mut self.mail_hosts,
            _ => return None,
        };
        places.insert(host, place);
        Some(())
    }

    /// Whether a name server stands elsewhere.
    pub(super) fn names_server(&self) -> bool {
        !self.servers.is_empty()
    }

    /// Who asks name servers.
    pub(crate) fn authorities(&self, dns: &Patient) -> Authorities<Patient> {
        Authorities::new(dns.clone(), self.servers.clone())
    }

    /// Who greets mail hosts, by this name of ours.
    pub(crate) fn greeter(&self, dns: &Patient, helo: &str) -> Greeter<Patient> {
        let config = GreetConfig { places: self.mail_hosts.clone(), ..GreetConfig::new(helo) };
        Greeter::new(dns.clone(), config)
    }
}

impl Lookup for Patient {
    async fn ask(&self, question: Question) -> Answer {
        // The resolver's own end comes first, unless somebody gave it more time than there is.
        if self.resolver.config().question_timeout <= self.patience {
            return self.resolver.ask(question).await;
        }
        self.resolver.for_message(self.patience).ask(question).await
    }
}

impl<L: Lookup + Sync> Lookup for Outside<L> {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        self.dns.ask(question)
    }
}

impl<L: Lookup + Sync> Fetch for Outside<L> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.web.fetch(request)
    }
}

impl<L: Lookup + Sync> World for Outside<L> {
    async fn ask_servers(&self, question: &Question) -> Servers {
        let Some(authorities) = &self.authorities else { return Servers::NotAsked };
        match authorities.ask(question).await {
            Some((zone, told)) => Servers::Asked { zone, answers: told.into_iter().map(answer).collect() },
            None => Servers::Unknown,
        }
    }

    async fn greet(&self, host: &Domain) -> Greeting {
        let Some(greeter) = &self.greeter else { return Greeting::NotAsked };
        match greeter.greet(host).await {
            Greeted::Refused => Greeting::NotAsked,
            Greeted::Unreachable => Greeting::Unreachable,
            Greeted::Plain => Greeting::Plain,
            Greeted::TlsFailed => Greeting::TlsFailed,
            Greeted::Tls { version, certificate } => Greeting::Tls {
                version,
                certificate: Certificate {
                    names: certificate.names,
                    ends_s: certificate.ends_s,
                    is_trusted: certificate.is_trusted,
                    der: certificate.der,
                    public_key: certificate.public_key,
                },
            },
        }
    }
}

fn answer(telling: Telling) -> ServerAnswer {
    let failed = |why| match why {
        AuthorityFailure::Timeout => Failure::Timeout,
        AuthorityFailure::Unreachable | AuthorityFailure::NoRoute => Failure::Unreachable,
        AuthorityFailure::NotAuthoritative | AuthorityFailure::Refused => Failure::Refused,
        AuthorityFailure::Malformed => Failure::Malformed,
    };
    ServerAnswer {
        server: telling.server,
        address: telling.address.ip(),
        answer: telling.told.answer.unwrap_or_else(|why| Answer::Failed(failed(why))),
        size_bytes: telling.told.size_bytes,
        way: match telling.told.way {
            authoritative::Way::Udp => Way::Udp,
            authoritative::Way::Tcp => Way::Tcp,
            authoritative::Way::TcpRefused => Way::TcpRefused,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use audit::{Desk, Known, Snapshot, Subject, rule};
    use lookup::Zone;
    use lookup::fetch::{HttpsUrl, Redirects, Target};
    use lookup::tape::{Recording, Replay};
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn who_stands_elsewhere() {
        let mut elsewhere = Elsewhere::default();
        let good =
            ["ns1.example.jp:53=127.0.0.1:5301", "NS2.example.jp.:53=[::1]:53", "mx.example.jp:25=127.0.0.1:2525"];
        for good in good {
            assert_eq!(elsewhere.add(good), Some(()), "{good}");
        }
        let host = |name: &str| Domain::parse(name).unwrap();
        assert_eq!(elsewhere.servers[&host("ns2.example.jp")], "[::1]:53".parse().unwrap());
        assert_eq!((elsewhere.servers.len(), elsewhere.mail_hosts.len()), (2, 1));
        let bad = ["", "ns1.a=127.0.0.1:53", "ns1.a:53=127.0.0.1", "ns1.a:80=127.0.0.1:80", "a b:53=1.2.3.4:5"];
        for bad in bad {
            assert_eq!(elsewhere.add(bad), None, "{bad}");
        }
    }

    const ZONE: &str = "$ORIGIN example.jp.\n@ MX 10 mx\nmx A 11.1.1.1\n@ TXT \"v=spf1 mx -all\"\n\
                        _mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 11.1.1.2\n";
    const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.jp\r\nmax_age: 604800\r\n";

    /// What the greeting of a mail host shows becomes what the rules read, among them those about its policy.
    #[tokio::test]
    async fn a_host_without_tls_under_a_policy_that_wants_it() {
        let dns = Arc::new(Zone::parse(ZONE).unwrap());
        let url = HttpsUrl::parse("https://mta-sts.example.jp/.well-known/mta-sts.txt").unwrap();
        let policy = Fetched::document(POLICY.as_bytes(), Some("text/plain"));
        let fetches = vec![(Target { url, redirects: Redirects::Refuse }, policy)];
        let replay = Replay::new(Recording { metadata: Vec::new(), exchanges: Vec::new(), fetches });
        let mut config = GreetConfig::new("audit.example.net");
        config.places.insert(Domain::parse("mx.example.jp").unwrap(), plain_host().await);
        let world = Outside {
            dns: Arc::clone(&dns),
            web: Web::Replay(Arc::new(replay)),
            authorities: None,
            greeter: Some(Greeter::new(dns, config)),
        };
        let snapshot = Snapshot::take(&world, Subject::new(Domain::parse("example.jp").unwrap())).await;
        let known = Known { now_s: 1_795_000_000, ..Known::default() };
        let found = rule::judge_domain(&Desk { snapshot: &snapshot, known: &known });
        for id in ["MXN11", "STS13"] {
            assert_eq!(found.iter().filter(|finding| finding.rule.id == id).count(), 1, "{id}");
        }
        assert!(snapshot.publication.each.iter().all(|(_, servers)| *servers == Servers::NotAsked));
    }

    /// A mail host that offers nothing.
    async fn plain_host() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut stream = BufStream::new(listener.accept().await.unwrap().0);
            for reply in ["220 hello\r\n", "250 mx.example.jp\r\n", "221 bye\r\n"] {
                stream.write_all(reply.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                stream.read_line(&mut String::new()).await.unwrap();
            }
        });
        address
    }
}
