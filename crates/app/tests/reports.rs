//! `report`: reports from files into the store, and what is told of them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use feedback::Archive as _;
use feedback::archive::Host;
use serde_json::Value;
use store::SqliteArchive;
use store::archive::Settings;

/// A state directory of one test, made anew, and reports beside it.
struct Desk {
    directory: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(directory.join("in")).unwrap();
        Self { directory }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.join("in").join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["--lang", "en", "--at", "2026-03-20T12:00:00Z", "--state"]).arg(self.directory.join("state"));
        command.arg("report").args(arguments).env_clear().output().unwrap()
    }

    fn told(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let told = self.told(&[arguments, &["--format", "json"]].concat());
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A report: its id and day, and records of an address, a count, a DKIM domain and whether that is aligned and passed.
fn report(id: &str, day: u64, records: &[(&str, u64, &str, bool)]) -> String {
    let record = |(ip, count, signer, passed): &(&str, u64, &str, bool)| {
        let (result, aligned) = if *passed { ("pass", "pass") } else { ("fail", "fail") };
        format!(
            "<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated>\
             <disposition>none</disposition><dkim>{aligned}</dkim><spf>fail</spf></policy_evaluated></row>\
             <identifiers><header_from>example.jp</header_from></identifiers><auth_results>\
             <dkim><domain>{signer}</domain><selector>s1</selector><result>{result}</result></dkim>\
             <spf><domain>other.example</domain><scope>mfrom</scope><result>fail</result></spf></auth_results></record>"
        )
    };
    let (begin, end) = (1_772_323_200 + day * 86_400, 1_772_323_200 + (day + 1) * 86_400 - 1);
    format!(
        "<?xml version=\"1.0\"?><feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"><version>1.0</version>\
         <report_metadata><org_name>Receiver</org_name><email>dmarc@receiver.example</email>\
         <report_id>{id}</report_id><date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>\
         <policy_published><domain>example.jp</domain><p>none</p></policy_published>{}</feedback>",
        records.iter().map(record).collect::<String>()
    )
}

#[test]
fn what_was_imported_is_counted_once() {
    let desk = Desk::new("reports-counted");
    let first = desk.write(
        "a.xml",
        &report("r1", 0, &[("192.0.2.1", 30, "example.jp", true), ("203.0.113.9", 5, "example.jp", false)]),
    );
    desk.write("b.xml", &report("r2", 1, &[("192.0.2.1", 40, "example.jp", true)]));
    desk.write("c.txt", "no report");
    let directory = desk.directory.join("in");
    let ran = desk.run(&["import", directory.to_str().unwrap(), "--format", "json"]);
    assert_eq!(ran.status.code(), Some(3), "one of them was refused");
    let lines: Vec<Value> =
        String::from_utf8(ran.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [a, b, c, end] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(
        (a["status"].as_str(), b["status"].as_str(), c["status"].as_str()),
        (Some("accepted"), Some("accepted"), Some("refused"))
    );
    assert_eq!(
        (a["kind"].as_str(), a["records"].as_u64(), a["messages"].as_u64()),
        (Some("aggregate"), Some(2), Some(35))
    );
    assert_eq!((a["begin"].as_str(), a["end"].as_str()), (Some("2026-03-01T00:00:00Z"), Some("2026-03-01T23:59:59Z")));
    assert!(c["reason"].is_string() && c["reason_code"] == "refused-unknown", "{c}");
    let end = &end["summary"];
    assert_eq!(
        (end["accepted"].as_u64(), end["refused"].as_u64(), end["messages"].as_u64()),
        (Some(2), Some(1), Some(75))
    );
    // Once more: nothing is counted twice.
    let again = desk.json(&["import", &first]);
    assert_eq!((again[0]["status"].as_str(), again[1]["summary"]["messages"].as_u64()), (Some("duplicate"), Some(0)));
    let summary = &desk.json(&["summary"])[0];
    assert_eq!(summary["domain"], "example.jp");
    assert_eq!(
        (summary["messages"].as_u64(), summary["pass"].as_u64(), summary["reporters"].as_u64()),
        (Some(75), Some(70), Some(1))
    );
    let days = desk.json(&["summary", "--by-day"]);
    let by_day: Vec<_> =
        days.iter().filter_map(|line| Some((line["day"].as_str()?, line["messages"].as_u64()?))).collect();
    assert_eq!(by_day, [("2026-03-01", 35), ("2026-03-02", 40)]);
    // Another span of days.
    let none = desk.told(&["summary", "--from", "2025-01-01", "--to", "2025-02-01"]);
    assert!(none.contains("No reports count anything there"), "{none}");
}

/// What the store knows of the name of an address is what a mark by names of hosts goes by, and nobody is asked for it anew.
#[test]
fn a_mark_by_names_of_hosts_goes_by_the_names_that_are_kept() {
    let desk = Desk::new("reports-marked-hosts");
    let records = [("192.0.2.1", 30, "example.jp", true), ("203.0.113.9", 500, "other.example", false)];
    let path = desk.write("a.xml", &report("r1", 0, &records));
    desk.told(&["import", &path]);
    let class = || {
        let sources = desk.json(&["sources"]);
        let of = |one: &&Value| one["messages"] == 500;
        sources.iter().find(of).unwrap()["class"].as_str().unwrap().to_owned()
    };
    // Nothing is known of the address: a mark by a name says nothing of it.
    let mark = |standing: &str| desk.told(&["mark", "example.jp", "--hosts", "bulk.example", "--as", standing]);
    let before = class();
    mark("approved");
    assert_eq!(class(), before);
    mark("forgotten");
    // Its name comes to be known, as `report import --lookup` and the daemon find it out.
    let archive = SqliteArchive::open(&desk.directory.join("state/reports.sqlite"), Settings::default()).unwrap();
    let host = Host {
        address: "203.0.113.9".parse().unwrap(),
        name: Some("out7.bulk.example".into()),
        asn: None,
        as_name: None,
        country: None,
        at_s: 1_772_323_200,
    };
    testkit::block_on(archive.keep_hosts(vec![host])).unwrap();
    drop(archive);
    assert_eq!(class(), before, "it is judged where somebody says something");
    mark("approved");
    assert_eq!(class(), "misconfigured");
    mark("forgotten");
    assert_eq!(class(), before);
}

#[test]
fn sources_are_named_and_marked() {
    let desk = Desk::new("reports-sources");
    let path = desk.write(
        "a.xml",
        &report("r1", 0, &[("192.0.2.1", 30, "example.jp", true), ("203.0.113.9", 500, "evil.example", false)]),
    );
    desk.told(&["import", &path]);
    let sources = desk.json(&["sources", "--addresses"]);
    let counts: Vec<_> =
        sources.iter().map(|one| (one["network"].as_str().unwrap(), one["messages"].as_u64().unwrap())).collect();
    assert_eq!(counts, [("203.0.113.0/24", 500), ("192.0.2.0/24", 30)]);
    assert_eq!(sources[0]["addresses"][0]["address"], "203.0.113.9");
    // The owner says that nobody there has business with the domain, and everything is judged anew.
    let marked =
        desk.told(&["mark", "example.jp", "--network", "203.0.113.0/24", "--as", "denied", "--note", "not ours"]);
    assert!(marked.contains("example.jp"), "{marked}");
    let sources = desk.json(&["sources"]);
    assert_eq!((sources[0]["class"].as_str(), sources[0]["standing"].as_str()), (Some("suspected"), Some("denied")));
    assert_eq!(desk.json(&["summary"])[0]["classes"]["suspected"].as_u64(), Some(500));
    let marks = desk.json(&["mark"]);
    assert_eq!((marks[0]["network"].as_str(), marks[0]["note"].as_str()), (Some("203.0.113.0/24"), Some("not ours")));
    desk.told(&["mark", "example.jp", "--network", "203.0.113.0/24", "--as", "forgotten"]);
    assert!(desk.json(&["mark"]).is_empty());
    let exported = desk.told(&["export", "--format", "csv"]);
    assert_eq!(exported.lines().count(), 3, "{exported}");
    let advice = &desk.json(&["advise", "example.jp", "--offline", "--what-if", "p=reject"])[0];
    assert_eq!((advice["rung"].as_str(), advice["what_if"]["rejected"].as_u64()), (Some("p=none"), Some(500)));
    assert!(desk.told(&["advise", "example.jp", "--offline"]).contains("example.jp"));
}

/// Files that tell where addresses are, which the operator has.
#[test]
fn where_sources_are() {
    use testkit::mmdb::{self, mmdb};
    let desk = Desk::new("reports-places");
    let path = desk.write(
        "a.xml",
        &report("r1", 0, &[("192.0.2.1", 30, "example.jp", true), ("203.0.113.9", 5, "evil.example", false)]),
    );
    let code = mmdb::Value::Map(vec![("iso_code", mmdb::Value::Text("JP"))]);
    let country = mmdb::Value::Map(vec![("country", code)]);
    let number = ("autonomous_system_number", mmdb::Value::Number(64_496));
    let name = ("autonomous_system_organization", mmdb::Value::Text("Example Net"));
    let system = mmdb::Value::Map(vec![number, name]);
    let network = || "192.0.2.0".parse().unwrap();
    std::fs::write(desk.directory.join("country.mmdb"), mmdb("country", &[(network(), 24, country)])).unwrap();
    std::fs::write(desk.directory.join("asn.mmdb"), mmdb("asn", &[(network(), 24, system)])).unwrap();
    let config = desk.directory.join("sekisho.toml");
    std::fs::write(&config, "[reports.geo]\ncountry = \"country.mmdb\"\nasn = \"asn.mmdb\"\n").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    desk.told(&["import", &path]);
    // Without the files nothing is said of places.
    assert!(!desk.told(&["sources"]).contains("where"));
    assert_eq!(desk.json(&["sources"])[0]["countries"], Value::Array(Vec::new()));
    let text = desk.told(&[&["sources", "--addresses"], &config[..]].concat());
    assert!(text.contains("where") && text.contains("JP AS64496 Example Net"), "{text}");
    let sources = desk.json(&[&["sources", "--addresses"], &config[..]].concat());
    let told =
        |at: usize| (&sources[at]["countries"], &sources[at]["autonomous_systems"], &sources[at]["addresses"][0]);
    let (countries, systems, address) = told(0);
    assert_eq!((countries[0].as_str(), systems[0]["asn"].as_u64()), (Some("JP"), Some(64_496)));
    assert_eq!((systems[0]["name"].as_str(), address["country"].as_str()), (Some("Example Net"), Some("JP")));
    let (countries, systems, address) = told(1);
    assert!(countries[0].is_null() && systems[0].is_null() && address["asn"].is_null());
    let csv = desk.told(&[&["sources", "--format", "csv"], &config[..]].concat());
    assert!(csv.lines().next().unwrap().ends_with(",countries,asn,as_name"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().ends_with(",JP,64496,Example Net"), "{csv}");
    // A file that is none is named.
    std::fs::write(desk.directory.join("asn.mmdb"), "nothing of the kind").unwrap();
    let ran = desk.run(&[&["sources"], &config[..]].concat());
    assert_eq!(ran.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("asn.mmdb"));
}

#[test]
fn reports_about_others_are_refused_and_kept() {
    let desk = Desk::new("reports-foreign");
    let path = desk.write("a.xml", &report("r1", 0, &[("192.0.2.1", 30, "example.jp", true)]));
    let ran = desk.run(&["import", &path, "--domain", "example.com"]);
    assert_eq!(ran.status.code(), Some(3));
    let listed = desk.json(&["list", "--status", "refused", "--from", "2026-03-01"]);
    assert_eq!(listed[0]["reason_detail"], "refused-foreign-domain");
    let id = listed[0]["id"].as_u64().unwrap().to_string();
    let raw = desk.told(&["show", &id, "--format", "raw"]);
    assert_eq!(raw, std::fs::read_to_string(&path).unwrap());
    // Tried again, with the domain among ours, it is taken.
    let again = desk.json(&["import", &path, "--domain", "jp"]);
    assert_eq!(again[0]["status"], "accepted");
}

#[test]
fn a_report_is_told_alike_wherever_it_is_shown() {
    let desk = Desk::new("reports-alike");
    let arf = "From: dmarc@receiver.example\nSubject: report\nMIME-Version: 1.0\n\
               Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n\
               --x\nContent-Type: text/plain\n\nfailed\n\
               --x\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\nVersion: 1\n\
               User-Agent: test/1\nAuth-Failure: dmarc\nIdentity-Alignment: none\nIncidents: 3\n\
               Reporting-MTA: dns; mx.receiver.example\nReported-Domain: other.example\nSource-IP: 192.0.2.1\n\n\
               --x\nContent-Type: text/rfc822-headers\n\nFrom: a@example.jp\nSubject: x\n\n--x--\n";
    let path = desk.write("failure.eml", arf);
    let imported = &desk.json(&["import", &path])[0];
    assert_eq!((imported["kind"].as_str(), imported["messages"].as_u64()), (Some("failure"), Some(3)));
    let listed = &desk.json(&["list", "--from", "2026-03-01", "--to", "2026-04-01"])[0];
    for key in ["kind", "reporter", "report_id", "domain", "records", "messages", "status"] {
        assert_eq!(imported[key], listed[key], "{key}");
    }
    assert_eq!(
        (listed["domain"].as_str(), listed["reporter"].as_str()),
        (Some("example.jp"), Some("mx.receiver.example"))
    );
}

#[test]
fn each_kind_of_report_has_a_summary_of_its_own() {
    let desk = Desk::new("reports-kinds");
    let tls = "{\"organization-name\":\"Sender\",\"date-range\":{\"start-datetime\":\"2026-03-01T00:00:00Z\",\
               \"end-datetime\":\"2026-03-01T23:59:59Z\"},\"contact-info\":\"a@sender.example\",\"report-id\":\"t1\",\
               \"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.jp\"},\
               \"summary\":{\"total-successful-session-count\":90,\"total-failure-session-count\":10},\
               \"failure-details\":[{\"result-type\":\"certificate-expired\",\"failed-session-count\":10}]}]}";
    let arf = "From: dmarc@receiver.example\nMIME-Version: 1.0\n\
               Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n\
               --x\nContent-Type: text/plain\n\nfailed\n\
               --x\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\nVersion: 1\n\
               User-Agent: test/1\nAuth-Failure: dmarc\nIdentity-Alignment: none\nIncidents: 3\n\n\
               --x\nContent-Type: text/rfc822-headers\n\nFrom: a@example.jp\nSubject: x\n\n--x--\n";
    desk.write("a.xml", &report("r1", 0, &[("192.0.2.1", 30, "example.jp", true)]));
    desk.write("b.json", tls);
    desk.write("c.eml", arf);
    desk.told(&["import", desk.directory.join("in").to_str().unwrap()]);
    let span = ["summary", "--from", "2026-03-01", "--to", "2026-04-01"];
    let lines = desk.json(&span);
    let kinds: Vec<_> = lines.iter().map(|line| (line["kind"].as_str().unwrap(), &line["domain"])).collect();
    assert!(kinds.iter().all(|(_, domain)| **domain == "example.jp"), "{lines:?}");
    assert_eq!(kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), ["aggregate", "tls", "failure"]);
    let (tls, failure) = (&lines[1], &lines[2]);
    assert_eq!(
        (tls["sessions"].as_u64(), tls["failed"].as_u64(), tls["reporters"].as_u64()),
        (Some(100), Some(10), Some(1))
    );
    assert_eq!(tls["results"]["certificate-expired"].as_u64(), Some(10));
    assert_eq!((failure["reports"].as_u64(), failure["incidents"].as_u64()), (Some(1), Some(3)));
    assert_eq!(failure["failures"]["dmarc"].as_u64(), Some(3));
    let only = desk.json(&[&span[..], &["--kind", "tls", "--by-day"]].concat());
    let days: Vec<_> = only.iter().map(|line| (line["kind"].as_str(), line["day"].as_str())).collect();
    assert_eq!(days, [(Some("tls"), None), (Some("tls"), Some("2026-03-01"))]);
    let table = |kind: &str| desk.told(&[&span[..], &["--kind", kind, "--format", "csv"]].concat());
    assert_eq!(table("tls"), "domain,day,policies,sessions,successful,failed\r\nexample.jp,,1,100,90,10\r\n");
    assert_eq!(table("failure"), "domain,day,reports,incidents\r\nexample.jp,,1,3\r\n");
    assert!(table("aggregate").starts_with("domain,day,messages,pass,fail,"), "{}", table("aggregate"));
    let text = desk.told(&span);
    for wanted in ["30 messages", "TLS, 2026-03-01 to 2026-03-31, 1 reporter, 100 sessions", "1 report of 3 incidents"]
    {
        assert!(text.contains(wanted), "{text}");
    }
}

/// Whatever the pace of the threads that read, what is told and the ids are in the order of the files.
#[test]
fn many_files_are_told_in_their_order() {
    let desk = Desk::new("reports-order");
    for number in 0..300_u64 {
        // Large and small ones, and some that are none.
        let text = match number % 7 {
            3 => format!("no report {number}"),
            at => {
                let count = if at == 0 { 400 } else { 1 };
                let records = vec![("192.0.2.1", 1 + number, "example.jp", true); count];
                report(&format!("r{number}"), number % 20, &records)
            }
        };
        desk.write(&format!("{number:03}.xml"), &text);
    }
    let missing = desk.directory.join("no-such-file");
    let (directory, missing) = (desk.directory.join("in"), missing.to_str().unwrap().to_owned());
    let ran = desk.run(&["import", directory.to_str().unwrap(), &missing, "--format", "json"]);
    assert_eq!(ran.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("no-such-file"));
    let told: Vec<Value> =
        String::from_utf8(ran.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, told) = told.split_last().unwrap();
    assert_eq!((end["summary"]["accepted"].as_u64(), end["summary"]["refused"].as_u64()), (Some(257), Some(43)));
    for (number, line) in told.iter().enumerate() {
        assert!(line["path"].as_str().unwrap().ends_with(&format!("{number:03}.xml")), "{line}");
        assert_eq!(line["id"].as_u64(), Some(number as u64 + 1), "{line}");
    }
    assert_eq!(told.len(), 300);
}

#[test]
fn without_a_store_there_is_nothing_to_ask() {
    let desk = Desk::new("reports-none");
    for verb in ["summary", "sources", "list", "advise", "export"] {
        assert_eq!(desk.run(&[verb]).status.code(), Some(6), "{verb}");
    }
    assert_eq!(desk.run(&["import", "no-such-file"]).status.code(), Some(3));
}

#[test]
fn what_goes_is_counted_first() {
    let desk = Desk::new("reports-removed");
    for day in 0..4 {
        desk.write(&format!("{day}.xml"), &report(&format!("r{day}"), day, &[("192.0.2.1", 10, "example.jp", true)]));
    }
    let directory = desk.directory.join("in");
    desk.told(&["import", directory.to_str().unwrap()]);
    desk.told(&["mark", "example.jp", "--network", "192.0.2.0/24", "--as", "approved"]);
    let count = || desk.json(&["list", "--from", "2026-01-01"]).len();
    let numbers = |told: &Value| ["reports", "messages", "marks"].map(|key| told[key].as_u64().unwrap());
    // The first two days ended before the third began.
    let before = ["remove", "--domain", "example.jp", "--before", "2026-03-03"];
    let told = &desk.json(&before)[0];
    assert_eq!((numbers(told), told["removed"].as_bool(), count()), ([2, 20, 0], Some(false), 4));
    assert!(desk.told(&before).contains("--yes"));
    let told = &desk.json(&[&before[..], &["--yes"]].concat())[0];
    assert_eq!((numbers(told), told["removed"].as_bool(), count()), ([2, 20, 0], Some(true), 2));
    // Another domain has nothing; then all of it goes, with what was said of its sources.
    assert_eq!(numbers(&desk.json(&["remove", "--domain", "example.com"])[0]), [0, 0, 0]);
    let all = ["remove", "--domain", "example.jp"];
    assert_eq!(numbers(&desk.json(&all)[0]), [2, 20, 1]);
    desk.told(&[&all[..], &["--yes"]].concat());
    assert_eq!((count(), desk.json(&["mark"]).len()), (0, 0));
    assert_eq!(desk.run(&["remove", "--domain", "example.jp", "--before", "soon"]).status.code(), Some(2));
    assert_eq!(desk.run(&["remove"]).status.code(), Some(2));
}

#[test]
fn what_is_old_goes_by_itself() {
    let desk = Desk::new("reports-kept");
    for day in 0..4 {
        desk.write(&format!("{day}.xml"), &report(&format!("r{day}"), day, &[("192.0.2.1", 10, "example.jp", true)]));
    }
    desk.told(&["import", desk.directory.join("in").to_str().unwrap()]);
    let count = || desk.json(&["list", "--from", "2026-01-01"]).len();
    // They came on 2026-03-20 at 12:00, and are kept from then on.
    for (keep, at, want) in [
        ("", "2026-04-20T13:00:00Z", 4),
        ("keep_days = 17", "2026-04-06T12:00:00Z", 4),
        ("keep_days = 17\nkeep_days_of = { \"jp\" = 0 }", "2027-04-06T13:00:00Z", 4),
        ("keep_days = 0\nkeep_days_of = { \"other.example\" = 1 }", "2027-04-06T13:00:00Z", 4),
        ("keep_days = 0\nkeep_days_of = { \"example.jp\" = 17 }", "2026-04-06T12:00:01Z", 0),
    ] {
        let path = desk.directory.join("sekisho.toml");
        let text = format!("[dns]\nresolvers = [\"127.0.0.1:9\"]\n[ledger]\nenabled = false\n[reports]\n{keep}\n");
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["--lang", "en", "--at", at, "serve", "--once", "--config"]).arg(&path);
        let ran = command.arg("--state").arg(desk.directory.join("state")).env_clear().output().unwrap();
        assert!(ran.status.success(), "{keep}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(count(), want, "{keep}");
    }
}
