//! Evidence in the file: deflated, since it repeats itself and nobody looks at most of it.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use report::limits::WHY_BYTES_MAX;
use report::{CodecError, Why, codec};

/// Packs evidence. What it needs for that is large, and kept from one to the next: one for each thread that packs at the
/// same time.
#[derive(Default)]
pub(super) struct Packer {
    rooms: Mutex<Vec<Compress>>,
}

impl Packer {
    /// Evidence as it is stored.
    pub(super) fn pack(&self, why: &Why) -> Vec<u8> {
        let plain = codec::encode_why(why);
        let kept = self.rooms().pop();
        let mut room = kept.unwrap_or_else(|| Compress::new(Compression::fast(), false));
        room.reset();
        let mut packed = Vec::with_capacity(plain.len() + 1);
        packed.push(DEFLATED);
        // What would not fit is not smaller.
        let end = room.compress_vec(&plain, &mut packed, FlushCompress::Finish);
        let mut rooms = self.rooms();
        if rooms.len() < PACKER_ROOM_COUNT {
            rooms.push(room);
        }
        drop(rooms);
        match end {
            Ok(Status::StreamEnd) => packed,
            _ => [&[PLAIN], plain.as_slice()].concat(),
        }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, Vec<Compress>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evidence from what is stored; no more is unpacked than evidence may have.
pub(super) fn unpack(bytes: &[u8]) -> Result<Why, CodecError> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) => codec::decode_why(plain),
        Some((&DEFLATED, packed)) => {
            let mut plain = Vec::new();
            let mut limited = DeflateDecoder::new(packed).take(PLAIN_BYTES_MAX + 1);
            limited.read_to_end(&mut plain).map_err(|_| CodecError::Short)?;
            codec::decode_why(&plain)
        }
        Some(_) => Err(CodecError::Word),
        None => Err(CodecError::Short),
    }
}

/// How many rooms are kept, a third of a megabyte each.
const PACKER_ROOM_COUNT: usize = 2;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// What the codec takes; one byte more is too large for it.
const PLAIN_BYTES_MAX: u64 = (WHY_BYTES_MAX + 32) as u64;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::DeflateEncoder;

    use super::*;

    struct Step(usize);

    impl mailtext::Explain for Step {
        fn id(&self) -> &'static str {
            "spf-record-found"
        }

        fn arguments(&self) -> Vec<(&'static str, mailtext::Value)> {
            vec![("record", "v=spf1 -all ".repeat(self.0).into())]
        }
    }

    #[test]
    fn evidence_comes_back_and_is_smaller() {
        let packer = Packer::default();
        for (count, words) in [(0, 0), (1, 0), (1, 1), (30, 3), (600, 40)] {
            let mut why = Why::default();
            (0..count).for_each(|_| why.push(&Step(words)));
            let packed = packer.pack(&why);
            assert_eq!(unpack(&packed).as_ref(), Ok(&why));
            assert!(packed.len() <= codec::encode_why(&why).len() + 1);
            assert!(count < 30 || packed.len() * 5 < codec::encode_why(&why).len(), "{}", packed.len());
        }
    }

    #[test]
    fn hostile_bytes_are_an_error() {
        let bomb = {
            let mut encoder = DeflateEncoder::new(vec![DEFLATED], Compression::best());
            encoder.write_all(&vec![1; 50 << 20]).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(unpack(&bomb), Err(CodecError::TooLarge));
        for bytes in [&[][..], &[0], &[1], &[2, 1, 1], &[1, 0xff, 0xff], &[0, 1, 0xff]] {
            assert!(unpack(bytes).is_err(), "{bytes:?}");
        }
    }
}
