package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"huiliu/internal/fault"
	"huiliu/internal/seal"
	"huiliu/marts/store"
)

// NoEntry is raised for a quarantine id that is not there.
var NoEntry = &fault.Kind{
	Code: "no_quarantine_entry", Class: fault.Input,
	Cause: fault.Text{EN: "there is no entry {id} in quarantine", ZH: "隔离区没有编号 {id}"},
	Mend:  fault.Text{EN: "see `huiliu quarantine list --all`", ZH: "用 `huiliu quarantine list --all` 查看"},
}

// Entry is one quarantined thing, unsealed for a person.
type Entry struct {
	ID                              uint64
	Source, Table, Kind, Code       string
	Field, Cause, Mend, Place, Text string
}

// String writes the entry for a terminal.
func (e *Entry) String() string {
	return fmt.Sprintf("%s.%s %s %s %s\nplace: %s\ncause: %s\nmend:  %s\nbytes: %q", e.Source, e.Table, e.Kind, e.Code, e.Field, e.Place, e.Cause, e.Mend, e.Text)
}

// ShowQuarantine unseals one entry. The caller records who looked.
func ShowQuarantine(ctx context.Context, s *store.Store, box *seal.Box, id uint64) (*Entry, error) {
	e := &Entry{ID: id}
	var sealed []byte
	err := s.DB().QueryRowContext(ctx, `SELECT source, source_table, kind, code, coalesce(field, ''), cause, mend, origin || ':' || origin_row || '@' || origin_offset, bytes
		FROM store.load.quarantine WHERE id = `+fmt.Sprint(id)).Scan(&e.Source, &e.Table, &e.Kind, &e.Code, &e.Field, &e.Cause, &e.Mend, &e.Place, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NoEntry.At("quarantine", "id", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	text, err := box.Open(nil, sealed, quarantineContext)
	if err != nil {
		return nil, fmt.Errorf("unseal quarantine entry: %w", err)
	}
	e.Text = string(text)
	return e, nil
}
