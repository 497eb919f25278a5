//! Bodies: the ways to their fields.

use std::collections::HashSet;

use super::{LONGEST, Of, Part, Used};
use crate::json::Json;

/// A place, as matching rules name it: `*` for any item or member.
type Way = Vec<String>;

/// Where a body's members are called by what they are about, as matching rules tell: their names are no fields.
pub(super) struct Maps(HashSet<Way>);

/// The kinds of matchers that look at values whatever they are called.
const OF_VALUES: [&str; 4] = ["values", "eachKey", "eachValue", "each-value"];

impl Maps {
    /// `rules` by path. Paths of version 2 begin with `$.body`, which `body` says.
    pub(super) fn of(rules: Option<&Json<'_>>, prefix: &[&str]) -> Self {
        let mut ways = HashSet::new();
        if let Some(Json::Object(members)) = rules {
            for (path, rule) in members {
                let Some(way) = way(path) else { continue };
                let Some(way) = starts_with(&way, prefix) else { continue };
                if is_of_values(rule) {
                    ways.insert(way);
                }
            }
        }
        Self(ways)
    }

    fn is_one(&self, way: &[String]) -> bool {
        self.0.contains(way)
    }
}

fn starts_with(way: &[String], prefix: &[&str]) -> Option<Way> {
    let (start, rest) = way.split_at_checked(prefix.len())?;
    (start == prefix).then(|| rest.to_vec())
}

fn is_of_values(rule: &Json<'_>) -> bool {
    let kind =
        |matcher: &Json<'_>| matcher.get("match").and_then(Json::as_str).is_some_and(|kind| OF_VALUES.contains(&kind));
    kind(rule) || rule.list("matchers").iter().any(kind)
}

/// The steps of `$.a['b'][0][*]`; `None` for what is no such path.
fn way(path: &str) -> Option<Way> {
    let mut rest = path.strip_prefix('$')?;
    let mut way = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            (&dotted[..end], &dotted[end..])
        } else {
            let quoted = rest.strip_prefix("['").and_then(|rest| rest.split_once("']"));
            let quoted = quoted.or_else(|| rest.strip_prefix("[\"").and_then(|rest| rest.split_once("\"]")));
            quoted.or_else(|| rest.strip_prefix('[')?.split_once(']'))?
        };
        let is_index = rest.starts_with('[') && step.bytes().all(|byte| byte.is_ascii_digit());
        way.push(if is_index { "*".to_owned() } else { step.to_owned() });
        rest = after;
    }
    Some(way)
}

/// Adds a body and all fields in it.
pub(super) fn add(used: &mut Used, of: Of<'_>, part: Part, body: &Json<'_>, maps: &Maps) {
    let mut walk = Walk { used, of, part, maps, pointer: String::new(), way: Vec::new() };
    walk.value(body);
}

struct Walk<'w, 'u> {
    used: &'u mut Used,
    of: Of<'w>,
    part: Part,
    maps: &'w Maps,
    pointer: String,
    way: Way,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: &Json<'_>) {
        self.used.add(self.of, self.part, &self.pointer);
        if self.used.cut && self.pointer.len() > LONGEST {
            return;
        }
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.below("*", item)),
            Json::Object(members) => {
                let named = !self.maps.is_one(&self.way);
                for (name, member) in members {
                    self.below(if named { name } else { "*" }, member);
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: &str, value: &Json<'_>) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        self.way.push(step.to_owned());
        self.value(value);
        self.way.pop();
        self.pointer.truncate(length);
    }
}
