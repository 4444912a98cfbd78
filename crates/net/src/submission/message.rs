//! A message on its way out: what its envelope says, and what of that this server can be told.

use std::fmt::Write as _;

use mailtext::{PathFlaw, ReversePath};

use super::{Offers, Unsendable};
use crate::limits::{DSN_ENVELOPE_ID_BYTES_MAX, DSN_ORIGINAL_RECIPIENT_BYTES_MAX, SMTP_TEXT_LINE_BYTES_MAX};

/// A message to be sent.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingMessage<'a> {
    /// Who hears when it cannot be delivered: an address without angle brackets; empty for nobody.
    pub sender: &'a str,
    /// To whom it goes, in the order in which outcomes are given.
    pub recipients: &'a [Recipient],
    /// Header and body. Lines end with CRLF and have no more than [`SMTP_TEXT_LINE_BYTES_MAX`] bytes; nothing is
    /// changed, so that signatures hold.
    pub bytes: &'a [u8],
    /// What comes back of it in a notification; said when the server offers DSN.
    pub returned: Option<Returned>,
    /// A name for this sending, which notifications repeat (RFC 3461 §4.4); said when the server offers DSN. ASCII that
    /// can be printed, and spaces.
    pub envelope_id: Option<&'a str>,
}

/// What of a message comes back in a notification (RFC 3461 §4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returned {
    /// All of it.
    Full,
    /// Its header.
    Header,
}

/// One to whom a message goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// An address without angle brackets.
    pub address: String,
    /// When the sender hears of it; said when the server offers DSN.
    pub notify: Option<Notify>,
    /// What the address was before it was changed on the way (RFC 3461 §4.2); said when the server offers DSN.
    pub original: Option<String>,
}

/// When the sender hears of a recipient (RFC 3461 §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notify {
    /// Whatever happens, it does not.
    Never,
    /// When it was not, or is late to be delivered.
    FailureOrDelay,
    /// When it could not be delivered.
    Failure,
    /// Whatever happens, it does.
    Always,
}

impl Recipient {
    /// A recipient of whom nothing special is asked.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), notify: None, original: None }
    }
}

/// The commands of a message's envelope.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) mail: String,
    /// One for each recipient.
    pub(super) recipients: Vec<Result<String, Unsendable>>,
}

impl Envelope {
    /// # Errors
    /// The message can be sent to nobody by this server.
    pub(super) fn of(message: &OutgoingMessage<'_>, offers: &Offers) -> Result<Self, Unsendable> {
        let needs = Needs::of(message.bytes)?;
        let sender = path(message.sender)?;
        // RFC 6531 §3.4: SMTPUTF8 is said when the envelope or the header has more than ASCII, and only then.
        let is_wide = !sender.is_ascii() || needs.smtputf8;
        if is_wide && !offers.smtputf8 {
            return Err(Unsendable::NeedsSmtpUtf8);
        }
        if needs.eight_bit && !offers.eight_bit_mime {
            return Err(Unsendable::NeedsEightBitMime);
        }
        if let Some(bytes_max) = offers.message_bytes_max.filter(|max| message.bytes.len() as u64 > *max) {
            return Err(Unsendable::TooLarge { bytes_max });
        }
        let recipients: Vec<_> = message.recipients.iter().map(|recipient| rcpt(recipient, offers)).collect();
        let is_any_wide = recipients.iter().flatten().any(|command| !command.is_ascii());
        let mut mail = format!("MAIL FROM:<{sender}>");
        if offers.size {
            // RFC 1870 §5: the size as it is transmitted, without the doubled dots.
            let _ = write!(mail, " SIZE={}", message.bytes.len());
        }
        if needs.eight_bit {
            mail.push_str(" BODY=8BITMIME");
        }
        if is_wide || is_any_wide {
            mail.push_str(" SMTPUTF8");
        }
        if offers.delivery_status {
            mail.push_str(&notification(message)?);
        }
        mail.push_str("\r\n");
        Ok(Self { mail, recipients })
    }
}

/// What a message asks of whoever carries it.
struct Needs {
    eight_bit: bool,
    smtputf8: bool,
}

impl Needs {
    fn of(bytes: &[u8]) -> Result<Self, Unsendable> {
        let mut in_header = true;
        let mut needs = Self { eight_bit: false, smtputf8: false };
        let mut rest = bytes;
        while !rest.is_empty() {
            let length = line_length(rest);
            let (line, after) = rest.split_at(length);
            // RFC 5321 §2.3.8: CR and LF are sent as a pair, and never alone.
            rest =
                if after.is_empty() { after } else { after.strip_prefix(b"\r\n").ok_or(Unsendable::BareLineBreak)? };
            // RFC 5321 §4.5.3.1.6: a line of text has at most 1,000 octets with its CRLF.
            if line.len() > SMTP_TEXT_LINE_BYTES_MAX {
                return Err(Unsendable::LineTooLong);
            }
            in_header &= !line.is_empty();
            if !line.is_ascii() {
                needs.eight_bit = true;
                // RFC 6532 §3: a header with more than ASCII is one for SMTPUTF8.
                needs.smtputf8 |= in_header;
            }
        }
        Ok(needs)
    }
}

/// Where the first CR or LF is, or the end.
fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len())
}

/// The address as it stands between angle brackets. What could be read as anything else than one address is none.
fn path(address: &str) -> Result<&str, Unsendable> {
    let inner = address.trim();
    let is_odd = inner.starts_with(['<', '@']) || inner.chars().any(char::is_control);
    match ReversePath::parse(inner.as_bytes()) {
        Ok(_) if is_odd => Err(Unsendable::BadAddress(PathFlaw::Local)),
        Ok(_) => Ok(inner),
        Err(flaw) => Err(Unsendable::BadAddress(flaw)),
    }
}

fn rcpt(recipient: &Recipient, offers: &Offers) -> Result<String, Unsendable> {
    let address = path(&recipient.address)?;
    if address.is_empty() {
        return Err(Unsendable::BadAddress(PathFlaw::MissingAt));
    }
    // RFC 6531 §3.2: an address with more than ASCII goes to a server that offers SMTPUTF8.
    if !address.is_ascii() && !offers.smtputf8 {
        return Err(Unsendable::NeedsSmtpUtf8);
    }
    let mut command = format!("RCPT TO:<{address}>");
    if offers.delivery_status {
        let when = recipient.notify.map(|notify| match notify {
            Notify::Never => "NEVER",
            Notify::FailureOrDelay => "FAILURE,DELAY",
            Notify::Failure => "FAILURE",
            Notify::Always => "SUCCESS,FAILURE,DELAY",
        });
        if let Some(when) = when {
            let _ = write!(command, " NOTIFY={when}");
        }
        if let Some(original) = &recipient.original {
            // RFC 3461 §4.2: the type of the address, and the address as xtext.
            let encoded = xtext(original).ok_or(Unsendable::BadParameter("ORCPT"))?;
            if encoded.len() + "rfc822;".len() > DSN_ORIGINAL_RECIPIENT_BYTES_MAX {
                return Err(Unsendable::BadParameter("ORCPT"));
            }
            let _ = write!(command, " ORCPT=rfc822;{encoded}");
        }
    }
    command.push_str("\r\n");
    Ok(command)
}

/// What MAIL says of notifications.
fn notification(message: &OutgoingMessage<'_>) -> Result<String, Unsendable> {
    let mut text = String::new();
    match message.returned {
        Some(Returned::Full) => text.push_str(" RET=FULL"),
        Some(Returned::Header) => text.push_str(" RET=HDRS"),
        None => {}
    }
    if let Some(id) = message.envelope_id {
        // RFC 3461 §4.4: at most 100 characters, before they are encoded.
        let encoded = xtext(id).filter(|_| !id.is_empty() && id.len() <= DSN_ENVELOPE_ID_BYTES_MAX);
        let _ = write!(text, " ENVID={}", encoded.ok_or(Unsendable::BadParameter("ENVID"))?);
    }
    Ok(text)
}

/// RFC 3461 §4: what can be printed stands for itself but for `+` and `=`; these, and spaces, are `+` and two digits.
fn xtext(text: &str) -> Option<String> {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' | b' ' => write!(encoded, "+{byte:02X}").ok()?,
            b'!'..=b'~' => encoded.push(char::from(byte)),
            _ => return None,
        }
    }
    Some(encoded)
}

/// The message as it goes over the wire, piece by piece: dots that begin a line doubled, the last line ended. The final
/// dot is not in it.
pub(super) struct Stuffed<'a> {
    rest: &'a [u8],
    begins_line: bool,
    ends_line: bool,
}

impl<'a> Stuffed<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, begins_line: true, ends_line: bytes.is_empty() || bytes.ends_with(b"\r\n") }
    }

    /// Puts the next piece of about this size into the room; nothing when there is no more.
    pub(super) fn next(&mut self, size: usize, room: &mut Vec<u8>) {
        room.clear();
        let (piece, rest) = self.rest.split_at(size.min(self.rest.len()));
        self.rest = rest;
        for line in piece.split_inclusive(|byte| *byte == b'\n') {
            // RFC 5321 §4.5.2: a dot that begins a line is doubled.
            if self.begins_line && line.starts_with(b".") {
                room.push(b'.');
            }
            room.extend_from_slice(line);
            self.begins_line = line.ends_with(b"\n");
        }
        if self.rest.is_empty() && !self.ends_line {
            // RFC 5321 §4.1.1.4: the end of data begins with the CRLF of the last line.
            room.extend_from_slice(b"\r\n");
            self.ends_line = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers() -> Offers {
        Offers {
            size: true,
            message_bytes_max: Some(100),
            eight_bit_mime: true,
            smtputf8: true,
            delivery_status: true,
            pipelining: true,
            ..Offers::default()
        }
    }

    fn envelope(sender: &str, recipients: &[Recipient], bytes: &[u8], offers: &Offers) -> Result<Envelope, Unsendable> {
        let (returned, envelope_id) = (Some(Returned::Header), Some("a+b=c d"));
        Envelope::of(&OutgoingMessage { sender, recipients, bytes, returned, envelope_id }, offers)
    }

    #[test]
    fn commands_with_everything_offered_and_with_nothing() {
        let asked = Recipient {
            notify: Some(Notify::FailureOrDelay),
            original: Some("x+y@example.jp".to_owned()),
            ..Recipient::new("b@example.net")
        };
        let all = envelope("a@example.jp", std::slice::from_ref(&asked), b"A: b\r\n\r\n\xe9\r\n", &offers()).unwrap();
        assert_eq!(all.mail, "MAIL FROM:<a@example.jp> SIZE=11 BODY=8BITMIME RET=HDRS ENVID=a+2Bb+3Dc+20d\r\n");
        let rcpt = "RCPT TO:<b@example.net> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x+2By@example.jp\r\n";
        assert_eq!(all.recipients, [Ok(rcpt.to_owned())]);
        let none = envelope("", &[asked], b"A: b\r\n\r\nc\r\n", &Offers::default()).unwrap();
        assert_eq!(none.mail, "MAIL FROM:<>\r\n");
        assert_eq!(none.recipients, [Ok("RCPT TO:<b@example.net>\r\n".to_owned())]);
    }

    #[test]
    fn what_a_server_cannot_take_is_not_sent() {
        let to = [Recipient::new("b@example.net"), Recipient::new("関@example.net")];
        let without = |change: fn(&mut Offers)| {
            let mut offers = offers();
            change(&mut offers);
            offers
        };
        let no_utf8 = without(|offers| offers.smtputf8 = false);
        let some = envelope("a@example.jp", &to, b"A: b\r\n", &no_utf8).unwrap();
        assert!(some.recipients[0].is_ok());
        assert_eq!(some.recipients[1], Err(Unsendable::NeedsSmtpUtf8));
        assert!(!some.mail.contains("SMTPUTF8"));
        let all = envelope("a@example.jp", &to, b"A: b\r\n", &offers()).unwrap();
        assert!(all.mail.contains(" SMTPUTF8") && all.recipients[1].is_ok());
        assert_eq!(envelope("関@example.jp", &to, b"", &no_utf8).unwrap_err(), Unsendable::NeedsSmtpUtf8);
        assert_eq!(envelope("a@example.jp", &to, "A: 関".as_bytes(), &no_utf8).unwrap_err(), Unsendable::NeedsSmtpUtf8);
        let no_eight = without(|offers| offers.eight_bit_mime = false);
        let eight = envelope("a@example.jp", &to, b"\r\n\xe9", &no_eight).unwrap_err();
        assert_eq!(eight, Unsendable::NeedsEightBitMime);
        for (length, is_sent) in [(99, true), (100, true), (101, false)] {
            assert_eq!(envelope("a@example.jp", &to, &vec![b'a'; length], &offers()).is_ok(), is_sent, "{length}");
        }
    }

    #[test]
    fn addresses_that_say_more_than_an_address_are_not_sent() {
        for address in
            ["", "a", "<a@example.jp", "a@example.jp> NOTIFY=NEVER", "a@b\r\nDATA", "a b@example.jp", "@x:a@b.example"]
        {
            let found = envelope("a@example.jp", &[Recipient::new(address)], b"", &offers()).unwrap();
            assert!(matches!(found.recipients[0], Err(Unsendable::BadAddress(_))), "{address}: {found:?}");
        }
        for address in ["\"a b\"@example.jp", "a+b@example.jp", "a@[192.0.2.1]"] {
            let found = envelope("a@example.jp", &[Recipient::new(address)], b"", &offers()).unwrap();
            assert!(found.recipients[0].is_ok(), "{address}: {found:?}");
        }
    }

    #[test]
    fn messages_that_would_be_changed_are_not_sent() {
        for (bytes, want) in [
            (&b"a\nb\r\n"[..], Unsendable::BareLineBreak),
            (b"a\rb\r\n", Unsendable::BareLineBreak),
            (b"a\r\n.\n", Unsendable::BareLineBreak),
            (b"a\r", Unsendable::BareLineBreak),
        ] {
            assert_eq!(envelope("a@example.jp", &[], bytes, &offers()).unwrap_err(), want, "{bytes:?}");
        }
        let offers = Offers { message_bytes_max: None, ..offers() };
        for length in [SMTP_TEXT_LINE_BYTES_MAX - 1, SMTP_TEXT_LINE_BYTES_MAX, SMTP_TEXT_LINE_BYTES_MAX + 1] {
            let found = envelope("a@example.jp", &[], &vec![b'a'; length], &offers);
            assert_eq!(found.is_ok(), length <= SMTP_TEXT_LINE_BYTES_MAX, "{length}");
        }
    }

    #[test]
    fn ids_at_below_and_above_the_limit() {
        for length in [0, DSN_ENVELOPE_ID_BYTES_MAX - 1, DSN_ENVELOPE_ID_BYTES_MAX, DSN_ENVELOPE_ID_BYTES_MAX + 1] {
            let id = "x".repeat(length);
            let message =
                OutgoingMessage { sender: "", recipients: &[], bytes: b"", returned: None, envelope_id: Some(&id) };
            let is_sent = (1..=DSN_ENVELOPE_ID_BYTES_MAX).contains(&length);
            assert_eq!(Envelope::of(&message, &offers()).is_ok(), is_sent, "{length}");
        }
    }

    #[test]
    fn dots_are_doubled_wherever_a_piece_ends() {
        let message = b".a\r\n..\r\n.\r\nb.c\r\n.";
        let want = b"..a\r\n...\r\n..\r\nb.c\r\n..\r\n";
        for size in 1..=message.len() + 1 {
            let (mut stuffed, mut room, mut all) = (Stuffed::new(message), Vec::new(), Vec::new());
            loop {
                stuffed.next(size, &mut room);
                if room.is_empty() {
                    break;
                }
                all.extend_from_slice(&room);
            }
            assert_eq!(all, want, "{size}");
        }
        let mut room = Vec::new();
        Stuffed::new(b"").next(10, &mut room);
        assert!(room.is_empty());
    }
}
