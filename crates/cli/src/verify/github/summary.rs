//! The summary of a step: a table by contract, and below it what went wrong, folded up.

use pactolus_verify::{ContractReport, InteractionReport, Result};
use std::fmt::Write as _;

use super::super::tally::{Standing, Tally, count_of};
use super::super::text::{again, facts, one_line, troubles, verdict};
use super::super::values::Row;
use super::super::{Finished, mismatches, of, plain};

/// GitHub takes no more for a step, and nothing at all of what is longer.
const LIMIT_BYTES: usize = 1024 * 1024;
/// What is kept for the remark that something was cut.
const REMARK_BYTES: usize = 1024;
/// More contracts make no table that anybody reads.
const ROWS: usize = 500;
/// More interactions of one trouble are counted.
const CONCERNED: usize = 50;

/// To be added to the file that `GITHUB_STEP_SUMMARY` names.
pub(crate) fn summary(finished: &Finished<'_>) -> String {
    cut(finished, LIMIT_BYTES)
}

fn cut(finished: &Finished<'_>, limit_bytes: usize) -> String {
    let report = finished.report;
    let mut text = format!("### {}\n\n{}", escaped(&verdict(report)), table(finished, limit_bytes / 2));
    let room = limit_bytes.saturating_sub(REMARK_BYTES);
    let mut left_out = 0;
    for part in parts(finished) {
        if text.len() + part.len() <= room {
            text.push_str(&part);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let _ = writeln!(text, "\n_{left_out} more left out: GitHub shows 1 MiB. See the log, or write --json FILE._");
    }
    text
}

fn table(finished: &Finished<'_>, limit_bytes: usize) -> String {
    let mut text = String::from(
        "| | Consumer | Passed | Failed | Not asked | Not judged | Pending | Skipped |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut rows = 0;
    for (contract, published) in finished.contracts().take(ROWS) {
        let tally = Tally::of_contract(contract);
        let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
        let cells = [
            mark(contract, tally).to_owned(),
            consumer(contract, published),
            count(tally.passed),
            count(tally.failed),
            count(tally.not_asked),
            count(tally.not_judged),
            count(tally.pending),
            count(tally.skipped),
        ];
        let row = format!("| {} |\n", cells.join(" | "));
        if text.len() + row.len() > limit_bytes {
            break;
        }
        text.push_str(&row);
        rows += 1;
    }
    if rows < finished.report.contracts.len() {
        let _ = writeln!(text, "\n… and {} more", count_of(finished.report.contracts.len() - rows, "contract"));
    }
    text
}

fn mark(contract: &ContractReport, tally: Tally) -> &'static str {
    if tally.failed > 0 {
        "❌"
    } else if contract.unreadable.is_some() && !contract.source.is_pending
        || tally.not_asked + tally.not_judged > 0
        || tally.passed + tally.pending == 0
    {
        "❔"
    } else if tally.pending > 0 {
        "⏳"
    } else {
        "✅"
    }
}

fn consumer(contract: &ContractReport, published: Option<&str>) -> String {
    let name = if contract.consumer.is_empty() { &contract.source.location } else { &contract.consumer };
    let name = escaped(&plain::line(name, plain::NAME));
    let is_address = |address: &&str| address.starts_with("https://") || address.starts_with("http://");
    let name = match published.filter(is_address) {
        Some(address) => format!("<a href=\"{}\">{name}</a>", escaped(&plain::line(address, 2_000))),
        None => name,
    };
    match &contract.unreadable {
        Some(reason) => format!("{name}: can&#39;t be read: {}", escaped(&plain::line(reason, plain::SENTENCE))),
        None => name,
    }
}

/// What went wrong, each to be unfolded.
fn parts<'a>(finished: &'a Finished<'_>) -> impl Iterator<Item = String> + use<'a> {
    let report = finished.report;
    let failed = of(report, Standing::Failed).map(|one| ("❌", one));
    let not_judged = of(report, Standing::NotJudged).map(|one| ("❔", one));
    let pending = of(report, Standing::Pending).map(|one| ("⏳", one));
    let not_asked = troubles(report).into_iter().map(|(trouble, concerned)| {
        let mut lines: Vec<String> =
            concerned.iter().take(CONCERNED).map(|(contract, one)| one_line(contract, one)).collect();
        if concerned.len() > CONCERNED {
            lines.push(format!("… and {} more", concerned.len() - CONCERNED));
        }
        let keys: Vec<&str> = concerned.iter().map(|(_, one)| one.interaction.key.as_str()).collect();
        lines.extend([String::new(), again(finished.command, &keys)]);
        details("❔", &plain::line(&trouble.message, plain::SENTENCE), &lines)
    });
    let told = |(mark, (contract, one))| details(mark, &one_line(contract, one), &lines(one, finished.command));
    failed.map(told).chain(not_asked).chain(not_judged.chain(pending).map(told))
}

/// A block in which nothing is Markdown or HTML: its fence is longer than any run of backticks within.
fn details(mark: &str, title: &str, lines: &[String]) -> String {
    let content = lines.join("\n");
    let longest = content.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "\n<details><summary>{mark} {}</summary>\n\n{fence}diff\n{content}\n{fence}\n\n</details>\n",
        escaped(title)
    )
}

/// Marks stand first in the line, where GitHub colours them.
fn lines(one: &InteractionReport, command: &str) -> Vec<String> {
    let mut lines: Vec<String> = facts(one).iter().map(|(name, value)| format!("  {name:<9}{value}")).collect();
    match &one.result {
        Result::Failed(found) => {
            for rows in mismatches::paragraphs(found) {
                lines.push(String::new());
                lines.extend(rows.iter().map(|row| match row {
                    Row::Expected(_) => format!("- {}", row.to_text()),
                    Row::Actual(_) => format!("+ {}", row.to_text()),
                    Row::Note(_) | Row::Head { .. } => format!("  {}", row.to_text()),
                    Row::Same(_) | Row::OnlyExpected(_) | Row::OnlyActual(_) => row.to_text(),
                }));
            }
        }
        Result::NotJudged(why) => lines.extend([String::new(), format!("  {}", plain::line(why, plain::SENTENCE))]),
        Result::NotAsked(trouble) => {
            lines.extend([String::new(), format!("  {}", plain::line(&trouble.message, plain::SENTENCE))]);
        }
        Result::Passed | Result::Skipped(_) => {}
    }
    lines.extend([String::new(), format!("  {}", again(command, &[&one.interaction.key]))]);
    lines
}

/// Nothing but letters, digits and harmless signs stays as it is: neither Markdown nor HTML has anything to obey.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' | ',' | '.' | '/' | '?' | '=' | '%' => safe.push(character),
            sign if sign.is_ascii_punctuation() => {
                let _ = write!(safe, "&#{};", u32::from(sign));
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use pactolus_verify::Report;

    use super::*;
    use crate::verify::examples::{self, COMMAND, contract, failed, report, unreadable};

    fn finished(report: &Report) -> Finished<'_> {
        Finished { report, published: &[], command: COMMAND }
    }

    #[test]
    fn a_table_tells_each_contract() {
        let mut run = examples::one_of_each();
        run.contracts.push(unreadable("log"));
        run.contracts.push(contract("web", [examples::passed("a")]));
        let published = [Some("https://broker/results/1?a=\"b\"".to_owned())];

        let told = table(&Finished { published: &published, ..finished(&run) }, LIMIT_BYTES);

        assert_snapshot!(told, @r#"
        | | Consumer | Passed | Failed | Not asked | Not judged | Pending | Skipped |
        |---|---|--:|--:|--:|--:|--:|--:|
        | ❌ | <a href="https&#58;//broker/results/1?a=&#34;b&#34;">shop</a> | 1 | 1 | 1 | 1 |  | 1 |
        | ⏳ | pay | 1 |  |  |  | 3 |  |
        | ❔ | pacts/log.json: can&#39;t be read: it is not JSON&#58; expected value at line 1 column 1 |  |  |  |  |  |  |
        | ✅ | web | 1 |  |  |  |  |  |
        "#);
    }

    #[test]
    fn a_failure_is_folded_up_below_the_table() {
        assert_snapshot!(summary(&finished(&examples::deep_body())), @r#"
        ### ✗ stock 1.2.3 breaks shop&#58; 1 failed, 1 passed &#40;1 contract, 2 requests, 1.2 s&#41;

        | | Consumer | Passed | Failed | Not asked | Not judged | Pending | Skipped |
        |---|---|--:|--:|--:|--:|--:|--:|
        | ❌ | shop | 1 | 1 |  |  |  |  |

        <details><summary>❌ shop&#58; a request for the orders of a customer, given customer 7 has orders and the user is logged in</summary>

        ```diff
          given    customer 7 has orders {"id":7,"orders":1}
          and      the user is logged in
          request  GET /customers/7/orders?expand=items
          test     OrderClientTest.getsOrders

          status  expected 200 but was 206

          body $.orders[0].items[0].id  must be an integer
        - expected  0
        + actual    "x"
          the same at $.orders[0].items[1].id

          body $.orders[0].state  must match '^(open|paid)$'
        - expected  "open"
        + actual    "cancelled"

          body $.orders[0].total.amount  must be a decimal number
        - expected  12.5
        + actual    null

          body $.orders[0].address  Actual map is missing the following keys: zip
          - expected  + actual
          {
            "city": "Delft",
        -   "country": {
        -     "code": "NL",
        -     "name": "Netherlands"
        -   },
        +   "country": "NL",
            "street": "1 Main St",
        -   "zip": "2611"
        +   "zipCode": "2611"
          }

          run just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only karequest
        ```

        </details>
        "#);
    }

    #[test]
    fn a_provider_that_is_down_is_told_once() {
        let run = report([contract("shop", (0..3).map(|number| examples::not_asked(&number.to_string())))]);

        assert_snapshot!(summary(&finished(&run)), @"
        ### ? stock 1.2.3 is not verified&#58; 3 not asked &#40;1 contract, 0 requests, 1.2 s&#41;

        | | Consumer | Passed | Failed | Not asked | Not judged | Pending | Skipped |
        |---|---|--:|--:|--:|--:|--:|--:|
        | ❔ | shop |  |  | 3 |  |  |  |

        <details><summary>❔ can&#39;t connect to http&#58;//127.0.0.1&#58;8080 &#40;connection refused&#41;&#58; start the provider before, or correct &#45;&#45;provider&#45;base&#45;url</summary>

        ```diff
        shop: 0
        shop: 1
        shop: 2

        run just these again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only k0 --only k1 --only k2
        ```

        </details>
        ");
    }

    #[test]
    fn no_text_of_a_contract_breaks_out() {
        let told = summary(&finished(&examples::hostile()));

        let row = told.lines().nth(4).unwrap();
        assert_eq!(row.matches('|').count(), 9, "{row}");
        let (outside, block): (Vec<_>, Vec<_>) = {
            let mut is_block = false;
            told.lines().partition(|line| {
                is_block ^= line.starts_with("````");
                !is_block
            })
        };
        assert!(!outside.join("\n").contains("script>") && !outside.join("\n").contains("</pre>"));
        assert!(block.contains(&"+ ```") && block.contains(&"+ </pre>"), "{told}");
    }

    #[test]
    fn what_is_too_long_for_github_is_cut_with_a_remark() {
        let run = report([contract("shop", (0..100).map(|number| failed(&number.to_string())))]);

        let told = cut(&finished(&run), 8 * 1024);

        assert!(told.len() <= 8 * 1024);
        assert_eq!(told.matches("<details>").count(), told.matches("</details>").count());
        assert!(told.ends_with("more left out: GitHub shows 1 MiB. See the log, or write --json FILE._\n"), "{told}");
    }

    #[test]
    fn the_largest_table_leaves_room_for_failures() {
        let long = "|".repeat(500);
        let many = (0..2_000).map(|_| contract(&long, [failed(&long)]));

        let told = summary(&finished(&report(many)));

        assert!(told.len() <= LIMIT_BYTES && told.contains("<details>"), "{}", told.len());
    }
}
