//! Words laid side by side.

use serde_json::Value;

use super::support::measure::array;
use verbatim::text::align::TimedWord;
use verbatim::text::guard::plain;

/// A word and when it was or is said to be spoken, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Word {
    pub fn of(value: &Value) -> Word {
        Word {
            text: value["text"].as_str().expect("text").to_owned(),
            start_ms: value["start_ms"].as_i64().expect("ms"),
            end_ms: value["end_ms"].as_i64().expect("ms"),
        }
    }

    pub fn heard((word, time): TimedWord) -> Word {
        Word {
            text: word.text,
            start_ms: time.start.ms() as i64,
            end_ms: time.end.ms() as i64,
        }
    }

    pub fn middle_ms(&self) -> i64 {
        i64::midpoint(self.start_ms, self.end_ms)
    }
}

/// The words of all segments of a final.
pub fn of_segments(data: &Value) -> Vec<Word> {
    array(&data["segments"])
        .flat_map(|segment| array(&segment["words"]))
        .map(Word::of)
        .collect()
}

/// Indices of two words in each other's place; a word without a partner stands alone.
pub type Pair = (Option<usize>, Option<usize>);

/// Pairs of indices on a cheapest way from `a` to `b`.
pub fn pairs(a: &[String], b: &[String]) -> Vec<Pair> {
    let mut cost = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            cost[i][j] = match (i, j) {
                (0, j) => j,
                (i, 0) => i,
                (i, j) => (cost[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]))
                    .min(cost[i - 1][j] + 1)
                    .min(cost[i][j - 1] + 1),
            };
        }
    }
    let (mut i, mut j, mut found) = (a.len(), b.len(), Vec::new());
    while i > 0 || j > 0 {
        let replaced =
            i > 0 && j > 0 && cost[i][j] == cost[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
        if replaced {
            (i, j) = (i - 1, j - 1);
            found.push((Some(i), Some(j)));
        } else if i > 0 && cost[i][j] == cost[i - 1][j] + 1 {
            i -= 1;
            found.push((Some(i), None));
        } else {
            j -= 1;
            found.push((None, Some(j)));
        }
    }
    found.reverse();
    found
}

/// Where texts of utterances differ from decodes of each for itself.
#[derive(Clone, Debug, Default)]
pub struct Joins {
    /// Words left out.
    pub lost: usize,
    /// Words put in.
    pub doubled: usize,
    /// Places that are worded otherwise.
    pub reworded: usize,
    /// Each of these places, in words.
    pub differences: Vec<String>,
    /// Those where words were lost or doubled.
    pub faults: Vec<String>,
}

impl Joins {
    /// Compares a text with its decode alone. Words put in or left out stand alone between words that
    /// agree; other differences are other wordings of the same sound.
    pub fn add(&mut self, alone: &[String], live: &[String]) {
        let pairs = pairs(alone, live);
        let agree = |pair: &Pair| matches!(*pair, (Some(i), Some(j)) if alone[i] == live[j]);
        for hunk in pairs.chunk_by(|a, b| agree(a) == agree(b)) {
            if agree(&hunk[0]) {
                continue;
            }
            let left: usize = hunk.iter().filter(|pair| pair.0.is_some()).count();
            let right: usize = hunk.iter().filter(|pair| pair.1.is_some()).count();
            let (lost, doubled) = match (left, right) {
                (left, 0) => (left, 0),
                (0, right) => (0, right),
                // Another wording has about as many words.
                (left, right) if left > 2 * right + 1 => (left - right, 0),
                (left, right) if right > 2 * left + 1 => (0, right - left),
                _ => (0, 0),
            };
            let of = |side: &[String], pick: fn(&Pair) -> Option<usize>| {
                let words = hunk.iter().filter_map(pick).map(|n| side[n].as_str());
                words.collect::<Vec<_>>().join(" ")
            };
            let difference = format!(
                "alone \"{}\", live \"{}\", of \"{}\"",
                of(alone, |pair| pair.0),
                of(live, |pair| pair.1),
                live.join(" ")
            );
            self.lost += lost;
            self.doubled += doubled;
            match lost + doubled {
                0 => self.reworded += 1,
                _ => self.faults.push(difference.clone()),
            }
            self.differences.push(difference);
        }
    }
}

/// Words without case and punctuation.
pub fn letters(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| plain(&word.text)).collect()
}

/// Whether a word was heard as another, spelling aside: at least half of the letters are right.
pub fn is_alike(a: &str, b: &str) -> bool {
    let chars = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    let (a, b) = (chars(a), chars(b));
    let right = pairs(&a, &b)
        .into_iter()
        .filter(|pair| matches!(*pair, (Some(i), Some(j)) if a[i] == b[j]))
        .count();
    2 * right >= a.len().max(b.len()).max(1)
}
