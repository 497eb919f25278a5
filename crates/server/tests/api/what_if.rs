//! What if: can-i-deploy over a hypothetical state.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, base64, pact, query_of, verdict};

async fn ask(app: &TestApp, pacticipants: Value, assume: Value) -> Answer {
    let body = json!({"pacticipants": pacticipants, "to": "production", "assume": assume});
    app.post("/can-i-deploy/what-if", &body).await.is(200)
}

fn shop(number: &str) -> Value {
    json!([{"pacticipant": "shop", "version": number}])
}

fn shop_and_stock(shop: &str, stock: &str) -> Value {
    json!([{"pacticipant": "shop", "version": shop}, {"pacticipant": "stock", "version": stock}])
}

/// shop 1 and stock 39 are in production, and stock 40 has passed with shop 2, whose contract is another.
async fn a_shop_that_waits() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("39").verifies("shop", "1").await;
    world.deployed("shop", "1", "production").await;
    world.deployed("stock", "39", "production").await;
    world.consumer("shop").version("2").branch("main").contract_with("stock", &["b"]).await;
    world.provider("stock").version("40").verifies("shop", "2").await;
    app
}

#[tokio::test]
async fn without_assumptions_it_is_can_i_deploy() {
    let app = a_shop_that_waits().await;

    let plain = [("pacticipant", "shop"), ("version", "2"), ("environment", "production")];
    let plain = app.get(&format!("/can-i-deploy{}", query_of(&plain))).await.is(200);
    let answer = ask(&app, shop("2"), json!({})).await;

    for part in ["/summary", "/notices", "/matrix/0/pact", "/reasons"] {
        assert_eq!(answer.at(part), plain.at(part), "{part}");
    }
    assert_eq!(answer.at("/assumed"), json!([]));
    assert_eq!(answer.at("/order"), Value::Null);
}

#[tokio::test]
async fn another_version_may_be_deployed() {
    let app = a_shop_that_waits().await;

    let answer = ask(&app, shop("2"), json!({"deployed": [{"pacticipant": "stock", "version": "40"}]})).await;

    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful (assuming that stock 40 is deployed in production in place of 39)");
    assert_snapshot!(answer.at("/assumed"), @r#"[{"kind":"deployed","text":"stock 40 is deployed in production in place of 39"}]"#);
    assert_snapshot!(answer.at("/reasons/0/provider"), @r#"{"name":"stock","version":"40","chosen":"assumed to be deployed in production"}"#);
    assert_snapshot!(answer.at("/reasons/0/assumes"), @r#"["stock 40 is deployed in production in place of 39"]"#);
}

#[tokio::test]
async fn what_it_does_not_replace_still_counts() {
    let app = a_shop_that_waits().await;
    app.world().deployed_instance("stock", "39", "production", "blue").await;

    let replacing =
        |replaces: &str| json!({"deployed": [{"pacticipant": "stock", "version": "40", "replaces": replaces}]});

    let unsaid = json!({"deployed": [{"pacticipant": "stock", "version": "40"}]});
    assert!(verdict(&ask(&app, shop("2"), unsaid).await).starts_with("unknown"));
    assert!(verdict(&ask(&app, shop("2"), replacing("none")).await).starts_with("unknown"));
    assert!(verdict(&ask(&app, shop("2"), replacing("all")).await).starts_with("yes"));
    let undeployed = json!({
        "undeployed": [{"pacticipant": "stock"}],
        "deployed": [{"pacticipant": "stock", "version": "40"}],
    });
    assert!(verdict(&ask(&app, shop("2"), undeployed).await).starts_with("yes"));
}

#[tokio::test]
async fn a_provider_that_is_undeployed_is_missed() {
    let app = a_shop_that_waits().await;

    let answer = ask(&app, shop("1"), json!({"undeployed": [{"pacticipant": "stock", "version": "39"}]})).await;

    assert_snapshot!(verdict(&answer), @"unknown: There is no verified pact between version 1 of shop and a version of stock currently in production (no version is currently recorded as deployed/released in this environment) (assuming that stock 39 is no longer in production). To change this: record which version of stock is deployed in production: none is; or deploy stock 39 to production first: it has passed.");
}

#[tokio::test]
async fn a_result_may_be_assumed() {
    let app = a_shop_that_waits().await;

    let result = |success: bool| {
        json!({"results": [{
            "consumer": "shop", "consumerVersion": "2", "provider": "stock", "providerVersion": "39", "success": success,
        }]})
    };

    let answer = ask(&app, shop("2"), result(true)).await;
    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful (assuming that stock 39 satisfies contract 83a7641 of shop 2)");
    assert_eq!(answer.at("/matrix/0/verificationResult"), json!({"success": true, "assumed": true}));
    assert_snapshot!(verdict(&ask(&app, shop("2"), result(false)).await), @"no: The verification for the pact between version 2 of shop and the version of stock currently in production (39) failed (assuming that stock 39 fails contract 83a7641 of shop 2). To change this: deploy stock 40 to production first: it has passed; or make stock satisfy what shop expects, or change what shop expects.");
}

#[tokio::test]
async fn a_version_may_be_assumed_to_have_the_contracts_of_another() {
    let app = a_shop_that_waits().await;

    let like = |which: Value| json!({"versions": [{"pacticipant": "shop", "version": "3", "like": which}]});

    let answer = ask(&app, shop("3"), like(json!({"version": "1"}))).await;
    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful (assuming that shop 3 is published with the contracts of 1)");
    assert_eq!(answer.at("/matrix/0/consumer/version/assumed"), true);
    app.get(&answer.text_at("/matrix/0/pact/_links/self/href")).await.is(200);
    assert_snapshot!(verdict(&ask(&app, shop("3"), like(json!({"branch": "main"}))).await), @"unknown: There is no verified pact between version 3 of shop and the version of stock currently in production (39) (assuming that shop 3 is published with the contracts of 2). To change this: verify contract 83a7641 of shop 3 with stock 39.");
}

#[tokio::test]
async fn a_version_may_be_assumed_to_have_no_contracts() {
    let app = a_shop_that_waits().await;

    let answer = ask(&app, shop("3"), json!({"versions": [{"pacticipant": "shop", "version": "3"}]})).await;

    assert_snapshot!(verdict(&answer), @"yes: There are no missing dependencies (assuming that shop 3 is published without contracts)");
}

#[tokio::test]
async fn a_contract_may_be_given_that_nobody_has_published() {
    let app = a_shop_that_waits().await;
    let text = |descriptions: &[&str]| base64(&pact("shop", "stock", descriptions).to_string());
    let with =
        |contract: Value| json!({"versions": [{"pacticipant": "shop", "version": "3", "contracts": [contract]}]});

    let unknown = ask(&app, shop("3"), with(json!({"content": text(&["c"])}))).await;
    assert_snapshot!(verdict(&unknown), @"unknown: There is no verified pact between version 3 of shop and the version of stock currently in production (39) (assuming that shop 3 is published with the given contracts). To change this: verify contract 2f963f7 of shop 3 with stock 39.");
    assert_eq!(unknown.at("/matrix/0/pact"), json!({"assumed": true}));

    let published = ask(&app, shop("3"), with(json!({"content": text(&["a"])}))).await;
    assert!(verdict(&published).starts_with("yes"), "the same content is already verified");
    let link = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200).link("pb:pact-version");
    let sha = link.rsplit('/').next().unwrap().to_owned();
    let by_sha = ask(&app, shop("3"), with(json!({"provider": "stock", "sha": sha}))).await;
    assert!(verdict(&by_sha).starts_with("yes"));
}

#[tokio::test]
async fn several_that_go_at_once_are_judged_by_their_new_versions() {
    let app = a_shop_that_waits().await;
    // Alone neither may go.
    assert!(!verdict(&ask(&app, shop("2"), json!({})).await).starts_with("yes"));

    let answer = ask(&app, shop_and_stock("2", "40"), json!({})).await;

    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful");
    assert_snapshot!(answer.text_at("/order/text"), @r"
    There is no safe order, they can only go at the same moment.
    shop 2 can't go before stock 40: There is no verified pact between version 2 of shop and the version of stock currently in production (39). To change this: verify contract 83a7641 of shop 2 with stock 39.
    stock 40 can't go before shop 2: There is no verified pact between the version of shop currently in production (1) and version 40 of stock. To change this: verify contract 9cbd8f2 of shop 1 with stock 40.
    ");
    assert_eq!(answer.at("/order/circle/0/going"), json!({"pacticipant": "shop", "version": "2"}));
    assert_eq!(answer.at("/order/circle/0/waitsFor"), json!({"pacticipant": "stock", "version": "40"}));
    assert_eq!(answer.at("/order/circle/1/reasons/0/fix/kind"), "verify");
}

#[tokio::test]
async fn who_can_go_first_goes_first() {
    let app = a_shop_that_waits().await;
    app.world().provider("stock").version("40").verifies("shop", "1").await;

    let answer = ask(&app, shop_and_stock("2", "40"), json!({})).await;

    assert_eq!(
        answer.at("/order"),
        json!({
            "steps": [{"pacticipant": "stock", "version": "40"}, {"pacticipant": "shop", "version": "2"}],
            "text": "A safe order: stock 40, then shop 2",
        })
    );
    assert_eq!(answer.at("/notices/1/text"), "A safe order: stock 40, then shop 2");
}

#[tokio::test]
async fn a_set_that_does_not_fit_has_no_order() {
    let app = a_shop_that_waits().await;
    app.world().provider("stock").version("41").fails("shop", "2").await;

    let answer = ask(&app, shop_and_stock("2", "41"), json!({})).await;

    assert_snapshot!(verdict(&answer), @"no: The verification for the pact between version 2 of shop and version 41 of stock failed. To change this: make stock satisfy what shop expects, or change what shop expects.");
    assert_snapshot!(answer.at("/order"), @r#"{"steps":null,"text":"There is no safe order: the versions do not go together, whichever goes first"}"#);
}

#[tokio::test]
async fn what_stays_beside_a_version_that_goes_still_counts() {
    let app = a_shop_that_waits().await;
    app.world().released("stock", "39", "production").await;

    let answer = ask(&app, shop_and_stock("2", "40"), json!({})).await;

    assert_snapshot!(verdict(&answer), @"unknown: There is no verified pact between version 2 of shop and the version of stock currently in production (39) (a verification was requested just now, but nobody was told: no webhook listens to contract_requiring_verification_published). To change this: verify contract 83a7641 of shop 2 with stock 39.");
    let mut all = shop_and_stock("2", "40");
    all[1]["replaces"] = "all".into();
    assert!(verdict(&ask(&app, all, json!({})).await).starts_with("yes"));
}

#[tokio::test]
async fn what_is_ignored_does_not_count_here_either() {
    let app = a_shop_that_waits().await;

    let body = json!({"pacticipants": shop("2"), "to": "production", "ignore": [{"pacticipant": "stock"}]});
    let answer = app.post("/can-i-deploy/what-if", &body).await.is(200);

    assert_eq!((answer.at("/summary/deployable"), answer.at("/summary/ignored")), (true.into(), 1.into()));
}

#[tokio::test]
async fn nothing_is_stored() {
    let app = a_shop_that_waits().await;
    let before = app.get("/matrix?q[][pacticipant]=shop&q[][pacticipant]=stock").await.is(200).body;

    let assume = json!({
        "versions": [{"pacticipant": "shop", "version": "3", "like": {"version": "2"}}],
        "deployed": [{"pacticipant": "stock", "version": "40"}],
        "results": [{
            "consumer": "shop", "consumerVersion": "3", "provider": "stock", "providerVersion": "40", "success": false,
        }],
    });
    assert!(verdict(&ask(&app, shop("3"), assume).await).starts_with("no"));

    assert_eq!(app.get("/matrix?q[][pacticipant]=shop&q[][pacticipant]=stock").await.is(200).body, before);
    app.get("/pacticipants/shop/versions/3").await.is(404);
}

#[tokio::test]
async fn a_version_that_does_not_exist_may_not_go_whatever_is_assumed() {
    let app = a_shop_that_waits().await;

    let answer = ask(&app, shop("9"), json!({"deployed": [{"pacticipant": "stock", "version": "40"}]})).await;

    assert_snapshot!(verdict(&answer), @"no: No pacts or verifications have been published for version 9 of shop. To change this: publish the contracts of shop 9, or create the version if it has none (its number may be misspelt).");
}

#[tokio::test]
async fn it_can_be_read_as_text() {
    let app = a_shop_that_waits().await;

    let body = json!({"pacticipants": shop_and_stock("2", "40"), "to": "production"});
    let text = app.post_as("/can-i-deploy/what-if", &body, "text/plain").await.is(200).text();

    assert_snapshot!(text, @r"
    CONSUMER  C.VERSION  PROVIDER  P.VERSION  SUCCESS?
    shop      2          stock     40         true

    All required verification results are published and successful
    There is no safe order, they can only go at the same moment.
    shop 2 can't go before stock 40: There is no verified pact between version 2 of shop and the version of stock currently in production (39). To change this: verify contract 83a7641 of shop 2 with stock 39.
    stock 40 can't go before shop 2: There is no verified pact between the version of shop currently in production (1) and version 40 of stock. To change this: verify contract 9cbd8f2 of shop 1 with stock 40.
    ");
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place() {
    let app = a_shop_that_waits().await;
    let going = shop("2");
    let contract = |number: usize| json!({"provider": format!("provider {number}"), "sha": "0".repeat(40)});
    let many = [0, 1, 2, 3, 4].map(|of| {
        let contracts: Vec<Value> = (of * 500..(of + 1) * 500).map(contract).collect();
        json!({"pacticipant": "shop", "version": format!("new {of}"), "contracts": contracts})
    });
    let wrong = [
        json!({}),
        json!({"pacticipants": [], "to": "production"}),
        json!({"pacticipants": going, "to": "production", "asume": {}}),
        json!({"pacticipants": [{"pacticipant": "shop"}], "to": "production"}),
        json!({"pacticipants": [{"pacticipant": "shop", "version": "2", "branch": "main"}], "to": "production"}),
        json!({"pacticipants": [{"pacticipant": "shop", "latest": false}], "to": "production"}),
        json!({"pacticipants": [going[0], going[0]], "to": "production"}),
        json!({"pacticipants": going, "to": "moon"}),
        json!({"pacticipants": [{"pacticipant": "nobody", "version": "2"}], "to": "production"}),
        with("deployed", json!({"pacticipant": "stock", "version": "99"})),
        with("deployed", json!({"pacticipant": "stock", "version": "40", "environment": "test"})),
        with("deployed", json!({"pacticipant": "stock", "version": "40", "replaces": "some"})),
        with("undeployed", json!({"pacticipant": "stock", "version": "40"})),
        with("undeployed", json!({"pacticipant": "nobody"})),
        with("versions", json!({"pacticipant": "shop", "version": "2", "like": {"version": "1"}})),
        with("versions", json!({"pacticipant": "shop", "version": "3", "like": {"version": "9"}})),
        with("versions", json!({"pacticipant": "shop", "version": "3", "like": {"version": "1"}, "contracts": []})),
        with("versions", json!({"pacticipant": "shop", "version": "3", "contracts": [{"content": "!"}]})),
        with(
            "versions",
            json!({"pacticipant": "stock", "version": "41",
            "contracts": [{"content": base64(&pact("shop", "stock", &[]).to_string())}]}),
        ),
        with(
            "versions",
            json!({"pacticipant": "shop", "version": "3",
            "contracts": [{"provider": "stock", "sha": "0".repeat(40)}]}),
        ),
        with("results", json!({"consumer": "shop", "consumerVersion": "2", "provider": "stock", "success": true})),
        with(
            "results",
            json!({"consumer": "stock", "consumerVersion": "40", "provider": "shop",
            "providerVersion": "2", "success": true}),
        ),
        with(
            "results",
            json!({"consumer": "shop", "sha": "0".repeat(40), "provider": "stock",
            "providerVersion": "40", "success": true}),
        ),
        json!({"pacticipants": going, "to": "production",
            "ignore": vec![json!({"pacticipant": "stock"}); 501]}),
        json!({"pacticipants": going, "to": "production", "assume": {"versions": many}}),
    ];

    let mut told = Vec::new();
    for body in &wrong {
        let refused = app.post("/can-i-deploy/what-if", body).await.is(400);
        told.push(refused.at("/errors").to_string());
    }

    assert_snapshot!(told.join("\n"), @r#"
    {"to":["is missing"],"pacticipants":["must name at least one version that is to go"]}
    {"pacticipants":["must name at least one version that is to go"]}
    {"asume":["is not known here: there are pacticipants, to, assume, ignore"]}
    {"pacticipants":["must have one of 'version', 'branch', 'tag', 'latest' and 'mainBranch' (at index 0)"]}
    {"pacticipants":["must have one of 'version', 'branch', 'tag', 'latest' and 'mainBranch' (at index 0)"]}
    {"pacticipants":["latest must be true, or left out (at index 0)"]}
    {"pacticipants":["names shop a second time (at index 1)"]}
    {"to":["is no environment: there is none called moon"]}
    {"pacticipants":["pacticipant does not match an existing pacticipant: nobody (at index 0)"]}
    {"assume.deployed":["version 99 of stock does not exist: publish it, or assume that it is published (at index 0)"]}
    {"assume.deployed":["environment must be production, or left out: only what is there matters (at index 0)"]}
    {"assume.deployed":["replaces must be 'all' or 'none', or left out (at index 0)"]}
    {"assume.undeployed":["version is not in production (at index 0)"]}
    {"assume.undeployed":["pacticipant does not match an existing pacticipant: nobody (at index 0)"]}
    {"assume.versions":["version has published its contracts: leave it out here (at index 0)"]}
    {"assume.versions":["like finds no version of shop (at index 0)"]}
    {"assume.versions":["must have either 'like' or 'contracts' (at index 0)"]}
    {"assume.versions":["contracts.0.content must be base64 of the contract's text (at index 0)"]}
    {"assume.versions":["contracts.0.content must be a contract whose consumer.name is stock (at index 0)"]}
    {"assume.versions":["contracts has a sha, 0000000000000000000000000000000000000000, that no contract of shop and stock has (at index 0)"]}
    {"assume.results":["providerVersion is missing (at index 0)"]}
    {"assume.results":["consumerVersion has no contract with shop (at index 0)"]}
    {"assume.results":["sha is not the sha of a contract in question of shop and stock (at index 0)"]}
    {"ignore":["must have at most 500 elements"]}
    {"assume":["must name fewer versions: at most 2000 are looked up for one question"]}
    "#);
}

fn with(list: &str, element: Value) -> Value {
    let mut body = json!({"pacticipants": shop("2"), "to": "production", "assume": {}});
    body["assume"][list] = Value::Array(vec![element]);
    body
}
