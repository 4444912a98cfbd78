//! The tables of STS01 to STS17 and of TRP01 to TRP07.

use mailtext::Rule as Reference;

use super::{of_reporting as reporting, of_sts as sts};
use crate::rule::{Rule, domain};
use crate::severity::Severity::{Error, Info, Warning};

const fn of(section: &'static str) -> Reference {
    Reference("RFC 8461", section)
}

const REPORTING: Reference = Reference("RFC 8460", "3");

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("STS01", "audit-sts01", Error, of("3.1"), sts::one_record),
    domain("STS02", "audit-sts02", Error, of("3.1"), sts::the_id_is_one),
    domain("STS03", "audit-sts03", Warning, of("3.1"), sts::a_new_policy_has_a_new_id),
    domain("STS04", "audit-sts04", Error, of("3.3"), sts::the_policy_is_there),
    domain("STS05", "audit-sts05", Warning, of("3.2"), sts::the_policy_is_plain_text),
    domain("STS06", "audit-sts06", Error, of("3.2"), sts::the_policy_can_be_read),
    domain("STS07", "audit-sts07", Error, of("3.2"), sts::mode_and_age_are_there),
    domain("STS08", "audit-sts08", Error, of("3.2"), sts::the_age_is_a_number),
    domain("STS09", "audit-sts09", Warning, of("10.2"), sts::the_age_is_long),
    domain("STS10", "audit-sts10", Error, of("3.2"), sts::hosts_are_named),
    domain("STS11", "audit-sts11", Error, of("4.1"), sts::every_mail_host_is_named),
    domain("STS12", "audit-sts12", Warning, of("4.1"), sts::patterns_can_match),
    domain("STS13", "audit-sts13", Error, of("4.2"), sts::certificates_hold),
    domain("STS14", "audit-sts14", Info, of("5"), sts::testing_ends),
    domain("STS15", "audit-sts15", Warning, of("8.3"), sts::none_is_taken_away),
    domain("STS16", "audit-sts16", Warning, of("3.2"), sts::keys_are_known),
    domain("STS17", "audit-sts17", Warning, REPORTING, sts::reports_are_asked_for),
    domain("TRP01", "audit-trp01", Error, REPORTING, reporting::one_record),
    domain("TRP02", "audit-trp02", Error, REPORTING, reporting::the_version_comes_first),
    domain("TRP03", "audit-trp03", Error, REPORTING, reporting::destinations_are_known),
    domain("TRP04", "audit-trp04", Warning, REPORTING, reporting::destinations_are_encoded),
    domain("TRP05", "audit-trp05", Warning, REPORTING, reporting::destinations_take_mail),
    domain("TRP06", "audit-trp06", Info, REPORTING, reporting::one_destination),
    domain("TRP07", "audit-trp07", Warning, REPORTING, reporting::tags_are_known),
];
