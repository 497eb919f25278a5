//! The version that a build publishes something for: as it was given, else as the CI system or git has it.

use serde_json::{Value, json};

use crate::ci::{Build, Detected};
use crate::outcome::Failure;

/// A version, and what is said of it when something is published.
#[derive(Debug)]
pub(crate) struct BuildVersion {
    pub(crate) number: Detected,
    pub(crate) branch: Option<Detected>,
    build_url: Option<Detected>,
    pub(crate) tags: Vec<String>,
}

/// What the command line says.
pub(crate) struct Given<'a> {
    pub(crate) number: Option<&'a str>,
    /// What to name when there is no number.
    pub(crate) number_flag: &'static str,
    pub(crate) branch: Option<&'a str>,
    pub(crate) tags: &'a [String],
    pub(crate) build_url: Option<&'a str>,
    /// Whether the branch becomes a tag as well.
    pub(crate) tag_with_branch: bool,
    pub(crate) needs_branch: bool,
}

impl BuildVersion {
    pub(crate) fn of(given: &Given<'_>, build: &Build) -> Result<Self, Failure> {
        let or = |value: Option<&str>, flag: &str, detected: &Option<Detected>| {
            let value = value.filter(|value| !value.is_empty()).map(|value| Detected::new(value, flag));
            value.or_else(|| detected.clone())
        };
        let number = build.version_or(given.number, given.number_flag)?;
        let branch = or(given.branch, "--branch", &build.branch);
        let mut tags: Vec<String> = given.tags.iter().filter(|tag| !tag.is_empty()).cloned().collect();

        match &branch {
            None if given.needs_branch => {
                let message = "no branch: give --branch; none is found in the variables of a CI system or in git";
                return Err(Failure::usage(message).with_details(build.git_failure.clone()));
            }
            Some(branch) if given.tag_with_branch && !tags.contains(&branch.value) => {
                tags.push(branch.value.clone());
            }
            _ => {}
        }
        let build_url = or(given.build_url, "--build-url", &build.url);
        Ok(Self { number, branch, build_url, tags })
    }

    /// Puts it into the body of a publication. What there is none of is left out.
    pub(crate) fn add_to(&self, request: &mut Value) {
        request["pacticipantVersionNumber"] = self.number.value.clone().into();
        if let Some(branch) = &self.branch {
            request["branch"] = branch.value.clone().into();
        }
        if !self.tags.is_empty() {
            request["tags"] = self.tags.clone().into();
        }
        if let Some(build_url) = &self.build_url {
            request["buildUrl"] = build_url.value.clone().into();
        }
    }

    /// A line that says where each part is from.
    pub(crate) fn to_text(&self) -> String {
        let said = |what: &str, detected: &Option<Detected>| match detected {
            Some(detected) => format!(", {what} {} ({})", detected.value, detected.source),
            None => String::new(),
        };
        let Detected { value, source } = &self.number;
        let tags = if self.tags.is_empty() { String::new() } else { format!(", tags {}", self.tags.join(", ")) };
        let (branch, build_url) = (said("branch", &self.branch), said("build", &self.build_url));
        format!("version {value} ({source}){branch}{build_url}{tags}\n")
    }

    pub(crate) fn to_json(&self) -> Value {
        let detected = |detected: &Detected| json!({ "value": detected.value, "source": detected.source });
        json!({
            "number": detected(&self.number),
            "branch": self.branch.as_ref().map(detected),
            "buildUrl": self.build_url.as_ref().map(detected),
            "tags": self.tags,
        })
    }
}
