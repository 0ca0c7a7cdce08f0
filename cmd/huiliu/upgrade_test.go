package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/seal"
	"huiliu/marts/backup"
)

const earlySite = "testdata/upgrade"

// earlySiteAt is the early site's configuration and feeds, without a store.
func earlySiteAt(t *testing.T) *site {
	t.Helper()
	s := newSite(t, "early")
	config, err := os.ReadFile(filepath.Join(earlySite, "huiliu.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("huiliu.yaml", string(config), 0o644)
	if err := os.CopyFS(s.path("feeds"), os.DirFS(filepath.Join(earlySite, "feeds"))); err != nil {
		t.Fatal(err)
	}
	return s
}

// earlyStore puts the early store below a folder; change is done to it then.
func earlyStore(t *testing.T, dir, change string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(earlySite, "store.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "store", "pages"), os.DirFS(filepath.Join(earlySite, "pages"))); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "store", "huiliu.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(string(text) + change); err != nil {
		t.Fatal(err)
	}
}

// withoutColumns is an earlier form still: attributes that came later, of
// which the early feeds fill none.
const withoutColumns = `;
	ALTER TABLE load.service_request DROP COLUMN channel; ALTER TABLE load.service_request DROP COLUMN agency;
	ALTER TABLE load.building DROP COLUMN lifts; DROP TABLE load.hazard; UPDATE load.meta SET value = '0'`

// The program of today opens a store that an early one wrote, or a backup of
// it, reads nothing again, publishes what a store of its own publishes, goes
// on pulling to the same end, and does the early pages again.
func TestUpgradeOfAnEarlyStore(t *testing.T) {
	fresh := earlySiteAt(t)
	fresh.must("run")
	first := fresh.published()
	late := "id,title,asked,updated,category,phone,caller\n1,路灯已修,2025-10-03 10:00:00,2025-12-20 00:00:00,市容,13800000001,甲\n8,路灯,2025-12-21 10:00:00,2025-12-21 10:00:00,市容,13800000008,庚\n"
	houses := "no,name,grade\nB1,一号楼,A\nB2,二号楼,A\nB4,四号楼,A\n"
	more := func(s *site) {
		s.write("feeds/requests/3.csv", late, 0o644)
		s.write("feeds/houses/houses_20250301.csv", houses, 0o644)
		s.must("run")
	}
	more(fresh)
	second := fresh.published()
	if cmp.Equal(first, second) || strings.Contains(second["core.building"], "0 rows") {
		t.Fatalf("the site gives nothing to compare: %v", second)
	}
	for name, place := range map[string]func(*site){
		"as it was":     func(s *site) { earlyStore(t, s.path("var"), "") },
		"earlier still": func(s *site) { earlyStore(t, s.path("var"), withoutColumns) },
		"from a backup": func(s *site) { s.must("restore", earlyBackup(t, s, withoutColumns)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := earlySiteAt(t)
			place(s)
			s.must("run")
			if d := cmp.Diff(first, s.published()); d != "" {
				t.Errorf("published at once: %s", d)
			}
			more(s)
			if d := cmp.Diff(second, s.published()); d != "" {
				t.Errorf("gone on: %s", d)
			}
			s.must("reprocess")
			after := s.published()
			if after["ledger"] == second["ledger"] {
				t.Error("no early page was done again")
			}
			for _, table := range []string{"core.service_request", "core.building", "core.event"} {
				if after[table] != second[table] {
					t.Errorf("%s after the early pages were done again: %s, want %s", table, after[table], second[table])
				}
			}
		})
	}
}

// earlyBackup is a backup that holds the early store.
func earlyBackup(t *testing.T, s *site, change string) string {
	t.Helper()
	dir := s.path("backup")
	earlyStore(t, dir, change)
	key, err := seal.ReadKey(s.path("key"))
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.NewBox(seal.AES, key)
	if err != nil {
		t.Fatal(err)
	}
	m := backup.Manifest{Site: "early", KeyID: box.KeyID()}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		sum := sha256.Sum256(raw)
		m.Files = append(m.Files, backup.File{Path: filepath.ToSlash(rel), Size: int64(len(raw)), SHA256: hex.EncodeToString(sum[:])})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	s.write("backup/manifest.json", string(text), 0o600)
	return dir
}
