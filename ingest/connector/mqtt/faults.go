package mqtt

import (
	"time"

	"huiliu/internal/fault"
)

// Faults of a broker.
var (
	// Unreachable is raised when the broker does not answer or hangs up.
	Unreachable = kind("mqtt_unreachable", "the broker does not answer", "MQTT 服务器没有响应",
		"check connection.url, the network, and whether the broker runs", "检查 connection.url、网络，以及 MQTT 服务器是否在运行")
	// Denied is raised when it does not accept the client.
	Denied = kind("mqtt_denied", "the broker refuses the client (reason {reason})", "MQTT 服务器拒绝了客户端（原因码 {reason}）",
		"correct username and password, or ask for the right to use client_id and topics", "改正用户名和密码，或请部门开通 client_id 与主题的权限")
	// Refused is raised for any other refusal.
	Refused = kind("mqtt_refused", "the broker refuses the connection (reason {reason})", "MQTT 服务器拒绝连接（原因码 {reason}）",
		"look the reason up in MQTT 5, table 2.6; the broker must speak MQTT 5", "在 MQTT 5 标准表 2.6 中查该原因码；服务器须支持 MQTT 5")
	// NoQoS is raised when the broker grants less than QoS 1: nothing could be
	// acknowledged, so messages would be lost.
	NoQoS = kind("mqtt_no_qos1", "the broker does not grant QoS 1 for {topic}", "MQTT 服务器不允许以 QoS 1 订阅 {topic}",
		"ask the department to allow QoS 1", "请部门开放 QoS 1")
	// TakenOver is raised when another client with the same id connects.
	TakenOver = kind("mqtt_taken_over", "another client with the id {id} has taken the session", "编号为 {id} 的另一客户端接管了会话",
		"run one puller for each client_id", "同一 client_id 只运行一个采集程序")
	// Protocol is raised for bytes that are no MQTT 5.
	Protocol = kind("mqtt_protocol", "the broker sends what MQTT 5 does not allow", "MQTT 服务器发送了不符合 MQTT 5 的内容",
		"ask the department for an MQTT 5 broker", "请部门提供支持 MQTT 5 的服务器")
	// NoCA is raised when the certificate file can't be used.
	NoCA = kind("mqtt_ca_file", "the certificates in {file} can't be read", "无法读取证书文件 {file}",
		"correct connection.ca_file; it holds PEM certificates", "改正 connection.ca_file，文件内容应为 PEM 证书")
	// BadMark is raised for a mark that this connector did not write.
	BadMark = kind("mqtt_mark", "the stored mark is none of this connector's", "保存的读取位置不是本连接器写的",
		"read the table anew with run --full-refresh", "用 run --full-refresh 重新读取此表")
)

func kind(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Failed, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// lang is the language of rejects: officials read them in the quarantine.
const lang = fault.Chinese

// failure is a broken or refused connection.
type failure struct {
	fault *fault.Error
	again bool
}

// Error gives the fault's text.
func (f *failure) Error() string { return f.fault.Error() }

// Unwrap returns the fault.
func (f *failure) Unwrap() error { return f.fault }

// RetryAfter tells the puller whether another try may help.
func (f *failure) RetryAfter() (time.Duration, bool) { return 0, f.again }
