//! The matrix's pages: the versions of two applications, and all applications in an environment.

use super::{is_safe, page, words};
use crate::support::{Answer, TestApp};

const PAIR: &str = "/matrix/provider/stock/consumer/shop";

async fn shown(app: &TestApp, address: &str) -> (Answer, String) {
    let page = page(app, address).await.is(200);
    is_safe(&page);
    let words = words(&page);
    (page, words)
}

/// `shop` 1 to `versions`, of which each pair shares a contract, and `stock` 1 to 5.
async fn with_versions(versions: usize) -> TestApp {
    let app = TestApp::start().await;
    for version in 1..=versions {
        let description = format!("item {}", version / 2);
        let consumer = app.world().consumer("shop").version(&version.to_string()).branch("main");
        consumer.contract_with("stock", &[description.as_str()]).await;
    }
    for version in 1..=5 {
        app.world().provider("stock").version(&version.to_string()).branch("main").await;
    }
    app
}

#[tokio::test]
async fn two_applications_without_a_contract_are_told_so() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("pay", &["x"]).await;
    app.world().provider("stock").version("1").branch("main").await;

    let (page, words) = shown(&app, PAIR).await;

    assert!(words.contains("These two have no contract."), "{words}");
    assert!(words.contains("pactolus publish pacts"), "{words}");
    assert!(page.text().contains(r#"<a href="/pacticipants/stock">"#), "{page:?}");
}

#[tokio::test]
async fn an_application_that_is_not_there_is_an_error_with_the_nearest() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["x"]).await;

    let page = page(&app, "/matrix/provider/stok/consumer/shop").await.is(404);

    is_safe(&page);
    assert!(words(&page).contains("Did you mean stock ?"), "{}", words(&page));
}

#[tokio::test]
async fn a_few_versions_are_a_table() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["x"]).await;
    app.world().provider("stock").version("7").fails("shop", "1").await;

    let (page, words) = shown(&app, PAIR).await;

    assert!(words.contains("Every version with every version"), "{words}");
    assert!(words.contains("1 7 Failed"), "{words}");
    assert!(!page.text().contains("class=\"heat\""), "{page:?}");
    assert!(words.contains("Open the evidence"), "{words}");
}

#[tokio::test]
async fn columns_with_the_same_contract_hang_under_one_bracket() {
    let app = with_versions(9).await;

    let (page, _) = shown(&app, PAIR).await;

    let text = page.text();
    // 1 | 2 3 | 4 5 | 6 7 | 8 9
    assert_eq!(text.matches("scope=\"colgroup\"").count(), 5, "{text}");
    assert_eq!(text.matches("colspan=\"2\"").count(), 4, "{text}");
    assert_eq!(text.matches("<a class=\"cell ").count(), 45, "{text}");
}

#[tokio::test]
async fn a_page_has_forty_versions_and_the_ways_to_the_others() {
    let app = with_versions(45).await;

    let (first, first_words) = shown(&app, PAIR).await;
    assert!(first_words.contains("40 of 45 versions of shop"), "{first_words}");
    assert!(first.text().contains("?before=6\">Older"), "{first:?}");

    let (second, second_words) = shown(&app, &format!("{PAIR}?before=6")).await;
    assert!(second_words.contains("5 of 45 versions of shop"), "{second_words}");
    assert!(second.text().contains(&format!("href=\"{PAIR}\">Newer")), "{second:?}");
}

#[tokio::test]
async fn the_selected_cell_has_its_evidence_beside_the_map() {
    let app = with_versions(5).await;
    app.world().provider("stock").version("4").fails("shop", "5").await;
    app.world().provider("stock").version("3").verifies("shop", "5").await;

    let (page, words) = shown(&app, &format!("{PAIR}?cell=5%3A4")).await;

    assert!(words.contains("Failed just now shop 5 stock 4"), "{words}");
    assert!(words.contains("Since stock 4 contract"), "{words}");
    assert!(words.contains("The provider moved."), "{words}");
    assert!(page.text().contains("cell fail selected"), "{page:?}");
    let (_, without) = shown(&app, &format!("{PAIR}?cell=5%3A5")).await;
    assert!(without.contains("Not verified shop 5 stock 5"), "{without}");
}

#[tokio::test]
async fn what_runs_somewhere_is_marked_and_selected() {
    let app = with_versions(5).await;
    app.world().environment("production").await;
    app.world().deployed("shop", "2", "production").await;
    app.world().deployed("stock", "3", "production").await;

    let (page, words) = shown(&app, PAIR).await;

    assert!(words.contains("runs in production"), "{words}");
    assert!(words.contains("Not verified shop 2 production stock 3 production"), "{words}");
    assert!(
        page.text().contains("/can-i-deploy?pacticipant=stock&amp;version=3&amp;environment=production"),
        "{page:?}"
    );
}

#[tokio::test]
async fn a_contract_that_the_newest_provider_fails_is_the_consumers_move() {
    let app = with_versions(5).await;
    app.world().provider("stock").version("5").verifies("shop", "2").fails("shop", "4").await;

    let (_, words) = shown(&app, PAIR).await;

    assert!(words.contains("From shop 4 on, contract"), "{words}");
    assert!(words.contains("The consumer moved."), "{words}");
}

#[tokio::test]
async fn filters_stand_in_the_address() {
    let app = with_versions(5).await;
    app.world().consumer("shop").version("x").branch("feat/x").contract_with("stock", &["other"]).await;
    app.world().provider("stock").version("4").fails("shop", "5").await;

    let (page, _) = shown(&app, &format!("{PAIR}?consumer_branch=feat%2Fx")).await;
    assert!(page.text().contains("<option value=\"feat/x\" selected>"), "{page:?}");
    assert_eq!(page.text().matches("<a class=\"cell ").count(), 5, "{page:?}");

    let (failed, _) = shown(&app, &format!("{PAIR}?result=failed")).await;
    let rows = failed.text().split("<tbody").nth(1).map(|body| body.matches("<tr").count());
    assert_eq!(rows, Some(1), "{}", words(&failed));

    let (_, nothing) = shown(&app, &format!("{PAIR}?consumer_branch=gone")).await;
    assert!(nothing.contains("No versions are left: take a filter back."), "{nothing}");
}

#[tokio::test]
async fn hostile_names_are_text_on_both_pages() {
    let app = TestApp::start().await;
    let hostile = "<script>alert(1)</script>\"><img src=x>";
    let encoded = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%3E%3Cimg%20src%3Dx%3E";
    app.world().environment("production").await;
    app.world().consumer(hostile).version(hostile).branch(hostile).contract_with("stock", &[hostile]).await;
    app.world().deployed(hostile, hostile, "production").await;
    app.world().provider("stock").version("1").branch("main").await;

    let (_, pair) = shown(&app, &format!("/matrix/provider/stock/consumer/{encoded}?cell={encoded}")).await;
    assert!(pair.contains(hostile), "{pair}");
    let (_, all) = shown(&app, "/matrix").await;
    assert!(all.contains(hostile), "{all}");
    for parameter in ["environment", "label", "result", "mark", "before", "rows_before", "consumer_branch"] {
        for path in ["/matrix".to_owned(), format!("/matrix/provider/stock/consumer/{encoded}")] {
            shown(&app, &format!("{path}?{parameter}={encoded}")).await;
        }
    }
}

#[tokio::test]
async fn all_applications_in_an_environment_stand_in_one_map() {
    let app = with_versions(2).await;
    app.world().environment("production").await;
    app.world().environment("test").await;
    app.world().deployed("shop", "2", "production").await;
    app.world().deployed("stock", "5", "production").await;
    app.world().provider("stock").version("5").fails("shop", "2").await;

    let (page, words) = shown(&app, "/matrix").await;
    assert!(words.contains("1 pair of applications fails in Production"), "{words}");
    assert!(page.text().contains(&format!("href=\"{PAIR}?mark=production\"")), "{page:?}");
    assert!(words.contains("The same as a table the worst first"), "{words}");

    let (_, test) = shown(&app, "/matrix?environment=test").await;
    assert!(test.contains("Nothing fails in Test"), "{test}");
    assert!(test.contains("No consumer with a contract runs here"), "{test}");
    let (_, passed) = shown(&app, "/matrix?result=passed").await;
    assert!(passed.contains("or none that the filters leave"), "{passed}");
}

#[tokio::test]
async fn without_an_environment_the_matrix_says_how_to_make_one() {
    let app = TestApp::start().await;

    let (_, words) = shown(&app, "/matrix").await;

    assert!(words.contains("There is no environment yet. pactolus create-environment"), "{words}");
}

#[tokio::test]
async fn too_many_applications_are_shown_by_label() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    for index in 0..61 {
        let consumer = format!("shop-{index}");
        app.world().consumer(&consumer).version("1").contract_with("stock", &["x"]).await;
        app.world().deployed(&consumer, "1", "production").await;
        let label = if index % 2 == 0 { "web" } else { "mobile" };
        app.put(&format!("/pacticipants/{consumer}/labels/{label}"), &serde_json::json!({})).await;
    }

    let (page, words) = shown(&app, "/matrix").await;
    assert!(words.contains("61 applications: by label"), "{words}");
    assert!(page.text().contains("href=\"/matrix?label=web\""), "{page:?}");

    let (_, web) = shown(&app, "/matrix?label=web").await;
    assert!(web.contains("31 pairs of consumer and provider"), "{web}");
}

#[tokio::test]
async fn a_question_with_selectors_is_still_the_apis_answer() {
    let app = with_versions(1).await;

    let (_, words) = shown(&app, "/matrix?q[][pacticipant]=shop&q[][pacticipant]=stock").await;

    assert!(words.contains("Programs get this address with"), "{words}");
}

#[tokio::test]
async fn without_a_choice_the_matrix_is_about_the_environment_that_home_is_about() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["x"]).await;
    for name in ["test", "staging"] {
        let body = serde_json::json!({"name": name, "displayName": name, "production": false});
        app.post("/environments", &body).await.is(201);
        app.advance_secs(1);
        app.world().deployed("shop", "1", name).await;
    }

    let matrix = words(&page(&app, "/matrix").await.is(200));
    let home = words(&page(&app, "/").await.is(200));

    let chosen = matrix.split("Environment ").nth(1).unwrap_or_default();
    assert!(chosen.starts_with("staging test"), "the usual one stands first: {matrix}");
    assert!(home.to_lowercase().contains("to staging"), "{home}");
}
