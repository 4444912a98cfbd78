//! Bytes on their way in: a window upon them, what is taken along of them, and the budget that bounds them.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read, Write};

use aws_lc_rs::digest;
use flate2::write::GzEncoder;
use flate2::{Compression, Crc};

use super::Caps;
use crate::reason::{Reason, ReasonKind};

/// What one input may cost, on all levels together; and why reading was stopped, when it was.
pub(super) struct Budget {
    pub(super) caps: Caps,
    decompressed: Cell<u64>,
    members: Cell<usize>,
    stop: RefCell<Option<Reason>>,
}

impl Budget {
    pub(super) fn new(caps: Caps) -> Self {
        Self { caps, decompressed: Cell::new(0), members: Cell::new(0), stop: RefCell::new(None) }
    }

    /// Says why reading stops; the first reason counts.
    pub(super) fn stop(&self, kind: ReasonKind, limit: u64) -> io::Error {
        self.stop.borrow_mut().get_or_insert_with(|| Reason::new(kind, &limit.to_string()));
        io::ErrorKind::InvalidData.into()
    }

    /// Why reading was stopped; asked once, so that the next member begins anew.
    pub(super) fn take_stop(&self) -> Option<Reason> {
        self.stop.borrow_mut().take()
    }

    /// Counts bytes that were decompressed, of a stream that gave so many of so many.
    pub(super) fn decompressed(&self, new: usize, of_stream: u64, compressed: u64) -> io::Result<()> {
        let total = self.decompressed.get().saturating_add(new as u64);
        self.decompressed.set(total);
        let caps = &self.caps;
        if of_stream > caps.ratio_free_bytes && of_stream / compressed.max(1) >= caps.ratio {
            return Err(self.stop(ReasonKind::Ratio, caps.ratio));
        }
        if total > caps.total_bytes {
            return Err(self.stop(ReasonKind::TooLarge, caps.total_bytes));
        }
        Ok(())
    }

    /// How many bytes were decompressed.
    pub(super) fn total(&self) -> u64 {
        self.decompressed.get()
    }

    /// How many bytes may be decompressed before an archive of this length is a bomb.
    pub(super) fn bomb_bytes(&self, archive_bytes: usize) -> u64 {
        let allowed = self.caps.ratio.saturating_mul(archive_bytes as u64).max(16 * self.caps.ratio_free_bytes);
        self.total().saturating_add(allowed)
    }

    /// A mail of a mailbox file begins: what it may cost is its own.
    pub(super) fn begin_mail(&self) {
        self.decompressed.set(0);
        self.members.set(0);
    }

    /// Counts a member; whether it is one too many.
    pub(super) fn is_spent_by_member(&self) -> bool {
        self.members.set(self.members.get().saturating_add(1));
        self.members.get() > self.caps.members
    }

    /// Whether nothing more may be read of this input.
    pub(super) fn is_spent(&self) -> bool {
        self.members.get() > self.caps.members || self.decompressed.get() > self.caps.total_bytes
    }
}

/// A window upon bytes. Reading goes on where the window ends; what it has seen can be looked at before it is taken.
pub(super) struct Window<'r> {
    source: &'r mut dyn Read,
    budget: &'r Budget,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_ended: bool,
    is_failed: bool,
    /// The buffer was filled to its end.
    is_narrow: bool,
    seen_bytes: u64,
    /// Most bytes that may be seen.
    bytes_max: u64,
    tap: Option<Tap>,
}

/// So much a window shows at most …
const WINDOW_BYTES: usize = 64 << 10;
/// … and at first: most reports are small, and lie in several windows at once.
const WINDOW_BYTES_FIRST: usize = 8 << 10;

impl<'r> Window<'r> {
    pub(super) fn new(source: &'r mut dyn Read, budget: &'r Budget) -> Self {
        Self {
            source,
            budget,
            buffer: vec![0; WINDOW_BYTES_FIRST],
            start: 0,
            end: 0,
            is_ended: false,
            is_failed: false,
            is_narrow: false,
            seen_bytes: 0,
            bytes_max: u64::MAX,
            tap: None,
        }
    }

    /// The bytes in the window, at least so many where there are so many.
    pub(super) fn peek(&mut self, least: usize) -> &[u8] {
        while self.end - self.start < least.min(WINDOW_BYTES) && !self.is_ended && !self.is_failed {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            // What fails is told when it is read.
            let _ = self.refill();
        }
        &self.buffer[self.start..self.end]
    }

    /// The bytes in the window.
    pub(super) fn seen(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the source has failed.
    pub(super) fn is_failed(&self) -> bool {
        self.is_failed
    }

    /// From now on at most so many bytes, those in the window among them, and what is to be taken along of them.
    pub(super) fn tap(&mut self, bytes_max: u64, mut tap: Tap) {
        tap.take(&self.buffer[self.start..self.end]);
        self.bytes_max = bytes_max;
        self.seen_bytes = (self.end - self.start) as u64;
        self.tap = Some(tap);
        if self.seen_bytes > bytes_max {
            self.start = self.end;
            self.is_failed = true;
            self.budget.stop(ReasonKind::TooLarge, bytes_max);
        }
    }

    /// Reads to the end, for what is taken along; then gives that.
    pub(super) fn drained(&mut self) -> Option<Tap> {
        while self.fill_buf().is_ok_and(|bytes| !bytes.is_empty()) {
            self.start = self.end;
        }
        self.tap.take()
    }

    /// Everything up to the end; what fails on the way is told by [`Window::is_failed`].
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Ok(bytes) = self.fill_buf() {
            if bytes.is_empty() {
                break;
            }
            all.extend_from_slice(bytes);
            self.start = self.end;
        }
        all
    }

    /// Puts more bytes behind those that are in the buffer.
    fn refill(&mut self) -> io::Result<()> {
        if self.is_failed {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if self.is_narrow || self.end == self.buffer.len() {
            self.is_narrow = false;
            let wider = (2 * self.buffer.len()).min(WINDOW_BYTES);
            self.buffer.resize(wider.max(self.buffer.len()), 0);
        }
        let got = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_failed = true;
                    return Err(error);
                }
            }
        };
        self.is_ended = got == 0;
        // What fills it is likely to go on.
        self.is_narrow = self.end + got == self.buffer.len();
        let new = &self.buffer[self.end..self.end + got];
        if let Some(tap) = &mut self.tap {
            tap.take(new);
        }
        self.end += got;
        self.seen_bytes = self.seen_bytes.saturating_add(got as u64);
        if self.seen_bytes > self.bytes_max {
            self.is_failed = true;
            return Err(self.budget.stop(ReasonKind::TooLarge, self.bytes_max));
        }
        Ok(())
    }
}

impl Read for Window<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Window<'_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && !self.is_ended {
            self.start = 0;
            self.end = 0;
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

/// What is taken along of bytes that pass.
pub(super) struct Tap {
    digest: Option<digest::Context>,
    keep: Keep,
    bytes: u64,
}

/// In which form bytes that pass are kept.
enum Keep {
    /// Not at all.
    No,
    /// As they are, up to a limit.
    Copy(Vec<u8>, usize),
    /// Compressed with gzip, up to a limit.
    Gzip(Box<GzEncoder<Vec<u8>>>, usize),
    /// There were too many.
    TooMany,
}

impl Tap {
    /// Takes nothing along but the digest.
    pub(super) fn digest() -> Self {
        Self { digest: Some(digest::Context::new(&digest::SHA256)), keep: Keep::No, bytes: 0 }
    }

    /// Takes the digest along, and the bytes, compressed.
    pub(super) fn compress(bytes_max: usize) -> Self {
        // A report repeats itself: the fastest level comes near the best.
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        Self { keep: Keep::Gzip(Box::new(encoder), bytes_max), ..Self::digest() }
    }

    /// Takes the bytes along as they are.
    pub(super) fn copy(bytes_max: usize) -> Self {
        Self { digest: None, keep: Keep::Copy(Vec::new(), bytes_max), bytes: 0 }
    }

    /// Takes nothing along.
    pub(super) fn nothing() -> Self {
        Self { digest: None, keep: Keep::No, bytes: 0 }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        let is_full = match &mut self.keep {
            Keep::No | Keep::TooMany => false,
            Keep::Copy(copy, max) => {
                copy.extend_from_slice(bytes);
                copy.len() > *max
            }
            // A Vec takes everything.
            Keep::Gzip(encoder, max) => encoder.write_all(bytes).is_err() || encoder.get_ref().len() > *max,
        };
        if is_full {
            self.keep = Keep::TooMany;
        }
    }

    /// The digest and what was kept; nothing when it was too much.
    pub(super) fn finish(self) -> ([u8; 32], Vec<u8>) {
        let kept = match self.keep {
            Keep::No | Keep::TooMany => Vec::new(),
            Keep::Copy(copy, _) => copy,
            // The last bytes come out at the end.
            Keep::Gzip(encoder, max) => encoder.finish().ok().filter(|kept| kept.len() <= max).unwrap_or_default(),
        };
        (self.digest.map(sum).unwrap_or_default(), kept)
    }
}

fn sum(context: digest::Context) -> [u8; 32] {
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// The digest of bytes, and maybe of a number behind them.
pub(super) fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    sum(context)
}

/// Bytes compressed with gzip, unless they become more than so many.
pub(super) fn gzipped(parts: &[&[u8]], bytes_max: usize) -> Vec<u8> {
    let mut tap = Tap::compress(bytes_max);
    parts.iter().for_each(|part| tap.take(part));
    tap.finish().1
}

/// A deflated stream as gzip has it.
pub(super) fn gzip_of_deflated(deflated: &[u8], crc: &Crc) -> Vec<u8> {
    // RFC 1952 §2.3: magic, deflate, no flags, no time, no hints, an unknown system; CRC32 and length at the end.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    gzip.extend_from_slice(deflated);
    gzip.extend_from_slice(&crc.sum().to_le_bytes());
    gzip.extend_from_slice(&crc.amount().to_le_bytes());
    gzip
}
