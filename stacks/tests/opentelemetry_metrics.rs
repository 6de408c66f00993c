//! The metrics of an observer. A process has one observer, so this is a separate binary with one test.

use backoff_stacks::opentelemetry_metrics::run;

/// In paused time the delays, and with them all sums, are exact.
#[tokio::test(start_paused = true)]
async fn every_call_and_every_retry_is_exported_once() {
    let readings = run().await.expect("this process has no other observer");
    let lines: Vec<_> = readings.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            // One call recovered after 20 ms, one after 20 + 40 ms, and one gave up after that.
            "retry.call.duration{retry.name=shop.order, retry.outcome=gave_up} = 1 values, 0.060 s in all",
            "retry.call.duration{retry.name=shop.order, retry.outcome=recovered} = 2 values, 0.080 s in all",
            "retry.call.duration{retry.name=shop.order, retry.outcome=succeeded} = 3 values, 0.000 s in all",
            "retry.calls{retry.name=shop.order, retry.outcome=gave_up, retry.stop_reason=max_attempts} = 1 {call}",
            "retry.calls{retry.name=shop.order, retry.outcome=recovered} = 2 {call}",
            "retry.calls{retry.name=shop.order, retry.outcome=succeeded} = 3 {call}",
            "retry.calls{retry.name=shop.pay, retry.outcome=gave_up, retry.stop_reason=ambiguous} = 1 {call}",
            "retry.calls{retry.name=shop.pay, retry.outcome=succeeded} = 1 {call}",
            "retry.delay{retry.name=shop.order} = 5 values, 0.140 s in all",
            "retry.retries{retry.fault=transient, retry.name=shop.order} = 5 {retry}",
        ]
    );
}
