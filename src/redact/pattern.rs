//! Addresses and numbers, known by their form.

use std::ops::Range;

/// Digits that a telephone number has.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Digits as they are read out.
const SPOKEN_DIGITS: [&str; 12] = [
    "zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// Number words; "one" is said of too much else.
const NUMBER_WORDS: [&str; 29] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
];

/// A word with its place in the text; punctuation around it is left out.
struct Word<'a> {
    place: Range<usize>,
    text: &'a str,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut from = 0;
    for piece in text.split_whitespace() {
        let at = from + text[from..].find(piece).unwrap_or_default();
        from = at + piece.len();
        let head = piece.len()
            - piece
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .len();
        let inner = piece.trim_matches(|c: char| !c.is_alphanumeric());
        if !inner.is_empty() {
            let place = at + head..at + head + inner.len();
            words.push(Word { place, text: inner });
        }
    }
    words
}

/// E-mail addresses, written or read out ("anna at acme dot com").
pub(super) fn emails(text: &str) -> Vec<Range<usize>> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().rev().take_while(|c| is_name(*c));
        let start = at - before.map(char::len_utf8).sum::<usize>();
        let after = text[at + 1..].chars().take_while(|c| is_name(*c));
        let host = &text[at + 1..at + 1 + after.map(char::len_utf8).sum::<usize>()];
        let host = host.trim_end_matches(['.', '-', '_', '%', '+']);
        if start < at && host.contains('.') {
            found.push(start..at + 1 + host.len());
        }
    }
    let words = words(text);
    let is = |n: usize, word: &str| {
        words
            .get(n)
            .is_some_and(|w| w.text.eq_ignore_ascii_case(word))
    };
    let dotted = |n: usize| words.get(n).is_some_and(|w| w.text.contains('.'));
    for at in 1..words.len() {
        if !is(at, "at") || !(is(at + 2, "dot") || dotted(at + 1)) {
            continue;
        }
        let mut last = at + 1;
        while is(last + 1, "dot") && last + 2 < words.len() {
            last += 2;
        }
        let mut first = at - 1;
        while first >= 2 && is(first - 1, "dot") {
            first -= 2;
        }
        // "at 2.30" is a time; the end of an address is letters.
        let ends = words[last].text.chars().next_back();
        if last < words.len() && ends.is_some_and(char::is_alphabetic) {
            found.push(words[first].place.start..words[last].place.end);
        }
    }
    found
}

/// Telephone numbers, in digits or read out digit by digit.
pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let joins =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+');
    let mut from = 0;
    while let Some(start) = text[from..].find(|c: char| c.is_ascii_digit() || c == '+' || c == '(')
    {
        let start = from + start;
        let run = text[start..].chars().take_while(|c| joins(*c));
        let end = start + run.map(char::len_utf8).sum::<usize>();
        let run = text[start..end].trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits = run.chars().filter(char::is_ascii_digit).count();
        if PHONE_DIGITS.contains(&digits)
            && !is_date(run)
            && !is_sum(text, start, start + run.len())
        {
            found.push(start..start + run.len());
        }
        from = end.max(start + 1);
    }
    let words = words(text);
    let is_digit = |word: &Word<'_>| {
        let spoken = SPOKEN_DIGITS
            .iter()
            .any(|d| word.text.eq_ignore_ascii_case(d));
        spoken || (word.text.len() <= 4 && word.text.chars().all(|c| c.is_ascii_digit()))
    };
    for run in words.chunk_by(|a, b| is_digit(a) == is_digit(b)) {
        let digits: usize = run
            .iter()
            .map(|w| match w.text.starts_with(|c: char| c.is_ascii_digit()) {
                true => w.text.len(),
                false => 1,
            })
            .sum();
        let place = run[0].place.start..run[run.len() - 1].place.end;
        // What is written like a number has been found above.
        let known = |other: &Range<usize>| other.start < place.end && place.start < other.end;
        if is_digit(&run[0]) && PHONE_DIGITS.contains(&digits) && !found.iter().any(known) {
            found.push(place);
        }
    }
    found
}

/// `2026-11-22` is a day.
fn is_date(run: &str) -> bool {
    let mut parts = run.split('-').map(str::len);
    (parts.next(), parts.next(), parts.next(), parts.next()) == (Some(4), Some(2), Some(2), None)
}

/// `1,234,567 8` goes on with a comma: it is a sum.
fn is_sum(text: &str, start: usize, end: usize) -> bool {
    let next = text[end..].chars().next();
    text[..start].ends_with(',')
        || (next == Some(',') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit()))
}

/// Numbers in digits, and in English words.
pub(super) fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words(text) {
        let digits = word.text.chars().any(|c| c.is_numeric());
        let parts = || word.text.split('-');
        let spelled = |part: &str| NUMBER_WORDS.iter().any(|n| part.eq_ignore_ascii_case(n));
        if !digits && !parts().any(spelled) {
            continue;
        }
        match found.last_mut() {
            // "thirteen hundred" is one number.
            Some(last)
                if text[last.end..word.place.start]
                    .chars()
                    .all(char::is_whitespace) =>
            {
                last.end = word.place.end;
            }
            _ => found.push(word.place),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(find: fn(&str) -> Vec<Range<usize>>, text: &str) -> Vec<&str> {
        find(text).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn addresses_are_found_written_and_read_out() {
        let text = "Mail anna.k@acme.co.uk, or <b_n@x.org>. I am @home at 2.30.";
        assert_eq!(all(emails, text), ["anna.k@acme.co.uk", "b_n@x.org"]);
        let spoken = "It is anna dot kovacs at acme dot co dot uk, and we met at noon.";
        assert_eq!(
            all(emails, spoken),
            ["anna dot kovacs at acme dot co dot uk"]
        );
        assert_eq!(
            all(emails, "write to Anna at acme.com."),
            ["Anna at acme.com"]
        );
        assert_eq!(all(emails, "at dot"), [""; 0]);
    }

    #[test]
    fn telephone_numbers_are_neither_days_nor_sums() {
        let text =
            "Call +36 30 123 4567 or (555) 010-9999, not before 2026-11-22, for 1,234,567 forints.";
        assert_eq!(all(phones, text), ["+36 30 123 4567", "(555) 010-9999"]);
        let spoken = "It's five five five, oh one three 4. One two three.";
        assert_eq!(
            all(phones, spoken),
            ["five five five, oh one three 4. One two three"]
        );
        assert_eq!(all(phones, "about 13 hours in 2024"), [""; 0]);
    }

    #[test]
    fn numbers_are_digits_and_words() {
        let text = "Thirteen hundred of 1,200 or twenty-five; one of them, 3rd.";
        assert_eq!(
            all(numbers, text),
            ["Thirteen hundred", "1,200", "twenty-five", "3rd"]
        );
    }
}
