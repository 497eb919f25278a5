//! The query language of `/matrix` and `/can-i-deploy`, parsed and checked.

use pactolus_domain::gate::Criterion;
use pactolus_domain::names::{BranchName, EnvironmentName, NameError, PacticipantName, TagName, VersionNumber};

use crate::edge::{Error, QueryPairs, nested_lists};

/// How many rows `/matrix` shows unless told otherwise. The verdict is over all of them.
const DEFAULT_LIMIT: usize = 100;

/// A question, before anything is looked up.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) selectors: Vec<Asked>,
    /// Where the specified versions are to go: the criterion for the versions of their neighbours.
    pub(super) destination: Option<Criterion>,
    pub(super) latest_by: LatestBy,
    /// Only rows with one of these results; empty for all.
    pub(super) success: Vec<Option<bool>>,
    /// How many rows are shown.
    pub(super) limit: Option<usize>,
    pub(super) ignore: Vec<Ignored>,
}

impl Query {
    /// The environments that it names.
    pub(super) fn environments(&self) -> impl Iterator<Item = &str> {
        let criteria = self.selectors.iter().map(|asked| &asked.criterion).chain(&self.destination);
        criteria.filter_map(|criterion| match criterion {
            Criterion::Environment(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Where the specified versions are to go, when that is an environment.
    pub(super) fn destination_environment(&self) -> Option<&str> {
        match &self.destination {
            Some(Criterion::Environment(name)) => Some(name.as_str()),
            _ => None,
        }
    }

    /// Whether an environment, a tag or the main branch was named, so that the answer is about a place.
    pub(super) fn has_place(&self) -> bool {
        !matches!(self.destination, None | Some(Criterion::Latest))
    }
}

/// A specified selector.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) pacticipant: PacticipantName,
    pub(super) criterion: Criterion,
}

impl Asked {
    /// Whether it stands for any version of its pacticipant.
    pub(super) fn takes_any(&self) -> bool {
        self.criterion == Criterion::Any
    }
}

#[derive(Clone, Debug)]
pub(super) struct Ignored {
    pub(super) pacticipant: PacticipantName,
    pub(super) version: Option<VersionNumber>,
}

/// Which results count where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LatestBy {
    /// Every result that was ever published.
    All,
    /// The latest for a consumer version and a provider version.
    ConsumerVersionProviderVersion,
    /// The one of the latest provider version for a consumer version; of a provider whose versions are asked for as a
    /// set, the one of each: else a later version's success would hide an earlier one's failure.
    ConsumerVersionProvider,
}

/// Reads `/matrix`'s query.
pub(super) fn matrix(query: &QueryPairs) -> Result<Query, Error> {
    let mut problems = Vec::new();
    let selectors = selectors(query, &mut problems);
    if selectors.is_empty() && problems.is_empty() {
        problems.push("Please provide 1 or more version selectors.".into());
    }
    let parsed = options(query, selectors, &mut problems);
    if problems.is_empty() { Ok(parsed) } else { Err(Error::InvalidQuery(problems)) }
}

/// Reads the options of a matrix whose selectors stand in the path.
pub(super) fn matrix_of(query: &QueryPairs, selectors: Vec<Asked>) -> Result<Query, Error> {
    let mut problems = Vec::new();
    let parsed = options(query, selectors, &mut problems);
    if problems.is_empty() { Ok(parsed) } else { Err(Error::InvalidQuery(problems)) }
}

fn options(query: &QueryPairs, selectors: Vec<Asked>, problems: &mut Vec<String>) -> Query {
    let destination = destination(query, problems);
    let latest_by = latest_by(query, problems);
    Query {
        selectors,
        destination,
        latest_by,
        success: success(query, problems),
        limit: limit(query, problems),
        ignore: ignored(query, problems),
    }
}

fn selectors(query: &QueryPairs, problems: &mut Vec<String>) -> Vec<Asked> {
    if query.has("q") || (query.has("q[]")) {
        problems.push("Please specify the pacticipant name: a selector is written q[][pacticipant]=NAME".into());
    }
    let mut asked: Vec<Asked> = Vec::new();
    for element in nested_lists(query, "q") {
        let value = |key: &str| element.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let named = value("pacticipant").filter(|name| !name.trim().is_empty());
        // `tag=a&tag=b`: a further tag belongs to the pacticipant before.
        let further = matches!(element.as_slice(), [("tag", _)]).then(|| asked.last()).flatten();
        let pacticipant = match (named, further) {
            (Some(name), _) => note(problems, "pacticipant", PacticipantName::parse(name)),
            (None, Some(before)) => Some(before.pacticipant.clone()),
            (None, None) => {
                problems.push("Please specify the pacticipant name".into());
                None
            }
        };
        let Some(pacticipant) = pacticipant else { continue };
        if let Some(criterion) = criterion(&pacticipant, &value, problems) {
            asked.push(Asked { pacticipant, criterion });
        }
    }
    asked
}

fn note<T>(problems: &mut Vec<String>, field: &str, parsed: Result<T, NameError>) -> Option<T> {
    parsed.map_err(|error| problems.push(format!("{field} {error}"))).ok()
}

fn criterion<'q>(
    pacticipant: &PacticipantName,
    value: &dyn Fn(&str) -> Option<&'q str>,
    problems: &mut Vec<String>,
) -> Option<Criterion> {
    let filled = |key: &str| value(key).filter(|text| !text.trim().is_empty());
    let latest = filled("latest") == Some("true");
    let main_branch = filled("mainBranch") == Some("true");
    if let Some(number) = filled("version") {
        if latest {
            problems.push(format!("A version number and latest flag cannot both be specified for {pacticipant}"));
        }
        return note(problems, "version", VersionNumber::parse(number)).map(Criterion::Version);
    }
    if let Some(tag) = filled("tag") {
        let tag = note(problems, "tag", TagName::parse(tag))?;
        return Some(if latest { Criterion::LatestTag(tag) } else { Criterion::Tag(tag) });
    }
    if let Some(branch) = filled("branch") {
        let branch = note(problems, "branch", BranchName::parse(branch))?;
        return Some(if latest { Criterion::LatestBranch(branch) } else { Criterion::Branch(branch) });
    }
    if let Some(environment) = filled("environment") {
        return note(problems, "environment", EnvironmentName::parse(environment)).map(Criterion::Environment);
    }
    Some(match (main_branch, latest) {
        (true, true) => Criterion::LatestMainBranch,
        (true, false) => Criterion::MainBranch,
        (false, true) => Criterion::Latest,
        (false, false) => Criterion::Any,
    })
}

fn destination(query: &QueryPairs, problems: &mut Vec<String>) -> Option<Criterion> {
    let latest = query.last("latest") == Some("true");
    let main_branch = query.last("mainBranch") == Some("true");
    let (tag, environment) = (query.last("tag"), query.last("environment"));
    if usize::from(tag.is_some()) + usize::from(environment.is_some()) + usize::from(main_branch) > 1 {
        problems.push("Cannot specify more than one of tag, environment and mainBranch.".into());
        return None;
    }
    if let Some(environment) = environment {
        if latest {
            problems.push("Cannot specify both latest=true and an environment.".into());
        }
        return note(problems, "environment", EnvironmentName::parse(environment)).map(Criterion::Environment);
    }
    if let Some(tag) = tag {
        let tag = note(problems, "tag", TagName::parse(tag))?;
        return Some(if latest { Criterion::LatestTag(tag) } else { Criterion::Tag(tag) });
    }
    match (main_branch, latest) {
        (true, true) => Some(Criterion::LatestMainBranch),
        (true, false) => Some(Criterion::MainBranch),
        (false, true) => Some(Criterion::Latest),
        (false, false) => None,
    }
}

fn latest_by(query: &QueryPairs, problems: &mut Vec<String>) -> LatestBy {
    match query.last("latestby") {
        None => LatestBy::All,
        Some("cvpv") => LatestBy::ConsumerVersionProviderVersion,
        Some("cvp") => LatestBy::ConsumerVersionProvider,
        Some(other) => {
            problems.push(format!("latestby must be one of: cvpv, cvp (not '{other}')"));
            LatestBy::All
        }
    }
}

fn success(query: &QueryPairs, problems: &mut Vec<String>) -> Vec<Option<bool>> {
    let mut wanted = Vec::new();
    for text in query.list("success") {
        match text {
            "true" => wanted.push(Some(true)),
            "false" => wanted.push(Some(false)),
            "" | "null" => wanted.push(None),
            other => {
                problems.push(format!("success must be one of: true, false (or blank for none yet), not '{other}'"));
            }
        }
    }
    wanted
}

fn limit(query: &QueryPairs, problems: &mut Vec<String>) -> Option<usize> {
    match query.last("limit").map(str::parse::<usize>) {
        None => Some(DEFAULT_LIMIT),
        Some(Ok(limit)) if limit >= 1 => Some(limit),
        Some(_) => {
            problems.push("The limit must be 1 or greater.".into());
            None
        }
    }
}

/// What is to be left out.
pub(super) fn ignored(query: &QueryPairs, problems: &mut Vec<String>) -> Vec<Ignored> {
    let mut ignored = Vec::new();
    for name in query.list("ignore").into_iter().filter(|name| !name.trim().is_empty()) {
        let pacticipant = note(problems, "ignore", PacticipantName::parse(name));
        ignored.extend(pacticipant.map(|pacticipant| Ignored { pacticipant, version: None }));
    }
    for element in nested_lists(query, "ignore") {
        let value = |key: &str| {
            let value = element.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            value.filter(|text| !text.trim().is_empty())
        };
        let Some(name) = value("pacticipant") else {
            problems.push("Please specify the pacticipant name to ignore".into());
            continue;
        };
        if value("version").is_some() && value("latest") == Some("true") {
            let text = "A version number and latest flag cannot both be specified for";
            problems.push(format!("{text} {name} to ignore"));
        }
        let pacticipant = note(problems, "ignore", PacticipantName::parse(name));
        let version = match value("version") {
            Some(number) => note(problems, "ignore", VersionNumber::parse(number)).map(Some),
            None => Some(None),
        };
        if let (Some(pacticipant), Some(version)) = (pacticipant, version) {
            ignored.push(Ignored { pacticipant, version });
        }
    }
    ignored
}

/// A question of `/can-i-deploy`.
pub(super) fn can_i_deploy(query: &QueryPairs) -> Result<Query, Error> {
    use pactolus_domain::problem::{Problem, Problems};

    let mut problems = Problems::none();
    let required = |field: &str| query.last(field).ok_or_else(|| Problem::at(field, "is missing"));
    let parsed = |field: &'static str| move |error: NameError| Problem::at(field, error.to_string());
    let pacticipant =
        required("pacticipant").and_then(|name| PacticipantName::parse(name).map_err(parsed("pacticipant")));
    let version = required("version").and_then(|text| VersionNumber::parse(text).map_err(parsed("version")));
    let (pacticipant, version) = (problems.note(pacticipant), problems.note(version));
    let destination = match (query.last("to"), query.last("environment")) {
        (Some(tag), None) => TagName::parse(tag).map(Criterion::LatestTag).map_err(parsed("to")),
        (None, Some(name)) => EnvironmentName::parse(name).map(Criterion::Environment).map_err(parsed("environment")),
        (Some(_), Some(_)) => Err(Problem::whole("Cannot specify both a 'to' tag and an environment.")),
        (None, None) => Err(Problem::whole("Must specify either an environment or a 'to' tag.")),
    };
    let destination = problems.note(destination);
    let mut ignore_problems = Vec::new();
    let ignore = ignored(query, &mut ignore_problems);
    for text in ignore_problems {
        problems.push(Problem::at("ignore", text));
    }
    match (pacticipant, version, destination) {
        (Some(pacticipant), Some(version), Some(destination)) if problems.is_empty() => {
            Ok(to(Asked { pacticipant, criterion: Criterion::Version(version) }, destination, ignore))
        }
        _ => Err(Error::Invalid(problems)),
    }
}

/// May what was asked for go to the destination? All rows count and all are shown.
pub(super) fn to(asked: Asked, destination: Criterion, ignore: Vec<Ignored>) -> Query {
    let latest_by = match &destination {
        Criterion::Environment(_) => LatestBy::ConsumerVersionProviderVersion,
        _ => LatestBy::ConsumerVersionProvider,
    };
    Query {
        selectors: vec![asked],
        destination: Some(destination),
        latest_by,
        success: Vec::new(),
        limit: None,
        ignore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &str) {
        let parsed = matrix(&QueryPairs::parse(query));

        let shown = match parsed {
            Ok(query) => {
                let selectors: Vec<String> =
                    query.selectors.iter().map(|one| format!("{} {:?}", one.pacticipant, one.criterion)).collect();
                format!("{} -> {:?} {:?}", selectors.join(" + "), query.destination, query.latest_by)
            }
            Err(Error::InvalidQuery(problems)) => problems.join("; "),
            Err(other) => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{query}");
    }

    #[test]
    fn a_selector_and_a_destination_may_both_be_an_environment() {
        check(
            "q[][pacticipant]=shop&q[][latest]=true&latestby=cvp&environment=production",
            "shop Latest -> Some(Environment(EnvironmentName(\"production\"))) ConsumerVersionProvider",
        );
        check(
            "q[][pacticipant]=shop&q[][version]=1&q[][pacticipant]=stock&q[][environment]=production&latestby=cvpv",
            "shop Version(VersionNumber(\"1\")) + stock Environment(EnvironmentName(\"production\")) -> None \
             ConsumerVersionProviderVersion",
        );
    }

    #[test]
    fn a_further_tag_belongs_to_the_pacticipant_before() {
        check(
            "q[][pacticipant]=shop&q[][tag]=a&q[][tag]=b",
            "shop Tag(TagName(\"a\")) + shop Tag(TagName(\"b\")) -> None All",
        );
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        check(
            "q[][version]=1&latestby=cp&limit=0&tag=a&environment=b",
            "Please specify the pacticipant name; Cannot specify more than one of tag, environment and mainBranch.; \
             latestby must be one of: cvpv, cvp (not 'cp'); The limit must be 1 or greater.",
        );
        check("", "Please provide 1 or more version selectors.");
        check("q=foo", "Please specify the pacticipant name: a selector is written q[][pacticipant]=NAME");
    }
}
