//! `-- --demo`: serves a few customers, then reads its own pages and compares them with the counts of the library.

use std::error::Error;
use std::time::{Duration, Instant};

use backoff_core::StopReason::{Ambiguous, BudgetEmpty, MaxAttempts, Permanent};
use backoff_core::{CallSite, StopReason, call_sites};

use crate::Customers;
use crate::clients::CARD;
use crate::page::escaped;
use crate::scrape::{ended, value};
use crate::words::{counted, grouped, per_cent};

/// The least time for which customers come.
const OPEN: Duration = Duration::from_secs(4);
/// The longest time for which they come, on a slow machine.
const CLOSED_AFTER: Duration = Duration::from_secs(60);
/// The functions that must have recovered, by the end of their names.
const RECOVERING: [&str; 3] = ["catalog", "prices", "reviews"];
/// The kinds of failure that must have been seen, by the end of their names.
const EXPECTED: [(&str, StopReason); 5] = [
    ("pay", Ambiguous),
    ("search", BudgetEmpty),
    ("stock", Permanent),
    ("rates", MaxAttempts),
    ("warehouse", MaxAttempts),
];

pub(crate) async fn run(url: &str, customers: Customers) -> Result<(), Box<dyn Error>> {
    println!("customers come for {} s; their log goes to standard error\n", OPEN.as_secs());
    let opened = Instant::now();
    while opened.elapsed() < OPEN || (missing().is_some() && opened.elapsed() < CLOSED_AFTER) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    customers.leave().await?;
    if let Some(missing) = missing() {
        return Err(missing.into());
    }

    let http = reqwest::Client::builder().no_proxy().build()?;
    let page = http.get(format!("{url}/retries")).send().await?.error_for_status()?.text().await?;
    let scrape = http.get(format!("{url}/metrics")).send().await?.error_for_status()?.text().await?;
    let mut sites: Vec<&CallSite> = call_sites().collect();
    sites.sort_by_key(|site| site.name());

    println!("{:<36} {:>7} {:>9}  gave up", "call site", "retries", "recovered");
    for site in &sites {
        let reasons: Vec<_> = site.reasons().map(|(reason, count)| format!("{count} {}", reason.as_str())).collect();
        println!("{:<36} {:>7} {:>9}  {}", site.name(), site.retries(), site.recovered(), reasons.join(", "));
        agree(site, &page, &scrape);
    }
    assert!(!page.contains(CARD) && !scrape.contains(CARD), "an argument of a function is shown");

    println!("\nas Prometheus sees the catalog:");
    for line in scrape.lines().filter(|line| line.contains("catalog") && !line.contains("_bucket")) {
        println!("  {line}");
    }
    println!("\nboth pages show what the library counted");
    Ok(())
}

/// Returns the required events that the customers have not yet seen.
fn missing() -> Option<String> {
    let site = |name: &str| call_sites().find(|site| site.name().ends_with(name));
    let recovering = RECOVERING
        .iter()
        .find(|&&name| site(name).is_none_or(|site| site.recovered() == 0))
        .map(|name| format!("`{name}` never recovered"));
    recovering.or_else(|| {
        EXPECTED
            .iter()
            .find(|&&(name, reason)| site(name).is_none_or(|site| site.gave_up_for(reason) == 0))
            .map(|(name, reason)| format!("`{name}` never gave up for {reason:?}"))
    })
}

/// Checks that both pages show the counts that the library has for this call site.
fn agree(site: &CallSite, page: &str, scrape: &str) {
    let name = site.name();
    let from =
        page.find(&format!("data-site=\"{}\"", escaped(name))).unwrap_or_else(|| panic!("{name} is not on the page"));
    let row = page[from..].split("</tr>").next().unwrap_or_default();
    for (reason, count) in site.reasons() {
        let word = reason.as_str();
        let item = format!("data-reason=\"{word}\"><b>{}</b>", grouped(count));
        assert!(row.contains(&item), "{name}: {count} {word} is not on the page");
        let counted: u64 = ["true", "false"].iter().map(|retried| ended(scrape, name, retried, word)).sum();
        assert_eq!(counted, count, "{name}: calls that ended with {word}");
    }
    assert_eq!(ended(scrape, name, "true", "success"), site.recovered(), "{name}: calls that recovered");
    let succeeded = ended(scrape, name, "false", "success") + site.recovered();
    let calls = succeeded + site.gave_up();
    let rate = format!("{} of {} succeeded", per_cent(succeeded * 1_000 / calls.max(1)), counted(calls, "call"));
    assert!(row.contains(&rate), "{name}: `{rate}` is not on the page");
    assert_eq!(value(scrape, &format!("retry_retries_total{{name=\"{name}\"")), site.retries(), "{name}: retries");
    assert_eq!(value(scrape, &format!("retry_delay_seconds_count{{name=\"{name}\"")), site.retries(), "{name}: delays");
}
