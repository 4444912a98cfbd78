//! Questions over TCP (RFC 7766): one connection for one question, after an answer was cut or where UDP is not trusted.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lookup::Failure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::counters::{Counters, count, count_by};
use super::wire::{Query, answers, id_of};

/// Asks once, and waits so long for the answer.
///
/// # Errors
/// [`Failure::Timeout`], [`Failure::Unreachable`] or [`Failure::Malformed`].
pub(super) async fn ask(
    server: SocketAddr,
    query: &Query,
    wait: Duration,
    counters: &Counters,
) -> Result<Vec<u8>, Failure> {
    let id: u16 = rand::random();
    count(&counters.tcp_tries);
    let message = match timeout(wait, exchange(server, &query.with_id(id))).await {
        Err(_) => return Err(Failure::Timeout),
        Ok(Err(_)) => return Err(Failure::Unreachable),
        Ok(Ok(message)) => message,
    };
    count_by(&counters.bytes_sent, query.byte_count());
    count_by(&counters.bytes_received, message.len());
    if id_of(&message) == Some(id) && answers(&message, query.question()) {
        Ok(message)
    } else {
        Err(Failure::Malformed)
    }
}

async fn exchange(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    // RFC 7766 §8: length and message in one write.
    let length = u16::try_from(question.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut framed = Vec::with_capacity(2 + question.len());
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(question);
    stream.write_all(&framed).await?;
    // The length bounds the message: 65,535 bytes.
    let length = stream.read_u16().await?;
    let mut message = Vec::with_capacity(usize::from(length).min(FIRST_READ_BYTES));
    (&mut stream).take(length.into()).read_to_end(&mut message).await?;
    if message.len() < usize::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(message)
}

/// What a server announces is not believed before it comes.
const FIRST_READ_BYTES: usize = 4_096;
