//! Markers of other programs.
