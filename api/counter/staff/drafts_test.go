// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"kofu/api/counter/staff"
	"kofu/cert"
)

const (
	heading = "login,name,staff_number,functions,valid_until,terminals"
	wide    = heading + ",shared_purpose,shared_until,roster"
)

func TestReadDrafts(t *testing.T) {
	text := "\ufeff" + wide + "\r\n" +
		"yui,佐藤　結衣,2001,clerk approver,2027-03-31,pc-1 pc-2,,,\r\n" +
		"ren,\"鈴木, 蓮\", 2002 ,auditor,20270331,,,,\r\n" +
		"kyujitsu,休日窓口,,clerk,2027-03-31,pc-1,休日の窓口,2026-06-30,8001:小林:2026-04-01:2026-06-30; 8002:中村:20260401:20260630\r\n"
	list, wrong, err := staff.ReadDrafts(strings.NewReader(text))
	if err != nil || wrong != nil || len(list) != 3 {
		t.Fatalf("%v %v %v", list, wrong, err)
	}
	if d := list[0]; d.Login != "yui" || d.Name != "佐藤　結衣" || d.StaffNumber != "2001" || fmt.Sprint(d.Functions, d.Terminals) != "[clerk approver] [pc-1 pc-2]" ||
		d.ValidUntil != lastDay || d.Shared != nil {
		t.Errorf("%+v", d)
	}
	if d := list[1]; d.Name != "鈴木, 蓮" || d.StaffNumber != "2002" || d.ValidUntil != lastDay {
		t.Errorf("%+v", d)
	}
	if d := list[2]; d.Shared == nil || d.Shared.Purpose != "休日の窓口" || len(d.Shared.Roster) != 2 || d.Shared.Roster[1] != (staff.Member{
		StaffNumber: "8002", Name: "中村", From: cert.Date{Year: 2026, Month: 4, Day: 1}, Until: cert.Date{Year: 2026, Month: 6, Day: 30}}) {
		t.Errorf("%+v", d.Shared)
	}
}

// All that is wrong is told at once, and nothing is taken.
func TestReadDraftsRefuses(t *testing.T) {
	good := "yui,佐藤,2001,clerk,2027-03-31,pc-1\n"
	var many strings.Builder
	for i := range 501 {
		fmt.Fprintf(&many, "user%d,佐藤,%d,clerk,2027-03-31,pc-1\n", i, i)
	}
	for _, c := range []struct{ name, text, wrong string }{
		{"nothing", "", "0::heading"},
		{"no heading", good, "0::heading"},
		{"another heading", "login,name\n" + good, "0::heading"},
		{"columns in another order", "name,login,staff_number,functions,valid_until,terminals\n" + good, "0::heading"},
		{"heading alone", heading + "\n", "0::rows"},
		{"Shift JIS", heading + "\nyui,\x8d\xb2\x93\xa1,2001,clerk,2027-03-31,pc-1\n", "0::encoding"},
		{"501 rows", heading + "\n" + many.String(), "0::rows"},
		{"two megabytes", heading + "\n" + strings.Repeat("a", 2<<20), "0::rows"},
		{"too few cells", heading + "\n" + good + "ren,鈴木\n", "2::cells"},
		{"too many", heading + "\n" + "a,b,c,d,e,f,g\n", "1::cells"},
		{"a bare quote", heading + "\nyui,佐\"藤,2001,clerk,2027-03-31,pc-1\n" + strings.Replace(good, "yui", "", 1), "1::cells 2:login:form"},
		{"quotes that do not close", heading + "\n\"yui,佐藤", "1::cells"},
		{"all of it", heading + "\nYUI,,二千一,clark,2027-02-30,pc 1!\n" + good + "yui,佐藤,2001,clerk,,\n",
			"1:login:form 1:name:form 1:staff_number:form 1:functions:form 1:valid_until:form 1:terminals:form 3:valid_until:form 3:login:twice"},
		{"a roster", wide + "\nkyujitsu,休日,,clerk,2027-03-31,pc-1,休日,,8001:小林;8002\n", "1:shared_until:form 1:roster:form"},
		{"half a shared ID", wide + "\nkyujitsu,休日,2001,clerk,2027-03-31,,,2026-06-30,\n", "1:staff_number:not_shared 1:terminals:missing 1:shared_purpose:form 1:roster:few"},
	} {
		list, wrong, err := staff.ReadDrafts(strings.NewReader(c.text))
		var got []string
		for _, w := range wrong {
			got = append(got, fmt.Sprintf("%d:%s:%s", w.Row, w.Column, w.Code))
			if !slices.Contains(staff.RowCodes(), w.Code) {
				t.Errorf("%s: no text for %s", c.name, w.Code)
			}
		}
		if err != nil || list != nil || strings.Join(got, " ") != c.wrong {
			t.Errorf("%s: %q %v, want %q", c.name, got, err, c.wrong)
		}
	}
	if _, _, err := staff.ReadDrafts(iotest.ErrReader(errDown)); err == nil {
		t.Error("a reader that fails is no error")
	}
}
