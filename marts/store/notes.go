package store

import (
	"context"
	"database/sql"
	"fmt"

	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// maskedNotes is the schema from which on what people write beside a decision
// or a verdict is kept masked.
const maskedNotes = 4

// maskNotes masks the notes of a store of an earlier schema. A note that is
// masked already stays as it is.
func maskNotes(ctx context.Context, tx *sql.Tx) error {
	for _, table := range []string{"link_decision", "verdict"} {
		clear, err := notes(ctx, tx, table)
		if err != nil {
			return err
		}
		for number, note := range clear {
			masked := privacy.Mask(entity.FreeText, note)
			if masked == note {
				continue
			}
			if _, err := tx.ExecContext(ctx, "UPDATE store.load."+table+" SET note = ? WHERE number = ?", masked, number); err != nil {
				return fmt.Errorf("mask notes of %s: %w", table, err)
			}
		}
	}
	return nil
}

func notes(ctx context.Context, tx *sql.Tx, table string) (map[int64]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT number, note FROM store.load."+table+" WHERE note <> ''")
	if err != nil {
		return nil, fmt.Errorf("read notes of %s: %w", table, err)
	}
	defer rows.Close()
	out := map[int64]string{}
	for rows.Next() {
		var number int64
		var note string
		if err := rows.Scan(&number, &note); err != nil {
			return nil, fmt.Errorf("read notes of %s: %w", table, err)
		}
		out[number] = note
	}
	return out, rows.Err()
}
