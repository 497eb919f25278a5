//! `pactolus create-webhook`: has the server call an address when something happens.

use std::io::Read as _;

use serde_json::{Map, Value, json};

use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::Style;

const EXAMPLES: &str = "\
Examples:
  # Start the provider's build when a contract changes
  pactolus create-webhook https://ci.example.com/build/stock --provider stock --contract-content-changed \\
      --header 'Content-Type: application/json' --data '{\"pact\": \"${pactbroker.pactUrl}\"}'

  # Tell a chat of failures; the body stands in a file
  pactolus create-webhook https://chat.example.com/hook --provider-verification-failed --data @message.json

  # Show at the consumer's commits on GitHub whether their contracts are verified
  pactolus create-webhook --preset github-commit-status --parameter owner=acme --parameter repository=shop \\
      --parameter token=@github-token --consumer shop --contract-published --provider-verification-published

  # Tell of deployments, one after the other, as CloudEvents
  pactolus create-webhook https://events.example.com/in --event deployment_recorded --event deployment_ended \\
      --in-order --cloud-event

  # Create it, or replace it if it is there already
  pactolus create-webhook https://ci.example.com/build --uuid 6a0b1c2d3e4f5061 --contract-published

Exit codes: 0 done · 2 wrong usage, or the server rejects it · 3 the server could not be asked";

/// Those that the official client has no flag for.
const OTHER_EVENTS: [&str; 9] = [
    "deployment_recorded",
    "deployment_ended",
    "release_recorded",
    "release_ended",
    "can_i_deploy_refused",
    "branch_deleted",
    "provider_contract_published",
    "comparison_changed",
    "comparison_change_proposed",
];

#[derive(Debug, clap::Args)]
#[command(
    about = "Create a webhook, or update one",
    after_help = EXAMPLES,
    override_usage = "pactolus create-webhook [OPTIONS] <URL> <EVENTS>\n       \
                      pactolus create-webhook --preset <NAME> [--parameter <NAME=VALUE>]... [OPTIONS] <EVENTS>",
    // Here -u is the webhook's user, as in the official client; the server's user has no short form.
    mut_arg("broker_username", |argument| argument.short(None)),
)]
#[group(id = "events", required = true, multiple = true, args = [
    "contract_content_changed",
    "contract_published",
    "contract_requiring_verification_published",
    "provider_verification_published",
    "provider_verification_succeeded",
    "provider_verification_failed",
    "event",
])]
#[expect(clippy::struct_excessive_bools, reason = "one flag an event, as the official client has it")]
pub(crate) struct Arguments {
    /// Address to call; may hold ${pactbroker.…} parameters after the host
    #[arg(required_unless_present = "preset")]
    url: Option<String>,

    /// Ready-made request instead of an address, such as github-commit-status or slack; the server lists all at
    /// /webhook-presets
    #[arg(long, value_name = "NAME", conflicts_with_all = ["url", "request", "header", "data", "user"])]
    preset: Option<String>,

    /// What the ready-made request has to be told; NAME=@FILE takes the value from a file; may be repeated
    #[arg(long, value_name = "NAME=VALUE", requires = "preset", conflicts_with = "url")]
    parameter: Vec<String>,

    /// HTTP method
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "POST")]
    request: String,

    /// Header to send, "Name: value"; may be repeated
    #[arg(short = 'H', long, value_name = "HEADER")]
    header: Vec<String>,

    /// Body to send: text, @file, or @- for standard input
    #[arg(short = 'd', long, value_name = "DATA")]
    data: Option<String>,

    /// Basic authentication of the call, name:password
    #[arg(short = 'u', long, value_name = "NAME:PASSWORD")]
    user: Option<String>,

    /// Only for contracts of this consumer
    #[arg(long, value_name = "NAME", conflicts_with = "consumer_label")]
    consumer: Option<String>,

    /// Only for contracts of consumers with this label
    #[arg(long, value_name = "LABEL")]
    consumer_label: Option<String>,

    /// Only for contracts with this provider
    #[arg(long, value_name = "NAME", conflicts_with = "provider_label")]
    provider: Option<String>,

    /// Only for contracts with providers with this label
    #[arg(long, value_name = "LABEL")]
    provider_label: Option<String>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Its identifier, of your choice: creates the webhook, or replaces the one that is there
    #[arg(long, value_name = "UUID")]
    uuid: Option<String>,

    /// Call when a contract's content changes
    #[arg(long, help_heading = "Events")]
    contract_content_changed: bool,

    /// Call when a contract is published
    #[arg(long, help_heading = "Events")]
    contract_published: bool,

    /// Call when a contract is published that a provider version in use has not verified
    #[arg(long, help_heading = "Events")]
    contract_requiring_verification_published: bool,

    /// Call when a verification result is published
    #[arg(long, help_heading = "Events")]
    provider_verification_published: bool,

    /// Call when a successful verification result is published
    #[arg(long, help_heading = "Events")]
    provider_verification_succeeded: bool,

    /// Call when a failed verification result is published
    #[arg(long, help_heading = "Events")]
    provider_verification_failed: bool,

    /// Call when something else happens; may be repeated
    #[arg(long, value_name = "EVENT", help_heading = "Events", value_parser = OTHER_EVENTS)]
    event: Vec<String>,

    /// Call for one thing after the other: each waits until those before it are done
    #[arg(long)]
    in_order: bool,

    /// Send the event itself, as a `CloudEvent`
    #[arg(long, conflicts_with_all = ["data", "preset"])]
    cloud_event: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let request = arguments.request()?;
    let answer = if let Some(uuid) = &arguments.uuid {
        let address = broker.relation("pb:webhook", &[("uuid", uuid)]).await?;
        broker.put(&address, &request).await?
    } else {
        let address = broker.relation("pb:webhooks", &[]).await?;
        broker.post(&address, &request, Repeat::OnlyIfNotTaken).await?
    };
    let done = if answer.status == reqwest::StatusCode::CREATED { "Created" } else { "Updated" };
    let webhook = answer.accepted("could not create the webhook")?;

    let link = &webhook["_links"]["self"];
    let href = link["href"].as_str().unwrap_or_default();
    let id = arguments.uuid.clone().or_else(|| href.rsplit('/').next().map(str::to_owned));
    let title = arguments.description.as_deref().or_else(|| link["title"].as_str()).unwrap_or("without a title");
    let sentence = format!("{done} webhook {title:?} ({}).", id.as_deref().unwrap_or("no id"));
    Ok(Outcome { exit: Exit::Yes, text: format!("{}\n", Style::of_stdout().green(&sentence)), json: webhook, id })
}

impl Arguments {
    fn request(&self) -> Result<Value, Failure> {
        let mut webhook = json!({ "events": self.events() });
        match &self.preset {
            Some(name) => webhook["preset"] = json!({ "name": name, "parameters": parameters(&self.parameter)? }),
            None => webhook["request"] = self.call()?.into(),
        }
        if let Some(description) = &self.description {
            webhook["description"] = description.clone().into();
        }
        if self.in_order {
            webhook["inOrder"] = true.into();
        }
        if self.cloud_event {
            webhook["bodyFormat"] = "cloudevents".into();
        }
        let scope = |name: &Option<String>, label: &Option<String>| match (name, label) {
            (Some(name), _) => Some(json!({ "name": name })),
            (None, Some(label)) => Some(json!({ "label": label })),
            (None, None) => None,
        };
        if let Some(consumer) = scope(&self.consumer, &self.consumer_label) {
            webhook["consumer"] = consumer;
        }
        if let Some(provider) = scope(&self.provider, &self.provider_label) {
            webhook["provider"] = provider;
        }
        Ok(webhook)
    }

    fn call(&self) -> Result<Map<String, Value>, Failure> {
        let mut call = Map::new();
        call.insert("method".to_owned(), self.request.to_uppercase().into());
        call.insert("url".to_owned(), self.url.clone().into());
        call.insert("headers".to_owned(), headers(&self.header)?);
        if let Some(data) = &self.data {
            call.insert("body".to_owned(), body(data)?);
        }
        if let Some(user) = &self.user {
            let (username, password) = user.split_once(':').unwrap_or((user, ""));
            call.insert("username".to_owned(), username.into());
            call.insert("password".to_owned(), password.into());
        }
        Ok(call)
    }

    fn events(&self) -> Vec<Value> {
        let events = [
            (self.contract_content_changed, "contract_content_changed"),
            (self.contract_published, "contract_published"),
            (self.contract_requiring_verification_published, "contract_requiring_verification_published"),
            (self.provider_verification_published, "provider_verification_published"),
            (self.provider_verification_succeeded, "provider_verification_succeeded"),
            (self.provider_verification_failed, "provider_verification_failed"),
        ];
        let named = events.iter().filter(|(wanted, _)| *wanted).map(|(_, name)| *name);
        named.chain(self.event.iter().map(String::as_str)).map(|name| json!({ "name": name })).collect()
    }
}

fn headers(given: &[String]) -> Result<Value, Failure> {
    let mut headers = Map::new();
    for header in given {
        let (name, value) = header
            .split_once(':')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| Failure::usage(format!("{header:?} is not a header: write --header 'Name: value'")))?;
        headers.insert(name.trim().to_owned(), value.trim().into());
    }
    Ok(headers.into())
}

fn parameters(given: &[String]) -> Result<Value, Failure> {
    let mut parameters = Map::new();
    for parameter in given {
        let (name, value) = parameter.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            // Not repeated: it may be a secret.
            Failure::usage("a parameter of a preset is written --parameter name=value".to_owned())
        })?;
        let value = match value.strip_prefix('@') {
            Some(path) => {
                let unreadable = |error| Failure::usage(format!("can't read --parameter {name}=@{path}: {error}"));
                std::fs::read_to_string(path).map_err(unreadable)?.trim_end().to_owned()
            }
            None => value.to_owned(),
        };
        if parameters.insert(name.to_owned(), value.into()).is_some() {
            return Err(Failure::usage(format!("--parameter {name} is given twice")));
        }
    }
    Ok(parameters.into())
}

/// JSON goes as JSON, so that parameters in it are filled in one by one; anything else goes as text.
fn body(data: &str) -> Result<Value, Failure> {
    let unreadable = |error: std::io::Error| Failure::usage(format!("can't read --data {data}: {error}"));
    let text = match data.strip_prefix('@') {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
            text
        }
        Some(path) => std::fs::read_to_string(path).map_err(unreadable)?,
        None => data.to_owned(),
    };
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        parse_all(&[&["https://ci/x"], arguments].concat())
    }

    fn parse_all(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        let arguments = ["pactolus"].iter().chain(arguments);
        Command::try_parse_from(arguments).map(|command| command.arguments)
    }

    fn request(arguments: &[&str]) -> Value {
        parse(arguments).unwrap().request().unwrap()
    }

    #[test]
    fn the_least_is_an_address_and_an_event() {
        assert_eq!(
            request(&["--contract-published"]),
            json!({
                "events": [{ "name": "contract_published" }],
                "request": { "method": "POST", "url": "https://ci/x", "headers": {} },
            })
        );
    }

    #[test]
    fn events_of_other_things_can_be_told_in_order_and_as_such() {
        assert_eq!(
            request(&["--event", "deployment_recorded", "--event", "branch_deleted", "--in-order", "--cloud-event"]),
            json!({
                "events": [{ "name": "deployment_recorded" }, { "name": "branch_deleted" }],
                "inOrder": true,
                "bodyFormat": "cloudevents",
                "request": { "method": "POST", "url": "https://ci/x", "headers": {} },
            })
        );
        assert_eq!(parse(&["--event", "moon_landing"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn everything_said_is_sent() {
        let arguments = [
            "-X",
            "post",
            "-H",
            "Content-Type: application/json",
            "-H",
            "X-A:b:c",
            "-d",
            r#"{"a":1}"#,
            "-u",
            "bob:s:crit",
            "--consumer",
            "shop",
            "--provider-label",
            "core",
            "--description",
            "d",
            "--contract-content-changed",
            "--contract-requiring-verification-published",
            "--provider-verification-published",
            "--provider-verification-succeeded",
            "--provider-verification-failed",
        ];

        assert_eq!(
            request(&arguments),
            json!({
                "events": [
                    { "name": "contract_content_changed" },
                    { "name": "contract_requiring_verification_published" },
                    { "name": "provider_verification_published" },
                    { "name": "provider_verification_succeeded" },
                    { "name": "provider_verification_failed" },
                ],
                "request": {
                    "method": "POST",
                    "url": "https://ci/x",
                    "headers": { "Content-Type": "application/json", "X-A": "b:c" },
                    "body": { "a": 1 },
                    "username": "bob",
                    "password": "s:crit",
                },
                "description": "d",
                "consumer": { "name": "shop" },
                "provider": { "label": "core" },
            })
        );
    }

    #[test]
    fn a_body_may_be_text_or_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("body");
        std::fs::write(&file, "[1]").unwrap();
        let from_file = format!("@{}", file.display());

        assert_eq!(request(&["--contract-published", "-d", "plain text"])["request"]["body"], "plain text");
        assert_eq!(request(&["--contract-published", "-d", &from_file])["request"]["body"], json!([1]));
    }

    #[test]
    fn a_preset_stands_in_place_of_a_request_and_its_secrets_may_stand_in_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s=3cret\n").unwrap();
        let token = format!("token=@{}", file.display());

        let arguments = ["--preset", "slack", "--parameter", "a=b=c", "--parameter", &token, "--contract-published"];
        assert_eq!(
            parse_all(&arguments).unwrap().request().unwrap(),
            json!({
                "events": [{ "name": "contract_published" }],
                "preset": { "name": "slack", "parameters": { "a": "b=c", "token": "s=3cret" } },
            })
        );
    }

    #[test]
    fn a_preset_goes_with_no_address_and_its_parameters_with_nothing_else() {
        for wrong in [
            &["--contract-published"][..],
            &["https://ci/x", "--preset", "slack", "--contract-published"],
            &["--preset", "slack", "--data", "x", "--contract-published"],
            &["--preset", "slack", "-u", "a:b", "--contract-published"],
            &["https://ci/x", "--parameter", "a=b", "--contract-published"],
        ] {
            assert_eq!(parse_all(wrong).unwrap_err().exit_code(), 2, "{wrong:?}");
        }
        for wrong in [&["s3cret"][..], &["=x"], &["a=1", "--parameter", "a=2"], &["a=@/nothing"]] {
            let arguments = [&["--preset", "slack", "--contract-published", "--parameter"], wrong].concat();
            let failure = parse_all(&arguments).unwrap().request().unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(!failure.message.contains("s3cret"), "{}", failure.message);
        }
    }

    #[test]
    fn without_an_event_or_with_two_scopes_it_is_wrong_usage() {
        assert_eq!(parse(&[]).unwrap_err().exit_code(), 2);
        let both = ["--contract-published", "--consumer", "a", "--consumer-label", "b"];
        assert_eq!(parse(&both).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_header_without_a_colon_is_wrong_usage() {
        let failure = parse(&["--contract-published", "-H", "X"]).unwrap().request().unwrap_err();

        assert_eq!(failure.exit, Exit::Usage);
    }

    #[test]
    fn the_official_clients_other_name_for_it_works() {
        let arguments = ["pactolus", "create-or-update-webhook", "https://ci/x", "--uuid", "u", "--contract-published"];

        assert!(crate::Program::try_parse_from(arguments).is_ok());
    }
}
