//! A day of the calendar: what sunset dates are compared by.

use std::fmt;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl Day {
    /// The day of that date; `None` if the calendar has no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, of_month: day })
    }

    /// Reads a date (`2026-12-31`), or the date of a point in time (RFC 3339).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        if !(time.is_empty() || is_time(time)) {
            return None;
        }
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

/// Whether a text is the rest of a point in time: a clock time and an offset.
fn is_time(text: &str) -> bool {
    let Some(text) = text.strip_prefix(['T', 't', ' ']) else { return false };
    let Some((clock, _)) = text.split_at_checked(8) else { return false };
    let shape = clock.bytes().enumerate().all(|(index, byte)| match index {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    shape && (text.ends_with(['Z', 'z']) || text[8..].contains(['+', '-']))
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_points_in_time_name_a_day() {
        assert_eq!(Day::parse("2026-12-31"), Day::new(2026, 12, 31));
        assert_eq!(Day::parse("2026-12-02T12:00:00Z"), Day::new(2026, 12, 2));
        assert_eq!(Day::parse("2024-02-29T12:00:00.5+01:00"), Day::new(2024, 2, 29));
    }

    #[test]
    fn other_texts_name_none() {
        for text in ["", "invalid-date", "2026-13-01", "2025-02-29", "2026-1-1", "2026-12-02T12", "2026-12-02 noon"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_ordered() {
        assert!(Day::parse("2026-09-30") < Day::parse("2026-10-01"));
    }
}
