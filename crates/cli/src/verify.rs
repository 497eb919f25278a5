//! `pactolus verify`: asks a provider what the contracts with its consumers say, reports what it answers, and publishes it.

mod arguments;
mod command;
mod exit;
mod finished;
mod github;
mod json;
mod junit;
mod mismatches;
mod notices;
mod progress;
mod publish;
mod settings;
mod sources;
mod tally;
mod text;
mod upload;
mod values;

#[cfg(test)]
mod examples;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use pactolus_verify::{Budget, ContractToVerify, Event, Redaction, Run, Settings, Workers};

pub(crate) use self::arguments::Arguments;
use self::finished::{Finished, of};
use self::progress::Progress;
use self::text::Reader;
use crate::broker::Broker;
use crate::ci::{self, Build};
use crate::outcome::{Exit, Failure};
use crate::plain;
use crate::terminal::{Style, print, remark};

/// The subcommand by which a process of ours judges for another one.
const JUDGE: &str = "judge-contracts";

/// What is known about the provider's version beside the report.
struct Version {
    number: Option<String>,
    branch: Option<String>,
    build_url: Option<String>,
}

/// Runs the whole command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    match verify(arguments).await {
        Ok(exit) => exit,
        Err(failure) => {
            remark(&failure.to_text());
            failure.exit
        }
    }
}

async fn verify(arguments: &Arguments) -> Result<Exit, Failure> {
    let version = version(arguments, &ci::detect())?;
    let settings = settings::settings(arguments, version.number.clone(), only(arguments)?)?;
    let redaction = Redaction::of(&arguments.publishing.redact).map_err(|error| Failure::usage(error.to_string()))?;
    let broker = sources::broker(arguments)?;
    check_publishing(arguments, broker.as_ref())?;
    let contracts = sources::contracts(arguments, version.branch.as_deref()).await?;
    if contracts.is_empty() {
        return no_contracts(arguments);
    }

    tell_before(&contracts);
    let run = run_all(arguments, &settings, &contracts).await?;
    check_keys(&settings, &run)?;
    let (published, mut failures) = publish_all(arguments, broker.as_ref(), &run, &version).await;
    let command = command::again(std::env::args().skip(1));
    let finished = Finished { report: &run.report, published: &published, command: &command };
    show(arguments, &finished);
    failures.extend(write_reports(arguments, &finished));
    failures.extend(keep_evidence(arguments, broker.as_ref(), &run, &version, &redaction).await.err());
    for failure in &failures {
        remark(&failure.to_text());
    }
    // A contract that is broken is what a build has to know first; then that somebody was not told.
    Ok(match exit::exit(&run.report) {
        Exit::Yes | Exit::Unknown if !failures.is_empty() => Exit::NotAsked,
        exit => exit,
    })
}

async fn run_all(arguments: &Arguments, settings: &Settings, contracts: &[ContractToVerify]) -> Result<Run, Failure> {
    let not_started = |why: String| Failure::new(Exit::NotAsked, "unreachable", why);
    let program = std::env::current_exe().map_err(|error| not_started(format!("cannot find this program: {error}")))?;
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let budget = Budget { time: Duration::from_millis(arguments.running.judge_timeout), ..Budget::default() };
    let workers = Workers::new(program, &[JUDGE], processors.min(settings.jobs), budget);
    let progress: OnceCell<Progress> = OnceCell::new();
    let tell = |event: Event<'_>| match event {
        Event::Planned(total) => {
            progress.get_or_init(|| Progress::of(total));
        }
        Event::Done(one, is_pending) => {
            if let Some(progress) = progress.get() {
                progress.done(one, is_pending);
            }
        }
        Event::Warning(text) => remark(&format!("warning: {}\n", plain::line(&text, usize::MAX))),
    };
    let run = pactolus_verify::run(settings, &workers, contracts, &tell).await;
    workers.end().await;
    if let Some(progress) = progress.get() {
        progress.finish();
    }
    run.map_err(|reason| not_started(format!("cannot make an HTTP client: {reason}")))
}

/// What the broker wants people to know before.
fn tell_before(contracts: &[ContractToVerify]) {
    for contract in contracts {
        for line in notices::before(&contract.source) {
            remark(&format!("{line}\n"));
        }
    }
}

/// The address of each result that was published, in the order of the contracts, and why others were not.
async fn publish_all(
    arguments: &Arguments,
    broker: Option<&Broker>,
    run: &Run,
    version: &Version,
) -> (Vec<Option<String>>, Vec<Failure>) {
    let mut published = vec![None; run.report.contracts.len()];
    let (Some(broker), Some(number), true) = (broker, &version.number, arguments.publishing.publish) else {
        return (published, Vec::new());
    };
    let about = publish::About {
        version: number,
        branch: version.branch.as_deref(),
        tags: &arguments.publishing.provider_tags,
        build_url: version.build_url.as_deref(),
    };
    let mut failures = Vec::new();
    let mut is_described = false;
    for (contract, published) in run.report.contracts.iter().zip(&mut published) {
        if let Some(reason) = publish::reason_to_withhold(contract) {
            let consumer = plain::line(&contract.consumer, 200);
            remark(&format!("the result for {consumer} is not published: {reason}\n"));
            continue;
        }
        if !is_described {
            if let Err(failure) = publish::describe_version(broker, &run.report.provider, &about).await {
                failures.push(failure);
                break;
            }
            is_described = true;
        }
        match publish::publish(broker, contract, &about).await {
            Ok(address) => *published = address,
            Err(failure) => failures.push(failure),
        }
    }
    (published, failures)
}

fn show(arguments: &Arguments, finished: &Finished<'_>) {
    let style = if arguments.reports.no_colour { Style::plain() } else { Style::of_stdout() };
    let reader = if std::io::stdout().is_terminal() { Reader::Terminal } else { Reader::Log };
    print(&text::text(finished, reader, style));
    for address in finished.published.iter().flatten() {
        print(&format!("published: {address}\n"));
    }
}

/// All that can be written; why the rest cannot.
fn write_reports(arguments: &Arguments, finished: &Finished<'_>) -> Vec<Failure> {
    let reports = &arguments.reports;
    let json = reports.json.as_ref().map(|path| upload::write(path, &format!("{:#}\n", json::json(finished))));
    let junit = reports.junit.as_ref().map(|path| upload::write(path, &junit::junit(finished)));
    let is_on_github = std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
    let mut summary = None;
    if reports.github || is_on_github {
        print(&github::annotations(finished));
        let path = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        summary = path.map(|path| append(Path::new(&path), &github::summary::summary(finished)));
    }
    [json, junit, summary].into_iter().flatten().filter_map(Result::err).collect()
}

/// A name that is spelled wrong would leave out what it was to name.
fn check_keys(settings: &Settings, run: &Run) -> Result<(), Failure> {
    let known: BTreeSet<&str> = run.report.interactions().map(|(_, one)| one.interaction.key.as_str()).collect();
    let unknown: Vec<&str> =
        settings.filter.keys.iter().map(String::as_str).filter(|key| !known.contains(key)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("no interaction of these contracts is called {}", unknown.join(", "));
    Err(Failure::usage(message).with_details(["reports name them; they change with description and states".into()]))
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| upload::unwritten(path, &error))
}

async fn keep_evidence(
    arguments: &Arguments,
    broker: Option<&Broker>,
    run: &Run,
    version: &Version,
    redaction: &Redaction,
) -> Result<(), Failure> {
    let Some(place) = &arguments.publishing.evidence else { return Ok(()) };
    let about = pactolus_verify::About { branch: version.branch.clone(), build_url: version.build_url.clone() };
    let evidence = pactolus_verify::evidence(run, &about, redaction);
    match (place.as_str(), broker, &version.number) {
        ("upload", Some(broker), Some(number)) => {
            let address = upload::upload(broker, &run.report.provider, number, evidence).await?;
            print(&format!("evidence: {address}\n"));
            Ok(())
        }
        _ => upload::write(Path::new(place), &evidence),
    }
}

/// What would be found out only after the run is found out before.
fn check_publishing(arguments: &Arguments, broker: Option<&Broker>) -> Result<(), Failure> {
    let publishing = &arguments.publishing;
    let wanted =
        [("--publish", publishing.publish), ("--evidence upload", publishing.evidence.as_deref() == Some("upload"))];
    match wanted.into_iter().find(|(_, is_wanted)| *is_wanted && broker.is_none()) {
        Some((flag, _)) => Err(Failure::usage(format!("{flag} needs a broker: name it with --broker-url"))),
        None => Ok(()),
    }
}

fn version(arguments: &Arguments, build: &Build) -> Result<Version, Failure> {
    let publishing = &arguments.publishing;
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let given = filled(&publishing.provider_version);
    let is_needed = publishing.publish || publishing.evidence.as_deref() == Some("upload");
    let number = match given {
        None if is_needed => Some(build.version_or(None, "--provider-version")?.value),
        given => given,
    };
    let detected = |found: &Option<ci::Detected>| found.as_ref().map(|found| found.value.clone());
    Ok(Version {
        number,
        branch: filled(&publishing.provider_branch).or_else(|| detected(&build.branch)),
        build_url: filled(&publishing.build_url).or_else(|| detected(&build.url)),
    })
}

/// The interactions that are run, if not all.
fn only(arguments: &Arguments) -> Result<BTreeSet<String>, Failure> {
    let mut only: BTreeSet<String> = arguments.filters.only.iter().cloned().collect();
    if let Some(path) = arguments.reports.json.as_ref().filter(|_| arguments.filters.last_failed) {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("--last-failed reads the report of the last run, and can't read {name}: {error}"))
        })?;
        let failed = json::not_passed(&name, &text)?;
        if failed.is_empty() {
            return Err(Failure::usage(format!(
                "nothing failed in the run that {name} tells of: leave out --last-failed"
            )));
        }
        only.extend(failed);
    }
    Ok(only)
}

fn no_contracts(arguments: &Arguments) -> Result<Exit, Failure> {
    let provider = &arguments.provider.provider_name;
    if arguments.contracts.ignore_no_pacts_error {
        remark(&format!("there are no contracts with {provider} to verify\n"));
        return Ok(Exit::Yes);
    }
    Err(Failure::usage(format!("there are no contracts with {provider} to verify")).with_details([
        "is --provider-name spelled as the consumers spell it, and do the selectors match any of their versions?"
            .into(),
        "--ignore-no-pacts-error makes this no error".into(),
    ]))
}
