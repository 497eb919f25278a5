//! The question of pipelines has a statement of its own. It must find what that for all questions finds, which is asked
//! when something is to be ignored.

use serde_json::Value;

use crate::support::{TestApp, query_of};

/// Two that use each other, one that uses itself, several instances, releases, branches, tags, and results of all kinds.
async fn a_world() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    for environment in ["production", "test"] {
        world.environment(environment).await;
    }
    world.consumer("shop").version("1").branch("main").tag("prod").contract_with("stock", &["a"]).await;
    world
        .consumer("shop")
        .version("2")
        .branch("feat")
        .contract_with("stock", &["b"])
        .contract_with("mail", &["m"])
        .contract_with("shop", &["self"])
        .await;
    world.consumer("stock").version("40").branch("main").tag("prod").contract_with("shop", &["c"]).await;
    world.consumer("stock").version("41").branch("main").contract_with("shop", &["d"]).await;
    world.provider("stock").version("40").verifies("shop", "1").fails("shop", "2").await;
    world.provider("stock").version("41").verifies("shop", "1").verifies("shop", "2").await;
    world.provider("shop").version("1").verifies("stock", "40").await;
    world.provider("shop").version("2").verifies("stock", "40").fails("stock", "41").verifies("shop", "2").await;
    world.provider("mail").version("7").branch("main").tag("prod").verifies("shop", "2").await;
    world.deployed_instance("stock", "40", "production", "blue").await;
    world.deployed_instance("stock", "41", "production", "green").await;
    world.deployed("shop", "1", "production").await;
    world.released("shop", "2", "production").await;
    world.released("shop", "1", "production").await;
    world.deployed("mail", "7", "test").await;
    app
}

/// The answer without what only the question with something to ignore has.
async fn asked(app: &TestApp, question: &str, ignoring: bool) -> Value {
    let ignored = if ignoring { "&ignore[][pacticipant]=nobody" } else { "" };
    let mut answer = app.get(&format!("/matrix?{question}{ignored}")).await.is(200).json();
    if let (true, Value::Object(members)) = (ignoring, &mut answer) {
        let of_ignoring = |text: &str| text.starts_with("WARN: Cannot ignore any version of nobody");
        if let Some(Value::Object(summary)) = members.get_mut("summary") {
            summary.shift_remove("ignored");
            let reason = summary["reason"].as_str().unwrap_or_default().lines().filter(|line| !of_ignoring(line));
            summary["reason"] = reason.collect::<Vec<_>>().join("\n").into();
        }
        for list in ["notices", "reasons"] {
            if let Some(Value::Array(told)) = members.get_mut(list) {
                told.retain(|one| !one["text"].as_str().is_some_and(of_ignoring));
            }
        }
    }
    answer
}

#[tokio::test]
async fn it_is_answered_as_all_questions_are() {
    let app = a_world().await;
    let selectors = [
        &[("version", "1")][..],
        &[("version", "2")],
        &[("version", "40")],
        &[("version", "41")],
        &[("version", "none")],
        &[("tag", "prod"), ("latest", "true")],
        &[("branch", "feat"), ("latest", "true")],
        &[("mainBranch", "true"), ("latest", "true")],
    ];
    let destinations = [
        &[("environment", "production")][..],
        &[("environment", "test")],
        &[("tag", "prod"), ("latest", "true")],
        &[("mainBranch", "true"), ("latest", "true")],
    ];
    let mut verdicts = Vec::new();

    for pacticipant in ["shop", "stock", "mail"] {
        for selector in selectors {
            for (destination, latest_by) in
                destinations.iter().flat_map(|destination| ["cvp", "cvpv"].map(|latest_by| (destination, latest_by)))
            {
                let keys: Vec<String> = selector.iter().map(|(key, _)| format!("q[][{key}]")).collect();
                let mut pairs = vec![("q[][pacticipant]", pacticipant)];
                pairs.extend(keys.iter().map(String::as_str).zip(selector.iter().map(|(_, value)| *value)));
                pairs.extend_from_slice(destination);
                pairs.push(("latestby", latest_by));
                let question = query_of(&pairs);
                let question = question.trim_start_matches('?');

                let plain = asked(&app, question, false).await;
                assert_eq!(plain, asked(&app, question, true).await, "{question}");
                verdicts.push(plain["summary"]["deployable"].clone());
            }
        }
    }

    for verdict in [Value::Null, true.into(), false.into()] {
        assert!(verdicts.contains(&verdict), "no question is answered with {verdict}");
    }
}
