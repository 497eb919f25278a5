//! `pactolus diff`: tells what a contract promises that another one does not, for two files or two published versions, and what
//! changed between two API documents.

mod documents;

use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use pactolus_domain::content::Content;
use pactolus_domain::contract_diff::{ContractDiff, contract_diff};
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::broker::{Answer, Broker, Connection};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::Style;

const EXAMPLES: &str = "\
Examples:
  # Two files, the older one first; no server is asked
  pactolus diff before/shop-stock.json pacts/shop-stock.json

  # What shop 2 promises anew, against the last pact before it that is different, or against that of shop 1
  pactolus diff --consumer shop --provider stock --version 2
  pactolus diff --consumer shop --provider stock --version 2 --with 1

  # Two API documents: what changed, and what of it breaks who relies on the old one
  pactolus diff before/openapi.yaml openapi.yaml
  pactolus diff --provider stock --from 40 --to 41

Order, ids, metadata and comments are no difference, nor are examples that the same matching rule governs on both
sides. A matching rule that differs is one. Paths start at the interaction.

Exit codes: 0 both promise the same, or no change of the API breaks anything · 1 they differ, a change breaks, or there is no such
pact, or none to compare with · 2 wrong usage, or a file that is neither · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Tell how two contracts differ in what they promise, or two API documents", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Two pact files or two API documents, the older one first
    #[arg(value_names = ["OLD", "NEW"], num_args = 2, required_unless_present_any = ["consumer", "from"])]
    files: Vec<PathBuf>,

    /// Consumer whose published versions are compared
    #[arg(long, value_name = "NAME", requires_all = ["provider", "version"], conflicts_with = "files",
          value_parser = NonEmptyStringValueParser::new())]
    consumer: Option<String>,

    /// Provider that the pacts are with
    #[arg(long, value_name = "NAME", conflicts_with = "files", value_parser = NonEmptyStringValueParser::new())]
    provider: Option<String>,

    /// Version of the consumer with the newer pact
    #[arg(short = 'e', long, value_name = "VERSION", requires = "consumer", conflicts_with = "files",
          value_parser = NonEmptyStringValueParser::new())]
    version: Option<String>,

    /// Version of the consumer with the older pact [default: the last one before with another pact]
    #[arg(long, value_name = "VERSION", requires = "version", conflicts_with = "files",
          value_parser = NonEmptyStringValueParser::new())]
    with: Option<String>,

    /// Version of the provider with the older API document
    #[arg(long, value_name = "VERSION", requires_all = ["provider", "to"], conflicts_with_all = ["files", "consumer"],
          value_parser = NonEmptyStringValueParser::new())]
    from: Option<String>,

    /// Version of the provider with the newer API document
    #[arg(long, value_name = "VERSION", requires = "from", value_parser = NonEmptyStringValueParser::new())]
    to: Option<String>,

    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A file that was read.
struct Text {
    name: String,
    text: String,
}

/// A contract, and what people call it.
struct Named {
    name: String,
    content: Content,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if let (Some(provider), Some(from), Some(to)) = (&arguments.provider, &arguments.from, &arguments.to) {
        let broker = Broker::open(&arguments.connection)?;
        return documents::published(&broker, provider, (from, to), Style::of_stdout()).await;
    }
    let [old, new] = match (&arguments.files[..], &arguments.consumer, &arguments.provider, &arguments.version) {
        ([old, new], ..) => {
            let [old, new] = [read(old)?, read(new)?];
            if documents::is_document(&old.text) && documents::is_document(&new.text) {
                return documents::compare(&old, &new, Style::of_stdout());
            }
            [contract(old)?, contract(new)?]
        }
        (_, Some(consumer), Some(provider), Some(version)) => {
            let published = Published { broker: Broker::open(&arguments.connection)?, consumer, provider };
            published.versions(version, arguments.with.as_deref()).await?
        }
        _ => return Err(Failure::usage("name two files, or --consumer, --provider and --version")),
    };
    let diff = contract_diff(&old.content, &new.content);
    Ok(Outcome {
        exit: if diff.is_empty() { Exit::Yes } else { Exit::No },
        text: text(&old, &new, &diff, Style::of_stdout()),
        json: json(&old, &new, &diff, &arguments.output)?,
        id: None,
    })
}

fn read(path: &Path) -> Result<Text, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("can't read {name}: {error}")))?;
    Ok(Text { name, text })
}

fn contract(Text { name, text }: Text) -> Result<Named, Failure> {
    let content = Content::parse(text)
        .map_err(|error| Failure::usage(format!("{name} is not a pact: its content {}", error.explanation())))?;
    Ok(Named { name, content })
}

/// What a consumer published for a provider. The server only has to serve pacts: any Pact Broker does.
struct Published<'a> {
    broker: Broker,
    consumer: &'a str,
    provider: &'a str,
}

impl Published<'_> {
    /// The older one, then the newer one.
    async fn versions(&self, version: &str, with: Option<&str>) -> Result<[Named; 2], Failure> {
        let Self { broker, consumer, provider } = self;
        let newer = broker.get(&self.address(version).await?).await?;
        let newer = self.found(newer, &format!("of {consumer} version {version}"))?;
        let older = if let Some(with) = with {
            let older = broker.get(&self.address(with).await?).await?;
            self.found(older, &format!("of {consumer} version {with}"))?
        } else {
            let href = newer.body["_links"]["pb:previous-distinct"]["href"].as_str().ok_or_else(|| {
                let message = "the server does not link the pact before; name its version with --with";
                Failure::new(Exit::NotAsked, "not-understood", message)
            })?;
            let older = broker.get(&broker.address(href)?).await?;
            if older.status == StatusCode::NOT_FOUND {
                let message = format!(
                    "there is nothing to compare with: no version of {consumer} before {version} has another pact with \
                     {provider}"
                );
                return Err(Failure::new(Exit::No, "missing", message).with_status(404));
            }
            self.found(older, "before")?
        };
        Ok([named(&older)?, named(&newer)?])
    }

    /// Where a pact is published it can be fetched as well.
    async fn address(&self, version: &str) -> Result<Url, Failure> {
        let words = [("provider", self.provider), ("consumer", self.consumer), ("consumerApplicationVersion", version)];
        self.broker.relation("pb:publish-pact", &words).await
    }

    fn found(&self, answer: Answer, which: &str) -> Result<Answer, Failure> {
        let Self { consumer, provider, .. } = self;
        if answer.status == StatusCode::NOT_FOUND {
            let message = format!("there is no pact between {consumer} and {provider} {which}");
            return Err(Failure::new(Exit::No, "missing", message).with_status(404));
        }
        if !answer.status.is_success() {
            return Err(answer.refusal(&format!("could not fetch the pact {which}")));
        }
        Ok(answer)
    }
}

fn named(answer: &Answer) -> Result<Named, Failure> {
    let content = Content::parse(answer.text.as_str()).map_err(|error| {
        let message = format!("the server sent no pact: its content {}", error.explanation());
        Failure::new(Exit::NotAsked, "not-understood", message)
    })?;
    let name = answer.body["_links"]["self"]["name"].as_str().unwrap_or("a published pact").to_owned();
    Ok(Named { name, content })
}

fn text(old: &Named, new: &Named, diff: &ContractDiff, style: Style) -> String {
    let mut text = style.faint(&format!("- {}\n+ {}\n", old.name, new.name));
    text.push('\n');
    for line in diff.to_text().lines() {
        text.push_str(&match line.trim_start().chars().next() {
            Some('+') => style.green(line),
            Some('-') => style.red(line),
            Some('~') => style.yellow(line),
            _ => line.to_owned(),
        });
        text.push('\n');
    }
    text
}

/// As the server tells it, with names in place of links. Programs read numbers as floating point.
fn json(old: &Named, new: &Named, diff: &ContractDiff, output: &Output) -> Result<Value, Failure> {
    let differences = match serde_json::to_value(diff) {
        Ok(differences) => differences,
        // Nobody looks.
        Err(_) if output.is_for_people() => return Ok(Value::Null),
        Err(error) => {
            let message = format!("the difference can't be told as JSON ({error}): ask for text");
            return Err(Failure::new(Exit::NotAsked, "not-understood", message));
        }
    };
    let counts = diff.counts();
    let summary =
        json!({"text": diff.summary(), "added": counts.added, "removed": counts.removed, "changed": counts.changed});
    let mut json = json!({
        "same": diff.is_empty(), "old": old.name, "new": new.name, "summary": summary, "remarks": diff.remarks(),
    });
    if let (Value::Object(members), Value::Object(differences)) = (&mut json, differences) {
        members.extend(differences);
    }
    Ok(json)
}
