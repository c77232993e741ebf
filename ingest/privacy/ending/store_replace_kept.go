package ending

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// keptOf says what a row of the kept tables is of, and by what that is told from
// another that got the same number later; how a row is called that is told where
// it can't stay; and what else has to be there for it.
var keptOf = map[string]struct{ table, id, made, word, also string }{
	"retention_hold":       {"employee", "employee_id", "created_at", "hold", "true"},
	"privacy_request":      {"employee", "employee_id", "created_at", "request", "true"},
	"privacy_request_step": {"privacy_request", "request_id", "made_at", "", "true"},
	"privacy_restriction":  {"privacy_request", "request_id", "made_at", "", "true"},
	"fob_token":            {"fob", "fob_id", "created_at", "", "true"},
	"support_grant":        {"account", "account_id", "created_at", "", "EXISTS (SELECT FROM account c WHERE c.tenant_id = current_tenant() AND c.account_id = a.by_id AND c.created_at <= a.at)"},
}

// aside is the temporary table in which the rows of a kept table wait while what
// they are of is removed and comes back.
func (s shape) aside() string { return quoted("aside " + s.table.Name) }

func (in *intake) setAside(ctx context.Context, s shape) error {
	of := keptOf[s.table.Name]
	_, err := in.tx.Exec(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE %s ON COMMIT DROP AS SELECT t.*, o.%s AS "of then"
		FROM %s t LEFT JOIN %s o ON o.tenant_id = t.tenant_id AND o.%s = t.%s WHERE t.tenant_id = current_tenant()`,
		s.aside(), quoted(of.made), quoted(s.table.Name), quoted(of.table), quoted(of.id), quoted(of.id)))
	if err != nil {
		return fmt.Errorf("setting the rows of %s aside: %w", s.table.Name, err)
	}
	return nil
}

// keep brings back what was set aside, where what it is of is there, and then
// what only the export has.
func (in *intake) keep(ctx context.Context, s shape) error {
	of, cols := keptOf[s.table.Name], names(s.columns)
	there := fmt.Sprintf("((a.%[1]s IS NULL OR EXISTS (SELECT FROM %[2]s o WHERE o.tenant_id = current_tenant() AND o.%[1]s = a.%[1]s AND o.%[3]s = a.\"of then\")) AND %[4]s)",
		quoted(of.id), quoted(of.table), quoted(of.made), of.also)
	if _, err := in.tx.Exec(ctx, "INSERT INTO "+quoted(s.table.Name)+" (tenant_id, "+cols+") OVERRIDING SYSTEM VALUE SELECT current_tenant(), "+cols+" FROM "+s.aside()+" a WHERE "+there); err != nil {
		return err
	}
	if of.word != "" {
		if err := in.tellForgotten(ctx, s, there); err != nil {
			return err
		}
	}
	return in.add(ctx, s)
}

// tellForgotten notes which rows have nobody any more whom they are of.
func (in *intake) tellForgotten(ctx context.Context, s shape, there string) error {
	rows, err := in.tx.Query(ctx, "SELECT a."+quoted(s.key[0])+", a.employee_id FROM "+s.aside()+" a WHERE NOT "+there+" ORDER BY 1")
	if err != nil {
		return err
	}
	var id, employee int64
	_, err = pgx.ForEachRow(rows, []any{&id, &employee}, func() error {
		in.forgotten = append(in.forgotten, fmt.Sprintf("%s %d of employee %d", keptOf[s.table.Name].word, id, employee))
		return nil
	})
	return err
}
