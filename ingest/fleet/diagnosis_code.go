package fleet

// Codes gives the codes of all evidence, for whoever has words for them.
func Codes() []string {
	return []string{
		"database-answers", "database-away",
		"ingest-never", "ingest-silent", "ingest-alive", "batches-refused", "unsent-stuck", "unsent-everywhere",
		"broker-unheard", "broker-answers", "broker-away", "others-online", "others-heard", "all-offline",
		"revoked", "not-enrolled", "certificate-used", "certificate-good", "certificate-ends", "certificate-expired",
		"broker-certificate-good", "broker-certificate-ends", "broker-certificate-expired",
		"settings-untold", "settings-future", "settings-newest", "settings-waiting", "settings-behind", "settings-underway", "key-behind",
		"never-connected", "nobody-listens",
		"gateway-online", "journal-damaged", "clock-unset", "program-restarts", "stopped", "goodbye-came", "offline", "offline-alone", "site-offline",
		"power-since", "power-cuts",
		"connected", "signal", "connections-many", "signal-weak", "lost-because",
		"behind-gateway", "readers-good", "no-reader", "reader-unlisted", "reader-no-contact", "battery-low", "battery-empty",
		"reader-port_lost", "reader-disk_full", "reader-silent", "reader-noise", "reader-cards", "reader-tamper", "reader-stranger",
		"reader-version", "reader-key", "reader-open", "reader-address", "reader-full", "reader-other",
	}
}
