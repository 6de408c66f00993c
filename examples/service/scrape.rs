//! Figures read from the text that Prometheus gets.

/// Returns the number of calls of this function that ended with this result.
pub(crate) fn ended(scrape: &str, name: &str, retried: &str, result: &str) -> u64 {
    value(scrape, &format!("retry_calls_total{{name=\"{name}\",retried=\"{retried}\",result=\"{result}\""))
}

/// Returns the sum of the series that begin with these labels; a series that was never counted is missing.
pub(crate) fn value(scrape: &str, series: &str) -> u64 {
    let lines =
        scrape.lines().filter(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with([',', '}'])));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
