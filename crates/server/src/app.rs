//! What every handler and job shares: the pool, the settings, the clock, randomness, secrets, the way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use rand::Rng;
use sqlx::{PgPool, PgTransaction};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::comparisons::Room;
use crate::matrix::{self, Told};
use crate::metrics::LastCounted;
use crate::outgoing::Outgoing;
use crate::secrets::MasterKey;
use crate::settings::Settings;
use crate::{deployments, home, integrations, pacticipants};

/// Plans are made once for each connection and kept: making one anew for each execution would cost several times the
/// look-ups. Statements that run so must be good whatever their parameters. None of them runs long enough for compiling
/// it to pay, however many rows the planner fears.
const CHANGE: &str = "\
    begin; \
    set local plan_cache_mode = force_generic_plan; \
    set local jit = off";

/// All statements see the same state.
const READ_ONE_MOMENT: &str = "\
    begin isolation level repeatable read, read only; \
    set local plan_cache_mode = force_generic_plan; \
    set local jit = off";

/// The server's state; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) db: PgPool,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) master_key: Arc<MasterKey>,
    pub(crate) outgoing: Outgoing,
    /// Where contracts are compared with documents.
    pub(crate) comparing: Room,
    /// Wakes the worker of this process early, and who waits for events. Polling is the truth: another process may have
    /// written the job.
    pub(crate) jobs_written: Arc<Notify>,
    pub(crate) last_counted: LastCounted,
    pub(crate) overviews: home::Overviews,
    pub(crate) promises: integrations::Promises,
    pub(crate) pairs: matrix::Pairs,
    pub(crate) board_rows: deployments::BoardRows,
    pub(crate) standings: pacticipants::Standings,
    pub(crate) told_refusals: Arc<Told>,
}

impl App {
    /// A server over a database that `prepare` has been run on.
    #[must_use]
    pub fn new(db: PgPool, settings: Settings, clock: Clock, master_key: MasterKey) -> Self {
        let outgoing = Outgoing::new(&settings.webhooks);
        Self {
            db,
            settings: Arc::new(settings),
            clock,
            master_key: Arc::new(master_key),
            outgoing,
            comparing: Room::default(),
            jobs_written: Arc::new(Notify::new()),
            last_counted: LastCounted::default(),
            overviews: home::Overviews::default(),
            promises: integrations::Promises::default(),
            pairs: matrix::Pairs::default(),
            board_rows: deployments::BoardRows::default(),
            standings: pacticipants::Standings::default(),
            told_refusals: Arc::default(),
        }
    }

    /// Now, to the microsecond that Postgres keeps.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A transaction to look things up in, all as they are at one moment. It has nothing to commit: dropped, it ends while
    /// the answer is on its way.
    pub(crate) async fn read(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.db.begin_with(READ_ONE_MOMENT).await
    }

    /// A transaction for what builds change all the time.
    pub(crate) async fn change(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.db.begin_with(CHANGE).await
    }

    /// A new id that sorts by time.
    pub(crate) fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes()).into_uuid()
    }
}

/// Random bytes from the operating system's generator.
#[expect(clippy::disallowed_methods, reason = "the one place where randomness enters")]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// Where time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// A clock that only moves when told to: microseconds since the epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at`.
    #[must_use]
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Moves a manual clock forward; does nothing to the wall clock.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or(DateTime::UNIX_EPOCH)
            }
        }
    }
}
