// Package embedded is a Kafka broker inside this process, for one machine.
package embedded
