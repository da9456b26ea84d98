//! What Word documents and Excel workbooks share: the parts that name the other parts.

use super::call::Call;
use super::plain::whole_seconds;
use super::xml::Xml;

/// Base of the namespaces of packages.
pub(super) const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// Base of the namespaces of office documents.
pub(super) const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006";

/// Where the core properties are.
pub(super) const CORE: &str = "docProps/core.xml";

/// What a part leads to: the base and end of the relation's type, and the target.
pub(super) type Relation<'a> = (&'a str, &'a str, &'a str);

/// The relations of a part, `rId1` and so on in the given order.
pub(super) fn relations(all: &[Relation<'_>]) -> String {
    let mut xml = Xml::new();
    let namespace = format!("{PACKAGE}/relationships");
    xml.open("Relationships", &[("xmlns", &namespace)]);
    for ((base, kind, target), number) in all.iter().zip(1..) {
        let (id, kind) = (
            format!("rId{number}"),
            format!("{base}/relationships/{kind}"),
        );
        xml.empty(
            "Relationship",
            &[("Id", &id), ("Type", &kind), ("Target", target)],
        );
    }
    xml.finish()
}

/// The relations of the package: its main part, and the core properties.
pub(super) fn root(main: &str) -> String {
    relations(&[
        (OFFICE, "officeDocument", main),
        (PACKAGE, "metadata/core-properties", CORE),
    ])
}

/// The types of the parts, given by their paths, and of the core properties.
pub(super) fn content_types(parts: &[(&str, &str)]) -> String {
    let mut xml = Xml::new();
    let namespace = format!("{PACKAGE}/content-types");
    xml.open("Types", &[("xmlns", &namespace)]);
    let relations = "application/vnd.openxmlformats-package.relationships+xml";
    for (extension, kind) in [("rels", relations), ("xml", "application/xml")] {
        xml.empty(
            "Default",
            &[("Extension", extension), ("ContentType", kind)],
        );
    }
    let core = "application/vnd.openxmlformats-package.core-properties+xml";
    for &(part, kind) in parts.iter().chain(&[(CORE, core)]) {
        let part = format!("/{part}");
        xml.empty("Override", &[("PartName", &part), ("ContentType", kind)]);
    }
    xml.finish()
}

/// Title, program and start of the call.
pub(super) fn core(call: &Call) -> String {
    let mut xml = Xml::new();
    let namespace = format!("{PACKAGE}/metadata/core-properties");
    xml.open(
        "cp:coreProperties",
        &[
            ("xmlns:cp", &namespace),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:dcterms", "http://purl.org/dc/terms/"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ],
    );
    xml.leaf("dc:title", &[], &call.title());
    xml.leaf("dc:creator", &[], "verbatim");
    xml.leaf(
        "dcterms:created",
        &[("xsi:type", "dcterms:W3CDTF")],
        &whole_seconds(&call.manifest.started_at),
    );
    xml.finish()
}
