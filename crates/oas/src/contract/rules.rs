//! Matching rules of any version: what a consumer asks of a value beyond its example.

use serde_json::Value;

/// The rules of a request or of a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// The matchers of one path.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    category: String,
    path: Vec<Step>,
    matchers: Vec<Value>,
}

/// A step of a path expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    AnyName,
    AnyIndex,
}

impl Rules {
    /// Reads `matchingRules` as version 2 writes them, by path, or as later ones do, by category.
    #[must_use]
    pub fn read(written: &Value) -> Self {
        let mut rules = Vec::new();
        for (key, value) in written.as_object().into_iter().flatten() {
            if key.starts_with('$') {
                let mut path = steps(key);
                if path.is_empty() {
                    continue;
                }
                if let Step::Name(category) = path.remove(0) {
                    rules.push(Rule { category, path, matchers: vec![value.clone()] });
                }
            } else if let Some(matchers) = matchers(value) {
                rules.push(Rule { category: key.clone(), path: Vec::new(), matchers });
            } else {
                for (path, value) in value.as_object().into_iter().flatten() {
                    let steps = if path.starts_with('$') { steps(path) } else { vec![Step::Name(path.clone())] };
                    let matchers = matchers(value).unwrap_or_default();
                    rules.push(Rule { category: key.clone(), path: steps, matchers });
                }
            }
        }
        Self { rules }
    }

    /// Whether there are no rules at all.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.rules.is_empty()
    }

    /// The matchers that stand for a value of a body: those of its own path, else a type matcher of what holds it.
    #[must_use]
    pub fn of_body(&self, path: &[String]) -> &[Value] {
        let own = self.best("body", path, |rule| rule.path.len() == path.len());
        own.or_else(|| {
            let above = self.best("body", path, |rule| rule.path.len() < path.len())?;
            // Only the type is asked of everything below; other matchers speak of one value.
            above.iter().all(|matcher| kind(matcher) == "type").then_some(above)
        })
        .unwrap_or_default()
    }

    /// The matchers that stand for a value outside the body: of a header, in any case, or of a query parameter by its
    /// name, of the path or the status by no name.
    #[must_use]
    pub fn of(&self, category: &str, name: Option<&str>) -> &[Value] {
        let categories: &[&str] = match category {
            "header" => &["header", "headers"],
            other => &[other],
        };
        let found = self.rules.iter().find(|rule| {
            let named = match (rule.path.first(), name) {
                (None, None) => true,
                (Some(Step::Name(own)), Some(name)) => own.eq_ignore_ascii_case(name),
                _ => false,
            };
            named && categories.contains(&rule.category.as_str())
        });
        found.map(|rule| rule.matchers.as_slice()).unwrap_or_default()
    }

    fn best(&self, category: &str, path: &[String], fits: impl Fn(&Rule) -> bool) -> Option<&[Value]> {
        let of_path = self.rules.iter().filter(|rule| {
            rule.category == category && fits(rule) && rule.path.iter().zip(path).all(|(step, token)| step.takes(token))
        });
        // The longest path speaks, and of equally long ones that with the most names.
        let names = |rule: &Rule| rule.path.iter().filter(|step| matches!(step, Step::Name(_))).count();
        of_path.max_by_key(|rule| (rule.path.len(), names(rule))).map(|rule| rule.matchers.as_slice())
    }
}

impl Step {
    fn takes(&self, token: &str) -> bool {
        match self {
            Self::Name(name) => name == token,
            Self::AnyName => true,
            Self::AnyIndex => token.parse::<usize>().is_ok(),
        }
    }
}

/// What a matcher is called; `min`, `max` and `regex` need not say.
#[must_use]
pub fn kind(matcher: &Value) -> &str {
    match matcher["match"].as_str() {
        Some(kind) => kind,
        None if matcher.get("regex").is_some() => "regex",
        None => "type",
    }
}

fn matchers(value: &Value) -> Option<Vec<Value>> {
    value.get("matchers")?.as_array().cloned()
}

/// Reads a path expression such as `$.body['a b'][*].c`, without its `$`. What it cannot read ends it.
fn steps(expression: &str) -> Vec<Step> {
    let (mut steps, mut rest) = (Vec::new(), expression.strip_prefix('$').unwrap_or(expression));
    while !rest.is_empty() {
        let Some((step, after)) = (if rest.starts_with('[') { bracketed(rest) } else { Some(dotted(rest)) }) else {
            break;
        };
        steps.push(step);
        rest = after;
    }
    steps
}

fn bracketed(text: &str) -> Option<(Step, &str)> {
    let inside = &text[1..];
    for quote in ['\'', '"'] {
        if let Some(quoted) = inside.strip_prefix(quote) {
            let (name, after) = quoted.split_once(quote)?;
            return Some((Step::Name(name.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (index, after) = inside.split_once(']')?;
    Some((if index == "*" { Step::AnyIndex } else { Step::Name(index.to_owned()) }, after))
}

fn dotted(text: &str) -> (Step, &str) {
    let text = text.strip_prefix('.').unwrap_or(text);
    let (name, after) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    (if name == "*" { Step::AnyName } else { Step::Name(name.to_owned()) }, after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(rules: &Value, path: &[&str]) -> Vec<String> {
        let path: Vec<String> = path.iter().map(|&token| token.to_owned()).collect();
        Rules::read(rules).of_body(&path).iter().map(|matcher| kind(matcher).to_owned()).collect()
    }

    #[test]
    fn rules_of_version_2_and_3_are_found_alike() {
        let second = json!({"$.body.a['b c'][*].d": {"match": "regex", "regex": "x"}, "$.header.X-A": {"match": "type"},
            "$.path": {"match": "regex", "regex": "y"}});
        let third = json!({"body": {"$.a['b c'][*].d": {"matchers": [{"match": "regex", "regex": "x"}]}},
            "header": {"X-A": {"matchers": [{"match": "type"}]}}, "path": {"matchers": [{"match": "regex", "regex": "y"}]}});

        for rules in [second, third] {
            assert_eq!(body(&rules, &["a", "b c", "3", "d"]), ["regex"]);
            assert_eq!(body(&rules, &["a", "b c"]), [""; 0]);
            assert_eq!(Rules::read(&rules).of("header", Some("x-a")).len(), 1);
            assert_eq!(Rules::read(&rules).of("path", None).len(), 1);
        }
    }

    #[test]
    fn a_type_matcher_stands_for_all_below_and_others_do_not() {
        let rules = json!({"$.body": {"match": "type"}, "$.body.a": {"match": "regex", "regex": "x"}});

        assert_eq!(body(&rules, &["b", "c"]), ["type"]);
        assert_eq!(body(&rules, &["a"]), ["regex"]);
        assert_eq!(body(&rules, &["a", "c"]), [""; 0]);
    }

    #[test]
    fn names_go_before_wildcards() {
        let rules = json!({"$.body[*].a": {"match": "type"}, "$.body[0].a": {"match": "integer"}});

        assert_eq!(body(&rules, &["0", "a"]), ["integer"]);
        assert_eq!(body(&rules, &["1", "a"]), ["type"]);
    }
}
