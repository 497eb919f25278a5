//! The user that Postgres runs as: ourselves, or for root (whom Postgres refuses) somebody unprivileged.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Who may own a new cluster when we are root, in order of preference (`_postgres` is macOS's).
const UNPRIVILEGED: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The user that Postgres runs as.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// `None`: this process's own user.
    other: Option<Identity>,
}

#[derive(Debug, Clone)]
struct Identity {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    pub(crate) fn for_new_cluster() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { other: None });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let identities: Vec<Identity> = passwd.lines().filter_map(Identity::parse).collect();
        UNPRIVILEGED
            .iter()
            .find_map(|name| identities.iter().find(|identity| identity.name == *name))
            .map(|identity| Self { other: Some(identity.clone()) })
            .ok_or(Error::NoUnprivilegedUser)
    }

    /// An existing cluster keeps its owner: user postgres may have come after a cluster was made for nobody.
    /// A cluster that root owns (restored by a plain copy) is given away as a new one would be.
    pub(crate) fn for_cluster(data: &Path) -> Result<Self, Error> {
        let account = Self::for_new_cluster()?;
        match (&account.other, fs::metadata(data)) {
            (Some(_), Ok(metadata)) if metadata.uid() != 0 => Ok(Self {
                other: Some(Identity {
                    name: format!("with id {}", metadata.uid()),
                    uid: metadata.uid(),
                    gid: metadata.gid(),
                }),
            }),
            (Some(identity), Ok(_)) => {
                give(data, identity)?;
                Ok(account)
            }
            _ => Ok(account),
        }
    }

    /// Makes the program run as this user. The standard library drops the supplementary groups with the uid.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Some(identity) = &self.other {
            command.uid(identity.uid).gid(identity.gid);
        }
    }

    /// Creates the folder if absent, and closes it to everybody else.
    pub(crate) fn ensure_private_folder(&self, folder: &Path) -> Result<(), Error> {
        if !folder.is_dir() {
            fs::create_dir(folder).map_err(Error::file("create", folder))?;
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(Error::file("close", folder))?;
        match &self.other {
            Some(identity) => lchown(folder, Some(identity.uid), Some(identity.gid))
                .map_err(Error::file("give the unprivileged user", folder)),
            None => Ok(()),
        }
    }

    /// Every folder from the root to `path` must be open to the other user; our own is told by the system itself.
    pub(crate) fn check_reachable(&self, path: &Path) -> Result<(), Error> {
        let Some(identity) = &self.other else { return Ok(()) };
        let existing = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
        let mut folders: Vec<PathBuf> = existing.iter().flat_map(|path| path.ancestors()).map(Path::to_owned).collect();
        folders.reverse();
        match folders.into_iter().find(|folder| !identity.may_pass(folder)) {
            Some(closed) => Err(Error::Closed { closed, path: path.to_owned(), user: identity.name.clone() }),
            None => Ok(()),
        }
    }
}

impl Identity {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = parse_id(fields.nth(1)?)?;
        let gid = parse_id(fields.next()?)?;
        (uid != 0).then_some(Self { name, uid, gid })
    }

    fn may_pass(&self, folder: &Path) -> bool {
        let Ok(metadata) = fs::metadata(folder) else { return false };
        let execute = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        !metadata.is_dir() || metadata.mode() & execute != 0
    }
}

/// macOS writes nobody's id as -2.
fn parse_id(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

fn give(path: &Path, identity: &Identity) -> Result<(), Error> {
    lchown(path, Some(identity.uid), Some(identity.gid)).map_err(Error::file("give the unprivileged user", path))?;
    if path.is_symlink() || !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(Error::file("list", path))? {
        give(&entry.map_err(Error::file("list", path))?.path(), identity)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passwd_line_is_an_identity() {
        let nobody = Identity::parse("nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false").expect("a line");

        assert_eq!((nobody.name.as_str(), nobody.uid, nobody.gid), ("nobody", 4_294_967_294, 4_294_967_294));
    }

    #[test]
    fn root_is_never_an_unprivileged_identity() {
        assert!(Identity::parse("postgres:x:0:0::/:/bin/sh").is_none());
    }
}
