//! What many annotated functions cost the compiler and the binary: programs of many functions, written here and compiled.
//!
//! Each program is one way of retrying; one has no functions, and what it costs is taken off the others. Only ratios
//! of times are reported, both sides measured in the same run, in processor time and not by the clock on the wall.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The functions of one program in the table.
pub(crate) const FUNCTIONS: u32 = 250;
/// The compilations of which the fastest counts.
const ROUNDS: u32 = 3;

/// A way of retrying, as source text.
struct Way {
    name: &'static str,
    /// What stands before each `async fn`.
    attribute: &'static str,
    /// The body; `QUESTION` becomes a number of the function's own.
    body: &'static str,
}

const WAYS: &[Way] = &[
    Way { name: "bare", attribute: "", body: "service.ask(QUESTION).await" },
    Way {
        name: "hand",
        attribute: "",
        body: "\
    let (mut attempt, mut base) = (1, Duration::from_millis(100));
    loop {
        match service.ask(QUESTION).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == 4 => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(Duration::from_secs(20));
                tokio::time::sleep(delay).await;
            }
        }
    }",
    },
    Way { name: "policy", attribute: "", body: "POLICY.retry(|| service.ask(QUESTION)).await" },
    Way { name: "retry", attribute: "#[backoff_core::retry(max_attempts = 4)]", body: "service.ask(QUESTION).await" },
    Way { name: "backon", attribute: "", body: "backon::Retryable::retry(|| service.ask(QUESTION), BACKON).await" },
];

/// What every program has beside its functions.
const COMMON: &str = "\
#![allow(dead_code)]
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::task::{Context, Waker};
use std::time::Duration;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

const POLICY: backoff_core::Policy = backoff_core::Policy::exponential().max_attempts(4).build();
const BACKON: backon::ExponentialBuilder = backon::ExponentialBuilder::new().with_max_times(3).with_jitter();

struct Service(Cell<u32>);

impl Service {
    #[inline(never)]
    fn answer(&self, question: u32) -> Result<u32, std::io::ErrorKind> {
        self.0.set(self.0.get() + question);
        if self.0.get() % 2 == 0 { Ok(question) } else { Err(std::io::ErrorKind::TimedOut) }
    }
    async fn ask(&self, question: u32) -> Result<u32, std::io::ErrorKind> {
        self.answer(question)
    }
}

thread_local! {
    static GENERATOR: RefCell<Option<SmallRng>> = const { RefCell::new(None) };
}

fn jittered(base: Duration) -> Duration {
    let random = GENERATOR.with_borrow_mut(|slot| slot.get_or_insert_with(seeded).next_u64());
    Duration::from_nanos(((u128::from(random) * (base.as_nanos() + 1)) >> 64) as u64)
}

fn seeded() -> SmallRng {
    SmallRng::seed_from_u64(RandomState::new().hash_one(0_u8))
}

#[inline(never)]
fn drive<F: Future>(future: F) -> bool {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn main() {
    let service = Service(Cell::new(0));
    let chosen = std::env::args().count();
    for (number, run) in FUNCTIONS.iter().enumerate() {
        if number != chosen {
            println!(\"{}\", run(&service));
        }
    }
}
";

/// What the programs of all ways cost, per function.
pub(crate) struct Costs {
    /// Bytes of machine code.
    pub(crate) code: Vec<(&'static str, f64)>,
    /// Milliseconds of processor time for `cargo check`; they differ from machine to machine and from run to run.
    pub(crate) check: Vec<(&'static str, f64)>,
}

/// Writes, compiles and measures programs of this many functions.
pub(crate) fn measure(functions: u32) -> Result<Costs, Box<dyn Error>> {
    let root = write_all(functions)?;
    cargo(&root, &["build", "--release"])?;
    cargo(&root, &["check"])?;
    let (empty_code, empty_check) = (code(&root, "empty")?, check(&root, "empty")?);
    let (mut sizes, mut times) = (Vec::new(), Vec::new());
    for way in WAYS {
        sizes.push((way.name, (code(&root, way.name)? - empty_code) / f64::from(functions)));
        times.push((way.name, (check(&root, way.name)? - empty_check) / f64::from(functions)));
    }
    Ok(Costs { code: sizes, check: times })
}

/// Writes a workspace of programs beside this program, with the lock file of the real one.
fn write_all(functions: u32) -> Result<PathBuf, Box<dyn Error>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package lies in a workspace")?;
    let program = env::current_exe()?;
    let target = program.parent().and_then(Path::parent).ok_or("the program lies in the target directory")?;
    let root = target.join("backoff-benches-generated");
    let names = || WAYS.iter().map(|way| way.name).chain(["empty"]);
    let members: Vec<String> = names().map(|name| format!("\"{name}\"")).collect();
    fs::create_dir_all(&root)?;
    fs::write(root.join("Cargo.toml"), format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")))?;
    fs::copy(project.join("Cargo.lock"), root.join("Cargo.lock"))?;
    for name in names() {
        let core = project.join("backoff-core");
        let manifest = format!(
            "[package]\nname = \"way-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             backoff-core = {{ path = \"{}\", features = [\"tokio\"] }}\n\
             backon = {{ version = \"1.6\", default-features = false, features = [\"std\", \"tokio-sleep\"] }}\n\
             rand = {{ version = \"0.10\", default-features = false, features = [\"std\"] }}\n\
             tokio = {{ version = \"1\", default-features = false, features = [\"rt\", \"time\"] }}\n",
            core.display()
        );
        fs::create_dir_all(root.join(name).join("src"))?;
        fs::write(root.join(name).join("Cargo.toml"), manifest)?;
        let way = WAYS.iter().find(|way| way.name == name);
        fs::write(main_file(&root, name), source(way, functions)?)?;
    }
    Ok(root)
}

fn main_file(root: &Path, name: &str) -> PathBuf {
    root.join(name).join("src").join("main.rs")
}

fn source(way: Option<&Way>, functions: u32) -> Result<String, std::fmt::Error> {
    let mut source = COMMON.to_owned();
    let count = if way.is_some() { functions } else { 0 };
    writeln!(source, "\nstatic FUNCTIONS: [fn(&Service) -> bool; {count}] = [")?;
    for number in 0..count {
        writeln!(source, "    |service| drive(call_{number}(service)),")?;
    }
    writeln!(source, "];")?;
    let Some(Way { attribute, body, .. }) = way else { return Ok(source) };
    for number in 0..count {
        let body = body.replace("QUESTION", &(number + 1_000).to_string());
        writeln!(
            source,
            "\n{attribute}\nasync fn call_{number}(service: &Service) -> Result<u32, std::io::ErrorKind> {{\n    {body}\n}}"
        )?;
    }
    Ok(source)
}

/// The bytes of machine code in a program.
fn code(root: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let program = root.join("target").join("release").join(format!("way-{name}"));
    let output = Command::new("size").arg("-A").arg(program).output().map_err(|error| format!("size: {error}"))?;
    let sections = String::from_utf8(output.stdout)?;
    let text = sections.lines().map(str::split_whitespace).find_map(|mut words| {
        let is_text = words.next() == Some(".text");
        is_text.then(|| words.next()).flatten()
    });
    Ok(text.ok_or("the program has no .text section")?.parse()?)
}

/// The milliseconds of processor time that `cargo check` takes for a program, its dependencies checked before.
fn check(root: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let file = main_file(root, name);
        fs::write(&file, fs::read(&file)?)?;
        let before = processor_time()?;
        cargo(root, &["check", "-p", &format!("way-{name}")])?;
        best = best.min(processor_time()? - before);
    }
    Ok(best)
}

/// The processor time of all programs that this one has waited for, in milliseconds.
///
/// Fields 16 and 17 of `/proc/self/stat`, in hundredths of a second; counted from the end of the program's name.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("unknown format of /proc/self/stat")?;
    let mut times = fields.split_whitespace().skip(13);
    let (user, system) = times.next().zip(times.next()).ok_or("unknown format of /proc/self/stat")?;
    Ok((user.parse::<f64>()? + system.parse::<f64>()?) * 10.0)
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let first_error = messages.find("error").map_or("", |start| messages.get(start..).unwrap_or_default());
    let lines: Vec<&str> = first_error.lines().take(20).collect();
    Err(format!("`cargo {}` failed in {}:\n{}", arguments.join(" "), root.display(), lines.join("\n")).into())
}

/// Prints what programs of this many functions cost, per function.
pub(crate) fn print(functions: u32) -> Result<(), Box<dyn Error>> {
    let Costs { code, check } = measure(functions)?;
    println!("{:<8}{:>16}{:>20}", "way", "bytes of code", "ms of `cargo check`");
    for ((way, bytes), (_, millis)) in code.into_iter().zip(check) {
        println!("{way:<8}{bytes:>16.1}{millis:>20.2}");
    }
    Ok(())
}
