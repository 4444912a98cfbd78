//! Decompression as it is read, counted on the way: deflate, and gzip around it.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::bytes::{Budget, Window};

/// How compressed bytes ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// Not yet.
    Open,
    /// As they should.
    Sound,
    /// With a checksum that is not theirs, or none.
    WrongChecksum,
    /// With something behind them.
    Junk,
    /// In the middle, or damaged.
    Broken,
}

/// Inflates a deflated stream.
pub(super) struct Inflate<'b, R> {
    source: R,
    raw: Box<Decompress>,
    pub(super) crc: Crc,
    budget: &'b Budget,
    pub(super) is_done: bool,
    /// What came before in the same stream, for the ratio.
    before: (u64, u64),
}

impl<'b, R: BufRead> Inflate<'b, R> {
    pub(super) fn new(source: R, budget: &'b Budget, before: (u64, u64)) -> Self {
        let raw = Box::new(Decompress::new(false));
        Self { source, raw, crc: Crc::new(), budget, is_done: false, before }
    }

    /// Bytes that went in and came out, those before included.
    pub(super) fn passed(&self) -> (u64, u64) {
        (self.before.0 + self.raw.total_in(), self.before.1 + self.raw.total_out())
    }

    /// How many bytes of this stream went in.
    pub(super) fn taken(&self) -> u64 {
        self.raw.total_in()
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }
}

impl<R: BufRead> Read for Inflate<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.is_done {
            return Ok(0);
        }
        loop {
            let input = self.source.fill_buf()?;
            let is_end = input.is_empty();
            let (in_before, out_before) = (self.raw.total_in(), self.raw.total_out());
            let flush = if is_end { FlushDecompress::Finish } else { FlushDecompress::None };
            let status = self.raw.decompress(input, out, flush).map_err(|_| io::ErrorKind::InvalidData)?;
            let taken = usize::try_from(self.raw.total_in() - in_before).unwrap_or_default();
            let given = usize::try_from(self.raw.total_out() - out_before).unwrap_or_default();
            self.source.consume(taken);
            self.crc.update(&out[..given]);
            let (compressed, decompressed) = self.passed();
            self.budget.decompressed(given, decompressed, compressed)?;
            self.is_done = status == Status::StreamEnd;
            if given > 0 || self.is_done {
                return Ok(given);
            }
            if is_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Reads gzip, all members behind one another as one (RFC 1952 §2.2).
pub(super) struct Gunzip<'w, 'r, 'b> {
    state: State<'w, 'r, 'b>,
    budget: &'b Budget,
    passed: (u64, u64),
    ending: &'b Cell<Ending>,
}

enum State<'w, 'r, 'b> {
    Header(&'w mut Window<'r>),
    Body(Inflate<'b, &'w mut Window<'r>>),
    Done,
}

impl<'w, 'r, 'b> Gunzip<'w, 'r, 'b> {
    pub(super) fn new(source: &'w mut Window<'r>, budget: &'b Budget, ending: &'b Cell<Ending>) -> Self {
        ending.set(Ending::Open);
        Self { state: State::Header(source), budget, passed: (0, 0), ending }
    }

    fn step(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => Ok(Some(0)),
            State::Header(window) => {
                let is_first = self.passed.1 == 0 && self.ending.get() == Ending::Open;
                if !is_first && !window.peek(2).starts_with(&MAGIC) {
                    if !window.peek(1).is_empty() && self.ending.get() == Ending::Sound {
                        self.ending.set(Ending::Junk);
                    }
                    return Ok(Some(0));
                }
                header(window)?;
                self.state = State::Body(Inflate::new(window, self.budget, self.passed));
                Ok(None)
            }
            State::Body(mut body) => {
                let given = body.read(out)?;
                if body.is_done {
                    self.passed = body.passed();
                    let (sum, amount) = (body.crc.sum(), body.crc.amount());
                    let window = body.into_source();
                    let mut trailer = [0; 8];
                    let is_sound = window.read_exact(&mut trailer).is_ok()
                        && trailer[..4] == sum.to_le_bytes()
                        && trailer[4..] == amount.to_le_bytes();
                    if self.ending.get() != Ending::WrongChecksum {
                        self.ending.set(if is_sound { Ending::Sound } else { Ending::WrongChecksum });
                    }
                    self.state = State::Header(window);
                } else {
                    self.state = State::Body(body);
                }
                Ok((given > 0).then_some(given))
            }
        }
    }
}

impl Read for Gunzip<'_, '_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.step(out) {
                Ok(Some(given)) => return Ok(given),
                Ok(None) => {}
                Err(error) => {
                    self.ending.set(Ending::Broken);
                    return Err(error);
                }
            }
        }
    }
}

/// What gzip begins with.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Most bytes of the name, or of the comment, in a header of gzip.
const HEADER_TEXT_BYTES_MAX: usize = 64 << 10;

/// Skips the header of a member of gzip (RFC 1952 §2.3).
fn header(window: &mut Window<'_>) -> io::Result<()> {
    let mut fixed = [0; 10];
    window.read_exact(&mut fixed)?;
    if fixed[..2] != MAGIC || fixed[2] != 8 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let flags = fixed[3];
    if flags & 4 != 0 {
        let mut length = [0; 2];
        window.read_exact(&mut length)?;
        io::copy(&mut window.by_ref().take(u64::from(u16::from_le_bytes(length))), &mut io::sink())?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            skip_text(window)?;
        }
    }
    if flags & 2 != 0 {
        window.read_exact(&mut [0; 2])?;
    }
    Ok(())
}

fn skip_text(window: &mut Window<'_>) -> io::Result<()> {
    for _ in 0..HEADER_TEXT_BYTES_MAX {
        let mut byte = [0];
        window.read_exact(&mut byte)?;
        if byte == [0] {
            return Ok(());
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}
