//! The style sheet says of every class what it is, and of every colour what it is in the dark.

use std::collections::{BTreeMap, BTreeSet};

use chart::{STYLE, Slot};

use crate::{SHAPES, figure, view};

#[test]
fn it_can_stand_in_a_file_and_a_page() {
    assert!(!STYLE.contains(['<', '&', '\r']) && !STYLE.contains("url(") && !STYLE.contains("@import"));
    assert_eq!(STYLE.matches('{').count(), STYLE.matches('}').count());
}

#[test]
fn both_ways_into_the_dark_are_the_same() {
    let rules =
        |prefix: &str| -> Vec<&str> { STYLE.lines().filter_map(|line| line.trim().strip_prefix(prefix)).collect() };
    let system = rules(":root:not([data-theme=\"light\"]) ");
    assert!(system.len() > 20);
    assert_eq!(system, rules(":root[data-theme=\"dark\"] "));
}

#[test]
fn colours_are_told_from_their_ground() {
    for (prefix, ground) in [("", "ffffff"), ("  :root[data-theme=\"dark\"] ", "15181c")] {
        for slot in Slot::ALL {
            let begin = format!("{prefix}.{} {{ color: #", slot.class());
            let colour = STYLE.lines().find_map(|line| line.strip_prefix(&begin)).unwrap();
            let contrast = contrast(&colour[..6], ground);
            // WCAG 2.2, 1.4.3: letters in the colour of a class are read, too.
            assert!(contrast >= 4.5, "{} on {ground}: {contrast:.2}", slot.class());
        }
    }
}

#[test]
fn every_class_has_a_rule() {
    let mut classes = BTreeSet::new();
    for shape in SHAPES {
        let mut figure = figure(shape, &[Some(1), None, Some(3)]);
        figure.series = Slot::ALL.map(|slot| chart::Series { slot, ..figure.series[0].clone() }).to_vec();
        let svg = figure.svg(&view()).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let of = |node: roxmltree::Node<'_, '_>| node.attribute("class").map(str::to_owned);
        classes.extend(document.root_element().children().flat_map(|node| node.descendants()).filter_map(of));
    }
    let classes: BTreeSet<&str> = classes.iter().flat_map(|classes| classes.split(' ')).collect();
    assert!(classes.len() > 20);
    let missing: Vec<_> = classes.into_iter().filter(|class| !STYLE.contains(&format!(".{class} "))).collect();
    let known = ["chart-label"]; // stands in a list of selectors
    assert_eq!(missing, missing.iter().copied().filter(|class| known.contains(class)).collect::<Vec<_>>());
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let weights = BTreeMap::from([(0, 0.2126), (2, 0.7152), (4, 0.0722)]);
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    weights.iter().map(|(at, weight)| part(*at) * weight).sum()
}
