//! Those who come by a provider of OpenID Connect, and those who would like to be taken for them. The provider is one in
//! memory that signs, compares the challenge, and redeems each code once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use dashboard::Desk;
use dashboard::Moment;
use dashboard::openid::{Admission, Way};
use dashboard::who::Role;
use data_encoding::BASE64URL_NOPAD;
use http::{Request, Response, StatusCode};
use people::limits::{FREE_ATTEMPT_COUNT, OPENID_ATTEMPT_S};
use people::openid::Form;
use people::openid::mapping::Mapping;
use people::openid::party::{Party, Unreached, Web};
use people::{Grant, LogLine, LogQuery, Name, NewLine, Outcome, Person, Registry as _, Subject};
use serde_json::{Value, json};
use testkit::block_on;

use super::hostile::HOSTILE;
use super::world::{NOW_MS, World, text};

pub(crate) const CLIENT: &str = "sekisho";
const ISSUER: &str = "https://id.example.jp/realms/mail";
const REDIRECT: &str = "https://desk.example.jp/login/openid/back";
const COOKIE: &str = "__Host-sekisho-openid";
static REQUEST_COUNT: AtomicU64 = AtomicU64::new(0);

/// A provider.
pub(crate) struct Site {
    pub(crate) party: Party,
    signer: Mutex<Ed25519KeyPair>,
    /// What it says of whoever logs in.
    claims: Mutex<Value>,
    /// Codes that were not redeemed yet: the challenge and the nonce of each.
    codes: Mutex<HashMap<String, (String, String)>>,
    is_down: AtomicBool,
    names_itself: AtomicBool,
    /// Whether it redeems codes again and again, as it must not.
    is_lax: AtomicBool,
    redeemed_count: AtomicU64,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            party: Party::new(ISSUER),
            signer: Mutex::new(Ed25519KeyPair::generate().unwrap()),
            claims: Mutex::new(json!({ "sub": "f3a1", "preferred_username": "hanako", "groups": ["mail"] })),
            codes: Mutex::default(),
            is_down: AtomicBool::new(false),
            names_itself: AtomicBool::new(false),
            is_lax: AtomicBool::new(false),
            redeemed_count: AtomicU64::new(0),
        }
    }

    fn says(&self, name: &str, value: Value) {
        self.claims.lock().unwrap()[name] = value;
    }

    /// Somebody logs in there: where they are sent back to.
    fn let_in(&self, departure: &str) -> String {
        let query = query_of(departure);
        assert!(departure.starts_with("https://id.example.jp/auth?"), "{departure}");
        assert_eq!((&*query["client_id"], &*query["redirect_uri"]), (CLIENT, REDIRECT));
        assert_eq!((&*query["response_type"], &*query["code_challenge_method"]), ("code", "S256"));
        assert_eq!(query["scope"], "openid profile groups");
        let code = format!("code {}", REQUEST_COUNT.fetch_add(1, Ordering::Relaxed));
        let kept = (query["code_challenge"].clone(), query["nonce"].clone());
        self.codes.lock().unwrap().insert(code.clone(), kept);
        back_with(&[("code", &code), ("state", &query["state"])])
    }

    fn token(&self, nonce: &str) -> String {
        let now_s = NOW_MS / 1000;
        let mut claims = json!({ "iss": ISSUER, "aud": CLIENT, "nonce": nonce, "iat": now_s, "exp": now_s + 300 });
        for (name, value) in self.claims.lock().unwrap().as_object().unwrap() {
            claims[name] = value.clone();
        }
        let base64 = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
        let signed = format!("{}.{}", base64(json!({ "alg": "EdDSA" }).to_string()), base64(claims.to_string()));
        let signature = self.signer.lock().unwrap().sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

impl Web for Site {
    async fn get(&self, url: &str, _: usize) -> Result<Vec<u8>, Unreached> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(Unreached("nobody answers".to_owned()));
        }
        let key = BASE64URL_NOPAD.encode(self.signer.lock().unwrap().public_key().as_ref());
        let answer = if url.ends_with("openid-configuration") {
            json!({
                "issuer": ISSUER,
                "authorization_endpoint": "https://id.example.jp/auth",
                "token_endpoint": "https://id.example.jp/token",
                "jwks_uri": "https://id.example.jp/keys",
                "authorization_response_iss_parameter_supported": self.names_itself.load(Ordering::Relaxed),
            })
        } else {
            json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": key }] })
        };
        Ok(answer.to_string().into_bytes())
    }

    async fn post(&self, url: &str, form: &Form, _: usize) -> Result<(u16, Vec<u8>), Unreached> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(Unreached("nobody answers".to_owned()));
        }
        assert_eq!(url, "https://id.example.jp/token");
        self.redeemed_count.fetch_add(1, Ordering::Relaxed);
        let form = query_of(&format!("?{}", form.body));
        let mut codes = self.codes.lock().unwrap();
        let found = codes.get(&form["code"]).cloned();
        if !self.is_lax.load(Ordering::Relaxed) {
            codes.remove(&form["code"]);
        }
        let is_its = |challenge: &str| {
            challenge == BASE64URL_NOPAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()).as_ref())
        };
        Ok(match found.filter(|(challenge, _)| is_its(challenge)) {
            Some((_, nonce)) => (200, json!({ "id_token": self.token(&nonce) }).to_string().into_bytes()),
            None => (400, b"{\"error\": \"invalid_grant\"}".to_vec()),
        })
    }
}

/// A browser that keeps cookies, at some time, in some network.
struct Browser<'d> {
    desk: &'d Desk<World>,
    cookies: HashMap<String, String>,
    now_ms: u64,
    peer: &'static str,
}

impl<'d> Browser<'d> {
    fn new(desk: &'d Desk<World>) -> Self {
        Self { desk, cookies: HashMap::new(), now_ms: NOW_MS, peer: "192.0.2.7" }
    }

    fn ask(&mut self, method: &str, target: &str) -> Response<Vec<u8>> {
        let target = target.strip_prefix("https://desk.example.jp").unwrap_or(target);
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(target).header("host", "desk.example.jp");
        let request = request.header("cookie", cookies.join("; ")).body(Vec::new()).unwrap();
        let number = REQUEST_COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let random = std::array::from_fn(|place| number[place % 8] ^ (place as u8).wrapping_mul(31));
        let moment = Moment { now_ms: self.now_ms, peer: self.peer.parse().ok(), random };
        let answer = block_on(self.desk.answer(moment, request));
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    fn get(&mut self, target: &str) -> Response<Vec<u8>> {
        self.ask("GET", target)
    }

    /// Goes to the provider and logs in there: where it is sent back to.
    fn leave(&mut self) -> String {
        let away = self.get("/login/openid");
        assert_eq!(away.status(), StatusCode::SEE_OTHER, "{}", text(&away));
        self.desk.sources().site.let_in(location(&away))
    }

    /// The whole way.
    fn come_in(&mut self) -> Response<Vec<u8>> {
        let to = self.leave();
        self.get(&to)
    }

    fn is_in(&mut self) -> bool {
        self.get("/settings").status() == StatusCode::OK
    }
}

fn query_of(url: &str) -> HashMap<String, String> {
    let query = url.split_once('?').unwrap().1;
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn back_with(pairs: &[(&str, &str)]) -> String {
    format!("{REDIRECT}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn location(answer: &Response<Vec<u8>>) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn subject(text: &str) -> Option<Subject> {
    Some(Subject { issuer: ISSUER.into(), subject: text.into() })
}

fn put(world: &World, who: &str, rights: &str, subject: Option<Subject>) {
    let mut person = Person::new(name(who), 0);
    person.grants = rights.split_whitespace().map(|rights| Grant::parse(rights).unwrap()).collect();
    person.password = subject.is_none().then(|| people::password::hash("a barrier on the road", [1; 16]).unwrap());
    person.subject = subject;
    block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", who))).unwrap();
}

/// A house with an admin by password, and this mapping of groups.
fn house(admission: Admission, groups: &[(&str, &str)]) -> World {
    let mut world = World::with_reports(Role::Viewer);
    (world.settings.guest, world.settings.is_secure) = (None, true);
    world.settings.hosts = vec!["desk.example.jp".into()];
    let grants = groups.iter().map(|(group, grant)| ((*group).into(), Grant::parse(grant).unwrap())).collect();
    world.settings.openid = Some(Way {
        name: "Example <ID>".into(),
        client_id: CLIENT.into(),
        scopes: vec!["profile".into(), "groups".into()],
        redirect: REDIRECT.into(),
        mapping: Mapping { claim: "groups".into(), grants },
        admission,
    });
    put(&world, "admin", "admin", None);
    world
}

fn person(desk: &Desk<World>, who: &str) -> Option<Person> {
    block_on(desk.sources().people.person(&name(who))).unwrap()
}

fn rights(desk: &Desk<World>, who: &str) -> String {
    people::grant::print(&person(desk, who).unwrap().grants)
}

/// The lines of the log about this way in, the oldest first.
fn log(desk: &Desk<World>) -> Vec<LogLine> {
    let query = LogQuery { verb: Some("sign-in-openid".into()), ..LogQuery::default() };
    let mut lines = block_on(desk.sources().people.log(query)).unwrap().lines;
    lines.reverse();
    lines
}

fn last_word(desk: &Desk<World>) -> String {
    log(desk).last().map(|line| line.line.note.to_string()).unwrap_or_default()
}

/// Refused with this sentence, not let in.
fn refused(answer: &Response<Vec<u8>>, sentence: &str) {
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{}", text(answer));
    assert!(text(answer).contains(sentence), "{sentence}: {}", text(answer));
    assert!(!answer.headers().contains_key("location"));
}

#[test]
fn who_is_known_here_comes_in_and_the_log_has_it() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    let mut browser = Browser::new(&desk);
    let door = text(&browser.get("/login?back=%2Fmail%3Fdays%3D7"));
    let link = "<a class=\"button\" href=\"/login/openid?back=%2Fmail%3Fdays%3D7\">Log in with Example &lt;ID&gt;</a>";
    assert!(door.contains(link), "{door}");
    assert!(text(&browser.get("/login?lang=ja")).contains("Example &lt;ID&gt; でログイン"));
    let programs: Value = serde_json::from_str(&text(&browser.get("/api/v1/login"))).unwrap();
    assert_eq!(programs["openid"], "Example <ID>");

    let away = browser.get("/login/openid?back=%2Fmail%3Fdays%3D7");
    let cookie = away.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-sekisho-openid="), "{cookie}");
    assert!(cookie.contains("; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(away.headers()["cache-control"], "no-store");
    let to = desk.sources().site.let_in(location(&away));
    let came = browser.get(&to);
    assert_eq!((came.status(), location(&came)), (StatusCode::SEE_OTHER, "/mail?days=7"));
    assert!(browser.is_in() && !browser.cookies.contains_key(COOKIE), "the attempt is over");
    assert!(!text(&browser.get("/api/v1/users")).contains("f3a1"), "a viewer sees no users");
    let lines = log(&desk);
    let line = &lines[0].line;
    assert_eq!((&*line.who, &*line.object, line.outcome), ("hanako", "f3a1", Outcome::Done));
    assert_eq!(line.address.unwrap().to_string(), "192.0.2.7");
}

#[test]
fn without_a_provider_there_is_no_such_door() {
    let mut world = house(Admission::Known, &[]);
    world.settings.openid = None;
    let desk = Desk::new(world, [0; 32]);
    let mut browser = Browser::new(&desk);
    assert!(!text(&browser.get("/login")).contains("/login/openid"));
    for target in ["/login/openid", "/login/openid/back?code=a&state=b"] {
        assert_eq!(browser.get(target).status(), StatusCode::NOT_FOUND);
    }
}

#[test]
fn a_step_is_a_get_of_a_browser_and_nothing_else() {
    let desk = Desk::new(house(Admission::Known, &[]), [0; 32]);
    let mut browser = Browser::new(&desk);
    for target in ["/login/openid", "/login/openid/back"] {
        for method in ["POST", "HEAD", "DELETE"] {
            let answer = browser.ask(method, target);
            assert_eq!(
                (answer.status(), &answer.headers()["allow"]),
                (StatusCode::METHOD_NOT_ALLOWED, &"GET".parse().unwrap())
            );
        }
        assert_eq!(browser.get(&format!("/api/v1{target}")).status(), StatusCode::NOT_FOUND);
        assert_eq!(browser.get(&format!("{target}.csv")).status(), StatusCode::NOT_FOUND);
    }
    assert!(browser.cookies.is_empty());
}

#[test]
fn a_state_that_is_forged_or_anothers_opens_nothing() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    let state = "does not belong";
    let mut victim = Browser::new(&desk);
    let to = victim.leave();
    refused(&victim.get(&back_with(&[("code", "x"), ("state", "forged")])), state);
    refused(&victim.get(&back_with(&[("code", "x")])), state);
    // RFC 6749 §3.1: a parameter twice is none.
    refused(&victim.get(&format!("{to}&state=forged")), state);
    assert_eq!(last_word(&desk), "state");
    // Somebody sends the victim to where they themselves would come back to: their account in the victim's browser.
    let mut attacker = Browser { peer: "198.51.100.1", ..Browser::new(&desk) };
    let theirs = attacker.leave();
    refused(&victim.get(&theirs), state);
    // A cookie that was put there comes without the state, a state without the cookie is nothing.
    let mut bare = Browser { peer: "198.51.100.2", ..Browser::new(&desk) };
    refused(&bare.get(&to), "did not begin in this browser");
    for forged in ["", "x", "a.9999999999..b", &format!("{}x", victim.cookies[COOKIE])] {
        bare.cookies.insert(COOKIE.to_owned(), forged.to_owned());
        refused(&bare.get(&to), "did not begin in this browser");
    }
    bare.cookies.insert(COOKIE.to_owned(), attacker.cookies[COOKIE].clone());
    refused(&bare.get(&to), state);
    assert_eq!(desk.sources().site.redeemed_count.load(Ordering::Relaxed), 0, "the provider heard of none");
    // And the victim's own attempt was not hurt by it.
    assert_eq!(victim.get(&to).status(), StatusCode::SEE_OTHER);
    assert!(victim.is_in());
}

#[test]
fn an_attempt_comes_back_once_and_in_time() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    world.site.is_lax.store(true, Ordering::Relaxed);
    let desk = Desk::new(world, [0; 32]);
    let mut browser = Browser::new(&desk);
    let to = browser.leave();
    let attempt = browser.cookies[COOKIE].clone();
    assert_eq!(browser.get(&to).status(), StatusCode::SEE_OTHER);
    // The same once more, although this provider would redeem the code again.
    let mut again = Browser::new(&desk);
    again.cookies.insert(COOKIE.to_owned(), attempt);
    refused(&again.get(&to), "has ended");
    assert_eq!((again.is_in(), last_word(&desk)), (false, "returned-before".to_owned()));
    for (late_s, is_in) in [(OPENID_ATTEMPT_S - 1, true), (OPENID_ATTEMPT_S, false), (OPENID_ATTEMPT_S + 1, false)] {
        desk.sources().site.says("iat", json!(NOW_MS / 1000 + late_s));
        desk.sources().site.says("exp", json!(NOW_MS / 1000 + late_s + 60));
        let mut browser = Browser { peer: "192.0.2.9", ..Browser::new(&desk) };
        let to = browser.leave();
        browser.now_ms += late_s * 1000;
        assert_eq!(browser.get(&to).status() == StatusCode::SEE_OTHER, is_in, "{late_s}");
    }
    // A desk that was begun anew knows nothing of older attempts.
    let mut browser = Browser::new(&desk);
    let to = browser.leave();
    let other = Desk::new(house(Admission::Known, &[]), [1; 32]);
    refused(&Browser { desk: &other, ..browser }.get(&to), "has ended");
}

#[test]
fn a_code_of_another_attempt_is_not_redeemed() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    // A code that was stolen on its way, in an attempt of the thief's: PKCE and the nonce are those of the other.
    let stolen = query_of(&Browser::new(&desk).leave())["code"].clone();
    let mut thief = Browser { peer: "198.51.100.1", ..Browser::new(&desk) };
    let own = query_of(&thief.leave());
    refused(&thief.get(&back_with(&[("code", &stolen), ("state", &own["state"])])), "does not prove");
    assert_eq!((thief.is_in(), last_word(&desk)), (false, "code-refused".to_owned()));
    let mut none = Browser { peer: "198.51.100.2", ..Browser::new(&desk) };
    let own = query_of(&none.leave());
    refused(&none.get(&back_with(&[("state", &own["state"])])), "does not prove");
}

#[test]
fn what_the_provider_says_instead_of_a_code_is_told_in_our_words() {
    let desk = Desk::new(house(Admission::Known, &[]), [0; 32]);
    for (error, sentence, word) in [
        ("access_denied", "did not let you in", "error access_denied"),
        ("server_error", "reports an error", "error server_error"),
        (HOSTILE, "reports an error", "error"),
    ] {
        let mut browser = Browser::new(&desk);
        let state = query_of(&browser.leave())["state"].clone();
        let pairs = [
            ("error", error),
            ("error_description", HOSTILE),
            ("error_uri", "https://evil.example/"),
            ("state", &state),
        ];
        let answer = browser.get(&back_with(&pairs));
        refused(&answer, sentence);
        let page = text(&answer);
        assert!(!page.contains("alert") && !page.contains("evil.example") && !page.contains(&state), "{page}");
        assert!(page.contains("href=\"/login?lang=ja\""), "{page}");
        assert_eq!(last_word(&desk), word);
    }
    // An error without the state is nobody's.
    let mut browser = Browser::new(&desk);
    browser.leave();
    refused(&browser.get(&back_with(&[("error", "access_denied")])), "does not belong");
}

#[test]
fn an_answer_of_another_provider_is_none() {
    for (names_itself, issuer, is_in) in [
        (false, None, true),
        (false, Some(ISSUER), true),
        (false, Some("https://evil.example"), false),
        (true, Some(ISSUER), true),
        (true, None, false),
        (true, Some("https://id.example.jp/realms/mail/"), false),
    ] {
        let world = house(Admission::Known, &[]);
        put(&world, "hanako", "viewer", subject("f3a1"));
        world.site.names_itself.store(names_itself, Ordering::Relaxed);
        let desk = Desk::new(world, [0; 32]);
        let mut browser = Browser::new(&desk);
        let to = browser.leave();
        let issuer = issuer.map(|issuer| format!("&iss={issuer}")).unwrap_or_default();
        let came = browser.get(&format!("{to}{issuer}"));
        assert_eq!(
            (came.status() == StatusCode::SEE_OTHER, browser.is_in()),
            (is_in, is_in),
            "{names_itself} {issuer}"
        );
        if !is_in {
            refused(&came, "does not prove");
            assert_eq!(last_word(&desk), "iss");
        }
    }
}

#[test]
fn who_is_not_known_here_is_refused_and_can_be_made_known() {
    let desk = Desk::new(house(Admission::Known, &[("mail", "viewer")]), [0; 32]);
    let mut browser = Browser::new(&desk);
    refused(&browser.come_in(), "you are no user here");
    assert_eq!((browser.is_in(), person(&desk, "hanako")), (false, None));
    let lines = log(&desk);
    let line = &lines[0].line;
    let told = (&*line.who, &*line.object, &*line.note, line.outcome);
    assert_eq!(told, ("hanako", "f3a1", "stranger", Outcome::Refused), "what an admin needs to know");
    put(desk.sources(), "hanako", "viewer", subject("f3a1"));
    assert_eq!(browser.come_in().status(), StatusCode::SEE_OTHER);
    // Of another provider the same subject is somebody else.
    let world = house(Admission::Known, &[]);
    let other = Subject { issuer: "https://other.example".into(), subject: "f3a1".into() };
    put(&world, "hanako", "viewer", Some(other));
    refused(&Browser::new(&Desk::new(world, [0; 32])).come_in(), "you are no user here");
}

#[test]
fn groups_are_roles_with_domains_and_read_anew_each_time() {
    let groups = [("mail", "operator:example.jp"), ("office", "viewer"), ("heads", "admin")];
    let desk = Desk::new(house(Admission::Groups, &groups), [0; 32]);
    let mut browser = Browser::new(&desk);
    assert_eq!(browser.come_in().status(), StatusCode::SEE_OTHER);
    assert_eq!(rights(&desk, "hanako"), "operator:example.jp");
    let made = person(&desk, "hanako").unwrap();
    assert_eq!((made.subject, made.password), (subject("f3a1"), None), "marked as come by the provider");
    let page = text(&browser.get("/"));
    assert!(page.contains("example.jp") && !page.contains("example.net"), "of one domain alone");
    assert_eq!(browser.get("/users").status(), StatusCode::FORBIDDEN);
    desk.sources().site.says("groups", json!(["heads", "office", "strangers"]));
    browser.come_in();
    assert_eq!(rights(&desk, "hanako"), "viewer\nadmin");
    let users = text(&browser.get("/users"));
    assert!(users.contains("https://id.example.jp/realms/mail f3a1"), "{users}");
    assert!(
        text(&browser.get("/users/hanako"))
            .contains("Identity at the provider: <bdi>https://id.example.jp/realms/mail f3a1</bdi>")
    );
    // No group any more: out, and what was granted is gone, for tokens and open windows too.
    desk.sources().site.says("groups", json!([]));
    refused(&browser.come_in(), "None of your groups");
    assert_eq!((rights(&desk, "hanako").as_str(), last_word(&desk).as_str()), ("", "no-group"));
    assert_eq!(browser.get("/").status(), StatusCode::FORBIDDEN);
    // Nobody is made who may do nothing.
    desk.sources().site.says("sub", json!("other"));
    desk.sources().site.says("preferred_username", json!("other"));
    refused(&Browser::new(&desk).come_in(), "None of your groups");
    assert_eq!(person(&desk, "other"), None);
}

#[test]
fn a_local_name_is_not_taken_over() {
    let desk = Desk::new(house(Admission::Groups, &[("mail", "viewer")]), [0; 32]);
    let before = person(&desk, "admin");
    for wished in ["admin", "Admin", "ADMIN"] {
        desk.sources().site.says("preferred_username", json!(wished));
        let mut browser = Browser::new(&desk);
        refused(&browser.come_in(), "Another user here has your name");
        assert!(!browser.is_in());
    }
    assert_eq!((person(&desk, "admin"), last_word(&desk).as_str()), (before, "name-taken"));
    // Neither is the name of somebody who came by the provider, by another one from there.
    desk.sources().site.says("preferred_username", json!("hanako"));
    assert_eq!(Browser::new(&desk).come_in().status(), StatusCode::SEE_OTHER);
    desk.sources().site.says("sub", json!("other"));
    refused(&Browser::new(&desk).come_in(), "Another user here has your name");
    assert_eq!(person(&desk, "hanako").unwrap().subject, subject("f3a1"));
    // Whose identity is known keeps the name that they have here, whatever it is there.
    desk.sources().site.says("sub", json!("f3a1"));
    desk.sources().site.says("preferred_username", json!("admin"));
    let mut browser = Browser::new(&desk);
    browser.come_in();
    assert!(browser.is_in() && log(&desk).last().unwrap().line.who == "hanako".into());
}

#[test]
fn who_is_disabled_or_has_no_name_stays_outside() {
    let desk = Desk::new(house(Admission::Groups, &[("mail", "viewer")]), [0; 32]);
    Browser::new(&desk).come_in();
    let mut off = person(&desk, "hanako").unwrap();
    off.is_disabled = true;
    block_on(desk.sources().people.put_person(off, NewLine::new(0, "test", "person-put", "hanako"))).unwrap();
    refused(&Browser::new(&desk).come_in(), "may not log in any more");
    desk.sources().site.says("sub", json!("nameless"));
    for hostile in [HOSTILE, "", "-rf", "a b", &"x".repeat(200)] {
        desk.sources().site.says("preferred_username", json!(hostile));
        let answer = Browser { peer: "192.0.2.8", ..Browser::new(&desk) }.come_in();
        refused(&answer, "gives no name");
        assert!(!text(&answer).contains("alert(1)"));
    }
}

#[test]
fn the_last_admin_is_not_locked_out_by_the_provider() {
    let mut world = house(Admission::Groups, &[("heads", "admin"), ("mail", "viewer")]);
    world.people = store::MemoryRegistry::new();
    put(&world, "hanako", "admin", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    for groups in [json!(["mail"]), json!([])] {
        desk.sources().site.says("groups", groups);
        let mut browser = Browser::new(&desk);
        assert_eq!(browser.come_in().status(), StatusCode::SEE_OTHER);
        assert_eq!((rights(&desk, "hanako").as_str(), browser.get("/users").status()), ("admin", StatusCode::OK));
    }
    // With another one there, the groups count.
    put(desk.sources(), "second", "admin", None);
    desk.sources().site.says("groups", json!(["mail"]));
    Browser::new(&desk).come_in();
    assert_eq!(rights(&desk, "hanako"), "viewer");
}

#[test]
fn guesses_wait_and_a_provider_that_is_down_is_nobodys_guess() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    let mut guesser = Browser { peer: "198.51.100.1", ..Browser::new(&desk) };
    let own = guesser.leave();
    for number in 0..FREE_ATTEMPT_COUNT + 3 {
        let answer = guesser.get(&back_with(&[("code", "x"), ("state", &number.to_string())]));
        refused(&answer, if number < FREE_ATTEMPT_COUNT { "does not belong" } else { "Too many attempts failed" });
    }
    refused(&guesser.get(&own), "Too many attempts failed");
    assert_eq!(log(&desk).len() as u32, FREE_ATTEMPT_COUNT, "who has to wait fills no log");
    // Others are not kept out, and not by what was never answered.
    let site = &desk.sources().site;
    let mut browser = Browser::new(&desk);
    for _ in 0..FREE_ATTEMPT_COUNT + 3 {
        let to = browser.leave();
        site.is_down.store(true, Ordering::Relaxed);
        refused(&browser.get(&to), "does not answer");
        site.is_down.store(false, Ordering::Relaxed);
    }
    assert_eq!(last_word(&desk), "provider-unreached");
    assert_eq!(browser.come_in().status(), StatusCode::SEE_OTHER);
    assert!(browser.is_in());
}

#[test]
fn a_provider_that_is_down_from_the_begin_is_told() {
    let desk = Desk::new(house(Admission::Known, &[]), [0; 32]);
    desk.sources().site.is_down.store(true, Ordering::Relaxed);
    let mut browser = Browser::new(&desk);
    for (language, sentence) in [("en", "does not answer"), ("ja", "応答しません")] {
        let answer = browser.get(&format!("/login/openid?lang={language}"));
        refused(&answer, sentence);
        assert!(!text(&answer).contains("nobody answers") && !browser.cookies.contains_key(COOKIE));
    }
    assert_eq!(log(&desk).len(), 0, "whoever only asks fills no log");
}

#[test]
fn hostile_names_and_subjects_are_text() {
    let desk = Desk::new(house(Admission::Groups, &[("mail", "viewer")]), [0; 32]);
    // No control characters: with them it would be no subject.
    let hostile = HOSTILE.trim_end_matches('\0');
    desk.sources().site.says("sub", json!(hostile));
    assert_eq!(Browser::new(&desk).come_in().status(), StatusCode::SEE_OTHER);
    desk.sources().site.says("sub", json!(format!("{hostile}2")));
    refused(&Browser::new(&desk).come_in(), "has your name");
    put(desk.sources(), "second", "admin", subject("boss"));
    desk.sources().site.says("groups", json!(["none"]));
    desk.sources().site.says("sub", json!("boss"));
    let mut admin = Browser::new(&desk);
    let mut world_admin = person(&desk, "second").unwrap();
    world_admin.is_disabled = false;
    block_on(desk.sources().people.remove_person(&name("admin"), 1, NewLine::new(0, "t", "person-remove", "admin")))
        .unwrap();
    assert_eq!(admin.come_in().status(), StatusCode::SEE_OTHER, "the last admin");
    for target in ["/users", "/users/hanako", "/log"] {
        let page = text(&admin.get(target));
        assert!(page.contains("alert(1)"), "{target}: it is shown");
        assert!(!page.contains("<img") && page.matches("<script").count() == 1, "{target}: {page}");
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{0}']), "{target}: unseen characters");
    }
}

#[test]
fn a_way_back_leads_to_no_other_host() {
    let world = house(Admission::Known, &[]);
    put(&world, "hanako", "viewer", subject("f3a1"));
    let desk = Desk::new(world, [0; 32]);
    for (back, to) in [("/senders", "/senders"), ("//evil.example/", "/"), ("https://evil.example/", "/"), ("", "/")] {
        let mut browser = Browser::new(&desk);
        let away = browser.get(&format!("/login/openid?back={back}"));
        let back = desk.sources().site.let_in(location(&away));
        assert_eq!(location(&browser.get(&back)), to);
    }
}
