//! The opaque token in the URL of contract content: which consumer versions the content was fetched
//! for, so that verification results reach them. Made like the Pact Broker's, but with version
//! numbers in place of database ids.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use form_urlencoded::Serializer;

use crate::names::{BranchName, EnvironmentName, TagName, VersionNumber};
use crate::selectors::{Reason, ResolvedSelector};

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The one consumer version meant, when the content was not fetched by selectors.
    pub consumer_version_number: Option<VersionNumber>,
    /// The tags by which that version was found.
    pub consumer_version_tags: Vec<TagName>,
    /// Whether the content was handed out as work in progress.
    pub wip: bool,
    /// Whether the content was pending for the provider version that fetched it; `None` when unknown.
    pub pending: Option<bool>,
    /// How the content was selected for verification.
    pub selectors: Vec<SelectedVersion>,
}

/// A selector and the consumer version that it chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedVersion {
    /// The version chosen.
    pub consumer_version_number: VersionNumber,
    /// The branch it is on.
    pub branch: Option<BranchName>,
    /// The tag it has.
    pub tag: Option<TagName>,
    /// Whether it is the latest of the branch, of the tag, or of all.
    pub latest: bool,
    /// The environment it is in.
    pub environment: Option<EnvironmentName>,
}

impl Metadata {
    /// For content that a consumer version has published.
    #[must_use]
    pub fn for_version(number: VersionNumber) -> Self {
        Self { consumer_version_number: Some(number), ..Self::default() }
    }

    /// For content that selectors chose.
    #[must_use]
    pub fn for_selectors(selectors: &[ResolvedSelector], pending: Option<bool>) -> Self {
        let selectors = selectors.iter().map(SelectedVersion::from).collect();
        Self { pending, selectors, ..Self::default() }
    }

    /// For content that is handed out as work in progress.
    #[must_use]
    pub fn for_wip() -> Self {
        Self { wip: true, ..Self::default() }
    }

    /// Each consumer version that the token names, once.
    #[must_use]
    pub fn consumer_version_numbers(&self) -> Vec<&VersionNumber> {
        let selected = self.selectors.iter().map(|selected| &selected.consumer_version_number);
        let mut numbers = Vec::new();
        for number in self.consumer_version_number.iter().chain(selected) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// Whether there is nothing to say, so that the URL needs no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The token: safe as a segment of a path.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(number) = &self.consumer_version_number {
            query.append_pair("cvn", number.as_str());
        }
        for tag in &self.consumer_version_tags {
            query.append_pair("cvt[]", tag.as_str());
        }
        if self.wip {
            query.append_pair("w", "true");
        }
        for selected in &self.selectors {
            // The number comes first: it is in each selector, so its repetition starts the next.
            query.append_pair("s[][cvn]", selected.consumer_version_number.as_str());
            let optional = [
                ("s[][b]", selected.branch.as_ref().map(BranchName::as_str)),
                ("s[][t]", selected.tag.as_ref().map(TagName::as_str)),
                ("s[][l]", selected.latest.then_some("true")),
                ("s[][e]", selected.environment.as_ref().map(EnvironmentName::as_str)),
            ];
            for (key, value) in optional {
                query.extend_pairs(value.map(|value| (key, value)));
            }
        }
        if let Some(pending) = self.pending {
            query.append_pair("p", if pending { "true" } else { "false" });
        }
        token_alphabet().encode(query.finish())
    }

    /// Takes what it understands, so that garbage is empty. Tokens of the Pact Broker name versions by
    /// ids of its database, which mean nothing here.
    #[must_use]
    pub fn decode(token: &str) -> Self {
        let query = token_alphabet().decode(token).unwrap_or_default();
        let mut metadata = Self::default();
        let mut drafts: Vec<Draft> = Vec::new();
        for (key, value) in form_urlencoded::parse(&query) {
            match (key.as_ref(), value.as_ref()) {
                ("cvn", number) => metadata.consumer_version_number = VersionNumber::parse(number).ok(),
                ("cvt[]", tag) => metadata.consumer_version_tags.extend(TagName::parse(tag)),
                ("w", wip) => metadata.wip = wip == "true",
                ("p", pending) => metadata.pending = parse_bool(pending),
                (key, value) => {
                    if let Some(key) = key.strip_prefix("s[][").and_then(|key| key.strip_suffix(']')) {
                        put_in_draft(&mut drafts, key, value);
                    }
                }
            }
        }
        metadata.selectors = drafts.iter().filter_map(|draft| finish_draft(draft)).collect();
        metadata
    }
}

impl From<&ResolvedSelector> for SelectedVersion {
    fn from(selector: &ResolvedSelector) -> Self {
        let mut selected = Self {
            consumer_version_number: selector.version.clone(),
            branch: None,
            tag: None,
            latest: false,
            environment: None,
        };
        match &selector.reason {
            Reason::Latest => selected.latest = true,
            Reason::Branch { branch, .. } | Reason::MainBranch { branch } | Reason::EachBranch { branch } => {
                selected.branch = Some(branch.clone());
                selected.latest = true;
            }
            Reason::LatestTagged { tag, .. } => {
                selected.tag = Some(tag.clone());
                selected.latest = true;
            }
            Reason::AllTagged { tag } => selected.tag = Some(tag.clone()),
            Reason::Deployed { environment, .. }
            | Reason::Released { environment, .. }
            | Reason::InEnvironment { environment } => selected.environment = Some(environment.clone()),
        }
        selected
    }
}

/// The key-value pairs of one selector, each key once.
type Draft = Vec<(String, String)>;

fn put_in_draft(drafts: &mut Vec<Draft>, key: &str, value: &str) {
    let is_open = drafts.last().is_some_and(|draft| draft.iter().all(|(known, _)| known != key));
    if !is_open {
        drafts.push(Vec::new());
    }
    if let Some(draft) = drafts.last_mut() {
        draft.push((key.to_owned(), value.to_owned()));
    }
}

fn finish_draft(draft: &[(String, String)]) -> Option<SelectedVersion> {
    let get = |key: &str| draft.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    Some(SelectedVersion {
        consumer_version_number: VersionNumber::parse(get("cvn")?).ok()?,
        branch: get("b").and_then(|branch| BranchName::parse(branch).ok()),
        tag: get("t").and_then(|tag| TagName::parse(tag).ok()),
        latest: get("l") == Some("true"),
        environment: get("e").and_then(|environment| EnvironmentName::parse(environment).ok()),
    })
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Writes no padding, reads with and without.
fn token_alphabet() -> GeneralPurpose {
    let config =
        GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&URL_SAFE, config)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> VersionNumber {
        VersionNumber::parse(text).unwrap()
    }

    fn check_decoded(query: &str, expected: &Metadata) {
        assert_eq!(Metadata::decode(&token_alphabet().encode(query)), *expected);
    }

    #[test]
    fn a_version_is_named_by_its_number() {
        let metadata = Metadata::for_version(number("1"));

        assert_eq!(metadata.encode(), "Y3ZuPTE");
        check_decoded("cvn=1", &metadata);
    }

    #[test]
    fn selectors_start_with_the_number() {
        let branch = Reason::Branch { branch: BranchName::parse("feat/a b").unwrap(), instead_of: None };
        let selector = ResolvedSelector { reason: branch, consumer: None, version: number("2"), position: 1 };
        let metadata = Metadata::for_selectors(&[selector], Some(false));

        check_decoded("s[][cvn]=2&s[][b]=feat%2Fa+b&s[][l]=true&p=false", &metadata);
        assert_eq!(Metadata::decode(&metadata.encode()), metadata);
    }

    #[test]
    fn wip_says_nothing_else() {
        check_decoded("w=true", &Metadata::for_wip());
    }

    #[test]
    fn padding_is_tolerated() {
        assert_eq!(Metadata::decode("Y3ZuPTE="), Metadata::for_version(number("1")));
    }

    #[test]
    fn the_database_ids_of_others_mean_nothing() {
        let pending = Metadata { pending: Some(false), ..Metadata::default() };
        check_decoded("s%5B%5D%5Bb%5D=main&s%5B%5D%5Bl%5D=true&s%5B%5D%5Bcv%5D=10&p=false", &pending);
    }

    #[test]
    fn each_version_is_named_once() {
        let metadata =
            Metadata::decode(&token_alphabet().encode("cvn=1&s[][cvn]=2&s[][t]=a&s[][cvn]=1&s[][cvn]=2&s[][e]=test"));

        assert_eq!(metadata.consumer_version_numbers(), [&number("1"), &number("2")]);
        assert_eq!(metadata.selectors.len(), 3);
        assert_eq!(metadata.selectors[0].environment, None);
    }

    #[test]
    fn garbage_is_empty() {
        for token in ["", "!", "%%%", "Zm9v", "_w"] {
            assert!(Metadata::decode(token).is_empty(), "{token}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(metadata in any_metadata()) {
            let token = metadata.encode();

            prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(Metadata::decode(&token), metadata);
        }

        #[test]
        fn no_token_makes_it_panic(token in ".{0,40}") {
            let _ = Metadata::decode(&token);
        }
    }

    const NAME: &str = r"[a-z\[\]&=+%é/]{1,6}";

    fn any_metadata() -> impl Strategy<Value = Metadata> {
        let selected = (NAME, prop::option::of(NAME), prop::option::of(NAME), any::<bool>(), prop::option::of(NAME));
        let selected = selected.prop_map(|(version, branch, tag, latest, environment)| SelectedVersion {
            consumer_version_number: number(&version),
            branch: branch.map(|branch| BranchName::parse(branch).unwrap()),
            tag: tag.map(|tag| TagName::parse(tag).unwrap()),
            latest,
            environment: environment.map(|environment| EnvironmentName::parse(environment).unwrap()),
        });
        let tags = prop::collection::vec(NAME.prop_map(|tag| TagName::parse(tag).unwrap()), 0..3);
        let selectors = prop::collection::vec(selected, 0..4);
        let version = prop::option::of(NAME.prop_map(|version| number(&version)));
        (version, tags, any::<bool>(), any::<Option<bool>>(), selectors).prop_map(
            |(consumer_version_number, consumer_version_tags, wip, pending, selectors)| Metadata {
                consumer_version_number,
                consumer_version_tags,
                wip,
                pending,
                selectors,
            },
        )
    }
}
