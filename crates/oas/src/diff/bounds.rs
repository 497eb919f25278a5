//! Limits of numbers, lengths and counts.

use serde_json::Value;

use super::checks::Effect;
use super::scope::Place;
use super::walk::{Pair, Walk};
use crate::document::Node;

/// On which side of the allowed values a limit lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Upper,
    Lower,
}

struct Bound {
    keyword: &'static str,
    aspect: &'static str,
    side: Side,
    /// Zero says nothing.
    from_zero: bool,
}

const fn bound(keyword: &'static str, aspect: &'static str, side: Side, from_zero: bool) -> Bound {
    Bound { keyword, aspect, side, from_zero }
}

const BOUNDS: [Bound; 12] = [
    bound("maximum", "max", Side::Upper, false),
    bound("minimum", "min", Side::Lower, false),
    bound("exclusiveMaximum", "exclusive-max", Side::Upper, false),
    bound("exclusiveMinimum", "exclusive-min", Side::Lower, false),
    bound("maxLength", "max-length", Side::Upper, false),
    bound("minLength", "min-length", Side::Lower, true),
    bound("maxItems", "max-items", Side::Upper, false),
    bound("minItems", "min-items", Side::Lower, true),
    bound("maxProperties", "max-properties", Side::Upper, false),
    bound("minProperties", "min-properties", Side::Lower, true),
    bound("maxContains", "max-contains", Side::Upper, false),
    bound("minContains", "min-contains", Side::Lower, true),
];

pub(super) fn compare<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    for bound in &BOUNDS {
        let counts_nothing = |node: &Node<'_>| node.member("contains").is_none();
        if bound.keyword.ends_with("Contains") && (counts_nothing(&pair.old) || counts_nothing(&pair.new)) {
            continue;
        }
        let limits = (limit(&pair.old, bound), limit(&pair.new, bound));
        let (aspect, effect) = match limits {
            (Some(old), Some(new)) if old < new => ("increased", moved(bound.side, Side::Lower)),
            (Some(old), Some(new)) if old > new => ("decreased", moved(bound.side, Side::Upper)),
            (None, Some(_)) => (first_limit(walk, place, bound), Effect::Narrows),
            (Some(_), None) => (no_limit(walk, place, bound), Effect::Widens),
            _ => continue,
        };
        let said = |limit: Option<f64>| limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
        let phrase = format!("`{}` went from {} to {}", bound.keyword, said(limits.0), said(limits.1));
        walk.note(place, &format!("{}-{aspect}", bound.aspect), effect, pair, bound.keyword, &phrase);
    }
    exclusive_flags(walk, pair, place);
    multiples(walk, pair, place);
}

/// Up to OpenAPI 3.0 a flag says whether the limit itself is allowed.
fn exclusive_flags<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let flags = [
        ("exclusiveMaximum", "maximum", "exclusive-max-decreased", "exclusive-max-increased"),
        ("exclusiveMinimum", "minimum", "exclusive-min-increased", "exclusive-min-decreased"),
    ];
    for (flag, limit, narrowed, widened) in flags {
        if pair.old.member(limit).is_none() || pair.new.member(limit).is_none() {
            continue;
        }
        let (aspect, effect) = match (pair.old.flag(flag), pair.new.flag(flag)) {
            (false, true) => (narrowed, Effect::Narrows),
            (true, false) => (widened, Effect::Widens),
            _ => continue,
        };
        let phrase = format!("whether `{limit}` itself is allowed changed");
        walk.note(place, aspect, effect, pair, flag, &phrase);
    }
}

/// Moving a limit towards the side that it lies on the other end of takes values away.
fn moved(side: Side, narrowing: Side) -> Effect {
    if side == narrowing { Effect::Narrows } else { Effect::Widens }
}

/// Some checks tell a first limit from a moved one, for others the limit was zero before.
fn first_limit(walk: &Walk<'_, '_>, place: &Place, bound: &Bound) -> &'static str {
    let known = |action: &str| walk.scope.knows(place, &format!("{}-{action}", bound.aspect));
    if bound.from_zero && !known("set") && known("increased") { "increased" } else { "set" }
}

fn no_limit(walk: &Walk<'_, '_>, place: &Place, bound: &Bound) -> &'static str {
    let known = |action: &str| walk.scope.knows(place, &format!("{}-{action}", bound.aspect));
    if bound.from_zero && !known("unset") && known("decreased") { "decreased" } else { "unset" }
}

fn limit(node: &Node<'_>, bound: &Bound) -> Option<f64> {
    let limit = node.value().get(bound.keyword).and_then(Value::as_f64);
    limit.filter(|limit| !(bound.from_zero && *limit <= 0.0))
}

fn multiples<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let of = |node: &Node<'_>| node.value().get("multipleOf").and_then(Value::as_f64);
    let (aspect, effect) = match (of(&pair.old), of(&pair.new)) {
        (None, Some(_)) => ("multiple-of-set", Effect::Narrows),
        (Some(_), None) => ("multiple-of-unset", Effect::Widens),
        (Some(old), Some(new)) if (old - new).abs() > f64::EPSILON => ("multiple-of-changed", multiple(old, new)),
        _ => return,
    };
    walk.note(place, aspect, effect, pair, "multipleOf", "`multipleOf` changed");
}

fn multiple(old: f64, new: f64) -> Effect {
    let divides = |divisor: f64, number: f64| (number / divisor).fract() == 0.0;
    match (divides(new, old), divides(old, new)) {
        (true, _) => Effect::Widens,
        (_, true) => Effect::Narrows,
        _ => Effect::Unsure,
    }
}
