//! A provider of OpenID Connect, asked over HTTPS for the pages.
//!
//! [`people::openid::party`] says what is asked, and keeps what it learnt. Here is how: within a time and a size, without
//! redirections, at public addresses unless the configuration says otherwise. One document is fetched at a time, and
//! whatever came of it – also that nobody answered – is told for some seconds to all who ask for it: however many come to
//! the log-in at once, the provider hears of it once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lookup::fetch::{Fetch as _, FetchFailure, Fetched, HttpsUrl, Redirects, Request};
use net::{FetchConfig, Fetcher, Inquiry, Poster, Resolver};
use people::openid::party::{Party, PartyError, Redeemed, Unreached, Web};
use people::openid::token::Claims;
use people::openid::{Client, Form, Provider};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::OpenidConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{OPENID_KEPT_COUNT_MAX, OPENID_PAUSE_S};

/// The provider, and what is known of it.
pub(crate) struct Reach {
    party: Party,
    client_id: Box<str>,
    /// What the provider knows us by. It is told to nobody else.
    secret: Option<Box<str>>,
    web: Once<Https>,
    /// When it was told last that the provider cannot be used, in seconds since 1970.
    told_s: AtomicU64,
}

/// The web.
struct Https {
    fetcher: Fetcher<Resolver>,
    poster: Poster<Resolver>,
}

/// A web in which each document is asked for once in a while.
struct Once<W> {
    web: W,
    /// What came of each, and when. Whoever asks waits for whoever asks already.
    kept: Mutex<HashMap<Box<str>, (Instant, Answer)>>,
}

/// A document, or that there is none.
type Answer = Result<Vec<u8>, Unreached>;

impl Reach {
    /// The provider of a configuration, where there is one. Connects to nothing yet.
    ///
    /// # Errors
    /// A file cannot be read, or TLS cannot be set up.
    pub(crate) fn of(config: &OpenidConfig, resolver: &Resolver) -> Result<Option<Self>, Failure> {
        let (Some(issuer), Some(client_id)) = (&config.issuer, &config.client_id) else { return Ok(None) };
        Ok(Some(Self {
            party: Party::new(issuer),
            client_id: client_id.clone(),
            secret: config.secret()?,
            web: Once::new(Https::start(config.web()?, resolver)?),
            told_s: AtomicU64::new(0),
        }))
    }

    /// What the provider says of itself.
    ///
    /// # Errors
    /// It cannot be asked, or says nothing that can be used. The log has it, too.
    pub(crate) async fn provider(&self, now_s: u64) -> Result<Arc<Provider>, PartyError> {
        let found = self.party.provider(&self.web, now_s).await;
        found.inspect_err(|error| {
            // Told again to each who comes, and to the log now and then.
            let before_s = self.told_s.load(Ordering::Relaxed);
            if now_s >= before_s.saturating_add(OPENID_PAUSE_S) {
                self.told_s.store(now_s, Ordering::Relaxed);
                tracing::warn!(reason = %error, "openid");
            }
        })
    }

    /// Who somebody is, by the code that they brought back.
    ///
    /// # Errors
    /// The provider cannot be asked, or does not prove it. The log has it, too.
    pub(crate) async fn redeem(&self, brought: Redeemed<'_>) -> Result<Claims, PartyError> {
        let client = Client { id: &self.client_id, secret: self.secret.as_deref() };
        let claims = self.party.redeem(&self.web, client, brought).await;
        claims.inspect_err(|error| tracing::warn!(reason = %error, "openid"))
    }
}

impl Https {
    fn start(config: FetchConfig, resolver: &Resolver) -> Result<Self, Failure> {
        let failed = |error: net::FetchConfigError| {
            Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
        };
        let fetcher = Fetcher::start(config.clone(), resolver.clone()).map_err(failed)?;
        Ok(Self { fetcher, poster: Poster::new(config, resolver.clone()).map_err(failed)? })
    }
}

impl Web for Https {
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, Unreached> {
        let url = HttpsUrl::parse(url).map_err(|_| not_asked())?;
        match self.fetcher.fetch(Request { url, bytes_max, redirects: Redirects::Refuse }).await {
            Fetched::Document(document) => Ok(document.bytes.to_vec()),
            Fetched::Status(status) => Err(Unreached(format!("status {status}"))),
            Fetched::Failed(failure) => Err(unreached(failure)),
        }
    }

    async fn post(&self, url: &str, form: &Form, bytes_max: usize) -> Result<(u16, Vec<u8>), Unreached> {
        let url = HttpsUrl::parse(url).map_err(|_| not_asked())?;
        let authorization = form.authorization.as_deref();
        let inquiry = Inquiry { url: &url, form: &form.body, authorization, bytes_max };
        self.poster.inquire(&inquiry).await.map_err(unreached)
    }
}

impl<W> Once<W> {
    fn new(web: W) -> Self {
        Self { web, kept: Mutex::default() }
    }
}

impl<W: Web> Web for Once<W> {
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, Unreached> {
        let mut kept = self.kept.lock().await;
        kept.retain(|_, (at, _)| at.elapsed() < Duration::from_secs(OPENID_PAUSE_S));
        if let Some((_, answer)) = kept.get(url) {
            return answer.clone();
        }
        let answer = self.web.get(url, bytes_max).await;
        // A provider has two documents. One that names others each time has them not kept.
        if kept.len() < OPENID_KEPT_COUNT_MAX {
            kept.insert(url.into(), (Instant::now(), answer.clone()));
        }
        answer
    }

    async fn post(&self, url: &str, form: &Form, bytes_max: usize) -> Result<(u16, Vec<u8>), Unreached> {
        self.web.post(url, form, bytes_max).await
    }
}

fn not_asked() -> Unreached {
    Unreached("no address that is asked".to_owned())
}

fn unreached(failure: FetchFailure) -> Unreached {
    Unreached(failure.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    /// Answers after a second, a number that counts.
    #[derive(Default)]
    struct Slow(AtomicUsize);

    impl Web for Slow {
        async fn get(&self, url: &str, _: usize) -> Result<Vec<u8>, Unreached> {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if url.ends_with("down") { Err(Unreached(number.to_string())) } else { Ok(number.to_string().into_bytes()) }
        }

        async fn post(&self, _: &str, _: &Form, _: usize) -> Result<(u16, Vec<u8>), Unreached> {
            Ok((200, Vec::new()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_ask_the_provider_hears_of_it_once() {
        let web = Arc::new(Once::new(Slow::default()));
        let mut askers = tokio::task::JoinSet::new();
        for number in 0..1_000 {
            let web = Arc::clone(&web);
            let url = if number % 2 == 0 { "https://id.example/keys" } else { "https://id.example/down" };
            askers.spawn(async move { (url, web.get(url, 10).await) });
        }
        while let Some(asked) = askers.join_next().await {
            let (url, answer) = asked.unwrap();
            assert_eq!(answer.is_ok(), url.ends_with("keys"));
        }
        assert_eq!(web.web.0.load(Ordering::Relaxed), 2);
        tokio::time::sleep(Duration::from_secs(OPENID_PAUSE_S)).await;
        web.get("https://id.example/keys", 10).await.unwrap();
        assert_eq!(web.web.0.load(Ordering::Relaxed), 3, "and after a while once more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded() {
        let web = Once::new(Slow::default());
        for number in 0..OPENID_KEPT_COUNT_MAX * 3 {
            let _ = web.get(&format!("https://id.example/{number}"), 10).await;
            assert!(web.kept.lock().await.len() <= OPENID_KEPT_COUNT_MAX);
        }
    }
}
