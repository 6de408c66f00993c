//! The device login of RFC 8628: the server sets the interval, `slow_down` makes it five seconds longer for good.

use std::time::Duration;

use backoff_core::{Fault, retry};
use support::{paused, secs};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Token(&'static str),
    AuthorizationPending,
    SlowDown,
    AccessDenied,
    ExpiredToken,
}

struct Login {
    interval: Duration,
    expires_in: Duration,
}

/// Returns the wait before the next request, or the end.
fn next_request(answer: Answer, interval: &mut Duration) -> Result<(), Fault> {
    match answer {
        Answer::Token(_) => Ok(()),
        Answer::AuthorizationPending => Err(Fault::PushBack(*interval)),
        Answer::SlowDown => {
            *interval += secs(5);
            Err(Fault::PushBack(*interval))
        }
        Answer::AccessDenied | Answer::ExpiredToken => Err(Fault::Permanent),
    }
}

impl Login {
    #[retry(
        max_elapsed = self.expires_in, delay = "1s", push_back = replace,
        until = |answer| next_request(*answer, &mut self.interval), unmet = last
    )]
    async fn wait(&mut self, requests: &mut Requests) -> Result<Answer, std::io::Error> {
        requests.send().await
    }
}

/// Answers in turn; the last one repeats.
struct Requests {
    answers: Vec<Answer>,
    start: Instant,
    sent_at: Vec<u64>,
}

impl Requests {
    async fn send(&mut self) -> std::io::Result<Answer> {
        tokio::task::yield_now().await;
        self.sent_at.push(self.start.elapsed().as_secs());
        Ok(self.answers.get(self.sent_at.len() - 1).copied().unwrap_or(Answer::AuthorizationPending))
    }
}

/// Returns the result of a login with an interval of 5 s that expires after 60 s, and the times of its requests.
fn login(answers: impl Into<Vec<Answer>>) -> (Answer, Vec<u64>) {
    paused(async {
        let mut requests = Requests { answers: answers.into(), start: Instant::now(), sent_at: Vec::new() };
        let mut login = Login { interval: secs(5), expires_in: secs(60) };
        (login.wait(&mut requests).await.unwrap(), requests.sent_at)
    })
}

#[test]
fn slow_down_makes_every_later_wait_longer() {
    use Answer::{AuthorizationPending as Pending, SlowDown, Token};
    let answers = [Pending, SlowDown, Pending, SlowDown, Token("abc")];
    assert_eq!(login(answers), (Token("abc"), vec![0, 5, 15, 25, 40]));
}

#[test]
fn a_denied_login_ends_at_once_and_a_forgotten_one_when_it_expires() {
    assert_eq!(login([Answer::AccessDenied, Answer::Token("abc")]), (Answer::AccessDenied, vec![0]));
    assert_eq!(login([Answer::AuthorizationPending, Answer::ExpiredToken]), (Answer::ExpiredToken, vec![0, 5]));
    let (last, sent_at) = login([Answer::SlowDown]);
    assert_eq!((last, sent_at), (Answer::AuthorizationPending, vec![0, 10, 20, 30, 40, 50, 60]));
}
