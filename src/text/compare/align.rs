//! The cheapest way from one list of words to another, in memory that grows with their length only.

/// Cells of a table that is filled as a whole, a byte each.
const TABLE: usize = 1 << 22;

/// The pairs of equal words, in order, on a way from `a` to `b` with the fewest words put in, left out
/// or replaced, each counted once.
///
/// Between two pairs that follow each other the way replaces as many words as both sides have there.
pub(in crate::text) fn pairs(a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    find((a, 0), (b, 0), &mut pairs);
    pairs
}

/// A piece of a list, and where it begins in the whole.
type Piece<'a> = (&'a [u32], usize);

/// Splits the table in the middle of `a` until what is left fits [`TABLE`] (Hirschberg).
fn find(
    (mut a, mut at_a): Piece<'_>,
    (mut b, mut at_b): Piece<'_>,
    pairs: &mut Vec<(usize, usize)>,
) {
    // Equal words at an end are on a cheapest way, whatever lies between.
    while let (Some(x), Some(y)) = (a.first(), b.first())
        && x == y
    {
        pairs.push((at_a, at_b));
        (a, b) = (&a[1..], &b[1..]);
        (at_a, at_b) = (at_a + 1, at_b + 1);
    }
    let mut ends = 0;
    while let (Some(x), Some(y)) = (a.last(), b.last())
        && x == y
    {
        ends += 1;
        (a, b) = (&a[..a.len() - 1], &b[..b.len() - 1]);
    }
    if a.len() < 2 || (a.len() + 1) * (b.len() + 1) <= TABLE {
        whole_table((a, at_a), (b, at_b), pairs);
    } else {
        let middle = a.len() / 2;
        let split = cheapest_split(a, b, middle);
        find((&a[..middle], at_a), (&b[..split], at_b), pairs);
        find(
            (&a[middle..], at_a + middle),
            (&b[split..], at_b + split),
            pairs,
        );
    }
    let (end_a, end_b) = (at_a + a.len(), at_b + b.len());
    pairs.extend((0..ends).map(|k| (end_a + k, end_b + k)));
}

/// Where a cheapest way crosses the middle of `a`.
fn cheapest_split(a: &[u32], b: &[u32], middle: usize) -> usize {
    let forward = costs(a[..middle].iter(), b.iter());
    let backward = costs(a[middle..].iter().rev(), b.iter().rev());
    let cost = |split: usize| forward[split] + backward[b.len() - split];
    (0..=b.len()).min_by_key(|&split| cost(split)).unwrap_or(0)
}

/// Edits from all of `a` to each beginning of `b`.
fn costs<'a>(
    a: impl Iterator<Item = &'a u32>,
    b: impl ExactSizeIterator<Item = &'a u32> + Clone,
) -> Vec<u32> {
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for (i, word) in (0_u32..).zip(a) {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.clone().enumerate() {
            let replaced = diagonal + u32::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row
}

/// The last step of a way into a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Both,
    OnlyA,
    OnlyB,
}

fn whole_table((a, at_a): Piece<'_>, (b, at_b): Piece<'_>, pairs: &mut Vec<(usize, usize)>) {
    let width = b.len() + 1;
    let mut steps = vec![Step::OnlyB; width];
    let mut row: Vec<u32> = (0..width as u32).collect();
    for (i, word) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u32 + 1;
        steps.push(Step::OnlyA);
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + u32::from(word != other);
            let (only_a, only_b) = (row[j + 1] + 1, row[j] + 1);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(only_a).min(only_b);
            steps.push(match row[j + 1] {
                cost if cost == replaced => Step::Both,
                cost if cost == only_a => Step::OnlyA,
                _ => Step::OnlyB,
            });
        }
    }
    let (mut i, mut j) = (a.len(), b.len());
    let first = pairs.len();
    while i > 0 || j > 0 {
        match steps[i * width + j] {
            Step::Both => {
                (i, j) = (i - 1, j - 1);
                if a[i] == b[j] {
                    pairs.push((at_a + i, at_b + j));
                }
            }
            Step::OnlyA => i -= 1,
            Step::OnlyB => j -= 1,
        }
    }
    pairs[first..].reverse();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Edits of the way that the pairs describe.
    fn edits(a: &[u32], b: &[u32], pairs: &[(usize, usize)]) -> usize {
        let (mut i, mut j, mut edits) = (0, 0, 0);
        for &(next_i, next_j) in pairs.iter().chain([&(a.len(), b.len())]) {
            edits += (next_i - i).max(next_j - j);
            (i, j) = (next_i + 1, next_j + 1);
        }
        edits
    }

    /// The number of edits by its definition.
    fn distance(a: &[u32], b: &[u32]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([x, a_rest @ ..], [y, b_rest @ ..]) if x == y => distance(a_rest, b_rest),
            ([_, a_rest @ ..], [_, b_rest @ ..]) => {
                1 + distance(a_rest, b_rest)
                    .min(distance(a_rest, b))
                    .min(distance(a, b_rest))
            }
        }
    }

    proptest! {
        #[test]
        fn the_way_is_a_cheapest_one(
            a in proptest::collection::vec(0_u32..4, 0..9),
            b in proptest::collection::vec(0_u32..4, 0..9),
        ) {
            let pairs = pairs(&a, &b);
            prop_assert!(pairs.iter().all(|&(i, j)| a[i] == b[j]));
            prop_assert!(pairs.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1));
            prop_assert_eq!(edits(&a, &b, &pairs), distance(&a, &b));
        }

    }

    proptest! {
        // A table of each case has five million cells.
        #![proptest_config(ProptestConfig::with_cases(6))]

        #[test]
        fn long_lists_are_split_without_loss(
            a in proptest::collection::vec(0_u32..50, 2_300..2_400),
            b in proptest::collection::vec(0_u32..50, 2_300..2_400),
        ) {
            let pairs = pairs(&a, &b);
            let least = *costs(a.iter(), b.iter()).last().unwrap() as usize;
            prop_assert_eq!(edits(&a, &b, &pairs), least);
        }
    }
}
