package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// installed is the version of a template or index: 0 where there is none,
// foreign where it is not ours.
const foreign = -1

func encode(body object) *bytes.Reader {
	data, err := json.Marshal(body)
	if err != nil {
		panic("elastic: encode a body of constants: " + err.Error())
	}
	return bytes.NewReader(data)
}

// missing turns a 404 into no error and says so.
func missing(err error) (bool, error) {
	var e *RequestError
	if errors.As(err, &e) && e.Status == http.StatusNotFound && e.Type != "" {
		return true, nil
	}
	return false, err
}

func (c *client) componentVersion(ctx context.Context, name string) (int, error) {
	var answer struct {
		Templates []struct {
			Template struct {
				Version int `json:"version"`
			} `json:"component_template"`
		} `json:"component_templates"`
	}
	err := c.do(ctx, "check component template "+name, esapi.ClusterGetComponentTemplateRequest{Name: []string{name}}, &answer)
	if gone, err := missing(err); gone || err != nil || len(answer.Templates) == 0 {
		return 0, err
	}
	return foreignIfZero(answer.Templates[0].Template.Version), nil
}

func (c *client) templateVersion(ctx context.Context, name string) (int, error) {
	var answer struct {
		Templates []struct {
			Template struct {
				Version int `json:"version"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	err := c.do(ctx, "check index template "+name, esapi.IndicesGetIndexTemplateRequest{Name: name}, &answer)
	if gone, err := missing(err); gone || err != nil || len(answer.Templates) == 0 {
		return 0, err
	}
	return foreignIfZero(answer.Templates[0].Template.Version), nil
}

func foreignIfZero(version int) int {
	if version == 0 {
		return foreign
	}
	return version
}

func (c *client) putComponent(ctx context.Context, name string, body object) error {
	return c.do(ctx, "make component template "+name, esapi.ClusterPutComponentTemplateRequest{Name: name, Body: encode(body)}, nil)
}

func (c *client) putTemplate(ctx context.Context, name string, body object) error {
	return c.do(ctx, "make index template "+name, esapi.IndicesPutIndexTemplateRequest{Name: name, Body: encode(body)}, nil)
}

// indexVersions gives the version of each index that matches.
func (c *client) indexVersions(ctx context.Context, pattern string) (map[string]int, error) {
	answer := map[string]struct {
		Mappings struct {
			Meta struct {
				Earwitness struct {
					Version int `json:"version"`
				} `json:"earwitness"`
			} `json:"_meta"`
		} `json:"mappings"`
	}{}
	err := c.do(ctx, "read mapping of "+pattern, esapi.IndicesGetMappingRequest{Index: []string{pattern}}, &answer)
	if gone, err := missing(err); gone || err != nil {
		return nil, err
	}
	versions := map[string]int{}
	for name := range answer {
		versions[name] = foreignIfZero(answer[name].Mappings.Meta.Earwitness.Version)
	}
	return versions, nil
}

// createIndex makes an index as the templates say. That it is there already
// is no error: another process may have been quicker.
func (c *client) createIndex(ctx context.Context, name string) error {
	err := c.do(ctx, "make index "+name, esapi.IndicesCreateRequest{Index: name}, nil)
	var e *RequestError
	if errors.As(err, &e) && e.Type == "resource_already_exists_exception" {
		return nil
	}
	return err
}

func (c *client) extendMapping(ctx context.Context, index string, version int) error {
	err := c.do(ctx, "extend mapping of "+index, esapi.IndicesPutMappingRequest{Index: []string{index}, Body: encode(mappings(version))}, nil)
	var e *RequestError
	if errors.As(err, &e) && e.Status == http.StatusBadRequest {
		return fmt.Errorf("%w; a field of it has another type: the index must be deleted and built again (docs/operations/elasticsearch.md)", err)
	}
	return err
}

// alias lays the aliases of readers over an index.
func (c *client) alias(ctx context.Context, index string, aliases ...string) error {
	var actions []object
	for _, alias := range aliases {
		actions = append(actions, object{"add": object{"index": index, "alias": alias, "filter": notRetracted()}})
	}
	return c.do(ctx, "lay aliases over "+index, esapi.IndicesUpdateAliasesRequest{Body: encode(object{"actions": actions})}, nil)
}
