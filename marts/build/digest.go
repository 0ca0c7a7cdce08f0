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
// value: equal content, equal digest, whatever the file's bytes are. Each row
// is hashed first and the hashes are put in order, 256 buckets one after the
// other, so that no more than a bucket of hashes is held at once.
func Digest(ctx context.Context, conn *sql.Conn, table string, columns []Column) (string, error) {
	var values []string
	for _, c := range columns {
		if !runColumns[c.Name] {
			// Escaped, so that a value which holds the separator is not two.
			values = append(values, "coalesce(replace(replace("+store.Ident(c.Name)+"::VARCHAR, '\\', '\\\\'), chr(31), '\\u'), chr(30))")
		}
	}
	rows, err := conn.QueryContext(ctx, fmt.Sprintf(`SELECT sha256(string_agg(line, '' ORDER BY line)) FROM (SELECT sha256(concat_ws(chr(31), %s)) AS line FROM %s)
		GROUP BY substr(line, 1, 2) ORDER BY substr(line, 1, 2)`, strings.Join(values, ", "), table))
	if err != nil {
		return "", fmt.Errorf("digest %s: %w", table, err)
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var bucket string
		if err := rows.Scan(&bucket); err != nil {
			return "", fmt.Errorf("digest %s: %w", table, err)
		}
		h.Write([]byte(bucket))
	}
	return hex.EncodeToString(h.Sum(nil)), rows.Err()
}
