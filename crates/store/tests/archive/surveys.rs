//! Surveys of domains: what is kept of them, and which of them go.

use store::SqliteArchive;
use store::archive::{NewSurvey, Settings, SurveyKeeping};
use store::limits::{SURVEY_BYTES_MAX, SURVEY_COUNT_MAX, SURVEY_MADE_BYTES_MAX};
use testkit::block_on;

use crate::samples::*;

fn survey(study: &str, begun_s: u64, made: &str, tables: &str) -> NewSurvey {
    NewSurvey { tenant: Box::default(), study: study.into(), begun_s, made: made.into(), tables: tables.into() }
}

fn keep(archive: &SqliteArchive, survey: NewSurvey) -> SurveyKeeping {
    block_on(archive.keep_survey(survey)).unwrap()
}

fn number(keeping: SurveyKeeping) -> u64 {
    let SurveyKeeping::Kept(id) = keeping else { panic!("{keeping:?}") };
    id
}

#[test]
fn what_is_kept_comes_back_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    let tables = "group\t北海道\t180\n".repeat(1_000);
    let first = number(keep(&archive, survey("自治体", 10, "first", &tables)));
    let second = number(keep(&archive, survey("自治体", 20, "second", "")));
    let other = number(keep(&archive, survey("other", 15, "other", "x")));
    drop(archive);
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    let lines: Vec<_> = block_on(archive.surveys(""))
        .unwrap()
        .into_iter()
        .map(|line| (line.id, line.study.to_string(), line.begun_s, line.made.to_string()))
        .collect();
    let wanted = [(second, "自治体", 20, "second"), (other, "other", 15, "other"), (first, "自治体", 10, "first")];
    assert_eq!(lines, wanted.map(|(id, study, at, made)| (id, study.to_owned(), at, made.to_owned())));
    let (line, found) = block_on(archive.survey("", first)).unwrap().unwrap();
    assert_eq!((line.begun_s, &*found), (10, tables.as_str()));
    assert_eq!(block_on(archive.survey("", 99)).unwrap(), None);
    assert_eq!(block_on(archive.survey("another", first)).unwrap(), None, "each has their own");
    assert!(block_on(archive.surveys("another")).unwrap().is_empty());
}

#[test]
fn one_that_is_kept_again_takes_the_place_of_the_one_before() {
    let (_folder, archive) = file_with(Settings::default());
    let first = number(keep(&archive, survey("a", 10, "before", "b")));
    number(keep(&archive, survey("a", 20, "another", "c")));
    assert_eq!(number(keep(&archive, survey("a", 10, "after", "d"))), first);
    let (line, tables) = block_on(archive.survey("", first)).unwrap().unwrap();
    assert_eq!((&*line.made, &*tables), ("after", "d"));
    assert_eq!(block_on(archive.forget_survey("", first)), Ok(true));
    assert_eq!(block_on(archive.forget_survey("", first)), Ok(false));
    assert_eq!(block_on(archive.surveys("")).unwrap().len(), 1);
}

#[test]
fn at_below_and_above_the_limits() {
    let (_folder, archive) = file_with(Settings::default());
    for begun_s in 1..=SURVEY_COUNT_MAX + 1 {
        keep(&archive, survey("a", begun_s, "", ""));
    }
    keep(&archive, survey("b", 1, "", ""));
    let lines = block_on(archive.surveys("")).unwrap();
    let of = |study: &str| lines.iter().filter(|line| &*line.study == study).count() as u64;
    assert_eq!((of("a"), of("b")), (SURVEY_COUNT_MAX, 1));
    assert!(lines.iter().all(|line| &*line.study == "b" || line.begun_s > 1), "the oldest went");
    for (bytes, is_kept) in [(SURVEY_MADE_BYTES_MAX - 1, true), (SURVEY_MADE_BYTES_MAX, false)] {
        let kept = keep(&archive, survey("c", 1, &"x".repeat(bytes), ""));
        assert_eq!(kept != SurveyKeeping::TooLarge, is_kept);
    }
    for (bytes, is_kept) in [(SURVEY_BYTES_MAX, true), (SURVEY_BYTES_MAX + 1, false)] {
        let kept = keep(&archive, survey("d", 1, "", &"x".repeat(bytes)));
        assert_eq!(kept != SurveyKeeping::TooLarge, is_kept);
    }
    let lines = block_on(archive.surveys("")).unwrap();
    let largest = lines.iter().find(|line| &*line.study == "d").unwrap();
    let (_, tables) = block_on(archive.survey("", largest.id)).unwrap().unwrap();
    assert_eq!(tables.len(), SURVEY_BYTES_MAX);
}
