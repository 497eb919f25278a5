//! Tables in Markdown whose columns stand under each other, so that they can be read in a terminal, too.

pub(crate) struct Table {
    /// Title, and whether it holds text (which stands left) or numbers.
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The first column holds text, the others numbers.
    pub(crate) fn of(first: &str, others: &[&str]) -> Self {
        let others = others.iter().map(|title| ((*title).to_owned(), false));
        Self { columns: std::iter::once((first.to_owned(), true)).chain(others).collect(), rows: Vec::new() }
    }

    /// All columns hold text.
    pub(crate) fn of_text(titles: &[&str]) -> Self {
        Self { columns: titles.iter().map(|title| ((*title).to_owned(), true)).collect(), rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                cells.chain([&self.columns[at].0]).map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
            })
            .collect();
        let line = |out: &mut std::fmt::Formatter<'_>, cells: &[&str]| {
            for ((cell, width), (_, text)) in cells.iter().zip(&widths).zip(&self.columns) {
                if *text { write!(out, "| {cell:<width$} ")? } else { write!(out, "| {cell:>width$} ")? }
            }
            writeln!(out, "|")
        };
        let titles: Vec<&str> = self.columns.iter().map(|(title, _)| title.as_str()).collect();
        line(out, &titles)?;
        for ((_, text), width) in self.columns.iter().zip(&widths) {
            let dashes = "-".repeat(*width);
            if *text { write!(out, "|-{dashes}-")? } else { write!(out, "|-{dashes}:")? }
        }
        writeln!(out, "|")?;
        for row in &self.rows {
            line(out, &row.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// With as many digits as a reader can use.
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A large number, in groups of three digits.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
