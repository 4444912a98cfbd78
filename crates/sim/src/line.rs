//! One MTA's process and its connection to the filter: what it sends, how that is cut, and what it makes of the answers.

use std::collections::VecDeque;
use std::sync::Arc;

use lookup::coalesce::Coalesce;
use mailtext::Domain;
use milter::codec::{Address, Command, Response};
use milter::limits::BODY_CHUNK_BYTES_MAX;
use milter::mta::Sent;
use milter::{Arguments, LeadingSpace, Mta, ProtocolError, Stage};
use service::Conversation;
use service::world::Moment;

use crate::dice::Dice;
use crate::dns::Upstream;
use crate::history::{Answer, Attempt, End, Said};
use crate::letters::Letter;
use crate::limits::AHEAD_BYTES_MAX;
use crate::mail::Asked;
use crate::operator::Operator;
use crate::scenario::{Before, Cut, Ending, Plan, Sending};
use crate::wake::{Flag, poll_once};
use crate::world::{Daemon, SimWorld, Slot};

/// A session: an MTA's process, and the conversation that it holds.
pub struct Line {
    /// What it is going to do.
    plan: Plan,
    dice: Dice,
    slot: Arc<Slot>,
    upstream: Arc<Coalesce<Upstream>>,
    flag: Arc<Flag>,
    link: Option<Link>,
    /// Which message is next.
    next: usize,
    /// How often messages were begun.
    begun_count: u32,
    attempt: Option<Attempt>,
    moves: VecDeque<Move>,
    /// The last command that was sent.
    asked: Option<Move>,
    edits: Vec<Asked>,
}

/// A connection to the filter.
struct Link {
    mta: Mta,
    conversation: Conversation<SimWorld>,
    to_filter: VecDeque<u8>,
    to_mta: VecDeque<u8>,
    /// Whether a client has been announced.
    greeted: Option<crate::letters::Client>,
}

/// One thing that an MTA does.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Move {
    Connect,
    Helo,
    Mail,
    Recipient(usize),
    Data,
    Header(usize),
    EndOfHeaders,
    Body(usize),
    EndOfMessage,
    Abort,
    NewClient,
    Quit,
    Raw(Vec<u8>),
    Lose(End),
}

/// What a turn leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// There is more to do at once, that is so many microseconds later.
    Again(u64),
    /// Somebody else has to do something first.
    Waits,
    /// Everything is done.
    Done,
    /// The filter did what it must not.
    Wrong(String),
}

impl Line {
    /// An MTA's process that has done nothing yet.
    #[must_use]
    pub fn new(seed: u64, plan: Plan, upstream: Arc<Coalesce<Upstream>>) -> Self {
        let dice = Dice::new(seed, &["line", &plan.number.to_string()]);
        Self {
            plan,
            dice,
            slot: Arc::default(),
            upstream,
            flag: Flag::new(),
            link: None,
            next: 0,
            begun_count: 0,
            attempt: None,
            moves: VecDeque::new(),
            asked: None,
            edits: Vec::new(),
        }
    }

    /// Which one.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.plan.number
    }

    /// Whether it has done everything.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.link.is_none() && self.attempt.is_none() && self.next >= self.plan.sendings.len()
    }

    /// Whether somebody has news for it.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.flag.take()
    }

    /// Takes part in what happens: sends, hands on, hears. Attempts that have ended go into `ended`.
    pub fn turn(&mut self, daemon: &Arc<Daemon>, operator: &Operator, ended: &mut Vec<Attempt>) -> Turn {
        if self.is_done() {
            return Turn::Done;
        }
        if self.link.is_none() {
            self.connect(daemon, operator);
        }
        if let Err(wrong) = self.act(ended) {
            return Turn::Wrong(wrong);
        }
        if let Err(wrong) = self.pass(ended) {
            return Turn::Wrong(wrong);
        }
        self.rest()
    }

    /// The connection breaks, whosever fault that is: the daemon has died, or the network.
    pub fn cut_off(&mut self, ended: &mut Vec<Attempt>) {
        self.link = None;
        self.moves.clear();
        self.end(End::Broken, ended);
    }

    fn connect(&mut self, daemon: &Arc<Daemon>, operator: &Operator) {
        let world = SimWorld::new(Arc::clone(daemon), Arc::clone(&self.upstream), Arc::clone(&self.slot));
        self.link = Some(Link {
            mta: Mta::new(self.plan.offer),
            conversation: Conversation::new(world, operator.settings.clone()),
            to_filter: VecDeque::new(),
            to_mta: VecDeque::new(),
            greeted: None,
        });
    }

    /// The MTA's part: as many commands as it may send.
    fn act(&mut self, ended: &mut Vec<Attempt>) -> Result<(), String> {
        loop {
            let Some(link) = &mut self.link else { return Ok(()) };
            if let Some(Move::Lose(_)) = self.moves.front() {
                // What was sent before is on its way; half of the time it does not arrive any more.
                if link.to_filter.is_empty() || self.dice.happens(500) {
                    if let Some(Move::Lose(end)) = self.moves.pop_front() {
                        self.link = None;
                        self.moves.clear();
                        self.end(end, ended);
                    }
                    continue;
                }
                return Ok(());
            }
            if link.mta.is_waiting() || link.to_filter.len() > AHEAD_BYTES_MAX {
                return Ok(());
            }
            if link.mta.negotiated().is_none() {
                return Err("the MTA waits for nothing, and nothing was negotiated".to_owned());
            }
            let Some(next) = self.moves.pop_front() else {
                if self.attempt.is_some() || !self.begin() {
                    return Ok(());
                }
                continue;
            };
            self.send(next, ended);
        }
    }

    /// Begins the next message; whether there is one.
    fn begin(&mut self) -> bool {
        let Some(sending) = self.plan.sendings.get(self.next).cloned() else {
            if self.link.is_some() && !self.moves.contains(&Move::Quit) {
                self.moves.push_back(Move::Quit);
                return true;
            }
            return false;
        };
        let Some(link) = &mut self.link else { return false };
        let client = &sending.letter.client;
        let goes_on = link.greeted.as_ref() == Some(client) && sending.before == Before::Nothing;
        if !goes_on && link.greeted.is_some() {
            link.greeted = None;
            // "Quit, new connection" came with version 6.
            let is_old = link.mta.negotiated().is_some_and(|negotiated| negotiated.version < 6);
            let next = if is_old || sending.before == Before::NewConnection { Move::Quit } else { Move::NewClient };
            self.moves.push_back(next);
            return true;
        }
        let is_first = link.greeted.is_none();
        link.greeted = Some(client.clone());
        let space = link.mta.negotiated().map_or(LeadingSpace::Kept, milter::Negotiated::leading_space);
        self.begun_count += 1;
        let queue_id = format!("S{}M{}A{}", self.plan.number, self.next, self.begun_count);
        self.moves = moves(&sending, is_first, &mut self.dice);
        let recipients = sending.letter.recipients.iter().map(|recipient| domain_of(recipient)).collect();
        let list_id = sending.letter.mail.value("List-Id").and_then(mailtext::list_id::list_id);
        self.slot.begin(&queue_id, recipients, list_id);
        self.edits.clear();
        self.attempt = Some(Attempt {
            queue_id,
            place: (self.plan.number, self.next),
            letter: sending.letter,
            space,
            end: End::UnderWay,
            answer_count: 0,
            progress_count: 0,
            noted: Vec::new(),
            early: Vec::new(),
            refused_count: 0,
            dns_failures: 0,
            late_questions: 0,
            ledger_failures: 0,
        });
        self.next += 1;
        true
    }

    fn send(&mut self, next: Move, ended: &mut Vec<Attempt>) {
        let Some(link) = &mut self.link else { return };
        let letter = self.attempt.as_ref().map(|attempt| Arc::clone(&attempt.letter));
        match &next {
            Move::Raw(bytes) => link.to_filter.extend(bytes),
            Move::Quit => {
                let _ = link.mta.send(&Command::Quit);
                link.to_filter.extend(link.mta.take_output());
                self.moves.clear();
                self.moves.push_back(Move::Lose(End::UnderWay));
            }
            other => {
                let queue_id = self.attempt.as_ref().map(|attempt| attempt.queue_id.clone()).unwrap_or_default();
                let space = self.attempt.as_ref().map_or(LeadingSpace::Kept, |attempt| attempt.space);
                send_command(&mut link.mta, other, letter.as_deref(), &queue_id, space);
                link.to_filter.extend(link.mta.take_output());
            }
        }
        if next == Move::Abort {
            self.end(End::Aborted, ended);
        }
        self.asked = Some(next);
    }

    /// Bytes go both ways, and the filter works.
    fn pass(&mut self, ended: &mut Vec<Attempt>) -> Result<(), String> {
        let Some(link) = &mut self.link else { return Ok(()) };
        link.to_filter.extend(link.mta.take_output());
        if link.conversation.wants_input() && !link.to_filter.is_empty() {
            let count = piece(self.plan.cut, &mut self.dice, link.to_filter.len());
            let bytes: Vec<u8> = link.to_filter.drain(..count).collect();
            let _ = link.conversation.feed(&bytes);
        }
        while poll_once(link.conversation.drive(), &self.flag.waker()).is_ready() {}
        let mut output = Vec::new();
        link.conversation.output(&mut output);
        link.to_mta.extend(output);
        let is_garbage = self.moves.front() == Some(&Move::Lose(End::Garbage));
        if let Some(error) = link.conversation.error().filter(|_| !is_garbage) {
            return Err(format!("the filter says that the MTA broke the protocol: {error}"));
        }
        let count = piece(self.plan.cut, &mut self.dice, link.to_mta.len());
        let bytes: Vec<u8> = link.to_mta.drain(..count).collect();
        link.mta.feed(&bytes);
        self.hear();
        if is_garbage {
            return Ok(());
        }
        self.responses(ended).map_err(|error| format!("the filter broke the protocol: {error}"))
    }

    /// What the filter told its world.
    fn hear(&mut self) {
        let noted = self.slot.take_noted();
        let Some(attempt) = &mut self.attempt else { return };
        let (early, at_end): (Vec<_>, Vec<_>) = noted.into_iter().partition(|one| one.moment == Moment::Recipient);
        attempt.early.extend(early);
        attempt.noted.extend(at_end);
    }

    fn responses(&mut self, ended: &mut Vec<Attempt>) -> Result<(), ProtocolError> {
        loop {
            let Some(link) = &mut self.link else { return Ok(()) };
            let space = self.attempt.as_ref().map_or(LeadingSpace::Kept, |attempt| attempt.space);
            let Some(response) = link.mta.receive()? else { return Ok(()) };
            let said = match response {
                Response::Edit(edit) => {
                    self.edits.push(Asked::of(edit, space));
                    continue;
                }
                Response::Progress => {
                    self.attempt.iter_mut().for_each(|attempt| attempt.progress_count += 1);
                    continue;
                }
                Response::Negotiate { .. } | Response::Skip => continue,
                Response::Continue | Response::Accept => None,
                Response::Discard => Some(Said::Discarded),
                Response::Reject => Some(Said::Rejected("5".to_owned())),
                Response::TemporaryFailure => Some(Said::Deferred("4".to_owned())),
                Response::ReplyCode(text) if text.first() == Some(&b'4') => Some(Said::Deferred(lossy(text))),
                Response::ReplyCode(text) => Some(Said::Rejected(lossy(text))),
                Response::Shutdown | Response::ConnectionFailure => Some(Said::Deferred("421".to_owned())),
            };
            let accepted = matches!(response, Response::Accept);
            self.heard(said, accepted, ended);
        }
    }

    /// An answer to a command. At the end of a message it is the answer to that.
    fn heard(&mut self, said: Option<Said>, accepted: bool, ended: &mut Vec<Attempt>) {
        let Some(attempt) = &mut self.attempt else { return };
        let is_end = self.asked == Some(Move::EndOfMessage);
        let said = match said {
            None if is_end || accepted => Said::Accepted,
            None => return,
            Some(said) => match self.asked {
                Some(Move::Recipient(at)) if said != Said::Discarded => {
                    self.slot.refuse(at);
                    attempt.refused_count += 1;
                    if attempt.refused_count < attempt.letter.recipients.len() {
                        return;
                    }
                    said
                }
                _ => said,
            },
        };
        attempt.answer_count += 1;
        let answer = Answer { what: said, edits: std::mem::take(&mut self.edits) };
        self.moves.clear();
        if !is_end {
            self.moves.push_back(Move::Abort);
        }
        attempt.end = End::Answered(answer);
        if is_end {
            let end = attempt.end.clone();
            self.end(end, ended);
        }
    }

    /// An attempt is over.
    fn end(&mut self, end: End, ended: &mut Vec<Attempt>) {
        self.hear();
        let Some(mut attempt) = self.attempt.take() else { return };
        // Who was answered before is not given up by what follows.
        if !matches!(attempt.end, End::Answered(_)) {
            attempt.end = end;
        }
        (attempt.dns_failures, attempt.late_questions, attempt.ledger_failures) = self.slot.failures();
        ended.push(attempt);
    }

    /// Whether there is something to do without anybody else.
    fn rest(&mut self) -> Turn {
        let delay_us = self.dice.between(1, 3_000);
        let Some(link) = &self.link else {
            let is_done = self.next >= self.plan.sendings.len();
            return if is_done { Turn::Done } else { Turn::Again(delay_us + RECONNECT_US) };
        };
        let can_feed = link.conversation.wants_input() && !link.to_filter.is_empty();
        let can_send = !link.mta.is_waiting() && (!self.moves.is_empty() || self.attempt.is_none());
        let is_losing = matches!(self.moves.front(), Some(Move::Lose(_)));
        if can_feed || can_send || is_losing || !link.to_mta.is_empty() {
            return Turn::Again(if is_losing { delay_us + LOSING_US } else { delay_us });
        }
        Turn::Waits
    }
}

/// The moves of a message, up to its end.
fn moves(sending: &Sending, is_first: bool, dice: &mut Dice) -> VecDeque<Move> {
    let letter = &sending.letter;
    let mut moves = Vec::new();
    if is_first {
        moves.extend([Move::Connect, Move::Helo]);
    }
    moves.push(Move::Mail);
    moves.extend((0..letter.recipients.len()).map(Move::Recipient));
    moves.push(Move::Data);
    moves.extend((0..letter.mail.fields.len()).map(Move::Header));
    moves.push(Move::EndOfHeaders);
    moves.extend((0..letter.mail.body.len().div_ceil(BODY_CHUNK_BYTES_MAX)).map(Move::Body));
    moves.push(Move::EndOfMessage);
    let before_end = moves.len() - 1;
    // Not before MAIL: nothing would have begun.
    let start = moves.iter().position(|next| *next == Move::Mail).unwrap_or_default() + 1;
    let at = |steps: u64| start.saturating_add(usize::try_from(steps).unwrap_or(usize::MAX));
    match sending.ending {
        Ending::Whole => {}
        Ending::Aborted(steps) => {
            moves.truncate(at(steps).min(before_end));
            moves.push(Move::Abort);
        }
        Ending::Lost(steps) => {
            moves.truncate(at(steps));
            moves.push(Move::Lose(End::Broken));
        }
        Ending::Garbage(steps) => {
            moves.truncate(at(steps).min(before_end));
            moves.extend([Move::Raw(nonsense(dice)), Move::Lose(End::Garbage)]);
        }
    }
    moves.into()
}

/// Bytes, or packets that look like some.
fn nonsense(dice: &mut Dice) -> Vec<u8> {
    if dice.happens(300) {
        let count = dice.place(2000);
        return dice.bytes(count);
    }
    let mut bytes = Vec::new();
    for _ in 0..dice.between(1, 12) {
        let count = dice.place(40);
        let data = match dice.below(3) {
            0 => dice.bytes(count),
            1 => b"From\0 x@d0.example\0".to_vec(),
            _ => Vec::new(),
        };
        bytes.extend(u32::try_from(data.len() + 1).unwrap_or_default().to_be_bytes());
        bytes.push(dice.pick(b"ABCDEHKLMNOQRTU"));
        bytes.extend(data);
    }
    bytes
}

fn send_command(mta: &mut Mta, next: &Move, letter: Option<&Letter>, queue_id: &str, space: LeadingSpace) {
    let Some(letter) = letter else {
        if *next == Move::NewClient {
            let _ = mta.send(&Command::QuitNewConnection);
        }
        return;
    };
    let arguments = Arguments::default();
    let body = |at: usize| letter.mail.body.chunks(BODY_CHUNK_BYTES_MAX).nth(at).unwrap_or_default();
    let command = match next {
        Move::Connect => {
            let address = Address::Inet { ip: letter.client.ip, port: 4711 };
            Command::Connect { hostname: letter.client.helo.as_bytes(), address }
        }
        Move::Helo => Command::Helo { name: letter.client.helo.as_bytes() },
        Move::Mail => {
            if let Some(user) = &letter.user {
                let told = [(&b"auth_authen"[..], user.as_bytes()), (b"auth_type", b"PLAIN")];
                mta.send_macros(Stage::Mail, told);
            }
            Command::Mail { sender: letter.sender.as_bytes(), arguments }
        }
        Move::Recipient(at) => Command::Recipient { recipient: letter.recipients[*at].as_bytes(), arguments },
        Move::Data => Command::Data,
        Move::Header(at) => {
            let (name, value) = &letter.mail.fields[*at];
            let skipped = usize::from(space == LeadingSpace::Assumed && value.first() == Some(&b' '));
            Command::Header { name, value: &value[skipped..] }
        }
        Move::EndOfHeaders => Command::EndOfHeaders,
        Move::Body(at) => Command::Body(body(*at)),
        Move::EndOfMessage => {
            mta.send_macros(Stage::EndOfMessage, [(&b"i"[..], queue_id.as_bytes())]);
            Command::EndOfMessage { last_chunk: b"" }
        }
        Move::Abort => Command::Abort,
        Move::NewClient | Move::Quit | Move::Raw(_) | Move::Lose(_) => return,
    };
    let _: Result<Sent, _> = mta.send(&command);
}

fn domain_of(recipient: &str) -> Option<Domain> {
    Domain::parse(recipient.trim_matches(['<', '>']).rsplit('@').next()?).ok()
}

fn piece(cut: Cut, dice: &mut Dice, length: usize) -> usize {
    match cut {
        Cut::Whole => length,
        Cut::UpTo(bytes) => usize::try_from(dice.between(1, bytes)).unwrap_or(length).min(length),
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

const RECONNECT_US: u64 = 50_000;
const LOSING_US: u64 = 20_000;
