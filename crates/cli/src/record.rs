//! `pactolus record-deployment` and `record-release`: tell the server where a version went.

use serde_json::{Value, json};

use crate::broker::{Broker, Connection, Repeat};
use crate::ci::{self, Detected};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::Style;

const DEPLOYMENT_EXAMPLES: &str = "\
Examples:
  pactolus record-deployment --pacticipant shop --version 173153ae0 --environment production

  # Two instances in one environment: each keeps its own version
  pactolus record-deployment --pacticipant shop --version 173153ae0 --environment production \\
      --application-instance blue

Deploying replaces the version that was there before (of the same application instance).
Where several versions are in use side by side, as with mobile apps, use record-release.

Exit codes: 0 recorded · 1 there is no such version ·
2 wrong usage, or there is no such environment · 3 the server could not be asked";

const RELEASE_EXAMPLES: &str = "\
Example:
  pactolus record-release --pacticipant shop-app --version 4.2.0 --environment production

A release stays supported beside others until its support ends. Where a new version
replaces the old one, use record-deployment.

Exit codes: 0 recorded · 1 there is no such version ·
2 wrong usage, or there is no such environment · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
struct Subject {
    /// Application that went there
    #[arg(short = 'a', long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pacticipant: String,

    /// Version that went there [detected: commit]
    #[arg(short = 'e', long, value_name = "VERSION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    version: Option<String>,

    /// Environment that it went to
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: String,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Args)]
#[command(about = "Record that a version was deployed to an environment", after_help = DEPLOYMENT_EXAMPLES)]
pub(crate) struct Deployment {
    #[command(flatten)]
    subject: Subject,

    /// Which one, if the environment has several instances of the application
    #[arg(long, alias = "target", value_name = "NAME")]
    application_instance: Option<String>,

    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
#[command(about = "Record that a version was released to an environment", after_help = RELEASE_EXAMPLES)]
pub(crate) struct Release {
    #[command(flatten)]
    subject: Subject,

    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn deployment(arguments: &Deployment) -> Result<Outcome, Failure> {
    let instance = arguments.application_instance.as_deref().filter(|instance| !instance.is_empty());
    let body = match instance {
        // Older servers know the instance as the target.
        Some(instance) => json!({ "applicationInstance": instance, "target": instance }),
        None => json!({}),
    };
    let suffix = instance.map(|instance| format!(" (instance {instance})")).unwrap_or_default();
    record(&arguments.subject, "pb:record-deployment", &body, &format!("deployment{suffix}")).await
}

pub(crate) async fn release(arguments: &Release) -> Result<Outcome, Failure> {
    record(&arguments.subject, "pb:record-release", &json!({}), "release").await
}

async fn record(subject: &Subject, relation: &str, body: &Value, what: &str) -> Result<Outcome, Failure> {
    let Subject { pacticipant, environment, connection, .. } = subject;
    let broker = Broker::open(connection)?;
    let version = match &subject.version {
        Some(version) => Detected::new(version, "--version"),
        None => ci::detect().version_or(None, "--version")?,
    };

    let found = find_version(&broker, pacticipant, &version).await?;
    let href = find_environment(&found, relation, environment)?;
    let address = broker.address(&href)?;
    // Recorded twice, it is still one deployment or release.
    let answer = broker.post(&address, body, Repeat::Safe).await?;
    let recorded = answer.accepted(&format!("could not record the {what}"))?;

    let Detected { value, source } = &version;
    let origin = if subject.version.is_some() { String::new() } else { format!(" (version from {source})") };
    let sentence = format!("Recorded {what} of {pacticipant} version {value} to {environment}{origin}.");
    Ok(Outcome {
        exit: Exit::Yes,
        text: format!("{}\n", Style::of_stdout().green(&sentence)),
        id: recorded["uuid"].as_str().map(str::to_owned),
        json: recorded,
    })
}

async fn find_version(broker: &Broker, pacticipant: &str, version: &Detected) -> Result<Value, Failure> {
    let words = [("pacticipant", pacticipant), ("version", version.value.as_str())];
    let address = broker.relation("pb:pacticipant-version", &words).await?;
    let answer = broker.get(&address).await?;
    if answer.status != reqwest::StatusCode::NOT_FOUND {
        return answer.accepted(&format!("could not look up {pacticipant} version {}", version.value));
    }

    let pacticipant_address = broker.relation("pb:pacticipant", &words).await?;
    let message = if broker.get(&pacticipant_address).await?.status == reqwest::StatusCode::NOT_FOUND {
        format!("there is no pacticipant called {pacticipant}")
    } else {
        format!("there is no version {} of {pacticipant} (the version is from {})", version.value, version.source)
    };
    Err(Failure::new(Exit::No, "missing", message).with_status(404).with_details([
        "a version comes into being when a pact or a verification result is published for it".to_owned(),
        format!(
            "to create it without either: curl -X PUT -H 'Content-Type: application/json' -d '{{}}' {address} \
             (with your credentials)"
        ),
    ]))
}

fn find_environment(version: &Value, relation: &str, environment: &str) -> Result<String, Failure> {
    let link = &version["_links"][relation];
    let links = match link {
        Value::Array(links) => links.as_slice(),
        Value::Object(_) => std::slice::from_ref(link),
        _ => {
            let message = format!("the server does not offer {relation}; is it an old Pact Broker?");
            return Err(Failure::new(Exit::NotAsked, "not-understood", message));
        }
    };
    let href = links.iter().find(|link| link["name"] == environment).and_then(|link| link["href"].as_str());
    href.map(str::to_owned).ok_or_else(|| {
        let names: Vec<&str> = links.iter().filter_map(|link| link["name"].as_str()).collect();
        let existing = if names.is_empty() {
            "there are none yet; make one: pactolus create-environment --name …".to_owned()
        } else {
            format!("these exist: {}", names.join(", "))
        };
        Failure::usage(format!("there is no environment called {environment}")).with_details([existing])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(environments: &Value) -> Value {
        json!({ "_links": { "pb:record-deployment": environments } })
    }

    #[test]
    fn an_environment_is_found_by_its_name_alone() {
        let version = version(&json!([{ "name": "test", "href": "/t" }, { "name": "prod", "href": "/p" }]));

        assert_eq!(find_environment(&version, "pb:record-deployment", "prod").unwrap(), "/p");
        let failure = find_environment(&version, "pb:record-deployment", "Prod").unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(failure.details, ["these exist: test, prod"]);
    }

    #[test]
    fn a_single_link_is_read_as_well_as_a_list() {
        let version = version(&json!({ "name": "prod", "href": "/p" }));

        assert_eq!(find_environment(&version, "pb:record-deployment", "prod").unwrap(), "/p");
    }

    #[test]
    fn without_environments_the_way_to_make_one_is_shown() {
        let failure = find_environment(&version(&json!([])), "pb:record-deployment", "prod").unwrap_err();

        assert!(failure.details[0].contains("create-environment"));
    }

    #[test]
    fn a_server_without_the_relation_was_not_asked() {
        let failure = find_environment(&json!({ "_links": {} }), "pb:record-release", "prod").unwrap_err();

        assert_eq!(failure.exit, Exit::NotAsked);
    }
}
