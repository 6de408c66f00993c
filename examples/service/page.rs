//! The page for operators: every call site that has failed, its counts, and the chart of its schedule.

use std::fmt::Write as _;

use axum::response::Html;
use backoff_core::{CallSite, Jitter, Policy, Schedule, call_sites};

use crate::chart::{self, short};
use crate::clients::ShopError;

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Retries</title>\
<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"5\"><style>\
:root{color-scheme:light dark;--line:#d5d9e0;--dim:#5b6473;--bar:#3b76c4;--warn:#a33;--card:#f4f6f9}\
@media(prefers-color-scheme:dark){:root{--line:#3a404b;--dim:#a2abba;--bar:#7aaef0;--warn:#f08a8a;--card:#20242c}}\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:74rem;padding:0 1rem}\
h1{font-size:1.4rem;margin:0}p{color:var(--dim);margin:.3rem 0 1.2rem}\
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid var(--line);padding:.55rem .7rem;text-align:left;vertical-align:top}\
th{color:var(--dim);font-weight:600}td.count,th.count{text-align:right;font-variant-numeric:tabular-nums}\
code{font:13px ui-monospace,monospace;overflow-wrap:break-word}div{overflow-x:auto}small{color:var(--dim);display:block}\
ul{list-style:none;margin:0;padding:0}li{white-space:nowrap}li b{color:var(--warn);font-variant-numeric:tabular-nums}\
svg{display:block}svg text{font:11px system-ui,sans-serif;fill:var(--dim)}\
.axis{stroke:var(--dim);fill:none}.grid{stroke:var(--line);fill:none;stroke-dasharray:2 3}.delay{fill:var(--bar)}\
</style></head><body>";

/// Responds with the page.
pub(crate) async fn retries() -> Html<String> {
    let mut sites: Vec<&CallSite> = call_sites().collect();
    sites.sort_by_key(|site| site.name());
    let mut page = String::from(HEAD);
    let retries: u64 = sites.iter().map(|site| site.retries()).sum();
    let recovered: u64 = sites.iter().map(|site| site.recovered()).sum();
    let gave_up: u64 = sites.iter().map(|site| site.gave_up()).sum();
    let _ = write!(
        page,
        "<h1>Retries</h1><p>{} call sites have failed since the start: {retries} retries, {recovered} calls recovered, {gave_up} gave up. \
         A bar spans the delays from which that of a retry is drawn.</p>\
         <div><table><thead><tr><th>call site</th><th class=\"count\">retries</th><th class=\"count\">recovered</th>\
         <th>gave up</th><th>policy</th><th>delay before retry</th></tr></thead><tbody>",
        sites.len(),
    );
    for site in sites {
        row(&mut page, site);
    }
    page.push_str("</tbody></table></div></body></html>");
    Html(page)
}

fn row(page: &mut String, site: &CallSite) {
    let (policy, chart) = site.policy().map_or_else(
        || ("known at run time only".to_owned(), "-".to_owned()),
        |policy| (words(policy), chart::svg(policy)),
    );
    let name = escaped(site.name());
    let _ = write!(
        page,
        "<tr data-site=\"{name}\"><td><code>{}</code><small>{}:{}</small></td>\
         <td class=\"count\">{}</td><td class=\"count\">{}</td><td><ul>",
        name.replace("::", "::<wbr>"),
        escaped(site.file()),
        site.line(),
        site.retries(),
        site.recovered(),
    );
    for (reason, count) in site.reasons() {
        let _ = write!(page, "<li title=\"{reason}\"><b>{count}</b> {}</li>", reason.as_str());
    }
    let _ = write!(page, "</ul></td><td>{policy}</td><td>{chart}</td></tr>");
}

/// Describes the policy in a few words.
fn words(policy: &Policy) -> String {
    let backoff = match policy.backoff() {
        _ if policy.jitter() == Jitter::Decorrelated => "decorrelated",
        Schedule::Exponential { .. } => "exponential",
        Schedule::Constant { .. } => "constant",
        Schedule::Linear { .. } => "linear",
        Schedule::Fibonacci { .. } => "fibonacci",
        _ => "other",
    };
    let mut limits = Vec::new();
    if let Some(attempts) = policy.max_attempts() {
        limits.push(format!("{attempts} attempts"));
    }
    if let Some(time) = policy.max_elapsed() {
        limits.push(format!("within {}", short(time)));
    }
    let limits = if limits.is_empty() { "no limit".to_owned() } else { limits.join(", ") };
    format!("{backoff}<small>{limits}</small>")
}

/// The ends of the calls of one customer.
pub(crate) fn visited(calls: &[(&str, Result<String, ShopError>)]) -> Html<String> {
    let mut page = String::from("<!doctype html><meta charset=\"utf-8\"><title>Visit</title><table>");
    for (name, result) in calls {
        let outcome = match result {
            Ok(value) => escaped(value),
            Err(error) => escaped(&error.to_string()),
        };
        let _ = write!(page, "<tr><td>{name}</td><td>{outcome}</td></tr>");
    }
    page.push_str("</table>");
    Html(page)
}

/// Escapes a text for HTML, because a name such as `<Shop as Catalog>::item` has brackets.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
