//! What can be configured. The command line reads flags and environment variables into this.

use std::time::Duration;

use pactolus_domain::retention::KeepSelectors;
use pactolus_domain::schedule::Schedule;
use pactolus_domain::webhook::{AllowedTargets, Retries};

use crate::auth::Access;
use crate::outgoing::Certificates;

/// Settings of a running server. `Default` is what a newcomer gets.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that users know by name")]
pub struct Settings {
    /// Who may ask.
    pub access: Access,
    /// Addresses that links are built with, when the one that a request came by is not right. Empty: the request's.
    pub base_urls: Vec<String>,
    /// Largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// How long a client may say nothing while it sends a request; a whole body may take ten times as long.
    pub patience: Duration,
    /// Whether a version may be published again with another contract or provider contract.
    pub allow_contract_modification: bool,
    /// Whether the first contract of a new name is refused when the name is very similar to an existing one.
    pub check_similar_names: bool,
    /// Whether the first tag of a version without a branch, put soon after its creation, names its branch.
    pub use_first_tag_as_branch: bool,
    /// How long after the creation of a version its first tag may name the branch.
    pub first_tag_as_branch_within: Duration,
    /// Names that become the main branch of an application that has none.
    pub main_branch_candidates: Vec<String>,
    /// Whether a tag named like an environment records a deployment there.
    pub deployments_from_tags: bool,
    /// Whether questions are recorded with their answers.
    pub record_verdicts: bool,
    /// How long these are kept, in days.
    pub verdict_retention_days: u32,
    /// How long events stay in the feed, in days.
    pub event_retention_days: u32,
    /// How long deliveries that are done can be looked at and made again, in days.
    pub delivery_retention_days: u32,
    /// How long a request may compare contracts with provider contracts; what is not done by then becomes a job.
    pub comparison_budget: Duration,
    /// Whether outcomes that a newer release judges otherwise count at once, without being accepted.
    pub accept_comparison_changes: bool,
    /// How long evidence is kept, in days; 0 keeps it for ever.
    pub evidence_days: u32,
    /// Largest run that is taken as evidence, in bytes before it is compressed.
    pub evidence_limit_bytes: usize,
    /// What webhooks may do.
    pub webhooks: WebhookSettings,
    /// What becomes of requested verifications.
    pub verifications: VerificationSettings,
    /// What is cleaned away, and when.
    pub retention: RetentionSettings,
}

/// What is cleaned away, and when.
#[derive(Clone, Debug)]
pub struct RetentionSettings {
    /// When a worker cleans; never when `None`.
    pub schedule: Option<Schedule>,
    /// What stays besides what is needed.
    pub keep: KeepSelectors,
    /// Versions that go in one run at most, the oldest first.
    pub limit: usize,
    /// Whether the worker only logs what it would do.
    pub dry_run: bool,
}

/// What webhooks may call, and how often they try.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Schemes, methods and hosts. Without hosts every public one is allowed; once it names some, no other is. Exact
    /// names, addresses and networks may be private; wildcards and patterns stay public.
    pub targets: AllowedTargets,
    /// When a delivery that failed is tried again.
    pub retries: Retries,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Whom to trust beside the machine's authorities.
    pub certificates: Certificates,
}

/// What becomes of requested verifications to which there is no result.
#[derive(Clone, Debug)]
pub struct VerificationSettings {
    /// How long a result may take until it is asked for again; 30 days at most.
    pub deadline: Duration,
    /// How often it is asked for again before the request is lost.
    pub retries: u32,
}

impl Default for VerificationSettings {
    fn default() -> Self {
        Self { deadline: Duration::from_hours(1), retries: 2 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access: Access::default(),
            base_urls: Vec::new(),
            body_limit_bytes: 20 * 1024 * 1024,
            patience: Duration::from_mins(1),
            allow_contract_modification: false,
            check_similar_names: true,
            use_first_tag_as_branch: true,
            first_tag_as_branch_within: Duration::from_secs(10),
            main_branch_candidates: ["develop", "main", "master"].map(String::from).to_vec(),
            deployments_from_tags: true,
            record_verdicts: false,
            verdict_retention_days: 90,
            event_retention_days: 30,
            delivery_retention_days: 90,
            comparison_budget: Duration::from_secs(5),
            accept_comparison_changes: false,
            evidence_days: 90,
            evidence_limit_bytes: 50 * 1024 * 1024,
            webhooks: WebhookSettings::default(),
            verifications: VerificationSettings::default(),
            retention: RetentionSettings::default(),
        }
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { schedule: None, keep: KeepSelectors::default(), limit: 500, dry_run: false }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            targets: AllowedTargets::default(),
            retries: Retries::For(Duration::from_hours(3 * 24)),
            timeout: Duration::from_secs(15),
            certificates: Certificates::default(),
        }
    }
}
