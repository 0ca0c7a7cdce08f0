package sftp

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/pkg/sftp"
)

// windowSize is how much is asked for at once, in bytes: the many small reads
// of a workbook would else each take the way to the server and back.
const windowSize = 256 << 10

// file is an opened file on the server (a files.File).
type file struct {
	tree   *tree
	remote *sftp.File
	offset int64
	// window is what was read last, from start on.
	window []byte
	start  int64
}

// Stat implements fs.File.
func (f *file) Stat() (info fs.FileInfo, err error) {
	err = f.tree.ask(func() (err error) {
		info, err = f.remote.Stat()
		return err
	})
	return info, err
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.some(p, f.offset)
	f.offset += int64(n)
	return n, err
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := f.some(p[done:], offset+int64(done))
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// some reads at least one byte, or says why not.
func (f *file) some(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, fmt.Errorf("read at %d: %w", offset, fs.ErrInvalid)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if offset >= f.start && offset < f.start+int64(len(f.window)) {
		return copy(p, f.window[offset-f.start:]), nil
	}
	if len(p) >= windowSize {
		return f.fetch(p, offset)
	}
	if f.window == nil {
		f.window = make([]byte, windowSize)
	}
	n, err := f.fetch(f.window[:windowSize], offset)
	f.window, f.start = f.window[:n], offset
	if n == 0 {
		return 0, err
	}
	return copy(p, f.window), nil // an end is met again by the next read
}

// fetch reads from the server. A connection that ends looks like the file's
// end to the library, so the end counts once the server was heard after it.
func (f *file) fetch(p []byte, offset int64) (n int, err error) {
	ended := false
	err = f.tree.ask(func() error {
		got, err := f.remote.ReadAt(p, offset)
		n = got
		if ended = err == io.EOF; ended {
			_, err = f.remote.Stat()
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if ended && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Seek implements io.Seeker.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		offset += info.Size()
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d: %w", offset, fs.ErrInvalid)
	}
	f.offset = offset
	return offset, nil
}

// Close implements fs.File.
func (f *file) Close() error { return f.tree.ask(f.remote.Close) }
