//! What is promised of speed, and whether it was kept.

use serde::Serialize;

use crate::compare::{Arguments, OfDatabase, Publishing};
use crate::figures::{Figures, Measured};
use crate::requests::Kind;
use crate::table::{figure, grouped};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reach {
    pub(crate) what: String,
    pub(crate) asked: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

pub(crate) fn all(arguments: &Arguments, databases: &[OfDatabase], publishing: &Publishing) -> Vec<Reach> {
    let mut reaches = Vec::new();
    for one in databases {
        reaches.push(throughput(one));
    }
    if let (Some(smallest), Some(largest)) = (databases.first(), databases.last()) {
        reaches.push(growth("p99 of a typical question, closed loop", &typical(smallest), &typical(largest)));
        reaches.push(growth("p99 of a typical question, offered load", &offered(smallest), &offered(largest)));
        let of_load = |kind| largest.offered.of_kind(kind).p99_ms;
        let load = format!("{} questions a second, {}", arguments.rate, size(largest));
        reaches.push(at_most(&format!("p99 of a typical question, {load}"), of_load(Kind::CanIDeploy), 10.0));
        reaches.push(at_most(&format!("p99 of a hub's question, {load}"), of_load(Kind::CanIDeployHub), 50.0));
    }
    for one in databases {
        reaches.push(verification(one));
    }
    for one in databases {
        reaches.extend(memory(one));
    }
    reaches.push(published(publishing));
    reaches
}

fn size(one: &OfDatabase) -> String {
    format!("{} results", grouped(one.results))
}

fn asked(one: &OfDatabase, kind: Kind) -> Measured {
    one.asked.get(&kind).cloned().unwrap_or_default()
}

fn typical(one: &OfDatabase) -> Figures {
    asked(one, Kind::CanIDeploy).together()
}

fn offered(one: &OfDatabase) -> Figures {
    one.offered.of_kind(Kind::CanIDeploy)
}

fn service_ms(measured: &Measured) -> f64 {
    measured.cpu().map_or(f64::NAN, |cpu| cpu.server_ms + cpu.postgres_ms)
}

fn throughput(one: &OfDatabase) -> Reach {
    let share = typical(one).per_second / one.floor.together().per_second;
    let cost = service_ms(&asked(one, Kind::CanIDeploy)) / service_ms(&one.floor);
    Reach {
        what: format!("throughput of typical questions, {}", size(one)),
        asked: "at least half of the floor's".into(),
        measured: format!("{share:.2} of it ({cost:.2} times its CPU time)"),
        met: share >= 0.5,
    }
}

fn growth(what: &str, smallest: &Figures, largest: &Figures) -> Reach {
    let times = largest.p99_ms / smallest.p99_ms;
    Reach {
        what: format!("{what}, largest database to smallest"),
        asked: "at most twice".into(),
        measured: format!("{times:.2} times ({} ms to {} ms)", figure(largest.p99_ms), figure(smallest.p99_ms)),
        met: times <= 2.0,
    }
}

fn at_most(what: &str, measured_ms: f64, most_ms: f64) -> Reach {
    Reach {
        what: what.to_owned(),
        asked: format!("under {most_ms} ms"),
        measured: format!("{} ms", figure(measured_ms)),
        met: measured_ms < most_ms,
    }
}

fn verification(one: &OfDatabase) -> Reach {
    let (asking, fetching) = (asked(one, Kind::CanIDeploy), asked(one, Kind::ForVerificationWip));
    let time = fetching.together().p50_ms / asking.together().p50_ms;
    let cost = service_ms(&fetching) / service_ms(&asking);
    Reach {
        what: format!("contracts for verification, pending and in progress, {}", size(one)),
        asked: "within three times a typical question".into(),
        measured: format!("{time:.2} times its median, {cost:.2} times its CPU time"),
        met: time <= 3.0 && cost <= 3.0,
    }
}

/// Whether it grew after the first round, in which all that is kept was made.
fn memory(one: &OfDatabase) -> Option<Reach> {
    let (first, last) = (*one.memory_mb.get(1)?, *one.memory_mb.last()?);
    Some(Reach {
        what: format!("memory of the server, {}", size(one)),
        asked: "flat: at most a tenth more than after the first round".into(),
        measured: format!("{first:.0} MB, in the end {last:.0} MB"),
        met: last <= first * 1.1,
    })
}

fn published(publishing: &Publishing) -> Reach {
    let share = publishing.server.together().per_second / publishing.pgbench_per_second;
    Reach {
        what: "throughput of publishing results".into(),
        asked: "at least half of pgbench's".into(),
        measured: format!("{share:.2} of it"),
        met: share >= 0.5,
    }
}
