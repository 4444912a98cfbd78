//! The families of rules. Each has its part of the snapshot (`Seen`, made by `look`) and its table (`RULES`).

use crate::rule::Rule;

pub mod brand;
pub mod dmarc_record;
pub mod keys;
pub mod legacy;
pub mod letter;
pub mod mail_hosts;
pub mod publication;
pub mod sender_policy;
pub mod transport;

/// The tables, in the order of the catalogue.
pub(crate) const RULES: &[&[Rule]] = &[
    publication::RULES,
    sender_policy::RULES,
    keys::RULES,
    dmarc_record::RULES,
    brand::RULES,
    mail_hosts::RULES,
    legacy::RULES,
    transport::RULES,
    letter::RULES,
];
