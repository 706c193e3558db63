package elastic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// bulk takes what the real one takes.
func (f *fake) bulk(w http.ResponseWriter, body []byte) {
	if len(body) == 0 || body[len(body)-1] != '\n' {
		fail(w, http.StatusBadRequest, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
		return
	}
	lines := bytes.Split(body[:len(body)-1], []byte("\n"))
	if len(lines)%2 != 0 {
		fail(w, http.StatusBadRequest, "illegal_argument_exception", "Malformed action/metadata line")
		return
	}
	f.bulks = append(f.bulks, len(lines)/2)
	items, errors := []any{}, false
	for i := 0; i < len(lines); i += 2 {
		status, kind, reason := f.item(lines[i], lines[i+1])
		result := map[string]any{"status": status}
		if kind != "" {
			result["error"] = map[string]any{"type": kind, "reason": reason}
			errors = true
		}
		items = append(items, map[string]any{"index": result})
	}
	writeJSON(w, map[string]any{"errors": errors, "items": items})
}

func (f *fake) item(head, source []byte) (status int, kind, reason string) {
	var action struct {
		Index struct {
			Index       string `json:"_index"`
			ID          string `json:"_id"`
			Version     uint64 `json:"version"`
			VersionType string `json:"version_type"`
		} `json:"index"`
	}
	decoder := json.NewDecoder(bytes.NewReader(head))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&action); err != nil || action.Index.VersionType != "external" || action.Index.ID == "" {
		return http.StatusBadRequest, "illegal_argument_exception", "Malformed action/metadata line"
	}
	a := action.Index
	if f.refuse != nil {
		if status, kind := f.refuse(a.Index, a.ID); status != 0 {
			return status, kind, "as the test wants"
		}
	}
	x, ok := f.indices[a.Index]
	switch {
	case !ok:
		return http.StatusNotFound, "index_not_found_exception", "no such index [" + a.Index + "]"
	case x.block != 0:
		return x.block, "cluster_block_exception", "index [" + a.Index + "] blocked by: [FORBIDDEN/8/index write (api)];"
	}
	var document map[string]any
	if err := json.Unmarshal(source, &document); err != nil {
		return http.StatusBadRequest, "document_parsing_exception", err.Error()
	}
	if kind, reason := mismatch("", x.mapping, document); kind != "" {
		return http.StatusBadRequest, kind, reason
	}
	if old, ok := x.docs[a.ID]; ok && old.version >= a.Version {
		return http.StatusConflict, "version_conflict_engine_exception", "current version is higher or equal"
	}
	x.docs[a.ID] = fakeDoc{a.Version, bytes.Clone(source)}
	return http.StatusCreated, "", ""
}

// mismatch says why a value does not go with its mapping.
func mismatch(path string, mapping map[string]any, value any) (kind, reason string) {
	if list, ok := value.([]any); ok {
		for _, v := range list {
			if kind, reason := mismatch(path, mapping, v); kind != "" {
				return kind, reason
			}
		}
		return "", ""
	}
	wanted, _ := mapping["type"].(string)
	if fits(wanted, value) {
		return "", ""
	}
	inner, ok := value.(map[string]any)
	properties, _ := mapping["properties"].(map[string]any)
	if !ok || wanted != "" && wanted != "nested" {
		return "document_parsing_exception", fmt.Sprintf("failed to parse field [%s] of type [%s]", path, wanted)
	}
	for name, v := range inner {
		m, ok := properties[name].(map[string]any)
		if !ok {
			return "strict_dynamic_mapping_exception", fmt.Sprintf("mapping set to strict, dynamic introduction of [%s] within [%s] is not allowed", name, path)
		}
		if kind, reason := mismatch(path+"."+name, m, v); kind != "" {
			return kind, reason
		}
	}
	return "", ""
}

func fits(kind string, value any) bool {
	text, isText := value.(string)
	switch kind {
	case typeKeyword:
		return isText
	case typeDate:
		_, err := time.Parse(time.RFC3339, text)
		return isText && err == nil
	case typeIP:
		_, err := netip.ParseAddr(text)
		return isText && err == nil
	case typeLong:
		n, ok := value.(float64)
		return ok && n == float64(int64(n))
	case typeBoolean:
		_, ok := value.(bool)
		return ok
	case typeFlattened:
		_, ok := value.(map[string]any)
		return ok
	default:
		return false
	}
}
