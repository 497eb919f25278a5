//! Where the shared cluster lives: memory-backed disk, else beside the build, else the folder for temporary files.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pactolus_private_postgres::check_reachable;
use rustix::process::geteuid;

const MEMORY: &str = "/dev/shm";
/// A database has about 8 MB, and containers often give no more than 64 MB.
const ROOM_BYTES: u64 = 1 << 30;
/// The socket adds 28 bytes, and the shortest limit of a socket's path is 103.
const LONGEST_PATH: usize = 75;

/// The folder of the cluster that all test processes of this user share.
pub(crate) fn cluster() -> Result<PathBuf, String> {
    // Changes of the folder's layout get a new number, so that checkouts of different age don't meet.
    let name = format!("pactolus-tests-1-{}", geteuid().as_raw());
    let memory = Path::new(MEMORY).join(&name);
    if memory.exists() || has_room(Path::new(MEMORY)) {
        return Ok(memory);
    }
    let beside = target().map(|target| target.join(&name));
    if let Some(beside) = beside.filter(|folder| folder.as_os_str().len() <= LONGEST_PATH && is_usable(folder)) {
        return Ok(beside);
    }
    let temporary = env::temp_dir().join(&name);
    check_reachable(&temporary).map_err(|error| error.to_string())?;
    Ok(temporary)
}

/// The folder of a fetched package: not in memory, where containers may forbid to run programs.
pub(crate) fn packages() -> PathBuf {
    let name = format!("pactolus-packages-{}", geteuid().as_raw());
    match target().map(|target| target.join(&name)).filter(|folder| is_usable(folder)) {
        Some(beside) => beside,
        None => env::temp_dir().join(name),
    }
}

/// Creates the folder if absent, closed to other users; in a folder that everybody may write to, somebody else
/// could have been first.
pub(crate) fn ensure_own(folder: &Path) -> Result<(), String> {
    let failed = |what: &str, error: std::io::Error| format!("cannot {what} {}: {error}", folder.display());
    // Root's Postgres runs as somebody else, who must pass through.
    let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
    match DirBuilder::new().mode(mode).create(folder) {
        Ok(()) => {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).map_err(|error| failed("open", error))?;
        }
        Err(error) if folder.symlink_metadata().is_err() => return Err(failed("create", error)),
        Err(_) => {}
    }
    let metadata = folder.symlink_metadata().map_err(|error| failed("look at", error))?;
    if metadata.is_dir() && metadata.uid() == geteuid().as_raw() {
        return Ok(());
    }
    Err(format!("{} belongs to somebody else; remove it", folder.display()))
}

fn has_room(folder: &Path) -> bool {
    // Without blocks that only root may fill.
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM_BYTES)
        && is_usable(folder)
}

fn is_usable(folder: &Path) -> bool {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
    check_reachable(folder).is_ok() && rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Cargo's target folder, which it marks as a cache. Its variables are only there in some kinds of test.
fn target() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_made_once_and_closed_to_others() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("own");

        ensure_own(&folder).unwrap();
        ensure_own(&folder).unwrap();

        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o066, 0);
    }

    #[test]
    fn a_link_that_somebody_laid_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("link");
        symlink("/etc", &folder).unwrap();

        let refused = ensure_own(&folder).unwrap_err();

        assert!(refused.contains("somebody else"), "{refused}");
    }

    #[test]
    fn the_build_folder_is_found_from_the_running_test() {
        assert!(target().is_some_and(|target| env::current_exe().unwrap().starts_with(target)));
    }
}
