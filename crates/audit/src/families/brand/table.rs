//! The table of BIM01 to BIM39.

use mailtext::Rule as Reference;

use super::{of_evidence as evidence, of_indicator as indicator, of_record as record};
use crate::rule::{Rule, domain, message};
use crate::severity::Severity::{Error, Info, Warning};

const fn draft(section: &'static str) -> Reference {
    Reference("draft-brand-indicators-for-message-identification", section)
}

const fn format(section: &'static str) -> Reference {
    Reference("draft-svg-tiny-ps-abrotman", section)
}

const fn certificate(section: &'static str) -> Reference {
    Reference("draft-fetch-validation-vmc", section)
}

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("BIM01", "audit-bim01", Error, draft("7.2"), record::one_record),
    domain("BIM02", "audit-bim02", Error, draft("4.3"), record::the_version_comes_first),
    domain("BIM03", "audit-bim03", Error, draft("4.3"), record::a_location_is_there),
    domain("BIM04", "audit-bim04", Error, draft("4.3"), record::locations_are_https),
    domain("BIM05", "audit-bim05", Error, draft("4.3"), record::locations_name_their_format),
    domain("BIM06", "audit-bim06", Warning, draft("4.3"), record::evidence_is_named),
    domain("BIM07", "audit-bim07", Warning, draft("4.3"), record::tags_are_known),
    domain("BIM08", "audit-bim08", Error, draft("4.5"), record::prefixes_are_sound),
    domain("BIM09", "audit-bim09", Warning, draft("4.3"), record::the_avatar_is_a_word),
    domain("BIM10", "audit-bim10", Error, draft("7.1"), record::dmarc_is_enforced),
    domain("BIM11", "audit-bim11", Warning, draft("7.1"), record::spf_is_not_everyone),
    domain("BIM12", "audit-bim12", Error, draft("7.5"), indicator::it_can_be_fetched),
    domain("BIM13", "audit-bim13", Warning, draft("7.5"), indicator::it_comes_as_svg),
    domain("BIM14", "audit-bim14", Error, format("2"), indicator::it_is_small),
    domain("BIM15", "audit-bim15", Error, format("2"), indicator::it_is_well_formed),
    domain("BIM16", "audit-bim16", Error, format("2"), indicator::the_profile_is_named),
    domain("BIM17", "audit-bim17", Error, format("2"), indicator::the_version_is_named),
    domain("BIM18", "audit-bim18", Error, format("2"), indicator::a_title_comes_first),
    domain("BIM19", "audit-bim19", Warning, format("2"), indicator::the_title_says_something),
    domain("BIM20", "audit-bim20", Error, format("2"), indicator::the_root_has_no_place),
    domain("BIM21", "audit-bim21", Error, format("2"), indicator::elements_are_allowed),
    domain("BIM22", "audit-bim22", Error, format("2"), indicator::nothing_moves_or_runs),
    domain("BIM23", "audit-bim23", Error, format("2"), indicator::attributes_are_allowed),
    domain("BIM24", "audit-bim24", Error, format("2"), indicator::nothing_leads_out),
    domain("BIM25", "audit-bim25", Warning, format("2"), indicator::it_is_square),
    domain("BIM26", "audit-bim26", Warning, format("2"), indicator::it_has_a_background),
    domain("BIM27", "audit-bim27", Error, format("2"), indicator::values_are_allowed),
    domain("BIM28", "audit-bim28", Error, certificate("5.1"), evidence::it_is_valid_for_long),
    domain("BIM29", "audit-bim29", Error, certificate("5.1"), evidence::it_leads_to_a_root),
    domain("BIM30", "audit-bim30", Error, certificate("5.1"), evidence::it_is_for_marks),
    domain("BIM31", "audit-bim31", Error, certificate("5.1"), evidence::it_names_the_domain),
    domain("BIM32", "audit-bim32", Error, certificate("5.1"), evidence::it_holds_the_indicator),
    domain("BIM33", "audit-bim33", Error, certificate("5.1"), evidence::it_is_not_revoked),
    domain("BIM34", "audit-bim34", Warning, certificate("4.6"), evidence::it_was_logged),
    domain("BIM35", "audit-bim35", Warning, certificate("4.3"), evidence::it_tells_the_kind_of_mark),
    domain("BIM36", "audit-bim36", Warning, certificate("4.1"), evidence::it_has_no_odd_extensions),
    domain("BIM37", "audit-bim37", Info, draft("7.2"), record::the_organization_stands_in),
    message("BIM38", "audit-bim38", Warning, draft("6"), record::selectors_are_signed),
    domain("BIM39", "audit-bim39", Warning, Reference("RFC 8659", "4"), evidence::authorities_are_allowed),
];
