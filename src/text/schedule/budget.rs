//! A share of the machine's processors, kept over some seconds.

use std::time::Duration;

/// Seconds over which use may be uneven: what is not used now may be used so much later.
const SPREAD: f64 = 4.0;

/// How much of the allowance must be left for a look at an open utterance; the rest is kept for
/// utterances that are over.
pub(super) const FOR_LOOKS: f64 = 0.3;

/// Processor time as it comes in and is spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Processor seconds that come in each second.
    processors: f64,
    /// Processor seconds that may be spent; less than none after a long decode.
    left: f64,
    filled: Duration,
}

impl Budget {
    /// A budget of so many processors, such as 1.0 for half of two.
    pub fn new(processors: f64) -> Budget {
        let processors = processors.max(0.01);
        Budget {
            processors,
            left: processors * SPREAD / 2.0,
            filled: Duration::ZERO,
        }
    }

    /// How much of the allowance is left, 1 at most; less than 0 when it is overspent.
    pub(super) fn spare(&mut self, now: Duration) -> f64 {
        let most = self.processors * SPREAD;
        let since = now.saturating_sub(self.filled).as_secs_f64();
        self.filled = self.filled.max(now);
        self.left = (self.left + since * self.processors).min(most);
        self.left / most
    }

    /// Notes that `cpu` of processor time was used.
    pub(super) fn spend(&mut self, cpu: Duration) {
        self.left -= cpu.as_secs_f64();
    }
}
