//! A machine on paper: calls with scripted speech, decodes that take a scripted time.

use proptest::prelude::*;

use super::*;

/// What came of a call on paper.
#[derive(Debug, Default)]
struct Outcome {
    finals: Vec<String>,
    looks: usize,
    busy_ms: u64,
    last_ms: u64,
}

/// Which of the utterances of a window have to be decoded again on paper: every third.
fn doubted(job: &Job) -> Came {
    let places = 0..job.utterances.len();
    let third = |at: &usize| job.utterances[*at].span.start.ms().is_multiple_of(3);
    match job.utterances.len() {
        1 => Came::Text,
        _ => Came::Again(places.filter(third).collect()),
    }
}

/// Runs a call of two speakers through a scheduler; a decode of `n` seconds of sound takes `fixed_ms`
/// and `per_second_ms` for each of them.
fn call(
    options: ScheduleOptions,
    spoken: &[(Track, u64, u64)],
    (fixed_ms, per_second_ms): (u64, u64),
) -> Outcome {
    let mut scheduler = Scheduler::new(options);
    let mut outcome = Outcome::default();
    let mut until = None;
    let mut came = Came::Text;
    let end = spoken.iter().map(|&(_, _, end)| end).max().unwrap_or(0) + 500;
    let mut at = 0;
    loop {
        for (k, &(track, start, stop)) in spoken.iter().enumerate() {
            let whole = utterance(k as u32 + 1, track, start, stop);
            if (start + 200..stop).contains(&at) {
                scheduler.open(utterance(k as u32 + 1, track, start, at));
            } else if at == stop + 200 {
                scheduler.pause(whole);
            } else if at == stop + 400 && scheduler.end(whole.clone(), ms(at)) == Ended::Ready {
                outcome.finals.push(whole.id);
            }
        }
        if until.is_some_and(|until| at >= until) {
            until = None;
            let job = scheduler
                .done(ms(at), ms(fixed_ms), &came)
                .expect("it runs");
            let again: &[usize] = match &came {
                Came::Again(places) => places,
                _ => &[],
            };
            if job.purpose == Purpose::Final {
                let utterances = job.utterances.into_iter().enumerate();
                let told = utterances.filter(|(place, _)| !again.contains(place));
                outcome
                    .finals
                    .extend(told.map(|(_, utterance)| utterance.id));
            }
        }
        if until.is_none()
            && let Some(job) = scheduler.next(ms(at))
        {
            outcome.looks += usize::from(job.purpose == Purpose::Look);
            came = doubted(&job);
            let sound: u64 = job.utterances.iter().map(|u| u.audio.ms()).sum();
            let took = (fixed_ms + per_second_ms * sound / 1_000).max(1);
            until = Some(at + took);
            outcome.busy_ms += took;
        }
        if at > end && until.is_none() && scheduler.waiting(ms(at)).utterances == 0 {
            outcome.last_ms = at;
            return outcome;
        }
        assert!(at < 4 * 3_600_000, "the scheduler does not come to an end");
        at += 50;
    }
}

/// Speech of two people: pauses and lengths in units of 50 ms.
fn speech() -> impl Strategy<Value = Vec<(Track, u64, u64)>> {
    let side = |track| {
        prop::collection::vec((10u64..60, 6u64..200), 0..12).prop_map(move |parts| {
            let mut at = 0;
            parts
                .into_iter()
                .map(|(wait, length)| {
                    let start = at + wait * 50;
                    at = start + length * 50;
                    (track, start, at)
                })
                .collect::<Vec<_>>()
        })
    };
    (side(Track::Mic), side(Track::System)).prop_map(|(mut a, b)| {
        a.extend(b);
        a
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_utterance_gets_its_text_once_however_slow_the_machine(
        spoken in speech(),
        cost in (1u64..6_000, 0u64..500),
        budget in prop::option::of(0.05f64..2.0),
    ) {
        let options = ScheduleOptions { budget: budget.map(Budget::new), ..options() };
        let mut outcome = call(options, &spoken, cost);
        outcome.finals.sort();
        let mut ids: Vec<String> = (1..=spoken.len()).map(|k| format!("u{k:04}")).collect();
        ids.sort();
        prop_assert_eq!(outcome.finals, ids);
    }
}

#[test]
fn looks_go_first_when_the_machine_is_slow() {
    let spoken: Vec<(Track, u64, u64)> = (0..10)
        .map(|k| (Track::Mic, k * 6_000 + 1_000, k * 6_000 + 6_000))
        .collect();
    let quick = call(options(), &spoken, (100, 20));
    assert!(quick.looks >= 60, "{quick:?}");
    assert!(quick.last_ms < 62_000, "{quick:?}");
    let slow = call(options(), &spoken, (5_500, 0));
    assert!(slow.looks <= 12, "{slow:?}");
    assert!(slow.last_ms < 75_000, "{slow:?}");
}

#[test]
fn a_budget_is_kept() {
    let spoken: Vec<(Track, u64, u64)> = (0..30)
        .map(|k| (Track::Mic, k * 4_000 + 500, k * 4_000 + 3_900))
        .collect();
    let free = call(options(), &spoken, (400, 0));
    let tight = ScheduleOptions {
        budget: Some(Budget::new(0.2)),
        ..options()
    };
    let kept = call(tight, &spoken, (400, 0));
    let share = |outcome: &Outcome| outcome.busy_ms as f64 / outcome.last_ms as f64;
    assert!(share(&free) > 0.3, "{free:?}");
    assert!(share(&kept) < 0.22, "{kept:?}");
}
