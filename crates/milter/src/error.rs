//! What can go wrong, one small enum per side: the peer's bytes, our replies, our edits.

use thiserror::Error;

/// The other side broke the protocol. The conversation cannot go on; the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A packet of length zero: not even a command byte.
    #[error("packet without a command")]
    EmptyPacket,
    /// A packet larger than what is allowed for its command at this point.
    #[error("packet of {bytes} bytes where at most {bytes_max} are allowed")]
    PacketTooLarge {
        /// Bytes announced, command byte included.
        bytes: u32,
        /// Bytes allowed, command byte included.
        bytes_max: u32,
    },
    /// A command byte that no version of the protocol knows.
    #[error("unknown command {:?}", char::from(*.0))]
    UnknownCommand(u8),
    /// The data of this command cannot be read.
    #[error("malformed data of command {:?}", char::from(*.0))]
    Malformed(u8),
    /// This command came before the options were negotiated.
    #[error("command {:?} before the negotiation", char::from(*.0))]
    NotNegotiated(u8),
    /// The MTA's version of the protocol is older than 2.
    #[error("protocol version {0} is too old")]
    VersionTooOld(u32),
    /// More than [`MACRO_COUNT_MAX`](crate::limits::MACRO_COUNT_MAX) macros for one stage.
    #[error("too many macros for one stage")]
    MacroCount,
    /// More than [`MACRO_BYTES_MAX`](crate::limits::MACRO_BYTES_MAX) bytes of macros for one stage.
    #[error("too many bytes of macros for one stage")]
    MacroBytes,
    /// More than [`HEADER_COUNT_MAX`](crate::limits::HEADER_COUNT_MAX) headers in one message.
    #[error("too many headers in one message")]
    HeaderCount,
    /// More than [`RECIPIENT_COUNT_MAX`](crate::limits::RECIPIENT_COUNT_MAX) recipients of one message.
    #[error("too many recipients of one message")]
    RecipientCount,
    /// Seen by the MTA's side: the filter claims a version or actions that were not offered.
    #[error("the filter asks for options that were not offered")]
    NotOffered,
    /// Seen by the MTA's side: a response that is not allowed at this point.
    #[error("unexpected response {:?}", char::from(*.0))]
    UnexpectedResponse(u8),
}

impl ProtocolError {
    /// A stable name, for metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::EmptyPacket => "empty-packet",
            Self::PacketTooLarge { .. } => "packet-too-large",
            Self::UnknownCommand(_) => "unknown-command",
            Self::Malformed(_) => "malformed",
            Self::NotNegotiated(_) => "not-negotiated",
            Self::VersionTooOld(_) => "version-too-old",
            Self::MacroCount => "macro-count",
            Self::MacroBytes => "macro-bytes",
            Self::HeaderCount => "header-count",
            Self::RecipientCount => "recipient-count",
            Self::NotOffered => "not-offered",
            Self::UnexpectedResponse(_) => "unexpected-response",
        }
    }
}

/// Our side wanted to give a reply that cannot be given. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// No event is waiting for a reply.
    #[error("no event is waiting for a reply")]
    NothingToAnswer,
    /// It was negotiated that this step is not answered, so only "continue" and "skip" make sense.
    #[error("it was negotiated that this step is not answered")]
    NoReplyNegotiated,
    /// This reply does not exist at this step, such as "discard" for a connection.
    #[error("this reply does not exist at this step")]
    NotAtThisStep,
}

/// Our side wanted an edit that cannot be made. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EditError {
    /// Edits (and progress) exist only between the end of the message and the reply to it.
    #[error("edits exist only at the end of a message")]
    NotAtEndOfMessage,
    /// The action behind this edit was not negotiated.
    #[error("the action was not negotiated")]
    NotNegotiated,
    /// A header name that is empty or holds anything but printable US-ASCII without the colon.
    #[error("not a header name")]
    HeaderName,
    /// A header value with a NUL, a bare CR, or a line end that no white space follows.
    #[error("not a header value")]
    HeaderValue,
    /// An empty value would delete the header instead of changing it.
    #[error("an empty value would delete the header")]
    EmptyValue,
    /// Occurrences of a header are counted from 1.
    #[error("occurrences are counted from 1")]
    Occurrence,
    /// An address, argument or reason that is empty or holds NUL, CR or LF.
    #[error("not an address, argument or reason")]
    Text,
    /// The edit does not fit in one packet.
    #[error("the edit does not fit in one packet")]
    TooLong,
    /// The body was replaced in part, then another edit came: Postfix takes no second part then.
    #[error("the parts of a new body must follow each other")]
    BodyInterrupted,
}

/// A reply text that no MTA would accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyTextError {
    /// The code is not 400…599.
    #[error("only codes from 400 to 599 can be given")]
    Code,
    /// The enhanced status code is not of the code's class, or a part is above 999.
    #[error("the enhanced status code does not fit the code")]
    EnhancedCode,
    /// Something else than printable US-ASCII.
    #[error("only printable US-ASCII can be given")]
    NotPrintable,
    /// A line longer than [`REPLY_LINE_BYTES_MAX`](crate::limits::REPLY_LINE_BYTES_MAX).
    #[error("a line is too long")]
    LineBytes,
    /// More lines than [`REPLY_LINE_COUNT_MAX`](crate::limits::REPLY_LINE_COUNT_MAX).
    #[error("too many lines")]
    LineCount,
}
