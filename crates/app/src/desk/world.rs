//! The world of an audit: DNS with a time of its own, documents over HTTPS, the zone's own servers, mail hosts.

use std::time::Duration;

use audit::World;
use audit::world::{Greeting, Servers};
use lookup::fetch::{Fetch, Fetched, Request};
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;
use net::Resolver;

use crate::dns::Web;

/// Where an audit's answers come from.
pub(super) struct Outside {
    pub(super) resolver: Resolver,
    pub(super) web: Web,
    /// How long one question may take in all, with every try.
    pub(super) patience: Duration,
}

impl Lookup for Outside {
    async fn ask(&self, question: Question) -> Answer {
        // An audit may ask more than a message may: each question has a time of its own.
        self.resolver.for_message(self.patience).ask(question).await
    }
}

impl Fetch for Outside {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.web.fetch(request)
    }
}

impl World for Outside {
    async fn ask_servers(&self, _: &Question) -> Servers {
        Servers::NotAsked
    }

    async fn greet(&self, _: &Domain) -> Greeting {
        Greeting::NotAsked
    }
}
