//! Looks at domains for pages: what `check` sees, as long as somebody waits for it. Each look costs questions, so what it saw
//! is shown again for a while, of many who ask about a domain one looks, and only a few domains are looked at at a time.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use audit::guideline::Role;
use audit::world::{Greeting, Servers};
use audit::{SelectorSource, Subject, World};
use dashboard::sources::{Asking, Look, Looked};
use lookup::fetch::{Fetch, FetchFailure, Fetched, Request};
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;
use store::SqliteArchive;
use store::archive::AuditHistory;
use tokio::sync::{Mutex as Turn, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::common::Common;
use crate::desk::history::{fill, last, with_selectors};
use crate::desk::known::{Installation, Warned};
use crate::failure::Failure;
use crate::limits::{LOOK_AT_ONCE, LOOK_COUNT_MAX, LOOK_DNS_S, LOOK_FAILED_KEPT_S, LOOK_KEPT_S, LOOK_S_MAX};

/// What was seen a short while ago, and who looks at this time.
pub(super) struct Looks {
    /// By domain: when, in seconds since 1970, and what came of it.
    kept: Mutex<HashMap<Domain, (u64, Looked)>>,
    /// By domain: held by who looks; the others wait, and find what was seen.
    turns: Mutex<HashMap<Domain, Arc<Turn<()>>>>,
    seats: Semaphore,
    /// What was told already of what is kept here and cannot be read.
    pub(super) warned: Arc<Warned>,
}

impl Looks {
    pub(super) fn new() -> Self {
        let seats = Semaphore::new(LOOK_AT_ONCE);
        Self { kept: Mutex::default(), turns: Mutex::default(), seats, warned: Arc::new(Warned::in_log()) }
    }

    /// What came of looking at a domain: a short while ago, or by `look` now.
    ///
    /// # Errors
    /// As `look`.
    pub(super) async fn look<F: Future<Output = Result<Option<Look>, Failure>>>(
        &self,
        domain: &Domain,
        asking: Asking,
        look: impl FnOnce() -> F,
    ) -> Result<Looked, Failure> {
        if let Some(looked) = self.remembered(domain, net::clock::now_s()) {
            return Ok(looked);
        }
        if asking == Asking::Nobody {
            return Ok(Looked::NotAsked);
        }
        let Some(turn) = self.turn(domain) else { return Ok(Looked::Busy) };
        let mine = turn.lock().await;
        // Whoever was before us may have seen it.
        if let Some(looked) = self.remembered(domain, net::clock::now_s()) {
            return Ok(looked);
        }
        let Ok(_seat) = self.seats.try_acquire() else { return Ok(Looked::Busy) };
        let looked = match timeout(Duration::from_secs(LOOK_S_MAX), look()).await {
            Ok(Ok(Some(look))) => Looked::Seen(Arc::new(look)),
            Ok(Ok(None)) => Looked::Silent,
            Ok(Err(failure)) => return Err(failure),
            Err(_) => Looked::Late,
        };
        self.keep(domain, net::clock::now_s(), looked.clone());
        drop(mine);
        Ok(looked)
    }

    fn remembered(&self, domain: &Domain, now_s: u64) -> Option<Looked> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(domain).filter(|kept| is_fresh(kept, now_s)).map(|(_, looked)| looked.clone())
    }

    fn keep(&self, domain: &Domain, now_s: u64, looked: Looked) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| is_fresh(one, now_s));
        if kept.len() >= LOOK_COUNT_MAX {
            let oldest = kept.iter().min_by_key(|(_, (at_s, _))| *at_s).map(|(domain, _)| domain.clone());
            oldest.and_then(|domain| kept.remove(&domain));
        }
        kept.insert(domain.clone(), (now_s, looked));
    }

    /// Whose turn it is to look at a domain; `None` while too many are asked about.
    fn turn(&self, domain: &Domain) -> Option<Arc<Turn<()>>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        if turns.len() >= LOOK_COUNT_MAX && !turns.contains_key(domain) {
            return None;
        }
        Some(Arc::clone(turns.entry(domain.clone()).or_default()))
    }
}

fn is_fresh((at_s, looked): &(u64, Looked), now_s: u64) -> bool {
    let kept_s = if matches!(looked, Looked::Seen(_)) { LOOK_KEPT_S } else { LOOK_FAILED_KEPT_S };
    // A clock that was set back keeps nothing alive.
    (*at_s..at_s.saturating_add(kept_s)).contains(&now_s)
}

/// Looks at a domain as `check` does, with what is known of it here; `None` where nobody answers anything. It is a task of its
/// own, since an audit needs much of a stack and a page has used some of its own by then; it ends where nobody waits any more.
///
/// # Errors
/// What is kept here cannot be read.
pub(super) async fn look_at<W: World + Send + 'static>(
    (common, warned): (Common, Arc<Warned>),
    world: W,
    archive: &SqliteArchive,
    domain: &Domain,
) -> Result<Option<Look>, Failure> {
    let unusable = |error: feedback::ArchiveError| super::unusable(&common.reports_file(), &error);
    let history = archive.audits("", domain.as_str()).await.map_err(unusable)?;
    let mut looking = JoinSet::new();
    looking.spawn(examine((common, warned), world, history, domain.clone()));
    match looking.join_next().await {
        Some(Ok(look)) => Ok(look),
        // Whoever panics there would have panicked here.
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Some(Err(_)) | None => Ok(None),
    }
}

async fn examine<W: World>(
    (common, warned): (Common, Arc<Warned>),
    world: W,
    history: AuditHistory,
    domain: Domain,
) -> Option<Look> {
    let config = &common.config().audits;
    let mut subject = Subject::new(domain.clone());
    subject.selectors = config.selectors.iter().map(|its| (its.clone(), SelectorSource::Given)).collect();
    let subject = with_selectors(subject, last(&domain, &history).as_ref());
    let installation = Installation::open(&common, &Role::ALL, &warned).await;
    let world = Hurried::new(world, Duration::from_secs(LOOK_DNS_S));
    let (snapshot, mut known) = installation.examine(&world, subject).await;
    fill(&mut known, &domain, &history, config.every_of(&domain));
    (!snapshot.is_silent()).then_some(Look { snapshot, known })
}

/// A world that answers for so long, from the first question on, and then says that the time is over: what was answered
/// until then is shown, and what was not is named.
struct Hurried<W> {
    world: W,
    time: Duration,
    end: OnceLock<Instant>,
}

impl<W> Hurried<W> {
    fn new(world: W, time: Duration) -> Self {
        Self { world, time, end: OnceLock::new() }
    }

    fn end(&self) -> Instant {
        *self.end.get_or_init(|| Instant::now() + self.time)
    }
}

impl<W: World> Lookup for Hurried<W> {
    async fn ask(&self, question: Question) -> Answer {
        let asked = timeout_at(self.end(), self.world.ask(question)).await;
        asked.unwrap_or(Answer::Failed(lookup::Failure::Budget))
    }
}

impl<W: World> Fetch for Hurried<W> {
    async fn fetch(&self, request: Request) -> Fetched {
        let fetched = timeout_at(self.end(), self.world.fetch(request)).await;
        fetched.unwrap_or(Fetched::Failed(FetchFailure::Budget))
    }
}

impl<W: World> World for Hurried<W> {
    async fn ask_servers(&self, question: &Question) -> Servers {
        timeout_at(self.end(), self.world.ask_servers(question)).await.unwrap_or(Servers::Unknown)
    }

    async fn greet(&self, host: &Domain) -> Greeting {
        timeout_at(self.end(), self.world.greet(host)).await.unwrap_or(Greeting::NotAsked)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use audit::{Known, Snapshot};
    use futures_util::future::join_all;
    use lookup::Zone;
    use lookup::fetch::{Both, Disabled};
    use tokio::sync::oneshot;

    use super::*;
    use crate::exit::ExitCode;

    fn name(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    const ZONE: &str = "$ORIGIN example.jp.\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n";

    async fn seen(domain: &str) -> Result<Option<Look>, Failure> {
        let world = Both { lookup: Zone::parse(ZONE).unwrap(), fetch: Disabled };
        let snapshot = Snapshot::take(&world, Subject::new(name(domain))).await;
        Ok(Some(Look { snapshot, known: Known::default() }))
    }

    async fn word(looks: &Looks, domain: &str, asking: Asking) -> &'static str {
        looks.look(&name(domain), asking, || seen(domain)).await.unwrap().as_str()
    }

    #[tokio::test]
    async fn of_many_who_ask_one_looks_and_all_see_it() {
        let (looks, count) = (Looks::new(), AtomicUsize::new(0));
        let domain = name("example.jp");
        assert_eq!(word(&looks, "example.jp", Asking::Nobody).await, "not-asked");
        let look = || async {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            seen("example.jp").await
        };
        let all = join_all((0..20).map(|_| looks.look(&domain, Asking::Now, look))).await;
        assert!(all.iter().all(|looked| matches!(looked, Ok(Looked::Seen(_)))), "{all:?}");
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert_eq!(word(&looks, "example.jp", Asking::Nobody).await, "seen", "it is remembered");
        assert_eq!(word(&looks, "example.net", Asking::Nobody).await, "not-asked");
    }

    #[tokio::test]
    async fn only_so_many_domains_are_looked_at_at_a_time() {
        for (running, wanted) in [(LOOK_AT_ONCE - 1, "seen"), (LOOK_AT_ONCE, "busy"), (LOOK_AT_ONCE + 1, "busy")] {
            let looks = Arc::new(Looks::new());
            let mut ends = Vec::new();
            for at in 0..running {
                let (looks, (end, ended)) = (Arc::clone(&looks), oneshot::channel::<()>());
                let task = tokio::spawn(async move {
                    let domain = name(&format!("d{at}.example"));
                    let look = || async {
                        ended.await.unwrap();
                        Ok(None)
                    };
                    looks.look(&domain, Asking::Now, look).await.unwrap().as_str()
                });
                ends.push((end, task));
                tokio::task::yield_now().await;
            }
            assert_eq!(word(&looks, "example.jp", Asking::Now).await, wanted, "{running}");
            for (end, task) in ends {
                // Those for whom there was no room have not waited.
                let _ = end.send(());
                assert!(["silent", "busy"].contains(&task.await.unwrap()));
            }
            assert_eq!(word(&looks, "example.jp", Asking::Now).await, "seen", "there is room again");
        }
    }

    #[tokio::test]
    async fn a_look_that_is_given_up_leaves_room_for_others() {
        let looks = Looks::new();
        let domain = name("example.jp");
        for _ in 0..=LOOK_AT_ONCE {
            // As a browser that is closed.
            let look = looks.look(&domain, Asking::Now, pending::<Result<Option<Look>, Failure>>);
            assert!(timeout(Duration::from_millis(5), look).await.is_err());
        }
        assert_eq!(word(&looks, "example.jp", Asking::Now).await, "seen");
        let failing = || async { Err(Failure::new(ExitCode::Store, "reports-unusable")) };
        assert!(looks.look(&name("example.net"), Asking::Now, failing).await.is_err());
        assert_eq!(word(&looks, "example.net", Asking::Now).await, "seen", "a failure of ours is not kept");
    }

    #[test]
    fn what_was_seen_is_kept_for_a_while_and_of_so_many() {
        let kept = |looks: &Looks| looks.kept.lock().unwrap().len();
        for (looked, kept_s) in [
            (testkit::block_on(seen("example.jp")).unwrap().map(|look| Looked::Seen(Arc::new(look))), LOOK_KEPT_S),
            (Some(Looked::Silent), LOOK_FAILED_KEPT_S),
            (Some(Looked::Late), LOOK_FAILED_KEPT_S),
        ] {
            let (looks, domain, at_s) = (Looks::new(), name("example.jp"), 1_000_000);
            looks.keep(&domain, at_s, looked.unwrap());
            for (now_s, is_kept) in [(at_s, true), (at_s + kept_s - 1, true), (at_s + kept_s, false), (at_s - 1, false)]
            {
                assert_eq!(looks.remembered(&domain, now_s).is_some(), is_kept, "{now_s}");
            }
            looks.keep(&name("example.net"), at_s + kept_s, Looked::Silent);
            assert_eq!(kept(&looks), 1, "what is old goes");
        }
        for count in [LOOK_COUNT_MAX - 1, LOOK_COUNT_MAX, LOOK_COUNT_MAX + 1] {
            let looks = Looks::new();
            for at in 0..count {
                looks.keep(&name(&format!("d{at}.example")), 1_000_000, Looked::Silent);
            }
            assert_eq!(kept(&looks), count.min(LOOK_COUNT_MAX));
            assert!(looks.remembered(&name(&format!("d{}.example", count - 1)), 1_000_000).is_some(), "the newest");
        }
    }

    #[test]
    fn only_so_many_domains_are_waited_for() {
        for (count, has_room) in [(LOOK_COUNT_MAX - 1, true), (LOOK_COUNT_MAX, false), (LOOK_COUNT_MAX + 1, false)] {
            let looks = Looks::new();
            let held: Vec<_> = (0..count).map(|at| looks.turn(&name(&format!("d{at}.example")))).collect();
            assert_eq!(held.iter().flatten().count(), count.min(LOOK_COUNT_MAX));
            assert_eq!(looks.turn(&name("example.jp")).is_some(), has_room, "{count}");
            assert!(looks.turn(&name("d0.example")).is_some(), "for one that is waited for there is room");
            drop(held);
            assert!(looks.turn(&name("example.jp")).is_some());
        }
    }

    /// A world that answers nothing of one name.
    struct Deaf(Both<Zone, Disabled>);

    impl Lookup for Deaf {
        async fn ask(&self, question: Question) -> Answer {
            if question.name.as_str().starts_with("_dmarc.") { pending().await } else { self.0.ask(question).await }
        }
    }

    impl Fetch for Deaf {
        async fn fetch(&self, _: Request) -> Fetched {
            pending().await
        }
    }

    impl World for Deaf {
        async fn ask_servers(&self, _: &Question) -> Servers {
            pending().await
        }

        async fn greet(&self, _: &Domain) -> Greeting {
            pending().await
        }
    }

    #[tokio::test]
    async fn when_the_time_is_over_what_was_answered_stays() {
        let deaf = Deaf(Both { lookup: Zone::parse(ZONE).unwrap(), fetch: Disabled });
        let world = Hurried::new(deaf, Duration::from_millis(30));
        let snapshot = Snapshot::take(&world, Subject::new(name("example.jp"))).await;
        assert!(snapshot.has_spf() && !snapshot.is_silent());
        let unanswered = snapshot.unanswered();
        let of_policy = unanswered.iter().find(|one| one.name.as_str() == "_dmarc.example.jp").unwrap();
        assert_eq!((of_policy.kind, of_policy.failure), ("TXT", "budget"));
    }
}
