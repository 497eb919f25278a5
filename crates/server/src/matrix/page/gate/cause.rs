//! Why a verification failed, as far as its verifier said: the first mismatch of the first interaction that failed.

use serde_json::Value;

/// So much of a text is shown.
const LONGEST: usize = 240;

/// What a verifier said of a failed result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::matrix::page) struct Cause {
    /// The description of the first interaction that failed.
    pub(in crate::matrix::page) interaction: Option<String>,
    /// Which part of it and where, such as `body` and `$.amount`.
    pub(in crate::matrix::page) place: Option<(String, Option<String>)>,
    /// What is wrong, in the verifier's words.
    pub(in crate::matrix::page) sentence: Option<String>,
    pub(in crate::matrix::page) failed: usize,
    pub(in crate::matrix::page) passed: usize,
}

impl Cause {
    /// From the results that verifiers send, in the two shapes that there are. `None` where nothing failed in them.
    pub(in crate::matrix::page) fn read(text: &str) -> Option<Self> {
        let results: Value = serde_json::from_str(text).ok()?;
        let tests = results.as_array().or_else(|| results["tests"].as_array())?;
        let has_failed = |test: &&Value| test["success"] == false || test["status"] == "failed";
        let failed: Vec<&Value> = tests.iter().filter(has_failed).collect();
        let first = failed.first()?;
        let of = |names: &[&str]| names.iter().find_map(|name| some_text(&first[*name]));
        let mismatch = first["mismatches"].as_array().and_then(|all| all.first()).unwrap_or(&Value::Null);
        let trouble = first["exceptions"].as_array().and_then(|all| all.first()).unwrap_or(&Value::Null);
        let place = some_text(&mismatch["attribute"]).map(|attribute| (attribute, some_text(&mismatch["identifier"])));
        let sentence = ["description", "mismatch", "message"].iter().find_map(|name| some_text(&mismatch[*name]));
        let sentence = sentence
            .or_else(|| some_text(&trouble["message"]))
            .or_else(|| some_text(&first["exception"]["message"]).or_else(|| some_text(&first["mismatches"][0])));
        Some(Self {
            interaction: of(&["interactionDescription", "fullDescription", "testDescription", "description"]),
            place,
            sentence,
            failed: failed.len(),
            passed: tests.len() - failed.len(),
        })
    }

    /// What several failures may have in common: the field, else what is said.
    pub(in crate::matrix::page) fn key(&self) -> Option<String> {
        match &self.place {
            Some((attribute, Some(identifier))) if attribute == "body" => Some(identifier.clone()),
            Some((attribute, Some(identifier))) => Some(format!("{attribute} {identifier}")),
            Some((attribute, None)) => Some(format!("the {attribute}")),
            None => self.sentence.clone(),
        }
    }
}

fn some_text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    if text.is_empty() {
        return None;
    }
    let mut letters = text.chars();
    let short: String = letters.by_ref().take(LONGEST).collect();
    Some(if letters.next().is_some() { format!("{short}…") } else { short })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_its_first_mismatch() {
        let text = r#"[{"interactionDescription":"a refund","success":true},
            {"interactionDescription":"a capture","success":false,"mismatches":
              [{"attribute":"body","identifier":"$.amount","description":"Expected a decimal number"}]}]"#;

        let cause = Cause::read(text).unwrap();

        assert_eq!(cause.interaction.as_deref(), Some("a capture"));
        assert_eq!(cause.sentence.as_deref(), Some("Expected a decimal number"));
        assert_eq!(cause.key().as_deref(), Some("$.amount"));
        assert_eq!((cause.failed, cause.passed), (1, 1));
    }

    #[test]
    fn an_exception_is_a_cause_as_well() {
        let array = r#"[{"success":false,"exceptions":[{"message":"refused"}]}]"#;
        let tests = r#"{"tests":[{"testDescription":"has 200","status":"failed","exception":{"message":"was 500"}}]}"#;

        assert_eq!(Cause::read(array).unwrap().key().as_deref(), Some("refused"));
        assert_eq!(Cause::read(tests).unwrap().sentence.as_deref(), Some("was 500"));
    }

    #[test]
    fn what_says_nothing_of_a_failure_is_no_cause() {
        for text in ["", "{", "[]", "null", "{\"tests\":3}", r#"[{"success":true}]"#] {
            assert_eq!(Cause::read(text), None, "{text}");
        }
        let long = format!(r#"[{{"success":false,"exceptions":[{{"message":"{}"}}]}}]"#, "é".repeat(900));
        assert_eq!(Cause::read(&long).unwrap().sentence.unwrap().chars().count(), LONGEST + 1);
    }
}
