package issue

import (
	"time"

	"huiliu/internal/fault"
)

// Options are the bounds of the work and of the clustering. None of them was
// set by labels.
type Options struct {
	// Probability is the mean probability that two groups need to become one
	// issue. Two problems in one issue hide one of them, one problem in two
	// issues is only seen twice: the first is held to cost twice as much, which
	// makes it two thirds.
	Probability float64 `json:"probability"`
	// Burst is how many requests within BurstSpan make a burst. While it lasts, a
	// request from its place is about it that many times more likely than at other
	// times, so that the odds it needs to join are lower by this factor.
	Burst     int           `json:"burst"`
	BurstSpan time.Duration `json:"burst_span"`
	// Neighbours is with how many earlier requests of one place a request is
	// compared; it bounds the pairs of a place that everybody names.
	Neighbours int `json:"neighbours"`
	// Horizon is the longest time between two requests that are compared.
	Horizon time.Duration `json:"horizon"`
	// Runes is how much of a body is read: later parts wander to other places
	// and problems.
	Runes int `json:"runes"`
	// Key is what the hashes of terms are made secret by, nil to leave them as
	// they are. A hash of two or three characters is found by trying them all,
	// and then says what a request was about; under a keyed function, such as
	// the first eight bytes of an HMAC under the site's key, only who has the
	// key can try. It must give the same for the same in every run: a model
	// knows by one hash whether its key is the one it was made with. Several
	// goroutines call it at once.
	Key func(hash uint64) uint64 `json:"-"`
}

// DefaultOptions are sound for a city's hotline.
func DefaultOptions() Options {
	return Options{Probability: 2. / 3, Burst: 10, BurstSpan: 30 * 24 * time.Hour, Neighbours: 200,
		Horizon: 365 * 24 * time.Hour, Runes: 200}
}

// BadOption is raised for options that bound nothing.
var BadOption = &fault.Kind{
	Code: "issue_option", Class: fault.Input,
	Cause: fault.Text{EN: "{name} can't be {value}", ZH: "{name} 不能为 {value}"},
	Mend:  fault.Text{EN: "give {want}", ZH: "请填写{zh}"},
}

// check refuses options outside their ranges.
func (o *Options) check() error {
	bad := func(name string, value any, want, zh string) error {
		return BadOption.At("link issues", "name", name, "value", value, "want", want, "zh", zh)
	}
	switch {
	case !(o.Probability > 0 && o.Probability < 1):
		return bad("Probability", o.Probability, "a number between 0 and 1", "0 与 1 之间的数")
	case o.Burst < 2:
		return bad("Burst", o.Burst, "2 or more", "2 或以上的整数")
	case o.Neighbours < 1:
		return bad("Neighbours", o.Neighbours, "1 or more", "1 或以上的整数")
	case o.Runes < 1:
		return bad("Runes", o.Runes, "1 or more", "1 或以上的整数")
	case o.Horizon <= 0 || o.BurstSpan <= 0:
		return bad("Horizon or BurstSpan", min(o.Horizon, o.BurstSpan), "more than 0", "大于 0 的时长")
	}
	return nil
}

// key makes a hash secret.
func (o *Options) key(hash uint64) uint64 {
	if o.Key == nil {
		return hash
	}
	return o.Key(hash)
}

// keyed is a fingerprint of the key and of all that a request is read by:
// features of another fingerprint can't be compared.
func (o *Options) keyed() uint32 {
	return uint32(o.key(uint64(o.Runes)*0x9e3779b97f4a7c15) >> 32)
}

// NoID and TwiceID are raised for requests that can't be told apart.
var (
	NoID = &fault.Kind{
		Code: "issue_no_id", Class: fault.Input,
		Cause: fault.Text{EN: "request {n} has no identifier", ZH: "第 {n} 条诉求没有编号"},
		Mend:  fault.Text{EN: "give every request its own identifier", ZH: "请为每条诉求提供唯一编号"},
	}
	TwiceID = &fault.Kind{
		Code: "issue_id_twice", Class: fault.Input,
		Cause: fault.Text{EN: "the request {id} comes twice", ZH: "诉求 {id} 出现了两次"},
		Mend:  fault.Text{EN: "keep one version of each request", ZH: "每条诉求只保留一个版本"},
	}
)

// BadFeatures is raised for features that were not made by Read, or by another
// layout, key or Options.Runes than the model's.
var BadFeatures = &fault.Kind{
	Code: "issue_features", Class: fault.Input,
	Cause: fault.Text{EN: "the features of request {id} can't be read: {what}", ZH: "无法读取诉求 {id} 的特征：{what_zh}"},
	Mend:  fault.Text{EN: "make the features of all requests anew and group them again", ZH: "请重新生成全部诉求的特征并重新归并"},
}
