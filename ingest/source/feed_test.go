package source_test

import (
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	_ "modernc.org/sqlite" // a database is made of testdata/raw/*.sql

	"huiliu/fixtures/sftpd"
	"huiliu/internal/conf"
)

// variable is one variable of a definition with its default.
var variable = regexp.MustCompile(`\$\{(\w+):(?:(http|mqtt|kafka)://)?[^}]*\}`)

// feed looks up a definition's variables: those whose default is an address
// point at a server that gives what lies in testdata/raw, the others at
// nothing, since overlay takes their place.
func feed(t *testing.T, raw string, definition []byte) func(string) (string, bool) {
	serve := map[string]func(*testing.T, string) string{"http": answers, "mqtt": messages, "kafka": topics}
	addresses := map[string]string{}
	for _, m := range variable.FindAllStringSubmatch(string(definition), -1) {
		name := m[1]
		if start := serve[m[2]]; start != nil && addresses[name] == "" {
			addresses[name] = start(t, raw)
		}
	}
	return func(name string) (string, bool) {
		if at, ok := addresses[name]; ok {
			return at, true
		}
		return "nowhere", true
	}
}

type answer struct {
	Request string            `yaml:"request,required"`
	Status  int               `yaml:"status"`
	Needs   map[string]string `yaml:"needs"`
	File    string            `yaml:"file"`
	Body    string            `yaml:"body"`
}

// answers serves what testdata/raw/answers.yaml lists, by method, path and
// sorted query; a request that is not there fails the test.
func answers(t *testing.T, raw string) string {
	t.Helper()
	path := filepath.Join(raw, "answers.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := conf.Parse(path, text, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]answer{}
	for _, item := range s.Get("answers").Items() {
		a := answer{Status: http.StatusOK}
		if err := item.Decode(&a); err != nil {
			t.Fatal(err)
		}
		if a.File != "" {
			body, err := os.ReadFile(filepath.Join(raw, a.File))
			if err != nil {
				t.Fatal(err)
			}
			a.Body = string(body)
		}
		known[a.Request] = a
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := r.Method + " " + r.URL.Path
		if q := r.URL.Query().Encode(); q != "" {
			request += "?" + q
		}
		a, ok := known[request]
		for name, want := range a.Needs {
			ok = ok && r.Header.Get(name) == want
		}
		if !ok {
			t.Errorf("%s is not in %s", request, path)
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.Status)
		fmt.Fprint(w, a.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// overlay is the connection to testdata/raw, nothing where the definition's
// own leads there by its variables.
func overlay(t *testing.T, raw string, definition conf.Section) conf.Section {
	t.Helper()
	protocol, err := definition.Get("connector").Scalar()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	switch protocol {
	case "files":
		text = fmt.Sprintf("{root: %q}", raw)
	case "sftp":
		text = sftpServer(t, raw)
	case "sql":
		text = fmt.Sprintf("{dialect: sqlite, database: %q}", database(t, raw))
	default:
		return conf.Section{}
	}
	s, err := conf.Parse("testdata", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sftpServer serves a folder and gives the connection to it.
func sftpServer(t *testing.T, raw string) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sftpd.Start(sftpd.Config{Address: "127.0.0.1:0", Folder: raw, User: "u", Password: "p", HostKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return fmt.Sprintf("{address: %q, user: u, password: p, host_key: %q, root: /, settle: 0s}", s.Address(), s.Fingerprint())
}

// database makes a database of every .sql file in a folder.
func database(t *testing.T, raw string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	scripts, err := filepath.Glob(filepath.Join(raw, "*.sql"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no .sql file in %s: %v", raw, err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range strings.Split(string(text), ";\n") {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%s: %v", script, err)
			}
		}
	}
	return path
}
