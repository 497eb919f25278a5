//! `pactolus clean`: removes old versions, or tells which it would remove.

use pactolus_domain::retention::Stays;
use pactolus_server::{App, CleanError, Cleaned, Clock, OfPacticipant, Settings, clean, preview_cleaning};
use serde_json::{Value, json};

use crate::database::Database;
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::retention::RetentionArguments;
use crate::settings::DatabaseArguments;

const EXAMPLE: &str = "\
Examples:
  pactolus clean --dry-run --database-url postgres://pactolus:secret@db.example.org/pactolus
  pactolus clean --clean-keep-version-selectors '[{\"main_branch\": true}, {\"max_age\": 30}]'

Versions go that no selector keeps, the oldest first. What is deployed, released and supported, the head of a branch or tag,
the latest, has the latest contract with a provider, or has the result that answers for a contract, stays anyway. It can run
beside servers; of two that clean, the second is told so.

Exit codes: 0 done, 2 wrong usage, 3 the database could not be asked, or is being cleaned.";

/// Remove versions that nothing needs any more
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// Only tell what would go, and what stays and why
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_DRY_RUN`
    #[arg(long, env = "PACTOLUS_CLEAN_DRY_RUN", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    dry_run: Option<bool>,

    #[command(flatten)]
    retention: RetentionArguments,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Cleans once.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let retention =
        arguments.retention.settings(arguments.dry_run).map_err(|error| Failure::usage(format!("{error:#}")))?;
    let dry_run = retention.dry_run;
    let not_asked = |error: anyhow::Error| Failure::new(Exit::NotAsked, "unreachable", format!("{error:#}"));
    let database = Database::open(&arguments.database).await.map_err(not_asked)?;
    let settings = Settings { retention, ..Settings::default() };
    let app = App::new(database.pool.clone(), settings, Clock::System, database.master_key.clone());
    let cleaned = if dry_run { preview_cleaning(&app).await } else { clean(&app).await };
    database.close().await.map_err(not_asked)?;
    let cleaned = cleaned.map_err(|error| {
        let kind = match error {
            CleanError::Busy => "refused",
            CleanError::Failed(_) => "unreachable",
        };
        Failure::new(Exit::NotAsked, kind, error.to_string())
    })?;
    Ok(Outcome { exit: Exit::Yes, text: text(&cleaned, dry_run), json: json(&cleaned, dry_run), id: None })
}

const WHY: &str = "nothing needs it, and no selector keeps it";

fn text(cleaned: &Cleaned, dry_run: bool) -> String {
    let (verb, mut removed) = (if dry_run { "would remove" } else { "removed" }, 0);
    let mut rows = Vec::new();
    for of in &cleaned.pacticipants {
        removed += of.removed.len();
        let versions = of.removed.iter().map(|one| {
            [of.name.clone(), one.number.clone(), one.created_at.format("%Y-%m-%d").to_string(), WHY.to_string()]
        });
        rows.extend(versions);
    }
    let mut parts = Vec::new();
    if removed > 0 {
        let head = ["PACTICIPANT", if dry_run { "WOULD GO" } else { "REMOVED" }, "CREATED", "WHY"].map(String::from);
        parts.push(table(&head, &rows));
    }
    let kept = cleaned.pacticipants.iter().flat_map(kept_rows).collect::<Vec<_>>();
    if !kept.is_empty() {
        parts.push(table(&["PACTICIPANT", "STAYS", "WHY", ""].map(String::from), &kept));
    }
    parts.push(format!("{verb} {removed} versions; {} more may go in later runs\n", cleaned.left));
    if let Some(contents) = cleaned.contents {
        parts.push(format!("removed {contents} contents that no version has\n"));
    }
    parts.join("\n")
}

fn kept_rows(of: &OfPacticipant) -> Vec<[String; 4]> {
    let row = |why: Stays, versions: usize| [of.name.clone(), versions.to_string(), why.describe(), String::new()];
    of.kept.iter().map(|kept| row(kept.why, kept.versions)).collect()
}

fn table(head: &[String; 4], rows: &[[String; 4]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().chain([head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 4]| {
        let [a, b, c, d] = row;
        let [first, second, third, _] = widths;
        format!("{a:first$}  {b:second$}  {c:third$}  {d}").trim_end().to_string() + "\n"
    };
    std::iter::once(head).chain(rows).map(line).collect()
}

fn json(cleaned: &Cleaned, dry_run: bool) -> Value {
    let pacticipants: Vec<Value> = cleaned.pacticipants.iter().map(of_pacticipant).collect();
    let removed: usize = cleaned.pacticipants.iter().map(|of| of.removed.len()).sum();
    let mut json = json!({
        "dryRun": dry_run, "removed": removed, "leftForLaterRuns": cleaned.left, "pacticipants": pacticipants,
    });
    if let Some(contents) = cleaned.contents {
        json["removedContents"] = contents.into();
    }
    json
}

fn of_pacticipant(of: &OfPacticipant) -> Value {
    let removed = of.removed.iter().map(|one| json!({"number": one.number, "createdAt": one.created_at, "why": WHY}));
    let kept = of.kept.iter().map(|kept| json!({"versions": kept.versions, "why": kept.why.describe()}));
    json!({"name": of.name, "removed": removed.collect::<Vec<_>>(), "kept": kept.collect::<Vec<_>>()})
}
