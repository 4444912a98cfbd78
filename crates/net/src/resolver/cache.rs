//! What is known already: answers until their TTL ends, absence likewise (RFC 2308), failures for a moment.
//!
//! Bounded in bytes. When room is wanted, answers are given up in the order in which they came, except that one asked
//! for since the hand last passed gets a second chance (the CLOCK of page replacement: as good as "least recently
//! used", without writing on every hit).
//!
//! Answers are given back as they came, with the TTL that they came with: what was derived from the records – a parsed
//! SPF record, a prepared key – lives in the same allocation and would be lost in a copy with a lower number.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use foldhash::quality::RandomState;
use lookup::{Answer, Data, Keeper, Kind, Moment, Question};
use mailtext::Domain;
use tokio::time::Instant;

use super::exchange::{Reached, Told};
use crate::limits::{CACHE_ENTRY_BYTES, CACHE_SHARD_COUNT};

/// The cache: shards, each behind its own lock.
pub(super) struct Cache {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    lifetimes: Lifetimes,
    /// When the clock of [`Keeper`] began.
    began: Instant,
}

/// How long answers are kept at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    pub(super) positive_ttl_s_max: u32,
    pub(super) negative_ttl_s_max: u32,
    pub(super) failure_ttl: Duration,
}

/// What the cache holds, and has given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Load {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    pub(super) evicted: u64,
}

struct Shard {
    kept: HashMap<Key, Kept, RandomState>,
    /// The keys of `kept`, each once, in the order in which the hand passes.
    ring: VecDeque<Key>,
    bytes: usize,
    bytes_max: usize,
    evicted: u64,
}

/// RFC 2308 §5: absence of a name is kept for the name, everything else for name and kind.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    name: Domain,
    kind: Option<Kind>,
}

struct Kept {
    answer: Answer,
    reached: Reached,
    ends: Instant,
    /// All that the entry holds.
    bytes: usize,
    /// What of that is held beside the answer.
    bytes_beside: usize,
    is_used: bool,
}

impl Cache {
    pub(super) fn new(bytes_max: usize, lifetimes: Lifetimes) -> Self {
        let hasher = RandomState::default();
        let shard = || {
            Mutex::new(Shard {
                kept: HashMap::with_hasher(hasher.clone()),
                ring: VecDeque::new(),
                bytes: 0,
                bytes_max: bytes_max / CACHE_SHARD_COUNT,
                evicted: 0,
            })
        };
        Self {
            shards: (0..CACHE_SHARD_COUNT).map(|_| shard()).collect(),
            hasher: hasher.clone(),
            lifetimes,
            began: Instant::now(),
        }
    }

    /// The answer, if it is known and its time has not ended.
    pub(super) fn get(&self, question: &Question, now: Instant) -> Option<Answer> {
        let mut key = Key { name: question.name.clone(), kind: Some(question.kind) };
        self.with_shard(&question.name, |shard| {
            shard.get(&key, now).or_else(|| {
                key.kind = None;
                shard.get(&key, now).or_else(|| shard.no_alias(key, question.kind, now))
            })
        })
    }

    /// Goes on with what is kept for the question: for its kind, or for the whole name.
    fn with_kept<T>(&self, question: &Question, then: impl FnOnce(&mut Shard, &Key) -> Option<T>) -> Option<T> {
        let mut key = Key { name: question.name.clone(), kind: Some(question.kind) };
        self.with_shard(&question.name, |shard| {
            if !shard.kept.contains_key(&key) {
                key.kind = None;
            }
            then(shard, &key)
        })
    }

    /// So many milliseconds of the clock of [`Keeper`].
    fn moment(&self, at: Instant) -> Moment {
        let passed_ms = at.saturating_duration_since(self.began).as_millis();
        Moment::of_ticks(u64::try_from(passed_ms).unwrap_or(u64::MAX))
    }

    /// Keeps the answer for as long as it may be kept, which may be not at all.
    pub(super) fn put(&self, question: &Question, told: &Told, now: Instant) {
        let Told { answer, reached } = told;
        let lifetime = self.lifetimes.of(answer);
        if lifetime.is_zero() {
            return;
        }
        // RFC 2308 §5: a name error answers every kind at the name. RFC 6604 §3: behind an alias it tells of the name that the alias leads
        // to, and the alias itself is there.
        let is_of_name = matches!((answer, reached), (Answer::NxDomain(_), Reached::Directly));
        let kind = if is_of_name { None } else { Some(question.kind) };
        let key = Key { name: question.name.clone(), kind };
        let bytes = CACHE_ENTRY_BYTES + question.name.as_str().len() + bytes_of(answer);
        let (answer, reached, ends) = (answer.clone(), *reached, now + lifetime);
        let kept = Kept { answer, reached, ends, bytes, bytes_beside: 0, is_used: false };
        self.with_shard(&question.name, |shard| shard.put(key, kept, now));
    }

    pub(super) fn load(&self) -> Load {
        self.shards.iter().fold(Load::default(), |sum, shard| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            Load {
                entries: sum.entries + shard.kept.len(),
                bytes: sum.bytes + shard.bytes,
                evicted: sum.evicted + shard.evicted,
            }
        })
    }

    fn with_shard<T>(&self, name: &Domain, then: impl FnOnce(&mut Shard) -> T) -> T {
        let hash = usize::try_from(self.hasher.hash_one(name) >> 33).unwrap_or(0);
        let shard = &self.shards[hash % self.shards.len()];
        then(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keeper for Cache {
    fn now(&self) -> Moment {
        self.moment(Instant::now())
    }

    fn holds_until(&self, question: &Question, answer: &Answer) -> Option<Moment> {
        // A failure is kept for a moment, so that nobody asks twice at once; it is no fact that others may build upon.
        if matches!(answer, Answer::Failed(_)) {
            return None;
        }
        self.with_kept(question, |shard, key| {
            let kept = shard.kept.get(key).filter(|kept| kept.answer.is_same(answer))?;
            Some(self.moment(kept.ends))
        })
    }

    fn hold_beside(&self, question: &Question, bytes: usize) -> bool {
        let now = Instant::now();
        let held = self.with_kept(question, |shard, key| {
            let bytes_max = shard.bytes_max;
            let kept = shard.kept.get_mut(key)?;
            let bytes_then = kept.bytes - kept.bytes_beside + bytes;
            if bytes_then > bytes_max {
                return None;
            }
            shard.bytes = shard.bytes - kept.bytes + bytes_then;
            (kept.bytes, kept.bytes_beside) = (bytes_then, bytes);
            shard.make_room(now);
            shard.kept.contains_key(key).then_some(())
        });
        held.is_some()
    }
}

impl Lifetimes {
    fn of(&self, answer: &Answer) -> Duration {
        match answer {
            Answer::Records(records) => seconds(records.ttl_s.min(self.positive_ttl_s_max)),
            // RFC 2308 §5: without a SOA record – TTL 0 here – absence is not kept.
            Answer::NoData(negative) | Answer::NxDomain(negative) => {
                seconds(negative.ttl_s.min(self.negative_ttl_s_max).min(self.positive_ttl_s_max))
            }
            Answer::Failed(_) => self.failure_ttl,
        }
    }
}

impl Shard {
    fn get(&mut self, key: &Key, now: Instant) -> Option<Answer> {
        let kept = self.kept.get_mut(key)?;
        // RFC 2308 §5: upon reaching zero it must not be used again.
        if kept.ends <= now {
            return None;
        }
        kept.is_used = true;
        Some(kept.answer.clone())
    }

    /// That there is no alias at the name, where absence of another kind told it already: an alias would have led elsewhere (RFC 1034
    /// §4.3.2). Records tell it not – some servers give what stands beside an alias –, nor what the parent of the name answers.
    fn no_alias(&mut self, mut key: Key, asked: Kind, now: Instant) -> Option<Answer> {
        if asked != Kind::Cname {
            return None;
        }
        [Kind::Txt, Kind::A, Kind::Aaaa, Kind::Mx].into_iter().find_map(|kind| {
            key.kind = Some(kind);
            let kept = self.kept.get(&key).filter(|kept| kept.reached == Reached::Directly)?;
            let is_absent = matches!(kept.answer, Answer::NoData(_));
            if is_absent { self.get(&key, now) } else { None }
        })
    }

    fn put(&mut self, key: Key, kept: Kept, now: Instant) {
        if kept.bytes > self.bytes_max {
            return;
        }
        match self.kept.remove(&key) {
            Some(old) => self.bytes -= old.bytes,
            None => self.ring.push_back(key.clone()),
        }
        self.bytes += kept.bytes;
        self.kept.insert(key, kept);
        self.make_room(now);
    }

    /// Turns the hand until all fits, and past what has ended. Each key is passed at most twice.
    fn make_room(&mut self, now: Instant) {
        while let Some(key) = self.ring.front() {
            let Some(kept) = self.kept.get_mut(key) else {
                self.ring.pop_front();
                continue;
            };
            let has_ended = kept.ends <= now;
            if !has_ended && self.bytes <= self.bytes_max {
                return;
            }
            let Some(key) = self.ring.pop_front() else {
                return;
            };
            if kept.is_used && !has_ended {
                kept.is_used = false;
                self.ring.push_back(key);
                continue;
            }
            self.bytes -= kept.bytes;
            self.kept.remove(&key);
            self.evicted += u64::from(!has_ended);
        }
    }
}

/// What an answer holds, in bytes; twice, since what is derived from it is about as large.
fn bytes_of(answer: &Answer) -> usize {
    let Answer::Records(records) = answer else {
        return 0;
    };
    let data = records.data.iter().map(|data| size_of::<Data>() + heap_bytes_of(data)).sum::<usize>();
    let aliases = records.aliases.iter().map(|alias| size_of::<Domain>() + alias.as_str().len()).sum::<usize>();
    2 * data + aliases
}

fn heap_bytes_of(data: &Data) -> usize {
    match data {
        Data::Txt(text) | Data::Spf(text) => text.bytes().len() + 4 * text.strings().count(),
        Data::Mx(mx) => mx.exchange.as_ref().map_or(0, |name| name.as_str().len()),
        Data::Ptr(name) | Data::Ns(name) | Data::Cname(name) => name.as_str().len(),
        Data::Soa(soa) => soa.primary.as_ref().map_or(0, |name| name.as_str().len()),
        Data::Tlsa(association) => association.data.len(),
        Data::Caa(authority) => authority.tag.len() + authority.value.len(),
        Data::Ds(signer) => signer.digest.len(),
        Data::A(_) | Data::Aaaa(_) => 0,
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

#[cfg(test)]
mod tests {
    use lookup::{Dnssec, Failure, Negative};

    use super::*;

    const LIFETIMES: Lifetimes =
        Lifetimes { positive_ttl_s_max: 1000, negative_ttl_s_max: 100, failure_ttl: Duration::from_secs(1) };

    fn question(name: &str, kind: Kind) -> Question {
        Question::new(Domain::parse(name).unwrap(), kind)
    }

    fn records(ttl_s: u32) -> Answer {
        Answer::of(vec![Data::A([192, 0, 2, 1].into())], ttl_s)
    }

    fn negative(ttl_s: u32) -> Negative {
        Negative { ttl_s, dnssec: Dnssec::Unproven }
    }

    fn direct(answer: &Answer) -> Told {
        Told { answer: answer.clone(), reached: Reached::Directly }
    }

    fn by_alias(answer: &Answer) -> Told {
        Told { answer: answer.clone(), reached: Reached::ByAlias }
    }

    /// How many whole seconds the answer is kept.
    fn seconds_kept(answer: &Answer) -> Option<u64> {
        let (cache, start) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        let question = question("example.jp", Kind::A);
        cache.put(&question, &direct(answer), start);
        (0..=2000).rev().find(|second| cache.get(&question, start + Duration::from_secs(*second)).is_some())
    }

    #[test]
    fn answers_live_as_long_as_they_may_and_no_second_longer() {
        for (answer, want) in [
            (records(0), None),
            (records(1), Some(0)),
            (records(60), Some(59)),
            (records(999), Some(998)),
            (records(1000), Some(999)),
            (records(1001), Some(999)),
            (Answer::NoData(negative(0)), None),
            (Answer::NoData(negative(99)), Some(98)),
            (Answer::NoData(negative(101)), Some(99)),
            (Answer::NxDomain(negative(100)), Some(99)),
            (Answer::Failed(Failure::ServFail), Some(0)),
        ] {
            assert_eq!(seconds_kept(&answer), want, "{answer:?}");
        }
    }

    #[test]
    fn a_name_error_answers_every_kind_and_absence_of_a_kind_only_that() {
        let (cache, now) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        cache.put(&question("gone.example", Kind::A), &direct(&Answer::NxDomain(negative(60))), now);
        assert_eq!(cache.get(&question("gone.example", Kind::Txt), now), Some(Answer::NxDomain(negative(60))));
        cache.put(&question("here.example", Kind::A), &direct(&Answer::NoData(negative(60))), now);
        assert_eq!(cache.get(&question("here.example", Kind::Txt), now), None);
        assert_eq!(cache.get(&question("below.gone.example", Kind::A), now), None);
    }

    #[test]
    fn a_name_error_behind_an_alias_is_not_about_the_alias() {
        let (cache, now) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        let gone = Answer::NxDomain(negative(60));
        cache.put(&question("alias.example", Kind::Txt), &by_alias(&gone), now);
        assert_eq!(cache.get(&question("alias.example", Kind::Txt), now), Some(gone));
        assert_eq!(cache.get(&question("alias.example", Kind::Cname), now), None);
        assert_eq!(cache.get(&question("alias.example", Kind::A), now), None);
    }

    #[test]
    fn absence_tells_that_there_is_no_alias_unless_one_led_there() {
        let absent = Answer::NoData(negative(60));
        let later = Duration::from_secs(60);
        for (kind, told, want) in [
            (Kind::Txt, direct(&absent), Some(absent.clone())),
            (Kind::A, direct(&absent), Some(absent.clone())),
            (Kind::Aaaa, direct(&absent), Some(absent.clone())),
            (Kind::Mx, direct(&absent), Some(absent.clone())),
            (Kind::Txt, by_alias(&absent), None),
            // The parent answers; what is at the name itself it does not know.
            (Kind::Ds, direct(&absent), None),
            // Some servers give what stands beside an alias.
            (Kind::Txt, direct(&records(60)), None),
            (Kind::Txt, direct(&Answer::Failed(Failure::ServFail)), None),
        ] {
            let (cache, now) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
            cache.put(&question("a.example", kind), &told, now);
            assert_eq!(cache.get(&question("a.example", Kind::Cname), now), want, "{kind:?} {told:?}");
            assert_eq!(cache.get(&question("a.example", Kind::Cname), now + later), None);
            assert_eq!(cache.get(&question("a.example", Kind::Ns), now), None);
        }
    }

    #[test]
    fn the_same_records_come_back() {
        let (cache, now) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        let question = question("example.jp", Kind::A);
        cache.put(&question, &direct(&records(60)), now);
        let get = || match cache.get(&question, now) {
            Some(Answer::Records(records)) => records,
            other => panic!("{other:?}"),
        };
        assert_eq!(*get().derived(|_| 1_u8), 1);
        assert_eq!(*get().derived(|_| 2_u8), 1);
    }

    #[test]
    fn room_is_bounded_and_what_is_used_stays() {
        let (cache, now) = (Cache::new(CACHE_SHARD_COUNT * 20_000, LIFETIMES), Instant::now());
        let favourite = question("favourite.example", Kind::A);
        cache.put(&favourite, &direct(&records(900)), now);
        for number in 0..5_000 {
            cache.put(&question(&format!("n{number}.example"), Kind::A), &direct(&records(900)), now);
            assert!(cache.get(&favourite, now).is_some(), "given up at {number}");
        }
        let load = cache.load();
        assert!(load.bytes <= CACHE_SHARD_COUNT * 20_000, "{load:?}");
        assert!(load.entries > 16 * 15, "{load:?}");
        assert_eq!(load.entries as u64 + load.evicted, 5_001);
        let rings: usize = cache.shards.iter().map(|shard| shard.lock().unwrap().ring.len()).sum();
        assert_eq!(rings, load.entries);
    }

    #[test]
    fn what_has_ended_makes_room_first_and_is_replaced_in_place() {
        let (cache, start) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        let again = question("again.example", Kind::A);
        for second in 0..100 {
            cache.put(&again, &direct(&records(1)), start + Duration::from_secs(second));
        }
        assert_eq!(cache.load().entries, 1);
        let big = Answer::of(vec![Data::Txt(lookup::Text::from_strings([vec![b'x'; 1 << 20]]))], 60);
        cache.put(&question("big.example", Kind::Txt), &direct(&big), start);
        assert_eq!(cache.load().entries, 1, "what does not fit at all pushes nothing out");
    }

    #[test]
    fn until_when_an_answer_holds() {
        let (cache, start) = (Cache::new(1 << 20, LIFETIMES), Instant::now());
        let (question, answer) = (question("example.jp", Kind::A), records(60));
        cache.put(&question, &direct(&answer), start);
        let until = cache.holds_until(&question, &answer).unwrap();
        assert_eq!(until, cache.moment(start + Duration::from_secs(60)));
        assert!(cache.now() < until);
        assert_eq!(cache.holds_until(&question, &records(60)), None, "equal, and another answer");
        cache.put(&question, &direct(&records(60)), start);
        assert_eq!(cache.holds_until(&question, &answer), None, "it was replaced");
        let gone = Answer::NxDomain(negative(60));
        cache.put(&question, &direct(&gone), start);
        let other = Question::new(question.name.clone(), Kind::Txt);
        assert_eq!(cache.holds_until(&other, &gone), Some(cache.moment(start + Duration::from_secs(60))));
        let failed = Answer::Failed(Failure::ServFail);
        cache.put(&other, &direct(&failed), start);
        assert_eq!(cache.holds_until(&other, &failed), None);
    }

    #[test]
    fn what_is_held_beside_an_answer_is_counted() {
        let (cache, now) = (Cache::new(CACHE_SHARD_COUNT * 20_000, LIFETIMES), Instant::now());
        let question = question("example.jp", Kind::A);
        assert!(!cache.hold_beside(&question, 1), "no answer, nothing beside it");
        cache.put(&question, &direct(&records(900)), now);
        let alone = cache.load().bytes;
        for (bytes, is_held) in [(100, true), (5_000, true), (20_000 - alone, true), (20_001 - alone, false), (0, true)]
        {
            let before = cache.load().bytes;
            assert_eq!(cache.hold_beside(&question, bytes), is_held, "{bytes}");
            assert_eq!(cache.load().bytes, if is_held { alone + bytes } else { before });
        }
        assert!(cache.hold_beside(&question, 15_000));
        cache.put(&question, &direct(&records(900)), now);
        assert_eq!(cache.load().bytes, alone, "what stood beside the old answer is gone with it");
    }

    #[test]
    fn a_cache_of_no_bytes_keeps_nothing() {
        let (cache, now) = (Cache::new(0, LIFETIMES), Instant::now());
        cache.put(&question("example.jp", Kind::A), &direct(&records(60)), now);
        assert_eq!(cache.load(), Load::default());
    }
}
