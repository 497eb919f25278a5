//! `pactolus preview`: what a provider's new document would do to the consumers that a server knows, and what a consumer's new
//! contract demands of a provider. Nothing is stored.

mod allowed;
mod contract;
mod document;
mod item;
mod places;
mod reports;
mod text;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use self::allowed::Allowed;
use self::item::{Item, Level};
use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure};
use crate::terminal::{Style, print, remark};

const EXAMPLES: &str = "\
Examples:
  # Whom would the new document hit, of those that run in production?
  pactolus preview --oas openapi.yaml --provider stock --environment production

  # What does the new contract demand that the one in production did not, and does what runs there satisfy it?
  pactolus preview --contract pacts/shop-stock.json --environment production

  # In a pull request: a comment, annotations, or a report; findings that are accepted stand in a file
  pactolus preview --oas openapi.yaml --provider stock --environment production --format markdown > comment.md
  pactolus preview --oas openapi.yaml --provider stock --environment production --format github --allow accepted.json

The file of accepted findings is a list; each entry says which finding, where in one of the documents, why, and until when:
  [{\"id\": \"response-required-property-removed\", \"pointer\": \"/components/schemas/Item/properties/price\",
    \"reason\": \"shop moves to /prices\", \"expires\": \"2027-01-31\"}]

Exit codes: 0 nothing of that level · 1 something is, or there is no such provider, or it has no document · 2 wrong usage, a file
that cannot be read, or an acceptance that has expired · 3 the server could not be asked · 4 it is not known whether what runs there
satisfies the contract";

#[derive(Debug, clap::Args)]
#[command(about = "Tell whom a provider's new document would hit, or whether a consumer's new contract is satisfied",
          after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A provider's new document
    #[arg(
        long,
        value_name = "FILE",
        requires = "provider",
        required_unless_present = "contract",
        conflicts_with = "contract"
    )]
    oas: Option<PathBuf>,

    /// A consumer's new contract
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,

    /// The provider [default: the one that the contract names]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    provider: Option<String>,

    /// Only versions that run there count; the new file is compared with the one that runs there
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,

    /// How to tell
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// From which level on it is a no
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Breaking)]
    fail_on: FailOn,

    /// Findings that are accepted
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A comment
    Markdown,
    /// All that the server says
    Json,
    /// A test report
    Junit,
    /// For code scanning
    Sarif,
    /// Annotations of a workflow
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Somebody breaks
    Breaking,
    /// Somebody may break
    Warning,
    /// Anything changed
    Any,
}

impl FailOn {
    fn least(self) -> Level {
        match self {
            Self::Breaking => Level::Breaking,
            Self::Warning => Level::Warning,
            Self::Any => Level::Info,
        }
    }
}

/// What the server found, in the words of this command.
struct Told {
    /// The new file.
    file: String,
    story: Story,
    answer: Value,
    /// The gravest first.
    items: Vec<Item>,
    /// Acceptances that accepted nothing.
    idle: Vec<String>,
    least: Level,
}

/// What is said of all of it.
struct Story {
    /// What was compared with what.
    subject: String,
    /// Who was looked at.
    among: String,
    /// The heading if something breaks, if nothing does, and if that is not known.
    headings: [String; 3],
    /// More sentences, without a full stop.
    notes: Vec<String>,
}

impl Told {
    fn counts(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| self.fails(item))
    }

    fn fails(&self, item: &Item) -> bool {
        item.level >= self.least && item.accepted.is_none()
    }

    /// The worst that is not accepted, whatever the level from which it is a no.
    fn heading(&self) -> &str {
        let [breaks, fits, unknown] = &self.story.headings;
        let mut open = self.items.iter().filter(|item| item.accepted.is_none());
        if open.clone().any(|item| item.level == Level::Breaking) {
            breaks
        } else if open.any(|item| item.is_open) {
            unknown
        } else {
            fits
        }
    }

    fn exit(&self) -> Exit {
        if self.counts().next().is_some() {
            Exit::No
        } else if self.items.iter().any(|item| item.is_open && item.accepted.is_none()) {
            Exit::Unknown
        } else {
            Exit::Yes
        }
    }
}

/// Runs the whole command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    match told(arguments).await {
        Ok(told) => {
            print(&match arguments.format {
                Format::Text => text::text(&told, Style::of_stdout()),
                Format::Markdown => text::markdown(&told),
                Format::Json => format!("{:#}\n", told.json()),
                Format::Junit => reports::junit(&told),
                Format::Sarif => format!("{:#}\n", reports::sarif(&told)),
                Format::Github => reports::annotations(&told),
            });
            for idle in &told.idle {
                remark(&format!("note: {idle}\n"));
            }
            told.exit()
        }
        Err(failure) => {
            remark(&failure.to_text());
            failure.exit
        }
    }
}

async fn told(arguments: &Arguments) -> Result<Told, Failure> {
    let allowed = match &arguments.allow {
        Some(path) => Allowed::read(&path.display().to_string(), &read(path)?, today())?,
        None => Allowed::default(),
    };
    let (file, answer, mut items, story) = match (&arguments.oas, &arguments.contract) {
        (Some(oas), _) => {
            let provider = arguments.provider.clone().unwrap_or_default();
            let asking = Asking::of(arguments, oas)?;
            let words = [("provider", provider.as_str())];
            let answer = asking.ask("pf:preview-provider-contract", &words).await?;
            let items = document::items(&answer);
            let story = document::story(&asking.file, &provider, &answer);
            (asking.file, answer, items, story)
        }
        (None, Some(contract)) => {
            let asking = Asking::of(arguments, contract)?;
            let (consumer, provider) = contract::names(&asking, arguments.provider.as_deref())?;
            let words = [("provider", provider.as_str()), ("consumer", consumer.as_str())];
            let answer = asking.ask("pf:preview-contract", &words).await?;
            let items = contract::items(&answer);
            let story = contract::story(&asking.file, &answer);
            (asking.file, answer, items, story)
        }
        (None, None) => return Err(Failure::usage("name a document with --oas, or a contract with --contract")),
    };
    items.sort_by_key(|item| std::cmp::Reverse(item.level));
    let idle = allowed.accept(&mut items);
    Ok(Told { file, story, answer, items, idle, least: arguments.fail_on.least() })
}

/// A file, and whom to ask about it.
struct Asking<'a> {
    file: String,
    text: String,
    environment: Option<&'a str>,
    broker: Broker,
}

impl<'a> Asking<'a> {
    fn of(arguments: &'a Arguments, file: &Path) -> Result<Self, Failure> {
        Ok(Self {
            file: file.display().to_string(),
            text: read(file)?,
            environment: arguments.environment.as_deref(),
            broker: Broker::open(&arguments.connection)?,
        })
    }

    async fn ask(&self, relation: &str, words: &[(&str, &str)]) -> Result<Value, Failure> {
        let address: Url = self.broker.relation(relation, words).await?;
        let asked = json!({ "environment": self.environment, "contract": { "content": BASE64.encode(&self.text) } });
        let answer = self.broker.post(&address, &asked, Repeat::Safe).await?;
        if answer.status == StatusCode::NOT_FOUND {
            let said = answer.body["error"].as_str().unwrap_or("there is no such provider").to_owned();
            return Err(Failure::new(Exit::No, "missing", said).with_status(404));
        }
        answer.accepted(&format!("could not preview what {} would do", self.file))
    }
}

impl Told {
    fn json(&self) -> Value {
        let mut json = self.answer.clone();
        if let Value::Object(members) = &mut json {
            members.remove("_links");
        }
        let accepted = self.items.iter().filter_map(|item| {
            let reason = item.accepted.as_ref()?;
            Some(json!({ "id": item.id, "message": item.message, "reason": reason }))
        });
        json["accepted"] = accepted.collect();
        json["file"] = self.file.as_str().into();
        json["passed"] = (self.exit() == Exit::Yes).into();
        json
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("can't read {}: {error}", path.display())))
}

fn today() -> chrono::NaiveDate {
    #[expect(clippy::disallowed_methods, reason = "a command has no App")]
    let now = chrono::Utc::now();
    now.date_naive()
}
