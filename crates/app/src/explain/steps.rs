//! Which step of each method is a question with its answer.

use auth::client::{dns_lists, iprev, null_mx, smtp_auth};
use dkim::{adsp, arc, atps, domainkeys, reporting};
use lookup::{Answer, Question};
use mailtext::Explain;

/// A step of evidence.
pub(super) trait Step: Explain {
    /// The question and its answer, when it is one.
    fn asked(&self) -> Option<(&Question, &Answer)>;
}

macro_rules! steps {
    ($($step:ty: $($asked:ident)|+;)*) => {$(
        impl Step for $step {
            fn asked(&self) -> Option<(&Question, &Answer)> {
                #[allow(unreachable_patterns, reason = "null_mx does nothing but ask")]
                match self {
                    $(Self::$asked { question, answer } => Some((question, answer)),)+
                    _ => None,
                }
            }
        }
    )*};
}

steps! {
    dkim::Step: Asked;
    dmarc::Step: Asked;
    bimi::Step: Asked;
    arc::Step: Asked;
    domainkeys::Step: Asked | PolicyAsked;
    atps::Step: Asked;
    reporting::Step: Asked;
    iprev::Step: Asked;
    null_mx::Step: Asked;
    dns_lists::Step: Asked;
}

impl Step for adsp::Step {
    fn asked(&self) -> Option<(&Question, &Answer)> {
        match self {
            Self::Asked { question, answer } | Self::Report(reporting::Step::Asked { question, answer }) => {
                Some((question, answer))
            }
            _ => None,
        }
    }
}

impl Step for smtp_auth::Step {
    fn asked(&self) -> Option<(&Question, &Answer)> {
        None
    }
}
