//! The text form of cases: rules and facts as `key: value`.
//!
//! Rules: `stage: block`; `blocked: .jp`; `dmarc.none|quarantine|reject|temperror|spf-everyone: ACTION`;
//! `reject-alone: quarantine|reject`; `from.absent|repeated|malformed|over-limit|with-policy: ACTION`;
//! `spf.fail|temperror|permerror: ACTION [early]`; `spf.softfail`, `adsp.fail|discard|nxdomain`, `sender-id.fail`,
//! `domainkeys.fail`, `arc.fail`: ACTION; `null-mx`, `no-name`, `name-not-confirmed`, `denied: ACTION [early]`;
//! `list: ZONE ACTION [early]`; `bad-domain`, `bad-client`, `replay-action: ACTION`; `except.network: CIDR`;
//! `except.user: NAME`; `forwarder.network|name|domain`, `sealer`, `mailing-list`, `allow`, `deny: NAME`;
//! `force: DOMAIN POLICY`; `subject: ACTION PREFIX`; `field: ACTION NAME VALUE`; `text.dmarc: TEXT`; `set-apart: hold`;
//! `mixed: strictest`; `at NAME: KEY=VALUE; KEY=VALUE` for recipients, on top of the general rules above it.
//!
//! Facts: see [`input`]. What the receiver knows: `score: DOMAIN PER-MILLE WEIGHT`, `client-score: PER-MILLE WEIGHT`,
//! `usual: PASSED FAILED`, `replay: COUNT`, `member: allowed|denied DOMAIN`.

use auth::client::dns_lists::{Color, Key};
use auth::client::iprev;
use auth::fact::Accept;
use dkim::arc::ChainStatus;
use dkim::{Status, adsp};
use dmarc::record::Testing;
use dmarc::{Aligned, Applied, DmarcResult, FromDefect, Policy, PolicyTag};
use mailtext::Domain;
use mailtext::authres::Letters;
use mailtext::subject::Prefix;
use policy::input::{Arc, Author, Breadth, DomainKeys, Dsn, Listed, Seal, Signature, Spf, User};
use policy::labels::{FieldName, FieldRule, SubjectRule};
use policy::rules::{ForRecipients, Mixed, QuarantineBy, RejectAlone, Users};
use policy::standing::{Meaning, Member, Usual};
use policy::{Action, Cause, Domains, Input, Response, RuleSet, Rules, Score, Stage, Standing, When};
use spf::Verdict;
use testkit::KeyValues;

pub(crate) fn rules(input: &KeyValues) -> Rules {
    let mut rules = Rules::default();
    for (key, value) in input.iter() {
        if let Some(names) = key.strip_prefix("at ") {
            let mut own = rules.general.clone();
            for pair in value.split(';').map(str::trim) {
                let (key, value) = pair.split_once('=').unwrap();
                assert!(rule(&mut own, key, value), "no such rule: {key}");
            }
            rules.by_recipient.push(ForRecipients { domains: domains(names), rules: own });
        } else if key == "mixed" {
            rules.mixed = if value == "strictest" { Mixed::Strictest } else { Mixed::Mildest };
        } else {
            rule(&mut rules.general, key, value);
        }
    }
    rules
}

/// Whether there is such a rule.
fn rule(rules: &mut RuleSet, key: &str, value: &str) -> bool {
    let (except, historic, client) = (&mut rules.exceptions, &mut rules.historic, &mut rules.client);
    let act = || action(value);
    let respond = || response(value);
    let name = || Domains::read(value).unwrap();
    match key {
        "stage" => rules.stage = Stage::of(value).unwrap(),
        "blocked" => rules.blocked_authors.get_or_insert_default().extend([name()]),
        "dmarc.none" => rules.dmarc.none = act(),
        "dmarc.quarantine" => rules.dmarc.quarantine = act(),
        "dmarc.reject" => rules.dmarc.reject = act(),
        "dmarc.temperror" => rules.dmarc.temp_error = act(),
        "dmarc.spf-everyone" => rules.dmarc.spf_everyone = act(),
        "reject-alone" if value == "reject" => rules.dmarc.reject_alone = RejectAlone::Reject,
        "reject-alone" => rules.dmarc.reject_alone = RejectAlone::Quarantine,
        "from.absent" => rules.from.absent = act(),
        "from.repeated" => rules.from.repeated = act(),
        "from.malformed" => rules.from.malformed = act(),
        "from.over-limit" => rules.from.over_limit = act(),
        "from.with-policy" => rules.from.with_policy = act(),
        "spf.fail" => historic.spf_fail = respond(),
        "spf.softfail" => historic.spf_soft_fail = act(),
        "spf.temperror" => historic.spf_temp_error = respond(),
        "spf.permerror" => historic.spf_perm_error = respond(),
        "adsp.fail" => historic.adsp_fail = act(),
        "adsp.discard" => historic.adsp_discard = act(),
        "adsp.nxdomain" => historic.adsp_nxdomain = act(),
        "sender-id.fail" => historic.sender_id_fail = act(),
        "domainkeys.fail" => historic.domainkeys_fail = act(),
        "arc.fail" => client.arc_fail = act(),
        "null-mx" => client.null_mx = respond(),
        "no-name" => client.no_name = respond(),
        "name-not-confirmed" => client.name_not_confirmed = respond(),
        "denied" => except.denied_response = respond(),
        "list" => {
            let (zone, value) = value.split_once(' ').unwrap();
            client.lists.insert(domain(zone), response(value));
        }
        "dsn.of-others" => rules.dsn.of_others = act(),
        "spam.found" => rules.spam = act(),
        "dsn.of-nothing" => rules.dsn.of_nothing = act(),
        "bad-domain" => rules.memory.bad_domain = act(),
        "bad-client" => rules.memory.bad_client = act(),
        "replay-action" => rules.memory.replay = act(),
        "except.network" => except.networks.push(value.parse().unwrap()),
        "except.user" => except.users = Users::Named([value.to_owned()].into()),
        "forwarder.network" => except.forwarders.networks.push(value.parse().unwrap()),
        "forwarder.name" => except.forwarders.names.extend([name()]),
        "forwarder.domain" => except.forwarders.domains.extend([name()]),
        "sealer" => except.sealers.push(domain(value)),
        "mailing-list" => except.mailing_lists.extend([name()]),
        "allow" => except.allowed.extend([name()]),
        "deny" => except.denied.extend([name()]),
        "force" => {
            let (name, policy) = value.split_once(' ').unwrap();
            rules.forced.insert(domain(name), policy_of(policy));
        }
        "subject" => {
            let (from, prefix) = value.split_once(' ').unwrap();
            let prefix = Prefix::new(prefix).unwrap();
            rules.labels.subject = Some(SubjectRule { prefix, from: action(from) });
        }
        "field" => {
            let words: Vec<&str> = value.splitn(3, ' ').collect();
            let (name, value) = (FieldName::new(words[1]).unwrap(), words[2].parse().unwrap());
            rules.labels.fields.push(FieldRule { name, value, from: action(words[0]) });
        }
        "text.dmarc" => {
            rules.texts.insert(Cause::Dmarc, value.parse().unwrap());
        }
        "text.own-policy" => {
            rules.texts.insert(Cause::OwnPolicy, value.parse().unwrap());
        }
        "set-apart" if value == "hold" => rules.quarantine = QuarantineBy::Hold,
        _ => return false,
    }
    true
}

/// Facts in plain words; `false` for a key that is none.
pub(crate) fn fact(input: &mut Input, key: &str, value: &str) -> bool {
    let words: Vec<&str> = value.split(' ').collect();
    let has = |word: &str| words.contains(&word);
    match key {
        "client" => input.client = Some(value.parse().unwrap()),
        "client-name" => {
            input.client_name = Some(domain(value));
            input.reverse = Some(iprev::Verdict::Pass);
        }
        "reverse" if value == "none" => input.reverse = Some(iprev::Verdict::PermError),
        "reverse" => input.reverse = Some(iprev::Verdict::Fail),
        "user" => input.user = User::Somebody(Some(value.to_owned())),
        "mail-from" => input.mail_from = Some(domain(value)),
        "rcpt" => input.recipients.push(domain(value)),
        "list-id" => input.list_id = Some(domain(value)),
        "letters" => (input.reply_letters, input.header_letters) = (Letters::Utf8, Letters::Utf8),
        "from-defect" => {
            input.from_defect = Some(match value {
                "absent" => FromDefect::Absent,
                "repeated" => FromDefect::Repeated,
                _ => FromDefect::Malformed,
            });
            input.dmarc = DmarcResult::PermError;
        }
        "dmarc" => input.dmarc = result(value),
        "author" => {
            let testing = if has("t=y") { Testing::On } else { Testing::Off };
            let tag = if has("np") { PolicyTag::Np } else { PolicyTag::P };
            let asked = ["none", "quarantine", "reject"].iter().find(|word| has(&format!("p={word}")));
            let aligned = |word: &str| if has(word) { Aligned::Pass } else { Aligned::Fail };
            input.authors.push(Author {
                domain: domain(words[0]),
                result: result(words[1]),
                policy: asked.map(|word| Applied { policy: policy_of(word), tag, testing }),
                spf: aligned("spf"),
                dkim: aligned("dkim"),
            });
            if input.from_defect.is_none() {
                input.dmarc = result(words[1]);
            }
        }
        "spf" => {
            let breadth = if has("everyone") { Breadth::Everyone } else { Breadth::Some };
            let domain = words.get(1).map(|name| domain(name));
            input.spf = Some(Spf { domain, verdict: spf_verdict(words[0]), breadth });
        }
        "helo-pass" => input.helo_pass = Some(domain(value)),
        "dkim" => input.dkim.push(Signature {
            domain: domain(words[0]),
            status: if has("pass") { Status::Pass } else { Status::Fail },
            acceptance: if has("refused") { Accept::No } else { Accept::Yes },
        }),
        "arc" => {
            let result = if value == "pass" { ChainStatus::Pass } else { ChainStatus::Fail };
            input.arc = Some(Arc { result, seals: Vec::new(), comment: "arc=pass".into() });
        }
        "seal" => {
            let seal =
                Seal { sealer: domain(words[0]), dmarc_pass: words[1..].iter().map(|name| domain(name)).collect() };
            input.arc.as_mut().unwrap().seals.push(seal);
        }
        "adsp" => {
            input.adsp = Some(match value {
                "discard" => adsp::Status::Discard,
                "nxdomain" => adsp::Status::NxDomain,
                _ => adsp::Status::Fail,
            });
        }
        "sender-id" => input.sender_id = Some(spf_verdict(value)),
        "domainkeys" => input.domainkeys = DomainKeys::AllSignedAndNoneHolds,
        "dsn" => {
            input.dsn = match value {
                "ours" => Dsn::OfOurs,
                "others" => Dsn::OfOthers,
                "nothing" => Dsn::OfNothing,
                "unknown" => Dsn::Unknown,
                other => panic!("{other}: no such notification"),
            }
        }
        "null-mx-of" => input.null_mx.push(domain(value)),
        "listed" => {
            let color = if words[0] == "white" { Color::White } else { Color::Black };
            let key = words[2].parse().map_or_else(|_| Key::Domain(domain(words[2])), Key::Address);
            input.listed.push(Listed { zone: domain(words[1]), color, key });
        }
        _ => return false,
    }
    true
}

pub(crate) fn input(values: &KeyValues) -> Input {
    let mut input = Input::default();
    for (key, value) in values.iter() {
        fact(&mut input, key, value);
    }
    input
}

pub(crate) fn standing(values: &KeyValues) -> Standing {
    let mut standing = Standing::default();
    for (key, value) in values.iter() {
        let words: Vec<&str> = value.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        let score = |at: usize| Score { good_per_mille: u16::try_from(number(at)).unwrap(), weight: number(at + 1) };
        match key {
            "score" => standing.domains.push((domain(words[0]), score(1))),
            "client-score" => standing.client = Some(score(0)),
            "usual" => standing.usual = Some(Usual { passed: number(0), failed: number(1) }),
            "replay" => standing.replay_count = number(0),
            "member" => {
                let meaning = if words[0] == "allowed" { Meaning::Allowed } else { Meaning::Denied };
                standing.members.push(Member { list: "ours".into(), meaning, domain: domain(words[1]) });
            }
            _ => {}
        }
    }
    standing
}

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

fn domains(names: &str) -> Domains {
    let mut domains = Domains::default();
    domains.extend(names.split(' ').map(|name| Domains::read(name).unwrap()));
    domains
}

fn action(word: &str) -> Action {
    Action::of(word).unwrap_or_else(|| panic!("no action: {word:?}"))
}

fn response(text: &str) -> Response {
    let (word, when) = match text.strip_suffix(" early") {
        Some(word) => (word, When::Early),
        None => (text, When::End),
    };
    Response { action: action(word), when }
}

fn policy_of(word: &str) -> Policy {
    match word {
        "none" => Policy::None,
        "quarantine" => Policy::Quarantine,
        "reject" => Policy::Reject,
        _ => panic!("no policy: {word:?}"),
    }
}

fn result(word: &str) -> DmarcResult {
    match word {
        "pass" => DmarcResult::Pass,
        "fail" => DmarcResult::Fail,
        "none" => DmarcResult::None,
        "temperror" => DmarcResult::TempError,
        "permerror" => DmarcResult::PermError,
        _ => panic!("no result: {word:?}"),
    }
}

fn spf_verdict(word: &str) -> Verdict {
    let all = [
        Verdict::None,
        Verdict::Neutral,
        Verdict::Pass,
        Verdict::Fail,
        Verdict::SoftFail,
        Verdict::TempError,
        Verdict::PermError,
    ];
    all.into_iter().find(|verdict| verdict.as_str() == word).unwrap_or_else(|| panic!("no verdict: {word:?}"))
}
