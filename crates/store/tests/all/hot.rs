//! Short-lived state, in every store.

use report::hot::Compared;
use report::limits::{HOT_PAGE_COUNT_MAX, HOT_VALUE_BYTES_MAX};
use report::{Hot, HotError, HotKey, Window};
use store::{Durability, Memory, Settings, Sqlite};
use testkit::block_on;

use crate::conformance::sqlite_with;

fn key(name: &str) -> HotKey {
    HotKey::new("test", &[name.as_bytes()]).unwrap()
}

fn both(test: impl Fn(&dyn Fn(Ask) -> Answer)) {
    let memory = Memory::default();
    test(&|ask| answer(&memory, ask));
    let (_folder, file) = sqlite_with(Durability::BeforeReply);
    test(&|ask| answer(&file, ask));
}

enum Ask {
    Count(HotKey, Window, u64, u64),
    Get(HotKey, u64),
    Put(HotKey, Vec<u8>, u64, u64),
    Compare(HotKey, Option<Vec<u8>>, Vec<u8>, u64, u64),
    List(&'static str, Option<HotKey>, usize, u64),
    Expire(u64),
}

#[derive(PartialEq, Eq, Debug)]
enum Answer {
    Count(Result<u64, HotError>),
    Got(Result<Option<Vec<u8>>, HotError>),
    Put(Result<(), HotError>),
    Compared(Result<Compared, HotError>),
    /// The last part of each key, and its value.
    Listed(Vec<(String, Vec<u8>)>),
}

fn answer(store: &impl Hot, ask: Ask) -> Answer {
    match ask {
        Ask::Count(key, window, by, now_ms) => Answer::Count(block_on(store.count(key, window, by, now_ms))),
        Ask::Get(key, now_ms) => Answer::Got(block_on(store.get(key, now_ms))),
        Ask::Put(key, value, expires_ms, now_ms) => Answer::Put(block_on(store.put(key, value, expires_ms, now_ms))),
        Ask::Compare(key, expected, value, expires_ms, now_ms) => {
            Answer::Compared(block_on(store.compare_and_put(key, expected, value, expires_ms, now_ms)))
        }
        Ask::List(space, after, limit, now_ms) => {
            let found = block_on(store.list(space, after, limit, now_ms)).unwrap();
            let name = |key: HotKey| String::from_utf8(key.parts().unwrap().last().unwrap().to_vec()).unwrap();
            Answer::Listed(found.into_iter().map(|(key, value)| (name(key), value)).collect())
        }
        Ask::Expire(now_ms) => Answer::Count(block_on(store.expire(now_ms))),
    }
}

#[test]
fn counters_slide() {
    let window = Window::new(1000, 10).unwrap();
    let other = Window::new(1000, 5).unwrap();
    both(|ask| {
        let count = |name: &str, window, by, now_ms| ask(Ask::Count(key(name), window, by, now_ms));
        assert_eq!(count("a", window, 3, 5_000), Answer::Count(Ok(3)));
        assert_eq!(count("a", window, 2, 9_999), Answer::Count(Ok(5)));
        assert_eq!(count("b", window, 1, 9_999), Answer::Count(Ok(1)), "another key");
        assert_eq!(count("a", other, 1, 9_999), Answer::Count(Ok(1)), "another window");
        assert_eq!(count("a", window, 0, 14_999), Answer::Count(Ok(5)));
        assert_eq!(count("a", window, 0, 15_000), Answer::Count(Ok(2)), "the slot of 5 s is over");
        assert_eq!(ask(Ask::Expire(14_000)), Answer::Count(Ok(1)), "the short window alone");
        assert_eq!(count("a", window, 0, 15_000), Answer::Count(Ok(2)));
        assert_eq!(ask(Ask::Expire(19_000)), Answer::Count(Ok(2)));
        assert_eq!(count("a", window, 0, 19_000), Answer::Count(Ok(0)));
    });
}

#[test]
fn values_expire() {
    both(|ask| {
        assert_eq!(ask(Ask::Get(key("a"), 0)), Answer::Got(Ok(None)));
        assert_eq!(ask(Ask::Put(key("a"), b"one".to_vec(), 100, 0)), Answer::Put(Ok(())));
        assert_eq!(ask(Ask::Get(key("a"), 99)), Answer::Got(Ok(Some(b"one".to_vec()))));
        assert_eq!(ask(Ask::Get(key("a"), 100)), Answer::Got(Ok(None)), "at its end it is over");
        assert_eq!(ask(Ask::Put(key("a"), b"two".to_vec(), 200, 100)), Answer::Put(Ok(())));
        assert_eq!(ask(Ask::Get(key("a"), 100)), Answer::Got(Ok(Some(b"two".to_vec()))));
        for (bytes, fits) in [(HOT_VALUE_BYTES_MAX, true), (HOT_VALUE_BYTES_MAX + 1, false)] {
            let put = ask(Ask::Put(key("large"), vec![0; bytes], 100, 0));
            assert_eq!(put, Answer::Put(if fits { Ok(()) } else { Err(HotError::TooLarge { bytes }) }));
        }
    });
}

#[test]
fn a_space_is_listed_in_the_order_of_its_keys() {
    both(|ask| {
        for (space, name, expires_ms) in
            [("test", "b", 100), ("test", "a", 100), ("test", "c", 50), ("tes", "x", 100), ("test2", "y", 100)]
        {
            let key = HotKey::new(space, &[name.as_bytes()]).unwrap();
            assert_eq!(ask(Ask::Put(key, name.as_bytes().to_vec(), expires_ms, 0)), Answer::Put(Ok(())));
        }
        ask(Ask::Count(key("d"), Window::new(1000, 10).unwrap(), 1, 0));
        let listed = |names: &[&str]| {
            Answer::Listed(names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect())
        };
        assert_eq!(ask(Ask::List("test", None, 10, 0)), listed(&["a", "b", "c"]));
        assert_eq!(ask(Ask::List("test", None, 10, 50)), listed(&["a", "b"]), "what has expired is not there");
        assert_eq!(ask(Ask::List("test", None, 1, 0)), listed(&["a"]));
        assert_eq!(ask(Ask::List("test", Some(key("a")), 1, 0)), listed(&["b"]));
        assert_eq!(ask(Ask::List("test", Some(key("c")), 10, 0)), listed(&[]));
        assert_eq!(ask(Ask::List("nothing", None, 10, 0)), listed(&[]));
    });
}

#[test]
fn a_page_at_below_and_above_the_limit() {
    let memory = Memory::default();
    for number in 0..=HOT_PAGE_COUNT_MAX {
        block_on(memory.put(key(&number.to_string()), Vec::new(), 100, 0)).unwrap();
    }
    for limit in [HOT_PAGE_COUNT_MAX - 1, HOT_PAGE_COUNT_MAX, HOT_PAGE_COUNT_MAX + 1] {
        let found = block_on(memory.list("test", None, limit, 0)).unwrap();
        assert_eq!(found.len(), limit.min(HOT_PAGE_COUNT_MAX));
    }
}

#[test]
fn comparing_is_a_lock() {
    both(|ask| {
        let compare = |expected: Option<&[u8]>, value: &[u8], now_ms| {
            ask(Ask::Compare(key("lock"), expected.map(<[u8]>::to_vec), value.to_vec(), 100, now_ms))
        };
        assert_eq!(compare(None, b"me", 0), Answer::Compared(Ok(Compared::Put)));
        assert_eq!(compare(None, b"you", 50), Answer::Compared(Ok(Compared::Differs(Some(b"me".to_vec())))));
        assert_eq!(compare(Some(b"me"), b"me again", 50), Answer::Compared(Ok(Compared::Put)));
        assert_eq!(compare(None, b"you", 100), Answer::Compared(Ok(Compared::Put)), "what expired is not there");
    });
}

#[test]
fn the_file_remembers_and_a_broken_one_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let open = || Sqlite::open(&path, Settings::default()).unwrap();
    block_on(open().put(key("a"), b"kept".to_vec(), 100, 0)).unwrap();
    let again = open();
    assert_eq!(block_on(again.get(key("a"), 0)), Ok(Some(b"kept".to_vec())));
    drop(again);
    std::fs::write(folder.path().join("ledger.hot"), b"this is no database, though it is long enough".repeat(100))
        .unwrap();
    assert_eq!(block_on(open().get(key("a"), 0)), Ok(None));
}
