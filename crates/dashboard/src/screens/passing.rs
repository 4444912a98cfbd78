//! Mail that passes here: what its screens have in common – words, times, whose a message is, how it is told to programs.

use data_encoding::HEXLOWER;
use mailtext::Domain;
use maud::{Markup, html};
use report::Row;
use report::query::{DomainFilter, DomainRole, Reach};
use report::row::Address;
use report::vocabulary::{Action, Direction, Method, MethodResult};
use serde_json::{Value, json};

use crate::ask::{DAY_MS, Period, Query, View, Visit, day_text, time_text};
use crate::parts::{Tone, code, safe, state};
use crate::trouble::Trouble;
use crate::who::Scope;

/// A time that is asked about, in the person's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    /// Its days, as they are there.
    pub(crate) period: Period,
    /// From when, in milliseconds since 1970.
    pub(crate) from_ms: u64,
    /// Until before when.
    pub(crate) until_ms: u64,
    /// How many whole hours the days begin before those of UTC.
    pub(crate) ahead_h: i8,
}

impl Span {
    /// The days that are asked for, else the last `day_count`, with times of the day (`from_time`, `to_time`: 09:30).
    ///
    /// # Errors
    /// A day or a time cannot be read.
    pub(crate) fn of(view: &View<'_>, day_count: u32) -> Result<Self, Trouble> {
        let mut period = view.period_or(day_count)?;
        let ahead_ms = i64::from(view.ahead_s) * 1000;
        let local_ms = view.now_ms.saturating_add_signed(ahead_ms);
        let local_today = u32::try_from(local_ms / DAY_MS).unwrap_or(u32::MAX);
        if view.query.get("to").is_none() {
            // In Tokyo the day is another one than in UTC for nine hours.
            period.until_day = local_today.saturating_add(1).max(period.from_day.saturating_add(1));
            if view.query.get("from").is_none() || view.query.get("days").is_some() {
                let is_later = i64::from(local_today) - i64::from(view.today());
                period.from_day = period.from_day.saturating_add_signed(i32::try_from(is_later).unwrap_or(0));
            }
        }
        let from_time = view.query.read("from_time", parse_time)?.unwrap_or(0);
        let to_time = view.query.read("to_time", parse_time)?;
        let utc_ms = |local_ms: u64| local_ms.saturating_add_signed(-ahead_ms);
        let until_ms = match to_time {
            // The minute that is named is one of them.
            Some(minutes) => period.until_ms() - DAY_MS + (minutes + 1) * MINUTE_MS,
            None => period.until_ms(),
        };
        let from_ms = period.from_ms() + from_time * MINUTE_MS;
        if from_ms >= until_ms {
            let value = view.query.get("to_time").unwrap_or_default().to_owned();
            return Err(Trouble::Parameter { name: "to_time", value });
        }
        let ahead_h = i8::try_from((view.ahead_s / 3600).clamp(-23, 23)).unwrap_or(0);
        Ok(Self { period, from_ms: utc_ms(from_ms), until_ms: utc_ms(until_ms), ahead_h })
    }
}

/// Minutes of the day, of 09:30.
fn parse_time(text: &str) -> Option<u64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let read = |part: &str, most: u64| part.parse::<u64>().ok().filter(|number| is_plain(part) && *number <= most);
    Some(read(hours, 23)? * 60 + read(minutes, 59)?)
}

/// The domains whose messages are counted for whoever asks: all that they may see, or the one of them that is asked for.
/// `None` counts the whole house.
///
/// # Errors
/// The domain is none, or one that they may not see.
pub(crate) fn counted_domains<S>(visit: &Visit<'_, S>) -> Result<Option<Box<[Domain]>>, Trouble> {
    match (&visit.who.scope, visit.query.domain("domain")?) {
        (scope, Some(asked)) if scope.has(Some(&asked)) => Ok(Some([asked].into())),
        (_, Some(_)) => Err(Trouble::Forbidden),
        (Scope::All, None) => Ok(None),
        (Scope::Domains(domains), None) => Ok(Some(domains.as_slice().into())),
    }
}

/// Which messages are counted, in a sentence, where they are those of some domains.
pub(crate) fn counted_text(domains: &[Domain], view: &View<'_>) -> String {
    let mut names: Vec<_> = domains.iter().take(NAME_COUNT).map(ToString::to_string).collect();
    if domains.len() > NAME_COUNT {
        names.push("…".to_owned());
    }
    view.say("page-mail-own-defined", &[("domains", names.join(", ").into())])
}

/// From when on counts by domain are kept, where that is later than what is asked about.
pub(crate) fn counted_from(whole_from_ms: u64, span: Span, view: &View<'_>) -> Option<String> {
    let day = (whole_from_ms > span.from_ms)
        .then(|| day_text(u32::try_from(whole_from_ms.div_ceil(DAY_MS)).unwrap_or(u32::MAX)));
    day.map(|day| view.say("page-mail-own-from", &[("day", day.into())]))
}

/// Which rows are of a domain: those in which it, or a name below it, stands in any role.
pub(crate) fn of_domain(domain: &Domain) -> DomainFilter {
    DomainFilter::anywhere(domain.clone(), Reach::Below)
}

/// Whether somebody may see a row: one of their domains stands in it.
pub(crate) fn is_theirs(row: &Row, scope: &Scope) -> bool {
    *scope == Scope::All || DomainRole::ALL.iter().any(|role| role.domains(row).any(|domain| scope.has(Some(domain))))
}

/// The domains of the recipients that somebody may see, and how many there are beside: who else a message went to is
/// the business of others.
pub(crate) fn recipients<'r>(row: &'r Row, scope: &Scope) -> (Vec<&'r Domain>, usize) {
    let domains = &row.envelope.recipient_domains;
    // Who sent it knows to whom.
    let is_sender = [DomainRole::Author, DomainRole::MailFrom]
        .iter()
        .any(|role| role.domains(row).any(|domain| scope.has(Some(domain))));
    let seen: Vec<_> = domains.iter().filter(|domain| is_sender || scope.has(Some(domain))).collect();
    let beside = domains.len() - seen.len();
    (seen, beside)
}

/// The label of an action.
pub(crate) fn action_label(action: Action) -> &'static str {
    match action {
        Action::Accept => "page-mail-label-accepted",
        Action::Label => "page-mail-label-labelled",
        Action::Quarantine => "page-mail-label-quarantined",
        Action::Reject => "page-mail-label-rejected",
        Action::TempFail => "page-mail-label-refused-for-now",
        Action::Discard => "page-mail-label-discarded",
    }
}

/// An action with its mark.
pub(crate) fn action(action: Action, view: &View<'_>) -> Markup {
    state(tone(action), &view.word(action_label(action)))
}

/// How well a message fared.
pub(crate) fn tone(action: Action) -> Tone {
    match action {
        Action::Accept => Tone::Good,
        Action::Label | Action::TempFail => Tone::Warning,
        Action::Quarantine | Action::Reject | Action::Discard => Tone::Bad,
    }
}

/// The label of a direction.
pub(crate) fn direction_label(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "page-mail-label-in",
        Direction::Out => "page-mail-label-out",
    }
}

/// A method, as its standard writes it.
pub(crate) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Spf => "SPF",
        Method::SpfHelo => "SPF (HELO)",
        Method::Dkim => "DKIM",
        Method::Dmarc => "DMARC",
        Method::Arc => "ARC",
        Method::SenderId => "Sender ID",
        Method::DomainKeys => "DomainKeys",
        Method::Adsp => "ADSP",
        Method::Atps => "ATPS",
        Method::Iprev => "iprev",
        Method::Bimi => "BIMI",
        Method::SmtpAuth => "SMTP AUTH",
        Method::NullMx => "Null MX",
        Method::Dnsbl => "DNSBL",
        Method::Dnswl => "DNSWL",
    }
}

/// A result with its mark. Its word is the standard's in every language.
pub(crate) fn result(result: MethodResult) -> Markup {
    let tone = match result {
        MethodResult::Pass => Tone::Good,
        MethodResult::Fail | MethodResult::HardFail | MethodResult::Discard | MethodResult::NxDomain => Tone::Bad,
        MethodResult::SoftFail | MethodResult::Policy | MethodResult::TempError | MethodResult::PermError => {
            Tone::Warning
        }
        MethodResult::None
        | MethodResult::Neutral
        | MethodResult::Unknown
        | MethodResult::Declined
        | MethodResult::Skipped => Tone::Plain,
    };
    state(tone, result.as_str())
}

/// How a result is drawn, the same in every figure.
pub(crate) fn slot(result: MethodResult) -> chart::Slot {
    chart::Slot::Other(match result {
        MethodResult::Pass => 0,
        MethodResult::Fail => 1,
        MethodResult::None => 2,
        MethodResult::SoftFail => 3,
        MethodResult::Neutral => 4,
        MethodResult::TempError => 5,
        MethodResult::PermError => 6,
        _ => 7,
    })
}

/// An address as it is kept: itself, `#` with its hash, or nothing.
pub(crate) fn address_text(address: &Address) -> String {
    match address {
        Address::Text(text) => text.to_string(),
        Address::Hash(hash) => format!("#{}", HEXLOWER.encode(hash)),
        Address::Withheld => String::new(),
    }
}

/// The same on a page, with the way to the other messages of it.
pub(crate) fn address(address: &Address, view: &View<'_>) -> Markup {
    let text = address_text(address);
    match address {
        Address::Text(_) => html! { a href=(to_mail("sender", &text)) { (safe(&text)) } },
        // The beginning of a hash tells one from another.
        Address::Hash(_) => html! { a href=(to_mail("sender", &text)) { (code(text.get(..9).unwrap_or(&text))) } },
        Address::Withheld => html! { (view.word("page-mail-label-not-kept")) },
    }
}

/// Where the messages of something are.
pub(crate) fn to_mail(name: &str, value: &str) -> String {
    format!("/mail{}", Query::of(&[(name, value)]).to_text())
}

/// Microseconds as people read them: 850 µs, 12.3 ms, 1.5 s.
pub(crate) fn span_text(time_us: u64) -> String {
    match time_us {
        0..1_000 => format!("{time_us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", time_us / 1_000, time_us / 100 % 10),
        _ => format!("{}.{} s", time_us / 1_000_000, time_us / 100_000 % 10),
    }
}

/// A moment in UTC, for files and programs.
pub(crate) fn utc_text(at_ms: u64) -> String {
    time_text(at_ms, 0).replace(' ', "T") + "Z"
}

/// What is told of a row to programs.
pub(crate) fn row_value(row: &Row, scope: &Scope) -> Value {
    let (seen, beside) = recipients(row, scope);
    let results = Method::ALL.iter().filter_map(|method| Some((method, row.result(*method)?)));
    let results = results.map(|(method, result)| (method.as_str().to_owned(), result.as_str().into()));
    json!({
        "id": row.id.to_string(),
        "time": utc_text(row.time_ms()),
        "direction": row.direction.as_str(),
        "queue_id": row.queue_id,
        "ip": row.client.ip.map(|ip| ip.to_string()),
        "client": row.client.name,
        "helo": row.client.helo,
        "mail_from": row.envelope.mail_from.as_ref().map(address_text),
        "mail_from_domain": row.envelope.mail_from_domain.as_ref().map(ToString::to_string),
        "from": row.dmarc.authors.iter().map(|one| one.author.to_string()).collect::<Vec<_>>(),
        "recipient_domains": seen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "other_recipient_domains": beside,
        "results": Value::Object(results.collect()),
        "disposition": row.verdict.disposition.as_str(),
        "action": row.verdict.action.as_str(),
        "reply_code": row.verdict.reply_code,
        "overrides": row.verdict.overrides.iter().map(|one| json!({ "kind": one.kind.as_str(), "comment": one.comment })).collect::<Vec<_>>(),
        "signed": row.signed.iter().map(|one| json!({ "domain": one.domain.to_string(), "selector": one.selector.to_string() })).collect::<Vec<_>>(),
        "size_bytes": row.message.size_bytes,
        "latency_us": row.latency_us,
    })
}

/// How many domains a sentence names.
const NAME_COUNT: usize = 20;
/// A minute in milliseconds.
const MINUTE_MS: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_day() {
        assert_eq!((parse_time("00:00"), parse_time("23:59"), parse_time(" 09:30 ")), (Some(0), Some(1439), Some(570)));
        for wrong in ["", "9:30", "24:00", "00:60", "0930", "-1:00", "09:30:00", "+9:30"] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_of_time() {
        let texts = [0, 999, 1_000, 12_345, 999_999, 1_000_000, 61_550_000].map(span_text);
        assert_eq!(texts, ["0 µs", "999 µs", "1.0 ms", "12.3 ms", "999.9 ms", "1.0 s", "61.5 s"]);
    }
}
