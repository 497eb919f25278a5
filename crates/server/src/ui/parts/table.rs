//! Heads and feet of tables. The order and the page stand in the address.

use maud::{Markup, html};

use super::icons::icon;
use super::time::{count, counted};
use crate::ui::Viewer;

/// A column's head.
pub(crate) struct Column<'a> {
    pub(crate) label: &'a str,
    /// The value of `sort` that orders by it; `None` where the list can't be ordered so.
    pub(crate) sort: Option<&'a str>,
    /// Numbers and ages stand right.
    pub(crate) is_number: bool,
    /// Left out where the screen is small.
    pub(crate) is_wide_only: bool,
}

impl<'a> Column<'a> {
    pub(crate) fn text(label: &'a str) -> Self {
        Self { label, sort: None, is_number: false, is_wide_only: false }
    }

    pub(crate) fn number(label: &'a str) -> Self {
        Self { is_number: true, ..Self::text(label) }
    }

    pub(crate) fn wide_only(self) -> Self {
        Self { is_wide_only: true, ..self }
    }

    pub(crate) fn sorts_by(self, sort: &'a str) -> Self {
        Self { sort: Some(sort), ..self }
    }
}

/// The head of a table that is ordered by `sort`; a minus before it turns the order round. A column whose own sort has the
/// minus falls at first.
pub(crate) fn head(viewer: &Viewer, columns: &[Column<'_>], sort: &str) -> Markup {
    html! { thead { tr { @for column in columns { (of(viewer, column, sort)) } } } }
}

fn of(viewer: &Viewer, column: &Column<'_>, sort: &str) -> Markup {
    let (sorted, is_down) = sort.strip_prefix('-').map_or((sort, false), |sort| (sort, true));
    let is_sorted = column.sort.is_some_and(|own| own.trim_start_matches('-') == sorted);
    let direction = is_sorted.then_some(if is_down { "descending" } else { "ascending" });
    let class = format!(
        "{}{}",
        if column.is_number { "number " } else { "" },
        if column.is_wide_only { "wide-only" } else { "" }
    );
    html! {
        th scope="col" class=[(!class.is_empty()).then_some(class.trim())] aria-sort=[direction] {
            @if let Some(own) = column.sort {
                @let wanted = match (is_sorted, is_down) {
                    (true, true) => sorted.to_owned(),
                    (true, false) => format!("-{sorted}"),
                    (false, _) => own.to_owned(),
                };
                a href=(viewer.here_with(&[("sort", Some(&wanted)), ("after", None), ("before", None), ("page", None)])) {
                    (column.label)
                    @if is_sorted { (icon(if is_down { "down" } else { "up" })) }
                }
            } @else {
                (column.label)
            }
        }
    }
}

/// Which part of a list is shown, and the ways to the others.
pub(crate) struct Foot<'a> {
    /// The number of the first row shown, from 1; `None` where only the order is known.
    pub(crate) first: Option<i64>,
    pub(crate) shown: i64,
    pub(crate) total: Option<i64>,
    /// What is counted: one, many.
    pub(crate) of: (&'a str, &'a str),
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

impl Foot<'_> {
    pub(crate) fn show(&self) -> Markup {
        html! {
            div .foot-of-list {
                span { (self.words()) }
                @if self.previous.is_some() || self.next.is_some() {
                    nav aria-label={ "Pages of " (self.of.1) } {
                        (turn("Previous", self.previous.as_deref())) (turn("Next", self.next.as_deref()))
                    }
                }
            }
        }
    }

    fn words(&self) -> String {
        let (one, many) = self.of;
        match (self.first, self.total) {
            (Some(first), Some(total)) if self.shown < total && self.shown > 0 => {
                format!("{} to {} of {}", count(first), count(first + self.shown - 1), count(total))
            }
            (_, Some(total)) if self.shown < total => format!("{} of {}", count(self.shown), counted(total, one, many)),
            _ => counted(self.shown, one, many),
        }
    }
}

/// The page of a list in memory that `page` in the address asks for, from 1, with its foot.
pub(crate) fn page_of<'r, 'a, T>(
    viewer: &Viewer,
    rows: &'r [T],
    most: usize,
    of: (&'a str, &'a str),
) -> (&'r [T], Foot<'a>) {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let page = viewer.query.last("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).max(1);
    let first = (page - 1).saturating_mul(most).min(rows.len());
    let shown = &rows[first..(first + most).min(rows.len())];
    let turn = |page: usize| viewer.here_with(&[("page", (page > 1).then(|| page.to_string()).as_deref())]);
    let foot = Foot {
        first: Some(number(first) + 1),
        shown: number(shown.len()),
        total: Some(number(rows.len())),
        of,
        previous: (first > 0).then(|| turn(page - 1)),
        next: (first + shown.len() < rows.len()).then(|| turn(page + 1)),
    };
    (shown, foot)
}

fn turn(words: &str, href: Option<&str>) -> Markup {
    html! {
        @if let Some(href) = href { a .button href=(href) { (words) } } @else { span .button aria-disabled="true" { (words) } }
    }
}
