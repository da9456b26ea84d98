//! Stretches of time put one after the other, for formats in which a lane holds one at a time.

/// A stretch of time and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot<T> {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after; later than `start_ms`.
    pub end_ms: u64,
    /// What belongs to it.
    pub what: T,
}

/// Orders stretches by their start and makes them disjoint, each at least `least_ms` (not 0) long:
/// one that reaches into the next ends where that begins, unless it would be left shorter than that;
/// then the next one begins later. Nothing is lost.
pub fn line_up<T>(mut slots: Vec<Slot<T>>, least_ms: u64) -> Vec<Slot<T>> {
    slots.sort_by_key(|slot| (slot.start_ms, slot.end_ms));
    let mut free_from = 0;
    for n in 0..slots.len() {
        let next = slots.get(n + 1).map(|next| next.start_ms);
        let slot = &mut slots[n];
        slot.start_ms = slot.start_ms.max(free_from);
        let least = slot.start_ms + least_ms;
        let until = next.map_or(slot.end_ms, |next| slot.end_ms.min(next));
        slot.end_ms = until.max(least);
        free_from = slot.end_ms;
    }
    slots
}

/// Fills a lane: the given slots in order and `None` between them, from 0 to `end_ms` or the end of
/// the last slot. The slots must be disjoint and sorted, as [`line_up`] makes them.
pub fn fill<T>(slots: Vec<Slot<T>>, end_ms: u64) -> Vec<Slot<Option<T>>> {
    let mut filled = Vec::with_capacity(slots.len() * 2 + 1);
    let mut at = 0;
    let gap = |start_ms, end_ms| Slot {
        start_ms,
        end_ms,
        what: None,
    };
    for slot in slots {
        if slot.start_ms > at {
            filled.push(gap(at, slot.start_ms));
        }
        at = slot.end_ms;
        filled.push(Slot {
            start_ms: slot.start_ms,
            end_ms: slot.end_ms,
            what: Some(slot.what),
        });
    }
    if at < end_ms {
        filled.push(gap(at, end_ms));
    }
    filled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(start_ms: u64, end_ms: u64) -> Slot<()> {
        Slot {
            start_ms,
            end_ms,
            what: (),
        }
    }

    #[test]
    fn a_stretch_gives_way_to_the_next_and_keeps_its_least_length() {
        let lined = line_up(vec![slot(0, 100), slot(40, 60), slot(41, 90)], 10);
        assert_eq!(lined, [slot(0, 40), slot(40, 50), slot(50, 90)]);
    }

    proptest! {
        #[test]
        fn lanes_hold_one_at_a_time_and_lose_nothing(
            spans in proptest::collection::vec((0_u64..5_000, 0_u64..900), 0..40),
            least in 1_u64..300,
        ) {
            let slots: Vec<Slot<usize>> = spans
                .iter()
                .enumerate()
                .map(|(what, &(start_ms, length))| Slot { start_ms, end_ms: start_ms + length, what })
                .collect();
            let lined = line_up(slots, least);
            let mut seen: Vec<usize> = lined.iter().map(|s| s.what).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..spans.len()).collect::<Vec<_>>());
            let mut at = 0;
            for slot in &lined {
                prop_assert!(slot.start_ms >= at && slot.end_ms >= slot.start_ms + least);
                at = slot.end_ms;
            }
            let filled = fill(lined, 10_000);
            let mut at = 0;
            for slot in &filled {
                prop_assert!(slot.start_ms == at && slot.end_ms > at);
                at = slot.end_ms;
            }
            prop_assert!(at >= 10_000);
        }
    }
}
