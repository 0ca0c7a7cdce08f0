// Package mqtt takes in messages that an MQTT 5 broker pushes, each once it is
// safe: a message is acknowledged to the broker only after the page that holds
// it was committed to the store, so the broker's own session is the mark.
//
// A definition's connection and a table's read:
//
//	connection:
//	  url: mqtts://mqtt.example.gov.cn:8883   # or mqtt://
//	  client_id: huiliu-shengtai              # names the session: keep it
//	  username: …
//	  password: …
//	  ca_file: /etc/huiliu/ca.pem
//	  timeout: 10s
//	  session: 168h      # how long the broker keeps it between runs
//	read:
//	  topics: ["city/+/+"]
//	  topic: "city/{station}/{metric}"        # levels that become fields
//	  payload: json      # or text, one field named payload
//	  idle: 2s           # a run ends after this long without a message
//	  linger: 200ms      # a page goes out after this long without a message
//	  at_most: 5m        # a run ends after this long in any case
//	  window: 8192       # messages the broker may send ahead
//
// The session outlives the connection (clean start false) and subscribes with
// QoS 1. The broker sends at most window messages that are not acknowledged;
// a page also ends when that window, or the broker's own, is used up. The
// broker's own (max_inflight_messages in Mosquitto, 20 unless raised) bounds
// the size of pages, and with it the speed. After a broken connection or a
// crash the broker sends again what was not acknowledged: the loader knows such
// records by their key. A message that its sender published with QoS 0 is
// taken in too, without that promise.
//
// Each record has the field $topic, and one for each level that the pattern
// names, unless the payload has a field of that name. Its place is the topic.
package mqtt
