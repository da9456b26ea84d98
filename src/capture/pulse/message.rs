//! Messages of the PulseAudio protocol: cut out of a stream of bytes, and looked at before they are
//! understood.
//!
//! A server is another program, and what it sends is taken with care: no more memory than it sends, no
//! message longer than servers send, and none that the decoder would stumble over.

use std::io::{self, Read};

use pulseaudio::protocol::{CommandTag, DESCRIPTOR_SIZE, PulseError, Tag};

/// Longest message in bytes: what PulseAudio itself allows.
const LONGEST: u32 = 16 * 1024 * 1024;

/// Channel of messages that are no sound.
const CONTROL: u32 = u32::MAX;

/// Channels that a stream has at most.
const CHANNELS: u8 = 32;

/// What a server sends.
#[derive(Debug, PartialEq)]
pub(super) enum Message<'a> {
    /// Sound of the record stream with this channel number.
    Sound(u32, &'a [u8]),
    /// The answer to the question of this number: its values.
    Answer(u32, &'a [u8]),
    /// The question of this number is refused.
    Refusal(u32, PulseError),
    /// The record stream with this channel number has ended.
    Killed(u32),
    /// Something that the recorder does not go by.
    Other,
}

/// Reads the next message, whose bytes are kept in `body`.
///
/// # Errors
///
/// [`io::ErrorKind::UnexpectedEof`] at the end of the stream, [`io::ErrorKind::InvalidData`] for a message
/// that is longer than any may be, otherwise what reading returns.
pub(super) fn next<'a>(stream: &mut impl Read, body: &'a mut Vec<u8>) -> io::Result<Message<'a>> {
    let mut head = [0; DESCRIPTOR_SIZE];
    stream.read_exact(&mut head)?;
    let (length, channel) = (word(&head[..4]), word(&head[4..8]));
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    body.clear();
    let read = stream.take(u64::from(length)).read_to_end(body)?;
    if read < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(match channel {
        CONTROL => control(body).unwrap_or(Message::Other),
        channel => Message::Sound(channel, body),
    })
}

/// Four bytes as a number.
fn word(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

/// A message that is no sound, if it is one that counts.
fn control(body: &[u8]) -> Option<Message<'_>> {
    let (command, rest) = number(body)?;
    let (question, values) = number(rest)?;
    const REPLY: u32 = CommandTag::Reply as u32;
    const ERROR: u32 = CommandTag::Error as u32;
    const KILLED: u32 = CommandTag::RecordStreamKilled as u32;
    Some(match command {
        REPLY => Message::Answer(question, values),
        ERROR => Message::Refusal(question, refusal(values)),
        KILLED => Message::Killed(number(values)?.0),
        _ => Message::Other,
    })
}

/// A tagged number and what follows it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, rest) = bytes.split_at_checked(5)?;
    (value[0] == Tag::U32 as u8).then(|| (word(&value[1..]), rest))
}

/// Why a question is refused. The recorder only tells what is not there from everything else.
fn refusal(values: &[u8]) -> PulseError {
    const NO_ENTITY: u32 = PulseError::NoEntity as u32;
    const ACCESS: u32 = PulseError::AccessDenied as u32;
    match number(values) {
        Some((NO_ENTITY, _)) => PulseError::NoEntity,
        Some((ACCESS, _)) => PulseError::AccessDenied,
        _ => PulseError::Unknown,
    }
}

/// Whether values are whole and within bounds. The decoder takes lengths and counts at their word.
pub(super) fn is_sound(mut values: &[u8]) -> bool {
    while let Some((tag, rest)) = values.split_first() {
        let size = match *tag {
            b't' => rest.iter().position(|byte| *byte == 0).map(|end| end + 1),
            b'N' | b'0' | b'1' | b'P' | b'f' => Some(0),
            b'B' => Some(1),
            b'L' | b'V' => Some(4),
            b'R' | b'r' | b'U' => Some(8),
            b'a' => Some(6),
            b'T' => rest.get(4..8).filter(|us| word(us) < 1_000_000).map(|_| 8),
            b'x' => rest
                .get(..4)
                .and_then(|n| (word(n) as usize).checked_add(4)),
            b'm' => rest
                .first()
                .filter(|n| **n <= CHANNELS)
                .map(|n| 1 + usize::from(*n)),
            b'v' => rest
                .first()
                .filter(|n| **n <= CHANNELS)
                .map(|n| 1 + 4 * usize::from(*n)),
            _ => None,
        };
        match size.and_then(|size| rest.get(size..)) {
            Some(next) => values = next,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(channel: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32).to_be_bytes().to_vec();
        bytes.extend(channel.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn messages_are_told_apart() {
        let refusal = [b'L', 0, 0, 0, 0, b'L', 0, 0, 0, 7, b'L', 0, 0, 0, 5];
        let killed = [
            b'L', 0, 0, 0, 65, b'L', 255, 255, 255, 255, b'L', 0, 0, 0, 3,
        ];
        let answer = [b'L', 0, 0, 0, 2, b'L', 0, 0, 0, 9, b'1'];
        let cases: [(u32, &[u8], Message); 6] = [
            (4, &[1, 2, 3], Message::Sound(4, &[1, 2, 3])),
            (CONTROL, &refusal, Message::Refusal(7, PulseError::NoEntity)),
            (CONTROL, &killed, Message::Killed(3)),
            (CONTROL, &answer, Message::Answer(9, b"1")),
            (CONTROL, &answer[..9], Message::Other),
            (CONTROL, &[], Message::Other),
        ];
        let mut body = Vec::new();
        for (channel, sent, expected) in cases {
            let bytes = message(channel, sent);
            assert_eq!(next(&mut &bytes[..], &mut body).unwrap(), expected);
            for cut in 0..bytes.len() {
                let error = next(&mut &bytes[..cut], &mut body).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    }

    #[test]
    fn a_length_that_no_server_sends_is_not_believed() {
        let mut bytes = message(4, &[]);
        bytes[..4].copy_from_slice(&(LONGEST + 1).to_be_bytes());
        let error = next(&mut &bytes[..], &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        // What is announced and does not come takes no memory.
        bytes[..4].copy_from_slice(&LONGEST.to_be_bytes());
        let mut body = Vec::new();
        assert!(next(&mut &bytes[..], &mut body).is_err());
        assert!(body.capacity() < 4_096);
    }

    #[test]
    fn values_beyond_their_bounds_are_unsound() {
        let sound: [&[u8]; 6] = [
            b"",
            b"tname\0N10B\x05L\0\0\0\x01",
            b"m\x02\x01\x02v\x01\0\0\0\x01V\0\0\0\x01",
            b"Ptkey\0L\0\0\0\x02x\0\0\0\x02v\0N",
            b"T\0\0\0\x01\0\x0f\x42\x3f",
            b"a\x05\x01\0\0\xbb\x80fB\x01PN",
        ];
        for values in sound {
            assert!(is_sound(values), "{values:?}");
        }
        let unsound: [&[u8]; 8] = [
            b"tno end",
            b"m\x21",
            b"v\x40",
            b"x\xff\xff\xff\xff",
            b"T\0\0\0\x01\xff\xff\xff\xff",
            b"L\0\0",
            b"?",
            b"Ptkey\0L\0\0\0\x09x\0\0\0\x09v\0N",
        ];
        for values in unsound {
            assert!(!is_sound(values), "{values:?}");
        }
    }
}
