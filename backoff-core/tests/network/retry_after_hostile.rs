//! Hostile values of `Retry-After`, from a real server, and their effect on calls.
//!
//! The responses are written byte by byte, because no server library would send them. A guard skips and records the
//! delays.

use std::io;
use std::time::{Duration, SystemTime};

use backoff_core::StopReason::{Ambiguous, MaxAttempts, MaxElapsed, Permanent, PushBackTooLong};
use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{Classify, Policy, StopReason, retry, testing};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    #[error("no answer")]
    #[classify(with = classify::reqwest)]
    Transport(#[from] reqwest::Error),
}

/// A server that gives every request the same answer. Dropping it closes it.
struct Server {
    url: String,
    serving: AbortHandle,
}

impl Server {
    /// The answer has this status and these bytes as further header lines.
    async fn answering(status: u16, headers: &[u8]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let line = format!("HTTP/1.1 {status} as you like it\r\n");
        let answer = [line.as_bytes(), headers, b"content-length: 0\r\nconnection: close\r\n\r\n"].concat();
        let serving = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && client.read_buf(&mut request).await.is_ok_and(|read| read > 0)
                {
                }
                let _ = client.write_all(&answer).await;
                let _ = client.shutdown().await;
            }
        });
        Ok(Self { url, serving: serving.abort_handle() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn fetch(http: &reqwest::Client, url: &str) -> Result<String, ShopError> {
    Ok(check_reqwest(http.get(url).send().await?)?.text().await?)
}

/// Three attempts, and the default bound of 60 s on push-backs.
#[retry(max_attempts = 3)]
async fn three_times(http: &reqwest::Client, url: &str) -> Result<String, ShopError> {
    fetch(http, url).await
}

/// A time limit of a minute, which also bounds push-backs.
#[retry(max_elapsed = "60s")]
async fn for_a_minute(http: &reqwest::Client, url: &str) -> Result<String, ShopError> {
    fetch(http, url).await
}

/// A read, which may always be repeated, but not before the server's `Retry-After`.
#[retry(max_attempts = 3, idempotent)]
async fn read(http: &reqwest::Client, url: &str) -> Result<String, ShopError> {
    fetch(http, url).await
}

/// A client without a bound on push-backs.
const PATIENT: Policy = Policy::exponential().max_attempts(2).max_push_back(Duration::MAX).build();

#[retry(policy = PATIENT)]
async fn however_long(http: &reqwest::Client, url: &str) -> Result<String, ShopError> {
    fetch(http, url).await
}

/// The time of every answer that names one: a Sunday, 06 Nov 1994 08:49:37 GMT.
const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

/// The expected meaning of a response.
#[derive(Clone, Copy, Debug)]
enum Means {
    /// The header has no effect.
    Nothing,
    /// A push-back of so many seconds, fewer than 30.
    Wait(u64),
    /// A push-back that is longer than a minute.
    TooLong(Duration),
    /// The client refuses the response, because it is not valid HTTP.
    NoAnswer,
}

use Means::{NoAnswer, Nothing, TooLong, Wait};

const fn seconds(seconds: u64) -> Means {
    TooLong(Duration::from_secs(seconds))
}

/// Makes the three kinds of calls to a server with such responses, and checks the end and the delays of each.
async fn check(http: &reqwest::Client, headers: &[u8], means: Means) {
    let server = Server::answering(503, headers).await.expect("a port is free");
    let what =
        format!("{:?}, {means:?}", String::from_utf8_lossy(headers.get(..headers.len().min(200)).unwrap_or(headers)));
    let at_least = match means {
        Wait(seconds) => Duration::from_secs(seconds),
        TooLong(time) => time,
        Nothing | NoAnswer => Duration::ZERO,
    };
    // The end of a call, its number of attempts, and whether it obeyed the header.
    let ended = |test: &testing::Recorder| {
        let own = Duration::from_secs(20); // the longest delay of the policy
        let kept = at_least..=at_least.saturating_add(own);
        assert!(test.waits().iter().all(|wait| kept.contains(wait)), "{what}: waits {:?}", test.waits());
        (test.attempts(), test.reasons())
    };

    let test = testing::no_waits();
    let error = three_times(http, &server.url).await.expect_err("every answer is a failure");
    let expected = match means {
        Nothing | Wait(_) => (3, MaxAttempts),
        TooLong(_) => (1, PushBackTooLong),
        NoAnswer => (1, Ambiguous),
    };
    assert_eq!(ended(&test), (expected.0, vec![expected.1]), "{what}");
    match (error, means) {
        (ShopError::Answer(error), Nothing) => assert_eq!(error.retry_after(), None, "{what}"),
        (ShopError::Answer(error), Wait(_) | TooLong(_)) => assert_eq!(error.retry_after(), Some(at_least), "{what}"),
        (ShopError::Transport(_), NoAnswer) => {}
        (error, _) => panic!("{what}: {error:?}"),
    }
    drop(test);

    let test = testing::no_waits();
    assert!(for_a_minute(http, &server.url).await.is_err());
    let (attempts, reasons) = ended(&test);
    match means {
        Nothing | Wait(0) => assert!(attempts > 3 && reasons == [MaxElapsed], "{what}: {attempts}, {reasons:?}"),
        Wait(seconds) => assert_eq!((u64::from(attempts), reasons), (60 / seconds + 1, vec![MaxElapsed]), "{what}"),
        TooLong(_) => assert_eq!((attempts, reasons), (1, vec![MaxElapsed]), "{what}"),
        NoAnswer => assert_eq!((attempts, reasons), (1, vec![Ambiguous]), "{what}"),
    }
    assert!(test.waits().iter().sum::<Duration>() <= Duration::from_secs(60), "{what}: {:?}", test.waits());
    drop(test);

    let test = testing::no_waits();
    assert!(however_long(http, &server.url).await.is_err());
    let expected = if matches!(means, NoAnswer) { (1, Ambiguous) } else { (2, MaxAttempts) };
    assert_eq!(ended(&test), (expected.0, vec![expected.1]), "{what}");
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("the client has nothing special")
}

#[tokio::test]
async fn numbers() {
    let http = client();
    for (value, means) in [
        ("25", Wait(25)),
        ("0", Wait(0)),
        ("00000000000000000000000000000000000000025", Wait(25)),
        (" \t 25 \t ", Wait(25)),
        ("61", seconds(61)),
        ("4294967296", seconds(1 << 32)),
        ("18446744073709551615", seconds(u64::MAX)),
        ("18446744073709551616", TooLong(Duration::MAX)),
        ("99999999999999999999999999999999999999999999999999", TooLong(Duration::MAX)),
        (&"9".repeat(50_000), TooLong(Duration::MAX)),
        (&"0".repeat(50_000), Wait(0)),
        ("-1", Nothing),
        ("-18446744073709551616", Nothing),
        ("+25", Nothing),
        ("25.0", Nothing),
        ("2.5e1", Nothing),
        ("0x19", Nothing),
        ("25s", Nothing),
        ("25 s", Nothing),
        ("2 5", Nothing),
        ("25;", Nothing),
        ("\"25\"", Nothing),
        ("NaN", Nothing),
        ("inf", Nothing),
        ("", Nothing),
        ("   ", Nothing),
        ("soon", Nothing),
        ("25\u{e9}", Nothing),
        ("\u{ff12}\u{ff15}", Nothing),
        ("\u{0662}\u{0665}", Nothing),
    ] {
        check(&http, format!("retry-after:{value}\r\n").as_bytes(), means).await;
    }
    check(&http, b"retry-after: 25\xff\r\n", Nothing).await;
    check(&http, b"", Nothing).await;
}

#[tokio::test]
async fn several_headers() {
    let http = client();
    let many = ["retry-after: 5\r\n"; 59].concat() + "retry-after: 25\r\n";
    for (headers, means) in [
        ("Retry-After: 25\r\n", Wait(25)),
        ("RETRY-AFTER: 25\r\n", Wait(25)),
        ("retry-after: 25\r\nretry-after: 5\r\n", Wait(25)),
        ("retry-after: 5\r\nretry-after: 25\r\n", Wait(25)),
        ("retry-after: soon\r\nretry-after: 25\r\nretry-after: -1\r\n", Wait(25)),
        ("retry-after: 5\r\nretry-after: 99999999999999999999\r\n", TooLong(Duration::MAX)),
        ("retry-after: soon\r\nretry-after: later\r\n", Nothing),
        ("retry-after: 5, 25\r\n", Wait(25)),
        ("retry-after: 5, soon\r\n", Nothing),
        ("x-retry-after: 25\r\nretry-after-ms: 25\r\n", Nothing),
        (&many, Wait(25)),
    ] {
        check(&http, headers.as_bytes(), means).await;
    }
}

#[tokio::test]
async fn dates_measured_from_the_date_of_the_answer() {
    let http = client();
    for (value, means) in [
        // The three forms.
        ("Sun, 06 Nov 1994 08:50:02 GMT", Wait(25)),
        ("Sunday, 06-Nov-94 08:50:02 GMT", Wait(25)),
        ("Sun Nov  6 08:50:02 1994", Wait(25)),
        // Now, and in the past.
        ("Sun, 06 Nov 1994 08:49:37 GMT", Wait(0)),
        ("Sun, 06 Nov 1994 08:49:36 GMT", Wait(0)),
        ("Saturday, 05-Nov-94 08:49:37 GMT", Wait(0)),
        ("Sat Nov  5 08:49:37 1994", Wait(0)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Wait(0)),
        // In the future.
        ("Mon, 07 Nov 1994 08:49:37 GMT", seconds(24 * 3600)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", seconds(253_402_300_799 - 784_111_777)),
        ("Fri Dec 31 23:59:59 9999", seconds(253_402_300_799 - 784_111_777)),
        // Not dates.
        ("Sat, 01 Jan 10000 00:00:00 GMT", Nothing),
        ("Fri, 31 Dec 1600 23:59:59 GMT", Nothing),
        ("Sun, 31 Feb 1994 08:50:02 GMT", Nothing),
        ("Sun, 06 Nov 1994 25:00:00 GMT", Nothing),
        ("Sun, 06 Nov 1994 08:50:02 CET", Nothing),
        ("Sun, 06 Nov 1994 08:50:02 GMT, 25", Nothing),
        ("1994-11-06T08:50:02Z", Nothing),
        ("784111802.5", Nothing),
        ("25", Wait(25)),
    ] {
        check(&http, format!("{DATE}retry-after: {value}\r\n").as_bytes(), means).await;
    }
}

#[tokio::test]
async fn dates_of_the_answer_that_lie() {
    let http = client();
    for (headers, means) in [
        // A date of the answer far away is still the server's own clock.
        ("date: Fri, 31 Dec 9999 23:59:59 GMT\r\nretry-after: Sun, 06 Nov 1994 08:50:02 GMT\r\n", Wait(0)),
        ("date: Thu, 01 Jan 1970 00:00:00 GMT\r\nretry-after: Thu, 01 Jan 1970 00:00:25 GMT\r\n", Wait(25)),
        (
            "date: Thu, 01 Jan 1970 00:00:00 GMT\r\nretry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
            seconds(253_402_300_799),
        ),
        // An unreadable `Date` is ignored. Then the clock of this machine counts, for which 1994 has passed.
        ("date: yesterday\r\nretry-after: Sun, 06 Nov 1994 08:50:02 GMT\r\n", Wait(0)),
        ("date: \u{e9}\r\nretry-after: Sun, 06 Nov 1994 08:50:02 GMT\r\n", Wait(0)),
        ("date:\r\nretry-after: Sun, 06 Nov 1994 08:50:02 GMT\r\n", Wait(0)),
        ("retry-after: Sun, 06 Nov 1994 08:50:02 GMT\r\n", Wait(0)),
    ] {
        check(&http, headers.as_bytes(), means).await;
    }
}

#[tokio::test]
async fn dates_measured_from_the_clock_of_this_machine() {
    let http = client();
    let date = |ahead| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(ahead));

    let near = Server::answering(503, format!("retry-after: {}\r\n", date(29)).as_bytes()).await.unwrap();
    let test = testing::no_waits();
    assert!(three_times(&http, &near.url).await.is_err());
    assert_eq!((test.attempts(), test.reasons()), (3, vec![MaxAttempts]));
    // Counted from now; each request takes a little of it.
    let close = Duration::from_secs(9)..=Duration::from_millis(29_200);
    assert!(test.waits().iter().all(|wait| close.contains(wait)), "{:?}", test.waits());
    drop(test);

    let far = Server::answering(429, format!("retry-after: {}\r\n", date(3600)).as_bytes()).await.unwrap();
    let test = testing::no_waits();
    assert!(three_times(&http, &far.url).await.is_err());
    assert_eq!((test.attempts(), test.reasons()), (1, vec![PushBackTooLong]));
}

#[tokio::test]
async fn answers_that_are_no_http() {
    let http = client();
    for headers in [
        &b"retry-after: 2\x005\r\n"[..],
        b"retry-after: 2\x015\r\n",
        b"retry-after: 25\x7f\r\n",
        b"retry-after : 25\r\n",
        b"retry-after: 2\r\n 5\r\n",
        b"retry-after\r\n",
        b"retry\xffafter: 25\r\n",
    ] {
        check(&http, headers, NoAnswer).await;
    }
}

#[tokio::test]
async fn the_status_decides_whether_the_header_counts() {
    let http = client();
    for (status, attempts, reason) in [
        (429, 3, Some(MaxAttempts)),
        (503, 3, Some(MaxAttempts)),
        (529, 3, Some(MaxAttempts)),
        (403, 3, Some(MaxAttempts)), // a refusal with a header that shows that it is not final
        (413, 3, Some(MaxAttempts)),
        (500, 1, Some(Ambiguous)), // the time of the next request does not show whether the server acted
        (502, 1, Some(Ambiguous)),
        (504, 1, Some(Ambiguous)),
        (200, 1, None),
    ] {
        let server = Server::answering(status, b"retry-after: 25\r\n").await.unwrap();
        let test = testing::no_waits();
        assert_eq!(three_times(&http, &server.url).await.is_ok(), reason.is_none(), "{status}");
        let reasons: Vec<StopReason> = reason.into_iter().collect();
        assert_eq!((test.attempts(), test.reasons()), (attempts, reasons), "{status}");
        assert!(test.waits().iter().all(|wait| *wait >= Duration::from_secs(25)), "{status}: {:?}", test.waits());
    }

    for status in [500, 502, 504] {
        let server = Server::answering(status, b"retry-after: 25\r\n").await.unwrap();
        let test = testing::no_waits();
        assert!(read(&http, &server.url).await.is_err());
        assert_eq!((test.attempts(), test.reasons()), (3, vec![MaxAttempts]), "{status}");
        assert!(test.waits().iter().all(|wait| *wait >= Duration::from_secs(25)), "{status}: {:?}", test.waits());
    }

    let without = Server::answering(403, b"").await.unwrap();
    let test = testing::no_waits();
    assert!(three_times(&http, &without.url).await.is_err());
    assert_eq!((test.attempts(), test.reasons()), (1, vec![Permanent]));
}
