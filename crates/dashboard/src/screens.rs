//! The screens, one by one, and what can be done on them.

mod overview;

use crate::ask::Visit;
use crate::screen::{Deed, Done, Entry, Form, Parameter, Section, Shown, show};
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Role;

/// All screens, in the order of the menu.
pub(crate) const ENTRIES: &[Entry] = &[Entry {
    id: "overview",
    path: "/",
    label: "page-label-overview",
    section: Some(Section::Top),
    needs: Role::Viewer,
    parameters: &[Parameter::FROM, Parameter::TO, Parameter::DAYS],
}];

/// All that can be done.
pub(crate) const DEEDS: &[Deed] = &[];

/// Opens a screen.
///
/// # Errors
/// It cannot be read, or what is asked for is wrong.
pub(crate) async fn open<S: Sources>(id: &str, visit: &Visit<'_, S>, form: Form) -> Result<Shown, Trouble> {
    match id {
        "overview" => show::<overview::Overview, S>(visit, form).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Does something.
///
/// # Errors
/// It is not done.
#[allow(clippy::unused_async)] // reason: deeds wait for stores
pub(crate) async fn act<S: Sources>(_id: &str, _visit: &Visit<'_, S>) -> Result<Done, Trouble> {
    Err(Trouble::NotFound)
}
