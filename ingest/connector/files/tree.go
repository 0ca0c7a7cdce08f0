package files

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// Root is where a source's files lie: a local folder, or one on another
// machine. It is safe for concurrent use.
type Root interface {
	// Name is what faults call it.
	Name() string
	// Open connects to it, for one reader. It faults where it can't be reached
	// or is not there.
	Open(ctx context.Context) (Tree, error)
}

// Tree is an opened root, used by one goroutine. Names are those of fs.FS.
// What Open returns is a File, unless it is a folder. A tree that was lost
// stays so: the reader opens another.
type Tree interface {
	fs.StatFS
	fs.ReadDirFS
	// Sound faults when the tree was lost or its root is gone. Listing passes
	// over what it may not read, so an absent file says nothing before Sound
	// was asked.
	Sound() error
	Close() error
}

// File is an opened file of a tree.
type File interface {
	fs.File
	io.Seeker
	io.ReaderAt
}

// local is a folder of this machine.
type local struct{ dir, place string }

// Name implements Root.
func (l local) Name() string { return l.dir }

// Open implements Root.
func (l local) Open(context.Context) (Tree, error) {
	t := &localTree{dirFS: os.DirFS(l.dir).(dirFS), local: l} // as os.DirFS promises
	return t, t.Sound()
}

// dirFS is what os.DirFS gives.
type dirFS interface {
	fs.StatFS
	fs.ReadDirFS
}

type localTree struct {
	dirFS
	local local
}

// Sound implements Tree.
func (t *localTree) Sound() error {
	if info, err := os.Stat(t.local.dir); err != nil || !info.IsDir() {
		return rootMissing.At(t.local.place, "root", t.local.dir)
	}
	return nil
}

// Close implements Tree; nothing is held open.
func (t *localTree) Close() error { return nil }

// openFile opens a file of a tree for reading at any place.
func openFile(t Tree, name string) (File, error) {
	opened, err := t.Open(name)
	if err != nil {
		return nil, err
	}
	f, ok := opened.(File)
	if !ok {
		opened.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return f, nil
}
