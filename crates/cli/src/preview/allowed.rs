//! Accepted findings: each with its reason, and a day on which the acceptance ends.

use chrono::NaiveDate;
use serde::Deserialize;

use super::item::Item;
use crate::outcome::Failure;

/// The entries of a file.
#[derive(Default)]
pub(super) struct Allowed {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    pointer: String,
    reason: String,
    expires: NaiveDate,
}

impl Allowed {
    /// Reads a file; an entry holds until the end of its day.
    pub(super) fn read(name: &str, text: &str, today: NaiveDate) -> Result<Self, Failure> {
        let entries: Vec<Entry> = serde_json::from_str(text)
            .map_err(|error| Failure::usage(format!("{name} is no list of accepted findings: {error}")))?;
        for Entry { id, pointer, reason, expires } in &entries {
            if reason.trim().is_empty() {
                return Err(Failure::usage(format!("{name} accepts {id} at {pointer} without saying why")));
            }
            if *expires < today {
                let message = format!(
                    "{name} accepts {id} at {pointer} until {expires}, which is over: take the entry out, or decide anew"
                );
                return Err(Failure::usage(message));
            }
        }
        Ok(Self { entries })
    }

    /// Marks what is accepted. Returns what is to be said of entries that accept nothing.
    pub(super) fn accept(&self, items: &mut [Item]) -> Vec<String> {
        let mut idle = Vec::new();
        for entry in &self.entries {
            let mut met = false;
            for item in items.iter_mut() {
                if item.id == entry.id && item.pointers.contains(&entry.pointer) {
                    item.accepted = Some(entry.reason.clone());
                    met = true;
                }
            }
            if !met {
                idle.push(format!(
                    "nothing is found any more of what is accepted as {} at {}",
                    entry.id, entry.pointer
                ));
            }
        }
        idle
    }
}
