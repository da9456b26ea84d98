//! What several tests share. Each test uses a part of it.
#![allow(
    dead_code,
    reason = "every test binary uses another part of this module"
)]

pub mod audio_server;
pub mod engine;
pub mod forms;
pub mod measure;
pub mod process;
pub mod program;
pub mod recogniser;
pub mod tongues;
pub mod wer;
