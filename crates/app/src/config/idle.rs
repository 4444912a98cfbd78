//! Rules that can never act, because what they ask about is not evaluated: a rule about ARC while `[methods] arc` is off.
//! That is no error – methods are switched off now and then – but whoever wrote the rule should hear of it.

use std::collections::BTreeSet;

use auth::{Methods, Use};
use mailtext::Value;
use policy::{Action, RuleSet, Rules};

use super::Config;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// A rule, the method that it needs, and whether a set of rules uses it.
struct Needing {
    /// `policy.client.arc_fail`
    key: &'static str,
    /// The key in `[methods]`.
    method: &'static str,
    is_on: fn(&Methods) -> bool,
    is_used: IsUsed,
}

/// Whether a set of rules uses a rule.
type IsUsed = fn(&RuleSet) -> bool;

/// A table: each rule that needs a method that can be off.
const NEEDING: &[Needing] = &[
    needing("policy.historic.adsp_fail", "adsp", adsp, |rules| acts(rules.historic.adsp_fail)),
    needing("policy.historic.adsp_discard", "adsp", adsp, |rules| acts(rules.historic.adsp_discard)),
    needing("policy.historic.adsp_nxdomain", "adsp", adsp, |rules| acts(rules.historic.adsp_nxdomain)),
    needing("policy.historic.sender_id_fail", "sender_id", sender_id, |rules| acts(rules.historic.sender_id_fail)),
    needing("policy.historic.domainkeys_fail", "domainkeys", domainkeys, |rules| acts(rules.historic.domainkeys_fail)),
    needing("policy.client.null_mx", "null_mx", null_mx, |rules| acts(rules.client.null_mx.action)),
    needing("policy.client.no_name", "iprev", iprev, |rules| acts(rules.client.no_name.action)),
    needing("policy.client.name_not_confirmed", "iprev", iprev, |rules| acts(rules.client.name_not_confirmed.action)),
    needing("policy.client.arc_fail", "arc", arc, |rules| acts(rules.client.arc_fail)),
    needing("policy.exceptions.forwarder_names", "iprev", iprev, |rules| !rules.exceptions.forwarders.names.is_empty()),
    needing("policy.exceptions.sealers", "arc", arc, |rules| !rules.exceptions.sealers.is_empty()),
];

/// A table: each rule that needs the memory.
const OF_MEMORY: &[(&str, IsUsed)] = &[
    ("policy.memory.bad_domain", |rules| acts(rules.memory.bad_domain)),
    ("policy.memory.bad_client", |rules| acts(rules.memory.bad_client)),
    ("policy.memory.replay", |rules| acts(rules.memory.replay)),
];

/// A table: each rule that needs to know what was sent from here.
const OF_DSN: &[(&str, IsUsed)] = &[
    ("policy.dsn.of_others", |rules| acts(rules.dsn.of_others)),
    ("policy.dsn.of_nothing", |rules| acts(rules.dsn.of_nothing)),
];

/// The rules that can never act, each as a warning.
pub(crate) fn idle(rules: &Rules, methods: &Methods, config: &Config) -> Vec<Failure> {
    let sets = || std::iter::once(&rules.general).chain(rules.by_recipient.iter().map(|recipients| &recipients.rules));
    let of_methods = NEEDING.iter().filter(|rule| !(rule.is_on)(methods) && sets().any(rule.is_used)).map(|rule| {
        let warning = Failure::new(ExitCode::Configuration, "config-rule-idle").with("key", rule.key);
        warning.with("method", Value::Word(rule.method))
    });
    // What one set has from another is told once.
    let named: BTreeSet<_> = sets().flat_map(|rules| rules.client.lists.keys()).collect();
    let unasked = named.into_iter().filter(|zone| methods.dns_lists.iter().all(|list| list.zone != **zone));
    let of_lists = unasked
        .map(|zone| Failure::new(ExitCode::Configuration, "config-rule-list-unasked").with("zone", zone.to_string()));
    let told = |(key, _): &(&'static str, IsUsed)| {
        Failure::new(ExitCode::Configuration, "config-rule-unremembered").with("key", *key)
    };
    let is_remembered = config.memory.remember && config.ledger.enabled;
    let of_memory = OF_MEMORY.iter().filter(|(_, is_used)| !is_remembered && sets().any(is_used)).map(told);
    // Rows of outgoing mail, which the signing role makes, tell what was sent from here.
    let is_known = config.ledger.enabled && config.signing.is_enabled();
    let of_dsn = OF_DSN
        .iter()
        .filter(|(_, is_used)| !is_known && sets().any(is_used))
        .map(|(key, _)| Failure::new(ExitCode::Configuration, "config-rule-nothing-sent").with("key", *key));
    of_methods.chain(of_lists).chain(of_memory).chain(of_dsn).collect()
}

const fn needing(key: &'static str, method: &'static str, is_on: fn(&Methods) -> bool, is_used: IsUsed) -> Needing {
    Needing { key, method, is_on, is_used }
}

fn acts(action: Action) -> bool {
    action > Action::Accept
}

fn adsp(methods: &Methods) -> bool {
    methods.adsp == Use::On
}

fn sender_id(methods: &Methods) -> bool {
    methods.sender_id == Use::On
}

fn domainkeys(methods: &Methods) -> bool {
    methods.domainkeys.is_some()
}

fn null_mx(methods: &Methods) -> bool {
    methods.null_mx == Use::On
}

fn iprev(methods: &Methods) -> bool {
    methods.iprev.is_some()
}

fn arc(methods: &Methods) -> bool {
    methods.arc.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ids and the first argument of what is told.
    fn told(text: &str) -> Vec<String> {
        let config = Config::parse(text, "x").unwrap();
        let warnings = idle(&config.rules(), &config.methods().unwrap(), &config);
        let first = |warning: &Failure| {
            let (_, value) = mailtext::Explain::arguments(warning).into_iter().next().unwrap();
            format!("{} {value}", mailtext::Explain::id(warning))
        };
        warnings.iter().map(first).collect()
    }

    #[test]
    fn each_rule_is_named_while_its_method_is_off_and_only_then() {
        for rule in NEEDING {
            let (section, name) = rule.key.rsplit_once('.').unwrap();
            let value = if section == "policy.exceptions" { "[\"a.example\"]" } else { "\"label\"" };
            let rules = format!("[{section}]\n{name} = {value}\n");
            let wanted = format!("config-rule-idle {}", rule.key);
            assert_eq!(told(&format!("{rules}[methods]\n{} = false\n", rule.method)), [wanted]);
            assert_eq!(told(&format!("{rules}[methods]\n{} = true\n", rule.method)), [""; 0], "{}", rule.key);
            assert_eq!(told(&format!("[methods]\n{} = false\n", rule.method)), [""; 0], "{}", rule.key);
        }
    }

    #[test]
    fn what_needs_the_ledger_and_what_stands_beside_it() {
        let memory = "[policy.memory]\nreplay = \"label\"\n";
        let unremembered = ["config-rule-unremembered policy.memory.replay"];
        assert_eq!(told(memory), unremembered);
        assert_eq!(told(&format!("{memory}remember = true\n")), [""; 0]);
        assert_eq!(told(&format!("{memory}remember = true\n[ledger]\nenabled = false\n")), unremembered);
        let dsn = "[policy.dsn]\nof_others = \"reject\"\n";
        let key = "[[signing.key]]\ndomain = \"a.example\"\nselector = \"s\"\nfile = \"x\"\n";
        let nothing_sent = ["config-rule-nothing-sent policy.dsn.of_others"];
        assert_eq!(told(dsn), nothing_sent);
        assert_eq!(told(&format!("{dsn}{key}")), [""; 0]);
        assert_eq!(told(&format!("{dsn}{key}[ledger]\nenabled = false\n")), nothing_sent);
    }

    #[test]
    fn a_rule_that_accepts_needs_nothing() {
        assert_eq!(told("[policy.client]\narc_fail = \"accept\"\n[methods]\narc = false\n"), [""; 0]);
    }

    #[test]
    fn a_rule_of_some_recipients_is_named_once() {
        let text = "[[recipients]]\ndomains = [\"a.example\"]\n[recipients.policy.client]\nnull_mx = \"reject\"\n\
                    [[recipients]]\ndomains = [\"b.example\"]\n[recipients.policy.client]\nnull_mx = \"label\"\n";
        assert_eq!(told(text), ["config-rule-idle policy.client.null_mx"]);
    }

    #[test]
    fn a_list_that_nobody_asks_is_named() {
        let rule = "[policy.client]\nlists = { \"bl.example\" = \"reject\", \"wl.example\" = \"accept\" }\n";
        let list = "[[dns_list]]\nzone = \"bl.example\"\nkind = \"dnsbl\"\n";
        assert_eq!(told(&format!("{rule}{list}")), ["config-rule-list-unasked wl.example"]);
    }
}
