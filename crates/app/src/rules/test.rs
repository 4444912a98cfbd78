//! `policy test`: one message and the rules.

use std::fmt::Write as _;

use mailtext::list_id::list_id;
use mailtext::{Domain, Headers};
use policy::{Rules, Standing, Transaction, Verdict, decide_facts};
use serde::Serialize;

use crate::failure::Failure;
use crate::paint::{Paint, Tone};
use crate::say::Say;
use crate::verify::{Judged, heading};

/// The rules, and what is known of the recipients.
pub(crate) struct Judging {
    rules: Rules,
    recipients: Vec<Domain>,
}

/// A message and what the rules make of it.
#[derive(Serialize)]
struct Message {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
    from: Vec<String>,
    verdict: VerdictObject,
}

/// A verdict.
#[derive(Serialize)]
struct VerdictObject {
    action: &'static str,
    /// What would be done at the stage `block`.
    wanted: &'static str,
    hold: bool,
    disposition: &'static str,
    reply: Option<ReplyObject>,
    overrides: Vec<OverrideObject>,
    labels: LabelsObject,
    reasons: Vec<String>,
    codes: Vec<&'static str>,
}

/// What SMTP answers.
#[derive(Serialize)]
struct ReplyObject {
    code: u16,
    enhanced: String,
    text: String,
}

/// Why the policy is not applied as it is published.
#[derive(Serialize)]
struct OverrideObject {
    #[serde(rename = "type")]
    kind: &'static str,
    comment: String,
}

/// What readers see.
#[derive(Serialize)]
struct LabelsObject {
    subject: Option<String>,
    fields: Vec<String>,
}

impl Judging {
    /// Of mail to these recipients.
    ///
    /// # Errors
    /// One of them has no domain.
    pub(crate) fn new(rules: Rules, recipients: &[String]) -> Result<Self, Failure> {
        let domain = |address: &String| {
            let address = address.trim_start_matches('<').trim_end_matches('>');
            let domain = address.rsplit_once('@').and_then(|(_, domain)| Domain::parse(domain).ok());
            domain.ok_or_else(|| Failure::option("cli-bad-value", "--rcpt", address))
        };
        let mut recipients = recipients.iter().map(domain).collect::<Result<Vec<_>, _>>()?;
        recipients.sort();
        recipients.dedup();
        Ok(Self { rules, recipients })
    }

    fn decide(&self, judged: &Judged) -> Verdict {
        let transaction = Transaction {
            recipients: self.recipients.clone(),
            list_id: judged.list_id.clone(),
            ..Transaction::default()
        };
        // Nothing is remembered here: reputation and replays say nothing.
        decide_facts(&judged.facts, &transaction, &self.rules, &Standing::default())
    }

    /// For people.
    pub(crate) fn text(&self, judged: &Judged, is_one_of_several: bool, paint: Paint, say: &Say) -> String {
        let verdict = self.decide(judged);
        let mut out = String::new();
        if is_one_of_several {
            let _ = writeln!(out, "{}", paint.tone(Tone::Strong, &heading(&judged.place, say)));
        }
        let from: Vec<_> = judged.facts.from.addresses.mailboxes().map(ToString::to_string).collect();
        let from = mailtext::encoded_word::display_safe(&from.join(", ")).into_owned();
        let stage = self.rules.general.stage.as_str();
        let action = paint.tone(tone(verdict.action), verdict.action.as_str());
        let said = say.say("rules-label-verdict", &[("stage", stage.into())]);
        let _ = writeln!(out, "{action}   {said}      {} {from}", say.word("verify-from-label"));
        if verdict.wanted != verdict.action {
            let _ = writeln!(out, "  {}", say.say("rules-wanted", &[("action", verdict.wanted.as_str().into())]));
        }
        if let Some(reply) = &verdict.reply {
            let _ = writeln!(out, "  {} {} {}", reply.code, reply.enhanced, reply.text);
        }
        for (label, value) in labels(&verdict) {
            let _ = writeln!(out, "  {label}: {value}");
        }
        let _ = writeln!(out, "\n  {}", say.word("rules-label-reasons"));
        for (number, reason) in verdict.reasons.iter().enumerate() {
            let _ = writeln!(out, "  {}  {}", number + 1, say.explain(reason));
        }
        let _ = writeln!(out, "\n  {}", reported(&verdict, say));
        out
    }

    /// One line of JSON.
    pub(crate) fn json(&self, judged: &Judged, say: &Say) -> String {
        let verdict = self.decide(judged);
        let message = Message {
            file: judged.place.file.clone(),
            message: judged.place.number,
            from: judged.facts.from.addresses.mailboxes().map(ToString::to_string).collect(),
            verdict: VerdictObject::of(&verdict, say),
        };
        serde_json::to_string(&message).unwrap_or_default() + "\n"
    }
}

impl VerdictObject {
    fn of(verdict: &Verdict, say: &Say) -> Self {
        let reply = verdict.reply.as_ref().map(|reply| ReplyObject {
            code: reply.code,
            enhanced: reply.enhanced.clone(),
            text: reply.text.clone(),
        });
        let overrides = verdict
            .overrides
            .iter()
            .map(|one| OverrideObject { kind: one.kind.as_str(), comment: one.comment.clone() });
        let fields = verdict.labels.fields.iter().map(|(name, value)| format!("{}: {value}", name.as_str()));
        Self {
            action: verdict.action.as_str(),
            wanted: verdict.wanted.as_str(),
            hold: verdict.hold == policy::Hold::Yes,
            disposition: verdict.disposition.as_str(),
            reply,
            overrides: overrides.collect(),
            labels: LabelsObject {
                subject: verdict.labels.subject.as_ref().map(|prefix| prefix.as_str().to_owned()),
                fields: fields.collect(),
            },
            reasons: verdict.reasons.iter().map(|reason| say.explain(reason)).collect(),
            codes: verdict.reasons.iter().map(mailtext::Explain::id).collect(),
        }
    }
}

/// What the owner of the author domain is told.
fn reported(verdict: &Verdict, say: &Say) -> String {
    let disposition = verdict.disposition.as_str();
    if verdict.overrides.is_empty() {
        return say.say("rules-label-reported", &[("disposition", disposition.into())]);
    }
    let whys: Vec<_> = verdict.overrides.iter().map(|one| one.kind.as_str()).collect();
    let arguments = [("disposition", disposition.into()), ("overrides", whys.join(", ").into())];
    say.say("rules-label-reported-because", &arguments)
}

/// What is written on the message.
fn labels(verdict: &Verdict) -> Vec<(String, String)> {
    let subject = verdict.labels.subject.iter().map(|prefix| ("Subject".to_owned(), format!("{} …", prefix.as_str())));
    let fields = verdict.labels.fields.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone()));
    subject.chain(fields).collect()
}

fn tone(action: policy::Action) -> Tone {
    match action {
        policy::Action::Accept => Tone::Good,
        policy::Action::Label | policy::Action::Quarantine => Tone::Doubtful,
        policy::Action::TempFail | policy::Action::Discard | policy::Action::Reject => Tone::Bad,
    }
}

/// The list that a message says it came through, by its header.
pub(crate) fn list_of(block: &[u8]) -> Option<Domain> {
    let headers = Headers::parse(block);
    let mut fields = headers.named("list-id");
    // Of two nobody knows which is meant.
    let (only, None) = (fields.next()?, fields.next()) else { return None };
    list_id(only.value)
}
