package normalise

import (
	"syscall"
	"testing"
	"time"

	"huiliu/ingest/page"
)

const requests = `
key: [no]
version: updated
delete: {field: state, values: [作废]}
maps:
  - entity: service_request
    when: [{field: kind, not: [测试]}]
    fields:
      request_no: no
      kind: {from: kind, codes: {"1": 投诉, "2": 咨询}, else: quarantine}
      title: {from: [title, kind], do: [squash]}
      description: body
      requested: at
      closed: {from: done, "null": ["-", 无]}
      reopened_times: times
      on_time: ontime
      reporter: name
      reporter_phone: phone
      point: {lat: lat, long: long}
      channel: {const: 热线}
    events:
      requested: at
      closed: {from: done, "null": ["-", 无]}
`

func TestApply(t *testing.T) {
	tr, _ := compile(t, requests)
	b := sheet(t, `
no|updated|state|kind|title|body|at|done|times|ontime|name|phone|lat|long
A1|2018-09-02 10:00:00|在办|1|  路灯  坏了 |张三的电话13800138000，建设路12号3栋502室|2018-09-01 08:30:00|-|2|是|张三|138-0013-8000|22.700001|114.350000
A2|2018-09-02|在办|2|~|~|2018/9/1|2018年9月3日 下午3时5分|x|否|~|~|0|0.0
A3|2018-09-02|作废|1|t|b|2018-09-01|~|~|~|~|~|~|~
A4|2018-09-02|在办|测试|t|b|2018-09-01|~|~|~|~|~|~|~
~|2018-09-02|在办|1|t|b|2018-09-01|~|~|~|~|~|~|~
A6|seven|在办|9|t|b|2018-13-01|~|~|~|~|~|22.7|113.8
`)
	out := apply(t, tr, b)
	defer out.Release()
	fates := []Fate{Load, Load, Delete, Filtered, Quarantined, Load}
	for i, f := range fates {
		if out.Records[i].Fate != f {
			t.Errorf("record %d: fate %d, want %d", i, out.Records[i].Fate, f)
		}
	}
	rows := out.Rows[0].Batch
	if rows.NumRows() != 3 || !rows.Schema().Equal(tr.Schema(out.Rows[0].Entity)) {
		t.Fatalf("%d rows, %d columns", rows.NumRows(), rows.NumCols())
	}
	if rows.Schema().HasField("street") || !rows.Schema().HasField("h3_7") {
		t.Errorf("the columns are %v", rows.Schema())
	}
	expect(t, rows, 0, map[string]string{
		"id": "dept.feed:A1", "request_no": "A1", "kind": "投诉", "title": "路灯 坏了", "requested_at": "2018-09-01T00:30:00Z", "requested_on": "2018-09-01",
		"closed_at": "~", "closed_on": "~", "reopened_times": "2", "on_time": "true", "reporter_mask": "张*", "reporter_phone_mask": "138****8000",
		"description_mask": "张三的电话138****8000，建设路**号*栋***室", "lat": "22.700001", "long": "114.350000", "place_state": "ok", "channel": "热线",
	})
	expect(t, rows, 1, map[string]string{
		"id": "dept.feed:A2", "kind": "咨询", "title": "2", "requested_at": "~", "requested_on": "2018-09-01", "closed_at": "2018-09-03T07:05:00Z",
		"reopened_times": "~", "on_time": "false", "reporter_token": "~", "description_token": "~", "lat": "~", "place_state": "none", "h3_9": "~", "_sealed": "~",
	})
	expect(t, rows, 2, map[string]string{"kind": "~", "requested_on": "~", "place_state": "suspect", "lat": "22.700000", "h3_7": "~"})
	bad := map[string]string{}
	for _, x := range out.Bad {
		bad[string(rune('0'+x.Record))+x.Field] = x.Code
	}
	for place, code := range map[string]string{"1times": codeUnreadable, "4": codeKey, "5updated": codeVersion, "5kind": codeUnknown, "5at": codeOutside} {
		if bad[place] != code {
			t.Errorf("bad %s: %q, want %q", place, bad[place], code)
		}
	}
	if len(out.Bad) != 5 {
		t.Errorf("%d bad, want 5: %+v", len(out.Bad), out.Bad)
	}
	if r := out.Records[0]; !r.HasVersion || r.Version != 1535853600000000 {
		t.Errorf("version %+v", r)
	}
	if out.Records[5].HasVersion {
		t.Error("an unreadable version was taken")
	}
	if out.Events.NumRows() != 3 || show(out.Events, 2, "event") != "closed" || show(out.Events, 2, "happened_at") != "2018-09-03T07:05:00Z" || out.EventRecord[2] != 1 {
		t.Errorf("events: %v", out.Events)
	}
}

func benchPage(b testing.TB, sealed bool) *page.Batch {
	w := page.NewBuilder()
	w.Origin("bench.csv")
	names := []string{"no", "channel", "kind", "c1", "c2", "c3", "title", "body", "agency", "status", "ontime", "at", "accepted", "closed", "expected", "times", "community", "grid", "lat", "long"}
	for i := range page.MaxRecords {
		d := func(day int) string {
			return string([]byte{'2', '0', '2', '5', '-', '0', byte('1' + day%9), '-', '1', byte('0' + i%10), ' ', '0', byte('0' + i%10), ':', '3', '0', ':', '0', '0'})
		}
		body := ""
		if sealed {
			body = "市民反映建设路12号阳光花园3栋楼下长期堆放垃圾，气味难闻，影响居民生活，多次向物业反映无果，请相关部门尽快处理，联系电话13800138000，谢谢"
		}
		vals := []string{itoa(i), "12345", "投诉", "市容环境", "垃圾清运", "垃圾堆放", "阳光花园楼下堆放垃圾", body, "城市管理局", "已办结", "是", d(0), d(1), d(2), d(3), "0", "六和社区", "网格" + itoa(i%40),
			"22.7" + itoa(1000+i%9000), "114.3" + itoa(1000+i*7%9000)}
		for k, v := range vals {
			if v != "" {
				w.Text(w.Column(names[k], page.Text), []byte(v))
			} else {
				w.Column(names[k], page.Text)
			}
		}
		w.End(page.Upsert, int64(i+1), -1)
	}
	return finish(b, w)
}

func itoa(i int) string {
	s := ""
	for {
		s = string(rune('0'+i%10)) + s
		if i /= 10; i == 0 {
			return s
		}
	}
}

const benchMap = `
key: [no]
maps:
  - entity: service_request
    fields:
      {request_no: no, channel: channel, kind: kind, category_1: c1, category_2: c2, category_3: c3, title: title, description: body, agency: agency, status: status, on_time: ontime,
       requested: at, accepted: accepted, closed: closed, expected: expected, reopened_times: times, community: community, grid: grid, point: {lat: lat, long: long}}
`

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkApply(b *testing.B) {
	for _, c := range []struct {
		name   string
		sealed bool
	}{{"sealed", true}, {"plain", false}} {
		b.Run(c.name, func(b *testing.B) {
			tr, _ := compile(b, benchMap)
			p := benchPage(b, c.sealed)
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				out, err := tr.Apply(p, Verdict{})
				if err != nil || len(out.Bad) > 0 {
					b.Fatal(err, out.Bad[:1])
				}
				out.Release()
			}
			b.ReportMetric(float64(b.N)*page.MaxRecords/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64((cpu()-start).Nanoseconds())/float64(b.N)/page.MaxRecords, "cpu-ns/row")
		})
	}
}
