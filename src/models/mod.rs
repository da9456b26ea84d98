//! Speech models: which there are, where they lie, whether they are whole, and how to get one.
//!
//! This is the only place that can open a connection, and it does so only in `fetch`, when the user
//! asks for it. Nothing here reads the environment: the caller says where models live.
//!
//! A file under its final name is always whole: downloads and imports are written beside it, checked
//! over their whole length by size and SHA-256, and renamed.

pub mod catalogue;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod install;
pub mod locate;
pub mod verify;

pub use catalogue::{AlignmentHeads, AlignmentPreset, Catalogue, Entry};
pub use install::{Installation, Outcome, Step, import};
pub use locate::{Located, SearchPaths, locate};
