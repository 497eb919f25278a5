//! What templates can say of an event, gathered when it happens: the delivery may be sent much later.

use serde_json::{Map, Value};
use sqlx::PgConnection;

use crate::edge::Error;
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::{pacticipants, versions};

/// How a result is called by the systems that show build states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Success,
    Failure,
}

impl Status {
    pub(super) fn of(success: Option<bool>) -> Self {
        match success {
            None => Self::Pending,
            Some(true) => Self::Success,
            Some(false) => Self::Failure,
        }
    }

    fn words(self) -> [(&'static str, &'static str); 4] {
        let [github, bitbucket, azure, gitlab] = match self {
            Self::Pending => ["pending", "INPROGRESS", "pending", "pending"],
            Self::Success => ["success", "SUCCESSFUL", "succeeded", "success"],
            Self::Failure => ["failure", "FAILED", "failed", "failed"],
        };
        [
            ("githubVerificationStatus", github),
            ("bitbucketVerificationStatus", bitbucket),
            ("azureDevOpsVerificationStatus", azure),
            ("gitlabVerificationStatus", gitlab),
        ]
    }
}

/// Beside the variables, which have no underscore: the whole event, for webhooks that are told so.
pub(super) const CLOUD_EVENT: &str = "cloud_event";

/// The values of a template's variables, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Context(Map<String, Value>);

impl Context {
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.into(), Value::String(value.into()));
    }

    pub(super) fn set_status(&mut self, status: Status) {
        for (name, word) in status.words() {
            self.set(name, word);
        }
    }

    /// Branch and tags of a side's version, and its labels.
    pub(super) async fn describe(
        &mut self,
        db: &mut PgConnection,
        tenant: TenantId,
        side: &str,
        pacticipant: PacticipantId,
        version: Option<VersionId>,
    ) -> Result<(), Error> {
        let ids: Vec<i64> = version.iter().map(|version| version.0).collect();
        let branches = versions::list_branches_of(db, tenant, &ids).await?;
        let tags: Vec<String> =
            versions::list_tags_of(db, tenant, &ids).await?.into_iter().map(|tag| tag.name).collect();
        let labels = pacticipants::list_labels_of(db, tenant, pacticipant).await?;
        let branch = branches.into_iter().next_back().map(|on| on.branch);
        self.set(&format!("{side}VersionBranch"), branch.unwrap_or_default());
        self.set(&format!("{side}VersionTags"), tags.join(", "));
        self.set(&format!("{side}Labels"), labels.join(", "));
        Ok(())
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// A variable's value in a stored context. A known variable that the event does not have is empty.
pub(super) fn value_of(context: &Value, name: &str) -> Option<String> {
    let known = pactolus_domain::template::VARIABLES.contains(&name);
    match context.get(name).and_then(Value::as_str) {
        Some(value) => Some(value.to_string()),
        None => known.then(String::new),
    }
}
