package files

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

type connectionForm struct {
	Root string `yaml:"root,required"`
}

type readForm struct {
	Path      []string      `yaml:"path,required"`
	Order     string        `yaml:"order"`
	Date      string        `yaml:"date"`
	Optional  bool          `yaml:"optional"`
	Format    string        `yaml:"format"`
	Encoding  string        `yaml:"encoding"`
	Delimiter string        `yaml:"delimiter"`
	Quote     string        `yaml:"quote"`
	Header    int           `yaml:"header"`
	HeaderRow int           `yaml:"header_row"`
	Columns   []string      `yaml:"columns"`
	SkipRows  int           `yaml:"skip_rows"`
	Trim      bool          `yaml:"trim"`
	Total     string        `yaml:"total"`
	Records   string        `yaml:"records"`
	Sheet     []string      `yaml:"sheet"`
	Manifest  *manifestForm `yaml:"manifest"`
}

type manifestForm struct {
	Path   string `yaml:"path,required"`
	List   string `yaml:"list"`
	File   string `yaml:"file"`
	Rows   string `yaml:"rows"`
	SHA256 string `yaml:"sha256"`
}

// settings is one table's read, checked.
type settings struct {
	readForm
	place    string
	zone     *time.Location
	snapshot bool
	// settle is how long a file must have stayed as it is, 0 for not at all.
	settle   time.Duration
	date     *dated
	encoding encoding
	// delimiter is 0 for auto; quote is 0 for none.
	delimiter, quote byte
}

func parseSettings(t *source.Table, zone *time.Location) (*settings, error) {
	s := &settings{
		readForm: readForm{Encoding: "auto", Quote: `"`, Header: 1, Sheet: []string{""}},
		place:    t.Read.Place(), zone: zone, snapshot: t.Change == source.Snapshot,
	}
	faults := []error{t.Read.Decode(&s.readForm)}
	if t.Read.Absent() {
		faults = append(faults, conf.MissingKey.At(s.place, "key", "path", "want", "a pattern of file names"))
	}
	check := func(key string, ok bool, value any, mend, mendZH string) {
		if !ok {
			faults = append(faults, badSetting.At(t.Read.Get(key).Place(), "key", key, "value", fmt.Sprintf("%q", fmt.Sprint(value)), "mend", mend, "mend_zh", mendZH))
		}
	}
	for _, p := range s.Path {
		check("path", validPattern(p), p, "give a pattern below root, such as data/*.csv", "填 root 之下的文件名模式，例如 data/*.csv")
	}
	check("order", slices.Contains([]string{"", "name", "date"}, s.Order) && (s.Order != "date" || s.Date != ""), s.Order,
		"use name, or date together with date: name_{2006-01-02}.csv", "用 name，或用 date 并写明 date: 名称_{2006-01-02}.csv")
	check("format", slices.Contains([]string{"", "csv", "jsonl", "json", "xlsx", "xml"}, s.Format), s.Format, "use csv, jsonl, json, xlsx or xml", "用 csv、jsonl、json、xlsx 或 xml")
	check("records", s.Format != "xml" || s.Records != "", s.Records, "name the record's element, such as /export/item", "填记录元素的名称，例如 /export/item")
	check("header", s.Header >= 0 && s.Header <= 9, s.Header, "give 0 to 9 rows", "填 0 到 9")
	check("header", s.Header > 0 || len(s.Columns) > 0 || s.textless(), s.Header, "name the columns with columns: [...]", "用 columns: [...] 写明列名")
	check("header_row", s.HeaderRow >= 0 && s.HeaderRow <= s.Header, s.HeaderRow, "choose one of the header rows", "从表头各行中选一行")
	check("skip_rows", s.SkipRows >= 0, s.SkipRows, "give the number of rows above the header", "填表头之上的行数")
	check("total", s.Total == "" || s.Format == "" || s.Format == "xlsx" || s.Format == "xml" && s.Total[0] == '@', s.Total, "use it with xlsx, or as @attribute of the document element with xml", "只用于 xlsx；xml 则写根元素的 @属性名")
	var ok bool
	s.encoding, ok = parseEncoding(s.Encoding)
	check("encoding", ok, s.Encoding, "use auto, utf-8, gb18030, latin-1 or utf-16", "用 auto、utf-8、gb18030、latin-1 或 utf-16")
	s.delimiter, ok = parseDelimiter(s.Delimiter)
	check("delimiter", ok, s.Delimiter, "give one ASCII character, tab, or auto", "填一个 ASCII 字符、tab 或 auto")
	s.quote, ok = parseQuote(s.Quote)
	check("quote", ok && (s.quote == 0 || s.quote != s.delimiter), s.Quote, "give one ASCII character, or none", "填一个 ASCII 字符，或 none")
	if s.Date != "" {
		var err error
		s.date, err = parseDate(s.Date)
		check("date", err == nil, s.Date, "write the name with the date's layout in braces: snapshot_{2006-01-02}.csv", "写成文件名，日期格式放在花括号内：snapshot_{2006-01-02}.csv")
	}
	for _, p := range s.Sheet {
		_, err := path.Match(p, "")
		check("sheet", err == nil, p, "give a sheet's name or a pattern", "填工作表名或模式")
	}
	faults = append(faults, s.checkManifest(t.Read.Get("manifest")))
	return s, errors.Join(faults...)
}

// textless says that the format names its fields itself.
func (s *settings) textless() bool {
	return s.Format == "jsonl" || s.Format == "json" || s.Format == "xml"
}

func (s *settings) checkManifest(at conf.Section) error {
	m := s.Manifest
	if m == nil {
		return nil
	}
	m.File, m.Rows, m.SHA256 = cmp.Or(m.File, "file"), cmp.Or(m.Rows, "rows"), cmp.Or(m.SHA256, "sha256")
	if m.Path != "" && !validPattern(m.Path) {
		return badSetting.At(at.Get("path").Place(), "key", "path", "value", m.Path, "mend", "give a pattern below root", "mend_zh", "填 root 之下的文件名模式")
	}
	return nil
}

func validPattern(p string) bool {
	_, err := path.Match(p, "")
	return err == nil && p != "" && !path.IsAbs(p) && !slices.Contains(strings.Split(p, "/"), "..")
}

func parseDelimiter(s string) (byte, bool) {
	switch s {
	case "":
		return ',', true
	case "auto":
		return 0, true
	case "tab", `\t`, "\t":
		return '\t', true
	}
	return s[0], len(s) == 1 && s[0] < 0x80 && s[0] != '\n' && s[0] != '\r' && s[0] != 0
}

func parseQuote(s string) (byte, bool) {
	switch s {
	case "none":
		return 0, true
	case "":
		return 0, false
	}
	return s[0], len(s) == 1 && s[0] < '0' && s[0] > ' '
}
