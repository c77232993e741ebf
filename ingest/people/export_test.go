package people

// HashForBenchmark hashes a password.
func HashForBenchmark(password string) string { return hashPassword(password) }
