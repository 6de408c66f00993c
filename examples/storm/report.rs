//! Results on the terminal, as CSV, and the progress of long runs.

use std::fs;
use std::io;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::statistics::Summary;

/// A table whose first column is text and whose other columns are figures.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|&title| title.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Prints the table, aligned, and writes it as CSV where a file is named.
    pub(crate) fn show(&self, csv: Option<&Path>) -> io::Result<()> {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| self.lines().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for line in self.lines() {
            let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        csv.map_or(Ok(()), |file| fs::write(file, self.csv()))
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.header).chain(&self.rows)
    }

    fn csv(&self) -> String {
        let line = |cells: &Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
        self.lines().map(line).collect()
    }
}

/// Returns a cell as CSV (RFC 4180) wants it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// Returns mean and deviation, such as "5.5 ±0.5"; the mean alone where there is one run.
pub(crate) fn spread(values: &[f64], digits: usize) -> String {
    let Summary { mean, deviation } = Summary::of(values.iter().copied());
    match values.len() {
        0 => "never".to_owned(),
        1 => format!("{mean:.digits$}"),
        _ => format!("{mean:.digits$} ±{deviation:.digits$}"),
    }
}

/// Returns a progress bar on standard error, invisible where that is no terminal.
pub(crate) fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} gone, {eta} left") {
        bar.set_style(style);
    }
    bar
}
