//! The door and those who come through it.

use dashboard::Desk;
use dashboard::who::Role;
use http::{Response, StatusCode};
use people::{Grant, LogQuery, Name, NewLine, Person, Registry as _, Secret, Setup};
use testkit::block_on;

use super::world::{NOW_MS, World, ask, text};

const PASSWORD: &str = "a barrier on the road";

/// A browser: it keeps cookies, and sends the secret of the forms that it was shown.
struct Browser<'d> {
    desk: &'d Desk<World>,
    cookie: String,
}

impl Browser<'_> {
    fn get(&self, target: &str) -> Response<Vec<u8>> {
        ask(self.desk, "GET", target, &[("cookie", &self.cookie)], "")
    }

    /// The secret that the forms of a page carry.
    fn csrf(&self, target: &str) -> String {
        let page = text(&self.get(target));
        page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    fn send(&mut self, target: &str, from: &str, fields: &[(&str, &str)]) -> Response<Vec<u8>> {
        let csrf = self.csrf(from);
        let answer = self.send_bare(target, &[fields, &[("csrf", &csrf)]].concat(), &[]);
        let kept = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        if let Some(cookie) = kept.into_iter().find(|cookie| cookie.starts_with("sekisho=")) {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        answer
    }

    fn send_bare(&self, target: &str, fields: &[(&str, &str)], head: &[(&str, &str)]) -> Response<Vec<u8>> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = [&[("cookie", self.cookie.as_str()), ("origin", "http://127.0.0.1:8460")], head].concat();
        ask(self.desk, "POST", target, &head, &body)
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A house with an admin, an operator of one domain, and nobody for a guest.
fn house() -> Desk<World> {
    let mut world = World::with_reports(Role::Viewer);
    world.settings.guest = None;
    for (who, rights) in [("admin", "admin"), ("operator", "operator:example.jp"), ("viewer", "viewer")] {
        let mut person = Person::new(name(who), 0);
        person.grants = vec![Grant::parse(rights).unwrap()];
        person.password = Some(people::password::hash(PASSWORD, [1; 16]).unwrap());
        block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", who))).unwrap();
    }
    Desk::new(world, [0; 32])
}

fn come_in<'d>(desk: &'d Desk<World>, who: &str) -> Browser<'d> {
    let mut browser = Browser { desk, cookie: String::new() };
    let answer = browser.send("/login", "/login", &[("name", who), ("password", PASSWORD), ("back", "/settings")]);
    assert_eq!((answer.status(), answer.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/settings"));
    browser
}

#[test]
fn the_first_run_makes_an_admin_once() {
    let mut world = World::new(Role::Viewer);
    world.settings.guest = None;
    let secret = Secret::new([9; 32]);
    let setup = Setup::new(&secret, NOW_MS / 1000);
    block_on(world.people.put_setup(setup, NewLine::new(0, "test", "setup-put", ""))).unwrap();
    let desk = Desk::new(world, [0; 32]);
    let mut browser = Browser { desk: &desk, cookie: String::new() };
    assert_eq!(browser.get("/").headers()["location"], "/login?back=%2F");
    assert!(text(&browser.get("/login")).contains("sekisho user setup"));
    let token = secret.to_text();
    let page = format!("/setup?token={token}");
    assert!(text(&browser.get(&page)).contains(&token));
    let fields = |token: &'static str, password: &'static str, again: &'static str| {
        [("token", token), ("name", "admin"), ("password", password), ("again", again)]
    };
    let token: &'static str = token.leak();
    for (wrong, why) in [
        (fields("x", PASSWORD, PASSWORD), "another token"),
        (fields(token, PASSWORD, "another"), "typed differently"),
        (fields(token, "short", "short"), "short"),
    ] {
        assert_eq!(browser.send("/setup", &page, &wrong).status(), StatusCode::CONFLICT, "{why}");
    }
    let right = fields(token, PASSWORD, PASSWORD);
    assert_eq!(browser.send("/setup", &page, &right).headers()["location"], "/?done=page-done-setup");
    assert_eq!(browser.get("/users").status(), StatusCode::OK);
    let mut other = Browser { desk: &desk, cookie: String::new() };
    let again = [("token", token), ("name", "second"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(other.send("/setup", "/login", &again).status(), StatusCode::CONFLICT);
    assert!(block_on(desk.sources().people.person(&name("second"))).unwrap().is_none());
}

#[test]
fn who_comes_in_has_a_cookie_that_no_script_reads_and_no_other_site_sends() {
    let desk = house();
    let mut browser = Browser { desk: &desk, cookie: String::new() };
    let answer = browser.send("/login", "/login", &[("name", "Viewer"), ("password", PASSWORD)]);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    assert_eq!(browser.get("/").status(), StatusCode::OK);
    let out = browser.send("/logout", "/settings", &[]);
    assert_eq!(out.headers()["location"], "/login?done=page-done-signed-out");
    // Not the cookie alone is gone: the session is.
    let old = Browser { desk: &desk, cookie: cookie.split(';').next().unwrap().to_owned() };
    assert_eq!(old.get("/").status(), StatusCode::SEE_OTHER);
}

#[test]
fn a_way_back_leads_to_no_other_host() {
    let desk = house();
    for (back, to) in [
        ("/senders?days=7", "/senders?days=7"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
    ] {
        let mut browser = Browser { desk: &desk, cookie: String::new() };
        let answer = browser.send("/login", "/login", &[("name", "viewer"), ("password", PASSWORD), ("back", back)]);
        assert_eq!(answer.headers()["location"], to, "{back}");
    }
}

#[test]
fn wrong_passwords_wait_and_say_nothing_of_who_there_is() {
    let desk = house();
    let mut answers = Vec::new();
    for who in ["viewer", "nobody-of-this-name"] {
        let mut browser = Browser { desk: &desk, cookie: String::new() };
        let wrong = |browser: &mut Browser<'_>| {
            let answer = browser.send("/login", "/login", &[("name", who), ("password", "wrong")]);
            assert_eq!(answer.status(), StatusCode::CONFLICT);
            text(&answer).contains("Too many")
        };
        answers.push((0..8).map(|_| wrong(&mut browser)).collect::<Vec<_>>());
    }
    assert_eq!(answers[0], answers[1]);
    assert!(!answers[0][0] && answers[0][7], "{answers:?}");
    let mut right = Browser { desk: &desk, cookie: String::new() };
    let refused = right.send("/login", "/login", &[("name", "viewer"), ("password", PASSWORD)]);
    assert_eq!(refused.status(), StatusCode::CONFLICT, "the right one waits, too");
    let log = block_on(desk.sources().people.log(LogQuery {
        verb: Some("sign-in".into()),
        limit: 100,
        ..LogQuery::default()
    }));
    assert_eq!(log.unwrap().lines.len(), 17);
}

#[test]
fn a_form_of_another_site_does_nothing() {
    let desk = house();
    let mut browser = come_in(&desk, "viewer");
    let csrf = browser.csrf("/settings");
    let theme = [("theme", "dark")];
    let with = [("theme", "dark"), ("csrf", csrf.as_str())];
    let other = come_in(&desk, "admin").csrf("/settings");
    for (fields, head, why) in [
        (&theme[..], &[][..], "no secret"),
        (&[("theme", "dark"), ("csrf", "AAAA")], &[], "a wrong secret"),
        (&[("theme", "dark"), ("csrf", other.as_str())], &[], "somebody else's"),
        (&with, &[("sec-fetch-site", "cross-site")], "from another site"),
        (&with, &[("origin", "https://evil.example")], "from another origin"),
        (&with, &[("origin", "null")], "from nowhere"),
    ] {
        let head: Vec<_> = head.iter().copied().chain([("cookie", browser.cookie.as_str())]).collect();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        assert_eq!(ask(&desk, "POST", "/settings", &head, &body).status(), StatusCode::FORBIDDEN, "{why}");
    }
    assert!(!text(&browser.get("/settings")).contains("data-theme"));
    assert_eq!(browser.send("/settings", "/settings", &theme).status(), StatusCode::SEE_OTHER);
    assert!(text(&browser.get("/settings")).contains("data-theme=\"dark\""));
}

#[test]
fn everybody_sees_what_they_may() {
    let desk = house();
    for (who, path, status) in [
        ("viewer", "/", 200),
        ("viewer", "/users", 403),
        ("viewer", "/log", 403),
        ("operator", "/users", 403),
        ("admin", "/users", 200),
        ("admin", "/log", 200),
    ] {
        assert_eq!(come_in(&desk, who).get(path).status().as_u16(), status, "{who} {path}");
    }
    let page = text(&come_in(&desk, "operator").get("/"));
    assert!(page.contains("example.jp") && !page.contains("example.net"), "of one domain alone");
    let mut viewer = come_in(&desk, "viewer");
    let new = [("name", "x"), ("grants", "admin"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(viewer.send("/users", "/settings", &new).status(), StatusCode::FORBIDDEN);
}

#[test]
fn an_admin_makes_changes_and_removes_people_but_not_the_last_admin() {
    let desk = house();
    let mut admin = come_in(&desk, "admin");
    let new =
        [("name", "Second"), ("grants", "viewer\noperator:example.jp"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(admin.send("/users", "/users", &new).headers()["location"], "/users?done=page-done-saved");
    assert!(text(&admin.get("/users/second")).contains("operator:example.jp"));
    assert_eq!(admin.send("/users", "/users", &new).status(), StatusCode::CONFLICT, "taken");
    let rights = [("name", "second"), ("version", "1"), ("grants", "king")];
    assert_eq!(admin.send("/users", "/users", &rights).status(), StatusCode::CONFLICT, "no such role");
    let rights = [("name", "second"), ("version", "7"), ("grants", "viewer")];
    assert_eq!(admin.send("/users", "/users", &rights).status(), StatusCode::CONFLICT, "an old page");
    let second = come_in(&desk, "second");
    let off = [("name", "second"), ("version", "1"), ("grants", "viewer"), ("disabled", "yes")];
    assert_eq!(admin.send("/users", "/users/second", &off).status(), StatusCode::SEE_OTHER);
    assert_eq!(second.get("/").status(), StatusCode::SEE_OTHER, "who is disabled is out at once");
    let last = [("name", "admin"), ("version", "1"), ("sure", "yes")];
    assert_eq!(admin.send("/users/remove", "/users", &last).status(), StatusCode::CONFLICT);
    let gone = [("name", "second"), ("version", "2")];
    assert_eq!(admin.send("/users/remove", "/users", &gone).status(), StatusCode::CONFLICT, "not sure");
    let gone = [("name", "second"), ("version", "2"), ("sure", "yes")];
    assert_eq!(admin.send("/users/remove", "/users", &gone).status(), StatusCode::SEE_OTHER);
    assert_eq!(admin.get("/users/second").status(), StatusCode::NOT_FOUND);
    let log = text(&admin.get("/log?who=admin"));
    assert!(log.contains("person-remove") && log.contains("person-put"));
}

#[test]
fn a_new_password_ends_every_other_session() {
    let desk = house();
    let (mut one, other) = (come_in(&desk, "viewer"), come_in(&desk, "viewer"));
    let next = "another barrier, further on";
    let fields = |now| [("now", now), ("password", next), ("again", next)];
    assert_eq!(one.send("/settings/password", "/settings", &fields("wrong")).status(), StatusCode::CONFLICT);
    assert_eq!(one.send("/settings/password", "/settings", &fields(PASSWORD)).status(), StatusCode::SEE_OTHER);
    assert_eq!((one.get("/").status(), other.get("/").status()), (StatusCode::OK, StatusCode::SEE_OTHER));
}

#[test]
fn a_token_is_shown_once_and_does_no_more_than_its_person() {
    let desk = house();
    let mut operator = come_in(&desk, "operator");
    let too_much = [("label", "x"), ("role", "admin"), ("days", "1")];
    assert_eq!(operator.send("/settings/token", "/settings", &too_much).status(), StatusCode::FORBIDDEN);
    let fields = [("label", "the wiki"), ("role", "viewer"), ("days", "1")];
    let shown = text(&operator.send("/settings/token", "/settings", &fields));
    let token = shown.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(token.starts_with("sekisho_") && !text(&operator.get("/settings")).contains(&token));
    let bearer = format!("Bearer {token}");
    let asked = |token: &str, path: &str| ask(&desk, "GET", path, &[("authorization", token)], "");
    let overview = text(&asked(&bearer, "/api/v1/overview"));
    assert!(overview.contains("example.jp") && !overview.contains("example.net"), "{overview}");
    assert_eq!(asked(&bearer, "/api/v1/users").status(), StatusCode::FORBIDDEN);
    for wrong in ["Bearer sekisho_x", "Bearer ", "Basic x", &format!("{bearer}x")] {
        assert_eq!(asked(wrong, "/api/v1/overview").status(), StatusCode::UNAUTHORIZED, "{wrong}");
    }
    // A program that holds a token needs no form's secret; a wrong token is nobody, whatever cookie comes with it.
    let body = "{\"theme\":\"dark\"}";
    assert_eq!(ask(&desk, "POST", "/api/v1/settings", &[("authorization", &bearer)], body).status(), StatusCode::OK);
    let mixed = [("authorization", "Bearer sekisho_x"), ("cookie", operator.cookie.as_str())];
    assert_eq!(ask(&desk, "GET", "/api/v1/overview", &mixed, "").status(), StatusCode::UNAUTHORIZED);
    let id =
        text(&operator.get("/settings.csv?table=tokens")).lines().nth(1).unwrap().split(',').nth(1).unwrap().to_owned();
    assert_eq!(operator.send("/settings/token/remove", "/settings", &[("id", &id)]).status(), StatusCode::SEE_OTHER);
    assert_eq!(asked(&bearer, "/api/v1/overview").status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_proxy_is_believed_when_it_is_one_of_ours() {
    for (proxy, fields, status) in [
        ("127.0.0.0/8", &[("remote-user", "viewer")][..], 200),
        ("127.0.0.0/8", &[("remote-user", "nobody")], 403),
        ("127.0.0.0/8", &[("remote-user", "viewer"), ("remote-user", "admin")], 303),
        ("192.0.2.0/24", &[("remote-user", "viewer")], 303),
    ] {
        let mut world = World::with_reports(Role::Viewer);
        world.settings.guest = None;
        world.settings.proxies = vec![proxy.parse().unwrap()];
        world.settings.proxy_field = Some("remote-user".into());
        let mut person = Person::new(name("viewer"), 0);
        person.grants = vec![Grant::parse("viewer").unwrap()];
        block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", "viewer"))).unwrap();
        let desk = Desk::new(world, [0; 32]);
        assert_eq!(ask(&desk, "GET", "/", fields, "").status().as_u16(), status, "{proxy} {fields:?}");
    }
}
