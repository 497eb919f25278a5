//! Formats of texts, as JavaScript's usual validator checks them. Those that are left out here, `jsonschema` checks to
//! the same effect.

use std::sync::LazyLock;

use jsonschema::ValidationOptions;
use regex::Regex;

/// Adds the formats.
pub(super) fn add(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .should_validate_formats(true)
        .with_format("byte", |text: &str| BASE64.is_match(text))
        .with_format("url", is_url)
        .with_format("date", is_date)
        .with_format("time", |text: &str| is_time(text, Zone::Required))
        .with_format("date-time", |text: &str| is_date_time(text, Zone::Required))
        .with_format("iso-time", |text: &str| is_time(text, Zone::Optional))
        .with_format("iso-date-time", |text: &str| is_date_time(text, Zone::Optional))
        .with_format("uuid", |text: &str| UUID.is_match(text))
        .with_format("email", is_email)
        .with_format("hostname", is_hostname)
}

/// A pattern is a constant of this file, so it compiles.
macro_rules! pattern {
    ($text:literal) => {
        LazyLock::new(|| Regex::new($text).expect("the pattern is valid"))
    };
}

static BASE64: LazyLock<Regex> = pattern!(r"(?m)^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$");
static UUID: LazyLock<Regex> = pattern!(r"(?i)^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$");
static DATE: LazyLock<Regex> = pattern!(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$");
static TIME: LazyLock<Regex> =
    pattern!(r"(?i)^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(z|[+-][0-9]{2}(?::?[0-9]{2})?)?$");

/// Words of letters, digits and a few signs, with single dots between them, and a host name of at least two labels.
fn is_email(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_sign);
    text.rsplit_once('@').is_some_and(|(local, host)| {
        local.split('.').all(is_word) && host.contains('.') && host.split('.').all(is_label)
    })
}

fn is_hostname(text: &str) -> bool {
    let labels = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 254 && labels.split('.').all(|label| label.len() <= 63 && is_label(label))
}

fn is_label(label: &str) -> bool {
    let ends_well = |end: Option<u8>| end.is_some_and(|byte| byte.is_ascii_alphanumeric());
    ends_well(label.bytes().next())
        && ends_well(label.bytes().last())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// An address on the web or of a file server, with a host and without spaces.
fn is_url(text: &str) -> bool {
    let schemes = ["http", "https", "ftp"];
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().and_then(|host| host.split(':').next()).unwrap_or_default();
        let sound = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.contains(char::is_whitespace)
            && host.strip_suffix('.').unwrap_or(host).split('.').all(sound)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    Required,
    Optional,
}

fn is_date(text: &str) -> bool {
    let Some([year, month, day]) = numbers(&DATE, text) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_time(text: &str, zone: Zone) -> bool {
    let Some([hour, minute, second]) = numbers(&TIME, text) else { return false };
    let offset = TIME.captures(text).and_then(|found| found.get(4)).map(|offset| offset.as_str());
    if zone == Zone::Required && offset.is_none() {
        return false;
    }
    let (offset_hours, offset_minutes) = offset.map_or((0, 0), parse_offset);
    let plain = hour <= 23 && minute <= 59 && second <= 59;
    // A leap second ends the day in universal time.
    let of_day = (hour * 60 + minute) - (offset_hours * 60 + offset_minutes);
    let leap = second == 60 && of_day.rem_euclid(24 * 60) == 24 * 60 - 1;
    offset_hours.abs() <= 23 && offset_minutes.abs() <= 59 && (plain || leap)
}

fn is_date_time(text: &str, zone: Zone) -> bool {
    let split = text.split_once(|character: char| character.eq_ignore_ascii_case(&'t') || character.is_whitespace());
    split.is_some_and(|(date, time)| is_date(date) && is_time(time, zone))
}

fn numbers(pattern: &Regex, text: &str) -> Option<[i32; 3]> {
    let found = pattern.captures(text)?;
    let number = |index| found.get(index).and_then(|group| group.as_str().parse().ok());
    Some([number(1)?, number(2)?, number(3)?])
}

/// Hours and minutes of an offset, both with its sign.
fn parse_offset(offset: &str) -> (i32, i32) {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (sign * number(0..2), sign * number(2..4))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(format: &str, fitting: &[&str], failing: &[&str]) {
        let schema = json!({"format": format});
        let validator = add(jsonschema::options()).build(&schema).unwrap();
        for text in fitting {
            assert!(validator.is_valid(&json!(text)), "{text} is a {format}");
        }
        for text in failing {
            assert!(!validator.is_valid(&json!(text)), "{text} is no {format}");
        }
    }

    #[test]
    fn dates_must_be_in_the_calendar() {
        check("date", &["2024-02-29", "2000-12-31"], &["2023-02-29", "2024-13-01", "2024-1-1", "20240101"]);
    }

    #[test]
    fn times_need_a_zone_and_may_have_a_leap_second() {
        check("time", &["10:00:00Z", "10:00:00.5+01:00", "23:59:60z"], &["10:00:00", "25:00:00Z", "10:00:60Z"]);
        check("date-time", &["2024-01-01T10:00:00Z", "2024-01-01 10:00:00+10"], &["2024-01-01", "2024-01-01T10:00:00"]);
        check("iso-date-time", &["2024-01-01T10:00:00"], &["2024-01-01"]);
    }

    #[test]
    fn other_texts_are_checked_by_form() {
        check("byte", &["", "aGk=", "aGkh"], &["a", "aGk"]);
        check("uuid", &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567"]);
        check("email", &["a.b@c.example"], &["a@b", "a b@c.example"]);
        check("hostname", &["a-b.example"], &["-a.example", "a_b"]);
        check("url", &["https://a.example/b?c", "ftp://me@localhost:8080"], &["a.example", "https:// a", "https://"]);
    }

    #[test]
    fn formats_that_say_nothing_allow_everything() {
        check("password", &["", "x y"], &[]);
        check("binary", &["\u{0}"], &[]);
        check("my-own", &["anything"], &[]);
    }
}
