//! `check` on a host that knows more than DNS shows: reports that were read, mail that was signed, its configuration, its
//! keys, what its operator declares.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

extern crate net as sekisho_net;
// Named by `support`, which makes DNS messages with it.
use hickory_proto as _;

#[allow(dead_code, unreachable_pub)]
#[path = "../../net/tests/support/mod.rs"]
mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mailtext::Domain;
use report::row::Signed;
use report::vocabulary::Direction;
use report::{Ledger as _, Row, RowId, Site};
use serde_json::Value;
use store::Sqlite;
use support::Server;

/// A host: a directory with its configuration and its state, and the DNS that it asks.
struct House {
    directory: PathBuf,
    server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl House {
    fn new(name: &str, zone: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(directory.join("in")).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Server::of_zone(zone));
        Self { directory, server, _runtime: runtime }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A private key of the tests, with these rights.
    fn key(&self, name: &str, mode: u32) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/keys").join(name);
        let to = self.directory.join(name);
        std::fs::copy(from, &to).unwrap();
        std::fs::set_permissions(to, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_at(NOW, arguments)
    }

    fn run_at(&self, now: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        let config = self.directory.join("sekisho.toml");
        if config.exists() {
            command.arg("--config").arg(config);
        }
        command.arg("--state").arg(self.state());
        command.args(["--resolver", &self.server.address.to_string(), "--at", now]).args(arguments).env_clear();
        command.output().unwrap()
    }

    fn told(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        let told = |bytes| String::from_utf8(bytes).unwrap();
        assert!(ran.status.success(), "{arguments:?}: {}", told(ran.stderr));
        told(ran.stdout)
    }

    /// What `check` says of a domain, for a role.
    fn check(&self, domain: &str, role: &str) -> Checked {
        let told = self.told(&["--lang", "en", "check", domain, "--role", role, "--format", "json"]);
        Checked(serde_json::from_str(&told).unwrap())
    }

    /// Rows of mail that left: who stands in MAIL FROM, and who signed, with which selector.
    fn sent(&self, mail: &[Sent<'_>]) {
        std::fs::create_dir_all(self.state()).unwrap();
        let ledger = Sqlite::open(&self.state().join("ledger.sqlite"), store::Settings::default()).unwrap();
        let domain = |name: &str| Domain::parse(name).unwrap();
        let row = |(at, (from, signed)): (usize, &Sent<'_>)| {
            let id = RowId::new(NOW_MS - 3_600_000 - at as u64, Site::default(), 0);
            let mut row = Row::new(id, Direction::Out);
            row.envelope.mail_from_domain = Some(domain(from));
            let signed = signed.iter();
            row.signed = signed.map(|(of, by)| Signed { domain: domain(of), selector: domain(by) }).collect();
            row.into()
        };
        let rows = mail.iter().enumerate().map(row).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(ledger.append(rows)).unwrap();
        ledger.close().unwrap();
    }

    /// Every file below the state directory.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn below(directory: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(directory).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    below(&path, found);
                } else {
                    found.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        let mut found = Vec::new();
        below(&self.state(), &mut found);
        found.sort();
        found
    }
}

/// Who stands in MAIL FROM of a message, and for whom and with which selectors it was signed.
type Sent<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// What `check` said.
struct Checked(Value);

impl Checked {
    fn of(&self, requirement: &str) -> &Value {
        let all = self.0["guideline"].as_array().unwrap();
        all.iter().find(|one| one["id"] == requirement).unwrap_or_else(|| panic!("no {requirement} in {}", self.0))
    }

    fn result(&self, requirement: &str) -> &str {
        self.of(requirement)["result"].as_str().unwrap()
    }

    fn evidence(&self, requirement: &str) -> String {
        self.of(requirement)["evidence"].to_string()
    }

    fn found(&self, rule: &str) -> Vec<&Value> {
        self.0["findings"].as_array().unwrap().iter().filter(|one| one["rule"] == rule).collect()
    }
}

/// A report about one day: its number, who reports, and records of an address, a count, whether it is signed.
fn report(day: u64, reporter: &str, records: &[(&str, u64, bool)]) -> String {
    let record = |(ip, count, signed): &(&str, u64, bool)| {
        let word = if *signed { "pass" } else { "fail" };
        format!(
            "<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>\
             <dkim>{word}</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.jp</header_from>\
             </identifiers><auth_results><dkim><domain>example.jp</domain><selector>news2026</selector><result>{word}</result>\
             </dkim><spf><domain>example.jp</domain><scope>mfrom</scope><result>pass</result></spf></auth_results></record>"
        )
    };
    let begin = NOW_MS / 1000 - day * 86_400;
    format!(
        "<?xml version=\"1.0\"?><feedback><report_metadata><org_name>{reporter}</org_name><email>dmarc@{reporter}</email>\
         <report_id>{reporter}-{day}</report_id><date_range><begin>{begin}</begin><end>{}</end></date_range></report_metadata>\
         <policy_published><domain>example.jp</domain><p>none</p></policy_published>{}</feedback>",
        begin + 86_399,
        records.iter().map(record).collect::<String>()
    )
}

const NOW: &str = "2026-11-23T00:00:00Z";
const NOW_MS: u64 = 1_795_392_000_000;

const ZONE: &str = "$ORIGIN example.jp.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n@ MX 10 mx\nmx A 11.1.1.1\n\
                    @ TXT \"v=spf1 mx ip4:12.1.1.0/24 include:_spf.busy.example include:_spf.idle.example -all\"\n\
                    _spf.busy.example. TXT \"v=spf1 ip4:13.1.1.0/24 -all\"\n_spf.idle.example. TXT \"v=spf1 ip4:14.1.1.0/24 -all\"\n\
                    _dmarc TXT \"v=DMARC1; p=none; rua=mailto:dmarc@example.jp\"\n\
                    s1._domainkey TXT \"v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=\"\n\
                    news2026._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n";

#[test]
fn where_nothing_is_kept_nothing_is_known_and_nothing_is_made() {
    let house = House::new("known-nothing", ZONE);
    let checked = house.check("example.jp", "all");
    for requirement in ["2-4", "2-7", "2-14", "3-1", "3-3", "4-1", "4-2", "5-1", "5-5", "5-8"] {
        assert_eq!(checked.result(requirement), "unknown", "{requirement}");
    }
    assert!(!house.state().exists());
}

#[test]
fn reports_of_others_speak() {
    let Some(corpus) = testkit::suite("../corpora/dmarc/domainaware__parsedmarc/samples/aggregate") else { return };
    let zone = "$ORIGIN example.com.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n@ TXT \"v=spf1 ip4:198.51.100.1 -all\"\n\
                _dmarc TXT \"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com\"\n\
                selector1._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n";
    let house = House::new("known-corpus", zone);
    let report = corpus.join("rfc9990-example.net!example.com!1700000000!1700086399.xml");
    house.told(&["report", "import", report.to_str().unwrap()]);
    let at = |time: &str| {
        let ran = house.run_at(time, &["--lang", "en", "check", "example.com", "--format", "json"]);
        Checked(serde_json::from_slice(&ran.stdout).unwrap())
    };
    let checked = at("2023-11-20T00:00:00Z");
    assert_eq!(checked.result("2-14"), "met");
    assert!(
        checked.evidence("2-14").contains("1 reports of 6 days were read, about 7 messages"),
        "{}",
        checked.of("2-14")
    );
    // One report is too little for the advisor; that it is read is something.
    assert_eq!(checked.result("2-4"), "partial");
    // A year later there was none for long.
    let later = at("2024-11-20T00:00:00Z");
    assert_eq!((later.result("2-14"), later.result("2-4"), later.result("2-12")), ("not_met", "not_met", "partial"));
}

#[test]
fn months_of_reports_let_the_advisor_speak() {
    let house = House::new("known-months", ZONE);
    for day in 1..=95 {
        for reporter in ["one.example", "two.example"] {
            let records = [("12.1.1.5", 40, true), ("13.1.1.9", 9, false)];
            house.write(&format!("in/{reporter}-{day}.xml"), &report(day, reporter, &records));
        }
    }
    let directory = house.directory.join("in");
    house.told(&["report", "import", directory.to_str().unwrap()]);
    let before = house.files();
    let checked = house.check("example.jp", "owner");
    assert_eq!((checked.result("2-4"), checked.result("2-13"), checked.result("2-14")), ("met", "partial", "met"));
    let counted = format!("180 reports of 90 days were read, about {} messages", 90 * 2 * 49);
    assert!(checked.evidence("2-4").contains(&counted), "{}", checked.of("2-4"));
    assert!(checked.evidence("2-2").contains("news2026"), "{}", checked.of("2-2"));
    // The one include that nobody used is told, and the other one is not.
    let unused: Vec<_> = checked.found("SPF41").iter().map(|one| one["message"].to_string()).collect();
    assert!(unused.len() == 1 && unused[0].contains("_spf.idle.example"), "{unused:?}");
    assert_eq!(house.files(), before, "nothing was made or changed");
    let text = house.told(&["--lang", "ja", "check", "example.jp", "--guideline"]);
    assert!(text.contains("90 日間のレポート 180 件"), "{text}");
    assert!(text.contains("2-4  対応済み"), "{text}");
}

#[test]
fn reports_about_the_policy_domain_speak_of_names_below() {
    let zone = format!(
        "{ZONE}news MX 10 mx\nnews TXT \"v=spf1 ip4:12.1.1.0/24 -all\"\nown MX 10 mx\n\
         _dmarc.own TXT \"v=DMARC1; p=none; rua=mailto:dmarc@example.jp\"\n"
    );
    let house = House::new("known-below", &zone);
    for day in 1..=40 {
        for reporter in ["one.example", "two.example"] {
            let all = report(day, reporter, &[("12.1.1.5", 40, true), ("12.1.1.6", 7, true)]);
            // The second record is of the name below.
            let at = all.rfind("<header_from>example.jp").unwrap();
            let below = all[at..].replacen("<header_from>example.jp", "<header_from>news.example.jp", 1);
            house.write(&format!("in/{reporter}-{day}.xml"), &format!("{}{below}", &all[..at]));
        }
    }
    house.told(&["report", "import", house.directory.join("in").to_str().unwrap()]);
    let checked = house.check("news.example.jp", "owner");
    let results = ["2-4", "2-12", "2-13", "2-14"].map(|requirement| checked.result(requirement));
    assert_eq!(results, ["met", "met", "partial", "met"], "{}", checked.of("2-4"));
    let counted = format!("80 reports of 40 days were read, about {} messages", 40 * 2 * 7);
    let evidence = checked.evidence("2-14");
    assert!(evidence.contains(&counted) && evidence.contains("about example.jp, whose record applies"), "{evidence}");
    // The whole domain's messages are counted where it is asked about itself.
    assert!(house.check("example.jp", "owner").evidence("2-14").contains(&format!("about {} messages", 40 * 2 * 47)));
    // A name with a record of its own has reports of its own, and there were none.
    assert_eq!(house.check("own.example.jp", "owner").result("2-14"), "unknown");
}

#[test]
fn the_configuration_of_a_receiver_speaks() {
    let house = House::new("known-receiver", ZONE);
    let config = "[receiver]\nstage = \"filter\"\n[policy.memory]\nremember = true\n";
    house.write("sekisho.toml", config);
    let checked = house.check("example.jp", "receiver");
    let wanted = [
        ("5-1", "met"),
        ("5-2", "not_met"),
        ("5-3", "not_met"),
        ("5-4", "met"),
        ("5-5", "partial"),
        ("5-6", "not_applicable"),
        ("5-7", "not_applicable"),
        ("5-8", "not_met"),
        ("5-9", "met"),
        ("5-10", "not_met"),
    ];
    for (requirement, result) in wanted {
        assert_eq!(checked.result(requirement), result, "{requirement}");
    }
    let more = "bad_domain = \"quarantine\"\nreplay = \"quarantine\"\n[policy.dmarc]\nspf_everyone = \"label\"\n\
                [reports.send]\nfrom = \"postmaster@example.jp\"\nsubmit = \"smtp://127.0.0.1:25\"\n\
                [reports.failure]\ndmarc = true\n[methods]\nbimi = true\n";
    house.write("sekisho.toml", &format!("{config}{more}"));
    let checked = house.check("example.jp", "receiver");
    for at in 1..=10 {
        assert_eq!(checked.result(&format!("5-{at}")), "met");
    }
    house.write("sekisho.toml", &config.replace("filter", "observe"));
    assert_eq!(house.check("example.jp", "receiver").result("5-1"), "partial");
    let text = house.told(&["--lang", "ja", "check", "example.jp", "--role", "receiver", "--guideline"]);
    assert!(text.contains("5-1  一部対応") && text.contains("5-5  一部対応"), "{text}");
}

#[test]
fn what_the_operator_declares_is_shown_as_declared() {
    let house = House::new("known-declared", ZONE);
    let statement = |requirement: &str, met: bool, note: &str| {
        format!(
            "[[audit.statement]]\nrequirement = \"{requirement}\"\nmet = {met}\nby = \"Sekimori Taro\"\ndate = 2026-11-01\n\
             note = \"{note}\"\n"
        )
    };
    let statements =
        [statement("4-3", true, "SRS by Postfix"), statement("4-1", false, "<later>"), statement("4-6", false, "no")];
    house.write("sekisho.toml", &statements.concat());
    let checked = house.check("example.jp", "relay");
    assert_eq!((checked.result("4-3"), checked.result("4-1"), checked.result("4-7")), ("met", "not_met", "unknown"));
    let declared = serde_json::json!(
        { "met": true, "by": "Sekimori Taro", "date": "2026-11-01", "note": "SRS by Postfix" });
    assert_eq!(checked.of("4-3")["declared"], declared);
    // What DNS shows is not overruled.
    assert_eq!((checked.result("4-6"), &checked.of("4-6")["declared"]), ("met", &Value::Null));
    let shown = |lang: &str, format: &str| {
        house.told(&["--lang", lang, "check", "example.jp", "--role", "relay", "--guideline", "--format", format])
    };
    let (english, japanese, page) = (shown("en", "text"), shown("ja", "text"), shown("en", "html"));
    assert!(english.contains("4-3  met, as declared "), "{english}");
    assert!(english.contains("Declared by Sekimori Taro on 2026-11-01, not verified. SRS by Postfix\n"), "{english}");
    assert!(english.contains("4-1  not met, as declared "), "{english}");
    assert!(japanese.contains("4-3  対応済み(申告) "), "{japanese}");
    assert!(
        japanese.contains("2026-11-01、Sekimori Taro の申告です。確認はしていません。SRS by Postfix\n"),
        "{japanese}"
    );
    assert!(
        page.contains("met, as declared") && page.contains("2026-11-01") && page.contains("&lt;later&gt;"),
        "{page}"
    );
    // A profile's requirement, of a domain and of a message; only the profile of that name hears it.
    house.write("sekisho.toml", &statement("gmail/spam-rate", true, "0.05 % by Postmaster Tools"));
    house.write("news.eml", "From: a@example.jp\r\nSubject: news\r\n\r\nnews\r\n");
    let message = house.directory.join("news.eml");
    for asked in [&["example.jp"][..], &["--message", message.to_str().unwrap()]] {
        let told = |profile: &str| {
            let arguments = [&["--lang", "en", "check", "--profile", profile, "--format", "json"], asked].concat();
            let told: Value = serde_json::from_str(&house.told(&arguments)).unwrap();
            let all = told["profiles"][0]["requirements"].as_array().unwrap().clone();
            let rate = all.into_iter().find(|one| one["id"] == "spam-rate").unwrap();
            (rate["result"].clone(), rate["declared"]["by"].clone())
        };
        assert_eq!(told("gmail"), ("met".into(), "Sekimori Taro".into()));
        assert_eq!(told("yahoo"), ("unknown".into(), Value::Null));
    }
    // The guideline has no such requirement.
    house.write("sekisho.toml", &statement("9-9", true, ""));
    for (lang, part) in [("en", "there is no requirement “9-9”"), ("ja", "要件「9-9」はありません")] {
        let ran = house.run(&["--lang", lang, "check", "example.jp"]);
        let told = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.code() == Some(4) && told.contains("sekisho.toml:1:1") && told.contains(part), "{told}");
    }
}

const SIGNING: &str = "[[signing.key]]\ndomain = \"example.jp\"\nselector = \"s1\"\nfile = \"ed25519.pem\"\n";

#[test]
fn keys_and_mail_of_a_signer_speak() {
    let house = House::new("known-signer", ZONE);
    house.write("sekisho.toml", SIGNING);
    house.key("ed25519.pem", 0o600);
    // Keys without any mail: nothing is known of signatures, but the key is looked at.
    let checked = house.check("example.jp", "all");
    assert_eq!((checked.result("2-7"), checked.result("4-2")), ("unknown", "unknown"));
    assert!(checked.evidence("2-2").contains("s1") && checked.found("DKM35").is_empty(), "{}", checked.of("2-2"));
    house.sent(&[("example.jp", &[("example.jp", "s1")]), ("other.example", &[("example.jp", "s1")])]);
    let checked = house.check("example.jp", "all");
    assert_eq!((checked.result("2-7"), checked.result("4-2")), ("met", "met"));
    assert!(checked.evidence("4-2").contains("2 of 2 messages were signed"), "{}", checked.of("4-2"));
    house.write("sekisho.toml", &format!("{SIGNING}[signing]\nexcept = [\"Subject\"]\n"));
    assert_eq!(house.check("example.jp", "owner").result("2-7"), "partial");
    // Somebody else may read it.
    house.write("sekisho.toml", SIGNING);
    house.key("ed25519.pem", 0o644);
    assert_eq!(house.check("example.jp", "owner").found("DKM35").len(), 1);
    // Another key is published.
    house.write("sekisho.toml", &SIGNING.replace("s1", "news2026"));
    house.key("ed25519.pem", 0o600);
    let checked = house.check("example.jp", "owner");
    let [other] = checked.found("DKM35")[..] else { panic!("{}", checked.0) };
    assert!(other["message"].as_str().unwrap().contains("news2026") && other["severity"] == "error", "{other}");
}

#[test]
fn mail_that_left_unsigned_is_counted() {
    let house = House::new("known-unsigned", ZONE);
    house.write("sekisho.toml", SIGNING);
    house.key("ed25519.pem", 0o600);
    let sent: &[Sent<'_>] =
        &[("example.jp", &[("example.jp", "s1")]), ("example.jp", &[]), ("example.jp", &[]), ("other.example", &[])];
    house.sent(sent);
    let before = house.files();
    let checked = house.check("example.jp", "relay");
    assert_eq!(checked.result("4-2"), "partial");
    assert!(checked.evidence("4-2").contains("1 of 3 messages were signed"), "{}", checked.of("4-2"));
    assert_eq!(house.files(), before, "nothing was made or changed");
}

#[test]
fn clients_of_a_provider_speak() {
    let zone = format!(
        "{ZONE}$ORIGIN esp.test.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n@ TXT \"v=spf1 ip4:15.1.1.0/24 -all\"\n\
         _spf TXT \"v=spf1 ip4:15.1.1.0/24 -all\"\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@esp.test\"\n\
         $ORIGIN ready.test.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n\
         @ TXT \"v=spf1 include:_spf.esp.test -all\"\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@ready.test\"\n\
         s1._domainkey TXT \"v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=\"\n\
         $ORIGIN late.test.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n\
         $ORIGIN lost.test.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n;! lost.test. TXT servfail\n\
         ;! s1._domainkey.lost.test. TXT servfail\n;! _dmarc.lost.test. TXT servfail\n"
    );
    let house = House::new("known-provider", &zone);
    let key = |domain: &str| SIGNING.replace("example.jp", domain);
    let provider = "[keys]\nprovider_zone = \"dkim.esp.test\"\n";
    house.write("sekisho.toml", &format!("{provider}{}{}", key("ready.test"), key("late.test")));
    house.key("ed25519.pem", 0o600);
    house.sent(&[("bounce.esp.test", &[("ready.test", "s1")]), ("late.test", &[]), ("esp.test", &[("esp.test", "a")])]);
    let checked = house.check("esp.test", "esp");
    let results = ["3-1", "3-2", "3-3", "3-4"].map(|requirement| checked.result(requirement));
    assert_eq!(results, ["partial", "met", "partial", "partial"]);
    assert!(checked.evidence("3-1").contains("1 of 2 messages"), "{}", checked.of("3-1"));
    assert!(checked.evidence("3-2").contains("_spf.esp.test"), "{}", checked.of("3-2"));
    assert!(checked.evidence("3-4").contains("Not ready: late.test"), "{}", checked.of("3-4"));
    // A client of whom DNS does not tell is no client who is not ready; he is named.
    house.write("sekisho.toml", &format!("{provider}{}{}", key("ready.test"), key("lost.test")));
    let checked = house.check("esp.test", "esp");
    assert_eq!(["3-2", "3-3", "3-4"].map(|requirement| checked.result(requirement)), ["met", "unknown", "unknown"]);
    for requirement in ["3-3", "3-4"] {
        let evidence = checked.evidence(requirement);
        assert!(evidence.contains("1 of 2 clients") && evidence.contains("no answer about lost.test"), "{evidence}");
        assert_eq!(checked.of(requirement)["fix"], Value::Null);
    }
    house.write("sekisho.toml", &format!("{provider}{}", key("lost.test")));
    assert_eq!(house.check("esp.test", "esp").result("3-2"), "unknown");
    // Beside one who lacks something for certain, no answer could make it whole.
    house.write("sekisho.toml", &format!("{provider}{}{}", key("late.test"), key("lost.test")));
    let checked = house.check("esp.test", "esp");
    assert_eq!((checked.result("3-3"), checked.result("3-4")), ("not_met", "not_met"));
    // Of another domain this is not known.
    assert_eq!(house.check("example.jp", "esp").result("3-4"), "unknown");
}

#[test]
fn what_cannot_be_read_is_told_and_the_check_goes_on() {
    let house = House::new("known-damaged", ZONE);
    std::fs::create_dir_all(house.state().join("keys")).unwrap();
    for name in ["reports.sqlite", "ledger.sqlite", "keys/book"] {
        house.write(&format!("state/{name}"), "this is nothing of the kind");
        let path = house.state().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let before = house.files();
    for (lang, part) in [("en", "which cannot be read"), ("ja", "を読めないため")] {
        let ran = house.run(&["--lang", lang, "check", "example.jp", "--guideline"]);
        let (out, told) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
        assert_eq!(ran.status.code(), Some(0), "{told}");
        assert!(out.contains("2-14"), "{out}");
        for name in ["reports.sqlite", "ledger.sqlite"] {
            assert!(told.lines().any(|line| line.contains(name) && line.contains(part)), "{name}: {told}");
        }
        assert!(told.contains("book"), "{told}");
    }
    assert_eq!(house.files(), before, "nothing was made or changed");
}
