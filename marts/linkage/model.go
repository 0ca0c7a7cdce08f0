package linkage

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"huiliu/transform/link"
	"huiliu/transform/link/issue"
)

func parseNode(name string) (uint64, error) { return strconv.ParseUint(name, 16, 64) }

// currentModel reads the model in use, where there is one for the kind's
// specification and the site's key, and the number of rows it was fitted on. One
// that this program can't read is none: it is made anew.
func (r *round) currentModel(ctx context.Context) (rows int64, err error) {
	err = r.query(ctx, "SELECT model, rows FROM store.load.link_model WHERE kind = {kind} AND specification = '"+r.kind.version+"' AND key_id = '"+r.Keeper.KeyID()+"' ORDER BY number DESC LIMIT 1", func(found *sql.Rows) error {
		var text string
		if err := found.Scan(&text, &rows); err != nil {
			return err
		}
		if r.kind.name == kindIssue {
			r.grouping, err = issue.ReadModel([]byte(text), r.Keeper.Keyed("link issue"))
		} else {
			r.model, err = link.ReadModel([]byte(text))
		}
		if issue.WrongModel.Is(err) || link.WrongModel.Is(err) {
			r.grouping, r.model, rows = nil, nil, 0
			return nil
		}
		return err
	})
	return rows, err
}

// fit makes a model where there is none: from every node, as all are linked
// anew then. Of rows of which no two share a block nothing can be learned;
// they stand alone until there are more.
func (r *round) fit(ctx context.Context) error {
	t := r.texts
	if r.model != nil || len(t.pairs) == 0 {
		return nil
	}
	spec := r.kind.spec
	frequencies, err := link.Frequency(spec, t.data)
	if err != nil {
		return err
	}
	c, err := link.NewComparer(spec, t.data, frequencies)
	if err != nil {
		return err
	}
	candidates, err := c.Patterns(ctx, t.pairs)
	if err != nil {
		return err
	}
	random, err := c.Patterns(ctx, t.data.Sample(spec.Sample))
	if err != nil {
		return err
	}
	r.model, err = link.Fit(spec, link.Evidence{
		Candidates: link.Count(candidates), Random: link.Count(random), Possible: t.data.Possible(), Rows: t.data.Table.Rows,
	}, frequencies)
	if err != nil {
		return err
	}
	text, err := r.model.JSON()
	if err != nil {
		return err
	}
	return r.writeModel(ctx, r.model.Version, text)
}

func (r *round) writeModel(ctx context.Context, version string, text []byte) error {
	r.Fitted = true
	_, err := r.conn.ExecContext(ctx, "INSERT INTO store.load.link_model SELECT (SELECT coalesce(max(number), 0) + 1 FROM store.load.link_model), ?, ?, ?, ?, ?, ?, ?",
		r.kind.name, version, r.kind.version, r.Keeper.KeyID(), r.Rows, r.AsOf.Format(time.DateOnly), string(text))
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}
