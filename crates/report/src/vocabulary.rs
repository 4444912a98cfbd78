//! The closed sets of words in a row: results, methods, dispositions. Each word has its text, which is the standard's
//! where there is one, and a number, which is what is stored; neither ever changes its meaning.

/// Makes an enum of words from a table: variant, number in the store, text.
macro_rules! vocabulary {
    ($($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $code:literal $text:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads the text of a word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }

            /// The number that stores keep.
            #[must_use]
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code),* }
            }

            /// The word of a number.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

vocabulary! {
    /// Which way a message went.
    Direction {
        /// To us.
        #[default]
        In = 0 "in",
        /// From us.
        Out = 1 "out",
    }

    /// A method that says something about a message.
    Method {
        /// SPF of MAIL FROM.
        #[default]
        Spf = 0 "spf",
        /// SPF of HELO.
        SpfHelo = 1 "spf-helo",
        /// DKIM.
        Dkim = 2 "dkim",
        /// DMARC.
        Dmarc = 3 "dmarc",
        /// ARC.
        Arc = 4 "arc",
        /// Sender ID.
        SenderId = 5 "sender-id",
        /// DomainKeys.
        DomainKeys = 6 "domainkeys",
        /// ADSP.
        Adsp = 7 "dkim-adsp",
        /// ATPS.
        Atps = 8 "dkim-atps",
        /// The client's name.
        Iprev = 9 "iprev",
        /// BIMI.
        Bimi = 10 "bimi",
        /// SMTP AUTH.
        SmtpAuth = 11 "auth",
        /// Null MX of a sender's domain.
        NullMx = 12 "nullmx",
        /// A list of addresses in DNS.
        Dnsbl = 13 "dnsbl",
        /// A list of addresses in DNS that speaks well of them.
        Dnswl = 14 "dnswl",
    }

    /// A result of a method: the words of Authentication-Results (RFC 8601 §2.7), all methods together.
    MethodResult {
        /// Nothing to judge.
        #[default]
        None = 0 "none",
        /// It holds.
        Pass = 1 "pass",
        /// It does not hold.
        Fail = 2 "fail",
        /// SPF: probably not.
        SoftFail = 3 "softfail",
        /// No statement.
        Neutral = 4 "neutral",
        /// A rule of ours stands against it.
        Policy = 5 "policy",
        /// No answer for now.
        TempError = 6 "temperror",
        /// It can never be judged.
        PermError = 7 "permerror",
        /// ADSP: the domain does not say.
        Unknown = 8 "unknown",
        /// ADSP: the domain wants it thrown away.
        Discard = 9 "discard",
        /// ADSP: there is no such domain.
        NxDomain = 10 "nxdomain",
        /// Sender ID in old headers.
        HardFail = 11 "hardfail",
        /// BIMI: the domain wants none shown.
        Declined = 12 "declined",
        /// BIMI: not looked for.
        Skipped = 13 "skipped",
    }

    /// The algorithm of a DKIM signature.
    Algorithm {
        /// Not known to us.
        #[default]
        Other = 0 "other",
        /// `rsa-sha1`.
        RsaSha1 = 1 "rsa-sha1",
        /// `rsa-sha256`.
        RsaSha256 = 2 "rsa-sha256",
        /// `ed25519-sha256`.
        Ed25519Sha256 = 3 "ed25519-sha256",
    }

    /// How an identifier stands to an author domain (RFC 9989 §4.4), whether authenticated or not.
    Aligned {
        /// Not aligned.
        #[default]
        No = 0 "no",
        /// The same organizational domain.
        Relaxed = 1 "relaxed",
        /// The same name.
        Strict = 2 "strict",
        /// Not sought, or not known for now.
        Unknown = 3 "unknown",
    }

    /// What a message got of a DMARC policy: `disposition` of reports (RFC 9990 §3.1.1.9).
    Disposition {
        /// No action.
        #[default]
        None = 0 "none",
        /// No action; it passed, and the policy asks for something of those that fail.
        Pass = 1 "pass",
        /// Quarantine.
        Quarantine = 2 "quarantine",
        /// Reject.
        Reject = 3 "reject",
    }

    /// What we did with a message.
    Action {
        /// It went on as it was, but for our results.
        #[default]
        Accept = 0 "accept",
        /// It went on, marked for the reader or for filters.
        Label = 1 "label",
        /// The MTA was asked to hold it.
        Quarantine = 2 "quarantine",
        /// Refused for ever.
        Reject = 3 "reject",
        /// Refused for now.
        TempFail = 4 "tempfail",
        /// Taken and thrown away.
        Discard = 5 "discard",
    }

    /// Why a message did not get the policy that was published: `reason` of reports (RFC 9990 §3.1.6), and `forwarded`
    /// of RFC 7489, which writers of RFC 9990 give as `other`.
    OverrideKind {
        /// Something else; the comment says what.
        #[default]
        Other = 0 "other",
        /// A forwarder, found by what it did to the message.
        Forwarded = 1 "forwarded",
        /// A forwarder on our list.
        TrustedForwarder = 2 "trusted_forwarder",
        /// A mailing list.
        MailingList = 3 "mailing_list",
        /// A rule of ours.
        LocalPolicy = 4 "local_policy",
        /// `t=y`.
        PolicyTestMode = 5 "policy_test_mode",
    }

    /// What another filter on the way said.
    Spam {
        /// Nothing, or there is none.
        #[default]
        Unknown = 0 "unknown",
        /// Not spam.
        No = 1 "no",
        /// Spam.
        Yes = 2 "yes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_lead_back() {
        fn check<T: Copy + PartialEq + std::fmt::Debug>(all: &[T], code: fn(T) -> u8, back: fn(u8) -> Option<T>) {
            for word in all {
                assert_eq!(back(code(*word)), Some(*word));
            }
            let codes: Vec<u8> = all.iter().map(|word| code(*word)).collect();
            let known = (0..=u8::MAX).filter(|code| back(*code).is_some()).count();
            assert_eq!(known, codes.len(), "each number once");
        }
        check(Method::ALL, Method::code, Method::from_code);
        check(MethodResult::ALL, MethodResult::code, MethodResult::from_code);
        check(Aligned::ALL, Aligned::code, Aligned::from_code);
        check(OverrideKind::ALL, OverrideKind::code, OverrideKind::from_code);
        for word in MethodResult::ALL {
            assert_eq!(MethodResult::parse(word.as_str()), Some(*word));
        }
        for word in OverrideKind::ALL {
            assert_eq!(OverrideKind::parse(word.as_str()), Some(*word));
        }
        assert_eq!((Action::parse("Reject"), Disposition::parse("pass")), (None, Some(Disposition::Pass)));
    }
}
