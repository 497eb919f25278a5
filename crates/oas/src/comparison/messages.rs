//! Messages: an interaction names an operation of an AsyncAPI document, and one of the operation's messages must fit. Where
//! nothing can be named, in a JSON Schema, or nothing is, one of all that are described must.

mod described;

use serde_json::{Value, json};

use self::described::Described;
use super::interaction::{Draft, Given, Session};
use super::media::find_match;
use super::request_body::VALIDATABLE;
use super::schemas::Direction;
use super::{Profile, sound};
use crate::contract::{Interaction, Message, Messages, Part, Passed, Place, Side};
use crate::document::{Node, Version};
use crate::finding::{Code, Finding, Severity};
use crate::model::Schema;
use crate::pointer::Pointer;

/// Checks the messages of an interaction.
pub(super) fn compare(session: &mut Session<'_, '_>, index: usize, interaction: &Interaction, messages: &Messages) {
    let document = session.document;
    let named = messages.operation.as_ref().filter(|_| document.version() != Version::JsonSchema);
    let Some(name) = named else { return compare_unnamed(session, index, interaction, messages) };
    let Some(operation) = described::operation(document, name) else {
        let message = format!("the document has no operation {name}");
        let place = Place::of(index, Part::OperationId);
        let (code, value) = (Code::MessageOperationUnknown, json!(name));
        let operations = described::operations(document);
        session.report(interaction, Draft { code, place, message, value, document: &operations });
        return;
    };
    let mut check = Check { session, index, interaction };
    match &messages.passed {
        Passed::Received(message) => {
            let candidates = described::of_operation(&operation);
            check.fits(message, Side::Only, &candidates, operation.pointer(), Part::Interaction);
        }
        Passed::Answered(request, answers) => check.answered(request, answers, &operation),
    }
}

/// Checks messages that name no operation. A JSON Schema has none; with AsyncAPI something is missing, and existing
/// comparators go no further.
fn compare_unnamed(session: &mut Session<'_, '_>, index: usize, interaction: &Interaction, messages: &Messages) {
    let document = session.document;
    let is_schema = document.version() == Version::JsonSchema;
    let all = described::all(document, &interaction.description);
    let by_description = session.profile == Profile::Sound && !all.is_empty();
    if !is_schema {
        let message = "the interaction names no operation of the AsyncAPI document".to_owned();
        let (code, place) = (Code::MessageReferencesMissing, Place::of(index, Part::References));
        let operations = described::operations(document);
        let draft = Draft { code, place, message, value: Value::Null, document: &operations };
        let finding = session.report(interaction, draft);
        if by_description {
            finding.message.push_str(", so that any message of its name, or else any at all, may be meant");
            finding.severity = Severity::Warning;
        }
    }
    if is_schema || by_description {
        Check { session, index, interaction }.any(&messages.passed, &all);
    }
}

struct Check<'c, 'a, 'd> {
    session: &'c mut Session<'a, 'd>,
    index: usize,
    interaction: &'c Interaction,
}

impl Check<'_, '_, '_> {
    /// Holds each message against all that the document describes.
    fn any(&mut self, passed: &Passed, all: &[Described<'_>]) {
        let root = Pointer::root();
        match passed {
            Passed::Received(message) => {
                self.fits(message, Side::Only, all, &root, Part::Interaction);
            }
            Passed::Answered(request, answers) => {
                self.fits(request, Side::Request, all, &root, Part::Interaction);
                for (number, answer) in answers.iter().enumerate() {
                    self.fits(answer, Side::Answer(number), all, &root, Part::Interaction);
                }
            }
        }
    }

    fn answered(&mut self, request: &Message, answers: &[Message], operation: &Node<'_>) {
        let sent = described::of_operation(operation);
        if !self.fits(request, Side::Request, &sent, operation.pointer(), Part::OperationId) {
            return;
        }
        let replies = operation.member("reply").map(|reply| described::of_operation(&reply)).unwrap_or_default();
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
    fn fits(&mut self, message: &Message, side: Side, candidates: &[Described<'_>], at: &Pointer, whole: Part) -> bool {
        let mut causes = Vec::new();
        for candidate in candidates {
            if self.session.is_over() {
                return false;
            }
            let before = self.session.findings.len();
            self.check_payload(message, side, candidate);
            self.check_headers(message, side, candidate);
            let (against, beside): (Vec<_>, Vec<_>) =
                self.session.findings.drain(before..).partition(|finding| finding.severity == Severity::Error);
            if against.is_empty() {
                self.session.findings.extend(beside);
                let text = format!("the message fits {}", candidate.node.pointer());
                self.report(Code::MessageMatched, Part::Interaction, text, Value::Null, candidate.node.pointer());
                return true;
            }
            causes.extend(against);
        }
        let text = "no message of the operation fits".to_owned();
        let value = json!(self.interaction.description);
        let at = if *at == Pointer::root() { at.clone() } else { at.child("messages") };
        self.report(Code::MessageNoMatch, whole, text, value, &at).causes = causes;
        false
    }

    fn check_payload(&mut self, message: &Message, side: Side, candidate: &Described<'_>) {
        let Some(content_type) = &message.content_type else { return };
        let candidate_at = candidate.node.pointer();
        let part = Part::Payload(side);
        let value = message.payload.clone().unwrap_or(Value::Null);
        let unseen = match candidate.foreign_format() {
            Some(format) => Some(format),
            None => find_match(content_type, &VALIDATABLE).is_none().then_some(content_type.as_str()),
        };
        if let Some(unseen) = unseen {
            if message.payload.is_some() {
                let text = format!("a payload of {unseen} cannot be looked into");
                self.report(Code::MessagePayloadUnvalidatable, part, text, value, candidate_at);
            }
            return;
        }
        match candidate.schema("payload") {
            Some(schema) => {
                let given = message.payload.as_ref().map_or(Given::Nothing, Given::Json);
                self.hold(Code::MessagePayloadIncompatible, &part, &schema, given);
                if let (Profile::Sound, Some(payload)) = (self.session.profile, &message.payload) {
                    let (index, interaction, rules) = (self.index, self.interaction, &message.rules);
                    let subject = sound::Subject { index, interaction, part, rules, answers: None };
                    sound::check_payload(self.session, &subject, &schema, payload);
                }
            }
            None if message.payload.is_some() => {
                let text = "no schema describes the payload".to_owned();
                self.report(Code::MessagePayloadUnknown, part, text, value, candidate_at);
            }
            None => {}
        }
    }

    fn check_headers(&mut self, message: &Message, side: Side, candidate: &Described<'_>) {
        if let (Some(schema), Some(metadata)) = (candidate.schema("headers"), &message.metadata) {
            self.hold(Code::MessageHeadersIncompatible, &Part::Metadata(side), &schema, Given::Json(metadata));
        }
    }

    fn hold(&mut self, code: Code, part: &Part, schema: &Pointer, given: Given<'_>) {
        let sent = matches!(part, Part::Payload(Side::Request) | Part::Metadata(Side::Request));
        let direction = if sent { Direction::Sent } else { Direction::Received };
        let at = Schema::At(schema.clone());
        let violations = self.session.violations_in(self.index, self.interaction, &at, direction, given);
        for violation in violations {
            if self.session.is_over() {
                return;
            }
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

#[cfg(test)]
mod tests;
