package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const reference = "../../../docs/configuration.md"

// setting is a key as the structs have it.
type setting struct {
	field    string
	fallback string
	tag      reflect.StructTag
	kind     reflect.Type
}

// settings walks the structs; a list of structs is a key, and so are those of
// its items.
func settings(field string, v reflect.Value) []setting {
	var all []setting
	for i := range v.NumField() {
		tag, value := v.Type().Field(i).Tag, v.Field(i)
		if keyOf(tag) == "" {
			continue
		}
		name := join(field, keyOf(tag))
		_, isReadable := value.Addr().Interface().(readable)
		switch {
		case value.Kind() == reflect.Struct && !isReadable:
			all = append(all, settings(name, value)...)
			continue
		case value.Kind() == reflect.Slice && value.Len() == 0:
			all = append(all, setting{name, "none", tag, value.Type()})
		case value.Kind() == reflect.Slice:
			all = append(all, setting{name, fmt.Sprintf("`%v`", value.Index(0)), tag, value.Type()})
		case value.IsZero() && value.Type() != reflect.TypeFor[Retention]():
			all = append(all, setting{name, "", tag, value.Type()})
		default:
			all = append(all, setting{name, fmt.Sprintf("`%v`", value), tag, value.Type()})
		}
		if value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct && value.Type().Elem() != reflect.TypeFor[Network]() {
			all = append(all, settings(name+"[]", reflect.New(value.Type().Elem()).Elem())...)
		}
	}
	return all
}

// sections of the page by the key in their headings, in their order.
func sections(page string) (order []string, text map[string]string) {
	text = map[string]string{}
	_, page, _ = strings.Cut(page, "\n## Keys\n")
	for _, part := range strings.Split(page, "\n### ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		name := strings.Trim(heading, "`")
		order = append(order, name)
		text[name] = strings.Join(strings.Fields(body), " ")
	}
	return order, text
}

func readPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestReferenceIsComplete(t *testing.T) {
	order, text := sections(readPage(t))
	var want []string
	for _, s := range settings("", reflect.ValueOf(Default()).Elem()) {
		want = append(want, s.field)
		body := text[s.field]
		switch {
		case s.tag.Get("required") != "":
			if !strings.Contains(body, "Required.") {
				t.Errorf("%s: the page does not say that it is required", s.field)
			}
		case !strings.Contains(body, "Default: "+s.fallback):
			t.Errorf("%s: the page does not say that its default is %s", s.field, s.fallback)
		}
		if kind := s.kind; (kind == reflect.TypeFor[bool]() || kind == reflect.TypeFor[*bool]()) && !strings.Contains(body, "Allowed: `true`, `false`.") {
			t.Errorf("%s: the page does not say that true and false are allowed", s.field)
		}
		if least := s.tag.Get("min"); least != "" && !strings.Contains(body, fmt.Sprintf("Allowed: `%s` to `%s`", least, s.tag.Get("max"))) {
			t.Errorf("%s: the page does not say that %s to %s are allowed", s.field, least, s.tag.Get("max"))
		}
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("keys (-structs +page):\n%s", diff)
	}
}

// Each value of a choice stands on the page, and nothing else is taken.
func TestReferenceNamesAllChoices(t *testing.T) {
	_, text := sections(readPage(t))
	for field, choice := range map[string]readable{
		"model": new(Model), "people[].from": new(PersonFrom), "sources[].type": new(SourceType), "enrich.from": new(MetadataFrom), "keys[].kind": new(ObjectKind),
		"bus.sasl.mechanism": new(Mechanism), "worm.s3.mode": new(LockMode), "worm.s3.checksums": new(Checksums),
		"worm.s3.encryption": new(Encryption), "worm.compression": new(Compression), "log.level": new(Level), "log.format": new(Format),
	} {
		_, allowed, _ := strings.Cut(choice.read("?").Error(), "allowed are ")
		if want := "Allowed: `" + strings.ReplaceAll(allowed, ", ", "`, `") + "`."; !strings.Contains(text[field], want) {
			t.Errorf("%s: the page does not say %q", field, want)
		}
	}
}

func TestReferenceExamplesParse(t *testing.T) {
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readPage(t), -1)
	if len(examples) == 0 {
		t.Fatal("the page has no example")
	}
	for _, example := range examples {
		config, err := parse(Flags{File: "example.yaml"}, "", []byte(example[1]))
		if err != nil {
			t.Fatal(err)
		}
		if len(config.Sources) != 2 || len(config.Keys) != 2 {
			t.Errorf("the example has %d sources and %d key patterns", len(config.Sources), len(config.Keys))
		}
	}
}
