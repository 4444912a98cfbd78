//! Who asks, and what they may see and do.

use mailtext::Domain;
use people::grant::{self, Grant};
use people::session::Session;
use people::{Digest, Person};
pub use people::{Role, Scope};
use report::query::Reach;
use words::Language;

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Who {
    /// The name; empty for a guest.
    pub name: Box<str>,
    /// The most that they may do anywhere; `None`: they may log in.
    pub role: Option<Role>,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// The session in which they are.
    pub session: Option<Digest>,
    /// Of which domains, for what is asked for now.
    pub scope: Scope,
    /// What every form of theirs has to carry; empty where nothing that a browser sends by itself vouches for them.
    pub csrf: Box<str>,
    /// Whether a browser may have sent the request without them: not with a token of a program.
    pub is_by_browser: bool,
    /// The language that they chose.
    pub language: Option<Language>,
    /// The name of the zone in which they live; `None` is UTC.
    pub zone: Option<Box<str>>,
    /// The theme that they chose: `light`, `dark`; `None` is the browser's.
    pub theme: Option<Box<str>>,
}

impl Who {
    /// Somebody whom nobody named, with this role everywhere.
    #[must_use]
    pub fn guest(role: Option<Role>) -> Self {
        Self {
            name: "".into(),
            role,
            grants: Vec::new(),
            session: None,
            scope: Scope::All,
            csrf: "".into(),
            is_by_browser: true,
            language: None,
            zone: None,
            theme: None,
        }
    }

    /// Nobody that is known.
    #[must_use]
    pub fn nobody() -> Self {
        Self::guest(None)
    }

    /// A person of the registry.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let role = person.grants.iter().map(|grant| grant.role).max();
        let language = person.language.map(|language| match language {
            people::Language::English => Language::English,
            people::Language::Japanese => Language::Japanese,
        });
        let theme = match person.theme {
            people::Theme::Auto => None,
            theme => Some(theme.word().into()),
        };
        Self {
            name: person.name.as_str().into(),
            grants: person.grants.clone(),
            language,
            zone: person.zone.clone(),
            theme,
            ..Self::guest(role)
        }
    }

    /// The same in a session of a browser.
    #[must_use]
    pub fn within(self, session: &Session) -> Self {
        let csrf = data_encoding::BASE64URL_NOPAD.encode(session.csrf.bytes());
        Self { session: Some(session.digest), csrf: csrf.into(), ..self }
    }

    /// The same before something that needs a role: of the domains for which they have it.
    #[must_use]
    pub fn before(mut self, needs: Option<Role>) -> Self {
        if let (true, Some(role)) = (self.is_named(), needs) {
            self.scope = grant::scope(&self.grants, role);
        }
        self
    }

    /// What stores are to be asked so that they tell of the domains that are seen, or of the one of them that is asked
    /// for: each place is a question of its own, `None` is all domains. Without a place there is nothing to ask.
    #[must_use]
    pub fn places(&self, asked: Option<&Domain>) -> Vec<Option<(Domain, Reach)>> {
        places(&self.scope, asked)
    }

    /// Whether they have logged in.
    #[must_use]
    pub fn is_named(&self) -> bool {
        !self.name.is_empty()
    }
}

/// The places of a scope, as [`Who::places`] tells them.
fn places(scope: &Scope, asked: Option<&Domain>) -> Vec<Option<(Domain, Reach)>> {
    match (scope, asked) {
        (_, Some(asked)) if scope.has(Some(asked)) => vec![Some((asked.clone(), Reach::Name))],
        (_, Some(_)) => Vec::new(),
        (Scope::All, None) => vec![None],
        (Scope::Domains(domains), None) => {
            let mut tops: Vec<&Domain> = Vec::new();
            for domain in domains {
                // What lies below another, or stands twice, would be told twice.
                if !tops.iter().any(|top| domain.is_within(top)) {
                    tops.retain(|top| !top.is_within(domain));
                    tops.push(domain);
                }
            }
            tops.into_iter().map(|domain| Some((domain.clone(), Reach::Below))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_asked_about_each_domain_once() {
        let domain = |name: &str| Domain::parse(name).unwrap();
        let some = Scope::Domains(["a.example.jp", "example.jp", "example.net", "example.net"].map(domain).into());
        let texts = |places: Vec<Option<(Domain, Reach)>>| -> Vec<String> {
            let text = |(domain, reach): (Domain, Reach)| format!("{domain} {reach:?}");
            places.into_iter().map(|place| place.map(text).unwrap_or_default()).collect()
        };
        assert_eq!(texts(places(&some, None)), ["example.jp Below", "example.net Below"]);
        assert_eq!(texts(places(&some, Some(&domain("b.example.jp")))), ["b.example.jp Name"]);
        assert_eq!(texts(places(&some, Some(&domain("example.org")))), Vec::<String>::new());
        assert_eq!(texts(places(&Scope::All, None)), [""]);
        assert_eq!(texts(places(&Scope::Domains(Vec::new()), None)), Vec::<String>::new());
    }
}
