package kafka

import "huiliu/internal/fault"

// Faults of a department's cluster.
var (
	// Unreachable is raised when no broker answers.
	Unreachable = kind("kafka_source_unreachable", "no broker of the department's cluster answers", "部门的 Kafka 集群没有响应",
		"check connection.brokers, tls, the network, and whether the cluster runs", "检查 connection.brokers、tls、网络，以及集群是否在运行")
	// Denied is raised when the cluster does not accept the user, or the user
	// may not read the topic.
	Denied = kind("kafka_source_denied", "the cluster refuses the user", "Kafka 集群拒绝了该用户",
		"correct sasl, or ask for the right to read the topic", "改正 sasl 设置，或请部门开通读取该主题的权限")
	// NoTopic is raised when the topic is not there.
	NoTopic = kind("kafka_source_no_topic", "there is no topic {topic}", "没有主题 {topic}",
		"correct topic, or ask the department for its name", "改正 topic，或向部门确认主题名称")
	// Gone is raised when messages were removed before they were read.
	Gone = kind("kafka_source_gone", "the messages {from} to {to} were removed before they were read", "消息 {from} 至 {to} 在读取前已被删除",
		"ask the department to send them again and to keep messages for longer; run with --full-refresh to go on with what is there", "请部门重发并延长保留时间；用 run --full-refresh 从现存消息继续")
	// Shorter is raised when a log ends before what was read of it: the cluster
	// lost messages, and others may come under their offsets.
	Shorter = kind("kafka_source_shorter", "the log ends at {end}, yet it was read up to {next}: the cluster has lost messages", "日志止于 {end}，而此前已读到 {next}：集群丢失过消息",
		"ask the department what was lost and to send it again; run with --full-refresh to read what is there", "请部门查明丢失内容并重发；用 run --full-refresh 重新读取现存消息")
	// NoCA is raised when the certificate file can't be used.
	NoCA = kind("kafka_source_ca_file", "the certificates in {file} can't be read", "无法读取证书文件 {file}",
		"correct connection.ca_file; it holds PEM certificates", "改正 connection.ca_file，文件内容应为 PEM 证书")
	// BadMark is raised for a mark that this connector did not write.
	BadMark = kind("kafka_source_mark", "the stored mark is none of this connector's", "保存的读取位置不是本连接器写的",
		"read the table anew with run --full-refresh", "用 run --full-refresh 重新读取此表")
	// noKey is a deletion that says of nothing.
	noKey = kind("kafka_no_key", "a message without a value has no key that names a record", "消息没有内容，也没有可识别的键",
		"set read.key, or ask the department to send keys", "设置 read.key，或请部门在消息中带上键")
)

func kind(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Failed, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// lang is the language of rejects: officials read them in the quarantine.
const lang = fault.Chinese
