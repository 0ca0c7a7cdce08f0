package page

import "fmt"

// Topic names the Kafka topic of a source's pages; each of its tables has its
// own partition, in the order of the definition.
func Topic(site, source string) string { return fmt.Sprintf("huiliu.%s.page.%s", site, source) }

// AckTopic names the topic on which the loader tells what it has committed.
func AckTopic(site string) string { return fmt.Sprintf("huiliu.%s.ack", site) }
