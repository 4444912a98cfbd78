//! What this crate is willing to hold or count. Exceeding one is a [`ProtocolError`](crate::ProtocolError) with a name,
//! or an [`EditError`](crate::EditError) or [`ReplyTextError`](crate::ReplyTextError) where our own side asked for too much.

/// Bytes of a packet, command byte included, that are accepted before the options are negotiated. OPTNEG has 13.
pub const NEGOTIATION_BYTES_MAX: u32 = 256;

/// Bytes of a packet, command byte included, unless more is negotiated: 65,535 of data and the command.
pub const PACKET_BYTES_MAX_64K: u32 = 64 << 10;

/// Bytes of a packet, command byte included, with `SMFIP_MDS_256K`.
pub const PACKET_BYTES_MAX_256K: u32 = 256 << 10;

/// Bytes of a packet, command byte included, with `SMFIP_MDS_1M`.
pub const PACKET_BYTES_MAX_1M: u32 = 1 << 20;

/// Bytes of a header packet, whatever was negotiated.
///
/// Postfix hands on a header as large as its `header_size_limit` (100 KiB by default) in one packet although the
/// protocol's default packet is smaller. A filter that breaks off there lets the sender of a message choose that it is
/// not examined.
pub const HEADER_PACKET_BYTES_MAX: u32 = 1 << 20;

/// Bytes of body in one packet that we send (`MILTER_CHUNK_SIZE`).
pub const BODY_CHUNK_BYTES_MAX: usize = 65_535;

/// Bytes of macro names and values kept for one stage.
pub const MACRO_BYTES_MAX: usize = 32 << 10;

/// Macros kept for one stage. MTAs send at most 50 (smfi_setsymlist).
pub const MACRO_COUNT_MAX: usize = 256;

/// Headers of one message. The session keeps none of them, so this only ends what could not be mail.
pub const HEADER_COUNT_MAX: u32 = 100_000;

/// Recipients of one message, refused ones included. The session keeps none of them either.
pub const RECIPIENT_COUNT_MAX: u32 = 100_000;

/// Lines of a reply text (smfi_setmlreply).
pub const REPLY_LINE_COUNT_MAX: usize = 32;

/// Bytes of one line of a reply text, doubled percent signs counted twice (`MAXREPLYLEN`).
pub const REPLY_LINE_BYTES_MAX: usize = 980;

/// Bytes of room that are offered to the reader of the socket, at the least.
pub const READ_BYTES_MIN: usize = 4 << 10;

/// Bytes of input buffer that an idle session may keep between messages.
pub const IDLE_BYTES_MAX: usize = 8 << 10;
