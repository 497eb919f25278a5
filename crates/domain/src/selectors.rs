//! Which contracts a provider asks to verify: the request of "pacts for verification".

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::{Map, Value};

pub use self::resolved::{Reason, ResolvedSelector, short_description, sort};
use crate::names::{BranchName, EnvironmentName, NameError, PacticipantName, TagName};
use crate::problem::{Problem, Problems};

mod resolved;

/// What a provider build asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRequest {
    /// Empty when the client leaves the choice to us.
    pub selectors: Vec<ConsumerVersionSelector>,
    /// `None` also for an empty text, which some clients send.
    pub provider_version_branch: Option<BranchName>,
    /// Without empty texts, which some clients send.
    pub provider_version_tags: Vec<TagName>,
    /// True unless the client says otherwise.
    pub include_pending_status: bool,
    /// Also work in progress published after this.
    pub include_wip_pacts_since: Option<DateTime<Utc>>,
}

/// One choice of consumer versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerVersionSelector {
    /// Which versions.
    pub criterion: Criterion,
    /// Only of this consumer.
    pub consumer: Option<PacticipantName>,
}

/// How a selector chooses among the versions of a consumer. In each case without an environment, all
/// environments are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// The latest that has a contract with the provider.
    Latest,
    /// The head of the consumer's main branch.
    MainBranch,
    /// The heads of all branches.
    EachBranch,
    /// The head of the branch that is called as the provider's.
    MatchingBranch,
    /// The head of a branch.
    Branch {
        /// The branch.
        branch: BranchName,
        /// Used for a consumer that has no contract on `branch`.
        fallback: Option<BranchName>,
    },
    /// The latest with a tag.
    LatestTagged {
        /// The tag.
        tag: TagName,
        /// Used for a consumer that has no contract tagged `tag`.
        fallback: Option<TagName>,
    },
    /// All with a tag.
    AllTagged {
        /// The tag.
        tag: TagName,
    },
    /// Those deployed now.
    Deployed {
        /// Only there.
        environment: Option<EnvironmentName>,
    },
    /// Those released and supported now.
    Released {
        /// Only there.
        environment: Option<EnvironmentName>,
    },
    /// Those deployed, or released and supported now.
    DeployedOrReleased {
        /// Only there.
        environment: Option<EnvironmentName>,
    },
    /// Those deployed, or released and supported now.
    InEnvironment {
        /// There.
        environment: EnvironmentName,
    },
}

impl Criterion {
    /// The environment that the client named.
    #[must_use]
    pub fn environment(&self) -> Option<&EnvironmentName> {
        match self {
            Self::Deployed { environment }
            | Self::Released { environment }
            | Self::DeployedOrReleased { environment } => environment.as_ref(),
            Self::InEnvironment { environment } => Some(environment),
            _ => None,
        }
    }
}

impl Default for VerificationRequest {
    /// What an empty body asks for.
    fn default() -> Self {
        Self {
            selectors: Vec::new(),
            provider_version_branch: None,
            provider_version_tags: Vec::new(),
            include_pending_status: true,
            include_wip_pacts_since: None,
        }
    }
}

impl VerificationRequest {
    /// Reads the body. Unknown keys are ignored, as the Pact Broker does.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(body: &Value) -> Result<Self, Problems> {
        let Some(body) = body.as_object() else {
            return Err(Problem::whole("must be a JSON object").into());
        };
        let mut problems = Problems::none();

        let branch = problems.note(provider_version_branch(body)).flatten();
        let provider_version_tags = tags(body, &mut problems);
        let pending = problems.note(pending_status(body)).flatten();
        let include_wip_pacts_since = problems.note(wip_since(body)).flatten();
        let selectors = selectors(body, branch, &mut problems);

        let wants_pending_or_wip = pending == Some(true) || include_wip_pacts_since.is_some();
        if branch == Some("") && wants_pending_or_wip && provider_version_tags.is_empty() {
            problems.push(Problem::at("providerVersionBranch", EMPTY_BRANCH));
        }
        let branch = branch.filter(|branch| !branch.is_empty()).map(BranchName::parse);
        let branch = branch.transpose().map_err(|error| at("providerVersionBranch", error));
        let provider_version_branch = problems.note(branch).flatten();
        problems.or(Self {
            selectors,
            provider_version_branch,
            provider_version_tags,
            include_pending_status: pending.unwrap_or(true),
            include_wip_pacts_since,
        })
    }

    /// Refuses environments that are not `known`.
    ///
    /// # Errors
    /// A problem for each selector that names an unknown one.
    pub fn check_environments(&self, known: &[EnvironmentName]) -> Result<(), Problems> {
        let mut problems = Problems::none();
        for (index, selector) in self.selectors.iter().enumerate() {
            if let Some(name) = selector.criterion.environment().filter(|name| !known.contains(name)) {
                problems.push(in_selector(index, unknown_environment(name.as_str())));
            }
        }
        problems.or(())
    }
}

const EMPTY_BRANCH: &str = "when pending or WIP pacts are enabled and there are no tags provided, the provider version \
    branch must not be an empty string, as it is used in the calculations for WIP/pending. A value must be provided \
    (recommended), or it must not be set at all.";
const NO_CRITERION: &str = "must specify a value for environment or tag or branch, or specify mainBranch=true, \
    matchingBranch=true, latest=true, deployed=true, released=true or deployedOrReleased=true";
const MATCHING_NEEDS_BRANCH: &str =
    "the providerVersionBranch must be specified when the selector matchingBranch=true is used";

fn at(key: &str, error: NameError) -> Problem {
    Problem::at(key, error.to_string())
}

fn in_selector(index: usize, problem: Problem) -> Problem {
    problem.under(index).under("consumerVersionSelectors")
}

fn unknown_environment(name: &str) -> Problem {
    Problem::whole(format!("environment with name '{name}' does not exist"))
}

fn provider_version_branch(body: &Map<String, Value>) -> Result<Option<&str>, Problem> {
    match body.get("providerVersionBranch") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(branch)) => Ok(Some(branch)),
        Some(_) => Err(Problem::at("providerVersionBranch", "must be a string")),
    }
}

fn tags(body: &Map<String, Value>, problems: &mut Problems) -> Vec<TagName> {
    const KEY: &str = "providerVersionTags";
    let tags = match body.get(KEY) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(tags)) => tags,
        Some(_) => {
            problems.push(Problem::at(KEY, "must be an array"));
            return Vec::new();
        }
    };
    let given = tags.iter().enumerate().filter(|(_, tag)| tag.as_str() != Some(""));
    let parsed = given.map(|(index, tag)| match tag.as_str() {
        Some(tag) => TagName::parse(tag).map_err(|error| Problem::at_item(KEY, index, error.to_string())),
        None => Err(Problem::at_item(KEY, index, "must be a string")),
    });
    parsed.filter_map(|tag| problems.note(tag)).collect()
}

fn pending_status(body: &Map<String, Value>) -> Result<Option<bool>, Problem> {
    const KEY: &str = "includePendingStatus";
    match body.get(KEY) {
        None => Ok(None),
        Some(Value::Bool(pending)) => Ok(Some(*pending)),
        Some(value) if is_unfilled(value) => Err(Problem::at(KEY, "must be filled")),
        Some(_) => Err(Problem::at(KEY, "must be one of: true, false")),
    }
}

fn wip_since(body: &Map<String, Value>) -> Result<Option<DateTime<Utc>>, Problem> {
    const KEY: &str = "includeWipPactsSince";
    match body.get(KEY) {
        None => Ok(None),
        Some(value) if is_unfilled(value) => Err(Problem::at(KEY, "must be filled")),
        Some(value) => {
            let moment = value.as_str().and_then(parse_moment);
            moment.map(Some).ok_or_else(|| Problem::at(KEY, "must be a date"))
        }
    }
}

/// A date (its first moment in UTC) or a date with a time (UTC unless it says otherwise).
fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    const WITH_ZONE: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M%#z"];
    const WITHOUT_ZONE: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    const DATE: [&str; 3] = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"];

    let zoned = WITH_ZONE.iter().find_map(|format| DateTime::parse_from_str(text, format).ok());
    let local = || WITHOUT_ZONE.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let date = || DATE.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok());
    zoned
        .map(|moment| moment.to_utc())
        .or_else(|| local().map(|moment| moment.and_utc()))
        .or_else(|| date().map(|date| date.and_time(NaiveTime::MIN).and_utc()))
}

fn selectors(
    body: &Map<String, Value>,
    provider_branch: Option<&str>,
    problems: &mut Problems,
) -> Vec<ConsumerVersionSelector> {
    let selectors = match body.get("consumerVersionSelectors") {
        None => return Vec::new(),
        Some(Value::Array(selectors)) => selectors,
        Some(_) => {
            problems.push(Problem::at("consumerVersionSelectors", "must be an array"));
            return Vec::new();
        }
    };
    let mut parsed = Vec::with_capacity(selectors.len());
    for (index, selector) in selectors.iter().enumerate() {
        match parse_selector(selector, provider_branch) {
            Ok(selector) => parsed.push(selector),
            Err(of_one) => problems.0.extend(of_one.0.into_iter().map(|problem| in_selector(index, problem))),
        }
    }
    parsed
}

fn parse_selector(selector: &Value, provider_branch: Option<&str>) -> Result<ConsumerVersionSelector, Problems> {
    let Some(selector) = selector.as_object() else {
        return Err(Problem::whole("must be a hash").into());
    };
    wrong_values(selector).or(())?;
    let mut problems = broken_rules(selector, provider_branch);

    let text = |key: &str| selector.get(key).and_then(Value::as_str);
    let consumer = text("consumer").map(PacticipantName::parse).transpose();
    let consumer = problems.note(consumer.map_err(|error| at("consumer", error))).flatten();
    let criterion = criterion(selector, &mut problems);
    match criterion {
        Some(criterion) if problems.is_empty() => Ok(ConsumerVersionSelector { criterion, consumer }),
        _ => Err(problems),
    }
}

type Check = fn(&Value) -> bool;

/// Values that no rule needs to look at.
fn wrong_values(selector: &Map<String, Value>) -> Problems {
    const EXPECTED: [(&str, Check, &str); 12] = [
        ("mainBranch", is_true, "must be one of: true"),
        ("tag", Value::is_string, "must be a string"),
        ("branch", is_text_or_true, "must be a string or branch must be equal to true"),
        ("matchingBranch", is_true, "must be one of: true"),
        ("latest", Value::is_boolean, "must be one of: true, false"),
        ("fallbackTag", Value::is_string, "must be a string"),
        ("fallbackBranch", Value::is_string, "must be a string"),
        ("consumer", Value::is_string, "must be a string"),
        ("deployed", is_true, "must be one of: true"),
        ("released", is_true, "must be one of: true"),
        ("deployedOrReleased", is_true, "must be one of: true"),
        ("environment", Value::is_string, "must be a string"),
    ];
    let mut problems = Problems::none();
    for (key, is_expected, message) in EXPECTED {
        match selector.get(key) {
            Some(value) if is_unfilled(value) => problems.push(Problem::at(key, "must be filled")),
            Some(value) if !is_expected(value) => problems.push(Problem::at(key, message)),
            _ => {}
        }
    }
    problems
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
}

fn is_text_or_true(value: &Value) -> bool {
    value.is_string() || is_true(value)
}

fn is_unfilled(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Keys that go together with nothing, or with something else.
fn broken_rules(selector: &Map<String, Value>, provider_branch: Option<&str>) -> Problems {
    const ENVIRONMENT_KEYS: [&str; 4] = ["deployed", "deployedOrReleased", "environment", "released"];
    const BRANCH_KEYS: [&str; 7] =
        ["branch", "fallbackBranch", "fallbackTag", "latest", "mainBranch", "matchingBranch", "tag"];
    let has = |key: &str| selector.contains_key(key);
    let latest = selector.get("latest").and_then(Value::as_bool);
    let criteria = || BRANCH_KEYS.iter().chain(&ENVIRONMENT_KEYS).copied().filter(|key| has(key));
    let has_other_than = |allowed: &[&str]| criteria().any(|key| !allowed.contains(&key));
    let both = |one: &str, other: &str| has(one) && has(other);

    let branch_keys: Vec<&str> = BRANCH_KEYS.into_iter().filter(|key| has(key)).collect();
    let environment_keys: Vec<&str> = ENVIRONMENT_KEYS.into_iter().filter(|key| has(key)).collect();
    let mixed = !branch_keys.is_empty() && !environment_keys.is_empty();
    let mixed_keys = format!("cannot specify {} with {}", fields(&branch_keys), fields(&environment_keys));
    let is_without_criterion = !has_other_than(&["latest", "fallbackTag", "fallbackBranch"]) && latest != Some(true);
    let matches_nothing = provider_branch.is_none_or(|branch| branch.trim().is_empty());

    let rules: [(bool, &str); 15] = [
        (is_without_criterion, NO_CRITERION),
        (
            has("mainBranch") && has_other_than(&["mainBranch", "latest"]),
            "cannot specify mainBranch=true with any other criteria apart from consumer",
        ),
        (has("mainBranch") && latest == Some(false), "cannot specify mainBranch=true with latest=false"),
        (
            has("matchingBranch") && has_other_than(&["matchingBranch"]),
            "cannot specify matchingBranch=true with any other criteria apart from consumer",
        ),
        (has("matchingBranch") && matches_nothing, MATCHING_NEEDS_BRANCH),
        (both("tag", "branch"), "cannot specify both a tag and a branch"),
        (mixed, &mixed_keys),
        (has("fallbackTag") && latest != Some(true), "fallbackTag can only be set if latest is true"),
        (has("fallbackTag") && !has("tag"), "a tag must be specified when a fallbackTag is specified"),
        (has("fallbackBranch") && !has("branch"), "a branch must be specified when a fallbackBranch is specified"),
        (has("fallbackBranch") && latest == Some(false), "fallbackBranch can only be set if latest is true"),
        (has("branch") && latest == Some(false), "cannot specify a branch with latest=false"),
        (both("deployed", "released"), "cannot specify both deployed=true and released=true"),
        (both("deployed", "deployedOrReleased"), "cannot specify both deployed=true and deployedOrReleased=true"),
        (both("released", "deployedOrReleased"), "cannot specify both released=true and deployedOrReleased=true"),
    ];
    let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken);
    Problems(broken.map(|(_, message)| Problem::whole(message)).collect())
}

/// "the fields branch/latest"
fn fields(keys: &[&str]) -> String {
    let plural = if keys.len() == 1 { "" } else { "s" };
    format!("the field{plural} {}", keys.join("/"))
}

/// `None` when a name is wrong, which is then noted, or when a rule is broken.
fn criterion(selector: &Map<String, Value>, problems: &mut Problems) -> Option<Criterion> {
    let has = |key: &str| selector.get(key).is_some_and(is_true);
    let text = |key: &str| selector.get(key).and_then(Value::as_str);
    let branch = |key: &str, problems: &mut Problems| {
        problems.note(text(key).map(BranchName::parse).transpose().map_err(|error| at(key, error))).flatten()
    };
    let tag = |key: &str, problems: &mut Problems| {
        problems.note(text(key).map(TagName::parse).transpose().map_err(|error| at(key, error))).flatten()
    };
    let environment = text("environment").map(EnvironmentName::parse).transpose();
    // What can't be a name is not the name of an environment.
    let environment = environment.map_err(|_| unknown_environment(text("environment").unwrap_or_default()));
    let environment = problems.note(environment)?;

    if has("mainBranch") {
        Some(Criterion::MainBranch)
    } else if has("matchingBranch") {
        Some(Criterion::MatchingBranch)
    } else if has("branch") {
        Some(Criterion::EachBranch)
    } else if text("branch").is_some() {
        let fallback = branch("fallbackBranch", problems);
        branch("branch", problems).map(|branch| Criterion::Branch { branch, fallback })
    } else if text("tag").is_some() && has("latest") {
        let fallback = tag("fallbackTag", problems);
        tag("tag", problems).map(|tag| Criterion::LatestTagged { tag, fallback })
    } else if text("tag").is_some() {
        tag("tag", problems).map(|tag| Criterion::AllTagged { tag })
    } else if has("deployed") {
        Some(Criterion::Deployed { environment })
    } else if has("released") {
        Some(Criterion::Released { environment })
    } else if has("deployedOrReleased") {
        Some(Criterion::DeployedOrReleased { environment })
    } else if let Some(environment) = environment {
        Some(Criterion::InEnvironment { environment })
    } else {
        has("latest").then_some(Criterion::Latest)
    }
}

#[cfg(test)]
mod tests;
