// Package breach promises that who processes data for others knows, from the
// moment a breach (datalek) is known, how long there is to tell the
// controller, whom it affects at least and at most, and what the notice has to
// say (OB-P10, GDPR articles 33 and 34). It tells the controller and nobody
// else: neither the authority nor data subjects get a message from here.
package breach
