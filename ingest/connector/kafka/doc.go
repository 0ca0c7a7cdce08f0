// Package kafka reads topics of a department's own Kafka cluster. It is no
// consumer group and commits nothing there: the mark holds the next offset of
// every partition and the topic's id, so that the department's operators see
// a reader that leaves no trace.
//
// A definition's connection and a table's read:
//
//	connection:
//	  brokers: [kafka1.example.gov.cn:9092]   # or kafka://…, or several with commas between
//	  tls: true
//	  ca_file: /etc/huiliu/ca.pem
//	  sasl: {mechanism: SCRAM-SHA-512, username: …, password: …}   # or PLAIN, SCRAM-SHA-256
//	  timeout: 10s
//	read:
//	  topic: yingji.hazard
//	  key: hazard_id        # the field that a message's key stands for
//
// A message's value is one JSON object. A message without a value deletes the
// record of its key: the key is text, bare or as JSON
// quotes it, or a JSON object of the key's fields.
// With key set, a value that lacks the field gets it from the key too.
//
// A read goes partition by partition, in the order of their numbers, up to
// the end that each had when it began, and sees only what committed
// transactions wrote. Each record's place is topic/partition@offset, with
// offset + 1 as its row, and it has the fields $partition, $offset and
// $timestamp (an instant) beside its own.
//
// Messages that the cluster removed before they were read are a fault that
// names their offsets; a topic that was made again is read from its beginning.
package kafka
