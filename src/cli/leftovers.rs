//! What earlier recorders left behind, told at the start of a recording.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use verbatim::store::unfinished::{Standing, unfinished};

/// Recordings that a crash cut off, looked for while devices are opened. A folder that is slow to
/// read keeps no recording waiting: then nothing is told.
pub struct Leftovers(mpsc::Receiver<usize>);

impl Leftovers {
    /// Begins to look in a folder of sessions.
    pub fn look(dir: PathBuf) -> Leftovers {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let left = unfinished(&dir).unwrap_or_default();
            let count = left.iter().filter(|(_, s)| *s == Standing::CutOff).count();
            // Whoever recorded without waiting is not told.
            tell.send(count).unwrap_or_default();
        });
        Leftovers(told)
    }

    /// Tells what was found so far.
    pub fn tell(&self) {
        if let Some(note) = self.0.try_recv().ok().and_then(cut_off_note) {
            eprintln!("{note}");
        }
    }
}

/// What to do about recordings that a crash cut off, if there are any.
pub fn cut_off_note(count: usize) -> Option<String> {
    let recordings = match count {
        0 => return None,
        1 => "1 recording was cut off".to_owned(),
        count => format!("{count} recordings were cut off"),
    };
    Some(format!(
        "{recordings} by a crash; what was captured is there, and verbatim finish --all completes it"
    ))
}
