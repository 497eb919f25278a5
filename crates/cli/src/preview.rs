//! `pactolus preview`: what a provider's new document would do to the consumers that a server knows. Nothing is stored.

mod allowed;
mod item;
mod reports;
mod text;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::StatusCode;
use serde_json::{Value, json};

use self::allowed::Allowed;
use self::item::{Item, Level};
use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure};
use crate::terminal::{Style, print, remark};

const EXAMPLES: &str = "\
Examples:
  # Whom would the new document hit, of those that run in production?
  pactolus preview --oas openapi.yaml --provider stock --environment production

  # In a pull request: a comment, annotations, or a report; findings that are accepted stand in a file
  pactolus preview --oas openapi.yaml --provider stock --environment production --format markdown > comment.md
  pactolus preview --oas openapi.yaml --provider stock --environment production --format github --allow accepted.json

The file of accepted findings is a list; each entry says which finding, where in one of the documents, why, and until when:
  [{\"id\": \"response-required-property-removed\", \"pointer\": \"/components/schemas/Item/properties/price\",
    \"reason\": \"shop moves to /prices\", \"expires\": \"2027-01-31\"}]

Exit codes: 0 nothing of that level · 1 something is, or there is no such provider, or it has no document · 2 wrong usage, a file
that cannot be read, or an acceptance that has expired · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Tell whom a provider's new document would hit", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The provider's new document
    #[arg(long, value_name = "FILE")]
    oas: PathBuf,

    /// The provider
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    provider: String,

    /// Only those that run there count, and what the provider runs there is the old document
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
    /// The new document's file.
    file: String,
    provider: String,
    answer: Value,
    /// The gravest first.
    items: Vec<Item>,
    /// Acceptances that accepted nothing.
    idle: Vec<String>,
    least: Level,
}

impl Told {
    fn counts(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| self.fails(item))
    }

    fn fails(&self, item: &Item) -> bool {
        item.level >= self.least && item.accepted.is_none()
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
            if told.counts().next().is_none() { Exit::Yes } else { Exit::No }
        }
        Err(failure) => {
            remark(&failure.to_text());
            failure.exit
        }
    }
}

async fn told(arguments: &Arguments) -> Result<Told, Failure> {
    let document = read(&arguments.oas)?;
    let allowed = match &arguments.allow {
        Some(path) => Allowed::read(&path.display().to_string(), &read(path)?, today())?,
        None => Allowed::default(),
    };
    let broker = Broker::open(&arguments.connection)?;
    let provider = arguments.provider.as_str();
    let address = broker.relation("pf:preview-provider-contract", &[("provider", provider)]).await?;
    let asked = json!({ "environment": arguments.environment, "contract": { "content": BASE64.encode(&document) } });
    let answer = broker.post(&address, &asked, Repeat::Safe).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let said = answer.body["error"].as_str().unwrap_or("there is no such provider").to_owned();
        return Err(Failure::new(Exit::No, "missing", said).with_status(404));
    }
    let answer = answer.accepted(&format!("could not preview what {provider} would do"))?;
    let mut items = item::items(&answer);
    let idle = allowed.accept(&mut items);
    let file = arguments.oas.display().to_string();
    Ok(Told { file, provider: provider.to_owned(), answer, items, idle, least: arguments.fail_on.least() })
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
        json["passed"] = self.counts().next().is_none().into();
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
