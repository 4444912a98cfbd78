//! The world, as far as Sekisho meets it on the wire: DNS, documents over HTTPS, the wall clock, the sockets on which
//! MTAs speak milter, and mail on its way out and in.
//!
//! What it does: turns a [`lookup::Question`] into a [`lookup::Answer`] by asking recursive resolvers ([`Resolver`]),
//! with a cache, coalescing, deadlines and a fall-back to TCP; fetches documents from public hosts ([`Fetcher`]); holds
//! the connections of MTAs and passes bytes between them and a [`Conversation`]; answers HTTP to the operator; tells the
//! service manager, and the time; sends mail through a submission server, and takes mail from mailboxes over IMAP, from
//! MTAs over LMTP, and from who pushes it over HTTP; greets mail hosts, and asks the servers of zones one by one; reads the operator's files of countries and networks.
//!
//! What it will never do: decide. It knows no SPF, no DKIM, no policy and no milter packet; it stores nothing, logs
//! nothing (it tells [`Notice`]s to whoever wants to log), and holds no key. Every wait here has an end, every buffer a
//! cap, and both stand in [`limits`].
//!
//! Reading order: [`limits`]; [`resolver`], then its `config`, `exchange`, `wire`, `udp`, `tcp`, `cache`; [`survey`], for many questions; [`fetch`], then
//! its `config`, `address`, `connect`, `exchange`, `cache`, `post`; [`listen`]; [`conversation`]; [`http`], with its [`tls`]; [`notify`];
//! [`clock`]; [`places`]; then mail: [`mail_server`], [`submission`], [`imap`], [`lmtp`], [`push`]; [`greeting`]; then
//! zones: [`authoritative`], [`authorities`], [`update`].

pub mod authoritative;
pub mod authorities;
pub mod clock;
pub mod conversation;
pub mod fetch;
pub mod greeting;
pub mod http;
pub mod imap;
pub mod limits;
pub mod listen;
pub mod lmtp;
pub mod mail_server;
pub mod notify;
pub mod places;
pub mod push;
pub mod resolver;
pub mod submission;
pub mod survey;
pub mod tls;
pub mod update;

pub use conversation::{ConnectionEnd, Conversation, Notice, Peer, ServeEnd, ServeOptions, serve_milter};
pub use fetch::config::{FetchConfig, FetchConfigError, PrivateAddresses, Roots};
pub use fetch::post::{Inquiry, Post, Poster};
pub use fetch::{FetchCounts, Fetcher};
pub use http::{AskError, HttpOptions, ask_local, serve_http, serve_http_admitted, serve_https};
pub use listen::{InheritedListener, ListenAddress, ListenError, Listener, SocketAccess};
pub use notify::ServiceManager;
pub use resolver::config::{AuthenticData, Edns, ResolverConfig, ResolverError, ServerOrder, Transport, parse_server};
pub use resolver::counters::ResolverCounts;
pub use resolver::{MessageResolver, Resolver};
pub use tls::{CertificateError, ServerCertificate, ServerTls};
