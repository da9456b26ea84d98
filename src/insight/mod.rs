//! What a call says about itself: figures that are measured, and in other files what rules make of the
//! words.

pub mod guide;
pub mod live;
pub mod pattern;
pub mod review;
pub mod rules;
pub mod speech;
pub mod stats;
pub mod words;
