//! `pactolus publish`: sends contracts to the server, all of a consumer's in one request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use url::Url;

use crate::broker::{Broker, Connection, Repeat, notices};
use crate::build_version::{BuildVersion, Given};
use crate::ci::{self, Build};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::pact_files::{self, PactFile};
use crate::terminal::{Progress, Style, remark};

const EXAMPLES: &str = "\
Examples:
  # In CI: version, branch and build URL come from the CI system's variables, or from git
  pactolus publish pacts

  # Everything said
  pactolus publish pacts/shop-stock.json --consumer-app-version 173153ae0 --branch main \\
      --build-url https://ci.example.com/build/1

  # Patterns, quoted so that the shell leaves them alone; tags, if you still use them
  pactolus publish '**/pacts/*.json' --tag dev,feat/login

Exit codes: 0 published · 1 refused (a pact of this version exists with other content) ·
2 wrong usage or a file that is no pact · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(
    about = "Publish contracts",
    after_help = EXAMPLES,
    disable_help_flag = true,
)]
pub(crate) struct Arguments {
    /// Files, folders (their *.json that are pacts) and patterns such as '**/pacts/*.json'
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// Version of the consumer [detected: commit]
    #[arg(short = 'a', long, value_name = "VERSION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    consumer_app_version: Option<String>,

    /// Branch of the consumer [detected]
    // The short form is the official client's; there it is not help either.
    #[arg(short = 'h', long, value_name = "BRANCH", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    branch: Option<String>,

    /// Tag for the version; may be repeated, or hold several parted by commas
    #[arg(short = 't', long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,

    /// Tag the version with the name of its branch
    #[arg(short = 'g', long)]
    tag_with_git_branch: bool,

    /// Where the build can be looked at [detected]
    #[arg(long, value_name = "URL")]
    build_url: Option<String>,

    /// Add to a pact that this version already has, for tests that run on several nodes
    #[arg(long)]
    merge: bool,

    /// Fail if the branch can't be detected (version, branch and build URL are detected in any case)
    #[arg(short = 'r', long)]
    auto_detect_version_properties: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help, help_heading = "Options")]
    help: Option<bool>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let found = pact_files::find(&arguments.paths, arguments.merge)?;
    let version = consumer_version(arguments, &ci::detect())?;
    if arguments.output.is_for_people() {
        for path in &found.skipped {
            remark(&format!("skipped {}: it is JSON, but not a pact\n", path.display()));
        }
    }

    let address = broker.relation("pb:publish-contracts", &[]).await?;
    let style = Style::of_stdout();
    let progress = Progress::of(found.pacts.len());
    let mut report = Report::of(&version);
    for (number, (consumer, pacts)) in (1..).zip(&found.pacts) {
        progress.step(number, &format!("publishing {consumer}"));
        let result = publish(&broker, &address, &request(&version, consumer, pacts, arguments.merge)).await;
        match result {
            // Nothing was published: say why, and nothing else.
            Err(failure) if found.pacts.len() == 1 => return Err(failure),
            Err(failure) if failure.exit == Exit::NotAsked => {
                report.add(consumer, pacts, Err(failure), style);
                report.leave_out(found.pacts.iter().skip(number), style);
                break;
            }
            result => report.add(consumer, pacts, result, style),
        }
    }
    progress.done();
    Ok(report.outcome())
}

/// Publishing the same again changes nothing, so it may be repeated.
async fn publish(broker: &Broker, address: &Url, request: &Value) -> Result<Value, Failure> {
    let consumer = request["pacticipantName"].as_str().unwrap_or_default();
    let version = request["pacticipantVersionNumber"].as_str().unwrap_or_default();
    let answer = broker.post(address, request, Repeat::Safe).await?;
    answer.accepted(&format!("could not publish {consumer} version {version}"))
}

/// The consumer version that is published: the same for all consumers.
fn consumer_version(arguments: &Arguments, build: &Build) -> Result<BuildVersion, Failure> {
    let given = Given {
        number: arguments.consumer_app_version.as_deref(),
        number_flag: "--consumer-app-version",
        branch: arguments.branch.as_deref(),
        tags: &arguments.tag,
        build_url: arguments.build_url.as_deref(),
        tag_with_branch: arguments.tag_with_git_branch,
        needs_branch: arguments.auto_detect_version_properties || arguments.tag_with_git_branch,
    };
    BuildVersion::of(&given, build)
}

fn request(version: &BuildVersion, consumer: &str, pacts: &[PactFile], merge: bool) -> Value {
    let contract = |pact: &PactFile| {
        let mut contract = json!({
            "consumerName": consumer,
            "providerName": pact.provider,
            "specification": "pact",
            "contentType": "application/json",
            "content": BASE64.encode(&pact.bytes),
        });
        if merge {
            contract["onConflict"] = "merge".into();
        }
        contract
    };
    let mut request = json!({ "pacticipantName": consumer });
    version.add_to(&mut request);
    request["contracts"] = pacts.iter().map(contract).collect();
    request
}

/// What became of each consumer's contracts. One that fails does not keep the others from being published.
struct Report {
    exit: Exit,
    text: String,
    version: Value,
    notices: Vec<Value>,
    publications: Vec<Value>,
}

impl Report {
    fn of(version: &BuildVersion) -> Self {
        Self {
            exit: Exit::Yes,
            text: version.to_text(),
            version: version.to_json(),
            notices: Vec::new(),
            publications: Vec::new(),
        }
    }

    fn add(&mut self, consumer: &str, pacts: &[PactFile], result: Result<Value, Failure>, style: Style) {
        let files: Vec<String> = pacts.iter().map(|pact| pact.path.display().to_string()).collect();
        let mut publication = Map::from_iter([
            ("consumer".to_owned(), consumer.into()),
            ("files".to_owned(), files.into()),
            ("published".to_owned(), result.is_ok().into()),
        ]);
        match result {
            Ok(answer) => {
                let said = notices(&answer);
                if said.is_empty() {
                    self.text.push_str(&style.green(&format!("Published {} pact(s) of {consumer}", pacts.len())));
                    self.text.push('\n');
                }
                for notice in &said {
                    self.text.push_str(&style.notice(notice));
                    self.text.push('\n');
                    self.notices.push(json!({ "type": notice.level, "text": notice.text }));
                }
                for key in ["_embedded", "_links"] {
                    publication.insert(key.to_owned(), answer[key].clone());
                }
            }
            Err(failure) => {
                if self.exit == Exit::Yes {
                    self.exit = failure.exit;
                }
                self.text.push_str(&style.red(failure.to_text().trim_end()));
                self.text.push('\n');
                publication.insert("error".to_owned(), failure.to_json()["error"].clone());
            }
        }
        self.publications.push(publication.into());
    }

    /// A server that is gone is not asked again for each consumer.
    fn leave_out<'a>(&mut self, rest: impl Iterator<Item = (&'a String, &'a Vec<PactFile>)>, style: Style) {
        for (consumer, pacts) in rest {
            let failure = Failure::new(Exit::NotAsked, "not-tried", format!("did not try to publish {consumer}"));
            self.add(consumer, pacts, Err(failure), style);
        }
    }

    fn outcome(self) -> Outcome {
        Outcome {
            exit: self.exit,
            text: self.text,
            json: json!({
                "published": self.exit == Exit::Yes,
                "version": self.version,
                "notices": self.notices,
                "publications": self.publications,
            }),
            id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::ci::Detected;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn version(arguments: &[&str], build: &Build) -> Result<BuildVersion, Failure> {
        let arguments = ["pactolus", "pacts"].iter().chain(arguments);
        consumer_version(&Command::try_parse_from(arguments).unwrap().arguments, build)
    }

    fn detected_build() -> Build {
        Build {
            version: Some(Detected::new("abc", "GITHUB_SHA")),
            branch: Some(Detected::new("feat/x", "GITHUB_REF")),
            url: Some(Detected::new("https://ci/1", "GITHUB_RUN_ID")),
            git_failure: None,
        }
    }

    fn pact() -> PactFile {
        PactFile {
            path: "a.json".into(),
            consumer: "shop".to_owned(),
            provider: "stock".to_owned(),
            bytes: b"{ }\n".to_vec(),
        }
    }

    #[test]
    fn the_request_is_the_one_that_every_broker_takes() {
        let version = version(&["-a", "1", "-h", "main", "-t", "a,b", "-t", "c"], &Build::default()).unwrap();

        assert_eq!(
            request(&version, "shop", &[pact()], false),
            json!({
                "pacticipantName": "shop",
                "pacticipantVersionNumber": "1",
                "branch": "main",
                "tags": ["a", "b", "c"],
                "contracts": [{
                    "consumerName": "shop",
                    "providerName": "stock",
                    "specification": "pact",
                    "contentType": "application/json",
                    "content": "eyB9Cg==",
                }],
            })
        );
    }

    #[test]
    fn merging_is_asked_for_contract_by_contract() {
        let version = version(&["-a", "1"], &Build::default()).unwrap();

        assert_eq!(request(&version, "shop", &[pact()], true)["contracts"][0]["onConflict"], "merge");
    }

    #[test]
    fn what_is_not_given_is_detected_and_its_source_shown() {
        let version = version(&["--branch", "mine"], &detected_build()).unwrap();

        assert_eq!(
            version.to_text(),
            "version abc (GITHUB_SHA), branch mine (--branch), build https://ci/1 (GITHUB_RUN_ID)\n"
        );
    }

    #[test]
    fn the_branch_becomes_a_tag_on_demand() {
        assert_eq!(version(&["-g", "-t", "dev"], &detected_build()).unwrap().tags, ["dev", "feat/x"]);
    }

    #[test]
    fn a_version_that_is_nowhere_is_wrong_usage() {
        let failure = version(&[], &Build::default()).unwrap_err();

        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("--consumer-app-version"));
    }

    #[test]
    fn a_branch_that_must_be_detected_and_is_not_is_wrong_usage() {
        assert!(version(&["-a", "1"], &Build::default()).unwrap().branch.is_none());
        assert_eq!(version(&["-a", "1", "-r"], &Build::default()).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn an_empty_version_is_wrong_usage() {
        assert!(Command::try_parse_from(["pactolus", "pacts", "-a", ""]).is_err());
    }
}
