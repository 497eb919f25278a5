//! Root hands Postgres to somebody unprivileged; a plain user runs it; a user without a name can't.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, getegid, geteuid};

use crate::support::{Server, folder, is_root, number, postmaster, start};

/// On most systems nobody's line in /etc/passwd has these; the test needs some name that isn't root's.
fn nobody() -> (u32, u32) {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.starts_with("nobody:")).expect("a user nobody");
    let ids: Vec<u32> = line.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
    (ids[0], ids[1])
}

fn owner(pid: Pid) -> u32 {
    let output =
        std::process::Command::new("ps").args(["-o", "uid=", "-p", &pid.as_raw_nonzero().to_string()]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn postgres_never_runs_as_root() {
    let folder = folder();

    let cluster = start(folder.path());

    let owner = owner(postmaster(folder.path()));
    assert_eq!(number(&cluster, "select 1::bigint"), 1);
    if is_root() {
        assert_ne!(owner, 0);
        assert_eq!(fs::metadata(folder.path().join("postgres")).unwrap().uid(), owner);
        // The lock and the log stay ours: the unprivileged user must not be able to exchange them.
        assert_eq!(fs::metadata(folder.path()).unwrap().uid(), 0);
    } else {
        assert_eq!(owner, geteuid().as_raw());
    }
}

#[test]
fn a_plain_user_runs_postgres_as_itself() {
    let (uid, gid) = if is_root() { nobody() } else { (geteuid().as_raw(), getegid().as_raw()) };
    let folder = folder();

    let mut server = Server::start_as(folder.path(), uid, gid).unwrap();

    assert_eq!(owner(postmaster(folder.path())), uid);
    server.kill();
    // Whoever comes next (root, or the same user) takes the cluster over, and it keeps its owner.
    let cluster = start(folder.path());
    assert_eq!(owner(postmaster(folder.path())), uid);
    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}

#[test]
fn a_cluster_that_root_owns_is_given_back_to_the_unprivileged_user() {
    if !is_root() {
        // A plain user can't make files of root.
        return;
    }
    let folder = folder();
    start(folder.path()).stop().unwrap();
    let status = std::process::Command::new("chown").args(["-R", "0:0"]).arg(folder.path().join("postgres")).status();
    assert!(status.unwrap().success());

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}

#[test]
fn a_user_without_a_name_is_told_to_use_a_database_of_its_own() {
    if !is_root() {
        // A plain user can't become another one.
        return;
    }
    let folder = folder();

    let refused = Server::start_as(folder.path(), 54_321, 54_321).err().expect("initdb needs a name");

    assert!(refused.contains("54321") && refused.contains("DATABASE_URL"), "{refused}");
}
