//! One message on its way through the filter.

use std::net::IpAddr;
use std::sync::Arc;

use auth::client::smtp_auth::{self, Told};
use auth::{Check, Envelope, Facts};
use lookup::Lookup;
use lookup::fetch::Fetch;
use mailtext::Domain;
use mailtext::authres::{Letters, LineEnd, authserv_id_matches};
use mailtext::list_id::list_id;
use mailtext::subject::Prefix;
use policy::Transaction;

use crate::dsn::{self, Notification};
use crate::limits::{HEADER_BYTES_KEPT_MAX, RECIPIENT_DOMAIN_COUNT_MAX};
use crate::sending::Sending;
use crate::settings::{Kept, Watch, Written};
use crate::spam::Said;
use crate::way_in::Captured;

/// The SMTP client, as far as the MTA tells of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Client {
    /// Its name, or its address in brackets.
    pub name: String,
    /// Its address; `None` for local mail.
    pub ip: Option<IpAddr>,
    /// What it called itself.
    pub helo: Option<String>,
}

/// A message whose envelope is known.
pub(crate) struct Message<L, F> {
    pub(crate) way: Way<L, F>,
    header: Vec<u8>,
    /// What the envelope alone said, where a recipient made us ask.
    pub(crate) early: Option<Arc<Facts>>,
    rest: Box<Rest>,
}

/// Which way a message goes, and what is done with it.
pub(crate) enum Way<L, F> {
    /// In: it is judged.
    In(Box<Check<L, F>>),
    /// Out: it is signed.
    Out(Box<Sending>),
}

/// What is kept of a message beside what authentication needs.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// One for each of [`REMOVED_NAMES`].
    pub(crate) removals: [Removal; REMOVED_NAMES.len()],
    /// One for each of [`Watch::label_names`].
    pub(crate) label_removals: Vec<Removal>,
    /// The first Subject.
    pub(crate) subject: Subject,
    /// What the rules want to know.
    pub(crate) transaction: Transaction,
    /// How many Authentication-Results fields claimed to be ours.
    pub(crate) forged_count: usize,
    /// How many recipients there were.
    pub(crate) recipient_count: u64,
    /// How large it is.
    pub(crate) size: Size,
    /// The first Message-ID, without what is around it.
    pub(crate) message_id: Option<Vec<u8>>,
    /// The header, where somebody wants to see it at the end.
    pub(crate) header: Option<Vec<u8>>,
    /// All of it, where it is taken in on its way.
    pub(crate) captured: Option<Box<Captured>>,
    /// What is kept of what may be a notification, where somebody wants to know of whose message it is.
    pub(crate) notification: Option<Notification>,
    list_id_count: u32,
    /// What a spam filter that ran before said.
    pub(crate) spam: Said,
    /// How many recipients were refused.
    refused_count: u64,
}

/// How large a message is: the bytes that the MTA showed, with the line ends of the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Size {
    pub(crate) header_bytes: u64,
    pub(crate) body_bytes: u64,
}

/// The first Subject, as it came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Subject {
    /// There is none.
    #[default]
    Absent,
    /// What follows the colon, lines separated by LF.
    Value(Vec<u8>),
}

/// Fields of one name that must not arrive: nobody but this receiver may write them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Removal {
    /// How many fields of the name there are.
    count: u32,
    /// Those that go, counted from 1.
    pub(crate) indexes: Vec<u32>,
}

/// The names of [`Rest::removals`], in their order: results in our name, what only BIMI's receiver writes, and SPF's results
/// of others, which whoever reads the topmost one could take for ours.
pub(crate) const REMOVED_NAMES: [&str; 5] =
    ["Authentication-Results", auth::BIMI_FIELDS[0], auth::BIMI_FIELDS[1], auth::BIMI_FIELDS[2], RECEIVED_SPF];

/// RFC 7208 §9.1: written by receivers, each for its own hop.
pub(crate) const RECEIVED_SPF: &str = "Received-SPF";

impl<L: Lookup + Clone + Send + Sync + 'static, F: Fetch + Sync> Message<L, F> {
    /// Begins with MAIL: SPF is asked for at once. `told` is what the MTA says of SMTP AUTH.
    pub(crate) fn begin(
        mut check: Check<L, F>,
        client: &Client,
        sender: &[u8],
        told: &Told<'_>,
        watch: &Watch,
    ) -> Self {
        let mut envelope = Envelope::new(client.ip, client.helo.as_deref(), Some(sender));
        if told.identity.or(told.mechanism).is_some_and(|text| !text.is_empty()) {
            envelope.smtp_auth = Some(smtp_auth::read(told));
        }
        check.envelope(envelope);
        let notification = (watch.dsn == Kept::Yes).then(|| Notification::of_sender(sender));
        let rest = Box::new(Rest { notification, ..Rest::default() });
        Self { way: Way::In(Box::new(check)), header: Vec::with_capacity(4096), early: None, rest }
    }

    /// Begins with MAIL, where the mail is outgoing.
    pub(crate) fn send(sending: Sending) -> Self {
        Self { way: Way::Out(Box::new(sending)), header: Vec::with_capacity(4096), early: None, rest: Box::default() }
    }

    /// Lets questions go on.
    pub(crate) async fn progress(&mut self) {
        if let Way::In(check) = &mut self.way {
            check.progress().await;
        }
    }

    /// Gives a fresh budget to what is asked from here on.
    pub(crate) fn renew_lookup(&mut self, lookup: L) {
        if let Way::In(check) = &mut self.way {
            check.renew_lookup(lookup);
        }
    }

    /// What is known of the transaction beside the recipients.
    pub(crate) fn transaction(&self) -> Transaction {
        Transaction { recipients: Vec::new(), ..self.rest.transaction.clone() }
    }

    /// The client may read replies in UTF-8.
    pub(crate) fn reads_utf8(&mut self) {
        self.rest.transaction.reply_letters = Letters::Utf8;
    }

    /// Notes that a recipient is refused; whether it is the first.
    pub(crate) fn is_first_refusal(&mut self) -> bool {
        self.rest.refused_count += 1;
        self.rest.refused_count == 1
    }

    /// Takes a recipient: its domain, once.
    pub(crate) fn recipient(&mut self, recipient: &[u8], watch: &Watch) {
        if let (Some(way_in), Way::In(_)) = (&watch.way_in, &self.way) {
            Captured::recipient(&mut self.rest.captured, recipient, way_in);
        }
        self.rest.recipient_count = self.rest.recipient_count.saturating_add(1);
        let Some(domain) = domain_of(recipient) else { return };
        let domains = &mut self.rest.transaction.recipients;
        if domains.len() < RECIPIENT_DOMAIN_COUNT_MAX && !domains.contains(&domain) {
            domains.push(domain);
        }
    }

    /// Takes a field: `value` is what follows the colon, lines separated by LF.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], authserv_id: &str, watch: &Watch) {
        self.rest.field(name.trim_ascii(), value, authserv_id, watch);
        // Each fold comes without its CR; and there are the colon and the line's end.
        let folds = value.iter().filter(|byte| **byte == b'\n').count();
        self.rest.size.header_bytes += (name.len() + value.len() + folds + 3) as u64;
        if self.header.len() >= HEADER_BYTES_KEPT_MAX {
            return;
        }
        self.header.extend_from_slice(name);
        self.header.push(b':');
        append_wire(value, &mut self.header);
        self.header.extend_from_slice(b"\r\n");
        self.header.truncate(HEADER_BYTES_KEPT_MAX);
    }

    /// The header is whole: keys and policies are asked for, all at once, or it is known who signs.
    pub(crate) fn end_of_header(&mut self, watch: &Watch) {
        self.header.extend_from_slice(b"\r\n");
        let header = std::mem::take(&mut self.header);
        self.rest.capture(&header, watch);
        if watch.header == Kept::Yes && matches!(self.way, Way::In(_)) {
            self.rest.header = Some(header.clone());
        }
        match &mut self.way {
            Way::In(check) => check.header(header),
            Way::Out(sending) => sending.signing.header(header),
        }
    }

    /// Takes a piece of the body.
    pub(crate) fn body(&mut self, chunk: &[u8], watch: &Watch) {
        self.rest.capture(chunk, watch);
        self.rest.size.body_bytes += chunk.len() as u64;
        if let Some(notification) = &mut self.rest.notification {
            notification.body(chunk);
        }
        match &mut self.way {
            Way::In(check) => check.body(chunk),
            Way::Out(sending) => sending.signing.body(chunk),
        }
    }

    /// Ends: what is to be asked or signed is in its way, everything else in the rest.
    pub(crate) fn end(mut self, last_chunk: &[u8], watch: &Watch) -> (Way<L, F>, Box<Rest>) {
        if !self.header.is_empty() {
            self.end_of_header(watch);
        }
        self.body(last_chunk, watch);
        (self.way, self.rest)
    }
}

impl Rest {
    /// Of a message that did not come.
    pub(crate) fn of_one_recipient(transaction: Transaction) -> Self {
        Self { recipient_count: 1, transaction, ..Self::default() }
    }

    fn capture(&mut self, piece: &[u8], watch: &Watch) {
        if let (Some(captured), Some(way_in)) = (&mut self.captured, &watch.way_in) {
            captured.keep(piece, way_in);
        }
    }

    fn field(&mut self, name: &[u8], value: &[u8], authserv_id: &str, watch: &Watch) {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let removed = REMOVED_NAMES.iter().position(|removed| is(removed));
        if let Some((at, removal)) = removed.and_then(|at| Some((at, self.removals.get_mut(at)?))) {
            removal.count += 1;
            // RFC 8601 §5: fields that claim to be ours and are not must go, however they are written. Those of BIMI go
            // whatever they say: a mail program would show their indicator.
            let is_forged = at == 0 && authserv_id_matches(value, authserv_id);
            self.forged_count += usize::from(is_forged);
            let goes = match at {
                0 => is_forged || watch.removes_foreign(value),
                _ if is(RECEIVED_SPF) => watch.results.received_spf == Written::Yes,
                _ => true,
            };
            if goes {
                removal.indexes.push(removal.count);
            }
        }
        if let Some(at) = watch.label_names.iter().position(|label| is(label)) {
            // Filters believe these names: nobody else may write them.
            if self.label_removals.is_empty() {
                self.label_removals.resize(watch.label_names.len(), Removal::default());
            }
            if let Some(removal) = self.label_removals.get_mut(at) {
                removal.count += 1;
                removal.indexes.push(removal.count);
            }
        }
        if watch.subject == Kept::Yes && self.subject == Subject::Absent && is("Subject") {
            self.subject = Subject::Value(value.to_vec());
        }
        if watch.row == Kept::Yes && self.message_id.is_none() && is("Message-ID") {
            self.message_id = Some(dsn::message_id(value).to_vec());
        }
        self.spam.field(name, value, &watch.results.spam);
        if let Some(notification) = &mut self.notification {
            notification.field(name, value);
        }
        if watch.list_id == Kept::Yes && is("List-Id") {
            self.list_id_count += 1;
            // RFC 2919 §3: there MUST be no more than one; of several none can be believed.
            self.transaction.list_id = if self.list_id_count == 1 { list_id(value) } else { None };
        }
    }
}

impl Subject {
    /// The value with the mark in front of it; `None` when the mark stands there already.
    pub(crate) fn marked(&self, mark: &Prefix, line_end: LineEnd) -> Option<Vec<u8>> {
        let value: &[u8] = match self {
            Self::Absent => b"",
            Self::Value(value) => value,
        };
        mark.put_before(value, line_end)
    }
}

/// The domain of a recipient. Whatever stands behind the last `@` counts: an address that the MTA takes and a strict
/// reader would not must not slip out of its domain's rules.
pub(crate) fn domain_of(recipient: &[u8]) -> Option<Domain> {
    let address = milter::without_brackets(recipient.trim_ascii());
    let at = address.iter().rposition(|byte| *byte == b'@')?;
    Domain::parse(std::str::from_utf8(&address[at + 1..]).ok()?).ok()
}

/// Restores the line ends of the wire: an MTA gives the folds of a field to its filters as LF.
fn append_wire(value: &[u8], output: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        let line = rest[..at].strip_suffix(b"\r").unwrap_or(&rest[..at]);
        output.extend_from_slice(line);
        // A LF that does not begin a fold cannot have come over SMTP as a line's end.
        output.extend_from_slice(if matches!(rest.get(at + 1), Some(b' ' | b'\t')) { b"\r\n" } else { b"\n" });
        rest = &rest[at + 1..];
    }
    output.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::append_wire;

    #[test]
    fn folds_come_back_and_nothing_splits_a_field() {
        for (value, wire) in [
            (&b" a\n b\n\tc"[..], &b" a\r\n b\r\n\tc"[..]),
            (b" a\r\n b", b" a\r\n b"),
            (b" a\nFrom: evil", b" a\nFrom: evil"),
            (b"", b""),
        ] {
            let mut output = Vec::new();
            append_wire(value, &mut output);
            assert_eq!(output, wire);
        }
    }
}
