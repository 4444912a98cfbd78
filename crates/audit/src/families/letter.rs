//! One message, as receivers of bulk mail want it (SND).

use crate::rule::Rule;

/// The rules.
pub(crate) const RULES: &[Rule] = &[];
