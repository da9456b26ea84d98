//! What a scheduler hands out next, step by step.

mod calls;

use super::*;

fn options() -> ScheduleOptions {
    ScheduleOptions::default()
}

fn utterance(id: u32, track: Track, start_ms: u64, end_ms: u64) -> Utterance {
    Utterance {
        id: format!("u{id:04}"),
        track,
        span: Span::from_ms(start_ms, end_ms),
        audio: Span::from_ms(start_ms.saturating_sub(400), end_ms),
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn purpose(job: Option<Job>) -> Option<Purpose> {
    job.map(|job| job.purpose)
}

#[test]
fn what_is_over_goes_before_what_is_open() {
    let mut scheduler = Scheduler::new(options());
    scheduler.open(utterance(1, Track::Mic, 1_000, 3_000));
    scheduler.open(utterance(2, Track::System, 2_000, 3_000));
    scheduler.end(utterance(1, Track::Mic, 1_000, 3_200), ms(3_600));
    assert_eq!(purpose(scheduler.next(ms(3_600))), Some(Purpose::Final));
    assert_eq!(scheduler.next(ms(3_600)), None, "one decode at a time");
    scheduler.done(ms(3_700), ms(100), &Came::Text);
    assert_eq!(purpose(scheduler.next(ms(3_700))), Some(Purpose::Look));
}

#[test]
fn the_newest_look_replaces_the_older() {
    let mut scheduler = Scheduler::new(options());
    scheduler.open(utterance(1, Track::Mic, 1_000, 2_000));
    scheduler.open(utterance(1, Track::Mic, 1_000, 2_500));
    let job = scheduler.next(ms(2_500)).expect("a look");
    assert_eq!(job.utterances[0].span, Span::from_ms(1_000, 2_500));
    scheduler.done(ms(2_600), ms(100), &Came::Text);
    assert_eq!(scheduler.next(ms(2_600)), None, "nothing more was heard");
}

#[test]
fn the_text_of_a_pause_holds_if_nobody_speaks_on() {
    let mut scheduler = Scheduler::new(options());
    let whole = utterance(1, Track::Mic, 1_000, 2_000);
    scheduler.open(whole.clone());
    scheduler.pause(whole.clone());
    assert_eq!(purpose(scheduler.next(ms(2_200))), Some(Purpose::Early));
    scheduler.done(ms(2_300), ms(100), &Came::Text);
    assert_eq!(scheduler.end(whole.clone(), ms(2_400)), Ended::Ready);
    assert_eq!(scheduler.waiting(ms(2_400)), Waiting::default());

    scheduler.open(whole.clone());
    scheduler.pause(whole.clone());
    scheduler.next(ms(3_000));
    assert_eq!(scheduler.end(whole, ms(3_100)), Ended::Running);
    assert_eq!(scheduler.waiting(ms(3_100)).utterances, 1);
    assert_eq!(
        purpose(scheduler.done(ms(3_200), ms(100), &Came::Text)),
        Some(Purpose::Final)
    );
}

#[test]
fn the_text_of_a_pause_is_void_if_somebody_speaks_on() {
    let mut scheduler = Scheduler::new(options());
    let pause = utterance(1, Track::Mic, 1_000, 2_000);
    scheduler.open(pause.clone());
    scheduler.pause(pause);
    assert_eq!(purpose(scheduler.next(ms(2_200))), Some(Purpose::Early));
    scheduler.open(utterance(1, Track::Mic, 1_000, 2_400));
    assert_eq!(
        purpose(scheduler.done(ms(2_500), ms(300), &Came::Text)),
        Some(Purpose::Early)
    );
    let whole = utterance(1, Track::Mic, 1_000, 3_000);
    assert_eq!(scheduler.end(whole, ms(3_400)), Ended::Queued);
}

#[test]
fn slow_machines_begin_nothing_in_vain() {
    let mut scheduler = Scheduler::new(options());
    scheduler.end(utterance(1, Track::Mic, 0, 1_000), ms(1_400));
    scheduler.next(ms(1_400));
    scheduler.done(ms(5_400), ms(4_000), &Came::Text);
    scheduler.open(utterance(2, Track::Mic, 5_000, 6_000));
    scheduler.pause(utterance(2, Track::Mic, 5_000, 6_000));
    assert_eq!(scheduler.next(ms(6_200)), None);
}

#[test]
fn what_fell_behind_waits_for_newer_ones_and_goes_together() {
    let mut scheduler = Scheduler::new(options());
    for id in 1..=4 {
        let start = 1_000 * u64::from(id);
        scheduler.end(utterance(id, Track::Mic, start, start + 500), ms(5_000));
    }
    scheduler.end(utterance(5, Track::System, 12_000, 13_000), ms(13_400));
    let first = scheduler.next(ms(13_400)).expect("a job");
    assert_eq!(first.utterances[0].id, "u0005");
    assert_eq!(scheduler.waiting(ms(14_000)).behind_ms, 9_000);
    scheduler.done(ms(14_000), ms(100), &Came::Text);
    let late = scheduler.next(ms(14_000)).expect("a job");
    assert_eq!(late.purpose, Purpose::Final);
    assert_eq!(late.utterances.len(), 4);
}

/// How many utterances each of the next decodes of late speech takes, of which `again` have to be
/// decoded once more.
fn late_jobs(scheduler: &mut Scheduler, jobs: usize, again: impl Fn(usize) -> usize) -> Vec<usize> {
    let job = |n| {
        let job = scheduler.next(ms(100_000 + n)).expect("a job");
        let count = job.utterances.len();
        let came = match again(count) {
            0 => Came::Text,
            again => Came::Again((0..again).collect()),
        };
        scheduler.done(ms(100_000 + n), ms(100), &came);
        for n in 0..again(count) {
            let alone = scheduler.next(ms(100_000)).expect("a job");
            assert_eq!(alone.utterances, job.utterances[n..=n]);
            scheduler.done(ms(100_000), ms(100), &Came::Text);
        }
        count
    };
    (0..jobs as u64).map(job).collect()
}

fn much_late_speech(window_ms: u32) -> Scheduler {
    let mut scheduler = Scheduler::new(ScheduleOptions {
        window_ms,
        ..options()
    });
    for id in 1..=80 {
        let start = 2_000 * u64::from(id);
        scheduler.end(utterance(id, Track::Mic, start, start + 1_600), ms(50_000));
    }
    scheduler
}

#[test]
fn utterances_are_decoded_together_as_long_as_that_keeps_their_text() {
    let mut sound = much_late_speech(28_000);
    assert_eq!(late_jobs(&mut sound, 3, |_| 0), [9, 9, 9]);
    let mut lost = much_late_speech(28_000);
    let counts = late_jobs(&mut lost, 12, |count| if count > 1 { count } else { 0 });
    assert_eq!(counts[..4], [9, 4, 2, 1], "{counts:?}");
    let vain: usize = counts[4..].iter().filter(|&&count| count > 1).sum();
    assert!(
        vain > 0 && vain <= 4,
        "several are tried together now and then: {counts:?}"
    );
    let mut short = much_late_speech(28_000);
    let counts = late_jobs(&mut short, 8, |count| if count > 4 { count } else { 0 });
    assert_eq!(counts[..2], [9, 4], "{counts:?}");
    assert!(counts[2..].iter().sum::<usize>() >= 4 * 6 - 4, "{counts:?}");
}

#[test]
fn what_has_to_be_decoded_again_waits_for_newer_ones() {
    let mut scheduler = much_late_speech(28_000);
    let window = scheduler.next(ms(60_000)).expect("a job");
    assert_eq!(window.utterances.len(), 9);
    assert_eq!(scheduler.waiting(ms(60_500)).behind_ms, 10_500);
    scheduler.end(utterance(81, Track::System, 58_000, 60_000), ms(60_400));
    scheduler.open(utterance(82, Track::Mic, 58_000, 60_000));
    scheduler.done(ms(61_000), ms(1_000), &Came::Again(vec![3, 7]));
    let waiting = scheduler.waiting(ms(61_000));
    assert_eq!(
        (waiting.utterances, waiting.behind_ms),
        (80 - 9 + 2 + 1, 11_000)
    );

    let mut order = Vec::new();
    for at in 61..64 {
        let job = scheduler.next(ms(at * 1_000)).expect("a job");
        assert_eq!(job.purpose, Purpose::Final);
        order.push(job.utterances[0].id.clone());
        assert_eq!(job.utterances.len(), 1);
        scheduler.done(ms(at * 1_000 + 500), ms(500), &Came::Text);
    }
    assert_eq!(order, ["u0081", "u0004", "u0008"]);
    let next = scheduler.next(ms(65_000)).expect("a job");
    assert_eq!(next.utterances[0].id, "u0010");
    assert_eq!(next.utterances.len(), 9, "the window is as long as before");
}

#[test]
fn what_has_to_be_decoded_again_is_paid_from_the_budget_each_time() {
    let mut scheduler = Scheduler::new(ScheduleOptions {
        budget: Some(Budget::new(0.5)),
        ..options()
    });
    for id in 1..=5 {
        let start = 2_000 * u64::from(id);
        scheduler.end(utterance(id, Track::Mic, start, start + 1_000), ms(12_000));
    }
    let (mut at, mut busy) = (30_000, 0);
    let begun = at;
    let mut decodes = 0;
    while scheduler.waiting(ms(at)).utterances > 0 {
        if let Some(job) = scheduler.next(ms(at)) {
            let came = match job.utterances.len() {
                1 => Came::Text,
                count => Came::Again((0..count).collect()),
            };
            at += 2_000;
            busy += 2_000;
            decodes += 1;
            scheduler.done(ms(at), ms(2_000), &came);
            let over = busy as i64 - (at - begun) as i64 / 2;
            assert!(over <= 3_000, "{over} ms more than the budget at {at}");
        }
        at += 50;
    }
    assert_eq!(decodes, 6);
}

#[test]
fn what_waits_to_be_decoded_again_is_given_up_with_the_rest() {
    let mut scheduler = much_late_speech(28_000);
    scheduler.next(ms(60_000));
    scheduler.done(ms(61_000), ms(1_000), &Came::Again(vec![0, 8]));
    scheduler.next(ms(61_000));
    let given_up: Vec<String> = scheduler.abandon().into_iter().map(|u| u.id).collect();
    assert_eq!(given_up[..3], ["u0001", "u0009", "u0010"]);
    assert_eq!(given_up.len(), 80 - 9 + 2);
}

#[test]
fn a_model_that_needs_as_long_for_each_is_given_each() {
    let mut scheduler = much_late_speech(0);
    assert_eq!(late_jobs(&mut scheduler, 4, |_| 0), [1; 4]);
}

#[test]
fn giving_up_returns_everything_that_has_no_text() {
    let mut scheduler = Scheduler::new(options());
    for id in 1..=3 {
        scheduler.end(utterance(id, Track::Mic, 0, 500), ms(1_000));
    }
    scheduler.next(ms(1_000));
    scheduler.next(ms(1_000));
    let ids: Vec<String> = scheduler.abandon().into_iter().map(|u| u.id).collect();
    assert_eq!(ids, ["u0001", "u0002", "u0003"]);
}
