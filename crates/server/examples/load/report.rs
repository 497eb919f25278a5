//! The report of `compare`: tables in Markdown, and the same as JSON.

use serde_json::{Value, json};

use crate::compare::{ASKED, Arguments, OfDatabase, Publishing};
use crate::figures::{Cpu, Figures, Measured, PAGE_P50_MS, PAGE_P95_MS, table, table_of_pages};
use crate::load::rows_of;
use crate::machine::Machine;
use crate::reach::{self, Reach};
use crate::table::{Table, figure, grouped};

pub(crate) struct Report<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) machine: Machine,
    pub(crate) databases: Vec<OfDatabase>,
    pub(crate) publishing: Publishing,
    pub(crate) each: Vec<Measured>,
}

impl Report<'_> {
    pub(crate) fn markdown(&self) -> String {
        let mut sections = vec![
            self.about(),
            format!("### What was to be reached\n\n{}", reaches(&self.reaches())),
            format!("### The floor and the questions\n\n{}", self.questions()),
            format!("### An offered load\n\n{}", self.offered()),
            format!("### Memory of the server\n\n{}", self.memory()),
            format!("### Publishing results\n\n{}", self.published()),
        ];
        if !self.each.is_empty() {
            sections.push(format!("### Each request by itself\n\n{}", self.each_by_itself()));
            sections.push(format!("### Pages\n\n{}", self.pages()));
        }
        sections.join("\n")
    }

    pub(crate) fn json(&self) -> Value {
        let databases = self.databases.iter().map(|one| {
            let asked = ASKED.iter().filter_map(|kind| Some((kind.name(), row(one.asked.get(kind)?))));
            json!({
                "name": one.name,
                "results": one.results,
                "floor": row(&one.floor),
                "asked": asked.collect::<serde_json::Map<_, _>>(),
                "offered": rows_of(&one.offered).iter().map(as_json).collect::<Value>(),
                "memory_mb": one.memory_mb,
                "most_memory_mb": one.most_memory_mb,
            })
        });
        json!({
            "machine": self.machine,
            "reached": self.reaches(),
            "databases": databases.collect::<Value>(),
            "publishing": {
                "server": row(&self.publishing.server),
                "pgbench_per_second": self.publishing.pgbench_per_second,
                "rows_of_server": self.publishing.rows_of_server,
                "rows_of_pgbench": self.publishing.rows_of_pgbench,
            },
            "each": self.each.iter().flat_map(rows_of).map(|row| as_json(&row)).collect::<Value>(),
        })
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        let of_databases = self.databases.iter().flat_map(|one| {
            let all = one.asked.values().chain([&one.floor, &one.offered]);
            all.flat_map(|measured| {
                measured.outcome.errors.iter().map(|(kind, error)| (one.name.as_str(), kind, error))
            })
        });
        let others = self.each.iter().chain([&self.publishing.server]);
        let others = others.flat_map(|one| one.outcome.errors.iter().map(|(kind, error)| ("", kind, error)));
        of_databases.chain(others).map(|(name, kind, error)| format!("{name} {}: {error}", kind.name())).collect()
    }

    fn reaches(&self) -> Vec<Reach> {
        reach::all(self.arguments, &self.databases, &self.publishing)
    }

    fn about(&self) -> String {
        let (machine, arguments) = (&self.machine, self.arguments);
        format!(
            "{} cores of {}, {} GB; Postgres {} with shared_buffers = {}; client, server and Postgres on this machine; \
             {} connections. Load of the machine before and after: {}, {}.\n",
            machine.cores,
            machine.processor,
            machine.memory_gb,
            machine.postgres,
            machine.shared_buffers,
            arguments.connections,
            machine.load_before,
            machine.load_after,
        )
    }

    fn questions(&self) -> String {
        let titles = [
            "request",
            "req/s",
            "of floor",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "KiB",
            "CPU ms server",
            "Postgres",
            "client",
        ];
        let mut table = Table::of("results", &titles);
        for one in &self.databases {
            let floor = one.floor.together();
            let kinds = ASKED.iter().filter_map(|kind| Some((kind.name(), one.asked.get(kind)?)));
            for (name, measured) in std::iter::once(("floor".to_owned(), &one.floor)).chain(kinds) {
                let all = measured.together();
                let share = format!("{:.0} %", 100.0 * all.per_second / floor.per_second);
                let times = [all.p50_ms, all.p95_ms, all.p99_ms, all.kib_per_answer].map(figure);
                let cpu = measured.cpu().map(|cpu| [cpu.server_ms, cpu.postgres_ms, cpu.client_ms].map(figure));
                let first = [grouped(one.results), name, figure(all.per_second), share];
                table.add(first.into_iter().chain(times).chain(cpu.unwrap_or_default()));
            }
        }
        let arguments = self.arguments;
        format!(
            "{} clients, each of which asks again as soon as it has its answer; {} rounds of {} s each, in turns.\n\n{table}",
            arguments.clients, arguments.rounds, arguments.seconds,
        )
    }

    fn offered(&self) -> String {
        let mut table = Table::of("results", &["request", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms"]);
        for one in &self.databases {
            for kind in one.offered.kinds() {
                let of_kind = one.offered.of_kind(kind);
                let times = [of_kind.p50_ms, of_kind.p95_ms, of_kind.p99_ms, of_kind.max_ms].map(figure);
                let first = [grouped(one.results), of_kind.name, of_kind.requests.to_string()];
                table.add(first.into_iter().chain(times));
            }
        }
        format!(
            "{} questions a second at random moments, {} of 100 about the hub. Times are measured from the moment at \
             which a question is due, so waiting counts.\n\n{table}",
            self.arguments.rate, self.arguments.hub_percent,
        )
    }

    fn memory(&self) -> String {
        let mut titles = vec!["before".to_owned()];
        titles.extend((1..=self.arguments.rounds).map(|round| format!("after round {round}")));
        titles.extend(["after the offered load", "at most"].map(String::from));
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let mut table = Table::of("results", &titles);
        for one in &self.databases {
            let figures = one.memory_mb.iter().chain([&one.most_memory_mb]).map(|mb| format!("{mb:.0} MB"));
            table.add(std::iter::once(grouped(one.results)).chain(figures));
        }
        table.to_string()
    }

    fn published(&self) -> String {
        let publishing = &self.publishing;
        let server = publishing.server.together();
        let mut table = Table::of("by", &["results/s", "p50 ms", "p99 ms", "CPU ms server", "Postgres", "client"]);
        let cpu = publishing.server.cpu().map(|cpu| [cpu.server_ms, cpu.postgres_ms, cpu.client_ms].map(figure));
        let times = [server.per_second, server.p50_ms, server.p99_ms].map(figure);
        let name = format!("the server, {} clients", self.arguments.publishers);
        table.add(std::iter::once(name).chain(times).chain(cpu.unwrap_or_default()));
        let name = format!("pgbench, {} connections", self.arguments.connections);
        let throughput = figure(publishing.pgbench_per_second);
        table.add([name, throughput].into_iter().chain(std::iter::repeat_n(String::new(), 5)));
        let mut rows = Table::of("rows of each result in", &["the server", "pgbench"]);
        let (by_server, by_pgbench) = (&publishing.rows_of_server, &publishing.rows_of_pgbench);
        let mut names: Vec<&String> = by_server.keys().chain(by_pgbench.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let of = |rows: &std::collections::BTreeMap<String, f64>| figure(rows.get(name).copied().unwrap_or(0.0));
            table_row(&mut rows, name, [of(by_server), of(by_pgbench)]);
        }
        format!("On the last database, in turns.\n\n{table}\n{rows}")
    }

    fn each_by_itself(&self) -> String {
        let rows: Vec<(Figures, Option<Cpu>)> = self.rows_of_each(false);
        format!("On the last database, one client, {} s each.\n\n{}", self.arguments.each, table(&rows))
    }

    fn pages(&self) -> String {
        format!(
            "On the last database, one client, {} s each; answers are compressed, as browsers get them. To be reached: \
             {PAGE_P50_MS} ms at the median, {PAGE_P95_MS} ms at p95.\n\n{}",
            self.arguments.each,
            table_of_pages(&self.rows_of_each(true)),
        )
    }

    fn rows_of_each(&self, pages: bool) -> Vec<(Figures, Option<Cpu>)> {
        let wanted = |one: &&Measured| one.kinds().iter().all(|kind| kind.is_page() == pages);
        self.each.iter().filter(wanted).flat_map(rows_of).collect()
    }
}

fn table_row(table: &mut Table, name: &str, figures: [String; 2]) {
    table.add(std::iter::once(name.to_owned()).chain(figures));
}

fn reaches(all: &[Reach]) -> Table {
    let mut table = Table::of_text(&["what", "to be reached", "measured", ""]);
    for one in all {
        let met = if one.met { "met" } else { "**not met**" };
        table.add([one.what.clone(), one.asked.clone(), one.measured.clone(), met.to_owned()]);
    }
    table
}

fn row(measured: &Measured) -> Value {
    as_json(&(measured.together(), measured.cpu()))
}

fn as_json((figures, cpu): &(Figures, Option<Cpu>)) -> Value {
    let mut shown = json!(figures);
    shown["cpu_per_request"] = json!(cpu);
    shown
}
