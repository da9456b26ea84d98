//! What was measured of models on this machine, kept for the user: how many windows at a time are
//! fastest. Losing the file loses nothing but speed.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How the machine is shared out among windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Windows decoded at a time.
    pub workers: u16,
    /// Threads that compute each.
    pub threads: u16,
}

/// What a measurement holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Where {
    /// SHA-256 of the model file, lower-case hex.
    pub model_sha256: String,
    /// What the processor calls itself.
    pub processor: String,
    /// Cores the program may use.
    pub cores: u16,
}

/// The fastest way that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// What it holds for.
    #[serde(flatten)]
    pub at: Where,
    /// The fastest way.
    #[serde(flatten)]
    pub shape: Shape,
    /// Seconds of sound in a second.
    pub real_time: f64,
}

/// The fastest way that was found for a model on this machine. A file that is missing or damaged knows
/// none.
pub fn recall(path: &Path, at: &Where) -> Option<Shape> {
    let found = read(path).into_iter().find(|speed| speed.at == *at)?;
    let sane = (1..=64).contains(&found.shape.workers) && (1..=256).contains(&found.shape.threads);
    sane.then_some(found.shape)
}

/// Keeps a measurement in the place of an earlier one of the same model on the same machine.
///
/// # Errors
///
/// As [`Error::io`].
pub fn remember(path: &Path, speed: Speed) -> Result<()> {
    let mut speeds = read(path);
    speeds.retain(|known| known.at != speed.at);
    speeds.push(speed);
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
    let json =
        serde_json::to_vec_pretty(&speeds).map_err(|e| Error::io("write", path, e.into()))?;
    let mut file =
        tempfile::NamedTempFile::new_in(dir).map_err(|e| Error::io("write in", dir, e))?;
    file.write_all(&json)
        .map_err(|e| Error::io("write", path, e))?;
    file.persist(path)
        .map_err(|e| Error::io("write", path, e.error))?;
    Ok(())
}

fn read(path: &Path) -> Vec<Speed> {
    let text = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// What the processor calls itself; the name of its family where it says nothing.
pub fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or_else(
            || std::env::consts::ARCH.to_owned(),
            |(_, name)| name.trim().to_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(model: &str, workers: u16) -> Speed {
        Speed {
            at: Where {
                model_sha256: model.into(),
                processor: "p".into(),
                cores: 4,
            },
            shape: Shape {
                workers,
                threads: 1,
            },
            real_time: 9.5,
        }
    }

    #[test]
    fn the_last_measurement_of_a_model_is_recalled_and_damage_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("below/speeds.json");
        let (a, b) = (speed("a", 2), speed("b", 3));
        assert_eq!(recall(&path, &a.at), None);
        remember(&path, a.clone()).unwrap();
        remember(&path, b.clone()).unwrap();
        remember(&path, speed("a", 4)).unwrap();
        assert_eq!(recall(&path, &a.at), Some(speed("a", 4).shape));
        assert_eq!(recall(&path, &b.at), Some(b.shape));
        let other = Where { cores: 8, ..b.at };
        assert_eq!(recall(&path, &other), None);
        fs::write(&path, "[{\"model").unwrap();
        assert_eq!(recall(&path, &a.at), None);
        remember(&path, a.clone()).unwrap();
        assert_eq!(recall(&path, &a.at), Some(a.shape));
        remember(&path, speed("a", 0)).unwrap();
        assert_eq!(recall(&path, &a.at), None);
    }
}
