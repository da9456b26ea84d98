//! What earlier recorders left behind: told at the start of a recording, and made whole while it runs.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use verbatim::Result;
use verbatim::batch::finish::{Recovery, recover};
use verbatim::batch::{Step, Watch};
use verbatim::event::Envelope;
use verbatim::store::folder::SessionFolder;
use verbatim::store::unfinished::{Standing, unfinished};

use super::turns::VadArg;

/// Names that are told; of more, only the number is.
const NAMES: usize = 3;

/// Recordings that a crash cut off, looked for while devices are opened and made whole behind the one
/// that runs, at low priority. Whatever becomes of them keeps no recording waiting: what is not done
/// when the recording ends is left to the next one, or to `finish`.
pub struct Leftovers {
    told: Receiver<Told>,
    left: usize,
}

/// What is told of them.
enum Told {
    /// There are these.
    Found(Vec<PathBuf>),
    /// One is done, or cannot be.
    Done(PathBuf, Result<Recovery>),
}

impl Leftovers {
    /// Begins to look in a folder of sessions.
    pub fn look(dir: PathBuf) -> Leftovers {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let cut_off: Vec<PathBuf> = unfinished(&dir)
                .unwrap_or_default()
                .into_iter()
                .filter(|(_, standing)| *standing == Standing::CutOff)
                .map(|(path, _)| path)
                .collect();
            // Whoever recorded without waiting is not told, and what is found is made whole all the same.
            tell.send(Told::Found(cut_off.clone())).unwrap_or_default();
            give_way();
            for path in cut_off {
                let done = complete(&path);
                tell.send(Told::Done(path, done)).unwrap_or_default();
            }
        });
        Leftovers { told, left: 0 }
    }

    /// Tells what was found so far.
    pub fn tell(&mut self) {
        if let Ok(Told::Found(cut_off)) = self.told.try_recv() {
            self.found(&cut_off);
        }
    }

    fn found(&mut self, cut_off: &[PathBuf]) {
        self.left = cut_off.len();
        if let Some(note) = cut_off_note(cut_off) {
            eprintln!("{note} is made whole meanwhile");
        }
    }

    /// Tells what became of them while the recording went on.
    pub fn report(mut self) {
        while let Ok(told) = self.told.try_recv() {
            match told {
                Told::Found(cut_off) => self.found(&cut_off),
                Told::Done(path, done) => {
                    self.left = self.left.saturating_sub(1);
                    let name = name(&path);
                    match done {
                        Ok(Recovery::Recovered) => eprintln!(
                            "{name}, which a crash had cut off, is whole again; verbatim finish {name} \
                             writes its text"
                        ),
                        Ok(Recovery::NotNeeded) => {}
                        Err(error) => eprintln!("{name} was cut off by a crash: {error}"),
                    }
                }
            }
        }
        match self.left {
            0 => {}
            1 => eprintln!("1 more that a crash cut off waits: verbatim finish --all"),
            more => eprintln!("{more} more that a crash cut off wait: verbatim finish --all"),
        }
    }
}

/// Makes a session whole, unless another program does.
fn complete(path: &Path) -> Result<Recovery> {
    let folder = SessionFolder::open(path)?;
    let Ok(_lock) = folder.lock() else {
        return Ok(Recovery::NotNeeded);
    };
    recover(&folder, &VadArg::default().maker(), &mut Unwatched)
}

/// Nothing is shown while a call is recorded.
struct Unwatched;

impl Watch for Unwatched {
    fn event(&mut self, _: &Envelope) {}
    fn progress(&mut self, _: Step, _: u64, _: u64) {}
}

/// The recording comes first. On Linux a priority is a thread's own; elsewhere this would slow down the
/// recording as well.
fn give_way() {
    #[cfg(target_os = "linux")]
    rustix::process::nice(10).ok();
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Which recordings a crash cut off, if there are any; a sentence about what was captured goes on from
/// there.
pub fn cut_off_note(cut_off: &[PathBuf]) -> Option<String> {
    let names: Vec<String> = cut_off.iter().take(NAMES).map(|path| name(path)).collect();
    let more = match cut_off.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let recordings = match cut_off.len() {
        0 => return None,
        1 => "1 recording was cut off by a crash".to_owned(),
        count => format!("{count} recordings were cut off by a crash"),
    };
    Some(format!(
        "{recordings} ({}{more}); what was captured is there, and",
        names.join(", ")
    ))
}
