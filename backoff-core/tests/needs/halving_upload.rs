//! An upload that halves its batch when the server finds it too large, and starts over after each accepted batch.

use backoff_core::{Fault, retry};

#[derive(Debug, PartialEq)]
enum Cause {
    TooLarge,
    Unavailable,
}

#[derive(Debug, PartialEq)]
struct Failed {
    cause: Cause,
    accepted: usize,
}

/// A server that accepts a number of rows at once, and fails at some requests.
struct Server {
    most: usize,
    unavailable_at: Vec<usize>,
    requests: Vec<usize>,
    rows: Vec<u32>,
}

impl Server {
    fn insert(&mut self, rows: &[u32]) -> Result<(), Cause> {
        self.requests.push(rows.len());
        if self.unavailable_at.contains(&self.requests.len()) {
            return Err(Cause::Unavailable);
        }
        if rows.len() > self.most {
            return Err(Cause::TooLarge);
        }
        self.rows.extend(rows);
        Ok(())
    }
}

struct Upload<'a> {
    rows: &'a [u32],
    batch: usize,
}

impl Upload<'_> {
    /// Continues with the first row that was not accepted.
    #[retry(
        max_attempts = 3, initial_delay = "1s", sleep = |_| (),
        reset_when = |failed| failed.accepted > 0 || failed.cause == Cause::TooLarge,
        when = |failed| match failed.cause {
            Cause::TooLarge if self.batch == 1 => Fault::Permanent,
            Cause::TooLarge => { self.batch /= 2; Fault::Transient }
            Cause::Unavailable => Fault::Transient,
        },
        adjust = |event| match event.error() {
            Some(Failed { cause: Cause::TooLarge, .. }) => std::time::Duration::ZERO,
            _ => event.delay(),
        }
    )]
    fn send(&mut self, server: &mut Server) -> Result<(), Failed> {
        let mut accepted = 0;
        while !self.rows.is_empty() {
            let (batch, rest) = self.rows.split_at(self.batch.min(self.rows.len()));
            server.insert(batch).map_err(|cause| Failed { cause, accepted })?;
            accepted += batch.len();
            self.rows = rest;
        }
        Ok(())
    }
}

const ROWS: [u32; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

fn upload(most: usize, unavailable_at: &[usize]) -> (Result<(), Failed>, Server) {
    let unavailable_at = unavailable_at.to_vec();
    let mut server = Server { most, unavailable_at, requests: Vec::new(), rows: Vec::new() };
    let result = Upload { rows: &ROWS, batch: 16 }.send(&mut server);
    (result, server)
}

#[test]
fn a_batch_that_is_too_large_is_halved_and_no_row_is_sent_twice() {
    let (result, server) = upload(3, &[]);
    assert_eq!((result, server.requests), (Ok(()), vec![10, 8, 4, 2, 2, 2, 2, 2]));
    assert_eq!(server.rows, ROWS);
}

#[test]
fn failures_between_accepted_batches_do_not_add_up() {
    let (result, server) = upload(2, &[5, 7, 8, 10]);
    assert_eq!((result, server.rows.as_slice()), (Ok(()), ROWS.as_slice()));
    assert_eq!(server.requests, [10, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
}

#[test]
fn a_row_that_is_too_large_alone_and_a_dead_server_end_the_upload() {
    let (result, server) = upload(0, &[]);
    assert_eq!(result, Err(Failed { cause: Cause::TooLarge, accepted: 0 }));
    assert_eq!(server.requests, [10, 8, 4, 2, 1]);
    let (result, server) = upload(9, &[1, 2, 3]);
    assert_eq!(result, Err(Failed { cause: Cause::Unavailable, accepted: 0 }));
    assert_eq!(server.requests, [10, 10, 10]);
}
