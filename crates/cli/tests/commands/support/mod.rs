//! A server that misbehaves on purpose, and a way to run the built program against it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    /// Header lines, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Json(u16, Value),
    With(u16, &'static str, &'static str, String),
    /// Closes the connection without a word.
    Drop,
    /// Keeps the connection open and says nothing.
    Hang,
}

/// Listens on a port of its own for as long as the test runs.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `reply` decides by the request and by how many were there before it.
    pub(crate) fn start(reply: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, reply) = (requests.clone(), Arc::new(reply));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, reply) = (seen.clone(), reply.clone());
                std::thread::spawn(move || serve(&stream, &seen, &*reply));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests' first lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Request>>, reply: &dyn Fn(&Request, usize) -> Reply) {
    let Some(request) = read(stream) else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let (status, name, value, body) = match reply(&request, before) {
        Reply::Json(status, body) => (status, "content-type", "application/hal+json;charset=utf-8", body.to_string()),
        Reply::With(status, name, value, body) => (status, name, value, body),
        Reply::Drop => return,
        Reply::Hang => {
            // Until the other side gives up.
            let _ = { stream }.read(&mut [0]);
            return;
        }
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\n{name}: {value}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = { stream }.write_all(format!("{head}{body}").as_bytes());
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines[0].split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body })
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the program in `folder` with nothing in its environment but `variables` and the way to git.
pub(crate) fn run_in(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_pactolus"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program against `server`, anywhere.
pub(crate) fn run(server: &Server, arguments: &[&str]) -> Ended {
    run_in(&std::env::temp_dir(), &[("PACT_BROKER_BASE_URL", &server.url)], arguments)
}

/// An index whose links carry a host name that leads nowhere from here.
pub(crate) fn index() -> Reply {
    let link = |path: &str| json!({ "href": format!("https://broker.invalid{path}") });
    Reply::Json(
        200,
        json!({ "_links": {
            "pb:publish-contracts": link("/contracts/publish"),
            "pb:publish-pact":
                link("/pacts/provider/{provider}/consumer/{consumer}/version/{consumerApplicationVersion}"),
            "pb:environments": link("/environments"),
            "pb:webhooks": link("/webhooks"),
            "pb:webhook": link("/webhooks/{uuid}"),
            "pb:pacticipant": link("/pacticipants/{pacticipant}"),
            "pb:pacticipant-version": link("/pacticipants/{pacticipant}/versions/{version}"),
        } }),
    )
}
