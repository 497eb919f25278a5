//! Where the applications of a network stand when it is drawn: consumers left, providers right, a band for each team. The
//! same network is always drawn the same.

mod heights;
mod layers;
mod order;
mod routes;
#[cfg(test)]
mod tests;

/// Of a node, in pixels.
pub const NODE_WIDTH: i32 = 138;
/// Of a node, in pixels.
pub const NODE_HEIGHT: i32 = 44;
/// Room around everything, and within a band above and below what stands in it.
pub const PADDING: i32 = 14;
/// Between two bands.
pub const BAND_GAP: i32 = 4;

/// Who uses whom. Nodes are numbers.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    /// For each node the band that it stands in. Bands are numbered from 0 without a gap.
    pub bands: &'a [usize],
    /// Consumer and provider of each.
    pub edges: &'a [(usize, usize)],
    /// Room at the left, where bands have their names.
    pub label_width: i32,
    /// What the drawing should fill: columns move apart for it, as far as looks well.
    pub width: i32,
}

/// A drawn network, in pixels from the upper left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Of all.
    pub width: i32,
    /// Of all.
    pub height: i32,
    /// The upper left corner of each node.
    pub nodes: Vec<Point>,
    /// One for each edge, in their order.
    pub routes: Vec<Route>,
    /// From top to bottom.
    pub bands: Vec<Band>,
    /// Nodes that use each other, directly or through others, each group by its numbers.
    pub cycles: Vec<Vec<usize>>,
}

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// How an edge runs, from its consumer to its provider: a curve from the first point to the second, a line to the third, a
/// curve to the fourth, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// From end to end.
    pub points: Vec<Point>,
    /// It leads back to the left, since its ends use each other.
    pub is_back: bool,
    /// Both ends are in one cycle.
    pub is_in_cycle: bool,
}

/// A strip across the drawing, in which all nodes of the band stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// As the network has it.
    pub number: usize,
    /// Of its upper edge.
    pub y: i32,
    /// From edge to edge.
    pub height: i32,
}

/// Draws a network. Edges whose ends are no nodes have empty routes.
#[must_use]
pub fn draw(network: Network<'_>) -> Drawing {
    if network.bands.is_empty() {
        return Drawing { routes: vec![Route::default(); network.edges.len()], ..Drawing::default() };
    }
    let layered = layers::of(network);
    let ordered = order::of(&layered);
    let (heights, bands) = heights::of(&layered, &ordered);
    routes::of(network, &layered, &ordered, &heights, bands)
}

/// Nodes that use each other, directly or through others, or themselves: each group by its numbers.
#[must_use]
pub fn cycles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    layers::cycles_of(count, edges)
}
