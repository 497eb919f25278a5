//! Which lines two texts have in common, so that the others can be shown beside each other.

use std::collections::HashMap;
use std::ops::Range;

/// A run of lines, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// On both sides, so many from these lines on.
    Same { old: usize, new: usize, count: usize },
    /// Other lines stand in the place of these.
    Other { old: Range<usize>, new: Range<usize> },
}

/// Patience: lines that each text has once hold the two together; between them ends that are equal.
pub(super) fn line_diff(old: &[String], new: &[String]) -> Vec<Run> {
    let mut runs = Vec::new();
    Sides { old, new, runs: &mut runs }.between(0..old.len(), 0..new.len(), 0);
    runs
}

/// Texts that are made to be told apart slowly are not told apart further.
const DEEPEST: usize = 64;

struct Sides<'s> {
    old: &'s [String],
    new: &'s [String],
    runs: &'s mut Vec<Run>,
}

impl Sides<'_> {
    fn between(&mut self, mut left: Range<usize>, mut right: Range<usize>, depth: usize) {
        let (old, new) = (self.old, self.new);
        let first = (left.start, right.start);
        while !left.is_empty() && !right.is_empty() && old[left.start] == new[right.start] {
            (left.start, right.start) = (left.start + 1, right.start + 1);
        }
        push_same(self.runs, first.0, first.1, left.start - first.0);
        let last = left.end;
        while !left.is_empty() && !right.is_empty() && old[left.end - 1] == new[right.end - 1] {
            (left.end, right.end) = (left.end - 1, right.end - 1);
        }
        let is_done = left.is_empty() || right.is_empty() || depth > DEEPEST;
        let anchors = if is_done { Vec::new() } else { anchors(old, new, &left, &right) };
        if anchors.is_empty() {
            if !left.is_empty() || !right.is_empty() {
                self.runs.push(Run::Other { old: left.clone(), new: right.clone() });
            }
        } else {
            let (mut from_left, mut from_right) = (left.start, right.start);
            for (at_left, at_right) in anchors {
                self.between(from_left..at_left, from_right..at_right, depth + 1);
                push_same(self.runs, at_left, at_right, 1);
                (from_left, from_right) = (at_left + 1, at_right + 1);
            }
            self.between(from_left..left.end, from_right..right.end, depth + 1);
        }
        push_same(self.runs, left.end, right.end, last - left.end);
    }
}

/// Lines that stand once on each side, as many as are in the same order on both.
fn anchors(old: &[String], new: &[String], left: &Range<usize>, right: &Range<usize>) -> Vec<(usize, usize)> {
    let (of_old, of_new) = (once(old, left), once(new, right));
    let mut pairs: Vec<(usize, usize)> =
        of_old.iter().filter_map(|(line, place)| Some(((*place)?, (*of_new.get(line)?)?))).collect();
    pairs.sort_unstable();
    rising(&pairs)
}

/// The lines of a part that stand in it once; `None` for those that stand there again.
fn once<'l>(lines: &'l [String], range: &Range<usize>) -> HashMap<&'l str, Option<usize>> {
    let mut places: HashMap<&str, Option<usize>> = HashMap::new();
    for place in range.clone() {
        places.entry(lines[place].as_str()).and_modify(|place| *place = None).or_insert(Some(place));
    }
    places
}

/// The longest run of pairs whose second number rises, too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // Of each length, the pair with the smallest end; and of each pair, the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, right)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *right);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut chain = Vec::new();
    let mut at = ends.last().copied();
    while let Some(index) = at {
        chain.push(pairs[index]);
        at = before[index];
    }
    chain.reverse();
    chain
}

fn push_same(runs: &mut Vec<Run>, old: usize, new: usize, count: usize) {
    if count == 0 {
        return;
    }
    if let Some(Run::Same { old: from_old, new: from_new, count: before }) = runs.last_mut()
        && *from_old + *before == old
        && *from_new + *before == new
    {
        *before += count;
        return;
    }
    runs.push(Run::Same { old, new, count });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a difference is written: what is removed before what is added.
    fn check(old: &str, new: &str, expected: &str) {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));

        let mut shown = Vec::new();
        for run in line_diff(&old, &new) {
            match run {
                Run::Same { old: from, new: other, count } => {
                    assert_eq!(old[from..from + count], new[other..other + count]);
                    shown.extend(old[from..from + count].iter().cloned());
                }
                Run::Other { old: left, new: right } => {
                    shown.extend(old[left].iter().map(|line| format!("-{line}")));
                    shown.extend(new[right].iter().map(|line| format!("+{line}")));
                }
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
        check("p q r s", "r s p q", "-p -q r s +p +q");
    }

    #[test]
    fn texts_that_only_repeat_are_told_apart_as_a_whole() {
        check("x x y y", "y y x x", "-x -x -y -y +y +y +x +x");
    }
}
