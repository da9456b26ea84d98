//! Figures measured from turns, and nothing guessed.

pub mod live;
pub mod stats;
