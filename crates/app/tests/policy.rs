//! `policy simulate` over a ledger that was made for it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

use std::path::Path;
use std::process::Command;

use mailtext::Domain;
use report::row::{
    AlignedPass, Discovery, DmarcResult, Evaluation, FailureOptions, Mode, Policy, PolicyTag, Published, Testing,
    Wanted,
};
use report::vocabulary::{Aligned, Direction};
use report::{Entry, Ledger as _, Row, RowId, Site, Why};
use serde_json::Value;
use testkit::block_on;

fn row(number: u16, author: &str, result: DmarcResult) -> Row {
    let domain = Domain::parse(author).unwrap();
    // 2026-01-15T00:00:00Z and on.
    let mut row = Row::new(RowId::new(1_768_435_200_000, Site::default(), number), Direction::In);
    row.dmarc.result = result;
    row.dmarc.authors.push(Evaluation {
        author: domain.clone(),
        result,
        published: Some(Published {
            domain,
            policy: Policy::Reject,
            subdomain_policy: None,
            nonexistent_policy: None,
            applied: PolicyTag::P,
            dkim_mode: Mode::Relaxed,
            spf_mode: Mode::Relaxed,
            failure_options: FailureOptions::default(),
            testing: Testing::default(),
            discovery: Discovery::TreeWalk,
            reports: Wanted::No,
        }),
        spf: Aligned::No,
        dkim: Vec::new(),
        spf_aligned_pass: AlignedPass::Fail,
        dkim_aligned_pass: if result == DmarcResult::Pass { AlignedPass::Pass } else { AlignedPass::Fail },
        wanted: Policy::Reject,
        reason: None,
    });
    row
}

#[test]
fn the_mail_of_the_past_under_other_rules() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy-simulate");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("ledger.sqlite");
    let store = store::Sqlite::open(&path, store::Settings::default()).unwrap();
    let rows = [
        row(0, "bank.example", DmarcResult::Fail),
        row(1, "bank.example", DmarcResult::Fail),
        row(2, "shop.example", DmarcResult::Fail),
        row(3, "shop.example", DmarcResult::Pass),
    ];
    block_on(store.append(rows.map(|row| Entry { row, why: Why::default() }).into())).unwrap();
    drop(store);
    let rules = folder.join("rules.toml");
    std::fs::write(&rules, "[receiver]\nstage = \"block\"\n[policy.dmarc]\nreject_alone = \"reject\"\n").unwrap();
    let simulate = |from: &str, to: &str, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["policy", "simulate", "--lang", "en"]);
        command.args(["--from", from, "--to", to]).arg("--state").arg(&folder).args(arguments);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let rules = rules.to_str().unwrap();
    let told: Value =
        serde_json::from_str(&simulate("2026-01-01", "2026-02-01", &["--rules", rules, "--format", "json"])).unwrap();
    assert_eq!(
        (told["messages"].as_u64(), told["changed"].as_u64(), told["stricter"].as_u64()),
        (Some(4), Some(3), Some(3))
    );
    let changes: Vec<_> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["author"].as_str().unwrap(),
                change["would"].as_str().unwrap(),
                change["messages"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(changes, [("bank.example", "reject", 2), ("shop.example", "reject", 1)]);
    let text = simulate("2026-01-01", "2026-02-01T00:00:00Z", &["--rules", rules]);
    assert!(text.contains("3 of them would be treated otherwise"), "{text}");
    // Another span of time has no mail.
    let none = simulate("2025-01-01", "2025-02-01", &["--rules", rules]);
    assert!(none.contains("0 messages") && none.contains("every one of them"), "{none}");
}
