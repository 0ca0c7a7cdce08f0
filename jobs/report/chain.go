package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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

// Audit follows the chain of a reports folder and returns how many facts it
// holds. It fails with ChainBroken at the first line that does not follow.
func Audit(reports string) (lines int, err error) {
	lines, _, err = follow(filepath.Join(reports, factsFile))
	return lines, err
}

func follow(path string) (lines int, last string, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("read facts: %w", err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		lines++
		var c chained
		err := json.Unmarshal(in.Bytes(), &c)
		want := ""
		if err == nil {
			want, err = c.sum()
		}
		if err != nil || c.Sum != want || c.Previous != last {
			return lines, last, ChainBroken.At(fmt.Sprintf("%s:%d", path, lines), "line", lines)
		}
		last = c.Sum
	}
	return lines, last, in.Err()
}

// appendFacts writes a draft's facts behind those that are there, whole or not
// at all.
func appendFacts(path, report, snapshot, asOf string, facts []*Fact) error {
	_, last, err := follow(path)
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
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("chain facts: %w", err)
	}
	_, err = f.Write(out)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("chain facts: %w", err)
	}
	return nil
}
