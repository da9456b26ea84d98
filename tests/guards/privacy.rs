//! Nobody else reads a session or has a say in it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::process::Recorder;
use super::support::program::{expect_code, run, runtime, sample_call, stderr, verbatim, wait_for};
use super::{PATIENCE, only_session, recording};

/// Names the socket to a test that runs as somebody else.
const SOCKET: &str = "VERBATIM_TEST_SOCKET";

/// A user that owns nothing.
const NOBODY: &str = "65534";

fn mode(path: &Path) -> u32 {
    let found = fs::symlink_metadata(path).expect("it is there");
    found.permissions().mode() & 0o777
}

/// Every file and folder under `path`, and it.
fn check(path: &Path) -> usize {
    if !path.is_dir() {
        assert_eq!(mode(path), 0o600, "{}", path.display());
        return 1;
    }
    assert_eq!(mode(path), 0o700, "{}", path.display());
    let entries = fs::read_dir(path).expect("a folder");
    entries
        .map(|entry| check(&entry.expect("an entry").path()))
        .sum()
}

#[test]
fn whatever_the_umask_is_everything_is_its_owners_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let open = dir.path().join("open");
    // Everything that makes files, without the protection of a umask.
    let script = "umask 000; set -e; v=\"$0\"; \
         \"$v\" record --no-live --for 6s --consent-scope record,quote-internally \
            --mic file:$MIC --system file:$SYSTEM >&2 & \
         n=0; while ! \"$v\" mark pain; do n=$((n + 1)); test $n -lt 300; sleep 0.1; done; \
         while \"$v\" status; do \
            find \"$VERBATIM_RUNTIME_DIR\" \\( -type d ! -perm 700 -o -type s ! -perm 600 \\) >&2; \
            sleep 0.5; done; wait; \
         \"$v\" export last --as all; \"$v\" clip last --from 0:01 --to 0:03; \
         \"$v\" clips last --all-markers --out \"$VERBATIM_DIR/pack\"; \
         \"$v\" export last --as srt --out \"$VERBATIM_DIR/out/call.srt\" || true; \
         \"$v\" rebuild last";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_verbatim")]);
    command
        .env("VERBATIM_DIR", &open)
        .env("VERBATIM_RUNTIME_DIR", runtime(dir.path()))
        .env("VERBATIM_KINDS", dir.path().join("none.toml"))
        .env("MIC", sample_call("mic.flac"))
        .env("SYSTEM", sample_call("system.flac"))
        .stdin(Stdio::null());
    let output = run(&mut command);
    expect_code(&output, 0);
    let said = stderr(&output);
    assert!(
        !said.contains(".sock"),
        "a socket is open to others: {said}"
    );
    only_session(&open);
    assert!(check(&open) > 30, "clips and exports are there");
    assert_eq!(mode(&runtime(dir.path())), 0o700);
}

/// Runs what somebody else may try; `None` where this user may not become somebody else.
fn as_nobody(command: &mut Command) -> Option<std::process::Output> {
    let mut words = vec![command.get_program().to_owned()];
    words.extend(command.get_args().map(ToOwned::to_owned));
    let mut other = Command::new("setpriv");
    other
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
        .args(words)
        .envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .current_dir("/")
        .stdin(Stdio::null());
    match other.output() {
        Ok(output) if !stderr(&output).contains("setpriv:") => Some(output),
        refused => {
            println!("not tried as another user: {refused:?}");
            None
        }
    }
}

#[test]
fn another_user_neither_reads_nor_rules() {
    if let Some(path) = std::env::var_os(SOCKET) {
        return knock(Path::new(&path));
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) =
        recording(dir.path(), &["--no-live", "--consent-scope", "record"]);
    // Others may come as far as the folder of the sessions, and may run the program.
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(dir.path(), open.clone()).expect("a mode");
    let program = dir.path().join("verbatim");
    fs::copy(env!("CARGO_BIN_EXE_verbatim"), &program).expect("a copy");
    let test = dir.path().join("test");
    fs::copy(std::env::current_exe().expect("this test"), &test).expect("a copy");

    for path in ["session.json", "events.ndjson", "audio/mic.wav"] {
        let Some(read) = as_nobody(Command::new("cat").arg(session.join(path))) else {
            return;
        };
        assert!(read.stdout.is_empty() && !read.status.success(), "{path}");
    }
    let told = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .env("VERBATIM_DIR", dir.path())
            .env("VERBATIM_KINDS", dir.path().join("none.toml"))
            .env("VERBATIM_RUNTIME_DIR", runtime(dir.path()));
        as_nobody(&mut command).expect("somebody else")
    };
    for arguments in [&["stop"][..], &["pause"], &["mark", "pain"], &["status"]] {
        expect_code(&told(arguments), 1);
    }
    // Even where the folder and the socket are open to everybody, the recorder does not answer.
    let socket = wait_for("the socket", PATIENCE, || {
        let mut found = fs::read_dir(runtime(dir.path())).ok()?.flatten();
        found.next().map(|entry| entry.path())
    });
    fs::set_permissions(runtime(dir.path()), open).expect("a mode");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).expect("a mode");
    let mut again = Command::new(&test);
    let name = "privacy::another_user_neither_reads_nor_rules";
    again
        .args([name, "--exact", "--nocapture"])
        .env(SOCKET, &socket);
    let knocked = as_nobody(&mut again).expect("somebody else");
    expect_code(&knocked, 0);

    assert!(
        recorder.child.try_wait().expect("a state").is_none(),
        "it still records"
    );
    fs::set_permissions(runtime(dir.path()), fs::Permissions::from_mode(0o700)).expect("a mode");
    expect_code(&run(verbatim(dir.path()).arg("stop")), 0);
    assert_eq!(recorder.wait().code(), Some(0));
    drop::<Recorder>(recorder);
}

/// As somebody else: the door opens, and nobody answers.
fn knock(socket: &Path) {
    let mut stream = UnixStream::connect(socket).expect("a socket that is open to everybody");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a limit");
    // The recorder may have hung up already.
    let asked = stream.write_all(b"{\"op\":\"stop\"}\n");
    let mut told = Vec::new();
    let read = stream.read_to_end(&mut told);
    println!("{asked:?} {read:?}");
    assert_eq!(told, b"");
}
