package connectortest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// shelf is the smallest connector there is: numbered texts in memory, 100 a
// page. Its fault names the one promise that it breaks.
type shelf struct {
	texts []string
	fault string
	down  bool
}

func (s *shelf) Check(ctx context.Context) error { return ctx.Err() }

func (s *shelf) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	at, _ := strconv.Atoi(req.Cursor)
	if s.fault == "double" && at > 0 {
		at--
	}
	if s.fault == "leak" {
		go func() { select {} }()
	}
	return &shelfReader{shelf: s, at: at}, nil
}

func (s *shelf) Close() error { return nil }

type shelfReader struct {
	shelf  *shelf
	at     int
	closed bool
}

func (r *shelfReader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	s, begin := r.shelf, r.at
	cursor := func() string { return strconv.Itoa(r.at) }
	if s.fault == "eager" && len(s.texts) > 0 {
		r.at++ // forgets that a failed read is to be repeated
	}
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	if s.fault == "eager" {
		r.at = begin
	}
	if s.down {
		if s.fault == "lost" {
			r.at += 100
		}
		return connector.Progress{}, errors.New("the shelf is down")
	}
	b.Origin("shelf")
	col := b.Column("text", page.Text)
	end := min(begin+100, len(s.texts))
	for ; r.at < end; r.at++ {
		if text := s.texts[r.at]; text != "" {
			b.Text(col, []byte(text))
			b.End(page.Upsert, int64(r.at+1), -1)
			continue
		}
		mend := "write something"
		if s.fault == "mend" {
			mend = ""
		}
		b.Reject(page.Reject{Place: page.Place{Origin: "shelf", Row: int64(r.at + 1), Offset: -1}, Code: "empty", Cause: "empty", Mend: mend})
	}
	p := connector.Progress{Cursor: cursor(), Read: int64(r.at - begin), Done: r.at == len(s.texts)}
	switch {
	case s.fault == "count" && p.Read > 0:
		p.Read++
	case s.fault == "restless" && p.Read == 0:
		p.Cursor += ".0"
	case s.fault == "wide" && begin == 0:
		b.Text(col, make([]byte, page.MaxBytes+1))
		b.End(page.Upsert, 0, -1)
		p.Read++
	}
	return p, nil
}

func (r *shelfReader) Close() error {
	if r.closed && r.shelf.fault == "close" {
		return errors.New("closed already")
	}
	r.closed = true
	return nil
}

func shelfSubject(fault string) Subject {
	var last *shelf
	return Subject{
		Factory: func(*source.Definition, connector.Tools) (connector.Connector, error) { return last, nil },
		New: func(t *testing.T) Feed {
			s := &shelf{fault: fault}
			want := []Item{}
			for i := range 350 {
				if i%70 == 5 {
					s.texts = append(s.texts, "")
					want = append(want, Item{Reject: "empty", Place: page.Place{Origin: "shelf", Row: int64(i + 1), Offset: -1}})
					continue
				}
				text := fmt.Sprintf("书%d", i)
				s.texts = append(s.texts, text)
				want = append(want, Item{Values: map[string]string{"text": text}})
			}
			last = s
			return Feed{
				Definition: Definition(t, "id: shelf\nconnector: shelf\ntables:\n  - {name: t, change: append, key: [text]}\n", nil),
				Want:       want,
				Append: func(*testing.T) []Item {
					if fault != "deaf" {
						s.texts = append(s.texts, "新")
					}
					return []Item{{Values: map[string]string{"text": "新"}}}
				},
				Break: func(*testing.T) func() {
					s.down = true
					return func() { s.down = false }
				},
			}
		},
	}
}

func TestASoundConnectorPasses(t *testing.T) { Run(t, shelfSubject("")) }

// faultName is the variable that tells the test below, started anew as a
// process of its own, which promise its connector breaks.
const faultName = "CONNECTORTEST_FAULT"

func TestFaultyConnector(t *testing.T) {
	fault := os.Getenv(faultName)
	if fault == "" {
		t.Skip("it is run by TestEveryFaultIsFound")
	}
	Run(t, shelfSubject(fault))
}

// TestEveryFaultIsFound breaks one promise at a time and expects the check
// that guards it to fail.
func TestEveryFaultIsFound(t *testing.T) {
	for fault, check := range map[string]string{
		"count":    "reads everything once",
		"wide":     "reads everything once",
		"mend":     "reads everything once",
		"restless": "a caught-up reader says so",
		"double":   "goes on from every mark",
		"deaf":     "finds what was added",
		"eager":    "a cancelled read can be repeated",
		"lost":     "an error can be repeated",
		"close":    "closes twice",
		"leak":     "closes twice",
	} {
		t.Run(fault, func(t *testing.T) {
			run := exec.Command(os.Args[0], "-test.run=^TestFaultyConnector$", "-test.v")
			run.Env = append(os.Environ(), faultName+"="+fault)
			out, err := run.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passes a connector with this fault:\n%s", clip(string(out)))
			}
			if want := "--- FAIL: TestFaultyConnector/" + strings.ReplaceAll(check, " ", "_"); !strings.Contains(string(out), want) {
				t.Errorf("%q is not among what failed:\n%s", check, clip(string(out)))
			}
		})
	}
}
