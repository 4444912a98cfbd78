//! The MTA-STS policy (RFC 8461 §3.2).

use mailtext::{Domain, Flaw};

/// What a policy says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// `version`, when it is `STSv1`.
    pub has_version: bool,
    /// `mode`, when it is one.
    pub mode: Option<Mode>,
    /// `max_age`, seconds.
    pub max_age_s: Option<u64>,
    /// The patterns of mail hosts, lower case.
    pub hosts: Vec<Box<str>>,
}

/// What senders do when TLS fails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// They do not deliver.
    Enforce,
    /// They deliver, and report.
    Testing,
    /// There is no policy any more.
    None,
}

/// What can be wrong with a policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyFlaw {
    /// A line that is no `key: value`.
    Line,
    /// `version` is absent or another.
    Version,
    /// `mode` is absent.
    ModeAbsent,
    /// `mode` is none of the three.
    ModeValue,
    /// `max_age` is absent.
    AgeAbsent,
    /// `max_age` is not a number, or above a year.
    AgeValue,
    /// No `mx`, and the mode wants some.
    HostsAbsent,
    /// A pattern that can match no host: a star elsewhere than before the first dot, an address, not ASCII.
    Host,
    /// A key that is not known; it is ignored.
    UnknownKey,
    /// A key that may stand once stands again; the first counts.
    Duplicate,
}

/// RFC 8461 §3.2: about one year.
const MAX_AGE_S: u64 = 31_557_600;

impl Mode {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }
}

impl Policy {
    /// Reads a policy. Spans are offsets into `text`.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<PolicyFlaw>>) {
        let mut reader = Reader::default();
        let mut start = 0;
        for line in text.split(|byte| *byte == b'\n') {
            let bare = line.strip_suffix(b"\r").unwrap_or(line);
            if !bare.is_empty() {
                reader.line(bare, start);
            }
            start += line.len() + 1;
        }
        reader.finish(text.len())
    }

    /// Whether a host is one of the policy's (RFC 8461 §4.1).
    #[must_use]
    pub fn matches(&self, host: &Domain) -> bool {
        self.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
            // RFC 8461 §4.1: the star stands for exactly one label.
            Some(rest) => host.parent().is_some_and(|parent| parent.as_str() == rest),
            None => host.as_str() == &**pattern,
        })
    }
}

#[derive(Default)]
struct Reader {
    policy: Policy,
    flaws: Vec<Flaw<PolicyFlaw>>,
    seen: [bool; 3],
}

impl Reader {
    fn line(&mut self, line: &[u8], start: usize) {
        let whole = |kind| Flaw::new(kind, start, start + line.len());
        let Some((key, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(':')) else {
            self.flaws.push(whole(PolicyFlaw::Line));
            return;
        };
        let value = value.trim();
        let index = ["version", "mode", "max_age"].iter().position(|known| *known == key);
        if let Some(index) = index {
            // RFC 8461 §3.2: of a key that stands again, "mx" apart, all but the first are ignored.
            if std::mem::replace(&mut self.seen[index], true) {
                self.flaws.push(whole(PolicyFlaw::Duplicate));
                return;
            }
        }
        let wrong = match key {
            "version" => {
                self.policy.has_version = value == "STSv1";
                (!self.policy.has_version).then_some(PolicyFlaw::Version)
            }
            "mode" => {
                self.policy.mode =
                    [Mode::Enforce, Mode::Testing, Mode::None].into_iter().find(|mode| mode.as_str() == value);
                self.policy.mode.is_none().then_some(PolicyFlaw::ModeValue)
            }
            "max_age" => {
                let digits = value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit());
                self.policy.max_age_s = value.parse().ok().filter(|age| digits && *age <= MAX_AGE_S);
                self.policy.max_age_s.is_none().then_some(PolicyFlaw::AgeValue)
            }
            "mx" => {
                self.policy.hosts.push(value.to_ascii_lowercase().into());
                (!is_pattern(value)).then_some(PolicyFlaw::Host)
            }
            _ => Some(PolicyFlaw::UnknownKey),
        };
        self.flaws.extend(wrong.map(whole));
    }

    fn finish(mut self, length: usize) -> (Policy, Vec<Flaw<PolicyFlaw>>) {
        let [version, mode, age] = self.seen;
        let hosts = self.policy.hosts.is_empty() && self.policy.mode != Some(Mode::None);
        let absent = [
            (!version, PolicyFlaw::Version),
            (!mode, PolicyFlaw::ModeAbsent),
            (!age, PolicyFlaw::AgeAbsent),
            (hosts, PolicyFlaw::HostsAbsent),
        ];
        self.flaws.extend(absent.into_iter().filter(|(is, _)| *is).map(|(_, kind)| Flaw::new(kind, 0, length)));
        (self.policy, self.flaws)
    }
}

/// RFC 8461 §3.2: a host name, or one whose first label is a star.
fn is_pattern(value: &str) -> bool {
    let host = value.strip_prefix("*.").unwrap_or(value);
    host.is_ascii()
        && !host.contains('*')
        && host.parse::<std::net::IpAddr>().is_err()
        && Domain::parse(host).is_ok_and(|host| host.label_count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Policy, Vec<PolicyFlaw>) {
        let (policy, flaws) = Policy::parse(text.as_bytes());
        (policy, flaws.into_iter().map(|flaw| flaw.kind).collect())
    }

    #[test]
    fn what_the_standard_shows() {
        let text =
            "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n";
        let (policy, flaws) = read(text);
        assert_eq!(flaws, []);
        assert_eq!((policy.mode, policy.max_age_s), (Some(Mode::Enforce), Some(604_800)));
        let host = |name: &str| Domain::parse(name).unwrap();
        assert!(policy.matches(&host("MAIL.example.com")) && policy.matches(&host("a.example.net")));
        assert!(!policy.matches(&host("example.net")) && !policy.matches(&host("a.b.example.net")));
    }

    #[test]
    fn flaws_are_named() {
        use PolicyFlaw::*;
        for (text, wanted) in [
            ("", vec![Version, ModeAbsent, AgeAbsent, HostsAbsent]),
            (
                "version: STSv2\nmode: off\nmax_age: -1\nmx: 192.0.2.1\nnonsense\nfoo: bar\nmode: none\n",
                vec![Version, ModeValue, AgeValue, Host, Line, UnknownKey, Duplicate],
            ),
            ("version: STSv1\nmode: none\nmax_age: 31557601\n", vec![AgeValue]),
            ("version: STSv1\nmode: none\nmax_age: 31557600\n", vec![]),
            (
                "version: STSv1\nmode: testing\nmax_age: 0\nmx: a.*.example.jp\nmx: *\nmx: m\u{fc}.jp",
                vec![Host, Host, Host],
            ),
        ] {
            assert_eq!(read(text).1, wanted, "{text}");
        }
    }
}
