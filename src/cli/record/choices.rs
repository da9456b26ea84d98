//! What can be chosen about devices.

use verbatim::capture::devices::Backend;
use verbatim::capture::keeper::OnLoss;

/// Audio system to record through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum BackendArg {
    /// The best one that answers
    Auto,
    /// PipeWire through cpal, where this build has it
    Pipewire,
    /// The PulseAudio protocol, spoken by PulseAudio and PipeWire
    Pulse,
    /// ALSA through cpal
    Alsa,
    /// What the operating system offers, through cpal
    Native,
}

/// What to do while a device that was named is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OnLossArg {
    /// Wait until it is back
    Wait,
    /// Record the system's default until it is back
    Default,
}

impl From<OnLossArg> for OnLoss {
    fn from(arg: OnLossArg) -> OnLoss {
        match arg {
            OnLossArg::Wait => OnLoss::Wait,
            OnLossArg::Default => OnLoss::Default,
        }
    }
}

impl From<BackendArg> for Backend {
    fn from(arg: BackendArg) -> Backend {
        match arg {
            BackendArg::Auto => Backend::Auto,
            BackendArg::Pipewire => Backend::Pipewire,
            BackendArg::Pulse => Backend::Pulse,
            BackendArg::Alsa => Backend::Alsa,
            BackendArg::Native => Backend::Native,
        }
    }
}
