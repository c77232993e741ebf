package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg/vault"
)

// Option is a choice about a pool.
type Option func(*options)

type options struct {
	keys     *vault.Keys
	givesWay bool // see Cluster.GivingWay
}

// With gives the master keys that transactions of the pool open and seal with;
// without them a pool reads only what is not sealed.
func With(keys *vault.Keys) Option { return func(o *options) { o.keys = keys } }

// keysOf is where a connection carries its pool's keys.
const keysOf = "tikklok.keys"

func keys(tx Tx) *vault.Keys {
	k, _ := tx.Conn().PgConn().CustomData()[keysOf].(*vault.Keys)
	return k
}

// Box gives what opens the sealed columns of the transaction's tenant. One that
// has sealed nothing yet, or a pool without master keys, gets a box without a
// key: it opens what is not sealed. vault.ErrOtherKey when the master key at
// hand is another one.
//
//	box, err := pg.Box(ctx, tx)
//	rows, err := tx.Query(ctx, "SELECT e.number, "+pg.OfPerson("e", "first_name")+" FROM employee e WHERE …")
//	pgx.ForEachRow(rows, []any{&number, box.Text(&firstName)}, …)
func Box(ctx context.Context, tx Tx) (vault.Box, error) {
	k := keys(tx)
	if k == nil {
		return vault.Box{}, nil
	}
	var tenant int64
	var sealed []byte
	err := tx.QueryRow(ctx, "SELECT tenant_id, sealed FROM data_key WHERE tenant_id = current_tenant()").Scan(&tenant, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return vault.Box{}, nil
	}
	if err != nil {
		return vault.Box{}, fmt.Errorf("reading the data key: %w", err)
	}
	return k.Box(tenant, sealed)
}

// SealingBox is Box for who seals: it makes the tenant's data key where there
// is none. vault.ErrNoMaster without master keys.
func SealingBox(ctx context.Context, tx Tx) (vault.Box, error) {
	k := keys(tx)
	if k == nil {
		return vault.Box{}, vault.ErrNoMaster
	}
	var tenant int64
	var there bool
	err := tx.QueryRow(ctx, "SELECT current_tenant(), EXISTS (SELECT FROM data_key WHERE tenant_id = current_tenant())").Scan(&tenant, &there)
	if err != nil {
		return vault.Box{}, fmt.Errorf("reading the data key: %w", err)
	}
	if !there {
		var sealed []byte
		if k, err = sealing(ctx, tx, k); err == nil {
			_, sealed, err = k.NewBox(tenant)
		}
		if err == nil { // of two at once the first one's stays
			_, err = tx.Exec(ctx, "INSERT INTO data_key (tenant_id, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant, sealed)
		}
		if err != nil {
			return vault.Box{}, fmt.Errorf("making a data key: %w", err)
		}
	}
	return Box(ctx, tx)
}

// sealing gives the keys of which the current one is that which the database
// is sealed under, whatever stands first in the file by now: who brings an older
// file back has that one. Until the transaction ends no other key takes over.
func sealing(ctx context.Context, tx Tx, k *vault.Keys) (*vault.Keys, error) {
	var f *vault.Fingerprint
	if err := tx.QueryRow(ctx, "SELECT master_in_use()").Scan(&f); err != nil {
		return nil, fmt.Errorf("reading which master key seals: %w", err)
	}
	if f == nil {
		return k, nil
	}
	return k.Under(*f)
}

// PersonKey gives the key under which an employee's optional fields are sealed,
// and makes it where there is none. vault.ErrNoMaster without master keys.
func PersonKey(ctx context.Context, tx Tx, employee int64) (vault.Person, error) {
	k := keys(tx)
	if k == nil {
		return vault.Person{}, vault.ErrNoMaster
	}
	var tenant int64
	var data, own []byte
	err := tx.QueryRow(ctx, `SELECT d.tenant_id, d.sealed, k.sealed FROM data_key d LEFT JOIN person_key k ON k.tenant_id = d.tenant_id AND k.employee_id = $1
		WHERE d.tenant_id = current_tenant()`, employee).Scan(&tenant, &data, &own)
	var box vault.Box
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		box, err = SealingBox(ctx, tx)
	case err == nil:
		box, err = k.Box(tenant, data)
	}
	if err != nil {
		return vault.Person{}, fmt.Errorf("key of person %d: %w", employee, err)
	}
	if own == nil {
		return makePerson(ctx, tx, box, employee)
	}
	return box.Person(employee, own)
}

// makePerson makes a person's key; of two at once the first one's stays.
func makePerson(ctx context.Context, tx Tx, box vault.Box, employee int64) (vault.Person, error) {
	own, sealed, err := box.NewPerson(employee)
	if err != nil {
		return own, err
	}
	tag, err := tx.Exec(ctx, "INSERT INTO person_key (tenant_id, employee_id, sealed) VALUES (current_tenant(), $1, $2) ON CONFLICT DO NOTHING", employee, sealed)
	if err != nil {
		return own, fmt.Errorf("key of person %d: %w", employee, err)
	}
	if tag.RowsAffected() == 1 {
		return own, nil
	}
	if err := tx.QueryRow(ctx, "SELECT sealed FROM person_key WHERE tenant_id = current_tenant() AND employee_id = $1", employee).Scan(&sealed); err != nil {
		return own, fmt.Errorf("key of person %d: %w", employee, err)
	}
	return box.Person(employee, sealed)
}

// OfPerson is the SQL expression by which a query over employee as alias reads
// an optional field (first_name, birth_date), sealed or not yet; Box.Text and
// Box.Day take it. It is empty where the person's key was destroyed.
func OfPerson(alias, column string) string {
	return ofPerson(alias, column, func(sealed string) string {
		return "(SELECT " + sealed + " FROM person_key pk WHERE " + keyOf(alias) + ")"
	})
}

// JoinKeys joins the keys of all the people of a query over employee as alias,
// for OfJoined: of thousands at once that is less work than OfPerson's look-ups.
func JoinKeys(alias string) string { return " LEFT JOIN person_key pk ON " + keyOf(alias) + " " }

// OfJoined is OfPerson in a query that has JoinKeys.
func OfJoined(alias, column string) string {
	return ofPerson(alias, column, func(sealed string) string { return sealed })
}

func keyOf(alias string) string {
	return "pk.tenant_id = " + alias + ".tenant_id AND pk.employee_id = " + alias + ".employee_id"
}

func ofPerson(alias, column string, with func(sealed string) string) string {
	plain := alias + "." + column
	if column == "birth_date" {
		plain = "to_char(" + plain + ", 'YYYY-MM-DD')" // whatever DateStyle says
	}
	return "CASE WHEN " + alias + "." + column + "_sealed IS NULL THEN " + vault.PlainForm() + " || convert_to(" + plain + ", 'UTF8')" +
		" ELSE " + with(vault.PersonForm(column)+" || int8send(pk.employee_id) || pk.sealed || "+alias+"."+column+"_sealed") + " END"
}

// OfTenant is the like for a tenant's secret in column, bytes, of a table as
// alias; row is the column that names its row.
func OfTenant(alias, name, column, row string) string {
	return "CASE WHEN " + alias + "." + column + "_sealed IS NULL THEN " + vault.PlainForm() + " || " + alias + "." + column +
		" ELSE " + vault.SecretForm(name) + " || int8send(" + alias + "." + row + "::bigint) || " + alias + "." + column + "_sealed END"
}
