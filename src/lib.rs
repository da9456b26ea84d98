//! verbatim records a call on the user's own machine and writes down what was said.
//!
//! # Layout
//!
//! Imports go down only; doors do not know each other; each foreign crate stays in the file or
//! folder named for it (`tests/floors.rs` checks all three).
//!
//! | floor | modules | may |
//! |---|---|---|
//! | hall | [`session`], [`batch`] | threads, channels, the clock |
//! | doors | [`capture`], [`clock`], [`import`], [`engine`], [`store`], [`models`], [`control`] | one foreign system each |
//! | rooms | [`dsp`], [`voice`], [`text`], [`insight`], [`mark`], [`clip`], [`export`], [`guard`], [`library`], [`redact`] | compute, and nothing else |
//! | ground | [`audio`], [`time`], [`event`], [`document`], [`error`] | name things |
//!
//! The command line program is the street in front of the house; it is a customer of this library.
//!
//! # Invariants
//!
//! - Captured samples reach the disk before anything else looks at them.
//! - Time is a sample count on one timeline a session ([`time`]).
//! - Every loss is an event with a cause and an exact length, and the archive keeps its length.
//! - Tracks are never mixed.
//! - Nothing leaves the machine; only [`models`] can open a connection, when the user asks for it.
//! - A room has no thread, clock, file, channel, log or randomness.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod audio;
pub mod document;
pub mod error;
pub mod event;
pub mod time;

pub mod clip;
pub mod dsp;
pub mod export;
pub mod guard;
pub mod insight;
pub mod library;
pub mod mark;
pub mod redact;
pub mod text;
pub mod voice;

pub mod capture;
pub mod clock;
pub mod control;
pub mod engine;
pub mod import;
pub mod models;
pub mod store;

#[cfg(feature = "session")]
pub mod batch;
#[cfg(feature = "session")]
pub mod session;

pub use error::{Error, ErrorKind, Result};
