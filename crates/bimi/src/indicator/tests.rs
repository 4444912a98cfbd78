#![allow(clippy::disallowed_methods)] // the grammar is read from the suite

use std::io::Write as _;

use roxmltree::Document;

use super::*;

/// A sound document with `inside` behind its title.
fn svg(inside: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 8 8"><title>A</title>{inside}</svg>"#
    )
}

fn kinds(text: &str) -> Vec<FindingKind> {
    let reading = read(text.as_bytes());
    assert_eq!(reading.indicator.is_none(), reading.findings.iter().any(|finding| finding.kind.is_fatal()), "{text}");
    reading.findings.into_iter().map(|finding| finding.kind).collect()
}

fn ids(text: &str) -> Vec<&'static str> {
    kinds(text).iter().map(Explain::id).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_sound_document_has_no_finding() {
    assert_eq!(kinds(&svg("")), []);
    assert_eq!(
        kinds(&svg(
            r##"<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs><g fill="url(#a)"><use href="#b"/></g>"##
        )),
        []
    );
    assert_eq!(kinds(&svg("<text>関所</text><desc>x</desc><metadata>y</metadata>")), []);
    assert_eq!(kinds(&format!("\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!-- x -->{}\n", svg(" "))), []);
    assert_eq!(kinds(&svg("").replace("<svg ", "<svg xmlns:xlink='http://www.w3.org/1999/xlink' ")), []);
}

#[test]
fn what_the_grammar_does_not_have_is_found() {
    for (inside, id) in [
        ("<script/>", "bimi-svg-element"),
        ("<animate/>", "bimi-svg-element"),
        ("<a/>", "bimi-svg-element"),
        ("<image/>", "bimi-svg-element"),
        ("<style/>", "bimi-svg-element"),
        ("<title>B</title>", "bimi-svg-element"),
        ("<font/>", "bimi-svg-element"),
        ("<Path/>", "bimi-svg-element"),
        ("<g><desc>x</desc></g>", "bimi-svg-element"),
        ("<text>a<tspan/></text>", "bimi-svg-element"),
        ("<x:path xmlns:x='urn:x'/>", "bimi-svg-element"),
        ("<path xmlns=''/>", "bimi-svg-element"),
        ("<path>a</path>", "bimi-svg-text"),
        ("a", "bimi-svg-text"),
        ("<path style='x'/>", "bimi-svg-attribute"),
        ("<path onload='x'/>", "bimi-svg-attribute"),
        ("<path opacity='1'/>", "bimi-svg-attribute"),
        ("<path x='1'/>", "bimi-svg-attribute"),
        ("<path xmlns:x='urn:x' x:fill='1'/>", "bimi-svg-attribute"),
        ("<metadata id='a'/>", "bimi-svg-attribute"),
        ("<path fill-rule='x'/>", "bimi-svg-attribute-value"),
        ("<path id='1'/>", "bimi-svg-attribute-value"),
        ("<?xml-stylesheet href='http://x.example/'?>", "bimi-svg-instruction"),
    ] {
        assert_eq!(ids(&svg(inside)), [id], "{inside}");
    }
    assert_eq!(ids(&svg("").replace("tiny-ps", "tiny")), ["bimi-svg-attribute-value"]);
    assert_eq!(ids(&svg("").replace(r#"version="1.2""#, "")), ["bimi-svg-attribute-absent"]);
    assert_eq!(ids(&svg("").replace("<svg ", "<svg x='0' ")), ["bimi-svg-attribute"]);
    assert_eq!(ids(&svg("").replace("<svg ", "<svg font-weight='inherit' ")), ["bimi-svg-attribute-value"]);
    assert_eq!(ids(&svg("").replace("<title>A</title>", "<g/>")), ["bimi-svg-title-absent"]);
    assert_eq!(ids(&svg("").replace("<title>", "<desc/><title>")), ["bimi-svg-title-absent", "bimi-svg-element"]);
    assert_eq!(ids(&svg("").replace("http://www.w3.org/2000/svg", "urn:x")), ["bimi-svg-root"]);
    assert_eq!(ids("<html/>"), ["bimi-svg-root"]);
}

#[test]
fn nothing_leads_out_of_the_document() {
    for (inside, outside) in [
        ("<use href='#a'/>", false),
        ("<use href=' #a'/>", false),
        ("<use href=''/>", true),
        ("<use href='a.svg#a'/>", true),
        ("<use href='https://x.example/#a'/>", true),
        ("<use href='data:image/png;base64,AA'/>", true),
        ("<use xml:base='https://x.example/' href='#a'/>", true),
        ("<path fill='url(#a) red'/>", false),
        ("<path fill='url( \"#a\" )'/>", false),
        ("<path fill='URL(https://x.example/)'/>", true),
        ("<path fill='url(data:,x)'/>", true),
        ("<path fill='url(#a) url(//x.example)'/>", true),
        ("<path fill='u\\72l(https://x.example/)'/>", true),
    ] {
        assert_eq!(ids(&svg(inside)).contains(&"bimi-svg-reference"), outside, "{inside}");
    }
}

#[test]
fn entities_and_document_types_are_refused() {
    let bomb = "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
    assert_eq!(ids(&format!("{bomb}{}", svg("<text>&b;</text>"))), ["bimi-svg-doctype"]);
    assert_eq!(ids(&format!("<!DOCTYPE svg SYSTEM 'file:///etc/passwd'>{}", svg(""))), ["bimi-svg-doctype"]);
    assert_eq!(ids(&svg("<text>&x;</text>")), ["bimi-svg-xml"]);
    assert_eq!(ids(&svg("<text>&#x41;&amp;</text>")), [""; 0]);
    for text in ["", "not XML", "<svg", "<svg></g>", "\0"] {
        assert_eq!(ids(text), ["bimi-svg-xml"], "{text}");
    }
    assert_eq!(read(b"<svg>\xff</svg>").findings, [Flaw::new(FindingKind::Encoding, 5, 6)]);
}

#[test]
fn encodings_other_than_utf_8() {
    let declared =
        |name: &str, inside: &str| ids(&format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{}", svg(inside)));
    assert_eq!(declared("utf-8", "<text>ü</text>"), [""; 0]);
    assert_eq!(declared("ISO-8859-1", ""), [""; 0]);
    assert_eq!(declared("ISO-8859-1", "<text>ü</text>"), ["bimi-svg-declared-encoding"]);
    assert_eq!(declared("UTF-16", ""), ["bimi-svg-declared-encoding"]);
}

#[test]
fn findings_have_their_place() {
    let text = format!("\u{feff}{}", svg("<g>\n<script/></g>"));
    let body = text.strip_prefix('\u{feff}').unwrap();
    let finding = &read(text.as_bytes()).findings[0];
    assert_eq!(finding.kind, FindingKind::Element { name: "script".into(), parent: "g".into() });
    // Spans are of the whole document, with its mark.
    assert_eq!(finding.span.of(text.as_bytes()), b"<script", "{body}");
    let text = svg("\n関<path style='a'/></g>");
    let finding = &read(text.as_bytes()).findings[0];
    assert_eq!((finding.kind.id(), finding.span.start as usize), ("bimi-svg-xml", text.find("</g>").unwrap()));
    let text = svg("<path style='a'/>");
    assert_eq!(read(text.as_bytes()).findings[0].span.of(text.as_bytes()), b"style='a'");
}

#[test]
fn remarks_do_not_refuse() {
    assert_eq!(kinds(&svg("").replace("0 0 8 8", "0 0 8 9")), [FindingKind::NotSquare]);
    assert_eq!(kinds(&svg("").replace("0 0 8 8", "0,0,8.0 8")), []);
    assert_eq!(kinds(&svg("").replace(" viewBox=\"0 0 8 8\"", "")), [FindingKind::SizeAbsent]);
    assert_eq!(kinds(&svg("").replace("viewBox=\"0 0 8 8\"", "width='9px' height='9px'")), []);
    assert_eq!(kinds(&svg("").replace(">A<", "> <")), [FindingKind::TitleEmpty]);
    for (length, long) in [(63, false), (64, false), (65, true)] {
        let text = svg("").replace(">A<", &format!(">{}<", "関".repeat(length)));
        assert_eq!(kinds(&text).contains(&FindingKind::TitleLong), long, "{length}");
    }
}

#[test]
fn sizes_at_below_and_above_the_limit() {
    for (length, good) in
        [(INDICATOR_BYTES_MAX - 1, true), (INDICATOR_BYTES_MAX, true), (INDICATOR_BYTES_MAX + 1, false)]
    {
        let text = svg("");
        let text = svg(&" ".repeat(length - text.len()));
        assert_eq!(text.len(), length);
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            let reading = read(&bytes);
            assert_eq!(reading.indicator.is_some(), good, "{length}");
            if !good {
                assert_eq!(reading.findings[0].kind, FindingKind::TooLarge);
            }
        }
    }
}

#[test]
fn compressed_documents() {
    let text = svg("");
    let whole = gzip(text.as_bytes());
    assert_eq!(read(&whole).indicator.unwrap().svg(), text.as_bytes());
    assert_eq!(read(&whole), read(text.as_bytes()));
    for cut in [2, 9, whole.len() - 1] {
        assert_eq!(read(&whole[..cut]).findings[0].kind, FindingKind::Gzip, "{cut}");
    }
    let behind = [&whole[..], b"x"].concat();
    assert_eq!(read(&behind).findings[0].kind, FindingKind::Gzip);
    // Sixteen megabytes of nothing.
    assert_eq!(read(&gzip(&vec![b' '; 16 << 20])).findings[0].kind, FindingKind::TooLarge);
}

#[test]
fn depth_and_count_at_below_and_above_the_limit() {
    for (depth, good) in [(ELEMENT_DEPTH_MAX - 1, true), (ELEMENT_DEPTH_MAX, true), (ELEMENT_DEPTH_MAX + 1, false)] {
        let inner = depth - 1;
        let found = kinds(&svg(&format!("{}{}", "<g>".repeat(inner), "</g>".repeat(inner))));
        assert_eq!(found.contains(&FindingKind::TooDeep), !good, "{depth}");
    }
    let deep = "<g>".repeat(4000) + &"</g>".repeat(4000);
    assert_eq!(kinds(&svg(&deep)), [FindingKind::TooDeep]);
    for (count, told) in [(FINDING_COUNT_MAX - 1, 31), (FINDING_COUNT_MAX, 32), (FINDING_COUNT_MAX + 1, 33)] {
        let found = kinds(&svg(&"<a/>".repeat(count)));
        assert_eq!(found.len(), told);
        assert_eq!(found.contains(&FindingKind::MoreFindings), told == 33);
    }
}

#[test]
fn use_cannot_multiply_without_end() {
    assert_eq!(kinds(&svg("<g id='a'><use href='#a'/></g>")), [FindingKind::UseLoop]);
    assert_eq!(kinds(&svg("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>")), [FindingKind::UseLoop]);
    let tower = |levels: usize, times: usize| {
        let mut text = "<path id='a0'/>".to_owned();
        for level in 1..=levels {
            let one = format!("<use href='#a{}'/>", level - 1);
            text += &format!("<g id='a{level}'>{}</g>", one.repeat(times));
        }
        svg(&text)
    };
    assert_eq!(kinds(&tower(3, 10)), []);
    assert_eq!(kinds(&tower(6, 10)), [FindingKind::UseTooMany]);
    // A chain is measured from its end when that stands first; turned round it is followed.
    let chain = |length: usize| {
        let links = (0..length).map(|n| format!("<g id='c{n}'><use href='#c{}'/></g>", n + 1));
        svg(&(links.collect::<String>() + &format!("<g id='c{length}'/>")))
    };
    for (length, good) in [(USE_DEPTH_MAX - 1, true), (USE_DEPTH_MAX, true), (USE_DEPTH_MAX + 1, false)] {
        assert_eq!(kinds(&chain(length)).is_empty(), good, "{length}");
    }
}

#[test]
fn counts_at_below_and_above_the_limit() {
    // The document itself, svg, title and its text stand before.
    for (count, good) in [(XML_NODE_COUNT_MAX - 1, true), (XML_NODE_COUNT_MAX, true), (XML_NODE_COUNT_MAX + 1, false)] {
        let more = usize::try_from(count).unwrap() - 4;
        let found = kinds(&svg(&format!("{}{}", "<g/> ".repeat(more / 2), "<g/>".repeat(more % 2))));
        assert_eq!(found.contains(&FindingKind::TooManyNodes), !good, "{count}");
    }
    for (count, good) in
        [(ATTRIBUTE_COUNT_MAX - 1, true), (ATTRIBUTE_COUNT_MAX, true), (ATTRIBUTE_COUNT_MAX + 1, false)]
    {
        let attributes: String = (0..count).map(|number| format!(" a{number}=''")).collect();
        let found = kinds(&svg(&format!("<g{attributes}/>")));
        assert_eq!(found.contains(&FindingKind::TooManyAttributes), !good, "{count}");
    }
    assert_eq!(kinds(&svg(&format!("<!--{}-->", "=".repeat(2000)))), []);
    let paths = |count: usize| "<path/>".repeat(count);
    let uses = "<use href='#a'/>".repeat(126);
    for (more, good) in [(254, true), (255, true), (256, false)] {
        let text = svg(&format!("<g id='a'>{}</g>{uses}{}", paths(254), paths(more)));
        assert_eq!(kinds(&text).is_empty(), good, "{more}");
    }
}

/// The working group's grammar, element by element and attribute by attribute, against the table; both ways.
#[test]
fn the_table_is_the_grammar() {
    let Some(path) = testkit::suite("bimi/mail-bimi/lib/Mail/BIMI/Data/SVG_1.2_PS.rng") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let grammar = Document::parse(&text).unwrap();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for define in grammar.descendants().filter(|node| node.has_tag_name((RELAX, "define"))) {
        let element = define.children().find(|node| node.has_tag_name((RELAX, "element"))).unwrap();
        names.insert(define.attribute("name").unwrap(), element.attribute("name").unwrap());
    }
    let mut seen = 0;
    for node in grammar.descendants().filter(|node| node.has_tag_name((RELAX, "element"))) {
        let name = node.attribute("name").unwrap();
        if ["font", "font-face", "glyph", "hkern"].contains(&name) {
            continue;
        }
        let known = schema::element(name).unwrap();
        seen += 1;
        let children: Vec<_> = node
            .descendants()
            .filter(|node| node.has_tag_name((RELAX, "ref")))
            .map(|node| names[node.attribute("name").unwrap()])
            .collect();
        assert_eq!(sorted(&children), sorted(&children_of(known)), "{name}");
        let text = node.descendants().any(|node| {
            node.has_tag_name((RELAX, "text")) && !node.ancestors().any(|node| node.has_tag_name((RELAX, "attribute")))
        });
        assert_eq!(text, matches!(known.content, Content::Text), "{name}");
        let mut attributes = Vec::new();
        for attribute in node.descendants().filter(|node| node.has_tag_name((RELAX, "attribute"))) {
            let attribute_name = attribute.attribute("name").unwrap();
            attributes.push(attribute_name);
            let required = !attribute.ancestors().any(|node| node.has_tag_name((RELAX, "optional")));
            assert_eq!(required, known.required.contains(&attribute_name), "{name} {attribute_name}");
            let rule = known.attribute(attribute_name);
            let rule = rule.unwrap_or_else(|| panic!("{name} {attribute_name} is not in the table")).value;
            same_values(&format!("{name} {attribute_name}"), rule, &attribute);
        }
        let ours: std::collections::BTreeSet<_> =
            known.attributes.iter().flat_map(|group| group.iter()).map(|attribute| attribute.name).collect();
        assert_eq!(sorted(&attributes), ours.into_iter().collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(seen, schema::ELEMENTS.len());
}

fn same_values(place: &str, rule: schema::Pattern, attribute: &Node<'_, '_>) {
    use schema::Pattern;
    let words: Vec<_> = attribute
        .descendants()
        .filter(|node| node.has_tag_name((RELAX, "value")))
        .map(|node| node.text().unwrap())
        .collect();
    let types: Vec<_> = attribute
        .descendants()
        .filter_map(|node| node.attribute("type").filter(|_| node.has_tag_name((RELAX, "data"))))
        .collect();
    let pattern = attribute.descendants().any(|node| node.has_tag_name((RELAX, "param")));
    let same = match rule {
        Pattern::Any => types.contains(&"string") || (types.is_empty() && words.is_empty()),
        Pattern::Word(ours) => types.is_empty() && sorted(&words) == sorted(ours),
        Pattern::Name => types == ["NCName"],
        Pattern::Tokens => types == ["NMTOKENS"],
        Pattern::Language => types == ["language"],
        Pattern::AspectRatio => pattern,
    };
    assert!(same, "{place}: {rule:?} against {types:?} {words:?}");
    assert_eq!(pattern, matches!(rule, Pattern::AspectRatio), "{place}");
}

fn children_of(known: &Element) -> Vec<&'static str> {
    match known.content {
        Content::Text => Vec::new(),
        Content::Elements(names) => names.to_vec(),
        Content::TitleThen(names) => [&["title"], names].concat(),
    }
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

const RELAX: &str = "http://relaxng.org/ns/structure/1.0";
