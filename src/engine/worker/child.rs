//! What runs in the recogniser's own process.
//!
//! | thread | does | hands on |
//! |---|---|---|
//! | main | reads windows | to the workers, by a list that holds no more than the parent sends ahead |
//! | one for each worker | decodes windows | answers, one at a time |
//! | answers | writes replies | |
//! | parent watch | ends the process when its parent is gone | |

mod queue;

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use self::queue::{Job, Queue};
use crate::engine::protocol::{
    Answer, Hello, Question, Reply, Request, Settings, read_samples, receive, send,
};
use crate::error::{Error, ErrorKind, Result};
use crate::text::Transcriber;

/// How often the child looks whether its parent is still there.
#[cfg(unix)]
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// Loads a model: a decoder for each worker.
pub type Load<'a> = dyn Fn(&Settings) -> Result<Vec<Box<dyn Transcriber>>> + 'a;

/// The child's side: loads the model that the first line names with `load`, then answers windows
/// until its input ends, each by the first worker that is free. Lowers its own priority first: the call
/// comes before the captions. Where the parent dies in the middle of a window, the process ends itself.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when the pipes carry something else or break.
pub fn serve(
    input: &mut dyn io::BufRead,
    output: &mut (dyn Write + Send),
    load: &Load<'_>,
    engine: &str,
) -> Result<()> {
    be_nice();
    follow_parent()?;
    let Some(settings) = receive::<Settings>(input).map_err(broken)? else {
        return Ok(());
    };
    let decoders = match load(&settings) {
        Ok(decoders) => decoders,
        Err(error) => {
            let message = error.to_string();
            return send(output, &Hello::Failed { message }).map_err(broken);
        }
    };
    let engine = engine.to_owned();
    send(output, &Hello::Ready { engine }).map_err(broken)?;
    let queue = &Queue::default();
    let (answers, done) = mpsc::sync_channel(0);
    thread::scope(|scope| {
        for decoder in decoders {
            let answers = answers.clone();
            let begun =
                thread::Builder::new()
                    .name("decoder".into())
                    .spawn_scoped(scope, move || {
                        let _last = EndsWithThread;
                        work(decoder, queue, &answers);
                    });
            if let Err(e) = begun {
                queue.close();
                return Err(Error::new(ErrorKind::Engine, "cannot start a decoder").because(e));
            }
        }
        drop(answers);
        let answering = scope.spawn(move || answer(output, &done, queue));
        let read = hand_out(input, queue);
        queue.close();
        let answered = answering.join().unwrap_or_else(|_| {
            let what = "the recogniser could not answer";
            Err(Error::new(ErrorKind::Engine, what))
        });
        read.and(answered)
    })
}

fn broken(e: io::Error) -> Error {
    Error::new(ErrorKind::Engine, "the recogniser lost its parent").because(e)
}

/// Reads windows until the input ends or nobody takes them any more.
fn hand_out(input: &mut dyn io::BufRead, queue: &Queue) -> Result<()> {
    while let Some(request) = receive::<Request>(input).map_err(broken)? {
        let audio = read_samples(input, request.samples).map_err(broken)?;
        let job = Job {
            id: request.id,
            audio,
            question: request.question,
        };
        queue.push(job, request.turn);
    }
    Ok(())
}

/// Ends the process when its thread panics: the window that the thread had would never be answered, and
/// the parent would wait for it until it takes the process for hung.
struct EndsWithThread;

impl Drop for EndsWithThread {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

/// One worker: decodes windows until there are no more, or nobody wants the answers.
fn work(mut decoder: Box<dyn Transcriber>, queue: &Queue, answers: &SyncSender<(u64, Answer)>) {
    while let Some(job) = queue.take() {
        let answer = match &job.question {
            Question::Text(language) => {
                decoder.speak(language);
                decoder.transcribe(&job.audio).map(Answer::Text)
            }
            Question::Languages => decoder.languages(&job.audio).map(Answer::Languages),
        };
        let answer = answer.unwrap_or_else(|error| Answer::Failed {
            message: error.to_string(),
        });
        if answers.send((job.id, answer)).is_err() {
            return;
        }
    }
}

/// Writes the replies, and closes the queue when nobody reads them.
fn answer(output: &mut dyn Write, done: &Receiver<(u64, Answer)>, queue: &Queue) -> Result<()> {
    let mut clock = CpuClock::default();
    for (id, answer) in done {
        let cpu_us = clock.lap().as_micros() as u64;
        if let Err(e) = send(output, &Reply { id, answer, cpu_us }) {
            queue.close();
            return Err(broken(e));
        }
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

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;
    use crate::engine::protocol::{AudioContext, Turn, VERSION, WordTimes, encode};
    use crate::text::{Limits, RawSegment};

    /// Panics at the first window.
    struct Panics;

    impl Transcriber for Panics {
        fn limits(&self) -> Limits {
            Limits { window_samples: 1 }
        }

        fn transcribe(&mut self, _: &[i16]) -> Result<Vec<RawSegment>> {
            panic!("a slip in the decoder")
        }
    }

    #[test]
    #[ignore = "a process of the test below: it ends in a panic"]
    fn serves_two_decoders_that_panic() {
        let load = |_: &Settings| -> Result<Vec<Box<dyn Transcriber>>> {
            Ok(vec![Box::new(Panics), Box::new(Panics)])
        };
        let mut input = BufReader::new(io::stdin().lock());
        drop(serve(&mut input, &mut io::sink(), &load, "none"));
    }

    #[test]
    fn a_decoder_that_panics_ends_its_process_at_once() {
        let helper = "engine::worker::child::tests::serves_two_decoders_that_panic";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", helper, "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let settings = Settings {
            version: VERSION,
            model: "none".into(),
            language: "en".into(),
            threads: 1,
            workers: 2,
            audio_context: AudioContext::Full,
            window_s: 28,
            word_times: WordTimes::Letters,
            glossary: crate::text::glossary::Glossary::default(),
        };
        let request = Request {
            id: 1,
            samples: 2,
            turn: Turn::Now,
            question: Question::Text("en".into()),
        };
        let mut stdin = child.stdin.take().unwrap();
        send(&mut stdin, &settings).unwrap();
        send(&mut stdin, &request).unwrap();
        stdin.write_all(&encode(&[0, 0])).unwrap();
        stdin.flush().unwrap();
        // The pipe stays open: the process ends by itself.
        let begun = Instant::now();
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(told.contains("a slip in the decoder"), "{told}");
        assert!(begun.elapsed() < Duration::from_secs(60));
        drop(stdin);
    }
}
