//! The closed sets of words of a report: the standards' words, their other spellings, and what else is met.

use report::row::{Discovery, Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};

use super::super::{AlignedPass, SpfScope};
use crate::deviation::{DeviationKind, Notes};
use crate::limits::WORD_BYTES_MAX;
use crate::word::{Word, cut};

/// A set of words.
pub(super) struct Words<T: 'static> {
    /// Those of the standards.
    standard: &'static [(&'static str, T)],
    /// Others that are known to mean the same, in lower case with `_`.
    aliases: &'static [(&'static str, T)],
}

impl<T: Copy> Words<T> {
    /// Reads a word; where it stands is for the notes.
    pub(super) fn read(&self, text: &str, path: &str, notes: &mut Notes) -> Word<T> {
        if text.is_empty() {
            notes.note(DeviationKind::FieldEmpty, path);
            return Word::Missing;
        }
        if let Some((_, word)) = self.standard.iter().find(|(known, _)| *known == text) {
            return Word::Known(*word);
        }
        let example = || format!("{path} {}", cut(text, WORD_BYTES_MAX));
        if let Some((_, word)) = self.standard.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)) {
            notes.note(DeviationKind::WordCase, &example());
            return Word::Known(*word);
        }
        let plain: String = cut(text, WORD_BYTES_MAX).to_ascii_lowercase().replace(['-', ' '], "_");
        let both = self.standard.iter().chain(self.aliases);
        if let Some((_, word)) = both.into_iter().find(|(known, _)| *known == plain) {
            notes.note(DeviationKind::WordAlias, &example());
            return Word::Known(*word);
        }
        notes.note(DeviationKind::WordUnknown, &example());
        Word::Other(cut(text, WORD_BYTES_MAX).into())
    }
}

pub(super) const POLICIES: Words<Policy> = Words {
    standard: &[("none", Policy::None), ("quarantine", Policy::Quarantine), ("reject", Policy::Reject)],
    aliases: &[("monitor", Policy::None)],
};

pub(super) const MODES: Words<Mode> = Words {
    standard: &[("r", Mode::Relaxed), ("s", Mode::Strict)],
    aliases: &[("relaxed", Mode::Relaxed), ("strict", Mode::Strict)],
};

pub(super) const TESTING: Words<Testing> = Words {
    standard: &[("n", Testing::Off), ("y", Testing::On)],
    aliases: &[("no", Testing::Off), ("yes", Testing::On), ("false", Testing::Off), ("true", Testing::On)],
};

pub(super) const DISCOVERY: Words<Discovery> = Words {
    standard: &[("psl", Discovery::SuffixList), ("treewalk", Discovery::TreeWalk)],
    aliases: &[("tree_walk", Discovery::TreeWalk)],
};

pub(super) const DISPOSITIONS: Words<Disposition> = Words {
    // RFC 9990 §3.1.1.9: `pass` is new.
    standard: &[
        ("none", Disposition::None),
        ("pass", Disposition::Pass),
        ("quarantine", Disposition::Quarantine),
        ("reject", Disposition::Reject),
    ],
    aliases: &[
        ("delivered", Disposition::None),
        ("quarantined", Disposition::Quarantine),
        ("rejected", Disposition::Reject),
    ],
};

pub(super) const ALIGNED: Words<AlignedPass> = Words {
    standard: &[("pass", AlignedPass::Yes), ("fail", AlignedPass::No)],
    // Results of the method stand where only pass and fail may: whatever is no pass gave no aligned pass.
    aliases: &[
        ("none", AlignedPass::No),
        ("softfail", AlignedPass::No),
        ("neutral", AlignedPass::No),
        ("policy", AlignedPass::No),
        ("temperror", AlignedPass::No),
        ("permerror", AlignedPass::No),
        ("hardfail", AlignedPass::No),
        ("true", AlignedPass::Yes),
        ("false", AlignedPass::No),
        ("yes", AlignedPass::Yes),
        ("no", AlignedPass::No),
    ],
};

pub(super) const OVERRIDES: Words<OverrideKind> = Words {
    standard: &[
        ("local_policy", OverrideKind::LocalPolicy),
        ("mailing_list", OverrideKind::MailingList),
        ("other", OverrideKind::Other),
        ("policy_test_mode", OverrideKind::PolicyTestMode),
        ("trusted_forwarder", OverrideKind::TrustedForwarder),
        // RFC 7489 Appendix C: this one is gone in RFC 9990.
        ("forwarded", OverrideKind::Forwarded),
    ],
    aliases: &[
        ("mailinglist", OverrideKind::MailingList),
        ("localpolicy", OverrideKind::LocalPolicy),
        ("trustedforwarder", OverrideKind::TrustedForwarder),
        ("test_mode", OverrideKind::PolicyTestMode),
        ("forward", OverrideKind::Forwarded),
    ],
};

pub(super) const DKIM_RESULTS: Words<MethodResult> = Words {
    standard: &[
        ("pass", MethodResult::Pass),
        ("fail", MethodResult::Fail),
        ("none", MethodResult::None),
        ("policy", MethodResult::Policy),
        ("neutral", MethodResult::Neutral),
        ("temperror", MethodResult::TempError),
        ("permerror", MethodResult::PermError),
    ],
    aliases: RESULT_ALIASES,
};

pub(super) const SPF_RESULTS: Words<MethodResult> = Words {
    standard: &[
        ("pass", MethodResult::Pass),
        ("fail", MethodResult::Fail),
        ("softfail", MethodResult::SoftFail),
        ("none", MethodResult::None),
        ("neutral", MethodResult::Neutral),
        ("temperror", MethodResult::TempError),
        ("permerror", MethodResult::PermError),
        ("policy", MethodResult::Policy),
    ],
    aliases: RESULT_ALIASES,
};

const RESULT_ALIASES: &[(&str, MethodResult)] = &[
    ("hardfail", MethodResult::Fail),
    ("hard_fail", MethodResult::Fail),
    ("failed", MethodResult::Fail),
    ("passed", MethodResult::Pass),
    ("soft_fail", MethodResult::SoftFail),
    // RFC 7489 Appendix C: TempError is commonly implemented as "error", PermError as "unknown".
    ("error", MethodResult::TempError),
    ("unknown", MethodResult::PermError),
    ("temp_error", MethodResult::TempError),
    ("tempfail", MethodResult::TempError),
    ("perm_error", MethodResult::PermError),
    ("permfail", MethodResult::PermError),
];

pub(super) const SCOPES: Words<SpfScope> = Words {
    // RFC 9990 §3.1.1.13 leaves mfrom alone; RFC 7489 has helo too.
    standard: &[("mfrom", SpfScope::MailFrom), ("helo", SpfScope::Helo)],
    aliases: &[("mailfrom", SpfScope::MailFrom), ("mail_from", SpfScope::MailFrom), ("ehlo", SpfScope::Helo)],
};
