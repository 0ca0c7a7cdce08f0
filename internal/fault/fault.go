// Package fault is the house's one form of an error meant for a person: a
// stable code, the place, the cause and the mend, in English and Chinese.
//
// Errors that only pass through keep Go's own form (fmt.Errorf with %w); a
// fault is made where the place and the mend are known.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Class says whose turn it is, and so the exit code of a command.
type Class int

const (
	// Failed is something that went wrong while running: exit code 1.
	Failed Class = 1
	// Input is a configuration or an input that is wrong: exit code 2.
	Input Class = 2
	// Missing is something needed that is not there: exit code 3.
	Missing Class = 3
)

// Text is one sentence in the two languages of the house. Names in braces are
// replaced by the values given to At.
type Text struct{ EN, ZH string }

// Kind is one kind of fault, declared once as a package variable of the room
// that raises it. Code is stable: lower case, words joined by underscores.
type Kind struct {
	Code  string
	Class Class
	Cause Text
	Mend  Text
}

// Error is one fault at one place.
type Error struct {
	Kind  *Kind
	Place string
	Err   error
	args  []any
}

// At makes a fault of this kind at a place; pairs are the names and values
// that fill the braces of the texts.
func (k *Kind) At(place string, pairs ...any) *Error {
	return &Error{Kind: k, Place: place, args: pairs}
}

// Is reports whether any fault in err's tree is of this kind.
func (k *Kind) Is(err error) bool {
	for _, e := range All(err) {
		if e.Kind == k {
			return true
		}
	}
	return false
}

// Because adds the error that lies beneath and returns the same fault.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// Code returns the stable code.
func (e *Error) Code() string { return e.Kind.Code }

// Cause returns the cause in a language.
func (e *Error) Cause(lang Lang) string {
	s := fill(lang.of(e.Kind.Cause), e.args)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Mend returns the way to mend it in a language.
func (e *Error) Mend(lang Lang) string { return fill(lang.of(e.Kind.Mend), e.args) }

// Error gives the English form in one line: place: cause [code].
func (e *Error) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("%s [%s]", e.Cause(English), e.Kind.Code)
	}
	return fmt.Sprintf("%s: %s [%s]", e.Place, e.Cause(English), e.Kind.Code)
}

// Unwrap returns the error beneath, nil when there is none.
func (e *Error) Unwrap() error { return e.Err }

// Lang is a language of the house.
type Lang string

const (
	// English is the language of code and logs.
	English Lang = "en"
	// Chinese is the language of officials.
	Chinese Lang = "zh"
)

// ParseLang reads HUILIU_LANG's value; anything that begins with zh is
// Chinese, all else English.
func ParseLang(s string) Lang {
	if strings.HasPrefix(strings.ToLower(s), "zh") {
		return Chinese
	}
	return English
}

func (l Lang) of(t Text) string {
	if l == Chinese && t.ZH != "" {
		return t.ZH
	}
	return t.EN
}

func fill(s string, pairs []any) string {
	if !strings.Contains(s, "{") {
		return s
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return s
}

// All returns every fault in err's tree, outermost first, those of joined
// errors in their order. A fault's own cause is not searched: it is part of
// that fault.
func All(err error) []*Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() []error }:
		var out []*Error
		for _, sub := range e.Unwrap() {
			out = append(out, All(sub)...)
		}
		return out
	}
	return All(errors.Unwrap(err))
}

// ExitCode maps an error to the exit code of a command: 0 for nil, the
// highest class among its faults, 1 for an error with no fault in it.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	code := 0
	for _, e := range All(err) {
		code = max(code, int(e.Kind.Class))
	}
	return max(code, int(Failed))
}
