//! Live captions for a person: finished text scrolls into the terminal's history; on a terminal, a
//! block below it shows the words that are being spoken and how the recording does.

use std::io::{self, Stdout, Write};

use verbatim::audio::Track;
use verbatim::session::Update;

use super::board::Board;
use super::ink::Line;
use super::pinned::Pinned;
use super::tty;

/// Captions for a person.
#[derive(Debug)]
pub struct Captions {
    board: Board,
    screen: Screen,
    /// Lines that wait for the next drawing.
    above: Vec<Line>,
}

#[derive(Debug)]
enum Screen {
    /// One line for each piece of news; nothing ever moves.
    Plain,
    /// With a block below. `away`: another program has the terminal.
    Pinned { pinned: Pinned<Stdout>, away: bool },
}

impl Captions {
    /// Captions for `tracks`. Without `plain`, and on a terminal, with a block below them.
    pub fn new(tracks: &[Track], planned_ms: Option<u64>, plain: bool) -> Captions {
        let screen = match !plain && tty::can_pin() {
            true => Screen::Pinned {
                pinned: Pinned::new(io::stdout(), tty::is_coloured()),
                away: true,
            },
            false => Screen::Plain,
        };
        Captions {
            board: Board::new(tracks, planned_ms),
            screen,
            above: Vec::new(),
        }
    }

    /// Whether there is a block to be drawn again and again.
    pub fn is_pinned(&self) -> bool {
        matches!(self.screen, Screen::Pinned { .. })
    }

    /// Takes an update. Lines that are to stay are written at once.
    ///
    /// # Errors
    ///
    /// When the terminal or pipe fails.
    pub fn update(&mut self, update: &Update) -> io::Result<()> {
        let lines = self.board.update(update);
        if lines.is_empty() {
            return Ok(());
        }
        self.above.extend(lines);
        self.draw()
    }

    /// Draws what has changed.
    ///
    /// # Errors
    ///
    /// When the terminal or pipe fails.
    pub fn draw(&mut self) -> io::Result<()> {
        let above = std::mem::take(&mut self.above);
        match &mut self.screen {
            Screen::Pinned { pinned, away } => {
                if *away == tty::is_foreground() {
                    *away = !*away;
                    match *away {
                        true => pinned.abandon(),
                        false => tty::single_keys()?,
                    }
                }
                if *away {
                    return plain(&above);
                }
                let (width, height) = tty::size();
                pinned.draw(&above, self.board.block(width, height), width)
            }
            Screen::Plain => plain(&above),
        }
    }

    /// Gives the terminal to the shell and stops this program until the shell lets it go on.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn suspend(&mut self) -> io::Result<()> {
        if let Screen::Pinned { pinned, .. } = &mut self.screen {
            pinned.close(tty::size().0)?;
            pinned.abandon();
            tty::restore();
            plain(&[Line::default().add(
                super::ink::Ink::Strong,
                "-- stopped by Ctrl-Z: nothing is recorded until fg or bg --",
            )])?;
        }
        tty::suspend();
        if self.is_pinned() && tty::is_foreground() {
            tty::single_keys()?;
        }
        self.draw()
    }

    /// Takes the block away and gives the terminal back.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn close(&mut self) -> io::Result<()> {
        let drawn = self.draw();
        if let Screen::Pinned { pinned, away } = &mut self.screen {
            if !*away {
                pinned.close(tty::size().0)?;
            }
            tty::restore();
        }
        drawn
    }
}

/// Writes lines as they are, without colour or weight.
fn plain(lines: &[Line]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.text())?;
    }
    match lines.is_empty() {
        true => Ok(()),
        false => out.flush(),
    }
}
