//! The limits of this crate. Each is an outcome with a name when exceeded, and each has tests at, below and above.

/// Longest record that is read, in bytes: what one DNS message can hold (RFC 7208 §3.4 asks for far less).
pub const RECORD_BYTES_MAX: usize = 65_535;
/// Most terms of one record.
pub const TERM_COUNT_MAX: usize = 8192;
/// Longest version section of a record of Sender ID, scopes included, in bytes; a record with a longer one is discarded.
pub const VERSION_BYTES_MAX: usize = 256;
/// Longest value of the parameter SUBMITTER that is read, in bytes: the longest path, every byte of it encoded.
pub const SUBMITTER_BYTES_MAX: usize = 3 * 1024;
/// Most flaws that are named for one record; one fatal flaw is enough for the verdict.
pub const FLAW_COUNT_MAX: usize = 64;
/// Longest domain name that a macro may build, in octets (RFC 7208 §7.3).
pub const TARGET_BYTES_MAX: usize = 253;
/// Most parts of a domain specification, literals and macros, that are expanded: the rightmost ones, since the name is
/// cut from the left.
pub const EXPANDED_SEGMENT_COUNT_MAX: usize = 512;
/// Longest explanation, in bytes: a reply line of SMTP (RFC 5321 §4.5.3.1.5). A longer one is not used.
pub const EXPLANATION_BYTES_MAX: usize = 512;
/// Largest flat policy that is kept beside the answer of a domain, for one family of clients, in bytes; a larger one is
/// evaluated in the ordinary way.
pub const FLAT_BYTES_MAX: usize = 32 << 10;
/// Most look-ups of a flat policy; what comes behind is evaluated in the ordinary way, by the limits of each check.
pub const FLAT_LOOKUP_COUNT_MAX: u8 = 20;
/// Most hosts of one `mx` term in a flat policy; the term is evaluated in the ordinary way when there are more.
pub const FLAT_HOST_COUNT_MAX: u8 = 20;
/// Most ordinary checks of a domain that pass between two attempts to make its flat policy, when those gain nothing.
pub const FLAT_WAIT_COUNT_MAX: u8 = 100;

/// Most records of one tree, each as often as it is reached.
pub const TREE_NODE_COUNT_MAX: usize = 256;
/// Most includes and redirects on the way to a record of a tree: twice what an evaluation can follow.
pub const TREE_DEPTH_MAX: u32 = 20;
/// Most questions for one tree: some 40 terms, each with the most hosts that it may have.
pub const TREE_QUESTION_COUNT_MAX: usize = 800;
/// Most bytes of answers for one tree.
pub const TREE_ANSWER_BYTES_MAX: usize = 2 << 20;
/// Most hosts of one `mx` whose addresses are asked for in a tree; ten are allowed.
pub const TREE_HOST_COUNT_MAX: usize = 20;
/// Most terms of one tree, all records together.
pub const TREE_TERM_COUNT_MAX: usize = 20_000;
/// Most terms that are named as those which leave nothing to a dead one.
pub const SHADOW_COUNT_MAX: usize = 16;
/// Longest text of what looks like a record that is kept for people, in characters.
pub const LOOKALIKE_CHARACTERS_MAX: usize = 120;
/// Most records of one name that look like SPF records and are none.
pub const LOOKALIKE_COUNT_MAX: usize = 8;
/// Longest record that is written, in octets: with its name it fits a DNS answer of 512 octets (RFC 7208 §3.4).
pub const WRITTEN_OCTETS_MAX: usize = 450;
/// Most records that are written in the place of one; more could not be looked up within the limits either.
pub const WRITTEN_RECORD_COUNT_MAX: usize = 64;
/// Most terms of a record of which it is tried whether they can go or be replaced, one by one.
pub const TRIED_TERM_COUNT_MAX: usize = 40;
/// Most prefixes that are written in the place of names.
pub const WRITTEN_PREFIX_COUNT_MAX: usize = 4_000;

/// What one evaluation may cost. The defaults are those of RFC 7208 §4.6.4; time and the overall number of questions are
/// limited by whoever answers them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Most terms that ask DNS: include, a, mx, ptr, exists, redirect and the macro `p`. More is permerror.
    pub lookup_count_max: u8,
    /// Most answers that say that there is nothing. More is permerror.
    pub void_lookup_count_max: u8,
    /// Most hosts of one `mx` term. More is permerror.
    pub mx_host_count_max: u8,
    /// Most names of one reverse look-up that are validated. The rest is ignored.
    pub ptr_name_count_max: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lookup_count_max: 10, void_lookup_count_max: 2, mx_host_count_max: 10, ptr_name_count_max: 10 }
    }
}
