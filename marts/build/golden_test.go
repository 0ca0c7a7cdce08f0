package build

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"huiliu/transform/link/golden"
)

// goldenOf runs the step over rows of residents, as SQL gives them.
func goldenOf(t *testing.T, rules []*golden.Rules, rows string) *builder {
	t.Helper()
	b, _ := emptyBuild(t)
	ctx := context.Background()
	step, err := Golden(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range step.Writes() {
		if err := b.exec(ctx, "DROP TABLE build."+m.Name); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.exec(ctx, "INSERT INTO build.core.person_row BY NAME "+rows); err != nil {
		t.Fatal(err)
	}
	if err := step.Run(ctx, StepContext{Conn: b.conn, AsOf: b.AsOf}); err != nil {
		t.Fatal(err)
	}
	for _, m := range step.Writes() {
		if err := b.auditModel(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *builder) lines(t *testing.T, query string) string {
	t.Helper()
	found, err := b.conn.QueryContext(context.Background(), "SELECT concat_ws(' ', *COLUMNS(*)) FROM ("+query+")")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var line string
		if err := found.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

const twoOfOnePerson = `SELECT * FROM (VALUES
	('p-1', 'gongan.resident:1', 'gongan', DATE '2025-01-01', 't1', '王*', 'i1', '330*1', false, DATE '1950-01-01', '13*'),
	('p-1', 'weijian.contract:1', 'weijian', DATE '2025-02-01', 't2', '王*', 'i2', '330*2', true, DATE '1950-01-02', '15*'),
	('p-2', 'weijian.contract:2', 'weijian', NULL, 't3', '李*', NULL, NULL, false, NULL, NULL)
) v(entity_id, id, source, day, name_token, name_mask, identity_no_token, identity_no_mask, identity_valid, birth_date, phone_mask)`

// One source speaks for each attribute; the other's word is a disagreement;
// who stands alone has golden values too.
func TestGoldenOfTwoDepartments(t *testing.T) {
	b := goldenOf(t, nil, twoOfOnePerson)
	if got, want := b.lines(t, "SELECT entity_id, attribute, value, value_token, source, day, sound, stale, agree, differ, reason FROM core.golden ORDER BY ALL"), `p-1 birth_date 1950-01-01 gongan 2025-01-01 true false 0 1 order
p-1 identity_no 330*2 i2 weijian 2025-02-01 true false 0 1 sound
p-1 name 王* t1 gongan 2025-01-01 true false 0 1 order
p-2 name 李* t3 weijian true false 0 0 alone`; got != want {
		t.Errorf("golden values\n%s", got)
	}
	if got, want := b.lines(t, "SELECT attribute, reported, value, source, row_id, other_value, other_source, other_row_id, other_day, since, length(disagreement) FROM core.disagreement ORDER BY ALL"), `birth_date true 1950-01-01 gongan gongan.resident:1 1950-01-02 weijian weijian.contract:1 2025-02-01 2025-02-01 16
identity_no true 330*2 weijian weijian.contract:1 330*1 gongan gongan.resident:1 2025-01-01 2025-02-01 16
name true 王* gongan gongan.resident:1 王* weijian weijian.contract:1 2025-02-01 2025-02-01 16`; got != want {
		t.Errorf("disagreements\n%s", got)
	}
	if got, want := b.lines(t, "SELECT attribute, label, source_a, source_b, compared, differing, share_millionths, class FROM mart.disagreement ORDER BY ALL"), `birth_date 出生日期 gongan weijian 1 1 not_enough
identity_no 身份证号 gongan weijian 1 1 not_enough
name 姓名 gongan weijian 1 1 not_enough`; got != want {
		t.Errorf("counts\n%s", got)
	}
}

// A site's own rules take the place of those in the binary, and give another
// snapshot.
func TestASitesOwnRules(t *testing.T) {
	own, err := golden.Parse("own.yaml", []byte("entity: person\nattributes:\n  birth_date: {order: [weijian, gongan], report: false}\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := goldenOf(t, []*golden.Rules{own}, twoOfOnePerson)
	if got := b.lines(t, "SELECT attribute, value, source FROM core.golden"); got != "birth_date 1950-01-02 weijian" {
		t.Errorf("golden values\n%s", got)
	}
	if got := b.lines(t, "SELECT reported FROM core.disagreement"); got != "false" {
		t.Errorf("reported: %s", got)
	}
	built, err := Golden(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := Golden([]*golden.Rules{own}, nil)
	if err != nil || mine.Version() == built.Version() {
		t.Errorf("other rules, one version: %v", err)
	}
	list, err := Plan([]Step{mine})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Name == goldenValue && m.step.Version() != mine.Version() {
			t.Error("the plan holds the rules in the binary")
		}
	}
	place, err := golden.Parse("own.yaml", []byte("entity: place\nattributes:\n  name: {order: [ref]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Golden([]*golden.Rules{place}, nil); !noGolden.Is(err) {
		t.Errorf("rules of a place: %v", err)
	}
}

// Shares have Wilson's interval where enough is compared: 5 of 40 is
// [5.460 %, 26.113 %] by the formula of Wilson 1927.
func TestShareOfDisagreement(t *testing.T) {
	var rows []string
	for i := range 40 {
		birth := "1950-01-01"
		if i < 5 {
			birth = "1950-01-02"
		}
		for source, day := range map[string]string{"gongan": "1950-01-01", "weijian": birth} {
			rows = append(rows, fmt.Sprintf("('p-%d', '%s:%d', '%s', DATE '%s')", i, source, i, source, day))
		}
	}
	b := goldenOf(t, nil, "SELECT * FROM (VALUES "+strings.Join(rows, ", ")+") v(entity_id, id, source, birth_date)")
	if got := b.lines(t, "SELECT compared, differing, share_millionths, round(share_low_millionths, -2)::BIGINT, round(share_high_millionths, -2)::BIGINT, class FROM mart.disagreement"); got != "40 5 125000 54600 261100 ok" {
		t.Errorf("got %s", got)
	}
}
