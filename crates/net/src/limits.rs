//! The limits of this crate. What an operator may want to change is a default here and a field of
//! [`ResolverConfig`](crate::ResolverConfig) or [`ServeOptions`](crate::ServeOptions).

// The resolver.

/// Most upstream servers.
pub const SERVER_COUNT_MAX: usize = 8;
/// Time for one try at one server, in milliseconds, unless the configuration says otherwise; a quarter of it in the
/// first round, twice in the third.
pub const TRY_MS_DEFAULT: u64 = 2_000;
/// Rounds over all servers, unless the configuration says otherwise.
pub const ATTEMPT_COUNT_DEFAULT: u32 = 3;
/// Most rounds over all servers.
pub const ATTEMPT_COUNT_MAX: u32 = 5;
/// Longest time for one try that resolv.conf may ask for, in seconds (resolv.conf(5) caps it there too).
pub const TRY_S_MAX: u64 = 30;
/// Time for one question with all its tries, in milliseconds, unless the configuration says otherwise.
pub const QUESTION_MS_DEFAULT: u64 = 10_000;
/// Largest resolv.conf that is read, in bytes.
pub const RESOLV_CONF_BYTES_MAX: u64 = 65_536;
/// The UDP payload that questions offer, in bytes: passes every link unfragmented (DNS flag day 2020).
pub const UDP_PAYLOAD_BYTES: u16 = 1_232;
/// Room for one datagram, in bytes; more is cut off by the kernel and then is not a DNS message.
pub const DATAGRAM_BYTES_MAX: usize = 4_096;
/// Questions on their way at one time; more wait, within their own time.
pub const IN_FLIGHT_COUNT_MAX: usize = 8_192;
/// How long a question that was sent counts among those that may all come at once, unless it is answered before, in milliseconds.
pub const BURST_MS: u64 = 50;
/// Sockets in use at one time for each server; each has its own random port.
pub const SOCKET_COUNT_PER_SERVER: usize = 8;
/// Questions that one socket carries before another, with another port, takes its place.
pub const SOCKET_QUESTION_COUNT_MAX: u32 = 256;
/// How long one socket is used, in seconds, before another, with another port, takes its place.
pub const SOCKET_AGE_S_MAX: u64 = 20;
/// Questions on their way at one time on one socket: few of its 65,536 ids.
pub const SOCKET_IN_FLIGHT_COUNT_MAX: usize = 1_024;
/// Datagrams that answer nothing asked, on one socket, before its questions move to TCP: somebody is guessing.
pub const STRANGE_DATAGRAM_COUNT_MAX: u32 = 64;
/// TCP connections to one server at one time.
pub const TCP_CONNECTION_COUNT_MAX: usize = 64;
/// Tries without an answer, one after another, before a server is asked last.
pub const SERVER_SILENCE_COUNT_MAX: u32 = 3;
/// How long a server that did not answer is asked last, in milliseconds.
pub const SERVER_PENALTY_MS: u64 = 10_000;
/// How long a server that cannot parse EDNS is asked without, in milliseconds.
pub const EDNS_REFUSED_MS: u64 = 600_000;
/// The cache, in bytes, unless the configuration says otherwise.
pub const CACHE_BYTES_DEFAULT: usize = 64 << 20;
/// Parts of the cache, each behind its own lock.
pub const CACHE_SHARD_COUNT: usize = 16;
/// What one cached answer costs beside its data, in bytes: keys, links, and what is derived from it.
pub const CACHE_ENTRY_BYTES: usize = 640;
/// Longest time that records are kept, in seconds, unless the configuration says otherwise.
pub const POSITIVE_TTL_S_MAX: u32 = 86_400;
/// Longest time that absence is kept, in seconds, unless the configuration says otherwise (RFC 2308 §5: one to three
/// hours have been found to work well).
pub const NEGATIVE_TTL_S_MAX: u32 = 10_800;
/// How long a failure is kept, in milliseconds, unless the configuration says otherwise (RFC 2308 §7 allows minutes).
pub const FAILURE_TTL_MS: u64 = 1_000;
/// Longest time that a failure is kept, in milliseconds, whatever the configuration says (RFC 2308 §7.1).
pub const FAILURE_TTL_MS_MAX: u64 = 300_000;
/// Questions for one message, unless the caller says otherwise: SPF twice, ten signatures, three tree walks, ARC.
pub const MESSAGE_QUESTION_COUNT_MAX: u32 = 500;

// Surveys.

/// Questions on their way at one time on one socket: with larger numbers, answers overflow what the kernel keeps of them.
pub const SURVEY_SOCKET_IN_FLIGHT_COUNT: usize = 64;
/// Sockets in use at one time for each server.
pub const SURVEY_SOCKET_COUNT_MAX: usize = 64;
/// Questions that one socket carries before another, with another port, takes its place.
pub const SURVEY_SOCKET_QUESTION_COUNT: u32 = 2_048;
/// Sockets of one server that carry no new questions and still wait for answers; the oldest go when there are more.
pub const SURVEY_SOCKET_OLD_COUNT_MAX: usize = 64;
/// Connections to one server at one time.
pub const SURVEY_CONNECTION_COUNT: usize = 8;
/// Questions on their way at one time on one connection; more wait.
pub const SURVEY_CONNECTION_QUESTION_COUNT: usize = 64;
/// Time for a connection, in milliseconds.
pub const SURVEY_CONNECT_MS: u64 = 4_000;
/// How long a connection may be idle, in milliseconds (RFC 7766 §6.2.3 wants few seconds).
pub const SURVEY_CONNECTION_IDLE_MS: u64 = 3_000;

// The milter service.

/// Connections at one time, unless the configuration says otherwise.
pub const CONNECTION_COUNT_DEFAULT: usize = 12_000;
/// Time for the first bytes of a connection, in milliseconds, unless the configuration says otherwise.
pub const FIRST_INPUT_MS_DEFAULT: u64 = 60_000;
/// Time between bytes of a connection, in milliseconds, unless the configuration says otherwise: 7,210 s as libmilter.
pub const IDLE_MS_DEFAULT: u64 = 7_210_000;
/// Time for the peer to take what is written, in milliseconds, unless the configuration says otherwise.
pub const WRITE_MS_DEFAULT: u64 = 30_000;
/// Time for messages to finish at shutdown, in milliseconds, unless the configuration says otherwise.
pub const GRACE_MS_DEFAULT: u64 = 25_000;
/// Bytes read at one time: a milter packet of libmilter's usual size. The room is one for each thread.
pub const READ_BYTES: usize = 65_536;
/// Buffers of a connection that are larger than this, in bytes, are given back as soon as they are empty.
pub const BUFFER_KEPT_BYTES: usize = 2_048;
/// Connections that the kernel may queue before they are accepted.
pub const BACKLOG_COUNT: u32 = 1_024;
/// Pause after a failed accept, in milliseconds: the process is out of descriptors, and spinning would not help.
pub const ACCEPT_PAUSE_MS: u64 = 100;
/// Longest path of a local socket, in bytes (`sun_path` of unix(7), less room for the temporary name's suffix).
pub const SOCKET_PATH_BYTES_MAX: usize = 96;
/// Sockets that are taken from whoever started the process.
pub const INHERITED_SOCKET_COUNT_MAX: usize = 16;

// The HTTP server: for the machine's own operator and monitoring, not for the world.

/// Connections at one time, unless the configuration says otherwise.
pub const HTTP_CONNECTION_COUNT_DEFAULT: usize = 64;
/// Request line and header of a request, in bytes; also the room for reading of one connection.
pub const HTTP_HEADER_BYTES_MAX: usize = 16_384;
/// Fields in the header of a request.
pub const HTTP_HEADER_COUNT_MAX: usize = 64;
/// Time for the header of a request, in milliseconds, and how long a connection may wait for the next.
pub const HTTP_HEADER_MS: u64 = 10_000;
/// Time for the handshake of TLS with somebody who comes, in milliseconds.
pub const HTTP_HANDSHAKE_MS: u64 = 10_000;
/// Certificates of a chain that a server shows.
pub const CHAIN_CERTIFICATE_COUNT_MAX: usize = 10;
/// Body of a request, in bytes.
pub const HTTP_BODY_BYTES_MAX: usize = 65_536;
/// Time for the body of a request, in milliseconds.
pub const HTTP_BODY_MS: u64 = 10_000;
/// Time for the answer to a request, in milliseconds.
pub const HTTP_ANSWER_MS: u64 = 60_000;
/// How long a connection may live, in milliseconds: whoever does not read what it asked for is cut off then.
pub const HTTP_CONNECTION_MS: u64 = 300_000;
/// Time for answers to be written at shutdown, in milliseconds.
pub const HTTP_GRACE_MS: u64 = 1_000;
/// Largest answer that is taken over a local socket, in bytes.
pub const HTTP_REPLY_BYTES_MAX: usize = 4 << 20;

// Documents over HTTPS.

/// Time for one document with look-ups and redirections, in milliseconds, unless the configuration says otherwise.
pub const FETCH_MS_DEFAULT: u64 = 5_000;
/// Time for one attempt at one address, in milliseconds, unless the configuration says otherwise.
pub const CONNECT_MS_DEFAULT: u64 = 2_000;
/// Pause before the next address is tried as well, in milliseconds (RFC 8305 §8 recommends 250).
pub const CONNECT_DELAY_MS: u64 = 250;
/// How long the other family's addresses are waited for when one family's are there, in milliseconds. RFC 8305 §3
/// recommends 50 for those who look at a page; a policy can wait a little longer for its better way.
pub const RESOLUTION_DELAY_MS: u64 = 200;
/// Addresses of one host that are tried.
pub const HOST_ADDRESS_COUNT_MAX: usize = 6;
/// Redirections of one request that are followed.
pub const REDIRECT_COUNT_MAX: usize = 3;
/// Status line and header of a response, in bytes.
pub const FETCH_HEADER_BYTES_MAX: usize = 16_384;
/// Fields in the header of a response.
pub const FETCH_HEADER_COUNT_MAX: usize = 100;
/// Longest Content-Type that is kept, in bytes; a longer one is as good as none.
pub const CONTENT_TYPE_BYTES_MAX: usize = 255;
/// Largest document, in bytes, whatever the request allows.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
/// Documents on their way at one time, unless the configuration says otherwise; more wait, within their own time.
pub const FETCH_IN_FLIGHT_COUNT_DEFAULT: usize = 32;
/// The cache of documents, in bytes, unless the configuration says otherwise.
pub const DOCUMENT_CACHE_BYTES_DEFAULT: usize = 16 << 20;
/// What one cached document costs beside its bytes and its URL, in bytes.
pub const DOCUMENT_CACHE_ENTRY_BYTES: usize = 512;
/// How long a document is kept whose server says nothing of it, in seconds.
pub const DOCUMENT_TTL_S_DEFAULT: u64 = 300;
/// Longest time that a document is kept, in seconds.
pub const DOCUMENT_TTL_S_MAX: u64 = 3_600;
/// How long another status than 200, or a failure, is kept, in seconds: a broken server is not asked for every message.
pub const FETCH_FAILURE_TTL_S: u64 = 30;
/// Time for one document that is put to a place, in milliseconds: some answer only when they have passed it on.
pub const POST_MS_DEFAULT: u64 = 20_000;
/// Largest document that is put to a place, in bytes.
pub const POST_BYTES_MAX: usize = 1 << 20;
/// Certificates of authorities that the configuration may add.
pub const ROOT_COUNT_MAX: usize = 100;

// Our clients of mail servers.

/// Time for the addresses of a mail server, and for one attempt at one of them, in milliseconds, unless the configuration
/// says otherwise.
pub const MAIL_CONNECT_MS_DEFAULT: u64 = 30_000;
/// Time for the handshake of TLS with a mail server, in milliseconds, unless the configuration says otherwise.
pub const MAIL_TLS_MS_DEFAULT: u64 = 30_000;
/// Largest file of a token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 65_536;
/// Bytes read at one time from a mail server.
pub const WIRE_READ_BYTES: usize = 16_384;

// Submission. The times are those of RFC 5321 §4.5.3.2.

/// Time for the server's greeting, in milliseconds, unless the configuration says otherwise.
pub const SMTP_GREETING_MS_DEFAULT: u64 = 300_000;
/// Time for the reply to a command, in milliseconds, unless the configuration says otherwise.
pub const SMTP_COMMAND_MS_DEFAULT: u64 = 300_000;
/// Time for the reply to DATA, in milliseconds, unless the configuration says otherwise.
pub const SMTP_DATA_MS_DEFAULT: u64 = 120_000;
/// Time for the server to take one block of a message, in milliseconds, unless the configuration says otherwise.
pub const SMTP_BLOCK_MS_DEFAULT: u64 = 180_000;
/// Time for the reply to the final dot, in milliseconds, unless the configuration says otherwise.
pub const SMTP_END_MS_DEFAULT: u64 = 600_000;
/// Time for the last words of a server that broke off in the middle of a message, in milliseconds.
pub const SMTP_LATE_REPLY_MS: u64 = 2_000;
/// Time for the goodbye, in milliseconds.
pub const SMTP_QUIT_MS: u64 = 2_000;
/// Bytes of a message that are written at one time, before dots are doubled.
pub const SMTP_BLOCK_BYTES: usize = 65_536;
/// Longest line of a message, in bytes without its CRLF (RFC 5321 §4.5.3.1.6).
pub const SMTP_TEXT_LINE_BYTES_MAX: usize = 998;
/// Longest command line that is sent, in bytes with its CRLF (RFC 5321 §4.5.3.1.4), where we have the choice.
pub const SMTP_COMMAND_LINE_BYTES_MAX: usize = 512;
/// Longest line of a server's reply, in bytes. RFC 5321 §4.5.3.1.5 has 512; servers write longer ones.
pub const SMTP_REPLY_LINE_BYTES_MAX: usize = 4_096;
/// Lines of a server's reply.
pub const SMTP_REPLY_LINE_COUNT_MAX: usize = 100;
/// What is kept of a reply's text, in bytes.
pub const SMTP_REPLY_TEXT_BYTES_MAX: usize = 2_048;
/// Recipients that are said at once with PIPELINING: their replies fit into any window.
pub const SMTP_PIPELINE_COUNT_MAX: usize = 50;
/// Longest envelope id, in bytes (RFC 3461 §4.4).
pub const DSN_ENVELOPE_ID_BYTES_MAX: usize = 100;
/// Longest original recipient with its type, in bytes as it is sent (RFC 3461 §4.2).
pub const DSN_ORIGINAL_RECIPIENT_BYTES_MAX: usize = 500;

// Greeting a mail host, to see what it offers. Nobody waits five minutes for that.

/// Time for a connection to one address, in milliseconds, unless the configuration says otherwise.
pub const GREET_CONNECT_MS_DEFAULT: u64 = 4_000;
/// Time for one reply, in milliseconds, unless the configuration says otherwise: some hosts hold their first line back for
/// some seconds, to see who talks out of turn.
pub const GREET_REPLY_MS_DEFAULT: u64 = 10_000;
/// Time for the handshake of TLS, in milliseconds, unless the configuration says otherwise.
pub const GREET_TLS_MS_DEFAULT: u64 = 8_000;
/// Addresses of one host that are tried.
pub const GREET_ADDRESS_COUNT_MAX: usize = 4;
/// Hosts that are greeted at one time in one run.
pub const GREET_AT_ONCE: usize = 16;
/// Hosts that one run remembers; with more it begins anew.
pub const GREET_MEMO_COUNT_MAX: usize = 20_000;
/// Names of one certificate that are kept.
pub const GREET_NAME_COUNT_MAX: usize = 1_000;

// IMAP.

/// Time for the answer to a command, and for one piece of a message, in milliseconds, unless the configuration says
/// otherwise.
pub const IMAP_COMMAND_MS_DEFAULT: u64 = 60_000;
/// How long one IDLE lasts, in milliseconds, unless the configuration says otherwise. RFC 2177 §3 wants less than 29
/// minutes; what stands between us and the server often forgets a connection sooner.
pub const IMAP_IDLE_MS_DEFAULT: u64 = 540_000;
/// Longest that one IDLE may last, in milliseconds, whatever the configuration says.
pub const IMAP_IDLE_MS_MAX: u64 = 1_680_000;
/// Pause between questions where there is no IDLE, in milliseconds, unless the configuration says otherwise.
pub const IMAP_POLL_MS_DEFAULT: u64 = 60_000;
/// Pause before the second connection, in milliseconds, unless the configuration says otherwise.
pub const IMAP_RETRY_MS_DEFAULT: u64 = 5_000;
/// Longest pause between connections, in milliseconds, unless the configuration says otherwise.
pub const IMAP_RETRY_MS_MAX_DEFAULT: u64 = 600_000;
/// Time for the goodbye, in milliseconds.
pub const IMAP_LOGOUT_MS: u64 = 2_000;
/// Largest message that is read, in bytes, unless the configuration says otherwise.
pub const IMAP_MESSAGE_BYTES_DEFAULT: usize = 64 << 20;
/// How much of a message is asked for at once, in bytes, unless the configuration says otherwise.
pub const IMAP_PIECE_BYTES_DEFAULT: u32 = 256 << 10;
/// Most of a message that is asked for at once, in bytes, whatever the configuration says: it fits into a response.
pub const IMAP_PIECE_BYTES_MAX: u32 = 2 << 20;
/// Pieces of a message that may be shorter than was asked for.
pub const IMAP_SHORT_PIECE_COUNT_MAX: usize = 4_096;
/// Largest response, in bytes with its literals: a search that finds [`IMAP_SEARCH_COUNT_MAX`] fits.
pub const IMAP_RESPONSE_BYTES_MAX: usize = 4 << 20;
/// UIDs that one search gives.
pub const IMAP_SEARCH_COUNT_MAX: usize = 200_000;
/// Lists within lists in a response.
pub const IMAP_NESTING_DEPTH_MAX: usize = 16;
/// Capabilities of a server that are kept.
pub const IMAP_CAPABILITY_COUNT_MAX: usize = 256;
/// What is kept of a text for people, in bytes.
pub const IMAP_TEXT_BYTES_MAX: usize = 1_024;
/// Longest string that is said between quotes, in bytes; longer ones are literals.
pub const IMAP_QUOTED_BYTES_MAX: usize = 1_000;

// The LMTP server.

/// Connections at one time, unless the configuration says otherwise.
pub const LMTP_CONNECTION_COUNT_DEFAULT: usize = 64;
/// Time for a connection's first bytes, in milliseconds, unless the configuration says otherwise.
pub const LMTP_FIRST_INPUT_MS_DEFAULT: u64 = 60_000;
/// Time between a connection's bytes, in milliseconds, unless the configuration says otherwise (RFC 5321 §4.5.3.2.7).
pub const LMTP_IDLE_MS_DEFAULT: u64 = 300_000;
/// Time for the handler's answer, in milliseconds, unless the configuration says otherwise.
pub const LMTP_HANDLER_MS_DEFAULT: u64 = 300_000;
/// Largest message, in bytes, unless the configuration says otherwise.
pub const LMTP_MESSAGE_BYTES_DEFAULT: usize = 64 << 20;
/// All messages in memory together, in bytes, unless the configuration says otherwise.
pub const LMTP_BUFFERED_BYTES_DEFAULT: usize = 256 << 20;
/// Recipients of one message, unless the configuration says otherwise.
pub const LMTP_RECIPIENT_COUNT_DEFAULT: usize = 1_000;
/// Longest command line, in bytes without its CRLF. RFC 5321 §4.5.3.1.4 has 512, and extensions add to it.
pub const LMTP_COMMAND_BYTES_MAX: usize = 2_048;
/// Commands of one connection that are answered with an error of its making, before it is ended.
pub const LMTP_BAD_COMMAND_COUNT_MAX: usize = 20;
/// What is said of a refusal's text, in characters.
pub const LMTP_TEXT_BYTES_MAX: usize = 400;

// What is pushed over HTTP.

/// Largest body that is taken, in bytes, unless the configuration says otherwise.
pub const PUSH_BODY_BYTES_DEFAULT: usize = 32 << 20;
/// Time for a body, in milliseconds, unless the configuration says otherwise.
pub const PUSH_BODY_MS_DEFAULT: u64 = 60_000;
/// Connections at one time, unless the configuration says otherwise: each may hold a body.
pub const PUSH_CONNECTION_COUNT_DEFAULT: usize = 16;
/// Shortest token that is taken for a secret, in bytes.
pub const PUSH_TOKEN_BYTES_MIN: usize = 16;
/// Longest token, in bytes.
pub const PUSH_TOKEN_BYTES_MAX: usize = 4_096;
/// Tokens that one server knows.
pub const PUSH_TOKEN_COUNT_MAX: usize = 100;
/// Largest file of countries or networks, in bytes: it is held in memory.
pub const PLACES_FILE_BYTES_MAX: u64 = 512 << 20;
/// Longest name of a network that is told, in characters; the rest is cut.
pub const PLACE_NAME_CHARACTERS_MAX: usize = 120;

// Zones: who answers for them, and updates of them.

/// Name servers of a zone that are asked.
pub const AUTHORITY_SERVER_COUNT_MAX: usize = 16;
/// Addresses of one name server that are asked.
pub const AUTHORITY_ADDRESS_COUNT_MAX: usize = 8;
/// Names that are asked at once whether a zone begins there: a name and those above it.
pub const AUTHORITY_ZONES_AT_ONCE: usize = 3;
/// Questions to name servers of zones that are on their way at one time in one run.
pub const AUTHORITY_IN_FLIGHT_COUNT: usize = 256;
/// Time for one try at a name server of a zone, in milliseconds, unless the configuration says otherwise.
pub const AUTHORITY_TRY_MS_DEFAULT: u64 = 1_000;
/// Zones, and addresses of servers, that one run remembers; with more it begins anew.
pub const AUTHORITY_MEMO_COUNT_MAX: usize = 20_000;
/// Longest update that is sent, in bytes: what a DNS message over TCP holds.
pub const UPDATE_BYTES_MAX: usize = 65_535;
/// How far the server's clock may be from ours, in seconds (RFC 8945 §10 recommends 300).
pub const TSIG_FUDGE_S: u16 = 300;
/// Shortest secret of TSIG, in bytes.
pub const TSIG_SECRET_BYTES_MIN: usize = 16;
