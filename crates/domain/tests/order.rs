//! Safe orders against all permutations.

use std::collections::BTreeSet;

use pactolus_domain::gate::{Wait, safe_order};
use proptest::prelude::*;

fn check(count: usize, waits: &[Wait], expected: Result<&[usize], &[usize]>) {
    let found = safe_order(count, &waits.iter().copied().collect());

    assert_eq!(found.as_deref().map_err(Vec::as_slice), expected);
}

#[test]
fn who_waits_for_nobody_keeps_the_given_order() {
    check(3, &[], Ok(&[0, 1, 2]));
}

#[test]
fn who_waits_comes_later() {
    check(3, &[(0, 2), (2, 1)], Ok(&[1, 2, 0]));
}

#[test]
fn who_waits_for_each_other_can_only_go_at_once() {
    check(3, &[(1, 2), (2, 1)], Err(&[1, 2]));
}

#[test]
fn of_several_circles_a_smallest_is_named() {
    check(5, &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 3)], Err(&[3, 4]));
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![vec![]];
    }
    let with_first = |first: &usize| {
        let rest: Vec<usize> = of.iter().copied().filter(|one| one != first).collect();
        let first = *first;
        permutations(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    of.iter().flat_map(with_first).collect()
}

fn is_safe(order: &[usize], waits: &BTreeSet<Wait>) -> bool {
    let place = |one: usize| order.iter().position(|other| *other == one);
    waits.iter().all(|(who, whom)| place(*who) > place(*whom))
}

fn is_circle(of: &[usize], waits: &BTreeSet<Wait>) -> bool {
    let next = of.iter().cycle().skip(1);
    !of.is_empty() && of.iter().zip(next).all(|(who, whom)| waits.contains(&(*who, *whom)))
}

/// Every way through some of the numbers.
fn ways(count: usize) -> impl Iterator<Item = Vec<usize>> {
    let some = move |mask: u32| -> Vec<usize> { (0..count).filter(|one| mask & (1 << one) != 0).collect() };
    (1..1_u32 << count).flat_map(move |mask| permutations(&some(mask)))
}

fn any_waits() -> impl Strategy<Value = (usize, BTreeSet<Wait>)> {
    (1..=6_usize).prop_flat_map(|count| {
        let wait = (0..count, 0..count).prop_filter("nobody waits for itself", |(who, whom)| who != whom);
        let most = if count == 1 { 0 } else { 8 };
        let waits = prop::collection::vec(wait, 0..=most).prop_map(|waits| waits.into_iter().collect());
        (Just(count), if count == 1 { Just(BTreeSet::new()).boxed() } else { waits.boxed() })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn there_is_an_order_exactly_if_a_permutation_is_one((count, waits) in any_waits()) {
        let all: Vec<usize> = (0..count).collect();
        let possible = permutations(&all).iter().any(|order| is_safe(order, &waits));

        match safe_order(count, &waits) {
            Ok(order) => {
                prop_assert_eq!(order.iter().copied().collect::<BTreeSet<_>>().len(), count);
                prop_assert!(is_safe(&order, &waits), "{order:?}");
            }
            Err(circle) => {
                prop_assert!(!possible, "{circle:?}");
                prop_assert!(is_circle(&circle, &waits), "{circle:?}");
                let smallest = ways(count).filter(|way| is_circle(way, &waits)).map(|way| way.len()).min();
                prop_assert_eq!(Some(circle.len()), smallest);
            }
        }
    }
}
