//! `pactolus can-i-deploy`: asks the matrix whether versions may go somewhere, and says the answer in words, as a
//! table and as an exit code.

mod answer;
mod selectors;
mod what_if;

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::broker::{Broker, Connection, Repeat, encode};
use crate::ci;
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::{Style, remark};
use answer::{has_no_order, paragraphs};
use selectors::{Selector, Selectors, Which};
use what_if::Suppositions;

const EXAMPLES: &str = "\
Examples:
  # May this version go to production, next to what is there?
  pactolus can-i-deploy --pacticipant shop --version 173153ae0 --to-environment production

  # In CI: the version is the commit; wait up to five minutes for a verification that still runs
  pactolus can-i-deploy --pacticipant shop --to-environment production \\
      --retry-while-unknown 30 --retry-interval 10

  # Do these two fit together? The flags that choose a version follow their pacticipant
  pactolus can-i-deploy --pacticipant shop --version 173153ae0 --pacticipant stock --main-branch

  # What if stock 40 were deployed, and shop 42, which is not published yet, had the contracts of its main branch?
  pactolus can-i-deploy --pacticipant shop --version 42 --to-environment production --what-if \\
      --assume-version shop@42=main-branch --assume-deployed stock@40

  # May these two go together, and which goes first, if the verification that still runs passes?
  pactolus can-i-deploy --pacticipant shop --version 41 --pacticipant stock --version 40 \\
      --to-environment production --what-if --assume-result shop@41,stock@40=passed

Exit codes: 0 yes · 1 no (a verification failed, or a version does not exist) ·
2 wrong usage, or a name that the server does not know · 3 the server could not be asked ·
4 unknown (something is not verified yet)

Environment: PACT_BROKER_CAN_I_DEPLOY_DRY_RUN=true is --dry-run,
PACT_BROKER_CAN_I_DEPLOY_IGNORE=name,name is --ignore";

#[derive(Debug, clap::Args)]
#[command(about = "Ask whether a version may be deployed", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selectors: Selectors,

    /// Environment to deploy to: asks against every version that is deployed or released there
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "to")]
    to_environment: Option<String>,

    /// Tag that stands for where to deploy to: asks against the latest versions that have it
    #[arg(long, value_name = "TAG")]
    to: Option<String>,

    /// Ask against the heads of the main branches
    #[arg(skip)]
    to_main_branch: bool,

    /// How often to ask again while the answer is unknown, because a verification still runs
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    retry_while_unknown: u32,

    /// Seconds between two questions
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    retry_interval: u64,

    /// How many results the server may look at (Pact Brokers other than Pactolus stop at 100 and then answer
    /// "unknown")
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,

    /// Say the answer, but exit with 0 whatever it is, or if there is none
    #[arg(long, env = "PACT_BROKER_CAN_I_DEPLOY_DRY_RUN", value_parser = clap::builder::FalseyValueParser::new())]
    dry_run: bool,

    #[command(flatten)]
    suppositions: Suppositions,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,
}

const MERGE_EXAMPLES: &str = "\
Examples:
  # In a pull request: does this version fit to the main branches of everything it talks to?
  pactolus can-i-merge --pacticipant shop --version 173153ae0

Exit codes: 0 yes · 1 no (a verification failed, or a version does not exist) ·
2 wrong usage, or a name that the server does not know · 3 the server could not be asked ·
4 unknown (something is not verified yet)";

/// `pactolus can-i-merge`: the same question, the destination being everybody's main branch.
#[derive(Debug, clap::Args)]
#[command(about = "Ask whether a version fits to the main branches of its partners", after_help = MERGE_EXAMPLES)]
pub(crate) struct MergeArguments {
    #[command(flatten)]
    selectors: Selectors,

    /// How often to ask again while the answer is unknown, because a verification still runs
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    retry_while_unknown: u32,

    /// Seconds between two questions
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    retry_interval: u64,

    /// Say the answer, but exit with 0 whatever it is, or if there is none
    #[arg(long, env = "PACT_BROKER_CAN_I_MERGE_DRY_RUN", value_parser = clap::builder::FalseyValueParser::new())]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,
}

impl MergeArguments {
    pub(crate) fn as_question(&self) -> Arguments {
        Arguments {
            selectors: self.selectors.clone(),
            to_environment: None,
            to: None,
            to_main_branch: true,
            retry_while_unknown: self.retry_while_unknown,
            retry_interval: self.retry_interval,
            limit: None,
            dry_run: self.dry_run,
            suppositions: Suppositions::default(),
            connection: self.connection.clone(),
            output: self.output.clone(),
        }
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let answer = ask(arguments).await;
    if !arguments.dry_run {
        return answer;
    }
    match answer {
        Ok(mut outcome) => {
            outcome.text = format!("Dry run, the exit code is 0 whatever the answer. {}", outcome.text);
            Ok(Outcome { exit: Exit::Yes, ..outcome })
        }
        Err(failure) if failure.exit == Exit::Usage && failure.status.is_none() => Err(failure),
        Err(failure) => {
            let text = format!("Dry run, the exit code is 0 though there is no answer.\n{}", failure.to_text());
            Ok(Outcome { exit: Exit::Yes, text, json: failure.to_json(), id: None })
        }
    }
}

async fn ask(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let question = Question::of(arguments)?;
    let address = match question.what_if {
        Some(_) => broker.below("can-i-deploy/what-if"),
        None => broker.matrix(&question.to_query()),
    };

    if let Some(source) = question.detected_from.as_ref().filter(|_| !arguments.output.is_for_people()) {
        remark(&format!("asking about {}, the version being from {source}\n", question.subject()));
    }
    let mut asked = 0;
    loop {
        let answer = match &question.what_if {
            Some(body) => broker.post(&address, body, Repeat::Safe).await?,
            None => broker.get(&address).await?,
        };
        if question.what_if.is_some() && matches!(answer.status.as_u16(), 404 | 405) {
            let message = "the server knows no what-if: it is an older Pactolus, or another Pact Broker";
            return Err(Failure::new(Exit::NotAsked, "not-understood", message).with_status(answer.status.as_u16()));
        }
        let matrix = answer.accepted(&format!("could not ask about {}", question.subject()))?;
        let verdict = verdict(&matrix)?;
        if verdict != Exit::Unknown || asked >= arguments.retry_while_unknown {
            let page = question.page(broker.below("can-i-deploy")).filter(|_| matrix["reasons"].is_array());
            return Ok(question.answer(verdict, matrix, page.as_ref(), Style::of_stdout()));
        }
        asked += 1;
        let (interval, times) = (arguments.retry_interval, arguments.retry_while_unknown);
        remark(&format!("not known yet; asking again in {interval} s ({asked} of {times})\n"));
        tokio::time::sleep(Duration::from_secs(interval)).await;
    }
}

/// What is asked, complete.
#[derive(Debug)]
struct Question {
    selectors: Selectors,
    destination: Destination,
    limit: Option<u32>,
    /// The body of a question over a hypothetical state.
    what_if: Option<Value>,
    /// Where the version comes from, if it was detected.
    detected_from: Option<String>,
}

#[derive(Debug)]
enum Destination {
    None,
    Environment(String),
    Tag(String),
    MainBranch,
}

impl Question {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let mut selectors = arguments.selectors.clone();
        let ignored = std::env::var("PACT_BROKER_CAN_I_DEPLOY_IGNORE").unwrap_or_default();
        let ignored = ignored.split(',').map(str::trim).filter(|name| !name.is_empty());
        selectors.ignored.extend(ignored.map(|name| Selector::of(name, Which::Unsaid)));

        let mut detected_from = None;
        match selectors.asked.as_mut_slice() {
            [alone] if alone.which == Which::Unsaid => {
                let version = ci::detect().version_or(None, "--version")?;
                alone.which = Which::Version(version.value);
                detected_from = Some(version.source);
            }
            several => {
                let unsaid = several.iter().find(|selector| selector.which == Which::Unsaid);
                if let Some(Selector { pacticipant, .. }) = unsaid {
                    return Err(Failure::usage(format!(
                        "which version of {pacticipant}? Put --version, --latest, --branch, --main-branch or --tag \
                         after it"
                    )));
                }
            }
        }

        let destination = match (&arguments.to_environment, &arguments.to) {
            _ if arguments.to_main_branch => Destination::MainBranch,
            (Some(environment), _) => Destination::Environment(environment.clone()),
            (None, Some(tag)) => Destination::Tag(tag.clone()),
            (None, None) => Destination::None,
        };
        let what_if = match &destination {
            Destination::Environment(environment) if arguments.suppositions.what_if => {
                Some(arguments.suppositions.body(&selectors, environment)?)
            }
            _ if arguments.suppositions.what_if => {
                return Err(Failure::usage("--what-if needs --to-environment: it asks about what is deployed there"));
            }
            _ => None,
        };
        Ok(Self { selectors, destination, limit: arguments.limit, what_if, detected_from })
    }

    /// The query as the official client puts it. `cvp` looks at the newest provider version only; that is enough only
    /// where one version of each pacticipant is meant.
    fn to_query(&self) -> String {
        let Selectors { asked, ignored } = &self.selectors;
        let mut query: Vec<String> = asked.iter().flat_map(|selector| selector.to_query("q")).collect();
        query.extend(ignored.iter().flat_map(|selector| selector.to_query("ignore")));
        let latest_by = match (asked.as_slice(), &self.destination) {
            ([Selector { which: Which::Tagged(_), .. }], _) | (_, Destination::Environment(_)) => "cvpv",
            ([_], _) => "cvp",
            _ => "cvpv",
        };
        match &self.destination {
            Destination::Environment(environment) => {
                query.extend([format!("latestby={latest_by}"), format!("environment={}", encode(environment))]);
            }
            Destination::Tag(tag) => {
                query.extend([format!("tag={}", encode(tag)), format!("latestby={latest_by}"), "latest=true".into()]);
            }
            Destination::MainBranch => {
                query.extend([format!("latestby={latest_by}"), "latest=true".into(), "mainBranch=true".into()]);
            }
            Destination::None if asked.len() == 1 => {
                query.extend([format!("latestby={latest_by}"), "latest=true".to_owned()]);
            }
            Destination::None => query.push(format!("latestby={latest_by}")),
        }
        query.extend(self.limit.map(|limit| format!("limit={limit}")));
        query.join("&")
    }

    /// The page of this question, which stays at its address. Of one version, since a page is about one. Only the pages of
    /// Pactolus have it.
    fn page(&self, mut gate: Url) -> Option<Url> {
        let [Selector { pacticipant, which }] = self.selectors.asked.as_slice() else { return None };
        let which = match which {
            Which::Version(number) => format!("version={}", encode(number)),
            Which::Branch(branch) => format!("branch={}", encode(branch)),
            _ => return None,
        };
        let to = match &self.destination {
            Destination::Environment(environment) => format!("environment={}", encode(environment)),
            Destination::Tag(tag) => format!("to={}", encode(tag)),
            Destination::MainBranch | Destination::None => return None,
        };
        if self.what_if.is_some() {
            return None;
        }
        let ignored = self.selectors.ignored.iter().flat_map(|selector| selector.to_query("ignore"));
        let query = [format!("pacticipant={}", encode(pacticipant)), which, to].into_iter().chain(ignored);
        gate.set_query(Some(&query.collect::<Vec<String>>().join("&")));
        // What is printed ends in the logs of builds.
        gate.set_username("").and_then(|()| gate.set_password(None)).ok()?;
        Some(gate)
    }

    fn subject(&self) -> String {
        let asked: Vec<String> = self.selectors.asked.iter().map(ToString::to_string).collect();
        asked.join(" and ")
    }

    fn answer(&self, verdict: Exit, matrix: Value, page: Option<&Url>, style: Style) -> Outcome {
        let page = page.map(|page| format!("As a page: {page}\n")).into_iter().collect();
        let text = [vec![self.headline(verdict, &matrix, style)], paragraphs(&matrix, style), page].concat().join("\n");
        Outcome { exit: verdict, text, json: matrix, id: None }
    }

    fn headline(&self, verdict: Exit, answer: &Value, style: Style) -> String {
        let subject = self.subject();
        let (can, where_to) = match &self.destination {
            Destination::Environment(environment) if has_no_order(answer) => {
                ("be deployed", format!(" to {environment}, but only at the same moment"))
            }
            Destination::Environment(environment) => ("be deployed", format!(" to {environment}")),
            Destination::Tag(tag) => ("be deployed", format!(" to where tag {tag} is")),
            Destination::MainBranch => ("be merged", " into what the main branches of its partners are".to_owned()),
            Destination::None if self.selectors.asked.len() > 1 => ("be deployed together", String::new()),
            Destination::None => ("be deployed with the latest versions of its partners", String::new()),
        };
        let is = if self.selectors.asked.len() > 1 { "are" } else { "is" };
        let nothing = answer["assumed"].as_array().is_none_or(Vec::is_empty);
        let assumed = if nothing { "" } else { ", assuming what is below" };
        let wrapped = |sentence: String| style.wrapped(&sentence, 2);
        let sentence = match verdict {
            Exit::Yes => style.green(&wrapped(format!("Yes: {subject} can {can}{where_to}{assumed}."))),
            Exit::No => style.red(&wrapped(format!("No: {subject} can't {can}{where_to}{assumed}."))),
            _ => style.yellow(&wrapped(format!(
                "Unknown: {subject} {is} not verified everywhere yet, to {can}{where_to}{assumed}."
            ))),
        };
        match &self.detected_from {
            Some(source) => format!("{sentence}\nThe version was not given; it is from {source}.\n"),
            None => format!("{sentence}\n"),
        }
    }
}

/// The server's verdict. Null means that something is not verified yet; where something else failed, waiting for it
/// can't make it a yes.
fn verdict(matrix: &Value) -> Result<Exit, Failure> {
    let summary = &matrix["summary"];
    match summary.get("deployable") {
        Some(Value::Bool(true)) => Ok(Exit::Yes),
        Some(Value::Bool(false)) => Ok(Exit::No),
        Some(Value::Null) if summary["failed"].as_u64().unwrap_or(0) > 0 => Ok(Exit::No),
        Some(Value::Null) => Ok(Exit::Unknown),
        _ => {
            let message = "the server's answer has no verdict (summary.deployable)";
            Err(Failure::new(Exit::NotAsked, "not-understood", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::json;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    pub(super) fn question(line: &str) -> Question {
        let line = ["pactolus"].into_iter().chain(line.split_whitespace());
        Question::of(&Command::try_parse_from(line).unwrap().arguments).unwrap()
    }

    /// Whether the line is refused.
    pub(super) fn wrong(line: &str) -> bool {
        let line = ["pactolus"].into_iter().chain(line.split_whitespace());
        match Command::try_parse_from(line) {
            Ok(command) => Question::of(&command.arguments).is_err_and(|failure| failure.exit == Exit::Usage),
            Err(error) => error.exit_code() == 2,
        }
    }

    fn check_query(line: &str, expected: &str) {
        assert_eq!(question(line).to_query(), expected, "{line}");
    }

    #[test]
    fn the_query_is_the_official_clients() {
        let shop = "q[][pacticipant]=shop&q[][version]=1";
        check_query("-a shop -e 1 --to-environment prod", &format!("{shop}&latestby=cvpv&environment=prod"));
        check_query("-a shop -e 1 --to prod", &format!("{shop}&tag=prod&latestby=cvp&latest=true"));
        check_query("-a shop -e 1", &format!("{shop}&latestby=cvp&latest=true"));
        check_query(
            "-a shop -e 1 -a stock -e 2",
            &format!("{shop}&q[][pacticipant]=stock&q[][version]=2&latestby=cvpv"),
        );
        check_query(
            "-a shop -e 1 --ignore stock --version 9 --to-environment prod",
            &format!("{shop}&ignore[][pacticipant]=stock&ignore[][version]=9&latestby=cvpv&environment=prod"),
        );
        check_query("-a shop -e 1 --limit 1000", &format!("{shop}&latestby=cvp&latest=true&limit=1000"));
    }

    fn check_page(line: &str, expected: Option<&str>) {
        let gate = Url::parse("https://ci:secret@pacts.example/can-i-deploy").unwrap();
        let page = question(line).page(gate).map(|page| page.to_string());
        let expected = expected.map(|query| format!("https://pacts.example/can-i-deploy?{query}"));
        assert_eq!(page, expected, "{line}");
    }

    #[test]
    fn a_question_about_one_version_has_a_page() {
        let shop = "pacticipant=shop&version=1%2F2";
        check_page("-a shop -e 1/2 --to-environment prod", Some(&format!("{shop}&environment=prod")));
        check_page("-a shop -e 1/2 --to prod", Some(&format!("{shop}&to=prod")));
        check_page("-a shop --branch main --to prod", Some("pacticipant=shop&branch=main&to=prod"));
        check_page(
            "-a shop -e 1/2 --to prod --ignore stock",
            Some(&format!("{shop}&to=prod&ignore[][pacticipant]=stock")),
        );
        check_page("-a shop -e 1 -a stock -e 2 --to prod", None);
        check_page("-a shop -e 1", None);
        check_page("-a shop -e 1 --to-environment prod --what-if --assume-deployed stock@2", None);
    }

    #[test]
    fn several_versions_are_never_collapsed_into_one() {
        check_query("-a shop --tag x --to prod", "q[][pacticipant]=shop&q[][tag]=x&tag=prod&latestby=cvpv&latest=true");
    }

    #[test]
    fn of_several_pacticipants_each_needs_a_version() {
        let line = ["pactolus", "-a", "shop", "-e", "1", "-a", "stock"];

        let failure = Question::of(&Command::try_parse_from(line).unwrap().arguments).unwrap_err();

        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("which version of stock?"));
    }

    fn check_verdict(summary: &Value, expected: Option<Exit>) {
        assert_eq!(verdict(&json!({ "summary": summary })).ok(), expected, "{summary}");
    }

    #[test]
    fn only_a_plain_true_is_a_yes() {
        check_verdict(&json!({ "deployable": true }), Some(Exit::Yes));
        check_verdict(&json!({ "deployable": false }), Some(Exit::No));
        check_verdict(&json!({ "deployable": null, "failed": 0 }), Some(Exit::Unknown));
        check_verdict(&json!({ "deployable": null, "failed": 1, "unknown": 1 }), Some(Exit::No));
        check_verdict(&json!({ "deployable": "true" }), None);
        check_verdict(&json!({}), None);
        check_verdict(&Value::Null, None);
    }

    #[test]
    fn the_answer_is_said_first_and_explained_below() {
        let matrix = json!({
            "summary": { "deployable": false, "reason": "unused" },
            "notices": [{ "type": "error", "text": "The verification for the pact between shop and stock failed" }],
            "matrix": [
                {
                    "consumer": { "name": "shop", "version": { "number": "1" } },
                    "provider": { "name": "stock", "version": { "number": "7" } },
                    "verificationResult": { "success": false, "_links": { "self": { "href": "http://b/r/1" } } },
                },
                {
                    "consumer": { "name": "shop", "version": { "number": "1" } },
                    "provider": { "name": "pay", "version": null },
                    "verificationResult": null,
                    "ignored": true,
                },
            ],
        });

        let outcome = question("-a shop -e 1 --to-environment prod").answer(Exit::No, matrix, None, Style::PLAIN);

        assert_eq!(
            outcome.text,
            "No: shop version 1 can't be deployed to prod.\n\
             \n\
             CONSUMER  C.VERSION  PROVIDER  P.VERSION  SUCCESS?       RESULT\n\
             --------  ---------  --------  ---------  -------------  ------\n\
             shop      1          stock     7          false          1\n\
             shop      1          pay       ???        ??? [ignored]\n\
             \n\
             Verification results\n\
             1. http://b/r/1 (failure)\n\
             \n\
             error: The verification for the pact between shop and stock failed\n"
        );
    }
}
