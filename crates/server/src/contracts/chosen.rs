//! A contract that an address names by its version, or as the latest one.

use pactolus_domain::names::{PacticipantName, TagName, VersionNumber};
use sqlx::PgConnection;

use super::store::lists::{self, Which};
use super::store::served::{self, Found, Pair, Wanted};
use crate::edge::{Error, FromPath, PathNames};
use crate::ids::{PacticipantId, TenantId};

/// The contract between two that an address means.
pub(crate) struct ChosenContract {
    pub(crate) consumer: PacticipantName,
    pub(crate) provider: PacticipantName,
    choice: Choice,
}

enum Choice {
    Version(VersionNumber),
    Latest,
    LatestTagged(TagName),
}

/// By the parameters that there are.
impl FromPath for ChosenContract {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let choice = match (names.text("version"), names.text("tag")) {
            ("", "") => Choice::Latest,
            ("", _) => Choice::LatestTagged(names.tag("tag")?),
            _ => Choice::Version(names.version("version")?),
        };
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")?, choice })
    }
}

impl ChosenContract {
    /// `None` if there is no such contract.
    pub(crate) async fn find(&self, db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Found>> {
        let wanted = match &self.choice {
            Choice::Version(number) => Wanted::Version(number.as_str()),
            Choice::Latest => Wanted::Latest,
            Choice::LatestTagged(tag) => Wanted::LatestTagged(tag.as_str()),
        };
        let pair = Pair { consumer: self.consumer.as_str(), provider: self.provider.as_str() };
        served::find(db, tenant, pair, &wanted).await
    }
}

/// The version at the head of the branch, if it has a contract with the provider; without its name, of the consumer's main
/// branch.
pub(crate) async fn find_branch_head(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    provider: PacticipantId,
    branch: Option<&str>,
) -> sqlx::Result<Option<String>> {
    let heads = lists::list_of_provider(db, tenant, provider, Some(consumer), &Which::BranchHead(branch)).await?;
    Ok(heads.into_iter().next().map(|head| head.version))
}
