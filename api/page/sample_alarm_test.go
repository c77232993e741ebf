package page

func sampleAlarmViews(lang string) map[string]View {
	frame := sampleFrame(lang, PathServiceAlarms)
	return map[string]View{
		"alarms-none": &Alarms{Frame: frame},
		"alarms": &Alarms{Frame: frame,
			Lasting: []AlarmLine{
				{Text: "Het logboek is gewijzigd of ingekort: de keten klopt niet. Zie Logboek, en bewaar alles zoals het is.", Since: on(13, 9, 0), Written: true},
				{Text: "Op back-upplaats far komt geen back-up: ze is vol. Zie Dienstverlening, Back-ups.", Since: on(12, 1, 30)},
			},
			Refused: []RefusedLine{{Name: "Eva de Wit", Email: "eva.de.wit@voorbeeld-met-een-lange-naam.nl", At: on(12, 9, 4), Answer: "550 5.1.1"}},
			Past:    []AlarmLine{{Text: "Meetpunt nl-west laat niets meer horen: de beschikbaarheid wordt er niet gemeten. Kijk of het draait en de server bereikt.", Since: on(2, 3, 0), Until: on(2, 3, 40)}},
		},
	}
}
