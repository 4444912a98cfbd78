//! What the daemon logs, on standard error: a line for each message, and what happens to connections. Everything that
//! came from outside is quoted, and nothing in it can end a line or steer a terminal.

mod json;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use auth::Facts;
use mailtext::Explain as _;
use mailtext::encoded_word::display_safe;
use mailtext::path::ReversePath;
use net::{ConnectionEnd, Notice};
use policy::Verdict;
use service::world::Moment;
use service::{Receipt, Sent, WayInEnd};
use tracing::field::display;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::metrics::Metrics;
use super::world::Counts;
use super::{is_coloured, results};
use crate::config::LogForm;
use crate::limits::{LOGGED_SIGNATURE_COUNT_MAX, LOGGED_VALUE_CHARACTERS_MAX};
use crate::say::Say;
use crate::verify::{Judgement, decisive};

/// Starts the log. Once is enough; `RUST_LOG` stands above `-v`.
pub(super) fn start(verbosity: u8, form: LogForm) {
    // A log that was started before goes on, in its form.
    let _ = FORM.set(form);
    let level = match verbosity {
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    // A log that was started before goes on.
    let _ = match form {
        LogForm::Text => subscriber.with_timer(UtcTime).with_ansi(is_coloured()).with_target(false).try_init(),
        LogForm::Json => subscriber.event_format(json::Lines).try_init(),
    };
}

/// The form in which this process logs; the log itself is one for the process, too.
static FORM: OnceLock<LogForm> = OnceLock::new();

/// Whether each line is an object.
pub(super) fn is_json() -> bool {
    FORM.get() == Some(&LogForm::Json)
}

/// One message, one line. The last field is the verdict's reason, as a sentence.
pub(super) fn message(receipt: &Receipt<'_>, say: &Say) {
    let facts = receipt.facts;
    let judgement = Judgement::of(facts);
    let reason = match (receipt.moment, service::decisive(receipt.verdict)) {
        // Of the author nothing was known yet.
        (Moment::Recipient, Some(decisive)) => say.explain(decisive),
        _ => say.say(judgement.sentence, &judgement.arguments),
    };
    let line = Line {
        queue_id: Quoted(receipt.queue_id.unwrap_or_default()),
        client: Quoted(receipt.client_name),
        facts,
        verdict: receipt.verdict,
        dsn: receipt.dsn,
        forged_count: receipt.forged_count,
        row: receipt.row,
        reason: Quoted(&reason),
    };
    if let Some(failure) = receipt.failure {
        tracing::warn!(queue_id = %line.queue_id, "{}", say.explain(failure));
    }
    match receipt.way_in {
        // That is told above, as what failed.
        Some(WayInEnd::NotTaken(_)) if receipt.failure.is_some() => {}
        Some(end @ (WayInEnd::NotTaken(_) | WayInEnd::TooLarge)) => {
            tracing::warn!(queue_id = %line.queue_id, "{}", say.explain(end));
        }
        Some(end) => tracing::info!(queue_id = %line.queue_id, "{}", say.explain(end)),
        None => {}
    }
    if is_json() {
        return json::message(receipt, &reason);
    }
    let held = receipt.held.unwrap_or(Ok(()));
    match receipt.cleaned.and(receipt.labelled).and(held) {
        Ok(()) if receipt.moment == Moment::Recipient => tracing::info!("recipient {line}"),
        Ok(()) => tracing::info!("message {line}"),
        Err(_) => {
            let cleaned = receipt.cleaned.err().map(display);
            let labelled = receipt.labelled.err().map(display);
            let held = held.err().map(display);
            tracing::warn!(not_removed = cleaned, not_labelled = labelled, not_held = held, "message {line}");
        }
    }
}

/// One outgoing message, one line. The last field says who signed, or why nobody did.
pub(super) fn sent(sent: &Sent<'_>, say: &Say) {
    let reason = sent
        .signed
        .evidence
        .last()
        .map_or_else(|| say.explain(&outgoing::Step::Outgoing(sent.origin.clone())), |step| say.explain(step));
    let line = SentLine { sent, reason: Quoted(&reason) };
    if let Some(failure) = sent.failure {
        tracing::warn!(queue_id = %Quoted(sent.queue_id.unwrap_or_default()), "{}", say.explain(failure));
    }
    if is_json() {
        return json::sent(sent, &reason);
    }
    match sent.cleaned.and(sent.inserted) {
        Ok(()) => tracing::info!("message {line}"),
        Err(_) => {
            let cleaned = sent.cleaned.err().map(display);
            let inserted = sent.inserted.err().map(display);
            tracing::warn!(not_removed = cleaned, not_signed = inserted, "message {line}");
        }
    }
}

/// Logs what happens to connections.
pub(super) fn observer(
    say: Arc<Say>,
    counts: Arc<Counts>,
    metrics: Arc<Metrics>,
    limit: usize,
) -> impl Fn(Notice) + Send + Sync + 'static {
    move |notice| match notice {
        Notice::Refused { peer } => {
            metrics.refused.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%peer, "{}", say.say("serve-at-capacity", &[("limit", limit.into())]));
        }
        Notice::AcceptFailed { error } => tracing::warn!(reason = %error, "accept"),
        Notice::Ended { peer, end } => {
            counts.connections.fetch_sub(1, Ordering::Relaxed);
            let lost = || {
                metrics.lost.fetch_add(1, Ordering::Relaxed);
                say.say("serve-connection-lost", &[("reason", end.to_string().into())])
            };
            match end {
                ConnectionEnd::Finished | ConnectionEnd::ClosedByPeer => tracing::debug!(%peer, "{end}"),
                ConnectionEnd::Panicked => tracing::error!(%peer, "{}", lost()),
                _ => tracing::warn!(%peer, "{}", lost()),
            }
        }
        // Kinds of notices that `net` may learn.
        _ => {}
    }
}

/// The daemon was asked to end.
pub(super) fn stopping(say: &Say, counts: &Counts) {
    let count = counts.connections.load(Ordering::Relaxed);
    tracing::info!("{}", say.say("serve-stopping", &[("count", mailtext::Value::Number(count))]));
}

/// The daemon has ended.
pub(super) fn stopped(say: &Say, counts: &Counts) {
    let count = counts.messages.load(Ordering::Relaxed);
    tracing::info!("{}", say.say("serve-stopped", &[("messages", mailtext::Value::Number(count))]));
}

/// `queue_id="4bQ7" client="mx.example" ip=192.0.2.1 …`
struct Line<'a> {
    queue_id: Quoted<'a>,
    client: Quoted<'a>,
    facts: &'a Facts,
    verdict: &'a Verdict,
    dsn: policy::Dsn,
    forged_count: usize,
    /// Under which it is found again.
    row: Option<report::RowId>,
    reason: Quoted<'a>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let envelope = &self.facts.envelope;
        write!(out, "queue_id={} client={}", self.queue_id, self.client)?;
        match envelope.ip {
            Some(ip) => write!(out, " ip={ip}")?,
            None => out.write_str(" ip=none")?,
        }
        if let Some(helo) = &envelope.helo {
            write!(out, " helo={}", Quoted(helo))?;
        }
        match &envelope.mail_from {
            Some(Ok(ReversePath::Null)) => out.write_str(" mail_from=\"<>\"")?,
            Some(Ok(path)) => write!(out, " mail_from={}", Quoted(&path.to_string()))?,
            Some(Err(_)) => out.write_str(" mail_from=malformed")?,
            None => {}
        }
        let authors: Vec<_> = self.facts.from.addresses.mailboxes().map(ToString::to_string).collect();
        write!(out, " from={}", Quoted(&authors.join(", ")))?;
        self.results(out)?;
        self.verdict(out)?;
        self.dsn.word().map_or(Ok(()), |word| write!(out, " dsn={word}"))?;
        write!(out, " forged={}", self.forged_count)?;
        self.row.map_or(Ok(()), |row| write!(out, " row={row}"))?;
        write!(out, " reason={}", self.reason)
    }
}

/// `queue_id="4bQ7" client="pc.example" ip=192.0.2.7 direction=out … signed=example.jp:s2026 …`
struct SentLine<'a> {
    sent: &'a Sent<'a>,
    reason: Quoted<'a>,
}

impl fmt::Display for SentLine<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sent { queue_id, client, origin, user, mail_from, signed, action, row, forged_count, .. } = self.sent;
        write!(out, "queue_id={} client={}", Quoted(queue_id.unwrap_or_default()), Quoted(&client.name))?;
        match client.ip {
            Some(ip) => write!(out, " ip={ip}")?,
            None => out.write_str(" ip=none")?,
        }
        if let Some(helo) = &client.helo {
            write!(out, " helo={}", Quoted(helo))?;
        }
        let origin = outgoing::Step::Outgoing((*origin).clone());
        write!(out, " direction=out rule={}", origin.id())?;
        user.map_or(Ok(()), |user| write!(out, " user={}", Quoted(user)))?;
        match mail_from {
            Ok(ReversePath::Null) => out.write_str(" mail_from=\"<>\"")?,
            Ok(path) => write!(out, " mail_from={}", Quoted(&path.to_string()))?,
            Err(_) => out.write_str(" mail_from=malformed")?,
        }
        out.write_str(" signed=")?;
        if signed.signatures.is_empty() {
            out.write_str("none")?;
        }
        for (at, signature) in signed.signatures.iter().enumerate() {
            out.write_str(if at > 0 { "," } else { "" })?;
            write!(out, "{}:{}", signature.domain, signature.selector)?;
        }
        write!(out, " action={}", action.as_str())?;
        row.map_or(Ok(()), |row| write!(out, " row={row}"))?;
        write!(out, " forged={forged_count} reason={}", self.reason)
    }
}

impl Line<'_> {
    /// ` action=reject rule=policy-dmarc-fail`
    fn verdict(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { action, wanted, overrides, .. } = self.verdict;
        write!(out, " action={}", action.as_str())?;
        if wanted != action {
            write!(out, " wanted={}", wanted.as_str())?;
        }
        service::decisive(self.verdict).map_or(Ok(()), |reason| write!(out, " rule={}", reason.id()))?;
        for (at, one) in overrides.iter().enumerate() {
            write!(out, "{}{}", if at == 0 { " override=" } else { "," }, one.kind.as_str())?;
        }
        Ok(())
    }

    fn results(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spf = self.facts.spf.as_ref().map(|both| both.mail_from.result.verdict.as_str());
        write!(out, " spf={}", spf.unwrap_or("none"))?;
        out.write_str(" dkim=")?;
        if self.facts.dkim.is_empty() {
            out.write_str("none")?;
        }
        for (at, outcome) in self.facts.dkim.iter().take(LOGGED_SIGNATURE_COUNT_MAX).enumerate() {
            out.write_str(if at > 0 { "," } else { "" })?;
            out.write_str(outcome.result.status.as_str())?;
            // A domain holds letters, digits, hyphens, underscores and dots only.
            outcome.result.parsed.domain.as_ref().map_or(Ok(()), |domain| write!(out, ":{}", domain.as_str()))?;
        }
        let evaluation = &self.facts.dmarc.result;
        write!(out, " dmarc={}", evaluation.result.as_str())?;
        decisive(self.facts).map_or(Ok(()), |one| write!(out, ":{}", one.discovery.author_domain.as_str()))?;
        evaluation.policy.map_or(Ok(()), |policy| write!(out, " policy={}", policy.to_apply().as_str()))?;
        self.others(out)
    }

    /// ` arc=pass iprev=fail:mx.example dnsbl=listed:bl.example`: the other methods that are on, each with its first results.
    fn others(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut method, mut count) = ("", 0);
        for found in results::others(self.facts) {
            count = if found.method == method { count + 1 } else { 0 };
            if count >= LOGGED_SIGNATURE_COUNT_MAX {
                continue;
            }
            match count {
                0 => write!(out, " {}={}", found.method, found.result)?,
                _ => write!(out, ",{}", found.result)?,
            }
            found.of.map_or(Ok(()), |of| write!(out, ":{of}"))?;
            method = found.method;
        }
        Ok(())
    }
}

/// A value from outside: in quotes, which it cannot close, without what could end a line or turn the direction of
/// writing, and not too long.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = display_safe(self.0);
        let end = safe.char_indices().nth(LOGGED_VALUE_CHARACTERS_MAX).map(|(at, _)| at);
        out.write_str("\"")?;
        // In runs: a line has hundreds of characters, and each that is written alone costs as much as a run.
        let mut rest = &safe[..end.unwrap_or(safe.len())];
        while let Some(at) = rest.find(['"', '\\']) {
            let (run, escaped) = rest.split_at(at);
            let (escaped, after) = escaped.split_at(1);
            for part in [run, "\\", escaped] {
                out.write_str(part)?;
            }
            rest = after;
        }
        out.write_str(rest)?;
        out.write_str(if end.is_some() { "…\"" } else { "\"" })
    }
}

/// RFC 3339, UTC, to the millisecond.
struct UtcTime;

impl FormatTime for UtcTime {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        write!(out, "{:.3}", jiff::Timestamp::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_ends_a_line_or_a_quote() {
        for (text, shown) in [
            ("mx.example", "\"mx.example\""),
            ("", "\"\""),
            ("a\" dmarc=pass reason=\"", "\"a\\\" dmarc=pass reason=\\\"\""),
            ("a\\", "\"a\\\\\""),
            ("利用者@例え.jp", "\"利用者@例え.jp\""),
        ] {
            assert_eq!(Quoted(text).to_string(), shown);
        }
        let hostile = Quoted("a\r\n2026-01-01 INFO message\u{1b}[31m\u{202e}\u{0}").to_string();
        assert!(!hostile.chars().any(|character| character.is_control() || character == '\u{202e}'), "{hostile:?}");
    }

    #[test]
    fn long_values_at_below_and_above_the_limit() {
        for characters in
            [LOGGED_VALUE_CHARACTERS_MAX - 1, LOGGED_VALUE_CHARACTERS_MAX, LOGGED_VALUE_CHARACTERS_MAX + 1]
        {
            let shown = Quoted(&"あ".repeat(characters)).to_string();
            let whole = characters <= LOGGED_VALUE_CHARACTERS_MAX;
            assert_eq!(shown.ends_with("…\""), !whole);
            assert_eq!(shown.matches('あ').count(), characters.min(LOGGED_VALUE_CHARACTERS_MAX));
        }
    }
}
