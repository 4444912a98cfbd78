//! An outgoing message: it is signed instead of judged, and a row tells so.

use mailtext::{Explain, PathFlaw, ReversePath};
use outgoing::{Origin, Signed, Signing, Step, Unsigned};
use policy::{Action, Reply};
use report::row::{Message, Row, Verdict};
use report::vocabulary::Direction;
use report::{Entry, RowId, Why};

use crate::ending::{Failure, keep};
use crate::message::{Client, Rest};
use crate::row::{action_of, client, envelope};
use crate::settings::{EvidenceKept, OnFailure, Settings};
use crate::world::World;

/// An outgoing message on its way.
pub(crate) struct Sending {
    /// Why it is outgoing.
    pub(crate) origin: Origin,
    /// The user of SMTP AUTH.
    pub(crate) user: Option<String>,
    /// MAIL FROM.
    pub(crate) mail_from: Result<ReversePath, PathFlaw>,
    /// What makes the signatures.
    pub(crate) signing: Signing,
}

/// An outgoing message whose last byte has come.
pub(crate) struct Departing<W: World> {
    pub(crate) world: W,
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) sending: Sending,
    pub(crate) rest: Box<Rest>,
    pub(crate) queue_id: Option<String>,
}

/// An outgoing message of which everything is known.
pub(crate) struct Departed {
    pub(crate) client: Client,
    pub(crate) rest: Box<Rest>,
    pub(crate) queue_id: Option<String>,
    pub(crate) origin: Origin,
    pub(crate) user: Option<String>,
    pub(crate) mail_from: Result<ReversePath, PathFlaw>,
    pub(crate) signed: Signed,
    pub(crate) action: Action,
    pub(crate) reply: Option<Reply>,
    pub(crate) failure: Option<Failure>,
    pub(crate) row: Option<RowId>,
}

impl<W: World> Departing<W> {
    /// Signs, and keeps the row.
    pub(crate) async fn end(self) -> Departed {
        let Self { world, settings, client, sending, rest, queue_id } = self;
        let Sending { origin, user, mail_from, signing } = sending;
        let began_us = world.elapsed_us();
        let signed = signing.finish(world.now_s());
        let (action, reply) = consequence(&signed);
        let latency_us = world.elapsed_us().saturating_sub(began_us);
        let (failure, row) = (None, None);
        let mut departed =
            Departed { client, rest, queue_id, origin, user, mail_from, signed, action, reply, failure, row };
        let with_evidence = departed.is_told(settings.evidence);
        let entry = |id| Entry {
            row: departed.row(&world, id, latency_us),
            why: if with_evidence { departed.why() } else { Why::default() },
        };
        match keep(&world, entry).await {
            Ok(id) => departed.row = id,
            Err(error) => {
                let failure = Failure::NotKept(error);
                if settings.on_failure == OnFailure::TempFail && !departed.action.refuses() {
                    (departed.action, departed.reply) = (Action::TempFail, Some(failure.reply()));
                }
                departed.failure = Some(failure);
            }
        }
        departed
    }
}

impl Departed {
    /// Whether its evidence is kept.
    fn is_told(&self, evidence: EvidenceKept) -> bool {
        let is_notable = self.signed.signatures.is_empty() || self.signed.evidence.iter().any(is_warning);
        match evidence {
            EvidenceKept::None => false,
            EvidenceKept::Notable => is_notable,
            EvidenceKept::All => true,
        }
    }

    fn row<W: World>(&self, world: &W, id: RowId, latency_us: u64) -> Row {
        let Self { rest, signed, .. } = self;
        let reasons = signed.evidence.iter().filter(|step| !matches!(step, Step::Signed { .. }));
        let signatures = signed.signatures.iter();
        let mut row = Row {
            queue_id: self.queue_id.as_deref().map(Into::into),
            client: client(world, &self.client, self.user.as_deref()),
            envelope: envelope(world, rest, Some(&self.mail_from)),
            message: Message {
                size_bytes: rest.size.header_bytes + rest.size.body_bytes,
                header_bytes: rest.size.header_bytes,
                message_id: rest.message_id.as_deref().map(|message_id| world.digest(message_id)),
                ..Message::default()
            },
            verdict: Verdict {
                action: action_of(self.action),
                reply_code: self.reply.as_ref().map(|reply| u64::from(reply.code)),
                reasons: reasons.map(|step| step.id().into()).collect(),
                ..Verdict::default()
            },
            signed: signatures
                .map(|one| report::row::Signed { domain: one.domain.clone(), selector: one.selector.clone() })
                .collect(),
            latency_us,
            ..Row::new(id, Direction::Out)
        };
        row.clip();
        row
    }

    fn why(&self) -> Why {
        let mut why = Why::default();
        why.push(&Step::Outgoing(self.origin.clone()));
        self.signed.evidence.iter().for_each(|step| why.push(step));
        why
    }
}

/// What becomes of the message: it goes on, but where it has no signature and the operator wants one.
fn consequence(signed: &Signed) -> (Action, Option<Reply>) {
    // X.7.1: not authorized. X.3.5: the system is not configured for it.
    let (action, code, enhanced) = match signed.unsigned {
        None | Some(Unsigned::Accept) => return (Action::Accept, None),
        Some(Unsigned::Reject) => (Action::Reject, 550, "5.7.1"),
        Some(Unsigned::TempFail) => (Action::TempFail, 451, "4.3.5"),
    };
    let text = "No DKIM key signs for the author of this message".to_owned();
    (action, Some(Reply { code, enhanced: enhanced.to_owned(), text }))
}

/// Something that the operator should look at, although there is a signature.
fn is_warning(step: &Step) -> bool {
    !matches!(step, Step::Outgoing(_) | Step::RuleFound { .. } | Step::NoRule { .. } | Step::Signed { .. })
}
