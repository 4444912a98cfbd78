//! Bytes of a hostile peer: nothing panics, and memory stays within what was negotiated.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)] // tests read files and may fail loudly

use std::sync::Arc;

use sekisho_milter::codec::{Command, Response};
use sekisho_milter::{Reply, Session, Wanted};

/// A negotiation and a short message, as a version 6 MTA sends them.
fn seeds() -> Vec<Vec<u8>> {
    let packet = |data: &[u8]| [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], data].concat();
    let negotiation = packet(b"O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff");
    let message: Vec<u8> = [
        &b"DCj\0mx.example\0"[..],
        b"Cclient\x004\0\x19192.0.2.1\0",
        b"Hhelo\0",
        b"M<a@example.jp>\0SIZE=1\0",
        b"R<b@example.jp>\0",
        b"T",
        b"LSubject\0 x\n y\0",
        b"N",
        b"Bbody\r\n",
        b"E",
        b"A",
        b"K",
        b"Q",
    ]
    .iter()
    .flat_map(|data| packet(data))
    .collect();
    vec![[negotiation, message.clone()].concat(), message]
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_milter_session() {
    testkit::fuzz("milter-session", &seeds(), |bytes| {
        let mut session = Session::new(Arc::new(Wanted::default()));
        for piece in bytes.chunks(11) {
            session.feed(piece);
            while let Ok(Some(_)) = session.next_event() {
                let _ = session.reply(Reply::Continue);
            }
            assert!(session.take_output().len() < 1 << 20);
        }
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_milter_packets() {
    testkit::fuzz("milter-packets", &seeds(), |bytes| {
        if let Some((code, data)) = bytes.split_first() {
            let _ = Command::parse(*code, data);
            let _ = Response::parse(*code, data);
        }
    });
}
