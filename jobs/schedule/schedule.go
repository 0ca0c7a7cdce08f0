// Package schedule decides when something is due and remembers what was done.
// It knows no job: an entry is a name and a cron line, and whoever runs it
// says what the name means.
package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"huiliu/internal/fault"
)

// Faults of schedules.
var (
	// BadCron is raised for a cron line that can't be read.
	BadCron = &fault.Kind{
		Code: "schedule_bad_cron", Class: fault.Input,
		Cause: fault.Text{EN: "{line} is no cron line: {why}", ZH: "“{line}”不是有效的定时表达式（{why}）"},
		Mend:  fault.Text{EN: "write minute, hour, day of month, month, day of week, as in 30 2 * * *", ZH: "依次写出分、时、日、月、周，如 30 2 * * *"},
	}
	// Damaged is raised when the memory of what was done can't be read.
	Damaged = &fault.Kind{
		Code: "schedule_damaged", Class: fault.Failed,
		Cause: fault.Text{EN: "the memory of what was done can't be read", ZH: "定时任务的执行记录无法读取"},
		Mend:  fault.Text{EN: "move the file away: everything then counts as never done and is due at once", ZH: "移走该文件：所有任务将视为从未执行，立即到期"},
	}
)

// Entry is one thing that is due at times.
type Entry struct {
	Name string
	// Every is a cron line of five fields, in the site's zone; an entry
	// without one is never due by itself.
	Every string
	// Place is where the configuration says so.
	Place string
}

// State is what is remembered of an entry.
type State struct {
	// DueAt is the last time it was due for that was done or tried.
	DueAt time.Time `json:"due_at"`
	// Started and Ended are the last try's; Ended is zero while it runs, and
	// stays so when the process died.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Error is why the last try failed, empty when it went well.
	Error string `json:"error,omitempty"`
	// Succeeded is when a try last went well.
	Succeeded time.Time `json:"succeeded,omitzero"`
	// Missed is how many times before DueAt went by, as while the machine was
	// off; they are made good by one try.
	Missed int `json:"missed,omitempty"`
}

// Interrupted reports whether the last try came to no end.
func (s State) Interrupted() bool { return !s.Started.IsZero() && s.Ended.IsZero() }

// Due is an entry whose time has come.
type Due struct {
	Name string
	// At is the time it is due for: the latest that has gone by.
	At time.Time
	// Missed is how many earlier times went by since the last try.
	Missed int
}

// Schedule is the entries of a site with what was done of each. It is safe
// for concurrent use.
type Schedule struct {
	path  string
	zone  *time.Location
	lines map[string]cron.Schedule
	names []string

	mu   sync.Mutex
	done map[string]State
}

// Check returns a BadCron for every line that can't be read.
func Check(entries []Entry) error {
	var faults []error
	for _, e := range entries {
		if e.Every == "" {
			continue
		}
		if _, err := cron.ParseStandard(e.Every); err != nil {
			faults = append(faults, BadCron.At(e.Place, "line", e.Every, "why", err))
		}
	}
	return errors.Join(faults...)
}

// Open reads at path what was done. Cron lines are read in zone: a time that
// a change of the clock leaves out is done when the clock has gone past it.
func Open(path string, zone *time.Location, entries []Entry) (*Schedule, error) {
	if err := Check(entries); err != nil {
		return nil, err
	}
	s := &Schedule{path: path, zone: zone, lines: map[string]cron.Schedule{}, done: map[string]State{}}
	for _, e := range entries {
		s.names = append(s.names, e.Name)
		if e.Every != "" {
			s.lines[e.Name], _ = cron.ParseStandard(e.Every)
		}
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &s.done)
	}
	if err != nil {
		return nil, Damaged.At(path).Because(err)
	}
	return s, nil
}

// Due lists what is due, in the entries' order: an entry that was never tried,
// one whose time has come since it was, and one whose try the process did not
// survive. However many times went by, an entry is due once.
func (s *Schedule) Due(now time.Time) []Due {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Due
	for _, name := range s.names {
		line, ok := s.lines[name]
		if !ok {
			continue
		}
		state, tried := s.done[name]
		if !tried {
			out = append(out, Due{Name: name, At: now})
			continue
		}
		at, times := state.DueAt, 0
		for next := line.Next(at.In(s.zone)); !next.IsZero() && !next.After(now) && times < mostMissed; next = line.Next(next) {
			at, times = next, times+1
		}
		switch {
		case times > 0:
			out = append(out, Due{Name: name, At: at, Missed: times - 1})
		case state.Interrupted():
			out = append(out, Due{Name: name, At: state.DueAt})
		}
	}
	return out
}

// mostMissed bounds how far Due counts what went by.
const mostMissed = 100_000

// Next is when something is due next after now, the zero time when nothing
// ever is.
func (s *Schedule) Next(now time.Time) time.Time {
	var first time.Time
	for _, name := range s.names {
		if at := s.NextOf(name, now); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// NextOf is when an entry is due next after now, the zero time for never.
func (s *Schedule) NextOf(name string, now time.Time) time.Time {
	line, ok := s.lines[name]
	if !ok {
		return time.Time{}
	}
	return line.Next(now.In(s.zone))
}

// Begin notes that what is due is tried now, before it is: a process that
// dies in between tries again.
func (s *Schedule) Begin(now time.Time, due ...Due) error {
	return s.change(func() {
		for _, d := range due {
			state := s.done[d.Name]
			state.DueAt, state.Started, state.Ended, state.Error, state.Missed = d.At, now, time.Time{}, "", d.Missed
			s.done[d.Name] = state
		}
	})
}

// End notes how a try came out; problem is empty when it went well.
func (s *Schedule) End(now time.Time, name, problem string) error {
	return s.change(func() {
		state := s.done[name]
		state.Ended, state.Error = now, problem
		if problem == "" {
			state.Succeeded = now
		}
		s.done[name] = state
	})
}

// States returns what is remembered, by entry.
func (s *Schedule) States() map[string]State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]State{}
	for _, name := range s.names {
		if state, ok := s.done[name]; ok {
			out[name] = state
		}
	}
	return out
}

// Names lists the entries in order.
func (s *Schedule) Names() []string { return slices.Clone(s.names) }

// change alters the memory and writes it whole: beside, synced, then moved.
func (s *Schedule) change(fn func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
	raw, err := json.MarshalIndent(s.done, "", "  ")
	if err != nil {
		return fmt.Errorf("remember what was done: %w", err)
	}
	if err := writeWhole(s.path, append(raw, '\n')); err != nil {
		return fmt.Errorf("remember what was done: %w", err)
	}
	return nil
}

func writeWhole(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimSuffix(filepath.Base(path), ".json")+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}
