//! `docs/EVENTS.md` against the published schema of what `--json` prints, both ways: every type and
//! every field that a program may write is told, and nothing is told that it does not write.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use verbatim::store::schema;

/// The fields of an event's data by name; optional ones end with a `?`.
type Fields = BTreeSet<String>;

fn contract() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/EVENTS.md");
    fs::read_to_string(path).expect("the contract is text")
}

/// The words in backticks of a stretch of Markdown.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of the table of types.
fn told() -> BTreeMap<String, Fields> {
    let contract = contract();
    let (_, rest) = contract.split_once("## Every type").expect("the section");
    let (table, _) = rest.split_once("\n## ").expect("another section");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let name = code(cells[0]).next().expect("a type");
        (name.to_owned(), code(cells[2]).map(str::to_owned).collect())
    })
    .collect()
}

/// The types of the published schema with the fields of their data.
fn published() -> BTreeMap<String, Fields> {
    let schema = schema::schema("stream").expect("a schema");
    let mut types = BTreeMap::new();
    collect(&schema, &schema, &mut types);
    types
}

/// Finds every stretch of a schema that describes `type` and `data`.
fn collect(root: &Value, schema: &Value, types: &mut BTreeMap<String, Fields>) {
    let name = schema["properties"]["type"]["const"].as_str();
    if let Some(name) = name {
        let data = &schema["properties"]["data"];
        types.insert(name.to_owned(), fields(root, data));
    }
    match schema {
        Value::Object(inside) => inside.values().for_each(|part| collect(root, part, types)),
        Value::Array(inside) => inside.iter().for_each(|part| collect(root, part, types)),
        _ => {}
    }
}

fn fields(root: &Value, data: &Value) -> Fields {
    if let Some(reference) = data["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        return fields(root, root.pointer(pointer).expect("it leads somewhere"));
    }
    let properties = data["properties"].as_object().expect("data has fields");
    let required: BTreeSet<&str> = data["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let field = |name: &String| match required.contains(name.as_str()) {
        true => name.clone(),
        false => format!("{name}?"),
    };
    properties.keys().map(field).collect()
}

#[test]
fn every_type_and_field_is_told_and_none_that_does_not_exist() {
    let (told, published) = (told(), published());
    let names = |types: &BTreeMap<String, Fields>| types.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&told), names(&published));
    for (name, fields) in &published {
        assert_eq!(&told[name], fields, "{name}");
    }
    assert!(told.len() >= 38, "only {} types", told.len());
}

/// Headings and prose name types, too; none may be one that was renamed.
#[test]
fn no_type_is_named_that_does_not_exist() {
    let published = published();
    let rooms: BTreeSet<&str> = published
        .keys()
        .filter_map(|name| Some(name.split_once('.')?.0))
        .collect();
    let contract = contract();
    let named: BTreeSet<&str> = code(&contract)
        .filter(|word| {
            let parts = word.split_once('.');
            parts.is_some_and(|(room, _)| rooms.contains(room)) && !word.ends_with(".json")
        })
        .collect();
    assert!(named.len() >= 20, "{named:?}");
    for name in named {
        assert!(published.contains_key(name), "{name} is no type");
    }
}

/// Words that stand for a state, a reason or a cause are told where the contract lists them.
#[test]
fn states_and_warnings_are_told() {
    let schema = schema::schema("stream").expect("a schema");
    let contract = contract();
    let told: BTreeSet<&str> = code(&contract).collect();
    for list in ["HealthState", "WarningCode", "FileState"] {
        let words = schema["$defs"][list]["oneOf"].as_array().expect("a list");
        assert!(words.len() >= 5, "{list}");
        for word in words {
            let word = word["const"].as_str().expect("a word");
            assert!(told.contains(word), "{list}: {word} is not told");
        }
    }
}
