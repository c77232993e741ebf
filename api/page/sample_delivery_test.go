package page

func sampleDeliveryViews(lang string) map[string]View {
	return map[string]View{"outbox": sampleOutbox(lang), "outbox-empty": &Outbox{Frame: sampleFrame(lang, "/exports/delivery")}, "keys-rotated": sampleKeysRotated(lang)}
}

func sampleOutbox(lang string) *Outbox {
	failed := []AttemptLine{
		{Number: 4, At: on(13, 13, 50), Outcome: "failed", Status: 500, Answer: "out of order", Fault: "answer", Detail: "the other end answered 500"},
		{Number: 3, At: on(13, 13, 40), Outcome: "interrupted"},
	}
	from, to := on(1, 0, 0), on(31, 0, 0)
	form := Form{Values: map[string]string{"host": "sftp.loket.example", "port": "22", "user": "acme", "folder": "in"}, Problems: map[string]Message{"host_keys": Say("invalid-channel.host_keys")}}
	return &Outbox{
		Frame: sampleFrame(lang, "/exports/delivery"), MayManage: true, FormFor: "sftp.1", Form: form, Shown: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq=", For: "Loket Salaris",
		Rows: []DeliveryLine{
			{ID: 7, Run: 3, Destination: "Loket Salaris", From: from, To: to, Kind: "sftp", Event: "run.ready", State: "uncertain", Made: on(13, 14, 0), Count: 2, MayAgain: true, MayGiveUp: true, MayArrive: true,
				Attempts: []AttemptLine{{Number: 2, At: on(13, 14, 1), Outcome: "uncertain", Detail: "the connection ended while the file was given its name"}}},
			{ID: 6, Run: 3, Destination: "Loket Salaris", From: from, To: to, Kind: "webhook", Event: "run.ready", State: "failing", Made: on(13, 13, 0), Due: on(13, 14, 30), Count: 4, Attempts: failed, MayAgain: true, MayGiveUp: true},
			{ID: 5, Run: 2, Destination: "Uitzend BV", From: from, To: to, Kind: "setu", Event: "run.ready", State: "done", Made: on(12, 9, 0), Ended: on(12, 9, 1), Count: 1, Attempts: []AttemptLine{{Number: 1, At: on(12, 9, 1), Outcome: "done"}}, MayAgain: true},
			{ID: 4, Run: 1, Destination: "Uitzend BV", From: from, To: to, Kind: "webhook", Event: "run.void", State: "given_up", Made: on(11, 9, 0), Ended: on(12, 9, 1), By: "Eva de Groot", Reason: "Zij zijn verhuisd."},
		},
		Tried: &TriedChannel{Key: "sftp.1", HostKey: "SHA256:pXGAtxg2f0YhWHcSO0VxVbOdV5nVq6Y5X0eNd7Zl1xQ"},
		Destinations: []DestinationChannels{
			{ID: 1, Name: "Loket Salaris", Channels: []ChannelLine{
				{Kind: "sftp", Key: "sftp.1", Address: "sftp://sftp.loket.example:22/in", InUse: true, Since: on(1, 9, 0), Form: form, PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJv0bT3bG0GKm1y9o8l9cQ3nq6cGqg9d2iVYx8aYz2Qf"},
				{Kind: "webhook", Key: "webhook.1", Address: "https://hooks.loket.example/tikklok", InUse: true, Since: on(1, 9, 0), Form: Form{Values: map[string]string{"url": "https://hooks.loket.example/tikklok"}}}}},
			{ID: 2, Name: "Uitzend BV", Channels: []ChannelLine{{Kind: "sftp", Key: "sftp.2"}, {Kind: "webhook", Key: "webhook.2", Address: "https://old.example/x"}, {Kind: "setu", Key: "setu.2"}}},
		},
	}
}

func sampleKeysRotated(lang string) *Keys {
	v := sampleKeys(lang)
	v.Until, v.Destinations = on(20, 14, 0), []Option{{Value: "1", Label: "Loket Salaris", Chosen: true}, {Value: "2", Label: "Uitzend BV"}}
	v.Form = Form{Values: map[string]string{"name": "Loket", "networks": "203.0.113.300"}, Problems: map[string]Message{"networks": Say("invalid.networks"), "destinations": Say("invalid.destinations")}}
	v.Rows = append(v.Rows, Key{ID: 3, Name: "Uitzend BV", Scopes: []string{"payroll"}, Destinations: []string{"Uitzend BV"}, Networks: []string{"203.0.113.0/24", "2001:db8::/48"}, Created: on(1, 9, 0), Rotated: on(12, 9, 0),
		LastUsed: on(13, 13, 0), FormerUntil: on(19, 9, 0), FormerUsed: on(13, 12, 0), Refused: on(13, 11, 0)})
	return v
}
