//! Deletions that meet publications, results, deployments, questions and each other: what is kept when writing is right
//! afterwards, every answer is explained by some order, and nobody hears of the others.

use std::sync::Arc;

use serde_json::json;
use sqlx::postgres::PgTransaction;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::{Answer, TestApp, path_of, query_of};

/// Says what is not as it would be if it were searched for.
const WRONG: &str = "
    select 'head of branch ' || branch_head.branch || ' is not on it'
    from branch_head
    where not exists (
        select from branch_version
        where branch_version.version_id = branch_head.version_id
          and branch_version.branch = branch_head.branch
    )
    union all
    select 'branch ' || branch_version.branch || ' has versions and no head'
    from branch_version
    where not exists (
        select from branch_head
        where branch_head.pacticipant_id = branch_version.pacticipant_id
          and branch_head.branch = branch_version.branch
    )
    union all
    select 'head of tag ' || coalesce(tag_head.name, latest.name)
    from tag_head
    full join (
        select tag.pacticipant_id, tag.name, max(tag.position) as position
        from tag
        group by tag.pacticipant_id, tag.name
    ) as latest on latest.pacticipant_id = tag_head.pacticipant_id
               and latest.name = tag_head.name
    where latest.position is distinct from tag_head.position
    union all
    select 'latest contract at ' || coalesce(integration.latest_position::text, 'nothing')
    from integration
    full join (
        select contract.consumer_id, contract.provider_id, max(contract.position) as position
        from contract
        group by contract.consumer_id, contract.provider_id
    ) as latest on latest.consumer_id = integration.consumer_id
               and latest.provider_id = integration.provider_id
    left join contract on contract.consumer_version_id = integration.latest_consumer_version_id
                      and contract.provider_id = integration.provider_id
    where latest.position is distinct from integration.latest_position
       or contract.position is distinct from integration.latest_position
    union all
    select 'latest result ' || coalesce(verification.number, latest.number)
    from verification
    full join (
        select verification_log.content_id, verification_log.provider_version_id, max(verification_log.number) as number
        from verification_log
        group by verification_log.content_id, verification_log.provider_version_id
    ) as latest on latest.content_id = verification.content_id
               and latest.provider_version_id = verification.provider_version_id
    where latest.number is distinct from verification.number
";

pub(crate) async fn all_that_is_kept_is_right(app: &TestApp) {
    let wrong: Vec<String> = sqlx::query_scalar(WRONG).fetch_all(&app.db).await.expect("the statement is right");
    assert_eq!(wrong, [""; 0]);
}

/// Whoever needs one of the rows waits until what is returned is dropped.
pub(crate) async fn hold(app: &TestApp, rows: &'static str) -> PgTransaction<'static> {
    let mut holding = app.db.begin().await.expect("a connection");
    let held = sqlx::query(rows).fetch_all(&mut *holding).await.expect("the statement is right");
    assert!(!held.is_empty(), "nothing is held by {rows}");
    holding
}

pub(crate) async fn release(holding: PgTransaction<'static>) {
    holding.rollback().await.expect("the database answers");
}

async fn status(answer: JoinHandle<Answer>) -> u16 {
    answer.await.expect("no request panics").status
}

pub(crate) async fn until_waiting(app: &TestApp, how_many: i64) {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&app.db).await.expect("a number") < how_many {
        tokio::task::yield_now().await;
    }
}

fn begin_delete(app: &Arc<TestApp>, address: &'static str) -> JoinHandle<Answer> {
    let app = Arc::clone(app);
    tokio::spawn(async move { app.delete(address).await })
}

/// shop 1, 2 and 3 on main, tagged dev, each with a content of its own for stock.
async fn three_versions() -> Arc<TestApp> {
    let app = TestApp::start().await;
    for number in ["1", "2", "3"] {
        app.world().consumer("shop").version(number).branch("main").tag("dev").contract_with("stock", &[number]).await;
    }
    Arc::new(app)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_contract_is_none_that_another_deletion_takes_away() {
    let app = three_versions().await;
    let held = "select from contract join version on version.id = contract.consumer_version_id
                where version.number = '2' for update of contract";
    let holding = hold(&app, held).await;

    let contract = begin_delete(&app, "/pacts/provider/stock/consumer/shop/version/2");
    until_waiting(&app, 1).await;
    let version = begin_delete(&app, "/pacticipants/shop/versions/3");
    until_waiting(&app, 2).await;
    release(holding).await;

    assert_eq!((status(contract).await, status(version).await), (200, 204));
    let latest = app.get("/pacts/provider/stock/consumer/shop/latest").await.is(200);
    assert_eq!(latest.header("x-pact-consumer-version").as_deref(), Some("1"));
    all_that_is_kept_is_right(&app).await;
}

/// The publication has done everything but commit when the deletion looks for what has nothing else: a lock on the
/// webhook holds it up when it writes the delivery.
async fn a_publication_meets_the_deletion_of_another_integration(is_new_version: bool) {
    let app = three_versions().await;
    app.leave_jobs();
    app.world().consumer("other").version("1").contract_with("ledger", &["a"]).await;
    if !is_new_version {
        app.put_nothing("/pacticipants/shop/versions/4/tags/known").await.is(201);
    }
    let webhook = app.world().webhook("https://receiver.example.org/").on("contract_published");
    webhook.with("provider", json!({"name": "ledger"})).await;
    let holding = hold(&app, "select from webhook for update").await;

    let publication = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.world().consumer("shop").version("4").contract_with("ledger", &["b"]).try_publish().await }
    });
    until_waiting(&app, 1).await;
    let deletion = begin_delete(&app, "/integrations/provider/stock/consumer/shop");
    until_waiting(&app, 2).await;
    release(holding).await;

    assert_eq!((status(publication).await, status(deletion).await), (200, 204));
    app.get("/pacts/provider/ledger/consumer/shop/version/4").await.is(200);
    app.get("/pacticipants/shop/versions/3").await.is(404);
    all_that_is_kept_is_right(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_gets_a_contract_meanwhile_is_not_deleted_for_having_none() {
    a_publication_meets_the_deletion_of_another_integration(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pacticipant_that_gets_a_version_meanwhile_is_not_deleted_for_having_none() {
    a_publication_meets_the_deletion_of_another_integration(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_for_a_contract_that_is_deleted_meanwhile_finds_none() {
    let app = three_versions().await;
    app.put_nothing("/pacticipants/stock/versions/40/tags/known").await.is(201);
    let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await;
    let results = contract.link("pb:publish-verification-results");
    let holding = hold(&app, "select from version where number = '40' for update").await;

    let result = tokio::spawn({
        let app = Arc::clone(&app);
        let body = json!({"success": true, "providerApplicationVersion": "40"});
        async move { app.post(&results, &body).await }
    });
    until_waiting(&app, 1).await;
    let deletion = begin_delete(&app, "/integrations/provider/stock/consumer/shop");
    until_waiting(&app, 2).await;
    release(holding).await;

    assert_eq!((status(result).await, status(deletion).await), (404, 204));
    all_that_is_kept_is_right(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deletions_of_the_same_one_has_done_it() {
    for (address, status) in [
        ("/pacts/provider/stock/consumer/shop/version/2", 200),
        ("/pacticipants/shop/versions/2", 204),
        ("/pacticipants/shop/branches/main/versions/1", 204),
        ("/pacticipants/shop/branches/main", 204),
        ("/pacticipants/shop", 204),
    ] {
        let app = three_versions().await;

        let mut deletions = JoinSet::new();
        for _ in 0..8 {
            let app = Arc::clone(&app);
            deletions.spawn(async move { app.delete(address).await.status });
        }
        let mut statuses = deletions.join_all().await;

        statuses.sort_unstable();
        assert_eq!(statuses, [[status].as_slice(), [404; 7].as_slice()].concat(), "{address}");
        all_that_is_kept_is_right(&app).await;
    }
}

/// More versions of shop than go into a batch, all on main. Put there at once, since that many requests take long.
async fn with_many_versions(app: &TestApp) {
    let versions = "
        with added as (
            insert into version (tenant_id, pacticipant_id, number, created_at, updated_at)
            select shop.tenant_id, shop.id, 'many-' || number, shop.created_at, shop.created_at
            from pacticipant as shop, generate_series(1, 1200) as number
            where shop.name = 'shop'
            returning tenant_id, pacticipant_id, id, position, created_at
        )
        insert into branch_version (tenant_id, pacticipant_id, branch, version_id, position, created_at)
        select tenant_id, pacticipant_id, 'main', id, position, created_at
        from added";
    sqlx::query(versions).execute(&app.db).await.expect("the statement is right");
    let last = app.put_nothing("/pacticipants/shop/branches/main/versions/last").await;
    assert_eq!(last.status, 201);
}

/// What a lost connection leaves, as a killed server does: the transaction that is under way is undone, those before it
/// are not.
async fn break_off_in_a_later_batch(app: &Arc<TestApp>, address: &'static str, held: &'static str) {
    let holding = hold(app, held).await;
    let deletion = begin_delete(app, address);
    until_waiting(app, 1).await;
    let ended = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid))
         from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'",
    );
    let ended: i64 = ended.fetch_one(&app.db).await.expect("the statement is right");
    assert_eq!(ended, 1);
    assert_eq!(deletion.await.expect("it answers").status, 503);
    release(holding).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_whose_deletion_breaks_off_keeps_its_head_until_a_repeat_finishes() {
    let app = three_versions().await;
    with_many_versions(&app).await;
    let address = "/pacticipants/shop/branches/main";

    let held = "select from branch_version join version on version.id = branch_version.version_id
                where version.number = 'many-1100' for update of branch_version";
    break_off_in_a_later_batch(&app, address, held).await;

    all_that_is_kept_is_right(&app).await;
    let latest = app.get("/pacticipants/shop/branches/main/latest-version").await.is(200);
    assert_eq!(latest.text_at("/number"), "last");
    app.get("/pacticipants/shop/branches/main/versions/many-900").await.is(404);
    app.get("/pacticipants/shop/branches/main/versions/many-1100").await.is(200);
    app.delete(address).await.is(204);
    app.get(address).await.is(404);
    app.get("/pacticipants/shop/versions/many-1").await.is(200);
    all_that_is_kept_is_right(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pacticipant_whose_deletion_breaks_off_is_there_until_a_repeat_finishes() {
    let app = three_versions().await;
    with_many_versions(&app).await;

    let held = "select from version where number = 'many-1100' for update";
    break_off_in_a_later_batch(&app, "/pacticipants/shop", held).await;

    all_that_is_kept_is_right(&app).await;
    app.get("/pacticipants/shop/versions/many-900").await.is(404);
    app.get("/pacticipants/shop/versions/many-1100").await.is(200);
    assert_eq!(app.get("/pacticipants/shop/latest-version").await.text_at("/number"), "last");
    app.delete("/pacticipants/shop").await.is(204);
    app.get("/pacticipants/shop").await.is(404);
    all_that_is_kept_is_right(&app).await;
}

/// Results for shop's contracts, more than go into a batch: of each pair of content and version several.
async fn with_many_results(app: &TestApp) {
    for number in ["40", "41"] {
        app.put_nothing(&format!("/pacticipants/stock/branches/main/versions/{number}")).await.is(201);
    }
    let results = "
        with logged as (
            insert into verification_log (tenant_id, content_id, provider_version_id, success, consumer_version_numbers,
                                          wip, created_at)
            select version.tenant_id, contract_content.id, version.id, true, '{}', false, version.created_at
            from generate_series(1, 800) as number, contract_content, version
            where version.number in ('40', '41')
            returning tenant_id, number, content_id, provider_version_id, created_at
        )
        insert into verification (tenant_id, content_id, provider_version_id, provider_position, success, number,
                                  verified_at)
        select logged.tenant_id, content_id, provider_version_id, version.position, true, max(logged.number),
               max(logged.created_at)
        from logged
        join version on version.id = provider_version_id
        group by logged.tenant_id, content_id, provider_version_id, version.position";
    sqlx::query(results).execute(&app.db).await.expect("the statement is right");
    all_that_is_kept_is_right(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_results_go_batch_by_batch() {
    for address in ["/pacticipants/stock", "/pacticipants/shop", "/integrations/provider/stock/consumer/shop"] {
        let app = three_versions().await;
        with_many_results(&app).await;

        app.delete(address).await.is(204);

        let batches = "select (detail ->> 'deleted')::bigint from audit_event
                       where action = 'verifications.deleted' order by 1";
        let batches: Vec<i64> = sqlx::query_scalar(batches).fetch_all(&app.db).await.unwrap();
        assert_eq!(batches, [800, 2000, 2000], "{address}");
        let left: i64 = sqlx::query_scalar("select count(*) from verification_log").fetch_one(&app.db).await.unwrap();
        assert_eq!(left, 0, "{address}");
        all_that_is_kept_is_right(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_breaks_off_among_results_has_deleted_the_older_ones() {
    let app = three_versions().await;
    with_many_results(&app).await;

    let held = "select from verification where provider_version_id = (select max(id) from version) for update";
    break_off_in_a_later_batch(&app, "/pacticipants/stock", held).await;

    let left: i64 = sqlx::query_scalar("select count(*) from verification_log").fetch_one(&app.db).await.unwrap();
    assert_eq!(left, 800);
    all_that_is_kept_is_right(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_question_about_a_branch_gets_a_yes_while_it_is_deleted() {
    let app = Arc::new(TestApp::start().await);
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").fails("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    let question = query_of(&[
        ("q[][pacticipant]", "shop"),
        ("q[][branch]", "main"),
        ("q[][latest]", "true"),
        ("latestby", "cvp"),
        ("environment", "production"),
    ]);

    let mut answers = JoinSet::new();
    for number in 0..40 {
        let (app, question) = (Arc::clone(&app), question.clone());
        answers.spawn(async move {
            match number {
                10 => assert_eq!(app.delete("/pacticipants/shop/branches/main").await.status, 204),
                20 => assert_eq!(app.delete("/pacticipants/shop/versions/1").await.status, 204),
                _ => {
                    let answer = app.get(&format!("/matrix{question}")).await.is(200);
                    assert_ne!(answer.at("/summary/deployable"), true, "{answer:?}");
                }
            }
        });
    }
    answers.join_all().await;

    all_that_is_kept_is_right(&app).await;
}

/// Also those that delete what the others need. Twice as many as there are connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_at_once_leaves_what_is_kept_right() {
    let app = three_versions().await;
    app.leave_jobs();
    app.world().environment("production").await;
    app.world().webhook("https://receiver.example.org/").on("contract_published").await;
    let results =
        app.get("/pacts/provider/stock/consumer/shop/version/1").await.link("pb:publish-verification-results");

    for _ in 0..8 {
        let mut doing = JoinSet::new();
        for number in 0..16 {
            let (app, results) = (Arc::clone(&app), results.clone());
            doing.spawn(async move { (number, act(&app, &results, number).await) });
        }
        for (number, answer) in doing.join_all().await {
            assert!(answer.status < 500, "{number}: {answer:?}");
        }
        all_that_is_kept_is_right(&app).await;
    }
}

async fn act(app: &TestApp, results: &str, number: usize) -> Answer {
    let pair = "/pacts/provider/stock/consumer/shop";
    match number {
        0..4 => {
            let shop = app.world().consumer("shop").version(&number.to_string()).branch("main").tag("dev");
            shop.contract_with("stock", &["1"]).contract_with("ledger", &["a"]).try_publish().await
        }
        4 => app.world().consumer("stock").version("40").contract_with("shop", &["back"]).try_publish().await,
        5 | 6 => {
            app.post(results, &json!({"success": true, "providerApplicationVersion": (35 + number).to_string()})).await
        }
        7 => {
            let id = app.get("/environments").await.text_at("/_embedded/environments/0/uuid");
            let place = ["pacticipants", "shop", "versions", "2", "deployed-versions", "environment", &id];
            app.post(&path_of(&place), &json!({})).await
        }
        8 => app.put_nothing("/pacticipants/shop/versions/3/tags/dev").await,
        9 => app.delete("/pacticipants/shop/versions/3/tags/dev").await,
        10 => app.delete("/pacticipants/shop/versions/3").await,
        11 => app.delete(&format!("{pair}/version/2")).await,
        12 => app.delete("/pacticipants/stock").await,
        13 => app.delete("/integrations/provider/stock/consumer/shop").await,
        14 => app.delete("/integrations/provider/ledger/consumer/shop").await,
        _ => app.delete("/pacticipants/shop").await,
    }
}
