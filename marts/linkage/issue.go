package linkage

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiliu/transform/link/issue"
)

// issueKind are service requests of all channels about one problem. Which
// place a request is at and who reports it are the findings of the kinds
// before.
func issueKind() *kind {
	return &kind{
		name: kindIssue, prefix: "i-", label: "问题", reading: ".2",
		also: ", l.entity_id, p.level, who.entity_id", join: ` LEFT JOIN store.load.link_row l ON l.kind = 'place' AND l.id = %s.id LEFT JOIN store.load.link_row who ON who.kind = 'person' AND who.id = %s.id
			LEFT JOIN store.load.link_place p ON p.entity_id = l.entity_id`,
		fields:  requestColumns,
		columns: requestColumns,
		sources: []source{{
			table: "service_request", has: "true",
			plain: map[string]string{
				"title": "t.title", "at": "coalesce(epoch_us(t.requested_at), epoch_us(t.requested_on + INTERVAL 4 HOUR))", "place": "l.entity_id", "level": "p.level",
				"lat": "CASE WHEN t.place_state = 'ok' THEN t.lat END", "long": "CASE WHEN t.place_state = 'ok' THEN t.long END",
				"category": "coalesce(t.category_code, t.category_3, t.category_2, t.category_1)", "reporter": "who.entity_id", "channel": "t.channel", "number": "t.request_no", "origin": "t.origin_no",
			},
			sealed: map[string]string{"body": "description", "text": "address"},
		}},
		derive: func(get func(string) string) map[string]string {
			out := map[string]string{}
			for _, c := range requestColumns {
				out[c] = get(c)
			}
			return out
		},
	}
}

var requestColumns = []string{"title", "body", "at", "place", "level", "text", "lat", "long", "category", "reporter", "channel", "number", "origin"}

// levels are those of places as issues know them.
var levels = map[string]issue.Level{"building": issue.Building, "number": issue.House, "compound": issue.Compound, "road": issue.Road, "community": issue.Community}

// request makes of a row what the grouping compares; ok is false for one
// without a day, which stands alone.
func request(s spoken) (out issue.Request, ok bool) {
	f := s.fields
	at, err := strconv.ParseInt(f["at"], 10, 64)
	if err != nil {
		return out, false
	}
	out = issue.Request{
		ID: s.id, Title: f["title"], Body: f["body"], At: time.UnixMicro(at).UTC(), Category: f["category"], Reporter: f["reporter"], Channel: f["channel"],
		Number: f["number"], Origin: f["origin"], Place: issue.Place{ID: f["place"], Level: levels[f["level"]], Text: f["text"]},
	}
	lat, errLat := strconv.ParseFloat(f["lat"], 64)
	long, errLong := strconv.ParseFloat(f["long"], 64)
	if errLat == nil && errLong == nil {
		out.Place.Point = &issue.Point{Lat: lat, Long: long}
	}
	return out, true
}

// requests notes the requests that changed, and puts those with a day into
// portions, in the order of their times.
func (r *round) requests(ctx context.Context) error {
	size := r.portion
	if size == 0 {
		size = portion
	}
	from := r.kind.sources[0]
	return r.exec(ctx,
		"UPDATE store.load.link_row AS r SET stamp = c.stamp FROM link_change c WHERE r.kind = {kind} AND r.id = c.id",
		"INSERT INTO store.load.link_row (kind, id, stamp, node) SELECT {kind}, id, stamp, 0 FROM link_change WHERE before IS NULL ORDER BY id",
		fmt.Sprintf(`CREATE TEMP TABLE link_wanted AS SELECT id, (row_number() OVER (ORDER BY asked, id) - 1) // %d AS portion
			FROM (SELECT c.id, %s AS asked FROM link_change c JOIN store.load.%s t ON t.id = c.id WHERE c.stamp IS NOT NULL) WHERE asked IS NOT NULL`, size, from.plain["at"], from.table))
}

// portion is how many requests are opened and grouped at a time. Their pairs
// are many, and a year around them is in memory besides; all of a site's
// history at once would not be.
const portion = 10_000

// taught is how many portions a model is learned from: the latest, for words
// and places change, and what a model is learned from is in memory at once.
const taught = 10

// portions opens the requests that changed, a portion at a time: the last ones,
// or all when last is 0.
func (r *round) portions(ctx context.Context, last int64, fn func([]issue.Request) error) error {
	n, err := r.count(ctx, "SELECT coalesce(max(portion) + 1, 0) FROM link_wanted")
	if err != nil {
		return err
	}
	first := int64(0)
	if last > 0 {
		first = max(0, n-last)
	}
	for i := first; i < n; i++ {
		var put []issue.Request
		err := r.each(ctx, fmt.Sprintf("(SELECT id FROM link_wanted WHERE portion = %d)", i), func(s spoken) error {
			if one, ok := request(s); ok {
				put = append(put, one)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := fn(put); err != nil {
			return err
		}
	}
	return nil
}

// issues grows the issues by what changed, names those that are new or other,
// and writes them.
func (r *round) issues(ctx context.Context) error {
	if r.grouping == nil {
		if err := r.fitIssues(ctx); err != nil {
			return err
		}
	}
	change, err := r.unsaid(ctx)
	if err != nil {
		return err
	}
	grown := map[string]issue.Issue{}
	grow := func(put []issue.Request) error {
		change.Put = put
		growth, err := issue.Grow(r.grouping, &kept{ctx, r}, change)
		if err != nil {
			return err
		}
		change = issue.Change{}
		for _, name := range growth.Ended {
			delete(grown, name)
		}
		for _, i := range growth.Issues {
			grown[i.Name] = i
		}
		return r.writeGrowth(ctx, growth)
	}
	// What is gone or was decided is heard even if nothing else is new.
	if len(change.Remove)+len(change.Decided) > 0 {
		if err := grow(nil); err != nil {
			return err
		}
	}
	if err := r.portions(ctx, 0, grow); err != nil {
		return err
	}
	return r.nameIssues(ctx, slices.SortedFunc(maps.Values(grown), func(a, b issue.Issue) int { return cmp.Compare(a.Name, b.Name) }))
}

// unsaid is what changed beside the requests that say something: those that
// are gone or have no day any more, and what people decided.
func (r *round) unsaid(ctx context.Context) (out issue.Change, err error) {
	err = r.query(ctx, "SELECT id FROM link_change WHERE id IN (SELECT id FROM store.load.link_request) AND id NOT IN (SELECT id FROM link_wanted) ORDER BY id", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out.Remove = append(out.Remove, id)
		return err
	})
	if err != nil {
		return out, err
	}
	err = r.query(ctx, fmt.Sprintf("SELECT a, b FROM store.load.link_decision WHERE kind = {kind} AND number > %d ORDER BY number", r.state.decisions), func(rows *sql.Rows) error {
		var p [2]string
		err := rows.Scan(&p[0], &p[1])
		out.Decided = append(out.Decided, p)
		return err
	})
	return out, err
}

// fitIssues learns a model from what is kept of the latest requests.
func (r *round) fitIssues(ctx context.Context) error {
	options := issue.DefaultOptions()
	options.Key = r.Keeper.Keyed("link issue")
	var list []issue.Kept
	err := r.portions(ctx, taught, func(put []issue.Request) error {
		more, err := issue.Read(put, options)
		list = append(list, more...)
		return err
	})
	if err != nil {
		return err
	}
	if r.grouping, err = issue.FitKept(list, options); err != nil {
		return err
	}
	text, err := r.grouping.JSON()
	if err != nil {
		return err
	}
	return r.writeModel(ctx, r.grouping.Version(), text)
}

// kept is the store as Grow reads it. Grow asks again and again, so each answer
// but that of Between is read whole.
type kept struct {
	ctx   context.Context
	round *round
}

var _ issue.Store = (*kept)(nil)

func (k *kept) read(where string) (out []issue.Kept, err error) {
	err = k.round.query(k.ctx, "SELECT id, requested_at, features, part, issue FROM store.load.link_request WHERE "+where, func(rows *sql.Rows) error {
		var one issue.Kept
		err := rows.Scan(&one.ID, &one.At, &one.Features, &one.Part, &one.Issue)
		out = append(out, one)
		return err
	})
	return out, err
}

// Between implements issue.Store.
func (k *kept) Between(from, to time.Time, fn func(*issue.Kept) error) error {
	const layout = "2006-01-02 15:04:05.000000"
	var one issue.Kept
	var features sql.RawBytes // the driver's memory, until the next row
	return k.round.query(k.ctx, fmt.Sprintf("SELECT id, requested_at, features FROM store.load.link_request WHERE requested_at BETWEEN TIMESTAMP '%s' AND TIMESTAMP '%s'",
		from.UTC().Format(layout), to.UTC().Format(layout)), func(rows *sql.Rows) error {
		if err := rows.Scan(&one.ID, &one.At, &features); err != nil {
			return err
		}
		one.Features = features
		return fn(&one)
	})
}

// Requests implements issue.Store.
func (k *kept) Requests(ids []string) ([]issue.Kept, error) {
	if err := k.round.listed(k.ctx, ids); err != nil {
		return nil, err
	}
	return k.read("id IN (SELECT id FROM link_ids)")
}

// Parts implements issue.Store.
func (k *kept) Parts(names []string) ([]issue.Kept, error) {
	if err := k.round.listed(k.ctx, names); err != nil {
		return nil, err
	}
	return k.read("part IN (SELECT id FROM link_ids)")
}

// Pairs implements issue.Store.
func (k *kept) Pairs(ids []string) (out []issue.Pair, err error) {
	if err := k.round.listed(k.ctx, ids); err != nil {
		return nil, err
	}
	err = k.round.query(k.ctx, "SELECT a, b, share, likeness FROM store.load.link_request_pair WHERE a IN (SELECT id FROM link_ids) OR b IN (SELECT id FROM link_ids)", func(rows *sql.Rows) error {
		var p issue.Pair
		err := rows.Scan(&p.A, &p.B, &p.Share, &p.Likeness)
		out = append(out, p)
		return err
	})
	return out, err
}

// Decisions implements issue.Store.
func (k *kept) Decisions([]string) (out issue.Decisions, err error) {
	err = k.round.query(k.ctx, standing+" SELECT a, b, decision FROM standing WHERE decision <> 'open' ORDER BY a, b", func(rows *sql.Rows) error {
		var a, b, said string
		err := rows.Scan(&a, &b, &said)
		if said == Same {
			out.Same = append(out.Same, [2]string{a, b})
		} else {
			out.Apart = append(out.Apart, [2]string{a, b})
		}
		return err
	})
	return out, err
}

// writeGrowth writes what is kept of requests and their pairs.
func (r *round) writeGrowth(ctx context.Context, g *issue.Growth) error {
	ids := slices.Clone(g.Gone)
	for _, k := range g.Kept {
		ids = append(ids, k.ID)
	}
	if err := r.listed(ctx, ids); err != nil {
		return err
	}
	if err := r.exec(ctx, "DELETE FROM store.load.link_request WHERE id IN (SELECT id FROM link_ids)", "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (a VARCHAR, b VARCHAR)"); err != nil {
		return err
	}
	err := r.append("store", "load", "link_request", func(add func(...driver.Value) error) error {
		for _, k := range g.Kept {
			if err := add(k.ID, k.At.UTC(), k.Features, k.Part, k.Issue); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		var errs []error
		for _, p := range g.Broken {
			errs = append(errs, add(p[0], p[1]), add(p[1], p[0]))
		}
		for _, p := range g.Pairs {
			errs = append(errs, add(p.A, p.B))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "DELETE FROM store.load.link_request_pair AS p USING link_now n WHERE p.a = n.a AND p.b = n.b"); err != nil {
		return err
	}
	r.Compared += int64(g.Work.Compared)
	return r.append("store", "load", "link_request_pair", func(add func(...driver.Value) error) error {
		for _, p := range g.Pairs {
			if err := add(p.A, p.B, p.Share, p.Likeness); err != nil {
				return err
			}
		}
		return nil
	})
}

// nameIssues names the issues that are new or other, and the requests without
// a day, each an issue by itself.
func (r *round) nameIssues(ctx context.Context, list []issue.Issue) error {
	var entities [][]placed
	for _, i := range list {
		var rows []placed
		for _, m := range i.Members {
			p := placed{member: member{id: m.ID}, rule: ruleModel, bits: logit(m.Share), near: m.With, reason: m.Reason.ZH}
			if len(i.Members) == 1 {
				p.rule, p.reason = ruleAlone, ""
			}
			rows = append(rows, p)
		}
		entities = append(entities, rows)
	}
	err := r.query(ctx, "SELECT c.id FROM link_change c WHERE c.stamp IS NOT NULL AND c.id NOT IN (SELECT id FROM store.load.link_request) ORDER BY c.id", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		entities = append(entities, []placed{{member: member{id: id}, rule: ruleAlone, bits: logit(1)}})
		list = append(list, issue.Issue{Name: id, Members: []issue.Member{{ID: id}}, Representative: id, Reporters: 1})
		return err
	})
	if err != nil {
		return err
	}
	// A request that was written anew and says nothing else is told of by
	// nobody: its issue stays as it is.
	var told []string
	for _, e := range entities {
		for _, p := range e {
			told = append(told, p.id)
		}
	}
	if err := r.listed(ctx, told); err != nil {
		return err
	}
	if err := r.exec(ctx, "DELETE FROM link_change WHERE stamp IS NOT NULL AND id NOT IN (SELECT id FROM link_ids)"); err != nil {
		return err
	}
	names, err := r.writeEntities(ctx, entities)
	if err != nil {
		return err
	}
	if err := r.listed(ctx, names); err != nil {
		return err
	}
	if err := r.exec(ctx, "DELETE FROM store.load.link_issue WHERE entity_id IN (SELECT id FROM link_ids) OR entity_id IN (SELECT entity_id FROM store.load.link_entity WHERE kind = {kind} AND ended)"); err != nil {
		return err
	}
	return r.append("store", "load", "link_issue", func(add func(...driver.Value) error) error {
		for n, i := range list {
			var first driver.Value
			if !i.First.IsZero() {
				first = i.First.UTC()
			}
			if err := add(names[n], i.Representative, first, int64(len(i.Members)), int64(i.Reporters), strings.Join(i.Channels, "、")); err != nil {
				return err
			}
		}
		return nil
	})
}
