//! A difference in words and lines that people read.

use std::fmt::Write;

use super::{Change, ContractDiff, Difference, InteractionDiff, JsonText, Kind, Subject};

/// Longer values are cut; the JSON form has all of them.
const MAX_SHOWN: usize = 120;

impl ContractDiff {
    /// In one sentence: what was added, removed and changed.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.is_empty() {
            return "Both promise the same.".to_owned();
        }
        let counts = self.counts();
        let parts: Vec<String> = [(counts.added, "added"), (counts.removed, "removed"), (counts.changed, "changed")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match (parts.is_empty(), self.interactions.iter().any(|one| one.kind == Kind::Message)) {
            (true, _) => "Both are no pacts with interactions, and differ.".to_owned(),
            (false, false) => format!("Interactions: {}.", parts.join(", ")),
            (false, true) => format!("Interactions and messages: {}.", parts.join(", ")),
        }
    }

    /// What differs and is no change, a sentence for each.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        match self.examples {
            0 => {}
            1 => remarks.push("1 example differs, which its matching rule lets differ.".to_owned()),
            many => remarks.push(format!("{many} examples differ, which their matching rules let differ.")),
        }
        if let Some(versions) = &self.specification_versions {
            let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
            let (before, after) = (shown(&versions.before), shown(&versions.after));
            remarks.push(format!("The version of the Pact specification differs: {before} → {after}."));
        }
        if self.unlisted > 0 {
            remarks.push(format!("{} more changes are too many to be listed.", self.unlisted));
        }
        remarks
    }

    /// All of it: the summary, a block for each interaction that differs (`+` added, `-` removed, `~` changed), the
    /// remarks. Long values are cut. Ends with a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.summary());
        for interaction in &self.interactions {
            text.push('\n');
            interaction.write_to(&mut text);
        }
        if !self.document.is_empty() {
            text.push('\n');
            for change in &self.document {
                change.write_to(&mut text);
            }
        }
        let remarks = self.remarks();
        if !remarks.is_empty() {
            text.push('\n');
        }
        for remark in remarks {
            text.push_str(&remark);
            text.push('\n');
        }
        text
    }
}

impl InteractionDiff {
    fn write_to(&self, text: &mut String) {
        let (sign, changes): (_, &[Change]) = match &self.difference {
            Difference::Added { .. } => ('+', &[]),
            Difference::Removed { .. } => ('-', &[]),
            Difference::Changed { changes } => ('~', changes),
        };
        let kind = match self.kind {
            Kind::Interaction => "interaction",
            Kind::Message => "message",
        };
        write!(text, "{sign} {kind} {:?}", self.description).expect("writing to a string does not fail");
        for (index, state) in self.provider_states.iter().enumerate() {
            let word = if index == 0 { "given" } else { "and" };
            write!(text, " {word} {state:?}").expect("writing to a string does not fail");
        }
        text.push('\n');
        if let Some(outline) = &self.outline {
            writeln!(text, "    {}", cut(outline)).expect("writing to a string does not fail");
        }
        for change in changes {
            change.write_to(text);
        }
    }
}

impl Change {
    fn write_to(&self, text: &mut String) {
        let rule = match self.subject {
            Subject::Value => "",
            Subject::MatchingRule => " (matching rule)",
        };
        let path = &self.path;
        let shown = |value: &JsonText| cut(value.as_str());
        let line = match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("~ {path}{rule}: {} → {}", shown(before), shown(after)),
            (None, Some(after)) => format!("+ {path}{rule}: {}", shown(after)),
            (Some(before), None) => format!("- {path}{rule}: {}", shown(before)),
            (None, None) => format!("~ {path}{rule}"),
        };
        writeln!(text, "    {line}").expect("writing to a string does not fail");
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
