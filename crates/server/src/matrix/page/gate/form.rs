//! The gate's page before anything is asked: which application, which version, where to.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::side::ask_from_a_build;
use crate::app::App;
use crate::edge::{Error, Principal};
use crate::environments::{self, Environment};
use crate::pacticipants;
use crate::ui::parts::{command, empty, icon, panel};
use crate::ui::{Page, Section, Viewer};

/// So many names are offered; others can be written.
const MOST_NAMES: usize = 500;

/// The form, filled with what the address has, each field with what is wrong with it.
pub(super) async fn show(
    app: &App,
    principal: &Principal,
    viewer: &Viewer,
    wrong: &[(&'static str, String)],
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let mut names = pacticipants::list_names(&mut db, principal.tenant).await?;
    let environments = environments::list(&mut db, principal.tenant, None).await?;
    drop(db);
    names.truncate(MOST_NAMES);
    let is_ready = !names.is_empty() && !environments.is_empty();
    let content = html! {
        div .gate {
            div .gate-main {
                @if is_ready { (form(viewer, &names, &environments, wrong)) } @else { (nothing_yet(&names)) }
            }
            aside .side aria-label="From a build" { (from_a_build(names.first(), environments.first())) }
        }
    };
    let page = Page {
        // An address that asks nothing is no mistake.
        status: if wrong.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST },
        crumbs: vec![("Gate", String::new())],
        facts: Some(html! { span { "An answer from what is verified now, with what would change it." } }),
        ..Page::new("Gate", Section::Gate, html! { "Can it ship?" }, content)
    };
    Ok(page.show(viewer))
}

fn form(viewer: &Viewer, names: &[String], environments: &[Environment], wrong: &[(&'static str, String)]) -> Markup {
    let field = Field { viewer, wrong };
    panel(
        "Ask the gate",
        None,
        None,
        &html! {
            form .ask .in action=(viewer.at("/can-i-deploy")) method="get" {
                (field.text("pacticipant", "Application", "payments", Some("names")))
                div .pair {
                    (field.text("version", "Version", "a41c7e0", None))
                    (field.text("branch", "or the newest on branch", "main", None))
                }
                (field.choice(environments))
                @for (name, text) in wrong.iter().filter(|(name, _)| matches!(*name, "ignore" | "assume" | "to")) {
                    p .wrong id={ "wrong-" (name) } { (text) }
                }
                div { button .primary type="submit" { "Ask" } }
                datalist #names { @for name in names { option value=(name) {} } }
            }
        },
    )
}

struct Field<'a> {
    viewer: &'a Viewer,
    wrong: &'a [(&'static str, String)],
}

impl Field<'_> {
    fn text(&self, name: &str, label: &str, example: &str, list: Option<&str>) -> Markup {
        let wrong = self.wrong(name);
        html! {
            label .asked {
                span { (label) }
                input name=(name) value=[self.viewer.query.last(name)] placeholder=(example) list=[list] autocomplete="off"
                    spellcheck="false" aria-invalid=[wrong.map(|_| "true")];
                @if let Some(wrong) = wrong { span .wrong { (wrong) } }
            }
        }
    }

    fn choice(&self, environments: &[Environment]) -> Markup {
        let chosen = self.viewer.query.last("environment");
        let production = environments.iter().find(|one| one.production).map(|one| one.name.as_str());
        let chosen = chosen.or(production);
        let is_known = chosen.is_none_or(|name| environments.iter().any(|one| one.name == name));
        let wrong = self.wrong("environment");
        html! {
            label .asked {
                span { "Environment" }
                span .select {
                    select name="environment" aria-invalid=[wrong.map(|_| "true")] {
                        @for one in environments {
                            option value=(one.name) selected[chosen == Some(one.name.as_str())] { (one.display_name) }
                        }
                        @if let Some(name) = chosen.filter(|_| !is_known) { option value=(name) selected { (name) } }
                    }
                    (icon("down"))
                }
                @if let Some(wrong) = wrong { span .wrong { (wrong) } }
            }
        }
    }

    fn wrong(&self, name: &str) -> Option<&str> {
        self.wrong.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }
}

fn nothing_yet(names: &[String]) -> Markup {
    let (sentence, to_run) = if names.is_empty() {
        ("The gate answers once a build has published a contract.", "pactolus publish pacts")
    } else {
        (
            "The gate asks about an environment, and there is none yet.",
            "pactolus create-environment --name production --display-name Production --production",
        )
    };
    html! { section .panel { (empty(sentence, Some(to_run), None)) } }
}

fn from_a_build(name: Option<&String>, environment: Option<&Environment>) -> Markup {
    let name = name.map_or("NAME", String::as_str);
    let environment = environment.map_or("production", |one| one.name.as_str());
    panel(
        "From a build",
        None,
        None,
        &html! {
            div .in {
                p .second { "Before it deploys, a build asks about the commit it is on. The exit code is 0 for yes, 1 for no, 4 for not known." }
                (command(&ask_from_a_build(name, environment)))
            }
        },
    )
}
