package load

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"huiliu/ingest/page"
)

// archiveSyncs is how many files are synced at a time.
const archiveSyncs = 8

// newArchive returns a group that writes pages beside a transaction, which
// waits for it before it commits.
func newArchive() *errgroup.Group {
	group := &errgroup.Group{}
	group.SetLimit(archiveSyncs)
	return group
}

// archive writes the sealed page to a file and syncs it.
func (l *Loader) archive(group *errgroup.Group, it *item) {
	if it.stop != nil || it.dropped || it.replay {
		return
	}
	it.file = l.archiveName(it)
	path, sealed := filepath.Join(l.Store.PagesDir(), it.file), it.sealed
	it.sealed = nil
	group.Go(func() error { return writeArchive(path, &it.header, sealed) })
}

func (l *Loader) archiveName(it *item) string {
	return filepath.Join(it.feed.source, l.AsOf.Format("2006-01"), fmt.Sprintf("%x-%016x", it.header.Sum, it.id))
}

// writeArchive writes one page: the length of its header, the header as JSON,
// the sealed bytes as they came over Kafka.
func writeArchive(path string, h *page.Header, sealed []byte) error {
	head, err := json.Marshal(h.Pairs())
	if err != nil {
		return fmt.Errorf("archive page: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("archive page: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("archive page: %w", err)
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(head)+len(sealed)), uint32(len(head)))
	out = append(append(out, head...), sealed...)
	_, err = f.Write(out)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("archive page: %w", err)
	}
	return nil
}

// readArchive reads a page's file back.
func readArchive(path string) (page.Header, []byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return page.Header{}, nil, fmt.Errorf("read archived page: %w", err)
	}
	if len(raw) < 4 || uint64(binary.BigEndian.Uint32(raw))+4 > uint64(len(raw)) {
		return page.Header{}, nil, fmt.Errorf("archived page %s is cut", filepath.Base(path))
	}
	n := binary.BigEndian.Uint32(raw)
	var pairs []page.Pair
	if err := json.Unmarshal(raw[4:4+n], &pairs); err != nil {
		return page.Header{}, nil, fmt.Errorf("archived page %s: %w", filepath.Base(path), err)
	}
	h, err := page.ParseHeader(pairs)
	return h, raw[4+n:], err
}

// expireArchive forgets the files of pages that are older than their source's
// retention; sweepArchive then removes them. The pages stay in the list: what
// they became, and where it came from, is known as before, but a reprocess
// can't do them again.
func (l *Loader) expireArchive(ctx context.Context) error {
	result, err := l.session.Conn().ExecContext(ctx, `UPDATE store.load.page AS p SET file = '' FROM store.load.feed f
		WHERE f.source = p.source AND f.source_table = p.source_table AND f.retention_days > 0 AND p.file <> '' AND p.committed_at < ?::TIMESTAMP - to_days(f.retention_days)`, l.Now().UTC())
	if err != nil {
		return fmt.Errorf("expire archive: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		l.Log.Info("archived pages are past their retention", "pages", n)
	}
	return nil
}

// sweepArchive removes files that no committed page names: they were written
// for a transaction that did not commit, or are past their retention. Only the folders of the last months
// can hold any, and all of them are looked at.
func (l *Loader) sweepArchive(ctx context.Context) error {
	root := l.Store.PagesDir()
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	rows, err := l.session.Conn().QueryContext(ctx, "SELECT file FROM store.load.page")
	if err != nil {
		return fmt.Errorf("list archived pages: %w", err)
	}
	defer rows.Close()
	named := map[string]bool{}
	for rows.Next() {
		var file string
		if err := rows.Scan(&file); err != nil {
			return fmt.Errorf("list archived pages: %w", err)
		}
		named[file] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list archived pages: %w", err)
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && entry.IsDir() && entry.Name() == "blobs" {
				return filepath.SkipDir
			}
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || named[name] {
			return err
		}
		return os.Remove(path)
	})
}
