//! Windows that were sent before they were asked for.

use crate::engine::protocol::{Answer, Question};

/// A window that was sent, and what the process said of it.
#[derive(Debug)]
struct Begun {
    id: u64,
    audio: Vec<i16>,
    question: Question,
    /// `None` while it is being decoded.
    answer: Option<Answer>,
}

/// What is known of a window that is asked for.
pub(super) enum Known {
    /// It was sent under this number and has no answer yet.
    Sent(u64),
    /// It has its answer.
    Answered(Answer),
}

/// All windows that were begun and not yet asked for.
#[derive(Debug, Default)]
pub(super) struct Flight {
    begun: Vec<Begun>,
}

impl Flight {
    /// A window was sent. Answers that nobody asks for are given up, the oldest first, where more than
    /// `most` windows are held: their session came to an end before its windows did.
    pub(super) fn add(&mut self, id: u64, (audio, question): (&[i16], Question), most: usize) {
        while self.begun.len() >= most {
            let answered = self.begun.iter().position(|begun| begun.answer.is_some());
            let Some(oldest) = answered else { break };
            self.begun.remove(oldest);
        }
        self.begun.push(Begun {
            id,
            audio: audio.to_vec(),
            question,
            answer: None,
        });
    }

    /// Whether this was begun to be asked of a window of this sound.
    pub(super) fn holds(&self, audio: &[i16], question: &Question) -> bool {
        self.position(audio, question).is_some()
    }

    /// Takes out a window that is asked for.
    pub(super) fn take(&mut self, audio: &[i16], question: &Question) -> Option<Known> {
        let at = self.position(audio, question)?;
        let begun = self.begun.remove(at);
        Some(match begun.answer {
            Some(answer) => Known::Answered(answer),
            None => Known::Sent(begun.id),
        })
    }

    fn position(&self, audio: &[i16], question: &Question) -> Option<usize> {
        let same = |begun: &Begun| begun.question == *question && begun.audio == audio;
        self.begun.iter().position(same)
    }

    /// Keeps an answer until its window is asked for. Of a number that nobody knows nothing is kept.
    pub(super) fn answered(&mut self, id: u64, answer: Answer) {
        let known = self.begun.iter_mut().find(|begun| begun.id == id);
        if let Some(known) = known {
            known.answer = Some(answer);
        }
    }

    /// Windows that are being decoded or wait for it.
    pub(super) fn unanswered(&self) -> usize {
        let open = |begun: &&Begun| begun.answer.is_none();
        self.begun.iter().filter(open).count()
    }

    /// The process has gone: what it has not answered it will not.
    pub(super) fn forget_unanswered(&mut self) {
        self.begun.retain(|begun| begun.answer.is_some());
    }
}
