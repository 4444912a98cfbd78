//! Secrets, sessions, tokens and the first run.

use people::limits::{AGENT_BYTES_MAX, LABEL_BYTES_MAX, SESSION_TOUCH_S, SETUP_S, TOKEN_S_MAX};
use people::*;
use proptest::prelude::*;

fn taro() -> Name {
    Name::parse("taro").unwrap()
}

fn session(agent: &str) -> Session {
    let from = ("192.0.2.1".parse().unwrap(), agent);
    Session::begin(&Secret::new([1; 32]), Secret::new([2; 32]), taro(), from, 1_000, Lifetimes::default())
}

#[test]
fn a_secret_is_read_as_it_was_handed_out_and_prints_as_nothing() {
    let secret = Secret::new([0xfb; 32]);
    let text = secret.to_text();
    assert_eq!(text.len(), 43);
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
    assert_eq!(Secret::parse(&text), Some(secret.clone()));
    assert_ne!(Secret::parse(&text), Some(Secret::new([0xfc; 32])));
    for bad in ["", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace('-', "+"), &" ".repeat(43)] {
        assert_eq!(Secret::parse(bad), None, "{bad}");
    }
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    // SHA-256 of nothing, FIPS 180-4's own example.
    assert!(Digest::of(b"").to_hex().starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
}

#[test]
fn a_session_ends_when_it_is_quiet_or_old() {
    let lifetimes = Lifetimes { idle_s: 100, whole_s: 1_000 };
    let session = Session { ends_s: 2_000, ..session("") };
    for (used_s, now_s, want) in [
        (1_000, 1_000, true),
        (1_000, 1_099, true),
        (1_000, 1_100, false),
        (1_950, 1_999, true),
        (1_950, 2_000, false),
        // A clock that went back.
        (1_000, 500, true),
    ] {
        assert_eq!(Session { used_s, ..session.clone() }.is_live(now_s, lifetimes), want, "{used_s} {now_s}");
    }
    assert!(!session.wants_touch(1_000 + SESSION_TOUCH_S - 1) && session.wants_touch(1_000 + SESSION_TOUCH_S));
    assert_eq!(session.digest, Secret::new([1; 32]).digest());
}

#[test]
fn what_a_browser_calls_itself_is_cut_between_characters() {
    assert_eq!(&*session("Browser/1.0").agent, "Browser/1.0");
    let long = session(&"関".repeat(AGENT_BYTES_MAX)).agent;
    assert_eq!(long.len(), AGENT_BYTES_MAX / 3 * 3);
}

#[test]
fn forms_carry_another_text_each_time_and_only_this_sessions() {
    let session = session("");
    let (one, two) = (session.csrf_text([9; 32]), session.csrf_text([10; 32]));
    assert_ne!(one, two);
    assert!(session.is_csrf(&one) && session.is_csrf(&two));
    let other = Session { csrf: Secret::new([3; 32]), ..session.clone() };
    assert!(!other.is_csrf(&one));
    for bad in ["", "A", &one[1..], &format!("{one}A"), &"A".repeat(86), &"*".repeat(86), &"é".repeat(43)] {
        assert!(!session.is_csrf(bad), "{bad}");
    }
}

#[test]
fn a_token_is_known_by_its_look_and_ends_within_a_year() {
    let secret = Secret::new([4; 32]);
    let text = token::text(&secret);
    assert!(text.starts_with("sekisho_") && text.len() == 51);
    assert_eq!(token::parse(&text), Some(secret.clone()));
    assert_eq!(token::parse(&secret.to_text()), None);
    let token = |label: &str, ends_s| Token::new(&secret, taro(), label, Vec::new(), (10, ends_s));
    assert_eq!(token("", u64::MAX).ends_s, 10 + TOKEN_S_MAX);
    assert_eq!(token(&"x".repeat(LABEL_BYTES_MAX + 1), 9).label.len(), LABEL_BYTES_MAX);
    let token = token("", 50);
    assert_eq!((&*token.id, token.is_live(49), token.is_live(50)), (&secret.digest().to_hex()[..12], true, false));
    assert!(token.wants_touch(0));
    let used = Token { used_s: Some(100), ..token };
    assert!(!used.wants_touch(100) && used.wants_touch(100 + SESSION_TOUCH_S));
    let other = Person { grants: vec![Grant::all(Role::Admin)], ..Person::new(Name::parse("jiro").unwrap(), 0) };
    let all = Token { grants: vec![Grant::all(Role::Admin)], ..used };
    assert!(!all.may(&other, Role::Viewer, None), "a token is one person's");
}

#[test]
fn the_token_of_the_first_run_is_judged_in_order() {
    let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
    let setup = Setup::new(&one, 100);
    assert_eq!(setup.ends_s, 100 + SETUP_S);
    let judge = |kept: Option<&Setup>, secret: &Secret, has_keeper, now_s| {
        setup::judge(kept, &secret.digest(), has_keeper, now_s).err()
    };
    assert_eq!(judge(Some(&setup), &one, false, setup.ends_s - 1), None);
    assert_eq!(judge(Some(&setup), &one, false, setup.ends_s), Some(SetupUse::Late));
    assert_eq!(judge(Some(&setup), &two, false, 101), Some(SetupUse::Unknown));
    assert_eq!(judge(None, &one, false, 101), Some(SetupUse::Unknown));
    assert_eq!(judge(Some(&setup), &one, true, 101), Some(SetupUse::Settled));
}

proptest! {
    #[test]
    fn whatever_a_stranger_sends_is_no_way_in(text in "\\PC{0,120}") {
        prop_assert!(!session("").is_csrf(&text));
        let _ = (Secret::parse(&text), token::parse(&text), PasswordHash::parse(&text));
    }

    #[test]
    fn every_mask_hides_the_same_secret(random: [u8; 32], secret: [u8; 32]) {
        let session = Session { csrf: Secret::new(secret), ..session("") };
        prop_assert!(session.is_csrf(&session.csrf_text(random)));
    }
}
