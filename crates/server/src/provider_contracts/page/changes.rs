//! The difference between the documents of two versions: what changed, the gravest first, and both texts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use maud::{Markup, html};
use pactolus_oas::diff::{Change, Day};
use pactolus_oas::document::Document;
use pactolus_oas::finding::Severity;
use pactolus_oas::preview::Level;
use pactolus_oas::source::Budget;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices_deadline};

use super::consumers::number;
use super::excerpt::Text;
use super::finding::said;
use super::gather::{Other, Told};
use crate::ui::parts::{TwoSided, Verdict, count, counted, sentence, shape, short, tag, two_sided};
use crate::usage::{Hit, grade_once};

/// Changes of one kind that are shown.
const MOST: usize = 60;
/// Lines that are the same beside those that are not.
const CONTEXT: usize = 3;
/// Lines of the difference.
const MOST_LINES: usize = 500;
/// Changes that are told on one line.
const MOST_MARKS: usize = 3;
/// Longer texts are not laid beside each other.
const MOST_COMPARED: usize = 60_000;
/// After so long two texts are told apart only coarsely.
const LONGEST_COMPARING: Duration = Duration::from_millis(500);

/// How grave changes are, with the consumers in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    /// A consumer that is known no longer fits.
    Breaks,
    /// It could break somebody; nobody is known to break.
    BreaksNoKnown,
    Safe,
}

const GRADES: [Grade; 3] = [Grade::Breaks, Grade::BreaksNoKnown, Grade::Safe];

impl Grade {
    fn of(hit: &Hit) -> Self {
        let may_break = hit.change.severity > Severity::Info && !hit.change.harmless;
        match (hit.level == Level::Breaking, may_break) {
            (true, _) => Self::Breaks,
            (false, true) => Self::BreaksNoKnown,
            (false, false) => Self::Safe,
        }
    }

    fn verdict(self) -> Verdict {
        match self {
            Self::Breaks => Verdict::Failed,
            Self::BreaksNoKnown => Verdict::Warning,
            Self::Safe => Verdict::Passed,
        }
    }

    fn words(self, is_known: bool) -> &'static str {
        match self {
            Self::Breaks => "Breaks a known consumer",
            Self::BreaksNoKnown if is_known => "Breaks no known consumer, but may break others",
            Self::BreaksNoKnown => "May break a consumer",
            Self::Safe => "Safe",
        }
    }
}

/// What differs from the other version, which is taken for the older one.
pub(super) fn changes(told: &Told, other: &Other, today: Day) -> Markup {
    let load = |text: &str| Document::load(text, &Budget::default());
    let (old, new) = match (load(&other.text), load(&told.text)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) | (_, Err(error)) => {
            let words = html! { "One of the two documents can't be read, so they can't be compared: " (error) "." };
            return html! { div .panel { div .in { (sentence(Verdict::Warning, &words)) } } };
        }
    };
    let hits = grade_once(told.tenant, (&other.text, &old), (&told.text, &new), other.held.as_deref(), today);
    let mut order: Vec<usize> = (0..hits.len()).collect();
    order.sort_by_key(|place| Grade::of(&hits[*place]));
    let (texts, linked) = texts(&Text::of(&other.text), &Text::of(&told.text), &hits);
    let list = List { hits: &hits, order: &order, linked: &linked, is_known: other.held.is_some() };
    html! {
        div .panel .contract .single {
            div .chosen {
                article .pane .difference {
                    header { h2 { "From " span .mono { (short(&other.version)) } " to " span .mono { (short(&told.shown.version)) } } }
                    (answer(told, other, &hits))
                    @for grade in GRADES { (list.of_grade(grade)) }
                    (texts)
                }
            }
        }
    }
}

/// Whom it hits, in a sentence.
fn answer(told: &Told, other: &Other, hits: &[Hit]) -> Markup {
    let broken: BTreeSet<&String> = hits.iter().flat_map(|hit| &hit.breaks).collect();
    let may_break = hits.iter().filter(|hit| Grade::of(hit) == Grade::BreaksNoKnown).count();
    let consumers = told.counting.iter().map(|version| &version.consumer).collect::<BTreeSet<_>>().len();
    let held = counted(number(consumers), "consumer", "consumers");
    if hits.is_empty() {
        return if other.text == told.text {
            sentence(Verdict::Passed, &html! { b { "Both versions have the same document." } })
        } else {
            sentence(Verdict::Passed, &html! { b { "Both promise the same." } " Only the text differs." })
        };
    }
    if other.held.is_none() {
        let command = "pactolus preview";
        return sentence(
            Verdict::NotVerified,
            &html! { b { "Whom this breaks is not told here:" } " the contracts of " (held) " are too many to hold against both at once. " code { (command) } " does." },
        );
    }
    if !broken.is_empty() {
        let names: Vec<&str> = broken.iter().map(|name| name.as_str()).collect();
        return sentence(
            Verdict::Failed,
            &html! { b { "Breaks " @for (index, name) in names.iter().take(8).enumerate() { @if index > 0 { ", " } (name) } @if names.len() > 8 { " and " (names.len() - 8) " more" } "." } " Their contracts fit the old document and don't fit the new one." },
        );
    }
    let verdict = if may_break > 0 { Verdict::Warning } else { Verdict::Passed };
    sentence(
        verdict,
        &html! { b { "Breaks nobody who is known:" } " the contracts of " (held) " were held against both." },
    )
}

/// The changes in words.
struct List<'l> {
    hits: &'l [Hit],
    /// The gravest first.
    order: &'l [usize],
    /// Those that are marked in the texts.
    linked: &'l BTreeSet<usize>,
    /// Whether contracts were held against both.
    is_known: bool,
}

impl List<'_> {
    fn of_grade(&self, grade: Grade) -> Markup {
        let own: Vec<usize> =
            self.order.iter().copied().filter(|place| Grade::of(&self.hits[*place]) == grade).collect();
        let rows = html! {
            ul { @for place in own.iter().take(MOST) { (self.row(*place, grade)) } }
            @if own.len() > MOST { p .note { (own.len() - MOST) " more." } }
        };
        let head = html! {
            (shape(grade.verdict())) h3 { (grade.words(self.is_known)) } span .quiet { (count(number(own.len()))) }
        };
        html! {
            @if own.is_empty() {
            } @else if grade == Grade::Safe {
                section .part .graded { details { summary { (head) } (rows) } }
            } @else {
                section .part .graded { header { (head) } (rows) }
            }
        }
    }

    fn row(&self, place: usize, grade: Grade) -> Markup {
        let Hit { change, breaks, uses, .. } = &self.hits[place];
        html! {
            li {
                @if self.linked.contains(&place) { a .what href={ "#c" (place + 1) } { (said(&change.message)) } }
                @else { span .what { (said(&change.message)) } }
                @if let (Some(method), Some(path)) = (&change.operation, &change.path) { span .mono .path { (method) " " (path) } }
                (tags(breaks, uses, grade))
            }
        }
    }
}

fn tags(breaks: &BTreeSet<String>, uses: &BTreeSet<String>, grade: Grade) -> Markup {
    html! {
        span .tags {
            @for name in breaks.iter().take(6) { span .breaks { (tag(None, &format!("breaks {name}"))) } }
            @if breaks.len() > 6 { span .breaks { (tag(None, &format!("breaks {} more", breaks.len() - 6))) } }
            @for name in uses.iter().take(6) { (tag(None, &format!("{name} uses it"))) }
            @if uses.len() > 6 { (tag(None, &format!("{} more use it", uses.len() - 6))) }
            @if grade == Grade::Safe { (tag(None, "safe")) }
        }
    }
}

/// Both texts, with what each change means where it stands; and which changes are marked there.
fn texts(old: &Text, new: &Text, hits: &[Hit]) -> (Markup, BTreeSet<usize>) {
    let mut linked = BTreeSet::new();
    if old.lines().len() + new.lines().len() > MOST_COMPARED {
        let words = html! { p .note { "The two texts are too long to be laid beside each other." } };
        return (words, linked);
    }
    let runs = runs(old.lines(), new.lines(), Some(Instant::now() + LONGEST_COMPARING));
    if runs.iter().all(|run| run.tag() == DiffTag::Equal) {
        return (html! {}, linked);
    }
    let marks = Marks::of(old, new, hits);
    let mut rows = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let (left, right) = (run.old_range(), run.new_range());
        match run.tag() {
            DiffTag::Equal => {
                let (is_first, is_last) = (index == 0, index + 1 == runs.len());
                same(old, (left.start, right.start, left.len()), (is_first, is_last), &mut rows);
            }
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                for line in left.take(MOST_LINES.saturating_sub(rows.len())) {
                    let tag = mark(marks.old.get(&(line + 1)), &mut linked);
                    rows.push(TwoSided::Removed { left: line + 1, text: html! { (old.shown(line + 1)) }, tag });
                }
                for line in right.take(MOST_LINES.saturating_sub(rows.len())) {
                    let tag = mark(marks.new.get(&(line + 1)), &mut linked);
                    rows.push(TwoSided::Added { right: line + 1, text: html! { (new.shown(line + 1)) }, tag });
                }
            }
        }
        if rows.len() >= MOST_LINES {
            break;
        }
    }
    let is_cut = rows.len() >= MOST_LINES;
    let shown = html! {
        section .part .texts {
            header { h3 { "Both documents" } @if old.is_laid_out() || new.is_laid_out() { span .quiet { "laid out for reading" } } }
            (two_sided(&rows))
            @if is_cut { p .note { "There is more." } }
        }
    };
    (shown, linked)
}

/// What both have, and what stands in place of what. Lines that each has once hold the two together; texts that are made to be
/// told apart slowly are told apart more coarsely from `deadline` on.
fn runs(old: &[String], new: &[String], deadline: Option<Instant>) -> Vec<DiffOp> {
    capture_diff_slices_deadline(Algorithm::Patience, old, new, deadline)
}

/// What is the same, but for some lines beside what is not, is folded.
fn same(text: &Text, (left, right, count): (usize, usize, usize), ends: (bool, bool), rows: &mut Vec<TwoSided>) {
    let (is_first, is_last) = ends;
    let before = if is_first { 0 } else { CONTEXT.min(count) };
    let after = if is_last { 0 } else { CONTEXT.min(count - before) };
    let line = |at: usize| TwoSided::Same {
        left: left + at + 1,
        right: right + at + 1,
        text: html! { (text.shown(left + at + 1)) },
    };
    rows.extend((0..before).map(line));
    match count - before - after {
        0 => {}
        1 => rows.push(line(before)),
        folded => rows.push(TwoSided::Folded(folded)),
    }
    rows.extend((count - after..count).map(line));
}

/// Changes by the line on which each stands.
struct Marks<'h> {
    old: BTreeMap<usize, Vec<(usize, &'h Hit)>>,
    new: BTreeMap<usize, Vec<(usize, &'h Hit)>>,
}

impl<'h> Marks<'h> {
    fn of(old: &Text, new: &Text, hits: &'h [Hit]) -> Self {
        let mut marks = Self { old: BTreeMap::new(), new: BTreeMap::new() };
        for (place, hit) in hits.iter().enumerate() {
            let Change { old: before, new: after, to, .. } = &hit.change;
            let is_gone = to.is_null();
            let (spots, text, spot) = match (before, after) {
                (Some(spot), _) if is_gone || after.is_none() => (&mut marks.old, old, spot),
                (_, Some(spot)) => (&mut marks.new, new, spot),
                (Some(spot), None) => (&mut marks.old, old, spot),
                (None, None) => continue,
            };
            let received = usize::try_from(spot.position.line).unwrap_or(1);
            spots.entry(text.line(spot.pointer.as_str(), received)).or_default().push((place, hit));
        }
        marks
    }
}

fn mark(hits: Option<&Vec<(usize, &Hit)>>, linked: &mut BTreeSet<usize>) -> Option<Markup> {
    let shown = hits?.get(..hits?.len().min(MOST_MARKS))?;
    linked.extend(shown.iter().map(|(place, _)| *place));
    Some(html! {
        @for (place, hit) in shown {
            @let grade = Grade::of(hit);
            span .mark id={ "c" (place + 1) } {
                (shape(grade.verdict())) " " (said(&hit.change.message)) " "
                (tags(&hit.breaks, &BTreeSet::new(), grade))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a difference is written: what is removed before what is added.
    fn check(old: &str, new: &str, expected: &str) {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));

        let mut shown = Vec::new();
        for run in runs(&old, &new, None) {
            let (left, right) = (&old[run.old_range()], &new[run.new_range()]);
            if run.tag() == DiffTag::Equal {
                assert_eq!(left, right);
                shown.extend(left.iter().cloned());
            } else {
                shown.extend(left.iter().map(|line| format!("-{line}")));
                shown.extend(right.iter().map(|line| format!("+{line}")));
            }
        }

        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn what_both_have_stands_once() {
        check("a b c", "a b c", "a b c");
        check("a b c", "a x c", "a -b +x c");
        check("a b c", "a c", "a -b c");
        check("", "a b", "+a +b");
        check("a", "", "-a");
        check("", "", "");
    }

    #[test]
    fn lines_that_stand_once_hold_the_texts_together() {
        check("a { x } b { y }", "b { y }", "-a -{ -x -} b { y }");
        check("a { x } c { z }", "a { x } b { y } c { z }", "a { x } +b +{ +y +} c { z }");
        check("p q r s", "r s p q", "+r +s p q -r -s");
    }

    #[test]
    fn texts_that_take_too_long_are_told_apart_nevertheless() {
        let lines = |step: usize| (0..30_000).map(|at| ((at * step) % 7_919 % 53).to_string()).collect::<Vec<_>>();
        let (old, new) = (lines(31), lines(37));

        let told = runs(&old, &new, Some(Instant::now()));

        let (left, right) =
            (told.iter().map(|run| run.old_range().len()), told.iter().map(|run| run.new_range().len()));
        assert_eq!((left.sum::<usize>(), right.sum::<usize>()), (old.len(), new.len()));
    }
}
