//! Keeping evidence: in a file, or with the Pactolus that keeps the results.

use std::path::Path;

use crate::broker::{Broker, encode};
use crate::outcome::{Exit, Failure};

/// Writes it where `place` says.
pub(super) fn write(place: &Path, evidence: &str) -> Result<(), Failure> {
    std::fs::write(place, evidence).map_err(|error| unwritten(place, &error))
}

/// Why a file could not be written.
pub(super) fn unwritten(place: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::NotAsked, "unwritten", format!("can't write {}: {error}", place.display()))
}

/// Uploads it; says where it is.
pub(super) async fn upload(
    broker: &Broker,
    provider: &str,
    version: &str,
    evidence: String,
) -> Result<String, Failure> {
    let url = broker.below(&format!("pacticipants/{}/versions/{}/evidence", encode(provider), encode(version)));
    let answer = broker.post_lines(&url, evidence).await?;
    if answer.status == 404 || answer.status == 405 {
        let message = format!("{url} answered {}: only Pactolus keeps evidence; name a file instead", answer.status);
        return Err(Failure::new(Exit::Usage, "refused", message));
    }
    let body = answer.accepted("the evidence")?;
    Ok(body["_links"]["self"]["href"].as_str().unwrap_or(url.as_str()).to_owned())
}
