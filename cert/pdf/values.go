// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strconv"

	"kofu/cert"
)

// dateJa writes a date as Japanese papers do. A part that the family register
// does not know is said to be unknown (不詳).
func dateJa(d cert.Date) string {
	switch {
	case d.Month == 0:
		return strconv.Itoa(d.Year) + "年 (月日不詳)"
	case d.Day == 0:
		return strconv.Itoa(d.Year) + "年" + strconv.Itoa(d.Month) + "月 (日不詳)"
	}
	return strconv.Itoa(d.Year) + "年" + strconv.Itoa(d.Month) + "月" + strconv.Itoa(d.Day) + "日"
}

// dateISO writes a date as ISO 8601 does, "XX" for an unknown part (ICAO
// 9303-3 4.7 has the same).
func dateISO(d cert.Date) string {
	switch {
	case d.Month == 0:
		return fmt.Sprintf("%04d-XX-XX", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d-XX", d.Year, d.Month)
	}
	return d.String()
}

// country names the one country whose doses are certified; any other keeps
// its code.
func country(code string) label {
	if code == cert.Country {
		return label{"日本", "Japan"}
	}
	return label{code, code}
}
