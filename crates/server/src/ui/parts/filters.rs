//! Filters: a form whose fields stand in the address. What is not as it would be is gold.

use maud::{Markup, html};

use super::icons::icon;
use crate::ui::Viewer;

/// A field to write in, or values to choose from.
pub(crate) enum Filter<'a> {
    /// Text that is looked for.
    Text {
        name: &'a str,
        label: &'a str,
    },
    Choice(Choice<'a>),
}

pub(crate) struct Choice<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    /// Value and words; the first is what holds without a choice, and its value is empty.
    pub(crate) options: Vec<(String, String)>,
}

/// The filters of a list.
pub(crate) struct Filters<'a> {
    pub(crate) fields: Vec<Filter<'a>>,
    /// The id of what they filter: it is replaced in place where a script runs.
    pub(crate) target: &'a str,
    /// What stands at the end.
    pub(crate) end: Option<Markup>,
}

impl Filters<'_> {
    pub(crate) fn show(&self, viewer: &Viewer) -> Markup {
        let here = viewer.at(viewer.path());
        let target = format!("#{}", self.target);
        let names: Vec<&str> = self.fields.iter().map(Filter::name).collect();
        let is_set = names.iter().any(|name| viewer.query.last(name).is_some());
        let cleared: Vec<(&str, Option<&str>)> =
            names.iter().chain(&["after", "before", "page"]).map(|name| (*name, None)).collect();
        html! {
            form .filters role="search" aria-label="Filters" action=(here) method="get" hx-get=(here) hx-target=(target)
                hx-select=(target) hx-swap="outerHTML" hx-push-url="true" hx-select-oob="#filters-end,#way,#heading,#about" hx-sync="this:replace" hx-trigger="submit, change, input delay:250ms" {
                @for (name, value) in viewer.query.iter().filter(|(name, value)| !value.is_empty() && !cleared.iter().any(|(own, _)| own == name)) {
                    input type="hidden" name=(name) value=(value);
                }
                @for filter in &self.fields { @if let Filter::Text { name, label } = filter { (text(viewer, name, label)) } }
                @if self.fields.iter().any(|filter| matches!(filter, Filter::Choice(_))) {
                    input .more .vh #filters-open type="checkbox" aria-label="Show the filters";
                    label .open .button for="filters-open" { "Filters" (icon("down")) }
                    div .choices { @for filter in &self.fields { @if let Filter::Choice(one) = filter { (choice(viewer, one)) } } }
                }
                button .apply type="submit" { "Apply" }
                div .end #filters-end {
                    @if is_set { a .link href=(viewer.here_with(&cleared)) { "Clear" } }
                    @if let Some(end) = &self.end { (end) }
                }
            }
        }
    }
}

impl Filter<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Text { name, .. } | Self::Choice(Choice { name, .. }) => name,
        }
    }
}

fn text(viewer: &Viewer, name: &str, label: &str) -> Markup {
    let value = viewer.query.last(name);
    html! {
        span .field .set[value.is_some()] {
            (icon("search"))
            input type="search" name=(name) value=[value] placeholder=(label) aria-label=(label) autocomplete="off" spellcheck="false";
        }
    }
}

fn choice(viewer: &Viewer, choice: &Choice<'_>) -> Markup {
    let value = viewer.query.last(choice.name).unwrap_or_default();
    let is_known = choice.options.iter().any(|(own, _)| own == value);
    html! {
        label .choice .set[!value.is_empty()] {
            span { (choice.label) }
            select name=(choice.name) {
                @for (own, words) in &choice.options { option value=(own) selected[own == value] { (words) } }
                // What an old address asks for is still said.
                @if !is_known { option value=(value) selected { (value) } }
            }
            (icon("down"))
        }
    }
}
