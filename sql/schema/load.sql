-- What the loader keeps beside the entities' own tables, all in the one store
-- file, so that one transaction covers rows, offsets, marks and the ledger.
-- The entities' tables (load.<entity>) are made from transform/entity.
CREATE SCHEMA IF NOT EXISTS load;

CREATE TABLE IF NOT EXISTS load.meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

-- One row a table of a source: its number stands in load.record.
CREATE TABLE IF NOT EXISTS load.feed (
  feed INTEGER PRIMARY KEY, source VARCHAR NOT NULL, source_name VARCHAR NOT NULL, source_table VARCHAR NOT NULL,
  change VARCHAR NOT NULL, definition VARCHAR NOT NULL, transform UBIGINT NOT NULL, retention_days INTEGER NOT NULL);

-- The memory of every record a source gave: tells new from changed from
-- unchanged. _key and _check are 128 bits of the key's hash.
CREATE TABLE IF NOT EXISTS load.record (
  _key UBIGINT NOT NULL, _check UBIGINT NOT NULL, feed INTEGER NOT NULL, hash_hi UBIGINT NOT NULL, hash_lo UBIGINT NOT NULL,
  version BIGINT, snapshot BIGINT, transform UBIGINT NOT NULL, deleted BOOLEAN NOT NULL, page UBIGINT NOT NULL);

-- Keys met in a snapshot that is still being read; emptied when it closes.
CREATE TABLE IF NOT EXISTS load.seen (feed INTEGER NOT NULL, snapshot VARCHAR NOT NULL, _key UBIGINT NOT NULL);

-- What happened to entities' rows: only ever added to. How its text is stored
-- is said as for the entities' tables, for a fast load.
CREATE TABLE IF NOT EXISTS load.event (
  _event UBIGINT NOT NULL, id VARCHAR NOT NULL USING COMPRESSION uncompressed, entity VARCHAR NOT NULL USING COMPRESSION dictionary,
  event VARCHAR NOT NULL USING COMPRESSION dictionary, source VARCHAR NOT NULL USING COMPRESSION dictionary,
  happened_at TIMESTAMP, happened_on DATE, _key UBIGINT NOT NULL, _page UBIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS load.page_offset (
  topic VARCHAR NOT NULL, partition INTEGER NOT NULL, log_id VARCHAR NOT NULL, next BIGINT NOT NULL, PRIMARY KEY (topic, partition));

CREATE TABLE IF NOT EXISTS load.stream (
  source VARCHAR NOT NULL, source_table VARCHAR NOT NULL, stream VARCHAR NOT NULL, epoch BIGINT NOT NULL, writer VARCHAR NOT NULL, seq BIGINT NOT NULL,
  cursor VARCHAR NOT NULL, sum VARCHAR NOT NULL, stopped VARCHAR NOT NULL, PRIMARY KEY (source, stream));

-- Every page that was committed, in the order of commit.
CREATE TABLE IF NOT EXISTS load.page (
  number BIGINT NOT NULL, page UBIGINT NOT NULL, sum VARCHAR NOT NULL, source VARCHAR NOT NULL, source_table VARCHAR NOT NULL, stream VARCHAR NOT NULL,
  epoch BIGINT NOT NULL, seq BIGINT NOT NULL, rows BIGINT NOT NULL, origins VARCHAR[] NOT NULL, snapshot VARCHAR, snapshot_at TIMESTAMP,
  definition VARCHAR NOT NULL, file VARCHAR NOT NULL, run VARCHAR NOT NULL, committed_at TIMESTAMP NOT NULL);

CREATE TABLE IF NOT EXISTS load.ledger (
  source VARCHAR NOT NULL, source_table VARCHAR NOT NULL, run VARCHAR NOT NULL, page UBIGINT NOT NULL, kind VARCHAR NOT NULL,
  read BIGINT NOT NULL, replayed BIGINT NOT NULL, new BIGINT NOT NULL, changed BIGINT NOT NULL, unchanged BIGINT NOT NULL, superseded BIGINT NOT NULL,
  deleted BIGINT NOT NULL, quarantined BIGINT NOT NULL, filtered BIGINT NOT NULL, vanished BIGINT NOT NULL, cells BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS load.quarantine (
  id UBIGINT NOT NULL, source VARCHAR NOT NULL, source_table VARCHAR NOT NULL, kind VARCHAR NOT NULL, code VARCHAR NOT NULL, field VARCHAR,
  cause VARCHAR NOT NULL, mend VARCHAR NOT NULL, origin VARCHAR NOT NULL, origin_row BIGINT NOT NULL, origin_offset BIGINT NOT NULL,
  size BIGINT NOT NULL, bytes BLOB, page UBIGINT NOT NULL, position BIGINT NOT NULL, run VARCHAR NOT NULL, state VARCHAR NOT NULL);

-- One row a run of the pipeline.
CREATE TABLE IF NOT EXISTS load.run (
  run VARCHAR PRIMARY KEY, command VARCHAR NOT NULL, as_of DATE NOT NULL, started_at TIMESTAMP NOT NULL, ended_at TIMESTAMP, state VARCHAR NOT NULL, problems VARCHAR[] NOT NULL,
  version VARCHAR NOT NULL);

-- A source's state at the end of a run, for freshness.
CREATE TABLE IF NOT EXISTS load.visit (
  run VARCHAR NOT NULL, source VARCHAR NOT NULL, source_name VARCHAR NOT NULL, state VARCHAR NOT NULL, problem VARCHAR, seconds DOUBLE NOT NULL, ended_at TIMESTAMP NOT NULL);

-- What people said of findings of mart.crosscheck, only ever added to; of
-- several on one finding the highest number is the last word. Rule, version
-- and subject are those of the finding when it was judged.
CREATE TABLE IF NOT EXISTS load.verdict (
  number BIGINT PRIMARY KEY, finding VARCHAR NOT NULL, rule VARCHAR NOT NULL, rule_version VARCHAR NOT NULL, subject VARCHAR NOT NULL,
  verdict VARCHAR NOT NULL, judged_by VARCHAR NOT NULL, note VARCHAR NOT NULL, judged_at TIMESTAMP NOT NULL, judged_on DATE NOT NULL);

-- De-siloing (marts/linkage): which rows are one person, organisation or
-- place. A model is written once and never changed; of several the highest
-- number is in use. frequencies in it are hashes made with the site's key.
CREATE TABLE IF NOT EXISTS load.link_model (
  number BIGINT PRIMARY KEY, kind VARCHAR NOT NULL, version VARCHAR NOT NULL, specification VARCHAR NOT NULL, key_id VARCHAR NOT NULL,
  rows BIGINT NOT NULL, fitted_on DATE NOT NULL, model VARCHAR NOT NULL);

-- Every row that was ever linked. stamp tells one state of it from another and
-- is NULL when the row is gone. Rows that say the same of themselves are one
-- node: a keyed hash of what they say. near_id is the row that speaks most for
-- its being where it is.
CREATE TABLE IF NOT EXISTS load.link_row (
  kind VARCHAR NOT NULL, id VARCHAR NOT NULL, stamp UBIGINT, node UBIGINT NOT NULL,
  entity_id VARCHAR, rule VARCHAR, probability DECIMAL(9,6), near_id VARCHAR, reason VARCHAR);

-- part is the least of the nodes that links connect; one that says too little
-- to be told from another row that says the same is not sure, and its rows
-- stand alone.
CREATE TABLE IF NOT EXISTS load.link_node (kind VARCHAR NOT NULL, node UBIGINT NOT NULL, part UBIGINT NOT NULL, sure BOOLEAN NOT NULL);

-- Keyed hashes under which nodes meet to be compared.
CREATE TABLE IF NOT EXISTS load.link_key (kind VARCHAR NOT NULL, key UBIGINT NOT NULL, node UBIGINT NOT NULL);

-- Pairs worth keeping: links, and what a person may look at. bits is log2 of
-- the odds that they are one.
CREATE TABLE IF NOT EXISTS load.link_pair (kind VARCHAR NOT NULL, a UBIGINT NOT NULL, b UBIGINT NOT NULL, bits DOUBLE NOT NULL, reason VARCHAR NOT NULL);

-- Of a node of the kind place what its rows say of where they are, sealed; and
-- each place with what of it no person's address tells.
CREATE TABLE IF NOT EXISTS load.link_signature (node UBIGINT NOT NULL, signature BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS load.link_place (
  entity_id VARCHAR NOT NULL, level VARCHAR NOT NULL, rows BIGINT NOT NULL, building_no VARCHAR, community VARCHAR, road VARCHAR, number VARCHAR, compound VARCHAR, house VARCHAR,
  lat DOUBLE, long DOUBLE);

-- Issues: what is kept of each request, hashes and no text; pairs that say
-- something of each other (shares in millionths); and each issue.
CREATE TABLE IF NOT EXISTS load.link_request (id VARCHAR NOT NULL, requested_at TIMESTAMP NOT NULL, features BLOB NOT NULL, part VARCHAR NOT NULL, issue VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS load.link_request_pair (a VARCHAR NOT NULL, b VARCHAR NOT NULL, share INTEGER NOT NULL, likeness INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS load.link_issue (
  entity_id VARCHAR NOT NULL, representative VARCHAR NOT NULL, first_at TIMESTAMP, requests BIGINT NOT NULL, reporters BIGINT NOT NULL, channels VARCHAR NOT NULL);

-- Every id that an entity was ever given; became is where most rows of an
-- ended one went, and load.link_former the rows it had last.
CREATE TABLE IF NOT EXISTS load.link_entity (kind VARCHAR NOT NULL, entity_id VARCHAR NOT NULL, ended BOOLEAN NOT NULL, became VARCHAR, born BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS load.link_former (kind VARCHAR NOT NULL, entity_id VARCHAR NOT NULL, id VARCHAR NOT NULL);

-- What people decided of pairs of rows, only ever added to; of several on one
-- pair the highest number is the last word.
CREATE TABLE IF NOT EXISTS load.link_decision (
  number BIGINT PRIMARY KEY, kind VARCHAR NOT NULL, a VARCHAR NOT NULL, b VARCHAR NOT NULL, decision VARCHAR NOT NULL,
  decided_by VARCHAR NOT NULL, note VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL, decided_on DATE NOT NULL);

-- How far the linkage of a kind has come: the model it used, the decisions it
-- has heard, and how often it changed anything.
CREATE TABLE IF NOT EXISTS load.link_state (kind VARCHAR PRIMARY KEY, model VARCHAR NOT NULL, decisions BIGINT NOT NULL, changes BIGINT NOT NULL);

-- Category and unit suggested (marts/suggestion). A model is written once and
-- never changed; of several the highest number is in use. It holds words, so
-- it is sealed. known is how many requests a fit could learn from.
CREATE TABLE IF NOT EXISTS load.suggest_model (
  number BIGINT PRIMARY KEY, version VARCHAR NOT NULL, specification VARCHAR NOT NULL, key_id VARCHAR NOT NULL,
  known BIGINT NOT NULL, fitted_on DATE NOT NULL, model BLOB NOT NULL);

-- What the model in use says of each request that lacks a category or unit.
-- stamp tells one state of the request from another; model is 0 where there is
-- none. A threshold of NULL can be reached by nothing.
CREATE TABLE IF NOT EXISTS load.suggestion (
  id VARCHAR NOT NULL, kind VARCHAR NOT NULL, stamp UBIGINT NOT NULL, model BIGINT NOT NULL,
  label VARCHAR, probability DECIMAL(9,6), threshold DECIMAL(9,6), state VARCHAR NOT NULL, reason VARCHAR NOT NULL, others VARCHAR NOT NULL);

-- What people decided of a request's category or unit, only ever added to; of
-- several on one request and kind the highest number is the last word. label
-- is empty unless the decision is that it is so.
CREATE TABLE IF NOT EXISTS load.suggest_decision (
  number BIGINT PRIMARY KEY, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, decision VARCHAR NOT NULL, label VARCHAR NOT NULL,
  decided_by VARCHAR NOT NULL, note VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL, decided_on DATE NOT NULL);
