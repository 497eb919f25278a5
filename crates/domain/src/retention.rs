//! Which versions stay when old ones are cleaned away: those that something still needs, and those that a selector keeps.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

#[cfg(test)]
mod tests;

/// Selectors that keep what they find, whatever else is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepSelectors(Vec<KeepSelector>);

/// What a version has to be to be kept: all of what is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSelector {
    /// Only of this pacticipant.
    pub pacticipant: Option<String>,
    /// On the branch.
    pub branch: Option<Which>,
    /// With the tag.
    pub tag: Option<Which>,
    /// On the main branch.
    pub main_branch: Option<bool>,
    /// The latest: of the branch, the main branch or the tag that is asked for, else of the pacticipant.
    pub latest: Option<bool>,
    /// Deployed or released there.
    pub environment: Option<String>,
    /// Deployed now.
    pub deployed: Option<bool>,
    /// Released and supported now.
    pub released: Option<bool>,
    /// Not older than so many days.
    pub max_age: Option<u32>,
}

/// A branch or tag that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Which {
    /// `true`: each of them.
    Any(bool),
    /// The one that is called so.
    Named(String),
}

/// Why selectors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SelectorError {
    /// Not a list of selectors.
    #[error(
        "keep selectors are a JSON array of objects with the keys pacticipant, branch, tag, main_branch, latest, \
         environment, deployed, released and max_age (days)"
    )]
    Unreadable(#[from] serde_json::Error),
    /// A flag is false, which would keep what is not so.
    #[error("keep selector {number} sets {key} to false: leave the key out instead")]
    False {
        /// From 1.
        number: usize,
        /// Which flag.
        key: &'static str,
    },
    /// It would keep everything.
    #[error("keep selector {number} asks for nothing, so that everything would be kept: say what to keep")]
    Empty {
        /// From 1.
        number: usize,
    },
}

/// What is known of a version when it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// Whose version it is.
    pub pacticipant: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether the pacticipant has none that was made later.
    pub is_latest: bool,
    /// The branch that the pacticipant calls its main one.
    pub main_branch: Option<String>,
    /// Branches that it is on.
    pub branches: Vec<String>,
    /// Branches that it is the head of.
    pub branch_heads: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Tags of which it is the latest version.
    pub tag_heads: Vec<String>,
    /// Environments that it is deployed to now.
    pub deployed_to: Vec<String>,
    /// Environments that it is released to and supported in now.
    pub released_to: Vec<String>,
    /// Whether it has the latest contract with some provider.
    pub has_latest_contract: bool,
    /// Whether it has the latest provider contract of its pacticipant.
    pub has_latest_provider_contract: bool,
    /// Whether its result is the one that answers for a contract; need not be known of the head of a branch.
    pub answers: bool,
}

/// Why a version stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stays {
    /// It runs somewhere.
    Deployed,
    /// Somebody may run it.
    Released,
    /// Nothing came after it on a branch.
    BranchHead,
    /// Nothing with the tag came after it.
    TagHead,
    /// It is the latest of its pacticipant.
    Latest,
    /// It has the latest contract between two.
    LatestContract,
    /// It has the latest provider contract.
    LatestProviderContract,
    /// A contract that is still there counts as verified, or as failed, by its result.
    Answers,
    /// A selector keeps it: its number, from 1.
    Selector(usize),
}

impl Stays {
    /// As people and programs are told.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Deployed => "deployed".to_string(),
            Self::Released => "released and supported".to_string(),
            Self::BranchHead => "head of a branch".to_string(),
            Self::TagHead => "latest with a tag".to_string(),
            Self::Latest => "latest of the pacticipant".to_string(),
            Self::LatestContract => "has the latest contract with a provider".to_string(),
            Self::LatestProviderContract => "has the latest provider contract".to_string(),
            Self::Answers => "its result answers for a contract".to_string(),
            Self::Selector(number) => format!("kept by selector {number}"),
        }
    }
}

impl Default for KeepSelectors {
    /// The latest of each branch and tag and all of the last 90 days. What runs stays anyway.
    fn default() -> Self {
        let latest = KeepSelector { latest: Some(true), ..KeepSelector::default() };
        Self(vec![
            KeepSelector { tag: Some(Which::Any(true)), ..latest.clone() },
            KeepSelector { branch: Some(Which::Any(true)), ..latest.clone() },
            latest,
            KeepSelector { deployed: Some(true), ..KeepSelector::default() },
            KeepSelector { released: Some(true), ..KeepSelector::default() },
            KeepSelector { max_age: Some(90), ..KeepSelector::default() },
        ])
    }
}

impl KeepSelectors {
    /// Reads a JSON array of selectors. An empty one keeps only what something needs.
    ///
    /// # Errors
    /// When a selector would mean something other than its author thinks.
    pub fn parse(json: &str) -> Result<Self, SelectorError> {
        let selectors: Vec<KeepSelector> = serde_json::from_str(json)?;
        for (number, selector) in (1..).zip(&selectors) {
            if let Some(key) = selector.false_flag() {
                return Err(SelectorError::False { number, key });
            }
            if *selector == KeepSelector::default() {
                return Err(SelectorError::Empty { number });
            }
        }
        Ok(Self(selectors))
    }

    /// Why the version stays, what needs it before what keeps it; `None` when it may go.
    #[must_use]
    pub fn judge(&self, version: &Facts, now: DateTime<Utc>) -> Option<Stays> {
        let needed = [
            (!version.deployed_to.is_empty(), Stays::Deployed),
            (!version.released_to.is_empty(), Stays::Released),
            (!version.branch_heads.is_empty(), Stays::BranchHead),
            (!version.tag_heads.is_empty(), Stays::TagHead),
            (version.is_latest, Stays::Latest),
            (version.has_latest_contract, Stays::LatestContract),
            (version.has_latest_provider_contract, Stays::LatestProviderContract),
            (version.answers, Stays::Answers),
        ];
        let needed = needed.into_iter().find_map(|(holds, why)| holds.then_some(why));
        let kept = || self.0.iter().position(|selector| selector.finds(version, now));
        needed.or_else(|| kept().map(|index| Stays::Selector(index + 1)))
    }
}

impl KeepSelector {
    fn false_flag(&self) -> Option<&'static str> {
        let of = |which: &Option<Which>| matches!(which, Some(Which::Any(false)));
        let flags = [
            (of(&self.branch), "branch"),
            (of(&self.tag), "tag"),
            (self.main_branch == Some(false), "main_branch"),
            (self.latest == Some(false), "latest"),
            (self.deployed == Some(false), "deployed"),
            (self.released == Some(false), "released"),
        ];
        flags.into_iter().find_map(|(is_false, key)| is_false.then_some(key))
    }

    fn finds(&self, version: &Facts, now: DateTime<Utc>) -> bool {
        let latest = self.latest.is_some();
        let heads = (&version.branch_heads, &version.tag_heads);
        let (branches, tags) = if latest { heads } else { (&version.branches, &version.tags) };
        let asks_for_line = self.branch.is_some() || self.tag.is_some() || self.main_branch.is_some();
        let main_branch = || version.main_branch.as_ref().is_some_and(|main| branches.contains(main));
        let young = |days: u32| now.signed_duration_since(version.created_at) <= TimeDelta::days(i64::from(days));
        self.pacticipant.as_ref().is_none_or(|name| *name == version.pacticipant)
            && self.branch.as_ref().is_none_or(|which| which.is_among(branches))
            && self.tag.as_ref().is_none_or(|which| which.is_among(tags))
            && self.main_branch.is_none_or(|_| main_branch())
            && (!latest || asks_for_line || version.is_latest)
            && self.runs(version)
            && self.max_age.is_none_or(young)
    }

    fn runs(&self, version: &Facts) -> bool {
        let there = |names: &[String]| self.environment.as_ref().map_or(!names.is_empty(), |name| names.contains(name));
        let (deployed, released) = (there(&version.deployed_to), there(&version.released_to));
        match (self.deployed.is_some(), self.released.is_some()) {
            (true, true) => deployed && released,
            (true, false) => deployed,
            (false, true) => released,
            (false, false) => self.environment.is_none() || deployed || released,
        }
    }
}

impl Which {
    fn is_among(&self, names: &[String]) -> bool {
        match self {
            Self::Any(_) => !names.is_empty(),
            Self::Named(name) => names.contains(name),
        }
    }
}
