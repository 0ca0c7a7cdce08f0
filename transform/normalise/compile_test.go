package normalise

import (
	"strings"
	"testing"

	"huiliu/internal/fault"
)

// Every fault of a map is found at once, with its place and its mend.
func TestCompileFaults(t *testing.T) {
	d := definition(t, `
key: [noo]
contract:
  columns: freeze
  fields: {no: text, at: text, lat: number, price: number}
maps:
  - entity: service_requests
    fields: {title: no}
  - entity: service_request
    fields:
      titel: no
      title: {from: no, do: [trimm]}
      kind: {from: no, do: [{split: ";"}]}
      status: {from: nr}
      agency: {from: no, const: x}
      channel: {from: no, else: "null"}
      requested: {from: at, format: yyyy-mm-dd, zone: Asia/Shangai}
      reopened_times: {from: no, format: auto}
      point: {lat: lat}
      street: {from: no, on_bad: stop}
    events: {closing: at}
  - entity: organisation
    fields: {capital: {from: price, unit: dollars}}
  - entity: organisation
    fields: {capital: {from: price, unit: percent}}
`)
	_, err := Compile(d, &d.Tables[0], testSite, testKeeper(t))
	var got []string
	for _, e := range fault.All(err) {
		if e.Place == "" || !strings.HasPrefix(e.Place, "source.yaml") || e.Mend(fault.English) == "" || e.Mend(fault.Chinese) == "" {
			t.Errorf("%v has no place or mend", e)
		}
		got = append(got, e.Code()+": "+e.Cause(fault.English)+"; "+e.Mend(fault.English))
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"map_unknown_entity: there is no entity service_requests; did you mean service_request?",
		"map_unknown_attribute: service_request has no titel; did you mean title?",
		"map_unknown_function: there is no function trimm; did you mean trim?",
		"map_wrong_arguments: split can't take ;; give a separator",
		"map_unknown_column: the contract has no column nr; did you mean no?",
		"map_unknown_column: the contract has no column noo; did you mean no?",
		"a value comes from one of", "else without codes", "format yyyy-mm-dd reads no day", "unknown zone Asia/Shangai", "format, zone and parts are for times",
		"a point comes from lat and long", "on_bad can't be stop", "events of service_request has no closing", "unknown unit dollars", "the unit percent does not go", "two maps to organisation have one name",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not told: %s", want)
		}
	}
	if len(got) != 17 {
		t.Errorf("%d faults:\n%s", len(got), text)
	}
	if fault.ExitCode(err) != 2 {
		t.Errorf("exit code %d", fault.ExitCode(err))
	}
}

func TestVersion(t *testing.T) {
	base := "key: [no]\nmaps:\n  - entity: organisation\n    fields: {name: no}\n"
	first, d := compile(t, base)
	again, _ := compile(t, "key: [no]\nmaps:\n  - entity:   organisation\n    fields:\n      name: no\n")
	if first.Version() != again.Version() {
		t.Error("the layout of the file changed the version")
	}
	for name, other := range map[string]string{
		"another column": strings.Replace(base, "name: no", "name: na", 1), "another key": strings.Replace(base, "[no]", "[na]", 1),
		"a version field": base + "version: at\n", "a function": strings.Replace(base, "name: no", "name: {from: no, do: [trim]}", 1),
		"a contract": base + "contract: {fields: {no: int}}\n", "a delete mark": base + "delete: {field: no, values: [x]}\n",
	} {
		if tr, _ := compile(t, other); tr.Version() == first.Version() {
			t.Errorf("%s left the version as it was", name)
		}
	}
	elsewhere, err := Compile(d, &d.Tables[0], Site{}, testKeeper(t))
	if err != nil || elsewhere.Version() == first.Version() {
		t.Errorf("other bounds left the version as it was (%v)", err)
	}
}
