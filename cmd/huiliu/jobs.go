package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"huiliu/cmd/huiliu/config"
	"huiliu/internal/fault"
	"huiliu/jobs/export"
	"huiliu/jobs/schedule"
)

// Faults of jobs.
var (
	noSuchExport = &fault.Kind{
		Code: "no_such_export", Class: fault.Input,
		Cause: fault.Text{EN: "there is no export {name}", ZH: "没有名为 {name} 的导出"},
		Mend:  fault.Text{EN: "use one of {have}, or write it under exports in the configuration", ZH: "可用：{have}；也可在配置的 exports 下添加"},
	}
	badJob = &fault.Kind{
		Code: "schedule_bad_job", Class: fault.Input,
		Cause: fault.Text{EN: "{do} is no command that can be scheduled: {why}", ZH: "“{do}”不是可以定时执行的命令（{why}）"},
		Mend:  fault.Text{EN: "write a command as it is typed, without the program's name, such as export run trends", ZH: "按命令行写法填写，不带程序名，如 export run trends"},
	}
	jobsFailed = &fault.Kind{
		Code: "jobs_failed", Class: fault.Failed,
		Cause: fault.Text{EN: "the job did not come to its end", ZH: "该任务未能完成"},
		Mend:  fault.Text{EN: "see the lines above; it is tried again when it is due next, or by hand now", ZH: "见上面各行；下次到期会再试，也可现在手动执行"},
	}
)

type exportCmd struct {
	Run  exportRunCmd  `cmd:"" help:"Write an export of the current snapshot."`
	List exportListCmd `cmd:"" help:"List the exports of the configuration."`
}

type exportRunCmd struct {
	Name string `arg:"" help:"An export of the configuration."`
}

func (exportRunCmd) writes() bool { return true }

func (c exportRunCmd) run(ctx context.Context, e *env) (result, error) {
	cfg, err := config.Load(e.Config)
	if err != nil {
		return result{}, err
	}
	spec := cfg.Export(c.Name)
	if spec == nil {
		return result{}, noSuchExport.At("export run "+c.Name, "name", c.Name, "have", strings.Join(exportNames(cfg), ", "))
	}
	folder, m, err := export.Run(ctx, filepath.Join(e.Store, "snapshots"), e.exports(), cfg.ID, *spec)
	if err != nil {
		return result{}, err
	}
	return result{summary: fmt.Sprintf("%s: %s of snapshot %s", folder, many(len(m.Files), "file"), m.Snapshot), value: m}, nil
}

func (e *env) exports() string { return filepath.Join(e.Store, "exports") }

func exportNames(c *config.Config) []string {
	var out []string
	for _, x := range c.Exports {
		out = append(out, x.Name)
	}
	return out
}

type exportListCmd struct{}

func (exportListCmd) run(_ context.Context, e *env) (result, error) {
	cfg, err := config.Load(e.Config)
	if err != nil {
		return result{}, err
	}
	var lines []string
	for _, x := range cfg.Exports {
		lines = append(lines, fmt.Sprintf("%s: %s for %s as %s", x.Name, strings.Join(x.Tables, ", "), x.Role, strings.Join(x.Formats, ", ")))
	}
	return result{summary: strings.Join(lines, "\n"), value: cfg.Exports}, nil
}

// checkJobs reports every scheduled command that could not be run.
func checkJobs(c *config.Config) error {
	var faults []error
	for _, j := range c.Jobs {
		var complaint bytes.Buffer
		p, _ := parse(j.Do, &complaint, &complaint)
		why := ""
		switch {
		case p == nil:
			why, _, _ = strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		case p.name == "run" || p.name == "serve" || p.name == "bench":
			why = "it is no job"
		case p.name == "export run" && c.Export(j.Do[len(j.Do)-1]) == nil:
			why = "there is no such export"
		}
		if why != "" {
			faults = append(faults, badJob.At(j.Place, "do", j.Name, "why", why))
		}
	}
	return errors.Join(faults...)
}

// outcome is what a job came to.
type outcome struct {
	Job     string  `json:"job"`
	Said    string  `json:"said"`
	Problem string  `json:"problem,omitempty"`
	Seconds float64 `json:"seconds"`
}

// invoke runs a command of huiliu as if it had been typed for this store and
// configuration, and keeps what it says.
func (e *env) invoke(ctx context.Context, words []string) outcome {
	o := outcome{Job: strings.Join(words, " ")}
	started := time.Now()
	var out, complaint bytes.Buffer
	p, _ := parse(words, &out, &complaint)
	if p == nil {
		o.Problem = strings.TrimSpace(complaint.String())
		return o
	}
	own := *e
	own.out, own.err, own.JSON, own.Quiet = &out, &complaint, false, true
	if p.AsOf != "" {
		own.AsOf = p.AsOf
	}
	r, err := p.command.run(ctx, &own)
	o.Said, o.Seconds = r.summary, time.Since(started).Seconds()
	if err != nil {
		o.Problem = describe(err, e.lang)
	}
	return o
}

// openSchedule opens the site's schedule.
func (e *env) openSchedule(c *config.Config) (*schedule.Schedule, error) {
	return schedule.Open(filepath.Join(e.Store, "runs", "schedule.json"), c.Zone, c.Entries())
}

// jobsDue runs the jobs whose time has come, one after the other.
func (e *env) jobsDue(ctx context.Context, c *config.Config, s *schedule.Schedule, now time.Time) ([]outcome, error) {
	var out []outcome
	var faults []error
	for _, d := range s.Due(now) {
		j := c.Job(d.Name)
		if j == nil || ctx.Err() != nil {
			continue
		}
		if err := s.Begin(now, d); err != nil {
			return out, err
		}
		o := e.invoke(ctx, j.Do)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		out = append(out, o)
		if o.Problem != "" {
			faults = append(faults, jobsFailed.At(j.Name))
		}
		if err := s.End(time.Now(), d.Name, o.Problem); err != nil {
			return out, err
		}
	}
	return out, errors.Join(faults...)
}
