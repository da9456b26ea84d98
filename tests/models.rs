//! The catalogue against a second statement of what was published, and the bundled file against its
//! hash.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use verbatim::models::catalogue::Quantisation;
use verbatim::models::{Catalogue, SearchPaths, locate, verify};

/// The full-size files, as pinned by independent programs.
const FULL_SIZE: [(&str, &str); 12] = [
    (
        "tiny",
        "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21",
    ),
    (
        "tiny.en",
        "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f",
    ),
    (
        "base",
        "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
    ),
    (
        "base.en",
        "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002",
    ),
    (
        "small",
        "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b",
    ),
    (
        "small.en",
        "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d",
    ),
    (
        "medium",
        "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208",
    ),
    (
        "medium.en",
        "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356",
    ),
    (
        "large-v1",
        "7d99f41a10525d0206bddadd86760181fa920438b6b33237e3118ff6c83bb53d",
    ),
    (
        "large-v2",
        "9a423fe4d40c82774b6af34115b8b935f34152246eb19e80e376071d3f999487",
    ),
    (
        "large-v3",
        "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2",
    ),
    (
        "large-v3-turbo",
        "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69",
    ),
];

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q8_0.bin")
}

#[test]
fn every_full_size_model_is_listed_with_the_pinned_hash() {
    let catalogue = Catalogue::builtin().unwrap();
    for (name, sha256) in FULL_SIZE {
        assert_eq!(catalogue.find(name).expect(name).sha256, sha256, "{name}");
    }
    let full = |entry: &&verbatim::models::Entry| entry.quantisation == Quantisation::F16;
    assert_eq!(
        catalogue.models.iter().filter(full).count(),
        FULL_SIZE.len()
    );
    assert_eq!(catalogue.find("base.en").unwrap().bytes, 147_964_211);
    assert_eq!(catalogue.find("small.en").unwrap().bytes, 487_614_201);
}

#[test]
fn the_bundled_file_is_the_one_the_catalogue_and_its_card_name() {
    let bytes = std::fs::read(bundled()).unwrap();
    let digest = Sha256::digest(&bytes);
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        found,
        "e52d2d35725ef47ace8886bc4448c089702e64073ff46100d738a9320f48d7a6"
    );
    let entry = Catalogue::builtin()
        .unwrap()
        .find("starter")
        .cloned()
        .unwrap();
    assert_eq!(
        (entry.sha256.as_str(), entry.bytes),
        (found.as_str(), bytes.len() as u64)
    );
    verify::verify(&bundled(), &entry, &mut |_, _| {}).unwrap();
    let card = bundled().with_file_name("README.md");
    let card = std::fs::read_to_string(card).unwrap();
    assert!(card.contains(&found) && card.contains(&bytes.len().to_string()));
}

#[test]
fn the_program_in_a_build_folder_finds_the_bundled_model() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = checkout.join("target/release/verbatim");
    let search = SearchPaths::beside(PathBuf::from("/nonexistent"), &program);
    assert_eq!(locate("starter", &search).unwrap().path, bundled());
}
