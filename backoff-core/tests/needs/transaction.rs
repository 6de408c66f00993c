//! A helper that runs an async closure in a transaction, and repeats both after a conflict.

use std::collections::BTreeMap;

use backoff_core::{Classify, Policy};
use support::paused;
use tokio::task::yield_now;

#[derive(Classify, Debug, PartialEq)]
enum Failure {
    #[transient]
    Conflict,
    /// The connection broke during the commit.
    #[ambiguous]
    Unknown,
    #[permanent]
    NoAccount,
    #[permanent]
    TooPoor,
}

struct Bank {
    accounts: BTreeMap<&'static str, u32>,
    /// Failures of the next commits.
    commits: Vec<Failure>,
    begun: u32,
}

struct Tx<'b> {
    bank: &'b mut Bank,
    changes: BTreeMap<&'static str, u32>,
}

impl Bank {
    async fn begin(&mut self) -> Result<Tx<'_>, Failure> {
        yield_now().await;
        self.begun += 1;
        Ok(Tx { changes: self.accounts.clone(), bank: self })
    }

    /// Runs `work` in a transaction, which is rolled back and repeated after a conflict.
    async fn transact<T>(
        &mut self,
        mut work: impl AsyncFnMut(&mut Tx<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        const CONFLICTS: Policy = Policy::exponential().max_attempts(4).build();
        let call = CONFLICTS.retry_mut(async || {
            let mut tx = self.begin().await?;
            let value = work(&mut tx).await?;
            tx.commit().await?;
            Ok(value)
        });
        call.classified().call().await
    }
}

impl Tx<'_> {
    async fn account(&mut self, name: &str) -> Result<&mut u32, Failure> {
        yield_now().await;
        self.changes.get_mut(name).ok_or(Failure::NoAccount)
    }

    async fn commit(self) -> Result<(), Failure> {
        yield_now().await;
        if let Some(failure) = self.bank.commits.pop() {
            return Err(failure);
        }
        self.bank.accounts = self.changes;
        Ok(())
    }
}

/// Moves money from `a` to a new name each time. Returns what is left, the runs of the closure, and the bank.
fn transfer(amount: u32, commits: Vec<Failure>) -> (Result<u32, Failure>, u32, Bank) {
    let mut bank = Bank { accounts: BTreeMap::from([("a", 10), ("b", 0)]), commits, begun: 0 };
    let mut runs = 0; // the closure changes a local variable
    let result = paused(bank.transact(async |tx| {
        runs += 1;
        let from = tx.account("a").await?;
        *from = from.checked_sub(amount).ok_or(Failure::TooPoor)?;
        let left = *from;
        *tx.account("b").await? += amount;
        Ok(left)
    }));
    (result, runs, bank)
}

#[test]
fn a_transaction_is_repeated_as_a_whole_after_conflicts() {
    let (result, runs, bank) = transfer(4, vec![Failure::Conflict, Failure::Conflict]);
    assert_eq!((result, runs, bank.begun), (Ok(6), 3, 3));
    assert_eq!(bank.accounts, BTreeMap::from([("a", 6), ("b", 4)]), "moved once");
}

#[test]
fn an_unknown_commit_and_a_permanent_failure_are_not_repeated() {
    let (result, runs, _) = transfer(4, vec![Failure::Unknown]);
    assert_eq!((result, runs), (Err(Failure::Unknown), 1));
    let (result, runs, bank) = transfer(11, vec![]);
    assert_eq!((result, runs), (Err(Failure::TooPoor), 1));
    assert_eq!(bank.accounts, BTreeMap::from([("a", 10), ("b", 0)]));
}
