//! After the call: existing recordings become sessions, and sessions become complete.

pub mod archive;
pub mod clip;
mod echo;
pub mod edit;
pub mod finish;
pub mod import;
pub mod intake;
pub mod library;
pub mod listen;
mod log;
pub mod mark;
pub mod redact;
pub mod text;

pub use log::{Step, Watch};
