//! SVG Tiny Portable/Secure as a table: elements, what may stand in them, their attributes and values.
//!
//! The grammar is that of the working group's `SVG_1.2_PS.rng`, written anew: attributes in groups that elements share.

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: &'static str,
    pub(crate) content: Content,
    /// Attributes that must be there.
    pub(crate) required: &'static [&'static str],
    /// Attributes that may be there. The first that has the name counts.
    pub(crate) attributes: &'static [&'static [Attribute]],
}

/// What may stand in an element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Text alone.
    Text,
    /// These elements, and white space between them.
    Elements(&'static [&'static str]),
    /// One `title` first, then these elements.
    TitleThen(&'static [&'static str]),
}

/// An attribute and what its value may be.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// The name; `xml:` before those of XML's own namespace.
    pub(crate) name: &'static str,
    pub(crate) value: Pattern,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern {
    /// Anything.
    Any,
    /// One of these words, white space at both ends apart.
    Word(&'static [&'static str]),
    /// A name without colon (XML Schema's NCName).
    Name,
    /// One or more name tokens (NMTOKENS).
    Tokens,
    /// A language tag, or nothing.
    Language,
    /// `none` or `xMidYMid`, then perhaps `meet`.
    AspectRatio,
}

/// The element called so, when the grammar reaches it from the root.
pub(crate) fn element(name: &str) -> Option<&'static Element> {
    ELEMENTS.iter().find(|element| element.name == name)
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().flat_map(|group| group.iter()).find(|attribute| attribute.name == name)
    }
}

impl Pattern {
    pub(crate) fn admits(self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Word(words) => words.contains(&value.trim_matches(is_xml_space)),
            Self::Name => is_name(value.trim_matches(is_xml_space)),
            Self::Tokens => {
                let mut tokens = value.split(is_xml_space).filter(|token| !token.is_empty()).peekable();
                tokens.peek().is_some() && tokens.all(|token| token.chars().all(is_name_character))
            }
            Self::Language => is_language(value.trim_matches(is_xml_space)),
            Self::AspectRatio => {
                let rest = value.trim_matches(is_xml_space);
                let rest = rest.strip_prefix("none").or_else(|| rest.strip_prefix("xMidYMid"));
                rest.is_some_and(|rest| matches!(rest.trim_matches(is_xml_space), "" | "meet"))
            }
        }
    }
}

pub(crate) fn is_xml_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(is_name_start)
        && text.chars().all(|character| character != ':' && is_name_character(character))
}

/// XML 1.0 (fifth edition), NameStartChar without the colon.
fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic()
        || character == '_'
        || matches!(character,
            '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
            | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
            | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || character.is_ascii_digit()
        || matches!(character, ':' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// XML Schema's language: `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`.
fn is_language(text: &str) -> bool {
    text.is_empty()
        || text.split('-').enumerate().all(|(index, part)| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit()))
        })
}

const fn any(name: &'static str) -> Attribute {
    Attribute { name, value: Pattern::Any }
}

const fn word(name: &'static str, words: &'static [&'static str]) -> Attribute {
    Attribute { name, value: Pattern::Word(words) }
}

const fn of(name: &'static str, value: Pattern) -> Attribute {
    Attribute { name, value }
}

/// Identity and metadata: everywhere but in `metadata`.
const CORE: &[Attribute] = &[
    of("id", Pattern::Name),
    of("xml:id", Pattern::Name),
    any("xml:base"),
    of("xml:lang", Pattern::Language),
    word("xml:space", &["default", "preserve"]),
    of("class", Pattern::Tokens),
    any("role"),
    any("rel"),
    any("rev"),
    any("typeof"),
    any("content"),
    any("datatype"),
    any("resource"),
    any("about"),
    any("property"),
];

/// Presentation: everywhere but in `title`, `desc` and `metadata`.
const PRESENTATION: &[Attribute] = &[
    any("fill"),
    any("fill-opacity"),
    word("fill-rule", &["inherit", "nonzero", "evenodd"]),
    any("stroke"),
    any("stroke-opacity"),
    any("stroke-dasharray"),
    any("stroke-dashoffset"),
    word("stroke-linecap", &["butt", "round", "square", "inherit"]),
    word("stroke-linejoin", &["miter", "round", "bevel", "inherit"]),
    any("stroke-miterlimit"),
    any("stroke-width"),
    any("color"),
    word("color-rendering", &["auto", "optimizeSpeed", "optimizeQuality", "inherit"]),
    word("vector-effect", &["none", "non-scaling-stroke", "inherit"]),
    word("direction", &["ltr", "rtl", "inherit"]),
    word("unicode-bidi", &["normal", "embed", "bidi-override", "inherit"]),
    any("solid-color"),
    any("solid-opacity"),
    word("display-align", &["auto", "before", "center", "after", "inherit"]),
    any("line-increment"),
    any("stop-color"),
    any("stop-opacity"),
    any("font-family"),
    any("font-size"),
    word("font-style", &["normal", "italic", "oblique", "inherit"]),
    word("font-variant", &["normal", "small-caps", "inherit"]),
    word("font-weight", &["normal", "bold", "bolder", "lighter", "inherit"]),
    word("text-anchor", &["start", "middle", "end", "inherit"]),
    word("text-align", &["start", "center", "end", "inherit"]),
];

const CONDITIONS: &[Attribute] = &[any("requiredFonts"), any("systemLanguage")];

/// `none` or a list of transformations.
const TRANSFORM: &[Attribute] = &[any("transform")];

/// What `title` and `desc` have instead of presentation.
const DESCRIPTION: &[Attribute] = &[
    word("buffered-rendering", &["auto", "dynamic", "static", "inherit"]),
    word(
        "display",
        &[
            "inline",
            "block",
            "list-item",
            "run-in",
            "compact",
            "marker",
            "table",
            "inline-table",
            "table-row-group",
            "table-header-group",
            "table-footer-group",
            "table-row",
            "table-column-group",
            "table-column",
            "table-cell",
            "table-caption",
            "none",
            "inherit",
        ],
    ),
    word("image-rendering", &["auto", "optimizeSpeed", "optimizeQuality", "inherit"]),
    word("shape-rendering", &["auto", "optimizeSpeed", "crispEdges", "geometricPrecision", "inherit"]),
    word("text-rendering", &["auto", "optimizeSpeed", "optimizeLegibility", "geometricPrecision", "inherit"]),
    any("viewport-fill"),
    any("viewport-fill-opacity"),
    word("visibility", &["visible", "hidden", "collapse", "inherit"]),
];

const ROOT: &[Attribute] = &[
    // The root alone may not inherit its weight; found before the group's.
    word("font-weight", &["normal", "bold", "bolder", "lighter"]),
    word("version", &["1.2"]),
    word("baseProfile", &["tiny-ps"]),
    any("width"),
    any("height"),
    any("viewBox"),
    of("preserveAspectRatio", Pattern::AspectRatio),
    any("contentScriptType"),
    word("externalResourcesRequired", &["false"]),
    word("focusable", &["false"]),
    word("playbackOrder", &["all"]),
    word("snapshotTime", &["none"]),
    word("timelineBegin", &["onLoad"]),
    word("zoomAndPan", &["disable"]),
];

const PLACE: &[Attribute] = &[any("x"), any("y")];
const SIZE: &[Attribute] = &[any("width"), any("height")];
const LINE: &[Attribute] = &[any("x1"), any("y1"), any("x2"), any("y2")];
const CENTRE: &[Attribute] = &[any("cx"), any("cy")];
const RADIUS: &[Attribute] = &[any("r")];
const RADII: &[Attribute] = &[any("rx"), any("ry")];
const POINTS: &[Attribute] = &[any("points")];
const PATH: &[Attribute] = &[any("d"), any("pathLength")];
const UNITS: &[Attribute] = &[word("gradientUnits", &["userSpaceOnUse", "objectBoundingBox"])];
const HREF: &[Attribute] = &[any("href")];
const OFFSET: &[Attribute] = &[any("offset")];
const TEXT: &[Attribute] = &[word("editable", &["none"]), any("rotate")];

const SHAPES: &[&str] = &[
    "path",
    "rect",
    "circle",
    "line",
    "ellipse",
    "polyline",
    "polygon",
    "solidColor",
    "textArea",
    "linearGradient",
    "radialGradient",
    "text",
    "g",
    "defs",
    "use",
];

const IN_ROOT: &[&str] = &[
    "desc",
    "metadata",
    "path",
    "rect",
    "circle",
    "line",
    "ellipse",
    "polyline",
    "polygon",
    "solidColor",
    "textArea",
    "linearGradient",
    "radialGradient",
    "text",
    "g",
    "defs",
    "use",
];

const NOTHING: Content = Content::Elements(&[]);

const fn plain(name: &'static str, content: Content, attributes: &'static [&'static [Attribute]]) -> Element {
    Element { name, content, required: &[], attributes }
}

/// A table: every element that the grammar reaches from `svg`.
pub(crate) const ELEMENTS: &[Element] = &[
    Element {
        name: "svg",
        content: Content::TitleThen(IN_ROOT),
        required: &["version", "baseProfile"],
        attributes: &[ROOT, CORE, PRESENTATION],
    },
    plain("title", Content::Text, &[CORE, DESCRIPTION, CONDITIONS]),
    plain("desc", Content::Text, &[CORE, DESCRIPTION, CONDITIONS]),
    plain("metadata", Content::Text, &[]),
    plain("path", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, PATH]),
    plain("rect", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, PLACE, SIZE, RADII]),
    plain("circle", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, CENTRE, RADIUS]),
    plain("line", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, LINE]),
    plain("ellipse", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, CENTRE, RADII]),
    plain("polyline", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, POINTS]),
    plain("polygon", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, POINTS]),
    plain("solidColor", NOTHING, &[CORE, PRESENTATION]),
    plain("textArea", Content::Text, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, PLACE, SIZE]),
    plain("linearGradient", Content::Elements(&["stop"]), &[CORE, PRESENTATION, UNITS, LINE]),
    plain("radialGradient", Content::Elements(&["stop"]), &[CORE, PRESENTATION, UNITS, CENTRE, RADIUS]),
    plain("stop", NOTHING, &[CORE, PRESENTATION, OFFSET]),
    plain("text", Content::Text, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, PLACE, TEXT]),
    plain("g", Content::Elements(SHAPES), &[CORE, PRESENTATION, CONDITIONS, TRANSFORM]),
    plain("defs", Content::Elements(SHAPES), &[CORE, PRESENTATION]),
    plain("use", NOTHING, &[CORE, PRESENTATION, CONDITIONS, TRANSFORM, PLACE, HREF]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (pattern, value, good) in [
            (Pattern::Word(&["1.2"]), "1.2", true),
            (Pattern::Word(&["1.2"]), " 1.2\n", true),
            (Pattern::Word(&["1.2"]), "1.20", false),
            (Pattern::Word(&["1.2"]), "", false),
            (Pattern::Name, "a-1.b", true),
            (Pattern::Name, "関", true),
            (Pattern::Name, "1a", false),
            (Pattern::Name, "a:b", false),
            (Pattern::Name, "", false),
            (Pattern::Tokens, "a 1 -", true),
            (Pattern::Tokens, " ", false),
            (Pattern::Tokens, "a,b", false),
            (Pattern::Language, "", true),
            (Pattern::Language, "ja-Jpan-JP", true),
            (Pattern::Language, "1a", false),
            (Pattern::Language, "ja-", false),
            (Pattern::AspectRatio, " xMidYMid meet ", true),
            (Pattern::AspectRatio, "nonemeet", true),
            (Pattern::AspectRatio, "none", true),
            (Pattern::AspectRatio, "xMidYMid slice", false),
            (Pattern::AspectRatio, "xMinYMin", false),
        ] {
            assert_eq!(pattern.admits(value), good, "{pattern:?} {value:?}");
        }
    }
}
