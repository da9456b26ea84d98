//! What a folder of sessions knows: words looked for in all of them, and what keeps coming up.

pub mod fold;
pub mod passage;
pub mod query;
pub mod search;
pub mod section;
pub mod themes;
