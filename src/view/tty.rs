//! The terminal as an instrument: keys without Enter, a size that changes, Ctrl-Z and a state that is
//! always given back.
//!
//! Only line editing and echo are switched off. Ctrl-C stays a signal that works whatever this program
//! does.

use std::io::{self, IsTerminal, Write};

/// Whether a block can be drawn: standard output is a terminal that can move its cursor.
pub fn can_pin() -> bool {
    let capable = std::env::var_os("TERM").is_none_or(|term| term != "dumb" && !term.is_empty());
    capable && io::stdout().is_terminal()
}

/// Whether there are keys: what is shown and what is typed belong to a terminal.
pub fn has_keys() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Whether colour is wanted: see no-color.org.
pub fn is_coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Rings the bell, where there is a terminal to ring it.
///
/// # Errors
///
/// When the terminal fails.
pub fn ring() -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.is_terminal() {
        true => out.write_all(b"\x07").and_then(|()| out.flush()),
        false => Ok(()),
    }
}

/// Width and height in cells.
pub fn size() -> (usize, usize) {
    match crossterm::terminal::size() {
        Ok((width, height)) if width > 0 && height > 0 => (width.into(), height.into()),
        _ => (80, 24),
    }
}

pub use system::{gives_keys, is_foreground, restore, single_keys, suspend};

#[cfg(unix)]
mod system {
    use std::io::{self, IsTerminal};
    use std::sync::{Mutex, PoisonError};

    use rustix::process::{Signal, getpid, kill_process};
    use rustix::termios::{
        LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp,
        tcsetattr,
    };

    /// The terminal's state before it was changed.
    static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

    /// Whether this program is the one that the terminal's keys go to. A program that reads keys in
    /// the background is stopped by the system, and a recorder must not be.
    pub fn is_foreground() -> bool {
        let own = rustix::process::getpgrp();
        tcgetpgrp(io::stdout()).is_ok_and(|group| group == own)
    }

    /// Whether keys come one by one, and to this program.
    pub fn gives_keys() -> bool {
        let saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        saved.is_some() && is_foreground()
    }

    /// Keys come one by one and are not echoed, where standard input is a terminal.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be set.
    pub fn single_keys() -> io::Result<()> {
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        if saved.is_some() || !io::stdin().is_terminal() {
            return Ok(());
        }
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        *saved = Some(before);
        Ok(())
    }

    /// Gives the terminal back as it was. Does nothing when it was not changed.
    pub fn restore() {
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = saved.take() {
            // What was typed and not read was meant for this program.
            tcflush(io::stdin(), QueueSelector::IFlush).unwrap_or_default();
            tcsetattr(io::stdin(), OptionalActions::Now, &before).unwrap_or_default();
        }
    }

    /// Stops this program until the shell lets it go on.
    pub fn suspend() {
        kill_process(getpid(), Signal::STOP).unwrap_or_default();
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    /// Keys always reach this program.
    pub fn is_foreground() -> bool {
        true
    }

    /// Keys come one by one anyhow.
    ///
    /// # Errors
    ///
    /// None.
    pub fn single_keys() -> io::Result<()> {
        Ok(())
    }

    /// Nothing was changed.
    pub fn restore() {}

    /// There is no such thing.
    pub fn suspend() {}
}
