package main

import (
	"bytes"
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

// known are the licences that somebody looked at: what is distributed under
// them may go along as it does. Each has words that no other has; spaces don't
// count.
var known = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
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

// termsIn reads the licences at the top of a folder.
func termsIn(folder string) (terms, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return terms{}, err
	}
	var t terms
	for _, e := range entries {
		if e.IsDir() || !isLicence(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return terms{}, err
		}
		t.files = append(t.files, file{e.Name(), text})
		t.names = append(t.names, namesIn(text)...)
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	switch {
	case len(t.files) == 0:
		return terms{}, errors.New("has no file with a licence")
	case len(t.names) == 0:
		return terms{}, fmt.Errorf("%s is a licence that nobody looked at; read it, and name it in .ci/bill/licence.go if it may go along", t.files[0].name)
	}
	return t, nil
}

func isLicence(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, "LICEN") || strings.HasPrefix(name, "COPYING") || strings.HasPrefix(name, "NOTICE") || strings.HasPrefix(name, "PATENTS") ||
		strings.HasPrefix(name, "UNLICENSE") || strings.HasPrefix(name, "COPYRIGHT")
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
