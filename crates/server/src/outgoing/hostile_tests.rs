//! Receivers and resolvers that mean harm: none gets this server to call its own machine or network, to wait for ever or
//! to fill its memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const TIMEOUT: Duration = Duration::from_millis(400);
/// Says that the time-out did it, and not patience without end.
const SOON: Duration = Duration::from_secs(8);

/// A resolver that answers from what it is given, one answer for each question.
fn answering(answers: &[&[&str]]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    let parse = |answer: &&[&str]| answer.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
    let answers: Vec<Vec<SocketAddr>> = answers.iter().map(parse).collect();
    let lookup: Lookup = Arc::new(move |_| {
        let number = counting.fetch_add(1, Ordering::SeqCst);
        let answer = answers[number.min(answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    });
    (lookup, asked)
}

fn outgoing(hosts: &[&str], lookup: Lookup) -> Outgoing {
    // Fails only when another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let targets = AllowedTargets {
        schemes: vec!["http".into()],
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        ..AllowedTargets::default()
    };
    Outgoing::with_lookup(&WebhookSettings { targets, timeout: TIMEOUT, ..WebhookSettings::default() }, lookup)
}

fn post(url: String) -> Call {
    Call { method: "POST".into(), url, headers: vec![], basic_auth: None, body: "{}".into() }
}

/// Listens, reads a request's head from each connection, and does then what it is told. Counts connections.
async fn receiver<Answering>(
    address: &str,
    answer: impl Fn(TcpStream, String) -> Answering + Send + 'static,
) -> Listening
where
    Answering: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let listening = Listening { port: listener.local_addr().unwrap().port(), connections: Arc::clone(&connections) };
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::SeqCst);
            let mut head = Vec::new();
            while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            tokio::spawn(answer(stream, String::from_utf8_lossy(&head).to_lowercase()));
        }
    });
    listening
}

struct Listening {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Listening {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn say(mut stream: TcpStream, answer: &'static [u8]) {
    // The client may have gone.
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

const DONE: &[u8] = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/// The answer to a call of a receiver on this machine.
async fn answer_of<Answering>(
    answer: impl Fn(TcpStream, String) -> Answering + Send + 'static,
) -> Result<Answer, CallError>
where
    Answering: Future<Output = ()> + Send + 'static,
{
    let listening = receiver("127.0.0.1:0", answer).await;
    let (lookup, _) = answering(&[&[]]);
    let started = Instant::now();
    let answered = outgoing(&["127.0.0.1"], lookup).send(post(format!("http://127.0.0.1:{}/", listening.port))).await;
    assert!(started.elapsed() < SOON, "it took {:?}", started.elapsed());
    answered
}

#[tokio::test]
async fn a_name_that_leads_inward_is_not_called() {
    let listening = receiver("127.0.0.1:0", |stream, _| say(stream, DONE)).await;
    for inward in [
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "224.0.0.1",
        "255.255.255.255",
        "ff02::1",
    ] {
        let (lookup, asked) = answering(&[&[inward]]);

        let refused = outgoing(&[], lookup).send(post(format!("http://hooks.example.org:{}/", listening.port))).await;

        let error = refused.err().expect("it is refused").to_string();
        assert!(error.contains("private network"), "{inward}: {error}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{inward}");
    }
    assert_eq!(listening.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_the_inward_ones_are_left_out() {
    let (lookup, _) = answering(&[&["10.0.0.1", "93.184.216.34", "::1"]]);
    let resolver = PublicOnly { targets: Arc::new(AllowedTargets::default()), lookup };

    let found: Vec<SocketAddr> = resolver.resolve("hooks.example.org".parse().unwrap()).await.unwrap().collect();

    assert_eq!(found, ["93.184.216.34:0".parse().unwrap()]);
}

/// One of two addresses of this machine is allowed. The name leads there first, and then to the other.
#[tokio::test]
async fn a_resolver_that_changes_its_mind_after_the_check_changes_nothing() {
    let allowed = receiver("127.0.0.2:0", |stream, _| say(stream, DONE)).await;
    let denied = receiver(&format!("127.0.0.1:{}", allowed.port), |stream, _| say(stream, DONE)).await;
    let (lookup, asked) = answering(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let outgoing = outgoing(&["/hooks.*/", "127.0.0.2"], lookup);
    let url = format!("http://hooks.example.org:{}/", allowed.port);

    let first = outgoing.send(post(url.clone())).await;
    let second = outgoing.send(post(url)).await;

    assert_eq!(first.ok().map(|answer| answer.status), Some(204));
    assert!(second.err().expect("it is refused").to_string().contains("private network"));
    // What was checked is what was connected to: nobody asked again in between.
    assert_eq!((asked.load(Ordering::SeqCst), allowed.connections(), denied.connections()), (2, 1, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let inward = receiver("127.0.0.3:0", |stream, _| say(stream, DONE)).await;
    let location = format!("HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.3:{}/\r\n\r\n", inward.port);
    let location: &'static [u8] = location.into_bytes().leak();

    let answer = answer_of(move |stream, _| say(stream, location)).await.unwrap();

    assert_eq!((answer.status, inward.connections()), (307, 0));
}

#[tokio::test]
async fn who_never_answers_is_given_up() {
    let answered = answer_of(|stream, _| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    });

    assert!(answered.await.err().expect("no answer").to_string().starts_with("no answer"));
}

async fn repeat(mut stream: TcpStream, head: &'static [u8], part: &'static [u8], pause: Duration) {
    let mut next = head;
    while stream.write_all(next).await.is_ok() {
        next = part;
        tokio::time::sleep(pause).await;
    }
}

#[tokio::test]
async fn who_sends_its_head_byte_by_byte_is_given_up() {
    let pause = Duration::from_millis(20);

    let answered = answer_of(move |stream, _| repeat(stream, b"HTTP/1.1 200 OK\r\nx: ", b"y", pause)).await;

    assert!(answered.is_err());
}

#[tokio::test]
async fn a_head_without_end_is_no_answer() {
    let answered = answer_of(|stream, _| repeat(stream, b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", Duration::ZERO)).await;

    assert!(answered.is_err());
}

#[tokio::test]
async fn interim_answers_without_end_are_no_answer() {
    let part = b"HTTP/1.1 103 Early Hints\r\n\r\n";

    let answered = answer_of(move |stream, _| repeat(stream, part, part, Duration::from_millis(1))).await;

    assert!(answered.is_err());
}

#[tokio::test]
async fn of_an_answer_that_trickles_what_came_in_time_is_kept() {
    let pause = Duration::from_millis(20);

    let answer = answer_of(move |stream, _| repeat(stream, b"HTTP/1.1 200 OK\r\n\r\n", b"y", pause)).await.unwrap();

    assert_eq!(answer.status, 200);
    assert!(!answer.body.is_empty() && answer.body.len() < 100, "{}", answer.body.len());
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    const PART: &[u8] = &[b'y'; 100_000];

    let answer = answer_of(|stream, _| repeat(stream, b"HTTP/1.1 200 OK\r\n\r\n", PART, Duration::ZERO)).await.unwrap();

    assert_eq!((answer.status, answer.body.len()), (200, ANSWER_BYTES));
}

/// So a small answer can't become a large one.
#[tokio::test]
async fn what_is_compressed_stays_so() {
    /// "hello", by gzip.
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 25\r\n\r\n\
        \x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";
    let (tell, told) = std::sync::mpsc::channel();

    let answer = answer_of(move |stream, head| {
        tell.send(head).unwrap();
        say(stream, ANSWER)
    });

    assert_eq!(answer.await.unwrap().body, ANSWER[ANSWER.len() - 25..]);
    assert!(!told.recv().unwrap().contains("accept-encoding"));
}

/// Runs itself in a process whose environment names a proxy.
#[tokio::test]
async fn no_proxy_of_the_environment_is_asked() {
    const TARGET: &str = "PACTOLUS_TEST_TARGET";
    if let Ok(target) = std::env::var(TARGET) {
        let (lookup, _) = answering(&[&["127.0.0.1"]]);
        let answer = outgoing(&["hooks.example.org"], lookup).send(post(target)).await.unwrap();
        assert_eq!(answer.status, 204);
        return;
    }
    let proxy = receiver("127.0.0.1:0", |stream, _| say(stream, DONE)).await;
    let target = receiver("127.0.0.1:0", |stream, _| say(stream, DONE)).await;
    let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "outgoing::hostile_tests::no_proxy_of_the_environment_is_asked"]);
    itself.env(TARGET, format!("http://hooks.example.org:{}/", target.port));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        let address = format!("http://127.0.0.1:{}", proxy.port);
        itself.env(name, &address).env(name.to_lowercase(), &address);
    }
    itself.env_remove("NO_PROXY").env_remove("no_proxy");

    let ended = tokio::task::spawn_blocking(move || itself.output().unwrap()).await.unwrap();

    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!((target.connections(), proxy.connections()), (1, 0));
}
