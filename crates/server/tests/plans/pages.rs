//! What pages cost: as many statements however much they show.

use crate::asking::Asking;

/// Much that pages list beside what is seeded: webhooks with deliveries, some of them given up, requests without an answer,
/// and deployments with verdicts.
const LISTED: &str = "
    insert into webhook (tenant_id, id, description, enabled, events, host, sealed_request, created_at, updated_at)
    select 1, 'webhook-of-a-plan-' || number, 'Webhook ' || number, false, '{deployment_ended}', 'ci.example.org', '', created_at,
           created_at
    from generate_series(1, 40) as number
    cross join (select created_at from version where tenant_id = 1 order by id limit 1) as first;

    update webhook_delivery
    set webhook_id = 'webhook-of-a-plan-' || (1 + abs(hashtext(id::text)) % 40)
    where tenant_id = 1;

    insert into verdict (tenant_id, id, actor, question, environment, deployable, answer, created_at)
    select tenant_id, id, 'a build', '/can-i-deploy', 'production', abs(hashtext(id::text)) % 10 > 0, '{}', created_at
    from deployed_version
    where tenant_id = 1;
    update deployed_version set verdict_id = id where tenant_id = 1;

    analyze webhook, webhook_delivery, verdict, deployed_version;
";

/// Once, before anybody asks.
pub(crate) async fn seed(asking_url: &str) {
    use sqlx::{Connection, PgConnection};
    let mut db = PgConnection::connect(asking_url).await.expect("the database lets us in");
    sqlx::raw_sql(LISTED).execute(&mut db).await.expect("the tables take it");
}

pub(crate) async fn what_is_looked_at(asking: &Asking) {
    let (hub, _) = asking.hub_head().await;
    // Pages of fifty, found by index.
    for (address, statements) in [
        ("/deployments".to_owned(), 5),
        (format!("/deployments?pacticipant={hub}"), 6),
        ("/webhook-deliveries".to_owned(), 3),
        ("/webhook-deliveries?webhook=webhook-of-a-plan-7".to_owned(), 3),
        ("/webhook-deliveries?status=failure".to_owned(), 3),
        ("/verification-requests".to_owned(), 1),
    ] {
        let cost = asking.look(&address).await;
        cost.has_at_most(statements, 2_500, &address);
    }
    // What narrows a few out of many reads on until there are enough.
    let refused = "/deployments?verdict=no";
    asking.look(refused).await.reads_at_most(5, 20_000, refused);

    // All that runs, and all applications, stand on one page each: their number may cost, not the statements.
    let applications = asking.heads_of_all().await;
    for (address, statements) in [("/environments", 8), ("/", 12), ("/map", 6), ("/map?environment=production", 6)] {
        asking.look(address).await.reads_at_most(statements, 5_000 + 120 * applications, address);
    }
    let application = format!("/pacticipants/{hub}");
    asking.look(&application).await.reads_at_most(14, 110_000, &application);
    asking.look("/search?q=service").await.reads_at_most(6, 5_000, "/search?q=service");
}
