//! A name's result as a line of JSON, and back.
//!
//! All lines have the same fields in the same order, so their shape is made once ([`Layout`]): a line is written as its
//! values with what stands between them, and read into as many places.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use audit::survey::Examined;
use audit::survey::fields::Field;
use mailtext::Domain;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The values of group columns, by column.
pub(crate) type Groups = Vec<(Box<str>, Box<str>)>;

/// The line of a name, with its end. Keys stand in alphabetical order on every level.
pub(crate) fn line(examined: &Examined, groups: &[(Box<str>, Box<str>)]) -> String {
    let fields = examined.to_fields();
    let mut line = Vec::with_capacity(LINE_BYTES_USUAL);
    for (before, source) in LAYOUT.before.iter().zip(&LAYOUT.sources) {
        line.extend_from_slice(before.as_bytes());
        match source {
            Source::Name => put_text(&mut line, examined.name.as_str()),
            Source::Groups => {
                let groups: BTreeMap<&str, &str> = groups.iter().map(|(column, value)| (&**column, &**value)).collect();
                put(&mut line, &groups);
            }
            Source::Field(place) => put_field(&mut line, &fields[*place].1),
        }
    }
    line.extend_from_slice(LAYOUT.end.as_bytes());
    // Of texts, and of what stands between them in ASCII.
    String::from_utf8(line).unwrap_or_default()
}

fn put_field(line: &mut Vec<u8>, field: &Field<'_>) {
    match field {
        Field::Nothing => line.extend_from_slice(b"null"),
        Field::Text(text) => put_text(line, text),
        Field::Number(number) => put(line, number),
        Field::Flag(flag) => put(line, flag),
        Field::List(list) => put(line, list),
    }
}

/// Most texts are names and words, which stand in JSON as they are.
fn put_text(line: &mut Vec<u8>, text: &str) {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
    if !is_plain {
        return put(line, text);
    }
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
}

/// Writing into memory cannot fail, nor can a value whose names are all text.
fn put(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(line, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

/// Reads a line; `None` when it is none.
pub(crate) fn read(line: &str) -> Option<(Examined, Groups)> {
    let mut read = Read { fields: vec![None; LAYOUT.names.len()], name: None, groups: Groups::new() };
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let whole = Object(Level { read: &mut read, range: 0..LAYOUT.names.len(), depth: 0 });
    whole.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    let name = Domain::query(&read.name?).ok()?;
    let field = |name: &str| {
        let place = LAYOUT.names.binary_search(&name).ok()?;
        read.fields[place].clone()
    };
    Some((Examined::of_fields(name, &field), read.groups))
}

/// The value of a field.
pub(super) fn value(field: Field<'_>) -> Value {
    match field {
        Field::Nothing => Value::Null,
        Field::Text(text) => Value::from(&*text),
        Field::Number(number) => number.into(),
        Field::Flag(flag) => flag.into(),
        Field::List(list) => list.iter().map(|text| Value::from(&**text)).collect(),
    }
}

/// How every line is laid out.
struct Layout {
    /// The names of all fields in order; each dot of a name is a level. Of two names with a level in common, the order of the
    /// whole is the order on that level: nothing sorts before a dot.
    names: Vec<&'static str>,
    /// Where the value of each comes from.
    sources: Vec<Source>,
    /// What stands before it.
    before: Vec<String>,
    /// What stands behind the last.
    end: String,
}

#[derive(Clone, Copy)]
enum Source {
    Name,
    Groups,
    /// The field at this place of [`Examined::to_fields`].
    Field(usize),
}

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
    let any = Domain::query(NAME).ok().map(|name| Examined::of_fields(name, &|_| None));
    let fields = any.iter().flat_map(Examined::to_fields).enumerate();
    let mut all: Vec<(&str, Source)> = fields.map(|(place, (name, _))| (name, Source::Field(place))).collect();
    all.extend([(NAME, Source::Name), (GROUPS, Source::Groups)]);
    all.sort_unstable_by_key(|(name, _)| *name);
    let (names, sources): (Vec<&str>, Vec<Source>) = all.into_iter().unzip();
    let mut levels: Vec<&str> = Vec::new();
    let mut before: Vec<String> = names.iter().map(|name| key(&mut levels, name)).collect();
    if let Some(first) = before.first_mut() {
        // Nothing stands before the first.
        *first = first.replacen(',', "{", 1);
    }
    let end = "}".repeat(levels.len() + 1) + "\n";
    Layout { names, sources, before, end }
});

/// Ends the levels that this name is not in, begins those that it is in, and writes its last part.
fn key(levels: &mut Vec<&'static str>, name: &'static str) -> String {
    let mut parts = name.split('.');
    let last = parts.next_back().unwrap_or(name);
    let shared = parts.clone().zip(levels.iter()).take_while(|(part, level)| part == *level).count();
    let mut text = "}".repeat(levels.len() - shared) + ",";
    levels.truncate(shared);
    for part in parts.skip(shared) {
        text += &format!("\"{part}\":{{");
        levels.push(part);
    }
    text + &format!("\"{last}\":")
}

/// What was read of a line.
struct Read<'a> {
    /// By the names of the layout.
    fields: Vec<Option<Field<'a>>>,
    name: Option<Cow<'a, str>>,
    groups: Groups,
}

/// An object of a line: the names of this range of the layout stand in it, from this byte on.
struct Level<'r, 'a> {
    read: &'r mut Read<'a>,
    range: Range<usize>,
    depth: usize,
}

/// What stands under a key.
enum Under {
    /// A value.
    Leaf(usize),
    /// A level.
    Level(Range<usize>),
    Stranger,
}

impl Level<'_, '_> {
    /// What a key of this level leads to; `next` is where the one behind the key before is.
    fn under(&self, key: &str, next: usize) -> Under {
        let rest = |place: usize| LAYOUT.names[place].get(self.depth..).unwrap_or_default();
        let leads = |rest: &str| rest.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_next = next < self.range.end && leads(rest(next));
        // In lines of ours it is the next one.
        let first = if is_next {
            next
        } else {
            let names = &LAYOUT.names[self.range.clone()];
            self.range.start + names.partition_point(|name| name.get(self.depth..).unwrap_or_default() < key)
        };
        if first >= self.range.end || !leads(rest(first)) {
            return Under::Stranger;
        }
        if rest(first).len() == key.len() {
            return Under::Leaf(first);
        }
        let count = (first..self.range.end).take_while(|place| leads(rest(*place))).count();
        Under::Level(first..first + count)
    }
}

impl<'de> Members<'de> for Level<'_, 'de> {
    type Value = ();

    fn read<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut next = self.range.start;
        while let Some(Text(key)) = entries.next_key()? {
            match self.under(&key, next) {
                Under::Leaf(place) => {
                    next = place + 1;
                    match LAYOUT.sources[place] {
                        Source::Field(_) => self.read.fields[place] = Some(entries.next_value::<Leaf<'de>>()?.0),
                        Source::Name => self.read.name = entries.next_value::<Leaf<'de>>()?.text(),
                        Source::Groups => self.read.groups = entries.next_value_seed(Object(Columns))?,
                    }
                }
                Under::Level(range) => {
                    next = range.end;
                    // Of several members with one name the last counts.
                    self.read.fields[range.clone()].fill(None);
                    let depth = self.depth + key.len() + 1;
                    entries.next_value_seed(Object(Level { read: &mut *self.read, range, depth }))?;
                }
                Under::Stranger => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The groups: what is no text is left out.
struct Columns;

impl<'de> Members<'de> for Columns {
    type Value = Groups;

    fn read<A: MapAccess<'de>>(self, mut entries: A) -> Result<Groups, A::Error> {
        let mut groups = Groups::new();
        while let Some((Text(column), value)) = entries.next_entry::<Text<'de>, Leaf<'de>>()? {
            groups.extend(value.text().map(|value| (Box::from(column), Box::from(value))));
        }
        Ok(groups)
    }
}

/// Who reads the members of an object.
trait Members<'de> {
    /// What comes of it; the default where something else than an object stands.
    type Value: Default;

    fn read<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error>;
}

/// An object, or anything else, which is nothing then.
struct Object<M>(M);

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Object<M> {
    type Value = M::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<M::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Members<'de>> Visitor<'de> for Object<M> {
    type Value = M::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<M::Value, A::Error> {
        self.0.read(entries)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<M::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(M::Value::default())
    }

    fn visit_unit<E>(self) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<M::Value, E> {
        Ok(M::Value::default())
    }
}

/// A value of a line; what a line does not hold – an object, a number with a sign – is nothing.
struct Leaf<'a>(Field<'a>);

impl<'a> Leaf<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        match self.0 {
            Field::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Leaf<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any).map(Self)
    }
}

/// A text, which is borrowed where it stands as it is.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Any)? {
            Field::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a name that is no text")),
        }
    }
}

/// Takes whatever is JSON.
struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Field<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Field<'de>, E> {
        Ok(Field::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
        Ok(Field::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Leaf<'de>>()? {
            list.extend(item.text());
        }
        Ok(Field::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Nothing)
    }
}

const NAME: &str = "domain";
const GROUPS: &str = "groups";
const LINE_BYTES_USUAL: usize = 1_536;

#[cfg(test)]
mod tests {
    use super::*;
    use audit::survey::{Method, examine};

    #[test]
    fn what_is_written_is_read() {
        let zone = testkit::zone(
            "$ORIGIN example.jp.\n@ MX 10 mx\n@ TXT \"v=spf1 include:_spf.example.jp ip6:::/0 -all\"\n;! _mta-sts TXT timeout\n\
             _dmarc TXT \"v=DMARC1; p=reject; t=y; rua=mailto:a@example.jp\"\nx.y._domainkey TXT a\n;! _spf TXT servfail\n",
        );
        let examined = testkit::block_on(examine(&zone, &testkit::domain("example.jp"), &Method::default()));
        let groups: Groups = vec![("kind".into(), "a, \"b\"".into()), ("地域".into(), "北海道".into())];
        let line = line(&examined, &groups);
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(read(&line), Some((examined, groups)));
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&object["mail"], &object["dmarc"]["effective"], &object["dmarc"]["rua"]),
            (&"mx".into(), &"own".into(), &true.into())
        );
        assert_eq!((&object["spf"]["result"], &object["spf"]["all"]), (&"temperror".into(), &"-all".into()));
        assert_eq!(object["errors"].as_array().map(Vec::len), Some(2));
        assert_eq!(format!("{object}\n"), line, "in the order that a map has");
    }

    #[test]
    fn in_whatever_order_and_with_whatever_else_beside_it() {
        let line = r#"{"x": {"y": [1]}, "spf": {"all": "-all", "new": {}, "result": "valid", "lookups": 3, "includes": ["a.jp", 7]},
            "dmarc": {"walk": {"policy": "reject", "search": "whole"}, "psl": [], "rua": {}, "p": "none"}, "spf.reply": "data",
            "groups": {"kind": "tow\u006e", "size": 3}, "domain": "a.jp", "errors_count": -1, "errors": null, "dnssec": 1.5}"#;
        let (examined, groups) = read(line).unwrap();
        assert_eq!((examined.spf.lookups, examined.spf.result.as_str()), (3, "valid"));
        assert_eq!(examined.spf.includes, [testkit::domain("a.jp")]);
        assert_eq!(examined.spf.reply, audit::survey::facts::Reply::default(), "a dot in a key is no level");
        assert_eq!(examined.dmarc.walk.policy.map(dmarc::Policy::as_str), Some("reject"));
        assert_eq!(examined.dmarc.own.p.map(dmarc::Policy::as_str), Some("none"));
        assert_eq!(groups, [("kind".into(), "town".into())]);
        assert_eq!((examined.unanswered_count, examined.unanswered.len()), (0, 0));
        let twice =
            r#"{"domain": "b.jp", "domain": "a.jp", "spf": {"lookups": 3, "all": "-all"}, "spf": {"lookups": 4}}"#;
        let (examined, _) = read(twice).unwrap();
        assert_eq!((examined.name.as_str(), examined.spf.lookups, examined.spf.all), ("a.jp", 4, None));
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in [
            "",
            "{}",
            "[]",
            "7",
            "{\"domain\": \"a.jp\"} {}",
            "{\"domain\": 1}",
            "{\"domain\": \"a..b\"}",
            "{\"domain\": \"a.jp\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("{\"domain\": \"a.jp\", \"spf\": 7, \"groups\": [], \"errors\": [1]}").is_some());
    }
}
