package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"tikklok/ingest/pg"
)

type databaseCommand struct {
	Dir     string   `default:"var/db" type:"path" help:"Folder of the cluster."`
	NoFsync bool     `help:"For tests: fast, and lost at a power cut."`
	Command []string `arg:"" optional:"" passthrough:"" help:"Run this with TEST_DATABASE_URL set, then stop; without it, until Ctrl-C."`
}

// Run keeps a private cluster; it ends as the command ends. What can't be run
// is told before a folder is made.
func (c databaseCommand) Run(ctx context.Context) error {
	if len(c.Command) > 0 && c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	if len(c.Command) > 0 {
		if _, err := exec.LookPath(c.Command[0]); err != nil {
			return fmt.Errorf("the command to run with a database: %w", err)
		}
	}
	cluster, err := pg.StartCluster(ctx, c.Dir, pg.ClusterOptions{NoFsync: c.NoFsync})
	if err != nil {
		return err
	}
	if len(c.Command) == 0 {
		fmt.Println(cluster.URL())
		<-ctx.Done()
		return cluster.Stop()
	}
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "TEST_DATABASE_URL="+cluster.URL())
	return errors.Join(cmd.Run(), cluster.Stop())
}
