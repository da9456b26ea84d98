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

/// A panic anywhere gives the terminal back before it is reported.
pub fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        report(panic);
    }));
}

pub use system::{gives_keys, is_foreground, no_echo, restore, single_keys, suspend};

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

    /// Keys are not echoed, where standard input is a terminal that belongs to this program: a `^C` at
    /// the end of a full line would go to the next one, and tear what is drawn in place.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be set.
    pub fn no_echo() -> io::Result<()> {
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        let own = rustix::process::getpgrp();
        if saved.is_some() || !tcgetpgrp(io::stdin()).is_ok_and(|group| group == own) {
            return Ok(());
        }
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        *saved = Some(before);
        Ok(())
    }

    /// Gives the terminal back as it was. Does nothing when it was not changed.
    pub fn restore() {
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = saved.take() {
            // What was typed to be read key by key was meant for this program; a line is the shell's.
            let lines = tcgetattr(io::stdin())
                .is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON));
            if !lines {
                tcflush(io::stdin(), QueueSelector::IFlush).unwrap_or_default();
            }
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

    /// Keys always reach this program.
    pub fn gives_keys() -> bool {
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

    /// Nothing is echoed in place.
    ///
    /// # Errors
    ///
    /// None.
    pub fn no_echo() -> io::Result<()> {
        Ok(())
    }

    /// Nothing was changed.
    pub fn restore() {}

    /// There is no such thing.
    pub fn suspend() {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    /// Where the program that panics tells the terminal's state.
    const TOLD: &str = "VERBATIM_TEST_TOLD";

    /// A panic needs a terminal and a process of its own: this very test program, in tmux.
    #[test]
    fn a_panic_gives_the_terminal_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let program = std::env::current_exe().expect("a program");
        let told = |name: &str| dir.path().join(name);
        let line = format!(
            "stty -g > {before}; {TOLD}={during} {program} --ignored --exact {test}; stty -g > {after}; \
             touch {over}",
            before = told("before").display(),
            during = told("during").display(),
            program = program.display(),
            test = "view::tty::tests::panics_while_keys_come_one_by_one",
            after = told("after").display(),
            over = told("over").display(),
        );
        let socket = format!("verbatim-panic-{}", std::process::id());
        let window = ["-L", &socket, "-f", "/dev/null", "new-session", "-d"];
        let opened = Command::new("tmux").args(window).arg(&line).status();
        assert!(opened.expect("tmux is installed").success());
        let begun = Instant::now();
        while !told("over").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no end");
            std::thread::sleep(Duration::from_millis(50));
        }
        let modes = |path: PathBuf| std::fs::read_to_string(path).expect("what stty says");
        let before = modes(told("before"));
        assert!(before.contains(':'), "{before}");
        assert_ne!(modes(told("during")), before);
        assert_eq!(modes(told("after")), before);
    }

    #[test]
    #[ignore = "panics; run in a terminal by the test above"]
    fn panics_while_keys_come_one_by_one() {
        super::restore_on_panic();
        super::single_keys().expect("a terminal");
        let told = std::env::var_os(TOLD).expect("a file");
        let during = Command::new("stty")
            .arg("-g")
            .stdin(Stdio::inherit())
            .output()
            .expect("stty");
        std::fs::write(Path::new(&told), during.stdout).expect("told");
        panic!("as a program does that has a fault");
    }
}
