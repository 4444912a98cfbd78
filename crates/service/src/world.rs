//! The world of a message: who answers questions, what time it is, and who wants to hear what became of it.

use auth::Facts;
use lookup::Lookup;
use lookup::fetch::Fetch;

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

    /// Hears of a message that was dealt with.
    fn dealt_with(&self, receipt: Receipt<'_>);

    /// Renders a reason as a sentence, for the header field.
    fn say(&self, reason: &dyn mailtext::Explain) -> String;
}

/// What became of a message.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The MTA's queue id, when it told one.
    pub queue_id: Option<&'a str>,
    /// The MTA's name for the client.
    pub client_name: &'a str,
    /// Every outcome.
    pub facts: &'a Facts,
    /// How many Authentication-Results fields in our name came from outside.
    pub forged_count: usize,
    /// Whether they were taken away; why not, if not.
    pub cleaned: Result<(), milter::EditError>,
    /// Whether our field was put on top; why not, if not.
    pub labelled: Result<(), milter::EditError>,
}
