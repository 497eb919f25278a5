//! What a comparison finds, precise enough to act on: what is wrong, where it stands in both files, who can change it.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::contract::Place;
use crate::pointer::Pointer;
use crate::position::Position;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, for people.
    pub message: String,
    /// What the interaction is called.
    pub interaction: String,
    /// Where in the interaction.
    pub place: Place,
    /// Where in the contract's file.
    pub contract: Spot,
    /// Where in the OpenAPI document.
    pub document: Spot,
    /// What the contract has there; `Null` if nothing.
    pub value: Value,
    /// What the document asks for; `Null` if nothing can be quoted.
    pub constraint: Value,
    /// Something that one side allows and the other does not.
    pub witness: Option<Value>,
    /// Who can change it.
    pub fix_by: Party,
    /// What could be changed.
    pub edit: String,
    /// What speaks against each of several possibilities, if there were several.
    pub causes: Vec<Finding>,
}

/// A node of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// The node.
    pub pointer: Pointer,
    /// Where it stands in the text.
    #[serde(flatten)]
    pub position: Position,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// May go wrong, or could not be checked.
    Warning,
    /// The two do not fit.
    Error,
}

/// Who can change what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The consumer, in its tests.
    Consumer,
    /// The provider, in its document.
    Provider,
    /// Either of them.
    Either,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident, $party:ident, $advice:literal;)*) => {
        /// The kinds of findings. Their texts never change; those that existing comparators have, they share.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// The code as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How bad it is unless a profile says otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Who can usually change it.
            #[must_use]
            pub fn party(self) -> Party {
                match self { $(Self::$name => Party::$party,)* }
            }

            /// What could usually be changed.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

codes! {
    /// No operation has the path and method, or a part of the path is not what its parameter allows.
    PathOrMethodUnknown = "request.path-or-method.unknown", Error, Either,
        "describe the operation, or call one that is described";
    /// No security scheme of the operation is met.
    AuthorizationMissing = "request.authorization.missing", Error, Consumer,
        "send what one of the security schemes asks for";
    /// No response has a media type that is accepted.
    AcceptIncompatible = "request.accept.incompatible", Error, Consumer,
        "accept a media type that a response has";
    /// A media type is accepted, but no response has one.
    AcceptUnknown = "request.accept.unknown", Warning, Provider,
        "say which media types the responses have";
    /// The operation does not take the request's media type.
    RequestContentTypeIncompatible = "request.content-type.incompatible", Error, Either,
        "send a media type that the operation takes, or describe this one";
    /// A body is sent without its media type.
    RequestContentTypeMissing = "request.content-type.missing", Warning, Consumer,
        "send `Content-Type` with the body";
    /// A media type is sent, but the operation takes none.
    RequestContentTypeUnknown = "request.content-type.unknown", Warning, Provider,
        "say which media types the operation takes";
    /// A header is missing or not what its parameter allows.
    RequestHeaderIncompatible = "request.header.incompatible", Error, Consumer,
        "send the header as its parameter describes it";
    /// No parameter describes a header.
    RequestHeaderUnknown = "request.header.unknown", Warning, Either,
        "describe the header, or leave it out";
    /// A query parameter is missing or not what it may be.
    QueryIncompatible = "request.query.incompatible", Error, Consumer,
        "send the parameter as it is described";
    /// No parameter describes a part of the query.
    QueryUnknown = "request.query.unknown", Warning, Either,
        "describe the parameter, or leave it out";
    /// The request's body is not what its schema allows.
    RequestBodyIncompatible = "request.body.incompatible", Error, Consumer,
        "send what the schema allows";
    /// A body is sent, but no schema describes it.
    RequestBodyUnknown = "request.body.unknown", Warning, Either,
        "describe the body, or leave it out";
    /// The body's media type cannot be looked into.
    RequestBodyUnvalidatable = "request.body.unvalidatable", Warning, Either,
        "use JSON or a form if the body should be checked";
    /// The operation does not answer with the status.
    StatusUnknown = "response.status.unknown", Error, Either,
        "describe the status, or expect one that is described";
    /// Only the default response stands for the status.
    StatusDefault = "response.status.default", Warning, Provider,
        "describe the status itself";
    /// The operation does not answer with the media type.
    ResponseContentTypeIncompatible = "response.content-type.incompatible", Error, Either,
        "expect a media type that the response has, or describe this one";
    /// A media type is expected, but the response has none.
    ResponseContentTypeUnknown = "response.content-type.unknown", Warning, Provider,
        "say which media types the response has";
    /// An expected header is not what its schema allows.
    ResponseHeaderIncompatible = "response.header.incompatible", Error, Either,
        "expect what the header's schema allows, or widen the schema";
    /// A standard header is expected that the document does not mention.
    ResponseHeaderUndefined = "response.header.undefined", Warning, Provider,
        "describe the header";
    /// A header is expected that the response does not have.
    ResponseHeaderUnknown = "response.header.unknown", Error, Either,
        "describe the header, or stop expecting it";
    /// The expected body is not what the schema allows.
    ResponseBodyIncompatible = "response.body.incompatible", Error, Either,
        "expect what the schema allows, or widen the schema";
    /// A body is expected, but no schema describes it.
    ResponseBodyUnknown = "response.body.unknown", Error, Provider,
        "describe the body";
    /// The expected body's media type cannot be looked into.
    ResponseBodyUnvalidatable = "response.body.unvalidatable", Warning, Either,
        "use JSON if the body should be checked";
    /// A schema of the document cannot be used, so nothing was held against it.
    SchemaUnusable = "document.schema.unusable", Warning, Provider,
        "correct the schema";
    /// A message of the document fits.
    MessageMatched = "message.matched", Info, Either,
        "nothing";
    /// No message of the operation fits.
    MessageNoMatch = "message.no.match", Error, Either,
        "expect one of the operation's messages, or describe this one";
    /// The document has no operation of that name.
    MessageOperationUnknown = "message.operation.unknown", Error, Either,
        "name an operation of the document, or describe this one";
    /// The interaction names no operation.
    MessageReferencesMissing = "message.references.missing", Error, Consumer,
        "name the operation in `comments.references.AsyncAPI.operationId`";
    /// The interaction expects an answer, but the operation has none.
    MessageReplyMissing = "message.reply.missing", Error, Provider,
        "describe the operation's `reply` with its messages";
    /// The operation answers, but the interaction expects nothing.
    MessageResponseMissing = "message.response.missing", Warning, Consumer,
        "say which answers are expected";
    /// A payload is not what the message's schema allows.
    MessagePayloadIncompatible = "message.payload.incompatible", Error, Either,
        "expect what the schema allows, or widen the schema";
    /// Headers are not what the message's schema allows.
    MessageHeadersIncompatible = "message.headers.incompatible", Error, Either,
        "expect what the schema allows, or widen the schema";
    /// A payload is expected, but no schema describes it.
    MessagePayloadUnknown = "message.payload.unknown", Warning, Provider,
        "describe the payload";
    /// The payload's media type cannot be looked into.
    MessagePayloadUnvalidatable = "message.payload.unvalidatable", Warning, Either,
        "use JSON if the payload should be checked";
    /// A cookie is missing or not what its parameter allows.
    CookieIncompatible = "request.cookie.incompatible", Error, Consumer,
        "send the cookie as its parameter describes it";
    /// The operation should no longer be used.
    OperationDeprecated = "request.operation.deprecated", Warning, Consumer,
        "call the operation that replaces it";
    /// A property is sent that only the provider sets.
    RequestBodyReadOnly = "request.body.read-only", Warning, Consumer,
        "leave the property out of the request";
    /// The consumer may send bodies that the provider refuses.
    RequestBodyWider = "request.body.wider", Warning, Consumer,
        "narrow the matching rule to what the schema allows";
    /// The consumer may send a path, query or header that the provider refuses.
    RequestParameterWider = "request.parameter.wider", Warning, Consumer,
        "narrow the matching rule to what the parameter allows";
    /// The provider may leave out a property that the consumer reads.
    ResponseBodyOptional = "response.body.optional", Warning, Either,
        "add the property to `required`, or let the consumer do without it";
    /// The provider may send `null` where the consumer reads something else.
    ResponseBodyNullable = "response.body.nullable", Warning, Either,
        "forbid `null`, or let the consumer take it";
    /// The provider may send a list of another length than the consumer takes.
    ResponseBodyLength = "response.body.length", Warning, Either,
        "limit the list with `minItems` and `maxItems`, or let the consumer take any length";
    /// The provider may send something that the consumer does not take.
    ResponseBodyWider = "response.body.wider", Error, Either,
        "narrow the schema, or widen the matching rule";
    /// Whether the consumer takes all that the provider may send was only tried with examples.
    ResponseBodyByExample = "response.body.by-example", Info, Either,
        "say what is read with a rule that can be compared, such as a type or a list of values";
    /// Whether the provider takes all that the consumer may send was only tried with examples.
    RequestBodyByExample = "request.body.by-example", Info, Either,
        "say what is sent with a rule that can be compared, such as a type or a list of values";
    /// The consumer reads a property that no schema names.
    ResponseBodyUndescribed = "response.body.undescribed", Error, Either,
        "describe the property, or stop reading it";
    /// The consumer reads a property that the provider never sends.
    ResponseBodyWriteOnly = "response.body.write-only", Error, Consumer,
        "stop reading the property";
    /// The provider may leave out a header that the consumer reads.
    ResponseHeaderOptional = "response.header.optional", Warning, Either,
        "make the header required, or let the consumer do without it";
    /// A part of the document that the interaction needs refers to nothing.
    ReferenceBroken = "document.reference.broken", Error, Provider,
        "add what the reference names, or correct it";
    /// A part of the document that the interaction needs stands in another file, which is never fetched.
    ReferenceRemote = "document.reference.remote", Warning, Provider,
        "bundle the document into one file";
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 12)?;
        finding.serialize_field("code", self.code.as_str())?;
        finding.serialize_field("severity", &self.severity)?;
        finding.serialize_field("message", &self.message)?;
        finding.serialize_field("interaction", &self.interaction)?;
        finding.serialize_field("contract", &self.contract)?;
        finding.serialize_field("document", &self.document)?;
        finding.serialize_field("value", &self.value)?;
        finding.serialize_field("constraint", &self.constraint)?;
        match &self.witness {
            Some(witness) => finding.serialize_field("witness", witness)?,
            None => finding.skip_field("witness")?,
        }
        finding.serialize_field("fixBy", &self.fix_by)?;
        finding.serialize_field("edit", &self.edit)?;
        if self.causes.is_empty() {
            finding.skip_field("causes")?;
        } else {
            finding.serialize_field("causes", &self.causes)?;
        }
        finding.end()
    }
}

/// Everything that a comparison found, as it is written in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The findings, in the order of the interactions.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing speaks against the two being used together.
    #[must_use]
    pub fn compatible(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Part;

    fn finding(code: Code) -> Finding {
        let spot = Spot { pointer: Pointer::root(), position: Position::START };
        Finding {
            code,
            severity: code.severity(),
            message: String::new(),
            interaction: String::new(),
            place: Place::of(0, Part::Interaction),
            contract: spot.clone(),
            document: spot,
            value: Value::Null,
            constraint: Value::Null,
            witness: None,
            fix_by: code.party(),
            edit: code.advice().to_owned(),
            causes: Vec::new(),
        }
    }

    #[test]
    fn a_report_is_an_object_with_its_findings() {
        let report = Report { findings: vec![finding(Code::MessageMatched)] };

        let written = serde_json::to_value(&report).unwrap();

        assert_eq!(written["findings"][0]["code"], "message.matched");
        assert_eq!(written["findings"][0]["severity"], "info");
        assert_eq!(serde_json::to_value(Report::default()).unwrap(), json!({"findings": []}));
    }

    #[test]
    fn only_errors_speak_against_two_being_used_together() {
        let of = |codes: &[Code]| Report { findings: codes.iter().copied().map(finding).collect() }.compatible();

        assert!(of(&[Code::QueryUnknown, Code::MessageMatched]));
        assert!(!of(&[Code::QueryUnknown, Code::StatusUnknown]));
    }
}
