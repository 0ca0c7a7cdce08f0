// Package sqldb reads tables and queries of SQL databases: PostgreSQL,
// MySQL and MariaDB, and SQLite. It only reads, in read-only sessions.
//
// A definition's connection and a table's read:
//
//	connection:
//	  dialect: postgres        # or mysql, sqlite
//	  dsn: …                   # or host, port, user, password, database
//	  timeout: 30s             # to connect, and of one page of a keyset read
//	read:
//	  table: public.resident   # or query: SELECT …
//	  columns: [id, xm, updated_at]
//	  where: status <> 'draft'
//	  keyset: [updated_at, id]
//	  lag: 5s
//
// With a keyset each page is one query for the rows behind the last one, by
// strict comparison of the whole tuple. So the tuple must be unique: the
// table's key has to be part of it. A row becomes visible when its transaction
// commits, which may be after a later time stamp was read; lag keeps the
// reader that far behind the server's clock. It is 5 s where the keyset begins
// with a time of PostgreSQL or MySQL, and none elsewhere. A row whose keyset
// holds NULL would never be read: it is a fault.
//
// Without a keyset each run reads the whole in one consistent transaction, as
// a snapshot with the server's own count. It can't be taken up in the middle:
// after an error or a crash it begins anew under another name.
//
// Values keep the source's types. Exact numbers beyond 64 bits (numeric,
// decimal, unsigned bigint) are text with every digit. What a column's type
// can't hold in a page, such as MySQL's 0000-00-00 or PostgreSQL's infinity,
// comes as its text, so that the contract shows it and nothing is lost. SQLite
// has types of values, not of columns: each value keeps its own.
package sqldb
