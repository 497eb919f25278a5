//! Judging in processes of their own. A regular expression that never ends, a panic, a stack that overflows or memory that
//! runs out costs one interaction its verdict, and one process its life.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::answer::{Answer, Request};
use crate::verdict::Verdict;
use crate::worker::{Done, Work};

/// What one interaction may cost.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Of the wall clock, for each of reading and judging it.
    pub time: Duration,
    /// Of address space.
    pub memory_bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { time: Duration::from_secs(5), memory_bytes: 1 << 30 }
    }
}

/// Some processes that judge. They are started when they are needed and end with this value.
#[derive(Debug)]
pub struct Workers {
    program: PathBuf,
    arguments: Vec<String>,
    budget: Budget,
    room: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

#[derive(Debug)]
struct Worker {
    /// Killed when it is dropped.
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Workers {
    /// At most `number` processes of `program arguments…`, which has to call [`serve`](crate::serve) with its last
    /// argument: the budget's memory.
    #[must_use]
    pub fn new(program: PathBuf, arguments: &[&str], number: usize, budget: Budget) -> Self {
        let arguments = arguments.iter().map(|&word| word.to_owned()).chain([budget.memory_bytes.to_string()]);
        Self {
            program,
            arguments: arguments.collect(),
            budget,
            room: Semaphore::new(number.max(1)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// As [`request_to_send`](crate::request_to_send), within the budget.
    ///
    /// # Errors
    /// A sentence about what the engine cannot read, or why it came to no end.
    pub async fn request_to_send(&self, document: &RawValue, values: Map<String, Value>) -> Result<Request, String> {
        match self.work(&Work::Request { document: document.get().to_owned(), values }).await? {
            Done::Request(request) => request,
            Done::Judged(_) => Err(CONFUSED.into()),
        }
    }

    /// As [`judge`](crate::judge), within the budget.
    pub async fn judge(&self, document: &RawValue, answer: Answer) -> Verdict {
        match self.work(&Work::Judge { document: document.get().to_owned(), answer }).await {
            Ok(Done::Judged(verdict)) => verdict,
            Ok(Done::Request(_)) => Verdict::NotJudged(CONFUSED.into()),
            Err(reason) => Verdict::NotJudged(reason),
        }
    }

    /// Ends the processes that are idle, and waits for them: what they cost is then on this process's account.
    pub async fn end(&self) {
        let workers = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for Worker { mut process, input, .. } in workers {
            drop(input);
            // One that does not end is killed when it is dropped.
            let _ = timeout(self.budget.time, process.wait()).await;
        }
    }

    async fn work(&self, work: &Work) -> Result<Done, String> {
        let frame = serde_json::to_vec(work).map_err(|error| error.to_string())?;
        let _room = self.room.acquire().await.map_err(|error| error.to_string())?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut worker = idle.map_or_else(|| self.start(), Ok)?;
        match timeout(self.budget.time, worker.exchange(&frame)).await {
            Ok(Ok(answer)) => {
                // One that is confused is used no more.
                let done = serde_json::from_slice(&answer).map_err(|_| CONFUSED)?;
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
                Ok(done)
            }
            Ok(Err(_)) => Err(self.cause_of_death(worker).await),
            Err(_) => Err(format!(
                "judging it took longer than {} s, so it was given up: is there a regular expression that backtracks?",
                self.budget.time.as_secs_f32()
            )),
        }
    }

    fn start(&self) -> Result<Worker, String> {
        let mut process = Command::new(&self.program)
            .args(&self.arguments)
            // Else a stray variable of the user's would choose another engine.
            .env_remove("PACT_MATCHING_ENGINE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started to judge: {error}", self.program.display()))?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        match (input, output) {
            (Some(input), Some(output)) => Ok(Worker { process, input, output }),
            _ => Err("a process to judge has no standard input or output".into()),
        }
    }

    async fn cause_of_death(&self, mut worker: Worker) -> String {
        let ended = timeout(self.budget.time, worker.process.wait()).await;
        let how = match ended {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not end".to_owned(),
        };
        let megabytes = self.budget.memory_bytes >> 20;
        format!(
            "the matching engine broke down over it ({how}): it may need more than {megabytes} MB of memory, or be nested \
             too deeply"
        )
    }
}

const CONFUSED: &str = "a process that judges said something else than it was asked";

impl Worker {
    async fn exchange(&mut self, frame: &[u8]) -> std::io::Result<Vec<u8>> {
        let length = u32::try_from(frame.len()).map_err(std::io::Error::other)?;
        self.input.write_all(&length.to_be_bytes()).await?;
        self.input.write_all(frame).await?;
        self.input.flush().await?;
        let length = self.output.read_u32().await?;
        let mut answer = vec![0; length as usize];
        self.output.read_exact(&mut answer).await?;
        Ok(answer)
    }
}
