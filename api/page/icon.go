package page

import (
	"fmt"
	"html/template"
)

// icons are drawn on 20 × 20, 1.5 wide, in the colour of the text. They stand
// beside a word, never alone.
var icons = map[string]string{
	"today":    `<circle cx="10" cy="10" r="7"/><path d="M10 6v4l2.5 2"/>`,
	"sheets":   `<rect x="3" y="4" width="14" height="12" rx="2"/><path d="M3 8h14M7 11h3M12 11h2M7 13.5h6"/>`,
	"plan":     `<rect x="3" y="4" width="14" height="13" rx="2"/><path d="M3 8h14M7 2.5v3M13 2.5v3M7 11.5h6M7 14h4"/>`,
	"question": `<circle cx="10" cy="10" r="7"/><path d="M8 8a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1v.4M10 13.6v.1"/>`,
	"people":   `<circle cx="8" cy="7" r="3"/><path d="M2.5 16.5c.5-3 2.7-4.5 5.5-4.5s5 1.5 5.5 4.5M13 4.3a3 3 0 0 1 0 5.4M15 12.5c1.5.7 2.3 2 2.5 4"/>`,
	"devices":  `<rect x="5" y="2.5" width="10" height="15" rx="2.5"/><circle cx="10" cy="8" r="2.5"/><path d="M8 14h4"/>`,
	"export":   `<path d="M10 12.5V3M6.5 6.2 10 2.8l3.5 3.4M4 11.5V15a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2v-3.5"/>`,
	"rules":    `<path d="M4 5h12M4 10h12M4 15h7"/>`,
	"law":      `<path d="M10 3v14M6 17h8M4 6h12M4 6l-2 5.5a2.2 2.2 0 0 0 4 0zM16 6l-2 5.5a2.2 2.2 0 0 0 4 0z"/>`,
	"privacy":  `<path d="M10 2.5 16 5v4.5c0 4-2.6 6.7-6 8-3.4-1.3-6-4-6-8V5zM7.5 10l1.8 1.8L12.7 8.3"/>`,
	"service":  `<path d="M2.5 10.5h3.4l2-5.5 3.6 10 2.2-6 1.2 1.5h2.6"/>`,
	"log":      `<path d="M5 3h10v14l-2.5-1.5L10 17l-2.5-1.5L5 17zM8 7h4M8 10.5h4"/>`,
	"more":     `<path d="M4 6h12M4 10h12M4 14h12"/>`,
	"search":   `<circle cx="9" cy="9" r="5"/><path d="m13 13 4 4"/>`,
	"warn":     `<path d="M10 3.5 17.5 16.5h-15z" fill="currentColor"/>`,
	"left":     `<path d="m12 5-5 5 5 5"/>`,
	"right":    `<path d="m8 5 5 5-5 5"/>`,
	"down":     `<path d="m5 8 5 5 5-5"/>`,
	"close":    `<path d="m5 5 10 10M15 5 5 15"/>`,
	"check":    `<path d="m4.5 10.5 3.5 3.5 7.5-8"/>`,
	"plus":     `<path d="M10 4v12M4 10h12"/>`,
	"file":     `<path d="M5 2.5h6l4 4v11H5zM11 2.5v4h4"/>`,
	"account":  `<circle cx="10" cy="7" r="3.2"/><path d="M3.5 17c.8-3.2 3.2-4.8 6.5-4.8s5.7 1.6 6.5 4.8"/>`,
}

func icon(name string) (template.HTML, error) {
	shape, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + shape + `</svg>`), nil
}

// battery draws how full a reader's battery is; the figure stands beside it.
func battery(percent int) template.HTML {
	full := 14 * min(100, max(0, percent)) / 100
	return template.HTML(fmt.Sprintf(`<svg class="battery-drawing" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">`+
		`<rect x=".5" y=".5" width="18" height="11" rx="2.5" fill="none" stroke="currentColor"/><rect x="20" y="4" width="2" height="4" rx="1" fill="currentColor"/>`+
		`<rect x="2.5" y="2.5" width="%d" height="7" rx="1" fill="currentColor"/></svg>`, full))
}
