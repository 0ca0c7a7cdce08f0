package build

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"huiliu/marts/store"
)

// runColumns differ between runs that are equal in everything they say: which
// page a row came in depends on where an interrupted read was taken up.
var runColumns = map[string]bool{"source_page": true}

// Digest returns the SHA-256 over a table's rows in order, in one text form a
// value: equal content, equal digest, whatever the file's bytes are.
func Digest(ctx context.Context, conn *sql.Conn, table string, columns []Column) (string, error) {
	var values []string
	for _, c := range columns {
		if !runColumns[c.Name] {
			values = append(values, "coalesce(replace("+store.Ident(c.Name)+"::VARCHAR, chr(31), ' '), chr(30))")
		}
	}
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT concat_ws(chr(31), %s) AS line FROM %s ORDER BY line", strings.Join(values, ", "), table))
	if err != nil {
		return "", fmt.Errorf("digest %s: %w", table, err)
	}
	defer rows.Close()
	h := sha256.New()
	var line sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&line); err != nil {
			return "", fmt.Errorf("digest %s: %w", table, err)
		}
		h.Write(line)
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)), rows.Err()
}
