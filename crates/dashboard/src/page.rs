//! The frame: what stands around every page.

use maud::{DOCTYPE, Markup, html};
use words::Language;

use crate::ask::View;
use crate::assets::{SCRIPT, STYLE};
use crate::parts::{Tone, notice};
use crate::screen::{SCREENS, Section};
use crate::who::Role;

/// What a screen puts into the frame.
#[derive(Clone, Debug)]
pub struct Page {
    /// The heading, and the first part of the window's title.
    pub title: String,
    /// A line or a few below it, that say what is seen.
    pub lead: Option<Markup>,
    /// All else.
    pub body: Markup,
}

impl Page {
    /// A page.
    #[must_use]
    pub fn new(title: String, body: Markup) -> Self {
        Self { title, lead: None, body }
    }

    /// With a line that says what is seen.
    #[must_use]
    pub fn lead(mut self, lead: Markup) -> Self {
        self.lead = Some(lead);
        self
    }
}

/// The whole page. `here` is the id of its screen; pages that are none of a screen have none.
#[must_use]
pub fn framed(page: &Page, here: Option<&str>, view: &View<'_>) -> String {
    let language = view.language().tag();
    let done = view.query.get("done").filter(|id| id.starts_with("page-done-"));
    let document = html! {
        (DOCTYPE)
        html lang=(language) data-theme=[view.who.theme.as_deref()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " · " (view.word("page-label-brand")) }
                link rel="stylesheet" href=(STYLE.path());
                link rel="icon" href=(crate::assets::ICON.path()) type="image/svg+xml";
                script src=(SCRIPT.path()) defer {}
            }
            body {
                a .skip href="#main" { (view.word("page-label-skip")) }
                (banner(view))
                div .frame {
                    (menu(here, view))
                    main #main tabindex="-1" {
                        @if view.settings.is_demo { (notice(Tone::Plain, &html! { (view.word("page-demo")) })) }
                        @if let Some(id) = done { div role="status" { (notice(Tone::Good, &html! { (view.word(id)) })) } }
                        h1 { (page.title) }
                        @if let Some(lead) = &page.lead { div .lead { (lead) } }
                        (page.body)
                    }
                }
                footer { (view.word("page-label-footer")) }
            }
        }
    };
    document.into_string()
}

fn banner(view: &View<'_>) -> Markup {
    let other = match view.language() {
        Language::English => (Language::Japanese, "日本語"),
        Language::Japanese => (Language::English, "English"),
    };
    html! {
        header .banner {
            a .brand href="/" { span lang="ja" { "関所" } " Sekisho" }
            @if !view.settings.name.is_empty() { span .house { (view.settings.name) } }
            span .push {}
            a href=(view.link("lang", Some(other.0.tag()))) lang=(other.0.tag()) hreflang=(other.0.tag()) { (other.1) }
            @if view.who.is_named() {
                a href="/settings" { (view.who.name) }
                (crate::parts::action(view, "/logout", &[], &html! {}, &view.word("page-label-logout")))
            } @else if view.settings.guest.is_some() {
                a href="/login" { (view.word("page-label-login")) }
            }
        }
    }
}

/// The screens that the person may see, by section. Without a script, and where it is narrow, it folds by itself.
fn menu(here: Option<&str>, view: &View<'_>) -> Markup {
    let is_shown =
        |needs: Option<Role>| view.who.role >= needs && (view.who.is_named() || view.settings.guest.is_some());
    html! {
        nav .menu aria-label=(view.word("page-label-menu")) {
            input type="checkbox" #fold .fold;
            label for="fold" { (view.word("page-label-menu")) }
            @for section in Section::ALL {
                @let screens: Vec<_> = SCREENS.iter().filter(|screen| screen.section == Some(section) && is_shown(screen.needs)).collect();
                @if !screens.is_empty() {
                    div .section {
                        h2 { (view.word(section.label())) }
                        ul { @for screen in screens { li {
                            a href=(screen.path) aria-current=[(here == Some(screen.id)).then_some("page")] { (view.word(screen.label)) }
                        } } }
                    }
                }
            }
        }
    }
}
