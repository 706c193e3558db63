package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// readable is a setting that reads its own text; its error says what is
// allowed.
type readable interface{ read(text string) error }

// structure lays a mapping over the struct that into points to.
func (d *document) structure(field string, n ast.Node, into any) {
	target := reflect.ValueOf(into).Elem()
	mapping, ok := n.(ast.MapNode)
	if !ok {
		d.mistakeAt(n.GetToken(), field, "%s stands here; keys are wanted: %s", describe(n), strings.Join(keysOf(target.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for entries := mapping.MapRange(); entries.Next(); {
		name := entries.Key().GetToken().Value
		i, known := fieldOf(target.Type(), name)
		if _, plain := entries.Key().(*ast.StringNode); !plain || !known {
			d.mistakeAt(entries.Key().GetToken(), field, "unknown key %q; allowed are %s", name, strings.Join(keysOf(target.Type()), ", "))
			continue
		}
		seen[name] = true
		d.value(join(field, name), entries.Value(), target.Field(i), target.Type().Field(i).Tag)
	}
	for i := range target.NumField() {
		tag := target.Type().Field(i).Tag
		if name := keyOf(tag); tag.Get("required") != "" && !seen[name] {
			d.mistakeAt(first(n), field, "%s", strings.TrimSuffix(name+" is missing; "+tag.Get("why"), "; "))
		}
	}
}

// first token of a mapping, whose own token is the colon of its first key.
func first(n ast.Node) *token.Token {
	if mapping, ok := n.(ast.MapNode); ok && n.GetToken().Value == ":" {
		if entries := mapping.MapRange(); entries.Next() {
			return entries.Key().GetToken()
		}
	}
	return n.GetToken()
}

// value lays one setting over target.
func (d *document) value(field string, n ast.Node, target reflect.Value, tag reflect.StructTag) {
	d.places[field] = first(n)
	switch n.(type) {
	case *ast.NullNode:
		d.mistakeAt(n.GetToken(), field, "there is no value; leave the key out for the default")
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.mistakeAt(n.GetToken(), field, "%s stands here; anchors, aliases and tags are not allowed", describe(n))
		return
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	read, isReadable := target.Addr().Interface().(readable)
	switch {
	case isReadable, target.Kind() == reflect.Int, target.Kind() == reflect.Bool:
		d.scalar(field, n, target, read, tag)
	case target.Kind() == reflect.Slice:
		d.list(field, n, target)
	default:
		d.structure(field, n, target.Addr().Interface())
	}
}

func (d *document) list(field string, n ast.Node, target reflect.Value) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		d.mistakeAt(first(n), field, "%s stands here; a list is wanted, as in [a, b]", describe(n))
		return
	}
	target.Set(reflect.MakeSlice(target.Type(), len(sequence.Values), len(sequence.Values)))
	for i, item := range sequence.Values {
		d.value(fmt.Sprintf("%s[%d]", field, i), item, target.Index(i), "")
	}
}

// scalar reads one text or number. What has no unit of its own must be
// written as text.
func (d *document) scalar(field string, n ast.Node, target reflect.Value, read readable, tag reflect.StructTag) {
	text, isText := textOf(n)
	switch {
	case !isText && glued(n):
		d.mistakeAt(first(n), field, "%s stands here; a single value is wanted: put it in quotes if it is meant so", describe(n))
		return
	case !isText:
		d.mistakeAt(first(n), field, "%s stands here; a single value is wanted", describe(n))
		return
	case read == nil && target.Kind() == reflect.Bool:
		truth, isTruth := n.(*ast.BoolNode)
		if !isTruth {
			d.mistakeAt(n.GetToken(), field, "%s stands here; true or false is wanted", describe(n))
			return
		}
		target.SetBool(truth.Value)
		return
	case read == nil:
		if _, isNumber := n.(*ast.IntegerNode); !isNumber {
			d.mistakeAt(n.GetToken(), field, "%s stands here; a whole number is wanted", describe(n))
			return
		}
		read = (*number)(target.Addr().Interface().(*int))
	case target.Kind() == reflect.String || target.Kind() == reflect.Struct:
		if _, quoted := n.(*ast.StringNode); !quoted {
			d.mistakeAt(n.GetToken(), field, "%s stands here; a text is wanted: put it in quotes if it is meant so", describe(n))
			return
		}
	}
	if err := read.read(text); err != nil {
		d.mistakeAt(n.GetToken(), field, "%s", err)
		return
	}
	d.bounds(field, n, target, tag)
}

// bounds holds a number, size or duration against its tags.
func (d *document) bounds(field string, n ast.Node, target reflect.Value, tag reflect.StructTag) {
	least, most := tag.Get("min"), tag.Get("max")
	if free, ok := target.Interface().(interface{ unbounded() bool }); least == "" || ok && free.unbounded() {
		return
	}
	if v := target.Int(); v < bound(target.Type(), least) || v > bound(target.Type(), most) {
		d.mistakeAt(n.GetToken(), field, "%s is out of range; allowed is %s to %s", n.GetToken().Value, least, most)
	}
}

// bound reads a tag as the type that it bounds.
func bound(t reflect.Type, text string) int64 {
	v := reflect.New(t)
	read, ok := v.Interface().(readable)
	if !ok {
		read = (*number)(v.Interface().(*int))
	}
	if err := read.read(text); err != nil {
		panic(fmt.Sprintf("read bound of %s: %v", t, err))
	}
	return v.Elem().Int()
}

// number is a setting that counts.
type number int

func (n *number) read(text string) error {
	v, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	*n = number(v)
	return nil
}
