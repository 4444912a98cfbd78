//! Rows and evidence as bytes, and back: compact, versioned, without a schema beside them.
//!
//! The first byte is the version: 1 of rows, 2 of evidence, 1 of the evidence of older files. Within a version of rows,
//! fields may be added at the end of a structure, and readers of either age understand each other; anything else needs a
//! new version, and a reader of all before it. Equal values have equal bytes. Any bytes may be read: what is wrong in them
//! is a [`CodecError`].

use dmarc::record::{FailureOptions, FailureWhen, Mode, Testing, Wanted};
use dmarc::{DmarcResult, Method as Discovery, Policy, PolicyTag};
use thiserror::Error;

use crate::id::RowId;
use crate::limits::{ROW_BYTES_MAX, WHY_BYTES_MAX};
use crate::row::{
    Address, Arc, Client, Dmarc, Envelope, Evaluation, Message, MethodOutcome, Override, Published, Row, Signature,
    Signed, Spf, SpfCheck, Verdict,
};
use crate::vocabulary::{Action, Algorithm, Aligned, Direction, Disposition, Method, MethodResult, OverrideKind, Spam};
use crate::why::{Why, WhyArgument, WhyStep, WhyValue};
use crate::wire::{Reader, Wire, Writer, wire_foreign, wire_structure, wire_word};

/// What is wrong with stored bytes, or with a value that is to be stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum CodecError {
    /// They end too early.
    #[error("the stored bytes end too early")]
    Short,
    /// They go on after the value.
    #[error("the stored bytes go on after their end")]
    Long,
    /// A version of which this program knows nothing.
    #[error("stored in version {0}, which this program does not know")]
    Version(u8),
    /// A number that stands for nothing.
    #[error("the stored bytes hold a number without a meaning")]
    Word,
    /// A number of more than 64 bits.
    #[error("the stored bytes hold a number of more than 64 bits")]
    Number,
    /// Bytes that are no text, or no domain name.
    #[error("the stored bytes hold something that is no text")]
    Text,
    /// Something longer than the limits allow.
    #[error("a value is longer than the limits of a row allow")]
    TooLarge,
}

/// A row as bytes.
///
/// # Errors
/// [`CodecError::TooLarge`] when it was not cut to the limits ([`Row::clip`]).
pub fn encode(row: &Row) -> Result<Vec<u8>, CodecError> {
    let mut into = Writer { bytes: Vec::with_capacity(ROW_BYTES_USUAL), is_too_large: false };
    into.bytes.push(VERSION);
    row.write(&mut into);
    // What is too long for its reader must not get into the store.
    if into.is_too_large || into.bytes.len() > ROW_BYTES_MAX { Err(CodecError::TooLarge) } else { Ok(into.bytes) }
}

/// A row from its bytes.
///
/// # Errors
/// What is wrong with them.
pub fn decode(bytes: &[u8]) -> Result<Row, CodecError> {
    let mut reader = opened(bytes, ROW_BYTES_MAX)?;
    match reader.byte()? {
        VERSION => {}
        other => return Err(CodecError::Version(other)),
    }
    let row = Row::read(&mut reader)?;
    if reader.is_done() { Ok(row) } else { Err(CodecError::Long) }
}

/// Evidence as bytes: [`Why`] keeps itself within [`WHY_BYTES_MAX`].
#[must_use]
pub fn encode_why(why: &Why) -> Vec<u8> {
    let mut bytes = Vec::new();
    append_why(why, &mut bytes);
    bytes
}

/// Appends evidence as bytes.
pub fn append_why(why: &Why, bytes: &mut Vec<u8>) {
    let mut into = Writer { bytes: std::mem::take(bytes), is_too_large: false };
    into.bytes.push(WHY_VERSION);
    why.write(&mut into);
    *bytes = into.bytes;
}

/// Evidence from its bytes.
///
/// # Errors
/// What is wrong with them.
pub fn decode_why(bytes: &[u8]) -> Result<Why, CodecError> {
    // What surrounds the steps is not counted against them.
    let mut reader = opened(bytes, WHY_BYTES_MAX + WHY_HEAD_BYTES_MAX)?;
    let why = match reader.byte()? {
        WHY_VERSION => Why::read(&mut reader)?,
        VERSION => first_why(&mut reader)?,
        other => return Err(CodecError::Version(other)),
    };
    if reader.is_done() { Ok(why) } else { Err(CodecError::Long) }
}

fn opened(bytes: &[u8], bytes_max: usize) -> Result<Reader<'_>, CodecError> {
    if bytes.len() > bytes_max { Err(CodecError::TooLarge) } else { Ok(Reader::new(bytes)) }
}

/// Evidence as version 1 had it: each word spelled out.
fn first_why(from: &mut Reader<'_>) -> Result<Why, CodecError> {
    let mut inner = from.inner()?;
    let omitted = u64::read(&mut inner)?;
    let count = u64::read(&mut inner)?;
    let mut why = Why::default();
    for _ in 0..count {
        why.add(&WhyStep::read(&mut inner)?);
    }
    why.omit(omitted);
    Ok(why)
}

wire_word!(Direction, Method, MethodResult, Algorithm, Aligned, Disposition, Action, OverrideKind, Spam);

wire_foreign! {
    Policy { None = 0, Quarantine = 1, Reject = 2 }
    PolicyTag { P = 0, Sp = 1, Np = 2, Defective = 3 }
    Mode { Relaxed = 0, Strict = 1 }
    Testing { Off = 0, On = 1 }
    Discovery { TreeWalk = 0, SuffixList = 1 }
    DmarcResult { None = 0, Pass = 1, Fail = 2, TempError = 3, PermError = 4 }
    dmarc::Aligned { Fail = 0, Pass = 1, Unknown = 2 }
    FailureWhen { AllFailed = 0, AnyFailed = 1, Unsaid = 2 }
    Wanted { No = 0, Yes = 1 }
}

wire_structure!(Row {
    id,
    tenant,
    direction,
    queue_id,
    client,
    envelope,
    message,
    spf,
    dkim,
    dmarc,
    arc,
    others,
    verdict,
    signed,
    latency_us,
    omitted,
});
wire_structure!(Client { ip, name, helo, user });
wire_structure!(Envelope { mail_from, mail_from_domain, recipient_count, recipient_domains });
wire_structure!(Message { size_bytes, header_bytes, message_id, spam });
wire_structure!(Spf { mail_from, helo });
wire_structure!(SpfCheck { domain, result });
wire_structure!(Signature { domain, selector, result, algorithm, key_bits, problem });
wire_structure!(Dmarc { result, authors });
wire_structure!(Evaluation {
    author,
    result,
    published,
    spf,
    dkim,
    spf_aligned_pass,
    dkim_aligned_pass,
    wanted,
    reason,
});
wire_structure!(Published {
    domain,
    policy,
    subdomain_policy,
    nonexistent_policy,
    applied,
    dkim_mode,
    spf_mode,
    failure_options,
    testing,
    discovery,
    reports,
});
wire_structure!(FailureOptions { when, dkim, spf });
wire_structure!(Arc { result, sealers, oldest_pass });
wire_structure!(MethodOutcome { method, result, subject });
wire_structure!(Verdict { disposition, overrides, action, reply_code, reasons });
wire_structure!(Override { kind, comment });
wire_structure!(Signed { domain, selector });
wire_structure!(WhyStep { id, rule, arguments });
wire_structure!(WhyArgument { name, value });

impl Wire for RowId {
    fn write(&self, into: &mut Writer) {
        self.number().write(into);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        Self::from_number(u64::read(from)?).ok_or(CodecError::Number)
    }
}

impl Wire for Address {
    fn write(&self, into: &mut Writer) {
        match self {
            Self::Text(text) => {
                into.bytes.push(0);
                text.write(into);
            }
            Self::Hash(hash) => {
                into.bytes.push(1);
                hash.write(into);
            }
            Self::Withheld => into.bytes.push(2),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        match from.byte()? {
            0 => Wire::read(from).map(Self::Text),
            1 => Wire::read(from).map(Self::Hash),
            2 => Ok(Self::Withheld),
            _ => Err(CodecError::Word),
        }
    }
}

impl Wire for WhyValue {
    fn write(&self, into: &mut Writer) {
        match self {
            Self::Text(text) => {
                into.bytes.push(0);
                text.write(into);
            }
            Self::Number(number) => {
                into.bytes.push(1);
                number.write(into);
            }
            Self::Word(word) => {
                into.bytes.push(2);
                word.write(into);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        match from.byte()? {
            0 => Wire::read(from).map(Self::Text),
            1 => u64::read(from).map(Self::Number),
            2 => Wire::read(from).map(Self::Word),
            _ => Err(CodecError::Word),
        }
    }
}

impl Wire for (Box<str>, Box<str>) {
    fn write(&self, into: &mut Writer) {
        self.0.write(into);
        self.1.write(into);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok((Wire::read(from)?, Wire::read(from)?))
    }
}

const VERSION: u8 = 1;
const WHY_VERSION: u8 = 2;
const ROW_BYTES_USUAL: usize = 512;
const WHY_HEAD_BYTES_MAX: usize = 32;
