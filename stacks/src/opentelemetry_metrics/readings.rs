//! The metrics of an exporter in memory, as lines.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::InMemoryMetricExporter;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ScopeMetrics};

/// One time series.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The name of the instrument, with the attributes in braces.
    pub series: String,
    /// The unit of the instrument.
    pub unit: String,
    /// The value of a counter, or the number of values of a histogram.
    pub count: u64,
    /// The sum of the values of a histogram.
    pub sum: Option<f64>,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sum {
            Some(sum) => write!(f, "{} = {} values, {sum:.3} {} in all", self.series, self.count, self.unit),
            None => write!(f, "{} = {} {}", self.series, self.count, self.unit),
        }
    }
}

/// Returns the time series of the last export, in the order of their names.
///
/// # Errors
///
/// Returns the error of the exporter.
pub fn read(exporter: &InMemoryMetricExporter) -> Result<Vec<Reading>, OTelSdkError> {
    let mut readings = Vec::new();
    if let Some(last) = exporter.get_finished_metrics()?.last() {
        for metric in last.scope_metrics().flat_map(ScopeMetrics::metrics) {
            add(metric, &mut readings);
        }
    }
    readings.sort_by(|a, b| a.series.cmp(&b.series));
    Ok(readings)
}

fn add(metric: &Metric, readings: &mut Vec<Reading>) {
    let reading = |attributes: Vec<&KeyValue>, count, sum| {
        let mut pairs: Vec<_> = attributes.iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect();
        pairs.sort();
        let series = format!("{}{{{}}}", metric.name(), pairs.join(", "));
        Reading { series, unit: metric.unit().to_owned(), count, sum }
    };
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            readings.extend(sum.data_points().map(|point| reading(point.attributes().collect(), point.value(), None)));
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            readings.extend(
                histogram
                    .data_points()
                    .map(|point| reading(point.attributes().collect(), point.count(), Some(point.sum()))),
            );
        }
        _ => {}
    }
}
