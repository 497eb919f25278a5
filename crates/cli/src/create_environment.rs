//! `pactolus create-environment`: makes a place that versions can be deployed or released to.

use serde_json::{Value, json};

use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::Style;

const EXAMPLES: &str = "\
Example:
  pactolus create-environment --name production --display-name Production --production

Exit codes: 0 created · 2 wrong usage, or the server rejects it (the name is taken) ·
3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Create an environment", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Name that commands use, without spaces
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,

    /// Name that people read
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,

    /// It is a production environment
    #[arg(long, overrides_with = "no_production")]
    production: bool,

    /// It is not a production environment [default]
    #[arg(long, overrides_with = "production")]
    no_production: bool,

    /// Team or person who answers for it
    #[arg(long, value_name = "NAME")]
    contact_name: Option<String>,

    /// Email address of the team or person
    #[arg(long, value_name = "ADDRESS")]
    contact_email_address: Option<String>,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let address = broker.relation("pb:environments", &[]).await?;
    let answer = broker.post(&address, &arguments.request(), Repeat::OnlyIfNotTaken).await?;
    let name = &arguments.name;
    let environment = answer.accepted(&format!("could not create the environment {name}"))?;

    let uuid = environment["uuid"].as_str().map(str::to_owned);
    let shown_uuid = uuid.as_deref().unwrap_or("unknown");
    let kind = if arguments.production { "production environment" } else { "environment" };
    let sentence = format!("Created {kind} {name} (UUID {shown_uuid}).");
    Ok(Outcome {
        exit: Exit::Yes,
        text: format!("{}\n", Style::of_stdout().green(&sentence)),
        json: environment,
        id: uuid,
    })
}

impl Arguments {
    fn request(&self) -> Value {
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let mut request = json!({ "name": self.name, "production": self.production });
        if let Some(display_name) = given(&self.display_name) {
            request["displayName"] = display_name.into();
        }
        let (name, email) = (given(&self.contact_name), given(&self.contact_email_address));
        if name.is_some() || email.is_some() {
            let mut contact = json!({});
            if let Some(name) = name {
                contact["name"] = name.into();
            }
            if let Some(email) = email {
                contact["details"] = json!({ "emailAddress": email });
            }
            request["contacts"] = json!([contact]);
        }
        request
    }
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

    fn check(arguments: &[&str], expected: &Value) {
        let arguments = ["pactolus", "--name", "prod"].iter().chain(arguments);
        assert_eq!(&Command::try_parse_from(arguments).unwrap().arguments.request(), expected);
    }

    #[test]
    fn the_request_holds_what_was_said() {
        check(&[], &json!({ "name": "prod", "production": false }));
        check(
            &["--display-name", "Production", "--production", "--contact-name", "Team"],
            &json!({
                "name": "prod", "production": true, "displayName": "Production", "contacts": [{ "name": "Team" }],
            }),
        );
        check(
            &["--contact-name", "Team", "--contact-email-address", "t@example.com"],
            &json!({
                "name": "prod",
                "production": false,
                "contacts": [{ "name": "Team", "details": { "emailAddress": "t@example.com" } }],
            }),
        );
    }

    #[test]
    fn the_last_word_on_production_counts() {
        check(&["--production", "--no-production"], &json!({ "name": "prod", "production": false }));
        check(&["--no-production", "--production"], &json!({ "name": "prod", "production": true }));
    }
}
