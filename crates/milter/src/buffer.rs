//! The input buffer of either side: filled from a socket at its end, packets are lent out of its front.

use crate::limits::{IDLE_BYTES_MAX, READ_BYTES_MIN};

/// Bytes received and not yet consumed, in one run, so that packets can be borrowed from it without a copy.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// All of it is initialised; what counts is `start..end`.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// Room for the next read. `missing` is what the packet at the front still lacks (0 if unknown).
    ///
    /// The room grows with what has arrived, not with what was announced: who announces a large packet and sends
    /// nothing holds no memory of ours.
    pub(crate) fn space(&mut self, missing: usize) -> &mut [u8] {
        let held = self.end - self.start;
        if held == 0 {
            self.start = 0;
            self.end = 0;
        }
        let room = missing.min(held.saturating_mul(2)).max(READ_BYTES_MIN);
        if self.bytes.len() - self.end < room {
            self.bytes.copy_within(self.start..self.end, 0);
            self.start = 0;
            self.end = held;
            if self.bytes.len() - held < room {
                self.bytes.resize(held + room, 0);
            }
        }
        &mut self.bytes[self.end..]
    }

    /// Says that the first `count` bytes of [`space`](Self::space) now hold input.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.bytes.len());
    }

    /// Appends a copy of `input`.
    pub(crate) fn append(&mut self, input: &[u8]) {
        if self.bytes.capacity() - self.end < input.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // What is behind the end holds nothing, and need not be written twice.
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(input);
        self.end = self.bytes.len();
    }

    /// What was received and not consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Consumes `count` bytes and returns where they are; they stay readable until the next [`space`](Self::space).
    pub(crate) fn consume(&mut self, count: usize) -> usize {
        let at = self.start;
        self.start = self.start.saturating_add(count).min(self.end);
        at
    }

    /// The bytes at `range` of the whole buffer; empty if there are none.
    pub(crate) fn at(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// One byte of the whole buffer, to be overwritten.
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut u8> {
        self.bytes.get_mut(index)
    }

    /// Gives memory back when nothing is held.
    pub(crate) fn release(&mut self) {
        if self.start == self.end && self.bytes.capacity() > IDLE_BYTES_MAX {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_bytes_are_not_allocated() {
        let mut buffer = Buffer::default();
        buffer.append(&[0; 5]);
        assert!(buffer.space(1 << 20).len() <= READ_BYTES_MIN);
    }

    #[test]
    fn a_large_packet_needs_few_reads() {
        let mut buffer = Buffer::default();
        let (mut reads, mut left) = (0, 65_540);
        while left > 0 {
            let count = buffer.space(left).len().min(left);
            buffer.filled(count);
            left -= count;
            reads += 1;
        }
        assert_eq!(buffer.unread().len(), 65_540);
        assert!(reads <= 6, "{reads}");
    }

    #[test]
    fn an_idle_buffer_is_small() {
        let mut buffer = Buffer::default();
        buffer.append(&[1; 100_000]);
        buffer.release();
        assert_eq!(buffer.unread().len(), 100_000);
        buffer.consume(100_000);
        buffer.release();
        assert!(buffer.bytes.capacity() <= IDLE_BYTES_MAX);
    }
}
