// Package console is the page of `serve`: how fresh each department is, what
// is due, the heatmap, the trends, drafts and exports, and one button that
// makes a draft; and beside it the page on which people review links and
// suggestions. It reads published snapshots and finished files alone; what
// people say goes to the owner of the store.
package console

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"huiliu/marts/query"
)

//go:embed page.html review.html style.css page.js review.js
var assets embed.FS

// Work is what is done at the moment; What is empty when nothing is.
type Work struct {
	What  string    `json:"what"`
	Step  string    `json:"step"`
	Since time.Time `json:"since,omitzero"`
}

// Planned is one thing that runs on a schedule, with how it went last.
type Planned struct {
	Name                            string
	Next, Started, Ended, Succeeded time.Time
	Problem                         string
}

// Running reports whether it runs now, or was cut off.
func (p Planned) Running() bool { return !p.Started.IsZero() && p.Ended.IsZero() }

// Options is what the page shows and does.
type Options struct {
	// Site is the site's name; times are shown in Zone.
	Site string
	Zone *time.Location
	// Host is the name or address that the page is served at.
	Host string
	// Store is the folder of everything that is written.
	Store   string
	Metrics *Metrics
	Work    func() Work
	Planned func() []Planned
	// Draft makes a report draft of a quarter such as 2025Q4; it waits for its
	// turn.
	Draft func(ctx context.Context, period string) error
	// Decide writes a person's word on a link or a suggestion; it waits for its
	// turn.
	Decide func(ctx context.Context, d Decision) error
}

// Console is the page and what belongs to it. It is safe for concurrent use.
type Console struct {
	Options
	mux     *http.ServeMux
	page    *template.Template
	version string // of the assets, so that browsers fetch new ones

	mu    sync.Mutex
	draft draftState
	said  map[[3]string]said // by what they are about
}

// draftState is the draft that was asked for last.
type draftState struct {
	Period  string    `json:"period,omitempty"`
	Asked   time.Time `json:"asked,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Problem string    `json:"problem,omitempty"`
}

// New returns the page.
func New(o Options) *Console {
	c := &Console{Options: o, mux: http.NewServeMux(), said: map[[3]string]said{}}
	sum := sha256.New()
	for _, name := range []string{"style.css", "page.js", "review.js"} {
		raw, _ := assets.ReadFile(name) // it is embedded
		sum.Write(raw)
	}
	c.version = hex.EncodeToString(sum.Sum(nil)[:6])
	c.page = template.Must(template.New("page.html").Funcs(template.FuncMap{
		"moment": c.moment, "since": c.since, "lines": lines,
		"label": func(entity string) string { return entityLabels[entity] },
		"other": func(n int64) int64 { return n - 1 },
		"one":   func(entity string) string { return oneLabels[entity] },
		"word":  func(word string) string { return wordLabels[word] },
		"day":   func(t time.Time) string { return t.Format(time.DateOnly) },
	}).ParseFS(assets, "*.html"))
	c.mux.HandleFunc("GET /{$}", c.overview)
	c.mux.HandleFunc("GET /state", c.state)
	c.mux.HandleFunc("POST /draft", c.makeDraft)
	c.mux.HandleFunc("GET /review", c.review)
	c.mux.HandleFunc("POST /review", c.decide)
	c.mux.HandleFunc("GET /asset/{version}/{name}", c.asset)
	c.mux.HandleFunc("GET /files/{path...}", c.file)
	c.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	c.mux.HandleFunc("GET /readyz", c.ready)
	c.mux.Handle("GET /metrics", o.Metrics.handler())
	return c
}

// ServeHTTP answers a browser. A request that changes something is taken from
// the page itself alone.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'")
	if !c.known(r.Host) && !slices.Contains(watched, r.URL.Path) {
		http.Error(w, "请用本机的 IP 地址或主机名访问；用其他名称时，请在配置 serve.address 中写明", http.StatusForbidden)
		return
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		http.Error(w, "请从本页面操作", http.StatusForbidden)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// watched are the pages that tell nothing of anybody: a monitor may ask for
// them by any name.
var watched = []string{"/metrics", "/healthz", "/readyz"}

// known reports whether a request names this machine: by an address, as
// localhost, by the machine's name or by the name that the configuration
// serves at. A page of another site that has its own name lead here ("DNS
// rebinding") would else pass for one of these.
func (c *Console) known(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if net.ParseIP(name) != nil || strings.EqualFold(name, "localhost") || c.Host != "" && strings.EqualFold(name, c.Host) {
		return true
	}
	own, err := os.Hostname()
	return err == nil && strings.EqualFold(name, own)
}

func (c *Console) overview(w http.ResponseWriter, r *http.Request) {
	v, err := c.view(r.Context())
	if err != nil {
		v.Problem = err.Error()
	}
	c.show(w, r, http.StatusOK, "page.html", v)
}

// show writes a page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, name string, v any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := c.page.ExecuteTemplate(w, name, v); err != nil && r.Context().Err() == nil {
		fmt.Fprintf(w, "<p>页面未能完整生成：%s</p>", template.HTMLEscapeString(err.Error()))
	}
}

// state is what the page asks for while something is done.
func (c *Console) state(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	draft := c.draft
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{"work": c.Work(), "draft": draft}) // a reader that has gone needs no answer
}

var quarter = regexp.MustCompile(`^20\d\dQ[1-4]$`)

// makeDraft starts a draft and returns at once; the page follows its progress.
func (c *Console) makeDraft(w http.ResponseWriter, r *http.Request) {
	period := r.FormValue("period")
	if !quarter.MatchString(period) {
		http.Error(w, "季度写作 2025Q4", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	busy := !c.draft.Asked.IsZero() && c.draft.Ended.IsZero()
	if !busy {
		c.draft = draftState{Period: period, Asked: time.Now()}
	}
	c.mu.Unlock()
	if !busy {
		ctx := context.WithoutCancel(r.Context()) // the reader need not wait
		go func() {
			err := c.Draft(ctx, period)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.draft.Ended = time.Now()
			if err != nil {
				c.draft.Problem = err.Error()
			}
		}()
	}
	http.Redirect(w, r, "/#draft", http.StatusSeeOther)
}

func (c *Console) asset(w http.ResponseWriter, r *http.Request) {
	raw, err := assets.ReadFile(r.PathValue("name"))
	if err != nil || filepath.Ext(r.PathValue("name")) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}[filepath.Ext(r.PathValue("name"))])
	_, _ = w.Write(raw)
}

// file gives a finished report or export: nothing else of the store can be
// reached, whatever the path says.
func (c *Console) file(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	if !filepath.IsLocal(path) || !shown(path) {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(c.Store)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	f, err := root.Open(path)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	switch filepath.Ext(path) {
	case ".html", ".svg": // made here, whole in themselves, with scripts and styles of their own
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; sandbox allow-scripts")
	case ".png":
	default:
		w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''`+template.URLQueryEscaper(filepath.Base(path)))
	}
	http.ServeContent(w, r, path, info.ModTime(), f)
}

// ready says whether there is something to show.
func (c *Console) ready(w http.ResponseWriter, r *http.Request) {
	_, err := os.Stat(filepath.Join(c.Store, "snapshots", "current", "office", "manifest.json"))
	if err != nil {
		http.Error(w, "nothing is published yet", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

func (c *Console) moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(c.Zone).Format("2006-01-02 15:04")
}

// since says how long ago something was, as a person would.
func (c *Console) since(t time.Time) string {
	if t.IsZero() {
		return "从未"
	}
	switch d := time.Since(t); {
	case d < time.Minute:
		return "刚刚"
	case d < time.Hour:
		return fmt.Sprintf("%d 分钟前", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d 小时前", int(d.Hours()))
	default:
		return fmt.Sprintf("%d 天前", int(d.Hours()/24))
	}
}

// open pins the current snapshot as the office may see it.
func (c *Console) open(ctx context.Context) (*query.DB, error) {
	d, err := query.Open(ctx, filepath.Join(c.Store, "snapshots"), "office")
	if errors.Is(err, fs.ErrNotExist) || query.NoSnapshot.Is(err) {
		return nil, nil
	}
	return d, err
}
