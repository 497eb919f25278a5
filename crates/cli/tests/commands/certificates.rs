//! A provider that wants to see a certificate, and has one of an authority that no machine knows. Those in `certificates`
//! hold for twenty years: the authority's own key was thrown away.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::support::{Ended, run_in};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/certificates").join(name)
}

fn config() -> Arc<ServerConfig> {
    let certificate = |name: &str| CertificateDer::from_pem_file(file(name)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut authorities = RootCertStore::empty();
    authorities.add(certificate("ca.pem")).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider.clone()).build().unwrap();
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_file(file("provider.key")).unwrap();
    let config = builder.with_client_cert_verifier(clients);
    Arc::new(config.with_single_cert(vec![certificate("provider.pem")], key).unwrap())
}

/// Answers each request with 200, whoever shows a certificate.
fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let config = config();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(config.clone()).unwrap();
            std::thread::spawn(move || answer(StreamOwned::new(connection, stream)));
        }
    });
    url
}

fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let mut received = [0; 4096];
    // Whoever does not trust it, or is not trusted, breaks off.
    if stream.read(&mut received).is_ok_and(|length| length > 0) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

fn verify(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let contract = json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "stock" },
        "interactions": [
            { "description": "a", "request": { "method": "GET", "path": "/" }, "response": { "status": 200 } },
        ],
    });
    std::fs::write(folder.path().join("pact.json"), contract.to_string()).unwrap();
    let url = provider();
    let always = ["verify", "-n", "stock", "-f", "pact.json", "--retries", "0", "--provider-base-url", &url];
    run_in(folder.path(), &[], &[&always[..], arguments].concat())
}

fn path(name: &str) -> String {
    file(name).display().to_string()
}

#[test]
fn a_provider_with_an_authority_of_its_own_sees_our_certificate() {
    let (authority, certificate, key) = (path("ca.pem"), path("client.pem"), path("client.key"));

    let ended = verify(&["--ssl-certificate", &authority, "--client-certificate", &certificate, "--client-key", &key]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_provider_whose_authority_nobody_named_is_not_trusted() {
    let (certificate, key) = (path("client.pem"), path("client.key"));
    let ours = ["--client-certificate", &certificate, "--client-key", &key];

    let distrusted = verify(&ours);
    let trusted_blindly = verify(&[&ours[..], &["--disable-ssl-verification"]].concat());

    assert_eq!(distrusted.code, Some(3), "{distrusted:?}");
    assert!(distrusted.stdout.contains("certificate"), "{distrusted:?}");
    assert_eq!(trusted_blindly.code, Some(0), "{trusted_blindly:?}");
}

#[test]
fn whoever_shows_no_certificate_is_turned_away() {
    let ended = verify(&["--ssl-certificate", &path("ca.pem")]);

    assert_eq!(ended.code, Some(3), "{ended:?}");
}

#[test]
fn a_key_without_its_certificate_is_refused() {
    let ended = verify(&["--client-certificate", &path("ca.pem"), "--client-key", &path("ca.pem")]);

    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("--client-key"), "{ended:?}");
}
