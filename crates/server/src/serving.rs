//! Connections: accepted, given time to ask, and finished when the server stops.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower_http::normalize_path::NormalizePath;

/// How long nothing is accepted once the machine could give no connection.
const OUT_OF_CONNECTIONS: Duration = Duration::from_secs(1);

/// Answers HTTP/1.1 and HTTP/2 until it is told to stop; then finishes what is under way. Who says nothing for
/// `patience`, or does not get to the end of a request's head in it, is no longer listened to.
pub async fn serve(listener: TcpListener, router: NormalizePath<Router>, patience: Duration, stop: CancellationToken) {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    protocol.http2().timer(TokioTimer::new()).keep_alive_interval(patience).keep_alive_timeout(patience);
    let connections = GracefulShutdown::new();

    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (protocol, router, watcher) = (protocol.clone(), router.clone(), connections.watcher());
                tokio::spawn(async move { answer(stream, &protocol, router, patience, watcher).await });
            }
            Err(error) if broke_off(&error) => {}
            Err(error) => {
                tracing::error!("no connection can be accepted: {error}");
                sleep(OUT_OF_CONNECTIONS).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn broke_off(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(
    stream: TcpStream,
    protocol: &Builder<TokioExecutor>,
    router: NormalizePath<Router>,
    patience: Duration,
    watcher: Watcher,
) {
    // An answer goes out whole, also when the client has not yet confirmed its beginning.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection cannot be told not to wait: {error}");
    }
    let asked = Arc::new(AtomicBool::new(false));
    let first = Arc::clone(&asked);
    let service = router.map_request(move |request: Request<Incoming>| {
        first.store(true, Ordering::Relaxed);
        request.map(Body::new)
    });
    let connection = protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(watcher.watch(connection.into_owned()));

    // Which protocol a client speaks shows in its first bytes: before them nothing else would end the waiting.
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = sleep(patience) => {
            if !asked.load(Ordering::Relaxed) {
                return;
            }
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!("a connection ended early: {error}");
    }
}
