//! Arithmetic on samples: channels, rates, levels and the clock of a track.

pub mod aec;
pub mod band;
pub mod clock;
pub mod drift;
pub mod floor;
pub mod framer;
pub mod level;
pub mod leveller;
pub mod mixdown;
pub mod periodicity;
pub mod resample;
pub mod sketch;
pub mod tone;
