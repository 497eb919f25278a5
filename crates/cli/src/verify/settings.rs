//! The command line as the settings of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use pactolus_verify::{Filter, Patience, Settings, StateChange, Trust};
use regex::Regex;
use url::Url;

use super::arguments::{Arguments, Filters, Provider, Running, States};
use crate::outcome::Failure;

/// `only` comes from the command line or from the report of the last run.
pub(super) fn settings(
    arguments: &Arguments,
    provider_version: Option<String>,
    only: BTreeSet<String>,
) -> Result<Settings, Failure> {
    let provider = &arguments.provider;
    let running = &arguments.running;
    #[expect(clippy::disallowed_methods, reason = "a command has no App, and its runs are never repeated")]
    let (run_id, started_at) = (uuid::Uuid::now_v7(), chrono::Utc::now());
    Ok(Settings {
        run_id,
        started_at,
        provider: provider.provider_name.clone(),
        provider_version,
        address: address(provider)?,
        transports: transports(provider)?,
        state_change: state_change(&arguments.states)?,
        headers: provider.header.iter().map(|header| header_of(header)).collect::<Result<_, _>>()?,
        header_command: provider.header_from_command.clone(),
        filter: filter(&arguments.filters, only)?,
        jobs: running.jobs.into(),
        patience: patience(running),
        retries: running.retries,
        stops_at_first_failure: running.exit_on_first_error,
        follows_redirects: provider.follow_redirects,
        trust: trust(provider)?,
        body_limit_bytes: usize::from(running.body_limit) << 20,
    })
}

fn address(provider: &Provider) -> Result<Url, Failure> {
    if let Some(given) = &provider.provider_base_url {
        let url = parsed("--provider-base-url", given)?;
        return with_base_path(url, provider.base_path.as_deref());
    }
    let host = provider.hostname.as_deref().unwrap_or("localhost");
    let scheme = &provider.transport;
    if !["http", "https"].contains(&scheme.as_str()) {
        return Err(Failure::usage(format!("--transport {scheme}: only http and https are known here")));
    }
    let port = provider.port.map(|port| format!(":{port}")).unwrap_or_default();
    let url = parsed("--hostname", &format!("{scheme}://{host}{port}"))?;
    with_base_path(url, provider.base_path.as_deref())
}

fn with_base_path(mut url: Url, path: Option<&str>) -> Result<Url, Failure> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::usage(format!("the provider's address {url} has a query or a fragment: leave it out")));
    }
    if let Some(path) = path.filter(|path| !path.trim_matches('/').is_empty()) {
        let path = format!("{}/{}", url.path().trim_end_matches('/'), path.trim_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

/// `message:8081`, `https:8443`: on the provider's host, messages at its root.
fn transports(provider: &Provider) -> Result<BTreeMap<String, Url>, Failure> {
    let mut transports = BTreeMap::new();
    let base = address(provider)?;
    for given in &provider.transports {
        let wrong = || Failure::usage(format!("--transports {given}: write it as TRANSPORT:PORT, like message:8081"));
        let (transport, port) = given.split_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let mut url = base.clone();
        url.set_path("");
        let scheme = if transport == "https" { "https" } else { "http" };
        if url.set_scheme(scheme).is_err() || url.set_port(Some(port)).is_err() {
            return Err(wrong());
        }
        transports.insert(transport.to_owned(), url);
    }
    Ok(transports)
}

fn state_change(states: &States) -> Result<Option<StateChange>, Failure> {
    let Some(given) = states.state_change_url.as_ref().filter(|url| !url.trim().is_empty()) else { return Ok(None) };
    let url = parsed("--state-change-url", given)?;
    Ok(Some(StateChange { url, as_query: states.state_change_as_query, tears_down: states.state_change_teardown }))
}

fn header_of(given: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    // Never the value: it may be a secret.
    let (name, value) = given
        .split_once('=')
        .ok_or_else(|| Failure::usage("--header: write it as NAME=VALUE, like Authorization=\"Bearer …\""))?;
    let wrong =
        |what: &str| Failure::usage(format!("--header {name}: its {what} has characters that no header may have"));
    let header = HeaderName::try_from(name.trim()).map_err(|_| wrong("name"))?;
    let mut value = HeaderValue::try_from(value.trim()).map_err(|_| wrong("value"))?;
    value.set_sensitive(true);
    Ok((header, value))
}

fn filter(filters: &Filters, only: BTreeSet<String>) -> Result<Filter, Failure> {
    Ok(Filter {
        descriptions: expressions("--filter-description", &filters.filter_description)?,
        states: expressions("--filter-state", &filters.filter_state)?,
        has_no_state: filters.filter_no_state,
        consumers: filters.filter_consumer.clone(),
        keys: only,
    })
}

/// An empty variable is no filter.
fn expressions(flag: &str, texts: &[String]) -> Result<Vec<Regex>, Failure> {
    let given = texts.iter().filter(|text| !text.is_empty());
    given.map(|text| Regex::new(text).map_err(|error| Failure::usage(format!("{flag} {text}: {error}")))).collect()
}

fn patience(running: &Running) -> Patience {
    Patience {
        connect: Duration::from_millis(running.connect_timeout),
        answer: Duration::from_millis(running.request_timeout),
        state: Duration::from_millis(running.state_timeout),
        run: running.run_timeout.map(Duration::from_secs),
    }
}

fn trust(provider: &Provider) -> Result<Trust, Failure> {
    let mut trust = Trust { is_blind: provider.disable_ssl_verification, ..Trust::default() };
    if let Some(path) = &provider.ssl_certificate {
        let unusable = |why: String| Failure::usage(format!("--ssl-certificate {}: {why}", path.display()));
        trust.certificates = reqwest::Certificate::from_pem_bundle(&read("--ssl-certificate", path)?)
            .map_err(|error| unusable(error.to_string()))?;
        if trust.certificates.is_empty() {
            return Err(unusable("there is no certificate in it".into()));
        }
    }
    if let (Some(certificate), Some(key)) = (&provider.client_certificate, &provider.client_key) {
        let mut pem = read("--client-certificate", certificate)?;
        pem.push(b'\n');
        pem.extend(read("--client-key", key)?);
        let identity = reqwest::Identity::from_pem(&pem).map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            Failure::usage(format!("--client-certificate {certificate} with --client-key {key}: {error}"))
        })?;
        trust.identity = Some(identity);
    }
    Ok(trust)
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(format!("{flag} {}: {error}", path.display())))
}

fn parsed(flag: &str, given: &str) -> Result<Url, Failure> {
    let example = "write it like http://127.0.0.1:8080";
    let url = Url::parse(given).map_err(|error| Failure::usage(format!("{flag} {given}: {error}; {example}")))?;
    if ["http", "https"].contains(&url.scheme()) && url.host().is_some() {
        Ok(url)
    } else {
        Err(Failure::usage(format!("{flag} {given} is no address of HTTP; {example}")))
    }
}
