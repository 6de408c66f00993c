//! Attempts and time over the number of clients that write one row, measured and simulated.
//!
//! The figures are those of the tables in `docs/contention.md`, because measuring takes twenty minutes. So the picture
//! always shows what the page says.

use crate::plot::{Plot, Scale, spread};
use crate::short;
use crate::svg::{Anchor, Colour, Picture, TEXT};

/// The first row of the tables that are drawn.
const ATTEMPTS: &str = "| attempts per increment |";
const SECONDS: &str = "| seconds until all are done |";

/// One table: a column for each number of clients, a row for each kind of delays.
#[derive(Debug)]
struct Table {
    clients: Vec<f64>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    measured: Vec<f64>,
    simulated: Vec<f64>,
}

/// Draws the first table of each kind of the page, which is that of the slower network.
///
/// # Errors
///
/// Returns what is missing on the page.
pub fn draw(page: &str) -> Result<String, String> {
    let (attempts, seconds) = (table(page, ATTEMPTS)?, table(page, SECONDS)?);
    let (headline, explained) = findings(&attempts, &seconds)?;
    let described = "Over a network of 10 ms each way. The tables of the page have the figures.";
    let mut picture = Picture::new("contention", &headline, &explained, described);
    picture.paragraph("Points: measured (PostgreSQL). Dashed: simulated.");
    picture.panel_title("Attempts for each write");
    plot(&mut picture, &attempts, 0.0, &[0.0, 10.0, 20.0, 30.0], |value| format!("{value:.0}"));
    picture.panel_title("Seconds until all clients are done");
    let marks = [0.1, 1.0, 10.0, 100.0];
    let plot = plot(&mut picture, &seconds, 0.3, &marks, |value| format!("{value}"));
    plot.axis_title(&mut picture, "clients that write the same row");
    Ok(picture.finish())
}

/// Returns the headline and the text below it, with the figures of the most clients.
fn findings(attempts: &Table, seconds: &Table) -> Result<(String, String), String> {
    let of = |table: &Table, name: &str| {
        let row = table.rows.iter().find(|row| row.name == name);
        row.and_then(|row| row.measured.last().copied()).ok_or_else(|| format!("no row `{name}`"))
    };
    let clients = attempts.clients.last().copied().unwrap_or_default();
    let headline = format!(
        "{clients:.0} clients write one row: {:.0} s with jitter, {:.0} s without",
        of(seconds, "full jitter")?,
        of(seconds, "no jitter")?,
    );
    let explained = format!(
        "Losers of the race try again: with jitter {:.0} attempts for each write, without {:.0}, because the same clients \
         meet again. Without any delay: {}, but {:.0} attempts.",
        of(attempts, "full jitter")?,
        of(attempts, "no jitter")?,
        short(of(seconds, "no backoff")?),
        of(attempts, "no backoff")?,
    );
    Ok((headline, explained))
}

/// Reads the first table of the page whose header begins like this.
fn table(page: &str, header: &str) -> Result<Table, String> {
    let mut lines = page.lines().skip_while(|line| !line.starts_with(header));
    let head = lines.next().ok_or_else(|| format!("the page has no table `{header}`"))?;
    let number = |text: &str| text.parse::<f64>().map_err(|error| format!("`{text}`: {error}"));
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let clients =
        cells(head).iter().skip(1).map(|cell| number(cell.trim_end_matches(" clients"))).collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
        let cells = cells(line);
        let mut row = Row { name: cells.first().cloned().unwrap_or_default(), measured: vec![], simulated: vec![] };
        for cell in cells.iter().skip(1) {
            let (measured, simulated) = cell.split_once(" (").ok_or_else(|| format!("`{cell}` has no prediction"))?;
            row.measured.push(number(measured)?);
            row.simulated.push(number(simulated.trim_end_matches(')'))?);
        }
        rows.push(row);
    }
    Ok(Table { clients, rows })
}

/// Draws a table: logarithmic from `lowest` if that is not zero.
fn plot(picture: &mut Picture, table: &Table, lowest: f64, marks: &[f64], label: fn(f64) -> String) -> Plot {
    let most = table.clients.last().copied().unwrap_or(1.0);
    let values = table.rows.iter().flat_map(|row| row.measured.iter().chain(&row.simulated));
    let highest = values.copied().fold(1.0, f64::max);
    let up = if lowest > 0.0 { Scale::logarithmic(lowest..highest * 1.1) } else { Scale::linear(0.0..highest * 1.1) };
    let plot = Plot::add(picture, 210.0, (40.0, 128.0), Scale::linear(0.0..most), up);
    let marks = marks.iter().filter(|mark| (lowest..=highest * 1.1).contains(*mark));
    plot.horizontal_marks(picture, marks.map(|mark| (*mark, label(*mark))));
    let points = |values: &[f64]| {
        let points: Vec<(f64, f64)> = table.clients.iter().copied().zip(values.iter().copied()).collect();
        plot.at(&points)
    };
    for row in &table.rows {
        let colour = colour(&row.name);
        picture.line(colour, 1.5, Some("5 4"), &points(&row.simulated));
        picture.line(colour, 2.5, None, &points(&row.measured));
        picture.dots(colour, &points(&row.measured));
    }
    let ends: Vec<f64> = table.rows.iter().filter_map(|row| row.measured.last()).map(|end| plot.y(*end)).collect();
    for (row, y) in table.rows.iter().zip(spread(&ends)) {
        picture.text((plot.right + 12.0, y + TEXT / 3.0), Anchor::Start, colour(&row.name), &row.name);
    }
    let tens = (0..=5u32).map(|part| most * f64::from(part) / 5.0);
    plot.vertical_marks(picture, tens.map(|clients| (clients, format!("{clients:.0}"))));
    plot
}

fn colour(name: &str) -> Colour {
    match name {
        "full jitter" => Colour::Blue,
        "equal jitter" => Colour::Green,
        "decorrelated" => Colour::Amber,
        "no jitter" => Colour::Red,
        _ => Colour::Grey,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "
| attempts per increment | 10 clients | 20 clients |
|---|---:|---:|
| full jitter | 3.8 (4.1) | 5.4 (5.3) |

| seconds until all are done | 10 clients |
";

    #[test]
    fn a_table_of_the_page_is_read() {
        let table = table(PAGE, ATTEMPTS).expect("a table");
        assert_eq!(table.clients, [10.0, 20.0]);
        let row = table.rows.first().expect("a row");
        assert_eq!((row.name.as_str(), row.measured.as_slice()), ("full jitter", [3.8, 5.4].as_slice()));
        assert_eq!(row.simulated, [4.1, 5.3]);
    }

    #[test]
    fn a_page_without_a_table_or_a_row_is_refused() {
        assert_eq!(draw("").unwrap_err(), "the page has no table `| attempts per increment |`");
        assert_eq!(draw(PAGE).unwrap_err(), "no row `full jitter`");
    }
}
