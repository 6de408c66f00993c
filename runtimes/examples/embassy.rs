//! A task of embassy that reads a sensor with retries: `cargo run -p backoff-runtimes --example embassy`.
//!
//! It runs on embassy's executor for a host, and ends by itself. The call needs no `std`: the sleeper, the clock and
//! the seed are given, so it is the same on a microcontroller.

#![expect(clippy::cast_possible_truncation, reason = "no delay has 2^64 microseconds")]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use backoff_core::Policy;
use embassy_executor::Executor;
use embassy_time::{Instant, Timer};

/// Delays of up to 20, 40, 80 and 160 ms.
const POLICY: Policy = Policy::exponential()
    .initial_delay(Duration::from_millis(20))
    .max_attempts(5)
    .max_elapsed(Duration::from_secs(30))
    .build();

/// A number that differs between devices, such as the serial number of the chip. Without one, all devices would draw
/// the same jitter.
const CHIP_ID: u64 = 0xA5A5;

/// The temperature in tenths of a degree, or an error of the bus; and the number of reads.
pub(crate) type Reading = (Result<u16, BusIsBusy>, u32);

/// The error of a read while another device uses the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BusIsBusy;

/// A thermometer on a bus that is busy for the first two reads.
struct Sensor {
    reads: Cell<u32>,
}

impl Sensor {
    async fn read(&self) -> Result<u16, BusIsBusy> {
        Timer::after_millis(1).await;
        self.reads.set(self.reads.get() + 1);
        println!(
            "read {} of the sensor, {:?} after the start",
            self.reads.get(),
            Duration::from(Instant::now() - Instant::MIN)
        );
        if self.reads.get() < 3 { Err(BusIsBusy) } else { Ok(215) }
    }
}

#[embassy_executor::task]
async fn read_sensor(result: Rc<Cell<Option<Reading>>>) {
    let sensor = Sensor { reads: Cell::new(0) };
    let temperature = POLICY
        .retry(|| sensor.read())
        .sleep(|delay: Duration| Timer::after_micros(delay.as_micros() as u64))
        .clock(|| Duration::from_micros(Instant::now().as_micros()))
        .seed(CHIP_ID)
        .await;
    result.set(Some((temperature, sensor.reads.get())));
}

/// Runs the executor until the task has ended.
pub(crate) fn run() -> Reading {
    let result = Rc::new(Cell::new(None));
    let task = read_sensor(Rc::clone(&result)).expect("no other instance of the task runs");
    // On a microcontroller the executor never ends, and a `StaticCell` holds it.
    let executor = Box::leak(Box::new(Executor::new()));
    executor.run_until(|spawner| spawner.spawn(task), || result.get().is_some());
    result.get().expect("the task has ended")
}

pub(crate) fn main() {
    match run() {
        (Ok(tenths), reads) => println!("{}.{} °C after {reads} reads", tenths / 10, tenths % 10),
        (Err(error), reads) => println!("gave up after {reads} reads: {error:?}"),
    }
}
