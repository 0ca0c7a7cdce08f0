package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"huiliu/cmd/huiliu/config"
	"huiliu/internal/seal"
	"huiliu/marts/backup"
)

type backupCmd struct {
	To string `arg:"" help:"The folder that backups go to; one of its own is made in it." placeholder:"DIR"`
}

func (backupCmd) writes() bool { return true }

func (c backupCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close(), a.closeConnectors()) }()
	folder, m, err := backup.Make(ctx, backup.Options{
		Store: s, Config: e.Config, Site: a.config.ID, Version: version, KeyID: a.box.KeyID(), Now: time.Now(),
	}, in(e.dir, c.To))
	if err != nil {
		return result{}, err
	}
	size := int64(0)
	for _, f := range m.Files {
		size += f.Size
	}
	return result{summary: fmt.Sprintf("%s: %s, %d MB; the key (%s) is not in it, keep it elsewhere", folder, many(len(m.Files), "file"), size>>20, m.KeyID), value: m}, nil
}

type restoreCmd struct {
	From string `arg:"" help:"A folder that backup printed." placeholder:"DIR"`
}

func (c restoreCmd) run(ctx context.Context, e *env) (result, error) {
	cfg, err := config.Load(e.Config)
	if err != nil {
		return result{}, err
	}
	// The site's own key must be at hand: one made here would open nothing.
	path := os.Getenv("HUILIU_KEY_FILE")
	if path == "" {
		path = filepath.Join(e.Store, "key", "site.key")
	}
	key, err := seal.ReadKey(path)
	if err != nil {
		return result{}, err
	}
	box, err := seal.NewBox(cfg.Suite, key)
	if err != nil {
		return result{}, err
	}
	m, err := backup.Restore(ctx, c.From, e.Store, box.KeyID())
	if err != nil {
		return result{}, err
	}
	return result{summary: fmt.Sprintf("restored %s of %s into %s; next: huiliu build, then huiliu run (its configuration of then: %s)", m.Site, m.Made.Format(time.DateTime), e.Store, filepath.Join(c.From, "huiliu.yaml")), value: m}, nil
}
