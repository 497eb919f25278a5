//! What a provider's own document says of a contract, beside what came of verifying the contract.

/// What is known of a contract and a provider version that has published what it offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offer {
    /// How verifying the contract with the version ended; `None` when nobody has.
    pub verified: Option<bool>,
    /// Whether the version keeps what it offers, by its own tests; `None` when nobody has told.
    pub kept: Option<bool>,
    /// What came of holding the contract against what it offers.
    pub comparison: Comparison,
}

/// What came of holding a contract against a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// Nothing yet.
    Pending,
    /// Nothing speaks against it.
    Compatible,
    /// The two do not fit.
    Incompatible,
    /// They cannot be held against each other, or not in all parts.
    Undecided,
}

impl Comparison {
    /// All that is known by a word; what is not known has none.
    pub const OUTCOMES: [Self; 3] = [Self::Compatible, Self::Incompatible, Self::Undecided];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Compatible => "compatible",
            Self::Incompatible => "incompatible",
            Self::Undecided => "undecided",
        }
    }

    /// The outcome of that word; one that is not known counts as not yet known.
    #[must_use]
    pub fn of(word: Option<&str>) -> Self {
        Self::OUTCOMES.into_iter().find(|one| Some(one.as_str()) == word).unwrap_or(Self::Pending)
    }
}

impl Offer {
    /// Whether the pair may go together: no when any of the three says so; yes when the comparison does and the provider
    /// keeps what it offers, or when the contract itself was verified and the rest has nothing to say. What may still
    /// turn out to be incompatible is not known, whatever else there is.
    #[must_use]
    pub fn success(&self) -> Option<bool> {
        let Self { verified, kept, comparison } = *self;
        if verified == Some(false) || kept == Some(false) || comparison == Comparison::Incompatible {
            return Some(false);
        }
        match comparison {
            Comparison::Pending => None,
            Comparison::Compatible => verified.or(kept),
            Comparison::Undecided | Comparison::Incompatible => verified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verified: Option<bool>, kept: Option<bool>, comparison: Comparison, expected: Option<bool>) {
        let offer = Offer { verified, kept, comparison };
        assert_eq!(offer.success(), expected, "{offer:?}");
    }

    #[test]
    fn what_fits_and_is_kept_may_go() {
        check(None, Some(true), Comparison::Compatible, Some(true));
        check(Some(true), Some(true), Comparison::Compatible, Some(true));
    }

    #[test]
    fn one_no_is_enough_for_a_no() {
        for (verified, kept, comparison) in [
            (Some(false), Some(true), Comparison::Compatible),
            (Some(true), Some(false), Comparison::Compatible),
            (Some(true), Some(true), Comparison::Incompatible),
            (None, Some(false), Comparison::Pending),
            (Some(false), None, Comparison::Undecided),
            (None, None, Comparison::Incompatible),
        ] {
            check(verified, kept, comparison, Some(false));
        }
    }

    #[test]
    fn what_nobody_has_tested_is_not_known_by_comparing_it() {
        check(None, None, Comparison::Compatible, None);
        check(Some(true), None, Comparison::Compatible, Some(true));
    }

    #[test]
    fn what_is_not_compared_yet_is_not_known_whatever_else_passed() {
        check(Some(true), Some(true), Comparison::Pending, None);
        check(None, Some(true), Comparison::Pending, None);
    }

    #[test]
    fn what_cannot_be_compared_is_for_verification_to_say() {
        check(None, Some(true), Comparison::Undecided, None);
        check(Some(true), Some(true), Comparison::Undecided, Some(true));
    }

    #[test]
    fn outcomes_are_known_by_their_words() {
        for outcome in Comparison::OUTCOMES {
            assert_eq!(Comparison::of(Some(outcome.as_str())), outcome);
        }
        assert_eq!(Comparison::of(Some("splendid")), Comparison::Pending);
        assert_eq!(Comparison::of(None), Comparison::Pending);
    }
}
