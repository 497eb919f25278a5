//! The query of a request: one text up to version 2, values by name since version 3.

/// A query as the contract writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Query {
    /// None is sent.
    #[default]
    None,
    /// The text behind `?`, still encoded.
    Text(String),
    /// Values by name, not encoded.
    Fields(Vec<(String, Vec<String>)>),
}

impl Query {
    /// The query as one text. Fields are not encoded, and the values of one field are joined by commas: so do the
    /// existing comparators read them.
    #[must_use]
    pub fn joined(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Fields(fields) => {
                let fields = fields.iter().map(|(name, values)| format!("{name}={}", values.join(",")));
                fields.collect::<Vec<_>>().join("&")
            }
        }
    }

    /// The decoded values by name, in the order of their first appearance.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, Vec<String>)> {
        let text = match self {
            Self::None => return Vec::new(),
            Self::Fields(fields) => return fields.clone(),
            Self::Text(text) => text,
        };
        let mut fields: Vec<(String, Vec<String>)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => fields.push((name, vec![value])),
            }
        }
        fields
    }
}

/// Decodes what a form or query encodes: `+` is a space, `%41` a byte. What is encoded badly stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => spaced,
    }
}
