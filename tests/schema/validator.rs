//! The part of JSON Schema 2020-12 that the published schemas use.
//!
//! The `jsonschema` crate is not used: it turns on `float_roundtrip` of `serde_json` for the whole
//! test build, so the tests would read numbers by other rules than the program that users run, and
//! it brings 35 packages. A keyword that is not known here is a panic, so that a schema cannot
//! demand something that nobody checks.

use serde_json::{Map, Value};

/// What is wrong with `value` by `schema`, a line each with its place; empty when it is valid.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Value::Object(keywords) = schema else {
        assert_eq!(schema, &Value::Bool(true), "{at}: not a schema");
        return;
    };
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" => {}
            "$ref" => check(root, target(root, wanted), value, at, faults),
            "type" => note(has_type(wanted, value), at, "has another type", faults),
            "enum" => {
                let listed = wanted.as_array().expect("a list").contains(value);
                note(listed, at, "is not a listed word", faults);
            }
            "const" => note(wanted == value, at, "is another word", faults),
            "minimum" => note(at_least(value, wanted), at, "is too small", faults),
            "maximum" => note(at_least(wanted, value), at, "is too large", faults),
            "format" => note(has_format(wanted, value), at, "is out of range", faults),
            "pattern" => note(matches_pattern(wanted, value), at, "names no track", faults),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}[{n}]"), faults);
                }
            }
            "properties" => properties(root, wanted, value, at, faults),
            "required" => required(wanted, value, at, faults),
            "oneOf" => note(
                matching(root, wanted, value) == 1,
                at,
                "fits not one",
                faults,
            ),
            "anyOf" => note(matching(root, wanted, value) > 0, at, "fits none", faults),
            other => panic!("{at}: the schema uses {other}, which is not checked here"),
        }
    }
}

fn note(good: bool, at: &str, what: &str, faults: &mut Vec<String>) {
    if !good {
        faults.push(format!("{at} {what}"));
    }
}

fn target<'a>(root: &'a Value, reference: &Value) -> &'a Value {
    let reference = reference.as_str().expect("a reference is a string");
    let pointer = reference.strip_prefix('#').expect("a local reference");
    root.pointer(pointer).expect("a reference leads somewhere")
}

fn matching(root: &Value, schemas: &Value, value: &Value) -> usize {
    let fits = |schema: &&Value| {
        let mut faults = Vec::new();
        check(root, schema, value, "", &mut faults);
        faults.is_empty()
    };
    schemas
        .as_array()
        .expect("a list")
        .iter()
        .filter(fits)
        .count()
}

fn properties(root: &Value, wanted: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(object) = value.as_object() else {
        return;
    };
    for (name, schema) in wanted.as_object().expect("an object") {
        if let Some(inside) = object.get(name) {
            check(root, schema, inside, &format!("{at}.{name}"), faults);
        }
    }
}

fn required(wanted: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let nothing = Map::new();
    let object = value.as_object().unwrap_or(&nothing);
    for name in wanted.as_array().expect("a list") {
        let name = name.as_str().expect("a name");
        note(
            object.contains_key(name),
            at,
            &format!("has no {name}"),
            faults,
        );
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().expect("a type is a string") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}

fn at_least(value: &Value, bound: &Value) -> bool {
    match (value.as_f64(), bound.as_f64()) {
        (Some(value), Some(bound)) => value >= bound,
        _ => true,
    }
}

fn has_format(wanted: &Value, value: &Value) -> bool {
    let largest = match wanted.as_str().expect("a format is a string") {
        "uint8" => u64::from(u8::MAX),
        "uint16" => u64::from(u16::MAX),
        "uint32" => u64::from(u32::MAX),
        "uint64" => u64::MAX,
        "int64" => return value.is_i64() || value.is_u64() || value.is_null(),
        "double" => return value.is_number() || value.is_null(),
        other => panic!("format {other} is not checked here"),
    };
    value.is_null() || value.as_u64().is_some_and(|value| value <= largest)
}

/// The schemas know two patterns only; a regular expression engine would be much for them.
fn matches_pattern(wanted: &Value, value: &Value) -> bool {
    if wanted == "^1\\.[0-9]+$" {
        let minor = |version: &str| {
            version
                .strip_prefix("1.")
                .is_some_and(|n| n.parse::<u32>().is_ok())
        };
        return value.as_str().is_none_or(minor);
    }
    assert_eq!(wanted, "^(mic|system|track[1-9][0-9]{0,2})$");
    value
        .as_str()
        .is_none_or(|name| match name.strip_prefix("track") {
            Some(number) => {
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                digits && (1..=3).contains(&number.len()) && !number.starts_with('0')
            }
            None => name == "mic" || name == "system",
        })
}
