//! What must not leave a session: found, given pseudonyms, and kept as rules.

use super::edit::Editor;
use crate::document::people::PeopleDocument;
use crate::document::redaction::{Redacted, RedactionKind, RedactionSource, Rule, Rules};
use crate::error::Result;
use crate::event::{Event, RedactionSet};
use crate::export::call::Call;
use crate::redact::call::redact;
use crate::redact::detect::{detect, is_default_label};
use crate::redact::people::{forms, other, person};
use crate::store::fold::Documents;
use crate::store::folder::SessionFolder;
use crate::store::people;

/// What is to be redacted beside what is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The kinds of thing; those of the last time where nothing is said, and then names, e-mail
    /// addresses and telephone numbers.
    pub kinds: Vec<RedactionKind>,
    /// People, each by every name, the fullest first.
    pub people: Vec<Vec<String>>,
    /// Words that stay.
    pub keep: Vec<String>,
}

/// What would be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The rules.
    pub rules: Rules,
    /// Where they are met in what is said.
    pub found: Vec<Redacted>,
    people: PeopleDocument,
}

/// What would be replaced in a session of these documents; nothing is written.
///
/// # Errors
///
/// As [`people::read`].
pub fn plan(folder: &SessionFolder, documents: &Documents, wish: &Wish) -> Result<Plan> {
    let before = documents.redactions.as_ref().map(|d| d.rules.clone());
    let before = before.unwrap_or_default();
    let mut rules = Rules {
        kinds: kinds(wish, &before),
        rules: before.rules.clone(),
        keep: before.keep.iter().chain(&wish.keep).cloned().collect(),
    };
    rules.keep.sort();
    rules.keep.dedup();
    let call = Call::new(
        documents.manifest.clone(),
        documents.turns.clone(),
        documents.shown_transcript(),
        super::mark::markers(folder)?,
    );
    let mut known = people::read(folder)?;
    for names in &wish.people {
        add_person(&mut rules, &mut known, names, RedactionSource::Given);
    }
    if rules.kinds.contains(&RedactionKind::Name) {
        for speaker in &documents.transcript.speakers {
            if !is_default_label(&speaker.label) {
                let names = forms(&speaker.label);
                add_person(&mut rules, &mut known, &names, RedactionSource::Speaker);
            }
        }
    }
    for (kind, text) in detect(&call, &rules.kinds) {
        match kind {
            RedactionKind::Name => {
                add_person(
                    &mut rules,
                    &mut known,
                    &forms(&text),
                    RedactionSource::Detected,
                );
            }
            _ => {
                let instead = other(&mut known, kind, &text);
                let source = RedactionSource::Detected;
                add(
                    &mut rules,
                    Rule {
                        kind,
                        text,
                        instead,
                        source,
                    },
                );
            }
        }
    }
    rules
        .rules
        .sort_by(|a, b| (a.kind, &a.text).cmp(&(b.kind, &b.text)));
    let found = redact(call, &rules).found;
    Ok(Plan {
        rules,
        found,
        people: known,
    })
}

impl Editor {
    /// Makes a plan the session's. The same plan again writes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the key or the session cannot be written.
    pub fn redact(&mut self, plan: Plan) -> Result<()> {
        // The key comes first: a pseudonym that is in a session is never given to another.
        if people::read(self.folder())? != plan.people {
            people::write(self.folder(), &plan.people)?;
        }
        let now = self.documents().redactions.as_ref().map(|d| &d.rules);
        if now == Some(&plan.rules) {
            return Ok(());
        }
        self.record(vec![Event::RedactionSet(RedactionSet(plan.rules))])
    }
}

fn kinds(wish: &Wish, before: &Rules) -> Vec<RedactionKind> {
    let usual = [
        RedactionKind::Name,
        RedactionKind::Email,
        RedactionKind::Phone,
    ];
    let mut kinds = match (wish.kinds.is_empty(), before.kinds.is_empty()) {
        (false, _) => wish.kinds.clone(),
        (true, false) => before.kinds.clone(),
        (true, true) => usual.to_vec(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn add_person(
    rules: &mut Rules,
    known: &mut PeopleDocument,
    names: &[String],
    source: RedactionSource,
) {
    let instead = person(known, names);
    for text in names {
        add(
            rules,
            Rule {
                kind: RedactionKind::Name,
                text: text.clone(),
                instead: instead.clone(),
                source,
            },
        );
    }
}

/// Adds a rule unless there is one of that text.
fn add(rules: &mut Rules, rule: Rule) {
    let like = crate::redact::find::likeness(&rule.text, rule.kind);
    let same = |known: &Rule| {
        known.kind == rule.kind && crate::redact::find::likeness(&known.text, rule.kind) == like
    };
    if !rules.rules.iter().any(same) {
        rules.rules.push(rule);
    }
}
