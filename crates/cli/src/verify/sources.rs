//! Where the contracts come from: files, folders, addresses, a broker.

use std::path::{Path, PathBuf};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use pactolus_verify::{ContractToVerify, Notice, Source};
use serde_json::{Map, Value, json};
use url::Url;

use super::arguments::{Arguments, Contracts};
use crate::broker::{Broker, Connection, Repeat};
use crate::outcome::{Exit, Failure};

/// Contracts that are fetched at once.
const AT_ONCE: usize = 8;

/// All contracts that are asked for, in the order of the command line.
pub(super) async fn contracts(arguments: &Arguments, branch: Option<&str>) -> Result<Vec<ContractToVerify>, Failure> {
    let wanted = &arguments.contracts;
    let mut contracts = Vec::new();
    for file in &wanted.file {
        contracts.push(from_file(file)?);
    }
    for folder in &wanted.dir {
        contracts.extend(from_folder(folder, &arguments.provider.provider_name)?);
    }
    for url in wanted.url.iter().chain(&wanted.webhook_callback_url) {
        let wrong = |error| Failure::usage(format!("{url} is no address of a contract: {error}"));
        // Links of the answer lead anywhere on that host.
        let host = Url::parse(url).and_then(|address| address.join("/")).map_err(wrong)?;
        let broker = broker_at(wanted, host.as_str(), arguments.reports.verbose)?;
        contracts.push(fetched(&broker, &broker.address(url)?, Source::default()).await?);
    }
    let are_named = !(wanted.file.is_empty() && wanted.dir.is_empty() && wanted.url.is_empty());
    if let Some(broker) = broker(arguments)?.filter(|_| !are_named && wanted.webhook_callback_url.is_none()) {
        contracts.extend(from_broker(&broker, arguments, branch).await?);
    }
    Ok(contracts)
}

/// The broker that is named, if any.
pub(super) fn broker(arguments: &Arguments) -> Result<Option<Broker>, Failure> {
    let wanted = &arguments.contracts;
    let url = wanted.broker_url.as_ref().filter(|url| !url.trim().is_empty());
    url.map(|url| broker_at(wanted, url, arguments.reports.verbose)).transpose()
}

/// Credentials are sent to the addresses that the command line names, and to no other.
pub(super) fn broker_at(wanted: &Contracts, url: &str, verbose: bool) -> Result<Broker, Failure> {
    let (token, user, password) = (wanted.token.clone(), wanted.user.clone(), wanted.password.clone());
    Broker::open(&Connection::to(url, token, user, password, verbose))
}

fn from_file(path: &Path) -> Result<ContractToVerify, Failure> {
    let text =
        std::fs::read(path).map_err(|error| Failure::usage(format!("can't read {}: {error}", path.display())))?;
    let text = String::from_utf8(text)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8, so it is no contract", path.display())))?;
    let source = Source { location: path.display().to_string(), ..Source::default() };
    Ok(ContractToVerify { source, text })
}

/// Those of the provider, from this folder and all folders in it.
fn from_folder(folder: &Path, provider: &str) -> Result<Vec<ContractToVerify>, Failure> {
    let mut contracts = Vec::new();
    for path in json_files(folder)? {
        let contract = from_file(&path)?;
        let is_ours = match serde_json::from_str::<Value>(&contract.text) {
            Ok(value) => value["provider"]["name"] == provider,
            // May be ours and broken: said, not passed over.
            Err(_) => true,
        };
        if is_ours {
            contracts.push(contract);
        }
    }
    Ok(contracts)
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::usage(format!("can't read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(json_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Those that the broker says matter.
async fn from_broker(
    broker: &Broker,
    arguments: &Arguments,
    branch: Option<&str>,
) -> Result<Vec<ContractToVerify>, Failure> {
    let provider = &arguments.provider.provider_name;
    let chosen = broker.relation("pb:provider-pacts-for-verification", &[("provider", provider)]).await?;
    let question = question(arguments, branch)?;
    let answer = broker.post(&chosen, &question, Repeat::Safe).await?;
    // Nobody has published anything for it.
    let pacts = if answer.status == 404 { Value::Null } else { answer.accepted("the contracts to verify")? };
    let pacts = pacts["_embedded"]["pacts"].as_array().cloned().unwrap_or_default();
    stream::iter(pacts.iter().map(|pact| from_list(broker, pact))).buffered(AT_ONCE).try_collect().await
}

async fn from_list(broker: &Broker, pact: &Value) -> Result<ContractToVerify, Failure> {
    let href = pact["_links"]["self"]["href"].as_str().ok_or_else(|| {
        Failure::new(Exit::NotAsked, "not-understood", "the broker lists a contract without saying where it is")
    })?;
    let properties = &pact["verificationProperties"];
    let is_wip = properties["wip"] == true;
    let source = Source {
        is_pending: is_wip || properties["pending"] == true,
        is_wip,
        notices: notices(&properties["notices"]),
        ..Source::default()
    };
    fetched(broker, &broker.address(href)?, source).await
}

fn notices(list: &Value) -> Vec<Notice> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = list.as_array().into_iter().flatten();
    each.map(|notice| Notice { when: text(&notice["when"]), text: text(&notice["text"]) }).collect()
}

async fn fetched(broker: &Broker, url: &Url, source: Source) -> Result<ContractToVerify, Failure> {
    let answer = broker.get(url).await?;
    let text = answer.text.clone();
    let body = answer.accepted(&format!("the contract at {url}"))?;
    let href = body["_links"]["pb:publish-verification-results"]["href"].as_str();
    let publish_results_to = href.map(|href| broker.address(href)).transpose()?.map(String::from);
    let sha = publish_results_to.as_deref().and_then(sha_in).map(str::to_owned);
    Ok(ContractToVerify { source: Source { location: url.to_string(), publish_results_to, sha, ..source }, text })
}

/// Results are about a content, whose address names it.
fn sha_in(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("/pact-version/")?;
    rest.split('/').next()
}

fn question(arguments: &Arguments, branch: Option<&str>) -> Result<Value, Failure> {
    let wanted = &arguments.contracts;
    let mut question = Map::new();
    question.insert("includePendingStatus".into(), wanted.enable_pending.into());
    let selectors = selectors(wanted)?;
    if !selectors.is_empty() {
        question.insert("consumerVersionSelectors".into(), selectors.into());
    }
    if !arguments.publishing.provider_tags.is_empty() {
        question.insert("providerVersionTags".into(), arguments.publishing.provider_tags.clone().into());
    }
    if let Some(branch) = branch {
        question.insert("providerVersionBranch".into(), branch.into());
    }
    if let Some(since) = &wanted.include_wip_pacts_since {
        question.insert("includeWipPactsSince".into(), since.as_str().into());
    }
    Ok(Value::Object(question))
}

fn selectors(wanted: &Contracts) -> Result<Vec<Value>, Failure> {
    let mut selectors = Vec::new();
    for text in &wanted.consumer_version_selectors {
        let wrong = |why: String| {
            Failure::usage(format!("--consumer-version-selectors {text}: {why}"))
                .with_details([r#"for example: --consumer-version-selectors '{"mainBranch": true}'"#.to_owned()])
        };
        match serde_json::from_str(text).map_err(|error| wrong(format!("not JSON: {error}")))? {
            Value::Array(several) => selectors.extend(several),
            one @ Value::Object(_) => selectors.push(one),
            _ => return Err(wrong("neither an object nor a list of objects".into())),
        }
    }
    let tags = wanted.consumer_version_tags.iter().map(|tag| json!({ "tag": tag, "latest": true }));
    selectors.extend(tags);
    Ok(selectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_named_in_the_address_for_its_results() {
        let url = "http://a/pacts/provider/p/consumer/c/pact-version/abc/metadata/x/verification-results";

        assert_eq!(sha_in(url), Some("abc"));
        assert_eq!(sha_in("http://a/pacts"), None);
    }
}
