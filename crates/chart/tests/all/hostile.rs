//! Text and numbers of strangers.

use chart::{Figure, Locale, Mode, Row, Scale, Shape, Slot, Span, TimeLine, View};

use crate::{SHAPES, figure, inspect, view};

const TEXTS: [&str; 10] = [
    "</text><script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "' style='x",
    "]]><!--",
    "&amp;&#x0;",
    "a\u{202e}gpj.exe\u{0}\r\n\u{7f}\u{85}\u{2066}",
    "\u{ffff}\u{fffe}\u{feff}",
    "=HYPERLINK(\"http://x\")",
    "",
    "漢字かな交じり文の長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い名前",
];

fn hostile(shape: Shape, text: &str) -> Figure {
    let mut figure = figure(shape, &[Some(1), None, Some(3)]);
    for field in [&mut figure.title, &mut figure.description, &mut figure.unit, &mut figure.absent] {
        *field = text.to_owned();
    }
    figure.category_name = text.to_owned();
    figure.categories = vec![text.to_owned(); 3];
    figure.series[0].name = text.to_owned();
    figure
}

#[test]
fn text_is_text() {
    for shape in SHAPES {
        for text in TEXTS {
            for mode in [Mode::Page, Mode::File] {
                let svg = hostile(shape, text).svg(&View { mode, ..view() }).unwrap();
                inspect(&svg);
                assert!(!svg.contains("<script") && !svg.contains("alert(1)\""), "{svg}");
                let hidden = |letter: char| {
                    letter != '\n' && (letter.is_control() || "\u{202e}\u{2066}\u{feff}".contains(letter))
                };
                assert!(!svg.contains(hidden), "{svg}");
            }
        }
    }
}

#[test]
fn text_of_time_lines_is_text() {
    for text in TEXTS {
        let text = || text.to_owned();
        let line = TimeLine {
            title: text(),
            description: text(),
            states: vec![(Slot::Legitimate, text())],
            rows: vec![Row { name: text(), spans: vec![Span { from_day: 0, to_day: None, state: 0 }] }],
            mark: Some((10, text())),
            columns: [text(), text(), text(), text()],
        };
        inspect(&line.svg(&view()).unwrap());
        assert!(!line.table().rows.concat().concat().contains(['\u{202e}', '\0']));
    }
}

#[test]
fn tables_show_what_hides_and_csv_is_no_formula() {
    let table = hostile(Shape::Bars, TEXTS[5]).table();
    assert_eq!(table.rows[0][0], "a⟨202E⟩gpj.exe⟨0000⟩  ⟨007F⟩⟨0085⟩⟨2066⟩");
    let csv = hostile(Shape::Bars, "=1+1").csv();
    assert_eq!(csv, "'=1+1,'=1+1\r\n'=1+1,1\r\n'=1+1,\r\n'=1+1,3\r\n");
    let csv = hostile(Shape::Bars, TEXTS[7]).csv();
    assert!(csv.starts_with("\"'=HYPERLINK(\"\"http://x\"\")\","), "{csv}");
}

#[test]
fn numbers_of_any_size() {
    let most = u64::MAX;
    let values: [&[Option<u64>]; 7] = [
        &[],
        &[None],
        &[Some(0)],
        &[Some(most)],
        &[None, None],
        &[Some(most), None, Some(0), Some(1)],
        &[Some(1); 400],
    ];
    for shape in SHAPES {
        for values in values {
            let is_lying = matches!(shape, Shape::Bars | Shape::Shares);
            let mut figure = figure(shape, if is_lying { &values[..values.len().min(128)] } else { values });
            let many = (0..13).map(|slot| chart::Series { slot: Slot::ALL[slot], ..figure.series[0].clone() });
            let many: Vec<_> = many.collect();
            figure.series = many;
            for width in [View::WIDE, View::NARROW, 240, 1600] {
                inspect(&figure.svg(&View::page("n", width, Locale::Ja)).unwrap());
            }
            let wholes = figure.categories.iter().map(|_| most).collect();
            figure.scale = Scale::Share { name: "all".into(), wholes };
            inspect(&figure.svg(&view()).unwrap());
        }
    }
}

#[test]
fn a_whole_of_nothing_makes_no_share() {
    let mut figure = figure(Shape::Lines, &[Some(0), Some(1)]);
    figure.scale = Scale::Share { name: "all".into(), wholes: vec![0, 2] };
    inspect(&figure.svg(&view()).unwrap());
    assert_eq!(figure.csv(), "Day,name,name %,all\r\n0,0,,0\r\n1,1,50.0,2\r\n");
    assert_eq!(figure.table().rows[0], ["0", "0", "–", "0"]);
}

#[test]
fn days_of_any_age() {
    for (from_day, to_day) in [(-4_000_000, Some(4_000_000)), (4_000_000, None), (-4_000_000, Some(-4_000_000))] {
        let line = TimeLine {
            title: "t".into(),
            description: String::new(),
            states: Vec::new(),
            rows: vec![Row { name: "k".into(), spans: vec![Span { from_day, to_day, state: 9 }] }],
            mark: None,
            columns: Default::default(),
        };
        inspect(&line.svg(&view()).unwrap());
    }
}
