//! Brand Indicators for Message Identification: the record, the indicator (SVG Tiny P/S) and the evidence document.
//!
//! What it will never do: render an image, fetch by itself (requests go out through [`lookup::fetch::Fetch`]), or know what SPF,
//! DKIM and DMARC are: what DMARC found comes in as values.
