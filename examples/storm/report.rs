//! Results on the terminal, as CSV, and the progress of long runs.

use std::fs;
use std::io;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use simulator::statistics::Summary;

/// A table whose first column is text and whose other columns are mostly figures.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// The content of one cell of a table.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    content: Content,
    unit: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Number {
        value: f64,
        digits: usize,
    },
    /// One value of each run.
    Spread {
        values: Vec<f64>,
        digits: usize,
    },
}

impl Cell {
    pub(crate) fn text(text: String) -> Self {
        Self { content: Content::Text(text), unit: None }
    }

    pub(crate) fn number(value: f64, digits: usize) -> Self {
        Self { content: Content::Number { value, digits }, unit: None }
    }

    pub(crate) fn spread(values: Vec<f64>, digits: usize) -> Self {
        Self { content: Content::Spread { values, digits }, unit: None }
    }

    pub(crate) fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// Formats the cell for people: mean and deviation, such as "5.5 ±0.5 s"; "never" if no run gave a value.
    fn shown(&self) -> String {
        let figure = match &self.content {
            Content::Text(text) => text.clone(),
            Content::Number { value, digits } => format!("{value:.digits$}"),
            Content::Spread { values, .. } if values.is_empty() => return "never".to_owned(),
            Content::Spread { values, digits } => {
                let Summary { mean, deviation } = Summary::of(values.iter().copied());
                if values.len() == 1 {
                    format!("{mean:.digits$}")
                } else {
                    format!("{mean:.digits$} ±{deviation:.digits$}")
                }
            }
        };
        self.unit.map(|unit| format!("{figure} {unit}")).unwrap_or(figure)
    }

    /// Formats the cell for programs: bare numbers, a spread as mean and deviation.
    fn fields(&self) -> Vec<String> {
        match &self.content {
            Content::Text(text) => vec![quoted(text)],
            Content::Number { value, .. } => vec![value.to_string()],
            Content::Spread { values, .. } if values.is_empty() => vec![String::new(); 2],
            Content::Spread { values, .. } => {
                let Summary { mean, deviation } = Summary::of(values.iter().copied());
                vec![mean.to_string(), deviation.to_string()]
            }
        }
    }

    /// Returns the titles of the fields of a column that holds such cells.
    fn titles(&self, title: &str) -> Vec<String> {
        let named = self.unit.map_or_else(|| title.to_owned(), |unit| format!("{title} ({unit})"));
        match self.content {
            Content::Spread { .. } => vec![quoted(&named), quoted(&format!("{title}: deviation"))],
            Content::Text(_) | Content::Number { .. } => vec![quoted(&named)],
        }
    }
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|&title| title.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Prints the table, aligned, and writes it as CSV if a file is named.
    pub(crate) fn show(&self, csv: Option<&Path>) -> io::Result<()> {
        let rows = self.rows.iter().map(|cells| cells.iter().map(Cell::shown).collect());
        let lines: Vec<Vec<String>> = std::iter::once(self.header.clone()).chain(rows).collect();
        let width =
            |column| lines.iter().filter_map(|line| line.get(column)).map(|cell: &String| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.header.len()).filter_map(width).collect();
        for line in &lines {
            let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        csv.map_or(Ok(()), |file| fs::write(file, self.csv()))
    }

    fn csv(&self) -> String {
        let titles = self.rows.first().into_iter().flatten().zip(&self.header);
        let header = titles.flat_map(|(cell, title)| cell.titles(title)).collect();
        let rows = self.rows.iter().map(|cells| cells.iter().flat_map(Cell::fields).collect());
        std::iter::once(header).chain(rows).map(|fields: Vec<String>| fields.join(",") + "\n").collect()
    }
}

/// Escapes a cell for CSV (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// Returns a progress bar on standard error, invisible if that is not a terminal.
pub(crate) fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} gone, {eta} left") {
        bar.set_style(style);
    }
    bar
}
