package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"huiliu/internal/fault"
)

// factsFile holds every fact of every draft, below the reports' folder.
const factsFile = "facts.jsonl"

// ChainBroken is raised when a line of the facts was changed or taken out.
var ChainBroken = &fault.Kind{
	Code: "report_chain_broken", Class: fault.Failed,
	Cause: fault.Text{EN: "line {line} does not follow the one before it: the facts were changed after they were written", ZH: "第 {line} 行与上一行不衔接：数字写入后被改动过"},
	Mend:  fault.Text{EN: "restore the file from a backup and find out who changed it; drafts made from it can't be trusted", ZH: "请从备份恢复该文件并查明改动；据此生成的初稿不可采信"},
}

// FactsUnreadable is raised when the file of facts is there and can't be read.
var FactsUnreadable = &fault.Kind{
	Code: "report_facts_unreadable", Class: fault.Failed,
	Cause: fault.Text{EN: "the file of facts can't be read", ZH: "数字文件无法读取"},
	Mend:  fault.Text{EN: "give this user the right to read it, or restore it from a backup", ZH: "请为本用户授予读取权限，或从备份恢复该文件"},
}

// chained is one line of the chain. Sum is the SHA-256 over the line without
// it; Previous is the sum of the line before, empty at first.
type chained struct {
	Report   string `json:"report"`
	Snapshot string `json:"snapshot"`
	AsOf     string `json:"as_of"`
	Fact     Fact   `json:"fact"`
	Previous string `json:"previous"`
	Sum      string `json:"sum,omitempty"`
}

func (c chained) sum() (string, error) {
	c.Sum = ""
	raw, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	s := sha256.Sum256(raw)
	return hex.EncodeToString(s[:]), nil
}

// entry is one line of the file of facts, and how it stands in the chain.
type entry struct {
	chained
	state string
}

// What an entry may be.
const (
	entryFollows    = "ok"         // follows the one before it, unchanged
	entryUnlinked   = "unlinked"   // whole, but what was before it is another or gone
	entryChanged    = "changed"    // not what its own sum was made of
	entryUnreadable = "unreadable" // no fact at all
)

// Audit follows the chain of a reports folder and returns how many facts it
// holds. It fails with ChainBroken at the first line that does not follow.
func Audit(reports string) (lines int, err error) {
	path := filepath.Join(reports, factsFile)
	list, _, err := readFacts(path)
	if err != nil {
		return 0, err
	}
	_, err = lastSum(path, list)
	return len(list), err
}

// lastSum is what the next line follows, if the lines are whole.
func lastSum(path string, list []entry) (last string, err error) {
	for i, e := range list {
		if e.state != entryFollows {
			return "", ChainBroken.At(fmt.Sprintf("%s:%d", path, i+1), "line", i+1)
		}
		last = e.Sum
	}
	return last, nil
}

// readFacts reads every line of a file of facts, whatever became of it, and
// how many bytes they take. What is behind the last end of a line is none: the
// draft that was writing it was killed. No file is a file without facts.
func readFacts(path string) (list []entry, size int64, err error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, FactsUnreadable.At(path).Because(err)
	}
	last := ""
	for line := range bytes.Lines(raw) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		size += int64(len(line))
		var e entry
		want := ""
		err := json.Unmarshal(line, &e.chained)
		if err == nil {
			want, err = e.sum()
		}
		switch {
		case err != nil || e.Fact.ID == "":
			e = entry{state: entryUnreadable}
		case e.Sum != want:
			e.state = entryChanged
		case e.Previous != last:
			e.state = entryUnlinked
		default:
			e.state = entryFollows
		}
		list, last = append(list, e), e.Sum
	}
	return list, size, nil
}

// appendFacts writes a draft's facts behind those that are there, whole or not
// at all: what a killed draft left behind the last line is cut off.
func appendFacts(path, report, snapshot, asOf string, facts []*Fact) error {
	list, size, err := readFacts(path)
	if err != nil {
		return err
	}
	last, err := lastSum(path, list)
	if err != nil {
		return err
	}
	var out []byte
	for _, f := range facts {
		c := chained{Report: report, Snapshot: snapshot, AsOf: asOf, Fact: *f, Previous: last}
		if c.Sum, err = c.sum(); err != nil {
			return fmt.Errorf("chain facts: %w", err)
		}
		raw, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("chain facts: %w", err)
		}
		out, last = append(append(out, raw...), '\n'), c.Sum
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("chain facts: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("chain facts: %w", err)
	}
	err = f.Truncate(size)
	if err == nil {
		_, err = f.WriteAt(out, size)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("chain facts: %w", err)
	}
	return nil
}
