package script

// planLines are the lines of what was planned.
var planLines = []kind{}
