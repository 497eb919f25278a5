//! Finds out which version, which branch and which build this is: from the variables of the common CI systems, and
//! from git where they say nothing.

mod systems;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::outcome::Failure;
use systems::{Branch, System};

/// Environment variables by name.
pub(crate) type Variables = HashMap<String, String>;

/// A value and where it was found, to be shown to whoever runs the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) value: String,
    pub(crate) source: String,
}

impl Detected {
    pub(crate) fn new(value: impl Into<String>, source: impl Into<String>) -> Self {
        Self { value: value.into(), source: source.into() }
    }
}

/// What a build is about. Any part may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Build {
    /// The commit. In a pull request the one that was pushed, not the merge that the CI system made of it.
    pub(crate) version: Option<Detected>,
    /// `owner:branch` for a pull request from a fork, whose `main` is not ours.
    pub(crate) branch: Option<Detected>,
    pub(crate) url: Option<Detected>,
    /// Why git could not help where it was asked.
    pub(crate) git_failure: Option<String>,
}

impl Build {
    /// The version that was given, else the detected one, else what to do.
    pub(crate) fn version_or(&self, given: Option<&str>, flag: &str) -> Result<Detected, Failure> {
        if let Some(given) = given {
            return Ok(Detected::new(given, flag));
        }
        self.version.clone().ok_or_else(|| {
            let message = format!("no version: give {flag}; none is found in the variables of a CI system or in git");
            Failure::usage(message).with_details(self.git_failure.clone())
        })
    }
}

/// Looks at this process's environment and at the folder that it runs in.
pub(crate) fn detect() -> Build {
    let variables: Variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let event = variables
        .get("GITHUB_EVENT_PATH")
        .and_then(|path| std::fs::read(path).ok())
        .and_then(|content| serde_json::from_slice(&content).ok())
        .unwrap_or(Value::Null);
    with_git(from_variables(&variables, &event), Path::new("."))
}

/// What is known from variables alone. `event` is the content of GitHub's event file, null elsewhere.
fn from_variables(variables: &Variables, event: &Value) -> (Build, Branch) {
    let Some(system) = System::of(variables) else { return (Build::default(), Branch::NotSaid) };
    let branch = system.branch(variables, event);
    let named = |found: Detected| Detected { source: format!("{}, {}", found.source, system.name), ..found };
    let build = Build {
        version: system.version(variables, event).map(named),
        branch: if let Branch::Named(branch) = &branch { Some(named(branch.clone())) } else { None },
        url: system.build_url(variables).map(named),
        git_failure: None,
    };
    (build, branch)
}

/// Asks git for what the variables leave open; a build of a tag has no branch, whatever git says.
fn with_git((mut build, branch): (Build, Branch), folder: &Path) -> Build {
    if build.version.is_none() {
        match git(folder, &["rev-parse", "HEAD"]) {
            Ok(commit) => build.version = Some(Detected::new(commit, "git rev-parse HEAD")),
            Err(reason) => build.git_failure = Some(reason),
        }
    }
    if matches!(branch, Branch::NotSaid) {
        match git(folder, &["rev-parse", "--abbrev-ref", "HEAD"]) {
            Ok(name) if name != "HEAD" => build.branch = Some(Detected::new(name, "git rev-parse --abbrev-ref HEAD")),
            Ok(_) => {}
            Err(reason) => build.git_failure = Some(reason),
        }
    }
    build
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("git can't be run: {error}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git says: {}", complaint.trim()));
    }
    match String::from_utf8_lossy(&output.stdout).trim() {
        "" => Err(format!("git {} says nothing", arguments.join(" "))),
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap().status;
        assert!(status.success(), "git {arguments:?}");
    }

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        run_git(folder.path(), &["init", "--quiet", "--initial-branch", "feat/x"]);
        run_git(folder.path(), &["commit", "--quiet", "--allow-empty", "-m", "a"]);
        folder
    }

    #[test]
    fn git_tells_commit_and_branch() {
        let folder = repository();

        let build = with_git((Build::default(), Branch::NotSaid), folder.path());

        assert_eq!(build.version.unwrap().value.len(), 40);
        assert_eq!(build.branch.unwrap().value, "feat/x");
    }

    #[test]
    fn a_detached_head_is_on_no_branch() {
        let folder = repository();
        run_git(folder.path(), &["checkout", "--quiet", "--detach"]);

        let build = with_git((Build::default(), Branch::NotSaid), folder.path());

        assert!(build.version.is_some());
        assert_eq!(build.branch, None);
    }

    #[test]
    fn what_the_ci_system_says_wins_over_git() {
        let folder = repository();
        let known = Build { version: Some(Detected::new("abc", "X")), ..Build::default() };

        let build = with_git((known, Branch::None), folder.path());

        assert_eq!(build.version.unwrap().value, "abc");
        assert_eq!(build.branch, None);
    }

    #[test]
    fn without_a_repository_the_reason_is_kept_for_the_message() {
        let folder = tempfile::tempdir().unwrap();

        let build = with_git((Build::default(), Branch::NotSaid), folder.path());

        let failure = build.version_or(None, "--version").unwrap_err();
        assert!(failure.details[0].contains("not a git repository"), "{failure:?}");
    }
}
