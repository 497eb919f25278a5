//! One line that a command line client prints.

use serde::Serialize;

/// A text and how to print it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// How to print it.
    #[serde(rename = "type")]
    pub kind: NoticeKind,
    /// What to print; indented where it belongs to the line above.
    pub text: String,
}

/// How clients print a notice; they colour by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// It went well.
    Success,
    /// Good to know.
    Info,
    /// What happened in detail.
    Debug,
    /// What to do next.
    Prompt,
    /// It went well, but is dubious.
    Warning,
    /// It went wrong.
    Error,
}

impl NoticeKind {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Prompt => "prompt",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// A notice of this kind.
    #[must_use]
    pub fn notice(self, text: impl Into<String>) -> Notice {
        Notice { kind: self, text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_called_type_on_the_wire() {
        let notice = NoticeKind::Success.notice("done");
        assert_eq!(serde_json::to_string(&notice).unwrap(), r#"{"type":"success","text":"done"}"#);
        assert_eq!(NoticeKind::Success.as_str(), "success");
    }
}
