//! `pactolus`: the one binary. Runs the server, and asks it from the command line.

mod access;
mod aliases;
mod broker;
mod build_version;
mod can_i_deploy;
mod ci;
mod clean;
mod compare;
mod create_environment;
mod create_webhook;
mod database;
mod demo;
mod diff;
mod key_file;
mod migrate;
mod outcome;
mod output;
mod pact_files;
mod plain;
mod preview;
mod publish;
mod publish_provider_contract;
mod record;
mod retention;
mod rotate_encryption_key;
mod secrets;
mod serve;
mod settings;
mod terminal;
mod usage;
mod verify;
mod webhooks;
mod xml;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use outcome::Exit;
use terminal::remark;
use tracing_subscriber::EnvFilter;

const ENVIRONMENT: &str = "\
Environment variables of the commands that ask a server (a flag wins over its variable):
  PACT_BROKER_BASE_URL              where it is [default: http://127.0.0.1:9292]
  PACT_BROKER_TOKEN                 bearer token
  PACT_BROKER_USERNAME              user name for basic authentication
  PACT_BROKER_PASSWORD              password for basic authentication
  PACT_BROKER_HTTP_RETRIES          how often to try again [default: 4]
  PACT_BROKER_CAN_I_DEPLOY_DRY_RUN  true: can-i-deploy exits with 0 whatever the answer
  PACT_BROKER_CAN_I_DEPLOY_IGNORE   what can-i-deploy leaves out, parted by commas
  SSL_CERT_FILE, SSL_CERT_DIR       certificate authorities to trust
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY the way to a server that is not on this machine
  NO_COLOR                          no colours on terminals

Environment variables of serve and migrate, beside those that their help names:
  PACTOLUS_LOG                      what to log [default: info,sqlx=warn]
  PACTOLUS_LOG_FORMAT               text or json [default: text]

Version, branch and build URL are detected on GitHub Actions, GitLab, CircleCI,
Jenkins, Azure Pipelines, Bitbucket Pipelines, Travis CI, Buildkite, Drone,
Woodpecker, Gitea and Forgejo Actions, AppVeyor, TeamCity, CodeBuild and Semaphore,
else by git.

Exit codes:
  0  yes, passed, done
  1  no, failed, incompatible
  2  wrong usage, or input that the server rejects
  3  could not ask: unreachable, timed out, not allowed, not understood
  4  unknown: something is not verified yet";

/// Contract testing service: publish contracts, verify them, ask whether a version may be deployed, be told.
#[derive(Debug, clap::Parser)]
#[command(name = "pactolus", version, after_long_help = ENVIRONMENT, after_help = "--help tells more.")]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::Arguments>),
    /// Bring the database's schema up to date
    Migrate(Box<migrate::Arguments>),
    Clean(Box<clean::Arguments>),
    RotateEncryptionKey(Box<rotate_encryption_key::Arguments>),
    Publish(Box<publish::Arguments>),
    Verify(Box<verify::Arguments>),
    /// Judge for another process of ours, as it says on standard input
    #[command(hide = true)]
    JudgeContracts {
        /// How much memory that may take
        memory_bytes: u64,
    },
    PublishProviderContract(Box<publish_provider_contract::Arguments>),
    CanIDeploy(Box<can_i_deploy::Arguments>),
    CanIMerge(Box<can_i_deploy::MergeArguments>),
    Compare(Box<compare::Arguments>),
    Diff(Box<diff::Arguments>),
    Preview(Box<preview::Arguments>),
    Usage(Box<usage::Arguments>),
    RecordDeployment(Box<record::Deployment>),
    RecordRelease(Box<record::Release>),
    CreateEnvironment(Box<create_environment::Arguments>),
    Demo(Box<demo::Arguments>),
    #[command(alias = "create-or-update-webhook")]
    CreateWebhook(Box<create_webhook::Arguments>),
    Webhooks(Box<webhooks::Arguments>),
    Secrets(Box<secrets::Arguments>),
}

/// So long what is still under way may take when everything else is done.
const LONGEST_END: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    // Fails only if there is one already, and nothing ran before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let program = Program::parse();
    if let Command::JudgeContracts { memory_bytes } = program.command {
        return judge_contracts(memory_bytes);
    }

    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(run(program.command));
            // What nobody waits for any more, such as a comparison that is under way, must not hold up the end.
            runtime.shutdown_timeout(LONGEST_END);
            ended
        }
        Err(error) => {
            remark(&format!("error: could not start: {error}\n"));
            Exit::NotAsked.into()
        }
    }
}

fn judge_contracts(memory_bytes: u64) -> ExitCode {
    match pactolus_verify::serve(memory_bytes) {
        Ok(()) => Exit::Yes.into(),
        Err(_) => Exit::NotAsked.into(),
    }
}

async fn run(command: Command) -> ExitCode {
    match command {
        Command::JudgeContracts { memory_bytes } => judge_contracts(memory_bytes),
        Command::Verify(arguments) => verify::run(&arguments).await.into(),
        Command::Serve(arguments) => logged(serve::run(*arguments)).await,
        Command::Migrate(arguments) => logged(migrate::run(*arguments)).await,
        Command::Clean(arguments) => arguments.output.show(clean::run(&arguments).await),
        Command::RotateEncryptionKey(arguments) => arguments.output.show(rotate_encryption_key::run(&arguments).await),
        Command::Publish(arguments) => arguments.output.show(publish::run(&arguments).await),
        Command::PublishProviderContract(arguments) => {
            arguments.output.show(publish_provider_contract::run(&arguments).await)
        }
        Command::CanIMerge(arguments) => {
            let question = arguments.as_question();
            question.output.show(can_i_deploy::run(&question).await)
        }
        Command::CanIDeploy(arguments) => arguments.output.show(can_i_deploy::run(&arguments).await),
        Command::Compare(arguments) => compare::run(&arguments).into(),
        Command::Diff(arguments) => arguments.output.show(diff::run(&arguments).await),
        Command::Preview(arguments) => preview::run(&arguments).await.into(),
        Command::Usage(arguments) => arguments.output.show(usage::run(&arguments).await),
        Command::RecordDeployment(arguments) => arguments.output.show(record::deployment(&arguments).await),
        Command::RecordRelease(arguments) => arguments.output.show(record::release(&arguments).await),
        Command::CreateEnvironment(arguments) => arguments.output.show(create_environment::run(&arguments).await),
        Command::Demo(arguments) => arguments.output.show(demo::run(&arguments).await),
        Command::CreateWebhook(arguments) => arguments.output.show(create_webhook::run(&arguments).await),
        Command::Webhooks(arguments) => webhooks::run(&arguments).await,
        Command::Secrets(arguments) => arguments.output().show(secrets::run(&arguments).await),
    }
}

/// The commands that run as a service log; the others talk to whoever started them.
async fn logged(service: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let level =
        aliases::text(None, &["PACT_BROKER_LOG_LEVEL"]).map(|level| format!("{},sqlx=warn", level.to_lowercase()));
    let otherwise = level.unwrap_or_else(|| "info,sqlx=warn".to_string());
    let filter = EnvFilter::try_from_env("PACTOLUS_LOG").unwrap_or_else(|_| EnvFilter::new(otherwise));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if aliases::text(None, &["PACTOLUS_LOG_FORMAT", "PACT_BROKER_LOG_FORMAT"]).is_some_and(|format| format == "json") {
        subscriber.json().init();
    } else {
        subscriber.with_ansi(terminal::Style::of_stderr().is_coloured()).init();
    }
    service.await.unwrap_or_else(|error| {
        remark(&format!("error: {error:#}\n"));
        Exit::No.into()
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Program::command().debug_assert();
    }

    #[test]
    fn each_command_about_webhooks_has_an_example_in_its_help() {
        for name in ["list", "test", "deliveries", "replay"] {
            let mut command = Program::command();
            let webhooks = command.find_subcommand_mut("webhooks").unwrap();
            let help = webhooks.find_subcommand_mut(name).unwrap().render_long_help().to_string();

            assert!(help.contains("Example") && help.contains(&format!("pactolus webhooks {name}")), "{name}: {help}");
            assert!(help.contains("Exit codes: 0") && help.contains("--json"), "{name}");
        }
    }

    #[test]
    fn compare_has_examples_in_its_help_and_says_its_exit_codes() {
        let mut command = Program::command();
        let help = command.find_subcommand_mut("compare").unwrap().render_long_help().to_string();

        assert!(help.contains("Examples:") && help.contains("pactolus compare --oas"), "{help}");
        assert!(help.contains("Exit codes: 0"), "{help}");
    }

    #[test]
    fn verify_has_examples_in_its_help_and_says_its_exit_codes() {
        let mut command = Program::command();
        let help = command.find_subcommand_mut("verify").unwrap().render_long_help().to_string();

        assert!(help.contains("Examples:") && help.contains("pactolus verify --provider"), "{help}");
        assert!(help.contains("Exit codes:") && help.contains("PACT_BROKER_BASE_URL"), "{help}");
    }

    #[test]
    fn each_command_of_the_client_has_an_example_in_its_help() {
        for name in [
            "publish",
            "publish-provider-contract",
            "can-i-deploy",
            "can-i-merge",
            "diff",
            "usage",
            "record-deployment",
            "record-release",
            "create-environment",
            "create-webhook",
            "demo",
        ] {
            let mut command = Program::command();
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();

            assert!(help.contains("Example") && help.contains(&format!("pactolus {name}")), "{name}: {help}");
            assert!(help.contains("Exit codes: 0"), "{name}");
            assert!(help.contains("--json") && help.contains("PACT_BROKER_BASE_URL"), "{name}");
        }
    }
}
