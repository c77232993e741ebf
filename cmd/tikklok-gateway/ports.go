package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"tikklok/gateway"
)

// portsCommand lists the machine's serial ports; none is opened.
type portsCommand struct{}

// Run prints a line a port, and what to write in --port for those that are free.
func (portsCommand) Run() error {
	found, err := gateway.FindPorts("/")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Println("no serial port: plug an adapter in, and see that its driver is there (dmesg)")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEVICE\tADAPTER\tSTATE\tSTABLE NAME")
	for _, p := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Device, adapter(p), state(p), p.Stable)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Println("\nFor each reader, with its protocol and a name of your own:")
	for _, p := range found {
		if p.User == "" && p.Refused == "" {
			fmt.Printf("  --port %s=em4100,name=door\n", p.Stable)
		}
	}
	return nil
}

func adapter(p gateway.FoundPort) string {
	if p.USB == "" {
		return "on board"
	}
	return strings.TrimSpace(p.USB + " " + p.Product)
}

func state(p gateway.FoundPort) string {
	switch {
	case p.User != "":
		return "in use by " + p.User
	case p.Refused != "":
		return p.Refused
	}
	return "free"
}
