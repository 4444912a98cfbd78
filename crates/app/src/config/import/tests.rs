//! What an import means, and that no bytes can make one that is not a configuration.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::config::Config;
use crate::say::{Language, Say};

/// The configuration, and what is told beside it: `place option id`.
fn imported(files: &[(&str, &str)]) -> (Config, String, Vec<String>) {
    let (mut draft, say) = (Draft::default(), Say::new(Language::English));
    for (name, text) in files {
        take(&mut draft, Path::new(name), text.as_bytes(), None).unwrap();
    }
    let text = draft.text(&say);
    let config = Config::parse(&text, "x").unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
    (config, text, draft.notes(&say).collect())
}

/// As patterns are shown, `*@a.example` is `a.example`.
fn rules(config: &Config) -> Vec<String> {
    config.signing.rules().iter().map(|rule| format!("{} {}", rule.pattern, rule.keys.join(","))).collect()
}

fn keys(config: &Config) -> Vec<String> {
    config.signing.keys.iter().map(|key| format!("{} {}", key.name(), key.file.display())).collect()
}

/// A directory with tables.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-import-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn one_key_signs_for_its_domain_alone() {
    let text = "Domain a.example, b.example\nSelector s1\nKeyFile /k.pem\nMode sv\nInternalHosts 192.0.2.0/24,[::1]\n";
    let (config, _, notes) = imported(&[("o.conf", text)]);
    assert_eq!(keys(&config), ["s1._domainkey.a.example /k.pem", "s1._domainkey.b.example /k.pem"]);
    assert_eq!(rules(&config), ["a.example s1._domainkey.a.example", "b.example s1._domainkey.b.example"]);
    let networks: Vec<_> = config.signing.origins.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.0.2.0/24", "::1/128"]);
    assert_eq!(notes, Vec::<String>::new());
    let (config, ..) = imported(&[("o.conf", &format!("{text}SubDomains yes\n"))]);
    assert_eq!(rules(&config)[0], ".a.example s1._domainkey.a.example");
    // A verifier has no keys.
    let (config, _, notes) = imported(&[("o.conf", &text.replace("sv", "v"))]);
    assert!(config.signing.keys.is_empty() && config.signing.rules().is_empty());
    assert_eq!(notes.len(), 4, "{notes:?}");
}

#[test]
fn tables_of_patterns_count_in_their_order() {
    let keys_text = "one a.example:s1:/k/a.pem\ntwo b.example:s2:/k/b.pem # the other\ninline c.example:s3:MIIEsecret\n\
                     all %:s4:/k/all.pem\nsame a.example:s1:/k/a.pem\nbroken\n";
    let rules_text = "*@a.example one\n*@*.a.example same\nx@a.example two\n*@b.example two\n*@b*.example two\n\
                      *@c.example inline\n* all\n*@d.example one\n";
    let directory = Directory::new("patterns", &[("keys", keys_text), ("rules", rules_text)]);
    let text = "KeyTable file:keys\nSigningTable refile:rules\nDomain x.example\n";
    let (config, text, notes) = imported(&[(&directory.at("o.conf"), text)]);
    assert_eq!(keys(&config), ["one /k/a.pem", "two /k/b.pem", "all /k/all.pem"]);
    assert_eq!(rules(&config), ["a.example one", "*.a.example one", "b.example two", "* all"]);
    assert!(!text.contains("secret") && !notes.iter().any(|note| note.contains("secret")));
    let about = |what: &str| notes.iter().filter(|note| note.contains(what)).count();
    assert_eq!(about("never reached"), 2, "{notes:#?}");
    assert_eq!((about("“inline”"), about("keys:6"), about("“*@b*.example”")), (2, 1, 1), "{notes:#?}");
    assert_eq!((about("stands in its place"), notes.len()), (1, 7), "{notes:#?}");
}

#[test]
fn tables_of_names_name_what_is_below() {
    let directory = Directory::new(
        "names",
        &[("keys", "one a.example:s1:/k/a.pem\n"), ("rules", "a.example one\n.a.example one\nx@.a.example one\n")],
    );
    let text = "KeyTable keys\nKeyTable file:keys\n";
    let text = format!("{}SigningTable {}\n", text.split_once('\n').unwrap().1, directory.at("rules"));
    let (config, ..) = imported(&[(&directory.at("o.conf"), &text)]);
    assert_eq!(rules(&config), ["a.example one", "*.a.example one", "x@*.a.example one"]);
}

#[test]
fn fields_as_changes_of_the_usual_list() {
    let text = "Canonicalization relaxed\nSignHeaders *,+X-One,-Subject\nOmitHeaders *,+Reply-To\nOversignHeaders From\n\
                SignatureTTL 3600\nSenderHeaders Sender,From\n";
    let manner = imported(&[("o.conf", text)]).0.signing.manner;
    assert_eq!(
        (manner.also.as_slice(), manner.except.as_slice()),
        (["x-one".to_owned()].as_slice(), ["subject".to_owned(), "reply-to".to_owned()].as_slice())
    );
    assert_eq!((manner.oversigning, manner.expire_in_s), (outgoing::Oversigning::From, Some(3600)));
    assert_eq!(manner.senders, [outgoing::SenderField::Sender, outgoing::SenderField::From]);
    assert_eq!(manner.body_canonicalization, dkim::Canonicalization::Simple);
    let manner = imported(&[("o.conf", "SignHeaders From,Subject,Date\nKeyFile /k\n")]).0.signing.manner;
    assert_eq!(manner.except.len(), dkim::sign::RECOMMENDED.len() - 3);
}

#[test]
fn dmarc_that_rejects() {
    let text = "RejectFailures true\nIgnoreHosts 192.0.2.1,localhost\nIgnoreAuthenticatedClients false\n\
                HoldQuarantinedMessages yes\nRejectString rejected {by} policy of %s\nDomainWhitelist l.example\n";
    let (config, _, notes) = imported(&[("d.conf", text)]);
    let rules = config.rules().general;
    assert_eq!(rules.stage, policy::Stage::Block);
    let networks: Vec<_> = rules.exceptions.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.0.2.1/32", "127.0.0.1/32", "::1/128"]);
    assert_eq!(rules.texts.values().filter(|text| text.is_ascii()).count(), 1);
    assert_eq!(notes, Vec::<String>::new());
    let (config, ..) = imported(&[("d.conf", "RejectFailures false\nSPFSelfValidate true\n")]);
    assert_eq!(config.rules().general.stage, policy::Stage::Observe);
    let (config, ..) = imported(&[("d.conf", "RejectFailures false\nHoldQuarantinedMessages true\n")]);
    assert_eq!(config.rules().general.stage, policy::Stage::Filter);
}

#[test]
fn yenma_that_rejects() {
    let text = "# yenma\nMilter.Socket: inet:10025@127.0.0.1\nMilter.Timeout: 600\nDmarc.RejectAction: tempfail\n\
                Dmarc.RejectMessage: no # comment\nSIDF.Verify: true\nDkimAdsp.Verify: yes\nAuthResult.ServId: mx.example\n\
                Service.ExclusionBlocks: 127.0.0.1,10.0.0.0/8\n";
    let (config, text, notes) = imported(&[("yenma.conf", text)]);
    assert_eq!(
        (config.listen.as_slice(), config.authserv_id.as_deref()),
        (["inet:10025@127.0.0.1".to_owned()].as_slice(), Some("mx.example"))
    );
    assert_eq!(config.running.idle_timeout, Some(std::time::Duration::from_secs(600)));
    assert_eq!(config.rules().general.exceptions.networks.len(), 2);
    assert_eq!(config.methods().unwrap().sender_id, auth::Use::On);
    assert!(text.contains("dmarc = \"5.7.1 no # comment\"") && notes.is_empty(), "{text} {notes:?}");
}

#[test]
fn of_what_contradicts_the_first_counts() {
    let one = ("o.conf", "Socket inet:8891@localhost\nAuthservID a.example\nKeyFile /k\nAuthservID b.example\n");
    let two = ("d.conf", "Socket inet:8893@localhost\nAuthservID A.example\nRejectFailures false\nNonsense\nFoo bar\n");
    let (config, text, notes) = imported(&[one, two]);
    assert_eq!((config.listen.len(), config.authserv_id.as_deref()), (1, Some("a.example")));
    assert!(text.contains("# o.conf:1: Socket\nlisten = \"inet:8891@localhost\"\n"), "{text}");
    let starts = ["o.conf:4: AuthservID:", "o.conf:3: KeyFile:", "d.conf:1: Socket:", "d.conf:2: AuthservID:"];
    for start in starts.into_iter().chain(["d.conf:4: this line", "d.conf:5: Foo: there is no such option"]) {
        assert_eq!(notes.iter().filter(|note| note.starts_with(start)).count(), 1, "{start} {notes:#?}");
    }
    assert_eq!(notes.len(), 6, "{notes:#?}");
}

#[test]
fn the_program_is_told_by_the_options() {
    assert_eq!(Program::of("Socket inet:1\nKeyFile /k\n"), Some(Program::Opendkim));
    assert_eq!(Program::of("Socket inet:1\nRejectFailures no\n"), Some(Program::Opendmarc));
    assert_eq!(Program::of("Milter.Socket: inet:1\n"), Some(Program::Yenma));
    assert_eq!(Program::of("Socket inet:1\n"), None);
    assert_eq!(Program::of(""), None);
}

#[test]
fn asterisks() {
    for (pattern, text, wanted) in [
        ("*", "a@b.example", true),
        ("*@b.example", "x@b.example", true),
        ("*@*.example", "x@b.example", true),
        ("*@*.example", "*@*.b.example", true),
        ("*@b.example", "*", false),
        ("a*a", "a", false),
        ("x@b.example", "X@B.example", true),
    ] {
        assert_eq!(signing::matches(pattern, text), wanted, "{pattern} {text}");
    }
}

#[test]
fn the_line_that_is_one_too_many_is_told() {
    for (count, told) in [(IMPORT_LINE_COUNT_MAX - 1, 0), (IMPORT_LINE_COUNT_MAX, 0), (IMPORT_LINE_COUNT_MAX + 1, 1)] {
        let mut draft = Draft::default();
        parse(&mut draft, Program::Opendkim, "o.conf", &"\n".repeat(count));
        assert_eq!(draft.notes(&Say::new(Language::English)).count(), told, "{count}");
    }
}

#[test]
fn very_many_keys_stand_in_tables() {
    let count = 20_000;
    let (mut key_table, mut signing_table) = (String::new(), String::new());
    for number in 0..count {
        key_table += &format!("k{number} d{number}.example:s1:/keys/{number}.pem\n");
        signing_table += &format!("*@d{number}.example k{number}\n");
    }
    let directory = Directory::new("many", &[("KeyTable", &key_table), ("SigningTable", &signing_table)]);
    let text = format!(
        "KeyTable refile:{}\nSigningTable refile:{}\nMode sv\n",
        directory.at("KeyTable"),
        directory.at("SigningTable")
    );
    let (mut draft, say) = (Draft::default(), Say::new(Language::English));
    take(&mut draft, Path::new("o.conf"), text.as_bytes(), None).unwrap();
    assert!(draft.text(&say).len() as u64 > CONFIG_FILE_BYTES_MAX, "too much for one configuration");
    tables::write(&mut draft, &directory.0).unwrap();
    let text = draft.text(&say);
    let signing = Config::parse(&text, "x").unwrap().signing;
    assert_eq!((signing.keys.len(), signing.rules().len()), (0, 0), "{text}");
    assert_eq!(signing.key_table.as_deref(), Some(&*directory.0.join("keys")));
    assert_eq!(signing.rule_table.as_deref(), Some(&*directory.0.join("rules")));
    let read = |name: &str| std::fs::read_to_string(directory.0.join(name)).unwrap();
    let keys = outgoing::table::keys(&read("keys"), "keys").unwrap();
    assert_eq!(keys.len(), count);
    assert_eq!((keys[7].name.as_str(), keys[7].domain.as_str()), ("k7", "d7.example"));
    assert_eq!((keys[7].selector.as_str(), keys[7].file.as_str()), ("s1", "/keys/7.pem"));
    let rules = outgoing::table::rules(&read("rules"), "rules").unwrap();
    assert_eq!(rules.len(), count);
    assert_eq!((rules[7].pattern.to_string().as_str(), &rules[7].keys[..]), ("d7.example", &["k7".to_owned()][..]));
    // What is there is not written over.
    let mut again = Draft::default();
    let one = "Domain a.example\nSelector s1\nKeyFile /k.pem\n";
    take(&mut again, Path::new("o.conf"), one.as_bytes(), None).unwrap();
    assert_eq!(mailtext::Explain::id(&tables::write(&mut again, &directory.0).unwrap_err()), "import-table-unwritten");
}

#[test]
fn among_wide_patterns_the_first_counts() {
    let table =
        "*@a.example k1\n*@*.a.example k2\ntaro@a.example k1\n*@b.a.example k1\n*@*example k1\n*@c.example k2\n";
    let keys = "k1 a.example:s1:/1.pem\nk2 b.example:s1:/2.pem\n";
    let directory = Directory::new("wide", &[("KeyTable", keys), ("SigningTable", table)]);
    let text = format!(
        "KeyTable {}\nSigningTable refile:{}\nMode sv\n",
        directory.at("KeyTable"),
        directory.at("SigningTable")
    );
    let (config, _, notes) = imported(&[("o.conf", &text)]);
    assert_eq!(rules(&config), ["a.example k1", "*.a.example k2", "c.example k2"]);
    let unreached: Vec<_> = notes.iter().filter(|note| note.contains("was never reached")).collect();
    assert_eq!(unreached.len(), 2, "{notes:?}");
    assert!(unreached[0].contains("taro@a.example") && unreached[0].contains("SigningTable:1"), "{notes:?}");
    assert!(unreached[1].contains("*@b.a.example") && unreached[1].contains("SigningTable:2"), "{notes:?}");
}

#[test]
fn every_sentence_is_said_and_every_reason_has_one() {
    let sources = [
        include_str!("../import.rs"),
        include_str!("dataset.rs"),
        include_str!("draft.rs"),
        include_str!("opendkim.rs"),
        include_str!("opendmarc.rs"),
        include_str!("signing.rs"),
        include_str!("tables.rs"),
        include_str!("yenma.rs"),
    ];
    let said: BTreeSet<_> =
        sources.iter().flat_map(|text| text.split('"')).filter(|id| id.starts_with("import-")).collect();
    let there: BTreeSet<_> = words::ids().filter(|id| id.starts_with("import-")).collect();
    assert_eq!(said, there);
}

#[test]
fn the_tables_of_the_manual_have_every_option() {
    for page in ["migration.md", "migration.ja.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
        let text = std::fs::read_to_string(path).unwrap();
        for row in Program::ALL.iter().flat_map(|program| program.rows()) {
            assert!(text.contains(&format!("`{}`", row.0)), "{page}: {}", row.0);
        }
    }
}

/// Each option with each odd value: what is written can always be read, and every line is somewhere.
#[test]
fn no_value_makes_what_cannot_be_read() {
    let values = [
        "x",
        "0",
        "-1",
        "99999999999999999999",
        "\"",
        "\\",
        "'''",
        "a=b",
        "a\u{7f}b",
        "[[x]]\\n",
        "%",
        "*",
        "/nowhere/x",
        "refile:x",
        "csl:",
        ",",
        "a,,b",
        "yes",
        "no",
        "inet:1",
        "{",
        "}{",
        "日本",
        "127.0.0.1/99",
        "!10.0.0.1",
        "x|y",
        "*,+,-",
    ];
    let say = Say::new(Language::English);
    for program in Program::ALL {
        for value in values {
            for row in program.rows() {
                let colon = if program == Program::Yenma { ":" } else { "" };
                let all =
                    program.rows().iter().map(|other| format!("{}{colon} {value}\n", other.0)).collect::<String>();
                let (one, place) = (format!("{}{colon} {value}\n", row.0), "f:1: ");
                let mut draft = Draft::default();
                take(&mut draft, Path::new("f"), one.as_bytes(), Some(program)).unwrap();
                let text = draft.text(&say);
                assert!(Config::parse(&text, "x").is_ok(), "{one} {text}");
                let is_told = text.contains(place) || draft.notes(&say).any(|note| note.starts_with(place));
                assert!(is_told, "{one} {text}");
                if row.0 == program.rows()[0].0 {
                    let mut draft = Draft::default();
                    take(&mut draft, Path::new("f"), all.as_bytes(), Some(program)).unwrap();
                    let text = draft.text(&say);
                    assert!(Config::parse(&text, "x").is_ok(), "{text}");
                }
            }
        }
    }
}

fn any_bytes(bytes: &[u8]) {
    let say = Say::new(Language::Japanese);
    for from in [None, Some(Program::Yenma), Some(Program::Opendkim), Some(Program::Opendmarc)] {
        let mut draft = Draft::default();
        if take(&mut draft, Path::new("/nowhere/f"), bytes, from).is_ok() {
            let text = draft.text(&say);
            assert!(Config::parse(&text, "x").is_ok(), "{text}");
            assert!(draft.notes(&say).all(|note| !note.contains(['\n', '\u{1b}'])));
        }
    }
}

const SEEDS: [&str; 3] = [
    "Domain a.example\nSelector s\nKeyFile /k\nInternalHosts 10.0.0.0/8\nMacroList x=y\nSignHeaders *,+a\nUMask 2\n",
    "RejectFailures true\nUserID a:b\nRejectString {%s}\nIgnoreHosts ::1\nRequiredHeaders 1\nDNSTimeout 3\n",
    "Milter.Socket: unix:/x\nDmarc.RejectMessage: a\nService.ExclusionBlocks: 10.0.0.1\nSIDF.Verify: true\n",
];

#[test]
fn bytes_that_are_no_text() {
    for seed in SEEDS {
        for at in 0..seed.len() {
            for byte in [0, b'\n', 0xff] {
                let mut bytes = seed.as_bytes().to_vec();
                bytes[at] = byte;
                any_bytes(&bytes);
            }
        }
    }
}

#[test]
#[ignore = "runs for some seconds; cargo xtask fuzz-smoke"]
fn fuzz_config_import() {
    assert!(testkit::fuzz("import", &SEEDS, any_bytes) > 0);
}
