//! What an address of the map asks for.

use pactolus_domain::problem::Problem;

use crate::edge::{Error, QueryPairs};
use crate::environments::Environment;
use crate::ui::nearest;
use crate::ui::parts::Verdict;

/// As addresses name them.
pub(super) const VERDICTS: [(&str, Verdict); 4] = [
    ("failed", Verdict::Failed),
    ("not-verified", Verdict::NotVerified),
    ("pending", Verdict::Pending),
    ("passed", Verdict::Passed),
];

pub(super) struct Question {
    /// Its place among the environments.
    pub(super) environment: Option<usize>,
    /// Its name.
    pub(super) place: Option<String>,
    pub(super) team: Option<String>,
    /// Part of a name, in small letters.
    pub(super) q: Option<String>,
    pub(super) verdict: Option<Verdict>,
    /// Only what is within `steps` of this application.
    pub(super) around: Option<String>,
    pub(super) steps: usize,
}

impl Question {
    /// An empty value asks for nothing.
    pub(super) fn of(query: &QueryPairs, environments: &[Environment]) -> Result<Self, Error> {
        let text = |name: &str| query.last(name).filter(|value| !value.is_empty()).map(String::from);
        let place = text("environment");
        let environment = place.as_deref().map(|name| place_of(name, environments)).transpose()?;
        let verdict = text("verdict").map(|value| {
            let named = VERDICTS.iter().find(|(own, _)| *own == value);
            named
                .map(|(_, verdict)| *verdict)
                .ok_or_else(|| Problem::at("verdict", "must be one of: failed, not-verified, pending, passed"))
        });
        let steps = match text("steps").as_deref() {
            None | Some("1") => 1,
            Some("2") => 2,
            Some("3") => 3,
            Some(_) => return Err(Problem::at("steps", "must be from 1 to 3").into()),
        };
        Ok(Self {
            environment,
            place,
            team: text("team"),
            q: text("q").map(|q| q.to_lowercase()),
            verdict: verdict.transpose()?,
            around: text("around"),
            steps,
        })
    }

    /// Whether it asks for a part of what is there.
    pub(super) fn narrows(&self) -> bool {
        self.team.is_some() || self.q.is_some() || self.verdict.is_some() || self.around.is_some()
    }
}

fn place_of(name: &str, environments: &[Environment]) -> Result<usize, Problem> {
    let found = environments.iter().position(|environment| environment.name == name);
    found.ok_or_else(|| {
        let meant = nearest(name, environments.iter(), |environment| &environment.name, 1);
        let meant = meant.first().map_or_else(String::new, |one| format!("; did you mean {}?", one.name));
        Problem::at("environment", format!("{name} doesn't exist{meant}"))
    })
}
