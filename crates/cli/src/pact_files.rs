//! Finds the contracts to publish: files, folders and patterns, read as they are and told apart from other JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::outcome::Failure;

/// A contract as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PactFile {
    pub(crate) path: PathBuf,
    pub(crate) consumer: String,
    pub(crate) provider: String,
    /// Exactly what the file holds: the server identifies content by it.
    pub(crate) bytes: Vec<u8>,
}

/// What `find` found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// By consumer.
    pub(crate) pacts: BTreeMap<String, Vec<PactFile>>,
    /// JSON that is no contract, found in a folder or by a pattern.
    pub(crate) skipped: Vec<PathBuf>,
}

/// What a path on the command line stands for.
enum Named {
    /// One file, which has to be a contract.
    File(PathBuf),
    /// Files found in a folder or by a pattern, of which some may be something else.
    Found(Vec<PathBuf>),
}

/// Reads the contracts that `paths` name. A file that can't be read as JSON is an error even in a folder: it may be a
/// contract cut short. The same contract twice counts once; two different ones for a provider need `merge`.
pub(crate) fn find(paths: &[String], merge: bool) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut seen: Vec<PathBuf> = Vec::new();
    for path in paths {
        let (files, must_be_pacts) = match named_by(path)? {
            Named::File(file) => (vec![file], true),
            Named::Found(files) => (files, false),
        };
        for file in files {
            let canonical = file.canonicalize().unwrap_or_else(|_| file.clone());
            if seen.contains(&canonical) {
                continue;
            }
            seen.push(canonical);
            match read(&file)? {
                Some(pact) => add(&mut found.pacts, pact, merge)?,
                None if must_be_pacts => {
                    let path = file.display();
                    return Err(Failure::usage(format!("{path} is not a pact: it names no consumer and provider")));
                }
                None => found.skipped.push(file),
            }
        }
    }
    if found.pacts.is_empty() {
        let skipped = found.skipped.iter().map(|path| format!("{} is JSON, but not a pact", path.display()));
        return Err(Failure::usage(format!("no pact found in {}", paths.join(", "))).with_details(skipped));
    }
    Ok(found)
}

fn named_by(given: &str) -> Result<Named, Failure> {
    let path = Path::new(given);
    let unreadable = |error: std::io::Error| Failure::usage(format!("can't read {given}: {error}"));
    if path.is_dir() {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() && file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                files.push(file);
            }
        }
        files.sort();
        return Ok(Named::Found(files));
    }
    // A file whose name has brackets is that file, not a pattern.
    if path.exists() || !given.contains(['*', '?', '[']) {
        return Ok(Named::File(path.to_owned()));
    }
    let pattern = glob::glob(given)
        .map_err(|error| Failure::usage(format!("{given} is neither a file nor a pattern for files: {error}")))?;
    let files: Result<Vec<PathBuf>, _> =
        pattern.filter(|file| !file.as_ref().is_ok_and(|file| file.is_dir())).collect();
    Ok(Named::Found(files.map_err(|error| unreadable(error.into()))?))
}

/// The contract in a file; `None` if it holds other JSON.
fn read(path: &Path) -> Result<Option<PactFile>, Failure> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| Failure::usage(format!("can't read {shown}: {error}")))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let hint = if bytes.starts_with(b"\xef\xbb\xbf") { " (it starts with a byte order mark)" } else { "" };
        Failure::usage(format!("{shown} is not JSON{hint}: {error}"))
    })?;
    let name_of = |role: &str| json[role]["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let (Some(consumer), Some(provider)) = (name_of("consumer"), name_of("provider")) else { return Ok(None) };
    Ok(Some(PactFile { path: path.to_owned(), consumer, provider, bytes }))
}

fn add(pacts: &mut BTreeMap<String, Vec<PactFile>>, pact: PactFile, merge: bool) -> Result<(), Failure> {
    let of_consumer = pacts.entry(pact.consumer.clone()).or_default();
    let same_provider = of_consumer.iter().find(|other| other.provider == pact.provider);
    match same_provider {
        Some(other) if other.bytes == pact.bytes => {}
        Some(other) if !merge => {
            let message = format!(
                "{} and {} are two different pacts between {} and {}: publish one of them, or both with --merge",
                other.path.display(),
                pact.path.display(),
                pact.consumer,
                pact.provider,
            );
            return Err(Failure::usage(message));
        }
        _ => of_consumer.push(pact),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Exit;

    const SHOP_STOCK: &str = r#"{"consumer":{"name":"shop"},"provider":{"name":"stock"},"interactions":[]}"#;
    const SHOP_PAY: &str = r#"{"consumer":{"name":"shop"},"provider":{"name":"pay"},"interactions":[]}"#;
    const WEB_STOCK: &str = r#"{ "provider":{"name":"stock"}, "consumer":{"name":"web"}, "interactions":[] }"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn find_in(folder: &tempfile::TempDir, paths: &[&str], merge: bool) -> Result<Found, Failure> {
        let paths: Vec<String> =
            paths.iter().map(|path| folder.path().join(path).to_str().unwrap().to_owned()).collect();
        find(&paths, merge)
    }

    fn names(found: &Found) -> Vec<String> {
        found.pacts.values().flatten().map(|pact| format!("{}-{}", pact.consumer, pact.provider)).collect()
    }

    #[test]
    fn a_folder_gives_its_pacts_and_leaves_other_json_out() {
        let folder = folder(&[
            ("web.json", WEB_STOCK),
            ("b.json", SHOP_STOCK),
            ("a.JSON", SHOP_PAY),
            ("package.json", "{}"),
            ("notes.txt", "x"),
            ("deeper/c.json", "broken"),
        ]);

        let found = find_in(&folder, &[""], false).unwrap();

        assert_eq!(names(&found), ["shop-pay", "shop-stock", "web-stock"]);
        assert!(found.skipped[0].ends_with("package.json"));
    }

    #[test]
    fn a_pattern_reaches_into_folders_and_a_file_counts_once() {
        let folder = folder(&[("x/pacts/a.json", SHOP_STOCK), ("y/pacts/b.json", SHOP_PAY)]);

        let found = find_in(&folder, &["**/pacts/*.json", "x/pacts/a.json"], false).unwrap();

        assert_eq!(names(&found), ["shop-stock", "shop-pay"]);
    }

    #[test]
    fn a_file_whose_name_looks_like_a_pattern_is_that_file() {
        let folder = folder(&[("shop [new].json", SHOP_STOCK)]);

        assert_eq!(names(&find_in(&folder, &["shop [new].json"], false).unwrap()), ["shop-stock"]);
    }

    #[test]
    fn bytes_stay_as_they_are() {
        let folder = folder(&[("web.json", WEB_STOCK)]);

        let found = find_in(&folder, &["web.json"], false).unwrap();

        assert_eq!(found.pacts["web"][0].bytes, WEB_STOCK.as_bytes());
    }

    fn check_refused(files: &[(&str, &str)], paths: &[&str], message: &str) {
        let folder = folder(files);
        let failure = find_in(&folder, paths, false).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains(message), "{failure:?}");
    }

    #[test]
    fn what_is_no_pact_is_refused() {
        check_refused(&[("a.json", "{}")], &["a.json"], "is not a pact");
        check_refused(&[("a.json", "{}")], &[""], "no pact found");
        check_refused(&[("a.json", r#"{"consumer":"#)], &[""], "is not JSON");
        check_refused(&[("a.json", "\u{feff}{}")], &["a.json"], "byte order mark");
        check_refused(&[], &["missing.json"], "can't read");
        check_refused(&[], &["*.json"], "no pact found");
        check_refused(&[], &["["], "neither a file nor a pattern");
    }

    #[test]
    fn two_different_pacts_with_a_provider_need_merge() {
        let other = SHOP_STOCK.replace("[]", "[1]");
        let files = [("a.json", SHOP_STOCK), ("b.json", &other)];

        check_refused(&files, &[""], "two different pacts between shop and stock");
        assert_eq!(find_in(&folder(&files), &[""], true).unwrap().pacts["shop"].len(), 2);
    }

    #[test]
    fn the_same_pact_in_two_files_counts_once() {
        let folder = folder(&[("a.json", SHOP_STOCK), ("b.json", SHOP_STOCK)]);

        assert_eq!(names(&find_in(&folder, &[""], false).unwrap()), ["shop-stock"]);
    }
}
