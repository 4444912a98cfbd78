//! An MTA that waits long for a verdict hears that we are still at it.

#![allow(clippy::unwrap_used, clippy::panic)] // tests may fail loudly

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use lookup::fetch::Disabled;
use lookup::{Answer, Failure, Lookup, Question};
use mailtext::Explain;
use milter::mta::{Delivery, Message, Progress, Verdict};
use milter::{Mta, Offer};
use report::row::Address;
use report::{Entry, LedgerError, RowId};
use sekisho_service::{Conversation, Receipt, Sent, Settings, World};

/// DNS that is silent until it is let go, and an MTA whose patience ends as often as the test wants.
#[derive(Clone, Default)]
struct Slow {
    answers: Arc<AtomicBool>,
    impatience: Arc<AtomicUsize>,
}

impl Lookup for Slow {
    async fn ask(&self, _: Question) -> Answer {
        std::future::poll_fn(|_| match self.answers.load(Ordering::Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        Answer::Failed(Failure::Timeout)
    }
}

impl World for Slow {
    type Lookup = Self;
    type Fetch = Disabled;

    fn lookup(&self) -> Self {
        self.clone()
    }

    fn fetch(&self) -> Disabled {
        Disabled
    }

    fn now_s(&self) -> u64 {
        1_700_000_000
    }

    fn elapsed_us(&self) -> u64 {
        0
    }

    fn next_id(&self) -> Option<RowId> {
        None
    }

    async fn keep(&self, _: Entry) -> Result<(), LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn patience(&self) {
        std::future::poll_fn(|_| {
            let left = self.impatience.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if left.is_ok() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn address(&self, _: &str) -> Address {
        Address::Withheld
    }

    fn digest(&self, _: &[u8]) -> [u8; 16] {
        [0; 16]
    }

    fn dealt_with(&self, _: Receipt<'_>) {}

    fn sent(&self, _: Sent<'_>) {}

    fn say(&self, reason: &dyn Explain) -> String {
        reason.id().to_owned()
    }
}

#[test]
fn who_waits_hears_of_it() {
    let world = Slow::default();
    let mut conversation =
        Conversation::new(world.clone(), Settings::new(Arc::new(auth::Settings::new("mx.example.net"))));
    let mut mta = Mta::new(Offer::postfix());
    let message = Message {
        hostname: b"out.example.jp",
        address: Some(milter::Address::Inet { ip: [192, 0, 2, 1].into(), port: 25 }),
        helo: b"out.example.jp",
        sender: b"<a@example.jp>",
        recipients: vec![b"<b@example.net>"],
        headers: vec![(b"From", b" a@example.jp")],
        body: b"Hello\r\n",
        ..Message::default()
    };
    let mut delivery = Delivery::first(&message);
    let mut context = Context::from_waker(Waker::noop());
    // Three times the patience ends, and nothing else happens.
    world.impatience.store(3, Ordering::Relaxed);
    for round in 0..40 {
        if let Progress::Done(outcome) = delivery.advance(&mut mta).unwrap() {
            assert_eq!(outcome.verdict, Verdict::Accepted);
            assert_eq!(outcome.progress_count, 3);
            return;
        }
        conversation.feed(&mta.take_output()).unwrap();
        // Dropped and driven again, as the daemon does.
        let _ = pin!(conversation.drive()).poll(&mut context);
        let mut output = Vec::new();
        conversation.output(&mut output);
        mta.feed(&output);
        if round == 20 {
            assert_eq!(world.impatience.load(Ordering::Relaxed), 0);
            world.answers.store(true, Ordering::Relaxed);
        }
    }
    panic!("the message never ends");
}
