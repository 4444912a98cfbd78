//! A milter conversation: bytes of the MTA in, bytes for it out, and questions pending in between.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use auth::client::smtp_auth::Told;
use auth::{Check, Facts};
use mailtext::ReversePath;
use mailtext::authres::LineEnd;
use milter::codec::Address;
use milter::{Actions, Edit, EditError, Event, Macros, ProtocolError, Session};
use outgoing::{Arrival, Signing, Submission};

use crate::carry_out::{self, Answer, decisive};
use crate::ending::{Ended, Ending};
use crate::envelope::{Asked, Asking};
use crate::limits::QUEUE_ID_BYTES_MAX;
use crate::message::{Client, Message, RECEIVED_SPF, REMOVED_NAMES, Rest, Way};
use crate::sending::{Departed, Departing, Sending};
use crate::settings::{EXPLANATION, Kept, Settings, Written};
use crate::way_in::WayInEnd;
use crate::world::{Moment, Receipt, Sent, World};

/// A conversation with one MTA, over as many messages as it likes.
pub struct Conversation<W: World> {
    session: Session,
    state: State<W>,
    /// The message whose verdict the MTA waits for.
    ending: Option<Waited<W>>,
    error: Option<ProtocolError>,
    finished: bool,
}

/// What is known beside the session.
struct State<W: World> {
    world: W,
    settings: Settings,
    /// The socket at which the MTA came, as the configuration writes it.
    listener: Option<Arc<str>>,
    /// The edits that the MTA lets us make.
    actions: Actions,
    client: Client,
    message: Option<Message<W::Lookup, W::Fetch>>,
}

/// A message that is whole, and whose last answers are waited for.
type Waited<W> = Pin<Box<dyn Future<Output = Done<W>> + Send>>;

/// What was waited for.
enum Done<W: World> {
    /// A recipient.
    Asked(Asked<W>),
    Judged(Box<Ended>),
    Signed(Box<Departed>),
}

/// What an event leads to.
enum Next<W: World> {
    GoOn,
    Await(Waited<W>),
    Finish,
}

impl<W: World> Conversation<W> {
    /// A conversation in which nothing was said yet.
    pub fn new(world: W, settings: Settings) -> Self {
        let session = Session::new(Arc::clone(&settings.wanted));
        let (listener, actions, client) = (None, Actions::NONE, Client::default());
        let state = State { world, settings, listener, actions, client, message: None };
        Self { session, state, ending: None, error: None, finished: false }
    }

    /// The same at this socket of ours, which may tell that mail is outgoing.
    #[must_use]
    pub fn at(mut self, listener: Arc<str>) -> Self {
        self.state.listener = Some(listener);
        self
    }

    /// Takes what the MTA sent, cut anywhere.
    ///
    /// # Errors
    /// The MTA broke the protocol; the conversation is over.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.session.feed(bytes);
        self.events()
    }

    /// Appends what is to be written now.
    pub fn output(&mut self, into: &mut Vec<u8>) {
        let output = self.session.output();
        into.extend_from_slice(output);
        let count = output.len();
        self.session.written(count);
    }

    /// Lets questions go on, and gives the verdict when the message is whole and all was answered. Pending for ever when
    /// there is nothing to do; may be dropped and called again.
    pub async fn drive(&mut self) {
        if let Some(ending) = &mut self.ending {
            let Some(done) = while_patient(ending, &self.state.world).await else {
                // smfi_progress: the MTA's time begins anew. At a recipient there is no such word, and it has to wait.
                let _ = self.session.progress();
                return;
            };
            self.ending = None;
            match done {
                Done::Asked(asked) => self.answer(asked),
                Done::Judged(ended) => self.conclude(&ended),
                Done::Signed(departed) => self.dispatch(&departed),
            }
            // What the MTA said meanwhile was kept; an error in it is kept too, see [`Conversation::error`].
            let _ = self.events();
            return;
        }
        if let Some(message) = &mut self.state.message {
            message.progress().await;
        }
        pending::<()>().await;
    }

    /// Whether more input is wanted: not while the MTA waits for a verdict.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.ending.is_none() && !self.finished
    }

    /// Whether the conversation is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Why the conversation is over, when it is because the MTA broke the protocol.
    #[must_use]
    pub fn error(&self) -> Option<ProtocolError> {
        self.error
    }

    /// Whether no message is under way.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.ending.is_none() && self.state.message.is_none()
    }

    fn events(&mut self) -> Result<(), ProtocolError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        while self.ending.is_none() && !self.finished {
            let turn = match self.session.next_event() {
                Ok(Some(turn)) => turn,
                Ok(None) => break,
                Err(error) => {
                    self.error = Some(error);
                    self.finished = true;
                    return Err(error);
                }
            };
            match self.state.take(turn.event, turn.macros) {
                Next::GoOn => {}
                Next::Await(ending) => self.ending = Some(ending),
                Next::Finish => self.finished = true,
            }
        }
        Ok(())
    }

    /// Everything is known and decided: it is done, and told.
    fn conclude(&mut self, ended: &Ended) {
        let Ended { client, rest, queue_id, facts, verdict, failure, way_in, row } = ended;
        let answer = Answer::of(verdict);
        let (mut cleaned, mut labelled, mut held) = (Ok(()), Ok(()), None);
        if answer.delivers() {
            // Deleting first, from the last to the first: an insertion above would shift the counts.
            cleaned = self.clean(rest);
            let why = decisive(verdict).map(|reason| self.state.world.say(reason)).unwrap_or_default();
            labelled = carry_out::label(&mut self.session, verdict, &rest.subject);
            held = carry_out::hold(&mut self.session, verdict, &why);
            // Also beside a forged field that must stay: readers look at the topmost first.
            labelled = labelled.and(self.explain(ended)).and(self.results(facts));
            if let (Some(WayInEnd::Swallowed), Some(captured)) = (way_in, &rest.captured) {
                // Others get it. Where the MTA does not let us, these do too.
                let delete = |recipient| self.session.edit(Edit::DeleteRecipient { recipient });
                labelled = labelled.and(captured.recipients().try_for_each(delete));
            }
        }
        // A message is never held back because of us: whatever failed above, it goes on, and the receipt tells.
        let _ = self.session.reply(answer.as_reply());
        self.state.world.dealt_with(Receipt {
            moment: Moment::End,
            queue_id: queue_id.as_deref(),
            client_name: &client.name,
            facts,
            verdict,
            row: *row,
            failure: failure.as_ref(),
            header: rest.header.as_deref(),
            recipient_domains: &rest.transaction.recipients,
            way_in: way_in.as_ref(),
            dsn: rest.transaction.dsn,
            filtered: rest.transaction.filtered,
            recipient_count: rest.recipient_count,
            held,
            forged_count: rest.forged_count,
            cleaned,
            labelled,
        });
    }

    /// A recipient may come, or is refused; the message goes on for others.
    fn answer(&mut self, asked: Asked<W>) {
        self.state.message = Some(asked.message);
        let Some(refused) = asked.refused else {
            let _ = self.session.reply(milter::Reply::Continue);
            return;
        };
        let answer = Answer::to(refused.verdict.action, refused.verdict.reply.as_ref());
        // Should the MTA not wait here, the message is judged when it is whole.
        let _ = self.session.reply(answer.as_reply());
        self.state.world.dealt_with(Receipt {
            moment: Moment::Recipient,
            queue_id: refused.queue_id.as_deref(),
            client_name: &refused.client.name,
            facts: &refused.facts,
            verdict: &refused.verdict,
            row: refused.row,
            failure: refused.failure.as_ref(),
            header: None,
            recipient_domains: &[],
            way_in: None,
            dsn: policy::Dsn::No,
            filtered: policy::Filtered::Unknown,
            recipient_count: 1,
            held: None,
            forged_count: 0,
            cleaned: Ok(()),
            labelled: Ok(()),
        });
    }

    /// An outgoing message is signed, or must not go: it is done, and told.
    fn dispatch(&mut self, departed: &Departed) {
        let answer = Answer::to(departed.action, departed.reply.as_ref());
        let (mut cleaned, mut inserted) = (Ok(()), Ok(()));
        if answer.delivers() {
            // A recipient of ours would believe them.
            cleaned = self.clean(&departed.rest);
            inserted = carry_out::insert(&mut self.session, &departed.signed.signatures);
        }
        // As with incoming mail: whatever failed above, it goes on, and the receipt tells.
        let _ = self.session.reply(answer.as_reply());
        self.state.world.sent(Sent {
            queue_id: departed.queue_id.as_deref(),
            client: &departed.client,
            origin: &departed.origin,
            user: departed.user.as_deref(),
            mail_from: &departed.mail_from,
            signed: &departed.signed,
            action: departed.action,
            row: departed.row,
            failure: departed.failure.as_ref(),
            forged_count: departed.rest.forged_count,
            cleaned,
            inserted,
        });
    }

    /// Takes away what nobody but this receiver may write.
    fn clean(&mut self, rest: &Rest) -> Result<(), EditError> {
        let mut cleaned = Ok(());
        let labels = self.state.settings.watch.label_names.iter().map(String::as_str).zip(&rest.label_removals);
        for (name, removal) in REMOVED_NAMES.into_iter().zip(&rest.removals).chain(labels) {
            if !removal.indexes.is_empty() {
                cleaned = cleaned.and(self.session.delete_headers(name.as_bytes(), &removal.indexes));
            }
        }
        cleaned
    }

    /// What the operator wants to be written beside the results.
    fn explain(&mut self, ended: &Ended) -> Result<(), EditError> {
        let (settings, mut written) = (&self.state.settings, Ok(()));
        let world = &self.state.world;
        let say = |reason: &dyn mailtext::Explain| world.say(reason);
        if settings.watch.results.explanation == Written::Yes {
            let value = carry_out::explanation(&ended.verdict, ended.row, &say);
            let edit = Edit::InsertHeader { index: 0, name: EXPLANATION.as_bytes(), value: value.as_bytes() };
            written = self.session.edit(edit);
        }
        if settings.watch.results.received_spf == Written::Yes {
            let style = ended.facts.style(LineEnd::Lf);
            if let Some(value) = ended.facts.received_spf(&settings.auth.authserv_id, &say, style) {
                // RFC 7208 §9.1: prepended, above the Received field of this very hop.
                let value = format!(" {value}");
                let edit = Edit::InsertHeader { index: 0, name: RECEIVED_SPF.as_bytes(), value: value.as_bytes() };
                written = written.and(self.session.edit(edit));
            }
        }
        written
    }

    /// Puts the results on top.
    fn results(&mut self, facts: &Facts) -> Result<(), EditError> {
        let mut labelled = Ok(());
        let bimi = facts.others.bimi.iter().flat_map(|outcome| outcome.result.fields(LineEnd::Lf));
        for field in bimi.collect::<Vec<_>>().into_iter().rev() {
            let value = format!(" {}", field.value);
            let edit = Edit::InsertHeader { index: 0, name: field.name.as_bytes(), value: value.as_bytes() };
            labelled = labelled.and(self.session.edit(edit));
        }
        let world = &self.state.world;
        let results = facts.authentication_results(&self.state.settings.auth.authserv_id, &|reason| world.say(reason));
        let value = format!(" {}", results.to_value(facts.style(LineEnd::Lf)));
        // RFC 8601 §4: at the top, above the Received field of this very hop.
        labelled.and(self.session.edit(Edit::InsertHeader { index: 0, name: NAME.as_bytes(), value: value.as_bytes() }))
    }
}

impl<W: World> State<W> {
    fn take(&mut self, event: Event<'_>, macros: &Macros) -> Next<W> {
        match event {
            Event::Connect { hostname, address } => {
                self.client = Client { name: text(hostname), ip: ip(address), helo: None };
                self.message = None;
            }
            Event::Helo { name } => self.client.helo = Some(text(name)),
            Event::Mail { sender, arguments } => {
                let told = Texts::of(macros);
                let message = self.message.insert(match self.sending(sender, &told, macros) {
                    Some(sending) => Message::send(sending),
                    None => Message::begin(self.check(), &self.client, sender, &told.told(), &self.settings.watch),
                });
                // RFC 6531 §3.7.4.1: who gives SMTPUTF8 with MAIL may be answered in UTF-8.
                if arguments.iter().any(|argument| argument.eq_ignore_ascii_case(b"SMTPUTF8")) {
                    message.reads_utf8();
                }
            }
            Event::Header { name, value } => {
                if let Some(message) = &mut self.message {
                    message.field(name, value, &self.settings.auth.authserv_id, &self.settings.watch);
                }
            }
            Event::EndOfHeaders => {
                if let Some(message) = &mut self.message {
                    message.renew_lookup(self.world.lookup());
                    message.end_of_header(&self.settings.watch);
                }
            }
            Event::Body(chunk) => {
                if let Some(message) = &mut self.message {
                    message.body(chunk, &self.settings.watch);
                }
            }
            Event::EndOfMessage { last_chunk } => return self.end_of_message(last_chunk, macros),
            Event::Abort => self.message = None,
            Event::QuitNewConnection => {
                self.client = Client::default();
                self.message = None;
            }
            Event::Quit => return Next::Finish,
            Event::Recipient { recipient, .. } => return self.recipient(recipient, macros),
            Event::Negotiated(negotiated) => self.actions = negotiated.actions,
            Event::Data | Event::Unknown { .. } => {}
        }
        Next::GoOn
    }

    fn check(&self) -> Check<W::Lookup, W::Fetch> {
        let auth = Arc::clone(&self.settings.auth);
        Check::new(self.world.lookup(), auth, self.world.now_s()).with_fetch(self.world.fetch())
    }

    /// What is to be done with a message that is outgoing; `None` when it is incoming.
    fn sending(&self, sender: &[u8], told: &Texts, macros: &Macros) -> Option<Sending> {
        let outgoing = self.settings.outgoing.as_ref()?;
        let user = told.identity.clone().filter(|user| !user.is_empty());
        let origin = outgoing.origins.find(&Arrival {
            listener: self.listener.as_deref(),
            client: self.client.ip,
            user: user.as_deref(),
            macros: &|name| macros.get(name.as_bytes()).map(text),
        })?;
        let mail_from = ReversePath::parse(sender);
        let submission = Submission { mail_from: mail_from.clone().ok(), user: user.clone(), client: self.client.ip };
        let signing = Signing::new(Arc::clone(&outgoing.role), submission);
        let takes_fields = self.actions.contains(Actions::ADD_HEADERS);
        let signing = if takes_fields { signing } else { signing.without_fields() };
        Some(Sending { origin, user, mail_from, signing })
    }

    /// A recipient is counted; where rules may refuse it now, the MTA waits for them.
    fn recipient(&mut self, recipient: &[u8], macros: &Macros) -> Next<W> {
        let watch = &self.settings.watch;
        let Some(message) = self.message.as_mut().filter(|_| watch.counts_recipients()) else { return Next::GoOn };
        if watch.early == Kept::No || !matches!(message.way, Way::In(_)) {
            message.recipient(recipient, watch);
            return Next::GoOn;
        }
        let Some(message) = self.message.take() else { return Next::GoOn };
        let asking = Asking {
            world: self.world.clone(),
            settings: self.settings.clone(),
            client: self.client.clone(),
            message,
            recipient: recipient.to_vec(),
            queue_id: macros.get(b"i").map(|id| text(&id[..id.len().min(QUEUE_ID_BYTES_MAX)])),
        };
        Next::Await(Box::pin(async { Done::Asked(asking.end().await) }))
    }

    fn end_of_message(&mut self, last_chunk: &[u8], macros: &Macros) -> Next<W> {
        let (message, watch) = (self.message.take(), &self.settings.watch);
        let begin = || Message::begin(self.check(), &self.client, b"", &Told::default(), watch);
        let message = message.unwrap_or_else(begin);
        let (way, rest) = message.end(last_chunk, watch);
        let queue_id = macros.get(b"i").map(|id| text(&id[..id.len().min(QUEUE_ID_BYTES_MAX)]));
        let (world, settings, client) = (self.world.clone(), self.settings.clone(), self.client.clone());
        Next::Await(match way {
            Way::In(mut check) => {
                check.renew_lookup(self.world.lookup());
                let ending = Ending { world, settings, client, check: *check, rest, queue_id };
                Box::pin(async { Done::Judged(Box::new(ending.end().await)) })
            }
            Way::Out(sending) => {
                let departing = Departing { world, settings, client, sending: *sending, rest, queue_id };
                Box::pin(async { Done::Signed(Box::new(departing.end().await)) })
            }
        })
    }
}

/// What was waited for; `None` when the MTA's patience ends before.
async fn while_patient<W: World>(waited: &mut Waited<W>, world: &W) -> Option<Done<W>> {
    let mut patience = pin!(world.patience());
    poll_fn(|context| match waited.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => patience.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// What the MTA says of SMTP AUTH, as text.
struct Texts {
    identity: Option<String>,
    mechanism: Option<String>,
    mail_from: Option<String>,
}

impl Texts {
    fn of(macros: &Macros) -> Self {
        let one = |name: &[u8]| macros.get(name).map(text);
        Self { identity: one(b"auth_authen"), mechanism: one(b"auth_type"), mail_from: one(b"auth_author") }
    }

    fn told(&self) -> Told<'_> {
        let (identity, mechanism) = (self.identity.as_deref(), self.mechanism.as_deref());
        Told { identity, mechanism, mail_from: self.mail_from.as_deref(), failure: None }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn ip(address: Address<'_>) -> Option<std::net::IpAddr> {
    match address {
        Address::Inet { ip, .. } => Some(ip.into()),
        Address::Inet6 { ip, .. } => Some(ip.to_canonical()),
        Address::Unix(_) | Address::Unknown => None,
    }
}

const NAME: &str = "Authentication-Results";
