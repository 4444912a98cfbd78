//! `stats` over a ledger that was made for it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

use std::path::Path;
use std::process::Command;

use report::row::{DmarcResult, SpfCheck};
use report::vocabulary::{Action, Direction, MethodResult};
use report::{Entry, Ledger as _, Row, RowId, Site, Why};
use serde_json::Value;
use testkit::block_on;

/// 2026-01-30T12:00:00Z, a Friday.
const FRIDAY_MS: u64 = 1_769_774_400_000;
const DAY_MS: u64 = 86_400_000;

fn row(day: u64, number: u16, dmarc: DmarcResult) -> Row {
    let mut row = Row::new(RowId::new(FRIDAY_MS + day * DAY_MS, Site::default(), number), Direction::In);
    row.spf.mail_from = Some(SpfCheck { domain: None, result: MethodResult::Pass });
    row.dmarc.result = dmarc;
    if dmarc == DmarcResult::Fail {
        row.verdict.action = Action::Reject;
    }
    row
}

#[test]
fn shares_of_results_by_month_week_and_day() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stats");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let store = store::Sqlite::open(&folder.join("ledger.sqlite"), store::Settings::default()).unwrap();
    let mut sent = row(0, 9, DmarcResult::Pass);
    sent.direction = Direction::Out;
    let rows = [
        row(0, 0, DmarcResult::Pass),
        row(0, 1, DmarcResult::Fail),
        row(1, 0, DmarcResult::Pass),
        row(2, 0, DmarcResult::Pass),
        row(3, 0, DmarcResult::None),
        sent,
    ];
    block_on(store.append(rows.map(|row| Entry { row, why: Why::default() }).into())).unwrap();
    drop(store);
    let stats = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["stats", "--lang", "en", "--from", "2026-01-30", "--to", "2026-02-03"]);
        let ran = command.arg("--state").arg(&folder).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let file = stats(&["--format", "csv"]);
    let lines: Vec<_> = file.lines().map(|line| line.split(",\"").next().unwrap()).collect();
    assert_eq!(
        lines[1..],
        [
            "2026-01,spf,pass,3,3,100.0",
            "2026-01,dkim,none,3,3,100.0",
            "2026-01,dmarc,pass,2,3,66.7",
            "2026-01,dmarc,fail,1,3,33.3",
            "2026-02,spf,pass,2,2,100.0",
            "2026-02,dkim,none,2,2,100.0",
            "2026-02,dmarc,none,1,2,50.0",
            "2026-02,dmarc,pass,1,2,50.0",
        ]
    );
    let weeks = stats(&["--format", "json", "--by", "week"]);
    let weeks: Vec<Value> = weeks.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((weeks.len(), &weeks[1]["from"]), (2, &"2026-02-02".into()), "a Monday");
    assert_eq!((&weeks[0]["messages"], &weeks[0]["kept_away"]), (&4.into(), &1.into()));
    assert!(weeks[0]["definition"].as_str().unwrap().contains("each once"));
    assert_eq!(stats(&["--format", "json", "--by", "day"]).lines().count(), 4);
    let text = stats(&[]);
    assert!(text.contains("66.7 %") && text.contains("No other filter told here"), "{text}");
    let picture = stats(&["--format", "svg"]);
    assert!(picture.starts_with("<svg ") && picture.contains("2026-02"), "{picture}");
    let markdown = stats(&["--format", "markdown"]);
    let wanted = [
        "# Statistics: 2026-01-30 – 2026-02-02\n",
        "\n| 2026-01 | spf | pass | 3 | 3 | 100.0 % |\n",
        "\n| 2026-01 | 1 | 3 | 33.3 % |\n",
    ];
    assert!(wanted.iter().all(|part| markdown.contains(part)), "{markdown}");
    let html = stats(&["--format", "html"]);
    let wanted = "<td class=\"name\">dmarc</td><td class=\"name\">fail</td><td>1</td><td>3</td><td>33.3 %</td>";
    assert!(html.contains(wanted) && html.ends_with("</html>\n"), "{html}");
    // Charts have a colour of their own, which headings on a dark page must not take.
    assert_eq!(html.matches("<figure><figcaption>").count(), 4, "one for each method");
    let fetching = ["<script", " src=", "<link", "url(", "href="];
    let without_patterns = html.replace("url(#", "");
    assert!(fetching.iter().all(|part| !without_patterns.contains(part)), "nothing is fetched");
    let sources = stats(&["--sources", "--format", "markdown"]);
    assert!(sources.starts_with("# Where mail came from, week by week\n"), "{sources}");
}
