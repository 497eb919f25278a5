//! `pactolus demo`: fills an empty server with a company, so that there is something to look at.

mod company;
mod contracts;
mod fill;
mod results;

use serde_json::{Value, json};

use crate::broker::{Broker, Connection};
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::terminal::{Style, remark};
use company::Company;
use fill::Counts;

const EXAMPLES: &str = "\
Example:
  pactolus serve &
  pactolus demo

The company is Sardis Shop: fifteen services of six teams, with weeks of builds behind them. All of it is published now,
over the API that builds use, and carries today's time: the API takes no other. No webhook of it reaches anybody; they
lead to hosts under .invalid. It is the same company each time, so that a demo that was interrupted is finished by
starting it again with --anyway.

Exit codes: 0 filled · 1 refused, since the server is not empty · 2 wrong usage, or the server rejects it ·
3 the server could not be asked";

#[derive(Debug, clap::Args)]
#[command(about = "Fill an empty server with a demo company", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Add the company to what the server has already
    #[arg(long)]
    anyway: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let broker = Broker::open(&arguments.connection)?;
    let company = Company::read();
    if !arguments.anyway {
        refuse_unless_empty(&broker).await?;
    }
    if arguments.output.is_for_people() {
        remark("Filling the server with Sardis Shop; this takes some seconds.\n");
    }
    let counts = fill::fill(&broker, &company).await?;

    let pages = pages();
    Ok(Outcome {
        exit: Exit::Yes,
        text: text(&broker, &company, &counts, &pages),
        json: summary(&broker, &company, &counts, &pages),
        id: None,
    })
}

async fn refuse_unless_empty(broker: &Broker) -> Result<(), Failure> {
    let there = broker.get(&broker.below("pacticipants")).await?.accepted("could not list the pacticipants")?;
    let names: Vec<&str> = there["_embedded"]["pacticipants"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect();
    let Some(first) = names.first() else { return Ok(()) };
    let others = match names.len() - 1 {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        more => format!(" and {more} others"),
    };
    let message = format!(
        "the server is not empty: it knows {first}{others}. The demo is for a server of its own; --anyway adds it to what \
         is there, where it stays until each pacticipant is deleted"
    );
    Err(Failure::new(Exit::No, "refused", message))
}

/// An OpenAPI document by name.
fn document(name: &str) -> &'static str {
    match name {
        "payments" => include_str!("demo/company/payments.yaml"),
        "payments-before" => include_str!("demo/company/payments-before.yaml"),
        "pricing" => include_str!("demo/company/pricing.yaml"),
        _ => include_str!("demo/company/accounts.yaml"),
    }
}

/// What to look at: why, and where.
fn pages() -> [(&'static str, &'static str); 9] {
    [
        ("everything, with what is red", "dashboard"),
        ("a service: versions, contracts, labels", "pacticipants/payments"),
        ("a contract that payments broke: $.amount became text", "pacts/provider/payments/consumer/checkout/latest"),
        ("since when, and which side moved", "matrix/provider/payments/consumer/checkout"),
        (
            "why payments can't go to production, and the smallest fix",
            "can-i-deploy?pacticipant=payments&version=a41c7e0&environment=production",
        ),
        ("what nobody has verified yet", "verification-requests"),
        ("what payments offers in OpenAPI, who uses it, and whom it breaks", "provider-contracts/payments"),
        ("four environments, with their contacts", "environments"),
        ("webhooks that fail, and one that was switched off", "webhooks"),
    ]
}

fn address(broker: &Broker, page: &str) -> String {
    let (path, query) = page.split_once('?').map_or((page, None), |(path, query)| (path, Some(query)));
    let mut address = broker.below(path);
    address.set_query(query);
    address.into()
}

fn text(broker: &Broker, company: &Company, counts: &Counts, pages: &[(&str, &str)]) -> String {
    let style = Style::of_stdout();
    let sentence = format!(
        "Filled the server with Sardis Shop: {} services, {} versions, {} contracts with {} contents, {} results ({} failed), {} deployments, {} releases, {} webhooks.",
        company.services.len(),
        counts.versions,
        company.contracts.len(),
        counts.contents,
        counts.results,
        counts.failed,
        counts.deployments,
        counts.releases,
        counts.webhooks,
    );
    let mut text = format!("{}\n", style.green(&style.wrapped(&sentence, 0)));
    if let Some(failure) = &counts.no_webhooks {
        text.push_str(&style.yellow("Webhooks are left out, since the server may not call their hosts:\n"));
        text.push_str(&failure.to_text());
    }
    text.push_str("\nLook at:\n");
    text.extend(pages.iter().map(|(why, page)| format!("  {why}\n    {}\n", address(broker, page))));
    text.push_str(
        "\nAsk:\n  pactolus can-i-deploy --pacticipant payments --version a41c7e0 --to-environment production\n",
    );
    text
}

fn summary(broker: &Broker, company: &Company, counts: &Counts, pages: &[(&str, &str)]) -> Value {
    json!({
        "pacticipants": company.services.len(),
        "versions": counts.versions,
        "contracts": company.contracts.len(),
        "contents": counts.contents,
        "results": counts.results,
        "failedResults": counts.failed,
        "providerContracts": counts.documents,
        "deployments": counts.deployments,
        "releases": counts.releases,
        "webhooks": counts.webhooks,
        "pages": pages.iter().map(|(why, page)| json!({ "about": why, "url": address(broker, page) })).collect::<Value>(),
    })
}
