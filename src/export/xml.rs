//! XML written by hand.
//!
//! Three formats need XML and none is read, so this stands in for a library: an XML library escapes
//! the same five characters, but leaves to its caller the characters that XML 1.0 forbids whatever
//! is done to them, which is where broken files come from.

/// A document that is being written: elements are closed in the order in which they were opened.
#[derive(Clone, Debug)]
pub struct Xml {
    out: String,
    open: Vec<&'static str>,
}

/// Attributes of an element in order.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// A document with nothing but its declaration.
    pub fn new() -> Xml {
        Xml {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(),
            open: Vec::new(),
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str, attributes: Attributes<'_>) -> &mut Xml {
        self.tag(name, attributes);
        self.out.push('>');
        self.open.push(name);
        self
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) -> &mut Xml {
        if let Some(name) = self.open.pop() {
            self.out.push_str(&format!("</{name}>"));
            // White space between the elements of a text would be part of it.
            if !name.starts_with("w:") {
                self.out.push('\n');
            }
        }
        self
    }

    /// An element without content.
    pub fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) -> &mut Xml {
        self.tag(name, attributes);
        self.out.push_str("/>");
        self
    }

    /// Text in the element that is open.
    pub fn text(&mut self, text: &str) -> &mut Xml {
        escape(text, &mut self.out);
        self
    }

    /// An element that holds text.
    pub fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) -> &mut Xml {
        self.open(name, attributes).text(text).close()
    }

    /// The document, with every element closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push_str(&format!(" {name}=\""));
            escape(value, &mut self.out);
            self.out.push('"');
        }
    }
}

impl Default for Xml {
    fn default() -> Xml {
        Xml::new()
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader would make spaces and line feeds of these.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            // Forbidden in XML 1.0, as itself and as a reference.
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unescape(text: &str) -> String {
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&#9;", "\t")
            .replace("&#10;", "\n")
            .replace("&#13;", "\r")
            .replace("&amp;", "&")
    }

    proptest! {
        #[test]
        fn text_comes_back_without_what_xml_forbids(text in any::<String>()) {
            let mut escaped = String::new();
            escape(&text, &mut escaped);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let allowed = |c: &char| {
                matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
            };
            prop_assert!(escaped.chars().all(|c| allowed(&c)));
            let wanted: String = text.chars().filter(allowed).collect();
            prop_assert_eq!(unescape(&escaped), wanted);
        }
    }

    #[test]
    fn elements_are_closed_in_order() {
        let mut xml = Xml::new();
        xml.open("a", &[("b", "\"<&>")]).leaf("c", &[], "x");
        xml.empty("d", &[]);
        let text = xml.finish();
        assert!(
            text.ends_with("<a b=\"&quot;&lt;&amp;&gt;\"><c>x</c>\n<d/></a>\n"),
            "{text}"
        );
    }
}
