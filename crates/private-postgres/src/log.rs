//! The log file of Postgres: kept small, and quoted when something goes wrong.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::Error;

const ROTATE_AT_BYTES: u64 = 10 * 1024 * 1024;
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 15;

/// The log, and where this run's part of it begins.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) path: PathBuf,
    begin: u64,
}

impl Log {
    /// Opens the log of the data folder; a long one is put aside first, in place of the one put aside before.
    pub(crate) fn open(folder: &Path) -> Self {
        let path = folder.join("postgres.log");
        let mut begin = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if begin > ROTATE_AT_BYTES && fs::rename(&path, folder.join("postgres.log.1")).is_ok() {
            begin = 0;
        }
        Self { path, begin }
    }

    pub(crate) fn writer(&self) -> Result<File, Error> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(Error::file("write", &self.path))
    }

    /// The last lines of this run.
    pub(crate) fn tail(&self) -> String {
        let text = self.read_tail().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(TAIL_LINES);
        if lines.is_empty() { "(nothing)".to_owned() } else { lines[from..].join("\n") }
    }

    fn read_tail(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(self.begin.max(length.saturating_sub(TAIL_BYTES))))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_tail_leaves_earlier_runs_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("postgres.log"), "an old failure\n").unwrap();

        let log = Log::open(folder.path());
        log.writer().unwrap().write_all(b"a new failure\n").unwrap();

        assert_eq!(log.tail(), "a new failure");
    }

    #[test]
    fn a_long_log_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postgres.log");
        File::create(&path).unwrap().set_len(ROTATE_AT_BYTES + 1).unwrap();

        let log = Log::open(folder.path());
        log.writer().unwrap();

        assert_eq!(fs::metadata(path).unwrap().len(), 0);
        assert_eq!(fs::metadata(folder.path().join("postgres.log.1")).unwrap().len(), ROTATE_AT_BYTES + 1);
    }
}
