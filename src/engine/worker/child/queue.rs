//! Windows that wait for a worker.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::engine::protocol::{Question, Turn};

/// A window.
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) audio: Vec<i16>,
    pub(super) question: Question,
}

/// Windows in the order in which they are decoded.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    /// Puts a window where it belongs.
    pub(super) fn push(&self, job: Job, turn: Turn) {
        let mut waiting = self.lock();
        match turn {
            Turn::Now => waiting.jobs.push_front(job),
            Turn::InOrder => waiting.jobs.push_back(job),
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// Takes the next window, and waits for it; `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            let woken = self.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// There will be no more windows.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Nobody panics while holding the lock, and a list of windows is whole at any time.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_waits_for_goes_first_and_a_closed_queue_is_emptied() {
        let queue = Queue::default();
        for (id, turn) in [(1, Turn::InOrder), (2, Turn::InOrder), (3, Turn::Now)] {
            let job = Job {
                id,
                audio: Vec::new(),
                question: Question::Languages,
            };
            queue.push(job, turn);
        }
        queue.close();
        let order: Vec<u64> = std::iter::from_fn(|| queue.take())
            .map(|job| job.id)
            .collect();
        assert_eq!(order, [3, 1, 2]);
    }
}
