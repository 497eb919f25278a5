//! Defining webhooks.

use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Receiver, TestApp, open_to_receiver};

const HOOK: &str = "https://hooks.example.org/build?token=t0p-s3cret";

async fn table(app: &TestApp, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(&app.db).await.expect("the table is there")
}

#[tokio::test]
async fn a_webhook_is_created_shown_listed_and_deleted() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let created = app
        .world()
        .webhook(HOOK)
        .on("provider_verification_failed")
        .with("description", json!("Tell the shop"))
        .with("consumer", json!({"name": "shop"}))
        .request("headers", json!({"Authorization": "Bearer s3cret", "X-Team": "shop"}))
        .request("username", json!("ci"))
        .request("password", json!("hunter2"))
        .await;

    assert_snapshot!(created.shown(), @r#"
    {
      "uuid": "[uuid]",
      "description": "Tell the shop",
      "consumer": {
        "name": "shop"
      },
      "enabled": true,
      "inOrder": false,
      "bodyFormat": "template",
      "request": {
        "method": "POST",
        "url": "https://hooks.example.org/build?token=t0p-s3cret",
        "headers": {
          "authorization": "**********",
          "x-team": "shop"
        },
        "body": {
          "event": "${pactbroker.eventName}",
          "consumer": "${pactbroker.consumerName} ${pactbroker.consumerVersionNumber}",
          "provider": "${pactbroker.providerName} ${pactbroker.providerVersionNumber}"
        },
        "username": "ci",
        "password": "**********"
      },
      "events": [
        {
          "name": "provider_verification_failed"
        }
      ],
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Tell the shop",
          "href": "http://pactolus.test/webhooks/[uuid]"
        },
        "pb:execute": {
          "title": "POST to send it once, for the latest matching contract",
          "href": "http://pactolus.test/webhooks/[uuid]/execute"
        },
        "pb:consumer": {
          "title": "Consumer",
          "name": "shop",
          "href": "http://pactolus.test/pacticipants/shop"
        },
        "pb:webhook-deliveries": {
          "title": "What became of its deliveries",
          "href": "http://pactolus.test/webhooks/[uuid]/deliveries"
        },
        "pb:webhooks": {
          "title": "All webhooks",
          "href": "http://pactolus.test/webhooks"
        },
        "pb:signing-secrets": {
          "title": "Signing secrets",
          "href": "http://pactolus.test/webhooks/[uuid]/signing-secrets"
        }
      }
    }
    "#);
    let address = created.link("self");
    assert_eq!(app.get(&address).await.is(200).json(), created.json());
    assert_eq!(app.get("/webhooks").await.is(200).at("/_links/pb:webhooks").as_array().map(Vec::len), Some(1));
    assert_eq!(
        app.get("/webhooks/consumer/shop").await.is(200).at("/_links/pb:webhooks").as_array().map(Vec::len),
        Some(1)
    );
    app.delete(&address).await.is(204);
    app.get(&address).await.is(404);
    app.delete(&address).await.is(404);
}

#[tokio::test]
async fn a_webhook_may_have_an_id_of_its_clients_choice() {
    let app = TestApp::start().await;
    let body = json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": HOOK}});
    let address = "/webhooks/my-webhook-of-choice";

    app.put(address, &body).await.is(201);
    app.put(address, &body).await.is(200);
    app.put("/webhooks/short", &body).await.is(400);
    let mut twice = body.clone();
    twice["uuid"] = "my-webhook-of-choice".into();
    app.post("/webhooks", &twice).await.is(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_many_choose_at_once_is_given_once() {
    let app = Arc::new(TestApp::start().await);
    let mut clients = JoinSet::new();
    for client in 0..12 {
        let app = Arc::clone(&app);
        let body = json!({
            "uuid": "my-webhook-of-choice",
            "description": format!("of client {client}"),
            "events": [{"name": "contract_published"}],
            "request": {"method": "POST", "url": HOOK},
        });
        clients.spawn(async move { app.post("/webhooks", &body).await });
    }

    let answers = clients.join_all().await;

    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(created.len(), 1);
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 400).collect();
    assert_eq!(refused.len(), 11, "{answers:?}");
    assert!(refused[0].text_at("/errors/uuid/0").contains("PUT to"), "{:?}", refused[0]);
    assert_eq!(app.get("/webhooks/my-webhook-of-choice").await.at("/description"), created[0].at("/description"));
    assert_eq!(table(&app, "select action from audit_event where subject = 'my-webhook-of-choice'").await.len(), 1);
}

#[tokio::test]
async fn what_could_hide_a_secret_or_lead_elsewhere_is_refused() {
    let app = TestApp::start().await;
    let body = |url: &str, headers: Value| {
        json!({"events": [{"name": "contract_published"}],
               "request": {"method": "POST", "url": url, "headers": headers}})
    };

    let with_userinfo = app.post("/webhooks", &body("https://ci:s3cret@hooks.example.org/", json!({}))).await.is(400);
    let with_host = app.post("/webhooks", &body(HOOK, json!({"Host": "other.example"}))).await.is(400);

    assert!(with_userinfo.text_at("/errors/request.url/0").contains("give them as username and password"));
    assert_eq!(with_host.text_at("/errors/request.headers.Host/0"), "cannot be set: it belongs to the connection");
}

#[tokio::test]
async fn secrets_do_not_follow_to_another_place() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let created = app
        .world()
        .webhook(&receiver.url("/"))
        .on("contract_published")
        .request("headers", json!({"Authorization": "Bearer s3cret"}))
        .request("password", json!("hunter2"))
        .await;
    let elsewhere = Receiver::start().await;

    let mut moved = created.json();
    moved["request"]["url"] = elsewhere.url("/").into();
    let refused = app.put(&created.link("self"), &moved).await.is(400);
    moved["request"]["headers"]["authorization"] = "Bearer new".into();
    moved["request"]["password"] = "new".into();
    app.put(&created.link("self"), &moved).await.is(200);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "request.headers.authorization": [
          "must be given again, since the URL leads to another scheme, host or port"
        ],
        "request.password": [
          "must be given again, since the URL leads to another scheme, host or port; null takes it away"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_told_by_field() {
    let app = TestApp::start().await;

    let body = json!({
        "events": [{"name": "moon_landed"}],
        "consumer": {"name": "nobody"},
        "request": {"method": "GET", "url": "http://${pactbroker.consumerName}/"},
    });
    let refused = app.post("/webhooks", &body).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "events": [
          "name must be one of: contract_published, contract_content_changed, provider_verification_published, provider_verification_succeeded, provider_verification_failed, contract_requiring_verification_published, deployment_recorded, deployment_ended, release_recorded, release_ended, can_i_deploy_refused, branch_deleted, provider_contract_published, comparison_changed, comparison_change_proposed (at index 0)"
        ],
        "request.method": [
          "must be POST. See /doc/webhooks#whitelist for more information."
        ],
        "request.url": [
          "cannot have a template parameter in the host"
        ]
      }
    }
    "#);
    let body = json!({"events": [{"name": "contract_published"}], "consumer": {"name": "nobody"}, "request": {"method": "POST", "url": HOOK}});
    app.post("/webhooks", &body).await.is(400);
    for body in [json!({}), json!([]), json!({"events": [], "request": {}}), json!({"events": 7, "request": "x"})] {
        app.post("/webhooks", &body).await.is(400);
    }
}

#[tokio::test]
async fn secrets_that_come_back_masked_stay() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let created = app
        .world()
        .webhook(&receiver.url("/"))
        .on("contract_published")
        .request("headers", json!({"Authorization": "Bearer s3cret"}))
        .request("username", json!("ci"))
        .request("password", json!("hunter2"))
        .await;

    let mut shown = app.get(&created.link("self")).await.is(200).json();
    assert!(!shown.to_string().contains("s3cret") && !shown.to_string().contains("hunter2"), "{shown}");
    shown["description"] = "changed".into();
    app.put(&created.link("self"), &shown).await.is(200);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;

    let sent = receiver.received();
    // Basic authentication wins over a header.
    assert_eq!(sent[0].header("authorization"), "Basic Y2k6aHVudGVyMg==");
}

#[tokio::test]
async fn secrets_are_sealed_in_the_database() {
    let app = TestApp::start().await;
    app.world()
        .webhook(HOOK)
        .on("contract_published")
        .request("headers", json!({"Authorization": "Bearer bearer-s3cret", "X-Key": "header-s3cret"}))
        .request("username", json!("user-s3cret"))
        .request("password", json!("password-s3cret"))
        .body(json!({"key": "body-s3cret"}))
        .await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.leave_jobs();

    let statement = "select table_name::text from information_schema.tables where table_schema = 'public'";
    let mut seen = String::new();
    for name in table(&app, statement).await {
        let rows = format!("select coalesce(string_agg({name}::text, ' '), '') from {name}");
        let text: String = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&app.db).await.unwrap();
        assert!(!text.contains("s3cret"), "{name} holds a secret: {text}");
        // Byte columns are shown in hexadecimal.
        assert!(!text.contains(&hex("s3cret")), "{name} holds a secret in bytes");
        seen += &text;
    }
    assert!(seen.contains("contract_published") && seen.contains("\\\\x"), "nothing was looked at: {seen}");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn hosts_that_are_not_on_the_list_are_refused_when_a_webhook_is_made() {
    let app = TestApp::with(open_to_receiver).await;

    let body = json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": HOOK}});
    let refused = app.post("/webhooks", &body).await.is(400);

    assert!(refused.text().contains("whitelist"), "{refused:?}");
}

#[tokio::test]
async fn a_webhook_of_a_pair_is_made_at_its_address() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let body = json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": HOOK}});

    let created = app.post("/webhooks/provider/stock/consumer/shop", &body).await.is(201);
    app.post("/webhooks/provider/stock", &body).await.is(201);
    app.post("/webhooks/consumer/shop", &body).await.is(201);
    app.post("/webhooks/consumer/nobody", &body).await.is(404);

    assert_eq!((created.at("/consumer/name"), created.at("/provider/name")), ("shop".into(), "stock".into()));
    let of_pair = app.get("/webhooks/provider/stock/consumer/shop").await.is(200);
    assert!(of_pair.at("/_links/pb:webhooks").as_array().is_some_and(|links| !links.is_empty()));
}

#[tokio::test]
async fn the_webhooks_of_a_scope_are_those_of_no_narrower_one() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let body = json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": HOOK}});
    let scopes = ["/webhooks/provider/stock/consumer/shop", "/webhooks/provider/stock", "/webhooks/consumer/shop"];
    let mut made = Vec::new();
    for scope in scopes {
        made.push(app.post(scope, &body).await.is(201).link("self"));
    }

    for (scope, webhook) in scopes.iter().zip(made) {
        let listed = app.get(scope).await.is(200).at("/_links/pb:webhooks");
        let listed: Vec<&str> =
            listed.as_array().expect("a list").iter().filter_map(|one| one["href"].as_str()).collect();
        assert_eq!(listed, [webhook], "{scope}");
    }
}
