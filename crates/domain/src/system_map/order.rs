//! Who stands above whom in a column, so that few lines cross: each item near the middle of those that it is linked with,
//! column by column, to and fro. Of several beginnings the best is taken; they are drawn by lot, always the same.

use super::layers::Layered;

const BEGINNINGS: u32 = 4;
const SWEEPS: usize = 8;
/// Larger networks are swept less often.
const MUCH: usize = 3_000;

/// The items of each column from the top, those of a band together.
pub(super) type Columns = Vec<Vec<usize>>;

pub(super) fn of(layered: &Layered) -> Columns {
    let links: Vec<(usize, usize)> = layered.links().collect();
    let (mut left, mut right) = (vec![Vec::new(); layered.items.len()], vec![Vec::new(); layered.items.len()]);
    for (from, to) in &links {
        right[*from].push(*to);
        left[*to].push(*from);
    }
    let mut by_layer: Columns = vec![Vec::new(); layered.count];
    for (index, item) in layered.items.iter().enumerate() {
        by_layer[item.layer].push(index);
    }
    let (beginnings, sweeps) = if layered.items.len() > MUCH { (1, SWEEPS / 2) } else { (BEGINNINGS, SWEEPS) };
    let mut best: Option<(usize, Columns)> = None;
    for beginning in 0..beginnings {
        let mut columns = begun(layered, &by_layer, beginning);
        for sweep in 0..sweeps {
            if sweep % 2 == 0 {
                (1..columns.len()).for_each(|layer| settle(layered, &mut columns, layer, &left));
            } else {
                (0..columns.len().saturating_sub(1))
                    .rev()
                    .for_each(|layer| settle(layered, &mut columns, layer, &right));
            }
            let crossings = crossings(layered, &columns, &right);
            if best.as_ref().is_none_or(|(fewest, _)| crossings < *fewest) {
                best = Some((crossings, columns.clone()));
            }
        }
    }
    best.map_or(by_layer, |(_, columns)| columns)
}

/// The first beginning is as the network was given, the others are shuffled.
fn begun(layered: &Layered, by_layer: &Columns, beginning: u32) -> Columns {
    let mut lot = Lot(0x9e37_79b9 ^ beginning);
    let mut columns = by_layer.clone();
    for column in &mut columns {
        let mut keyed: Vec<(usize, u32, usize)> = column
            .iter()
            .enumerate()
            .map(|(at, index)| {
                let drawn = if beginning == 0 { u32::try_from(at).unwrap_or(u32::MAX) } else { lot.draw() };
                (layered.items[*index].band, drawn, *index)
            })
            .collect();
        keyed.sort_unstable();
        *column = keyed.into_iter().map(|(_, _, index)| index).collect();
    }
    columns
}

/// Marsaglia's xorshift.
struct Lot(u32);

impl Lot {
    fn draw(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

/// Orders a column by the middles of what its items are linked with in the column before. Items without a link stay where
/// they are.
fn settle(layered: &Layered, columns: &mut Columns, layer: usize, linked: &[Vec<usize>]) {
    let places = places(layered, columns);
    let mut keyed: Vec<(usize, usize, usize)> = columns[layer]
        .iter()
        .map(|index| {
            let near = &linked[*index];
            let sum: usize = near.iter().map(|other| places[*other]).sum();
            let middle = if near.is_empty() { places[*index] } else { sum / near.len() };
            (layered.items[*index].band, middle, *index)
        })
        .collect();
    keyed.sort_by_key(|(band, middle, _)| (*band, *middle));
    columns[layer] = keyed.into_iter().map(|(_, _, index)| index).collect();
}

/// How far from the top each item is, in thousandths of its column: columns differ in length.
fn places(layered: &Layered, columns: &Columns) -> Vec<usize> {
    let mut places = vec![0; layered.items.len()];
    for column in columns {
        for (at, index) in column.iter().enumerate() {
            places[*index] = (2 * at + 1) * 500_000 / column.len();
        }
    }
    places
}

fn crossings(layered: &Layered, columns: &Columns, right: &[Vec<usize>]) -> usize {
    let mut rank = vec![0; layered.items.len()];
    for column in columns {
        column.iter().enumerate().for_each(|(at, index)| rank[*index] = at);
    }
    columns.windows(2).map(|pair| between(&pair[0], pair[1].len(), right, &rank)).sum()
}

/// Counts pairs of links in the wrong order with a tree of sums (Fenwick).
fn between(column: &[usize], next: usize, right: &[Vec<usize>], rank: &[usize]) -> usize {
    let mut tree = vec![0_usize; next + 1];
    let (mut seen, mut found) = (0, 0);
    for index in column {
        let mut ends: Vec<usize> = right[*index].iter().map(|other| rank[*other]).collect();
        ends.sort_unstable();
        for end in &ends {
            let mut at = end + 1;
            let mut not_below = 0;
            while at > 0 {
                not_below += tree[at];
                at &= at - 1;
            }
            found += seen - not_below;
        }
        for end in &ends {
            let mut at = end + 1;
            while at <= next {
                tree[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
        seen += ends.len();
    }
    found
}
