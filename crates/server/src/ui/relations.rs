//! The relations that links in answers are named by: what each leads to, and which operations its address takes. Each
//! that an answer may carry has a row here, and no other.

use super::nearest::nearest;

/// A relation, as `_links` name it.
pub(super) struct Relation {
    /// With its prefix.
    pub(super) name: &'static str,
    /// Ids of operations in the API document, the one that is usually meant first.
    pub(super) operations: &'static [&'static str],
    pub(super) leads_to: &'static str,
}

/// The relation that is called so, with or without its prefix. Links of webhooks are looked up under names of their own.
pub(super) fn find(name: &str) -> Option<&'static Relation> {
    let bare = name.strip_prefix("webhooks-").unwrap_or(name);
    let named = RELATIONS.iter().find(|relation| relation.name == name);
    let with = |prefix: &str| RELATIONS.iter().find(|relation| relation.name.strip_prefix(prefix) == Some(bare));
    named.or_else(|| with("pb:")).or_else(|| with("pf:"))
}

/// Those that were probably meant, the likeliest first: with most pairs of letters in common.
pub(super) fn similar_to(name: &str) -> Vec<&'static Relation> {
    const SHOWN: usize = 8;
    /// No relation is nearly as long.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return Vec::new();
    }
    nearest(name, RELATIONS.iter(), |relation| relation.name, SHOWN)
}

const fn relation(name: &'static str, operations: &'static [&'static str], leads_to: &'static str) -> Relation {
    Relation { name, operations, leads_to }
}

/// In the order of the alphabet.
#[rustfmt::skip]
pub(super) const RELATIONS: &[Relation] = &[
    relation("beta:provider-pacts-for-verification", &["listPactsForVerification", "listPactsForVerificationByQuery"],
        "The former name of `pb:provider-pacts-for-verification`, for clients that know no other. It leads to the same."),
    relation("pb:accept-comparison-changes", &["acceptComparisonChanges"],
        "Where to `POST` that outcomes of comparisons count as this release judges them."),
    relation("pb:all-pact-versions", &["listPacts", "deletePacts"],
        "Every contract that this consumer has published for this provider, the newest first."),
    relation("pb:ask-again", &["askAgainForVerification"],
        "Where to `POST` to have webhooks told once more of a result that is missing."),
    relation("pb:branch", &["getBranch", "deleteBranch"],
        "The branch that a version was built from."),
    relation("pb:branch-pact-versions", &["listBranchPacts", "deleteBranchPacts"],
        "The contracts between two pacticipants that versions on one branch of the consumer have published."),
    relation("pb:branch-version", &["addVersionToBranch", "getBranchVersion", "deleteBranchVersion"],
        "A version's place on a branch. Verifiers `PUT` here before they publish results, so that the provider's version is known to be \
         of that branch."),
    relation("pb:branches", &["listBranches", "deleteBranches"],
        "The branches of a pacticipant; in their list, each of them."),
    relation("pb:can-i-deploy-badge", &["canIDeployTagBadge"],
        "A picture of whether the latest version with a tag may go where another tag stands for an environment."),
    relation("pb:can-i-deploy-branch-to-environment-badge", &["canIDeployBranchBadge"],
        "A picture of whether the latest version of a branch may go to an environment."),
    relation("pb:can-i-deploy-pacticipant-version-to-environment", &["canIDeploy"],
        "Whether a version may be deployed to an environment: whether it works with what is deployed or released there."),
    relation("pb:can-i-deploy-pacticipant-version-to-tag", &["canIDeploy"],
        "Whether a version may go where a tag stands for an environment: whether it works with the latest versions that have the tag."),
    relation("pb:comparison", &["getComparison"],
        "What came of holding the contract against what the provider version offers, and of the provider's own tests of that."),
    relation("pb:comparison-changes", &["listComparisonChanges"],
        "Outcomes of comparisons that this release judges otherwise than an older one, and that wait to be accepted."),
    relation("pb:comparison-pact", &["getPact"],
        "The other one of two contracts that are compared."),
    relation("pb:consumer", &["getPacticipant"],
        "The pacticipant that expects something: the consumer of a contract, or the one that a webhook is limited to."),
    relation("pb:consumer-contract", &["getPact"],
        "The contract of the consumer version beside which a provider contract is looked at."),
    relation("pb:consumer-version", &["getVersion"],
        "The version of the consumer that has published the contract."),
    relation("pb:consumer-versions", &["getVersion"],
        "The versions of the consumer that a contract was fetched for, the newest first."),
    relation("pb:consumer-webhooks", &["listWebhooksOfConsumer", "createWebhookForConsumer"],
        "The webhooks for all contracts of this consumer."),
    relation("pb:contracts", &["getPact"],
        "The contracts that were published together, one for each provider."),
    relation("pb:create", &["createWebhook", "createWebhookForPair", "createWebhookForProvider", "createWebhookForConsumer"],
        "Where to `POST` a new webhook. It stands in each list of webhooks; what is created there belongs to the list's consumer and \
         provider."),
    relation("pb:currently-deployed-deployed-versions", &["listCurrentlyDeployedVersions"],
        "The versions that are deployed in an environment now. `PATCH` one of them to record that it no longer is."),
    relation("pb:currently-supported-released-versions", &["listCurrentlySupportedVersions"],
        "The versions that are released in an environment and still supported. `PATCH` one of them to record that its support has ended."),
    relation("pb:dashboard", &["getDashboardOfPair", "getDashboard"],
        "How it stands with the contracts between these two that matter now."),
    relation("pb:delete_integration", &["deleteIntegration"],
        "Where to delete everything between these two: contracts, results and webhooks."),
    relation("pb:deployed-environments", &["getEnvironment"],
        "The environments that a version is deployed in, each with the links of an environment."),
    relation("pb:diff", &["getDiffOfContents", "getDiffWithPactOfVersion"],
        "How this contract differs from another content between the same two, as text or, if JSON is asked for, by interaction."),
    relation("pb:diff-previous-distinct", &["getDiffWithPreviousDistinctPact"],
        "How this contract differs from the one before it that promised something else."),
    relation("pb:environment", &["getEnvironment", "replaceEnvironment", "deleteEnvironment"],
        "One environment by its UUID."),
    relation("pb:environments", &["listEnvironments", "createEnvironment"],
        "All environments; in their list, each of them."),
    relation("pb:error-logs", &["getDeliveryLogs"],
        "The logs of the last deliveries that have failed for good."),
    relation("pb:events", &["listEvents"],
        "What happened, in order: what webhooks are told, for receivers that nobody can call."),
    relation("pb:evidence", &["listEvidence", "uploadEvidence"],
        "What a version really answered when it was verified, run by run. The provider's build uploads it here by `POST`."),
    relation("pb:evidence-run", &["getEvidenceRun", "deleteEvidenceRun"],
        "The evidence of one run: what was asked and answered, exchange by exchange."),
    relation("pb:execute", &["executeWebhook"],
        "Where to `POST` so that the webhook is sent once, for the latest contract or result that it is for. The answer tells what \
         came of it."),
    relation("pb:group", &["getPacticipant"],
        "The pacticipant whose group this integration belongs to. The group itself stands at `/groups/{pacticipant}`."),
    relation("pb:integrations", &["listIntegrations", "deleteIntegrations"],
        "Which pacticipants have contracts with each other. Deleting all of them deletes everybody's data, and takes an administrator."),
    relation("pb:label", &["putLabel", "getLabel", "deleteLabel"],
        "A label of a pacticipant. `PUT` it to add it."),
    relation("pb:latest-branch-pact-versions", &["listBranchHeadPacts"],
        "The contract between two pacticipants of the version that was added last to a branch of the consumer."),
    relation("pb:latest-main-branch-pact-versions", &["listMainBranchHeadPacts"],
        "The contract between two pacticipants of the version that was added last to the consumer's main branch."),
    relation("pb:latest-pact", &["getLatestTaggedPact"],
        "The latest contract with this tag."),
    relation("pb:latest-pact-version", &["getLatestPact"],
        "The latest contract between the same two."),
    relation("pb:latest-pact-versions", &["listLatestPacts"],
        "The latest contract of every consumer with every provider."),
    relation("pb:latest-provider-pacts", &["listLatestProviderPacts"],
        "The latest contract of every consumer with this provider. To find what a build must verify, follow \
         `pb:provider-pacts-for-verification` instead."),
    relation("pb:latest-provider-pacts-with-branch", &["listBranchHeadProviderPacts"],
        "The latest contract of every consumer on this branch with this provider."),
    relation("pb:latest-provider-pacts-with-main-branch", &["listMainBranchHeadProviderPacts"],
        "The latest contract of every consumer's main branch with this provider."),
    relation("pb:latest-provider-pacts-with-tag", &["listLatestTaggedProviderPacts"],
        "The latest contract with this tag, of every consumer with this provider."),
    relation("pb:latest-tagged-pact-version", &["getLatestTaggedPact"],
        "The latest contract between the same two whose consumer version has a tag."),
    relation("pb:latest-tagged-version", &["getLatestTaggedVersion"],
        "The version of a pacticipant that was created last of those with a tag."),
    relation("pb:latest-untagged-pact-version", &["getLatestUntaggedPact"],
        "The latest contract between the same two whose consumer version has no tag."),
    relation("pb:latest-verification-results", &["getLatestVerificationResult", "deleteLatestVerificationResult"],
        "The latest result for this content of the contract, whichever consumer versions have it."),
    relation("pb:latest-verification-results-where-pacticipant-is-consumer", &["listLatestVerificationResults"],
        "The latest result for each contract that this version has published."),
    relation("pb:latest-version", &["getLatestVersion", "getLatestBranchVersion"],
        "The version of a pacticipant, or of a branch, that came last. The order is that of creation, not of numbers."),
    relation("pb:logs", &["getDeliveryLogs"],
        "What a delivery sent and was answered, attempt by attempt, without secrets."),
    relation("pb:main-branch-pact-versions", &["listMainBranchPacts", "deleteMainBranchPacts"],
        "The contracts between two pacticipants that versions on the consumer's main branch have published."),
    relation("pb:matrix", &["getMatrixOfPair"],
        "Which versions of these two were verified with each other, and what came of it."),
    relation("pb:matrix-for-consumer-version", &["getMatrix"],
        "Which versions of the provider this version of the consumer was verified with, and what came of it."),
    relation("pb:metrics", &["getMetrics"],
        "How much there is of everything."),
    relation("pb:other-answers", &["getEvidenceExchange"],
        "Exchanges of other runs in which the same version answered the same request otherwise, the newest first."),
    relation("pb:pact", &["getPact"],
        "The contract that a reason is about."),
    relation("pb:pact-version", &["getPactByContent", "getPactByContentForVerification"],
        "The content of a contract under an address that never shows another. Versions of a consumer that promise the same share it."),
    relation("pb:pact-versions", &["getPact"],
        "Contracts: those that a version has published, or those of a list."),
    relation("pb:pact-webhooks", &["listWebhooksOfPair", "createWebhookForPair"],
        "The webhooks for the contract between these two."),
    relation("pb:pacticipant", &["getPacticipant", "replacePacticipant", "updatePacticipant", "deletePacticipant"],
        "A pacticipant: an application that takes part, as consumer, as provider or both."),
    relation("pb:pacticipant-branch", &["getBranch", "deleteBranch"],
        "One branch of a pacticipant. Delete it when it was merged: its versions stay, but are no longer a reason to verify anything."),
    relation("pb:pacticipant-branch-version", &["addVersionToBranch", "getBranchVersion", "deleteBranchVersion"],
        "A version's place on a branch. `PUT` it to say that the version was built from the branch; the version is created if it does not \
         exist."),
    relation("pb:pacticipant-version", &["getVersion", "putVersion", "updateVersion", "deleteVersion"],
        "One version of a pacticipant."),
    relation("pb:pacticipant-version-tag", &["putTag", "getTag", "deleteTag"],
        "A tag of a version. `PUT` it to add it; the version is created if it does not exist."),
    relation("pb:pacticipant-version-tags", &["getTag"],
        "The tags that were put on the version with this publication."),
    relation("pb:pacticipants", &["listPacticipants", "createPacticipant"],
        "All pacticipants; in their list, each of them."),
    relation("pb:pacticipants-with-label", &["listPacticipantsWithLabel"],
        "The pacticipants that have a label."),
    relation("pb:pacts", &["getPact"],
        "The contracts of a list, each named by its consumer or its version."),
    relation("pb:previous-distinct", &["getPreviousDistinctPact"],
        "The contract before this one that promised something else."),
    relation("pb:provider", &["getPacticipant"],
        "The pacticipant that something is expected of: the provider of a contract, or the one that a webhook is limited to."),
    relation("pb:provider-contract", &["getProviderContract", "putProviderContract"],
        "What a provider version says that it offers, with what came of testing it."),
    relation("pb:provider-contract-content", &["getProviderContractContent"],
        "A provider contract as it was received, byte for byte."),
    relation("pb:provider-contracts", &["listProviderContracts"],
        "The provider contracts of a provider, those of the newest versions first; in their list, each of them."),
    relation("pb:provider-pacts", &["listProviderPacts"],
        "Every contract that any consumer has published for this provider."),
    relation("pb:provider-pacts-for-verification", &["listPactsForVerification", "listPactsForVerificationByQuery"],
        "The contracts that a build of the provider should verify. `POST` the consumer version selectors; each contract comes with the \
         reasons why it is there and whether its failure should fail the build."),
    relation("pb:provider-pacts-with-branch", &["listBranchProviderPacts"],
        "Every contract of versions on this branch with this provider, of whichever consumer."),
    relation("pb:provider-pacts-with-main-branch", &["listMainBranchProviderPacts"],
        "Every contract of versions on their consumers' main branches with this provider."),
    relation("pb:provider-pacts-with-tag", &["listTaggedProviderPacts"],
        "Every contract of versions with this tag with this provider, of whichever consumer."),
    relation("pb:provider-version", &["getVersion"],
        "The version of the provider that a provider contract is about."),
    relation("pb:publish-contracts", &["publishContracts"],
        "Where a consumer's build publishes: all contracts of one version in one request, with its branch, tags and build URL."),
    relation("pb:publish-pact", &["publishPact", "getPact", "mergePact", "deletePact"],
        "Where one contract of one version is published by `PUT`. `pb:publish-contracts` does more in one request."),
    relation("pb:publish-verification-results", &["publishVerificationResultWithMetadata", "publishVerificationResult"],
        "Where the provider's build publishes what came of verifying this content."),
    relation("pb:record-deployment", &["recordDeployment", "listDeploymentsOfVersion"],
        "Where to record that the version was deployed, one link for each environment, named by it. What was deployed there before, as \
         the same application instance, no longer is."),
    relation("pb:record-release", &["recordRelease", "listReleasesOfVersion"],
        "Where to record that the version was released, one link for each environment, named by it. Earlier releases stay supported."),
    relation("pb:released-environments", &["getEnvironment"],
        "The environments that a version is released in, each with the links of an environment."),
    relation("pb:replay", &["replayWebhookDelivery"],
        "Where to `POST` to have a delivery made again that is done."),
    relation("pb:secrets", &["listSecrets", "createSecret"],
        "The secrets that requests of webhooks may name. Their values are written and never read."),
    relation("pb:signing-secrets", &["listSigningSecrets", "createSigningSecret"],
        "What a webhook's deliveries are signed with. `POST` to have one made; it is shown once."),
    relation("pb:tag", &["putTag", "getTag", "deleteTag"],
        "A tag of this version. `PUT` it to add it."),
    relation("pb:tag-prod-version", &["putTag"],
        "`PUT` here to tag the version of the consumer with `prod`. Recording deployments says the same more exactly."),
    relation("pb:tag-version", &["putTag"],
        "`PUT` here to tag the version of the consumer that has published this contract."),
    relation("pb:tagged-pact-versions", &["listTaggedPacts", "deleteTaggedPacts"],
        "The contracts between two pacticipants that versions with a tag have published."),
    relation("pb:triggered-webhooks", &["listWebhooksTriggeredByPact", "listWebhooksTriggeredByVerificationResult"],
        "The deliveries that a publication triggered, with what became of each."),
    relation("pb:verdict", &["getVerdict"],
        "The recorded answer of can-i-deploy: to this question, or the newest about what is deployed or released here."),
    relation("pb:verification-request", &["getVerificationRequest", "updateVerificationRequest"],
        "The requested verification to which there is no result yet. The provider's build sends a `PATCH` here to say that it is running."),
    relation("pb:verification-requests", &["listVerificationRequests"],
        "Which provider versions have to verify which contracts and have not done so: since when, and who was told."),
    relation("pb:verification-result", &["getVerificationResult"],
        "The result that a reason is about."),
    relation("pb:version", &["getVersion", "putVersion", "updateVersion", "deleteVersion"],
        "One version of a pacticipant."),
    relation("pb:version-tag", &["putTag", "getTag", "deleteTag"],
        "A tag of one of this pacticipant's versions. Verifiers `PUT` here before they publish results."),
    relation("pb:versions", &["listVersions", "listBranchVersions"],
        "The versions of a pacticipant, the newest first; in their list, each of them."),
    relation("pb:webhook", &["getWebhook", "putWebhook", "deleteWebhook"],
        "One webhook. `PUT` with an id of your own creates it."),
    relation("pb:webhook-deliveries",
        &["listWebhookDeliveries", "listDeliveriesOfWebhook", "getWebhookDelivery", "replayWebhookDeliveries"],
        "What became of the deliveries of webhooks, of all or of one, attempt by attempt; those that were given up can be made again."),
    relation("pb:webhook-presets", &["listWebhookPresets"],
        "The requests that are ready made, with their parameters: a webhook may name one of them instead of describing its request."),
    relation("pb:webhook-status", &["getPactWebhooksStatus"],
        "How the last deliveries for these two went."),
    relation("pb:webhooks", &["listWebhooks", "createWebhook"],
        "All webhooks; in their list, each of them."),
    relation("pf:diff-provider-contracts", &["diffProviderContracts"],
        "What changed between the OpenAPI documents of two versions of a provider."),
    relation("pf:preview-contract", &["previewContract"],
        "Where a consumer's new contract is sent to see what it demands anew, and which provider versions satisfy it. Nothing is stored."),
    relation("pf:preview-provider-contract", &["previewProviderContract"],
        "Where a provider's new document is sent to see what it would do to its consumers. Nothing is stored."),
    relation("pf:provider-unused", &["listUnused"],
        "What a provider's document describes and no consumer that counts uses."),
    relation("pf:provider-usage", &["listUsage"],
        "The consumers that use something of a provider: an operation, a parameter, a header, a field."),
    relation("pf:publish-provider-contract", &["publishProviderContract"],
        "Where a provider's build publishes what it offers, with its branch, its tags and what came of testing it."),
    relation("pf:ui", &["getProviderContract"],
        "Where people look at a provider contract: browsers get a page."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Option<&'static str> {
        find(name).map(|relation| relation.name)
    }

    fn similar(name: &str) -> Vec<&'static str> {
        similar_to(name).iter().map(|relation| relation.name).collect()
    }

    #[test]
    fn a_relation_is_found_with_and_without_its_prefix() {
        assert_eq!(found("pacticipant"), Some("pb:pacticipant"));
        assert_eq!(found("pb:pacticipant"), Some("pb:pacticipant"));
        assert_eq!(found("webhooks"), Some("pb:webhooks"));
        assert_eq!(found("webhooks-webhooks"), Some("pb:webhooks"));
        assert_eq!(found("webhooks-create"), Some("pb:create"));
        assert_eq!(found("publish-provider-contract"), Some("pf:publish-provider-contract"));
        assert_eq!(found("pb:nothing"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn of_two_with_one_name_the_current_one_is_found() {
        assert_eq!(found("provider-pacts-for-verification"), Some("pb:provider-pacts-for-verification"));
        assert_eq!(found("beta:provider-pacts-for-verification"), Some("beta:provider-pacts-for-verification"));
    }

    #[test]
    fn what_is_written_nearly_so_was_probably_meant() {
        assert_eq!(similar("environmnt")[0], "pb:environment");
        assert_eq!(similar("pb:record_deployments")[0], "pb:record-deployment");
        assert_eq!(similar("Latest-Pacts")[0], "pb:latest-pact");
        assert_eq!(similar("xyz"), Vec::<&str>::new());
        assert!(similar("pact-version").len() <= 8);
    }

    #[test]
    fn none_stands_there_twice_and_all_are_in_order() {
        assert!(RELATIONS.is_sorted_by(|one, next| one.name < next.name));
    }
}
