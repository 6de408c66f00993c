use std::time::Duration;

use backoff_core::{Fault, classify};
use backoff_recipes::reqwest_middleware::classify as of_middleware;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};

use crate::loopback;

fn client() -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap()).build()
}

#[tokio::test]
async fn an_error_of_reqwest_below_a_middleware_is_classified_as_such() {
    let refused = client().get(format!("http://{}", loopback::refusing().await)).send().await.unwrap_err();
    assert_eq!(of_middleware(&refused), Fault::Transient, "{refused:?}");
    let lost = client().get(format!("http://{}", loopback::closing().await)).send().await.unwrap_err();
    assert_eq!(of_middleware(&lost), Fault::Ambiguous, "{lost:?}");
    let wrong = Error::Reqwest(client().get("no address").build().unwrap_err());
    assert_eq!(of_middleware(&wrong), Fault::Permanent);
}

#[tokio::test]
async fn chain_does_not_see_reqwest_below_a_middleware() {
    let lost = client().get(format!("http://{}", loopback::closing().await)).send().await.unwrap_err();
    assert_eq!((classify::marks(&lost), classify::chain(&lost)), (None, Fault::Transient), "{lost:?}");
    let wrong = Error::Reqwest(client().get("no address").build().unwrap_err());
    assert_eq!((classify::marks(&wrong), classify::chain(&wrong)), (None, Fault::Transient));
}

#[test]
fn an_error_of_a_middleware_is_classified_by_its_chain() {
    let error = Error::middleware(classify::retry_after(Duration::from_secs(2), "the quota is used up"));
    assert_eq!(of_middleware(&error), Fault::PushBack(Duration::from_secs(2)));
    assert_eq!(classify::marks(&error), None, "the variant is transparent: the mark is not in its chain");
    let io = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    assert_eq!(of_middleware(&Error::middleware(io)), Fault::Permanent);
    assert_eq!(of_middleware(&Error::middleware(std::fmt::Error)), Fault::Transient);
}
