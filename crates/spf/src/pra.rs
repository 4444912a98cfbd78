//! The purported responsible address (RFC 4407): who, by the header alone, last caused the message to be delivered.
//!
//! It is found by a published order of fields, and claims nothing: the fields are the sender's own words.

use std::fmt;

use mailtext::header::HeaderFlaw;
use mailtext::{AddressFlaw, AddressList, Domain, DomainError, Explain, Flaw, Headers, Mailbox, NameKey, Rule, Value};

/// The address, and the field that it was taken from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pra {
    /// Which field was selected.
    pub field: PraField,
    /// Where it stands among all fields, from the top from 0.
    pub field_index: usize,
    /// The one mailbox in it.
    pub mailbox: Mailbox,
    /// The domain of the mailbox.
    pub domain: Domain,
}

/// The fields that may hold the address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PraField {
    /// Resent-Sender.
    ResentSender,
    /// Resent-From.
    ResentFrom,
    /// Sender.
    Sender,
    /// From.
    From,
}

/// Why no address can be determined (RFC 4407 §2, step 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PraFlaw {
    /// The header is longer than is read; what is behind the limit may hold the fields that count.
    HeaderCut,
    /// None of the fields is there, or all of them are empty.
    NoField,
    /// So many fields of the name, where exactly one counts: Sender or From.
    SeveralFields(PraField, usize),
    /// The selected field holds so many mailboxes.
    SeveralMailboxes(PraField, usize),
    /// The selected field can be read in several ways, or in none.
    Malformed(PraField, AddressFlaw),
    /// A bare CR, a bare LF or a NUL stands in the selected field: the next program may see a line's end there.
    HiddenLine(PraField),
    /// The mailbox of the selected field has no domain name.
    NoDomain(PraField, Option<DomainError>),
}

/// The addresses of a From field, and what is wrong with them: what [`AddressList::parse`] gave.
pub type FromRead<'a> = (&'a AddressList, &'a [Flaw<AddressFlaw>]);

impl Pra {
    /// Determines the address of a message.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn of(headers: &Headers<'_>) -> Result<Self, PraFlaw> {
        Self::with_from(headers, None)
    }

    /// The same, where somebody has read the one From field of the message already.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn with_from(headers: &Headers<'_>, from: Option<FromRead<'_>>) -> Result<Self, PraFlaw> {
        let has = |wanted: &[HeaderFlaw]| headers.flaws().iter().any(|flaw| wanted.contains(&flaw.kind));
        if has(&[HeaderFlaw::BlockTooLong, HeaderFlaw::TooManyFields]) {
            return Err(PraFlaw::HeaderCut);
        }
        let (field, field_index) = select(headers)?;
        let value = headers.get(field_index).map_or(&[][..], |found| found.value);
        if has(&[HeaderFlaw::BareNewline, HeaderFlaw::Nul]) && hides_lines(value) {
            return Err(PraFlaw::HiddenLine(field));
        }
        let (mailbox, domain) = match from.filter(|_| field == PraField::From) {
            Some((list, flaws)) => the_one(field, list, flaws)?,
            None => {
                let (list, flaws) = AddressList::parse(value);
                the_one(field, &list, &flaws)?
            }
        };
        Ok(Self { field, field_index, mailbox, domain })
    }
}

/// Steps 1 to 4: the field that counts, and its index.
fn select(headers: &Headers<'_>) -> Result<(PraField, usize), PraFlaw> {
    let first = |field: PraField| filled(headers, field).next();
    let resent_from = first(PraField::ResentFrom);
    // RFC 4407 §2: step 1 – the first non-empty Resent-Sender, unless it is of an older block than a Resent-From
    if let Some(sender) = first(PraField::ResentSender)
        && !resent_from.is_some_and(|from| is_older_block(headers, from, sender))
    {
        return Ok((PraField::ResentSender, sender));
    }
    // RFC 4407 §2: step 2 – the first non-empty Resent-From
    if let Some(from) = resent_from {
        return Ok((PraField::ResentFrom, from));
    }
    // RFC 4407 §2: step 3 – exactly one non-empty Sender; step 4 – exactly one non-empty From
    for field in [PraField::Sender, PraField::From] {
        let mut found = filled(headers, field);
        match (found.next(), found.count()) {
            (Some(index), 0) => return Ok((field, index)),
            // RFC 4407 §2: if there is more than one such header, proceed to step 6
            (Some(_), more) => return Err(PraFlaw::SeveralFields(field, more + 1)),
            (None, _) => {}
        }
    }
    Err(PraFlaw::NoField)
}

/// Whether a Received or Return-Path stands below the field at `from` and above the one at `sender`.
fn is_older_block(headers: &Headers<'_>, from: usize, sender: usize) -> bool {
    // RFC 4407 §2: one or more Received or Return-Path headers occur after said Resent-From header and before the
    // Resent-Sender header
    let between =
        |name: &[u8]| headers.indexes_named(NameKey::of(name), name).any(|index| (from..sender).contains(&index));
    from < sender && (between(b"received") || between(b"return-path"))
}

/// The fields of a name that hold more than white space, from the top.
fn filled(headers: &Headers<'_>, field: PraField) -> impl Iterator<Item = usize> {
    let name = field.as_str().as_bytes();
    headers.indexes_named(NameKey::of(name), name).filter(|index| {
        // RFC 4407 §2: a header field is "non-empty" if and only if it contains any non-whitespace characters
        headers.get(*index).is_some_and(|found| !found.value.iter().all(u8::is_ascii_whitespace))
    })
}

/// Step 5: the single mailbox of the selected field.
fn the_one(field: PraField, list: &AddressList, flaws: &[Flaw<AddressFlaw>]) -> Result<(Mailbox, Domain), PraFlaw> {
    // RFC 4407 §2: malformed, e.g. it appears to contain multiple mailboxes
    let count = list.mailboxes().count();
    if count > 1 {
        return Err(PraFlaw::SeveralMailboxes(field, count));
    }
    // RFC 4407 §2: what is hopelessly malformed is a matter for local policy: what two programs could read differently
    if let Some(flaw) = flaws.iter().find(|flaw| is_hopeless(flaw.kind)) {
        return Err(PraFlaw::Malformed(field, flaw.kind));
    }
    // RFC 4407 §2: malformed, e.g. the single mailbox does not contain a domain name
    let mailbox = list.mailboxes().next().ok_or(PraFlaw::NoDomain(field, None))?;
    match mailbox.domain_name() {
        Some(domain) => Ok((mailbox.clone(), domain.clone())),
        None => Err(PraFlaw::NoDomain(field, mailbox.domain.as_ref().err().copied())),
    }
}

/// Whether a bare CR, a bare LF or a NUL stands in the value.
fn hides_lines(value: &[u8]) -> bool {
    let count = |wanted: u8| value.iter().filter(|byte| **byte == wanted).count();
    let whole = value.windows(2).filter(|pair| *pair == b"\r\n").count();
    count(0) > 0 || count(b'\r') > whole || count(b'\n') > whole
}

fn is_hopeless(flaw: AddressFlaw) -> bool {
    matches!(
        flaw,
        AddressFlaw::TooLong
            | AddressFlaw::TooMany
            | AddressFlaw::Empty
            | AddressFlaw::MissingAt
            | AddressFlaw::EmptyLocal
            | AddressFlaw::EmptyBrackets
            | AddressFlaw::SeveralAddresses
            | AddressFlaw::UnbalancedBracket
            | AddressFlaw::UnclosedQuote
            | AddressFlaw::UnclosedComment
            | AddressFlaw::ControlByte
            | AddressFlaw::EncodedWordAddress
    )
}

impl PraField {
    /// The field's name in lower case: `resent-from`. RFC 8601 takes it as the property of `header`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResentSender => "resent-sender",
            Self::ResentFrom => "resent-from",
            Self::Sender => "sender",
            Self::From => "from",
        }
    }
}

impl fmt::Display for PraField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl PraFlaw {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &[
        "sender-id-header-cut",
        "sender-id-no-field",
        "sender-id-several-fields",
        "sender-id-several-mailboxes",
        "sender-id-malformed",
        "sender-id-hidden-line",
        "sender-id-no-domain",
    ];
}

impl Explain for PraFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::HeaderCut => "sender-id-header-cut",
            Self::NoField => "sender-id-no-field",
            Self::SeveralFields(..) => "sender-id-several-fields",
            Self::SeveralMailboxes(..) => "sender-id-several-mailboxes",
            Self::Malformed(..) => "sender-id-malformed",
            Self::HiddenLine(_) => "sender-id-hidden-line",
            Self::NoDomain(..) => "sender-id-no-domain",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 4407", "2"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let name = |field: &PraField| ("field", Value::Word(field.as_str()));
        match self {
            Self::HeaderCut | Self::NoField => Vec::new(),
            Self::SeveralFields(field, count) | Self::SeveralMailboxes(field, count) => {
                vec![name(field), ("count", (*count).into())]
            }
            Self::Malformed(field, flaw) => vec![name(field), ("flaw", Value::Word(flaw.id()))],
            Self::HiddenLine(field) | Self::NoDomain(field, None) => vec![name(field)],
            Self::NoDomain(field, Some(error)) => vec![name(field), ("flaw", Value::Word(error.id()))],
        }
    }
}
