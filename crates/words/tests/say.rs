//! What `say` gives for what callers bring.

use sekisho_words as words;

use words::Argument::{Number, Text, Word};
use words::{Language, Words};

fn english() -> Words {
    Words::new(Language::English)
}

fn japanese() -> Words {
    Words::new(Language::Japanese)
}

#[test]
fn the_sentence_of_the_verdict() {
    let arguments = [("domain", Text("bank.example")), ("policy", Word("reject"))];
    assert_eq!(
        english().say("verdict-reject-nobody-vouches", &arguments),
        "bank.example asks receivers to reject mail like this (p=reject); neither SPF nor DKIM vouches for bank.example."
    );
    assert_eq!(
        japanese().say("verdict-reject-nobody-vouches", &arguments),
        "bank.example は、このようなメールの受信拒否を求めています(p=reject)。SPF、DKIM のいずれも bank.example を認証していません。"
    );
}

#[test]
fn unknown_ids_show_themselves_and_their_arguments() {
    let words = english();
    assert!(!words.has("no-such-id") && words.has("verdict-pass"));
    assert_eq!(words.say("no-such-id", &[]), "no-such-id");
    assert_eq!(words.say("", &[]), "");
    assert_eq!(words.say("{$x}", &[("x", Text("y"))]), "{$x} (x: y)");
    let arguments = [("domain", Text("a.example")), ("count", Number(3)), ("policy", Word("none"))];
    assert_eq!(words.say("no-such-id", &arguments), "no-such-id (domain: a.example, count: 3, policy: none)");
}

#[test]
fn missing_arguments_are_a_question_mark_and_others_are_ignored() {
    assert_eq!(english().say("spf-no-record", &[("count", Number(1))]), "? publishes no SPF record.");
    assert_eq!(japanese().say("spf-no-record", &[]), "? には SPF レコードがありません。");
}

#[test]
fn text_is_data() {
    let words = english();
    for text in ["{ $count }", "{\"x\"}", "-term", "failure-timeout", "a\u{202e}b\u{1b}[31m\n", "", "[other]", "*", "}"]
    {
        assert_eq!(words.say("spf-no-record", &[("domain", Text(text))]), format!("{text} publishes no SPF record."));
        let failure = words.say("cli-no-dns", &[("failure", Text(text))]);
        assert_eq!(failure, format!("DNS cannot be used ({text})."));
        let flaw = words.say("spf-domain-malformed", &[("flaw", Text(text))]);
        assert!(flaw.ends_with(&format!("nothing to check. {text}")), "{flaw}");
    }
}

#[test]
fn words_of_failures_become_phrases() {
    let arguments = [("name", Text("a.example")), ("kind", Word("TXT")), ("failure", Word("timeout"))];
    assert_eq!(
        english().say("spf-dns-failure", &arguments),
        "a.example TXT could not be looked up (no answer in time)."
    );
    assert_eq!(
        japanese().say("spf-dns-failure", &arguments),
        "a.example TXT の DNS 参照に失敗しました(応答時間切れ)。"
    );
    assert_eq!(english().say("cli-no-dns", &[("failure", Word("never-heard"))]), "DNS cannot be used (never-heard).");
}

#[test]
fn sentences_within_sentences() {
    let broken = [
        ("domain", Text("a.example")),
        ("flaw", Word("spf-flaw-cidr-too-long")),
        ("at", Number(7)),
        ("text", Text("ip4:192.0.2.0/33")),
    ];
    assert_eq!(
        english().say("spf-record-broken", &broken),
        "The SPF record of a.example is not valid at “ip4:192.0.2.0/33” (character 8). The prefix length is longer than \
         the address."
    );
    assert_eq!(
        japanese().say("spf-record-broken", &broken),
        "a.example の SPF レコードに誤りがあります(「ip4:192.0.2.0/33」、8 文字目)。プレフィックス長がアドレスの長さを超えています。"
    );
    assert_eq!(
        english().say("spf-record-broken", &[("domain", Text("a.example"))]),
        "The SPF record of a.example is not valid."
    );
    // The inner sentence takes the arguments of the outer one.
    let decided = [
        ("author", Text("a.example")),
        ("result", Word("temperror")),
        ("reason", Word("dmarc-reason-policy-unknown")),
        ("failure", Word("servfail")),
    ];
    assert_eq!(
        english().say("dmarc-decided", &decided),
        "DMARC for a.example: temperror. The DMARC record could not be looked up (the DNS server failed)."
    );
    assert_eq!(
        japanese().say("dmarc-decided", &decided),
        "a.example の DMARC 認証結果は temperror です。DMARC レコードを参照できませんでした(DNS サーバの障害)。"
    );
}

#[test]
fn a_sentence_that_names_itself_ends() {
    let text = english().say("dmarc-decided", &[("reason", Word("dmarc-decided"))]);
    assert_eq!(text, "DMARC for ?: ?. DMARC for ?: ?. ?");
}

#[test]
fn answers_of_dns() {
    let words = english();
    let asked = |answer| [("name", Text("a.example")), ("kind", Word("TXT")), ("answer", Word(answer))];
    assert_eq!(words.say("spf-asked", &asked("nxdomain")), "a.example TXT → the name does not exist");
    assert_eq!(words.say("spf-asked", &asked("timeout")), "a.example TXT → no answer in time");
    let mut records = asked("records").to_vec();
    records.extend([("data", Text("\"one\"")), ("data", Text("\"two\""))]);
    assert_eq!(words.say("spf-asked", &records), "a.example TXT → \"one\" | \"two\"");
    records.push(("more", Number(3)));
    assert_eq!(words.say("spf-asked", &records), "a.example TXT → \"one\" | \"two\" (and 3 more)");
    assert_eq!(japanese().say("spf-asked", &records), "a.example TXT → \"one\" | \"two\" (ほか 3 件)");
    let mut dmarc = asked("records").to_vec();
    dmarc.extend([("data", Text("\"v=DMARC1; p=none\"")), ("ttl_s", Number(300))]);
    assert_eq!(words.say("dmarc-asked", &dmarc), "a.example TXT → \"v=DMARC1; p=none\" (TTL 300)");
}

#[test]
fn alignment_says_why() {
    let compared = |alignment| {
        [
            ("mechanism", Word("spf")),
            ("identifier", Text("mailer.example")),
            ("author", Text("bank.example")),
            ("alignment", Word(alignment)),
        ]
    };
    assert_eq!(
        english().say("dmarc-not-aligned", &compared("other-organization")),
        "mailer.example (SPF) is not aligned with bank.example: another organizational domain."
    );
    assert_eq!(
        japanese().say("dmarc-not-aligned", &compared("other-organization")),
        "mailer.example(SPF)は bank.example と整合していません(組織ドメイン名が異なる)。"
    );
    assert_eq!(
        english().say("dmarc-alignment-unknown", &compared("timeout")),
        "Whether mailer.example (SPF) is aligned with bank.example could not be found out (no answer in time)."
    );
    let organizational =
        [("domain", Text("a.b.example")), ("organizational", Text("b.example")), ("selected", Word("psd-n"))];
    assert_eq!(
        english().say("dmarc-organizational-domain", &organizational),
        "The organizational domain of a.b.example is b.example, by its record (psd=n)."
    );
}

#[test]
fn weaknesses_with_and_without_a_domain() {
    let words = english();
    assert_eq!(words.say("dkim-not-covered", &[("field", Word("subject"))]), "The signature does not cover Subject.");
    let arguments = [("field", Word("reply-to")), ("domain", Text("mailer.example"))];
    assert_eq!(words.say("dkim-not-covered", &arguments), "The signature of mailer.example does not cover Reply-To.");
    assert_eq!(
        japanese().say("dkim-not-covered", &arguments),
        "mailer.example の電子署名の対象に Reply-To が含まれていません。"
    );
    let refused = [("domain", Text("mailer.example")), ("weakness", Word("dkim-testing"))];
    assert_eq!(
        words.say("dkim-not-accepted", &refused),
        "The signature of mailer.example passes but does not count for DMARC: its key is under test (t=y)."
    );
}

#[test]
fn how_a_record_ended() {
    let term = ("term", Text("ip4:192.0.2.0/24"));
    let (decided, led_on) = (
        [("domain", Text("a.example")), term, ("result", Word("pass"))],
        [("domain", Text("a.example")), ("term", Text("redirect=b.example"))],
    );
    let words = english();
    assert_eq!(words.say("spf-record", &decided), "a.example: ip4:192.0.2.0/24 decides: pass.");
    assert_eq!(words.say("spf-record", &led_on), "a.example: redirect=b.example decides.");
    assert_eq!(words.say("spf-record", &led_on[..1]), "a.example: the evaluation did not end.");
    let words = japanese();
    assert_eq!(words.say("spf-record", &decided), "a.example: ip4:192.0.2.0/24 により pass");
    assert_eq!(words.say("spf-record", &led_on), "a.example: redirect=b.example により次へ");
    assert_eq!(words.say("spf-record", &led_on[..1]), "a.example: 評価は完了していません");
}

#[test]
fn what_may_be_left_out() {
    let domains = [("psl_domain", Text("b.example")), ("walk_domain", Text("a.b.example"))];
    let id = "verify-organizational-domains";
    let words = english();
    assert_eq!(
        words.say(id, &domains),
        "organizational domain b.example (public suffix list), a.b.example (tree walk)"
    );
    assert_eq!(words.say(id, &domains[..1]), "organizational domain b.example (public suffix list)");
    let words = japanese();
    assert_eq!(
        words.say(id, &domains),
        "組織ドメイン名 b.example(パブリックサフィックスリスト)、a.b.example(DNS ツリー探索)"
    );
    let section = [
        ("file", Text("sekisho.toml")),
        ("line", Number(1)),
        ("column", Number(2)),
        ("key", Text("reciever")),
        ("suggestion", Text("receiver")),
    ];
    let id = "cli-config-unknown-section";
    let sentence = "sekisho.toml:1:2: there is no section \"reciever\"; did you mean \"receiver\"?";
    assert_eq!(english().say(id, &section), sentence);
    assert_eq!(english().say(id, &section[..4]), "sekisho.toml:1:2: there is no section \"reciever\".");
}

#[test]
fn a_reason_is_a_sentence_of_its_own() {
    let arguments = [("file", Text("a.eml")), ("reason", Word("from-absent"))];
    let sentence = "a.eml: cannot be signed. The message has no From field.";
    assert_eq!(english().say("cli-cannot-sign", &arguments), sentence);
}

#[test]
fn numbers_and_times() {
    let words = english();
    assert_eq!(
        words.say("dkim-expired", &[("time", Number(1_782_864_000))]),
        "The signature expired at 2026-07-01 00:00:00 UTC."
    );
    let beyond = words.say("dkim-expired", &[("time", Number(253_402_300_800))]);
    assert_eq!(beyond, "The signature expired at 253402300800.");
    for (number, text) in [
        ((1 << 53) - 1, "9007199254740991"),
        (1 << 53, "9007199254740992"),
        ((1 << 53) + 1, "9007199254740993"),
        (u64::MAX, "18446744073709551615"),
    ] {
        let sentence = words.say("spf-void", &[("count", Number(number))]);
        assert_eq!(sentence, format!("This answer is empty: void lookup {text}."));
    }
    for (count, text) in [(0, "0 messages"), (1, "1 message"), (2, "2 messages"), (1_000_000, "1000000 messages")] {
        assert_eq!(words.say("serve-stopped", &[("messages", Number(count))]), format!("Stopped after {text}."));
    }
    assert_eq!(words.say("serve-stopping", &[("count", Number(0))]), "Stopping; no connection is open.");
}

#[test]
fn one_catalogue_serves_all_threads() {
    fn sendable<T: Send + Sync>(_: &T) {}
    let words = japanese();
    sendable(&words);
    assert_eq!(words.language(), Language::Japanese);
    assert_eq!(format!("{words:?}"), "Words { language: Japanese, .. }");
}
