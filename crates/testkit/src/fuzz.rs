//! A small mutation fuzzer without any tool: every parser has one, under a test that is named `fuzz_…` and ignored.
//!
//! ```no_run
//! #[test]
//! #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
//! fn fuzz_tag_list() {
//!     let seeds = testkit::case::seeds("dkim", "msg");
//!     testkit::fuzz("tag-list", &seeds, |bytes| {
//!         let _ = mailtext::TagList::parse(bytes);
//!     });
//! }
//! ```
//!
//! `SEKISHO_FUZZ_SECONDS` says how long (10), `SEKISHO_FUZZ_SEED` where the random numbers begin. An input that panics
//! is written to `target/fuzz/<name>-<hash>.bin` and shown escaped; make it a case.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::place::target;

/// Calls `run` with the seeds, the empty input, and mutations of them, until the time is over. Gives the count of calls.
///
/// # Panics
/// As `run` does, after the input was saved.
pub fn fuzz<S: AsRef<[u8]>>(name: &str, seeds: &[S], run: impl Fn(&[u8])) -> u64 {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|value| value.parse::<u64>().ok());
    let duration = Duration::from_secs(number("SEKISHO_FUZZ_SECONDS").unwrap_or(10));
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = number("SEKISHO_FUZZ_SEED").unwrap_or_else(|| u64::from(since_epoch.subsec_nanos()) | 1 << 32);
    let mut mutator = Mutator::new(seeds.iter().map(|seed| seed.as_ref().to_vec()).collect(), seed);
    let start = Instant::now();
    let mut slowest = (Duration::ZERO, 0);
    let mut count = 0;
    let mut call = |input: &[u8]| {
        let before = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(input))) {
            save(name, input, seed, count);
            resume_unwind(panic);
        }
        count += 1;
        slowest = slowest.max((before.elapsed(), input.len()));
    };
    mutator.pool.iter().for_each(|input| call(input));
    while start.elapsed() < duration {
        for _ in 0..64 {
            call(&mutator.next_input());
        }
    }
    println!("fuzz {name}: {count} inputs from {} seeds, seed {seed}", seeds.len());
    println!("fuzz {name}: slowest {:?} for {} bytes", slowest.0, slowest.1);
    count
}

fn save(name: &str, input: &[u8], seed: u64, count: u64) {
    let hash = input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let file = target("fuzz").join(format!("{name}-{hash:016x}.bin"));
    let saved = fs::write(&file, input);
    println!("fuzz {name}: input {count} with seed {seed} panics; {} {saved:?}", file.display());
    println!("b\"{}\"", input.escape_ascii());
}

/// Makes inputs of inputs.
struct Mutator {
    /// Seeds, and mutants that took the place of others: a random walk around the seeds.
    pool: Vec<Vec<u8>>,
    seed_count: usize,
    random: Random,
}

impl Mutator {
    fn new(mut pool: Vec<Vec<u8>>, seed: u64) -> Self {
        pool.push(Vec::new());
        Self { seed_count: pool.len(), pool, random: Random(seed.max(1)) }
    }

    fn next_input(&mut self) -> Vec<u8> {
        let chosen = self.random.below(self.pool.len());
        let mut input = self.pool[chosen].clone();
        for _ in 0..=self.random.below(6) {
            self.mutate(&mut input);
        }
        input.truncate(INPUT_BYTES_MAX);
        // Mutants breed: one of eight joins the pool, in the place of another mutant when that is full.
        if self.random.below(8) == 0 {
            if self.pool.len() < self.seed_count + MUTANT_COUNT_MAX {
                self.pool.push(input.clone());
            } else {
                let place = self.seed_count + self.random.below(MUTANT_COUNT_MAX);
                self.pool[place].clone_from(&input);
            }
        }
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let (start, end) = self.range(input.len());
        match self.random.below(9) {
            0 if !input.is_empty() => input[start.min(end - 1)] ^= 1 << self.random.below(8),
            1 if !input.is_empty() => input[start.min(end - 1)] = self.byte(),
            2 => input.insert(start, self.byte()),
            3 => drop(input.drain(start..end)),
            4 => {
                let copy = input[start..end].to_vec();
                let at = self.random.below(input.len() + 1);
                input.splice(at..at, copy);
            }
            5 => {
                let word = WORDS[self.random.below(WORDS.len())];
                input.splice(start..start, word.iter().copied());
            }
            6 => {
                let other = self.random.below(self.pool.len());
                let (from, to) = self.range(self.pool[other].len());
                let piece = self.pool[other][from..to].to_vec();
                input.splice(start..end, piece);
            }
            7 => {
                let byte = self.byte();
                let count = 1 << self.random.below(12);
                input.splice(start..start, std::iter::repeat_n(byte, count));
            }
            _ => input.truncate(start),
        }
    }

    /// A range within a length; mostly short, never empty unless the length is 0.
    fn range(&mut self, length: usize) -> (usize, usize) {
        if length == 0 {
            return (0, 0);
        }
        let start = self.random.below(length);
        let longest = if self.random.below(4) == 0 { length } else { 16 };
        (start, (start + 1 + self.random.below(longest)).min(length))
    }

    fn byte(&mut self) -> u8 {
        if self.random.below(2) == 0 {
            BYTES[self.random.below(BYTES.len())]
        } else {
            u8::try_from(self.random.below(256)).unwrap_or(0)
        }
    }
}

/// Xorshift, 64 bits.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % bound.max(1)
    }
}

const INPUT_BYTES_MAX: usize = 1 << 16;
const MUTANT_COUNT_MAX: usize = 256;
/// Bytes that parsers of mail take for something.
const BYTES: &[u8] = b"\0\t\n\r \"#$%&'()*+,-./09:;<=>?@AZ[\\]_az{|}~\x7f\x80\xa0\xc0\xe3\xff";
/// Words that they take for something.
const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n ",
    b"\n",
    b"\r",
    b"; ",
    b"=",
    b"v=",
    b"\\\"",
    b"\\",
    b"(",
    b")",
    b"=?utf-8?q?",
    b"?=",
    b"=3D",
    b"%{s}",
    b"%%",
    b"4294967296",
    b"18446744073709551616",
    b"-1",
    b"00",
    b"\xe3\x80\x82",
    b"\xef\xbb\xbf",
    b"xn--",
    b"..",
    b"::",
    b"*.",
    b"--",
    b"0123456789012345678901234567890123456789012345678901234567890123",
    b"include:",
    b"redirect=",
    b"ip4:",
    b"/",
    b"//",
    b"$ORIGIN ",
    b";!",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let inputs = |seed| {
            let mut mutator = Mutator::new(vec![b"v=spf1 -all".to_vec()], seed);
            (0..1_000).map(|_| mutator.next_input()).collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
        let distinct = inputs(7).into_iter().collect::<std::collections::HashSet<_>>();
        assert!(distinct.len() > 700, "only {} different inputs of 1000", distinct.len());
    }

    #[test]
    fn a_panicking_input_is_saved() {
        let calls = Cell::new(0);
        let run = |input: &[u8]| {
            calls.set(calls.get() + 1);
            assert!(input != b"bad", "found");
        };
        let panic = catch_unwind(AssertUnwindSafe(|| fuzz("testkit-self", &[b"good".as_slice(), b"bad"], run)));
        assert!(panic.is_err());
        assert_eq!(calls.get(), 2);
        let saved = fs::read_dir(target("fuzz")).unwrap().filter_map(Result::ok);
        let saved = saved.filter(|file| file.file_name().to_string_lossy().starts_with("testkit-self-"));
        assert!(saved.map(|file| fs::read(file.path()).unwrap()).any(|bytes| bytes == b"bad"));
    }
}
