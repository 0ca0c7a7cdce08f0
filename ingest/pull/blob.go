package pull

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"huiliu/ingest/page"
	"huiliu/internal/seal"
)

// blobPiece is how much of a blob is sealed at a time.
const blobPiece = 1 << 20

// KeepBlob seals a record that is too large for a page into a file of its
// own below dir, named by the SHA-256 of its bytes, in pieces of a mebibyte
// each with its length before it. It returns the reject that stands for the
// record in its page; memory stays within a few pieces.
func KeepBlob(box *seal.Box, dir string, place page.Place, record io.Reader) (reject page.Reject, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return reject, fmt.Errorf("make blob folder: %w", err)
	}
	f, err := os.CreateTemp(dir, ".blob-*")
	if err != nil {
		return reject, fmt.Errorf("make blob: %w", err)
	}
	defer func() { err = errors.Join(err, removeIfThere(f.Name())) }()
	size, sum, head, err := writeBlob(box, f, record)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return reject, fmt.Errorf("write blob: %w", err)
	}
	name := hex.EncodeToString(sum)
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return reject, fmt.Errorf("name blob: %w", err)
	}
	return page.Reject{
		Place: place, Code: "record_too_large", Raw: head, Size: size,
		Cause: fmt.Sprintf("the record has %d bytes, a page takes %d; it is kept sealed as blob %s", size, page.MaxBytes, name),
		Mend:  "ask the department to send attachments and free text of this size apart from the record",
	}, nil
}

func writeBlob(box *seal.Box, f *os.File, record io.Reader) (size int64, sum, head []byte, err error) {
	hash, out, piece := sha256.New(), bufio.NewWriter(f), make([]byte, blobPiece)
	for n := 0; err == nil; {
		n, err = io.ReadFull(record, piece)
		if n == 0 {
			break
		}
		hash.Write(piece[:n])
		if size == 0 {
			head = append(head, piece[:min(n, page.RawLimit)]...)
		}
		size += int64(n)
		sealed := box.Seal(nil, piece[:n], "blob")
		out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(sealed))))
		out.Write(sealed)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return size, hash.Sum(nil), head, errors.Join(err, out.Flush())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
