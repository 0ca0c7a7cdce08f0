package schedule

import (
	"context"
	"time"
)

// Clock is where the time comes from, so that a test can turn it.
type Clock interface {
	Now() time.Time
	// After gives the time once d has gone by.
	After(d time.Duration) <-chan time.Time
}

// Wall is the machine's clock.
type Wall struct{}

// Now is the time.
func (Wall) Now() time.Time { return time.Now() }

// After gives the time once d has gone by.
func (Wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

// longest is how long Run sleeps at most: a machine that slept itself, or
// whose clock was set, is noticed by then.
const longest = time.Minute

// Run does what is due until ctx ends. do gets all that is due together and
// returns a problem for each name that failed; nothing else is begun
// meanwhile, and times that go by are made good once afterwards. An error of
// Run is one of the memory.
func (s *Schedule) Run(ctx context.Context, clock Clock, do func(context.Context, []Due) map[string]string) error {
	for ctx.Err() == nil {
		now := clock.Now()
		if due := s.Due(now); len(due) > 0 {
			if err := s.try(ctx, clock, due, do); err != nil {
				return err
			}
			continue
		}
		wait := longest
		if next := s.Next(now); !next.IsZero() {
			wait = min(wait, max(next.Sub(now), time.Millisecond))
		}
		select {
		case <-clock.After(wait):
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *Schedule) try(ctx context.Context, clock Clock, due []Due, do func(context.Context, []Due) map[string]string) error {
	if err := s.Begin(clock.Now(), due...); err != nil {
		return err
	}
	problems := do(ctx, due)
	for _, d := range due {
		select {
		case <-ctx.Done(): // it came to no end: the next start tries it again
			return nil
		default:
		}
		if err := s.End(clock.Now(), d.Name, problems[d.Name]); err != nil {
			return err
		}
	}
	return nil
}
