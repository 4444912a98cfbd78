//! Surveys: which are kept, what became of adoption between them, and who may see it.

use audit::survey::kept::{Kept, Made, parse_tables};
use audit::survey::tally::Tally;
use dashboard::Desk;
use dashboard::who::Role;
use http::StatusCode;
use serde_json::Value;

use super::world::{NOW_MS, World, get, text};

const DAY_S: u64 = 86_400;
/// Regions: names, SPF, DMARC.
type Region = (&'static str, u64, u64, u64);

const BEFORE: [Region; 2] = [("北海道", 180, 115, 0), ("", 20, 5, 0)];
/// Two rows of the table of 2017 and their sum.
const AFTER: [Region; 2] = [("北海道", 180, 121, 0), ("東北", 233, 178, 1)];

/// Three surveys, the first two of one study; `taint` is what becomes of names and groups.
pub(crate) fn of_the_house(taint: &dyn Fn(&str) -> String) -> Vec<Kept> {
    let now_s = NOW_MS / 1000;
    vec![
        survey("municipalities", now_s - 365 * DAY_S, &BEFORE, taint),
        survey("municipalities", now_s - DAY_S, &AFTER, taint),
        survey("banks", now_s - 30 * DAY_S, &[("a", 7, 7, 6)], taint),
    ]
}

fn survey(study: &str, begun_s: u64, regions: &[Region], taint: &dyn Fn(&str) -> String) -> Kept {
    // Nothing but these three columns was counted then.
    let line = |names: u64, spf: u64, dmarc: u64| format!("{names}\t{spf}/0\t{dmarc}/1\t{dmarc}/1");
    let sum = |value: fn(&Region) -> u64| regions.iter().map(value).sum::<u64>();
    let all = line(sum(|its| its.1), sum(|its| its.2), sum(|its| its.3));
    let mut tables = String::from("sekisho-survey-kept 1\ncolumns\tspf\tdmarc\tdmarc_none\n");
    tables.push_str(&format!("table\t{}\t0\n", plain(&taint("region"))));
    for (region, names, spf, dmarc) in regions {
        tables.push_str(&format!("group\t{}\t{}\n", plain(&taint(region)), line(*names, *spf, *dmarc)));
    }
    tables.push_str(&format!("all\t{all}\ntable\tkind\t3\nall\t{all}\n"));
    let tables = parse_tables(&tables).unwrap();
    let made = Made {
        study: taint(study).into(),
        begun_s,
        ended_s: begun_s + 60,
        version: taint("0.1.0").into(),
        list: taint("list.csv").into(),
        list_hash: "00ff".into(),
        listed: sum(|its| its.1) + 2,
        refused: 2,
        opted_out: 1,
        unanswered: 3,
        resolvers: vec![taint("127.0.0.1:53").into()],
        sample: None,
        all: tables.first().map_or_else(Tally::default, |table| table.all().clone()),
    };
    Kept { made, tables }
}

/// As the form of what is kept has it.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn desk(role: Role) -> Desk<World> {
    Desk::new(World::with_reports(role), [0; 32])
}

/// A file without the mark that it begins with.
fn file(desk: &Desk<World>, target: &str) -> String {
    text(&get(desk, target)).trim_start_matches('\u{feff}').to_owned()
}

fn json(desk: &Desk<World>, target: &str) -> Value {
    serde_json::from_slice(get(desk, target).body()).unwrap()
}

#[test]
fn all_surveys_newest_first_with_their_figures() {
    let desk = desk(Role::Viewer);
    let csv = file(&desk, "/surveys.csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines,
        [
            "begun,study,names,unanswered,spf,dmarc,dmarc_quarantine,dmarc_reject,mta_sts",
            "2026-11-22T10:00:00Z,municipalities,413,3,72.4,0.2,,,",
            "2026-10-24T10:00:00Z,banks,7,3,100.0,85.7,,,",
            "2025-11-23T10:00:00Z,municipalities,200,3,60.0,0.0,,,",
        ]
    );
    let page = text(&get(&desk, "/surveys"));
    assert!(page.contains("href=\"/surveys/2\"") && page.contains("72.4 (299/413)"), "{page}");
    // One figure: a study of one survey has no course.
    assert_eq!(page.matches("<div class=\"chart\">").count(), 1);
    let banks = file(&desk, "/surveys.csv?study=banks");
    assert_eq!(banks.lines().count(), 2);
    let value = json(&desk, "/api/v1/surveys");
    assert_eq!(value["studies"], serde_json::json!(["banks", "municipalities"]));
    assert_eq!(value["surveys"][0]["figures"]["spf"]["percent"], "72.4");
    assert_eq!((value["surveys"][2]["id"].as_u64(), value["surveys"][2]["names"].as_u64()), (Some(1), Some(200)));
}

#[test]
fn one_survey_by_groups_and_what_changed_since_the_one_before() {
    let desk = desk(Role::Viewer);
    let page = text(&get(&desk, "/surveys/2"));
    for cell in ["67.2 (121/180)", "0.0 (0/180)", "76.4 (178/233)", "0.4 (1/233)", "72.4 (299/413)", "+12.4", "+3.3"] {
        assert!(page.contains(cell), "{cell}");
    }
    assert!(!page.contains("63.9 (115/180)</td>"), "the other survey's figures lead there");
    let counts = file(&desk, "/surveys/2.csv");
    let lines: Vec<&str> = counts.lines().filter(|line| line.contains(",spf,")).collect();
    assert_eq!(lines, ["北海道,spf,121,180,67.2,0", "東北,spf,178,233,76.4,0", "All,spf,299,413,72.4,0"]);
    let unknown: Vec<&str> = counts.lines().filter(|line| line.starts_with("All,dmarc,")).collect();
    assert_eq!(unknown, ["All,dmarc,1,413,0.2,1"]);
    let difference = file(&desk, "/surveys/2.csv?table=difference");
    let lines: Vec<&str> = difference.lines().collect();
    assert_eq!(
        lines,
        [
            "group,figure,before_pct,after_pct,points",
            "All,spf,60.0,72.4,12.4",
            "All,dmarc,0.0,0.2,0.2",
            "All,dmarc_none,0.0,0.2,0.2",
            "北海道,spf,63.9,67.2,3.3",
            "北海道,dmarc,0.0,0.0,0.0",
        ]
    );
    let back = file(&desk, "/surveys/1.csv?table=difference&with=2");
    assert!(back.contains("All,spf,72.4,60.0,-12.4"), "{back}");
    assert_eq!(get(&desk, "/surveys/1.csv?table=difference").status(), StatusCode::NOT_FOUND, "nothing is before it");
    let value = json(&desk, "/api/v1/surveys/2");
    assert_eq!(value["table"]["groups"][1]["figures"]["dmarc"]["names"], 1);
    assert_eq!((&value["compared_with"]["id"], &value["list"]["opted_out"]), (&1.into(), &1.into()));
}

#[test]
fn by_another_column_and_what_is_not_there() {
    let desk = desk(Role::Viewer);
    let value = json(&desk, "/api/v1/surveys/2?by=kind");
    assert_eq!((&value["table"]["by"], &value["table"]["beyond"]), (&"kind".into(), &3.into()));
    for (target, wanted) in [
        ("/surveys/2?by=none", StatusCode::BAD_REQUEST),
        ("/surveys/2?with=3", StatusCode::BAD_REQUEST),
        ("/surveys/2?with=2", StatusCode::BAD_REQUEST),
        ("/surveys/4", StatusCode::NOT_FOUND),
        ("/surveys/0", StatusCode::NOT_FOUND),
        ("/surveys/x", StatusCode::NOT_FOUND),
        ("/surveys?skip=x", StatusCode::BAD_REQUEST),
        ("/surveys/2?by=&with=", StatusCode::OK),
    ] {
        assert_eq!(get(&desk, target).status(), wanted, "{target}");
    }
}

#[test]
fn who_may_see_one_domain_sees_no_survey() {
    let desk = Desk::new(World::with_reports(Role::Viewer).with_limited("viewer:example.jp"), [0; 32]);
    for target in ["/surveys", "/surveys.csv", "/api/v1/surveys", "/surveys/2", "/api/v1/surveys/2"] {
        let answer = super::world::ask(&desk, "GET", target, &[("remote-user", "limited")], "");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{target}");
        assert!(!text(&answer).contains("municipalities"), "{target}");
    }
}

#[test]
fn many_groups_are_shown_page_by_page() {
    let mut tables = String::from("sekisho-survey-kept 1\ncolumns\tspf\ntable\tcity\t0\n");
    (0..250).for_each(|number| tables.push_str(&format!("group\tcity{number:03}\t2\t1/0\n")));
    tables.push_str("all\t500\t250/0\n");
    let tables = parse_tables(&tables).unwrap();
    let made = Made { study: "cities".into(), all: tables[0].all().clone(), ..Made::default() };
    let mut world = World::new(Role::Viewer);
    world.surveys = vec![Kept { made, tables }];
    let desk = Desk::new(world, [0; 32]);
    let page = text(&get(&desk, "/surveys/1"));
    assert!(page.contains(">city099<") && page.contains("?skip=100") && page.contains("50.0 (250/500)"));
    let rest = text(&get(&desk, "/surveys/1?skip=200"));
    assert!(rest.contains(">city249<") && !rest.contains("?skip=300"));
    let csv = file(&desk, "/surveys/1.csv?table=adoption");
    assert_eq!(csv.lines().count(), 1 + 250 + 1);
}
