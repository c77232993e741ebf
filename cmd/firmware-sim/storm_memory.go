package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// peakMemory gives the most resident memory that a process ever had, in bytes:
// VmHWM of /proc/PID/status (proc(5)).
func peakMemory(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return kilobytes(b, "VmHWM:")
}

func kilobytes(text []byte, field string) (int64, error) {
	for line := range bytes.Lines(text) {
		if words := bytes.Fields(line); len(words) > 1 && string(words[0]) == field {
			n, err := strconv.ParseInt(string(words[1]), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in what the kernel tells of a process", field)
}

// childrenMemory gives the memory of the processes that a process started, and
// of those that these did, in bytes: what they share is counted once (Pss).
// What belongs to others may not be looked into and counts as nothing.
func childrenMemory(pid int) (sum int64) {
	children := map[int][]int{}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range all {
		if id, parent, ok := parentOf(path); ok {
			children[parent] = append(children[parent], id)
		}
	}
	for wave := children[pid]; len(wave) > 0; {
		var next []int
		for _, id := range wave {
			if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", id)); err == nil {
				if n, err := kilobytes(b, "Pss:"); err == nil {
					sum += n
				}
			}
			next = append(next, children[id]...)
		}
		wave = next
	}
	return sum
}

// parentOf reads "pid (name) state parent …"; the name may hold anything.
func parentOf(path string) (id, parent int, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, false
	}
	text := string(b)
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return 0, 0, false
	}
	after := strings.Fields(text[end+1:])
	head, _, _ := strings.Cut(text, " ")
	id, err1 := strconv.Atoi(head)
	if len(after) < 2 || err1 != nil {
		return 0, 0, false
	}
	parent, err2 := strconv.Atoi(after[1])
	return id, parent, err2 == nil
}
