//! Plans as Postgres tells them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// The plans of the statements since they were last taken.
static TOLD: Mutex<Vec<Value>> = Mutex::new(Vec::new());

/// Keeps the plans among the notices.
pub(crate) struct Listening;

impl<S: Subscriber> Layer<S> for Listening {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::postgres::notice" {
            event.record(&mut Message);
        }
    }
}

struct Message;

impl Visit for Message {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        keep(&format!("{value:?}"));
    }

    fn record_str(&mut self, _: &Field, value: &str) {
        keep(value);
    }
}

fn keep(notice: &str) {
    if let Some((_, plan)) = notice.split_once("plan:\n") {
        let plan = serde_json::from_str(plan).unwrap_or_else(|error| panic!("a plan is JSON: {error}: {plan}"));
        TOLD.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
    }
}

/// What a request cost.
pub(crate) struct Cost {
    plans: Vec<Value>,
    /// Tables that are too large to be read whole.
    large: Vec<String>,
}

impl Cost {
    /// Forgets what was told so far.
    pub(crate) fn begin() {
        TOLD.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Of all that was told since.
    pub(crate) fn take(large: &[String]) -> Self {
        let plans = std::mem::take(&mut *TOLD.lock().unwrap_or_else(PoisonError::into_inner));
        Self { plans, large: large.to_vec() }
    }

    /// Of the statements that name something.
    pub(crate) fn about(mut self, word: &str) -> Self {
        self.plans.retain(|plan| plan["Query Text"].as_str().is_some_and(|text| text.contains(word)));
        self
    }

    pub(crate) fn statements(&self) -> usize {
        self.plans.len()
    }

    /// Each by itself, and no large table is read whole.
    #[track_caller]
    pub(crate) fn each_reads_at_most(self, buffers: u64, question: &str) {
        for plan in self.plans {
            Self { plans: vec![plan], large: self.large.clone() }.has_at_most(1, buffers, question);
        }
    }

    /// Where all of something is asked for, tables may be read whole.
    #[track_caller]
    pub(crate) fn reads_at_most(&self, statements: usize, buffers: u64, question: &str) {
        let told = || self.plans.iter().map(|plan| format!("{plan:#}")).collect::<Vec<_>>().join("\n");
        let read: u64 = self.plans.iter().map(|plan| buffers_of(&plan["Plan"])).sum();

        assert!(self.plans.len() <= statements, "{question}: {} statements\n{}", self.plans.len(), told());
        assert!(read <= buffers, "{question}: {read} buffers, {buffers} allowed\n{}", told());
    }

    #[track_caller]
    pub(crate) fn has_at_most(&self, statements: usize, buffers: u64, question: &str) {
        self.reads_at_most(statements, buffers, question);
        for plan in &self.plans {
            let mut whole = Vec::new();
            tables_read_whole(&plan["Plan"], &mut whole);
            let whole = whole.iter().find(|table| self.large.contains(table));
            assert!(whole.is_none(), "{question}: {whole:?} is read whole\n{plan:#}");
        }
    }
}

/// Of the whole plan: a node's buffers include those of the nodes below.
fn buffers_of(plan: &Value) -> u64 {
    ["Shared Hit Blocks", "Shared Read Blocks"].iter().filter_map(|key| plan[*key].as_u64()).sum()
}

/// Parts that were never begun cost nothing.
fn tables_read_whole(plan: &Value, found: &mut Vec<String>) {
    let kind = plan["Node Type"].as_str().unwrap_or_default();
    if kind.contains("Seq Scan") && plan["Actual Loops"].as_u64() != Some(0) {
        found.extend(plan["Relation Name"].as_str().map(String::from));
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        tables_read_whole(below, found);
    }
}
