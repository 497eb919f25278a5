//! Variables that users of the Pact Broker's container know. A flag wins over our variable, ours over the alias.

use std::str::FromStr;

use anyhow::Context;

const PREFIX: &str = "PACT_BROKER_";

/// Those that mean something to us, without the prefix.
const KNOWN: &[&str] = &[
    "ALLOW_DANGEROUS_CONTRACT_MODIFICATION",
    "ALLOW_PUBLIC_READ",
    "AUTO_DETECT_MAIN_BRANCH",
    "BASE_URL",
    "BASE_URLS",
    "BASIC_AUTH_ENABLED",
    "BASIC_AUTH_PASSWORD",
    "BASIC_AUTH_READ_ONLY_PASSWORD",
    "BASIC_AUTH_READ_ONLY_USERNAME",
    "BASIC_AUTH_USERNAME",
    "CHECK_FOR_POTENTIAL_DUPLICATE_PACTICIPANT_NAMES",
    "CREATE_DEPLOYED_VERSIONS_FOR_TAGS",
    "DATABASE_ADAPTER",
    "DATABASE_CLEAN_CRON_SCHEDULE",
    "DATABASE_CLEAN_DELETION_LIMIT",
    "DATABASE_CLEAN_DRY_RUN",
    "DATABASE_CLEAN_ENABLED",
    "DATABASE_CLEAN_KEEP_VERSION_SELECTORS",
    "DATABASE_CONNECT_MAX_RETRIES",
    "DATABASE_HOST",
    "DATABASE_MAX_CONNECTIONS",
    "DATABASE_NAME",
    "DATABASE_PASSWORD",
    "DATABASE_PORT",
    "DATABASE_SSLMODE",
    "DATABASE_URL",
    "DATABASE_URL_ENVIRONMENT_VARIABLE_NAME",
    "DATABASE_USERNAME",
    "ENABLE_PUBLIC_BADGE_ACCESS",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "MAIN_BRANCH_CANDIDATES",
    "PORT",
    "PORT_ENVIRONMENT_VARIABLE_NAME",
    "PUBLIC_HEARTBEAT",
    "USE_FIRST_TAG_AS_BRANCH",
    "USE_FIRST_TAG_AS_BRANCH_TIME_LIMIT",
    "WEBHOOK_HOST_WHITELIST",
    "WEBHOOK_HTTP_METHOD_WHITELIST",
    "WEBHOOK_RETRY_SCHEDULE",
    "WEBHOOK_SCHEME_WHITELIST",
];

/// Begins variables with numbers in their names.
const NUMBERED: &str = "WEBHOOK_CERTIFICATES__";

/// Those of the commands that ask a server: harmless where one runs.
const OF_CLIENTS: &[&str] = &[
    "CAN_I_DEPLOY_DRY_RUN",
    "CAN_I_DEPLOY_IGNORE",
    "CAN_I_MERGE_DRY_RUN",
    "HTTP_RETRIES",
    "PASSWORD",
    "TOKEN",
    "USERNAME",
];

/// Names the variables that are set and mean nothing here, without their values.
pub(crate) fn warn_of_unknown() {
    for name in unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
        tracing::warn!("{name} is set, and has no counterpart here: it changes nothing");
    }
}

fn unknown(names: impl Iterator<Item = String>) -> Vec<String> {
    let is_unknown = |name: &String| {
        name.strip_prefix(PREFIX)
            .is_some_and(|rest| !KNOWN.contains(&rest) && !OF_CLIENTS.contains(&rest) && !rest.starts_with(NUMBERED))
    };
    let mut unknown: Vec<String> = names.filter(is_unknown).collect();
    unknown.sort();
    unknown
}

/// The value given, else that of the first alias that is set to something.
pub(crate) fn text(given: Option<&String>, aliases: &[&str]) -> Option<String> {
    let filled = |text: &String| !text.trim().is_empty();
    let alias = || aliases.iter().find_map(|name| std::env::var(name).ok().filter(filled));
    given.cloned().filter(filled).or_else(alias)
}

/// The value of the variable that this variable names.
pub(crate) fn named_by(alias: &str) -> Option<String> {
    text(None, &[text(None, &[alias])?.trim()])
}

/// Like [`text`], but an empty value that was given counts: it empties the list.
pub(crate) fn list(given: Option<&String>, alias: &str) -> Option<Vec<String>> {
    let value = given.cloned().or_else(|| std::env::var(alias).ok())?;
    Some(value.split_whitespace().map(String::from).collect())
}

pub(crate) fn parsed<T: Clone + FromStr>(given: Option<&T>, aliases: &[&str]) -> anyhow::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    if let Some(given) = given {
        return Ok(Some(given.clone()));
    }
    for alias in aliases {
        if let Some(value) = text(None, &[alias]) {
            return value.trim().parse().map(Some).with_context(|| format!("{alias} is {value}"));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each file that reads aliases.
    const READERS: &[&str] = &[
        include_str!("access.rs"),
        include_str!("settings.rs"),
        include_str!("retention.rs"),
        include_str!("clean.rs"),
        include_str!("main.rs"),
        include_str!("broker.rs"),
    ];

    #[test]
    fn what_means_nothing_here_is_named() {
        let names =
            ["PACT_BROKER_BASE_URL", "PACT_BROKER_TOKEN", "PACT_BROKER_TYPO", "PATH", "PACT_BROKER_SEED_EXAMPLE_DATA"];

        let unknown = unknown(names.into_iter().map(String::from));

        assert_eq!(unknown, ["PACT_BROKER_SEED_EXAMPLE_DATA", "PACT_BROKER_TYPO"]);
    }

    #[test]
    fn each_alias_that_is_known_is_read_and_described() {
        let readme = include_str!("../../../README.md");
        for name in KNOWN {
            let alias = format!("{PREFIX}{name}");
            assert!(READERS.iter().any(|source| source.contains(&format!("\"{alias}\""))), "{alias} is not read");
            assert!(readme.contains(&format!("`{alias}`")), "{alias} is not in README");
        }
    }

    #[test]
    fn each_alias_that_is_read_is_known() {
        for source in READERS {
            for (at, _) in source.match_indices(&format!("\"{PREFIX}")) {
                let rest = &source[at + 1 + PREFIX.len()..];
                let name = rest.split(|c: char| c != '_' && !c.is_ascii_uppercase()).next().unwrap_or_default();
                if name.ends_with('_') {
                    continue;
                }
                assert!(KNOWN.contains(&name) || OF_CLIENTS.contains(&name), "{name}");
            }
        }
    }
}
