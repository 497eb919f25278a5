//! Bodies as lines: number, text, and beside the field the rule that binds it; a mismatch is marked where it happened.

use maud::{Markup, html};

use super::verdict::{Verdict, shape_alone};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Expected, and something else came: the next line says what.
    Bad,
    /// Expected, and nothing came.
    Missing,
    /// What came instead, or unexpectedly.
    Got,
}

pub(crate) struct Line {
    pub(crate) kind: Kind,
    /// A marked line can be linked: `i2-amount`.
    pub(crate) id: Option<String>,
    pub(crate) number: Option<usize>,
    /// The text with its indentation; `t-string`, `t-number` and `t-mark` colour it.
    pub(crate) text: Markup,
    /// The rule that binds this field, in words.
    pub(crate) rule: Option<Markup>,
    /// What is wrong, in a sentence.
    pub(crate) note: Option<String>,
}

/// `has_rules` keeps a column for them.
pub(crate) fn lines(lines: &[Line], has_rules: bool) -> Markup {
    html! { ol .lines .bare[!has_rules] { @for line in lines { (of(line, has_rules)) } } }
}

fn of(line: &Line, has_rules: bool) -> Markup {
    let class = match line.kind {
        Kind::Plain => None,
        Kind::Bad => Some("bad"),
        Kind::Missing => Some("bad missing"),
        Kind::Got => Some("got"),
    };
    let is_marked = matches!(line.kind, Kind::Bad | Kind::Missing) || (line.kind == Kind::Got && line.id.is_some());
    html! {
        li class=[class] id=[line.id.as_deref()] data-mismatch[is_marked && line.id.is_some()] {
            span .n {
                @if is_marked { (shape_alone(Verdict::Failed, "Mismatch")) } @else if let Some(number) = line.number { (number) }
            }
            span .text { @if line.kind == Kind::Got { small { "got" } } (line.text) }
            @if has_rules || line.note.is_some() {
                span .rule {
                    @if let Some(rule) = &line.rule { span { (rule) } }
                    @if line.kind == Kind::Missing { " missing" }
                    @if let Some(note) = &line.note { " " (note) }
                }
            }
        }
    }
}

/// A line of a difference.
pub(crate) enum TwoSided {
    /// On both sides.
    Same {
        left: usize,
        right: usize,
        text: Markup,
    },
    Added {
        right: usize,
        text: Markup,
        tag: Option<Markup>,
    },
    Removed {
        left: usize,
        text: Markup,
        tag: Option<Markup>,
    },
    /// So many lines are the same.
    Folded(usize),
}

/// Two numbered columns, and each change with what it means for somebody.
pub(crate) fn two_sided(lines: &[TwoSided]) -> Markup {
    html! { ol .lines .two { @for line in lines { (of_two(line)) } } }
}

fn of_two(line: &TwoSided) -> Markup {
    match line {
        TwoSided::Folded(count) => html! { li .fold { (count) " lines same" } },
        TwoSided::Same { left, right, text } => html! {
            li { span .n { (left) } span .n { (right) } span {} span .text { (text) } span {} }
        },
        TwoSided::Added { right, text, tag } => html! {
            li .added { span .n {} span .n { (right) } span { "+" } span .text { (text) } span { @if let Some(tag) = tag { (tag) } } }
        },
        TwoSided::Removed { left, text, tag } => html! {
            li .removed { span .n { (left) } span .n {} span { "−" } span .text { (text) } span { @if let Some(tag) = tag { (tag) } } }
        },
    }
}
