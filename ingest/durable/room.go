package durable

import (
	"fmt"
	"syscall"
)

// Room gives how many bytes a user may still write on the disk of a path, and
// how many the disk has.
func Room(path string) (free, size int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, 0, fmt.Errorf("room on the disk of %s: %w", path, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}
