//! Whole stories: `testdata/cases/service/NN-name.in` is what an MTA does, line by line; `.msg` its messages, parted by
//! `=== next message ===`; `.want` the edits, the verdict and the receipt of each.
//!
//! ```text
//! offer: postfix | sendmail | version-2 | all-answers | add-only | no-edits | no-hold
//!        | none
//! connect: NAME [IP | /PATH]         helo: NAME          mail: <ADDRESS>         queue-id: ID
//! message: N    the N-th message, from MAIL to the end    body-repeat: COUNT      the body so often
//! begin: N      the N-th message, up to its second field  abort:  quit-nc:  quit:
//! rcpt: <A> <B>                     auth: NAME MECHANISM   rule.KEY: VALUE, at DOMAIN: KEY=VALUE; … (see `rules_of`)
//! raw: BYTES    with \xNN                                 open: yes              the end is in a message
//! key: NAME DOMAIN SELECTOR FILE   unsigned: reject | tempfail   macro: NAME VALUE   socket: SOCKET
//! outgoing-network: NETWORK        outgoing-users: all           outgoing-macro: NAME VALUE   outgoing-listener: SOCKET
//! received-spf: yes  explanation: yes                    foreign: remove        foreign-except: ID ID
//! spam-field: NAME  spam-score: SCORE  spam-client: NETWORK
//! ledger: yes | full | closed | conflict COUNT            on-failure: tempfail   evidence: none | all
//! ```
//! Of every message it is asserted that Postfix and Sendmail, which count deleted fields differently, make the same of
//! the edits, and that exactly one field in our name is on it, on top, if edits were granted.

mod support;

use support::{Story, zone_of};

#[test]
fn cases() {
    let count = testkit::cases("service", |case| Story::of_case(case, zone_of(case)).out);
    assert!(count >= 76, "{count}");
}
