//! The CI systems that are known, and in which variables they say what they build.

use serde_json::Value;

use super::{Detected, Variables};
use crate::broker::encode;

/// What a CI system says about the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Branch {
    Named(Detected),
    /// It builds a tag.
    None,
    /// It leaves the question open; git may know.
    NotSaid,
}

/// A CI system: which variable gives it away, and which ones tell what, best first.
pub(super) struct System {
    pub(super) name: &'static str,
    /// Set (to this value, if one is named) where the system runs.
    marker: (&'static str, Option<&'static str>),
    version: &'static [&'static str],
    /// The branch that a pull request comes from.
    source_branch: &'static [&'static str],
    branch: &'static [&'static str],
    /// Set where a tag is built.
    tag: &'static [&'static str],
    /// Whose fork the pull request comes from, if it does.
    fork: fn(&Variables) -> Option<String>,
    build_url: fn(&Variables) -> Option<Detected>,
}

/// In this order: the forges that imitate GitHub's variables stand before it.
const SYSTEMS: &[System] = &[
    GITEA,
    FORGEJO,
    GITHUB,
    System {
        name: "GitLab",
        marker: ("GITLAB_CI", None),
        // Only where GitLab builds the merged result, whose commit nobody pushed.
        version: &["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"],
        source_branch: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"],
        branch: &["CI_COMMIT_BRANCH"],
        tag: &["CI_COMMIT_TAG"],
        fork: |variables| {
            other_owner(variables, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_MERGE_REQUEST_PROJECT_PATH")
        },
        build_url: |variables| first(variables, &["CI_JOB_URL", "CI_PIPELINE_URL"]),
    },
    System {
        name: "CircleCI",
        marker: ("CIRCLECI", None),
        version: &["CIRCLE_SHA1"],
        source_branch: &[],
        branch: &["CIRCLE_BRANCH"],
        tag: &["CIRCLE_TAG"],
        fork: no_fork,
        build_url: |variables| first(variables, &["CIRCLE_BUILD_URL"]),
    },
    System {
        name: "Azure Pipelines",
        marker: ("TF_BUILD", None),
        version: &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
        source_branch: &["SYSTEM_PULLREQUEST_SOURCEBRANCH"],
        // Not BUILD_SOURCEBRANCHNAME: that is only what follows the last slash.
        branch: &["BUILD_SOURCEBRANCH"],
        tag: &[],
        fork: |variables| {
            let fork = text(variables, "SYSTEM_PULLREQUEST_ISFORK")?;
            fork.eq_ignore_ascii_case("true").then(|| "fork".to_owned())
        },
        build_url: azure_build_url,
    },
    System {
        name: "Bitbucket Pipelines",
        marker: ("BITBUCKET_BUILD_NUMBER", None),
        version: &["BITBUCKET_COMMIT"],
        source_branch: &[],
        branch: &["BITBUCKET_BRANCH"],
        tag: &["BITBUCKET_TAG"],
        fork: no_fork,
        build_url: |variables| {
            let repository = text(variables, "BITBUCKET_REPO_FULL_NAME")?;
            let number = text(variables, "BITBUCKET_BUILD_NUMBER")?;
            let url = format!("https://bitbucket.org/{repository}/pipelines/results/{number}");
            Some(Detected::new(url, "BITBUCKET_BUILD_NUMBER"))
        },
    },
    System {
        name: "Travis CI",
        marker: ("TRAVIS", None),
        version: &["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"],
        source_branch: &["TRAVIS_PULL_REQUEST_BRANCH"],
        branch: &["TRAVIS_BRANCH"],
        tag: &["TRAVIS_TAG"],
        fork: |variables| other_owner(variables, "TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"),
        build_url: |variables| first(variables, &["TRAVIS_JOB_WEB_URL", "TRAVIS_BUILD_WEB_URL"]),
    },
    System {
        name: "Buildkite",
        marker: ("BUILDKITE", None),
        version: &["BUILDKITE_COMMIT"],
        source_branch: &[],
        branch: &["BUILDKITE_BRANCH"],
        tag: &["BUILDKITE_TAG"],
        fork: no_fork,
        build_url: |variables| first(variables, &["BUILDKITE_BUILD_URL"]),
    },
    System {
        name: "Woodpecker",
        marker: ("CI", Some("woodpecker")),
        version: &["CI_COMMIT_SHA"],
        source_branch: &["CI_COMMIT_SOURCE_BRANCH"],
        branch: &["CI_COMMIT_BRANCH"],
        tag: &["CI_COMMIT_TAG"],
        fork: no_fork,
        build_url: |variables| first(variables, &["CI_PIPELINE_URL"]),
    },
    System {
        name: "Drone",
        marker: ("DRONE", None),
        version: &["DRONE_COMMIT_SHA", "DRONE_COMMIT"],
        source_branch: &["DRONE_SOURCE_BRANCH"],
        branch: &["DRONE_BRANCH", "DRONE_COMMIT_BRANCH"],
        tag: &["DRONE_TAG"],
        fork: no_fork,
        build_url: |variables| first(variables, &["DRONE_BUILD_LINK"]),
    },
    System {
        name: "AppVeyor",
        marker: ("APPVEYOR", None),
        version: &["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
        source_branch: &["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH"],
        branch: &["APPVEYOR_REPO_BRANCH"],
        tag: &["APPVEYOR_REPO_TAG_NAME"],
        fork: |variables| other_owner(variables, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME"),
        build_url: |variables| {
            let part = |name| text(variables, name);
            let (server, account) = (part("APPVEYOR_URL")?, part("APPVEYOR_ACCOUNT_NAME")?);
            let (project, build) = (part("APPVEYOR_PROJECT_SLUG")?, part("APPVEYOR_BUILD_ID")?);
            let url = format!("{server}/project/{account}/{project}/builds/{build}");
            Some(Detected::new(url, "APPVEYOR_BUILD_ID"))
        },
    },
    System {
        name: "CodeBuild",
        marker: ("CODEBUILD_BUILD_ID", None),
        version: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
        source_branch: &[],
        branch: &["CODEBUILD_WEBHOOK_HEAD_REF"],
        tag: &[],
        fork: no_fork,
        build_url: |variables| first(variables, &["CODEBUILD_BUILD_URL"]),
    },
    System {
        name: "Semaphore",
        marker: ("SEMAPHORE", None),
        version: &["SEMAPHORE_GIT_PR_SHA", "SEMAPHORE_GIT_SHA"],
        source_branch: &["SEMAPHORE_GIT_PR_BRANCH"],
        branch: &["SEMAPHORE_GIT_BRANCH"],
        tag: &["SEMAPHORE_GIT_TAG_NAME"],
        fork: |variables| other_owner(variables, "SEMAPHORE_GIT_PR_SLUG", "SEMAPHORE_GIT_REPO_SLUG"),
        build_url: |variables| {
            let organisation = text(variables, "SEMAPHORE_ORGANIZATION_URL")?;
            let workflow = text(variables, "SEMAPHORE_WORKFLOW_ID")?;
            Some(Detected::new(format!("{organisation}/workflows/{workflow}"), "SEMAPHORE_WORKFLOW_ID"))
        },
    },
    System {
        name: "TeamCity",
        marker: ("TEAMCITY_VERSION", None),
        version: &["BUILD_VCS_NUMBER"],
        source_branch: &[],
        branch: &[],
        tag: &[],
        fork: no_fork,
        build_url: |variables| first(variables, &["BUILD_URL"]),
    },
    System {
        name: "Jenkins",
        marker: ("JENKINS_URL", None),
        version: &["GIT_COMMIT"],
        source_branch: &["CHANGE_BRANCH"],
        branch: &["BRANCH_NAME", "GIT_LOCAL_BRANCH", "GIT_BRANCH"],
        tag: &["TAG_NAME"],
        fork: |variables| text(variables, "CHANGE_FORK").map(|fork| owner(&fork)),
        build_url: |variables| first(variables, &["BUILD_URL"]),
    },
];

const GITHUB: System = System {
    name: "GitHub Actions",
    marker: ("GITHUB_ACTIONS", None),
    version: &["GITHUB_SHA"],
    source_branch: &["GITHUB_HEAD_REF"],
    branch: &["GITHUB_REF"],
    tag: &[],
    // Said by the event file only: see `System::branch`.
    fork: no_fork,
    build_url: |variables| github_build_url(variables, "GITHUB_RUN_ID"),
};

const GITEA: System = System {
    name: "Gitea Actions",
    marker: ("GITEA_ACTIONS", None),
    build_url: |variables| github_build_url(variables, "GITHUB_RUN_NUMBER"),
    ..GITHUB
};

const FORGEJO: System = System { name: "Forgejo Actions", marker: ("FORGEJO_ACTIONS", None), ..GITEA };

impl System {
    pub(super) fn of(variables: &Variables) -> Option<&'static Self> {
        SYSTEMS.iter().find(|system| {
            let (name, value) = system.marker;
            text(variables, name).is_some_and(|found| value.is_none_or(|value| value == found))
        })
    }

    /// In GitHub's pull requests `GITHUB_SHA` is the merge that GitHub made (or, for `pull_request_target`, the
    /// target); the commit that was pushed stands in the event file.
    pub(super) fn version(&self, variables: &Variables, event: &Value) -> Option<Detected> {
        let head = &event["pull_request"]["head"]["sha"];
        if let Some(head) = head.as_str() {
            return Some(Detected::new(head, "GITHUB_EVENT_PATH, pull_request.head.sha"));
        }
        // Buildkite says HEAD where nobody chose a commit.
        first(variables, self.version).filter(|version| version.value != "HEAD")
    }

    pub(super) fn branch(&self, variables: &Variables, event: &Value) -> Branch {
        if let Some(Detected { value, source }) = first(variables, self.source_branch) {
            let branch = value.strip_prefix("refs/heads/").unwrap_or(&value);
            let fork = (self.fork)(variables).or_else(|| github_fork(event));
            let named = fork.map_or_else(|| branch.to_owned(), |owner| format!("{owner}:{branch}"));
            return Branch::Named(Detected::new(named, source));
        }
        if first(variables, self.tag).is_some() {
            return Branch::None;
        }
        let named = self.branch.iter().filter_map(|name| first(variables, &[*name])).find(|branch| {
            // Jenkins and others call a checked out commit so.
            !matches!(branch.value.as_str(), "HEAD" | "detached")
        });
        match named {
            None => Branch::NotSaid,
            Some(Detected { value, source }) => match branch_of_reference(&value) {
                Some(value) => Branch::Named(Detected { value, source }),
                None => Branch::None,
            },
        }
    }

    pub(super) fn build_url(&self, variables: &Variables) -> Option<Detected> {
        (self.build_url)(variables)
    }
}

/// `refs/heads/x` and Jenkins' `origin/x` are branch x; other `refs/…` are tags, merges and the like.
fn branch_of_reference(reference: &str) -> Option<String> {
    if let Some(branch) = reference.strip_prefix("refs/heads/") {
        return Some(branch.to_owned());
    }
    if reference.starts_with("refs/") {
        return None;
    }
    Some(reference.strip_prefix("origin/").unwrap_or(reference).to_owned())
}

fn text(variables: &Variables, name: &str) -> Option<String> {
    let value = variables.get(name)?.trim();
    // Travis and others say "false" where there is nothing to say.
    (!value.is_empty() && value != "false").then(|| value.to_owned())
}

fn first(variables: &Variables, names: &[&str]) -> Option<Detected> {
    names.iter().find_map(|name| Some(Detected::new(text(variables, name)?, *name)))
}

fn no_fork(_: &Variables) -> Option<String> {
    None
}

/// The owner of the project in `source`, if it is not the project in `target`.
fn other_owner(variables: &Variables, source: &str, target: &str) -> Option<String> {
    let (source, target) = (text(variables, source)?, text(variables, target)?);
    (source != target).then(|| owner(&source))
}

fn owner(project: &str) -> String {
    project.rsplit_once('/').map_or(project, |(owner, _)| owner).to_owned()
}

fn github_fork(event: &Value) -> Option<String> {
    let repository = |side: &str| event["pull_request"][side]["repo"]["full_name"].as_str();
    let (head, base) = (repository("head")?, repository("base")?);
    (head != base).then(|| owner(head))
}

fn github_build_url(variables: &Variables, run: &str) -> Option<Detected> {
    let (server, repository) = (text(variables, "GITHUB_SERVER_URL")?, text(variables, "GITHUB_REPOSITORY")?);
    let number = text(variables, run)?;
    Some(Detected::new(format!("{server}/{repository}/actions/runs/{number}"), run))
}

fn azure_build_url(variables: &Variables) -> Option<Detected> {
    let collection = first(variables, &["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"])?.value;
    let (project, build) = (text(variables, "SYSTEM_TEAMPROJECT")?, text(variables, "BUILD_BUILDID")?);
    let collection = collection.trim_end_matches('/');
    let url = format!("{collection}/{}/_build/results?buildId={build}", encode(&project));
    Some(Detected::new(url, "BUILD_BUILDID"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ci::{Build, from_variables};

    const TAG: &str = "(a tag)";
    const OPEN: &str = "(git may know)";

    /// `expected`: system, version, branch, build URL; empty where nothing is found.
    fn check(variables: &str, event: &Value, expected: [&str; 4]) {
        let variables: Variables = variables
            .split_whitespace()
            .map(|pair| pair.split_once('=').expect("NAME=value"))
            .map(|(name, value)| (name.to_owned(), value.replace('+', " ")))
            .collect();

        let name = System::of(&variables).map_or("", |system| system.name);
        let (Build { version, branch: _, url, .. }, branch) = from_variables(&variables, event);

        let value = |detected: Option<Detected>| detected.map(|detected| detected.value).unwrap_or_default();
        let branch = match branch {
            Branch::Named(branch) => branch.value,
            Branch::None => TAG.to_owned(),
            Branch::NotSaid => OPEN.to_owned(),
        };
        assert_eq!([name, &value(version), &branch, &value(url)], expected, "{variables:?}");
    }

    #[test]
    fn no_ci_system_no_answer() {
        check("HOME=/home/me BRANCH_NAME=x GIT_COMMIT=abc", &Value::Null, ["", "", OPEN, ""]);
        check("CI=true", &Value::Null, ["", "", OPEN, ""]);
    }

    const GITHUB_RUN: &str = "GITHUB_ACTIONS=true GITHUB_SHA=abc GITHUB_SERVER_URL=https://github.com \
                              GITHUB_REPOSITORY=me/shop GITHUB_RUN_ID=7 GITHUB_RUN_NUMBER=3";
    const GITHUB_URL: &str = "https://github.com/me/shop/actions/runs/7";

    #[test]
    fn github_push_and_tag() {
        let push = format!("{GITHUB_RUN} GITHUB_REF=refs/heads/feat/x GITHUB_HEAD_REF=");
        check(&push, &Value::Null, ["GitHub Actions", "abc", "feat/x", GITHUB_URL]);
        let tag = format!("{GITHUB_RUN} GITHUB_REF=refs/tags/v1 GITHUB_REF_NAME=v1");
        check(&tag, &Value::Null, ["GitHub Actions", "abc", TAG, GITHUB_URL]);
    }

    #[test]
    fn github_pull_request_means_the_commit_that_was_pushed() {
        let variables = format!("{GITHUB_RUN} GITHUB_REF=refs/pull/5/merge GITHUB_HEAD_REF=feat/x");
        let event = |head: &str| {
            json!({ "pull_request": {
                "head": { "sha": "pushed", "repo": { "full_name": head } },
                "base": { "repo": { "full_name": "me/shop" } },
            } })
        };

        check(&variables, &event("me/shop"), ["GitHub Actions", "pushed", "feat/x", GITHUB_URL]);
        check(&variables, &event("you/shop"), ["GitHub Actions", "pushed", "you:feat/x", GITHUB_URL]);
        check(&variables, &Value::Null, ["GitHub Actions", "abc", "feat/x", GITHUB_URL]);
    }

    #[test]
    fn gitea_and_forgejo_number_their_runs() {
        let url = "https://github.com/me/shop/actions/runs/3";
        let push = format!("{GITHUB_RUN} GITHUB_REF=refs/heads/main");

        check(&format!("{push} GITEA_ACTIONS=true"), &Value::Null, ["Gitea Actions", "abc", "main", url]);
        check(&format!("{push} FORGEJO_ACTIONS=true"), &Value::Null, ["Forgejo Actions", "abc", "main", url]);
    }

    #[test]
    fn gitlab() {
        let job = "GITLAB_CI=true CI_COMMIT_SHA=abc CI_JOB_URL=https://gitlab/j/1";
        let url = "https://gitlab/j/1";
        let null = &Value::Null;

        check(&format!("{job} CI_COMMIT_BRANCH=feat/x"), null, ["GitLab", "abc", "feat/x", url]);
        check(&format!("{job} CI_COMMIT_TAG=v1 CI_COMMIT_REF_NAME=v1"), null, ["GitLab", "abc", TAG, url]);
        let merge = format!(
            "{job} CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=feat/x CI_MERGE_REQUEST_SOURCE_BRANCH_SHA= \
             CI_MERGE_REQUEST_PROJECT_PATH=g/shop"
        );
        let own = format!("{merge} CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=g/shop");
        check(&own, null, ["GitLab", "abc", "feat/x", url]);
        let merged = format!("{own} CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=pushed");
        check(&merged, null, ["GitLab", "pushed", "feat/x", url]);
        let fork = format!("{merge} CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=h/i/shop");
        check(&fork, null, ["GitLab", "abc", "h/i:feat/x", url]);
    }

    #[test]
    fn circleci() {
        let job = "CIRCLECI=true CIRCLE_SHA1=abc CIRCLE_BUILD_URL=https://c/1";
        check(&format!("{job} CIRCLE_BRANCH=main"), &Value::Null, ["CircleCI", "abc", "main", "https://c/1"]);
        check(&format!("{job} CIRCLE_TAG=v1"), &Value::Null, ["CircleCI", "abc", TAG, "https://c/1"]);
    }

    #[test]
    fn azure_pipelines() {
        let job = "TF_BUILD=True BUILD_SOURCEVERSION=merge SYSTEM_COLLECTIONURI=https://dev.azure.com/me/ \
                   SYSTEM_TEAMPROJECT=My+Shop BUILD_BUILDID=4";
        let url = "https://dev.azure.com/me/My%20Shop/_build/results?buildId=4";
        let null = &Value::Null;

        let push = format!("{job} BUILD_SOURCEBRANCH=refs/heads/feat/x BUILD_SOURCEBRANCHNAME=x");
        check(&push, null, ["Azure Pipelines", "merge", "feat/x", url]);
        check(&format!("{job} BUILD_SOURCEBRANCH=refs/tags/v1"), null, ["Azure Pipelines", "merge", TAG, url]);
        let pull_request = format!(
            "{job} BUILD_SOURCEBRANCH=refs/pull/1/merge SYSTEM_PULLREQUEST_SOURCECOMMITID=pushed \
             SYSTEM_PULLREQUEST_SOURCEBRANCH=refs/heads/feat/x"
        );
        let own = format!("{pull_request} SYSTEM_PULLREQUEST_ISFORK=False");
        check(&own, null, ["Azure Pipelines", "pushed", "feat/x", url]);
        let fork = format!("{pull_request} SYSTEM_PULLREQUEST_ISFORK=True");
        check(&fork, null, ["Azure Pipelines", "pushed", "fork:feat/x", url]);
    }

    #[test]
    fn bitbucket_and_travis() {
        let null = &Value::Null;
        let job = "BITBUCKET_BUILD_NUMBER=9 BITBUCKET_COMMIT=abc BITBUCKET_REPO_FULL_NAME=me/shop";
        let url = "https://bitbucket.org/me/shop/pipelines/results/9";
        check(&format!("{job} BITBUCKET_BRANCH=main"), null, ["Bitbucket Pipelines", "abc", "main", url]);
        check(&format!("{job} BITBUCKET_TAG=v1"), null, ["Bitbucket Pipelines", "abc", TAG, url]);

        let job = "TRAVIS=true TRAVIS_COMMIT=merge TRAVIS_BUILD_WEB_URL=https://t/1 TRAVIS_REPO_SLUG=me/shop";
        let push = format!("{job} TRAVIS_BRANCH=main TRAVIS_PULL_REQUEST=false TRAVIS_PULL_REQUEST_BRANCH=");
        check(&push, null, ["Travis CI", "merge", "main", "https://t/1"]);
        check(&format!("{job} TRAVIS_BRANCH=v1 TRAVIS_TAG=v1"), null, ["Travis CI", "merge", TAG, "https://t/1"]);
        let pull_request = format!(
            "{job} TRAVIS_BRANCH=main TRAVIS_PULL_REQUEST_SHA=pushed TRAVIS_PULL_REQUEST_BRANCH=main \
             TRAVIS_PULL_REQUEST_SLUG=you/shop"
        );
        check(&pull_request, null, ["Travis CI", "pushed", "you:main", "https://t/1"]);
    }

    #[test]
    fn buildkite_without_a_chosen_commit_leaves_it_to_git() {
        let job = "BUILDKITE=true BUILDKITE_BRANCH=main BUILDKITE_BUILD_URL=https://b/1";
        let null = &Value::Null;
        check(&format!("{job} BUILDKITE_COMMIT=abc"), null, ["Buildkite", "abc", "main", "https://b/1"]);
        check(&format!("{job} BUILDKITE_COMMIT=HEAD"), null, ["Buildkite", "", "main", "https://b/1"]);
        check(&format!("{job} BUILDKITE_TAG=v1"), null, ["Buildkite", "", TAG, "https://b/1"]);
    }

    #[test]
    fn drone_and_woodpecker_name_the_target_beside_the_source() {
        let null = &Value::Null;
        let job = "DRONE=true CI=true DRONE_COMMIT_SHA=abc DRONE_BRANCH=main DRONE_BUILD_LINK=https://d/1";
        check(job, null, ["Drone", "abc", "main", "https://d/1"]);
        check(&format!("{job} DRONE_SOURCE_BRANCH=x"), null, ["Drone", "abc", "x", "https://d/1"]);

        let job = "CI=woodpecker CI_COMMIT_SHA=abc CI_COMMIT_BRANCH=main CI_PIPELINE_URL=https://w/1";
        check(job, null, ["Woodpecker", "abc", "main", "https://w/1"]);
        check(&format!("{job} CI_COMMIT_SOURCE_BRANCH=x"), null, ["Woodpecker", "abc", "x", "https://w/1"]);
    }

    #[test]
    fn appveyor_and_semaphore() {
        let null = &Value::Null;
        let job = "APPVEYOR=True APPVEYOR_REPO_COMMIT=abc APPVEYOR_REPO_BRANCH=main APPVEYOR_URL=https://a \
                   APPVEYOR_ACCOUNT_NAME=me APPVEYOR_PROJECT_SLUG=shop APPVEYOR_BUILD_ID=2";
        let url = "https://a/project/me/shop/builds/2";
        check(&format!("{job} APPVEYOR_REPO_TAG=false"), null, ["AppVeyor", "abc", "main", url]);
        check(&format!("{job} APPVEYOR_REPO_TAG_NAME=v1"), null, ["AppVeyor", "abc", TAG, url]);

        let job = "SEMAPHORE=true SEMAPHORE_GIT_SHA=merge SEMAPHORE_GIT_BRANCH=main \
                   SEMAPHORE_ORGANIZATION_URL=https://me.semaphoreci.com SEMAPHORE_WORKFLOW_ID=u";
        let url = "https://me.semaphoreci.com/workflows/u";
        check(job, null, ["Semaphore", "merge", "main", url]);
        let pull_request = format!("{job} SEMAPHORE_GIT_PR_SHA=pushed SEMAPHORE_GIT_PR_BRANCH=x");
        check(&pull_request, null, ["Semaphore", "pushed", "x", url]);
    }

    #[test]
    fn codebuild_and_teamcity_may_leave_the_branch_to_git() {
        let null = &Value::Null;
        let job = "CODEBUILD_BUILD_ID=a:b CODEBUILD_RESOLVED_SOURCE_VERSION=abc CODEBUILD_BUILD_URL=https://c/1";
        check(job, null, ["CodeBuild", "abc", OPEN, "https://c/1"]);
        let hook = format!("{job} CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/feat/x");
        check(&hook, null, ["CodeBuild", "abc", "feat/x", "https://c/1"]);
        check("TEAMCITY_VERSION=2026 BUILD_VCS_NUMBER=abc", null, ["TeamCity", "abc", OPEN, ""]);
    }

    #[test]
    fn jenkins() {
        let job = "JENKINS_URL=https://j GIT_COMMIT=abc BUILD_URL=https://j/1";
        let null = &Value::Null;
        check(&format!("{job} BRANCH_NAME=feat/x"), null, ["Jenkins", "abc", "feat/x", "https://j/1"]);
        check(&format!("{job} GIT_BRANCH=origin/feat/x"), null, ["Jenkins", "abc", "feat/x", "https://j/1"]);
        let detached = format!("{job} GIT_LOCAL_BRANCH=detached GIT_BRANCH=detached");
        check(&detached, null, ["Jenkins", "abc", OPEN, "https://j/1"]);
        check(&format!("{job} TAG_NAME=v1 BRANCH_NAME=v1"), null, ["Jenkins", "abc", TAG, "https://j/1"]);
        let pull_request = format!("{job} BRANCH_NAME=PR-2 CHANGE_BRANCH=x");
        check(&pull_request, null, ["Jenkins", "abc", "x", "https://j/1"]);
        check(&format!("{pull_request} CHANGE_FORK=you/shop"), null, ["Jenkins", "abc", "you:x", "https://j/1"]);
    }
}
