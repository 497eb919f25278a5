//! The map as SVG: no style and no script in it, every verdict by shape and line, every box and arrow with its words.

use std::fmt::Write;

use maud::{Markup, html};
use pactolus_domain::system_map::{Drawing, NODE_HEIGHT, NODE_WIDTH, Network, Point, Route, draw};

use super::figure::{Arrow, Drawn, Figure};
use crate::ui::drawing;
use crate::ui::parts::Verdict;

/// What fits into a box.
const MOST_LETTERS: usize = 15;
/// How wide a name may be in it, and from how many letters on it is made to be so where the font is not that of the pages.
const NAME_WIDTH: i32 = NODE_WIDTH - 28 - 6;
const LETTERS_OF_WIDTH: usize = 14;
const MOST_LETTERS_OF_BAND: usize = 13;
const BAND_NAMES: i32 = 76;
/// What a page has room for beside its gutters.
const WIDTH: i32 = 1358;
/// Up to here a drawing is made smaller to be seen whole; beyond, its words would be too small.
const WIDEST_FITTED: i32 = 1760;
const FROM_EDGE: i32 = 14;
/// Of an arrow's head.
const HEAD: i32 = 6;
const PILL_WIDTH: i32 = 60;

/// Where it is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// With the styles and shapes of a page.
    Page,
    /// With its own.
    Nothing,
}

/// The declaration that a document of its own needs.
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

pub(super) fn svg(figure: &Figure, within: Within) -> Markup {
    let bands: Vec<usize> = figure.boxes.iter().map(|one| one.band).collect();
    let edges: Vec<(usize, usize)> = figure.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let has_bands = figure.bands.iter().any(Option::is_some);
    let label_width = if has_bands { BAND_NAMES } else { 0 };
    let drawn = draw(Network { bands: &bands, edges: &edges, label_width, width: WIDTH });
    let (width, height) = (drawn.width, drawn.height);
    // What is worse lies above.
    let mut order: Vec<usize> = (0..figure.arrows.len()).collect();
    order.sort_by_key(|at| (is_marked(figure.arrows[*at].verdict), drawn.routes[*at].is_in_cycle));
    let is_alone = within == Within::Nothing;
    html! {
        svg .map .fits[!is_alone && width <= WIDEST_FITTED] xmlns=[is_alone.then_some(NAMESPACE)] width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="group" aria-label="Map of applications" {
            @if is_alone { (drawing::ground()) }
            @if has_bands { (of_bands(figure, &drawn)) }
            @for at in &order { (arrow(&figure.arrows[*at], &drawn.routes[*at])) }
            @for (at, (one, corner)) in figure.boxes.iter().zip(&drawn.nodes).enumerate() { (boxed(at, one, *corner, within)) }
            @for at in &order { (mark(&figure.arrows[*at], &drawn.routes[*at])) }
        }
    }
}

/// Sentences in place of a map.
pub(super) fn sentences(lines: &[String]) -> Markup {
    const LINE: usize = 24;
    let (width, height) = (640, LINE * (lines.len() + 1));
    html! {
        svg .map xmlns=(NAMESPACE) width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(lines.join(" ")) {
            (drawing::ground())
            @for (at, line) in lines.iter().enumerate() { text .band-name x=(2 * FROM_EDGE) y=(LINE * (at + 1) + 4) { (line) } }
        }
    }
}

fn of_bands(figure: &Figure, drawing: &Drawing) -> Markup {
    html! {
        @for band in &drawing.bands {
            @let name = figure.bands[band.number].as_deref().unwrap_or_default();
            rect .band x=(FROM_EDGE) y=(band.y) width=(drawing.width - 2 * FROM_EDGE) height=(band.height) rx="6" {}
            text .band-name x=(2 * FROM_EDGE) y=(band.y + band.height / 2 + 4) { title { (name) } (cut(name, MOST_LETTERS_OF_BAND)) }
        }
    }
}

fn boxed(at: usize, one: &Drawn, corner: Point, within: Within) -> Markup {
    let is_fitted = within == Within::Nothing && one.name.chars().count() >= LETTERS_OF_WIDTH;
    let class = format!(
        "node {}{}{}",
        one.verdict.class(),
        if one.is_in_cycle { " cycle" } else { "" },
        if one.is_chosen { " chosen" } else { "" }
    );
    html! {
        a class=(class) href=(one.href) data-node=(at) {
            title { (one.title) }
            rect x=(corner.x) y=(corner.y) width=(NODE_WIDTH) height=(NODE_HEIGHT) rx="6" {}
            (shape(one.verdict, corner.x + 10, corner.y + 9, 13))
            text .name x=(corner.x + 28) y=(corner.y + 19) textLength=[is_fitted.then_some(NAME_WIDTH)] lengthAdjust=[is_fitted.then_some("spacingAndGlyphs")] { (cut(&one.name, MOST_LETTERS)) }
            text .version x=(corner.x + 28) y=(corner.y + 35) { (cut(&one.second, MOST_LETTERS)) }
        }
    }
}

fn arrow(arrow: &Arrow, route: &Route) -> Markup {
    let Some((path, head)) = path(route) else { return html! {} };
    let class = format!("edge {}{}", arrow.verdict.class(), if route.is_in_cycle { " cycle" } else { "" });
    // The table says the same to who goes by keyboard; boxes are enough to step through here.
    html! {
        a class=(class) href=(arrow.href) tabindex="-1" data-from=(arrow.from) data-to=(arrow.to) {
            title { (arrow.title) }
            path .reach d=(path) {}
            path .line d=(path) {}
            path .head d=(head) {}
        }
    }
}

/// What is not passed carries its shape; the edge that closes a circle says so.
fn mark(arrow: &Arrow, route: &Route) -> Markup {
    let Some(middle) = middle(route) else { return html! {} };
    html! {
        @if is_marked(arrow.verdict) {
            g .mark data-from=(arrow.from) data-to=(arrow.to) {
                circle cx=(middle.x) cy=(middle.y) r="8" {}
                (shape(arrow.verdict, middle.x - 6, middle.y - 6, 12))
            }
        }
        @if route.is_back { (pill(arrow, pill_place(route).unwrap_or(middle))) }
        @else if arrow.from == arrow.to { (pill(arrow, Point { x: middle.x + PILL_WIDTH / 2, y: middle.y - 6 })) }
    }
}

fn pill(arrow: &Arrow, at: Point) -> Markup {
    html! {
        g .pill data-from=(arrow.from) data-to=(arrow.to) {
            rect x=(at.x - PILL_WIDTH / 2) y=(at.y - 10) width=(PILL_WIDTH) height="20" rx="10" {}
            svg .icon x=(at.x - PILL_WIDTH / 2 + 8) y=(at.y - 6) width="12" height="12" viewBox="0 0 16 16" { use href="#i-cycle" {} }
            text x=(at.x - PILL_WIDTH / 2 + 24) y=(at.y + 4) { "cycle" }
        }
    }
}

fn shape(verdict: Verdict, x: i32, y: i32, size: i32) -> Markup {
    html! { use href={ "#s-" (verdict.class()) } x=(x) y=(y) width=(size) height=(size) {} }
}

fn is_marked(verdict: Verdict) -> bool {
    verdict != Verdict::Passed
}

/// The line and its head.
fn path(route: &Route) -> Option<(String, String)> {
    let (first, last) = (route.points.first()?, route.points.last()?);
    let mut path = format!("M{} {}", first.x, first.y);
    if first.x == last.x + 2 * 8 && route.points.len() == 2 && last.y < first.y {
        // Around a corner of the box, from its right to its top.
        let (x, y) = (first.x, last.y);
        let _ = write!(path, "C{} {} {} {} {} {}", x + 22, first.y, x + 4, y - 24, last.x, last.y - HEAD);
        return Some((path, format!("M{} {}l-3 -{HEAD}h6z", last.x, last.y)));
    }
    let towards = if route.is_back { -1 } else { 1 };
    for (at, pair) in route.points.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let end = if at + 2 == route.points.len() { to.x - towards * (HEAD - 1) } else { to.x };
        let half = (end - from.x) / 2;
        let written = if at % 2 == 0 {
            write!(path, "C{} {} {} {} {end} {}", from.x + half, from.y, end - half, to.y, to.y)
        } else {
            write!(path, "H{end}")
        };
        written.ok()?;
    }
    let head = format!("M{} {}l{} -3v6z", last.x, last.y, -towards * HEAD);
    Some((path, head))
}

/// The middle of the last curve, where a line comes to its provider.
fn middle(route: &Route) -> Option<Point> {
    let (from, to) = (route.points.get(route.points.len().checked_sub(2)?)?, route.points.last()?);
    Some(Point { x: i32::midpoint(from.x, to.x), y: i32::midpoint(from.y, to.y) })
}

/// The middle of the longest straight piece, if there is one.
fn pill_place(route: &Route) -> Option<Point> {
    let inner = route.points.get(1..route.points.len().checked_sub(1)?)?;
    let pieces = inner.chunks(2).filter(|piece| piece.len() == 2);
    let longest = pieces.max_by_key(|piece| (piece[0].x - piece[1].x).abs())?;
    Some(Point { x: i32::midpoint(longest[0].x, longest[1].x), y: longest[0].y })
}

/// Short enough for its place; the whole stands in the title.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
