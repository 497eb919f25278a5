//! Evidence over time: other answers, links to it, and how it goes.

use futures_util::future::join_all;
use pactolus_server::Role;
use serde_json::{Value, json};

use crate::support::evidence::{RUNS, exchange, interaction, run, run_at, run_id, written};
use crate::support::{Answer, TestApp, path_of};

const DAY: u64 = 24 * 3600;

/// With a provider called stock.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app
}

fn runs(listed: &Answer) -> Vec<String> {
    let runs = listed.at("/_embedded/runs");
    runs.as_array().expect("a list").iter().map(|one| one["uuid"].as_str().expect("an id").to_owned()).collect()
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = match table {
        "runs" => "select count(*) from evidence_run",
        "exchanges" => "select count(*) from evidence_exchange",
        "interactions" => "select count(*) from evidence_interaction",
        _ => "select count(*) from evidence_body",
    };
    sqlx::query_scalar(statement).fetch_one(&app.db).await.expect("the table is there")
}

/// Rows of runs, exchanges, interactions and bodies.
async fn counts(app: &TestApp) -> [i64; 4] {
    [
        count(app, "runs").await,
        count(app, "exchanges").await,
        count(app, "interactions").await,
        count(app, "bodies").await,
    ]
}

#[tokio::test]
async fn runs_are_listed_the_newest_first_a_page_at_a_time() {
    let app = start().await;
    // The order is that of arrival, whatever their ids.
    for number in [2, 3, 1] {
        app.upload(&[run(number)]).await.is(201);
    }

    let first = app.get(&format!("{RUNS}?size=2")).await.is(200);
    let second = app.get(&first.link("next")).await.is(200);

    assert_eq!(runs(&first), [run_id(1), run_id(3)]);
    assert_eq!(runs(&second), [run_id(2)]);
    assert_eq!(second.at("/_links/next"), Value::Null);
    for query in ["?size=0", "?before=x", "?consumer=shop", "?contract=1"] {
        app.get(&format!("{RUNS}{query}")).await.is(400);
    }
    app.get("/pacticipants/stock/versions/8/evidence").await.is(404);
    app.get("/pacticipants/stock/versions/8/evidence/x").await.is(404);
    app.get(&run_at(1).replace("/7/", "/8/")).await.is(404);
    app.get(&run_at(1).replace("/stock/", "/shop/")).await.is(404);
}

#[tokio::test]
async fn runs_that_answer_otherwise_are_both_shown_and_told_of() {
    let app = start().await;
    let pen = |answer: &str| exchange(1, "/pen", answer);
    app.upload(&[run(1), pen("7"), exchange(2, "/cap", "1")]).await.is(201);
    // Only the date differs.
    let same = app.upload(&[run(2), exchange(9, "/pen", "7")]).await.is(201);
    let mut status = pen("7");
    status["response"]["status"] = 404.into();

    let other = app.upload(&[run(3), pen("8"), exchange(2, "/cap", "1")]).await.is(201);
    let third = app.upload(&[run(4), status]).await.is(201);

    assert_eq!([&same, &other, &third].map(|run| run.at("/conflicts")), [json!(0), json!(1), json!(1)]);
    let first = app.get(&run_at(1)).await.is(200);
    assert_eq!(first.at("/conflicts"), 0, "it was the first");
    assert_eq!(first.at("/_embedded/exchanges/0/otherAnswers"), 2);
    assert_eq!(first.at("/_embedded/exchanges/1/otherAnswers"), 0);
    let shown = app.get(&format!("{}/exchanges/1", run_at(1))).await.is(200);
    let others = shown.at("/_links/pb:other-answers");
    let others: Vec<&str> = others.as_array().unwrap().iter().map(|link| link["name"].as_str().unwrap()).collect();
    assert_eq!(others, [run_id(4), run_id(3)]);
    let other = app.get(&shown.text_at("/_links/pb:other-answers/1/href")).await.is(200);
    assert_eq!(other.at("/response/body/text"), "8");
}

#[tokio::test]
async fn what_another_version_answers_is_no_conflict() {
    let app = start().await;
    app.upload(&[run(1), exchange(1, "/pen", "7")]).await.is(201);
    let mut elsewhere = run(2);
    elsewhere["run"]["providerVersion"] = "8".into();
    let lines = written(&[elsewhere, exchange(1, "/pen", "8")]);

    let uploaded = app.upload_text("/pacticipants/stock/versions/8/evidence", &lines).await.is(201);

    assert_eq!(uploaded.at("/conflicts"), 0);
    assert_eq!(app.get(&run_at(1)).await.at("/_embedded/exchanges/0/otherAnswers"), 0);
}

#[tokio::test]
async fn versions_and_results_lead_to_the_evidence() {
    let app = start().await;
    let result = app.world().provider("stock").version("7").verifies("shop", "1").await.expect("a result");
    assert_eq!(result.at("/_links/pb:evidence"), Value::Null);
    let sha = result.link("pb:pact-version");
    let sha = sha.rsplit('/').find(|part| part.len() == 40).expect("a sha").to_owned();
    let about = |consumer: &str, sha: &str| {
        let mut asked = exchange(1, "/a", "{}");
        asked["interactions"] = json!([interaction(consumer, "passed")]);
        asked["interactions"][0]["contract"] = sha.into();
        asked
    };
    // Another consumer may promise the same.
    app.upload(&[run(1), about("site", &sha)]).await.is(201);
    assert_eq!(app.get(&result.link("self")).await.is(200).at("/_links/pb:evidence"), Value::Null);

    app.upload(&[run(2), about("shop", &sha), exchange(2, "/b", "{}")]).await.is(201);
    app.upload(&[run(3), about("shop", &sha.replace(|_: char| true, "0"))]).await.is(201);

    let shown = app.get(&result.link("self")).await.is(200);
    let found = app.get(&shown.link("pb:evidence")).await.is(200);
    assert_eq!(runs(&found), [run_id(2)]);
    let exchanges = app.get(&found.text_at("/_embedded/runs/0/_links/pb:evidence-run/href")).await.is(200);
    assert_eq!(exchanges.at("/_embedded/exchanges").as_array().map(Vec::len), Some(1));
    app.advance_secs(3600);
    let again = app.world().provider("stock").version("7").verifies("shop", "1").await.expect("a result");
    assert_eq!(again.link("pb:evidence"), shown.link("pb:evidence"));
    let version = app.get("/pacticipants/stock/versions/7").await.is(200);
    assert_eq!(runs(&app.get(&version.link("pb:evidence")).await.is(200)).len(), 3);
}

#[tokio::test]
async fn a_deleted_run_takes_its_bodies_along_unless_another_has_them() {
    let app = start().await;
    app.upload(&[run(1), exchange(1, "/pen", "7"), exchange(2, "/cap", "7"), exchange(3, "/hat", "1")]).await.is(201);
    app.upload(&[run(2), exchange(1, "/pen", "7")]).await.is(201);
    assert_eq!(counts(&app).await, [2, 4, 4, 2]);

    app.delete(&run_at(1)).await.is(204);

    assert_eq!(counts(&app).await, [1, 1, 1, 1]);
    assert_eq!(app.get(&format!("{}/exchanges/1", run_at(2))).await.at("/response/body/text"), "7");
    app.get(&run_at(1)).await.is(404);
    app.delete(&run_at(1)).await.is(404);
    app.delete(&run_at(2)).await.is(204);
    assert_eq!(counts(&app).await, [0, 0, 0, 0]);
    let audited: Vec<String> = sqlx::query_scalar("select subject from audit_event where action = 'evidence.deleted'")
        .fetch_all(&app.db)
        .await
        .unwrap();
    assert_eq!(audited, ["stock 7", "stock 7"]);
}

#[tokio::test]
async fn bodies_are_there_as_long_as_somebody_has_them_however_runs_come_and_go() {
    let app = start().await;
    app.upload(&[run(0), exchange(1, "/0", "all have it"), exchange(2, "/1", "and this")]).await.is(201);
    let (one, other) =
        ([exchange(1, "/0", "all have it")], [exchange(1, "/1", "and this"), exchange(2, "/0", "all have it")]);

    for round in 0..6 {
        // Each of a version of its own, so that none waits for another's version.
        let coming = (1..6).map(|at| {
            let (app, number) = (&app, round * 10 + at);
            let mut line = run(number);
            line["run"]["providerVersion"] = number.to_string().into();
            let exchanges: &[Value] = if at % 2 == 0 { &one } else { &other };
            let lines = written(&[&[line], exchanges].concat());
            async move { app.upload_text(&evidence_of(number), &lines).await.is(201) }
        });
        let going = match round {
            0 => vec![run_at(0)],
            _ => {
                (1..6).map(|at| round * 10 + at - 10).map(|at| format!("{}/{}", evidence_of(at), run_id(at))).collect()
            }
        };
        let going = going.iter().map(async |address: &String| app.delete(address).await.is(204));
        tokio::join!(join_all(coming), join_all(going));
    }

    let dangling: i64 = sqlx::query_scalar(
        "select count(*) from evidence_body
         where not exists (select from evidence_exchange where response_body = sha256)",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(dangling, 0);
    assert_eq!(counts(&app).await, [5, 8, 8, 2]);
}

#[tokio::test]
async fn of_runs_that_come_at_once_under_one_id_one_is_kept() {
    let app = start().await;
    let same = written(&[run(1), exchange(1, "/pen", "7")]);
    let of_versions: Vec<String> = (10..14)
        .map(|number| {
            let mut line = run(2);
            line["run"]["providerVersion"] = number.to_string().into();
            line.to_string()
        })
        .collect();

    let same = join_all((0..4).map(|_| app.upload_text(RUNS, &same))).await;
    let addresses: Vec<String> = (10..14).map(evidence_of).collect();
    let others = addresses.iter().zip(&of_versions).map(|(address, text)| app.upload_text(address, text));
    let others = join_all(others).await;

    let statuses = |answers: &[Answer]| {
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(statuses(&same), [200, 200, 200, 201]);
    assert_eq!(statuses(&others), [201, 409, 409, 409]);
    assert_eq!(count(&app, "runs").await, 2);
}

fn evidence_of(number: u32) -> String {
    path_of(&["pacticipants", "stock", "versions", &number.to_string(), "evidence"])
}

#[tokio::test]
async fn deleted_versions_and_pacticipants_take_their_evidence_along() {
    let app = start().await;
    let lines = |number: u32, version: &str| {
        let mut line = run(number);
        line["run"]["providerVersion"] = version.into();
        written(&[line, exchange(1, "/pen", "7")])
    };
    app.upload_text(RUNS, &lines(1, "7")).await.is(201);
    for number in 2..30 {
        app.upload_text("/pacticipants/stock/versions/8/evidence", &lines(number, "8")).await.is(201);
    }

    app.delete("/pacticipants/stock/versions/7").await.is(204);

    assert_eq!(counts(&app).await, [28, 28, 28, 1]);
    app.delete("/pacticipants/stock").await.is(204);
    assert_eq!(counts(&app).await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn evidence_goes_after_its_days() {
    let app = start().await;
    for number in 1..=30 {
        app.upload(&[run(number), exchange(1, "/pen", "7")]).await.is(201);
    }
    app.advance_secs(DAY);
    app.upload(&[run(31), exchange(1, "/pen", "7")]).await.is(201);

    app.advance_secs(89 * DAY);
    app.run_jobs().await;
    assert_eq!(count(&app, "runs").await, 31);
    app.advance_secs(1);
    app.run_jobs().await;

    assert_eq!(counts(&app).await, [1, 1, 1, 1]);
    app.advance_secs(DAY);
    app.run_jobs().await;
    assert_eq!(counts(&app).await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn evidence_may_be_kept_for_ever() {
    let app = TestApp::with(|settings| settings.evidence_days = 0).await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let uploaded = app.upload(&[run(1)]).await.is(201);

    app.advance_secs(10_000 * DAY);
    app.run_jobs().await;

    assert_eq!(uploaded.at("/keptUntil"), Value::Null);
    app.get(&run_at(1)).await.is(200);
}

#[tokio::test]
async fn who_may_only_read_brings_no_evidence_and_deletes_none() {
    let app = TestApp::with(|settings| settings.access.let_in_token(Role::Read, "reader", "r")).await;
    let reader = [("authorization", "Bearer r")];

    app.upload_as(RUNS, run(1).to_string(), &reader).await.is(401);
    app.upload_as(RUNS, run(1).to_string(), &[]).await.is(401);
    let delete =
        axum::extract::Request::delete(run_at(1)).header("host", "pactolus.test").header("authorization", "Bearer r");
    app.send(delete.body(axum::body::Body::empty()).unwrap()).await.is(401);
}
