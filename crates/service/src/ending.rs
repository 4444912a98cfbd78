//! The end of a message: every outcome, what becomes of it, and the row that is kept. What the MTA is answered follows in
//! [`crate::conversation`].

use auth::{Check, Facts};
use dkim::Status;
use dmarc::DmarcResult;
use mailtext::{Explain, Value};
use policy::{Action, Dsn, Hold, Input, Reply, Verdict, decide};
use report::{Entry, LedgerError, RowId, Why};

use crate::dsn::Notification;
use crate::limits::ROW_ID_TRY_COUNT_MAX;
use crate::message::{Client, Rest};
use crate::row::{Seen, row, why};
use crate::settings::{EvidenceKept, OnFailure, Settings};
use crate::way_in::{AfterWayIn, WayInEnd};
use crate::world::{WasSent, World};

/// A message whose last byte has come.
pub(crate) struct Ending<W: World> {
    pub(crate) world: W,
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) check: Check<W::Lookup, W::Fetch>,
    pub(crate) rest: Box<Rest>,
    pub(crate) queue_id: Option<String>,
}

/// A message of which everything is known and decided.
pub(crate) struct Ended {
    pub(crate) client: Client,
    pub(crate) rest: Box<Rest>,
    pub(crate) queue_id: Option<String>,
    pub(crate) facts: Facts,
    pub(crate) verdict: Verdict,
    /// What failed of ours or of what we depend on.
    pub(crate) failure: Option<Failure>,
    /// How it was taken in on its way, where it was addressed so.
    pub(crate) way_in: Option<WayInEnd>,
    /// The row that is kept, where rows are kept.
    pub(crate) row: Option<RowId>,
}

/// Something that we depend on did not do its work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// DNS: nothing of the message could be judged.
    Unanswered,
    /// The ledger did not take the row.
    NotKept(LedgerError),
    /// What was to end here was not taken in.
    NotTakenIn(Box<str>),
}

impl<W: World> Ending<W> {
    /// Waits for the slowest answer, decides, and keeps the row.
    pub(crate) async fn end(self) -> Ended {
        let Self { world, settings, client, check, mut rest, queue_id } = self;
        let began_us = world.elapsed_us();
        let facts = check.finish().await;
        rest.transaction.dsn = of_whom(&world, &rest).await;
        rest.transaction.filtered = rest.spam.end(&settings.watch.results.spam, client.ip);
        let input = Input::of(&facts, &rest.transaction);
        let standing = world.standing(&facts, &input).await;
        let mut verdict = decide(&input, &settings.rules, &standing);
        let mut failure = None;
        if settings.on_failure == OnFailure::TempFail && is_unanswered(&facts) {
            defer(&mut verdict, &Failure::Unanswered);
            failure = Some(Failure::Unanswered);
        }
        let way_in = take_in(&world, &settings, &mut rest, &facts, &mut verdict).await;
        if let (Some(WayInEnd::NotTaken(reason)), Action::TempFail) = (&way_in, verdict.action) {
            failure = failure.or_else(|| Some(Failure::NotTakenIn(reason.clone())));
        }
        let latency_us = world.elapsed_us().saturating_sub(began_us);
        let seen = Seen {
            client: &client,
            queue_id: queue_id.as_deref(),
            rest: &rest,
            facts: &facts,
            verdict: &verdict,
            failure: failure.as_ref(),
            way_in: way_in.as_ref(),
            latency_us,
        };
        let row = match keep_seen(&world, settings.evidence, &seen).await {
            Ok(id) => id,
            Err(error) => {
                let not_kept = Failure::NotKept(error);
                if settings.on_failure == OnFailure::TempFail {
                    defer(&mut verdict, &not_kept);
                }
                failure = Some(not_kept);
                None
            }
        };
        Ended { client, rest, queue_id, facts, verdict, failure, way_in, row }
    }
}

/// Takes in what was addressed so and would be delivered. What is to end here ends only when it is kept, and is refused
/// for now when it is not; what goes on does so in any case.
async fn take_in<W: World>(
    world: &W,
    settings: &Settings,
    rest: &mut Rest,
    facts: &Facts,
    verdict: &mut Verdict,
) -> Option<WayInEnd> {
    let (Some(way_in), Some(captured)) = (&settings.watch.way_in, &mut rest.captured) else { return None };
    if verdict.action.refuses() || verdict.action == Action::Discard {
        return None;
    }
    let Some(bytes) = captured.take() else { return Some(WayInEnd::TooLarge) };
    match (world.take_in(bytes, facts, way_in.after).await, way_in.after) {
        (Ok(()), AfterWayIn::Deliver) => Some(WayInEnd::Delivered),
        (Ok(()), AfterWayIn::Swallow) => {
            if captured.is_for_nobody_else(rest.recipient_count) {
                verdict.action = Action::Discard;
                verdict.hold = Hold::No;
            }
            Some(WayInEnd::Swallowed)
        }
        (Err(reason), AfterWayIn::Deliver) => Some(WayInEnd::NotTaken(reason)),
        (Err(reason), AfterWayIn::Swallow) => {
            defer(verdict, &Failure::NotTakenIn(reason.clone()));
            Some(WayInEnd::NotTaken(reason))
        }
    }
}

/// Whether a message notifies of a delivery, and whether of a message that was sent from here.
async fn of_whom<W: World>(world: &W, rest: &Rest) -> Dsn {
    let Some(message_ids) = rest.notification.as_ref().and_then(Notification::message_ids) else { return Dsn::No };
    if message_ids.is_empty() {
        return Dsn::OfNothing;
    }
    match world.sent_before(message_ids.iter().map(|id| world.digest(id)).collect()).await {
        WasSent::Yes => Dsn::OfOurs,
        WasSent::No => Dsn::OfOthers,
        WasSent::Unknown => Dsn::Unknown,
    }
}

/// Keeps the row of a message that was judged, with its evidence where that is wanted.
pub(crate) async fn keep_seen<W: World>(
    world: &W,
    evidence: EvidenceKept,
    seen: &Seen<'_>,
) -> Result<Option<RowId>, LedgerError> {
    let with_evidence = is_told(evidence, seen);
    let entry = |id| Entry { row: row(world, id, seen), why: if with_evidence { why(seen) } else { Why::default() } };
    keep(world, entry).await
}

/// Whether the evidence of a message is kept.
fn is_told(evidence: EvidenceKept, seen: &Seen<'_>) -> bool {
    let is_notable = seen.verdict.action != Action::Accept || seen.facts.dmarc.result.result != DmarcResult::Pass;
    match evidence {
        EvidenceKept::None => false,
        EvidenceKept::Notable => is_notable,
        EvidenceKept::All => true,
    }
}

/// Keeps the row of a message; `None` where none are kept.
pub(crate) async fn keep<W: World>(world: &W, entry: impl Fn(RowId) -> Entry) -> Result<Option<RowId>, LedgerError> {
    let mut taken = None;
    for _ in 0..ROW_ID_TRY_COUNT_MAX {
        let Some(id) = world.next_id() else { return Ok(None) };
        match world.keep(entry(id)).await {
            Ok(()) => return Ok(Some(id)),
            // The clock was set back by hours, or two daemons have one number: the next id may be free.
            Err(error @ LedgerError::Conflict { .. }) => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    taken.map_or(Ok(None), Err)
}

/// Whether nothing of the message could be judged because DNS did not answer.
fn is_unanswered(facts: &Facts) -> bool {
    let spf = facts.spf.as_ref().is_none_or(|both| both.mail_from.result.verdict == spf::Verdict::TempError);
    let dkim = facts.dkim.iter().all(|outcome| outcome.result.status == Status::TempError);
    facts.dmarc.result.result == DmarcResult::TempError && spf && dkim
}

/// Lets the client try again, unless it is refused already.
fn defer(verdict: &mut Verdict, failure: &Failure) {
    if verdict.action.refuses() {
        return;
    }
    verdict.action = Action::TempFail;
    verdict.hold = Hold::No;
    verdict.reply = Some(failure.reply());
}

impl Failure {
    /// What the client is told.
    pub(crate) fn reply(&self) -> Reply {
        let (enhanced, text) = match self {
            // X.4.3 of the enhanced codes: a directory server.
            Self::Unanswered => ("4.4.3", "DNS does not answer; please try again later"),
            // X.3.0: the mail system itself.
            Self::NotKept(_) | Self::NotTakenIn(_) => ("4.3.0", "Local error in processing; please try again later"),
        };
        Reply { code: 451, enhanced: enhanced.to_owned(), text: text.to_owned() }
    }
}

impl Explain for Failure {
    fn id(&self) -> &'static str {
        match self {
            Self::Unanswered => "service-dns-unanswered",
            Self::NotKept(_) => "service-row-not-kept",
            Self::NotTakenIn(_) => "service-deferred-not-taken-in",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Unanswered => Vec::new(),
            Self::NotKept(error) => vec![("reason", error.to_string().into())],
            Self::NotTakenIn(reason) => vec![("reason", reason.to_string().into())],
        }
    }
}
