//! The area of a picture that has two axes.

use std::ops::Range;

use crate::svg::{Anchor, Colour, MARGIN, Picture, TEXT, WIDTH};

/// A scale from values to units.
#[derive(Clone, Debug)]
pub struct Scale {
    values: Range<f64>,
    is_logarithmic: bool,
}

impl Scale {
    pub const fn linear(values: Range<f64>) -> Self {
        Self { values, is_logarithmic: false }
    }

    pub const fn logarithmic(values: Range<f64>) -> Self {
        Self { values, is_logarithmic: true }
    }

    /// Returns the part of the axis below `value`, from 0 to 1 within the scale.
    fn part(&self, value: f64) -> f64 {
        let of = |value: f64| if self.is_logarithmic { value.ln() } else { value };
        (of(value) - of(self.values.start)) / (of(self.values.end) - of(self.values.start))
    }
}

#[derive(Clone, Debug)]
pub struct Plot {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    across: Scale,
    up: Scale,
}

impl Plot {
    /// Adds a plot to the end of the picture; `left` and `right` are its margins for labels.
    pub fn add(picture: &mut Picture, height: f64, (left, right): (f64, f64), across: Scale, up: Scale) -> Self {
        let top = picture.grow(height + 12.0) + 12.0;
        Self { left: MARGIN + left, right: WIDTH - MARGIN - right, top, bottom: top + height, across, up }
    }

    pub fn x(&self, value: f64) -> f64 {
        self.left + self.across.part(value) * (self.right - self.left)
    }

    pub fn y(&self, value: f64) -> f64 {
        self.bottom - self.up.part(value) * (self.bottom - self.top)
    }

    pub fn at(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        points.iter().map(|(x, y)| (self.x(*x), self.y(*y))).collect()
    }

    /// Draws a line across the plot for each mark, and its label on the left.
    pub fn horizontal_marks(&self, picture: &mut Picture, marks: impl IntoIterator<Item = (f64, String)>) {
        for (value, label) in marks {
            let y = self.y(value);
            picture.line(Colour::Grid, 1.0, None, &[(self.left, y), (self.right, y)]);
            picture.text((self.left - 8.0, y + TEXT / 3.0), Anchor::End, Colour::Dim, &label);
        }
    }

    /// Writes the labels below the plot, and adds the space for them.
    pub fn vertical_marks(&self, picture: &mut Picture, marks: impl IntoIterator<Item = (f64, String)>) {
        let y = picture.grow(TEXT + 6.0) + TEXT + 2.0;
        for (value, label) in marks {
            picture.text((self.x(value), y), Anchor::Middle, Colour::Dim, &label);
        }
    }

    /// Writes the meaning of the lower axis, and adds the space for it.
    pub fn axis_title(&self, picture: &mut Picture, title: &str) {
        let y = picture.grow(TEXT + 4.0) + TEXT + 2.0;
        picture.text((f64::midpoint(self.left, self.right), y), Anchor::Middle, Colour::Dim, title);
    }
}

/// Moves labels apart that are closer than a line of text; the order stays. Returns one height for each label.
pub fn spread(heights: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    let height = |index: usize| heights.get(index).copied().unwrap_or_default();
    order.sort_by(|left, right| height(*right).total_cmp(&height(*left)));
    let mut spread = heights.to_vec();
    let mut upper = f64::INFINITY;
    for index in order {
        upper = height(index).min(upper - TEXT - 3.0);
        if let Some(label) = spread.get_mut(index) {
            *label = upper;
        }
    }
    spread
}
