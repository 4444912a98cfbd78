//! A report on its way into the file: made by the thread that brings it, so that the one that writes only writes.

use feedback::archive::{ArchiveError, Content, Origin, Parcel, Status};
use feedback::limits::RAW_BYTES_MAX;

use super::cells::{Cells, cells_of};
use super::codec::{encode, encode_classes, encode_notes};
use super::head::{Head, Side, check, day, head_of};
use super::receive::Worth;
use crate::limits::ARCHIVE_BODY_BYTES_MAX;

/// A report as it goes into the file.
pub(super) struct Prepared {
    pub(super) head: Head,
    pub(super) tenant: Box<str>,
    pub(super) received_ms: u64,
    pub(super) origin: Origin,
    pub(super) digest: [u8; 32],
    pub(super) raw: Vec<u8>,
    pub(super) status: Status,
    pub(super) reason: Option<(Box<str>, Box<str>)>,
    pub(super) notes: Option<Vec<u8>>,
    /// `None` when it was refused.
    pub(super) body: Option<Vec<u8>>,
    pub(super) classes: Vec<u8>,
    pub(super) cells: Cells,
}

impl Prepared {
    pub(super) fn new(parcel: Parcel) -> Result<Self, ArchiveError> {
        check(&parcel)?;
        let head = head_of(&parcel);
        let body = encode(&parcel.content);
        if let Some(bytes) = body.as_ref().map(Vec::len).filter(|bytes| *bytes > ARCHIVE_BODY_BYTES_MAX) {
            return Err(ArchiveError::Failed { what: format!("a report of {bytes} bytes is too long") });
        }
        let notes = encode_notes(&parcel.deviations, &head.errors);
        let Parcel { tenant, received_ms, origin, digest, mut raw, content, status, reason, mut classes, .. } = parcel;
        let cells = match &content {
            Content::Aggregate(aggregate) => {
                classes.truncate(aggregate.records.len());
                cells_of(aggregate, &classes)
            }
            _ => {
                classes.clear();
                Cells::default()
            }
        };
        if raw.len() > RAW_BYTES_MAX {
            raw = Vec::new();
        }
        Ok(Self {
            head,
            tenant,
            received_ms: received_ms.min(i64::MAX as u64),
            origin,
            digest,
            raw,
            status,
            reason,
            notes,
            body,
            classes: encode_classes(&classes),
            cells,
        })
    }

    pub(super) fn side(&self) -> Side {
        Side::of(&self.origin.trust)
    }

    pub(super) fn worth(&self) -> Worth {
        Worth::new(self.status, self.side())
    }

    pub(super) fn day(&self) -> u32 {
        day(&self.head, self.received_ms)
    }

    /// The start of its digest, by which it is looked for.
    pub(super) fn digest_start(&self) -> i64 {
        let start = self.digest.first_chunk().copied().unwrap_or_default();
        i64::from_be_bytes(start)
    }
}
