//! What a new document would do to those who are there.

use super::*;

const PREVIEW: &str = "/provider-contracts/provider/stock/preview";

fn asked(document: &str, environment: Option<&str>) -> Value {
    json!({"environment": environment, "contract": {"content": base64(document)}})
}

async fn previewed(app: &TestApp, edit: (&str, &str), environment: Option<&str>) -> Answer {
    assert!(DOCUMENT.contains(edit.0), "{edit:?}");
    let document = DOCUMENT.replacen(edit.0, edit.1, 1);
    app.post(PREVIEW, &asked(&document, environment)).await.is(200)
}

fn versions(listed: &Value) -> Vec<String> {
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let listed = listed.as_array().expect("a list");
    listed.iter().map(|one| format!("{} {}", text(one, "consumer"), text(one, "version"))).collect()
}

const WITHOUT_PRICE: (&str, &str) = (" price: {type: number},", "");

#[tokio::test]
async fn a_removed_field_breaks_who_reads_it_and_nobody_else() {
    let app = TestApp::start().await;
    world(&app).await;

    let answer = previewed(&app, WITHOUT_PRICE, Some("production")).await;

    assert_eq!(answer.text_at("/level"), "breaking");
    assert_eq!(answer.text_at("/changes/0/id"), "response-required-property-removed");
    assert_eq!(versions(&answer.at("/changes/0/breaks")), ["shop 41"]);
    assert_eq!(answer.at("/changes/0/breaks/0/environments"), json!(["production"]));
    assert_eq!(answer.at("/changes/0/usedBy"), json!([]));
    assert_eq!(answer.at("/changes/0/otherConsumerCount"), 1);
    assert_eq!(answer.at("/broken/0/changes"), json!([0]));
    assert_eq!(answer.text_at("/broken/0/interaction"), "an item");
}

#[tokio::test]
async fn where_nobody_runs_who_reads_it_nothing_breaks() {
    let app = TestApp::start().await;
    world(&app).await;

    let in_test = previewed(&app, WITHOUT_PRICE, Some("test")).await;
    assert_eq!(in_test.text_at("/level"), "info");
    assert_eq!(in_test.at("/consumerCount"), 0);

    let note = previewed(&app, (", note: {type: string}", ""), None).await;
    assert_eq!(note.text_at("/level"), "info");
    assert_eq!(note.at("/changes/0/otherConsumerCount"), 2);
}

#[tokio::test]
async fn nothing_is_stored() {
    let app = TestApp::start().await;
    world(&app).await;
    let count = "select count(*) from provider_contract_content";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&app.db).await.expect("the table is there");

    previewed(&app, WITHOUT_PRICE, None).await;

    let after: i64 = sqlx::query_scalar(count).fetch_one(&app.db).await.expect("the table is there");
    assert_eq!(before, after);
}

#[tokio::test]
async fn the_document_that_runs_there_is_the_old_one() {
    let app = TestApp::start().await;
    world(&app).await;
    app.world().deployed("stock", "1", "production").await;
    offer(&app, "2", "main", &DOCUMENT.replacen(WITHOUT_PRICE.0, WITHOUT_PRICE.1, 1)).await;

    let there = previewed(&app, WITHOUT_PRICE, Some("production")).await;
    assert_eq!((there.text_at("/document/version"), there.text_at("/level")), ("1".into(), "breaking".into()));
    let main = previewed(&app, WITHOUT_PRICE, None).await;
    assert_eq!((main.text_at("/document/version"), main.text_at("/level")), ("2".into(), "info".into()));
    assert_eq!(versions(&main.at("/failedBefore")), ["shop 41"]);
}

#[tokio::test]
async fn what_cannot_be_previewed_is_refused() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.post(PREVIEW, &asked(DOCUMENT, None)).await.is(404);
    offer(&app, "1", "main", DOCUMENT).await;

    app.post(PREVIEW, &asked("neither: nor", None)).await.is(400);
    app.post(PREVIEW, &json!({"contract": {"content": "%"}})).await.is(400);
    app.post(PREVIEW, &json!({})).await.is(400);
    app.post(PREVIEW, &asked(DOCUMENT, Some("nowhere"))).await.is(404);
    app.post("/provider-contracts/provider/nobody/preview", &asked(DOCUMENT, None)).await.is(404);
}

#[tokio::test]
async fn two_published_documents_are_compared() {
    let app = TestApp::start().await;
    world(&app).await;
    offer(&app, "2", "main", &DOCUMENT.replacen(WITHOUT_PRICE.0, WITHOUT_PRICE.1, 1)).await;
    let diff = "/provider-contracts/provider/stock/diff";

    let answer = app.get(&format!("{diff}?from=1&to=2")).await.is(200);
    assert_eq!(answer.at("/breaking"), true);
    assert_eq!(answer.text_at("/changes/0/id"), "response-required-property-removed");
    let concerns = json!({"part": "response-body", "status": "200", "name": "/price"});
    assert_eq!(answer.at("/changes/0/concerns"), concerns);
    assert_eq!((answer.text_at("/from/version"), answer.text_at("/to/version")), ("1".into(), "2".into()));

    let same = app.get(&format!("{diff}?from=1&to=1")).await.is(200);
    assert_eq!((same.at("/breaking"), same.at("/changes")), (json!(false), json!([])));
    app.get(&format!("{diff}?from=1&to=3")).await.is(404);
    app.get(diff).await.is(400);
}
