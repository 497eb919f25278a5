//! When something is due again: five fields as cron has them, in UTC.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};

/// Minutes, hours, days of the month, months and days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    /// 0 is Sunday.
    weekdays: Field,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no schedule: write minute, hour, day of the month, month and day of the week as numbers, like 15 2 * * *; \
     lists (1,2), ranges (1-5) and steps (*/10) may be used"
)]
pub struct ScheduleError(String);

/// The values that match, and whether that is all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    values: Vec<u32>,
    is_any: bool,
}

/// No schedule pauses for longer: 29 February of a leap year comes within it.
const LONGEST: i64 = 9 * 366;

impl Schedule {
    /// The first minute after `now` that matches.
    #[must_use]
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = now + TimeDelta::minutes(1);
        let first_day = next.date_naive();
        (0..LONGEST).filter_map(|days| first_day.checked_add_signed(TimeDelta::days(days))).find_map(|day| {
            let earliest = if day == first_day { (next.hour(), next.minute()) } else { (0, 0) };
            self.has_day(day).then(|| self.next_on(day, earliest)).flatten()
        })
    }

    fn next_on(&self, day: NaiveDate, earliest: (u32, u32)) -> Option<DateTime<Utc>> {
        let times = self.hours.values.iter().flat_map(|hour| self.minutes.values.iter().map(|minute| (*hour, *minute)));
        let (hour, minute) = times.filter(|time| *time >= earliest).min()?;
        Some(day.and_hms_opt(hour, minute, 0)?.and_utc())
    }

    /// When both kinds of days are restricted, either is enough, as with cron.
    fn has_day(&self, day: NaiveDate) -> bool {
        let of_month = self.days.values.contains(&day.day());
        let of_week = self.weekdays.values.contains(&day.weekday().num_days_from_sunday());
        let matches = if self.days.is_any || self.weekdays.is_any { of_month && of_week } else { of_month || of_week };
        matches && self.months.values.contains(&day.month())
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let parse = || {
            let fields: Vec<&str> = text.split_whitespace().collect();
            let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
            let mut weekdays = Field::parse(weekdays, 0, 7)?;
            for day in &mut weekdays.values {
                *day %= 7;
            }
            Some(Self {
                minutes: Field::parse(minutes, 0, 59)?,
                hours: Field::parse(hours, 0, 23)?,
                days: Field::parse(days, 1, 31)?,
                months: Field::parse(months, 1, 12)?,
                weekdays,
            })
        };
        let never = |schedule: &Self| schedule.next_after(DateTime::UNIX_EPOCH).is_none();
        parse().filter(|schedule| !never(schedule)).ok_or_else(|| ScheduleError(text.to_owned()))
    }
}

impl Field {
    fn parse(text: &str, lowest: u32, highest: u32) -> Option<Self> {
        let mut values = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, number(step).filter(|step| *step > 0)?),
                None => (part, 1),
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (lowest, highest),
                Some((from, to)) => (number(from)?, number(to)?),
                None => (number(range)?, number(range)?),
            };
            if from < lowest || to > highest || from > to {
                return None;
            }
            values.extend((from..=to).step_by(usize::try_from(step).ok()?));
        }
        Some(Self { values, is_any: text == "*" })
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schedule: &str, now: &str, expected: &str) {
        let next = schedule.parse::<Schedule>().unwrap().next_after(now.parse().unwrap()).unwrap();
        assert_eq!(next, expected.parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn a_day_has_one_such_time() {
        check("15 2 * * *", "2026-11-22T02:14:59Z", "2026-11-22T02:15:00Z");
        check("15 2 * * *", "2026-11-22T02:15:00Z", "2026-11-23T02:15:00Z");
        check("0 0 * * *", "2026-12-31T23:59:30Z", "2027-01-01T00:00:00Z");
    }

    #[test]
    fn lists_ranges_and_steps_are_sets() {
        check("*/20 * * * *", "2026-11-22T02:25:00Z", "2026-11-22T02:40:00Z");
        check("5,50 8-9 * * *", "2026-11-22T08:50:00Z", "2026-11-22T09:05:00Z");
        check("0 1 1-10/3 * *", "2026-11-05T00:00:00Z", "2026-11-07T01:00:00Z");
    }

    #[test]
    fn days_of_the_week_begin_and_end_with_sunday() {
        check("0 3 * * 0", "2026-11-23T00:00:00Z", "2026-11-29T03:00:00Z");
        check("0 3 * * 7", "2026-11-23T00:00:00Z", "2026-11-29T03:00:00Z");
    }

    #[test]
    fn of_two_restricted_kinds_of_days_one_is_enough() {
        check("0 3 25 * 0", "2026-11-23T00:00:00Z", "2026-11-25T03:00:00Z");
    }

    #[test]
    fn a_leap_day_comes() {
        check("0 0 29 2 *", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z");
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "0 0 30 2 *",
            "*/0 * * * *",
            "5-1 * * * *",
            "+1 * * * *",
            "@daily",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
