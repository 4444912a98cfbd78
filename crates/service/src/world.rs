//! The world of a message: who answers questions, what time it is, and who wants to hear what became of it.

use std::future::Future;

use auth::Facts;
use lookup::Lookup;
use lookup::fetch::Fetch;
use mailtext::{Domain, PathFlaw, ReversePath};
use outgoing::{Origin, Signed};
use policy::{Action, Dsn, Filtered, Input, Standing, Verdict};
use report::row::Address;
use report::{Entry, LedgerError, RowId};

use crate::ending::Failure;
use crate::message::Client;
use crate::way_in::{AfterWayIn, WayInEnd};

/// What the service needs of the world.
pub trait World: Clone + Send + Sync + 'static {
    /// Who answers questions.
    type Lookup: Lookup + Clone + Send + Sync + 'static;
    /// Who fetches documents; [`lookup::fetch::Disabled`] where nothing is fetched.
    type Fetch: Fetch + Send + Sync + 'static;

    /// A lookup whose budget of time and questions begins now.
    fn lookup(&self) -> Self::Lookup;

    /// Who fetches for one message, with a budget that begins now.
    fn fetch(&self) -> Self::Fetch;

    /// Seconds since 1970.
    fn now_s(&self) -> u64;

    /// Microseconds since some moment: never fewer than before, whatever becomes of the clock.
    fn elapsed_us(&self) -> u64;

    /// The id of the next row; `None` where no rows are kept.
    fn next_id(&self) -> Option<RowId>;

    /// Keeps a row. Ready when it is as safe as the operator wants it before the MTA is answered.
    ///
    /// # Errors
    /// It is not kept, or nobody said in time that it is.
    fn keep(&self, entry: Entry) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Whether an outgoing message has one of these hashes of its Message-ID. Nobody knows where no rows are kept.
    fn sent_before(&self, _message_ids: Vec<[u8; 16]>) -> impl Future<Output = WasSent> + Send {
        std::future::ready(WasSent::Unknown)
    }

    /// What is remembered of whom this message names; nothing, where nothing is remembered.
    fn standing(&self, _facts: &Facts, _input: &Input) -> impl Future<Output = Standing> + Send {
        std::future::ready(Standing::default())
    }

    /// Ready when an MTA has waited so long at the end of a message that it should hear that we are still at it. Never,
    /// where nobody waits long.
    fn patience(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Takes in a whole message that came to one of the addresses of [`crate::WayIn`]: header, empty line, body. Ready
    /// when it is kept. What becomes of it then is `after`.
    ///
    /// # Errors
    /// It is not kept: the reason.
    fn take_in(
        &self,
        message: Vec<u8>,
        facts: &Facts,
        after: AfterWayIn,
    ) -> impl Future<Output = Result<(), Box<str>>> + Send {
        let _ = (message, facts, after);
        std::future::ready(Err("nobody takes it".into()))
    }

    /// As much of an address as rows keep.
    fn address(&self, address: &str) -> Address;

    /// A hash by which the same bytes are found again.
    fn digest(&self, bytes: &[u8]) -> [u8; 16];

    /// Hears of a message that was dealt with, or of which a recipient was refused before it came.
    fn dealt_with(&self, receipt: Receipt<'_>);

    /// Hears of an outgoing message that was dealt with.
    fn sent(&self, sent: Sent<'_>);

    /// Renders a reason as a sentence, for the header field.
    fn say(&self, reason: &dyn mailtext::Explain) -> String;
}

/// Whether a message was sent from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WasSent {
    /// It was.
    Yes,
    /// It was not, as far as rows go back.
    No,
    /// Nobody can say.
    Unknown,
}

/// When a message was dealt with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Moment {
    /// At a recipient: it was refused before the message came.
    Recipient,
    /// At the end of the message.
    End,
}

/// What became of a message.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// When.
    pub moment: Moment,
    /// The MTA's queue id, when it told one.
    pub queue_id: Option<&'a str>,
    /// The MTA's name for the client.
    pub client_name: &'a str,
    /// Every outcome.
    pub facts: &'a Facts,
    /// What was decided, and why.
    pub verdict: &'a Verdict,
    /// The row that is kept of it, where rows are kept.
    pub row: Option<RowId>,
    /// What failed of what we depend on.
    pub failure: Option<&'a Failure>,
    /// Its header as far as it was kept, where that is wanted ([`crate::Settings::with_header`]).
    pub header: Option<&'a [u8]>,
    /// The domains of its recipients, as far as they were kept.
    pub recipient_domains: &'a [Domain],
    /// How it was taken in on its way, where it was addressed so.
    pub way_in: Option<&'a WayInEnd>,
    /// Whether the MTA holds the message; why not, if not. `None` when nobody wants that.
    pub held: Option<Result<(), milter::EditError>>,
    /// Whether it notifies of a delivery, and of whose message.
    pub dsn: Dsn,
    /// What a spam filter that ran before said of it.
    pub filtered: Filtered,
    /// How many recipients there were.
    pub recipient_count: u64,
    /// How many Authentication-Results fields in our name came from outside.
    pub forged_count: usize,
    /// Whether they, and forged labels, were taken away; why not, if not. A message that is refused stays as it is.
    pub cleaned: Result<(), milter::EditError>,
    /// Whether our field was put on top, and the labels written; why not, if not.
    pub labelled: Result<(), milter::EditError>,
}

/// What became of an outgoing message.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The MTA's queue id, when it told one.
    pub queue_id: Option<&'a str>,
    /// The client.
    pub client: &'a Client,
    /// Why the message is outgoing.
    pub origin: &'a Origin,
    /// The user of SMTP AUTH.
    pub user: Option<&'a str>,
    /// MAIL FROM.
    pub mail_from: &'a Result<ReversePath, PathFlaw>,
    /// The signatures, and why.
    pub signed: &'a Signed,
    /// What became of it: it goes on, or is refused, for now or for good.
    pub action: Action,
    /// The row that is kept of it, where rows are kept.
    pub row: Option<RowId>,
    /// What failed of what we depend on.
    pub failure: Option<&'a Failure>,
    /// How many Authentication-Results fields in our name were on it.
    pub forged_count: usize,
    /// Whether they, and forged labels, were taken away; why not, if not.
    pub cleaned: Result<(), milter::EditError>,
    /// Whether the signatures were put on it; why not, if not.
    pub inserted: Result<(), milter::EditError>,
}
