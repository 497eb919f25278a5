//! By what a provider's team wants contracts to be held against its documents: the profile, and how bad findings are.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::{Problem, Problems};
use pactolus_oas::comparison::Profile;
use pactolus_oas::finding::{Code, Severity};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::again::{Unsettled, try_again};
use super::judge::Policy;
use super::settle::settle_documents;
use super::store::Uncompared;
use super::store::matters::list_documents;
use super::store::settings::{self, Setting};
use crate::app::App;
use crate::audit;
use crate::edge::{BaseUrl, Error, Hal, JsonBody, Link, Named, Principal, timestamp, urls, without_nulls};
use crate::ids::{PacticipantId, TenantId};
use crate::pacticipants;

/// The configuration of who has no settings. Statements name it, too.
pub(super) const USUAL: &str = "usual";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacticipants/{pacticipant}/comparison-settings", get(show).put(put).delete(delete))
}

/// The policy of settings as they are kept. `None` when this release does not know all of them, since a newer one wrote them:
/// it is not to judge by fewer. The configuration tells whether there are some that are not even seen here.
pub(super) fn policy(of: &Uncompared) -> Option<Policy> {
    let profile = match of.profile.as_deref() {
        None => Profile::Sound,
        Some(known) => [Profile::Sound, Profile::Compatible].into_iter().find(|profile| word(*profile) == known)?,
    };
    let severities = of.severities.as_ref().and_then(Value::as_object).into_iter().flatten();
    let severities = severities
        .map(|(code, severity)| Some((Code::find(code)?, Severity::find(severity.as_str()?)?)))
        .collect::<Option<_>>()?;
    let policy = Policy { profile, severities };
    let is_whole = of.configuration.as_ref().is_none_or(|kept| *kept == configuration(&policy));
    is_whole.then_some(policy)
}

fn word(profile: Profile) -> &'static str {
    match profile {
        Profile::Compatible => "compatible",
        Profile::Sound => "sound",
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let id = find(&mut db, principal.tenant, &name).await?;
    let setting = settings::find(&mut db, principal.tenant, id).await?;
    Ok(Hal::ok(&shown(&base, &name, setting.as_ref())))
}

async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let policy = parse(&body.value)?;
    let setting = setting(&policy, &app);

    let mut tx = app.db.begin().await?;
    let id = find(&mut tx, principal.tenant, &name).await?;
    settings::put(&mut tx, principal.tenant, id, &setting).await?;
    let detail = json!({"profile": setting.profile, "severities": setting.severities});
    audit::record(&mut tx, &app, &principal, "comparison_settings.changed", name.as_str(), &detail).await?;
    tx.commit().await?;

    settle_provider(&app, principal.tenant, &base, id).await;
    Ok(Hal::ok(&shown(&base, &name, Some(&setting))))
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
) -> Result<StatusCode, Error> {
    let mut tx = app.db.begin().await?;
    let id = find(&mut tx, principal.tenant, &name).await?;
    if !settings::delete(&mut tx, principal.tenant, id).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &app, &principal, "comparison_settings.deleted", name.as_str(), &json!({})).await?;
    tx.commit().await?;

    settle_provider(&app, principal.tenant, &base, id).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(db: &mut PgConnection, tenant: TenantId, name: &PacticipantName) -> Result<PacticipantId, Error> {
    pacticipants::find_id(db, tenant, name).await?.ok_or(Error::NotFound)
}

/// The settings are changed whatever comes of it: what is not compared now is compared by a job, or when somebody asks.
async fn settle_provider(app: &App, tenant: TenantId, base: &BaseUrl, provider: PacticipantId) {
    let settled = async {
        let mut db = app.db.acquire().await?;
        let documents = list_documents(&mut db, tenant, provider).await?;
        drop(db);
        settle_documents(app, tenant, base, &documents).await
    };
    if let Err(error) = settled.await {
        try_again(app, tenant, base, Unsettled::Provider(provider), &error).await;
    }
}

fn parse(body: &Value) -> Result<Policy, Problems> {
    let Value::Object(members) = body else { return Err(Problem::whole("must be a JSON object").into()) };
    let mut problems = Problems::none();
    let profile = problems.note(match members.get("profile") {
        None | Some(Value::Null) => Ok(Profile::Sound),
        Some(given) => [Profile::Sound, Profile::Compatible]
            .into_iter()
            .find(|profile| given.as_str() == Some(word(*profile)))
            .ok_or_else(|| Problem::at("profile", "must be one of: sound, compatible")),
    });
    let severities = match members.get("severities") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Object(given)) => severities(given, &mut problems),
        Some(_) => {
            problems.push(Problem::at("severities", "must be a JSON object"));
            BTreeMap::new()
        }
    };
    problems.or(Policy { profile: profile.unwrap_or(Profile::Sound), severities })
}

fn severities(given: &Map<String, Value>, problems: &mut Problems) -> BTreeMap<Code, Severity> {
    let mut severities = BTreeMap::new();
    for (name, value) in given {
        let at = |text: &str| Problem::along(["severities".into(), name.as_str().into()], text);
        let Some(code) = Code::find(name) else {
            problems.push(at("is no code of a finding"));
            continue;
        };
        match value.as_str().and_then(Severity::find) {
            Some(severity) => {
                severities.insert(code, severity);
            }
            None => problems.push(at("must be one of: info, warning, error")),
        }
    }
    severities
}

fn setting(policy: &Policy, app: &App) -> Setting {
    Setting {
        profile: word(policy.profile).to_owned(),
        severities: severities_of(policy),
        configuration: configuration(policy),
        updated_at: app.now(),
    }
}

fn severities_of(policy: &Policy) -> Value {
    policy.severities.iter().map(|(code, severity)| (code.as_str(), severity.as_str())).collect()
}

/// Equal policies have equal configurations, so that going back finds what was compared before, and every release the same.
fn configuration(policy: &Policy) -> String {
    if policy.profile == Profile::Sound && policy.severities.is_empty() {
        return USUAL.to_owned();
    }
    digits(&format!("{} {}", word(policy.profile), severities_of(policy)))
}

/// The first 32 of a SHA-256.
fn digits(text: &str) -> String {
    use std::fmt::Write;
    let mut digits = String::new();
    for byte in &Sha256::digest(text)[..16] {
        write!(digits, "{byte:02x}").expect("a string grows");
    }
    digits
}

fn shown(base: &BaseUrl, name: &PacticipantName, setting: Option<&Setting>) -> Value {
    let pacticipant = urls::pacticipant(base, name.as_str());
    without_nulls(json!({
        "profile": setting.map_or(word(Profile::Sound), |setting| setting.profile.as_str()),
        "severities": setting.map_or_else(|| json!({}), |setting| setting.severities.clone()),
        "configuration": setting.map_or(USUAL, |setting| setting.configuration.as_str()),
        "updatedAt": setting.map(|setting| timestamp(setting.updated_at)),
        "_links": {
            "self": Link::to(format!("{pacticipant}/comparison-settings")).title("Comparison settings"),
            "pb:pacticipant": Link::to(pacticipant).title("Pacticipant").name(name.as_str()),
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(profile: &str, severities: Value, configuration: &str) -> Option<Policy> {
        policy(&Uncompared {
            contract: 1,
            document: 1,
            specification: "oas".into(),
            document_sha: "a".into(),
            profile: Some(profile.into()),
            severities: Some(severities),
            configuration: Some(configuration.into()),
        })
    }

    /// Releases that run side by side, and those that come after, find what others compared.
    #[test]
    fn a_configuration_is_what_it_was() {
        let severities = json!({"response.body.optional": "error", "request.query.unknown": "info"});
        let policy = parse(&json!({"profile": "compatible", "severities": severities})).expect("they are known");

        assert_eq!(configuration(&policy), "9ea5cc2e22ea8a48cb1a22ca4e75b960");
        assert_eq!(kept("compatible", severities, &configuration(&policy)), Some(policy));
        assert_eq!(configuration(&parse(&json!({})).expect("there are none")), "usual");
    }

    #[test]
    fn settings_of_which_not_all_are_known_are_not_judged_by() {
        assert_eq!(kept("sound", json!({}), "usual").map(|policy| policy.profile), Some(Profile::Sound));
        assert_eq!(kept("of tomorrow", json!({}), "usual"), None);
        assert_eq!(kept("sound", json!({"of.tomorrow": "error"}), "usual"), None);
        assert_eq!(kept("sound", json!({"response.body.optional": "of tomorrow"}), "usual"), None);
        assert_eq!(kept("sound", json!({}), "of something else besides"), None);
    }
}
