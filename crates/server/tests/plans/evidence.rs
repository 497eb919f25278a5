//! What evidence costs beside a lot of other evidence.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::asking::Asking;

/// Runs of other versions, with exchanges that share bodies. Nobody reads them, so what is packed is anything.
const OTHERS: &str = "
    insert into evidence_run (tenant_id, id, provider_version_id, digest, tool, engine, redaction, exchange_count, passed,
                              failed, not_judged, not_asked, conflicts, uploaded_by, started_at, created_at)
    select 1, md5(version.id || '-' || run)::uuid, version.id, '', '', '', '{}', 8, 8, 0, 0, 0, 0, '', version.created_at,
           version.created_at
    from (select id, created_at from version where tenant_id = 1 order by id limit 400) as version
    cross join generate_series(1, 4) as run;

    insert into evidence_body (tenant_id, sha256, packed)
    select 1, sha256(body::text::bytea), convert_to(repeat('a', 1500), 'utf8')
    from generate_series(1, 3000) as body;

    insert into evidence_exchange (tenant_id, run_id, sequence, provider_version_id, run_number, fingerprint, kind, outcome,
                                   answer, response_body, packed)
    select 1, evidence_run.id, sequence, provider_version_id, number, sha256(sequence::text::bytea), 'http', 'answered',
           sha256((sequence * number)::text::bytea), sha256((1 + (sequence * number) % 3000)::text::bytea),
           convert_to(repeat('a', 500), 'utf8')
    from evidence_run
    cross join generate_series(1, 8) as sequence;

    insert into evidence_interaction (tenant_id, run_id, sequence, place, provider_version_id, run_number, consumer,
                                      contract_sha, result)
    select 1, run_id, sequence, 0, provider_version_id, run_number, 'consumer', md5(sequence::text), 'passed'
    from evidence_exchange;

    analyze evidence_run, evidence_body, evidence_exchange, evidence_interaction;
";

const EXCHANGES: u64 = 50;

/// Once, before anybody asks.
pub(crate) async fn seed(url: &str) {
    let mut db = PgConnection::connect(url).await.expect("the database lets us in");
    sqlx::raw_sql(OTHERS).execute(&mut db).await.expect("the tables take it");
}

pub(crate) async fn what_was_answered(asking: &Asking) {
    let (hub, version) = asking.hub_head().await;
    let (consumer, ..) = asking.busiest_consumer(&hub).await;
    let sha = asking.latest_sha(&consumer, &hub).await;
    let runs = format!("/pacticipants/{hub}/versions/{version}/evidence");
    let mut uploaded = Vec::new();
    for _ in 0..3 {
        let lines = run(&hub, &version, (&consumer, &sha));

        let (answer, cost) = asking.post_lines(&runs, &lines).await;

        uploaded.push(answer["_links"]["self"]["href"].as_str().expect("a link").replace("http://pactolus.test", ""));
        // Rows and their keys are written, and each answer is compared with those before.
        cost.has_at_most(12, 300 + 60 * EXCHANGES, &runs);
    }

    for (question, statements, buffers) in [
        (runs.clone(), 2, 200),
        (format!("{runs}?consumer={consumer}&contract={sha}"), 2, 300),
        (format!("{}?size=10", uploaded[0]), 2, 600),
        (format!("{}?result=passed&consumer={consumer}", uploaded[0]), 2, 300 + 40 * EXCHANGES),
        (format!("{}/exchanges/7", uploaded[0]), 4, 300),
    ] {
        let (_, cost) = asking.get(&question).await;

        cost.has_at_most(statements, buffers, &question);
    }

    for run in &uploaded {
        let (_, cost) = asking.delete(run).await;

        cost.has_at_most(9, 300 + 60 * EXCHANGES, run);
    }
}

/// Lines of a run with an id of its own. Every second body is that of each run.
fn run(provider: &str, version: &str, (consumer, sha): (&str, &str)) -> String {
    static GIVEN: AtomicU32 = AtomicU32::new(1);
    let mut lines = vec![json!({"run": {
        "id": uuid::Uuid::from_u128(GIVEN.fetch_add(1, Ordering::Relaxed).into()),
        "provider": provider,
        "providerVersion": version,
        "tool": "pactolus",
        "engine": "pact_matching",
        "startedAt": "2026-11-22T06:48:46Z",
    }})];
    lines.extend((1..=EXCHANGES).map(|sequence| exchange(sequence, consumer, sha)));
    lines.iter().fold(String::new(), |text, line| text + &format!("{line}\n"))
}

fn exchange(sequence: u64, consumer: &str, sha: &str) -> Value {
    let text = if sequence.is_multiple_of(2) { sequence.to_string() } else { crate::asking::new_number() };
    json!({
        "sequence": sequence,
        "fingerprint": format!("{sequence:064}"),
        "kind": "http",
        "startedAt": "2026-11-22T06:48:46Z",
        "request": {"method": "GET", "path": "/"},
        "outcome": "answered",
        "response": {
            "status": 200,
            "body": {"sha256": "0".repeat(64), "sizeBytes": text.len(), "truncated": true, "text": text},
        },
        "interactions": [{"consumer": consumer, "contract": sha, "description": "a", "result": "passed"}],
    })
}
