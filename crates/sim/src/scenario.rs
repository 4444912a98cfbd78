//! A seed's day: who connects when, with which messages, and how each of them ends on the MTA's side.

use std::sync::Arc;

use milter::Offer;

use crate::dice::Dice;
use crate::faults::Faults;
use crate::letters::{Kind, Letter, letter};
use crate::names::Names;
use crate::operator::Operator;

/// A world before anything has happened in it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Which one.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// Who is there.
    pub names: Arc<Names>,
    /// What was decided.
    pub operator: Operator,
    /// Whether all sessions share one resolver, which asks equal questions once.
    pub resolver: Resolver,
    /// The MTA's sessions.
    pub sessions: Vec<Plan>,
}

/// Whose resolver it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolver {
    /// All sessions': equal questions at the same time are asked once.
    Shared,
    /// Each session's own.
    Own,
}

/// What an MTA's process does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which one: its fortune hangs on this number, not on its place.
    pub number: u32,
    /// What the MTA offers.
    pub offer: Offer,
    /// When it comes, in microseconds since the world began.
    pub begins_us: u64,
    /// How its bytes are cut.
    pub cut: Cut,
    /// Its messages.
    pub sendings: Vec<Sending>,
}

/// How bytes are cut on their way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// They come as they were sent.
    Whole,
    /// In pieces of up to so many bytes.
    UpTo(u64),
}

/// A message, and how it ends.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The message. Shared with those who judge it by itself.
    pub letter: Arc<Letter>,
    /// How it ends.
    pub ending: Ending,
    /// What comes before it.
    pub before: Before,
}

/// How a message ends on the MTA's side. The number says after how many of its commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It is sent, and the answer is waited for.
    Whole,
    /// It is given up.
    Aborted(u64),
    /// The connection to the filter breaks.
    Lost(u64),
    /// Nonsense is sent, and the connection breaks.
    Garbage(u64),
}

/// What comes before a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Before {
    /// Nothing, where the client is the same: the SMTP connection goes on.
    Nothing,
    /// Another SMTP connection, over the same connection to the filter.
    NewClient,
    /// Another connection to the filter.
    NewConnection,
}

impl Scenario {
    /// The world of a seed, with about so many messages.
    #[must_use]
    pub fn of(seed: u64, message_count: u64) -> Self {
        let names = Arc::new(Names::of(seed));
        let operator = Operator::of(seed, &names);
        let mut dice = Dice::new(seed, &["scenario"]);
        let resolver = dice.pick(&[Resolver::Shared, Resolver::Own]);
        let session_count = dice.between(2, 8).min(message_count.max(1));
        let mut sessions: Vec<Plan> = (0..session_count).map(|number| plan(number, &mut dice)).collect();
        for number in 0..message_count {
            let mut dice = Dice::new(seed, &["letter", &number.to_string()]);
            let letter = letter(&names, number, BEGINNING_S, &mut dice);
            let at = dice.place(sessions.len());
            sessions[at].sendings.push(sending(letter, &mut dice));
        }
        Self { seed, faults: Faults::of(seed), names, operator, resolver, sessions }
    }

    /// The same without anything that goes wrong, and with this message alone: what is thought of it by itself.
    #[must_use]
    pub fn alone(&self, plan: &Plan, sending: &Sending) -> Self {
        let sending = Sending { ending: Ending::Whole, before: Before::Nothing, ..sending.clone() };
        let plan = Plan { begins_us: 0, cut: Cut::Whole, sendings: vec![sending], ..plan.clone() };
        Self { faults: Faults::none(), sessions: vec![plan], ..self.clone() }
    }

    /// The same without one of its sessions.
    #[must_use]
    pub fn without(&self, number: u32) -> Self {
        let left = self.sessions.iter().filter(|plan| plan.number != number);
        Self { sessions: left.cloned().collect(), ..self.clone() }
    }
}

fn plan(number: u64, dice: &mut Dice) -> Plan {
    Plan {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        offer: dice.pick(&[Offer::postfix(), Offer::postfix(), Offer::sendmail(), Offer::version_2()]),
        begins_us: dice.between(0, 3_000_000),
        cut: dice.pick(&[Cut::Whole, Cut::UpTo(4096), Cut::UpTo(300)]),
        sendings: Vec::new(),
    }
}

fn sending(letter: Letter, dice: &mut Dice) -> Sending {
    let steps = dice.between(0, 12);
    let ending = match dice.below(20) {
        0 => Ending::Aborted(steps),
        1 => Ending::Lost(steps),
        2 => Ending::Garbage(steps),
        // Also while the verdict is waited for, behind the last command of all.
        3 => Ending::Lost(u64::MAX),
        _ => Ending::Whole,
    };
    let before = dice.pick(&[Before::Nothing, Before::Nothing, Before::NewClient, Before::NewConnection]);
    // Big ones are whole: they are there for their size.
    let ending = if letter.kind == Kind::Big { Ending::Whole } else { ending };
    Sending { letter: Arc::new(letter), ending, before }
}

/// What the wall clock shows when a world begins, in seconds since 1970: 22 November 2026.
pub const BEGINNING_S: u64 = 1_795_305_600;
