//! Many at once.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use pactolus_server::Settings;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

/// Long enough for a busy machine; whoever waits for a lock waits longer.
const SOON: Duration = Duration::from_secs(20);

/// A way to a receiver, and names that are alike.
fn open(settings: &mut Settings) {
    open_to_receiver(settings);
    settings.check_similar_names = false;
}

/// Does it for each number at once and gives the answers in order.
async fn at_once<F>(app: &Arc<TestApp>, clients: usize, act: impl Fn(Arc<TestApp>, usize) -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let mut running = JoinSet::new();
    for client in 0..clients {
        let acting = act(Arc::clone(app), client);
        running.spawn(async move { (client, acting.await) });
    }
    let mut answers = running.join_all().await;
    answers.sort_by_key(|(client, _)| *client);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

async fn number(app: &TestApp, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(&app.db).await.expect("the statement is right")
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_consumers_publish_to_one_new_provider_at_once() {
    let app = Arc::new(TestApp::with(open).await);

    let answers = at_once(&app, 50, |app, client| async move {
        let consumer = app.world().consumer(&format!("consumer {client}"));
        consumer.version("1").branch("main").tag("dev").contract_with("stock", &["a"]).try_publish().await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 50]);
    let listed = app.get("/pacts/provider/stock/latest").await.is(200);
    assert_eq!(listed.at("/_links/pb:pacts").as_array().map(Vec::len), Some(50));
    assert_eq!(number(&app, "select count(*) from integration").await, 50);
}

/// A publication that has done everything but commit: a lock on its webhook holds it up when it writes the delivery.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_the_row_of_the_provider() {
    let receiver = Receiver::start().await;
    let app = Arc::new(TestApp::with(open).await);
    app.world().consumer("slow").version("0").contract_with("stock", &["a"]).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published");
    webhook.with("consumer", json!({"name": "slow"})).await;
    let mut holding = app.db.begin().await.unwrap();
    sqlx::query("select from webhook for update").execute(&mut *holding).await.unwrap();

    let slow = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.world().consumer("slow").version("1").contract_with("stock", &["b"]).try_publish().await }
    });
    let is_held = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    while number(&app, is_held).await == 0 {
        assert!(!slow.is_finished(), "nothing held it up");
        tokio::task::yield_now().await;
    }
    let other = app.world().consumer("quick").version("1").contract_with("stock", &["c"]).try_publish();
    let other = timeout(SOON, other).await.expect("the second waits for the first");
    let result = app.world().provider("stock").version("40").verifies("quick", "1").into_future();
    timeout(SOON, result).await.expect("a result waits for a publication");
    assert!(!slow.is_finished());
    holding.rollback().await.unwrap();

    assert_eq!((other.status, slow.await.unwrap().status), (200, 200));
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_with_the_same_content_by_many_is_one_contract() {
    let app = Arc::new(TestApp::start().await);

    let answers = at_once(&app, 20, |app, _| async move {
        let shop = app.world().consumer("shop").version("1").branch("main").tag("dev");
        shop.contract_with("stock", &["a"]).contract_with("prices", &["b"]).try_publish().await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 20]);
    assert_eq!(number(&app, "select count(*) from contract").await, 2);
    assert_eq!(number(&app, "select count(*) from contract_content").await, 2);
    assert_eq!(number(&app, "select max(revision)::bigint from contract").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_with_other_content_by_many_is_the_first_ones() {
    let app = Arc::new(TestApp::start().await);

    let answers = at_once(&app, 20, |app, client| async move {
        let description = format!("by {client}");
        app.world().consumer("shop").version("1").contract_with("stock", &[&description]).try_publish().await
    })
    .await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{:?}", statuses(&answers));
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 19);
    let first = answers.iter().position(|answer| answer.status == 200).unwrap();
    let kept = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(kept.at("/interactions/0/description"), format!("by {first}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn merging_by_many_loses_no_interaction() {
    let app = Arc::new(TestApp::start().await);

    let answers = at_once(&app, 20, |app, client| async move {
        let description = format!("by {client}");
        let shop = app.world().consumer("shop").version("1").contract_with("stock", &[&description]);
        shop.merging().try_publish().await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 20]);
    let kept = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(kept.at("/interactions").as_array().map(Vec::len), Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_that_need_each_other_do_not_deadlock() {
    let app = Arc::new(TestApp::with(open).await);

    let answers = at_once(&app, 40, |app, client| async move {
        let (consumer, provider) = if client % 2 == 0 { ("left", "right") } else { ("right", "left") };
        let version = app.world().consumer(consumer).version(&format!("{client}")).branch("main").tag("prod");
        version.contract_with(provider, &["a"]).contract_with("third", &["b"]).try_publish().await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 40]);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_one_branch_and_tag_at_once_leave_one_head() {
    let app = Arc::new(TestApp::start().await);

    let answers = at_once(&app, 20, |app, client| async move {
        let number = format!("{client}");
        app.world()
            .consumer("shop")
            .version(&number)
            .branch("main")
            .tag("dev")
            .contract_with("stock", &["a"])
            .try_publish()
            .await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 20]);
    let latest = app.get("/pacticipants/shop/latest-version").await.is(200).at("/number");
    let tagged = app.get("/pacticipants/shop/latest-version/dev").await.is(200).at("/number");
    assert_eq!(tagged, latest);
    app.get("/pacticipants/shop/branches/main/latest-version").await.is(200);
    let newest = app.get("/pacts/provider/stock/consumer/shop/latest").await.is(200);
    assert_eq!(newest.header("x-pact-consumer-version").as_deref(), latest.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn results_for_one_pair_at_once_leave_the_last_as_latest() {
    let app = Arc::new(TestApp::start().await);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let answers = at_once(&app, 20, |app, client| async move {
        let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await;
        let address = contract.link("pb:publish-verification-results");
        let result = json!({"success": client % 2 == 0, "providerApplicationVersion": "40", "buildUrl": format!("https://ci/{client}")});
        app.post(&address, &result).await
    })
    .await;

    assert_eq!(statuses(&answers), [201; 20]);
    assert_eq!(number(&app, "select count(*) from verification_log").await, 20);
    let statement = "select count(*) from verification
                     join verification_log on verification_log.number = verification.number
                                          and verification_log.success = verification.success
                     where verification.number = (select max(number) from verification_log)";
    assert_eq!(number(&app, statement).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_result_repeated_at_once_counts_once() {
    let app = Arc::new(TestApp::start().await);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let answers = at_once(&app, 20, |app, _| async move {
        let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await;
        let result = json!({"success": true, "providerApplicationVersion": "40"});
        app.post(&contract.link("pb:publish-verification-results"), &result).await
    })
    .await;

    assert_eq!(statuses(&answers), [201; 20]);
    assert_eq!(number(&app, "select count(*) from verification_log").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_to_one_place_at_once_leave_one() {
    let app = Arc::new(TestApp::start().await);
    let environment = app.world().environment("production").await;
    for version in 0..10 {
        app.world().consumer("shop").version(&version.to_string()).await;
    }

    let answers = at_once(&app, 20, |app, client| async move {
        app.world().deployed("shop", &(client % 10).to_string(), "production").await
    })
    .await;

    assert_eq!(statuses(&answers), [201; 20]);
    let current = app.get(&format!("{environment}/deployed-versions/currently-deployed")).await.is(200);
    assert_eq!(current.at("/_embedded/deployedVersions").as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_created_by_many_is_created_once() {
    let app = Arc::new(TestApp::start().await);

    let answers = at_once(&app, 10, |app, _| async move {
        app.post("/environments", &json!({"name": "test", "production": false})).await
    })
    .await;

    assert_eq!(statuses(&answers)[..2], [201, 400]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_each_job_once() {
    let receiver = Receiver::start().await;
    let app = Arc::new(TestApp::with(open).await);
    for _ in 0..24 {
        app.world().webhook(&receiver.url("/")).on("contract_published").await;
    }
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let workers =
        [Arc::clone(&app), Arc::clone(&app)].map(|app| tokio::spawn(async move { app.run_jobs_once().await }));
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }

    assert_eq!(done, 24);
    let mut ids: Vec<String> = receiver.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), receiver.received().len()), (24, 24));
}

#[tokio::test]
async fn the_job_of_a_worker_that_died_is_taken_over_when_its_lease_runs_out() {
    let receiver = Receiver::start().await;
    let app = Arc::new(TestApp::with(open).await);
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    receiver.will_answer(&[Receiver::NEVER]);
    let worker = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.run_jobs_once().await }
    });
    while receiver.received().is_empty() {
        tokio::task::yield_now().await;
    }
    worker.abort();
    assert!(worker.await.unwrap_err().is_cancelled());

    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.advance_secs(60);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(number(&app, "select count(*) from webhook_delivery where status = 'success'").await, 1);
    assert_eq!(number(&app, "select count(*) from job").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_moves_meanwhile_is_judged_by_one_of_its_heads() {
    let app = Arc::new(TestApp::start().await);
    let build = |number: usize| if number.is_multiple_of(2) { "works" } else { "fails" };
    for number in 0..2 {
        let shop = app.world().consumer("shop").version(&format!("{number}")).branch("main");
        shop.contract_with("stock", &[build(number)]).await;
    }
    app.world().provider("stock").version("7").verifies("shop", "0").fails("shop", "1").await;
    app.world().environment("production").await;
    app.world().deployed("stock", "7", "production").await;

    let answers = at_once(&app, 40, |app, client| async move {
        if client.is_multiple_of(4) {
            let version = format!("{}", client / 4 + 2);
            let shop = app.world().consumer("shop").version(&version).branch("main");
            return shop.contract_with("stock", &[build(client / 4)]).try_publish().await;
        }
        app.get("/pacticipants/shop/branches/main/latest-version/can-i-deploy/to-environment/production").await
    })
    .await;

    assert_eq!(statuses(&answers), [200; 40]);
    for verdict in answers.iter().filter(|answer| !answer.at("/matrix").is_null()) {
        let head: usize = verdict.text_at("/matrix/0/consumer/version/number").parse().expect("a number");
        assert_eq!(verdict.at("/summary/deployable"), build(head) == "works", "{verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_while_versions_are_deleted_sees_them_go_in_order() {
    let app = Arc::new(TestApp::start().await);
    for number in 0..20 {
        let shop = app.world().consumer("shop").version(&format!("{number}")).branch("main");
        shop.contract_with("stock", &[&format!("{number}")]).await;
    }

    let deleting = tokio::spawn({
        let app = Arc::clone(&app);
        async move {
            for number in (0..20).rev() {
                app.delete(&format!("/pacticipants/shop/versions/{number}")).await.is(204);
            }
        }
    });
    let mut before: usize = 20;
    while !deleting.is_finished() {
        let latest = app.get("/pacts/provider/stock/consumer/shop/latest").await;
        let listed = app.get("/pacts/provider/stock").await.is(200).at("/_links/pb:pacts");
        app.get("/matrix?q[][pacticipant]=shop&latestby=cvpv").await.is(200);
        if latest.status == 404 {
            assert_eq!(listed, json!([]));
            break;
        }
        let number: usize =
            latest.is(200).header("x-pact-consumer-version").expect("a version").parse().expect("a number");
        assert!(number <= before && listed.as_array().expect("a list").len() <= number + 1, "{number} {listed}");
        before = number;
    }
    deleting.await.expect("all are deleted");
    app.get("/pacts/provider/stock/consumer/shop/latest").await.is(404);
}
