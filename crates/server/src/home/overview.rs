//! How each application stands: read from the database, kept for a moment where reading took long.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Application, Edge};
use crate::app::App;
use crate::edge::Error;
use crate::environments::{self, Environment};
use crate::ids::TenantId;
use crate::kept::Kept;
use crate::ui::parts::Verdict;

/// A label that begins so says whose application it is.
const TEAM: &str = "team:";

/// Whose an application is.
pub(crate) type Team = Option<String>;

/// Whether a label is there to say whose an application is.
pub(crate) fn names_team(label: &str) -> bool {
    label.starts_with(TEAM)
}

/// The team that one of the labels names.
pub(crate) fn team_of(labels: &[String]) -> Team {
    let named = labels.iter().find_map(|label| label.strip_prefix(TEAM));
    named.map(str::trim).filter(|name| !name.is_empty()).map(String::from)
}

/// All applications, and whether their heads can go to an environment.
#[derive(Debug)]
pub(super) struct Overview {
    /// In the order in which versions go through them.
    pub(super) environments: Vec<Environment>,
    /// The one that is asked about, among `environments`; `None` where there is none.
    pub(super) gate: Option<Environment>,
    /// By name.
    pub(super) standings: Vec<Standing>,
    /// What failed or is missing, the newest first.
    pub(super) edges: Vec<Edge>,
    pub(super) read_at: DateTime<Utc>,
    /// Places in `standings`.
    by_id: HashMap<i64, usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) application: Application,
    pub(super) team: Team,
    /// Whether its head can go; not applicable where there is no head, or nowhere to go.
    pub(super) verdict: Verdict,
    pub(super) failed: i64,
    pub(super) missing: i64,
}

/// By tenant and environment.
#[derive(Clone, Default)]
pub(crate) struct Overviews(Kept<Key, Overview>);

/// The environment that is asked about, if there is one.
type Key = (TenantId, Option<Uuid>);

impl Overview {
    /// How everything stands on the way to the environment of this name; without a name, to the first for production.
    ///
    /// # Errors
    /// When there is no such environment.
    pub(super) async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        gate: Option<&str>,
    ) -> Result<Arc<Self>, Error> {
        let environments = environments::in_order(db, tenant).await?;
        let gate = match gate {
            Some(name) => Some(
                environments
                    .iter()
                    .find(|one| one.name == name)
                    .ok_or_else(|| environments::no_such(name, &environments))?,
            ),
            None => environments::usual(&environments),
        };
        let gate = gate.cloned();
        let key = (tenant, gate.as_ref().map(|one| one.id));
        if let Some(kept) = app.overviews.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let applications = store::list_applications(db, tenant).await?;
        let heads: Vec<(i64, i64)> = applications.iter().filter_map(|one| Some((one.id, one.version_id?))).collect();
        let edges = match &gate {
            Some(gate) => store::list_edges(db, tenant, gate.id, &heads).await?,
            None => Vec::new(),
        };
        let overview = Self::of(environments, gate, applications, edges, started);
        Ok(app.overviews.0.put(key, overview, started, app.now()))
    }

    fn of(
        environments: Vec<Environment>,
        gate: Option<Environment>,
        applications: Vec<Application>,
        edges: Vec<Edge>,
        read_at: DateTime<Utc>,
    ) -> Self {
        let mut counts: HashMap<i64, [i64; 3]> = HashMap::new();
        for edge in &edges {
            let counted = match edge.success {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            };
            counts.entry(edge.pacticipant_id).or_default()[counted] += edge.count;
        }
        let standing = |application: Application| {
            let [_, failed, missing] = counts.get(&application.id).copied().unwrap_or_default();
            let can_be_asked = gate.is_some() && application.version_id.is_some();
            let verdict = if can_be_asked { verdict(failed, missing) } else { Verdict::NotApplicable };
            Standing { team: team_of(&application.labels), verdict, failed, missing, application }
        };
        let standings: Vec<Standing> = applications.into_iter().map(standing).collect();
        let by_id = standings.iter().enumerate().map(|(place, one)| (one.application.id, place)).collect();
        let mut edges: Vec<Edge> = edges.into_iter().filter(|edge| edge.success != Some(true)).collect();
        edges.sort_by(|one, other| other.since.cmp(&one.since).then(one.pacticipant_id.cmp(&other.pacticipant_id)));
        Self { environments, gate, standings, edges, read_at, by_id }
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.standings.iter().filter(|one| one.verdict == verdict).count()
    }

    pub(super) fn find(&self, id: i64) -> Option<&Standing> {
        self.by_id.get(&id).map(|place| &self.standings[*place])
    }
}

/// A failure outweighs what is missing: it says whose move it is.
pub(crate) fn verdict(failed: i64, missing: i64) -> Verdict {
    match (failed, missing) {
        (0, 0) => Verdict::Passed,
        (0, _) => Verdict::NotVerified,
        _ => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_whose_an_application_is() {
        let team = |labels: &[&str]| team_of(&labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());

        assert_eq!(team(&["core", "team:Payments"]).as_deref(), Some("Payments"));
        assert_eq!(team(&["team:"]), None);
        assert_eq!(team(&["teamwork"]), None);
    }

    #[test]
    fn a_failure_outweighs_a_missing_result() {
        assert_eq!(verdict(0, 0), Verdict::Passed);
        assert_eq!(verdict(0, 1), Verdict::NotVerified);
        assert_eq!(verdict(1, 1), Verdict::Failed);
    }
}
