package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACommandWithAMistypedStateMakesNothing(t *testing.T) {
	p := place{State: filepath.Join(t.TempDir(), "tiklok")}
	err := accountReset{Email: "eva@example.com"}.Run(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), p.State) || !strings.Contains(err.Error(), "--state") {
		t.Errorf("it says %v, without the folder and the remedy", err)
	}
	if _, err := os.Stat(p.State); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestMigratingAMistypedStateMakesNothing(t *testing.T) {
	p := place{State: filepath.Join(t.TempDir(), "tiklok")}
	err := migrateCommand{NoBackup: true}.Run(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), p.State) || !strings.Contains(err.Error(), "--state") {
		t.Errorf("it says %v, without the folder and the remedy", err)
	}
	if _, err := os.Stat(p.State); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestAnInstallationBeginsOnlyWhereNoneIs(t *testing.T) {
	p := place{State: t.TempDir()}
	if !p.unserved() {
		t.Error("nothing is taken for an installation, and one is made without a word")
	}
	if err := os.Mkdir(p.folder("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if p.unserved() {
		t.Error("what is there counts as new")
	}
	if (place{State: t.TempDir(), DatabaseURL: "postgres://elsewhere"}).unserved() {
		t.Error("a database elsewhere counts as none")
	}
}

func TestADatabaseThatDoesNotAnswerIsNamedByTheSettingItComesFrom(t *testing.T) {
	p := place{State: t.TempDir(), DatabaseURL: "postgres://nobody@127.0.0.1:1/none"}
	err := accountReset{Email: "eva@example.com"}.Run(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("it says %v", err)
	}
}
