//! What it costs to judge anew what an older release has judged, when that is all there is.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::asking::Asking;

/// All is by an older judgement; of some the outcome stays, the others wait to be accepted. Some are by settings that nobody has.
const OLDER: &str = "
    update comparison
    set engine = 0,
        outcome = case when id % 2 = 0 then 'incompatible' else outcome end;
    insert into comparison (tenant_id, contract_content_id, provider_content_id, configuration, engine, in_force,
                            consumer_id, provider_id, outcome, errors, warnings, infos, findings, created_at)
    select tenant_id, contract_content_id, provider_content_id, 'former', 0, true, consumer_id, provider_id, outcome, errors,
           warnings, infos, findings, created_at
    from comparison
    where id % 10 = 0;
    vacuum analyze comparison";

/// Once, when nothing else is asked any more.
pub(crate) async fn seed(url: &str) {
    let mut db = PgConnection::connect(url).await.expect("the database lets us in");
    for statement in OLDER.split(';') {
        sqlx::query(statement).execute(&mut db).await.expect("the table takes it");
    }
}

/// Looked at, or removed, with one statement: each is found by a few keys.
const MOST_PAIRS: u64 = 1_000;
const BUFFERS_PER_PAIR: u64 = 25;

pub(crate) async fn judging_anew(asking: &Asking) {
    let cost = asking.work_for(Duration::from_secs(8)).await.about("engine < $2");

    assert!(cost.statements() > 3, "it is judged anew: {} statements", cost.statements());
    cost.each_reads_at_most(MOST_PAIRS * BUFFERS_PER_PAIR, "judging anew");
}
