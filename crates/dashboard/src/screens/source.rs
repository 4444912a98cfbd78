//! A source as pages show it: which, what came from it, as what it is judged and why, what the owner says of it.

use std::collections::BTreeMap;

use feedback::archive::{Class, DomainLine, Sender, SourceLine, Standing};
use insight::group::{class_word, sighting};
use insight::marks::{sender_text, standing_word};
use insight::{Classifier, Group, Hosts, Reason, Tally};
use mailtext::{Domain, Explain, Rule, Value as Argument};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{Query, View, day_text};
use crate::data::grouped;
use crate::parts::{class, safe};
use crate::screen::{Kind, Parameter};

/// A source of a domain.
pub(crate) struct Source {
    pub(crate) domain: String,
    /// Which: `service:`, `hosts:` or `network:` with the name.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether something can be said of it: it is known by a name, and its domain is one.
    pub(crate) is_markable: bool,
    pub(crate) class: Class,
    pub(crate) tally: Tally,
    pub(crate) dkim_count: u64,
    pub(crate) spf_count: u64,
    pub(crate) pass_count: u64,
    pub(crate) first_day: u32,
    pub(crate) last_day: u32,
    pub(crate) address_count: usize,
    pub(crate) selectors: Vec<String>,
    pub(crate) countries: Vec<String>,
    pub(crate) networks: Vec<String>,
    pub(crate) standing: Option<Standing>,
    pub(crate) note: String,
    pub(crate) reasons: Vec<Told>,
}

/// Something that explains itself, kept until it is known in which language.
#[derive(Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) id: &'static str,
    arguments: Vec<(&'static str, Argument)>,
    rule: Option<Rule>,
}

impl Told {
    pub(crate) fn of(what: &dyn Explain) -> Self {
        Self { id: what.id(), arguments: what.arguments(), rule: what.rule() }
    }

    pub(crate) fn text(&self, view: &View<'_>) -> String {
        view.say(self.id, &self.arguments)
    }

    /// The sentence, with the section of the standard behind it.
    pub(crate) fn markup(&self, view: &View<'_>) -> Markup {
        html! { (self.text(view)) @if let Some(rule) = self.rule { " " small { (rule) } } }
    }

    pub(crate) fn json(&self, view: &View<'_>) -> Value {
        json!({ "id": self.id, "text": self.text(view) })
    }
}

impl Source {
    /// Of a group of the domain's lines.
    pub(crate) fn of(domain: &DomainLine, group: &Group<'_>, lines: &[SourceLine], classifier: &Classifier) -> Self {
        let mark = classifier.marks.of(&domain.domain).find(|mark| mark.sender == group.sender);
        let is_named = !sender_text(&group.sender).is_empty();
        let (countries, networks) = places(group, &classifier.hosts);
        Self {
            domain: domain.domain.to_string(),
            id: id_of(&group.sender),
            name: if group.name().is_empty() { "–".to_owned() } else { group.name().to_owned() },
            is_markable: is_named && Domain::parse(&domain.domain).is_ok(),
            class: group.class(),
            tally: group.tally,
            dkim_count: group.dkim_count,
            spf_count: group.spf_count,
            pass_count: group.pass_count,
            first_day: group.first_day,
            last_day: group.last_day,
            address_count: group.address_count,
            selectors: group.selectors.iter().map(|selector| (*selector).to_owned()).collect(),
            countries,
            networks,
            standing: group.standing,
            note: mark.map(|mark| mark.note.to_string()).unwrap_or_default(),
            reasons: reasons(domain, group, lines, classifier),
        }
    }

    /// Whether a word, in lower case, stands in what is known of it.
    pub(crate) fn has(&self, word: &str) -> bool {
        let texts = [&self.domain, &self.id, &self.name, &self.note].into_iter();
        let texts = texts.chain(&self.selectors).chain(&self.countries).chain(&self.networks);
        texts.into_iter().any(|text| text.to_lowercase().contains(word))
    }

    /// Where it is looked at.
    pub(crate) fn address(&self, view: &View<'_>) -> String {
        to_source(view, &self.domain, &self.id)
    }

    /// Its places, in a line.
    pub(crate) fn place(&self) -> String {
        let shown = |all: &[String], count: usize| {
            let more = all.len().saturating_sub(count);
            let some = all.iter().take(count).map(String::as_str).collect::<Vec<_>>().join(", ");
            if more > 0 { format!("{some} +{more}") } else { some }
        };
        let texts = [shown(&self.countries, 3), shown(&self.networks, 1)];
        texts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
    }

    /// Its class; where it has mail of several, with the counts of each.
    pub(crate) fn classes(&self, view: &View<'_>) -> Markup {
        let several = Tally::CLASSES.into_iter().filter(|class| self.tally.of(*class) > 0).count() > 1;
        html! {
            @if several {
                ul .plain { @for of in Tally::CLASSES { @if self.tally.of(of) > 0 {
                    li { (class(of, view)) " " (grouped(self.tally.of(of))) }
                } } }
            } @else { (class(self.class, view)) }
        }
    }

    /// What the owner says of it.
    pub(crate) fn said(&self, view: &View<'_>) -> Markup {
        html! {
            @if let Some(standing) = self.standing { (view.word(standing_label(standing))) } @else { "–" }
            @if !self.note.is_empty() { br; small { (safe(&self.note)) } }
        }
    }

    pub(crate) fn json(&self, view: &View<'_>) -> Value {
        let classes =
            Tally::CLASSES.into_iter().map(|class| (class_word(class).to_owned(), self.tally.of(class).into()));
        json!({
            "domain": self.domain,
            "id": self.id,
            "source": self.name,
            "class": class_word(self.class),
            "reasons": self.reasons.iter().map(|reason| reason.json(view)).collect::<Vec<_>>(),
            "messages": self.tally.total(),
            "classes": Value::Object(classes.collect()),
            "dkim_aligned": self.dkim_count,
            "spf_aligned": self.spf_count,
            "pass": self.pass_count,
            "first": day_text(self.first_day),
            "last": day_text(self.last_day),
            "address_count": self.address_count,
            "selectors": self.selectors,
            "countries": self.countries,
            "autonomous_systems": self.networks,
            "standing": self.standing.map(standing_word),
            "note": self.note,
        })
    }
}

/// Why most of a source's messages are judged as they are: the reasons of its largest line of that class, those that
/// weigh most for it first.
fn reasons(domain: &DomainLine, group: &Group<'_>, lines: &[SourceLine], classifier: &Classifier) -> Vec<Told> {
    let own = group.lines.iter().filter_map(|place| lines.get(*place));
    let Some(line) = own.filter(|line| line.class == group.class()).max_by_key(|line| line.count) else {
        return Vec::new();
    };
    let seen = sighting(line, &domain.policy);
    let mut reasons = classifier.judge(&seen).reasons;
    let weight = |reason: &Reason<'_>| match group.class() {
        Class::Misconfigured => reason.weight.own,
        Class::Forwarded => reason.weight.forwarded,
        Class::Suspected => reason.weight.forged,
        Class::Legitimate | Class::Undecidable => 0,
    };
    reasons.sort_by_key(|reason| std::cmp::Reverse(weight(reason)));
    reasons.iter().map(|reason| Told::of(reason)).collect()
}

/// The countries and networks of a source's addresses, each once, those of the busiest addresses first.
fn places(group: &Group<'_>, hosts: &Hosts) -> (Vec<String>, Vec<String>) {
    let (mut countries, mut networks) = (Vec::new(), Vec::new());
    let add = |to: &mut Vec<String>, text: String| {
        if !text.is_empty() && to.len() < PLACE_COUNT_MAX && !to.contains(&text) {
            to.push(text);
        }
    };
    for host in group.addresses.iter().filter_map(|address| hosts.get(address.address?)) {
        add(&mut countries, host.country.as_deref().unwrap_or_default().to_owned());
        add(&mut networks, network_text(host));
    }
    (countries, networks)
}

/// An autonomous system: its number and its name, as far as they are known.
pub(crate) fn network_text(host: &feedback::archive::Host) -> String {
    let number = host.asn.map(|asn| format!("AS{asn}")).unwrap_or_default();
    format!("{number} {}", host.as_name.as_deref().unwrap_or_default()).trim().to_owned()
}

/// A source, as addresses and forms name it.
pub(crate) fn id_of(sender: &Sender) -> String {
    let kind = match sender {
        Sender::Service(_) => "service",
        Sender::Hosts(_) => "hosts",
        Sender::Network(_) => "network",
    };
    format!("{kind}:{}", sender_text(sender))
}

/// Reads [`id_of`]. What it names need not be there.
pub(crate) fn parse_id(text: &str) -> Option<Sender> {
    let (kind, name) = text.split_once(':')?;
    match kind {
        "service" => Some(Sender::Service(name.into())),
        "hosts" => Some(Sender::Hosts(name.into())),
        "network" => Some(Sender::Network(name.into())),
        _ => None,
    }
}

/// Where a source is looked at, in the same days.
pub(crate) fn to_source(view: &View<'_>, domain: &str, id: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/senders/{name}{}", of_days(view, &[("domain", domain)]).to_text())
}

/// These parameters, with the days of the visit.
pub(crate) fn of_days(view: &View<'_>, pairs: &[(&str, &str)]) -> Query {
    let days = ["from", "to", "days"].map(|name| (name, view.query.get(name)));
    let days = days.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Query::of(&pairs.iter().copied().chain(days).collect::<Vec<_>>())
}

/// What a standing is called.
pub(crate) fn standing_label(standing: Standing) -> &'static str {
    match standing {
        Standing::Approved => "page-reports-label-standing-approved",
        Standing::Forwarder => "page-reports-label-standing-forwarder",
        Standing::Denied => "page-reports-label-standing-denied",
    }
}

/// A class by its word.
pub(crate) fn parse_class(text: &str) -> Option<Class> {
    Tally::CLASSES.into_iter().find(|class| class_word(*class) == text)
}

/// The choice among classes, for forms.
pub(crate) fn class_choice(view: &View<'_>) -> Markup {
    let options = Tally::CLASSES.map(|class| (class_word(class), view.word(insight::group::class_label(class))));
    crate::parts::choice(view, "class", &view.word("page-reports-label-class"), &options)
}

/// What is looked for: all these words, in lower case.
pub(crate) fn wanted_words(view: &View<'_>) -> Vec<String> {
    let words = view.query.get("q").unwrap_or_default().split_whitespace();
    words.take(WORD_COUNT_MAX).map(str::to_lowercase).collect()
}

/// The texts of a source's lines in which words are looked for, too: each once.
pub(crate) fn line_texts(group: &Group<'_>, lines: &[SourceLine]) -> Vec<String> {
    let mut texts = BTreeMap::new();
    let mut add = |text: &str| {
        if !text.is_empty() {
            texts.entry(text.to_lowercase()).or_insert(());
        }
    };
    for line in group.lines.iter().filter_map(|place| lines.get(*place)) {
        let it = &line.circumstances;
        add(&it.header_from);
        add(it.envelope_from.as_deref().unwrap_or_default());
        it.dkim.iter().for_each(|result| add(&result.domain));
        it.spf.iter().for_each(|result| add(&result.domain));
        add(&line.source.map(|source| source.to_string()).unwrap_or_default());
    }
    group.addresses.iter().filter_map(|address| address.name).for_each(add);
    texts.into_keys().collect()
}

/// Most countries and networks that are told of a source.
const PLACE_COUNT_MAX: usize = 16;
/// Most words that are looked for.
const WORD_COUNT_MAX: usize = 8;
/// A class of mail.
pub(crate) const CLASS: Parameter = Parameter {
    name: "class",
    kind: Kind::Word(&["legitimate", "forwarded", "misconfigured", "suspected", "undecidable"]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        for sender in [
            Sender::Service("google".into()),
            Sender::Hosts("example.com".into()),
            Sender::Network("2001:db8::/48".into()),
            Sender::Network("".into()),
        ] {
            assert_eq!(parse_id(&id_of(&sender)), Some(sender));
        }
        for wrong in ["", "1", "google", "other:x"] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
    }
}
