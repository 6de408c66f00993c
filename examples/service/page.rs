//! The pages of the service: for operators, every function that has failed, and for customers, the ends of their calls.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::response::Html;
use backoff_core::{CallSite, call_sites};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::chart;
use crate::clients::ShopError;
use crate::scrape;
use crate::words;

/// The calls of one function, or of all.
#[derive(Clone, Copy, Default)]
struct Calls {
    at_once: u64,
    recovered: u64,
    gave_up: u64,
}

impl Calls {
    /// Counts the calls of a function. The library keeps no count of calls that succeed at once, its metrics do.
    fn of(site: &CallSite, scrape: &str) -> Self {
        let at_once = scrape::ended(scrape, site.name(), "false", "success");
        Self { at_once, recovered: site.recovered(), gave_up: site.gave_up() }
    }

    const fn all(self) -> u64 {
        self.succeeded() + self.gave_up
    }

    const fn succeeded(self) -> u64 {
        self.at_once + self.recovered
    }

    /// Returns the success rate in tenths of a per cent, rounded down: 100 % means all.
    fn per_mille(self) -> u64 {
        self.succeeded() * 1_000 / self.all().max(1)
    }

    fn add(self, other: Self) -> Self {
        Self {
            at_once: self.at_once + other.at_once,
            recovered: self.recovered + other.recovered,
            gave_up: self.gave_up + other.gave_up,
        }
    }
}

/// Responds with the page for operators.
pub(crate) async fn retries(State(metrics): State<PrometheusHandle>) -> Html<String> {
    let scrape = metrics.render();
    let mut sites: Vec<(&CallSite, Calls)> = call_sites().map(|site| (site, Calls::of(site, &scrape))).collect();
    sites.sort_by_key(|(site, calls)| (calls.per_mille(), Reverse(calls.all()), site.name()));
    let all = sites.iter().fold(Calls::default(), |sum, (_, calls)| sum.add(*calls));
    let longest = sites.iter().filter_map(|(site, _)| site.policy()).map(chart::longest).max().unwrap_or_default();
    let mut page = head("Retries", "<meta http-equiv=\"refresh\" content=\"5\">");
    let _ = write!(
        page,
        "<h1>Retries</h1><p>{} of {} succeeded, {} after a retry, and {} gave up. This page lists the {} functions that \
         have failed since the start, the worst first. A bar spans the delays from which that of a retry is drawn; all charts have one scale.</p>\
         <table><thead><tr><th>Function</th><th>Calls</th><th>Gave up</th><th>Retries</th>\
         <th>Delay before each retry</th></tr></thead><tbody>",
        words::per_cent(all.per_mille()),
        words::counted(all.all(), "call"),
        words::grouped(all.recovered),
        words::grouped(all.gave_up),
        sites.len(),
    );
    for (site, calls) in sites {
        row(&mut page, site, calls, longest);
    }
    page.push_str("</tbody></table></body></html>");
    Html(page)
}

fn row(page: &mut String, site: &CallSite, calls: Calls, longest: Duration) {
    let (policy, chart) = site.policy().map_or_else(
        || ("as set at run time".to_owned(), "<small>depends on a setting</small>".to_owned()),
        |policy| (words::policy(policy), chart::svg(policy, longest)),
    );
    let name = escaped(site.name());
    let short = name.rsplit("::").take(2).collect::<Vec<_>>();
    let short = short.into_iter().rev().collect::<Vec<_>>().join("::");
    let class = match calls.per_mille() {
        1_000 => "good",
        900..1_000 => "some",
        _ => "bad",
    };
    let _ = write!(
        page,
        "<tr data-site=\"{name}\"><td><strong>{short}</strong><small>{}:{}</small></td>\
         <td data-title=\"Calls\"><strong class=\"{class}\">{} of {} succeeded</strong><small>{}</small></td>",
        escaped(site.file()),
        site.line(),
        words::per_cent(calls.per_mille()),
        words::counted(calls.all(), "call"),
        words::recovered(calls.recovered, calls.succeeded()),
    );
    if calls.gave_up > 0 {
        page.push_str("<td data-title=\"Gave up\"><ul>");
        for (reason, count) in site.reasons() {
            let (word, text) = (reason.as_str(), words::reason(reason));
            let _ = write!(page, "<li data-reason=\"{word}\"><b>{}</b> because {text}</li>", words::grouped(count));
        }
        page.push_str("</ul></td>");
    } else {
        page.push_str("<td data-title=\"Gave up\">never</td>");
    }
    let _ = write!(
        page,
        "<td data-title=\"Retries\"><b>{}</b><small>{policy}</small></td>\
         <td data-title=\"Delay before each retry\">{chart}</td></tr>",
        words::grouped(site.retries())
    );
}

/// Returns the page for a customer: the ends of the calls of one visit.
pub(crate) fn visited(calls: &[(&str, Result<String, ShopError>)]) -> Html<String> {
    let mut page = head("One visit", "");
    page.push_str(
        "<h1>One visit</h1><p>A customer made one call of every kind. Load the page again for the next one.</p><table><tbody>",
    );
    for (name, result) in calls {
        let (class, outcome) = match result {
            Ok(value) => ("good", escaped(value)),
            Err(error) => ("bad", escaped(&error.to_string())),
        };
        let _ = write!(page, "<tr><td><strong>{name}</strong></td><td class=\"{class}\">{outcome}</td></tr>");
    }
    page.push_str("</tbody></table></body></html>");
    Html(page)
}

fn head(title: &str, extra: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">{extra}<style>{}</style></head><body>",
        include_str!("page.css")
    )
}

/// Escapes a text for HTML, because a name such as `<Shop as Catalog>::item` has brackets.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
