package fakecloud

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody is the limit request.bytes.max.
const maxBody = 512000

// call is one authenticated call of the API.
type call struct {
	*http.Request
	// args are what the route's {} stood for.
	args []string
	body []byte
}

// answer is a status with a body; headers may go with it.
type answer struct {
	status int
	body   any
	header map[string]string
}

func ok(body any) (*answer, *refusal) { return &answer{status: http.StatusOK, body: body}, nil }

// route is one operation; {} in its path stands for one segment.
type route struct {
	method, path string
	// permits are those of which the client needs any.
	permits []string
	// query are the parameters that it has.
	query []string
	serve func(*Cloud, *call) (*answer, *refusal)
}

func routes() []route {
	platform, quality := []string{PermitAudits}, []string{PermitInteractions}
	recordings := []string{PermitRecordings}
	pages := []string{"cursor", "pageSize", "expand", "allowRedirect"}
	const a, b = "/api/v2/audits/query", "/api/v2/quality/conversations/audits/query"
	return []route{
		{"POST", a, platform, nil, func(c *Cloud, r *call) (*answer, *refusal) { return c.createQuery(r, apiPlatform) }},
		{"GET", a + "/servicemapping", platform, nil, (*Cloud).serviceMapping},
		{"POST", a + "/realtime", platform, []string{"expand"}, (*Cloud).realtime},
		{"GET", a + "/realtime/servicemapping", platform, nil, (*Cloud).serviceMapping},
		{"GET", a + "/{}", platform, nil, func(c *Cloud, r *call) (*answer, *refusal) { return c.queryStatus(r, apiPlatform) }},
		{"GET", a + "/{}/results", platform, pages, func(c *Cloud, r *call) (*answer, *refusal) { return c.queryResults(r, apiPlatform) }},
		{"POST", b, quality, nil, func(c *Cloud, r *call) (*answer, *refusal) { return c.createQuery(r, apiQuality) }},
		{"GET", b + "/{}", quality, nil, func(c *Cloud, r *call) (*answer, *refusal) { return c.queryStatus(r, apiQuality) }},
		{"GET", b + "/{}/results", quality, pages, func(c *Cloud, r *call) (*answer, *refusal) { return c.queryResults(r, apiQuality) }},
		{"GET", "/api/v2/organizations/me", nil, nil, (*Cloud).organization},
		{"GET", "/api/v2/users/{}", []string{PermitUsers}, []string{"expand"}, (*Cloud).user},
		{"GET", "/api/v2/routing/queues/{}", []string{PermitQueues}, nil, (*Cloud).queue},
		{"GET", "/api/v2/conversations/{}/recordingmetadata", recordings, nil, (*Cloud).recordingsOf},
		{"GET", "/api/v2/conversations/{}/recordingmetadata/{}", recordings, nil, (*Cloud).recordingMetadata},
		{"GET", "/api/v2/conversations/{}/recordings/{}", recordings, []string{"formatId", "download", "fileName", "maxWaitMs", "mediaFormats"}, (*Cloud).playable},
		{"GET", "/api/v2/recordings/retention/query", recordings, []string{"retentionThresholdDays", "cursor", "pageSize"}, (*Cloud).retention},
	}
}

// match tells whether a route has a path, and what its {} stand for.
func (r *route) match(path string) ([]string, bool) {
	want, have := strings.Split(r.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	var args []string
	for i, part := range want {
		switch {
		case part == "{}" && have[i] != "":
			args = append(args, have[i])
		case part != have[i]:
			return nil, false
		}
	}
	return args, true
}

func (c *Cloud) serveAPI(w http.ResponseWriter, r *http.Request) {
	if refused := c.authenticate(w, r); refused != nil {
		refused.write(w)
		return
	}
	found, args, refused := c.find(r)
	if refused == nil {
		refused = c.permitted(found)
	}
	var given *answer
	if refused == nil {
		in := &call{Request: r, args: args}
		if in.body, refused = readBody(r); refused == nil {
			refused = checkParameters(found, r.URL.Query())
		}
		if refused == nil {
			given, refused = found.serve(c, in)
		}
	}
	if refused != nil {
		refused.write(w)
		return
	}
	for name, value := range given.header {
		w.Header().Set(name, value)
	}
	writeJSON(w, given.status, given.body)
}

func (c *Cloud) find(r *http.Request) (*route, []string, *refusal) {
	wrongMethod := false
	for _, candidate := range routes() {
		args, fits := candidate.match(r.URL.Path)
		if fits && candidate.method == r.Method {
			return &candidate, args, nil
		}
		wrongMethod = wrongMethod || fits
	}
	if wrongMethod {
		return nil, nil, refuse(http.StatusMethodNotAllowed, "method.not.allowed", "HTTP 405 Method Not Allowed")
	}
	return nil, nil, notFound()
}

func (c *Cloud) permitted(r *route) *refusal {
	if len(r.permits) == 0 || slices.ContainsFunc(r.permits, func(p string) bool { return slices.Contains(c.config.Permissions, p) }) {
		return nil
	}
	return refuse(http.StatusForbidden, "missing.any.permissions",
		"Unable to perform the requested action. You must have at least one of the following permissions assigned: [%s]", strings.Join(r.permits, ", "))
}

func readBody(r *http.Request) ([]byte, *refusal) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "unsupported.media.type", "HTTP 415 Unsupported Media Type")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, badRequest("The request could not be understood by the server due to malformed syntax.")
	}
	if len(body) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "request.entity.too.large", "Request body exceeds the maximum of [%d] bytes", maxBody)
	}
	return body, nil
}

func checkParameters(r *route, given url.Values) *refusal {
	for name := range given {
		if !slices.Contains(r.query, name) {
			return refuse(http.StatusBadRequest, "invalid.query.param.value", "The query parameter [%s] is not known here", name)
		}
	}
	return nil
}

// decode reads a body strictly.
func (r *call) decode(into any) *refusal {
	d := json.NewDecoder(strings.NewReader(string(r.body)))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.Decode(new(any)) != io.EOF {
		err = errors.New("something stands behind the body")
	}
	if err != nil {
		return badRequest("The request could not be understood by the server: %s", err)
	}
	return nil
}
