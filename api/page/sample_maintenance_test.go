package page

import "time"

func sampleAnnouncement() Announcement {
	return Announcement{Title: "Nieuwe database", Changes: "Overzichten zijn daarna sneller.", From: on(20, 22, 0), Until: on(20, 23, 30), OneDay: true}
}

func sampleMaintenanceViews(lang string) map[string]View {
	frame := sampleFrame(lang, PathServiceMaintenance)
	frame.Announced = []Announcement{sampleAnnouncement()}
	today := sampleToday(lang)
	night := Announcement{Title: "Verhuizing", From: on(21, 23, 0), Until: on(22, 1, 0)}
	today.Announced = []Announcement{sampleAnnouncement(), night}
	lines := []MaintenanceLine{
		{Announcement: sampleAnnouncement(), Reference: "db-16", At: on(13, 9, 0), Ahead: 181 * 60, Promised: 48, Letters: LetterTally{Sent: 41, Waiting: 1, Refused: 2, Unclear: 1, Last: on(13, 9, 1)},
			Calls: []CallLine{{Event: "maintenance.announced", State: "waiting", Attempts: 3, Answer: "503"}}},
		{Announcement: night, Reference: "move", At: on(20, 12, 0), Ahead: 35 * 60, Promised: 48, Late: true, Office: 90, Letters: LetterTally{Sent: 44, Last: on(20, 12, 5), Late: true}, Cancelled: on(20, 15, 0),
			Calls: []CallLine{{Event: "maintenance.announced", State: "done", Attempts: 1, Ended: on(20, 12, 0)}, {Event: "maintenance.cancelled", State: "done", Attempts: 1, Ended: on(20, 15, 0)}}},
		{Announcement: Announcement{Title: "Certificaat", From: on(1, 6, 0), Until: on(1, 6, 5), OneDay: true}, Reference: "certificate", At: on(1, 6, 1), Ahead: -1, Over: true,
			Letters: LetterTally{Expired: 3}, Calls: []CallLine{{Event: "maintenance.announced", State: "expired", Attempts: 2}}},
		{Announcement: night, Reference: "nobody", At: on(20, 12, 0), Ahead: 60},
	}
	releases := []ReleaseNote{{Version: "0.7", Day: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Lines: []string{"Onderhoud wordt vooraf aangekondigd.", "Wat een nieuwe versie brengt, staat op deze pagina."}}}
	full := &Maintenance{Frame: frame, Rows: lines, Hook: &HookLine{URL: "https://systemen.example.nl/tikklok/berichten", Since: on(2, 9, 0)}, Releases: releases, Version: "a1b2c3d", May: true}
	shown, seen := *full, *full
	shown.Shown = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	seen.May, seen.Hook = false, nil
	refused := &Maintenance{Frame: sampleFrame(lang, PathServiceMaintenance), Form: Form{Values: map[string]string{"url": "ftp://x"}, Problems: map[string]Message{"url": Say("maintenance.hook.wrong")}}, May: true, Version: "a1b2c3d"}
	return map[string]View{"maintenance": full, "maintenance-shown": &shown, "maintenance-seen": &seen, "maintenance-refused": refused, "today-announced": today}
}
