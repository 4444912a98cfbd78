//! The table of DMC01 to DMC50.

use mailtext::Rule as Reference;

use super::{of_policy as policy, of_reports as reports, of_text as text};
use crate::rule::{Rule, domain};
use crate::severity::Severity::{Error, Info, Warning};

const fn now(section: &'static str) -> Reference {
    Reference("RFC 9989", section)
}

const fn before(section: &'static str) -> Reference {
    Reference("RFC 7489", section)
}

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("DMC01", "audit-dmc01", Warning, now("5.1.4"), policy::a_record_applies),
    domain("DMC02", "audit-dmc02", Error, now("4.10"), text::one_record_only),
    domain("DMC03", "audit-dmc03", Error, now("4.7"), text::the_version_comes_first),
    domain("DMC04", "audit-dmc04", Info, now("4.10"), text::nothing_else_beside),
    domain("DMC05", "audit-dmc05", Error, now("4.10.1"), policy::a_policy_or_somebody_to_report_to),
    domain("DMC06", "audit-dmc06", Warning, now("4.10.1"), policy::a_policy_that_counts),
    domain("DMC07", "audit-dmc07", Warning, before("6.3"), text::the_policy_comes_second),
    domain("DMC08", "audit-dmc08", Info, now("5.1.7"), policy::none_is_a_beginning),
    domain("DMC09", "audit-dmc09", Info, now("7.4"), policy::quarantine_is_a_step),
    domain("DMC10", "audit-dmc10", Error, now("7.4"), policy::reject_when_all_passes),
    domain("DMC11", "audit-dmc11", Warning, now("7.4"), policy::reject_where_people_write_to_lists),
    domain("DMC12", "audit-dmc12", Warning, now("4.7"), policy::sub_domains_not_weaker),
    domain("DMC13", "audit-dmc13", Warning, now("4.7"), policy::names_that_do_not_exist_not_weaker),
    domain("DMC14", "audit-dmc14", Info, now("4.10.1"), policy::sub_policies_where_they_count),
    domain("DMC15", "audit-dmc15", Error, before("6.3"), text::percentage_is_one),
    domain("DMC16", "audit-dmc16", Warning, now("A.6"), text::percentage_is_gone),
    domain("DMC17", "audit-dmc17", Warning, now("A.6"), text::percentage_zero_meant_testing),
    domain("DMC18", "audit-dmc18", Info, now("C.5.2"), text::format_and_interval_are_gone),
    domain("DMC19", "audit-dmc19", Warning, now("4.7"), policy::testing_ends),
    domain("DMC20", "audit-dmc20", Error, now("4.7"), text::values_are_of_their_lists),
    domain("DMC21", "audit-dmc21", Info, now("4.10.2"), text::psd_unknown_says_nothing),
    domain("DMC22", "audit-dmc22", Error, now("5.2"), policy::psd_yes_at_public_suffixes_only),
    domain("DMC23", "audit-dmc23", Warning, now("4.10.2"), policy::psd_no_at_the_top_only),
    domain("DMC24", "audit-dmc24", Warning, now("3.2.10.2"), policy::strict_where_names_are_the_same),
    domain("DMC25", "audit-dmc25", Warning, now("5.1.3"), reports::somebody_gets_reports),
    domain("DMC26", "audit-dmc26", Error, now("4.6"), text::destinations_are_uris),
    domain("DMC27", "audit-dmc27", Warning, now("4.6"), text::destinations_are_mailboxes),
    domain("DMC28", "audit-dmc28", Error, now("4.8"), text::marks_are_encoded),
    domain("DMC29", "audit-dmc29", Info, now("4.8"), text::sizes_are_gone),
    domain("DMC30", "audit-dmc30", Warning, before("6.2"), reports::two_destinations_at_most),
    domain("DMC31", "audit-dmc31", Error, before("7.1"), reports::destinations_take_mail),
    domain("DMC32", "audit-dmc32", Error, Reference("RFC 9990", "4"), reports::destinations_agree),
    domain("DMC33", "audit-dmc33", Info, before("7.1"), reports::destinations_agree_to_this_domain),
    domain("DMC34", "audit-dmc34", Warning, now("10.2"), reports::failure_reports_hold_what_is_private),
    domain("DMC35", "audit-dmc35", Warning, now("4.7"), text::failure_options_need_a_destination),
    domain("DMC36", "audit-dmc36", Warning, now("4.7"), text::failure_options_are_letters),
    domain("DMC37", "audit-dmc37", Warning, now("4.8"), text::tags_are_known),
    domain("DMC38", "audit-dmc38", Error, now("4.8"), text::tags_stand_once),
    domain("DMC39", "audit-dmc39", Warning, now("4.8"), text::tags_are_well_formed),
    domain("DMC40", "audit-dmc40", Warning, now("4.10"), policy::deep_names_have_their_own),
    domain("DMC41", "audit-dmc41", Warning, now("A.5"), policy::both_methods_agree),
    domain("DMC42", "audit-dmc42", Warning, now("5.2"), policy::public_suffixes_say_so),
    domain("DMC43", "audit-dmc43", Warning, now("5.1.1"), policy::something_can_align),
    domain("DMC44", "audit-dmc44", Warning, now("5.1.4"), policy::no_mail_means_reject),
    domain("DMC45", "audit-dmc45", Warning, now("4.10.1"), policy::not_weaker_than_the_organization),
    domain("DMC46", "audit-dmc46", Info, now("4.10.1"), policy::hides_the_organization),
    domain("DMC47", "audit-dmc47", Warning, now("4.7"), policy::indicators_want_enforcement),
    domain("DMC48", "audit-dmc48", Info, now("5.1.1"), policy::bulk_senders_have_all_three),
    domain("DMC49", "audit-dmc49", Error, now("4.5"), text::records_at_their_places),
    domain("DMC50", "audit-dmc50", Info, now("5.1.3"), reports::the_own_mailbox_is_large),
];
