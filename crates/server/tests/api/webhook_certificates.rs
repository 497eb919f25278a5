//! Receivers with certificates of an authority that no machine knows. Those in `certificates` hold for a hundred years:
//! the authority's own key was thrown away.

use std::sync::Arc;

use pactolus_server::Certificates;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::support::{TestApp, open_to_receiver};
use pactolus_domain::webhook::Retries;

const AUTHORITY: &[u8] = include_bytes!("certificates/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/receiver.pem");
const KEY: &[u8] = include_bytes!("certificates/receiver.key");

/// Answers each request with 200.
async fn receiver() -> String {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("they belong together")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("https://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("it listens");
            // Whoever does not trust it breaks off.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut received = [0; 4096];
            let _ = stream.read(&mut received).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

/// The log of the first attempt.
async fn log_of(certificates: Certificates) -> String {
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.certificates = certificates;
        settings.webhooks.retries = Retries::After(Vec::new());
    })
    .await;
    app.world().webhook(&receiver().await).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    sqlx::query_scalar("select log from webhook_attempt").fetch_one(&app.db).await.expect("there is one")
}

#[tokio::test]
async fn an_authority_that_the_settings_name_is_trusted() {
    let log = log_of(Certificates::from_pem(AUTHORITY).expect("a certificate")).await;

    assert!(log.contains("HTTP/1.1 200") && log.contains("Successfully executed webhook"), "{log}");
}

#[tokio::test]
async fn an_authority_that_nobody_names_is_not_trusted() {
    let log = log_of(Certificates::default()).await;

    assert!(log.contains("ERROR: Error executing webhook: no answer") && log.contains("certificate"), "{log}");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    // TLS needs its provider.
    TestApp::start().await;
    let refused = |pem: &[u8]| Certificates::from_pem(pem).expect_err("it is none").to_string();

    assert!(refused(b"").starts_with("there is no certificate in it"));
    assert!(refused(KEY).starts_with("there is no certificate in it"));
    assert_eq!(
        refused(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
        "a certificate in it can't be read"
    );
    assert_eq!(
        refused(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        "a certificate in it can't be read"
    );
}
