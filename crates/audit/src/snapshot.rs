//! Everything that a domain publishes, at one moment.

use std::collections::BTreeMap;

use futures_util::future::{join, join4};
use lookup::{Answer, Question};
use mailtext::Domain;

use crate::families::{brand, dmarc_record, keys, legacy, mail_hosts, publication, sender_policy, transport};
use crate::journal::Journal;
use crate::subject::{Subject, Usage};
use crate::world::World;

/// What a domain publishes. Each family of rules has its own part, and reads the others'.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Whom it is about.
    pub subject: Subject,
    /// The zone, its servers, and what is common to all records.
    pub publication: publication::Seen,
    /// SPF.
    pub spf: sender_policy::Seen,
    /// DKIM keys.
    pub keys: keys::Seen,
    /// DMARC.
    pub dmarc: dmarc_record::Seen,
    /// BIMI.
    pub brand: brand::Seen,
    /// Mail hosts, Null MX, reverse names.
    pub hosts: mail_hosts::Seen,
    /// What is historic.
    pub legacy: legacy::Seen,
    /// MTA-STS and TLS reporting.
    pub transport: transport::Seen,
    /// Every question with its answer.
    pub answers: BTreeMap<Question, Answer>,
}

/// A question without an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// The name that was asked for.
    pub name: Domain,
    /// The kind of record: `TXT`.
    pub kind: &'static str,
    /// Why there is no answer, in a word.
    pub failure: &'static str,
}

impl Snapshot {
    /// Asks for everything, all at once as far as one question does not need another's answer.
    pub async fn take<W: World>(world: &W, subject: Subject) -> Self {
        let journal = Journal::new(world, &subject.drafts);
        // Each family stays where it is first put: together they are half a megabyte, which would be copied several times.
        let texts = join4(
            Box::pin(publication::look(&journal, &subject)),
            Box::pin(sender_policy::look(&journal, &subject)),
            Box::pin(keys::look(&journal, &subject)),
            Box::pin(dmarc_record::look(&journal, &subject)),
        );
        let others = join4(
            Box::pin(brand::look(&journal, &subject)),
            Box::pin(mail_hosts::look(&journal, &subject)),
            Box::pin(legacy::look(&journal, &subject)),
            Box::pin(transport::look(&journal, &subject)),
        );
        let ((publication, spf, keys, dmarc), (brand, hosts, legacy, transport)) = join(texts, others).await;
        let answers = journal.into_answers();
        Self { subject, publication, spf, keys, dmarc, brand, hosts, legacy, transport, answers }
    }
}

impl Snapshot {
    /// The questions to which nobody had an answer.
    #[must_use]
    pub fn unanswered(&self) -> Vec<Unanswered> {
        let failed = |(question, answer): (&Question, &Answer)| match answer {
            Answer::Failed(failure) => {
                Some(Unanswered { name: question.name.clone(), kind: question.kind.as_str(), failure: failure.word() })
            }
            _ => None,
        };
        self.answers.iter().filter_map(failed).collect()
    }

    /// Whether nobody answered anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.answers.values().all(|answer| matches!(answer, Answer::Failed(_)))
    }

    /// Whether DNS says that there is no such name. An alias that leads nowhere is there all the same.
    #[must_use]
    pub fn does_not_exist(&self) -> bool {
        // RFC 8020 §2: then there is nothing below it, either.
        let text = self.answers.get(&Question::txt(self.subject.domain.clone()));
        matches!(text, Some(Answer::NxDomain(_))) && self.publication.alias.answer.data().is_empty()
    }

    /// Whether there is an SPF record, whatever it says.
    #[must_use]
    pub fn has_spf(&self) -> bool {
        self.spf.texts.spf_texts().next().is_some()
    }

    /// Whether a usable DKIM key was found at any of the selectors that were asked for.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.keys.usable().next().is_some()
    }

    /// Whether the domain sends no mail: by the caller's word, or by its own – a Null MX, or SPF that lets nobody send.
    #[must_use]
    pub fn sends_no_mail(&self) -> bool {
        match self.subject.usage {
            Usage::Parked => true,
            Usage::Mail => false,
            Usage::Unsaid => {
                let denies = |text: &[u8]| text.eq_ignore_ascii_case(b"v=spf1 -all");
                self.hosts.is_null() || self.spf.texts.texts().any(denies)
            }
        }
    }
}
