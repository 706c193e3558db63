package monitor

import "earwitness/cmd/earwitness/engine"

func queueMetrics() []Metric {
	source, cause := []string{"source"}, []string{"source", "cause"}
	return []Metric{
		{"earwitness_queue_received_messages_total", counter, source, "Messages received from the queue, those that came again included"},
		{"earwitness_queue_redelivered_messages_total", counter, source, "Those of them that had been received before, here or elsewhere"},
		{"earwitness_queue_deleted_messages_total", counter, source, "Messages deleted: all that they carry is durable"},
		{"earwitness_queue_released_messages_total", counter, source, "Messages given back, to come again"},
		{"earwitness_queue_lost_messages_total", counter, source, "Messages that others could receive while they were in work"},
		{"earwitness_queue_refused_messages_total", counter, cause, "Messages that can't be taken, each time that one comes: they become dead letters, or are left to the queue's redrive policy"},
		{"earwitness_queue_extensions_total", counter, source, "Extensions of a message's visibility"},
		{"earwitness_queue_failed_requests_total", counter, cause, "Requests to the queue that failed, those that were made again included; causes are those of a bucket"},
		{"earwitness_queue_messages", gauge, []string{"source", "state"}, "About how many messages the queue holds, as it said last, within ten seconds: visible, hidden, delayed"},
		{"earwitness_queue_messages_in_work", gauge, source, "Messages in work in this process"},
		{"earwitness_queue_oldest_message_seconds", gauge, source, "How long ago the oldest of them was sent; 0 without one"},
	}
}

func (s *scrape) queue(source string, q *engine.QueueStatus) {
	s.put("earwitness_queue_received_messages_total", float64(q.Received), source)
	s.put("earwitness_queue_redelivered_messages_total", float64(q.Redelivered), source)
	s.put("earwitness_queue_deleted_messages_total", float64(q.Deleted), source)
	s.put("earwitness_queue_released_messages_total", float64(q.Released), source)
	s.put("earwitness_queue_lost_messages_total", float64(q.Lost), source)
	for cause, n := range q.Refused {
		s.put("earwitness_queue_refused_messages_total", float64(n), source, cause)
	}
	s.put("earwitness_queue_extensions_total", float64(q.Extended), source)
	for cause, n := range q.Failed {
		s.put("earwitness_queue_failed_requests_total", float64(n), source, cause)
	}
	s.put("earwitness_queue_messages", float64(q.Visible), source, "visible")
	s.put("earwitness_queue_messages", float64(q.Hidden), source, "hidden")
	s.put("earwitness_queue_messages", float64(q.Delayed), source, "delayed")
	s.put("earwitness_queue_messages_in_work", float64(q.InWork), source)
	s.put("earwitness_queue_oldest_message_seconds", s.since(q.Oldest), source)
}
