//! Database ids as types, so that swapped arguments do not compile. They are never shown to clients.

macro_rules! id {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        pub(crate) struct $name(pub(crate) i64);
    )*};
}

id! {
    /// A tenant: part of every key.
    TenantId
    /// An application.
    PacticipantId
    /// A version of an application.
    VersionId
    /// What a contract promises, whoever published it.
    ContentId
}
