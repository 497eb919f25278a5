//! `pactolus publish-provider-contract`: sends what a provider offers to the server, with what came of testing it.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pactolus_oas::document::Document;
use pactolus_oas::exercise::{Exercise, exercised};
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

use crate::broker::{Broker, Connection, Repeat, notices};
use crate::build_version::{BuildVersion, Given};
use crate::ci;
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::plain;
use crate::terminal::Style;

const LONGEST_LINE: usize = 500;

const EXAMPLES: &str = "\
Examples:
  # In CI: version, branch and build URL come from the CI system's variables, or from git
  pactolus publish-provider-contract openapi.yaml --provider stock --verification-success

  # With the exit code and the report of the tool that tested the provider against the document
  pactolus publish-provider-contract openapi.yaml --provider stock --provider-app-version 173153ae0 --branch main \\
      --verification-exit-code $? --verification-results report.txt --verification-results-content-type text/plain \\
      --verifier schemathesis --verifier-version 4.1.0

Without a result nobody knows whether the provider does what its document says. A report of Schemathesis (NDJSON, HAR),
Dredd, Newman (JSON) or any tool that writes JUnit is read, and the operations counted that it really exercised.

Exit codes: 0 published · 1 refused (this version has another document) ·
2 wrong usage, or the server rejects it · 3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(
    about = "Publish what a provider offers: an OpenAPI document or another",
    after_help = EXAMPLES,
    disable_help_flag = true,
)]
pub(crate) struct Arguments {
    /// The document
    #[arg(value_name = "FILE")]
    file: String,

    /// Provider that it is about
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    provider: String,

    /// Version of the provider [detected: commit]
    #[arg(short = 'a', long, value_name = "VERSION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    provider_app_version: Option<String>,

    /// Branch of the provider [detected]
    // The short form is the official client's; there it is not help either.
    #[arg(short = 'h', long, value_name = "BRANCH", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    branch: Option<String>,

    /// Tag for the version; may be repeated, or hold several parted by commas
    #[arg(short = 't', long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,

    /// Where the build can be looked at [detected]
    #[arg(long, value_name = "URL")]
    build_url: Option<String>,

    /// Language of the document: oas, asyncapi or graphql
    #[arg(long, value_name = "NAME", default_value = "oas")]
    specification: String,

    /// Media type of the document [default: by the file's name]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,

    /// The provider was tested against the document, and does what it says
    #[arg(long, conflicts_with_all = ["no_verification_success", "verification_exit_code"])]
    verification_success: bool,

    /// … and does not
    #[arg(long, conflicts_with = "verification_exit_code")]
    no_verification_success: bool,

    /// Exit code of the tool that tested it: 0 is a success
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    verification_exit_code: Option<i64>,

    /// Report of that tool
    #[arg(long, value_name = "FILE")]
    verification_results: Option<String>,

    /// Media type of the report, such as text/plain
    #[arg(long, value_name = "TYPE")]
    verification_results_content_type: Option<String>,

    /// What the report is, such as junit or text
    #[arg(long, value_name = "FORMAT")]
    verification_results_format: Option<String>,

    /// The tool
    #[arg(long, value_name = "NAME")]
    verifier: Option<String>,

    /// Version of the tool
    #[arg(long, value_name = "VERSION")]
    verifier_version: Option<String>,

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
    let document = read(&arguments.file)?;
    let report = arguments.verification_results.as_deref().map(read).transpose()?;
    let given = Given {
        number: arguments.provider_app_version.as_deref(),
        number_flag: "--provider-app-version",
        branch: arguments.branch.as_deref(),
        tags: &arguments.tag,
        build_url: arguments.build_url.as_deref(),
        tag_with_branch: false,
        needs_branch: false,
    };
    let version = BuildVersion::of(&given, &ci::detect())?;
    let request = request(arguments, &version, &document, report.as_deref())?;

    let provider = arguments.provider.as_str();
    let address = broker.relation("pf:publish-provider-contract", &[("provider", provider)]).await?;
    // Publishing the same again changes nothing, so it may be repeated.
    let answer = broker.post(&address, &request, Repeat::Safe).await?;
    let what = format!("could not publish the provider contract of {provider} version {}", version.number.value);
    let published = answer.accepted(&what)?;

    let style = Style::of_stdout();
    let said = notices(&published);
    let mut text = version.to_text();
    if said.is_empty() {
        text.push_str(&style.green(&format!("Published the provider contract of {provider}")));
        text.push('\n');
    }
    for notice in &said {
        text.push_str(&style.notice(notice));
        text.push('\n');
    }
    let exercise = report.as_deref().and_then(|report| exercise(report, &document));
    if let Some(exercise) = &exercise {
        text.push_str(&told(exercise));
    }
    let mut json = published;
    json["published"] = true.into();
    if let Some(exercise) = exercise {
        json["exercised"] = serde_json::to_value(exercise).unwrap_or_default();
    }
    json["version"] = version.to_json();
    Ok(Outcome { exit: Exit::Yes, text, json, id: None })
}

/// Which of the document's operations the report shows to have been exercised; `None` if the document has none, as one
/// of another language.
fn exercise(report: &[u8], document: &[u8]) -> Option<Exercise> {
    let document = Document::load(std::str::from_utf8(document).ok()?, &Budget::default()).ok()?;
    let exercise = exercised(report, &document);
    (!exercise.operations.is_empty()).then_some(exercise)
}

/// No more operations are named than people read.
const MAX_NAMED: usize = 10;

fn told(exercise: &Exercise) -> String {
    let mut text = format!("{}\n", plain::line(&exercise.sentence(), LONGEST_LINE));
    let untried: Vec<String> = exercise
        .operations
        .iter()
        .filter(|operation| exercise.format.is_some() && !operation.is_exercised())
        .map(|operation| plain::line(&format!("{} {}", operation.method, operation.path), LONGEST_LINE))
        .collect();
    if !untried.is_empty() {
        let more = if untried.len() > MAX_NAMED { ", …" } else { "" };
        let _ = writeln!(text, "Not exercised: {}{more}", untried[..untried.len().min(MAX_NAMED)].join(", "));
    }
    for note in &exercise.notes {
        let _ = writeln!(text, "{}", plain::line(note, LONGEST_LINE));
    }
    text
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(format!("can't read {path}: {error}")))
}

fn request(
    arguments: &Arguments,
    version: &BuildVersion,
    document: &[u8],
    report: Option<&[u8]>,
) -> Result<Value, Failure> {
    let mut contract = json!({ "content": BASE64.encode(document), "specification": arguments.specification });
    if let Some(content_type) = arguments.content_type.as_deref().or_else(|| type_of(&arguments.file)) {
        contract["contentType"] = content_type.into();
    }
    if let Some(results) = results(arguments, report)? {
        contract["selfVerificationResults"] = results;
    }
    let mut request = json!({});
    version.add_to(&mut request);
    request["contract"] = contract;
    Ok(request)
}

/// What a file that is called so probably is. Where nothing is said, the server looks.
fn type_of(file: &str) -> Option<&'static str> {
    let extension = Path::new(file).extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "yaml" | "yml" => Some("application/yaml"),
        "json" => Some("application/json"),
        "graphql" | "gql" | "graphqls" => Some("application/graphql"),
        _ => None,
    }
}

fn results(arguments: &Arguments, report: Option<&[u8]>) -> Result<Option<Value>, Failure> {
    let told = [
        ("contentType", &arguments.verification_results_content_type),
        ("format", &arguments.verification_results_format),
        ("verifier", &arguments.verifier),
        ("verifierVersion", &arguments.verifier_version),
    ];
    let success = match arguments.verification_exit_code {
        Some(code) => Some(code == 0),
        None if arguments.verification_success => Some(true),
        None => arguments.no_verification_success.then_some(false),
    };
    let Some(success) = success else {
        if report.is_none() && told.iter().all(|(_, value)| value.is_none()) {
            return Ok(None);
        }
        return Err(Failure::usage(
            "say what came of the verification: --verification-success, --no-verification-success or \
             --verification-exit-code",
        ));
    };
    let mut results = json!({ "success": success });
    if let Some(report) = report {
        results["content"] = BASE64.encode(report).into();
    }
    for (key, value) in told {
        if let Some(value) = value {
            results[key] = value.as_str().into();
        }
    }
    Ok(Some(results))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::ci::Build;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn sent(given: &[&str], report: Option<&[u8]>) -> Result<Value, Failure> {
        let all = ["pactolus", "openapi.yml", "--provider", "stock", "-a", "40"].iter().chain(given);
        let arguments = Command::try_parse_from(all).unwrap().arguments;
        let given = Given {
            number: arguments.provider_app_version.as_deref(),
            number_flag: "",
            branch: arguments.branch.as_deref(),
            tags: &arguments.tag,
            build_url: None,
            tag_with_branch: false,
            needs_branch: false,
        };
        let version = BuildVersion::of(&given, &Build::default()).unwrap();
        request(&arguments, &version, b"openapi: 3.0.3\n", report)
    }

    #[test]
    fn the_request_is_the_one_that_existing_clients_send() {
        let given = [
            "--branch",
            "main",
            "--tag",
            "a,b",
            "--verification-exit-code",
            "0",
            "--verification-results-content-type",
            "text/plain",
            "--verification-results-format",
            "text",
            "--verifier",
            "drift",
            "--verifier-version",
            "1.0",
        ];

        assert_eq!(
            sent(&given, Some(b"all good")).unwrap(),
            json!({
                "pacticipantVersionNumber": "40",
                "branch": "main",
                "tags": ["a", "b"],
                "contract": {
                    "content": "b3BlbmFwaTogMy4wLjMK",
                    "contentType": "application/yaml",
                    "specification": "oas",
                    "selfVerificationResults": {
                        "success": true,
                        "content": "YWxsIGdvb2Q=",
                        "contentType": "text/plain",
                        "format": "text",
                        "verifier": "drift",
                        "verifierVersion": "1.0",
                    },
                },
            })
        );
    }

    #[test]
    fn what_nobody_has_tested_is_sent_without_results() {
        assert_eq!(sent(&[], None).unwrap()["contract"]["selfVerificationResults"], Value::Null);
    }

    #[test]
    fn a_success_is_said_in_one_of_three_ways() {
        let success =
            |given: &[&str]| sent(given, None).unwrap()["contract"]["selfVerificationResults"]["success"].clone();

        assert_eq!(success(&["--verification-success"]), true);
        assert_eq!(success(&["--no-verification-success"]), false);
        assert_eq!(success(&["--verification-exit-code", "0"]), true);
        assert_eq!(success(&["--verification-exit-code", "-1"]), false);
    }

    #[test]
    fn a_report_that_does_not_say_what_it_is_is_wrong_usage() {
        for failure in [sent(&[], Some(b"all good")), sent(&["--verifier", "drift"], None)] {
            let failure = failure.unwrap_err();

            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.message.contains("--verification-exit-code"), "{}", failure.message);
        }
    }

    const DOCUMENT: &[u8] = b"{openapi: 3.0.3, paths: {/a: {get: {responses: {}}}, /b: {get: {responses: {}}}}}";

    #[test]
    fn what_the_report_exercised_is_told_with_what_it_did_not() {
        let report = br#"<testsuite name="Dredd Tests"><testcase name="GET (200) /a"/></testsuite>"#;

        let exercise = exercise(report, DOCUMENT).unwrap();

        let expected = "1 of 2 operations was exercised by Dredd (JUnit)\nNot exercised: GET /b\n";
        assert_eq!(told(&exercise), expected);
    }

    #[test]
    fn a_report_that_is_not_understood_is_noted_and_a_document_without_operations_passed_over() {
        let told = told(&exercise(b"all good", DOCUMENT).unwrap());

        assert!(told.starts_with("which operations were exercised is not known\nthe report could not be"), "{told}");
        assert_eq!(exercise(b"all good", b"type Query { a: Int }"), None);
    }

    #[test]
    fn a_type_that_is_given_wins_over_the_files_name() {
        assert_eq!(sent(&["--content-type", "text/x-yaml"], None).unwrap()["contract"]["contentType"], "text/x-yaml");
        assert_eq!(type_of("a/schema.GraphQL"), Some("application/graphql"));
        assert_eq!(type_of("openapi"), None);
    }
}
