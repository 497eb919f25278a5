//! The same server over a socket, as `serve` runs it: what a router that is called directly does not show.

use std::net::SocketAddr;
use std::time::Duration;

use pactolus_server::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::TestApp;

/// Sends a whole request and reads the answer to its end.
async fn exchange(app: &TestApp, sent: &[u8]) -> String {
    exchange_and(app, sent, Then::Listen).await
}

/// What a client does when it has sent everything.
#[derive(PartialEq)]
enum Then {
    Listen,
    /// Says that nothing more comes.
    BreakOff,
}

async fn exchange_and(app: &TestApp, sent: &[u8], then: Then) -> String {
    let (address, _serving) = serve(app, Settings::default().patience).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(sent).await.expect("it reads");
    if then == Then::BreakOff {
        stream.shutdown().await.expect("the connection is open");
    }
    rest(&mut stream).await
}

/// Serves until the guard is dropped.
async fn serve(app: &TestApp, patience: Duration) -> (SocketAddr, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let stop = CancellationToken::new();
    tokio::spawn(pactolus_server::serve(listener, app.router(), patience, stop.clone()));
    (address, stop.drop_guard())
}

/// What comes until the server hangs up.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn links_have_the_host_that_was_asked() {
    let app = TestApp::start().await;

    let answer =
        exchange(&app, b"GET /pacticipants HTTP/1.1\r\nHost: pacts.example.org:8080\r\nConnection: close\r\n\r\n")
            .await;

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""href":"http://pacts.example.org:8080/pacticipants""#), "{answer}");
}

#[tokio::test]
async fn odd_names_arrive_as_they_were_sent() {
    let app = TestApp::start().await;

    let put = b"PUT /pacticipants/a%2Fb/versions/..%2F%2520+/tags/%F0%9F%98%80 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answer = exchange(&app, put).await;

    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    app.get("/pacticipants/a%2Fb/versions/..%2F%2520%2B/tags/%F0%9F%98%80").await.is(200);
}

#[tokio::test]
async fn a_request_that_breaks_off_changes_nothing() {
    let app = TestApp::start().await;

    for sent in [
        "POST /pacticipants HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n\
         {\"name\":\"shop\"}",
        "PUT /pacticipants/shop/versions/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
    ] {
        exchange_and(&app, sent.as_bytes(), Then::BreakOff).await;
    }

    app.get("/pacticipants/shop").await.is(404);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let app = TestApp::start().await;

    for sent in [
        &b"GET\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA\x00: b\r\n\r\n",
    ] {
        let answer = exchange_and(&app, sent, Then::BreakOff).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}

#[tokio::test]
async fn many_who_say_nothing_hinder_nobody_and_are_hung_up_on() {
    let app = TestApp::start().await;
    let (address, _serving) = serve(&app, Duration::from_secs(2)).await;

    let mut silent = Vec::new();
    for begun in ["", "P", "GET / HTTP/1.1\r\nHost:"].into_iter().cycle().take(200) {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(begun.as_bytes()).await.expect("it reads");
        silent.push(stream);
    }
    let mut asking = TcpStream::connect(address).await.expect("it listens");
    asking.write_all(b"GET /pacticipants HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("it reads");

    assert!(rest(&mut asking).await.starts_with("HTTP/1.1 200 OK\r\n"));
    for stream in &mut silent {
        let told = rest(stream).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_not_waited_for() {
    let app = TestApp::with(|settings| settings.patience = Duration::from_millis(300)).await;

    let slow =
        b"PUT /pacticipants/shop HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let answer = exchange(&app, slow).await;

    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("no pause may be longer than 300ms, the whole not longer than 3s"), "{answer}");
    app.get("/pacticipants/shop").await.is(404);
}

#[tokio::test]
async fn who_sends_too_much_hears_so() {
    let app = TestApp::with(|settings| settings.body_limit_bytes = 1000).await;

    let size = 30_000_000;
    let head = format!(
        "PUT /pacticipants/shop HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    );
    let answer = exchange(&app, &[head.as_bytes(), &vec![b' '; size]].concat()).await;

    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
}
