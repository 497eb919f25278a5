//! How far a run is: one line that is overwritten on a terminal, a line for each tenth in a log.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pactolus_verify::{InteractionReport, Result};

use crate::terminal::remark;

/// Terminals are not written to more often: thousands of interactions may be done in a second.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines of a whole run in a log.
const LINES: usize = 10;
/// The line is overwritten in place.
const START_OF_LINE: &str = "\r\x1b[K";

/// Tells about interactions that are done, whichever task does them.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    total: usize,
    on_terminal: bool,
    done: usize,
    failed: usize,
    pending: usize,
    /// Not asked or not judged.
    unknown: usize,
    shown_at: Option<Duration>,
}

impl Progress {
    pub(crate) fn of(total: usize) -> Self {
        let counts = Counts::new(total, std::io::stderr().is_terminal());
        Self { started: Instant::now(), counts: Mutex::new(counts) }
    }

    /// One more is done. `is_pending`: its failure does not count.
    pub(crate) fn done(&self, one: &InteractionReport, is_pending: bool) {
        // Nobody panics with the lock; if one did, the counts would still be right.
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(line) = counts.done(one, is_pending, self.started.elapsed()) {
            remark(&line);
        }
    }

    /// Leaves the terminal's line free for what comes next.
    pub(crate) fn finish(&self) {
        let counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if counts.on_terminal && counts.shown_at.is_some() {
            remark(START_OF_LINE);
        }
    }
}

impl Counts {
    fn new(total: usize, on_terminal: bool) -> Self {
        Self { total, on_terminal, done: 0, failed: 0, pending: 0, unknown: 0, shown_at: None }
    }

    /// What to write now, if anything.
    fn done(&mut self, one: &InteractionReport, is_pending: bool, elapsed: Duration) -> Option<String> {
        self.done += 1;
        match &one.result {
            Result::Passed | Result::Skipped(_) => {}
            _ if is_pending => self.pending += 1,
            Result::Failed(_) => self.failed += 1,
            Result::NotJudged(_) | Result::NotAsked(_) => self.unknown += 1,
        }
        if self.total < 2 || !self.is_due(elapsed) {
            return None;
        }
        self.shown_at = Some(elapsed);
        let line = self.line(elapsed);
        Some(if self.on_terminal { format!("{START_OF_LINE}{line}") } else { format!("{line}\n") })
    }

    fn is_due(&self, elapsed: Duration) -> bool {
        if self.on_terminal {
            return self.done >= self.total || self.shown_at.is_none_or(|shown_at| elapsed >= shown_at + PAUSE);
        }
        let tenth = |done: usize| done * LINES / self.total;
        tenth(self.done) > tenth(self.done - 1)
    }

    /// `12 of 100, 2 failed, 3 s`.
    fn line(&self, elapsed: Duration) -> String {
        let counts = [(self.failed, "failed"), (self.unknown, "unknown"), (self.pending, "pending")];
        let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
        format!("{} of {}{}, {} s", self.done, self.total, counts.collect::<String>(), elapsed.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::examples::{failed, not_asked, passed, skipped};

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_terminal_has_one_line_that_is_overwritten() {
        let mut counts = Counts::new(100, true);

        assert_eq!(counts.done(&passed("a"), false, at(10)).unwrap(), "\r\x1b[K1 of 100, 0 s");
        assert_eq!(counts.done(&failed("b"), false, at(3_000)).unwrap(), "\r\x1b[K2 of 100, 1 failed, 3 s");
        assert_eq!(counts.done(&failed("c"), true, at(4_000)).unwrap(), "\r\x1b[K3 of 100, 1 failed, 1 pending, 4 s");
        assert_eq!(
            counts.done(&not_asked("d"), false, at(5_000)).unwrap(),
            "\r\x1b[K4 of 100, 1 failed, 1 unknown, 1 pending, 5 s"
        );
    }

    #[test]
    fn a_terminal_is_not_written_to_for_each_of_many() {
        let mut counts = Counts::new(3, true);

        assert!(counts.done(&passed("a"), false, at(0)).is_some());
        assert!(counts.done(&passed("b"), false, at(1)).is_none());
        assert!(counts.done(&skipped("c"), false, at(2)).is_some(), "the last one is shown");
    }

    #[test]
    fn a_log_has_ten_lines_however_many_there_are() {
        let mut counts = Counts::new(1_000, false);

        let lines: Vec<String> = (0..1_000).filter_map(|_| counts.done(&passed("a"), false, at(2_500))).collect();

        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "100 of 1000, 2 s\n");
        assert_eq!(lines[9], "1000 of 1000, 2 s\n");
    }

    #[test]
    fn a_log_of_few_has_a_line_for_each() {
        let mut counts = Counts::new(3, false);

        let lines: Vec<String> = (0..3).filter_map(|_| counts.done(&passed("a"), false, at(0))).collect();

        assert_eq!(lines, ["1 of 3, 0 s\n", "2 of 3, 0 s\n", "3 of 3, 0 s\n"]);
    }

    #[test]
    fn tasks_may_tell_at_once() {
        let progress = Progress::of(1);

        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| progress.done(&failed("a"), false));
            }
        });
        progress.finish();

        let counts = progress.counts.lock().unwrap();
        assert_eq!((counts.done, counts.failed), (8, 8));
    }

    #[test]
    fn a_single_interaction_is_no_long_work() {
        assert_eq!(Counts::new(1, false).done(&failed("a"), false, at(0)), None);
        assert_eq!(Counts::new(1, true).done(&failed("a"), false, at(0)), None);
    }
}
