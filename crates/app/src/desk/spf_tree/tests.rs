//! What is drawn and written, of one tree.

use spf::minimise::Obstacle;
use spf::tree::{Caps, Party};

use super::*;
use crate::desk::flatten::{self, Aim, Wish};
use crate::say::Language;

fn grown(record: &str) -> Tree {
    let zone = lookup::Zone::parse(
        "$ORIGIN example.\n$TTL 300\n\
         _spf.esp TXT \"v=spf1 ip4:192.0.2.0/26 ip6:2001:db8::/48 include:more.esp.example -all\"\n\
         more.esp TXT \"v=spf1 ip4:198.51.100.0/24 -all\"\n\
         mx A 192.0.2.1\n\
         owner MX 10 mx\n",
    );
    let domain = Domain::parse("owner.example").unwrap();
    let caps = Caps::default();
    let zone = zone.unwrap();
    let mut tree = testkit::block_on(spf::tree_of_record(&zone, record.as_bytes(), &domain, &caps));
    tree.name_parties(|name| Some(Party { organizational: name.rightmost(2), operator: None }));
    tree
}

#[test]
fn a_tree_is_drawn_with_its_costs_at_the_side() {
    let tree = grown("v=spf1 include:_spf.esp.example mx a:gone.example ~all");
    let text = render_text(&tree, &Say::new(Language::English), Paint::Plain);
    let wanted = "\
4 of 10 lookups, 1 of them void; 320 addresses of IPv4 and 2^80 of IPv6 pass.

                                lookups  IPv4  IPv6
owner.example                         4   320  2^80
├─ include:_spf.esp.example           2   320  2^80
│  ├─ ip4:192.0.2.0/26                     64     –
│  ├─ ip6:2001:db8::/48                     –  2^80
│  ├─ include:more.esp.example        1   256     –
│  │  ├─ ip4:198.51.100.0/24              256     –
│  │  └─ -all
│  └─ -all
├─ mx                                 1     –     –
│     ! Superfluous: include:_spf.esp.example matches all of it before.
├─ a:gone.example                     1     –     –
│     ! gone.example has no address: the term matches nobody, and counts as a void lookup.
└─ ~all
";
    assert_eq!(text, wanted);
    let japanese = render_text(&tree, &Say::new(Language::Japanese), Paint::Plain);
    assert!(japanese.contains("参照") && japanese.contains("gone.example にはアドレスがなく"), "{japanese}");
}

#[test]
fn a_tree_is_told_as_json() {
    let tree = grown("v=spf1 ip4:192.0.2.1 ip4:192.0.2.1 include:_spf.esp.example foo=bar -all");
    let value = serde_json::to_value(object(&tree, &Say::new(Language::English))).unwrap();
    assert_eq!(value["source"], "given");
    assert_eq!(value["lookups"], 2);
    assert_eq!(value["results"][0]["result"], "pass");
    assert_eq!(value["results"][0]["ipv6"], "1208925819614629174706176");
    assert_eq!(value["results"][0]["networks"][0], "192.0.2.0/26");
    assert!(value["results"][1]["networks"].as_array().unwrap().is_empty());
    let record = &value["record"];
    assert_eq!(record["flaws"][0]["code"], "spf-flaw-unknown-modifier");
    assert_eq!(record["terms"][1]["dead"]["by"][0], "ip4:192.0.2.1");
    assert_eq!(record["terms"][1]["span"], serde_json::json!([21, 34]));
    assert_eq!(record["terms"][2]["record"]["terms"][2]["record"]["domain"], "more.esp.example");
    assert_eq!(value["parties"][0]["organizational_domain"], "esp.example");
    assert_eq!(value["parties"][0]["lookups"], 2);
}

#[test]
fn a_record_is_written_as_was_asked_for() {
    let say = Say::new(Language::English);
    let tree = grown("v=spf1 include:_spf.esp.example mx ~all");
    let written = |wish: Wish| {
        let written = flatten::rewrite(&tree, &wish).ok().unwrap();
        let value = flatten::render_json(&tree, &written, &say);
        let text = flatten::render_text(&tree, &written, &say, Paint::Plain);
        assert!(text.contains(value["records"][0]["text"].as_str().unwrap()), "{text}");
        assert_eq!(value["proved"], true);
        value["records"][0]["text"].as_str().unwrap().to_owned()
    };
    let flat = Wish { aim: Aim::Flat, ..Wish::default() };
    assert_eq!(written(flat.clone()), "v=spf1 ip4:192.0.2.0/26 ip4:198.51.100.0/24 ip6:2001:db8::/48 ~all");
    // The mail exchange lies inside the include already.
    assert_eq!(written(Wish::default()), "v=spf1 include:_spf.esp.example ~all");
    let kept = Wish { keep: vec!["more.esp.example".into()], ..flat.clone() };
    assert_eq!(written(kept), "v=spf1 ip4:192.0.2.0/26 ip6:2001:db8::/48 include:more.esp.example ~all");
    let bad = Wish { only: vec!["not a name".into()], ..flat };
    assert!(flatten::rewrite(&tree, &bad).is_err());
    let broken = grown("v=spf1 include:gone.example -all");
    let refused = flatten::rewrite(&broken, &Wish::default()).ok().unwrap();
    assert_eq!(refused, Err(Obstacle::Unsound));
    assert_eq!(flatten::render_json(&broken, &refused, &say)["remarks"][0]["code"], "spf-minimise-unsound");
}
