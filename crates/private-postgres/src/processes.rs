//! Which processes belong to a cluster. Pid files lie: pids are used again, and a killed process that nobody has
//! reaped looks alive to a signal.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Pid;

const POLL: Duration = Duration::from_millis(10);

/// The running `postgres` processes of the cluster in `data`; none of them a zombie.
#[cfg(target_os = "linux")]
pub(crate) fn running(data: &Path) -> Vec<Pid> {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    let Ok(cluster) = fs::metadata(data) else { return Vec::new() };
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    // Postgres makes the cluster its working folder, and zombies have none.
    let works_there = |process: &Path| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        matches!(name.trim_end(), "postgres" | "postmaster")
            && fs::metadata(process.join("cwd"))
                .is_ok_and(|folder| (folder.dev(), folder.ino()) == (cluster.dev(), cluster.ino()))
    };
    processes
        .flatten()
        .filter(|process| works_there(&process.path()))
        .filter_map(|process| process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .collect()
}

/// The running `postgres` processes of the cluster in `data`; none of them a zombie. Without `/proc` only the
/// postmaster, which has the folder among its arguments, is found.
#[cfg(not(target_os = "linux"))]
pub(crate) fn running(data: &Path) -> Vec<Pid> {
    use std::process::Command;

    let Ok(output) = Command::new("ps").args(["-axo", "pid=,stat=,command="]).output() else { return Vec::new() };
    let argument = format!("-D {}", data.display());
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains("postgres") && line.contains(&argument))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let pid = words.next()?.parse().ok().and_then(Pid::from_raw)?;
            (!words.next()?.starts_with('Z')).then_some(pid)
        })
        .collect()
}

/// Waits until the cluster has no processes; answers those that are left when the time is over.
pub(crate) fn wait_until_gone(data: &Path, timeout: Duration) -> Vec<Pid> {
    let begin = Instant::now();
    loop {
        let left = running(data);
        if left.is_empty() || begin.elapsed() > timeout {
            return left;
        }
        sleep(POLL);
    }
}
