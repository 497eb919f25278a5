//! In which order versions that go together can go one after the other.

use std::collections::{BTreeSet, VecDeque};

/// That the first can't go while the second is still what it was: it waits for it.
pub type Wait = (usize, usize);

/// An order of the numbers below `count` in which each comes after all that it waits for; of several the one that keeps
/// nearest to the given order.
///
/// # Errors
/// When there is none: a smallest circle, in which each waits for the next and the last for the first.
pub fn safe_order(count: usize, waits: &BTreeSet<Wait>) -> Result<Vec<usize>, Vec<usize>> {
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while order.len() < count {
        let may_go =
            |one: &usize| !order.contains(one) && waits.iter().all(|(who, whom)| who != one || order.contains(whom));
        match (0..count).find(may_go) {
            Some(next) => order.push(next),
            None => return Err(smallest_circle(count, waits)),
        }
    }
    Ok(order)
}

fn smallest_circle(count: usize, waits: &BTreeSet<Wait>) -> Vec<usize> {
    let circles = (0..count).filter_map(|start| circle_through(start, waits));
    circles.min_by_key(Vec::len).unwrap_or_default()
}

/// The shortest way from `start` back to it.
fn circle_through(start: usize, waits: &BTreeSet<Wait>) -> Option<Vec<usize>> {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for (_, next) in waits.range((last, 0)..=(last, usize::MAX)) {
            if *next == start {
                return Some(way);
            }
            if seen.insert(*next) {
                ways.push_back([way.as_slice(), &[*next]].concat());
            }
        }
    }
    None
}
