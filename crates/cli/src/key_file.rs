//! The encryption key in the data folder: the first line of a file that only its owner may read. While the key is changed,
//! the lines after it hold those that it replaces.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use pactolus_server::MasterKey;

const NAME: &str = "encryption.key";

/// The key of the folder, made on first use.
pub(crate) fn read_or_create(folder: &Path) -> anyhow::Result<MasterKey> {
    let file = folder.join(NAME);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => create(folder, &file).with_context(|| {
            format!("no encryption key can be kept in {}: set PACTOLUS_ENCRYPTION_KEY or --data-dir", folder.display())
        })?,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
    };
    parse(&text).with_context(|| format!("in {}", file.display()))
}

/// Keys of the folder, the one that counts first.
pub(crate) fn lines(folder: &Path) -> anyhow::Result<Vec<String>> {
    let file = folder.join(NAME);
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Whole or not at all, whenever the machine stops.
pub(crate) fn replace(folder: &Path, lines: &[String]) -> anyhow::Result<()> {
    let file = folder.join(NAME);
    let draft = draft(folder, &(lines.join("\n") + "\n"))?;
    fs::rename(&draft, &file).with_context(|| format!("{} cannot be written", file.display()))?;
    File::open(folder).and_then(|folder| folder.sync_all()).context("the data folder cannot be written")
}

fn parse(text: &str) -> anyhow::Result<MasterKey> {
    let mut keys = text.lines().filter(|line| !line.trim().is_empty()).map(MasterKey::from_base64);
    let first = keys.next().unwrap_or_else(|| MasterKey::from_base64(""))?;
    Ok(first.accepting(keys.collect::<Result<Vec<_>, _>>()?))
}

/// Written beside and linked into place: of two servers that start at once, one makes the key and both read it.
fn create(folder: &Path, file: &Path) -> anyhow::Result<String> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let draft = draft(folder, &format!("{}\n", MasterKey::generate().to_base64()))?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    Ok(fs::read_to_string(file)?)
}

fn draft(folder: &Path, text: &str) -> anyhow::Result<PathBuf> {
    // Process ids repeat in containers that share a volume, so the draft is named at random.
    let draft = folder.join(format!("{NAME}.{}", MasterKey::generate().fingerprint()));
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();

        let made = read_or_create(folder.path()).unwrap();

        assert_eq!(read_or_create(folder.path()).unwrap().to_base64(), made.to_base64());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let permissions = fs::metadata(folder.path().join(NAME)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }

    #[test]
    fn the_first_line_counts_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let old = read_or_create(folder.path()).unwrap().to_base64();
        let new = MasterKey::generate().to_base64();

        replace(folder.path(), &[new.clone(), old.clone()]).unwrap();

        assert_eq!(read_or_create(folder.path()).unwrap().to_base64(), new);
        assert_eq!(lines(folder.path()).unwrap(), [new, old]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        replace(folder.path(), &["c2hvcnQ=".to_owned()]).unwrap();
        assert!(read_or_create(folder.path()).is_err());
        replace(folder.path(), &[]).unwrap();
        assert!(read_or_create(folder.path()).is_err());
    }
}
