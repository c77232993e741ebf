package main

type drillCommand struct {
	Outage  drillOutage  `cmd:"" help:"Stop and start server and database under a probe, and compare what it measured with what was done."`
	Restore drillRestore `cmd:"" help:"Lose an installation, bring it back from its backup, and compare."`
}
