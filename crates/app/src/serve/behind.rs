//! What stands behind the mail: a thread of its own for pages, and threads that get the processor when mail does not want it.
//! Whoever looks at pages may wait a moment; mail may not.

use std::future::Future;

use tokio::sync::oneshot;

/// Does something on a thread of its own, behind the mail, until it ends. What it spawns runs there, too: one page is made at
/// a time, however many are asked for.
pub(super) async fn apart(work: impl Future<Output = ()> + Send + 'static) {
    let (done, ended) = oneshot::channel();
    let run = move || {
        step_back();
        match tokio::runtime::Builder::new_current_thread().enable_all().thread_name("pages-apart").build() {
            Ok(runtime) => runtime.block_on(work),
            Err(error) => tracing::error!(reason = %error, "pages"),
        }
        let _ = done.send(());
    };
    match std::thread::Builder::new().name("pages".to_owned()).spawn(run) {
        // A thread that died has ended, too.
        Ok(_) => drop(ended.await),
        Err(error) => tracing::error!(reason = %error, "pages"),
    }
}

/// Opens something whose threads are to stand behind the mail: a thread is begun where the one that begins it stands.
pub(super) fn opened<T: Send>(open: impl FnOnce() -> T + Send) -> T {
    let stand_back = || {
        step_back();
        open()
    };
    match std::thread::scope(|scope| scope.spawn(stand_back).join()) {
        Ok(done) => done,
        // Whoever panics there would have panicked here.
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Takes this thread behind all others. Where that is not allowed, it goes on where it stands.
fn step_back() {
    // On Linux this is the thread that asks, and not its process.
    let _ = rustix::process::setpriority_process(None, PAGE_NICENESS);
}

/// How far back pages stand, as `nice` counts it: for each tenth of a processor that they get, mail gets nine, where both
/// want it.
pub(super) const PAGE_NICENESS: i32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn what_is_begun_behind_the_mail_stays_there_and_nobody_else_goes() {
        let before = niceness();
        let of_child = opened(|| std::thread::spawn(niceness).join().unwrap());
        assert_eq!((of_child, niceness()), (PAGE_NICENESS, before));
    }

    #[tokio::test]
    async fn work_apart_is_awaited() {
        let (sender, receiver) = oneshot::channel();
        apart(async move {
            let spawned = tokio::spawn(async { niceness() });
            let _ = sender.send(spawned.await.unwrap());
        })
        .await;
        assert_eq!(receiver.await.unwrap(), PAGE_NICENESS);
    }
}
