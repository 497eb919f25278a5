//! The frame around every page: header with the sections and the search, main part, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::page::MARK;
use super::parts::{icon, sprite};
use super::viewer::Theme;

/// What the header leads to; the one that a page belongs to is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// The page belongs to none: home, search, errors.
    None,
    Applications,
    Matrix,
    Gate,
    Map,
    Environments,
    OpenApi,
    Automation,
    Api,
}

const SECTIONS: [(Section, &str, &str); 8] = [
    (Section::Applications, "/pacticipants", "Applications"),
    (Section::Matrix, "/matrix", "Matrix"),
    (Section::Gate, "/can-i-deploy", "Gate"),
    (Section::Map, "/map", "Map"),
    (Section::Environments, "/environments", "Environments"),
    (Section::OpenApi, "/provider-contracts", "OpenAPI"),
    (Section::Automation, "/webhooks", "Automation"),
    (Section::Api, "/doc", "API"),
];

/// Keys and what they do, as `assets/pages.js` has them.
const KEYS: [(&str, &str); 18] = [
    ("/", "Search"),
    ("g h", "Home"),
    ("g a", "Applications"),
    ("g m", "Matrix"),
    ("g g", "Gate"),
    ("g s", "Map"),
    ("g e", "Environments"),
    ("g o", "OpenAPI"),
    ("g w", "Webhooks"),
    ("j k", "Next, previous in a list"),
    ("Enter", "Open"),
    ("n p", "Next, previous mismatch"),
    ("d", "Difference"),
    ("e", "Expected, actual, both"),
    ("c", "Copy the link"),
    ("y", "This page as JSON"),
    ("?", "This help"),
    ("Esc", "Close"),
];

/// What the frame says about the page in it.
pub(super) struct Frame<'a> {
    /// What addresses of this server begin with, seen from the page.
    pub(super) root: &'a str,
    pub(super) title: &'a str,
    pub(super) section: Section,
    pub(super) theme: Theme,
    /// Where the page stands; `None` for one that is the same for everybody.
    pub(super) here: Option<&'a str>,
    pub(super) who: Option<&'a str>,
    /// Of the page as JSON.
    pub(super) json: Option<&'a str>,
    pub(super) took_ms: Option<i64>,
    /// On the main part.
    pub(super) class: Option<&'a str>,
}

impl Frame<'_> {
    pub(super) fn around(&self, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" data-theme=[self.theme.name()] {
                (self.head())
                body {
                    a .skip href="#content" { "Skip to content" }
                    (sprite())
                    (self.top())
                    main #content tabindex="-1" class=[self.class] { (content) }
                    (self.foot())
                    div .toast role="status" {}
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let asset = |name| format!("{}/assets/{}", self.root, assets::kept_name(name));
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // It would put styles into the page, and run what attributes say.
                meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"historyCacheSize":0,"scrollBehavior":"auto"}"#;
                title { (self.title) " · Pactolus" }
                link rel="icon" type="image/svg+xml" href={ (self.root) "/assets/mark.svg" };
                link rel="preload" as="font" type="font/woff2" crossorigin href=(asset("ibm-plex-sans.woff2"));
                link rel="stylesheet" href=(asset("pages.css"));
                script src=(asset("htmx.js")) defer {}
                script src=(asset("pages.js")) defer {}
            }
        }
    }

    fn top(&self) -> Markup {
        let root = self.root;
        html! {
            header .top {
                div .in {
                    a .home href={ (root) "/" } { (PreEscaped(MARK)) "Pactolus" }
                    nav .sections aria-label="Sections" { (self.sections()) }
                    form .search role="search" action={ (root) "/search" } method="get" {
                        (icon("search"))
                        input type="search" name="q" placeholder="Search everything" aria-label="Search everything" autocomplete="off"
                            spellcheck="false" hx-get={ (root) "/search" } hx-trigger="input changed delay:200ms" hx-target="#found"
                            hx-select="#results" hx-swap="innerHTML" hx-sync="this:replace";
                        kbd aria-hidden="true" { "/" }
                        div .found #found {}
                    }
                    a .square .small href={ (root) "/search" } aria-label="Search" { (icon("search")) }
                    span .wide-only { (self.themes()) }
                    @if let Some(who) = self.who {
                        span .person .wide-only title=(who) role="img" aria-label={ "Signed in as " (who) } { (initials(who)) }
                    }
                    details .menu {
                        summary .square aria-label="Menu" { (icon("menu")) }
                        nav aria-label="Menu" { (self.sections()) (self.themes()) }
                    }
                }
            }
        }
    }

    fn sections(&self) -> Markup {
        html! {
            @for (section, path, words) in SECTIONS {
                a href={ (self.root) (path) } aria-current=[(section == self.section).then_some("true")] { (words) }
            }
        }
    }

    /// A page that leaves the theme to the system offers what the system does not show.
    fn themes(&self) -> Markup {
        let Some(here) = self.here else { return html! {} };
        let to = |theme: &str| {
            let back: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
            format!("{}/theme?to={theme}&back={back}", self.root)
        };
        html! {
            @if self.theme != Theme::Dark { a .square .to-dark href=(to("dark")) rel="nofollow" title="Dark" aria-label="Dark theme" { (icon("moon")) span .words { "Dark" } } }
            @if self.theme != Theme::Light { a .square .to-light href=(to("light")) rel="nofollow" title="Light" aria-label="Light theme" { (icon("sun")) span .words { "Light" } } }
        }
    }

    fn foot(&self) -> Markup {
        html! {
            footer .foot {
                p {
                    span { "Pactolus " (env!("CARGO_PKG_VERSION")) }
                    @if let Some(took) = self.took_ms { span { "Page in " (took) " ms" } }
                }
                nav #about aria-label="About this page" {
                    @if let Some(json) = self.json { a href=(json) data-key="y" { "This page as JSON" } }
                }
                details .keys #keys {
                    summary { "Keyboard" }
                    dl { @for (keys, words) in KEYS { div { dt { kbd { (keys) } } dd { (words) } } } }
                    label hidden { input #keys-off type="checkbox"; " Turn single keys off" }
                }
            }
        }
    }
}

/// Two letters of a name.
fn initials(who: &str) -> String {
    let words = who.strip_prefix("user ").unwrap_or(who).split(|letter: char| !letter.is_alphanumeric());
    words.filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
}
