//! Who may ask, and what is refused.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_server::{Role, Settings};
use serde_json::json;

use crate::support::{Answer, TestApp};

const CHALLENGE: &str = r#"Basic realm="Restricted area""#;

fn guarded(settings: &mut Settings) {
    let access = &mut settings.access;
    access.let_in_user(Role::Write, "rw", "rw:p ä");
    access.let_in_user(Role::Read, "ro", "rop");
    access.let_in_token(Role::Write, "token", "a-token");
    access.let_in_token(Role::Administrator, "administrator", "the-key");
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

fn request(method: &Method, path: &str, authorization: Option<&str>) -> Request {
    let mut builder = Request::builder().method(method).uri(path).header(header::HOST, "pactolus.test");
    if let Some(authorization) = authorization {
        builder = builder.header(header::AUTHORIZATION, authorization);
    }
    if method.is_safe() || *method == Method::DELETE {
        return builder.body(Body::empty()).expect("a request");
    }
    let body = json!({"name": "shop"}).to_string();
    builder.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).expect("a request")
}

async fn get(app: &TestApp, path: &str, authorization: Option<&str>) -> Answer {
    app.send(request(&Method::GET, path, authorization)).await
}

#[tokio::test]
async fn nobody_has_to_authenticate_unless_credentials_are_configured() {
    let app = TestApp::start().await;

    assert_eq!(get(&app, "/pacticipants", None).await.status, 200);
    assert_eq!(get(&app, "/pacticipants", Some(&basic("x", "y"))).await.status, 200);
}

#[tokio::test]
async fn each_of_the_credentials_opens_what_it_may() {
    let app = TestApp::with(guarded).await;
    let (write, read) = (basic("rw", "rw:p ä"), basic("ro", "rop"));

    for authorization in [write.as_str(), &read, "Bearer a-token", "bearer a-token", "Bearer the-key"] {
        assert_eq!(get(&app, "/pacticipants", Some(authorization)).await.status, 200, "{authorization}");
    }
    for authorization in [write.as_str(), "Bearer a-token", "Bearer the-key"] {
        let answer = app.send(request(&Method::POST, "/pacticipants", Some(authorization))).await;
        assert_eq!(answer.status, 201, "{authorization}");
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_with_a_challenge_and_a_sentence() {
    let app = TestApp::with(guarded).await;
    let wrong = [
        basic("rw", "rop"),
        basic("rw", ""),
        basic("", ""),
        basic("ro", "rop "),
        "Basic %%%".into(),
        "Basic".into(),
        "Bearer".into(),
        "Bearer rop".into(),
        "Bearer ".into(),
        format!("Bearer {}", STANDARD.encode("ro:rop")),
        "Digest username=\"rw\"".into(),
    ];

    let missing = get(&app, "/pacticipants", None).await;
    assert_eq!((missing.status, missing.header("www-authenticate").as_deref()), (401, Some(CHALLENGE)));
    assert!(missing.text().starts_with("Credentials are needed"), "{missing:?}");
    for authorization in wrong {
        let answer = get(&app, "/pacticipants", Some(&authorization)).await;
        assert_eq!((answer.status, answer.header("www-authenticate").as_deref()), (401, Some(CHALLENGE)));
        assert!(answer.text().starts_with("These credentials are wrong"), "{authorization}: {answer:?}");
    }
}

#[tokio::test]
async fn who_may_only_read_is_told_so() {
    let app = TestApp::with(guarded).await;
    let read = basic("ro", "rop");

    let answer = app.send(request(&Method::POST, "/pacticipants", Some(&read))).await;

    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("may only read"), "{answer:?}");
    assert_eq!(get(&app, "/pacticipants/shop", Some(&read)).await.status, 404);
    let selecting = app.send(request(&Method::POST, "/pacts/provider/stock/for-verification", Some(&read))).await;
    assert_ne!(selecting.status, 401);
}

#[tokio::test]
async fn credentials_are_asked_for_before_anything_is_told() {
    let app = TestApp::with(guarded).await;

    for (method, path) in
        [(Method::GET, "/nowhere"), (Method::PATCH, "/pacticipants"), (Method::OPTIONS, "/"), (Method::GET, "/a%zz")]
    {
        let answer = app.raw(request(&method, path, None)).await;
        assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
    }
    let problem = app.get_as("/pacticipants", "application/hal+json, application/problem+json").await;
    assert_eq!((problem.status, problem.json()["status"].as_u64()), (401, Some(401)));
}

#[tokio::test]
async fn only_what_the_settings_make_public_is_open_to_anybody() {
    let app = TestApp::with(|settings| {
        guarded(settings);
        settings.access.public_heartbeat = true;
    })
    .await;

    assert_eq!(get(&app, "/livez", None).await.status, 200);
    assert_eq!(get(&app, "/readyz", None).await.status, 200);
    assert_eq!(get(&app, "/diagnostic/status/heartbeat", Some("Bearer stale")).await.status, 200);
    assert_eq!(get(&app, "/diagnostic/status/dependencies", None).await.status, 401);

    let reading = TestApp::with(|settings| {
        guarded(settings);
        settings.access.public_read = true;
    })
    .await;
    assert_eq!(get(&reading, "/pacticipants", None).await.status, 200);
    assert_eq!(reading.send(request(&Method::POST, "/pacticipants", None)).await.status, 401);
}

#[tokio::test]
async fn the_audit_log_names_who_it_was_and_no_secret_is_kept_in_the_settings() {
    let app = TestApp::with(guarded).await;

    app.send(request(&Method::POST, "/pacticipants", Some("Bearer a-token"))).await;

    let who: Vec<String> =
        sqlx::query_scalar("select distinct actor from audit_event").fetch_all(&app.db).await.unwrap();
    assert_eq!(who, ["token"]);
    let mut settings = Settings::default();
    guarded(&mut settings);
    let shown = format!("{settings:?}");
    for secret in ["rw:p", "rop", "a-token", "the-key"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
