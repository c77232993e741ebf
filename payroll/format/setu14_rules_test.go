package format

import (
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The business rules of SETU (RTE-v1.4-TimeCard), stated anew by their ids and
// with the paths that they mean: several of the published ones look for
// elements that no card has, and never fire.

type node struct {
	name       string
	attributes map[string]string
	text       string
	children   []*node
}

func parseNode(body []byte) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(string(body)))
	stack := []*node{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return stack[0].children[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch e := token.(type) {
		case xml.StartElement:
			n := &node{name: e.Name.Local, attributes: map[string]string{}}
			if e.Name.Space != "http://ns.hr-xml.org/2007-04-15" {
				n.name = "{" + e.Name.Space + "}" + n.name
			}
			for _, a := range e.Attr {
				n.attributes[a.Name.Local] = a.Value
			}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.CharData:
			top.text += string(e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

// all gives the nodes at a path below n; after "//" it begins at any depth.
func (n *node) all(path string) (found []*node) {
	if path == "" {
		return []*node{n}
	}
	if anywhere, ok := strings.CutPrefix(path, "//"); ok {
		found = n.all(anywhere)
		for _, c := range n.children {
			found = append(found, c.all(path)...)
		}
		return found
	}
	first, rest, _ := strings.Cut(path, "/")
	for _, c := range n.children {
		if c.name == first {
			found = append(found, c.all(rest)...)
		}
	}
	return found
}

// says counts the children of a name that are not blank.
func (n *node) says(child string) int {
	count := 0
	for _, c := range n.all(child) {
		if strings.TrimSpace(c.text) != "" {
			count++
		}
	}
	return count
}

func (n *node) is(attribute string, values ...string) bool {
	v, ok := n.attributes[attribute]
	return ok && slices.Contains(values, v)
}

// setuRule holds for every node at its path.
type setuRule struct {
	id, path string
	holds    func(*node) bool
}

func setuRules() []setuRule {
	owners := []string{"StaffingCustomer", "StaffingCompany"}
	parties := append(owners, "KvK", "OIN", "BTW", "Fi")
	number := func(s string, least float64) bool {
		v, err := strconv.ParseFloat(s, 64)
		return err == nil && v >= least
	}
	action := func(n *node) bool {
		_, given := n.attributes["actionCode"]
		return !given || n.is("actionCode", "Add", "Change", "Void", "Unchanged")
	}
	owned := func(n *node) bool { return n.is("idOwner", owners...) }
	named := func(n *node) bool { return len(n.all("IdValue")) == 1 && n.says("IdValue") == 1 }
	rules := []setuRule{
		{"Id.1", "", func(n *node) bool {
			ids := n.all("Id")
			return len(ids) == 1 && named(ids[0]) && ids[0].attributes["idOwner"] != ""
		}},
		{"Id.2", "Id", owned},
		{"Person.2", "ReportedResource/Person/Id", owned},
		{"Person.3", "ReportedResource/Person/Id", named},
		{"PersonName.1", "//PersonName", func(n *node) bool { return len(n.all("FormattedName")) == 1 && n.says("FormattedName") == 1 }},
		{"ReportedTime.1", "", func(n *node) bool { return len(n.all("ReportedTime")) == 1 }},
		{"ReportedTime.2", "ReportedTime", func(n *node) bool {
			return n.attributes["status"] == "" || n.is("status", "rejected", "corrected")
		}},
		{"ActionCode.1", "ReportedTime/TimeInterval", action},
		{"TimeInterval.1", "ReportedTime/TimeInterval/Id", owned},
		{"TimeInterval.2", "ReportedTime/TimeInterval/Id", func(n *node) bool { return len(n.all("IdValue")) <= 1 }},
		{"EndDateTime.3", "ReportedTime/TimeInterval", func(n *node) bool { return len(n.all("Duration")) > 0 || len(n.all("EndDateTime")) == 1 }},
		{"EndDateTime.4", "ReportedTime/TimeInterval", func(n *node) bool { return len(n.all("EndDateTime")) > 0 || len(n.all("Duration")) == 1 }},
		{"RateOrAmount.1", "ReportedTime/TimeInterval/RateOrAmount", func(n *node) bool { return n.is("type", "hourly", "hourlysplit", "4weekly", "monthly") }},
		{"RateOrAmount.2", "ReportedTime/TimeInterval/RateOrAmount", func(n *node) bool { return number(n.attributes["multiplier"], 100) }},
		{"ActionCode.2", "//Allowance", action},
		{"Allowance.1", "//Allowance/Id", owned},
		{"Allowance.2", "//Allowance/Id", named},
		{"Allowance.3", "//Allowance/Id/IdValue", func(n *node) bool { return n.is("name", "expense", "allowance") }},
		{"Amount.1", "//Allowance", func(n *node) bool { return len(n.all("Amount")) == 1 && n.says("Amount") == 1 }},
		{"CustomerReportingRequirements.1", "//CustomerReportingRequirements", func(n *node) bool {
			return !slices.ContainsFunc(n.children, func(c *node) bool {
				return slices.Contains([]string{"SupervisorName", "LocationCode", "LocationName", "CustomerJobCode", "CustomerJobDescription", "AccountCode",
					"ExternalOrderNumber", "ExternalReqNumber", "Entity", "SubEntity", "Shift"}, c.name)
			})
		}},
		{"CustomerReportingRequirements.2", "//AdditionalRequirement", func(n *node) bool { return strings.TrimSpace(n.attributes["requirementTitle"]) != "" }},
		{"AssignmentId.1", "//AssignmentId", func(n *node) bool { return n.is("idOwner", "StaffingCompany") }},
		{"AssignmentId.2", "//AssignmentId", named},
		{"Duration.1", "//Duration", func(n *node) bool { return number(n.text, 0) }},
		{"AdditionalData.1", "//AdditionalData", func(n *node) bool { return len(n.all("StaffingAdditionalData")) == 1 }},
	}
	for _, party := range []string{"StaffingSupplierId", "StaffingCustomerId", "StaffingSupplierOrgUnitId", "StaffingCustomerOrgUnitId"} {
		rules = append(rules,
			setuRule{party + ".1", "//ReferenceInformation", func(n *node) bool {
				seen := map[string]bool{}
				for _, id := range n.all(party) {
					seen[id.attributes["idOwner"]] = true
				}
				return len(seen) == len(n.all(party))
			}},
			setuRule{party + ".2", "//" + party, func(n *node) bool { return n.is("idOwner", parties...) }},
			setuRule{party + ".3", "//" + party, named})
	}
	return rules
}

// brokenRules gives the ids of rules that a card breaks.
func brokenRules(body []byte) (ids []string, err error) {
	card, err := parseNode(body)
	if err != nil {
		return nil, err
	}
	if card.name != "TimeCard" {
		return []string{"namespace"}, nil
	}
	for _, r := range setuRules() {
		if slices.ContainsFunc(card.all(r.path), func(n *node) bool { return !r.holds(n) }) {
			ids = append(ids, r.id)
		}
	}
	return ids, nil
}

func TestTheRulesFindWhatBreaksThem(t *testing.T) {
	s := setuSuite()
	l := line(1, "17", at(1), "N", 60)
	l.Assignment = "1234"
	s.settings["cost_centres"], l.CostCentre = "yes", "K1"
	var card string
	for _, body := range unzip(t, s.write(t, run{lines: []Line{l}}).body) {
		card = string(body)
	}
	for _, c := range []struct{ rule, old, new string }{
		{"Id.1", "<IdValue>TK-3-12599-20260701-20260731-1234</IdValue>", "<IdValue> </IdValue>"},
		{"Id.2", `<Id idOwner="StaffingCustomer">`, `<Id idOwner="Customer">`},
		{"Person.2", `<Person>
      <Id idOwner="StaffingCustomer">`, `<Person>
      <Id idOwner="">`},
		{"Person.3", "<IdValue>17</IdValue>", ""},
		{"PersonName.1", "<FormattedName>Jan Jansen</FormattedName>", "<FormattedName/>"},
		{"ReportedTime.1", "</ReportedTime>", "</ReportedTime><ReportedTime/>"},
		{"ReportedTime.2", "<ReportedTime>", `<ReportedTime status="Final">`},
		{"ActionCode.1", `billable="true"`, `billable="true" actionCode="Delete"`},
		{"EndDateTime.4", "<Duration>1.00</Duration>", ""},
		{"RateOrAmount.1", `type="hourly"`, `type="daily"`},
		{"RateOrAmount.2", `multiplier="100"`, `multiplier="99"`},
		{"Duration.1", "1.00</Duration>", "-1.00</Duration>"},
		{"Duration.1", "1.00</Duration>", "PT1H</Duration>"},
		{"CustomerReportingRequirements.1", "<CostCenterCode>", "<Shift/><CostCenterCode>"},
		{"CustomerReportingRequirements.2", "</CostCenterCode>", "</CostCenterCode><AdditionalRequirement/>"},
		{"Allowance.3", "</TimeInterval>", "</TimeInterval><Allowance><Id><IdValue>1</IdValue></Id></Allowance>"},
		{"Amount.1", "</TimeInterval>", "</TimeInterval><Allowance/>"},
		{"AdditionalData.1", "</TimeInterval>", "<AdditionalData/></TimeInterval>"},
		{"StaffingSupplierId.1", "<StaffingCustomerId", `<StaffingSupplierId idOwner="StaffingCustomer"><IdValue>1</IdValue></StaffingSupplierId><StaffingCustomerId`},
		{"StaffingSupplierId.2", `<StaffingSupplierId idOwner="StaffingCustomer">`, `<StaffingSupplierId idOwner="Customer">`},
		{"StaffingSupplierId.3", "<IdValue>39876</IdValue>", "<IdValue></IdValue>"},
		{"StaffingCustomerId.2", `<StaffingCustomerId idOwner="StaffingCompany">`, "<StaffingCustomerId>"},
		{"StaffingCustomerId.3", "<IdValue>223445</IdValue>", ""},
		{"AssignmentId.1", `<AssignmentId idOwner="StaffingCompany">`, `<AssignmentId idOwner="StaffingCustomer">`},
		{"AssignmentId.2", "<IdValue>1234</IdValue>", "<IdValue>\n</IdValue>"},
		{"namespace", "http://ns.hr-xml.org/2007-04-15", "http://ns.hr-xml.org/2006-02-28"},
	} {
		broken, err := brokenRules([]byte(strings.Replace(card, c.old, c.new, 1)))
		if !strings.Contains(card, c.old) || err != nil || !slices.Contains(broken, c.rule) {
			t.Errorf("rule %s does not find %q: %v, %v", c.rule, c.new, broken, err)
		}
	}
}
