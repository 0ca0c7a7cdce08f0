package config

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/jobs/export"
	"huiliu/jobs/report"
	"huiliu/jobs/schedule"
	"huiliu/marts/query"
)

// DefaultAddress is where `serve` answers when the site does not say: on this
// machine alone.
const DefaultAddress = "127.0.0.1:8737"

// Job is one command of huiliu that runs on a schedule.
type Job struct {
	schedule.Entry
	// Do are the command's words, without the program's name.
	Do []string
}

type jobForm struct {
	Every string `yaml:"every,required"`
	Do    string `yaml:"do,required"`
}

type exportForm struct {
	Name    string   `yaml:"name,required"`
	Role    string   `yaml:"role"`
	Tables  []string `yaml:"tables,required"`
	Formats []string `yaml:"formats"`
}

type serveForm struct {
	Address string `yaml:"address"`
}

type reportForm struct {
	Fonts report.Fonts `yaml:"fonts"`
}

// readReport reads how a report looks; what the site does not say is as the
// standard asks.
func (c *Config) readReport(s conf.Section) error {
	f := reportForm{Fonts: report.OfficialFonts}
	faults := []error{s.Decode(&f)}
	for _, face := range [][2]string{{"title", f.Fonts.Title}, {"body", f.Fonts.Body}, {"heading1", f.Fonts.Heading1}, {"heading2", f.Fonts.Heading2}, {"page_number", f.Fonts.PageNumber}} {
		if !report.IsFace(face[1]) {
			faults = append(faults, conf.WrongValue.At(s.Get("fonts").Get(face[0]).Place(), "key", face[0], "value", face[1], "want", "the name of one font as a word processor lists it, such as "+report.OfficialFonts.Body))
		}
	}
	c.Fonts = f.Fonts
	return errors.Join(faults...)
}

// readJobs reads what runs on schedules, what is exported and where `serve`
// answers.
func (c *Config) readJobs(f *form) error {
	var faults []error
	met := map[string]bool{}
	for _, item := range f.Exports.Items() {
		e, err := readExport(item)
		if err == nil && met[e.Name] {
			err = conf.WrongValue.At(item.Get("name").Place(), "key", "name", "value", e.Name, "want", "a name that no other export has")
		}
		met[e.Name] = true
		c.Exports = append(c.Exports, e)
		faults = append(faults, err)
	}
	for _, item := range f.Schedule.Items() {
		var j jobForm
		faults = append(faults, item.Decode(&j))
		c.Jobs = append(c.Jobs, Job{Entry: schedule.Entry{Name: j.Do, Every: j.Every, Place: item.Get("every").Place()}, Do: strings.Fields(j.Do)})
	}
	faults = append(faults, schedule.Check(entries(c.Jobs)))
	var s serveForm
	faults = append(faults, f.Serve.Decode(&s))
	if c.Address = s.Address; c.Address == "" {
		c.Address = DefaultAddress
	}
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		faults = append(faults, conf.WrongValue.At(f.Serve.Get("address").Place(), "key", "address", "value", c.Address, "want", "host:port, such as "+DefaultAddress))
	}
	return errors.Join(faults...)
}

func entries(jobs []Job) []schedule.Entry {
	var out []schedule.Entry
	for _, j := range jobs {
		out = append(out, j.Entry)
	}
	return out
}

// Entries lists everything that has a schedule: each source's pull, by its
// id, then the jobs.
func (c *Config) Entries() []schedule.Entry {
	var out []schedule.Entry
	for _, d := range c.Sources {
		out = append(out, schedule.Entry{Name: SourceEntry(d), Every: d.Every, Place: d.Place})
	}
	return append(out, entries(c.Jobs)...)
}

// SourceEntry names the entry of a source's pull.
func SourceEntry(d *source.Definition) string { return "pull " + d.ID }

// Job returns a job by its entry's name, nil when there is none.
func (c *Config) Job(name string) *Job {
	for i := range c.Jobs {
		if c.Jobs[i].Name == name {
			return &c.Jobs[i]
		}
	}
	return nil
}

// Export returns an export by name, nil when there is none.
func (c *Config) Export(name string) *export.Spec {
	for i := range c.Exports {
		if c.Exports[i].Name == name {
			return &c.Exports[i]
		}
	}
	return nil
}

var publishedTable = regexp.MustCompile(`^(core|mart|ref|ops)\.[a-z0-9_]+$`)

func readExport(s conf.Section) (export.Spec, error) {
	f := exportForm{Role: "district", Formats: export.Formats}
	faults := []error{s.Decode(&f)}
	wrong := func(key, value, want string) {
		faults = append(faults, conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want))
	}
	if f.Name != "" && !source.ValidName(f.Name) {
		wrong("name", f.Name, "lower-case letters, digits, - and _, at most 40, since it names a folder")
	}
	if !slices.Contains(query.Roles, f.Role) {
		wrong("role", f.Role, "one of "+strings.Join(query.Roles, ", "))
	}
	for _, t := range f.Tables {
		if !publishedTable.MatchString(t) {
			wrong("tables", t, "published tables such as mart.rectification_trend")
		}
	}
	for _, format := range f.Formats {
		if !slices.Contains(export.Formats, format) {
			wrong("formats", format, fmt.Sprint("some of ", strings.Join(export.Formats, ", ")))
		}
	}
	return export.Spec{Name: f.Name, Role: f.Role, Tables: f.Tables, Formats: f.Formats}, errors.Join(faults...)
}
