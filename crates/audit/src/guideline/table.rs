//! The 36 requirements, in the guideline's order.

use super::{Judged, Level, Requirement, Role, View, owner, provider, receiver, relay};
use Level::{May, Must, Should};
use Role::{Owner, Provider, Receiver, Relay};

const fn row(
    id: &'static str,
    level: Level,
    role: Role,
    sentence: &'static str,
    judge: fn(&View<'_>) -> Judged,
) -> Requirement {
    Requirement { id, level, role, sentence, judge }
}

/// The requirements.
pub const REQUIREMENTS: &[Requirement] = &[
    row("2-1", Must, Owner, "audit-req-2-1", owner::a_record_and_a_method),
    row("2-2", Should, Owner, "audit-req-2-2", owner::both_methods),
    row("2-3", Should, Owner, "audit-req-2-3", owner::step_by_step),
    row("2-4", May, Owner, "audit-req-2-4", owner::decided_by_reports),
    row("2-5", May, Owner, "audit-req-2-5", owner::checked_before),
    row("2-6", Should, Owner, "audit-req-2-6", owner::others_are_checked),
    row("2-7", Must, Owner, "audit-req-2-7", owner::signatures_cover_enough),
    row("2-8", Must, Owner, "audit-req-2-8", owner::the_organization_has_a_record),
    row("2-9", May, Owner, "audit-req-2-9", owner::each_domain_has_a_record),
    row("2-10", May, Owner, "audit-req-2-10", owner::unused_names_are_refused),
    row("2-11", Should, Owner, "audit-req-2-11", owner::parked),
    row("2-12", Should, Owner, "audit-req-2-12", owner::reports_are_received),
    row("2-13", Should, Owner, "audit-req-2-13", owner::on_the_way_to_reject),
    row("2-14", May, Owner, "audit-req-2-14", owner::reports_are_read),
    row("2-15", Must, Owner, "audit-req-2-15", owner::destinations_agree),
    row("3-1", Must, Provider, "audit-req-3-1", provider::mail_passes_for_clients),
    row("3-2", Should, Provider, "audit-req-3-2", provider::a_record_to_include),
    row("3-3", Should, Provider, "audit-req-3-3", provider::keys_for_clients),
    row("3-4", Must, Provider, "audit-req-3-4", provider::clients_publish),
    row("4-1", May, Relay, "audit-req-4-1", relay::forwarding_rewrites),
    row("4-2", Must, Relay, "audit-req-4-2", relay::mail_is_signed),
    row("4-3", Must, Relay, "audit-req-4-3", relay::bounces_do_not_loop),
    row("4-4", Must, Relay, "audit-req-4-4", relay::lists_rewrite),
    row("4-5", Must, Relay, "audit-req-4-5", relay::lists_sign),
    row("4-6", Must, Relay, "audit-req-4-6", relay::the_list_has_records),
    row("4-7", May, Relay, "audit-req-4-7", relay::seals),
    row("5-1", Must, Receiver, "audit-req-5-1", receiver::verifies_and_acts),
    row("5-2", May, Receiver, "audit-req-5-2", receiver::looks_at_spf),
    row("5-3", May, Receiver, "audit-req-5-3", receiver::looks_at_signatures),
    row("5-4", Must, Receiver, "audit-req-5-4", receiver::looks_at_the_domain),
    row("5-5", Should, Receiver, "audit-req-5-5", receiver::reputation),
    row("5-6", Must, Receiver, "audit-req-5-6", receiver::verifies_destinations),
    row("5-7", Must, Receiver, "audit-req-5-7", receiver::redacts),
    row("5-8", Should, Receiver, "audit-req-5-8", receiver::sends_reports),
    row("5-9", Should, Receiver, "audit-req-5-9", receiver::shows_results),
    row("5-10", Should, Receiver, "audit-req-5-10", receiver::shows_indicators),
];
