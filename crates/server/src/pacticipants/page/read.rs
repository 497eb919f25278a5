//! What the page about a pacticipant is made of, as it is at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::edge::{Error, urls};
use crate::environments::{self, Environment};
use crate::home::{self, Team};
use crate::ids::{PacticipantId, TenantId};
use crate::kept::Kept;
use crate::pacticipants::Pacticipant;
use crate::pacticipants::store::{self, around, history};
use crate::ui::Viewer;

/// More are not counted.
pub(super) const MOST_VERSIONS: i64 = 20_000;
/// Branches on the page.
pub(super) const MOST_BRANCHES: i64 = 8;
/// Cells of a tape.
pub(super) const MOST_ON_TAPE: i64 = 14;
const MOST_DEPLOYMENTS: i64 = 6;
pub(super) const MOST_WEBHOOKS: i64 = 5;

/// How versions get on with those of others.
#[derive(Default)]
pub(super) struct Standing {
    /// Of the head, with what each partner runs.
    pub(super) meetings: Vec<around::Meeting>,
    /// By version and environment.
    pub(super) stands: HashMap<(i64, Uuid), around::Stand>,
}

/// A pacticipant, and the versions and environments that are asked about, those of the head among them.
type Key = (TenantId, PacticipantId, Vec<(i64, Uuid)>);

#[derive(Clone, Default)]
pub(crate) struct Standings(Kept<Key, Standing>);

impl Standings {
    async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        (id, head): (PacticipantId, Option<i64>),
        asked: Vec<(i64, Uuid)>,
    ) -> sqlx::Result<Arc<Standing>> {
        let key = (tenant, id, asked);
        if let Some(kept) = app.standings.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let meetings = match head {
            Some(head) => around::list_meetings(db, tenant, id, head).await?,
            None => Vec::new(),
        };
        let stands = around::list_stands(db, tenant, id, &key.2).await?;
        let stands = stands.into_iter().map(|one| ((one.version_id, one.environment_id), one)).collect();
        Ok(app.standings.0.put(key, Standing { meetings, stands }, started, app.now()))
    }
}

pub(super) struct About {
    pub(super) pacticipant: Pacticipant,
    pub(super) labels: Vec<String>,
    /// With those that say whose it is.
    pub(super) all_labels: Vec<String>,
    pub(super) team: Team,
    /// In the order in which versions go through them.
    pub(super) environments: Vec<Environment>,
    pub(super) running: Vec<around::Running>,
    pub(super) extent: history::Extent,
    pub(super) partners: Vec<around::Partner>,
    pub(super) standing: Arc<Standing>,
    pub(super) branches: Vec<history::Branch>,
    pub(super) on_branches: Vec<history::OnBranch>,
    pub(super) deployments: Vec<history::Deployment>,
    pub(super) webhooks: Vec<history::Webhook>,
}

impl About {
    pub(super) async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        name: &PacticipantName,
    ) -> Result<Self, Error> {
        let missing = || Error::NoSuchPacticipant { role: "pacticipant", name: name.to_string() };
        let pacticipant = store::find_pacticipant(db, tenant, name).await?.ok_or_else(missing)?;
        let (id, main) = (pacticipant.id, pacticipant.main_branch.clone());
        let labels = store::list_labels_of(db, tenant, id).await?;
        let environments = environments::in_order(db, tenant).await?;
        let running = around::list_running(db, tenant, id).await?;
        let extent = history::find_extent(db, tenant, id, main.as_deref(), MOST_VERSIONS + 1).await?;
        let partners = around::list_partners(db, tenant, id, extent.head_id).await?;
        let branches = history::list_branches(db, tenant, id, main.as_deref(), MOST_BRANCHES).await?;
        let names: Vec<String> = branches.iter().map(|one| one.name.clone()).collect();
        let on_branches = history::list_on_branches(db, tenant, id, &names, MOST_ON_TAPE).await?;
        let deployments = history::list_deployments(db, tenant, id, MOST_DEPLOYMENTS).await?;
        let webhooks = history::list_webhooks(db, tenant, id, MOST_WEBHOOKS).await?;
        let team = home::team_of(&labels);
        let all_labels = labels.clone();
        let labels = labels.into_iter().filter(|label| !home::names_team(label)).collect();
        let mut about = Self {
            pacticipant,
            labels,
            all_labels,
            team,
            environments,
            running,
            extent,
            partners,
            standing: Arc::default(),
            branches,
            on_branches,
            deployments,
            webhooks,
        };
        about.standing = Standings::read(app, db, tenant, (id, about.extent.head_id), about.asked()).await?;
        Ok(about)
    }

    /// What runs left of an environment in it, the head everywhere, and the head of each branch where the gate is.
    fn asked(&self) -> Vec<(i64, Uuid)> {
        let mut asked: Vec<(i64, Uuid)> = Vec::new();
        for (place, environment) in self.environments.iter().enumerate() {
            asked.extend(self.extent.head_id.map(|head| (head, environment.id)));
            asked.extend(self.comes_to(place).map(|coming| (coming.version_id, environment.id)));
        }
        if let Some(gate) = self.gate() {
            asked.extend(self.branches.iter().map(|branch| (branch.head_id, gate.id)));
        }
        asked
    }

    pub(super) fn in_environment(&self, id: Uuid) -> impl Iterator<Item = &around::Running> {
        self.running.iter().filter(move |one| one.environment_id == id)
    }

    /// What would come to the environment at this place: the newest that runs in the one before it.
    pub(super) fn comes_to(&self, place: usize) -> Option<&around::Running> {
        let before = self.environments.get(place.checked_sub(1)?)?;
        self.in_environment(before.id).next()
    }

    /// The environment that "can it ship?" is about.
    pub(super) fn gate(&self) -> Option<&Environment> {
        environments::usual(&self.environments)
    }

    pub(super) fn name(&self) -> &str {
        &self.pacticipant.name
    }

    pub(super) fn main_branch(&self) -> &str {
        self.pacticipant.main_branch.as_deref().unwrap_or("main")
    }

    pub(super) fn address(&self, viewer: &Viewer) -> String {
        urls::pacticipant(&viewer.site, self.name())
    }
}
