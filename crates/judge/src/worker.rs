//! The inside of a worker's process: it does one piece of work after the other, as they come on standard input.

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::{Answer, Request};
use crate::engine;
use crate::verdict::Verdict;

/// The engine recurses over what strangers wrote.
const STACK_BYTES: usize = 64 << 20;
const LONGEST_FRAME_BYTES: usize = 256 << 20;

/// What a worker is asked. A document is a contract with one interaction.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    Request { document: String, values: Map<String, Value> },
    Judge { document: String, answer: Answer },
}

/// What it says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Done {
    Request(Result<Request, String>),
    Judged(Verdict),
}

/// Works until standard input ends, in so much memory.
///
/// # Errors
/// When the limit cannot be set, and when standard input or output breaks, or holds what is no work: whoever started the process is gone or confused.
pub fn serve(memory_bytes: u64) -> io::Result<()> {
    setrlimit(Resource::As, Rlimit { current: Some(memory_bytes), maximum: Some(memory_bytes) })?;
    // Panics are told in words to whoever asked; nobody reads this process's standard error.
    std::panic::set_hook(Box::new(|_| {}));
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
        while let Some(frame) = read_frame(&mut input)? {
            let work = serde_json::from_slice(&frame)?;
            write_frame(&mut output, &serde_json::to_vec(&work_on(work))?)?;
        }
        Ok(())
    })?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the worker broke")))
}

fn work_on(work: Work) -> Done {
    match work {
        Work::Request { document, values } => Done::Request(engine::request_to_send(&document, &values)),
        Work::Judge { document, answer } => Done::Judged(engine::judge(&document, &answer)),
    }
}

/// `None` at the end.
fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST_FRAME_BYTES {
        return Err(io::Error::other(format!("a frame of {length} bytes is too long")));
    }
    let mut frame = vec![0; length];
    input.read_exact(&mut frame)?;
    Ok(Some(frame))
}

fn write_frame(output: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(frame)?;
    output.flush()
}
