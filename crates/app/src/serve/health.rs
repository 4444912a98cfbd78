//! What the operator and the machine's monitoring ask the daemon over HTTP. Two doors: one over TCP, that tells metrics
//! and health to whoever can reach it; one over a local socket in the state directory, that also tells all about the
//! daemon and takes orders. Orders come through the file system's permissions alone: what can reach a port – every local
//! user, a page in a browser – must not be able to give one.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use net::http::{Method, Request, Response, StatusCode, status};
use serde_json::{Map, Value, json};

use super::metrics::{Surroundings, Usable, resident_bytes};
use super::reload::Reloader;
use super::world::Counts;
use crate::cli::LanguageName;
use crate::common::resolver_failure;
use crate::failure::Failure;
use crate::say::Say;

/// Who answers.
pub(super) struct Desk {
    pub(super) reloader: Arc<Reloader>,
    pub(super) counts: Arc<Counts>,
    /// When the process began, seconds since 1970.
    pub(super) started_s: u64,
    /// Where it listens.
    pub(super) addresses: Vec<String>,
    /// Where HTTP is answered.
    pub(super) http: Option<String>,
    /// Whether it was told to end.
    pub(super) stopping: AtomicBool,
}

/// The local socket, in the state directory.
pub(crate) fn control_socket(state: &Path) -> std::path::PathBuf {
    state.join("control.sock")
}

impl Desk {
    /// Over TCP.
    pub(super) async fn public(self: Arc<Self>, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return status(StatusCode::METHOD_NOT_ALLOWED);
        }
        match request.uri().path() {
            "/metrics" => self.metrics(),
            "/healthz" => status(StatusCode::OK),
            "/readyz" if self.stopping.load(Ordering::Relaxed) => status(StatusCode::SERVICE_UNAVAILABLE),
            "/readyz" => status(StatusCode::OK),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    /// Over the local socket: the same, and what only the operator may.
    pub(super) async fn control(self: Arc<Self>, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/status") => answer(StatusCode::OK, &self.status(&say(&request)).await),
            (&Method::POST, "/reload") => self.reload(&say(&request)),
            (_, "/reload" | "/status") => status(StatusCode::METHOD_NOT_ALLOWED),
            _ => self.public(request).await,
        }
    }

    fn metrics(&self) -> Response<Vec<u8>> {
        let live = self.reloader.live();
        let around = Surroundings {
            connections: self.counts.connections.load(Ordering::Relaxed),
            dns: live.world.resolver().counts(),
            ledger: live.world.keeper().map(super::ledger::Keeper::stats),
            lists: self.reloader.lists(),
            started_s: self.started_s,
            loaded_s: live.loaded_s,
        };
        let mut response = Response::new(self.reloader.metrics().text(&around).into_bytes());
        let kind = net::http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(net::http::CONTENT_TYPE, kind);
        response
    }

    fn reload(&self, say: &Say) -> Response<Vec<u8>> {
        match self.reloader.reload() {
            Ok(waiting) => answer(StatusCode::OK, &json!({ "needs_restart": waiting })),
            Err(failure) => {
                let told = json!({ "reason": say.explain(&failure), "exit_code": failure.code() as u8 });
                answer(StatusCode::CONFLICT, &told)
            }
        }
    }

    async fn status(&self, say: &Say) -> Value {
        let live = self.reloader.live();
        let (metrics, plan, resolver) = (self.reloader.metrics(), &live.plan, live.world.resolver());
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let mut messages: Map<String, Value> =
            metrics.actions().into_iter().map(|(action, count)| (action.as_str().to_owned(), count.into())).collect();
        messages.insert("total".to_owned(), load(&self.counts.messages).into());
        let mut results = Map::new();
        for ((method, result), count) in metrics.results() {
            let of_method = results.entry(method).or_insert_with(|| json!({}));
            of_method[result] = count.into();
        }
        let silent = resolver.check().await.err();
        let counts = resolver.counts();
        let servers: Vec<_> = resolver.config().servers.iter().map(ToString::to_string).collect();
        let lists: Vec<_> = self.reloader.lists();
        let lists = lists.into_iter().map(|(zone, usable)| json!({ "zone": zone, "usable": usable == Usable::Yes }));
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "process": std::process::id(),
            "state": if self.stopping.load(Ordering::Relaxed) { "stopping" } else { "running" },
            "started": time(self.started_s),
            "uptime_s": net::clock::now_s().saturating_sub(self.started_s),
            "configuration": {
                "file": plan.file.as_ref().map(|file| file.display().to_string()),
                "loaded": time(live.loaded_s),
                "refused": load(&metrics.reloads_refused),
            },
            "listening": self.addresses,
            "http": self.http,
            "authserv_id": plan.authserv_id,
            "stage": plan.rules.general.stage.as_str(),
            "connections": {
                "open": load(&self.counts.connections),
                "total": load(&metrics.accepted),
                "refused": load(&metrics.refused),
                "lost": load(&metrics.lost),
            },
            "messages": messages,
            "results": results,
            "dns": {
                "servers": servers,
                "answering": silent.is_none(),
                "failure": silent.map(|error| say.explain(&resolver_failure(&error))),
                "questions": counts.asked,
                "cache_hits": counts.cache_hits,
                "answers": counts.answers,
                "failures": counts.failures,
                "bytes": counts.bytes_received,
            },
            "dns_lists": lists.collect::<Vec<_>>(),
            "ledger": live.world.keeper().map(|keeper| {
                let stats = keeper.stats();
                json!({
                    "file": keeper.file().display().to_string(),
                    "stored": stats.stored,
                    "waiting": stats.waiting,
                    "refused": stats.refused,
                    "lost": stats.lost,
                    "failures": stats.failures,
                    "last_error": stats.last_error.map(|error| error.to_string()),
                })
            }),
            "reports": metrics.reports.json(),
            "memory_bytes": resident_bytes(),
        })
    }
}

/// The words of who asks: `?lang=ja`.
fn say(request: &Request<Vec<u8>>) -> Say {
    let asked = request.uri().query().and_then(|query| query.strip_prefix("lang="));
    Say::new(LanguageName::of(asked.unwrap_or_default()))
}

fn answer(status: StatusCode, value: &Value) -> Response<Vec<u8>> {
    let mut response = Response::new(format!("{value}\n").into_bytes());
    *response.status_mut() = status;
    let kind = net::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(net::http::CONTENT_TYPE, kind);
    response
}

fn time(seconds: u64) -> Option<String> {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map(|time| time.to_string())
}

/// The local socket, for its owner and group alone.
///
/// # Errors
/// There is another daemon, or no socket can be there; the daemon goes on without.
pub(super) async fn bind_control(state: &Path) -> Result<net::Listener, Failure> {
    let path = control_socket(state);
    let failed = |reason: String| {
        let failure = Failure::new(crate::exit::ExitCode::Configuration, "serve-no-control");
        failure.with("file", path.display().to_string()).with("reason", reason)
    };
    let place = net::ListenAddress::parse(&format!("unix:{}", path.display()));
    let place = place.map_err(|error| failed(error.to_string()))?;
    let access = net::SocketAccess { mode: Some(0o660), ..net::SocketAccess::default() };
    net::Listener::bind(&place, &access).await.map_err(|error| failed(super::listen::reason(&place, &error)))
}
