//! Why a consumer version was selected, in an order and in words that people can use.

use std::cmp::Ordering;

use crate::names::{BranchName, EnvironmentName, PacticipantName, TagName, VersionNumber};

/// A selector together with the consumer version that it selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSelector {
    /// What the version is.
    pub reason: Reason,
    /// The consumer that the selector was limited to.
    pub consumer: Option<PacticipantName>,
    /// The version selected.
    pub version: VersionNumber,
    /// The version's place in the order of creation.
    pub position: i64,
}

/// What a selected version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The latest with a contract.
    Latest,
    /// The head of a branch.
    Branch {
        /// The branch used.
        branch: BranchName,
        /// The branch asked for, when `branch` is its fallback.
        instead_of: Option<BranchName>,
    },
    /// The latest with a tag.
    LatestTagged {
        /// The tag used.
        tag: TagName,
        /// The tag asked for, when `tag` is its fallback.
        instead_of: Option<TagName>,
    },
    /// One of those with a tag.
    AllTagged {
        /// The tag.
        tag: TagName,
    },
    /// Deployed now.
    Deployed {
        /// There.
        environment: EnvironmentName,
        /// Whether that is a production environment.
        production: bool,
    },
    /// Released and supported now.
    Released {
        /// There.
        environment: EnvironmentName,
        /// Whether that is a production environment.
        production: bool,
    },
    /// Deployed, or released and supported now.
    InEnvironment {
        /// There.
        environment: EnvironmentName,
    },
    /// The head of the main branch.
    MainBranch {
        /// Its name.
        branch: BranchName,
    },
    /// The head of one of all branches.
    EachBranch {
        /// The branch.
        branch: BranchName,
    },
}

/// Sorts as the Pact Broker does, by kind first; environments that are not production come first.
pub fn sort(selectors: &mut [ResolvedSelector]) {
    selectors.sort_by(|one, other| one.reason.cmp_kind(&other.reason).then(one.position.cmp(&other.position)));
}

/// A few words for all selectors; Pact Go names its tests by them.
#[must_use]
pub fn short_description(selectors: &[ResolvedSelector]) -> String {
    let each: Vec<String> = selectors.iter().map(ResolvedSelector::short_description).collect();
    each.join(", ")
}

impl ResolvedSelector {
    /// A few words: "latest from branch main".
    #[must_use]
    pub fn short_description(&self) -> String {
        match (&self.reason, &self.consumer) {
            (Reason::Latest, _) => "latest".to_owned(),
            (Reason::MainBranch { .. }, _) => "latest from main branch".to_owned(),
            (Reason::EachBranch { .. }, _) => "latest from all branches".to_owned(),
            (Reason::Branch { branch, .. }, _) => format!("latest from branch {branch}"),
            (Reason::LatestTagged { tag, .. }, _) => format!("latest with tag {tag}"),
            (Reason::AllTagged { tag }, Some(consumer)) => format!("one of {consumer} {tag}"),
            (Reason::AllTagged { tag }, None) => format!("one of {tag}"),
            (Reason::Deployed { environment, .. }, _) => format!("deployed to {environment}"),
            (Reason::Released { environment, .. }, _) => format!("released in {environment}"),
            (Reason::InEnvironment { environment }, _) => format!("deployed or released in {environment}"),
        }
    }
}

impl Reason {
    fn rank(&self) -> u8 {
        match self {
            Self::Latest => 0,
            Self::Branch { .. } => 1,
            Self::LatestTagged { .. } => 2,
            Self::AllTagged { .. } => 3,
            Self::Deployed { .. } => 4,
            Self::Released { .. } => 5,
            Self::InEnvironment { .. } => 6,
            Self::MainBranch { .. } => 7,
            Self::EachBranch { .. } => 8,
        }
    }

    /// Within a kind by name.
    fn cmp_kind(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.name().cmp(&other.name()))
    }

    fn name(&self) -> (bool, &str) {
        match self {
            Self::Latest => (false, ""),
            Self::Branch { branch, .. } | Self::MainBranch { branch } | Self::EachBranch { branch } => {
                (false, branch.as_str())
            }
            Self::LatestTagged { tag, .. } | Self::AllTagged { tag } => (false, tag.as_str()),
            Self::Deployed { environment, production } | Self::Released { environment, production } => {
                (*production, environment.as_str())
            }
            Self::InEnvironment { environment } => (false, environment.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(reason: Reason, version: &str, position: i64) -> ResolvedSelector {
        ResolvedSelector { reason, consumer: None, version: VersionNumber::parse(version).unwrap(), position }
    }

    fn deployed(environment: &str, production: bool) -> Reason {
        Reason::Deployed { environment: EnvironmentName::parse(environment).unwrap(), production }
    }

    fn branch(name: &str) -> BranchName {
        BranchName::parse(name).unwrap()
    }

    fn tag(name: &str) -> TagName {
        TagName::parse(name).unwrap()
    }

    fn check_short(reason: Reason, expected: &str) {
        assert_eq!(selected(reason, "1", 1).short_description(), expected);
    }

    #[test]
    fn each_kind_has_a_short_description() {
        let environment = EnvironmentName::parse("test").unwrap();
        check_short(Reason::Latest, "latest");
        check_short(Reason::MainBranch { branch: branch("main") }, "latest from main branch");
        check_short(Reason::EachBranch { branch: branch("main") }, "latest from all branches");
        check_short(Reason::Branch { branch: branch("b"), instead_of: None }, "latest from branch b");
        check_short(Reason::LatestTagged { tag: tag("t"), instead_of: Some(tag("u")) }, "latest with tag t");
        check_short(Reason::AllTagged { tag: tag("t") }, "one of t");
        check_short(deployed("test", false), "deployed to test");
        check_short(Reason::Released { environment: environment.clone(), production: false }, "released in test");
        check_short(Reason::InEnvironment { environment }, "deployed or released in test");
    }

    #[test]
    fn a_tag_of_one_consumer_names_it() {
        let consumer = Some(PacticipantName::parse("shop").unwrap());
        let selector = ResolvedSelector { consumer, ..selected(Reason::AllTagged { tag: tag("t") }, "1", 1) };

        assert_eq!(selector.short_description(), "one of shop t");
    }

    #[test]
    fn the_main_branch_comes_last_and_production_after_test() {
        let mut selectors = [
            selected(Reason::MainBranch { branch: branch("main") }, "4", 4),
            selected(deployed("production", true), "1", 1),
            selected(deployed("test", false), "2", 2),
            selected(deployed("test", false), "1", 1),
            selected(Reason::LatestTagged { tag: tag("prod"), instead_of: None }, "1", 1),
            selected(Reason::Branch { branch: branch("feat"), instead_of: None }, "3", 3),
        ];

        sort(&mut selectors);

        let expected = "latest from branch feat, latest with tag prod, deployed to test, deployed to test, deployed to \
                        production, latest from main branch";
        assert_eq!(short_description(&selectors), expected);
        assert_eq!(selectors[2].version.as_str(), "1");
    }
}
