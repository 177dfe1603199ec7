//! Measures runs of programs: wall time, peak memory, instructions.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Time after which a program is ended, in seconds.
const MAX_SECONDS: &str = "60";

/// A program with its arguments, and the mark of a right response.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, PathBuf)>,
    /// The file on standard input.
    pub(crate) input: PathBuf,
    pub(crate) exit_code: i32,
    /// Text that the program prints when it has done its work.
    pub(crate) proof: &'static str,
}

/// The cost of a subject's runs.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) walls: Vec<Duration>,
    pub(crate) peak_kib: u64,
}

impl Cost {
    /// The percentile of the wall times.
    pub(crate) fn wall(&self, percent: usize) -> Duration {
        let mut walls = self.walls.clone();
        walls.sort_unstable();
        let last = walls.len().saturating_sub(1);
        walls.get(last * percent / 100).copied().unwrap_or_default()
    }
}

impl Subject {
    /// Measures a copy of the program that the kernel has read back from disk, as after an installation. It holds a
    /// freshly written file in larger pieces, from which a short run takes 15 % less time.
    pub(crate) fn into_installed(mut self) -> Result<Subject> {
        let copy = self.program.with_extension("installed");
        if !copy.exists() {
            std::fs::copy(&self.program, &copy)?;
            let file = std::fs::File::open(&copy)?;
            file.sync_all()?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
        self.program = copy;
        Ok(self)
    }

    /// Runs it once, unmeasured. Fails if it did not do its work.
    pub(crate) fn try_out(&self) -> Result<()> {
        let output = self.command(&self.program).args(&self.arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if output.status.code() == Some(self.exit_code) && text.contains(self.proof) {
            return Ok(());
        }
        let line = text.lines().next().unwrap_or_default();
        bail!("{}: {}, printed {line:?} instead of {:?}", self.name, output.status, self.proof);
    }

    /// Counts the instructions of one run with callgrind.
    pub(crate) fn instructions(&self) -> Result<u64> {
        let output = self
            .command(Path::new("valgrind"))
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.program)
            .args(&self.arguments)
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr);
        let counted = text.lines().find_map(|line| line.split("Collected :").nth(1));
        let counted = counted.context("callgrind collected nothing")?;
        Ok(counted.trim().parse()?)
    }

    /// A command in the environment that a monitoring daemon gives.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(self.environment.iter().cloned());
        command.stdin(std::fs::File::open(&self.input).map_or_else(|_| Stdio::null(), Stdio::from));
        command
    }
}

/// The small program that runs another and measures it.
#[derive(Debug)]
pub(crate) struct Gauge(pub(crate) PathBuf);

impl Gauge {
    /// Runs the subjects in turn, so that other load on the machine affects all of them; every other round backwards,
    /// so that none always runs after the same one.
    pub(crate) fn compare(&self, subjects: &[&Subject], rounds: usize) -> Result<Vec<Cost>> {
        let mut costs = vec![Cost { walls: Vec::with_capacity(rounds), peak_kib: 0 }; subjects.len()];
        for round in 0..rounds {
            let mut runs: Vec<_> = subjects.iter().zip(&mut costs).collect();
            if !round.is_multiple_of(2) {
                runs.reverse();
            }
            for (subject, cost) in runs {
                let (wall, peak_kib) = self.run(subject)?;
                cost.walls.push(wall);
                cost.peak_kib = cost.peak_kib.max(peak_kib);
            }
        }
        Ok(costs)
    }

    fn run(&self, subject: &Subject) -> Result<(Duration, u64)> {
        let output = subject
            .command(&self.0)
            .arg(MAX_SECONDS)
            .arg(&subject.input)
            .arg(&subject.program)
            .args(&subject.arguments)
            .output()?;
        let (wall, peak_kib, code) = figures(&output).context("the gauge printed nothing")?;
        if code != subject.exit_code {
            bail!("{} ended with {code} instead of {}", subject.name, subject.exit_code);
        }
        Ok((wall, peak_kib))
    }
}

fn figures(output: &Output) -> Option<(Duration, u64, i32)> {
    let text = std::str::from_utf8(&output.stdout).ok()?;
    let mut words = text.split_whitespace();
    let wall = Duration::from_nanos(words.next()?.parse().ok()?);
    Some((wall, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
