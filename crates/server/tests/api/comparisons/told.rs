//! What is told of comparisons.

use super::*;

async fn events(app: &TestApp) -> Vec<Value> {
    let told = app.get("/events?name=comparison_changed").await.is(200);
    let events = told.at("/_embedded/events").as_array().expect("a list").clone();
    events.into_iter().map(|event| event["data"].clone()).collect()
}

#[tokio::test]
async fn an_outcome_is_told_when_it_is_another_than_before() {
    let app = TestApp::start().await;
    publish_contract(&app, "1").await;

    publish_document(&app, "40", &openapi("integer"), Some(true)).await;
    publish_document(&app, "41", &openapi("number"), Some(true)).await;
    publish_document(&app, "42", &openapi("string"), Some(true)).await;
    publish_document(&app, "42", &openapi("string"), Some(true)).await;

    let outcomes: Vec<(Value, Value)> = events(&app)
        .await
        .into_iter()
        .map(|data| (data["comparison"]["before"].clone(), data["comparison"]["outcome"].clone()))
        .collect();
    assert_eq!(outcomes, [(Value::Null, "compatible".into()), ("compatible".into(), "incompatible".into())]);
    assert_snapshot!(events(&app).await[1], @r#"{"consumer":{"name":"shop","version":"1"},"provider":{"name":"stock","version":"42"},"contract":{"sha":"d5023686a53d57c01ce3b205d66eda131f7ff9c6","url":"http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/d5023686a53d57c01ce3b205d66eda131f7ff9c6"},"providerContract":{"sha":"022d1e33d4b3fa93576040a46f54dc5dbab7f55b2dbbd0168235ce6a2820c132"},"comparison":{"outcome":"incompatible","before":"compatible","errors":1,"warnings":0,"url":"http://pactolus.test/contracts/provider/stock/version/42/consumer/shop/pact-version/d5023686a53d57c01ce3b205d66eda131f7ff9c6/verification-results"}}"#);
}

#[tokio::test]
async fn the_addresses_of_the_commercial_service_have_what_came_of_it() {
    let app = TestApp::start().await;
    publish_contract(&app, "1").await;
    publish_document(&app, "40", &openapi("string"), Some(true)).await;
    let of_provider = "/contracts/bi-directional/provider/stock/version/40";
    let of_pair = format!("{of_provider}/consumer/shop/version/1");

    let compared = app.get(&format!("{of_pair}/cross-contract-verification-results")).await.is(200);
    assert_eq!(compared.at("/verificationStatus"), "failure");
    assert_snapshot!(compared.at("/crossContractVerificationResults/results/errors/0"), @r#"{"code":"response.body.incompatible","message":"1 is not of type \"string\"","type":"error","source":"spec-mock-validation","mockDetails":{"interactionDescription":"a thing","interactionState":"[none]","location":"[root].interactions[0].response.body.id","mockFile":"pact","value":1},"specDetails":{"location":"[root].paths./things.get.responses.200.content.application/json.schema.properties.id.type","pathName":"/things","pathMethod":"get","specFile":"oas","value":"string"},"contract":{"pointer":"/interactions/0/response/body/id","line":1,"column":221},"document":{"pointer":"/paths/~1things/get/responses/200/content/application~1json/schema/properties/id/type","line":1,"column":219},"fixBy":"either","edit":"expect what the schema allows, or widen the schema"}"#);

    let of_all = app.get(&format!("{of_provider}/cross-contract-verification-results")).await.is(200);
    assert_eq!(of_all.at("/verificationStatus"), "failure");
    assert_eq!(of_all.at("/consumers/0/consumerName"), "shop");

    let consumer = app.get(&format!("{of_pair}/consumer-contract")).await.is(200);
    assert_eq!(consumer.at("/verificationStatus"), "unknown");
    assert_eq!(consumer.at("/consumerContract/content"), base64(&contract("shop", &json!({}))));
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    let verified = app.get(&format!("{of_pair}/consumer-contract-verification-results")).await.is(200);
    assert_eq!(verified.at("/verificationStatus"), "success");
    app.get(&verified.text_at("/consumerContractVerificationResults/_links/self/href")).await.is(200);
}
