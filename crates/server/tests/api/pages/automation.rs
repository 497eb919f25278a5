//! Webhooks, their deliveries, dead letters and requested verifications, as pages.

use std::time::Duration;

use axum::http::Method;
use pactolus_domain::webhook::Retries;
use serde_json::json;

use super::{OWN, changed, is_safe, page, readable, send_form, words};
use crate::support::{Answer, Receiver, TestApp, open_to_receiver};
use crate::webhook_execution::with_a_worker;

/// Where each delivery is tried twice.
async fn app() -> TestApp {
    TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10)]);
    })
    .await
}

/// A webhook whose receiver answers 500 to every attempt.
async fn given_up(app: &TestApp, receiver: &Receiver) -> Answer {
    let webhook = app
        .world()
        .webhook(&receiver.url("/build?token=t0p-s3cret"))
        .on("contract_published")
        .request("headers", json!({"X-Team-Key": "s3cret-team"}))
        .with("description", json!("Build it"))
        .await;
    receiver.will_answer(&[500, 500]);
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.run_jobs().await;
    app.advance_secs(10);
    app.run_jobs().await;
    webhook
}

/// The address of the first delivery that a page links.
fn first_delivery(page: &Answer) -> String {
    let text = page.text();
    let id = text.split("href=\"/webhook-deliveries/").nth(1).expect("a link").split('"').next().unwrap_or_default();
    format!("/webhook-deliveries/{id}")
}

#[tokio::test]
async fn without_a_webhook_there_are_three_to_begin_with() {
    let app = TestApp::start().await;

    let page = page(&app, "/webhooks").await.is(200);

    is_safe(&page);
    assert_eq!(words(&page).matches("pactolus create-webhook").count(), 3, "{page:?}");
}

#[tokio::test]
async fn webhooks_are_listed_with_what_became_of_the_latest_delivery() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;

    let page = page(&app, "/webhooks").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("1 webhook told nobody"), "{words}");
    assert!(words.contains("Build it") && words.contains("Given up , answered 500"), "{words}");
}

#[tokio::test]
async fn a_webhook_shows_its_request_without_secrets() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = given_up(&app, &receiver).await.link("self");

    let page = page(&app, webhook.trim_start_matches("http://pactolus.test")).await.is(200);

    is_safe(&page);
    assert!(!page.text().contains("s3cret"), "{page:?}");
    assert!(page.text().contains("••••••••"), "{}", words(&page));
    assert!(words(&page).contains("1 of the last 1 given up"), "{page:?}");
}

#[tokio::test]
async fn a_delivery_shows_each_attempt_with_request_and_answer() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));

    let page = page(&app, &address).await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("Attempt 2") && words.contains("Attempt 1"), "{words}");
    assert!(words.contains("500"), "{words}");
    assert!(!page.text().contains("s3cret"), "{page:?}");
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_by_a_form() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));
    assert!(page(&app, &address).await.text().contains(&format!(r#"action="{address}/replay""#)));

    let answer = send_form(&app, &format!("{address}/replay"), &[], OWN).await.is(303);

    assert_eq!(answer.header("location").as_deref(), Some(address.as_str()));
    app.run_jobs().await;
    assert!(words(&page(&app, &address).await).contains("Arrived"));
}

#[tokio::test]
async fn a_form_of_another_site_sends_nothing() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));

    send_form(&app, &format!("{address}/replay"), &[], "http://evil.example").await.is(403);

    assert!(words(&page(&app, &address).await).contains("Given up"));
}

#[tokio::test]
async fn no_dead_letter_and_no_request_is_said() {
    let app = TestApp::start().await;

    assert!(words(&page(&app, "/webhook-deliveries?status=failure").await.is(200)).contains("No dead letter"));
    assert!(words(&page(&app, "/verification-requests").await.is(200)).contains("No request waits"));
    page(&app, "/webhook-deliveries?status=odd").await.is(400);
    page(&app, "/verification-requests?state=odd").await.is(400);
}

#[tokio::test]
async fn hostile_names_are_only_text_in_automation() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let hostile = r#"<img src=x onerror="alert(2)">"#;
    let webhook =
        app.world().webhook(&receiver.url("/")).on("contract_published").with("description", json!(hostile)).await;
    app.world().consumer(hostile).version("1").contract_with("stock", &["a pen"]).await;
    app.run_jobs().await;
    let own = webhook.link("self");

    for address in ["/webhooks", own.trim_start_matches("http://pactolus.test"), "/webhook-deliveries"] {
        let page = page(&app, address).await.is(200);
        is_safe(&page);
        assert!(page.text().contains("&lt;img src=x"), "{address}");
    }
}

#[tokio::test]
async fn all_dead_letters_are_sent_again_by_a_form() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let id = given_up(&app, &receiver).await.json()["uuid"].as_str().expect("an id").to_owned();
    let of_webhook = format!("/webhook-deliveries?status=failure&webhook={id}");
    let all = page(&app, "/webhook-deliveries?status=failure").await;
    assert!(all.text().contains(r#"action="/webhook-deliveries/replay""#), "{all:?}");
    assert!(page(&app, &of_webhook).await.text().contains(&format!(r#"name="webhook" value="{id}""#)));

    let answer = send_form(&app, "/webhook-deliveries/replay", &[("webhook", &id)], OWN).await.is(303);

    assert_eq!(answer.header("location"), Some(of_webhook));
    app.run_jobs().await;
    assert!(words(&page(&app, "/webhook-deliveries?status=failure").await).contains("No dead letter"));
}

#[tokio::test]
async fn a_webhook_is_made_by_a_form() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let url = receiver.url("/build");

    let fields = [("event", "contract_content_changed"), ("url", url.as_str()), ("description", "Build & tell")];
    let answer = send_form(&app, "/webhooks", &fields, OWN).await.is(303);

    let address = answer.header("location").expect("an address");
    assert!(words(&page(&app, &address).await.is(200)).starts_with("Automation Build & tell"));
    send_form(&app, "/webhooks", &[("event", "odd"), ("url", &url)], OWN).await.is(400);
    send_form(&app, "/webhooks", &fields, "http://evil.example").await.is(403);
}

#[tokio::test]
async fn a_test_shows_what_was_sent_and_answered() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = app.world().webhook(&receiver.url("/build?token=t0p-s3cret")).on("contract_published").await;
    let address = format!("{}/execute", webhook.link("self").trim_start_matches("http://pactolus.test"));
    receiver.will_answer(&[204]);

    let sent = with_a_worker(&app, send_form(&app, &address, &[], OWN)).await.is(303);

    let result = sent.header("location").expect("an address");
    let page = page(&app, &result).await.is(200);
    is_safe(&page);
    assert!(words(&page).contains("What the test brought Arrived"), "{}", words(&page));
    assert!(words(&page).contains("204") && !page.text().contains("s3cret"), "{}", words(&page));
    assert_eq!(receiver.received().len(), 1, "to look again is not to send again");
    let twin = app.get(&format!("{result}.json")).await.is(200);
    assert_eq!((twin.at("/success"), twin.at("/response/status")), (json!(true), json!(204)));
    let other = app.world().webhook(&receiver.url("/")).on("contract_published").await.link("self");
    let test = result.rsplit('/').next().expect("an id");
    app.get(&format!("{other}/tests/{test}")).await.is(404);
}

#[tokio::test]
async fn webhooks_are_found_and_ordered_by_the_address() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    app.world()
        .webhook(&receiver.url("/"))
        .on("provider_verification_published")
        .with("description", json!("Alarm"))
        .await;

    let shown = async |query: &str| words(&page(&app, &format!("/webhooks{query}")).await.is(200));
    let by_name = shown("?sort=name").await;
    assert!(by_name.find("Alarm") < by_name.find("Build it"), "{by_name}");
    let turned = shown("?sort=-name").await;
    assert!(turned.find("Build it for") < turned.find("Alarm for"), "{turned}");
    assert!(!shown("?last=failure").await.contains("Alarm") && !shown("?q=alarm").await.contains("Build it for"));
    assert!(shown("?q=nothing").await.contains("No webhook is as this address asks"));
    assert!(shown("?page=7").await.contains("No webhook is as this address asks"));
}

#[tokio::test]
async fn who_may_only_read_is_offered_no_button() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        readable(settings);
    })
    .await;
    let id = "a-webhook-of-sixteen";
    let body = json!({
        "events": [{"name": "contract_published"}],
        "request": {"method": "POST", "url": receiver.url("/")},
    });
    changed(&app, Method::PUT, &format!("/webhooks/{id}"), &body).await.is(201);

    for address in ["/webhooks".to_owned(), format!("/webhooks/{id}"), "/webhook-deliveries?status=failure".to_owned()]
    {
        let page = page(&app, &address).await.is(200);
        assert!(!page.text().contains(r#"method="post""#), "{address}: {}", words(&page));
    }
    send_form(&app, &format!("/webhooks/{id}/execute"), &[], OWN).await.is(401);
}

#[tokio::test]
async fn requests_that_the_address_leaves_out_are_told_from_none_at_all() {
    let app = TestApp::start().await;

    let words = words(&page(&app, "/verification-requests?provider=stock").await.is(200));

    assert!(words.contains("No request is as this address asks"), "{words}");
}

/// Three that stock's build has to answer, of consumers that came one after the other.
async fn three_requests(app: &TestApp) {
    app.world().provider("stock").version("40").branch("main").await;
    for name in ["shop", "cart", "post"] {
        app.advance_secs(60);
        app.world().consumer(name).version("1").contract_with("stock", &[name]).await;
    }
}

/// Those of the words that stand on the page, in its order.
fn in_order<'w>(page: &str, wanted: &[&'w str]) -> Vec<&'w str> {
    let mut found: Vec<(usize, &str)> = wanted.iter().filter_map(|word| Some((page.find(word)?, *word))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, word)| word).collect()
}

#[tokio::test]
async fn a_request_is_made_again_by_a_form_of_its_page() {
    let receiver = Receiver::start().await;
    let app = app().await;
    app.world().provider("stock").version("40").branch("main").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.world().webhook(&receiver.url("/build")).on("contract_requiring_verification_published").await;
    let list = page(&app, "/verification-requests").await.is(200);
    let address =
        list.text().split("action=\"").find_map(|part| part.split_once("/ask-again\"")).expect("a form").0.to_owned();
    let before = page(&app, &address).await.is(200);
    is_safe(&before);
    assert!(words(&before).contains("stock 40 is to verify shop Requested"), "{}", words(&before));
    assert!(words(&before).contains("No webhook was told"), "{}", words(&before));

    let answer = send_form(&app, &format!("{address}/ask-again"), &[], OWN).await.is(303);

    assert_eq!(answer.header("location").as_deref(), Some(address.as_str()));
    app.run_jobs().await;
    let after = words(&page(&app, &address).await);
    assert!(after.contains("asked 2 times") && after.contains("Arrived"), "{after}");
    send_form(&app, &format!("{address}/ask-again"), &[], "http://evil.example").await.is(403);
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    let done = page(&app, &address).await.is(200);
    assert!(words(&done).contains("Answered") && !done.text().contains("ask-again"), "{}", words(&done));
}

#[tokio::test]
async fn requests_are_ordered_by_the_address() {
    let app = TestApp::start().await;
    three_requests(&app).await;
    let shown = async |query: &str| {
        let page = page(&app, &format!("/verification-requests{query}")).await.is(200);
        in_order(&page.text(), &[">shop<", ">cart<", ">post<"])
    };

    assert_eq!(shown("").await, [">post<", ">cart<", ">shop<"]);
    assert_eq!(shown("?sort=since").await, [">shop<", ">cart<", ">post<"]);
    assert_eq!(shown("?sort=-since").await, [">post<", ">cart<", ">shop<"]);
    assert_eq!(shown("?sort=consumer").await, [">cart<", ">post<", ">shop<"]);
    assert_eq!(shown("?sort=-consumer").await, [">shop<", ">post<", ">cart<"]);
    assert_eq!(shown("?sort=consumer&page=2").await, [""; 0]);
}

#[tokio::test]
async fn deliveries_are_ordered_by_the_address() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").with("description", json!("Alarm")).await;
    app.world().consumer("cart").version("1").contract_with("stock", &["a box"]).await;
    app.run_jobs().await;
    let shown = async |query: &str| {
        let page = page(&app, &format!("/webhook-deliveries{query}")).await.is(200);
        let table = page.text().split("<tbody>").nth(1).expect("a table").to_owned();
        let about = |row: &str| if row.contains("shop with stock") { "shop" } else { "cart" };
        let rows = table.split("<tr>").skip(1);
        rows.map(|row| format!("{} {}", about(row), if row.contains("Alarm") { "alarm" } else { "build" }))
            .collect::<Vec<_>>()
    };

    assert_eq!(shown("?sort=when").await[0], "shop build");
    assert_eq!(shown("?sort=-when").await[2], "shop build");
    assert_eq!(shown("").await, shown("?sort=-when").await);
    assert_eq!(shown("?sort=webhook").await[0], "cart alarm");
    assert_eq!(shown("?sort=-webhook").await[2], "cart alarm");
    assert_eq!(shown("?sort=result").await[0], "shop build");
    assert_eq!(shown("?sort=-attempts").await[0], "shop build");
    assert_eq!(shown("?sort=about").await[2], "shop build");
    let page = page(&app, "/webhook-deliveries?sort=about").await;
    assert!(page.text().contains(r#"aria-sort="ascending"><a href="/webhook-deliveries?sort=-about">"#), "{page:?}");
    assert!(page.text().contains(r#"href="/webhook-deliveries?sort=-attempts""#), "{page:?}");
}
