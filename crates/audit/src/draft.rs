//! A record that is not published yet, judged as if it were.

use lookup::{Answer, Data, Question};
use mailtext::Domain;

use crate::limits::DRAFT_BYTES_MAX;

/// A TXT record that shall take the place of what stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    question: Question,
    kind: DraftKind,
    text: Box<[u8]>,
}

/// Which record it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DraftKind {
    /// SPF, at the domain.
    Spf,
    /// DMARC, at `_dmarc`.
    Dmarc,
    /// A DKIM key, at its selector.
    Dkim(Box<str>),
    /// BIMI, at a selector; `default` is the usual one.
    Bimi(Box<str>),
    /// MTA-STS, at `_mta-sts`.
    MtaSts,
    /// TLS reporting, at `_smtp._tls`.
    TlsRpt,
    /// ADSP, at `_adsp._domainkey`.
    Adsp,
}

/// Why a draft cannot be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DraftError {
    /// No kind of record has this name; they are those of [`DraftKind::NAMES`].
    Kind,
    /// The name would be too long, or the selector is none.
    Name,
    /// Longer than [`DRAFT_BYTES_MAX`].
    TooLong,
}

impl DraftKind {
    /// The names of the kinds; `dkim` and `bimi` take a selector behind a colon.
    pub const NAMES: [&str; 7] = ["spf", "dmarc", "dkim", "bimi", "mtasts", "tlsrpt", "adsp"];

    /// Reads `spf`, `dkim:SELECTOR`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, selector) = match text.split_once(':') {
            Some((name, selector)) if !selector.is_empty() => (name, Some(selector)),
            Some(_) => return None,
            None => (text, None),
        };
        Some(match (name.to_ascii_lowercase().as_str(), selector) {
            ("spf", None) => Self::Spf,
            ("dmarc", None) => Self::Dmarc,
            ("dkim", Some(selector)) => Self::Dkim(selector.into()),
            ("bimi", selector) => Self::Bimi(selector.unwrap_or("default").into()),
            ("mtasts" | "mta-sts", None) => Self::MtaSts,
            ("tlsrpt" | "tls-rpt", None) => Self::TlsRpt,
            ("adsp", None) => Self::Adsp,
            _ => return None,
        })
    }

    /// Where such a record of `domain` stands.
    #[must_use]
    pub fn name(&self, domain: &Domain) -> Option<Domain> {
        match self {
            Self::Spf => Some(domain.clone()),
            Self::Dmarc => domain.prefixed("_dmarc").ok(),
            Self::Dkim(selector) => domain.prefixed(&format!("{selector}._domainkey")).ok(),
            Self::Bimi(selector) => domain.prefixed(&format!("{selector}._bimi")).ok(),
            Self::MtaSts => domain.prefixed("_mta-sts").ok(),
            Self::TlsRpt => domain.prefixed("_smtp._tls").ok(),
            Self::Adsp => domain.prefixed("_adsp._domainkey").ok(),
        }
    }
}

impl Draft {
    /// A draft of `domain`.
    ///
    /// # Errors
    /// Says why it cannot be judged.
    pub fn new(domain: &Domain, kind: DraftKind, text: &[u8]) -> Result<Self, DraftError> {
        if text.len() > DRAFT_BYTES_MAX {
            return Err(DraftError::TooLong);
        }
        let name = kind.name(domain).ok_or(DraftError::Name)?;
        Ok(Self { question: Question::txt(name), kind, text: text.into() })
    }

    /// Where it shall stand.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// The answer to `question` once the draft is published. Beside an SPF record other texts go on standing at the
    /// domain; everywhere else the name is the record's own.
    #[must_use]
    pub fn over(&self, question: &Question, published: Answer) -> Answer {
        if *question != self.question {
            return published;
        }
        let others = published.data().iter().filter(|data| match (&self.kind, data) {
            (DraftKind::Spf, Data::Txt(text)) => !spf::Record::claims(text.bytes()),
            _ => false,
        });
        let mut data: Vec<_> = others.cloned().collect();
        data.push(Data::txt(&self.text));
        Answer::of(data, TTL_S)
    }
}

/// The TTL that a draft is taken to have, seconds.
const TTL_S: u32 = 3_600;
