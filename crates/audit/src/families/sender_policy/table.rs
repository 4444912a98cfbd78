//! The table of SPF01 to SPF53.

use mailtext::Rule as Reference;

use super::{of_policy as policy, of_text as text, of_tree as tree};
use crate::rule::{Rule, domain};
use crate::severity::Severity::{Error, Info, Warning};

const fn of(section: &'static str) -> Reference {
    Reference("RFC 7208", section)
}

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("SPF01", "audit-spf01", Error, of("3.2"), text::one_record),
    domain("SPF02", "audit-spf02", Warning, of("3.1"), policy::senders_have_a_record),
    domain("SPF03", "audit-spf03", Error, of("4.5"), text::the_version_is_one),
    domain("SPF04", "audit-spf04", Warning, of("3.1"), text::the_own_type_is_gone),
    domain("SPF05", "audit-spf05", Warning, Reference("RFC 4406", "3.1"), text::sender_id_is_historic),
    domain("SPF06", "audit-spf06", Error, of("4.6"), text::no_syntax_errors),
    domain("SPF07", "audit-spf07", Error, of("4.6.1"), text::mechanisms_are_known),
    domain("SPF08", "audit-spf08", Error, of("12"), text::delimiters_are_right),
    domain("SPF09", "audit-spf09", Warning, of("6"), text::modifiers_are_known),
    domain("SPF10", "audit-spf10", Error, of("5.6"), text::ip4_is_one),
    domain("SPF11", "audit-spf11", Error, of("5.6"), text::ip6_is_one),
    domain("SPF12", "audit-spf12", Warning, of("5.6"), text::no_host_bits),
    domain("SPF13", "audit-spf13", Warning, of("5.6"), tree::no_special_networks),
    domain("SPF14", "audit-spf14", Warning, Reference("RFC 9989", "7.1"), tree::networks_are_narrow),
    domain("SPF15", "audit-spf15", Error, of("11.4"), tree::not_everyone),
    domain("SPF16", "audit-spf16", Warning, of("4.7"), tree::others_are_refused),
    domain("SPF17", "audit-spf17", Warning, of("5.1"), text::nothing_after_all),
    domain("SPF18", "audit-spf18", Warning, of("6.1"), text::no_redirect_beside_all),
    domain("SPF19", "audit-spf19", Error, of("6"), text::modifiers_stand_once),
    domain("SPF20", "audit-spf20", Warning, of("6"), text::modifiers_stand_last),
    domain("SPF21", "audit-spf21", Error, of("5.2"), tree::targets_have_records),
    domain("SPF22", "audit-spf22", Error, of("4.6.4"), tree::no_loops),
    domain("SPF23", "audit-spf23", Error, of("4.6.4"), tree::ten_lookups),
    domain("SPF24", "audit-spf24", Warning, of("4.6.4"), tree::head_room),
    domain("SPF25", "audit-spf25", Error, of("4.6.4"), tree::two_voids),
    domain("SPF26", "audit-spf26", Warning, of("4.6.4"), tree::no_voids),
    domain("SPF27", "audit-spf27", Error, of("4.6.4"), tree::ten_exchanges),
    domain("SPF28", "audit-spf28", Warning, of("5.5"), tree::no_ptr),
    domain("SPF29", "audit-spf29", Error, of("7.1"), text::macros_are_well_formed),
    domain("SPF30", "audit-spf30", Error, of("7.2"), text::macros_at_their_places),
    domain("SPF31", "audit-spf31", Warning, of("7.2"), tree::no_validated_name),
    domain("SPF32", "audit-spf32", Info, of("11.6"), tree::local_parts_are_not_told),
    domain("SPF33", "audit-spf33", Warning, of("6.2"), tree::explanations_can_be_had),
    domain("SPF34", "audit-spf34", Warning, of("5.3"), tree::hosts_have_addresses),
    domain("SPF35", "audit-spf35", Warning, of("10.1.3"), policy::mail_hosts_may_send),
    domain("SPF36", "audit-spf36", Warning, of("4.6.2"), tree::no_term_twice),
    domain("SPF37", "audit-spf37", Warning, of("4.6.2"), tree::no_term_contradicted),
    domain("SPF38", "audit-spf38", Warning, of("5.2"), tree::includes_are_not_everyone),
    domain("SPF39", "audit-spf39", Warning, of("11.1"), tree::targets_are_registered),
    domain("SPF40", "audit-spf40", Warning, Reference("RFC 9989", "7.1"), tree::no_shared_hosting),
    domain("SPF41", "audit-spf41", Info, Reference("RFC 9989", "7.1"), policy::grants_are_used),
    domain("SPF42", "audit-spf42", Warning, of("3.4"), text::records_are_short),
    domain("SPF43", "audit-spf43", Error, of("4.8"), text::names_are_names),
    domain("SPF44", "audit-spf44", Warning, of("4.3"), text::names_are_ascii),
    domain("SPF45", "audit-spf45", Info, of("10.1.3"), policy::mail_hosts_say_so_too),
    domain("SPF46", "audit-spf46", Warning, of("10.1.2"), policy::other_hosts_say_no),
    domain("SPF47", "audit-spf47", Warning, of("10.1.2"), policy::no_mail_means_no),
    domain("SPF48", "audit-spf48", Info, Reference("RFC 9989", "7.1"), policy::fail_hides_mail_from_dmarc),
    domain("SPF49", "audit-spf49", Info, of("11.1"), policy::softfail_needs_dmarc),
    domain("SPF50", "audit-spf50", Info, of("5"), policy::both_families),
    domain("SPF51", "audit-spf51", Info, of("10.1.1"), tree::hosts_could_be_networks),
    domain("SPF52", "audit-spf52", Warning, of("3.5"), policy::wildcards_do_not_reach),
    domain("SPF53", "audit-spf53", Warning, of("10.1.1"), tree::cheap_terms_first),
];
