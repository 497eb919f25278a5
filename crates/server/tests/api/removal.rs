//! Deleting, and what is latest afterwards.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, path_of, query_of, verdict};

async fn matrix_of_pair(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/matrix/provider/stock/consumer/shop").await.is(200);
    answer.json()["matrix"].as_array().expect("rows").clone()
}

async fn head(app: &TestApp, pacticipant: &str, branch: &str) -> Answer {
    app.get(&path_of(&["pacticipants", pacticipant, "branches", branch, "latest-version"])).await
}

/// shop 1 and 2 on main, tagged dev; 40 verifies 1, 41 fails 2.
async fn two_versions() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    for (number, content) in [("1", "first"), ("2", "second")] {
        world.consumer("shop").version(number).branch("main").tag("dev").contract_with("stock", &[content]).await;
    }
    world.provider("stock").version("40").branch("main").verifies("shop", "1").await;
    world.provider("stock").version("41").branch("main").fails("shop", "2").await;
    app
}

#[tokio::test]
async fn a_deleted_version_takes_all_that_hangs_on_it_along() {
    let app = two_versions().await;
    let world = app.world();
    world.environment("production").await;
    world.deployed("shop", "2", "production").await;

    app.delete("/pacticipants/shop/versions/2").await.is(204);

    app.get("/pacticipants/shop/versions/2").await.is(404);
    assert_eq!(head(&app, "shop", "main").await.text_at("/number"), "1");
    assert_eq!(app.get("/pacticipants/shop/latest-version/dev").await.text_at("/number"), "1");
    assert_eq!(app.get("/pacticipants/shop/latest-version").await.text_at("/number"), "1");
    let latest = app.get("/pacts/provider/stock/consumer/shop/latest").await.is(200);
    assert_eq!(latest.header("x-pact-consumer-version").as_deref(), Some("1"));
    assert_eq!(matrix_of_pair(&app).await.len(), 1);
    app.delete("/pacticipants/shop/versions/2").await.is(404);
}

#[tokio::test]
async fn a_deleted_provider_version_takes_its_results_along() {
    let app = two_versions().await;

    app.delete("/pacticipants/stock/versions/41").await.is(204);

    assert_eq!(head(&app, "stock", "main").await.text_at("/number"), "40");
    let rows = matrix_of_pair(&app).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["verificationResult"], Value::Null);
}

#[tokio::test]
async fn the_last_version_leaves_empty_heads() {
    let app = two_versions().await;

    app.delete("/pacticipants/shop/versions/2").await.is(204);
    app.delete("/pacticipants/shop/versions/1").await.is(204);

    app.get("/pacticipants/shop/branches/main").await.is(200);
    head(&app, "shop", "main").await.is(404);
    app.get("/pacticipants/shop/latest-version/dev").await.is(404);
    app.get("/pacts/provider/stock/consumer/shop/latest").await.is(404);
}

#[tokio::test]
async fn content_keeps_its_results_for_whoever_publishes_it_again() {
    let app = two_versions().await;

    app.delete("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(404);
    app.world().consumer("shop").version("3").contract_with("stock", &["first"]).await;

    let question = query_of(&[
        ("q[][pacticipant]", "shop"),
        ("q[][version]", "3"),
        ("q[][pacticipant]", "stock"),
        ("q[][version]", "40"),
    ]);
    let answer = app.get(&format!("/matrix{question}")).await;
    assert_eq!(answer.at("/summary/deployable"), Value::Bool(true), "{}", verdict(&answer));
}

#[tokio::test]
async fn a_deleted_contract_says_where_to_go_on() {
    let app = two_versions().await;

    let first = app.delete("/pacts/provider/stock/consumer/shop/version/2").await.is(200);
    assert!(first.link("pb:latest-pact-version").ends_with("/pacts/provider/stock/consumer/shop/latest"));
    app.delete("/pacts/provider/stock/consumer/shop/versions/2").await.is(404);
    let last = app.delete("/pacts/provider/stock/consumer/shop/versions/1").await.is(200);

    assert_eq!(last.json()["_links"].get("pb:latest-pact-version"), None);
    app.get("/pacticipants/shop/versions/1").await.is(200);
}

#[tokio::test]
async fn contracts_are_deleted_by_tag_by_branch_and_all() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").branch("main").contract_with("stock", &["a"]).await;
    shop.version("2").branch("feat/x").contract_with("stock", &["a"]).await;
    shop.version("3").tag("dev").contract_with("stock", &["a"]).await;
    shop.version("4").contract_with("stock", &["a"]).await;
    let pair = "/pacts/provider/stock/consumer/shop";
    let left = async || {
        let mut left = Vec::new();
        for number in ["1", "2", "3", "4"] {
            if app.get(&format!("{pair}/version/{number}")).await.status == 200 {
                left.push(number);
            }
        }
        left.join(" ")
    };

    app.delete(&format!("{pair}/tag/dev")).await.is(200);
    assert_eq!(left().await, "1 2 4");
    app.delete(&format!("{pair}/branch/feat%2Fx")).await.is(200);
    assert_eq!(left().await, "1 4");
    app.delete(&format!("{pair}/branch/versions")).await.is(200);
    assert_eq!(left().await, "4");
    app.delete(&format!("{pair}/versions")).await.is(204);
    assert_eq!(left().await, "");
}

#[tokio::test]
async fn a_deleted_branch_leaves_its_versions() {
    let app = two_versions().await;

    app.delete("/pacticipants/shop/branches/main").await.is(204);

    app.get("/pacticipants/shop/branches/main").await.is(404);
    app.get("/pacticipants/shop/versions/2").await.is(200);
    app.delete("/pacticipants/shop/branches/main").await.is(404);
}

#[tokio::test]
async fn a_version_is_taken_off_one_branch_and_stays_head_of_another() {
    let app = two_versions().await;
    app.put("/pacticipants/shop/branches/other/versions/2", &json!({})).await.is(201);

    app.delete("/pacticipants/shop/branches/main/versions/2").await.is(204);

    assert_eq!(head(&app, "shop", "main").await.text_at("/number"), "1");
    assert_eq!(head(&app, "shop", "other").await.text_at("/number"), "2");
    app.delete("/pacticipants/shop/branches/main/versions/2").await.is(404);
}

#[tokio::test]
async fn all_branches_but_some_are_deleted_after_the_answer() {
    let app = TestApp::start().await;
    for (number, branch) in [("1", "main"), ("2", "a"), ("3", "b"), ("4", "keep")] {
        app.put(&path_of(&["pacticipants", "shop", "branches", branch, "versions", number]), &json!({})).await.is(201);
    }

    let answer = app.delete("/pacticipants/shop/branches?exclude[]=keep").await.is(202);
    assert_eq!(
        answer.text_at("/notices/0/text"),
        "Scheduled deletion of 2 branches for pacticipant shop. Remaining branches are: keep, main"
    );
    app.get("/pacticipants/shop/branches/a").await.is(200);
    app.run_jobs().await;

    for (branch, status) in [("main", 200), ("keep", 200), ("a", 404), ("b", 404)] {
        app.get(&format!("/pacticipants/shop/branches/{branch}")).await.is(status);
    }
}

#[tokio::test]
async fn without_a_result_the_one_before_it_counts_again() {
    let app = two_versions().await;
    app.advance_secs(3600);
    app.world().provider("stock").version("41").verifies("shop", "2").await;
    let latest = app.get("/pacts/provider/stock/consumer/shop/version/2").await.link("pb:latest-verification-results");
    let address = app.get(&latest).await.is(200).link("self");

    app.delete(&address).await.is(204);

    assert_eq!(app.get(&latest).await.is(200).at("/success"), Value::Bool(false));
    app.delete(&address).await.is(404);
    app.delete(&latest).await.is(204);
    app.get(&latest).await.is(404);
    app.delete(&latest).await.is(404);
}

#[tokio::test]
async fn a_deleted_pacticipant_is_gone_from_both_sides() {
    let app = two_versions().await;
    let world = app.world();
    world.consumer("stock").version("40").contract_with("ledger", &["a"]).await;
    world.provider("ledger").version("7").verifies("stock", "40").await;

    app.delete("/pacticipants/stock").await.is(204);

    app.get("/pacticipants/stock").await.is(404);
    app.get("/pacticipants/shop").await.is(200);
    app.get("/pacticipants/ledger/versions/7").await.is(200);
    app.get("/pacts/provider/stock/consumer/shop/latest").await.is(404);
    app.delete("/pacticipants/stock").await.is(404);
    world.consumer("shop").version("3").contract_with("stock", &["first"]).await;
    assert_eq!(matrix_of_pair(&app).await[0]["verificationResult"], Value::Null);
}

#[tokio::test]
async fn a_deleted_integration_takes_along_what_has_nothing_else() {
    let app = two_versions().await;
    app.world().consumer("shop").version("2").contract_with("ledger", &["a"]).await;

    app.delete("/integrations/provider/stock/consumer/shop").await.is(204);

    app.get("/pacticipants/stock").await.is(404);
    app.get("/pacticipants/shop/versions/1").await.is(404);
    app.get("/pacticipants/shop/versions/2").await.is(200);
    app.get("/pacts/provider/ledger/consumer/shop/latest").await.is(200);
}

#[tokio::test]
async fn deleting_all_integrations_leaves_environments_alone() {
    let app = two_versions().await;
    app.world().environment("production").await;

    app.delete("/integrations").await.is(204);

    assert_eq!(app.get("/pacticipants").await.json()["_embedded"]["pacticipants"], json!([]));
    assert_eq!(app.get("/environments").await.json()["_embedded"]["environments"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn each_deletion_stands_in_the_audit_log() {
    let app = two_versions().await;

    app.delete("/pacticipants/shop/versions/2").await.is(204);
    app.delete("/pacticipants/stock").await.is(204);

    let said: Vec<String> = sqlx::query_scalar(
        "select action || ' ' || subject || ' ' || detail from audit_event where action like '%.deleted' order by action",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    assert_eq!(
        said,
        [
            "branches.deleted stock {\"deleted\": 1}",
            "contents.deleted stock {\"deleted\": 2}",
            "contracts.deleted shop stock {\"deleted\": 1}",
            "pacticipant.deleted stock {}",
            "verifications.deleted stock {\"deleted\": 2}",
            "version.deleted shop 2 {}",
            "versions.deleted stock {\"deleted\": 2}",
        ]
    );
}

#[tokio::test]
async fn deliveries_that_wait_are_forgotten_with_what_they_are_about() {
    let app = two_versions().await;
    let world = app.world();
    world.webhook("https://receiver.example.org/").on("contract_published").await;
    world.consumer("shop").version("3").contract_with("stock", &["third"]).await;

    app.delete("/pacticipants/shop/versions/3").await.is(204);

    app.run_jobs().await;
    let left: i64 = sqlx::query_scalar("select count(*) from webhook_delivery").fetch_one(&app.db).await.unwrap();
    assert_eq!(left, 0);
}

/// Many at once: each ends in a state that some order explains, and nobody hears of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deletions_publications_and_questions_may_meet() {
    let app = std::sync::Arc::new(two_versions().await);
    app.leave_jobs();
    let first = app.get("/pacts/provider/stock/consumer/shop/version/1").await;
    let results = first.link("pb:publish-verification-results");
    let mut doing = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (app, results) = (std::sync::Arc::clone(&app), results.clone());
        doing.spawn(async move {
            let world = app.world();
            match number % 8 {
                0 | 1 => {
                    let version =
                        world.consumer("shop").version(&format!("{}", 1 + number % 4)).branch("main").tag("dev");
                    let answer = version.contract_with("stock", &["first"]).try_publish().await;
                    assert!(matches!(answer.status, 200 | 409), "{answer:?}");
                }
                2 => assert!(matches!(app.delete("/pacticipants/shop/versions/2").await.status, 204 | 404)),
                3 => assert!(matches!(app.delete("/pacticipants/shop/branches/main").await.status, 204 | 404)),
                4 => {
                    let address = "/pacts/provider/stock/consumer/shop/version/1";
                    assert!(matches!(app.delete(address).await.status, 200 | 404));
                }
                5 => {
                    let result = json!({"success": true, "providerApplicationVersion": (39 + number % 3).to_string()});
                    let answer = app.post(&results, &result).await;
                    assert!(matches!(answer.status, 201 | 404), "{answer:?}");
                }
                6 => assert!(matches!(app.delete("/pacticipants/stock/versions/40").await.status, 204 | 404)),
                _ => {
                    let question = "/matrix?q[][pacticipant]=shop&q[][branch]=main&q[][latest]=true&latest=true";
                    let answer = app.get(&question.replace('[', "%5B").replace(']', "%5D")).await;
                    assert_eq!(answer.status, 200, "{answer:?}");
                }
            }
        });
    }
    while let Some(done) = doing.join_next().await {
        done.expect("nobody is refused because of the others");
    }
}

#[tokio::test]
async fn of_a_branch_only_the_latest_contract_goes() {
    let app = TestApp::start().await;
    for version in ["1", "2", "3"] {
        app.world().consumer("shop").version(version).branch("main").contract_with("stock", &[version]).await;
    }
    let pair = "/pacts/provider/stock/consumer/shop";

    app.delete(&format!("{pair}/branch/main/latest/versions")).await.is(200);
    app.get(&format!("{pair}/version/3")).await.is(404);
    app.get(&format!("{pair}/version/2")).await.is(200);

    // The head of the branch is still 3, which has no contract any more.
    app.delete(&format!("{pair}/branch/latest/versions")).await.is(200);
    app.delete("/pacticipants/shop/versions/3").await.is(204);
    app.delete(&format!("{pair}/branch/latest/versions")).await.is(200);
    app.get(&format!("{pair}/version/2")).await.is(404);
    app.get(&format!("{pair}/latest")).await.is(200);
    app.delete("/pacts/provider/stock/consumer/nobody/branch/latest/versions").await.is(404);
}
