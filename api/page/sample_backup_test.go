package page

// sampleBackupViews are two places: one as it should be, one that is not.
func sampleBackupViews(lang string) map[string]View {
	sets := func(n int) (all []BackupSet) {
		for i := range n {
			began := on(13, 1, 0).AddDate(0, 0, -i)
			all = append(all, BackupSet{Began: began, Expires: began.AddDate(0, 0, 14), Kind: "base", Bytes: 41_300_000, Plain: 312_000_000})
		}
		return all
	}
	near := BackupPlace{Name: "near", Kind: "folder", Region: "NL", Operator: "NL", Since: on(1, 9, 0), Last: on(13, 1, 0), LogUntil: on(13, 14, 31), Sets: sets(3),
		Check: BackupCheck{At: on(13, 6, 0), Good: true, Registrations: 1_204_511, Seconds: 38}}
	near.Sets[2].Gone, near.Sets[2].Expired = on(13, 1, 0), true
	far := BackupPlace{Name: "far", Kind: "sftp", Region: "NL", Operator: "EU", Since: on(1, 9, 0), Last: on(11, 1, 0), Late: true, LogUntil: on(13, 2, 2), Problem: Say("backups.problem.full"),
		LogText: Say("backups.log.behind"), Waiting: 118_000_000, Check: BackupCheck{At: on(13, 6, 1), Faults: []string{"missing"}}, Sets: sets(2)[1:]}
	far.Sets[0].Gone = on(12, 9, 0)
	return map[string]View{
		"backups":       &Backups{Frame: sampleFrame(lang, PathServiceBackups), Log: true, Places: []BackupPlace{near, far}},
		"backups-fresh": &Backups{Frame: sampleFrame(lang, PathServiceBackups), Warnings: []Message{Say("backups.none-fresh"), Say("backups.one-place"), Say("backups.undeclared", "here")}, Places: []BackupPlace{{Name: "here", Kind: "folder", Since: on(13, 14, 0)}}},
	}
}
