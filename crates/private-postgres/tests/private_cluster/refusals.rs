//! Starts that can't go well, and what they say.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pactolus_private_postgres::{Cluster, Error, check_reachable};

use crate::support::{folder, is_root, options};

fn refused(folder: &Path) -> Error {
    Cluster::start(&options(folder)).unwrap_err()
}

#[test]
fn a_cluster_of_a_major_that_is_not_there_is_named_with_the_way_out() {
    let folder = folder();
    let data = folder.path().join("postgres");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "12\n").unwrap();

    let refused = refused(folder.path());

    assert!(matches!(refused, Error::OtherMajor { major: 12, .. }), "{refused}");
    let message = refused.to_string();
    for words in ["PostgreSQL 12", "apt-get install postgresql-12", "dnf install", "brew install", "pg_upgrade"] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn something_else_in_the_place_of_the_cluster_is_not_touched() {
    let folder = folder();
    let file = folder.path().join("postgres/holiday.jpg");
    fs::create_dir(folder.path().join("postgres")).unwrap();
    fs::write(&file, "beach").unwrap();

    let refused = refused(folder.path());

    assert!(matches!(refused, Error::NotACluster { .. }), "{refused}");
    assert_eq!(fs::read_to_string(file).unwrap(), "beach");
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_refused_before_anything_is_made() {
    let folder = folder();
    let long = folder.path().join("x".repeat(100));

    let refused = refused(&long);

    assert!(matches!(refused, Error::SocketPathTooLong { .. }), "{refused}");
    assert!(!long.exists());
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();

    let refused = refused(&file.join("data"));

    assert!(matches!(&refused, Error::File { path, .. } if path.starts_with(&file)), "{refused}");
}

/// Only root hands Postgres to somebody else; everybody else is told by the system.
#[test]
fn a_closed_ancestor_is_named() {
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    if !is_root() {
        assert!(check_reachable(&closed.join("data")).is_ok());
        return;
    }

    let refused = refused(&closed.join("data"));

    assert!(
        matches!(&refused, Error::Closed { closed: named, .. } if *named == closed.canonicalize().unwrap()),
        "{refused}"
    );
    assert!(refused.to_string().contains("chmod o+x"), "{refused}");
}
