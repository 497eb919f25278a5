//! How long a large contract takes: 2,000 interactions, 5 MB. Run with `--release`.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use pactolus_domain::content::{Content, served};
use pactolus_domain::contract_diff::contract_diff;
use pactolus_domain::difference::difference;
use pactolus_domain::merge::merge;

fn main() {
    let raw = large_pact();
    println!("{} bytes, 2000 interactions, best of 10", raw.len());

    let content = Content::parse(raw.as_str()).expect("the generated text is a pact");
    println!("parse, sha and ids: {:?}", best_of_10(|| drop(black_box(Content::parse(black_box(raw.as_str()))))));
    let links = [("createdAt", "\"now\"".to_owned()), ("_links", "{}".to_owned())];
    let serve = || drop(black_box(served(black_box(&raw), content.interaction_ids(), &links)));
    println!("serve: {:?}", best_of_10(serve));

    let changed = raw.replacen("order 1000 exists", "order 1000 is paid", 1).replacen("\"ok\":true", "\"ok\":1", 1);
    let changed = Content::parse(changed).expect("still a pact");
    println!("merge: {:?}", best_of_10(|| drop(black_box(merge(&content, &changed)))));
    println!("difference in two interactions: {:?}", best_of_10(|| drop(black_box(difference(&content, &changed)))));
    let other = Content::parse(raw.replace("SKU", "sku").replace("true", "false")).expect("still a pact");
    println!("difference in all: {:?}", best_of_10(|| drop(black_box(difference(&content, &other)))));
    println!("semantic difference in two: {:?}", best_of_10(|| drop(black_box(contract_diff(&content, &changed)))));
    println!("semantic difference in all: {:?}", best_of_10(|| drop(black_box(contract_diff(&content, &other)))));
}

fn best_of_10(work: impl Fn()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..10).map(timed).min().unwrap_or_default()
}

fn large_pact() -> String {
    let interaction = |number: usize| {
        let items: Vec<String> = (0..22).map(|item| large_item(number, item)).collect();
        format!(
            r#"{{"description":"a request for order {number}","providerState":"order {number} exists","request":{{"method":"GET","path":"/orders/{number}","headers":{{"Accept":"application/json"}}}},"response":{{"status":200,"headers":{{"Content-Type":"application/json"}},"body":{{"id":{number},"items":[{}]}}}}}}"#,
            items.join(",")
        )
    };
    let interactions: Vec<String> = (0..2000).map(interaction).collect();
    format!(
        r#"{{"consumer":{{"name":"shop"}},"provider":{{"name":"stock"}},"interactions":[{}],"metadata":{{"pactSpecification":{{"version":"2.0.0"}}}}}}"#,
        interactions.join(",")
    )
}

fn large_item(number: usize, item: usize) -> String {
    format!(
        r#"{{"sku":"SKU-{number}-{item}","title":"A thing \"{item}\" of order {number}","price":{item}.50,"tags":["a","b"],"ok":true}}"#
    )
}
