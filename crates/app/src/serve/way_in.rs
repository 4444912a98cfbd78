//! Reports that come in through the milter: mail to an address of ours, on its way to a mailbox or to nobody.
//!
//! Here more is known than behind an MTA: the client itself is there, so that SPF vouches as well as a signature.

use std::sync::Weak;

use auth::Facts;
use feedback::archive::Trust;
use service::AfterWayIn;

use super::intake::{Intake, Shared, message_id, trust};

/// Takes in what passes the milter, as long as the daemon takes in reports.
pub(super) struct MilterIntake {
    // Who takes reports in knows the world, and the world knows this: it must not hold on to itself.
    shared: Weak<Shared>,
}

impl MilterIntake {
    pub(super) fn new(intake: &Intake) -> Self {
        Self { shared: intake.downgrade() }
    }

    /// Takes a message in. Ready when it is on the disk.
    ///
    /// # Errors
    /// It is not: the reason, as a sentence or a part of one.
    pub(super) async fn take(&self, message: Vec<u8>, facts: &Facts, after: AfterWayIn) -> Result<(), Box<str>> {
        let Some(intake) = Intake::upgrade(&self.shared) else { return Err("the daemon ends".into()) };
        let trust = match (trust(facts), after) {
            (Some(trust), _) => trust,
            // Its sender can bring it again.
            (None, AfterWayIn::Swallow) => return Err(intake.say().word("reports-label-unanswered").into()),
            // It goes on in any case, and does not come again.
            (None, AfterWayIn::Deliver) => Trust::Unauthenticated,
        };
        let path = message_id(&message).unwrap_or_else(|| "<>".to_owned());
        intake.take("milter", &path, message, trust, None).await.map_err(|error| error.to_string().into())
    }
}
