//! The indicator: SVG Tiny Portable/Secure, looked at element by element and attribute by attribute. Nothing is rendered.
//!
//! Two sources of rules: the grammar of the format (`schema`), and what the drafts demand beside it: at most 32 kilobytes,
//! nothing that leads out of the document, no declaration of types or entities, no instruction to programs.

mod schema;

use std::collections::BTreeMap;
use std::io::Read as _;

use aws_lc_rs::digest;
use mailtext::{Explain, Flaw, Rule, Span, Value};
use roxmltree::{Attribute, Document, Node, ParsingOptions, TextPos};

use crate::DRAFT;
use crate::limits::{
    ATTRIBUTE_COUNT_MAX, ELEMENT_DEPTH_MAX, EXPANDED_ELEMENT_COUNT_MAX, FINDING_COUNT_MAX, INDICATOR_BYTES_MAX,
    TITLE_CHARACTER_COUNT_MAX, USE_DEPTH_MAX, XML_NODE_COUNT_MAX,
};
use schema::{Content, Element, is_xml_space};

/// An indicator without fault.
#[derive(Clone, PartialEq, Eq)]
pub struct Indicator {
    svg: Box<[u8]>,
    sha256: [u8; 32],
}

/// What was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The indicator, when nothing fatal was found.
    pub indicator: Option<Indicator>,
    /// What was found. Spans are offsets into the uncompressed document.
    pub findings: Vec<Finding>,
}

/// One thing found.
pub type Finding = Flaw<FindingKind>;

/// What can be found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FindingKind {
    /// Larger than [`INDICATOR_BYTES_MAX`], uncompressed; nothing was read.
    TooLarge,
    /// Compressed, but not as gzip has it.
    Gzip,
    /// Bytes that are not UTF-8.
    Encoding,
    /// The declaration names an encoding that the bytes do not have.
    DeclaredEncoding,
    /// A document type, with entities or not.
    Doctype,
    /// Not well-formed XML.
    Xml,
    /// More nodes than [`XML_NODE_COUNT_MAX`].
    TooManyNodes,
    /// An element with more attributes than [`ATTRIBUTE_COUNT_MAX`].
    TooManyAttributes,
    /// Deeper than [`ELEMENT_DEPTH_MAX`].
    TooDeep,
    /// The root is not `svg` of SVG's namespace.
    Root,
    /// A processing instruction.
    Instruction,
    /// An element that may not stand there.
    Element {
        /// Its name.
        name: Box<str>,
        /// Where it stands.
        parent: Box<str>,
    },
    /// Text where none may stand.
    Text {
        /// In which element.
        element: Box<str>,
    },
    /// An attribute that the element may not have.
    Attribute {
        /// Its name.
        name: Box<str>,
        /// Of which element.
        element: Box<str>,
    },
    /// An attribute with a value that it may not have.
    AttributeValue {
        /// Its name.
        name: Box<str>,
        /// Of which element.
        element: Box<str>,
    },
    /// An attribute that must be there is not.
    AttributeAbsent {
        /// Its name.
        name: &'static str,
    },
    /// The first element is not `title`.
    TitleAbsent,
    /// The title says nothing.
    TitleEmpty,
    /// The title is longer than [`TITLE_CHARACTER_COUNT_MAX`].
    TitleLong,
    /// Something that leads out of the document.
    Reference {
        /// In which attribute.
        name: Box<str>,
    },
    /// `use` names itself in the end, or through more than [`USE_DEPTH_MAX`] others.
    UseLoop,
    /// `use` makes more than [`EXPANDED_ELEMENT_COUNT_MAX`] elements of it.
    UseTooMany,
    /// Neither `viewBox` nor width and height.
    SizeAbsent,
    /// Width and height differ.
    NotSquare,
    /// There is more of the kind; [`FINDING_COUNT_MAX`] are told.
    MoreFindings,
}

/// Reads an indicator, compressed (SVGZ) or not.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    match uncompressed(bytes) {
        Ok(svg) => read_svg(svg),
        Err(kind) => Reading { indicator: None, findings: vec![Flaw::new(kind, 0, bytes.len())] },
    }
}

impl Indicator {
    /// The document, uncompressed.
    #[must_use]
    pub fn svg(&self) -> &[u8] {
        &self.svg
    }

    /// SHA-256 of the document, uncompressed.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl std::fmt::Debug for Indicator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sha256 = data_encoding::HEXLOWER.encode(&self.sha256);
        formatter.debug_struct("Indicator").field("bytes", &self.svg.len()).field("sha256", &sha256).finish()
    }
}

/// The document itself. A bomb ends at the limit.
///
/// # Errors
/// Larger than [`INDICATOR_BYTES_MAX`], or compressed otherwise.
pub fn uncompressed(bytes: &[u8]) -> Result<Box<[u8]>, FindingKind> {
    if !bytes.starts_with(GZIP_MAGIC) {
        return if bytes.len() > INDICATOR_BYTES_MAX { Err(FindingKind::TooLarge) } else { Ok(bytes.into()) };
    }
    let mut rest = bytes;
    let mut svg = Vec::new();
    // RFC 6170 §5.2: SVGZ is SVG compressed with gzip.
    let mut decoder = flate2::bufread::GzDecoder::new(&mut rest).take(INDICATOR_BYTES_MAX as u64 + 1);
    decoder.read_to_end(&mut svg).map_err(|_| FindingKind::Gzip)?;
    if svg.len() > INDICATOR_BYTES_MAX {
        return Err(FindingKind::TooLarge);
    }
    drop(decoder);
    // What follows the document would be carried along unseen.
    if rest.is_empty() { Ok(svg.into()) } else { Err(FindingKind::Gzip) }
}

fn read_svg(svg: Box<[u8]>) -> Reading {
    let mut check = Check::default();
    match std::str::from_utf8(&svg) {
        Ok(text) => check.document(text),
        Err(error) => {
            let at = error.valid_up_to();
            check.add(FindingKind::Encoding, Span::new(at, (at + 1).min(svg.len())));
        }
    }
    if check.left_out {
        check.findings.push(Flaw::new(FindingKind::MoreFindings, 0, svg.len()));
    }
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest::digest(&digest::SHA256, &svg).as_ref());
    let indicator = (!check.fatal).then_some(Indicator { svg, sha256 });
    Reading { indicator, findings: check.findings }
}

/// One document under examination.
#[derive(Default)]
struct Check {
    findings: Vec<Finding>,
    fatal: bool,
    left_out: bool,
    /// How many bytes of the document stand before what is read.
    shift: usize,
}

impl Check {
    fn add(&mut self, kind: FindingKind, span: Span) {
        self.fatal |= kind.is_fatal();
        let span = Span::new(span.start as usize + self.shift, span.end as usize + self.shift);
        if self.findings.len() < FINDING_COUNT_MAX {
            self.findings.push(Flaw { kind, span });
        } else {
            self.left_out = true;
        }
    }

    fn document(&mut self, text: &str) {
        // A byte order mark is no part of the document.
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        self.shift = text.len() - body.len();
        if let Some(span) = wrong_encoding(body) {
            self.add(FindingKind::DeclaredEncoding, span);
        }
        if let Some(span) = too_many_attributes(body) {
            return self.add(FindingKind::TooManyAttributes, span);
        }
        let options = ParsingOptions { allow_dtd: false, nodes_limit: XML_NODE_COUNT_MAX, ..ParsingOptions::default() };
        let document = match Document::parse_with_options(body, options) {
            Ok(document) => document,
            Err(error) => {
                let at = offset(body, error.pos());
                return self.add(kind_of(&error), Span::new(at, (at + 1).min(body.len())));
            }
        };
        for node in document.root().descendants() {
            if node.is_pi() {
                self.add(FindingKind::Instruction, span(&node));
            }
            if node.is_element() && node.ancestors().take(ELEMENT_DEPTH_MAX + 2).count() > ELEMENT_DEPTH_MAX + 1 {
                return self.add(FindingKind::TooDeep, span(&node));
            }
        }
        let root = document.root_element();
        match schema::element(root.tag_name().name()).filter(|known| known.name == "svg" && is_svg(&root)) {
            Some(known) => self.element(root, known),
            None => return self.add(FindingKind::Root, start_tag(&root)),
        }
        self.size(&root);
        Expansion::new(&document).measure(root, self);
    }

    /// An element that may stand where it stands.
    fn element(&mut self, node: Node<'_, '_>, known: &'static Element) {
        self.attributes(node, known);
        let mut children = node.children().filter(Node::is_element).peekable();
        let allowed = match known.content {
            Content::Text => &[][..],
            Content::Elements(allowed) => allowed,
            Content::TitleThen(allowed) => {
                match children.next_if(|first| is_svg(first) && first.tag_name().name() == "title") {
                    Some(title) => self.title(title),
                    None => self.add(FindingKind::TitleAbsent, start_tag(&node)),
                }
                allowed
            }
        };
        for child in children {
            let name = child.tag_name().name();
            match schema::element(name).filter(|known| is_svg(&child) && allowed.contains(&known.name)) {
                Some(known) => self.element(child, known),
                None => {
                    let kind = FindingKind::Element { name: short(&qualified(&child)), parent: known.name.into() };
                    self.add(kind, start_tag(&child));
                }
            }
        }
        if !matches!(known.content, Content::Text) {
            let texts = node.children().filter(Node::is_text);
            for text in texts.filter(|text| !text.text().unwrap_or_default().chars().all(is_xml_space)) {
                self.add(FindingKind::Text { element: known.name.into() }, span(&text));
            }
        }
    }

    fn title(&mut self, node: Node<'_, '_>) {
        if let Some(known) = schema::element("title") {
            self.element(node, known);
        }
        let text: String = node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect();
        match text.trim().chars().count() {
            0 => self.add(FindingKind::TitleEmpty, span(&node)),
            count if count > TITLE_CHARACTER_COUNT_MAX => self.add(FindingKind::TitleLong, span(&node)),
            _ => {}
        }
    }

    fn attributes(&mut self, node: Node<'_, '_>, known: &'static Element) {
        for attribute in node.attributes() {
            let name = attribute_name(&attribute);
            let range = attribute.range();
            let place = Span::new(range.start, range.end);
            match known.attribute(&name) {
                None => self.add(FindingKind::Attribute { name: short(&name), element: known.name.into() }, place),
                Some(rule) if !rule.value.admits(attribute.value()) => {
                    let kind = FindingKind::AttributeValue { name: short(&name), element: known.name.into() };
                    self.add(kind, place);
                }
                Some(_) => {}
            }
            if leads_out(&name, attribute.value()) {
                self.add(FindingKind::Reference { name: short(&name) }, place);
            }
        }
        for name in known.required.iter().filter(|name| node.attribute(**name).is_none()) {
            self.add(FindingKind::AttributeAbsent { name }, start_tag(&node));
        }
    }

    /// The drafts want a square.
    fn size(&mut self, root: &Node<'_, '_>) {
        let square = match (root.attribute("viewBox"), root.attribute("width"), root.attribute("height")) {
            (Some(view_box), ..) => is_square(view_box),
            (None, Some(width), Some(height)) => width.trim() == height.trim(),
            _ => return self.add(FindingKind::SizeAbsent, start_tag(root)),
        };
        if !square {
            self.add(FindingKind::NotSquare, start_tag(root));
        }
    }
}

/// What the document becomes when each `use` is replaced by what it names: a few lines can make millions of elements.
struct Expansion<'a, 'input> {
    by_id: BTreeMap<&'a str, Node<'a, 'input>>,
    /// By the node's number.
    counts: BTreeMap<usize, u64>,
}

impl<'a, 'input> Expansion<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let mut by_id = BTreeMap::new();
        for node in document.root().descendants().filter(Node::is_element) {
            let ids = [node.attribute("id"), node.attribute((XML_NAMESPACE, "id"))];
            for id in ids.into_iter().flatten() {
                by_id.entry(id).or_insert(node);
            }
        }
        Self { by_id, counts: BTreeMap::new() }
    }

    fn measure(mut self, root: Node<'a, 'input>, check: &mut Check) {
        match self.count(root, 0) {
            None => check.add(FindingKind::UseLoop, start_tag(&root)),
            Some(count) if count > EXPANDED_ELEMENT_COUNT_MAX => check.add(FindingKind::UseTooMany, start_tag(&root)),
            Some(_) => {}
        }
    }

    /// How many elements `node` becomes; `None` when `use` leads too far. The depth of the document is bounded, and that
    /// of `use` by `use_depth`.
    fn count(&mut self, node: Node<'a, 'input>, use_depth: usize) -> Option<u64> {
        if let Some(count) = self.counts.get(&node.id().get_usize()) {
            return Some(*count);
        }
        let mut count: u64 = 1;
        let href = node.attributes().filter(|_| node.tag_name().name() == "use").find(|other| other.name() == "href");
        let named = href.and_then(|href| self.by_id.get(href.value().trim().trim_start_matches('#')).copied());
        if let Some(named) = named {
            if use_depth == USE_DEPTH_MAX {
                return None;
            }
            count = count.saturating_add(self.count(named, use_depth + 1)?);
        }
        for child in node.children().filter(Node::is_element) {
            count = count.saturating_add(self.count(child, use_depth)?);
        }
        self.counts.insert(node.id().get_usize(), count);
        Some(count)
    }
}

fn is_svg(node: &Node<'_, '_>) -> bool {
    node.tag_name().namespace() == Some(SVG_NAMESPACE)
}

fn span(node: &Node<'_, '_>) -> Span {
    let range = node.range();
    Span::new(range.start, range.end)
}

/// The beginning of an element: `<` and its name.
fn start_tag(node: &Node<'_, '_>) -> Span {
    let start = node.range().start;
    Span::new(start, start + 1 + node.tag_name().name().len())
}

/// The name of an element, with its namespace when that is not SVG's.
fn qualified(node: &Node<'_, '_>) -> String {
    match node.tag_name().namespace() {
        Some(SVG_NAMESPACE) | None => node.tag_name().name().to_owned(),
        Some(namespace) => format!("{{{namespace}}}{}", node.tag_name().name()),
    }
}

/// The name of an attribute as the table has it.
fn attribute_name(attribute: &Attribute<'_, '_>) -> String {
    match attribute.namespace() {
        None => attribute.name().to_owned(),
        Some(XML_NAMESPACE) => format!("xml:{}", attribute.name()),
        Some(namespace) => format!("{{{namespace}}}{}", attribute.name()),
    }
}

/// A name as it is told: of a sender's making, so not longer than anybody wants to read.
fn short(name: &str) -> Box<str> {
    name.chars().take(NAME_CHARACTER_COUNT_MAX).collect()
}

/// Whether a value names something outside of the document.
fn leads_out(name: &str, value: &str) -> bool {
    let value = value.trim();
    let local =
        |target: &str| target.trim_start_matches(|mark| is_xml_space(mark) || "\"'".contains(mark)).starts_with('#');
    match name.rsplit(['}', ':']).next().unwrap_or_default() {
        // RFC 6170 §5.2: no reference to what is outside.
        "href" => !local(value),
        // With another base, `#id` is not of this document.
        "base" => !value.is_empty(),
        _ => {
            let lower = value.to_ascii_lowercase();
            // An escape of CSS can hide the letters of `url`.
            let hidden = lower.contains('\\') && lower.contains('(');
            hidden || lower.split("url(").skip(1).any(|target| !local(target))
        }
    }
}

fn is_square(view_box: &str) -> bool {
    let numbers: Vec<f64> = view_box
        .split(|mark: char| is_xml_space(mark) || mark == ',')
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .take(5)
        .collect();
    matches!(numbers[..], [_, _, width, height] if width > 0.0 && width == height)
}

/// The first tag with too many equals signs. Within a tag no `<` can stand; text behind it is counted along.
fn too_many_attributes(text: &str) -> Option<Span> {
    let mut start = 0;
    for part in text.split('<') {
        let comment = part.starts_with("!--");
        if !comment && part.bytes().filter(|byte| *byte == b'=').count() > ATTRIBUTE_COUNT_MAX {
            return Some(Span::new(start, start + part.len()));
        }
        start += part.len() + 1;
    }
    None
}

/// The encoding of the XML declaration, when it is none that these bytes have.
fn wrong_encoding(text: &str) -> Option<Span> {
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let (before, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start_matches(|mark| is_xml_space(mark) || mark == '=');
    let name = rest.trim_start_matches(['"', '\'']).split(['"', '\'']).next().unwrap_or_default();
    let sound = ["utf-8", "us-ascii", "ascii"].iter().any(|good| name.eq_ignore_ascii_case(good));
    // In the encodings that keep ASCII, ASCII alone is the same text.
    let wide = ["utf-16", "utf-32", "ucs", "utf-7", "ebcdic", "cp037"];
    let same = text.is_ascii() && !wide.iter().any(|wide| name.to_ascii_lowercase().starts_with(wide));
    let start = "<?xml".len() + before.len();
    (!sound && !same).then(|| Span::new(start, start + "encoding".len()))
}

fn kind_of(error: &roxmltree::Error) -> FindingKind {
    match error {
        roxmltree::Error::DtdDetected => FindingKind::Doctype,
        roxmltree::Error::NodesLimitReached
        | roxmltree::Error::AttributesLimitReached
        | roxmltree::Error::NamespacesLimitReached => FindingKind::TooManyNodes,
        _ => FindingKind::Xml,
    }
}

/// The byte at a row and a column, which count from 1 and are of characters.
fn offset(text: &str, position: TextPos) -> usize {
    let row = position.row.saturating_sub(1) as usize;
    let line = text.split_inclusive('\n').take(row).map(str::len).sum::<usize>();
    let column = position.col.saturating_sub(1) as usize;
    let rest = text.get(line..).unwrap_or_default();
    line + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

impl FindingKind {
    /// All ids.
    pub const IDS: &'static [&'static str] = &[
        "bimi-svg-too-large",
        "bimi-svg-gzip",
        "bimi-svg-encoding",
        "bimi-svg-declared-encoding",
        "bimi-svg-doctype",
        "bimi-svg-xml",
        "bimi-svg-too-many-nodes",
        "bimi-svg-too-many-attributes",
        "bimi-svg-too-deep",
        "bimi-svg-root",
        "bimi-svg-instruction",
        "bimi-svg-element",
        "bimi-svg-text",
        "bimi-svg-attribute",
        "bimi-svg-attribute-value",
        "bimi-svg-attribute-absent",
        "bimi-svg-title-absent",
        "bimi-svg-title-empty",
        "bimi-svg-title-long",
        "bimi-svg-reference",
        "bimi-svg-use-loop",
        "bimi-svg-use-too-many",
        "bimi-svg-size-absent",
        "bimi-svg-not-square",
        "bimi-svg-more-findings",
    ];

    /// Whether the document is of no use as an indicator with it; the others are remarks.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::TitleEmpty | Self::TitleLong | Self::SizeAbsent | Self::NotSquare | Self::MoreFindings)
    }
}

impl Explain for FindingKind {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLarge => "bimi-svg-too-large",
            Self::Gzip => "bimi-svg-gzip",
            Self::Encoding => "bimi-svg-encoding",
            Self::DeclaredEncoding => "bimi-svg-declared-encoding",
            Self::Doctype => "bimi-svg-doctype",
            Self::Xml => "bimi-svg-xml",
            Self::TooManyNodes => "bimi-svg-too-many-nodes",
            Self::TooManyAttributes => "bimi-svg-too-many-attributes",
            Self::TooDeep => "bimi-svg-too-deep",
            Self::Root => "bimi-svg-root",
            Self::Instruction => "bimi-svg-instruction",
            Self::Element { .. } => "bimi-svg-element",
            Self::Text { .. } => "bimi-svg-text",
            Self::Attribute { .. } => "bimi-svg-attribute",
            Self::AttributeValue { .. } => "bimi-svg-attribute-value",
            Self::AttributeAbsent { .. } => "bimi-svg-attribute-absent",
            Self::TitleAbsent => "bimi-svg-title-absent",
            Self::TitleEmpty => "bimi-svg-title-empty",
            Self::TitleLong => "bimi-svg-title-long",
            Self::Reference { .. } => "bimi-svg-reference",
            Self::UseLoop => "bimi-svg-use-loop",
            Self::UseTooMany => "bimi-svg-use-too-many",
            Self::SizeAbsent => "bimi-svg-size-absent",
            Self::NotSquare => "bimi-svg-not-square",
            Self::MoreFindings => "bimi-svg-more-findings",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooManyNodes | Self::TooManyAttributes | Self::TooDeep | Self::UseTooMany | Self::MoreFindings => {
                None
            }
            Self::Gzip | Self::Reference { .. } => Some(Rule("RFC 6170", "5.2")),
            _ => Some(Rule(DRAFT, "7.6")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLarge => vec![("limit_bytes", INDICATOR_BYTES_MAX.into())],
            Self::TooManyNodes => vec![("limit", u64::from(XML_NODE_COUNT_MAX).into())],
            Self::TooManyAttributes => vec![("limit", ATTRIBUTE_COUNT_MAX.into())],
            Self::TooDeep => vec![("limit", ELEMENT_DEPTH_MAX.into())],
            Self::TitleLong => vec![("limit", TITLE_CHARACTER_COUNT_MAX.into())],
            Self::UseTooMany => vec![("limit", EXPANDED_ELEMENT_COUNT_MAX.into())],
            Self::MoreFindings => vec![("limit", FINDING_COUNT_MAX.into())],
            Self::Element { name, parent } => vec![("name", (**name).into()), ("parent", (**parent).into())],
            Self::Text { element } => vec![("element", (**element).into())],
            Self::Attribute { name, element } | Self::AttributeValue { name, element } => {
                vec![("name", (**name).into()), ("element", (**element).into())]
            }
            Self::AttributeAbsent { name } => vec![("name", Value::Word(name))],
            Self::Reference { name } => vec![("name", (**name).into())],
            _ => Vec::new(),
        }
    }
}

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const NAME_CHARACTER_COUNT_MAX: usize = 96;

#[cfg(test)]
mod tests;
