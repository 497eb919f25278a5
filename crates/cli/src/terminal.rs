//! How results look: colours only on a terminal, plain lines elsewhere, tables, progress.

use std::io::{IsTerminal as _, Write as _};

/// Whether text is painted, and how long its lines may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colour: bool,
    /// `None` where nobody looks: tools want one line for one thing.
    columns: Option<usize>,
}

impl Style {
    /// No colours at all.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { colour: false, columns: None };

    /// No colours, where somebody asked for that.
    pub(crate) fn plain() -> Self {
        Self { colour: false, ..Self::of_stdout() }
    }

    /// Colours when standard output is a terminal that wants them (`NO_COLOR`, `TERM=dumb`).
    pub(crate) fn of_stdout() -> Self {
        let columns = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into());
        Self { columns, ..Self::of(std::io::stdout().is_terminal()) }
    }

    /// The same, with lines of so many characters.
    #[cfg(test)]
    pub(crate) fn with_columns(self, columns: usize) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// The same for standard error.
    pub(crate) fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    pub(crate) fn is_coloured(self) -> bool {
        self.colour
    }

    fn of(is_terminal: bool) -> Self {
        let no_colour = std::env::var_os("NO_COLOR");
        let term = std::env::var_os("TERM");
        Self {
            colour: wants_colour(
                is_terminal,
                no_colour.is_some_and(|value| !value.is_empty()),
                term.is_some_and(|value| value == "dumb"),
            ),
            columns: None,
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Breaks a line between words where the terminal would break it anywhere; what follows is indented by `indent`.
    pub(crate) fn wrapped(self, line: &str, indent: usize) -> String {
        let Some(columns) = self.columns else { return line.to_owned() };
        let (mut wrapped, mut length) = (String::new(), 0);
        for word in line.split_inclusive(' ') {
            let word_length = word.trim_end().chars().count();
            if length > indent && length + word_length > columns {
                wrapped.truncate(wrapped.trim_end().len());
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                length = indent;
            }
            wrapped.push_str(word);
            length += word.chars().count();
        }
        wrapped
    }

    /// A notice in the colour of its level; without colours warnings and errors say what they are.
    pub(crate) fn notice(self, notice: &Notice) -> String {
        let Notice { level, text } = notice;
        match (level.as_str(), self.colour) {
            ("success", _) => self.green(text),
            ("warning" | "prompt", true) => self.yellow(text),
            ("error" | "danger", true) => self.red(text),
            ("debug", true) => self.faint(text),
            ("warning", false) if !text.starts_with("WARN") => spelled_out("warning", text),
            ("error" | "danger", false) => spelled_out("error", text),
            _ => text.clone(),
        }
    }
}

/// Indented as the text is.
fn spelled_out(level: &str, text: &str) -> String {
    let told = text.trim_start_matches(' ');
    format!("{}{level}: {told}", &text[..text.len() - told.len()])
}

fn wants_colour(is_terminal: bool, no_colour: bool, dumb: bool) -> bool {
    is_terminal && !no_colour && !dumb
}

/// A message of the server for the person who runs the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `debug`, `info`, `success`, `prompt`, `warning`, `error` or `danger`.
    pub(crate) level: String,
    pub(crate) text: String,
}

/// `1 warning`, `2 warnings`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Columns as wide as their widest cell, two spaces apart, a rule below the header.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };

    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(header.to_vec());
    text.push_str(&line(rules.iter().map(String::as_str).collect()));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// Writes a result to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes a remark or an error to standard error, so that standard output holds the result only.
pub(crate) fn remark(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Tells how far long work is: one line that is overwritten on a terminal, a line a step elsewhere,
/// nothing for a single step.
#[derive(Debug)]
pub(crate) struct Progress {
    total: usize,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn of(total: usize) -> Self {
        Self { total, on_terminal: std::io::stderr().is_terminal() }
    }

    pub(crate) fn step(&self, number: usize, what: &str) {
        if self.total < 2 {
            return;
        }
        let total = self.total;
        remark(&if self.on_terminal {
            format!("\r\x1b[K{number} of {total}: {what}")
        } else {
            format!("{number} of {total}: {what}\n")
        });
    }

    pub(crate) fn done(&self) {
        if self.total > 1 && self.on_terminal {
            remark("\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(level: &str, text: &str) -> Notice {
        Notice { level: level.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn colours_need_a_terminal_that_wants_them() {
        assert!(wants_colour(true, false, false));
        assert!(!wants_colour(false, false, false));
        assert!(!wants_colour(true, true, false));
        assert!(!wants_colour(true, false, true));
    }

    #[test]
    fn a_level_that_matters_is_spelled_out_where_there_is_no_colour() {
        assert_eq!(Style::PLAIN.notice(&notice("error", "no")), "error: no");
        assert_eq!(Style::PLAIN.notice(&notice("warning", "careful")), "warning: careful");
        assert_eq!(Style::PLAIN.notice(&notice("warning", "  careful")), "  warning: careful");
        assert_eq!(Style::PLAIN.notice(&notice("warning", "WARN: careful")), "WARN: careful");
        assert_eq!(Style::PLAIN.notice(&notice("debug", "  there")), "  there");
        assert_eq!(Style { colour: true, columns: None }.notice(&notice("error", "no")), "\x1b[31mno\x1b[0m");
    }

    #[test]
    fn long_lines_are_broken_between_words_for_people_only() {
        let narrow = Style::PLAIN.with_columns(12);

        assert_eq!(narrow.wrapped("  or: verify contract 9f2a1c7", 4), "  or: verify\n    contract\n    9f2a1c7");
        assert_eq!(narrow.wrapped("twelve chars", 2), "twelve chars");
        assert_eq!(narrow.wrapped("incomprehensibilities", 2), "incomprehensibilities");
        assert_eq!(Style::PLAIN.wrapped("any length stays as it is", 2), "any length stays as it is");
    }

    #[test]
    fn a_table_aligns_its_columns_by_characters() {
        let rows = vec![vec!["Zoë".to_owned(), "1".to_owned()], vec!["a".to_owned(), String::new()]];

        assert_eq!(table(&["NAME", "V"], &rows), "NAME  V\n----  -\nZoë   1\na\n");
    }
}
