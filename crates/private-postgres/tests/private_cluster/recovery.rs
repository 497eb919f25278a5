//! Starts after something was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use rustix::process::{Pid, geteuid};

use crate::support::{Server, Work, eventually, execute, folder, is_alive, kill, number, postmaster, start};

#[test]
fn after_a_killed_postgres_the_next_start_has_the_data() {
    let folder = folder();
    let cluster = start(folder.path());
    execute(&cluster, "create table kept as select 7::bigint as number");
    kill(postmaster(folder.path()));
    drop(cluster);

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select number from kept"), 7);
}

#[test]
fn after_a_killed_server_the_next_start_takes_over() {
    let folder = folder();
    let mut server = Server::start(folder.path(), Work::Idle);
    let orphan = postmaster(folder.path());
    server.kill();
    assert!(is_alive(orphan));

    let cluster = start(folder.path());

    assert!(!is_alive(orphan));
    assert_ne!(postmaster(folder.path()), orphan);
    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}

#[test]
fn a_running_server_is_not_taken_over() {
    let folder = folder();
    let server = Server::start(folder.path(), Work::Idle);
    let postgres = postmaster(folder.path());

    let refused = pactolus_private_postgres::Cluster::start(&crate::support::options(folder.path())).unwrap_err();

    assert!(refused.to_string().contains(&format!("(pid {})", server.id())), "{refused}");
    assert!(is_alive(postgres));
}

#[test]
fn an_orphaned_postgres_does_not_hold_the_output_of_its_server() {
    let folder = folder();
    let mut server = Server::start(folder.path(), Work::Idle);
    let orphan = postmaster(folder.path());
    server.kill();

    // Would never come back if Postgres had inherited the pipe.
    server.rest();

    assert!(is_alive(orphan));
    drop(start(folder.path()));
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_and_postgres_are_killed_while_writing() {
    check_kills_while_writing(|server, postgres| {
        server.kill();
        kill(postgres);
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_postgres_and_then_the_server_is_killed_while_writing() {
    check_kills_while_writing(|server, postgres| {
        kill(postgres);
        server.kill();
    });
}

fn check_kills_while_writing(kill_both: impl FnOnce(&mut Server, Pid)) {
    let folder = folder();
    let mut server = Server::start(folder.path(), Work::Write);
    while server.next_word("wrote: ") != "200" {}

    kill_both(&mut server, postmaster(folder.path()));

    let acknowledged = server.rest().iter().filter_map(|line| line.strip_prefix("wrote: ")?.parse().ok()).next_back();
    let acknowledged: i64 = acknowledged.unwrap_or(200);
    let cluster = start(folder.path());
    let kept = number(&cluster, &format!("select count(*) from written where number <= {acknowledged}"));
    assert_eq!(kept, acknowledged + 1);
}

/// A killed Postgres that nobody reaps looks alive to Postgres itself.
#[test]
fn a_zombie_does_not_hold_the_cluster() {
    let folder = folder();
    let cluster = start(folder.path());
    let postgres = postmaster(folder.path());
    // We stay its parent, and never wait for it.
    cluster.leave_running();
    kill(postgres);
    assert!(eventually(|| !is_alive(postgres)));
    assert!(folder.path().join("postgres/postmaster.pid").exists());

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select 1::bigint"), 1);
}

/// Pids are used again: after a reboot, the one in the file may be anybody's.
#[test]
fn a_pid_file_that_names_a_foreign_process_is_stale_and_the_process_is_left_alone() {
    let folder = folder();
    start(folder.path()).stop().unwrap();
    let data = folder.path().join("postgres");
    let owner = fs::metadata(&data).unwrap();
    let mut command = Command::new("sleep");
    command.arg("600").current_dir("/");
    if geteuid().is_root() {
        // Postgres only respects a lock of its own user.
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut foreign = Foreign(command.spawn().unwrap());
    let pid = foreign.0.id();
    fs::write(data.join("postmaster.pid"), format!("{pid}\n{}\n1\n5432\n/\n\n1 2\nready   \n", data.display()))
        .unwrap();
    fs::write(folder.path().join("socket/.s.PGSQL.5432.lock"), format!("{pid}\n")).unwrap();

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select 1::bigint"), 1);
    assert!(matches!(foreign.0.try_wait(), Ok(None)));
}

/// Ends with the test, whatever becomes of that.
struct Foreign(Child);

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn half_a_cluster_of_a_killed_first_start_is_removed() {
    let folder = folder();
    let unfinished = folder.path().join("postgres.new-4711");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();

    let cluster = start(folder.path());

    assert_eq!(number(&cluster, "select 1::bigint"), 1);
    assert!(!unfinished.exists());
}
