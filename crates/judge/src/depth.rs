//! How deep JSON is nested, found without recursion. The engine's parser refuses what is deeper, and would call that a
//! mismatch of the provider.

use bytes::Bytes;

/// What `serde_json` accepts.
pub(crate) const MOST: usize = 127;

/// How many arrays and objects stand inside each other at most. Text that is not JSON gives some number.
pub(crate) fn depth_of_json(text: &Bytes) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        let check = |text: &'static str, expected| assert_eq!(depth_of_json(&text.into()), expected, "{text}");

        check("1", 0);
        check("[[1], [2]]", 2);
        check(r#"{"a": "[[[\"[["}"#, 1);
        check(r#"["\\", [1]]"#, 2);
        check("]]][", 1);
    }
}
