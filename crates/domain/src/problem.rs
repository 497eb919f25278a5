//! What is wrong with a request: where, and what to change. Rules collect problems and go on, so
//! that a client learns of all of them at once; the HTTP edge renders them.

use std::fmt;

/// One step from the top of a document to the part that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for Step {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From the top of the body; empty when the whole request is meant.
    pub path: Vec<Step>,
    /// A fragment that reads well after the name of the part: "is missing".
    pub message: String,
}

impl Problem {
    /// About the top-level member `key`.
    pub fn at(key: &str, message: impl Into<String>) -> Self {
        Self::along([key.into()], message)
    }

    /// About element `index` of the top-level array `list`.
    pub fn at_item(list: &str, index: usize, message: impl Into<String>) -> Self {
        Self::along([list.into(), index.into()], message)
    }

    /// About the part that `path` leads to.
    pub fn along(path: impl IntoIterator<Item = Step>, message: impl Into<String>) -> Self {
        Self { path: path.into_iter().collect(), message: message.into() }
    }

    /// About the request as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self::along([], message)
    }

    /// The same problem, seen from the document that holds this one under `step`.
    #[must_use]
    pub fn under(mut self, step: impl Into<Step>) -> Self {
        self.path.insert(0, step.into());
        self
    }

    /// Where the problem is, as problem+json says it: `/contracts/0/content`. Empty for the whole.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |mut pointer, step| {
            pointer.push('/');
            match step {
                Step::Key(key) => pointer.push_str(key),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
            pointer
        })
    }

    /// The last part of the problem type's URI, found in the message as the Pact Broker finds it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.message.contains("missing") {
            "missing-body-property"
        } else if self.message.contains("format") {
            "invalid-body-property-format"
        } else {
            "invalid-body-property-value"
        }
    }

    /// The field and the text of the Pact Broker's `errors` object. Object keys are joined with dots;
    /// what is wrong inside an array is told at the array, with the index at the end of the text.
    #[must_use]
    pub fn in_field(&self) -> (String, String) {
        let before_index = self.path.iter().take_while(|step| is_key(step)).count();
        let (field, inside) = self.path.split_at(before_index);
        let Some((Step::Index(index), inside)) = inside.split_first() else {
            return (dotted(field), self.message.clone());
        };

        let child = dotted(inside);
        let space = if child.is_empty() { "" } else { " " };
        let text = format!("{child}{space}{} (at index {index})", self.message);
        (dotted(field), text)
    }
}

fn is_key(step: &Step) -> bool {
    matches!(step, Step::Key(_))
}

fn dotted(steps: &[Step]) -> String {
    let parts: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    parts.join(".")
}

/// "name is missing", "contracts.1.content is missing".
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_slice() {
            [] => f.write_str(&self.message),
            path => write!(f, "{} {}", dotted(path), self.message),
        }
    }
}

/// All that is wrong with a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// With nothing found yet.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Keeps the value, or notes why there is none and goes on.
    pub fn note<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// Adds those of a part, which stands under `step` in this document.
    pub fn extend_under(&mut self, step: impl Into<Step>, part: Problems) {
        let step = step.into();
        let part = part.0.into_iter();
        self.0.extend(part.map(|problem| problem.under(step.clone())));
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value if nothing is wrong.
    ///
    /// # Errors
    /// Itself, unless empty.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The Pact Broker's `errors` object: each field once, in order of first mention, with all its texts.
    #[must_use]
    pub fn by_field(&self) -> Vec<(String, Vec<String>)> {
        let mut fields: Vec<(String, Vec<String>)> = Vec::new();
        for (field, text) in self.0.iter().map(Problem::in_field) {
            match fields.iter_mut().find(|(name, _)| *name == field) {
                Some((_, texts)) => texts.push(text),
                None => fields.push((field, vec![text])),
            }
        }
        fields
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &[Step], message: &str, field: &str, text: &str, pointer: &str) {
        let problem = Problem::along(path.to_vec(), message);

        assert_eq!(problem.in_field(), (field.to_owned(), text.to_owned()));
        assert_eq!(problem.pointer(), pointer);
    }

    #[test]
    fn the_whole_request_has_the_empty_field() {
        check(&[], "is empty", "", "is empty", "");
    }

    #[test]
    fn a_member_is_its_own_field() {
        check(&["name".into()], "is missing", "name", "is missing", "/name");
    }

    #[test]
    fn nested_members_are_joined_with_dots() {
        let path = ["request".into(), "url".into()];
        check(&path, "must be filled", "request.url", "must be filled", "/request/url");
    }

    #[test]
    fn an_element_is_told_at_its_array() {
        let path = ["tags".into(), 1.into()];
        check(&path, "must be filled", "tags", "must be filled (at index 1)", "/tags/1");
    }

    #[test]
    fn a_member_of_an_element_starts_the_text() {
        let path = ["contracts".into(), 0.into(), "content".into()];
        check(&path, "is missing", "contracts", "content is missing (at index 0)", "/contracts/0/content");
    }

    #[test]
    fn an_array_deeper_down_keeps_the_keys_above_it() {
        let path = ["request".into(), "hosts".into(), 2.into()];
        check(&path, "is unknown", "request.hosts", "is unknown (at index 2)", "/request/hosts/2");
    }

    #[test]
    fn texts_of_one_field_stand_together_in_order() {
        let problems = Problems(vec![
            Problem::at_item("contracts", 0, "is odd"),
            Problem::at("name", "is missing"),
            Problem::at_item("contracts", 1, "is even"),
        ]);

        let expected =
            [("contracts", vec!["is odd (at index 0)", "is even (at index 1)"]), ("name", vec!["is missing"])]
                .map(|(field, texts)| (field.to_owned(), texts.into_iter().map(str::to_owned).collect()));
        assert_eq!(problems.by_field(), expected);
    }

    #[test]
    fn the_sentence_names_each_place() {
        let mut problems = Problems::none();
        problems.push(Problem::at("name", "is missing"));
        problems.extend_under("request", Problem::at("url", "must be filled").into());
        problems.push(Problem::whole("the body is too short"));

        let expected = "name is missing; request.url must be filled; the body is too short";
        assert_eq!(problems.to_string(), expected);
    }

    #[test]
    fn the_kind_follows_the_message() {
        assert_eq!(Problem::at("a", "is missing").kind(), "missing-body-property");
        assert_eq!(Problem::at("a", "has the wrong format").kind(), "invalid-body-property-format");
        assert_eq!(Problem::at("a", "must be filled").kind(), "invalid-body-property-value");
    }

    #[test]
    fn only_an_empty_collection_yields_the_value() {
        assert_eq!(Problems::none().or(1), Ok(1));

        let problems = Problems::from(Problem::whole("is wrong"));
        assert_eq!(problems.clone().or(1), Err(problems));
    }
}
