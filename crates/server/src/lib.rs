//! The registry of Pactolus: HTTP, Postgres and jobs, sliced by the concepts of contract testing.
//!
//! A slice is a folder named by the field's word: `api.rs` speaks HTTP, `store.rs` speaks SQL, a verb per large
//! operation. `edge` is what all HTTP has in common, `app` what all handlers share.

mod app;
mod audit;
mod auth;
mod badges;
mod comparisons;
mod contracts;
mod dashboard;
mod deployments;
mod edge;
mod environments;
mod events;
mod evidence;
mod health;
mod home;
mod ids;
mod index;
mod integrations;
mod jobs;
mod kept;
mod matrix;
mod metrics;
mod outgoing;
mod pacticipants;
mod provider_contracts;
mod removal;
mod retention;
mod routes;
mod schema;
mod search;
mod secrets;
mod serving;
mod settings;
mod tenants;
mod ui;
mod usage;
mod verdicts;
mod verification_requests;
mod verifications;
mod versions;
mod webhooks;

pub use app::{App, Clock};
pub use auth::{Access, Role};
pub use jobs::{Worker, run_due_jobs};
pub use outgoing::{BadCertificates, Certificates};
pub use retention::{CleanError, Cleaned, Kept, OfPacticipant, Removed, clean, preview_cleaning};
pub use routes::{health_router, router};
pub use secrets::{KeyError, MasterKey};
pub use serving::serve;
pub use settings::{RetentionSettings, Settings, VerificationSettings, WebhookSettings};
pub use tenants::{PrepareError, RotateError, Rotated, prepare, rotate_encryption_key};

/// The migrations, embedded in the program.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
