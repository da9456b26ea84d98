//! A model in many languages for tests, made of the starter, which knows English only.

use std::fs;
use std::path::{Path, PathBuf};

use super::engine::starter_file;

/// Tokens of the starter and of the model that is made of it: with one token more, whisper.cpp takes a
/// model for one of 99 languages, and everything after the text moves on by one.
const TOKENS: (u32, u32) = (51_864, 51_865);

/// The number of the end of text in the starter, where the new token stands.
const END_OF_TEXT: usize = 50_256;

/// The start of a transcript in the new model. The languages follow, in Whisper's order.
const START: usize = 50_258;

/// The order to transcribe in the new model.
const TRANSCRIBE: usize = 50_359;

/// Bytes of a row of the table of tokens: 256 numbers in eight-bit blocks of 32, each with a factor.
const ROW: usize = 256 / 32 * 34;

/// Writes a model that takes all speech for the language with Whisper's number `loud`, whoever speaks
/// what, and hears it as the starter does: the tokens of languages and tasks are copies of the start's, and
/// that of the loud one is longer, so that it is the likeliest.
pub fn multilingual(dir: &Path, loud: usize) -> PathBuf {
    let starter = fs::read(starter_file()).expect("the starter");
    let number = |at: usize| {
        let bytes: [u8; 4] = starter[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    assert_eq!(number(4), TOKENS.0);
    let bands = 48;
    let mut at = bands + 8 + 4 * (number(bands) * number(bands + 4)) as usize;
    let mut made = starter[..at].to_vec();
    made[4..8].copy_from_slice(&TOKENS.1.to_le_bytes());
    let count = number(at);
    made.extend((count + 1).to_le_bytes());
    at += 4;
    for token in 0..count as usize {
        if token == END_OF_TEXT {
            made.extend(3_u32.to_le_bytes());
            made.extend(b" --");
        }
        let end = at + 4 + number(at) as usize;
        made.extend(&starter[at..end]);
        at = end;
    }
    while at < starter.len() {
        at = tensor(&starter, at, &mut made, loud);
    }
    let path = dir.join("tongues.bin");
    fs::write(&path, made).expect("a model");
    path
}

/// Copies a tensor, and the table of tokens with a row more; returns where the next one begins.
fn tensor(starter: &[u8], at: usize, made: &mut Vec<u8>, loud: usize) -> usize {
    let number = |at: usize| {
        let bytes: [u8; 4] = starter[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    };
    let (dimensions, name) = (number(at), number(at + 4));
    let sizes = at + 12..at + 12 + 4 * dimensions;
    let values: usize = sizes.clone().step_by(4).map(number).product();
    let bytes = match number(at + 8) {
        0 => 4 * values,
        1 => 2 * values,
        8 => values / 32 * 34,
        other => panic!("the starter has no tensor of type {other}"),
    };
    let data = sizes.end + name;
    let end = data + bytes;
    if &starter[sizes.end..data] != b"decoder.token_embedding.weight" {
        made.extend(&starter[at..end]);
        return end;
    }
    made.extend(&starter[at..sizes.start + 4]);
    made.extend(TOKENS.1.to_le_bytes());
    made.extend(&starter[sizes.end..data]);
    let row = |token: usize| &starter[data + token * ROW..data + (token + 1) * ROW];
    for token in 0..TOKENS.1 as usize {
        let before = token - usize::from(token > END_OF_TEXT);
        match token {
            _ if token == START + 1 + loud => made.extend(longer(row(START - 1))),
            _ if (START + 1..=TRANSCRIBE).contains(&token) => made.extend(row(START - 1)),
            _ => made.extend(row(before)),
        }
    }
    end
}

/// A row 64 times as long: the exponent of each block's factor, a 16 bit float, grows by six.
fn longer(row: &[u8]) -> Vec<u8> {
    let mut longer = row.to_vec();
    for block in longer.chunks_mut(34) {
        let factor = u16::from_le_bytes([block[0], block[1]]);
        let factor = factor + (6 << 10);
        block[..2].copy_from_slice(&factor.to_le_bytes());
    }
    longer
}
