//! From single sketches of the microphone to stretches of voice and of echo.

/// Sketches around one that are looked at together, on each side.
pub(super) const AROUND: usize = 6;

/// How many of them make a voice in the room.
const NEAR_OF_AROUND: usize = 5;

/// Sketches kept before and after a voice in the room: soft sounds at the edges of words.
pub(super) const KEPT_AROUND: usize = 30;

/// Shortest echo that is marked, in sketches.
const SHORTEST_ECHO: usize = 15;

/// Shortest piece of speech that is left between echoes, in sketches; less is no word.
const SHORTEST_SPEECH: usize = 12;

/// Least share of a stretch in which the other side must be expected to be heard.
const LEAST_EXPECTED: f32 = 0.5;

/// What is known about one sketch of the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Louder than any echo.
    Near,
    /// The echo is expected to be heard, and nothing else is.
    Echo,
    /// Neither.
    Quiet,
}

/// For every sketch, whether a voice in the room speaks there or close by.
pub(super) fn voices(kinds: &[Kind]) -> Vec<bool> {
    let mut speaks = vec![false; kinds.len()];
    let mut near = 0;
    let count = |at: usize| usize::from(kinds[at] == Kind::Near);
    for at in 0..kinds.len() + AROUND {
        if at < kinds.len() {
            near += count(at);
        }
        if at > 2 * AROUND {
            near -= count(at - 2 * AROUND - 1);
        }
        if at < AROUND {
            continue;
        }
        let middle = at - AROUND;
        if near >= NEAR_OF_AROUND && kinds[middle] == Kind::Near {
            let from = middle.saturating_sub(KEPT_AROUND);
            let to = (middle + KEPT_AROUND + 1).min(kinds.len());
            speaks[from..to].fill(true);
        }
    }
    speaks
}

/// Stretches of echo, as indices.
pub(super) fn echoes(kinds: &[Kind], speaks: &[bool]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < kinds.len() {
        let run = speaks[at..]
            .iter()
            .take_while(|&&s| s == speaks[at])
            .count();
        let to = at + run;
        if !speaks[at] {
            let expected = kinds[at..to].iter().filter(|k| **k == Kind::Echo).count();
            if run >= SHORTEST_ECHO.min(kinds.len())
                && expected as f32 >= LEAST_EXPECTED * run as f32
            {
                found.push((at, to));
            }
        }
        at = to;
    }
    swallow_shreds(&mut found, kinds.len());
    found
}

/// Joins echoes between which there is no word's length of speech, and takes in such rests at the
/// ends.
fn swallow_shreds(found: &mut Vec<(usize, usize)>, length: usize) {
    found.dedup_by(|next, before| {
        let shred = next.0 - before.1 < SHORTEST_SPEECH;
        if shred {
            before.1 = next.1;
        }
        shred
    });
    if let Some(first) = found.first_mut()
        && first.0 < SHORTEST_SPEECH
    {
        first.0 = 0;
    }
    if let Some(last) = found.last_mut()
        && length - last.1 < SHORTEST_SPEECH
    {
        last.1 = length;
    }
}
