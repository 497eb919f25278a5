//! How high everything stands: as near as can be to the height of what it is linked with, in its order and its band.

use super::layers::Layered;
use super::order::Columns;
use super::{BAND_GAP, Band, NODE_HEIGHT, PADDING};

/// Between two nodes, between a node and a line, between two lines.
const NODE_GAP: i32 = 12;
const LINE_GAP: i32 = 10;
const LINES_GAP: i32 = 8;
const SWEEPS: usize = 12;
/// A line should be straight before a node stands in the middle of its neighbours.
const STRAIGHT: i32 = 6;

/// The middle of each item, and the bands.
pub(super) fn of(layered: &Layered, columns: &Columns) -> (Vec<i32>, Vec<Band>) {
    let cells = cells(layered, columns);
    let bands = bands(layered, &cells);
    let mut near = vec![Vec::new(); layered.items.len()];
    for (from, to) in layered.links() {
        let is_line = !layered.items[from].is_node || !layered.items[to].is_node;
        let weight = if is_line { STRAIGHT } else { 1 };
        near[from].push((to, weight));
        near[to].push((from, weight));
    }
    let mut middles = vec![0; layered.items.len()];
    for cell in &cells {
        let room = bands[cell.band];
        let free = room.height - 2 * PADDING - cell.height;
        cell.place(&mut middles, &vec![room.y + PADDING + free / 2; cell.items.len()], room);
    }
    for sweep in 0..SWEEPS {
        let settle = |cell: &Cell| {
            let wanted: Vec<i32> = cell.items.iter().map(|index| wanted(&middles, *index, &near[*index])).collect();
            cell.place(&mut middles, &cell.from(&wanted), bands[cell.band]);
        };
        if sweep % 2 == 0 { cells.iter().for_each(settle) } else { cells.iter().rev().for_each(settle) }
    }
    (middles, bands)
}

fn wanted(middles: &[i32], own: usize, near: &[(usize, i32)]) -> i32 {
    let weights: i32 = near.iter().map(|(_, weight)| weight).sum();
    let sum: i32 = near.iter().map(|(other, weight)| middles[*other] * weight).sum();
    if weights == 0 { middles[own] } else { sum.div_euclid(weights) }
}

/// What one band has in one column.
struct Cell {
    band: usize,
    items: Vec<usize>,
    /// How far the middle of each is below the top of the cell when they stand as near to each other as they may.
    offsets: Vec<i32>,
    height: i32,
}

impl Cell {
    /// Heights at which the whole cell would begin, if each item alone said so.
    fn from(&self, middles: &[i32]) -> Vec<i32> {
        middles.iter().zip(&self.offsets).map(|(middle, offset)| middle - offset).collect()
    }

    /// Puts each item as near to its own wish as the order allows: neighbours that would change places go together to
    /// the middle of their wishes (pool adjacent violators), and all stay in the band.
    fn place(&self, middles: &mut [i32], wishes: &[i32], room: Band) {
        let mut pools: Vec<(i32, i32)> = Vec::new();
        for wish in wishes {
            let (mut sum, mut size) = (*wish, 1);
            while let Some((earlier, count)) =
                pools.last().copied().filter(|(earlier, count)| earlier * size > sum * count)
            {
                pools.pop();
                sum += earlier;
                size += count;
            }
            pools.push((sum, size));
        }
        let top = room.y + PADDING;
        let lowest = top + (room.height - 2 * PADDING - self.height).max(0);
        let tops = pools.iter().flat_map(|(sum, size)| (0..*size).map(|_| sum.div_euclid(*size).clamp(top, lowest)));
        for ((index, offset), top) in self.items.iter().zip(&self.offsets).zip(tops) {
            middles[*index] = top + offset;
        }
    }
}

fn cells(layered: &Layered, columns: &Columns) -> Vec<Cell> {
    let of_column = |column: &Vec<usize>| {
        let same_band = |one: &usize, other: &usize| layered.items[*one].band == layered.items[*other].band;
        column.chunk_by(same_band).map(|items| cell(layered, items)).collect::<Vec<_>>()
    };
    columns.iter().flat_map(of_column).collect()
}

fn cell(layered: &Layered, items: &[usize]) -> Cell {
    let is_node = |index: usize| layered.items[index].is_node;
    let mut offsets = Vec::with_capacity(items.len());
    let mut bottom = 0;
    for (at, index) in items.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| is_node(items[before]));
        let gap = match (before, is_node(*index)) {
            (None, _) => 0,
            (Some(true), true) => NODE_GAP,
            (Some(false), false) => LINES_GAP,
            (Some(_), _) => LINE_GAP,
        };
        let height = if is_node(*index) { NODE_HEIGHT } else { 0 };
        offsets.push(bottom + gap + height / 2);
        bottom += gap + height;
    }
    Cell { band: layered.items[items[0]].band, items: items.to_vec(), offsets, height: bottom }
}

/// Each as high as its fullest column.
fn bands(layered: &Layered, cells: &[Cell]) -> Vec<Band> {
    let mut y = PADDING;
    let band = |(place, number): (usize, &usize)| {
        let fullest = cells.iter().filter(|cell| cell.band == place).map(|cell| cell.height).max();
        let band = Band { number: *number, y, height: fullest.unwrap_or_default().max(NODE_HEIGHT) + 2 * PADDING };
        y += band.height + BAND_GAP;
        band
    };
    layered.band_numbers.iter().enumerate().map(band).collect()
}
