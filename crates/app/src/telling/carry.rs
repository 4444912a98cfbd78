//! Letters go their ways: to the server that takes mail, to the webhook. Before a letter is offered it is written down
//! that it is; what the other side said is written down behind.

use std::time::Duration;

use feedback::ArchiveError;
use feedback::mail::Letter as Mail;
use feedback::outbox::desk::Outcome;
use feedback::outbox::settings::Retry;
use lookup::fetch::HttpsUrl;
use net::Post;
use net::submission::{OutgoingMessage, Recipient};
use store::archive::{Notice, NoticeChange, NoticeQuery, NoticeState};

use super::{MailWay, Manner, Telling, Told, WebWay, id_of};
use crate::limits::{RETRY_S_MAX, TOLD_REPLY_BYTES_MAX};
use crate::sending::{Way, ended_by};

/// What came of an attempt.
enum Attempt {
    /// It was taken.
    Taken,
    /// Not now.
    NotNow(String),
    /// Never.
    Never(String),
}

/// Whether a place is a mailbox.
pub(super) fn is_mail(place: &str) -> bool {
    !place.starts_with("https:")
}

impl Telling {
    /// Sends the letters that are due.
    ///
    /// # Errors
    /// The store cannot do it: what was done before stays done.
    pub(crate) async fn carry(
        &self,
        manner: &Manner,
        now_s: u64,
        tell: &mut (dyn FnMut(Told) + Send),
    ) -> Result<(), ArchiveError> {
        let mut way = Way::Closed;
        loop {
            let due = self.archive.notices(NoticeQuery::Due { now_s }).await?;
            if due.is_empty() {
                break;
            }
            for mut notice in due {
                let attempt = match self.may_go(manner, &notice, now_s) {
                    Err(reason) => Attempt::Never(reason),
                    Ok(()) => {
                        notice.attempts = notice.attempts.saturating_add(1);
                        self.send(manner, &mut notice, now_s, &mut way).await?
                    }
                };
                tell(self.ended(manner, notice, attempt, now_s).await?);
            }
        }
        if let Way::Open(submission) = way {
            submission.quit().await;
        }
        Ok(())
    }

    /// Whether a letter is still wanted; else why not.
    fn may_go(&self, manner: &Manner, notice: &Notice, now_s: u64) -> Result<(), String> {
        let NoticeState::Waiting { last, .. } = &notice.state else { return Ok(()) };
        if !manner.places().iter().any(|place| *place == *notice.place) {
            return Err(manner.words.word("reports-label-not-wanted"));
        }
        let is_old = now_s.saturating_sub(notice.made_s) >= manner.config.give_up.as_secs();
        if is_old && notice.attempts > 0 {
            return Err(last.as_deref().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    async fn send(
        &self,
        manner: &Manner,
        notice: &mut Notice,
        now_s: u64,
        way: &mut Way,
    ) -> Result<Attempt, ArchiveError> {
        match (&manner.mail, &manner.web) {
            (Some(mail), _) if is_mail(&notice.place) => match way.open(&mail.submitter).await {
                Err(reply) => Ok(Attempt::NotNow(reply)),
                Ok(submission) => {
                    self.sending(notice, now_s).await?;
                    let bytes = message(mail, notice, now_s);
                    let message = OutgoingMessage {
                        sender: &mail.sender.address,
                        recipients: &[Recipient::new(&notice.place)],
                        bytes: &bytes,
                        returned: None,
                        envelope_id: None,
                    };
                    Ok(submission.send(&message).await.pop().map_or(Outcome::InDoubt, ended_by).into())
                }
            },
            (_, Some(web)) => {
                self.sending(notice, now_s).await?;
                Ok(post(web, notice).await)
            }
            _ => Ok(Attempt::Never(manner.words.word("reports-label-not-wanted"))),
        }
    }

    /// Writes down that a letter is being offered: from now on it may be taken.
    async fn sending(&self, notice: &mut Notice, now_s: u64) -> Result<(), ArchiveError> {
        notice.state = NoticeState::Sending { at_s: now_s };
        self.archive.note(vec![NoticeChange::SetNotice(notice.clone())]).await
    }

    /// Writes down what came of it.
    async fn ended(
        &self,
        manner: &Manner,
        mut notice: Notice,
        attempt: Attempt,
        now_s: u64,
    ) -> Result<Told, ArchiveError> {
        let (status, reason) = match attempt {
            Attempt::Taken => {
                notice.state = NoticeState::Sent { at_s: now_s };
                ("sent", None)
            }
            Attempt::NotNow(reply) => {
                let retry = Retry { first_s: seconds(manner.config.retry), most_s: RETRY_S_MAX, give_up_s: 0 };
                let next_s = now_s.saturating_add(retry.wait_s(notice.attempts));
                notice.state = NoticeState::Waiting { next_s, last: Some(clipped(&reply)) };
                ("deferred", Some(reply))
            }
            Attempt::Never(reply) => {
                notice.state = NoticeState::GivenUp { at_s: now_s, reply: clipped(&reply) };
                ("given-up", Some(reply))
            }
        };
        self.archive.note(vec![NoticeChange::SetNotice(notice.clone())]).await?;
        Ok(Told { notice, status, reason })
    }
}

impl From<Outcome> for Attempt {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted => Self::Taken,
            Outcome::RecipientRefused { reply } | Outcome::MessageRefused { reply } => Self::Never(reply.into()),
            Outcome::NotNow { reply } => Self::NotNow(reply.into()),
            // It comes again under the same id.
            Outcome::InDoubt => Self::NotNow(String::new()),
        }
    }
}

/// The mail of a letter: the same bytes whenever it is tried, but for the signature.
fn message(way: &MailWay, notice: &Notice, now_s: u64) -> Vec<u8> {
    let id = id_of([&*notice.id, &*notice.place].into_iter());
    let mail = Mail::plain(&notice.subject, &notice.text, notice.made_s).to_bytes(&way.sender, &notice.place, &id);
    way.signer.sign(&mail, &way.sender.address, now_s).0
}

async fn post(way: &WebWay, notice: &Notice) -> Attempt {
    let Ok(url) = HttpsUrl::parse(&notice.place) else { return Attempt::Never(String::new()) };
    let (body, token) = (notice.data.as_bytes(), way.token.as_ref());
    let post = Post { url: &url, content_type: "application/json", body, id: &notice.id, token };
    match way.poster.post(&post).await {
        Ok(200..=299) => Attempt::Taken,
        // RFC 9110 §15.5.11: gone, and likely for ever.
        Ok(410) => Attempt::Never("HTTP 410".to_owned()),
        // Whatever else is wrong there can be repaired.
        Ok(status) => Attempt::NotNow(format!("HTTP {status}")),
        Err(failure) => Attempt::NotNow(failure.to_string()),
    }
}

fn seconds(span: Duration) -> u64 {
    span.as_secs().max(1)
}

fn clipped(reply: &str) -> Box<str> {
    reply[..reply.floor_char_boundary(TOLD_REPLY_BYTES_MAX)].into()
}
