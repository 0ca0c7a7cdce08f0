package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"huiliu/internal/seal"
)

// magic begins every payload; its last byte is the version of the layout:
// magic, length of the Arrow part, the Arrow IPC stream (LZ4 frames), and the
// rejects as JSON.
var magic = []byte("HLP\x01")

// ErrPayload says that unsealed bytes are no page: the writer was broken.
var ErrPayload = errors.New("payload is no page")

// ErrSum says that a payload is not the one its header was written for.
var ErrSum = errors.New("payload does not match the header's SHA-256")

// Encode writes the builder's records and rejects as a payload and fills the
// header's Rows, Rejects, Schema and Sum.
func (b *Builder) Encode(h *Header) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(b.bytes/2 + 4096)
	out.Write(magic)
	out.Write(make([]byte, 4))
	if b.Len() > 0 {
		if err := b.encodeRecords(&out, h); err != nil {
			return nil, err
		}
	}
	payload := out.Bytes()
	binary.BigEndian.PutUint32(payload[len(magic):], uint32(len(payload)-len(magic)-4))
	if len(b.rejects) > 0 {
		rejects, err := json.Marshal(b.rejects)
		if err != nil {
			return nil, fmt.Errorf("encode rejects: %w", err)
		}
		payload = append(payload, rejects...)
	}
	h.Rows, h.Rejects, h.Sum = int64(b.Len()), int64(len(b.rejects)), sha256.Sum256(payload)
	return payload, nil
}

func (b *Builder) encodeRecords(out *bytes.Buffer, h *Header) error {
	record, err := b.batch()
	if err != nil {
		return err
	}
	defer record.Release()
	w := ipc.NewWriter(out, ipc.WithSchema(record.Schema()), ipc.WithLZ4())
	if err := errors.Join(w.Write(record), w.Close()); err != nil {
		return fmt.Errorf("encode records: %w", err)
	}
	h.Schema = fingerprint(b.fields())
	return nil
}

func (b *Builder) fields() []Field {
	fields := make([]Field, len(b.columns))
	for i := range b.columns {
		fields[i] = b.columns[i].field
	}
	return fields
}

func fingerprint(fields []Field) string {
	h := fnv.New64a()
	for _, f := range fields {
		fmt.Fprintf(h, "%q %s\n", f.Name, f.Kind)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seal seals a payload for one header: the sum binds the two together.
func Seal(box *seal.Box, h *Header, payload []byte) []byte {
	return box.Seal(make([]byte, 0, len(payload)+seal.Overhead), payload, sealContext(h))
}

func sealContext(h *Header) string { return "page " + h.Site + "/" + h.Source + "/" + h.Table }

// Open unseals, checks and decodes a page. Errors: seal.ErrForeignKey,
// seal.ErrDamaged, ErrSum, ErrPayload.
func Open(box *seal.Box, h Header, sealed []byte) (*Page, error) {
	payload, err := box.Open(make([]byte, 0, len(sealed)), sealed, sealContext(&h))
	if err != nil {
		return nil, fmt.Errorf("unseal page: %w", err)
	}
	if sha256.Sum256(payload) != h.Sum {
		return nil, ErrSum
	}
	batch, rejects, err := Decode(payload)
	if err != nil {
		return nil, err
	}
	if int64(batch.Len()) != h.Rows || int64(len(rejects)) != h.Rejects {
		batch.Release()
		return nil, fmt.Errorf("%w: %d records and %d rejects, the header says %d and %d",
			ErrPayload, batch.Len(), len(rejects), h.Rows, h.Rejects)
	}
	return &Page{Header: h, Batch: batch, Rejects: rejects}, nil
}

// Decode reads a payload that Encode wrote; the batch is nil when the page has
// no records. Bytes from anywhere else must come through Open, which lets
// nothing pass that a holder of the site's key did not write: the Arrow
// library's schema reader allocates whatever length a forged payload names.
func Decode(payload []byte) (batch *Batch, rejects []Reject, err error) {
	defer func() {
		// The Arrow reader panics on some malformed buffers.
		if r := recover(); r != nil {
			batch, rejects, err = nil, nil, fmt.Errorf("%w: %v", ErrPayload, r)
		}
	}()
	if len(payload) < len(magic)+4 || !bytes.Equal(payload[:len(magic)], magic) {
		return nil, nil, fmt.Errorf("%w: it does not begin as one", ErrPayload)
	}
	size := int(binary.BigEndian.Uint32(payload[len(magic):]))
	rest := payload[len(magic)+4:]
	if size > len(rest) {
		return nil, nil, fmt.Errorf("%w: it is cut", ErrPayload)
	}
	if size > 0 {
		if batch, err = decodeRecords(rest[:size]); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrPayload, err)
		}
	}
	if rest = rest[size:]; len(rest) > 0 {
		if err := json.Unmarshal(rest, &rejects); err != nil {
			batch.Release()
			return nil, nil, fmt.Errorf("%w: rejects: %w", ErrPayload, err)
		}
	}
	return batch, rejects, nil
}

func decodeRecords(raw []byte) (*Batch, error) {
	r, err := ipc.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	if !r.Next() {
		return nil, fmt.Errorf("no batch: %w", r.Err())
	}
	record := r.RecordBatch()
	if err := checkBuffers(record); err != nil {
		return nil, err
	}
	record.Retain()
	b, err := newBatch(record)
	if err != nil {
		record.Release()
	}
	return b, err
}

// checkBuffers makes sure that no accessor can reach past its buffer.
func checkBuffers(record arrow.RecordBatch) error {
	n := int(record.NumRows())
	for i, values := range record.Columns() {
		if values.Len() != n {
			return fmt.Errorf("column %d has %d values of %d", i, values.Len(), n)
		}
		data := values.Data()
		if t := values.DataType().ID(); t != arrow.STRING && t != arrow.BINARY || n == 0 {
			continue
		}
		bytes, ends := stringBuffers(data)
		for j := 1; j < len(ends); j++ {
			if ends[j] < ends[j-1] {
				return fmt.Errorf("column %d: offsets run backwards", i)
			}
		}
		if ends[0] < 0 || int(ends[n]) > len(bytes) {
			return fmt.Errorf("column %d: offsets reach past the values", i)
		}
	}
	return nil
}
