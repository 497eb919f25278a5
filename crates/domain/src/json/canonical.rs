//! The canonical text of a document, by which content is identified: what Ruby's `to_json` gives.

use std::borrow::Cow;

use super::Json;

impl Json<'_> {
    /// The text that Ruby's `to_json` gives: compact, characters unescaped, floats in one spelling.
    pub(crate) fn write_to(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(text) => out.push_str(&canonical_number(text)),
            Self::String(text) => write_string(text, out),
            Self::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write_to(out);
                }
                out.push(']');
            }
            Self::Object(members) => write_object(members.iter().map(|(key, value)| (key.as_ref(), value)), out),
        }
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_to(&mut text);
        text
    }
}

pub(crate) fn write_object<'j, 'a: 'j>(members: impl Iterator<Item = (&'j str, &'j Json<'a>)>, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        value.write_to(out);
    }
    out.push('}');
}

/// Escapes quotation marks, backslashes and control characters, and nothing else.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    write_escaped(text, out);
    out.push('"');
}

/// The inside of a JSON string, without the quotation marks.
pub(crate) fn write_escaped(text: &str, out: &mut String) {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        copied = at + 1;
        if short.is_empty() {
            out.push_str("\\u00");
            out.push(char::from(b'0' + (byte >> 4)));
            out.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
}

/// Integers as written; floats as Ruby's `Float#to_s` spells them, but from the digits of the text:
/// two numbers that differ in the hundredth digit stay different.
fn canonical_number(text: &str) -> Cow<'_, str> {
    if !text.contains(['.', 'e', 'E']) {
        return Cow::Borrowed(if text == "-0" { "0" } else { text });
    }
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", text),
    };
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

    let all_digits = format!("{whole}{fraction}");
    let digits = all_digits.trim_start_matches('0');
    let leading_zeros = all_digits.len() - digits.len();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Cow::Owned(format!("{sign}0.0"));
    }
    // Where the decimal point stands, counted from before the first digit that is not zero.
    let Some(point) = decimal_point(whole.len(), leading_zeros, exponent) else {
        return Cow::Borrowed(text);
    };
    Cow::Owned(format!("{sign}{}", spell_float(digits, point)))
}

/// `None` when the exponent is beyond all reason.
fn decimal_point(whole_digits: usize, leading_zeros: usize, exponent: &str) -> Option<i64> {
    let exponent: i64 = exponent.parse().ok()?;
    let whole_digits = i64::try_from(whole_digits).ok()?;
    let leading_zeros = i64::try_from(leading_zeros).ok()?;
    exponent.checked_add(whole_digits)?.checked_sub(leading_zeros)
}

fn spell_float(digits: &str, point: i64) -> String {
    match usize::try_from(point) {
        Ok(whole @ 1..=15) if digits.len() > whole => {
            let (whole, fraction) = digits.split_at(whole);
            format!("{whole}.{fraction}")
        }
        Ok(whole @ 1..=15) => format!("{digits:0<whole$}.0"),
        _ if (-3..=0).contains(&point) => {
            let zeros = "0".repeat(usize::try_from(-point).unwrap_or(0));
            format!("0.{zeros}{digits}")
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let rest = if rest.is_empty() { "0" } else { rest };
            let exponent = i128::from(point) - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{first}.{rest}e{sign}{:02}", exponent.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_number(text: &str, expected: &str) {
        assert_eq!(canonical_number(text), expected);
    }

    #[test]
    fn integers_of_any_size_stay_as_written() {
        let huge = "9".repeat(400);
        check_number(&huge, &huge);
        check_number("-12", "-12");
        check_number("-0", "0");
    }

    #[test]
    fn small_and_large_floats_get_an_exponent() {
        check_number("0.0001", "0.0001");
        check_number("0.00001", "1.0e-05");
        check_number("123456789012345.5", "123456789012345.5");
        check_number("1e14", "100000000000000.0");
        check_number("1e15", "1.0e+15");
        check_number("-12.5E+299", "-1.25e+300");
        check_number("1e-100", "1.0e-100");
    }

    #[test]
    fn floats_lose_only_zeros() {
        check_number("1.10", "1.1");
        check_number("100.00", "100.0");
        check_number("1e2", "100.0");
        check_number("0.0e9", "0.0");
        check_number("-0.0", "-0.0");
        let precise = format!("0.{}", "123456789".repeat(45));
        check_number(&precise, &precise);
    }

    #[test]
    fn an_exponent_beyond_reason_stays_as_written() {
        check_number("1e99999999999999999999", "1e99999999999999999999");
        check_number("1.5e9223372036854775807", "1.5e9223372036854775807");
        check_number("0e99999999999999999999", "0.0");
    }

    proptest! {
        #[test]
        fn any_float_keeps_its_value(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let plain = format!("{number}");
            let scientific = format!("{number:e}");
            let decimal = if plain.contains('.') { plain } else { plain + ".0" };

            let canonical = canonical_number(&decimal);
            prop_assert_eq!(canonical.parse::<f64>().unwrap().to_bits(), number.to_bits());
            if scientific.contains('e') {
                prop_assert_eq!(canonical_number(&scientific), canonical);
            }
        }
    }
}
