//! Rows on their way into the tables: collected as text, sent by `copy`.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::random::Random;

/// What is collected before it is sent.
const CHUNK_BYTES: usize = 1 << 20;

/// The tables that are filled, in no particular order: their foreign keys come back when all is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Pacticipant,
    Label,
    Environment,
    Version,
    Branch,
    BranchVersion,
    BranchHead,
    Tag,
    TagHead,
    ContractContent,
    Contract,
    ContractRevision,
    Integration,
    VerificationLog,
    DeployedVersion,
    ReleasedVersion,
    WebhookDelivery,
    WebhookAttempt,
    AuditEvent,
}

/// Table and columns, in the order of `Table`.
const COLUMNS: [&str; 19] = [
    "pacticipant (tenant_id, id, name, display_name, main_branch, repository_url, created_at, updated_at)",
    "label (tenant_id, pacticipant_id, name, created_at)",
    "environment (tenant_id, id, name, display_name, production, contacts, created_at, updated_at)",
    "version (tenant_id, id, pacticipant_id, number, position, build_url, created_at, updated_at)",
    "branch (tenant_id, pacticipant_id, name, created_at, updated_at)",
    "branch_version (tenant_id, pacticipant_id, branch, version_id, position, created_at)",
    "branch_head (tenant_id, pacticipant_id, branch, version_id)",
    "tag (tenant_id, pacticipant_id, version_id, name, position, created_at)",
    "tag_head (tenant_id, pacticipant_id, name, version_id, position)",
    "contract_content (tenant_id, id, consumer_id, provider_id, sha, interaction_ids, content, created_at)",
    "contract (tenant_id, consumer_version_id, provider_id, consumer_id, position, content_id, revision, created_at)",
    "contract_revision (tenant_id, consumer_version_id, provider_id, content_id, position, created_at)",
    "integration (tenant_id, consumer_id, provider_id, latest_consumer_version_id, latest_position, created_at, \
     updated_at)",
    "verification_log (tenant_id, number, content_id, provider_version_id, success, build_url, test_results, \
     verified_by, consumer_version_numbers, wip, pending, created_at)",
    "deployed_version (tenant_id, id, environment_id, pacticipant_id, version_id, application_instance, created_at, \
     updated_at, undeployed_at)",
    "released_version (tenant_id, id, environment_id, pacticipant_id, version_id, created_at, updated_at, \
     support_ended_at)",
    "webhook_delivery (tenant_id, id, event, context, consumer_id, provider_id, consumer_version_id, \
     verification_number, status, created_at, updated_at)",
    "webhook_attempt (tenant_id, delivery_id, number, success, response_status, log, created_at, duration_ms)",
    "audit_event (tenant_id, id, actor, action, subject, detail, created_at)",
];

/// One column's value.
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Time(DateTime<Utc>),
}

impl<'a> Cell<'a> {
    pub(crate) fn id(index: usize) -> Self {
        Self::Int(i64::try_from(index).unwrap_or(i64::MAX))
    }

    pub(crate) fn maybe(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::Null, Self::Time)
    }

    pub(crate) fn text_or_null(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

#[derive(Default)]
pub(crate) struct Tables {
    waiting: [String; COLUMNS.len()],
}

impl Tables {
    /// A row of the default tenant, which the first column names.
    pub(crate) fn add(&mut self, table: Table, cells: &[Cell<'_>]) {
        let text = &mut self.waiting[table as usize];
        text.push('1');
        for cell in cells {
            text.push('\t');
            // Writing into a string cannot fail.
            let _ = match cell {
                Cell::Null => text.write_str("\\N"),
                Cell::Int(number) => write!(text, "{number}"),
                Cell::Bool(value) => text.write_str(if *value { "t" } else { "f" }),
                Cell::Text(value) => write_escaped(text, value),
                Cell::Time(time) => write!(text, "{}", time.format("%Y-%m-%d %H:%M:%S%.6f+00")),
            };
        }
        text.push('\n');
    }

    /// Sends what has become long enough.
    pub(crate) async fn send_full(&mut self, db: &mut PgConnection) -> sqlx::Result<()> {
        self.send_longer_than(db, CHUNK_BYTES).await
    }

    /// Sends all that is left.
    pub(crate) async fn send_rest(&mut self, db: &mut PgConnection) -> sqlx::Result<()> {
        self.send_longer_than(db, 0).await
    }

    async fn send_longer_than(&mut self, db: &mut PgConnection, bytes: usize) -> sqlx::Result<()> {
        for (columns, text) in COLUMNS.iter().zip(&mut self.waiting) {
            if text.len() > bytes {
                let mut copy = db.copy_in_raw(&format!("copy {columns} from stdin")).await?;
                copy.send(text.as_bytes()).await?;
                copy.finish().await?;
                text.clear();
            }
        }
        Ok(())
    }
}

fn write_escaped(text: &mut String, value: &str) -> std::fmt::Result {
    for character in value.chars() {
        match character {
            '\\' => text.write_str("\\\\")?,
            '\t' => text.write_str("\\t")?,
            '\n' => text.write_str("\\n")?,
            '\r' => text.write_str("\\r")?,
            other => text.write_char(other)?,
        }
    }
    Ok(())
}

/// An id as the server makes them: sorted by time.
pub(crate) fn uuid(at: DateTime<Utc>, random: &mut Random) -> String {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.bits().to_be_bytes());
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string()
}
