//! A block of lines that stays below everything else that is written to a terminal.
//!
//! What is written above the block is ordinary terminal output: it scrolls into the terminal's own
//! history. A block that
//! changes is overwritten, not cleared first, and everything goes out in one piece: nothing flashes.

use std::io::{self, BufWriter, Write};

use crossterm::cursor::{MoveToColumn, MoveUp};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};

use super::ink::Line;

/// Bytes that go to the terminal in one piece at most.
const FRAME: usize = 64 * 1_024;

/// A terminal with a block at its end.
#[derive(Debug)]
pub struct Pinned<W: Write> {
    out: BufWriter<W>,
    colour: bool,
    shown: Vec<Line>,
    /// Width of the terminal when the block was drawn.
    width: usize,
}

impl<W: Write> Pinned<W> {
    /// A block without lines.
    pub fn new(out: W, colour: bool) -> Pinned<W> {
        Pinned {
            out: BufWriter::with_capacity(FRAME, out),
            colour,
            shown: Vec::new(),
            width: 0,
        }
    }

    /// Writes `above` and then the block, on a terminal that is `width` cells wide. Lines of the block
    /// are cut one cell before the edge: a full line leaves the cursor where terminals disagree.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn draw(&mut self, above: &[Line], block: Vec<Line>, width: usize) -> io::Result<()> {
        let block: Vec<Line> = block
            .into_iter()
            .map(|line| line.cut(width.saturating_sub(1)))
            .collect();
        if above.is_empty() && block == self.shown && width == self.width {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        self.go_to_top(width)?;
        if width != self.width || !above.is_empty() {
            // Rows that were wrapped would be joined again by a terminal that becomes wider.
            queue!(self.out, Clear(ClearType::FromCursorDown))?;
        }
        for line in above {
            self.line(line)?;
            queue!(self.out, Print("\n"))?;
        }
        for (row, line) in block.iter().enumerate() {
            if row > 0 {
                queue!(self.out, Print("\n"))?;
            }
            self.line(line)?;
        }
        queue!(
            self.out,
            Clear(ClearType::FromCursorDown),
            EndSynchronizedUpdate
        )?;
        self.shown = block;
        self.width = width;
        self.out.flush()
    }

    /// Takes the block away. What was written above it stays.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn close(&mut self, width: usize) -> io::Result<()> {
        self.draw(&[], Vec::new(), width)
    }

    /// Forgets the block without touching it: somebody else wrote to the terminal.
    pub fn abandon(&mut self) {
        self.shown.clear();
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        line.write(&mut self.out, self.colour)?;
        queue!(self.out, Clear(ClearType::UntilNewLine))
    }

    /// Moves the cursor to where the block begins. A terminal that has become narrower has wrapped the
    /// block's lines.
    fn go_to_top(&mut self, width: usize) -> io::Result<()> {
        let rows: usize = self
            .shown
            .iter()
            .map(|line| line.width().div_ceil(width.max(1)).max(1))
            .sum();
        queue!(self.out, MoveToColumn(0))?;
        if let Ok(up @ 1..) = u16::try_from(rows.saturating_sub(1)) {
            queue!(self.out, MoveUp(up))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;

    use super::*;
    use crate::view::ink::Ink;

    fn line(text: &str) -> Line {
        Line::default().add(Ink::Plain, text)
    }

    /// A terminal that shows what a [`Pinned`] wrote so far, with its history.
    fn rows(bytes: &[u8], (height, width): (u16, u16)) -> Vec<String> {
        let cells = |n| NonZero::new(n).expect("a window has a size");
        let mut terminal = vt100::Parser::new(cells(height), cells(width), 10_000);
        // A terminal driver turns line feeds into new lines.
        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
        terminal.process(text.as_bytes());
        terminal.screen_mut().set_scrollback(usize::MAX);
        let history = terminal.screen().scrollback();
        let mut rows = Vec::new();
        for back in (1..=history).rev() {
            terminal.screen_mut().set_scrollback(back);
            rows.extend(terminal.screen().rows(0, width).next());
        }
        terminal.screen_mut().set_scrollback(0);
        rows.extend(terminal.screen().rows(0, width));
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    proptest! {
        #[test]
        fn everything_said_stays_above_a_block_that_is_there_once(
            steps in prop::collection::vec((0usize..3, 1usize..8), 1..30),
        ) {
            let mut pinned = Pinned::new(Vec::new(), true);
            let mut wanted = Vec::new();
            let mut block = Vec::new();
            for (step, &(said, tall)) in steps.iter().enumerate() {
                let above: Vec<String> = (0..said).map(|n| format!("said {step}.{n}")).collect();
                let lines: Vec<Line> = above.iter().map(|text| line(text)).collect();
                block = (0..tall).map(|n| format!("block {step} row {n}")).collect();
                pinned.draw(&lines, block.iter().map(|text| line(text)).collect(), 40).expect("memory");
                wanted.extend(above);
            }
            wanted.extend(block);
            prop_assert_eq!(rows(pinned.out.get_ref(), (10, 40)), wanted);
        }
    }

    #[test]
    fn a_closed_block_leaves_only_what_was_said() {
        let mut pinned = Pinned::new(Vec::new(), false);
        pinned
            .draw(&[line("said")], vec![line("one"), line("two")], 20)
            .expect("memory");
        pinned.close(20).expect("memory");
        assert_eq!(rows(pinned.out.get_ref(), (5, 20)), ["said"]);
    }

    #[test]
    fn lines_said_are_left_to_the_terminal_to_wrap() {
        let mut pinned = Pinned::new(Vec::new(), false);
        pinned
            .draw(
                &[line("a line that is longer than the window")],
                vec![line("b")],
                20,
            )
            .expect("memory");
        assert_eq!(
            rows(pinned.out.get_ref(), (5, 20))
                .last()
                .map(String::as_str),
            Some("b")
        );
        assert!(String::from_utf8_lossy(pinned.out.get_ref()).contains("longer than the window"));
    }

    #[test]
    fn a_block_that_has_not_changed_is_not_drawn_again() {
        let mut pinned = Pinned::new(Vec::new(), false);
        pinned.draw(&[], vec![line("one")], 20).expect("memory");
        let written = pinned.out.get_ref().len();
        pinned.draw(&[], vec![line("one")], 20).expect("memory");
        assert_eq!(pinned.out.get_ref().len(), written);
    }
}
