//! `pactolus usage` against answers of a server.

use serde_json::{Value, json};

use crate::support::{Reply, Request, Server, run};

const QUESTION: [&str; 5] = ["usage", "--provider", "stock", "--field", "price"];

fn index_of(request: &Request) -> Reply {
    let origin = format!("http://{}", request.header("host").unwrap());
    let link = |path: &str| json!({ "href": format!("{origin}{path}"), "templated": true });
    Reply::Json(
        200,
        json!({ "_links": {
        "pf:provider-usage": link("/usage/provider/{provider}"),
        "pf:provider-unused": link("/usage/provider/{provider}/unused"),
    } }),
    )
}

fn server(answer: impl Fn(&Request) -> Value + Send + Sync + 'static) -> Server {
    Server::start(
        move |request, _| if request.target == "/" { index_of(request) } else { Reply::Json(200, answer(request)) },
    )
}

fn consumer(name: &str) -> Value {
    let uses =
        json!([{ "method": "GET", "path": "/items/{}", "status": 200, "part": "response-body", "name": "/price" }]);
    let version =
        json!({ "number": "41", "environments": ["production"], "branches": [], "uses": uses, "useCount": 2 });
    json!({ "name": name, "versions": [version] })
}

#[test]
fn all_pages_are_told_as_one_list() {
    let server = server(|request| {
        let next = format!("http://{}/usage/provider/stock?after=app", request.header("host").unwrap());
        if request.target.contains("after=") {
            json!({ "unread": 0, "_embedded": { "consumers": [consumer("shop")] }, "_links": {} })
        } else {
            json!({ "unread": 0, "_embedded": { "consumers": [consumer("app")] }, "_links": { "next": { "href": next } } })
        }
    });

    let ended = run(&server, &[&QUESTION[..], &["--environment", "production"]].concat());

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.lines()[1], "GET /usage/provider/stock?field=price&environment=production&size=1000");
    for line in ["app", "shop"] {
        assert!(
            ended.stdout.lines().any(|told| told.starts_with(line) && told.contains("/price and 1 more")),
            "{ended:?}"
        );
    }
}

#[test]
fn contracts_that_were_not_looked_into_leave_the_answer_open() {
    let server = server(|_| json!({ "unread": 3, "_embedded": { "consumers": [] }, "_links": {} }));

    let ended = run(&server, &QUESTION);

    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("3 contracts are not looked into yet"), "{ended:?}");
}

#[test]
fn what_nobody_uses_is_listed_by_operation() {
    let offered =
        json!({ "method": "GET", "path": "/items/{id}", "status": "200", "part": "response-body", "name": "/note" });
    let server = server(move |_| {
        json!({
            "document": { "version": "1" }, "isComplete": true, "_embedded": { "unused": [offered] }, "_links": {},
        })
    });

    let ended = run(&server, &["usage", "--provider", "stock", "--unused"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("GET /items/{id} 200 response-body /note\n"), "{ended:?}");
}

#[test]
fn a_provider_that_nobody_knows_is_a_no() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => index_of(request),
        _ => Reply::Json(404, json!({ "error": "No provider with name 'stock' found" })),
    });

    let ended = run(&server, &QUESTION);

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("No provider with name 'stock' found"), "{ended:?}");
}
