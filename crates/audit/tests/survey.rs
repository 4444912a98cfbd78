//! Surveys: names of cases examined, lists read, tables counted.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)]

extern crate sekisho_audit as audit;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use audit::survey::columns::{COLUMNS, Holds, position};
use audit::survey::difference::changes;
use audit::survey::fields::Field;
use audit::survey::input::{Names, RefusedReason, Seen};
use audit::survey::{Examined, Method, Table, examine, japan};
use lookup::{Failure, Lookup};
use mailtext::{Domain, DomainError};

fn method() -> Method {
    Method { label: "nobody".into(), listed: vec!["default".into(), "google".into()], ..Method::default() }
}

fn examined(lookup: &(impl Lookup + Sync), name: &str) -> Examined {
    testkit::block_on(examine(lookup, &testkit::domain(name), &method()))
}

/// Everything that is not as in a name of which nothing is known.
fn printed(examined: &Examined) -> String {
    let mut out = String::new();
    for (name, value) in examined.to_fields() {
        let text = match value {
            Field::Nothing | Field::Flag(false) => continue,
            Field::Flag(true) => "yes".to_owned(),
            Field::Number(0) => continue,
            Field::Number(number) => number.to_string(),
            Field::Text(text) => text.to_string(),
            Field::List(list) if list.is_empty() => continue,
            Field::List(list) => list.join(", "),
        };
        writeln!(out, "{name}: {text}").unwrap();
    }
    out
}

fn read_back(examined: &Examined) -> Examined {
    let fields: BTreeMap<_, _> = examined.to_fields().into_iter().collect();
    Examined::of_fields(examined.name.clone(), &|name| fields.get(name).cloned())
}

#[test]
fn cases() {
    let count = testkit::cases("survey", |case| {
        let mut method = method();
        let name = testkit::domain(case.input.need("domain"));
        let learnt: Vec<_> = case.input.all("learnt").map(Box::from).collect();
        method.learnt.insert(name.clone(), learnt);
        let examined = testkit::block_on(examine(case.zone(), &name, &method));
        assert_eq!(read_back(&examined), examined, "{}: what is written is read", case.name);
        let holds = COLUMNS.iter().filter_map(|column| match column.of(&examined) {
            Holds::Yes => Some(column.id.to_owned()),
            Holds::No => None,
            Holds::Unknown => Some(format!("{}?", column.id)),
        });
        let holds: Vec<_> = holds.collect();
        format!("{}counted: {}\n", printed(&examined), holds.join(" "))
    });
    assert!(count >= 10, "{count}");
}

/// Whatever question fails: what hangs on it is unknown, it is named among the unanswered, and nothing that was there is gone
/// without a word.
#[test]
fn nothing_is_silently_absent() {
    let zone = testkit::zone(
        "$ORIGIN example.jp.\n@ MX 10 mx\n@ NS ns1.sedoparking.com.\n@ TXT \"v=spf1 include:_spf.example.jp mx -all\"\n\
         _spf TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\nmx A 192.0.2.1\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@example.jp\"\n\
         google._domainkey TXT \"v=DKIM1; p=\"\n_mta-sts TXT \"v=STSv1; id=1\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:a@example.jp\"\n\
         default._bimi TXT \"v=BIMI1; l=https://example.jp/a.svg\"\n_adsp._domainkey TXT dkim=all\n",
    );
    let count = testkit::every_nth_failure(
        &zone,
        |lookup| examined(lookup, "example.jp"),
        |whole, broken| {
            let same = COLUMNS.iter().take(COLUMNS.len() - 1).all(|column| {
                let (whole, broken) = (column.of(whole), column.of(broken));
                whole == broken || broken == Holds::Unknown
            });
            same && (broken.unanswered_count == 1 || whole == broken)
        },
    );
    assert_eq!(count, 18);
}

#[test]
fn six_facts_are_six() {
    let zone = "$ORIGIN jp.\nfolder.a MX 10 a\n;! a MX nxdomain\n;! b MX nodata\n;! c MX servfail\n;! d MX refused\n;! e MX timeout\n\
                ;! f MX truncate\n";
    let zone = testkit::zone(zone);
    let replies: Vec<_> = ["a", "b", "c", "d", "e", "f"]
        .iter()
        .map(|name| examined(&zone, &format!("{name}.jp")).mail.reply.as_str())
        .collect();
    assert_eq!(replies, ["nxdomain", "nodata", "servfail", "refused", "timeout", "truncate"]);
    let errors = examined(&zone, "e.jp").unanswered;
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["e.jp MX timeout"]);
    assert_eq!(errors.first().map(|error| error.failure), Some(Failure::Timeout));
}

fn names(list: &[u8]) -> (Vec<String>, Vec<String>) {
    let names = Names::new(list).unwrap();
    let columns = names.columns().iter().map(ToString::to_string).collect();
    let entries = names.map(|entry| match entry.unwrap() {
        Ok(entry) => format!("{} {} {}", entry.line, entry.name, entry.groups.join("|")).trim_end().to_owned(),
        Err(refused) => format!("{} {:?}", refused.line, refused.reason),
    });
    (columns, entries.collect())
}

#[test]
fn lists_of_lines() {
    let list =
        "\u{feff}# municipalities\n\nExample.JP.\r\n  関所.jp  # the station\nmail.sub.example.jp\na..b\n\nlast.jp";
    let (columns, entries) = names(list.as_bytes());
    assert_eq!(columns, Vec::<String>::new());
    let wanted = ["3 example.jp", "4 xn--8ous75i.jp", "5 mail.sub.example.jp", "6 Name(EmptyLabel)", "8 last.jp"];
    assert_eq!(entries, wanted);
    assert_eq!(names(b"a.jp\n\xff\xfe.jp\n").1, ["1 a.jp", "2 Encoding"]);
    assert_eq!((names(b"").1, names(b"# nothing\n").1), (vec![], vec![]));
}

#[test]
fn lists_with_columns() {
    let list = "# made up\nregion,\"Domain\",kind\r\n北海道,a.jp,city\r\n\r\n# between\n東北,\"b.jp\",\"town, \"\"old\"\"\"\n\
                関東,c.jp\n中部,,\nd.jp\n\"two\nlines\",e.jp,\n";
    let (columns, entries) = names(list.as_bytes());
    assert_eq!(columns, ["region", "kind"]);
    let wanted = [
        "3 a.jp 北海道|city",
        "6 b.jp 東北|town, \"old\"",
        "7 c.jp 関東|",
        "8 Name(Empty)",
        "9 Name(Empty)",
        "10 e.jp two\nlines|",
    ];
    assert_eq!(entries, wanted);
}

#[test]
fn lines_at_below_and_above_the_limit() {
    const MAX: usize = audit::limits::SURVEY_LINE_BYTES_MAX;
    for (length, wanted) in [(MAX - 1, "1 a.jp"), (MAX, "1 a.jp"), (MAX + 1, "1 TooLong")] {
        let mut list = b"a.jp#".to_vec();
        list.resize(length, b'x');
        list.extend(b"\nb.jp\n");
        // The first line may be a header, and is refused as a whole then.
        if wanted == "1 TooLong" {
            assert!(Names::new(&*list).is_err());
            list.splice(0..0, *b"first.jp\n");
            assert_eq!(names(&list).1, ["1 first.jp", "2 TooLong", "3 b.jp"]);
        } else {
            assert_eq!(names(&list).1, [wanted, "2 b.jp"], "{length}");
        }
    }
    let record = |length: usize| format!("domain,group\nb.jp,\"{}\"\nc.jp,x\n", "\n".repeat(length));
    assert_eq!(names(record(MAX).as_bytes()).1[0], "2 TooLong");
    assert_eq!(names(record(MAX).as_bytes()).1[1].split_once(' ').unwrap().1, "c.jp x");
    let columns = |count: usize| format!("domain{}\n", ",x".repeat(count - 1));
    let max = audit::limits::SURVEY_COLUMN_COUNT_MAX;
    assert_eq!([max - 1, max].map(|count| names(columns(count).as_bytes()).0.len() + 1), [max - 1, max]);
    assert!(Names::new(columns(max + 2).as_bytes()).is_err());
}

#[test]
fn duplicates_are_counted() {
    let mut seen = Seen::default();
    let list = b"a.jp\nb.jp\nA.jp.\n\xe3\x81\x82.jp\nxn--l8j.jp\n";
    let names = Names::new(&list[..]).unwrap().map(|entry| entry.unwrap().unwrap().name);
    let new: Vec<_> = names.filter(|name| seen.is_new(name)).map(|name| name.to_string()).collect();
    assert_eq!(new, ["a.jp", "b.jp", "xn--l8j.jp"]);
    assert_eq!((seen.duplicates(), seen.unsought()), (2, 0));
}

#[test]
fn any_bytes_are_a_list() {
    for seed in 0..2_000_u32 {
        let letter =
            |at| b"domain,\n\"#a.\xff\r"[(seed.wrapping_mul(2_654_435_761).rotate_left(at) >> 28) as usize % 14];
        let bytes: Vec<u8> = (0..seed % 97).map(letter).collect();
        if let Ok(names) = Names::new(&*bytes) {
            assert!(names.count() <= bytes.len());
        }
    }
}

fn suffixes() -> Option<japan::Suffixes> {
    let path = testkit::suite("psl/public_suffix_list.dat")?;
    Some(japan::Suffixes::parse(&std::fs::read_to_string(path).unwrap()))
}

#[test]
fn names_of_japan() {
    let Some(suffixes) = suffixes() else { return };
    let (kinds, prefectures, municipalities) = suffixes.counts();
    assert_eq!((kinds, prefectures), (9, 94));
    assert_eq!(municipalities, 1_687 - 7);
    let of = |name: &str| {
        let place = suffixes.place(&Domain::parse(name).unwrap());
        japan::GROUPS.map(|column| place.group(column).to_owned()).join("/")
    };
    for (name, wanted) in [
        ("example.jp", "general//"),
        ("www.example.jp", "general//"),
        ("関所.jp", "general//"),
        ("example.co.jp", "co//"),
        ("mail.example.ac.jp", "ac//"),
        ("co.jp", "suffix//"),
        ("jp", "suffix//"),
        ("example.com", "other//"),
        ("example.aichi.jp", "prefecture/aichi/"),
        ("example.愛知.jp", "prefecture/aichi/"),
        ("aichi.jp", "suffix/aichi/"),
        ("example.aisai.aichi.jp", "geographic/aichi/aisai"),
        ("aisai.aichi.jp", "suffix/aichi/aisai"),
        ("example.bunka.kawasaki.jp", "geographic/kanagawa/kawasaki"),
        ("bunka.kawasaki.jp", "suffix/kanagawa/kawasaki"),
        ("city.kawasaki.jp", "geographic/kanagawa/kawasaki"),
        ("pref.aichi.lg.jp", "lg/aichi/"),
        ("metro.tokyo.lg.jp", "lg/tokyo/"),
        ("town.togo.aichi.lg.jp", "lg/aichi/togo"),
        ("www.city.okazaki.lg.jp", "lg/aichi/okazaki"),
        ("city.nagoya.lg.jp", "lg/aichi/nagoya"),
        // Two prefectures have a city of this name.
        ("city.fuchu.lg.jp", "lg//fuchu"),
        // A private suffix is no kind of body.
        ("example.0am.jp", "general//"),
    ] {
        assert_eq!(of(name), wanted, "{name}");
    }
}

/// The table of the technical working group of 2017, exact in every cell.
#[test]
fn the_table_of_the_seed() {
    let zone = testkit::zone(&testkit::municipalities::zone());
    let list = testkit::municipalities::list();
    let mut table = Table::new("region");
    let names = Names::new(list.as_bytes()).unwrap();
    assert_eq!(names.columns().iter().map(|name| &**name).collect::<Vec<_>>(), ["region"]);
    for entry in names {
        let entry = entry.unwrap().unwrap();
        let examined = testkit::block_on(examine(&zone, &entry.name, &Method { listed: Vec::new(), ..method() }));
        assert_eq!(examined.unanswered, []);
        table.add(&entry.groups[0], &examined);
    }
    let (spf, dmarc) = (position("spf").unwrap(), position("dmarc").unwrap());
    let cells = table.groups().chain([("全国", table.all())]).map(|(group, tally)| {
        let cell = |column| {
            let share = tally.share(column);
            assert_eq!(tally.unknown(column), 0);
            format!("{} ({}/{})", share.percent(), share.part, share.whole)
        };
        (group.to_owned(), cell(spf), cell(dmarc))
    });
    let published = testkit::municipalities::PUBLISHED;
    let wanted = published.map(|(group, spf, dmarc)| (group.to_owned(), spf.to_owned(), dmarc.to_owned()));
    assert_eq!(cells.collect::<Vec<_>>(), wanted);
}

#[test]
fn what_changed() {
    let zone = |text: &str| testkit::zone(&format!("$ORIGIN example.jp.\n@ MX 10 mx\nmx A 192.0.2.1\n{text}"));
    let before = examined(&zone("@ TXT \"v=spf1 mx ~all\"\n"), "example.jp");
    let after = examined(&zone("@ TXT \"v=spf1 mx -all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n"), "example.jp");
    let fields = |before, after| changes(before, after).iter().map(|changed| changed.field).collect::<Vec<_>>();
    let wanted = [
        "spf.all",
        "dmarc.result",
        "dmarc.p",
        "dmarc.walk.search",
        "dmarc.walk.effective",
        "dmarc.walk.domain",
        "dmarc.walk.policy",
        "dmarc.walk.below",
        "dmarc.walk.nonexistent",
        "dmarc.psl.search",
        "dmarc.psl.effective",
        "dmarc.psl.domain",
        "dmarc.psl.policy",
        "dmarc.psl.below",
        "dmarc.psl.nonexistent",
    ];
    assert_eq!(fields(&before, &after), wanted);
    assert_eq!(fields(&after, &after), Vec::<&str>::new());
    // What was not answered has not changed.
    let silent = examined(&zone(";! @ TXT servfail\n;! _dmarc TXT timeout\n;! @ MX timeout\n"), "example.jp");
    assert_eq!(fields(&before, &silent), Vec::<&str>::new());
    assert_eq!(fields(&silent, &after), Vec::<&str>::new());
}

#[test]
fn groups_beyond_the_limit_are_counted_in_all() {
    let zone = testkit::zone("a.jp TXT \"v=spf1 -all\"\n");
    let one = examined(&zone, "a.jp");
    let mut table = Table::new("any");
    let max = audit::limits::SURVEY_GROUP_COUNT_MAX;
    for group in 0..=max {
        table.add(&group.to_string(), &one);
    }
    table.add("0", &one);
    let counts = (table.groups().count(), table.all().total(), table.beyond());
    assert_eq!(counts, (max, max as u64 + 2, 1));
    assert_eq!(table.groups().next().unwrap().1.total(), 2);
}

#[test]
fn a_list_of_bad_names() {
    let reasons = Names::new(&b"a b\n-x.jp\n"[..]).unwrap().map(|entry| entry.unwrap().unwrap_err().reason);
    let wanted = [RefusedReason::Name(DomainError::Character), RefusedReason::Name(DomainError::Hyphen)];
    assert_eq!(reasons.collect::<Vec<_>>(), wanted);
}
