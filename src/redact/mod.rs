//! What must not leave a session: found in its text, and replaced there.
//!
//! Nothing here changes the session. Rules are made once ([`detect`], and what people name), and laid
//! over the call each time that it is exported ([`call`]).

pub mod call;
pub mod detect;
pub mod find;
mod pattern;
pub mod people;
