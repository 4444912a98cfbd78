//! Who the message says its author is: the one field that DMARC protects (RFC 9989 §4.2).

use dmarc::{Authors, FromDefect};
use mailtext::address::{AddressFlaw, AddressList};
use mailtext::header::HeaderFlaw;
use mailtext::{Domain, Flaw, Headers};

/// What was read of the From fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct From {
    /// How many From fields there are, disguised ones (`From :`, ` From:`) included.
    pub field_count: usize,
    /// The addresses of all From fields.
    pub addresses: AddressList,
    /// What is wrong with them.
    pub flaws: Vec<Flaw<AddressFlaw>>,
    /// The author domains, or what is wrong.
    pub authors: Authors,
}

impl From {
    /// Reads the From fields of a message.
    #[must_use]
    pub fn read(headers: &Headers<'_>) -> Self {
        let mut fields = headers.named("from");
        let Some(first) = fields.next() else {
            if is_cut(headers) {
                return Self::broken(0, FromDefect::Malformed, AddressList::default(), Vec::new(), Vec::new());
            }
            return Self::broken(0, FromDefect::Absent, AddressList::default(), Vec::new(), Vec::new());
        };
        let (addresses, flaws) = AddressList::parse(first.value);
        let mut domains = domains(&addresses);
        let mut field_count = 1;
        for field in fields {
            field_count += 1;
            domains.extend(self::domains(&AddressList::parse(field.value).0));
        }
        if field_count > 1 {
            return Self::broken(field_count, FromDefect::Repeated, addresses, flaws, domains);
        }
        // The obsolete syntax lets blanks stand before the colon; mail programs disagree about such a field, and one
        // that all do not show alike must not pass.
        let disguised = !first.raw.starts_with(first.name) || first.raw.get(first.name.len()) != Some(&b':');
        if disguised
            || is_cut(headers)
            || hides_lines(headers, first.raw)
            || flaws.iter().any(|flaw| is_ambiguous(flaw.kind))
        {
            return Self::broken(1, FromDefect::Malformed, addresses, flaws, domains);
        }
        let bad_domain = addresses.mailboxes().any(|mailbox| mailbox.domain_name().is_none());
        match (&domains[..], bad_domain) {
            (_, true) => Self::broken(1, FromDefect::BadDomain, addresses, flaws, domains),
            ([], false) => Self::broken(1, FromDefect::NoMailbox, addresses, flaws, domains),
            ([one], false) => Self { field_count, authors: Authors::One(one.clone()), addresses, flaws },
            _ => Self { field_count, authors: Authors::Many(domains), addresses, flaws },
        }
    }

    /// Nothing was read yet.
    pub(crate) fn unread() -> Self {
        Self::broken(0, FromDefect::Absent, AddressList::default(), Vec::new(), Vec::new())
    }

    fn broken(
        field_count: usize,
        defect: FromDefect,
        addresses: AddressList,
        flaws: Vec<Flaw<AddressFlaw>>,
        domains: Vec<Domain>,
    ) -> Self {
        Self { field_count, addresses, flaws, authors: Authors::Broken(defect, domains) }
    }

    /// What is wrong with From, when something is.
    #[must_use]
    pub fn defect(&self) -> Option<FromDefect> {
        match self.authors {
            Authors::Broken(defect, _) => Some(defect),
            _ => None,
        }
    }
}

/// The different domains of a list, in their order.
fn domains(addresses: &AddressList) -> Vec<Domain> {
    let mut different = Vec::with_capacity(1);
    for domain in addresses.mailboxes().filter_map(|mailbox| mailbox.domain_name()) {
        if !different.contains(domain) {
            different.push(domain.clone());
        }
    }
    different
}

/// Whether a flaw lets two programs see two different authors. The other flaws – a bracket in an unquoted name, a word
/// too many – are met every day and leave one address in sight.
fn is_ambiguous(flaw: AddressFlaw) -> bool {
    matches!(
        flaw,
        AddressFlaw::TooLong
            | AddressFlaw::TooMany
            | AddressFlaw::SeveralAddresses
            | AddressFlaw::UnbalancedBracket
            | AddressFlaw::UnclosedQuote
            | AddressFlaw::UnclosedComment
            | AddressFlaw::ControlByte
            | AddressFlaw::EncodedWordAddress
    )
}

/// Whether the header is longer than is read: what is behind the limit may hold another From.
fn is_cut(headers: &Headers<'_>) -> bool {
    let cut = |flaw: &Flaw<HeaderFlaw>| matches!(flaw.kind, HeaderFlaw::BlockTooLong | HeaderFlaw::TooManyFields);
    headers.flaws().iter().any(cut)
}

/// Whether a bare CR, a bare LF or a NUL stands in this field: the next program may see a line's end there.
fn hides_lines(headers: &Headers<'_>, field: &[u8]) -> bool {
    let hidden = |flaw: &Flaw<HeaderFlaw>| matches!(flaw.kind, HeaderFlaw::BareNewline | HeaderFlaw::Nul);
    headers.flaws().iter().any(hidden) && {
        let line_ends = field.windows(2).filter(|pair| *pair == b"\r\n").count();
        let count = |wanted: u8| field.iter().filter(|byte| **byte == wanted).count();
        count(b'\r') != line_ends || count(b'\n') != line_ends || count(0) > 0
    }
}
