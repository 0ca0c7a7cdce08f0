// Package backup keeps what a site can't make again and brings it back: the
// store, the archive of pages, reports, exports, and the configuration. The
// broker's folder and the snapshots are not kept: a log without its pages is a
// new log to pullers and loader, who go on from the store's marks, and
// snapshots are built from the store. The site's key is never in a backup.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiliu/internal/aside"
	"huiliu/internal/fault"
	"huiliu/marts/store"
)

// Faults of backups.
var (
	// NotEmpty is raised when a restore would mix with what is there.
	NotEmpty = &fault.Kind{
		Code: "restore_not_empty", Class: fault.Input,
		Cause: fault.Text{EN: "the folder is not empty", ZH: "目标目录不为空"},
		Mend:  fault.Text{EN: "name a folder that is not there yet with --store", ZH: "请用 --store 指定一个尚不存在的目录"},
	}
	// NoBackup is raised for a folder that is no whole backup.
	NoBackup = &fault.Kind{
		Code: "restore_no_backup", Class: fault.Input,
		Cause: fault.Text{EN: "this is no backup, or one that was never finished", ZH: "这不是备份，或备份未完成"},
		Mend:  fault.Text{EN: "name a folder that `huiliu backup` printed", ZH: "请指定 `huiliu backup` 输出的目录"},
	}
	// Damaged is raised for a file that is not as it was written.
	Damaged = &fault.Kind{
		Code: "restore_damaged", Class: fault.Failed,
		Cause: fault.Text{EN: "{file} is missing or not as it was backed up", ZH: "{file} 缺失或与备份时不一致"},
		Mend:  fault.Text{EN: "use another backup; nothing was restored", ZH: "请改用其他备份；未恢复任何内容"},
	}
	// OtherKey is raised when the key at hand opens nothing of the backup.
	OtherKey = &fault.Kind{
		Code: "restore_other_key", Class: fault.Input,
		Cause: fault.Text{EN: "the backup belongs to key {want}, at hand is {have}", ZH: "备份所用密钥为 {want}，当前密钥为 {have}"},
		Mend:  fault.Text{EN: "give the site's own key file with HUILIU_KEY_FILE", ZH: "请用 HUILIU_KEY_FILE 指定本街道的密钥文件"},
	}
)

const (
	manifestName = "manifest.json"
	database     = "store/huiliu.duckdb"
)

// File is one file of a backup.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Manifest says what a backup holds; it is written last.
type Manifest struct {
	Site    string    `json:"site"`
	Version string    `json:"version"`
	KeyID   string    `json:"key_id"`
	Made    time.Time `json:"made"`
	Files   []File    `json:"files"`
}

// kept are the parts below a store's folder that a backup holds beside the
// database.
var kept = []string{"store/pages", "reports", "exports", "runs"}

// Options is what a backup is made of.
type Options struct {
	Store *store.Store
	// Config is the configuration's file, kept as huiliu.yaml.
	Config               string
	Site, Version, KeyID string
	Now                  time.Time
}

// Make writes a backup below a folder and returns its own:
// <to>/<site>-<time>. The store must have no transaction under way: its
// database is checkpointed and copied while this process holds its lock. A
// page of the archive that a former backup beside it holds is linked, not
// copied: pages never change.
func Make(ctx context.Context, o Options, to string) (folder string, m Manifest, err error) {
	m = Manifest{Site: o.Site, Version: o.Version, KeyID: o.KeyID, Made: o.Now.UTC().Truncate(time.Second)}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return "", m, store.Explain(to, fmt.Errorf("make backup folder: %w", err))
	}
	before, err := former(to, o.Site)
	if err != nil {
		return "", m, err
	}
	partial, err := os.MkdirTemp(to, ".partial-*")
	if err != nil {
		return "", m, store.Explain(to, fmt.Errorf("make backup folder: %w", err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }() // nothing is there once it was moved
	if _, err := o.Store.DB().ExecContext(ctx, "CHECKPOINT store"); err != nil {
		return "", m, fmt.Errorf("checkpoint store: %w", err)
	}
	var files []string
	for _, part := range kept {
		found, err := filesBelow(o.Store.Dir(), part)
		if err != nil {
			return "", m, err
		}
		files = append(files, found...)
	}
	keep := func(from, path string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := copyFile(from, filepath.Join(partial, path), filepath.Join(before, path), strings.HasPrefix(path, "store/pages/"))
		if err != nil {
			return store.Explain(to, fmt.Errorf("back up %s: %w", path, err))
		}
		f.Path = path
		m.Files = append(m.Files, f)
		return nil
	}
	for _, path := range files {
		if err := keep(filepath.Join(o.Store.Dir(), path), path); err != nil {
			return "", m, err
		}
	}
	if err := keep(o.Config, "huiliu.yaml"); err != nil {
		return "", m, err
	}
	// The database comes last: closing a file gives up the process's lock on
	// it (POSIX), and with it what keeps another writer out.
	if err := keep(filepath.Join(o.Store.Dir(), database), database); err != nil {
		return "", m, err
	}
	raw, err := json.MarshalIndent(&m, "", "  ")
	if err != nil {
		return "", m, fmt.Errorf("write manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(partial, manifestName), append(raw, '\n'), 0o600); err != nil {
		return "", m, store.Explain(to, fmt.Errorf("write manifest: %w", err))
	}
	folder = filepath.Join(to, o.Site+"-"+m.Made.Format("20060102T150405Z"))
	return folder, m, aside.Place(partial, folder)
}

// former is the newest backup of a site in a folder, a name of nothing when
// there is none.
func former(to, site string) (string, error) {
	found, err := filepath.Glob(filepath.Join(to, site+"-*", manifestName))
	if err != nil {
		return "", fmt.Errorf("look for former backups: %w", err)
	}
	if len(found) == 0 {
		return filepath.Join(to, ".none"), nil
	}
	return filepath.Dir(slices.Max(found)), nil
}

// filesBelow lists a part's files by their slashed paths below root, in order;
// what is half written, or steps aside, is none.
func filesBelow(root, part string) (out []string, err error) {
	err = filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), aside.Old)) {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(root, path)
		if err == nil && entry.Type().IsRegular() {
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", part, err)
	}
	return out, nil
}

// copyFile copies and syncs a file, or links the one that a former backup has
// of it, and returns its size and hash.
func copyFile(from, to, former string, unchanging bool) (f File, err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f, err
	}
	in, err := os.Open(from)
	if err != nil {
		return f, err
	}
	defer in.Close()
	sum := sha256.New()
	if unchanging && os.Link(former, to) == nil {
		if f.Size, err = io.Copy(sum, in); err != nil {
			return f, err
		}
		f.SHA256 = hex.EncodeToString(sum.Sum(nil))
		return f, check(to, f)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return f, err
	}
	f.Size, err = io.Copy(io.MultiWriter(out, sum), in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return f, err
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, nil
}

// check compares a file with what is written of it.
func check(path string, f File) error {
	in, err := os.Open(path)
	if err != nil {
		return Damaged.At(path, "file", f.Path).Because(err)
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, in)
	if err != nil || n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return Damaged.At(path, "file", f.Path).Because(err)
	}
	return nil
}

// Read returns a backup's manifest.
func Read(from string) (Manifest, error) {
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(from, manifestName))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, NoBackup.At(from).Because(err)
	}
	return m, nil
}

// Restore brings a backup into a folder that is not there or empty. Every file
// is verified before anything is put in its place; keyID is the key's at hand.
func Restore(ctx context.Context, from, dir, keyID string) (Manifest, error) {
	m, err := Read(from)
	if err != nil {
		return m, err
	}
	if m.KeyID != keyID {
		return m, OtherKey.At(from, "want", m.KeyID, "have", keyID)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("look at %s: %w", dir, err)
	}
	for _, e := range entries {
		if e.Name() != "key" && e.Name() != "runs" { // the key's, and the log of this very command
			return m, NotEmpty.At(dir)
		}
	}
	for _, f := range m.Files {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		if !filepath.IsLocal(f.Path) {
			return m, Damaged.At(from, "file", f.Path)
		}
		if err := check(filepath.Join(from, f.Path), f); err != nil {
			return m, err
		}
	}
	for _, f := range m.Files {
		to := filepath.Join(dir, f.Path)
		if f.Path == "huiliu.yaml" {
			continue // it is the operator's to put where it belongs
		}
		if err := os.RemoveAll(to); err != nil {
			return m, fmt.Errorf("restore %s: %w", f.Path, err)
		}
		if _, err := copyFile(filepath.Join(from, f.Path), to, "", false); err != nil {
			return m, store.Explain(dir, fmt.Errorf("restore %s: %w", f.Path, err))
		}
	}
	return m, nil
}
