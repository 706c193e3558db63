package worm

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

func (a *Archive[T]) hintPath(p *partition) string {
	return filepath.Join(a.config.HintDir, fmt.Sprintf("%s-%d.hint", p.log.Topic, p.log.Partition))
}

// hint notes the name of a log's last segment. A hint that is lost or old
// costs a longer listing and nothing else, so a failure is logged at most.
func (a *Archive[T]) hint(p *partition, object string) {
	if a.config.HintDir == "" {
		return
	}
	path := a.hintPath(p)
	err := os.MkdirAll(a.config.HintDir, 0o750)
	if err == nil {
		err = os.WriteFile(path+".new", []byte(object+"\n"), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		a.config.Logger.Warn("archive could not write its hint", slog.String("log", p.log.String()), slog.Any("error", err))
	}
}

// readHint gives the name of a segment of the log, or nothing.
func (a *Archive[T]) readHint(p *partition) string {
	if a.config.HintDir == "" {
		return ""
	}
	text, err := os.ReadFile(a.hintPath(p))
	if err != nil {
		return ""
	}
	name := strings.TrimSpace(string(text))
	if log, _, err := parseObject(name); err != nil || log != p.log {
		return ""
	}
	return name
}
