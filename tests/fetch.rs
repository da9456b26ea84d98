//! Fetching models from a server that misbehaves in every way a server can.
#![cfg(feature = "fetch")]

#[path = "fetch/case.rs"]
mod case;
#[path = "fetch/server.rs"]
mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use case::{BYTES, Case, content, entry, files, options};
use server::{Reply, Server};
use verbatim::ErrorKind;
use verbatim::models::fetch::{FetchOptions, fetch};
use verbatim::models::{Entry, Outcome, Step};

#[test]
fn a_model_arrives_whole_and_is_not_fetched_twice() {
    let mut case = Case::new([Reply::Whole]);
    assert_eq!(case.fetch().unwrap().outcome, Outcome::Installed);
    case.assert_whole();
    assert_eq!(case.fetch().unwrap().outcome, Outcome::AlreadyThere);
    case.assert_whole();
    assert_eq!(case.server.ranges(), [None]);
    let request = case.server.request(0);
    assert!(
        request.starts_with("GET /ggml-sample.bin HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request
            .to_ascii_lowercase()
            .contains("accept-encoding: identity")
    );
}

#[test]
fn a_connection_that_ends_early_is_continued_where_it_ended() {
    let mut case = Case::new([Reply::Cut(200_000), Reply::Cut(100_000), Reply::Whole]);
    case.fetch().unwrap();
    case.assert_whole();
    let expected = [None, Some("bytes=200000-"), Some("bytes=300000-")];
    assert_eq!(case.server.ranges(), expected.map(|r| r.map(str::to_owned)));
    assert!(
        case.server
            .request(1)
            .to_ascii_lowercase()
            .contains("if-range: \"one\"")
    );
    assert_eq!((case.retries.len(), case.restarts.len()), (2, 0));
}

#[test]
fn a_connection_that_stalls_is_given_up_and_continued() {
    let mut case = Case::new([Reply::Stall(150_000), Reply::Whole]);
    let begun = Instant::now();
    case.fetch().unwrap();
    case.assert_whole();
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(case.server.ranges()[1].as_deref(), Some("bytes=150000-"));
    assert_eq!(case.retries.len(), 1, "{:?}", case.retries);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let mut case = Case::new([Reply::Mute]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("timeout"), "{line}");
    assert_eq!(case.server.ranges().len(), 4);
}

#[test]
fn a_server_without_ranges_sends_the_file_again() {
    let mut case = Case::new([Reply::Cut(200_000), Reply::NoRanges]);
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.server.ranges().len(), 2);
    assert_eq!(case.restarts.len(), 1);
}

#[test]
fn a_server_that_always_cuts_and_has_no_ranges_is_given_up() {
    let mut case = Case::new([Reply::CutNoRanges(650_000)]);
    case.failure(ErrorKind::Network);
    assert!(case.server.ranges().len() <= 4);
}

#[test]
fn a_server_that_only_sends_odd_parts_is_given_up() {
    let mut case = Case::new([Reply::OddPart]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("another part"), "{line}");
    assert!(case.server.ranges().len() <= 4);
}

#[test]
fn another_file_on_the_server_is_noticed_by_its_validator() {
    let mut case = Case::new([Reply::Cut(200_000), Reply::OtherEtag, Reply::OtherEtag]);
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.restarts.len(), 1, "{:?}", case.restarts);
}

#[test]
fn other_bytes_are_deleted_and_said() {
    let mut case = Case::new([Reply::OtherBytes]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("delivers another file"), "{line}");
    assert!(line.contains(&entry().sha256), "{line}");
    assert_eq!(case.files(), ["ggml-sample.bin.lock"]);
    assert_eq!(case.server.ranges().len(), 1);
}

#[test]
fn what_an_earlier_fetch_left_is_replaced_when_it_is_wrong() {
    let mut case = Case::new([Reply::Whole]);
    std::fs::write(case.path("ggml-sample.bin.part"), vec![7; 300_000]).unwrap();
    std::fs::write(case.path("ggml-sample.bin.part.etag"), "\"one\"\n").unwrap();
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.server.ranges()[0].as_deref(), Some("bytes=300000-"));
    assert_eq!(case.server.ranges()[1], None);
    assert_eq!(case.restarts.len(), 1);
}

#[test]
fn leftovers_that_are_too_long_or_damaged_do_no_harm() {
    let mut case = Case::new([Reply::Whole]);
    std::fs::write(case.path("ggml-sample.bin.part"), vec![7; BYTES + 1]).unwrap();
    std::fs::write(
        case.path("ggml-sample.bin.part.etag"),
        [0xff, 0xfe, 0x0a, 0x00],
    )
    .unwrap();
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.server.ranges(), [None]);
}

#[test]
fn a_complete_leftover_needs_no_connection() {
    let mut case = Case::new([Reply::Status(500)]);
    std::fs::write(case.path("ggml-sample.bin.part"), content()).unwrap();
    case.fetch().unwrap();
    case.assert_whole();
    assert!(case.server.ranges().is_empty());
}

#[test]
fn a_file_of_another_size_is_refused_before_it_is_stored() {
    for length in [BYTES - 1, BYTES + 1, 5] {
        let mut case = Case::new([Reply::OtherSize(length)]);
        let line = case.failure(ErrorKind::Network);
        assert!(line.contains(&format!("{length} bytes")), "{line}");
        assert_eq!(case.server.ranges().len(), 1);
    }
}

#[test]
fn a_body_without_a_length_may_be_neither_longer_nor_shorter() {
    let mut case = Case::new([Reply::Chunked(BYTES)]);
    case.fetch().unwrap();
    case.assert_whole();
    let mut case = Case::new([Reply::Chunked(BYTES + 1)]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("more bytes"), "{line}");
    assert_eq!(case.files(), ["ggml-sample.bin.lock"]);
    let mut case = Case::new([Reply::Chunked(BYTES / 2), Reply::Whole]);
    case.fetch().unwrap();
    case.assert_whole();
}

#[test]
fn a_missing_file_is_said_at_once() {
    let mut case = Case::new([Reply::Status(404)]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("no such file (HTTP 404)"), "{line}");
    assert!(line.contains("/ggml-sample.bin"), "{line}");
    assert_eq!(case.server.ranges().len(), 1);
}

#[test]
fn a_range_that_cannot_be_satisfied_starts_over() {
    let mut case = Case::new([Reply::Cut(200_000), Reply::Status(416), Reply::Whole]);
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.server.ranges()[2], None);
}

#[test]
fn a_busy_server_is_asked_again_and_given_up_in_the_end() {
    let mut case = Case::new([Reply::Status(503), Reply::Status(429), Reply::Whole]);
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.retries.len(), 2);

    let mut case = Case::new([Reply::Cut(400_000), Reply::Status(503)]);
    let line = case.failure(ErrorKind::Network);
    assert_eq!(case.server.ranges().len(), 4);
    let url = format!("{}/ggml-sample.bin", case.server.base_url());
    for part in [
        "HTTP 503",
        &url,
        &entry().sha256,
        "verbatim models import ggml-sample.bin",
    ] {
        assert!(line.contains(part), "{part} is missing in: {line}");
    }
    let left = std::fs::read(case.path("ggml-sample.bin.part")).unwrap();
    assert!(left == content()[..400_000]);
}

#[test]
fn redirects_are_followed_with_the_range() {
    let store = Server::start(content(), [Reply::Cut(250_000), Reply::Whole]);
    let target = format!("{}/store/sample", store.base_url());
    let mut case = Case::new([Reply::Redirect(target)]);
    case.fetch().unwrap();
    case.assert_whole();
    let expected = [None, Some("bytes=250000-".to_owned())];
    assert_eq!(store.ranges(), expected);
}

#[test]
fn a_circle_of_redirects_is_refused() {
    let mut case = Case::new([Reply::Redirect("/ggml-sample.bin".to_owned())]);
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("redirects"), "{line}");
    assert!(case.server.ranges().len() <= 12);
}

#[test]
fn a_machine_without_a_connection_says_how_to_do_without() {
    let mut case = Case::new([]);
    case.server.close();
    let line = case.failure(ErrorKind::Network);
    assert!(line.contains("download http://127.0.0.1"), "{line}");
    assert!(line.contains("verbatim models import"), "{line}");
    assert_eq!(case.retries.len(), 1);
    assert_eq!(case.files(), ["ggml-sample.bin.lock"]);
}

#[test]
fn a_damaged_file_under_the_final_name_is_replaced() {
    let mut case = Case::new([Reply::Whole]);
    let mut damaged = content();
    damaged[BYTES / 2] ^= 1;
    std::fs::write(case.path("ggml-sample.bin"), damaged).unwrap();
    assert_eq!(case.fetch().unwrap().outcome, Outcome::Installed);
    case.assert_whole();
}

#[test]
fn more_than_the_disk_holds_is_not_begun() {
    let mut case = Case::new([Reply::Whole]);
    let huge = Entry {
        bytes: u64::MAX / 4,
        ..entry()
    };
    if cfg!(unix) {
        let error = case.fetch_entry(&huge).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disk, "{error}");
        assert!(case.server.ranges().is_empty());
    }
}

#[test]
fn fetches_of_one_model_at_the_same_time_take_turns() {
    let server = Server::start(content(), [Reply::Slow(Duration::from_millis(300))]);
    let dir = tempfile::tempdir().unwrap();
    let waited = AtomicU64::new(0);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let one = || {
            let mut progress = |step: Step| {
                if step == Step::Waiting {
                    waited.fetch_add(1, Ordering::Relaxed);
                }
            };
            let options = options(server.base_url());
            fetch(&entry(), dir.path(), &options, &mut progress)
                .unwrap()
                .outcome
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let installed = |outcome: &&Outcome| **outcome == Outcome::Installed;
    assert_eq!(outcomes.iter().filter(installed).count(), 1);
    assert!(waited.load(Ordering::Relaxed) >= 1);
    assert_eq!(server.ranges(), [None]);
    assert!(std::fs::read(dir.path().join("ggml-sample.bin")).unwrap() == content());
    assert_eq!(files(dir.path()), ["ggml-sample.bin"]);
}

/// Set for the process that the test below starts and kills: folder and address.
const CHILD: &str = "VERBATIM_TEST_FETCH_CHILD";

#[test]
fn a_killed_fetch_is_continued_by_the_next() {
    if let Some(child) = std::env::var_os(CHILD) {
        let child = child.into_string().unwrap();
        let (folder, base_url) = child.split_once('|').unwrap();
        let patient = FetchOptions {
            stall_timeout: Duration::from_secs(60),
            ..options(base_url.to_owned())
        };
        fetch(&entry(), Path::new(folder), &patient, &mut |_| {}).unwrap();
        return;
    }
    let mut case = Case::new([Reply::Stall(333_333), Reply::Whole]);
    let part = case.path("ggml-sample.bin.part");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_fetch_is_continued_by_the_next"])
        .env(
            CHILD,
            format!("{}|{}", case.dir.path().display(), case.server.base_url()),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::fs::metadata(&part).map_or(0, |meta| meta.len()) < 333_333 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the child does not fetch"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!case.path("ggml-sample.bin").exists());
    case.fetch().unwrap();
    case.assert_whole();
    assert_eq!(case.server.ranges()[1].as_deref(), Some("bytes=333333-"));
}
