//! One connection of an MTA: a machine that is fed with bytes, and asks the handler.

use std::fmt::{self, Write as _};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::timeout;

use super::command::Command;
use super::{LmtpHandler, LmtpMessage, LmtpOptions, LmtpReply, Refusal};
use crate::conversation::{Conversation, Peer};
use crate::limits::{LMTP_BAD_COMMAND_COUNT_MAX, LMTP_COMMAND_BYTES_MAX, LMTP_TEXT_BYTES_MAX};
use crate::submission::EnhancedCode;

/// What all connections share.
pub(super) struct Shared<H> {
    options: LmtpOptions,
    handler: Arc<H>,
    /// Bytes of messages in memory.
    buffered_bytes: AtomicUsize,
}

/// A connection.
pub(super) struct Session<H> {
    shared: Arc<Shared<H>>,
    peer: Peer,
    input: Vec<u8>,
    output: Vec<u8>,
    is_greeted: bool,
    transaction: Option<Transaction<H>>,
    /// What the handler is asked; while it thinks, no command is read.
    question: Option<Question<H>>,
    bad_command_count: usize,
    is_finished: bool,
    /// Why it is finished, when that is our will.
    abuse: Option<Abuse>,
}

/// From MAIL to the end of the message.
struct Transaction<H> {
    sender: String,
    is_smtputf8: bool,
    recipients: Vec<String>,
    /// The message while it comes.
    data: Option<Incoming<H>>,
}

struct Incoming<H> {
    bytes: Vec<u8>,
    room: Room<H>,
    /// The next byte is the first of a line.
    begins_line: bool,
    /// Why the message is not kept.
    overflow: Option<LmtpReply>,
}

/// A part of the room for all messages; given back when dropped.
struct Room<H> {
    shared: Arc<Shared<H>>,
    bytes: usize,
}

struct Question<H> {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
    /// Held until the handler has let go of the message.
    _room: Option<Room<H>>,
}

enum Answer {
    Recipient(String, LmtpReply),
    /// For so many recipients.
    Message(usize, Vec<LmtpReply>),
}

/// Why a connection is ended by us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Abuse {
    BareLineBreak,
    LongLine,
    Bdat,
    TooManyErrors,
}

/// How far the bytes have led.
enum Progress {
    /// On to the next.
    More,
    /// More must come, or the handler is asked.
    Wait,
}

impl<H> Shared<H> {
    pub(super) fn new(options: LmtpOptions, handler: Arc<H>) -> Self {
        Self { options, handler, buffered_bytes: AtomicUsize::new(0) }
    }
}

impl<H: LmtpHandler> Session<H> {
    pub(super) fn new(shared: Arc<Shared<H>>, peer: Peer) -> Self {
        let output = format!("220 {} LMTP ready\r\n", shared.options.host_name).into_bytes();
        Self {
            shared,
            peer,
            input: Vec::new(),
            output,
            is_greeted: false,
            transaction: None,
            question: None,
            bad_command_count: 0,
            is_finished: false,
            abuse: None,
        }
    }

    /// Takes what has come as far as it goes.
    fn go_on(&mut self) {
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while self.question.is_none() && !self.is_finished {
            let progress = match self.transaction.as_mut().and_then(|transaction| transaction.data.as_mut()) {
                Some(data) => match data.take(&mut rest, &self.shared.options) {
                    true => {
                        self.end_of_data();
                        Ok(Progress::More)
                    }
                    false => Ok(Progress::Wait),
                },
                None => self.command_line(&mut rest),
            };
            match progress {
                Ok(Progress::More) => {}
                Ok(Progress::Wait) => break,
                Err(abuse) => {
                    (self.abuse, self.is_finished) = (Some(abuse), true);
                    self.transaction = None;
                }
            }
        }
        self.input = rest.to_vec();
    }

    fn command_line(&mut self, rest: &mut &[u8]) -> Result<Progress, Abuse> {
        let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n' | b'\0')) else {
            return if rest.len() > LMTP_COMMAND_BYTES_MAX {
                Err(self.abuse(Abuse::LongLine))
            } else {
                Ok(Progress::Wait)
            };
        };
        let (line, behind) = rest.split_at(end);
        match behind {
            b"\r" => return Ok(Progress::Wait),
            [b'\r', b'\n', ..] => {}
            // RFC 5321 §2.3.8: nothing but CRLF ends a line.
            _ => return Err(self.abuse(Abuse::BareLineBreak)),
        }
        if line.len() > LMTP_COMMAND_BYTES_MAX {
            return Err(self.abuse(Abuse::LongLine));
        }
        *rest = &behind[2..];
        let bad_before = self.bad_command_count;
        self.command(Command::parse(line))?;
        if self.bad_command_count > bad_before && self.bad_command_count >= LMTP_BAD_COMMAND_COUNT_MAX {
            return Err(self.abuse(Abuse::TooManyErrors));
        }
        Ok(Progress::More)
    }

    fn command(&mut self, command: Command) -> Result<(), Abuse> {
        match command {
            Command::Lhlo => self.lhlo(),
            // RFC 2033 §4.1: HELO and EHLO are not answered with a yes; 500 is recommended.
            Command::Smtp => self.bad(500, "5.5.1", "this is LMTP: say LHLO"),
            Command::Mail { sender, parameters } => self.mail(sender, &parameters),
            Command::Rcpt { recipient, parameters } => self.rcpt(recipient, &parameters),
            Command::Data => self.data(),
            Command::Rset => {
                self.transaction = None;
                self.say(250, "2.0.0", "forgotten");
            }
            Command::Noop => self.say(250, "2.0.0", "still here"),
            // RFC 5321 §3.5.3: 252 says that nobody was verified.
            Command::Vrfy => self.say(252, "2.5.0", "nobody is verified here; send the mail"),
            Command::Quit => {
                self.say(221, "2.0.0", "bye");
                self.transaction = None;
                self.is_finished = true;
            }
            // The bytes that follow are no commands, and must not be read as some.
            Command::Bdat => return Err(self.abuse(Abuse::Bdat)),
            Command::Unknown => self.bad(500, "5.5.2", "no such command"),
            Command::Arguments => self.bad(501, "5.5.4", "the command wants something else behind it"),
            Command::BadAddress => self.bad(501, "5.1.3", "that is no address"),
        }
        Ok(())
    }

    fn lhlo(&mut self) {
        // RFC 5321 §4.1.4: a greeting begins anew.
        (self.is_greeted, self.transaction) = (true, None);
        let options = &self.shared.options;
        // RFC 2033 §5: PIPELINING and ENHANCEDSTATUSCODES must be there, 8BITMIME should be.
        let reply = format!(
            "250-{}\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {}\r\n",
            options.host_name, options.message_bytes_max
        );
        self.output.extend_from_slice(reply.as_bytes());
    }

    fn mail(&mut self, sender: String, parameters: &[String]) {
        if !self.is_greeted || self.transaction.is_some() {
            return self.bad(503, "5.5.1", "not now");
        }
        let mut is_smtputf8 = false;
        for parameter in parameters {
            match parameter.split_once('=').unwrap_or((parameter, "")) {
                ("SMTPUTF8", "") => is_smtputf8 = true,
                ("BODY", "7BIT" | "8BITMIME") => {}
                ("SIZE", digits) if is_number(digits) => {
                    let is_small =
                        digits.parse::<usize>().is_ok_and(|size| size <= self.shared.options.message_bytes_max);
                    if !is_small {
                        // RFC 1870 §6.1: what is too large by what is said of it is refused before it comes.
                        return self.say(552, "5.3.4", "too large");
                    }
                }
                // RFC 5321 §4.1.1.11: a parameter that was not offered.
                _ => return self.bad(555, "5.5.4", "no such parameter"),
            }
        }
        if !sender.is_ascii() && !is_smtputf8 {
            return self.say(550, "5.6.7", "an address that is not ASCII wants SMTPUTF8");
        }
        self.transaction = Some(Transaction { sender, is_smtputf8, recipients: Vec::new(), data: None });
        self.say(250, "2.1.0", "go on");
    }

    fn rcpt(&mut self, recipient: String, parameters: &[String]) {
        let Some(transaction) = &self.transaction else { return self.bad(503, "5.5.1", "the sender comes first") };
        if !parameters.is_empty() {
            return self.bad(555, "5.5.4", "no such parameter");
        }
        if !recipient.is_ascii() && !transaction.is_smtputf8 {
            return self.say(553, "5.6.7", "an address that is not ASCII wants SMTPUTF8");
        }
        if transaction.recipients.len() >= self.shared.options.recipient_count_max {
            // RFC 5321 §4.5.3.1.10: the rest may come with another message.
            return self.say(452, "4.5.3", "too many recipients");
        }
        let (handler, sender) = (Arc::clone(&self.shared.handler), transaction.sender.clone());
        let wait = self.shared.options.handler_timeout;
        let answer = Box::pin(async move {
            let reply = timeout(wait, handler.recipient(&sender, &recipient)).await;
            Answer::Recipient(recipient, reply.unwrap_or_else(|_| no_answer()))
        });
        self.question = Some(Question { answer, _room: None });
    }

    fn data(&mut self) {
        match &mut self.transaction {
            Some(transaction) if !transaction.recipients.is_empty() => {
                let room = Room { shared: Arc::clone(&self.shared), bytes: 0 };
                transaction.data = Some(Incoming { bytes: Vec::new(), room, begins_line: true, overflow: None });
                self.output.extend_from_slice(b"354 the message, and a dot alone on a line\r\n");
            }
            // RFC 2033 §4.2: without a successful RCPT, DATA fails with 503.
            _ => self.bad(503, "5.5.1", "nobody would receive it"),
        }
    }

    /// The message is there: the handler is asked, or everybody hears why it was not kept.
    fn end_of_data(&mut self) {
        let Some(transaction) = self.transaction.take() else { return };
        let Some(data) = transaction.data else { return };
        let count = transaction.recipients.len();
        if let Some(reply) = data.overflow {
            return self.answer(Answer::Message(count, vec![reply; count]));
        }
        let message = LmtpMessage {
            peer: self.peer.clone(),
            sender: transaction.sender,
            recipients: transaction.recipients,
            is_smtputf8: transaction.is_smtputf8,
            bytes: data.bytes,
        };
        let (handler, wait) = (Arc::clone(&self.shared.handler), self.shared.options.handler_timeout);
        let answer = Box::pin(async move {
            let replies = timeout(wait, handler.message(message)).await;
            Answer::Message(count, replies.unwrap_or_else(|_| vec![no_answer(); count]))
        });
        self.question = Some(Question { answer, _room: Some(data.room) });
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Recipient(recipient, LmtpReply::Accept) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.recipients.push(recipient);
                }
                self.say(250, "2.1.5", "go on");
            }
            Answer::Recipient(_, reply) => self.tell(&reply),
            Answer::Message(count, replies) => {
                // RFC 2033 §4.2: one reply for each recipient that was accepted, in their order.
                let missing = LmtpReply::later(451, "4.3.0", "nothing was said of this recipient");
                let replies = replies.iter().chain(std::iter::repeat(&missing));
                for reply in replies.take(count) {
                    self.tell(reply);
                }
            }
        }
    }

    fn tell(&mut self, reply: &LmtpReply) {
        match reply {
            LmtpReply::Accept => self.say(250, "2.0.0", "taken"),
            LmtpReply::Refuse(refusal) => self.refuse(refusal, 5, 550, "5.0.0"),
            LmtpReply::Later(refusal) => self.refuse(refusal, 4, 451, "4.0.0"),
        }
    }

    fn refuse(&mut self, refusal: &Refusal, class: u8, code: u16, enhanced: &str) {
        let first = u16::from(class) * 100;
        // 421 would say that the connection ends, which is not the handler's affair.
        let is_fitting = (first..first + 60).contains(&refusal.code) && refusal.code != 421;
        let code = if is_fitting { refusal.code } else { code };
        let enhanced = match refusal.enhanced {
            Some(code) if code.class == class => code.to_string(),
            _ => enhanced.to_owned(),
        };
        self.say(code, &enhanced, &refusal.text);
    }

    /// RFC 2034 §4: the enhanced code stands before the text of every reply of 2xx, 4xx and 5xx.
    fn say(&mut self, code: u16, enhanced: &str, text: &str) {
        let safe = text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' });
        let text: String = safe.take(LMTP_TEXT_BYTES_MAX).collect();
        let mut line = String::new();
        // A String takes everything.
        let _ = write!(line, "{code} {enhanced} {text}\r\n");
        self.output.extend_from_slice(line.as_bytes());
    }

    fn bad(&mut self, code: u16, enhanced: &str, text: &str) {
        self.bad_command_count += 1;
        self.say(code, enhanced, text);
    }

    fn abuse(&mut self, abuse: Abuse) -> Abuse {
        let (code, enhanced) = match abuse {
            Abuse::BareLineBreak | Abuse::LongLine => (500, "5.5.2"),
            Abuse::Bdat => (502, "5.5.1"),
            Abuse::TooManyErrors => (421, "4.7.0"),
        };
        self.say(code, enhanced, &abuse.to_string());
        abuse
    }
}

impl<H: LmtpHandler> Conversation for Session<H> {
    type Error = Abuse;

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Abuse> {
        self.input.extend_from_slice(bytes);
        self.go_on();
        self.abuse.map_or(Ok(()), Err)
    }

    fn output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.output);
    }

    async fn drive(&mut self) {
        let Some(question) = &mut self.question else { return pending().await };
        let answer = question.answer.as_mut().await;
        self.question = None;
        self.answer(answer);
        self.go_on();
    }

    fn wants_input(&self) -> bool {
        self.question.is_none() && !self.is_finished
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn is_between_messages(&self) -> bool {
        self.transaction.is_none() && self.question.is_none()
    }
}

impl<H> Incoming<H> {
    /// Takes what belongs to the message; whether it has ended.
    fn take(&mut self, rest: &mut &[u8], options: &LmtpOptions) -> bool {
        while !rest.is_empty() {
            if self.begins_line && rest[0] == b'.' {
                // RFC 5321 §4.1.1.4: CRLF, a dot and CRLF end the data, and nothing that looks like it.
                if let Some(behind) = rest.strip_prefix(b".\r\n") {
                    *rest = behind;
                    return true;
                }
                if b".\r\n".starts_with(rest) {
                    return false;
                }
                // RFC 5321 §4.5.2: another line that begins with a dot has one dot too many.
                *rest = &rest[1..];
            }
            self.begins_line = false;
            let length = match rest.windows(2).position(|pair| pair == b"\r\n") {
                Some(at) => {
                    self.begins_line = true;
                    at + 2
                }
                // A CR at the end may be the half of a line's end.
                None if rest.ends_with(b"\r") => rest.len() - 1,
                None => rest.len(),
            };
            let (part, behind) = rest.split_at(length);
            *rest = behind;
            self.keep(part, options);
            if length == 0 || (!self.begins_line && !rest.is_empty()) {
                return false;
            }
        }
        false
    }

    fn keep(&mut self, part: &[u8], options: &LmtpOptions) {
        if self.overflow.is_some() {
            return;
        }
        if self.bytes.len() + part.len() > options.message_bytes_max {
            self.give_up(LmtpReply::refuse(552, "5.3.4", "too large"));
        } else if self.room.grow(part.len(), options.buffered_bytes_max) {
            self.bytes.extend_from_slice(part);
        } else {
            self.give_up(LmtpReply::later(452, "4.3.1", "no room for it now"));
        }
    }

    fn give_up(&mut self, reply: LmtpReply) {
        self.overflow = Some(reply);
        self.bytes = Vec::new();
        self.room.clear();
    }
}

impl<H> Room<H> {
    fn grow(&mut self, bytes: usize, bytes_max: usize) -> bool {
        let before = self.shared.buffered_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before.saturating_add(bytes) <= bytes_max
    }

    fn clear(&mut self) {
        self.shared.buffered_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl<H> Drop for Room<H> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Display for Abuse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BareLineBreak => "a line ends with CRLF, and holds neither CR, LF nor NUL",
            Self::LongLine => "the line is too long",
            Self::Bdat => "BDAT is not offered",
            Self::TooManyErrors => "too many errors",
        })
    }
}

fn no_answer() -> LmtpReply {
    LmtpReply::Later(Refusal {
        code: 451,
        enhanced: Some(EnhancedCode { class: 4, subject: 3, detail: 0 }),
        text: "it took too long".to_owned(),
    })
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Keeps what it is given. `later@`, `never@` and `odd@` have answers of their own.
    #[derive(Default)]
    struct Keeper {
        messages: Mutex<Vec<LmtpMessage>>,
    }

    impl LmtpHandler for Keeper {
        async fn recipient(&self, _: &str, recipient: &str) -> LmtpReply {
            // Not at once, as whoever asks a store.
            tokio::task::yield_now().await;
            if recipient.starts_with("nobody@") {
                return LmtpReply::refuse(550, "5.1.1", "no such user");
            }
            LmtpReply::Accept
        }

        async fn message(&self, message: LmtpMessage) -> Vec<LmtpReply> {
            tokio::task::yield_now().await;
            let replies = message.recipients.iter().map(|recipient| match recipient.split('@').next().unwrap() {
                "later" => LmtpReply::later(452, "4.2.2", "over quota"),
                "never" => LmtpReply::refuse(554, "5.6.0", "no report"),
                "odd" => LmtpReply::refuse(250, "2.0.0", "a\r\n250 b\u{e9}"),
                "goes" => LmtpReply::later(421, "5.0.0", "x"),
                _ => LmtpReply::Accept,
            });
            let mut replies: Vec<_> = replies.collect();
            if message.sender == "silent@example.jp" {
                replies.pop();
            }
            self.messages.lock().unwrap().push(message);
            replies
        }
    }

    struct Run {
        keeper: Arc<Keeper>,
        shared: Arc<Shared<Keeper>>,
        session: Session<Keeper>,
        said: Vec<u8>,
    }

    impl Run {
        fn new(change: impl FnOnce(&mut LmtpOptions)) -> Self {
            let mut options = LmtpOptions::new("mx.example.net");
            options.message_bytes_max = 1000;
            change(&mut options);
            let keeper = Arc::new(Keeper::default());
            let shared = Arc::new(Shared::new(options, Arc::clone(&keeper)));
            let peer = Peer { number: 1, address: None, listener: 0 };
            let session = Session::new(Arc::clone(&shared), peer);
            Self { keeper, shared, session, said: Vec::new() }
        }

        /// Feeds this as a connection would, and drives what is asked.
        async fn feed(&mut self, bytes: &[u8]) {
            if self.session.wants_input() {
                let result = self.session.feed(bytes);
                assert_eq!(result.err(), self.session.abuse);
                while self.session.question.is_some() {
                    self.session.drive().await;
                }
            }
            self.session.output(&mut self.said);
        }

        async fn of(bytes: &[u8]) -> Self {
            let mut run = Self::new(|_| {});
            run.feed(bytes).await;
            run
        }

        /// What was said behind the greeting.
        fn said(&self) -> Vec<String> {
            let said = std::str::from_utf8(&self.said).unwrap();
            assert!(said.ends_with("\r\n"));
            said.lines().skip(1).map(str::to_owned).collect()
        }

        /// The codes of that, without the lines that others follow.
        fn codes(&self) -> Vec<u16> {
            let said = self.said();
            let last = said.iter().filter(|line| line.as_bytes()[3] == b' ');
            last.map(|line| line[..3].parse().unwrap()).collect()
        }

        fn bodies(&self) -> Vec<Vec<u8>> {
            self.keeper.messages.lock().unwrap().iter().map(|message| message.bytes.clone()).collect()
        }
    }

    fn message(recipients: &[&str], data: &str) -> String {
        let recipients: String = recipients.iter().map(|name| format!("RCPT TO:<{name}@example.net>\r\n")).collect();
        format!("LHLO a\r\nMAIL FROM:<a@example.jp>\r\n{recipients}DATA\r\n{data}")
    }

    // RFC 2033 §4.2: its own example, and what it says of the same recipient twice.
    #[tokio::test]
    async fn each_recipient_has_a_reply_in_order() {
        let text =
            message(&["pat", "nobody", "later", "never", "pat", "odd", "goes"], "Blah\r\n..\r\n\r\n.\r\nQUIT\r\n");
        let run = Run::of(text.as_bytes()).await;
        let want = [
            "250-mx.example.net",
            "250-PIPELINING",
            "250-ENHANCEDSTATUSCODES",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 SIZE 1000",
            "250 2.1.0 go on",
            "250 2.1.5 go on",
            "550 5.1.1 no such user",
            "250 2.1.5 go on",
            "250 2.1.5 go on",
            "250 2.1.5 go on",
            "250 2.1.5 go on",
            "250 2.1.5 go on",
            "354 the message, and a dot alone on a line",
            "250 2.0.0 taken",
            "452 4.2.2 over quota",
            "554 5.6.0 no report",
            "250 2.0.0 taken",
            "550 5.0.0 a??250 b?",
            "451 4.0.0 x",
            "221 2.0.0 bye",
        ];
        assert_eq!(run.said(), want);
        let messages = run.keeper.messages.lock().unwrap();
        assert_eq!(messages[0].bytes, b"Blah\r\n.\r\n\r\n");
        assert_eq!(messages[0].sender, "a@example.jp");
        let want = ["pat", "later", "never", "pat", "odd", "goes"].map(|name| format!("{name}@example.net"));
        assert_eq!(messages[0].recipients, want);
        assert_eq!((run.session.abuse, run.session.is_finished()), (None, true));
        assert_eq!(run.shared.buffered_bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn the_bytes_may_come_in_any_pieces() {
        let text =
            message(&["pat", "later"], ".\r\n") + &message(&["x"], "a\r\n..b\r\n\r.\r\n.\n\r\n.\r\nRSET\r\nBDAT 1\r\n");
        let whole = Run::of(text.as_bytes()).await;
        assert_eq!(whole.session.abuse, Some(Abuse::Bdat));
        assert_eq!(whole.bodies(), [&b""[..], b"a\r\n.b\r\n\r.\r\n\n\r\n"]);
        for at in 0..=text.len() {
            let mut run = Run::new(|_| {});
            run.feed(&text.as_bytes()[..at]).await;
            run.feed(&text.as_bytes()[at..]).await;
            assert_eq!((run.said(), run.bodies()), (whole.said(), whole.bodies()), "{at}");
        }
        let mut run = Run::new(|_| {});
        for byte in text.as_bytes().chunks(1) {
            run.feed(byte).await;
        }
        assert_eq!((run.said(), run.bodies(), run.session.abuse), (whole.said(), whole.bodies(), whole.session.abuse));
    }

    /// What others take for the end of a message, and a second message behind it.
    #[tokio::test]
    async fn nothing_ends_a_message_but_crlf_dot_crlf() {
        let ends = [
            "\n.\n",
            "\r.\r",
            "\r\n.\n",
            "\n.\r\n",
            "\r\n.\r",
            "\r.\r\n",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            "\r\r\n.\r\r\n",
            "\r\n.\r\n\r",
            "\n\n.\n\n",
            "\r\n. \r\n",
        ];
        for end in ends {
            let smuggled = "MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nevil";
            let run = Run::of(message(&["b"], &format!("good{end}{smuggled}\r\n.\r\n")).as_bytes()).await;
            if end == "\r\n.\r\n\r" {
                // The end is there; then a command begins with a CR.
                assert_eq!((run.bodies(), run.session.abuse), (vec![b"good\r\n".to_vec()], Some(Abuse::BareLineBreak)));
                continue;
            }
            // RFC 5321 §4.5.2: of a dot that begins a line, one goes.
            let want = format!("good{end}{smuggled}\r\n").replace("\r\n.", "\r\n");
            assert_eq!(run.bodies(), [want.into_bytes()], "{end:?}");
            assert_eq!(run.codes(), [250, 250, 250, 354, 250], "{end:?}");
        }
        for line in ["NOOP\nNOOP\r\n", "NOOP\rNOOP\r\n", "NO\0OP\r\n", "\nNOOP\r\n"] {
            let run = Run::of(line.as_bytes()).await;
            assert_eq!((run.codes(), run.session.abuse), (vec![500], Some(Abuse::BareLineBreak)), "{line:?}");
        }
    }

    #[tokio::test]
    async fn what_comes_out_of_order() {
        for (text, want) in [
            ("MAIL FROM:<>\r\n", vec![503]),
            ("EHLO a\r\nHELO a\r\n", vec![500, 500]),
            ("LHLO a\r\nRCPT TO:<b@example.net>\r\nDATA\r\n", vec![250, 503, 503]),
            ("LHLO a\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\n", vec![250, 250, 503, 503]),
            ("LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@example.net>\r\nDATA\r\n", vec![250, 250, 550, 503]),
            ("LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nRSET\r\nDATA\r\n", vec![250, 250, 250, 250, 503]),
            ("LHLO a\r\nMAIL FROM:<>\r\nLHLO a\r\nRCPT TO:<b@example.net>\r\n", vec![250, 250, 250, 503]),
            ("LHLO\r\nNOOP x\r\nVRFY b\r\nSTARTTLS\r\nHELP\r\n", vec![501, 250, 252, 500, 500]),
            (
                "LHLO a\r\nMAIL FROM:<> AUTH=<>\r\nMAIL FROM:<> SIZE=x\r\nMAIL FROM:<> BODY=BINARYMIME\r\n",
                vec![250, 555, 555, 555],
            ),
            ("LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net> NOTIFY=NEVER\r\n", vec![250, 250, 555]),
            ("LHLO a\r\nMAIL FROM:<関@example.jp>\r\nMAIL FROM:<関@example.jp> SMTPUTF8\r\n", vec![250, 550, 250]),
            ("LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<関@example.net>\r\n", vec![250, 250, 553]),
            ("LHLO a\r\nMAIL FROM:<a b>\r\nMAIL FROM:a\r\n", vec![250, 501, 501]),
        ] {
            assert_eq!(Run::of(text.as_bytes()).await.codes(), want, "{text}");
        }
    }

    #[tokio::test]
    async fn sizes_at_below_and_above_the_limit() {
        for (length, code) in [(999, 250), (1000, 250), (1001, 552)] {
            let declared = format!("LHLO a\r\nMAIL FROM:<> SIZE={length}\r\n");
            assert_eq!(Run::of(declared.as_bytes()).await.codes(), [250, code], "{length}");
            let data = format!("{}\r\n.\r\nNOOP\r\n", "x".repeat(length - 2));
            let run = Run::of(message(&["b", "c"], &data).as_bytes()).await;
            assert_eq!(run.codes(), [250, 250, 250, 250, 354, code, code, 250], "{length}");
            assert_eq!(run.bodies().len(), usize::from(code == 250));
            assert_eq!(run.shared.buffered_bytes.load(Ordering::Relaxed), 0);
        }
        let huge =
            format!("LHLO a\r\nMAIL FROM:<> SIZE={}\r\nMAIL FROM:<> SIZE={}\r\n", "9".repeat(20), "9".repeat(21));
        assert_eq!(Run::of(huge.as_bytes()).await.codes(), [250, 552, 555]);
        for (length, code) in [(99, 250), (100, 250), (101, 452)] {
            let mut run = Run::new(|options| options.buffered_bytes_max = 100);
            let data = format!("{}\r\n.\r\n", "x".repeat(length - 2));
            run.feed(message(&["b"], &data).as_bytes()).await;
            assert_eq!(run.codes(), [250, 250, 250, 354, code], "{length}");
            assert_eq!(run.shared.buffered_bytes.load(Ordering::Relaxed), 0);
        }
    }

    #[tokio::test]
    async fn a_message_that_is_cut_off_gives_its_room_back() {
        let mut run = Run::new(|_| {});
        run.feed(message(&["b"], "twelve bytes").as_bytes()).await;
        assert_eq!(run.shared.buffered_bytes.load(Ordering::Relaxed), 12);
        assert!(!run.session.is_between_messages());
        drop(run.session);
        assert_eq!(run.shared.buffered_bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn counts_at_below_and_above_the_limit() {
        let mut run = Run::new(|options| options.recipient_count_max = 2);
        run.feed(message(&["a", "nobody", "b", "c"], "x\r\n.\r\n").as_bytes()).await;
        assert_eq!(run.codes(), [250, 250, 250, 550, 250, 452, 354, 250, 250]);
        for count in [LMTP_BAD_COMMAND_COUNT_MAX - 1, LMTP_BAD_COMMAND_COUNT_MAX, LMTP_BAD_COMMAND_COUNT_MAX + 1] {
            let run = Run::of("x\r\n".repeat(count).as_bytes()).await;
            let is_over = count >= LMTP_BAD_COMMAND_COUNT_MAX;
            assert_eq!(run.session.abuse, is_over.then_some(Abuse::TooManyErrors), "{count}");
            let want = if is_over { LMTP_BAD_COMMAND_COUNT_MAX + 1 } else { count };
            assert_eq!(run.codes().len(), want, "{count}");
        }
        for length in [LMTP_COMMAND_BYTES_MAX - 1, LMTP_COMMAND_BYTES_MAX, LMTP_COMMAND_BYTES_MAX + 1] {
            let line = format!("NOOP {}", "x".repeat(length - 5));
            let is_over = length > LMTP_COMMAND_BYTES_MAX;
            for text in [format!("{line}\r\n"), line] {
                let run = Run::of(text.as_bytes()).await;
                assert_eq!(run.session.abuse, is_over.then_some(Abuse::LongLine), "{length}");
            }
        }
    }

    #[tokio::test]
    async fn who_is_not_spoken_of_comes_again_later() {
        let text = message(&["b", "c"], "x\r\n.\r\n").replace("<a@", "<silent@");
        assert_eq!(Run::of(text.as_bytes()).await.codes(), [250, 250, 250, 250, 354, 250, 451]);
    }

    #[tokio::test]
    async fn long_texts_are_cut() {
        let mut run = Run::new(|_| {});
        run.session.say(550, "5.0.0", &"x".repeat(LMTP_TEXT_BYTES_MAX + 1));
        run.session.output(&mut run.said);
        assert_eq!(run.said(), [format!("550 5.0.0 {}", "x".repeat(LMTP_TEXT_BYTES_MAX))]);
    }

    /// Whatever comes, and in whatever pieces: the same is said, and the same messages are found.
    #[test]
    #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
    fn fuzz_lmtp_session() {
        let seeds = [
            message(&["pat", "nobody"], "a\r\n..b\r\n\r.\r\n.\n\r\n.\r\nRSET\r\nBDAT 1\r\n"),
            message(&["pat", "later"], ".\r\nMAIL FROM:<\"a>b\"@example.jp> SIZE=5 BODY=8BITMIME SMTPUTF8\r\nQUIT\r\n"),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        testkit::fuzz("lmtp-session", &seeds, |bytes| {
            runtime.block_on(async {
                let whole = Run::of(bytes).await;
                let at = bytes.first().map_or(0, |byte| usize::from(*byte) % bytes.len());
                let mut parts = Run::new(|_| {});
                parts.feed(&bytes[..at]).await;
                parts.feed(&bytes[at..]).await;
                assert_eq!((parts.said(), parts.bodies()), (whole.said(), whole.bodies()));
                // The end of a message is always the same bytes.
                let end_count = bytes.windows(5).filter(|window| *window == b"\r\n.\r\n").count();
                assert!(whole.bodies().len() <= end_count);
            });
        });
    }
}
