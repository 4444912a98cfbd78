//! What is published: our domains, one domain, the guideline's requirements, the keys.

use audit::Known;
use audit::known::{Provider, Reported};
use dashboard::Desk;
use dashboard::sources::Looked;
use dashboard::who::Role;
use http::StatusCode;
use mailtext::Domain;
use people::{Grant, Name, NewLine, Person, Registry as _};
use serde_json::Value;
use testkit::block_on;

use super::world::{NOW_MS, World, ask, get, text};

const DAY_S: u64 = 86_400;

fn house() -> Desk<World> {
    Desk::new(World::with_reports(Role::Viewer), [0; 32])
}

fn value(desk: &Desk<World>, target: &str) -> Value {
    serde_json::from_slice(get(desk, target).body()).unwrap()
}

#[test]
fn the_domains_with_how_they_stand_and_what_changed_last() {
    let desk = house();
    let file = text(&get(&desk, "/domains.csv"));
    let mut lines = file.lines().skip(1);
    let first = lines.next().unwrap();
    let wanted = "example.jp,0,1,2,3,2,5,2,5,2026-11-22T10:00:00Z,2026-11-22T10:00:00Z,";
    assert!(first.starts_with(wanted) && first.contains("_a.service.example was changed"), "{first}");
    assert_eq!(lines.next(), Some("example.net,1,2,0,3,0,5,0,5,2026-11-22T10:00:00Z,,"));
    assert_eq!(lines.next(), None);
    let page = text(&get(&desk, "/domains"));
    assert!(page.contains("<a href=\"/domains/example.jp\">") && page.contains("/domains/example.jp#findings"));
    assert!(page.contains("2 / 3"), "{page}");
    let found = value(&desk, "/api/v1/domains?q=JP");
    assert_eq!(found["domains"].as_array().unwrap().len(), 1);
    let changed = &found["domains"][0]["changed"];
    assert_eq!(changed["at"], "2026-11-22T10:00:00Z");
    assert_eq!(changed["changes"][1]["new"][0], "v=DMARC1; p=none; rua=mailto:dmarc@example.jp");
    assert_eq!(value(&desk, "/api/v1/domains?after=example.jp")["domains"][0]["domain"], "example.net");
}

#[test]
fn a_domain_of_which_there_are_reports_alone_is_there_too() {
    let mut world = World::with_reports(Role::Viewer);
    world.audits = Default::default();
    let desk = Desk::new(world, [0; 32]);
    assert!(text(&get(&desk, "/domains")).contains("sekisho check --save"));
    let page = text(&get(&desk, "/domains/example.jp"));
    assert!(
        page.contains("No audit of this domain is kept") && page.contains("sekisho check --save example.jp"),
        "{page}"
    );
    assert_eq!(get(&desk, "/domains/example.org").status(), StatusCode::NOT_FOUND);
}

#[test]
fn a_domain_with_its_records_and_what_they_were() {
    let desk = house();
    let page = text(&get(&desk, "/domains/example.jp"));
    // Now, against the last audit; the last audit, against the one before.
    for piece in [
        "<del>p=none; </del><ins>p=nnoe; </ins>",
        "<del>p=reject; </del><ins>p=none; </ins>",
        "v=spf1 <del>ip4:12.1.3.0/24 </del><ins>ip4:12.1.2.0/24 </ins>-all",
        "asks for a weaker policy than before",
        "<time class=\"nowrap\" datetime=\"2026-11-22T10:00:00Z\">",
        "The first audit that is kept.",
        "worst case so far: 2 of 10",
        "_dmarc.example.jp. TXT &quot;v=DMARC1; p=none; rua=mailto:dmarc@example.jp&quot;",
        "forged mail is delivered, and reports are sent",
    ] {
        assert!(page.contains(piece), "{piece}: {page}");
    }
    let found = value(&desk, "/api/v1/domains/example.jp");
    let kinds: Vec<_> = found["records"].as_array().unwrap().iter().map(|record| &record["type"]).collect();
    assert_eq!(kinds, ["spf", "dmarc", "dkim", "bimi", "mta-sts", "mta-sts-policy", "tls-rpt", "mx", "ns"]);
    assert_eq!(found["records"][0]["since"], "2026-11-20T10:00:00Z");
    assert_eq!(found["records"][1]["since"], Value::Null);
    assert_eq!((&found["audits"], &found["now"]), (&3.into(), &true.into()));
    // The audit between the two is the same as the one before it.
    assert_eq!(found["history"].as_array().unwrap().len(), 2);
    assert_eq!(found["spf_tree"]["lookups"], 2);
    let levels: Vec<_> = found["spf_tree"]["branches"].as_array().unwrap().iter().map(|one| &one["level"]).collect();
    assert_eq!(levels, [0, 1, 1, 2, 3, 3, 2, 2, 1]);
    for (table, wanted) in [
        ("records", "spf,example.jp,v=spf1 ip4:11.1.1.1 include:_spf.service.example -all,2026-11-20T10:00:00Z"),
        ("findings", "DMC06,warning,_dmarc.example.jp,TXT,v=DMARC1; p=nnoe; rua=mailto:dmarc@example.jp,"),
        ("history", "2026-11-22T10:00:00Z,other,"),
    ] {
        let file = text(&get(&desk, &format!("/domains/example.jp.csv?table={table}")));
        assert!(file.contains(wanted), "{table}: {file}");
    }
}

#[test]
fn the_bytes_in_question_are_underlined() {
    let mut world = World::with_reports(Role::Viewer);
    let zone = testkit::zone("$ORIGIN example.net.\n@ TXT \"v=spf1 ip4:11.1.1.1 -all mx\"\n");
    world.audits.looked("example.net", &zone, &Known::default());
    let page = text(&get(&Desk::new(world, [0; 32]), "/domains/example.net"));
    assert!(page.contains("v=spf1 ip4:11.1.1.1 -all <mark>mx</mark>"), "{page}");
}

/// A house in which nobody has looked at `example.jp` a short while ago.
fn unlooked() -> World {
    let mut world = World::with_reports(Role::Viewer);
    world.audits.forget("example.jp");
    world
}

#[test]
fn dns_is_asked_where_somebody_wants_that_and_all_forms_tell_the_same() {
    let desk = Desk::new(unlooked(), [0; 32]);
    let page = text(&get(&desk, "/domains/example.jp"));
    assert!(page.contains("<input type=\"hidden\" name=\"now\" value=\"1\"><button>Look now</button>"), "{page}");
    assert!(page.contains("This is what the last audit kept") && !page.contains("worst case so far"), "{page}");
    let before = value(&desk, "/api/v1/domains/example.jp");
    assert_eq!((&before["look"], &before["now"]), (&"not-asked".into(), &false.into()));
    assert!(text(&get(&desk, "/domains/example.jp.csv")).contains("_dmarc.example.jp,v=DMARC1; p=none;"));
    assert_eq!(*desk.sources().audits.asked.lock().unwrap(), [], "a page alone asks nobody");

    let now = value(&desk, "/api/v1/domains/example.jp?now=1");
    assert_eq!((&now["look"], &now["now"], &now["at"]), (&"seen".into(), &true.into(), &"2026-11-23T10:00:00Z".into()));
    let page = text(&get(&desk, "/domains/example.jp?now=1"));
    let file = text(&get(&desk, "/domains/example.jp.csv?now=1&table=findings"));
    let findings = now["findings"].as_array().unwrap();
    assert_eq!(file.lines().count() - 1, findings.len());
    for finding in findings {
        let (rule, message) = (finding["rule"].as_str().unwrap(), finding["message"].as_str().unwrap());
        assert!(page.contains(rule) && file.contains(rule), "{rule}");
        assert!(page.contains(&message.replace('&', "&amp;").replace('"', "&quot;")), "{message}");
    }
    assert_eq!(now["spf_tree"]["lookups"], 2);
    assert!(page.contains("worst case so far: 2 of 10") && page.contains("data-copy=\"_dmarc.example.jp."), "{page}");
    // Of the guideline, too: what shows that a requirement is met is known of a look alone.
    assert_eq!(value(&desk, "/api/v1/guideline?domain=example.jp")["look"], "not-asked");
    let judged = value(&desk, "/api/v1/guideline?domain=example.jp&now=1");
    assert_eq!((&judged["look"], judged["requirements"].as_array().unwrap().len()), (&"seen".into(), 36));
    assert_eq!(desk.sources().audits.asked.lock().unwrap().len(), 4);
}

#[test]
fn what_a_look_underlines_programs_have_as_a_span() {
    let mut world = World::with_reports(Role::Viewer);
    let zone = testkit::zone("$ORIGIN example.net.\n@ TXT \"v=spf1 ip4:11.1.1.1 -all mx\"\n");
    world.audits.looked("example.net", &zone, &Known::default());
    world.audits.forget("example.net");
    let desk = Desk::new(world, [0; 32]);
    assert!(!text(&get(&desk, "/domains/example.net")).contains("<mark>"));
    let page = text(&get(&desk, "/domains/example.net?now=1"));
    let now = value(&desk, "/api/v1/domains/example.net?now=1");
    let findings = now["findings"].as_array().unwrap().iter();
    let spans = findings.filter_map(|finding| Some((finding["record"].as_str()?, finding["span"].as_array()?)));
    let spans: Vec<_> = spans.collect();
    assert!(!spans.is_empty(), "{now}");
    for (record, span) in spans {
        let at = |end: usize| usize::try_from(span[end].as_u64().unwrap()).unwrap();
        assert!(page.contains(&format!("<mark>{}</mark>", &record[at(0)..at(1)])), "{record} {span:?}: {page}");
    }
}

#[test]
fn why_nothing_was_seen_is_told_and_the_last_audit_stands_there() {
    for (looked, word, sentence) in [
        (Looked::Silent, "silent", "nobody answered anything"),
        (Looked::Late, "late", "not there in time"),
        (Looked::Busy, "busy", "Other domains are being looked at"),
    ] {
        let mut world = unlooked();
        world.audits.answers.insert(Domain::parse("example.jp").unwrap(), looked);
        let desk = Desk::new(world, [0; 32]);
        let page = text(&get(&desk, "/domains/example.jp?now=1"));
        assert!(page.contains(sentence) && page.contains("This is what the last audit kept"), "{word}: {page}");
        let found = value(&desk, "/api/v1/domains/example.jp?now=1");
        assert_eq!((&found["look"], &found["now"]), (&word.into(), &false.into()));
        assert_eq!(found["records"][0]["texts"][0], "v=spf1 ip4:11.1.1.1 include:_spf.service.example -all");
    }
}

#[test]
fn questions_without_an_answer_are_named() {
    let mut world = World::with_reports(Role::Viewer);
    let zone = testkit::zone("$ORIGIN example.net.\n@ TXT \"v=spf1 ip4:11.1.1.1 -all\"\n;! _dmarc TXT servfail\n");
    world.audits.looked("example.net", &zone, &Known::default());
    let desk = Desk::new(world, [0; 32]);
    let page = text(&get(&desk, "/domains/example.net"));
    assert!(page.contains("What nobody answered") && page.contains("no answer (servfail)"), "{page}");
    let named = value(&desk, "/api/v1/domains/example.net")["unanswered"].clone();
    assert_eq!(named, serde_json::json!([{ "name": "_dmarc.example.net", "type": "TXT", "failure": "servfail" }]));
    let file = text(&get(&desk, "/domains/example.net.csv?table=unanswered"));
    assert!(file.ends_with("_dmarc.example.net,TXT,servfail\r\n"), "{file:?}");
    let whole = value(&Desk::new(World::with_reports(Role::Viewer), [0; 32]), "/api/v1/domains/example.jp");
    assert_eq!(whole["unanswered"], serde_json::json!([]));
}

#[test]
fn a_look_is_for_the_domains_of_the_person_and_asked_for_by_one_word() {
    let desk = Desk::new(unlooked().with_limited("viewer:example.net"), [0; 32]);
    let seen = |target: &str| ask(&desk, "GET", target, &[("remote-user", "limited")], "");
    for hidden in
        ["/domains/example.jp?now=1", "/api/v1/domains/example.jp?now=1", "/guideline?domain=example.jp&now=1"]
    {
        assert_eq!(seen(hidden).status(), StatusCode::NOT_FOUND, "{hidden}");
    }
    // Somebody who has no domain at all, and a domain that is nobody's here.
    assert_eq!(get(&Desk::new(unlooked(), [0; 32]), "/domains/example.org?now=1").status(), StatusCode::NOT_FOUND);
    for wrong in ["/domains/example.net?now=2", "/api/v1/domains/example.net?now=yes", "/guideline?now=true"] {
        assert_eq!(seen(wrong).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(*desk.sources().audits.asked.lock().unwrap(), []);
    let description: Value = serde_json::from_slice(seen("/api/v1/openapi.json").body()).unwrap();
    for path in ["/domains/{id}", "/guideline"] {
        let parameters = description["paths"][path]["get"]["parameters"].as_array().unwrap();
        let now = parameters.iter().find(|one| one["name"] == "now").unwrap();
        assert_eq!(now["schema"]["anyOf"][0]["enum"], serde_json::json!(["1"]), "{path}");
    }
}

#[test]
fn what_the_house_does_for_others_is_told_to_who_sees_all() {
    let zone = testkit::zone("$ORIGIN example.net.\n@ TXT \"v=spf1 ip4:11.1.1.1 -all\"\n");
    let client = Domain::parse("client.example").unwrap();
    let provider = Provider { clients: 2, ready: 1, not_ready: vec![client], messages: 9, ..Provider::default() };
    let above = Domain::parse("net").unwrap();
    let reports = Reported { policy_domain: Some(above), reports: 4_711, ..Reported::default() };
    let known = Known { provider: Some(provider), reports: Some(reports), ..Known::default() };
    let told = |who: Option<&str>| {
        let mut world = World::with_reports(Role::Viewer);
        world.audits.looked("example.net", &zone, &known);
        let world = if let Some(rights) = who { world.with_limited(rights) } else { world };
        let desk = Desk::new(world, [0; 32]);
        let seen = |path: &str| text(&ask(&desk, "GET", path, &[("remote-user", "limited")], ""));
        let paths = ["/guideline?domain=example.net", "/api/v1/guideline?domain=example.net", "/domains/example.net"];
        let all: String = paths.map(seen).concat();
        assert!(all.contains("v=spf1 ip4:11.1.1.1 -all"), "{all}");
        ["client.example", "4711"].map(|secret| all.contains(secret))
    };
    assert_eq!(told(None), [true, true]);
    assert_eq!(told(Some("viewer:example.net")), [false, false]);
}

#[test]
fn where_nobody_looked_the_last_audit_is_shown_as_what_it_is() {
    let desk = house();
    let page = text(&get(&desk, "/domains/example.net"));
    assert!(page.contains("This is what the last audit kept") && page.contains("As kept at"), "{page}");
    let found = value(&desk, "/api/v1/domains/example.net");
    assert_eq!(found["now"], false);
    assert_eq!(found["findings"].as_array().unwrap().iter().filter(|one| one["severity"] == "error").count(), 1);
    let judged = value(&desk, "/api/v1/guideline?domain=example.net");
    // What is kept is what the owner of a domain is judged by.
    assert_eq!(judged["requirements"].as_array().unwrap().len(), 15);
    assert_eq!(judged["scores"][0]["total"], 3);
}

#[test]
fn long_histories_are_read_page_by_page() {
    let mut world = World::with_reports(Role::Viewer);
    let now_s = NOW_MS / 1000;
    for day in 0..30 {
        let zone = testkit::zone(&format!("$ORIGIN example.org.\n@ TXT \"v=spf1 ip4:11.1.1.{day} -all\"\n"));
        world.audits.audit("example.org", now_s - (40 - day) * DAY_S, &zone, &Known::default());
    }
    let desk = Desk::new(world, [0; 32]);
    let mut seen = 0;
    let mut target = "/api/v1/domains/example.org".to_owned();
    for wanted in [20, 10] {
        let found = value(&desk, &target);
        let steps = found["history"].as_array().unwrap();
        assert_eq!(steps.len(), wanted);
        assert_eq!(steps[0]["at"].as_str().unwrap() < "2026-10-25", seen > 0, "newest first");
        seen += steps.len();
        target = format!("/api/v1/domains/example.org?before={}", found["next"].as_str().unwrap_or_default());
    }
    assert!(text(&get(&desk, "/domains/example.org")).contains("rel=\"next\" href=\"/domains/example.org?before="));
}

#[test]
fn the_requirements_with_what_shows_them_and_what_was_declared() {
    let desk = house();
    let judged = value(&desk, "/api/v1/guideline");
    let requirements = judged["requirements"].as_array().unwrap();
    assert_eq!((requirements.len(), &judged["domain"]), (36, &Value::from("example.jp")));
    let of = |id: &str| requirements.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!((&of("2-1")["result"], &of("2-1")["level"]), (&"met".into(), &"must".into()));
    assert!(of("2-1")["evidence"][1].as_str().unwrap().contains("SPF record of example.jp can be used"));
    assert_eq!(of("2-13")["result"], "not_met");
    assert!(of("2-13")["fix"].as_str().unwrap().contains("reject"));
    let declared = &of("4-3")["declared"];
    assert_eq!((&declared["by"], &declared["met"]), (&"postmaster".into(), &true.into()));
    assert_eq!(declared["date"], "2026-11-18");
    // By level: each of the 36 is counted once, or does not apply.
    let total: u64 = judged["scores"].as_array().unwrap().iter().map(|score| score["total"].as_u64().unwrap()).sum();
    let applying = requirements.iter().filter(|one| one["result"] != "not_applicable").count();
    assert_eq!(total, applying as u64);
    let page = text(&get(&desk, "/guideline?role=relay"));
    assert!(page.contains("met, as declared") && page.contains("Declared by postmaster on 2026-11-18, not verified"));
    assert_eq!(page.matches("<th scope=\"row\">").count(), 7);
    assert_eq!(get(&desk, "/guideline?role=king").status(), StatusCode::BAD_REQUEST);
    assert_eq!(get(&desk, "/guideline?domain=example.org").status(), StatusCode::NOT_FOUND);
}

#[test]
fn keys_with_their_lives_and_nothing_private() {
    let desk = house();
    let page = text(&get(&desk, "/keys"));
    for piece in [
        "Mail that old has signed may be on its way until 2026-11-27",
        "The next key is due at 2027-05-20",
        "No key signs for the domain.",
        "sekisho key rotate example.jp",
        "<svg",
        "compromised",
        "dkim.provider.example",
    ] {
        assert!(page.contains(piece), "{piece}");
    }
    assert!(!page.contains("PRIVATE"));
    let found = value(&desk, "/api/v1/keys?domain=example.jp");
    let lines = found["lines"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["keys"][1]["signs"]), (1, &true.into()));
    assert_eq!(lines[0]["waits"][0]["id"], "rotation-wait-in-flight");
    let file = text(&get(&desk, "/keys.csv"));
    assert!(file.contains("example.jp,ed25519,new,active,2026-11-21T10:00:00Z,2026-11-14T10:00:00Z,"), "{file}");
    // The picture's table says when each was what.
    let spans = page.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    for piece in ["2026-05-17", "2026-05-18", "2026-11-21"] {
        assert!(spans.contains(piece), "{piece}: {spans}");
    }
    assert!(text(&get(&Desk::new(World::new(Role::Viewer), [0; 32]), "/keys")).contains("No keys are kept here"));
}

#[test]
fn keys_with_where_their_selectors_were_seen() {
    let desk = house();
    let found = value(&desk, "/api/v1/keys");
    let of = |line: usize, key: usize| found["lines"][line]["keys"][key]["seen"].clone();
    let lines: Vec<_> = (0..2).map(|line| found["lines"][line]["domain"].as_str().unwrap()).collect();
    let (jp, net) = if lines[0] == "example.jp" { (0, 1) } else { (1, 0) };
    assert_eq!(
        of(jp, 0),
        serde_json::json!({
            "reports": { "last": "2026-11-20", "messages": 1200, "verified": 1190, "whole": true },
            "mail": { "last": "2026-11-21T10:00:00Z", "messages": 40, "verified": 40, "whole": false },
        })
    );
    assert_eq!((&of(jp, 1)["reports"], &of(jp, 1)["mail"]["messages"]), (&Value::Null, &7.into()));
    assert_eq!((of(net, 0), &found["seen_days"]), (Value::Null, &90.into()), "nobody looked for it");
    let page = text(&get(&desk, "/keys"));
    for piece in [
        "90 days back",
        "2026-11-20<br>1200 messages, 1190 verified",
        "at least 40 messages, 40 verified",
        "<td>not seen</td>",
    ] {
        assert!(page.contains(piece), "{piece}: {page}");
    }
    let file = text(&get(&desk, "/keys.csv"));
    assert!(file.contains(",2026-11-20,1200,1190,2026-11-21T10:00:00Z,40,40,no"), "{file}");
    assert!(file.contains(",,0,0,2026-11-23T10:00:00Z,7,7,no"), "{file}");
    assert!(file.contains(",,,,,,,yes"), "{file}");
}

#[test]
fn who_sees_one_domain_sees_nothing_of_another() {
    let mut world = World::with_reports(Role::Viewer);
    world.settings.name = "desk".into();
    world.settings.guest = None;
    world.settings.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    world.settings.proxy_field = Some("remote-user".into());
    let mut person = Person::new(Name::parse("limited").unwrap(), 0);
    person.grants = vec![Grant::parse("viewer:example.net").unwrap()];
    block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", "limited"))).unwrap();
    let desk = Desk::new(world, [0; 32]);
    let seen = |target: &str| ask(&desk, "GET", target, &[("remote-user", "limited")], "");
    for target in ["/domains", "/guideline", "/keys"] {
        for path in [target.to_owned(), format!("/api/v1{target}"), format!("{target}.csv")] {
            let answer = text(&seen(&path));
            assert!(!answer.contains("example.jp</") && !answer.contains("\"example.jp\""), "{path}: {answer}");
            assert!(!answer.contains("dmarc@example.jp") && !answer.contains("old._domainkey"), "{path}");
        }
    }
    assert!(text(&seen("/api/v1/keys?domain=example.jp")).contains("\"lines\":[]"));
    assert_eq!(seen("/domains/example.net").status(), StatusCode::OK);
    for hidden in ["/domains/example.jp", "/api/v1/domains/example.jp", "/guideline?domain=example.jp"] {
        assert_eq!(seen(hidden).status(), StatusCode::NOT_FOUND, "{hidden}");
    }
}

#[test]
fn what_was_kept_is_compared_moment_by_moment() {
    let world = World::with_reports(Role::Viewer);
    let kept = &world.audits.kept[&Domain::parse("example.jp").unwrap()];
    let at = |steps: Vec<audit::history::Step>| steps.iter().map(|step| step.audit.at_s).collect::<Vec<_>>();
    let [first, _, last] = kept.moments[..] else { panic!("three audits") };
    assert_eq!(at(kept.steps(9)), [last.cast_signed(), first.cast_signed()]);
    assert_eq!(at(kept.steps(1)), [last.cast_signed()]);
    assert_eq!(at(kept.steps_before(last, 9)), [first.cast_signed()]);
    assert!(kept.steps(9)[1].changes.is_empty() && kept.last().unwrap() == kept.steps(1)[0].audit);
}
