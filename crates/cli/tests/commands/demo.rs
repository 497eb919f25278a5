//! `pactolus demo` against a real server. The company is published once; what there is of it is looked at from all sides,
//! since filling takes its time.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use pactolus_test_support::TestDatabase;
use serde_json::Value;

use crate::support::{Ended, run_in};

/// The built server on a database of its own.
struct RealServer {
    process: Child,
    url: String,
    _data: tempfile::TempDir,
    _database: TestDatabase,
}

impl RealServer {
    async fn start() -> Self {
        let database = TestDatabase::create(&pactolus_server::MIGRATOR).await;
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_pactolus"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .env_clear()
            .env("DATABASE_URL", database.url())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let url =
            ready.split(' ').find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{ready}")).to_owned();
        Self { process, url, _data: data, _database: database }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run_in(&std::env::temp_dir(), &[("PACT_BROKER_BASE_URL", &self.url)], arguments)
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}/{path}", self.url);
        #[expect(clippy::disallowed_methods, reason = "a client of the server under test")]
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let answer = client.get(&url).header("accept", "application/hal+json, application/json").send().await.unwrap();
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn count(&self, path: &str, list: &str) -> usize {
        self.get(path).await["_embedded"][list].as_array().unwrap().len()
    }

    /// What may go to production of it, with what failed and what is not known.
    async fn gate(&self, pacticipant: &str, version: &str) -> (Value, Value, Value) {
        let question = format!("can-i-deploy?pacticipant={pacticipant}&version={version}&environment=production");
        let summary = self.get(&question).await["summary"].clone();
        (summary["deployable"].clone(), summary["failed"].clone(), summary["unknown"].clone())
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fills_an_empty_server_once_and_again_only_when_told() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = RealServer::start().await;

    let filled = server.run(&["demo", "--json"]);

    assert_eq!(filled.code, Some(0), "{filled:?}");
    check_counts(&server, &filled.json()).await;
    check_verdicts(&server).await;
    for page in filled.json()["pages"].as_array().unwrap() {
        let path = page["url"].as_str().unwrap().strip_prefix(&format!("{}/", server.url)).unwrap().to_owned();
        server.get(&path).await;
    }

    let refused = server.run(&["demo"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("accounts and 14 others") && refused.stderr.contains("--anyway"), "{refused:?}");

    let again = server.run(&["demo", "--anyway", "--json"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    check_counts(&server, &again.json()).await;
    check_verdicts(&server).await;
}

async fn check_counts(server: &RealServer, told: &Value) {
    assert_eq!(server.count("pacticipants", "pacticipants").await, 15);
    assert_eq!(server.count("pacticipants/label/team%3Apayments", "pacticipants").await, 3);
    assert_eq!(server.count("environments", "environments").await, 4);
    assert_eq!(server.get("integrations").await["_embedded"]["integrations"].as_array().unwrap().len(), 21);
    let counts = server.get("metrics").await;
    assert_eq!(counts["pacticipants"]["count"], told["pacticipants"]);
    assert_eq!(counts["pacticipantVersions"]["count"], told["versions"]);
    assert_eq!(counts["webhooks"]["count"], told["webhooks"]);
    let production = server.get("environments?name=production").await["_embedded"]["environments"][0]["uuid"].clone();
    let running = format!("environments/{}/deployed-versions/currently-deployed", production.as_str().unwrap());
    // Fourteen services without the app that is released; four of them on two instances.
    assert_eq!(server.count(&running, "deployedVersions").await, 18);
}

async fn check_verdicts(server: &RealServer) {
    let (yes, no, unknown) = (Value::Bool(true), Value::Bool(false), Value::Null);
    let count = |number: u64| Value::from(number);
    assert_eq!(server.gate("payments", "a41c7e0").await, (no.clone(), count(1), count(0)));
    assert_eq!(server.gate("recommendations", "312").await, (no.clone(), count(1), count(0)));
    assert_eq!(server.gate("shipping", "3.18.0").await, (unknown, count(0), count(1)));
    // Nobody has verified it: what payments offers has no such operation.
    assert_eq!(server.gate("invoices", "2.32.0").await, (no.clone(), count(1), count(0)));
    assert_eq!(server.gate("checkout", "4d0a3b7").await, (yes, count(0), count(0)));

    let pair = "q[][pacticipant]=checkout&q[][version]=9f2c41d&q[][pacticipant]=payments&q[][version]=a41c7e0";
    let row = server.get(&format!("matrix?{pair}")).await["matrix"][0].clone();
    let address = row["verificationResult"]["_links"]["self"]["href"].as_str().unwrap();
    let result = server.get(address.trim_start_matches(&format!("{}/", server.url))).await;
    let failed = result["testResults"].as_array().unwrap().iter().find(|one| one["success"] == false).unwrap();
    assert_eq!(failed["mismatches"][0]["identifier"], "$.amount");
    assert!(!failed["interactionId"].as_str().unwrap().is_empty());
    let evidence = server.get("pacticipants/payments/versions/a41c7e0/evidence").await;
    assert_eq!(evidence["_embedded"]["runs"][0]["results"]["failed"], 1);
}
