//! `pactolus serve`.

/// What the command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) async fn run(_arguments: Arguments) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("not available in this build")
}
