//! Having provider states made, by whoever the settings name.

use http::{Method, header};
use pactolus_judge::State;
use serde_json::{Map, Value, json};

use crate::exchange::StateMade;
use crate::provider::{Provider, shown};
use crate::report::{Trouble, TroubleKind};
use crate::settings::{Settings, StateChange};

/// Which way a state is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Setup,
    Teardown,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Teardown => "teardown",
        }
    }
}

/// Makes each state in order. Who has none gets a call with an empty name, as the existing verifiers do.
pub(crate) async fn set_up(
    provider: &Provider,
    settings: &Settings,
    states: &[State],
) -> Result<Vec<StateMade>, Trouble> {
    let Some(change) = &settings.state_change else {
        return Ok(states.iter().map(|state| made(state, Map::new())).collect());
    };
    let mut all_made = Vec::new();
    for state in &or_unnamed(states) {
        let values = call(provider, settings, change, state, Action::Setup).await?;
        all_made.push(made(state, values));
    }
    Ok(all_made)
}

/// Undoes each state in the same order, if that is wanted.
pub(crate) async fn tear_down(provider: &Provider, settings: &Settings, states: &[State]) -> Result<(), Trouble> {
    let Some(change) = settings.state_change.as_ref().filter(|change| change.tears_down) else { return Ok(()) };
    for state in &or_unnamed(states) {
        call(provider, settings, change, state, Action::Teardown).await?;
    }
    Ok(())
}

/// What generators may ask for: the states' parameters, and over them what was said when they were made.
pub(crate) fn values(made: &[StateMade]) -> Map<String, Value> {
    let params = made.iter().flat_map(|one| one.state.params.clone());
    params.chain(made.iter().flat_map(|one| one.values.clone())).collect()
}

fn or_unnamed(states: &[State]) -> Vec<State> {
    if states.is_empty() { vec![State { name: String::new(), params: Map::new() }] } else { states.to_vec() }
}

fn made(state: &State, values: Map<String, Value>) -> StateMade {
    StateMade { state: state.clone(), values }
}

async fn call(
    provider: &Provider,
    settings: &Settings,
    change: &StateChange,
    state: &State,
    action: Action,
) -> Result<Map<String, Value>, Trouble> {
    let request = if change.as_query {
        let mut url = change.url.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("state", &state.name).append_pair("action", action.as_str());
        for (name, value) in &state.params {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(name, &text);
        }
        drop(query);
        provider.request(Method::POST, url)
    } else {
        let body = json!({ "state": state.name, "params": state.params, "action": action.as_str() });
        provider
            .request(Method::POST, change.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string())
    };

    // Whoever guards the provider guards its states too.
    let request = request.headers(settings.headers.iter().cloned().collect());
    let failed = |why: String| {
        let (name, action) = (&state.name, action.as_str());
        let message = format!("the provider state {name:?} could not be made ({action}): {why}");
        Trouble { kind: TroubleKind::StateFailed, message }
    };
    let (answer, _) =
        provider.answer(request, settings.patience.state).await.map_err(|trouble| failed(trouble.message))?;
    if !(200..300).contains(&answer.status) {
        let url = shown(&change.url);
        return Err(failed(format!("POST {url} answered {}", answer.status)));
    }
    // Whoever has nothing to say may say it in any way.
    Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
}
