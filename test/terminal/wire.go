// SPDX-License-Identifier: Apache-2.0

package terminal

import "time"

// Software is what a terminal says of itself.
type Software struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Config  string `json:"config"`
}

// Hardware is the state of the units, "ok" or "fault"; of the printer also
// "out_of_paper", of the speaker "none".
type Hardware struct {
	Reader  string `json:"reader"`
	Printer string `json:"printer"`
	Coins   string `json:"coins"`
	Speaker string `json:"speaker"`
}

// Opening is the body of POST /kiosk/v1/sessions.
type Opening struct {
	Protocol []string `json:"protocol"`
	Software Software `json:"software"`
	Language string   `json:"language,omitzero"`
	Hardware Hardware `json:"hardware"`
}

// Settings is how screens are shown; what is empty stays.
type Settings struct {
	Language string `json:"language,omitzero"`
	Size     string `json:"size,omitzero"`
	Contrast string `json:"contrast,omitzero"`
	Patience string `json:"patience,omitzero"`
}

// CardFiles is what was read from the card, and its signature.
type CardFiles struct {
	EF0001    []byte `json:"ef0001"`
	EF0002    []byte `json:"ef0002"`
	EF0003    []byte `json:"ef0003"`
	EF0004    []byte `json:"ef0004"`
	EF0007    []byte `json:"ef0007"`
	Signature []byte `json:"signature"`
}

// Event is the body of POST /kiosk/v1/sessions/{session}/events.
type Event struct {
	Number      int        `json:"number"`
	Type        string     `json:"type"`
	Application string     `json:"application,omitzero"`
	Choice      string     `json:"choice,omitzero"`
	Settings    *Settings  `json:"settings,omitzero"`
	Fault       string     `json:"fault,omitzero"`
	TriesLeft   *int       `json:"tries_left,omitzero"`
	Card        *CardFiles `json:"card,omitzero"`
	Receipt     string     `json:"receipt,omitzero"`
	EscrowYen   *int       `json:"escrow_yen,omitzero"`
	Printed     []int      `json:"printed,omitzero"` // an empty list is there, none is not
	CapturedYen *int       `json:"captured_yen,omitzero"`
	ReturnedYen *int       `json:"returned_yen,omitzero"`
	CardIn      *bool      `json:"card_in,omitzero"` // with restarted: as the slot feels it
}

// Answer is what a terminal shows and does next.
type Answer struct {
	Session   string     `json:"session"`
	Number    int        `json:"number"`
	Protocol  string     `json:"protocol"`
	Screen    Screen     `json:"screen"`
	Challenge *Challenge `json:"challenge,omitzero"`
	Hold      *Hold      `json:"hold,omitzero"`
	Drop      bool       `json:"drop,omitzero"`
	Release   *Release   `json:"release,omitzero"`
	Offline   Screen     `json:"offline"`
	Over      bool       `json:"over,omitzero"`
}

// Challenge is what the card signs.
type Challenge struct {
	Bytes     []byte    `json:"bytes"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Hold is ciphertext to keep in memory. What is empty leaves what is held of
// it; a certificate takes the place of the application it was made from.
type Hold struct {
	Application string `json:"application,omitzero"`
	Certificate string `json:"certificate,omitzero"`
	Receipt     string `json:"receipt,omitzero"`
}

// Release opens the certificate.
type Release struct {
	Key    []byte `json:"key"`
	Sheets []int  `json:"sheets"`
}

// Screen is one screen document.
type Screen struct {
	ID       string         `json:"id"`
	Language string         `json:"language"`
	Title    string         `json:"title"`
	Body     []string       `json:"body"`
	Speech   string         `json:"speech"`
	Choices  []Choice       `json:"choices"`
	Settings []SettingField `json:"settings"`
	Display  Display        `json:"display"`
	Input    string         `json:"input"`
	Timeout  Timeout        `json:"timeout"`
	Cues     Cues           `json:"cues"`
	Fee      Fee            `json:"fee"`
	Content  *Content       `json:"content,omitzero"`
	Tries    *int           `json:"tries_left,omitzero"`
}

// Choice is a button.
type Choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Style string `json:"style"`
}

// SettingField is a setting with its values.
type SettingField struct {
	ID     string   `json:"id"`
	Label  string   `json:"label"`
	Values []Choice `json:"values"`
}

// Display is the settings as they stand.
type Display struct {
	Size     string `json:"size"`
	Contrast string `json:"contrast"`
	Patience string `json:"patience"`
}

// Timeout says when timed_out is sent, and which screen follows.
type Timeout struct {
	Seconds int    `json:"seconds"`
	Then    string `json:"then"`
}

// Cues say what the units do.
type Cues struct {
	Lamp    string `json:"lamp"`
	Shutter string `json:"shutter"`
	Printer string `json:"printer"`
	Reader  string `json:"reader"`
	Coins   string `json:"coins"`
	Sound   string `json:"sound"`
}

// Fee is what the person pays, in yen.
type Fee struct {
	State      string `json:"state"`
	PerCopyYen int    `json:"per_copy_yen"`
	Copies     int    `json:"copies"`
	TotalYen   int    `json:"total_yen"`
	EscrowYen  int    `json:"escrow_yen"`
	CaptureYen int    `json:"capture_yen"`
	ReturnYen  int    `json:"return_yen"`
}

// Content is what the paper will say.
type Content struct {
	PassportLastFour string     `json:"passport_last_four,omitzero"`
	Rows             []Row      `json:"rows,omitzero"`
	DoseHead         []string   `json:"dose_head,omitzero"`
	Doses            [][]string `json:"doses,omitzero"`
	Notes            []string   `json:"notes,omitzero"`
}

// Row is a labelled value.
type Row struct {
	Label string `json:"label"`
	Value string `json:"value"`
}
