//! A verification that somebody was asked for and that has no result.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Nobody has answered yet.
    Requested,
    /// A webhook that was told has answered.
    Delivered,
    /// The provider's build says that it is at it.
    Running,
    /// It was asked for often enough.
    Lost,
}

impl Progress {
    /// The word for it on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Delivered => "delivered",
            Self::Running => "running",
            Self::Lost => "lost",
        }
    }
}

/// What a provider version was asked to verify.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requested {
    /// Of the request, as its address has it.
    pub id: String,
    /// How far it has come.
    pub progress: Progress,
    /// Whether any webhook was told.
    pub is_told: bool,
    /// How often it was asked for.
    pub times_asked: i32,
    /// When it was first asked for.
    pub at: DateTime<Utc>,
    /// How long ago that is.
    pub age: TimeDelta,
}

impl fmt::Display for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a verification was requested {}", Ago(self.age))?;
        match (self.progress, self.is_told) {
            (Progress::Running, _) => write!(f, " and is running"),
            (Progress::Delivered, _) => write!(f, " and delivered, no result yet"),
            (Progress::Requested, true) => write!(f, ", but no webhook has answered yet"),
            (Progress::Requested, false) => {
                write!(f, ", but nobody was told: no webhook listens to contract_requiring_verification_published")
            }
            (Progress::Lost, true) => match self.times_asked {
                1 => write!(f, " and is lost: no result came"),
                times => write!(f, " and is lost: asked {times} times, no result came"),
            },
            (Progress::Lost, false) => {
                write!(f, " and is lost: no webhook listens to contract_requiring_verification_published")
            }
        }
    }
}

/// In the largest unit of which there are two, so that no half of it is lost.
struct Ago(TimeDelta);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.num_minutes();
        let (count, unit) = match minutes {
            ..1 => return write!(f, "just now"),
            1..120 => (minutes, "minute"),
            120..2880 => (minutes / 60, "hour"),
            _ => (minutes / 1440, "day"),
        };
        write!(f, "{count} {unit}{} ago", if count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(progress: Progress, is_told: bool, minutes: i64, expected: &str) {
        let requested = Requested {
            id: "1".into(),
            progress,
            is_told,
            times_asked: 3,
            at: DateTime::UNIX_EPOCH,
            age: TimeDelta::minutes(minutes),
        };
        assert_eq!(requested.to_string(), format!("a verification was requested {expected}"));
    }

    #[test]
    fn it_says_how_far_it_has_come() {
        check(Progress::Requested, true, 12, "12 minutes ago, but no webhook has answered yet");
        check(Progress::Delivered, true, 12, "12 minutes ago and delivered, no result yet");
        check(Progress::Running, true, 12, "12 minutes ago and is running");
        check(Progress::Lost, true, 12, "12 minutes ago and is lost: asked 3 times, no result came");
    }

    #[test]
    fn it_says_that_nobody_listens() {
        let nobody = "no webhook listens to contract_requiring_verification_published";
        check(Progress::Requested, false, 12, &format!("12 minutes ago, but nobody was told: {nobody}"));
        check(Progress::Lost, false, 12, &format!("12 minutes ago and is lost: {nobody}"));
    }

    #[test]
    fn time_is_told_in_units_that_fit() {
        let ages = [-1, 0, 1, 119, 120, 2879, 2880].map(|minutes| Ago(TimeDelta::minutes(minutes)).to_string());

        let expected =
            ["just now", "just now", "1 minute ago", "119 minutes ago", "2 hours ago", "47 hours ago", "2 days ago"];
        assert_eq!(ages, expected);
    }
}
