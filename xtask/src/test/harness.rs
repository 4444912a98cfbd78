//! Reads what Rust's test harness prints: drops the captured output of tests that passed except their "skipped: …"
//! lines, and adds up the results.

use super::Tally;

/// The reader's state; lines go in one by one.
#[derive(Default)]
pub(crate) struct Harness {
    tally: Tally,
    /// Between "successes:" and the next section, where the output of passed tests is repeated.
    in_successes: bool,
    /// The passed test whose output is being read, until its first "skipped:" line.
    test: Option<String>,
    /// Tests of the current test program that passed, yet said that they skipped something.
    skipped_tests: usize,
}

impl Harness {
    /// Takes a line; gives back what is to be shown of it.
    pub(crate) fn read(&mut self, line: &str) -> Option<String> {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.close(result);
            return Some(line.to_owned());
        }
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ => {}
        }
        if !self.in_successes {
            return Some(line.to_owned());
        }
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.split(" stdout").next()) {
            self.test = Some(name.to_owned());
        }
        let reason = line.trim_start().strip_prefix("skipped:")?;
        if self.test.take().is_some() {
            self.skipped_tests += 1;
        }
        Some(format!("skipped:{reason}"))
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// Reads `ok. 5 passed; 0 failed; 1 ignored; …`. A test that skipped itself has not passed.
    fn close(&mut self, result: &str) {
        let count = |word: &str| {
            let part = result.split(['.', ';']).map(str::trim).find(|part| part.ends_with(word));
            part.and_then(|part| part.split(' ').next()?.parse().ok()).unwrap_or(0)
        };
        let skipped = self.skipped_tests.min(count(" passed"));
        self.tally.add(Tally {
            passed: count(" passed") - skipped,
            failed: count(" failed"),
            skipped: count(" ignored") + skipped,
        });
        *self = Self { tally: self.tally, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test a ... ok
test b ... ok
test c ... ignored
test d ... ok

successes:

---- a stdout ----
seed 7

---- b stdout ----
skipped: suite psl is absent
skipped: suite spf is absent


successes:
    a
    b
    d

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s
";

    #[test]
    fn a_test_that_skipped_has_not_passed() {
        let mut harness = Harness::default();
        let shown: Vec<String> = OUTPUT.lines().filter_map(|line| harness.read(line)).collect();
        assert_eq!(harness.tally(), Tally { passed: 2, failed: 0, skipped: 2 });
        assert!(shown.contains(&"skipped: suite spf is absent".to_owned()));
        assert!(!shown.contains(&"seed 7".to_owned()));
    }

    #[test]
    fn failures_are_counted_and_shown() {
        let mut harness = Harness::default();
        let text = "successes:\nx\nfailures:\n---- e stdout ----\nboom\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        let shown: Vec<String> = text.lines().filter_map(|line| harness.read(line)).collect();
        assert_eq!(harness.tally(), Tally { passed: 1, failed: 2, skipped: 0 });
        assert!(shown.contains(&"boom".to_owned()));
    }
}
