//! `pactolus compare`: holds consumers' contracts against a provider's API document, here and now, without a server.

mod github;
mod junit;
mod sarif;
mod text;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use pactolus_oas::comparison::{Comparator, Profile};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::finding::{Finding, Severity};
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

use crate::outcome::{Exit, Failure};
use crate::terminal::{Style, print, remark};

const EXAMPLES: &str = "\
Examples:
  # May the consumers rely on what the document says?
  pactolus compare --oas openapi.yaml --contract shop-stock.json --contract app-stock.json

  # In a pull request on GitHub, or for a tool that reads SARIF
  pactolus compare --oas openapi.yaml --contract pacts/*.json --format github
  pactolus compare --oas openapi.yaml --contract pacts/*.json --format sarif > findings.sarif

OpenAPI 3.0 to 3.2, Swagger 2, AsyncAPI 2 and 3 and JSON Schema, JSON or YAML; nothing is fetched. With --profile sound
(the default) all that either side may send counts, as far as matching rules and schemas tell; with --profile compatible
the examples do, to the same findings as existing comparators.

Exit codes: 0 nothing speaks against it · 1 the two do not fit · 2 wrong usage, or a file that cannot be read ·
3 the time limit was exceeded";

#[derive(Debug, Clone, clap::Args)]
#[command(about = "Hold consumers' contracts against a provider's API document", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The provider's document
    #[arg(long, value_name = "FILE")]
    oas: PathBuf,

    /// A consumer's contract (can be repeated, and name several)
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    contract: Vec<PathBuf>,

    /// What counts
    #[arg(long, value_enum, default_value_t = ProfileName::Sound)]
    profile: ProfileName,

    /// How to tell
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Give up after that time, for files that nobody vouches for
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProfileName {
    /// All that either side may send
    Sound,
    /// The examples, as existing comparators do
    Compatible,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// {"findings": […]}
    Json,
    /// A test report
    Junit,
    /// For code scanning
    Sarif,
    /// Annotations of a workflow
    Github,
}

/// What one contract and the document have against each other.
struct Compared {
    /// The contract's file.
    file: String,
    /// What its interactions are called, in order.
    interactions: Vec<String>,
    findings: Vec<Finding>,
}

/// All of it.
struct Comparison {
    /// The document's file.
    document: String,
    contracts: Vec<Compared>,
}

/// Runs the whole command.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    let compared = match arguments.time_limit {
        Some(seconds) => compare_within(Duration::from_secs(seconds), arguments, compare),
        None => compare(arguments),
    };
    match compared {
        Ok(comparison) => {
            print(&comparison.told_as(arguments.format));
            if comparison.is_compatible() { Exit::Yes } else { Exit::No }
        }
        Err(failure) => {
            remark(&failure.to_text());
            failure.exit
        }
    }
}

/// Compares in a thread of its own, which the end of the program ends, too, wherever it then is.
fn compare_within(
    limit: Duration,
    arguments: &Arguments,
    compare: fn(&Arguments) -> Result<Comparison, Failure>,
) -> Result<Comparison, Failure> {
    let (done, finished) = mpsc::channel();
    let arguments = arguments.clone();
    std::thread::spawn(move || {
        // Nobody waits any longer if the limit is exceeded.
        let _ = done.send(compare(&arguments));
    });
    finished.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => Failure::new(
            Exit::NotAsked,
            "timeout",
            format!("the comparison took longer than {} s; a higher --time-limit gives it more", limit.as_secs()),
        ),
        mpsc::RecvTimeoutError::Disconnected => {
            Failure::new(Exit::NotAsked, "not-understood", "the comparison ended without an answer")
        }
    })?
}

fn compare(arguments: &Arguments) -> Result<Comparison, Failure> {
    let budget = Budget::default();
    let name = arguments.oas.display().to_string();
    let document = Document::load(&read(&arguments.oas)?, &budget)
        .map_err(|error| Failure::usage(format!("{name} cannot be used: {error}")))?;
    let profile = match arguments.profile {
        ProfileName::Sound => Profile::Sound,
        ProfileName::Compatible => Profile::Compatible,
    };
    let comparator = Comparator::new(&document, profile);
    let mut contracts = Vec::new();
    for path in &arguments.contract {
        let file = path.display().to_string();
        let contract = Contract::load(&read(path)?, &budget)
            .map_err(|error| Failure::usage(format!("{file} cannot be used: {error}")))?;
        let findings = comparator.compare(&contract).findings;
        let interactions = contract.interactions().iter().map(|interaction| interaction.description.clone()).collect();
        contracts.push(Compared { file, interactions, findings });
    }
    Ok(Comparison { document: name, contracts })
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("can't read {}: {error}", path.display())))
}

impl Comparison {
    fn is_compatible(&self) -> bool {
        self.all().all(|(_, finding)| finding.severity < Severity::Error)
    }

    fn all(&self) -> impl Iterator<Item = (&Compared, &Finding)> {
        self.contracts.iter().flat_map(|contract| contract.findings.iter().map(move |finding| (contract, finding)))
    }

    fn told_as(&self, format: Format) -> String {
        match format {
            Format::Text => text::text(self, Style::of_stdout()),
            Format::Json => format!("{:#}\n", self.json()),
            Format::Junit => junit::junit(self),
            Format::Sarif => format!("{:#}\n", sarif::sarif(self)),
            Format::Github => github::annotations(self),
        }
    }

    /// Each finding with the files that it is about.
    fn json(&self) -> Value {
        let findings = self.all().map(|(contract, finding)| {
            let mut finding = serde_json::to_value(finding).unwrap_or_default();
            finding["contractFile"] = contract.file.as_str().into();
            finding["documentFile"] = self.document.as_str().into();
            finding
        });
        json!({ "findings": findings.collect::<Value>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const DOCUMENT: &str = r#"openapi: 3.0.3
info: {title: stock, version: "1"}
paths:
  /items/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        "200":
          description: an item
          content:
            application/json:
              schema:
                type: object
                required: [sku]
                properties:
                  sku: {type: string}
                  left: {type: integer}
"#;

    /// `shop` relies on `left`, which the document promises to be a number, and on `colour`, which it does not know.
    pub(super) fn comparison(body: &Value) -> Comparison {
        let contract = json!({
            "consumer": { "name": "shop" },
            "provider": { "name": "stock" },
            "interactions": [{
                "description": "an item",
                "request": { "method": "GET", "path": "/items/7" },
                "response": { "status": 200, "headers": { "Content-Type": "application/json" }, "body": body },
            }],
            "metadata": { "pactSpecification": { "version": "2.0.0" } },
        });
        let document = Document::load(DOCUMENT, &Budget::default()).unwrap();
        let contract = Contract::load(&contract.to_string(), &Budget::default()).unwrap();
        let findings = Comparator::new(&document, Profile::Compatible).compare(&contract).findings;
        let compared = Compared { file: "shop.json".into(), interactions: vec!["an item".into()], findings };
        Comparison { document: "openapi.yaml".into(), contracts: vec![compared] }
    }

    #[test]
    fn what_fits_is_a_yes() {
        let comparison = comparison(&json!({ "sku": "pen", "left": 7 }));

        assert!(comparison.is_compatible(), "{:#}", comparison.json());
        assert_eq!(comparison.json(), json!({ "findings": [] }));
    }

    #[test]
    fn a_finding_says_what_where_and_how_bad() {
        let comparison = comparison(&json!({ "sku": "pen", "left": "7" }));

        let json = comparison.json();
        let finding = &json["findings"][0];
        assert!(!comparison.is_compatible());
        assert_eq!((&finding["code"], &finding["severity"]), (&json!("response.body.incompatible"), &json!("error")));
        assert_eq!((&finding["contractFile"], &finding["documentFile"]), (&json!("shop.json"), &json!("openapi.yaml")));
    }

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(given: &[&str]) -> Result<Arguments, clap::Error> {
        use clap::Parser as _;

        let all = ["pactolus", "--oas", "missing.yaml", "--contract", "missing.json"].iter().chain(given);
        Command::try_parse_from(all).map(|command| command.arguments)
    }

    #[test]
    fn a_comparison_that_never_ends_is_given_up() {
        let endless = |_: &Arguments| -> Result<Comparison, Failure> {
            loop {
                std::thread::park();
            }
        };

        let given_up = compare_within(Duration::from_millis(1), &arguments(&[]).unwrap(), endless);

        let failure = given_up.err().unwrap();
        assert_eq!((failure.exit, failure.kind), (Exit::NotAsked, "timeout"));
    }

    #[test]
    fn within_the_limit_the_answer_is_the_same_as_without() {
        let arguments = arguments(&["--time-limit", "600"]).unwrap();

        let limited = compare_within(Duration::from_mins(10), &arguments, compare).err().unwrap();

        assert_eq!(limited, compare(&arguments).err().unwrap());
        assert_eq!(limited.exit, Exit::Usage);
    }

    #[test]
    fn a_limit_of_no_time_is_wrong_usage() {
        assert!(arguments(&["--time-limit", "0"]).is_err());
    }

    #[test]
    fn each_format_tells_of_the_finding() {
        let comparison = comparison(&json!({ "sku": "pen", "left": "7" }));

        for format in [Format::Text, Format::Json, Format::Junit, Format::Sarif, Format::Github] {
            let told = comparison.told_as(format);
            assert!(told.contains("response.body.incompatible") && told.contains("shop.json"), "{format:?}: {told}");
        }
    }
}
