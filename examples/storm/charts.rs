//! The charts: shared code.

pub(crate) mod fleets;
pub(crate) mod herd;
pub(crate) mod outage;
pub(crate) mod schedule;

use plotters::style::{Color as _, RGBColor, ShapeStyle, TextStyle};

/// Colours that also differ in lightness, for readers who cannot distinguish the hues.
pub(crate) const COLOURS: [RGBColor; 4] =
    [RGBColor(200, 62, 50), RGBColor(28, 100, 176), RGBColor(118, 118, 118), RGBColor(214, 150, 20)];

pub(crate) const INK: RGBColor = RGBColor(40, 40, 40);

const FONT: &str = "sans-serif";

pub(crate) fn text(size: u32) -> TextStyle<'static> {
    TextStyle::from((FONT, size)).color(&INK)
}

/// Returns the style of line number `index` of a chart.
pub(crate) fn line(index: usize) -> ShapeStyle {
    COLOURS.get(index % COLOURS.len()).unwrap_or(&INK).stroke_width(2)
}

/// Returns a number with commas between thousands.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
