//! What the two sides agree on before the first connection: version, steps, actions, sizes, macros.

use crate::{ProtocolError, Stage, codec::code, limits};

/// The newest version of the protocol that this crate speaks.
pub const VERSION_MAX: u32 = 6;

/// The oldest version of the protocol that this crate speaks.
pub const VERSION_MIN: u32 = 2;

macro_rules! option_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
        pub struct $name(u32);

        impl $name {
            /// No bit at all.
            pub const NONE: Self = Self(0);
            $($(#[$bit_doc])* pub const $bit: Self = Self($value);)*
            /// Every bit that has a name.
            pub const KNOWN: Self = Self(0 $(| $value)*);

            /// The bits as they are on the wire.
            #[must_use]
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// A set with these bits, unknown ones included.
            #[must_use]
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// Whether all bits of `other` are in this set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// The bits that are in both.
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

option_set! {
    /// What a filter may do to a message (`SMFIF_*`; smfi_register).
    Actions {
        /// Add and insert headers (`SMFIF_ADDHDRS`).
        ADD_HEADERS = 0x001;
        /// Replace the body (`SMFIF_CHGBODY`).
        CHANGE_BODY = 0x002;
        /// Add recipients (`SMFIF_ADDRCPT`).
        ADD_RECIPIENTS = 0x004;
        /// Delete recipients (`SMFIF_DELRCPT`).
        DELETE_RECIPIENTS = 0x008;
        /// Change and delete headers (`SMFIF_CHGHDRS`).
        CHANGE_HEADERS = 0x010;
        /// Put the message in quarantine (`SMFIF_QUARANTINE`).
        QUARANTINE = 0x020;
        /// Change the envelope sender (`SMFIF_CHGFROM`).
        CHANGE_SENDER = 0x040;
        /// Add recipients with ESMTP arguments (`SMFIF_ADDRCPT_PAR`).
        ADD_RECIPIENTS_WITH_ARGUMENTS = 0x080;
        /// Say which macros are wanted (`SMFIF_SETSYMLIST`). Set by the session itself.
        SET_SYMBOL_LIST = 0x100;
    }
}

option_set! {
    /// How the conversation runs (`SMFIP_*`; xxfi_negotiate).
    Protocol {
        /// The MTA shall not send the connection.
        NO_CONNECT = 0x01;
        /// The MTA shall not send HELO.
        NO_HELO = 0x02;
        /// The MTA shall not send MAIL.
        NO_MAIL = 0x04;
        /// The MTA shall not send RCPT.
        NO_RECIPIENT = 0x08;
        /// The MTA shall not send the body.
        NO_BODY = 0x10;
        /// The MTA shall not send headers.
        NO_HEADERS = 0x20;
        /// The MTA shall not send the end of the header.
        NO_END_OF_HEADERS = 0x40;
        /// Headers are not answered.
        NO_REPLY_HEADER = 0x80;
        /// The MTA shall not send unknown commands.
        NO_UNKNOWN = 0x100;
        /// The MTA shall not send DATA.
        NO_DATA = 0x200;
        /// "Skip" is understood.
        SKIP = 0x400;
        /// Recipients that the MTA refused are sent, too (`SMFIP_RCPT_REJ`).
        REJECTED_RECIPIENTS = 0x800;
        /// The connection is not answered.
        NO_REPLY_CONNECT = 0x1000;
        /// HELO is not answered.
        NO_REPLY_HELO = 0x2000;
        /// MAIL is not answered.
        NO_REPLY_MAIL = 0x4000;
        /// RCPT is not answered.
        NO_REPLY_RECIPIENT = 0x8000;
        /// DATA is not answered.
        NO_REPLY_DATA = 0x1_0000;
        /// Unknown commands are not answered.
        NO_REPLY_UNKNOWN = 0x2_0000;
        /// The end of the header is not answered.
        NO_REPLY_END_OF_HEADERS = 0x4_0000;
        /// Body chunks are not answered.
        NO_REPLY_BODY = 0x8_0000;
        /// Header values keep their leading space, both ways (`SMFIP_HDR_LEADSPC`).
        HEADER_LEADING_SPACE = 0x10_0000;
        /// Packets up to 256 KiB (`SMFIP_MDS_256K`).
        PACKET_256K = 0x1000_0000;
        /// Packets up to 1 MiB (`SMFIP_MDS_1M`).
        PACKET_1M = 0x2000_0000;
    }
}

/// A step of the conversation: a command of the MTA that the filter may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The connection of the SMTP client.
    Connect,
    /// HELO or EHLO.
    Helo,
    /// MAIL.
    Mail,
    /// RCPT, each.
    Recipient,
    /// DATA (version 4 and later).
    Data,
    /// A command that the MTA does not know (version 3 and later).
    Unknown,
    /// A header, each.
    Header,
    /// The end of the header.
    EndOfHeaders,
    /// A chunk of the body, each.
    Body,
    /// The end of the message; always sent, always answered.
    EndOfMessage,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 10] = [
        Self::Connect,
        Self::Helo,
        Self::Mail,
        Self::Recipient,
        Self::Data,
        Self::Unknown,
        Self::Header,
        Self::EndOfHeaders,
        Self::Body,
        Self::EndOfMessage,
    ];

    /// The bits that say of this step: do not send it, and: it is not answered. None for the end of the message.
    #[must_use]
    pub const fn bits(self) -> (Protocol, Protocol) {
        match self {
            Self::Connect => (Protocol::NO_CONNECT, Protocol::NO_REPLY_CONNECT),
            Self::Helo => (Protocol::NO_HELO, Protocol::NO_REPLY_HELO),
            Self::Mail => (Protocol::NO_MAIL, Protocol::NO_REPLY_MAIL),
            Self::Recipient => (Protocol::NO_RECIPIENT, Protocol::NO_REPLY_RECIPIENT),
            Self::Data => (Protocol::NO_DATA, Protocol::NO_REPLY_DATA),
            Self::Unknown => (Protocol::NO_UNKNOWN, Protocol::NO_REPLY_UNKNOWN),
            Self::Header => (Protocol::NO_HEADERS, Protocol::NO_REPLY_HEADER),
            Self::EndOfHeaders => (Protocol::NO_END_OF_HEADERS, Protocol::NO_REPLY_END_OF_HEADERS),
            Self::Body => (Protocol::NO_BODY, Protocol::NO_REPLY_BODY),
            Self::EndOfMessage => (Protocol::NONE, Protocol::NONE),
        }
    }

    /// The byte of the command.
    #[must_use]
    pub const fn command_code(self) -> u8 {
        match self {
            Self::Connect => code::CONNECT,
            Self::Helo => code::HELO,
            Self::Mail => code::MAIL,
            Self::Recipient => code::RECIPIENT,
            Self::Data => code::DATA,
            Self::Unknown => code::UNKNOWN,
            Self::Header => code::HEADER,
            Self::EndOfHeaders => code::END_OF_HEADERS,
            Self::Body => code::BODY,
            Self::EndOfMessage => code::END_OF_MESSAGE,
        }
    }

    /// The step that the command with this byte is.
    #[must_use]
    pub fn from_command_code(command_code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.command_code() == command_code)
    }
}

/// A set of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Steps(u16);

impl Steps {
    /// No step.
    pub const NONE: Self = Self(0);
    /// Every step.
    pub const ALL: Self = Self::of(&Step::ALL);

    /// The set of these steps.
    #[must_use]
    pub const fn of(steps: &[Step]) -> Self {
        let (mut set, mut i) = (0, 0);
        while i < steps.len() {
            set |= 1 << steps[i] as u16;
            i += 1;
        }
        Self(set)
    }

    /// Whether `step` is in the set.
    #[must_use]
    pub const fn contains(self, step: Step) -> bool {
        self.0 & (1 << step as u16) != 0
    }

    /// This set without these steps.
    #[must_use]
    pub const fn without(self, steps: &[Step]) -> Self {
        Self(self.0 & !Self::of(steps).0)
    }
}

/// How large a packet may be. More than 64 KiB needs an MTA that offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum PacketSize {
    /// 64 KiB: every MTA.
    K64,
    /// 256 KiB.
    K256,
    /// 1 MiB.
    #[default]
    M1,
}

impl PacketSize {
    /// The bytes of a packet, command byte included.
    #[must_use]
    pub const fn bytes_max(self) -> u32 {
        match self {
            Self::K64 => limits::PACKET_BYTES_MAX_64K,
            Self::K256 => limits::PACKET_BYTES_MAX_256K,
            Self::M1 => limits::PACKET_BYTES_MAX_1M,
        }
    }
}

/// Whether recipients that the MTA itself refuses are shown to the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RejectedRecipients {
    /// They are not shown.
    #[default]
    Hidden,
    /// They are shown, with the macro `{rcpt_mailer}` = `error`, where the MTA offers it (xxfi_negotiate).
    Shown,
}

/// Whether the MTA leaves the white space between colon and value where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadingSpace {
    /// Values come and go byte for byte.
    Kept,
    /// The MTA takes the space away and puts one there; what was there cannot be known.
    Assumed,
}

/// How the filter is shown the chunks of a body. Their borders mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Chunks {
    /// Each when it has come as a whole: the session keeps it until then.
    #[default]
    Whole,
    /// In pieces as they come, where the MTA waits for no answer to a chunk: the session keeps nothing of a body.
    AsTheyCome,
}

/// What the filter wants of a conversation. One value serves all sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The steps that become events. The end of the message always does.
    pub steps: Steps,
    /// The steps at which the filter may say something else than "continue". For all others the MTA is asked not to
    /// wait, which saves most of the cost of a milter. The end of the message is always answered.
    pub answers: Steps,
    /// The edits that the filter may make.
    pub actions: Actions,
    /// The macros that the filter wants, names separated by spaces. Empty: whatever the MTA sends by itself. If not
    /// empty, Postfix sends nothing at the stages that are not listed.
    pub macros: Vec<(Stage, String)>,
    /// The largest packet that the filter wants to take.
    pub packet_size: PacketSize,
    /// Whether recipients that the MTA refuses are shown.
    pub rejected_recipients: RejectedRecipients,
    /// How the body is shown.
    pub chunks: Chunks,
}

impl Default for Wanted {
    /// All steps but unknown commands, an answer at the end of the message only, no edits, the MTA's own macros.
    fn default() -> Self {
        Self {
            steps: Steps::ALL.without(&[Step::Unknown]),
            answers: Steps::NONE,
            actions: Actions::NONE,
            macros: Vec::new(),
            packet_size: PacketSize::default(),
            rejected_recipients: RejectedRecipients::default(),
            chunks: Chunks::default(),
        }
    }
}

/// What an MTA offers when it opens a connection to a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The newest version that it speaks.
    pub version: u32,
    /// The edits that it would make.
    pub actions: Actions,
    /// The manners that it has.
    pub protocol: Protocol,
}

impl Offer {
    /// What Postfix offers with `milter_protocol = 6`: everything but larger packets.
    #[must_use]
    pub const fn postfix() -> Self {
        Self { version: 6, actions: Actions(0x1ff), protocol: Protocol(0x1f_ffff) }
    }

    /// What Sendmail 8.14 and later offers: as Postfix, and larger packets if it was built for them.
    #[must_use]
    pub const fn sendmail() -> Self {
        Self { version: 6, actions: Actions(0x1ff), protocol: Protocol(0x301f_ffff) }
    }

    /// What an MTA of milter-protocol 1.6 offers: the first six actions, seven steps that can be left out.
    #[must_use]
    pub const fn version_2() -> Self {
        Self { version: 2, actions: Actions(0x3f), protocol: Protocol(0x7f) }
    }
}

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// The version that is spoken: 2 to 6.
    pub version: u32,
    /// The edits that may be made. Compare with [`Wanted::actions`]: an old MTA may not offer all.
    pub actions: Actions,
    /// The conversation's manner.
    pub protocol: Protocol,
}

impl Negotiated {
    /// Whether the MTA waits for a reply at `step`.
    #[must_use]
    pub fn reply_is_due(&self, step: Step) -> bool {
        let (_, no_reply) = step.bits();
        no_reply == Protocol::NONE || !self.protocol.contains(no_reply)
    }

    /// Whether the MTA was told not to send `step`.
    #[must_use]
    pub fn is_not_sent(&self, step: Step) -> bool {
        let (no_send, _) = step.bits();
        no_send != Protocol::NONE && self.protocol.contains(no_send)
    }

    /// Whether header values are exact.
    #[must_use]
    pub fn leading_space(&self) -> LeadingSpace {
        if self.protocol.contains(Protocol::HEADER_LEADING_SPACE) { LeadingSpace::Kept } else { LeadingSpace::Assumed }
    }

    /// The size of packets.
    #[must_use]
    pub fn packet_size(&self) -> PacketSize {
        if self.protocol.contains(Protocol::PACKET_1M) {
            PacketSize::M1
        } else if self.protocol.contains(Protocol::PACKET_256K) {
            PacketSize::K256
        } else {
            PacketSize::K64
        }
    }
}

/// Chooses from an MTA's offer what is wanted. Nothing that was not offered is ever in the answer.
pub(crate) fn negotiate(wanted: &Wanted, offer: &Offer) -> Result<Negotiated, ProtocolError> {
    if offer.version < VERSION_MIN {
        return Err(ProtocolError::VersionTooOld(offer.version));
    }
    let mut actions = wanted.actions.intersection(Actions::KNOWN);
    if !wanted.macros.is_empty() {
        actions = actions | Actions::SET_SYMBOL_LIST;
    }
    Ok(Negotiated {
        version: offer.version.min(VERSION_MAX),
        // milter-protocol, PROTOCOL NEGOTIATION: "mask out any bits that are not part of the offered protocol content"
        actions: actions.intersection(offer.actions),
        protocol: choose_protocol(wanted, offer.protocol),
    })
}

fn choose_protocol(wanted: &Wanted, offered: Protocol) -> Protocol {
    let mut chosen = Protocol::NONE;
    for step in Step::ALL {
        let (no_send, no_reply) = step.bits();
        if !wanted.steps.contains(step) && offered.contains(no_send) {
            chosen = chosen | no_send;
        } else if !wanted.steps.contains(step) || !wanted.answers.contains(step) {
            chosen = chosen | no_reply;
        }
    }
    if wanted.steps.contains(Step::Body) && wanted.answers.contains(Step::Body) {
        chosen = chosen | Protocol::SKIP;
    }
    if wanted.rejected_recipients == RejectedRecipients::Shown {
        chosen = chosen | Protocol::REJECTED_RECIPIENTS;
    }
    // xxfi_header: only with this flag does a value say whether a space followed the colon, and DKIM's "simple"
    // canonicalisation hashes that space.
    chosen = chosen | Protocol::HEADER_LEADING_SPACE;
    if wanted.packet_size >= PacketSize::M1 && offered.contains(Protocol::PACKET_1M) {
        chosen = chosen | Protocol::PACKET_1M;
    } else if wanted.packet_size >= PacketSize::K256 {
        chosen = chosen | Protocol::PACKET_256K;
    }
    chosen.intersection(offered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(version: u32, actions: u32, protocol: u32) -> Offer {
        Offer { version, actions: Actions::from_bits(actions), protocol: Protocol::from_bits(protocol) }
    }

    #[test]
    fn version_at_below_above() {
        let wanted = Wanted::default();
        assert_eq!(negotiate(&wanted, &offer(1, 0x3f, 0x7f)), Err(ProtocolError::VersionTooOld(1)));
        assert_eq!(negotiate(&wanted, &offer(0, 0x3f, 0x7f)), Err(ProtocolError::VersionTooOld(0)));
        for (theirs, spoken) in [(2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 6), (u32::MAX, 6)] {
            assert_eq!(negotiate(&wanted, &offer(theirs, 0x3f, 0x7f)).unwrap().version, spoken);
        }
    }

    #[test]
    fn size_is_the_largest_wanted_and_offered() {
        let size = |packet_size, offered| {
            let wanted = Wanted { packet_size, ..Wanted::default() };
            negotiate(&wanted, &offer(6, 0, offered)).unwrap().packet_size()
        };
        assert_eq!(size(PacketSize::M1, 0x3000_0000), PacketSize::M1);
        assert_eq!(size(PacketSize::M1, 0x1000_0000), PacketSize::K256);
        assert_eq!(size(PacketSize::M1, 0), PacketSize::K64);
        assert_eq!(size(PacketSize::K256, 0x3000_0000), PacketSize::K256);
        assert_eq!(size(PacketSize::K256, 0x2000_0000), PacketSize::K64);
        assert_eq!(size(PacketSize::K64, 0x3000_0000), PacketSize::K64);
    }

    #[test]
    fn an_unwanted_step_that_must_come_is_at_least_not_answered() {
        let wanted = Wanted { steps: Steps::NONE, ..Wanted::default() };
        let agreed = negotiate(&wanted, &offer(6, 0, Protocol::NO_REPLY_HELO.bits())).unwrap();
        assert!(!agreed.is_not_sent(Step::Helo));
        assert!(!agreed.reply_is_due(Step::Helo));
        assert!(agreed.reply_is_due(Step::Mail));
        assert!(agreed.reply_is_due(Step::EndOfMessage));
    }

    #[test]
    fn symbol_list_needs_the_action() {
        let wanted = Wanted { macros: vec![(Stage::Mail, "i".into())], ..Wanted::default() };
        assert_eq!(negotiate(&wanted, &offer(6, 0x1ff, 0)).unwrap().actions, Actions::SET_SYMBOL_LIST);
        assert_eq!(negotiate(&wanted, &offer(6, 0xff, 0)).unwrap().actions, Actions::NONE);
        assert_eq!(negotiate(&Wanted::default(), &offer(6, 0x1ff, 0)).unwrap().actions, Actions::NONE);
    }
}
