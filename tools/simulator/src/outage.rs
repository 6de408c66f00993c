//! A fleet of clients and a server that fails for a while: the effect of retries on its recovery.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Policy, Progress, testing};

use crate::engine::{Dice, Instant, Queue, SECOND, seconds, span};
use crate::guard::{Guard, Guarded};
use crate::measure::Trace;
use crate::server::{Outage, Server};

#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    pub clients: u32,
    /// The capacity of the server in requests per second.
    pub capacity: f64,
    /// Requests of all clients, as a part of the capacity.
    pub load: f64,
    pub outage: Outage,
    /// The time that the run continues after the outage.
    pub settle: Duration,
    pub policy: Policy,
    pub guard: Guard,
    /// The time that a client waits for a response.
    pub timeout: Duration,
    /// The largest amount of work that waits at the server.
    pub queue: Duration,
}

impl Fleet {
    /// Requests per second, retries not counted.
    pub fn rate(&self) -> f64 {
        self.capacity * self.load
    }

    fn end(&self) -> Instant {
        self.outage.end().saturating_add(span(self.settle))
    }
}

#[derive(Clone, Copy)]
enum Event {
    /// A client receives a new request to send.
    Request,
    /// An attempt leaves its client.
    Send { call: u32 },
    /// An attempt reaches the server.
    Arrive { call: u32, sent: Instant },
    /// The client receives the end of its attempt: a success, or this fault.
    Answer { call: u32, fault: Option<Fault> },
}

/// One request with its retries.
#[derive(Clone, Copy)]
struct Call {
    client: u32,
    began: Instant,
    progress: Progress,
}

struct Run<'f> {
    fleet: &'f Fleet,
    queue: Queue<Event>,
    dice: Dice,
    server: Server,
    clients: Vec<Guarded>,
    calls: Vec<Call>,
    /// Positions in `calls` that are free again.
    free: Vec<u32>,
    trace: Trace,
    /// The time up to which the library's virtual clock has gone.
    told: Instant,
}

/// Runs the fleet once; calls `tick` after each second.
pub fn run(fleet: &Fleet, seed: u64, tick: &dyn Fn()) -> Trace {
    let _clock = testing::virtual_time();
    let mut run = Run {
        fleet,
        queue: Queue::new(),
        dice: Dice::new(seed),
        server: Server::new(fleet.capacity, fleet.queue, fleet.outage),
        clients: (0..fleet.clients).map(|_| Guarded::new(&fleet.guard)).collect(),
        calls: Vec::new(),
        free: Vec::new(),
        trace: Trace::new(seconds(fleet.end())),
        told: 0,
    };
    run.queue.add(0, Event::Request);
    let mut next_second = SECOND;
    while let Some(event) = run.queue.next() {
        while run.queue.now() >= next_second {
            next_second += SECOND;
            tick();
        }
        if run.queue.now() >= fleet.end() {
            break;
        }
        run.handle(event);
    }
    run.trace
}

impl Run<'_> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Request => self.request(),
            Event::Send { call } => self.send(call),
            Event::Arrive { call, sent } => self.arrive(call, sent),
            Event::Answer { call, fault: None } => self.succeed(call),
            Event::Answer { call, fault: Some(fault) } => self.fail(call, fault),
        }
    }

    fn request(&mut self) {
        let now = self.queue.now();
        let next = self.dice.gap(self.fleet.rate());
        self.queue.after(next, Event::Request);
        self.trace.request(now);
        let client = self.dice.below(self.fleet.clients);
        let fresh = Call { client, began: now, progress: self.fleet.policy.begin() };
        let call = self.free.pop().unwrap_or_else(|| {
            self.calls.push(fresh);
            u32::try_from(self.calls.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.calls.get_mut(call as usize) {
            *place = fresh;
        }
        if let Some(guard) = self.guard(call) {
            guard.request();
        }
        self.send(call);
    }

    fn send(&mut self, call: u32) {
        let now = self.queue.now();
        if !self.guard(call).is_some_and(|guard| guard.admits(now)) {
            self.free.push(call);
            return;
        }
        self.trace.attempt(now);
        let hop = self.dice.hop();
        self.queue.after(hop, Event::Arrive { call, sent: now });
    }

    fn arrive(&mut self, call: u32, sent: Instant) {
        let now = self.queue.now();
        let gives_up = sent.saturating_add(span(self.fleet.timeout));
        let served = self.server.accept(now);
        let back = served.unwrap_or(now).saturating_add(self.dice.hop());
        let (at, fault) = match served {
            // A client that gave up waiting cannot know whether the server acted.
            _ if back > gives_up => (gives_up.max(now), Some(Fault::Ambiguous)),
            Some(_) => (back, None),
            None => (back, Some(Fault::Transient)),
        };
        self.queue.add(at, Event::Answer { call, fault });
    }

    fn succeed(&mut self, call: u32) {
        self.tell_time();
        self.trace.success(self.queue.now());
        if let Some(guard) = self.guard(call) {
            guard.success();
        }
        self.free.push(call);
    }

    fn fail(&mut self, call: u32, fault: Fault) {
        self.tell_time();
        let now = self.queue.now();
        if let Some(guard) = self.guard(call) {
            guard.failure(now);
        }
        let Some(place) = self.calls.get_mut(call as usize) else { return };
        let budget = self.clients.get(place.client as usize).and_then(Guarded::budget);
        let (failure, elapsed) = (Failure::new(fault).budget(budget), Duration::from_nanos(now - place.began));
        match self.fleet.policy.decide(&mut place.progress, failure, elapsed, &mut self.dice) {
            Decision::RetryAfter(delay) => self.queue.after(span(delay), Event::Send { call }),
            _ => self.free.push(call),
        }
    }

    /// Moves the clock that budgets read to the time of the run.
    fn tell_time(&mut self) {
        if matches!(self.fleet.guard, Guard::Budget { capacity: None, .. }) {
            testing::advance(Duration::from_nanos(self.queue.now() - self.told));
            self.told = self.queue.now();
        }
    }

    fn guard(&mut self, call: u32) -> Option<&mut Guarded> {
        let client = self.calls.get(call as usize)?.client;
        self.clients.get_mut(client as usize)
    }
}
