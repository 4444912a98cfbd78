//! Screens: each reads its data once, and shows them as a page, as a table in a file, and to programs.

use std::future::Future;

use serde_json::Value;

use crate::ask::{Query, View, Visit};
use crate::data::Table;
use crate::page::Page;
use crate::screens;
pub use crate::shelf::Fresh;
use crate::sources::Sources;
use crate::trouble::Trouble;
use crate::who::Role;

/// Something to look at.
pub trait Screen {
    /// What it shows, the same for all forms.
    type Data: Send + Sync + 'static;

    /// For how long what was read may be shown again.
    const FRESH: Fresh = Fresh::Anew;

    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or what is asked for is wrong.
    fn read<S: Sources>(visit: &Visit<'_, S>) -> impl Future<Output = Result<Self::Data, Trouble>> + Send;

    /// As a page.
    fn page(data: &Self::Data, view: &View<'_>) -> Page;

    /// For programs. Words of ours are the same in each language here.
    fn json(data: &Self::Data, view: &View<'_>) -> Value;

    /// Its tables, for files. The first is the one that is given where none is asked for.
    fn tables(data: &Self::Data, view: &View<'_>) -> Vec<Table>;
}

/// A screen, before it is opened.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its id: `senders`.
    pub id: &'static str,
    /// Where it is; one with an object behind it ends in `/{id}`.
    pub path: &'static str,
    /// What its name in the menu is.
    pub label: &'static str,
    /// Where it stands in the menu; `None` for those that others lead to.
    pub section: Option<Section>,
    /// Who may see it; `None`: everybody.
    pub needs: Option<Role>,
    /// Which parameters it knows, beside `lang`.
    pub parameters: &'static [Parameter],
}

/// A parameter of a screen.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it may say.
    pub kind: Kind,
}

/// What a parameter may say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 2026-11-23.
    Day,
    /// A number from 0 on.
    Number,
    /// A domain.
    Domain,
    /// Any text.
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// Any of these: the parameter may stand there several times.
    Words(&'static [&'static str]),
}

/// Something that can be done with a form, or by a program.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// Its id, the word of the log: `mark-sender`.
    pub id: &'static str,
    /// Where the form goes.
    pub path: &'static str,
    /// Who may; `None`: everybody.
    pub needs: Option<Role>,
    /// Which fields it knows.
    pub parameters: &'static [Parameter],
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Where to go on; where the form came from when it is not said.
    pub to: Option<String>,
    /// The sentence that tells it: begins with `page-done-`.
    pub told: &'static str,
    /// For the log: what it was done to.
    pub object: String,
    /// Who did it, where that is not who asked: somebody who came in.
    pub who: Option<String>,
    /// Whether the log knows of it already.
    pub is_noted: bool,
    /// Cookies to set.
    pub cookies: Vec<String>,
    /// Something that is shown this once: a token.
    pub secret: Option<String>,
    /// For programs.
    pub value: Value,
}

/// The parts of the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// What is seen first.
    Top,
    /// Mail that comes and goes here.
    Mail,
    /// What others report of our domains.
    Reports,
    /// What we publish.
    Domains,
    /// The desk itself.
    House,
}

impl Section {
    /// In the order of the menu.
    pub const ALL: [Self; 5] = [Self::Top, Self::Mail, Self::Reports, Self::Domains, Self::House];

    /// Its name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Top => "page-label-section-top",
            Self::Mail => "page-label-section-mail",
            Self::Reports => "page-label-section-reports",
            Self::Domains => "page-label-section-domains",
            Self::House => "page-label-section-house",
        }
    }
}

impl Parameter {
    /// The days of a page.
    pub const FROM: Self = Self { name: "from", kind: Kind::Day };
    /// The last of them.
    pub const TO: Self = Self { name: "to", kind: Kind::Day };
    /// How many.
    pub const DAYS: Self = Self { name: "days", kind: Kind::Number };
    /// A policy domain.
    pub const DOMAIN: Self = Self { name: "domain", kind: Kind::Domain };
    /// Whether DNS is asked.
    pub const NOW: Self = Self { name: "now", kind: Kind::Word(&[crate::examined::NOW_WORD]) };
}

/// The form in which a screen is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A page.
    Page,
    /// A file.
    Csv,
    /// For programs.
    Json,
    /// What lies behind it, as it came; few screens have that.
    Raw,
}

/// What a screen answers with.
pub enum Shown {
    /// A page, before its frame is around it.
    Page(Page),
    /// A file with its name.
    Csv(String, String),
    /// For programs.
    Json(Value),
    /// What somebody sent, under a name of ours: to be kept, never to be opened by the browser.
    Raw(String, Vec<u8>),
}

/// All screens, in the order of the menu.
pub const SCREENS: &[Entry] = screens::ENTRIES;

/// All that can be done.
pub const DEEDS: &[Deed] = screens::DEEDS;

/// The screen of a path, with the object behind it.
#[must_use]
pub fn find(path: &str) -> Option<(&'static Entry, Option<&str>)> {
    SCREENS.iter().find_map(|entry| match entry.path.strip_suffix("{id}") {
        Some(before) => {
            let object = path.strip_prefix(before).filter(|object| !object.is_empty() && !object.contains('/'))?;
            Some((entry, Some(object)))
        }
        None => (entry.path == path || (entry.path == "/" && path == "/overview")).then_some((entry, None)),
    })
}

/// Reads a screen, and shows it.
pub(crate) async fn show<C: Screen, S: Sources>(visit: &Visit<'_, S>, form: Form) -> Result<Shown, Trouble> {
    let data = visit.shelf.read::<C, S>(visit).await?;
    Ok(match form {
        Form::Page => Shown::Page(C::page(&data, &visit.view)),
        Form::Json => Shown::Json(C::json(&data, &visit.view)),
        Form::Raw => return Err(Trouble::NotFound),
        Form::Csv => {
            let tables = C::tables(&data, &visit.view);
            let wanted = visit.query.get("table");
            let table = match wanted {
                Some(name) => tables.iter().find(|table| table.name == name),
                None => tables.first(),
            };
            let table = table.ok_or(Trouble::NotFound)?;
            Shown::Csv(format!("{}.csv", table.name), table.csv())
        }
    })
}

/// The address that a form names for afterwards, when it is one of ours.
#[must_use]
pub fn back(form: &Query) -> Option<&str> {
    // "//host" and "/\host" are addresses of others.
    form.get("back").filter(|back| {
        back.starts_with('/')
            && !back.starts_with("//")
            && !back.chars().any(|character| character.is_control() || character == '\\')
    })
}
