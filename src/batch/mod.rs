//! After the call: existing recordings become sessions, and sessions become complete.

pub mod again;
pub mod archive;
pub mod arrivals;
pub mod bench;
pub mod clip;
mod copy;
mod echo;
pub mod edit;
pub mod finish;
pub mod gather;
pub mod guide;
pub mod import;
pub mod intake;
mod language;
pub mod library;
pub mod listen;
mod log;
mod losses;
pub mod mark;
pub mod queue;
mod recall;
pub mod redact;
pub mod text;
mod upcoming;

pub use log::{Permit, Step, Warrant, Watch};
