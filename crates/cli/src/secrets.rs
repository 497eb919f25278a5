//! `pactolus secrets`: keeps what webhooks send and nobody reads. A value never comes from the command line, which whoever
//! lists the machine's processes can see.

use std::io::{IsTerminal as _, Read as _};

use serde_json::{Value, json};

use crate::broker::{Broker, Connection, Repeat, encode};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::{Style, table};

const EXAMPLES: &str = "\
Examples:
  pactolus secrets set DEPLOY_TOKEN --description \"Starts builds of stock\" < token.txt
  pactolus create-webhook https://ci.example.org/build --header 'Authorization: Bearer ${user.DEPLOY_TOKEN}' …
  pactolus secrets list
  pactolus secrets delete DEPLOY_TOKEN

A webhook sends the value where its request says ${user.NAME}. A new value counts from the next attempt on.

Exit codes: 0 done · 1 there is no such secret, or webhooks use it · 2 wrong usage, or the server rejects it ·
3 the server could not be asked";

const LIST_EXAMPLES: &str = "\
Example:
  pactolus secrets list --json

Exit codes: 0 done · 2 wrong usage · 3 the server could not be asked";

const SET_EXAMPLES: &str = "\
Examples:
  pactolus secrets set DEPLOY_TOKEN < token.txt
  pass show ci/deploy | pactolus secrets set DEPLOY_TOKEN --description \"Starts builds of stock\"
  pactolus secrets set DEPLOY_TOKEN --from-env DEPLOY_TOKEN

The value is read from standard input, without the line break at its end, or from a variable.

Exit codes: 0 kept · 2 wrong usage, or the server rejects it · 3 the server could not be asked";

const DELETE_EXAMPLES: &str = "\
Examples:
  pactolus secrets delete DEPLOY_TOKEN
  pactolus secrets delete DEPLOY_TOKEN --force

Exit codes: 0 deleted · 1 there is no such secret, or webhooks use it · 2 wrong usage · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Keep secrets that webhooks send: list, set, delete", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List secrets, without their values
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[command(flatten)]
        with: With,
    },
    /// Keep a secret, or give it another value
    #[command(after_help = SET_EXAMPLES)]
    Set {
        /// Letters, digits and _, beginning with a letter
        name: String,

        /// What it is for [default: what is there]
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,

        /// Environment variable that holds the value [default: the value is read from standard input]
        #[arg(long, value_name = "VARIABLE")]
        from_env: Option<String>,

        #[command(flatten)]
        with: With,
    },
    /// Delete a secret
    #[command(after_help = DELETE_EXAMPLES)]
    Delete {
        name: String,

        /// Although webhooks use it: their deliveries fail from then on
        #[arg(long)]
        force: bool,

        #[command(flatten)]
        with: With,
    },
}

/// Which server, and how to tell what it says.
#[derive(Debug, clap::Args)]
struct With {
    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

impl Arguments {
    pub(crate) fn output(&self) -> &Output {
        match &self.action {
            Action::List { with } | Action::Set { with, .. } | Action::Delete { with, .. } => &with.output,
        }
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    match &arguments.action {
        Action::List { with } => list(&Broker::open(&with.connection)?).await,
        Action::Set { name, description, from_env, with } => {
            let value = value(from_env.as_deref())?;
            set(&Broker::open(&with.connection)?, name, description.as_deref(), &value).await
        }
        Action::Delete { name, force, with } => delete(&Broker::open(&with.connection)?, name, *force).await,
    }
}

async fn list(broker: &Broker) -> Result<Outcome, Failure> {
    let mut secrets = Vec::new();
    let mut address = Some(broker.relation("pb:secrets", &[]).await?);
    while let Some(page) = address {
        let body = broker.get(&page).await?.accepted("could not list the secrets")?;
        secrets.extend(body["_embedded"]["secrets"].as_array().cloned().unwrap_or_default());
        address = body["_links"]["next"]["href"].as_str().map(|href| broker.address(href)).transpose()?;
    }
    let text = if secrets.is_empty() {
        "There are no secrets; pactolus secrets set keeps one.\n".to_owned()
    } else {
        table(&["NAME", "WEBHOOKS", "CHANGED", "DESCRIPTION"], &secrets.iter().map(row).collect::<Vec<_>>())
    };
    Ok(Outcome { exit: Exit::Yes, text, json: json!({ "secrets": secrets }), id: None })
}

fn row(secret: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changed = if secret["updatedAt"].is_string() { &secret["updatedAt"] } else { &secret["createdAt"] };
    vec![text(&secret["name"]), secret["usedByWebhooks"].to_string(), text(changed), text(&secret["description"])]
}

async fn set(broker: &Broker, name: &str, description: Option<&str>, value: &str) -> Result<Outcome, Failure> {
    let found = find(broker, name).await?;
    let mut body = json!({ "name": name, "value": value });
    let before = found.as_ref().map_or(&Value::Null, |secret| &secret["description"]);
    body["description"] = description.map_or_else(|| before.clone(), Value::from);
    let what = format!("could not keep the secret {name}");
    let (secret, sentence) = if let Some(secret) = &found {
        let answer = broker.put(&own_address(broker, secret)?, &body).await?;
        (answer.accepted(&what)?, format!("Changed the secret {name}."))
    } else {
        let address = broker.relation("pb:secrets", &[]).await?;
        let answer = broker.post(&address, &body, Repeat::OnlyIfNotTaken).await?;
        (answer.accepted(&what)?, format!("Kept the secret {name}."))
    };
    let id = secret["uuid"].as_str().map(str::to_owned);
    let usage = format!("Webhooks send it where they say ${{user.{name}}}.");
    let text = format!("{}\n{usage}\n", Style::of_stdout().green(&sentence));
    Ok(Outcome { exit: Exit::Yes, text, json: secret, id })
}

async fn delete(broker: &Broker, name: &str, force: bool) -> Result<Outcome, Failure> {
    let Some(secret) = find(broker, name).await? else {
        return Err(Failure::new(Exit::No, "missing", format!("there is no secret {name}")));
    };
    let mut address = own_address(broker, &secret)?;
    if force {
        address.set_query(Some("force=true"));
    }
    broker.delete(&address).await?.accepted(&format!("could not delete the secret {name}"))?;
    let text = format!("{}\n", Style::of_stdout().green(&format!("Deleted the secret {name}.")));
    Ok(Outcome { exit: Exit::Yes, text, json: json!({ "deleted": name }), id: None })
}

async fn find(broker: &Broker, name: &str) -> Result<Option<Value>, Failure> {
    let mut address = broker.relation("pb:secrets", &[]).await?;
    address.set_query(Some(&format!("name={}", encode(name))));
    let body = broker.get(&address).await?.accepted("could not look for the secret")?;
    Ok(body["_embedded"]["secrets"].as_array().and_then(|found| found.first()).cloned())
}

fn own_address(broker: &Broker, secret: &Value) -> Result<url::Url, Failure> {
    broker.address(secret["_links"]["self"]["href"].as_str().unwrap_or_default())
}

fn value(from_env: Option<&str>) -> Result<String, Failure> {
    if let Some(name) = from_env {
        return std::env::var(name).map_err(|error| Failure::usage(format!("the variable {name}: {error}")));
    }
    let mut input = std::io::stdin();
    if input.is_terminal() {
        // What is typed here would stand on the screen.
        return Err(Failure::usage("give the value on standard input (… < token.txt), or name a variable: --from-env"));
    }
    let mut value = String::new();
    let read = input.read_to_string(&mut value);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read as text: {error}")))?;
    Ok(without_line_break(&value).to_owned())
}

/// Editors and `echo` end a line with it.
fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_not_of_the_value() {
        assert_eq!(without_line_break("a\n"), "a");
        assert_eq!(without_line_break("a\r\n"), "a");
        assert_eq!(without_line_break(" a\n\n"), " a\n");
    }

    #[test]
    fn each_action_has_an_example_and_takes_no_value() {
        #[derive(clap::Parser)]
        struct Program {
            #[command(flatten)]
            arguments: Arguments,
        }
        let mut command = <Program as clap::CommandFactory>::command();
        for name in ["list", "set", "delete"] {
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();

            assert!(help.contains("Example") && help.contains(&format!("pactolus secrets {name}")), "{name}: {help}");
            assert!(help.contains("Exit codes: 0") && !help.contains("--value"), "{name}");
        }
        assert!(<Program as clap::Parser>::try_parse_from(["pactolus", "set", "A", "s3cret"]).is_err());
    }
}
