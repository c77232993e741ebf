package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// terms are the licences of a module: their names (SPDX) and files.
type terms struct {
	names []string
	files []file
}

type file struct {
	name string
	text []byte
}

// with adds the files of another program's part of the same module.
func (t terms) with(other terms) terms {
	for _, f := range other.files {
		if !slices.ContainsFunc(t.files, func(own file) bool { return own.name == f.name }) {
			t.files = append(t.files, f)
		}
	}
	slices.SortFunc(t.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	t.names = slices.Compact(slices.Sorted(slices.Values(slices.Concat(t.names, other.names))))
	return t
}

// known are the licences that somebody looked at: what is distributed under
// them may go along as it does. Each has words that no other has; spaces don't
// count.
var known = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
	{"Apache-2.0", "Licensed under the Apache License, Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License, version 2.0"},
	{"EPL-2.0", "Eclipse Public License - v 2.0"},
	{"OFL-1.1", "SIL OPEN FONT LICENSE Version 1.1"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
}

// termsIn reads the licences of a module: those at its top and beside the given
// packages of it, and between. Each has to be one that somebody looked at.
func termsIn(top string, packages []string) (terms, error) {
	var t terms
	for _, folder := range between(top, packages) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return terms{}, err
		}
		for _, e := range entries {
			if e.IsDir() || !isLicence(e.Name()) && !isNotice(e.Name()) {
				continue
			}
			if err := t.add(top, filepath.Join(folder, e.Name())); err != nil {
				return terms{}, err
			}
		}
	}
	if len(t.names) == 0 {
		return terms{}, errors.New("has no file with a licence")
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t, nil
}

// between gives the top, the packages, and the folders that they lie in.
func between(top string, packages []string) []string {
	all := []string{top}
	for _, p := range packages {
		for ; len(p) > len(top); p = filepath.Dir(p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// add reads one file.
func (t *terms) add(top, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(top, path)
	if err != nil {
		return err
	}
	names := namesIn(text)
	if len(names) == 0 && isLicence(filepath.Base(path)) {
		return fmt.Errorf("%s is a licence that nobody looked at; read it, and name it in .ci/bill/licence.go if it may go along", name)
	}
	t.names, t.files = append(t.names, names...), append(t.files, file{filepath.ToSlash(name), text})
	return nil
}

// isLicence says whether a file holds a licence, by its name.
func isLicence(name string) bool {
	return begins(name, "LICEN", "COPYING", "UNLICENSE")
}

// isNotice says whether a file goes along with a licence, by its name.
func isNotice(name string) bool {
	return begins(name, "NOTICE", "PATENTS", "COPYRIGHT")
}

func begins(name string, with ...string) bool {
	name = strings.ToUpper(name)
	return filepath.Ext(name) != ".GO" && slices.ContainsFunc(with, func(w string) bool { return strings.HasPrefix(name, w) })
}

func namesIn(text []byte) (names []string) {
	plain := bytes.ToLower(bytes.Join(bytes.Fields(text), []byte(" ")))
	for _, k := range known {
		if bytes.Contains(plain, []byte(strings.ToLower(k.words))) && !(k.name == "BSD-2-Clause" && slices.Contains(names, "BSD-3-Clause")) {
			names = append(names, k.name)
		}
	}
	return names
}
