//! A verdict, carried out: labels, quarantine, and the reply to the MTA.

use mailtext::Explain;
use mailtext::authres::LineEnd;
use milter::{Edit, EditError, EnhancedCode, ReplyText, Session};
use outgoing::Signature;
use policy::{Action, Hold, Reason, Reply, Verdict};
use report::RowId;

use crate::limits::HOLD_REASON_BYTES_MAX;
use crate::message::Subject;
use crate::settings::usual_field_name;

/// What the MTA is answered at the end of a message.
pub(crate) enum Answer {
    /// The message goes on.
    GoOn,
    /// It is taken and thrown away.
    Discard,
    /// It is refused, for good or for now, in words of ours.
    Words(ReplyText),
    /// It is refused for good, in the MTA's words.
    Reject,
    /// It is refused for now, in the MTA's words.
    TempFail,
}

impl Answer {
    pub(crate) fn of(verdict: &Verdict) -> Self {
        Self::to(verdict.action, verdict.reply.as_ref())
    }

    pub(crate) fn to(action: Action, reply: Option<&Reply>) -> Self {
        let words = reply.and_then(|reply| {
            let (enhanced, lines) = (Some(enhanced(&reply.enhanced)?), [reply.text.as_str()]);
            // The text has other letters only where the client reads them.
            match reply.text.is_ascii() {
                true => ReplyText::new(reply.code, enhanced, &lines).ok(),
                false => ReplyText::internationalised(reply.code, enhanced, &lines).ok(),
            }
        });
        match (action, words) {
            (Action::Accept | Action::Label | Action::Quarantine, _) => Self::GoOn,
            (Action::Discard, _) => Self::Discard,
            (Action::Reject | Action::TempFail, Some(words)) => Self::Words(words),
            // A text that the MTA would not take changes nothing of the verdict.
            (Action::Reject, None) => Self::Reject,
            (Action::TempFail, None) => Self::TempFail,
        }
    }

    pub(crate) fn as_reply(&self) -> milter::Reply<'_> {
        match self {
            Self::GoOn => milter::Reply::Continue,
            Self::Discard => milter::Reply::Discard,
            Self::Words(words) => milter::Reply::Code(words),
            Self::Reject => milter::Reply::Reject,
            Self::TempFail => milter::Reply::TemporaryFailure,
        }
    }

    /// Whether somebody will read what is written on the message.
    pub(crate) fn delivers(&self) -> bool {
        matches!(self, Self::GoOn)
    }
}

/// The reason that decided, and an excuse where there is one that took everything else away.
#[must_use]
pub fn decisive(verdict: &Verdict) -> Option<&Reason> {
    let excused = |reason: &Reason| match reason {
        Reason::Found { finding, .. } => {
            verdict.reasons.iter().any(|other| matches!(other, Reason::Excused(excuse) if excuse.covers(finding)))
        }
        _ => false,
    };
    let weight = |reason: &&Reason| match reason {
        Reason::Found { action, .. } => *action,
        _ => Action::Accept,
    };
    let found = verdict.reasons.iter().rev().filter(|reason| matches!(reason, Reason::Found { .. }));
    let left = found.filter(|reason| !excused(reason)).max_by_key(weight);
    left.or_else(|| verdict.reasons.iter().find(|reason| matches!(reason, Reason::Excused(_))))
        .or(verdict.reasons.first())
}

/// Asks the MTA to hold the message, where that is wanted. `None` where it is not.
///
/// An MTA that does not hold messages lets this one through: then a field must tell readers, and if none of the
/// operator's does, the usual one.
pub(crate) fn hold(session: &mut Session, verdict: &Verdict, why: &str) -> Option<Result<(), EditError>> {
    if verdict.hold != Hold::Yes {
        return None;
    }
    let reason = printable(why);
    let held = session.edit(Edit::Quarantine { reason: reason.as_bytes() });
    let fallback = usual_field_name().filter(|_| held.is_err() && verdict.labels.fields.is_empty());
    if let Some(name) = fallback {
        let id = decisive(verdict).map_or("-", Explain::id);
        let value = format!(" {}; reason={id}", verdict.action.as_str());
        // Where this fails too, the receipt says already that the message is not held.
        let _ = session.edit(Edit::InsertHeader { index: 0, name: name.as_bytes(), value: value.as_bytes() });
    }
    Some(held)
}

/// Writes the labels: the mark in front of the subject, and the fields on top, in their order.
pub(crate) fn label(session: &mut Session, verdict: &Verdict, subject: &Subject) -> Result<(), EditError> {
    let mut labelled = Ok(());
    // The place of a field is counted before anything is put above it.
    if let Some(marked) = verdict.labels.subject.as_ref().and_then(|mark| subject.marked(mark, LineEnd::Lf)) {
        let value = [b" ", &marked[..]].concat();
        labelled = session.edit(match subject {
            Subject::Absent => Edit::AddHeader { name: SUBJECT, value: &value },
            Subject::Value(_) => Edit::ChangeHeader { occurrence: 1, name: SUBJECT, value: &value },
        });
    }
    for (name, value) in verdict.labels.fields.iter().rev() {
        let value = format!(" {value}");
        let edit = Edit::InsertHeader { index: 0, name: name.as_str().as_bytes(), value: value.as_bytes() };
        labelled = labelled.and(session.edit(edit));
    }
    labelled
}

/// Puts the signatures on top, in their order.
pub(crate) fn insert(session: &mut Session, signatures: &[Signature]) -> Result<(), EditError> {
    let mut inserted = Ok(());
    for signature in signatures.iter().rev() {
        let value = signature.value.replace("\r\n", "\n");
        // RFC 6376 §5.6: above whatever is there.
        let edit = Edit::InsertHeader { index: 0, name: SIGNATURE, value: value.as_bytes() };
        inserted = inserted.and(session.edit(edit));
    }
    inserted
}

/// ` action=reject; rule=policy-dmarc-fail; row=32YFWNM000000; nobody vouches …`: in ASCII, on one line.
pub(crate) fn explanation(verdict: &Verdict, row: Option<RowId>, say: &dyn Fn(&dyn Explain) -> String) -> String {
    let mut value = format!(" action={}", verdict.action.as_str());
    let decisive = decisive(verdict);
    if let Some(reason) = decisive {
        value.push_str(&format!("; rule={}", reason.id()));
    }
    if let Some(row) = row {
        value.push_str(&format!("; row={row}"));
    }
    if let Some(reason) = decisive {
        value.push_str("; ");
        value.push_str(&printable(&say(reason)));
    }
    value
}

/// `5.7.26`
fn enhanced(text: &str) -> Option<EnhancedCode> {
    let mut numbers = text.split('.');
    let mut next = || numbers.next()?.parse::<u16>().ok();
    let (class, subject, detail) = (next()?, next()?, next()?);
    Some(EnhancedCode { class: u8::try_from(class).ok()?, subject, detail })
}

/// One line of printable ASCII, never empty: it stands in the MTA's queue.
fn printable(text: &str) -> String {
    let clean = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
    let line: String = text.chars().map(clean).take(HOLD_REASON_BYTES_MAX).collect();
    if line.trim().is_empty() { "policy".to_owned() } else { line }
}

const SUBJECT: &[u8] = b"Subject";
const SIGNATURE: &[u8] = b"DKIM-Signature";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let code = |class, subject, detail| Some(EnhancedCode { class, subject, detail });
        assert_eq!(enhanced("5.7.26"), code(5, 7, 26));
        assert_eq!(enhanced("4.7.0"), code(4, 7, 0));
        for broken in ["", "5", "5.7", "5.7.x", "999.1.1"] {
            assert_eq!(enhanced(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_stands_in_the_queue_is_one_line() {
        assert_eq!(printable("a\r\nb\0関"), "a??b??");
        assert_eq!(printable(""), "policy");
        for (length, kept) in [
            (HOLD_REASON_BYTES_MAX - 1, HOLD_REASON_BYTES_MAX - 1),
            (HOLD_REASON_BYTES_MAX, HOLD_REASON_BYTES_MAX),
            (HOLD_REASON_BYTES_MAX + 1, HOLD_REASON_BYTES_MAX),
        ] {
            assert_eq!(printable(&"a".repeat(length)).len(), kept, "{length}");
        }
    }
}
