//! Every sequence of outcomes: the fates that a test double receives, and a bug that is found.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use backoff_core::testing::{self, Fate};
use backoff_core::{CancelToken, StopReason, retry};

#[derive(Default)]
struct Bank {
    by_key: RefCell<HashMap<u32, u64>>,
    careless: Cell<u64>,
}

impl Bank {
    fn book(&self, key: u32, amount: u64) -> Result<(), &'static str> {
        let act = || {
            self.by_key.borrow_mut().insert(key, amount);
            self.careless.set(self.careless.get() + amount);
            Ok(())
        };
        testing::request(act, || "no answer")
    }

    async fn book_async(&self, key: u32, amount: u64) -> Result<(), &'static str> {
        let act = async {
            self.by_key.borrow_mut().insert(key, amount);
            self.careless.set(self.careless.get() + amount);
            Ok(())
        };
        testing::request_async(act, || "no answer").await
    }

    fn charged(&self) -> u64 {
        self.by_key.borrow().values().sum()
    }
}

#[retry(max_attempts = 3, cancel = stop)]
fn pay(bank: &Bank, stop: &CancelToken) -> Result<(), &'static str> {
    bank.book(7, 100)
}

#[retry(max_attempts = 3)]
async fn pay_async(bank: &Bank) -> Result<(), &'static str> {
    bank.book_async(7, 100).await
}

#[test]
fn a_payment_under_a_key_is_charged_once_whatever_happens() {
    let mut runs = HashSet::new();
    testing::every_outcome(3, |case| {
        let bank = Bank::default();
        let result = pay(&bank, &case.token());
        let acted = case.fates().iter().take(case.attempts() as usize).any(|fate| *fate != Fate::Fail);
        assert_eq!(bank.charged(), if acted { 100 } else { 0 });
        if result.is_ok() {
            assert_eq!(bank.charged(), 100);
        }
        runs.insert(case.fates().to_vec());
    });
    assert_eq!(runs.len(), 64);
}

#[test]
fn each_fate_ends_the_call_as_documented() {
    testing::every_outcome(1, |case| {
        let bank = Bank::default();
        let result = pay(&bank, &case.token());
        let seen = (result, case.attempts(), bank.careless.get(), case.reasons());
        let expected = match case.fates()[0] {
            Fate::Ok => (Ok(()), 1, 100, vec![]),
            Fate::Fail => (Ok(()), 2, 100, vec![]),
            Fate::Lost => (Ok(()), 2, 200, vec![]),
            Fate::Cancelled => (Err("no answer"), 1, 100, vec![StopReason::Cancelled]),
        };
        assert_eq!(seen, expected);
    });
}

#[tokio::test]
async fn an_async_call_is_dropped_in_the_middle_of_the_attempt() {
    let mut runs = 0;
    testing::every_outcome_async(2, async |case| {
        let bank = Bank::default();
        let result = case.call(pay_async(&bank)).await;
        let seen = (result, case.attempts(), bank.careless.get());
        let expected = match case.fates() {
            [Fate::Ok, _] => (Some(Ok(())), 1, 100),
            [Fate::Fail, Fate::Ok] => (Some(Ok(())), 2, 100),
            [Fate::Fail, Fate::Fail] => (Some(Ok(())), 3, 100),
            [Fate::Fail, Fate::Lost] | [Fate::Lost, Fate::Fail] => (Some(Ok(())), 3, 200),
            [Fate::Lost, Fate::Ok] => (Some(Ok(())), 2, 200),
            [Fate::Lost, Fate::Lost] => (Some(Ok(())), 3, 300),
            [Fate::Cancelled, _] => (None, 0, 100),
            [Fate::Fail, Fate::Cancelled] => (None, 1, 100),
            [Fate::Lost, Fate::Cancelled] => (None, 1, 200),
            fates => panic!("{fates:?}"),
        };
        assert_eq!(seen, expected, "{:?}", case.fates());
        assert_eq!(bank.charged(), 100);
        runs += 1;
    })
    .await;
    assert_eq!(runs, 16);
}

#[tokio::test]
async fn a_client_that_starts_again_after_a_cancelled_call_is_charged_once() {
    testing::every_outcome_async(4, async |case| {
        let bank = Bank::default();
        for _ in 0..3 {
            if let Some(Ok(())) = case.call(pay_async(&bank)).await {
                assert_eq!(bank.charged(), 100);
            }
        }
        assert!(bank.charged() <= 100);
    })
    .await;
}

#[tokio::test]
async fn outside_of_case_call_cancelling_uses_the_token() {
    testing::every_outcome_async(1, async |case| {
        let (bank, token) = (Bank::default(), case.token());
        let result = pay_async(&bank).await;
        assert_eq!((result, token.is_cancelled()), (Ok(()), case.fates() == [Fate::Cancelled]));
        assert!(!case.token().is_cancelled(), "a token is used up by the call that it cancels");
    })
    .await;
}

#[test]
fn a_double_charge_is_found() {
    let found = catch_unwind(AssertUnwindSafe(|| {
        testing::every_outcome(2, |case| {
            let bank = Bank::default();
            let _ = pay(&bank, &case.token());
            assert!(bank.careless.get() <= 100);
        });
    }));
    assert!(found.is_err());
    assert_eq!(Bank::default().book(7, 100), Ok(()), "the guards of the failed run are gone");
}

#[test]
fn elsewhere_a_request_is_what_the_server_does() {
    let bank = Bank::default();
    assert_eq!((bank.book(7, 100), bank.charged()), (Ok(()), 100));
    assert_eq!(testing::request(|| Err::<(), _>("refused"), || "no answer"), Err("refused"));
}

#[test]
fn what_the_server_refuses_stays_refused() {
    testing::every_outcome(1, |case| {
        let answer = testing::request(|| Err::<(), _>("refused"), || "no answer");
        assert_eq!(answer, Err(if case.fates() == [Fate::Fail] { "no answer" } else { "refused" }));
    });
}
