//! Whether an aggregate report is as the schema has it: of RFC 9990, Appendix A, and of RFC 7489, Appendix C.
//!
//! It knows these two schemas and no other, and the XML that we write and no more (no comments, no CDATA, no document
//! type): what it lets pass is valid, and what it does not is not sent. Reports of others are read by another reader,
//! which takes nearly everything.

use std::borrow::Cow;

use thiserror::Error;

use super::write::{NAMESPACE, Shape};

/// In what a report is not as the schema has it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{problem} at {path}")]
pub struct Violation {
    /// Where: the names of the elements from the root on, with slashes.
    pub path: String,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Problem {
    /// It is not XML, or of a kind that is not written here.
    #[error("no element that is understood")]
    Syntax,
    /// The root is not `feedback` in the right namespace.
    #[error("wrong root element")]
    Root,
    /// An element that must not be here, or not any more.
    #[error("element {0} not allowed")]
    Unexpected(String),
    /// An element more often than allowed.
    #[error("element {0} too often")]
    TooMany(String),
    /// An element is not here.
    #[error("element {0} missing")]
    Missing(&'static str),
    /// Text that is none of the words or numbers that may stand here.
    #[error("value {0:?} not allowed")]
    Value(String),
    /// The report ends before its root does.
    #[error("unexpected end")]
    Unfinished,
}

/// A check under way. Bytes are pushed in any pieces.
#[derive(Debug)]
pub struct Checker {
    shape: Shape,
    /// What is not understood yet: the beginning of a tag or of a text.
    rest: Vec<u8>,
    open: Vec<Open>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before the root.
    Before,
    /// In it.
    Inside,
    /// Behind it.
    Behind,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: &'static str,
    content: &'static Content,
    /// How often each child was met.
    counts: [u32; CHILD_COUNT_MAX],
    /// The last child that was met, where the order counts.
    at: usize,
    text: String,
}

/// So many different children has no element of the tables.
const CHILD_COUNT_MAX: usize = 12;

/// What may stand in an element.
#[derive(Debug)]
enum Content {
    /// Elements in this order.
    Sequence(&'static [Child]),
    /// Elements in any order: `xs:all`.
    All(&'static [Child]),
    /// `xs:string`.
    Text,
    /// `xs:integer`, not negative.
    Number,
    /// `1.0`, as the text of the standard has it; the schema has `xs:decimal`.
    Version,
    /// An address, as far as letters go.
    Address,
    /// One of these.
    Word(&'static [&'static str]),
}

#[derive(Debug)]
struct Child {
    name: &'static str,
    least: u32,
    most: u32,
    content: &'static Content,
}

impl Checker {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, rest: Vec::new(), open: Vec::new(), state: State::Before }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// The first violation. What comes behind it is not looked at.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut rest = std::mem::take(&mut self.rest);
        rest.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(end) = token_end(&rest[at..]) {
            let token = std::str::from_utf8(&rest[at..at + end]).map_err(|_| self.violation(Problem::Syntax))?;
            self.token(token)?;
            at += end;
        }
        rest.drain(..at);
        self.rest = rest;
        Ok(())
    }

    /// Tells that there are no more.
    ///
    /// # Errors
    /// The report is not at its end.
    pub fn finish(self) -> Result<(), Violation> {
        if self.state == State::Behind && self.rest.trim_ascii().is_empty() {
            Ok(())
        } else {
            Err(self.violation(Problem::Unfinished))
        }
    }

    fn token(&mut self, token: &str) -> Result<(), Violation> {
        let Some(tag) = token.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else {
            return self.text(token);
        };
        if tag.starts_with('?') && self.state == State::Before {
            return Ok(());
        }
        if let Some(name) = tag.strip_prefix('/') {
            return self.end(name);
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        self.start(name, attributes)?;
        if is_empty { self.end(name) } else { Ok(()) }
    }

    fn start(&mut self, name: &str, attributes: &str) -> Result<(), Violation> {
        let Some(parent) = self.open.last_mut() else {
            return self.root(name, attributes);
        };
        let (children, in_order) = match parent.content {
            Content::Sequence(children) => (*children, true),
            Content::All(children) => (*children, false),
            _ => (&[][..], false),
        };
        let Some(at) = children.iter().position(|child| child.name == name) else {
            return Err(self.violation(Problem::Unexpected(name.to_owned())));
        };
        if !attributes.is_empty() || (in_order && at < parent.at) {
            return Err(self.violation(Problem::Unexpected(name.to_owned())));
        }
        parent.at = at;
        parent.counts[at] += 1;
        if parent.counts[at] > children[at].most {
            return Err(self.violation(Problem::TooMany(name.to_owned())));
        }
        self.open.push(Open::new(children[at].name, children[at].content));
        Ok(())
    }

    fn root(&mut self, name: &str, attributes: &str) -> Result<(), Violation> {
        let (content, namespace) = match self.shape {
            Shape::Rfc9990 => (&FEEDBACK, format!("xmlns=\"{NAMESPACE}\"")),
            Shape::Rfc7489 => (&OLD_FEEDBACK, String::new()),
        };
        if self.state != State::Before || name != "feedback" || attributes != namespace {
            return Err(self.violation(Problem::Root));
        }
        self.state = State::Inside;
        self.open.push(Open::new("feedback", content));
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Violation> {
        let Some(open) = self.open.last().filter(|open| open.name == name) else {
            return Err(self.violation(Problem::Syntax));
        };
        open.problem().map_or(Ok(()), |problem| Err(self.violation(problem)))?;
        self.open.pop();
        if self.open.is_empty() {
            self.state = State::Behind;
        }
        Ok(())
    }

    fn text(&mut self, raw: &str) -> Result<(), Violation> {
        let has_content = raw.bytes().any(|byte| !matches!(byte, b' ' | b'\n'));
        let text = if has_content { unescaped(raw) } else { Some(Cow::Borrowed(raw)) };
        let text = text.ok_or_else(|| self.violation(Problem::Syntax))?;
        let holds_text =
            self.open.last().is_some_and(|open| !matches!(open.content, Content::Sequence(_) | Content::All(_)));
        match self.open.last_mut() {
            Some(open) if holds_text => open.text.push_str(&text),
            _ if text.trim_ascii().is_empty() => {}
            _ => return Err(self.violation(Problem::Value(text.into_owned()))),
        }
        Ok(())
    }

    fn violation(&self, problem: Problem) -> Violation {
        let path: Vec<_> = self.open.iter().map(|open| open.name).collect();
        Violation { path: path.join("/"), problem }
    }
}

impl Open {
    fn new(name: &'static str, content: &'static Content) -> Self {
        Self { name, content, counts: [0; CHILD_COUNT_MAX], at: 0, text: String::new() }
    }

    /// What is wrong with it, now that it ends.
    fn problem(&self) -> Option<Problem> {
        let text = self.text.as_str();
        let is_good = match self.content {
            Content::Sequence(children) | Content::All(children) => {
                let missing = children.iter().zip(&self.counts).find(|(child, count)| **count < child.least);
                return missing.map(|(child, _)| Problem::Missing(child.name));
            }
            Content::Text => true,
            Content::Number => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            Content::Version => text == "1.0",
            Content::Address => text.parse::<std::net::IpAddr>().is_ok(),
            Content::Word(words) => words.contains(&text),
        };
        (!is_good).then(|| Problem::Value(text.to_owned()))
    }
}

/// Where the first tag or text ends; `None` when its end is not there yet.
fn token_end(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'<' => bytes.iter().position(|byte| *byte == b'>').map(|at| at + 1),
        _ => bytes.iter().position(|byte| *byte == b'<'),
    }
}

/// The text behind the references; `None` for one that is not known, and for characters that XML cannot hold.
fn unescaped(raw: &str) -> Option<Cow<'_, str>> {
    if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'&') {
        return Some(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('&') {
        text.push_str(before);
        let (name, behind) = behind.split_once(';')?;
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        rest = behind;
    }
    text.push_str(rest);
    let bad = |character: char| matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    (!text.contains(bad)).then_some(Cow::Owned(text))
}

const fn one(name: &'static str, content: &'static Content) -> Child {
    Child { name, least: 1, most: 1, content }
}

const fn maybe(name: &'static str, content: &'static Content) -> Child {
    Child { name, least: 0, most: 1, content }
}

const fn any(name: &'static str, least: u32, content: &'static Content) -> Child {
    Child { name, least, most: u32::MAX, content }
}

// Tables: RFC 9990, Appendix A. Extensions are not written, and not allowed.

static POLICY: Content = Content::Word(&["none", "quarantine", "reject"]);
static MODE: Content = Content::Word(&["r", "s"]);
static PASS: Content = Content::Word(&["pass", "fail"]);
static DKIM_RESULT: Content = Content::Word(&["none", "pass", "fail", "policy", "neutral", "temperror", "permerror"]);

static DATE_RANGE: Content = Content::All(&[one("begin", &Content::Number), one("end", &Content::Number)]);

static FEEDBACK: Content = Content::Sequence(&[
    maybe("version", &Content::Version),
    one("report_metadata", &METADATA),
    one("policy_published", &PUBLISHED),
    any("record", 1, &RECORD),
]);

static METADATA: Content = Content::All(&[
    one("org_name", &Content::Text),
    one("email", &Content::Text),
    maybe("extra_contact_info", &Content::Text),
    one("report_id", &Content::Text),
    one("date_range", &DATE_RANGE),
    maybe("error", &Content::Text),
    maybe("generator", &Content::Text),
]);

static PUBLISHED: Content = Content::All(&[
    one("domain", &Content::Text),
    one("p", &POLICY),
    maybe("sp", &POLICY),
    maybe("np", &POLICY),
    maybe("adkim", &MODE),
    maybe("aspf", &MODE),
    maybe("discovery_method", &Content::Word(&["psl", "treewalk"])),
    maybe("fo", &Content::Text),
    maybe("testing", &Content::Word(&["n", "y"])),
]);

static RECORD: Content =
    Content::Sequence(&[one("row", &ROW), one("identifiers", &IDENTIFIERS), one("auth_results", &RESULTS)]);

static ROW: Content = Content::All(&[
    one("source_ip", &Content::Address),
    one("count", &Content::Number),
    one("policy_evaluated", &EVALUATED),
]);

static EVALUATED: Content = Content::Sequence(&[
    one("disposition", &Content::Word(&["none", "pass", "quarantine", "reject"])),
    one("dkim", &PASS),
    one("spf", &PASS),
    any("reason", 0, &REASON),
]);

static REASON: Content = Content::All(&[
    one("type", &Content::Word(&["local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder"])),
    maybe("comment", &Content::Text),
]);

static IDENTIFIERS: Content = Content::All(&[
    one("header_from", &Content::Text),
    maybe("envelope_from", &Content::Text),
    maybe("envelope_to", &Content::Text),
]);

static RESULTS: Content = Content::Sequence(&[any("dkim", 0, &DKIM), maybe("spf", &SPF)]);

static DKIM: Content = Content::All(&[
    one("domain", &Content::Text),
    one("selector", &Content::Text),
    one("result", &DKIM_RESULT),
    maybe("human_result", &Content::Text),
]);

static SPF: Content = Content::All(&[
    one("domain", &Content::Text),
    maybe("scope", &Content::Word(&["mfrom"])),
    one("result", &Content::Word(&["none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror"])),
    maybe("human_result", &Content::Text),
]);

// Tables: RFC 7489, Appendix C.

static OLD_FEEDBACK: Content = Content::Sequence(&[
    one("version", &Content::Version),
    one("report_metadata", &OLD_METADATA),
    one("policy_published", &OLD_PUBLISHED),
    any("record", 1, &OLD_RECORD),
]);

static OLD_METADATA: Content = Content::Sequence(&[
    one("org_name", &Content::Text),
    one("email", &Content::Text),
    maybe("extra_contact_info", &Content::Text),
    one("report_id", &Content::Text),
    one("date_range", &DATE_RANGE),
    any("error", 0, &Content::Text),
]);

static OLD_PUBLISHED: Content = Content::All(&[
    one("domain", &Content::Text),
    maybe("adkim", &MODE),
    maybe("aspf", &MODE),
    one("p", &POLICY),
    one("sp", &POLICY),
    one("pct", &Content::Number),
    one("fo", &Content::Text),
]);

static OLD_RECORD: Content =
    Content::Sequence(&[one("row", &OLD_ROW), one("identifiers", &OLD_IDENTIFIERS), one("auth_results", &OLD_RESULTS)]);

static OLD_ROW: Content = Content::All(&[
    one("source_ip", &Content::Address),
    one("count", &Content::Number),
    one("policy_evaluated", &OLD_EVALUATED),
]);

static OLD_EVALUATED: Content = Content::Sequence(&[
    one("disposition", &POLICY),
    one("dkim", &PASS),
    one("spf", &PASS),
    any("reason", 0, &OLD_REASON),
]);

static OLD_REASON: Content = Content::All(&[
    one(
        "type",
        &Content::Word(&["forwarded", "sampled_out", "trusted_forwarder", "mailing_list", "local_policy", "other"]),
    ),
    maybe("comment", &Content::Text),
]);

static OLD_IDENTIFIERS: Content = Content::All(&[
    maybe("envelope_to", &Content::Text),
    one("envelope_from", &Content::Text),
    one("header_from", &Content::Text),
]);

static OLD_RESULTS: Content = Content::Sequence(&[any("dkim", 0, &OLD_DKIM), any("spf", 1, &OLD_SPF)]);

static OLD_DKIM: Content = Content::All(&[
    one("domain", &Content::Text),
    maybe("selector", &Content::Text),
    one("result", &DKIM_RESULT),
    maybe("human_result", &Content::Text),
]);

static OLD_SPF: Content = Content::All(&[
    one("domain", &Content::Text),
    one("scope", &Content::Word(&["helo", "mfrom"])),
    one("result", &Content::Word(&["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"])),
]);
