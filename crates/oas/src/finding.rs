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
    pub edit: Option<String>,
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
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident, $party:ident;)*) => {
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
        }
    };
}

codes! {
    /// No operation has the path and method, or a part of the path is not what its parameter allows.
    PathOrMethodUnknown = "request.path-or-method.unknown", Error, Either;
    /// No security scheme of the operation is met.
    AuthorizationMissing = "request.authorization.missing", Error, Consumer;
    /// No response has a media type that is accepted.
    AcceptIncompatible = "request.accept.incompatible", Error, Consumer;
    /// A media type is accepted, but no response has one.
    AcceptUnknown = "request.accept.unknown", Warning, Provider;
    /// The operation does not take the request's media type.
    RequestContentTypeIncompatible = "request.content-type.incompatible", Error, Either;
    /// A body is sent without its media type.
    RequestContentTypeMissing = "request.content-type.missing", Warning, Consumer;
    /// A media type is sent, but the operation takes none.
    RequestContentTypeUnknown = "request.content-type.unknown", Warning, Provider;
    /// A header is missing or not what its parameter allows.
    RequestHeaderIncompatible = "request.header.incompatible", Error, Consumer;
    /// No parameter describes a header.
    RequestHeaderUnknown = "request.header.unknown", Warning, Either;
    /// A query parameter is missing or not what it may be.
    QueryIncompatible = "request.query.incompatible", Error, Consumer;
    /// No parameter describes a part of the query.
    QueryUnknown = "request.query.unknown", Warning, Either;
    /// The request's body is not what its schema allows.
    RequestBodyIncompatible = "request.body.incompatible", Error, Consumer;
    /// A body is sent, but no schema describes it.
    RequestBodyUnknown = "request.body.unknown", Warning, Either;
    /// The body's media type cannot be looked into.
    RequestBodyUnvalidatable = "request.body.unvalidatable", Warning, Either;
    /// The operation does not answer with the status.
    StatusUnknown = "response.status.unknown", Error, Either;
    /// Only the default response stands for the status.
    StatusDefault = "response.status.default", Warning, Provider;
    /// The operation does not answer with the media type.
    ResponseContentTypeIncompatible = "response.content-type.incompatible", Error, Either;
    /// A media type is expected, but the response has none.
    ResponseContentTypeUnknown = "response.content-type.unknown", Warning, Provider;
    /// An expected header is not what its schema allows.
    ResponseHeaderIncompatible = "response.header.incompatible", Error, Either;
    /// A standard header is expected that the document does not mention.
    ResponseHeaderUndefined = "response.header.undefined", Warning, Provider;
    /// A header is expected that the response does not have.
    ResponseHeaderUnknown = "response.header.unknown", Error, Either;
    /// The expected body is not what the schema allows.
    ResponseBodyIncompatible = "response.body.incompatible", Error, Either;
    /// A body is expected, but no schema describes it.
    ResponseBodyUnknown = "response.body.unknown", Error, Provider;
    /// The expected body's media type cannot be looked into.
    ResponseBodyUnvalidatable = "response.body.unvalidatable", Warning, Either;
    /// A schema of the document cannot be used, so nothing was held against it.
    SchemaUnusable = "document.schema.unusable", Warning, Provider;
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 10)?;
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
        match &self.edit {
            Some(edit) => finding.serialize_field("edit", edit)?,
            None => finding.skip_field("edit")?,
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
