//! The API about itself: its document, pages about relations, a page to try it.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use pactolus_server::Role;
use serde_json::Value;

use crate::support::api_document::{ApiDocument, FILE};
use crate::support::{Answer, TestApp, path_of};

async fn document_unless(app: &TestApp, tags: &str) -> Answer {
    let request = Request::get("/openapi.json").header("host", "pactolus.test").header("if-none-match", tags);
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_document_is_served_as_json() {
    let app = TestApp::start().await;

    let answer = app.get("/openapi.json").await.is(200);

    let text = std::fs::read_to_string(FILE).expect("the document stands in the workspace");
    let written: Value = serde_yaml_ng::from_str(&text).expect("it is YAML");
    assert_eq!(answer.json(), written);
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(answer.header("cache-control").as_deref(), Some("max-age=300"));
}

#[tokio::test]
async fn whoever_has_the_document_is_not_sent_it_again() {
    let app = TestApp::start().await;
    let tag = app.get("/openapi.json").await.header("etag").expect("it has a tag");
    let strong = tag.trim_start_matches("W/").to_owned();

    for known in [tag.clone(), strong, format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = document_unless(&app, &known).await.is(304);
        assert!(answer.body.is_empty(), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.clone()), "{known}");
    }
    document_unless(&app, "\"other\"").await.is(200);
}

#[tokio::test]
async fn what_describes_the_api_needs_no_credentials() {
    let app = TestApp::with(|settings| settings.access.let_in_token(Role::Write, "build", "secret")).await;

    app.get("/").await.is(401);
    for address in ["/openapi.json", "/doc", "/doc/pacticipants", "/hal-browser/browser.html", "/assets/pages.css"] {
        app.get(address).await.is(200);
    }
}

/// Names of relations that stand in a text as `pb:…`, `beta:…` or `pf:…`.
fn relations_in(text: &str) -> BTreeSet<String> {
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let mut found = BTreeSet::new();
    for prefix in ["pb:", "beta:", "pf:"] {
        for (at, _) in text.match_indices(prefix) {
            let name: String = text[at + prefix.len()..].chars().take_while(|letter| is_in_name(*letter)).collect();
            if !name.is_empty() && !text[..at].ends_with(is_in_name) {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }
    found
}

/// Those that the views write, and those that the document tells of.
fn relations_in_answers() -> BTreeSet<String> {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it is readable").path();
            if path.is_dir() {
                if !path.ends_with("src/ui") {
                    read(&path, text);
                }
            } else {
                text.push_str(&std::fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    let mut text = std::fs::read_to_string(FILE).expect("the document stands in the workspace");
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut text);
    relations_in(&text)
}

#[tokio::test]
async fn every_relation_of_an_answer_has_a_page_and_every_page_is_about_one() {
    let app = TestApp::start().await;

    let listed = relations_in(&app.get("/doc").await.is(200).text());

    assert_eq!(listed, relations_in_answers());
    for relation in &listed {
        let page = app.get(&path_of(&["doc", relation])).await.is(200).text();
        assert!(page.contains(&format!("<h1><span class=\"mono\">{relation}</span></h1>")), "{page}");
    }
}

#[tokio::test]
async fn the_curies_of_answers_lead_to_the_pages() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let addresses = [
        "/",
        "/pacticipants/shop",
        "/pacticipants/shop/versions/1",
        "/pacts/provider/stock/consumer/shop/latest",
        "/webhooks",
    ];

    let mut followed = 0;
    for address in addresses {
        let answer = app.get(address).await.is(200).json();
        let links = answer["_links"].as_object().expect("it has links");
        for relation in links.keys() {
            let Some((prefix, name)) = relation.split_once(':') else { continue };
            let curies = links["curies"].as_array().expect("prefixes are explained");
            let curie = curies.iter().find(|curie| curie["name"] == prefix).expect("this one is");
            let page = curie["href"].as_str().expect("an address").replace("{rel}", name);
            app.get(&page).await.is(200);
            followed += 1;
        }
    }
    assert!(followed > 50, "only {followed} relations");
}

#[tokio::test]
async fn a_relation_says_what_it_leads_to_and_how_it_is_followed() {
    let app = TestApp::start().await;

    let page = app.get("/doc/publish-contracts?context=index").await.is(200);

    assert_eq!(page.header("content-type").as_deref(), Some("text/html;charset=utf-8"));
    let text = page.text();
    assert!(text.contains("Where a consumer's build publishes"), "{text}");
    assert!(text.contains("/hal-browser/browser.html#publishContracts"), "{text}");
    assert!(text.contains("' http://pactolus.test/contracts/publish</pre>"), "{text}");
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
}

#[tokio::test]
async fn a_relation_that_is_none_is_answered_with_those_that_may_be_meant() {
    let app = TestApp::start().await;

    let page = app.get("/doc/pb:publish-contract").await.is(404).text();
    let hostile = app.get("/doc/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.is(404).text();

    assert!(page.contains("<code>pb:publish-contracts</code>"), "{page}");
    assert!(!hostile.contains("<script>"), "{hostile}");
}

/// Each names at least one.
#[tokio::test]
async fn pages_about_relations_name_operations_of_the_document() {
    let app = TestApp::start().await;
    let text = std::fs::read_to_string(FILE).expect("the document stands in the workspace");

    let mut without = Vec::new();
    for relation in relations_in(&app.get("/doc").await.text()) {
        let page = app.get(&path_of(&["doc", &relation])).await.text();
        let named: Vec<&str> =
            page.split("browser.html#").skip(1).filter_map(|after| after.split('"').next()).collect();
        for operation in &named {
            assert!(text.contains(&format!("operationId: {operation}\n")), "{relation} names {operation}");
        }
        if named.is_empty() {
            without.push(relation);
        }
    }

    assert_eq!(without, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_to_try_the_api_lists_every_operation_and_needs_no_script_for_it() {
    let app = TestApp::start().await;

    let page = app.get("/hal-browser/browser.html").await.is(200);

    assert_eq!(page.header("content-type").as_deref(), Some("text/html;charset=utf-8"));
    let text = page.text();
    for (method, path) in ApiDocument::load().operations() {
        assert!(text.contains(&format!("data-method=\"{method}\" data-path=\"{path}\"")), "{method} {path}");
    }
    assert!(text.contains("<code>provider</code>"), "parameters can be read");
    assert!(text.contains("&quot;pacticipantName&quot;: &quot;shop&quot;"), "bodies can be read");
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_run_nothing_of_their_own() {
    let app = TestApp::start().await;

    for address in ["/hal-browser/browser.html", "/doc", "/doc/pacticipants", "/doc/nothing"] {
        let page = app.get(address).await;
        let policy = page.header("content-security-policy").expect("it has a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = page.text();
        for loaded in text.split(" src=\"").chain(text.split("<link ")).skip(1) {
            assert!(!loaded.split('>').next().unwrap_or_default().contains("//"), "{address}: {loaded}");
        }
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="), "{address}");
        assert!(!text.contains("<script>"), "{address}");
    }
}

#[tokio::test]
async fn pages_find_what_they_are_made_of_behind_a_proxy_that_takes_a_prefix_away() {
    let app = TestApp::with(|settings| settings.base_urls = vec!["http://pactolus.test/pacts".into()]).await;

    let behind = app.get("/doc/pacticipants").await.text();
    let elsewhere = Request::get("/doc/pacticipants").header("host", "127.0.0.1:9292").body(Body::empty()).unwrap();
    let elsewhere = app.send(elsewhere).await.text();

    assert!(behind.contains("rel=\"stylesheet\" href=\"/pacts/assets/pages-"), "{behind}");
    assert!(elsewhere.contains("rel=\"stylesheet\" href=\"/assets/pages-"), "{elsewhere}");
}
