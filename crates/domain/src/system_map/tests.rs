//! What holds for every drawing, and a few small ones.

use proptest::prelude::*;

use super::*;

fn drawn(bands: &[usize], edges: &[(usize, usize)]) -> Drawing {
    draw(Network { bands, edges, label_width: 90, width: 900 })
}

fn overlaps(one: Point, other: Point) -> bool {
    (one.x - other.x).abs() < NODE_WIDTH && (one.y - other.y).abs() < NODE_HEIGHT
}

fn check(bands: &[usize], edges: &[(usize, usize)]) {
    let drawing = drawn(bands, edges);

    assert_eq!(drawing.nodes.len(), bands.len());
    for (index, node) in drawing.nodes.iter().enumerate() {
        assert!(drawing.nodes[..index].iter().all(|other| !overlaps(*node, *other)), "{node:?} overlaps");
        assert!(node.x >= 90 && node.x + NODE_WIDTH <= drawing.width, "{node:?} sticks out");
        let band = drawing.bands.iter().find(|band| band.number == bands[index]).unwrap();
        assert!(node.y >= band.y && node.y + NODE_HEIGHT <= band.y + band.height, "{node:?} is not in {band:?}");
    }
    assert_eq!(drawing.routes.len(), edges.len());
    for ((from, to), route) in edges.iter().zip(&drawing.routes) {
        touches(drawing.nodes[*from], route.points[0]);
        touches(drawing.nodes[*to], *route.points.last().unwrap());
        assert_eq!(route.points.len() % 2, 0);
        for line in route.points[1..route.points.len() - 1].chunks(2) {
            assert_eq!(line[0].y, line[1].y, "it passes a column on one height");
            let (x, y) = (line[0].x.min(line[1].x), line[0].y);
            let crossed = drawing.nodes.iter().find(|node| node.x == x && node.y <= y && y <= node.y + NODE_HEIGHT);
            assert_eq!(crossed, None, "it passes through a node");
        }
    }
}

fn touches(corner: Point, point: Point) {
    assert!(point.x >= corner.x && point.x <= corner.x + NODE_WIDTH, "{point:?} is not at {corner:?}");
    assert!(point.y >= corner.y && point.y <= corner.y + NODE_HEIGHT, "{point:?} is not at {corner:?}");
}

fn layer_order(drawing: &Drawing) -> Vec<i32> {
    drawing.nodes.iter().map(|node| node.x).collect()
}

#[test]
fn consumers_stand_left_of_their_providers() {
    let drawing = drawn(&[0, 0, 0], &[(2, 1), (1, 0), (2, 0)]);

    let xs = layer_order(&drawing);
    assert!(xs[2] < xs[1] && xs[1] < xs[0], "{xs:?}");
    assert_eq!(drawing.routes[2].points.len(), 4, "a long edge passes the column between");
    assert!(drawing.cycles.is_empty());
}

#[test]
fn who_use_each_other_are_a_cycle_with_one_edge_back() {
    let edges = [(0, 1), (1, 2), (2, 3), (3, 1)];
    let drawing = drawn(&[0; 4], &edges);

    assert_eq!(drawing.cycles, [vec![1, 2, 3]]);
    assert_eq!(cycles(4, &edges), [vec![1, 2, 3]]);
    assert_eq!(drawing.routes.iter().map(|route| route.is_in_cycle).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(drawing.routes.iter().map(|route| route.is_back).collect::<Vec<_>>(), [false, false, false, true]);
    check(&[0; 4], &edges);
}

#[test]
fn who_uses_itself_is_a_cycle_of_one() {
    let drawing = drawn(&[0, 0], &[(0, 0), (0, 1)]);

    assert_eq!(drawing.cycles, [vec![0]]);
    assert!(drawing.routes[0].is_in_cycle && !drawing.routes[1].is_in_cycle);
    check(&[0, 0], &[(0, 0), (0, 1)]);
}

#[test]
fn the_band_of_consumers_is_above_that_of_providers() {
    let drawing = drawn(&[1, 1, 0], &[(0, 2), (1, 2)]);

    assert_eq!(drawing.bands.iter().map(|band| band.number).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn an_empty_network_is_an_empty_drawing() {
    assert_eq!(drawn(&[], &[]), Drawing::default());
    assert_eq!(drawn(&[], &[(0, 1)]).routes, [Route::default()]);
}

#[test]
fn four_hundred_nodes_are_drawn() {
    let bands: Vec<usize> = (0..400).map(|node| node % 12).collect();
    let edges: Vec<(usize, usize)> = (0..1200).map(|edge| (edge * 7 % 400, edge * edge * 13 % 400)).collect();

    check(&bands, &edges);
}

fn networks() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>)> {
    (1_usize..40, 1_usize..6).prop_flat_map(|(nodes, bands)| {
        let edge = (0..nodes, 0..nodes);
        (prop::collection::vec(0..bands, nodes), prop::collection::vec(edge, 0..90))
    })
}

proptest! {
    #[test]
    fn nodes_never_overlap_and_every_edge_is_drawn((bands, edges) in networks()) {
        check(&bands, &edges);
    }

    #[test]
    fn the_same_network_is_drawn_the_same((bands, edges) in networks()) {
        prop_assert_eq!(drawn(&bands, &edges), drawn(&bands, &edges));
    }

    #[test]
    fn edges_lead_to_the_right_unless_they_close_a_circle((bands, edges) in networks()) {
        let drawing = drawn(&bands, &edges);
        for ((from, to), route) in edges.iter().zip(&drawing.routes) {
            if route.is_in_cycle { continue }
            prop_assert!(!route.is_back);
            prop_assert!(drawing.nodes[*from].x < drawing.nodes[*to].x);
        }
    }
}
