package ending

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrNameTaken says that what came since has the name of what is to be put back;
// the error names both. Nothing was written.
var ErrNameTaken = errors.New("a name is taken")

// onceOf says what no two rows of an updated table share beside the key; first
// what people call it by.
var onceOf = map[string][]string{"hirer": {"name"}, "site": {"name"}, "gateway": {"name"}, "reader": {"key", "origin"}}

// freeNames finds that no newer row has the name that one of the export gets
// back, and takes the names off those that swapped theirs since.
func (in *intake) freeNames(ctx context.Context, s shape) error {
	once := onceOf[s.table.Name]
	if once == nil {
		return nil
	}
	if err := in.stage(ctx, s); err != nil {
		return err
	}
	if err := in.taken(ctx, s, once); err != nil {
		return err
	}
	name, key, alike := quoted(once[0]), quoted(s.key[0]), equal(once)
	_, err := in.tx.Exec(ctx, "UPDATE "+quoted(s.table.Name)+" t SET "+name+" = 'putting back ' || t."+key+" FROM "+s.incoming()+" i WHERE t.tenant_id = current_tenant()"+s.same()+" AND NOT ("+alike+")")
	if err != nil {
		return err
	}
	return in.unstage(ctx, s)
}

func (in *intake) taken(ctx context.Context, s shape, once []string) error {
	table, key := quoted(s.table.Name), quoted(s.key[0])
	var then, since int64
	var name string
	err := in.tx.QueryRow(ctx, "SELECT i."+key+", t."+key+", t."+quoted(once[0])+" FROM "+s.incoming()+" i JOIN "+table+" t ON t.tenant_id = current_tenant() AND "+equal(once)+
		" WHERE NOT EXISTS (SELECT FROM "+s.incoming()+" k WHERE k."+key+" = t."+key+") ORDER BY 1 LIMIT 1").Scan(&then, &since, &name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	remedy := "start the server, give that one another name, stop it and do this again"
	if s.table.Name == "reader" {
		remedy = "take a FILE instead"
	}
	return fmt.Errorf("%w: the %s %d was called %q then, and so is the %[2]s %[5]d, which came since; %[6]s", ErrNameTaken, s.table.Name, then, name, since, remedy)
}

// equal compares columns of a row with those of an incoming one.
func equal(columns []string) (sql string) {
	for i, c := range columns {
		if i > 0 {
			sql += " AND "
		}
		sql += "t." + quoted(c) + " = i." + quoted(c)
	}
	return sql
}
