package broker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The folder as kfake lays it out: meta.json, topics.json, and in
// partitions/<topic>-<n>/ the segments <first offset>.dat, each beside an
// index of one entry a batch. A segment is record batches of Kafka's format 2
// (KIP-98), one after another.
const (
	batchHead  = 61 // bytes of a batch before its records
	indexEntry = 15 // bytes of an index entry
	endsFile   = "ends.json"
)

var errSum = errors.New("the batch's check sum differs")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// folder is what an inspection found.
type folder struct {
	// ends is the offset after the last message, by partition directory.
	ends map[string]int64
	// cut is true when messages that had been acknowledged are missing at a
	// log's end: the machine lost power, or a file was removed.
	cut bool
}

// inspect reads the folder before the broker does. The broker would pass over
// a damaged place without a word and drop all that follows it; here damage in
// the middle is a fault. A last batch that was cut while it was written was
// never acknowledged and is no damage.
func inspect(dir string) (*folder, error) {
	f := &folder{ends: map[string]int64{}}
	topics, err := readTopics(filepath.Join(dir, "data"))
	if err != nil {
		return nil, err
	}
	partitions, err := os.ReadDir(filepath.Join(dir, "data", "partitions"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("inspect broker folder: %w", err)
	}
	for _, p := range partitions {
		path := filepath.Join(dir, "data", "partitions", p.Name())
		if !topics[p.Name()] {
			return nil, Damaged.At(path).Because(errors.New("the list of topics does not name it"))
		}
		end, cut, err := inspectPartition(path)
		if err != nil {
			return nil, err
		}
		f.ends[p.Name()] = end
		f.cut = f.cut || cut
	}
	known, err := readEnds(filepath.Join(dir, endsFile))
	if err != nil {
		return nil, err
	}
	for p, end := range known {
		f.cut = f.cut || f.ends[p] < end
	}
	return f, nil
}

// readTopics returns the names of the partition directories that the list of
// topics accounts for.
func readTopics(data string) (map[string]bool, error) {
	path := filepath.Join(data, "topics.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("inspect broker folder: %w", err)
	}
	var list struct {
		Topics []struct {
			Name       string `json:"name"`
			Partitions int    `json:"partitions"`
		} `json:"topics"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, Damaged.At(path).Because(err)
	}
	out := map[string]bool{}
	for _, t := range list.Topics {
		for n := range t.Partitions {
			out[partitionName(t.Name, n)] = true
		}
	}
	return out, nil
}

func partitionName(topic string, partition int) string {
	return url.PathEscape(topic) + "-" + strconv.Itoa(partition)
}

// inspectPartition returns the offset after the last whole batch, and whether
// batches that had been indexed are gone.
func inspectPartition(dir string) (end int64, cut bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, false, fmt.Errorf("inspect broker folder: %w", err)
	}
	var bases []int64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".dat")
		if base, err := strconv.ParseInt(name, 10, 64); ok && err == nil {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	for i, base := range bases {
		path := filepath.Join(dir, strconv.FormatInt(base, 10)+".dat")
		if i > 0 && base != end {
			return 0, false, Damaged.At(path).Because(fmt.Errorf("messages %d to %d are missing before it", end, base-1))
		}
		s, err := inspectSegment(path, base)
		if err != nil {
			return 0, false, err
		}
		if s.torn >= 0 && i < len(bases)-1 {
			return 0, false, Damaged.At(fmt.Sprintf("%s@%d", path, s.torn)).Because(errors.New("a batch is cut and later ones follow"))
		}
		end, cut = s.end, cut || s.batches < s.indexed
	}
	return end, cut, nil
}

// segment is what one file holds: whole batches, where the next offset is,
// where a torn last batch begins (-1 for none), how many batches are indexed.
type segment struct {
	batches, indexed int64
	end, torn        int64
}

func inspectSegment(path string, base int64) (*segment, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("inspect broker folder: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("inspect broker folder: %w", err)
	}
	s := &segment{end: base, torn: -1}
	if index, err := os.Stat(strings.TrimSuffix(path, ".dat") + ".idx"); err == nil {
		s.indexed = index.Size() / indexEntry
	}
	var buffer []byte
	for at := int64(0); at < info.Size(); {
		next, size, err := readBatch(file, at, info.Size(), &buffer)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			s.torn = at
			return s, nil
		case errors.Is(err, errSum) && at+size == info.Size():
			// A machine that lost power may have kept the length of the last
			// batch and not all of its bytes; it may have been acknowledged.
			s.torn, s.indexed = at, s.batches+1
			return s, nil
		case err == nil && next.first != s.end:
			err = fmt.Errorf("it begins with message %d, not %d", next.first, s.end)
		}
		if err != nil {
			return nil, Damaged.At(fmt.Sprintf("%s@%d", path, at)).Because(err)
		}
		s.end = next.last + 1
		s.batches++
		at += size
	}
	return s, nil
}

// extent is the offsets of a batch's first and last message.
type extent struct{ first, last int64 }

// readBatch checks the batch at a place of a segment. io.ErrUnexpectedEOF
// says that the file ends within it, or that nothing but zeros follows: both
// are what an interrupted write leaves.
func readBatch(file io.ReaderAt, at, size int64, buffer *[]byte) (extent, int64, error) {
	var head [batchHead]byte
	if at+batchHead > size {
		return extent{}, 0, io.ErrUnexpectedEOF
	}
	if _, err := file.ReadAt(head[:], at); err != nil {
		return extent{}, 0, err
	}
	length := 12 + int64(binary.BigEndian.Uint32(head[8:]))
	switch {
	case head == [batchHead]byte{} && onlyZeros(file, at, size):
		return extent{}, 0, io.ErrUnexpectedEOF
	case head[16] != 2 || length < batchHead || length > 2*MaxMessage:
		return extent{}, 0, errors.New("no record batch begins there")
	case at+length > size:
		return extent{}, 0, io.ErrUnexpectedEOF
	}
	*buffer = slices.Grow((*buffer)[:0], int(length))[:length]
	if _, err := file.ReadAt(*buffer, at); err != nil {
		return extent{}, 0, err
	}
	if crc32.Checksum((*buffer)[21:], castagnoli) != binary.BigEndian.Uint32(head[17:]) {
		return extent{}, length, errSum
	}
	first := int64(binary.BigEndian.Uint64(head[:]))
	return extent{first, first + int64(binary.BigEndian.Uint32(head[23:]))}, length, nil
}

func onlyZeros(file io.ReaderAt, at, size int64) bool {
	rest, err := io.ReadAll(io.NewSectionReader(file, at, min(size-at, 2*MaxMessage)))
	return err == nil && !slices.ContainsFunc(rest, func(b byte) bool { return b != 0 })
}

// readEnds reads the ends that were noted when the log was last trimmed or
// closed; a log that ends earlier has lost messages.
func readEnds(path string) (map[string]int64, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ends of logs: %w", err)
	}
	var ends map[string]int64
	if err := json.Unmarshal(text, &ends); err != nil {
		return nil, Damaged.At(path).Because(err)
	}
	return ends, nil
}

func writeEnds(path string, ends map[string]int64) error {
	text, err := json.Marshal(ends)
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("note ends of logs: %w", err)
	}
	return nil
}
