//! `--what-if`: can-i-deploy over a hypothetical state, which only Pactolus answers.

use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::selectors::{Selector, Selectors, Which};
use crate::outcome::Failure;

/// What is to be assumed.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What if")]
pub(super) struct Suppositions {
    /// Ask over a hypothetical state: several --pacticipants go at once, and what the flags below say is assumed.
    /// Nothing is stored
    #[arg(long, requires = "to_environment", conflicts_with = "limit")]
    pub(super) what_if: bool,

    /// Assume that this version is deployed, in place of what is deployed there now; may be repeated, as all of these
    #[arg(long, value_name = "NAME@VERSION", requires = "what_if")]
    assume_deployed: Vec<Exact>,

    /// Assume that this version is deployed beside what is there now
    #[arg(long, value_name = "NAME@VERSION", requires = "what_if")]
    assume_deployed_beside: Vec<Exact>,

    /// Assume that this version, or all of an application, is neither deployed nor supported there any more
    #[arg(long, value_name = "NAME[@VERSION]", requires = "what_if")]
    assume_undeployed: Vec<Named>,

    /// Assume that this version is published, with the contracts of another version (a number, latest, main-branch,
    /// branch:NAME or tag:NAME) or without any
    #[arg(long, value_name = "NAME@VERSION[=LIKE]", requires = "what_if")]
    assume_version: Vec<Unpublished>,

    /// Assume that this version is published with the contract in the file
    #[arg(long, value_name = "NAME@VERSION=FILE", requires = "what_if")]
    assume_contract: Vec<WithContract>,

    /// Assume that the provider has verified the consumer's contract, and how that ended
    #[arg(long, value_name = "CONSUMER@VERSION,PROVIDER@VERSION[=passed|failed]", requires = "what_if")]
    assume_result: Vec<Verified>,
}

/// `NAME@VERSION`. Names may have an @ in them, versions not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exact {
    name: String,
    version: String,
}

/// `NAME` or `NAME@VERSION`.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    version: Option<String>,
}

/// `NAME@VERSION` or `NAME@VERSION=LIKE`.
#[derive(Debug, Clone)]
struct Unpublished {
    version: Exact,
    like: Option<Which>,
}

/// `NAME@VERSION=FILE`.
#[derive(Debug, Clone)]
struct WithContract {
    version: Exact,
    file: PathBuf,
}

/// `CONSUMER@VERSION,PROVIDER@VERSION[=passed|failed]`.
#[derive(Debug, Clone)]
struct Verified {
    consumer: Exact,
    provider: Exact,
    success: bool,
}

impl FromStr for Exact {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('@') {
            Some((name, version)) if !name.is_empty() && !version.is_empty() => {
                Ok(Self { name: name.to_owned(), version: version.to_owned() })
            }
            _ => Err("write NAME@VERSION, for instance stock@40".to_owned()),
        }
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // An @ in front belongs to the name, as in @org/shop.
        if text.rfind('@').is_none_or(|at| at == 0) {
            return Ok(Self { name: text.to_owned(), version: None });
        }
        Exact::from_str(text).map(|Exact { name, version }| Self { name, version: Some(version) })
    }
}

impl FromStr for Unpublished {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, like) = match text.split_once('=') {
            Some((version, like)) => (version, Some(like_of(like)?)),
            None => (text, None),
        };
        Ok(Self { version: version.parse()?, like })
    }
}

fn like_of(text: &str) -> Result<Which, String> {
    Ok(match (text, text.split_once(':')) {
        ("", _) => return Err("after = goes the version whose contracts it has, for instance shop@41=40".to_owned()),
        ("latest", _) => Which::Latest,
        ("main-branch", _) => Which::MainBranch,
        (_, Some(("branch", branch))) => Which::Branch(branch.to_owned()),
        (_, Some(("tag", tag))) => Which::LatestTagged(tag.to_owned()),
        _ => Which::Version(text.to_owned()),
    })
}

impl FromStr for WithContract {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, file) =
            text.split_once('=').ok_or("write NAME@VERSION=FILE, for instance shop@41=pacts/shop-stock.json")?;
        Ok(Self { version: version.parse()?, file: file.into() })
    }
}

impl FromStr for Verified {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write CONSUMER@VERSION,PROVIDER@VERSION, for instance shop@41,stock@40=passed";
        let (versions, result) = text.rsplit_once('=').unwrap_or((text, "passed"));
        let success = match result {
            "passed" => true,
            "failed" => false,
            _ => return Err(format!("a result is passed or failed; {example}")),
        };
        let (consumer, provider) = versions.split_once(',').ok_or(example)?;
        Ok(Self { consumer: consumer.parse()?, provider: provider.parse()?, success })
    }
}

impl Suppositions {
    /// The body of the question.
    pub(super) fn body(&self, selectors: &Selectors, environment: &str) -> Result<Value, Failure> {
        let going = selectors.asked.iter().map(going).collect::<Result<Vec<Value>, Failure>>()?;
        let ignore: Vec<Value> = selectors.ignored.iter().map(|one| named(&one.pacticipant, &one.which)).collect();
        let in_place = self.assume_deployed.iter().map(|one| deployed(one, None));
        let beside = self.assume_deployed_beside.iter().map(|one| deployed(one, Some("none")));
        let undeployed = self.assume_undeployed.iter().map(|Named { name, version }| match version {
            Some(version) => json!({ "pacticipant": name, "version": version }),
            None => json!({ "pacticipant": name }),
        });
        let results = self.assume_result.iter().map(|Verified { consumer, provider, success }| {
            json!({
                "consumer": consumer.name, "consumerVersion": consumer.version,
                "provider": provider.name, "providerVersion": provider.version, "success": success,
            })
        });
        Ok(json!({
            "pacticipants": going,
            "to": environment,
            "assume": {
                "versions": self.versions()?,
                "undeployed": undeployed.collect::<Vec<Value>>(),
                "deployed": in_place.chain(beside).collect::<Vec<Value>>(),
                "results": results.collect::<Vec<Value>>(),
            },
            "ignore": ignore,
        }))
    }

    fn versions(&self) -> Result<Vec<Value>, Failure> {
        let mut versions: Vec<Value> = Vec::new();
        for Unpublished { version: Exact { name, version }, like } in &self.assume_version {
            let mut shown = json!({ "pacticipant": name, "version": version });
            if let Some(like) = like {
                shown["like"] = which(like).into();
            }
            versions.push(shown);
        }
        for WithContract { version: Exact { name, version }, file } in &self.assume_contract {
            let text = std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            let contract = json!({ "content": BASE64.encode(text) });
            let is_it = |one: &&mut Value| one["pacticipant"] == **name && one["version"] == **version;
            match versions.iter_mut().find(is_it).map(|known| &mut known["contracts"]) {
                Some(Value::Array(contracts)) => contracts.push(contract),
                Some(none_yet) => *none_yet = json!([contract]),
                None => versions.push(json!({ "pacticipant": name, "version": version, "contracts": [contract] })),
            }
        }
        Ok(versions)
    }
}

fn going(selector: &Selector) -> Result<Value, Failure> {
    match &selector.which {
        Which::Tagged(tag) => Err(Failure::usage(format!(
            "with --what-if one version of each pacticipant goes: say --latest {tag} instead of --tag {tag}"
        ))),
        which => Ok(named(&selector.pacticipant, which)),
    }
}

fn named(pacticipant: &str, selected: &Which) -> Value {
    let mut named = which(selected);
    named.insert("pacticipant".to_owned(), pacticipant.into());
    named.into()
}

fn which(which: &Which) -> Map<String, Value> {
    let (key, value) = match which {
        Which::Unsaid => return Map::new(),
        Which::Version(version) => ("version", version.as_str().into()),
        Which::Latest => ("latest", true.into()),
        Which::LatestTagged(tag) | Which::Tagged(tag) => ("tag", tag.as_str().into()),
        Which::Branch(branch) => ("branch", branch.as_str().into()),
        Which::MainBranch => ("mainBranch", true.into()),
    };
    Map::from_iter([(key.to_owned(), value)])
}

fn deployed(Exact { name, version }: &Exact, replaces: Option<&str>) -> Value {
    match replaces {
        Some(replaces) => json!({ "pacticipant": name, "version": version, "replaces": replaces }),
        None => json!({ "pacticipant": name, "version": version }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{question, wrong};
    use super::*;

    fn check(line: &str, assumed: &Value) {
        let question = question(&format!("-a shop -e 2 --to-environment prod --what-if {line}"));
        let body = question.what_if.expect("it was asked for");
        let mut lists = body["assume"].as_object().unwrap().clone();
        lists.retain(|_, list| list.as_array().is_some_and(|list| !list.is_empty()));

        assert_eq!(Value::from(lists), *assumed, "{line}");
    }

    #[test]
    fn several_go_at_once() {
        let line =
            "-a shop -e 2 -a stock --main-branch -a pay --latest dev --ignore web --to-environment prod --what-if";
        let body = question(line).what_if.expect("it was asked for");

        let going = json!([
            { "pacticipant": "shop", "version": "2" },
            { "pacticipant": "stock", "mainBranch": true },
            { "pacticipant": "pay", "tag": "dev" },
        ]);
        assert_eq!((&body["pacticipants"], &body["to"]), (&going, &json!("prod")));
        assert_eq!(body["ignore"], json!([{ "pacticipant": "web" }]));
    }

    #[test]
    fn what_is_deployed() {
        check(
            "--assume-deployed @org/stock@40 --assume-deployed-beside pay@7 --assume-undeployed web \
             --assume-undeployed @org/app@3",
            &json!({
                "deployed": [
                    { "pacticipant": "@org/stock", "version": "40" },
                    { "pacticipant": "pay", "version": "7", "replaces": "none" },
                ],
                "undeployed": [{ "pacticipant": "web" }, { "pacticipant": "@org/app", "version": "3" }],
            }),
        );
        check("--assume-undeployed @org/app", &json!({ "undeployed": [{ "pacticipant": "@org/app" }] }));
    }

    #[test]
    fn what_is_published() {
        check(
            "--assume-version shop@2=1 --assume-version a@1=latest --assume-version b@1=branch:x=y \
             --assume-version c@1=main-branch --assume-version d@1",
            &json!({ "versions": [
                { "pacticipant": "shop", "version": "2", "like": { "version": "1" } },
                { "pacticipant": "a", "version": "1", "like": { "latest": true } },
                { "pacticipant": "b", "version": "1", "like": { "branch": "x=y" } },
                { "pacticipant": "c", "version": "1", "like": { "mainBranch": true } },
                { "pacticipant": "d", "version": "1" },
            ] }),
        );
    }

    #[test]
    fn contracts_of_one_version_stay_together() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        std::fs::write(&one, "{}").unwrap();
        std::fs::write(&other, "{ }").unwrap();

        check(
            &format!(
                "--assume-version shop@2 --assume-contract shop@2={} --assume-contract shop@2={}",
                one.display(),
                other.display()
            ),
            &json!({ "versions": [{
                "pacticipant": "shop", "version": "2", "contracts": [{ "content": "e30=" }, { "content": "eyB9" }],
            }] }),
        );
    }

    #[test]
    fn what_is_verified() {
        let result = |success: bool| {
            json!({
                "consumer": "shop", "consumerVersion": "1.0+x", "provider": "stock", "providerVersion": "40",
                "success": success,
            })
        };
        check("--assume-result shop@1.0+x,stock@40", &json!({ "results": [result(true)] }));
        check("--assume-result shop@1.0+x,stock@40=failed", &json!({ "results": [result(false)] }));
    }

    #[test]
    fn slips_are_wrong_usage() {
        for line in [
            "-a shop -e 2 --what-if",
            "-a shop -e 2 --to prod --what-if",
            "-a shop -e 2 --to-environment prod --assume-deployed stock@40",
            "-a shop -e 2 --to-environment prod --what-if --assume-deployed stock",
            "-a shop -e 2 --to-environment prod --what-if --assume-result shop@1",
            "-a shop -e 2 --to-environment prod --what-if --assume-result shop@1,stock@2=maybe",
            "-a shop -e 2 --to-environment prod --what-if --assume-contract shop@3=/nowhere/at/all.json",
            "-a shop --tag x --to-environment prod --what-if",
        ] {
            assert!(wrong(line), "{line}");
        }
    }
}
