// Package durable writes files that survive a power cut: what it says it wrote
// is on disk whole, under its name, or the file is as it was before.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts a file in place, over one that was there.
func Write(path string, content []byte, mode fs.FileMode) error {
	return put(path, content, mode, os.Rename)
}

// Create puts a file in place unless there is one; then it gives fs.ErrExist.
func Create(path string, content []byte, mode fs.FileMode) error {
	return put(path, content, mode, os.Link)
}

// put writes beside the path, syncs, names and syncs the folder. What a crash
// leaves is called unfinished-….
func put(path string, content []byte, mode fs.FileMode, name func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "unfinished-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // after a rename there is nothing of that name
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = name(f.Name(), path)
	}
	if err == nil {
		err = Folder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Folder puts the names in a folder on disk.
func Folder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
