use std::sync::{Arc, Mutex};

use hickory_proto::op::ResponseCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn key() -> TsigKey {
    TsigKey::new(name("sekisho.key"), TsigAlgorithm::HmacSha256, SECRET).unwrap()
}

fn update() -> Update {
    let (at, data) = (name("s1._domainkey.example.jp"), Data::txt("v=DKIM1; k=ed25519; p=AAAA"));
    Update {
        zone: name("example.jp"),
        conditions: vec![
            Condition::Free(at.clone()),
            Condition::Holds(name("s0._domainkey.example.jp"), Data::txt("v=DKIM1; p=")),
        ],
        changes: vec![
            Change::Add { name: at, ttl_s: 3600, data },
            Change::Remove { name: name("s0._domainkey.example.jp"), data: Data::txt("v=DKIM1; p=") },
        ],
    }
}

#[test]
fn keys_of_files() {
    let secret = mailtext::encode::encode_base64(SECRET);
    for text in [
        format!("hmac-sha256:sekisho.key:{secret}\n"),
        format!("key \"sekisho.key\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{secret}\";\n}};\n"),
        format!("# a note\nkey sekisho.key. {{ algorithm HMAC-SHA256; secret {secret}; }};"),
    ] {
        let read = TsigKey::parse(&text).unwrap();
        assert_eq!(
            (read.name.as_str(), read.algorithm, &read.secret[..]),
            ("sekisho.key", TsigAlgorithm::HmacSha256, SECRET)
        );
        assert!(!format!("{read:?}").contains(&secret));
    }
    for (text, wanted) in [
        (String::new(), TsigKeyError::Format),
        ("hmac-sha256:name".to_owned(), TsigKeyError::Format),
        (format!("hmac-md5:name:{secret}"), TsigKeyError::Algorithm),
        ("hmac-sha256:name:*".to_owned(), TsigKeyError::Secret),
        ("hmac-sha256:name:AAAA".to_owned(), TsigKeyError::Secret),
    ] {
        assert_eq!(TsigKey::parse(&text).unwrap_err(), wanted, "{text}");
    }
}

#[test]
fn what_an_update_looks_like() {
    let (bytes, mac) = written(&update(), Some(&key()), 0x1234, 1_795_219_200).unwrap();
    let message = Message::from_vec(&bytes).unwrap();
    assert_eq!(message.metadata.op_code, OpCode::Update);
    assert_eq!((message.queries.len(), message.answers.len(), message.authorities.len()), (1, 2, 2));
    assert_eq!(message.queries[0].query_type(), RecordType::SOA);
    let shape = |record: &Record| (record.record_type(), record.dns_class, record.ttl);
    assert_eq!(shape(&message.answers[0]), (RecordType::ANY, DNSClass::NONE, 0));
    assert_eq!(shape(&message.answers[1]), (RecordType::TXT, DNSClass::IN, 0));
    assert_eq!(shape(&message.authorities[0]), (RecordType::TXT, DNSClass::IN, 3600));
    assert_eq!(shape(&message.authorities[1]), (RecordType::TXT, DNSClass::NONE, 0));
    let tsig = tsig_of(&message).unwrap();
    assert_eq!((tsig.time, tsig.fudge, tsig.oid), (1_795_219_200, TSIG_FUDGE_S, 0x1234));
    assert_eq!(Some(&tsig.mac), mac.as_ref());
    assert_eq!(bytes.len() - last_record(&bytes).unwrap(), bytes.len() - rest_of(&bytes));
    assert!(
        written(
            &Update {
                changes: vec![Change::Add { name: name("a.jp"), ttl_s: 1, data: Data::A([127, 0, 0, 1].into()) }],
                ..update()
            },
            None,
            1,
            1
        )
        .is_none()
    );
}

/// Where the record of the key's name begins.
fn rest_of(bytes: &[u8]) -> usize {
    bytes.windows(13).rposition(|window| window == b"\x07sekisho\x03key\0").unwrap()
}

/// A server that answers as it is told, with a signature of this key.
async fn server(
    code: ResponseCode,
    answers_with: Option<TsigKey>,
    error: Option<TsigError>,
) -> (SocketAddr, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut bytes = vec![0; length.into()];
            stream.read_exact(&mut bytes).await.unwrap();
            *counted.lock().unwrap() += 1;
            let asked = Message::from_vec(&bytes).unwrap();
            let mut answer = Message::new(asked.metadata.id, MessageType::Response, OpCode::Update);
            answer.metadata.response_code = code;
            answer.add_query(asked.queries[0].clone());
            if let Some(key) = &answers_with {
                let owner = key.owner().unwrap();
                let tsig = TSIG::new(key.wire_algorithm(), 1, 300, Vec::new(), asked.metadata.id, error, Vec::new());
                let asked_mac = tsig_of(&asked).unwrap().mac.clone();
                let mut signed = u16::try_from(asked_mac.len()).unwrap().to_be_bytes().to_vec();
                signed.extend(asked_mac);
                signed.extend(message_tbs(&answer, &tsig, &owner).unwrap());
                let mac = hmac::sign(&key.mac_key(), &signed).as_ref().to_vec();
                answer.signature = Some(Box::new(make_tsig_record(owner, tsig.set_mac(mac))));
            }
            let bytes = answer.to_vec().unwrap();
            stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        }
    });
    (address, count)
}

#[tokio::test]
async fn answers_are_believed_when_they_are_signed() {
    let wait = Duration::from_secs(30);
    let other = TsigKey::new(name("sekisho.key"), TsigAlgorithm::HmacSha256, &[7; 32]).unwrap();
    for (code, answers_with, error, wanted) in [
        (ResponseCode::NoError, Some(key()), None, Ok(())),
        (ResponseCode::NoError, Some(other), None, Err(UpdateError::Unsigned)),
        (ResponseCode::NoError, None, None, Err(UpdateError::Unsigned)),
        (ResponseCode::YXDomain, Some(key()), None, Err(UpdateError::Code(UpdateCode::YxDomain))),
        (ResponseCode::NXRRSet, Some(key()), None, Err(UpdateError::Code(UpdateCode::NxRrSet))),
        (ResponseCode::Refused, None, None, Err(UpdateError::Code(UpdateCode::Refused))),
        (ResponseCode::NotZone, None, None, Err(UpdateError::Code(UpdateCode::NotZone))),
        (
            ResponseCode::NotAuth,
            Some(key()),
            Some(TsigError::BadSig),
            Err(UpdateError::Signature(SignatureProblem::BadSig)),
        ),
        (
            ResponseCode::NotAuth,
            Some(key()),
            Some(TsigError::BadKey),
            Err(UpdateError::Signature(SignatureProblem::BadKey)),
        ),
        (
            ResponseCode::NotAuth,
            Some(key()),
            Some(TsigError::BadTime),
            Err(UpdateError::Signature(SignatureProblem::BadTime)),
        ),
        (ResponseCode::NotAuth, Some(key()), None, Err(UpdateError::Code(UpdateCode::NotAuth))),
    ] {
        let (address, count) = server(code, answers_with, error).await;
        assert_eq!(send(address, &update(), Some(&key()), 1_795_219_200, wait).await, wanted, "{code} {error:?}");
        assert_eq!(*count.lock().unwrap(), 1);
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(send(nobody, &update(), None, 1, wait).await, Err(UpdateError::Unreachable));
    let too_much = Update { changes: vec![update().changes[0].clone(); 20_000], ..update() };
    assert_eq!(send(nobody, &too_much, None, 1, wait).await, Err(UpdateError::Unwritable));
}

proptest::proptest! {
    #[test]
    fn any_answer_is_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = judge(&bytes, [0, 0], Some((&key(), &[0; 32])));
        if let Some(at) = last_record(&bytes) {
            proptest::prop_assert!(at < bytes.len());
        }
    }
}
