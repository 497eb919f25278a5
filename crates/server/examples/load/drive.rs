//! Asks a server: as often as so many clients can (each sends when it has its answer), or at an offered rate (requests
//! come when they come, as from pipelines that know nothing of each other).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::Method;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::Result;
use crate::client::{Answer, Client};
use crate::random::Random;
use crate::requests::{Accept, Kind, Requests};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many clients, each of which asks again as soon as it has its answer.
    Clients(usize),
    /// So many requests a second at random moments, over as many connections. Time is measured from the moment at which
    /// a request is due, so that waiting for a connection counts.
    Rate(f64, usize),
}

impl Pace {
    pub(crate) fn connections(self) -> usize {
        let (Self::Clients(connections) | Self::Rate(_, connections)) = self;
        connections
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Time(Duration),
    Requests(usize),
}

/// One answer, as it was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    pub(crate) took: Duration,
    pub(crate) bytes: usize,
}

/// What came of asking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) samples: Vec<Sample>,
    /// For each wrong answer what was wrong.
    pub(crate) errors: Vec<(Kind, String)>,
    pub(crate) took: Duration,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Self) {
        self.samples.extend(other.samples);
        self.errors.extend(other.errors);
        self.took += other.took;
    }
}

/// What is asked, and of whom.
pub(crate) struct Work {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Requests,
    /// Weights; a kind without one is never asked.
    pub(crate) mix: Vec<(Kind, u32)>,
    /// Part of the name of whatever is written.
    pub(crate) run: String,
    pub(crate) seed: u64,
    /// How long the answers to what only reads are, by subject. Empty when answers may change.
    pub(crate) lengths: BTreeMap<Kind, Vec<usize>>,
    written: AtomicUsize,
}

impl Work {
    pub(crate) fn new(address: SocketAddr, requests: Requests, mix: Vec<(Kind, u32)>, run: String, seed: u64) -> Self {
        Self { address, requests, mix, run, seed, lengths: BTreeMap::new(), written: AtomicUsize::new(0) }
    }

    /// Asks about every subject once, looks into the answers, and remembers how long they are, so that another answer to
    /// the same question is noticed later.
    pub(crate) async fn try_out(&mut self) -> Result<()> {
        let mut client = Client::connect(self.address).await?;
        for (kind, makes) in &self.requests {
            let mut lengths = Vec::new();
            for (subject, make) in makes.iter().enumerate() {
                let mut request = make(&self.unique());
                if request.accept == Accept::Page {
                    request.accept = Accept::PlainPage;
                }
                let asked = format!("{}: {} {}", kind.name(), request.method, request.uri);
                let answer = client.ask(request).await?;
                let known = check(*kind, &answer, None).and_then(|()| kind.check(&answer.body));
                known.map_err(|error| format!("{asked} (subject {subject}): {error}"))?;
                lengths.push(answer.body.len());
            }
            if kind.has_steady_length() && !self.mix.iter().any(|(kind, _)| kind.writes()) {
                self.lengths.insert(*kind, lengths);
            }
        }
        Ok(())
    }

    /// The mean length of an answer, in bytes.
    pub(crate) fn mean_length(&self, kind: Kind) -> usize {
        let lengths = self.lengths.get(&kind).map(Vec::as_slice).unwrap_or_default();
        lengths.iter().sum::<usize>() / lengths.len().max(1)
    }

    fn unique(&self) -> String {
        format!("load-{}-{}", self.run, self.written.fetch_add(1, Ordering::Relaxed))
    }

    fn choose(&self, random: &mut Random) -> Kind {
        let total: u32 = self.mix.iter().map(|(_, weight)| weight).sum();
        let mut at = random.below(usize::try_from(total).unwrap_or(1).max(1));
        for (kind, weight) in &self.mix {
            let weight = usize::try_from(*weight).unwrap_or(0);
            if at < weight {
                return *kind;
            }
            at -= weight;
        }
        self.mix[0].0
    }
}

/// Asks for so long. Connects before the clock starts.
pub(crate) async fn drive(work: &Arc<Work>, pace: Pace, length: Length) -> Result<Outcome> {
    let mut clients = Vec::new();
    for _ in 0..pace.connections() {
        clients.push(Client::connect(work.address).await?);
    }
    let mut asking = JoinSet::new();
    let started = Instant::now();
    let turns = Arc::new(turns(work, pace, length, started));
    for (number, client) in clients.into_iter().enumerate() {
        let random = Random::of(work.seed.wrapping_add(u64::try_from(number)?).wrapping_mul(0x9e37_79b9));
        asking.spawn(ask(Arc::clone(work), Arc::clone(&turns), client, random));
    }
    let mut outcome = Outcome::default();
    while let Some(of_one) = asking.join_next().await {
        outcome.add(of_one?);
    }
    outcome.took = started.elapsed();
    Ok(outcome)
}

/// When a client may ask next.
enum Turns {
    Until(Instant),
    Left(AtomicUsize),
    /// Moments at which a request is due.
    Due(Mutex<mpsc::UnboundedReceiver<Instant>>),
}

impl Turns {
    /// From when the request's time is measured; `None` when all is done.
    async fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        match self {
            Self::Until(end) => (now < *end).then_some(now),
            Self::Left(left) => {
                let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                taken.is_ok().then_some(now)
            }
            Self::Due(due) => due.lock().await.recv().await,
        }
    }
}

fn turns(work: &Work, pace: Pace, length: Length, started: Instant) -> Turns {
    let rate = match (pace, length) {
        (Pace::Clients(_), Length::Time(time)) => return Turns::Until(started + time),
        (Pace::Clients(_), Length::Requests(count)) => return Turns::Left(AtomicUsize::new(count)),
        (Pace::Rate(rate, _), _) => rate,
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut random = Random::of(work.seed);
    // A thread of its own, since the runtime's timer knows only milliseconds.
    std::thread::spawn(move || {
        let mut due = started;
        for count in 0.. {
            due += gap(rate, &mut random);
            let over = match length {
                Length::Time(time) => due >= started + time,
                Length::Requests(most) => count >= most,
            };
            if over {
                break;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send(due).is_err() {
                break;
            }
        }
    });
    Turns::Due(Mutex::new(receiver))
}

/// Between two requests that know nothing of each other: exponentially distributed.
#[expect(clippy::cast_precision_loss, reason = "32 bits are kept exactly")]
fn gap(rate: f64, random: &mut Random) -> Duration {
    let uniform = ((random.bits() >> 32) as f64 + 1.0) / 4_294_967_297.0;
    Duration::from_secs_f64(-uniform.ln() / rate)
}

async fn ask(work: Arc<Work>, turns: Arc<Turns>, mut client: Client, mut random: Random) -> Outcome {
    let mut outcome = Outcome::default();
    while let Some(since) = turns.next().await {
        let kind = work.choose(&mut random);
        let makes = &work.requests[&kind];
        let subject = random.below(makes.len());
        let request = makes[subject](&work.unique());
        let (method, uri) = (request.method.clone(), request.uri.clone());
        let answered = client.ask(request).await;
        let took = since.elapsed();
        let known = match answered {
            Ok(answer) => {
                let length = work.lengths.get(&kind).map(|lengths| lengths[subject]);
                outcome.samples.push(Sample { kind, took, bytes: answer.body.len() });
                check(kind, &answer, length)
            }
            Err(error) => {
                let text = format!("no answer: {error}");
                match Client::connect(work.address).await {
                    Ok(again) => client = again,
                    Err(gone) => {
                        outcome.errors.push((kind, format!("{text}; and then: {gone}")));
                        return outcome;
                    }
                }
                Err(text)
            }
        };
        if let Err(error) = known {
            outcome.errors.push((kind, told(&method, &uri, &error)));
        }
    }
    outcome
}

fn told(method: &Method, uri: &hyper::Uri, error: &str) -> String {
    format!("{method} {uri}: {error}")
}

fn check(kind: Kind, answer: &Answer, length: Option<usize>) -> std::result::Result<(), String> {
    if answer.status != kind.expected() {
        let start = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]).into_owned();
        return Err(format!("{} instead of {}: {start}", answer.status, kind.expected()));
    }
    match length {
        Some(length) if length != answer.body.len() => {
            Err(format!("{} bytes instead of {length}, although nothing was written", answer.body.len()))
        }
        _ => Ok(()),
    }
}
