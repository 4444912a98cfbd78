//! An examined name as named fields, and back: what results are written from and read into, and what two surveys are compared
//! by. A dot in a field's name is a level of the form that it is written in.

use std::borrow::Cow;

use dmarc::{Place, Policy};
use lookup::{Failure, Kind, Question};
use mailtext::Domain;
use spf::AddressSet;
use spf::space::Count;

use crate::limits::{SURVEY_LIST_COUNT_MAX, SURVEY_UNANSWERED_COUNT_MAX};
use crate::survey::facts::{
    All, Applied, Dkim, Dmarc, Examined, Found, Mail, MailClass, NameServers, OwnPolicy, Presence, Proof, Reply,
    Search, Selectors, Spf, SpfProblem, SpfResult, Unanswered, Wildcard,
};

/// The value of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field<'a> {
    /// There is nothing to be said.
    Nothing,
    /// A word or a name.
    Text(Cow<'a, str>),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Several words or names.
    List(Vec<Cow<'a, str>>),
}

/// Fields in order, each with its name.
pub type Fields<'a> = Vec<(&'static str, Field<'a>)>;

impl Examined {
    /// Everything but the name: always the same fields in the same order.
    #[must_use]
    pub fn to_fields(&self) -> Fields<'_> {
        let mut fields = Vec::with_capacity(FIELD_COUNT);
        fields.extend(of_mail(&self.mail));
        fields.extend(of_spf(&self.spf));
        put_dmarc(&self.dmarc, &mut fields);
        put_dkim(&self.dkim, &mut fields);
        let presences = [
            (["adsp.result", "adsp.reply"], self.adsp),
            (["bimi.result", "bimi.reply"], self.bimi),
            (["mta_sts.result", "mta_sts.reply"], self.mta_sts),
            (["tls_rpt.result", "tls_rpt.reply"], self.tls_rpt),
        ];
        for ([result, reply], presence) in presences {
            fields.extend([(result, word(presence.found.as_str())), (reply, word(presence.reply.as_str()))]);
        }
        fields.extend([
            ("dnssec", word(self.dnssec.as_str())),
            ("wildcard.name", word(self.wildcard.name.as_str())),
            ("wildcard.policy", word(self.wildcard.policy.as_str())),
            ("ns.reply", word(self.name_servers.reply.as_str())),
            ("ns.operator", text(self.name_servers.operator.as_deref())),
            ("errors", Field::List(self.unanswered.iter().map(|one| Cow::Owned(one.to_string())).collect())),
            ("errors_count", Field::Number(self.unanswered_count)),
        ]);
        fields
    }

    /// Reads what [`Examined::to_fields`] gave; a field that is missing, or that cannot be read, is as if it was not asked for.
    #[must_use]
    pub fn of_fields<'a>(name: Domain, get: &dyn Fn(&str) -> Option<Field<'a>>) -> Self {
        let reader = Reader { get };
        let presence = |result: &str, reply: &str| Presence {
            found: reader.word(result, Found::parse).unwrap_or_default(),
            reply: reader.reply(reply),
        };
        let unanswered = reader.list("errors").into_iter().take(SURVEY_UNANSWERED_COUNT_MAX);
        Self {
            name,
            mail: reader.mail(),
            spf: reader.spf(),
            dmarc: reader.dmarc(),
            dkim: reader.dkim(),
            adsp: presence("adsp.result", "adsp.reply"),
            bimi: presence("bimi.result", "bimi.reply"),
            mta_sts: presence("mta_sts.result", "mta_sts.reply"),
            tls_rpt: presence("tls_rpt.result", "tls_rpt.reply"),
            dnssec: reader.word("dnssec", Proof::parse).unwrap_or_default(),
            wildcard: Wildcard { name: reader.reply("wildcard.name"), policy: reader.reply("wildcard.policy") },
            name_servers: NameServers { reply: reader.reply("ns.reply"), operator: reader.text("ns.operator") },
            unanswered: unanswered.filter_map(|text| Unanswered::parse(&text)).collect(),
            unanswered_count: reader.number("errors_count"),
        }
    }
}

impl Unanswered {
    /// Reads what it prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (name, kind, failure) = (words.next()?, words.next()?, words.next()?);
        let question = Question::new(Domain::query(name).ok()?, Kind::parse(kind)?);
        Some(Self { question, failure: Failure::parse(failure)? })
    }
}

impl std::fmt::Display for Unanswered {
    /// `_dmarc.example.jp TXT timeout`
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.question, self.failure)
    }
}

fn word(word: &str) -> Field<'_> {
    Field::Text(Cow::Borrowed(word))
}

fn text(text: Option<&str>) -> Field<'_> {
    text.map_or(Field::Nothing, word)
}

fn list<'a, T: AsRef<str> + 'a>(items: &'a [T]) -> Field<'a> {
    Field::List(items.iter().map(|item| Cow::Borrowed(item.as_ref())).collect())
}

fn number(number: u32) -> Field<'static> {
    Field::Number(number.into())
}

fn of_mail(mail: &Mail) -> [(&'static str, Field<'_>); 4] {
    [
        ("mail", word(mail.class.as_str())),
        ("mail_reply", word(mail.reply.as_str())),
        ("mail_operator", text(mail.operator.as_deref())),
        ("parked", text(mail.parked.as_deref())),
    ]
}

fn of_spf(spf: &Spf) -> [(&'static str, Field<'_>); 11] {
    [
        ("spf.result", word(spf.result.as_str())),
        ("spf.reply", word(spf.reply.as_str())),
        ("spf.problem", text(spf.problem.map(SpfProblem::as_str))),
        ("spf.all", text(spf.all.map(All::as_str))),
        ("spf.lookups", number(spf.lookups)),
        ("spf.void_lookups", number(spf.void_lookups)),
        ("spf.authorised_ipv4", Field::Number(spf.ipv4)),
        // More than most readers of numbers hold.
        ("spf.authorised_ipv6", Field::Text(Cow::Owned(spf.ipv6.to_string()))),
        ("spf.authorised_more", Field::Flag(spf.has_more)),
        ("spf.includes", list(&spf.includes)),
        ("spf.providers", list(&spf.providers)),
    ]
}

fn put_dmarc<'a>(dmarc: &'a Dmarc, fields: &mut Fields<'a>) {
    let own = &dmarc.own;
    let policy = |policy: Option<Policy>| text(policy.map(Policy::as_str));
    fields.extend([
        ("dmarc.result", word(own.found.as_str())),
        ("dmarc.reply", word(dmarc.reply.as_str())),
        ("dmarc.policy", policy(dmarc.walk.policy)),
        ("dmarc.effective", text(dmarc.walk.place.map(place_word))),
        ("dmarc.rua", Field::Flag(own.rua > 0)),
        ("dmarc.p", policy(own.p)),
        ("dmarc.sp", policy(own.sp)),
        ("dmarc.np", policy(own.np)),
        ("dmarc.testing", Field::Flag(own.is_testing)),
        ("dmarc.psd", Field::Flag(own.is_psd)),
        ("dmarc.rua_count", number(own.rua)),
        ("dmarc.ruf_count", number(own.ruf)),
        ("dmarc.flaws", list(&own.flaws)),
    ]);
    for (names, applied) in [(WALK, &dmarc.walk), (PSL, &dmarc.psl)] {
        let values = [
            word(applied.search.as_str()),
            text(applied.place.map(place_word)),
            text(applied.domain.as_ref().map(Domain::as_str)),
            text(applied.organizational.as_ref().map(Domain::as_str)),
            policy(applied.policy),
            policy(applied.below),
            policy(applied.nonexistent),
        ];
        fields.extend(names.into_iter().zip(values));
    }
}

fn put_dkim<'a>(dkim: &'a Dkim, fields: &mut Fields<'a>) {
    fields.extend([("dkim.folder", word(dkim.folder.as_str())), ("dkim.nonsense", word(dkim.nonsense.as_str()))]);
    for ([asked, found, unanswered], selectors) in [(LISTED, &dkim.listed), (LEARNT, &dkim.learnt)] {
        fields.extend([
            (asked, number(selectors.asked)),
            (found, list(&selectors.found)),
            (unanswered, number(selectors.unanswered)),
        ]);
    }
}

/// Whose record applies, in the words of the results.
#[must_use]
pub fn place_word(place: Place) -> &'static str {
    match place {
        Place::Author => "own",
        Place::Organizational => "organizational",
        Place::PublicSuffix => "psd",
    }
}

fn place_of(word: &str) -> Option<Place> {
    [Place::Author, Place::Organizational, Place::PublicSuffix].into_iter().find(|place| place_word(*place) == word)
}

struct Reader<'g, 'a> {
    get: &'g dyn Fn(&str) -> Option<Field<'a>>,
}

impl<'a> Reader<'_, 'a> {
    fn text(&self, name: &str) -> Option<Box<str>> {
        self.seen(name).map(Box::from)
    }

    fn seen(&self, name: &str) -> Option<Cow<'a, str>> {
        match (self.get)(name) {
            Some(Field::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        parse(&self.seen(name)?)
    }

    fn reply(&self, name: &str) -> Reply {
        self.word(name, Reply::parse).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        match (self.get)(name) {
            Some(Field::Number(number)) => number,
            _ => 0,
        }
    }

    fn small(&self, name: &str) -> u32 {
        u32::try_from(self.number(name)).unwrap_or(u32::MAX)
    }

    fn flag(&self, name: &str) -> bool {
        matches!((self.get)(name), Some(Field::Flag(true)))
    }

    fn list(&self, name: &str) -> Vec<Box<str>> {
        match (self.get)(name) {
            Some(Field::List(list)) => list.into_iter().take(SURVEY_LIST_COUNT_MAX).map(Box::from).collect(),
            _ => Vec::new(),
        }
    }

    fn domain(&self, name: &str) -> Option<Domain> {
        self.word(name, |text| Domain::query(text).ok())
    }

    fn policy(&self, name: &str) -> Option<Policy> {
        self.word(name, |text| Policy::parse(text.as_bytes()))
    }

    fn mail(&self) -> Mail {
        Mail {
            reply: self.reply("mail_reply"),
            class: self.word("mail", MailClass::parse).unwrap_or_default(),
            parked: self.text("parked"),
            operator: self.text("mail_operator"),
        }
    }

    fn spf(&self) -> Spf {
        Spf {
            reply: self.reply("spf.reply"),
            result: self.word("spf.result", SpfResult::parse).unwrap_or_default(),
            problem: self.word("spf.problem", SpfProblem::parse),
            all: self.word("spf.all", All::parse),
            lookups: self.small("spf.lookups"),
            void_lookups: self.small("spf.void_lookups"),
            ipv4: self.number("spf.authorised_ipv4"),
            ipv6: self.word("spf.authorised_ipv6", |text| Some(count_of(text))).unwrap_or_default(),
            has_more: self.flag("spf.authorised_more"),
            includes: self.list("spf.includes").iter().filter_map(|name| Domain::query(name).ok()).collect(),
            providers: self.list("spf.providers"),
        }
    }

    fn dmarc(&self) -> Dmarc {
        let own = OwnPolicy {
            found: self.word("dmarc.result", Found::parse).unwrap_or_default(),
            p: self.policy("dmarc.p"),
            sp: self.policy("dmarc.sp"),
            np: self.policy("dmarc.np"),
            is_testing: self.flag("dmarc.testing"),
            is_psd: self.flag("dmarc.psd"),
            rua: self.small("dmarc.rua_count"),
            ruf: self.small("dmarc.ruf_count"),
            flaws: self.list("dmarc.flaws"),
        };
        Dmarc { reply: self.reply("dmarc.reply"), own, walk: self.applied(WALK), psl: self.applied(PSL) }
    }

    fn applied(&self, [search, place, domain, organizational, policy, below, nonexistent]: [&str; 7]) -> Applied {
        Applied {
            search: self.word(search, Search::parse).unwrap_or_default(),
            place: self.word(place, place_of),
            domain: self.domain(domain),
            organizational: self.domain(organizational),
            policy: self.policy(policy),
            below: self.policy(below),
            nonexistent: self.policy(nonexistent),
        }
    }

    fn dkim(&self) -> Dkim {
        let selectors = |[asked, found, unanswered]: [&str; 3]| Selectors {
            asked: self.small(asked),
            found: self.list(found),
            unanswered: self.small(unanswered),
        };
        Dkim {
            folder: self.reply("dkim.folder"),
            nonsense: self.reply("dkim.nonsense"),
            listed: selectors(LISTED),
            learnt: selectors(LEARNT),
        }
    }
}

/// A count from its digits; 2^128 is one more than a machine's number holds.
fn count_of(digits: &str) -> Count {
    digits.parse::<u128>().map_or_else(|_| AddressSet::everyone().count_ip6(), Count::from)
}

const FIELD_COUNT: usize = 65;
const WALK: [&str; 7] = [
    "dmarc.walk.search",
    "dmarc.walk.effective",
    "dmarc.walk.domain",
    "dmarc.walk.organizational",
    "dmarc.walk.policy",
    "dmarc.walk.below",
    "dmarc.walk.nonexistent",
];
const PSL: [&str; 7] = [
    "dmarc.psl.search",
    "dmarc.psl.effective",
    "dmarc.psl.domain",
    "dmarc.psl.organizational",
    "dmarc.psl.policy",
    "dmarc.psl.below",
    "dmarc.psl.nonexistent",
];
const LISTED: [&str; 3] = ["dkim.listed.asked", "dkim.listed.found", "dkim.listed.unanswered"];
const LEARNT: [&str; 3] = ["dkim.learnt.asked", "dkim.learnt.found", "dkim.learnt.unanswered"];
