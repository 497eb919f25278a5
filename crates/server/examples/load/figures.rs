//! Figures of what was seen: throughput, percentiles, CPU time per request.

use std::time::Duration;

use serde::Serialize;

use crate::drive::{Outcome, Sample};
use crate::processes::Spent;
use crate::requests::Kind;
use crate::table::{Table, figure};

/// Answers of one kind, or of all kinds together.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) name: String,
    pub(crate) requests: usize,
    pub(crate) errors: usize,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) kib_per_answer: f64,
}

/// CPU time of a request, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the figure, also in JSON")]
pub(crate) struct Cpu {
    pub(crate) server_ms: f64,
    pub(crate) postgres_ms: f64,
    pub(crate) client_ms: f64,
}

/// What one run gave, or several of the same added up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) outcome: Outcome,
    pub(crate) spent: Option<Spent>,
}

impl Measured {
    pub(crate) fn add(&mut self, other: Self) {
        self.outcome.add(other.outcome);
        match (&mut self.spent, other.spent) {
            (Some(spent), Some(more)) => spent.add(more),
            (spent, more) => *spent = spent.or(more),
        }
    }

    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.outcome.samples.iter().map(|sample| sample.kind).collect();
        kinds.extend(self.outcome.errors.iter().map(|(kind, _)| *kind));
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Figures {
        self.figures(kind.name(), |one| one == kind)
    }

    pub(crate) fn together(&self) -> Figures {
        self.figures("together".into(), |_| true)
    }

    pub(crate) fn cpu(&self) -> Option<Cpu> {
        let spent = self.spent?;
        let each = |time: Duration| milliseconds(time) / float(self.outcome.samples.len().max(1));
        Some(Cpu { server_ms: each(spent.server), postgres_ms: each(spent.postgres), client_ms: each(spent.client) })
    }

    fn figures(&self, name: String, counts: impl Fn(Kind) -> bool) -> Figures {
        let samples: Vec<&Sample> = self.outcome.samples.iter().filter(|sample| counts(sample.kind)).collect();
        let mut times: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
        times.sort_unstable();
        let bytes: usize = samples.iter().map(|sample| sample.bytes).sum();
        Figures {
            name,
            requests: times.len(),
            errors: self.outcome.errors.iter().filter(|(kind, _)| counts(*kind)).count(),
            per_second: float(times.len()) / self.outcome.took.as_secs_f64().max(1e-9),
            p50_ms: percentile(&times, 50),
            p95_ms: percentile(&times, 95),
            p99_ms: percentile(&times, 99),
            max_ms: percentile(&times, 100),
            kib_per_answer: float(bytes) / float(times.len().max(1)) / 1024.0,
        }
    }
}

/// So many of a hundred took no longer, in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().map(milliseconds).unwrap_or_default()
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// What a page may take at most.
pub(crate) const PAGE_P50_MS: f64 = 50.0;
pub(crate) const PAGE_P95_MS: f64 = 200.0;

/// A table of pages, and whether each is as fast as it has to be.
pub(crate) fn table_of_pages(rows: &[(Figures, Option<Cpu>)]) -> Table {
    let titles =
        ["requests", "errors", "p50 ms", "p95 ms", "max ms", "KiB compressed", "CPU ms server", "Postgres", "reached"];
    let mut table = Table::of("page", &titles);
    for (one, cpu) in rows {
        let counts = [one.name.clone(), one.requests.to_string(), one.errors.to_string()];
        let times = [one.p50_ms, one.p95_ms, one.max_ms, one.kib_per_answer].map(figure);
        let cpu = cpu.map_or_else(Default::default, |cpu| [cpu.server_ms, cpu.postgres_ms].map(figure));
        let is_reached = one.p50_ms < PAGE_P50_MS && one.p95_ms < PAGE_P95_MS;
        let reached = if is_reached { "yes" } else { "**no**" }.to_owned();
        table.add(counts.into_iter().chain(times).chain(cpu).chain([reached]));
    }
    table
}

/// A table of kinds; CPU time where it is known of a row.
pub(crate) fn table(rows: &[(Figures, Option<Cpu>)]) -> Table {
    let titles = ["requests", "errors", "req/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "KiB"];
    let cpu_titles = ["CPU ms server", "Postgres", "client"];
    let mut table = Table::of("request", &[titles.as_slice(), cpu_titles.as_slice()].concat());
    for (one, cpu) in rows {
        let counts = [one.name.clone(), one.requests.to_string(), one.errors.to_string()];
        let times = [one.per_second, one.p50_ms, one.p95_ms, one.p99_ms, one.max_ms, one.kib_per_answer].map(figure);
        let cpu = cpu.map(|cpu| [cpu.server_ms, cpu.postgres_ms, cpu.client_ms].map(figure));
        table.add(counts.into_iter().chain(times).chain(cpu.unwrap_or_default()));
    }
    table
}
