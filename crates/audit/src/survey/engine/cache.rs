//! What is known already: answers until their TTL ends, failures for a moment. By the time that is given.
//!
//! A survey asks for the names of each domain once and for what many include again and again. So room is made in the
//! order in which answers came, except that what was asked for since the hand last passed gets a second chance: the many
//! pass through, the few stay.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;
use lookup::{Answer, Question};

use crate::limits::{
    SURVEY_CACHE_ENTRY_BYTES, SURVEY_FAILURE_TTL_S, SURVEY_NEGATIVE_TTL_S_MAX, SURVEY_POSITIVE_TTL_S_MAX,
};

/// Answers, bounded in bytes.
pub(super) struct Cache {
    kept: HashMap<Question, Kept, RandomState>,
    /// The questions of `kept`, each once, in the order in which the hand passes.
    ring: VecDeque<Question>,
    bytes: usize,
    bytes_max: usize,
}

struct Kept {
    answer: Answer,
    ends_us: u64,
    bytes: usize,
    is_used: bool,
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { kept: HashMap::default(), ring: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// The answer, if it is known and its time has not ended.
    pub(super) fn get(&mut self, question: &Question, now_us: u64) -> Option<Answer> {
        let kept = self.kept.get_mut(question).filter(|kept| kept.ends_us > now_us)?;
        kept.is_used = true;
        Some(kept.answer.clone())
    }

    /// Keeps the answer for as long as it may be kept, which may be not at all.
    pub(super) fn put(&mut self, question: &Question, answer: &Answer, now_us: u64) {
        let ttl_s = lifetime_s(answer);
        // What is derived from an answer is about as large as the answer; the name stands in map and ring once each.
        let bytes = SURVEY_CACHE_ENTRY_BYTES + question.name.as_str().len() + 2 * answer.size_bytes();
        if ttl_s == 0 || bytes > self.bytes_max {
            return;
        }
        let ends_us = now_us.saturating_add(u64::from(ttl_s) * 1_000_000);
        let kept = Kept { answer: answer.clone(), ends_us, bytes, is_used: false };
        self.bytes += bytes;
        match self.kept.insert(question.clone(), kept) {
            Some(old) => self.bytes -= old.bytes,
            None => self.ring.push_back(question.clone()),
        }
        self.make_room(now_us);
    }

    /// What is kept, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Turns the hand until all fits. Each question is passed at most twice.
    fn make_room(&mut self, now_us: u64) {
        while self.bytes > self.bytes_max {
            let Some(question) = self.ring.pop_front() else {
                return;
            };
            let Some(kept) = self.kept.get_mut(&question) else {
                continue;
            };
            if kept.is_used && kept.ends_us > now_us {
                kept.is_used = false;
                self.ring.push_back(question);
                continue;
            }
            self.bytes -= kept.bytes;
            self.kept.remove(&question);
        }
    }
}

fn lifetime_s(answer: &Answer) -> u32 {
    match answer {
        Answer::Records(records) => records.ttl_s.min(SURVEY_POSITIVE_TTL_S_MAX),
        // RFC 2308 §5: without a SOA record – TTL 0 here – absence is not kept.
        Answer::NoData(negative) | Answer::NxDomain(negative) => negative.ttl_s.min(SURVEY_NEGATIVE_TTL_S_MAX),
        // RFC 9520 §3.2: failures are kept for a while, too; a dead include would be asked for by all who include it.
        Answer::Failed(_) => SURVEY_FAILURE_TTL_S,
    }
}

#[cfg(test)]
mod tests {
    use lookup::{Data, Dnssec, Failure, Kind, Negative};
    use mailtext::Domain;

    use super::*;

    fn question(name: &str) -> Question {
        Question::new(Domain::parse(name).unwrap(), Kind::Txt)
    }

    fn text(ttl_s: u32) -> Answer {
        Answer::of(vec![Data::txt("v=spf1 -all")], ttl_s)
    }

    #[test]
    fn answers_live_as_long_as_they_may_and_no_longer() {
        let absent = |ttl_s| Answer::NoData(Negative { ttl_s, dnssec: Dnssec::Unproven });
        for (answer, want_s) in [
            (text(0), 0),
            (text(60), 60),
            (text(u32::MAX), SURVEY_POSITIVE_TTL_S_MAX),
            (absent(0), 0),
            (absent(u32::MAX), SURVEY_NEGATIVE_TTL_S_MAX),
            (Answer::Failed(Failure::ServFail), SURVEY_FAILURE_TTL_S),
        ] {
            let mut cache = Cache::new(1 << 20);
            cache.put(&question("a.example"), &answer, 7);
            let end_us = 7 + u64::from(want_s) * 1_000_000;
            assert_eq!(cache.get(&question("a.example"), end_us), None, "{answer:?}");
            assert_eq!(cache.get(&question("a.example"), end_us - 1).is_some(), want_s > 0, "{answer:?}");
        }
    }

    #[test]
    fn room_is_bounded_and_what_many_ask_for_stays() {
        let mut cache = Cache::new(20_000);
        let many = question("_spf.provider.example");
        cache.put(&many, &text(3600), 0);
        for number in 0..5_000 {
            cache.put(&question(&format!("n{number}.example")), &text(3600), 0);
            assert!(cache.get(&many, 0).is_some(), "given up at {number}");
            assert!(cache.bytes() <= 20_000);
        }
        assert_eq!(cache.ring.len(), cache.kept.len());
        assert_eq!(cache.bytes(), cache.kept.values().map(|kept| kept.bytes).sum::<usize>());
    }

    #[test]
    fn what_does_not_fit_pushes_nothing_out_and_the_same_is_kept_once() {
        let mut cache = Cache::new(2_000);
        cache.put(&question("small.example"), &text(60), 0);
        cache.put(&question("big.example"), &Answer::of(vec![Data::txt(vec![b'x'; 2_000])], 60), 0);
        for second in 0..100 {
            cache.put(&question("small.example"), &text(60), second * 1_000_000);
        }
        assert_eq!((cache.kept.len(), cache.ring.len()), (1, 1));
    }
}
