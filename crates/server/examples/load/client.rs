//! One connection to a server, kept alive as clients keep theirs.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Result;
use crate::requests::{Accept, Request};

pub(crate) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender; what went wrong is told to whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { address, sender })
    }

    /// Sends the request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<Answer> {
        let accept = match request.accept {
            Accept::Hal => "application/hal+json, application/json;q=0.5",
            Accept::Page | Accept::PlainPage => "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        };
        let encoding = if request.accept == Accept::Page { "gzip, deflate, br, zstd" } else { "identity" };
        let request = hyper::Request::builder()
            .method(request.method)
            .uri(request.uri)
            .header(header::HOST, self.address.to_string())
            .header(header::ACCEPT, accept)
            .header(header::ACCEPT_ENCODING, encoding)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(request.body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            if let Some(data) = frame?.data_ref() {
                read.extend_from_slice(data);
            }
        }
        Ok(Answer { status, body: read.freeze() })
    }
}
