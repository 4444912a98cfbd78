//! What holds for every page, whatever stands in it.

use dashboard::who::Role;
use dashboard::{Desk, SCREENS};
use http::StatusCode;

use super::world::{World, ask, get, text};

#[test]
fn every_screen_is_a_page_a_file_and_an_answer_to_programs_in_both_languages() {
    let desk = Desk::new(World::with_reports(Role::Admin), [0; 32]);
    for entry in SCREENS.iter().filter(|entry| !entry.path.contains('{')) {
        for language in ["en", "ja"] {
            let page = get(&desk, &format!("{}?lang={language}", entry.path));
            assert_eq!(page.status(), StatusCode::OK, "{}: {}", entry.id, text(&page));
            let page = text(&page);
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{}", entry.id);
            assert!(!page.contains("page-label-") && !page.contains(" style="), "{}: {page}", entry.id);
        }
        let path = if entry.path == "/" { "/overview" } else { entry.path };
        let programs = get(&desk, &format!("/api/v1{path}"));
        assert_eq!(programs.headers()["content-type"], "application/json");
        assert!(serde_json::from_slice::<serde_json::Value>(programs.body()).is_ok(), "{}", entry.id);
        let file = get(&desk, &format!("{path}.csv"));
        assert!(matches!(file.status(), StatusCode::OK | StatusCode::NOT_FOUND), "{}", entry.id);
    }
}

#[test]
fn what_programs_may_ask_is_described_and_so() {
    let desk = Desk::new(World::with_reports(Role::Admin), [0; 32]);
    let description = get(&desk, "/api/v1/openapi.json");
    let description: serde_json::Value = serde_json::from_slice(description.body()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 20);
    for path in paths.keys().filter(|path| !path.contains('{') && paths[*path].get("get").is_some()) {
        assert_eq!(get(&desk, &format!("/api/v1{path}")).status(), StatusCode::OK, "{path}");
    }
}

#[test]
fn an_empty_house_has_every_page_too() {
    let desk = Desk::new(World::new(Role::Admin), [0; 32]);
    for entry in SCREENS.iter().filter(|entry| !entry.path.contains('{')) {
        let page = get(&desk, entry.path);
        assert_eq!(page.status(), StatusCode::OK, "{}: {}", entry.id, text(&page));
    }
}

#[test]
fn every_answer_tells_the_browser_what_it_may_load() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    for target in ["/", "/nothing-here", "/api/v1/overview", "/overview.csv", "/?from=x", "/assets/none.css"] {
        let answer = get(&desk, target);
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{target}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{target}");
    }
}

#[test]
fn who_calls_by_a_name_of_ours_over_tls_is_told_to_stay_with_it() {
    let told = |is_secure: bool, host: &str| {
        let mut world = World::with_reports(Role::Viewer);
        (world.settings.is_secure, world.settings.hosts) = (is_secure, vec!["desk.example.jp".into()]);
        let answer = ask(&Desk::new(world, [0; 32]), "GET", "/", &[("host", host)], "");
        answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned())
    };
    for host in ["desk.example.jp", "Desk.Example.JP:8460"] {
        assert_eq!(told(true, host).as_deref(), Some("max-age=31536000"), "{host}");
        // RFC 6797 §7.2: not over a way that is not secure.
        assert_eq!(told(false, host), None, "{host}");
    }
    for host in ["localhost:8460", "127.0.0.1", "[::1]:8460", "evil.example"] {
        assert_eq!(told(true, host), None, "{host}");
    }
}

#[test]
fn assets_are_there_under_the_names_that_pages_say() {
    let desk = Desk::new(World::new(Role::Viewer), [0; 32]);
    let page = text(&get(&desk, "/"));
    let mut count = 0;
    for piece in page.split('"').filter(|piece| piece.starts_with("/assets/")) {
        let asset = get(&desk, piece);
        assert_eq!(asset.status(), StatusCode::OK, "{piece}");
        assert!(asset.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(!text(&asset).contains("http://") || piece.ends_with(".svg"), "{piece} asks another host");
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn a_request_for_somebody_else_is_refused() {
    let desk = Desk::new(World::new(Role::Viewer), [0; 32]);
    for (host, is_taken) in [
        ("localhost:8460", true),
        ("127.0.0.1", true),
        ("[::1]:8460", true),
        ("attacker.example", false),
        ("localhost.attacker.example:8460", false),
        ("", false),
    ] {
        let answer = ask(&desk, "GET", "/", &[("host", host)], "");
        assert_eq!(answer.status() == StatusCode::OK, is_taken, "{host}");
    }
}

#[test]
fn wrong_requests_have_clear_answers() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let long = format!("/?a={}", "x".repeat(9000));
    let many = format!("/?{}", "a=1&".repeat(65));
    for (method, target, wanted) in [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/?from=2026-13-01", 400),
        ("GET", "/?days=0", 400),
        ("GET", "/?days=99999", 400),
        ("GET", "/?from=2026-11-23&to=2026-11-01", 400),
        ("GET", "/?domain=%00", 400),
        ("GET", &long, 413),
        ("GET", &many, 413),
        ("DELETE", "/", 405),
        ("POST", "/", 405),
        ("GET", "/overview.csv?table=none", 404),
    ] {
        let answer = ask(&desk, method, target, &[], "");
        assert_eq!(answer.status().as_u16(), wanted, "{method} {}", &target[..target.len().min(60)]);
    }
}

#[test]
fn the_language_is_asked_for_or_chosen_or_the_browsers() {
    let desk = Desk::new(World::new(Role::Viewer), [0; 32]);
    let language = |target: &str, fields: &[(&str, &str)]| {
        let page = text(&ask(&desk, "GET", target, fields, ""));
        page.split("<html lang=\"").nth(1).unwrap()[..2].to_owned()
    };
    assert_eq!(language("/", &[]), "en");
    assert_eq!(language("/", &[("accept-language", "de, ja;q=0.8, en;q=0.5")]), "ja");
    assert_eq!(language("/", &[("accept-language", "ja;q=0, en;q=0.1")]), "en");
    assert_eq!(language("/", &[("accept-language", "en"), ("cookie", "a=b; lang=ja")]), "ja");
    assert_eq!(language("/?lang=en", &[("cookie", "lang=ja")]), "en");
    let chosen = get(&desk, "/?lang=ja");
    assert!(chosen.headers()["set-cookie"].to_str().unwrap().starts_with("lang=ja;"));
}

#[test]
fn pages_are_packed_for_those_who_take_that() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let packed = ask(&desk, "GET", "/", &[("accept-encoding", "br, gzip")], "");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.body()[..2], [0x1f, 0x8b]);
    let bare = ask(&desk, "GET", "/", &[("accept-encoding", "gzip;q=0")], "");
    assert!(!bare.headers().contains_key("content-encoding"));
}

#[test]
fn who_may_nothing_is_led_to_the_door() {
    let mut world = World::with_reports(Role::Viewer);
    world.settings.guest = None;
    let desk = Desk::new(world, [0; 32]);
    let page = get(&desk, "/?days=7");
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
    assert_eq!(page.headers()["location"], "/login?back=%2F%3Fdays%3D7");
    assert_eq!(get(&desk, "/api/v1/overview").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(get(&desk, "/overview.csv").status(), StatusCode::UNAUTHORIZED);
}
