package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (s *site) fails(code string, args ...string) {
	s.t.Helper()
	c, out := s.start(args...)
	if err := c.Wait(); err == nil || !strings.Contains(out.String(), "["+code+"]") {
		s.t.Errorf("huiliu %v: %v, want %s\n%s", args, err, code, out)
	}
}

// A site that is restored on an empty machine publishes the same, and goes on
// pulling to the same end as the one that was backed up: with nothing of the
// broker, whatever was under way there.
func TestBackupAndRestore(t *testing.T) {
	s := newSite(t, "backup")
	s.feed(4_000)
	s.must("run")
	s.must("export", "run", "trends")
	want := s.published()
	// Pages that were published and not loaded when the backup was made are
	// read again from the source.
	s.write("feeds/requests/9.csv", "id,title,asked,updated,category,phone,caller\nlate-1,路灯,2025-12-01 10:00:00,2025-12-02 00:00:00,类别1,13800000001,张\n", 0o644)
	s.must("pull")
	s.must("backup", s.path("backups"))
	s.must("backup", s.path("backups")) // within the second it takes the place of the one before
	folders, err := filepath.Glob(s.path("backups", "backup-*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("%v, %v", folders, err)
	}
	from := folders[0]
	if found, _ := filepath.Glob(filepath.Join(from, "key*")); len(found) > 0 {
		t.Errorf("the key is in the backup: %v", found)
	}

	other := newSite(t, "backup")
	if err := os.Rename(s.path("feeds"), other.path("feeds")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other.path("feeds"), s.path("feeds")); err != nil {
		t.Fatal(err)
	}
	other.must("restore", from)
	other.must("build")
	if d := cmp.Diff(want, other.published()); d != "" {
		t.Errorf("restored: %s", d)
	}
	for _, one := range []*site{s, other} {
		one.must("run")
	}
	after := s.published()
	if cmp.Equal(want["core.service_request"], after["core.service_request"]) {
		t.Error("nothing came after the backup")
	}
	if d := cmp.Diff(after, other.published()); d != "" {
		t.Errorf("gone on: %s", d)
	}
	if _, err := os.Stat(other.path("var", "exports", "trends")); err != nil {
		t.Error("the exports are not restored", err)
	}

	other.fails("restore_not_empty", "restore", from)
	third := newSite(t, "backup")
	third.fails("restore_no_backup", "restore", s.path("feeds"))
	third.write("key", strings.Repeat("fedcba9876543210", 4)+"\n", 0o600)
	third.fails("restore_other_key", "restore", from)
	fourth := newSite(t, "backup")
	page, err := filepath.Glob(filepath.Join(from, "store", "pages", "requests", "*", "*"))
	if err != nil || len(page) == 0 {
		t.Fatal(page, err)
	}
	raw, err := os.ReadFile(page[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(page[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	fourth.fails("restore_damaged", "restore", from)
	if _, err := os.Stat(fourth.path("var", "store", "huiliu.duckdb")); err == nil {
		t.Error("a damaged backup was restored in part")
	}
}
