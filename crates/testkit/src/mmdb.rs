//! Tiny files in MaxMind's format (MMDB, version 2.0), for tests: a tree over the bits of addresses, and what stands at
//! its leaves.

use std::net::IpAddr;

/// A value in such a file.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(&'static str),
    /// A number of 32 bits.
    Number(u32),
    /// A map.
    Map(Vec<(&'static str, Self)>),
}

/// A file with a value for each network: an address, and how many of its leading bits count.
///
/// # Panics
/// A prefix is longer than its address, or networks lie in one another.
#[must_use]
pub fn mmdb(kind: &'static str, networks: &[(IpAddr, u8, Value)]) -> Vec<u8> {
    let mut tree: Vec<[Child; 2]> = vec![[Child::Empty; 2]];
    let mut data = Vec::new();
    for (address, prefix, value) in networks {
        // In a tree for IPv6 the addresses of IPv4 lie below 96 bits of zero.
        let (bits, length) = match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 96 + u32::from(*prefix)),
            IpAddr::V6(v6) => (v6.to_bits(), u32::from(*prefix)),
        };
        assert!((1..=128).contains(&length), "{address}/{prefix}");
        let offset = data.len();
        value.write(&mut data);
        let mut node = 0;
        for at in 0..length {
            let side = usize::from((bits >> (127 - at)) & 1 == 1);
            if at + 1 == length {
                assert!(matches!(tree[node][side], Child::Empty), "{address}/{prefix}");
                tree[node][side] = Child::Data(offset);
                break;
            }
            node = match tree[node][side] {
                Child::Node(next) => next,
                Child::Empty => {
                    tree.push([Child::Empty; 2]);
                    let next = tree.len() - 1;
                    tree[node][side] = Child::Node(next);
                    next
                }
                Child::Data(_) => panic!("{address}/{prefix} lies in another network"),
            };
        }
    }
    let mut file = Vec::new();
    for child in tree.iter().flatten() {
        let record = match child {
            Child::Empty => tree.len(),
            Child::Node(node) => *node,
            Child::Data(offset) => tree.len() + SEPARATOR_BYTES + offset,
        };
        file.extend(&u32::try_from(record).unwrap_or(u32::MAX).to_be_bytes()[1..]);
    }
    file.extend([0; SEPARATOR_BYTES]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
    metadata(kind, count, &mut file);
    file
}

#[derive(Clone, Copy)]
enum Child {
    Empty,
    Node(usize),
    /// Where it begins.
    Data(usize),
}

fn metadata(kind: &'static str, node_count: u32, file: &mut Vec<u8>) {
    head(MAP, 9, file);
    let small = |name: &'static str, number: u16, file: &mut Vec<u8>| {
        Value::Text(name).write(file);
        head(UINT16, 2, file);
        file.extend(number.to_be_bytes());
    };
    Value::Text("node_count").write(file);
    Value::Number(node_count).write(file);
    small("record_size", 24, file);
    small("ip_version", 6, file);
    small("binary_format_major_version", 2, file);
    small("binary_format_minor_version", 0, file);
    Value::Text("database_type").write(file);
    Value::Text(kind).write(file);
    Value::Text("languages").write(file);
    extended_head(ARRAY, 0, file);
    Value::Text("build_epoch").write(file);
    extended_head(UINT64, 8, file);
    file.extend(1_700_000_000_u64.to_be_bytes());
    Value::Text("description").write(file);
    head(MAP, 0, file);
}

impl Value {
    fn write(&self, file: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                head(TEXT, text.len(), file);
                file.extend(text.as_bytes());
            }
            Self::Number(number) => {
                head(UINT32, 4, file);
                file.extend(number.to_be_bytes());
            }
            Self::Map(entries) => {
                head(MAP, entries.len(), file);
                for (name, value) in entries {
                    Self::Text(name).write(file);
                    value.write(file);
                }
            }
        }
    }
}

/// The control byte of a value, with its size.
fn head(kind: u8, size: usize, file: &mut Vec<u8>) {
    let small = u8::try_from(size).unwrap_or(u8::MAX);
    if small < 29 {
        file.push((kind << 5) | small);
    } else {
        assert!(size < 29 + 256, "no value of a test is so long");
        file.extend([(kind << 5) | 29, u8::try_from(size - 29).unwrap_or_default()]);
    }
}

/// The same for the kinds that have a byte of their own.
fn extended_head(kind: u8, size: u8, file: &mut Vec<u8>) {
    file.extend([size, kind - 7]);
}

const SEPARATOR_BYTES: usize = 16;
const TEXT: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
