//! A recipient whom the rules may refuse when only the envelope is known.

use std::sync::Arc;

use auth::Facts;
use lookup::Lookup;
use lookup::fetch::Fetch;
use policy::{Standing, Transaction, Verdict, decide_early};
use report::RowId;

use crate::ending::{Failure, keep_seen};
use crate::message::{Client, Message, Rest, Way, domain_of};
use crate::row::Seen;
use crate::settings::Settings;
use crate::world::World;

/// A recipient that the MTA waits for.
pub(crate) struct Asking<W: World> {
    pub(crate) world: W,
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) message: Message<W::Lookup, W::Fetch>,
    pub(crate) recipient: Vec<u8>,
    pub(crate) queue_id: Option<String>,
}

/// What was decided of it.
pub(crate) struct Asked<W: World> {
    /// The message goes on, for this recipient or for others.
    pub(crate) message: Message<W::Lookup, W::Fetch>,
    pub(crate) refused: Option<Box<Refused>>,
}

/// A recipient that is refused.
pub(crate) struct Refused {
    pub(crate) client: Client,
    pub(crate) queue_id: Option<String>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) verdict: Verdict,
    pub(crate) failure: Option<Failure>,
    pub(crate) row: Option<RowId>,
}

impl<W: World> Asking<W> {
    /// Waits for what the envelope alone says, and decides. The first refusal of a message leaves a row: none may follow
    /// it from which the attempt could be known.
    pub(crate) async fn end(self) -> Asked<W> {
        let Self { world, settings, client, mut message, recipient, queue_id } = self;
        let began_us = world.elapsed_us();
        let Some(facts) = early(&mut message).await else {
            message.recipient(&recipient, &settings.watch);
            return Asked { message, refused: None };
        };
        let transaction =
            Transaction { recipients: domain_of(&recipient).into_iter().collect(), ..message.transaction() };
        let input = policy::Input::of(&facts, &transaction);
        let verdict = decide_early(&input, &settings.rules, &Standing::default());
        // Taken and thrown away is only what is whole: the rule is asked again then.
        if !verdict.action.refuses() {
            message.recipient(&recipient, &settings.watch);
            return Asked { message, refused: None };
        }
        let (mut failure, mut kept) = (None, None);
        if message.is_first_refusal() {
            let rest = Rest::of_one_recipient(transaction);
            let latency_us = world.elapsed_us().saturating_sub(began_us);
            let seen = Seen {
                client: &client,
                queue_id: queue_id.as_deref(),
                rest: &rest,
                facts: &facts,
                verdict: &verdict,
                failure: None,
                way_in: None,
                latency_us,
            };
            match keep_seen(&world, settings.evidence, &seen).await {
                Ok(id) => kept = id,
                // Who is refused is refused, whether or not a row tells.
                Err(error) => failure = Some(Failure::NotKept(error)),
            }
        }
        let refused = Refused { client, queue_id, facts, verdict, failure, row: kept };
        Asked { message, refused: Some(Box::new(refused)) }
    }
}

/// What the envelope says; `None` for outgoing mail, which nobody judges.
async fn early<L: Lookup + Clone + Send + Sync + 'static, F: Fetch + Sync>(
    message: &mut Message<L, F>,
) -> Option<Arc<Facts>> {
    // Asked once for all recipients: what came for the first holds for the last, however long the MTA takes.
    if message.early.is_none() {
        message.early = match &mut message.way {
            Way::In(check) => Some(Arc::new(check.early().await)),
            Way::Out(_) => None,
        };
    }
    message.early.clone()
}
