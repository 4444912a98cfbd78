//! Whatever we sign verifies, whatever the chunks.

use dkim::{Canonicalization, Status};
use outgoing::{Identity, Manner, Oversigning, Pattern, table};
use proptest::prelude::*;

use crate::{role, sign, verified, with_fields};

const KEYS: [&str; 3] = ["one example.jp s1 ed25519", "two example.jp s2 rsa2048", "three provider.example s3 ed25519"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_signed_verifies(
        header in "((X-[A-Z]{1,3}|Subject|To|Date|Received): ?[ -~]{0,30}(\r\n [!-~]{1,9})?\r\n){0,6}",
        body in "([ -~\t]{0,80}\r\n){0,6}[ -~]{0,20}",
        cuts in proptest::collection::vec(0_usize..400, 0..6),
        keys in 1_usize..=3,
        relaxed: (bool, bool),
        choice in 0_usize..9,
    ) {
        let kind = |relaxed| if relaxed { Canonicalization::Relaxed } else { Canonicalization::Simple };
        let oversigning = [Oversigning::Recommended, Oversigning::IfPresent, Oversigning::From][choice % 3];
        let identity = [Identity::Absent, Identity::AuthorDomain, Identity::Author][choice / 3];
        let manner = Manner {
            header_canonicalization: kind(relaxed.0),
            body_canonicalization: kind(relaxed.1),
            also: vec!["received".to_owned()],
            oversigning,
            identity,
            expire_in_s: Some(60),
            ..Manner::default()
        };
        let rules = ["sub.example.jp one", "*@sub.example.jp two", "sub.example.jp three,one"];
        let role = role(&KEYS[..keys], &rules[..keys], manner);
        let message = format!("From: \"A. B\" <a.b=c@sub.example.jp>\r\n{header}\r\n{body}");
        let mut cuts = cuts;
        cuts.sort_unstable();
        let whole = sign(&role, "a@example.jp", message.as_bytes(), &[]);
        let parts = sign(&role, "a@example.jp", message.as_bytes(), &cuts);
        prop_assert_eq!(&whole.signatures, &parts.signatures);
        prop_assert_eq!(&whole.evidence, &parts.evidence);
        prop_assert_eq!(whole.signatures.len(), keys);
        prop_assert!(whole.unsigned.is_none());
        for signature in &whole.signatures {
            // RFC 6376 §8.2: never.
            let mut tags = signature.value.split(';');
            prop_assert!(!tags.any(|tag| tag.trim().starts_with("l=")), "{}", signature.value);
        }
        let receiver = with_fields(&whole, message.as_bytes());
        prop_assert_eq!(verified(&role, &whole, &receiver), vec![Status::Pass; keys]);
    }

    #[test]
    fn patterns_are_read_as_they_are_written(text in "([a-z*]{1,3}@)?[.*]{0,2}[a-z]{0,3}(\\.[a-z]{1,3}){0,2}") {
        if let Some(pattern) = Pattern::parse(&text) {
            prop_assert_eq!(Pattern::parse(&pattern.to_string()), Some(pattern));
        }
    }

    #[test]
    fn no_text_makes_the_tables_panic(text in "[ -~\n\t#@*.:,例]{0,200}") {
        let _ = table::rules(&text, "t");
        let _ = table::keys(&text, "t");
        let _ = Pattern::parse(&text);
    }
}
