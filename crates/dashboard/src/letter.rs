//! A letter to whoever sent a report that is not as it should be: what was wrong, by which section of which standard, and
//! the wish to send it again. It stands on the page to be copied, or to be opened in a mail program; nothing is sent by
//! itself.
//!
//! Whatever a report says of itself is a stranger's: it becomes one line, without what cannot be seen, and cut.

use feedback::archive::{DocumentLine, Kind, Status, Trust};
use feedback::{Deviation, standard};
use mailtext::address::AddressList;
use mailtext::encoded_word::display_safe;
use mailtext::{Domain, Rule};
use maud::{Markup, html};
use serde_json::{Value, json};
use words::Language;

use crate::ask::View;
use crate::documents::{moment, period};
use crate::limits::{LETTER_FAULT_COUNT, LETTER_FIELD_CHARACTERS_MAX, MAILTO_BYTES_MAX};
use crate::parts::source;
use crate::sources::Voice;

/// A letter in one language.
pub(crate) struct Letter {
    language: Language,
    to: Option<String>,
    subject: String,
    text: String,
}

/// Something that was wrong.
pub(crate) struct Fault {
    /// In which reports.
    kind: Option<Kind>,
    what: Deviation,
}

impl Fault {
    /// A deviation of reports of a kind.
    pub(crate) fn new(kind: Option<Kind>, what: Deviation) -> Self {
        Self { kind, what }
    }

    /// Whether it is the same way of deviating.
    pub(crate) fn is_like(&self, kind: Option<Kind>, id: &str) -> bool {
        self.kind == kind && *self.what.id == *id
    }

    /// One more report has it.
    pub(crate) fn add(&mut self) {
        self.what.count = self.what.count.saturating_add(1);
    }
}

/// The letter about one report, in a language.
pub(crate) fn about_report(line: &DocumentLine, contact: &str, voice: &dyn Voice) -> Letter {
    let id = [("id", field(&line.report_id, voice).into())];
    let is_read = line.status == Status::Salvaged;
    let subject = if is_read { "page-letter-label-subject-salvaged" } else { "page-letter-label-subject-refused" };
    let opening = if is_read { "page-letter-salvaged" } else { "page-letter-refused" };
    let mut text = Text::begin(voice, &voice.word(opening));
    let period = period(line.begin_s, line.end_s);
    for (label, value) in [
        ("page-inbox-label-report-id", &*line.report_id),
        ("page-inbox-label-reporter", &*line.organization),
        ("page-label-domain", &*line.domain),
        ("page-inbox-label-period", &*period),
        ("page-inbox-label-received", &*moment(line.received_ms / 1000)),
        ("page-inbox-label-member", &*line.origin.member),
    ] {
        if !value.is_empty() && value != "–" {
            text.line(&format!("{}: {}", voice.word(label), field(value, voice)));
        }
    }
    text.line("");
    text.line(&voice.word("page-letter-label-wrong"));
    if let Some((reason, what)) = &line.reason {
        let sentence = voice.say(reason, &feedback::reason::arguments(what));
        text.fault(&sentence, line.kind.and_then(|kind| standard::of_reason(reason, kind)), reason);
    }
    let faults: Vec<Fault> = line.deviations.iter().map(|one| Fault::new(line.kind, one.clone())).collect();
    text.faults(&faults);
    let again = match line.kind {
        Some(Kind::Tls) => "page-letter-again-tls",
        _ => "page-letter-again",
    };
    let text = text.end(again);
    Letter {
        language: voice.language(),
        to: addressee(contact, &line.reporter),
        subject: plain(&voice.say(subject, &id)),
        text,
    }
}

/// The letter about the reports of some days, in a language; `None` where nothing is wrong with them.
pub(crate) fn about_reporter(
    (name, reporter, contact): (&str, &str, &str),
    faults: &[Fault],
    unread_count: u64,
    days: &str,
    voice: &dyn Voice,
) -> Option<Letter> {
    if faults.is_empty() && unread_count == 0 {
        return None;
    }
    let name = [("name", field(name, voice).into())];
    let mut text = Text::begin(voice, &voice.say("page-letter-reporter", &name));
    text.line(&format!("{}: {days}", voice.word("page-inbox-label-period")));
    text.line("");
    text.line(&voice.word("page-letter-label-wrong"));
    if unread_count > 0 {
        text.fault(&voice.say("page-letter-unread", &[("count", unread_count.into())]), None, "");
    }
    text.faults(faults);
    let text = text.end("page-letter-mend");
    let subject = plain(&voice.say("page-letter-label-subject-reporter", &name));
    Some(Letter { language: voice.language(), to: addressee(contact, reporter), subject, text })
}

/// The letters as a part of a page.
pub(crate) fn section(letters: &[Letter], trust: Option<&Trust>, view: &View<'_>) -> Markup {
    html! {
        @if !letters.is_empty() {
            h2 #letter { (view.word("page-letter-label-title")) }
            p { (view.word("page-letter-about")) }
            @if trust == Some(&Trust::Unauthenticated) { p { (view.word("page-letter-unvouched")) } }
            @for letter in letters { (letter.markup(view)) }
        }
    }
}

/// The letters for programs.
pub(crate) fn objects(letters: &[Letter]) -> Vec<Value> {
    let object = |letter: &Letter| {
        json!({
            "language": letter.language.tag(),
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "mailto": letter.mailto().0,
        })
    };
    letters.iter().map(object).collect()
}

impl Letter {
    fn markup(&self, view: &View<'_>) -> Markup {
        let name = match self.language {
            Language::English => "English",
            Language::Japanese => "日本語",
        };
        let to = self.to.clone().unwrap_or_else(|| view.word("page-letter-label-nobody"));
        let whole = format!("To: {to}\nSubject: {}\n\n{}", self.subject, self.text);
        let (address, is_whole) = self.mailto();
        html! {
            details lang=(self.language.tag()) {
                summary { (name) }
                (source(name, &whole))
                p {
                    a href=(address) { (view.word("page-letter-label-open")) }
                    @if !is_whole { " " (view.word("page-letter-paste")) }
                }
            }
        }
    }

    /// As the address of a mail program, and whether the text is in it: of a long one, it is not.
    fn mailto(&self) -> (String, bool) {
        // RFC 6068 §2: whatever is not unreserved is encoded, so that nothing can begin another field.
        let to = self.to.as_deref().unwrap_or_default();
        let (local, domain) = to.rsplit_once('@').unwrap_or_default();
        let to = if to.is_empty() { String::new() } else { format!("{}@{}", encoded(local), encoded(domain)) };
        let short = format!("mailto:{to}?subject={}", encoded(&self.subject));
        // RFC 6068 §5: line breaks in the body MUST be encoded as %0D%0A.
        let whole = format!("{short}&body={}", encoded(&self.text.replace('\n', "\r\n")));
        if whole.len() <= MAILTO_BYTES_MAX { (whole, true) } else { (short, false) }
    }
}

/// The text of a letter while it is written.
struct Text<'a> {
    voice: &'a dyn Voice,
    text: String,
}

impl<'a> Text<'a> {
    fn begin(voice: &'a dyn Voice, opening: &str) -> Self {
        let mut text = Self { voice, text: String::new() };
        text.line(&voice.word("page-letter-label-greeting"));
        text.line("");
        text.line(opening);
        text.line("");
        text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&plain(line));
        self.text.push('\n');
    }

    fn fault(&mut self, sentence: &str, rule: Option<Rule>, id: &str) {
        let rule = rule.map(|rule| rule.to_string());
        let more: Vec<&str> = rule.iter().map(String::as_str).chain([id]).filter(|part| !part.is_empty()).collect();
        let more = if more.is_empty() { String::new() } else { format!(" [{}]", more.join(", ")) };
        let sentence = cut(&plain(sentence), 2 * LETTER_FIELD_CHARACTERS_MAX);
        self.line(&format!("- {sentence}{more}"));
    }

    fn faults(&mut self, faults: &[Fault]) {
        for fault in faults.iter().take(LETTER_FAULT_COUNT) {
            let what = Deviation {
                example: cut(&fault.what.example, LETTER_FIELD_CHARACTERS_MAX).into(),
                ..fault.what.clone()
            };
            let sentence = self.voice.say(&what.id, &what.arguments());
            let sentence = if what.count > 1 { format!("{sentence} × {}", what.count) } else { sentence };
            let rule = fault.kind.and_then(|kind| standard::of_deviation(&what.id, kind));
            self.fault(&sentence, rule, &what.id);
        }
        if let Some(more) = faults.len().checked_sub(LETTER_FAULT_COUNT).filter(|more| *more > 0) {
            let sentence = self.voice.say("page-label-and-more", &[("count", more.into())]);
            self.line(&format!("- {sentence}"));
        }
    }

    fn end(mut self, wish: &str) -> String {
        self.line("");
        self.line(&self.voice.word(wish));
        self.line("");
        self.line(&self.voice.word("page-letter-thanks"));
        self.text
    }
}

/// To whom it goes: the address in the report, where that is one; else the postmaster of the reporter's domain.
fn addressee(contact: &str, reporter: &str) -> Option<String> {
    let (list, flaws) = AddressList::parse(contact.as_bytes());
    let mut mailboxes = list.mailboxes();
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&byte));
    if let (Some(mailbox), None, true) = (mailboxes.next(), mailboxes.next(), flaws.is_empty())
        && let Some(domain) = mailbox.domain_name()
        && is_plain(&mailbox.local)
        && mailbox.local.len() <= LOCAL_BYTES_MAX
    {
        return Some(format!("{}@{}", mailbox.local, domain.as_str()));
    }
    // RFC 5321 §4.5.1: a domain that takes mail MUST have a postmaster.
    Domain::parse(reporter).ok().map(|domain| format!("postmaster@{}", domain.as_str()))
}

/// What a report says in one place, as a part of a line; what says nothing is told as such.
fn field(text: &str, voice: &dyn Voice) -> String {
    let text = cut(&plain(text), LETTER_FIELD_CHARACTERS_MAX);
    if text.trim().is_empty() { voice.word("page-letter-label-not-told") } else { text }
}

/// Text in one line, and nothing in it that is not seen.
fn plain(text: &str) -> String {
    // What stands between lines becomes the sign of something that cannot be shown.
    display_safe(text).into_owned()
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Encoded for an address: letters, digits and `-._~` stand for themselves (RFC 3986 §2.3).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// RFC 5321 §4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: Option<&str>, subject: &str, text: &str) -> Letter {
        Letter { language: Language::English, to: to.map(Into::into), subject: subject.into(), text: text.into() }
    }

    #[test]
    fn nobody_but_one_plain_address_is_written_to() {
        for (contact, reporter, to) in [
            ("noreply@google.com", "google.com", Some("noreply@google.com")),
            (" DMARC <a+b@Example.JP> ", "x.example", Some("a+b@example.jp")),
            ("a@example.jp, b@example.jp", "example.net", Some("postmaster@example.net")),
            ("a@example.jp?bcc=b@example.net", "example.jp", Some("postmaster@example.jp")),
            ("\"a b\"@example.jp", "example.jp", Some("postmaster@example.jp")),
            ("a@example.jp\r\nBcc: b@example.net", "example.jp", Some("postmaster@example.jp")),
            ("a@[192.0.2.1]", "", None),
            ("https://example.jp/", "not a domain", None),
            ("", "", None),
        ] {
            assert_eq!(addressee(contact, reporter).as_deref(), to, "{contact}");
        }
        let long = format!("{}@example.jp", "a".repeat(LOCAL_BYTES_MAX + 1));
        assert_eq!(addressee(&long, ""), None);
        assert!(addressee(&long[1..], "").is_some());
    }

    /// What a mail program makes of the address: the fields, decoded.
    fn opened(address: &str) -> Vec<(String, String)> {
        let url = url::Url::parse(address).unwrap();
        assert!(address.is_ascii() && !address.contains(['"', '\'', '<', '>', ' ']), "{address}");
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    #[test]
    fn no_field_begins_another() {
        let hostile = plain("x\r\nBcc: b@example.net\u{2028}&bcc=c@example.net&to=d?e#f%0d%0aCc: g+h");
        let (address, is_whole) = letter(Some("a?b=c@example.jp"), &hostile, "one\ntwo & three = 1+1%\n").mailto();
        assert!(is_whole && address.starts_with("mailto:a%3Fb%3Dc@example.jp?subject=x%EF%BF%BD"), "{address}");
        let fields = opened(&address);
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["subject", "body"]);
        assert_eq!((&*fields[0].1, &*fields[1].1), (&*hostile, "one\r\ntwo & three = 1+1%\r\n"));
        assert!(!fields[0].1.contains(['\r', '\n', '\u{2028}']), "{fields:?}");
    }

    #[test]
    fn a_long_text_is_not_in_the_address() {
        let of = |length: usize| letter(Some("a@example.jp"), "s", &"x".repeat(length)).mailto();
        let rest = of(0).0.len();
        assert_eq!((of(MAILTO_BYTES_MAX - rest).0.len(), of(MAILTO_BYTES_MAX - rest).1), (MAILTO_BYTES_MAX, true));
        assert_eq!(of(MAILTO_BYTES_MAX - rest + 1), ("mailto:a@example.jp?subject=s".to_owned(), false));
        assert_eq!(letter(None, "s", "t").mailto().0, "mailto:?subject=s&body=t");
    }
}
