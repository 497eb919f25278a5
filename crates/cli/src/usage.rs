//! `pactolus usage`: who uses what of a provider, and what nobody uses.

use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::broker::{Broker, Connection};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::plain;
use crate::terminal::{Style, table};

const EXAMPLES: &str = "\
Examples:
  # Who reads the price, and where do they run?
  pactolus usage --provider stock --field price
  pactolus usage --provider stock --field /items/*/price --environment production

  # Who calls an operation, whatever it reads?
  pactolus usage --provider stock --method GET --path '/items/{id}'

  # What does nobody use of what the provider's document describes?
  pactolus usage --provider stock --unused --environment production

Of each consumer those versions count that run in the environment; without one, those that run anywhere, the head of the main
branch, and the latest.

Exit codes: 0 told, also that there is nothing · 1 there is no such provider, or it has no document · 2 wrong usage ·
3 the server could not be asked, or has not looked into all contracts yet";

#[derive(Debug, clap::Args)]
#[command(about = "Tell which consumers use what of a provider, or what nobody uses", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The provider
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    provider: String,

    /// The way to a field, its last step, or the name of a parameter or header
    #[arg(long, value_name = "NAME", conflicts_with = "unused")]
    field: Option<String>,

    /// What kind of thing: operation, query, request-header, request-body, status, response-header, response-body, payload, metadata
    #[arg(long, value_name = "PART", conflicts_with = "unused")]
    part: Option<String>,

    /// Method of an operation
    #[arg(long, value_name = "METHOD", conflicts_with = "unused")]
    method: Option<String>,

    /// Path of an operation, as the document writes it or as a request has it
    #[arg(long, value_name = "PATH", conflicts_with = "unused")]
    path: Option<String>,

    /// Only what runs there
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,

    /// List what nobody uses
    #[arg(long)]
    unused: bool,

    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let relation = if arguments.unused { "pf:provider-unused" } else { "pf:provider-usage" };
    let mut address = broker.relation(relation, &[("provider", &arguments.provider)]).await?;
    arguments.ask(&mut address);
    let list = if arguments.unused { "unused" } else { "consumers" };
    let pages = pages(&broker, address, list, &arguments.provider).await?;
    let (text, exit) =
        if arguments.unused { unused(&pages, Style::of_stdout()) } else { consumers(&pages, Style::of_stdout()) };
    let mut json = json!({ list: pages.listed });
    for key in ["document", "isComplete", "unread"] {
        if let Some(value) = pages.first.get(key) {
            json[key] = value.clone();
        }
    }
    Ok(Outcome { exit, text, json, id: None })
}

impl Arguments {
    fn ask(&self, address: &mut Url) {
        let asked = [
            ("field", &self.field),
            ("part", &self.part),
            ("method", &self.method),
            ("path", &self.path),
            ("environment", &self.environment),
        ];
        let mut pairs = address.query_pairs_mut();
        for (name, value) in asked {
            if let Some(value) = value {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("size", "1000");
    }
}

/// All pages of a list.
struct Pages {
    /// What the first page says beside its entries.
    first: Value,
    listed: Vec<Value>,
}

async fn pages(broker: &Broker, mut address: Url, list: &str, provider: &str) -> Result<Pages, Failure> {
    let mut pages = Pages { first: Value::Null, listed: Vec::new() };
    loop {
        let answer = broker.get(&address).await?;
        if answer.status == StatusCode::NOT_FOUND {
            let said = answer.body["error"].as_str().map(str::to_owned);
            let message = said.unwrap_or_else(|| format!("there is no provider {provider}"));
            return Err(Failure::new(Exit::No, "missing", message).with_status(404));
        }
        let body = answer.accepted(&format!("could not look up what is used of {provider}"))?;
        pages.listed.extend(body["_embedded"][list].as_array().into_iter().flatten().cloned());
        let next = body["_links"]["next"]["href"].as_str().map(str::to_owned);
        if pages.first.is_null() {
            pages.first = body;
        }
        match next {
            Some(next) => address = broker.address(&next)?,
            None => return Ok(pages),
        }
    }
}

fn consumers(pages: &Pages, style: Style) -> (String, Exit) {
    let mut rows = Vec::new();
    for consumer in &pages.listed {
        for version in consumer["versions"].as_array().into_iter().flatten() {
            let places =
                [&version["environments"], &version["branches"]].into_iter().filter_map(Value::as_array).flatten();
            let mut places: Vec<String> = places.map(word).collect();
            if places.is_empty() {
                places.push("latest".to_owned());
            }
            rows.push(vec![word(&consumer["name"]), word(&version["number"]), places.join(", "), used(version)]);
        }
    }
    let mut text = if rows.is_empty() {
        "nobody uses it\n".to_owned()
    } else {
        table(&["CONSUMER", "VERSION", "WHERE", "USES"], &rows)
    };
    let unread = pages.first["unread"].as_i64().unwrap_or(0);
    if unread > 0 {
        let remark = format!("{unread} contracts are not looked into yet: there may be more; ask again later\n");
        text.push_str(&style.yellow(&remark));
        return (text, Exit::NotAsked);
    }
    (text, Exit::Yes)
}

/// The first use, and how many there are.
fn used(version: &Value) -> String {
    let first = &version["uses"][0];
    let count = version["useCount"].as_u64().unwrap_or(0);
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    format!("{}{more}", named(first))
}

fn named(used: &Value) -> String {
    let status = match &used["status"] {
        Value::Null => String::new(),
        status => format!(" {}", word(status)),
    };
    format!("{} {}{status} {} {}", word(&used["method"]), word(&used["path"]), word(&used["part"]), word(&used["name"]))
        .trim_end()
        .to_owned()
}

fn word(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    plain::line(&text, LONGEST)
}

fn unused(pages: &Pages, style: Style) -> (String, Exit) {
    let mut text = String::new();
    for offered in &pages.listed {
        text.push_str(&named(offered));
        text.push('\n');
    }
    let version = word(&pages.first["document"]["version"]);
    let count = pages.listed.len();
    if pages.first["isComplete"] == false {
        text.push_str(&style.yellow("not all contracts are looked into: some of this may be used\n"));
        return (text, Exit::NotAsked);
    }
    text.push_str(&style.faint(&match count {
        0 => format!("all that version {version} describes is used\n"),
        1 => format!("nobody uses this, of what version {version} describes\n"),
        many => format!("nobody uses these {many}, of what version {version} describes\n"),
    }));
    (text, Exit::Yes)
}
