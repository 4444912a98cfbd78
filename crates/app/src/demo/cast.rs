//! What others see of the mail in the town's name, and who tells of it: the tables that reports are made of.

use feedback::aggregate::write::Shape;
use report::vocabulary::{MethodResult, OverrideKind};

use super::town::{ACTIVE, BUSES, FESTIVAL, FORGED_SINCE_DAYS, TOWN};
use MethodResult::{Fail, Pass, SoftFail};

/// A stream of mail.
pub(super) struct Flow {
    /// The policy domain.
    pub(super) policy: &'static str,
    /// The author domain.
    pub(super) from: &'static str,
    /// The domain of MAIL FROM, and what SPF says of it.
    pub(super) envelope: (&'static str, MethodResult),
    /// Signatures: domain, selector, result.
    pub(super) dkim: &'static [(&'static str, &'static str, MethodResult)],
    /// What reporters found about the way.
    pub(super) reason: Option<(OverrideKind, &'static str)>,
    /// From where.
    pub(super) sources: &'static [&'static str],
    /// How many messages a day, to all reporters together.
    pub(super) per_day: u64,
    /// When.
    pub(super) rhythm: Rhythm,
    /// Since how many days.
    pub(super) since_days: u64,
}

/// On which days of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rhythm {
    /// Every day.
    Daily,
    /// More from Monday to Friday.
    Office,
    /// On Tuesdays and Fridays.
    TwiceAWeek,
}

/// Who sends reports.
pub(super) struct Receiver {
    /// `org_name`.
    pub(super) organization: &'static str,
    /// Its domain, with which names of files begin.
    pub(super) domain: &'static str,
    /// `email`.
    pub(super) email: &'static str,
    /// In which shape it writes.
    pub(super) shape: Shape,
    /// Its part of the mail, in 1000.
    pub(super) per_mille: u64,
    /// On how many days of 1000 there is a report.
    pub(super) reports_per_mille: u64,
    /// What it does otherwise than the standard says.
    pub(super) habit: Habit,
}

/// What a reporter does otherwise than the standard says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Habit {
    /// Nothing.
    None,
    /// It calls a failure of SPF `hardfail`.
    HardFail,
    /// It gives no version.
    NoVersion,
}

impl Rhythm {
    /// Of 100 messages of a usual day so many are sent on this one, in days since 1970.
    pub(super) fn per_cent(self, day: u64) -> u64 {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3) % 7;
        match (self, weekday) {
            (Self::Daily, _) => 100,
            (Self::Office, 0..5) => 130,
            (Self::Office, _) => 25,
            (Self::TwiceAWeek, 1 | 4) => 350,
            (Self::TwiceAWeek, _) => 0,
        }
    }
}

/// Machines of one company that lets them to anybody, in three networks.
const FORGING: &[&str] = &[
    "203.0.113.7",
    "203.0.113.19",
    "203.0.113.77",
    "203.0.113.201",
    "198.18.44.5",
    "198.18.44.66",
    "198.19.7.9",
    "198.19.7.140",
];
const STRANGE: &[&str] = &["2001:db8:bad::1", "2001:db8:bad::2f", "2001:db8:bad:7::9"];

const USUAL: Flow = Flow {
    policy: TOWN,
    from: TOWN,
    envelope: (TOWN, Pass),
    dkim: &[],
    reason: None,
    sources: &[],
    per_day: 0,
    rhythm: Rhythm::Office,
    since_days: 120,
};

/// A table: all streams.
pub(super) const FLOWS: &[Flow] = &[
    // The town's own servers.
    Flow {
        dkim: &[(TOWN, ACTIVE, Pass)],
        sources: &["192.0.2.10", "192.0.2.11", "2001:db8:a5a::10"],
        per_day: 420,
        ..USUAL
    },
    // The invoices: a service that nobody told to sign in the town's name.
    Flow {
        envelope: ("em8123.sendgrid.net", Pass),
        dkim: &[("sendgrid.net", "smtpapi", Pass)],
        sources: &["198.51.100.20", "198.51.100.21", "198.51.100.22"],
        per_day: 105,
        ..USUAL
    },
    // The newsletter: a service that was set up well.
    Flow {
        from: "news.asagiri.example",
        envelope: ("mcsv.net", Pass),
        dkim: &[(TOWN, "k2", Pass), ("mcsv.net", "k2", Pass)],
        sources: &["198.51.100.130", "198.51.100.131"],
        per_day: 160,
        rhythm: Rhythm::TwiceAWeek,
        ..USUAL
    },
    // What students have forwarded.
    Flow {
        envelope: (TOWN, SoftFail),
        dkim: &[(TOWN, ACTIVE, Pass)],
        sources: &["192.0.2.140"],
        per_day: 24,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
    // A mailing list that adds a footer.
    Flow {
        envelope: ("lists.umibe-club.example", Pass),
        dkim: &[(TOWN, ACTIVE, Fail), ("lists.umibe-club.example", "list", Pass)],
        reason: Some((OverrideKind::MailingList, "list-id lists.umibe-club.example")),
        sources: &["192.0.2.150"],
        per_day: 9,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
    // Those who forge.
    Flow {
        envelope: (TOWN, SoftFail),
        sources: FORGING,
        per_day: 260,
        rhythm: Rhythm::Daily,
        since_days: FORGED_SINCE_DAYS,
        ..USUAL
    },
    Flow { envelope: (TOWN, SoftFail), sources: STRANGE, per_day: 6, rhythm: Rhythm::Daily, ..USUAL },
    // The buses.
    Flow {
        policy: BUSES,
        from: BUSES,
        envelope: (BUSES, Pass),
        dkim: &[(BUSES, "bus1", Pass)],
        sources: &["192.0.2.30"],
        per_day: 150,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
    Flow {
        policy: BUSES,
        from: BUSES,
        envelope: (BUSES, Fail),
        dkim: &[(BUSES, "bus1", Pass)],
        sources: &["192.0.2.140"],
        per_day: 7,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
    Flow {
        policy: BUSES,
        from: BUSES,
        envelope: (BUSES, Fail),
        sources: STRANGE,
        per_day: 5,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
    // The festival: whatever comes in its name is forged.
    Flow {
        policy: FESTIVAL,
        from: FESTIVAL,
        envelope: (FESTIVAL, Fail),
        sources: FORGING,
        per_day: 30,
        rhythm: Rhythm::Daily,
        ..USUAL
    },
];

/// A table: who reports.
pub(super) const RECEIVERS: &[Receiver] = &[
    receiver("google.com", "google.com", "noreply-dmarc-support@google.com", Shape::Rfc7489, 380, 1000, Habit::None),
    receiver("Yahoo", "yahoo.com", "dmarchelp@yahooinc.com", Shape::Rfc7489, 170, 960, Habit::None),
    receiver("Outlook.com", "outlook.com", "dmarcreport@microsoft.com", Shape::Rfc7489, 210, 980, Habit::None),
    receiver("Minato Internet", "minato-net.example", "dmarc@minato-net.example", Shape::Rfc9990, 90, 930, Habit::None),
    receiver(
        "Hokuto Mobile",
        "hokuto-mobile.example",
        "rua@hokuto-mobile.example",
        Shape::Rfc9990,
        70,
        900,
        Habit::None,
    ),
    receiver(
        "Kaigan University",
        "kaigan-u.example",
        "postmaster@kaigan-u.example",
        Shape::Rfc9990,
        40,
        700,
        Habit::None,
    ),
    receiver(
        "Midori Mail",
        "midori-mail.example",
        "dmarc@midori-mail.example",
        Shape::Rfc7489,
        25,
        600,
        Habit::HardFail,
    ),
    receiver(
        "Kita Hosting",
        "kita-hosting.example",
        "reports@kita-hosting.example",
        Shape::Rfc7489,
        15,
        400,
        Habit::NoVersion,
    ),
];

const fn receiver(
    organization: &'static str,
    domain: &'static str,
    email: &'static str,
    shape: Shape,
    per_mille: u64,
    reports_per_mille: u64,
    habit: Habit,
) -> Receiver {
    Receiver { organization, domain, email, shape, per_mille, reports_per_mille, habit }
}

/// A table: what is known of the addresses. Name, number and name of the autonomous system (RFC 5398), country.
pub(super) const HOSTS: &[(&str, Option<&str>, u32, &str, &str)] = &[
    ("192.0.2.10", Some("mx1.asagiri.example"), 64496, "Asagiri Town", "JP"),
    ("192.0.2.11", Some("mx2.asagiri.example"), 64496, "Asagiri Town", "JP"),
    ("2001:db8:a5a::10", Some("mx1.asagiri.example"), 64496, "Asagiri Town", "JP"),
    ("192.0.2.30", Some("mail.asagiri-bus.example"), 64496, "Asagiri Town", "JP"),
    ("192.0.2.140", Some("fw1.kaigan-u.example"), 64497, "Kaigan University", "JP"),
    ("192.0.2.150", Some("lists.umibe-club.example"), 64498, "Umibe Club", "JP"),
    ("198.51.100.20", Some("o1.ptr8123.sendgrid.net"), 64499, "Mail Service One", "US"),
    ("198.51.100.21", Some("o2.ptr8123.sendgrid.net"), 64499, "Mail Service One", "US"),
    ("198.51.100.22", Some("o3.ptr8123.sendgrid.net"), 64499, "Mail Service One", "US"),
    ("198.51.100.130", Some("mail130-2.atl11.mcsv.net"), 64500, "Mail Service Two", "US"),
    ("198.51.100.131", Some("mail131-2.atl11.mcsv.net"), 64500, "Mail Service Two", "US"),
    ("203.0.113.7", Some("vps7.bulk-vps.example"), 64501, "Bulk VPS", "NL"),
    ("203.0.113.19", Some("vps19.bulk-vps.example"), 64501, "Bulk VPS", "NL"),
    ("203.0.113.77", Some("vps77.bulk-vps.example"), 64501, "Bulk VPS", "NL"),
    ("203.0.113.201", Some("vps201.bulk-vps.example"), 64501, "Bulk VPS", "NL"),
    ("198.18.44.5", Some("vps305.bulk-vps.example"), 64501, "Bulk VPS", "US"),
    ("198.18.44.66", Some("vps366.bulk-vps.example"), 64501, "Bulk VPS", "US"),
    ("198.19.7.9", Some("vps409.bulk-vps.example"), 64501, "Bulk VPS", "SG"),
    ("198.19.7.140", Some("vps440.bulk-vps.example"), 64501, "Bulk VPS", "SG"),
    ("2001:db8:bad::1", None, 64502, "Nowhere Networks", "US"),
    ("2001:db8:bad::2f", None, 64502, "Nowhere Networks", "US"),
    ("2001:db8:bad:7::9", None, 64502, "Nowhere Networks", "US"),
];
