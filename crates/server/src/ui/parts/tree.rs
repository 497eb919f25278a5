//! The reasons of a verdict as a tree: what failed is open with its facts, what passed is quiet, and many of those are folded.

use maud::{Markup, html};

use super::time::count;
use super::verdict::{Verdict, shape};

/// More passed siblings than these become one line.
const MOST_PASSED: usize = 8;

pub(crate) struct Node {
    pub(crate) verdict: Verdict,
    /// Name and chip, or a sentence.
    pub(crate) title: Markup,
    /// The verdict in words; `None` where the title says it.
    pub(crate) word: Option<&'static str>,
    pub(crate) age: Option<Markup>,
    /// Address and words of what shows it.
    pub(crate) evidence: Option<(String, &'static str)>,
    /// What is needed and what came, or what was asked: name and value.
    pub(crate) facts: Vec<(&'static str, Markup)>,
    pub(crate) reasons: Vec<Node>,
}

pub(crate) fn tree(root: &Node) -> Markup {
    html! { ul .tree { li { (of(root)) } } }
}

fn of(node: &Node) -> Markup {
    html! {
        div .node {
            div .what { (shape(node.verdict)) (node.title) }
            @if node.word.is_some() || node.age.is_some() || node.evidence.is_some() {
                span class={ "word " (node.verdict.class()) } { @if let Some(word) = node.word { (word) } }
                span .age { @if let Some(age) = &node.age { (age) } }
                span { @if let Some((href, words)) = &node.evidence { a .link .evidence href=(href) { (words) } } }
            }
        }
        @if !node.facts.is_empty() {
            div class={ "because " (node.verdict.class()) } { (super::about(&node.facts)) }
        }
        @if !node.reasons.is_empty() { (reasons(&node.reasons)) }
    }
}

fn reasons(nodes: &[Node]) -> Markup {
    let is_quiet = |node: &&Node| node.verdict == Verdict::Passed && node.reasons.is_empty();
    let passed: Vec<&Node> = nodes.iter().filter(is_quiet).collect();
    let is_folded = passed.len() > MOST_PASSED;
    html! {
        ul {
            @for node in nodes.iter().filter(|node| !(is_folded && is_quiet(node))) { li { (of(node)) } }
            @if is_folded {
                li { details {
                    summary { (shape(Verdict::Passed)) (count(i64::try_from(passed.len()).unwrap_or(i64::MAX))) " passed" }
                    ul { @for node in passed { li { (of(node)) } } }
                } }
            }
        }
    }
}
