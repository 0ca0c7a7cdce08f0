package httpapi

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

type connection struct {
	URL       string            `yaml:"url,required"`
	Headers   map[string]string `yaml:"headers"`
	Timeout   time.Duration     `yaml:"timeout"`
	Rate      float64           `yaml:"rate"`
	Retry     retry             `yaml:"retry"`
	BodyLimit int64             `yaml:"body_limit"`
	Auth      auth              `yaml:"auth"`

	base *url.URL
}

type retry struct {
	Tries int           `yaml:"tries"`
	Wait  time.Duration `yaml:"wait"`
}

type auth struct {
	Kind         string `yaml:"kind"`
	Username     string `yaml:"username"`
	Password     string `yaml:"password"`
	Token        string `yaml:"token"`
	TokenURL     string `yaml:"token_url"`
	ClientID     string `yaml:"client_id"`
	ClientSecret string `yaml:"client_secret"`
	Scope        string `yaml:"scope"`
	// In says where the client's secret goes: header (HTTP Basic) or form.
	In string `yaml:"in"`
}

type read struct {
	Path    string            `yaml:"path"`
	Query   map[string]string `yaml:"query"`
	Records string            `yaml:"records"`
	Count   string            `yaml:"count"`
	OK      okSetting         `yaml:"ok"`
	Paging  paging            `yaml:"paging"`
	Since   since             `yaml:"since"`

	// section places faults that show themselves while reading.
	section conf.Section
}

type okSetting struct {
	Path    string   `yaml:"path"`
	Is      []string `yaml:"is"`
	Message string   `yaml:"message"`
}

type paging struct {
	Style         string `yaml:"style"`
	Parameter     string `yaml:"parameter"`
	Start         int64  `yaml:"start"`
	Size          int    `yaml:"size"`
	SizeParameter string `yaml:"size_parameter"`
	Next          string `yaml:"next"`
	More          string `yaml:"more"`
	Keep          bool   `yaml:"keep"`
}

// Styles of paging.
const (
	byPage   = "page"
	byOffset = "offset"
	byCursor = "cursor"
	byLink   = "link"
	byNone   = "none"
)

// numbered says that a record's place in the list is a number, so that a
// change in front of it moves it.
func (p *paging) numbered() bool { return p.Style == byPage || p.Style == byOffset }

type since struct {
	Parameter string        `yaml:"parameter"`
	Field     string        `yaml:"field"`
	Overlap   time.Duration `yaml:"overlap"`
	Format    string        `yaml:"format"`
}

const (
	defaultTimeout   = 30 * time.Second
	defaultRate      = 20
	defaultTries     = 4
	defaultWait      = 500 * time.Millisecond
	defaultBodyLimit = 64 << 20
	defaultSize      = 200
)

func parseConnection(s conf.Section) (connection, error) {
	c := connection{Timeout: defaultTimeout, Rate: defaultRate, Retry: retry{defaultTries, defaultWait}, BodyLimit: defaultBodyLimit}
	faults := []error{s.Decode(&c)}
	if s.Absent() {
		faults = append(faults, conf.MissingKey.At(s.Place(), "key", "connection.url", "want", "the API's address"))
	}
	base, err := url.Parse(c.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		base = &url.URL{Scheme: "http"}
		if c.URL != "" {
			faults = append(faults, wrongValue(s.Get("url"), "url", "this text", "an address such as https://api.example.gov.cn/v1"))
		}
	}
	if base.User != nil {
		faults = append(faults, wrongValue(s.Get("url"), "url", "an address with a password", "auth: {kind: basic, username: …, password: …}"))
	}
	if base.Path == "" {
		base.Path = "/"
	}
	c.base = base
	positive(&faults, s, "timeout", c.Timeout > 0, "a duration above 0")
	positive(&faults, s, "rate", c.Rate > 0, "requests a second, above 0")
	positive(&faults, s, "body_limit", c.BodyLimit > 0, "bytes, above 0")
	positive(&faults, s.Get("retry"), "tries", c.Retry.Tries >= 1, "1 or more")
	positive(&faults, s.Get("retry"), "wait", c.Retry.Wait > 0, "a duration above 0")
	return c, errors.Join(append(faults, c.Auth.check(s.Get("auth")))...)
}

func positive(faults *[]error, s conf.Section, key string, ok bool, want string) {
	if !ok {
		*faults = append(*faults, wrongValue(s.Get(key), key, "this value", want))
	}
}

func wrongValue(s conf.Section, key, value, want string) error {
	return conf.WrongValue.At(s.Place(), "key", key, "value", value, "want", want)
}

func (a *auth) check(s conf.Section) error {
	need := map[string]string{}
	switch a.Kind {
	case "", "none":
	case "basic":
		need["username"] = a.Username
	case "bearer":
		need["token"] = a.Token
	case "oauth2":
		need["token_url"], need["client_id"], need["client_secret"] = a.TokenURL, a.ClientID, a.ClientSecret
	default:
		return wrongValue(s.Get("kind"), "kind", "this value", "none, basic, bearer or oauth2")
	}
	var faults []error
	for _, key := range []string{"username", "token", "token_url", "client_id", "client_secret"} {
		if v, needed := need[key]; needed && v == "" {
			faults = append(faults, conf.MissingKey.At(s.Place(), "key", key, "want", "it goes with kind "+a.Kind))
		}
	}
	if a.TokenURL != "" {
		if u, err := url.Parse(a.TokenURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			faults = append(faults, wrongValue(s.Get("token_url"), "token_url", "this text", "the address that gives tokens"))
		}
	}
	if !slices.Contains([]string{"", "header", "form"}, a.In) {
		faults = append(faults, wrongValue(s.Get("in"), "in", "this value", "header or form"))
	}
	return errors.Join(faults...)
}

func parseRead(t *source.Table) (*read, error) {
	s := t.Read
	r := &read{section: s}
	r.Paging.Start = -1
	faults := []error{s.Decode(r)}
	if strings.Contains(r.Path, "://") || strings.ContainsAny(r.Path, "?#") {
		faults = append(faults, wrongValue(s.Get("path"), "path", "this text", "a path below connection.url, its parameters in query"))
	}
	if (r.OK.Path == "") != (len(r.OK.Is) == 0) {
		faults = append(faults, wrongValue(s.Get("ok"), "ok", "half a rule", "both path and is"))
	}
	faults = append(faults, r.Paging.check(s.Get("paging")), r.Since.check(s.Get("since")))
	if r.Paging.Keep && r.Since.Parameter != "" {
		faults = append(faults, wrongValue(s.Get("since"), "since", "beside paging.keep", "one of the two: both are marks"))
	}
	if t.Change == source.Snapshot && (r.Paging.Keep || r.Since.Parameter != "") {
		faults = append(faults, wrongValue(s, "change", "snapshot beside a mark", "a table without since and keep, or change: upsert"))
	}
	return r, errors.Join(faults...)
}

func (p *paging) check(s conf.Section) error {
	if p.Style == "" {
		p.Style = byNone
	}
	if !slices.Contains([]string{byPage, byOffset, byCursor, byLink, byNone}, p.Style) {
		return wrongValue(s.Get("style"), "style", "this value", "page, offset, cursor, link or none")
	}
	p.defaults()
	var faults []error
	positive(&faults, s, "size", p.Size > 0, "records a page, above 0")
	if p.Style == byCursor && p.Next == "" {
		faults = append(faults, conf.MissingKey.At(s.Place(), "key", "next", "want", "the path of the next token"))
	}
	if p.Keep && p.Style != byCursor {
		faults = append(faults, wrongValue(s.Get("keep"), "keep", "true here", "style: cursor beside it"))
	}
	return errors.Join(faults...)
}

func (p *paging) defaults() {
	if p.Parameter == "" {
		p.Parameter = map[string]string{byPage: "page", byOffset: "offset", byCursor: "cursor"}[p.Style]
	}
	if p.Start < 0 {
		p.Start = 0
		if p.Style == byPage {
			p.Start = 1
		}
	}
	if p.Size == 0 {
		p.Size = defaultSize
	}
}

func (s *since) check(at conf.Section) error {
	if at.Absent() {
		return nil
	}
	var faults []error
	for _, c := range []struct{ key, value, want string }{
		{"parameter", s.Parameter, "the query parameter"}, {"field", s.Field, "the field of the records"},
	} {
		if c.value == "" {
			faults = append(faults, conf.MissingKey.At(at.Place(), "key", c.key, "want", c.want))
		}
	}
	positive(&faults, at, "overlap", s.Overlap >= 0, "a duration, 0 or more")
	if !validFormat(s.Format) {
		faults = append(faults, wrongValue(at.Get("format"), "format", "this text", "rfc3339, datetime, date, unix, unix_ms, or the layout of 2006-01-02 15:04:05"))
	}
	return errors.Join(faults...)
}
