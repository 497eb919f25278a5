//! Folders, queries, and a server in a process of its own that can be killed.

use std::env;
use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use pactolus_private_postgres::{Cluster, Durability, Options, Packages};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

const FOLDER: &str = "PACTOLUS_TEST_FOLDER";
const WORK: &str = "PACTOLUS_TEST_WORK";

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// A folder that the unprivileged user may pass through when the tests run as root.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().prefix("pactolus-").permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

pub(crate) fn options(folder: &Path) -> Options {
    Options { folder: folder.to_owned(), durability: Durability::None, packages: Packages::Fetch }
}

pub(crate) fn start(folder: &Path) -> Cluster {
    Cluster::start(&options(folder)).unwrap()
}

/// Runs the statement and answers the number that it gives.
pub(crate) fn number(cluster: &Cluster, statement: &str) -> i64 {
    run(async {
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut connect(&cluster.url("pactolus")).await).await
    })
}

pub(crate) fn text(cluster: &Cluster, statement: &str) -> String {
    run(async {
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut connect(&cluster.url("pactolus")).await).await
    })
}

pub(crate) fn execute(cluster: &Cluster, statement: &str) {
    run(async { sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connect(&cluster.url("pactolus")).await).await });
}

fn run<T>(work: impl Future<Output = sqlx::Result<T>>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work).unwrap()
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// The pid that Postgres has written down.
pub(crate) fn postmaster(folder: &Path) -> Pid {
    let text = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

pub(crate) fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).unwrap();
}

/// Whether the process runs; a zombie does not.
pub(crate) fn is_alive(pid: Pid) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.as_raw_nonzero().to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

pub(crate) fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    (0..500).any(|_| {
        sleep(Duration::from_millis(20));
        condition()
    })
}

/// What the server process does once its cluster is up.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    Idle,
    Write,
}

/// A process that owns a cluster, as `pactolus serve` does.
pub(crate) struct Server {
    folder: PathBuf,
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    _program: TempDir,
}

impl Server {
    pub(crate) fn start(folder: &Path, work: Work) -> Self {
        Self::spawn(folder, work, None).ready().unwrap()
    }

    /// As another user; the error is what the start said.
    pub(crate) fn start_as(folder: &Path, uid: u32, gid: u32) -> Result<Self, String> {
        chown(folder, Some(uid), Some(gid)).unwrap();
        Self::spawn(folder, Work::Idle, Some((uid, gid))).ready()
    }

    /// This test program again, from a copy: the other user may not reach the original.
    fn spawn(folder: &Path, work: Work, user: Option<(u32, u32)>) -> Self {
        let program = self::folder();
        let copy = program.path().join("server");
        fs::copy(env::current_exe().unwrap(), &copy).unwrap();
        let mut command = Command::new(copy);
        command.args(["--exact", "support::server_process", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder).stdout(Stdio::piped()).stdin(Stdio::null()).current_dir("/");
        if let Work::Write = work {
            command.env(WORK, "write");
        }
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid).env_remove("HOME").env_remove("TMPDIR");
        }
        let mut process = spawn_program(&mut command);
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { folder: folder.to_owned(), process, lines, _program: program }
    }

    fn ready(mut self) -> Result<Self, String> {
        match self.next_word("server: ").as_str() {
            "ready" => Ok(self),
            failure => Err(failure.to_owned()),
        }
    }

    /// What the next line that begins with `start` says after it.
    pub(crate) fn next_word(&mut self, start: &str) -> String {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).expect("the server ended early")
    }

    /// All that is left to read; ends only when nobody holds the other end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.lines.by_ref().map(Result::unwrap).collect()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Taking over and dropping ends the Postgres that it leaves behind.
        if self.folder.join("postgres/postmaster.pid").exists() {
            let _ = Cluster::start(&options(&self.folder));
        }
    }
}

/// The copy may be "busy" while another test's child still holds our writing handle.
fn spawn_program(command: &mut Command) -> Child {
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(Duration::from_millis(10)),
            result => return result.unwrap(),
        }
    }
}

/// The other process of `Server`. Writes to standard output directly, which the test harness does not capture.
#[test]
#[ignore = "other tests run it as a process of its own"]
fn server_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mut output = io::stdout();
    match Cluster::start(&Options { durability: Durability::Full, ..options(Path::new(&folder)) }) {
        Err(error) => writeln!(output, "\nserver: {}", error.to_string().replace('\n', " ")).unwrap(),
        Ok(cluster) => {
            writeln!(output, "\nserver: ready").unwrap();
            if env::var_os(WORK).is_some() {
                run(write_for_ever(&cluster.url("pactolus")));
            }
            sleep(Duration::from_mins(10));
        }
    }
}

/// Says each number after it is committed.
async fn write_for_ever(url: &str) -> sqlx::Result<()> {
    let mut connection = connect(url).await;
    let mut output = io::stdout();
    sqlx::query("create table written (number bigint primary key)").execute(&mut connection).await?;
    for number in 0_i64.. {
        sqlx::query("insert into written values ($1)").bind(number).execute(&mut connection).await?;
        writeln!(output, "wrote: {number}").unwrap();
    }
    Ok(())
}
