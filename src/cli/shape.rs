//! How the machine is shared out among windows that are decoded at a time.

use std::path::{Path, PathBuf};

use verbatim::store::speeds::{self, Shape, Where};

use super::args::home;

/// Model files above this size decode two windows at a time at most: the working memory of each is
/// hundreds of megabytes.
const LARGE_MODEL: u64 = 1 << 30;

/// Model files above this size decode six at most.
const MIDDLING_MODEL: u64 = 300 << 20;

/// Windows that a small model decodes at a time at most.
const MOST_WORKERS: u16 = 8;

/// How the machine is shared out, as far as it was said; `None` where nothing was. `threads` counts all
/// threads together.
pub fn asked(workers: Option<u16>, threads: Option<u16>, model: &Path) -> Option<Shape> {
    if workers.is_none() && threads.is_none() {
        return None;
    }
    let all = threads.unwrap_or_else(cores);
    Some(shared(all, workers.unwrap_or_else(|| most(all, model))))
}

/// What `verbatim bench` found for this model on this machine, else what suits most.
pub fn measured(model: &Path, sha256: &str) -> Shape {
    speeds::recall(&file(), &here(sha256)).unwrap_or_else(|| usual(cores(), model))
}

/// What suits most machines: as many windows at a time as there are cores, each by a thread that waits
/// for nobody. Where a model is too large for that, a core stays free: threads that share a window wait
/// for each other busily, and one that is kept off its core keeps all others waiting.
fn usual(cores: u16, model: &Path) -> Shape {
    let workers = most(cores, model);
    match workers == cores {
        true => shared(cores, workers),
        false => shared(cores - 1, workers),
    }
}

/// Ways to share out `threads` that are worth a measurement, those with the fewest workers first.
pub fn candidates(threads: u16, model: &Path) -> Vec<Shape> {
    let mut shapes = vec![shared(1, 1)];
    for workers in (1..=most(threads, model)).filter(|n| n.is_power_of_two() || *n == threads) {
        let less = threads.saturating_sub(1).max(workers);
        shapes.extend([shared(less, workers), shared(threads, workers)]);
    }
    shapes.dedup();
    shapes
}

fn shared(threads: u16, workers: u16) -> Shape {
    Shape {
        workers,
        threads: (threads / workers).max(1),
    }
}

fn most(threads: u16, model: &Path) -> u16 {
    // A file that cannot be asked for its size fails when it is loaded.
    let bytes = std::fs::metadata(model).map_or(0, |metadata| metadata.len());
    let most = match bytes {
        LARGE_MODEL.. => 2,
        MIDDLING_MODEL.. => 6,
        _ => MOST_WORKERS,
    };
    threads.clamp(1, most)
}

/// Cores of this machine that the program may use.
pub fn cores() -> u16 {
    std::thread::available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX))
}

/// What a measurement of a model holds for.
pub fn here(model_sha256: &str) -> Where {
    Where {
        model_sha256: model_sha256.to_owned(),
        processor: speeds::processor(),
        cores: cores(),
    }
}

/// The file that keeps measurements: `$XDG_STATE_HOME/verbatim/speeds.json`, or the same below
/// `~/.local/state`; beside the program's other data on Windows.
pub fn file() -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match (named("XDG_STATE_HOME"), named("LOCALAPPDATA")) {
        (Some(state), _) => PathBuf::from(state).join("verbatim/speeds.json"),
        (None, Some(data)) if cfg!(windows) => PathBuf::from(data).join("verbatim/speeds.json"),
        _ => home().join(".local/state/verbatim/speeds.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of this size that takes no room.
    fn model(dir: &tempfile::TempDir, bytes: u64) -> PathBuf {
        let path = dir.path().join(format!("{bytes}.bin"));
        std::fs::File::create(&path)
            .and_then(|file| file.set_len(bytes))
            .expect("a file");
        path
    }

    fn shape(workers: u16, threads: u16) -> Shape {
        Shape { workers, threads }
    }

    #[test]
    fn the_usual_share_fills_the_machine_and_no_more_than_its_memory() {
        let dir = tempfile::tempdir().expect("a folder");
        let (small, large) = (model(&dir, 100 << 20), model(&dir, 3 << 30));
        assert_eq!(usual(1, &small), shape(1, 1));
        assert_eq!(usual(2, &small), shape(2, 1));
        assert_eq!(usual(8, &small), shape(8, 1));
        assert_eq!(usual(32, &small), shape(8, 3));
        assert_eq!(usual(1, &large), shape(1, 1));
        assert_eq!(usual(8, &large), shape(2, 3));
        assert_eq!(usual(8, &model(&dir, 500 << 20)), shape(6, 1));
    }

    #[test]
    fn what_is_asked_for_counts_all_threads_together() {
        let dir = tempfile::tempdir().expect("a folder");
        let small = model(&dir, 100 << 20);
        assert_eq!(asked(None, None, &small), None);
        assert_eq!(asked(Some(2), Some(4), &small), Some(shape(2, 2)));
        assert_eq!(asked(None, Some(4), &small), Some(shape(4, 1)));
        assert_eq!(asked(Some(3), Some(2), &small), Some(shape(3, 1)));
    }

    #[test]
    fn candidates_are_different_and_none_takes_more_than_there_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let small = model(&dir, 100 << 20);
        let two = [shape(1, 1), shape(1, 2), shape(2, 1)];
        assert_eq!(candidates(2, &small), two);
        for threads in 1..=40 {
            let mut seen = Vec::new();
            for shape in candidates(threads, &small) {
                assert!(shape.workers * shape.threads <= threads, "{shape:?}");
                assert!(!seen.contains(&shape), "{shape:?}");
                seen.push(shape);
            }
        }
    }
}
