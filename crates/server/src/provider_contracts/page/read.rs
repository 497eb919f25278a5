//! A document as the page needs it: its operations, who calls each, what was tried of it, and what does not fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pactolus_domain::provider_contract::Specification;
use pactolus_domain::usage::normalised;
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::exercise::{Exercise, Exercised, exercised};
use pactolus_oas::fields::Operations;
use pactolus_oas::model::Api;
use pactolus_oas::pointer::Pointer;
use pactolus_oas::source::Budget;

use super::finding::Finding;
use super::gather::Told;

/// In an address, what is about no operation; no operation is called so.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// What came of reading a document.
pub(super) enum Reading {
    Operations(Box<Seen>),
    /// It has none that could be listed, for a reason that people are told.
    Whole(String),
}

/// A document that was read.
pub(super) struct Seen {
    pub(super) document: Document,
    pub(super) operations: Vec<Operation>,
    /// What the report of the provider's own tests says; `None` without a report.
    pub(super) exercise: Option<Exercise>,
    pub(super) findings: Vec<Found>,
}

/// An operation that the document describes.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// In capitals.
    pub(super) method: String,
    /// As the document writes it.
    pub(super) path: String,
    pub(super) pointer: Pointer,
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    pub(super) summary: String,
    /// By which it is grouped where there are many.
    pub(super) tag: Option<String>,
    pub(super) is_deprecated: bool,
    /// How contracts write it.
    pub(super) paths: BTreeSet<String>,
    /// Who calls it.
    pub(super) users: BTreeSet<String>,
    /// Places in the list of findings, errors first.
    pub(super) findings: Vec<usize>,
}

/// A finding, whose it is, and which operation it is about.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The place in the list of those of whom something was found.
    pub(super) of: usize,
    pub(super) finding: Finding,
    /// `None` if it is about none that the document describes.
    pub(super) operation: Option<usize>,
}

impl Reading {
    pub(super) fn of(told: &Told) -> Self {
        if told.shown.specification != Specification::OpenApi.as_str() {
            return Self::Whole(format!(
                "Operations are listed of OpenAPI documents; this one is {}. It is shown as it was published.",
                told.shown.specification
            ));
        }
        let document = match Document::load(&told.text, &Budget::default()) {
            Ok(document) => document,
            Err(error) => return Self::Whole(format!("This document can't be read: {}.", in_full(&error))),
        };
        if document.version().describes_messages() {
            return Self::Whole(
                "Operations are listed of OpenAPI documents; this one describes messages. It is shown as it was published."
                    .to_owned(),
            );
        }
        Self::Operations(Box::new(Seen::of(told, document)))
    }
}

/// With what it comes of.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl Seen {
    fn of(told: &Told, document: Document) -> Self {
        let api = Api::of(&document);
        let by_path = Operations::of(&api);
        let mut operations: Vec<Operation> =
            api.operations.iter().map(|operation| Operation::of(&document, operation)).collect();
        call(&mut operations, &by_path, told);
        let findings = find(told, &api, &by_path);
        let mut order: Vec<usize> = (0..findings.len()).collect();
        order.sort_by_key(|place| findings[*place].finding.rank());
        for place in order {
            if let Some(operation) = findings[place].operation {
                operations[operation].findings.push(place);
            }
        }
        let exercise = told.report.as_deref().map(|report| exercised(report, &document));
        Self { document, operations, exercise, findings }
    }

    /// Which operation is shown: the one that is asked for, else the first that does not fit, else the first that is used.
    pub(super) fn chosen(&self, asked: Option<&str>) -> Option<usize> {
        let named = asked.and_then(|asked| self.operations.iter().position(|operation| operation.key() == asked));
        let first = |is_meant: &dyn Fn(&Operation) -> bool| self.operations.iter().position(is_meant);
        named
            .or_else(|| first(&|operation| self.errors_of(operation) > 0))
            .or_else(|| first(&|operation| !operation.users.is_empty()))
            .or(if self.operations.is_empty() { None } else { Some(0) })
    }

    /// What is about no operation that the document describes.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = &Found> {
        self.findings.iter().filter(|found| found.operation.is_none())
    }

    /// Whether that is what is shown.
    pub(super) fn is_elsewhere(&self, asked: Option<&str>) -> bool {
        match asked {
            Some(asked) => asked == ELSEWHERE && self.elsewhere().next().is_some(),
            None => self.elsewhere().any(|found| found.finding.is_error()),
        }
    }

    pub(super) fn errors_of(&self, operation: &Operation) -> usize {
        operation.findings.iter().filter(|place| self.findings[**place].finding.is_error()).count()
    }

    /// What was tried of an operation by the provider's own tests; `None` if nobody can tell.
    pub(super) fn tried(&self, operation: usize) -> Option<&Exercised> {
        let exercise = self.exercise.as_ref()?;
        exercise.format?;
        exercise.operations.get(operation)
    }

    pub(super) fn unused(&self) -> usize {
        self.operations.iter().filter(|operation| operation.users.is_empty()).count()
    }
}

impl Operation {
    fn of(document: &Document, operation: &pactolus_oas::model::Operation) -> Self {
        let node = document.node(&operation.pointer);
        let text = |key: &str| node.as_ref().and_then(|node| node.text(key)).unwrap_or_default().to_owned();
        let tags = node.as_ref().and_then(|node| node.member("tags"));
        let tag = tags.and_then(|tags| tags.items().next()?.value().as_str().map(str::to_owned));
        let line = document.position(&operation.pointer).line;
        Self {
            method: operation.method.clone(),
            path: operation.path.clone(),
            line: usize::try_from(line).unwrap_or(1),
            pointer: operation.pointer.clone(),
            summary: text("summary"),
            tag,
            is_deprecated: operation.deprecated,
            paths: BTreeSet::new(),
            users: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// What an address names it by.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Who calls which.
fn call(operations: &mut [Operation], by_path: &Operations, told: &Told) {
    let mut consumers: HashMap<i64, BTreeSet<&str>> = HashMap::new();
    for version in &told.counting {
        consumers.entry(version.content_id).or_default().insert(&version.consumer);
    }
    let mut known: BTreeMap<(&str, &str), Option<usize>> = BTreeMap::new();
    for call in &told.calls {
        let key = (call.method.as_str(), call.path.as_str());
        let Some(index) = *known.entry(key).or_insert_with(|| by_path.find(key.0, key.1)) else { continue };
        let operation = &mut operations[index];
        operation.paths.insert(call.path.clone());
        let users = consumers.get(&call.content_id).into_iter().flatten();
        operation.users.extend(users.map(|name| (*name).to_owned()));
    }
}

/// A finding in a schema that several operations share is about the operation that its interaction calls.
fn find(told: &Told, api: &Api, by_path: &Operations) -> Vec<Found> {
    let named = |method: &str, path: &str| {
        api.operations.iter().position(|operation| operation.method == method && operation.path == path)
    };
    let mut found = Vec::new();
    for (of, one) in told.found.iter().enumerate() {
        let contract = one.contract.as_deref().and_then(|text| Contract::load(text, &Budget::default()).ok());
        let called = |finding: &Finding| {
            let pointer = &finding.contract.as_ref()?.pointer;
            let interactions = contract.as_ref()?.interactions();
            let interaction = interactions.iter().find(|interaction| {
                let own = interaction.pointer.as_str();
                pointer.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })?;
            let request = &interaction.exchange.as_ref()?.request;
            by_path.find(&request.method.to_ascii_uppercase(), &normalised(&request.path, None))
        };
        for finding in Finding::list(&one.findings) {
            let own = finding.operation().and_then(|(method, path)| named(&method, &path));
            let operation = own.or_else(|| called(&finding));
            found.push(Found { of, finding, operation });
        }
    }
    found
}
