//! Figures measured from turns, and nothing guessed.

pub mod stats;
