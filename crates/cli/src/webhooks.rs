//! `pactolus webhooks`: which there are, whether they work, what became of their deliveries, and making these again.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::{Style, table};

const EXAMPLES: &str = "\
Examples:
  # Which webhooks there are
  pactolus webhooks list

  # Call one now, and see what is sent and answered
  pactolus webhooks test 6a0b1c2d3e4f5061

  # What was given up lately, and one delivery attempt by attempt
  pactolus webhooks deliveries --status failure
  pactolus webhooks deliveries --delivery 0195fd3e-7d3a-7000-8000-000000000000

  # Deliver again what was given up in a night
  pactolus webhooks replay --since 2026-01-31T22:00:00Z --until 2026-02-01T06:00:00Z";

const LIST_EXAMPLES: &str = "\
Example:
  pactolus webhooks list

Exit codes: 0 listed · 2 wrong usage · 3 the server could not be asked";

const TEST_EXAMPLES: &str = "\
Example:
  pactolus webhooks test 6a0b1c2d3e4f5061

The server calls the receiver with the latest contract that the webhook is for, or with made up
values where there is none.

Exit codes: 0 the receiver took it · 1 it did not, or there is no such webhook ·
2 wrong usage · 3 the server could not be asked";

const DELIVERIES_EXAMPLES: &str = "\
Examples:
  pactolus webhooks deliveries 6a0b1c2d3e4f5061 --status failure
  pactolus webhooks deliveries --delivery 0195fd3e-7d3a-7000-8000-000000000000

Exit codes: 0 listed · 1 there is no such webhook or delivery · 2 wrong usage ·
3 the server could not be asked";

const REPLAY_EXAMPLES: &str = "\
Examples:
  # One delivery, whether it failed or not
  pactolus webhooks replay 0195fd3e-7d3a-7000-8000-000000000000

  # All that were given up: of one webhook, of a time, or of all
  pactolus webhooks replay --webhook 6a0b1c2d3e4f5061
  pactolus webhooks replay --since 2026-01-31T22:00:00Z --until 2026-02-01T06:00:00Z
  pactolus webhooks replay --all

Exit codes: 0 under way again · 1 there is no such delivery, or it is under way still ·
2 wrong usage · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Look at webhooks, test them, and deliver again", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(List),
    Test(Test),
    Deliveries(Deliveries),
    Replay(Replay),
}

#[derive(Debug, clap::Args)]
#[command(about = "List the webhooks", after_help = LIST_EXAMPLES)]
struct List {
    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
#[command(about = "Call a webhook's receiver now", after_help = TEST_EXAMPLES)]
struct Test {
    /// The webhook's identifier
    uuid: String,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
#[command(about = "List what became of deliveries, newest first", after_help = DELIVERIES_EXAMPLES)]
struct Deliveries {
    /// Only those of this webhook
    uuid: Option<String>,

    /// Only those with this status; failure is what was given up
    #[arg(long, value_name = "STATUS", value_parser = ["not_run", "retrying", "success", "failure"])]
    status: Option<String>,

    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,

    /// Show this delivery with its attempts
    #[arg(long, value_name = "DELIVERY", conflicts_with_all = ["uuid", "status"])]
    delivery: Option<String>,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
#[command(about = "Deliver again what was given up, or one delivery", after_help = REPLAY_EXAMPLES)]
#[group(id = "which", required = true, multiple = true, args = ["delivery", "webhook", "since", "until", "all"])]
struct Replay {
    /// This delivery, whatever became of it
    #[arg(conflicts_with_all = ["webhook", "since", "until", "all"])]
    delivery: Option<String>,

    /// Those of this webhook that were given up
    #[arg(long, value_name = "UUID")]
    webhook: Option<String>,

    /// Those triggered then or later that were given up: 2026-01-31T22:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// Those triggered before that were given up
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// All that were given up
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> std::process::ExitCode {
    match &arguments.command {
        Command::List(list) => list.output.show(list.run().await),
        Command::Test(test) => test.output.show(test.run().await),
        Command::Deliveries(deliveries) => deliveries.output.show(deliveries.run().await),
        Command::Replay(replay) => replay.output.show(replay.run().await),
    }
}

impl List {
    async fn run(&self) -> Result<Outcome, Failure> {
        let broker = Broker::open(&self.connection)?;
        let address = broker.relation("pb:webhooks", &[]).await?;
        let listed = broker.get(&address).await?.accepted("could not list the webhooks")?;

        let webhooks = listed["_links"]["pb:webhooks"].as_array().cloned().unwrap_or_default();
        let rows: Vec<Vec<String>> = webhooks
            .iter()
            .map(|link| {
                let uuid = text(&link["href"]).rsplit('/').next().unwrap_or_default().to_owned();
                vec![uuid, text(&link["name"]), text(&link["title"])]
            })
            .collect();
        let shown = if rows.is_empty() {
            "There are no webhooks. Make one with: pactolus create-webhook\n".to_owned()
        } else {
            table(&["UUID", "NAME", "FOR"], &rows)
        };
        let json = rows.iter().map(|row| json!({"uuid": row[0], "name": row[1], "for": row[2]})).collect();
        Ok(Outcome { exit: Exit::Yes, text: shown, json: Value::Array(json), id: None })
    }
}

impl Test {
    async fn run(&self) -> Result<Outcome, Failure> {
        let broker = Broker::open(&self.connection)?;
        let webhook = broker.relation("pb:webhook", &[("uuid", &self.uuid)]).await?;
        let mut address = webhook.clone();
        address.set_path(&format!("{}/execute", webhook.path()));
        let answer = broker.post(&address, &json!({}), Repeat::OnlyIfNotTaken).await?;
        let tested = found(answer, &format!("could not test the webhook {}", self.uuid), "webhook")?;

        let style = Style::of_stdout();
        let success = tested["success"] == true;
        let verdict =
            if success { style.green("The receiver took it.") } else { style.red("The receiver did not take it.") };
        let exit = if success { Exit::Yes } else { Exit::No };
        let text = format!("{}\n{verdict}\n", text(&tested["logs"]).trim_end());
        Ok(Outcome { exit, text, json: tested, id: None })
    }
}

impl Deliveries {
    async fn run(&self) -> Result<Outcome, Failure> {
        let broker = Broker::open(&self.connection)?;
        if let Some(delivery) = &self.delivery {
            return self.one(&broker, delivery).await;
        }
        let mut address = broker.relation("pb:webhook-deliveries", &[]).await?;
        let mut pairs = address.query_pairs_mut();
        pairs.append_pair("size", &self.limit.to_string());
        if let Some(status) = &self.status {
            pairs.append_pair("status", status);
        }
        if let Some(uuid) = &self.uuid {
            pairs.append_pair("webhook", uuid);
        }
        drop(pairs);
        let listed = broker.get(&address).await?.accepted("could not list the deliveries")?;

        let deliveries = listed["_embedded"]["deliveries"].as_array().cloned().unwrap_or_default();
        let rows: Vec<Vec<String>> = deliveries.iter().map(row).collect();
        let text = if rows.is_empty() {
            "There are no such deliveries.\n".to_owned()
        } else {
            table(&["TRIGGERED", "EVENT", "ABOUT", "STATUS", "TRIES", "DELIVERY", "LAST"], &rows)
        };
        Ok(Outcome { exit: Exit::Yes, text, json: Value::Array(deliveries), id: None })
    }

    async fn one(&self, broker: &Broker, delivery: &str) -> Result<Outcome, Failure> {
        let answer = broker.get(&of_delivery(broker, delivery, "").await?).await?;
        let shown = found(answer, &format!("could not show the delivery {delivery}"), "delivery")?;

        let cells = row(&shown);
        let mut parts = vec![format!("{} of {}, about {}: {}\n", cells[1], cells[0], cells[2], cells[3])];
        for attempt in shown["attempts"].as_array().into_iter().flatten() {
            let (number, took) = (&attempt["number"], &attempt["durationMs"]);
            parts.push(format!("\nAttempt {number}, {}, took {took} ms\n", text(&attempt["createdAt"])));
            parts.push(text(&attempt["logs"]));
        }
        if let Some(next) = shown["nextAttemptAt"].as_str() {
            parts.push(format!("\nIt is tried again at {next}, or later if the receiver is down.\n"));
        }
        let lines = parts.concat();
        Ok(Outcome { exit: Exit::Yes, text: lines, json: shown, id: None })
    }
}

impl Replay {
    async fn run(&self) -> Result<Outcome, Failure> {
        let broker = Broker::open(&self.connection)?;
        if let Some(delivery) = &self.delivery {
            let address = of_delivery(&broker, delivery, "/replay").await?;
            let answer = broker.post(&address, &json!({}), Repeat::OnlyIfNotTaken).await?;
            let json = found(answer, &format!("could not deliver {delivery} again"), "delivery")?;
            let sentence = format!("Delivery {delivery} is under way again.");
            let text = format!("{}\n", Style::of_stdout().green(&sentence));
            return Ok(Outcome { exit: Exit::Yes, text, json, id: Some(delivery.clone()) });
        }
        let body = json!({"webhook": self.webhook, "since": self.since, "until": self.until});
        let address = of_delivery(&broker, "replay", "").await?;
        let mut replayed = 0;
        loop {
            let answer = broker.post(&address, &body, Repeat::OnlyIfNotTaken).await?;
            let answer = answer.accepted("could not deliver again")?;
            replayed += answer["replayed"].as_u64().unwrap_or(0);
            if answer["hasMore"] != true {
                break;
            }
        }
        let sentence = match replayed {
            0 => "Nothing was given up that could be delivered again.".to_owned(),
            1 => "One delivery is under way again.".to_owned(),
            _ => format!("{replayed} deliveries are under way again."),
        };
        let text = format!("{}\n", Style::of_stdout().green(&sentence));
        Ok(Outcome { exit: Exit::Yes, text, json: json!({"replayed": replayed}), id: None })
    }
}

async fn of_delivery(broker: &Broker, delivery: &str, suffix: &str) -> Result<url::Url, Failure> {
    let mut address = broker.relation("pb:webhook-deliveries", &[]).await?;
    let path = format!("{}/{}{suffix}", address.path(), crate::broker::encode(delivery));
    address.set_path(&path);
    Ok(address)
}

/// What is not there, or in a state that forbids it, is a no.
fn found(answer: crate::broker::Answer, what: &str, kind: &str) -> Result<Value, Failure> {
    match answer.status {
        StatusCode::NOT_FOUND => Err(Failure::new(Exit::No, "missing", format!("{what}: there is no such {kind}"))),
        StatusCode::CONFLICT => Err(Failure { exit: Exit::No, ..answer.refusal(what) }),
        _ => answer.accepted(what),
    }
}

fn row(delivery: &Value) -> Vec<String> {
    let sides = ["consumer", "provider"].map(|side| text(&delivery[side]["name"]));
    let sides: Vec<String> = sides.into_iter().filter(|name| !name.is_empty()).collect();
    let last = delivery["error"].as_str().map(str::to_owned);
    let last = last.or_else(|| delivery["responseStatus"].as_u64().map(|status| format!("answered {status}")));
    vec![
        text(&delivery["createdAt"]),
        text(&delivery["event"]),
        if sides.is_empty() { "-".to_owned() } else { sides.join(" and ") },
        text(&delivery["status"]),
        delivery["attemptsMade"].to_string(),
        text(&delivery["uuid"]),
        last.unwrap_or_default(),
    ]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
