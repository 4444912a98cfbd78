//! At each limit, and one beyond.

use chart::limits::{CATEGORY_COUNT_MAX, DAY_MAX, ROW_COUNT_MAX, SERIES_COUNT_MAX, SPAN_COUNT_MAX};
use chart::{ChartError, Row, Scale, Shape, Slot, Span, TimeLine};

use crate::{SHAPES, figure, view};

#[test]
fn categories() {
    for shape in SHAPES {
        let max = if matches!(shape, Shape::Bars | Shape::Shares) { ROW_COUNT_MAX } else { CATEGORY_COUNT_MAX };
        let drawn = |count: usize| figure(shape, &vec![Some(1); count]).svg(&view());
        assert!(drawn(max - 1).is_ok() && drawn(max).is_ok());
        assert_eq!(drawn(max + 1), Err(ChartError::TooManyCategories { count: max + 1, max }));
        assert_eq!(figure(shape, &vec![Some(1); max + 1]).table().rows.len(), max + 1);
    }
}

#[test]
fn series() {
    let drawn = |count: usize| {
        let mut figure = figure(Shape::Lines, &[Some(1)]);
        figure.series = vec![figure.series[0].clone(); count];
        figure.svg(&view())
    };
    let max = SERIES_COUNT_MAX;
    assert!(drawn(0).is_ok() && drawn(max - 1).is_ok() && drawn(max).is_ok());
    assert_eq!(drawn(max + 1), Err(ChartError::TooManySeries { count: max + 1, max }));
}

#[test]
fn what_does_not_fit_together() {
    let mut ragged = figure(Shape::Bars, &[Some(1), Some(2)]);
    ragged.categories.pop();
    assert_eq!(ragged.svg(&view()), Err(ChartError::Ragged("name".into())));
    let mut parts = figure(Shape::Bars, &[Some(1), Some(2)]);
    let share = |wholes| Scale::Share { name: "all".into(), wholes };
    parts.scale = share(vec![1]);
    assert_eq!(parts.svg(&view()), Err(ChartError::Ragged("all".into())));
    parts.scale = share(vec![1, 1]);
    assert_eq!(parts.svg(&view()), Err(ChartError::PartAboveWhole("name".into())));
    parts.scale = share(vec![1, 2]);
    assert!(parts.svg(&view()).is_ok());
}

#[test]
fn time_lines() {
    let drawn = |rows: usize, spans: usize, span: Span| {
        let line = TimeLine {
            title: "t".into(),
            description: "d".into(),
            states: vec![(Slot::Legitimate, "signing".into())],
            rows: vec![Row { name: "k".into(), spans: vec![span; spans] }; rows],
            mark: None,
            columns: Default::default(),
        };
        line.svg(&view()).map(|_| ())
    };
    let span = |from_day, to_day| Span { from_day, to_day, state: 0 };
    assert_eq!(drawn(0, 0, span(0, None)), Ok(()));
    assert_eq!(drawn(ROW_COUNT_MAX, 1, span(0, Some(0))), Ok(()));
    let max = ROW_COUNT_MAX;
    assert_eq!(drawn(max + 1, 1, span(0, None)), Err(ChartError::TooManyCategories { count: max + 1, max }));
    let max = SPAN_COUNT_MAX;
    assert_eq!(drawn(1, max, span(0, None)), Ok(()));
    assert_eq!(drawn(1, max + 1, span(0, None)), Err(ChartError::TooManySpans { count: max + 1, max }));
    let wrong = Err(ChartError::Span("k".into()));
    assert_eq!(drawn(1, 1, span(1, Some(0))), wrong);
    assert_eq!(drawn(1, 1, span(DAY_MAX, Some(DAY_MAX))), Ok(()));
    assert_eq!(drawn(1, 1, span(0, Some(DAY_MAX + 1))), wrong);
    assert_eq!(drawn(1, 1, span(-DAY_MAX - 1, None)), wrong);
    assert_eq!(drawn(1, 1, span(i64::MIN, Some(i64::MAX))), wrong);
}
