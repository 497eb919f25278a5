//! What is supposed, as it stands in the request. Members that are not known are refused: an assumption that is left out for
//! a slip of the pen would be a wrong yes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_domain::content::{Content, ContentSha};
use pactolus_domain::gate::Criterion;
use pactolus_domain::names::{BranchName, EnvironmentName, NameError, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems, Step};
use serde_json::Value;

use super::super::query::{Asked, Ignored};

/// So many may go together: each is held against each.
const MOST_GOING: usize = 50;

/// No list is longer: what is assumed is told with each reason that rests on it.
const MOST_ELEMENTS: usize = 500;

/// A question over a hypothetical state.
pub(crate) struct Hypothesis {
    pub(super) going: Vec<Going>,
    pub(super) to: EnvironmentName,
    pub(super) deployed: Vec<Deployed>,
    pub(super) undeployed: Vec<Undeployed>,
    pub(super) versions: Vec<Unpublished>,
    pub(super) results: Vec<Verified>,
    pub(super) ignore: Vec<Ignored>,
}

/// A version that is asked about.
pub(super) struct Going {
    pub(super) asked: Asked,
    pub(super) replaces: Replaces,
}

/// What a version takes the place of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaces {
    /// What is deployed without a named application instance, as it is when a deployment is recorded.
    Unnamed,
    /// All that is deployed or released there.
    All,
    /// Nothing: it runs beside.
    Nothing,
}

pub(super) struct Deployed {
    pub(super) pacticipant: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) replaces: Replaces,
}

pub(super) struct Undeployed {
    pub(super) pacticipant: PacticipantName,
    /// `None` for all that is there.
    pub(super) version: Option<VersionNumber>,
}

/// A version that is not published yet.
pub(super) struct Unpublished {
    pub(super) pacticipant: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) contracts: Contracts,
}

/// Its contracts.
pub(super) enum Contracts {
    /// Those of another version.
    Like(Criterion),
    /// These.
    Given(Vec<Given>),
}

pub(super) struct Given {
    pub(super) provider: PacticipantName,
    pub(super) sha: ContentSha,
    /// The contract, if it was sent along, so that the registry need not have it.
    pub(super) text: Option<String>,
}

/// A result that is not there yet.
pub(super) struct Verified {
    pub(super) consumer: PacticipantName,
    pub(super) contract: ContractOf,
    pub(super) provider: PacticipantName,
    pub(super) provider_version: VersionNumber,
    pub(super) success: bool,
}

/// Which contract.
pub(super) enum ContractOf {
    Version(VersionNumber),
    Content(ContentSha),
}

impl Hypothesis {
    pub(crate) fn parse(body: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let whole = Part { value: body, path: Vec::new() };
        whole.knows(&["pacticipants", "to", "assume", "ignore"], &mut problems);
        let assume = whole.member("assume");
        assume.knows(&["deployed", "undeployed", "versions", "results"], &mut problems);
        let to = problems.note(whole.name("to", EnvironmentName::parse));
        let going = whole.list("pacticipants", &mut problems, going);
        let named = whole.member("pacticipants").value;
        if named.is_null() || named.as_array().is_some_and(Vec::is_empty) {
            problems.push(Problem::at("pacticipants", "must name at least one version that is to go"));
        }
        if going.len() > MOST_GOING {
            problems.push(Problem::at("pacticipants", format!("must be at most {MOST_GOING}")));
        }
        for (at, one) in going.iter().enumerate() {
            let name = &one.asked.pacticipant;
            if going[..at].iter().any(|before| before.asked.pacticipant == *name) {
                problems.push(Problem::at_item("pacticipants", at, format!("names {name} a second time")));
            }
        }
        let deployed = assume.list("deployed", &mut problems, |part, problems| deployed(part, to.as_ref(), problems));
        let undeployed =
            assume.list("undeployed", &mut problems, |part, problems| undeployed_from(part, to.as_ref(), problems));
        let versions = assume.list("versions", &mut problems, unpublished);
        let results = assume.list("results", &mut problems, verified);
        let ignore = whole.list("ignore", &mut problems, ignored);
        match to {
            Some(to) if problems.is_empty() => Ok(Self { going, to, deployed, undeployed, versions, results, ignore }),
            _ => Err(problems),
        }
    }
}

fn going(part: &Part<'_>, problems: &mut Problems) -> Option<Going> {
    part.knows(&["pacticipant", "version", "branch", "tag", "latest", "mainBranch", "replaces"], problems);
    let pacticipant = problems.note(part.name("pacticipant", PacticipantName::parse));
    let criterion = problems.note(part.one_version());
    let replaces = problems.note(part.replaces());
    Some(Going { asked: Asked { pacticipant: pacticipant?, criterion: criterion? }, replaces: replaces? })
}

fn deployed(part: &Part<'_>, to: Option<&EnvironmentName>, problems: &mut Problems) -> Option<Deployed> {
    part.knows(&["pacticipant", "version", "environment", "replaces"], problems);
    problems.note(part.is_in(to));
    let pacticipant = problems.note(part.name("pacticipant", PacticipantName::parse));
    let version = problems.note(part.name("version", VersionNumber::parse));
    let replaces = problems.note(part.replaces());
    Some(Deployed { pacticipant: pacticipant?, version: version?, replaces: replaces? })
}

fn undeployed_from(part: &Part<'_>, to: Option<&EnvironmentName>, problems: &mut Problems) -> Option<Undeployed> {
    part.knows(&["pacticipant", "version", "environment"], problems);
    problems.note(part.is_in(to));
    let pacticipant = problems.note(part.name("pacticipant", PacticipantName::parse));
    let version = problems.note(part.optional_name("version", VersionNumber::parse));
    Some(Undeployed { pacticipant: pacticipant?, version: version? })
}

fn unpublished(part: &Part<'_>, problems: &mut Problems) -> Option<Unpublished> {
    part.knows(&["pacticipant", "version", "like", "contracts"], problems);
    let pacticipant = problems.note(part.name("pacticipant", PacticipantName::parse))?;
    let version = problems.note(part.name("version", VersionNumber::parse));
    let given = part.list("contracts", problems, |part, problems| given(part, &pacticipant, problems));
    let like = part.member("like");
    let contracts = match (like.is_there(), part.member("contracts").is_there()) {
        (true, true) => {
            problems.push(part.problem("must have either 'like' or 'contracts'"));
            return None;
        }
        (true, false) => {
            like.knows(&["version", "branch", "tag", "latest", "mainBranch"], problems);
            Contracts::Like(problems.note(like.one_version())?)
        }
        (false, _) => Contracts::Given(given),
    };
    Some(Unpublished { pacticipant, version: version?, contracts })
}

fn given(part: &Part<'_>, consumer: &PacticipantName, problems: &mut Problems) -> Option<Given> {
    part.knows(&["provider", "sha", "content"], problems);
    match (part.member("sha").is_there(), part.member("content").is_there()) {
        (true, false) => {
            let provider = problems.note(part.name("provider", PacticipantName::parse));
            let sha = problems.note(part.name("sha", ContentSha::parse));
            Some(Given { provider: provider?, sha: sha?, text: None })
        }
        (false, true) => problems.note(sent_along(part, consumer)),
        _ => {
            problems.push(part.problem("must have either 'sha', with 'provider', or 'content'"));
            None
        }
    }
}

fn sent_along(part: &Part<'_>, consumer: &PacticipantName) -> Result<Given, Problem> {
    let encoded = part.text("content")?;
    let content = part.member("content");
    let bytes = STANDARD.decode(encoded).map_err(|_| content.problem("must be base64 of the contract's text"))?;
    let text = String::from_utf8(bytes).map_err(|_| content.problem("must be base64 of UTF-8 text"))?;
    let parsed = Content::parse(text).map_err(|error| content.problem(error.explanation()))?;
    if parsed.consumer_name() != Some(consumer.as_str()) {
        return Err(content.problem(format!("must be a contract whose consumer.name is {consumer}")));
    }
    let provider = parsed.provider_name().unwrap_or_default();
    let provider = PacticipantName::parse(provider)
        .map_err(|error| content.problem(format!("must name its provider: provider.name {error}")))?;
    Ok(Given { provider, sha: parsed.sha().clone(), text: Some(parsed.raw().to_owned()) })
}

fn verified(part: &Part<'_>, problems: &mut Problems) -> Option<Verified> {
    part.knows(&["consumer", "consumerVersion", "sha", "provider", "providerVersion", "success"], problems);
    let consumer = problems.note(part.name("consumer", PacticipantName::parse));
    let contract = match (part.member("consumerVersion").is_there(), part.member("sha").is_there()) {
        (true, false) => part.name("consumerVersion", VersionNumber::parse).map(ContractOf::Version),
        (false, true) => part.name("sha", ContentSha::parse).map(ContractOf::Content),
        _ => Err(part.problem("must have either 'consumerVersion' or 'sha'")),
    };
    let contract = problems.note(contract);
    let provider = problems.note(part.name("provider", PacticipantName::parse));
    let provider_version = problems.note(part.name("providerVersion", VersionNumber::parse));
    let success = problems.note(part.flag("success"));
    Some(Verified {
        consumer: consumer?,
        contract: contract?,
        provider: provider?,
        provider_version: provider_version?,
        success: success?,
    })
}

fn ignored(part: &Part<'_>, problems: &mut Problems) -> Option<Ignored> {
    part.knows(&["pacticipant", "version"], problems);
    let pacticipant = problems.note(part.name("pacticipant", PacticipantName::parse));
    let version = problems.note(part.optional_name("version", VersionNumber::parse));
    Some(Ignored { pacticipant: pacticipant?, version: version? })
}

/// A part of the body, and where it is.
struct Part<'v> {
    value: &'v Value,
    path: Vec<Step>,
}

impl<'v> Part<'v> {
    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::along(self.path.clone(), message)
    }

    fn is_there(&self) -> bool {
        !self.value.is_null()
    }

    fn member(&self, key: &str) -> Part<'v> {
        let value = self.value.get(key).unwrap_or(&Value::Null);
        Part { value, path: [self.path.as_slice(), &[key.into()]].concat() }
    }

    fn knows(&self, keys: &[&str], problems: &mut Problems) {
        match self.value {
            Value::Object(members) => {
                for key in members.keys().filter(|key| !keys.contains(&key.as_str())) {
                    let text = format!("is not known here: there are {}", keys.join(", "));
                    problems.push(self.member(key).problem(text));
                }
            }
            Value::Null => {}
            _ => problems.push(self.problem("must be an object")),
        }
    }

    fn list<T>(
        &self,
        key: &str,
        problems: &mut Problems,
        parse: impl Fn(&Part<'v>, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let list = self.member(key);
        let elements = match list.value {
            Value::Array(elements) if elements.len() > MOST_ELEMENTS => {
                problems.push(list.problem(format!("must have at most {MOST_ELEMENTS} elements")));
                &[]
            }
            Value::Array(elements) => elements.as_slice(),
            Value::Null => &[],
            _ => {
                problems.push(list.problem("must be an array"));
                &[]
            }
        };
        let element = |(at, value)| Part { value, path: [list.path.as_slice(), &[Step::Index(at)]].concat() };
        elements.iter().enumerate().map(element).filter_map(|part| parse(&part, problems)).collect()
    }

    fn text(&self, key: &str) -> Result<&'v str, Problem> {
        let member = self.member(key);
        match member.value {
            Value::String(text) => Ok(text),
            Value::Null => Err(member.problem("is missing")),
            _ => Err(member.problem("must be a string")),
        }
    }

    fn name<T, E: std::fmt::Display>(&self, key: &str, parse: impl Fn(String) -> Result<T, E>) -> Result<T, Problem> {
        parse(self.text(key)?.to_owned()).map_err(|error| self.member(key).problem(error.to_string()))
    }

    fn optional_name<T>(
        &self,
        key: &str,
        parse: impl Fn(String) -> Result<T, NameError>,
    ) -> Result<Option<T>, Problem> {
        if self.member(key).is_there() { self.name(key, parse).map(Some) } else { Ok(None) }
    }

    fn flag(&self, key: &str) -> Result<bool, Problem> {
        let member = self.member(key);
        match member.value {
            Value::Bool(flag) => Ok(*flag),
            Value::Null => Err(member.problem("is missing")),
            _ => Err(member.problem("must be true or false")),
        }
    }

    /// The criterion for one version, of which exactly one must be there.
    fn one_version(&self) -> Result<Criterion, Problem> {
        let keys = ["version", "branch", "tag", "latest", "mainBranch"];
        let mut said = keys.into_iter().filter(|key| self.member(key).is_there());
        let (Some(key), None) = (said.next(), said.next()) else {
            return Err(self.problem("must have one of 'version', 'branch', 'tag', 'latest' and 'mainBranch'"));
        };
        match key {
            "version" => self.name(key, VersionNumber::parse).map(Criterion::Version),
            "branch" => self.name(key, BranchName::parse).map(Criterion::LatestBranch),
            "tag" => self.name(key, TagName::parse).map(Criterion::LatestTag),
            _ if !self.flag(key)? => Err(self.member(key).problem("must be true, or left out")),
            "latest" => Ok(Criterion::Latest),
            _ => Ok(Criterion::LatestMainBranch),
        }
    }

    fn replaces(&self) -> Result<Replaces, Problem> {
        let member = self.member("replaces");
        match member.value {
            Value::Null => Ok(Replaces::Unnamed),
            Value::String(word) if word == "all" => Ok(Replaces::All),
            Value::String(word) if word == "none" => Ok(Replaces::Nothing),
            _ => Err(member.problem("must be 'all' or 'none', or left out")),
        }
    }

    /// Another environment than the one in question would change nothing.
    fn is_in(&self, to: Option<&EnvironmentName>) -> Result<(), Problem> {
        let environment = self.optional_name("environment", EnvironmentName::parse)?;
        match (environment, to) {
            (Some(environment), Some(to)) if environment != *to => {
                let text = format!("must be {to}, or left out: only what is there matters");
                Err(self.member("environment").problem(text))
            }
            _ => Ok(()),
        }
    }
}
