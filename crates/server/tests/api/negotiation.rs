//! What a client gets for what it says that it accepts, at every address that the document has.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::json;

use crate::support::api_document::ApiDocument;
use crate::support::{Answer, TestApp, path_of};

const CHROMIUM: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
const HAL: &str = "application/hal+json;charset=utf-8";
const JSON: &str = "application/json;charset=utf-8";
const HTML: &str = "text/html;charset=utf-8";

/// A server with something of everything.
struct Everything {
    app: TestApp,
    environment: String,
    sha: String,
    /// Ids, by what their addresses begin with.
    uuids: Vec<(&'static str, String)>,
}

impl Everything {
    async fn start() -> Self {
        let app = TestApp::with(|settings| settings.record_verdicts = true).await;
        let world = app.world();
        let id_in = |address: &str| address.rsplit('/').next().expect("an id stands last").to_owned();
        let environment = id_in(&world.environment("production").await);
        world.consumer("shop").version("0").contract_with("stock", &["another"]).await;
        world.consumer("shop").version("1").branch("main").tag("dev").contract_with("stock", &["a"]).await;
        world.provider("stock").version("40").tag("dev").verifies("shop", "1").await;
        app.put("/pacticipants/shop/labels/ios", &json!({})).await.is(201);
        let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await;
        let verdict = app.get("/can-i-deploy?pacticipant=shop&version=1&environment=production").await;
        let uuids = vec![
            ("/deployed-versions/", id_in(&world.deployed("stock", "40", "production").await.link("self"))),
            ("/released-versions/", id_in(&world.released("stock", "40", "production").await.link("self"))),
            (
                "/webhooks/",
                id_in(&world.webhook("https://hooks.example.org/").on("contract_published").await.link("self")),
            ),
            ("/verdicts/", id_in(&verdict.link("pb:verdict"))),
        ];
        let sha = id_in(&contract.link("pb:pact-version"));
        Self { app, environment, sha, uuids }
    }

    /// What is there, at the address of this template.
    fn at(&self, template: &str) -> String {
        let uuid = self.uuids.iter().find(|(start, _)| template.starts_with(start)).map(|(_, uuid)| uuid.as_str());
        let environment = if template.contains("/to-environment/") { "production" } else { &self.environment };
        let values = [
            ("{provider}", "stock"),
            ("{consumer}", "shop"),
            ("{pacticipant}", "shop"),
            ("{version}", "1"),
            ("{branch}", "main"),
            ("{tag}", "dev"),
            ("{to}", "dev"),
            ("{provider_tag}", "dev"),
            ("{label}", "ios"),
            ("{number}", "1"),
            ("{metadata}", "Y3ZuPTE"),
            ("{relation}", "pacticipants"),
            ("{file}", "pages.css"),
            ("{sha}", &self.sha),
            ("{environment}", environment),
            ("{uuid}", uuid.unwrap_or("0195fd3e-7d3a-7000-8000-000000000000")),
        ];
        let path = values.iter().fold(template.to_owned(), |path, (variable, value)| path.replace(variable, value));
        match template {
            "/can-i-deploy" => path + "?pacticipant=shop&version=1&environment=production",
            "/matrix" => path + "?q[][pacticipant]=shop",
            _ => path,
        }
    }

    /// Every address that can be asked.
    fn addresses(&self) -> Vec<String> {
        let operations = ApiDocument::load().operations().into_iter();
        operations.filter(|(method, _)| method == "GET").map(|(_, template)| self.at(&template)).collect()
    }

    /// Those that answer with HAL to who accepts anything.
    async fn hal_addresses(&self) -> Vec<String> {
        let mut found = Vec::new();
        for address in self.addresses() {
            let answer = self.app.get(&address).await;
            if answer.status == 200 && answer.header("content-type").as_deref() == Some(HAL) {
                found.push(address);
            }
        }
        assert!(found.len() > 50, "only {} addresses", found.len());
        found
    }
}

fn asking(method: &Method, address: &str, accept: &[&str]) -> Request {
    let builder = Request::builder().method(method).uri(address).header("host", "pactolus.test");
    let builder = accept.iter().fold(builder, |builder, line| builder.header("accept", *line));
    builder.body(Body::empty()).expect("a request")
}

fn content_type(answer: &Answer) -> String {
    answer.header("content-type").unwrap_or_default()
}

#[tokio::test]
async fn head_is_answered_as_get_everywhere() {
    let everything = Everything::start().await;
    let Everything { app, .. } = &everything;

    let mut found = 0;
    for address in everything.addresses() {
        let get = app.get(&address).await;
        let head = app.send(asking(&Method::HEAD, &address, &[])).await;

        assert_eq!(head.status, get.status, "{address}");
        assert!(head.body.is_empty(), "{address}");
        for name in ["content-type", "etag", "cache-control", "x-pact-consumer-version"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {address}");
        }
        found += usize::from(get.status == 200);
    }
    assert!(found > 80, "only {found} addresses had something");
}

#[tokio::test]
async fn programs_get_hal_in_whatever_words_they_accept_it() {
    let everything = Everything::start().await;
    let Everything { app, .. } = &everything;
    let words: [&[&str]; 9] = [
        &[""],
        &["*/*"],
        &["application/*"],
        &["application/hal+json"],
        &["Application/HAL+JSON"],
        &["application/hal+json, application/json"],
        &["application/hal+json, application/problem+json"],
        &["application/hal+json", "application/json"],
        &["application/json;q=0.5", "application/hal+json;q=0.9"],
    ];

    for address in everything.hal_addresses().await {
        let expected = app.get(&address).await;
        for accept in words {
            let answer = app.send(asking(&Method::GET, &address, accept)).await.is(200);
            assert_eq!(content_type(&answer), HAL, "{address} as {accept:?}");
            // A recorded question has an address of its own.
            if !address.contains("can-i-deploy")
                && !address.contains("can-i-merge")
                && !address.starts_with("/matrix")
                && !address.starts_with("/verdicts")
            {
                assert_eq!(answer.text(), expected.text(), "{address} as {accept:?}");
            }
        }
    }
}

#[tokio::test]
async fn plain_json_is_what_contracts_and_results_can_be_had_as_and_nothing_else() {
    let everything = Everything::start().await;
    let Everything { app, .. } = &everything;

    let mut plain = Vec::new();
    for address in everything.hal_addresses().await {
        let answer = app.send(asking(&Method::GET, &address, &["application/json"])).await;
        if answer.status == 200 {
            assert_eq!(content_type(&answer), JSON, "{address}");
            plain.push(address);
        } else {
            assert_eq!(answer.status, 406, "{address}");
        }
    }

    let is_content = |address: &String| {
        let is_list = address.ends_with("/versions") || address.contains("/tag/") || address.ends_with("/branch/main");
        address.starts_with("/verification-results/")
            || (address.contains("/provider/stock/consumer/shop/") && address.starts_with("/pact") && !is_list)
    };
    assert!(plain.len() > 10, "only {plain:?}");
    assert!(plain.iter().all(is_content), "{plain:?}");
}

#[tokio::test]
async fn what_is_not_there_as_accepted_is_refused_with_what_is() {
    let app = TestApp::start().await;

    for accept in ["application/xml", "application/pdf", "application/problem+json", "application/hal+json;q=0"] {
        let answer = app.get_as("/pacticipants", accept).await.is(406);
        assert!(answer.text().contains("application/hal+json"), "{accept}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_is_changed_for_who_could_not_be_told_so() {
    let app = TestApp::start().await;

    app.post_as("/pacticipants", &json!({"name": "shop"}), "text/html").await.is(406);

    app.get("/pacticipants/shop").await.is(404);
}

#[tokio::test]
async fn browsers_get_pages_where_programs_get_hal_and_the_same_elsewhere() {
    let everything = Everything::start().await;
    let Everything { app, .. } = &everything;
    let hal = everything.hal_addresses().await;

    for address in everything.addresses() {
        let program = app.get(&address).await;
        let browser = app.raw(asking(&Method::GET, &address, &[CHROMIUM])).await;

        assert_eq!(browser.status, program.status, "{address}");
        if hal.contains(&address) {
            assert_eq!(content_type(&browser), HTML, "{address}");
            let has_links = program.text().contains(r#""_links":{"#);
            let has_own_page = !browser.text().contains("<main id=\"content\" tabindex=\"-1\" class=\"api\">");
            let shows_links = browser.text().contains("&quot;_links&quot;: {");
            assert!(shows_links == has_links || has_own_page, "{browser:?}");
            let only = app.raw(asking(&Method::GET, &address, &["text/html"])).await.is(200);
            assert_eq!(content_type(&only), HTML, "{address}");
            let head = app.raw(asking(&Method::HEAD, &address, &[CHROMIUM])).await.is(200);
            assert_eq!((content_type(&head).as_str(), head.body.len()), (HTML, 0), "{address}");
            let length = browser.body.len().to_string();
            assert_eq!(head.header("content-length"), Some(length), "{address}");
        } else if program.status == 200 && !content_type(&program).contains("hal+json") {
            assert_eq!(content_type(&browser), content_type(&program), "{address}");
            assert_eq!(browser.body, program.body, "{address}");
        }
    }
}

#[tokio::test]
async fn a_page_shows_what_the_program_gets_with_links_to_follow() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    app.put("/pacticipants/shop/labels/ios", &json!({})).await.is(201);

    let page = app.raw(asking(&Method::GET, "/pacticipants/label/ios", &[CHROMIUM])).await.is(200);

    let text = page.text();
    assert!(text.contains(r#"<a href="/pacticipants/shop/versions/1">"#), "{text}");
    assert!(text.contains(r#"<a class="relation" href="/doc/pb%3Aversions">"#), "{text}");
    assert!(text.contains(r#"href="/hal-browser/browser.html#/pacticipants/shop/versions/{version}""#), "{text}");
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert_eq!(page.header("vary").as_deref(), Some("Accept"));
}

#[tokio::test]
async fn a_page_says_what_is_wrong_with_the_same_status() {
    let app = TestApp::start().await;

    for (address, status, said) in [
        ("/pacticipants/nobody", 404, "No application is called nobody"),
        ("/nowhere", 404, "The requested document was not found on this server."),
        ("/contracts/publish", 405, "This address does not take that method"),
        ("/integrations?size=0", 400, "must be greater than or equal to 1"),
    ] {
        let page = app.raw(asking(&Method::GET, address, &[CHROMIUM])).await.is(status);
        assert_eq!(content_type(&page), HTML, "{address}");
        let text = page.text().replace('\'', "&#39;");
        assert!(text.contains(said), "{address}: {text}");
    }
}

#[tokio::test]
async fn nothing_that_users_write_becomes_part_of_a_page() {
    let app = TestApp::start().await;
    let hostile = r#"</pre><script>alert(1)</script><img src=x onerror="alert(2)">'"#;
    let contract = json!({
        "consumer": {"name": hostile}, "provider": {"name": "stock"},
        "interactions": [{"description": hostile, "request": {"method": "GET", "path": "/"},
            "response": {"status": 200, "body": {"_links": {hostile: {"href": "javascript:alert(3)"}}}}}],
    });
    let address = path_of(&["pacts", "provider", "stock", "consumer", hostile, "version", hostile]);
    app.put(&address, &contract).await.is(201);
    let addresses = [
        address,
        path_of(&["pacticipants", hostile]),
        path_of(&["pacticipants", hostile, "versions", hostile]),
        "/pacticipants".to_owned(),
        "/pacts/latest".to_owned(),
        // Sent as it is, by a client that does not encode.
        format!("/pacticipants?q={}", "%3Cscript%3E'\"%3E".replace('"', "%22")),
        path_of(&["nowhere", hostile]),
    ];

    for address in addresses {
        let page = app.raw(asking(&Method::GET, &address, &[CHROMIUM])).await;
        let text = page.text();
        assert_eq!(content_type(&page), HTML, "{address}");
        let is_free = |found: &str| text.contains(found);
        assert!(!is_free("<script>") && !is_free("<img") && !is_free("\"javascript:"), "{address}: {text}");
        let blocks = if text.contains("class=\"answer\"") { 2 } else { 0 };
        assert_eq!(text.matches("</pre>").count(), blocks, "{address}: {text}");
    }
}

#[tokio::test]
async fn what_is_too_large_to_lay_out_is_answered_as_it_is() {
    let app = TestApp::start().await;
    let long: Vec<String> = (0..2000).map(|number| format!("{number:0>500}")).collect();
    app.world().consumer("shop").version("1").contract_with("stock", &["a request"]).await;
    let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    let result = json!({"success": true, "providerApplicationVersion": "7", "testResults": long});
    let published = app.post(&contract.link("pb:publish-verification-results"), &result).await.is(201);

    let answer = app.get_as(&published.link("self"), CHROMIUM).await.is(200);

    assert_eq!(content_type(&answer), HAL);
}

#[tokio::test]
async fn an_extension_says_what_to_serve() {
    let everything = Everything::start().await;
    let Everything { app, .. } = &everything;

    let mut taken_for_names = Vec::new();
    for address in everything.hal_addresses().await {
        if address.contains('?') || address == "/" || address.contains("can-i-") || address.starts_with("/matrix") {
            continue;
        }
        let expected = app.get(&address).await;
        let answer = app.raw(asking(&Method::GET, &format!("{address}.json"), &["*/*"])).await.is(200);
        assert_eq!(content_type(&answer), HAL, "{address}");
        if answer.text() != expected.text() {
            taken_for_names.push(address);
        }
    }

    // Nothing has such a tag, branch or label, which is an empty list, and what links carry is not looked at.
    let content = path_of(&["pacts", "provider", "stock", "consumer", "shop", "pact-version", &everything.sha]);
    let expected = [
        "/pacts/provider/stock/tag/dev",
        "/pacts/provider/stock/branch/latest",
        "/pacts/provider/stock/branch/main",
        "/pacts/provider/stock/latest/dev",
        &format!("{content}/metadata/Y3ZuPTE"),
        "/pacticipants/label/ios",
        "/pacts/provider/stock/consumer/shop/tag/dev",
        "/pacts/provider/stock/consumer/shop/branch/main",
        "/pacts/provider/stock/consumer/shop/branch/versions",
    ];
    assert_eq!(taken_for_names, expected);
    let with_query = app.raw(asking(&Method::GET, "/pacticipants.json?q=sho", &[CHROMIUM])).await.is(200);
    assert_eq!(with_query.text(), app.get("/pacticipants?q=sho").await.text());
    for (address, accept) in [("/pacticipants.csv", "*/*"), ("/pacticipants.yaml", "application/hal+json")] {
        app.raw(asking(&Method::GET, address, &[accept])).await.is(406);
    }
    for address in ["/nowhere.json", "/pacticipants.html"] {
        app.raw(asking(&Method::GET, address, &["*/*"])).await.is(404);
    }
}

#[tokio::test]
async fn a_name_may_end_like_an_extension() {
    let app = TestApp::start().await;
    app.put("/pacticipants/shop/versions/1", &json!({"buildUrl": "https://ci.example.org/1"})).await.is(201);

    app.put("/pacticipants/shop/versions/1.json", &json!({"buildUrl": "https://ci.example.org/2"})).await.is(201);

    assert_eq!(app.get("/pacticipants/shop/versions/1").await.text_at("/buildUrl"), "https://ci.example.org/1");
    let named = app.get("/pacticipants/shop/versions/1.json").await;
    assert_eq!(named.text_at("/number"), "1.json");
    assert_eq!(app.get("/pacticipants/shop/versions/1.json.json").await.text_at("/number"), "1.json");
    app.delete("/pacticipants/shop.json").await.is(404);
    app.get("/pacticipants/shop").await.is(200);
}
