//! What runs in the recogniser's own process.

use std::io::{self, Write};
#[cfg(unix)]
use std::thread;
use std::time::Duration;

use crate::engine::protocol::{
    Answer, Hello, Reply, Request, Settings, read_samples, receive, send,
};
use crate::error::{Error, ErrorKind, Result};
use crate::text::Transcriber;

/// How often the child looks whether its parent is still there.
#[cfg(unix)]
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// The child's side: loads the model that the first line names with `load`, then answers windows
/// until its input ends. Lowers its own priority first: the call comes before the captions. Where the
/// parent dies in the middle of a window, the process ends itself.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when the pipes carry something else or break.
pub fn serve(
    input: &mut dyn io::BufRead,
    output: &mut dyn Write,
    load: &dyn Fn(&Settings) -> Result<Box<dyn Transcriber>>,
    engine: &str,
) -> Result<()> {
    be_nice();
    follow_parent()?;
    let broken =
        |e: io::Error| Error::new(ErrorKind::Engine, "the recogniser lost its parent").because(e);
    let Some(settings) = receive::<Settings>(input).map_err(broken)? else {
        return Ok(());
    };
    let mut transcriber = match load(&settings) {
        Ok(transcriber) => transcriber,
        Err(error) => {
            let message = error.to_string();
            return send(output, &Hello::Failed { message }).map_err(broken);
        }
    };
    let engine = engine.to_owned();
    send(output, &Hello::Ready { engine }).map_err(broken)?;
    let mut clock = CpuClock::default();
    while let Some(request) = receive::<Request>(input).map_err(broken)? {
        let audio = read_samples(input, request.samples).map_err(broken)?;
        let mut reply = Reply {
            id: request.id,
            answer: match transcriber.transcribe(&audio) {
                Ok(segments) => Answer::Text(segments),
                Err(error) => Answer::Failed {
                    message: error.to_string(),
                },
            },
            cpu_us: 0,
        };
        reply.cpu_us = clock.lap().as_micros() as u64;
        send(output, &reply).map_err(broken)?;
    }
    Ok(())
}

/// Processor time of this process.
#[derive(Debug)]
struct CpuClock {
    #[cfg(unix)]
    told: Duration,
    #[cfg(not(unix))]
    told: std::time::Instant,
}

#[cfg(unix)]
impl Default for CpuClock {
    fn default() -> CpuClock {
        CpuClock {
            told: Duration::ZERO,
        }
    }
}

#[cfg(unix)]
impl CpuClock {
    /// Processor time since the last lap, over all threads.
    fn lap(&mut self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};
        let now = clock_gettime(ClockId::ProcessCPUTime);
        let now = Duration::try_from(now).unwrap_or(self.told);
        let since = now.saturating_sub(self.told);
        self.told = now;
        since
    }
}

#[cfg(not(unix))]
impl Default for CpuClock {
    fn default() -> CpuClock {
        CpuClock {
            told: std::time::Instant::now(),
        }
    }
}

#[cfg(not(unix))]
impl CpuClock {
    /// Time since the last lap: one thread's share, where the system tells no processor time.
    fn lap(&mut self) -> Duration {
        let now = std::time::Instant::now();
        let since = now.duration_since(self.told);
        self.told = now;
        since
    }
}

/// Ends this process within a second of its parent: a decode does not read its input, and a parent that
/// was killed closes nothing else.
fn follow_parent() -> Result<()> {
    #[cfg(unix)]
    {
        let parent = rustix::process::getppid();
        thread::Builder::new()
            .name("parent watch".into())
            .spawn(move || {
                while rustix::process::getppid() == parent {
                    thread::sleep(PARENT_CHECK);
                }
                std::process::exit(0);
            })
            .map_err(|e| {
                Error::new(ErrorKind::Engine, "the recogniser cannot watch its parent").because(e)
            })?;
    }
    Ok(())
}

/// Lowers this process's priority. Where that is refused, the recogniser merely competes as an equal.
fn be_nice() {
    #[cfg(unix)]
    rustix::process::nice(10).ok();
}
