//! What this installation does as a receiver, by its configuration.

use audit::known::Receiver;
use policy::{Action, RuleSet};

use crate::config::Config;
use crate::failure::Failure;

/// What the daemon does with this configuration; `received` are the messages of the last days, where they are counted.
///
/// # Errors
/// BIMI is wanted, and its roots cannot be used.
pub(super) fn receiver(config: &Config, received: Option<u64>) -> Result<Receiver, Failure> {
    let rules = config.rules();
    let sets = || std::iter::once(&rules.general).chain(rules.by_recipient.iter().map(|one| &one.rules));
    // What is remembered is kept beside the ledger, and reports are made of its rows.
    let remembers = config.memory.remember && config.ledger.enabled;
    let methods = config.methods()?;
    Ok(Receiver {
        // The daemon cannot be told to leave one of them out.
        spf: true,
        dkim: true,
        dmarc: true,
        acts: sets().any(acts),
        judges_spf_breadth: sets().any(|rules| rules.dmarc.spf_everyone > Action::Accept),
        judges_signatures: remembers
            && sets().any(|rules| rules.memory.replay > Action::Accept && rules.memory.replay_count_min > 0),
        // Authentication-Results is written in any case, with the domains.
        shows_domain: true,
        keeps_reputation: remembers,
        uses_reputation: remembers && sets().any(|rules| rules.memory.bad_domain > Action::Accept),
        sends_reports: config.ledger.enabled && config.reporting.is_on(),
        sends_failure_reports: config.failing.is_any() && config.reporting.is_on(),
        bimi: methods.bimi.is_some(),
        messages: received.unwrap_or(0),
    })
}

/// Whether a sender's policy has more than a label for its consequence.
fn acts(rules: &RuleSet) -> bool {
    [rules.dmarc.quarantine, rules.dmarc.reject].iter().any(|action| rules.stage.cap(*action) > Action::Label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Receiver {
        receiver(&Config::parse(text, "x").unwrap(), Some(7)).unwrap()
    }

    #[test]
    fn a_receiver_that_begins_verifies_and_does_no_more() {
        let wanted =
            Receiver { spf: true, dkim: true, dmarc: true, shows_domain: true, messages: 7, ..Receiver::default() };
        assert_eq!(of(""), wanted);
    }

    #[test]
    fn each_setting_is_seen() {
        assert!(of("[receiver]\nstage = \"filter\"\n").acts && of("[receiver]\nstage = \"block\"\n").acts);
        let tame = "[receiver]\nstage = \"block\"\n[policy.dmarc]\nquarantine = \"label\"\nreject = \"label\"\n";
        assert!(!of(tame).acts, "labels alone are no acting");
        assert!(of("[policy.dmarc]\nspf_everyone = \"label\"\n").judges_spf_breadth);
        let memory = |more: &str| of(&format!("[policy.memory]\nremember = true\n{more}"));
        assert!(memory("").keeps_reputation && !memory("").uses_reputation && !memory("").judges_signatures);
        assert!(memory("bad_domain = \"quarantine\"\n").uses_reputation);
        assert!(memory("replay = \"quarantine\"\n").judges_signatures);
        assert!(!memory("replay = \"quarantine\"\nreplay_count = 0\n").judges_signatures);
        // Nothing is remembered without a ledger, whatever the rules say.
        let nowhere = of("[ledger]\nenabled = false\n[policy.memory]\nremember = true\nbad_domain = \"reject\"\n");
        assert!(!nowhere.keeps_reputation && !nowhere.uses_reputation);
        assert!(of("[methods]\nbimi = true\n").bimi);
        let send = "[reports.send]\nfrom = \"postmaster@example.jp\"\nsubmit = \"smtp://127.0.0.1:25\"\n";
        assert!(of(send).sends_reports && !of(send).sends_failure_reports);
        assert!(!of(&format!("[ledger]\nenabled = false\n{send}")).sends_reports);
        assert!(of(&format!("{send}[reports.failure]\ndmarc = true\n")).sends_failure_reports);
        assert!(!of("[reports.failure]\ndmarc = true\n").sends_failure_reports, "nobody sends them");
    }
}
