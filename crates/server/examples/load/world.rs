//! Who there is and who talks to whom, before anything happens: a few hub providers with hundreds of consumers, and
//! many applications that consume a few others.

use std::collections::BTreeSet;

use crate::random::Random;

pub(crate) struct Pacticipant {
    pub(crate) name: String,
    pub(crate) main_branch: &'static str,
    /// Pairs in which it consumes, and in which it provides.
    pub(crate) consumes: Vec<usize>,
    pub(crate) provides: Vec<usize>,
    /// Marks its versions with tags beside branches, as people did before there were branches.
    pub(crate) tags: bool,
    /// Its versions are released to devices instead of deployed.
    pub(crate) releases: bool,
    /// Runs as two application instances in each environment.
    pub(crate) two_instances: bool,
}

pub(crate) struct Pair {
    pub(crate) consumer: usize,
    pub(crate) provider: usize,
    /// How often a build of the consumer promises something else.
    pub(crate) change_percent: usize,
}

pub(crate) struct World {
    pub(crate) pacticipants: Vec<Pacticipant>,
    pub(crate) pairs: Vec<Pair>,
    /// Sums of the weights up to each pacticipant: who builds next is found by bisection.
    activity: Vec<u64>,
}

/// The first hub has 300 consumers where there are enough.
const CONSUMERS_OF_FIRST_HUB: usize = 300;

impl World {
    pub(crate) fn of(count: usize, random: &mut Random) -> Self {
        let count = count.max(8);
        let hubs = (count / 200).max(1);
        let mut world = Self { pacticipants: Vec::new(), pairs: Vec::new(), activity: Vec::new() };
        for index in 0..count {
            let hub = index < hubs;
            world.pacticipants.push(Pacticipant {
                name: if hub { format!("hub-{index:02}") } else { name(index, random) },
                main_branch: if random.percent(85) { "main" } else { "master" },
                consumes: Vec::new(),
                provides: Vec::new(),
                tags: random.percent(30),
                releases: !hub && random.percent(5),
                two_instances: random.percent(5),
            });
        }
        for consumer in hubs..count {
            for provider in providers(consumer, hubs, random) {
                world.add_pair(consumer, provider, random);
            }
        }
        world.activity = activity(count, hubs, random);
        world
    }

    fn add_pair(&mut self, consumer: usize, provider: usize, random: &mut Random) {
        let change_percent = [1, 2, 4, 8, 8, 16, 30][random.below(7)];
        let pair = self.pairs.len();
        self.pairs.push(Pair { consumer, provider, change_percent });
        self.pacticipants[consumer].consumes.push(pair);
        self.pacticipants[provider].provides.push(pair);
    }

    /// Who builds next.
    pub(crate) fn next_builder(&self, random: &mut Random) -> usize {
        let total = self.activity.last().copied().unwrap_or(1);
        let at = random.bits() % total;
        self.activity.partition_point(|sum| *sum <= at)
    }
}

fn name(index: usize, random: &mut Random) -> String {
    const THINGS: [&str; 16] = [
        "accounts",
        "basket",
        "billing",
        "catalogue",
        "checkout",
        "customers",
        "delivery",
        "discounts",
        "identity",
        "invoices",
        "orders",
        "payments",
        "prices",
        "returns",
        "search",
        "stock",
    ];
    const FORMS: [&str; 5] = ["api", "app", "service", "web", "worker"];
    format!("{}-{}-{index:04}", THINGS[random.below(THINGS.len())], FORMS[random.below(FORMS.len())])
}

/// One to six of them. Earlier applications provide for later ones, so nobody waits for itself in a circle.
fn providers(consumer: usize, hubs: usize, random: &mut Random) -> BTreeSet<usize> {
    let mut providers = BTreeSet::new();
    if consumer < hubs + CONSUMERS_OF_FIRST_HUB {
        providers.insert(0);
    }
    let wanted = [1, 1, 2, 2, 3, 4, 6][random.below(7)];
    for _ in 0..wanted {
        let others = consumer - hubs;
        if others == 0 || random.percent(35) {
            // Who uses the first hub is settled above.
            providers.insert(if hubs > 1 { 1 + random.below(hubs - 1) } else { 0 });
        } else {
            // The smaller of two: the older an application, the more use it.
            providers.insert(hubs + random.below(others).min(random.below(others)));
        }
    }
    providers
}

/// Zipf's law: a few build thousands of times, most some tens of times. Hubs build now and then, since each of their
/// builds verifies hundreds of contracts.
fn activity(count: usize, hubs: usize, random: &mut Random) -> Vec<u64> {
    let mut ranks: Vec<u32> = (1..).take(count - hubs).collect();
    for index in (1..ranks.len()).rev() {
        ranks.swap(index, random.below(index + 1));
    }
    let weight = |rank: &u32| 1e6 / f64::from(*rank).powf(0.7);
    let others: f64 = ranks.iter().map(weight).sum();
    let hub = |index: usize| if index == 0 { others * 0.004 } else { others * 0.002 };
    let weights = (0..hubs).map(hub).chain(ranks.iter().map(weight));
    let mut sum = 0;
    weights
        .map(|weight| {
            sum += whole(weight);
            sum
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are positive and small")]
fn whole(weight: f64) -> u64 {
    weight as u64 + 1
}
