//! Who looks at a page: where the page stands, what its addresses begin with, which theme was chosen, what time it is.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{App, Clock};
use crate::auth::Role;
use crate::edge::{BaseUrl, Principal, QueryPairs};

/// Extracted by every handler that makes a page.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// What addresses of this server begin with, seen from a browser; mostly nothing.
    pub(crate) root: String,
    /// The same for the functions of `urls`, which then give addresses for pages.
    pub(crate) site: BaseUrl,
    /// With scheme and host: what a command to copy names.
    pub(crate) base: BaseUrl,
    pub(crate) query: QueryPairs,
    /// When the request came.
    pub(crate) now: DateTime<Utc>,
    pub(super) theme: Theme,
    pub(super) who: Option<Arc<str>>,
    role: Role,
    path: String,
    clock: Clock,
}

/// Chosen by the person, else what the system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theme {
    System,
    Light,
    Dark,
}

impl Viewer {
    pub(super) fn of(app: &App, headers: &HeaderMap, path: &str, query: &str) -> Self {
        Self {
            site: BaseUrl(BaseUrl::prefix(app, headers)),
            root: BaseUrl::prefix(app, headers),
            base: BaseUrl::of(app, headers),
            query: QueryPairs::parse(query),
            now: app.now(),
            theme: Theme::of(headers),
            who: None,
            role: Role::Read,
            path: path.to_owned(),
            clock: app.clock.clone(),
        }
    }

    /// An address of this server as pages link it: `path` begins with a slash, its names are encoded (`urls::path`).
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// Whether to show what changes something: who may only look is offered none of it.
    pub(crate) fn may_change(&self) -> bool {
        self.role >= Role::Write
    }

    /// The path of this page, as the browser sent it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// This page with some parameters changed: given anew, or, with `None`, left out. The others stay.
    pub(crate) fn here_with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        let is_kept = |name: &str| !changes.iter().any(|(changed, _)| *changed == name);
        pairs.extend_pairs(self.query.iter().filter(|(name, _)| is_kept(name)));
        pairs.extend_pairs(changes.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        self.with_query(&self.path, &pairs.finish())
    }

    /// This page as JSON: the same address with the extension that stands for `Accept`.
    pub(crate) fn as_json(&self) -> String {
        self.with_extension("json")
    }

    /// The same for the drawing of this page, where it has one.
    pub(crate) fn as_svg(&self) -> String {
        self.with_extension("svg")
    }

    fn with_extension(&self, extension: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(self.query.iter());
        self.with_query(&format!("{}.{extension}", self.path), &pairs.finish())
    }

    /// For what is looked at elsewhere, as if it were the page at this path: its addresses are whole.
    pub(crate) fn seen_elsewhere(self, path: &str) -> Self {
        let base = self.base.clone();
        Self { root: base.as_str().to_owned(), site: base, path: path.to_owned(), ..self }
    }

    /// The page of the API browser on which this address is shown as HAL.
    pub(crate) fn as_hal(&self) -> String {
        self.at(&format!("/hal-browser/browser.html#{}", self.here_from_root()))
    }

    /// The address of this page without what all addresses of this server begin with.
    fn here_from_root(&self) -> String {
        let here = self.here_with(&[]);
        here.strip_prefix(&self.root).map_or(here.clone(), str::to_owned)
    }

    /// How long this page has been in the making.
    pub(super) fn took(&self) -> TimeDelta {
        self.clock.now() - self.now
    }

    fn with_query(&self, path: &str, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.root)
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let mut viewer = Self::of(app, &parts.headers, uri.path(), uri.query().unwrap_or_default());
        viewer.who = parts.extensions.get::<Principal>().map(|principal| Arc::clone(&principal.name));
        viewer.role = parts.extensions.get::<Role>().copied().unwrap_or(Role::Read);
        Ok(viewer)
    }
}

impl Theme {
    fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let chosen = lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix("theme="));
        chosen.map_or(Self::System, Self::named)
    }

    /// What is no theme is what the system prefers.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// As the cookie and the page have it; `None` leaves it to the system.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Who looks at this address.
    pub(crate) fn viewer(path: &str, query: &str) -> Viewer {
        let now = DateTime::from_timestamp(1_795_356_360, 0).unwrap();
        Viewer {
            root: String::new(),
            site: BaseUrl(String::new()),
            base: BaseUrl("http://pactolus.test".into()),
            query: QueryPairs::parse(query),
            now,
            theme: Theme::System,
            who: None,
            role: Role::Write,
            path: path.into(),
            clock: Clock::manual(now),
        }
    }

    #[test]
    fn the_address_of_a_page_keeps_what_is_not_changed() {
        let viewer = Viewer { root: "/pacts".into(), ..viewer("/pacticipants/a%20b", "q=x&team=y%26z&after=9") };

        let changed = viewer.here_with(&[("team", Some("web shop")), ("after", None)]);

        assert_eq!(changed, "/pacts/pacticipants/a%20b?q=x&team=web+shop");
        assert_eq!(viewer.as_json(), "/pacts/pacticipants/a%20b.json?q=x&team=y%26z&after=9");
        assert_eq!(viewer.as_hal(), "/pacts/hal-browser/browser.html#/pacticipants/a%20b?q=x&team=y%26z&after=9");
    }

    #[test]
    fn what_addresses_begin_with_is_taken_off_once() {
        let viewer = Viewer { root: "/pacts".into(), ..viewer("/pacts/provider/a/consumer/b/latest", "") };

        assert_eq!(viewer.as_hal(), "/pacts/hal-browser/browser.html#/pacts/provider/a/consumer/b/latest");
    }

    #[test]
    fn a_theme_is_read_from_its_cookie() {
        let theme = |cookie: &str| Theme::of(&HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]));

        assert_eq!(theme("a=b; theme=dark"), Theme::Dark);
        assert_eq!(theme("theme=light"), Theme::Light);
        assert_eq!(theme("theme=\"><script>"), Theme::System);
        assert_eq!(theme("other=theme"), Theme::System);
    }
}
