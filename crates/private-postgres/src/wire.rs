//! Just enough of the Postgres protocol (version 3) to run a statement over the socket as a trusted user, so that
//! starting a cluster needs neither psql nor an asynchronous driver.

use std::io::{self, Error, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const PROTOCOL_3_0: i32 = 196_608;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to one database.
pub(crate) struct Connection {
    stream: UnixStream,
}

impl Connection {
    pub(crate) fn open(socket: &Path, user: &str, database: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut connection = Self { stream };
        let parameters = format!("user\0{user}\0database\0{database}\0\0");
        connection.send(None, &[&PROTOCOL_3_0.to_be_bytes(), parameters.as_bytes()].concat())?;
        connection.read_until_ready()?;
        Ok(connection)
    }

    /// Runs one statement; answers how many rows it gave.
    pub(crate) fn run(&mut self, statement: &str) -> io::Result<usize> {
        self.send(Some(b'Q'), format!("{statement}\0").as_bytes())?;
        self.read_until_ready()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = i32::try_from(body.len() + 4).map_err(Error::other)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message)
    }

    fn read_until_ready(&mut self) -> io::Result<usize> {
        let mut rows = 0;
        let mut failure = None;
        loop {
            let (kind, body) = match self.receive() {
                Ok(message) => message,
                // A refused connection is closed after the reason for it.
                Err(error) => return Err(failure.map_or(error, Error::other)),
            };
            match kind {
                b'Z' => return failure.map_or(Ok(rows), |message| Err(Error::other(message))),
                b'D' => rows += 1,
                b'E' => failure = Some(error_message(&body)),
                b'R' if body != [0, 0, 0, 0] => return Err(Error::other("Postgres asked for a password")),
                _ => {}
            }
        }
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length).saturating_sub(4);
        let mut body = Vec::new();
        Read::by_ref(&mut self.stream).take(length.into()).read_to_end(&mut body)?;
        Ok((kind, body))
    }
}

/// The human-readable field (`M`) of an error: fields are a letter and a text, each ended by a zero.
fn error_message(body: &[u8]) -> String {
    let message = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"M"));
    message.map_or_else(|| "no message".to_owned(), |message| String::from_utf8_lossy(message).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_its_message_field() {
        assert_eq!(
            error_message(b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"),
            "the database system is starting up"
        );
    }
}
