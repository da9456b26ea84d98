//! `verbatim doctor` plays a tone through a real audio server, and listens.

use super::support::audio_server::AudioServer;
use super::support::program::{run, stdout, verbatim};

/// What the doctor says about the tone, and its exit code.
fn tone(server: &AudioServer, more: &[&str]) -> (Option<String>, Option<i32>) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = verbatim(dir.path());
    server.serve(&mut command);
    let output = run(command.arg("doctor").args(more));
    let told = stdout(&output);
    let line = told.lines().find(|line| line.contains("test tone"));
    (line.map(str::to_owned), output.status.code())
}

#[test]
fn the_doctor_hears_what_it_plays_and_tells_where() {
    let server = AudioServer::start();
    let (line, code) = tone(&server, &[]);
    let line = line.expect("a line about the tone");
    assert!(
        line.starts_with("ok") && line.contains("arrives on the system track"),
        "{line}"
    );
    assert!(line.contains("the microphone does not hear it"), "{line}");
    assert_eq!(code, Some(0));
    assert_eq!(tone(&server, &["--no-tone"]), (None, Some(0)));

    // Loudspeakers in a room: the microphone hears what they play.
    let speakers = ["source=speakers.monitor", "sink=micsink", "latency_msec=30"];
    let loopback = ["load-module", "module-loopback"];
    server.pactl(&[&loopback[..], &speakers[..]].concat());
    let (line, code) = tone(&server, &[]);
    let line = line.expect("a line about the tone");
    assert!(line.contains("use headphones"), "{line}");
    assert_eq!(code, Some(0));

    // A monitor that does not deliver: what is recorded as system audio stays silent.
    server.pactl(&["set-source-mute", "speakers.monitor", "1"]);
    let (line, code) = tone(&server, &[]);
    let line = line.expect("a line about the tone");
    assert!(line.starts_with("FAULT"), "{line}");
    assert_eq!(code, Some(4));
}
