package files

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
)

const benchRows = 200_000

// requests writes rows of 20 columns and about 390 bytes, as a service
// request has them.
func requests(format string) []byte {
	var out bytes.Buffer
	names := []string{"request_id", "status", "service_code", "service_name", "category", "agency", "requested", "updated", "closed", "address", "community", "grid", "lat", "long", "channel", "kind", "reporter", "phone", "description", "note"}
	if format == "csv" {
		for i, n := range names {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(n)
		}
		out.WriteByte('\n')
	}
	for i := range benchRows {
		values := []string{
			fmt.Sprintf("SR2025%08d", i), "closed", fmt.Sprint(1000 + i%300), "噪声扰民投诉", "环境保护", "城市管理和综合执法局",
			"2025-03-04T08:12:33+08:00", "2025-03-05T09:00:01+08:00", "", fmt.Sprintf("云溪街道柳岸社区柳岸路%d号", i%900), "柳岸社区", "G0102",
			fmt.Sprintf("30.%06d", i%1000000), fmt.Sprintf("120.%06d", i%1000000), "12345", "投诉", "张先生", "13800000000",
			"夜间施工噪声大，影响居民休息，多次反映未解决，请尽快处理。", "",
		}
		for c, v := range values {
			switch {
			case format == "csv" && c > 0:
				out.WriteByte(',')
			case format == "jsonl" && c == 0:
				out.WriteByte('{')
			case format == "jsonl":
				out.WriteByte(',')
			}
			switch {
			case format == "csv":
				out.WriteString(v)
			case v == "":
				fmt.Fprintf(&out, `"%s":null`, names[c])
			case c == 12 || c == 13:
				fmt.Fprintf(&out, `"%s":%s`, names[c], v)
			default:
				fmt.Fprintf(&out, `"%s":"%s"`, names[c], v)
			}
		}
		if format == "jsonl" {
			out.WriteByte('}')
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// BenchmarkRead reads a file into pages, hashing of the stored bytes included
// and their encoding left out.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, format string }{{"csv", "csv"}, {"jsonl", "jsonl"}} {
		b.Run(c.name, func(b *testing.B) {
			root := b.TempDir()
			text := requests(c.format)
			if err := os.WriteFile(root+"/requests."+c.format, text, 0o644); err != nil {
				b.Fatal(err)
			}
			def := define(b, root, "append", "path: 'requests.*'")
			con, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
			if err != nil {
				b.Fatal(err)
			}
			builder := page.NewBuilder()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			begin := cpu()
			for b.Loop() {
				r, err := con.Open(context.Background(), connector.Request{Table: &def.Tables[0]})
				if err != nil {
					b.Fatal(err)
				}
				rows := int64(0)
				for done := false; !done; {
					builder.Reset()
					p, err := r.Next(context.Background(), builder)
					if err != nil {
						b.Fatal(err)
					}
					rows, done = rows+p.Read, p.Done
				}
				if rows != benchRows {
					b.Fatalf("%d rows", rows)
				}
				r.Close()
			}
			spent := float64(cpu()-begin) / float64(b.N)
			b.ReportMetric(spent/benchRows, "cpu-ns/row")
			b.ReportMetric(float64(len(text))/1e6/(spent/1e9), "MB/cpu-s")
		})
	}
}

// cpu returns the processor time this process has used, in nanoseconds: on a
// shared machine the wall says little.
func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
