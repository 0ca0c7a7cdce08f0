package httpapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// answer is one page of a list, taken apart element by element.
type answer struct {
	elements
	origin string
	count  int64  // how many elements the list has
	sum    uint64 // of the list's bytes
	total  int64  // the source's count, -1 for none
	token  string // the next token, empty for none
	link   string // the next address, empty for none
	more   bool   // what the answer says of more, true when it says nothing
}

// judge refuses a body that is no whole list of records.
func (r *read) judge(u *url.URL) func(*reply) error {
	return func(got *reply) error {
		body := got.body
		if len(body) == 0 || body[0] != '{' && body[0] != '[' {
			return passing(NotJSON.At(place(u), "what", describe(body)))
		}
		end, ok := skip(body, 0)
		if !ok {
			return passing(Cut.At(place(u)))
		}
		if end != len(body) {
			return passing(NotJSON.At(place(u), "what", "more than one value"))
		}
		if r.OK.Path != "" {
			if value := scalar(lookup(body, r.OK.Path)); !slices.Contains(r.OK.Is, value) {
				return passing(NotOK.At(place(u), "path", r.OK.Path, "value", clip(value), "message", clip(scalar(lookupAt(body, r.OK.Message)))))
			}
		}
		list := lookup(body, r.Records)
		if len(list) == 0 || list[0] != '[' && string(list) != "null" {
			return passing(NoList.At(place(u), "path", strconv.Quote(r.Records)))
		}
		if list[0] == '[' && list[len(list)-1] != ']' {
			return passing(NotJSON.At(place(u), "what", "a list that ends as an object"))
		}
		return nil
	}
}

func describe(body []byte) string {
	switch {
	case len(body) == 0:
		return "empty"
	case body[0] == '<':
		return "a page of HTML or XML"
	}
	return "another text"
}

// clip shortens what an API says of itself.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return strings.ToValidUTF8(s, "�")
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.ToValidUTF8(s[:cut], "�") + "…"
}

// open takes a judged body apart.
func (r *read) open(u *url.URL, got *reply) *answer {
	list := lookup(got.body, r.Records)
	if string(list) == "null" {
		list = []byte("[]")
	}
	a := &answer{elements: newElements(list), origin: origin(u), sum: xxh3.Hash(list), total: -1, more: true}
	for e := a.elements; ; a.count++ {
		if _, ok := e.next(); !ok {
			break
		}
	}
	if n, err := strconv.ParseInt(scalar(lookupAt(got.body, r.Count)), 10, 64); err == nil && n >= 0 {
		a.total = n
	}
	a.token = scalar(lookupAt(got.body, r.Paging.Next))
	a.link = a.token
	if r.Paging.Next == "" {
		a.link = nextLink(got.link)
	}
	if r.Paging.More != "" {
		value := scalar(lookup(got.body, r.Paging.More))
		a.more = value != "" && value != "false" && value != "0"
	}
	return a
}

// lookupAt is lookup for a setting that may be empty.
func lookupAt(body []byte, path string) []byte {
	if path == "" {
		return nil
	}
	return lookup(body, path)
}

// nextLink returns the target of rel="next" in a Link header (RFC 8288).
func nextLink(header string) string {
	for header != "" {
		begin := strings.IndexByte(header, '<')
		if begin < 0 {
			return ""
		}
		end := strings.IndexByte(header[begin:], '>')
		if end < 0 {
			return ""
		}
		target := header[begin+1 : begin+end]
		rest := header[begin+end+1:]
		parameters := rest
		if next := strings.Index(rest, ",<"); next >= 0 {
			parameters, rest = rest[:next], rest[next+1:]
		} else if next := strings.Index(rest, ", <"); next >= 0 {
			parameters, rest = rest[:next], rest[next+2:]
		} else {
			rest = ""
		}
		if isNext(parameters) {
			return target
		}
		header = rest
	}
	return ""
}

func isNext(parameters string) bool {
	for _, p := range strings.Split(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for _, rel := range strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
