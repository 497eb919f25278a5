//! Moments and numbers in words.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use maud::{Markup, html};

use crate::ui::Viewer;

impl Viewer {
    /// "37 min ago", with the exact time in its title; "12 Nov" after a week.
    pub(crate) fn ago(&self, at: DateTime<Utc>) -> Markup {
        ago(self.now, at)
    }

    /// "37 min", with the exact time in its title: in columns whose head says what it is.
    pub(crate) fn age(&self, at: DateTime<Utc>) -> Markup {
        age(self.now, at)
    }

    /// "in 12 min", with the exact time in its title; "now" when it has come, "on 12 Nov" from a week on.
    pub(crate) fn until(&self, at: DateTime<Utc>) -> Markup {
        until(self.now, at)
    }
}

fn until(now: DateTime<Utc>, at: DateTime<Utc>) -> Markup {
    let words = match at - now {
        wait if wait <= TimeDelta::zero() => "now".into(),
        wait if wait < TimeDelta::minutes(1) => format!("in {} s", wait.num_seconds().max(1)),
        wait if wait < TimeDelta::days(7) => format!("in {}", span(wait)),
        _ => format!("on {}", date(now, at)),
    };
    element(at, &words)
}

fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> Markup {
    let words = words(now, at);
    let is_date = now - at >= TimeDelta::days(7);
    if is_date || words == "just now" { element(at, &words) } else { element(at, &format!("{words} ago")) }
}

fn age(now: DateTime<Utc>, at: DateTime<Utc>) -> Markup {
    element(at, &words(now, at))
}

/// "Sunday 22 November, 14:06 UTC".
pub(crate) fn full(at: DateTime<Utc>) -> Markup {
    element(at, &at.format("%A %-d %B, %H:%M UTC").to_string())
}

fn element(at: DateTime<Utc>, words: &str) -> Markup {
    let exact = at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) title=(exact) { (words) } }
}

fn words(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    match now - at {
        age if age < TimeDelta::minutes(1) => "just now".into(),
        age if age < TimeDelta::days(7) => span(age),
        _ => date(now, at),
    }
}

/// From a minute on: "1 h 52 min".
fn span(time: TimeDelta) -> String {
    let (minutes, hours, days) = (time.num_minutes(), time.num_hours(), time.num_days());
    match () {
        () if hours < 1 => format!("{minutes} min"),
        () if hours < 3 && minutes % 60 > 0 => format!("{hours} h {} min", minutes % 60),
        () if days < 1 => format!("{hours} h"),
        () if days == 1 => "1 day".into(),
        () => format!("{days} days"),
    }
}

/// With the year only where it is another than now.
fn date(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    at.format(if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

/// 1,204.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut words = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        words.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// "1 application", "1,204 applications".
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(minutes: i64, expected: &str) {
        let now = DateTime::from_timestamp(1_795_356_360, 0).unwrap();

        let text = ago(now, now - TimeDelta::minutes(minutes)).into_string();

        assert_eq!(text.split('>').nth(1).unwrap().trim_end_matches("</time"), expected);
    }

    #[test]
    fn a_moment_is_told_by_its_age_and_after_a_week_by_its_date() {
        check(0, "just now");
        check(-5, "just now");
        check(37, "37 min ago");
        check(112, "1 h 52 min ago");
        check(60 * 5 + 1, "5 h ago");
        check(60 * 24, "1 day ago");
        check(60 * 24 * 3, "3 days ago");
        check(60 * 24 * 10, "12 Nov");
        check(60 * 24 * 400, "18 Oct 2025");
    }

    #[test]
    fn what_is_to_come_is_told_by_how_far_it_is_and_from_a_week_on_by_its_date() {
        let now = DateTime::from_timestamp(1_795_356_360, 0).unwrap();
        let shown = |wait: TimeDelta| {
            let text = until(now, now + wait).into_string();
            text.split('>').nth(1).unwrap().trim_end_matches("</time").to_owned()
        };

        assert_eq!(shown(TimeDelta::seconds(-3)), "now");
        assert_eq!(shown(TimeDelta::milliseconds(20)), "in 1 s");
        assert_eq!(shown(TimeDelta::milliseconds(59_900)), "in 59 s");
        assert_eq!(shown(TimeDelta::seconds(60)), "in 1 min");
        assert_eq!(shown(TimeDelta::minutes(112)), "in 1 h 52 min");
        assert_eq!(shown(TimeDelta::days(3)), "in 3 days");
        assert_eq!(shown(TimeDelta::days(10)), "on 2 Dec");
        assert!(until(now, now + TimeDelta::minutes(1)).into_string().contains("title=\"2026-11-22 14:07:00 UTC\""));
    }

    #[test]
    fn the_exact_moment_stands_in_the_title() {
        let at = DateTime::from_timestamp(1_795_356_360, 0).unwrap();

        assert!(age(at, at).into_string().contains("title=\"2026-11-22 14:06:00 UTC\""));
    }

    #[test]
    fn numbers_are_parted_by_thousands() {
        assert_eq!([0, 999, 1204, -1_000_000].map(count), ["0", "999", "1,204", "-1,000,000"]);
        assert_eq!(counted(1, "day", "days"), "1 day");
        assert_eq!(counted(2, "day", "days"), "2 days");
    }
}
