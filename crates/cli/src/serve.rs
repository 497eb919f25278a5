//! `pactolus serve`: the server, with its own Postgres unless it is given one.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use pactolus_server::{App, Clock, Worker};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::aliases::warn_of_unknown;
use crate::database::Database;
use crate::settings::{DatabaseArguments, Role, ServerArguments};
use crate::terminal::print;

/// How long requests under way may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

const EXAMPLE: &str = "\
Examples:
  pactolus serve
  pactolus serve --listen 127.0.0.1:8080 --data-dir ./data
  DATABASE_URL=postgres://pactolus:secret@db.example.org/pactolus pactolus serve --listen 0.0.0.0:9292 --no-auth

Ctrl-C finishes the requests under way and stops the server and its private Postgres.

Exit codes: 0 stopped, 1 could not run, 2 wrong usage.";

/// What the command takes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    database: DatabaseArguments,
}

/// Runs until it is told to stop.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let stop = stop_signal()?;
    warn_of_unknown();
    let address = arguments.server.listen()?;
    let settings = arguments.server.settings()?;
    allow_many_connections();
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; --listen chooses another address"))?;

    let database = Database::open(&arguments.database).await?;
    let outcome = serve(&arguments, &database, listener, settings, stop).await;
    database.close().await.context("stopping the private Postgres")?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(
    arguments: &Arguments,
    database: &Database,
    listener: TcpListener,
    settings: pactolus_server::Settings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    pactolus_server::prepare(&database.pool, &database.master_key).await?;
    database.watch();
    let patience = settings.patience;
    let app = App::new(database.pool.clone(), settings, Clock::System, database.master_key.clone());
    let worker = match arguments.server.role() {
        Role::Web => None,
        Role::All | Role::Worker => Some(tokio::spawn(Worker::new(app.clone()).run(stop.clone()))),
    };
    let router = match arguments.server.role() {
        Role::Worker => pactolus_server::health_router(app),
        Role::All | Role::Web => pactolus_server::router(app),
    };
    print(&format!("Pactolus is ready at http://{} ({})\n", listener.local_addr()?, database.description));

    let serving = pactolus_server::serve(listener, router, patience, stop.clone());
    let given_up = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = serving => {}
        () = given_up => tracing::warn!("some requests did not finish within {} seconds", DRAIN.as_secs()),
    }
    stop.cancel();
    if let Some(worker) = worker {
        worker.await?;
    }
    Ok(())
}

/// Each connection is an open file, of which a process may often have no more than 1024 unless it asks for more.
fn allow_many_connections() {
    let files = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }) {
        tracing::warn!("no more than {:?} files can be open at once: {error}", files.current);
    }
}

/// Cancelled by Ctrl-C and by SIGTERM. A second one ends the process at once.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = stop.clone();
    tokio::spawn(async move {
        for told in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if told > 0 {
                std::process::exit(130);
            }
            tracing::info!("stopping; once more ends it at once");
            token.cancel();
        }
    });
    Ok(stop)
}
