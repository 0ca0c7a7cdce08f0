package console

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what a monitoring system reads at /metrics (Prometheus text
// format). They hold counts, times and names of the configuration alone.
type Metrics struct {
	registry  *prometheus.Registry
	cycles    *prometheus.CounterVec
	took      prometheus.Histogram
	jobs      *prometheus.CounterVec
	succeeded *prometheus.GaugeVec
	records   *prometheus.CounterVec
}

// NewMetrics returns metrics at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		cycles:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "huiliu_cycles_total", Help: "Cycles of pull, load, build and publish, by outcome."}, []string{"outcome"}),
		took:      prometheus.NewHistogram(prometheus.HistogramOpts{Name: "huiliu_cycle_seconds", Help: "How long a cycle took.", Buckets: prometheus.ExponentialBuckets(1, 2, 13)}),
		jobs:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "huiliu_scheduled_total", Help: "What ran on a schedule, by name and outcome."}, []string{"name", "outcome"}),
		succeeded: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "huiliu_scheduled_last_success_seconds", Help: "When it last went well, seconds since 1970."}, []string{"name"}),
		records:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "huiliu_records_total", Help: "Records loaded, by source and fate: read, quarantined."}, []string{"source", "fate"}),
	}
	m.registry.MustRegister(m.cycles, m.took, m.jobs, m.succeeded, m.records, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func outcome(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}

// Cycle counts one cycle.
func (m *Metrics) Cycle(ok bool, took time.Duration) {
	m.cycles.WithLabelValues(outcome(ok)).Inc()
	m.took.Observe(took.Seconds())
}

// Job counts one thing that ran on a schedule and ended now.
func (m *Metrics) Job(name string, ok bool, now time.Time) {
	m.jobs.WithLabelValues(name, outcome(ok)).Inc()
	if ok {
		m.succeeded.WithLabelValues(name).Set(float64(now.Unix()))
	}
}

// Records counts what was loaded of a source.
func (m *Metrics) Records(source string, read, quarantined int64) {
	m.records.WithLabelValues(source, "read").Add(float64(read))
	m.records.WithLabelValues(source, "quarantined").Add(float64(quarantined))
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
