//! Figures of reading, for docs/performance.md: nothing is asserted of time. Run it in release, with `--ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a measurement

extern crate sekisho_feedback as feedback;

use std::fmt::Write as _;
use std::io::{BufReader, Write as _};
use std::time::Instant;

use feedback::archive::Content;
use feedback::deviation::Notes;
use feedback::intake::{Raw, Settings};

/// A report as large receivers write them: few circumstances, many addresses, like `bench/gen_reports.py`.
fn report(records: u32) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<feedback>\n  <version>1.0</version>\n  <report_metadata>\n    \
         <org_name>google.com</org_name>\n    <email>noreply-dmarc-support@google.com</email>\n    \
         <report_id>1234567890</report_id>\n    <date_range>\n      <begin>1735689600</begin>\n      \
         <end>1735775999</end>\n    </date_range>\n  </report_metadata>\n  <policy_published>\n    \
         <domain>shop.example</domain>\n    <adkim>r</adkim>\n    <aspf>r</aspf>\n    <p>reject</p>\n    \
         <sp>none</sp>\n    <pct>100</pct>\n    <fo>0</fo>\n  </policy_published>\n",
    );
    let mut state = 1_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..records {
        let (a, b, c) = (random(2) + 18, random(256), random(256));
        let dkim = if random(100) < 85 { "pass" } else { "fail" };
        let spf = if random(100) < 80 { "pass" } else { "fail" };
        let disposition = ["none", "none", "none", "none", "none", "none", "none", "none", "quarantine", "reject"]
            [random(10) as usize];
        let _ = write!(
            text,
            "  <record>\n    <row>\n      <source_ip>198.{a}.{b}.{c}</source_ip>\n      <count>{}</count>\n      \
             <policy_evaluated>\n        <disposition>{disposition}</disposition>\n        <dkim>{dkim}</dkim>\n        \
             <spf>{spf}</spf>\n      </policy_evaluated>\n    </row>\n    <identifiers>\n      \
             <envelope_to>rcpt.example.jp</envelope_to>\n      <envelope_from>bounces.shop.example</envelope_from>\n      \
             <header_from>shop.example</header_from>\n    </identifiers>\n    <auth_results>\n",
            random(50) + 1
        );
        for number in 0..[0, 1, 1, 1, 1, 1, 1, 1, 2, 2][random(10) as usize] {
            let domain = if number == 0 { "shop.example".to_owned() } else { format!("esp{}.example", random(8)) };
            let _ = write!(
                text,
                "      <dkim>\n        <domain>{domain}</domain>\n        <selector>s{}</selector>\n        \
                 <result>{dkim}</result>\n      </dkim>\n",
                [1024, 2048][random(2) as usize]
            );
        }
        let _ = write!(
            text,
            "      <spf>\n        <domain>bounces.shop.example</domain>\n        <scope>mfrom</scope>\n        \
             <result>{spf}</result>\n      </spf>\n    </auth_results>\n  </record>\n"
        );
    }
    text.push_str("</feedback>\n");
    text
}

fn bare_scan(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::Reader::from_reader(BufReader::with_capacity(64 << 10, bytes));
    let (mut buffer, mut events) = (Vec::new(), 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).unwrap() {
            quick_xml::events::Event::Eof => return events,
            _ => events += 1,
        }
    }
}

fn resident_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().to_owned();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Each in turn, again and again, so that whatever else the machine does hits them all; the best of each.
fn measured(records: u32, bytes: usize, runs: &mut [(&str, &mut dyn FnMut())]) {
    let mut best = vec![f64::MAX; runs.len()];
    for _ in 0..15 {
        for (best, (_, run)) in best.iter_mut().zip(runs.iter_mut()) {
            let start = Instant::now();
            run();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    for (best_s, (name, _)) in best.iter().zip(runs.iter()) {
        let (rate, ratio) = (f64::from(records) / best_s, best[0] / best_s);
        println!(
            "{name:<28} {rate:>10.0} records/s {:>6.0} MB/s {ratio:>6.2} of the first",
            bytes as f64 / best_s / 1e6
        );
    }
}

#[test]
#[ignore = "a measurement"]
fn figures_of_reading() {
    const RECORDS: u32 = 10_000;
    let text = report(RECORDS);
    let bytes = text.as_bytes();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    let gzip = encoder.finish().unwrap();
    let encoded = mailtext::encode::encode_base64(&gzip);
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let mail = format!(
        "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/gzip\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    );
    println!("{RECORDS} records, {} bytes, {} compressed", bytes.len(), gzip.len());
    let drop = Settings { raw: Raw::Drop, ..Settings::default() };
    let keep = Settings::default();
    let intake = |bytes: &[u8], settings: &Settings| {
        let mut seen = 0;
        feedback::intake::read(&mut &*bytes, settings, &mut |item| {
            let Content::Aggregate(report) = &item.content else { panic!("{:?}", item.reason) };
            seen += report.records.len();
        })
        .unwrap();
        assert_eq!(seen, RECORDS as usize);
    };
    let before = resident_peak_kib();
    intake(mail.as_bytes(), &keep);
    println!("peak of memory grew by {} KiB for the mail", resident_peak_kib() - before);
    let mut scan = || assert!(bare_scan(bytes) > 0);
    let mut read = || {
        let reading = feedback::aggregate::read::read(BufReader::with_capacity(64 << 10, bytes), &mut Notes::default());
        assert_eq!(reading.report.records.len(), RECORDS as usize);
    };
    let mut bare = || intake(bytes, &drop);
    let mut xml = || intake(bytes, &keep);
    let mut gz = || intake(&gzip, &keep);
    let mut eml = || intake(mail.as_bytes(), &keep);
    measured(
        RECORDS,
        bytes.len(),
        &mut [
            ("bare event scan", &mut scan),
            ("aggregate::read", &mut read),
            ("intake .xml, bytes dropped", &mut bare),
            ("intake .xml", &mut xml),
            ("intake .xml.gz", &mut gz),
            ("intake .eml", &mut eml),
        ],
    );
}

#[test]
#[ignore = "for a profiler"]
fn profile_of_reading() {
    let text = report(10_000);
    for _ in 0..100 {
        let reading = feedback::aggregate::read::read(text.as_bytes(), &mut Notes::default());
        assert_eq!(reading.report.records.len(), 10_000);
    }
}
