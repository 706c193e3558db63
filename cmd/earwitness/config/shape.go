package config

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

func keyOf(tag reflect.StructTag) string {
	name, _, _ := strings.Cut(tag.Get("yaml"), ",")
	return name
}

func keysOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name := keyOf(t.Field(i).Tag); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func fieldOf(t reflect.Type, name string) (int, bool) {
	for i := range t.NumField() {
		if name != "" && keyOf(t.Field(i).Tag) == name {
			return i, true
		}
	}
	return 0, false
}

// textOf gives the text of a scalar as it was written.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// glued says that a mapping may be meant as a text with a colon in it: in
// brackets inside of braces, the parser cuts host:port in two.
func glued(n ast.Node) bool {
	mapping, ok := n.(ast.MapNode)
	if !ok {
		return false
	}
	for entries := mapping.MapRange(); entries.Next(); {
		key, value := entries.Key().GetToken(), entries.Value().GetToken()
		return value.Position.Line == key.Position.Line && value.Position.Column == key.Position.Column+len(key.Value)+1
	}
	return false
}

// describe says what a node is, and never what it holds.
func describe(n ast.Node) string {
	switch n.(type) {
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.StringNode:
		return "a text"
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.AnchorNode:
		return "an anchor"
	case *ast.AliasNode:
		return "an alias"
	case *ast.TagNode:
		return "a tag"
	}
	return "nothing"
}
