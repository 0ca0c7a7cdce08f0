package query

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/text/width"
)

// Formats are the ways an answer can be written.
var Formats = []string{"table", "csv", "json", "parquet"}

// WriteTable writes rows as an aligned table, numbers to the right, at most
// limit of them, and says how many more there are.
func WriteTable(w io.Writer, rows *Rows, limit int) error {
	names, right, err := shape(rows)
	if err != nil {
		return err
	}
	lines := [][]string{names}
	total := 0
	err = each(rows, len(names), func(values []any) error {
		if total++; limit <= 0 || total <= limit {
			line := make([]string, len(values))
			for i, v := range values {
				line[i] = strings.ReplaceAll(Text(v), "\n", "⏎")
			}
			lines = append(lines, line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	writeLines(out, lines, right)
	if limit > 0 && total > limit {
		fmt.Fprintf(out, "… %d more rows (--limit 0 shows all, -o csv writes all)\n", total-limit)
	}
	return out.Flush()
}

// Align writes lines of cells as columns, the first line as the head; right
// says which columns stand to the right.
func Align(w io.Writer, lines [][]string, right []bool) error {
	out := bufio.NewWriter(w)
	writeLines(out, lines, right)
	return out.Flush()
}

func writeLines(out *bufio.Writer, lines [][]string, right []bool) {
	widths := make([]int, len(right))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], displayWidth(cell))
		}
	}
	for n, line := range lines {
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-displayWidth(cell))
			if i > 0 {
				out.WriteString("  ")
			}
			if right[i] {
				out.WriteString(pad + cell)
			} else if i < len(line)-1 {
				out.WriteString(cell + pad)
			} else {
				out.WriteString(cell)
			}
		}
		out.WriteByte('\n')
		if n == 0 {
			for i, w := range widths {
				if i > 0 {
					out.WriteString("  ")
				}
				out.WriteString(strings.Repeat("─", w))
			}
			out.WriteByte('\n')
		}
	}
}

// displayWidth counts the columns a terminal gives a text: two for a wide
// character (Unicode Standard Annex 11).
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// WriteCSV writes rows as CSV (RFC 4180). A text that a spreadsheet would
// take for a formula gets a leading apostrophe.
func WriteCSV(w io.Writer, rows *Rows) error {
	names, _, err := shape(rows)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	err = each(rows, len(names), func(values []any) error {
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = Text(v)
			if _, text := v.(string); text && line[i] != "" && strings.ContainsRune("=+-@\t\r", rune(line[i][0])) {
				line[i] = "'" + line[i]
			}
		}
		return out.Write(line)
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// WriteJSON writes rows as an array of objects whose keys keep the columns'
// order; decimals and large integers keep every digit.
func WriteJSON(w io.Writer, rows *Rows) error {
	names, _, err := shape(rows)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	first := true
	out.WriteByte('[')
	err = each(rows, len(names), func(values []any) error {
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.WriteString("\n{")
		for i, v := range values {
			if i > 0 {
				out.WriteString(", ")
			}
			key, _ := json.Marshal(names[i])
			out.Write(key)
			out.WriteString(": ")
			out.Write(jsonValue(v))
		}
		out.WriteByte('}')
		return nil
	})
	if err != nil {
		return err
	}
	out.WriteString("\n]\n")
	return out.Flush()
}

func jsonValue(v any) []byte {
	switch v := v.(type) {
	case nil:
		return []byte("null")
	case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, *big.Int, duckdb.Decimal:
		return []byte(Text(v))
	case float32, float64:
		if raw, err := json.Marshal(v); err == nil {
			return raw
		}
	case []any:
		out := []byte{'['}
		for i, e := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, jsonValue(e)...)
		}
		return append(out, ']')
	}
	raw, _ := json.Marshal(Text(v))
	return raw
}

// Text writes one value as a person reads it; nothing for NULL.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return fmt.Sprintf("\\x%x", v)
	case time.Time:
		if v.Hour() == 0 && v.Minute() == 0 && v.Second() == 0 && v.Nanosecond() == 0 {
			return v.Format(time.DateOnly)
		}
		return v.Format("2006-01-02 15:04:05.999999")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case duckdb.Decimal:
		return decimalText(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = Text(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func decimalText(d duckdb.Decimal) string {
	digits, negative := new(big.Int).Abs(d.Value).String(), d.Value.Sign() < 0
	if scale := int(d.Scale); scale > 0 {
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale-len(digits)+1) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if negative {
		return "-" + digits
	}
	return digits
}

// shape names the columns and says which are numbers.
func shape(rows *Rows) (names []string, right []bool, err error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, fmt.Errorf("read columns: %w", err)
	}
	for _, t := range types {
		kind := t.DatabaseTypeName()
		names = append(names, t.Name())
		right = append(right, strings.HasSuffix(kind, "INT") || strings.HasSuffix(kind, "INTEGER") || kind == "DOUBLE" || kind == "FLOAT" || strings.HasPrefix(kind, "DECIMAL"))
	}
	return names, right, nil
}

func each(rows *Rows, n int, fn func([]any) error) error {
	defer rows.Close()
	values, into := make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	return rows.Err()
}
