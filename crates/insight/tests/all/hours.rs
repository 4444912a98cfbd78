//! When letters go.

use crate::insight::{Quiet, WallClock, Weekly};

const JST: WallClock = WallClock { ahead_min: 540 };
const UTC: WallClock = WallClock { ahead_min: 0 };
const WEST: WallClock = WallClock { ahead_min: -210 };
/// 2026-11-23T00:00:00Z, a Monday.
const MONDAY_S: u64 = 1_795_392_000;

#[test]
fn quiet_hours_end() {
    let night = Quiet { from_min: 22 * 60, until_min: 7 * 60 };
    let at = |clock: WallClock, hour: f64| {
        let now_s = MONDAY_S + (hour * 3600.0) as u64;
        night.ends_s(now_s, clock).map(|end_s| (end_s - MONDAY_S) as f64 / 3600.0)
    };
    for (clock, hour, want) in [
        (UTC, 0.0, Some(7.0)),
        (UTC, 6.99, Some(7.0)),
        (UTC, 7.0, None),
        (UTC, 21.99, None),
        (UTC, 22.0, Some(31.0)),
        (JST, 12.99, None),
        (JST, 13.0, Some(22.0)),
        (JST, 21.99, Some(22.0)),
        (JST, 22.0, None),
        (WEST, 1.0, None),
        (WEST, 1.5, Some(10.5)),
        (WEST, 10.5, None),
    ] {
        assert_eq!(at(clock, hour), want, "{clock:?} {hour}");
    }
    let noon = Quiet { from_min: 12 * 60, until_min: 13 * 60 };
    assert_eq!(noon.ends_s(MONDAY_S + 12 * 3600, UTC), Some(MONDAY_S + 13 * 3600));
    assert_eq!(noon.ends_s(MONDAY_S + 13 * 3600, UTC), None);
    assert_eq!(Quiet { from_min: 60, until_min: 60 }.ends_s(MONDAY_S + 3600, UTC), None, "no hour at all");
}

#[test]
fn the_hour_of_the_digest() {
    let morning = Weekly { weekday: 0, minute: 8 * 60 };
    for (clock, now_s, want_s) in [
        (UTC, MONDAY_S + 8 * 3600, MONDAY_S + 8 * 3600),
        (UTC, MONDAY_S + 8 * 3600 - 1, MONDAY_S + 8 * 3600 - 7 * 86_400),
        (UTC, MONDAY_S + 7 * 86_400, MONDAY_S + 8 * 3600),
        (JST, MONDAY_S - 3600, MONDAY_S - 3600),
        (JST, MONDAY_S - 3601, MONDAY_S - 3600 - 7 * 86_400),
    ] {
        assert_eq!(morning.last_s(now_s, clock), want_s, "{clock:?} {now_s}");
    }
    let sunday = Weekly { weekday: 6, minute: 0 };
    assert_eq!(sunday.last_s(MONDAY_S, UTC), MONDAY_S - 86_400);
    // Every moment of a fortnight: the last one is at most a week ago, and never to come.
    for now_s in (MONDAY_S..MONDAY_S + 14 * 86_400).step_by(1_800) {
        let last_s = morning.last_s(now_s, WEST);
        assert!(last_s <= now_s && now_s < last_s + 7 * 86_400, "{now_s}");
    }
    assert_eq!(morning.last_s(0, UTC), 0, "before the first one");
}
