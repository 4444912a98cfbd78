//! The URLs that may be fetched.

use std::fmt;

use mailtext::Domain;
use url::{Host, Position, Url};

use crate::limits::URL_BYTES_MAX;

/// An address on the web that may be asked: `https`, a host by name, no user and no password.
///
/// What reads forgivingly in a browser is refused here: a URL in a record is written by a program or is an attack.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HttpsUrl {
    url: Url,
    host: Domain,
}

/// Why a text is not such an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UrlFlaw {
    /// Longer than [`URL_BYTES_MAX`].
    TooLong,
    /// Not a URL.
    Syntax,
    /// Another scheme than `https`.
    Scheme,
    /// The host is an address, or no domain name.
    Host,
    /// It holds a user or a password.
    Credentials,
    /// The port is 0, or belongs to another service: below 1024 and not 443.
    Port,
}

impl HttpsUrl {
    /// Reads a URL. A fragment is dropped.
    ///
    /// # Errors
    /// Names why it may not be asked.
    pub fn parse(text: &str) -> Result<Self, UrlFlaw> {
        check_text(text)?;
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(UrlFlaw::Syntax);
        };
        if !scheme.eq_ignore_ascii_case("https") {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
            return Err(if scheme.bytes().all(letters) { UrlFlaw::Scheme } else { UrlFlaw::Syntax });
        }
        // RFC 9110 §4.2.2: `https-URI = "https" "://" authority path-abempty [ "?" query ]`. A browser would also take
        // one slash, three, or none.
        let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next());
        let Some(authority) = authority.filter(|authority| !authority.is_empty()) else {
            return Err(UrlFlaw::Syntax);
        };
        // RFC 9110 §4.2.4: userinfo from an untrusted source is an error; it is used to hide the authority.
        if authority.contains('@') {
            return Err(UrlFlaw::Credentials);
        }
        Self::checked(Url::parse(text).map_err(|_| UrlFlaw::Syntax)?)
    }

    /// Another URL as seen from this one: the target of a redirection.
    ///
    /// # Errors
    /// Names why it may not be asked.
    pub fn join(&self, text: &str) -> Result<Self, UrlFlaw> {
        check_text(text)?;
        Self::checked(self.url.join(text).map_err(|_| UrlFlaw::Syntax)?)
    }

    fn checked(mut url: Url) -> Result<Self, UrlFlaw> {
        // RFC 9110 §7.1: the target URI excludes the reference's fragment component.
        url.set_fragment(None);
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(UrlFlaw::TooLong);
        }
        if url.scheme() != "https" {
            return Err(UrlFlaw::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFlaw::Credentials);
        }
        // An IPv4 address has many spellings (`0x7f.1`, `2130706433`, `0177.0.0.1`); the URL parser knows them all.
        let host = match url.host() {
            Some(Host::Domain(name)) => Domain::parse(name).map_err(|_| UrlFlaw::Host)?,
            _ => return Err(UrlFlaw::Host),
        };
        // A record must not make us knock at the ports of mail, DNS or a shell.
        if url.port().is_some_and(|port| port < UNPRIVILEGED_PORT_MIN) {
            return Err(UrlFlaw::Port);
        }
        Ok(Self { url, host })
    }

    /// The whole URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Domain {
        &self.host
    }

    /// The port, 443 unless it says another.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(443)
    }

    /// Path and query, as a request line has them.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl UrlFlaw {
    /// All flaws.
    pub const ALL: [Self; 6] = [Self::TooLong, Self::Syntax, Self::Scheme, Self::Host, Self::Credentials, Self::Port];

    /// The id of the phrase that tells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::TooLong => "fetch-url-too-long",
            Self::Syntax => "fetch-url-syntax",
            Self::Scheme => "fetch-url-scheme",
            Self::Host => "fetch-url-host",
            Self::Credentials => "fetch-url-credentials",
            Self::Port => "fetch-url-port",
        }
    }
}

/// What the URL parser would put right in silence: it drops tabs and line ends, trims, and reads `\` as `/`.
fn check_text(text: &str) -> Result<(), UrlFlaw> {
    if text.len() > URL_BYTES_MAX {
        return Err(UrlFlaw::TooLong);
    }
    let strange = |character: char| character.is_control() || character.is_whitespace() || character == '\\';
    if text.chars().any(strange) { Err(UrlFlaw::Syntax) } else { Ok(()) }
}

/// The first port that any user's program may open.
const UNPRIVILEGED_PORT_MIN: u16 = 1024;
