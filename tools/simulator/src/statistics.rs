//! Mean and spread of the results of several seeds.

#[derive(Clone, Copy, Debug)]
pub struct Summary {
    pub mean: f64,
    /// The standard deviation of one run.
    pub deviation: f64,
}

impl Summary {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let count = count(values.len());
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() }
    }
}

/// Converts a count to a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub fn count(items: usize) -> f64 {
    items as f64
}
