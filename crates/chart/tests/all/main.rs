//! The crate against its cases, hostile text, its limits, and arbitrary figures.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files and may fail loudly

extern crate sekisho_chart as chart;

mod cases;
mod hostile;
mod limits;
mod properties;
mod style;

use chart::{Figure, Locale, Scale, Series, Shape, Slot, View};

pub const SHAPES: [Shape; 5] = [Shape::StackedBars, Shape::Bars, Shape::Shares, Shape::Lines, Shape::SparkLine];

/// A figure of one series, whose categories are numbered.
pub fn figure(shape: Shape, values: &[Option<u64>]) -> Figure {
    Figure {
        shape,
        title: "Title".into(),
        description: "Description.".into(),
        unit: "messages".into(),
        absent: "no data".into(),
        category_name: "Day".into(),
        categories: (0..values.len()).map(|day| day.to_string()).collect(),
        scale: Scale::Count,
        series: vec![Series { name: "name".into(), slot: Slot::Legitimate, values: values.to_vec() }],
    }
}

pub fn view() -> View {
    View::page("t", View::WIDE, Locale::En)
}

/// What every picture must be: well-formed, with a name and a description that its attributes lead to, without style
/// attributes, scripts, handlers and addresses, and every number in it finite.
pub fn inspect(svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    for attribute in ["aria-labelledby", "aria-describedby"] {
        assert!(ids.contains(&root.attribute(attribute).unwrap()), "{attribute}");
    }
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "an id stands twice");
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            ["svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "circle", "text"].contains(&name),
            "{name}"
        );
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(name != "style" && !name.starts_with("on") && name != "href", "{name}={value}");
            assert!(!value.contains("NaN") && !value.contains("inf"), "{name}={value}");
            if let Some(place) = value.strip_prefix("url(#") {
                assert!(ids.contains(&place.trim_end_matches(')')), "{value}");
            }
        }
    }
}
