//! What a provider's build publishes: a document that says what the provider offers, kept as received, and what came of
//! testing the provider against it.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::notice::{Notice, NoticeKind};
use crate::publication_notices::{PublishedVersion, version_notices};
use crate::webhook::WebhookEvent;

/// The language of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specification {
    /// `OpenAPI`, which was Swagger.
    OpenApi,
    /// `AsyncAPI`.
    AsyncApi,
    /// The schema language of `GraphQL`.
    GraphQl,
}

impl Specification {
    /// Those that can be published.
    pub const ALL: [Self; 3] = [Self::OpenApi, Self::AsyncApi, Self::GraphQl];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenApi => "oas",
            Self::AsyncApi => "asyncapi",
            Self::GraphQl => "graphql",
        }
    }

    /// The specification of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|specification| specification.as_str() == name)
    }

    /// What a document is served as when nobody said so.
    #[must_use]
    pub fn media_type_of(self, document: &Document) -> MediaType {
        let media_type = match self {
            Self::GraphQl => "application/graphql",
            _ if document.text().trim_start().starts_with('{') => "application/json",
            _ => "application/yaml",
        };
        MediaType(media_type.to_owned())
    }
}

impl fmt::Display for Specification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document as it was received. Whether it is what its specification asks for is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
    sha: DocumentSha,
}

/// Why bytes are no document. The messages read well after "content".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// In another encoding, or no text at all.
    #[error("is not UTF-8 text: byte {byte} begins no character")]
    NotUtf8 {
        /// From 1.
        byte: usize,
    },
    /// The database can't hold it.
    #[error("cannot contain the NUL character")]
    Nul,
}

/// Identifies a document: the 64 hexadecimal digits of the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DocumentSha(String);

impl Document {
    /// Takes the bytes as they are.
    ///
    /// # Errors
    /// When they are no text, or none that says anything.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, DocumentError> {
        let text = String::from_utf8(bytes)
            .map_err(|error| DocumentError::NotUtf8 { byte: error.utf8_error().valid_up_to() + 1 })?;
        if text.trim().is_empty() {
            return Err(DocumentError::Empty);
        }
        if text.contains('\0') {
            return Err(DocumentError::Nul);
        }
        let sha = DocumentSha::of(&text);
        Ok(Self { text, sha })
    }

    /// Byte for byte what was received.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What identifies it.
    #[must_use]
    pub fn sha(&self) -> &DocumentSha {
        &self.sha
    }
}

impl DocumentSha {
    fn of(text: &str) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digest = Sha256::digest(text.as_bytes());
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]);
        Self(digits.map(char::from).collect())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What something is served as: `application/yaml; charset=utf-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(String);

/// The text is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a media type such as application/yaml")]
pub struct NotAMediaType;

impl MediaType {
    /// A type and a subtype (RFC 9110, section 8.3.1). Parameters are kept and not looked at.
    ///
    /// # Errors
    /// When it is none, or could not stand in a header.
    pub fn parse(text: &str) -> Result<Self, NotAMediaType> {
        const LONGEST: usize = 255;
        let is_token = |text: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            !text.is_empty() && text.bytes().all(is_allowed)
        };
        let essence = text.split(';').next().unwrap_or_default().trim_end();
        let names_both = essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        let can_be_sent = text.len() <= LONGEST && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if names_both && can_be_sent { Ok(Self(text.to_owned())) } else { Err(NotAMediaType) }
    }

    /// As given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a document that was published for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The version had none.
    Created,
    /// The version has it already.
    Unchanged,
    /// The version had another one, which it replaces.
    Overwritten,
}

/// A document that was published, as its notices tell of it.
#[derive(Debug, Clone, Copy)]
pub struct PublishedDocument<'a> {
    /// Its language.
    pub specification: Specification,
    /// What became of it.
    pub outcome: Outcome,
    /// Its address.
    pub url: &'a str,
    /// What came of testing the provider against it; `None` when nobody has told.
    pub self_verification: Option<bool>,
    /// Whether results were sent that do not say what they are, and so count as failed.
    pub is_unsaid: bool,
}

/// All notices of a publication.
#[must_use]
pub fn publication_notices(version: PublishedVersion<'_>, document: PublishedDocument<'_>) -> Vec<Notice> {
    let PublishedVersion { pacticipant, number, .. } = version;
    let PublishedDocument { specification, outcome, url, .. } = document;
    let what = format!("{pacticipant} version {number} ({specification})");
    let mut notices = version_notices(version);
    notices.push(match outcome {
        Outcome::Created => {
            NoticeKind::Success.notice(format!("Provider contract successfully published for {what}."))
        }
        Outcome::Unchanged => {
            NoticeKind::Success.notice(format!("Provider contract successfully republished for {what} with no changes."))
        }
        Outcome::Overwritten => NoticeKind::Warning.notice(format!(
            "Provider contract published over another one for {what}. Answers about this version that were given before \
             are not about this document: give each build a version number of its own."
        )),
    });
    notices.push(NoticeKind::Debug.notice(format!("  View the provider contract at {url}")));
    notices.push(self_verification_notice(document));
    notices.push(NoticeKind::Debug.notice(format!("  Events detected: {}", WebhookEvent::ProviderContractPublished)));
    notices
}

fn self_verification_notice(document: PublishedDocument<'_>) -> Notice {
    if document.is_unsaid {
        let text = "  Self-verification: failed, since nobody said that it succeeded (success)";
        return NoticeKind::Warning.notice(text);
    }
    match document.self_verification {
        Some(true) => NoticeKind::Debug.notice("  Self-verification: success"),
        Some(false) => NoticeKind::Warning.notice("  Self-verification: failed"),
        None => NoticeKind::Prompt.notice(
            "  Next steps:\n    * Test the provider against this document, and publish the results with it: what nobody has \
             tested is not known to be true.",
        ),
    }
}

/// Why another document for the same version is refused.
#[must_use]
pub fn changed_document_message(version: PublishedVersion<'_>) -> String {
    let PublishedVersion { pacticipant, number, .. } = version;
    format!(
        "Cannot change the provider contract of {pacticipant} version {number}: answers that were given about this version \
         would become wrong. Give each build a version number of its own."
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::names::{BranchName, PacticipantName, VersionNumber};

    fn document(text: &str) -> Document {
        Document::parse(text.into()).unwrap()
    }

    #[test]
    fn a_document_is_identified_by_its_bytes() {
        let sha = document("openapi: 3.0.3\n").sha().clone();

        assert_eq!(sha.as_str(), "faa4988e76ddd0d66e9c95e3d7da6faecc44be96bf988ac35b22dd39213ff509");
        assert_ne!(document("openapi: 3.0.3").sha(), &sha);
    }

    #[test]
    fn what_is_no_text_is_no_document() {
        assert_eq!(Document::parse(b"ab\xff".to_vec()), Err(DocumentError::NotUtf8 { byte: 3 }));
        assert_eq!(Document::parse(b" \n".to_vec()), Err(DocumentError::Empty));
        assert_eq!(Document::parse(b"a\0".to_vec()), Err(DocumentError::Nul));
    }

    #[test]
    fn a_document_without_a_type_is_what_it_looks_like() {
        let of = |specification: Specification, text: &str| specification.media_type_of(&document(text)).0;

        assert_eq!(of(Specification::OpenApi, "\n {\"openapi\": \"3.0.3\"}"), "application/json");
        assert_eq!(of(Specification::AsyncApi, "asyncapi: 3.0.0"), "application/yaml");
        assert_eq!(of(Specification::GraphQl, "{"), "application/graphql");
    }

    #[test]
    fn a_media_type_names_two_things_and_fits_into_a_header() {
        for text in ["application/yaml", "application/vnd.oai.openapi+json;version=3.1", "text/plain ; charset=utf-8"] {
            assert_eq!(MediaType::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "yaml", "a/", "/b", "a/b c", "a/b\r\nx: y", "a/b; c=\u{e9}", "a/b/c", &"a/".repeat(200)] {
            assert_eq!(MediaType::parse(text), Err(NotAMediaType), "{text}");
        }
    }

    fn check(outcome: Outcome, self_verification: Option<bool>, is_unsaid: bool) -> String {
        let (pacticipant, number) = (PacticipantName::parse("stock").unwrap(), VersionNumber::parse("40").unwrap());
        let branch = BranchName::parse("main").unwrap();
        let version = PublishedVersion {
            pacticipant: &pacticipant,
            number: &number,
            created: true,
            branch: Some(&branch),
            tags: &[],
        };
        let document = PublishedDocument {
            specification: Specification::OpenApi,
            outcome,
            url: "http://broker/contract",
            self_verification,
            is_unsaid,
        };
        let notices = publication_notices(version, document);
        let lines: Vec<String> =
            notices.iter().map(|notice| format!("{} {}", notice.kind.as_str(), notice.text)).collect();
        lines.join("\n")
    }

    #[test]
    fn a_publication_is_told_with_what_came_of_testing() {
        assert_snapshot!(check(Outcome::Created, Some(true), false), @"
        debug Created stock version 40 with branch main
        success Provider contract successfully published for stock version 40 (oas).
        debug   View the provider contract at http://broker/contract
        debug   Self-verification: success
        debug   Events detected: provider_contract_published
        ");
    }

    #[test]
    fn what_nobody_has_tested_is_asked_for() {
        assert_snapshot!(check(Outcome::Unchanged, None, false), @"
        debug Created stock version 40 with branch main
        success Provider contract successfully republished for stock version 40 (oas) with no changes.
        debug   View the provider contract at http://broker/contract
        prompt   Next steps:
            * Test the provider against this document, and publish the results with it: what nobody has tested is not known to be true.
        debug   Events detected: provider_contract_published
        ");
    }

    #[test]
    fn results_that_do_not_say_what_they_are_count_as_failed() {
        assert_snapshot!(check(Outcome::Overwritten, Some(false), true), @"
        debug Created stock version 40 with branch main
        warning Provider contract published over another one for stock version 40 (oas). Answers about this version that were given before are not about this document: give each build a version number of its own.
        debug   View the provider contract at http://broker/contract
        warning   Self-verification: failed, since nobody said that it succeeded (success)
        debug   Events detected: provider_contract_published
        ");
    }
}
