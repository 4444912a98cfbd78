//! A survey's directory, from a zone to what is printed.

use std::path::{Path, PathBuf};

use audit::survey::input::Names;
use audit::survey::{Examined, Method, examine, japan};
use serde_json::Value;

use super::ask::InOrder;
use super::output::{Counting, Groups, Made, Manifest, RESULTS_FILE, SampleUsed, finish, line, suffixes, summary};
use super::{diff, series};
use crate::failure::Failure;
use crate::say::{Language, Say};

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-survey-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn manifest(groups: &[&str], day: &str) -> Manifest {
    Manifest {
        version: "0.1.0".into(),
        begun: format!("{day}T00:00:00Z"),
        ended: format!("{day}T00:10:00Z"),
        groups: groups.iter().map(ToString::to_string).collect(),
        ..Manifest::default()
    }
}

/// A survey's directory with these results.
fn write(
    directory: &Path,
    manifest: &Manifest,
    results: impl Iterator<Item = (Examined, Groups)>,
    by: &[String],
    japan: Option<&japan::Suffixes>,
    say: &Say,
) -> Result<Made, Failure> {
    let mut counting = Counting::new(Some(&manifest.groups), by, japan)?;
    let lines = results.map(|(examined, groups)| {
        counting.add(&examined, &groups);
        line(&examined, &groups)
    });
    let lines: String = lines.collect();
    std::fs::create_dir_all(directory).unwrap();
    std::fs::write(directory.join(RESULTS_FILE), lines).unwrap();
    finish(directory, manifest, counting, say)
}

/// Each name of a list examined in a zone, with its groups.
fn examined(list: &str, zone: &str) -> Vec<(Examined, Groups)> {
    let zone = testkit::zone(zone);
    let method = Method { listed: Vec::new(), ..Method::default() };
    let names = Names::new(list.as_bytes()).unwrap();
    let columns: Vec<Box<str>> = names.columns().to_vec();
    let one = |entry: std::io::Result<Result<audit::survey::input::Entry, _>>| {
        let entry = entry.unwrap().ok()?;
        let groups = columns.iter().cloned().zip(entry.groups).collect();
        Some((testkit::block_on(examine(&zone, &entry.name, &method)), groups))
    };
    names.filter_map(one).collect()
}

fn lines(text: &str, columns: usize) -> Vec<String> {
    let cut = |line: &str| line.split(',').take(columns).collect::<Vec<_>>().join(",");
    text.split_terminator("\r\n").map(cut).collect()
}

#[test]
fn in_whatever_order_results_come_they_are_counted_in_that_of_the_list() {
    let all =
        examined("domain,region\na.jp,東\nb.jp,西\nc.jp,東\nd.jp,北\n", "a.jp. MX 10 mx.a.jp.\n;! d.jp TXT timeout\n");
    let columns = ["region".to_owned()];
    let counted = |order: &[usize]| {
        let mut counting = InOrder::new(Counting::new(Some(&columns), &[], None).unwrap());
        for index in order {
            let (examined, groups) = all[*index].clone();
            counting.add(*index as u64, examined, groups);
        }
        counting.whole()
    };
    let told = |counting: Counting<'_>| {
        let counts = (counting.names, counting.names_unanswered, counting.questions_unanswered);
        let groups: Vec<String> = counting.into_tables()[0].groups().map(|(group, _)| group.to_owned()).collect();
        (counts, groups)
    };
    let wanted = told(counted(&[0, 1, 2, 3]).unwrap());
    assert_eq!((wanted.0, wanted.1.join(" ")), ((4, 1, 1), "東 西 北".to_owned()));
    for order in [[3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
        assert_eq!(told(counted(&order).unwrap()), told(counted(&[0, 1, 2, 3]).unwrap()), "{order:?}");
    }
    assert!(counted(&[0, 2, 3]).is_none(), "one is missing between others");
}

/// The table of the technical working group of 2017 as the program writes it, exact in every cell.
#[test]
fn the_table_of_the_seed() {
    let directory = Directory::new("seed");
    let results = examined(&testkit::municipalities::list(), &testkit::municipalities::zone());
    let manifest = Manifest { names: 1_788, ..manifest(&["region"], "2017-10-01") };
    let say = Say::new(Language::Japanese);
    let made = write(&directory.0, &manifest, results.into_iter(), &[], None, &say).unwrap();
    let files: Vec<_> = made.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    let wanted =
        ["table-region.csv", "table-region.md", "table-region.html", "chart-region.svg", "chart-region-policy.svg"];
    assert_eq!(files, wanted);
    let wanted = [
        "group,total,spf,spf_pct,dmarc,dmarc_pct",
        "北海道,180,121,67.2,0,0.0",
        "東北,233,178,76.4,1,0.4",
        "関東,322,276,85.7,0,0.0",
        "中部,325,242,74.5,0,0.0",
        "近畿,234,195,83.3,0,0.0",
        "中国,112,85,75.9,0,0.0",
        "四国,99,74,74.7,1,1.0",
        "九州沖縄,283,231,81.6,0,0.0",
        "ALL,1788,1402,78.4,2,0.1",
    ];
    assert_eq!(lines(&directory.read("table-region.csv"), 6), wanted);
    assert_eq!(directory.read("results.ndjson").lines().count(), 1_788);
    let read: Manifest = serde_json::from_str(&directory.read("manifest.json")).unwrap();
    assert_eq!(read, manifest);
    let (markdown, html) = (directory.read("table-region.md"), directory.read("table-region.html"));
    assert!(markdown.contains("| region | SPF | DMARC |"), "{markdown}");
    assert!(markdown.contains("| 四国 | 74.7 (74/99) | 1.0 (1/99) |"), "{markdown}");
    assert!(markdown.contains("| 全体 | 78.4 (1402/1788) | 0.1 (2/1788) |"), "{markdown}");
    assert!(html.contains("<th scope=\"row\">全体</th><td>78.4 (1402/1788)</td><td>0.1 (2/1788)</td>"));
    assert!(html.starts_with("<!doctype html>\n<html lang=\"ja\">") && html.matches("<svg ").count() == 4);
    assert!(["<script", "http-equiv", "<link"].iter().all(|bad| !html.contains(bad)));
    assert!(html.contains("すべての問い合わせに応答がありました。"));
    let svg = directory.read("chart-region.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("九州沖縄") && svg.contains("78.4"), "{svg}");
    let table = made.tables.first().unwrap();
    let summary = summary(table, &manifest, &say);
    let words: Vec<_> =
        summary.lines().map(|line| line.split_whitespace().take(5).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!([&*words[1], &*words[9]], ["北海道 67.2 (121/180) 0.0 (0/180)", "全体 78.4 (1402/1788) 0.1 (2/1788)"]);
    // The same bytes each time.
    let again = Directory::new("again");
    let results = examined(&testkit::municipalities::list(), &testkit::municipalities::zone());
    write(&again.0, &manifest, results.into_iter(), &[], None, &say).unwrap();
    for file in files {
        assert_eq!(again.read(file), directory.read(file), "{file}");
    }
}

const LIST: &str =
    "domain,<b>../kind\na.jp,<script>alert(1)</script>\nb.jp,=1+1\nc.example.co.jp,=1+1\nd.jp,\"x|y\"\ne.jp,\n";
const ZONE: &str = "$ORIGIN jp.\na MX 10 mx.a\nmx.a A 192.0.2.1\na TXT \"v=spf1 mx -all\"\n_dmarc.a TXT \"v=DMARC1; p=reject\"\n\
    b MX 10 mx.a\nb TXT \"v=spf1 ~all\"\nc.example.co A 192.0.2.1\n;! d TXT timeout\n;! _dmarc.d TXT servfail\n";

#[test]
fn nothing_from_outside_becomes_markup_or_a_path() {
    let directory = Directory::new("hostile");
    let say = Say::new(Language::English);
    let column = "<b>../kind";
    let made =
        write(&directory.0, &manifest(&[column], "2026-11-23"), examined(LIST, ZONE).into_iter(), &[], None, &say);
    assert!(made.unwrap().files.iter().all(|file| file.parent() == Some(&*directory.0) && file.exists()));
    let html = directory.read("table-_b____kind.html");
    assert!(
        !html.contains("<script") && !html.contains("<b>") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
    );
    assert!(directory.read("table-_b____kind.md").contains("x\\|y"));
    let csv = directory.read("table-_b____kind.csv");
    let wanted = [
        "group,total,spf,spf_pct",
        "<script>alert(1)</script>,1,1,100.0",
        "'=1+1,2,1,50.0",
        "x|y,1,0,0.0",
        ",1,0,0.0",
        "ALL,5,2,40.0",
    ];
    assert_eq!(lines(&csv, 4), wanted);
    let svg = directory.read("chart-_b____kind.svg");
    assert!(!svg.contains("<script"));
}

#[test]
fn what_is_not_known_is_told() {
    let directory = Directory::new("residue");
    let say = Say::new(Language::English);
    let manifest =
        Manifest { sample: Some(SampleUsed { per_million: 10_000, seed: 7 }), ..manifest(&[], "2026-11-23") };
    write(&directory.0, &manifest, examined(LIST, ZONE).into_iter(), &[], None, &say).unwrap();
    let csv = directory.read("table-all.csv");
    let cell = |name: &str| {
        let at = lines(&csv, usize::MAX)[0].split(',').position(|column| column == name).unwrap();
        lines(&csv, usize::MAX)[1].split(',').nth(at).unwrap().to_owned()
    };
    assert_eq!(lines(&csv, 3), ["group,total,spf", "ALL,5,2"]);
    let cells =
        ["spf_unknown", "dmarc_unknown", "mx_unknown", "spf_pct", "spf_low", "spf_high", "unanswered"].map(cell);
    // Wilson's interval of 2 of 5.
    assert_eq!(cells, ["1", "1", "0", "40.0", "11.8", "76.9", "1"]);
    let html = directory.read("table-all.html");
    assert!(html.contains("40.0 (2/5) 11.8–76.9") && html.contains("This is a sample of 1.0 % of the list (seed 7)."));
}

#[test]
fn other_groups_without_asking_again() {
    let directory = Directory::new("groups");
    let say = Say::new(Language::English);
    let manifest = manifest(&["<b>../kind"], "2026-11-23");
    let japan = testkit::suite("psl/public_suffix_list.dat").map(|path| suffixes(&path).unwrap());
    let by = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let made = |names: &[&str]| {
        write(&directory.0, &manifest, examined(LIST, ZONE).into_iter(), &by(names), japan.as_ref(), &say)
    };
    made(&["mail", "mx-operator"]).unwrap();
    // The order of the list.
    let wanted = ["group,total", "mx,2", "a_only,1", "nxdomain,2", "ALL,5"];
    assert_eq!(lines(&directory.read("table-mail.csv"), 2), wanted);
    assert_eq!(lines(&directory.read("table-mx-operator.csv"), 2), ["group,total", "a.jp,2", ",3", "ALL,5"]);
    assert!(made(&["colour"]).is_err());
    if japan.is_some() {
        made(&["jp-type"]).unwrap();
        assert_eq!(lines(&directory.read("table-jp-type.csv"), 2), ["group,total", "general,4", "co,1", "ALL,5"]);
    }
}

#[test]
fn two_surveys() {
    let (before, after) = (Directory::new("before"), Directory::new("after"));
    let say = Say::new(Language::English);
    let column = "kind";
    let list = LIST.replace("<b>../kind", column);
    let changed = ZONE.replace("~all", "-all").replace("p=reject", "p=none").replace(";! d TXT timeout\n", "");
    let more =
        format!("{}f.jp,new\n", list.replace("a.jp,<script>alert(1)</script>\n", "a.jp,=1+1\n").replace("e.jp,\n", ""));
    write(&before.0, &manifest(&[column], "2026-05-01"), examined(&list, ZONE).into_iter(), &[], None, &say).unwrap();
    write(&after.0, &manifest(&[column], "2026-11-01"), examined(&more, &changed).into_iter(), &[], None, &say)
        .unwrap();
    let (told, found) = diff::compare(&before.0, &after.0, column).unwrap();
    let told: Vec<Value> = told.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = |value: &Value| value["changes"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(told.iter().map(|line| line["domain"].as_str().unwrap()).collect::<Vec<_>>(), ["a.jp", "b.jp"]);
    assert!(fields(&told[0]).contains(&"dmarc.p".to_owned()));
    assert_eq!(fields(&told[1]), ["spf.all"]);
    assert_eq!(told[1]["changes"]["spf.all"], serde_json::json!(["~all", "-all"]));
    let summary: Value = serde_json::from_str(&found.json()).unwrap();
    let summary = &summary["summary"];
    let counts = ["both", "changed", "only_before", "only_after"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts, [4, 2, 1, 1]);
    let groups: Vec<_> = summary["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| format!("{} {} {}", group["group"].as_str().unwrap(), group["total"], group["columns"]["spf"]))
        .collect();
    let wanted = [
        "<script>alert(1)</script> [1,0] [1,0]",
        "=1+1 [2,3] [1,2]",
        "x|y [1,1] [0,0]",
        " [1,0] [0,0]",
        "new [0,1] [0,0]",
        "ALL [5,5] [2,2]",
    ];
    assert_eq!(groups, wanted);
    let text = found.text(&say);
    assert!(
        text.starts_with(
            "4 names are in both surveys, 2 of them changed; 1 are in the first only, 1 in the second only.\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("=1+1") && text.contains("50.0 → 66.7 (+16.7)") && text.contains("20.0 → 0.0 (−20.0)"),
        "{text}"
    );
    assert!(text.contains("spf.all") && text.contains("~all"), "{text}");
    // The same survey twice has not changed, and is found whatever the order.
    let (told, found) = diff::compare(&before.0, &before.0, column).unwrap();
    assert!(told.is_empty() && found.json().contains("\"changed\":0"));
    let points = series::points(&[after.0.clone(), before.0.clone()]).unwrap();
    let csv = series::to_csv(&points);
    assert_eq!(lines(&csv, 4), ["date,total,spf,spf_pct", "2026-05-01,5,2,40.0", "2026-11-01,5,2,40.0"]);
}

#[test]
fn what_is_no_survey_is_told() {
    let directory = Directory::new("none");
    assert!(diff::compare(&directory.0, &directory.0, "all").is_err());
    std::fs::create_dir_all(&directory.0).unwrap();
    std::fs::write(directory.0.join("results.ndjson"), "{\"domain\": \"a.jp\"}\nnonsense\n").unwrap();
    let failure = diff::compare(&directory.0, &directory.0, "all").map(|_| ()).unwrap_err();
    assert!(format!("{failure:?}").contains("survey-bad-line"), "{failure:?}");
}
