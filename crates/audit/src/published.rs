//! A question with its answer, as families keep them.

use lookup::{Answer, Data, Kind, Lookup, Question};
use mailtext::{Domain, Span};

use crate::finding::Place;

/// What stands at a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub answer: Answer,
}

impl Published {
    /// Asks for a kind of record at a name.
    pub async fn ask<L: Lookup + Sync>(lookup: &L, name: Domain, kind: Kind) -> Self {
        let question = Question::new(name, kind);
        let answer = lookup.ask_ref(&question).await;
        Self { question, answer }
    }

    /// Asks for TXT at `labels` before `domain`; `None` when that would be too long for DNS.
    pub async fn ask_below<L: Lookup + Sync>(lookup: &L, domain: &Domain, labels: &str) -> Option<Self> {
        Some(Self::ask(lookup, domain.prefixed(labels).ok()?, Kind::Txt).await)
    }

    /// The same where `above`, a name that it is below, was asked about before: below a name that does not exist there is nothing,
    /// and nobody is asked for it (RFC 8020 §2).
    pub async fn ask_below_known<L: Lookup + Sync>(
        lookup: &L,
        domain: &Domain,
        labels: &str,
        above: Option<&Self>,
    ) -> Option<Self> {
        match above.map(|above| &above.answer) {
            Some(nothing @ Answer::NxDomain(_)) => {
                Some(Self { question: Question::txt(domain.prefixed(labels).ok()?), answer: nothing.clone() })
            }
            _ => Self::ask_below(lookup, domain, labels).await,
        }
    }

    /// The texts of its TXT records (or of SPF's own type).
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.answer.data().iter().filter_map(|data| match data {
            Data::Txt(text) | Data::Spf(text) => Some(text.bytes()),
            _ => None,
        })
    }

    /// The texts that are SPF records.
    pub fn spf_texts(&self) -> impl Iterator<Item = &[u8]> {
        self.texts().filter(|text| spf::Record::claims(text))
    }

    /// Whether MX records say that there is no mail host (RFC 7505): a Null MX, alone.
    #[must_use]
    pub fn is_null_mx(&self) -> bool {
        matches!(self.answer.data(), [Data::Mx(only)] if only.exchange.is_none())
    }

    /// The place, whatever stands there.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(&self.question)
    }

    /// The place of one of its texts.
    #[must_use]
    pub fn record(&self, text: &[u8]) -> Place {
        Place::record(&self.question, text)
    }

    /// The place of a part of one of its texts.
    #[must_use]
    pub fn part(&self, text: &[u8], span: Span) -> Place {
        Place::part(&self.question, text, span)
    }
}
