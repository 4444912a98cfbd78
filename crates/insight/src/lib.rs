//! What reports mean: who sends in a domain's name, which of it is the domain's own, and what its owner does next.
//!
//! What it does: [`alignment`] computes alignment anew from the results of a report. [`mod@map`] names senders. [`classify`]
//! says of each record whether it is 正常, 転送由来, 設定不備, なりすまし疑い or 判定不能, with [`reason`]s, and gives a store
//! of reports its judge. [`group`] makes sources of records, [`mod@whatif`] says what a policy would have done to them,
//! [`repair`] what to change at each, [`mod@advise`] where a domain stands on the way to `reject`. [`watch`] is the fold that
//! raises alerts, [`mod@digest`] the weekly letter, [`hours`] when letters go, [`mod@quality`] what reporters are worth.
//!
//! What it will never do: ask DNS, a clock or a store, read a report, build a sentence, take what a stranger claims for
//! what is so, or advise to add a forwarder to an SPF record.
//!
//! Reading order: [`alignment`], [`mod@map`], [`classify`] with [`reason`]; then [`group`], [`mod@whatif`], [`mod@advise`], [`repair`];
//! then [`watch`], [`mod@digest`], [`mod@quality`]; by need [`hosts`], [`hours`] and [`marks`]. What never passes is in [`limits`].

pub mod advise;
pub mod alignment;
pub mod classify;
pub mod digest;
pub mod group;
pub mod hosts;
pub mod hours;
pub mod limits;
pub mod map;
pub mod marks;
pub mod quality;
pub mod reason;
pub mod repair;
pub mod watch;
pub mod whatif;

pub use advise::{Advice, Gates, Publication, Rung, Situation, Verdict, advise};
pub use alignment::{Aligner, Alignment, Boundary, Difference, Modes, Passes};
pub use classify::{Classifier, Judgement, Selectors};
pub use digest::{Week, digest, plain_text};
pub use group::{Group, Tally, groups};
pub use hosts::Hosts;
pub use hours::{Quiet, WallClock, Weekly};
pub use map::{Confidence, Entry, Evidence, Kind, Map, MapFlaw, Names, Naming};
pub use marks::Marks;
pub use quality::{Grade, Quality, quality};
pub use reason::{Reason, Scores, Sign};
pub use repair::{Remedy, Repair, repairs};
pub use watch::{Alert, Day, Event, State, Thresholds, observe, observe_refused};
pub use whatif::{Existence, Proposal, WhatIf, what_if};
