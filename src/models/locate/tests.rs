use super::*;

/// The header of a small English Whisper, padded to `bytes`.
fn model_file(path: &Path, bytes: u64) {
    let numbers: [u32; 12] = [0x6767_6d6c, 51_864, 1_500, 384, 6, 4, 448, 384, 6, 4, 80, 1];
    let header: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    fs::write(path, header).unwrap();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes).unwrap();
}

fn folders() -> (tempfile::TempDir, SearchPaths) {
    let dir = tempfile::tempdir().unwrap();
    let search = SearchPaths {
        user: dir.path().join("user"),
        bundled: vec![dir.path().join("bundled")],
    };
    fs::create_dir_all(&search.user).unwrap();
    fs::create_dir_all(&search.bundled[0]).unwrap();
    (dir, search)
}

fn refused(spec: &str, search: &SearchPaths) -> String {
    let error = locate(spec, search).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert!(error.hint_text().is_some(), "{error}");
    error.to_string()
}

#[test]
fn the_bundled_starter_is_found_by_name_by_path_and_under_another_name() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (dir, mut search) = folders();
    search.bundled.push(checkout.join("models"));
    let by_name = locate("starter", &search).unwrap();
    assert_eq!(
        (by_name.name.as_str(), by_name.bytes),
        ("starter", 25_136_612)
    );
    assert!(by_name.short_audio_context());
    assert_eq!(by_name.window_samples(), 15 * 16_000);
    assert!(!by_name.header.is_multilingual());

    let renamed = dir.path().join("mine.bin");
    fs::copy(&by_name.path, &renamed).unwrap();
    let by_content = locate(renamed.to_str().unwrap(), &search).unwrap();
    assert_eq!(by_content.entry, by_name.entry);

    let cut = search.user.join("ggml-starter-q8_0.bin");
    model_file(&cut, 1_000_000);
    assert_eq!(locate("starter", &search).unwrap(), by_name);
    search.bundled.pop();
    let line = refused("starter", &search);
    assert!(line.contains("incomplete: 1000000 bytes"), "{line}");
}

#[test]
fn the_users_folder_comes_before_the_bundled_one() {
    let (_dir, search) = folders();
    let bytes = Catalogue::builtin().unwrap().find("tiny.en").unwrap().bytes;
    model_file(&search.bundled[0].join("ggml-tiny.en.bin"), bytes);
    let bundled = locate("tiny.en", &search).unwrap();
    assert!(bundled.path.starts_with(&search.bundled[0]));
    model_file(&search.user.join("ggml-tiny.en.bin"), bytes);
    let own = locate("tiny.en", &search).unwrap();
    assert!(own.path.starts_with(&search.user));
    assert_eq!((own.longest_window_s(), own.shared_window_s()), (28, 28));
    assert!(own.alignment_heads().is_some());
}

#[test]
fn an_unknown_model_gets_careful_limits() {
    let (_dir, search) = folders();
    model_file(&search.user.join("ggml-dialect.bin"), 4_096);
    for spec in ["dialect", "ggml-dialect.bin"] {
        let model = locate(spec, &search).unwrap();
        assert_eq!(model.name, "dialect");
        assert_eq!(model.entry, None);
        assert!(!model.short_audio_context());
        assert_eq!(
            (model.longest_window_s(), model.shared_window_s()),
            (28, 15)
        );
        assert_eq!(model.alignment_heads(), None);
    }
    let own = own_models(&search, &Catalogue::builtin().unwrap());
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].bytes, 4_096);
}

#[test]
fn a_file_of_a_known_size_but_other_content_is_unknown() {
    let (dir, search) = folders();
    let bytes = Catalogue::builtin()
        .unwrap()
        .find("tiny.en-q5_1")
        .unwrap()
        .bytes;
    let path = dir.path().join("other.bin");
    model_file(&path, bytes);
    let model = locate(path.to_str().unwrap(), &search).unwrap();
    assert_eq!((model.name.as_str(), model.entry), ("other", None));
}

#[test]
fn what_is_missing_is_said_with_the_command_that_brings_it() {
    let (dir, search) = folders();
    let line = refused("base.en", &search);
    assert!(line.contains("verbatim models fetch base.en"), "{line}");
    assert!(line.contains("user"), "{line}");
    let gone = dir.path().join("ggml-small.bin");
    let line = refused(gone.to_str().unwrap(), &search);
    assert!(line.contains("verbatim models fetch small"), "{line}");
    assert!(refused("bas.en", &search).contains("no model is called bas.en"));
    assert!(refused("starter", &search).contains("install the program again"));
    refused("", &search);
    refused(dir.path().to_str().unwrap(), &search);
}

#[test]
fn a_web_page_saved_as_a_model_is_recognised() {
    let (_dir, search) = folders();
    fs::write(search.user.join("ggml-base.en.bin"), "<!DOCTYPE html>").unwrap();
    let line = refused("base.en", &search);
    assert!(line.contains("it is a web page"), "{line}");
}

#[test]
fn bundled_folders_lie_around_the_program() {
    let user = PathBuf::from("u");
    let installed = SearchPaths::beside(user.clone(), Path::new("/opt/v/bin/verbatim"));
    assert_eq!(
        installed.bundled,
        [
            PathBuf::from("/opt/v/bin/models"),
            PathBuf::from("/opt/v/share/verbatim/models")
        ]
    );
    let built = SearchPaths::beside(user, Path::new("/src/verbatim/target/release/verbatim"));
    assert_eq!(
        built.bundled.last().unwrap(),
        Path::new("/src/verbatim/models")
    );
}
