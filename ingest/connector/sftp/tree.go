package sftp

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"syscall"
)

// tree is the root over one connection (a files.Tree).
type tree struct {
	*root
	link *link
	// top is the root's absolute path on the server.
	top string
	// lost is why the connection counts for nothing more.
	lost error
}

// maxLinks is how many symbolic links one name may lead over.
const maxLinks = 40

// enter finds the root.
func (t *tree) enter() error {
	err := t.ask(func() (err error) {
		t.top, err = t.link.sftp.RealPath(t.Root)
		return err
	})
	if missing(err) {
		return t.rootMissing()
	}
	if err != nil {
		return err
	}
	return t.Sound()
}

func (t *tree) rootMissing() error {
	return RootMissing.At(t.place, "address", t.Address, "root", t.Root)
}

// ask makes one call to the server and waits for its answer. Whatever fails
// otherwise than by an answer that something is missing loses the tree, so
// that no listing passes over it.
func (t *tree) ask(call func() error) error {
	if t.lost != nil {
		return t.lost
	}
	done := t.link.wire.waiting()
	err := call()
	done()
	if err == nil || missing(err) {
		return err
	}
	// The cause is kept as text: a reader of compressed files would take an
	// io.EOF beneath for the file's own end.
	t.lost = Unreachable.At(t.place, "address", t.Address).Because(errors.New(err.Error()))
	return t.lost
}

// Sound implements files.Tree.
func (t *tree) Sound() error {
	var info fs.FileInfo
	err := t.ask(func() (err error) {
		info, err = t.link.sftp.Stat(t.top)
		return err
	})
	if missing(err) || err == nil && !info.IsDir() {
		return t.rootMissing()
	}
	return err
}

// Close implements files.Tree.
func (t *tree) Close() error {
	t.link.close()
	return nil
}

// resolve walks a name down from the root, over symbolic links that stay below
// it, and returns the path on the server. Servers differ in what RealPath
// makes of links, so it is done here.
func (t *tree) resolve(op, name string) (string, fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return "", nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	at, rest := t.top, strings.Split(name, "/")
	var info fs.FileInfo
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		err := t.ask(func() (err error) {
			if next == t.top { // the root itself may be a link
				info, err = t.link.sftp.Stat(next)
			} else {
				info, err = t.link.sftp.Lstat(next)
			}
			return err
		})
		if err != nil {
			return "", nil, &fs.PathError{Op: op, Path: name, Err: err}
		}
		rest = rest[1:]
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := t.target(next)
		if links++; err == nil && links > maxLinks {
			err = fs.ErrNotExist
		}
		if err != nil {
			return "", nil, &fs.PathError{Op: op, Path: name, Err: err}
		}
		at, rest = t.top, append(target, rest...)
		if len(rest) == 0 { // the link leads to the root itself
			rest = []string{"."}
		}
	}
	return at, info, nil
}

// target reads a symbolic link and returns its way from the root.
func (t *tree) target(link string) ([]string, error) {
	var target string
	err := t.ask(func() (err error) {
		target, err = t.link.sftp.ReadLink(link)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(link), target)
	}
	below, ok := strings.CutPrefix(path.Clean(target)+"/", strings.TrimSuffix(t.top, "/")+"/")
	if !ok {
		t.log.Warn("a link that leads out of the root is passed over", slog.String("link", link))
		return nil, fs.ErrNotExist
	}
	return strings.FieldsFunc(below, func(r rune) bool { return r == '/' }), nil
}

// Stat implements fs.StatFS.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	_, info, err := t.resolve("stat", name)
	return info, err
}

// ReadDir implements fs.ReadDirFS.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	at, info, err := t.resolve("readdir", name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOTDIR}
	}
	var infos []fs.FileInfo
	err = t.ask(func() (err error) {
		infos, err = t.link.sftp.ReadDir(at)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	entries := make([]fs.DirEntry, 0, len(infos))
	for _, i := range infos {
		entries = append(entries, fs.FileInfoToDirEntry(i))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Open implements fs.FS; the file is a files.File.
func (t *tree) Open(name string) (fs.File, error) {
	at, info, err := t.resolve("open", name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("%w: not a file", fs.ErrInvalid)}
	}
	f := &file{tree: t}
	err = t.ask(func() (err error) {
		f.remote, err = t.link.sftp.Open(at)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}
