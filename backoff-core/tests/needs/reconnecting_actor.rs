//! An actor that serves its mailbox while it reconnects: messages neither shorten nor repeat a delay.

use std::collections::VecDeque;

use backoff_core::{Attempts, Jitter, Policy};
use support::{ms, paused, secs};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::Instant;

type Reply = oneshot::Sender<Result<u32, &'static str>>;

/// Outcomes of dialing: for how many seconds each connection lives, or a refusal.
struct Network {
    dials: VecDeque<Result<u64, &'static str>>,
    dialed_at: Vec<u64>,
    start: Instant,
}

struct Connection {
    closes_at: Instant,
    served: u32,
}

impl Network {
    async fn dial(&mut self) -> Result<Connection, &'static str> {
        yield_now().await;
        self.dialed_at.push(self.start.elapsed().as_secs());
        let lives = self.dials.pop_front().unwrap_or(Err("refused"))?;
        Ok(Connection { closes_at: Instant::now() + secs(lives), served: 0 })
    }
}

/// Waits for the rest of the delay, then dials. It may be dropped at any time.
async fn connect(attempts: &mut Attempts, network: &mut Network) -> Result<Connection, &'static str> {
    let _ = attempts.wait_async().await;
    network.dial().await
}

async fn closed(connection: Option<&Connection>) {
    match connection {
        Some(connection) => tokio::time::sleep_until(connection.closes_at).await,
        None => std::future::pending().await,
    }
}

async fn act(policy: Policy, mut network: Network, mut mailbox: mpsc::Receiver<Reply>) -> (Vec<u64>, &'static str) {
    let mut attempts = Attempts::new(policy);
    let mut connection: Option<Connection> = None;
    loop {
        let failure = tokio::select! {
            message = mailbox.recv() => {
                let Some(reply) = message else { return (network.dialed_at, "stopped") };
                let answer = connection.as_mut().ok_or("offline").map(|connection| {
                    connection.served += 1;
                    connection.served
                });
                let _ = reply.send(answer);
                continue;
            }
            result = connect(&mut attempts, &mut network), if connection.is_none() => match result {
                Ok(new) => {
                    attempts.success();
                    connection = Some(new);
                    continue;
                }
                Err(error) => error,
            },
            () = closed(connection.as_ref()), if connection.is_some() => {
                connection = None;
                "closed"
            }
        };
        if let Err(last) = attempts.failed(failure) {
            return (network.dialed_at, last);
        }
    }
}

const DOUBLING: Policy = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).max_attempts(4).build();

#[test]
fn an_actor_reconnects_at_the_pace_of_its_policy_and_answers_meanwhile() {
    paused(async {
        let dials = VecDeque::from([Err("refused"), Err("refused"), Ok(10), Err("refused")]);
        let network = Network { dials, dialed_at: Vec::new(), start: Instant::now() };
        let (sender, mailbox) = mpsc::channel(1);
        let actor = tokio::spawn(act(DOUBLING, network, mailbox));
        let mut answers = Vec::new();
        while let Ok(()) = sender.send_reply(&mut answers).await {
            tokio::time::sleep(ms(310)).await;
        }
        // 0, 1, 3 s: the second delay is doubled. Closed at 13 s: the delays start over.
        assert_eq!(actor.await.unwrap(), (vec![0, 1, 3, 14, 16, 20], "refused"));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 32, "each 310 ms of ten seconds");
        assert_eq!(answers.first(), Some(&Err("offline")));
    });
}

trait Ask {
    async fn send_reply(&self, answers: &mut Vec<Result<u32, &'static str>>) -> Result<(), ()>;
}

impl Ask for mpsc::Sender<Reply> {
    async fn send_reply(&self, answers: &mut Vec<Result<u32, &'static str>>) -> Result<(), ()> {
        let (reply, answer) = oneshot::channel();
        self.send(reply).await.map_err(drop)?;
        answers.push(answer.await.map_err(drop)?);
        Ok(())
    }
}
