//! What the exit code says.

use std::process::ExitCode;

use verbatim::{Error, ErrorKind};

/// How a command ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for is done.
    Done,
    /// Done, but audio was lost or speech has no text; the sidecars say where.
    Incomplete,
    /// The recording stopped early because the disk is nearly full; what it holds is complete.
    DiskLow,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        match outcome {
            Outcome::Done => ExitCode::SUCCESS,
            Outcome::Incomplete => ExitCode::from(3),
            Outcome::DiskLow => ExitCode::from(6),
        }
    }
}

/// The exit code for an error: 1 failed, 2 usage, 3 stopped before everything had its text, 4 no device or permission, 5 model missing or
/// damaged, 6 disk.
pub fn code(error: &Error) -> ExitCode {
    ExitCode::from(match error.kind() {
        ErrorKind::Usage => 2,
        ErrorKind::Interrupted => 3,
        ErrorKind::NoDevice | ErrorKind::DeviceLost | ErrorKind::PermissionDenied => 4,
        ErrorKind::Model => 5,
        ErrorKind::Disk => 6,
        _ => 1,
    })
}
