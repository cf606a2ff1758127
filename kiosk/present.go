// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// id is the id of the screen of a session.
func (s *Session) id() string {
	switch s.State {
	case Failed, Over:
		return string(s.Outcome)
	case FailedReminder:
		return string(FailedReminder)
	}
	return string(s.State)
}

// seconds is how long a screen waits for its person, or for its machine.
func (s *Session) seconds() int {
	machine := map[State]int{Busy: 15, ReadingCard: 30, Printing: 120, PrintPaused: 600, Capture: 30, Refund: 30, ReturnCoins: 30}
	if n, ok := machine[s.State]; ok {
		return n
	}
	n := map[State]int{Consent: 90, Prefecture: 90, Municipality: 90, RemoveCard: 15, CardReminder: 15, ContentCheck: 120, Pay: 120,
		TakePaper: 30, PaperReminder: 20, Failed: 45, FailedReminder: 15, SecondCard: 20, Over: 15}[s.State]
	if n == 0 {
		n = 60
	}
	if s.Settings.Patience == long {
		n *= 3
	}
	return n
}

// then is the screen that follows a time-out.
func (s *Session) then() string {
	last := s.Reminded >= reminders
	switch s.State {
	case Busy:
		return string(Busy)
	case ReadingCard:
		return string(CardUnreadable)
	case RemoveCard, CardReminder:
		if last {
			return string(ForgottenCard)
		}
		return string(CardReminder)
	case TakePaper, PaperReminder:
		if last {
			return string(ForgottenPaper)
		}
		return string(PaperReminder)
	case Printing:
		return string(PrintPaused)
	case PrintPaused:
		return string(Refund)
	case Capture, Refund, ReturnCoins:
		return string(CallStaff)
	case SecondCard:
		if s.Reminded >= reminders-1 {
			return string(ForgottenCard)
		}
		return string(SecondCard)
	case Failed, FailedReminder:
		switch {
		case !s.CardIn || s.Outcome == ForgottenCard:
			return string(s.Outcome)
		case last:
			return string(ForgottenCard)
		}
		return string(FailedReminder)
	case Over:
		return "idle"
	}
	if s.EscrowYen > 0 {
		return string(ReturnCoins)
	}
	return string(SessionEnded)
}

// answer is the whole answer to the event.
func (t *turn) answer() (*Answer, error) {
	s := t.s
	values, err := t.values()
	if err != nil {
		return nil, err
	}
	screen, err := t.screen(values)
	if err != nil {
		return nil, err
	}
	a := &Answer{Session: s.ID, Number: t.e.Number, Protocol: s.Protocol, Screen: screen, Offline: t.offline(values), Hold: t.hold, Over: s.State == Over}
	if s.State == ReadingCard {
		a.Challenge = &CardChallenge{s.Challenge, s.Until.UTC().Truncate(time.Second)}
	}
	if t.starts {
		a.Release = &Release{Key: t.key, Sheets: s.unprinted()}
	}
	a.Drop = t.e.Number > 0 && s.ApplicationKID == "" && s.CertificateKID == "" && slices.Contains(dropping(), s.State)
	return a, nil
}

// dropping are the states in which a terminal has nothing more to hold.
func dropping() []State {
	return []State{Capture, Refund, ReturnCoins, TakePaper, PaperReminder, Failed, FailedReminder, Over}
}

// values are what a screen's text may speak of.
func (t *turn) values() (map[string]string, error) {
	s := t.s
	if err := t.askAgain(); err != nil {
		return nil, err
	}
	v := map[string]string{
		"copies": strconv.Itoa(s.Copies), "total": yen(s.totalYen()), "yen": yen(s.ReturnYen),
		"left": strconv.Itoa(max(0, s.Place-1)), "minutes": strconv.Itoa(t.minutes()), "reason": t.closure.reason, "until": t.closure.until,
	}
	if s.State == Pay {
		v["yen"] = yen(s.FeeYen)
	}
	if s.Tries != nil {
		v["left"] = strconv.Itoa(*s.Tries)
	}
	if s.Outcome == NeedsCheck && s.Doubt > 0 {
		v["dose"] = strconv.Itoa(s.Doubt)
	}
	if s.Outcome == OutOfHours {
		v["until"] = t.hours()
	}
	if m, ok := t.Municipalities.Lookup(s.Municipality); ok {
		v["municipality"], v["contact"] = townName(m, s.Settings.Language), m.ContactEn
		if kanji(s.Settings.Language) {
			v["contact"] = m.ContactJa
		}
	}
	if t.content != nil && t.content.Passport != nil {
		v["last4"] = lastFour(t.content.Passport.Number.Reveal())
	}
	return v, nil
}

// askAgain finds the closure that a screen speaks of, when it is shown once
// more in another language. One that was lifted meanwhile is not spoken of.
func (t *turn) askAgain() error {
	s := t.s
	if t.closure != (closure{}) || s.Outcome != Maintained && s.Outcome != Suspended {
		return nil
	}
	err := t.Municipalities.Open(t.ctx, cert.Kiosk, t.at)
	if err == nil && s.Municipality != "" {
		_, err = t.Municipalities.Admit(t.ctx, s.Municipality, cert.Kiosk, t.at)
	}
	closed, ok := errors.AsType[*municipality.ClosedError](err)
	switch {
	case ok:
		t.shut(closed.Closure)
	case errors.Is(err, municipality.ErrClosures):
		return storeError(err)
	}
	return nil
}

// hours are the service hours that hold for all, where there are any.
func (t *turn) hours() string {
	open, closed := t.Municipalities.Hours(cert.Kiosk)
	if open == "" {
		return ""
	}
	return open + "–" + closed
}

func lastFour(number string) string {
	r := []rune(number)
	return string(r[max(0, len(r)-4):])
}

func yen(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// minutes estimates the waiting time: of so many places, one becomes free
// about every so often.
func (t *turn) minutes() int {
	if t.s.Outcome == ComeAgain {
		return max(1, t.s.Place)
	}
	const average = 3 * time.Minute
	wait := time.Duration(t.s.Place) * average / time.Duration(t.MaxSessions)
	return max(1, int((wait+time.Minute-1)/time.Minute))
}

// townName is a municipality's name in a language: romanised for those that do
// not write with kanji.
func townName(m municipality.Municipality, language string) string {
	if kanji(language) {
		return m.NameJa
	}
	return m.NameEn
}

// kanji reports whether a language's readers read names in kanji.
func kanji(language string) bool { return japanese(language) || language == "zh-Hans" }

// screen is the document of the session's screen.
func (t *turn) screen(values map[string]string) (Screen, error) {
	s := t.s
	choices, err := t.choices()
	if err != nil {
		return Screen{}, err
	}
	sc := t.document(s.id(), values)
	sc.Choices, sc.Input, sc.Cues = choices, s.input(), s.cues()
	sc.Timeout = Timeout{Seconds: s.seconds(), Then: s.then()}
	if s.State == PINWrong {
		sc.Tries = s.Tries
	}
	if s.State == Language || s.State == Consent || s.State == PlaceCard {
		if err := t.announce(&sc); err != nil {
			return Screen{}, err
		}
	}
	if t.content != nil {
		sc.Content = t.contents()
	}
	return sc, nil
}

// announce adds what will be closed in the next day, before anybody begins:
// what concerns all, and, once it is chosen, what concerns the municipality.
func (t *turn) announce(sc *Screen) error {
	list, err := t.Municipalities.Announced(t.ctx, cert.Kiosk, t.at, 24*time.Hour)
	if err != nil {
		return storeError(err)
	}
	for _, c := range list {
		text := c.En
		if japanese(t.s.Settings.Language) {
			text = c.Ja
		}
		mine := c.Municipality == "" && t.s.State != PlaceCard || c.Municipality != "" && c.Municipality == t.s.Municipality && t.s.State == PlaceCard
		if text != "" && mine {
			sc.Body = append(sc.Body, text)
		}
	}
	return nil
}

// document is what every screen has, in the language chosen.
func (t *turn) document(id string, values map[string]string) Screen {
	s := t.s
	lang := s.Settings.Language
	text, _ := t.texts.screen(lang, id) // complete since it was loaded
	text = text.filled(values)
	sc := Screen{
		ID: id, Language: lang, Title: text.Title, Body: text.Body, Speech: text.Speech, Fee: s.fee(), Choices: []Choice{},
		Display: Display{s.Settings.Size, s.Settings.Contrast, s.Settings.Patience}, Settings: t.settings(),
	}
	if s.tellsFee() && id != offline { // which speaks of the coins itself
		word := fill(t.texts.fee(lang, sc.Fee.State), map[string]string{"total": yen(s.feeTotal()), "yen": yen(s.feeYen())})
		sc.Body = append(sc.Body, word)
		sc.Speech += between(lang) + word
	}
	return sc
}

// between separates two sentences that are read aloud.
func between(lang string) string {
	if kanji(lang) {
		return ""
	}
	return " "
}

// settings are on every screen.
func (t *turn) settings() []SettingField {
	lang := t.s.Settings.Language
	fields := []SettingField{{ID: "language", Label: t.texts.setting(lang, "language")}}
	for _, l := range languages() {
		fields[0].Values = append(fields[0].Values, Choice{l, t.texts.languageName(l), "plain"})
	}
	for _, f := range [][]string{{"size", normal, large}, {"contrast", normal, high}, {"patience", normal, long}} {
		field := SettingField{ID: f[0], Label: t.texts.setting(lang, f[0])}
		for _, v := range f[1:] {
			field.Values = append(field.Values, Choice{v, t.texts.setting(lang, f[0]+"."+v), "plain"})
		}
		fields = append(fields, field)
	}
	return fields
}

// contents is what the person checks.
func (t *turn) contents() *Content {
	p, lang := t.content, t.s.Settings.Language
	if t.s.State == PassportConfirm {
		if p.Passport == nil {
			return nil
		}
		return &Content{PassportLastFour: lastFour(p.Passport.Number.Reveal())}
	}
	word := func(id string) string { return t.texts.word(lang, id) }
	c := &Content{Rows: []Row{
		{word("kind"), word(string(p.Kind))}, {word("municipality"), townName(p.Municipality, lang)},
		{word("name"), p.Holder.Name.Reveal()}, {word("birth_date"), p.Holder.BirthDate.String()},
	}}
	if p.Passport != nil {
		c.Rows = append(c.Rows, Row{word("passport_name"), p.Passport.Latin().Reveal()}, Row{word("passport_number"), p.Passport.Number.Reveal()},
			Row{word("nationality"), p.Passport.Nationality})
	}
	c.DoseHead = []string{word("dose"), word("date"), word("maker"), word("product"), word("lot")}
	for _, d := range p.Doses {
		maker, product := d.Vaccine.MakerEn, d.Vaccine.ProductEn
		if japanese(lang) {
			maker, product = d.Vaccine.MakerJa, d.Vaccine.ProductJa
		}
		c.Doses = append(c.Doses, []string{strconv.Itoa(d.Number), d.Date.String(), maker, product, d.Lot})
	}
	for id, said := range map[string]bool{"note_earlier": p.Earlier, "note_substituted": p.Substituted} {
		if said {
			c.Notes = append(c.Notes, word(id))
		}
	}
	slices.Sort(c.Notes)
	c.Notes = append(c.Notes, t.doubts()...)
	return c
}

// doubts are what looks wrong and hinders nothing: the person is asked to look
// at it, and told whom to call, before anything is paid.
func (t *turn) doubts() (lines []string) {
	p, lang := t.content, t.s.Settings.Language
	for _, f := range p.Notes {
		word, values := "note_check", map[string]string{}
		if f.Dose > 0 {
			word, values = "note_check_dose", map[string]string{"dose": strconv.Itoa(f.Dose)}
		}
		line := fill(t.texts.word(lang, word), values)
		if r, known := cert.FindingRuleOf(f.Code); known && japanese(lang) {
			line += r.Ja
		} else if known {
			line += " " + r.En
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		contact := p.Municipality.ContactEn
		if kanji(lang) {
			contact = p.Municipality.ContactJa
		}
		lines = append(lines, fill(t.texts.word(lang, "note_contact"), map[string]string{"contact": contact}))
	}
	return lines
}

// label is the text of a button.
func (t *turn) label(id string) string { return t.texts.choice(t.s.Settings.Language, id) }

// choices are the buttons of the session's screen.
func (t *turn) choices() ([]Choice, error) {
	list := []Choice{}
	add := func(style string, ids ...string) {
		for _, id := range ids {
			list = append(list, Choice{id, t.label(id), style})
		}
	}
	switch t.s.State {
	case Busy, EnterPIN, PINWrong, Pay:
		add("cancel", cancel)
	case Language:
		for _, l := range languages() {
			list = append(list, Choice{l, t.texts.languageName(l), "primary"})
		}
		add("cancel", cancel)
	case Consent:
		add("primary", agree)
		add("plain", back)
		add("cancel", cancel)
	case Kind:
		add("primary", string(cert.Domestic), string(cert.Overseas))
		add("plain", back)
		add("cancel", cancel)
	case Prefecture, Municipality:
		return t.townChoices()
	case PlaceCard:
		add("plain", back)
		add("cancel", cancel)
	case NoRecord:
		add("primary", another)
		add("cancel", finish)
	case PassportConfirm:
		add("primary", yes, no)
		add("cancel", cancel)
	case ContentCheck:
		add("primary", correct)
		add("plain", wrong)
		add("cancel", cancel)
	case Copies:
		for n := 1; n <= maxCopies; n++ {
			word := fill(t.texts.word(t.s.Settings.Language, "copy_unit"), map[string]string{"copies": strconv.Itoa(n)})
			list = append(list, Choice{strconv.Itoa(n), word, "primary"})
		}
		add("plain", back)
		add("cancel", cancel)
	case PrintFree:
		add("primary", printNow)
		add("cancel", cancel)
	case Failed:
		if t.s.Resume != "" {
			add("primary", again)
		}
		if t.s.Outcome == NotJoined || t.s.Outcome == Suspended {
			add("primary", another)
		}
		if t.choosable() {
			add("cancel", finish)
		}
	}
	return list, nil
}

// townChoices are prefectures, or a page of municipalities.
func (t *turn) townChoices() ([]Choice, error) {
	towns, err := t.towns()
	if err != nil {
		return nil, storeError(err)
	}
	lang := t.s.Settings.Language
	var list []Choice
	if t.s.State == Prefecture {
		for _, p := range prefectures(towns) {
			name := t.texts.prefecture(lang, p)
			if name == "" {
				name = p // codes of no prefecture are for tests
			}
			list = append(list, Choice{p, name, "primary"})
		}
	} else {
		if p := t.s.Prefecture; p != "" {
			towns = slices.DeleteFunc(towns, func(m municipality.Municipality) bool { return string(m.Code[:2]) != p })
		}
		list = page(towns, t.s.Page, lang)
		if len(towns) > pageSize {
			list = append(list, Choice{more, t.label(more), "plain"})
		}
	}
	return append(list, Choice{back, t.label(back), "plain"}, Choice{cancel, t.label(cancel), "cancel"}), nil
}

// page is one screenful of municipalities; after the last comes the first.
func page(towns []municipality.Municipality, n int, lang string) []Choice {
	pages := slices.Collect(slices.Chunk(towns, pageSize))
	if len(pages) == 0 {
		return nil
	}
	var list []Choice
	for _, m := range pages[n%len(pages)] {
		list = append(list, Choice{string(m.Code), townName(m, lang), "primary"})
	}
	return list
}
