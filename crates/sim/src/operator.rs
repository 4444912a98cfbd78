//! What the operator of a world has decided: rules, keys, what becomes of mail when something fails.

use std::sync::Arc;

use auth::methods::Methods;
use dmarc::Policy;
use mailtext::Domain;
use mailtext::subject::Prefix;
use outgoing::{Key, KeyDomain, Manner, Origins, Role, Users};
use policy::labels::SubjectRule;
use policy::rules::{ForRecipients, Mixed, QuarantineBy, RejectAlone};
use policy::{Action, Domains, Network, RuleSet, Rules, Stage};
use service::{EvidenceKept, OnFailure, Outgoing, Settings};

use crate::dice::Dice;
use crate::names::{ATTACKER, FORWARDER, FORWARDER_IP, LIST, Names, OUR_DOMAIN};

/// The name under which we give results.
pub const OURS: &str = "mx.example.net";

/// What the operator has decided.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Ready for conversations.
    pub settings: Settings,
    /// The rules in them.
    pub rules: Arc<Rules>,
    /// Whether mail of our users is signed instead of judged.
    pub signs: Signs,
}

/// Whether mail of our users is signed instead of judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signs {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl Operator {
    /// The operator of a seed.
    #[must_use]
    pub fn of(seed: u64, names: &Names) -> Self {
        let mut dice = Dice::new(seed, &["operator"]);
        let methods = if dice.happens(500) { Methods::all() } else { Methods::default() };
        let auth = auth::Settings { methods, ..auth::Settings::new(OURS) };
        let rules = Arc::new(rules(&mut dice));
        let evidence = dice.pick(&[EvidenceKept::None, EvidenceKept::Notable, EvidenceKept::All]);
        let on_failure = dice.pick(&[OnFailure::Accept, OnFailure::TempFail]);
        let settings =
            Settings::with_rules(Arc::new(auth), Arc::clone(&rules)).with_rows(evidence).on_failure(on_failure);
        match outgoing(names).filter(|_| dice.happens(500)) {
            Some(outgoing) => Self { settings: settings.with_outgoing(outgoing), rules, signs: Signs::Yes },
            None => Self { settings, rules, signs: Signs::No },
        }
    }
}

fn rules(dice: &mut Dice) -> Rules {
    let general = rule_set(dice);
    let mut rules = Rules::of(general);
    if dice.happens(400) {
        let rules_of_boss = rule_set(dice);
        let domains = domains(&["vip.example.net"]);
        rules.by_recipient.push(ForRecipients { domains, rules: rules_of_boss });
        rules.mixed = dice.pick(&[Mixed::Mildest, Mixed::Strictest]);
    }
    rules
}

fn rule_set(dice: &mut Dice) -> RuleSet {
    let mut rules = RuleSet {
        stage: dice.pick(&[Stage::Observe, Stage::Filter, Stage::Block, Stage::Block]),
        ..RuleSet::default()
    };
    rules.dmarc.none = dice.pick(&[Action::Accept, Action::Label]);
    rules.dmarc.temp_error = dice.pick(&[Action::Accept, Action::Label, Action::TempFail]);
    rules.dmarc.reject_alone = dice.pick(&[RejectAlone::Quarantine, RejectAlone::Reject]);
    rules.quarantine = dice.pick(&[QuarantineBy::Fields, QuarantineBy::Hold, QuarantineBy::Both]);
    if dice.happens(400) {
        rules.exceptions.forwarders.networks.extend(format!("{FORWARDER_IP}/32").parse::<Network>());
    }
    if dice.happens(400) {
        rules.exceptions.sealers.extend(Domain::parse(FORWARDER));
    }
    if dice.happens(400) {
        rules.exceptions.mailing_lists = domains(&[LIST, ".list.example"]);
    }
    if dice.happens(200) {
        rules.exceptions.denied = domains(&[ATTACKER]);
    }
    if dice.happens(200) {
        rules.forced.extend(Domain::parse("d1.example").map(|domain| (domain, Policy::Reject)));
    }
    if dice.happens(200) {
        rules.blocked_authors = Some(domains(&[".jp", "d0.example"]));
    }
    if dice.happens(400) {
        let prefix = Prefix::new("[meiwaku]");
        rules.labels.subject = prefix.ok().map(|prefix| SubjectRule { prefix, from: Action::Quarantine });
    }
    rules
}

fn domains(names: &[&str]) -> Domains {
    let mut domains = Domains::default();
    domains.extend(names.iter().filter_map(|name| Domains::read(name).ok()));
    domains
}

/// Mail of whoever gave a password is ours, and one key signs for us.
fn outgoing(names: &Names) -> Option<Outgoing> {
    let private = names.key("ed")?;
    let selector = Domain::parse("ed").ok()?;
    let key = Key { name: "ed".to_owned(), domain: KeyDomain::parse(OUR_DOMAIN)?, selector, private };
    let role = Role::new(vec![key], &[], Manner::default()).ok()?;
    let origins = Origins { users: Users::Everybody, ..Origins::default() };
    Some(Outgoing { origins, role: Arc::new(role) })
}
