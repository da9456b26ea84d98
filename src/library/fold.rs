//! Text as it is looked for: words in small letters without accents, with one space between each two.
//!
//! Scripts that are written without spaces keep their characters side by side, so that any run of them
//! can be found; a space stands where such a script meets another.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A folded text: a space, the words, a space. Empty text is one space.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    walk(text, |c, _| folded.push(c));
    folded
}

/// The same with the place in `text`, in bytes, that each byte of the folded text stands for.
pub fn fold_mapped(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len() + 2);
    let mut places = Vec::with_capacity(text.len() + 2);
    walk(text, |c, place| {
        folded.push(c);
        places.resize(folded.len(), place);
    });
    (folded, places)
}

/// Whether a character belongs to a script that is written without spaces between words, or in which
/// what stands between spaces is more than a word.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{E00}'..='\u{EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Gives every character of the folded text with the place that it stands for.
fn walk(text: &str, mut put: impl FnMut(char, usize)) {
    put(' ', 0);
    let mut last = ' ';
    // What is left out goes first, so that the marks on both sides of it are put in order together.
    let mut characters = kept(text).peekable();
    while let Some((place, c)) = characters.next() {
        let mut give = |c: char| {
            let joins = c.is_alphanumeric() || is_combining_mark(c);
            let c = if joins { c } else { ' ' };
            let meets = last != ' ' && c != ' ' && is_unspaced(last) != is_unspaced(c);
            if meets && !is_combining_mark(c) {
                put(' ', place);
            }
            if c != ' ' || last != ' ' {
                put(c, place);
                last = c;
            }
        };
        if c.is_ascii() {
            give(c.to_ascii_lowercase());
            continue;
        }
        let mut cluster = String::from(c);
        while let Some((_, mark)) = characters.next_if(|(_, c)| is_combining_mark(*c)) {
            cluster.push(mark);
        }
        let bare: String = cluster.nfkd().filter(|c| !is_accent(*c)).collect();
        for c in bare.nfc().flat_map(char::to_lowercase) {
            match plain(c) {
                Some(letters) => letters.chars().for_each(&mut give),
                None => give(c),
            }
        }
    }
    if last != ' ' {
        put(' ', text.len());
    }
}

/// The characters that count, with their places: what is left out of a word leaves it one word (don't).
fn kept(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (place, c) = characters.next()?;
            let inside = c == '\'' && characters.peek().is_some_and(|(_, c)| c.is_alphanumeric());
            let silent = matches!(
                c,
                '\u{2019}' | '\u{2BC}' | '\u{AD}' | '\u{200B}'..='\u{200F}'
            );
            if !inside && !silent {
                return Some((place, c));
            }
        }
    })
}

/// Accents of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic. Marks of
/// other scripts tell words apart that have nothing to do with each other.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5BD}' | '\u{64B}'..='\u{65F}')
}

/// Letters that people type without their stroke, and that Unicode does not take apart.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        assert_eq!(fold("Żółw, CAFÉ—naïve!"), " zolw cafe naive ");
        assert_eq!(fold("cafe\u{301} Straße Ærø"), " cafe strasse aero ");
        assert_eq!(
            fold("don't don’t 'quoted' users'"),
            " dont dont quoted users "
        );
        assert_eq!(fold("1,200 anna@acme.com"), " 1 200 anna acme com ");
        assert_eq!([fold(""), fold(" -- ")], [" ", " "]);
        assert_eq!(fold("\u{1E000}'\u{16FF0}"), fold("\u{1E000}\u{16FF0}"));
    }

    #[test]
    fn scripts_without_spaces_stay_together_and_meet_others_with_a_space() {
        assert_eq!(fold("今日のZoom会議。"), " 今日の zoom 会議 ");
        assert_eq!(fold("がカ\u{3099}"), " がガ ");
        assert_eq!(fold("회의를"), " 회의를 ");
        assert_eq!(fold("क्या"), " क्या ");
    }

    #[test]
    fn places_lead_back_into_the_text() {
        let text = "Der Żółw, naïve";
        let (folded, places) = fold_mapped(text);
        let at = folded.find("zolw").expect("the word");
        assert_eq!(&text[places[at]..places[at + 4]], "Żółw");
        let at = folded.find("naive").expect("the word");
        assert_eq!(&text[places[at]..places[at + 5]], "naïve");
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing_and_places_are_in_order(text in "\\PC{0,40}") {
            let (folded, places) = fold_mapped(&text);
            prop_assert_eq!(&fold(&text), &folded);
            prop_assert_eq!(places.len(), folded.len());
            prop_assert!(places.is_sorted());
            prop_assert!(places.iter().all(|&at| text.is_char_boundary(at)));
            prop_assert!(folded.starts_with(' ') && folded.ends_with(' ') && !folded.contains("  "));
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
