//! Cleaning: what nothing needs goes, nothing else does, and no answer about what stays changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pactolus_domain::retention::KeepSelectors;
use pactolus_server::{CleanError, Cleaned};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::removal_races::{all_that_is_kept_is_right, hold, release, until_waiting};
use crate::support::{TestApp, path_of, query_of};

/// Keeps what these selectors keep, besides what is needed.
async fn keeping(selectors: &'static str) -> TestApp {
    TestApp::with(|settings| settings.retention.keep = KeepSelectors::parse(selectors).expect("selectors")).await
}

fn removed(cleaned: &Cleaned) -> Vec<String> {
    let of = |of: &pactolus_server::OfPacticipant| -> Vec<String> {
        of.removed.iter().map(|one| format!("{} {}", of.name, one.number)).collect()
    };
    cleaned.pacticipants.iter().flat_map(of).collect()
}

fn kept(cleaned: &Cleaned, name: &str) -> Vec<String> {
    let of = cleaned.pacticipants.iter().find(|of| of.name == name).expect("it is told of");
    of.kept.iter().map(|kept| format!("{} {}", kept.versions, kept.why.describe())).collect()
}

async fn versions(app: &TestApp) -> BTreeSet<String> {
    let all = "select pacticipant.name || ' ' || version.number
               from version join pacticipant on pacticipant.id = version.pacticipant_id";
    sqlx::query_scalar(all).fetch_all(&app.db).await.expect("the statement is right").into_iter().collect()
}

/// shop 1 to 6 on main, each with a content of its own: 2 is deployed, 3 released, 4 tagged.
async fn history(app: &TestApp) {
    for number in ["1", "2", "3", "4", "5", "6"] {
        app.world().consumer("shop").version(number).branch("main").contract_with("stock", &[number]).await;
    }
    app.put_nothing("/pacticipants/shop/versions/4/tags/dev").await.is(201);
    app.world().environment("test").await;
    app.world().deployed("shop", "2", "test").await;
    app.world().released("shop", "3", "test").await;
}

#[tokio::test]
async fn what_nothing_needs_goes_and_the_dry_run_says_so_before() {
    let app = keeping("[]").await;
    history(&app).await;

    let preview = app.preview_cleaning().await;
    assert_eq!(removed(&preview), ["shop 1", "shop 5"]);
    assert_eq!(
        kept(&preview, "shop"),
        ["1 deployed", "1 released and supported", "1 head of a branch", "1 latest with a tag"]
    );
    assert_eq!(versions(&app).await.len(), 6);

    let cleaned = app.clean().await.unwrap();
    assert_eq!(removed(&cleaned), removed(&preview));
    assert_eq!(cleaned.contents, Some(2));
    app.get("/pacticipants/shop/versions/1").await.is(404);
    app.get("/pacts/provider/stock/consumer/shop/version/2").await.is(200);
    all_that_is_kept_is_right(&app).await;
    let told: Vec<String> =
        sqlx::query_scalar("select actor || ' ' || action from audit_event where actor = 'retention'")
            .fetch_all(&app.db)
            .await
            .unwrap();
    assert_eq!(told, ["retention versions.deleted", "retention contents.deleted"]);
}

#[tokio::test]
async fn selectors_keep_what_they_find() {
    for (selectors, goes) in [
        (r#"[{"pacticipant": "shop"}]"#, &[][..]),
        (r#"[{"branch": "main"}]"#, &[]),
        (r#"[{"branch": true}]"#, &[]),
        (r#"[{"branch": "main", "latest": true}]"#, &["shop 1", "shop 5"]),
        (r#"[{"main_branch": true}]"#, &[]),
        (r#"[{"tag": "old"}]"#, &["shop 5"]),
        (r#"[{"tag": true, "latest": true}]"#, &["shop 1", "shop 5"]),
        (r#"[{"environment": "test"}]"#, &["shop 1", "shop 5"]),
        (r#"[{"max_age": 1}]"#, &["shop 1"]),
        (r#"[{"max_age": 0}]"#, &["shop 1", "shop 5"]),
    ] {
        let app = keeping(selectors).await;
        app.world().consumer("shop").version("1").branch("main").tag("old").contract_with("stock", &["1"]).await;
        app.advance_secs(36 * 3600);
        history(&app).await;
        app.put_nothing("/pacticipants/shop/versions/4/tags/old").await.is(201);
        app.advance_secs(3600);

        assert_eq!(removed(&app.clean().await.unwrap()), goes, "{selectors}");
    }
}

#[tokio::test]
async fn by_default_young_versions_stay() {
    let app = TestApp::start().await;
    history(&app).await;

    app.advance_secs(90 * 24 * 3600);
    assert_eq!(removed(&app.clean().await.unwrap()), [""; 0]);
    app.advance_secs(1);

    assert_eq!(removed(&app.clean().await.unwrap()), ["shop 1", "shop 5"]);
}

#[tokio::test]
async fn a_run_removes_only_so_many_the_oldest_first() {
    let app = TestApp::with(|settings| {
        settings.retention.keep = KeepSelectors::parse("[]").expect("selectors");
        settings.retention.limit = 1;
    })
    .await;
    history(&app).await;

    let first = app.clean().await.unwrap();
    assert_eq!((removed(&first), first.left), (vec!["shop 1".to_string()], 1));
    let second = app.clean().await.unwrap();
    assert_eq!((removed(&second), second.left), (vec!["shop 5".to_string()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cleaners_one_cleans() {
    let app = Arc::new(keeping("[]").await);
    history(&app).await;
    let holding = hold(&app, "select from version where number = '1' for update").await;

    let first = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.clean().await }
    });
    until_waiting(&app, 1).await;
    assert!(matches!(app.clean().await, Err(CleanError::Busy)));
    release(holding).await;

    assert_eq!(removed(&first.await.unwrap().unwrap()), ["shop 1", "shop 5"]);
    assert_eq!(removed(&app.clean().await.unwrap()), [""; 0]);
}

/// What happens once the cleaner knows what it will remove, and before it holds it.
async fn cleaned_while(app: &Arc<TestApp>, held: &'static str, meanwhile: impl AsyncFnOnce(&TestApp)) -> Vec<String> {
    let holding = hold(app, held).await;
    let cleaner = tokio::spawn({
        let app = Arc::clone(app);
        async move { app.clean().await }
    });
    until_waiting(app, 1).await;
    meanwhile(app).await;
    release(holding).await;
    removed(&cleaner.await.expect("it does not panic").expect("nobody else cleans"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_a_publication_needs_meanwhile_stays() {
    let app = Arc::new(keeping("[]").await);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    app.world().provider("stock").version("41").await;
    app.delete("/pacticipants/shop/versions/1").await.is(204);
    app.world().consumer("shop").version("2").contract_with("stock", &["b"]).await;
    assert_eq!(removed(&app.preview_cleaning().await), ["stock 40"]);

    let removed = cleaned_while(&app, "select from version where number = '40' for update", async |app| {
        app.world().consumer("shop").version("3").contract_with("stock", &["a"]).await;
    })
    .await;

    assert_eq!(removed, [""; 0]);
    let verdict = app.get("/matrix?q[][pacticipant]=shop&q[][version]=3&latestby=cvp").await.is(200);
    assert_eq!(verdict.json()["summary"]["deployable"], true);
    all_that_is_kept_is_right(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_deployed_meanwhile_stays() {
    let app = Arc::new(keeping("[]").await);
    history(&app).await;
    let place = app.world().place("deployed-versions", "shop", "5", "test").await;
    // The deployment waits first, and so comes before the cleaner.
    let holding = hold(&app, "select from version where number = '5' for update").await;
    let deployment = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.post(&place, &json!({"applicationInstance": "other"})).await }
    });
    until_waiting(&app, 1).await;
    let cleaner = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.clean().await }
    });
    until_waiting(&app, 2).await;
    release(holding).await;

    deployment.await.unwrap().is(201);
    assert_eq!(removed(&cleaner.await.unwrap().unwrap()), ["shop 1"]);
    app.get("/pacticipants/shop/versions/5").await.is(200);
}

#[tokio::test]
async fn a_worker_cleans_when_it_is_time() {
    let app = TestApp::with(|settings| {
        settings.retention.keep = KeepSelectors::parse("[]").expect("selectors");
        settings.retention.schedule = Some("15 2 * * *".parse().expect("a schedule"));
    })
    .await;
    history(&app).await;
    let stopped = tokio_util::sync::CancellationToken::new();
    stopped.cancel();
    app.worker().run(stopped).await;
    let due = "select run_at::text from job where kind = 'retention'";
    let due_at = async || -> Vec<String> { sqlx::query_scalar(due).fetch_all(&app.db).await.unwrap() };
    assert_eq!(due_at().await, ["2026-11-23 02:15:00+00"]);

    app.run_jobs().await;
    assert_eq!(versions(&app).await.len(), 6);
    app.advance_secs(24 * 3600);
    app.run_jobs().await;

    assert_eq!(versions(&app).await.len(), 4);
    assert_eq!(due_at().await, ["2026-11-24 02:15:00+00"]);
}

/// One thing that happens: which, to whom, to which of its versions, and one more choice.
type Step = (u8, u8, u8, u8);

const NAMES: [&str; 3] = ["shop", "stock", "bank"];
const LINES: [&str; 3] = ["main", "feat", "other"];

/// Plays a step; those that cannot be done now do nothing.
async fn play(app: &TestApp, (what, who, number, choice): Step) {
    let consumer = NAMES[usize::from(who % 3)];
    let provider = NAMES[usize::from((who + 1 + choice % 2) % 3)];
    let (number, line) = (number.to_string(), LINES[usize::from(choice % 3)]);
    app.advance_secs(60);
    match what {
        0..=3 => {
            let version = app.world().consumer(consumer).version(&number);
            let version = if choice > 3 { version.branch(line) } else { version };
            version.contract_with(provider, &[["a", "b", "c"][usize::from(choice % 3)]]).try_publish().await;
        }
        4..=7 => {
            let contract = path_of(&["pacts", "provider", provider, "consumer", consumer, "latest"]);
            let contract = app.get(&contract).await;
            if contract.status == 200 {
                let result = json!({"success": choice > 1, "providerApplicationVersion": number});
                app.post(&contract.link("pb:publish-verification-results"), &result).await.is(201);
            }
        }
        8 => {
            app.put(&path_of(&["pacticipants", consumer, "branches", line, "versions", &number]), &json!({})).await;
        }
        9 => {
            app.put_nothing(&path_of(&["pacticipants", consumer, "versions", &number, "tags", line])).await;
        }
        _ => {
            let found = app.get(&path_of(&["pacticipants", consumer, "versions", &number])).await;
            if found.status == 200 {
                let kind = if choice > 2 { "deployed-versions" } else { "released-versions" };
                let place = app.world().place(kind, consumer, &number, "test").await;
                app.post(&place, &json!({})).await;
            }
        }
    }
}

/// Who needs what, read slowly from the rows: each statement is a sentence of the definition.
const NEEDED: &[&str] = &[
    "select version_id from deployed_version where undeployed_at is null",
    "select version_id from released_version where support_ended_at is null",
    "select version_id from branch_head",
    "select id from version where position in (select max(position) from version group by pacticipant_id)",
    "select version_id from tag where position in (select max(position) from tag group by pacticipant_id, name)",
    "select consumer_version_id from contract
     where position in (select max(position) from contract group by consumer_id, provider_id)",
];

#[derive(sqlx::FromRow)]
struct ResultRow {
    number: i64,
    content_id: i64,
    provider_version_id: i64,
    position: i64,
    success: bool,
    lines: Vec<String>,
}

async fn needed(app: &TestApp) -> BTreeSet<i64> {
    let mut needed = BTreeSet::new();
    for statement in NEEDED {
        needed.extend(sqlx::query_scalar::<_, i64>(*statement).fetch_all(&app.db).await.expect("it is right"));
    }
    let results: Vec<ResultRow> = sqlx::query_as(
        "select number, content_id, provider_version_id, success,
                (select position from version where id = provider_version_id) as position,
                array(select 'branch ' || branch from branch_version where version_id = provider_version_id
                      union all select 'tag ' || name from tag where version_id = provider_version_id) as lines
         from verification_log
         where content_id in (select content_id from contract)
         order by number",
    )
    .fetch_all(&app.db)
    .await
    .expect("it is right");
    // The last of each key stays.
    let mut last: BTreeMap<(i64, String), i64> = BTreeMap::new();
    let mut highest: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for result in &results {
        let version = result.provider_version_id;
        last.insert((result.content_id, "any".into()), version);
        let top = highest.entry(result.content_id).or_insert((result.position, version));
        *top = (*top).max((result.position, version));
        if result.success {
            last.entry((result.content_id, "first success".into())).or_insert(version);
            last.insert((result.content_id, "success".into()), version);
            for line in &result.lines {
                last.insert((result.content_id, line.clone()), version);
            }
        }
        assert!(result.number > 0);
    }
    needed.extend(last.into_values());
    needed.extend(highest.into_values().map(|(_, version)| version));
    needed
}

/// What is answered about versions, and to providers.
async fn answers(app: &TestApp, of: &BTreeSet<String>) -> Vec<(String, Value)> {
    let mut answers = Vec::new();
    for version in of {
        let (name, number) = version.split_once(' ').expect("a name and a number");
        let there = query_of(&[("pacticipant", name), ("version", number), ("environment", "test")]);
        let tagged = query_of(&[("pacticipant", name), ("version", number), ("to", "main")]);
        let latest =
            query_of(&[("q[][pacticipant]", name), ("q[][version]", number), ("latestby", "cvp"), ("latest", "true")]);
        for address in [format!("/can-i-deploy{there}"), format!("/can-i-deploy{tagged}"), format!("/matrix{latest}")] {
            let answer = app.get(&address).await.is(200);
            answers.push((address, answer.json()["summary"]["deployable"].clone()));
        }
    }
    for provider in NAMES {
        for branch in LINES {
            let asked = json!({
                "consumerVersionSelectors": [{"mainBranch": true}, {"deployedOrReleased": true}, {"latest": true}],
                "includePendingStatus": true,
                "includeWipPactsSince": "2026-01-01",
                "providerVersionBranch": branch,
            });
            let answer = app.post(&path_of(&["pacts", "provider", provider, "for-verification"]), &asked).await;
            answers.push((format!("{provider} {branch}"), answer.json()["_embedded"]["pacts"].clone()));
        }
    }
    answers
}

async fn named(app: &TestApp, ids: &BTreeSet<i64>) -> BTreeSet<String> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let all = "select pacticipant.name || ' ' || version.number
               from version join pacticipant on pacticipant.id = version.pacticipant_id where version.id = any($1)";
    let names: Vec<String> = sqlx::query_scalar(all).bind(ids).fetch_all(&app.db).await.expect("it is right");
    names.into_iter().collect()
}

async fn cleans_as_defined(steps: &[Step]) -> usize {
    let app = keeping("[]").await;
    app.world().environment("test").await;
    for step in steps {
        play(&app, *step).await;
    }
    app.leave_jobs();
    let all = versions(&app).await;
    let needed = needed(&app).await;
    let stay = named(&app, &needed).await;
    let before = answers(&app, &stay).await;

    app.clean().await.expect("nobody else cleans");

    assert_eq!(versions(&app).await, stay, "{steps:?}");
    assert_eq!(answers(&app, &stay).await, before, "{steps:?}");
    all_that_is_kept_is_right(&app).await;
    all.len() - stay.len()
}

#[test]
fn what_is_needed_stays_and_nothing_else_and_no_answer_changes() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let histories = proptest::collection::vec((0..11_u8, 0..3_u8, 1..9_u8, 0..6_u8), 20..60);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut removed = 0;
    for _ in 0..12 {
        let steps = histories.new_tree(&mut runner).unwrap().current();
        removed += runtime.block_on(cleans_as_defined(&steps));
    }

    assert!(removed > 12, "only {removed} versions were removed: the histories are too young");
}
