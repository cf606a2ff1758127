// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

//go:embed text/*.json
var textFiles embed.FS

// languages are those of the console, the first of which is everybody's until
// they choose.
func languages() []string { return []string{"ja", "en"} }

// texts is every word of the pages of one language, by key.
type texts map[string]string

var verbs = regexp.MustCompile(`%[a-z%]`)

// loadTexts reads one table a language. All have the same keys, no text is
// empty, and the same values are filled into each.
func loadTexts() (map[string]texts, error) {
	all := map[string]texts{}
	for _, lang := range languages() {
		data, err := textFiles.ReadFile("text/" + lang + ".json")
		if err != nil {
			return nil, errors.New("counter: read the texts of " + lang)
		}
		t := texts{}
		if err := json.Unmarshal(data, &t); err != nil {
			return nil, fmt.Errorf("counter: read the texts of %s: %w", lang, err)
		}
		all[lang] = t
	}
	first := all[languages()[0]]
	for lang, t := range all {
		for key := range first {
			if t[key] == "" || !sameVerbs(t[key], first[key]) {
				return nil, fmt.Errorf("counter: text %s of %s is missing or has other values", key, lang)
			}
		}
		if len(t) != len(first) {
			return nil, fmt.Errorf("counter: %s has other texts than %s", lang, languages()[0])
		}
	}
	return all, nil
}

func sameVerbs(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values(verbs.FindAllString(a, -1))), slices.Sorted(slices.Values(verbs.FindAllString(b, -1))))
}

// say returns a text that pages name in full.
func (t texts) say(key string, values ...any) (string, error) {
	text, ok := t[key]
	if !ok {
		return "", fmt.Errorf("counter: no text %s", key)
	}
	if len(values) > 0 {
		text = fmt.Sprintf(text, values...)
	}
	return text, nil
}

// name returns the text for one of many words, or the word itself where it has
// none, such as an operation of a newer release.
func (t texts) name(table string, word any) string {
	w := fmt.Sprint(word)
	if text, ok := t[table+"."+w]; ok {
		return text
	}
	return w
}

// noun returns what the name of a detail of a row is called. A list that does
// not fit on one line goes on under its name with a number behind it.
func (t texts) noun(name string) string {
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	return t.name("detail", name)
}

// detail returns the value of a detail, in words where it is a word of ours.
func (t texts) detail(name, value string) string {
	switch name {
	case "functions":
		var list []string
		for one := range strings.FieldsSeq(value) {
			list = append(list, t.name("function", one))
		}
		return strings.Join(list, ", ")
	case "kind":
		return t.first(value, "kind", "alert")
	case "by":
		return t.first(value, "by", "by_way")
	case "of":
		return t.first(value, "review", "of")
	case "operation":
		return t.name("op", value)
	}
	return t.name(name, value)
}

// first returns the text for a word from the first table that has it.
func (t texts) first(word string, tables ...string) string {
	for _, table := range tables {
		if text, ok := t[table+"."+word]; ok {
			return text
		}
	}
	return word
}

// keys lists the keys, for tests.
func (t texts) keys() []string { return slices.Sorted(maps.Keys(t)) }
