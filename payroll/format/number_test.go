package format

import (
	"strings"
	"testing"
)

func TestAComponentThatIsANumberHasOneWayToBeWritten(t *testing.T) {
	for _, f := range []Format{nmbrsSheet{}, loketCSV{}, afasUpdate{}, afasFile{}, datevLODAS{}, datevLUG{}, sagePayroll{}, netvisorWorkday{}} {
		component := f.About().Components[0]
		two := strings.TrimRight(component, "0123456789") + "0" + strings.TrimLeft(component, "UL")
		if err := f.CheckComponent(two); err == nil || !strings.Contains(err.Error(), "without zeroes in front") {
			t.Errorf("%s takes %s beside %s, one number to the package: %v", f.Name(), two, component, err)
		}
	}
}
