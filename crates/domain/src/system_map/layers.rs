//! Which column each node stands in: one more than the rightmost of its consumers. Edges that would close a circle are turned
//! round, and edges over several columns get a bend in each between.

use super::Network;

/// What stands in a column: a node, or the bend of an edge on its way to a farther column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) layer: usize,
    /// Its place from the top among the bands.
    pub(super) band: usize,
    pub(super) is_node: bool,
}

pub(super) struct Layered {
    /// The nodes first, then the bends.
    pub(super) items: Vec<Item>,
    /// Of each edge, the items that it goes through from left to right; nothing for one that is not drawn so.
    pub(super) chains: Vec<Vec<usize>>,
    /// Whether the chain runs against the edge.
    pub(super) is_turned: Vec<bool>,
    /// The numbers of bands, from the top.
    pub(super) band_numbers: Vec<usize>,
    pub(super) cycles: Vec<Vec<usize>>,
    /// Of each node, which cycle it is in.
    pub(super) cycle_of: Vec<Option<usize>>,
    pub(super) count: usize,
}

impl Layered {
    /// Items that are next to each other on a chain.
    pub(super) fn links(&self) -> impl Iterator<Item = (usize, usize)> {
        self.chains.iter().flat_map(|chain| chain.windows(2).map(|pair| (pair[0], pair[1])))
    }
}

pub(super) fn of(network: Network<'_>) -> Layered {
    let count = network.bands.len();
    let is_drawn = |&(from, to): &(usize, usize)| from < count && to < count && from != to;
    let mut providers = vec![Vec::new(); count];
    for &(from, to) in network.edges.iter().filter(|edge| is_drawn(edge)) {
        providers[from].push(to);
    }
    let walk = walk(&providers);
    let is_turned: Vec<bool> =
        network.edges.iter().map(|edge| is_drawn(edge) && walk.finished[edge.0] < walk.finished[edge.1]).collect();
    let layers = longest_paths(network.edges.iter().zip(&is_turned).filter(|(edge, _)| is_drawn(edge)), &walk.finished);
    let band_numbers = from_the_top(network.bands, &layers);
    let mut places = vec![0; band_numbers.len()];
    for (place, band) in band_numbers.iter().enumerate() {
        places[*band] = place;
    }
    let node = |(layer, band): (&usize, &usize)| Item { layer: *layer, band: places[*band], is_node: true };
    let mut items: Vec<Item> = layers.iter().zip(network.bands).map(node).collect();
    let chains = network.edges.iter().zip(&is_turned).map(|(edge, is_turned)| {
        let (left, right) = if *is_turned { (edge.1, edge.0) } else { *edge };
        if is_drawn(edge) { chain(&mut items, left, right) } else { Vec::new() }
    });
    let chains = chains.collect();
    let (cycles, cycle_of) = cycles(network.edges, &providers, &walk);
    let count = layers.iter().max().map_or(0, |last| last + 1);
    Layered { items, chains, is_turned, band_numbers, cycles, cycle_of, count }
}

pub(super) fn cycles_of(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut providers = vec![Vec::new(); count];
    for &(from, to) in edges.iter().filter(|(from, to)| *from < count && *to < count && from != to) {
        providers[from].push(to);
    }
    cycles(edges, &providers, &walk(&providers)).0
}

/// Bends stand in the bands between those of the two ends.
fn chain(items: &mut Vec<Item>, left: usize, right: usize) -> Vec<usize> {
    let (from, to) = (items[left], items[right]);
    let steps = to.layer - from.layer;
    let mut chain = vec![left];
    for step in 1..steps {
        let band = (from.band * (steps - step) + to.band * step + steps / 2) / steps;
        chain.push(items.len());
        items.push(Item { layer: from.layer + step, band, is_node: false });
    }
    chain.push(right);
    chain
}

struct Walk {
    /// Nodes in the order in which all that they use was seen.
    order: Vec<usize>,
    /// The place of each node in that order. An edge to a node that is finished later closes a circle.
    finished: Vec<usize>,
}

/// Depth first, beginning with those that nobody uses.
fn walk(next: &[Vec<usize>]) -> Walk {
    let mut is_used = vec![false; next.len()];
    next.iter().flatten().for_each(|provider| is_used[*provider] = true);
    let (unused, used): (Vec<usize>, Vec<usize>) = (0..next.len()).partition(|node| !is_used[*node]);
    let mut seen = vec![false; next.len()];
    let mut walk = Walk { order: Vec::new(), finished: vec![0; next.len()] };
    for root in unused.into_iter().chain(used) {
        visit(root, next, &mut seen, |node| {
            walk.finished[node] = walk.order.len();
            walk.order.push(node);
        });
    }
    walk
}

/// Calls `done` for each node that is reached for the first time, after all that it leads to.
fn visit(root: usize, next: &[Vec<usize>], seen: &mut [bool], mut done: impl FnMut(usize)) {
    if std::mem::replace(&mut seen[root], true) {
        return;
    }
    let mut path = vec![(root, 0)];
    while let Some((node, at)) = path.last_mut() {
        if let Some(&to) = next[*node].get(*at) {
            *at += 1;
            if !std::mem::replace(&mut seen[to], true) {
                path.push((to, 0));
            }
        } else {
            done(*node);
            path.pop();
        }
    }
}

/// Once turned, every edge leads to a node that was finished earlier: no circle is left.
fn longest_paths<'a>(edges: impl Iterator<Item = (&'a (usize, usize), &'a bool)>, finished: &[usize]) -> Vec<usize> {
    let mut forward: Vec<(usize, usize)> =
        edges.map(|(&(from, to), is_turned)| if *is_turned { (to, from) } else { (from, to) }).collect();
    forward.sort_by_key(|(from, _)| std::cmp::Reverse(finished[*from]));
    let mut layers = vec![0; finished.len()];
    for (from, to) in forward {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    layers
}

/// Bands whose nodes stand left come first.
fn from_the_top(bands: &[usize], layers: &[usize]) -> Vec<usize> {
    let count = bands.iter().max().map_or(0, |last| last + 1);
    let (mut sums, mut sizes) = (vec![0; count], vec![0; count]);
    for (band, layer) in bands.iter().zip(layers) {
        sums[*band] += layer * 1000;
        sizes[*band] += 1;
    }
    let mut numbers: Vec<usize> = (0..count).collect();
    numbers.sort_by_key(|band| sums[*band] / sizes[*band].max(1));
    numbers
}

/// Groups of nodes that reach each other: against the edges, from those that were finished last (Kosaraju).
fn cycles(edges: &[(usize, usize)], providers: &[Vec<usize>], walk: &Walk) -> (Vec<Vec<usize>>, Vec<Option<usize>>) {
    let mut consumers = vec![Vec::new(); providers.len()];
    for (from, to) in providers.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |to| (from, *to))) {
        consumers[to].push(from);
    }
    let mut seen = vec![false; providers.len()];
    let mut found = Vec::new();
    for root in walk.order.iter().rev() {
        let mut group = Vec::new();
        visit(*root, &consumers, &mut seen, |node| group.push(node));
        let uses_itself = |node: usize| edges.contains(&(node, node));
        if group.len() > 1 || group.iter().any(|node| uses_itself(*node)) {
            group.sort_unstable();
            found.push(group);
        }
    }
    found.sort();
    let mut cycle_of = vec![None; providers.len()];
    for (cycle, nodes) in found.iter().enumerate() {
        for node in nodes {
            cycle_of[*node] = Some(cycle);
        }
    }
    (found, cycle_of)
}
