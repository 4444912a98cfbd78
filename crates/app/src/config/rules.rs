//! What becomes of mail: `[receiver] stage …`, `[policy.dmarc]`, `[policy.from]`, `[policy.historic]`, `[policy.client]`,
//! `[policy.exceptions]`, `[policy.domains]`, `[labels]`, `[replies]`, `[[recipients]]`.

use std::collections::{BTreeMap, BTreeSet};

use dmarc::Policy;
use mailtext::Domain;
use mailtext::subject::Prefix;
use policy::labels::{FieldName, FieldRule, LabelRules, SubjectRule};
use policy::rules::{ForRecipients, Mixed, QuarantineBy, RejectAlone, Users};
use policy::{Action, Cause, Domains, Network, Response, RuleSet, Rules, Stage, Template, When};
use toml::de::{DeTable, DeValue};

use super::{Config, Key, Wrong, string};

/// What the file says of the rules.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Judging {
    pub(super) rules: RuleSet,
    /// `[labels]`, when there is one: it stands in the place of the usual label.
    labels: Option<LabelRules>,
    /// `[[recipients]]`.
    recipients: Vec<Recipients>,
    mixed: Mixed,
}

/// A `[[recipients]]`: the rules of everybody, and what it says itself.
#[derive(Clone, PartialEq, Debug, Default)]
struct Recipients {
    domains: Domains,
    rules: RuleSet,
    labels: Option<LabelRules>,
}

/// The sections of rules for recipients of certain domains.
pub(super) const RECIPIENTS: &str = "recipients";
/// The sections that may stand in a `[[recipients]]`: `[recipients.policy.dmarc]`, `[recipients.labels]`.
pub(super) const IN_RECIPIENTS: [&str; 3] = ["policy", "labels", "replies"];

impl Judging {
    /// The rules. A receiver that observes writes no label but Authentication-Results, if it is not told to.
    pub(super) fn rules(&self) -> Rules {
        let by_recipient = self.recipients.iter().map(|recipients| {
            let rules = labelled(recipients.rules.clone(), recipients.labels.as_ref());
            ForRecipients { domains: recipients.domains.clone(), rules }
        });
        let by_recipient = by_recipient.collect();
        Rules { general: labelled(self.rules.clone(), self.labels.as_ref()), by_recipient, mixed: self.mixed }
    }

    /// Begins a `[[recipients]]`, when what is for everybody is known.
    pub(super) fn begin_recipients(&mut self) {
        let (rules, labels) = (self.rules.clone(), self.labels.clone());
        self.recipients.push(Recipients { domains: Domains::default(), rules, labels });
    }

    /// Puts the rules of the last `[[recipients]]` in the place of everybody's, so that the keys of the sections in it
    /// speak of these alone; a second time, everything is in its place again.
    pub(super) fn exchange_with_last_recipients(&mut self) {
        if let Some(last) = self.recipients.last_mut() {
            std::mem::swap(&mut self.rules, &mut last.rules);
            std::mem::swap(&mut self.labels, &mut last.labels);
        }
    }

    /// The key that the last of them must have and has not.
    pub(super) fn missing_of_recipients(&self) -> Option<&'static str> {
        self.recipients.last().filter(|last| last.domains.is_empty()).map(|_| "domains")
    }

    fn last_recipients(&mut self) -> Result<&mut Recipients, Wrong> {
        self.recipients.last_mut().ok_or(Wrong)
    }

    /// `[policy.domains] "example.jp" = "reject"`: a policy of the receiver's own, for the name and all below it.
    pub(super) fn force(&mut self, domain: &str, value: &DeValue<'_>) -> Result<(), Wrong> {
        let policy = match string(value)? {
            "none" => Policy::None,
            "quarantine" => Policy::Quarantine,
            "reject" => Policy::Reject,
            _ => return Err(Wrong),
        };
        self.rules.forced.insert(Domain::parse(domain).map_err(|_| Wrong)?, policy);
        Ok(())
    }

    fn labels(&mut self) -> &mut LabelRules {
        self.labels.get_or_insert_with(|| LabelRules { subject: None, fields: Vec::new() })
    }
}

/// The keys of these sections.
pub(super) const KEYS: &[Key] = &[
    key("receiver", "stage", |config, value| {
        config.judging.rules.stage = Stage::of(string(value)?).ok_or(Wrong)?;
        Ok(())
    }),
    key("receiver", "blocked_authors", |config, value| {
        config.judging.rules.blocked_authors = Some(domains(value)?);
        Ok(())
    }),
    key("receiver", "quarantine", |config, value| {
        config.judging.rules.quarantine = quarantine(value)?;
        Ok(())
    }),
    key("receiver", "mixed_recipients", |config, value| {
        config.judging.mixed = match string(value)? {
            "mildest" => Mixed::Mildest,
            "strictest" => Mixed::Strictest,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key(RECIPIENTS, "domains", |config, value| {
        config.judging.last_recipients()?.domains = domains(value)?;
        Ok(())
    }),
    key(RECIPIENTS, "stage", |config, value| {
        config.judging.last_recipients()?.rules.stage = Stage::of(string(value)?).ok_or(Wrong)?;
        Ok(())
    }),
    key(RECIPIENTS, "quarantine", |config, value| {
        config.judging.last_recipients()?.rules.quarantine = quarantine(value)?;
        Ok(())
    }),
    key(RECIPIENTS, "blocked_authors", |config, value| {
        config.judging.last_recipients()?.rules.blocked_authors = Some(domains(value)?);
        Ok(())
    }),
    key("policy.dmarc", "none", |config, value| set(&mut config.judging.rules.dmarc.none, value)),
    key("policy.dmarc", "quarantine", |config, value| set(&mut config.judging.rules.dmarc.quarantine, value)),
    key("policy.dmarc", "reject", |config, value| set(&mut config.judging.rules.dmarc.reject, value)),
    key("policy.dmarc", "temperror", |config, value| set(&mut config.judging.rules.dmarc.temp_error, value)),
    key("policy.dmarc", "spf_everyone", |config, value| set(&mut config.judging.rules.dmarc.spf_everyone, value)),
    key("policy.dmarc", "reject_alone", |config, value| {
        config.judging.rules.dmarc.reject_alone = match string(value)? {
            "quarantine" => RejectAlone::Quarantine,
            "reject" => RejectAlone::Reject,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key("policy.from", "absent", |config, value| set(&mut config.judging.rules.from.absent, value)),
    key("policy.from", "repeated", |config, value| set(&mut config.judging.rules.from.repeated, value)),
    key("policy.from", "malformed", |config, value| set(&mut config.judging.rules.from.malformed, value)),
    key("policy.from", "over_limit", |config, value| set(&mut config.judging.rules.from.over_limit, value)),
    key("policy.from", "with_policy", |config, value| set(&mut config.judging.rules.from.with_policy, value)),
    key("policy.historic", "spf_fail", |config, value| respond(&mut config.judging.rules.historic.spf_fail, value)),
    key("policy.historic", "spf_softfail", |config, value| {
        set(&mut config.judging.rules.historic.spf_soft_fail, value)
    }),
    key("policy.historic", "spf_temperror", |config, value| {
        respond(&mut config.judging.rules.historic.spf_temp_error, value)
    }),
    key("policy.historic", "spf_permerror", |config, value| {
        respond(&mut config.judging.rules.historic.spf_perm_error, value)
    }),
    key("policy.historic", "adsp_fail", |config, value| set(&mut config.judging.rules.historic.adsp_fail, value)),
    key("policy.historic", "adsp_discard", |config, value| set(&mut config.judging.rules.historic.adsp_discard, value)),
    key("policy.historic", "adsp_nxdomain", |config, value| {
        set(&mut config.judging.rules.historic.adsp_nxdomain, value)
    }),
    key("policy.historic", "sender_id_fail", |config, value| {
        set(&mut config.judging.rules.historic.sender_id_fail, value)
    }),
    key("policy.historic", "domainkeys_fail", |config, value| {
        set(&mut config.judging.rules.historic.domainkeys_fail, value)
    }),
    key("policy.client", "null_mx", |config, value| respond(&mut config.judging.rules.client.null_mx, value)),
    key("policy.client", "no_name", |config, value| respond(&mut config.judging.rules.client.no_name, value)),
    key("policy.client", "name_not_confirmed", |config, value| {
        respond(&mut config.judging.rules.client.name_not_confirmed, value)
    }),
    key("policy.client", "arc_fail", |config, value| set(&mut config.judging.rules.client.arc_fail, value)),
    key("policy.client", "lists", |config, value| {
        config.judging.rules.client.lists = lists(value)?;
        Ok(())
    }),
    key("policy.exceptions", "networks", |config, value| {
        config.judging.rules.exceptions.networks = networks(value)?;
        Ok(())
    }),
    key("policy.exceptions", "users", |config, value| {
        config.judging.rules.exceptions.users = users(value)?;
        Ok(())
    }),
    key("policy.exceptions", "forwarder_networks", |config, value| {
        config.judging.rules.exceptions.forwarders.networks = networks(value)?;
        Ok(())
    }),
    key("policy.exceptions", "forwarder_names", |config, value| {
        config.judging.rules.exceptions.forwarders.names = domains(value)?;
        Ok(())
    }),
    key("policy.exceptions", "forwarder_domains", |config, value| {
        config.judging.rules.exceptions.forwarders.domains = domains(value)?;
        Ok(())
    }),
    key("policy.exceptions", "sealers", |config, value| {
        config.judging.rules.exceptions.sealers =
            list(value, |text| Domain::parse(text).map_err(|_| Wrong))?.into_iter().collect();
        Ok(())
    }),
    key("policy.exceptions", "mailing_lists", |config, value| {
        config.judging.rules.exceptions.mailing_lists = domains(value)?;
        Ok(())
    }),
    key("policy.exceptions", "allowed", |config, value| {
        config.judging.rules.exceptions.allowed = domains(value)?;
        Ok(())
    }),
    key("policy.exceptions", "denied", |config, value| {
        config.judging.rules.exceptions.denied = domains(value)?;
        Ok(())
    }),
    key("policy.exceptions", "denied_action", |config, value| {
        set(&mut config.judging.rules.exceptions.denied_response.action, value)
    }),
    key("policy.spam", "found", |config, value| set(&mut config.judging.rules.spam, value)),
    key("labels", "subject", |config, value| {
        let subject = subject(value)?;
        config.judging.labels().subject = Some(subject);
        Ok(())
    }),
    key("labels", "fields", |config, value| {
        let DeValue::Array(fields) = value else { return Err(Wrong) };
        let fields = fields.iter().map(|given| field(given.get_ref())).collect::<Result<Vec<_>, _>>()?;
        config.judging.labels().fields = fields;
        Ok(())
    }),
    key("replies", "dmarc", |config, value| reply(config, Cause::Dmarc, value)),
    key("replies", "dmarc_temperror", |config, value| reply(config, Cause::DmarcTempError, value)),
    key("replies", "from", |config, value| reply(config, Cause::From, value)),
    key("replies", "spf", |config, value| reply(config, Cause::Spf, value)),
    key("replies", "spf_error", |config, value| reply(config, Cause::SpfError, value)),
    key("replies", "signing", |config, value| reply(config, Cause::Signing, value)),
    key("replies", "sender_id", |config, value| reply(config, Cause::SenderId, value)),
    key("replies", "null_mx", |config, value| reply(config, Cause::NullMx, value)),
    key("replies", "reverse_name", |config, value| reply(config, Cause::ReverseName, value)),
    key("replies", "arc", |config, value| reply(config, Cause::Arc, value)),
    key("replies", "list", |config, value| reply(config, Cause::List, value)),
    key("replies", "denied", |config, value| reply(config, Cause::Denied, value)),
    key("replies", "own_policy", |config, value| reply(config, Cause::OwnPolicy, value)),
    key("replies", "dsn", |config, value| reply(config, Cause::Dsn, value)),
    key("replies", "spam", |config, value| reply(config, Cause::Spam, value)),
    key("replies", "reputation", |config, value| reply(config, Cause::Reputation, value)),
    key("replies", "replay", |config, value| reply(config, Cause::Replay, value)),
];

const fn key(section: &'static str, name: &'static str, take: super::Take) -> Key {
    Key { section, name, take }
}

fn labelled(mut rules: RuleSet, labels: Option<&LabelRules>) -> RuleSet {
    match labels {
        Some(labels) => rules.labels.clone_from(labels),
        None if rules.stage == Stage::Observe => rules.labels.fields.clear(),
        None => {}
    }
    rules
}

pub(super) fn set(into: &mut Action, value: &DeValue<'_>) -> Result<(), Wrong> {
    *into = action(value)?;
    Ok(())
}

fn quarantine(value: &DeValue<'_>) -> Result<QuarantineBy, Wrong> {
    match string(value)? {
        "fields" => Ok(QuarantineBy::Fields),
        "hold" => Ok(QuarantineBy::Hold),
        "both" => Ok(QuarantineBy::Both),
        _ => Err(Wrong),
    }
}

fn respond(into: &mut Response, value: &DeValue<'_>) -> Result<(), Wrong> {
    *into = response(value)?;
    Ok(())
}

/// `"reject"`, or `{ action = "reject", when = "early" }`.
fn response(value: &DeValue<'_>) -> Result<Response, Wrong> {
    let DeValue::Table(table) = value else { return Ok(Response::at_end(action(value)?)) };
    let mut response = Response::at_end(action(table.get("action").ok_or(Wrong)?.get_ref())?);
    for (name, value) in table {
        match &**name.get_ref() {
            "action" => {}
            "when" => {
                response.when = match string(value.get_ref())? {
                    "early" => When::Early,
                    "end" => When::End,
                    _ => return Err(Wrong),
                }
            }
            _ => return Err(Wrong),
        }
    }
    Ok(response)
}

/// `{ "bl.example" = "reject" }`, or with a response as below.
fn lists(value: &DeValue<'_>) -> Result<BTreeMap<Domain, Response>, Wrong> {
    let DeValue::Table(table) = value else { return Err(Wrong) };
    let zone = |name: &str| Domain::parse(name).map_err(|_| Wrong);
    table.iter().map(|(name, word)| Ok((zone(name.get_ref())?, response(word.get_ref())?))).collect()
}

/// What a client is told. A text that is not ASCII is for those who read UTF-8 (SMTPUTF8); others get the usual one.
fn reply(config: &mut Config, cause: Cause, value: &DeValue<'_>) -> Result<(), Wrong> {
    let text: Template = string(value)?.parse().map_err(|_| Wrong)?;
    config.judging.rules.texts.insert(cause, text);
    Ok(())
}

fn action(value: &DeValue<'_>) -> Result<Action, Wrong> {
    Action::of(string(value)?).ok_or(Wrong)
}

fn list<T>(value: &DeValue<'_>, read: impl Fn(&str) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let DeValue::Array(texts) = value else { return Err(Wrong) };
    texts.iter().map(|text| read(string(text.get_ref())?)).collect()
}

/// `["example.jp", ".go.jp"]`: a name that begins with a dot stands for all below it, too.
fn domains(value: &DeValue<'_>) -> Result<Domains, Wrong> {
    let mut domains = Domains::default();
    domains.extend(list(value, |text| Domains::read(text).map_err(|_| Wrong))?);
    Ok(domains)
}

pub(super) fn networks(value: &DeValue<'_>) -> Result<Vec<Network>, Wrong> {
    list(value, |text| text.parse().map_err(|_| Wrong))
}

/// `"all"`, or names.
fn users(value: &DeValue<'_>) -> Result<Users, Wrong> {
    match value {
        DeValue::String(word) if word == "all" => Ok(Users::All),
        DeValue::Array(_) => Ok(Users::Named(list(value, |text| Ok(text.to_owned()))?.into_iter().collect())),
        _ => Err(Wrong),
    }
}

/// `"[meiwaku]"`, or `{ mark = "[meiwaku]", from = "quarantine" }`.
fn subject(value: &DeValue<'_>) -> Result<SubjectRule, Wrong> {
    let (mark, from) = match value {
        DeValue::String(mark) => (&**mark, Action::Label),
        DeValue::Table(table) => {
            no_others(table, &["mark", "from"])?;
            (text_at(table, "mark")?, from_at(table)?)
        }
        _ => return Err(Wrong),
    };
    Ok(SubjectRule { prefix: Prefix::new(mark).map_err(|_| Wrong)?, from })
}

/// `{ name = "X-Suspicious", value = "{action}; {reason}", from = "quarantine" }`
fn field(value: &DeValue<'_>) -> Result<FieldRule, Wrong> {
    let DeValue::Table(table) = value else { return Err(Wrong) };
    no_others(table, &["name", "value", "from"])?;
    let name = FieldName::new(text_at(table, "name")?).map_err(|_| Wrong)?;
    let value = text_at(table, "value")?.parse().map_err(|_| Wrong)?;
    Ok(FieldRule { name, value, from: from_at(table)? })
}

/// From which action on; from `label` on where the file does not say.
fn from_at(table: &DeTable<'_>) -> Result<Action, Wrong> {
    table.get("from").map_or(Ok(Action::Label), |word| action(word.get_ref()))
}

fn text_at<'a>(table: &'a DeTable<'_>, key: &str) -> Result<&'a str, Wrong> {
    table.get(key).ok_or(Wrong).and_then(|text| string(text.get_ref()))
}

fn no_others(table: &DeTable<'_>, names: &[&str]) -> Result<(), Wrong> {
    let found: BTreeSet<&str> = table.iter().map(|(name, _)| &**name.get_ref()).collect();
    if found.iter().all(|name| names.contains(name)) { Ok(()) } else { Err(Wrong) }
}
