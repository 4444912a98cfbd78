//! What the desk reads, and the few things that it can have done. `app` implements it over the stores and what is live;
//! tests over memory.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::net::IpAddr;
use std::sync::Arc;

use audit::history::{Change, Kept};
use audit::survey::kept;
use feedback::Archive;
use feedback::archive::{DocumentLine, Receipt, SourceLine};
use feedback::outbox::{JobId, Outbox};
use insight::digest::Brief;
use insight::{Alert, Classifier};
use mailtext::encoded_word::display_safe;
use mailtext::{Domain, Explain, Network, Value};
use outgoing::rotation;
use people::Registry;
use people::openid::Provider;
use people::openid::party::{PartyError, Redeemed, Unreached};
use people::openid::token::Claims;
use people::session::Lifetimes;
use report::Ledger;
use report::query::Reach;
use report::row::Address;
use report::sources::{Origin, Place};
use words::{Argument, Language, Words};

use crate::openid::Way;
use crate::origins;
use crate::trouble::Trouble;
use crate::who::Role;

/// Everything that a page may be made of.
pub trait Sources: Send + Sync + 'static {
    /// The ledger of messages.
    type Ledger: Ledger;
    /// The store of reports.
    type Archive: Archive;
    /// The store of reports on their way out.
    type Outbox: Outbox;
    /// Who may come in.
    type Registry: Registry;

    /// A number that is another one whenever reports or what is kept with them have changed; `None` where that is not
    /// known: then each page reads them anew.
    fn edition(&self) -> Option<u64> {
        None
    }

    /// The ledger; `None` where none is kept.
    fn ledger(&self) -> Option<&Self::Ledger>;

    /// The reports; `None` where none are kept.
    fn archive(&self) -> Option<&Self::Archive>;

    /// What is sent; `None` where nothing is.
    fn outbox(&self) -> Option<&Self::Outbox>;

    /// Who may come in; `None` where nobody can log in.
    fn people(&self) -> Option<&Self::Registry>;

    /// Does what takes the processor long – the hash of a password – where nobody has to wait behind it.
    fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> + Send;

    /// The sentences of a language.
    fn voice(&self, language: Language) -> &dyn Voice;

    /// What is set about the desk itself.
    fn settings(&self) -> &Settings;

    /// What the provider of [`Settings::openid`] says of itself: from memory as long as that is good, and never asked for
    /// by each who comes.
    ///
    /// # Errors
    /// It cannot be asked, or says nothing that can be used.
    fn provider(&self, now_s: u64) -> impl Future<Output = Result<Arc<Provider>, PartyError>> + Send {
        let _ = now_s;
        ready(Err(no_provider()))
    }

    /// Who somebody is for that provider, by the code that they brought back.
    ///
    /// # Errors
    /// It cannot be asked, or does not prove who it is.
    fn redeem(&self, brought: Redeemed<'_>) -> impl Future<Output = Result<Claims, PartyError>> + Send {
        let _ = brought;
        ready(Err(no_provider()))
    }

    /// How far a zone (`Asia/Tokyo`) is ahead of UTC at a time, in seconds; `None` for one that is not known.
    fn ahead_s(&self, zone: &str, at_s: u64) -> Option<i32>;

    /// An address in the form in which the ledger keeps addresses: as it is, hashed under the key of this site, or not at
    /// all. So that messages of somebody can be looked for.
    fn kept_address(&self, address: &str) -> Address;

    /// Who judges the messages of these lines: the map of senders, the marks of the owner, what is known of addresses.
    ///
    /// # Errors
    /// A store cannot answer, or the map cannot be read.
    fn classifier(
        &self,
        tenant: &str,
        lines: &[SourceLine],
    ) -> impl Future<Output = Result<Classifier, Trouble>> + Send;

    /// What DNS says of a domain now: the text of its DMARC record, and which names below it exist. From memory where
    /// somebody asked a short while ago.
    fn published(&self, domain: &Domain, below: &[Domain]) -> impl Future<Output = Published> + Send;

    /// Where addresses are, in their order, by the operator's files of countries and networks; `None` where there are none.
    ///
    /// # Errors
    /// A file cannot be used.
    fn places(&self, addresses: Vec<IpAddr>) -> impl Future<Output = Result<Option<Vec<Place>>, Trouble>> + Send {
        let _ = addresses;
        ready(Ok(None))
    }

    /// Where the mail of some days came from – the first day, and the first that is not one of them –, and when that was
    /// counted, in milliseconds since 1970: it may be from memory ([`crate::origins`]).
    ///
    /// # Errors
    /// No ledger is kept, it cannot answer, or a file of countries or networks cannot be used.
    fn origin(
        &self,
        days: (u32, u32),
        now_ms: u64,
    ) -> impl Future<Output = Result<(u64, Arc<Origin>), Trouble>> + Send {
        async move { Ok((now_ms, Arc::new(origins::count(self, days).await?))) }
    }

    /// Reads a report that is kept once more, as it would be read if it came now: `bytes` are its own, decompressed. It
    /// is brought from where it came before, and whoever vouched for it does so again. Says what the archive did with
    /// each report in it.
    ///
    /// # Errors
    /// Nobody takes reports in here, or the store does not take it.
    fn read_again(
        &self,
        line: &DocumentLine,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<Receipt>, Trouble>> + Send {
        let _ = (line, bytes);
        ready(Err(Trouble::not_here()))
    }

    /// Makes what is not done yet of a report on its way due now, and wakes who sends
    /// ([`feedback::outbox::desk::hasten`]). Says whether anything of it was not done.
    ///
    /// # Errors
    /// Nobody sends reports here, or the store cannot answer.
    fn send_now(&self, id: &JobId, now_s: u64) -> impl Future<Output = Result<bool, Trouble>> + Send {
        let _ = (id, now_s);
        ready(Err(Trouble::not_here()))
    }

    /// What was noticed in reports and by audits, and what digests told of it: a page, the newest first.
    ///
    /// # Errors
    /// The store cannot answer.
    fn noticed(&self, asked: &NoticedQuery) -> impl Future<Output = Result<NoticedPage, Trouble>> + Send {
        let _ = asked;
        ready(Ok(NoticedPage::default()))
    }

    /// The domains of which audits are kept, in order.
    ///
    /// # Errors
    /// The store cannot answer.
    fn audited(&self) -> impl Future<Output = Result<Vec<Box<str>>, Trouble>> + Send {
        ready(Ok(Vec::new()))
    }

    /// The audits that are kept of a domain.
    ///
    /// # Errors
    /// The store cannot answer.
    fn audits(&self, domain: &Domain) -> impl Future<Output = Result<Kept, Trouble>> + Send {
        ready(Ok(Kept::none(domain.clone())))
    }

    /// What a domain publishes now, with what is known of it here: as `check` sees it. From memory where somebody looked a
    /// short while ago.
    ///
    /// # Errors
    /// What is known here cannot be read, or nobody can be asked from here.
    fn look(&self, domain: &Domain, asking: Asking) -> impl Future<Output = Result<Looked, Trouble>> + Send {
        let _ = domain;
        ready(match asking {
            Asking::Now => Err(Trouble::not_here()),
            Asking::Nobody => Ok(Looked::NotAsked),
        })
    }

    /// The keys that are kept here, without anything private; `None` where none are.
    ///
    /// # Errors
    /// They cannot be read.
    fn rotations(&self) -> impl Future<Output = Result<Option<Arc<Rotations>>, Trouble>> + Send {
        ready(Ok(None))
    }

    /// The surveys that are kept, in any order, without their tables.
    ///
    /// # Errors
    /// The store cannot answer.
    fn surveys(&self) -> impl Future<Output = Result<Vec<Survey>, Trouble>> + Send {
        ready(Ok(Vec::new()))
    }

    /// One of them, with its tables.
    ///
    /// # Errors
    /// The store cannot answer.
    fn survey(&self, id: u64) -> impl Future<Output = Result<Option<kept::Kept>, Trouble>> + Send {
        let _ = id;
        ready(Ok(None))
    }
}

/// Which of what was noticed and told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticedQuery {
    /// Of these domains; `None`: of all, and of what is of no domain.
    pub domains: Option<Vec<(Domain, Reach)>>,
    /// From this day, in days since 1970.
    pub from_day: u32,
    /// Before this day.
    pub until_day: u32,
    /// Only what was noticed before this one: [`NoticedPage::next`] of the page before.
    pub before: Option<u64>,
    /// How many at most.
    pub count: usize,
}

/// A page of what was noticed and told, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NoticedPage {
    /// The lines. What a later version of the program noticed is none of them.
    pub lines: Vec<Noticed>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<u64>,
}

/// Something that was noticed or told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noticed {
    /// Its number: those that were noticed later have larger ones.
    pub id: u64,
    /// Of which domain.
    pub domain: Box<str>,
    /// On which day it was so, in days since 1970.
    pub day: u32,
    /// When it was noticed, in seconds since 1970.
    pub made_s: u64,
    /// What.
    pub what: What,
}

/// What was noticed or told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// In reports.
    Reported(Alert),
    /// By an audit.
    Audited(Box<Change>),
    /// The digest of a week told it.
    Told(Brief),
}

/// What is said of a provider where there is none.
#[must_use]
pub fn no_provider() -> PartyError {
    PartyError::Unreached { url: "".into(), reason: Unreached("there is no provider here".to_owned()) }
}

/// A survey that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// Its number. It stays the same.
    pub id: u64,
    /// How it was made, and the counts of all its names.
    pub made: kept::Made,
}

/// Whether a look may ask anybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asking {
    /// DNS and the web, unless somebody looked a short while ago.
    Now,
    /// Nobody: what is remembered counts alone.
    Nobody,
}

/// What came of a look at a domain.
#[derive(Clone, Debug)]
pub enum Looked {
    /// What it publishes.
    Seen(Arc<Look>),
    /// Nobody was asked, and nothing is remembered.
    NotAsked,
    /// Nobody answered anything.
    Silent,
    /// It was not ready in time.
    Late,
    /// As many domains are looked at already as may be at one time.
    Busy,
}

impl Looked {
    /// Its word for programs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Seen(_) => "seen",
            Self::NotAsked => "not-asked",
            Self::Silent => "silent",
            Self::Late => "late",
            Self::Busy => "busy",
        }
    }

    /// The sentence that tells why nothing was seen.
    #[must_use]
    pub fn sentence(&self) -> Option<&'static str> {
        match self {
            Self::Seen(_) | Self::NotAsked => None,
            Self::Silent => Some("page-look-silent"),
            Self::Late => Some("page-look-late"),
            Self::Busy => Some("page-look-busy"),
        }
    }
}

/// What a domain publishes, and what is known of it beside that.
#[derive(Clone, Debug)]
pub struct Look {
    /// What it publishes.
    pub snapshot: audit::Snapshot,
    /// What is known; its moment is that of the look.
    pub known: audit::Known,
}

/// The life of the keys that are kept here.
#[derive(Clone, Debug, Default)]
pub struct Rotations {
    /// The keys, by domain and algorithm.
    pub book: rotation::Book,
    /// How keys live.
    pub settings: rotation::Settings,
    /// What name servers and reports showed when somebody looked last.
    pub sight: rotation::Sight,
    /// Where the selectors of each domain were seen; a domain for which nobody looked is absent.
    pub seen: HashMap<Domain, HashMap<Domain, Seen>>,
    /// How far back it was looked, in days.
    pub seen_days: u32,
}

/// Where a selector of a domain was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// In reports that somebody vouches for; the last day of them, by its first second.
    pub reports: Option<Sighting>,
    /// In mail that passed here.
    pub mail: Option<Sighting>,
}

/// How a selector was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sighting {
    /// When last, in seconds since 1970.
    pub last_s: u64,
    /// In how many messages.
    pub messages: u64,
    /// In how many of them the signature held, or was made here.
    pub verified: u64,
    /// Whether all was looked at: otherwise there may be more, and older ones.
    pub is_whole: bool,
}

impl Sighting {
    /// Adds messages of a time.
    pub fn add(&mut self, last_s: u64, messages: u64, verified: u64) {
        self.last_s = self.last_s.max(last_s);
        self.messages = self.messages.saturating_add(messages);
        self.verified = self.verified.saturating_add(verified);
    }
}

/// Sentences of one language.
pub trait Voice: Send + Sync {
    /// Which language.
    fn language(&self) -> Language;

    /// The sentence of an id with its arguments. What came from outside is made safe to show; it is not escaped.
    fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String;

    /// The same of what was kept: names and words came back from a store. One whose id is not known – another version
    /// wrote it – is its id and its arguments.
    fn tell(&self, id: &str, arguments: &[(&str, Argument<'_>)]) -> String;
}

/// The sentences of a language, as the catalogues have them.
#[derive(Debug)]
pub struct Catalogue {
    words: Words,
}

impl Catalogue {
    /// Reads them; takes some milliseconds.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { words: Words::new(language) }
    }

    /// Whether there is a sentence of this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.words.has(id)
    }
}

impl Voice for Catalogue {
    fn language(&self) -> Language {
        self.words.language()
    }

    fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String {
        let given: Vec<(&str, Argument<'_>)> = arguments
            .iter()
            .map(|(name, value)| match value {
                Value::Text(text) => (*name, Argument::Text(text)),
                Value::Word(word) => (*name, Argument::Word(word)),
                Value::Number(number) => (*name, Argument::Number(*number)),
            })
            .collect();
        self.tell(id, &given)
    }

    fn tell(&self, id: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let safe = |argument: &Argument<'_>| match argument {
            Argument::Text(text) => display_safe(text).into_owned(),
            Argument::Word(_) | Argument::Number(_) => String::new(),
        };
        let texts: Vec<String> = arguments.iter().map(|(_, argument)| safe(argument)).collect();
        let given = arguments.iter().zip(&texts).map(|((name, argument), text)| match argument {
            Argument::Text(_) => (*name, Argument::Text(text)),
            other => (*name, *other),
        });
        self.words.say(id, &given.collect::<Vec<_>>())
    }
}

impl dyn Voice + '_ {
    /// A sentence without arguments.
    #[must_use]
    pub fn word(&self, id: &str) -> String {
        self.say(id, &[])
    }

    /// The sentence of something that explains itself.
    #[must_use]
    pub fn explain(&self, what: &dyn Explain) -> String {
        self.say(what.id(), &what.arguments())
    }
}

/// What is set about the desk itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Whose desk it is: the name under which results are given.
    pub name: Box<str>,
    /// What somebody may do who has not logged in; `None`: nothing. For demonstrations.
    pub guest: Option<Role>,
    /// Whether browsers come over TLS, here or at a proxy: cookies are for TLS alone then.
    pub is_secure: bool,
    /// Names by which browsers may call the desk, beside those of the loopback: a request for another one is refused, so
    /// that no name of a stranger that points here (DNS rebinding) makes a browser speak to it.
    pub hosts: Vec<Box<str>>,
    /// The zone of pages, where a person has chosen none; `None` is UTC.
    pub zone: Option<Box<str>>,
    /// Proxies that say who somebody is; what others say of that is not heard.
    pub proxies: Vec<Network>,
    /// The field of a request in which they say it: `remote-user`.
    pub proxy_field: Option<Box<str>>,
    /// The provider of OpenID Connect by which people may come in, where there is one.
    pub openid: Option<Way>,
    /// How long somebody stays logged in.
    pub lifetimes: Lifetimes,
    /// Whether the messages here are made up.
    pub is_demo: bool,
}

/// What DNS says of a domain's policy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Published {
    /// The record's text.
    pub record: Option<Box<str>>,
    /// Whether anybody could be asked.
    pub was_asked: bool,
    /// Names below that do not exist.
    pub absent: Vec<Domain>,
    /// Names below of which it is not known.
    pub unknown: Vec<Domain>,
}
