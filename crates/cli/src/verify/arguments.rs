//! The command line of `verify`: flags and variables as the existing verifiers name them, so that changing over is one
//! word, and ours beside them.

use std::path::PathBuf;

/// Verify a provider: replay the contracts of its consumers against it, judge the answers, publish the results
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "\
Examples:
  pactolus verify --provider stock --provider-base-url http://127.0.0.1:8080
  pactolus verify --provider stock --provider-base-url http://127.0.0.1:8080 --publish --branch main \\
    --state-change-url http://127.0.0.1:8080/_pact/state --enable-pending --junit results.xml
  pactolus verify -n stock -p 8080 -f shop-stock.json --only 3f9a2c1b",
    after_long_help = "\
Examples:
  What a build of the provider runs: contracts from the broker, results back to it
    pactolus verify --provider stock --provider-base-url http://127.0.0.1:8080 --publish --branch main \\
      --state-change-url http://127.0.0.1:8080/_pact/state --enable-pending --junit results.xml
  One contract from a file, on a developer's machine
    pactolus verify -n stock -p 8080 -f shop-stock.json
  The one that failed, again
    pactolus verify -n stock -p 8080 -f shop-stock.json --only 3f9a2c1b
  With requests signed by a script, which reads the request as JSON and prints `Name: value`
    pactolus verify -n stock -p 8080 -f shop-stock.json --header-from-command ./sign

Exit codes:
  0  all that counts passed
  1  the provider breaks a contract
  2  wrong usage, or no contracts
  3  the provider could not be asked: unreachable, timed out, its state not made
  4  an answer could not be judged"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) contracts: Contracts,
    #[command(flatten)]
    pub(super) provider: Provider,
    #[command(flatten)]
    pub(super) states: States,
    #[command(flatten)]
    pub(super) filters: Filters,
    #[command(flatten)]
    pub(super) publishing: Publishing,
    #[command(flatten)]
    pub(super) running: Running,
    #[command(flatten)]
    pub(super) reports: Reports,
}

/// Which contracts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Contracts")]
pub(super) struct Contracts {
    /// Contract to verify (can be repeated)
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Vec<PathBuf>,

    /// Folder of contracts to verify, those of other providers left out (can be repeated)
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) dir: Vec<PathBuf>,

    /// Address of a contract to verify (can be repeated)
    #[arg(short, long, value_name = "URL")]
    pub(super) url: Vec<String>,

    /// Pact Broker or Pactolus to fetch the provider's contracts from
    #[arg(short, long, alias = "broker-base-url", env = "PACT_BROKER_BASE_URL", value_name = "URL")]
    pub(super) broker_url: Option<String>,

    /// The one contract that a webhook is about; results go to the broker that serves it
    #[arg(long, env = "PACT_WEBHOOK_CALLBACK_URL", value_name = "URL")]
    pub(super) webhook_callback_url: Option<String>,

    /// Selectors of consumer versions, as JSON: one or a list (can be repeated)
    #[arg(long, value_name = "JSON")]
    pub(super) consumer_version_selectors: Vec<String>,

    /// Tags of consumer versions, of each the latest
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(super) consumer_version_tags: Vec<String>,

    /// Failures of contracts that the provider has never satisfied do not fail the run
    #[arg(long)]
    pub(super) enable_pending: bool,

    /// Include contracts that are work in progress since this date; their failures do not fail the run
    #[arg(long, value_name = "DATE")]
    pub(super) include_wip_pacts_since: Option<String>,

    /// No contracts are no error
    #[arg(long)]
    pub(super) ignore_no_pacts_error: bool,

    /// User name for the broker and for addresses of contracts
    #[arg(long, alias = "broker-username", env = "PACT_BROKER_USERNAME", value_name = "NAME")]
    pub(super) user: Option<String>,

    /// Password for them
    #[arg(
        long,
        alias = "broker-password",
        env = "PACT_BROKER_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub(super) password: Option<String>,

    /// Bearer token for them
    #[arg(
        short,
        long,
        alias = "broker-token",
        env = "PACT_BROKER_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(super) token: Option<String>,
}

/// Where the provider is.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Provider")]
#[expect(clippy::struct_field_names, reason = "flags are named after them")]
pub(super) struct Provider {
    /// The provider's name
    #[arg(
        short = 'n',
        long,
        alias = "provider",
        env = "PACT_PROVIDER_NAME",
        value_name = "NAME",
        default_value = "provider"
    )]
    pub(super) provider_name: String,

    /// Where it is; instead of host name, port, transport and base path
    #[arg(long, env = "PACT_PROVIDER_BASE_URL", value_name = "URL", conflicts_with_all = ["hostname", "port"])]
    pub(super) provider_base_url: Option<String>,

    /// Its host name [default: localhost]
    #[arg(short = 'h', long, env = "PACT_PROVIDER_HOSTNAME", value_name = "HOST")]
    pub(super) hostname: Option<String>,

    /// Its port [default: that of the transport]
    #[arg(short, long, env = "PACT_PROVIDER_PORT", value_name = "PORT")]
    pub(super) port: Option<u16>,

    /// http or https
    #[arg(long, alias = "scheme", env = "PACT_PROVIDER_TRANSPORT", value_name = "TRANSPORT", default_value = "http")]
    pub(super) transport: String,

    /// Ports of further transports: `message:8081 https:8443`; whoever makes messages is asked at `message`
    #[arg(long, value_name = "TRANSPORT:PORT", num_args = 1.., value_delimiter = ' ')]
    pub(super) transports: Vec<String>,

    /// Path that comes before all paths
    #[arg(long, env = "PACT_PROVIDER_BASE_PATH", value_name = "PATH")]
    pub(super) base_path: Option<String>,

    /// Header for all requests, in place of the contract's of the same name (can be repeated)
    #[arg(short = 'H', long, value_name = "NAME=VALUE")]
    pub(super) header: Vec<String>,

    /// Command that reads each request as JSON and prints headers for it, `Name: value`, one a line
    #[arg(long, value_name = "COMMAND")]
    pub(super) header_from_command: Option<String>,

    /// Take the answer to a redirection for the provider's answer
    #[arg(long)]
    pub(super) follow_redirects: bool,

    /// Accept any certificate of the provider
    #[arg(long)]
    pub(super) disable_ssl_verification: bool,

    /// File with further certificate authorities to trust (PEM)
    #[arg(long, value_name = "FILE")]
    pub(super) ssl_certificate: Option<PathBuf>,

    /// File with the certificate that we show to the provider (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(super) client_certificate: Option<PathBuf>,

    /// File with its key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub(super) client_key: Option<PathBuf>,
}

/// Who makes provider states.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Provider states")]
#[expect(clippy::struct_field_names, reason = "flags are named after them")]
pub(super) struct States {
    /// Address that gets a POST for each provider state
    #[arg(short, long, alias = "state-url", env = "PACT_PROVIDER_STATE_CHANGE_URL", value_name = "URL")]
    pub(super) state_change_url: Option<String>,

    /// Send the state in the query instead of in a JSON body
    #[arg(long, env = "PACT_PROVIDER_STATE_CHANGE_AS_QUERY")]
    pub(super) state_change_as_query: bool,

    /// Ask for the state to be torn down after each interaction
    #[arg(long, env = "PACT_PROVIDER_STATE_CHANGE_TEARDOWN")]
    pub(super) state_change_teardown: bool,
}

/// Which interactions.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Interactions")]
pub(super) struct Filters {
    /// Only those whose description matches this regular expression (can be repeated: any of them)
    #[arg(long, env = "PACT_DESCRIPTION", value_name = "REGEX")]
    pub(super) filter_description: Vec<String>,

    /// Only those with a state that matches this regular expression (can be repeated: any of them)
    #[arg(long, env = "PACT_PROVIDER_STATE", value_name = "REGEX", conflicts_with = "filter_no_state")]
    pub(super) filter_state: Vec<String>,

    /// Only those without provider states
    #[arg(long, env = "PACT_PROVIDER_NO_STATE")]
    pub(super) filter_no_state: bool,

    /// Only contracts of this consumer (can be repeated)
    #[arg(short = 'c', long, value_name = "NAME")]
    pub(super) filter_consumer: Vec<String>,

    /// Only the interaction that a report names so (can be repeated)
    #[arg(long, value_name = "KEY")]
    pub(super) only: Vec<String>,

    /// Only those that did not pass in the run whose report --json names
    #[arg(long, requires = "json")]
    pub(super) last_failed: bool,
}

/// Where results go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Publishing")]
pub(super) struct Publishing {
    /// Publish the results to the broker
    #[arg(long, alias = "publish-verification-results", env = "PACT_BROKER_PUBLISH_VERIFICATION_RESULTS")]
    pub(super) publish: bool,

    /// The provider's version [default: the commit, by CI system or git]
    #[arg(long, alias = "provider-app-version", env = "PACT_PROVIDER_VERSION", value_name = "VERSION")]
    pub(super) provider_version: Option<String>,

    /// The provider version's branch [default: by CI system or git]
    #[arg(long, alias = "branch", env = "PACT_PROVIDER_BRANCH", value_name = "BRANCH")]
    pub(super) provider_branch: Option<String>,

    /// Tags of the provider version
    #[arg(long, env = "PACT_PROVIDER_TAGS", value_name = "TAGS", value_delimiter = ',')]
    pub(super) provider_tags: Vec<String>,

    /// Where the build is to be seen [default: by CI system]
    #[arg(long, env = "PACT_PROVIDER_BUILD_URL", value_name = "URL")]
    pub(super) build_url: Option<String>,

    /// Keep what the provider answered: in a file, or `upload` it to the Pactolus that publishes
    #[arg(long, value_name = "FILE|upload")]
    pub(super) evidence: Option<String>,

    /// Take this out of the evidence: `header:NAME` or `$.path.in.a.body` (can be repeated)
    #[arg(long, value_name = "PLACE", requires = "evidence")]
    pub(super) redact: Vec<String>,
}

/// How the run goes about it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Running")]
pub(super) struct Running {
    /// How many requests may be under way at once
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: u16,

    /// End at the first failure that counts
    #[arg(long, alias = "fail-fast")]
    pub(super) exit_on_first_error: bool,

    /// Milliseconds to wait for a connection
    #[arg(long, value_name = "MS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) connect_timeout: u64,

    /// Milliseconds to wait for an answer
    #[arg(
        long,
        env = "PACT_PROVIDER_REQUEST_TIMEOUT",
        value_name = "MS",
        default_value_t = 5000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(super) request_timeout: u64,

    /// Milliseconds to wait for a provider state to be made
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) state_timeout: u64,

    /// Seconds that the whole run may take
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) run_timeout: Option<u64>,

    /// How often to connect again when that fails
    #[arg(long, value_name = "TIMES", default_value_t = 3)]
    pub(super) retries: u32,

    /// Megabytes of an answer's body that are judged
    #[arg(long, value_name = "MB", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(super) body_limit: u16,

    /// Milliseconds that judging one interaction may take
    #[arg(long, value_name = "MS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) judge_timeout: u64,
}

/// What is told, and where.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reports")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Reports {
    /// Write a report as JSON
    #[arg(short, long, env = "PACT_VERIFIER_JSON_REPORT", value_name = "FILE")]
    pub(super) json: Option<PathBuf>,

    /// Write a report as `JUnit` XML, one for all contracts
    #[arg(short = 'x', long, env = "PACT_VERIFIER_JUNIT_REPORT", value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,

    /// Annotate the build and write its summary [default: where GitHub Actions runs it]
    #[arg(long)]
    pub(super) github: bool,

    /// No colours
    #[arg(long, alias = "no-color")]
    pub(super) no_colour: bool,

    /// Taken for the sake of existing command lines; there is nothing to set
    #[arg(short, long, hide = true, value_name = "LEVEL")]
    pub(super) loglevel: Option<String>,

    /// Taken for the sake of existing command lines; there is nothing to set
    #[arg(long, hide = true, aliases = ["full-log", "compact-log"])]
    pub(super) pretty_log: bool,

    /// Tell about each request to the broker on standard error
    #[arg(short, long)]
    pub(super) verbose: bool,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    pub(super) help: Option<bool>,
}
