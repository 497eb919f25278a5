//! What a verifier prints about a contract: why it is verified, and what a failure means.

use serde::Serialize;

use crate::names::{BranchName, PacticipantName, TagName};
use crate::selectors::{Reason, ResolvedSelector};

/// A text and when a verifier prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerificationNotice {
    /// `before_verification`, or after one with a certain outcome.
    pub when: &'static str,
    /// What to print.
    pub text: String,
}

/// A contract that a provider is about to verify.
#[derive(Debug, Clone, Copy)]
pub struct Verifiable<'a> {
    /// The address of its content.
    pub url: &'a str,
    /// Whose contract it is.
    pub consumer: &'a PacticipantName,
    /// Who verifies it.
    pub provider: &'a PacticipantName,
    /// On which line of the provider the result counts.
    pub provider_line: ProviderLine<'a>,
    /// Why it was chosen, sorted.
    pub selectors: &'a [ResolvedSelector],
    /// Whether a failure is forgiven.
    pub state: State,
}

/// On which line of the provider a result counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderLine<'a> {
    /// On a branch.
    Branch(&'a BranchName),
    /// With tags: those that are pending if the contract is, otherwise all; at least one.
    Tags(&'a [TagName]),
    /// Anywhere.
    Any,
}

/// Whether a failure is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The client did not want to know.
    NotAsked,
    /// It is forgiven until the first success.
    Pending,
    /// It is forgiven, since the contract was not asked for by any selector.
    WorkInProgress,
    /// It fails the build.
    Verified,
}

/// Put before all notices for clients of the old form of the request.
pub const BETA_WARNING: &str = "WARNING - this version of the Pact library uses a beta version of the API which will be \
    removed in the future. Please upgrade your Pact library. See \
    https://docs.pact.io/pact_broker/advanced_topics/provider_verification_results/#pacts-for-verification for minimum \
    required versions.";

const BEFORE: &str = "before_verification";
const READ_MORE: &str = "Read more at https://docs.pact.io/go/pending";

/// All notices for one contract.
#[must_use]
pub fn verification_notices(verifiable: &Verifiable<'_>) -> Vec<VerificationNotice> {
    let mut notices = vec![before(inclusion_reason(verifiable))];
    match verifiable.state {
        State::NotAsked => {}
        State::Verified => notices.push(before(verified_reason(verifiable))),
        State::Pending | State::WorkInProgress => {
            notices.push(before(pending_reason(verifiable)));
            notices.extend(outcome_notices(verifiable));
        }
    }
    notices
}

/// The warning for clients of the old form of the request.
#[must_use]
pub fn beta_notice() -> VerificationNotice {
    before(BETA_WARNING.to_owned())
}

fn before(text: String) -> VerificationNotice {
    VerificationNotice { when: BEFORE, text }
}

fn inclusion_reason(verifiable: &Verifiable<'_>) -> String {
    let Verifiable { url, selectors, .. } = verifiable;
    if verifiable.state == State::WorkInProgress {
        return wip_reason(verifiable);
    }
    let (versions, criteria) =
        if selectors.len() > 1 { ("consumer versions", "criteria") } else { ("consumer version", "criterion") };
    let descriptions: Vec<String> =
        descriptions(selectors, verifiable.provider).into_iter().map(|text| format!("\n    * {text}")).collect();
    format!(
        "The pact at {url} is being verified because the pact content belongs to the {versions} matching the following \
         {criteria}:{}",
        descriptions.concat()
    )
}

fn wip_reason(verifiable: &Verifiable<'_>) -> String {
    let Verifiable { url, consumer, provider, selectors, .. } = verifiable;
    let branches = distinct(selectors, |reason| match reason {
        Reason::Branch { branch, .. } | Reason::MainBranch { branch } | Reason::EachBranch { branch } => {
            Some(branch.as_str())
        }
        _ => None,
    });
    let tags = distinct(selectors, |reason| match reason {
        Reason::LatestTagged { tag, .. } => Some(tag.as_str()),
        _ => None,
    });
    let versions = if branches.len() == 1 || tags.len() == 1 { "version" } else { "versions" };
    let mut places = Vec::new();
    if !branches.is_empty() {
        let noun = if branches.len() == 1 { "branch" } else { "branches" };
        places.push(format!("from {noun} {}", quoted(&branches)));
    }
    if !tags.is_empty() {
        places.push(format!("tagged with {}", quoted(&tags)));
    }
    let same_content = match selectors.len() {
        0 | 1 => "",
        2 => " (both have the same content)",
        _ => " (all have the same content)",
    };
    format!(
        "The pact at {url} is being verified because it is a 'work in progress' pact (ie. it is the pact for the latest \
         {versions} of {consumer} {}{same_content} and it has not yet been successfully verified by {} when the pact's \
         application version was explicitly specified in the consumer version selectors). Read more at \
         https://docs.pact.io/go/wip",
        places.join(" and "),
        provider_versions(provider, verifiable.provider_line, "a"),
    )
}

fn distinct<'a>(selectors: &'a [ResolvedSelector], name: impl Fn(&'a Reason) -> Option<&'a str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for name in selectors.iter().filter_map(|selector| name(&selector.reason)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn pending_reason(verifiable: &Verifiable<'_>) -> String {
    let provider = verifiable.provider;
    let because = if verifiable.state == State::WorkInProgress {
        "it was included as a 'work in progress' pact".to_owned()
    } else {
        let versions = provider_versions(provider, verifiable.provider_line, "a");
        format!("a successful verification result for {versions} has not yet been published")
    };
    format!(
        "This pact is in pending state for this version of {provider} because {because}. If this verification fails, it \
         will not cause the overall build to fail. {READ_MORE}"
    )
}

fn verified_reason(verifiable: &Verifiable<'_>) -> String {
    let versions = provider_versions(verifiable.provider, verifiable.provider_line, "a");
    format!(
        "This pact has previously been successfully verified by {versions}. If this verification fails, it will fail the \
         build. {READ_MORE}"
    )
}

fn outcome_notices(verifiable: &Verifiable<'_>) -> [VerificationNotice; 4] {
    let provider = verifiable.provider;
    let versions = provider_versions(provider, verifiable.provider_line, "any");
    let with_tags = match verifiable.provider_line {
        ProviderLine::Tags([_]) => "with this tag ",
        ProviderLine::Tags(_) => "with these tags ",
        _ => "",
    };
    let still_pending = format!(
        "This pact is still in pending state for {versions} as a successful verification result {with_tags}has not yet \
         been published"
    );
    let unpublished = format!(
        "This pact is still in pending state for {versions} as the successful verification results {with_tags}have not \
         yet been published."
    );
    let published = format!(
        "This pact is no longer in pending state for {versions}, as a successful verification result {with_tags}has been \
         published. If a verification for a version of {provider} {with_tags}fails in the future, it will fail the build. \
         {READ_MORE}"
    );
    [
        ("after_verification:success_true_published_false", unpublished),
        ("after_verification:success_false_published_false", still_pending.clone()),
        ("after_verification:success_true_published_true", published),
        ("after_verification:success_false_published_true", still_pending),
    ]
    .map(|(when, text)| VerificationNotice { when, text })
}

/// "a version of stock from branch 'main'"
fn provider_versions(provider: &PacticipantName, line: ProviderLine<'_>, article: &str) -> String {
    match line {
        ProviderLine::Branch(branch) => format!("{article} version of {provider} from branch '{branch}'"),
        ProviderLine::Tags([tag]) => format!("{article} version of {provider} with tag '{tag}'"),
        ProviderLine::Tags(tags) => {
            let tags: Vec<&str> = tags.iter().map(TagName::as_str).collect();
            format!("{article} version of {provider} with tags {}", quoted(&tags))
        }
        ProviderLine::Any => provider.to_string(),
    }
}

/// One line for each selector, but one for all environments of a kind.
fn descriptions(selectors: &[ResolvedSelector], provider: &PacticipantName) -> Vec<String> {
    let mut lines = Vec::new();
    let same_line = |one: &ResolvedSelector, other: &ResolvedSelector| {
        use Reason::{Deployed, Released};
        let is_same_kind = matches!(
            (&one.reason, &other.reason),
            (Deployed { .. }, Deployed { .. }) | (Released { .. }, Released { .. })
        );
        is_same_kind && one.consumer == other.consumer
    };
    for group in selectors.chunk_by(same_line) {
        let Some(first) = group.first() else {
            continue;
        };
        lines.push(match environments_verb(&first.reason) {
            Some(verb) => format!("{} {verb} {}", versions_of(first), environments(group)),
            None => format!("{} ({})", description(first, provider), first.version),
        });
    }
    lines
}

fn environments_verb(reason: &Reason) -> Option<&'static str> {
    match reason {
        Reason::Deployed { .. } => Some("currently deployed to"),
        Reason::Released { .. } => Some("released and supported in"),
        _ => None,
    }
}

fn versions_of(selector: &ResolvedSelector) -> String {
    match &selector.consumer {
        Some(consumer) => format!("version(s) of {consumer}"),
        None => "consumer version(s)".to_owned(),
    }
}

fn environments(selectors: &[ResolvedSelector]) -> String {
    let environments: Vec<String> = selectors
        .iter()
        .filter_map(|selector| match &selector.reason {
            Reason::Deployed { environment, .. } | Reason::Released { environment, .. } => {
                Some(format!("{environment} ({})", selector.version))
            }
            _ => None,
        })
        .collect();
    listed(&environments)
}

fn description(selector: &ResolvedSelector, provider: &PacticipantName) -> String {
    let consumer = selector.consumer.as_ref().map(PacticipantName::as_str);
    let latest =
        consumer.map_or_else(|| "latest version".to_owned(), |consumer| format!("latest version of {consumer}"));
    let consumer_or_any = consumer.unwrap_or("a consumer");
    match &selector.reason {
        Reason::Latest => format!("latest version of {consumer_or_any} that has a pact with {provider}"),
        Reason::LatestTagged { tag, instead_of: None } => format!("{latest} tagged '{tag}'"),
        Reason::LatestTagged { tag, instead_of: Some(missing) } => {
            format!("{latest} tagged '{tag}' (fallback tag used as no pact was found with tag '{missing}')")
        }
        Reason::Branch { branch, instead_of: None } | Reason::EachBranch { branch } => {
            format!("{latest} from branch '{branch}'")
        }
        Reason::Branch { branch, instead_of: Some(missing) } => {
            format!(
                "{latest} from branch '{branch}' (fallback branch used as no pact was found from branch '{missing}')"
            )
        }
        Reason::MainBranch { branch } => format!("{latest} from the main branch '{branch}'"),
        Reason::AllTagged { tag } => format!("all {} versions tagged '{tag}'", consumer.unwrap_or("consumer")),
        Reason::Deployed { environment, .. }
        | Reason::Released { environment, .. }
        | Reason::InEnvironment { environment } => format!("{consumer_or_any} version in environment {environment}"),
    }
}

/// "'a', 'b' and 'c'"
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    listed(&quoted)
}

/// "a, b and c"
fn listed(texts: &[String]) -> String {
    match texts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        texts => texts.concat(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::names::{EnvironmentName, VersionNumber};
    use crate::selectors;

    fn selected(reason: Reason, version: &str) -> ResolvedSelector {
        ResolvedSelector { reason, consumer: None, version: VersionNumber::parse(version).unwrap(), position: 1 }
    }

    fn branch(name: &str) -> BranchName {
        BranchName::parse(name).unwrap()
    }

    fn tag(name: &str) -> TagName {
        TagName::parse(name).unwrap()
    }

    fn environment(name: &str) -> EnvironmentName {
        EnvironmentName::parse(name).unwrap()
    }

    fn deployed(name: &str) -> Reason {
        Reason::Deployed { environment: environment(name), production: name == "production" }
    }

    fn notices(selectors: &[ResolvedSelector], line: ProviderLine<'_>, state: State) -> String {
        let verifiable = Verifiable {
            url: "URL",
            consumer: &PacticipantName::parse("Foo").unwrap(),
            provider: &PacticipantName::parse("Bar").unwrap(),
            provider_line: line,
            selectors,
            state,
        };
        let lines: Vec<String> = verification_notices(&verifiable)
            .into_iter()
            .map(|notice| format!("{}: {}", notice.when, notice.text))
            .collect();
        lines.join("\n")
    }

    fn check(reason: Reason, consumer: Option<&str>, expected: &str) {
        let consumer = consumer.map(|name| PacticipantName::parse(name).unwrap());
        let selector = ResolvedSelector { consumer, ..selected(reason, "1") };

        let lines = descriptions(&[selector], &PacticipantName::parse("Bar").unwrap());

        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_pending_pact_is_explained() {
        let selectors = [selected(Reason::MainBranch { branch: branch("main") }, "2")];

        assert_snapshot!(notices(&selectors, ProviderLine::Branch(&branch("main")), State::Pending), @"
        before_verification: The pact at URL is being verified because the pact content belongs to the consumer version matching the following criterion:
            * latest version from the main branch 'main' (2)
        before_verification: This pact is in pending state for this version of Bar because a successful verification result for a version of Bar from branch 'main' has not yet been published. If this verification fails, it will not cause the overall build to fail. Read more at https://docs.pact.io/go/pending
        after_verification:success_true_published_false: This pact is still in pending state for any version of Bar from branch 'main' as the successful verification results have not yet been published.
        after_verification:success_false_published_false: This pact is still in pending state for any version of Bar from branch 'main' as a successful verification result has not yet been published
        after_verification:success_true_published_true: This pact is no longer in pending state for any version of Bar from branch 'main', as a successful verification result has been published. If a verification for a version of Bar fails in the future, it will fail the build. Read more at https://docs.pact.io/go/pending
        after_verification:success_false_published_true: This pact is still in pending state for any version of Bar from branch 'main' as a successful verification result has not yet been published
        ");
    }

    #[test]
    fn work_in_progress_is_explained() {
        let selectors = [
            selected(Reason::Branch { branch: branch("feat-x"), instead_of: None }, "3"),
            selected(Reason::LatestTagged { tag: tag("feat-x"), instead_of: None }, "3"),
        ];

        assert_snapshot!(notices(&selectors, ProviderLine::Tags(&[tag("main")]), State::WorkInProgress), @"
        before_verification: The pact at URL is being verified because it is a 'work in progress' pact (ie. it is the pact for the latest version of Foo from branch 'feat-x' and tagged with 'feat-x' (both have the same content) and it has not yet been successfully verified by a version of Bar with tag 'main' when the pact's application version was explicitly specified in the consumer version selectors). Read more at https://docs.pact.io/go/wip
        before_verification: This pact is in pending state for this version of Bar because it was included as a 'work in progress' pact. If this verification fails, it will not cause the overall build to fail. Read more at https://docs.pact.io/go/pending
        after_verification:success_true_published_false: This pact is still in pending state for any version of Bar with tag 'main' as the successful verification results with this tag have not yet been published.
        after_verification:success_false_published_false: This pact is still in pending state for any version of Bar with tag 'main' as a successful verification result with this tag has not yet been published
        after_verification:success_true_published_true: This pact is no longer in pending state for any version of Bar with tag 'main', as a successful verification result with this tag has been published. If a verification for a version of Bar with this tag fails in the future, it will fail the build. Read more at https://docs.pact.io/go/pending
        after_verification:success_false_published_true: This pact is still in pending state for any version of Bar with tag 'main' as a successful verification result with this tag has not yet been published
        ");
    }

    #[test]
    fn a_verified_pact_is_explained() {
        let mut selectors = [
            selected(deployed("production"), "1"),
            selected(deployed("test"), "1"),
            selected(Reason::LatestTagged { tag: tag("prod"), instead_of: None }, "1"),
        ];
        selectors::sort(&mut selectors);

        assert_snapshot!(notices(&selectors, ProviderLine::Any, State::Verified), @"
        before_verification: The pact at URL is being verified because the pact content belongs to the consumer versions matching the following criteria:
            * latest version tagged 'prod' (1)
            * consumer version(s) currently deployed to test (1) and production (1)
        before_verification: This pact has previously been successfully verified by Bar. If this verification fails, it will fail the build. Read more at https://docs.pact.io/go/pending
        ");
    }

    #[test]
    fn nothing_is_said_about_pending_unless_asked() {
        let selectors = [selected(Reason::Latest, "1")];

        assert_snapshot!(notices(&selectors, ProviderLine::Any, State::NotAsked), @"
        before_verification: The pact at URL is being verified because the pact content belongs to the consumer version matching the following criterion:
            * latest version of a consumer that has a pact with Bar (1)
        ");
    }

    #[test]
    fn each_kind_of_selector_is_described() {
        check(Reason::Latest, Some("Foo"), "latest version of Foo that has a pact with Bar (1)");
        check(
            Reason::LatestTagged { tag: tag("t"), instead_of: Some(tag("u")) },
            Some("Foo"),
            "latest version of Foo tagged 't' (fallback tag used as no pact was found with tag 'u') (1)",
        );
        check(
            Reason::Branch { branch: branch("b"), instead_of: Some(branch("c")) },
            None,
            "latest version from branch 'b' (fallback branch used as no pact was found from branch 'c') (1)",
        );
        check(Reason::EachBranch { branch: branch("b") }, None, "latest version from branch 'b' (1)");
        check(Reason::AllTagged { tag: tag("t") }, None, "all consumer versions tagged 't' (1)");
        check(Reason::AllTagged { tag: tag("t") }, Some("Foo"), "all Foo versions tagged 't' (1)");
        check(deployed("test"), Some("Foo"), "version(s) of Foo currently deployed to test (1)");
        check(
            Reason::Released { environment: environment("test"), production: false },
            None,
            "consumer version(s) released and supported in test (1)",
        );
        check(
            Reason::InEnvironment { environment: environment("test") },
            None,
            "a consumer version in environment test (1)",
        );
    }

    #[test]
    fn several_names_are_listed() {
        assert_eq!(quoted(&["a"]), "'a'");
        assert_eq!(quoted(&["a", "b", "c"]), "'a', 'b' and 'c'");
        let bar = PacticipantName::parse("Bar").unwrap();
        let tags = [tag("a"), tag("b")];
        assert_eq!(
            provider_versions(&bar, ProviderLine::Tags(&tags), "any"),
            "any version of Bar with tags 'a' and 'b'"
        );
    }

    #[test]
    fn old_clients_are_warned() {
        assert!(beta_notice().text.starts_with("WARNING - this version of the Pact library uses a beta version"));
    }
}
