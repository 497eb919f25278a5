//! The answer in a terminal: what was assumed, the rows as a table, why these versions, what stands in the way and what
//! would change it, and the order for versions that go together. Answers of other Pact Brokers have less.

use serde_json::{Value, json};

use crate::broker::notices;
use crate::terminal::{Notice, Style, table};

/// All below the headline.
pub(super) fn paragraphs(answer: &Value, style: Style) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let assumed =
        list(&answer["assumed"]).iter().map(|one| style.wrapped(&format!("  - {}", text(&one["text"])), 4) + "\n");
    push(&mut paragraphs, "Assumed\n", &assumed.collect::<Vec<String>>());
    let rows = rows(answer);
    if !rows.is_empty() {
        let header = ["CONSUMER", "C.VERSION", "PROVIDER", "P.VERSION", "SUCCESS?", "RESULT"];
        let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
        paragraphs.push(table(&header, &cells));
    }
    push(&mut paragraphs, "Why these versions\n", &why(answer, style));
    push(&mut paragraphs, "Verification results\n", &rows.iter().filter_map(Row::link).collect::<Vec<String>>());
    push(&mut paragraphs, "", &reasons(answer).iter().map(|reason| reason.told(style)).collect::<Vec<String>>());
    push(&mut paragraphs, "", &order(answer, style));
    if let Some(address) = answer.pointer("/_links/pb:verdict/href").and_then(Value::as_str) {
        paragraphs.push(format!("Recorded at {address}\n"));
    }
    paragraphs
}

/// Whether the versions can only go at the same moment.
pub(super) fn has_no_order(answer: &Value) -> bool {
    answer["order"]["circle"].is_array()
}

fn push(paragraphs: &mut Vec<String>, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        paragraphs.push(format!("{title}{}", lines.concat()));
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Each version once that was not asked for by its number.
fn why(answer: &Value, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let reasons = list(&answer["reasons"]).iter();
    for side in reasons.flat_map(|reason| [&reason["consumer"], &reason["provider"]]) {
        let (name, chosen) = (text(&side["name"]), text(&side["chosen"]));
        let line = match side["version"].as_str() {
            Some(version) => format!("  {name} {version}: {chosen}"),
            None => format!("  {name}: {chosen}"),
        };
        let line = style.wrapped(&line, 4) + "\n";
        if !chosen.is_empty() && chosen != "asked for by number" && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What is said of the answer, and what would change it.
struct Reason {
    notice: Notice,
    assumes: Vec<String>,
    /// That the missing result was asked for.
    requested: Option<String>,
    fixes: Vec<String>,
}

/// The notices, else the summary's reason.
fn reasons(answer: &Value) -> Vec<Reason> {
    let mut told = notices(answer);
    if let (true, Some(reason)) = (told.is_empty(), answer["summary"]["reason"].as_str()) {
        told.push(Notice { level: "info".to_owned(), text: reason.to_owned() });
    }
    let order = text(&answer["order"]["text"]);
    told.into_iter()
        .filter(|notice| order.is_empty() || notice.text != order)
        .map(|one| Reason::of(one, answer))
        .collect()
}

impl Reason {
    /// A notice has in one line what its reason has in parts.
    fn of(mut notice: Notice, answer: &Value) -> Self {
        let is_its = |reason: &&Value| {
            let said = text(&reason["text"]);
            let has_parts = ["fixes", "assumes", "verificationRequest"].iter().any(|part| !reason[part].is_null());
            let rest = notice.text.strip_prefix(said);
            has_parts && !said.is_empty() && rest.is_some_and(|rest| rest.starts_with(['.', ' ']))
        };
        let Some(reason) = list(&answer["reasons"]).iter().find(is_its) else {
            return Self { notice, assumes: Vec::new(), requested: None, fixes: Vec::new() };
        };
        text(&reason["text"]).clone_into(&mut notice.text);
        Self {
            notice,
            assumes: list(&reason["assumes"]).iter().map(|one| text(one).to_owned()).collect(),
            requested: reason["verificationRequest"]["text"].as_str().map(String::from),
            fixes: list(&reason["fixes"]).iter().map(|fix| text(&fix["text"]).to_owned()).collect(),
        }
    }

    fn told(&self, style: Style) -> String {
        let Notice { level, text } = &self.notice;
        let notice = Notice { level: level.clone(), text: style.wrapped(text, 2) };
        let assumed = self.assumes.iter().map(|one| format!("  assuming: {one}"));
        let requested = self.requested.iter().map(|one| format!("  {one}"));
        let words = std::iter::once("to change this").chain(std::iter::repeat("or"));
        let fixes = self.fixes.iter().zip(words).map(|(fix, word)| format!("  {word}: {fix}"));
        let more: Vec<String> =
            assumed.chain(requested).chain(fixes).map(|line| style.wrapped(&line, 4) + "\n").collect();
        format!("{}\n{}", style.notice(&notice), more.concat())
    }
}

/// The order of versions that go together, or what keeps them from having one.
fn order(answer: &Value, style: Style) -> Vec<String> {
    let order = &answer["order"];
    if order.is_null() {
        return Vec::new();
    }
    let turn = |turn: &Value| format!("{} {}", text(&turn["pacticipant"]), text(&turn["version"]));
    if let Some(steps) = order["steps"].as_array() {
        let steps = steps.iter().zip(1..).map(|(step, number)| format!("  {number}. {}\n", turn(step)));
        return std::iter::once("Deploy them in this order\n".to_owned()).chain(steps).collect();
    }
    let first = text(&order["text"]).lines().next().unwrap_or_default();
    let mut lines = vec![style.yellow(first) + "\n"];
    for part in list(&order["circle"]) {
        lines.push(format!("{} can't go before {}\n", turn(&part["going"]), turn(&part["waitsFor"])));
        for reason in list(&part["reasons"]) {
            let because = format!("  because: {}", text(&reason["text"]));
            let fixes = list(&reason["fixes"]).iter().map(|fix| format!("  to change this: {}", text(&fix["text"])));
            lines.extend(std::iter::once(because).chain(fixes).map(|line| style.wrapped(&line, 4) + "\n"));
        }
    }
    lines
}

/// One row of the matrix, as it is shown.
struct Row {
    consumer: [String; 2],
    provider: [String; 2],
    /// `None` if not verified.
    success: Option<bool>,
    ignored: bool,
    assumed: bool,
    /// Its number in the list of links, from 1, and the link.
    result: Option<(usize, String)>,
}

fn rows(answer: &Value) -> Vec<Row> {
    let mut number = 0;
    let reasons = list(&answer["reasons"]).iter().map(Some).chain(std::iter::repeat(None));
    let row = |(entry, reason): (&Value, Option<&Value>)| {
        let side = |role: &str| {
            let number = &entry[role]["version"]["number"];
            // The matrix names no provider version without a result, the reason does.
            let named = reason.map_or(number, |reason| &reason[role]["version"]);
            [text(&entry[role]["name"]), number.as_str().unwrap_or_else(|| text(named))].map(str::to_owned)
        };
        let result = &entry["verificationResult"];
        let link = result["_links"]["self"]["href"].as_str();
        Row {
            consumer: side("consumer"),
            provider: side("provider"),
            success: result["success"].as_bool(),
            ignored: entry["ignored"] == json!(true),
            assumed: result["assumed"] == json!(true),
            result: link.map(|href| {
                number += 1;
                (number, href.to_owned())
            }),
        }
    };
    list(&answer["matrix"]).iter().zip(reasons).map(row).collect()
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let or_unknown = |text: &String| if text.is_empty() { "???".to_owned() } else { text.clone() };
        let success = match self.success {
            Some(success) => success.to_string(),
            None => "???".to_owned(),
        };
        let mark = match (self.ignored, self.assumed) {
            (true, _) => " [ignored]",
            (_, true) => " [assumed]",
            _ => "",
        };
        let result = self.result.as_ref().map(|(number, _)| number.to_string()).unwrap_or_default();
        let [consumer, consumer_version] = &self.consumer;
        let [provider, provider_version] = &self.provider;
        vec![
            consumer.clone(),
            or_unknown(consumer_version),
            provider.clone(),
            or_unknown(provider_version),
            format!("{success}{mark}"),
            result,
        ]
    }

    fn link(&self) -> Option<String> {
        let (number, href) = self.result.as_ref()?;
        let success = match self.success {
            Some(true) => "success",
            Some(false) => "failure",
            None => "unknown",
        };
        Some(format!("{number}. {href} ({success})\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &Value, style: Style, expected: &str) {
        assert_eq!(paragraphs(answer, style).join("\n"), expected);
    }

    #[test]
    fn a_missing_result_is_told_with_what_would_change_it() {
        let said =
            "There is no verified pact between version 2 of shop and the version of stock currently in prod (39)";
        let fixes =
            json!([{ "text": "verify contract dbd4ee7 of shop 2 with stock 39" }, { "text": "deploy stock 40" }]);
        let answer = json!({
            "notices": [{ "type": "error", "text": format!("{said} (and more). To change this: whatever.") }],
            "matrix": [{
                "consumer": { "name": "shop", "version": { "number": "2" } },
                "provider": { "name": "stock", "version": null },
                "verificationResult": null,
            }],
            "reasons": [{
                "text": said,
                "consumer": { "name": "shop", "version": "2", "chosen": "asked for by number" },
                "provider": { "name": "stock", "version": "39", "chosen": "deployed in prod since yesterday" },
                "fixes": fixes,
                "verificationRequest": { "text": "a verification was requested just now" },
            }],
        });

        check(
            &answer,
            Style::PLAIN.with_columns(60),
            "CONSUMER  C.VERSION  PROVIDER  P.VERSION  SUCCESS?  RESULT\n\
             --------  ---------  --------  ---------  --------  ------\n\
             shop      2          stock     39         ???\n\
             \n\
             Why these versions\n  \
               stock 39: deployed in prod since yesterday\n\
             \n\
             error: There is no verified pact between version 2 of shop and the\n  \
               version of stock currently in prod (39)\n  \
               a verification was requested just now\n  \
               to change this: verify contract dbd4ee7 of shop 2 with\n    \
                 stock 39\n  \
               or: deploy stock 40\n",
        );
    }

    #[test]
    fn an_order_is_told_last_and_once() {
        let answer = json!({
            "notices": [
                { "type": "success", "text": "All is well (assuming that pay 7 is there)" },
                { "type": "info", "text": "A safe order: stock 40, then shop 2" },
            ],
            "matrix": [],
            "reasons": [{ "text": "All is well", "assumes": ["pay 7 is there"] }],
            "assumed": [{ "kind": "deployed", "text": "pay 7 is there" }],
            "order": {
                "steps": [{ "pacticipant": "stock", "version": "40" }, { "pacticipant": "shop", "version": "2" }],
                "text": "A safe order: stock 40, then shop 2",
            },
        });

        check(
            &answer,
            Style::PLAIN,
            "Assumed\n  \
               - pay 7 is there\n\
             \n\
             All is well\n  \
               assuming: pay 7 is there\n\
             \n\
             Deploy them in this order\n  \
               1. stock 40\n  \
               2. shop 2\n",
        );
    }

    #[test]
    fn without_an_order_it_is_told_what_would_break_the_circle() {
        let turn = |pacticipant: &str| json!({ "pacticipant": pacticipant, "version": "2" });
        let part = |going: &str, other: &str| {
            json!({
                "going": turn(going), "waitsFor": turn(other),
                "reasons": [{ "text": "not verified", "fixes": [{ "text": "verify it" }] }],
            })
        };
        let circle = [part("shop", "stock"), part("stock", "shop")];
        let answer = json!({ "order": { "steps": null, "text": "There is no order.\nAnd more.", "circle": circle } });

        assert!(has_no_order(&answer));
        check(
            &answer,
            Style::PLAIN,
            "There is no order.\n\
             shop 2 can't go before stock 2\n  \
               because: not verified\n  \
               to change this: verify it\n\
             stock 2 can't go before shop 2\n  \
               because: not verified\n  \
               to change this: verify it\n",
        );
    }
}
