//! Who uses what, and previews.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::asking::{Asking, provider_contract};

/// As publishing would have kept it for each content: the seeder's contracts all use these.
const USES: &str = "
    insert into usage_element (tenant_id, provider_id, method, path, status, part, name)
    select provider.tenant_id, provider.provider_id, 'GET', '/items/{}/' || place, used.status, used.part, used.name
    from (select distinct tenant_id, provider_id from integration) as provider
    cross join generate_series(0, 1) as place
    cross join (values (0, 'operation', ''), (0, 'request-header', 'accept'), (200, 'status', ''),
                       (200, 'response-header', 'content-type'), (200, 'response-body', ''), (200, 'response-body', '/id'),
                       (200, 'response-body', '/name'), (200, 'response-body', '/parts'),
                       (200, 'response-body', '/parts/*/sku'), (200, 'response-body', '/parts/*/count'))
        as used (status, part, name)
    on conflict do nothing;
    insert into contract_usage (tenant_id, content_id, element_id)
    select contract_content.tenant_id, contract_content.id, usage_element.id
    from contract_content
    join usage_element on usage_element.tenant_id = contract_content.tenant_id
                      and usage_element.provider_id = contract_content.provider_id
    on conflict do nothing;
    update contract_content set usage_rules = 1;
    analyze usage_element;
    analyze contract_usage;
    vacuum analyze contract_content";

pub(crate) async fn seed(url: &str) {
    let mut db = PgConnection::connect(url).await.expect("the database lets us in");
    for statement in USES.split(';') {
        sqlx::raw_sql(statement).execute(&mut db).await.expect("contents use something");
    }
}

pub(crate) async fn who_uses_what(asking: &Asking) {
    let (hub, _) = asking.hub_head().await;
    let contracts = asking.contracts_that_matter_to(&hub).await;
    let asked = [
        (format!("/usage/provider/{hub}?field=name&size=1000"), true),
        (format!("/usage/provider/{hub}?field=/parts/*/sku&environment=production"), true),
        (format!("/usage/provider/{hub}?field=nothing"), false),
        (format!("/usage/provider/{hub}/unused?environment=production"), false),
    ];
    for (question, is_used) in asked {
        let (answer, cost) = asking.get(&question).await;

        // Each version that counts is looked up once for each reason why it does, and once what its contract uses.
        cost.has_at_most(8, 300 + 30 * contracts, &question);
        let consumers = answer["_embedded"]["consumers"].as_array().map_or(0, Vec::len);
        assert_eq!(consumers > 0, is_used, "{question}: {consumers} consumers");
    }
}

pub(crate) async fn what_would_be(asking: &Asking) {
    let (hub, _) = asking.hub_head().await;
    let (consumer, ..) = asking.busiest_consumer(&hub).await;
    let contracts = asking.contracts_that_matter_to(&hub).await;
    let of_document = format!("/provider-contracts/provider/{hub}/preview");
    let document = provider_contract("1", "{openapi: 3.0.3, info: {title: stock, version: '1'}, paths: {}}");
    for environment in [json!("production"), Value::Null] {
        let asked = json!({"environment": environment, "contract": document["contract"]});

        let (answer, cost) = asking.post(&of_document, &asked).await;

        // The contracts themselves are read.
        cost.has_at_most(8, 300 + 40 * contracts, &of_document);
        assert!(answer["consumerCount"].as_u64().is_some_and(|count| count > 20), "{answer}");
    }

    let of_contract = format!("/contracts/provider/{hub}/consumer/{consumer}/preview");
    for new_content in [false, true] {
        let contract = asking.contract(&consumer, &hub, new_content).await;
        for environment in [json!("production"), Value::Null] {
            let content = contract["contracts"][0]["content"].clone();
            let asked = json!({"environment": environment, "contract": {"content": content}});
            let versions = asking.documents_that_matter_to(&hub).await;

            let (answer, cost) = asking.post(&of_contract, &asked).await;

            // Of each provider version the document is looked up, and read unless it was read lately.
            let listed = answer["providerVersions"].as_array().map_or(0, Vec::len);
            assert!(listed > 0, "{answer}");
            cost.has_at_most(6 + 2 * listed, 300 + 40 * versions, &of_contract);
        }
    }
    let text = STANDARD.encode("{\"interactions\": []}");
    let of_newcomer = format!("/contracts/provider/{hub}/consumer/nobody-yet/preview");
    let (_, cost) = asking.post(&of_newcomer, &json!({"contract": {"content": text}})).await;
    cost.reads_at_most(100, 300 + 40 * asking.documents_that_matter_to(&hub).await, &of_newcomer);
}
