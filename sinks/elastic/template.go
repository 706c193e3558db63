package elastic

import "earwitness/pipeline/access"

// priority above those that Elasticsearch brings along (100), below what a
// cluster's owner would choose to have the last word.
const priority = 500

func (n names) componentTemplate() object {
	return object{
		"version":  n.version,
		"_meta":    object{"description": "fields of the records of Earwitness"},
		"template": object{"mappings": mappings(n.version)},
	}
}

// indexTemplate of a kind. Indices are made one by one and looked at, so a
// write must not make one by itself when the templates are gone.
func (n names) indexTemplate(kind access.Kind) object {
	aliases := object{}
	for _, alias := range []string{n.records(), n.alias(kind)} {
		aliases[alias] = object{"filter": notRetracted()}
	}
	return object{
		"index_patterns":                     []string{n.pattern(kind)},
		"priority":                           priority,
		"version":                            n.version,
		"_meta":                              object{"description": "indices of Earwitness, one a month"},
		"composed_of":                        []string{n.component(), n.custom()},
		"ignore_missing_component_templates": []string{n.custom()},
		"allow_auto_create":                  false,
		"template":                           object{"aliases": aliases},
	}
}

func notRetracted() object {
	return object{"bool": object{"must_not": []object{{"term": object{"earwitness.state": access.State_STATE_RETRACTED.Name()}}}}}
}
