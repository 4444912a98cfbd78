//! Evidence in the file: as [`report::codec`] writes it; what is long is deflated, since it repeats itself and nobody looks
//! at most of it.

use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use report::limits::WHY_BYTES_MAX;
use report::{CodecError, Why, codec};

use crate::limits::EVIDENCE_PLAIN_BYTES_MAX;

/// Evidence as it is stored.
pub(super) fn pack(why: &Why) -> Vec<u8> {
    let mut plain = vec![PLAIN];
    codec::append_why(why, &mut plain);
    // Of what is short, deflating takes more time than all else that a row costs.
    if plain.len() <= EVIDENCE_PLAIN_BYTES_MAX {
        return plain;
    }
    let mut packed = Vec::with_capacity(plain.len());
    packed.push(DEFLATED);
    // What would not fit is not smaller.
    match Compress::new(Compression::fast(), false).compress_vec(&plain[1..], &mut packed, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => packed,
        _ => plain,
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

    struct Padding(usize);

    impl mailtext::Explain for Padding {
        fn id(&self) -> &'static str {
            "padding"
        }

        fn arguments(&self) -> Vec<(&'static str, mailtext::Value)> {
            vec![("text", "x".repeat(self.0).into())]
        }
    }

    #[test]
    fn evidence_comes_back_and_what_is_long_is_smaller() {
        for (count, words) in [(0, 0), (1, 0), (1, 1), (30, 3), (60, 40), (600, 40)] {
            let mut why = Why::default();
            (0..count).for_each(|_| why.push(&Step(words)));
            let (packed, plain) = (pack(&why), codec::encode_why(&why).len());
            assert_eq!(unpack(&packed).as_ref(), Ok(&why));
            assert!(packed.len() <= plain + 1);
            assert!(plain < EVIDENCE_PLAIN_BYTES_MAX || packed.len() * 5 < plain, "{} of {plain}", packed.len());
        }
    }

    #[test]
    fn evidence_at_below_and_above_the_length_that_is_left_plain() {
        let mut why = Why::default();
        (0..7).for_each(|_| why.push(&Step(42)));
        let mut lengths = std::collections::HashSet::new();
        // One byte more with each: numbers of one byte, then of two.
        for padding in 0..600_usize {
            let mut one = why.clone();
            one.push(&Padding(padding.min(300)));
            one.push(&Padding(padding.saturating_sub(300)));
            let plain = codec::encode_why(&one).len() + 1;
            let packed = pack(&one);
            lengths.insert(plain);
            assert_eq!(packed[0] == PLAIN, plain <= EVIDENCE_PLAIN_BYTES_MAX, "{plain}");
            assert_eq!(unpack(&packed), Ok(one));
        }
        assert!((EVIDENCE_PLAIN_BYTES_MAX - 1..=EVIDENCE_PLAIN_BYTES_MAX + 1).all(|length| lengths.contains(&length)));
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
