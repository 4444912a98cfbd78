//! The table of DKM01 to DKM45.

use mailtext::Rule as Reference;

use super::{of_life as life, of_messages as messages, of_records as records};
use crate::rule::{Rule, domain, message};
use crate::severity::Severity::{Error, Info, Warning};

const fn dkim(section: &'static str) -> Reference {
    Reference("RFC 6376", section)
}

const PRACTICES: Reference = Reference("M3AAWG DKIM Key Rotation", "5");

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("DKM01", "audit-dkm01", Error, dkim("6.1.2"), life::used_selectors_have_a_key),
    domain("DKM02", "audit-dkm02", Error, dkim("3.6.2.2"), records::one_record_only),
    domain("DKM03", "audit-dkm03", Error, dkim("3.6.1"), records::the_version_comes_first),
    domain("DKM04", "audit-dkm04", Info, dkim("3.6.1"), records::the_version_is_there),
    domain("DKM05", "audit-dkm05", Error, dkim("3.6.1"), records::a_key_is_there),
    domain("DKM06", "audit-dkm06", Info, dkim("3.6.1"), life::revoked_keys_are_not_used),
    domain("DKM07", "audit-dkm07", Error, dkim("3.6.1"), records::the_key_is_base64),
    domain("DKM08", "audit-dkm08", Error, dkim("3.3"), records::the_key_is_of_its_kind),
    domain("DKM09", "audit-dkm09", Error, Reference("RFC 8301", "3.2"), records::not_below_1024_bits),
    domain("DKM10", "audit-dkm10", Warning, Reference("RFC 8301", "3.2"), records::not_below_2048_bits),
    domain("DKM11", "audit-dkm11", Info, dkim("3.3.3"), records::not_above_2048_bits),
    domain("DKM12", "audit-dkm12", Warning, dkim("8.13"), records::the_usual_exponent),
    domain("DKM13", "audit-dkm13", Error, dkim("3.3"), records::not_known_to_be_weak),
    domain("DKM14", "audit-dkm14", Error, Reference("RFC 8463", "4.2"), records::ed25519_is_32_bytes),
    domain("DKM15", "audit-dkm15", Warning, Reference("RFC 8463", "6"), records::rsa_beside_ed25519),
    domain("DKM16", "audit-dkm16", Warning, dkim("3.6.1"), records::the_kind_is_known),
    domain("DKM17", "audit-dkm17", Error, Reference("RFC 8301", "3.1"), records::sha256_is_allowed),
    domain("DKM18", "audit-dkm18", Warning, Reference("RFC 8301", "3.1"), records::sha1_is_not),
    domain("DKM19", "audit-dkm19", Error, dkim("3.6.1"), records::for_mail),
    domain("DKM20", "audit-dkm20", Warning, dkim("3.6.1"), records::tests_end),
    domain("DKM21", "audit-dkm21", Info, dkim("3.6.1"), records::strict_identities),
    domain("DKM22", "audit-dkm22", Warning, dkim("C.2"), records::granularity_is_gone),
    domain("DKM23", "audit-dkm23", Warning, dkim("3.6.1"), records::tags_of_key_records),
    domain("DKM24", "audit-dkm24", Error, dkim("3.2"), records::tags_stand_once),
    domain("DKM25", "audit-dkm25", Warning, dkim("3.2"), records::semicolons_are_not_escaped),
    domain("DKM26", "audit-dkm26", Warning, dkim("8.13"), records::one_key_one_selector),
    domain("DKM27", "audit-dkm27", Warning, PRACTICES, life::keys_grow_old),
    domain("DKM28", "audit-dkm28", Warning, dkim("8.6"), life::old_selectors_end),
    domain("DKM29", "audit-dkm29", Warning, dkim("3.1"), life::a_new_key_has_a_new_selector),
    domain("DKM30", "audit-dkm30", Info, dkim("3.1"), life::keys_stay_for_mail_under_way),
    domain("DKM31", "audit-dkm31", Info, PRACTICES, life::the_next_key_is_published),
    domain("DKM32", "audit-dkm32", Warning, dkim("3.6.2.2"), life::aliases_lead_to_a_key),
    domain("DKM33", "audit-dkm33", Warning, dkim("3.6.2.1"), life::wildcards_hold_no_key),
    domain("DKM34", "audit-dkm34", Info, dkim("3.6.1"), life::no_mail_means_no_key),
    domain("DKM35", "audit-dkm35", Warning, dkim("3.6"), life::private_keys_are_private),
    message("DKM36", "audit-dkm36", Warning, dkim("5.4.1"), messages::recommended_fields_are_signed),
    message("DKM37", "audit-dkm37", Warning, dkim("8.15"), messages::from_is_signed_once_more),
    message("DKM38", "audit-dkm38", Warning, dkim("5.4.2"), messages::list_fields_are_left_to_lists),
    message("DKM39", "audit-dkm39", Error, dkim("8.2"), messages::the_whole_body_is_signed),
    message("DKM40", "audit-dkm40", Warning, dkim("3.4"), messages::headers_are_relaxed),
    message("DKM41", "audit-dkm41", Warning, dkim("3.5"), messages::signatures_outlive_queues),
    message("DKM42", "audit-dkm42", Warning, Reference("RFC 9989", "4.4.1"), messages::a_signature_is_aligned),
    message("DKM43", "audit-dkm43", Error, Reference("RFC 8058", "4"), messages::unsubscribing_is_signed),
    domain("DKM44", "audit-dkm44", Info, dkim("3.6.1"), records::notes_are_short),
    domain("DKM45", "audit-dkm45", Info, dkim("3.1"), records::selectors_tell_nothing),
];
