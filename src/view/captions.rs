//! Live captions for a person: finished text scrolls into the terminal's history; on a terminal, a
//! block below it shows the words that are being spoken and how the recording does, and keys set
//! markers.

use std::io::{self, Stdout, Write};

use verbatim::Error;
use verbatim::audio::Track;
use verbatim::document::marker::Marker;
use verbatim::session::{Marks, Update, When};

use super::board::{Board, rings};
use super::guide::GuideList;
use super::hand::{Act, Hand};
use super::ink::{Ink, Line};
use super::keys::Press;
use super::pinned::Pinned;
use super::tty;

/// Cells by which the later rows of a line of text are set in.
const INDENT: usize = 4;

/// Captions for a person.
#[derive(Debug)]
pub struct Captions {
    board: Board,
    hand: Hand,
    guide: Option<GuideList>,
    marks: Marks,
    screen: Screen,
    /// Another program has the terminal.
    away: bool,
    /// Lines that wait for the next drawing.
    above: Vec<Line>,
}

#[derive(Debug)]
enum Screen {
    /// One line for each piece of news; nothing ever moves.
    Plain,
    /// With a block below.
    Pinned(Pinned<Stdout>),
}

impl Captions {
    /// Captions for `tracks`. Without `plain`, and on a terminal, with a block below them. Keys set
    /// markers through `marks`.
    pub fn new(tracks: &[Track], planned_ms: Option<u64>, marks: Marks, plain: bool) -> Captions {
        let screen = match !plain && tty::can_pin() {
            true => Screen::Pinned(Pinned::new(io::stdout(), tty::is_coloured())),
            false => Screen::Plain,
        };
        let mut board = Board::new(tracks, planned_ms, marks.kinds().clone());
        board.has_keys = tty::has_keys();
        board.brackets = !tty::is_coloured();
        Captions {
            board,
            hand: Hand::default(),
            guide: None,
            marks,
            screen,
            away: true,
            above: Vec::new(),
        }
    }

    /// Whether there is a block to be drawn again and again.
    pub fn is_pinned(&self) -> bool {
        matches!(self.screen, Screen::Pinned(_))
    }

    /// Whether keys set markers.
    pub fn has_keys(&self) -> bool {
        self.board.has_keys
    }

    /// Whether the terminal is changed while this lives, so that Ctrl-Z has to give it back.
    pub fn holds_terminal(&self) -> bool {
        self.is_pinned() || self.has_keys()
    }

    /// Takes an update. Lines that are to stay are written at once.
    ///
    /// # Errors
    ///
    /// When the terminal or pipe fails.
    pub fn update(&mut self, update: &Update) -> io::Result<()> {
        if matches!(update, Update::Event(envelope) if rings(&envelope.event)) {
            tty::ring()?;
        }
        let mut lines = self.board.update(update);
        lines.extend(self.guided(update));
        if lines.is_empty() {
            return Ok(());
        }
        self.above.extend(lines);
        self.draw()
    }

    /// Keeps the guide. Where no list is shown, a tick is told as a line.
    fn guided(&mut self, update: &Update) -> Option<Line> {
        let Update::Event(envelope) = update else {
            return None;
        };
        if let Some(list) = GuideList::begin(&envelope.event) {
            self.guide = Some(list);
        }
        let line = self.guide.as_mut()?.update(&envelope.event);
        line.filter(|_| !self.is_pinned())
    }

    /// Takes a key. What it asks for is in the log when this returns.
    ///
    /// # Errors
    ///
    /// When the terminal fails. A marker that cannot be set is told as a line.
    pub fn press(&mut self, press: Press) -> io::Result<()> {
        if self.hand.is_free(press.key, self.marks.kinds())
            && let Some(guide) = &mut self.guide
            && let Some(item) = guide.press(press.key, tty::size().1)
            && let Err(error) = self.marks.tick(&item, When::Pressed(press.at))
        {
            let text = format!("-- {error} --");
            self.above.push(Line::default().add(Ink::Bad, text));
        }
        let act = self.hand.press(press.key, self.marks.kinds());
        if let Some(act) = act {
            match self.act(act, press) {
                Ok(Done::Set(marker)) => self.hand.set(marker),
                Ok(Done::Removed(marker)) => self.hand.removed(&marker.id),
                Ok(Done::Nothing) => {}
                Err(error) => {
                    let text = format!("-- {error} --");
                    self.above.push(Line::default().add(Ink::Bad, text));
                }
            }
        }
        self.draw()
    }

    fn act(&self, act: Act, press: Press) -> Result<Done, Error> {
        match act {
            Act::Mark(kind) => self.marks.mark(&kind, When::Pressed(press.at), None),
            Act::Change(id, change) => self.marks.annotate(&id, change),
            Act::Undo => return self.marks.undo(None).map(Done::Removed),
            // What comes of it is told by the session.
            Act::Pause => return self.marks.helm().toggle_pause().map(|_| Done::Nothing),
        }
        .map(Done::Set)
    }

    /// Draws what has changed.
    ///
    /// # Errors
    ///
    /// When the terminal or pipe fails.
    pub fn draw(&mut self) -> io::Result<()> {
        self.look_for_terminal()?;
        self.board.tell_time(self.marks.now().ms());
        let above = std::mem::take(&mut self.above);
        match &mut self.screen {
            Screen::Pinned(pinned) if !self.away => {
                let (width, height) = tty::size();
                let mut room = self.hand.lines(self.marks.kinds(), width.saturating_sub(1));
                if let Some(guide) = &self.guide {
                    room.extend(
                        guide.lines(width.saturating_sub(1), height - room.len().min(height)),
                    );
                }
                let mut block = self.board.block(width, height.saturating_sub(room.len()));
                block.extend(room);
                let fold = |line: &Line| line.fold(width.saturating_sub(1), INDENT);
                let above: Vec<Line> = above.iter().flat_map(fold).collect();
                pinned.draw(&above, block, width)
            }
            _ => plain(&above),
        }
    }

    /// Takes the terminal when the shell gave it, and lets it alone when the shell took it.
    fn look_for_terminal(&mut self) -> io::Result<()> {
        if !self.holds_terminal() || self.away != tty::is_foreground() {
            return Ok(());
        }
        self.away = !self.away;
        match (self.away, &mut self.screen) {
            (true, Screen::Pinned(pinned)) => pinned.abandon(),
            (true, Screen::Plain) => {}
            (false, _) => tty::single_keys()?,
        }
        Ok(())
    }

    /// Gives the terminal to the shell and stops this program until the shell lets it go on.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn suspend(&mut self) -> io::Result<()> {
        if let Screen::Pinned(pinned) = &mut self.screen {
            pinned.close(tty::size().0)?;
            pinned.abandon();
        }
        if self.holds_terminal() {
            tty::restore();
            let text = "-- stopped by Ctrl-Z: nothing is recorded until fg or bg --";
            plain(&[Line::default().add(Ink::Strong, text)])?;
        }
        tty::suspend();
        if self.holds_terminal() && tty::is_foreground() {
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
        if let Screen::Pinned(pinned) = &mut self.screen
            && !self.away
        {
            pinned.close(tty::size().0)?;
        }
        if self.holds_terminal() {
            tty::restore();
        }
        drawn
    }
}

/// What a key did.
enum Done {
    Set(Marker),
    Removed(Marker),
    Nothing,
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
