//! The forms in which this program writes transcripts, as far as their words and names go.

/// A line or a caption of an edited transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Who says it, where that is told.
    pub voice: Option<String>,
    /// Its words.
    pub text: String,
    /// Line of the file at which it begins, from 1.
    pub line: usize,
}

/// What a file looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Markdown,
    SubRip,
    WebVtt,
}

/// Reads plain text, Markdown, SubRip or WebVTT as [`export`](crate::export) writes them. `names` are
/// the voices of the session, which SubRip tells from words by nothing else.
pub fn blocks(text: &str, names: &[&str]) -> Vec<Block> {
    let text = text.trim_start_matches('\u{FEFF}');
    match form(text) {
        form @ (Form::SubRip | Form::WebVtt) => cues(text, form, names),
        form => lines(text, form),
    }
}

fn form(text: &str) -> Form {
    if text.starts_with("WEBVTT") {
        Form::WebVtt
    } else if text.lines().any(is_times) {
        Form::SubRip
    } else if text.lines().any(|line| line.trim() == "## Transcript") {
        Form::Markdown
    } else {
        Form::Text
    }
}

/// `00:00:01,000 --> 00:00:03,500`
fn is_times(line: &str) -> bool {
    let is_time = |text: &str| {
        let text = text.trim();
        text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(':')
    };
    line.split_once("-->")
        .is_some_and(|(from, to)| is_time(from) && is_time(to))
}

/// Lines `[00:00:12] Name: words`; what follows without a time belongs to them. What stands before the
/// transcript's heading is no part of it.
fn lines(text: &str, form: Form) -> Vec<Block> {
    let heading = match form {
        Form::Markdown => "## Transcript",
        _ => "Transcript",
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = lines.iter().rposition(|line| *line == heading);
    let mut blocks: Vec<Block> = Vec::new();
    for (n, line) in lines
        .into_iter()
        .enumerate()
        .skip(begins.map_or(0, |at| at + 1))
    {
        match timed(line) {
            Some(said) => blocks.push(spoken(said, form, n + 1)),
            None => {
                if let Some(last) = blocks.last_mut().filter(|_| !line.is_empty()) {
                    last.text.push(' ');
                    last.text.push_str(&unescaped(line, form));
                }
            }
        }
    }
    blocks
}

/// What stands behind the time at the beginning of a line.
fn timed(line: &str) -> Option<&str> {
    let (time, rest) = line.strip_prefix('[')?.split_once(']')?;
    let is_time =
        time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || ":.".contains(c));
    is_time.then(|| rest.trim_start())
}

fn spoken(said: &str, form: Form, line: usize) -> Block {
    let marked = match form {
        Form::Markdown => said
            .strip_prefix("**")
            .and_then(|said| said.split_once(":**")),
        _ => said.split_once(": "),
    };
    let (voice, text) = match marked {
        Some((voice, text)) => (Some(unescaped(voice, form)), text),
        None => (None, said),
    };
    Block {
        voice,
        text: unescaped(text.trim(), form),
        line,
    }
}

/// Markdown without the backslashes that keep its marks from being marks.
fn unescaped(text: &str, form: Form) -> String {
    if form != Form::Markdown {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let marked = (c == '\\').then(|| chars.next_if(char::is_ascii_punctuation));
        plain.push(marked.flatten().unwrap_or(c));
    }
    plain
}

fn cues(text: &str, form: Form, names: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if is_times(line) {
            open = true;
            blocks.push(Block {
                line: n + 1,
                ..Block::default()
            });
        } else if line.is_empty() {
            open = false;
        } else if let (true, Some(block)) = (open, blocks.last_mut()) {
            let mut line = line.to_owned();
            if form == Form::WebVtt {
                let (voice, text) = without_tags(&line);
                block.voice = block.voice.take().or(voice);
                line = text;
            } else if block.text.is_empty() {
                let named = names.iter().find(|name| {
                    line.strip_prefix(**name)
                        .is_some_and(|rest| rest.starts_with(": "))
                });
                if let Some(name) = named {
                    line = line[name.len() + 2..].to_owned();
                    block.voice = Some((*name).to_owned());
                }
            }
            if !block.text.is_empty() {
                block.text.push(' ');
            }
            block.text.push_str(&line);
        }
    }
    blocks
}

/// A line of WebVTT without its tags, and the name in its voice tag.
fn without_tags(line: &str) -> (Option<String>, String) {
    let mut voice = None;
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        if let Some(name) = tag.strip_prefix("v ") {
            voice = Some(entities(name.trim()));
        }
        rest = behind;
    }
    text.push_str(rest);
    (voice, entities(&text))
}

fn entities(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
