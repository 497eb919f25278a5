//! Messages: an interaction names an operation of an AsyncAPI document, and one of the operation's messages must fit.

use serde_json::{Value, json};

use super::interaction::{Draft, Given, Session};
use super::media::find_match;
use super::request_body::VALIDATABLE;
use super::schemas::Direction;
use crate::contract::{Interaction, Message, Messages, Part, Passed, Place, Side};
use crate::document::Node;
use crate::finding::{Code, Finding};
use crate::model::Schema;
use crate::pointer::Pointer;

/// Checks the messages of an interaction.
pub(super) fn compare(session: &mut Session<'_>, index: usize, interaction: &Interaction, messages: &Messages) {
    let operations = Pointer::root().child("operations");
    let Some(name) = &messages.operation else {
        let message = "the interaction names no operation of the AsyncAPI document".to_owned();
        let place = Place::of(index, Part::References);
        let (code, value) = (Code::MessageReferencesMissing, Value::Null);
        session.report(interaction, Draft { code, place, message, value, document: &operations });
        return;
    };
    let Some(operation) = session.document.node(&operations.child(name)).filter(|node| node.value().is_object()) else {
        let message = format!("the document has no operation {name}");
        let place = Place::of(index, Part::OperationId);
        let (code, value) = (Code::MessageOperationUnknown, json!(name));
        session.report(interaction, Draft { code, place, message, value, document: &operations });
        return;
    };
    let mut check = Check { session, index, interaction };
    match &messages.passed {
        Passed::Received(message) => {
            let candidates = candidates(&operation);
            check.fits(message, Side::Only, &candidates, operation.pointer(), Part::Interaction);
        }
        Passed::Answered(request, answers) => check.answered(request, answers, &operation),
    }
}

struct Check<'c, 'a> {
    session: &'c mut Session<'a>,
    index: usize,
    interaction: &'c Interaction,
}

impl Check<'_, '_> {
    fn answered(&mut self, request: &Message, answers: &[Message], operation: &Node<'_>) {
        let sent = candidates(operation);
        if !self.fits(request, Side::Request, &sent, operation.pointer(), Part::OperationId) {
            return;
        }
        let replies = operation.member("reply").map(|reply| candidates(&reply)).unwrap_or_default();
        let listed = operation.member("reply").and_then(|reply| reply.member("messages"));
        if listed.is_none_or(|listed| listed.items().next().is_none()) {
            let message = "the operation describes no answer".to_owned();
            self.report(Code::MessageReplyMissing, Part::References, message, Value::Null, operation.pointer());
        } else if answers.is_empty() {
            let message = "the interaction expects no answer".to_owned();
            self.report(Code::MessageResponseMissing, Part::Answers, message, Value::Null, operation.pointer());
        }
        for (number, answer) in answers.iter().enumerate().filter(|_| !replies.is_empty()) {
            self.fits(answer, Side::Answer(number), &replies, operation.pointer(), Part::OperationId);
        }
    }

    /// Looks for the first message that fits; where none does, reports what speaks against each.
    fn fits(&mut self, message: &Message, side: Side, candidates: &[Node<'_>], at: &Pointer, whole: Part) -> bool {
        let mut causes = Vec::new();
        for candidate in candidates {
            let before = self.session.findings.len();
            self.check_payload(message, side, candidate);
            self.check_headers(message, side, candidate);
            let (against, beside): (Vec<_>, Vec<_>) = self
                .session
                .findings
                .drain(before..)
                .partition(|finding| finding.severity == crate::finding::Severity::Error);
            if against.is_empty() {
                self.session.findings.extend(beside);
                let text = format!("the message fits {}", candidate.pointer());
                self.report(Code::MessageMatched, Part::Interaction, text, Value::Null, candidate.pointer());
                return true;
            }
            causes.extend(against);
        }
        let text = "no message of the operation fits".to_owned();
        let value = json!(self.interaction.description);
        self.report(Code::MessageNoMatch, whole, text, value, &at.child("messages")).causes = causes;
        false
    }

    fn check_payload(&mut self, message: &Message, side: Side, candidate: &Node<'_>) {
        let Some(content_type) = &message.content_type else { return };
        let part = Part::Payload(side);
        let value = message.payload.clone().unwrap_or(Value::Null);
        if find_match(content_type, &VALIDATABLE).is_none() {
            if message.payload.is_some() {
                let text = format!("a payload of {content_type} cannot be looked into");
                self.report(Code::MessagePayloadUnvalidatable, part, text, value, candidate.pointer());
            }
            return;
        }
        match schema(candidate, "payload") {
            Some(schema) => {
                let given = message.payload.as_ref().map_or(Given::Nothing, Given::Json);
                self.hold(Code::MessagePayloadIncompatible, &part, &schema, given);
            }
            None if message.payload.is_some() => {
                let text = "no schema describes the payload".to_owned();
                self.report(Code::MessagePayloadUnknown, part, text, value, candidate.pointer());
            }
            None => {}
        }
    }

    fn check_headers(&mut self, message: &Message, side: Side, candidate: &Node<'_>) {
        if let (Some(schema), Some(metadata)) = (schema(candidate, "headers"), &message.metadata) {
            self.hold(Code::MessageHeadersIncompatible, &Part::Metadata(side), &schema, Given::Json(metadata));
        }
    }

    fn hold(&mut self, code: Code, part: &Part, schema: &Pointer, given: Given<'_>) {
        let sent = matches!(part, Part::Payload(Side::Request) | Part::Metadata(Side::Request));
        let direction = if sent { Direction::Sent } else { Direction::Received };
        let at = Schema::At(schema.clone());
        let violations = self.session.violations_in(self.index, self.interaction, &at, direction, given);
        for violation in violations {
            let document = self.session.keyword(schema, &violation.keyword);
            let place = Place::within(self.index, part.clone(), violation.within);
            let (message, value) = (violation.message, violation.value);
            self.session.report(self.interaction, Draft { code, place, message, value, document: &document });
        }
    }

    fn report(&mut self, code: Code, part: Part, message: String, value: Value, document: &Pointer) -> &mut Finding {
        let place = Place::of(self.index, part);
        self.session.report(self.interaction, Draft { code, place, message, value, document })
    }
}

/// The messages of an operation or of its reply, references followed; those that lead nowhere are none.
fn candidates<'d>(operation: &Node<'d>) -> Vec<Node<'d>> {
    let listed = operation.member("messages");
    let listed: Vec<Node<'d>> = listed.iter().flat_map(Node::items).collect();
    listed.iter().filter_map(|node| node.resolved().ok()).filter(|node| node.value().is_object()).collect()
}

/// Where a message's schema stands; of one that says in which language it is written, what is written.
fn schema(message: &Node<'_>, key: &str) -> Option<Pointer> {
    let schema = message.member(key)?.resolved().ok()?;
    match schema.member("schema").filter(|_| schema.text("schemaFormat").is_some()) {
        Some(written) => Some(written.pointer().clone()),
        None => Some(schema.pointer().clone()),
    }
}

#[cfg(test)]
mod tests;
