package query

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// statement is one statement that reads and does nothing else. DuckDB's
// settings alone don't keep a reader from writing: with external access off,
// COPY still writes into every allowed folder.
type statement struct {
	text    string
	explain string
}

// limited is the statement with at most one row more than max, so that the
// one too many is seen.
func (s statement) limited(max int) string {
	if s.explain != "" {
		return s.explain + " " + s.text
	}
	return fmt.Sprintf("SELECT * FROM (%s\n) LIMIT %d", s.text, max+1)
}

var explains = regexp.MustCompile(`(?is)^\s*(explain(?:\s+analyze)?)\b(.*)$`)

// reading checks that a text is one statement that only reads. DuckDB's own
// parser decides: it serializes SELECT and what it makes of DESCRIBE, SHOW,
// SUMMARIZE, VALUES and TABLE, and refuses all else. The driver must not see
// an unchecked text, for it runs every statement but the last of one as soon
// as it is prepared.
func (d *DB) reading(ctx context.Context, text string) (statement, error) {
	s := statement{text: strings.TrimRight(text, "; \t\r\n")}
	if strings.ContainsRune(text, 0) {
		// The parser ends a text there, and would judge only what is before.
		return s, Refused.At("query", "why", "there is a NUL in the text")
	}
	if m := explains.FindStringSubmatch(s.text); m != nil {
		s.explain, s.text = m[1], m[2]
	}
	var raw string
	if err := d.db.QueryRowContext(ctx, "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", s.text).Scan(&raw); err != nil {
		return s, d.wrong(ctx, err)
	}
	var parsed struct {
		Error      bool              `json:"error"`
		Kind       string            `json:"error_type"`
		Message    string            `json:"error_message"`
		Statements []json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal([]byte(raw), &parsed); err != nil {
		return s, fmt.Errorf("read parsed query: %w", err)
	}
	switch {
	case parsed.Error && parsed.Kind == "not implemented":
		return s, Refused.At("query", "why", "only reading is allowed")
	case parsed.Error:
		return s, d.wrong(ctx, fmt.Errorf("%s", parsed.Message))
	case len(parsed.Statements) == 0:
		return s, Refused.At("query", "why", "there is no statement")
	case len(parsed.Statements) > 1:
		return s, Refused.At("query", "why", "there is more than one statement")
	}
	return s, d.unend(ctx, &s, raw)
}

// unend takes a semicolon out that stands before a comment at the end, where
// the text is to be put into brackets: the parser's own form has neither.
func (d *DB) unend(ctx context.Context, s *statement, parsed string) error {
	if !strings.Contains(s.text, ";") {
		return nil
	}
	if err := d.db.QueryRowContext(ctx, "SELECT json_deserialize_sql(?::JSON)", parsed).Scan(&s.text); err != nil {
		return d.wrong(ctx, err)
	}
	return nil
}

// Rows is an answer; Next stops with TooLarge's fault behind the last row
// that the session may have.
type Rows struct {
	*sql.Rows
	max, seen int
	err       error
}

// Next steps to the next row, as sql.Rows does.
func (r *Rows) Next() bool {
	if !r.Rows.Next() {
		return false
	}
	if r.seen++; r.max > 0 && r.seen > r.max {
		r.err = TooLarge.At("query", "what", fmt.Sprintf("%d rows", r.max))
		return false
	}
	return true
}

// Err returns why Next stopped, nil at the answer's end.
func (r *Rows) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.Rows.Err()
}
