//! What the form on a pacticipant's page changes: its attributes and its labels.

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::post;
use maud::{Markup, html};
use pactolus_domain::names::{LabelName, PacticipantName};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{Attributes, Pacticipant, api, store};
use crate::app::App;
use crate::audit;
use crate::edge::{Error, Fields, Named, Principal, urls};
use crate::ids::PacticipantId;
use crate::ui::Viewer;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacticipants/{pacticipant}", post(change))
}

/// What a field is left out for stays; what is blank is unset.
async fn change(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(name): Named<PacticipantName>,
    fields: Fields,
) -> Result<Redirect, Error> {
    let mut tx = app.db.begin().await?;
    let missing = || Error::NoSuchPacticipant { role: "pacticipant", name: name.to_string() };
    let before = store::find_pacticipant(&mut tx, principal.tenant, &name).await?.ok_or_else(missing)?;
    let mut problems = Problems::none();
    let attributes = api::attributes(&fields.value, Attributes::from(&before), &mut problems);
    let labels = fields.value.get("labels").map(|labels| problems.note(parse_labels(labels)).unwrap_or_default());
    problems.or(())?;
    store::put_attributes(&mut tx, principal.tenant, &name, &attributes, app.now()).await?;
    audit::record(&mut tx, &app, &principal, "pacticipant.updated", name.as_str(), &json!({})).await?;
    if let Some(labels) = labels {
        relabel(&mut tx, &app, &principal, (&name, before.id), &labels).await?;
    }
    tx.commit().await?;

    Ok(Redirect::to(&urls::pacticipant(&viewer.site, name.as_str())))
}

/// One to a line.
fn parse_labels(labels: &Value) -> Result<Vec<String>, Problem> {
    let lines = labels.as_str().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    let parse = |line: &str| LabelName::parse(line).map(String::from);
    lines.map(parse).collect::<Result<_, _>>().map_err(|error| Problem::at("labels", error.to_string()))
}

async fn relabel(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    (name, id): (&PacticipantName, PacticipantId),
    labels: &[String],
) -> Result<(), Error> {
    let before = store::list_labels_of(db, principal.tenant, id).await?;
    for label in labels.iter().filter(|label| !before.contains(label)) {
        if store::add_label(db, principal.tenant, id, label, app.now()).await? {
            let detail = json!({"label": label});
            audit::record(db, app, principal, "pacticipant.labelled", name.as_str(), &detail).await?;
        }
    }
    for label in before.iter().filter(|label| !labels.contains(label)) {
        store::delete_label(db, principal.tenant, id, label).await?;
        let detail = json!({"label": label});
        audit::record(db, app, principal, "pacticipant.label_removed", name.as_str(), &detail).await?;
    }
    Ok(())
}

/// The form, folded until somebody wants it. `labels` are all, with the one that says whose it is.
pub(super) fn form(viewer: &Viewer, pacticipant: &Pacticipant, labels: &[String]) -> Markup {
    let text = |name: &'static str, words: &'static str, value: Option<&str>| {
        html! { label { span { (words) } input type="text" name=(name) value=[value] autocomplete="off" spellcheck="false"; } }
    };
    html! {
        details .settings {
            summary { "Edit" }
            form method="post" action=(urls::pacticipant(&viewer.site, &pacticipant.name)) {
                (text("displayName", "Called", Some(&pacticipant.display_name)))
                (text("repositoryUrl", "Repository", pacticipant.repository_url.as_deref()))
                (text("mainBranch", "Main branch", pacticipant.main_branch.as_deref()))
                label {
                    span { "Labels, one to a line" }
                    // A first line break would be taken for none.
                    textarea name="labels" rows=(labels.len().clamp(2, 8) + 1) spellcheck="false" { "\n" (labels.join("\n")) }
                }
                button .primary type="submit" { "Save" }
            }
        }
    }
}
