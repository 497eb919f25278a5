//! HTTP of the provider states that the contracts with a provider ask for.

use std::pin::pin;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use futures_util::{Stream, TryStreamExt};
use pactolus_domain::names::{BranchName, EnvironmentName};
use pactolus_domain::provider_states::{ProviderState, ProviderStates};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use super::lists::{OfProvider, find};
use super::store::states::{self, Needing};
use crate::app::App;
use crate::edge::{Error, FromPath, Hal, Named, PathNames, Principal};
use crate::environments::{self, Environment};
use crate::ids::TenantId;

pub(super) fn routes() -> Router<App> {
    let states = "/pacts/provider/{provider}/provider-states";
    Router::new()
        .route(states, get(list_of_main_branches))
        .route(&format!("{states}/branch/{{branch}}"), get(list_of_branch))
        .route(&format!("{states}/environment/{{environment}}"), get(list_of_environment))
}

async fn list_of_main_branches(
    State(app): State<App>,
    principal: Principal,
    Named(OfProvider { provider, part: () }): Named<OfProvider<()>>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let id = find(&mut db, principal.tenant, "provider", &provider).await?;
    let needing = states::list_needing_of_branch_heads(&mut db, principal.tenant, id, None);
    answer(needing).await
}

async fn list_of_branch(
    State(app): State<App>,
    principal: Principal,
    Named(OfProvider { provider, part: branch }): Named<OfProvider<BranchName>>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let id = find(&mut db, principal.tenant, "provider", &provider).await?;
    let needing = states::list_needing_of_branch_heads(&mut db, principal.tenant, id, Some(branch.as_str()));
    answer(needing).await
}

async fn list_of_environment(
    State(app): State<App>,
    principal: Principal,
    Named(of): Named<OfProvider<EnvironmentNameOrId>>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let id = find(&mut db, principal.tenant, "provider", &of.provider).await?;
    let environment = find_environment(&mut db, principal.tenant, &of.part.0).await?;
    let needing = states::list_needing_of_environment(&mut db, principal.tenant, id, environment.id);
    answer(needing).await
}

/// The Pact Broker takes the name only, but calls it the UUID: either will do.
struct EnvironmentNameOrId(EnvironmentName);

impl FromPath for OfProvider<EnvironmentNameOrId> {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let environment = EnvironmentNameOrId(names.environment("environment")?);
        Ok(Self { provider: names.pacticipant("provider")?, part: environment })
    }
}

async fn find_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &EnvironmentName,
) -> Result<Environment, Error> {
    if let Some(named) = environments::find_by_name(db, tenant, name.as_str()).await? {
        return Ok(named);
    }
    let with_id = match Uuid::parse_str(name.as_str()) {
        Ok(id) => environments::find_by_id(db, tenant, id).await?,
        Err(_) => None,
    };
    with_id.ok_or_else(|| Error::Missing(format!("No environment with name or UUID '{name}' found")))
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(rename = "providerStates")]
    provider_states: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Box<RawValue>>,
    consumers: Vec<&'a str>,
}

/// One contract is in memory at a time: a provider may have thousands.
async fn answer(needing: impl Stream<Item = sqlx::Result<Needing>>) -> Result<Hal, Error> {
    let mut found = ProviderStates::default();
    let mut needing = pin!(needing);
    while let Some(Needing { consumer, contract }) = needing.try_next().await? {
        found.read(&consumer, &contract).map_err(Error::internal)?;
    }

    let provider_states = found.iter().map(shown).collect::<serde_json::Result<_>>().map_err(Error::internal)?;
    Hal::json(&Answer { provider_states }).map_err(Error::internal)
}

fn shown(state: ProviderState<'_>) -> serde_json::Result<Shown<'_>> {
    let params = state.params.map(|params| RawValue::from_string(params.to_owned())).transpose()?;
    Ok(Shown { name: state.name, params, consumers: state.consumers })
}
