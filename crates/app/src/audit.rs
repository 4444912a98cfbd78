//! What the audit shows: for now the tree of an SPF record, and records written anew.

#[allow(dead_code, reason = "`record spf` calls it as soon as it is there")]
pub(crate) mod flatten;
#[allow(dead_code, reason = "`check` calls it as soon as it is there")]
pub(crate) mod spf_tree;
