//! The filter's side of the conversation.
//!
//! Bytes go in with [`Session::feed`] (or, without a copy, [`Session::space`] and [`Session::filled`]), events come out
//! of [`Session::next_event`] and borrow from the input buffer, replies go through [`Session::reply`] into the output,
//! which whoever owns the socket takes from [`Session::output`]. Three loops, then: read, events, write.
//!
//! An event that is not answered before the next call of `next_event` is answered with "continue" – except the end of
//! the message, where the session waits: what is said there is a verdict.

use std::{ops::Range, sync::Arc};

use crate::codec::{Address, Arguments, Command, Frame, HEAD_BYTES, Response, code, encode_negotiation, frame};
use crate::edit::deletion_order;
use crate::options::negotiate;
use crate::{Chunks, LeadingSpace, Negotiated, Offer, Step, Wanted, buffer::Buffer, order::Phase};
use crate::{Edit, EditError, Macros, ProtocolError, Reply, ReplyError, Stage, limits};

/// What the MTA told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Options were agreed on; the answer is already in the output.
    Negotiated(Negotiated),
    /// An SMTP client has connected (xxfi_connect).
    Connect {
        /// Its name as the MTA found it, or its address in square brackets.
        hostname: &'a [u8],
        /// Its address.
        address: Address<'a>,
    },
    /// HELO or EHLO (xxfi_helo). May come several times, or never.
    Helo {
        /// What the client called itself.
        name: &'a [u8],
    },
    /// MAIL (xxfi_envfrom): a message begins.
    Mail {
        /// Usually with angle brackets; see [`without_brackets`](crate::without_brackets).
        sender: &'a [u8],
        /// ESMTP arguments.
        arguments: Arguments<'a>,
    },
    /// RCPT (xxfi_envrcpt).
    Recipient {
        /// Usually with angle brackets.
        recipient: &'a [u8],
        /// ESMTP arguments.
        arguments: Arguments<'a>,
    },
    /// DATA (xxfi_data).
    Data,
    /// A header (xxfi_header).
    Header {
        /// Its name.
        name: &'a [u8],
        /// Everything after the colon, lines separated by LF (not CRLF), without the last line end. The white space
        /// after the colon is exact if [`LeadingSpace::Kept`] was negotiated; else one space is assumed, unless a tab
        /// comes first.
        value: &'a [u8],
    },
    /// The end of the header (xxfi_eoh).
    EndOfHeaders,
    /// A chunk of the body (xxfi_body), with CRLF as it came over SMTP; or a piece of one ([`Chunks::AsTheyCome`]).
    Body(&'a [u8]),
    /// The end of the message (xxfi_eom). Waits for edits and [`Session::reply`].
    EndOfMessage {
        /// A last chunk of the body; usually empty.
        last_chunk: &'a [u8],
    },
    /// The message is given up (xxfi_abort). The connection stays. Not told when the filter was done with the message.
    Abort,
    /// A command that the MTA does not know (xxfi_unknown).
    Unknown {
        /// All of it, with its arguments.
        line: &'a [u8],
    },
    /// The SMTP client is gone; another one comes on this socket, with the options already agreed on.
    QuitNewConnection,
    /// The MTA is done (xxfi_close). Nothing follows; the socket is to be closed.
    Quit,
}

/// An event with the macros that are in force when it happens.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// What happened.
    pub event: Event<'a>,
    /// What the MTA said beside it.
    pub macros: &'a Macros,
}

/// The filter's side of one connection from an MTA.
#[derive(Debug)]
pub struct Session {
    wanted: Arc<Wanted>,
    input: Buffer,
    output: Vec<u8>,
    /// Bytes of `output` that were already written to the socket.
    written: usize,
    macros: Macros,
    negotiated: Option<Negotiated>,
    phase: Phase,
    /// The step whose event was handed out and not answered.
    open: Option<Step>,
    body: BodyWish,
    /// Bytes of the chunk under way that were not handed out, because they have not come.
    chunk_left: usize,
    replacement: Replacement,
    /// The message is over, and its macros go with the next packet: until then the caller may still ask for them.
    macros_expire: bool,
    header_count: u32,
    recipient_count: u32,
    failed: Option<ProtocolError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyWish {
    More,
    NoMore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replacement {
    None,
    UnderWay,
    Over,
}

/// Where the event to hand out lies in the input buffer.
enum Found {
    Negotiated(Negotiated),
    /// A packet's data, to be read as this command.
    Command(u8, Range<usize>),
    Header {
        name: Range<usize>,
        value: Range<usize>,
    },
    Abort,
}

impl Session {
    /// A session that waits for the MTA's offer.
    #[must_use]
    pub fn new(wanted: Arc<Wanted>) -> Self {
        Self {
            wanted,
            input: Buffer::default(),
            output: Vec::new(),
            written: 0,
            macros: Macros::default(),
            negotiated: None,
            phase: Phase::Start,
            open: None,
            body: BodyWish::More,
            chunk_left: 0,
            replacement: Replacement::None,
            macros_expire: false,
            header_count: 0,
            recipient_count: 0,
            failed: None,
        }
    }

    /// Takes a copy of bytes from the MTA, in whatever pieces they come.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.append(bytes);
    }

    /// Room to read from the socket into; then call [`filled`](Self::filled). Never empty.
    pub fn space(&mut self) -> &mut [u8] {
        let missing = match self.chunk_left {
            0 => match self.frame() {
                Ok(Frame::Incomplete { missing }) => missing,
                _ => 0,
            },
            left => left,
        };
        self.input.space(missing)
    }

    /// Says that the first `count` bytes of [`space`](Self::space) were filled.
    pub fn filled(&mut self, count: usize) {
        self.input.filled(count);
    }

    /// The next event, or `None`: give more bytes, or, at the end of a message, a reply.
    ///
    /// # Errors
    /// The MTA broke the protocol. The session is over, and every further call says the same.
    pub fn next_event(&mut self) -> Result<Option<Turn<'_>>, ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let event = match self.advance() {
            Ok(None) => return Ok(None),
            Ok(Some(found)) => read_event(&self.input, &found),
            Err(error) => Err(error),
        };
        match event {
            Ok(event) => Ok(Some(Turn { event, macros: &self.macros })),
            Err(error) => {
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    /// Answers the event that was handed out last.
    ///
    /// # Errors
    /// See [`ReplyError`]; nothing is sent then.
    pub fn reply(&mut self, reply: Reply<'_>) -> Result<(), ReplyError> {
        let (Some(step), Some(negotiated)) = (self.open, self.negotiated) else {
            return Err(ReplyError::NothingToAnswer);
        };
        if !exists_at(reply, step) {
            return Err(ReplyError::NotAtThisStep);
        }
        let due = negotiated.reply_is_due(step);
        if !due && !matches!(reply, Reply::Continue | Reply::Skip) {
            // api, SMFIS_NOREPLY: "Using any other reply code is a violation of the API."
            return Err(ReplyError::NoReplyNegotiated);
        }
        if reply == Reply::Skip {
            self.body = BodyWish::NoMore;
        }
        if due {
            // xxfi_body: skip only if "the protocol action SMFIP_SKIP is available"; else the chunks are dropped here.
            let can_skip = negotiated.protocol.contains(crate::Protocol::SKIP);
            response_to(reply, can_skip).encode(&mut self.output);
        }
        self.open = None;
        if ends_message(reply, step) {
            self.end_message();
            self.macros_expire = true;
        }
        Ok(())
    }

    /// Tells the MTA that the filter is still at work on the end of the message, so that it does not time out.
    ///
    /// # Errors
    /// [`EditError::NotAtEndOfMessage`]
    pub fn progress(&mut self) -> Result<(), EditError> {
        // smfi_progress: "Called only from xxfi_eom."
        if self.open != Some(Step::EndOfMessage) {
            return Err(EditError::NotAtEndOfMessage);
        }
        if self.replacement == Replacement::UnderWay {
            // Postfix takes any other response for the end of the new body.
            self.replacement = Replacement::Over;
        }
        Response::Progress.encode(&mut self.output);
        Ok(())
    }

    /// Changes the message. Only between [`Event::EndOfMessage`] and its reply.
    ///
    /// # Errors
    /// See [`EditError`]; nothing is sent then.
    pub fn edit(&mut self, edit: Edit<'_>) -> Result<(), EditError> {
        // xxfi_eom: "A filter is required to make all its modifications … in xxfi_eom."
        let (Some(Step::EndOfMessage), Some(negotiated)) = (self.open, self.negotiated) else {
            return Err(EditError::NotAtEndOfMessage);
        };
        if !negotiated.actions.contains(edit.action()) {
            return Err(EditError::NotNegotiated);
        }
        edit.check()?;
        if edit.data_bytes_max() >= limits::PACKET_BYTES_MAX_64K as usize {
            return Err(EditError::TooLong);
        }
        self.replacement = match (self.replacement, edit) {
            (Replacement::Over, Edit::ReplaceBody(_)) => return Err(EditError::BodyInterrupted),
            (_, Edit::ReplaceBody(_)) => Replacement::UnderWay,
            (Replacement::UnderWay, _) => Replacement::Over,
            (other, _) => other,
        };
        Response::Edit(edit.for_wire(negotiated.leading_space())).encode(&mut self.output);
        Ok(())
    }

    /// Deletes headers of one name, given by their occurrences (from 1, in any order), in the order that every MTA
    /// understands alike: see [`deletion_order`].
    ///
    /// # Errors
    /// See [`EditError`]; nothing is sent then.
    pub fn delete_headers(&mut self, name: &[u8], occurrences: &[u32]) -> Result<(), EditError> {
        if occurrences.contains(&0) {
            return Err(EditError::Occurrence);
        }
        deletion_order(occurrences)
            .into_iter()
            .try_for_each(|occurrence| self.edit(Edit::DeleteHeader { occurrence, name }))
    }

    /// Bytes for the MTA that were not yet [`written`](Self::written).
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Says that the first `count` bytes of [`output`](Self::output) are on their way.
    pub fn written(&mut self, count: usize) {
        self.written = self.written.saturating_add(count).min(self.output.len());
        if self.written == self.output.len() {
            self.written = 0;
            self.output.clear();
            if self.output.capacity() > limits::IDLE_BYTES_MAX {
                self.output = Vec::new();
            }
        }
    }

    /// All bytes for the MTA, as if [`written`](Self::written).
    pub fn take_output(&mut self) -> Vec<u8> {
        let output = self.output().to_vec();
        self.written(output.len());
        output
    }

    /// The macros that are in force now.
    #[must_use]
    pub fn macros(&self) -> &Macros {
        &self.macros
    }

    /// What was agreed on, once it was.
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_ref()
    }

    /// The step that waits for a reply: the MTA will send nothing before it has one.
    #[must_use]
    pub fn awaits_reply(&self) -> Option<Step> {
        self.open.filter(|step| self.negotiated.is_some_and(|negotiated| negotiated.reply_is_due(*step)))
    }

    /// Whether the conversation rests between two messages and between two packets, so that ending it loses nothing.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_none() && !self.phase.is_in_message() && self.input.unread().is_empty()
    }

    /// Works through packets until one of them is an event.
    fn advance(&mut self) -> Result<Option<Found>, ProtocolError> {
        loop {
            if self.open == Some(Step::EndOfMessage) || self.phase == Phase::Closed {
                return Ok(None);
            }
            // api: "SMFIS_CONTINUE as the default return code"
            let _ = self.reply(Reply::Continue);
            if self.chunk_left > 0 {
                match self.next_piece() {
                    Some(_) if !self.is_wanted(Step::Body) => continue,
                    Some(piece) => return Ok(Some(Found::Command(code::BODY, piece))),
                    None => {
                        self.rest();
                        return Ok(None);
                    }
                }
            }
            let (command_code, data_bytes) = match self.frame()? {
                Frame::Packet { code: command_code, data } => (command_code, data.len()),
                Frame::Incomplete { missing } => {
                    let Some(piece_bytes) = self.first_piece() else {
                        self.rest();
                        return Ok(None);
                    };
                    self.chunk_left = missing;
                    (code::BODY, piece_bytes)
                }
            };
            if std::mem::take(&mut self.macros_expire) {
                // smfi_getsymval: macros stay "until the end of the connection for the first two sets … and the end of
                // the message for the rest".
                self.macros.clear_from(Stage::Mail);
            }
            if let Some(found) = self.packet(command_code, data_bytes)? {
                return Ok(Some(found));
            }
        }
    }

    fn frame(&self) -> Result<Frame<'_>, ProtocolError> {
        frame(self.input.unread(), |command_code| match (&self.negotiated, command_code) {
            (None, _) => limits::NEGOTIATION_BYTES_MAX,
            (Some(_), code::HEADER) => limits::HEADER_PACKET_BYTES_MAX,
            (Some(negotiated), _) => negotiated.packet_size().bytes_max(),
        })
    }

    /// How much has come of the chunk at the front of the input, whose rest has not: something, where it may be handed
    /// out in pieces and follows what was said before.
    fn first_piece(&self) -> Option<usize> {
        let negotiated = self.negotiated.filter(|_| self.wanted.chunks == Chunks::AsTheyCome)?;
        // milter-protocol, SMFIC_BODY: one answer for each chunk; to several pieces there cannot be one.
        let may_begin = !negotiated.reply_is_due(Step::Body) && self.phase.leads_to(Phase::Body, &negotiated);
        let unread = self.input.unread();
        let is_chunk = unread.get(HEAD_BYTES - 1) == Some(&code::BODY);
        unread.len().checked_sub(HEAD_BYTES).filter(|here| may_begin && is_chunk && *here > 0)
    }

    /// What has come of the chunk under way.
    fn next_piece(&mut self) -> Option<Range<usize>> {
        let here = self.input.unread().len().min(self.chunk_left);
        if here == 0 {
            return None;
        }
        self.chunk_left -= here;
        self.open = Some(Step::Body);
        let start = self.input.consume(here);
        Some(start..start + here)
    }

    /// Gives memory back where nothing waits in it: a server holds many sessions.
    fn rest(&mut self) {
        self.input.release();
        if self.is_idle() {
            self.macros.release();
        }
    }

    /// Takes the packet at the front of the input, whose head and length are known to be good.
    fn packet(&mut self, command_code: u8, data_bytes: usize) -> Result<Option<Found>, ProtocolError> {
        if self.negotiated.is_none() && !matches!(command_code, code::NEGOTIATE | code::QUIT) {
            return Err(ProtocolError::NotNegotiated(command_code));
        }
        match command_code {
            code::NEGOTIATE => self.negotiate_packet(data_bytes),
            code::MACRO => self.macro_packet(data_bytes),
            code::ABORT => {
                self.consume(data_bytes);
                let found = self.abort();
                self.macros_expire |= found.is_some();
                Ok(found)
            }
            code::QUIT | code::QUIT_NEW_CONNECTION => Ok(Some(self.quit_packet(command_code, data_bytes))),
            _ => match Step::from_command_code(command_code) {
                Some(step) => self.step_packet(step, data_bytes),
                None => Err(ProtocolError::UnknownCommand(command_code)),
            },
        }
    }

    fn negotiate_packet(&mut self, data_bytes: usize) -> Result<Option<Found>, ProtocolError> {
        let data = self.consume(data_bytes);
        // libmilter ignores an offer at any other time; whoever sends one after "quit, new connection" waits for an
        // answer, and gets it.
        if !matches!(self.phase, Phase::Start | Phase::Negotiated) {
            return Ok(None);
        }
        let Command::Negotiate(offer) = Command::parse(code::NEGOTIATE, self.input.at(data))? else {
            return Err(ProtocolError::Malformed(code::NEGOTIATE));
        };
        Ok(Some(Found::Negotiated(self.agree(&offer)?)))
    }

    fn agree(&mut self, offer: &Offer) -> Result<Negotiated, ProtocolError> {
        let chosen = negotiate(&self.wanted, offer)?;
        encode_negotiation(&mut self.output, &chosen, &self.wanted.macros);
        self.negotiated = Some(chosen);
        self.phase = Phase::Negotiated;
        self.macros.clear_from(Stage::Connect);
        Ok(chosen)
    }

    fn macro_packet(&mut self, data_bytes: usize) -> Result<Option<Found>, ProtocolError> {
        let data = self.consume(data_bytes);
        let Command::Macro { command_code, definitions } = Command::parse(code::MACRO, self.input.at(data))? else {
            return Err(ProtocolError::Malformed(code::MACRO));
        };
        // milter-protocol, SMFIC_MACRO: "implementations MUST allow SMFIC_MACRO at any time, but the handling of
        // unspecified command codes … is currently undefined". Postfix sends some for headers and chunks, which
        // libmilter drops, as we do.
        if let Some(stage) = Stage::from_command_code(command_code) {
            self.macros.define(stage, definitions)?;
        }
        Ok(None)
    }

    fn quit_packet(&mut self, command_code: u8, data_bytes: usize) -> Found {
        // The message under way is given up first; the packet stays for the next call.
        if let Some(abort) = self.abort() {
            return abort;
        }
        self.phase = if command_code == code::QUIT { Phase::Closed } else { Phase::Negotiated };
        self.macros.clear_from(Stage::Connect);
        Found::Command(command_code, self.consume(data_bytes))
    }

    /// A command that takes the conversation a step further.
    fn step_packet(&mut self, step: Step, data_bytes: usize) -> Result<Option<Found>, ProtocolError> {
        let Some(negotiated) = self.negotiated else {
            return Err(ProtocolError::NotNegotiated(step.command_code()));
        };
        if let Some(to) = Phase::after(step) {
            if !self.phase.leads_to(to, &negotiated) {
                // As libmilter: give up the message, try again from HELO, else ignore the command without a word.
                if let Some(abort) = self.abort() {
                    return Ok(Some(abort));
                }
                if !Phase::Greeted.leads_to(to, &negotiated) {
                    self.consume(data_bytes);
                    return Ok(None);
                }
            }
            self.phase = to;
        }
        self.count(step)?;
        if let Step::Connect | Step::Helo | Step::Mail | Step::Recipient = step
            && let Some(stage) = Stage::from_command_code(step.command_code())
        {
            // As libmilter: what later stages said before does not hold any more after one of these.
            self.macros.clear_after(stage);
        }
        let data = self.consume(data_bytes);
        self.open = Some(step);
        match step {
            Step::EndOfMessage if !self.is_wanted(Step::Body) => {
                Ok(Some(Found::Command(step.command_code(), data.start..data.start)))
            }
            Step::EndOfMessage => Ok(Some(Found::Command(step.command_code(), data))),
            _ if !self.is_wanted(step) => Ok(None),
            Step::Header => self.find_header(data, negotiated.leading_space()).map(Some),
            _ => Ok(Some(Found::Command(step.command_code(), data))),
        }
    }

    fn is_wanted(&self, step: Step) -> bool {
        self.wanted.steps.contains(step) && !(step == Step::Body && self.body == BodyWish::NoMore)
    }

    /// Counts what a message may have only so many of.
    fn count(&mut self, step: Step) -> Result<(), ProtocolError> {
        match step {
            Step::Header => self.header_count += 1,
            Step::Recipient => self.recipient_count += 1,
            _ => {}
        }
        if self.header_count > limits::HEADER_COUNT_MAX {
            return Err(ProtocolError::HeaderCount);
        }
        if self.recipient_count > limits::RECIPIENT_COUNT_MAX {
            return Err(ProtocolError::RecipientCount);
        }
        Ok(())
    }

    /// Name and value of a header packet. Where the MTA takes the leading space away (the first one, and no tab), it is
    /// put back in the place of the NUL in front of the value, so that values always are everything after the colon.
    fn find_header(&mut self, data: Range<usize>, leading_space: LeadingSpace) -> Result<Found, ProtocolError> {
        let bytes = self.input.at(data.clone());
        let (Some(name_bytes), Some(0)) = (bytes.iter().position(|byte| *byte == 0), bytes.last()) else {
            return Err(ProtocolError::Malformed(code::HEADER));
        };
        let name = data.start..data.start + name_bytes;
        let value = name.end + 1..data.end - 1;
        if value.start > value.end {
            return Err(ProtocolError::Malformed(code::HEADER));
        }
        match (leading_space, bytes.get(name_bytes + 1)) {
            (LeadingSpace::Kept, _) | (LeadingSpace::Assumed, Some(b'\t')) => Ok(Found::Header { name, value }),
            (LeadingSpace::Assumed, _) => {
                if let Some(nul) = self.input.at_mut(name.end) {
                    *nul = b' ';
                }
                Ok(Found::Header { value: name.end..value.end, name })
            }
        }
    }

    /// Gives up the message that is under way, if there is one.
    fn abort(&mut self) -> Option<Found> {
        // xxfi_abort: "may be called at any time during message processing", not when the filter has already decided.
        self.phase.is_in_message().then(|| {
            self.end_message();
            Found::Abort
        })
    }

    /// Forgets what belongs to one message. Several may come over one connection.
    fn end_message(&mut self) {
        self.phase = Phase::Greeted;
        self.header_count = 0;
        self.recipient_count = 0;
        self.body = BodyWish::More;
        self.replacement = Replacement::None;
    }

    fn consume(&mut self, data_bytes: usize) -> Range<usize> {
        let start = self.input.consume(HEAD_BYTES + data_bytes) + HEAD_BYTES;
        start..start + data_bytes
    }
}

fn read_event<'a>(input: &'a Buffer, found: &Found) -> Result<Event<'a>, ProtocolError> {
    let (command_code, data) = match found {
        Found::Negotiated(negotiated) => return Ok(Event::Negotiated(*negotiated)),
        Found::Abort => return Ok(Event::Abort),
        Found::Header { name, value } => {
            return Ok(Event::Header { name: input.at(name.clone()), value: input.at(value.clone()) });
        }
        Found::Command(command_code, data) => (*command_code, input.at(data.clone())),
    };
    Ok(match Command::parse(command_code, data)? {
        Command::Connect { hostname, address } => Event::Connect { hostname, address },
        Command::Helo { name } => Event::Helo { name },
        Command::Mail { sender, arguments } => Event::Mail { sender, arguments },
        Command::Recipient { recipient, arguments } => Event::Recipient { recipient, arguments },
        Command::Data => Event::Data,
        Command::Header { name, value } => Event::Header { name, value },
        Command::EndOfHeaders => Event::EndOfHeaders,
        Command::Body(chunk) => Event::Body(chunk),
        Command::EndOfMessage { last_chunk } => Event::EndOfMessage { last_chunk },
        Command::Abort => Event::Abort,
        Command::Unknown { line } => Event::Unknown { line },
        Command::QuitNewConnection => Event::QuitNewConnection,
        Command::Quit => Event::Quit,
        Command::Negotiate(_) | Command::Macro { .. } => return Err(ProtocolError::UnknownCommand(command_code)),
    })
}

fn response_to(reply: Reply<'_>, can_skip: bool) -> Response<'_> {
    match reply {
        Reply::Continue => Response::Continue,
        Reply::Accept => Response::Accept,
        Reply::Reject => Response::Reject,
        Reply::TemporaryFailure => Response::TemporaryFailure,
        Reply::Discard => Response::Discard,
        Reply::Skip if can_skip => Response::Skip,
        Reply::Skip => Response::Continue,
        Reply::Code(text) => Response::ReplyCode(text.wire()),
        Reply::Shutdown => Response::Shutdown,
        Reply::ConnectionFailure => Response::ConnectionFailure,
    }
}

/// Whether the documentation gives this reply a meaning at this step.
fn exists_at(reply: Reply<'_>, step: Step) -> bool {
    match reply {
        // api, SMFIS_SKIP: "only allowed in xxfi_body()"
        Reply::Skip => step == Step::Body,
        // xxfi_connect: "Undefined behaviour; do not use."
        Reply::Discard => !matches!(step, Step::Connect | Step::Helo | Step::Unknown),
        // xxfi_unknown: "The SMTP command will always be rejected by the server"
        Reply::Accept => step != Step::Unknown,
        _ => true,
    }
}

/// Whether the filter is done with the message after this reply.
fn ends_message(reply: Reply<'_>, step: Step) -> bool {
    match step {
        Step::EndOfMessage => true,
        Step::Connect | Step::Helo | Step::Unknown => false,
        // api: for a recipient-oriented routine, a refusal means "only fail for the current recipient; continue
        // message processing".
        Step::Recipient => matches!(reply, Reply::Accept | Reply::Discard | Reply::Shutdown | Reply::ConnectionFailure),
        _ => !matches!(reply, Reply::Continue | Reply::Skip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Command;

    #[test]
    fn of_a_chunk_that_comes_in_pieces_nothing_is_kept() {
        let mut session = Session::new(Arc::new(Wanted { chunks: Chunks::AsTheyCome, ..Wanted::default() }));
        let (mut stream, chunk) = (Vec::new(), vec![b'x'; limits::BODY_CHUNK_BYTES_MAX]);
        Command::Negotiate(Offer::postfix()).encode(&mut stream);
        Command::Connect { hostname: b"h", address: Address::Unknown }.encode(&mut stream);
        Command::Mail { sender: b"<>", arguments: Arguments::default() }.encode(&mut stream);
        Command::Recipient { recipient: b"<a@example.jp>", arguments: Arguments::default() }.encode(&mut stream);
        Command::Body(&chunk).encode(&mut stream);
        let (mut body_bytes, mut kept_bytes_max) = (0, 0);
        for piece in stream.chunks(1_000) {
            session.feed(piece);
            while let Some(turn) = session.next_event().unwrap() {
                if let Event::Body(piece) = turn.event {
                    body_bytes += piece.len();
                }
            }
            kept_bytes_max = kept_bytes_max.max(session.input.unread().len());
        }
        assert_eq!(body_bytes, chunk.len());
        assert!(kept_bytes_max < 1_000, "{kept_bytes_max}");
        assert_eq!(session.awaits_reply(), None);
    }
}
