//! Changing the key that secrets are sealed with.

use pactolus_server::{MasterKey, PrepareError, RotateError, Rotated, prepare, rotate_encryption_key};
use serde_json::json;

use crate::support::{Receiver, TestApp, open_to_receiver};

/// A server with a secret, and a webhook that sends it with its password.
async fn with_secrets(receiver: &Receiver) -> TestApp {
    let app = TestApp::with(open_to_receiver).await;
    app.post("/secrets", &json!({"name": "TOKEN", "value": "t0ken"})).await.is(201);
    app.world()
        .webhook(&receiver.url("/?${user.TOKEN}"))
        .on("contract_published")
        .request("username", json!("ci"))
        .request("password", json!("hunter2"))
        .await;
    app
}

async fn publish(app: &TestApp, version: &str) {
    app.world().consumer("shop").version(version).contract_with("stock", &["a"]).await;
    app.run_jobs().await;
}

fn rotated(resealed: usize, already: usize, without_secrets: usize) -> Rotated {
    Rotated { resealed, already, without_secrets }
}

#[tokio::test]
async fn what_the_old_key_sealed_is_sent_with_the_new_one_and_the_old_one_is_refused() {
    let receiver = Receiver::start().await;
    let mut app = with_secrets(&receiver).await;
    let (old, new) = (app.key.clone(), MasterKey::generate());

    assert!(matches!(prepare(&app.db, &new).await, Err(PrepareError::OtherKey(_))));
    let both = new.clone().accepting([old.clone()]);
    assert_eq!(rotate_encryption_key(&app.db, &both).await.unwrap(), rotated(1, 0, 0));
    assert_eq!(rotate_encryption_key(&app.db, &both).await.unwrap(), rotated(0, 1, 0));

    prepare(&app.db, &new).await.unwrap();
    assert!(matches!(prepare(&app.db, &old).await, Err(PrepareError::OtherKey(_))));
    app.restart_with(new);
    publish(&app, "1").await;
    assert_eq!(receiver.received()[0].target, "/?t0ken");
    assert_eq!(receiver.received()[0].header("authorization"), "Basic Y2k6aHVudGVyMg==");
}

#[tokio::test]
async fn servers_that_accept_both_keys_work_before_and_after() {
    let receiver = Receiver::start().await;
    let mut app = with_secrets(&receiver).await;
    let (old, new) = (app.key.clone(), MasterKey::generate());

    app.restart_with(new.clone().accepting([old.clone()]));
    publish(&app, "1").await;
    rotate_encryption_key(&app.db, &new.clone().accepting([old.clone()])).await.unwrap();
    publish(&app, "2").await;
    app.restart_with(old.accepting([new]));
    publish(&app, "3").await;
    app.post("/secrets", &json!({"name": "OTHER", "value": "o"})).await.is(201);

    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_goes_on_where_it_was() {
    let receiver = Receiver::start().await;
    let app = with_secrets(&receiver).await;
    let both = MasterKey::generate().accepting([app.key.clone()]);
    let second = "insert into tenant (id, name, sealed_data_key, created_at) values (2, 'b', 'unknown', '2026-01-01')";
    sqlx::query(second).execute(&app.db).await.unwrap();

    let broken = rotate_encryption_key(&app.db, &both).await;
    sqlx::query("update tenant set sealed_data_key = null where id = 2").execute(&app.db).await.unwrap();

    assert!(matches!(broken, Err(RotateError::OtherKey { tenant: 2, .. })), "{broken:?}");
    assert_eq!(rotate_encryption_key(&app.db, &both).await.unwrap(), rotated(0, 1, 1));
}
