//! Words as they are compared: letters and digits alone, in small letters, number words as digits.

/// English number words up to a hundred; a recogniser writes either.
const NUMBERS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
    ("hundred", "100"),
];

/// A word's letters and digits in small letters; a number in digits as its word, so that "13" and
/// "thirteen" are the same, and near to "thirty".
pub fn letters(word: &str) -> Vec<char> {
    let plain: String = word
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let spelled = NUMBERS.iter().find(|(_, digits)| *digits == plain);
    spelled
        .map_or(plain.as_str(), |(word, _)| word)
        .chars()
        .collect()
}
