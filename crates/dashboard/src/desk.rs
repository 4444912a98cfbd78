//! A request in, an answer out.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;

use http::header::{
    ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN, REFERRER_POLICY,
    SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Method, Request, Response, StatusCode};
use mailtext::Domain;
use maud::html;
use serde_json::{Value, json};
use words::Language;

use crate::ask::{Query, View, Visit, parse_day};
use crate::assets::{ASSETS, Asset};
use crate::door::{self, Door};
use crate::limits::{ASSET_AGE_S, COMPRESSED_BYTES_MIN, FORM_BYTES_MAX, TARGET_BYTES_MAX};
use crate::openid::Step;
use crate::packed::{Packed, pack};
use crate::page::{Page, framed};
use crate::parts::{Tone, copied, notice};
use crate::screen::{DEEDS, Deed, Entry, Form, Kind, Parameter, Shown, back, find};
use crate::screens;
use crate::shelf::{Fresh, Shelf};
use crate::sources::{Sources, Voice};
use crate::trouble::Trouble;
use crate::who::{Role, Who};

/// Answers requests.
pub struct Desk<S> {
    sources: S,
    door: Door,
    shelf: Shelf,
}

/// What a request does not carry, and the desk cannot know by itself.
#[derive(Clone, Debug)]
pub struct Moment {
    /// When it came, in milliseconds since 1970.
    pub now_ms: u64,
    /// From where; `None` over a local socket.
    pub peer: Option<IpAddr>,
    /// Random bytes that nobody else has.
    pub random: [u8; 96],
}

/// A request, taken apart.
struct Asked<'r> {
    request: &'r Request<Vec<u8>>,
    moment: &'r Moment,
    path: &'r str,
    query: Query,
    form: Form,
}

type Answer = Response<Vec<u8>>;

impl<S: Sources> Desk<S> {
    /// A desk; `key` are random bytes that hold as long as it does.
    pub fn new(sources: S, key: [u8; 32]) -> Self {
        Self { sources, door: Door::new(key), shelf: Shelf::default() }
    }

    /// What it reads from.
    pub fn sources(&self) -> &S {
        &self.sources
    }

    /// The same, before it answers anybody.
    pub fn sources_mut(&mut self) -> &mut S {
        &mut self.sources
    }

    /// Answers a request.
    pub async fn answer(&self, moment: Moment, request: Request<Vec<u8>>) -> Answer {
        let mut answer = match self.asked(&moment, &request) {
            Ok(asked) => self.find_answer(&asked).await,
            Err(trouble) => self.turned_away(&trouble, &request),
        };
        compress(&request, &mut answer);
        guard(&mut answer);
        // RFC 6797 §7.1: said over TLS. Of a name that is ours alone: by "localhost" or an address, others answer, too.
        if self.sources.settings().is_secure && self.is_by_own_name(&request) {
            set(&mut answer, STRICT_TRANSPORT_SECURITY, TRANSPORT_POLICY);
        }
        answer
    }

    /// What is told before it is known who asks, and for what.
    fn turned_away(&self, trouble: &Trouble, request: &Request<Vec<u8>>) -> Answer {
        if !request.uri().path().starts_with(API) {
            return plain(trouble.status(), trouble.as_str());
        }
        let (id, arguments) = trouble.sentence();
        let sentence = self.sources.voice(Language::default()).say(id, &arguments);
        program(trouble.status(), &json!({ "error": trouble.as_str(), "message": sentence }))
    }

    /// Takes a request apart.
    ///
    /// # Errors
    /// It is too large, or for somebody else.
    fn asked<'r>(&self, moment: &'r Moment, request: &'r Request<Vec<u8>>) -> Result<Asked<'r>, Trouble> {
        let uri = request.uri();
        let length = uri.path().len() + uri.query().map_or(0, str::len);
        if length > TARGET_BYTES_MAX || request.body().len() > FORM_BYTES_MAX {
            return Err(Trouble::TooLarge);
        }
        if !self.is_for_us(request) {
            return Err(Trouble::Forbidden);
        }
        let query = Query::parse(uri.query().unwrap_or_default())?;
        let path = uri.path();
        let (path, form) = match (path.strip_prefix(API), path.strip_suffix(".csv"), path.strip_suffix(".raw")) {
            (Some(rest), ..) if rest.starts_with('/') => (rest, Form::Json),
            (_, Some(rest), _) => (rest, Form::Csv),
            (_, _, Some(rest)) => (rest, Form::Raw),
            _ => (path, Form::Page),
        };
        Ok(Asked { request, moment, path, query, form })
    }

    /// Whether we are called by one of the names that are set for us.
    fn is_by_own_name(&self, request: &Request<Vec<u8>>) -> bool {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).map(without_port);
        host.is_some_and(|name| self.sources.settings().hosts.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// Whether the name under which we are called is one of ours: a name of somebody else's that was made to point here
    /// would make a browser take us for that somebody.
    fn is_for_us(&self, request: &Request<Vec<u8>>) -> bool {
        let Some(host) = request.headers().get(HOST).and_then(|host| host.to_str().ok()) else { return false };
        let name = without_port(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok() || self.is_by_own_name(request)
    }

    async fn find_answer(&self, asked: &Asked<'_>) -> Answer {
        if let Some(asset) = ASSETS.iter().find(|asset| asset.path() == asked.request.uri().path()) {
            return kept(asset, asked.request);
        }
        let who = self.door.who(&self.sources, asked.request, asked.moment).await;
        let who = who.map(|who| who.map(|who| who.before(needs(asked))));
        let (language, is_chosen) = self.language(asked, who.as_ref().ok().and_then(Option::as_ref));
        let nobody = Who::nobody();
        let (known, trouble) = match &who {
            Ok(Some(who)) => (who, None),
            Ok(None) => (&nobody, None),
            Err(trouble) => (&nobody, Some(trouble.clone())),
        };
        let voice = self.sources.voice(language);
        let view = self.view(asked, known, voice);
        let result = match trouble {
            Some(trouble) => Err(trouble),
            None => self.serve(asked, view, who.as_ref().is_ok_and(Option::is_some)).await,
        };
        let mut view = self.view(asked, known, voice);
        if Step::of(asked.path).is_some() {
            // What came back is good for nothing any more, and stands in no link: whoever reads on does so at the door.
            (view.path, view.query) = ("/login", Query::default());
        }
        let mut answer = result.unwrap_or_else(|trouble| told(&trouble, asked, &view));
        if is_chosen {
            set_cookie(&mut answer, &format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax", language.tag()));
        }
        answer
    }

    fn view<'a>(&'a self, asked: &Asked<'a>, who: &'a Who, voice: &'a dyn Voice) -> View<'a> {
        let settings = self.sources.settings();
        let zone = who.zone.as_deref().or(settings.zone.as_deref());
        let ahead_s = zone.and_then(|zone| self.sources.ahead_s(zone, asked.moment.now_ms / 1000)).unwrap_or(0);
        View {
            voice,
            who,
            settings,
            path: asked.path,
            object: None,
            form: asked.form,
            query: asked.query.clone(),
            now_ms: asked.moment.now_ms,
            ahead_s,
            agent: door::agent(asked.request),
            csrf: door::masked(&who.csrf, &asked.moment.random),
        }
    }

    async fn serve(&self, asked: &Asked<'_>, mut view: View<'_>, is_known: bool) -> Result<Answer, Trouble> {
        match *asked.request.method() {
            Method::GET | Method::HEAD => {
                if asked.form == Form::Json && asked.path == "/openapi.json" {
                    allowed(is_known, &view, Some(Role::Viewer))?;
                    return Ok(program(StatusCode::OK, &crate::openapi::description()));
                }
                if let Some(step) = Step::of(asked.path) {
                    return self.step(asked, view, step).await;
                }
                let (entry, object) = shown_at(asked.path).ok_or_else(|| not_so(asked.path))?;
                allowed(is_known, &view, entry.needs)?;
                if asked.form == Form::Json {
                    read_strictly(entry.parameters, &view.query)?;
                }
                view.object = object;
                self.shown(entry, asked, view).await
            }
            Method::POST => {
                let deed = DEEDS.iter().find(|deed| deed.path == asked.path).ok_or_else(|| not_so(asked.path))?;
                self.act(asked, view, deed, is_known).await
            }
            _ => Err(Trouble::Method),
        }
    }

    /// A screen: as it was answered a moment ago, or opened.
    async fn shown(&self, entry: &Entry, asked: &Asked<'_>, mut view: View<'_>) -> Result<Answer, Trouble> {
        let fresh = screens::fresh(entry.id);
        if fresh == Fresh::Anew || asked.form == Form::Raw {
            return opened(entry.id, &self.visit(asked, view)).await;
        }
        let secret = std::mem::take(&mut view.csrf);
        let mark = self.door.mark();
        if !view.who.csrf.is_empty() {
            mark.clone_into(&mut view.csrf);
        }
        let visit = self.visit(asked, view);
        let make = || async { Ok(Packed::new(opened(entry.id, &visit).await?, mark)) };
        let kept = self.shelf.answer((entry.id, fresh), &visit, make).await?;
        kept.open(takes_gzip(asked.request), mark, &secret)
    }

    fn visit<'v>(&'v self, asked: &Asked<'v>, view: View<'v>) -> Visit<'v, S> {
        Visit {
            sources: &self.sources,
            door: &self.door,
            shelf: &self.shelf,
            moment: asked.moment,
            read_ms: AtomicU64::new(asked.moment.now_ms),
            view,
        }
    }

    /// A step of coming in by a provider: it only ever leads on.
    async fn step(&self, asked: &Asked<'_>, view: View<'_>, step: Step) -> Result<Answer, Trouble> {
        match (asked.form, asked.request.method()) {
            (Form::Page, &Method::GET) => {}
            // A step is something done, and not by whoever only wants to know whether it is there.
            (Form::Page, _) => return Err(Trouble::Method),
            _ => return Err(Trouble::NotFound),
        }
        let cookies = asked.request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let visit = self.visit(asked, view);
        let done = step.take(&visit, cookies).await?;
        let mut answer = plain(StatusCode::SEE_OTHER, "");
        set(&mut answer, LOCATION, done.to.as_deref().unwrap_or("/"));
        done.cookies.iter().for_each(|cookie| set_cookie(&mut answer, cookie));
        Ok(answer)
    }

    async fn act(&self, asked: &Asked<'_>, mut view: View<'_>, deed: &Deed, is_known: bool) -> Result<Answer, Trouble> {
        allowed(is_known, &view, deed.needs)?;
        let form = fields(asked)?;
        if view.who.is_by_browser {
            is_own(asked.request)?;
            door::check(&view.who.csrf, form.get("csrf").unwrap_or_default())?;
        }
        let to = back(&form).map(str::to_owned);
        view.query = form;
        let visit = self.visit(asked, view);
        let done = screens::act(deed.id, &visit).await;
        self.shelf.turn();
        door::log(&visit, deed, &done).await?;
        let done = done?;
        if asked.form == Form::Json {
            return Ok(program(StatusCode::OK, &json!({ "done": deed.id, "result": done.value })));
        }
        if let Some(secret) = &done.secret {
            let body = html! { (notice(Tone::Warning, &html! { (visit.word("page-token-shown")) })) (copied(secret, &visit.view)) };
            return Ok(markup(
                StatusCode::OK,
                framed(&Page::new(visit.word("page-label-token-new"), body), None, &visit.view),
            ));
        }
        let to = done.to.or(to).unwrap_or_else(|| "/".to_owned());
        let mut answer = plain(StatusCode::SEE_OTHER, "");
        set(&mut answer, LOCATION, &with_told(&to, done.told));
        for cookie in done.cookies {
            set_cookie(&mut answer, &cookie);
        }
        Ok(answer)
    }

    /// The language: asked for, chosen before, the person's, the browser's. And whether it was chosen just now.
    fn language(&self, asked: &Asked<'_>, who: Option<&Who>) -> (Language, bool) {
        if let Some(chosen) = asked.query.get("lang").and_then(Language::parse) {
            return (chosen, true);
        }
        let header = |name: HeaderName| asked.request.headers().get(name).and_then(|value| value.to_str().ok());
        let kept = cookie(header(COOKIE).unwrap_or_default(), "lang").and_then(Language::parse);
        let own = || who.and_then(|who| who.language);
        let wanted = || header(ACCEPT_LANGUAGE).and_then(preferred);
        (kept.or_else(own).or_else(wanted).unwrap_or_default(), false)
    }
}

/// Opens a screen, and makes the answer of what it shows.
async fn opened<S: Sources>(id: &str, visit: &Visit<'_, S>) -> Result<Answer, Trouble> {
    Ok(match screens::open(id, visit, visit.form).await? {
        Shown::Page(page) => markup(StatusCode::OK, framed(&page, Some(id), &visit.view)),
        Shown::Csv(name, text) => file(&name, &text),
        Shown::Json(value) => program(StatusCode::OK, &value),
        Shown::Raw(name, bytes) => attachment(&name, bytes),
    })
}

/// The name in a Host field.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// What is needed for what is asked for.
fn needs(asked: &Asked<'_>) -> Option<Role> {
    let deed = || DEEDS.iter().find(|deed| deed.path == asked.path).map(|deed| deed.needs);
    let needs =
        if *asked.request.method() == Method::POST { deed() } else { find(asked.path).map(|found| found.0.needs) };
    needs.flatten()
}

/// The value of a cookie.
pub(crate) fn cookie<'c>(header: &'c str, name: &str) -> Option<&'c str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The language that is wanted most of those that there are.
fn preferred(header: &str) -> Option<Language> {
    let weight = |parameters: &str| {
        let q = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        q.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0))
    };
    let mut best: Option<(Language, f32)> = None;
    for range in header.split(',').take(LANGUAGE_COUNT_MAX) {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let (Some(language), weight) = (Language::parse(tag.trim()), weight(parameters)) else { continue };
        if weight > 0.0 && best.is_none_or(|(_, other)| weight > other) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// # Errors
/// They may not, or nobody knows who they are.
fn allowed(is_known: bool, view: &View<'_>, needs: Option<Role>) -> Result<(), Trouble> {
    match (is_known, view.who.role >= needs) {
        (false, _) if needs.is_some() => Err(Trouble::Unknown),
        (_, false) => Err(Trouble::Forbidden),
        _ => Ok(()),
    }
}

/// The fields of a form, or the members of an object.
///
/// # Errors
/// It is neither.
fn fields(asked: &Asked<'_>) -> Result<Query, Trouble> {
    let body = asked.request.body();
    if asked.form != Form::Json {
        return Query::parse(std::str::from_utf8(body).map_err(|_| Trouble::Stale)?);
    }
    let wrong = || Trouble::Parameter { name: "body", value: String::new() };
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return Err(wrong()) };
    let text = |value: &Value| match value {
        Value::String(text) => Some(Cow::Owned(text.clone())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "yes" } else { "no" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let pairs = members.iter().map(|(name, value)| Some((name.as_str(), text(value)?)));
    let pairs: Vec<_> = pairs.collect::<Option<_>>().ok_or_else(wrong)?;
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(pairs);
    Query::parse(&written.finish())
}

/// Whether a form came from a page of ours, as far as the browser says.
///
/// # Errors
/// It says that it did not.
fn is_own(request: &Request<Vec<u8>>) -> Result<(), Trouble> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let fetched = header(HeaderName::from_static("sec-fetch-site"));
    let host = header(HOST).unwrap_or_default();
    let origin = header(ORIGIN).map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
    let is_foreign = fetched.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        || origin.is_some_and(|origin| !origin.eq_ignore_ascii_case(host));
    if is_foreign { Err(Trouble::Stale) } else { Ok(()) }
}

/// What is told where there is no page.
fn told(trouble: &Trouble, asked: &Asked<'_>, view: &View<'_>) -> Answer {
    let (id, arguments) = trouble.sentence();
    let sentence = view.say(id, &arguments);
    if asked.form == Form::Json {
        let mut answer = program(trouble.status(), &json!({ "error": trouble.as_str(), "message": sentence }));
        if *trouble == Trouble::Method {
            set(&mut answer, ALLOW, methods(asked.path));
        }
        return answer;
    }
    if *trouble == Trouble::Unknown && asked.request.method() == Method::GET && asked.form == Form::Page {
        let target = asked.request.uri().path_and_query().map_or("/", |target| target.as_str());
        let mut answer = plain(StatusCode::SEE_OTHER, "");
        set(&mut answer, LOCATION, &format!("/login{}", Query::of(&[("back", target)]).to_text()));
        return answer;
    }
    let title = view.word("page-label-trouble");
    let page = Page::new(title, html! { p { (sentence) } p { a href="/" { (view.word("page-label-home")) } } });
    let mut answer = markup(trouble.status(), framed(&page, None, view));
    if *trouble == Trouble::Method {
        set(&mut answer, ALLOW, methods(asked.path));
    }
    answer
}

/// The screen of an address; where something is done, no screen is meant that has its object in that place.
fn shown_at(path: &str) -> Option<(&'static Entry, Option<&str>)> {
    find(path).filter(|(_, object)| object.is_none() || DEEDS.iter().all(|deed| deed.path != path))
}

/// What may be done with an address. Where nothing may, nothing is there.
fn methods(path: &str) -> &'static str {
    if Step::of(path).is_some() {
        return "GET";
    }
    match (shown_at(path).is_some(), DEEDS.iter().any(|deed| deed.path == path)) {
        (true, true) => "GET, HEAD, POST",
        (true, false) => "GET, HEAD",
        (false, true) => "POST",
        (false, false) => "",
    }
}

/// Why an address does not take a method.
fn not_so(path: &str) -> Trouble {
    if methods(path).is_empty() { Trouble::NotFound } else { Trouble::Method }
}

/// What a program asks for is what is described: a page takes what it understands, since its address was typed by somebody.
///
/// # Errors
/// A parameter stands there twice, or says nothing that it may say.
fn read_strictly(parameters: &[Parameter], query: &Query) -> Result<(), Trouble> {
    let wrong = |name: &'static str, value: &str| Trouble::Parameter { name, value: value.to_owned() };
    for value in query.all("lang") {
        Language::parse(value).ok_or_else(|| wrong("lang", value))?;
    }
    for Parameter { name, kind } in parameters {
        for (place, value) in query.all(name).enumerate() {
            let is_well = match kind {
                Kind::Words(words) => words.contains(&value),
                _ if place > 0 => false,
                Kind::Word(words) => words.contains(&value),
                Kind::Day => parse_day(value).is_some(),
                Kind::Number => value.parse::<u64>().is_ok(),
                Kind::Domain => Domain::parse(value.trim()).is_ok(),
                Kind::Text => true,
            };
            is_well.then_some(()).ok_or_else(|| wrong(name, value))?;
        }
    }
    Ok(())
}

/// The address with the sentence that tells what was done.
fn with_told(to: &str, told: &str) -> String {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let Ok(query) = Query::parse(query) else { return path.to_owned() };
    let query = query.with("done", (!told.is_empty()).then_some(told));
    format!("{path}{}", query.to_text())
}

fn markup(status: StatusCode, text: String) -> Answer {
    typed(status, "text/html; charset=utf-8", text.into_bytes())
}

fn program(status: StatusCode, value: &Value) -> Answer {
    typed(status, "application/json", format!("{value}\n").into_bytes())
}

fn plain(status: StatusCode, text: &str) -> Answer {
    typed(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
}

fn file(name: &str, text: &str) -> Answer {
    // Spreadsheets of Microsoft take UTF-8 for what it is only behind a byte order mark.
    let mut answer =
        typed(StatusCode::OK, "text/csv; charset=utf-8; header=present", format!("\u{feff}{text}").into_bytes());
    set(&mut answer, CONTENT_DISPOSITION, &format!("attachment; filename=\"sekisho-{name}\""));
    answer
}

fn attachment(name: &str, bytes: Vec<u8>) -> Answer {
    let mut answer = typed(StatusCode::OK, "application/octet-stream", bytes);
    set(&mut answer, CONTENT_DISPOSITION, &format!("attachment; filename=\"sekisho-{name}\""));
    answer
}

fn kept(asset: &Asset, request: &Request<Vec<u8>>) -> Answer {
    let is_packed = !asset.packed().is_empty() && takes_gzip(request);
    let bytes = if is_packed { asset.packed() } else { asset.text().as_bytes() };
    let mut answer = typed(StatusCode::OK, asset.kind, bytes.to_vec());
    set(&mut answer, CACHE_CONTROL, &format!("public, max-age={ASSET_AGE_S}, immutable"));
    if is_packed {
        set(&mut answer, CONTENT_ENCODING, "gzip");
    }
    answer
}

fn typed(status: StatusCode, kind: &str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, kind);
    answer
}

/// Sets a field; what cannot stand in one is left out.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn set_cookie(answer: &mut Answer, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

/// What every answer says to the browser: run, load, frame and send nothing that is not ours.
fn guard(answer: &mut Answer) {
    set(answer, CONTENT_SECURITY_POLICY, POLICY);
    set(answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(answer, X_FRAME_OPTIONS, "DENY");
    set(answer, REFERRER_POLICY, "same-origin");
    set(answer, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(answer, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(answer, HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if !answer.headers().contains_key(CACHE_CONTROL) {
        set(answer, CACHE_CONTROL, "no-store");
    }
    set(answer, VARY, "Accept-Encoding, Accept-Language, Cookie");
}

/// Whether the browser takes gzip.
fn takes_gzip(request: &Request<Vec<u8>>) -> bool {
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !weight.replace(' ', "").starts_with("q=0")
    })
}

/// Packs the body where the browser takes that, and where it is not packed yet.
fn compress(request: &Request<Vec<u8>>, answer: &mut Answer) {
    let is_packed = answer.headers().contains_key(CONTENT_ENCODING);
    if is_packed || answer.body().len() < COMPRESSED_BYTES_MIN || !takes_gzip(request) {
        return;
    }
    let packed = pack(answer.body());
    *answer.body_mut() = packed;
    set(answer, CONTENT_ENCODING, "gzip");
}

/// Where programs ask.
pub const API: &str = "/api/v1";
/// What a browser may load for a page of ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// How long a browser asks over TLS alone, in seconds: a year.
const TRANSPORT_POLICY: &str = "max-age=31536000";
/// Most languages of a browser that are looked at.
const LANGUAGE_COUNT_MAX: usize = 16;
