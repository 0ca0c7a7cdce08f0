// Package config reads huiliu.yaml: the site and its sources. It checks all
// of it and reports every fault at once; it starts nothing.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/fault"
	"huiliu/internal/seal"
	"huiliu/jobs/export"
	"huiliu/jobs/report"
	"huiliu/transform/link/golden"
)

// Faults of a configuration.
var (
	noFile = &fault.Kind{
		Code: "config_not_found", Class: fault.Input,
		Cause: fault.Text{EN: "there is no configuration", ZH: "找不到配置文件"},
		Mend:  fault.Text{EN: "run in the folder that holds huiliu.yaml, or name one with --config", ZH: "在 huiliu.yaml 所在目录运行，或用 --config 指定"},
	}
	noSource = &fault.Kind{
		Code: "config_no_such_source", Class: fault.Input,
		Cause: fault.Text{EN: "there is no built-in source {id}", ZH: "没有内置来源 {id}"},
		Mend:  fault.Text{EN: "use one of {have}, or write the definition here", ZH: "可用：{have}；也可直接写出定义"},
	}
	noDefinition = &fault.Kind{
		Code: "config_no_such_file", Class: fault.Input,
		Cause: fault.Text{EN: "the source's definition can't be read", ZH: "来源定义文件无法读取"},
		Mend:  fault.Text{EN: "name a file beside this configuration that exists and may be read", ZH: "请填写与本配置同目录下存在且可读的文件"},
	}
	noRules = &fault.Kind{
		Code: "config_no_golden_rules", Class: fault.Input,
		Cause: fault.Text{EN: "the rules of golden values can't be read", ZH: "一数一源规则文件无法读取"},
		Mend:  fault.Text{EN: "name a file beside this configuration that exists and may be read", ZH: "请填写与本配置同目录下存在且可读的文件"},
	}
	twice = &fault.Kind{
		Code: "config_source_twice", Class: fault.Input,
		Cause: fault.Text{EN: "two sources have the id {id}", ZH: "两个来源用了同一编号 {id}"},
		Mend:  fault.Text{EN: "give one of them another id", ZH: "请改其中一个的编号"},
	}
)

// Config is one site.
type Config struct {
	// File is where it was read from.
	File string
	// ID and Name of the site.
	ID, Name string
	// Zone is the site's zone.
	Zone *time.Location
	// Bounds is west, south, east, north in degrees (WGS 84); empty when the
	// site does not say.
	Bounds []float64
	// Region are the divisions above the site, such as 杭州市 and 西湖区.
	Region []string
	// Suite is the family of sealing algorithms.
	Suite seal.Suite
	// MemoryMB bounds DuckDB's memory.
	MemoryMB int
	// Sources in the order they are written.
	Sources []*source.Definition
	// Jobs run on schedules, in the order they are written; Exports are what
	// they and `export run` may write.
	Jobs    []Job
	Exports []export.Spec
	// Golden are the site's own rules of golden values, at most one an entity.
	Golden []*golden.Rules
	// Fonts are the faces of a report's document.
	Fonts report.Fonts
	// Address is where `serve` answers, as host:port.
	Address string
}

type form struct {
	Site struct {
		ID     string    `yaml:"id,required"`
		Name   string    `yaml:"name"`
		Zone   string    `yaml:"zone"`
		Bounds []float64 `yaml:"bounds"`
		Region []string  `yaml:"region"`
	} `yaml:"site,required"`
	Seal struct {
		Suite string `yaml:"suite"`
	} `yaml:"seal"`
	MemoryMB int          `yaml:"memory_mb"`
	Sources  conf.Section `yaml:"sources,required"`
	Golden   conf.Section `yaml:"golden"`
	Exports  conf.Section `yaml:"exports"`
	Schedule conf.Section `yaml:"schedule"`
	Report   conf.Section `yaml:"report"`
	Serve    conf.Section `yaml:"serve"`
}

// Load reads the configuration at path. With an error it may still return the
// sound part of it, so that a caller can look for more faults there.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, noFile.At(path).Because(err)
	}
	return Parse(path, text, nil)
}

// Parse reads a configuration from text; variables come from env, the
// process's own when it is nil.
func Parse(path string, text []byte, env func(string) (string, bool)) (*Config, error) {
	s, err := conf.Parse(path, text, env)
	if err != nil {
		return nil, err
	}
	var f form
	f.Site.Zone = "Asia/Shanghai"
	faults := []error{s.Decode(&f)}
	c := &Config{File: path, ID: f.Site.ID, Name: f.Site.Name, Bounds: f.Site.Bounds, Region: f.Site.Region, MemoryMB: f.MemoryMB, Suite: seal.AES}
	if s.Absent() {
		faults = append(faults, conf.MissingKey.At(path, "key", "site", "want", "{id: the site's short name, name: what an official calls it}"))
	}
	if c.ID != "" && !source.ValidName(c.ID) {
		faults = append(faults, conf.WrongValue.At(s.Get("site").Get("id").Place(), "key", "id", "value", c.ID, "want", "lower-case letters, digits, - and _, at most 40, since it stands in topic names"))
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	if c.Zone, err = time.LoadLocation(f.Site.Zone); err != nil {
		faults = append(faults, conf.WrongValue.At(s.Get("site").Get("zone").Place(), "key", "zone", "value", f.Site.Zone, "want", "a zone such as Asia/Shanghai"))
	}
	if n := len(c.Bounds); n != 0 && (n != 4 || c.Bounds[0] >= c.Bounds[2] || c.Bounds[1] >= c.Bounds[3]) {
		faults = append(faults, conf.WrongValue.At(s.Get("site").Get("bounds").Place(), "key", "bounds", "value", fmt.Sprint(c.Bounds), "want", "[west, south, east, north] in degrees"))
	}
	switch f.Seal.Suite {
	case "", "aes":
	case "sm":
		c.Suite = seal.SM
	default:
		faults = append(faults, conf.WrongValue.At(s.Get("seal").Get("suite").Place(), "key", "suite", "value", f.Seal.Suite, "want", "aes or sm"))
	}
	met := map[string]bool{}
	for _, item := range f.Sources.Items() {
		d, err := readSource(item, text, env)
		faults = append(faults, err)
		if d != nil && met[d.ID] {
			faults = append(faults, twice.At(item.Place(), "id", d.ID))
		} else if d != nil && d.Zone != nil {
			c.Sources = append(c.Sources, d)
		}
		if d != nil {
			met[d.ID] = true
		}
	}
	return c, errors.Join(append(faults, c.readGolden(f.Golden), c.readJobs(&f), c.readReport(f.Report))...)
}

// Source returns a source by id, nil when there is none.
func (c *Config) Source(id string) *source.Definition {
	for _, d := range c.Sources {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// readSource reads one entry: use (a definition in the binary), file (one
// beside the configuration), or the definition itself.
func readSource(s conf.Section, whole []byte, env func(string) (string, bool)) (*source.Definition, error) {
	switch {
	case !s.Get("use").Absent():
		id, err := s.Get("use").Scalar()
		if err != nil {
			return nil, err
		}
		text, ok := source.BuiltinText(id)
		if !ok {
			return nil, noSource.At(s.Get("use").Place(), "id", id, "have", strings.Join(source.Builtin(), ", "))
		}
		d, err := parseText("builtin:"+id+"/source.yaml", text, s.Get("connection"), env)
		return d, errors.Join(s.Only("use", "connection"), err)
	case !s.Get("file").Absent():
		name, err := s.Get("file").Scalar()
		if err != nil {
			return nil, err
		}
		path := filepath.Join(filepath.Dir(s.File()), name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, noDefinition.At(s.Get("file").Place()).Because(err)
		}
		d, err := parseText(path, text, s.Get("connection"), env)
		return d, errors.Join(s.Only("file", "connection"), err)
	}
	return source.Parse(s, whole, conf.Section{})
}

// readGolden reads the files, beside the configuration, of the site's own rules
// of golden values.
func (c *Config) readGolden(s conf.Section) error {
	var faults []error
	met := map[string]bool{}
	for _, item := range s.Items() {
		name, err := item.Scalar()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		path := filepath.Join(filepath.Dir(s.File()), name)
		text, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, noRules.At(item.Place()).Because(err))
			continue
		}
		r, err := golden.Parse(path, text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if met[r.Type.Name] {
			faults = append(faults, conf.WrongValue.At(item.Place(), "key", "golden", "value", name, "want", "one file an entity"))
		}
		met[r.Type.Name] = true
		c.Golden = append(c.Golden, r)
	}
	return errors.Join(faults...)
}

func parseText(name string, text []byte, overlay conf.Section, env func(string) (string, bool)) (*source.Definition, error) {
	section, err := conf.Parse(name, text, env)
	if err != nil {
		return nil, err
	}
	return source.Parse(section, text, overlay)
}
