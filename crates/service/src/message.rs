//! One message on its way through the filter.

use std::net::IpAddr;

use auth::{Check, Envelope};
use lookup::Lookup;
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
pub(crate) struct Message<L> {
    pub(crate) check: Check<L>,
    header: Vec<u8>,
    authres_count: u32,
    forged: Vec<u32>,
}

impl<L: Lookup + Clone + Send + Sync + 'static> Message<L> {
    /// Begins with MAIL: SPF is asked for at once.
    pub(crate) fn begin(mut check: Check<L>, client: &Client, sender: &[u8]) -> Self {
        check.envelope(Envelope::new(client.ip, client.helo.as_deref(), Some(sender)));
        Self { check, header: Vec::with_capacity(4096), authres_count: 0, forged: Vec::new() }
    }

    /// Takes a field: `value` is what follows the colon, lines separated by LF.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], authserv_id: &str) {
        if name.trim_ascii().eq_ignore_ascii_case(b"authentication-results") {
            self.authres_count += 1;
            // RFC 8601 §5: fields that claim to be ours and are not must go, however they are written.
            if authserv_id_matches(value, authserv_id) {
                self.forged.push(self.authres_count);
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

    /// Ends: what is to be asked is in the check, what is to be taken away in the list, counted among the fields of the
    /// name from 1.
    pub(crate) fn end(mut self, last_chunk: &[u8]) -> (Check<L>, Vec<u32>) {
        if !self.header.is_empty() {
            self.end_of_header();
        }
        self.check.body(last_chunk);
        (self.check, self.forged)
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
