//! The MTA's side of the conversation, for tests, load and tools.
//!
//! [`Mta`] sends one command at a time and knows whether a reply is to come; it is strict about what the filter may
//! say. [`Delivery`] drives it through a whole message.

use thiserror::Error;

use crate::codec::{Address, Arguments, Command, Frame, HEAD_BYTES, Response, code, frame};
use crate::reply::without_doubled_percent;
use crate::{Actions, Negotiated, Offer, ProtocolError, Stage, Step, buffer::Buffer, limits};

/// The MTA's side of one connection to a filter.
#[derive(Debug)]
pub struct Mta {
    input: Buffer,
    output: Vec<u8>,
    state: State,
    /// The macros that the filter has asked for, per stage, names separated by spaces.
    symbol_lists: Option<Vec<(Stage, Vec<u8>)>>,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was sent, and the filter will answer.
    AnswerComes,
    /// It was sent, and the filter will not answer.
    NoAnswer,
    /// It was not sent, because the filter does not want it.
    NotSent,
}

/// A command cannot be sent while an answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an answer of the filter is awaited")]
pub struct Waiting;

/// What decides whether a response is allowed.
#[derive(Debug)]
struct State {
    offer: Offer,
    negotiated: Option<Negotiated>,
    /// The command whose answer is awaited.
    awaited: Option<u8>,
    /// The filter wants no more of this.
    skipped: Option<Step>,
}

impl Mta {
    /// An MTA that has just connected to a filter; its offer is in the output.
    #[must_use]
    pub fn new(offer: Offer) -> Self {
        let mut output = Vec::new();
        Command::Negotiate(offer).encode(&mut output);
        let state = State { offer, negotiated: None, awaited: Some(code::NEGOTIATE), skipped: None };
        Self { input: Buffer::default(), output, state, symbol_lists: None }
    }

    /// Sends a command, if the filter wants it.
    ///
    /// # Errors
    /// [`Waiting`]; nothing is sent then.
    pub fn send(&mut self, command: &Command<'_>) -> Result<Sent, Waiting> {
        if self.state.awaited.is_some() {
            return Err(Waiting);
        }
        let step = Step::from_command_code(command.code());
        if self.state.skipped.is_some() && self.state.skipped != step {
            self.state.skipped = None;
        }
        let (Some(step), Some(negotiated)) = (step, self.state.negotiated) else {
            command.encode(&mut self.output);
            return Ok(Sent::NoAnswer);
        };
        if negotiated.is_not_sent(step) || self.state.skipped == Some(step) || !is_in_version(step, negotiated.version)
        {
            return Ok(Sent::NotSent);
        }
        command.encode(&mut self.output);
        if !negotiated.reply_is_due(step) {
            return Ok(Sent::NoAnswer);
        }
        self.state.awaited = Some(command.code());
        Ok(Sent::AnswerComes)
    }

    /// Sends macros, as far as the filter wants them. Names longer than one letter are put in braces.
    pub fn send_macros<'m>(&mut self, stage: Stage, macros: impl IntoIterator<Item = (&'m [u8], &'m [u8])>) {
        let mut definitions = Vec::new();
        for (name, value) in macros.into_iter().filter(|(name, _)| self.wants_macro(stage, name)) {
            let (open, close) = if name.len() > 1 { (&b"{"[..], &b"}\0"[..]) } else { (&b""[..], &b"\0"[..]) };
            for part in [open, name, close, value, b"\0"] {
                definitions.extend_from_slice(part);
            }
        }
        if !definitions.is_empty() {
            let command = Command::Macro { command_code: stage.command_code(), definitions: &definitions };
            command.encode(&mut self.output);
        }
    }

    /// Whether an answer of the filter is awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state.awaited.is_some()
    }

    /// What was agreed on, once it was.
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.state.negotiated.as_ref()
    }

    /// Takes bytes from the filter, in whatever pieces they come.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.append(bytes);
    }

    /// Room to read from the socket into; then call [`filled`](Self::filled). Never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.input.space(0)
    }

    /// Says that the first `count` bytes of [`space`](Self::space) were filled.
    pub fn filled(&mut self, count: usize) {
        self.input.filled(count);
    }

    /// Bytes for the filter; they are taken out.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The next response of the filter, or `None`: more bytes are needed.
    ///
    /// # Errors
    /// The filter broke the protocol; the connection is to be closed.
    pub fn receive(&mut self) -> Result<Option<Response<'_>>, ProtocolError> {
        let Frame::Packet { code: response_code, data } = frame(self.input.unread(), |_| limits::PACKET_BYTES_MAX_1M)?
        else {
            return Ok(None);
        };
        let data_bytes = data.len();
        let start = self.input.consume(HEAD_BYTES + data_bytes) + HEAD_BYTES;
        let response = Response::parse(response_code, self.input.at(start..start + data_bytes))?;
        self.state.take(&response)?;
        if let Response::Negotiate { chosen, symbol_lists } = response
            && chosen.actions.contains(Actions::SET_SYMBOL_LIST)
        {
            let lists: Vec<_> = symbol_lists.iter().map(|(stage, names)| (stage, names.to_vec())).collect();
            self.symbol_lists = Some(lists).filter(|lists| !lists.is_empty());
        }
        Ok(Some(response))
    }

    fn wants_macro(&self, stage: Stage, name: &[u8]) -> bool {
        // As Postfix: once the filter names macros at all, other stages send none.
        self.symbol_lists.as_ref().is_none_or(|lists| {
            lists.iter().filter(|(listed, _)| *listed == stage).any(|(_, names)| {
                names.split(|byte| *byte == b' ').any(|wanted| {
                    wanted.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(wanted) == name
                })
            })
        })
    }
}

impl State {
    /// Checks that this response may come now, and notes what it means for what comes next.
    fn take(&mut self, response: &Response<'_>) -> Result<(), ProtocolError> {
        let unexpected = Err(ProtocolError::UnexpectedResponse(response.code()));
        let Some(awaited) = self.awaited else {
            return unexpected;
        };
        if (awaited == code::NEGOTIATE) != matches!(response, Response::Negotiate { .. }) {
            return unexpected;
        }
        match *response {
            Response::Negotiate { chosen, .. } => {
                if chosen.version > self.offer.version
                    || chosen.version < crate::VERSION_MIN
                    || !self.offer.actions.contains(chosen.actions)
                    || !self.offer.protocol.contains(chosen.protocol)
                {
                    return Err(ProtocolError::NotOffered);
                }
                self.negotiated = Some(chosen);
            }
            Response::Edit(edit) => {
                let allowed = self.negotiated.is_some_and(|negotiated| negotiated.actions.contains(edit.action()));
                return if awaited == code::END_OF_MESSAGE && allowed { Ok(()) } else { unexpected };
            }
            Response::Progress => return Ok(()),
            Response::Skip => {
                let understood =
                    self.negotiated.is_some_and(|negotiated| negotiated.protocol.contains(crate::Protocol::SKIP));
                if !understood || awaited != code::BODY {
                    return unexpected;
                }
                self.skipped = Some(Step::Body);
            }
            _ => {}
        }
        self.awaited = None;
        Ok(())
    }
}

/// milter-protocol knows neither DATA nor unknown commands; they came with versions 4 and 3.
const fn is_in_version(step: Step, version: u32) -> bool {
    match step {
        Step::Data => version >= 4,
        Step::Unknown => version >= 3,
        _ => true,
    }
}

/// A message and where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Message<'a> {
    /// Name of the SMTP client.
    pub hostname: &'a [u8],
    /// Address of the SMTP client; `None` is [`Address::Unknown`].
    pub address: Option<Address<'a>>,
    /// What it called itself.
    pub helo: &'a [u8],
    /// Macros by stage: name without braces, value.
    pub macros: Vec<(Stage, &'a [u8], &'a [u8])>,
    /// Envelope sender, with angle brackets.
    pub sender: &'a [u8],
    /// What came with MAIL: `SMTPUTF8`, `SIZE=…`.
    pub sender_arguments: Arguments<'a>,
    /// Envelope recipients, with angle brackets.
    pub recipients: Vec<&'a [u8]>,
    /// Headers: name, and everything after the colon, lines separated by LF.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    /// Body, with CRLF.
    pub body: &'a [u8],
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted, perhaps with edits.
    Accepted,
    /// Accepted and dropped.
    Discarded,
    /// Refused for good.
    Rejected,
    /// Refused for now.
    TemporarilyFailed,
    /// Refused in the filter's words: code, text, lines separated by CRLF, percent signs single.
    Code(Vec<u8>),
    /// 421 and closed.
    ShutDown,
    /// SMTP connection broken.
    ConnectionFailed,
    /// All recipients were refused.
    NoRecipients,
}

/// What the filter did with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The end of it.
    pub verdict: Verdict,
    /// The step at which the verdict fell.
    pub step: Step,
    /// Recipients that were refused, by their place in the message's list.
    pub refused_recipients: Vec<usize>,
    /// How often the filter said that it was still at work.
    pub progress_count: u32,
    /// Edits, each as its packet.
    edits: Vec<Vec<u8>>,
}

impl Outcome {
    /// The edits, in the order in which they came, header values as on the wire.
    pub fn edits(&self) -> impl Iterator<Item = crate::Edit<'_>> {
        self.edits.iter().filter_map(|packet| {
            let Ok(Frame::Packet { code, data }) = frame(packet, |_| u32::MAX) else {
                return None;
            };
            match Response::parse(code, data) {
                Ok(Response::Edit(edit)) => Some(edit),
                _ => None,
            }
        })
    }
}

/// How far a delivery is.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Move the output to the filter and feed its answer.
    Waiting,
    /// Done. There may be output left to move.
    Done(Outcome),
}

/// One message on its way through a filter.
#[derive(Debug)]
pub struct Delivery<'a> {
    message: &'a Message<'a>,
    /// The step to send next, and which of its kind.
    next: (Step, usize),
    /// The step whose answer is awaited.
    asked: Step,
    outcome: Outcome,
    done: bool,
    abort_sent: bool,
}

impl<'a> Delivery<'a> {
    /// The first message of an SMTP connection: begins with the connection.
    #[must_use]
    pub fn first(message: &'a Message<'a>) -> Self {
        Self::from_step(message, Step::Connect)
    }

    /// A further message of an SMTP connection: begins with MAIL.
    #[must_use]
    pub fn further(message: &'a Message<'a>) -> Self {
        Self::from_step(message, Step::Mail)
    }

    /// Sends and receives as far as it goes.
    ///
    /// # Errors
    /// The filter broke the protocol.
    pub fn advance(&mut self, mta: &mut Mta) -> Result<Progress, ProtocolError> {
        loop {
            while mta.is_waiting() {
                match mta.receive()? {
                    Some(response) => self.take(&response),
                    None => return Ok(Progress::Waiting),
                }
            }
            if self.done {
                self.abort_if_due(mta);
                return Ok(Progress::Done(self.outcome.clone()));
            }
            self.send_next(mta);
        }
    }

    fn from_step(message: &'a Message<'a>, step: Step) -> Self {
        let outcome = Outcome {
            verdict: Verdict::Accepted,
            step,
            refused_recipients: Vec::new(),
            progress_count: 0,
            edits: Vec::new(),
        };
        Self { message, next: (step, 0), asked: step, outcome, done: false, abort_sent: false }
    }

    fn send_next(&mut self, mta: &mut Mta) {
        let (step, index) = self.next;
        if step == Step::Data && self.outcome.refused_recipients.len() == self.message.recipients.len() {
            return self.finish(Step::Recipient, Verdict::NoRecipients);
        }
        let Some((command, following)) = self.command(step, index) else {
            self.next = (following_step(step), 0);
            return;
        };
        if let Some(stage) = Stage::from_command_code(step.command_code()) {
            let macros = self.message.macros.iter().filter(|(of, ..)| *of == stage);
            mta.send_macros(stage, macros.map(|(_, name, value)| (*name, *value)));
        }
        self.asked = step;
        self.next = following;
        let _ = mta.send(&command);
    }

    /// The command of a step, and what follows it; `None` if there is none (any more).
    fn command(&self, step: Step, index: usize) -> Option<(Command<'a>, (Step, usize))> {
        let message = self.message;
        let more = (step, index + 1);
        let then = (following_step(step), 0);
        Some(match step {
            Step::Connect => {
                let address = message.address.unwrap_or(Address::Unknown);
                (Command::Connect { hostname: message.hostname, address }, then)
            }
            Step::Helo => (Command::Helo { name: message.helo }, then),
            Step::Mail => (Command::Mail { sender: message.sender, arguments: message.sender_arguments }, then),
            Step::Recipient => {
                let recipient = message.recipients.get(index)?;
                (Command::Recipient { recipient, arguments: Arguments::default() }, more)
            }
            Step::Data => (Command::Data, then),
            Step::Header => {
                let (name, value) = message.headers.get(index)?;
                (Command::Header { name, value }, more)
            }
            Step::EndOfHeaders => (Command::EndOfHeaders, then),
            Step::Body => (Command::Body(message.body.chunks(limits::BODY_CHUNK_BYTES_MAX).nth(index)?), more),
            Step::EndOfMessage => (Command::EndOfMessage { last_chunk: b"" }, then),
            Step::Unknown => return None,
        })
    }

    fn take(&mut self, response: &Response<'_>) {
        let verdict = match response {
            Response::Edit(_) => {
                let mut packet = Vec::new();
                response.encode(&mut packet);
                self.outcome.edits.push(packet);
                return;
            }
            Response::Progress => {
                self.outcome.progress_count += 1;
                return;
            }
            Response::Continue if self.asked == Step::EndOfMessage => Verdict::Accepted,
            Response::Continue | Response::Skip | Response::Negotiate { .. } => return,
            Response::Accept => Verdict::Accepted,
            Response::Discard => Verdict::Discarded,
            Response::Reject => Verdict::Rejected,
            Response::TemporaryFailure => Verdict::TemporarilyFailed,
            Response::ReplyCode(text) => Verdict::Code(without_doubled_percent(text)),
            Response::Shutdown => Verdict::ShutDown,
            Response::ConnectionFailure => Verdict::ConnectionFailed,
        };
        let refusal = matches!(verdict, Verdict::Rejected | Verdict::TemporarilyFailed | Verdict::Code(_));
        match (self.asked, refusal) {
            (Step::Recipient, true) => self.outcome.refused_recipients.push(self.next.1.saturating_sub(1)),
            (step, _) => self.finish(step, verdict),
        }
    }

    /// A message that ends before its end is given up, once.
    fn abort_if_due(&mut self, mta: &mut Mta) {
        let in_message = !matches!(self.outcome.step, Step::Connect | Step::Helo | Step::EndOfMessage);
        if in_message && !std::mem::replace(&mut self.abort_sent, true) {
            let _ = mta.send(&Command::Abort);
        }
    }

    fn finish(&mut self, step: Step, verdict: Verdict) {
        self.outcome.step = step;
        self.outcome.verdict = verdict;
        self.done = true;
    }
}

/// The order of a message's steps.
const fn following_step(step: Step) -> Step {
    match step {
        Step::Connect => Step::Helo,
        Step::Helo => Step::Mail,
        Step::Mail => Step::Recipient,
        Step::Recipient => Step::Data,
        Step::Data => Step::Header,
        Step::Header => Step::EndOfHeaders,
        Step::EndOfHeaders => Step::Body,
        Step::Body | Step::EndOfMessage | Step::Unknown => Step::EndOfMessage,
    }
}
