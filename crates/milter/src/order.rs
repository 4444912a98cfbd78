//! Which command may follow which, as libmilter has it.

use crate::{Negotiated, Step};

/// How far the conversation has come: the last command that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Nothing was negotiated.
    Start,
    /// Negotiated; or, after "quit, new connection", as good as.
    Negotiated,
    Connected,
    /// HELO, or between two messages.
    Greeted,
    Mail,
    Recipient,
    Data,
    Header,
    EndOfHeaders,
    Body,
    EndOfMessage,
    /// Quit.
    Closed,
}

impl Phase {
    /// Whether a message is under way, so that an abort means something.
    pub(crate) fn is_in_message(self) -> bool {
        (Self::Mail..Self::EndOfMessage).contains(&self)
    }

    /// Where `step` leads. An unknown command leads nowhere.
    pub(crate) const fn after(step: Step) -> Option<Self> {
        Some(match step {
            Step::Connect => Self::Connected,
            Step::Helo => Self::Greeted,
            Step::Mail => Self::Mail,
            Step::Recipient => Self::Recipient,
            Step::Data => Self::Data,
            Step::Header => Self::Header,
            Step::EndOfHeaders => Self::EndOfHeaders,
            Step::Body => Self::Body,
            Step::EndOfMessage => Self::EndOfMessage,
            Step::Unknown => return None,
        })
    }

    /// Whether `to` may come next; steps that the MTA was told not to send are passed over.
    pub(crate) fn leads_to(self, to: Self, negotiated: &Negotiated) -> bool {
        let mut from = self;
        loop {
            if from.followers().contains(&to) {
                return true;
            }
            match from.next() {
                Some((next, step)) if step == Step::Header || negotiated.is_not_sent(step) => from = next,
                _ => return false,
            }
        }
    }

    /// overview, "Control Flow"; the table is that of libmilter.
    const fn followers(self) -> &'static [Self] {
        match self {
            Self::Start | Self::Closed => &[],
            Self::Negotiated => &[Self::Connected],
            Self::Connected | Self::Greeted | Self::EndOfMessage => &[Self::Greeted, Self::Mail],
            Self::Mail => &[Self::Recipient],
            Self::Recipient => {
                &[Self::Recipient, Self::Data, Self::Header, Self::EndOfHeaders, Self::Body, Self::EndOfMessage]
            }
            Self::Data | Self::Header => &[Self::Header, Self::EndOfHeaders],
            Self::EndOfHeaders | Self::Body => &[Self::Body, Self::EndOfMessage],
        }
    }

    /// The phase after this one if nothing is left out, with its step. A message may have no headers, so that step
    /// can always be passed over.
    const fn next(self) -> Option<(Self, Step)> {
        Some(match self {
            Self::Negotiated => (Self::Connected, Step::Connect),
            Self::Connected => (Self::Greeted, Step::Helo),
            Self::Greeted => (Self::Mail, Step::Mail),
            Self::Mail => (Self::Recipient, Step::Recipient),
            Self::Recipient => (Self::Data, Step::Data),
            Self::Data => (Self::Header, Step::Header),
            Self::Header => (Self::EndOfHeaders, Step::EndOfHeaders),
            Self::EndOfHeaders => (Self::Body, Step::Body),
            Self::Start | Self::Body | Self::EndOfMessage | Self::Closed => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actions, Protocol};

    fn agreed(protocol: Protocol) -> Negotiated {
        Negotiated { version: 6, actions: Actions::NONE, protocol }
    }

    #[test]
    fn a_message_with_everything() {
        let all = agreed(Protocol::NONE);
        let mut phase = Phase::Negotiated;
        for step in Step::ALL.into_iter().filter(|step| *step != Step::Unknown) {
            let to = Phase::after(step).unwrap();
            assert!(phase.leads_to(to, &all), "{phase:?} → {to:?}");
            phase = to;
        }
        assert!(phase.leads_to(Phase::Mail, &all));
    }

    #[test]
    fn steps_that_are_not_sent_are_passed_over() {
        let bare = Protocol::NO_DATA | Protocol::NO_HEADERS | Protocol::NO_END_OF_HEADERS | Protocol::NO_BODY;
        assert!(Phase::Recipient.leads_to(Phase::EndOfMessage, &agreed(bare)));
        assert!(Phase::Data.leads_to(Phase::EndOfMessage, &agreed(bare)));
        assert!(!Phase::Data.leads_to(Phase::EndOfMessage, &agreed(Protocol::NONE)));
        assert!(!Phase::Mail.leads_to(Phase::Data, &agreed(Protocol::NONE)));
        assert!(Phase::Mail.leads_to(Phase::Data, &agreed(Protocol::NO_RECIPIENT)));
        assert!(!Phase::Negotiated.leads_to(Phase::Mail, &agreed(Protocol::NONE)));
        assert!(Phase::Negotiated.leads_to(Phase::Mail, &agreed(Protocol::NO_CONNECT)));
        assert!(!Phase::Greeted.leads_to(Phase::Connected, &agreed(Protocol::KNOWN)));
    }
}
