//! embassy: its executor for a host with `std`, and the calls of `examples/embassy.rs`.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use embassy_executor::Executor;

#[embassy_executor::task(pool_size = 8)]
async fn task(future: Pin<Box<dyn Future<Output = ()>>>) {
    future.await;
}

fn run(future: impl Future<Output = ()> + 'static) {
    let has_ended = Rc::new(Cell::new(false));
    let executor = Box::leak(Box::new(Executor::new()));
    executor.run_until(
        |spawner| {
            let has_ended = Rc::clone(&has_ended);
            let future = async move {
                future.await;
                has_ended.set(true);
            };
            spawner.spawn(task(Box::pin(future)).expect("at most eight tests run at once"));
        },
        || has_ended.get(),
    );
}

#[expect(clippy::cast_possible_truncation, reason = "the line of the guide; a delay has less than 2^64 microseconds")]
mod table {
    backoff_runtimes::behaviour!(
        run = super::run,
        sleep = |delay: Duration| embassy_time::Timer::after_micros(delay.as_micros() as u64)
    );
}

#[path = "../examples/embassy.rs"]
mod example;

#[test]
fn the_example_reads_its_sensor_and_ends() {
    backoff_runtimes::until_it_hangs(|| {
        assert_eq!(example::run(), (Ok(215), 3));
        example::main();
    });
}
