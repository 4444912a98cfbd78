//! Arbitrary figures.

use chart::{Figure, Locale, Mode, Scale, Series, Slot, View};
use proptest::prelude::*;

use crate::{SHAPES, inspect};

prop_compose! {
    fn figures()(
        shape in 0..SHAPES.len(),
        title in any::<String>(),
        categories in proptest::collection::vec(any::<String>(), 0..12),
        is_share in any::<bool>(),
    )(
        values in proptest::collection::vec(
            (any::<u8>(), any::<String>(), proptest::collection::vec(any::<Option<u64>>(), categories.len())),
            0..6,
        ),
        shape in Just(shape), title in Just(title), categories in Just(categories), is_share in Just(is_share),
    ) -> Figure {
        let series = values.into_iter().map(|(slot, name, values)| Series { name, slot: Slot::Other(slot), values });
        let wholes = vec![u64::MAX; categories.len()];
        Figure {
            shape: SHAPES[shape],
            description: title.clone(),
            unit: title.clone(),
            absent: title.clone(),
            category_name: title.clone(),
            title,
            categories,
            scale: if is_share { Scale::Share { name: "all".into(), wholes } } else { Scale::Count },
            series: series.collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pictures_are_well_formed_and_the_same_twice(
        figure in figures(), width in 240..1600_u32, is_file in any::<bool>(), is_ja in any::<bool>(),
    ) {
        let view = View {
            id: "p".into(),
            width,
            locale: if is_ja { Locale::Ja } else { Locale::En },
            mode: if is_file { Mode::File } else { Mode::Page },
        };
        let svg = figure.svg(&view).unwrap();
        inspect(&svg);
        prop_assert_eq!(svg, figure.svg(&view).unwrap());
        let table = figure.table();
        prop_assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
        prop_assert_eq!(table.rows.len(), figure.categories.len());
    }
}
