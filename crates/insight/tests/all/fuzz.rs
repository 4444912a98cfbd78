//! A fuzzer for each parser: `cargo test -- --ignored fuzz_`.

use crate::insight::limits::OWN_MAP_FLAW_COUNT_MAX;
use crate::insight::{Map, State};

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_own_map() {
    let seeds = [
        "host,vendor.example,crm,\"Our \"\"CRM\"\"\",service list\nnetwork,192.0.2.0/24,crm\nasn,AS64500,crm\n",
        "match,pattern,service\n#\nselector,scph*,x\ndkim,関所.jp,x\nmailfrom,*.a.example,x\n",
    ];
    testkit::fuzz("own-map", &seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (map, flaws) = Map::with_own(&text);
        assert!(flaws.len() <= OWN_MAP_FLAW_COUNT_MAX + 1);
        assert!(map.entries().len() <= Map::curated().entries().len() + text.lines().count());
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_watch_state() {
    let seeds = [
        "sekisho-watch 1\ndomain\texample.jp\t20000\npolicy\tp=none\nservice\tsendgrid\t1\t2\t3\nday\t1\t2\t3\t4\n",
        "sekisho-watch 1\ndomain\ta%09b\t1\nreporter\tx\t1\t1\t1\nselector\ts\te.jp\t1\t4\t9\ntold\talert-more\t\t7\n",
    ];
    testkit::fuzz("watch-state", &seeds, |bytes| {
        let Ok(state) = State::parse(&String::from_utf8_lossy(bytes)) else { return };
        assert_eq!(State::parse(&state.to_text()), Ok(state));
    });
}
