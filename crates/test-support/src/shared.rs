//! The cluster that all test processes of a user share: who comes first starts it, a watchdog ends it.
//!
//! A process registers its pid in `users/` and then looks for `closing/`; the watchdog makes `closing/` and then
//! looks into `users/`. So at least one of them sees the other, and nobody is left with a cluster that goes away.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use pactolus_private_postgres::{Cluster, Durability, Options, Packages};
use sqlx::postgres::PgConnectOptions;

use crate::places;

const WATCHDOG: &str = include_str!("watchdog.sh");
/// So that the next test program of one `cargo test` finds the cluster of the one before.
const LINGER_SECONDS: u32 = 10;
/// Stands in the file `url` for the name of the database.
const DATABASE: &str = "DATABASE";
/// A watchdog that needs longer to close was killed while closing.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(12);

/// A running cluster that this process is registered with.
#[derive(Debug)]
pub(crate) struct Shared {
    folder: PathBuf,
    url: String,
}

impl Shared {
    pub(crate) async fn of_this_user() -> &'static Self {
        static SHARED: OnceLock<Result<Shared, String>> = OnceLock::new();
        let join = || SHARED.get_or_init(|| Self::join(&places::cluster()?, LINGER_SECONDS));
        match tokio::task::spawn_blocking(join).await.expect("joining the shared cluster does not panic") {
            Ok(shared) => shared,
            Err(reason) => panic!("there is no database for tests: {reason}"),
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.url.replacen(DATABASE, database, 1)
    }

    pub(crate) fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.url(database)).expect("the private cluster's URL is one that sqlx reads")
    }

    /// Takes a lock that all test processes share; blocks.
    pub(crate) fn lock(&self, name: &str) -> io::Result<File> {
        lock(&self.folder.join(format!("{name}.lock")))
    }

    /// Uses the cluster in the folder, or starts it. It stays for as long as this process lives, and `linger_seconds`.
    fn join(folder: &Path, linger_seconds: u32) -> Result<Self, String> {
        let begin = Instant::now();
        loop {
            places::ensure_own(folder)?;
            let failed = |error: io::Error| format!("cannot use {}: {error}", folder.display());
            let start = match lock(&folder.join("start.lock")) {
                Ok(start) => start,
                // The watchdog removed the folder just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            match register(folder, begin) {
                Ok(true) => {
                    watch(folder, linger_seconds).map_err(failed)?;
                    let url = match running(folder) {
                        Some(url) => url,
                        None => start_cluster(folder)?,
                    };
                    // Explicitly, since a child forked by another thread may hold a copy of the handle for a moment.
                    let _ = start.unlock();
                    return Ok(Self { folder: folder.to_owned(), url });
                }
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
            let _ = start.unlock();
            sleep(Duration::from_millis(20));
        }
    }
}

/// Locks the file, and makes sure that it is still the one at its path.
fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.lock()?;
        if fs::metadata(path)?.ino() == file.metadata()?.ino() {
            return Ok(file);
        }
    }
}

/// False when the cluster is about to go away.
fn register(folder: &Path, begin: Instant) -> io::Result<bool> {
    let users = folder.join("users");
    if let Err(error) = fs::create_dir(&users)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let user = users.join(process::id().to_string());
    File::create(&user)?;
    let closing = folder.join("closing");
    if !closing.exists() {
        return Ok(true);
    }
    fs::remove_file(user)?;
    if begin.elapsed() > CLOSING_TIMEOUT {
        fs::remove_dir(closing)?;
    }
    Ok(false)
}

/// The URL of the cluster, if somebody answers there.
fn running(folder: &Path) -> Option<String> {
    let url = fs::read_to_string(folder.join("url")).ok()?;
    let socket = fs::read_to_string(folder.join("socket-path")).ok()?;
    UnixStream::connect(socket).is_ok().then_some(url)
}

fn start_cluster(folder: &Path) -> Result<String, String> {
    let packages = Packages::FetchInto(places::packages());
    let options = Options { folder: folder.to_owned(), durability: Durability::None, packages };
    let cluster = Cluster::start(&options).map_err(|error| chain(&error))?;
    let url = cluster.url(DATABASE);
    let socket = cluster.socket_folder().join(format!(".s.PGSQL.{}", cluster.port()));
    let written = fs::write(folder.join("socket-path"), socket.as_os_str().as_encoded_bytes())
        .and_then(|()| fs::write(folder.join("url"), &url));
    written.map_err(|error| format!("cannot write in {}: {error}", folder.display()))?;
    cluster.leave_running();
    Ok(url)
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Starts the watchdog; an earlier one of the same folder steps back.
fn watch(folder: &Path, linger_seconds: u32) -> io::Result<()> {
    let mut shell = Command::new("/bin/sh");
    // A shell that ends at once, so that the watchdog is nobody's child to wait for; nothing of ours inherited, so
    // that it holds no pipe; a group of its own, so that Ctrl-C does not reach it.
    shell.args(["-c", "/bin/sh -c \"$1\" pactolus-watchdog \"$2\" \"$3\" &", "sh", WATCHDOG]);
    shell.arg(folder).arg(linger_seconds.to_string());
    shell.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Child;

    use sqlx::{Connection, PgConnection};
    use tempfile::TempDir;

    use super::*;

    const FOLDER: &str = "PACTOLUS_TEST_SHARED_FOLDER";
    const STAY: &str = "PACTOLUS_TEST_STAY";

    fn parent() -> TempDir {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        tempfile::Builder::new().permissions(open).tempdir().unwrap()
    }

    /// Joins the cluster in the folder in a process of its own, which then ends or stays.
    fn other_process(folder: &Path, stay: bool) -> Child {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "shared::tests::process_of_its_own", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if stay {
            command.env(STAY, "yes");
        }
        command.spawn().unwrap()
    }

    #[tokio::test]
    #[ignore = "other tests run it as a process of its own"]
    async fn process_of_its_own() {
        let Some(folder) = env::var_os(FOLDER) else { return };
        let shared = Shared::join(Path::new(&folder), 1).unwrap();
        let mut connection = PgConnection::connect_with(&shared.connect_options("postgres")).await.unwrap();
        fs::write(Path::new(&folder).join(format!("served-{}", process::id())), "").unwrap();
        if env::var_os(STAY).is_some() {
            sleep(Duration::from_mins(5));
        }
        // The cluster stays for as long as we are here.
        sleep(Duration::from_millis(300));
        sqlx::query("select 1").execute(&mut connection).await.unwrap();
    }

    fn eventually(mut condition: impl FnMut() -> bool) -> bool {
        (0..1500).any(|_| {
            sleep(Duration::from_millis(20));
            condition()
        })
    }

    fn postgres_answers(folder: &Path) -> bool {
        UnixStream::connect(folder.join("socket/.s.PGSQL.5432")).is_ok()
    }

    #[test]
    fn the_cluster_goes_away_after_its_last_process_was_killed_and_holds_no_output() {
        let parent = parent();
        let folder = parent.path().join("shared");
        let mut process = other_process(&folder, true);
        assert!(eventually(|| folder.join(format!("served-{}", process.id())).exists()));
        assert!(postgres_answers(&folder));
        let postmaster = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
        let postmaster = postmaster.lines().next().unwrap().to_owned();

        process.kill().unwrap();
        // Would not come back while somebody holds the pipes.
        process.wait_with_output().unwrap();

        assert!(eventually(|| fs::read_dir(parent.path()).unwrap().next().is_none()));
        assert!(!Path::new("/proc/self").exists() || !Path::new("/proc").join(postmaster).join("cwd").exists());
    }

    #[test]
    fn the_cluster_stays_while_one_of_its_processes_lives() {
        let parent = parent();
        let folder = parent.path().join("shared");
        let mut staying = other_process(&folder, true);
        assert!(eventually(|| folder.join(format!("served-{}", staying.id())).exists()));
        let url = fs::read_to_string(folder.join("url")).unwrap();

        assert!(other_process(&folder, false).wait().unwrap().success());
        sleep(Duration::from_secs(4));

        assert!(postgres_answers(&folder));
        assert_eq!(fs::read_to_string(folder.join("url")).unwrap(), url);
        staying.kill().unwrap();
        staying.wait().unwrap();
        assert!(eventually(|| !folder.exists()));
    }

    /// Processes come at all moments of the cluster's end, and each gets one that stays.
    #[test]
    fn a_process_that_comes_while_the_cluster_goes_away_gets_the_next_one() {
        let parent = parent();
        let folder = parent.path().join("shared");
        for pause_ms in [0, 1900, 2000, 2050, 2100, 2200, 2400] {
            let processes: Vec<Child> = (0..3).map(|_| other_process(&folder, false)).collect();
            for process in processes {
                let output = process.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            sleep(Duration::from_millis(pause_ms));
        }
        assert!(eventually(|| !folder.exists()));
    }

    #[test]
    fn a_watchdog_that_was_killed_while_closing_does_not_stop_the_next_process() {
        let parent = parent();
        let folder = parent.path().join("shared");
        places::ensure_own(&folder).unwrap();
        fs::create_dir(folder.join("closing")).unwrap();

        assert!(other_process(&folder, false).wait().unwrap().success());

        assert!(eventually(|| !folder.exists()));
    }
}
