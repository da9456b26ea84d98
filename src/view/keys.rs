//! Keys as they are pressed.

use std::time::Instant;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character that can be seen, or a space.
    Char(char),
    /// The line is complete.
    Enter,
    /// The last character was wrong.
    Backspace,
    /// Never mind.
    Escape,
}

/// A key and when it was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// The key.
    pub key: Key,
    /// When it was read.
    pub at: Instant,
}

/// The keys of bytes that a terminal sent; what is not yet a whole character stays in `bytes`.
/// Cursor and function keys mean nothing here: their sequences, which arrive in one piece, are left
/// out.
pub fn decode(bytes: &mut Vec<u8>) -> Vec<Key> {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) => match error.error_len() {
            None => error.valid_up_to(),
            Some(_) => bytes.len(),
        },
    };
    let rest = bytes.split_off(whole);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    let mut keys = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.peek() {
                None => keys.push(Key::Escape),
                Some('[' | 'O') => {
                    chars.next();
                    // Parameters come before the letter or tilde that ends a sequence.
                    chars.find(|c| ('@'..='~').contains(c));
                }
                // A character with Alt.
                Some(_) => drop(chars.next()),
            },
            '\r' | '\n' => keys.push(Key::Enter),
            '\u{7f}' | '\u{8}' => keys.push(Key::Backspace),
            c if c.is_control() || c == char::REPLACEMENT_CHARACTER => {}
            c => keys.push(Key::Char(c)),
        }
    }
    keys
}

pub use system::listen;

#[cfg(unix)]
mod system {
    use std::io;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use tokio::sync::mpsc;

    use super::{Press, decode};
    use crate::view::tty;

    /// How long the reader waits before it looks whether anybody still wants keys.
    const PATIENCE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 200_000_000,
    };

    /// Reads the terminal's keys on a thread of its own until nobody wants them, or the terminal is
    /// gone. Only while they are meant for this program: a program that reads in the background is
    /// stopped by the system.
    ///
    /// # Errors
    ///
    /// When the thread cannot be made.
    pub fn listen(keys: mpsc::Sender<Press>) -> io::Result<()> {
        let reader = thread::Builder::new().name("keys".into());
        reader.spawn(move || {
            let mut pending = Vec::new();
            while !keys.is_closed() {
                let stdin = io::stdin();
                let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
                match poll(&mut wanted, Some(&PATIENCE)) {
                    Ok(0) => continue,
                    Ok(_) => {}
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(_) => return,
                }
                if !tty::gives_keys() {
                    // They are for the shell, or for whom it runs now.
                    thread::sleep(Duration::from_millis(50));
                    continue;
                }
                let at = Instant::now();
                let mut bytes = [0; 256];
                match rustix::io::read(&stdin, &mut bytes) {
                    Ok(0) => return,
                    Ok(read) => pending.extend_from_slice(&bytes[..read]),
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(_) => return,
                }
                for key in decode(&mut pending) {
                    if keys.blocking_send(Press { key, at }).is_err() {
                        return;
                    }
                }
            }
        })?;
        Ok(())
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::thread;
    use std::time::{Duration, Instant};

    use crossterm::event::{Event, KeyCode, KeyEventKind, poll, read};
    use crossterm::terminal;
    use tokio::sync::mpsc;

    use super::{Key, Press};

    /// How long the reader waits before it looks whether anybody still wants keys.
    const PATIENCE: Duration = Duration::from_millis(200);

    /// Reads the terminal's keys on a thread of its own until nobody wants them.
    ///
    /// # Errors
    ///
    /// When the thread cannot be made.
    pub fn listen(keys: mpsc::Sender<Press>) -> io::Result<()> {
        let reader = thread::Builder::new().name("keys".into());
        reader.spawn(move || {
            while !keys.is_closed() {
                let event = match poll(PATIENCE) {
                    Ok(true) => read(),
                    Ok(false) => continue,
                    Err(_) => return,
                };
                let at = Instant::now();
                let Ok(Event::Key(event)) = event else {
                    continue;
                };
                let key = match event.code {
                    _ if event.kind == KeyEventKind::Release => continue,
                    KeyCode::Char(c) => Key::Char(c),
                    KeyCode::Enter => Key::Enter,
                    KeyCode::Backspace => Key::Backspace,
                    KeyCode::Esc => Key::Escape,
                    _ => continue,
                };
                if keys.blocking_send(Press { key, at }).is_err() {
                    return;
                }
            }
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        decode(&mut bytes.to_vec())
    }

    #[test]
    fn a_lone_escape_is_a_key_and_a_sequence_is_none() {
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys(b"\x1b[1;5A1\x1bOP2"), [Key::Char('1'), Key::Char('2')]);
        assert_eq!(keys(b"\x1bx"), []);
        assert_eq!(
            keys(b"a\r\x7f"),
            [Key::Char('a'), Key::Enter, Key::Backspace]
        );
        assert_eq!(keys(b"\x03\xff\t"), []);
    }

    proptest! {
        /// A character may arrive in pieces.
        #[test]
        fn text_is_read_wherever_it_is_cut(text in "[a-zé日😣 ]{0,12}", at in 0_usize..40) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let mut pending = bytes[..at].to_vec();
            let mut found = decode(&mut pending);
            pending.extend_from_slice(&bytes[at..]);
            found.extend(decode(&mut pending));
            let expected: Vec<Key> = text.chars().map(Key::Char).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(pending.is_empty());
        }

        #[test]
        fn nothing_that_arrives_is_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut pending = bytes;
            decode(&mut pending);
            prop_assert!(pending.len() < 4);
        }
    }
}
