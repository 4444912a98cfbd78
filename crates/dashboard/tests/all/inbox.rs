//! The inbox, and one report.

use dashboard::Desk;
use dashboard::who::Role;
use feedback::archive::{Archive as _, DocumentQuery, Status};
use http::StatusCode;
use serde_json::Value;
use testkit::block_on;

use super::inbound;
use super::world::{TODAY, World, ask, get, report, text};

fn house(guest: Role) -> World {
    let world = World::with_reports(guest);
    inbound::fill_badly(&world, "example.jp", "google.com", &str::to_owned);
    world
}

fn json(desk: &Desk<World>, target: &str) -> Value {
    let answer = get(desk, &format!("/api/v1{target}"));
    assert_eq!(answer.status(), StatusCode::OK, "{target}: {}", text(&answer));
    serde_json::from_slice(answer.body()).unwrap()
}

fn ids(desk: &Desk<World>, query: &str) -> Vec<u64> {
    let found = json(desk, &format!("/reports{query}"));
    found["reports"].as_array().unwrap().iter().map(|line| line["id"].as_u64().unwrap()).collect()
}

/// The totals, and how many the list has that stand like this.
fn totals(desk: &Desk<World>, query: &str) -> Vec<(String, u64, u64)> {
    let sign = if query.is_empty() { '?' } else { '&' };
    let found = json(desk, &format!("/reports{query}"));
    let all = found["totals"].as_object().unwrap().iter().map(|(word, count)| {
        let listed = ids(desk, &format!("{query}{sign}status={word}")).len() as u64;
        (word.clone(), count.as_u64().unwrap(), listed)
    });
    all.collect()
}

#[test]
fn totals_are_those_of_the_filter_and_lead_to_what_they_count() {
    let world = house(Role::Viewer);
    world.bring(report("example.jp", TODAY - 4, "google.com", &str::to_owned));
    let desk = Desk::new(world, [0; 32]);
    let all = totals(&desk, "");
    let counts: Vec<_> = all.iter().map(|(word, count, _)| (word.as_str(), *count)).collect();
    let wanted = [("accepted", 58), ("conflicting", 2), ("duplicate", 1), ("refused", 2), ("salvaged", 1)];
    assert_eq!(counts, wanted);
    for query in ["", "?kind=tls", "?domain=example.jp", "?days=3", "?reporter=Yahoo", "?domain=example.org"] {
        for (word, count, listed) in totals(&desk, query) {
            assert_eq!(count, listed, "{word} {query}");
        }
    }
    // The status that is chosen changes no total, nor does the page.
    assert_eq!(json(&desk, "/reports?status=refused")["totals"], json(&desk, "/reports?before=20")["totals"]);
    let page = text(&get(&desk, "/reports?kind=aggregate&before=60&lang=en"));
    assert!(page.contains("href=\"/reports?kind=aggregate&amp;lang=en&amp;status=conflicting\">2</a>"), "{page}");
    let file = text(&get(&desk, "/reports.csv?table=totals"));
    assert_eq!(
        file.trim_start_matches('\u{feff}'),
        "status,reports\r\naccepted,58\r\nsalvaged,1\r\nrefused,2\r\nduplicate,1\r\nconflicting,2\r\n"
    );
    assert!(text(&get(&desk, "/reports?status=duplicate&lang=ja")).contains("同じレポートがさらに 1 回届きました"));
    // Of a person of one domain, theirs alone: what was refused is of none.
    let desk = Desk::new(inbound::known(house(Role::Viewer), "viewer:example.net"), [0; 32]);
    let answer = ask(&desk, "GET", "/api/v1/reports", inbound::KNOWN, "");
    let found: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(found["totals"]["accepted"].as_u64(), Some(found["reports"].as_array().unwrap().len() as u64));
    assert_eq!((&found["totals"]["refused"], &found["totals"]["accepted"]), (&0.into(), &20.into()));
}

#[test]
fn reports_are_listed_and_filtered() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    // 40 aggregate reports, a failure report, 16 TLS reports, two that were refused, one that conflicts, one that overlaps.
    assert_eq!(ids(&desk, ""), (1..=61).rev().collect::<Vec<_>>());
    assert_eq!(ids(&desk, "?kind=failure"), [41]);
    assert_eq!(ids(&desk, "?kind=tls&domain=example.jp").len(), 16);
    assert_eq!(ids(&desk, "?kind=tls&domain=example.net").len(), 0);
    assert_eq!(ids(&desk, "?status=refused"), [59, 58]);
    assert_eq!(ids(&desk, "?status=salvaged"), [60]);
    assert_eq!(ids(&desk, "?status=conflicting"), [60, 3]);
    assert_eq!(ids(&desk, "?status=overlapping"), [61, 11]);
    assert_eq!(ids(&desk, "?status=unauthenticated"), [59]);
    assert_eq!(ids(&desk, "?reporter=Yahoo&days=3").len(), 2);
    assert_eq!(ids(&desk, "?report_id=example.jp-20778-"), [60, 3]);
    assert_eq!(ids(&desk, "?before=3"), [2, 1]);
    for wrong in ["?kind=x", "?status=x", "?before=x"] {
        assert_eq!(get(&desk, &format!("/reports{wrong}")).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    let page = text(&get(&desk, "/reports?status=refused"));
    assert!(page.contains("It is readable, but something else than a report") && page.contains("Refused"), "{page}");
    let file = text(&get(&desk, "/reports.csv?kind=failure"));
    assert!(file.contains("id,received,status,kind,reporter,") && file.contains("\r\n41,"), "{file}");
}

#[test]
fn long_lists_go_on_where_they_stopped() {
    let world = house(Role::Viewer);
    for day in 20..100 {
        world.bring(report("example.jp", TODAY - 1 - day, "late", &str::to_owned));
    }
    let desk = Desk::new(world, [0; 32]);
    let first = json(&desk, "/reports?days=365");
    assert_eq!(first["reports"].as_array().unwrap().len(), 100);
    let next = first["next"].as_u64().unwrap();
    assert_eq!(ids(&desk, &format!("?days=365&before={next}")), (1..next).rev().collect::<Vec<_>>());
    assert!(text(&get(&desk, "/reports?days=365")).contains(&format!("before={next}")));
    let file = text(&get(&desk, "/reports.csv?days=365"));
    assert_eq!(file.lines().count(), 142);
}

#[test]
fn a_person_of_one_domain_sees_its_reports_alone() {
    let desk = Desk::new(inbound::known(house(Role::Viewer), "operator:example.net"), [0; 32]);
    let get = |target: &str| ask(&desk, "GET", target, inbound::KNOWN, "");
    let ids = |query: &str| -> Vec<u64> {
        let found: Value = serde_json::from_slice(get(&format!("/api/v1/reports{query}")).body()).unwrap();
        found["reports"].as_array().unwrap().iter().map(|line| line["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(""), (1..=20).map(|number| number * 2).rev().collect::<Vec<_>>());
    assert_eq!(ids("?domain=example.jp"), [0_u64; 0]);
    assert_eq!(get("/reports/2").status(), StatusCode::OK);
    for target in ["/reports/1", "/reports/58", "/reports/1.raw", "/raw/41", "/raw/59", "/reports/1.csv"] {
        assert_eq!(get(target).status(), StatusCode::NOT_FOUND, "{target}");
    }
    let page = text(&get("/reports"));
    assert!(
        !page.contains("example.jp") || page.matches("example.jp").count() == page.matches("mx.example.jp").count()
    );
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let done = ask(&desk, "POST", "/reports/read-again", inbound::KNOWN, &format!("id=58&csrf={token}"));
    assert_eq!(done.status(), StatusCode::NOT_FOUND);
}

#[test]
fn one_report_is_told_in_full() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    let page = text(&get(&desk, "/reports/60"));
    for wanted in [
        "Report 60",
        "Read in part",
        "It is cut off",
        "says something else than report 3",
        "href=\"/reports/3\"",
        "The reporter says: no record",
        "A record counts no message at all.",
        "p=none",
        "203.0.113.66",
        "spoofer.example:s1=pass",
        "&lt;feedback/&gt;",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(!page.contains("/reports/read-again"), "a viewer may not");
    let value = json(&desk, "/reports/60");
    assert_eq!((&value["messages"], &value["rows"][0]["count"]), (&951.into(), &701.into()));
    assert_eq!(text(&get(&desk, "/reports/60.csv")).lines().count(), 5);
    assert!(text(&get(&desk, "/reports/44")).contains("certificate-expired mx1.example.jp 7"));
    for target in ["/reports/999", "/reports/x", "/reports/60/x"] {
        assert_eq!(get(&desk, target).status(), StatusCode::NOT_FOUND, "{target}");
    }
}

#[test]
fn a_report_can_be_had_as_it_came_by_those_who_may() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    let file = get(&desk, "/reports/1.raw");
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"sekisho-report-1.xml.gz\"");
    assert_eq!(file.body()[..2], [0x1f, 0x8b]);
    // Failure reports, and what nobody could read, may hold mail of others.
    for (target, page) in [("/reports/41", "operators"), ("/reports/59", "operators")] {
        let shown = text(&get(&desk, target));
        assert!(shown.contains(page) && !shown.contains("Pay now") && !shown.contains("from somebody"), "{shown}");
        assert_eq!(get(&desk, &format!("{target}.raw")).status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(get(&desk, "/raw/41").status(), StatusCode::FORBIDDEN);
    let desk = Desk::new(house(Role::Operator), [0; 32]);
    assert!(text(&get(&desk, "/raw/59")).contains("Received: from somebody"));
    assert_eq!(
        get(&desk, "/raw/41.raw").headers()["content-disposition"].to_str().unwrap().split('"').nth(1),
        Some("sekisho-report-41.eml.gz")
    );
    assert_eq!(get(&desk, "/overview.raw").status(), StatusCode::NOT_FOUND);
}

#[test]
fn what_was_refused_can_be_tried_again() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    assert_eq!(ask(&desk, "POST", "/reports/read-again", &[], "id=58").status(), StatusCode::FORBIDDEN);
    let desk = Desk::new(house(Role::Operator), [0; 32]);
    assert!(text(&get(&desk, "/reports/58")).contains("/reports/read-again"));
    let done = ask(&desk, "POST", "/reports/read-again", &[], "id=58");
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", text(&done));
    let address = done.headers()["location"].to_str().unwrap().to_owned();
    assert!(address.ends_with("?done=page-done-read-again"), "{address}");
    let page = text(&get(&desk, &address));
    assert!(page.contains("The report was read, and counts now.") && page.contains("once-refused"), "{page}");
    let query = DocumentQuery { status: Some(Status::Refused), ..DocumentQuery::default() };
    let left = block_on(desk.sources().archive.documents(query)).unwrap().lines;
    assert_eq!(left.iter().map(|line| line.id.0).collect::<Vec<_>>(), [59]);
    // What is no report today either stays refused.
    let done = ask(&desk, "POST", "/reports/read-again", &[], "id=59&back=%2Freports%2F59");
    assert_eq!(done.headers()["location"], "/reports/59?done=page-done-read-in-vain");
    assert_eq!(ask(&desk, "POST", "/reports/read-again", &[], "id=999").status(), StatusCode::NOT_FOUND);
}

/// The letters of an answer for programs: language, addressee, subject, text, address.
fn letters(value: &Value) -> Vec<[String; 5]> {
    let text = |letter: &Value, name: &str| letter[name].as_str().unwrap_or_default().to_owned();
    let names = ["language", "to", "subject", "text", "mailto"];
    value.as_array().unwrap().iter().map(|letter| names.map(|name| text(letter, name))).collect()
}

#[test]
fn a_reporter_is_asked_to_send_again() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    let salvaged = letters(&json(&desk, "/reports/60")["letters"]);
    let [english, japanese] = &salvaged[..] else { panic!("{salvaged:?}") };
    assert_eq!((&*english[0], &*english[1]), ("en", "noreply@reporter.example"));
    assert_eq!(english[2], "Your report example.jp-20778- could be read in part only");
    for wanted in [
        "Hello,\n\nwe received",
        "\nId of the report: example.jp-20778-\nReporter: google.com\nDomain: example.jp\nPeriod: 2026-11-21\n",
        "[RFC 9990 §3.1.1, salvaged-cut]\n",
        "- A record counts no message at all. × 2 [RFC 9990 §3.1.1.8, deviation-count-zero]\n",
        "send the report again to the address in the rua tag",
    ] {
        assert!(english[3].contains(wanted), "{wanted} in {}", english[3]);
    }
    assert_eq!((&*japanese[0], &*japanese[2]), ("ja", "レポート example.jp-20778- は一部しか読み取れませんでした"));
    assert!(
        japanese[3].contains("対象期間: 2026-11-21\n") && japanese[3].contains("RFC 9990 §3.1.1.8"),
        "{japanese:?}"
    );
    assert!(english[4].starts_with("mailto:noreply@reporter.example?subject=Your%20report%20example.jp-20778-"));
    assert!(english[4].contains("&body=Hello%2C%0D%0A%0D%0Awe%20received"), "{}", english[4]);
    // One that was refused says nothing of itself: whoever vouched for the mail is written to.
    let refused = letters(&json(&desk, "/reports/58")["letters"]);
    assert_eq!(refused[0][1], "postmaster@reporter.example");
    assert!(refused[0][2].contains("(not told)") && refused[0][3].contains("could not read.\n"), "{refused:?}");
    // Both languages stand on the page, whatever its own is; there is none where nothing is wrong.
    let page = text(&get(&desk, "/reports/60?lang=ja"));
    assert!(page.contains("レポート送信者への文面") && page.contains("Subject: Your report"), "{page}");
    assert_eq!(json(&desk, "/reports/1")["letters"], Value::Array(Vec::new()));
    assert!(!text(&get(&desk, "/reports/1")).contains("mailto:"));
    assert!(text(&get(&desk, "/reports/59?lang=en")).contains("Nobody vouches for this report: it may"));
}

#[test]
fn a_reporter_is_asked_to_mend_its_reports() {
    let desk = Desk::new(house(Role::Viewer), [0; 32]);
    let one = json(&desk, "/reporters?reporter=google.com");
    let all = letters(&one["reporters"][0]["letters"]);
    assert_eq!(all.len(), 2);
    assert_eq!((&*all[0][1], &*all[0][2]), ("noreply@reporter.example", "About the reports of google.com"));
    assert!(all[0][3].contains("Period: 2026-10-25 – 2026-11-23\n"), "{}", all[0][3]);
    assert!(all[0][3].contains("- Reports that could not be read, or in part only: 1.\n"), "{}", all[0][3]);
    assert!(all[0][3].contains("× 22 [RFC 9990 §3.1.1, deviation-field-order]"), "{}", all[0][3]);
    // Of all of them together there is none.
    let every = json(&desk, "/reporters");
    assert!(every["reporters"].as_array().unwrap().iter().all(|one| one["letters"] == Value::Array(Vec::new())));
    assert!(text(&get(&desk, "/reporters?reporter=google.com&lang=en")).contains("A letter to the reporter"));
}

/// Whatever a report says of itself, a letter has the lines that we wrote, one addressee, and one subject.
#[test]
fn no_report_writes_into_a_letter() {
    let lines = |world: World, target: &str| {
        let desk = Desk::new(world, [0; 32]);
        let value = json(&desk, target);
        let found = if value["letters"].is_null() { &value["reporters"][0]["letters"] } else { &value["letters"] };
        letters(found)
    };
    let hostile =
        "x\r\nBcc: victim@example.net\r\n\r\nPay now\u{2028}&bcc=a@example.net?cc=b@example.net\u{202e}%0d%0aTo: c";
    let target = |reporter: &str| {
        let name: String = url::form_urlencoded::byte_serialize(reporter.as_bytes()).collect();
        format!("/reporters?reporter={name}")
    };
    let usual = lines(house(Role::Admin), "/reports/60");
    let tainted = World::with_hostile_reports(Role::Admin, hostile);
    let archive = block_on(tainted.archive.documents(DocumentQuery::default())).unwrap();
    let salvaged = archive.lines.iter().find(|line| line.status == Status::Salvaged).unwrap().id.0;
    let all = lines(tainted, &format!("/reports/{salvaged}"));
    let of_reporter = lines(World::with_hostile_reports(Role::Admin, hostile), &target(hostile));
    assert_eq!((all.len(), of_reporter.len()), (2, 2));
    for (letter, usual) in all.iter().zip(&usual) {
        // The member of an archive is one line more than the usual one has.
        assert_eq!(letter[3].lines().count(), usual[3].lines().count() + 1, "{}", letter[3]);
    }
    for letter in all.iter().chain(&of_reporter) {
        assert!(
            letter[3].lines().all(|line| !line.starts_with("Bcc:") && !line.starts_with("Pay now")),
            "{}",
            letter[3]
        );
        assert!(!letter[2].contains(['\r', '\n', '\u{2028}', '\u{202e}']), "{}", letter[2]);
        assert!(!letter[1].contains("victim") && letter[1].matches('@').count() <= 1, "{}", letter[1]);
        let url = url::Url::parse(&letter[4]).unwrap();
        let fields: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert!(fields == ["subject"] || fields == ["subject", "body"], "{fields:?}");
        let lower = letter[4].to_ascii_lowercase();
        let head = lower.split("&body=").next().unwrap();
        assert!(!head.contains("%0d") && !head.contains("%0a"), "{head}");
        assert!(letter[4].len() <= 2_000);
    }
}
