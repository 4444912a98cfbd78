//! Passwords: which are taken, and that the right one alone is right.

use people::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARACTER_COUNT_MIN};
use people::password::{check, decoy, hash, verify};
use people::*;

fn taro() -> Name {
    Name::parse("taro").unwrap()
}

#[test]
fn which_are_taken() {
    for (password, want) in [
        ("correct horse battery", Ok(())),
        ("関所を通る手形を見せよ!!", Ok(())),
        ("only letters here", Ok(())),
        ("short", Err(PasswordError::TooShort)),
        ("tarotarotaro", Err(PasswordError::IsName)),
        ("TaroTaroTaro", Err(PasswordError::IsName)),
        ("aaaaaaaaaaaa", Err(PasswordError::Common)),
        ("123456789012", Err(PasswordError::Common)),
        ("098765432109", Err(PasswordError::Common)),
        ("abcdefghijkl", Err(PasswordError::Common)),
        ("Password1234", Err(PasswordError::Common)),
        ("1qaz2wsx3edc", Err(PasswordError::Common)),
        ("tab\tin the middle", Err(PasswordError::Control)),
        ("nul\0in the middle", Err(PasswordError::Control)),
    ] {
        assert_eq!(check(password, &taro()), want, "{password:?}");
    }
}

#[test]
fn lengths_have_limits() {
    let text = |count: usize| "qw7 ".chars().cycle().take(count).collect::<String>();
    for (count, want) in [
        (PASSWORD_CHARACTER_COUNT_MIN - 1, Err(PasswordError::TooShort)),
        (PASSWORD_CHARACTER_COUNT_MIN, Ok(())),
        (PASSWORD_CHARACTER_COUNT_MIN + 1, Ok(())),
        (PASSWORD_BYTES_MAX - 1, Ok(())),
        (PASSWORD_BYTES_MAX, Ok(())),
        (PASSWORD_BYTES_MAX + 1, Err(PasswordError::TooLong)),
    ] {
        assert_eq!(check(&text(count), &taro()), want, "{count}");
    }
    // Characters are counted, not bytes: four bytes each here.
    assert_eq!(check(&"🍣🍵🍶".repeat(3), &taro()), Err(PasswordError::TooShort));
    assert_eq!(check(&"🍣🍵🍶".repeat(4), &taro()), Ok(()));
    assert_eq!(hash(&text(PASSWORD_BYTES_MAX + 1), [0; 16]), Err(PasswordError::TooLong));
    assert!(!verify(&text(PASSWORD_BYTES_MAX + 1), &decoy()).is_right);
}

#[test]
fn the_right_one_alone_is_right_in_every_way_to_write_it() {
    let kept = hash("ガラスの関所 é", [7; 16]).unwrap();
    assert!(kept.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.as_str());
    let is_right = |password: &str| verify(password, &kept).is_right;
    assert!(is_right("ガラスの関所 é"));
    // Half-width letters with their marks, and a letter in two parts: the same keys pressed elsewhere.
    assert!(is_right("ｶﾞﾗｽの関所 e\u{301}"));
    assert!(!is_right("ガラスの関所 e") && !is_right("") && !is_right("ガラスの関所 É"));
    assert_ne!(hash("ガラスの関所 é", [8; 16]).unwrap(), kept, "another salt, another hash");
    let read = PasswordHash::parse(kept.as_str()).unwrap();
    assert_eq!(read, kept);
    assert_eq!(verify("ガラスの関所 é", &read), Verified { is_right: true, needs_rehash: false });
    assert!(!format!("{kept:?}").contains("argon"), "it prints as nothing");
}

/// The example of the reference implementation's own tests: `password`, `somesalt`, 64 MiB, two passes, one lane.
#[test]
fn hashes_of_others_are_understood_and_wanted_anew() {
    let text = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let kept = PasswordHash::parse(text).unwrap();
    assert_eq!(verify("password", &kept), Verified { is_right: true, needs_rehash: true });
    assert_eq!(verify("differentpassword", &kept), Verified { is_right: false, needs_rehash: true });
}

#[test]
fn nobodys_password_is_never_right_and_costs_the_same() {
    assert_eq!(verify("whatever it may be", &decoy()), Verified { is_right: false, needs_rehash: false });
}

#[test]
fn a_kept_text_is_read_within_limits_alone() {
    let (salt, hash) = ("c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    let text = |cost: &str| format!("$argon2id$v=19${cost}${salt}${hash}");
    for (cost, is_fine) in [
        ("m=262144,t=16,p=8", true),
        ("m=262145,t=2,p=1", false),
        ("m=4294967295,t=2,p=1", false),
        ("m=65536,t=17,p=1", false),
        ("m=65536,t=2,p=9", false),
        ("m=0,t=2,p=1", false),
        ("m=65536,t=0,p=1", false),
        ("m=+65536,t=2,p=1", false),
        ("t=2,m=65536,p=1", false),
        ("m=65536,t=2", false),
        ("m=65536,t=2,p=1,x=1", false),
        ("", false),
    ] {
        assert_eq!(PasswordHash::parse(&text(cost)).is_ok(), is_fine, "{cost}");
    }
    let good = text("m=19456,t=2,p=1");
    for bad in [
        good.replace("argon2id", "argon2i"),
        good.replace("v=19", "v=16"),
        good.replace(salt, "c2hvcnQ"),
        good.replace(hash, "c2hvcnQ"),
        good.replace(salt, "!!!"),
        format!("{good}$"),
        format!("{good}{}", "A".repeat(600)),
        String::new(),
        "plain".to_owned(),
    ] {
        assert_eq!(PasswordHash::parse(&bad), Err(password::HashError), "{bad}");
    }
}
