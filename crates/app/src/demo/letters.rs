//! The messages of the town's office: a table.

/// A message that came or went.
pub(super) struct Letter {
    /// Which way.
    pub(super) way: Way,
    /// How often a day.
    pub(super) per_day: u64,
    /// Since how many days.
    pub(super) since_days: u64,
    /// The client: its address and its name.
    pub(super) ip: &'static str,
    pub(super) host: &'static str,
    /// MAIL FROM; empty for the null path.
    pub(super) mail_from: &'static str,
    /// From.
    pub(super) from: &'static str,
    /// RCPT TO, and To.
    pub(super) to: &'static str,
    /// Subject, and all that it says.
    pub(super) subject: &'static str,
    /// Who signed it: domains and selectors, the first first.
    pub(super) signed: &'static [(&'static str, &'static str)],
    /// Whether a list has added a footer behind the first signature.
    pub(super) footer: Footer,
    /// List-Id.
    pub(super) list: Option<&'static str>,
}

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    In,
    Out,
}

/// Whether a footer was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Footer {
    Added,
    None,
}

const USUAL: Letter = Letter {
    way: Way::In,
    per_day: 0,
    since_days: 60,
    ip: "",
    host: "",
    mail_from: "",
    from: "",
    to: "tanaka@asagiri.example",
    subject: "",
    signed: &[],
    footer: Footer::None,
    list: None,
};

/// Mail of the office's own people.
const OWN: Letter = Letter { way: Way::Out, ip: "192.0.2.100", host: "pc100.asagiri.example", signed: &[], ..USUAL };

/// A table: all of them.
pub(super) const LETTERS: &[Letter] = &[
    Letter {
        per_day: 26,
        ip: "192.0.2.60",
        host: "out.yamanami.example",
        mail_from: "sato@yamanami.example",
        from: "Sato <sato@yamanami.example>",
        subject: "Minutes of Thursday",
        signed: &[("yamanami.example", "y1")],
        ..USUAL
    },
    Letter {
        per_day: 9,
        ip: "192.0.2.60",
        host: "out.yamanami.example",
        mail_from: "road@yamanami.example",
        from: "road@yamanami.example",
        to: "suzuki@asagiri.example",
        subject: "Road works at the harbour",
        signed: &[("yamanami.example", "y1")],
        ..USUAL
    },
    Letter {
        per_day: 11,
        ip: "192.0.2.70",
        host: "out.minato-bank.example",
        mail_from: "notice@minato-bank.example",
        from: "Minato Bank <notice@minato-bank.example>",
        to: "cashier@asagiri.example",
        subject: "Your statement",
        signed: &[("minato-bank.example", "bank")],
        ..USUAL
    },
    Letter {
        per_day: 8,
        ip: "192.0.2.80",
        host: "out.hokuto-post.example",
        mail_from: "track@hokuto-post.example",
        from: "Hokuto Post <track@hokuto-post.example>",
        subject: "Your parcel is on its way",
        signed: &[("hokuto-post.example", "post")],
        ..USUAL
    },
    // Forged: the bank wants it refused, the post set apart, the town nothing yet.
    Letter {
        per_day: 6,
        since_days: 24,
        ip: "203.0.113.19",
        host: "vps19.bulk-vps.example",
        mail_from: "notice@minato-bank.example",
        from: "Minato Bank <notice@minato-bank.example>",
        to: "cashier@asagiri.example",
        subject: "Your account is closed",
        ..USUAL
    },
    Letter {
        per_day: 4,
        since_days: 24,
        ip: "198.18.44.66",
        host: "vps366.bulk-vps.example",
        mail_from: "track@hokuto-post.example",
        from: "Hokuto Post <track@hokuto-post.example>",
        to: "suzuki@asagiri.example",
        subject: "Pay the customs duty",
        ..USUAL
    },
    Letter {
        per_day: 5,
        since_days: 24,
        ip: "203.0.113.7",
        host: "vps7.bulk-vps.example",
        mail_from: "tax@asagiri.example",
        from: "Asagiri Town Office <tax@asagiri.example>",
        subject: "Tax refund",
        ..USUAL
    },
    // Forwarded by the university, and through a list that adds a footer.
    Letter {
        per_day: 5,
        ip: "192.0.2.140",
        host: "fw1.kaigan-u.example",
        mail_from: "sato@yamanami.example",
        from: "Sato <sato@yamanami.example>",
        subject: "About the summer course",
        signed: &[("yamanami.example", "y1")],
        ..USUAL
    },
    Letter {
        per_day: 6,
        ip: "192.0.2.150",
        host: "lists.umibe-club.example",
        mail_from: "club-bounces@lists.umibe-club.example",
        from: "Mori <mori@kaigan-u.example>",
        subject: "Beach cleaning on Sunday",
        signed: &[("kaigan-u.example", "ku"), ("lists.umibe-club.example", "list")],
        footer: Footer::Added,
        list: Some("club.lists.umibe-club.example"),
        ..USUAL
    },
    Letter {
        per_day: 3,
        ip: "192.0.2.140",
        host: "fw1.kaigan-u.example",
        mail_from: "mori@kaigan-u.example",
        from: "Mori <mori@kaigan-u.example>",
        subject: "Lecture notes",
        signed: &[("kaigan-u.example", "ku")],
        ..USUAL
    },
    // Without a policy, and with a broken record.
    Letter {
        per_day: 7,
        ip: "192.0.2.95",
        host: "mail.tea-house.example",
        mail_from: "hana@tea-house.example",
        from: "hana@tea-house.example",
        to: "suzuki@asagiri.example",
        subject: "Tea for the reception",
        ..USUAL
    },
    Letter {
        per_day: 2,
        ip: "192.0.2.90",
        host: "mail.old-shop.example",
        mail_from: "order@old-shop.example",
        from: "order@old-shop.example",
        to: "cashier@asagiri.example",
        subject: "Your order",
        ..USUAL
    },
    // Out.
    Letter {
        per_day: 24,
        mail_from: "tanaka@asagiri.example",
        from: "Tanaka <tanaka@asagiri.example>",
        to: "sato@yamanami.example",
        subject: "Re: Minutes of Thursday",
        ..OWN
    },
    Letter {
        per_day: 12,
        ip: "192.0.2.101",
        host: "pc101.asagiri.example",
        mail_from: "suzuki@asagiri.example",
        from: "Suzuki <suzuki@asagiri.example>",
        to: "mori@kaigan-u.example",
        subject: "The beach",
        ..OWN
    },
];

#[cfg(test)]
mod tests {
    use super::super::cast::HOSTS;
    use super::super::town::{ACTIVE, TOWN};
    use super::*;

    #[test]
    fn whoever_forges_comes_from_where_reports_see_them() {
        let forged: Vec<_> = LETTERS.iter().filter(|letter| letter.host.ends_with(".bulk-vps.example")).collect();
        assert_eq!(forged.len(), 3);
        for letter in forged {
            let host = HOSTS.iter().find(|host| host.0 == letter.ip);
            assert_eq!(host.and_then(|host| host.1), Some(letter.host));
        }
        assert!(LETTERS.iter().all(|letter| !letter.signed.contains(&(TOWN, ACTIVE))), "the town signs by itself");
    }
}
