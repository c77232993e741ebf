package page

// sampleTokenKeys is a rotation of the token key that is under way.
func sampleTokenKeys() DeviceKeys {
	return DeviceKeys{
		Rotating: true, Since: on(12, 9, 30), Unseen: []string{"007", "019", "F-102"}, More: 4, Behind: []string{"Gateway Amsterdam"},
		Conflicts: []TwinConflict{{ID: 1, Old: "031", Gateway: "Gateway Haarlem", At: on(12, 10, 0)}},
	}
}
