//! Requests of a client of tonic whose server requests waits. The limits are lower ones, so a slow machine keeps them.

use std::time::Duration;

use backoff_stacks::tonic_push_backs::{Outcome, Place, pushed_back, run, with_retry_info};
use tonic::{Code, Status};

const PLACES: [Place; 3] = [Place::Function, Place::GrpcLayer, Place::StatusLayer];

async fn sent(place: Place, script: Vec<Status>) -> Outcome {
    run(place, script).await.expect("loopback")
}

/// The own delay of the policy is at most 1 ms, so only the push-back explains the gap.
#[tokio::test]
async fn each_place_waits_for_the_push_back_in_the_metadata() {
    for place in PLACES {
        let outcome = sent(place, vec![pushed_back(40), pushed_back(70)]).await;
        assert_eq!((outcome.result.as_deref(), outcome.requests), (Ok("assam"), 3), "{place:?}");
        let [first, second] = outcome.gaps[..] else { panic!("{place:?}: {outcome:?}") };
        assert!(first >= Duration::from_millis(40) && second >= Duration::from_millis(70), "{place:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_function_and_the_layer_that_reads_the_status_wait_for_retry_info() {
    let wait = Duration::from_millis(60);
    for place in [Place::Function, Place::StatusLayer] {
        let outcome = sent(place, vec![with_retry_info(wait)]).await;
        assert_eq!((outcome.result.as_deref(), outcome.requests), (Ok("assam"), 2), "{place:?}");
        assert!(outcome.gaps[0] >= wait, "{place:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_negative_push_back_ends_the_call() {
    for place in PLACES {
        let outcome = sent(place, vec![pushed_back(-1)]).await;
        assert_eq!((outcome.result, outcome.requests), (Err(Code::Unavailable), 1), "{place:?}");
    }
}

#[tokio::test]
async fn a_permanent_code_ends_the_call() {
    for place in PLACES {
        let outcome = sent(place, vec![Status::invalid_argument("no such leaf")]).await;
        assert_eq!((outcome.result, outcome.requests), (Err(Code::InvalidArgument), 1), "{place:?}");
    }
}

#[tokio::test]
async fn the_last_status_is_handed_back() {
    for place in PLACES {
        let outcome = sent(place, vec![Status::unavailable("busy"); 9]).await;
        assert_eq!((outcome.result, outcome.requests), (Err(Code::Unavailable), 4), "{place:?}");
    }
}
