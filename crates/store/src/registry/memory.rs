//! People in memory: the plain meaning of the trait, for tests and demonstrations.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use people::limits::SESSION_COUNT_MAX;
use people::{
    Chain, Digest, Lifetimes, LogLine, LogOrder, LogPage, LogQuery, Name, NewLine, Person, Registry, RegistryError,
    Session, Setup, SetupUse, Subject, Swept, Token, rules,
};

use super::read::page_limit;

/// People in memory.
#[derive(Default)]
pub struct MemoryRegistry {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: Vec<Person>,
    sessions: BTreeMap<Digest, Session>,
    tokens: BTreeMap<Digest, Token>,
    setup: Option<Setup>,
    log: Vec<LogLine>,
}

impl MemoryRegistry {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry for MemoryRegistry {
    fn people(&self) -> impl Future<Output = Result<Vec<Person>, RegistryError>> + Send {
        ready(Ok(self.state().people.clone()))
    }

    fn person(&self, name: &Name) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send {
        ready(Ok(self.state().person(name).cloned()))
    }

    fn person_of(&self, subject: &Subject) -> impl Future<Output = Result<Option<Person>, RegistryError>> + Send {
        let state = self.state();
        let found = state.people.iter().find(|person| person.subject.as_ref() == Some(subject));
        ready(Ok(found.cloned()))
    }

    fn has_keeper(&self) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        ready(Ok(self.state().has_keeper()))
    }

    fn put_person(&self, person: Person, line: NewLine) -> impl Future<Output = Result<u64, RegistryError>> + Send {
        ready(self.state().put_person(person, line))
    }

    fn remove_person(
        &self,
        name: &Name,
        version: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<(), RegistryError>> + Send {
        ready(self.state().remove_person(name, version, line))
    }

    fn put_session(&self, session: Session) -> impl Future<Output = Result<(), RegistryError>> + Send {
        ready(self.state().put_session(session))
    }

    fn session(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<(Session, Person)>, RegistryError>> + Send {
        let state = self.state();
        let session = state.sessions.get(digest).cloned();
        ready(Ok(session.and_then(|session| state.person(&session.name).cloned().map(|person| (session, person)))))
    }

    fn touch_session(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send {
        if let Some(session) = self.state().sessions.get_mut(digest) {
            session.used_s = session.used_s.max(used_s);
        }
        ready(Ok(()))
    }

    fn sessions(&self, name: &Name) -> impl Future<Output = Result<Vec<Session>, RegistryError>> + Send {
        ready(Ok(self.state().sessions_of(name)))
    }

    fn end_session(&self, digest: &Digest) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        ready(Ok(self.state().sessions.remove(digest).is_some()))
    }

    fn end_sessions(
        &self,
        name: &Name,
        but: Option<&Digest>,
    ) -> impl Future<Output = Result<u64, RegistryError>> + Send {
        ready(Ok(self.state().end_sessions(name, but)))
    }

    fn put_token(&self, token: Token, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send {
        ready(self.state().put_token(token, line))
    }

    fn token(&self, digest: &Digest) -> impl Future<Output = Result<Option<(Token, Person)>, RegistryError>> + Send {
        let state = self.state();
        let token = state.tokens.get(digest).cloned();
        ready(Ok(token.and_then(|token| state.person(&token.name).cloned().map(|person| (token, person)))))
    }

    fn touch_token(&self, digest: &Digest, used_s: u64) -> impl Future<Output = Result<(), RegistryError>> + Send {
        if let Some(token) = self.state().tokens.get_mut(digest) {
            token.used_s = Some(token.used_s.unwrap_or(0).max(used_s));
        }
        ready(Ok(()))
    }

    fn tokens(&self, name: &Name) -> impl Future<Output = Result<Vec<Token>, RegistryError>> + Send {
        let mut tokens: Vec<_> = self.state().tokens.values().filter(|token| token.name == *name).cloned().collect();
        tokens.sort_by_key(|token| (std::cmp::Reverse(token.made_s), token.digest));
        ready(Ok(tokens))
    }

    fn remove_token(
        &self,
        name: &Name,
        id: &str,
        line: NewLine,
    ) -> impl Future<Output = Result<bool, RegistryError>> + Send {
        let mut state = self.state();
        let before = state.tokens.len();
        state.tokens.retain(|_, token| token.name != *name || *token.id != *id);
        let was_there = state.tokens.len() < before;
        if was_there {
            state.append(line);
        }
        ready(Ok(was_there))
    }

    fn put_setup(&self, setup: Setup, line: NewLine) -> impl Future<Output = Result<(), RegistryError>> + Send {
        let mut state = self.state();
        if state.has_keeper() {
            return ready(Err(RegistryError::Settled));
        }
        state.setup = Some(setup);
        state.append(line);
        ready(Ok(()))
    }

    fn use_setup(
        &self,
        digest: &Digest,
        person: Person,
        now_s: u64,
        line: NewLine,
    ) -> impl Future<Output = Result<SetupUse, RegistryError>> + Send {
        let mut state = self.state();
        if let Err(refused) = people::setup::judge(state.setup.as_ref(), digest, state.has_keeper(), now_s) {
            return ready(Ok(refused));
        }
        let done = state.put_person(person, line).map(|version| SetupUse::Done { version });
        if done.is_ok() {
            state.setup = None;
        }
        ready(done)
    }

    fn sweep(&self, now_s: u64, lifetimes: Lifetimes) -> impl Future<Output = Result<Swept, RegistryError>> + Send {
        ready(Ok(self.state().sweep(now_s, lifetimes)))
    }

    fn append(&self, line: NewLine) -> impl Future<Output = Result<LogLine, RegistryError>> + Send {
        ready(Ok(self.state().append(line)))
    }

    fn log(&self, query: LogQuery) -> impl Future<Output = Result<LogPage, RegistryError>> + Send {
        ready(Ok(self.state().page(&query)))
    }
}

impl State {
    fn person(&self, name: &Name) -> Option<&Person> {
        self.people.iter().find(|person| person.name == *name)
    }

    fn has_keeper(&self) -> bool {
        self.people.iter().any(Person::is_keeper)
    }

    fn put_person(&mut self, person: Person, line: NewLine) -> Result<u64, RegistryError> {
        let version = rules::put(&self.people, &person)?;
        if self.person(&person.name).is_some_and(|before| rules::ends_sessions(before, &person)) {
            self.end_sessions(&person.name, None);
        }
        self.people.retain(|other| other.name != person.name);
        let at = self.people.partition_point(|other| other.name < person.name);
        self.people.insert(at, Person { version, ..person });
        self.append(line);
        Ok(version)
    }

    fn remove_person(&mut self, name: &Name, version: u64, line: NewLine) -> Result<(), RegistryError> {
        rules::remove(&self.people, name, version)?;
        self.people.retain(|person| person.name != *name);
        self.sessions.retain(|_, session| session.name != *name);
        self.tokens.retain(|_, token| token.name != *name);
        self.append(line);
        Ok(())
    }

    fn put_session(&mut self, session: Session) -> Result<(), RegistryError> {
        if self.person(&session.name).is_none_or(|person| person.is_disabled) {
            return Err(RegistryError::NotFound);
        }
        for other in self.sessions_of(&session.name).iter().skip(SESSION_COUNT_MAX - 1) {
            self.sessions.remove(&other.digest);
        }
        self.sessions.insert(session.digest, session);
        Ok(())
    }

    fn sessions_of(&self, name: &Name) -> Vec<Session> {
        let mut sessions: Vec<_> = self.sessions.values().filter(|session| session.name == *name).cloned().collect();
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.used_s), session.digest));
        sessions
    }

    fn end_sessions(&mut self, name: &Name, but: Option<&Digest>) -> u64 {
        let before = self.sessions.len();
        self.sessions.retain(|digest, session| session.name != *name || but == Some(digest));
        (before - self.sessions.len()) as u64
    }

    fn put_token(&mut self, token: Token, line: NewLine) -> Result<(), RegistryError> {
        self.person(&token.name).ok_or(RegistryError::NotFound)?;
        let others = || self.tokens.values().filter(|other| other.name == token.name);
        rules::put_token(others().count(), &token)?;
        if others().any(|other| other.id == token.id) {
            return Err(RegistryError::Taken);
        }
        self.tokens.insert(token.digest, token);
        self.append(line);
        Ok(())
    }

    fn sweep(&mut self, now_s: u64, lifetimes: Lifetimes) -> Swept {
        let before = (self.sessions.len(), self.tokens.len(), self.setup.is_some());
        self.sessions.retain(|_, session| session.is_live(now_s, lifetimes));
        self.tokens.retain(|_, token| token.is_live(now_s));
        self.setup.take_if(|setup| setup.ends_s <= now_s);
        Swept {
            session_count: (before.0 - self.sessions.len()) as u64,
            token_count: (before.1 - self.tokens.len()) as u64,
            had_setup: before.2 && self.setup.is_none(),
        }
    }

    fn append(&mut self, line: NewLine) -> LogLine {
        let last = self.log.last().map(|line| Chain { number: line.number, digest: line.digest });
        let next = last.unwrap_or(Chain::START).next(line);
        self.log.push(next.clone());
        next
    }

    fn page(&self, query: &LogQuery) -> LogPage {
        let limit = page_limit(query.limit);
        let is_behind = |number: u64| match (query.after, query.order) {
            (None, _) => true,
            (Some(after), LogOrder::NewestFirst) => number < after,
            (Some(after), LogOrder::OldestFirst) => number > after,
        };
        let meant = |line: &&LogLine| is_behind(line.number) && query.admits(&line.line);
        let take = |lines: &mut dyn Iterator<Item = &LogLine>| -> Vec<LogLine> {
            lines.filter(meant).take(limit + 1).cloned().collect()
        };
        let mut lines = match query.order {
            LogOrder::NewestFirst => take(&mut self.log.iter().rev()),
            LogOrder::OldestFirst => take(&mut self.log.iter()),
        };
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| has_more).map(|line| line.number);
        LogPage { lines, next }
    }
}
