package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/hours/rule"
)

// document gives rules as JSON that a test may change.
func rulesDocument(t *testing.T, change func(object)) object {
	t.Helper()
	raw, err := json.Marshal(rule.Default().Rules)
	if err != nil {
		t.Fatal(err)
	}
	var r object
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	change(r)
	return r
}

func TestRulesArePutReadAndPreviewedOverTheAPI(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	site := c.make("/api/v1/sites", object{"name": "Noord"})
	rounded := rulesDocument(t, func(r object) { r["rounding"] = object{"per": "shift", "to": 15} })
	put := func(status int, body object) string {
		return string(c.want(status, c.do("PUT", "/api/v1/rules", body)).body)
	}
	put(http.StatusOK, object{"from": "2026-11-01", "rules": rounded})
	put(http.StatusOK, object{"from": "2026-11-01", "scope": object{"kind": "site", "id": site}, "patch": object{"paid_breaks": 15}})

	var all struct{ Items []object }
	c.want(http.StatusOK, c.do("GET", "/api/v1/rules", nil)).into(t, &all)
	if len(all.Items) != 3 || all.Items[1]["rules"].(map[string]any)["rounding"].(map[string]any)["to"] != 15.0 || all.Items[2]["patch"].(map[string]any)["paid_breaks"] != 15.0 {
		t.Errorf("rules are %v", all.Items)
	}
	var inForce struct {
		Versions []int
		Rules    object
	}
	c.want(http.StatusOK, c.do("GET", "/api/v1/rules/in-force?day=2026-11-09&site_id="+itoa(site), nil)).into(t, &inForce)
	if len(inForce.Versions) != 2 || inForce.Rules["paid_breaks"] != 15.0 || inForce.Rules["rounding"].(map[string]any)["to"] != 15.0 {
		t.Errorf("in force is %v", inForce)
	}
	c.want(http.StatusNotFound, c.do("GET", "/api/v1/rules/in-force?day=2026-11-09&site_id=99", nil))
	preview := object{"from": "2026-11-01", "rules": rounded, "days_from": "2026-11-01", "days_to": "2026-11-30"}
	if text := string(c.want(http.StatusOK, c.do("POST", "/api/v1/rules/preview", preview)).body); !strings.Contains(text, `"effects":[]`) {
		t.Errorf("preview %s", text)
	}

	for want, body := range map[string]object{
		"questioned_shift and longest_shift contradict": {"from": "2026-11-01", "rules": rulesDocument(t, func(r object) { r["questioned_shift"] = 900 })},
		"the tenant's rules are given whole":            {"from": "2026-11-01", "patch": object{}},
		"given as a patch":                              {"from": "2026-11-01", "scope": object{"kind": "site", "id": site}, "rules": rounded},
		`unknown field \"tea\"`:                         {"from": "2026-11-01", "scope": object{"kind": "site", "id": site}, "patch": object{"tea": 1}},
		"2015 to 2100":                                  {"from": "1999-11-01", "rules": rounded},
	} {
		if text := put(http.StatusUnprocessableEntity, body); !strings.Contains(text, want) {
			t.Errorf("%s: %s", want, text)
		}
	}
	for want, change := range map[string]func(object){
		"tea":      func(r object) { r["tea"] = 1 },
		"rounding": func(r object) { r["rounding"] = 5 },
	} {
		if text := put(http.StatusBadRequest, object{"from": "2026-11-01", "rules": rulesDocument(t, change)}); !strings.Contains(text, want) {
			t.Errorf("%s: %s", want, text)
		}
	}
	if text := put(http.StatusNotFound, object{"from": "2026-11-01", "scope": object{"kind": "hirer", "id": 99}, "patch": object{}}); !strings.Contains(text, "hirer 99") {
		t.Errorf("an unknown hirer: %s", text)
	}
}
