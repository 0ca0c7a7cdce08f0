package page

import "testing"

func TestLargeIntegerBesideDoubles(t *testing.T) {
	const large = 1<<53 + 1 // no double holds it
	b := NewBuilder()
	col := b.Column("n", Float)
	b.Float(col, 0.5)
	b.End(Upsert, 1, 0)
	b.Int(col, large)
	b.End(Upsert, 2, 1)
	payload, err := b.Encode(&Header{})
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	if first, second := string(batch.Column(0).AppendText(nil, 0)), string(batch.Column(0).AppendText(nil, 1)); first != "0.5" || second != "9007199254740993" {
		t.Errorf("read back %s and %s, want 0.5 and 9007199254740993", first, second)
	}
}
