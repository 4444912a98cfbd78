//! A provider of our own that signs real tokens, and everything that can be wrong with it, one by one.

use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use aws_lc_rs::{digest, hmac};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use people::grant::{Grant, print};
use people::limits::{
    GRANT_COUNT_MAX, OPENID_CODE_BYTES_MAX, OPENID_DOCUMENT_BYTES_MAX, OPENID_GROUP_COUNT_MAX, OPENID_KEY_COUNT_MAX,
    OPENID_KEYS_PAUSE_S, OPENID_PROVIDER_S, OPENID_SKEW_S, OPENID_TEXT_BYTES_MAX, OPENID_TOKEN_AGE_S_MAX,
    OPENID_TOKEN_BYTES_MAX, OPENID_URL_BYTES_MAX, SUBJECT_BYTES_MAX,
};
use people::openid::keys::Keys;
use people::openid::mapping::Mapping;
use people::openid::party::{Party, PartyError, Redeemed, Unreached, Web};
use people::openid::token::{Claims, Expected, Refusal, judge};
use people::openid::{
    Attempt, Authentication, Client, Form, Provider, ProviderError, departure, description_url, is_issuer, redemption,
};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.jp/realms/mail";
const CLIENT: &str = "sekisho";
const NOW_S: u64 = 1_795_429_130;
const REDIRECT: &str = "https://desk.example.jp/login/openid/back";

/// A key that signs.
enum Signer {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    fn p256() -> Self {
        Self::P256(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    fn ed25519() -> Self {
        Self::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap()))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn public(&self, id: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": base64(n), "e": base64(e) })
            }
            Self::P256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": base64(&point[1..33]), "y": base64(&point[33..]) })
            }
            Self::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": base64(key.public_key().as_ref()) })
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token, as it should be.
    fn token(&self, id: &str, claims: &Value) -> String {
        self.token_of(&json!({ "alg": self.algorithm(), "kid": id, "typ": "JWT" }), claims)
    }

    fn token_of(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
        format!("{signed}.{}", base64(&self.sign(signed.as_bytes())))
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn keys_of(keys: &[Value]) -> Keys {
    Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "f3a1", "nonce": "the nonce", "iat": NOW_S - 2, "exp": NOW_S + 300,
        "preferred_username": "Hanako", "email": "hanako@example.jp", "email_verified": true,
        "groups": ["mail", "office"], "realm_access": { "roles": ["desk"] }, "https://x.example/roles": "boss",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

fn expected() -> Expected<'static> {
    Expected { issuer: ISSUER, client_id: CLIENT, nonce: "the nonce", now_s: NOW_S }
}

fn attempt() -> Attempt {
    Attempt { state: "the state".into(), nonce: "the nonce".into(), verifier: "the verifier".into() }
}

fn description() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example.jp/auth",
        "token_endpoint": "https://id.example.jp/token",
        "jwks_uri": "https://id.example.jp/keys",
        "response_types_supported": ["code", "id_token"],
    })
}

#[test]
fn tokens_of_each_algorithm_are_believed() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::ed25519()] {
        let (keys, token) = (keys_of(&[signer.public("k1")]), signer.token("k1", &claims()));
        let found = judge(&token, &keys, &expected()).unwrap();
        assert_eq!((&*found.subject.issuer, &*found.subject.subject), (ISSUER, "f3a1"), "{}", signer.algorithm());
        assert_eq!(found.name().unwrap().as_str(), "hanako");
        // Of another key of the same kind, under the same name.
        let other = match &signer {
            Signer::Rsa(_) => Signer::rsa(),
            Signer::P256(_) => Signer::p256(),
            Signer::Ed25519(_) => Signer::ed25519(),
        };
        assert_eq!(judge(&other.token("k1", &claims()), &keys, &expected()), Err(Refusal::Signature));
        // One bit of the claims, and one of the signature.
        let parts: Vec<&str> = token.split('.').collect();
        let changed = base64(with("sub", json!("admin")).to_string().as_bytes());
        assert_eq!(judge(&[parts[0], &changed, parts[2]].join("."), &keys, &expected()), Err(Refusal::Signature));
        let mut signature = BASE64URL_NOPAD.decode(parts[2].as_bytes()).unwrap();
        signature[7] ^= 1;
        let forged = [parts[0], parts[1], &base64(&signature)].join(".");
        assert_eq!(judge(&forged, &keys, &expected()), Err(Refusal::Signature));
        for cut in ["", &parts[2][..20]] {
            assert_eq!(judge(&[parts[0], parts[1], cut].join("."), &keys, &expected()), Err(Refusal::Signature));
        }
    }
}

#[test]
fn algorithms_that_are_not_taken_and_those_that_are_confused() {
    let (rsa, p256) = (Signer::rsa(), Signer::p256());
    let public = rsa.public("k1");
    let keys = keys_of(&[public.clone(), p256.public("k2")]);
    for algorithm in ["none", "None", "HS256", "HS512", "RS1", "rs256", "PS256", "ES384", ""] {
        let token = rsa.token_of(&json!({ "alg": algorithm, "kid": "k1" }), &claims());
        assert_eq!(judge(&token, &keys, &expected()), Err(Refusal::Algorithm), "{algorithm}");
    }
    assert_eq!(judge(&rsa.token_of(&json!({ "kid": "k1" }), &claims()), &keys, &expected()), Err(Refusal::Algorithm));
    // No signature at all.
    let bare = |header: &Value| {
        format!("{}.{}.", base64(header.to_string().as_bytes()), base64(claims().to_string().as_bytes()))
    };
    assert_eq!(judge(&bare(&json!({ "alg": "none" })), &keys, &expected()), Err(Refusal::Algorithm));
    // The public key as the secret of a MAC: as its modulus, and as its text.
    for secret in [public["n"].as_str().unwrap().as_bytes(), public.to_string().as_bytes()] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        for algorithm in ["HS256", "RS256"] {
            let signed = bare(&json!({ "alg": algorithm, "kid": "k1" }));
            let mac = hmac::sign(&key, signed.trim_end_matches('.').as_bytes());
            let want = if algorithm == "HS256" { Refusal::Algorithm } else { Refusal::Signature };
            assert_eq!(judge(&(signed + &base64(mac.as_ref())), &keys, &expected()), Err(want));
        }
    }
    // An algorithm with the name of a key of another kind.
    let token = rsa.token_of(&json!({ "alg": "ES256", "kid": "k1" }), &claims());
    assert_eq!(judge(&token, &keys, &expected()), Err(Refusal::UnknownKey));
    // A key that the token brings along.
    let forger = Signer::rsa();
    let header = json!({ "alg": "RS256", "kid": "k1", "jwk": forger.public("k1"), "jku": "https://evil.example/keys" });
    assert_eq!(judge(&forger.token_of(&header, &claims()), &keys, &expected()), Err(Refusal::Signature));
    let header = json!({ "alg": "RS256", "kid": "k1", "crit": ["b64"] });
    assert_eq!(judge(&rsa.token_of(&header, &claims()), &keys, &expected()), Err(Refusal::Critical));
}

#[test]
fn which_key_is_meant() {
    let (one, other) = (Signer::p256(), Signer::p256());
    let nameless = one.token_of(&json!({ "alg": "ES256" }), &claims());
    assert!(judge(&nameless, &keys_of(&[one.public("k1"), Signer::ed25519().public("k2")]), &expected()).is_ok());
    let both = keys_of(&[one.public("k1"), other.public("k2")]);
    assert_eq!(judge(&nameless, &both, &expected()), Err(Refusal::UnknownKey));
    assert!(judge(&other.token("k2", &claims()), &both, &expected()).is_ok());
    assert_eq!(judge(&other.token("k3", &claims()), &both, &expected()), Err(Refusal::UnknownKey));
    let twice = keys_of(&[one.public("k1"), other.public("k1")]);
    assert_eq!(judge(&one.token("k1", &claims()), &twice, &expected()), Err(Refusal::UnknownKey));
    for (name, value) in
        [("use", "enc"), ("alg", "ES384"), ("alg", "HS256"), ("crv", "P-521"), ("x", "AAAA"), ("kty", "oct")]
    {
        let mut public = one.public("k1");
        public[name] = json!(value);
        assert_eq!(keys_of(&[public]).count(), 0, "{name} {value}");
    }
    // RFC 7518 §3.3: 2048 bits at least.
    let short = json!({ "kty": "RSA", "kid": "k1", "n": base64(&[0xff; 128]), "e": "AQAB" });
    let token = Signer::rsa().token("k1", &claims());
    assert_eq!(judge(&token, &keys_of(&[short]), &expected()), Err(Refusal::Signature));
    for count in [OPENID_KEY_COUNT_MAX - 1, OPENID_KEY_COUNT_MAX, OPENID_KEY_COUNT_MAX + 1] {
        let keys: Vec<Value> = (0..count).map(|number| one.public(&number.to_string())).collect();
        assert_eq!(keys_of(&keys).count(), count.min(OPENID_KEY_COUNT_MAX));
    }
    for wrong in ["", "[]", "{}", "{\"keys\": {}}", "{\"keys\": [1]"] {
        assert_eq!(Keys::parse(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn claims_that_are_not_believed() {
    let signer = Signer::ed25519();
    let keys = keys_of(&[signer.public("k1")]);
    let judged = |claims: &Value| judge(&signer.token("k1", claims), &keys, &expected()).map(|_| ());
    let (skew, age) = (OPENID_SKEW_S, OPENID_TOKEN_AGE_S_MAX);
    let (ok, none) = (Ok(()), Value::Null);
    for (name, value, want) in [
        ("iss", json!("https://evil.example"), Err(Refusal::Issuer)),
        ("iss", json!(format!("{ISSUER}/")), Err(Refusal::Issuer)),
        ("iss", none.clone(), Err(Refusal::Issuer)),
        ("aud", json!("another"), Err(Refusal::Audience)),
        ("aud", json!([]), Err(Refusal::Audience)),
        ("aud", json!(["another"]), Err(Refusal::Audience)),
        ("aud", json!([CLIENT]), ok),
        ("aud", json!([CLIENT, "another"]), Err(Refusal::Audience)),
        ("aud", json!({ "sekisho": 1 }), Err(Refusal::Audience)),
        ("aud", none.clone(), Err(Refusal::Audience)),
        ("azp", json!("another"), Err(Refusal::Audience)),
        ("azp", json!(7), Err(Refusal::Audience)),
        ("azp", json!(CLIENT), ok),
        ("exp", json!(NOW_S - skew), Err(Refusal::Expired)),
        ("exp", json!(NOW_S - skew + 1), ok),
        ("exp", json!("tomorrow"), Err(Refusal::Expired)),
        ("exp", none.clone(), Err(Refusal::Expired)),
        ("iat", json!(NOW_S + skew), ok),
        ("iat", json!(NOW_S + skew + 1), Err(Refusal::Time)),
        ("iat", json!(NOW_S - age - skew), ok),
        ("iat", json!(NOW_S - age - skew - 1), Err(Refusal::Time)),
        ("iat", json!(NOW_S as f64 - 0.5), ok),
        ("iat", none.clone(), Err(Refusal::Time)),
        ("nbf", json!(NOW_S + skew), ok),
        ("nbf", json!(NOW_S + skew + 1), Err(Refusal::Time)),
        ("nbf", json!("now"), Err(Refusal::Time)),
        ("nonce", json!("another"), Err(Refusal::Nonce)),
        ("nonce", json!(""), Err(Refusal::Nonce)),
        ("nonce", none.clone(), Err(Refusal::Nonce)),
        ("sub", json!(""), Err(Refusal::Subject)),
        ("sub", json!(7), Err(Refusal::Subject)),
        ("sub", json!("a\nb"), Err(Refusal::Subject)),
        ("sub", json!("x".repeat(SUBJECT_BYTES_MAX - 1)), ok),
        ("sub", json!("x".repeat(SUBJECT_BYTES_MAX)), ok),
        ("sub", json!("x".repeat(SUBJECT_BYTES_MAX + 1)), Err(Refusal::Subject)),
        ("sub", none, Err(Refusal::Subject)),
    ] {
        assert_eq!(judged(&with(name, value.clone())), want, "{name} {value}");
    }
    let mut both = with("aud", json!(["another", CLIENT]));
    both["azp"] = json!(CLIENT);
    assert_eq!(judged(&both), Ok(()));
    // An attempt without a nonce is none, whatever the token says.
    let token = signer.token("k1", &with("nonce", json!("")));
    assert_eq!(judge(&token, &keys, &Expected { nonce: "", ..expected() }), Err(Refusal::Nonce));
}

#[test]
fn texts_that_are_no_tokens() {
    let signer = Signer::ed25519();
    let keys = keys_of(&[signer.public("k1")]);
    let good = signer.token("k1", &claims());
    for wrong in ["", ".", "..", "a.b.c", "....", &good[1..], &format!("{good}."), &good.replace('.', "=."), "é.é.é"]
    {
        assert_eq!(judge(wrong, &keys, &expected()), Err(Refusal::Malformed), "{wrong}");
    }
    let of_size = |size: usize| {
        let empty = signer.token("k1", &with("x", json!(""))).len();
        // Four characters of base64 for three bytes.
        signer.token("k1", &with("x", json!("x".repeat((size - empty) * 3 / 4))))
    };
    assert!(judge(&of_size(OPENID_TOKEN_BYTES_MAX - 4), &keys, &expected()).is_ok());
    assert_eq!(judge(&of_size(OPENID_TOKEN_BYTES_MAX + 8), &keys, &expected()), Err(Refusal::Malformed));
    for wrong in [json!([]), json!("x"), json!(7)] {
        assert_eq!(judge(&signer.token("k1", &wrong), &keys, &expected()), Err(Refusal::Malformed));
    }
}

fn believed(claims: &Value) -> Claims {
    let signer = Signer::ed25519();
    judge(&signer.token("k1", claims), &keys_of(&[signer.public("k1")]), &expected()).unwrap()
}

#[test]
fn names_are_wishes_and_addresses_count_when_they_are_verified() {
    let name = |claims: &Value| believed(claims).name().map(|name| name.to_string());
    assert_eq!(name(&claims()).as_deref(), Some("hanako"));
    assert_eq!(name(&with("preferred_username", Value::Null)).as_deref(), Some("hanako@example.jp"));
    assert_eq!(name(&with("preferred_username", json!("a b"))).as_deref(), Some("hanako@example.jp"));
    let mut unverified = with("preferred_username", Value::Null);
    for value in [json!(false), json!("true"), Value::Null] {
        unverified["email_verified"] = value;
        assert_eq!(name(&unverified), None);
    }
}

#[test]
fn groups_and_what_they_may_do() {
    let claims = claims();
    let granted = |claim: &str, groups: &[(&str, &str)]| {
        let grants = groups.iter().map(|(group, grant)| ((*group).into(), Grant::parse(grant).unwrap())).collect();
        Mapping { claim: claim.into(), grants }.granted(&believed(&claims)).map(|granted| print(&granted))
    };
    assert_eq!(granted("groups", &[]), None, "what is granted here counts");
    assert_eq!(granted("groups", &[("admins", "admin")]).as_deref(), Some(""));
    assert_eq!(granted("groups", &[("mail", "viewer"), ("admins", "admin")]).as_deref(), Some("viewer"));
    let sum = [("mail", "operator:b.example"), ("office", "operator:a.example,x.b.example"), ("office", "viewer")];
    assert_eq!(granted("groups", &sum).as_deref(), Some("operator:a.example,b.example\nviewer"));
    let all = [("mail", "operator:b.example"), ("office", "operator")];
    assert_eq!(granted("groups", &all).as_deref(), Some("operator"));
    assert_eq!(granted("realm_access.roles", &[("desk", "admin")]).as_deref(), Some("admin"));
    assert_eq!(granted("https://x.example/roles", &[("boss", "admin")]).as_deref(), Some("admin"));
    for claim in ["absent", "realm_access", "realm_access.roles.x", "email_verified", ""] {
        assert_eq!(granted(claim, &[("desk", "admin"), ("mail", "admin")]).as_deref(), Some(""), "{claim}");
    }
    const { assert!(3 < GRANT_COUNT_MAX, "a grant for each role fits") };
    for count in [OPENID_GROUP_COUNT_MAX - 1, OPENID_GROUP_COUNT_MAX, OPENID_GROUP_COUNT_MAX + 1] {
        let groups: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        assert_eq!(believed(&with("groups", json!(groups))).texts("groups").len(), count.min(OPENID_GROUP_COUNT_MAX));
    }
    for (length, want) in [(OPENID_TEXT_BYTES_MAX - 1, 1), (OPENID_TEXT_BYTES_MAX, 1), (OPENID_TEXT_BYTES_MAX + 1, 0)] {
        assert_eq!(believed(&with("groups", json!("x".repeat(length)))).texts("groups").len(), want);
    }
}

#[test]
fn descriptions_of_providers() {
    let parse = |value: &Value| Provider::parse(value.to_string().as_bytes(), ISSUER);
    let provider = parse(&description()).unwrap();
    assert_eq!((&*provider.token, provider.authentication), ("https://id.example.jp/token", Authentication::Basic));
    let changed = |name: &str, value: Value| {
        let mut description = description();
        description[name] = value;
        parse(&description)
    };
    assert_eq!(changed("issuer", json!(format!("{ISSUER}/"))), Err(ProviderError::OtherIssuer));
    assert_eq!(changed("response_types_supported", json!(["id_token"])), Err(ProviderError::NoCode));
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let long = |length: usize| format!("https://id.example.jp/{}", "x".repeat(length - 22));
        assert!(changed(name, json!(long(OPENID_URL_BYTES_MAX - 1))).is_ok());
        assert!(changed(name, json!(long(OPENID_URL_BYTES_MAX))).is_ok());
        for wrong in [
            Value::Null,
            json!(7),
            json!("http://id.example.jp/x"),
            json!("https://192.0.2.1/x"),
            json!("https://a:b@id.example.jp/x"),
            json!("https://id.example.jp/x#y"),
            json!("/x"),
            json!(long(OPENID_URL_BYTES_MAX + 1)),
        ] {
            assert_eq!(changed(name, wrong.clone()), Err(ProviderError::Endpoint(name)), "{wrong}");
        }
    }
    for (methods, want) in [
        (json!(["client_secret_post"]), Authentication::Post),
        (json!(["client_secret_post", "client_secret_basic"]), Authentication::Basic),
        (json!(["private_key_jwt"]), Authentication::Basic),
    ] {
        assert_eq!(changed("token_endpoint_auth_methods_supported", methods).unwrap().authentication, want);
    }
    assert!(changed("authorization_response_iss_parameter_supported", json!(true)).unwrap().names_itself);
    let long = |length: usize| {
        let text = description().to_string();
        format!("{}{text}", " ".repeat(length - text.len()))
    };
    for length in [OPENID_DOCUMENT_BYTES_MAX - 1, OPENID_DOCUMENT_BYTES_MAX] {
        assert!(Provider::parse(long(length).as_bytes(), ISSUER).is_ok());
    }
    let too_long = Provider::parse(long(OPENID_DOCUMENT_BYTES_MAX + 1).as_bytes(), ISSUER);
    assert_eq!(too_long, Err(ProviderError::Malformed));
    assert_eq!(Provider::parse(b"<html>", ISSUER), Err(ProviderError::Malformed));
    assert_eq!(description_url("https://a.example/"), "https://a.example/.well-known/openid-configuration");
    for (text, want) in [
        (ISSUER, true),
        ("https://a.example", true),
        ("http://a.example", false),
        ("https://a.example/?x", false),
        ("a", false),
    ] {
        assert_eq!(is_issuer(text), want, "{text}");
    }
}

#[test]
fn where_somebody_is_sent_and_what_redeems_a_code() {
    let mut provider = Provider::parse(description().to_string().as_bytes(), ISSUER).unwrap();
    let challenge = base64(digest::digest(&digest::SHA256, b"the verifier").as_ref());
    let query = format!(
        "response_type=code&client_id=sekisho&redirect_uri=https%3A%2F%2Fdesk.example.jp%2Flogin%2Fopenid%2Fback&\
         scope=openid+profile+email&state=the+state&nonce=the+nonce&code_challenge={challenge}&code_challenge_method=S256"
    );
    let scopes = ["profile".into(), "email".into()];
    let gone = |provider: &Provider| departure(provider, CLIENT, REDIRECT, &scopes, &attempt());
    assert_eq!(gone(&provider), format!("https://id.example.jp/auth?{query}"));
    provider.authorization = "https://id.example.jp/auth?p=x".into();
    assert_eq!(gone(&provider), format!("https://id.example.jp/auth?p=x&{query}"));
    // RFC 7636, appendix B.
    let known = Attempt { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(), ..attempt() };
    let gone = departure(&provider, CLIENT, REDIRECT, &[], &known);
    assert!(gone.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"), "{gone}");

    let body = "grant_type=authorization_code&code=a%2Fb&redirect_uri=https%3A%2F%2Fdesk.example.jp%2Flogin%2Fopenid%2Fback&\
                code_verifier=the+verifier";
    let form =
        |provider: &Provider, secret| redemption(provider, Client { id: CLIENT, secret }, REDIRECT, "a/b", &attempt());
    let basic = form(&provider, Some("s:e c"));
    assert_eq!(basic.body, body);
    assert_eq!(basic.authorization, Some(format!("Basic {}", BASE64.encode(b"sekisho:s%3Ae+c"))));
    provider.authentication = Authentication::Post;
    let post = form(&provider, Some("s"));
    assert_eq!((post.body, post.authorization), (format!("{body}&client_id=sekisho&client_secret=s"), None));
    let public = form(&provider, None);
    assert_eq!((public.body, public.authorization), (format!("{body}&client_id=sekisho"), None));
}

/// A provider behind a web of our own. Each place says what it is told to say.
struct Site {
    signer: Mutex<Signer>,
    description: Mutex<Result<Vec<u8>, Unreached>>,
    keys: Mutex<Result<Vec<u8>, Unreached>>,
    answer: Mutex<Result<(u16, Vec<u8>), Unreached>>,
    asked: Mutex<Vec<String>>,
}

impl Site {
    fn new() -> Self {
        let signer = Signer::ed25519();
        let keys = json!({ "keys": [signer.public("k1")] }).to_string().into_bytes();
        let answer = json!({ "token_type": "Bearer", "id_token": signer.token("k1", &claims()) });
        Self {
            signer: Mutex::new(signer),
            description: Mutex::new(Ok(description().to_string().into_bytes())),
            keys: Mutex::new(Ok(keys)),
            answer: Mutex::new(Ok((200, answer.to_string().into_bytes()))),
            asked: Mutex::default(),
        }
    }

    /// What was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// A new key under this name, that signs from now on; whether it is among those that are told.
    fn rotate(&self, id: &str, is_told: bool) {
        let signer = Signer::ed25519();
        if is_told {
            *self.keys.lock().unwrap() = Ok(json!({ "keys": [signer.public(id)] }).to_string().into_bytes());
        }
        let answer = json!({ "id_token": signer.token(id, &claims()) }).to_string().into_bytes();
        *self.answer.lock().unwrap() = Ok((200, answer));
        *self.signer.lock().unwrap() = signer;
    }
}

impl Web for Site {
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, Unreached> {
        self.asked.lock().unwrap().push(url.rsplit('/').next().unwrap().to_owned());
        assert_eq!(bytes_max, OPENID_DOCUMENT_BYTES_MAX);
        let place = if url.ends_with("openid-configuration") { &self.description } else { &self.keys };
        place.lock().unwrap().clone()
    }

    async fn post(&self, url: &str, form: &Form, _: usize) -> Result<(u16, Vec<u8>), Unreached> {
        self.asked.lock().unwrap().push(url.rsplit('/').next().unwrap().to_owned());
        assert!(form.body.contains("code_verifier=the+verifier"), "{}", form.body);
        self.answer.lock().unwrap().clone()
    }
}

/// Nothing here waits.
fn now<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn redeem(party: &Party, site: &Site, now_s: u64) -> Result<String, PartyError> {
    let attempt = attempt();
    let brought = Redeemed { code: "a", redirect: REDIRECT, attempt: &attempt, now_s };
    now(party.redeem(site, Client { id: CLIENT, secret: None }, brought)).map(|claims| claims.subject.subject.into())
}

fn down() -> Unreached {
    Unreached("nobody answers".to_owned())
}

#[test]
fn a_code_is_redeemed_and_what_was_learnt_is_kept() {
    let (site, party) = (Site::new(), Party::new(ISSUER));
    assert_eq!(redeem(&party, &site, NOW_S).as_deref(), Ok("f3a1"));
    assert_eq!(site.asked(), ["openid-configuration", "token", "keys"]);
    assert_eq!(redeem(&party, &site, NOW_S + 1).as_deref(), Ok("f3a1"));
    assert_eq!(site.asked(), ["token"]);
    now(party.provider(&site, NOW_S + OPENID_PROVIDER_S - 1)).unwrap();
    assert_eq!(site.asked(), [""; 0]);
    now(party.provider(&site, NOW_S + OPENID_PROVIDER_S)).unwrap();
    assert_eq!(site.asked(), ["openid-configuration"]);
    // What is known counts on while the provider cannot be asked, and not when it says something else.
    *site.description.lock().unwrap() = Err(down());
    assert!(now(party.provider(&site, NOW_S + 3 * OPENID_PROVIDER_S)).is_ok());
    *site.description.lock().unwrap() = Ok(b"{\"issuer\": \"https://evil.example\"}".to_vec());
    let other = now(party.provider(&site, NOW_S + 3 * OPENID_PROVIDER_S));
    assert_eq!(other.unwrap_err(), PartyError::Provider(ProviderError::OtherIssuer));
}

#[test]
fn a_key_that_is_not_known_is_asked_for_and_not_too_often() {
    let (site, party) = (Site::new(), Party::new(ISSUER));
    redeem(&party, &site, NOW_S).unwrap();
    site.asked();
    site.rotate("k2", true);
    assert_eq!(
        redeem(&party, &site, NOW_S + 1),
        Err(PartyError::Token(Refusal::UnknownKey)),
        "a moment after the last"
    );
    assert_eq!(site.asked(), ["token"]);
    assert_eq!(redeem(&party, &site, NOW_S + OPENID_KEYS_PAUSE_S).as_deref(), Ok("f3a1"));
    assert_eq!(site.asked(), ["token", "keys"]);
    // While nobody answers, the old keys are not taken for the new ones.
    site.rotate("k3", true);
    let keys = std::mem::replace(&mut *site.keys.lock().unwrap(), Err(down()));
    let late_s = NOW_S + 2 * OPENID_KEYS_PAUSE_S;
    assert!(matches!(redeem(&party, &site, late_s), Err(PartyError::Unreached { .. })));
    *site.keys.lock().unwrap() = keys;
    assert_eq!(redeem(&party, &site, late_s + 1).as_deref(), Ok("f3a1"));
    site.asked();
    // A key that nobody has: asked for once, and then not for each who comes.
    site.rotate("k4", false);
    let late_s = NOW_S + 4 * OPENID_KEYS_PAUSE_S;
    for second in 0..3 {
        assert_eq!(redeem(&party, &site, late_s + second), Err(PartyError::Token(Refusal::UnknownKey)));
    }
    assert_eq!(site.asked().iter().filter(|place| *place == "keys").count(), 1);
}

#[test]
fn a_provider_that_fails() {
    let party = || Party::new(ISSUER);
    let unreached =
        |place: &str| PartyError::Unreached { url: format!("https://id.example.jp/{place}").into(), reason: down() };
    let site = Site::new();
    *site.description.lock().unwrap() = Err(down());
    let want = unreached("realms/mail/.well-known/openid-configuration");
    assert_eq!(redeem(&party(), &site, NOW_S), Err(want));
    *site.description.lock().unwrap() = Ok(vec![b' '; OPENID_DOCUMENT_BYTES_MAX + 1]);
    assert_eq!(redeem(&party(), &site, NOW_S), Err(PartyError::Provider(ProviderError::Malformed)));

    let site = Site::new();
    *site.keys.lock().unwrap() = Err(down());
    assert_eq!(redeem(&party(), &site, NOW_S), Err(unreached("keys")));
    *site.keys.lock().unwrap() = Ok(b"<html>".to_vec());
    assert_eq!(redeem(&party(), &site, NOW_S), Err(PartyError::Keys));

    let site = Site::new();
    let refused = |status, code: &str| Err(PartyError::Refused { status, code: code.into() });
    for (answer, want) in [
        (Err(down()), Err(unreached("token"))),
        (Ok((400, b"{\"error\": \"invalid_grant\"}".to_vec())), refused(400, "invalid_grant")),
        (Ok((400, b"{\"error\": \"a b\\n\"}".to_vec())), refused(400, "")),
        (Ok((302, Vec::new())), refused(302, "")),
        (Ok((500, b"<html>".to_vec())), refused(500, "")),
        (Ok((200, b"{}".to_vec())), Err(PartyError::NoToken)),
        (Ok((200, b"{\"id_token\": 7}".to_vec())), Err(PartyError::NoToken)),
        (Ok((200, vec![b' '; OPENID_DOCUMENT_BYTES_MAX + 1])), Err(PartyError::NoToken)),
        (Ok((200, b"{\"id_token\": \"x\"}".to_vec())), Err(PartyError::Token(Refusal::Malformed))),
    ] {
        *site.answer.lock().unwrap() = answer.clone();
        assert_eq!(redeem(&party(), &site, NOW_S), want, "{answer:?}");
    }
    let attempt = attempt();
    for (code, is_sent) in [
        (String::new(), false),
        ("x".repeat(OPENID_CODE_BYTES_MAX), true),
        ("x".repeat(OPENID_CODE_BYTES_MAX + 1), false),
    ] {
        site.asked();
        let brought = Redeemed { code: &code, redirect: REDIRECT, attempt: &attempt, now_s: NOW_S };
        let _ = now(party().redeem(&site, Client { id: CLIENT, secret: None }, brought));
        assert_eq!(site.asked().contains(&"token".to_owned()), is_sent, "{}", code.len());
    }
}
