//! What attackers send, and what the way damages: each kind has its outcome, and its neighbours are read all the same.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

extern crate sekisho_feedback as feedback;

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};

use feedback::archive::{Content, Kind, Status};
use feedback::intake::{Caps, Item, Settings, read};
use feedback::limits::{RECORD_COUNT_MAX, XML_DEPTH_MAX, XML_PIECE_BYTES_MAX};
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use proptest::prelude::*;

fn items_with(caps: Caps, bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let settings = Settings { caps, ..Settings::default() };
    read(&mut &*bytes, &settings, &mut |item| items.push(item)).unwrap();
    assert!(!items.is_empty(), "something is always said");
    items
}

fn items(bytes: &[u8]) -> Vec<Item> {
    items_with(Caps::default(), bytes)
}

fn one(bytes: &[u8]) -> Item {
    let mut found = items(bytes);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn reason(item: &Item) -> &'static str {
    item.reason.as_ref().map_or("", |reason| reason.kind.id())
}

/// How many records of an aggregate report; `None` when it is none.
fn records(item: &Item) -> Option<usize> {
    match &item.content {
        Content::Aggregate(report) => Some(report.records.len()),
        _ => None,
    }
}

fn deviates(item: &Item, id: &str) -> bool {
    item.deviations.iter().any(|deviation| &*deviation.id == id)
}

const HEAD: &str = "<report_metadata><org_name>r</org_name><email>a@r.example</email><report_id>1</report_id>\
    <date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata>\
    <policy_published><domain>d.example</domain><p>none</p></policy_published>";

fn record(number: usize) -> String {
    format!(
        "<record><row><source_ip>192.0.2.{}</source_ip><count>{}</count><policy_evaluated><disposition>none</disposition>\
         <dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>d.example</header_from>\
         </identifiers><auth_results><dkim><domain>d.example</domain><selector>s</selector><result>pass</result></dkim>\
         <spf><domain>e{}.example</domain><result>fail</result></spf></auth_results></record>",
        number % 256,
        number + 1,
        number % 3
    )
}

fn report(count: usize) -> String {
    let records: String = (0..count).map(record).collect();
    format!("<?xml version=\"1.0\"?><feedback>{HEAD}{records}</feedback>")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A member of a zip: name, method, flags, compressed bytes, checksum.
struct Member {
    name: &'static str,
    method: u16,
    flags: u16,
    data: Vec<u8>,
    crc: u32,
}

fn member(name: &'static str, bytes: &[u8]) -> Member {
    let mut crc = Crc::new();
    crc.update(bytes);
    Member { name, method: 8, flags: 0, data: deflate(bytes), crc: crc.sum() }
}

fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let offset = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(member.data.len()).unwrap().to_le_bytes();
        let mut common = vec![20, 0];
        common.extend(member.flags.to_le_bytes());
        common.extend(member.method.to_le_bytes());
        common.extend([0; 4]);
        common.extend(member.crc.to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(u16::try_from(member.name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(member.name.as_bytes());
        out.extend(&member.data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(member.name.as_bytes());
    }
    let (start, size) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[156] = b'0';
        block[257..263].copy_from_slice(b"ustar\0");
        out.extend(block);
        out.extend(*bytes);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.extend([0; 1024]);
    out
}

fn base64(bytes: &[u8]) -> String {
    let text = mailtext::encode::encode_base64(bytes);
    let lines: Vec<_> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n")
}

fn mail(parts: &[(&str, &str)]) -> String {
    let mut text = String::from(
        "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n",
    );
    for (headers, body) in parts {
        let _ = write!(text, "--B\r\n{headers}\r\n\r\n{body}\r\n");
    }
    text + "--B--\r\n"
}

const ATTACHED: &str = "Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64";

/// A deflated stream of as many mebibytes of a byte, made of pieces that are compressed once.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut piece = Vec::with_capacity(1 << 20);
    compress.compress_vec(&vec![b' '; 1 << 20], &mut piece, FlushCompress::Full).unwrap();
    let mut stream = piece.repeat(mebibytes);
    // An empty block, the last.
    stream.extend([0x03, 0x00]);
    stream
}

fn bomb_gz() -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    gzip.extend(bomb(1024));
    gzip.extend([0; 8]);
    gzip
}

#[test]
fn bombs_of_a_gigabyte_are_refused_by_their_ratio() {
    let gzip = bomb_gz();
    assert!(gzip.len() < 4 << 20);
    assert_eq!(reason(&one(&gzip)), "refused-ratio");
    let member_of = |data: Vec<u8>| Member { name: "a.xml", method: 8, flags: 0, data, crc: 0 };
    assert_eq!(reason(&one(&zip(&[member_of(bomb(1024))]))), "refused-ratio");
    // Inside one another; and beside a report, which is read.
    assert_eq!(reason(&one(&gz(&gzip))), "refused-ratio");
    let found = items(&zip(&[member_of(bomb(64)), member("b.xml", report(2).as_bytes())]));
    assert_eq!((reason(&found[0]), records(&found[1]), found.len()), ("refused-ratio", Some(2), 2));
    // One that is a report, with blanks between its records. Records that are all the same are none: 228 to 1.
    let wide = format!("<feedback>{HEAD}{}", (record(1) + &" ".repeat(100_000)).repeat(100));
    assert_eq!(reason(&one(&gz(wide.as_bytes()))), "refused-ratio");
    let same = format!("<feedback>{HEAD}{}</feedback>", record(1).repeat(20_000));
    assert_eq!(records(&one(&gz(same.as_bytes()))), Some(20_000));
    // Behind a whole report.
    let behind = format!("{}{}", report(1), " ".repeat(8 << 20));
    assert_eq!(reason(&one(&gz(behind.as_bytes()))), "refused-ratio");
    // In a mail.
    assert_eq!(reason(&one(mail(&[(ATTACHED, &base64(&gzip))]).as_bytes())), "refused-ratio");
    // Of a mail, and of JSON.
    let found = one(&gz(format!("From: a@b\r\nTo: c@d\r\n\r\n{}", " ".repeat(8 << 20)).as_bytes()));
    assert_eq!(reason(&found), "refused-ratio");
    assert_eq!(reason(&one(&gz(format!("{{\"a\":\"{}", " ".repeat(4 << 20)).as_bytes()))), "refused-ratio");
}

#[test]
fn members_that_share_their_bytes_are_a_bomb() {
    let mut bytes = zip(&[Member { name: "a.xml", method: 8, flags: 0, data: bomb(64), crc: 0 }]);
    let end = bytes.len() - 22;
    let start = usize::try_from(u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap())).unwrap();
    let line = bytes[start..end].to_vec();
    bytes.truncate(start);
    for _ in 0..5_000 {
        bytes.extend(&line);
    }
    let size = u32::try_from(bytes.len() - start).unwrap();
    bytes.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0");
    bytes.extend(size.to_le_bytes());
    bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    let found = items(&bytes);
    assert!(found.len() < 200, "{}", found.len());
    assert!(found.iter().all(|item| reason(item) == "refused-ratio"));
}

#[test]
fn the_ratio_is_a_limit() {
    // 2 MiB of one byte, whose ratio is known: at it and above it is refused, below it is not.
    let bytes = vec![b' '; 2 << 20];
    let gzip = gz(&bytes);
    let ratio = (bytes.len() / (gzip.len() - 18)) as u64;
    let refused = |ratio: u64| reason(&items_with(Caps { ratio, ..Caps::default() }, &gzip)[0]);
    assert_eq!(refused(ratio / 2), "refused-ratio");
    assert_eq!(refused(ratio * 2), "refused-empty");
    assert_eq!(
        reason(&items_with(Caps { ratio: 1, ratio_free_bytes: 4 << 20, ..Caps::default() }, &gzip)[0]),
        "refused-empty"
    );
}

#[test]
fn lengths_are_limits() {
    let text = report(3);
    let length = text.len() as u64;
    for (limit, wanted) in [(length - 1, "refused-too-large"), (length, ""), (length + 1, "")] {
        let caps = Caps { report_bytes: limit, ..Caps::default() };
        assert_eq!(reason(&items_with(caps, text.as_bytes())[0]), wanted, "{limit}");
        let caps = Caps { total_bytes: limit, ..Caps::default() };
        assert_eq!(reason(&items_with(caps, &gz(text.as_bytes()))[0]), wanted, "{limit}");
    }
    let json = "{\"policies\":[],\"date-range\":null}";
    for (limit, wanted) in [(json.len() - 1, "refused-too-large"), (json.len(), ""), (json.len() + 1, "")] {
        assert_eq!(reason(&items_with(Caps { json_bytes: limit, ..Caps::default() }, json.as_bytes())[0]), wanted);
    }
    let mail = mail(&[("Content-Type: text/xml", &text)]);
    for (limit, wanted) in [(mail.len() - 1, "refused-too-large"), (mail.len(), ""), (mail.len() + 1, "")] {
        assert_eq!(reason(&items_with(Caps { mail_bytes: limit, ..Caps::default() }, mail.as_bytes())[0]), wanted);
    }
    let archive = zip(&[member("a.xml", text.as_bytes())]);
    for (limit, wanted) in [(archive.len() - 1, "refused-too-large"), (archive.len(), ""), (archive.len() + 1, "")] {
        assert_eq!(reason(&items_with(Caps { archive_bytes: limit, ..Caps::default() }, &archive)[0]), wanted);
    }
    // What is too long to be kept is not kept; it is read all the same.
    let item = &items_with(Caps { raw_bytes: 100, ..Caps::default() }, text.as_bytes())[0];
    assert_eq!((records(item), item.raw.len()), (Some(3), 0));
}

#[test]
fn members_are_counted() {
    let text = report(1);
    let three = [member("a.xml", text.as_bytes()), member("b.xml", text.as_bytes()), member("c.xml", text.as_bytes())];
    for bytes in [zip(&three), tar(&[("a", text.as_bytes()), ("b", text.as_bytes()), ("c", text.as_bytes())])] {
        for (members, read) in [(2, 2), (3, 3), (4, 3)] {
            let found = items_with(Caps { members, ..Caps::default() }, &bytes);
            assert_eq!(found.iter().filter_map(records).count(), read, "{members}");
            let too_many = found.iter().filter(|item| reason(item) == "refused-too-many").count();
            assert_eq!(too_many, usize::from(read < 3), "{members}");
        }
    }
}

#[test]
fn archives_in_archives_up_to_three() {
    let text = report(2);
    let zipped = |bytes: &[u8]| zip(&[member("a", bytes)]);
    let three = gz(&zipped(&gz(text.as_bytes())));
    assert_eq!(records(&one(&three)), Some(2));
    assert_eq!(reason(&one(&gz(&three))), "refused-too-deep");
    assert_eq!(records(&one(&gz(&tar(&[("r.xml", text.as_bytes())])))), Some(2));
    let in_mail = mail(&[(ATTACHED, &base64(&three))]);
    assert_eq!(records(&one(in_mail.as_bytes())), Some(2));
    // Mails in mails, packed.
    let mut packed = mail(&[("Content-Type: text/xml", &text)]);
    for depth in 1..5 {
        let wanted = if depth < 3 { "" } else { "refused-too-deep" };
        packed =
            mail(&[("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", &base64(packed.as_bytes()))]);
        assert_eq!(reason(&one(packed.as_bytes())), wanted, "{depth}");
    }
}

#[test]
fn type_definitions_and_entities() {
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><feedback>{}</feedback>",
        HEAD.replace("<org_name>r", "<org_name>&b;")
    );
    let outside = report(1).replace("<feedback>", "<!DOCTYPE feedback SYSTEM \"file:///etc/passwd\"><feedback>");
    for text in [laughs, outside] {
        let item = one(text.as_bytes());
        assert_eq!((reason(&item), &item.content), ("refused-doctype", &Content::Refused(Some(Kind::Aggregate))));
    }
    let text = report(1).replace(">r</org_name>", ">A&amp;B &lt;&#x6771;&#20140;&gt; AT&T &xxe;</org_name>");
    let item = one(text.as_bytes());
    let Content::Aggregate(report) = &item.content else { panic!("{:?}", item.reason) };
    assert_eq!(&*report.metadata.organization, "A&B <東京> AT&T &xxe;");
    assert!(deviates(&item, "deviation-entity"));
}

#[test]
fn xml_has_limits() {
    for (depth, wanted) in [(XML_DEPTH_MAX - 1, ""), (XML_DEPTH_MAX, ""), (XML_DEPTH_MAX + 1, "refused-xml-depth")] {
        let deep = format!("{}{}", "<x>".repeat(depth - 1), "</x>".repeat(depth - 1));
        let text = format!("<feedback>{HEAD}{deep}</feedback>");
        assert_eq!(reason(&one(text.as_bytes())), wanted, "{depth}");
    }
    let with_name = |length: usize| report(1).replace(">r</org_name>", &format!(">{}</org_name>", "x".repeat(length)));
    let item = one(with_name(XML_PIECE_BYTES_MAX - 1).as_bytes());
    assert_eq!((reason(&item), deviates(&item, "deviation-text-cut")), ("", true));
    // The piece is measured by what the window shows: it may be as much longer.
    assert_eq!(reason(&one(with_name(2 * XML_PIECE_BYTES_MAX).as_bytes())), "refused-xml-piece");
    let attribute = report(1).replace("<row>", &format!("<row a=\"{}\">", "x".repeat(2 * XML_PIECE_BYTES_MAX)));
    assert_eq!(reason(&one(attribute.as_bytes())), "refused-xml-piece");
    let comment = format!("<!--{}-->{}", "x".repeat(2 * XML_PIECE_BYTES_MAX), report(1));
    assert_eq!(reason(&one(comment.as_bytes())), "refused-xml-piece");
}

#[test]
fn records_beyond_the_limit_are_left_out_and_named() {
    for (count, wanted) in [(RECORD_COUNT_MAX, ""), (RECORD_COUNT_MAX + 1, "salvaged-limit")] {
        let text = format!("<feedback>{HEAD}{}</feedback>", "<record/>".repeat(count));
        let item = one(text.as_bytes());
        assert_eq!((records(&item), reason(&item)), (Some(RECORD_COUNT_MAX), wanted));
    }
}

#[test]
fn charsets() {
    let text = report(2).replace(">r</org_name>", ">Société 東京</org_name>");
    let wide = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let units: Vec<u16> = mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().collect();
        units.into_iter().flat_map(order).collect()
    };
    let mut forms = vec![text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes()];
    for order in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        forms.push(wide(order, true));
        forms.push(wide(order, false));
    }
    for bytes in forms {
        for bytes in [gz(&bytes), bytes] {
            let item = one(&bytes);
            let Content::Aggregate(report) = &item.content else { panic!("{:?}", item.reason) };
            assert_eq!((&*report.metadata.organization, report.records.len()), ("Société 東京", 2));
            assert!(!deviates(&item, "deviation-encoding"));
        }
    }
    let declared = |charset: &str, name: &[u8]| -> Item {
        let text = report(1).replace("version=\"1.0\"", &format!("version=\"1.0\" encoding=\"{charset}\""));
        let at = text.find(">r</org_name>").unwrap() + 1;
        one(&[&text.as_bytes()[..at], name, &text.as_bytes()[at + 1..]].concat())
    };
    for (charset, name, wanted, odd) in [
        ("windows-1252", &b"Soci\xe9t\xe9 \x93x\x94"[..], "Société “x”", false),
        ("ISO-8859-1", b"Soci\xe9t\xe9", "Société", false),
        ("utf-8", b"Soci\xe9t\xe9", "Société", true),
        ("Shift_JIS", b"\x93\x8c\x8b\x9e", "東京", false),
        ("ISO-2022-JP", b"\x1b$BEl5~\x1b(B", "東京", false),
        ("UTF-16", "東京".as_bytes(), "東京", true),
        ("klingon", "東京".as_bytes(), "東京", true),
    ] {
        let item = declared(charset, name);
        let Content::Aggregate(report) = &item.content else { panic!("{charset}: {:?}", item.reason) };
        assert_eq!((&*report.metadata.organization, deviates(&item, "deviation-encoding")), (wanted, odd), "{charset}");
    }
}

#[test]
fn junk_around_a_report() {
    let text = report(2);
    for before in ["\n\n", "\u{feff} \u{feff}", "HTTP/1.1 200 OK\r\n\r\n", "\0\0"] {
        let item = one(format!("{before}{text}").as_bytes());
        assert_eq!(
            (records(&item), item.status, deviates(&item, "deviation-junk-before")),
            (Some(2), Status::Accepted, true),
            "{before:?}"
        );
    }
    for (behind, odd) in [("\n \n", false), ("\0\0", false), ("<!-- x -->", true), ("that was it", true)] {
        let item = one(format!("{text}{behind}").as_bytes());
        assert_eq!((records(&item), deviates(&item, "deviation-junk-after")), (Some(2), odd), "{behind:?}");
    }
    // Reports behind one another, plain and in the members of one gzip.
    let both = format!("{text}\n{}", report(3));
    let members = [gz(text.as_bytes()), gz(report(3).as_bytes())].concat();
    for bytes in [both.as_bytes(), &members] {
        let found = items(bytes);
        assert_eq!(found.iter().map(records).collect::<Vec<_>>(), [Some(2), Some(3)]);
        assert_ne!(found[0].digest, found[1].digest);
    }
    // One report in the members of one gzip.
    let (start, end) = text.split_at(100);
    assert_eq!(records(&one(&[gz(start.as_bytes()), gz(end.as_bytes())].concat())), Some(2));
}

#[test]
fn damaged_archives() {
    let text = report(40);
    let whole = gz(text.as_bytes());
    let item = one(&whole[..whole.len() * 2 / 3]);
    assert_eq!((item.status, reason(&item)), (Status::Salvaged, "salvaged-cut"));
    assert!(records(&item).is_some_and(|count| count > 5 && count < 40));
    let mut wrong = whole.clone();
    let at = wrong.len() - 5;
    wrong[at] ^= 1;
    let item = one(&wrong);
    assert_eq!((item.status, reason(&item), records(&item)), (Status::Salvaged, "salvaged-checksum", Some(40)));
    let item = one(&whole[..whole.len() - 4]);
    assert_eq!((item.status, reason(&item), records(&item)), (Status::Salvaged, "salvaged-checksum", Some(40)));
    let item = one(&[&whole[..], b"\r\n--junk"].concat());
    assert_eq!(
        (item.status, records(&item), deviates(&item, "deviation-junk-after")),
        (Status::Accepted, Some(40), true)
    );
    assert_eq!(reason(&one(&whole[..8])), "refused-archive");
    assert_eq!(reason(&one(b"PK\x03\x04")), "refused-archive");
    // A zip without its directory, and with junk before it.
    let archive = zip(&[member("a.xml", text.as_bytes()), member("b.xml", report(2).as_bytes())]);
    let directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    for bytes in [archive[..directory].to_vec(), archive.clone()] {
        let found = items(&bytes);
        assert_eq!(found.iter().map(records).collect::<Vec<_>>(), [Some(40), Some(2)]);
        assert_eq!(found.iter().map(|item| &*item.member).collect::<Vec<_>>(), ["a.xml", "b.xml"]);
    }
}

#[test]
fn one_member_does_not_stop_another() {
    let text = report(2);
    let stored = Member { method: 0, data: text.clone().into_bytes(), ..member("stored.xml", text.as_bytes()) };
    let encrypted = Member { flags: 1, ..member("secret.xml", text.as_bytes()) };
    let lzma = Member { method: 14, ..member("lzma.xml", text.as_bytes()) };
    let wrong = Member { crc: 1, ..member("crc.xml", text.as_bytes()) };
    let broken = Member { data: vec![0xff; 40], ..member("broken.xml", text.as_bytes()) };
    let found = items(&zip(&[
        encrypted,
        lzma,
        member("readme.txt", b"hello"),
        member("page.html", b"<html><body>feedback</body></html>"),
        member("empty.xml", b""),
        broken,
        wrong,
        stored,
        member("__MACOSX/._a.xml", b"x"),
        member("folder/", b""),
        member("../../etc/cron.d/a\u{1b}[2J.xml", text.as_bytes()),
    ]));
    let outcome: Vec<_> = found.iter().map(|item| (&*item.member, reason(item), records(item))).collect();
    assert_eq!(
        outcome,
        [
            ("secret.xml", "refused-encrypted", None),
            ("lzma.xml", "refused-method", None),
            ("readme.txt", "refused-unknown", None),
            ("page.html", "refused-not-a-report", None),
            ("empty.xml", "refused-empty", None),
            ("broken.xml", "refused-archive", None),
            ("crc.xml", "salvaged-checksum", Some(2)),
            ("stored.xml", "", Some(2)),
            // A name is shown, and nothing else; whoever shows it escapes what remains.
            ("../../etc/cron.d/a\u{fffd}[2J.xml", "", Some(2)),
        ]
    );
}

#[test]
fn mails_of_every_kind() {
    let text = report(2);
    let packed = base64(&gz(text.as_bytes()));
    let quoted = mailtext::encode::encode_quoted_printable(text.as_bytes());
    let inner = mail(&[(ATTACHED, &packed)]);
    for (name, headers, body) in [
        ("as it should be", ATTACHED, packed.as_str()),
        ("base64 that says 7bit", "Content-Type: application/gzip\r\nContent-Transfer-Encoding: 7bit", &packed),
        (
            "base64 that says quoted-printable",
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable",
            &packed,
        ),
        ("base64 that says nonsense", "Content-Type: application/gzip\r\nContent-Transfer-Encoding: uuencode", &packed),
        ("base64 that says nothing", "Content-Type: text/plain", &packed),
        ("text that says base64", "Content-Type: text/xml\r\nContent-Transfer-Encoding: base64", &text),
        ("quoted-printable", "Content-Type: text/xml\r\nContent-Transfer-Encoding: quoted-printable", &quoted),
        ("in the text", "Content-Type: text/plain", &text),
        ("misspelt", "ContentType: application/gzip\r\nContent-Transfer-Encoding: base64", &packed),
        (
            "without a type",
            "Content-Disposition: attachment; filename=\"..\"\r\nContent-Transfer-Encoding: base64",
            &packed,
        ),
        ("another type", "Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64", &packed),
        ("a mail", "Content-Type: message/rfc822", &inner),
    ] {
        let item = one(mail(&[("Content-Type: text/plain", "This is a report."), (headers, body)]).as_bytes());
        assert_eq!((records(&item), item.status), (Some(2), Status::Accepted), "{name}");
    }
    // The mail is the report.
    let alone = format!("From: a@b\r\nSubject: x\r\n{ATTACHED}\r\n\r\n{packed}\r\n");
    assert_eq!(records(&one(alone.as_bytes())), Some(2));
    // Line ends of another system.
    assert_eq!(records(&one(inner.replace("\r\n", "\n").as_bytes())), Some(2));
    // Several.
    let both = mail(&[(ATTACHED, &packed), ("Content-Type: text/xml; name=b.xml", &report(3))]);
    assert_eq!(items(both.as_bytes()).iter().map(records).collect::<Vec<_>>(), [Some(2), Some(3)]);
}

#[test]
fn mails_without_a_report_say_so() {
    let said = |bytes: &[u8]| {
        let item = one(bytes);
        (reason(&item), item.reason.map(|reason| reason.what.to_string()).unwrap_or_default(), !item.raw.is_empty())
    };
    let text = mail(&[
        ("Content-Type: text/plain", "hello"),
        ("Content-Type: image/png\r\nContent-Transfer-Encoding: base64", "iVBORw0KGgo="),
    ]);
    assert_eq!(said(text.as_bytes()), ("refused-no-report", "text/plain, image/png".to_owned(), true));
    assert_eq!(said(b"From: a@b\r\nSubject: x\r\n\r\n"), ("refused-no-report", String::new(), true));
    let html = mail(&[("Content-Type: text/html", "<html>your <b>feedback</b></html>")]);
    assert_eq!(said(html.as_bytes()), ("refused-no-report", "text/html".to_owned(), true));
    // What is announced as a report and is none is told as itself.
    let announced = mail(&[("Content-Type: application/gzip; name=r.xml.gz", "hello")]);
    assert_eq!(said(announced.as_bytes()).0, "refused-unknown");
}

#[test]
fn files_of_mails() {
    let good = mail(&[(ATTACHED, &base64(&gz(report(2).as_bytes())))]).replace("\r\n", "\n");
    let file = format!("From a@b Thu Jan  1\n{good}\nFrom c@d Thu\nSubject: y\n\nnothing\n\nFrom e@f Thu\n{good}\n");
    let found = items(file.as_bytes());
    let outcome: Vec<_> = found.iter().map(|item| (&*item.member, reason(item), records(item))).collect();
    assert_eq!(outcome, [("1/1", "", Some(2)), ("2", "refused-no-report", None), ("3/1", "", Some(2))]);
    // What a mail may cost is its own.
    let found = items_with(Caps { members: 3, ..Caps::default() }, file.as_bytes());
    assert_eq!(found.iter().filter_map(records).count(), 2);
}

/// Gives so many bytes at a time, and an error at the end if wanted.
struct Dribble<'b>(&'b [u8], usize, bool);

impl Read for Dribble<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() && self.2 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let count = self.1.min(out.len()).min(self.0.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn an_input_that_fails_is_told_and_what_came_before_is_kept() {
    let text = report(10);
    let mut found = Vec::new();
    let error = read(&mut Dribble(&text.as_bytes()[..text.len() - 20], 100, true), &Settings::default(), &mut |item| {
        found.push(item);
    });
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!((found.len(), records(&found[0]), reason(&found[0])), (1, Some(9), "salvaged-cut"));
}

#[test]
fn every_prefix_gives_whole_records_only() {
    let text = report(4).replace(">r</org_name>", ">Société &amp; 東京</org_name>");
    let Content::Aggregate(whole) = one(text.as_bytes()).content else { panic!("whole") };
    for end in 0..text.len() {
        let found = items(&text.as_bytes()[..end]);
        for item in &found {
            match &item.content {
                Content::Aggregate(part) => {
                    assert_eq!((item.status, reason(item)), (Status::Salvaged, "salvaged-cut"), "{end}");
                    let count = text[..text.floor_char_boundary(end)].matches("</record>").count();
                    assert_eq!(part.records.len(), count, "{end}");
                    for (part_record, record) in part.records.iter().zip(&whole.records) {
                        assert_eq!((part_record.source, part_record.count), (record.source, record.count));
                        assert_eq!(part.circumstances_of(part_record), whole.circumstances_of(record));
                    }
                }
                _ => assert_eq!(item.status, Status::Refused, "{end}"),
            }
        }
    }
}

#[test]
fn a_damaged_record_costs_itself_alone() {
    let text = report(3);
    let bad = text.replacen("<dkim>pass</dkim>", "<dkim>pass</spf>", 2).replacen("</spf><spf>", "</spf></x><spf>", 1);
    let item = one(bad.as_bytes());
    assert_eq!((item.status, reason(&item), records(&item)), (Status::Salvaged, "salvaged-damaged", Some(1)));
    let item = one(report(1).replace("</row>", "").as_bytes());
    assert_eq!((item.status, reason(&item)), (Status::Refused, "refused-malformed"));
}

fn flat(items: Vec<Item>) -> Vec<(String, [u8; 32], Content, &'static str)> {
    items.into_iter().map(|item| (item.member.to_string(), item.digest, item.content.clone(), reason(&item))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_chunking_gives_the_same(size in 1usize..5000, form in 0usize..6, count in 0usize..30) {
        let text = report(count);
        let bytes = match form {
            0 => text.into_bytes(),
            1 => gz(text.as_bytes()),
            2 => zip(&[member("a.xml", text.as_bytes()), member("b", b"junk")]),
            3 => mail(&[(ATTACHED, &base64(&gz(text.as_bytes())))]).into_bytes(),
            4 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => gz(&tar(&[("a.xml", text.as_bytes()), ("b.xml", text.as_bytes())])),
        };
        let mut found = Vec::new();
        read(&mut Dribble(&bytes, size, false), &Settings::default(), &mut |item| found.push(item)).unwrap();
        prop_assert_eq!(flat(found), flat(items(&bytes)));
    }

    #[test]
    fn random_bytes_have_an_outcome(bytes in proptest::collection::vec(any::<u8>(), 0..300), start in 0usize..7) {
        let starts: [&[u8]; 7] = [b"", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"PK\x03\x04", b"<feedback>", b"{\"policies\":[", b"From: a\r\nX: ", b"\xff\xfe<\0"];
        let found = items(&[starts[start], &bytes].concat());
        prop_assert!(found.iter().all(|item| item.status != Status::Accepted || !item.raw.is_empty()));
    }

    #[test]
    fn changed_bytes_have_an_outcome(at in any::<prop::sample::Index>(), byte in any::<u8>(), form in 0usize..4) {
        let text = report(6);
        let mut bytes = match form {
            0 => text.into_bytes(),
            1 => gz(text.as_bytes()),
            2 => zip(&[member("a.xml", text.as_bytes()), member("b.xml", text.as_bytes())]),
            _ => mail(&[(ATTACHED, &base64(&gz(text.as_bytes())))]).into_bytes(),
        };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        prop_assert!(items(&bytes).iter().all(|item| item.reason.is_some() == (item.status != Status::Accepted)));
    }
}
