//! Shows people how two contents differ, as `diff` does.

use std::collections::HashMap;

use similar::{ChangeTag, TextDiff};

use crate::content::{Content, specification_version_of};
use crate::json::{self, Json};
use crate::merge::identity;

/// More lines of a side are not compared: the effort grows with the square.
const MAX_LINES: usize = 4_000;

/// The differing lines with three lines around each, `-` for the old and `+` for the new; empty if
/// nothing differs. Metadata, ids, key order and the order of interactions do not count.
#[must_use]
pub fn difference(old: &Content, new: &Content) -> String {
    // Content has been parsed before, so that neither fails here.
    let (Ok(mut old), Ok(mut new)) = (Json::parse(old.raw()), Json::parse(new.raw())) else {
        return String::new();
    };
    let versions = (specification_version_of(&old), specification_version_of(&new));
    for (document, version) in [(&mut old, &versions.0), (&mut new, &versions.1)] {
        document.sort_keys();
        let shown_version = version.as_ref().filter(|_| versions.0 != versions.1);
        reduce(document, shown_version);
    }
    remove_common_interactions(&mut old, &mut new);

    let (old, new) = (lines(&old), lines(&new));
    let is_cut = old.len() > MAX_LINES || new.len() > MAX_LINES;
    let cut = |lines: &[String]| lines[..lines.len().min(MAX_LINES)].concat();
    let mut text = unified(&cut(&old), &cut(&new));
    if is_cut {
        text.push_str("\n… the rest is too long to be compared");
    }
    text
}

/// Leaves what is worth comparing: no metadata and ids, interactions in an order of their own.
fn reduce(document: &mut Json<'_>, specification_version: Option<&String>) {
    let Json::Object(members) = document else {
        return;
    };
    members.retain(|(key, _)| key != "metadata");
    for (key, value) in members.iter_mut() {
        if let (true, Json::Array(elements)) = (is_list(key), value) {
            for element in elements.iter_mut() {
                if let Json::Object(members) = element {
                    members.retain(|(key, _)| key != "_id");
                }
            }
            elements.sort_by_cached_key(|element| (identity(element), element.to_text()));
        }
    }
    if let Some(version) = specification_version {
        members.push(("pactSpecificationVersion".into(), Json::String(version.clone().into())));
    }
}

fn is_list(key: &str) -> bool {
    matches!(key, "interactions" | "messages")
}

/// What stands in both tells nothing, and there can be much of it.
fn remove_common_interactions(old: &mut Json<'_>, new: &mut Json<'_>) {
    for key in ["interactions", "messages"] {
        let (Some(old), Some(new)) = (list_mut(old, key), list_mut(new, key)) else {
            continue;
        };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for element in old.iter() {
            *counts.entry(element.to_text()).or_default() += 1;
        }
        let mut common: HashMap<String, usize> = HashMap::new();
        new.retain(|element| {
            let text = element.to_text();
            let is_common = counts.get_mut(&text).filter(|count| **count > 0).map(|count| *count -= 1).is_some();
            if is_common {
                *common.entry(text).or_default() += 1;
            }
            !is_common
        });
        old.retain(|element| {
            let count = common.get_mut(&element.to_text()).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_none()
        });
    }
}

fn list_mut<'j, 'a>(document: &'j mut Json<'a>, list: &str) -> Option<&'j mut Vec<Json<'a>>> {
    let Json::Object(members) = document else {
        return None;
    };
    members.iter_mut().find(|(key, _)| key == list).and_then(|(_, value)| match value {
        Json::Array(elements) => Some(elements),
        _ => None,
    })
}

fn unified(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for (index, group) in diff.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            text.push_str("…\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            text.push_str(change.value());
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// Each with its line feed, two spaces for a level.
fn lines(document: &Json<'_>) -> Vec<String> {
    let mut text = String::new();
    write_pretty(document, 0, &mut text);
    text.push('\n');
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn write_pretty(value: &Json<'_>, level: usize, out: &mut String) {
    match value {
        Json::Array(elements) if !elements.is_empty() => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                start_line(index, level + 1, out);
                write_pretty(element, level + 1, out);
            }
            end_lines(level, ']', out);
        }
        Json::Object(members) if !members.is_empty() => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                start_line(index, level + 1, out);
                json::write_string(key, out);
                out.push_str(": ");
                write_pretty(value, level + 1, out);
            }
            end_lines(level, '}', out);
        }
        other => other.write_to(out),
    }
}

fn start_line(index: usize, level: usize, out: &mut String) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    out.push_str(&"  ".repeat(level));
}

fn end_lines(level: usize, bracket: char, out: &mut String) {
    out.push('\n');
    out.push_str(&"  ".repeat(level));
    out.push(bracket);
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn between(old: &str, new: &str) -> String {
        difference(&Content::parse(old).unwrap(), &Content::parse(new).unwrap())
    }

    #[test]
    fn a_changed_line_is_shown_with_its_surroundings() {
        let diff = between(
            r#"{"consumer":{"name":"a"},"interactions":[{"request":{"path":"/x"}}]}"#,
            r#"{"consumer":{"name":"a"},"interactions":[{"request":{"path":"/z"}}]}"#,
        );

        let expected = [
            r#"   "interactions": ["#,
            "     {",
            r#"       "request": {"#,
            r#"-        "path": "/x""#,
            r#"+        "path": "/z""#,
            "       }",
            "     }",
            "   ]",
        ];
        assert_eq!(diff, expected.join("\n"));
    }

    #[test]
    fn what_promises_nothing_is_no_difference() {
        let diff = between(
            r#"{"interactions":[{"a":1,"b":2,"_id":"x"},{"a":2}],"metadata":{"a":1}}"#,
            r#"{"metadata":{"a":2},"interactions":[{"a":2},{"b":2,"a":1}]}"#,
        );

        assert_eq!(diff, "");
    }

    #[test]
    fn equal_interactions_are_left_out() {
        let diff = between(
            r#"{"interactions":[{"description":"a"},{"description":"b","x":[]},{"description":"c"},{"description":"c"}]}"#,
            r#"{"interactions":[{"description":"a"},{"description":"b","x":{}},{"description":"c"}]}"#,
        );

        assert_snapshot!(diff, @r#"
           "interactions": [
             {
               "description": "b",
        -      "x": []
        -    },
        -    {
        -      "description": "c"
        +      "x": {}
             }
           ]
         }
        "#);
    }

    #[test]
    fn another_specification_version_is_a_difference() {
        let diff = between(
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"3.0.0"}}}"#,
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"4.0"}}}"#,
        );

        assert_snapshot!(diff, @r#"
         {
           "interactions": [],
        -  "pactSpecificationVersion": "3.0.0"
        +  "pactSpecificationVersion": "4.0"
         }
        "#);
    }

    #[test]
    fn distant_changes_are_set_apart() {
        let same = r#""c":[1,2,3,4,5,6,7,8]"#;
        let diff = between(
            &format!(r#"{{"interactions":[{{"a":1,{same},"d":1}}]}}"#),
            &format!(r#"{{"interactions":[{{"a":2,{same},"d":2}}]}}"#),
        );

        assert_eq!(diff.lines().filter(|line| *line == "…").count(), 1);
        assert_eq!(diff.lines().filter(|line| line.starts_with(['-', '+'])).count(), 4);
    }

    #[test]
    fn long_contents_are_cut() {
        let long = |from: usize| {
            let numbers: Vec<String> = (from..from + 5_000).map(|number| number.to_string()).collect();
            format!(r#"{{"interactions":[{{"a":[{}]}}]}}"#, numbers.join(","))
        };

        let diff = between(&long(0), &long(10_000));

        assert!(diff.ends_with("\n… the rest is too long to be compared"));
    }
}
