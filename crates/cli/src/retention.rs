//! What is cleaned away, as `serve` and `clean` take it.

use anyhow::Context;
use pactolus_domain::retention::KeepSelectors;
use pactolus_domain::schedule::Schedule;
use pactolus_server::RetentionSettings;

use crate::aliases::{parsed, text};

/// When two in the morning has passed, as with the Pact Broker's container.
const EVERY_NIGHT: &str = "15 2 * * *";

/// What goes in a run.
#[derive(Debug, clap::Args)]
pub(crate) struct RetentionArguments {
    /// Versions to keep, as a JSON array of selectors; what runs, heads, and what answers for a contract stay anyway
    /// [default: the latest of each branch and tag, and those of the last 90 days]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_KEEP_VERSION_SELECTORS`
    #[arg(long, env = "PACTOLUS_CLEAN_KEEP_VERSION_SELECTORS", value_name = "JSON")]
    clean_keep_version_selectors: Option<String>,

    /// Versions that go in one run at most, the oldest first [default: 500]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_DELETION_LIMIT`
    #[arg(long, env = "PACTOLUS_CLEAN_DELETION_LIMIT", value_name = "N")]
    clean_deletion_limit: Option<usize>,
}

/// When a worker cleans.
#[derive(Debug, clap::Args)]
pub(crate) struct ScheduleArguments {
    #[command(flatten)]
    retention: RetentionArguments,

    /// Clean old versions away on a schedule [default: false]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_ENABLED`
    #[arg(long, env = "PACTOLUS_CLEAN_ENABLED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    clean_enabled: Option<bool>,

    /// When to clean: minute, hour, day, month and day of the week, in UTC [default: 15 2 * * *]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_CRON_SCHEDULE`
    #[arg(long, env = "PACTOLUS_CLEAN_SCHEDULE", value_name = "SCHEDULE")]
    clean_schedule: Option<Schedule>,

    /// Only log what cleaning would do [default: false]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CLEAN_DRY_RUN`
    #[arg(long, env = "PACTOLUS_CLEAN_DRY_RUN", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    clean_dry_run: Option<bool>,
}

impl RetentionArguments {
    /// Of a run that is asked for.
    pub(crate) fn settings(&self, dry_run: Option<bool>) -> anyhow::Result<RetentionSettings> {
        let default = RetentionSettings::default();
        let aliases = ["PACT_BROKER_DATABASE_CLEAN_KEEP_VERSION_SELECTORS"];
        let keep = match text(self.clean_keep_version_selectors.as_ref(), &aliases) {
            Some(json) => KeepSelectors::parse(&json).context("in what cleaning keeps")?,
            None => default.keep,
        };
        let limit = parsed(self.clean_deletion_limit.as_ref(), &["PACT_BROKER_DATABASE_CLEAN_DELETION_LIMIT"])?;
        let dry_run = parsed(dry_run.as_ref(), &["PACT_BROKER_DATABASE_CLEAN_DRY_RUN"])?;
        Ok(RetentionSettings {
            schedule: None,
            keep,
            limit: limit.unwrap_or(default.limit),
            dry_run: dry_run.unwrap_or(default.dry_run),
        })
    }
}

impl ScheduleArguments {
    /// What a worker does.
    pub(crate) fn settings(&self) -> anyhow::Result<RetentionSettings> {
        let enabled = parsed(self.clean_enabled.as_ref(), &["PACT_BROKER_DATABASE_CLEAN_ENABLED"])?.unwrap_or(false);
        let schedule = parsed(self.clean_schedule.as_ref(), &["PACT_BROKER_DATABASE_CLEAN_CRON_SCHEDULE"])?;
        let every_night = || EVERY_NIGHT.parse().context("the default schedule");
        let schedule = if enabled { Some(schedule.map_or_else(every_night, Ok)?) } else { None };
        Ok(RetentionSettings { schedule, ..self.retention.settings(self.clean_dry_run)? })
    }
}
