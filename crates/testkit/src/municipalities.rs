//! The table that the technical working group published in 2017 – SPF and DMARC of 1,788 local governments in eight regions –
//! as a list of names and a zone in which exactly so many of them publish records. The names are made up.

use std::fmt::Write as _;

/// A region: its name, how many local governments, how many with SPF, how many with DMARC.
pub type Region = (&'static str, u32, u32, u32);

/// The published table, in its order.
pub const REGIONS: [Region; 8] = [
    ("北海道", 180, 121, 0),
    ("東北", 233, 178, 1),
    ("関東", 322, 276, 0),
    ("中部", 325, 242, 0),
    ("近畿", 234, 195, 0),
    ("中国", 112, 85, 0),
    ("四国", 99, 74, 1),
    ("九州沖縄", 283, 231, 0),
];

/// The cells as they were published, SPF and DMARC in per cent: nothing here is computed. All of them together come last.
pub const PUBLISHED: [(&str, &str, &str); 9] = [
    ("北海道", "67.2 (121/180)", "0.0 (0/180)"),
    ("東北", "76.4 (178/233)", "0.4 (1/233)"),
    ("関東", "85.7 (276/322)", "0.0 (0/322)"),
    ("中部", "74.5 (242/325)", "0.0 (0/325)"),
    ("近畿", "83.3 (195/234)", "0.0 (0/234)"),
    ("中国", "75.9 (85/112)", "0.0 (0/112)"),
    ("四国", "74.7 (74/99)", "1.0 (1/99)"),
    ("九州沖縄", "81.6 (231/283)", "0.0 (0/283)"),
    ("全国", "78.4 (1402/1788)", "0.1 (2/1788)"),
];

/// The published table, a line for each region.
#[must_use]
pub fn table() -> String {
    PUBLISHED.iter().map(|(region, spf, dmarc)| format!("{region}: SPF {spf}, DMARC {dmarc}\n")).collect()
}

/// The list, as CSV with the columns `domain` and `region`.
#[must_use]
pub fn list() -> String {
    let mut list = String::from("domain,region\n");
    for (name, _, region) in names() {
        // A string takes everything.
        let _ = writeln!(list, "{name}.lg.jp,{}", region.0);
    }
    list
}

/// The zone `lg.jp`, as a master file that any server reads.
#[must_use]
pub fn zone() -> String {
    let mut zone = String::from(
        "$ORIGIN lg.jp.\n$TTL 3600\n@ SOA ns.lg.jp. hostmaster.lg.jp. 1 7200 900 1209600 300\n@ NS ns\nns A 127.0.0.1\n\
         mail A 192.0.2.25\n_spf TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n",
    );
    for (name, number, region) in names() {
        // Not all are alike: what is counted as a record must not hang on how it is written.
        let mail = if number % 7 == 0 { "A 192.0.2.80" } else { "MX 10 mail" };
        let _ = writeln!(zone, "{name} {mail}");
        if number < region.2 {
            let policies =
                ["v=spf1 mx -all", "v=spf1 include:_spf.lg.jp ~all", "v=spf1 a:mail.lg.jp ?all", "v=spf1 -all"];
            let policy = policies[number as usize % policies.len()];
            let _ = writeln!(zone, "{name} TXT \"{policy}\"");
        } else if number % 3 == 0 {
            let _ = writeln!(zone, "{name} TXT \"verification=v=spf1\"");
        }
        if number < region.3 {
            let _ = writeln!(zone, "_dmarc.{name} TXT \"v=DMARC1; p=none; rua=mailto:dmarc@{name}.lg.jp\"");
        }
    }
    zone
}

/// Name, number within its region, region.
fn names() -> impl Iterator<Item = (String, u32, Region)> {
    let regions = REGIONS.into_iter().enumerate();
    regions.flat_map(|(at, region)| (0..region.1).map(move |number| (format!("town{at}{number:03}"), number, region)))
}
