package suggestion

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"huiliu/transform/privacy"
	"huiliu/transform/suggest"
)

const (
	// specification changes when the same rows give other texts or labels to
	// learn from: a model of another is not used.
	specification = "1"
	// mostKnown bounds what is in memory at once, some 3 KB a request while a
	// model is fitted. Of more the latest are taken: trees of categories and
	// the words people use change.
	mostKnown = 50_000
	// rate is the share of accepted suggestions that are to be right, and the
	// least probability of one: requests that a department left without a label
	// are not a sample of those it labelled, and often tell less.
	rate = 0.9
	// decisionWeight is for how many requests a decision counts. A person
	// looked at the text, and decides what the model could not tell; a model
	// keeps a word from as many texts on.
	decisionWeight = 3
)

// learn finds the model in use, or makes one: where it is asked for; where
// there is none for this key that this program reads, or twice as many requests
// are known as it could learn from, and there is a request to suggest for.
// Where not even a label with a word is known there is none.
func (r *round) learn(ctx context.Context) error {
	if err := r.current(ctx); err != nil {
		return err
	}
	var lack, known int64
	err := errors.Join(r.one(ctx, "SELECT count(*) FROM suggest_lacking", &lack), r.one(ctx, "SELECT count(*) FROM ("+teaching+")", &known))
	if err != nil {
		return err
	}
	if !r.Refit && (lack == 0 || r.model != nil && known < 2*r.learned) {
		return nil
	}
	corpus, err := r.corpus(ctx)
	if err != nil {
		return err
	}
	model, err := suggest.Fit(corpus, suggest.Options{Rate: rate, Least: rate})
	if suggest.NothingToLearn.Is(err) && !r.Refit {
		r.model, r.number, r.learned = nil, 0, 0
		return nil
	}
	if err != nil {
		return err
	}
	if r.model != nil && r.model.Version() == model.Version() && known < 2*r.learned {
		return nil // what is known says what it said before
	}
	return r.write(ctx, model, known)
}

func sealedAs(version string) string { return "suggest model " + version }

// current reads the model in use. One that does not open or that this program
// can't read is none.
func (r *round) current(ctx context.Context) error {
	var version string
	var blob []byte
	err := r.conn.QueryRowContext(ctx, "SELECT number, known, version, model FROM store.load.suggest_model WHERE specification = ? AND key_id = ? ORDER BY number DESC LIMIT 1", specification, r.Keeper.KeyID()).
		Scan(&r.number, &r.learned, &version, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	if r.model, err = r.open(version, blob); err != nil {
		r.model, r.number, r.learned = nil, 0, 0
	}
	return nil
}

func (r *round) open(version string, blob []byte) (*suggest.Model, error) {
	list, err := r.Keeper.OpenRow(sealedAs(version), blob)
	if err != nil || len(list) != 1 {
		return nil, fmt.Errorf("open model of %d parts: %w", len(list), err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader([]byte(list[0].Value)))
	if err != nil {
		return nil, fmt.Errorf("unpack model: %w", err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpack model: %w", err)
	}
	return suggest.Read(text)
}

func (r *round) write(ctx context.Context, m *suggest.Model, known int64) error {
	text, err := m.MarshalBinary()
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		return fmt.Errorf("pack model: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack model: %w", err)
	}
	blob := r.Keeper.SealRow(sealedAs(m.Version()), []privacy.Sealed{{Name: "model", Value: packed.String()}})
	err = r.conn.QueryRowContext(ctx, "INSERT INTO store.load.suggest_model SELECT (SELECT coalesce(max(number), 0) + 1 FROM store.load.suggest_model), ?, ?, ?, ?, ?, ? RETURNING number",
		m.Version(), specification, r.Keeper.KeyID(), known, r.AsOf.Format(time.DateOnly), blob).Scan(&r.number)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	r.model, r.learned, r.fitted = m, known, true
	return nil
}
