package elastic

import "net/http"

// fate is what becomes of an item.
type fate uint8

const (
	// stored, or superseded by what was there.
	stored fate = iota
	superseded
	// waiting: it is not the document's fault.
	waiting
	// homeless: its index is gone.
	homeless
	// refused for good.
	refused
)

// judge reads an item's status. What is wrong with the index, with rights or
// with the cluster waits: an administrator can mend it, and the document is
// none the worse.
func judge(status int, cause *failure) fate {
	kind := ""
	if cause != nil {
		kind = cause.Type
	}
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return stored
	case status == http.StatusConflict:
		return superseded
	case status == http.StatusNotFound && kind == "index_not_found_exception":
		return homeless
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return waiting
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return waiting
	case kind == "index_closed_exception", kind == "cluster_block_exception", kind == "process_cluster_event_timeout_exception":
		return waiting
	default:
		return refused
	}
}

// result of one item of an answer.
type result struct {
	Status int      `json:"status"`
	Error  *failure `json:"error"`
}

// answer to a bulk.
type answer struct {
	Items []struct {
		Index *result `json:"index"`
	} `json:"items"`
}

// answerPaths is what is asked for of an answer: of ten thousand items that
// went well nothing else matters.
func answerPaths() []string {
	return []string{
		"errors", "error", "status", "items.*.status", "items.*.error.type", "items.*.error.reason",
		"items.*.error.caused_by.type", "items.*.error.caused_by.reason",
		"items.*.error.caused_by.caused_by.type", "items.*.error.caused_by.caused_by.reason",
	}
}
