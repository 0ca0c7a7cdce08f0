package heatmap

import "huiliu/internal/fault"

// Faults of the heatmap.
var (
	smallShown = &fault.Kind{
		Code: "heatmap_small_count", Class: fault.Failed,
		Cause: fault.Text{EN: "{n} small counts would leave the house", ZH: "有 {n} 个过小的数未被隐去"},
		Mend:  fault.Text{EN: "this is a defect in the program: nothing was published; keep the store and report it", ZH: "这是程序缺陷，本次未发布；请保留数据库并反馈"},
	}
	noMonth = &fault.Kind{
		Code: "heatmap_no_such_month", Class: fault.Input,
		Cause: fault.Text{EN: "the heatmap has no month {month}", ZH: "诉求热力中没有 {month} 这个月份"},
		Mend:  fault.Text{EN: "use one from {first} to {last}", ZH: "请选 {first} 至 {last} 之间的月份"},
	}
	noCategory = &fault.Kind{
		Code: "heatmap_no_such_category", Class: fault.Input,
		Cause: fault.Text{EN: "the heatmap has no category {category}", ZH: "诉求热力中没有类别 {category}"},
		Mend:  fault.Text{EN: "use one of {have}", ZH: "可用：{have}"},
	}
	empty = &fault.Kind{
		Code: "heatmap_empty", Class: fault.Missing,
		Cause: fault.Text{EN: "the snapshot holds no dated service request to draw", ZH: "当前快照中没有可绘制的诉求"},
		Mend:  fault.Text{EN: "load a source of service requests, then `huiliu run`", ZH: "请先接入诉求来源并执行 `huiliu run`"},
	}
	changed = &fault.Kind{
		Code: "heatmap_snapshot_changed", Class: fault.Failed,
		Cause: fault.Text{EN: "another snapshot was published while the heatmap was drawn", ZH: "绘图期间发布了新的快照"},
		Mend:  fault.Text{EN: "run the job again", ZH: "请重新执行"},
	}
	// NoFont is raised when the page and the SVG were written, but no PNG for
	// want of a font.
	NoFont = &fault.Kind{
		Code: "heatmap_no_font", Class: fault.Missing,
		Cause: fault.Text{EN: "no font with Chinese characters was found, so no PNG was written; the page and the SVG are there", ZH: "没有找到中文字体，未生成 PNG；网页和 SVG 已生成"},
		Mend:  fault.Text{EN: "install one (Debian: apt install fonts-noto-cjk), or name a TTF, OTF or TTC file with --font or HUILIU_FONT", ZH: "请安装中文字体（Debian：apt install fonts-noto-cjk），或用 --font、HUILIU_FONT 指定 TTF、OTF、TTC 文件"},
	}
)
