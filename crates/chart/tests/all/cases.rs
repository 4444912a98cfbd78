//! testdata/cases/chart.
//!
//! `.in`: `shape: stacked-bars|bars|shares|lines|spark-line|time-line`, `title:`, `description:`, `width:` (720 when left
//! out), `locale: en|ja`, `mode: page|file` (page). Cells are separated by ` | `.
//! Of a figure: `unit:`, `absent:`, `category:` (the heading), `categories: name | …`, `wholes: heading | number | …`,
//! `series: slot | name | number or - | …`. Of a time-line: `columns:` (four headings), `state: slot | name`, `row: name |
//! state from to | …` with days since 1970-01-01, `to` being `-` while it lasts, and `mark: day | name`.
//! `.want`: the picture, the table, the CSV.

use chart::{Figure, Locale, Mode, Row, Scale, Series, Shape, Slot, Span, Table, TimeLine, View};
use testkit::{Case, KeyValues};

use crate::inspect;

#[test]
fn cases() {
    let count = testkit::cases("chart", print);
    assert!(count >= 10);
}

fn print(case: &Case) -> String {
    let input = &case.input;
    let view = view(input);
    let (svg, table, csv) = if input.need("shape") == "time-line" {
        let line = time_line(input);
        (line.svg(&view), line.table(), line.csv())
    } else {
        let figure = figure(input);
        (figure.svg(&view), figure.table(), figure.csv())
    };
    let svg = match svg {
        Ok(svg) => {
            inspect(&svg);
            // The style sheet is in the crate and need not be in the case.
            svg.replace(chart::STYLE, "…\n")
        }
        Err(error) => format!("refused: {error}\n"),
    };
    format!("{svg}\n{}\n{}", aligned(&table), csv.replace("\r\n", "\n"))
}

fn aligned(table: &Table) -> String {
    let line = |cells: &Vec<String>| format!("{}\n", cells.join(" | "));
    line(&table.header) + &table.rows.iter().map(line).collect::<String>()
}

fn view(input: &KeyValues) -> View {
    let locale = if input.get("locale") == Some("ja") { Locale::Ja } else { Locale::En };
    let width = input.get("width").map_or(View::WIDE, |width| width.parse().unwrap());
    match input.get("mode") {
        Some("file") => View { mode: Mode::File, ..View::page("case", width, locale) },
        _ => View::page("case", width, locale),
    }
}

fn figure(input: &KeyValues) -> Figure {
    let text = |key: &str| input.get(key).unwrap_or_default().to_owned();
    Figure {
        shape: match input.need("shape") {
            "stacked-bars" => Shape::StackedBars,
            "bars" => Shape::Bars,
            "shares" => Shape::Shares,
            "lines" => Shape::Lines,
            "spark-line" => Shape::SparkLine,
            other => panic!("{other}"),
        },
        title: text("title"),
        description: text("description"),
        unit: text("unit"),
        absent: text("absent"),
        category_name: text("category"),
        categories: input.get("categories").map(cells).unwrap_or_default(),
        scale: match input.get("wholes").map(cells) {
            None => Scale::Count,
            Some(cells) => Scale::Share {
                name: cells[0].clone(),
                wholes: cells[1..].iter().map(|cell| cell.parse().unwrap()).collect(),
            },
        },
        series: input.all("series").map(series).collect(),
    }
}

fn series(text: &str) -> Series {
    let cells = cells(text);
    let value = |cell: &String| if cell == "-" { None } else { Some(cell.parse().unwrap()) };
    Series { name: cells[1].clone(), slot: slot(&cells[0]), values: cells[2..].iter().map(value).collect() }
}

fn time_line(input: &KeyValues) -> TimeLine {
    TimeLine {
        title: input.need("title").to_owned(),
        description: input.need("description").to_owned(),
        states: input.all("state").map(cells).map(|cells| (slot(&cells[0]), cells[1].clone())).collect(),
        rows: input.all("row").map(row).collect(),
        mark: input.get("mark").map(cells).map(|cells| (cells[0].parse().unwrap(), cells[1].clone())),
        columns: cells(input.need("columns")).try_into().unwrap(),
    }
}

fn row(text: &str) -> Row {
    let cells = cells(text);
    let span = |cell: &String| {
        let numbers: Vec<&str> = cell.split(' ').collect();
        Span {
            state: numbers[0].parse().unwrap(),
            from_day: numbers[1].parse().unwrap(),
            to_day: numbers[2].parse().ok(),
        }
    };
    Row { name: cells[0].clone(), spans: cells[1..].iter().map(span).collect() }
}

fn slot(text: &str) -> Slot {
    match text {
        "legitimate" => Slot::Legitimate,
        "forwarded" => Slot::Forwarded,
        "misconfigured" => Slot::Misconfigured,
        "suspected" => Slot::Suspected,
        "undecidable" => Slot::Undecidable,
        other => Slot::Other(other.parse().unwrap()),
    }
}

fn cells(text: &str) -> Vec<String> {
    text.split('|').map(|cell| cell.trim().to_owned()).collect()
}
