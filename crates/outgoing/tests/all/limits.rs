//! At, below and above each limit.

use dkim::Status;
use mailtext::Explain as _;
use outgoing::limits::{AUTHOR_COUNT_MAX, LINE_BYTES_MAX, SIGNATURE_COUNT_MAX, TABLE_BYTES_MAX};
use outgoing::{Manner, Oversigning, Problem, Role, Step, table};

use crate::{key, role, rule, sign, verified, with_fields};

const MESSAGE: &[u8] = b"From: a@example.jp\r\nSubject: x\r\n\r\nbody\r\n";

#[test]
fn signatures_of_one_message() {
    for count in [SIGNATURE_COUNT_MAX - 1, SIGNATURE_COUNT_MAX, SIGNATURE_COUNT_MAX + 2] {
        let keys: Vec<String> = (0..count).map(|at| format!("k{at} example.jp s{at} ed25519")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let role = role(&keys, &[], Manner::default());
        let signed = sign(&role, "a@example.jp", MESSAGE, &[]);
        assert_eq!(signed.signatures.len(), count.min(SIGNATURE_COUNT_MAX));
        let told = signed.evidence.iter().filter(|step| **step == Step::TooManySignatures).count();
        assert_eq!(told, usize::from(count > SIGNATURE_COUNT_MAX));
        let message = with_fields(&signed, MESSAGE);
        assert_eq!(verified(&role, &signed, &message), vec![Status::Pass; count.min(SIGNATURE_COUNT_MAX)]);
    }
}

#[test]
fn authors_of_one_message() {
    for count in [AUTHOR_COUNT_MAX - 1, AUTHOR_COUNT_MAX, AUTHOR_COUNT_MAX + 1] {
        let authors: Vec<String> = (0..count).map(|at| format!("a@d{at}.example")).collect();
        let last = format!("d{}.example", count - 1);
        let role = role(&[&format!("k {last} s ed25519")], &[], Manner::default());
        let message = format!("From: {}\r\nSender: a@d0.example\r\n\r\n", authors.join(",\r\n "));
        let signed = sign(&role, "", message.as_bytes(), &[]);
        assert_eq!(signed.signatures.len(), usize::from(count <= AUTHOR_COUNT_MAX), "{count}");
        assert_eq!(signed.evidence.contains(&Step::TooManySenders), count > AUTHOR_COUNT_MAX);
    }
}

#[test]
fn lines_that_are_not_passed_on_as_they_are() {
    let role = role(&["k example.jp s ed25519"], &[], Manner::default());
    for length in [LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1] {
        let line = "a".repeat(length);
        let body = format!("From: a@example.jp\r\n\r\n{line}\r\n");
        let header = format!("From: a@example.jp\r\nX: {}\r\n\r\n", "a".repeat(length - 3));
        for message in [body, header] {
            for cut in [0, 1, length, length + 1] {
                let signed = sign(&role, "", message.as_bytes(), &[cut]);
                let long = Step::LongLine { bytes: length as u64 };
                assert_eq!(signed.evidence.contains(&long), length > LINE_BYTES_MAX, "{length} {cut}");
                assert_eq!(signed.signatures.len(), 1);
            }
        }
    }
}

#[test]
fn a_header_that_is_not_read_whole_is_not_signed() {
    let role = role(&["k example.jp s ed25519"], &[], Manner::default());
    for count in [4095, 4096, 4097] {
        let message = format!("From: a@example.jp\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
        let signed = sign(&role, "", message.as_bytes(), &[]);
        let is_signed = count <= mailtext::limits::HEADER_FIELD_COUNT_MAX;
        assert_eq!(signed.signatures.len(), usize::from(is_signed), "{count}");
        assert_eq!(signed.evidence.contains(&Step::HeaderTooLong), !is_signed);
    }
    let repeated = format!("From: a@example.jp\r\n{}\r\n", "To: b@example.com\r\n".repeat(400));
    let signed = sign(&role, "", repeated.as_bytes(), &[]);
    assert!(signed.signatures.is_empty() && matches!(signed.evidence.last(), Some(Step::TooManyFields(_))));
}

#[test]
fn tables_of_any_size() {
    let line = "a.example k\n";
    for bytes in [TABLE_BYTES_MAX - 1, TABLE_BYTES_MAX, TABLE_BYTES_MAX + 1] {
        let text = format!("{line}#{}", " ".repeat(bytes - line.len() - 1));
        assert_eq!(text.len(), bytes);
        let wanted = if bytes > TABLE_BYTES_MAX { Err(Problem::TableTooLong { file: "t".into() }) } else { Ok(1) };
        assert_eq!(table::rules(&text, "t").map(|rules| rules.len()), wanted);
        assert_eq!(table::keys(&text[line.len()..], "t").map(|keys| keys.len()), Ok(0));
    }
}

#[test]
fn what_does_not_fit_together() {
    let problem = |keys: &[&str], rules: &[&str], manner: Manner| {
        let keys = keys.iter().map(|text| key(text)).collect();
        let rules: Vec<_> = rules.iter().map(|text| rule(text)).collect();
        Role::new(keys, &rules, manner).map(|_| "fits").unwrap_or_else(|problem| problem.id())
    };
    let usual = Manner::default;
    let main = "main example.jp s1 ed25519";
    assert_eq!(problem(&[main], &["example.jp main"], usual()), "fits");
    assert_eq!(problem(&[], &[], usual()), "fits");
    assert_eq!(problem(&[main, "main example.jp s2 ed25519"], &[], usual()), "outgoing-key-repeated");
    assert_eq!(problem(&[main, "other example.jp s1 rsa2048"], &[], usual()), "outgoing-selector-repeated");
    assert_eq!(problem(&[main, "other example.com s1 rsa2048"], &[], usual()), "fits");
    assert_eq!(problem(&["a % s1 ed25519", "b % s1 rsa2048"], &[], usual()), "outgoing-selector-repeated");
    assert_eq!(problem(&[main], &["example.jp man"], usual()), "outgoing-key-unknown");
    let label = "a".repeat(60);
    let long = format!("main {label}.{label}.{label}.{label}.jp {label} ed25519");
    assert_eq!(problem(&[&long], &[], usual()), "outgoing-key-name-too-long");
    for (also, except, wanted) in [
        ("x-company", "message-id", "fits"),
        ("a b", "", "outgoing-field-name"),
        ("a:b", "", "outgoing-field-name"),
        ("", "From", "outgoing-field-name"),
        ("DKIM-Signature", "", "outgoing-field-name"),
    ] {
        let list = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty()).into_iter().collect();
        let manner = Manner { also: list(also), except: list(except), ..Manner::default() };
        assert_eq!(problem(&[main], &[], manner), wanted, "{also} {except}");
    }
}

/// What is added behind us breaks a signature that says there is none, and no other.
#[test]
fn what_may_be_added_behind_us() {
    for (oversigning, field, wanted) in [
        (Oversigning::Recommended, "Date: x", Status::Fail),
        (Oversigning::IfPresent, "Date: x", Status::Pass),
        (Oversigning::IfPresent, "Subject: another", Status::Fail),
        (Oversigning::From, "Subject: another", Status::Pass),
        (Oversigning::From, "From: another@example.jp", Status::Fail),
        (Oversigning::Recommended, "List-Id: <l.example>", Status::Pass),
        (Oversigning::Recommended, "Sender: l@example.com", Status::Pass),
    ] {
        let role = role(&["k example.jp s ed25519"], &[], Manner { oversigning, ..Manner::default() });
        let signed = sign(&role, "", MESSAGE, &[]);
        let message = [field.as_bytes(), b"\r\n", &with_fields(&signed, MESSAGE)[..]].concat();
        assert_eq!(verified(&role, &signed, &message), [wanted], "{oversigning:?} {field}");
    }
}
