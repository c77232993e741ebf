package payroll

import "fmt"

// LinesOfRun is what RunEmployees asks of the database, to measure it alone.
func LinesOfRun(run int64) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE l.tenant_id = current_tenant() AND l.run_id = %d%s", lineColumns, lineTables, run, streamOrder)
}
