//! What a client is told after publishing contracts.

use crate::content::ContentSha;
use crate::names::{BranchName, PacticipantName, TagName, VersionNumber};
use crate::notice::{Notice, NoticeKind};
use crate::webhook::WebhookEvent;

/// The version that contracts were published for.
#[derive(Debug, Clone, Copy)]
pub struct PublishedVersion<'a> {
    /// Whose version it is.
    pub pacticipant: &'a PacticipantName,
    /// Its number.
    pub number: &'a VersionNumber,
    /// Whether it was created by this publication.
    pub created: bool,
    /// As the client gave it.
    pub branch: Option<&'a BranchName>,
    /// As the client gave them.
    pub tags: &'a [TagName],
}

/// One contract that was published.
#[derive(Debug, Clone, Copy)]
pub struct PublishedContract<'a> {
    /// With whom it is.
    pub provider: &'a PacticipantName,
    /// What became of it.
    pub outcome: Outcome,
    /// Its address.
    pub url: &'a str,
    /// What the publication set off, in order.
    pub events: &'a [DetectedEvent],
    /// What was sent because of that.
    pub triggered: &'a [TriggeredWebhook<'a>],
    /// Whether some webhook is about this pair at all.
    pub has_webhooks: bool,
    /// Whether the provider has ever published a verification result for this consumer.
    pub has_verifications: bool,
}

/// What became of a published contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The first of this version with this provider.
    Created,
    /// Published before with the same content.
    Unchanged,
    /// Published before with other content, which is replaced.
    Overwritten,
    /// Published before with other content, which is kept as well.
    Merged,
}

/// An event and why it was detected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedEvent {
    /// The event.
    pub event: WebhookEvent,
    /// In the words of [`ContentChange::comment`].
    pub comment: Option<String>,
}

/// A webhook that was triggered.
#[derive(Debug, Clone, Copy)]
pub struct TriggeredWebhook<'a> {
    /// As the client gave it.
    pub description: Option<&'a str>,
    /// Names it when it has no description.
    pub uuid: &'a str,
    /// What triggered it.
    pub event: WebhookEvent,
    /// Where its log can be read.
    pub logs_url: &'a str,
}

/// All notices of a publication.
#[must_use]
pub fn publication_notices(version: PublishedVersion<'_>, contracts: &[PublishedContract<'_>]) -> Vec<Notice> {
    let mut notices = version_notices(version);
    for contract in contracts {
        notices.extend(contract_notices(version, *contract));
    }
    notices
}

/// Why other content for the same version is refused.
#[must_use]
pub fn changed_content_message(
    consumer: &PacticipantName,
    version: &VersionNumber,
    provider: &PacticipantName,
) -> String {
    format!(
        "Cannot change the content of the pact for {consumer} version {version} and provider {provider}, as race \
         conditions will cause unreliable results for can-i-deploy. Each pact must be published with a unique consumer \
         version number. Some Pact libraries generate random data when a concrete value for a type matcher is not \
         specified, and this can cause the contract to mutate - ensure you have given example values for all type \
         matchers. For more information see https://docs.pact.io/go/versioning"
    )
}

/// What a consumer published before, and how that was found.
#[derive(Debug, Clone, Copy)]
pub struct PreviousContent<'a> {
    /// How it was found.
    pub line: Line<'a>,
    /// `None` if nothing was published before.
    pub sha: Option<&'a ContentSha>,
}

/// A line of versions along which content is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The versions of a branch.
    Branch(&'a BranchName),
    /// The versions with a tag.
    Tag(&'a TagName),
    /// The versions without a tag.
    Untagged,
}

/// Whether publishing is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentChange {
    /// Whether `contract_content_changed` is detected.
    pub changed: bool,
    /// Why, or why not.
    pub comment: String,
}

impl ContentChange {
    /// Compares with what was published before on each line: one difference is a change.
    #[must_use]
    pub fn detect(sha: &ContentSha, previous: &[PreviousContent<'_>]) -> Self {
        let differences: Vec<String> = previous.iter().filter_map(|previous| previous.change_to(sha)).collect();
        let changed = !differences.is_empty();
        let comment = if changed { differences.join(", ") } else { same_content(previous) };
        Self { changed, comment }
    }
}

impl PreviousContent<'_> {
    fn change_to(&self, sha: &ContentSha) -> Option<String> {
        match (self.sha, self.line) {
            (Some(previous), _) if previous == sha => None,
            (Some(_), Line::Untagged) => Some("pact content has changed since previous untagged version".to_owned()),
            (Some(_), Line::Tag(tag)) => {
                Some(format!("pact content has changed since the last consumer version tagged with {tag}"))
            }
            (Some(_), Line::Branch(branch)) => {
                Some(format!("pact content has changed since the last consumer version on branch {branch}"))
            }
            (None, Line::Untagged) => Some("first time untagged pact published".to_owned()),
            (None, Line::Tag(tag)) => {
                Some(format!("first time any pact published for this consumer with consumer version tagged {tag}"))
            }
            (None, Line::Branch(branch)) => {
                Some(format!("first time any pact published for this consumer on branch {branch}"))
            }
        }
    }
}

fn same_content(previous: &[PreviousContent<'_>]) -> String {
    let tags: Vec<&str> = previous
        .iter()
        .filter_map(|previous| match previous.line {
            Line::Tag(tag) => Some(tag.as_str()),
            _ => None,
        })
        .collect();
    match tags.as_slice() {
        [] => "pact content is the same as previously published".to_owned(),
        [tag] => format!("pact content is the same as previous version with tag {tag} and no new tags were applied"),
        tags => format!(
            "pact content is the same as previous versions with tags {} and no new tags were applied",
            tags.join(", ")
        ),
    }
}

pub(crate) fn version_notices(version: PublishedVersion<'_>) -> Vec<Notice> {
    let PublishedVersion { pacticipant, number, branch, tags, .. } = version;
    let verb = if version.created { "Created" } else { "Updated" };
    let mut parts = Vec::new();
    if let Some(branch) = branch {
        parts.push(format!("branch {branch}"));
    }
    if !tags.is_empty() {
        let tags: Vec<&str> = tags.iter().map(TagName::as_str).collect();
        parts.push(format!("tags {}", tags.join(", ")));
    }
    let with = if parts.is_empty() { String::new() } else { format!(" with {}", parts.join(" and ")) };

    let mut notices = vec![NoticeKind::Debug.notice(format!("{verb} {pacticipant} version {number}{with}"))];
    if branch.is_none() {
        let text = "  Next steps:\n    Configure the version branch to be the value of your repository branch.";
        notices.push(NoticeKind::Prompt.notice(text));
    }
    notices
}

fn contract_notices(version: PublishedVersion<'_>, contract: PublishedContract<'_>) -> Vec<Notice> {
    let mut notices = vec![outcome_notice(version, contract)];
    notices.push(NoticeKind::Debug.notice(format!("  View the published pact at {}", contract.url)));
    if !contract.events.is_empty() {
        let events: Vec<String> = contract.events.iter().map(event_text).collect();
        notices.push(NoticeKind::Debug.notice(format!("  Events detected: {}", events.join(", "))));
    }
    notices.extend(contract.triggered.iter().map(triggered_notice));
    if contract.has_webhooks && contract.triggered.is_empty() {
        notices.push(NoticeKind::Debug.notice("  No enabled webhooks found for the detected events"));
    }
    notices.extend(next_steps(contract));
    notices
}

fn outcome_notice(version: PublishedVersion<'_>, contract: PublishedContract<'_>) -> Notice {
    let pair = format!("{} version {} and provider {}", version.pacticipant, version.number, contract.provider);
    match contract.outcome {
        Outcome::Created => NoticeKind::Success.notice(format!("Pact successfully published for {pair}.")),
        Outcome::Unchanged => {
            NoticeKind::Success.notice(format!("Pact successfully republished for {pair} with no content changes."))
        }
        Outcome::Overwritten => NoticeKind::Warning.notice(format!(
            "Pact with changed content published over existing content for {pair}. This is not recommended in normal \
             circumstances and may indicate that you have not configured your Pact pipeline correctly. For more \
             information see https://docs.pact.io/go/versioning"
        )),
        Outcome::Merged => NoticeKind::Success.notice(format!("Pact content merged with existing content for {pair}.")),
    }
}

fn event_text(detected: &DetectedEvent) -> String {
    match &detected.comment {
        Some(comment) => format!("{} ({comment})", detected.event),
        None => detected.event.to_string(),
    }
}

fn triggered_notice(webhook: &TriggeredWebhook<'_>) -> Notice {
    let TriggeredWebhook { description, uuid, event, logs_url } = webhook;
    let name = description.map_or_else(|| (*uuid).to_owned(), |description| format!("\"{description}\""));
    NoticeKind::Debug.notice(format!("  Webhook {name} triggered for event {event}.\n    View logs at {logs_url}"))
}

fn next_steps(contract: PublishedContract<'_>) -> Vec<Notice> {
    let provider = contract.provider;
    let mut steps = Vec::new();
    if !contract.has_verifications {
        steps.push(NoticeKind::Prompt.notice(format!(
            "    * Add Pact verification tests to the {provider} build. See https://docs.pact.io/go/provider_verification"
        )));
    }
    if !contract.has_webhooks {
        steps.push(NoticeKind::Prompt.notice(format!(
            "    * Configure separate {provider} pact verification build and webhook to trigger it when the pact content \
             changes. See https://docs.pact.io/go/webhooks"
        )));
    }
    if !steps.is_empty() {
        steps.insert(0, NoticeKind::Prompt.notice("  Next steps:"));
    }
    steps
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    struct World {
        shop: PacticipantName,
        stock: PacticipantName,
        number: VersionNumber,
        main: BranchName,
        tags: Vec<TagName>,
    }

    impl World {
        fn new() -> Self {
            Self {
                shop: PacticipantName::parse("shop").unwrap(),
                stock: PacticipantName::parse("stock").unwrap(),
                number: VersionNumber::parse("1").unwrap(),
                main: BranchName::parse("main").unwrap(),
                tags: ["a", "b"].map(|tag| TagName::parse(tag).unwrap()).to_vec(),
            }
        }

        fn version(&self) -> PublishedVersion<'_> {
            PublishedVersion {
                pacticipant: &self.shop,
                number: &self.number,
                created: true,
                branch: Some(&self.main),
                tags: &[],
            }
        }

        fn contract(&self) -> PublishedContract<'_> {
            PublishedContract {
                provider: &self.stock,
                outcome: Outcome::Created,
                url: "http://broker/pact",
                events: &[],
                triggered: &[],
                has_webhooks: true,
                has_verifications: true,
            }
        }
    }

    fn text(notices: &[Notice]) -> String {
        let lines: Vec<String> =
            notices.iter().map(|notice| format!("{} {}", notice.kind.as_str(), notice.text)).collect();
        lines.join("\n")
    }

    fn sha(digit: &str) -> ContentSha {
        ContentSha::parse(digit.repeat(40)).unwrap()
    }

    fn check_change(previous: &[(Line<'_>, Option<&str>)], changed: bool, comment: &str) {
        let shas: Vec<Option<ContentSha>> = previous.iter().map(|(_, digit)| digit.map(sha)).collect();
        let previous: Vec<PreviousContent<'_>> = previous
            .iter()
            .zip(&shas)
            .map(|((line, _), sha)| PreviousContent { line: *line, sha: sha.as_ref() })
            .collect();

        let expected = ContentChange { changed, comment: comment.to_owned() };
        assert_eq!(ContentChange::detect(&sha("1"), &previous), expected);
    }

    #[test]
    fn a_first_publication_says_what_to_do_next() {
        let world = World::new();
        let version = PublishedVersion { tags: &world.tags, ..world.version() };
        let published = DetectedEvent { event: WebhookEvent::ContractPublished, comment: None };
        let comment = Some("first time untagged pact published".to_owned());
        let changed = DetectedEvent { event: WebhookEvent::ContractContentChanged, comment };
        let contract = PublishedContract {
            events: &[published, changed],
            has_webhooks: false,
            has_verifications: false,
            ..world.contract()
        };

        assert_snapshot!(text(&publication_notices(version, &[contract])), @"
        debug Created shop version 1 with branch main and tags a, b
        success Pact successfully published for shop version 1 and provider stock.
        debug   View the published pact at http://broker/pact
        debug   Events detected: contract_published, contract_content_changed (first time untagged pact published)
        prompt   Next steps:
        prompt     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
        prompt     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
        ");
    }

    #[test]
    fn webhooks_that_fired_are_named() {
        let world = World::new();
        let webhook = TriggeredWebhook {
            description: Some("build"),
            uuid: "u1",
            event: WebhookEvent::ContractPublished,
            logs_url: "http://broker/logs",
        };
        let unnamed = TriggeredWebhook { description: None, ..webhook };
        let contract = PublishedContract { triggered: &[webhook, unnamed], ..world.contract() };

        assert_snapshot!(text(&contract_notices(world.version(), contract)), @r#"
        success Pact successfully published for shop version 1 and provider stock.
        debug   View the published pact at http://broker/pact
        debug   Webhook "build" triggered for event contract_published.
            View logs at http://broker/logs
        debug   Webhook u1 triggered for event contract_published.
            View logs at http://broker/logs
        "#);
    }

    #[test]
    fn each_outcome_has_its_words() {
        let world = World::new();
        let texts = [Outcome::Unchanged, Outcome::Overwritten, Outcome::Merged].map(|outcome| {
            let notice = outcome_notice(world.version(), PublishedContract { outcome, ..world.contract() });
            text(&[notice])
        });

        assert_snapshot!(texts.join("\n"), @"
        success Pact successfully republished for shop version 1 and provider stock with no content changes.
        warning Pact with changed content published over existing content for shop version 1 and provider stock. This is not recommended in normal circumstances and may indicate that you have not configured your Pact pipeline correctly. For more information see https://docs.pact.io/go/versioning
        success Pact content merged with existing content for shop version 1 and provider stock.
        ");
    }

    #[test]
    fn a_missing_branch_is_asked_for() {
        let world = World::new();
        let version = PublishedVersion { branch: None, created: false, tags: &world.tags, ..world.version() };

        assert_snapshot!(text(&version_notices(version)), @"
        debug Updated shop version 1 with tags a, b
        prompt   Next steps:
            Configure the version branch to be the value of your repository branch.
        ");
    }

    #[test]
    fn webhooks_that_did_not_fire_are_mentioned() {
        let world = World::new();
        let notices = contract_notices(world.version(), world.contract());

        assert_eq!(notices[2].text, "  No enabled webhooks found for the detected events");
    }

    #[test]
    fn the_first_content_on_a_line_is_a_change() {
        let world = World::new();
        check_change(&[(Line::Untagged, None)], true, "first time untagged pact published");
        check_change(
            &[(Line::Branch(&world.main), None)],
            true,
            "first time any pact published for this consumer on branch main",
        );
        check_change(
            &[(Line::Tag(&world.tags[0]), None), (Line::Tag(&world.tags[1]), Some("1"))],
            true,
            "first time any pact published for this consumer with consumer version tagged a",
        );
    }

    #[test]
    fn other_content_on_a_line_is_a_change() {
        let world = World::new();
        check_change(&[(Line::Untagged, Some("2"))], true, "pact content has changed since previous untagged version");
        check_change(
            &[(Line::Branch(&world.main), Some("2")), (Line::Tag(&world.tags[0]), Some("2"))],
            true,
            "pact content has changed since the last consumer version on branch main, pact content has changed since the \
             last consumer version tagged with a",
        );
    }

    #[test]
    fn the_same_content_on_all_lines_is_no_change() {
        let world = World::new();
        let [a, b] = [Line::Tag(&world.tags[0]), Line::Tag(&world.tags[1])];
        check_change(
            &[(Line::Branch(&world.main), Some("1"))],
            false,
            "pact content is the same as previously published",
        );
        check_change(
            &[(a, Some("1"))],
            false,
            "pact content is the same as previous version with tag a and no new tags were applied",
        );
        check_change(
            &[(a, Some("1")), (b, Some("1"))],
            false,
            "pact content is the same as previous versions with tags a, b and no new tags were applied",
        );
    }

    #[test]
    fn a_refusal_says_why() {
        let world = World::new();
        let message = changed_content_message(&world.shop, &world.number, &world.stock);

        assert!(
            message.starts_with("Cannot change the content of the pact for shop version 1 and provider stock, as race")
        );
        assert!(message.ends_with("type matchers. For more information see https://docs.pact.io/go/versioning"));
    }
}
