//! Pseudonyms: the same person has the same one in every session of a folder.

use super::find::likeness;
use crate::document::people::{Other, PeopleDocument, Person};
use crate::document::redaction::RedactionKind;
use crate::library::fold::fold;

/// The pseudonym of somebody who goes by these names, which are added to those that are known. The
/// first name decides who it is; where nobody goes by it, whoever goes by another of them.
pub fn person(people: &mut PeopleDocument, names: &[String]) -> String {
    let known = names.iter().find_map(|name| {
        let name = fold(name);
        let goes_by = |person: &Person| person.names.iter().any(|own| fold(own) == name);
        people.people.iter().position(goes_by)
    });
    let at = known.unwrap_or_else(|| {
        let taken = |id: &str| people.people.iter().any(|person| person.id == id);
        let id = (1..).map(|n| format!("P{n:02}")).find(|id| !taken(id));
        people.people.push(Person {
            id: id.unwrap_or_default(),
            names: Vec::new(),
        });
        people.people.len() - 1
    });
    for name in names {
        let taken = people
            .people
            .iter()
            .flat_map(|p| &p.names)
            .any(|n| fold(n) == fold(name));
        if !taken {
            people.people[at].names.push(name.clone());
        }
    }
    people.people[at].id.clone()
}

/// The pseudonym of an address or number.
pub fn other(people: &mut PeopleDocument, kind: RedactionKind, text: &str) -> String {
    let like = likeness(text, kind);
    let same = |other: &&Other| other.kind == kind && likeness(&other.text, kind) == like;
    if let Some(known) = people.others.iter().find(same) {
        return known.id.clone();
    }
    let number = people
        .others
        .iter()
        .filter(|other| other.kind == kind)
        .count()
        + 1;
    let what = match kind {
        RedactionKind::Email => "e-mail",
        RedactionKind::Phone => "phone",
        RedactionKind::Name => "name",
        RedactionKind::Number => "number",
    };
    let id = format!("[{what} {number}]");
    people.others.push(Other {
        id: id.clone(),
        kind,
        text: text.to_owned(),
    });
    id
}

/// A full name and its parts, by which the same person is spoken of. A part of one letter says nothing.
pub fn forms(name: &str) -> Vec<String> {
    let mut forms = vec![name.trim().to_owned()];
    let parts: Vec<&str> = name.split_whitespace().collect();
    if parts.len() > 1 {
        let long = parts
            .iter()
            .filter(|part| part.chars().filter(|c| c.is_alphabetic()).count() > 1);
        forms.extend(long.map(|part| (*part).to_owned()));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> PeopleDocument {
        PeopleDocument {
            schema: String::new(),
            schema_version: String::new(),
            people: Vec::new(),
            others: Vec::new(),
        }
    }

    #[test]
    fn the_same_person_keeps_a_pseudonym_under_every_name() {
        let mut people = nobody();
        assert_eq!(person(&mut people, &forms("Anna Kovács")), "P01");
        assert_eq!(person(&mut people, &["Ben".into()]), "P02");
        assert_eq!(person(&mut people, &["anna".into(), "Annie".into()]), "P01");
        assert_eq!(person(&mut people, &["ANNIE".into()]), "P01");
        // Another Anna is somebody else; the bare first name stays with the first.
        assert_eq!(person(&mut people, &["Anna Nagy".into()]), "P03");
        assert_eq!(
            people.people[0].names,
            ["Anna Kovács", "Anna", "Kovács", "Annie"]
        );
    }

    #[test]
    fn addresses_are_counted_by_kind() {
        let mut people = nobody();
        let mut id = |kind, text: &str| other(&mut people, kind, text);
        assert_eq!(id(RedactionKind::Email, "a@b.de"), "[e-mail 1]");
        assert_eq!(id(RedactionKind::Phone, "+36 30 123"), "[phone 1]");
        assert_eq!(id(RedactionKind::Email, "A@B.de"), "[e-mail 1]");
        assert_eq!(id(RedactionKind::Phone, "3630-123"), "[phone 1]");
        assert_eq!(id(RedactionKind::Email, "c@d.de"), "[e-mail 2]");
    }
}
