//! One message on its way through the filter.

use std::net::IpAddr;

use auth::client::smtp_auth::{self, Told};
use auth::{Check, Envelope};
use lookup::Lookup;
use lookup::fetch::Fetch;
use mailtext::authres::authserv_id_matches;

use crate::limits::HEADER_BYTES_KEPT_MAX;

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
    pub(crate) check: Check<L, F>,
    header: Vec<u8>,
    removals: [Removal; REMOVED_NAMES.len()],
}

/// Fields of one name that must not arrive: nobody but this receiver may write them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Removal {
    /// How many fields of the name there are.
    count: u32,
    /// Those that go, counted from 1.
    pub(crate) indexes: Vec<u32>,
}

/// The names of [`Message::end`]'s removals, in their order: results in our name, and what only BIMI's receiver writes.
pub(crate) const REMOVED_NAMES: [&str; 4] =
    ["Authentication-Results", auth::BIMI_FIELDS[0], auth::BIMI_FIELDS[1], auth::BIMI_FIELDS[2]];

impl<L: Lookup + Clone + Send + Sync + 'static, F: Fetch + Sync> Message<L, F> {
    /// Begins with MAIL: SPF is asked for at once. `told` is what the MTA says of SMTP AUTH.
    pub(crate) fn begin(mut check: Check<L, F>, client: &Client, sender: &[u8], told: &Told<'_>) -> Self {
        let mut envelope = Envelope::new(client.ip, client.helo.as_deref(), Some(sender));
        if told.identity.or(told.mechanism).is_some_and(|text| !text.is_empty()) {
            envelope.smtp_auth = Some(smtp_auth::read(told));
        }
        check.envelope(envelope);
        Self { check, header: Vec::with_capacity(4096), removals: Default::default() }
    }

    /// Takes a field: `value` is what follows the colon, lines separated by LF.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], authserv_id: &str) {
        let trimmed = name.trim_ascii();
        let removed = REMOVED_NAMES.iter().position(|removed| trimmed.eq_ignore_ascii_case(removed.as_bytes()));
        if let Some((at, removal)) = removed.and_then(|at| Some((at, self.removals.get_mut(at)?))) {
            removal.count += 1;
            // RFC 8601 §5: fields that claim to be ours and are not must go, however they are written. Those of BIMI go
            // whatever they say: a mail program would show their indicator.
            if at > 0 || authserv_id_matches(value, authserv_id) {
                removal.indexes.push(removal.count);
            }
        }
        if self.header.len() >= HEADER_BYTES_KEPT_MAX {
            return;
        }
        self.header.extend_from_slice(name);
        self.header.push(b':');
        append_wire(value, &mut self.header);
        self.header.extend_from_slice(b"\r\n");
        self.header.truncate(HEADER_BYTES_KEPT_MAX);
    }

    /// The header is whole: keys and policies are asked for, all at once.
    pub(crate) fn end_of_header(&mut self) {
        self.header.extend_from_slice(b"\r\n");
        self.check.header(std::mem::take(&mut self.header));
    }

    /// Ends: what is to be asked is in the check, what is to be taken away in the removals, one for each of
    /// [`REMOVED_NAMES`].
    pub(crate) fn end(mut self, last_chunk: &[u8]) -> (Check<L, F>, [Removal; REMOVED_NAMES.len()]) {
        if !self.header.is_empty() {
            self.end_of_header();
        }
        self.check.body(last_chunk);
        (self.check, self.removals)
    }
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
