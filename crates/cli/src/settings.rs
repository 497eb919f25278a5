//! Settings of the server: flags, environment variables, and the variables that users of the Pact Broker's container
//! know. A flag wins over our variable, ours over the alias.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use pactolus_domain::webhook::Retries;
use pactolus_server::{Certificates, MasterKey, Settings, VerificationSettings, WebhookSettings};

use crate::access::AccessArguments;
use crate::aliases::{list, named_by, parsed, text};
use crate::retention::ScheduleArguments;

/// Where the data is.
#[derive(Debug, clap::Args)]
pub(crate) struct DatabaseArguments {
    /// Postgres to use, as a URL; without it a private one is started in the data folder
    ///
    /// Aliases: `DATABASE_URL`, `PACT_BROKER_DATABASE_URL`, or its parts: `PACT_BROKER_DATABASE_HOST`, `…_PORT`,
    /// `…_NAME`, `…_USERNAME`, `…_PASSWORD`, `…_SSLMODE`
    #[arg(long, env = "PACTOLUS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Connections to the database at most [default: 20]
    ///
    /// Alias: `PACT_BROKER_DATABASE_MAX_CONNECTIONS`
    #[arg(long, env = "PACTOLUS_DATABASE_MAX_CONNECTIONS", value_name = "N")]
    database_max_connections: Option<u32>,

    /// How often to try again to connect at the start, every three seconds [default: 0]
    ///
    /// Alias: `PACT_BROKER_DATABASE_CONNECT_MAX_RETRIES`
    #[arg(long, env = "PACTOLUS_DATABASE_CONNECT_MAX_RETRIES", value_name = "N")]
    database_connect_max_retries: Option<u32>,

    /// Folder of the private Postgres and of the encryption key [default: /var/lib/pactolus for root, else the
    /// platform's folder for user data]
    #[arg(long, env = "PACTOLUS_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// 32 random bytes in base64 that secrets are sealed with; every server of a database needs the same
    /// [default: kept in a file in the data folder]
    #[arg(long, env = "PACTOLUS_ENCRYPTION_KEY", value_name = "BASE64", hide_env_values = true)]
    encryption_key: Option<String>,

    /// Keys that were given before, parted by spaces: they still open what they have sealed
    #[arg(long, env = "PACTOLUS_PREVIOUS_ENCRYPTION_KEYS", value_name = "BASE64", hide_env_values = true)]
    previous_encryption_keys: Option<String>,
}

impl DatabaseArguments {
    /// Without one, nothing in the environment names a database.
    pub(crate) fn url(&self) -> anyhow::Result<Option<String>> {
        let named = named_by("PACT_BROKER_DATABASE_URL_ENVIRONMENT_VARIABLE_NAME");
        let url = text(self.database_url.as_ref(), &["DATABASE_URL", "PACT_BROKER_DATABASE_URL"]).or(named);
        if url.is_some() {
            return Ok(url);
        }
        database_of_parts(|alias| text(None, &[alias]))
    }

    /// How often to try again to connect at the start.
    pub(crate) fn connect_retries(&self) -> anyhow::Result<u32> {
        let aliases = ["PACT_BROKER_DATABASE_CONNECT_MAX_RETRIES"];
        Ok(parsed(self.database_connect_max_retries.as_ref(), &aliases)?.unwrap_or(0))
    }

    pub(crate) fn max_connections(&self) -> anyhow::Result<u32> {
        let aliases = ["PACT_BROKER_DATABASE_MAX_CONNECTIONS"];
        Ok(parsed(self.database_max_connections.as_ref(), &aliases)?.unwrap_or(20).max(2))
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(pactolus_private_postgres::default_folder)
    }

    pub(crate) fn encryption_key(&self) -> Option<&str> {
        self.encryption_key.as_deref().filter(|key| !key.trim().is_empty())
    }

    pub(crate) fn previous_encryption_keys(&self) -> anyhow::Result<Vec<MasterKey>> {
        let keys = self.previous_encryption_keys.as_deref().unwrap_or_default().split_whitespace();
        keys.map(MasterKey::from_base64).collect::<Result<_, _>>().context("among the previous encryption keys")
    }
}

/// What the server does.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArguments {
    /// Address to listen on [default: 127.0.0.1:9292]
    ///
    /// Alias for the port: `PACT_BROKER_PORT`
    #[arg(long, env = "PACTOLUS_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// Serve without authentication although other machines can reach the address
    #[arg(long, env = "PACTOLUS_NO_AUTH")]
    no_auth: bool,

    #[command(flatten)]
    access: AccessArguments,

    /// What this process does: requests, jobs, or both
    #[arg(long, env = "PACTOLUS_ROLE", value_enum, default_value_t = Role::All)]
    role: Role,

    /// Public addresses that links are built with, parted by spaces [default: the address that a request came by]
    ///
    /// Aliases: `PACT_BROKER_BASE_URL`, `PACT_BROKER_BASE_URLS`
    #[arg(long, env = "PACTOLUS_BASE_URL", value_name = "URLS")]
    base_url: Option<String>,

    /// Largest request body in megabytes [default: 20]
    #[arg(long, env = "PACTOLUS_BODY_LIMIT_MB", value_name = "MB")]
    body_limit_mb: Option<usize>,

    /// Seconds for which a client may say nothing while it sends a request; a whole body may take ten times as long
    /// [default: 60]
    #[arg(long, env = "PACTOLUS_PATIENCE_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86400))]
    patience_seconds: Option<u64>,

    /// Allow other content for a consumer version that has been published [default: false]
    ///
    /// Alias: `PACT_BROKER_ALLOW_DANGEROUS_CONTRACT_MODIFICATION`
    #[arg(long, env = "PACTOLUS_ALLOW_DANGEROUS_CONTRACT_MODIFICATION", value_name = "BOOL", num_args = 0..=1,
          default_missing_value = "true")]
    allow_dangerous_contract_modification: Option<bool>,

    /// Refuse the first contract of a name that is very similar to an existing one [default: true]
    ///
    /// Alias: `PACT_BROKER_CHECK_FOR_POTENTIAL_DUPLICATE_PACTICIPANT_NAMES`
    #[arg(long, env = "PACTOLUS_CHECK_FOR_POTENTIAL_DUPLICATE_PACTICIPANT_NAMES", value_name = "BOOL")]
    check_for_potential_duplicate_pacticipant_names: Option<bool>,

    /// Let the first tag of a young version without branch name its branch [default: true]
    ///
    /// Alias: `PACT_BROKER_USE_FIRST_TAG_AS_BRANCH`
    #[arg(long, env = "PACTOLUS_USE_FIRST_TAG_AS_BRANCH", value_name = "BOOL")]
    use_first_tag_as_branch: Option<bool>,

    /// Names that become the main branch of an application that has none; empty for none
    /// [default: develop main master]
    ///
    /// Alias: `PACT_BROKER_MAIN_BRANCH_CANDIDATES`
    #[arg(long, env = "PACTOLUS_MAIN_BRANCH_CANDIDATES", value_name = "NAMES")]
    main_branch_candidates: Option<String>,

    /// Let a tag that is named like an environment record a deployment there [default: true]
    ///
    /// Alias: `PACT_BROKER_CREATE_DEPLOYED_VERSIONS_FOR_TAGS`
    #[arg(long, env = "PACTOLUS_CREATE_DEPLOYED_VERSIONS_FOR_TAGS", value_name = "BOOL")]
    create_deployed_versions_for_tags: Option<bool>,

    /// Record each question of can-i-deploy with its answer, so that deployments show what they were allowed by
    /// [default: false]
    #[arg(long, env = "PACTOLUS_RECORD_VERDICTS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    record_verdicts: Option<bool>,

    /// Days for which recorded verdicts are kept; longer where something was deployed by one [default: 90]
    #[arg(long, env = "PACTOLUS_VERDICT_RETENTION_DAYS", value_name = "DAYS")]
    verdict_retention_days: Option<u32>,

    /// Days for which events stay in the feed
    #[arg(long, env = "PACTOLUS_EVENT_RETENTION_DAYS", value_name = "DAYS", default_value = "30",
          value_parser = clap::value_parser!(u32).range(1..))]
    event_retention_days: u32,

    /// Days for which deliveries that are done can be looked at and made again
    #[arg(long, env = "PACTOLUS_DELIVERY_RETENTION_DAYS", value_name = "DAYS", default_value = "90",
          value_parser = clap::value_parser!(u32).range(1..))]
    delivery_retention_days: u32,

    /// How long a request may compare contracts with provider contracts; what is not done by then becomes a job
    #[arg(long, env = "PACTOLUS_COMPARISON_BUDGET_SECONDS", value_name = "SECONDS", default_value = "5")]
    comparison_budget_seconds: u32,

    /// Let outcomes of comparisons that a newer release judges otherwise count at once, without being accepted
    #[arg(long, env = "PACTOLUS_ACCEPT_COMPARISON_CHANGES")]
    accept_comparison_changes: bool,

    /// Days for which the evidence of verification runs is kept; 0 keeps it for ever
    #[arg(long, env = "PACTOLUS_EVIDENCE_DAYS", value_name = "DAYS", default_value = "90")]
    evidence_days: u32,

    /// Largest run that is taken as evidence, in megabytes before it is compressed
    #[arg(long, env = "PACTOLUS_EVIDENCE_LIMIT_MB", value_name = "MB", default_value = "50",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    evidence_limit_mb: u64,

    /// Hosts that webhooks may call: names, addresses, networks (private ones too), *.names, /patterns/; empty for all
    /// public ones
    ///
    /// Alias: `PACT_BROKER_WEBHOOK_HOST_WHITELIST`
    #[arg(long, env = "PACTOLUS_WEBHOOK_HOST_WHITELIST", value_name = "HOSTS")]
    webhook_host_whitelist: Option<String>,

    /// Schemes that webhooks may use [default: https]
    ///
    /// Alias: `PACT_BROKER_WEBHOOK_SCHEME_WHITELIST`
    #[arg(long, env = "PACTOLUS_WEBHOOK_SCHEME_WHITELIST", value_name = "SCHEMES")]
    webhook_scheme_whitelist: Option<String>,

    /// Methods that webhooks may use [default: POST]
    ///
    /// Alias: `PACT_BROKER_WEBHOOK_HTTP_METHOD_WHITELIST`
    #[arg(long, env = "PACTOLUS_WEBHOOK_HTTP_METHOD_WHITELIST", value_name = "METHODS")]
    webhook_http_method_whitelist: Option<String>,

    /// Hours for which a webhook that fails is tried again, after growing pauses
    #[arg(long, env = "PACTOLUS_WEBHOOK_RETRY_HOURS", value_name = "HOURS", default_value = "72",
          value_parser = clap::value_parser!(u64).range(..=720))]
    webhook_retry_hours: u64,

    /// Seconds between the attempts of a webhook, in place of growing pauses: 10 60 120
    ///
    /// Alias: `PACT_BROKER_WEBHOOK_RETRY_SCHEDULE`
    #[arg(long, env = "PACTOLUS_WEBHOOK_RETRY_SCHEDULE", value_name = "SECONDS")]
    webhook_retry_schedule: Option<String>,

    /// File with certificates of authorities (PEM) that webhooks trust beside the machine's
    ///
    /// Aliases: `PACT_BROKER_WEBHOOK_CERTIFICATES__0__PATH`, or `…__CONTENT`, and so on from 0
    #[arg(long, env = "PACTOLUS_WEBHOOK_CERTIFICATES", value_name = "FILE")]
    webhook_certificates: Option<PathBuf>,

    /// Seconds that a requested verification may take until webhooks are told of it again [default: 3600]
    #[arg(long, env = "PACTOLUS_VERIFICATION_DEADLINE_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(60..=30 * 24 * 3600))]
    verification_deadline_seconds: Option<u64>,

    /// How often webhooks are told again of a requested verification before it is lost [default: 2]
    #[arg(long, env = "PACTOLUS_VERIFICATION_RETRIES", value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    verification_retries: Option<u32>,

    #[command(flatten)]
    retention: ScheduleArguments,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// Requests and jobs
    All,
    /// Requests only
    Web,
    /// Jobs only; health checks are answered
    Worker,
}

impl ServerArguments {
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// The address to listen on, unless that would open the server to others by accident.
    pub(crate) fn listen(&self) -> anyhow::Result<SocketAddr> {
        let port = match named_by("PACT_BROKER_PORT_ENVIRONMENT_VARIABLE_NAME") {
            Some(port) => port.trim().parse().with_context(|| format!("the port is {port}"))?,
            None => parsed(None, &["PACT_BROKER_PORT"])?.unwrap_or(9292),
        };
        let listen = self.listen.unwrap_or(SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port));
        if !listen.ip().is_loopback() && !self.no_auth && !self.access.access()?.is_guarded() {
            bail!(
                "other machines can reach {listen}, and nobody has to authenticate: set a user name and password \
                 (--basic-auth-username, --basic-auth-password) or a token (--bearer-token), listen on 127.0.0.1, or \
                 say --no-auth if everyone who can reach it may do everything"
            );
        }
        Ok(listen)
    }

    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let default = Settings::default();
        let yes_or_no = |given: Option<bool>, alias: &str, default: bool| -> anyhow::Result<bool> {
            Ok(parsed(given.as_ref(), &[alias])?.unwrap_or(default))
        };
        let base_urls = text(self.base_url.as_ref(), &["PACT_BROKER_BASE_URLS", "PACT_BROKER_BASE_URL"]);
        let candidates = list(self.main_branch_candidates.as_ref(), "PACT_BROKER_MAIN_BRANCH_CANDIDATES");
        Ok(Settings {
            access: self.access.access()?,
            base_urls: base_urls.map(|urls| base_urls_of(&urls)).transpose()?.unwrap_or_default(),
            body_limit_bytes: self.body_limit_mb.map_or(default.body_limit_bytes, |mb| mb.saturating_mul(1024 * 1024)),
            patience: self.patience_seconds.map_or(default.patience, Duration::from_secs),
            allow_contract_modification: yes_or_no(
                self.allow_dangerous_contract_modification,
                "PACT_BROKER_ALLOW_DANGEROUS_CONTRACT_MODIFICATION",
                default.allow_contract_modification,
            )?,
            check_similar_names: yes_or_no(
                self.check_for_potential_duplicate_pacticipant_names,
                "PACT_BROKER_CHECK_FOR_POTENTIAL_DUPLICATE_PACTICIPANT_NAMES",
                default.check_similar_names,
            )?,
            use_first_tag_as_branch: yes_or_no(
                self.use_first_tag_as_branch,
                "PACT_BROKER_USE_FIRST_TAG_AS_BRANCH",
                default.use_first_tag_as_branch,
            )?,
            first_tag_as_branch_within: parsed(None, &["PACT_BROKER_USE_FIRST_TAG_AS_BRANCH_TIME_LIMIT"])?
                .map_or(default.first_tag_as_branch_within, Duration::from_secs),
            main_branch_candidates: match parsed(None, &["PACT_BROKER_AUTO_DETECT_MAIN_BRANCH"])? {
                Some(false) => Vec::new(),
                None | Some(true) => candidates.unwrap_or(default.main_branch_candidates),
            },
            deployments_from_tags: yes_or_no(
                self.create_deployed_versions_for_tags,
                "PACT_BROKER_CREATE_DEPLOYED_VERSIONS_FOR_TAGS",
                default.deployments_from_tags,
            )?,
            record_verdicts: self.record_verdicts.unwrap_or(default.record_verdicts),
            verdict_retention_days: self.verdict_retention_days.unwrap_or(default.verdict_retention_days),
            event_retention_days: self.event_retention_days,
            delivery_retention_days: self.delivery_retention_days,
            comparison_budget: Duration::from_secs(self.comparison_budget_seconds.into()),
            accept_comparison_changes: self.accept_comparison_changes,
            evidence_days: self.evidence_days,
            evidence_limit_bytes: usize::try_from(self.evidence_limit_mb).unwrap_or(1).saturating_mul(1024 * 1024),
            webhooks: self.webhooks()?,
            verifications: VerificationSettings {
                deadline: self
                    .verification_deadline_seconds
                    .map_or(default.verifications.deadline, Duration::from_secs),
                retries: self.verification_retries.unwrap_or(default.verifications.retries),
            },
            retention: self.retention.settings()?,
        })
    }

    fn webhooks(&self) -> anyhow::Result<WebhookSettings> {
        let retries = Retries::For(Duration::from_hours(self.webhook_retry_hours));
        let mut webhooks = WebhookSettings { retries, ..WebhookSettings::default() };
        let hosts = list(self.webhook_host_whitelist.as_ref(), "PACT_BROKER_WEBHOOK_HOST_WHITELIST");
        for host in hosts.unwrap_or_default() {
            webhooks.targets.hosts.push(host.parse().context("in the list of hosts that webhooks may call")?);
        }
        if let Some(schemes) = list(self.webhook_scheme_whitelist.as_ref(), "PACT_BROKER_WEBHOOK_SCHEME_WHITELIST") {
            webhooks.targets.schemes = schemes;
        }
        let methods = list(self.webhook_http_method_whitelist.as_ref(), "PACT_BROKER_WEBHOOK_HTTP_METHOD_WHITELIST");
        if let Some(methods) = methods {
            webhooks.targets.methods = methods;
        }
        if let Some(pauses) = list(self.webhook_retry_schedule.as_ref(), "PACT_BROKER_WEBHOOK_RETRY_SCHEDULE") {
            let seconds =
                pauses.iter().map(|pause| pause.parse().map(|secs: u64| Duration::from_secs(secs.min(30 * 24 * 3600))));
            let pauses = seconds.collect::<Result<_, _>>();
            webhooks.retries = Retries::After(pauses.context("the retry schedule is a list of seconds: 10 60 120")?);
        }
        webhooks.certificates = self.webhook_certificates()?;
        Ok(webhooks)
    }

    fn webhook_certificates(&self) -> anyhow::Result<Certificates> {
        let read = |path: &Path| std::fs::read(path).with_context(|| format!("can't read {}", path.display()));
        let pem = match &self.webhook_certificates {
            Some(path) => read(path)?,
            None => certificates_by_number(|alias| text(None, &[alias]), read)?,
        };
        if pem.is_empty() && self.webhook_certificates.is_none() {
            return Ok(Certificates::default());
        }
        Certificates::from_pem(&pem).context("in the certificates that webhooks trust")
    }
}

/// As the container of the Pact Broker takes them: numbered, each in a file or in the variable itself.
fn certificates_by_number(
    of: impl Fn(&str) -> Option<String>,
    read: impl Fn(&Path) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Vec<u8>> {
    let mut pem = Vec::new();
    for number in 0.. {
        let of = |part: &str| of(&format!("{}{number}__{part}", "PACT_BROKER_WEBHOOK_CERTIFICATES__"));
        match (of("PATH"), of("CONTENT")) {
            (Some(path), _) => pem.extend(read(Path::new(&path))?),
            (None, Some(content)) => pem.extend(content.into_bytes()),
            (None, None) => break,
        }
        pem.push(b'\n');
    }
    Ok(pem)
}

fn base_urls_of(urls: &str) -> anyhow::Result<Vec<String>> {
    let checked = urls.split_whitespace().map(|url| {
        let parsed = url::Url::parse(url).with_context(|| format!("{url} is not a base URL"))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() {
            bail!("{url} is not a base URL: write it like https://pacts.example.org");
        }
        Ok(url.trim_end_matches('/').to_string())
    });
    checked.collect()
}

/// The URL of a database that is described part by part, as the container of the Pact Broker takes it.
fn database_of_parts(of: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<String>> {
    let (host, name) = (of("PACT_BROKER_DATABASE_HOST"), of("PACT_BROKER_DATABASE_NAME"));
    if host.is_none() && name.is_none() {
        return Ok(None);
    }
    if let Some(adapter) = of("PACT_BROKER_DATABASE_ADAPTER").filter(|adapter| !adapter.starts_with("postgres")) {
        bail!("PACT_BROKER_DATABASE_ADAPTER is {adapter}: contracts are kept in Postgres, and nothing else is read");
    }
    let (Some(host), Some(name)) = (host, name) else {
        bail!("a database needs both PACT_BROKER_DATABASE_HOST and PACT_BROKER_DATABASE_NAME");
    };
    let refused = |name: &str| anyhow::anyhow!("{name} does not fit into a database URL");
    let mut url = url::Url::parse("postgres://host/").context("the database URL")?;
    url.set_host(Some(&host)).map_err(|_| refused("PACT_BROKER_DATABASE_HOST"))?;
    url.path_segments_mut().map_err(|()| refused("PACT_BROKER_DATABASE_NAME"))?.clear().push(&name);
    if let Some(user) = of("PACT_BROKER_DATABASE_USERNAME") {
        url.set_username(&user).map_err(|()| refused("PACT_BROKER_DATABASE_USERNAME"))?;
    }
    if let Some(password) = of("PACT_BROKER_DATABASE_PASSWORD") {
        url.set_password(Some(&password)).map_err(|()| refused("PACT_BROKER_DATABASE_PASSWORD"))?;
    }
    if let Some(port) = of("PACT_BROKER_DATABASE_PORT") {
        let port = port.trim().parse().with_context(|| format!("PACT_BROKER_DATABASE_PORT is {port}"))?;
        url.set_port(Some(port)).map_err(|()| refused("PACT_BROKER_DATABASE_PORT"))?;
    }
    if let Some(mode) = of("PACT_BROKER_DATABASE_SSLMODE") {
        url.query_pairs_mut().append_pair("sslmode", &mode);
    }
    Ok(Some(url.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database_of(parts: &[(&str, &str)]) -> anyhow::Result<Option<String>> {
        database_of_parts(|alias| {
            let found = parts.iter().find(|(name, _)| alias.strip_prefix("PACT_BROKER_DATABASE_") == Some(name));
            found.map(|(_, value)| (*value).to_string())
        })
    }

    #[test]
    fn a_database_is_described_part_by_part() {
        let parts = [
            ("ADAPTER", "postgres"),
            ("HOST", "db.example.org"),
            ("PORT", "5433"),
            ("NAME", "pacts/1"),
            ("USERNAME", "some one"),
            ("PASSWORD", "p@:/?#"),
            ("SSLMODE", "verify-full"),
        ];

        let url = database_of(&parts).unwrap().unwrap();

        assert_eq!(url, "postgres://some%20one:p%40%3A%2F%3F%23@db.example.org:5433/pacts%2F1?sslmode=verify-full");
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        assert_eq!((options.get_username(), options.get_database()), ("some one", Some("pacts/1")));
    }

    #[test]
    fn numbered_certificates_stand_in_files_or_in_variables() {
        let of = |alias: &str| match alias {
            "PACT_BROKER_WEBHOOK_CERTIFICATES__0__PATH" => Some("/a".to_owned()),
            "PACT_BROKER_WEBHOOK_CERTIFICATES__1__CONTENT" => Some("content".to_owned()),
            "PACT_BROKER_WEBHOOK_CERTIFICATES__3__CONTENT" => Some("after a gap".to_owned()),
            _ => None,
        };

        let pem = certificates_by_number(of, |path| Ok(path.display().to_string().into_bytes())).unwrap();

        assert_eq!(String::from_utf8(pem).unwrap(), "/a\ncontent\n");
    }

    #[test]
    fn half_a_database_and_another_kind_are_refused() {
        assert_eq!(database_of(&[("USERNAME", "x")]).unwrap(), None);
        for parts in [
            &[("HOST", "h")][..],
            &[("NAME", "n")],
            &[("HOST", "h"), ("NAME", "n"), ("ADAPTER", "sqlite")],
            &[("HOST", "h"), ("NAME", "n"), ("PORT", "many")],
        ] {
            assert!(database_of(parts).is_err(), "{parts:?}");
        }
    }
}
