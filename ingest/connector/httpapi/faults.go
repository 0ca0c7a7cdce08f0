package httpapi

import (
	"time"

	"huiliu/internal/fault"
)

// Faults of an API. All are of the run, not of the configuration: an API that
// refuses today may have been right yesterday.
var (
	// Unreachable is raised when there is no answer.
	Unreachable = kind("http_unreachable", "the API does not answer", "接口没有响应",
		"check connection.url, the network, and whether the department's service runs", "检查 connection.url、网络，以及部门服务是否在运行")
	// Busy is raised when the API keeps answering that it can't serve now.
	Busy = kind("http_busy", "the API answers status {status}", "接口返回状态 {status}",
		"try again later; lower connection.rate if it is 429", "稍后重试；若为 429，请降低 connection.rate")
	// Denied is raised when the API does not accept the credentials.
	Denied = kind("http_denied", "the API refuses the credentials (status {status})", "接口拒绝了凭据（状态 {status}）",
		"correct connection.auth or connection.headers", "改正 connection.auth 或 connection.headers")
	// Refused is raised when the API does not accept the request.
	Refused = kind("http_refused", "the API refuses the request (status {status})", "接口拒绝了请求（状态 {status}）",
		"correct read.path, read.query, paging or since", "改正 read.path、read.query、paging 或 since")
	// NotJSON is raised for an answer that is no JSON, such as a gateway's page.
	NotJSON = kind("http_not_json", "the answer is no JSON but {what}", "返回内容不是 JSON，而是{what}",
		"open the address by hand; a gateway or a login page may stand before the API", "手工打开该地址查看，接口前可能有网关或登录页")
	// Cut is raised for an answer that ends in the middle.
	Cut = kind("http_cut", "the answer ends in the middle", "返回内容中途截断",
		"try again; ask the department if it stays so", "重试；若仍如此请联系部门")
	// TooLarge is raised for an answer above the limit.
	TooLarge = kind("http_too_large", "the answer is larger than {limit} bytes", "返回内容超过 {limit} 字节",
		"ask for smaller pages with paging.size, or raise connection.body_limit", "减小 paging.size，或提高 connection.body_limit")
	// NoList is raised when the records are not where they should be.
	NoList = kind("http_no_records", "there is no list at {path}", "在 {path} 处没有列表",
		"correct read.records, or ask the department what changed", "改正 read.records，或向部门询问接口变更")
	// NotOK is raised when the answer itself says that it failed.
	NotOK = kind("http_answer_refused", "the API answers {path} = {value} {message}", "接口返回 {path} = {value} {message}",
		"look up the code in the API's manual; correct read.ok if it means success", "在接口文档中查该代码；若代表成功请改正 read.ok")
	// Circle is raised when the next page is the one just read.
	Circle = kind("http_circle", "the next page is the same as this one", "下一页与本页相同",
		"correct paging.next, or ask the department", "改正 paging.next，或联系部门")
	// Elsewhere is raised when the API sends the reader to another host: the
	// credentials must not go there.
	Elsewhere = kind("http_elsewhere", "the API points to another host, {host}", "接口指向了另一主机 {host}",
		"set connection.url to that host if it is the department's", "若该主机属于部门，请改正 connection.url")
	// BadMark is raised for a mark that this connector did not write.
	BadMark = kind("http_mark", "the stored mark is none of this connector's", "保存的读取位置不是本连接器写的",
		"read the table anew with run --full-refresh", "用 run --full-refresh 重新读取此表")
)

func kind(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Failed, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// lang is the language of rejects: officials read them in the quarantine.
const lang = fault.Chinese

// failure is a failed request: the fault, and whether another try may help.
type failure struct {
	fault *fault.Error
	again bool
	after time.Duration
}

// Error gives the fault's text.
func (f *failure) Error() string { return f.fault.Error() }

// Unwrap returns the fault.
func (f *failure) Unwrap() error { return f.fault }

// RetryAfter tells the puller when to try again.
func (f *failure) RetryAfter() (time.Duration, bool) { return f.after, f.again }

func final(f *fault.Error) *failure { return &failure{fault: f} }

func passing(f *fault.Error) *failure { return &failure{fault: f, again: true} }
