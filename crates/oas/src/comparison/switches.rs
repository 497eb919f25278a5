//! What a document may switch for the comparison, by `x-opc-config-…` in its `info`, as existing comparators let it.

use serde_json::Value;

use crate::document::Document;

/// The switches; everything is off unless the document says so.
#[expect(clippy::struct_excessive_bools, reason = "the switches are independent, and named by the document")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// What stands before all paths.
    pub(super) base_path: Option<String>,
    /// Paths fit in any case.
    pub(super) case_insensitive: bool,
    /// `//` in a path counts as `/`.
    pub(super) ignore_duplicate_slashes: bool,
    /// A slash at the end of a path does not count.
    pub(super) ignore_trailing_slash: bool,
    /// `Authorization` may have any scheme.
    pub(super) any_authorization: bool,
    /// `%` in a path stands for itself.
    pub(super) no_percent_encoding: bool,
    /// Bodies of `multipart/form-data` are not looked into.
    pub(super) opaque_multipart: bool,
    /// Only JSON bodies of requests are looked into.
    pub(super) only_json_requests: bool,
    /// Objects that may be null stay open in responses.
    pub(super) open_nullable: bool,
}

impl Switches {
    pub(super) fn of(document: &Document) -> Self {
        let info = &document.value()["info"];
        let on = |name: &str| info.get(format!("x-opc-config-{name}")) == Some(&Value::Bool(true));
        Self {
            base_path: info["x-opc-config-base-path"].as_str().filter(|path| !path.is_empty()).map(str::to_owned),
            case_insensitive: on("case-insensitive"),
            ignore_duplicate_slashes: on("ignore-duplicate-slashes"),
            ignore_trailing_slash: on("ignore-trailing-slash"),
            any_authorization: on("no-authorization-schema"),
            no_percent_encoding: on("no-percent-encoding"),
            opaque_multipart: on("disable-multipart-formdata"),
            only_json_requests: on("no-validate-request-body-unless-application-json"),
            open_nullable: on("no-transform-non-nullable-response-schema"),
        }
    }
}
