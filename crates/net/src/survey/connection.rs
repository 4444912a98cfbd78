//! Questions over connections (RFC 7766): some to each server, each with many questions at once, in any order of answers.

use std::collections::HashMap;
use std::net::SocketAddr;

use foldhash::fast::RandomState;
use lookup::{Failure, Question};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use crate::limits::{
    SURVEY_CONNECT_MS, SURVEY_CONNECTION_COUNT, SURVEY_CONNECTION_IDLE_MS, SURVEY_CONNECTION_QUESTION_COUNT,
};
use crate::resolver::wire::{Query, answers, id_of};

/// The connections to one server.
pub(super) struct Connections {
    server: SocketAddr,
    told: Told,
    open: Vec<mpsc::UnboundedSender<Asked>>,
    next: usize,
    /// The questions that are waited for.
    questions: HashMap<u64, Question, RandomState>,
}

/// Where answers go: a message, or why there is none.
type Told = mpsc::UnboundedSender<(u64, Result<Vec<u8>, Failure>)>;

/// One question for a connection.
struct Asked {
    token: u64,
    query: Query,
}

impl Connections {
    pub(super) fn new(server: SocketAddr, told: Told) -> Self {
        Self { server, told, open: Vec::new(), next: 0, questions: HashMap::default() }
    }

    /// Gives the question to a connection, a new one where there are few.
    pub(super) fn send(&mut self, token: u64, question: Question, query: &Query) {
        self.questions.insert(token, question);
        self.open.retain(|connection| !connection.is_closed());
        let mut asked = Asked { token, query: query.clone() };
        if self.open.len() >= SURVEY_CONNECTION_COUNT {
            self.next = (self.next + 1) % self.open.len();
            match self.open[self.next].send(asked) {
                Ok(()) => return,
                // It ended between; a new one takes its place.
                Err(back) => asked = back.0,
            }
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = sender.send(asked);
        self.open.push(sender);
        tokio::spawn(serve(self.server, receiver, self.told.clone()));
    }

    pub(super) fn forget(&mut self, token: u64) {
        self.questions.remove(&token);
    }

    /// The question of this token, which is answered now.
    pub(super) fn take(&mut self, token: u64) -> Option<Question> {
        self.questions.remove(&token)
    }
}

/// Who waits on a connection, by id.
type Waiting = HashMap<u16, Asked, RandomState>;

/// One connection, until nobody wants anything of it any more, or it breaks. Whoever waits then is told.
async fn serve(server: SocketAddr, mut asked: mpsc::UnboundedReceiver<Asked>, told: Told) {
    let connected = timeout(Duration::from_millis(SURVEY_CONNECT_MS), TcpStream::connect(server)).await;
    let mut waiting = Waiting::default();
    let failure = match connected {
        Ok(Ok(stream)) => {
            let _ = stream.set_nodelay(true);
            talk(stream, &mut asked, &mut waiting, &told).await;
            Failure::Unreachable
        }
        Ok(Err(_)) => Failure::Unreachable,
        Err(_) => Failure::Timeout,
    };
    // Nothing more is taken; what was taken or stands in the queue is not answered.
    asked.close();
    for (_, asked) in waiting {
        let _ = told.send((asked.token, Err(failure)));
    }
    while let Ok(asked) = asked.try_recv() {
        let _ = told.send((asked.token, Err(failure)));
    }
}

/// Writes questions and reads answers until the server ends it, or is idle.
async fn talk(stream: TcpStream, asked: &mut mpsc::UnboundedReceiver<Asked>, waiting: &mut Waiting, told: &Told) {
    let (mut reading, mut writing) = stream.into_split();
    let (answer_sender, mut answers_received) = mpsc::unbounded_channel();
    let reader = tokio::spawn(async move {
        while let Some(message) = message(&mut reading).await {
            if answer_sender.send(message).is_err() {
                return;
            }
        }
    });
    let idle = Duration::from_millis(SURVEY_CONNECTION_IDLE_MS);
    loop {
        let has_room = waiting.len() < SURVEY_CONNECTION_QUESTION_COUNT;
        tokio::select! {
            next = asked.recv(), if has_room => {
                let Some(next) = next else { break };
                let framed = framed(next, waiting);
                if writing.write_all(&framed).await.is_err() {
                    break;
                }
            }
            message = answers_received.recv() => {
                let Some(message) = message else { break };
                // RFC 7766 §7: the question is compared, too.
                let Some(id) = id_of(&message) else { break };
                match waiting.get(&id) {
                    Some(known) if answers(&message, known.query.question()) => {
                        let _ = told.send((known.token, Ok(message)));
                        waiting.remove(&id);
                    }
                    _ => break,
                }
            }
            () = tokio::time::sleep(idle) => break,
        }
    }
    reader.abort();
}

/// The question with its length before it (RFC 7766 §8), under an id of its own.
fn framed(asked: Asked, waiting: &mut Waiting) -> Vec<u8> {
    let id = loop {
        let id: u16 = rand::random();
        if !waiting.contains_key(&id) {
            break id;
        }
    };
    let message = asked.query.with_id(id);
    // A question has less than 300 bytes.
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    let mut framed = Vec::with_capacity(2 + message.len());
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(&message);
    waiting.insert(id, asked);
    framed
}

/// The next message; `None` when there is none.
async fn message(reading: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    // The length bounds the message: 65,535 bytes. What a server announces is not believed before it comes.
    let length = reading.read_u16().await.ok()?;
    let mut message = Vec::with_capacity(usize::from(length).min(FIRST_READ_BYTES));
    reading.take(length.into()).read_to_end(&mut message).await.ok()?;
    (message.len() == usize::from(length)).then_some(message)
}

const FIRST_READ_BYTES: usize = 4_096;
