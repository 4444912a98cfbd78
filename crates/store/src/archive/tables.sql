-- The file of reports as it is made today: all tables and indices at once. A file of an earlier version comes here by the steps
-- in schema.rs; a test there holds that both ways end in the same.

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE domain (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (tenant, name)
) STRICT;
CREATE TABLE reporter (
  id INTEGER PRIMARY KEY, organization TEXT NOT NULL, domain TEXT NOT NULL, UNIQUE (organization, domain)
) STRICT;
CREATE TABLE sender (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  digest_start INTEGER NOT NULL, digest BLOB NOT NULL,
  tenant TEXT NOT NULL, kind INTEGER, status INTEGER NOT NULL, trust INTEGER NOT NULL, voucher TEXT,
  received_ms INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, member TEXT NOT NULL,
  reason TEXT, reason_more TEXT,
  domain INTEGER, reporter INTEGER NOT NULL, sender INTEGER NOT NULL, report_id TEXT NOT NULL,
  begin_s INTEGER NOT NULL, end_s INTEGER NOT NULL, day INTEGER NOT NULL,
  record_count INTEGER NOT NULL, message_count INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, notes BLOB,
  copies INTEGER NOT NULL DEFAULT 0, is_contradicted INTEGER NOT NULL DEFAULT 0,
  from_s INTEGER NOT NULL DEFAULT 0, until_s INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX document_digest ON document (digest_start);
CREATE INDEX document_period ON document (domain, sender, kind, begin_s, end_s, trust, day) WHERE status < 2;
CREATE INDEX document_refused ON document (raw_bytes) WHERE status = 2;
CREATE INDEX document_other ON document (kind) WHERE kind > 0;
CREATE INDEX document_day ON document (day);
CREATE INDEX document_domain ON document (domain, kind, begin_s, end_s, trust, status, day);
CREATE INDEX document_totals ON document (
  until_s, from_s, status, copies, is_contradicted, kind, trust, domain, sender, begin_s, end_s, reporter, tenant, report_id
);
CREATE TABLE body (document INTEGER PRIMARY KEY, bytes BLOB NOT NULL, classes BLOB NOT NULL) STRICT;
CREATE TABLE raw (document INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE also (
  domain INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (domain, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX also_document ON also (document);
CREATE TABLE tally (
  domain INTEGER NOT NULL, day INTEGER NOT NULL, reporter INTEGER NOT NULL, side INTEGER NOT NULL, cells BLOB NOT NULL,
  PRIMARY KEY (domain, day, reporter, side)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, kind INTEGER NOT NULL, sender TEXT NOT NULL,
  standing INTEGER NOT NULL, note TEXT NOT NULL, at_s INTEGER NOT NULL, PRIMARY KEY (tenant, domain, kind, sender)
) STRICT, WITHOUT ROWID;
CREATE TABLE host (
  address BLOB PRIMARY KEY, name TEXT, asn INTEGER, as_name TEXT, country TEXT, at_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE place (source TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job (
  id TEXT PRIMARY KEY, kind INTEGER NOT NULL, domain TEXT NOT NULL, begin_s INTEGER NOT NULL, until_s INTEGER NOT NULL,
  message_count INTEGER NOT NULL, made_s INTEGER NOT NULL,
  state INTEGER NOT NULL, state_s INTEGER NOT NULL, state_more INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (state_s, id) WHERE state = 0;
CREATE INDEX job_begun ON job (kind, begin_s);
CREATE INDEX job_made ON job (made_s);
CREATE INDEX job_domain ON job (domain, made_s);
CREATE TABLE letter (
  job TEXT PRIMARY KEY, subject BLOB NOT NULL, content_type TEXT NOT NULL, body BLOB NOT NULL, date_s INTEGER NOT NULL
) STRICT;
CREATE TABLE delivery (
  id TEXT PRIMARY KEY, job TEXT NOT NULL, mailbox TEXT NOT NULL, attempts INTEGER NOT NULL,
  state INTEGER NOT NULL, state_s INTEGER NOT NULL, reply TEXT, bytes INTEGER NOT NULL, bytes_max INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (state_s, mailbox, id) WHERE state = 0;
CREATE INDEX delivery_open ON delivery (state) WHERE state IN (1, 2);
CREATE INDEX delivery_job ON delivery (job);
CREATE TABLE suppression (
  mailbox TEXT PRIMARY KEY, since_s INTEGER NOT NULL, until_s INTEGER NOT NULL, strikes INTEGER NOT NULL,
  reply TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE confirmation (
  domain TEXT NOT NULL, uri TEXT NOT NULL, tag INTEGER NOT NULL, is_agreed INTEGER NOT NULL, answer BLOB NOT NULL,
  until_s INTEGER NOT NULL, PRIMARY KEY (domain, uri, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE watch (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (tenant, domain)
) STRICT, WITHOUT ROWID;
CREATE TABLE alert (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, domain TEXT NOT NULL, day INTEGER NOT NULL,
  what TEXT NOT NULL, made_s INTEGER NOT NULL, is_told INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_waiting ON alert (id) WHERE is_told = 0;
CREATE INDEX alert_domain ON alert (tenant, domain, day);
CREATE INDEX alert_newest ON alert (tenant, domain, id);
CREATE TABLE notice (
  id TEXT NOT NULL, place TEXT NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  data TEXT NOT NULL, made_s INTEGER NOT NULL, attempts INTEGER NOT NULL, state INTEGER NOT NULL,
  state_s INTEGER NOT NULL, reply TEXT, PRIMARY KEY (id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_due ON notice (state, state_s);
CREATE INDEX notice_made ON notice (made_s);
CREATE TABLE audit (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, at_s INTEGER NOT NULL, PRIMARY KEY (tenant, domain, at_s)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_moment ON audit (at_s);
CREATE TABLE audited (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, first_s INTEGER NOT NULL, last_s INTEGER NOT NULL,
  text BLOB NOT NULL, PRIMARY KEY (tenant, domain, name, first_s)
) STRICT;
CREATE INDEX audited_last ON audited (last_s);
CREATE TABLE survey (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, study TEXT NOT NULL, begun_s INTEGER NOT NULL,
  made TEXT NOT NULL, tables BLOB NOT NULL, UNIQUE (tenant, study, begun_s)
) STRICT;
