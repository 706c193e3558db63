package fakecloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// filter and sorting stand in the body of a query.
type filter struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

type sorting struct {
	Name      string `json:"name"`
	SortOrder string `json:"sortOrder"`
}

// queryBody is that of both APIs; filters is nil where it is missing.
type queryBody struct {
	Interval    string    `json:"interval"`
	ServiceName string    `json:"serviceName,omitempty"`
	Filters     *[]filter `json:"filters,omitempty"`
	Sort        []sorting `json:"sort,omitempty"`
	PageNumber  int       `json:"pageNumber,omitempty"`
	PageSize    int       `json:"pageSize,omitempty"`
}

// query is one that was made, with what it found.
type query struct {
	api   api
	body  queryBody
	made  time.Time
	asked int
	found []*audit
	from  time.Time
	to    time.Time
}

func (c *Cloud) createQuery(r *call, in api) (*answer, *refusal) {
	q := &query{api: in, made: c.config.Clock()}
	if refused := r.decode(&q.body); refused != nil {
		return nil, refused
	}
	if q.body.PageNumber != 0 || q.body.PageSize != 0 {
		return nil, badRequest("pageNumber and pageSize are not known here")
	}
	if refused := q.check(c.config.MaxInterval); refused != nil {
		return nil, refused
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q.found = c.search(q)
	id := c.nextID()
	c.queries[id] = q
	return &answer{status: http.StatusAccepted, body: q.status(id)}, nil
}

// check refuses a body that the real API refuses.
func (q *query) check(longest time.Duration) *refusal {
	from, to, found := strings.Cut(q.body.Interval, "/")
	var err error
	if found {
		if q.from, err = time.Parse(time.RFC3339Nano, from); err == nil {
			q.to, err = time.Parse(time.RFC3339Nano, to)
		}
	}
	switch {
	case !found || err != nil:
		return refuse(http.StatusBadRequest, "invalid.date", "The interval is not of the form yyyy-MM-ddTHH:mm:ssZ/yyyy-MM-ddTHH:mm:ssZ")
	case !q.from.Before(q.to):
		return badRequest("The interval must end after it begins")
	case q.to.Sub(q.from) > longest:
		return badRequest("You must specify a search interval as part of your query that does not exceed %d days", int(longest.Hours()/24))
	}
	properties := []string{"UserId", "TrusteeOrganizationId", "ClientId", "Action", "EntityType", "EntityId"}
	if q.api == apiQuality {
		properties = append(properties, "TrusteeOnlyAudits", "ConversationId", "ServiceName")
		switch {
		case q.body.ServiceName != "":
			return badRequest("serviceName is not known here")
		case q.body.Filters == nil || len(*q.body.Filters) == 0:
			return refuse(http.StatusBadRequest, "constraint.validation", "filters may not be empty")
		}
	}
	if q.body.Filters != nil {
		for _, f := range *q.body.Filters {
			if !slices.Contains(properties, f.Property) || f.Value == "" {
				return refuse(http.StatusBadRequest, "invalid.property", "The filter [%s] is not known or has no value", f.Property)
			}
		}
	}
	for _, s := range q.body.Sort {
		if s.Name != "Timestamp" || s.SortOrder != "ascending" && s.SortOrder != "descending" {
			return refuse(http.StatusBadRequest, "invalid.value", "Sorting by [%s %s] is not known", s.Name, s.SortOrder)
		}
	}
	return nil
}

// search finds the audits in [from, to) that are visible; all filters hold.
func (c *Cloud) search(q *query) []*audit {
	var found []*audit
	for _, a := range c.audits[q.api] {
		if a.at.Before(q.from) || !a.at.Before(q.to) || a.visible.After(q.made) {
			continue
		}
		if q.body.ServiceName != "" && a.service != q.body.ServiceName {
			continue
		}
		if q.body.Filters != nil && slices.ContainsFunc(*q.body.Filters, func(f filter) bool { return !a.has(f.Property, f.Value) }) {
			continue
		}
		found = append(found, a)
	}
	sign := -1
	if len(q.body.Sort) > 0 && q.body.Sort[0].SortOrder == "ascending" {
		sign = 1
	}
	slices.SortStableFunc(found, func(a, b *audit) int { return sign * a.at.Compare(b.at) })
	return found
}

// state goes on each time that it is asked for.
func (q *query) state() string {
	return []string{"Queued", "Running", "Succeeded"}[min(q.asked, 2)]
}

// status names the date as each API does.
func (q *query) status(id string) map[string]any {
	filters, sort := []filter{}, q.body.Sort
	if q.body.Filters != nil {
		filters = *q.body.Filters
	}
	if sort == nil {
		sort = []sorting{}
	}
	status := map[string]any{"id": id, "state": q.state(), "interval": q.body.Interval, "filters": filters, "sort": sort}
	date := q.made.UTC().Format("2006-01-02T15:04:05.000Z")
	if q.api == apiQuality {
		status["dateStart"] = date
	} else {
		status["startDate"], status["serviceName"] = date, q.body.ServiceName
	}
	return status
}

func (c *Cloud) queryStatus(r *call, in api) (*answer, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.queries[r.args[0]]
	if q == nil || q.api != in {
		return nil, notFound()
	}
	q.asked++
	return ok(q.status(r.args[0]))
}

// serviceMapping lists what the audits of the organisation are about.
func (c *Cloud) serviceMapping(*call) (*answer, *refusal) {
	type entity struct {
		Name    string   `json:"name"`
		Actions []string `json:"actions"`
	}
	type service struct {
		Name     string   `json:"name"`
		Entities []entity `json:"entities"`
	}
	services := []service{{Name: "Quality", Entities: []entity{
		{"Recording", []string{"ApplyProtection", "Archive", "Create", "Delete", "Download", "Export", "Read", "RestoreComplete", "RestoreRequest", "RevokeProtection", "Update", "UpdateRetention"}},
		{"ScreenRecording", []string{"Create", "Delete", "Download", "Export", "Read"}},
		{"RecordingSettings", []string{"Update"}},
	}}, {Name: "Integrations", Entities: []entity{{"Integration", []string{"Create", "Delete", "Update"}}}}}
	return ok(map[string]any{"services": services})
}

// entities renders audits for a body.
func entities(audits []*audit, as rendering) []json.RawMessage {
	all := make([]json.RawMessage, len(audits))
	for i, a := range audits {
		all[i] = a.render(as)
	}
	return all
}
