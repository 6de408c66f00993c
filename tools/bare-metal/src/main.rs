//! Runs the calls on a Cortex-M0, with the output of its debugger. For other targets the program only links.
#![no_std]
#![no_main]

#[cfg(feature = "async")]
mod awaiting;
mod calls;

use core::fmt::{self, Write};

fn run(out: &mut impl Write) -> fmt::Result {
    calls::write_delays(out)?;
    calls::call(out)?;
    calls::give_up(out)?;
    calls::loop_by_hand(out)?;
    calls::draw_jitter(out)?;
    #[cfg(feature = "async")]
    awaiting::call(out)?;
    out.write_str("done\n")
}

#[cfg(target_arch = "arm")]
mod cortex_m0 {
    use cortex_m_semihosting::{debug, hio};

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let is_written = hio::hstdout().is_ok_and(|mut out| super::run(&mut out).is_ok());
        exit(if is_written { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE })
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        cortex_m_semihosting::heprintln!("{}", info);
        exit(debug::EXIT_FAILURE)
    }

    fn exit(status: debug::ExitStatus) -> ! {
        loop {
            debug::exit(status);
        }
    }
}

#[cfg(not(target_arch = "arm"))]
mod linked {
    use core::fmt::{self, Write};
    use core::hint::{black_box, spin_loop};

    struct Sink;

    impl Write for Sink {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            black_box(text);
            Ok(())
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn _start() -> ! {
        let _written = super::run(&mut Sink);
        halt()
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        halt()
    }

    fn halt() -> ! {
        loop {
            spin_loop();
        }
    }
}
