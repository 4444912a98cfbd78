//! Names under `.jp` by their kind, prefecture and municipality, as the public suffix list has them.
//!
//! The list names nine kinds of bodies (`co.jp` …), the prefectures in letters and in Japanese script, and the municipalities
//! of the old geographic names. What is directly under `.jp` otherwise is of general use.

use std::collections::{BTreeMap, BTreeSet};

use mailtext::Domain;

/// The suffixes under `.jp`, from a public suffix list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Suffixes {
    /// `co`, `lg` …
    kinds: BTreeSet<Box<str>>,
    /// The label of each prefecture, and the prefecture's name in letters.
    prefectures: BTreeMap<Box<str>, &'static str>,
    /// Municipality and prefecture: `aisai.aichi`.
    municipalities: BTreeSet<Box<str>>,
    /// Municipalities that stand directly under `.jp`: `kawasaki`.
    cities: BTreeSet<Box<str>>,
}

/// What a name under `.jp` is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// `co`, `lg` and the other seven; `general`, `prefecture`, `geographic`; `suffix` for what is a suffix itself; `other` for
    /// names that are not under `.jp`.
    pub kind: Box<str>,
    /// The prefecture in letters: `aichi`.
    pub prefecture: Option<Box<str>>,
    /// The municipality in letters: `aisai`.
    pub municipality: Option<Box<str>>,
}

/// The group columns that are made of a name under `.jp`.
pub const GROUPS: [&str; 3] = ["jp-type", "jp-prefecture", "jp-municipality"];

impl Suffixes {
    /// Reads the suffixes of the ICANN section; what people registered and offer to others is not a kind of name.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let mut suffixes = Self::default();
        let icann = list.split("// ===END ICANN DOMAINS===").next().unwrap_or_default();
        let rules = icann.lines().map(|line| line.split_ascii_whitespace().next().unwrap_or_default());
        for rule in rules.filter(|rule| rule.ends_with(".jp") && !rule.starts_with("//") && !rule.starts_with('!')) {
            let Some(rule) = rule.strip_suffix(".jp") else { continue };
            match rule.strip_prefix("*.") {
                Some(city) => {
                    suffixes.cities.insert(city.into());
                }
                None => suffixes.add(rule),
            }
        }
        suffixes
    }

    fn add(&mut self, rule: &str) {
        if rule.contains('.') {
            self.municipalities.insert(rule.into());
        } else if let Some((romaji, _)) = PREFECTURES.iter().find(|(romaji, kanji)| rule == *romaji || rule == *kanji) {
            // Names are compared as A-labels.
            if let Ok(label) = Domain::parse(rule) {
                self.prefectures.insert(label.as_str().into(), romaji);
            }
        } else {
            self.kinds.insert(rule.into());
        }
    }

    /// How many kinds of bodies, labels of prefectures and municipalities there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.kinds.len(), self.prefectures.len(), self.municipalities.len() + self.cities.len())
    }

    /// What a name is.
    #[must_use]
    pub fn place(&self, name: &Domain) -> Place {
        let labels: Vec<&str> = name.labels().rev().collect();
        let (Some(&"jp"), Some(second)) = (labels.first(), labels.get(1)) else {
            let kind = if name.as_str() == "jp" { "suffix" } else { "other" };
            return Place { kind: kind.into(), ..Place::default() };
        };
        let below = labels.get(2).copied();
        if self.kinds.contains(*second) {
            let kind = if below.is_some() { (*second).into() } else { "suffix".into() };
            let (prefecture, municipality) = if *second == "lg" { self.of_government(&labels) } else { (None, None) };
            return Place { kind, prefecture, municipality };
        }
        if let Some(prefecture) = self.prefectures.get(*second) {
            return self.of_prefecture(prefecture, &labels);
        }
        if self.cities.contains(*second) {
            return self.of_city(second, &labels);
        }
        Place { kind: "general".into(), ..Place::default() }
    }

    /// `example.aichi.jp`, `example.aisai.aichi.jp`.
    fn of_prefecture(&self, prefecture: &str, labels: &[&str]) -> Place {
        let prefecture = Some(prefecture.into());
        let (Some(second), Some(third)) = (labels.get(1), labels.get(2)) else {
            return Place { kind: "suffix".into(), prefecture, municipality: None };
        };
        if !self.municipalities.contains(&*format!("{third}.{second}")) {
            return Place { kind: "prefecture".into(), prefecture, municipality: None };
        }
        let kind = if labels.len() > 3 { "geographic" } else { "suffix" };
        Place { kind: kind.into(), prefecture, municipality: Some((*third).into()) }
    }

    /// `example.bunka.kawasaki.jp`, `city.kawasaki.jp`.
    fn of_city(&self, city: &str, labels: &[&str]) -> Place {
        let prefecture = CITIES.iter().find(|(name, _)| *name == city).map(|(_, prefecture)| Box::from(*prefecture));
        // One label below is a suffix, but for the city's own name.
        let is_suffix = labels.len() < 4 && labels.get(2).is_none_or(|label| *label != "city");
        let kind = if is_suffix { "suffix" } else { "geographic" };
        Place { kind: kind.into(), prefecture, municipality: Some(city.into()) }
    }

    /// Local governments are named by rule: `pref.aichi.lg.jp`, `metro.tokyo.lg.jp`, `city.okazaki.lg.jp`,
    /// `town.togo.aichi.lg.jp`.
    fn of_government(&self, labels: &[&str]) -> (Option<Box<str>>, Option<Box<str>>) {
        let Some(third) = labels.get(2) else { return (None, None) };
        let fourth = labels.get(3).copied();
        let named = |label: &str| self.prefectures.get(label).map(|prefecture| Box::from(*prefecture));
        match (fourth, labels.get(4)) {
            (Some("pref" | "metro"), _) => (named(third), None),
            (Some(body), Some(&("city" | "town" | "vill"))) if named(third).is_some() => {
                (named(third), Some(body.into()))
            }
            (Some("city"), _) => (self.prefecture_of(third), Some((*third).into())),
            _ => (None, None),
        }
    }

    /// The prefecture of a city of which there is one only.
    fn prefecture_of(&self, city: &str) -> Option<Box<str>> {
        if let Some((_, prefecture)) = CITIES.iter().find(|(name, _)| *name == city) {
            return Some((*prefecture).into());
        }
        let mut found = self.municipalities.iter().filter_map(|name| {
            name.split_once('.').filter(|(municipality, _)| *municipality == city).map(|(_, prefecture)| prefecture)
        });
        let first = found.next()?;
        found.next().is_none().then(|| first.into())
    }
}

impl Place {
    /// The value for a group column of [`GROUPS`]; empty where there is none.
    #[must_use]
    pub fn group(&self, column: &str) -> &str {
        match column {
            "jp-type" => &self.kind,
            "jp-prefecture" => self.prefecture.as_deref().unwrap_or_default(),
            "jp-municipality" => self.municipality.as_deref().unwrap_or_default(),
            _ => "",
        }
    }
}

/// The prefectures, from north to south (JIS X 0401): in letters, and as their label in Japanese script.
const PREFECTURES: [(&str, &str); 47] = [
    ("hokkaido", "北海道"),
    ("aomori", "青森"),
    ("iwate", "岩手"),
    ("miyagi", "宮城"),
    ("akita", "秋田"),
    ("yamagata", "山形"),
    ("fukushima", "福島"),
    ("ibaraki", "茨城"),
    ("tochigi", "栃木"),
    ("gunma", "群馬"),
    ("saitama", "埼玉"),
    ("chiba", "千葉"),
    ("tokyo", "東京"),
    ("kanagawa", "神奈川"),
    ("niigata", "新潟"),
    ("toyama", "富山"),
    ("ishikawa", "石川"),
    ("fukui", "福井"),
    ("yamanashi", "山梨"),
    ("nagano", "長野"),
    ("gifu", "岐阜"),
    ("shizuoka", "静岡"),
    ("aichi", "愛知"),
    ("mie", "三重"),
    ("shiga", "滋賀"),
    ("kyoto", "京都"),
    ("osaka", "大阪"),
    ("hyogo", "兵庫"),
    ("nara", "奈良"),
    ("wakayama", "和歌山"),
    ("tottori", "鳥取"),
    ("shimane", "島根"),
    ("okayama", "岡山"),
    ("hiroshima", "広島"),
    ("yamaguchi", "山口"),
    ("tokushima", "徳島"),
    ("kagawa", "香川"),
    ("ehime", "愛媛"),
    ("kochi", "高知"),
    ("fukuoka", "福岡"),
    ("saga", "佐賀"),
    ("nagasaki", "長崎"),
    ("kumamoto", "熊本"),
    ("oita", "大分"),
    ("miyazaki", "宮崎"),
    ("kagoshima", "鹿児島"),
    ("okinawa", "沖縄"),
];

/// The cities that stand directly under `.jp`, and their prefectures.
const CITIES: [(&str, &str); 7] = [
    ("kawasaki", "kanagawa"),
    ("kitakyushu", "fukuoka"),
    ("kobe", "hyogo"),
    ("nagoya", "aichi"),
    ("sapporo", "hokkaido"),
    ("sendai", "miyagi"),
    ("yokohama", "kanagawa"),
];
