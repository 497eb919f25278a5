//! The ways of edges: from the right of one node to the left of another, through their bends.

use std::cmp::Reverse;

use super::layers::Layered;
use super::order::Columns;
use super::{Band, Drawing, NODE_HEIGHT, NODE_WIDTH, Network, PADDING, Point, Route};

/// Between two columns: the least, the most, and what each line adds.
const GAP: i32 = 40;
const WIDEST_GAP: i32 = 104;
const GAP_PER_LINE: i32 = 2;
/// Between the places where lines begin and end on a node, and how near to its corner they may.
const PORT_GAP: i32 = 6;
const FROM_CORNER: i32 = 8;

pub(super) fn of(
    network: Network<'_>,
    layered: &Layered,
    columns: &Columns,
    middles: &[i32],
    bands: Vec<Band>,
) -> Drawing {
    let xs = xs(network, layered, columns);
    let corner = |node: usize| Point { x: xs[layered.items[node].layer], y: middles[node] - NODE_HEIGHT / 2 };
    let nodes: Vec<Point> = (0..network.bands.len()).map(corner).collect();
    let ports = Ports::of(layered, middles);
    let route = |edge: usize| {
        let chain = &layered.chains[edge];
        let (from, to) = network.edges[edge];
        let in_cycle = |node: usize| layered.cycle_of.get(node).copied().flatten();
        let is_in_cycle = in_cycle(from).is_some() && in_cycle(from) == in_cycle(to);
        let mut points = match chain.as_slice() {
            [] if from == to && from < nodes.len() => around(nodes[from]),
            [] => Vec::new(),
            chain => along(chain, edge, layered, middles, &xs, &ports),
        };
        if layered.is_turned[edge] {
            points.reverse();
        }
        Route { points, is_back: layered.is_turned[edge], is_in_cycle }
    };
    let routes = (0..network.edges.len()).map(route).collect();
    let width = (xs.last().map_or(0, |x| x + NODE_WIDTH) + 2 * PADDING).max(network.width);
    let height = bands.last().map_or(0, |band| band.y + band.height) + PADDING;
    Drawing { width, height, nodes, routes, bands, cycles: layered.cycles.clone() }
}

/// Where each column begins: the more lines run between two, the farther they are apart.
fn xs(network: Network<'_>, layered: &Layered, columns: &Columns) -> Vec<i32> {
    let mut lines = vec![0_i32; columns.len()];
    for (from, _) in layered.links() {
        lines[layered.items[from].layer] += 1;
    }
    let gaps: Vec<i32> = lines.iter().map(|lines| (GAP + GAP_PER_LINE * (lines - 8).max(0)).min(WIDEST_GAP)).collect();
    let count = i32::try_from(columns.len()).unwrap_or(i32::MAX);
    let between = gaps.len().saturating_sub(1);
    let taken = 4 * PADDING + network.label_width + count * NODE_WIDTH + gaps[..between].iter().sum::<i32>();
    let more = (network.width - taken).max(0) / (count - 1).max(1);
    let mut x = 2 * PADDING + network.label_width;
    let column = |gap: &i32| {
        let own = x;
        x += NODE_WIDTH + (gap + more).min(WIDEST_GAP);
        own
    };
    gaps.iter().map(column).collect()
}

/// From the right of a node back to its top.
fn around(corner: Point) -> Vec<Point> {
    let right = Point { x: corner.x + NODE_WIDTH, y: corner.y + FROM_CORNER };
    vec![right, Point { x: corner.x + NODE_WIDTH - 2 * FROM_CORNER, y: corner.y }]
}

fn along(chain: &[usize], edge: usize, layered: &Layered, middles: &[i32], xs: &[i32], ports: &Ports) -> Vec<Point> {
    let mut points = Vec::with_capacity(2 * chain.len());
    for (at, index) in chain.iter().enumerate() {
        let x = xs[layered.items[*index].layer];
        if at > 0 {
            let y = if at + 1 == chain.len() { ports.ends[edge] } else { middles[*index] };
            points.push(Point { x, y });
        }
        if at + 1 < chain.len() {
            let y = if at == 0 { ports.starts[edge] } else { middles[*index] };
            points.push(Point { x: x + NODE_WIDTH, y });
        }
    }
    points
}

/// Where each edge's chain begins and ends on its nodes: in the order of what is at its other end, so that lines do not cross
/// beside the node.
struct Ports {
    starts: Vec<i32>,
    ends: Vec<i32>,
}

impl Ports {
    fn of(layered: &Layered, middles: &[i32]) -> Self {
        let mut ports = Self { starts: vec![0; layered.chains.len()], ends: vec![0; layered.chains.len()] };
        let mut starting = vec![Vec::new(); layered.items.len()];
        let mut ending = vec![Vec::new(); layered.items.len()];
        for (edge, chain) in layered.chains.iter().enumerate() {
            if let [first, second, ..] = chain.as_slice() {
                starting[*first].push((middles[*second], edge));
                let (last, before) = (chain[chain.len() - 1], chain[chain.len() - 2]);
                ending[last].push((middles[before], edge));
            }
        }
        spread(&mut ports.starts, starting, middles);
        spread(&mut ports.ends, ending, middles);
        ports
    }
}

fn spread(ports: &mut [i32], edges_of: Vec<Vec<(i32, usize)>>, middles: &[i32]) {
    for (node, mut edges) in edges_of.into_iter().enumerate() {
        edges.sort_unstable_by_key(|(y, edge)| (*y, Reverse(*edge)));
        let spaces = i32::try_from(edges.len()).unwrap_or(i32::MAX).saturating_sub(1).max(1);
        let room = NODE_HEIGHT - 2 * FROM_CORNER;
        let spread = (spaces.saturating_mul(PORT_GAP)).min(room) * i32::from(edges.len() > 1);
        for (place, (_, edge)) in (0..).zip(edges) {
            ports[edge] = middles[node] - spread / 2 + spread * place / spaces;
        }
    }
}
