//! The desk: what a postmaster sees in a browser, and what programs ask for under `/api/v1`.
//!
//! What it does: [`Desk::answer`] takes a request with the [`Moment`] in which it came and gives the answer – a page, a
//! table as CSV, the same as JSON, or a redirection after something was done. A *screen* reads its data once and shows it
//! in each of these forms, so that they cannot say different things. All that it knows comes through [`Sources`].
//!
//! What it will never do: listen, read a file, a clock or a random number, know a database, decide about mail, ask any
//! other host, put a script or a style into a page, or let what a stranger wrote stand in a page unescaped.
//!
//! Reading order: [`sources`], [`mod@desk`]; [`screen`] with its table of screens, then any of `screens`; the pieces of
//! pages in [`parts`] and [`data`]; coming in by a provider ([`openid`]); reports, judged ([`judged`]), domains, examined ([`examined`]), and surveys of them
//! ([`surveyed`]); the frame around them in [`page`]; who may what in [`who`]. What never passes is in
//! [`limits`].

pub mod ask;
pub mod assets;
pub mod data;
pub mod desk;
pub mod difference;
mod documents;
mod door;
pub mod examined;
pub mod judged;
mod letter;
pub mod limits;
pub mod openapi;
pub mod openid;
pub mod origins;
mod packed;
pub mod page;
pub mod parts;
pub mod screen;
mod screens;
pub mod shape;
mod shelf;
pub mod sources;
pub mod surveyed;
pub mod told;
pub mod trouble;
pub mod who;

pub use desk::{Desk, Moment};
pub use screen::SCREENS;
pub use sources::{Sources, Voice};
pub use trouble::Trouble;
pub use who::Who;
